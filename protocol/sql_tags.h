/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_tags.h - the names of nodes and fields that anybody asks for.
 *
 * libpg_query's own names, in strcmp() order: protocol/sql_tree.c finds a name by halving. All
 * others are SQL_TAG_OTHER; what is below them is kept, and walked.
 */
#ifndef SLUICE_PROTOCOL_SQL_TAGS_H
#define SLUICE_PROTOCOL_SQL_TAGS_H

#define SQL_TAGS(X)                                                                                \
    X(A_ARRAY_EXPR_NODE, "A_ArrayExpr")                                                            \
    X(A_CONST_NODE, "A_Const")                                                                     \
    X(A_EXPR_NODE, "A_Expr")                                                                       \
    X(A_INDIRECTION_NODE, "A_Indirection")                                                         \
    X(A_STAR_NODE, "A_Star")                                                                       \
    X(ALTER_SYSTEM_STMT_NODE, "AlterSystemStmt")                                                   \
    X(BOOL_EXPR_NODE, "BoolExpr")                                                                  \
    X(BOOLEAN_TEST_NODE, "BooleanTest")                                                            \
    X(CALL_STMT_NODE, "CallStmt")                                                                  \
    X(CASE_EXPR_NODE, "CaseExpr")                                                                  \
    X(CHECK_POINT_STMT_NODE, "CheckPointStmt")                                                     \
    X(CLOSE_PORTAL_STMT_NODE, "ClosePortalStmt")                                                   \
    X(CLUSTER_STMT_NODE, "ClusterStmt")                                                            \
    X(COLLATE_CLAUSE_NODE, "CollateClause")                                                        \
    X(COLUMN_REF_NODE, "ColumnRef")                                                                \
    X(CONSTRAINTS_SET_STMT_NODE, "ConstraintsSetStmt")                                             \
    X(COPY_STMT_NODE, "CopyStmt")                                                                  \
    X(CREATE_TABLE_AS_STMT_NODE, "CreateTableAsStmt")                                              \
    X(DEALLOCATE_STMT_NODE, "DeallocateStmt")                                                      \
    X(DECLARE_CURSOR_STMT_NODE, "DeclareCursorStmt")                                               \
    X(DEF_ELEM_NODE, "DefElem")                                                                    \
    X(DELETE_STMT_NODE, "DeleteStmt")                                                              \
    X(DISCARD_STMT_NODE, "DiscardStmt")                                                            \
    X(DO_STMT_NODE, "DoStmt")                                                                      \
    X(DROP_STMT_NODE, "DropStmt")                                                                  \
    X(EXECUTE_STMT_NODE, "ExecuteStmt")                                                            \
    X(EXPLAIN_STMT_NODE, "ExplainStmt")                                                            \
    X(FETCH_STMT_NODE, "FetchStmt")                                                                \
    X(FUNC_CALL_NODE, "FuncCall")                                                                  \
    X(INSERT_STMT_NODE, "InsertStmt")                                                              \
    X(JOIN_EXPR_NODE, "JoinExpr")                                                                  \
    X(LIST_NODE, "List")                                                                           \
    X(LISTEN_STMT_NODE, "ListenStmt")                                                              \
    X(LOAD_STMT_NODE, "LoadStmt")                                                                  \
    X(LOCK_STMT_NODE, "LockStmt")                                                                  \
    X(LOCKING_CLAUSE_NODE, "LockingClause")                                                        \
    X(MERGE_STMT_NODE, "MergeStmt")                                                                \
    X(MERGE_WHEN_CLAUSE_NODE, "MergeWhenClause")                                                   \
    X(MULTI_ASSIGN_REF_NODE, "MultiAssignRef")                                                     \
    X(NOTIFY_STMT_NODE, "NotifyStmt")                                                              \
    X(NULL_TEST_NODE, "NullTest")                                                                  \
    X(PARAM_REF_NODE, "ParamRef")                                                                  \
    X(PREPARE_STMT_NODE, "PrepareStmt")                                                            \
    X(RANGE_FUNCTION_NODE, "RangeFunction")                                                        \
    X(RANGE_SUBSELECT_NODE, "RangeSubselect")                                                      \
    X(RANGE_TABLE_SAMPLE_NODE, "RangeTableSample")                                                 \
    X(RANGE_VAR_NODE, "RangeVar")                                                                  \
    X(REFRESH_MAT_VIEW_STMT_NODE, "RefreshMatViewStmt")                                            \
    X(REINDEX_STMT_NODE, "ReindexStmt")                                                            \
    X(RES_TARGET_NODE, "ResTarget")                                                                \
    X(ROW_EXPR_NODE, "RowExpr")                                                                    \
    X(SQL_VALUE_FUNCTION_NODE, "SQLValueFunction")                                                 \
    X(SELECT_STMT_NODE, "SelectStmt")                                                              \
    X(SUB_LINK_NODE, "SubLink")                                                                    \
    X(TRANSACTION_STMT_NODE, "TransactionStmt")                                                    \
    X(TRUNCATE_STMT_NODE, "TruncateStmt")                                                          \
    X(TYPE_CAST_NODE, "TypeCast")                                                                  \
    X(UNLISTEN_STMT_NODE, "UnlistenStmt")                                                          \
    X(UPDATE_STMT_NODE, "UpdateStmt")                                                              \
    X(VACUUM_STMT_NODE, "VacuumStmt")                                                              \
    X(VARIABLE_SET_STMT_NODE, "VariableSetStmt")                                                   \
    X(VARIABLE_SHOW_STMT_NODE, "VariableShowStmt")                                                 \
    X(AGG_DISTINCT, "agg_distinct")                                                                \
    X(AGG_FILTER, "agg_filter")                                                                    \
    X(AGG_ORDER, "agg_order")                                                                      \
    X(AGG_STAR, "agg_star")                                                                        \
    X(ALIAS, "alias")                                                                              \
    X(ALIASNAME, "aliasname")                                                                      \
    X(ARG, "arg")                                                                                  \
    X(ARGS, "args")                                                                                \
    X(ARRAY_BOUNDS, "arrayBounds")                                                                 \
    X(BOOLOP, "boolop")                                                                            \
    X(BOOLVAL, "boolval")                                                                          \
    X(BSVAL, "bsval")                                                                              \
    X(COLNO, "colno")                                                                              \
    X(COLS, "cols")                                                                                \
    X(COMMAND_TYPE, "commandType")                                                                 \
    X(CONDITION, "condition")                                                                      \
    X(CTENAME, "ctename")                                                                          \
    X(CTEQUERY, "ctequery")                                                                        \
    X(CTES, "ctes")                                                                                \
    X(DEFNAME, "defname")                                                                          \
    X(DISTINCT_CLAUSE, "distinctClause")                                                           \
    X(ELEMENTS, "elements")                                                                        \
    X(FIELDS, "fields")                                                                            \
    X(FILENAME, "filename")                                                                        \
    X(FROM_CLAUSE, "fromClause")                                                                   \
    X(FUNCNAME, "funcname")                                                                        \
    X(GROUP_CLAUSE, "groupClause")                                                                 \
    X(HAVING_CLAUSE, "havingClause")                                                               \
    X(INDIRECTION, "indirection")                                                                  \
    X(INFER, "infer")                                                                              \
    X(INTO_CLAUSE, "intoClause")                                                                   \
    X(IS_FROM, "is_from")                                                                          \
    X(IS_LOCAL, "is_local")                                                                        \
    X(ISNULL, "isnull")                                                                            \
    X(ITEMS, "items")                                                                              \
    X(JOIN_CONDITION, "joinCondition")                                                             \
    X(JOINTYPE, "jointype")                                                                        \
    X(KIND, "kind")                                                                                \
    X(LARG, "larg")                                                                                \
    X(LATERAL, "lateral")                                                                          \
    X(LEXPR, "lexpr")                                                                              \
    X(LIMIT_COUNT, "limitCount")                                                                   \
    X(LIMIT_OFFSET, "limitOffset")                                                                 \
    X(LIMIT_OPTION, "limitOption")                                                                 \
    X(LOCATION, "location")                                                                        \
    X(LOCKED_RELS, "lockedRels")                                                                   \
    X(LOCKING_CLAUSE, "lockingClause")                                                             \
    X(MERGE_WHEN_CLAUSES, "mergeWhenClauses")                                                      \
    X(NAME, "name")                                                                                \
    X(NAMES, "names")                                                                              \
    X(NODE, "node")                                                                                \
    X(NULLTESTTYPE, "nulltesttype")                                                                \
    X(NUMBER, "number")                                                                            \
    X(OBJECTS, "objects")                                                                          \
    X(ON_CONFLICT_CLAUSE, "onConflictClause")                                                      \
    X(OP, "op")                                                                                    \
    X(OPER_NAME, "operName")                                                                       \
    X(OPTIONS, "options")                                                                          \
    X(OVER, "over")                                                                                \
    X(OVERRIDE, "override")                                                                        \
    X(QUALS, "quals")                                                                              \
    X(QUERY, "query")                                                                              \
    X(RARG, "rarg")                                                                                \
    X(RECURSIVE, "recursive")                                                                      \
    X(REL, "rel")                                                                                  \
    X(RELATION, "relation")                                                                        \
    X(RELNAME, "relname")                                                                          \
    X(RELPERSISTENCE, "relpersistence")                                                            \
    X(REMOVE_TYPE, "removeType")                                                                   \
    X(RETURNING_LIST, "returningList")                                                             \
    X(REXPR, "rexpr")                                                                              \
    X(SCHEMANAME, "schemaname")                                                                    \
    X(SELECT_STMT, "selectStmt")                                                                   \
    X(SEQUENCE, "sequence")                                                                        \
    X(SORT_CLAUSE, "sortClause")                                                                   \
    X(SORTBY_DIR, "sortby_dir")                                                                    \
    X(SORTBY_NULLS, "sortby_nulls")                                                                \
    X(SOURCE_RELATION, "sourceRelation")                                                           \
    X(STMT, "stmt")                                                                                \
    X(STMTS, "stmts")                                                                              \
    X(SUB_LINK_TYPE, "subLinkType")                                                                \
    X(SUBQUERY, "subquery")                                                                        \
    X(SUBSELECT, "subselect")                                                                      \
    X(SVAL, "sval")                                                                                \
    X(TARGET_LIST, "targetList")                                                                   \
    X(TESTEXPR, "testexpr")                                                                        \
    X(TYPE_NAME, "typeName")                                                                       \
    X(TYPMODS, "typmods")                                                                          \
    X(USE_OP, "useOp")                                                                             \
    X(USING_CLAUSE, "usingClause")                                                                 \
    X(VAL, "val")                                                                                  \
    X(VALUES, "values")                                                                            \
    X(VALUES_LISTS, "valuesLists")                                                                 \
    X(VIEW, "view")                                                                                \
    X(WHERE_CLAUSE, "whereClause")                                                                 \
    X(WINDOW_CLAUSE, "windowClause")                                                               \
    X(WITH_CLAUSE, "withClause")
enum sql_tag {
    SQL_TAG_OTHER, /* a name not in the list, or no name: a list's item, the root */
#define SQL_TAG_ENUM(tag, name) SQL_TAG_##tag,
    SQL_TAGS(SQL_TAG_ENUM)
#undef SQL_TAG_ENUM
            SQL_TAG_COUNT
};

#endif
