/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_listen_moves.c - clients that LISTEN are taken over by another process (`sluice -R`), and hear
 * each notification once and in order, whatever becomes of that process.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/hears.h"
#include "tests/support/restart.h"
#include "tests/support/soon.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INI_OF(place, more)                                                                        \
    "[databases]\n"                                                                                \
    "shop = " place " pool_size=6\n" INI_MAIN                                                      \
    "pool_mode = transaction\nmax_client_conn = 400\npidfile = @DIR@/pid\n" more
#define INI INI_OF(AT_POSTGRES, "")

static int begin(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice, INI);
    warned[0] = '\0';
    return 0;
}

static PGconn *listener(const char *listens)
{
    PGconn *conn = open_as("one", "shop");
    PGresult *result;

    PQsetNoticeProcessor(conn, on_notice, NULL);
    result = PQexec(conn, listens);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    return conn;
}

/* ---- one ---- */

static void who_listens_moves_and_goes_on_hearing(void **state)
{
    PGconn *one = listener("listen a; listen \"B b\"");
    PGconn *other = open_as("one", "shop");

    (void)state;
    query_expect(one, "select count(*) from pg_listening_channels()", "2");
    nobody_is_pinned_in("shop");
    query_expect(other, "notify a, 'before'", "NOTIFY");
    hears(one, "a before");
    for (int i = 0; i < 3; i++) {
        restart_over(INI);
        query_expect(other, "notify a, 'x'", "NOTIFY");
        query_expect(other, "notify \"B b\", 'y'", "NOTIFY");
        hears(one, "a x");
        assert_int_equal(heard_from, PQbackendPID(other));
        hears(one, "B b y");
        query_expect(one, "notify a, 'own'", "NOTIFY");
        has_heard(one, "a own");
        query_expect(one, "select count(*) from pg_listening_channels()", "2");
        nobody_is_pinned_in("shop");
    }
    query_expect(one, "unlisten a", "UNLISTEN");
    query_expect(one, "listen c", "LISTEN");
    nobody_is_pinned_in("shop");
    restart_over(INI);
    query_expect(other, "notify a, 'gone'", "NOTIFY");
    query_expect(other, "notify c, 'z'", "NOTIFY");
    hears(one, "c z");
    query_expect(
            one, "select string_agg(c, ',' order by c) from pg_listening_channels() c", "B b,c");
    query_expect(one, "begin", "BEGIN");
    query_expect(one, "unlisten *", "UNLISTEN");
    query_expect(one, "rollback", "ROLLBACK");
    query_expect(other, "notify c, 'still'", "NOTIFY");
    hears(one, "c still");
    query_expect(one, "unlisten *", "UNLISTEN");
    query_expect(other, "notify c, 'no more'", "NOTIFY");
    query_expect(one, "select count(*) from pg_listening_channels()", "0");
    hears_nothing(one);
    assert_string_equal(warned, "");
    restart_over(INI);
    PQfinish(one);
    PQfinish(other);
}

/* Right behind the hand-over it notifies itself: its own is ahead of its ReadyForQuery all the same. */
static void its_own_comes_first_from_the_start(void **state)
{
    enum { SOME = 20 };
    PGconn *some[SOME];

    (void)state;
    for (int i = 0; i < SOME; i++) {
        some[i] = listener("listen a");
    }
    nobody_is_pinned_in("shop");
    for (int turn = 0; turn < 3; turn++) {
        struct proc old;
        restart_next(INI, &old);
        for (int i = 0; i < SOME; i++) {
            char sql[64];
            char text[64];
            PGnotify *notify;
            snprintf(sql, sizeof sql, "notify a, '%d'", i);
            snprintf(text, sizeof text, "%d", i);
            query_expect(some[i], sql, "NOTIFY");
            bool is_heard = false;
            while ((notify = PQnotifies(some[i])) != NULL) {
                is_heard |= strcmp(notify->extra, text) == 0;
                PQfreemem(notify);
            }
            assert_true(is_heard);
        }
        restart_await_end(&old);
    }
    for (int i = 0; i < SOME; i++) {
        PQfinish(some[i]);
    }
}

/* ---- a flow ---- */

enum { SENDERS = 3, CHANNELS = 5, LISTENERS = 24, RESTARTS = 6 };

/* Each of a sender in a channel has a number; the last that is committed. */
static struct sender {
    pthread_t thread;
    PGconn *conn;
    atomic_int committed[CHANNELS];
} senders[SENDERS];

static struct subscriber {
    PGconn *conn;
    bool listens[CHANNELS];
    atomic_int last[SENDERS][CHANNELS]; /* 0: nothing yet */
} subscribers[LISTENERS];

static pthread_t reader;
static atomic_bool senders_end;
static atomic_bool reader_ends;
static char wrong[512]; /* the reader's, until it has been joined */

static void *send_all(void *arg)
{
    struct sender *sender = arg;
    int which = (int)(sender - senders);
    unsigned at = (unsigned)which * 7U;
    char sql[160];

    while (!atomic_load(&senders_end)) {
        int one = (int)(at++ % CHANNELS);
        int next = atomic_load(&sender->committed[one]) + 1;
        snprintf(sql, sizeof sql,
                at % 3 == 0 ? "begin; notify c%d, '%d %d'; commit" : "notify c%d, '%d %d'", one,
                which, next);
        PGresult *result = PQexec(sender->conn, sql);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(sender->conn));
            return NULL; /* the numbers say so */
        }
        PQclear(result);
        atomic_store(&sender->committed[one], next);
    }
    return NULL;
}

static void take_one(int which, const PGnotify *notify)
{
    struct subscriber *subscriber = &subscribers[which];
    int channel = -1;
    int sender = -1;
    int number = -1;

    if (sscanf(notify->relname, "c%d", &channel) != 1 ||
            sscanf(notify->extra, "%d %d", &sender, &number) != 2) {
        return;
    }
    int last = atomic_load(&subscriber->last[sender][channel]);
    if (wrong[0] == '\0' && (!subscriber->listens[channel] || (last != 0 && number != last + 1))) {
        snprintf(wrong, sizeof wrong, "listener %d heard %d of sender %d in c%d behind %d", which,
                number, sender, channel, last);
    }
    atomic_store(&subscriber->last[sender][channel], number);
}

static PGconn *open_one(void)
{
    return open_as("one", "shop");
}

static void *read_all(void *arg)
{
    struct pollfd fds[LISTENERS];

    (void)arg;
    while (!atomic_load(&reader_ends)) {
        for (int i = 0; i < LISTENERS; i++) {
            fds[i] = (struct pollfd){.fd = PQsocket(subscribers[i].conn), .events = POLLIN};
        }
        if (poll(fds, LISTENERS, 20) <= 0) {
            continue;
        }
        for (int i = 0; i < LISTENERS; i++) {
            PGnotify *notify;
            if (fds[i].revents != 0 && PQconsumeInput(subscribers[i].conn) != 1 &&
                    wrong[0] == '\0') {
                snprintf(wrong, sizeof wrong, "listener %d: %s", i,
                        PQerrorMessage(subscribers[i].conn));
                atomic_store(&reader_ends, true);
            }
            while ((notify = PQnotifies(subscribers[i].conn)) != NULL) {
                take_one(i, notify);
                PQfreemem(notify);
            }
        }
    }
    return NULL;
}

static void flow_begins(PGconn *(*opens)(void))
{
    memset(subscribers, 0, sizeof subscribers);
    wrong[0] = '\0';
    atomic_store(&senders_end, false);
    atomic_store(&reader_ends, false);
    for (int i = 0; i < LISTENERS; i++) {
        char sql[160] = "";
        for (int c = 0; c < CHANNELS; c++) {
            subscribers[i].listens[c] = c == i % CHANNELS || c == (i / CHANNELS) % CHANNELS;
            if (subscribers[i].listens[c]) {
                snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "listen c%d;", c);
            }
        }
        subscribers[i].conn = listener(sql);
    }
    nobody_is_pinned_in("shop");
    assert_int_equal(pthread_create(&reader, NULL, read_all, NULL), 0);
    for (int i = 0; i < SENDERS; i++) {
        memset(senders[i].committed, 0, sizeof senders[i].committed);
        senders[i].conn = opens();
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
}

/* Every one of them has come so far. */
static bool is_all_heard(void)
{
    for (int i = 0; i < LISTENERS; i++) {
        for (int s = 0; s < SENDERS; s++) {
            for (int c = 0; c < CHANNELS; c++) {
                if (subscribers[i].listens[c] && atomic_load(&subscribers[i].last[s][c]) !=
                                                         atomic_load(&senders[s].committed[c])) {
                    return false;
                }
            }
        }
    }
    return true;
}

static void flow_goes_on(void)
{
    int from = atomic_load(&senders[0].committed[0]);
    long end = proc_now_ms() + SOON_MS;

    while (atomic_load(&senders[0].committed[0]) < from + 5 && proc_now_ms() < end) {
        proc_pause_ms(1);
    }
}

static void flow_ends(void)
{
    long end = proc_now_ms() + SOON_MS;
    int sent = 0;

    atomic_store(&senders_end, true);
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        PQfinish(senders[i].conn);
        for (int c = 0; c < CHANNELS; c++) {
            sent += atomic_load(&senders[i].committed[c]);
        }
    }
    while (!is_all_heard() && proc_now_ms() < end && !atomic_load(&reader_ends)) {
        proc_pause_ms(5);
    }
    bool is_all = is_all_heard();
    atomic_store(&reader_ends, true);
    pthread_join(reader, NULL);
    if (wrong[0] != '\0') {
        fail_msg("of %d: %s", sent, wrong);
    }
    assert_true(is_all);
    assert_string_equal(warned, "");
    for (int i = 0; i < LISTENERS; i++) {
        PQfinish(subscribers[i].conn);
    }
}

static void restarts_lose_nothing_and_say_nothing_twice(void **state)
{
    (void)state;
    flow_begins(open_one);
    for (int i = 0; i < RESTARTS && wrong[0] == '\0'; i++) {
        flow_goes_on();
        restart_over(INI);
    }
    flow_goes_on();
    flow_ends();
}

/* ---- a process that dies half-way ---- */

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What the old process asks the posing one to notify: as CHANNELS says. */
static void notify_mark(int fd, PGconn *direct)
{
    static uint8_t body[RESTART_BODY_MAX];
    const char *at = (const char *)body;
    char sql[256];

    size_t len = restart_read_body(fd, RESTART_CHANNELS, body);
    for (int i = 0; i < 3; i++) {
        at += strlen(at) + 1; /* database, user, encoding */
    }
    const uint8_t *numbers = (const uint8_t *)at;
    assert_true((size_t)(numbers - body) + 12 <= len);
    snprintf(sql, sizeof sql, "%.200s/postgres.log", cluster.dir);
    char *log = proc_read(sql);
    const char *name = NULL;
    for (const char *next = log; (next = strstr(next, "LISTEN \"sluice_")) != NULL; next++) {
        name = next; /* the last is this Sluice's */
    }
    assert_non_null(name);
    snprintf(sql, sizeof sql, "notify \"%.39s\", '%u.%u.4294967295.0.0.%u'", name + 8,
            number_at(numbers), number_at(numbers + 4), number_at(numbers + 8));
    free(log);
    query_expect(direct, sql, "NOTIFY");
}

/* It has them, and has not answered: they are the old one's, with all that came meanwhile. */
static void one_that_dies_with_them_under_way_loses_nothing(void **state)
{
    PGconn *direct = open_direct();

    (void)state;
    cluster_sql(&cluster, "alter role one set log_statement = 'all'"); /* for the secret */
    flow_begins(open_direct); /* those would wait for it, too */
    for (int i = 0; i < 3; i++) {
        int fd = restart_dial();
        restart_say_hello(fd);
        restart_read_until(fd, RESTART_PREPARED);
        restart_say(fd, RESTART_SERVES, NULL, 0);
        notify_mark(fd, direct);
        for (int clients = 0; clients < 6; clients++) {
            restart_read_until(fd, RESTART_CLIENT);
        }
        flow_goes_on();
        close(fd);
        restart_await_count("event=handover_failed", i + 1);
        flow_goes_on();
    }
    restart_over(INI);
    flow_goes_on();
    flow_ends();
    cluster_sql(&cluster, "alter role one reset log_statement");
    PQfinish(direct);
}

/* Who was in a transaction all the time was never its; the others are gone with it. */
static void one_that_is_killed_loses_nothing_of_who_is_not_its(void **state)
{
    PGconn *one = listener("listen a");
    PGconn *direct = open_direct();
    struct proc old;

    (void)state;
    nobody_is_pinned_in("shop");
    query_expect(one, "begin", "BEGIN");
    query_expect(direct, "notify a, '1'", "NOTIFY");
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    query_expect(direct, "notify a, '2'", "NOTIFY");
    query_expect(one, "select 1", "1");
    (void)proc_stop(&sluice.process, SIGKILL, RESTART_PATIENCE_MS);
    restart_await_count("event=handover_failed", 1);
    sluice.process = old;
    query_expect(direct, "notify a, '3'", "NOTIFY");
    query_expect(one, "commit", "COMMIT");
    hears(one, "a 1");
    hears(one, "a 2");
    hears(one, "a 3");
    restart_over(INI);
    query_expect(direct, "notify a, '4'", "NOTIFY");
    hears(one, "a 4");
    hears_nothing(one);
    assert_string_equal(warned, "");
    PQfinish(one);
    PQfinish(direct);
}

/* The new process's listener is killed before they come, or just after: what may have been missed is said. */
static void a_listener_that_is_lost_meanwhile_is_said(void **state)
{
    PGconn *one = listener("listen a");
    PGconn *two = listener("listen a");
    PGconn *direct = open_direct();
    struct proc old;

    (void)state;
    nobody_is_pinned_in("shop");
    query_expect(two, "begin", "BEGIN");
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    console_await("SHOW LISTENERS", "database", "shop", "subscribers", "1");
    query_expect(direct, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    kill_listener_of("shop");
    sees(one, "may have been missed");
    query_expect(direct, "notify a, 'y'", "NOTIFY");
    hears(one, "a y");
    warned[0] = '\0';
    query_expect(
            two, "commit", "COMMIT"); /* in the old one nothing was lost: it moves as it would */
    restart_await_end(&old);
    query_expect(direct, "notify a, 'z'", "NOTIFY");
    hears(one, "a z");
    hears(two, "a x");
    hears(two, "a y");
    hears(two, "a z");
    assert_string_equal(warned, "");
    PQfinish(one);
    PQfinish(two);
    PQfinish(direct);
}

/* The other process's database is another one: no marker of its comes, and nobody may be lost in there. */
static void who_cannot_be_marked_is_heard_for_as_long_as_may_be(void **state)
{
    static const char ini[] = INI_OF(AT_POSTGRES, "handover_timeout = 1\n");
    static const char elsewhere[] = INI_OF(AT_CLUSTER " dbname=template1", "");
    PGconn *direct = open_direct();
    struct proc old;

    (void)state;
    restart_over(ini);
    PGconn *one = listener("listen a");
    nobody_is_pinned_in("shop");
    restart_next(elsewhere, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    query_expect(direct, "notify a, 'x'", "NOTIFY");
    hears(one, "a x");
    soon_logged(&sluice, "event=handover_timeout");
    sees(one, "terminating connection due to administrator command");
    restart_await_end(&old);
    PQfinish(one);
    PQfinish(direct);
}

static int start(void **state)
{
    (void)state;
    cluster_start(&cluster, NULL);
    cluster_sql(&cluster, "create role one login; create role two login");
    return 0;
}

int main(void)
{
    const struct CMUnitTest cases[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)
            CASE(who_listens_moves_and_goes_on_hearing),
            CASE(its_own_comes_first_from_the_start),
            CASE(restarts_lose_nothing_and_say_nothing_twice),
            CASE(one_that_dies_with_them_under_way_loses_nothing),
            CASE(one_that_is_killed_loses_nothing_of_who_is_not_its),
            CASE(a_listener_that_is_lost_meanwhile_is_said),
            CASE(who_cannot_be_marked_is_heard_for_as_long_as_may_be),
#undef CASE
    };

    return case_run(cases, CASE_COUNT(cases), start, stop_cluster);
}
