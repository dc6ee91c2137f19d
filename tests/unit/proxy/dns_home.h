/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/proxy/dns_home.h - for tests of proxy/dns.h: who asks is a mailbox of the test's.
 *
 * One set a test program. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_UNIT_PROXY_DNS_HOME_H
#define SLUICE_TESTS_UNIT_PROXY_DNS_HOME_H

#include "proxy/dns.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DNS_PATIENCE_MS = 60000 };

static struct mailbox home;
static unsigned answers;

static inline int dns_begin(sl_usec ttl)
{
    answers = 0;
    if (mailbox_init(&home) != SL_OK || dns_start() != SL_OK) {
        return -1;
    }
    dns_set_ttl(ttl, ttl);
    return 0;
}

static inline int dns_end(void **state)
{
    (void)state;
    sl_clock_set(0);
    dns_stop();
    mailbox_fini(&home);
    return 0;
}

static inline void dns_answered(struct dns_request *request, struct worker *worker)
{
    assert_null(worker);
    assert_false(request->is_waiting);
    answers++;
}

static inline struct dns_request dns_request_of(void)
{
    return (struct dns_request){.home = &home, .done = dns_answered};
}

/* Until so many answers have come in all. */
static inline void dns_wait_for(unsigned wanted)
{
    while (answers < wanted) {
        struct pollfd event = {.fd = home.wake_fd, .events = POLLIN};
        assert_int_equal(poll(&event, 1, DNS_PATIENCE_MS), 1);
        mailbox_deliver(&home, NULL);
    }
}

#endif
