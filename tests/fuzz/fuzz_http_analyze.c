/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the body of POST /api/queries/analyze; what is no such body, as the SQL in one.
 *
 * 1. What was read of a body is a C string of that length; what was not is said why.
 * 2. What is said of a statement is JSON, without a member that is there twice.
 * 3. A literal of the text is not in it: none in quotes, which a name has only in double ones.
 */
#include "proxy/http_facts.h"
#include "proxy/json_read.h"

#include "protocol/catalog_resolve.h"
#include "protocol/sql_facts.h"
#include "protocol/sql_parse.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's thread has the usual stack: no deeper than that. */
enum { TEXT_MAX = 8192, REPLY_MAX = 64 << 20 };

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(const struct sl_buf *buf, struct sl_span sql)
{
    struct sl_span bytes = sl_buf_borrow(buf);
    json_error_t error;
    json_t *root = json_loadb((const char *)bytes.at, bytes.len, JSON_REJECT_DUPLICATES, &error);

    SL_CHECK(root != NULL);
    SL_CHECK(json_is_object(root) && json_is_object(json_object_get(root, "complexity")));
    SL_CHECK(memchr(bytes.at, '\'', bytes.len) == NULL || memchr(sql.at, '"', sql.len) != NULL);
    json_decref(root);
}

static void check_sql(struct sl_span sql)
{
    struct sql_parse_error why;
    struct sql_tree *tree = NULL;
    struct sql_facts *facts = NULL;
    struct catalog_resolution *names = NULL;
    const struct catalog_session nobody = {0};
    struct json json;
    struct sl_buf buf;

    if (sql.len > TEXT_MAX || sql_parse(sql, &tree, &why) != SL_OK) {
        return;
    }
    if (sql_facts_new(tree, &facts) == SL_OK) {
        SL_CHECK(catalog_resolve(facts, NULL, &nobody, &names) == SL_OK);
        sl_buf_init(&buf, REPLY_MAX);
        json_begin(&json, &buf);
        json_open(&json, '{');
        http_facts_put(&json, facts, names);
        json_close(&json, '}');
        SL_CHECK(json_end(&json) == SL_OK);
        check_json(&buf, sql);
        sl_buf_fini(&buf);
        free(names);
        sql_facts_free(facts);
    }
    sql_tree_free(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_member members[] = {{.name = "sql"}, {.name = "db", .is_optional = true}};
    struct json_read read;
    enum sl_err err = json_read(&read, sl_span(data, size), members, 2);

    SL_CHECK(err == SL_OK || err == SL_EINVAL);
    if (err == SL_EINVAL) {
        SL_CHECK(read.why[0] != '\0');
        check_sql(sl_span(data, size));
    }
    for (size_t i = 0; err == SL_OK && i < 2; i++) {
        const struct sl_span value = members[i].value;
        SL_CHECK(value.at != NULL || i == 1);
        SL_CHECK(value.at == NULL || strlen((const char *)value.at) == value.len);
    }
    if (err == SL_OK) {
        check_sql(members[0].value);
    }
    json_read_fini(&read);
    return 0;
}
