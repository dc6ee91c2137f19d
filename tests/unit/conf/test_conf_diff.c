/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_diff.h"

#include "conf/conf_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct conf *load(const char *text)
{
    struct conf_problems problems;
    const struct conf *conf;

    conf_problems_init(&problems);
    conf = conf_load_text("t.ini", sl_span_text(text), &problems);
    assert_non_null(conf);
    conf_problems_fini(&problems);
    return conf;
}

static void note(
        void *context, enum conf_section_id section, const char *name, enum conf_change change)
{
    static const char marks[] = {'+', '-', '~'};
    char *text = context;
    size_t len = strlen(text);

    snprintf(
            text + len, 256 - len, "%c%s/%s ", marks[change], conf_section_at(section)->name, name);
}

static void assert_diff(const char *old_text, const char *new_text, const char *expected)
{
    const struct conf *old = load(old_text);
    const struct conf *new_conf = load(new_text);
    char found[256] = "";
    int count = conf_diff(old, new_conf, note, found);

    assert_string_equal(found, expected);
    assert_int_equal(conf_diff(old, new_conf, NULL, NULL), count);
    assert_true((count == 0) == (expected[0] == '\0'));
    conf_unref(old);
    conf_unref(new_conf);
}

#define BASE "[pgbouncer]\nquery_timeout=1\n[databases]\na = host=x\nb = host=y\n* = host=z\n"

static void equal_confs_differ_in_nothing(void **state)
{
    (void)state;
    assert_diff(BASE, BASE "; a comment\n[users]\n", "");
}

static void each_difference_is_named_once(void **state)
{
    (void)state;
    assert_diff("[pgbouncer]\nquery_timeout=1\n", "[pgbouncer]\nquery_timeout=2\nverbose=1\n",
            "~sluice/query_timeout ~sluice/verbose ");
    assert_diff(BASE,
            "[pgbouncer]\nquery_timeout=1\n[databases]\na = host=x pool_size=2\nc = host=y\n",
            "~databases/a +databases/c -databases/b -databases/* ");
    assert_diff("[pgbouncer]\n[users]\nu = pool_size=1\nv =\n[peers]\n1 = host=p\n",
            "[pgbouncer]\n[users]\nu = pool_size=2\nw =\n[peers]\n1 = host=q\n2 = host=r\n",
            "~users/u +users/w -users/v ~peers/q +peers/r ");
    assert_diff("[pgbouncer]\n[cache.tables]\na.b.c = off\na.b.d = on\n[cache.roles]\nr = off\n",
            "[pgbouncer]\n[cache.tables]\na.b.c = ttl=1\na.b.e = on\n[cache.shapes]\n* = off\n",
            "~cache.tables/a.b.c +cache.tables/a.b.e -cache.tables/a.b.d -cache.roles/r "
            "+cache.shapes/* ");
}

static void a_changed_port_is_a_changed_database(void **state)
{
    (void)state;
    assert_diff("[pgbouncer]\n[databases]\na = host=x port=1\n",
            "[pgbouncer]\n[databases]\na = host=x port=2\n", "~databases/a ");
}

static void only_what_servers_were_started_with_moves_a_database(void **state)
{
    static const char *const still[] = {"host=x pool_size=9", "host=x pool_mode=statement",
            "host=x port=5432", "host=x max_db_connections=3"};
    static const char *const moved[] = {"host=y", "host=x port=1", "host=x,x", "host=x dbname=d",
            "host=x user=u", "host=x user=u password=p", "host=x connect_query='SELECT 1'",
            "host=x timezone=UTC", "host=x load_balance_hosts=disable", "host=x auth_query=q"};
    const struct conf *old = load("[pgbouncer]\n[databases]\na = host=x\n");
    char text[128];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(still) + SL_COUNT(moved); i++) {
        bool expected = i >= SL_COUNT(still);
        const struct conf *conf;

        snprintf(text, sizeof(text), "[pgbouncer]\n[databases]\na = %s\n",
                expected ? moved[i - SL_COUNT(still)] : still[i]);
        conf = load(text);
        if (conf_database_moved(conf_find_database(old, "a"), conf_find_database(conf, "a")) !=
                expected) {
            fail_msg("%s", text);
        }
        conf_unref(conf);
    }
    conf_unref(old);
}

static void changes_of_tls_are_told_by_side(void **state)
{
    const struct conf *old = load("[pgbouncer]\n");
    const struct conf *conf = load("[pgbouncer]\nserver_tls_sslmode=require\n");

    (void)state;
    assert_true(conf_server_tls_differs(old, conf));
    assert_false(conf_client_tls_differs(old, conf));
    assert_true(conf_differs(old, conf, "server_tls_sslmode"));
    assert_false(conf_differs(old, conf, "listen_port"));
    conf_unref(old);
    conf_unref(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(equal_confs_differ_in_nothing),
            cmocka_unit_test(each_difference_is_named_once),
            cmocka_unit_test(a_changed_port_is_a_changed_database),
            cmocka_unit_test(only_what_servers_were_started_with_moves_a_database),
            cmocka_unit_test(changes_of_tls_are_told_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
