/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_routes.h"

#include "proxy/http_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char page[65536];

static int read_page(void **state)
{
    FILE *file = fopen("proxy/README.md", "r");

    (void)state;
    assert_non_null(file);
    size_t len = fread(page, 1, sizeof page - 1, file);
    page[len] = '\0';
    fclose(file);
    return 0;
}

static void the_readme_has_a_line_for_each_route(void **state)
{
    const struct http_route *route;

    (void)state;
    for (int i = 0; (route = http_route_at(i)) != NULL; i++) {
        char line[256];
        snprintf(line, sizeof line, "| `%s %s` | %s |\n",
                (route->methods & HTTP_GET) != 0 ? "GET" : "POST", route->pattern, route->sentence);
        if (strstr(page, line) == NULL) {
            fail_msg("proxy/README.md has not the line %s", line);
        }
        assert_int_equal(http_route_number(route), i);
        assert_true((route->methods & HTTP_GET) == 0 || (route->methods & HTTP_HEAD) != 0);
    }
}

/* No address but the name of a language; the library's files name where it comes from. */
static void assert_names_no_host(const struct http_file *file)
{
    static const char svg[] = "http://www.w3.org/2000/svg\"";
    const char *text = (const char *)file->bytes; /* with a terminator behind it */

    if (strncmp(file->name, "dygraph.", strlen("dygraph.")) == 0) {
        return;
    }
    for (const char *at = text; (at = strstr(at, "http://")) != NULL; at++) {
        assert_memory_equal(at, svg, sizeof svg - 1);
    }
    assert_null(strstr(text, "https://"));
    assert_null(strstr(text, "\"//"));
}

/* The page may not ask anybody else; and what it asks of us is there. */
static void the_page_names_no_other_host_and_no_file_that_is_missing(void **state)
{
    (void)state;
    for (const struct http_file *file = http_files; file->name != NULL; file++) {
        const char *text = (const char *)file->bytes; /* with a terminator behind it */
        assert_int_equal(strlen(text), file->len);
        assert_names_no_host(file);
        for (const char *at = text; (at = strstr(at, "\"/dashboard/")) != NULL;) {
            bool is_there = false;
            at += strlen("\"/dashboard/");
            for (const struct http_file *other = http_files; other->name != NULL; other++) {
                size_t len = strlen(other->name);
                is_there |= strncmp(at, other->name, len) == 0 && at[len] == '"';
            }
            assert_true(is_there);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(the_readme_has_a_line_for_each_route, read_page),
            cmocka_unit_test(the_page_names_no_other_host_and_no_file_that_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
