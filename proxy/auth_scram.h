/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_scram.h - a client proves with SCRAM-SHA-256 that it knows the password.
 *
 * Part of proxy/auth.h, whose promises hold here.
 */
#ifndef SLUICE_PROXY_AUTH_SCRAM_H
#define SLUICE_PROXY_AUTH_SCRAM_H

#include "proxy/auth_state.h"

/* Offers the mechanisms: with channel binding when there is a TLS certificate to bind to. */
enum auth_verdict auth_scram_begin(struct auth *auth, struct sl_buf *out);
enum auth_verdict auth_scram_message(struct auth *auth, struct sl_span body, struct sl_buf *out);
/* The keys of a password that we know are there. */
enum auth_verdict auth_scram_derived(struct auth *auth, struct sl_buf *out);
/* So are those of a wrong proof, for the time it takes. */
enum auth_verdict auth_scram_refused(struct auth *auth);

#endif
