/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/sql_variance.h"

#include "protocol/base/span.h"
#include "protocol/catalog.h"

#include <stdlib.h>
#include <string.h>

/* In strcmp() order, as all of these. Array types are these with "[]", which is not in the name. */
static const char *const built_in_types[] = {"bit", "bool", "box", "bpchar", "bytea", "char", "cid",
        "cidr", "circle", "date", "datemultirange", "daterange", "float4", "float8", "inet", "int2",
        "int4", "int4multirange", "int4range", "int8", "int8multirange", "int8range", "interval",
        "json", "jsonb", "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money", "name",
        "numeric", "nummultirange", "numrange", "oid", "path", "point", "polygon", "text", "tid",
        "time", "timestamp", "timestamptz", "timetz", "tsmultirange", "tsquery", "tsrange",
        "tstzmultirange", "tstzrange", "tsvector", "uuid", "varbit", "varchar", "xml"};

static const char *const catalog_types[] = {"aclitem", "regclass", "regcollation", "regconfig",
        "regdictionary", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure",
        "regrole", "regtype"};

static const char *const built_in_operators[] = {"!!", "!~", "!~*", "!~~", "!~~*", "#", "##", "#-",
        "#>", "#>>", "%", "&", "&&", "&<", "&<|", "&>", "*", "*<", "*<=", "*<>", "*=", "*>",
        "*>=", "+", "-", "->", "->>", "-|-", "/", "<", "<->", "<<", "<<=", "<<|", "<=", "<>", "<@",
        "<^", "=", ">", ">=", ">>", ">>=", ">^", "?", "?#", "?&", "?-", "?-|", "?|", "?||", "@",
        "@-@", "@>", "@?", "@@", "@@@", "^", "^@", "|", "|&>", "|/", "|>>", "||", "||/", "~", "~*",
        "~<=~", "~<~", "~=", "~>=~", "~>~", "~~", "~~*"};

static const char *const system_columns[] = {"cmax", "cmin", "ctid", "xmax", "xmin"};

static int compare(const void *text, const void *word)
{
    return strcmp(text, *(const char *const *)word);
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    return bsearch(text, words, count, sizeof *words, compare) != NULL;
}

/* The names of a list, the last of which counts; *schema is the one before it, or "". */
static const char *read_names(
        const struct sql_tree *tree, sql_node list, unsigned *count, const char **schema)
{
    const char *name = "";

    *count = 0;
    *schema = "";
    for (sql_node it = sql_node_child(tree, list); it != 0; it = sql_node_next(tree, it)) {
        struct sl_span text = sql_field_text(tree, sql_node_child(tree, it), SQL_TAG_SVAL);
        *schema = name;
        name = text.at == NULL ? "" : (const char *)text.at;
        (*count)++;
    }
    return name;
}

static uint32_t of_type(const struct sql_tree *tree, sql_node names)
{
    unsigned count;
    const char *schema;
    const char *name = read_names(tree, names, &count, &schema);

    if (count > 2 || (count == 2 && strcmp(schema, "pg_catalog") != 0)) {
        return SQL_VARIES_OTHER_TYPE;
    }
    if (is_one_of(name, built_in_types, SL_COUNT(built_in_types))) {
        return 0;
    }
    return is_one_of(name, catalog_types, SL_COUNT(catalog_types)) ? SQL_VARIES_CATALOG_TYPE
                                                                   : SQL_VARIES_OTHER_TYPE;
}

/* What is read as such may be a word for the time. */
static bool is_of_time(const struct sql_tree *tree, sql_node type)
{
    static const char *const times[] = {"abstime", "date", "datemultirange", "daterange", "time",
            "timestamp", "timestamptz", "timetz", "tsmultirange", "tsrange", "tstzmultirange",
            "tstzrange"};
    unsigned count;
    const char *schema;

    return is_one_of(read_names(tree, sql_node_find(tree, type, SQL_TAG_NAMES), &count, &schema),
            times, SL_COUNT(times));
}

/* A literal is looked at with the text, a parameter when it is bound. But a timetz has the day's zone. */
static bool is_plain_cast(const struct sql_tree *tree, sql_node cast)
{
    sql_node type = sql_node_find(tree, cast, SQL_TAG_TYPE_NAME);
    sql_node arg = sql_node_child(tree, sql_node_find(tree, cast, SQL_TAG_ARG));
    unsigned tag = arg == 0 ? 0 : (unsigned)sql_node_tag(tree, arg);
    unsigned count;
    const char *schema;

    return type != 0 && (tag == SQL_TAG_A_CONST_NODE || tag == SQL_TAG_PARAM_REF_NODE) &&
           strcmp(read_names(tree, sql_node_find(tree, type, SQL_TAG_NAMES), &count, &schema),
                   "timetz") != 0;
}

/* IN, BETWEEN, LIKE, NULLIF and IS DISTINCT FROM have one too. */
static uint32_t of_operator(const struct sql_tree *tree, sql_node names)
{
    static const char *const betweens[] = {
            "BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN", "NOT BETWEEN SYMMETRIC"};
    unsigned count;
    const char *schema;
    const char *name = read_names(tree, names, &count, &schema);

    if (count > 2 || (count == 2 && strcmp(schema, "pg_catalog") != 0)) {
        return SQL_VARIES_OTHER_OPERATOR;
    }
    bool is_known = is_one_of(name, built_in_operators, SL_COUNT(built_in_operators)) ||
                    is_one_of(name, betweens, SL_COUNT(betweens));
    return is_known ? 0 : SQL_VARIES_OTHER_OPERATOR;
}

static uint32_t of_column(const struct sql_tree *tree, sql_node fields)
{
    unsigned count;
    const char *schema;
    const char *name = read_names(tree, fields, &count, &schema);

    return is_one_of(name, system_columns, SL_COUNT(system_columns)) ? SQL_VARIES_SYSTEM_COLUMN : 0;
}

uint32_t sql_variance(const struct sql_tree *tree)
{
    uint32_t varies = 0;
    unsigned times =
            0; /* of types, less those of casts that are looked at elsewhere: XMLTABLE reads such, too */

    for (sql_node node = 1; node < sql_tree_count(tree); node++) {
        switch ((unsigned)sql_node_tag(tree, node)) {
        case SQL_TAG_TYPE_NAME:
            varies |= of_type(tree, sql_node_find(tree, node, SQL_TAG_NAMES));
            times += is_of_time(tree, node);
            break;
        case SQL_TAG_A_EXPR_NODE:
            varies |= of_operator(tree, sql_node_find(tree, node, SQL_TAG_NAME));
            break;
        case SQL_TAG_OPER_NAME: /* of ANY, ALL and row comparisons; IN has none */
        case SQL_TAG_USE_OP:    /* ORDER BY ... USING */
            varies |= of_operator(tree, node);
            break;
        case SQL_TAG_TYPE_CAST_NODE:
            times -= is_plain_cast(tree, node) &&
                     is_of_time(tree, sql_node_find(tree, node, SQL_TAG_TYPE_NAME));
            break;
        case SQL_TAG_COLUMN_REF_NODE:
            varies |= of_column(tree, sql_node_find(tree, node, SQL_TAG_FIELDS));
            break;
        default:
            break;
        }
    }
    return varies | (times > 0 ? (uint32_t)SQL_VARIES_CAST_TO_TIME : 0);
}

static uint64_t mark(const char *name)
{
    return catalog_name_mark(name, strlen(name));
}

static uint64_t marks_of(const struct sql_tree *tree, sql_node names)
{
    unsigned count;
    const char *schema;
    const char *name = read_names(tree, names, &count, &schema);

    if (strstr(name, "BETWEEN") != NULL) {
        return mark("<") | mark("<=") | mark(">") | mark(">=");
    }
    return mark(name);
}

uint64_t sql_operators(const struct sql_tree *tree, bool *has_casts)
{
    uint64_t marks = 0;

    *has_casts = false;
    for (sql_node node = 1; node < sql_tree_count(tree); node++) {
        switch ((unsigned)sql_node_tag(tree, node)) {
        case SQL_TAG_A_EXPR_NODE:
            marks |= marks_of(tree, sql_node_find(tree, node, SQL_TAG_NAME));
            break;
        case SQL_TAG_OPER_NAME:
        case SQL_TAG_USE_OP:
            marks |= marks_of(tree, node);
            break;
        case SQL_TAG_CASE_EXPR_NODE:
        case SQL_TAG_JOIN_EXPR_NODE:
        case SQL_TAG_SUB_LINK_NODE:
            marks |= mark("=");
            break;
        case SQL_TAG_TYPE_CAST_NODE:
            *has_casts = true;
            break;
        default:
            break;
        }
    }
    return marks;
}
