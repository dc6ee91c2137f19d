/* SPDX-License-Identifier: PostgreSQL */
/* What first words say of a statement that nobody has read: never less than it may do. */
#include "cache/stage_part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum stage_words words;
} cases[] = {
        {"begin", STAGE_WORDS_NOTHING},
        {" BEGIN ISOLATION LEVEL SERIALIZABLE ; ", STAGE_WORDS_NOTHING},
        {"start transaction read only", STAGE_WORDS_NOTHING},
        {"start/**/transaction", STAGE_WORDS_ANY},
        {"Savepoint s", STAGE_WORDS_NOTHING},
        {"set x = 'a;b'", STAGE_WORDS_ANY},
        {"set x = 1; delete from t", STAGE_WORDS_ANY},
        {"set x = 1;", STAGE_WORDS_NOTHING},
        {"settle x", STAGE_WORDS_ANY},
        {"show work_mem", STAGE_WORDS_NOTHING},
        {"commit", STAGE_WORDS_END},
        {"commit;", STAGE_WORDS_END},
        {"commit and chain", STAGE_WORDS_END},
        {"END WORK", STAGE_WORDS_END},
        {"rollback to savepoint s", STAGE_WORDS_END},
        {"commit prepared 'x'", STAGE_WORDS_ANY},
        {"commit /**/ prepared 'x'", STAGE_WORDS_ANY},
        {"rollback\nprepared 'x'", STAGE_WORDS_ANY},
        {"prepare transaction 'x'", STAGE_WORDS_ANY},
        {"select 1", STAGE_WORDS_STAY},
        {"with a as (delete from t) select", STAGE_WORDS_STAY},
        {"select 1; commit", STAGE_WORDS_ANY},
        {"/* x */ select 1", STAGE_WORDS_ANY},
        {"do $$begin commit; end$$", STAGE_WORDS_ANY},
        {"call f()", STAGE_WORDS_ANY},
        {"explain analyze select f()", STAGE_WORDS_ANY},
        {"", STAGE_WORDS_ANY},
        {";", STAGE_WORDS_ANY},
};

static void words_say_no_less_than_it_may_do(void **state)
{
    (void)state;
    assert_true(stage_words(sl_span(NULL, 0)) == STAGE_WORDS_ANY); /* of a portal of before */
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        if (stage_words(sl_span_text(cases[i].text)) != cases[i].words) {
            fail_msg("%s", cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_say_no_less_than_it_may_do)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
