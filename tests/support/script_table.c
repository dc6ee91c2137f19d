/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/script_table.c - what is said; what is answered, PostgreSQL itself decides.
 */
#include "tests/support/script_table.h"

const char script_table_setup[] =
        "create table t (a int primary key, b text);"
        "create table parent (id int primary key);"
        "create table child (id int references parent deferrable initially deferred);"
        "create function loud(text) returns int language plpgsql as "
        "$$ begin raise notice 'loud: %', $1; return 1; end $$;"
        "create schema other;"
        "create table other.t (a int primary key, b text);"
        "insert into other.t values (7, 'other');";

const char script_table_reset[] =
        "truncate t, parent, child; insert into parent values (1);"
        "insert into t select i, 'row ' || i from generate_series(1, 20) i";

#define SIMPLE(name_, ...)                                                                         \
    {                                                                                              \
        .script = {.name = name_, .text = __VA_ARGS__},                                            \
    }
#define FLAGGED(name_, flags_, ...)                                                                \
    {                                                                                              \
        .script = {.name = name_, .text = __VA_ARGS__}, .flags = flags_,                           \
    }
#define SESSION_ONLY(name_, ...)                                                                   \
    {                                                                                              \
        .script = {.name = name_, .text = __VA_ARGS__}, .flags = SCRIPT_SESSION,                   \
    }
#define STARTUP(name_, startup_, ...)                                                              \
    {                                                                                              \
        .script = {.name = name_, .startup = startup_, .text = __VA_ARGS__},                       \
    }
#define VERSION(name_, version_, startup_, flags_)                                                 \
    {                                                                                              \
        .script = {.name = name_,                                                                  \
                .version = version_,                                                               \
                .startup = startup_,                                                               \
                .text = "Q select 1\n"},                                                           \
        .flags = flags_,                                                                           \
    }

const struct script_row script_table[] = {
        /* ---- simple query ---- */
        SIMPLE("simple", "Q select a, b from t order by a limit 3\nQ select null::int, ''\n"),
        SIMPLE("simple_empty", "Q\nQ ;\nQ  ;; \nQ select 1\n"),
        SIMPLE("simple_error", "Q select 1/0\nQ select 2\n"),
        SIMPLE("simple_several",
                "Q select 1; select 2; select 3\nQ select 1; select 1/0; select 2\n"
                "Q select 4\n"),
        SIMPLE("simple_begin_commit", "Q begin; select 1; commit; begin; select 2\nQ select 3\n"
                                      "Q commit; select 4\n"),
        SIMPLE("simple_implicit_block", "Q insert into t values (30, 'x'); select 1/0\n"
                                        "Q select count(*) from t\n"),
        SIMPLE("simple_failed_block", "Q begin\nQ bad\nQ select 1\nQ commit\nQ select 2\n"),
        SIMPLE("simple_pipeline",
                "50*Q select %d\n3*Q select 1/0\nQ begin\n10*Q select %d\nQ end\n"),
        SIMPLE("simple_dml", "Q insert into t values (30, 'x'), (31, 'y')\nQ update t set b = 'z' "
                             "where a > 29\nQ delete from t where a > 29 returning *\n"),
        SIMPLE("simple_commit_nothing", "Q commit\nQ rollback\nQ begin; begin\nQ rollback\n"),
        SIMPLE("simple_long_text", "Q select '0123456789012345678901234567890123456789' || "
                                   "repeat('x', 300000)\nQ select 1\n"),
        SIMPLE("simple_many_rows",
                "Q select i, repeat('y', 100) from generate_series(1, 5000) i\n"),
        SIMPLE("simple_notice", "Q select loud('one'); select loud('two')\nQ do $$ begin raise "
                                "warning 'w' using hint = 'h', detail = 'd'; end $$\n"),
        SIMPLE("simple_bad_utf8", "Q select '\377'\nQ select 1\n"),
        /* ---- extended query ---- */
        SIMPLE("extended_unnamed", "P - select a from t where a = $1\nB - - 3\nD P -\nE - 0\nS\n"),
        SIMPLE("extended_named", "P s1 select b from t where a = $1\nD S s1\nB p1 s1 4\nD P p1\n"
                                 "E p1 0\nC P p1\nC S s1\nS\n"),
        SIMPLE("extended_reuse", "P s1 select b from t where a = $1\nS\nW\n"
                                 "20*B - s1 %d\nE - 0\nS\nB - s1 ~\nE - 0\nS\nQ select 1\n"
                                 "B - s1 5\nD P -\nE - 0\nS\n"),
        SIMPLE("extended_turns", "P s1 select 1\nP s2 select 2\nS\nW\nB - s1\nE - 0\nS\nW\nB - s2\n"
                                 "E - 0\nS\nW\nB - s1\nE - 0\nB - s2\nE - 0\nS\nW\nD S s1\nS\nW\n"
                                 "C S s1\nS\nW\nB - s2\nE - 0\nS\n"),
        SIMPLE("extended_empty", "P -\nD S -\nB - -\nD P -\nE - 0\nS\nP e ;\nB - e\nE - 0\nS\n"),
        SIMPLE("extended_two_statements", "P - select 1; select 2\nB - -\nE - 0\nS\nQ select 3\n"),
        SIMPLE("extended_parse_error",
                "P s1 bad\nB - s1\nE - 0\nS\nP s1 select 1\nB - s1\nE - 0\nS\n"),
        SIMPLE("extended_bind_error",
                "P s1 select $1::int\nB - s1 x\nE - 0\nS\nB - s1 1 2\nE - 0\nS\n"
                "B - s1 7\nE - 0\nS\n"),
        SIMPLE("extended_execute_error",
                "P s1 select 1/$1::int\nB - s1 0\nE - 0\nB - s1 1\nE - 0\nS\n"
                "B - s1 1\nE - 0\nS\n"),
        SIMPLE("error_discards_query", "P - select 1/0\nB - -\nE - 0\nQ select 2\nP - select 3\nS\n"
                                       "Q select 4\n"),
        SIMPLE("error_then_query", "P - bad\nH\nW\nQ select 2\nB - -\nW\nS\nQ select 3\n"),
        SIMPLE("several_syncs", "S\nS\nP - select 1\nS\nB - -\nE - 0\nS\nS\nQ select 2\nS\n"),
        SIMPLE("query_in_pipeline", "P s1 select 1\nQ select 2\nB - s1\nE - 0\nQ select 3\nS\n"),
        SIMPLE("query_closes_portal", "Q begin\nP s1 select a from t order by a\nB - s1\nE - 1\n"
                                      "Q select 1\nE - 1\nS\nQ rollback\n"),
        SIMPLE("deferred_constraint", "P - insert into child values (99)\nB - -\nE - 0\nS\n"
                                      "P - insert into child values (1)\nB - -\nE - 0\nS\n"
                                      "Q select count(*) from child\n"),
        SIMPLE("deferred_in_block", "Q begin\nP - insert into child values (99)\nB - -\nE - 0\nS\n"
                                    "P - commit\nB - -\nE - 0\nS\nQ select 1\n"),
        SIMPLE("implicit_transaction",
                "P - insert into t values (30, 'x')\nB - -\nE - 0\n"
                "P - select 1/0\nB - -\nE - 0\nS\nQ select count(*) from t\n"),
        SIMPLE("pipeline_two_groups",
                "P - insert into t values (30, 'x')\nB - -\nE - 0\nS\n"
                "P - select 1/0\nB - -\nE - 0\nS\nQ select count(*) from t\n"),
        SIMPLE("duplicate_name",
                "P s1 select 1\nS\nP s1 select 2\nB - s1\nE - 0\nS\nB - s1\nE - 0\n"
                "S\nP s1 select 1\nS\nQ select 3\n"),
        SIMPLE("duplicate_in_pipeline", "P s1 select 1\nP s1 select 2\nB - s1\nE - 0\nS\n"
                                        "B - s1\nE - 0\nS\n"),
        SIMPLE("duplicate_in_block", "Q begin\nP s1 select 1\nS\nP s1 select 1\nS\nQ select 2\n"
                                     "Q rollback\nB - s1\nE - 0\nS\n"),
        SIMPLE("unknown_bind", "B - nope\nE - 0\nS\nQ select 1\n"),
        SIMPLE("unknown_describe", "D S nope\nS\nQ select 1\n"),
        SIMPLE("unknown_in_block", "Q begin\nD S nope\nS\nQ select 1\nQ commit\nQ select 2\n"),
        SIMPLE("unknown_portal", "E nope 0\nS\nD P nope\nS\nC P nope\nS\n"),
        SIMPLE("unknown_close", "C S nope\nC P nope\nS\nC S -\nS\n"),
        SIMPLE("unnamed_before_parse", "B - -\nE - 0\nS\nD S -\nS\nQ select 1\n"),
        SIMPLE("unnamed_dies", "P - select 1\nS\nQ select 2\nB - -\nE - 0\nS\nP - select 3\nS\nW\n"
                               "B - -\nE - 0\nS\n"),
        SIMPLE("unnamed_survives_sync",
                "P - select $1::int + 1\nS\nW\nB - - 1\nE - 0\nS\nW\nD S -\n"
                "S\nW\nB - - 2\nE - 0\nS\n"),
        SIMPLE("unnamed_failed_parse", "P - select 1\nS\nP - bad\nS\nW\nB - -\nE - 0\nS\n"),
        SIMPLE("unnamed_close", "P - select 1\nS\nC S -\nS\nW\nB - -\nE - 0\nS\n"),
        SIMPLE("close_then_parse", "P s1 select 1\nC S s1\nP s1 select 2\nB - s1\nE - 0\nS\n"
                                   "C S s1\nS\nB - s1\nE - 0\nS\n"),
        SIMPLE("skipped_parse",
                "P s1 bad\nP s2 select 2\nS\nB - s2\nE - 0\nS\nP s2 select 3\nB - s2\n"
                "E - 0\nS\n"),
        SIMPLE("skipped_close", "P s1 select 1\nS\nP - bad\nC S s1\nS\nB - s1\nE - 0\nS\n"),
        SIMPLE("parse_rolled_back", "Q begin\nP s1 select 1\nS\nQ rollback\nW\nB - s1\nE - 0\nS\n"),
        SIMPLE("ten_thousand_names",
                "10000*P n%d select %d\nS\nW\nB - n0\nE - 0\nB - n9999\nE - 0\n"
                "B - n5000\nE - 0\nS\n"),
        SIMPLE("five_thousand_queries", "2000*Q select %d\n500*Q select 1/0\n2500*Q select %d\n"),
        SIMPLE("deep_pipeline", "P s1 select $1::int\n2000*B - s1 %d\n2000*E - 0\nB - s1 x\n"
                                "1000*B - s1 %d\nS\nQ select 1\n"),
        SIMPLE("sync_flood", "70000*S\nQ select 1\n"),
        SIMPLE("bind_flood", "P s1 select 1\n70000*B - s1\nE - 0\nS\nQ select 1\n"),
        SIMPLE("wrong_parameter_count", "P s1 select $1::int, $2::int\nB - s1 1\nE - 0\nS\n"),
        /* In transaction pooling a server that is not stale may answer, rightly, without the error. */
        SESSION_ONLY("stale_plan", "P s1 select * from t where a = 1\nS\nW\nB - s1\nE - 0\nS\nW\n"
                                   "Q begin; alter table t add column extra int\nB - s1\nE - 0\nS\n"
                                   "Q rollback\nW\nB - s1\nE - 0\nS\n"),
        /* ---- portals and Flush ---- */
        SIMPLE("portal_rows",
                "P - select a from t order by a\nB - -\nE - 3\nE - 3\nE - 0\nE - 0\nS\n"),
        SIMPLE("portal_in_block",
                "Q begin\nP - select a from t order by a\nB c -\nE c 2\nS\nW\nE c 2\n"
                "S\nW\nD P c\nE c 0\nS\nQ commit\nE c 0\nS\n"),
        SIMPLE("portal_dies_at_sync", "P - select a from t\nB c -\nE c 1\nS\nE c 1\nS\n"),
        SIMPLE("portal_two", "Q begin\nP s1 select a from t order by a\nB c1 s1\nB c2 s1\nE c1 1\n"
                             "E c2 2\nE c1 1\nC P c1\nE c1 1\nS\nQ rollback\n"),
        SIMPLE("portal_duplicate", "P s1 select 1\nB c s1\nB c s1\nS\nQ select 1\n"),
        SIMPLE("flush", "P s1 select 1\nH\nW\nB c s1\nH\nW\nD P c\nH\nW\nE c 0\nH\nW\nS\nW\n"
                        "Q select 2\n"),
        SIMPLE("flush_error",
                "P s1 select 1/$1::int\nH\nW\nB - s1 0\nE - 0\nH\nW\nB - s1 1\nE - 0\n"
                "H\nW\nS\nB - s1 1\nE - 0\nS\n"),
        SIMPLE("flush_alone", "H\nH\nQ select 1\nH\nS\n"),
        /* ---- copy ---- */
        SIMPLE("copy_in_simple",
                "Q copy t from stdin\nd 30\tx\nd 31\ty\nc\nQ select count(*) from t\n"),
        SIMPLE("copy_in_simple_waits", "Q copy t from stdin\nW\nd 30\tx\nW\nc\nW\nQ select 1\n"),
        SIMPLE("copy_in_several", "Q select 1; copy t from stdin; select 2\nW\nd 30\tx\nc\nW\n"
                                  "Q select 3\n"),
        SIMPLE("copy_in_fails",
                "Q copy t from stdin\nW\nd x\tx\nd 31\ty\nc\nQ select count(*) from t\n"),
        SIMPLE("copy_in_fails_late",
                "Q copy t from stdin\nW\nd x\tx\nW\nd 31\ty\nd 32\ty\nc\nf late\nW\n"
                "Q select 1\n"),
        SIMPLE("copy_in_gives_up",
                "Q copy t from stdin\nd 30\tx\nf enough\nQ select count(*) from t\n"),
        SIMPLE("copy_in_query_inside",
                "Q copy t from stdin\nW\nd 30\tx\nQ select 1\nW\nQ select 2\n"),
        SIMPLE("copy_in_extended", "P - copy t from stdin\nB - -\nE - 0\nS\nW\nd 30\tx\nc\nS\nW\n"
                                   "Q select count(*) from t\n"),
        SIMPLE("copy_in_extended_flush",
                "P - copy t from stdin\nB - -\nE - 0\nH\nW\nd 30\tx\nH\nS\n"
                "d 31\ty\nc\nS\nW\nQ select count(*) from t\n"),
        SIMPLE("copy_in_extended_fails",
                "P - copy t from stdin\nB - -\nE - 0\nH\nW\nd x\nd y\nc\nS\nW\n"
                "Q select 1\n"),
        SIMPLE("copy_in_extended_pipelined", "P - copy t from stdin\nB - -\nE - 0\nd 30\tx\nc\nS\n"
                                             "Q select count(*) from t\n"),
        SIMPLE("copy_in_extended_gives_up",
                "P - copy t from stdin\nB - -\nE - 0\nS\nW\nf no\nS\nW\n"
                "Q select 1\n"),
        SIMPLE("copy_out_simple",
                "Q copy t to stdout\nQ copy (select loud('x')) to stdout\nQ select 1\n"),
        SIMPLE("copy_out_extended", "P - copy t to stdout\nB - -\nE - 0\nS\nQ select 1\n"),
        SIMPLE("copy_out_fails",
                "Q copy (select 1/(10 - a) from t order by a) to stdout\nQ select 1\n"),
        SIMPLE("copy_in_block", "Q begin; copy t from stdin; savepoint s\nW\nd 30\tx\nc\nW\n"
                                "Q rollback to s; commit\n"),
        SIMPLE("copy_messages_alone", "d 1\nc\nf x\nQ select 1\n"),
        /* ---- other messages ---- */
        SIMPLE("function_call", "F 1598 4\nF 1598 x\nF 4294967295 1\nQ select 1\nF 1598 9\n"),
        SIMPLE("function_call_in_block", "Q begin\nF 1598 x\nF 1598 4\nQ rollback\n"),
        SIMPLE("unknown_type", "Q select 1\ny what\nQ select 2\n"),
        SIMPLE("unknown_type_alone", "y what\n"),
        SIMPLE("terminate", "Q select 1\nX\n"),
        SIMPLE("terminate_extended", "P - select 1\nB - -\nE - 0\nS\nQ select 2\nX\n"),
        SIMPLE("terminate_alone", "X\n"),
        SIMPLE("terminate_in_error", "P - bad\nQ select 1\nX\n"),
        SIMPLE("bad_describe_kind", "D x s1\nS\nQ select 1\n"),
        SIMPLE("bad_close_kind", "C x s1\nS\nQ select 1\n"),
        SIMPLE("bad_bind_body", "R 42000000066162\nS\nQ select 1\n"),
        SIMPLE("bad_query_body", "R 510000000578\nQ select 1\n"),
        SIMPLE("bad_sync_body", "R 530000000578\nQ select 1\n"),
        /* ---- parameters ---- */
        SIMPLE("set_reported",
                "Q set timezone = 'Asia/Tokyo'\nW\nQ show timezone\nW\nQ reset timezone\n"
                "W\nQ show timezone\n"),
        SIMPLE("set_local",
                "Q begin; set local datestyle = 'German'\nQ show datestyle\nQ commit\nW\n"
                "Q show datestyle\n"),
        SIMPLE("set_rolled_back", "Q begin; set timezone = 'Asia/Tokyo'\nQ rollback\nW\n"
                                  "Q show timezone\n"),
        SIMPLE("savepoint_set",
                "Q begin; set timezone = 'Asia/Tokyo'; savepoint s\n"
                "Q set timezone = 'Europe/Paris'\nQ rollback to s\nQ show timezone\n"
                "Q commit\nW\nQ show timezone\n"),
        SIMPLE("set_config",
                "Q select set_config('timezone', 'Asia/Tokyo', false)\nW\nQ show timezone\n"),
        SIMPLE("set_in_do",
                "Q do $$ begin set datestyle = 'German'; end $$\nW\nQ show datestyle\n"),
        SIMPLE("set_extended",
                "P - set timezone = 'Asia/Tokyo'\nB - -\nE - 0\nS\nW\nP - show timezone\n"
                "B - -\nE - 0\nS\n"),
        SIMPLE("set_odd_value", "Q set application_name = 'it''s \"odd\" \\ x'\nW\n"
                                "Q show application_name\nW\nQ show application_name\n"),
        SIMPLE("set_bad_value", "Q set timezone = 'Nowhere/Nope'\nW\nQ show timezone\n"),
        SIMPLE("set_encoding", "Q set client_encoding = 'LATIN1'\nW\nQ show client_encoding\nW\n"
                               "Q select 'x'\n"),
        SIMPLE("discard_all",
                "P s1 select 1\nS\nQ set timezone = 'Asia/Tokyo'\nW\nQ discard all\nW\n"
                "Q show timezone\nW\nB - s1\nE - 0\nS\nP s1 select 2\nB - s1\nE - 0\nS\n"),
        SIMPLE("deallocate_all", "P s1 select 1\nS\nW\nQ deallocate all\nW\nB - s1\nE - 0\nS\n"
                                 "P s1 select 2\nB - s1\nE - 0\nS\n"),
        FLAGGED("set_unreported", SCRIPT_SESSION,
                "Q set statement_timeout = 1234\nW\n"
                "Q show statement_timeout\n"),
        FLAGGED("sql_prepare", SCRIPT_SESSION,
                "Q prepare x as select 1\nW\nQ execute x\nW\n"
                "B - x\nE - 0\nS\nQ deallocate x\n"),
        FLAGGED("temp_table", SCRIPT_SESSION,
                "Q create temp table tmp (a int)\nW\nQ select a + 0 from tmp\n"),
        FLAGGED("hold_cursor", SCRIPT_SESSION,
                "Q begin; declare c cursor with hold for select a from t order by a; commit\nW\n"
                "Q fetch 2 from c\nW\nQ close c\n"),
        SIMPLE("listen", "Q listen ch\nW\nQ notify ch, 'hello'\nW\nQ select 1\nW\nQ unlisten *\n"),
        SIMPLE("listen_pipeline",
                "Q listen ch; notify ch, 'one'\nQ begin; notify ch, 'two'; commit\n"),
        /* ---- startup ---- */
        STARTUP("startup_plain", NULL, "Q select current_user, current_database()\n"),
        STARTUP("startup_float_digits", "extra_float_digits=0",
                "Q show extra_float_digits\nW\nQ select 0.1::float8 + 0.2::float8\n"),
        STARTUP("startup_search_path", "search_path=other",
                "Q show search_path\nW\nQ select * from t\n"),
        STARTUP("startup_search_path_list", "search_path=\"a b\", other, public",
                "Q show search_path\nW\nQ set search_path = public\nW\nQ reset search_path\nW\n"
                "Q select a from t where a = 7\n"),
        STARTUP("startup_timeout", "statement_timeout=1234",
                "Q show statement_timeout\nW\n"
                "Q show statement_timeout\n"),
        STARTUP("startup_options", "options=-c geqo=off -c work_mem=1234kB",
                "Q show geqo\nW\nQ show work_mem\n"),
        STARTUP("startup_options_escaped", "options=-c application_name=a\\ b --enable_sort=off",
                "Q show application_name\nW\nQ show enable_sort\n"),
        STARTUP("startup_timezone", "TimeZone=Asia/Tokyo",
                "Q show timezone\nW\nQ set timezone = 'UTC'\nW\nQ reset timezone\nW\nQ show "
                "timezone\n"),
        STARTUP("reset_all", "datestyle=German\napplication_name=mine\nwork_mem=1234kB",
                "Q set datestyle = 'ISO'\nW\nQ set application_name = 'x'\nW\nQ reset all\nW\n"
                "Q show datestyle\nW\nQ show application_name\nW\nQ show work_mem\n"),
        STARTUP("reset_by_discard", "timezone=Asia/Tokyo\nextra_float_digits=2",
                "Q set timezone = 'UTC'\nW\nQ discard all\nW\nQ show timezone\nW\n"
                "Q show extra_float_digits\n"),
        STARTUP("startup_encoding", "client_encoding=LATIN1",
                "Q show client_encoding\nW\nQ select 1\n"),
        STARTUP("startup_application", "application_name=app with 'quotes'",
                "Q show application_name\nW\nQ show application_name\n"),
        STARTUP("startup_bad_value", "timezone=Nowhere/Nope", "Q select 1\n"),
        STARTUP("startup_bad_name", "no_such_setting=1", "Q select 1\n"),
        STARTUP("startup_bad_options", "options=-c no_such_setting=1", "Q select 1\n"),
        STARTUP("startup_bad_switch", "options=--nonsense", "Q select 1\n"),
        STARTUP("startup_custom", "my.setting=hello", "Q show my.setting\nW\nQ show my.setting\n"),
        VERSION("startup_pq_option", 3U << 16, "_pq_.grease=1", SCRIPT_NEWER),
        VERSION("startup_3_2", 3U << 16 | 2, NULL, SCRIPT_NEWER),
        VERSION("startup_3_9999", 3U << 16 | 9999, "_pq_.grease=1", SCRIPT_NEWER),
        VERSION("startup_4_0", 4U << 16, NULL, SCRIPT_CODES),
};

const size_t script_table_count = sizeof script_table / sizeof script_table[0];
