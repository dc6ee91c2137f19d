/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_password.h - a client says a password, in plain or as md5.
 *
 * Part of proxy/auth.h, whose promises hold here.
 */
#ifndef SLUICE_PROXY_AUTH_PASSWORD_H
#define SLUICE_PROXY_AUTH_PASSWORD_H

#include "proxy/auth_state.h"

/* Asks, by auth->method. */
enum auth_verdict auth_password_begin(struct auth *auth, struct sl_buf *out);
enum auth_verdict auth_password_message(struct auth *auth, struct sl_span body);
/* Judges what was said by auth->credentials; again, when those are fresh ones. */
enum auth_verdict auth_password_check(struct auth *auth);
/* The password's keys are there. */
enum auth_verdict auth_password_derived(struct auth *auth);

#endif
