/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/sessions_make.c - the statements of a random session.
 */
#include "tests/support/sessions.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

enum { STEPS_MIN = 8 };

static const char *const logins[] = {"user=postgres", "user=postgres", "user=one",
        "user=postgres options='-c work_mem=3MB -c search_path=a'",
        "user=one application_name=mine options='-c TimeZone=Asia/Tokyo -c app.tenant=first'",
        "user=one client_encoding=latin1 options='-c statement_timeout=70s -c enable_sort=off'"};

/* All that the statements below may have changed. */
static const char look[] =
        "select current_user, session_user, current_setting('role'), "
        "current_setting('work_mem'), current_setting('search_path'), "
        "current_setting('enable_sort'), current_setting('statement_timeout'), "
        "current_setting('bytea_output'), current_setting('timezone'), "
        "current_setting('datestyle'), current_setting('client_encoding'), "
        "current_setting('application_name'), current_setting('default_transaction_isolation'), "
        "current_setting('default_transaction_read_only'), coalesce(current_setting('app.tenant', "
        "true), ''), coalesce(current_setting('app.Other', true), '')";

static const char look_things[] =
        "select (select count(*) from pg_class where relnamespace = pg_my_temp_schema()), "
        "(select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), "
        "(select count(*) from pg_cursors), "
        "(select count(*) from pg_prepared_statements where from_sql), "
        "(select count(*) from pg_listening_channels())";

/* Both are of the same name, so that what is reset or local was often set before. */
static const char *const set_values[] = {"work_mem = '5MB'", "work_mem = 6144",
        "work_mem to default", "search_path = a, \"b c\"", "search_path = '', \"$user\", public",
        "search_path = 'it''s', \"qu\"\"ote\", pg_catalog", "search_path to default",
        "enable_sort = off", "enable_sort = on", "statement_timeout = '61s'",
        "statement_timeout = 62000", "bytea_output = escape", "bytea_output to 'hex'",
        "timezone = 'Europe/Rome'", "time zone 'Asia/Tokyo'",
        "time zone interval '+02:30' hour to minute", "time zone local", "time zone -7",
        "datestyle = 'SQL, DMY'", "datestyle = German", "names 'latin1'", "names 'utf8'",
        "names default", "client_encoding = 'win1252'", "application_name = 'it''s \"me\"'",
        "application_name = 'other'", "app.tenant = 'it''s'", "app.tenant to 'a \\ b', c",
        "\"app\".\"tenant\" = E'tab\\t\\'\\\\'", "app.tenant = ''", "app.tenant = 12",
        "app.tenant = 'gr\xc3\xbc\xc3\x9f'", "app.Other = 'x'", "app.\"OTHER\" = 'y'", "role joe",
        "role jim", "role none", "role nobody", "session authorization joe",
        "session authorization default", "work_mem = 'nonsense'", "no_such = 1"};

static const char *const names[] = {"work_mem", "search_path", "enable_sort", "statement_timeout",
        "bytea_output", "timezone", "datestyle", "client_encoding", "application_name", "role",
        "session authorization", "default_transaction_isolation"};

static const char *const configs[] = {"'work_mem', '9MB'", "'search_path', '\"b c\", a'",
        "'search_path', ''", "'app.tenant', 'by set_config'", "'app.other', E'\\\\'",
        "'timezone', 'UTC'", "'role', 'joe'", "'role', 'none'", "'session_authorization', 'jim'",
        "'enable_sort', 'no'", "'client_encoding', 'utf8'", "'work_mem', NULL"};

static const char *const others[] = {"reset all", "reset all", "discard all", "discard all",
        "set session characteristics as transaction isolation level serializable",
        "set session characteristics as transaction read only",
        "set session characteristics as transaction read write", "select set_and_fail()",
        "do $$begin perform set_it('11MB'); end$$",
        "do $$begin begin perform set_and_fail(); exception when others then null; end; end$$",
        "do $$begin set enable_sort = off; set local work_mem = '12MB'; end$$",
        "call set_by_call()", "bad sql", "select 1 / 0", "select 1", "select 2", "",
        "set constraints all deferred", "set transaction read only"};

static const char *const things[] = {"create temp table t (n int)",
        "create temp table t (n int) on commit drop", "create temp table d as select 1 as n",
        "select count(*) from pg_temp.t", "insert into pg_temp.t values (1)",
        "drop table pg_temp.t", "drop table if exists pg_temp.d", "create temp view v as select 1",
        "drop view pg_temp.v", "create temp sequence q", "select nextval('pg_temp.q')",
        "drop sequence pg_temp.q", "create function pg_temp.f() returns int return 1",
        "select pg_temp.f()", "drop function pg_temp.f()", "create type pg_temp.e as enum ('x')",
        "drop type pg_temp.e", "create domain pg_temp.dom as int", "drop domain pg_temp.dom",
        "discard temp", "discard temp", "declare c cursor with hold for select 1", "fetch c",
        "close c", "close all", "prepare p as select 7", "prepare p as select 8", "execute p",
        "deallocate p", "deallocate all", "listen x", "listen \"y z\"", "unlisten x", "unlisten *",
        "select pg_listening_channels()", "discard plans", "discard sequences"};

/* Of a key of the session's own. */
static const char *const locks[] = {"select pg_try_advisory_lock(%u)",
        "select pg_advisory_lock(%u)", "select pg_try_advisory_lock_shared(%u)",
        "select pg_advisory_xact_lock(%u)", "select pg_advisory_unlock(%u)",
        "select pg_advisory_unlock(%u)", "select pg_advisory_unlock_shared(%u)"};

static const char *const blocks[] = {"begin", "begin", "begin", "commit", "commit", "commit",
        "rollback", "rollback", "savepoint s", "savepoint s", "rollback to s", "release s",
        "begin read only", "commit and chain"};

static const char *const texts[] = {"set work_mem = '13MB'; select 1 / 0",
        "set work_mem = '14MB'; show work_mem", "begin; set search_path = a; commit; select 1",
        "begin; set app.tenant = 'rolled back'; rollback; set app.other = 'kept'",
        "set role joe; set work_mem = '15MB'; select current_user",
        "set local work_mem = '16MB'; show work_mem", "select 1; bad sql",
        "set enable_sort = off; savepoint s; set work_mem = '17MB'",
        "create temp table t (n int); drop table t",
        "select pg_advisory_unlock_all(); discard temp; close all; unlisten *"};

/* ---- making ---- */

struct maker {
    uint64_t state;
    struct session_program *program;
};

/* splitmix64, by Sebastiano Vigna, in the public domain. */
static uint32_t draw(struct maker *maker, uint32_t below)
{
    maker->state += 0x9e3779b97f4a7c15U;
    uint64_t z = maker->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

#define ONE_OF(maker, array) ((array)[draw(maker, COUNT_OF(array))])

static struct session_step *next_step(struct maker *maker)
{
    static const enum session_how hows[] = {SESSION_SIMPLE, SESSION_SIMPLE, SESSION_UNNAMED,
            SESSION_NAMED, SESSION_PIPELINED, SESSION_PIPELINED};
    struct session_step *step = &maker->program->steps[maker->program->count++];

    step->how = ONE_OF(maker, hows);
    return step;
}

static void put(struct maker *maker, const char *before, const char *words, const char *after)
{
    snprintf(next_step(maker)->sql, STEP_MAX, "%s%s%s", before, words, after);
}

static void put_lock(struct maker *maker)
{
    const char *format = ONE_OF(maker, locks);
    const char *mark = strstr(format, "%u");

    snprintf(next_step(maker)->sql, STEP_MAX, "%.*s%u%s", (int)(mark - format), format,
            (unsigned)(maker->program->seed % 1000000) * 2 + draw(maker, 2), mark + 2);
}

static void put_one(struct maker *maker)
{
    uint32_t dice = draw(maker, 100);

    if (dice < 22) {
        put(maker, "set ", ONE_OF(maker, set_values), "");
    } else if (dice < 27) {
        put(maker, "set local ", ONE_OF(maker, set_values), "");
    } else if (dice < 33) {
        put(maker, "reset ", ONE_OF(maker, names), "");
    } else if (dice < 40) {
        put(maker, "select set_config(", ONE_OF(maker, configs),
                draw(maker, 3) == 0 ? ", true)" : ", false)");
    } else if (dice < 46) {
        put(maker, "", ONE_OF(maker, others), "");
    } else if (dice < 58) {
        put(maker, "", ONE_OF(maker, things), "");
    } else if (dice < 62) {
        put_lock(maker);
    } else if (dice < 80) {
        put(maker, "", ONE_OF(maker, blocks), "");
    } else if (dice < 84) {
        put(maker, "", ONE_OF(maker, texts), "");
        maker->program->steps[maker->program->count - 1].how = SESSION_SIMPLE;
    } else if (dice < 95) {
        put(maker, look, "", "");
    } else {
        put(maker, look_things, "", "");
    }
}

void session_make(struct session_program *program, uint64_t seed)
{
    struct maker maker = {.state = seed, .program = program};
    uint32_t count = STEPS_MIN + draw(&maker, STEPS_MAX - STEPS_MIN - 4);

    program->seed = seed;
    program->count = 0;
    program->login = ONE_OF(&maker, logins);
    put(&maker, look, "", "");
    put(&maker, look_things, "", "");
    while (count-- > 0) {
        put_one(&maker);
    }
    put(&maker, look, "", "");
    put(&maker, look_things, "", "");
}
