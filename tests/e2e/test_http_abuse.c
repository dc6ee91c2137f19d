/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_http_abuse.c - who asks too much, too slowly, too often or nonsense.
 *
 * After each case the next request is answered, and clients were served all the time.
 */
#include "tests/support/case.h"
#include "tests/support/soon.h"
#include "tests/support/still.h"
#include "tests/support/web.h"
#include "tests/support/web_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FLOOD = 1000 };
enum { PIPELINED = 4096, PIPELINED_ALL = 128 * 1024 * 1024, GROWN_MAX_KB = 32 * 1024 };

#define GET_HEALTH "GET /healthz HTTP/1.1\r\nHost: x\r\n"
#define HEAD_OF_POST "POST /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

/* At least that many requests were too late. */
static void soon_late(int count)
{
    static const char name[] = "\nsluice_http_timeouts_total ";
    int said = -1;

    for (long until = proc_now_ms() + SOON_MS; said < count && proc_now_ms() < until;
            proc_pause_ms(10)) {
        struct web_answer answer = web_get(port, "/metrics");
        const char *at = strstr(answer.text, name);
        said = at == NULL ? -1 : atoi(at + strlen(name));
    }
    assert_true(said >= count);
}

static struct web_answer ask_raw(const char *bytes, size_t len)
{
    int fd = web_dial(port);

    (void)web_say(fd, bytes, len);
    return web_hear(fd);
}

/* ---- too much ---- */

/* head, a header or path of that many letters, tail. */
static struct web_answer ask_long(const char *head, size_t letters, const char *tail)
{
    size_t head_len = strlen(head);
    size_t tail_len = strlen(tail);
    size_t len = head_len + letters + tail_len;
    char *bytes = malloc(len + 1);

    assert_non_null(bytes);
    snprintf(bytes, len + 1, "%s", head);
    memset(bytes + head_len, 'a', letters);
    snprintf(bytes + head_len + letters, tail_len + 1, "%s", tail);
    struct web_answer answer = ask_raw(bytes, len);
    free(bytes);
    return answer;
}

/* Who spoke first is nobody's business: a refusal is JSON, and as long as it says. */
static void expect_refusal(struct web_answer answer, const char *what)
{
    const char *type = answer.status == 0 ? NULL : web_header(&answer, "Content-Type");
    bool is_json = type != NULL && strcmp(type, "application/json") == 0 &&
                   strncmp(answer.body, "{\"error\":{\"code\":\"", 18) == 0;
    const char *length = is_json ? web_header(&answer, "Content-Length") : NULL;

    if (answer.status < 400 || answer.status >= 500 || length == NULL ||
            (size_t)atoi(length) != strlen(answer.body)) {
        fail_msg("%s gives %s", what, answer.text);
    }
}

static void what_is_too_long_is_refused(void **state)
{
    static const char tail[] = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static const char head[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ";

    (void)state;
    web_start("", "max_body = 1000\ntimeout = 20\n");
    web_expect(ask_long("GET /", 2046, tail), 404, "not_found");
    web_expect(ask_long("GET /", 2047, tail), 414, "uri_too_long");
    web_expect(ask_long(head, 8000, "\r\n\r\n"), 200, "ok");
    web_expect(ask_long(head, 8192, "\r\n\r\n"), 431, "header_fields_too_large");
    web_expect(ask_long(HEAD_OF_POST "Content-Length: 1000\r\n\r\n", 1000, ""), 404, "not_found");
    web_expect(ask_long(HEAD_OF_POST "Content-Length: 1001\r\n\r\n", 1001, ""), 413,
            "content_too_large");
    PGconn *console = open_console();
    query_expect(console, "SET http.max_body = '1MB'", "SET");
    PQfinish(console);
    web_expect(
            ask_long(HEAD_OF_POST "Content-Length: 500000\r\n\r\n", 500000, ""), 404, "not_found");
    /* Beyond this evhttp refuses by itself, and does not wait for the end. */
    expect_refusal(ask_long("GET /", 1000000, ""), "a long path");
    expect_refusal(ask_long(head, 1000000, ""), "a long header");
    struct web_answer answer = ask_raw(HEAD_OF_POST "Content-Length: 9999999999\r\n\r\n",
            strlen(HEAD_OF_POST "Content-Length: 9999999999\r\n\r\n"));
    expect_refusal(answer, "a long body");
    web_expect(answer, 413, "\"content_too_large\"");
}

/* ---- nonsense ---- */

static void nonsense_is_refused(void **state)
{
    static const char *const bad[] = {"\x16\x03\x01\x02 a TLS hello\r\n\r\n", "hello\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            HEAD_OF_POST "Expect: a miracle\r\nContent-Length: 2\r\n\r\nab",
            HEAD_OF_POST "Content-Length: -1\r\n\r\n", HEAD_OF_POST "Content-Length: x\r\n\r\n",
            HEAD_OF_POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            HEAD_OF_POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            HEAD_OF_POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            HEAD_OF_POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"};

    (void)state;
    web_start("", "timeout = 20\n");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refusal(ask_raw(bad[i], strlen(bad[i])), bad[i]);
    }
    /* On a connection that has been answered before, too. */
    static const char behind[] = GET_HEALTH "\r\nhello\r\n\r\n";
    struct web_answer answer = ask_raw(behind, strlen(behind));
    web_expect(answer, 200, "{\"status\":\"ok\"}\nHTTP/1.1 400 ");
    web_expect(answer, 200, "{\"error\":{\"code\":\"bad_request\"");
    web_expect(web_get(port, "/metrics"), 200, "code=\"400\"");
}

/* evhttp by itself would leave it open. */
static void no_tunnel_is_made(void **state)
{
    static const char *const tunnels[] = {
            "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n"};

    (void)state;
    web_start("", "timeout = 3600\n");
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        expect_refusal(ask_raw(tunnels[i], strlen(tunnels[i])), tunnels[i]);
    }
}

/* ---- many at once ---- */

static void pipelined_requests_are_answered_in_their_order(void **state)
{
    static const char requests[] = GET_HEALTH
            "\r\n"
            "GET /api/views/workers HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
            "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" GET_HEALTH "\r\n";

    (void)state;
    web_start("", "");
    struct web_answer answer = ask_raw(requests, strlen(requests));
    const char *at = answer.text;
    static const char *const words[] = {"\"status\":\"ok\"", "\"name\":\"workers\"",
            "\"not_found\"", "HTTP/1.1 200", "\"ready\":true"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        at = strstr(at, words[i]);
        if (at == NULL) {
            fail_msg("no %s, or not in its place: %s", words[i], answer.text);
            return;
        }
    }
    assert_null(strstr(at, "HTTP/1.1")); /* nothing behind a close */
}

static int descriptors(void)
{
    char path[64];
    int count = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)sluice.process.pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

static void soon_descriptors(int expected)
{
    int count = 0;

    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        count = descriptors();
        if (count <= expected) {
            return;
        }
    }
    fail_msg("%d descriptors, not %d", count, expected);
}

static void a_flood_of_connections_is_refused_beyond_the_bound(void **state)
{
    static int fds[FLOOD];
    int refused = 0;

    (void)state;
    /* The catalogue is not asked for: who comes meanwhile would be given one more server. */
    web_start("catalog_memory = 0\n", "max_connections = 8\ntimeout = 120\n");
    int before = descriptors();
    for (int i = 0; i < FLOOD; i++) {
        fds[i] = web_dial(port);
    }
    for (int i = 8; i < FLOOD; i++) {
        struct web_answer answer = web_hear(fds[i]);
        refused += answer.status == 503 && strstr(answer.text, "too many connections") != NULL;
    }
    assert_int_equal(refused, FLOOD - 8);
    assert_true(descriptors() <= before + 8);
    query_expect(client, "select 1", "1");
    /* Those eight are as good as ever; a place that is left is free again. */
    assert_true(web_say(fds[0], GET_HEALTH "Connection: close\r\n\r\n",
            strlen(GET_HEALTH "Connection: close\r\n\r\n")));
    web_expect(web_hear(fds[0]), 200, "ok");
    struct web_answer answer = {0};
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        answer = web_get(port, "/metrics");
        if (answer.status == 200) {
            break;
        }
    }
    web_expect(answer, 200, "\nsluice_http_connections 8\n");
    const char *sample = strstr(answer.text, "\nsluice_http_connections_refused_total ");
    assert_non_null(sample);
    assert_true(atoi(strchr(sample, ' ') + 1) >= FLOOD - 8);
    for (int i = 1; i < 8; i++) {
        close(fds[i]);
    }
    soon_descriptors(before);
}

/* ---- too slow ---- */

/* Half a request, or one that never ends, is told; who says nothing is closed upon. */
static void who_asks_too_slowly_is_told_and_cut_off(void **state)
{
    static const char half[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n";

    (void)state;
    web_start("", "timeout = 1\n");
    int before = descriptors();
    web_expect(ask_raw(half, strlen(half)), 408, "\"request_timeout\"");
    web_expect(ask_raw(HEAD_OF_POST "Content-Length: 5\r\n\r\nabc",
                       strlen(HEAD_OF_POST "Content-Length: 5\r\n\r\nabc")),
            408, "\"request_timeout\"");
    struct web_answer silent = ask_raw("", 0);
    assert_int_equal(silent.status, 0);

    /* Byte by byte, never silent for long: the time is that of the whole request. */
    int fd = web_dial(port);
    bool goes_on = web_say(fd, "GET /", strlen("GET /"));
    for (long until = proc_now_ms() + SOON_MS; goes_on && proc_now_ms() < until;
            proc_pause_ms(50)) {
        goes_on = web_say(fd, "a", 1);
    }
    assert_false(goes_on);
    close(fd);
    soon_late(3);
    soon_descriptors(before);
}

/* And a connection between two requests is closed without a word. */
static void a_connection_is_kept_for_a_while(void **state)
{
    (void)state;
    web_start("", "timeout = 3\n");
    int fd = web_dial(port);
    assert_true(web_say(fd, GET_HEALTH "\r\n", strlen(GET_HEALTH "\r\n")));
    struct web_answer answer = web_hear(fd);
    web_expect(answer, 200, "{\"status\":\"ok\"}\n");
    assert_null(strstr(answer.body, "HTTP/"));
}

/* Who takes no answer costs a place for the time, and no worker anything. */
static void who_takes_no_answer_is_cut_off(void **state)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    int small = 1024;
    bool goes_on = true;

    (void)state;
    web_start("", "timeout = 1\n");
    int before = descriptors();
    int fd = web_dial(port);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    for (long until = proc_now_ms() + SOON_MS; goes_on && proc_now_ms() < until;) {
        ssize_t n = send(fd, request, strlen(request), MSG_NOSIGNAL | MSG_DONTWAIT);
        goes_on = n >= 0 || errno == EAGAIN;
        proc_pause_ms(1);
    }
    assert_false(goes_on);
    close(fd);
    soon_descriptors(before);
}

/* The most memory that Sluice has had. */
static long peak_kb(void)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", (int)sluice.process.pid);
    char *text = proc_read(path);
    const char *line = strstr(text, "VmHWM:");
    assert_non_null(line);
    long kb = strtol(line + strlen("VmHWM:"), NULL, 10);
    free(text);
    return kb;
}

/* Requests that come before their turn are left in the socket, not kept. */
static void who_asks_on_without_listening_is_not_kept_in_memory(void **state)
{
    static char request[PIPELINED] = "GET /api/views HTTP/1.1\r\nHost: x\r\nX: ";
    int small = 1024;
    long sent = 0;
    bool goes_on = true;

    (void)state;
    memset(request + strlen(request), 'a', sizeof request - strlen(request));
    for (size_t i = 0; i < 4; i++) {
        request[sizeof request - 4 + i] = "\r\n\r\n"[i];
    }
    web_start("", "timeout = 2\n");
    web_soon("/api/views", "\"views\"");
    long before = peak_kb();
    int fd = web_dial(port);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    while (goes_on && sent < PIPELINED_ALL) {
        size_t at = (size_t)sent % sizeof request;
        ssize_t n = send(fd, request + at, sizeof request - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        goes_on = n >= 0 || errno == EAGAIN;
        sent += n > 0 ? n : 0;
        if (n < 0 && goes_on) {
            web_soon("/healthz", "ok"); /* others are answered */
        }
    }
    close(fd);
    assert_false(goes_on); /* it was cut off before all was taken */
    long grown = peak_kb() - before;
    if (!CASE_IS_SANITIZED && grown > GROWN_MAX_KB) { /* those keep what is freed */
        fail_msg("%ld bytes were sent, and it has grown by %ld KB", sent, grown);
    }
}

/* ---- a worker that does not answer ---- */

/* Everything but HTTP stands still: it says so, in time, and goes on when they do. */
static void workers_that_stand_still_are_not_waited_for(void **state)
{
    pid_t tids[STILL_MAX];
    int count;

    (void)state;
    web_start("", "timeout = 1\n");
    count = still_find(sluice.process.pid, "http", false, tids);
    assert_true(count >= 3);
    for (int i = 0; i < count; i++) {
        still_idle(tids[i]);
    }
    web_soon("/healthz", "ok");
    web_soon("/api/views/pools", "\"rows\""); /* asks no worker */
    for (int i = 0; i < 6; i++) {             /* more than may be on tour */
        web_expect(web_get(port, "/api/views/clients"), 503, "could not be answered in time");
    }
    web_expect(web_get(port, "/metrics"), 503, "\"service_unavailable\"");
    still_end();
    web_soon("/api/views/clients", "\"rows\"");
    soon_late(7);
}

/* ---- the end ---- */

static void it_ends_with_connections_open_and_requests_under_way(void **state)
{
    int fds[16];

    (void)state;
    web_start("", "");
    for (int i = 0; i < 16; i++) {
        fds[i] = web_dial(port);
        const char *request = i % 2 == 0 ? "GET /metr" : "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_true(web_say(fds[i], request, strlen(request)));
    }
    PQfinish(client);
    client = NULL;
    sluice_stop(&sluice);
    for (int i = 0; i < 16; i++) {
        (void)web_hear(fds[i]);
    }
    sluice.process.pid = 0;
}

static int end_case(void **state)
{
    still_end();
    return web_end(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, web_begin, end_case)

static const struct CMUnitTest cases[] = {
        CASE(what_is_too_long_is_refused),
        CASE(nonsense_is_refused),
        CASE(no_tunnel_is_made),
        CASE(pipelined_requests_are_answered_in_their_order),
        CASE(a_flood_of_connections_is_refused_beyond_the_bound),
        CASE(who_asks_too_slowly_is_told_and_cut_off),
        CASE(a_connection_is_kept_for_a_while),
        CASE(who_takes_no_answer_is_cut_off),
        CASE(who_asks_on_without_listening_is_not_kept_in_memory),
        CASE(workers_that_stand_still_are_not_waited_for),
        CASE(it_ends_with_connections_open_and_requests_under_way),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
