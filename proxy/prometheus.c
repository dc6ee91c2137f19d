/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/prometheus.h"

#include "protocol/base/check.h"
#include "protocol/base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { MICRO = 6, NUMBER_MAX = 64, SCALE_MAX = 9 };

static const char *const type_names[] = {[PROMETHEUS_COUNTER] = "counter",
        [PROMETHEUS_GAUGE] = "gauge",
        [PROMETHEUS_HISTOGRAM] = "histogram"};

void prometheus_begin(struct prometheus *out, struct sl_buf *buf)
{
    *out = (struct prometheus){.buf = buf};
}

enum sl_err prometheus_end(const struct prometheus *out)
{
    return out->err;
}

void prometheus_metric(
        struct prometheus *out, const char *name, enum prometheus_type type, const char *help)
{
    out->name = name;
    out->help = help;
    out->type = type;
    out->is_said = false;
    out->labels_len = 0;
}

/* ---- labels ---- */

static void add(struct prometheus *out, const char *bytes, size_t len)
{
    if (out->is_too_long || len > sizeof out->labels - out->labels_len) {
        out->is_too_long = true;
        return;
    }
    memcpy(out->labels + out->labels_len, bytes, len);
    out->labels_len += len;
}

static void add_escaped(struct prometheus *out, const char *at)
{
    while (*at != '\0') {
        size_t len = sl_utf8_len(at);
        if (len == 0) {
            add(out, SL_UTF8_REPLACEMENT, strlen(SL_UTF8_REPLACEMENT));
            len = 1;
        } else if (*at == '\n') {
            add(out, "\\n", 2);
        } else if (*at == '"' || *at == '\\') {
            add(out, *at == '"' ? "\\\"" : "\\\\", 2);
        } else {
            add(out, at, len);
        }
        at += len;
    }
}

void prometheus_label(struct prometheus *out, const char *name, const char *value)
{
    add(out, ",", out->labels_len > 0 ? 1 : 0);
    add(out, name, strlen(name));
    add(out, "=\"", 2);
    add_escaped(out, value);
    add(out, "\"", 1);
}

/* ---- samples ---- */

static void say_metric(struct prometheus *out)
{
    if (!out->is_said && out->err == SL_OK) {
        out->err = sl_buf_printf(out->buf, "# HELP %s %s\n# TYPE %s %s\n", out->name, out->help,
                out->name, type_names[out->type]);
        out->is_said = true;
    }
}

static void put(struct prometheus *out, const char *bytes, size_t len)
{
    if (out->err == SL_OK) {
        out->err = sl_buf_put(out->buf, bytes, len);
    }
}

static void put_text(struct prometheus *out, const char *text)
{
    put(out, text, strlen(text));
}

/* suffix is of a histogram's parts; bound is its label le, or NULL. */
static void put_sample(
        struct prometheus *out, const char *suffix, const char *bound, const char *number)
{
    bool has_labels = out->labels_len > 0 || bound != NULL;

    put_text(out, out->name);
    put_text(out, suffix);
    put(out, "{", has_labels ? 1 : 0);
    put(out, out->labels, out->labels_len);
    if (bound != NULL) {
        put_text(out, out->labels_len > 0 ? ",le=\"" : "le=\"");
        put_text(out, bound);
        put_text(out, "\"");
    }
    put(out, "}", has_labels ? 1 : 0);
    put_text(out, " ");
    put_text(out, number);
    put_text(out, "\n");
}

/* The labels are of this sample only. False: it is left out. */
static bool begin_sample(struct prometheus *out)
{
    if (out->is_too_long) {
        out->is_too_long = false;
        out->labels_len = 0;
        out->left_out++;
        return false;
    }
    say_metric(out);
    return true;
}

/* "1234567" by 6 is "1.234567"; zeros behind the point are left out. */
static bool scale_text(const char *text, unsigned scale, char out[NUMBER_MAX])
{
    const char *digits = text + (*text == '-' ? 1 : 0);
    size_t len = strspn(digits, "0123456789");

    if (len == 0 || digits[len] != '\0' || len + scale + 4 > NUMBER_MAX || scale > SCALE_MAX) {
        return false;
    }
    size_t whole = len > scale ? len - scale : 0;
    size_t used = (size_t)snprintf(out, NUMBER_MAX, "%s%.*s%s", digits == text ? "" : "-",
            whole > 0 ? (int)whole : 1, whole > 0 ? digits : "0", scale > 0 ? "." : "");
    if (scale == 0) {
        return true;
    }
    for (size_t zeros = len < scale ? scale - len : 0; zeros > 0; zeros--) {
        out[used++] = '0';
    }
    memcpy(out + used, digits + whole, len - whole);
    used += len - whole;
    while (out[used - 1] == '0') {
        used--;
    }
    used -= out[used - 1] == '.' ? 1 : 0;
    out[used] = '\0';
    return true;
}

void prometheus_value(struct prometheus *out, const char *text, unsigned scale)
{
    char number[NUMBER_MAX];

    SL_CHECK(out->type != PROMETHEUS_HISTOGRAM);
    if (!scale_text(text, scale, number)) {
        out->is_too_long = true; /* no number: left out in the same way */
    }
    if (begin_sample(out)) {
        put_sample(out, "", NULL, number);
        out->labels_len = 0;
    }
}

void prometheus_int(struct prometheus *out, int64_t value)
{
    char text[NUMBER_MAX];

    snprintf(text, sizeof text, "%lld", (long long)value);
    prometheus_value(out, text, 0);
}

static void put_bucket(struct prometheus *out, const char *bound, uint64_t count)
{
    char text[NUMBER_MAX];

    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    put_sample(out, "_bucket", bound, text);
}

void prometheus_histogram(struct prometheus *out, const struct prometheus_histogram *histogram)
{
    char digits[NUMBER_MAX];
    char text[NUMBER_MAX];
    uint64_t count = 0;

    SL_CHECK(out->type == PROMETHEUS_HISTOGRAM);
    if (!begin_sample(out)) {
        return;
    }
    for (unsigned i = 0; i < histogram->bounds_count; i++) {
        snprintf(digits, sizeof digits, "%lld", (long long)histogram->bounds_usec[i]);
        count += histogram->counts[i];
        if (scale_text(digits, MICRO, text)) {
            put_bucket(out, text, count);
        }
    }
    count += histogram->counts[histogram->bounds_count];
    put_bucket(out, "+Inf", count);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)histogram->sum_usec);
    if (scale_text(digits, MICRO, text)) {
        put_sample(out, "_sum", NULL, text);
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    put_sample(out, "_count", NULL, text);
    out->labels_len = 0;
}
