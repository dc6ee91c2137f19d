/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_slow.c - SLOW: single statements that took long (optimizer/slow.h).
 */
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/plans.h"
#include "proxy/slow_statements.h"
#include "proxy/statistics.h"

#include <stdlib.h>
#include <strings.h>

static const struct reply_column slow_columns[] = {{"ended_at", REPLY_TEXT}, {"id", REPLY_TEXT},
        {"database", REPLY_TEXT}, {"user", REPLY_TEXT}, {"node", REPLY_TEXT},
        {"client", REPLY_INT8}, {"total_us", REPLY_INT8}, {"wait_us", REPLY_INT8},
        {"server_us", REPLY_INT8}, {"client_us", REPLY_INT8}, {"rows", REPLY_INT8},
        {"sqlstate", REPLY_TEXT}, {"search_path", REPLY_TEXT}, {"kind", REPLY_TEXT},
        {"query", REPLY_TEXT}};

static void put_slow(struct view_visit *visit, const struct slow_statement *of)
{
    const struct plan *plan = plans_find(of->key.shape);
    struct view_row row;

    view_row_begin(&row);
    console_add_time(&row, of->ended_at);
    console_add_shape(&row, of->key.shape);
    console_add_pool(&row, &of->key);
    view_add_uint(&row, of->client);
    for (int i = 0; i < TALLY_TIMES; i++) {
        view_add_int(&row, of->times[i]);
    }
    view_add_int(&row, of->client_usec);
    view_add_uint(&row, of->rows);
    view_add_text(&row, of->sqlstate[0] == '\0' ? NULL : of->sqlstate);
    console_add_path(&row, &of->key);
    console_add_plan(&row, plan);
    view_put(visit, &row);
    plan_unref(plan);
}

/* So that what a client has the answer to has ended on its worker. */
static bool pass(struct view_visit *visit, void *worker)
{
    const char *argument = visit->argument;

    (void)worker;
    if (argument != NULL && argument[0] != '\0' && strcasecmp(argument, "total") != 0) {
        visit->refusal = "there is total, or nothing";
    }
    return true;
}

static void show_slow(struct view_visit *visit)
{
    bool by_total = visit->argument != NULL && strcasecmp(visit->argument, "total") == 0;

    if (slow_statements() == NULL) {
        return;
    }
    struct slow_statement *statements = calloc(SLOW_MAX, sizeof *statements);
    if (statements == NULL) {
        visit->out->is_full = true;
        return;
    }
    uint32_t count =
            slow_read(slow_statements(), by_total ? SLOW_BY_TOTAL : SLOW_BY_LAST, statements);
    for (uint32_t i = 0; i < count && i < CONSOLE_SHAPES_MAX; i++) {
        put_slow(visit, &statements[i]);
    }
    free(statements);
}

const struct view console_views_slow[] = {
        {.name = "slow",
                .sentence = "The last 100 statements that took slow_threshold or more, the newest "
                            "first; with total the slowest since the start or RESET STATS.",
                .argument = "[total]",
                .columns = slow_columns,
                .columns_count = SL_COUNT(slow_columns),
                .on_worker = pass,
                .finish = show_slow},
        {.name = NULL},
};
