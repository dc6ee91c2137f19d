/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_flush.h"

#include "optimizer/observe.h"
#include "proxy/http_request.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

static bool flush(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    struct observe *observe = statistics_observe();

    return observe == NULL || observe_flush(observe, worker->index, &visit->cursor, worker->now);
}

const struct view http_flush_view = {.name = "flush", .sentence = "No rows.", .on_worker = flush};

bool http_flush(struct http_request *request,
        void (*done)(struct http_gather *gather, void *context, bool is_whole))
{
    struct http_gather *made =
            statistics_observe() == NULL ? NULL : http_gather_new(request->mailbox);

    if (made == NULL) {
        return false;
    }
    request->gather = made;
    http_gather_add(made, &http_flush_view);
    http_gather_start(made, done, request);
    return true;
}
