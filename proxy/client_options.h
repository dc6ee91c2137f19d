/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_options.h - the startup parameter "options", and ignore_startup_parameters.
 *
 * options is a command line: -c name=value, --name=value, and other switches. The list
 * drops what it names; with "options" on it all is dropped but what PgBouncer keeps for
 * each client anyway, as it does.
 *
 * Ownership: the caller's buffers. Threads: any.
 */
#ifndef SLUICE_PROXY_CLIENT_OPTIONS_H
#define SLUICE_PROXY_CLIENT_OPTIONS_H

/* What is left of options, in kept, which has room for all of it; "" is nothing. */
void client_options_keep(const char *options, const char *ignored, char *kept);

#endif
