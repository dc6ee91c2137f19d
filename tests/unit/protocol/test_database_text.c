/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/database_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *text, const char *database, bool is_named)
{
    const struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE};

    if (database_text_names(sl_span_text(text), options, sl_span_text(database)) != is_named) {
        fail_msg("%s: %s is%s named", text, database, is_named ? " not" : "");
    }
    if (is_named && !database_text_is(sl_span_text(text), options)) {
        fail_msg("%s: is none", text);
    }
}

static void each_way_to_name_a_database_is_seen(void **state)
{
    (void)state;
    check("drop database shop", "shop", true);
    check("DROP DATABASE IF EXISTS Shop;", "shop", true);
    check(" /* a */ drop -- b\n database \"Shop \"\"1\"\"\" with (force)", "Shop \"1\"", true);
    check("alter database shop rename to store", "shop", true);
    check("alter database shop rename to store", "store", true);
    check("create database store template shop", "shop", true);
    check("create database store with template = 'shop'", "shop", true);
    check("create database store owner app TEMPLATE=shop encoding 'UTF8'", "shop", true);
    check("select 1; drop database shop", "shop", true);
}

static void others_are_not(void **state)
{
    const struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE};

    (void)state;
    check("drop database shop", "sho", false);
    check("drop database \"Shop\"", "shop", false);
    check("drop table shop", "shop", false);
    check("drop database", "database", false);
    check("drop database 'shop", "shop", false);
    check("select 'drop database shop'", "shop", false);
    check("comment on database shop is 'drop database shop'", "shop", false);
    check("", "shop", false);
    assert_false(database_text_is(sl_span_text("create table database (shop int)"), options));
}

static void template1_is_what_a_database_is_made_of(void **state)
{
    (void)state;
    check("create database store", "template1", true);
    check("create database store owner app", "template1", true);
    check("create database store TEMPLATE template0", "template1", false);
    check("drop database store", "template1", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_way_to_name_a_database_is_seen),
            cmocka_unit_test(others_are_not),
            cmocka_unit_test(template1_is_what_a_database_is_made_of),
    };

    return cmocka_run_group_tests_name("database_text", tests, NULL, NULL);
}
