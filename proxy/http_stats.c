/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_stats.h"

#include "protocol/base/check.h"
#include "proxy/http_routes.h"

#include <stdio.h>

struct http_stats http_stats;

enum { BUCKETS = 11, CODES_MAX = 32 };

static const int64_t bounds_usec[BUCKETS] = {
        1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000};

static struct {
    uint64_t counts[BUCKETS + 1];
    uint64_t sum_usec;
} durations[HTTP_ROUTES_MAX];

static struct {
    int status;
    uint64_t count;
} codes[CODES_MAX]; /* as many as there are kinds of answers; in the order of their coming */

static void count_code(int status)
{
    for (unsigned i = 0; i < CODES_MAX; i++) {
        if (codes[i].status == status || codes[i].count == 0) {
            codes[i].status = status;
            codes[i].count++;
            return;
        }
    }
}

void http_stats_answered(int route, int status, sl_usec usec)
{
    unsigned bucket = 0;

    count_code(status);
    if (route < 0) {
        return;
    }
    SL_CHECK(route < HTTP_ROUTES_MAX);
    usec = usec < 0 ? 0 : usec;
    while (bucket < BUCKETS && usec > bounds_usec[bucket]) {
        bucket++;
    }
    durations[route].counts[bucket]++;
    durations[route].sum_usec += (uint64_t)usec;
}

static void write_durations(struct prometheus *out)
{
    const struct http_route *route;

    prometheus_metric(out, "sluice_http_request_duration_seconds", PROMETHEUS_HISTOGRAM,
            "Time from the end of a request to the beginning of its answer.");
    for (int i = 0; (route = http_route_at(i)) != NULL; i++) {
        const struct prometheus_histogram histogram = {.bounds_usec = bounds_usec,
                .counts = durations[i].counts,
                .bounds_count = BUCKETS,
                .sum_usec = durations[i].sum_usec};
        prometheus_label(out, "route", route->pattern);
        prometheus_histogram(out, &histogram);
    }
}

static void write_one(struct prometheus *out, const char *name, enum prometheus_type type,
        const char *help, uint64_t value)
{
    prometheus_metric(out, name, type, help);
    prometheus_int(out, (int64_t)value);
}

void http_stats_write(struct prometheus *out)
{
    write_one(out, "sluice_http_connections", PROMETHEUS_GAUGE, "HTTP connections there are.",
            http_stats.connections);
    write_one(out, "sluice_http_connections_accepted_total", PROMETHEUS_COUNTER,
            "HTTP connections that were accepted.", http_stats.accepted);
    write_one(out, "sluice_http_connections_refused_total", PROMETHEUS_COUNTER,
            "HTTP connections that were refused at max_connections.", http_stats.refused);
    write_one(out, "sluice_http_timeouts_total", PROMETHEUS_COUNTER,
            "HTTP requests that did not arrive, or could not be answered, in time.",
            http_stats.late);
    prometheus_metric(
            out, "sluice_http_responses_total", PROMETHEUS_COUNTER, "HTTP answers by status.");
    for (unsigned i = 0; i < CODES_MAX && codes[i].count > 0; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", codes[i].status);
        prometheus_label(out, "code", code);
        prometheus_int(out, (int64_t)codes[i].count);
    }
    write_durations(out);
}
