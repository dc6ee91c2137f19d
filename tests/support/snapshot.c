/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/snapshot.h"

#include "protocol/catalog_build.h"
#include "tests/support/case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { ENOUGH = 1 << 26 };

static void put_row(struct sl_buf *rows, const PGresult *result, int row)
{
    struct sl_buf body;

    sl_buf_init(&body, 1 << 20);
    assert_int_equal(sl_buf_put_u16(&body, (uint16_t)PQnfields(result)), SL_OK);
    for (int i = 0; i < PQnfields(result); i++) {
        bool is_null = PQgetisnull(result, row, i) != 0;
        int len = PQgetlength(result, row, i);
        assert_int_equal(sl_buf_put_u32(&body, is_null ? UINT32_MAX : (uint32_t)len), SL_OK);
        if (!is_null) {
            const char *value = PQgetvalue(result, row, i);
            assert_int_equal(sl_buf_put(&body, value, (size_t)len), SL_OK);
        }
    }
    struct sl_span whole = sl_buf_borrow(&body);
    assert_int_equal(sl_buf_put_u32(rows, (uint32_t)whole.len), SL_OK);
    assert_int_equal(sl_buf_put(rows, whole.at, whole.len), SL_OK);
    sl_buf_fini(&body);
}

/* As proxy/catalogs.c: one Query, which is a transaction. */
static void ask(PGconn *of, struct catalog_build *build, unsigned *queries)
{
    struct sl_buf query;
    struct sl_buf rows;

    sl_buf_init(&query, 1 << 16);
    sl_buf_init(&rows, 1 << 24);
    assert_int_equal(sl_buf_printf(&query, "%s; ", catalog_build_begin), SL_OK);
    assert_int_equal(catalog_build_query(build, &query), SL_OK);
    assert_int_equal(sl_buf_put_u8(&query, 0), SL_OK);
    assert_int_equal(PQsendQuery(of, (const char *)sl_buf_borrow(&query).at), 1);
    for (PGresult *result = PQgetResult(of); result != NULL; result = PQgetResult(of)) {
        if (PQresultStatus(result) != PGRES_TUPLES_OK &&
                PQresultStatus(result) != PGRES_COMMAND_OK) {
            fail_msg("%s", PQresultErrorMessage(result));
        }
        for (int i = 0; i < PQntuples(result); i++) {
            put_row(&rows, result, i);
        }
        PQclear(result);
    }
    ++*queries;
    assert_int_equal(catalog_build_rows(build, sl_buf_borrow(&rows), true), SL_OK);
    sl_buf_fini(&query);
    sl_buf_fini(&rows);
}

const struct catalog *snapshot_load(PGconn *of, bool wants_tables, unsigned *queries)
{
    static const char *const roles[] = {"postgres"};
    const struct catalog *made = NULL;
    struct catalog_build *build = catalog_build_new(&(struct catalog_build_options){
            .bytes_max = ENOUGH, .roles = roles, .roles_count = 1, .wants_tables = wants_tables});

    assert_non_null(build);
    while (!catalog_build_is_done(build)) {
        ask(of, build, queries);
    }
    assert_int_equal(catalog_build_end(build, &made), SL_OK);
    catalog_build_free(build);
    return made;
}
