/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_own_names.c - statements are counted under the text that runs, or none.
 *
 * In pipelines that libpq would not send: what a name stands for changes under way.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/login.h"
#include "tests/support/web.h"
#include "tests/support/web_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEPS = 12, NAME_LEN = 63 };

struct step {
    char op; /* P a parse, B of the unnamed portal, E, C a close, D, Q, S; 0: the end; !: await */
    const char *name;
    const char *text;
};

struct wire {
    int fd;
    int readies; /* not read yet */
    size_t len;
    char bytes[2048];
};

static void put(struct wire *wire, char op, const char *body, size_t len)
{
    assert_true(len < 250 && wire->len + len + 5 <= sizeof wire->bytes);
    memcpy(wire->bytes + wire->len, (const char[]){op, 0, 0, 0, (char)(len + 4)}, 5);
    memcpy(wire->bytes + wire->len + 5, body, len);
    wire->len += len + 5;
    wire->readies += op == 'S' || op == 'Q';
}

static void put_step(struct wire *wire, const struct step *step)
{
    const char *name = step->name == NULL ? "" : step->name;
    char body[512] = "";
    size_t len = 0;

    switch (step->op) {
    case 'P': /* no types */
        len = (size_t)snprintf(body, sizeof body, "%s%c%s", name, 0, step->text) + 3;
        body[len - 2] = body[len - 1] = 0;
        break;
    case 'B': /* no values */
        len = (size_t)snprintf(body, sizeof body, "%c%s", 0, name) + 7;
        memset(body + len - 7, 0, 7);
        break;
    case 'E':
        len = 5;
        break;
    case 'C':
    case 'D':
        len = (size_t)snprintf(body, sizeof body, "S%s", name) + 1;
        break;
    case 'Q':
        len = strlen(step->text) + 1;
        memcpy(body, step->text, len);
        break;
    default:
        break;
    }
    put(wire, step->op, body, len);
}

static void send_all(struct wire *wire)
{
    assert_int_equal(send(wire->fd, wire->bytes, wire->len, MSG_NOSIGNAL), wire->len);
    wire->len = 0;
}

static void await_all(struct wire *wire)
{
    unsigned char head[5];
    char body[1024];

    while (wire->readies > 0) {
        assert_int_equal(login_read(wire->fd, (char *)head, sizeof head), sizeof head);
        size_t more = (size_t)(head[3] << 8 | head[4]) - 4;
        assert_true(more <= sizeof body);
        assert_int_equal(login_read(wire->fd, body, more), more);
        wire->readies -= head[0] == 'Z';
    }
}

static void send_and_await(struct wire *wire)
{
    send_all(wire);
    await_all(wire);
}

static void wire_open(struct wire *wire)
{
    char startup[LOGIN_TEXT_MAX];

    *wire = (struct wire){.fd = login_dial(sluice.port), .readies = 1};
    wire->len = login_startup(startup, "one", "shop");
    assert_true(wire->len <= sizeof wire->bytes);
    memcpy(wire->bytes, startup, wire->len);
    send_and_await(wire);
}

static void put_steps(struct wire *wire, const struct step *steps)
{
    for (; steps->op != 0; steps++) {
        put_step(wire, steps);
    }
}

static void play(struct wire *wire, const struct step *steps)
{
    for (; steps->op != 0; steps++) {
        if (steps->op == '!') {
            send_and_await(wire);
        } else {
            put_step(wire, steps);
        }
    }
    send_and_await(wire);
}

static double unobserved(void)
{
    static const char name[] = "\nsluice_statements_unobserved_total ";
    struct web_answer answer = web_get(port, "/metrics");

    assert_int_equal(answer.status, 200);
    const char *at = strstr(answer.body, name);
    assert_non_null(at);
    return strtod(at + strlen(name), NULL);
}

/* Runs what has that name: it is counted once, under that text; NULL: as unobserved. */
static void expect_run(struct wire *wire, const char *name, const char *query)
{
    const struct step steps[] = {{'B', name, NULL}, {'E', NULL, NULL}, {'S', NULL, NULL}, {0}};
    double before = unobserved();

    play(wire, steps);
    assert_true(unobserved() - before == (query == NULL));
    if (query != NULL) {
        console_await("SHOW QUERIES", "query", query, "calls", "1");
    }
}

#define SYNC                                                                                       \
    {                                                                                              \
        'S', NULL, NULL                                                                            \
    }
#define AWAIT                                                                                      \
    {                                                                                              \
        '!', NULL, NULL                                                                            \
    }
#define PARSE(name, text)                                                                          \
    {                                                                                              \
        'P', name, text                                                                            \
    }
#define QUERY(text)                                                                                \
    {                                                                                              \
        'Q', NULL, text                                                                            \
    }

/* The name changes hands while the Parse or the Close ahead of that is under way. */
static void a_name_that_changes_hands_under_way_is_not_counted_as_what_it_was(void **state)
{
    static const struct {
        const char *query;
        struct step steps[STEPS];
    } hands[] = {
            {"select ? as y0", {PARSE("a", "select 1 as x0"), SYNC, QUERY("deallocate a"),
                                       PARSE("a", "select 2 as y0"), SYNC}},
            {"select ? as y1", {PARSE("a", "select 1 as x1"), QUERY("deallocate a"),
                                       PARSE("a", "select 2 as y1"), SYNC}},
            {"select ? as y2", {PARSE("a", "select 1 as x2"), SYNC, QUERY("discard all"),
                                       PARSE("a", "select 2 as y2"), SYNC}},
            {NULL, {PARSE("a", "select 1 as x3"), SYNC, QUERY("deallocate a"),
                           QUERY("prepare a as select 2 as y3")}},
            {NULL, {PARSE("a", "select 1 as x4"), SYNC,
                           QUERY("do $$begin execute 'deallocate a'; end$$"),
                           PARSE("a", "select 2 as y4"), SYNC}},
            {NULL, {PARSE("a", "select 1 as x5"), SYNC, AWAIT, PARSE("", "select wrong"),
                           {'C', "a", NULL}, SYNC, QUERY("deallocate a"),
                           QUERY("prepare a as select 2 as y5")}},
            {NULL, {PARSE("a", "select 1 as x6"), SYNC, PARSE("", "select wrong"), {'C', "a", NULL},
                           SYNC, QUERY("deallocate a"), QUERY("prepare a as select 2 as y6")}},
            {"select ? as y7",
                    {PARSE("a", "select 1 as x7"), SYNC, {'C', "a", NULL}, SYNC,
                            QUERY("deallocate all"), PARSE("a", "select 2 as y7"), SYNC}},
    };

    (void)state;
    web_start("[sluice]\npool_mode = session\n", "");
    for (size_t i = 0; i < sizeof hands / sizeof hands[0]; i++) {
        struct wire wire;
        wire_open(&wire);
        play(&wire, hands[i].steps);
        expect_run(&wire, "a", hands[i].query);
        close(wire.fd);
    }
}

/* PostgreSQL takes 63 bytes of it, and says nothing. */
static void a_name_that_is_cut_is_not_taken_for_another(void **state)
{
    char names[3][NAME_LEN + 2];
    struct wire wire;

    (void)state;
    web_start("[sluice]\npool_mode = session\n", "");
    for (size_t i = 0; i < 3; i++) {
        memset(names[i], 'n', NAME_LEN);
        memcpy(names[i] + NAME_LEN, (const char[]){(char)('a' + i), 0}, 2);
    }
    const struct step steps[] = {PARSE(names[0], "select 1 as x0"), SYNC, {'C', names[1], NULL},
            SYNC, PARSE(names[2], "select 2 as y0"), SYNC, {0}};
    wire_open(&wire);
    play(&wire, steps);
    expect_run(&wire, names[0], NULL);
    const struct step again[] = {
            {'C', names[0], NULL}, PARSE(names[0] + 1, "select 3 as z0"), SYNC, {0}};
    play(&wire, again);
    expect_run(&wire, names[0] + 1, "select ? as z0"); /* of 63 bytes */
    close(wire.fd);
}

/* The portal has the statement that was there when it was bound. */
static void a_parse_behind_the_bind_is_not_what_runs(void **state)
{
    static const char *const modes[] = {"session", "transaction"};
    static const struct step steps[] = {PARSE("", "select 1 as x0"), {'B', NULL, NULL},
            PARSE("", "select 2 as y0"), {'E', NULL, NULL}, SYNC, {0}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char stats[64];
        struct wire wire;
        snprintf(stats, sizeof stats, "[sluice]\npool_mode = %s\n", modes[i]);
        if (i > 0) {
            web_end(state);
            web_begin(state);
        }
        web_start(stats, "");
        wire_open(&wire);
        play(&wire, steps);
        close(wire.fd);
        console_await("SHOW QUERIES", "query", "select ? as x0", "calls", "1");
    }
}

/* The Parse ahead of the Bind fails: the name was one that we had not seen come to be. */
static void a_bind_sent_before_its_parse_has_failed_is_not_counted_as_that(void **state)
{
    static const struct step steps[] = {QUERY("prepare a as select 1 as x0"),
            PARSE("a", "select 2 as y0"), SYNC, {'B', "a", NULL}, {'E', NULL, NULL}, SYNC, {0}};
    static const struct step after[] = {
            PARSE("b", "select 2 as y0"), SYNC, {'B', "b", NULL}, {'E', NULL, NULL}, SYNC, {0}};
    struct wire wire;

    (void)state;
    web_start("[sluice]\npool_mode = session\n", "");
    wire_open(&wire);
    double before = unobserved();
    play(&wire, steps);
    assert_true(unobserved() - before == 1);
    play(&wire, after);
    console_await("SHOW QUERIES", "query", "select ? as y0", "calls", "1");
    close(wire.fd);
}

/* Of what is sent in one go the one fails, and has the other skipped: that is none of its calls. */
static void what_another_ones_parse_has_skipped_is_no_call(void **state)
{
    static const struct {
        const char *query;
        struct step steps[STEPS];
    } goes[] = {
            {"select ? as x0", {PARSE("", "select wrong"), PARSE("b0", "select 1 as x0"),
                                       {'B', "b0", NULL}, {'E', NULL, NULL}, SYNC}},
            {"select ? as x1",
                    {PARSE("a1", "select wrong"), {'C', "c1", NULL}, PARSE("b1", "select 1 as x1"),
                            {'B', "b1", NULL}, {'E', NULL, NULL}, SYNC}},
            {"select ? as x2", {{'D', "nothing", NULL}, PARSE("b2", "select 1 as x2"),
                                       {'B', "b2", NULL}, {'E', NULL, NULL}, SYNC}},
            {"select ? as x3", {PARSE("b3", "select 1 as x3"), SYNC, {'D', "nothing", NULL},
                                       {'B', "b3", NULL}, {'E', NULL, NULL}, SYNC}},
            {"select ? as x4",
                    {PARSE("b4", "select 1 as x4"), SYNC, AWAIT, PARSE("a4", "select wrong"),
                            {'B', "b4", NULL}, {'E', NULL, NULL}, SYNC}},
            {"select ? as x5", {PARSE("b5", "select 1 as x5"), {'D', "nothing", NULL},
                                       {'B', "b5", NULL}, {'E', NULL, NULL}, SYNC}},
    };
    static const char *const modes[] = {"session", "transaction"};

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        char stats[64];
        struct wire wire;
        snprintf(stats, sizeof stats, "[sluice]\npool_mode = %s\n", modes[m]);
        if (m > 0) {
            web_end(state);
            web_begin(state);
        }
        web_start(stats, "");
        for (size_t i = 0; i < sizeof goes / sizeof goes[0]; i++) {
            char name[] = {'b', (char)('0' + i), '\0'};
            char text[32];
            snprintf(text, sizeof text, "select 1 as x%zu", i);
            const struct step run[] = {{'C', name, NULL}, PARSE(name, text), {'B', name, NULL},
                    {'E', NULL, NULL}, SYNC, {0}};
            wire_open(&wire);
            play(&wire, goes[i].steps);
            play(&wire, run);
            close(wire.fd);
            console_await("SHOW QUERIES", "query", goes[i].query, "calls", "1");
            console_expect("SHOW QUERIES", "query", goes[i].query, "errors", "0");
        }
    }
}

/*
 * What is held while a Parse is answered goes on with another server, or when somebody else had
 * that one: the Bind that fails is of its call, and what the other sends is none of its.
 */
static void what_is_held_has_its_errors_and_no_others(void **state)
{
    static const struct step holding[] = {QUERY("begin"), {0}};
    static const struct step held[] = {PARSE("a", "select $1::int as x0"), SYNC, {'B', "a", NULL},
            {'E', NULL, NULL}, SYNC, {0}};
    static const struct step other[] = {{'D', "nothing", NULL}, PARSE("c", "select 1 as y0"),
            {'B', "c", NULL}, {'E', NULL, NULL}, SYNC, {0}};
    static const struct step end[] = {QUERY("commit"), {0}};
    static const struct step again[] = {
            PARSE("c", "select 1 as y0"), {'B', "c", NULL}, {'E', NULL, NULL}, SYNC, {0}};
    struct wire wires[3];

    (void)state;
    web_start("[sluice]\ndefault_pool_size = 1\n", "");
    for (size_t i = 0; i < 3; i++) {
        wire_open(&wires[i]);
    }
    play(&wires[0], holding);
    put_steps(&wires[1], held);
    send_all(&wires[1]);
    console_await("SHOW POOLS", "database", "shop", "cl_waiting", "1");
    put_steps(&wires[2], other);
    send_all(&wires[2]);
    console_await("SHOW POOLS", "database", "shop", "cl_waiting", "2");
    play(&wires[0], end);
    await_all(&wires[1]);
    await_all(&wires[2]);
    play(&wires[2], again);
    console_await("SHOW QUERIES", "query", "select $1::int as x0", "calls", "1");
    console_expect("SHOW QUERIES", "query", "select $1::int as x0", "errors", "1");
    console_await("SHOW QUERIES", "query", "select ? as y0", "calls", "1");
    console_expect("SHOW QUERIES", "query", "select ? as y0", "errors", "0");
    for (size_t i = 0; i < 3; i++) {
        close(wires[i].fd);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, web_begin, web_end)

static const struct CMUnitTest cases[] = {
        CASE(a_name_that_changes_hands_under_way_is_not_counted_as_what_it_was),
        CASE(a_name_that_is_cut_is_not_taken_for_another),
        CASE(a_parse_behind_the_bind_is_not_what_runs),
        CASE(a_bind_sent_before_its_parse_has_failed_is_not_counted_as_that),
        CASE(what_another_ones_parse_has_skipped_is_no_call),
        CASE(what_is_held_has_its_errors_and_no_others),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
