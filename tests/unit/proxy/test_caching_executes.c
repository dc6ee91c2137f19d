/* SPDX-License-Identifier: PostgreSQL */
/* Which arguments of an EXECUTE run nothing. */
#include "proxy/caching_executes.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *rest;
    bool is_constant;
} cases[] = {
        {"", true},
        {" ; ", true},
        {"(1)", true},
        {" ( 1 , -2.5e3,'it''s' ,null, TRUE,false ) ;", true},
        {"('')", true},
        {"()", false},
        {"(1", false},
        {"(1,)", false},
        {"(1) (2)", false},
        {"(1); delete from t", false},
        {"(f(1))", false},
        {"(f)", false},
        {"(nulls)", false},
        {"(1 + 1)", false},
        {"(- 1)", false},
        {"(--1\n)", false},
        {"('a'::text)", false},
        {"(e'a')", false},
        {"('a' 'b')", false},
        {"('a", false},
        {"($1)", false},
        {"(/**/1)", false},
        {" as x", false},
};

static void only_constants_run_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        if (caching_executes_constants(sl_span_text(cases[i].rest)) != cases[i].is_constant) {
            fail_msg("%s", cases[i].rest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_constants_run_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
