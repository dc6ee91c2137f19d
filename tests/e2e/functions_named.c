/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/functions_named.h"

#include "tests/support/case.h"
#include "tests/support/fixture.h"

/* Custom settings whose names only a catalogue tells, each in its own place. */
#define CUSTOM(name, value) "set_config('my." name "', '" value "', false)"
static const char *const customs[] = {
        "do $x$ begin execute 'create function long_one() returns void language plpgsql as "
        "$$begin /*' || repeat('a long comment. ', 700) || '*/ perform set_config(''my.long'', "
        "''1'', "
        "false); execute ''set my.longer = 2''; end$$'; end $x$",
        "create function atomic_one() returns text language sql begin atomic; select " CUSTOM(
                "atomic", "3") "; end",
        "create function with_set() returns void language plpgsql set work_mem = '8MB' as "
        "$$begin perform " CUSTOM("inner", "4") "; end$$",
        "create function by_argument(a text default " CUSTOM(
                "argument", "5") ") returns text language sql as 'select $1'",
        "create table seen (id int)",
        "insert into seen values (1)",
        "create view set_by_view as select id, " CUSTOM("view", "6") " from seen",
        "create table set_by_default (id int, v text default " CUSTOM("default", "7") ")",
        "create table set_by_rule (id int)",
        "create rule r as on insert to set_by_rule do also select " CUSTOM("rule", "8"),
        "create table set_by_check (id int check (" CUSTOM("check", "9") " <> ''))",
        "create table set_by_policy (id int)",
        "alter table set_by_policy enable row level security",
        "create policy p on set_by_policy using (" CUSTOM("policy", "10") " <> '')",
        "insert into set_by_policy values (1)",
        "grant select on set_by_policy to reader",
        "create table set_by_when (id int)",
        "create trigger t before insert on set_by_when for each row when (" CUSTOM(
                "when", "11") " <> '') execute function on_plain_row()",
};

/* What nothing shows, and only the end of the process takes away. */
static const char *const holding[] = {
        "create function seeds() returns int language plpgsql as "
        "$$begin perform setseed(0.5); return 1; end$$",
        "create function calls_seeds(a int) returns int language sql as 'select a + seeds()'",
        "create function \"Seeds it\"() returns int language plpgsql as "
        "$$begin execute 'select calls_seeds(1)'; return 1; end$$",
        "create function seeds_atomic() returns int language sql begin atomic; select seeds(); end",
        "do $x$ begin execute 'create function seeds_long() returns void language plpgsql as "
        "$$begin /*' || repeat('a long comment. ', 700) || '*/ perform setseed(0.5); end$$'; end "
        "$x$",
        "create procedure seeding() language plpgsql as $$begin perform setseed(0.5); end$$",
        "create extension dblink",
        "create function here() returns text language sql as $$select format('host=127.0.0.1 "
        "port=%s dbname=postgres user=postgres', current_setting('port'))$$",
        "create function connects() returns text language sql as "
        "$$select public.dblink_connect('other', here())$$",
};

void functions_make_named(void)
{
    for (size_t i = 0; i < CASE_COUNT(customs); i++) {
        cluster_sql(&cluster, customs[i]);
    }
    for (size_t i = 0; i < CASE_COUNT(holding); i++) {
        cluster_sql(&cluster, holding[i]);
    }
    cluster_sql(&cluster, "create database measured");
}
