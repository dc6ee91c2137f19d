/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/console.h"

#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 8, VALUE_MAX = 8192, PAUSE_MS = 10 };

static int column_of(const PGresult *result, const char *name)
{
    int at = PQfnumber(result, name);

    if (at < 0) {
        fail_msg("there is no column %s", name);
    }
    return at;
}

const char *console_value(const char *show, const char *key, const char *is, const char *column)
{
    static char values[VALUES][VALUE_MAX];
    static unsigned next;
    PGconn *console = open_console();
    PGresult *result = PQexec(console, show);
    char *value = NULL;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    int at = column_of(result, key);
    int wanted = column_of(result, column);
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, at), is) == 0) {
            if (value != NULL) {
                fail_msg("%s has two rows with %s %s", show, key, is);
            }
            value = values[next++ % VALUES];
            snprintf(value, VALUE_MAX, "%s", PQgetvalue(result, row, wanted));
        }
    }
    PQclear(result);
    PQfinish(console);
    return value;
}

static const char *value_of_row(
        const char *show, const char *key, const char *is, const char *column)
{
    const char *value = console_value(show, key, is, column);

    if (value == NULL) {
        fail_msg("%s has no row with %s %s", show, key, is);
        return "";
    }
    return value;
}

void console_expect(
        const char *show, const char *key, const char *is, const char *column, const char *expected)
{
    assert_string_equal(value_of_row(show, key, is, column), expected);
}

long console_number(const char *show, const char *key, const char *is, const char *column)
{
    return strtol(value_of_row(show, key, is, column), NULL, 10);
}

void console_await(
        const char *show, const char *key, const char *is, const char *column, const char *expected)
{
    const char *value = NULL;

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(PAUSE_MS)) {
        value = console_value(show, key, is, column);
        if (value != NULL && strcmp(value, expected) == 0) {
            return;
        }
    }
    fail_msg("%s: %s of %s is %s, not %s", show, column, is, value == NULL ? "nothing" : value,
            expected);
}

void console_print_counts(void)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CACHE");

    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 2), "0") != 0) {
            print_message("    %s %s %s\n", PQgetvalue(result, row, 0), PQgetvalue(result, row, 1),
                    PQgetvalue(result, row, 2));
        }
    }
    PQclear(result);
    PQfinish(console);
}

long console_listed(const char *name)
{
    return console_number("SHOW LISTS", "list", name, "items");
}
