/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_listeners.c - LISTEN in transaction pooling: who listens keeps no server, and hears.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char warned[4096]; /* the notices of a case */

static void on_notice(void *arg, const char *message)
{
    size_t len = strlen(warned);

    (void)arg;
    snprintf(warned + len, sizeof warned - len, "%s", message);
}

static int begin(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice,
            "[databases]\n"
            "db = " AT_POSTGRES " dbname=postgres user=postgres pool_size=4\n"
            "few = " AT_POSTGRES " dbname=postgres user=postgres pool_size=2\n" INI_MAIN
            "pool_mode = transaction\nmax_client_conn = 400\nserver_round_robin = 1\n");
    warned[0] = '\0';
    return 0;
}

static PGconn *listener(void)
{
    PGconn *conn = open_as("one", "db");

    PQsetNoticeProcessor(conn, on_notice, NULL);
    return conn;
}

static int heard_from; /* the process of the last */

/* Until the next one is here, which is that: "channel payload". */
static void hears(PGconn *conn, const char *expected)
{
    char text[512];
    PGnotify *notify;

    while ((notify = PQnotifies(conn)) == NULL) {
        struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
        if (poll(&fd, 1, SOON_MS) != 1 || PQconsumeInput(conn) != 1) {
            fail_msg("nothing was heard instead of %s: %s", expected, PQerrorMessage(conn));
        }
    }
    snprintf(text, sizeof text, "%s %s", notify->relname, notify->extra);
    heard_from = notify->be_pid;
    PQfreemem(notify);
    assert_string_equal(text, expected);
}

/* What was sent by then is here when the next is answered, and it is nothing. */
static void hears_nothing(PGconn *conn)
{
    PGnotify *notify = PQnotifies(conn);

    if (notify != NULL) {
        fail_msg("it heard %s %s", notify->relname, notify->extra);
    }
}

static void is_unpinned(PGconn *conn)
{
    query_expect(conn, "select 1", "1");
    for (int i = 0; i < SOON_MS; i++) {
        if (console_value("SHOW PINS", "database", "db", "reasons") == NULL &&
                console_number("SHOW POOLS", "database", "db", "sv_active") == 0) {
            return;
        }
        poll(NULL, 0, 1);
    }
    fail_msg("it keeps its server");
}

static void is_served(PGconn *conn)
{
    query_expect(conn, "select 1", "1");
    query_expect(conn, "select 1", "1");
}

static void who_listens_keeps_no_server_and_hears(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(other, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    assert_int_equal(heard_from, PQbackendPID(other));
    query_expect(one, "notify a, 'own'", "NOTIFY");
    hears(one, "a own");
    assert_int_equal(heard_from, PQbackendPID(one));
    query_expect(other, "notify b, 'not its'", "NOTIFY");
    query_expect(other, "notify a, 'y'", "NOTIFY");
    hears(one, "a y");
    query_expect(one, "select * from pg_listening_channels()", "a");
    is_unpinned(one);
    query_expect(other, "notify a, 'z'", "NOTIFY");
    hears(one, "a z");
    query_expect(one, "unlisten a", "UNLISTEN");
    query_expect(other, "notify a, 'gone'", "NOTIFY");
    query_expect(one, "listen b", "LISTEN");
    query_expect(other, "notify b, 'b'", "NOTIFY");
    hears(one, "b b");
    hears_nothing(one);
    query_expect(one, "select * from pg_listening_channels()", "b");
    PQfinish(one);
    PQfinish(other);
}

static void who_is_pinned_for_more_may_unlisten(void **state)
{
    (void)state;
    PGconn *one = listener();
    query_expect(one, "listen a", "LISTEN");
    query_expect(one, "select pg_try_advisory_lock(1)", "t");
    is_served(one);
    PQclear(PQprepare(one, "p", "discard sequences", 0, NULL));
    PGresult *result = PQexecPrepared(one, "p", 0, NULL, NULL, NULL, 0);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(one);
}

/* Settings and channels go ahead of a request: the server is the client's until all of them are there. */
static void settings_go_ahead_of_channels(void **state)
{
    enum { SOME = 8, TURNS_OF_ALL = 20 };
    PGconn *some[SOME];
    char sql[64];

    (void)state;
    for (int i = 0; i < SOME; i++) {
        some[i] = open_as("one", "few");
        query_expect(some[i], "select count(*) from pg_listening_channels()", "0");
        snprintf(sql, sizeof sql, "set work_mem = '%dMB'", i + 1);
        query_expect(some[i], sql, "SET");
        query_expect(some[i], "listen a", "LISTEN");
    }
    for (int turn = 0; turn < TURNS_OF_ALL; turn++) {
        for (int i = 0; i < SOME; i++) {
            assert_int_equal(
                    PQsendQuery(some[i], "select count(*) from pg_listening_channels()"), 1);
        }
        for (int i = 0; i < SOME; i++) {
            soon_answered(some[i], "1");
            while (PQgetResult(some[i]) != NULL) {
            }
        }
    }
    for (int i = 0; i < SOME; i++) {
        PQfinish(some[i]);
    }
}

static void what_comes_within_a_transaction_waits_for_its_end(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(one, "begin", "BEGIN");
    query_expect(other, "notify a, 'x'", "NOTIFY");
    console_await("SHOW LISTENERS", "database", "db", "delivered", "1");
    query_expect(one, "select 1", "1");
    hears_nothing(one);
    query_expect(one, "commit", "COMMIT");
    hears(one, "a x");
    /* As PostgreSQL: of a channel that the transaction UNLISTENed it is too late. */
    query_expect(one, "begin", "BEGIN");
    query_expect(other, "notify a, 'y'", "NOTIFY");
    console_await("SHOW LISTENERS", "database", "db", "delivered", "2");
    query_expect(one, "listen b", "LISTEN");
    query_expect(one, "unlisten a", "UNLISTEN");
    query_expect(one, "commit", "COMMIT");
    is_served(one);
    query_expect(other, "notify b, 'z'", "NOTIFY");
    hears(one, "b z");
    /* What is rolled back has never been. */
    query_expect(one, "begin", "BEGIN");
    query_expect(one, "listen c", "LISTEN");
    query_expect(one, "unlisten b", "UNLISTEN");
    query_expect(one, "rollback", "ROLLBACK");
    query_expect(other, "notify c, 'no'", "NOTIFY");
    query_expect(other, "notify b, 'still'", "NOTIFY");
    hears(one, "b still");
    PQfinish(one);
    PQfinish(other);
}

static void more_than_is_kept_ends_the_session(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(one, "begin", "BEGIN");
    query_expect(other,
            "select count(pg_notify('a', i || repeat('x', 7000))) from generate_series(1, 1300) i",
            "1300");
    struct pollfd fd = {.fd = PQsocket(one), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, SOON_MS), 1);
    (void)PQconsumeInput(one);
    assert_null(PQnotifies(one)); /* what comes unasked is a notice to libpq */
    if (strstr(warned, "terminating connection because more notifications") == NULL) {
        fail_msg("it was told: %s", warned);
    }
    query_expect(other, "select 1", "1");
    console_await("SHOW LISTENERS", "database", "db", "subscribers", "0");
    PQfinish(one);
    PQfinish(other);
}

static void what_is_not_in_the_clients_encoding_is_said(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(one, "set client_encoding = 'LATIN1'", "SET");
    query_expect(other, "notify a, '\xc3\xa9'", "NOTIFY");
    query_expect(other, "notify a, 'e'", "NOTIFY");
    hears(one, "a e");
    assert_non_null(strstr(warned, "client_encoding"));
    query_expect(one, "listen b", "LISTEN"); /* and what is new is heard by its own server */
    is_served(one);
    query_expect(other, "notify b, '\xc3\xa9'", "NOTIFY");
    hears(one, "b \xe9");
    PQfinish(one);
    PQfinish(other);
}

static void kill_listener(void)
{
    PGconn *direct = open_direct();
    char sql[128];

    snprintf(sql, sizeof sql, "select pg_terminate_backend(%ld)",
            console_number("SHOW LISTENERS", "database", "db", "server_pid"));
    query_expect(direct, sql, "t");
    PQfinish(direct);
}

static void a_lost_listener_comes_back_and_it_is_said(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    query_expect(one, "listen b", "LISTEN");
    is_unpinned(one);
    kill_listener();
    console_await("SHOW LISTENERS", "database", "db", "warned", "1");
    console_expect("SHOW LISTENERS", "database", "db", "lost", "1");
    query_expect(other, "notify a, 'x'", "NOTIFY");
    query_expect(other, "notify b, 'y'", "NOTIFY");
    hears(one, "a x");
    hears(one, "b y");
    assert_non_null(strstr(warned, "may have been missed"));
    PQfinish(one);
    PQfinish(other);
}

static void without_it_who_listens_is_pinned(void **state)
{
    (void)state;
    PGconn *console = open_console();
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(console, "SET shared_listen = 0", "SET");
    query_expect(one, "listen a", "LISTEN");
    is_served(one);
    console_expect("SHOW PINS", "database", "db", "reasons", "listen");
    assert_null(console_value("SHOW LISTENERS", "database", "db", "state"));
    query_expect(other, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    query_expect(console, "SET shared_listen = 1", "SET");
    query_expect(one, "listen b", "LISTEN");
    is_unpinned(one);
    query_expect(other, "notify a, 'y'", "NOTIFY");
    hears(one, "a y");
    PQfinish(one);
    PQfinish(other);
    PQfinish(console);
}

static char ten_thousand[200000];

static void ten_thousand_channels(void **state)
{
    size_t len = 0;
    char sql[64];
    char text[64];

    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    for (int i = 0; i < 10000; i++) {
        len += (size_t)snprintf(ten_thousand + len, sizeof ten_thousand - len, "listen ch%d;", i);
    }
    PQclear(PQexec(one, ten_thousand));
    is_unpinned(one);
    console_expect("SHOW LISTENERS", "database", "db", "channels", "10000");
    for (int i = 0; i < 10000; i += 333) {
        snprintf(sql, sizeof sql, "notify ch%d, 'x'", i);
        snprintf(text, sizeof text, "ch%d x", i);
        query_expect(other, sql, "NOTIFY");
        hears(one, text);
    }
    query_expect(one, "unlisten ch7", "UNLISTEN");
    query_expect(one, "select count(*) from pg_listening_channels()", "9999");
    is_unpinned(one);
    query_expect(other, "notify ch7; notify ch8, 'y'", "NOTIFY\nNOTIFY");
    hears(one, "ch8 y");
    query_expect(one, "unlisten *", "UNLISTEN");
    query_expect(one, "select count(*) from pg_listening_channels()", "0");
    console_expect("SHOW LISTENERS", "database", "db", "subscribers", "0");
    PQfinish(one);
    PQfinish(other);
}

/* ---- many ---- */

enum { CLIENTS = 200, CHANNELS = 40, TURNS = 3000, OPEN = -1 };

/* Of a channel, by the one that notifies: the last number that was sent, and that is committed. */
static struct {
    pthread_t thread;
    PGconn *conn;
    atomic_int committed[CHANNELS];
    atomic_bool is_over;
} notifier;

/* What a client has heard of a channel since it listens to it. */
struct heard {
    bool listens;
    int last;  /* 0: nothing yet */
    int known; /* what was committed when it began to */
};

static struct subscriber {
    PGconn *conn;
    struct heard channels[CHANNELS];
} subscribers[CLIENTS];

static void *notify_all(void *arg)
{
    int sent[CHANNELS] = {0};
    unsigned at = 1;
    char text[128];

    (void)arg;
    while (!atomic_load(&notifier.is_over)) {
        at = at * 1103515245U + 12345U;
        int one = (int)(at >> 16) % CHANNELS;
        int two = (int)(at >> 8) % CHANNELS;
        snprintf(text, sizeof text, "begin; notify c%d, '%d'; notify c%d, '%d'; commit", one,
                sent[one] + 1, two, sent[two] + (one == two ? 2 : 1));
        PGresult *result = PQexec(notifier.conn, text);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            fprintf(stderr, "%s\n", PQerrorMessage(notifier.conn));
            abort();
        }
        PQclear(result);
        sent[one]++;
        sent[two]++;
        atomic_store(&notifier.committed[one], sent[one]);
        atomic_store(&notifier.committed[two], sent[two]);
    }
    /* One more of each, behind every LISTEN: what came before may have been ahead of it. */
    for (int i = 0; i < CHANNELS; i++) {
        snprintf(text, sizeof text, "notify c%d, '%d'", i, sent[i] + 1);
        PQclear(PQexec(notifier.conn, text));
        atomic_store(&notifier.committed[i], sent[i] + 1);
    }
    return NULL;
}

static bool may_miss; /* the listener is killed meanwhile */

static void take_one(int client, const PGnotify *notify)
{
    struct heard *heard;
    int channel;

    assert_int_equal(sscanf(notify->relname, "c%d", &channel), 1);
    heard = &subscribers[client].channels[channel];
    int number = atoi(notify->extra);
    if (!heard->listens) {
        fail_msg("client %d does not listen to %s", client, notify->relname);
    }
    /* Two of one transaction may have been committed, and not be known to be, when it began. */
    if (may_miss               ? number <= heard->last
            : heard->last == 0 ? number > heard->known + 3
                               : number != heard->last + 1) {
        fail_msg("client %d heard %d of %s behind %d (it began at %d)", client, number,
                notify->relname, heard->last, heard->known);
    }
    heard->last = number;
}

static void take_all(int client)
{
    PGconn *conn = subscribers[client].conn;
    PGnotify *notify;

    assert_int_equal(PQconsumeInput(conn), 1);
    while ((notify = PQnotifies(conn)) != NULL) {
        take_one(client, notify);
        PQfreemem(notify);
    }
}

static void say(int client, const char *sql)
{
    PGresult *result = PQexec(subscribers[client].conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(subscribers[client].conn));
    }
    PQclear(result);
}

/* What came with the answer was sent before. */
static void end_to_listen(int client, int channel)
{
    take_all(client);
    for (int i = 0; i < CHANNELS; i++) {
        if (channel == OPEN || channel == i) {
            subscribers[client].channels[i] = (struct heard){0};
        }
    }
}

static void listen_to(int client, int channel, const char *sql)
{
    struct heard *heard = &subscribers[client].channels[channel];
    bool was_there = heard->listens;

    say(client, sql);
    if (!was_there) {
        *heard =
                (struct heard){.listens = true, .known = atomic_load(&notifier.committed[channel])};
    }
    take_all(client);
}

static void take_a_turn(int client, int channel, unsigned what)
{
    char unlisten[32];
    char sql[256];

    snprintf(unlisten, sizeof unlisten, "unlisten c%d", channel);
    switch (what % 10) {
    case 0:
    case 1:
    case 2:
        snprintf(sql, sizeof sql, "listen c%d", channel);
        listen_to(client, channel, sql);
        break;
    case 3:
        snprintf(sql, sizeof sql,
                "begin; listen c%d; savepoint s; unlisten *; rollback to s; commit", channel);
        listen_to(client, channel, sql);
        break;
    case 4:
        say(client, unlisten);
        end_to_listen(client, channel);
        break;
    case 5:
        if (what % 3 == 0) {
            say(client, "unlisten *");
            end_to_listen(client, OPEN);
        }
        break;
    case 6:
        say(client, "begin");
        say(client, unlisten);
        say(client, "savepoint s");
        say(client, "unlisten *");
        say(client, "rollback to s");
        say(client, "commit");
        end_to_listen(client, channel);
        break;
    case 7:
        say(client, "begin");
        say(client, "unlisten *");
        say(client, "rollback");
        take_all(client);
        break;
    case 8:
        say(client, "begin");
        say(client, "savepoint s");
        say(client, "unlisten *");
        say(client, "rollback to s");
        say(client, unlisten);
        say(client, "commit");
        end_to_listen(client, channel);
        break;
    default:
        say(client, "select pg_backend_pid()");
        take_all(client);
        break;
    }
}

/* Until it has heard the last of all that it listens to. */
static void hears_to_the_end(int client)
{
    for (int i = 0; i < CHANNELS; i++) {
        const struct heard *heard = &subscribers[client].channels[i];
        int last = atomic_load(&notifier.committed[i]);
        while (heard->listens && heard->last != last) {
            struct pollfd fd = {.fd = PQsocket(subscribers[client].conn), .events = POLLIN};
            if (poll(&fd, 1, SOON_MS) != 1) {
                fail_msg("client %d has heard %d of c%d, not %d (it began at %d)", client,
                        heard->last, i, last, heard->known);
            }
            take_all(client);
        }
    }
}

/* kills: how often the listener is killed, at first. */
static void turn_many(int turns, int kills)
{
    unsigned at = 4711;
    int killed = 0;

    memset(subscribers, 0, sizeof subscribers);
    memset(notifier.committed, 0, sizeof notifier.committed);
    atomic_store(&notifier.is_over, false);
    for (int i = 0; i < CLIENTS; i++) {
        subscribers[i].conn = listener();
    }
    notifier.conn = open_as("two", "db");
    assert_int_equal(pthread_create(&notifier.thread, NULL, notify_all, NULL), 0);
    for (int i = 0; i < turns; i++) {
        if (killed < kills && i > 0 && i % (turns / 8) == 0) {
            killed++;
            may_miss = true;
            console_await("SHOW LISTENERS", "database", "db", "state", "connected");
            kill_listener();
        }
        at = at * 1103515245U + 12345U;
        take_a_turn((int)(at >> 8) % CLIENTS, (int)(at >> 16) % CHANNELS, at >> 20);
    }
    atomic_store(&notifier.is_over, true);
    pthread_join(notifier.thread, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        hears_to_the_end(i);
    }
    for (int i = 0; i < CLIENTS; i++) {
        take_all(i);
        PQfinish(subscribers[i].conn);
    }
    PQfinish(notifier.conn);
    assert_true(console_number("SHOW LISTENERS", "database", "db", "notifications") > 0);
    assert_int_equal(console_number("SHOW LISTENERS", "database", "db", "lost"), kills);
    assert_int_equal(console_number("SHOW LISTENERS", "database", "db", "warned") > 0, kills > 0);
    console_await("SHOW LISTENERS", "database", "db", "subscribers", "0");
}

static void every_subscriber_hears_its_channels_in_order_once(void **state)
{
    (void)state;
    may_miss = false;
    turn_many(TURNS, 0);
}

static void a_listener_is_killed_while_notifications_flow(void **state)
{
    (void)state;
    turn_many(TURNS / 2, 3);
    may_miss = false;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(who_listens_keeps_no_server_and_hears),
        CASE(who_is_pinned_for_more_may_unlisten),
        CASE(settings_go_ahead_of_channels),
        CASE(what_comes_within_a_transaction_waits_for_its_end),
        CASE(more_than_is_kept_ends_the_session),
        CASE(what_is_not_in_the_clients_encoding_is_said),
        CASE(a_lost_listener_comes_back_and_it_is_said),
        CASE(without_it_who_listens_is_pinned),
        CASE(ten_thousand_channels),
        CASE(every_subscriber_hears_its_channels_in_order_once),
        CASE(a_listener_is_killed_while_notifications_flow),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
