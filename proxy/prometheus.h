/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/prometheus.h - writes metrics in Prometheus' text format, version 0.0.4.
 *
 *     prometheus_begin(&out, &buf);
 *     prometheus_metric(&out, "sluice_transactions_total", PROMETHEUS_COUNTER, "Transactions.");
 *     prometheus_label(&out, "database", "shop");
 *     prometheus_value(&out, "17", 0);
 *     err = prometheus_end(&out);
 *
 * HELP and TYPE come once, before the first sample; a metric without samples is not
 * written at all. Numbers are given as decimal text and may be scaled by a power of
 * ten, so that microseconds become seconds without a rounding.
 *
 * Ownership: buf is the caller's; names and helps must live until the metric's last
 * sample. Threads: the caller's. Bounds: the buf's; PROMETHEUS_LABELS_MAX bytes of
 * the labels of one sample, a sample with more is left out and counted.
 */
#ifndef SLUICE_PROXY_PROMETHEUS_H
#define SLUICE_PROXY_PROMETHEUS_H

#include "protocol/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { PROMETHEUS_LABELS_MAX = 1024 };

enum prometheus_type { PROMETHEUS_COUNTER, PROMETHEUS_GAUGE, PROMETHEUS_HISTOGRAM };

struct prometheus {
    struct sl_buf *buf;
    enum sl_err err;
    const char *name;
    const char *help;
    enum prometheus_type type;
    bool is_said;     /* HELP and TYPE of this metric */
    bool is_too_long; /* the labels of this sample */
    uint64_t left_out;
    size_t labels_len;
    char labels[PROMETHEUS_LABELS_MAX];
};

/* Each bucket counts what is at most its bound, in microseconds, and above the one before. */
struct prometheus_histogram {
    const int64_t *bounds_usec;
    const uint64_t *counts; /* one more than bounds: above the last */
    unsigned bounds_count;
    uint64_t sum_usec;
};

void prometheus_begin(struct prometheus *out, struct sl_buf *buf);
SL_MUST_CHECK enum sl_err prometheus_end(const struct prometheus *out);

void prometheus_metric(
        struct prometheus *out, const char *name, enum prometheus_type type, const char *help);
/* Of the sample to come. Bytes that are no UTF-8 become U+FFFD. */
void prometheus_label(struct prometheus *out, const char *name, const char *value);
/* text is decimal digits, perhaps behind a minus; the sample is that times 10 to the -scale. */
void prometheus_value(struct prometheus *out, const char *text, unsigned scale);
void prometheus_int(struct prometheus *out, int64_t value);
/* The metric's type is PROMETHEUS_HISTOGRAM, in seconds; with the labels given before. */
void prometheus_histogram(struct prometheus *out, const struct prometheus_histogram *histogram);

#endif
