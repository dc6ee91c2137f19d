/* SPDX-License-Identifier: PostgreSQL */
/* What a line of the stream makes stale. */
#include "cache/watch_tags.h"

#include "protocol/catalog_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DATABASE = 7 };

/* Schemas b and public; b.t, public."a b", p, p1, t, and x, of which nothing is known. */
static const char names[] = "b\0public\0a b\0p\0p1\0t\0x";
enum {
    NAME_B = 0,
    NAME_PUBLIC = 2,
    NAME_AB = 9,
    NAME_P = 13,
    NAME_P1 = 15,
    NAME_T = 18,
    NAME_X = 20
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
    const uint32_t *in = set.many != NULL ? set.many : set.few;

    for (uint32_t i = 0; i < set.count; i++) {
        if (in[i] == tag) {
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

/* Of one table, and nothing else. */
static void expect(const char *line, uint32_t tree, bool is_wild)
{
    if (!take_with(&catalog, line) || set.count != (is_wild ? 2 : 1)) {
        fail_msg("%s: %u tags", line, set.count);
    }
    assert_true(has(tags_of_table(tags, DATABASE, tree, TAG_ANY)));
    assert_int_equal(has(tags_of_table(tags, DATABASE, tree, TAG_WILD)), is_wild);
}

static void expect_all(const struct catalog *known, const char *line)
{
    assert_false(take_with(known, line));
    assert_true(has(tags_of_database(tags, DATABASE)));
}

static void a_change_is_one_of_its_tables_tree(void **state)
{
    (void)state;
    expect("table public.t: INSERT: id[integer]:1", 50, false);
    expect("table b.t: DELETE: id[integer]:1", 40, false);
    expect("table public.p1: UPDATE: id[integer]:1 v[text]:'x'", 20, false);
    expect("table public.\"a b\": DELETE: (no-tuple-data)", 1, false);
    expect("table public.p, public.p1: TRUNCATE: (no-flags)", 20, true);
    expect("table public.t: INSERT: strange", 50, true);
    assert_true(take_with(&catalog, "table public.t, public.p1: TRUNCATE: (no-flags)"));
    assert_int_equal(set.count, 4);
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
            cmocka_unit_test_setup_teardown(
                    what_is_not_known_is_all_of_the_database, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_message_changes_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
