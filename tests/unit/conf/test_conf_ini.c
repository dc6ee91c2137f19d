/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct conf_problems problems;
static struct conf_entries entries;
static struct sl_arena arena;

static int begin(void **state)
{
    (void)state;
    conf_problems_init(&problems);
    sl_arena_init(&arena, (size_t)64 * 1024 * 1024);
    entries = (struct conf_entries){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    conf_problems_fini(&problems);
    sl_arena_fini(&arena);
    return 0;
}

static void read_text(const char *text)
{
    conf_ini_read_text("t.ini", sl_span_text(text), &arena, &entries, &problems);
}

static void assert_entry(int at, const char *key, const char *value, int line)
{
    assert_true(at < entries.count);
    assert_string_equal(entries.list[at].key, key);
    assert_string_equal(entries.list[at].value, value);
    assert_int_equal(entries.list[at].line, line);
}

static void comments_stand_only_at_the_start_of_a_line(void **state)
{
    (void)state;
    read_text("; a = 1\n# b = 2\n[sluice]\n   ; c = 3\nd = 4 ; five # six\n");
    assert_int_equal(problems.errors, 0);
    assert_int_equal(entries.count, 1);
    assert_entry(0, "d", "4 ; five # six", 5);
}

static void blanks_around_keys_and_values_are_dropped(void **state)
{
    (void)state;
    read_text("[sluice]\n\t a \t = \t b c \t\r\nd=\ne = f");
    assert_int_equal(problems.errors, 0);
    assert_entry(0, "a", "b c", 2);
    assert_entry(1, "d", "", 3);
    assert_entry(2, "e", "f", 4);
}

static void names_with_any_character_go_into_quotes(void **state)
{
    (void)state;
    read_text("[databases]\n'a b' = 1\n\"say \"\"hi\"\"\" = 2\n* = 3\na.b-c_d = 4\n'x\"y' = 5\n");
    assert_int_equal(problems.errors, 0);
    assert_entry(0, "a b", "1", 2);
    assert_entry(1, "say \"hi\"", "2", 3);
    assert_entry(2, "*", "3", 4);
    assert_entry(3, "a.b-c_d", "4", 5);
    assert_entry(4, "x\"y", "5", 6);
}

static void pgbouncer_is_another_name_of_sluice(void **state)
{
    (void)state;
    read_text("[pgbouncer]\na = 1\n");
    assert_true(entries.has_main);
    assert_false(entries.is_sluice);
    assert_int_equal(entries.list[0].section, CONF_SECTION_SLUICE);
    read_text("[sluice]\n");
    assert_true(entries.is_sluice);
}

static void a_section_may_have_a_name(void **state)
{
    (void)state;
    read_text("[cluster  east]\nnodes = a\n");
    assert_int_equal(problems.errors, 0);
    assert_string_equal(entries.list[0].label, "east");
    read_text("[cluster]\nnodes = b\n[cache x]\nmode = off\n");
    assert_int_equal(problems.errors, 2);
    assert_int_equal(entries.count, 1);
}

static void a_wrong_line_does_not_spoil_the_next(void **state)
{
    static const char *const wrong[] = {
            "nonsense", "= 1", "a b = 1", "'open = 1", "[open", "''=", "%includes x", "\x80 = 1"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(wrong); i++) {
        char text[128];

        snprintf(text, sizeof(text), "[sluice]\n%s\ngood = 1\n", wrong[i]);
        entries = (struct conf_entries){0};
        problems.errors = 0;
        problems.count = 0;
        read_text(text);
        assert_int_equal(problems.errors, 1);
        assert_int_equal(problems.list[0].line, 2);
        assert_string_equal(problems.list[0].file, "t.ini");
        assert_int_equal(entries.count, 1);
        assert_entry(0, "good", "1", 3);
    }
}

static void a_key_before_any_section_is_an_error(void **state)
{
    (void)state;
    read_text("a = 1\n");
    assert_int_equal(problems.errors, 1);
    assert_int_equal(entries.count, 0);
}

static void a_zero_byte_is_an_error(void **state)
{
    (void)state;
    conf_ini_read_text("t.ini", sl_span("[sluice]\n\0a=1\n", 14), &arena, &entries, &problems);
    assert_int_equal(problems.errors, 1);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void an_included_file_goes_on_in_the_open_section_and_leaves_its_own(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX";
    char inner[64];
    char text[256];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(inner, sizeof(inner), "%s/in.ini", folder);
    write_file(inner, "a = 1\n\n[databases]\nb = 2\n");
    snprintf(text, sizeof(text), "[sluice]\n%%include %s  \nc = 3\n", inner);
    read_text(text);
    assert_int_equal(problems.errors, 0);
    assert_entry(0, "a", "1", 1);
    assert_int_equal(entries.list[0].section, CONF_SECTION_SLUICE);
    assert_string_equal(entries.list[0].file, inner);
    assert_entry(1, "b", "2", 4);
    assert_entry(2, "c", "3", 3);
    assert_int_equal(entries.list[2].section, CONF_SECTION_DATABASES);
    assert_string_equal(entries.list[2].file, "t.ini");
    unlink(inner);
    rmdir(folder);
}

static void a_file_that_includes_itself_is_an_error_and_ends(void **state)
{
    char path[] = "/tmp/sluice-test-XXXXXX";
    char text[64];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(text, sizeof(text), "%%include %s\n", path);
    write_file(path, text);
    conf_ini_read(path, &arena, &entries, &problems);
    assert_int_equal(problems.errors, 1);
    assert_non_null(strstr(problems.list[0].text, "%include"));
    unlink(path);
}

static void a_missing_include_is_said_where_it_is_asked_for(void **state)
{
    (void)state;
    read_text("[sluice]\n\n%include /nonexistent/x.ini\n");
    assert_int_equal(problems.errors, 1);
    assert_int_equal(problems.list[0].line, 3);
    assert_non_null(strstr(problems.list[0].text, "/nonexistent/x.ini"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(comments_stand_only_at_the_start_of_a_line),
            TEST(blanks_around_keys_and_values_are_dropped),
            TEST(names_with_any_character_go_into_quotes),
            TEST(pgbouncer_is_another_name_of_sluice),
            TEST(a_section_may_have_a_name),
            TEST(a_wrong_line_does_not_spoil_the_next),
            TEST(a_key_before_any_section_is_an_error),
            TEST(a_zero_byte_is_an_error),
            TEST(an_included_file_goes_on_in_the_open_section_and_leaves_its_own),
            TEST(a_file_that_includes_itself_is_an_error_and_ends),
            TEST(a_missing_include_is_said_where_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
