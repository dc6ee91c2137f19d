/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/prepare_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* NULL: not found. */
static void check(const char *text, const char *name, const char *expected)
{
    const struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE};
    struct sl_span found;

    if (!prepare_text_find(sl_span_text(text), sl_span_text(name), options, &found)) {
        if (expected != NULL) {
            fail_msg("%s: not found in %s", name, text);
        }
    } else if (expected == NULL || !sl_span_is(found, expected)) {
        fail_msg("%s in %s: %.*s", name, text, (int)found.len, (const char *)found.at);
    }
}

static void one_statement_is_its_text(void **state)
{
    static const char *const texts[] = {
            "prepare p as select 1",
            "PREPARE P(int, text)AS SELECT $1;",
            "  /* a; */ prepare -- b;\n p as select ';', $$;$$, \"a;\", E'\\';' ;; ; -- c;",
            "prepare \"p\" as select 1",
            "prepare p as values ('a''; prepare p as ')",
            "prepare p as insert into t values (1)",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check(texts[i], "p", texts[i]);
    }
}

static void of_several_it_is_the_part(void **state)
{
    (void)state;
    check("set x = 1; prepare p as select 1; insert into t values (1)", "p",
            "prepare p as select 1");
    check("prepare q as select 1; prepare p as select 2", "p", "prepare p as select 2");
    check("prepare q as select 1; prepare p as select 2", "q", "prepare q as select 1");
    check("create rule r as on insert to t do also (select 1; select 2); prepare p as select 3;",
            "p", "prepare p as select 3");
    check("select 'prepare p as select 1'; /* ; prepare p as select 2; */ prepare p as select 3",
            "p", "prepare p as select 3");
    check("select $a$; prepare p as select 1; $a$; prepare p as select 3 -- x\n;", "p",
            "prepare p as select 3 -- x\n");
    check("select U&'\\0041;'; prepare p as select $1;", "p", "prepare p as select $1");
}

static void names_are_as_postgresql_has_them(void **state)
{
    (void)state;
    check("prepare Pp as select 1", "pp", "prepare Pp as select 1");
    check("prepare Pp as select 1", "Pp", NULL);
    check("prepare \"Pp\" as select 1", "Pp", "prepare \"Pp\" as select 1");
    check("prepare \"Pp\" as select 1", "pp", NULL);
    check("prepare \"a\"\"b \" as select 1", "a\"b ", "prepare \"a\"\"b \" as select 1");
    check("prepare \"a\"\"b\" as select 1", "a\"\"b", NULL);
    check("prepare\"p\"as select 1", "p", "prepare\"p\"as select 1");
    check("prepare p$1 as select 1", "p$1", "prepare p$1 as select 1");
    check("prepare p as select 1; prepare \"P\" as select 2", "P", "prepare \"P\" as select 2");
}

static void what_cannot_be_told_is_not_found(void **state)
{
    static const char *const texts[] = {
            "",
            ";",
            "prepare",
            "prepare \"p",
            "prepare q as select 1",
            "prepared p as select 1",
            "prepare U&\"\\0070\" as select 1",
            "prepare p as select 1; deallocate p; prepare p as select 2",
            "prepare p as select 1; select 'cut off",
            "prepare p as select 1; /* cut off",
            "prepare p as select 1)",
            "select prepare p as select 1",
            "do $$begin execute 'prepare p as select 1'; end$$",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check(texts[i], "p", NULL);
    }
}

static void a_backslash_is_read_as_the_client_reads_it(void **state)
{
    static const char text[] = "select '\\'; prepare p as select ''; '; prepare p as select 2";
    struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE, .backslashes = true};
    struct sl_span found;

    (void)state;
    assert_true(prepare_text_find(sl_span_text(text), sl_span_text("p"), options, &found));
    assert_true(sl_span_is(found, "prepare p as select 2"));
    options.backslashes = false;
    assert_false(prepare_text_find(sl_span_text(text), sl_span_text("p"), options, &found));
    static const char sjis[] = "select '\x95\x5c'; prepare p as select 2";
    options = (struct shape_options){.encoding = SHAPE_ENCODING_SJIS, .backslashes = true};
    assert_true(prepare_text_find(sl_span_text(sjis), sl_span_text("p"), options, &found));
    assert_true(sl_span_is(found, "prepare p as select 2"));
}

static void what_is_prepared_is_behind_as(void **state)
{
    static const struct {
        const char *text;
        const char *body;
    } cases[] = {
            {"prepare p as select 1", "select 1"},
            {" /* x */ PREPARE \"as\"(int, numeric(3,1), \"a)\")as/**/select $1;", "select $1;"},
            {"prepare p (float(3)) as select 1", "select 1"},
            {"prepare p (int[]) as select 1", "select 1"},
            {"prepare p", NULL},
            {"prepare p (int", NULL},
            {"prepare p as", NULL},
            {"", NULL},
            {"execute p", NULL},
    };
    const struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_span body;
        bool is_found = prepare_text_body(sl_span_text(cases[i].text), options, &body);
        if (is_found != (cases[i].body != NULL) || (is_found && !sl_span_is(body, cases[i].body))) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void an_execute_says_what_it_executes(void **state)
{
    static const struct {
        const char *text;
        const char *name; /* NULL: it is none */
        const char *rest;
    } cases[] = {
            {"execute p", "p", ""},
            {"-- x\nEXECUTE Pq(1);", "pq", "(1);"},
            {"execute \"P\"\"q \" (1)", "P\"q ", " (1)"},
            {"execute p; select 1", "p", "; select 1"},
            {"execute", NULL, NULL},
            {"execute U&\"p\"", NULL, NULL},
            {"execute u uescape '!'", NULL, NULL},
            {"execute \"p", NULL, NULL},
            {"executed p", NULL, NULL},
            {"select 1; execute p", NULL, NULL},
            {"execute a23456789012345678901234567890123456789012345678901234567890123",
                    "a23456789012345678901234567890123456789012345678901234567890123", ""},
            {"execute a234567890123456789012345678901234567890123456789012345678901234", NULL,
                    NULL},
    };
    const struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[PREPARE_NAME_MAX];
        struct sl_span rest;
        bool is_one = prepare_text_execute(sl_span_text(cases[i].text), options, name, &rest);
        if (is_one != (cases[i].name != NULL) ||
                (is_one &&
                        (strcmp(name, cases[i].name) != 0 || !sl_span_is(rest, cases[i].rest)))) {
            fail_msg("%s", cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(one_statement_is_its_text),
            cmocka_unit_test(of_several_it_is_the_part),
            cmocka_unit_test(names_are_as_postgresql_has_them),
            cmocka_unit_test(what_cannot_be_told_is_not_found),
            cmocka_unit_test(what_is_prepared_is_behind_as),
            cmocka_unit_test(an_execute_says_what_it_executes),
            cmocka_unit_test(a_backslash_is_read_as_the_client_reads_it),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
