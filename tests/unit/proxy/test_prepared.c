/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/prepared.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct prepared *intern(const char *text)
{
    struct prepared *prepared = prepared_intern(sl_span(text, strlen(text) + 3), 0);

    assert_non_null(prepared);
    return prepared;
}

/* Two bytes of "no types" behind the terminator, as front_parse.rest has them. */
#define TEXT(text) text "\0\0"

static int begin(void **state)
{
    (void)state;
    prepared_limit(0);
    return prepared_count() == 0 && prepared_bytes() == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return prepared_count() == 0 && prepared_bytes() == 0 ? 0 : -1;
}

/* ---- the registry ---- */

static void equal_statements_are_one_and_have_one_name(void **state)
{
    struct prepared *a = intern(TEXT("select 1"));
    struct prepared *b = intern(TEXT("select 1"));
    struct prepared *c = intern(TEXT("select 2"));
    char name_a[PREPARED_NAME_MAX];
    char name_c[PREPARED_NAME_MAX];

    (void)state;
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    assert_int_equal(prepared_count(), 2);
    size_t len = prepared_name(a, name_a);
    assert_int_equal(len, strlen(name_a));
    prepared_name(c, name_c);
    assert_memory_equal(name_a, "SLUICE_", 7);
    assert_string_not_equal(name_a, name_c);
    prepared_unref(a);
    assert_int_equal(prepared_count(), 2);
    prepared_unref(b);
    assert_int_equal(prepared_count(), 1);
    prepared_unref(c);
    prepared_unref(NULL);
}

static void types_are_part_of_a_statement(void **state)
{
    static const char untyped[] = "select $1\0\0\0";
    static const char typed[] = "select $1\0\0\1\0\0\0\x17";
    struct prepared *a = prepared_intern(sl_span(untyped, sizeof untyped - 1), 0);
    struct prepared *b = prepared_intern(sl_span(typed, sizeof typed - 1), 0);

    (void)state;
    assert_ptr_not_equal(a, b);
    prepared_unref(a);
    prepared_unref(b);
}

static void a_name_is_never_used_again(void **state)
{
    struct prepared *a = intern(TEXT("select 1"));
    uint64_t number = a->number;

    (void)state;
    prepared_unref(a);
    a = intern(TEXT("select 1"));
    assert_true(a->number > number);
    prepared_unref(a);
}

static void the_longest_number_has_room(void **state)
{
    struct prepared *a = intern(TEXT("select 1"));
    uint64_t number = a->number;
    char name[PREPARED_NAME_MAX];

    (void)state;
    a->number = UINT64_MAX;
    assert_int_equal(prepared_name(a, name), strlen("SLUICE_18446744073709551615"));
    assert_string_equal(name, "SLUICE_18446744073709551615");
    a->number = number;
    prepared_unref(a);
}

static void all_texts_together_are_bounded_in_bytes(void **state)
{
    struct prepared *a = intern(TEXT("select 1"));

    (void)state;
    prepared_limit(2 * prepared_bytes());
    struct prepared *b = intern(TEXT("select 2"));
    assert_null(prepared_intern(sl_span_text("select 3"), 0));
    struct prepared *again = intern(TEXT("select 1")); /* costs nothing */
    prepared_unref(b);
    b = intern(TEXT("select 3"));
    prepared_unref(a);
    prepared_unref(again);
    prepared_unref(b);
}

static uint64_t reading(const char *text, bool is_unsure)
{
    return prepared_reading(sl_span(text, strlen(text) + 3), 77, is_unsure);
}

static void constants_are_shared_by_those_who_read_them_alike(void **state)
{
    static const char *const none[] = {
            "select 1", "select a from t where b = $1 and c < now()", ""};
    static const char *const some[] = {"select '2024-01-01'", "select $$a$$, 1", "select $a$x$a$",
            "select a from t where b < now () - interval '1 day'", "select 'nowhere'"};
    static const char *const moments[] = {"select 'now'", "select date 'Today'",
            "select timestamp ' yesterday 12:00'", "select now(), 'tomorrow'"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(none); i++) {
        assert_true(reading(none[i], false) == 0 && reading(none[i], true) == 0);
    }
    for (size_t i = 0; i + 1 < SL_COUNT(some); i++) {
        assert_true(reading(some[i], false) == 77);
        assert_true(reading(some[i], true) != reading(some[i], true));
    }
    for (size_t i = 0; i < SL_COUNT(moments); i++) {
        assert_true(reading(moments[i], false) != reading(moments[i], false));
    }
    struct prepared *a = prepared_intern(sl_span_text("select 'a'"), 1);
    struct prepared *b = prepared_intern(sl_span_text("select 'a'"), 2);
    struct prepared *again = prepared_intern(sl_span_text("select 'a'"), 1);
    assert_true(a != NULL && a != b && a == again);
    prepared_unref(again);
    prepared_unref(b);
    prepared_unref(a);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *intern_all(void *arg)
{
    unsigned seed = *(unsigned *)arg;

    for (int i = 0; i < ROUNDS; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "select %u", (seed = seed * 7 + 3) % 5);
        struct prepared *a = prepared_intern(sl_span(text, (size_t)len), 0);
        struct prepared *b = prepared_intern(sl_span(text, (size_t)len), 0);
        if (a == NULL || a != b || memcmp(a->body, text, (size_t)len) != 0) {
            return arg;
        }
        prepared_unref(a);
        prepared_unref(b);
    }
    return NULL;
}

static void threads_share_statements(void **state)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, intern_all, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

/* ---- a client's names ---- */

static struct client_name *add(struct client_names *names, const char *name, const char *text)
{
    struct client_name *added = client_names_add(names, sl_span_text(name), intern(text));

    assert_non_null(added);
    return added;
}

static void a_new_name_is_there_while_its_parse_is_under_way(void **state)
{
    struct client_names *names = client_names_new(0);
    struct client_name *name = add(names, "a", TEXT("select 1"));

    (void)state;
    assert_int_equal(name->state, NAME_PARSING);
    assert_ptr_equal(client_names_find(names, sl_span_text("a"), NULL), name);
    assert_null(client_names_find(names, sl_span_text("A"), NULL));
    assert_null(client_names_find(NULL, sl_span_text("a"), NULL));
    client_names_remove(names, name);
    assert_null(client_names_find(names, sl_span_text("a"), NULL));
    client_names_free(names);
}

static void a_name_being_closed_is_gone_but_may_come_back(void **state)
{
    struct client_names *names = client_names_new(0);
    struct client_name *old = add(names, "a", TEXT("select 1"));
    struct client_name *closing;

    (void)state;
    old->state = NAME_CLOSING;
    assert_null(client_names_find(names, sl_span_text("a"), &closing));
    assert_ptr_equal(closing, old);
    struct client_name *new = add(names, "a", TEXT("select 2"));
    assert_ptr_equal(client_names_find(names, sl_span_text("a"), &closing), new);
    assert_ptr_equal(closing, old);
    /* The Parse failed, and the Close was skipped. */
    client_names_remove(names, new);
    old->state = NAME_READY;
    assert_ptr_equal(client_names_find(names, sl_span_text("a"), &closing), old);
    assert_null(closing);
    client_names_free(names);
}

static void the_names_of_a_client_are_bounded_in_bytes(void **state)
{
    struct client_names *names = client_names_new(1000);
    struct prepared *prepared = intern(TEXT("select 1"));
    unsigned count = 0;

    (void)state;
    for (;; count++) {
        char name[16];
        snprintf(name, sizeof name, "n%03u", count);
        if (client_names_add(names, sl_span_text(name), prepared_ref(prepared)) == NULL) {
            prepared_unref(prepared);
            break;
        }
    }
    assert_in_range(count, 5, 50);
    assert_int_equal(client_names_count(names), count);
    assert_true(names->bytes <= 1000);
    client_names_remove(names, client_names_find(names, sl_span_text("n001"), NULL));
    add(names, "n001", TEXT("select 1"));
    prepared_unref(prepared);
    client_names_free(names);
    client_names_free(NULL);
}

static void clearing_leaves_what_is_under_way(void **state)
{
    struct client_names *names = client_names_new(0);

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        add(names, name, TEXT("select 1"))->state = i == 7   ? NAME_PARSING
                                                    : i == 8 ? NAME_CLOSING
                                                             : NAME_READY;
    }
    client_names_clear(names);
    assert_int_equal(client_names_count(names), 2);
    assert_non_null(client_names_find(names, sl_span_text("n7"), NULL));
    client_names_clear(NULL);
    client_names_free(names);
}

/* What is under way is found no more, and neither is it made anew in its place. */
static void forgetting_takes_what_is_under_way_too(void **state)
{
    struct client_names *names = client_names_new(0);
    struct client_name *closing = NULL;

    (void)state;
    add(names, "r", TEXT("select 1"))->state = NAME_READY;
    struct client_name *parsing = add(names, "p", TEXT("select 1"));
    struct client_name *closed = add(names, "c", TEXT("select 1"));
    closed->state = NAME_CLOSING;
    for (int i = 0; i < 2; i++) { /* more than once is no more */
        client_names_forget(names);
        assert_int_equal(client_names_count(names), 2);
        assert_int_equal(parsing->state, NAME_DOUBTFUL);
        assert_int_equal(closed->state, NAME_GONE);
    }
    assert_null(client_names_find(names, sl_span_text("p"), &closing));
    assert_null(closing);
    assert_null(client_names_find(names, sl_span_text("c"), &closing));
    assert_null(closing);
    struct client_name *anew = add(names, "p", TEXT("select 2"));
    assert_ptr_equal(client_names_find(names, sl_span_text("p"), NULL), anew);
    client_names_forget(NULL);
    client_names_free(names);
}

/* ---- a server's statements ---- */

static struct server_stmt *stmt_of(struct server_stmts *stmts, const char *text)
{
    struct prepared *prepared = intern(text);
    struct server_stmt *stmt = server_stmts_add(stmts, prepared);

    assert_non_null(stmt);
    assert_true(stmt->is_pending);
    assert_ptr_equal(server_stmts_find(stmts, prepared), stmt);
    prepared_unref(prepared);
    return stmt;
}

static void the_least_recently_used_goes_first(void **state)
{
    struct server_stmts stmts;

    (void)state;
    server_stmts_init(&stmts);
    struct server_stmt *one = stmt_of(&stmts, TEXT("select 1"));
    struct server_stmt *two = stmt_of(&stmts, TEXT("select 2"));
    struct server_stmt *three = stmt_of(&stmts, TEXT("select 3"));
    one->is_pending = two->is_pending = three->is_pending = false;
    assert_null(server_stmts_excess(&stmts, 3));
    assert_ptr_equal(server_stmts_excess(&stmts, 2), one);
    server_stmts_touch(&stmts, one);
    assert_ptr_equal(server_stmts_excess(&stmts, 2), two);
    two->is_pending = true; /* cannot go while it comes */
    assert_ptr_equal(server_stmts_excess(&stmts, 2), three);
    server_stmts_remove(&stmts, three);
    assert_null(server_stmts_excess(&stmts, 2));
    server_stmts_fini(&stmts);
}

static void none_goes_while_all_are_pending(void **state)
{
    struct server_stmts stmts;

    (void)state;
    server_stmts_init(&stmts);
    stmt_of(&stmts, TEXT("select 1"));
    stmt_of(&stmts, TEXT("select 2"));
    assert_null(server_stmts_excess(&stmts, 0));
    server_stmts_fini(&stmts);
}

static void discarding_forgets_all_but_what_is_pending(void **state)
{
    struct server_stmts stmts;

    (void)state;
    server_stmts_init(&stmts);
    struct server_stmt *one = stmt_of(&stmts, TEXT("select 1"));
    struct server_stmt *two = stmt_of(&stmts, TEXT("select 2"));
    one->is_pending = false;
    server_stmts_forget(&stmts);
    assert_int_equal(stmts.map.count, 1);
    assert_ptr_equal(server_stmts_find(&stmts, two->prepared), two);
    stmts.unnamed = intern(TEXT("select 3"));
    server_stmts_clear(&stmts);
    assert_int_equal(stmts.map.count, 0);
    assert_null(stmts.unnamed);
    server_stmts_fini(&stmts);
}

static void what_is_closing_is_found_as_such_and_may_be_put_back(void **state)
{
    struct server_stmts stmts;

    (void)state;
    server_stmts_init(&stmts);
    struct server_stmt *old = stmt_of(&stmts, TEXT("select 1"));
    struct prepared *prepared = prepared_ref(old->prepared);
    old->is_pending = false;
    assert_int_equal(server_stmts_close(&stmts, old, 7), SL_OK);
    assert_null(server_stmts_find(&stmts, prepared));
    assert_ptr_equal(server_stmts_closing(&stmts, prepared), old);
    assert_int_equal(old->segment, 7);
    struct server_stmt *anew = server_stmts_add(&stmts, prepared);
    assert_non_null(anew);
    assert_int_equal(server_stmts_closed(&stmts, prepared, true), SL_OK);
    assert_null(server_stmts_closing(&stmts, prepared));
    server_stmts_remove(&stmts, anew); /* its Parse was skipped as well */
    assert_ptr_equal(server_stmts_find(&stmts, prepared), old);
    assert_int_equal(server_stmts_close(&stmts, old, 8), SL_OK);
    assert_int_equal(server_stmts_closed(&stmts, prepared, false), SL_OK);
    assert_null(server_stmts_closing(&stmts, prepared));
    assert_null(server_stmts_find(&stmts, prepared));
    assert_int_equal(server_stmts_closed(&stmts, prepared, true), SL_OK);
    anew = server_stmts_add(&stmts, prepared);
    assert_non_null(anew);
    assert_int_equal(server_stmts_close(&stmts, anew, 9), SL_OK);
    server_stmts_forget(&stmts);
    assert_null(server_stmts_closing(&stmts, prepared));
    prepared_unref(prepared);
    server_stmts_fini(&stmts);
}

/* ---- those for unnamed statements ---- */

static struct prepared *keep(const char *text)
{
    struct prepared *prepared = prepared_keep(sl_span(text, strlen(text) + 3), 0);

    assert_non_null(prepared);
    return prepared;
}

static void what_is_kept_is_apart_from_what_has_a_name(void **state)
{
    struct prepared *named = intern(TEXT("select 1"));
    struct prepared *kept = keep(TEXT("select 1"));
    struct prepared *again = keep(TEXT("select 1"));

    (void)state;
    assert_ptr_not_equal(named, kept);
    assert_ptr_equal(kept, again);
    assert_true(kept->is_kept && !named->is_kept);
    prepared_unref(named);
    prepared_unref(kept);
    prepared_unref(again);
}

static void put_on(struct server_stmts *stmts, struct prepared *prepared)
{
    struct server_stmt *stmt = server_stmts_add(stmts, prepared);

    assert_non_null(stmt);
    stmt->is_pending = false;
    prepared_unref(prepared);
}

static void names_never_make_way_for_what_is_kept(void **state)
{
    struct server_stmts stmts;
    bool has_room = false;

    (void)state;
    server_stmts_init(&stmts);
    assert_null(server_stmts_make_way(&stmts, 4, &has_room));
    assert_true(has_room);
    put_on(&stmts, keep(TEXT("select 1")));
    put_on(&stmts, keep(TEXT("select 2")));
    /* Half of them, and the oldest goes. */
    struct server_stmt *old = server_stmts_make_way(&stmts, 4, &has_room);
    assert_non_null(old);
    assert_true(has_room);
    assert_memory_equal(old->prepared->body, "select 1", 8);
    put_on(&stmts, intern(TEXT("select 3")));
    put_on(&stmts, intern(TEXT("select 4")));
    /* What has a name takes the place of what is kept, as long as there is any. */
    for (uint32_t i = 0; i < 2; i++) {
        old = server_stmts_excess(&stmts, 3 - i);
        assert_non_null(old);
        assert_true(old->prepared->is_kept);
        server_stmts_remove(&stmts, old);
    }
    put_on(&stmts, intern(TEXT("select 5")));
    put_on(&stmts, intern(TEXT("select 6")));
    assert_null(server_stmts_make_way(&stmts, 4, &has_room));
    assert_false(has_room);
    assert_int_equal(stmts.kept_count, 0);
    server_stmts_fini(&stmts);
}

static void what_is_kept_is_forgotten_with_the_rest(void **state)
{
    struct server_stmts stmts;

    (void)state;
    server_stmts_init(&stmts);
    put_on(&stmts, keep(TEXT("select 1")));
    put_on(&stmts, intern(TEXT("select 1")));
    server_stmts_forget(&stmts);
    assert_int_equal(stmts.map.count, 0);
    assert_int_equal(stmts.kept_count, 0);
    struct prepared *kept = keep(TEXT("select 2"));
    put_on(&stmts, prepared_ref(kept));
    assert_int_equal(server_stmts_close(&stmts, server_stmts_find(&stmts, kept), 1), SL_OK);
    assert_int_equal(stmts.kept_count, 0);
    assert_int_equal(server_stmts_closed(&stmts, kept, true), SL_OK);
    assert_int_equal(stmts.kept_count, 1);
    prepared_unref(kept);
    server_stmts_fini(&stmts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(equal_statements_are_one_and_have_one_name, begin, end),
            cmocka_unit_test_setup_teardown(types_are_part_of_a_statement, begin, end),
            cmocka_unit_test_setup_teardown(a_name_is_never_used_again, begin, end),
            cmocka_unit_test_setup_teardown(the_longest_number_has_room, begin, end),
            cmocka_unit_test_setup_teardown(all_texts_together_are_bounded_in_bytes, begin, end),
            cmocka_unit_test_setup_teardown(
                    constants_are_shared_by_those_who_read_them_alike, begin, end),
            cmocka_unit_test_setup_teardown(threads_share_statements, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_new_name_is_there_while_its_parse_is_under_way, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_name_being_closed_is_gone_but_may_come_back, begin, end),
            cmocka_unit_test_setup_teardown(the_names_of_a_client_are_bounded_in_bytes, begin, end),
            cmocka_unit_test_setup_teardown(clearing_leaves_what_is_under_way, begin, end),
            cmocka_unit_test_setup_teardown(forgetting_takes_what_is_under_way_too, begin, end),
            cmocka_unit_test_setup_teardown(the_least_recently_used_goes_first, begin, end),
            cmocka_unit_test_setup_teardown(none_goes_while_all_are_pending, begin, end),
            cmocka_unit_test_setup_teardown(discarding_forgets_all_but_what_is_pending, begin, end),
            cmocka_unit_test_setup_teardown(
                    what_is_closing_is_found_as_such_and_may_be_put_back, begin, end),
            cmocka_unit_test_setup_teardown(what_is_kept_is_apart_from_what_has_a_name, begin, end),
            cmocka_unit_test_setup_teardown(names_never_make_way_for_what_is_kept, begin, end),
            cmocka_unit_test_setup_teardown(what_is_kept_is_forgotten_with_the_rest, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
