/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_forms.h"

#include "protocol/base/check.h"
#include "tests/e2e/answers_base.h"
#include "tests/e2e/answers_wire.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdlib.h>
#include <string.h>

#define BY_ID "select id, n, b from t where id = $1"
#define SEVERAL "select id, n, b from t where id < 20 order by id"

static const char *const five = "5";
static const char five_binary[] = "\0\0\0\5";
static const char *const binary = five_binary;
static const int binary_len = 4;

/* ---- forms: each ends with what is answered by ReadyForQuery ---- */

static void simple(struct wire *w)
{
    wire_query(w, SEVERAL);
}

static void simple_empty(struct wire *w)
{
    wire_query(w, "select id, b from t where id < 0");
}

static void simple_all_types(struct wire *w)
{
    wire_query(w, "select * from all_types");
}

static void simple_no_columns(struct wire *w)
{
    wire_query(w, "select from t where id < 4");
}

static void unnamed(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void unnamed_undescribed(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void of_binary(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1,
                    .at = &binary,
                    .lens = &binary_len,
                    .format = 1,
                    .result_format = 1});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void all_types_binary(struct wire *w)
{
    wire_parse(w, "", "select * from all_types");
    wire_bind(w, "", "", &(struct wire_values){.format = 0, .result_format = 1});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void of_null(struct wire *w)
{
    const char *const null = NULL;

    wire_parse(w, "", "select $1::text, id from t where id = 3");
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &null, .format = 0, .result_format = 0});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void named(struct wire *w)
{
    wire_parse(w, "s", BY_ID);
    wire_sync(w);
    SL_IGNORE(wire_ask(w), "the next one says so");
    for (int i = 0; i < 3; i++) {
        wire_bind(w, "", "s",
                &(struct wire_values){
                        .count = 1, .at = &five, .format = 0, .result_format = i % 2});
        wire_describe(w, 'P', "");
        wire_execute(w, "", 0);
        wire_sync(w);
    }
    wire_close_name(w, 'S', "s");
    wire_sync(w);
}

static void named_undescribed(struct wire *w)
{
    wire_parse(w, "s", BY_ID);
    wire_describe(w, 'S', "s");
    wire_sync(w);
    SL_IGNORE(wire_ask(w), "the next one says so");
    wire_bind(w, "", "s",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
    wire_describe(w, 'S', "s");
    wire_sync(w);
    wire_close_name(w, 'S', "s");
    wire_sync(w);
}

static void statement_described(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_describe(w, 'S', "");
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void bound_twice(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    for (int i = 0; i < 3; i++) {
        wire_bind(w, "", "",
                &(struct wire_values){
                        .count = 1, .at = &five, .format = 0, .result_format = i % 2});
        wire_execute(w, "", 0);
    }
    wire_sync(w);
}

static void limited(struct wire *w)
{
    wire_parse(w, "", SEVERAL);
    wire_bind(w, "", "", &(struct wire_values){.format = 0, .result_format = 0});
    wire_execute(w, "", 2);
    wire_execute(w, "", 2);
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void limited_beyond(struct wire *w)
{
    wire_parse(w, "", SEVERAL);
    wire_bind(w, "", "", &(struct wire_values){.format = 0, .result_format = 0});
    wire_execute(w, "", 1000);
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void named_portal(struct wire *w)
{
    wire_parse(w, "", SEVERAL);
    wire_bind(w, "p", "", &(struct wire_values){.format = 0, .result_format = 0});
    wire_describe(w, 'P', "p");
    wire_execute(w, "p", 0);
    wire_close_name(w, 'P', "p");
    wire_sync(w);
}

static void executed_again(struct wire *w)
{
    wire_parse(w, "", SEVERAL);
    wire_bind(w, "", "", &(struct wire_values){.format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void described_after(struct wire *w)
{
    wire_parse(w, "", SEVERAL);
    wire_bind(w, "", "", &(struct wire_values){.format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_describe(w, 'P', "");
    wire_describe(w, 'S', "");
    wire_sync(w);
}

static void pipelined(struct wire *w)
{
    for (int i = 0; i < 4; i++) {
        unnamed(w);
    }
}

static void queries_pipelined(struct wire *w)
{
    simple(w);
    simple_empty(w);
    simple(w);
    unnamed(w);
    simple(w);
}

static void behind_an_error(struct wire *w)
{
    wire_parse(w, "", "select 1 / $1::int from t");
    const char *const zero = "0";
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &zero, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
    unnamed(w);
}

static void ahead_of_an_error(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_parse(w, "", "select nothing from nowhere");
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void several(struct wire *w)
{
    wire_query(w, SEVERAL "; " SEVERAL);
    wire_query(w, SEVERAL ";");
    wire_query(w, ";");
}

static void wrong_parameter(struct wire *w)
{
    const char *const text = "five";

    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &text, .format = 0, .result_format = 0});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void wrong_count(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_bind(w, "", "", &(struct wire_values){.format = 0, .result_format = 0});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void name_taken(struct wire *w)
{
    wire_parse(w, "s", "select 1");
    wire_sync(w);
    wire_parse(w, "s", BY_ID);
    wire_bind(w, "", "s",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
    wire_close_name(w, 'S', "s");
    wire_sync(w);
}

static void unnamed_stays(struct wire *w)
{
    unnamed(w);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_execute(w, "", 0);
    wire_sync(w);
    simple(w);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1,
                    .at = &five,
                    .format = 0,
                    .result_format = 0}); /* a Query takes it away */
    wire_execute(w, "", 0);
    wire_sync(w);
}

static void flushed(struct wire *w)
{
    wire_parse(w, "", BY_ID);
    wire_flush(w);
    wire_bind(w, "", "",
            &(struct wire_values){.count = 1, .at = &five, .format = 0, .result_format = 0});
    wire_describe(w, 'P', "");
    wire_execute(w, "", 0);
    wire_flush(w);
    wire_sync(w);
}

static void large(struct wire *w)
{
    wire_query(w, "select t.*, u.* from t join u on u.id < 60");
}

static void with_a_notice(struct wire *w)
{
    wire_query(w, "select tells(n) from aside where id = 4");
}

static void with_an_error(struct wire *w)
{
    wire_query(w, "select 1 / (id - 3) from t order by id");
}

static void in_a_block(struct wire *w)
{
    wire_query(w, "begin");
    simple(w);
    unnamed(w);
    wire_query(w, "commit");
    simple(w);
}

/* As drivers do that begin a block with the first statement of it. */
static void in_a_block_at_once(struct wire *w)
{
    static const char *const begins[] = {"begin", "start transaction read only"};

    for (int i = 0; i < 2; i++) {
        wire_parse(w, "", begins[i]);
        wire_bind(w, "", "", &(struct wire_values){.format = 0});
        wire_execute(w, "", 0);
        wire_parse(w, "", SEVERAL);
        wire_bind(w, "", "", &(struct wire_values){.format = 0});
        wire_describe(w, 'P', "");
        wire_execute(w, "", 0);
        unnamed(w);
        unnamed(w);
        wire_query(w, "commit");
    }
}

static void in_a_block_that_fails(struct wire *w)
{
    wire_query(w, "begin");
    unnamed(w);
    with_an_error(w);
    unnamed(w);
    simple(w);
    wire_query(w, "rollback");
}

static void in_a_block_that_changes(struct wire *w)
{
    wire_query(w, "begin isolation level read committed");
    unnamed(w);
    unnamed(w);
    wire_query(w, "update t set n = -1 where id < 20");
    unnamed(w);
    simple(w);
    wire_query(w, "rollback and chain");
    unnamed(w);
    simple(w);
    wire_query(w, "rollback");
}

/* ---- ---- */

static const struct {
    const char *name;
    void (*put)(struct wire *wire);
    long hits; /* at least, when all is known; -1: none */
} forms[] = {{"simple", simple, 1}, {"simple_empty", simple_empty, 1},
        {"simple_all_types", simple_all_types, 1}, {"simple_no_columns", simple_no_columns, 0},
        {"unnamed", unnamed, 1}, {"unnamed_undescribed", unnamed_undescribed, 1},
        {"of_binary", of_binary, 1}, {"all_types_binary", all_types_binary, 1},
        {"of_null", of_null, 1}, {"named", named, 3}, {"named_undescribed", named_undescribed, 1},
        {"statement_described", statement_described, 0}, {"bound_twice", bound_twice, 1},
        {"limited", limited, -1}, {"limited_beyond", limited_beyond, -1},
        {"named_portal", named_portal, -1}, {"executed_again", executed_again, 0},
        {"described_after", described_after, 0}, {"pipelined", pipelined, 4},
        {"queries_pipelined", queries_pipelined, 4}, {"behind_an_error", behind_an_error, 0},
        {"ahead_of_an_error", ahead_of_an_error, 1}, {"several", several, 0},
        {"wrong_parameter", wrong_parameter, -1}, {"wrong_count", wrong_count, -1},
        {"name_taken", name_taken, 0}, {"unnamed_stays", unnamed_stays, 0}, {"flushed", flushed, 0},
        {"large", large, -1}, {"with_a_notice", with_a_notice, -1},
        {"with_an_error", with_an_error, -1}, {"in_a_block", in_a_block, 1},
        {"in_a_block_at_once", in_a_block_at_once, 2},
        {"in_a_block_that_fails", in_a_block_that_fails, 0},
        {"in_a_block_that_changes", in_a_block_that_changes, 0}};

static unsigned wrong;

/* Until it is answered from memory as often as it may be, and never otherwise than PostgreSQL. */
static void play(struct wire *wire, struct wire *itself, size_t i)
{
    long until = proc_now_ms() + SOON_MS;
    long most = 0;

    forms[i].put(itself);
    assert_true(wire_ask(itself));
    for (int turn = 0; turn < 5 || (most < forms[i].hits && proc_now_ms() < until); turn++) {
        long before = hits();
        forms[i].put(wire);
        assert_true(wire_ask(wire));
        long now = hits() - before;
        most = now > most ? now : most;
        size_t differs = wire_differs(itself, wire);
        if (differs != SIZE_MAX) {
            print_message("%s, of %ld hits:\n", forms[i].name, now);
            wire_print(itself, "PostgreSQL", differs);
            wire_print(wire, "Sluice", differs);
            wrong++;
            return;
        }
    }
    if (most < forms[i].hits || (forms[i].hits == -1 && most > 0)) {
        print_message("%s: %ld hits\n", forms[i].name, most);
        wrong++;
    }
}

void every_form_is_answered_alike(void **state)
{
    struct wire wire;
    struct wire itself;

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select sum(n) from aside");
    wire_open(&itself, cluster.port, "postgres", "postgres");
    wire_open(&wire, sluice.port, "postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(forms); i++) {
        play(&wire, &itself, i);
    }
    wire_close(&wire);
    wire_open(&wire, sluice.port, "postgres", "db");
    for (size_t i = CASE_COUNT(forms); i-- > 0;) { /* all is known now */
        play(&wire, &itself, i);
    }
    wire_close(&wire);
    wire_close(&itself);
    PQfinish(conn);
    assert_int_equal(wrong, 0);
}
