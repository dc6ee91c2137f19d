/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/test_minutes.c - the last hour's minutes of a shape, which are kept from the first full
 * minute on.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TWO_MINUTES_MS = 120000 };

static int port;

static int begin(void **state)
{
    char ini[2048];

    (void)start_cluster(state);
    (void)prepare(state);
    port = proc_free_port();
    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES "\n" INI_ALONE
            "pool_mode = transaction\n[http]\nlisten = 127.0.0.1:%d\n",
            port);
    sluice_start(&sluice, ini);
    return 0;
}

static double number_of(const char *from, const char *name)
{
    const char *at = strstr(from, name);

    return at == NULL ? -1 : strtod(at + strlen(name), NULL);
}

/* The minute that is now has what is counted from its beginning on, and no more. */
static void a_shape_that_costs_has_its_minutes(void **state)
{
    PGconn *client = open_as("postgres", "shop");
    struct web_answer answer = {0};
    const char *minute = NULL;

    (void)state;
    for (long until = proc_now_ms() + TWO_MINUTES_MS; minute == NULL && proc_now_ms() < until;
            proc_pause_ms(200)) {
        query_expect(client, "select 'often' from pg_sleep(0.01)", "often");
        answer = web_get(port, "/api/metrics/performance?limit=1");
        minute = strstr(answer.body, "\"minutes\":[{\"at\":");
    }
    if (minute == NULL) {
        fail_msg("no minutes in %s", answer.text);
        return;
    }
    assert_true(number_of(minute, "\"at\":") > number_of(answer.body, "\"from\":") - 60e6);
    assert_true(number_of(minute, "\"at\":") <= number_of(answer.body, "\"to\":"));
    assert_in_range(number_of(minute, "\"count\":"), 1, number_of(answer.body, "\"count\":"));
    assert_true(number_of(minute, "\"mean_us\":") >= 10000);
    assert_true(number_of(minute, "\"p95_us\":") >= 9800);
    PQfinish(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_shape_that_costs_has_its_minutes)};

    return case_run(tests, CASE_COUNT(tests), begin, stop_both);
}
