/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static char path[64];
static char text[4 << 20]; /* of the file */

static const char *read_file(const char *from)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    ssize_t len = 0;
    ssize_t n = 0;

    assert_true(fd >= 0);
    while ((n = read(fd, text + len, sizeof text - 1 - (size_t)len)) > 0) {
        len += n;
    }
    close(fd);
    text[len] = '\0';
    return text;
}

static int lines_of(const char *all, const char *with)
{
    int lines = 0;

    for (const char *at = strstr(all, with); at != NULL; at = strstr(at + 1, with)) {
        lines++;
    }
    return lines;
}

static int open_log(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/sluice-test-log-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    sl_log_set_level(SL_LOG_INFO);
    return sl_log_open(path, NULL) == SL_OK ? 0 : -1;
}

static int close_log(void **state)
{
    (void)state;
    sl_clock_set(0);
    sl_log_stop();
    unlink(path);
    return sl_log_open(NULL, NULL) == SL_OK ? 0 : -1;
}

static void a_line_has_time_level_event_and_pairs(void **state)
{
    (void)state;
    sl_clock_set((sl_usec)1763717400 * SL_SECOND + 42);
    sl_log(SL_LOG_WARN, "a_test", "db=%s n=%d", sl_log_quote("my \"shop\"\n"), 7);
    assert_string_equal(read_file(path), "2025-11-21T09:30:00.000042Z warn event=a_test "
                                         "db=\"my \\\"shop\\\"\\n\" n=7\n");
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    assert_false(sl_log_enabled(SL_LOG_DEBUG));
    sl_log(SL_LOG_DEBUG, "quiet", "x=1");
    assert_string_equal(read_file(path), "");
    sl_log_set_level(SL_LOG_DEBUG);
    sl_log(SL_LOG_DEBUG, "loud", "%s", "");
    assert_int_equal(lines_of(read_file(path), "event=loud"), 1);
}

static void a_long_line_is_cut_and_says_so(void **state)
{
    char longer[6000];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    sl_log(SL_LOG_INFO, "cut", "text=\"%s\"", longer);
    const char *all = read_file(path);
    assert_true(strlen(all) <= 4096);
    assert_non_null(strstr(all, "xxx\" cut=yes\n")); /* the quote is closed */
}

static void a_newline_in_a_value_makes_no_second_line(void **state)
{
    (void)state;
    sl_log(SL_LOG_INFO, "evil", "user=%s", "a\nerror event=forged\r\x1b[2J");
    assert_int_equal(lines_of(read_file(path), "\n"), 1);
    assert_null(strchr(text, '\x1b'));
}

static void an_event_is_limited_and_the_rest_counted(void **state)
{
    uint64_t before = sl_log_dropped();

    (void)state;
    sl_clock_set(1000 * SL_SECOND);
    for (int i = 0; i < 250; i++) {
        sl_log(SL_LOG_INFO, "storm", "i=%d", i);
        sl_log(SL_LOG_INFO, "other", "i=%d", i / 100);
    }
    sl_clock_set(1001 * SL_SECOND);
    sl_log(SL_LOG_INFO, "storm", "last=yes");
    read_file(path);
    assert_int_equal(lines_of(text, "event=storm"), 101);
    assert_int_equal(lines_of(text, "event=other"), 100);
    assert_non_null(strstr(text, "event=storm last=yes suppressed=150\n"));
    assert_int_equal(sl_log_dropped() - before, 300);
}

static void *write_some(void *name)
{
    for (int i = 0; i < 90; i++) {
        sl_log(SL_LOG_INFO, name, "i=%d", i);
    }
    return NULL;
}

static void every_thread_s_lines_are_written_by_the_end(void **state)
{
    static char names[4][6] = {"one", "two", "three", "four"};
    pthread_t threads[4];

    (void)state;
    sl_clock_set(2000 * SL_SECOND); /* one second for all of them */
    assert_int_equal(sl_log_start(), SL_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, names[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    sl_log_stop();
    read_file(path);
    assert_int_equal(lines_of(text, "\n"), 4 * 90);
    for (size_t i = 0; i < 4; i++) {
        char event[40];
        (void)snprintf(event, sizeof event, "event=%.8s ", names[i]);
        assert_int_equal(lines_of(text, event), 90);
    }
}

static void nobody_waits_for_a_reader_who_does_not_read(void **state)
{
    char fifo[80];
    char event[16];
    struct sl_error error = {0};
    uint64_t before = sl_log_dropped();

    (void)state;
    (void)snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(sl_log_open(fifo, &error), SL_OK);
    assert_int_equal(sl_log_start(), SL_OK);
    /* 2.5 MB, at most 100 lines an event and second: more than pipe and queue hold. */
    for (int i = 0; i < 250 * 100; i++) {
        (void)snprintf(event, sizeof event, "e%d", i / 100);
        sl_log(SL_LOG_INFO, event, "text=%080d", i);
    }
    assert_true(sl_log_dropped() > before);
    sl_usec asked = sl_now();
    sl_log_stop();
    assert_true(sl_now() - asked < 5 * SL_SECOND);
    assert_int_equal(sl_log_open(path, &error), SL_OK);
    close(reader);
    unlink(fifo);
}

static void a_renamed_file_is_left_at_reopening(void **state)
{
    char old[80];

    (void)state;
    (void)snprintf(old, sizeof old, "%s.1", path);
    assert_int_equal(sl_log_start(), SL_OK);
    sl_log(SL_LOG_INFO, "before", "%s", "");
    sl_log_stop();
    assert_int_equal(rename(path, old), 0);
    sl_log_reopen();
    sl_log(SL_LOG_INFO, "after", "%s", "");
    assert_int_equal(lines_of(read_file(old), "event=before"), 1);
    assert_int_equal(lines_of(text, "event=after"), 0);
    assert_int_equal(lines_of(read_file(path), "event=after"), 1);
    unlink(old);
}

static void a_path_that_cannot_be_opened_changes_nothing(void **state)
{
    struct sl_error error = {0};

    (void)state;
    assert_int_equal(sl_log_open("/nonexistent/dir/file", &error), SL_EIO);
    assert_non_null(strstr(error.text, "/nonexistent/dir/file"));
    sl_log(SL_LOG_INFO, "still", "%s", "");
    assert_int_equal(lines_of(read_file(path), "event=still"), 1);
}

static void quoting_escapes_cuts_and_lasts_eight_calls(void **state)
{
    char longer[300];
    const char *first = sl_log_quote("first");

    (void)state;
    for (int i = 0; i < 7; i++) {
        assert_string_equal(sl_log_quote("a\tb\x01\x7f"), "\"a\\tb\\x01\\x7f\"");
    }
    assert_string_equal(first, "\"first\"");
    assert_string_equal(sl_log_quote("\xc3\xa9\xe9\xc3"), "\"\xc3\xa9\\xe9\\xc3\"");
    assert_string_equal(sl_log_quote(NULL), "\"\"");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(strlen(sl_log_quote(longer)), 200 + 5);
    memset(longer, 1, sizeof longer - 1);
    assert_int_equal(strlen(sl_log_quote(longer)), 200 * 4 + 5);
    /* Not inside a character: 199 bytes, then one of two. */
    memset(longer, 'x', sizeof longer - 1);
    memcpy(longer + 199, "\xc3\xa9", 2);
    assert_int_equal(strlen(sl_log_quote(longer)), 199 + 5);
}

static void a_long_text_is_cut_later(void **state)
{
    char longer[SL_LOG_LONG_MAX + 2];

    (void)state;
    memset(longer, 'x', sizeof longer);
    longer[SL_LOG_LONG_MAX] = '\0';
    assert_int_equal(strlen(sl_log_quote_long(longer)), SL_LOG_LONG_MAX + 2);
    longer[SL_LOG_LONG_MAX] = 'x';
    longer[SL_LOG_LONG_MAX + 1] = '\0';
    const char *cut = sl_log_quote_long(longer);
    assert_int_equal(strlen(cut), SL_LOG_LONG_MAX + 5);
    sl_log(SL_LOG_INFO, "whole", "text=%s", cut);
    assert_non_null(strstr(read_file(path), "xxx...\"\n"));
    memset(longer, 1, sizeof longer - 1);
    assert_int_equal(strlen(sl_log_quote_long(longer)), SL_LOG_LONG_MAX * 4 + 5);
}

/* ---- syslog: ours, in place of the C library's ---- */

static struct {
    char ident[64];
    int facility;
    int priority;
    char line[256];
    int lines;
} said;

void openlog(const char *ident, int options, int facility)
{
    (void)options;
    (void)snprintf(said.ident, sizeof said.ident, "%s", ident);
    said.facility = facility;
}

void closelog(void)
{
}

void syslog(int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(said.line, sizeof said.line, format, args);
    va_end(args);
    said.priority = priority;
    said.lines++;
}

/* What syslog_ident and syslog_facility are given to. */
static void syslog_is_told_under_our_name_and_facility(void **state)
{
    (void)state;
    sl_log_syslog(true, "pool1", "local3");
    assert_string_equal(said.ident, "pool1");
    assert_int_equal(said.facility, LOG_LOCAL3);
    sl_log(SL_LOG_WARN, "near_end", "left=%d", 3);
    assert_int_equal(said.priority, LOG_WARNING);
    assert_string_equal(said.line, "warn event=near_end left=3");
    sl_log_syslog(false, "pool1", "local3");
    sl_log(SL_LOG_WARN, "near_end", "left=%d", 2);
    assert_int_equal(said.lines, 1);
    assert_int_equal(lines_of(read_file(path), "near_end"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    a_line_has_time_level_event_and_pairs, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    what_is_below_the_level_is_not_written, open_log, close_log),
            cmocka_unit_test_setup_teardown(a_long_line_is_cut_and_says_so, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    a_newline_in_a_value_makes_no_second_line, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    an_event_is_limited_and_the_rest_counted, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    every_thread_s_lines_are_written_by_the_end, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    nobody_waits_for_a_reader_who_does_not_read, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    a_renamed_file_is_left_at_reopening, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    a_path_that_cannot_be_opened_changes_nothing, open_log, close_log),
            cmocka_unit_test_setup_teardown(
                    syslog_is_told_under_our_name_and_facility, open_log, close_log),
            cmocka_unit_test(quoting_escapes_cuts_and_lasts_eight_calls),
            cmocka_unit_test_setup_teardown(a_long_text_is_cut_later, open_log, close_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
