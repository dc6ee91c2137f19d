/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_policy.h"

#include "conf/conf_check.h"
#include "conf/conf_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE "[pgbouncer]\n[databases]\n* = host=x\n"

static const struct conf *load(const char *text, int twice)
{
    struct conf_problems problems;

    conf_problems_init(&problems);
    const struct conf *conf = conf_load_text("t.ini", sl_span_text(text), &problems);
    for (int i = 0; i < problems.count; i++) {
        twice -= strstr(problems.list[i].text, "is said twice") != NULL;
    }
    assert_non_null(conf);
    assert_int_equal(twice, 0);
    conf_problems_fini(&problems);
    return conf;
}

static void assert_refused(const char *section, const char *line, const char *why)
{
    char text[256];
    struct conf_problems problems;

    snprintf(text, sizeof text, BASE "[%s]\n%s\n", section, line);
    conf_problems_init(&problems);
    assert_null(conf_load_text("t.ini", sl_span_text(text), &problems));
    if (problems.count != 1 || strstr(problems.list[0].text, why) == NULL) {
        fail_msg("%s: %s", line, problems.count == 0 ? "" : problems.list[0].text);
    }
    conf_problems_fini(&problems);
}

static void assert_policy(
        const struct conf *conf, enum conf_policy_of of, const char *name, int cache, sl_usec ttl)
{
    const struct conf_policy *policy = conf_find_policy(conf, of, name);

    assert_non_null(policy);
    assert_int_equal(policy->cache, cache);
    assert_int_equal(policy->ttl_usec, ttl);
}

static void a_name_has_its_line_or_that_of_all(void **state)
{
    (void)state;
    const struct conf *conf = load(BASE "[cache.tables]\n"
                                        "shop.public.users = off\n"
                                        "shop.public.a = ttl=5s\n"
                                        "\"shop.My Schema.b\" = cache=on ttl=0.5\n"
                                        "shop.public.c = on\n"
                                        "[cache.roles]\none = off\n* = ttl=250ms\n"
                                        "[cache.shapes]\n0123456789abcdef = cache=off\n",
            0);
    assert_policy(conf, CONF_POLICY_TABLES, "shop.public.users", 0, 0);
    assert_policy(conf, CONF_POLICY_TABLES, "shop.public.a", 1, 5 * SL_SECOND);
    assert_policy(conf, CONF_POLICY_TABLES, "shop.My Schema.b", 1, SL_SECOND / 2);
    assert_policy(conf, CONF_POLICY_TABLES, "shop.public.c", 1, 0);
    assert_null(conf_find_policy(conf, CONF_POLICY_TABLES, "shop.public.d"));
    assert_null(conf_find_policy(conf, CONF_POLICY_TABLES, "one"));
    assert_policy(conf, CONF_POLICY_ROLES, "one", 0, 0);
    assert_policy(conf, CONF_POLICY_ROLES, "two", 1, SL_SECOND / 4);
    assert_null(conf_policy_named(conf, CONF_POLICY_ROLES, "two"));
    assert_policy(conf, CONF_POLICY_SHAPES, "0123456789abcdef", 0, 0);
    conf_unref(conf);
}

static void of_two_lines_the_later_holds(void **state)
{
    (void)state;
    const struct conf *conf = load(BASE "[cache.roles]\na = off\nb = off\na = on\n", 1);

    assert_policy(conf, CONF_POLICY_ROLES, "a", 1, 0);
    assert_int_equal(conf->policies[CONF_POLICY_ROLES].count, 2);
    conf_unref(conf);
}

static void what_a_line_cannot_be_is_said(void **state)
{
    (void)state;
    assert_refused("cache.tables", "public.users = off", "a table is database.schema.table");
    assert_refused("cache.tables", "users = off", "a table is database.schema.table");
    assert_refused("cache.tables", "a.b.c = of", "");
    assert_refused("cache.tables", "a.b.c = ttl=0", "");
    assert_refused("cache.tables", "a.b.c = ttl=x", "");
    assert_refused("cache.tables", "a.b.c = stale=5", "unknown key stale");
    assert_refused("cache.shapes", "users = off", "a shape is the id");
    assert_refused("cache.shapes", "0123456789ABCDEF = off", "a shape is the id");
    assert_refused("cache.roles", "a = cache=maybe", "");
}

static void lines_have_a_bound(void **state)
{
    char *text = malloc(CONF_POLICIES_MAX * 32);
    struct conf_problems problems;

    (void)state;
    assert_non_null(text);
    size_t len = (size_t)sprintf(text, BASE "[cache.roles]\n");
    for (int i = 0; i < CONF_POLICIES_MAX; i++) {
        len += (size_t)sprintf(text + len, "r%d = off\n", (i * 2741) % CONF_POLICIES_MAX);
    }
    const struct conf *conf = load(text, 0);
    for (int i = 1; i < CONF_POLICIES_MAX; i++) {
        const struct conf_policy *list = conf->policies[CONF_POLICY_ROLES].list;
        assert_true(strcmp(list[i - 1].name, list[i].name) < 0);
    }
    assert_policy(conf, CONF_POLICY_ROLES, "r4095", 0, 0);
    conf_unref(conf);
    sprintf(text + len, "more = off\n");
    conf_problems_init(&problems);
    assert_null(conf_load_text("t.ini", sl_span_text(text), &problems));
    assert_non_null(strstr(problems.list[0].text, "more than 4096 lines"));
    conf_problems_fini(&problems);
    free(text);
}

static void the_strictest_of_several_holds(void **state)
{
    static const struct conf_policy off = {.name = "", .cache = 0};
    static const struct conf_policy brief = {.name = "", .cache = 1, .ttl_usec = 5};
    static const struct conf_policy longer = {.name = "", .cache = 1, .ttl_usec = 9};
    struct conf_policy made = CONF_POLICY_NONE;

    (void)state;
    conf_policy_add(&made, NULL);
    assert_int_equal(made.cache, 1);
    assert_int_equal(made.ttl_usec, 0);
    conf_policy_add(&made, &longer);
    conf_policy_add(&made, &brief);
    conf_policy_add(&made, &longer);
    assert_int_equal(made.cache, 1);
    assert_int_equal(made.ttl_usec, 5);
    conf_policy_add(&made, &off);
    conf_policy_add(&made, &longer);
    assert_int_equal(made.cache, 0);
    assert_int_equal(made.ttl_usec, 5);
}

static void a_sum_is_of_what_is_said(void **state)
{
    static const char *const texts[] = {"", "[cache.roles]\na = off\n", "[cache.roles]\na = on\n",
            "[cache.roles]\nb = off\n", "[cache.roles]\na = off ttl=1\n",
            "[cache.tables]\n* = off\n", "[cache.roles]\n* = off\n", "[cache.shapes]\n* = off\n"};
    uint64_t sums[sizeof texts / sizeof *texts];
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(text, sizeof text, BASE "%s",
                strstr(texts[i], "off ttl") != NULL ? "[cache.roles]\na = cache=off ttl=1\n"
                                                    : texts[i]);
        const struct conf *conf = load(text, 0);
        const struct conf *again = load(text, 0);
        sums[i] = conf_policies_sum(conf);
        assert_int_equal(conf_policies_sum(again), sums[i]);
        conf_unref(again);
        conf_unref(conf);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(sums[i], sums[k]);
        }
    }
}

static void the_check_shows_each_line(void **state)
{
    char path[] = "/tmp/sluice-policy-XXXXXX";
    char *printed = NULL;
    size_t len = 0;
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    (void)state;
    assert_non_null(file);
    fputs(BASE "[cache.tables]\nshop.public.users = off\nshop.public.a = ttl=5s\n", file);
    fclose(file);
    FILE *out = open_memstream(&printed, &len);
    assert_non_null(out);
    assert_int_equal(conf_check_file(path, NULL, out), 0);
    fclose(out);
    remove(path);
    assert_non_null(strstr(printed, "shop.public.users"));
    assert_non_null(strstr(printed, "shop.public.a"));
    assert_null(strstr(printed, "ignored:"));
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_name_has_its_line_or_that_of_all),
            cmocka_unit_test(of_two_lines_the_later_holds),
            cmocka_unit_test(what_a_line_cannot_be_is_said),
            cmocka_unit_test(lines_have_a_bound),
            cmocka_unit_test(the_strictest_of_several_holds),
            cmocka_unit_test(a_sum_is_of_what_is_said),
            cmocka_unit_test(the_check_shows_each_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
