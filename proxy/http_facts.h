/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_facts.h - what a statement is (protocol/sql_facts.h), as JSON.
 *
 * Members of an object that the caller has opened: statements, kind, kinds, does, effects, tables,
 * columns, filters, joins, functions, order_by, group_by, values, features, complexity and
 * is_truncated; and volatility, the worst of the functions'. No literal is in it, only where one stands.
 *
 * What only the catalogues tell, schemas, kinds of tables and volatility, is the resolution's
 * (protocol/catalog_resolve.h), and null where it is not known.
 *
 * Ownership: the facts are read. Threads: the caller's. Bounds: those of the facts.
 */
#ifndef SLUICE_PROXY_HTTP_FACTS_H
#define SLUICE_PROXY_HTTP_FACTS_H

#include "proxy/json.h"

struct catalog_resolution;
struct sql_facts;

void http_facts_put(struct json *json, const struct sql_facts *facts,
        const struct catalog_resolution *resolution);

#endif
