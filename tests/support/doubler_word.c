/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/doubler_word.h"

#include "tests/support/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTED_MS = 1000, REST_MS = 3 };

void doubler_word_open(struct doubler_word *word, const char *console)
{
    *word = (struct doubler_word){.console = PQconnectdb(console)};
    if (PQstatus(word->console) != CONNECTION_OK) {
        proc_die("no console: %s", PQerrorMessage(word->console));
    }
}

void doubler_word_close(struct doubler_word *word)
{
    PQclear(word->before);
    PQfinish(word->console);
}

static PGresult *show(const struct doubler_word *word, const char *what)
{
    PGresult *result = PQexec(word->console, what);

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        proc_die("%s: %s", what, PQerrorMessage(word->console));
    }
    return result;
}

void doubler_word_begin(struct doubler_word *word)
{
    if (!word->is_current) {
        PQclear(word->before);
        word->before = show(word, "SHOW CACHE");
    }
    word->is_current = false;
}

/* ---- what has been counted since ---- */

struct delta {
    bool is_hit;
    bool is_filled;
    bool is_allowed;
    bool is_undecided;
    bool is_counted; /* any of it */
};

static bool is(const PGresult *result, int row, const char *section, const char *name)
{
    return strcmp(PQgetvalue(result, row, 0), section) == 0 &&
           (name == NULL || strcmp(PQgetvalue(result, row, 1), name) == 0);
}

static void note(struct doubler_word *word, const PGresult *now, int row)
{
    size_t used = strlen(word->why);

    snprintf(word->why + used, sizeof word->why - used, "%s%s.%s", used > 0 ? " " : "",
            PQgetvalue(now, row, 0), PQgetvalue(now, row, 1));
}

static void add(struct doubler_word *word, const PGresult *now, int row, struct delta *delta)
{
    static const char *const classes[DOUBLER_CLASSES] = {
            "hits_of_tables", "hits_of_points", "hits_of_row_sets"};

    if (is(now, row, "misses", NULL) || is(now, row, "policy", NULL) ||
            is(now, row, "bypassed", NULL)) {
        delta->is_counted = true;
        delta->is_filled |= is(now, row, "misses", "kept");
        delta->is_allowed |= is(now, row, "policy", "kept");
        delta->is_undecided |=
                is(now, row, "policy", "not_read") || is(now, row, "policy", "no_catalog");
        note(word, now, row);
    }
    if (is(now, row, "writes", NULL)) {
        note(word, now, row);
    }
    if (is(now, row, "lookups", "hits")) {
        delta->is_hit = true;
        delta->is_counted = true;
    }
    for (int class = 0; class < DOUBLER_CLASSES; class ++) {
        if (is(now, row, "lookups", classes[class])) {
            word->class = (enum doubler_class) class;
        }
    }
}

static struct delta compare(struct doubler_word *word, const PGresult *now)
{
    struct delta delta = {.is_hit = false};
    int rows = PQntuples(now) < PQntuples(word->before) ? PQntuples(now) : PQntuples(word->before);

    word->why[0] = '\0';
    for (int row = 0; row < rows; row++) {
        if (strcmp(PQgetvalue(now, row, 2), PQgetvalue(word->before, row, 2)) != 0) {
            add(word, now, row, &delta);
        }
    }
    return delta;
}

/* It may be kept, but for what its answer or its text has. */
static bool is_barred(const struct doubler_word *word)
{
    static const char *const bars[] = {
            "time_word", "spoiled", "too_large", "policy_off", "uncovered"};

    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        const char *at = strstr(word->why, bars[i]);
        if (at != NULL && at - word->why >= 7 && strncmp(at - 7, "misses.", 7) == 0) {
            return true;
        }
    }
    return false;
}

/* A miss that nothing is said of: its session or its shape was in doubt. */
static bool is_in_doubt(const struct doubler_word *word)
{
    return strstr(word->why, "misses.policy") != NULL && strstr(word->why, " policy.") == NULL;
}

/* Where it was kept or not is counted behind its reply. */
enum doubler_said doubler_word_end(struct doubler_word *word)
{
    struct delta delta = {.is_hit = false};
    long until = proc_now_ms() + COUNTED_MS;

    for (;;) {
        PGresult *now = show(word, "SHOW CACHE");
        delta = compare(word, now);
        bool is_ended = delta.is_hit || strstr(word->why, "misses.") != NULL ||
                        strstr(word->why, "bypassed.") != NULL;
        if (is_ended || proc_now_ms() > until) {
            PQclear(word->before);
            word->before = now; /* of what comes next */
            word->is_current = is_ended;
            break;
        }
        PQclear(now);
        proc_pause_ms(1);
    }
    return delta.is_hit                              ? DOUBLER_HIT
           : delta.is_filled                         ? DOUBLER_FILLED
           : delta.is_allowed && !is_barred(word)    ? DOUBLER_ALLOWED
           : delta.is_undecided || is_in_doubt(word) ? DOUBLER_UNDECIDED
           : delta.is_counted                        ? DOUBLER_REFUSED
                                                     : DOUBLER_SILENT;
}

/* ---- the catalogue ---- */

bool doubler_word_await(const struct doubler_word *word, const char *database, int ms)
{
    for (long until = proc_now_ms() + ms;;) {
        PGresult *now = show(word, "SHOW CATALOG");
        bool is_known = false;
        for (int row = 0; row < PQntuples(now); row++) {
            is_known |= strcmp(PQgetvalue(now, row, 0), database) == 0 &&
                        strcmp(PQgetvalue(now, row, 1), "loaded") == 0;
        }
        PQclear(now);
        if (is_known || proc_now_ms() > until) {
            return is_known;
        }
        proc_pause_ms(REST_MS);
    }
}

bool doubler_word_keeps(
        struct doubler_word *word, const char *database, const char *user, const char *sql)
{
    static const char head[] = "EXPLAIN CACHE ";
    size_t size = sizeof head + 2 * strlen(database) + 2 * strlen(user) + strlen(sql) + 16;
    char *text = malloc(size);
    bool keeps = false;

    if (text == NULL) {
        proc_die("no memory for %zu bytes", size);
    }
    snprintf(text, size, "%s%s AS %s %s", head, database, user, sql);
    PGresult *said = PQexec(word->console, text);
    snprintf(word->why, sizeof word->why, "explain: nothing");
    for (int row = 0; PQresultStatus(said) == PGRES_TUPLES_OK && row < PQntuples(said); row++) {
        bool is_verdict = strcmp(PQgetvalue(said, row, 1), "verdict") == 0;
        if (is_verdict || strcmp(PQgetvalue(said, row, 1), "reason") == 0) {
            snprintf(word->why, sizeof word->why, "explain: %s", PQgetvalue(said, row, 2));
        }
        keeps |= is_verdict && strcmp(PQgetvalue(said, row, 2), "kept") == 0;
    }
    PQclear(said);
    free(text);
    return keeps;
}
