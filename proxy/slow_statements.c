/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/slow_statements.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/plans.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <string.h>

static struct slow *slow; /* constant while there are workers */

enum sl_err slow_statements_start(void)
{
    slow = slow_new();
    return slow != NULL ? SL_OK : SL_ENOMEM;
}

void slow_statements_stop(void)
{
    slow_free(slow);
    slow = NULL;
}

struct slow *slow_statements(void)
{
    return slow;
}

/* -1 is none. */
static sl_usec usec_of(int msec)
{
    return msec < 0 ? OBSERVE_NEVER : msec * SL_MSEC;
}

sl_usec slow_statements_least(const struct conf *conf)
{
    sl_usec kept = usec_of(conf->stats_slow_threshold);
    sl_usec logged = usec_of(conf->stats_log_min_duration_statement);

    return kept < logged ? kept : logged;
}

static void log_one(const struct slow_statement *of)
{
    const struct names *names = observe_names(statistics_observe());
    char text[SL_LOG_LONG_MAX + 8]; /* more, so that it is seen to be cut */
    bool has_text = plans_text(of->key.shape, text, sizeof text);

    sl_log(SL_LOG_INFO, "slow_statement",
            "shape=%016" PRIx64 " client=%" PRIu64
            " db=%s user=%s node=%s total_us=%lld wait_us=%lld server_us=%lld client_us=%lld "
            "rows=%" PRIu64 " sqlstate=%s%s%s",
            of->key.shape.hi, of->client, sl_log_quote(names_text(names, of->key.database)),
            sl_log_quote(names_text(names, of->key.user)),
            sl_log_quote(names_text(names, of->key.node)), (long long)of->times[TALLY_TOTAL],
            (long long)of->times[TALLY_WAIT], (long long)of->times[TALLY_SERVER],
            (long long)of->client_usec, of->rows, of->sqlstate, has_text ? " query=" : "",
            has_text ? sl_log_quote_long(text) : "");
}

void slow_statement(void *self, const struct stmt *stmt, const struct shape_key *key,
        const struct tally_sample *sample)
{
    const struct worker *worker = stmt->owner;
    const struct client *client = sl_slab_find(worker->clients, stmt->client);
    struct slow_statement made = {.key = *key,
            .client = client == NULL ? 0 : client->cancel.serial,
            .ended_at = stmt->meter.ended_at,
            .client_usec = sample->client,
            .rows = sample->rows};
    sl_usec total = sample->times[TALLY_TOTAL];

    (void)self;
    memcpy(made.times, sample->times, sizeof made.times);
    memcpy(made.sqlstate, sample->sqlstate, sizeof made.sqlstate);
    if (total >= usec_of(worker->conf->stats_slow_threshold)) {
        slow_add(slow, &made);
    }
    if (total >= usec_of(worker->conf->stats_log_min_duration_statement) &&
            sl_log_enabled(SL_LOG_INFO)) {
        log_one(&made);
    }
}
