/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/proxy/test_dns_changes.c - what a newer answer means for who is connected.
 *
 * The resolver is played here: it gives what the test has put into `answer`.
 */
#include "tests/unit/proxy/dns_home.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Set before a question; the letter, or dns_pending_count(), says when it was answered. */
static struct {
    int failed;
    int count; /* of 10.0.0.<first>, 10.0.0.<first + 1>, ... */
    uint8_t first;
} answer;

int getaddrinfo(const char *restrict node, const char *restrict service,
        const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    (void)node;
    (void)service;
    (void)hints;
    *result = NULL;
    for (int i = answer.count; answer.failed == 0 && i-- > 0;) {
        struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in));
        SL_CHECK(info != NULL);
        struct sockaddr_in *at = (struct sockaddr_in *)(void *)(info + 1);
        at->sin_family = AF_INET;
        at->sin_addr.s_addr = htonl(0x0a000000U + answer.first + (unsigned)i);
        info->ai_family = AF_INET;
        info->ai_addr = (struct sockaddr *)at;
        info->ai_addrlen = sizeof *at;
        info->ai_next = *result;
        *result = info;
    }
    return answer.failed;
}

void freeaddrinfo(struct addrinfo *all)
{
    while (all != NULL) {
        struct addrinfo *next = all->ai_next;
        free(all);
        all = next;
    }
}

static int begin(void **state)
{
    (void)state;
    sl_clock_set(100 * SL_SECOND);
    return dns_begin(10 * SL_SECOND);
}

static void answer_is(int failed, uint8_t first, int count)
{
    answer.failed = failed;
    answer.first = first;
    answer.count = count;
}

/* The name is asked for, and the answer is this; what dns_changes() grew by. */
static unsigned answered(int failed, uint8_t first, int count)
{
    struct dns_request request = dns_request_of();
    unsigned before = dns_changes();

    answer_is(failed, first, count);
    dns_expire_all();
    assert_int_equal(dns_lookup("db.test", 5432, &request), DNS_LATER);
    dns_wait_for(answers + 1);
    return dns_changes() - before;
}

static bool has(const char *name, uint8_t last)
{
    struct address_short address = {.family = AF_INET, .port = 5432, .ip = {10, 0, 0, last}};

    return dns_has_address(name, &address);
}

static void an_answer_without_an_address_of_before_is_a_change(void **state)
{
    (void)state;
    assert_int_equal(answered(0, 1, 2), 0); /* the first */
    assert_true(has("db.test", 1) && has("DB.test", 2));
    assert_false(has("db.test", 3));
    assert_int_equal(answered(0, 1, 2), 0);
    assert_int_equal(answered(0, 1, 3), 0); /* one more */
    assert_true(has("db.test", 3));
    assert_int_equal(answered(0, 2, 2), 1);
    assert_false(has("db.test", 1));
    assert_true(has("db.test", 2));
    assert_int_equal(answered(0, 9, 1), 1);
    assert_false(has("db.test", 2));
}

static void what_the_resolver_does_not_say_is_no_change(void **state)
{
    (void)state;
    assert_true(has("db.test", 1)); /* a name that nobody asked for */
    assert_int_equal(answered(0, 1, 1), 0);
    assert_int_equal(answered(EAI_AGAIN, 0, 0), 0);
    assert_true(has("db.test", 1));
    assert_false(has("db.test", 2));
    assert_int_equal(answered(EAI_NONAME, 0, 0), 0);
    assert_true(has("db.test", 1));
    assert_int_equal(answered(0, 2, 1), 1); /* and what it had before is not known */
    assert_false(has("db.test", 1));
}

static void of_more_addresses_than_are_kept_none_is_missing(void **state)
{
    (void)state;
    assert_int_equal(answered(0, 1, DNS_ADDRESSES_MAX), 0);
    assert_false(has("db.test", 100));
    assert_int_equal(answered(0, 50, DNS_ADDRESSES_MAX + 1), 0);
    assert_true(has("db.test", 1));
    assert_int_equal(answered(0, 51, 1), 1);
    assert_false(has("db.test", 1));
}

static void wait_until_asked(void)
{
    for (int i = 0; dns_pending_count() > 0; i++) {
        assert_true(i < DNS_PATIENCE_MS);
        poll(NULL, 0, 1);
    }
}

static void a_name_in_use_is_asked_for_when_it_has_grown_old(void **state)
{
    (void)state;
    dns_refresh("db.test");
    assert_int_equal(dns_count(), 0); /* not known: not in use */
    assert_int_equal(answered(0, 1, 1), 0);
    unsigned before = dns_changes();
    answer_is(0, 2, 1);
    sl_clock_set(109 * SL_SECOND);
    dns_refresh("db.test");
    assert_int_equal(dns_pending_count(), 0);
    sl_clock_set(110 * SL_SECOND);
    dns_refresh("DB.test");
    dns_refresh("db.test");
    wait_until_asked();
    assert_int_equal(dns_changes(), before + 1);
    assert_true(has("db.test", 2));
    dns_refresh("db.test");
    assert_int_equal(dns_pending_count(), 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    an_answer_without_an_address_of_before_is_a_change, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    what_the_resolver_does_not_say_is_no_change, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    of_more_addresses_than_are_kept_none_is_missing, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    a_name_in_use_is_asked_for_when_it_has_grown_old, begin, dns_end),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
