/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_history.c - HISTORY: the totals of the last 24 hours, by 10 seconds.
 *
 * The last worker of the tour copies the slots, some a turn.
 */
#include "optimizer/history.h"
#include "protocol/base/parse.h"
#include "proxy/console_show.h"
#include "proxy/process.h"
#include "proxy/recorder.h"
#include "proxy/worker.h"

enum { SLOTS_A_TURN = 64, AFTER = 0, HAS_BEGUN = 1 /* among visit->sums */ };

static const struct reply_column history_columns[] = {{"ended_at", REPLY_INT8},
        {"usec", REPLY_INT8}, {"queries", REPLY_INT8}, {"transactions", REPLY_INT8},
        {"errors", REPLY_INT8}, {"bytes_in", REPLY_INT8}, {"bytes_out", REPLY_INT8},
        {"total_us", REPLY_INT8}, {"wait_us", REPLY_INT8}, {"server_us", REPLY_INT8},
        {"client_us", REPLY_INT8}, {"p50_us", REPLY_INT8}, {"p95_us", REPLY_INT8},
        {"p99_us", REPLY_INT8}, {"max_us", REPLY_INT8}, {"clients_active", REPLY_INT8},
        {"clients_waiting", REPLY_INT8}, {"servers_active", REPLY_INT8},
        {"servers_idle", REPLY_INT8}};

static void put_slot(struct view_visit *visit, const struct history_slot *slot)
{
    const uint64_t values[] = {slot->usec, slot->queries, slot->transactions, slot->errors,
            slot->bytes_in, slot->bytes_out, slot->total_usec, slot->wait_usec, slot->server_usec,
            slot->client_usec, slot->p50_usec, slot->p95_usec, slot->p99_usec, slot->max_usec,
            slot->clients_active, slot->clients_waiting, slot->servers_active, slot->servers_idle};
    struct view_row row;

    _Static_assert(SL_COUNT(values) + 1 == SL_COUNT(history_columns), "a value a column");
    view_row_begin(&row);
    view_add_int(&row, slot->ended_at);
    for (size_t i = 0; i < SL_COUNT(values); i++) {
        view_add_uint(&row, values[i]);
    }
    view_put(visit, &row);
}

/* All of them without an argument. */
static bool begin(struct view_visit *visit)
{
    int64_t after = INT64_MIN;

    visit->sums[HAS_BEGUN] = 1;
    if (visit->argument != NULL && visit->argument[0] != '\0' &&
            sl_parse_i64(visit->argument, INT64_MIN, INT64_MAX, &after) != SL_OK) {
        visit->refusal = "a time is a number of microseconds since 1970, as in ended_at";
        return false;
    }
    visit->sums[AFTER] = after;
    return true;
}

static bool show_history(struct view_visit *visit, void *arg)
{
    const struct worker *worker = arg;
    struct history *history = recorder_history();
    struct history_slot slots[SLOTS_A_TURN];

    if (visit->sums[HAS_BEGUN] == 0 && !begin(visit)) {
        return true;
    }
    if (history == NULL || worker->index + 1 < process_workers()) {
        return true;
    }
    sl_usec after = visit->sums[AFTER];
    uint32_t count = history_read(history, &after, slots, SLOTS_A_TURN);
    visit->sums[AFTER] = after;
    for (uint32_t i = 0; i < count; i++) {
        put_slot(visit, &slots[i]);
    }
    return count < SLOTS_A_TURN;
}

const struct view console_views_history[] = {
        {.name = "history",
                .sentence = "Totals of the last 24 hours by 10 seconds, the newest last; those "
                            "that ended after the argument, in microseconds since 1970.",
                .argument = "[ended_at]",
                .columns = history_columns,
                .columns_count = SL_COUNT(history_columns),
                .on_worker = show_history},
        {.name = NULL},
};
