/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_flush.h - before the store is read: every worker tells it what it counted.
 *
 * A view without rows, to be gathered (proxy/http_gather.h) like any other.
 *
 * Ownership: constant. Threads: as views. Bounds: as observe_flush().
 */
#ifndef SLUICE_PROXY_HTTP_FLUSH_H
#define SLUICE_PROXY_HTTP_FLUSH_H

#include "proxy/http_gather.h"

struct http_request;

extern const struct view http_flush_view;

/*
 * Gathers that view alone for the request. False: there are no statistics, or no memory; the
 * request is not answered.
 */
SL_MUST_CHECK bool http_flush(struct http_request *request,
        void (*done)(struct http_gather *gather, void *context, bool is_whole));

#endif
