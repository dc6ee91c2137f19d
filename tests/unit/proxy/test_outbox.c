/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/outbox.h"

#include "proxy/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PACKET_MAX = 1 << 20 };

/* A worker without a thread, and two ios whose peers we are. */
static struct worker *worker;
static struct io ios[2];
static int peers[2];
static uint8_t got[PACKET_MAX];

static void on_ready(struct io *io, unsigned what)
{
    (void)io;
    (void)what;
}

static int open_as(int kind)
{
    worker = calloc(1, sizeof *worker);
    if (worker == NULL || (worker->base = event_base_new()) == NULL) {
        return -1;
    }
    sl_list_init(&worker->ready);
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
            return -1;
        }
        io_init(&ios[i], worker, on_ready);
        io_open(&ios[i], ends[0]);
        peers[i] = ends[1];
    }
    return 0;
}

/* Of packets each send is one: so sends can be counted. */
static int begin_packets(void **state)
{
    (void)state;
    return open_as(SOCK_SEQPACKET);
}

static int begin_stream(void **state)
{
    (void)state;
    return open_as(SOCK_STREAM);
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        io_close(&ios[i]);
        close(peers[i]);
    }
    hold_cache_fini(&worker->holds);
    event_base_free(worker->base);
    free(worker);
    return 0;
}

/* What one send brought to that peer; empty when nothing came. */
static struct sl_span received(int which)
{
    ssize_t n = recv(peers[which], got, sizeof got, 0);

    return sl_span(got, n < 0 ? 0 : (size_t)n);
}

static void pass(const char *text)
{
    outbox_pass(&worker->outbox, (const uint8_t *)text, strlen(text));
}

static void copy(const char *text)
{
    outbox_copy(&worker->outbox, text, strlen(text));
}

static void what_a_turn_has_to_say_leaves_in_one_send(void **state)
{
    static const char passed[] = "passed where it lies, ";
    char copied[] = "copied, ";

    (void)state;
    outbox_begin(&worker->outbox, &ios[0]);
    pass(passed);
    copy(copied);
    memset(copied, 'x', sizeof copied - 1);
    pass("small beside a copy");
    assert_int_equal(received(0).len, 0);
    assert_false(outbox_is_empty(&worker->outbox));
    outbox_flush(&worker->outbox);
    assert_true(sl_span_is(received(0), "passed where it lies, copied, small beside a copy"));
    assert_int_equal(received(0).len, 0);
    assert_true(outbox_is_empty(&worker->outbox));
}

static void neighbours_grow_together(void **state)
{
    static const char text[] = "0123456789";

    (void)state;
    outbox_begin(&worker->outbox, &ios[0]);
    for (size_t i = 0; i < 10; i++) {
        outbox_pass(&worker->outbox, (const uint8_t *)text + i, 1);
    }
    assert_int_equal(worker->outbox.count, 1);
    copy("a");
    copy("b");
    assert_int_equal(worker->outbox.count, 2);
    outbox_flush(&worker->outbox);
    assert_true(sl_span_is(received(0), "0123456789ab"));
}

static void what_is_for_another_is_sent_before(void **state)
{
    (void)state;
    outbox_begin(&worker->outbox, &ios[0]);
    copy("for one");
    outbox_begin(&worker->outbox, &ios[0]);
    assert_int_equal(received(0).len, 0);
    outbox_begin(&worker->outbox, &ios[1]);
    assert_true(sl_span_is(received(0), "for one"));
    copy("for the other");
    outbox_flush(&worker->outbox);
    assert_true(sl_span_is(received(1), "for the other"));
    assert_int_equal(received(0).len, 0);
}

static void what_was_for_a_closed_socket_is_dropped(void **state)
{
    (void)state;
    outbox_begin(&worker->outbox, &ios[0]);
    copy("never sent");
    outbox_forget(&worker->outbox, &ios[1]); /* another's: nothing changes */
    assert_false(outbox_is_empty(&worker->outbox));
    io_close(&ios[0]);
    assert_true(outbox_is_empty(&worker->outbox));
    outbox_flush(&worker->outbox);
    assert_int_equal(received(0).len, 0);
}

static void nothing_said_is_nothing_sent(void **state)
{
    (void)state;
    outbox_begin(&worker->outbox, &ios[0]);
    pass("");
    copy("");
    assert_int_equal(worker->outbox.count, 0);
    outbox_flush(&worker->outbox);
    assert_int_equal(recv(peers[0], got, sizeof got, 0), -1);
}

/* Passes and copies of many lengths, more than fit: all come, in order. */
static void a_full_outbox_sends_and_goes_on(void **state)
{
    enum { BYTES = 400000 };
    static uint8_t bytes[BYTES];
    size_t at = 0;
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = (uint8_t)(i * 2654435761U >> 13);
    }
    outbox_begin(&worker->outbox, &ios[0]);
    for (size_t i = 0; at < BYTES; i++) {
        size_t len = i * i * 31 % 5000;
        len = len < BYTES - at ? len : BYTES - at;
        if (i % 3 == 0) {
            outbox_copy(&worker->outbox, bytes + at, len);
        } else {
            outbox_pass(&worker->outbox, bytes + at, len);
        }
        at += len;
        assert_in_range(worker->outbox.count, 0, OUTBOX_PIECES);
    }
    outbox_flush(&worker->outbox);
    while (seen < BYTES) {
        struct sl_span some = received(0);
        if (some.len == 0) {
            assert_true(io_is_clogged(&ios[0]));
            io_flush(&ios[0]);
            continue;
        }
        assert_memory_equal(some.at, bytes + seen, some.len);
        seen += some.len;
    }
    assert_int_equal(seen, BYTES);
    assert_false(io_is_clogged(&ios[0]));
}

static void a_copy_larger_than_the_scratch_comes_whole(void **state)
{
    enum { BYTES = 3 * OUTBOX_SCRATCH + 17 };
    static uint8_t bytes[BYTES];
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = (uint8_t)(i % 253);
    }
    outbox_begin(&worker->outbox, &ios[0]);
    outbox_copy(&worker->outbox, bytes, BYTES);
    outbox_flush(&worker->outbox);
    while (seen < BYTES) {
        struct sl_span some = received(0);
        assert_true(some.len > 0);
        assert_memory_equal(some.at, bytes + seen, some.len);
        seen += some.len;
    }
}

/* A piece that a full outbox was about to lengthen, and a small pass behind copies. */
static void the_last_piece_may_still_grow(void **state)
{
    static uint8_t apart[2 * OUTBOX_PIECES];

    (void)state;
    memset(apart, 'p', sizeof apart);
    outbox_begin(&worker->outbox, &ios[0]);
    for (size_t i = 0; i < OUTBOX_PIECES; i++) {
        outbox_pass(&worker->outbox, apart + 2 * i, 1);
    }
    assert_int_equal(worker->outbox.count, OUTBOX_PIECES);
    outbox_pass(&worker->outbox, apart, 1);
    assert_int_equal(worker->outbox.count, 1);
    outbox_flush(&worker->outbox);
    assert_int_equal(received(0).len, OUTBOX_PIECES);
    assert_int_equal(received(0).len, 1);
}

static unsigned released;

static void release(void *lender)
{
    assert_ptr_equal(lender, &released);
    released++;
}

static struct sl_lent lent_now(void)
{
    return (struct sl_lent){.release = release, .lender = &released};
}

/* It is sent from where it lies, and given back behind that; what is small is copied, and given back at once. */
static void what_is_lent_is_given_back_once(void **state)
{
    static uint8_t large[2 * OUTBOX_SMALL];

    (void)state;
    released = 0;
    memset(large, 'l', sizeof large);
    outbox_begin(&worker->outbox, &ios[0]);
    outbox_lend(&worker->outbox, sl_span_text("small"), lent_now());
    assert_int_equal(released, 1);
    outbox_lend(&worker->outbox, sl_span(large, sizeof large), lent_now());
    assert_int_equal(released, 1);
    outbox_flush(&worker->outbox);
    assert_int_equal(released, 2);
    assert_int_equal(received(0).len, 5 + sizeof large);
    outbox_flush(&worker->outbox);
    assert_int_equal(released, 2);
    outbox_lend(&worker->outbox, sl_span(large, sizeof large), lent_now());
    outbox_forget(&worker->outbox, &ios[0]);
    assert_int_equal(released, 3);
}

static void more_than_can_be_lent_is_sent_before(void **state)
{
    static uint8_t large[2 * OUTBOX_SMALL];

    (void)state;
    released = 0;
    outbox_begin(&worker->outbox, &ios[0]);
    for (unsigned i = 0; i < OUTBOX_LENT; i++) {
        outbox_lend(&worker->outbox, sl_span(large, sizeof large), lent_now());
    }
    assert_int_equal(released, 0);
    outbox_lend(&worker->outbox, sl_span(large, sizeof large), lent_now());
    assert_int_equal(released, OUTBOX_LENT);
    outbox_flush(&worker->outbox);
    assert_int_equal(released, OUTBOX_LENT + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    what_a_turn_has_to_say_leaves_in_one_send, begin_packets, end),
            cmocka_unit_test_setup_teardown(neighbours_grow_together, begin_packets, end),
            cmocka_unit_test_setup_teardown(what_is_for_another_is_sent_before, begin_packets, end),
            cmocka_unit_test_setup_teardown(
                    what_was_for_a_closed_socket_is_dropped, begin_packets, end),
            cmocka_unit_test_setup_teardown(nothing_said_is_nothing_sent, begin_packets, end),
            cmocka_unit_test_setup_teardown(a_full_outbox_sends_and_goes_on, begin_stream, end),
            cmocka_unit_test_setup_teardown(
                    a_copy_larger_than_the_scratch_comes_whole, begin_stream, end),
            cmocka_unit_test_setup_teardown(the_last_piece_may_still_grow, begin_packets, end),
            cmocka_unit_test_setup_teardown(what_is_lent_is_given_back_once, begin_packets, end),
            cmocka_unit_test_setup_teardown(
                    more_than_can_be_lent_is_sent_before, begin_packets, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
