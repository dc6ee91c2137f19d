/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_listeners.c - LISTEN in transaction pooling: who listens keeps no server, and hears.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/hears.h"
#include "tests/support/soon.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int start(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "max_prepared_transactions = 2\n"});
    cluster_sql(&cluster, "create role one login; create role two login");
    return 0;
}

static int begin(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice,
            "[databases]\n"
            "spare = " AT_CLUSTER " dbname=spare user=postgres pool_size=2\n"
            "own = " AT_POSTGRES " pool_size=8\n"
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

static void is_unpinned(PGconn *conn)
{
    query_expect(conn, "select 1", "1");
    nobody_is_pinned_in("db");
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

/* What waits for what its server is asked first is cancelled all the same, and with it the transaction. */
static void an_unlisten_that_waits_can_be_cancelled(void **state)
{
    char error[256];

    (void)state;
    PGconn *one = listener();
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(one, "begin", "BEGIN");
    pid_t server = (pid_t)atoi(query_text(one, "select pg_backend_pid()"));
    PGcancel *cancel = PQgetCancel(one);
    kill(server, SIGSTOP);
    assert_int_equal(PQsendQuery(one, "unlisten a"), 1);
    console_await("SHOW SOCKETS", "user", "one", "pkt_avail", "16"); /* it is held */
    assert_int_equal(PQcancel(cancel, error, sizeof error), 1);
    kill(server, SIGCONT);
    PQfreeCancel(cancel);
    assert_string_equal(
            query_result(PQgetResult(one)), "ERROR 57014: canceling statement due to user request");
    assert_null(PQgetResult(one));
    assert_int_equal(PQtransactionStatus(one), PQTRANS_INERROR);
    query_expect(one, "rollback", "ROLLBACK");
    query_expect(one, "select * from pg_listening_channels()", "a");
    PQfinish(one);
}

/* Settings and channels go ahead of a request: the server is the client's until all of them are there. */
static void settings_go_ahead_of_channels(void **state)
{
    enum { SOME = 8, TURNS_OF_ALL = 8 };
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

/* Together, too, they hold no more than so much; and no more end for it than must. */
static void more_than_all_may_keep_ends_some(void **state)
{
    enum { SOME = 6, SENT = 1001 };
    PGconn *some[SOME];
    int ended = 0;

    (void)state;
    PGconn *other = open_as("postgres", "own");
    for (int i = 0; i < SOME; i++) {
        some[i] = open_as("postgres", "own");
        PQsetNoticeProcessor(some[i], on_notice, NULL);
        query_expect(some[i], "listen a", "LISTEN");
    }
    nobody_is_pinned_in("own");
    for (int i = 0; i < SOME; i++) {
        query_expect(some[i], "begin", "BEGIN");
    }
    query_expect(other,
            "select count(pg_notify('a', i || repeat('x', 7000))) from generate_series(1, 1000) i",
            "1000");
    query_expect(other, "notify a, 'last'", "NOTIFY");
    console_await("SHOW LISTENERS", "database", "own", "notifications", "1001");
    for (int i = 0; i < SOME; i++) {
        PGresult *result = PQexec(some[i], "commit");
        ended += PQresultStatus(result) != PGRES_COMMAND_OK;
        PQclear(result);
        if (PQstatus(some[i]) == CONNECTION_OK) {
            for (int heard = 0; heard < SENT; heard += count_told(some[i])) {
                struct pollfd fd = {.fd = PQsocket(some[i]), .events = POLLIN};
                assert_int_equal(poll(&fd, 1, SOON_MS), 1);
                assert_int_equal(PQconsumeInput(some[i]), 1);
            }
        }
        PQfinish(some[i]);
    }
    assert_in_range(ended, 1, SOME / 2);
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

/* What is no name in the listener's encoding is no reason for others to hear nothing. */
static void a_name_that_the_listener_cannot_read_harms_nobody(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *odd = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(odd, "set client_encoding = 'LATIN1'", "SET");
    query_expect(odd, "listen \"\xe9\"", "LISTEN");
    query_expect(one, "listen \"\xc3\xa9\"", "LISTEN");
    console_await("SHOW PINS", "database", "db", "reasons", "listen");
    query_expect(other, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    query_expect(other, "notify \"\xc3\xa9\", 'y'", "NOTIFY");
    hears(one, "\xc3\xa9 y");
    hears(odd, "\xe9 y");
    console_expect("SHOW LISTENERS", "database", "db", "lost", "0");
    PQfinish(one);
    PQfinish(odd);
    PQfinish(other);
}

static void a_clients_own_comes_ahead_of_ready_for_query(void **state)
{
    (void)state;
    PGconn *one = listener();
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    for (int i = 0; i < 20; i++) {
        query_expect(one, "notify a, 'own'", "NOTIFY");
        has_heard(one, "a own");
        query_expect(one, "select pg_notify('a', 'called')", "");
        has_heard(one, "a called");
        query_expect(one, "begin", "BEGIN");
        query_expect(one, "notify a, 'within'", "NOTIFY");
        query_expect(one, "select pg_notify('a', 'within')", "");
        query_expect(
                one, "savepoint s; notify a, 'not'; rollback to s", "SAVEPOINT\nNOTIFY\nROLLBACK");
        has_heard(one, "nothing");
        query_expect(one, "commit", "COMMIT");
        has_heard(one, "a within");
        query_expect(one, "begin; notify a, 'no'; rollback", "BEGIN\nNOTIFY\nROLLBACK");
        query_expect(one, "notify b, 'not its'", "NOTIFY");
        has_heard(one, "nothing");
    }
    /* Of what may notify, once it was late. */
    query_expect(one, "do $$begin notify a, 'late'; end$$", "DO");
    hears(one, "a late");
    query_expect(one, "do $$begin notify a, 'in time'; end$$", "DO");
    has_heard(one, "a in time");
    /* UNLISTENed with it: PostgreSQL does not tell it either. */
    query_expect(
            one, "begin; notify a, 'gone'; unlisten a; commit", "BEGIN\nNOTIFY\nUNLISTEN\nCOMMIT");
    has_heard(one, "nothing");
    query_expect(one, "listen a; notify a, 'anew'", "LISTEN\nNOTIFY");
    hears(one, "a anew");
    hears_nothing(one);
    PQfinish(one);
}

static void a_listeners_do_is_prepared(void **state)
{
    (void)state;
    PGconn *one = listener();
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(one, "begin", "BEGIN");
    query_expect(one, "do $$begin perform 1; end$$", "DO");
    query_expect(one, "select count(*) >= 0 from pg_listening_channels()", "t");
    query_expect(one, "prepare transaction 'x'", "PREPARE TRANSACTION");
    query_expect(one, "rollback prepared 'x'", "ROLLBACK PREPARED");
    PQfinish(one);
}

static void a_lost_listener_comes_back_and_it_is_said(void **state)
{
    (void)state;
    PGconn *one = listener();
    PGconn *other = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    query_expect(one, "listen b", "LISTEN");
    is_unpinned(one);
    kill_listener_of("db");
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

static void while_a_pause_waits_for_somebody_it_is_heard_and_said_behind_it(void **state)
{
    (void)state;
    PGconn *console = open_console();
    PGconn *direct = open_direct();
    PGconn *one = listener();
    PGconn *keeper = open_as("two", "db");
    query_expect(one, "listen a", "LISTEN");
    is_unpinned(one);
    query_expect(keeper, "select 1 from pg_advisory_lock(1)", "1");
    assert_int_equal(PQsendQuery(console, "PAUSE db"), 1);
    console_await("SHOW DATABASES", "name", "db", "paused", "1");
    query_expect(direct, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    kill_listener_of("db"); /* which the keeper may wait for */
    console_await("SHOW LISTENERS", "database", "db", "warned", "1");
    query_expect(direct, "notify a, 'again'", "NOTIFY");
    hears(one, "a again");
    PQfinish(keeper);
    soon_result(console, "PAUSE");
    console_expect("SHOW LISTENERS", "database", "db", "state", "off");
    soon_query(direct, /* PostgreSQL's processes end when they have read that they may */
            "select count(*) from pg_stat_activity where usename = 'postgres' and pid <> "
            "pg_backend_pid() and backend_type = 'client backend'",
            "0");
    query_expect(console, "RESUME db", "RESUME");
    console_await("SHOW LISTENERS", "database", "db", "warned", "2");
    query_expect(direct, "notify a, 'y'", "NOTIFY");
    hears(one, "a y");
    assert_non_null(strstr(warned, "may have been missed"));
    PQfinish(one);
    PQfinish(direct);
    PQfinish(console);
}

/* Who cannot log in any more is no reason for others to hear nothing; and nobody is deaf untold. */
static void a_listener_is_made_as_whoever_may(void **state)
{
    (void)state;
    PGconn *one = open_as("one", "own");
    PQsetNoticeProcessor(one, on_notice, NULL);
    query_expect(one, "listen a", "LISTEN");
    nobody_is_pinned_in("own");
    PGconn *two = open_as("two", "own");
    query_expect(two, "listen a", "LISTEN");
    cluster_sql(&cluster, "alter role one nologin");
    kill_listener_of("own");
    sees(one, "from now on they are delivered again");
    query_expect(two, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    cluster_sql(&cluster, "alter role two nologin");
    kill_listener_of("own");
    sees(one, "are being missed");
    cluster_sql(&cluster, "alter role one login");
    warned[0] = '\0';
    sees(one, "from now on they are delivered again");
    cluster_sql(&cluster, "alter role two login");
    PQfinish(one);
    PQfinish(two);
}

static void a_database_whose_listeners_have_left_can_be_dropped(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create database spare");
    PGconn *other = open_as("two", "db");
    PGconn *one = open_as("one", "spare");
    query_expect(one, "listen a", "LISTEN");
    console_await("SHOW LISTENERS", "database", "spare", "state", "connected");
    PQfinish(one);
    /* It is half a second; PostgreSQL waits for five. */
    for (int i = 0; console_value("SHOW LISTENERS", "database", "spare", "state") != NULL; i++) {
        assert_in_range(i, 0, SOON_MS / 10);
        poll(NULL, 0, 10);
    }
    query_expect(other, "drop database spare", "DROP DATABASE");
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

enum { CLIENTS = 60, CHANNELS = 16, TURNS = 1000, OPEN = -1 };

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
            kill_listener_of("db");
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
        CASE(an_unlisten_that_waits_can_be_cancelled),
        CASE(settings_go_ahead_of_channels),
        CASE(what_comes_within_a_transaction_waits_for_its_end),
        CASE(more_than_is_kept_ends_the_session),
        CASE(more_than_all_may_keep_ends_some),
        CASE(what_is_not_in_the_clients_encoding_is_said),
        CASE(a_name_that_the_listener_cannot_read_harms_nobody),
        CASE(a_clients_own_comes_ahead_of_ready_for_query),
        CASE(a_listeners_do_is_prepared),
        CASE(a_lost_listener_comes_back_and_it_is_said),
        CASE(while_a_pause_waits_for_somebody_it_is_heard_and_said_behind_it),
        CASE(a_listener_is_made_as_whoever_may),
        CASE(a_database_whose_listeners_have_left_can_be_dropped),
        CASE(without_it_who_listens_is_pinned),
        CASE(ten_thousand_channels),
        CASE(every_subscriber_hears_its_channels_in_order_once),
        CASE(a_listener_is_killed_while_notifications_flow),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start, stop_cluster);
}
