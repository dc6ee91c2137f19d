/* SPDX-License-Identifier: PostgreSQL */
/* protocol/base/err.c - filling in what a client is told. */
#include "protocol/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SQLSTATE_LEN = 5 };

enum sl_err sl_error_set(
        struct sl_error *error, enum sl_err err, const char *sqlstate, const char *format, ...)
{
    SL_DCHECK(err != SL_OK);
    SL_CHECK(strlen(sqlstate) == SQLSTATE_LEN);
    if (error == NULL) {
        return err;
    }
    memcpy(error->sqlstate, sqlstate, SQLSTATE_LEN + 1);

    va_list args;
    va_start(args, format);
    int len = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    if (len < 0) { /* a format that cannot be followed; the SQLSTATE still says something */
        error->text[0] = '\0';
    }
    return err;
}

const char *sl_err_text(enum sl_err err)
{
    switch (err) {
    case SL_OK:
        return "ok";
    case SL_ENOMEM:
        return "no memory";
    case SL_ELIMIT:
        return "limit";
    case SL_EPROTO:
        return "protocol";
    case SL_EAUTH:
        return "authentication";
    case SL_EIO:
        return "i/o";
    case SL_ETIMEOUT:
        return "timeout";
    case SL_ECONF:
        return "configuration";
    case SL_EINVAL:
        return "invalid";
    }
    return "unknown";
}
