/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_customs.h"

#include "protocol/back.h"
#include "protocol/function_customs.h"

#include <string.h>

enum { USER_OID = 16384, HEADER_LEN = 4 };

/* ---- what is asked ---- */

#define TREES                                                                                      \
    "(SELECT concat(r.ev_action, ' ', r.ev_qual) AS tree FROM pg_rewrite r "                       \
    "WHERE r.ev_class = c.oid AND r.ev_enabled <> 'D' "                                            \
    "UNION ALL SELECT d.adbin::text FROM pg_attrdef d WHERE d.adrelid = c.oid "                    \
    "UNION ALL SELECT k.conbin::text FROM pg_constraint k WHERE k.conrelid = c.oid "               \
    "AND k.conbin IS NOT NULL "                                                                    \
    "UNION ALL SELECT k.conbin::text FROM pg_constraint k WHERE k.contypid = c.oid "               \
    "AND k.conbin IS NOT NULL "                                                                    \
    "UNION ALL SELECT concat(p.polqual, ' ', p.polwithcheck) FROM pg_policy p "                    \
    "WHERE p.polrelid = c.oid "                                                                    \
    "UNION ALL SELECT t.tgqual::text FROM pg_trigger t WHERE t.tgrelid = c.oid "                   \
    "AND t.tgenabled <> 'D' AND t.tgqual IS NOT NULL "                                             \
    "UNION ALL SELECT y.typdefaultbin::text FROM pg_type y WHERE y.oid = c.oid "                   \
    "AND y.typdefaultbin IS NOT NULL)"

/*
 * Few trees have such a call. Domains are found by their constraints, which have an index; of one
 * without any its default is not looked at.
 */
static const char trees_query[] = "SELECT c.oid, " CATALOG_CUSTOMS_OF(
        TREES) " FROM ("
               "(SELECT g.oid FROM pg_class g WHERE g.oid > %u::oid AND g.relkind IN "
               "('r', 'p', 'v', 'm', 'f') AND g.relpersistence <> 't' ORDER BY g.oid LIMIT %u) "
               "UNION (SELECT DISTINCT k.contypid FROM pg_constraint k WHERE k.contypid > %u::oid "
               "ORDER BY k.contypid LIMIT %u) ORDER BY oid LIMIT %u) c ORDER BY c.oid";

enum sl_err catalog_customs_query(struct sl_buf *query, uint32_t above, uint32_t rows)
{
    above = above < USER_OID ? USER_OID - 1 : above;
    return sl_buf_printf(query, trees_query, above, rows, above, rows, rows);
}

/* ---- what is answered ---- */

void catalog_customs_add(struct catalog_customs *customs, struct sl_span name)
{
    char lower[CATALOG_CUSTOM_LEN_MAX + 1] = "";

    if (name.len > CATALOG_CUSTOM_LEN_MAX || customs->count == CATALOG_CUSTOMS_MAX) {
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        lower[i] = (char)((uint8_t)(c - 'A') < 26 ? c | 0x20 : c);
    }
    for (unsigned i = 0; i < customs->count; i++) {
        if (strcmp(customs->names[i], lower) == 0) {
            return;
        }
    }
    memcpy(customs->names[customs->count++], lower, sizeof lower);
}

/* A byte, which may have a sign: char has one, or none. False: it is none. */
static bool read_byte(struct sl_span *text, uint8_t *byte)
{
    unsigned number = 0;
    size_t at = text->len > 0 && text->at[0] == '-';
    bool is_negative = at > 0;
    size_t digits = at;

    while (at < text->len && (uint8_t)(text->at[at] - '0') < 10 && number < 256) {
        number = number * 10 + (unsigned)(text->at[at++] - '0');
    }
    if (at == digits || number > (is_negative ? 128U : 255U)) {
        return false;
    }
    *byte = (uint8_t)(is_negative ? 256U - number : number);
    *text = sl_span(text->at + at, text->len - at);
    return true;
}

/* "28 0 0 0 97 46 98 ", to a comma or the end. False: it is no such. */
static bool take_constant(struct catalog_customs *customs, struct sl_span *text)
{
    uint8_t bytes[HEADER_LEN + CATALOG_CUSTOM_LEN_MAX];
    size_t len = 0;
    bool fits = true;

    while (text->len > 0 && text->at[0] != ',') {
        uint8_t byte = 0;
        if (text->at[0] == ' ') {
            *text = sl_span(text->at + 1, text->len - 1);
            continue;
        }
        if (!read_byte(text, &byte)) {
            return false;
        }
        fits &= len < sizeof bytes;
        if (fits) {
            bytes[len++] = byte;
        }
    }
    struct sl_span name = sl_span(bytes + HEADER_LEN, len > HEADER_LEN ? len - HEADER_LEN : 0);
    if (fits && function_customs_is_name(name)) {
        catalog_customs_add(customs, name);
    }
    return true;
}

bool catalog_customs_take(struct catalog_customs *customs, struct sl_span constants)
{
    while (constants.len > 0) {
        if (!take_constant(customs, &constants)) {
            return false;
        }
        if (constants.len > 0) { /* a comma */
            constants = sl_span(constants.at + 1, constants.len - 1);
        }
    }
    return true;
}

enum sl_err catalog_customs_row(
        struct catalog_customs *customs, struct catalog_row *row, uint32_t *last)
{
    struct sl_span constants = sl_span("", 0);

    (void)catalog_row_key(row, last);
    bool has_any = back_row_field(row->body, 1, &constants); /* or it is null */
    return row->is_bad || (has_any && !catalog_customs_take(customs, constants)) ? SL_EPROTO
                                                                                 : SL_OK;
}
