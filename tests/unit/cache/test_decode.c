/* SPDX-License-Identifier: PostgreSQL */
/* The lines are as a PostgreSQL 15 has sent them, but where it says otherwise. */
#include "cache/decode.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct decode_change read_line(const char *line)
{
    struct decode_change change;

    decode_line(sl_span_text(line), &change);
    return change;
}

static void print(char *out, size_t max, const char *what, struct decode_text text)
{
    char copy[512];
    size_t len = decode_copy(text, copy, sizeof copy);

    assert_true(len < sizeof copy);
    snprintf(out + strlen(out), max - strlen(out), "%s%.*s", what, (int)len, copy);
}

/* "name(type)=value;": a NULL is "~", what is unchanged "=". */
static const char *row_text(struct sl_span row)
{
    static char out[4096];
    struct decode_column column;

    out[0] = '\0';
    while (decode_next_column(&row, &column)) {
        print(out, sizeof out, "", column.name);
        snprintf(out + strlen(out), sizeof out - strlen(out), "(%.*s)", (int)column.type.len,
                (const char *)column.type.at);
        if (column.kind == DECODE_NULL || column.kind == DECODE_UNCHANGED) {
            snprintf(out + strlen(out), sizeof out - strlen(out), "%s",
                    column.kind == DECODE_NULL ? "~" : "=");
        } else {
            print(out, sizeof out, "=", column.value);
        }
        snprintf(out + strlen(out), sizeof out - strlen(out), ";");
    }
    assert_int_equal(row.len, 0);
    return out;
}

static const char *tables_text(struct sl_span tables)
{
    static char out[1024];
    struct decode_table table;

    out[0] = '\0';
    while (decode_next_table(&tables, &table)) {
        print(out, sizeof out, "<", table.schema);
        print(out, sizeof out, "|", table.name);
        snprintf(out + strlen(out), sizeof out - strlen(out), ">");
    }
    return out;
}

static void transactions_have_numbers(void **state)
{
    (void)state;
    struct decode_change change = read_line("BEGIN 798");
    assert_int_equal(change.kind, DECODE_BEGIN);
    assert_int_equal(change.xid, 798);
    change = read_line("COMMIT 4294967295"); /* made up: the last one before they begin anew */
    assert_int_equal(change.kind, DECODE_COMMIT);
    assert_true(change.xid == UINT32_MAX);
    static const char *const unknown[] = {"", "BEGIN", "BEGIN ", "BEGIN 0", "BEGIN x", "COMMIT 1 ",
            "COMMIT 4294967296", "COMMIT 99999999999999999999", "begin 5", "ROLLBACK 5", "table",
            "table ", "COMMIT 798 (at 2026-01-01 00:00:00+00)"};
    for (size_t i = 0; i < SL_COUNT(unknown); i++) {
        assert_int_equal(read_line(unknown[i]).kind, DECODE_UNKNOWN);
    }
}

static void a_row_of_every_type_is_read(void **state)
{
    (void)state;
    struct decode_change change = read_line(
            "table public.t: INSERT: id[integer]:1 v[text]:'it''s\n two lines \\ back ''quoted'' "
            "old-key: id[integer]:5' f[double precision]:1.5 n[numeric]:NaN b[boolean]:true "
            "ts[timestamp with time zone]:'2020-01-01 00:00:00+00' a[integer[]]:'{1,2,NULL}' "
            "ta[text[]]:'{\"a b\",c''d,NULL}' vc[character varying]:'vc' bp[character]:'bp   ' "
            "by[bytea]:'\\xdead' j[jsonb]:'{\"k\": \"v]:\"}' bits[bit]:B'101' c[\"char\"]:'x' "
            "m[public.mood]:'ok' d[public.\"my dom\"]:'dom' dd[public.\"d]x\"]:'7' "
            "cc[public.comp]:'(1,\"x y\")' iv[interval]:'1 day'");
    assert_int_equal(change.kind, DECODE_INSERT);
    assert_true(change.has_new && !change.has_old);
    assert_string_equal(tables_text(change.tables), "<public|t>");
    assert_string_equal(row_text(change.new_row),
            "id(integer)=1;v(text)=it's\n two lines \\ back 'quoted' old-key: id[integer]:5;"
            "f(double precision)=1.5;n(numeric)=NaN;b(boolean)=true;"
            "ts(timestamp with time zone)=2020-01-01 00:00:00+00;a(integer[])={1,2,NULL};"
            "ta(text[])={\"a b\",c'd,NULL};vc(character varying)=vc;bp(character)=bp   ;"
            "by(bytea)=\\xdead;j(jsonb)={\"k\": \"v]:\"};bits(bit)=101;c(\"char\")=x;"
            "m(public.mood)=ok;d(public.\"my dom\")=dom;dd(public.\"d]x\")=7;"
            "cc(public.comp)=(1,\"x y\");iv(interval)=1 day;");
}

static void a_null_is_no_text_that_says_null(void **state)
{
    (void)state;
    struct decode_change change = read_line("table public.t: INSERT: id[integer]:4 "
                                            "v[text]:'unchanged-toast-datum' w[text]:'null' "
                                            "x[text]:null f[double precision]:-Infinity");
    assert_string_equal(row_text(change.new_row),
            "id(integer)=4;v(text)=unchanged-toast-datum;w(text)=null;x(text)~;"
            "f(double precision)=-Infinity;");
    change = read_line("table public.toasty: UPDATE: old-key: id[integer]:1 new-tuple: "
                       "id[integer]:2 big[text]:unchanged-toast-datum x[integer]:1");
    assert_int_equal(change.kind, DECODE_UPDATE);
    assert_string_equal(row_text(change.new_row), "id(integer)=2;big(text)=;x(integer)=1;");
    assert_string_equal(row_text(change.old_row), "id(integer)=1;");
}

static void updates_and_deletes_tell_of_the_old_row(void **state)
{
    (void)state;
    struct decode_change change = read_line("table public.nopk: UPDATE: a[integer]:1 b[text]:'y'");
    assert_int_equal(change.kind, DECODE_UPDATE);
    assert_true(change.has_new && !change.has_old);
    change = read_line("table public.nopk: DELETE: (no-tuple-data)");
    assert_int_equal(change.kind, DECODE_DELETE);
    assert_true(!change.has_new && !change.has_old);
    change = read_line("table public.full_: DELETE: a[integer]:1 b[text]:'y'");
    assert_true(!change.has_new && change.has_old);
    assert_string_equal(row_text(change.old_row), "a(integer)=1;b(text)=y;");
    /* Of a whole old row NULLs are left out: nothing may be left. */
    change = read_line("table public.full_: UPDATE: old-key: new-tuple: a[integer]:1");
    assert_true(change.has_new && change.has_old);
    assert_string_equal(row_text(change.old_row), "");
    assert_string_equal(row_text(change.new_row), "a(integer)=1;");
    change = read_line("table public.zero: INSERT:");
    assert_int_equal(change.kind, DECODE_INSERT);
    assert_true(change.has_new);
}

static void names_are_what_they_were_before_they_were_quoted(void **state)
{
    (void)state;
    struct decode_change change = read_line(
            "table \"We ird\".\"T.\"\"able:\": UPDATE: old-key: \"I d\"[integer]:-1 new-tuple: "
            "\"I d\"[integer]:5 \"a:b[c]\"[text]:'] :x' \"select\"[text]:'b' lower[text]:'c'");
    assert_int_equal(change.kind, DECODE_UPDATE);
    assert_string_equal(tables_text(change.tables), "<We ird|T.\"able:>");
    assert_string_equal(row_text(change.old_row), "I d(integer)=-1;");
    assert_string_equal(row_text(change.new_row),
            "I d(integer)=5;a:b[c](text)=] :x;select(text)=b;lower(text)=c;");
    struct decode_table table;
    assert_true(decode_next_table(&change.tables, &table));
    assert_true(decode_is(table.name, sl_span_text("T.\"able:")));
    assert_false(decode_is(table.name, sl_span_text("T.\"able")));
    assert_false(decode_is(table.name, sl_span_text("T.\"\"able:")));
}

static void a_truncate_may_be_of_several_tables(void **state)
{
    (void)state;
    struct decode_change change =
            read_line("table public.nopk, \"We ird\".\"T.\"\"able:\": TRUNCATE: (no-flags)");
    assert_int_equal(change.kind, DECODE_TRUNCATE);
    assert_string_equal(tables_text(change.tables), "<public|nopk><We ird|T.\"able:>");
    change = read_line(
            "table public.part, public.part1, public.part2: TRUNCATE: restart_seqs cascade");
    assert_int_equal(change.kind, DECODE_TRUNCATE);
    assert_string_equal(tables_text(change.tables), "<public|part><public|part1><public|part2>");
    assert_int_equal(
            read_line("table public.a, public.b: INSERT: a[integer]:1").kind, DECODE_TABLE_UNKNOWN);
}

static void prepared_transactions_are_told_by_their_numbers(void **state)
{
    (void)state;
    struct decode_change change = read_line("PREPARE TRANSACTION 'g''id', txid 5', txid 823");
    assert_int_equal(change.kind, DECODE_PREPARE);
    assert_int_equal(change.xid, 823);
    assert_int_equal(read_line("COMMIT PREPARED 'g', txid 823").kind, DECODE_COMMIT_PREPARED);
    assert_int_equal(read_line("ROLLBACK PREPARED E'\\\\', txid 1").kind, DECODE_ROLLBACK_PREPARED);
    assert_int_equal(read_line("COMMIT PREPARED 'g'").kind, DECODE_UNKNOWN);
    assert_int_equal(read_line("COMMIT PREPARED 823").kind, DECODE_UNKNOWN);
}

static void messages_have_a_prefix_and_a_content(void **state)
{
    (void)state;
    struct decode_change change =
            read_line("message: transactional: 1 prefix: sluice.ddl, sz: 5 content:ALTER");
    assert_int_equal(change.kind, DECODE_MESSAGE);
    assert_true(change.is_transactional);
    assert_true(sl_span_is(change.prefix, "sluice.ddl"));
    assert_true(sl_span_is(change.content, "ALTER"));
    change = read_line("message: transactional: 0 prefix: a, sz: 9 content:, sz: 0 content:");
    assert_int_equal(change.kind, DECODE_MESSAGE);
    assert_false(change.is_transactional);
    assert_int_equal(read_line("message: transactional: 0 prefix: other, sz: 2 content:x").kind,
            DECODE_UNKNOWN);
}

/* With stream-changes rows are not told: who sees these lines has asked for the wrong thing. */
static void streamed_transactions_are_known_as_such(void **state)
{
    static const char *const lines[] = {"opening a streamed block for transaction TXN 5",
            "closing a streamed block for transaction TXN 5", "streaming change for TXN 5",
            "streaming truncate for TXN 5", "committing streamed transaction TXN 5",
            "aborting streamed (sub)transaction TXN 5",
            "preparing streamed transaction TXN 'x', txid 5",
            "streaming message: transactional: 1 prefix: test, sz: 50"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(lines); i++) {
        assert_int_equal(read_line(lines[i]).kind, DECODE_STREAMED);
    }
}

/* Of what tables it speaks is known, what it says of them is not. */
static void what_is_not_understood_is_a_change_of_its_tables(void **state)
{
    static const char *const lines[] = {"table public.t: MERGE: id[integer]:1",
            "table public.t:", "table public.t: INSERT: id[integer]:1 ",
            "table public.t: INSERT: id[integer]:", "table public.t: INSERT: id:1",
            "table public.t: INSERT: id[integer]:'1", "table public.t: INSERT: id[integer]:1'",
            "table public.t: INSERT: id[]:1", "table public.t: INSERT: id[a\"]:1",
            "table public.t: TRUNCATE:", "table public.t: TRUNCATE: (no-flags) more",
            "table public.t: DELETE: id[integer]:1 new-tuple: id[integer]:1",
            "table public.t: UPDATE: old-key: id[integer]:1",
            "table public.t: INSERT: Id[integer]:1"};
    static const char *const unknown[] = {"table public.t", "table t: INSERT: id[integer]:1",
            "table public.T: INSERT: id[integer]:1", "table public.\"t: INSERT: id[integer]:1",
            "table public.t, : TRUNCATE: (no-flags)", "table public.\"\": INSERT: id[integer]:1"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(lines); i++) {
        struct decode_change change = read_line(lines[i]);
        assert_int_equal(change.kind, DECODE_TABLE_UNKNOWN);
        assert_string_equal(tables_text(change.tables), "<public|t>");
        assert_false(change.has_new || change.has_old);
    }
    for (size_t i = 0; i < SL_COUNT(unknown); i++) {
        assert_int_equal(read_line(unknown[i]).kind, DECODE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(transactions_have_numbers),
            cmocka_unit_test(a_row_of_every_type_is_read),
            cmocka_unit_test(a_null_is_no_text_that_says_null),
            cmocka_unit_test(updates_and_deletes_tell_of_the_old_row),
            cmocka_unit_test(names_are_what_they_were_before_they_were_quoted),
            cmocka_unit_test(a_truncate_may_be_of_several_tables),
            cmocka_unit_test(prepared_transactions_are_told_by_their_numbers),
            cmocka_unit_test(messages_have_a_prefix_and_a_content),
            cmocka_unit_test(streamed_transactions_are_known_as_such),
            cmocka_unit_test(what_is_not_understood_is_a_change_of_its_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
