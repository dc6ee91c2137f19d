/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_tree.h - a parse tree as it came out of libpg_query: names, values, children.
 *
 * Made from libpg_query's JSON by one pass without recursion. Every JSON value is a node; its
 * tag is the name it stands under, so {"stmt": {"SelectStmt": {...}}} is a node STMT with one
 * child SELECT_STMT_NODE, whose children are the statement's fields. A field that has its
 * default (0, false, NULL) is not there. Numbers of literals are not to be trusted: libpg_query
 * 15-4.0 leaves negative ones out.
 *
 * Ownership: sql_tree_free(). Spans and nodes are valid until then. Threads: the caller's.
 * Bounds: SQL_TREE_JSON_MAX bytes, SQL_TREE_NODES_MAX nodes.
 */
#ifndef SLUICE_PROTOCOL_SQL_TREE_H
#define SLUICE_PROTOCOL_SQL_TREE_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"
#include "protocol/sql_tags.h"

enum { SQL_TREE_JSON_MAX = 32 << 20, SQL_TREE_NODES_MAX = 2 << 20 };

struct sql_tree;

/* A node's number; 0 is the root, and, as a child or sibling, none. */
typedef uint32_t sql_node;

/*
 * Takes a copy of json. SL_ENOMEM; SL_ELIMIT at a bound; SL_EINVAL when it is not JSON. *tree is
 * untouched on failure.
 */
SL_MUST_CHECK enum sl_err sql_tree_new(struct sl_span json, struct sql_tree **tree);
void sql_tree_free(struct sql_tree *tree);

/* Nodes, the root among them: their numbers are below it. */
uint32_t sql_tree_count(const struct sql_tree *tree);
enum sql_tag sql_node_tag(const struct sql_tree *tree, sql_node node);
/* The first child, the next sibling; 0: none. */
sql_node sql_node_child(const struct sql_tree *tree, sql_node node);
sql_node sql_node_next(const struct sql_tree *tree, sql_node node);
/* The child of that tag, or 0; also of node 0 when it stands for none. */
sql_node sql_node_find(const struct sql_tree *tree, sql_node node, enum sql_tag tag);
unsigned sql_node_children(const struct sql_tree *tree, sql_node node);

/* A string's bytes, zero-terminated behind the span; empty for any other node. */
struct sl_span sql_node_text(const struct sql_tree *tree, sql_node node);
/* A number; 1 for true; 0 for any other node, and for none. */
int64_t sql_node_number(const struct sql_tree *tree, sql_node node);

/* The same of a field: find and read. */
struct sl_span sql_field_text(const struct sql_tree *tree, sql_node node, enum sql_tag tag);
int64_t sql_field_number(const struct sql_tree *tree, sql_node node, enum sql_tag tag);
bool sql_field_is(const struct sql_tree *tree, sql_node node, enum sql_tag tag, const char *text);

/* The tag of a name; SQL_TAG_OTHER when nobody asks for it. */
enum sql_tag sql_tag_of(struct sl_span name);

#endif
