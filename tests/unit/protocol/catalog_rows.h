/* SPDX-License-Identifier: PostgreSQL */
/*
 * A server for a builder: catalogues as lines of text, answered as DataRow bodies, as many as
 * the query asks for. Included by one test each.
 */
#ifndef SLUICE_TESTS_UNIT_PROTOCOL_CATALOG_ROWS_H
#define SLUICE_TESTS_UNIT_PROTOCOL_CATALOG_ROWS_H

#include "protocol/catalog_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields are parted by "|"; "~" alone is null. The first of all but the head is the key. */
struct catalog_rows {
    const char *head;
    const char *const *roles; /* each list ends with NULL */
    const char *const *schemas;
    const char *const *relations;
    const char *const *functions;
    const char *const *targets; /* NULL: none; this and the next ones */
    const char *const *anyway;
    const char *const *bodies;
    const char *const *customs;
    const char *const *tables; /* if they are wanted, as the next */
    const char *const *columns;
};

static void put_field(struct sl_buf *buf, const char *at, size_t len)
{
    bool is_null = len == 1 && at[0] == '~';

    SL_CHECK(sl_buf_put_u32(buf, is_null ? UINT32_MAX : (uint32_t)len) == SL_OK);
    if (!is_null) {
        SL_CHECK(sl_buf_put(buf, at, len) == SL_OK);
    }
}

static void put_row(struct sl_buf *rows, const char *line)
{
    struct sl_buf fields;
    uint16_t count = 0;

    sl_buf_init(&fields, 1 << 20);
    for (const char *at = line;; at++) {
        size_t len = strcspn(at, "|");
        put_field(&fields, at, len);
        count++;
        at += len;
        if (*at == '\0') {
            break;
        }
    }
    struct sl_span body = sl_buf_borrow(&fields);
    SL_CHECK(sl_buf_put_u32(rows, (uint32_t)body.len + 2) == SL_OK);
    SL_CHECK(sl_buf_put_u16(rows, count) == SL_OK);
    SL_CHECK(sl_buf_put(rows, body.at, body.len) == SL_OK);
    sl_buf_fini(&fields);
}

/* The number behind the last such word; none: as if there were no such condition. */
static unsigned long number_behind(const char *query, const char *word, unsigned long none)
{
    const char *last = NULL;

    for (const char *at = strstr(query, word); at != NULL; at = strstr(at + 1, word)) {
        last = at;
    }
    return last == NULL ? none : strtoul(last + strlen(word), NULL, 10);
}

static void answer(const struct catalog_rows *rows, const char *query, struct sl_buf *answer)
{
    const char *const *list = rows->roles;

    if (strstr(query, "server_version_num") != NULL) {
        put_row(answer, rows->head);
        return;
    }
    list = strstr(query, "FROM pg_namespace n") != NULL ? rows->schemas : list;
    list = strstr(query, "FROM pg_class c") != NULL ? rows->relations : list;
    list = strstr(query, "FROM pg_proc p ") != NULL ? rows->functions : list;
    list = strstr(query, "FROM pg_class o") != NULL ? rows->targets : list;
    list = strstr(query, "FROM pg_operator o") != NULL ? rows->anyway : list;
    list = strstr(query, "p.prosrc") != NULL ? rows->bodies : list;
    list = strstr(query, "FROM pg_class g") != NULL ? rows->customs : list;
    list = strstr(query, "FROM pg_class t") != NULL ? rows->tables : list;
    list = strstr(query, "FROM pg_class u") != NULL ? rows->columns : list;
    unsigned long above = number_behind(query, ".oid > ", 0);
    unsigned long limit = list == rows->roles ? 1000 : number_behind(query, "LIMIT ", 1000);
    for (; list != NULL && *list != NULL && limit > 0; list++) {
        if (strtoul(*list, NULL, 10) > above) {
            put_row(answer, *list);
            limit--;
        }
    }
}

/* One query, and its answer. */
static enum sl_err build_on(struct catalog_build *build, const struct catalog_rows *rows)
{
    struct sl_buf query;
    struct sl_buf got;

    sl_buf_init(&query, 1 << 20);
    sl_buf_init(&got, 1 << 24);
    enum sl_err err = catalog_build_query(build, &query);
    if (err == SL_OK) {
        err = sl_buf_put_u8(&query, 0);
    }
    if (err == SL_OK) {
        answer(rows, (const char *)sl_buf_borrow(&query).at, &got);
        err = catalog_build_rows(build, sl_buf_borrow(&got), true);
    }
    sl_buf_fini(&query);
    sl_buf_fini(&got);
    return err;
}

#endif
