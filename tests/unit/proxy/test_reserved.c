/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reserved.h"
#include "tests/support/case.h"

static void names_of_a_library_are_told_from_others_of_its_prefix(void **state)
{
    static const struct {
        const char *name;
        bool is_refused;
    } rows[] = {
            {"plpgsql.extra_warnings", false},
            {"plpgsql.Extra_Errors", false},
            {"plpgsql.variable_conflict", false},
            {"plpgsql.extra_foo_warnings", true},
            {"PLPGSQL.extra", true},
            {"plpgsql.", true},
            {"plpgsql.a.b", true},
            {"plpgsql", false},
            {"plpgsqlx.y", false},
            {"pg_trgm.similarity_threshold", false},
            {"pg_trgm.similarity", true},
            {"app.tenant", false},
            {".", false},
            {"", false},
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(rows); i++) {
        if (reserved_is_refused(sl_span_text(rows[i].name)) != rows[i].is_refused) {
            fail_msg("%s", rows[i].name);
        }
    }
}

static void a_set_of_such_a_name_is_seen(void **state)
{
    static const struct {
        const char *text;
        bool is_set;
    } rows[] = {
            {"set plpgsql.nothing = 1", true},
            {" SET\tSESSION plpgsql.nothing TO 'x'; select 1", true},
            {"set plpgsql.nothing=1", true},
            {"set plpgsql.check_asserts = on", false},
            {"set work_mem = '1MB'", false},
            {"reset plpgsql.nothing", false},
            {"set", false},
            {"set session", false},
            {"", false},
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(rows); i++) {
        if (reserved_is_set_by(sl_span_text(rows[i].text)) != rows[i].is_set) {
            fail_msg("%s", rows[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_of_a_library_are_told_from_others_of_its_prefix),
            cmocka_unit_test(a_set_of_such_a_name_is_seen),
    };

    return cmocka_run_group_tests_name("reserved", tests, NULL, NULL);
}
