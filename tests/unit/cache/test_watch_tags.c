/* SPDX-License-Identifier: PostgreSQL */
/* What a line of the stream makes stale. */
#include "cache/watch_tags.h"

#include "cache/point.h"
#include "protocol/catalog_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DATABASE = 7 };

/* Schemas b and public; b.t, public."a b", p, p1, t, and x, of which nothing is known. */
static const char names[] = "b\0public\0a b\0p\0p1\0t\0x\0id";
enum {
    NAME_B = 0,
    NAME_PUBLIC = 2,
    NAME_AB = 9,
    NAME_P = 13,
    NAME_P1 = 15,
    NAME_T = 18,
    NAME_X = 20,
    NAME_ID = 22
};

static const struct catalog_schema schemas[] = {{.name = NAME_B}, {.name = NAME_PUBLIC}};
static const struct catalog_relation relations[] = {{.oid = 1, .name = NAME_AB, .schema = 1},
        {.oid = 20, .name = NAME_P, .schema = 1}, {.oid = 30, .name = NAME_P1, .schema = 1},
        {.oid = 40, .name = NAME_T, .schema = 0}, {.oid = 50, .name = NAME_T, .schema = 1},
        {.oid = 60, .name = NAME_X, .schema = 1}};
static const struct catalog_details details[] = {{.tree = 1, .is_known = true},
        {.tree = 20, .is_known = true}, {.tree = 20, .is_known = true},
        {.tree = 40, .is_known = true}, {.tree = 50, .is_known = true}, {.is_known = false}};
static const struct catalog_tables tables = {.tables = details};
static const struct catalog catalog = {.schemas_count = 2,
        .relations_count = 6,
        .schemas = schemas,
        .relations = relations,
        .names = names,
        .tables = &tables};

static struct tags *tags;
static struct tag_set set;

static int set_up(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    assert_non_null(tags);
    tag_set_init(&set);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tag_set_fini(&set);
    tags_free(tags);
    return 0;
}

static bool has(uint32_t tag)
{
    const struct tag_item *in = tag_set_items(&set);

    for (uint32_t i = 0; i < set.count; i++) {
        if (in[i].tag == tag) {
            return true;
        }
    }
    return false;
}

static bool take_with(const struct catalog *known, const char *line)
{
    const struct watch_place place = {.tags = tags, .database = DATABASE, .catalog = known};
    struct decode_change change;

    tag_set_fini(&set);
    decode_line(sl_span_text(line), &change);
    return watch_tags_of_change(&place, &change, &set);
}

/* Of one table, and nothing else; kinds: of its tags beside TAG_ANY. */
static void expect(const char *line, uint32_t tree, unsigned kinds)
{
    static const enum tag_kind all[] = {TAG_WILD, TAG_OPEN, TAG_NEG};
    unsigned count = 1;

    assert_true(take_with(&catalog, line));
    assert_true(has(tags_of_table(tags, DATABASE, tree, TAG_ANY)));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        bool is_wanted = (kinds >> all[i] & 1) != 0;
        count += is_wanted;
        if (has(tags_of_table(tags, DATABASE, tree, all[i])) != is_wanted) {
            fail_msg("%s: kind %u", line, all[i]);
        }
    }
    assert_int_equal(set.count, count);
}

enum { NEG = 1 << TAG_NEG, WILD = 1 << TAG_WILD, UNKNOWN_ROW = 1 << TAG_OPEN | 1 << TAG_WILD };

static void expect_all(const struct catalog *known, const char *line)
{
    assert_false(take_with(known, line));
    assert_true(has(tags_of_database(tags, DATABASE)));
}

static void a_change_is_one_of_its_tables_tree(void **state)
{
    (void)state;
    expect("table public.t: INSERT: id[integer]:1", 50, NEG);
    expect("table b.t: DELETE: id[integer]:1", 40, UNKNOWN_ROW);
    expect("table public.p1: UPDATE: id[integer]:1 v[text]:'x'", 20, UNKNOWN_ROW);
    expect("table public.\"a b\": DELETE: (no-tuple-data)", 1, UNKNOWN_ROW);
    expect("table public.p, public.p1: TRUNCATE: (no-flags)", 20, WILD);
    expect("table public.t: INSERT: strange", 50, WILD);
    assert_true(take_with(&catalog, "table public.t, public.p1: TRUNCATE: (no-flags)"));
    assert_int_equal(set.count, 4);
}

/* Its primary key is told by the stream: only that row's answers are stale. */
static void a_row_is_told_by_its_key(void **state)
{
    static const struct catalog_column columns[] = {
            {.name = NAME_ID, .number = 1, .key_kind = CATALOG_KEY_INTEGER, .is_not_null = true}};
    static const struct catalog_key keys[] = {
            {.columns = {1}, .columns_count = 1, .is_primary = true, .is_identity = true}};
    static const struct catalog_details known[] = {{.tree = 1,
            .is_known = true,
            .knows_columns = true,
            .columns_count = 1,
            .keys_count = 1,
            .identity = 'd'}};
    static const struct catalog_relation one[] = {{.oid = 1, .name = NAME_T, .schema = 1}};
    static const struct catalog_tables of = {
            .tables = known, .columns = columns, .keys = keys, .names = names};
    static const struct catalog with = {.schemas_count = 2,
            .relations_count = 1,
            .schemas = schemas,
            .relations = one,
            .names = names,
            .tables = &of};
    const uint64_t which = point_columns(&with, &known[0], &keys[0]);
    uint32_t tag[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct point_hash hash;
        char text[2] = {(char)('0' + i), '\0'};
        point_hash_begin(&hash);
        assert_true(point_hash_text(&hash, CATALOG_KEY_INTEGER, sl_span_text(text)));
        tag[i] = tags_of_key(tags, DATABASE, 1, which, hash.hash);
    }
    assert_true(take_with(&with, "table public.t: UPDATE: id[integer]:1"));
    assert_int_equal(set.count, 3);
    assert_true(has(tag[1]) && has(tags_of_table(tags, DATABASE, 1, TAG_OPEN)));
    assert_true(take_with(
            &with, "table public.t: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2"));
    assert_true(has(tag[1]) && has(tag[2]) && set.count == 4);
    assert_true(take_with(&with, "table public.t: DELETE: id[integer]:2"));
    assert_true(has(tag[2]) && set.count == 3);
    assert_true(take_with(&with, "table public.t: DELETE: (no-tuple-data)"));
    assert_true(has(tags_of_table(tags, DATABASE, 1, TAG_WILD)));
    assert_true(take_with(&with, "table public.t: INSERT: id[integer]:0"));
    assert_true(has(tags_of_table(tags, DATABASE, 1, TAG_NEG)) && set.count == 2);
}

static void what_is_not_known_is_all_of_the_database(void **state)
{
    char line[400];

    (void)state;
    expect_all(&catalog, "table public.nosuch: INSERT: id[integer]:1");
    expect_all(&catalog, "table nosuch.t: INSERT: id[integer]:1");
    expect_all(&catalog, "table b.p: INSERT: id[integer]:1");
    expect_all(&catalog, "table public.\"T\": INSERT: id[integer]:1");
    expect_all(&catalog, "table public.x: INSERT: id[integer]:1");
    expect_all(&catalog, "table public.t, public.x: TRUNCATE: (no-flags)");
    expect_all(NULL, "table public.t: INSERT: id[integer]:1");
    expect_all(&catalog, "strange");
    const struct catalog without = {.schemas_count = 2,
            .relations_count = 6,
            .schemas = schemas,
            .relations = relations,
            .names = names};
    expect_all(&without, "table public.t: INSERT: id[integer]:1");
    snprintf(line, sizeof line, "table public.%0300d: INSERT: id[integer]:1", 0);
    expect_all(&catalog, line);
}

static void a_message_changes_nothing(void **state)
{
    (void)state;
    assert_true(take_with(&catalog, "message: transactional: 1 prefix: a, sz: 5 content:hello"));
    assert_int_equal(set.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(a_change_is_one_of_its_tables_tree, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_row_is_told_by_its_key, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    what_is_not_known_is_all_of_the_database, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_message_changes_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
