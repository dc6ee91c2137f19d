/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_peers.c - several Sluices behind one address: a cancel request that
 * comes to the wrong one is carried out by the right one, and goes nowhere for ever.
 *
 * Keys are read and sent by hand, byte by byte. What a peer is sent is seen by
 * pretending to be one.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 30000, INI_MAX = 4096, KEY_MAX = 260, SHORT = 8, LONG = 36 };

#define CANCELLED "57014"

static struct sluice sluices[2]; /* peers 1 and 2 */
static PGconn *watch;            /* to PostgreSQL itself */

/* A client by hand, up to its first ReadyForQuery. */
struct hand {
    int fd;
    unsigned char key[KEY_MAX]; /* process id and secret */
    size_t key_len;
};

/* ---- the world ---- */

static int start_own_cluster(void **state)
{
    (void)start_cluster(state);
    watch = open_direct();
    return 0;
}

static int stop_own_cluster(void **state)
{
    PQfinish(watch);
    return stop_cluster(state);
}

static int begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sluice_init(&sluices[i], &cluster);
        sluice_file(&sluices[i], "userlist.txt", "\"postgres\" \"\"\n");
    }
    return 0;
}

static int finish(void **state)
{
    (void)state;
    query_text(watch, END_SLEEPERS);
    soon_query(watch, COUNT_SLEEPERS, "0");
    sluice_stop(&sluices[0]);
    sluice_stop(&sluices[1]);
    return 0;
}

/* peers: the lines of [peers]; settings: of the main section, peer_id too. */
static void make_ini(char ini[static INI_MAX], const char *settings, const char *peers)
{
    snprintf(ini, INI_MAX,
            "[databases]\n"
            "s = host=@PGDIR@ port=@PGPORT@ dbname=postgres pool_mode=session\n"
            "t = " AT_POSTGRES " pool_mode=transaction\n"
            "[peers]\n%s" INI_ALONE "admin_users = postgres\n"
            "server_tls_sslmode = disable\n"
            "%s",
            peers, settings);
}

static void start_one(struct sluice *peer, const char *settings, const char *peers)
{
    char ini[INI_MAX];

    make_ini(ini, settings, peers);
    sluice_start(peer, ini);
}

/* Both, each other's peers: one by its address, one by its socket. */
static void start_both(void)
{
    char peers[INI_MAX / 2];

    snprintf(peers, sizeof(peers), "2 = host=%s port=%d\n1 = host=127.0.0.1 port=%d\n",
            sluices[1].dir, sluices[1].port, sluices[0].port);
    start_one(&sluices[0], "peer_id = 1\n", peers);
    start_one(&sluices[1], "peer_id = 2\n", peers);
}

/* SHOW PEER_POOLS comes to say so. */
static void await_peer_pools(const struct sluice *peer, const char *expected)
{
    PGconn *console =
            query_must_connect("host=127.0.0.1 port=%d dbname=pgbouncer user=postgres", peer->port);

    soon_query(console, "show peer_pools", expected);
    PQfinish(console);
}

/* ---- clients by hand ---- */

static unsigned word(const unsigned char *at)
{
    return (unsigned)at[0] << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3];
}

static void must_read(int fd, void *at, size_t len)
{
    assert_int_equal(login_read(fd, at, len), len);
}

/* Reads messages up to ReadyForQuery; the SQLSTATE of an error, or "". */
static const char *read_ready(struct hand *hand)
{
    static char sqlstate[6];
    unsigned char head[5];
    unsigned char body[8192];

    sqlstate[0] = '\0';
    do {
        must_read(hand->fd, head, sizeof(head));
        size_t len = word(head + 1) - 4;
        assert_true(len < sizeof(body));
        must_read(hand->fd, body, len);
        if (head[0] == 'K') {
            assert_true(len <= KEY_MAX);
            memcpy(hand->key, body, len);
            hand->key_len = len;
        }
        for (size_t at = 0; head[0] == 'E' && at + 6 < len; at += strlen((char *)body + at) + 1) {
            if (body[at] == 'C') {
                snprintf(sqlstate, sizeof(sqlstate), "%.5s", (char *)body + at + 1);
            }
        }
    } while (head[0] != 'Z');
    return sqlstate;
}

static struct hand open_hand(const struct sluice *peer, const char *database, bool is_new)
{
    struct hand hand = {.fd = login_dial(peer->port)};
    char packet[LOGIN_TEXT_MAX];
    size_t len = login_startup(packet, "postgres", database);

    packet[7] = is_new ? 2 : 0; /* protocol 3.2: long keys */
    assert_int_equal(send(hand.fd, packet, len, MSG_NOSIGNAL), len);
    assert_string_equal(read_ready(&hand), "");
    assert_int_equal(hand.key_len, is_new ? LONG : SHORT);
    return hand;
}

static void send_query(const struct hand *hand, const char *query)
{
    unsigned char packet[256] = {'Q', 0, 0, 0, (unsigned char)(strlen(query) + 5)};
    size_t len = strlen(query) + 6;

    memcpy(packet + 5, query, strlen(query) + 1);
    assert_int_equal(send(hand->fd, packet, len, MSG_NOSIGNAL), len);
}

/* Sends a CancelRequest; the socket, which the other side closes when it is done. */
static int begin_cancel(int port, const unsigned char *key, size_t key_len)
{
    unsigned char packet[8 + KEY_MAX] = {0, 0, (unsigned char)((8 + key_len) >> 8),
            (unsigned char)(8 + key_len), 4, 210, 22, 46};
    int fd = login_dial(port);

    memcpy(packet + 8, key, key_len);
    assert_int_equal(send(fd, packet, 8 + key_len, MSG_NOSIGNAL), 8 + key_len);
    return fd;
}

static void await_closed(int fd)
{
    char byte;
    long end = proc_now_ms() + WAIT_MS;
    ssize_t n;

    while ((n = recv(fd, &byte, 1, 0)) < 0 && proc_now_ms() < end) {
    }
    assert_int_equal(n, 0);
    close(fd);
}

static void cancel(const struct sluice *at, const unsigned char *key, size_t key_len)
{
    await_closed(begin_cancel(at->port, key, key_len));
}

/* ---- a peer by hand ---- */

static int listen_at(int port)
{
    struct timeval limit = {.tv_sec = WAIT_MS / 1000};
    int yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* The next request a peer is sent: all of it must be the key, with so many hops left. */
static int expect_request(int listener, const unsigned char *key, size_t key_len, int hops)
{
    unsigned char packet[8 + KEY_MAX];
    unsigned char wanted[KEY_MAX];
    int fd = accept(listener, NULL, NULL);

    assert_true(fd >= 0);
    must_read(fd, packet, 8 + key_len);
    assert_int_equal(word(packet), 8 + key_len);
    assert_int_equal(word(packet + 4), 80877102);
    memcpy(wanted, key, key_len);
    wanted[7] = (unsigned char)((wanted[7] & ~3) | hops);
    assert_memory_equal(packet + 8, wanted, key_len);
    return fd;
}

static void make_key(unsigned char *key, size_t key_len, int peer, int hops)
{
    for (size_t i = 0; i < key_len; i++) {
        key[i] = (unsigned char)(i * 37 + 1);
    }
    key[0] &= 0x7f;
    key[1] = (unsigned char)peer;
    key[2] = (unsigned char)(peer >> 8);
    key[7] = (unsigned char)((key[7] & ~3) | hops);
}

/* ---- the right one ---- */

static void a_cancel_that_came_to_the_wrong_one_cancels_at_the_right_one(void **state)
{
    (void)state;
    start_both();
    for (int kind = 0; kind < 8; kind++) {
        const struct sluice *right = &sluices[kind & 1];
        const struct sluice *wrong = &sluices[(kind & 1) ^ 1];
        const char *database = (kind & 2) != 0 ? "s" : "t";
        struct hand one = open_hand(right, database, (kind & 4) != 0);
        struct hand two = open_hand(right, database, (kind & 4) != 0);

        assert_int_equal(one.key[1], (kind & 1) + 1);
        assert_int_equal(one.key[2], 0);
        assert_int_equal(one.key[7] & 3, 3);
        send_query(&one, "select pg_sleep(600)");
        send_query(&two, "select pg_sleep(601)");
        soon_query(watch, COUNT_SLEEPERS, "2");
        one.key[one.key_len - 2] ^= 1; /* a wrong key is nobody's there too */
        cancel(wrong, one.key, one.key_len);
        one.key[one.key_len - 2] ^= 1;
        query_expect(watch, COUNT_SLEEPERS, "2");
        cancel(wrong, one.key, one.key_len);
        assert_string_equal(read_ready(&one), CANCELLED);
        query_expect(watch, COUNT_SLEEPERS, "1");
        cancel(right, two.key, two.key_len);
        assert_string_equal(read_ready(&two), CANCELLED);
        close(one.fd);
        close(two.fd);
    }
    await_peer_pools(&sluices[0], "1|0|0|0|0\n2|0|0|0|0");
}

static void the_console_is_cancelled_across_peers(void **state)
{
    (void)state;
    start_both();
    struct hand client = open_hand(&sluices[0], "t", false);
    struct hand console = open_hand(&sluices[0], "pgbouncer", false);

    assert_int_equal(console.key[1], 1);
    send_query(&client, "begin");
    assert_string_equal(read_ready(&client), "");
    send_query(&console, "pause t");
    /* One that comes before the PAUSE has nothing to cancel. */
    struct pollfd answer = {.fd = console.fd, .events = POLLIN};
    do {
        cancel(&sluices[1], console.key, console.key_len);
    } while (poll(&answer, 1, 200) == 0);
    assert_string_equal(read_ready(&console), CANCELLED);
    close(client.fd);
    close(console.fd);
}

/* pg_backend_pid() is in the key only where no peer's number has to be. */
static void without_a_peer_id_the_process_id_is_the_servers(void **state)
{
    (void)state;
    for (int peer = 0; peer < 2; peer++) {
        start_one(&sluices[0], peer == 0 ? "" : "peer_id = 16383\n", "");
        PGconn *conn = query_must_connect(
                "host=127.0.0.1 port=%d dbname=s user=postgres", sluices[0].port);
        char pid[32];
        snprintf(pid, sizeof(pid), "%d", PQbackendPID(conn));
        assert_int_equal(strcmp(query_text(conn, "select pg_backend_pid()"), pid) == 0, peer == 0);
        if (peer != 0) {
            assert_int_equal(PQbackendPID(conn) >> 16 & 0xff, 16383 & 0xff);
            assert_int_equal(PQbackendPID(conn) >> 8 & 0xff, 16383 >> 8);
        }
        PQfinish(conn);
        sluice_stop(&sluices[0]);
    }
}

/* ---- what a peer is sent ---- */

static void a_key_is_passed_on_whole_with_one_hop_less(void **state)
{
    static const size_t lens[] = {SHORT, LONG, 20, KEY_MAX};
    unsigned char key[KEY_MAX];
    char peers[128];
    int port = proc_free_port();
    int listener = listen_at(port);

    (void)state;
    snprintf(peers, sizeof(peers), "600 = host=localhost port=%d\n", port);
    start_one(&sluices[0], "peer_id = 1\n", peers);
    for (size_t i = 0; i < CASE_COUNT(lens); i++) {
        for (int hops = 1; hops <= 3; hops++) {
            make_key(key, lens[i], 600, 0);
            cancel(&sluices[0], key, lens[i]); /* no hops are left: it stays here */
            make_key(key, lens[i], 600, hops);
            int asks = begin_cancel(sluices[0].port, key, lens[i]);
            int peer = expect_request(listener, key, lens[i], hops - 1);
            await_peer_pools(&sluices[0], "600|1|0|1|0");
            close(peer); /* it has done it, and only now does who asked hear of it */
            await_closed(asks);
        }
    }
    await_peer_pools(&sluices[0], "600|0|0|0|0");
    close(listener);
}

/* Two who take each other for a third. */
static void a_key_does_not_go_round_for_ever(void **state)
{
    unsigned char key[SHORT];
    char peers[2][128];

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(peers[i], sizeof(peers[i]), "3 = host=127.0.0.1 port=%d\n", sluices[i ^ 1].port);
    }
    start_one(&sluices[0], "peer_id = 1\n", peers[0]);
    start_one(&sluices[1], "peer_id = 2\n", peers[1]);
    make_key(key, sizeof(key), 3, 3);
    cancel(&sluices[0], key, sizeof(key));
    await_peer_pools(&sluices[0], "3|0|0|0|0");
    await_peer_pools(&sluices[1], "3|0|0|0|0");
}

static void more_than_pool_size_wait(void **state)
{
    enum { ASKED = 5 };
    unsigned char key[SHORT];
    int asks[ASKED];
    char peers[128];
    int port = proc_free_port();
    int listener = listen_at(port);

    (void)state;
    snprintf(peers, sizeof(peers), "7 = host=127.0.0.1 port=%d pool_size=2\n", port);
    start_one(&sluices[0], "peer_id = 1\n", peers);
    make_key(key, sizeof(key), 7, 2);
    for (int i = 0; i < ASKED; i++) {
        asks[i] = begin_cancel(sluices[0].port, key, sizeof(key));
    }
    await_peer_pools(&sluices[0], "7|2|3|2|0");
    for (int i = 0; i < ASKED; i++) {
        close(expect_request(listener, key, sizeof(key), 1));
    }
    for (int i = 0; i < ASKED; i++) {
        await_closed(asks[i]);
    }
    close(listener);
}

/* ---- peers that are not there ---- */

static void a_key_of_nobody_is_closed_upon(void **state)
{
    unsigned char key[LONG];

    (void)state;
    start_both();
    for (size_t len = SHORT; len <= LONG; len += LONG - SHORT) {
        make_key(key, len, 9, 3); /* no such peer */
        cancel(&sluices[0], key, len);
        make_key(key, len, 1, 3); /* itself, and there is no such client */
        cancel(&sluices[0], key, len);
        cancel(&sluices[1], key, len);
    }
    await_peer_pools(&sluices[0], "1|0|0|0|0\n2|0|0|0|0");
}

static void a_dead_peer_is_given_up_and_found_again(void **state)
{
    unsigned char key[SHORT];
    char peers[256];
    int port = proc_free_port();

    (void)state;
    snprintf(peers, sizeof(peers),
            "3 = host=127.0.0.1 port=%d\n4 = host=@DIR@ port=1\n5 = host=no.such.name.invalid\n",
            port);
    start_one(&sluices[0], "peer_id = 1\n", peers);
    for (int peer = 3; peer <= 5; peer++) {
        make_key(key, sizeof(key), peer, 3);
        cancel(&sluices[0], key, sizeof(key));
    }
    await_peer_pools(&sluices[0], "3|0|0|0|0\n4|0|0|0|0\n5|0|0|0|0");
    int listener = listen_at(port);
    make_key(key, sizeof(key), 3, 3);
    int asks = begin_cancel(sluices[0].port, key, sizeof(key));
    close(expect_request(listener, key, sizeof(key), 2));
    await_closed(asks);
    close(listener);
    sluice_stop(&sluices[0]); /* which writes the rest of its log */
    assert_true(sluice_logged(&sluices[0], "event=peer_not_reached peer=3 "));
    assert_true(sluice_logged(&sluices[0], "event=peer_not_reached peer=4 "));
    assert_true(sluice_logged(&sluices[0], "event=peer_not_reached peer=5 "));
    assert_true(sluice_logged(&sluices[0], "event=peer_reached peer=3"));
}

/* One that takes connections and nothing more; our own clients' cancels do not suffer. */
static void a_silent_peer_is_given_up_in_time(void **state)
{
    enum { ASKED = 300 }; /* more than may wait: the rest is closed upon at once */
    static int asks[ASKED];
    unsigned char key[SHORT];
    char peers[128];
    int port = proc_free_port();
    int listener = listen_at(port);

    (void)state;
    snprintf(peers, sizeof(peers), "3 = host=127.0.0.1 port=%d pool_size=1\n", port);
    start_one(&sluices[0], "peer_id = 1\ncancel_wait_timeout = 3\nmax_client_conn = 1000\n", peers);
    make_key(key, sizeof(key), 3, 3);
    for (int i = 0; i < ASKED; i++) {
        asks[i] = begin_cancel(sluices[0].port, key, sizeof(key));
    }
    struct hand client = open_hand(&sluices[0], "t", false);
    send_query(&client, "select pg_sleep(600)");
    soon_query(watch, COUNT_SLEEPERS, "1");
    cancel(&sluices[0], client.key, client.key_len);
    assert_string_equal(read_ready(&client), CANCELLED);
    close(client.fd);
    for (int i = 0; i < ASKED; i++) {
        await_closed(asks[i]);
    }
    await_peer_pools(&sluices[0], "3|0|0|0|0");
    close(listener);
}

static void a_reload_takes_up_changed_peers(void **state)
{
    unsigned char key[SHORT];
    char peers[128];
    char ini[INI_MAX];
    int port = proc_free_port();
    int listener = listen_at(port);

    (void)state;
    start_one(&sluices[0], "", "");
    struct hand client = open_hand(&sluices[0], "t", false);
    make_key(key, sizeof(key), 3, 3);
    cancel(&sluices[0], key, sizeof(key));
    snprintf(peers, sizeof(peers), "3 = host=127.0.0.1 port=%d\n", port);
    make_ini(ini, "peer_id = 1\n", peers);
    sluice_reload(&sluices[0], ini);
    await_peer_pools(&sluices[0], "3|0|0|0|0");
    int asks = begin_cancel(sluices[0].port, key, sizeof(key));
    int peer = expect_request(listener, key, sizeof(key), 2);
    make_ini(ini, "peer_id = 1\n", ""); /* one that is on its way goes on */
    sluice_reload(&sluices[0], ini);
    await_peer_pools(&sluices[0], "");
    close(peer);
    await_closed(asks);
    cancel(&sluices[0], key, sizeof(key));
    /* Who was there before has the key of before. */
    send_query(&client, "select pg_sleep(600)");
    soon_query(watch, COUNT_SLEEPERS, "1");
    cancel(&sluices[0], client.key, client.key_len);
    assert_string_equal(read_ready(&client), CANCELLED);
    close(client.fd);
    close(listener);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(a_cancel_that_came_to_the_wrong_one_cancels_at_the_right_one),
            CASE(the_console_is_cancelled_across_peers),
            CASE(without_a_peer_id_the_process_id_is_the_servers),
            CASE(a_key_is_passed_on_whole_with_one_hop_less),
            CASE(a_key_does_not_go_round_for_ever),
            CASE(more_than_pool_size_wait),
            CASE(a_key_of_nobody_is_closed_upon),
            CASE(a_dead_peer_is_given_up_and_found_again),
            CASE(a_silent_peer_is_given_up_in_time),
            CASE(a_reload_takes_up_changed_peers),
    };

    return case_run(cases, CASE_COUNT(cases), start_own_cluster, stop_own_cluster);
}
