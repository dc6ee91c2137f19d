/* SPDX-License-Identifier: PostgreSQL */
/* protocol/catalog_harmless.h: which functions leave nothing, by their bodies and each other's. */
#include "protocol/catalog_harmless.h"

#include "protocol/effects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/protocol/catalog_rows.h"

enum { ENOUGH = 1 << 20, CHAIN = CATALOG_ROUNDS_MAX + 10, MANY = 500 };

static const char *const roles[] = {"app"};

/* OID, schema, name; 11 is pg_catalog. */
#define FUNCTION(oid, schema, name) oid "|" schema "|" name "|1|0|0|f|v|0"
#define SQL(oid, body) oid "|1|" body "|"
#define PLPGSQL(oid, body) oid "|0|" body "|"

static const struct catalog_rows world = {
        .head = "150004|UTF8|app|\"$user\", public",
        .roles = (const char *const[]){"10|app|~", NULL},
        .schemas = (const char *const[]){"11|pg_catalog|1", "2200|public|1", "5000|b|1", NULL},
        .relations = (const char *const[]){NULL},
        .functions = (const char *const[]){FUNCTION("20", "11", "lower"),
                FUNCTION("21", "11", "set_config"), FUNCTION("22", "11", "pg_advisory_lock"),
                FUNCTION("23", "11", "setseed"), FUNCTION("24", "11", "upper"),
                FUNCTION("100", "2200", "plain"), FUNCTION("101", "2200", "sets_it"),
                FUNCTION("102", "2200", "calls_plain"), FUNCTION("103", "2200", "calls_sets"),
                FUNCTION("104", "2200", "calls_calls_sets"), FUNCTION("105", "2200", "recursive_"),
                FUNCTION("106", "2200", "odd"), FUNCTION("107", "2200", "even"),
                FUNCTION("108", "2200", "bad_odd"), FUNCTION("109", "2200", "bad_even"),
                FUNCTION("110", "2200", "twice"), FUNCTION("111", "2200", "twice"),
                FUNCTION("112", "5000", "both"), FUNCTION("113", "2200", "both"),
                FUNCTION("114", "2200", "calls_b_both"), FUNCTION("115", "2200", "calls_both"),
                FUNCTION("116", "2200", "in_c"), FUNCTION("117", "2200", "upper"),
                FUNCTION("118", "2200", "calls_upper"),
                FUNCTION("119", "2200", "calls_catalog_upper"), FUNCTION("120", "2200", "defaults"),
                FUNCTION("121", "2200", "bad_defaults"), FUNCTION("122", "2200", "dynamic"),
                FUNCTION("123", "2200", "calls_nothing_known"),
                FUNCTION("124", "2200", "column_like"), FUNCTION("125", "2200", "seeds"),
                "126|2200|type_like|1|0|0|f|v|1", FUNCTION("127", "2200", "Quoted"),
                FUNCTION("128", "2200", "calls_quoted"), FUNCTION("129", "2200", "if"),
                FUNCTION("130", "2200", "calls_if"), FUNCTION("131", "2200", "attribute"),
                FUNCTION("132", "2200", "absent_schema"),
                FUNCTION("134", "2200", "lower_attribute"), NULL},
        .bodies = (const char *const[]){SQL("100", "select lower('x')"),
                SQL("101", "select set_config('a.b', 'c', false)"),
                PLPGSQL("102", "begin return plain(lower('x')); end"),
                SQL("103", "select sets_it()"), SQL("104", "select plain(calls_sets())"),
                PLPGSQL("105", "begin if $1 > 1 then return recursive_($1 - 1); end if; end"),
                SQL("106", "select even($1 - 1)"), SQL("107", "select odd($1 - 1)"),
                SQL("108", "select bad_even($1 - 1)"),
                SQL("109", "select bad_odd($1 - 1), sets_it()"), SQL("110", "select 1"),
                SQL("111", "select pg_advisory_lock(1)"), SQL("112", "select 1"),
                SQL("113", "select sets_it()"), SQL("114", "select b.both(1)"),
                SQL("115", "select both(1)"), SQL("117", "select sets_it()"),
                SQL("118", "select upper('x')"), SQL("119", "select pg_catalog.upper('x')"),
                "120|1|select $1|plain(1), 'x'::text", "121|1|select $1|sets_it(1)",
                PLPGSQL("122", "begin execute 'set a = 1'; end"),
                SQL("123", "select from_nowhere(1)"), SQL("124", "select t.sets_it from t"),
                SQL("125", "select pg_catalog.setseed(1)"), SQL("126", "select 1"),
                SQL("127", "select 1"), SQL("128", "select \"Quoted\"(1)"),
                PLPGSQL("129", "begin perform sets_it(); end"),
                PLPGSQL("130", "begin if (true) then null; end if; end"),
                SQL("131", "select (1::bigint).pg_advisory_lock"), SQL("132", "select x.plain(1)"),
                SQL("134", "select (x).lower, (x).nothing_of_the_kind"), SQL("9999", "select 1"),
                NULL},
};

static const struct catalog *make(const struct catalog_rows *rows)
{
    const struct catalog *catalog = NULL;
    struct catalog_build *build = catalog_build_new(
            &(struct catalog_build_options){.bytes_max = ENOUGH, .roles = roles, .roles_count = 1});

    assert_non_null(build);
    while (!catalog_build_is_done(build)) {
        assert_int_equal(build_on(build, rows), SL_OK);
    }
    assert_int_equal(catalog_build_end(build, &catalog), SL_OK);
    catalog_build_free(build);
    return catalog;
}

static bool is_harmless(const struct catalog *catalog, const char *schema, const char *name)
{
    return catalog_call_is_harmless(catalog, sl_span_text(schema), sl_span_text(name));
}

static void harm_is_what_is_called_however_far(void **state)
{
    static const char *const harmless[] = {"plain", "calls_plain", "recursive_", "odd", "even",
            "calls_b_both", "calls_catalog_upper", "defaults", "lower", "PLAIN", "lower_attribute"};
    static const char *const harmful[] = {"sets_it", "calls_sets", "calls_calls_sets", "bad_odd",
            "bad_even", "twice", "both", "calls_both", "in_c", "upper", "calls_upper",
            "bad_defaults", "dynamic", "calls_nothing_known", "column_like", "seeds", "type_like",
            "if", "calls_if", "attribute", "absent_schema", "set_config", "pg_advisory_lock",
            "setseed", "nowhere", "", "pl\xc3\xa4in"};
    const struct catalog *catalog = make(&world);

    (void)state;
    for (size_t i = 0; i < SL_COUNT(harmless); i++) {
        if (!is_harmless(catalog, "", harmless[i])) {
            fail_msg("%s is harmless", harmless[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(harmful); i++) {
        if (is_harmless(catalog, "", harmful[i])) {
            fail_msg("%s is not harmless", harmful[i]);
        }
    }
    assert_true(is_harmless(catalog, "b", "both"));
    assert_true(is_harmless(catalog, "B", "Both"));
    assert_false(is_harmless(catalog, "public", "both"));
    assert_true(is_harmless(catalog, "pg_catalog", "upper"));
    assert_false(is_harmless(catalog, "public", "upper"));
    assert_false(is_harmless(catalog, "b", "plain"));
    assert_false(is_harmless(catalog, "absent", "plain"));
    assert_false(is_harmless(catalog, "", "quoted"));
    assert_false(is_harmless(
            catalog, "", "plainplainplainplainplainplainplainplainplainplainplainplainplain"));
    catalog_unref(catalog);
}

/* PostgreSQL's own, that is: who adds to pg_catalog may call anything IMMUTABLE. */
static void what_is_built_in_and_immutable_leaves_nothing(void **state)
{
    static const char *const functions[] = {"60|11|booleq|2|0|0|f|i|0",
            "61|11|box_in_fact|1|0|0|f|i|1", "62|11|ts_rewrite|2|0|0|f|v|0",
            "63|11|ts_rewrite|3|0|0|f|i|0", "64|11|pg_stable|1|0|0|f|s|0",
            "65|11|int8inc_agg|1|0|0|a|i|0", "16400|11|added|1|0|0|f|i|0",
            "16401|2200|boolne|2|0|0|f|i|0", NULL};
    struct catalog_rows rows = world;

    (void)state;
    rows.functions = functions;
    rows.bodies = NULL;
    const struct catalog *catalog = make(&rows);
    assert_true(is_harmless(catalog, "", "booleq"));
    assert_true(is_harmless(catalog, "pg_catalog", "BoolEq"));
    assert_true(is_harmless(catalog, "", "int8inc_agg"));
    assert_false(is_harmless(catalog, "public", "booleq"));
    assert_false(is_harmless(catalog, "", "box_in_fact")); /* a type's name: f(x) may be a cast */
    assert_false(is_harmless(catalog, "", "ts_rewrite"));
    assert_false(is_harmless(catalog, "", "pg_stable"));
    assert_false(is_harmless(catalog, "", "added"));
    assert_false(is_harmless(catalog, "", "boolne"));
    assert_int_equal(catalog_effects_of(catalog, sl_span_text("select booleq(a, b) from t")), 0);
    assert_true((catalog_effects_of(NULL, sl_span_text("select booleq(a, b) from t")) &
                        EFFECTS_CALLS) != 0);
    assert_true((catalog_effects_of(catalog, sl_span_text("select boolne(a, b) from t")) &
                        EFFECTS_CALLS) != 0);
    /* A column of a row, unless there is a function of that name. */
    assert_int_equal(catalog_effects_of(catalog, sl_span_text("select (t).Street from t")), 0);
    assert_int_equal(catalog_effects_of(catalog, sl_span_text("select (t).booleq from t")), 0);
    assert_true((catalog_effects_of(catalog, sl_span_text("select (t).boolne from t")) &
                        EFFECTS_CALLS) != 0);
    assert_true((catalog_effects_of(catalog, sl_span_text("select (t).\"Street\" from t")) &
                        EFFECTS_CALLS) != 0);
    assert_true((catalog_effects_of(catalog, sl_span_text("select (t).pl\xc3\xa4in from t")) &
                        EFFECTS_CALLS) != 0);
    assert_true((catalog_effects_of(NULL, sl_span_text("select (t).street from t")) &
                        EFFECTS_CALLS) != 0);
    catalog_unref(catalog);
}

/* By names in their texts, of whatever kind, and by each other. */
static void what_holds_is_told_however_far(void **state)
{
    static const char *const holding[] = {"seeds", "in_a_string", "in_dollars", "connects",
            "quoted", "by_config", "by_set", "searched", "calls_seeds", "calls_calls_seeds",
            "by_default", "dynamic", "Odd Name", "calls_odd", "twice", "runs_seed"};
    static const char *const others[] = {"plain", "seed_column", "comment_like", "setseed_only",
            "calls_plain", "sets_it", "lower", "runs", "says_seed"};
    static const char *const functions[] = {FUNCTION("20", "11", "lower"),
            FUNCTION("100", "2200", "seeds"), FUNCTION("101", "2200", "in_a_string"),
            FUNCTION("102", "2200", "in_dollars"), FUNCTION("103", "2200", "connects"),
            FUNCTION("104", "2200", "quoted"), FUNCTION("105", "2200", "by_config"),
            FUNCTION("106", "2200", "by_set"), FUNCTION("107", "2200", "searched"),
            FUNCTION("108", "2200", "calls_seeds"), FUNCTION("109", "2200", "calls_calls_seeds"),
            FUNCTION("110", "2200", "by_default"), FUNCTION("111", "2200", "dynamic"),
            FUNCTION("112", "2200", "Odd Name"), FUNCTION("113", "2200", "calls_odd"),
            FUNCTION("114", "2200", "plain"), FUNCTION("115", "2200", "seed_column"),
            FUNCTION("116", "2200", "comment_like"), FUNCTION("117", "2200", "setseed_only"),
            FUNCTION("118", "2200", "calls_plain"), FUNCTION("119", "2200", "sets_it"),
            FUNCTION("120", "2200", "twice"), FUNCTION("121", "2200", "twice"),
            FUNCTION("122", "2200", "dblink_connect"), FUNCTION("123", "2200", "runs"),
            FUNCTION("124", "2200", "runs_seed"), FUNCTION("125", "2200", "says_seed"), NULL};
    struct catalog_rows rows = world;

    (void)state;
    rows.functions = functions;
    rows.bodies = (const char *const[]){SQL("100", "select SetSeed (0.5)"),
            PLPGSQL("101", "begin execute 'select setseed(0.5)'; end"),
            PLPGSQL("102", "begin execute $$ select setseed(0.5) $$; execute $$x$$; end"),
            PLPGSQL("103", "begin perform public.dblink_connect('a', 'b'); end"),
            PLPGSQL("104", "begin perform \"setseed\"(0.5); end"),
            SQL("105", "select set_config('Seed', '0.5', false)"),
            PLPGSQL("106", "begin set local seed = 0.5; end"), "107|2|lower(; setseed(|",
            SQL("108", "select lower('x'), Seeds()"),
            PLPGSQL("109", "begin perform calls_seeds(); end"), "110|1|select $1|seeds()",
            PLPGSQL("111", "begin execute 'select calls_calls_seeds()'; end"), "112|2|setseed(|",
            PLPGSQL("113", "begin execute 'select \"Odd Name\"(1)'; end"), SQL("114", "select 1"),
            PLPGSQL("115",
                    "begin update t set seed = 1; execute 'update t as a set seed = 1'; end"),
            PLPGSQL("116", "begin execute 'x'; return setseed; end"),
            PLPGSQL("117", "begin execute 'setseed, my_setseed(1), setseeds(1)'; end"),
            SQL("118", "select plain(1)"), SQL("119", "select set_config('a.b', 'c', false)"),
            SQL("120", "select 1"), SQL("121", "select setseed(1)"),
            PLPGSQL("123", "begin execute $1; end"),
            PLPGSQL("124", "begin perform runs('select setseed(1)'); end"),
            PLPGSQL("125", "begin perform lower('select setseed(1)'); end"), NULL};
    const struct catalog *catalog = make(&rows);
    assert_true(catalog->holds);
    for (size_t i = 0; i < SL_COUNT(holding) + SL_COUNT(others); i++) {
        bool is_holding = i < SL_COUNT(holding);
        const char *name = is_holding ? holding[i] : others[i - SL_COUNT(holding)];
        char text[128];
        snprintf(text, sizeof text, "call public.\"%s\" (1)", name);
        if (catalog_text_holds(catalog, sl_span_text(text)) != is_holding) {
            fail_msg("%s %s", name, is_holding ? "holds" : "does not hold");
        }
    }
    catalog_unref(catalog);
    rows.bodies = (const char *const[]){SQL("100", "select 1"), "101|2|lower(|", NULL};
    catalog = make(&rows);
    assert_false(catalog->holds);
    assert_false(catalog_text_holds(catalog, sl_span_text("select seeds(1)")));
    catalog_unref(catalog);
}

static void a_text_holds_what_it_calls(void **state)
{
    static const struct {
        const char *text;
        bool by_itself; /* with no catalogue */
        bool by_catalog;
    } rows[] = {{"select seeds(1)", false, true}, {"select a.SEEDS\n (1)", false, true},
            {"do $$begin perform seeds(1); end$$", false, true},
            {"do 'begin perform setseed(0.5); end'", true, true},
            {"do $x$begin perform dblink_connect(''); end$x$", true, true},
            {"do $$setseed(1)$$", true, true}, {"select f(), seeds", false, false},
            {"select seeds", false, false}, {"", false, false}, {"(", false, false},
            {"((", false, false}, {"\"(", false, false}, {"select \"\"(", false, false},
            {"$(", false, false}, {"$$(", false, false}, {"$a$seeds(", false, true},
            {"$1seeds(", false, false}, {"x$seeds(", false, false},
            {"select \"seeds\"(1)", false, true}, {"select \"Seeds\"(1)", false, false},
            {"s1234567890123456789012345678901234567890123456789012345678901234(", false, false},
            {"\"1234567890123456789012345678901234567890123456789012345678901234\"(", false,
                    false}};
    struct catalog_rows made = world;

    (void)state;
    made.functions = (const char *const[]){FUNCTION("100", "2200", "seeds"), NULL};
    made.bodies = (const char *const[]){SQL("100", "select setseed(0.5)"), NULL};
    const struct catalog *catalog = make(&made);
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        uint8_t *copy =
                malloc(len > 0 ? len : 1); /* of that length, so that what reads beyond is found */
        assert_non_null(copy);
        memcpy(copy, rows[i].text, len);
        if (catalog_text_holds(NULL, sl_span(copy, len)) != rows[i].by_itself ||
                catalog_text_holds(catalog, sl_span(copy, len)) != rows[i].by_catalog) {
            fail_msg("%s", rows[i].text);
        }
        free(copy);
    }
    catalog_unref(catalog);
}

/* f1 calls f2 calls f3 ...: the harm at the end comes up one round at a time. */
static void a_chain_longer_than_the_rounds_is_not_harmless(void **state)
{
    static char functions[CHAIN][64];
    static char bodies[CHAIN][64];
    static const char *function_rows[CHAIN + 1];
    static const char *body_rows[CHAIN + 1];
    struct catalog_rows rows = world;

    (void)state;
    for (int i = 0; i < CHAIN; i++) {
        snprintf(functions[i], sizeof functions[i], "%d|2200|f%d|1|0|0|f|v|0", 100 + i, i);
        snprintf(bodies[i], sizeof bodies[i], "%d|1|select f%d(1)|", 100 + i, i + 1);
        function_rows[i] = functions[i];
        body_rows[i] = bodies[i];
    }
    rows.functions = function_rows;
    rows.bodies = body_rows;
    const struct catalog *catalog = make(&rows); /* the last one calls what is not there */
    for (uint32_t i = 0; i < catalog->functions_count; i++) {
        assert_false(catalog->functions[i].is_harmless);
    }
    catalog_unref(catalog);
    snprintf(bodies[CHAIN - 1], sizeof bodies[0], "%d|1|select 1|", 100 + CHAIN - 1);
    catalog = make(&rows);
    assert_true(is_harmless(catalog, "", "f0")); /* nothing falls: one round */
    catalog_unref(catalog);
}

static void too_many_of_a_name_are_not_harmless(void **state)
{
    static char functions[MANY][64];
    static char bodies[MANY][64];
    static const char *function_rows[MANY + 1];
    static const char *body_rows[MANY + 1];
    struct catalog_rows rows = world;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        bool is_caller = i % 100 == 99;
        snprintf(functions[i], sizeof functions[i],
                is_caller ? "%d|2200|g|1|0|0|f|v|0" : "%d|2200|f|1|0|0|f|v|0", 100 + i);
        snprintf(bodies[i], sizeof bodies[i], is_caller ? "%d|1|select f(1)|" : "%d|1|select 1|",
                100 + i);
        function_rows[i] = functions[i];
        body_rows[i] = bodies[i];
    }
    rows.functions = function_rows;
    rows.bodies = body_rows;
    const struct catalog *catalog = make(&rows);
    assert_true(is_harmless(catalog, "", "f")); /* and they came in several answers */
    assert_false(is_harmless(catalog, "", "g"));
    catalog_unref(catalog);
}

static void rows_of_another_form_are_refused(void **state)
{
    static const char *const bad[] = {"", "x|1|select 1|", "100|1|select 1", "100||select 1|",
            "100|1|~|", "100|1|select 1|~", "100|1|select 1||x", "100|3|select 1|",
            "100|/|select 1|", "99999999999|1|select 1|", "4294967296|1|select 1|"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        struct catalog_rows rows = world;
        struct catalog_build *build = catalog_build_new(&(struct catalog_build_options){
                .bytes_max = ENOUGH, .roles = roles, .roles_count = 1});
        enum sl_err err = build == NULL ? SL_ENOMEM : SL_OK;
        rows.bodies = (const char *const[]){bad[i], NULL};
        for (unsigned asked = 0; err == SL_OK && !catalog_build_is_done(build); asked++) {
            struct sl_buf got;
            sl_buf_init(&got, 1 << 16);
            if (asked == 7) { /* whatever its key is */
                put_row(&got, bad[i]);
                err = catalog_build_rows(build, sl_buf_borrow(&got), true);
            } else {
                err = build_on(build, &rows);
            }
            sl_buf_fini(&got);
        }
        if (err != SL_EPROTO) {
            fail_msg("\"%s\" was taken", bad[i]);
        }
        catalog_build_free(build);
    }
}

/* ---- what a statement leaves then ---- */

static bool known_by(void *self, struct sl_span schema, struct sl_span name)
{
    const struct catalog *const *catalog = self;

    return catalog_call_is_harmless(*catalog, schema, name);
}

static void a_statement_leaves_what_its_functions_do(void **state)
{
    static const struct {
        const char *text;
        unsigned effects; /* of STAY and CALLS */
    } rows[] = {
            {"select plain(1)", 0},
            {"select Plain (calls_plain(1)), lower('x') from odd(3) as x(a)", 0},
            {"select public.plain(1), b.both(1)", 0},
            {"select public.both(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select plain(sets_it(1))", EFFECTS_STAY | EFFECTS_CALLS},
            {"select \"plain\"(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select \"public\".plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select a.public.plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select (x).plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select (x).plain", 0},
            {"select (x).sets_it", EFFECTS_STAY | EFFECTS_CALLS},
            {"select \"a\".public.plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select nowhere.plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select pg_temp.plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select plain(1), twice(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select plain(1); set a = 1", EFFECTS_STAY},
            {"select plain(pg_advisory_lock(1))", EFFECTS_STAY},
            {"select plain(set_config('a', 'b', false))", EFFECTS_STAY},
            {"select plain(1) into temp t", EFFECTS_STAY},
            {"call plain(1)", EFFECTS_STAY | EFFECTS_CALLS},
            {"select u&\"plain\"(1)", EFFECTS_STAY | EFFECTS_CALLS},
    };
    const struct catalog *catalog = make(&world);
    struct effects_known known = {.is_harmless = known_by, .self = &catalog};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        struct sl_span text = sl_span_text(rows[i].text);
        unsigned effects = effects_of_known(text, &known) & (EFFECTS_STAY | EFFECTS_CALLS);
        if (effects != rows[i].effects) {
            fail_msg("%s: %u, not %u", rows[i].text, effects, rows[i].effects);
        }
        assert_int_not_equal(effects_of(text) & EFFECTS_STAY, 0);
    }
    catalog_unref(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(harm_is_what_is_called_however_far),
            cmocka_unit_test(what_is_built_in_and_immutable_leaves_nothing),
            cmocka_unit_test(what_holds_is_told_however_far),
            cmocka_unit_test(a_text_holds_what_it_calls),
            cmocka_unit_test(a_chain_longer_than_the_rounds_is_not_harmless),
            cmocka_unit_test(too_many_of_a_name_are_not_harmless),
            cmocka_unit_test(rows_of_another_form_are_refused),
            cmocka_unit_test(a_statement_leaves_what_its_functions_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
