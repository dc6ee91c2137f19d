/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/err.h - why something failed, and what a client is told.
 *
 * enum sl_err says why, for the caller. struct sl_error carries a SQLSTATE and
 * one sentence for a person; it is the last parameter where needed, and is
 * untouched on success.
 *
 * Threads: any. Bounds: the sentence is cut at SL_ERROR_TEXT_MAX - 1 bytes.
 */
#ifndef SLUICE_PROTOCOL_BASE_ERR_H
#define SLUICE_PROTOCOL_BASE_ERR_H

#include "protocol/base/check.h"

#include <stdbool.h>

enum sl_err {
    SL_OK = 0,
    SL_ENOMEM,   /* no memory */
    SL_ELIMIT,   /* a bound of ours is reached */
    SL_EPROTO,   /* the peer broke the protocol */
    SL_EAUTH,    /* not who they say, or not allowed */
    SL_EIO,      /* a system call failed */
    SL_ETIMEOUT, /* took too long */
    SL_ECONF,    /* the configuration is wrong */
    SL_EINVAL,   /* the caller's text is not of the form asked for */
};

enum { SL_ERROR_TEXT_MAX = 512 };

struct sl_error {
    char sqlstate[6]; /* five characters and a terminator; "" while nothing was set */
    char text[SL_ERROR_TEXT_MAX];
};

/* Sets SQLSTATE and sentence; error may be NULL. Returns err, so that a caller can return it. */
enum sl_err sl_error_set(struct sl_error *error, enum sl_err err, const char *sqlstate,
        const char *format, ...) SL_PRINTF(4, 5);

/* A short English word for err ("no memory", "limit", ...). */
const char *sl_err_text(enum sl_err err);

#endif
