/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_host.h - whether a browser may have been led here by a name of somebody else's.
 *
 * A page of a stranger's may make its own name point to our address, and is then of the same
 * origin as we are (DNS rebinding). An address, localhost, a name under .localhost and a name
 * without a dot are nobody's to make so; any other name is.
 *
 * Ownership: none. Threads: any. Bounds: none needed.
 */
#ifndef SLUICE_PROXY_HTTP_HOST_H
#define SLUICE_PROXY_HTTP_HOST_H

#include <stdbool.h>

/* host is what the header says: 127.0.0.1:6480, [::1], localhost; NULL or empty: nothing. */
bool http_host_is_ours(const char *host);

#endif
