/* SPDX-License-Identifier: PostgreSQL */
/*
 * Behind what may be a COPY that reads it, and for how long that is remembered: server_may_copy().
 */
#include "proxy/client.h"
#include "proxy/server.h"

#include "protocol/message.h"
#include "tests/support/case.h"

static struct client client;
static struct server server;

static int begin(void **state)
{
    (void)state;
    client = (struct client){.renames = true};
    server = (struct server){.client = &client};
    expect_init(&server.expect, NULL, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    expect_fini(&server.expect);
    return 0;
}

static void ask(void)
{
    assert_int_equal(
            expect_push(&server.expect, (struct expect_entry){.kind = EXPECT_SYNC}), SL_OK);
}

static void ready(char status)
{
    assert_int_equal(expect_reply(&server.expect, BACK_READY, status, NULL), EXPECT_SHOW);
}

static void it_may_while_something_is_unanswered(void **state)
{
    (void)state;
    ask();
    assert_false(server_may_copy(&server));
    server.may_copy = true;
    assert_true(server_may_copy(&server));
    ready('I');
    assert_false(server_may_copy(&server));
    ask();
    assert_false(server_may_copy(&server));
}

static void a_portal_of_one_is_remembered_to_the_end_of_its_transaction(void **state)
{
    (void)state;
    server.may_copy = true;
    ask();
    ready('T');
    assert_false(server_may_copy(&server));
    ask();
    assert_true(server_may_copy(&server));
    ready('I');
    server.is_unsynced = true; /* bound, and flushed */
    assert_false(server_may_copy(&server));
    ask();
    assert_true(server_may_copy(&server));
}

/* Where statements are not ours to name, the unnamed one may be it, and is bound unread. */
static void the_unnamed_statement_of_a_session_is_remembered(void **state)
{
    (void)state;
    client.renames = false;
    server.may_copy = true;
    server.has_unnamed = true;
    assert_false(server_may_copy(&server));
    ask();
    assert_true(server_may_copy(&server));
    ready('I');
    server.has_unnamed = false;
    assert_false(server_may_copy(&server));
    ask();
    assert_false(server_may_copy(&server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(it_may_while_something_is_unanswered, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_portal_of_one_is_remembered_to_the_end_of_its_transaction, begin, end),
            cmocka_unit_test_setup_teardown(
                    the_unnamed_statement_of_a_session_is_remembered, begin, end),
    };

    return cmocka_run_group_tests_name("server_copy", tests, NULL, NULL);
}
