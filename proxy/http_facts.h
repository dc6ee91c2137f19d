/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_facts.h - what a statement is (protocol/sql_facts.h), as JSON.
 *
 * Members of an object that the caller has opened: statements, kind, kinds, does, effects, tables,
 * columns, filters, joins, functions, order_by, group_by, values, features, complexity and
 * is_truncated. No literal is in it, only where one stands.
 *
 * Ownership: the facts are read. Threads: the caller's. Bounds: those of the facts.
 */
#ifndef SLUICE_PROXY_HTTP_FACTS_H
#define SLUICE_PROXY_HTTP_FACTS_H

#include "proxy/json.h"

struct sql_facts;

void http_facts_put(struct json *json, const struct sql_facts *facts);

#endif
