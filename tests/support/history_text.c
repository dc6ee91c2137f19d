/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/history.h"

#include <inttypes.h>
#include <stdio.h>

const char *history_fault_text(enum history_fault fault)
{
    static const char *const texts[] = {
            "stale: older than what was acknowledged before it was asked",
            "does not see what its own session wrote", "older than the bound allows",
            "goes back behind what its session read", "goes back behind what another read",
            "seen before its commit was asked for", "never was", "half of a transaction, or of two",
            "is not what its own transaction wrote", "made twice", "made by nobody",
            "made before what came after it", "acknowledged, and lost",
            "there was no room to note it"};

    _Static_assert(sizeof(texts) / sizeof(texts[0]) == HISTORY_FAULTS, "a text each");
    return texts[fault];
}

const char *history_class_text(enum history_class class)
{
    static const char *const texts[] = {"point", "set", "aggregate", "join"};

    return texts[class];
}

const char *history_path_text(enum history_path path)
{
    static const char *const texts[] = {"a", "b", "direct"};

    return texts[path];
}

static int put_op(
        char *text, size_t size, const struct history_op *op, const char *const *questions)
{
    static const char *const kinds[] = {"write", "write with no answer", "write within", "read",
            "read", "read in its transaction"};
    char until[32] = "never";

    if (op->returned != HISTORY_NEVER) {
        snprintf(until, sizeof until, "%" PRIu64, op->returned);
    }
    return snprintf(text, size,
            "%s%s%s of %u: version %u, tag %u, session %u by %s, %" PRIu64 " to %s",
            questions != NULL ? questions[op->question] : "", questions != NULL ? ": " : "",
            kinds[op->kind], op->reg, op->version, op->tag, op->session,
            history_path_text((enum history_path)op->path), op->invoked, until);
}

void history_report_text(const struct history_report *report, const char *const *questions,
        char text[HISTORY_TEXT_MAX])
{
    int len = snprintf(text, HISTORY_TEXT_MAX, "%s\n    ", history_fault_text(report->fault));

    len += put_op(text + len, HISTORY_TEXT_MAX - (size_t)len, &report->op, questions);
    if (report->has_other && len < HISTORY_TEXT_MAX - 8) {
        len += snprintf(text + len, HISTORY_TEXT_MAX - (size_t)len, "\n    ");
        (void)put_op(text + len, HISTORY_TEXT_MAX - (size_t)len, &report->other, questions);
    }
}

uint64_t history_reads(const struct history_found *found)
{
    uint64_t sum = 0;

    for (size_t path = 0; path < HISTORY_PATHS; path++) {
        for (size_t class = 0; class < HISTORY_CLASSES; class ++) {
            sum += found->reads[path][class];
        }
    }
    return sum;
}

void history_print(
        const char *title, const struct history_found *found, const char *const *questions)
{
    char text[HISTORY_TEXT_MAX];

    fprintf(stderr, "%s: %" PRIu64 " faults in %" PRIu64 " reads", title, found->faults,
            history_reads(found));
    for (size_t path = 0; path < HISTORY_PATHS; path++) {
        for (size_t class = 0; class < HISTORY_CLASSES; class ++) {
            if (found->reads[path][class] != 0) {
                fprintf(stderr, ", %s %s %" PRIu64, history_path_text((enum history_path)path),
                        history_class_text((enum history_class) class), found->reads[path][class]);
            }
        }
    }
    fprintf(stderr, "; writes");
    for (size_t path = 0; path < HISTORY_PATHS; path++) {
        fprintf(stderr, " %s %" PRIu64, history_path_text((enum history_path)path),
                found->writes[path]);
    }
    fprintf(stderr, "; behind %" PRIu64 ", by %" PRIu64 " us at most\n", found->behind,
            found->stalest_ns / 1000);
    if (found->behind > 0) {
        history_report_text(&found->stalest, questions, text);
        fprintf(stderr, "  the most: %s\n", text);
    }
    for (size_t i = 0; i < HISTORY_FAULTS; i++) {
        if (found->by_fault[i] != 0) {
            fprintf(stderr, "  %" PRIu64 " %s\n", found->by_fault[i],
                    history_fault_text((enum history_fault)i));
        }
    }
    for (size_t i = 0; i < found->report_count; i++) {
        history_report_text(&found->reports[i], questions, text);
        fprintf(stderr, "  %s\n", text);
    }
}
