/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/param_names.h - what the proxy must know of parameters by name.
 *
 * Threads: any.
 */
#ifndef SLUICE_PROXY_PARAM_NAMES_H
#define SLUICE_PROXY_PARAM_NAMES_H

#include <stdbool.h>

/*
 * Does the server report it as something a session may set? The others are facts
 * of the server (server_version, in_hot_standby, ...) or follow from who logged in.
 * PostgreSQL documentation, "Protocol Flow", Asynchronous Operations.
 */
bool param_is_settable(const char *name);

/*
 * Parameters that differ from client to client of one application, and are set on
 * a server when it is linked rather than kept apart from the start.
 */
bool param_is_per_client(const char *name);

#endif
