/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/session_path.h"

#include "protocol/base/check.h"
#include "protocol/search_path.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/search_paths.h"
#include "proxy/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct session_path path;

static void begin(void)
{
    memset(&path, 0, sizeof path);
    session_path_begin(&path, search_paths_number("base"), false);
}

static const char *now(void)
{
    return search_paths_text(session_path_now(&path));
}

static void send_as(const char *text, enum session_path_how how, bool is_alone)
{
    struct search_path_change change;

    search_path_read(sl_span_text(text), false, &change);
    session_path_send(&path, &change, how, is_alone);
}

static void tag(const char *text)
{
    if (path.watches) {
        session_path_tag(&path, sl_span_text(text));
    }
}

static void ready(char status)
{
    if (path.watches) {
        session_path_ready(&path, status, true);
    }
}

/* All of a reply; NULL: it was an error. */
static void replied(const char *its_tag, char status)
{
    if (its_tag == NULL) {
        session_path_error(&path);
    } else {
        tag(its_tag);
    }
    ready(status);
}

/* A simple Query and its reply. */
static void query(const char *text, const char *its_tag, char status)
{
    send_as(text, SESSION_PATH_QUERY, true);
    replied(its_tag, status);
}

static void a_set_holds_when_it_was_done(void **state)
{
    (void)state;
    begin();
    assert_string_equal(now(), "base");
    replied(NULL, 'I'); /* of whatever came before */
    send_as("SET search_path = a, b", SESSION_PATH_QUERY, true);
    assert_string_equal(now(), "not known"); /* who comes behind it, before its reply */
    tag("SET");
    assert_string_equal(now(), "not known");
    ready('I');
    assert_string_equal(now(), "a, b");
    query("SET search_path = x", NULL, 'I');
    assert_string_equal(now(), "a, b");
    query("RESET search_path", "RESET", 'I');
    assert_string_equal(now(), "base");
    query("SET search_path = a", "SET", 'I');
    query("SET search_path TO DEFAULT", "SET", 'I');
    assert_string_equal(now(), "base");
    query("SELECT set_config('search_path', 'c', false)", "SELECT 1", 'I');
    assert_string_equal(now(), "c");
    query("SELECT set_config('search_path', 'd', false)", NULL, 'I');
    assert_string_equal(now(), "c");
    query("SET search_path = \"\xc3\xa4\"", "SET", 'I');
    assert_string_equal(now(), "not known");
    query("SET search_path = a", "SET", 'I');
    assert_string_equal(now(), "a");
    assert_false(path.watches);
}

static void a_transaction_undoes_it(void **state)
{
    (void)state;
    begin();
    query("SET search_path = a", "SET", 'T'); /* behind a BEGIN */
    assert_string_equal(now(), "a");
    replied("ROLLBACK", 'I');
    assert_string_equal(now(), "base");
    query("SET search_path = a", "SET", 'T');
    replied("COMMIT", 'I');
    assert_string_equal(now(), "a");
    query("SET search_path = b", "SET", 'T');
    replied(NULL, 'E');       /* of another statement */
    replied("ROLLBACK", 'I'); /* of a COMMIT, too */
    assert_string_equal(now(), "a");
    query("SET search_path = b", "SET", 'T');
    replied("COMMIT", 'T'); /* AND CHAIN */
    replied("ROLLBACK", 'I');
    assert_string_equal(now(), "b");
    assert_false(path.watches);
}

static void a_local_one_ends_with_it(void **state)
{
    (void)state;
    begin();
    query("SET LOCAL search_path = a", "SET", 'I'); /* to no effect */
    assert_string_equal(now(), "base");
    query("SET LOCAL search_path = a", "SET", 'T');
    assert_string_equal(now(), "a");
    replied("COMMIT", 'I');
    assert_string_equal(now(), "base");
    query("SET search_path = a", "SET", 'T');
    query("SET LOCAL search_path = b", "SET", 'T');
    assert_string_equal(now(), "b");
    query("SET LOCAL search_path TO DEFAULT", "SET", 'T');
    assert_string_equal(now(), "base");
    replied("COMMIT", 'I');
    assert_string_equal(now(), "a");
    query("SET LOCAL search_path = b", "SET", 'T');
    replied("ROLLBACK", 'I');
    assert_string_equal(now(), "a");
    query("SET LOCAL ROLE x", "SET", 'T');
    assert_string_equal(now(), "not known");
    query("SET LOCAL search_path = b", "SET", 'T');
    assert_string_equal(now(), "not known"); /* whose "$user"? */
    replied("COMMIT", 'I');
    assert_string_equal(now(), "a");
}

static void a_savepoint_leaves_it_open(void **state)
{
    (void)state;
    begin();
    query("SET search_path = a", "SET", 'T');
    replied("ROLLBACK", 'T'); /* TO SAVEPOINT */
    assert_string_equal(now(), "not known");
    replied("ROLLBACK", 'I');
    assert_string_equal(now(), "base");
    query("SET search_path = a", "SET", 'T');
    replied("ROLLBACK", 'T');
    replied("COMMIT", 'I');
    assert_string_equal(now(), "not known");
    begin();
    query("SET search_path = b", NULL, 'E');
    replied("ROLLBACK", 'T'); /* TO SAVEPOINT: it was before it, or behind */
    assert_string_equal(now(), "not known");
    replied("ROLLBACK", 'I');
    assert_string_equal(now(), "base");
}

static void a_pipeline_is_not_guessed_at(void **state)
{
    (void)state;
    begin();
    send_as("SET search_path = a", SESSION_PATH_QUERY, true);
    send_as("SET search_path = b", SESSION_PATH_QUERY, false);
    tag("SET");
    session_path_ready(&path, 'I', false);
    replied(NULL, 'I');
    assert_string_equal(now(), "not known");
    begin();
    send_as("SET search_path = a", SESSION_PATH_QUERY, false); /* behind another request */
    replied("SET", 'I');
    assert_string_equal(now(), "not known");
    begin();
    send_as("SET search_path = a", SESSION_PATH_QUERY, true); /* before another one */
    tag("SET");
    session_path_ready(&path, 'I', false);
    ready('I');
    assert_string_equal(now(), "not known");
    begin();
    send_as("SET search_path = a", SESSION_PATH_QUERY, true);
    send_as("SET timezone = 'UTC'", SESSION_PATH_QUERY, false);
    replied("SET", 'I');
    assert_string_equal(now(), "not known");
    query("SET search_path = a", "SET", 'I');
    assert_string_equal(now(), "a"); /* and known again */
}

static void a_prepared_one_counts_when_it_is_executed(void **state)
{
    (void)state;
    begin();
    send_as("SET search_path = a", SESSION_PATH_BIND, true);
    replied("SET", 'I');
    assert_string_equal(now(), "a");
    send_as("SET search_path = b", SESSION_PATH_PARSE, true);
    ready('I');
    assert_string_equal(now(), "not known"); /* it may be, any time */
    begin();
    send_as("SELECT set_config('search_path', 'a', false)", SESSION_PATH_BIND, true);
    replied("SELECT 1", 'I');
    assert_string_equal(now(), "not known");
}

static void what_is_opaque_stays_so_to_the_session_s_end(void **state)
{
    static const char *const texts[] = {
            "DO $$ begin end $$", "SELECT f()", "SET ROLE x", "SET timezone = 'x'; SET role = y"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        begin();
        query(texts[i], "DO", 'I');
        assert_string_equal(now(), "not known");
        query("SET search_path = a", "SET", 'I');
        assert_string_equal(now(), "not known");
        query("DISCARD ALL", "DISCARD ALL", 'I');
        assert_string_equal(now(), "base");
        query(texts[i], "DO", 'I');
        session_path_begin(&path, search_paths_number("other"), false);
        assert_string_equal(now(), "other");
    }
    begin();
    query("DISCARD ALL", NULL, 'E');
    replied("ROLLBACK", 'I');
    assert_string_equal(now(), "base");
    session_path_blur(&path);
    assert_string_equal(now(), "not known");
}

static void temporary_tables_are_said(void **state)
{
    (void)state;
    begin();
    query("CREATE TEMP TABLE t (a int)", "CREATE TABLE", 'I');
    assert_string_equal(now(), "base; temporary tables, perhaps");
    assert_string_equal(search_paths_list(session_path_now(&path)), "base");
    query("SET search_path = a", "SET", 'I');
    assert_string_equal(now(), "a; temporary tables, perhaps");
    query("DISCARD ALL", "DISCARD ALL", 'I');
    assert_string_equal(now(), "base");
}

/* server_reset_query may be anything, and nothing. */
static void the_reset_query_decides_what_is_left(void **state)
{
    (void)state;
    begin();
    session_path_end(&path, "");
    session_path_begin(&path, search_paths_number("next"), false);
    assert_string_equal(now(), "next");
    query("SET search_path = a", "SET", 'I');
    session_path_end(&path, "discard all");
    assert_string_equal(now(), "next");
    query("SET search_path = a", "SET", 'I');
    session_path_end(&path, "RESET work_mem");
    session_path_begin(&path, search_paths_number("next"), false);
    assert_string_equal(now(), "not known");
    session_path_begin(&path, search_paths_number("next"), true);
    assert_string_equal(now(), "next");
    query("SET search_path = a", "SET", 'T');
    session_path_roll_back(&path);
    assert_string_equal(now(), "next");
    assert_false(path.watches);
}

/* ---- numbers ---- */

static const struct params *with(const struct params *from, const char *name, const char *value)
{
    const struct params *made = params_with(from, name, value);

    assert_non_null(made);
    return made;
}

static void expect_startup(
        const char *name, const char *value, const char *other, const char *text, const char *said)
{
    const struct params *params = with(params_empty(), name, value);

    if (other != NULL) {
        params = with(params, other, text);
    }
    assert_string_equal(search_paths_text(params_path(params)), said);
    params_unref(params);
}

static void a_startup_packet_says_it(void **state)
{
    (void)state;
    assert_string_equal(search_paths_text(params_path(params_empty())), "as the role has it");
    expect_startup("application_name", "x", NULL, NULL, "as the role has it");
    expect_startup("search_path", "B,public", NULL, NULL, "b, public");
    expect_startup("options", "-c search_path=c", NULL, NULL, "c");
    expect_startup("options", "-c work_mem=1MB", NULL, NULL, "as the role has it");
    expect_startup("options", "-c search_path=c", "search_path", "d", "d");
    expect_startup("options", "-c role=c", "search_path", "d", "not known");
    expect_startup("role", "c", NULL, NULL, "not known");
    expect_startup("search_path", "a,", NULL, NULL, "not known");
}

/* PostgreSQL 18 does; what its server was told for this client is on its way, perhaps. */
static void what_the_server_reports_is_believed(void **state)
{
    static struct server server;
    static struct client client;
    struct search_path_change change = {.kind = SEARCH_PATH_OPAQUE};

    (void)state;
    client.params = params_empty();
    client.settings = params_empty();
    client.startup = with(params_empty(), "search_path", "s");
    server.startup = client.startup;
    server.params = params_empty();
    assert_string_equal(search_paths_text(client_path_now(&client)), "s");
    client.settings = with(params_empty(), "search_path", "t");
    assert_string_equal(search_paths_text(client_path_now(&client)), "t");
    client.server = &server;
    client_path_begin(&server, client.settings, false);
    assert_string_equal(search_paths_text(client_path_now(&client)), "t");
    params_unref(client.settings);
    client.settings = params_empty();
    client_path_begin(&server, params_empty(), false);
    assert_string_equal(search_paths_text(client_path_now(&client)), "s");
    server.params = with(params_empty(), "search_path", "r");
    assert_string_equal(search_paths_text(client_path_now(&client)), "r");
    client.params = with(params_empty(), "search_path", "c");
    assert_string_equal(search_paths_text(client_path_now(&client)), "c");
    server.path.has_temp = true;
    assert_string_equal(
            search_paths_text(client_path_now(&client)), "c; temporary tables, perhaps");
    client.server = NULL;
    assert_string_equal(search_paths_text(client_path_now(&client)), "c");
    client.server = &server;
    session_path_send(&server.path, &change, SESSION_PATH_QUERY, true);
    assert_string_equal(search_paths_text(client_path_now(&client)), "not known");
    client_path_begin(&server, params_empty(), true);
    server.has_failed_setup = true;
    params_unref(server.params);
    server.params = params_empty();
    client_path_begin(&server, params_empty(), true); /* connect_query has run */
    assert_string_equal(search_paths_text(client_path_now(&client)), "not known");
    params_unref(client.params);
    params_unref(client.startup);
}

/* A set may be of somebody who will not log in. */
static void a_set_takes_a_number_when_it_is_asked_for(void **state)
{
    const struct params *params = with(params_empty(), "search_path", "nobody_s");
    unsigned count = search_paths_count();

    (void)state;
    params = with(params, "search_path", "somebody_s");
    assert_int_equal(search_paths_count(), count);
    uint16_t number = params_path(params);
    assert_string_equal(search_paths_text(number), "somebody_s");
    assert_int_equal(search_paths_count(), count + 1);
    assert_int_equal(params_path(params), number);
    assert_int_equal(search_paths_count(), count + 1);
    params_unref(params);
}

static void what_is_shown_of_two_is_never_the_same(void **state)
{
    uint16_t one = search_paths_number("\"4111 1111\", a");
    uint16_t two = search_paths_number("\"4111 2222\", a");
    char shown[64];

    (void)state;
    assert_int_not_equal(one, two);
    snprintf(shown, sizeof shown, "?, a #%u", one);
    assert_string_equal(search_paths_text(one), shown);
    assert_string_equal(search_paths_list(one), "\"4111 1111\", a");
    snprintf(shown, sizeof shown, "?, a #%u", two);
    assert_string_equal(search_paths_text(two), shown);
    snprintf(shown, sizeof shown, "?, a #%u; temporary tables, perhaps", two);
    assert_string_equal(search_paths_text(two | SEARCH_PATHS_TEMP), shown);
    assert_string_equal(search_paths_text(search_paths_number("")), "no schema");
    assert_string_equal(search_paths_list(search_paths_number("")), "");
}

/* The last: there is no more room behind it. */
static void there_are_so_many_and_no_more(void **state)
{
    enum { TENANTS = SEARCH_PATHS_MAX - 100 };
    static uint16_t numbers[TENANTS];
    char list[64];
    unsigned known = search_paths_count();

    (void)state;
    assert_int_equal(search_paths_refused(), 0);
    for (unsigned i = 0; i < TENANTS; i++) {
        snprintf(list, sizeof list, "tenant_%u, shared, public", i);
        numbers[i] = search_paths_number(list);
        assert_int_equal(search_paths_count(), known + i + 1);
    }
    for (unsigned i = 0; i < TENANTS; i++) {
        snprintf(list, sizeof list, "tenant_%u, shared, public", i);
        assert_string_equal(search_paths_text(numbers[i]), list);
        assert_int_equal(search_paths_number(list), numbers[i]);
    }
    known = search_paths_count();
    for (unsigned i = 0; i < 200; i++) {
        snprintf(list, sizeof list, "p%u", i);
        assert_int_equal(search_paths_number(list) == SEARCH_PATHS_UNKNOWN,
                known + i >= SEARCH_PATHS_MAX - SEARCH_PATHS_FIRST);
    }
    assert_int_equal(search_paths_count(), SEARCH_PATHS_MAX - SEARCH_PATHS_FIRST);
    assert_int_equal(search_paths_refused(), known + 200 - search_paths_count());
    assert_int_equal(search_paths_number("tenant_0, shared, public"), numbers[0]);
    assert_string_equal(search_paths_text(SEARCH_PATHS_MAX), "not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_set_holds_when_it_was_done),
            cmocka_unit_test(a_transaction_undoes_it),
            cmocka_unit_test(a_local_one_ends_with_it),
            cmocka_unit_test(a_savepoint_leaves_it_open),
            cmocka_unit_test(a_pipeline_is_not_guessed_at),
            cmocka_unit_test(a_prepared_one_counts_when_it_is_executed),
            cmocka_unit_test(what_is_opaque_stays_so_to_the_session_s_end),
            cmocka_unit_test(temporary_tables_are_said),
            cmocka_unit_test(the_reset_query_decides_what_is_left),
            cmocka_unit_test(a_startup_packet_says_it),
            cmocka_unit_test(what_the_server_reports_is_believed),
            cmocka_unit_test(a_set_takes_a_number_when_it_is_asked_for),
            cmocka_unit_test(what_is_shown_of_two_is_never_the_same),
            cmocka_unit_test(there_are_so_many_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
