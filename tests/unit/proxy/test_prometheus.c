/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/prometheus.h"

#include "tests/unit/proxy/written.h"

#include <stdio.h>
#include <string.h>

static struct prometheus out;

static int begin(void **state)
{
    (void)state;
    written_begin();
    prometheus_begin(&out, &buf);
    return 0;
}

static void assert_written(const char *expected)
{
    assert_int_equal(prometheus_end(&out), SL_OK);
    written_expect(expected);
}

static void help_and_type_come_once_and_with_a_sample_only(void **state)
{
    (void)state;
    prometheus_metric(&out, "a_total", PROMETHEUS_COUNTER, "As.");
    prometheus_metric(&out, "b", PROMETHEUS_GAUGE, "Bs.");
    prometheus_int(&out, -3);
    prometheus_label(&out, "x", "1");
    prometheus_label(&out, "y", "2");
    prometheus_int(&out, 4);
    assert_written("# HELP b Bs.\n# TYPE b gauge\nb -3\nb{x=\"1\",y=\"2\"} 4\n");
}

static void labels_are_escaped(void **state)
{
    (void)state;
    prometheus_metric(&out, "a", PROMETHEUS_GAUGE, "A.");
    prometheus_label(&out, "x", "q\"b\\n\nu\xc3\xbc\xff");
    prometheus_int(&out, 1);
    assert_written("# HELP a A.\n# TYPE a gauge\n"
                   "a{x=\"q\\\"b\\\\n\\nu\xc3\xbc\xef\xbf\xbd\"} 1\n");
}

static void microseconds_become_seconds_to_the_last_digit(void **state)
{
    static const char *const pairs[][2] = {{"0", "0"}, {"1", "0.000001"}, {"1000000", "1"},
            {"1234567", "1.234567"}, {"120", "0.00012"}, {"-1500000", "-1.5"},
            {"18446744073709551615", "18446744073709.551615"}};
    char expected[1024] = "# HELP a A.\n# TYPE a gauge\n";
    size_t used = strlen(expected);

    (void)state;
    prometheus_metric(&out, "a", PROMETHEUS_GAUGE, "A.");
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        prometheus_value(&out, pairs[i][0], 6);
        used += (size_t)snprintf(expected + used, sizeof expected - used, "a %s\n", pairs[i][1]);
    }
    assert_written(expected);
}

/* And the labels of one that is left out are not those of the next. */
static void what_is_too_long_or_no_number_is_left_out_and_counted(void **state)
{
    char name[PROMETHEUS_LABELS_MAX + 1];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    prometheus_metric(&out, "a", PROMETHEUS_GAUGE, "A.");
    prometheus_label(&out, "x", name);
    prometheus_label(&out, "y", "z");
    prometheus_int(&out, 1);
    prometheus_label(&out, "x", "y");
    prometheus_value(&out, "many", 0);
    prometheus_int(&out, 2);
    assert_int_equal(out.left_out, 2);
    assert_written("# HELP a A.\n# TYPE a gauge\na 2\n");
}

static void buckets_are_cumulative_and_end_in_infinity(void **state)
{
    static const int64_t bounds[] = {1000, 2500000};
    static const uint64_t counts[] = {3, 2, 1};
    const struct prometheus_histogram histogram = {
            .bounds_usec = bounds, .counts = counts, .bounds_count = 2, .sum_usec = 7000001};

    (void)state;
    prometheus_metric(&out, "t_seconds", PROMETHEUS_HISTOGRAM, "Ts.");
    prometheus_label(&out, "r", "/");
    prometheus_histogram(&out, &histogram);
    assert_written("# HELP t_seconds Ts.\n# TYPE t_seconds histogram\n"
                   "t_seconds_bucket{r=\"/\",le=\"0.001\"} 3\n"
                   "t_seconds_bucket{r=\"/\",le=\"2.5\"} 5\n"
                   "t_seconds_bucket{r=\"/\",le=\"+Inf\"} 6\n"
                   "t_seconds_sum{r=\"/\"} 7.000001\n"
                   "t_seconds_count{r=\"/\"} 6\n");
}

static void a_full_buffer_is_told_at_the_end(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    sl_buf_init(&buf, 16);
    prometheus_metric(&out, "a", PROMETHEUS_GAUGE, "More than sixteen bytes.");
    prometheus_int(&out, 1);
    prometheus_int(&out, 2);
    assert_int_equal(prometheus_end(&out), SL_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    help_and_type_come_once_and_with_a_sample_only, begin, written_end),
            cmocka_unit_test_setup_teardown(labels_are_escaped, begin, written_end),
            cmocka_unit_test_setup_teardown(
                    microseconds_become_seconds_to_the_last_digit, begin, written_end),
            cmocka_unit_test_setup_teardown(
                    what_is_too_long_or_no_number_is_left_out_and_counted, begin, written_end),
            cmocka_unit_test_setup_teardown(
                    buckets_are_cumulative_and_end_in_infinity, begin, written_end),
            cmocka_unit_test_setup_teardown(a_full_buffer_is_told_at_the_end, begin, written_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
