/* SPDX-License-Identifier: PostgreSQL */
#include "tests/unit/proxy/dns_home.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { ASKERS = 50 };

static int begin(void **state)
{
    (void)state;
    return dns_begin(15 * SL_SECOND);
}

static void a_numeric_host_is_answered_at_once(void **state)
{
    struct dns_request request = dns_request_of();
    char text[ADDRESS_TEXT_MAX];

    (void)state;
    assert_int_equal(dns_lookup("10.1.2.3", 5432, &request), DNS_NOW);
    assert_int_equal(request.count, 1);
    assert_string_equal(address_host_text(&request.addresses[0], text), "10.1.2.3");
    assert_int_equal(request.addresses[0].port, 5432);
    assert_int_equal(dns_lookup("::1", 1, &request), DNS_NOW);
    assert_string_equal(address_host_text(&request.addresses[0], text), "::1");
    assert_int_equal(dns_count(), 0);
}

/* localhost is in every hosts file: no name server is needed. */
static void a_name_is_answered_later_and_from_then_on_at_once(void **state)
{
    struct dns_request request = dns_request_of();

    (void)state;
    assert_int_equal(dns_lookup("localhost", 5433, &request), DNS_LATER);
    dns_wait_for(1);
    assert_true(request.count >= 1);
    assert_int_equal(request.addresses[0].port, 5433);
    struct dns_request again = dns_request_of();
    assert_int_equal(dns_lookup("LOCALHOST", 5434, &again), DNS_NOW);
    assert_int_equal(again.count, request.count);
    assert_int_equal(again.addresses[0].port, 5434);
    assert_int_equal(dns_count(), 1);
}

static void many_who_ask_at_once_share_one_question(void **state)
{
    struct dns_request requests[ASKERS];
    unsigned later = 0;

    (void)state;
    for (unsigned i = 0; i < ASKERS; i++) {
        requests[i] = dns_request_of();
        enum dns_verdict verdict = dns_lookup("localhost", 1, &requests[i]);
        assert_int_not_equal(verdict, DNS_FAILED);
        later += verdict == DNS_LATER ? 1 : 0;
        assert_in_range(dns_pending_count(), 0, 1);
    }
    dns_wait_for(later);
    for (unsigned i = 0; i < ASKERS; i++) {
        assert_true(requests[i].count >= 1);
    }
    assert_int_equal(dns_count(), 1);
}

static void an_answer_grows_old(void **state)
{
    struct dns_request request = dns_request_of();

    (void)state;
    sl_clock_set(100 * SL_SECOND);
    assert_int_equal(dns_lookup("localhost", 1, &request), DNS_LATER);
    dns_wait_for(1);
    sl_clock_set(114 * SL_SECOND);
    assert_int_equal(dns_lookup("localhost", 1, &request), DNS_NOW);
    sl_clock_set(115 * SL_SECOND);
    assert_int_equal(dns_lookup("localhost", 1, &request), DNS_LATER);
    dns_wait_for(2);
    dns_expire_all();
    assert_int_equal(dns_lookup("localhost", 1, &request), DNS_LATER);
    dns_wait_for(3);
}

static void a_name_without_an_address_fails_and_that_is_kept(void **state)
{
    struct dns_request request = dns_request_of();

    (void)state;
    assert_int_equal(dns_lookup("no-such-host.invalid", 1, &request), DNS_LATER);
    dns_wait_for(1);
    assert_int_equal(request.count, 0);
    assert_non_null(strstr(request.error, "no-such-host.invalid"));
    struct dns_request again = dns_request_of();
    assert_int_equal(dns_lookup("no-such-host.invalid", 1, &again), DNS_FAILED);
    assert_string_equal(again.error, request.error);
}

static void a_name_that_cannot_be_one_fails_at_once(void **state)
{
    struct dns_request request = dns_request_of();
    char name[DNS_NAME_MAX + 2];

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(dns_lookup(name, 1, &request), DNS_FAILED);
    assert_int_equal(dns_lookup("", 1, &request), DNS_FAILED);
    assert_int_equal(dns_count(), 0);
}

/* Others are in front of it, so that the thread does not come to it at once. */
static void who_cancels_is_not_called(void **state)
{
    static struct dns_request others[ASKERS];
    struct dns_request given_up = dns_request_of();
    char name[16];
    unsigned later = 0;

    (void)state;
    for (unsigned i = 0; i < ASKERS; i++) {
        others[i] = dns_request_of();
        snprintf(name, sizeof name, "..%u", i);
        later += dns_lookup(name, 1, &others[i]) == DNS_LATER ? 1 : 0;
    }
    assert_int_equal(dns_lookup("localhost", 1, &given_up), DNS_LATER);
    bool was_waiting = dns_cancel(&given_up);
    assert_false(dns_cancel(&given_up));
    if (was_waiting) {
        memset(&given_up, 0x5a, sizeof given_up); /* it is free: nobody may touch it */
    } else {
        later++;
    }
    struct dns_request kept = dns_request_of();
    later += dns_lookup("localhost", 1, &kept) == DNS_LATER ? 1 : 0;
    dns_wait_for(later);
    assert_int_equal(answers, later);
    assert_true(kept.count >= 1);
}

static void names_are_bounded(void **state)
{
    static struct dns_request requests[DNS_HOSTS_MAX + 20];
    char name[DNS_NAME_MAX + 1];

    (void)state;
    unsigned later = 0;
    for (unsigned i = 0; i < DNS_HOSTS_MAX + 20; i++) {
        requests[i] = dns_request_of();
        /* The dots make it too long a label: the resolver refuses it without asking anybody. */
        snprintf(name, sizeof name, "..%u", i);
        later += dns_lookup(name, 1, &requests[i]) == DNS_LATER ? 1 : 0;
        assert_true(dns_count() <= DNS_HOSTS_MAX);
    }
    dns_wait_for(later);
}

static bool collect(const struct dns_host_row *row, void *context)
{
    struct dns_host_row *copy = context;

    *copy = *row;
    return true;
}

static void a_row_shows_name_rest_and_addresses(void **state)
{
    struct dns_request request = dns_request_of();
    struct dns_host_row row = {.count = -1};

    (void)state;
    sl_clock_set(100 * SL_SECOND);
    assert_int_equal(dns_lookup("localhost", 1, &request), DNS_LATER);
    dns_wait_for(1);
    sl_clock_set(105 * SL_SECOND);
    dns_each(collect, &row);
    assert_string_equal(row.name, "localhost");
    assert_int_equal(row.ttl_usec, 10 * SL_SECOND);
    assert_int_equal(row.count, request.count);
}

static void an_address_survives_text_and_shortening(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "2001:db8::1"};
    char text[ADDRESS_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        struct address address, back;
        struct address_short brief, again;
        assert_int_equal(address_parse(texts[i], 6432, &address), SL_OK);
        address_shorten(&address, &brief);
        address_widen(&brief, &back);
        address_shorten(&back, &again);
        assert_true(address_equal(&brief, &again));
        assert_int_equal(address_port(&back), 6432);
        assert_string_equal(address_host_text(&brief, text), texts[i]);
    }
}

static void a_unix_socket_is_its_path_and_shown_as_unix(void **state)
{
    struct address address;
    struct address_short brief;
    char text[ADDRESS_TEXT_MAX];
    char longest[200];

    (void)state;
    assert_int_equal(address_parse("/run/db", 5432, &address), SL_OK);
    assert_string_equal(address_text(&address, text), "/run/db/.s.PGSQL.5432");
    address_shorten(&address, &brief);
    assert_string_equal(address_host_text(&brief, text), "unix");
    assert_int_equal(address_parse("@hidden", 5432, &address), SL_OK);
    assert_string_equal(address_text(&address, text), "@hidden/.s.PGSQL.5432");
    assert_int_equal(address.at.local.sun_path[0], 0);
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(address_parse(longest, 5432, &address), SL_ELIMIT);
    assert_int_equal(address_parse("db.example.com", 5432, &address), SL_EINVAL);
    assert_int_equal(address_parse("2001:db8::1", 5432, &address), SL_OK);
    assert_string_equal(address_text(&address, text), "[2001:db8::1]:5432");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(a_numeric_host_is_answered_at_once, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    a_name_is_answered_later_and_from_then_on_at_once, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    many_who_ask_at_once_share_one_question, begin, dns_end),
            cmocka_unit_test_setup_teardown(an_answer_grows_old, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    a_name_without_an_address_fails_and_that_is_kept, begin, dns_end),
            cmocka_unit_test_setup_teardown(
                    a_name_that_cannot_be_one_fails_at_once, begin, dns_end),
            cmocka_unit_test_setup_teardown(who_cancels_is_not_called, begin, dns_end),
            cmocka_unit_test_setup_teardown(names_are_bounded, begin, dns_end),
            cmocka_unit_test_setup_teardown(a_row_shows_name_rest_and_addresses, begin, dns_end),
            cmocka_unit_test(an_address_survives_text_and_shortening),
            cmocka_unit_test(a_unix_socket_is_its_path_and_shown_as_unix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
