/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/interval.h"

void interval_sums_add(struct interval_sums *sums, const struct interval_sums *more)
{
    sums->calls += more->calls;
    sums->errors += more->errors;
    sums->rows += more->rows;
    sums->transactions += more->transactions;
    sums->bytes_in += more->bytes_in;
    sums->bytes_out += more->bytes_out;
    sums->wait_usec += more->wait_usec;
    sums->server_usec += more->server_usec;
    sums->client_usec += more->client_usec;
}

void interval_merge_tally(
        struct interval *interval, struct budget *budget, const struct tally *tally)
{
    const struct interval_sums sums = {.calls = tally->calls,
            .errors = tally->errors,
            .rows = tally->rows,
            .transactions = tally->transactions,
            .bytes_in = tally->bytes_in,
            .bytes_out = tally->bytes_out,
            .wait_usec = tally->times[TALLY_WAIT].sum,
            .server_usec = tally->times[TALLY_SERVER].sum,
            .client_usec = tally->client_usec};

    interval_sums_add(&interval->sums, &sums);
    SL_IGNORE(histogram_merge(&interval->total, budget, &tally->times[TALLY_TOTAL]),
            "the budget counts it");
}

void interval_merge(struct interval *interval, struct budget *budget, const struct interval *from)
{
    interval_sums_add(&interval->sums, &from->sums);
    SL_IGNORE(histogram_merge(&interval->total, budget, &from->total), "the budget counts it");
}

bool interval_add(struct interval **interval, struct budget *budget, const struct tally *tally)
{
    if (*interval == NULL) {
        *interval = budget_take_zeroed(budget, sizeof(**interval));
    }
    if (*interval == NULL) {
        return false;
    }
    interval_merge_tally(*interval, budget, tally);
    return true;
}

void interval_fini(struct interval *interval, struct budget *budget)
{
    histogram_fini(&interval->total, budget);
    *interval = (struct interval){0};
}

void interval_free(struct interval **interval, struct budget *budget)
{
    if (*interval != NULL) {
        interval_fini(*interval, budget);
        budget_give(budget, *interval, sizeof(**interval));
        *interval = NULL;
    }
}
