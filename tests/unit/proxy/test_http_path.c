/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_path.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_path_is_cut_before_it_is_decoded(void **state)
{
    struct http_path path;

    (void)state;
    assert_int_equal(http_path_read("/api/a%2Fb%c3%BC/?x=1+2%263&y&&=z&x=4#part", &path), SL_OK);
    assert_int_equal(path.segments_count, 3);
    assert_string_equal(path.segments[0], "api");
    assert_string_equal(path.segments[1], "a/b\xc3\xbc");
    assert_string_equal(path.segments[2], "");
    assert_int_equal(path.parameters_count, 4);
    assert_string_equal(http_path_parameter(&path, "x"), "1 2&3");
    assert_string_equal(http_path_parameter(&path, "y"), "");
    assert_string_equal(http_path_parameter(&path, ""), "z");
    assert_null(http_path_parameter(&path, "z"));
}

static void the_root_has_no_segments(void **state)
{
    struct http_path path;

    (void)state;
    assert_int_equal(http_path_read("/", &path), SL_OK);
    assert_int_equal(path.segments_count, 0);
    assert_int_equal(http_path_read("http://example:80/?a", &path), SL_OK);
    assert_int_equal(path.segments_count, 0);
    assert_int_equal(path.parameters_count, 1);
    assert_int_equal(http_path_read("HTTPS://example/b", &path), SL_OK);
    assert_string_equal(path.segments[0], "b");
}

static void what_is_no_path_is_refused(void **state)
{
    static const char *const bad[] = {"", "*", "a", "http://example", "/%", "/%4", "/%4g", "/%g4",
            "/%00", "/%0a", "/%7f", "/\x01", "/?a=%zz", "/?%zz=a", "/1/2/3/4/5/6/7/8/9",
            "/?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17"};
    struct http_path path;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        if (http_path_read(bad[i], &path) != SL_EINVAL) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

static void the_longest_path_is_one_byte_short_of_the_bound(void **state)
{
    char uri[HTTP_URI_MAX + 1];
    struct http_path path;

    (void)state;
    memset(uri, 'a', sizeof uri);
    uri[0] = '/';
    uri[HTTP_URI_MAX] = '\0';
    assert_int_equal(http_path_read(uri, &path), SL_ELIMIT);
    uri[HTTP_URI_MAX - 1] = '\0';
    assert_int_equal(http_path_read(uri, &path), SL_OK);
    assert_int_equal(strlen(path.segments[0]), HTTP_URI_MAX - 2);
}

static bool fits(const char *uri, const char *pattern, const char **value)
{
    static struct http_path path;

    *value = "untouched";
    assert_int_equal(http_path_read(uri, &path), SL_OK);
    return http_path_fits(&path, pattern, value);
}

static void a_pattern_fits_segment_by_segment(void **state)
{
    const char *value;

    (void)state;
    assert_true(fits("/", "/", &value));
    assert_string_equal(value, "untouched");
    assert_true(fits("/api/views", "/api/views", &value));
    assert_true(fits("/api/views/po%6fls", "/api/views/{name}", &value));
    assert_string_equal(value, "pools");
    assert_true(fits("/api/views/", "/api/views/{name}", &value));
    assert_string_equal(value, "");
    assert_false(fits("/api/view", "/api/views", &value));
    assert_false(fits("/api/viewss", "/api/views", &value));
    assert_false(fits("/api", "/api/views", &value));
    assert_false(fits("/api/views/a/b", "/api/views/{name}", &value));
    assert_false(fits("/api/views", "/api/views/{name}", &value));
    assert_false(fits("//api/views", "/api/views", &value));
    assert_false(fits("/x", "/", &value));
    assert_string_equal(value, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_path_is_cut_before_it_is_decoded),
            cmocka_unit_test(the_root_has_no_segments),
            cmocka_unit_test(what_is_no_path_is_refused),
            cmocka_unit_test(the_longest_path_is_one_byte_short_of_the_bound),
            cmocka_unit_test(a_pattern_fits_segment_by_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
