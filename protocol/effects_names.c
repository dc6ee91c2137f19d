/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/effects_names.h"

#include "protocol/base/check.h"
#include "protocol/base/span.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Sorted. PostgreSQL's built-in functions that are not volatile, of those people write; the
 * volatile ones that leave nothing in the session (reviewed one by one); and the words of the
 * grammar, types among them, that may stand before a parenthesis. tests/e2e/test_leaks.c asks
 * a server what it thinks of them.
 */
static const char *const names[] = {"abbrev", "abs", "acldefault", "aclexplode", "acos", "acosd",
        "acosh", "age", "all", "analyze", "and", "any", "any_value", "area", "array", "array_agg",
        "array_dims", "array_fill", "array_length", "array_lower", "array_ndims", "array_position",
        "array_positions", "array_remove", "array_replace", "array_reverse", "array_sample",
        "array_shuffle", "array_sort", "array_to_json", "array_to_string", "array_to_tsvector",
        "array_upper", "as", "asc", "ascii", "asin", "asind", "asinh", "atan", "atan2", "atan2d",
        "atand", "atanh", "avg", "bernoulli", "between", "bigint", "bit", "bit_and", "bit_count",
        "bit_length", "bit_or", "bit_xor", "bool", "bool_and", "bool_or", "boolean", "both", "box",
        "bpchar", "broadcast", "btrim", "by", "bytea", "cardinality", "case", "casefold", "cast",
        "cbrt", "ceil", "ceiling", "center", "char", "char_length", "character", "character_length",
        "check", "chr", "cidr", "circle", "clock_timestamp", "coalesce", "col_description",
        "collate", "columns", "concat", "concat_ws", "conflict", "convert", "convert_from",
        "convert_to", "corr", "cos", "cosd", "cosh", "cot", "cotd", "count", "covar_pop",
        "covar_samp", "crc32", "crc32c", "cube", "cume_dist", "current_database", "current_query",
        "current_schema", "current_schemas", "current_setting", "current_time", "current_timestamp",
        "current_user", "date", "date_add", "date_bin", "date_part", "date_subtract", "date_trunc",
        "datemultirange", "daterange", "dec", "decimal", "decode", "default", "degrees",
        "dense_rank", "desc", "diagonal", "diameter", "distinct", "div", "do", "else", "encode",
        "end", "enum_first", "enum_last", "enum_range", "erf", "erfc", "escape", "every", "except",
        "exists", "exp", "explain", "extract", "factorial", "family", "filter", "first_value",
        "float", "float4", "float8", "floor", "for", "format", "format_type", "from", "gamma",
        "gcd", "gen_random_uuid", "generate_series", "generate_subscripts", "get_bit", "get_byte",
        "get_current_ts_config", "getdatabaseencoding", "greatest", "group", "grouping",
        "has_any_column_privilege", "has_column_privilege", "has_database_privilege",
        "has_foreign_data_wrapper_privilege", "has_function_privilege", "has_language_privilege",
        "has_largeobject_privilege", "has_parameter_privilege", "has_schema_privilege",
        "has_sequence_privilege", "has_server_privilege", "has_table_privilege",
        "has_tablespace_privilege", "has_type_privilege", "having", "height", "host", "hostmask",
        "ilike", "in", "inet", "inet_client_addr", "inet_client_port", "inet_server_addr",
        "inet_server_port", "initcap", "insert", "int", "int2", "int4", "int4multirange",
        "int4range", "int8", "int8multirange", "int8range", "integer", "intersect", "interval",
        "into", "is", "is_normalized", "isempty", "isfinite", "isnull", "join", "json", "json_agg",
        "json_array", "json_array_elements", "json_array_elements_text", "json_array_length",
        "json_arrayagg", "json_build_array", "json_build_object", "json_each", "json_each_text",
        "json_exists", "json_object", "json_object_agg", "json_object_keys", "json_objectagg",
        "json_populate_record", "json_populate_recordset", "json_query", "json_scalar",
        "json_serialize", "json_strip_nulls", "json_table", "json_to_record", "json_to_recordset",
        "json_to_tsvector", "json_typeof", "json_value", "jsonb", "jsonb_agg",
        "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_array_length",
        "jsonb_build_array", "jsonb_build_object", "jsonb_each", "jsonb_each_text", "jsonb_insert",
        "jsonb_object", "jsonb_object_agg", "jsonb_object_keys", "jsonb_path_exists",
        "jsonb_path_exists_tz", "jsonb_path_match", "jsonb_path_match_tz", "jsonb_path_query",
        "jsonb_path_query_array", "jsonb_path_query_array_tz", "jsonb_path_query_first",
        "jsonb_path_query_first_tz", "jsonb_path_query_tz", "jsonb_populate_record",
        "jsonb_populate_recordset", "jsonb_pretty", "jsonb_set", "jsonb_set_lax",
        "jsonb_strip_nulls", "jsonb_to_record", "jsonb_to_recordset", "jsonb_to_tsvector",
        "jsonb_typeof", "justify_days", "justify_hours", "justify_interval", "key", "lag",
        "last_value", "lateral", "lcm", "lead", "leading", "least", "left", "length", "lgamma",
        "like", "limit", "line", "ln", "localtime", "localtimestamp", "log", "log10", "lower",
        "lower_inc", "lower_inf", "lpad", "lseg", "ltrim", "macaddr", "macaddr8", "make_date",
        "make_interval", "make_time", "make_timestamp", "make_timestamptz", "masklen",
        "materialized", "max", "md5", "min", "min_scale", "mod", "mode", "money", "multirange",
        "mxid_age", "name", "nchar", "netmask", "network", "nextval", "normalize", "not", "notnull",
        "now", "npoints", "nth_value", "ntile", "null", "nullif", "num_nonnulls", "num_nulls",
        "numeric", "nummultirange", "numrange", "obj_description", "octet_length", "of", "offset",
        "oid", "on", "only", "or", "order", "over", "overlaps", "overlay", "parse_ident", "passing",
        "path", "percent_rank", "percentile_cont", "percentile_disc", "pg_advisory_xact_lock",
        "pg_advisory_xact_lock_shared", "pg_backend_pid", "pg_basetype", "pg_blocking_pids",
        "pg_cancel_backend", "pg_char_to_encoding", "pg_client_encoding", "pg_collation_for",
        "pg_collation_is_visible", "pg_column_compression", "pg_column_is_updatable",
        "pg_column_size", "pg_conf_load_time", "pg_conversion_is_visible", "pg_current_snapshot",
        "pg_current_wal_flush_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_lsn",
        "pg_current_xact_id", "pg_current_xact_id_if_assigned", "pg_database_size",
        "pg_describe_object", "pg_encoding_max_length", "pg_encoding_to_char",
        "pg_function_is_visible", "pg_get_acl", "pg_get_catalog_foreign_keys",
        "pg_get_constraintdef", "pg_get_expr", "pg_get_function_arg_default",
        "pg_get_function_arguments", "pg_get_function_identity_arguments", "pg_get_function_result",
        "pg_get_function_sqlbody", "pg_get_functiondef", "pg_get_indexdef", "pg_get_keywords",
        "pg_get_object_address", "pg_get_partition_constraintdef", "pg_get_partkeydef",
        "pg_get_publication_tables", "pg_get_replica_identity_index", "pg_get_replication_slots",
        "pg_get_ruledef", "pg_get_serial_sequence", "pg_get_statisticsobjdef",
        "pg_get_statisticsobjdef_columns", "pg_get_statisticsobjdef_expressions",
        "pg_get_triggerdef", "pg_get_userbyid", "pg_get_viewdef", "pg_has_role",
        "pg_identify_object", "pg_identify_object_as_address", "pg_index_column_has_property",
        "pg_index_has_property", "pg_indexam_has_property", "pg_indexes_size", "pg_is_in_recovery",
        "pg_is_other_temp_schema", "pg_is_wal_replay_paused", "pg_last_wal_receive_lsn",
        "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_listening_channels",
        "pg_lock_status", "pg_lsn", "pg_my_temp_schema", "pg_notify", "pg_opclass_is_visible",
        "pg_operator_is_visible", "pg_opfamily_is_visible", "pg_options_to_table",
        "pg_partition_ancestors", "pg_partition_root", "pg_partition_tree",
        "pg_postmaster_start_time", "pg_relation_filenode", "pg_relation_filepath",
        "pg_relation_is_publishable", "pg_relation_is_updatable", "pg_relation_size",
        "pg_replication_origin_oid", "pg_sequence_parameters", "pg_settings_get_flags",
        "pg_size_bytes", "pg_size_pretty", "pg_sleep", "pg_sleep_for", "pg_sleep_until",
        "pg_snapshot_xip", "pg_snapshot_xmax", "pg_snapshot_xmin", "pg_statistics_obj_is_visible",
        "pg_table_is_visible", "pg_table_size", "pg_tablespace_databases", "pg_tablespace_location",
        "pg_tablespace_size", "pg_terminate_backend", "pg_total_relation_size", "pg_trigger_depth",
        "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared", "pg_ts_config_is_visible",
        "pg_ts_dict_is_visible", "pg_ts_parser_is_visible", "pg_ts_template_is_visible",
        "pg_type_is_visible", "pg_typeof", "pg_visible_in_snapshot", "pg_wal_lsn_diff",
        "pg_walfile_name", "pg_walfile_name_offset", "pg_xact_commit_timestamp", "pg_xact_status",
        "phraseto_tsquery", "pi", "placing", "plainto_tsquery", "point", "polygon", "position",
        "pow", "power", "precision", "quote_ident", "quote_literal", "quote_nullable", "radians",
        "radius", "random", "random_normal", "range_agg", "range_intersect_agg", "range_merge",
        "rank", "real", "regclass", "regexp_count", "regexp_instr", "regexp_like", "regexp_match",
        "regexp_matches", "regexp_replace", "regexp_split_to_array", "regexp_split_to_table",
        "regexp_substr", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
        "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "reindex", "repeat", "replace",
        "returning", "reverse", "right", "rollup", "round", "row", "row_number",
        "row_security_active", "row_to_json", "rpad", "rtrim", "scale", "select", "session_user",
        "set", "set_bit", "set_byte", "set_masklen", "sets", "setval", "setweight", "sha224",
        "sha256", "sha384", "sha512", "shobj_description", "sign", "sin", "sind", "sinh", "slope",
        "smallint", "some", "split_part", "sqrt", "statement_timestamp", "stddev", "stddev_pop",
        "stddev_samp", "stdin", "stdout", "string_agg", "string_to_array", "string_to_table",
        "strip", "strpos", "substr", "substring", "sum", "symmetric", "system", "table",
        "tablesample", "tan", "tand", "tanh", "text", "then", "time", "timeofday", "timestamp",
        "timestamptz", "timetz", "timezone", "to_ascii", "to_bin", "to_char", "to_date", "to_hex",
        "to_json", "to_jsonb", "to_number", "to_oct", "to_regclass", "to_regcollation",
        "to_regnamespace", "to_regoper", "to_regoperator", "to_regproc", "to_regprocedure",
        "to_regrole", "to_regtype", "to_timestamp", "to_tsquery", "to_tsvector",
        "transaction_timestamp", "translate", "treat", "trim", "trim_array", "trim_scale", "trunc",
        "ts_debug", "ts_delete", "ts_filter", "ts_headline", "ts_lexize", "ts_parse", "ts_rank",
        "ts_rank_cd", "ts_token_type", "tsmultirange", "tsquery_phrase", "tsrange",
        "tstzmultirange", "tstzrange", "tsvector_to_array", "txid_current",
        "txid_current_if_assigned", "txid_current_snapshot", "txid_snapshot_xip",
        "txid_snapshot_xmax", "txid_snapshot_xmin", "txid_status", "txid_visible_in_snapshot",
        "union", "unique", "unistr", "unnest", "upper", "upper_inc", "upper_inf", "using", "uuid",
        "uuidv4", "uuidv7", "vacuum", "value", "values", "var_pop", "var_samp", "varbit", "varchar",
        "variance", "varying", "version", "websearch_to_tsquery", "when", "where", "width",
        "width_bucket", "window", "with", "xid", "xml", "xml_is_well_formed",
        "xml_is_well_formed_content", "xml_is_well_formed_document", "xmlagg", "xmlattributes",
        "xmlcomment", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces",
        "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable", "xmlvalidate", "xpath",
        "xpath_exists", "zone"};

static int compare(const void *key, const void *entry)
{
    const struct sl_span *name = key;
    const char *known = *(const char *const *)entry;
    int order = strncmp((const char *)name->at, known, name->len);

    return order != 0 ? order : -(known[name->len] != '\0');
}

bool effects_name_is_known(struct sl_span name)
{
    return bsearch(&name, names, SL_COUNT(names), sizeof names[0], compare) != NULL;
}

/*
 * Built-in. Who calls one of the last looks at statistics more closely than others do, and a process keeps
 * what it has counted to itself for a while: that is to be the same one from then on.
 */
static const char *const holding[] = {"setseed", "pg_replication_origin_session_setup",
        "pg_create_logical_replication_slot", "pg_create_physical_replication_slot",
        "pg_copy_logical_replication_slot", "pg_copy_physical_replication_slot", "pg_backup_start",
        "pg_start_backup", "pg_stat_force_next_flush", "pg_stat_have_stats",
        "pg_stat_get_snapshot_timestamp"};

/* dblink's, an extension: a connection that has a name, or is the one without. */
static const char *const connecting[] = {"dblink_connect", "dblink_connect_u"};

static bool is_one_of(struct sl_span name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (name.len == strlen(list[i]) &&
                strncasecmp((const char *)name.at, list[i], name.len) == 0) {
            return true;
        }
    }
    return false;
}

bool effects_name_connects(struct sl_span name)
{
    return is_one_of(name, connecting, SL_COUNT(connecting));
}

bool effects_name_holds(struct sl_span name)
{
    return is_one_of(name, holding, SL_COUNT(holding)) || effects_name_connects(name);
}

const char *const *effects_names(size_t *count)
{
    *count = SL_COUNT(names);
    return names;
}
