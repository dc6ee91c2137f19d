/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/workload.h"

#include "tests/unit/optimizer/by_hand.h"
#include "tests/unit/optimizer/planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct workload_options usual = {.seed = 1};

static struct workload analysed(const struct workload_shape *shapes, uint32_t count)
{
    struct workload workload;

    assert_int_equal(workload_analyse(&workload, shapes, count, &usual), SL_OK);
    assert_int_equal(workload.count, count);
    return workload;
}

static struct workload_shape shape_of(const char *text, double weight)
{
    return (struct workload_shape){.source = {.text = sl_span_text(text)}, .weight = weight};
}

/* What holds for every result. */
static void assert_sound(const struct workload *workload)
{
    double shares = workload->noise_share;
    uint32_t members = workload->noise_count;

    assert_true(workload->silhouette >= 0 && workload->silhouette <= 1);
    for (uint32_t i = 0; i < workload->groups_count; i++) {
        const struct workload_group *group = &workload->groups[i];

        assert_true(group->share >= 0 && group->share <= 1);
        assert_true(i == 0 || group->share <= workload->groups[i - 1].share);
        assert_true(group->count > 0);
        assert_int_equal(workload->members[group->representative], i);
        assert_true(strlen(group->name) > 0);
        for (uint32_t j = 0; j < i; j++) {
            assert_string_not_equal(group->name, workload->groups[j].name);
        }
        shares += group->share;
        members += group->count;
    }
    assert_int_equal(members, workload->count);
    assert_float_equal(shares, 1, 1e-9);
}

/* ---- groups ---- */

static void assert_planted_are_found(uint32_t count, uint64_t seed, bool has_columns)
{
    struct planted *planted = planted_new(count, seed);

    for (uint32_t i = 0; i < count && !has_columns; i++) {
        planted->shapes[i].source.columns_count = 0;
    }
    struct workload workload = analysed(planted->shapes, count);
    assert_sound(&workload);
    double agreement = planted_agreement(planted, &workload);
    if (agreement < 0.9) {
        fail_msg("%u shapes, seed %lu: %u groups, agreement %.3f", count, (unsigned long)seed,
                workload.groups_count, agreement);
    }
    workload_fini(&workload);
    free(planted);
}

static void planted_groups_are_found(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        assert_planted_are_found(400, seed, true);
    }
    assert_planted_are_found(1500, 6, true);
}

static void they_are_found_without_columns_too(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        assert_planted_are_found(400, seed, false);
    }
}

/* Sixteen groups of six are more than the square root of their number: only DBSCAN finds them. */
static void many_small_groups_and_strangers_are_told_apart(void **state)
{
    enum { GROUPS = 16, EACH = 6, STRANGERS = 5, COUNT = GROUPS * EACH + STRANGERS };
    static char texts[COUNT][128];
    struct workload_shape shapes[COUNT];

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t grouped = GROUPS * EACH;
        uint32_t group = i < grouped ? i / EACH : i;

        snprintf(texts[i], sizeof texts[i], "verb%u table%u column%u%s word%u clause%u", group,
                group, group, i < grouped && i % EACH == 0 ? " more" : "", group, group);
        shapes[i] = shape_of(texts[i], 1);
    }
    struct workload workload = analysed(shapes, COUNT);
    assert_sound(&workload);
    assert_int_equal(workload.method, WORKLOAD_DBSCAN);
    assert_int_equal(workload.groups_count, GROUPS);
    assert_int_equal(workload.noise_count, STRANGERS);
    assert_float_equal(workload.noise_share, (double)STRANGERS / COUNT, 1e-9);
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i >= GROUPS * EACH) {
            assert_int_equal(workload.members[i], WORKLOAD_NO_GROUP);
        } else {
            assert_int_equal(workload.members[i], workload.members[i - i % EACH]);
            assert_int_not_equal(workload.members[i], WORKLOAD_NO_GROUP);
        }
    }
    workload_fini(&workload);
}

static void the_order_of_shapes_does_not_matter(void **state)
{
    enum { COUNT = 300 };
    struct planted *planted = planted_new(COUNT, 3);
    static struct workload_shape mixed[COUNT];
    static uint32_t from[COUNT];
    uint64_t random = 5;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t other = (uint32_t)(random_next(&random) % (i + 1));

        planted->shapes[i].weight = 1 + i % 7;
        from[i] = from[other];
        from[other] = i;
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        mixed[i] = planted->shapes[from[i]];
    }
    struct workload given = analysed(planted->shapes, COUNT);
    struct workload other = analysed(mixed, COUNT);
    assert_int_equal(given.groups_count, other.groups_count);
    assert_true(given.silhouette == other.silhouette);
    for (uint32_t i = 0; i < given.groups_count; i++) {
        const struct terms_source *a = &planted->shapes[given.groups[i].representative].source;
        const struct terms_source *b = &mixed[other.groups[i].representative].source;

        assert_string_equal(given.groups[i].name, other.groups[i].name);
        assert_true(given.groups[i].share == other.groups[i].share);
        assert_true(sl_span_equal(a->text, b->text));
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(other.members[i], given.members[from[i]]);
    }
    workload_fini(&given);
    workload_fini(&other);
    free(planted);
}

static void the_same_again_gives_the_same(void **state)
{
    struct planted *planted = planted_new(200, 4);

    (void)state;
    struct workload first = analysed(planted->shapes, 200);
    struct workload second = analysed(planted->shapes, 200);
    assert_int_equal(first.groups_count, second.groups_count);
    assert_memory_equal(first.members, second.members, 200 * sizeof *first.members);
    assert_true(first.silhouette == second.silhouette);
    workload_fini(&first);
    workload_fini(&second);
    free(planted);
}

/* Load moves shares, not groups. */
static void weights_do_not_change_what_is_alike(void **state)
{
    enum { COUNT = 200 };
    struct planted *planted = planted_new(COUNT, 8);

    (void)state;
    struct workload even = analysed(planted->shapes, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        planted->shapes[i].weight = planted->kinds[i] == PLANTED_REPORTS ? 1000 : 0.001;
    }
    struct workload uneven = analysed(planted->shapes, COUNT);
    for (uint32_t i = 1; i < COUNT; i++) {
        assert_int_equal(
                even.members[i] == even.members[i - 1], uneven.members[i] == uneven.members[i - 1]);
    }
    assert_true(uneven.groups[0].share > 0.99);
    assert_int_equal(planted->kinds[uneven.groups[0].representative], PLANTED_REPORTS);
    workload_fini(&even);
    workload_fini(&uneven);
    free(planted);
}

/* ---- few shapes, and strange ones ---- */

static void nothing_has_no_groups(void **state)
{
    struct workload workload = analysed(NULL, 0);

    (void)state;
    assert_int_equal(workload.groups_count, 0);
    workload_fini(&workload);
    workload_fini(&workload);
}

static void few_or_equal_or_empty_shapes_are_one_group(void **state)
{
    struct workload_shape shapes[40];

    (void)state;
    for (uint32_t kind = 0; kind < 2; kind++) {
        for (uint32_t i = 0; i < SL_COUNT(shapes); i++) {
            shapes[i] = shape_of(kind == 0 ? "select a from b" : "", 1);
        }
        for (uint32_t count = 1; count <= SL_COUNT(shapes); count++) {
            struct workload workload = analysed(shapes, count);

            assert_sound(&workload);
            assert_int_equal(workload.groups_count, 1);
            assert_int_equal(workload.method, WORKLOAD_ONE);
            assert_float_equal(workload.groups[0].share, 1, 0);
            workload_fini(&workload);
        }
    }
    shapes[0] = shape_of("select a", 1);
    shapes[1] = shape_of("vacuum b", 2);
    struct workload workload = analysed(shapes, 2);
    assert_sound(&workload);
    assert_int_equal(workload.groups_count, 1);
    assert_int_equal(workload.groups[0].representative, 1);
    workload_fini(&workload);
}

/* Any number of any shapes gives numbers. */
static void every_count_is_sound(void **state)
{
    struct planted *planted = planted_new(70, 2);

    (void)state;
    for (uint32_t count = 1; count <= 70; count++) {
        struct workload workload = analysed(planted->shapes, count);

        assert_sound(&workload);
        workload_fini(&workload);
    }
    free(planted);
}

static void weights_that_are_no_numbers_count_as_zero(void **state)
{
    struct workload_shape shapes[] = {shape_of("select a from b", NAN),
            shape_of("select a from c", -1), shape_of("select a from d", INFINITY),
            shape_of("select a from e", 1e308), shape_of("select a from f", 1e308)};

    (void)state;
    struct workload workload = analysed(shapes, 5);
    assert_sound(&workload);
    assert_int_equal(workload.groups_count, 1);
    assert_in_range(workload.groups[0].representative, 3, 4);
    workload_fini(&workload);
    /* While no shape has weight each counts the same. */
    workload = analysed(shapes, 3);
    assert_sound(&workload);
    assert_float_equal(workload.groups[0].share, 1, 0);
    workload_fini(&workload);
}

static void a_group_without_weight_has_a_share_of_zero(void **state)
{
    struct planted *planted = planted_new(200, 8);

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        planted->shapes[i].weight = planted->kinds[i] == PLANTED_ORM ? 0 : 1;
    }
    struct workload workload = analysed(planted->shapes, 200);
    assert_sound(&workload);
    assert_float_equal(workload.groups[workload.groups_count - 1].share, 0, 0);
    workload_fini(&workload);
    free(planted);
}

static void the_representative_is_in_the_weighted_middle(void **state)
{
    struct workload_shape shapes[] = {shape_of("select a, b from t", 1),
            shape_of("select a, b, c from t", 1), shape_of("select a, b, d from t", 1)};

    (void)state;
    struct workload workload = analysed(shapes, 3);
    assert_int_equal(workload.groups[0].representative, 0);
    workload_fini(&workload);
    shapes[2].weight = 100;
    workload = analysed(shapes, 3);
    assert_int_equal(workload.groups[0].representative, 2);
    workload_fini(&workload);
}

/* Four of five shapes cost nothing, those in the middle of their groups among them. */
static void the_representative_has_weight_if_its_group_has(void **state)
{
    enum { COUNT = 400 };
    struct planted *planted = planted_new(COUNT, 1);

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        planted->shapes[i].weight = i % 5 == 0 ? 1 : 0;
    }
    struct workload workload = analysed(planted->shapes, COUNT);
    assert_true(workload.groups_count >= 4);
    for (uint32_t i = 0; i < workload.groups_count; i++) {
        assert_true(workload.groups[i].share > 0);
        assert_int_equal(workload.groups[i].representative % 5, 0);
    }
    workload_fini(&workload);
    free(planted);
}

/* Words by chance have a silhouette above 0, but tell nothing. */
static void no_structure_is_one_group(void **state)
{
    enum { COUNT = 150 };
    static char texts[COUNT][256];
    static struct workload_shape shapes[COUNT];
    uint64_t random = 1;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        size_t len = 0;

        for (uint32_t word = 0; word < 20; word++) {
            int more = snprintf(texts[i] + len, sizeof texts[i] - len, "w%u ",
                    (unsigned)(random_next(&random) % 100));
            len += (size_t)more;
        }
        shapes[i] = shape_of(texts[i], 1);
    }
    struct workload workload = analysed(shapes, COUNT);
    assert_sound(&workload);
    assert_int_equal(workload.method, WORKLOAD_ONE);
    assert_int_equal(workload.groups_count, 1);
    workload_fini(&workload);
}

/* ---- names ---- */

/* What more than half of a group's shapes begin with. */
static const char *verb_of_most(
        const struct planted *planted, const struct workload *workload, uint32_t group)
{
    static const char *const verbs[] = {"select ", "insert ", "update "};

    for (uint32_t v = 0; v < SL_COUNT(verbs); v++) {
        uint32_t count = 0;

        for (uint32_t i = 0; i < planted->count; i++) {
            count += workload->members[i] == group &&
                     memcmp(planted->made[i].text, verbs[v], strlen(verbs[v])) == 0;
        }
        if (count * 2 > workload->groups[group].count) {
            return verbs[v];
        }
    }
    return "mixed ";
}

static void names_say_what_a_group_is_about(void **state)
{
    enum { COUNT = 400 };
    static const char *const tables[PLANTED_KINDS][4] = {
            {"pgbench_accounts", "pgbench_tellers", "pgbench_branches", "pgbench_history"},
            {"orders"}, {"users", "posts", "comments"}, {"pg_class", "", "pg_stat_activity"}};
    struct planted *planted = planted_new(COUNT, 1);

    (void)state;
    struct workload workload = analysed(planted->shapes, COUNT);
    for (uint32_t i = 0; i < workload.groups_count; i++) {
        uint32_t planted_group = planted->groups[workload.groups[i].representative];
        const char *table = tables[planted_group / 4][planted_group % 4];

        if (strstr(workload.groups[i].name, table) == NULL) {
            fail_msg("\"%s\" does not name %s", workload.groups[i].name, table);
        }
        const char *verb = verb_of_most(planted, &workload, i);
        assert_memory_equal(workload.groups[i].name, verb, strlen(verb));
    }
    workload_fini(&workload);
    free(planted);
}

static void a_name_is_verb_and_terms_without_saying_things_twice(void **state)
{
    const struct sl_span columns[] = {
            sl_span_text("orders.customer_id"), sl_span_text("orders.total")};
    struct workload_shape shape =
            shape_of("select total from orders where customer_id = ? and total > ?", 1);

    (void)state;
    shape.source.columns = columns;
    shape.source.columns_count = 2;
    struct workload workload = analysed(&shape, 1);
    assert_string_equal(workload.groups[0].name, "select orders.customer_id, orders.total");
    workload_fini(&workload);
    shape.source.columns_count = 1;
    workload = analysed(&shape, 1);
    assert_string_equal(workload.groups[0].name, "select orders.customer_id, total");
    workload_fini(&workload);
    shape = shape_of("call zeta alpha", 1); /* as telling: by the alphabet */
    workload = analysed(&shape, 1);
    assert_string_equal(workload.groups[0].name, "call alpha, zeta");
    workload_fini(&workload);
    shape = shape_of("vacuum", 1);
    workload = analysed(&shape, 1);
    assert_string_equal(workload.groups[0].name, "vacuum");
    workload_fini(&workload);
}

/* Two of three have the column, all have the word: a column says more. */
static void columns_come_first_in_names(void **state)
{
    const struct sl_span column = sl_span_text("orders.id");
    struct workload_shape shapes[] = {shape_of("select special", 1), shape_of("select special", 1),
            shape_of("select special", 1)};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        shapes[i].source.columns = &column;
        shapes[i].source.columns_count = 1;
    }
    struct workload workload = analysed(shapes, 3);
    assert_string_equal(workload.groups[0].name, "select orders.id, special");
    workload_fini(&workload);
}

static void equal_names_get_a_number(void **state)
{
    enum { GROUPS = 8, EACH = 8 };
    static char texts[GROUPS * EACH][64];
    static struct workload_shape shapes[GROUPS * EACH];

    (void)state;
    for (uint32_t i = 0; i < GROUPS * EACH; i++) {
        /* Words of grammar and operators tell the groups apart, but are in no name. */
        static const char *const words[GROUPS] = {"from from -> ->> <->", "where where && &&&",
                "and and || |||", "or or ## ###", "not not @> <@", "on on ~~ ~~*", "as as << >>",
                "by by ^^ ^^^"};
        snprintf(texts[i], sizeof texts[i], "show %s", words[i % GROUPS]);
        shapes[i] = shape_of(texts[i], 1 + i % GROUPS);
    }
    struct workload workload = analysed(shapes, GROUPS * EACH);
    assert_sound(&workload);
    assert_int_equal(workload.groups_count, GROUPS);
    assert_string_equal(workload.groups[0].name, "show");
    assert_string_equal(workload.groups[1].name, "show #2");
    assert_string_equal(workload.groups[7].name, "show #8");
    workload_fini(&workload);
}

/* 48 bytes of a term are shown, or one less where that would be half a character. */
static void names_have_a_bound_and_no_control_characters(void **state)
{
    (void)state;
    for (size_t odd = 0; odd < 2; odd++) {
        char text[1024] = "a \"\n\x01";
        size_t begin = strlen(text);
        size_t len = begin;

        memset(text + len, 'y', odd);
        for (len += odd; len < 900; len += 2) {
            text[len] = '\xc3'; /* an e with an accent, in two bytes */
            text[len + 1] = '\xa9';
        }
        text[len++] = '"';
        struct workload_shape shape = shape_of(text, 1);
        struct workload workload = analysed(&shape, 1);
        const char *name = workload.groups[0].name;
        assert_memory_equal(name, "a ??", 4);
        assert_memory_equal(name + 4, text + begin, 46 - odd);
        assert_int_equal(strlen(name), 50 - odd);
        workload_fini(&workload);
    }
}

static void no_literal_is_in_a_name(void **state)
{
    struct workload_shape shape = shape_of("alter role joe password 'hunter2' , x 4711", 1);

    (void)state;
    struct workload workload = analysed(&shape, 1);
    assert_null(strstr(workload.groups[0].name, "hunter2"));
    assert_null(strstr(workload.groups[0].name, "4711"));
    workload_fini(&workload);
}

/* ---- bounds ---- */

static void too_many_shapes_are_refused(void **state)
{
    struct workload workload;

    (void)state;
    assert_int_equal(workload_analyse(&workload, NULL, WORKLOAD_SHAPES_MAX + 1, &usual), SL_ELIMIT);
    assert_int_equal(workload.groups_count, 0);
    workload_fini(&workload);
}

static void as_many_shapes_as_there_may_be_fit(void **state)
{
    struct planted *planted = planted_new(WORKLOAD_SHAPES_MAX, 1);

    (void)state;
    struct workload workload = analysed(planted->shapes, WORKLOAD_SHAPES_MAX);
    assert_sound(&workload);
    assert_true(planted_agreement(planted, &workload) >= 0.9);
    assert_true(workload.arena.bytes <= WORKLOAD_KEPT_MAX);
    workload_fini(&workload);
    free(planted);
}

/* Whatever allocation is the one that fails: said so, and nothing is left. */
static void no_memory_is_said_and_leaves_nothing(void **state)
{
    enum { COUNT = 64 };
    struct planted *planted = planted_new(COUNT, 1);
    struct workload_options options = usual;
    struct workload workload;
    uint32_t failures = 0;
    enum sl_err err = SL_ENOMEM;

    (void)state;
    for (options.bytes_max = 1; err != SL_OK; options.bytes_max += 1999) {
        err = workload_analyse(&workload, planted->shapes, COUNT, &options);
        if (err != SL_OK) {
            assert_int_equal(err, SL_ENOMEM);
            assert_null(workload.groups);
            assert_null(workload.arena.blocks);
            failures++;
        }
        assert_true(options.bytes_max < WORKLOAD_BYTES_MAX);
    }
    assert_true(failures > 100);
    assert_sound(&workload);
    workload_fini(&workload);
    free(planted);
}

static void it_can_be_cancelled_at_any_time(void **state)
{
    enum { COUNT = 200 };
    struct planted *planted = planted_new(COUNT, 1);
    struct workload_options options = usual;
    struct workload workload;
    enum sl_err err = SL_ETIMEOUT;
    uint32_t at = 0;

    (void)state;
    options.is_cancelled = cancel_after;
    while (err != SL_OK) {
        uint32_t left = ++at;

        options.arg = &left;
        err = workload_analyse(&workload, planted->shapes, COUNT, &options);
        if (err != SL_OK) {
            assert_int_equal(err, SL_ETIMEOUT);
            assert_null(workload.arena.blocks);
        }
    }
    assert_true(at > 50);
    workload_fini(&workload);
    free(planted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(planted_groups_are_found),
            cmocka_unit_test(they_are_found_without_columns_too),
            cmocka_unit_test(many_small_groups_and_strangers_are_told_apart),
            cmocka_unit_test(the_order_of_shapes_does_not_matter),
            cmocka_unit_test(the_same_again_gives_the_same),
            cmocka_unit_test(weights_do_not_change_what_is_alike),
            cmocka_unit_test(nothing_has_no_groups),
            cmocka_unit_test(few_or_equal_or_empty_shapes_are_one_group),
            cmocka_unit_test(every_count_is_sound),
            cmocka_unit_test(weights_that_are_no_numbers_count_as_zero),
            cmocka_unit_test(a_group_without_weight_has_a_share_of_zero),
            cmocka_unit_test(the_representative_is_in_the_weighted_middle),
            cmocka_unit_test(the_representative_has_weight_if_its_group_has),
            cmocka_unit_test(no_structure_is_one_group),
            cmocka_unit_test(names_say_what_a_group_is_about),
            cmocka_unit_test(a_name_is_verb_and_terms_without_saying_things_twice),
            cmocka_unit_test(columns_come_first_in_names),
            cmocka_unit_test(equal_names_get_a_number),
            cmocka_unit_test(names_have_a_bound_and_no_control_characters),
            cmocka_unit_test(no_literal_is_in_a_name),
            cmocka_unit_test(too_many_shapes_are_refused),
            cmocka_unit_test(as_many_shapes_as_there_may_be_fit),
            cmocka_unit_test(no_memory_is_said_and_leaves_nothing),
            cmocka_unit_test(it_can_be_cancelled_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
