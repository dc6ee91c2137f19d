/* SPDX-License-Identifier: PostgreSQL */
/* Which rows a statement asks for, which keys an answer shows, and what values a write gives. */
#include "cache/rows.h"

#include "protocol/base/buf.h"
#include "tests/unit/cache/some_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 4096 };

/* Columns of the set as letters, "!" if it is open; "" if it asks for no rows. */
static const char *told(const char *text)
{
    static const char letters[] = " pucdeg";
    static char said[32];
    struct sql_facts *facts = table_facts(text);
    struct rows rows;
    size_t len = 0;

    if (facts == NULL) {
        fail_msg("no SQL: %s", text);
    }
    if (rows_of(facts, &table_catalog, &table_details[0], &rows)) {
        for (unsigned i = 0; i < rows.columns.count; i++) {
            said[len++] = letters[rows.columns.numbers[i]];
        }
        if (rows.is_open) {
            said[len++] = '!';
        }
    }
    said[len] = '\0';
    sql_facts_free(facts);
    return said;
}

static void columns_that_are_compared_are_the_set(void **state)
{
    static const struct {
        const char *text;
        const char *set;
    } cases[] = {{"select pk from t where c = 1", "c"}, {"select * from t where c = $1", "c"},
            {"select x.pk from t x where x.c = 1", "c"}, {"select t.* from t where t.c = 1", "c"},
            {"select pk, e from t where d = 1 and c = $1", "cd"},
            {"select pk from t where u = 'x'", "u"},
            {"select pk from t where c = 1 order by e desc, lower(u)", "c!"},
            {"select pk from t where c = 1 order by e limit 3", "c"},
            {"select pk from t where c = 1 fetch first 3 rows only", "c"},
            {"select pk from t where c = 1 and c > 0", "c"},
            {"select pk from t where c = 1 and e > 0", "c!"},
            {"select pk from t where c = 1 and e = 0", "c!"}, /* a numeric is no key */
            {"select pk from t where c = 1 and g = 0", "c!"}, /* what is generated is none */
            {"select pk from t where c = 1 and d = e", "c!"},
            {"select pk from t where c = 1 and (d = 1 or d = 2)", "c!"},
            {"select pk from t where c = 1 and not d = 1", "c!"},
            {"select pk from t where c = 1 and d in (1, 2)", "c!"},
            {"select pk from t where c = 1 and t is not null", "c!"},
            {"select pk from t where c = 1 and length(u) = 1", "c!"},
            {"select pk from t where c = $1::int and u = $2::text", "uc"},
            {"select pk from t where c = $1::float8 and d = 1", "d!"},
            {"select pk from t where u = $1::varchar(2) and d = 1", "d!"},
            {"select pk, generate_series(1, d) from t where c = 1", "c!"},
            {"select pk from t where c = 1 and d = null", "c!"},
            {"select pk from only t where c = 1", "c"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *said = told(cases[i].text);
        if (strcmp(said, cases[i].set) != 0) {
            fail_msg("%s: \"%s\"", cases[i].text, said);
        }
    }
}

static void whatever_else_asks_for_no_rows(void **state)
{
    static const char *const texts[] = {"select pk from t", "select c from t where c = 1",
            "select pk + 1 from t where c = 1", "select pk::text from t where c = 1",
            "select count(*) from t where c = 1", "select distinct pk from t where c = 1",
            "select distinct on (pk) pk from t where c = 1",
            "select pk from t where c = 1 group by pk",
            "select pk, max(e) over () from t where c = 1",
            "select pk from t where c = 1 having true", "select pk from t where c = 1 offset 1",
            "select pk from t where c = 1 order by e fetch first 3 rows with ties",
            "select pk from t where c = 1 limit 3 offset 0",
            "select pk from t where c = 1 for update",
            "select pk from t where c = 1 union all select pk from t where c = 2",
            "with x as (select 1) select pk from t where c = 1",
            "select pk from t where c = 1 and exists (select 1)",
            "select pk from (select * from t) t where c = 1",
            "select t.pk from t, t s where t.c = 1",
            "select t.pk from t join t s using (pk) where t.c = 1",
            "select pk from t, generate_series(1, 2) where c = 1",
            "select pk from t, lateral (select 1) x where c = 1",
            "select pk from t, xmltable('/a' passing u columns b int) x where c = 1",
            "select (t).pk from t where c = 1", "select (t).* from t where c = 1",
            "select pk from t where c = 1 or d = 1", "select pk from t where not c = 1",
            "select pk from t where c + 0 = 1", "select pk from t where c = 1 + 1",
            "select pk from t where c > 1", "select pk from t where (c = 1) is true",
            "select pk from t where g = 1", "select pk from t where e = 1",
            "select pk from t where u = 'x'::varchar(2)",
            "select pk from t where c = '12'::char::int",
            "select pk from t where u = 'x' collate \"de\"", "select pk from t where c = d",
            "select 1 from t where c = 1", "select pk from t tablesample system (10) where c = 1",
            "select pk into x from t where c = 1", "table t", "values (1)",
            "explain select pk from t where c = 1", "select pk from t where c = 1; select 1",
            "declare x cursor for select pk from t where c = 1",
            "insert into t select pk from t where c = 1"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *said = told(texts[i]);
        if (said[0] != '\0') {
            fail_msg("%s: \"%s\"", texts[i], said);
        }
    }
}

/* A key of other types, of several tables, or none: nothing can be told of rows. */
static void a_table_must_tell_its_rows_by_a_key(void **state)
{
    struct sql_facts *facts = table_facts("select * from t where c = 1");
    struct catalog_details table = table_details[0];
    struct rows rows;

    (void)state;
    assert_true(rows_of(facts, &table_catalog, &table, &rows));
    table.keys_count = 0;
    assert_false(rows_of(facts, &table_catalog, &table, &rows));
    table = table_details[0];
    table.facts = CATALOG_FACT_RULES;
    assert_false(rows_of(facts, &table_catalog, &table, &rows));
    table.facts = CATALOG_FACT_INHERITED;
    assert_false(rows_of(facts, &table_catalog, &table, &rows));
    sql_facts_free(facts);
}

/* ---- answers ---- */

struct answer {
    uint8_t room[ROOM];
    size_t head_len;
    size_t len;
};

static void put(struct answer *answer, const void *bytes, size_t len)
{
    memcpy(answer->room + answer->len, bytes, len);
    answer->len += len;
}

static void put_u16(struct answer *answer, unsigned value)
{
    put(answer, (const uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put_u32(struct answer *answer, uint32_t value)
{
    put_u16(answer, value >> 16);
    put_u16(answer, value & 0xffff);
}

static void end_message(struct answer *answer, size_t from)
{
    sl_set_u32(answer->room + from + 1, (uint32_t)(answer->len - from - 1));
}

/* Columns of the table by their numbers, 0: of none; format of all. */
static void put_head(
        struct answer *answer, uint32_t table, const int *numbers, unsigned count, unsigned format)
{
    put(answer, "T\0\0\0\0", 5);
    put_u16(answer, count);
    for (unsigned i = 0; i < count; i++) {
        put(answer, "name", 5);
        put_u32(answer, numbers[i] == 0 ? 0 : table);
        put_u16(answer, (unsigned)numbers[i]);
        put_u32(answer, 23);
        put_u16(answer, 4);
        put_u32(answer, UINT32_MAX);
        put_u16(answer, format);
    }
    end_message(answer, 0);
    answer->head_len = answer->len;
}

static void put_row(
        struct answer *answer, const char *const *values, const size_t *lens, unsigned count)
{
    size_t from = answer->len;

    put(answer, "D\0\0\0\0", 5);
    put_u16(answer, count);
    for (unsigned i = 0; i < count; i++) {
        put_u32(answer, values[i] == NULL ? UINT32_MAX : (uint32_t)lens[i]);
        put(answer, values[i] == NULL ? "" : values[i], values[i] == NULL ? 0 : lens[i]);
    }
    end_message(answer, from);
}

static bool read_with(const char *text, const struct answer *answer, struct sl_span formats,
        uint64_t keys[static ROWS_MAX], unsigned *count)
{
    const struct entry_parts parts = {.head = sl_span(answer->room, answer->head_len),
            .rows = sl_span(answer->room + answer->head_len, answer->len - answer->head_len)};
    struct sql_facts *facts = table_facts(text);
    struct rows rows;

    assert_true(rows_of(facts, &table_catalog, &table_details[0], &rows));
    sql_facts_free(facts);
    return rows_read(&rows, &parts, formats, keys, count);
}

static uint64_t number_of(const char *text)
{
    struct point_hash hash;

    point_hash_begin(&hash);
    assert_true(point_hash_text(&hash, CATALOG_KEY_INTEGER, sl_span_text(text)));
    return hash.hash;
}

static void keys_are_read_in_either_format(void **state)
{
    static const char text[] = "select u, pk from t where c = 1";
    const int numbers[] = {TABLE_U, TABLE_PK};
    uint64_t keys[ROWS_MAX];
    unsigned count = 0;

    (void)state;
    for (unsigned format = 0; format < 2; format++) {
        for (unsigned has_head = 0; has_head < 2; has_head++) {
            struct answer answer = {.len = 0};
            if (has_head) {
                put_head(&answer, TABLE_TREE, numbers, 2, format);
            }
            put_row(&answer, (const char *const[]){"x", format ? "\0\0\0\x2a" : "42"},
                    (const size_t[]){1, format ? 4 : 2}, 2);
            put_row(&answer, (const char *const[]){NULL, format ? "\xff\xff\xff\xff" : "-1"},
                    (const size_t[]){0, format ? 4 : 2}, 2);
            /* Where there is a description, it says; else the Bind: for all, or for each. */
            struct sl_span wrong = sl_span(format ? "\0\0" : "\0\1", 2);
            struct sl_span one = sl_span(format ? "\0\1" : "\0\0", 2);
            struct sl_span each = sl_span(format ? "\0\0\0\1" : "\0\1\0\0", 4);
            assert_true(read_with(text, &answer, has_head ? wrong : one, keys, &count));
            assert_int_equal(count, 2);
            assert_int_equal(keys[0], number_of("42"));
            assert_int_equal(keys[1], number_of("-1"));
            if (!has_head) {
                assert_true(read_with(text, &answer, each, keys, &count));
                assert_int_equal(keys[0], number_of("42"));
                assert_false(read_with(text, &answer, sl_span("\0\0\0\0\0\0", 6), keys, &count));
            }
        }
    }
}

static void a_key_that_is_not_surely_read_is_none(void **state)
{
    static const char text[] = "select u, pk from t where c = 1";
    const int numbers[] = {TABLE_U, TABLE_PK};
    const int others[] = {TABLE_PK, TABLE_U};
    const size_t lens[] = {1, 2, 1};
    const char *const values[] = {"x", "42", "1"};
    uint64_t keys[ROWS_MAX];
    unsigned count = 0;
    struct answer answer = {.len = 0};

    (void)state;
    put_head(&answer, TABLE_TREE, others, 2, 0); /* another order than is thought */
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    put_head(&answer, TABLE_TREE + 1, numbers, 2, 0);
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    put_head(&answer, TABLE_TREE, numbers, 1, 0);
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    put_row(&answer, values, lens, 3);
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    put_row(&answer, (const char *const[]){"x", NULL}, lens, 2);
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    put_row(&answer, (const char *const[]){"x", "4x"}, lens, 2);
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    for (unsigned i = 0; i <= ROWS_MAX; i++) {
        put_row(&answer, values, lens, 2);
    }
    assert_false(read_with(text, &answer, sl_span(NULL, 0), keys, &count)); /* too many */
    /* What a star is, the catalogue says, which may be an old one: only with a description. */
    answer = (struct answer){.len = 0};
    const char *const all[] = {"42", "x", "1", "1", "1", "1"};
    const size_t all_lens[] = {2, 1, 1, 1, 1, 1};
    put_row(&answer, all, all_lens, 6);
    assert_false(read_with("select * from t where c = 1", &answer, sl_span(NULL, 0), keys, &count));
    answer = (struct answer){.len = 0};
    put_head(&answer, TABLE_TREE, (const int[]){1, 2, 3, 4, 5, 6}, 6, 0);
    put_row(&answer, all, all_lens, 6);
    assert_true(read_with("select * from t where c = 1", &answer, sl_span(NULL, 0), keys, &count));
    assert_int_equal(keys[0], number_of("42"));
}

static void a_limit_is_known_if_it_is_plain(void **state)
{
    static const struct {
        const char *text;
        int64_t limit;
    } cases[] = {{"select pk from t where c = 1", INT64_MAX},
            {"select pk from t where c = 1 limit 7", 7},
            {"select pk from t where c = 1 limit 3 + 4", 0},
            {"select pk from t where c = 1 limit abs(-7)", 0},
            {"select pk from t where c = 1 limit all", 0},
            {"select pk from t where c = 1 limit '7'", 7},
            {"select pk from t where c = 1 limit $1", 0},
            {"select pk from t where c = 1 fetch first row only", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct point_source source = {.text = sl_span_text(cases[i].text)};
        struct sql_facts *facts = table_facts(cases[i].text);
        struct rows rows;
        assert_true(rows_of(facts, &table_catalog, &table_details[0], &rows));
        if (rows_limit(&rows, &source) != cases[i].limit) {
            fail_msg("%s", cases[i].text);
        }
        sql_facts_free(facts);
    }
}

/* How long lists are, and in which of them a value would stand, is not in the shape; nor is what a list has. */
static void lists_do_not_move_a_value(void **state)
{
    static const char *const texts[] = {
            "select pk from t where d in (1, 2) and c = 5 and e in (3, 4, 6) limit 9",
            "select pk from t where d in (1, 2, 7) and c = 5 and e in (4, 6) limit 9",
            "select pk from t where d in (8, 9) and c = 5 and e in (4, 6) limit 9",
            "select pk from t where d in (8, 9, null, 1, 1) and c = 5 and e in (4, 6) limit 9"};
    struct sql_facts *facts = table_facts(texts[0]);
    struct rows rows;

    (void)state;
    assert_true(rows_of(facts, &table_catalog, &table_details[0], &rows));
    sql_facts_free(facts);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct point_source source = {.text = sl_span_text(texts[i])};
        uint64_t value = 0;
        assert_true(point_values(&rows.set, &source, &value));
        if (value != number_of("5") || rows_limit(&rows, &source) != 9) {
            fail_msg("%s", texts[i]);
        }
    }
}

/* ---- writes ---- */

static enum rows_touch touch(const char *text, bool is_new, int16_t number, uint64_t *value)
{
    const struct point_source source = {.text = sl_span_text(text)};
    const struct rowset_columns columns = {.count = 1, .numbers = {number}};
    struct rows_value room[ROWS_GIVEN_MAX];
    struct sql_facts *facts = table_facts(text);

    if (facts == NULL) {
        fail_msg("no SQL: %s", text);
    }
    struct rows_given given = rows_given_of(facts, 0, &table_catalog, &table_details[0], room);
    sql_facts_free(facts);
    return rows_touch(&given, is_new, &columns, &source, value);
}

static void what_is_written_is_known_if_it_is_plain(void **state)
{
    static const struct {
        const char *text;
        enum rows_touch touch; /* of c, and 5 if it is given */
    } cases[] = {{"update t set c = 5 where pk = 1", ROWS_GIVEN},
            {"update t set c = '5', d = d + 1 where pk = 1", ROWS_GIVEN},
            {"update t set c = 5::bigint where pk = 1", ROWS_GIVEN},
            {"update t x set c = 5 where x.pk = 1", ROWS_GIVEN},
            {"update t set d = 5, e = 5 where pk = 1", ROWS_UNTOUCHED},
            {"update t set c = c where pk = 1", ROWS_UNKNOWN},
            {"update t set c = 5.0 where pk = 1", ROWS_UNKNOWN},
            {"update t set c = 4.6::int where pk = 1", ROWS_UNKNOWN},
            {"update t set c = 5::float8 where pk = 1", ROWS_UNKNOWN},
            {"update t set c = default where pk = 1", ROWS_UNKNOWN},
            {"update t set c = null where pk = 1", ROWS_UNKNOWN},
            {"update t set c[1] = 5 where pk = 1", ROWS_UNKNOWN},
            {"update t set (c, d) = (5, 6) where pk = 1", ROWS_UNKNOWN},
            {"update t set (c, d) = (select 5, 6) where pk = 1", ROWS_UNKNOWN},
            {"update t set c = $1 where pk = 1", ROWS_UNKNOWN}, /* there is none */
            {"insert into t values (1, 'x', 5)", ROWS_GIVEN},
            {"insert into t (c, pk) values (5, 1)", ROWS_GIVEN},
            {"insert into t (c, pk) values (5, default) returning *", ROWS_GIVEN},
            {"insert into t (c) overriding user value values (5)", ROWS_UNKNOWN},
            {"insert into t (pk) values (5)", ROWS_UNKNOWN},
            {"insert into t values (1, 'x')", ROWS_UNKNOWN},
            {"insert into t (c) values (2 + 3)", ROWS_UNKNOWN},
            {"insert into t (c) values (default)", ROWS_UNKNOWN},
            {"insert into t (c.x) values (5)", ROWS_UNKNOWN},
            {"insert into t (c) values (5), (5)", ROWS_UNKNOWN},
            {"insert into t (c) select 5", ROWS_UNKNOWN},
            {"insert into t (c) values ((select 5))", ROWS_UNKNOWN},
            {"insert into t default values", ROWS_UNKNOWN}};
    uint64_t value = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_new = strncmp(cases[i].text, "insert", 6) == 0;
        if (touch(cases[i].text, is_new, TABLE_C, &value) != cases[i].touch) {
            fail_msg("%s", cases[i].text);
        }
        if (cases[i].touch == ROWS_GIVEN && value != number_of("5")) {
            fail_msg("%s: another value", cases[i].text);
        }
    }
}

/* A text that ends with spaces may be cut by its column: varchar(2) given 'ab ' is 'ab'. */
static void a_text_that_may_be_cut_is_not_known(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_int_equal(
            touch("update t set u = 'ab' where pk = 1", false, TABLE_U, &value), ROWS_GIVEN);
    assert_int_equal(
            touch("update t set u = 'ab ' where pk = 1", false, TABLE_U, &value), ROWS_UNKNOWN);
    assert_int_equal(
            touch("update t set u = 'ab'::varchar(1) where pk = 1", false, TABLE_U, &value),
            ROWS_UNKNOWN);
    assert_int_equal(touch("insert into t values (1, 'ab ')", true, TABLE_U, &value), ROWS_UNKNOWN);
    assert_int_equal(touch("insert into t values (1, 5)", true, TABLE_U, &value), ROWS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(columns_that_are_compared_are_the_set),
            cmocka_unit_test(whatever_else_asks_for_no_rows),
            cmocka_unit_test(a_table_must_tell_its_rows_by_a_key),
            cmocka_unit_test(keys_are_read_in_either_format),
            cmocka_unit_test(a_key_that_is_not_surely_read_is_none),
            cmocka_unit_test(a_limit_is_known_if_it_is_plain),
            cmocka_unit_test(lists_do_not_move_a_value),
            cmocka_unit_test(what_is_written_is_known_if_it_is_plain),
            cmocka_unit_test(a_text_that_may_be_cut_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
