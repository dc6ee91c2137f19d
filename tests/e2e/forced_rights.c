/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/forced_rights.c - who asks, by which search_path; and types, collations of one's own. */
#include "tests/e2e/forced_corpus.h"

#include <stddef.h>

static const char *const rights_schema[] = {
        "create table item (id int primary key, owner text, n int)",
        "insert into item values (1, 'one', 10), (2, 'two', 20), (3, 'postgres', 30)",
        "create table shown (id int primary key, secret text, open text)",
        "insert into shown values (1, 's1', 'o1'), (2, 's2', 'o2')",
        "grant select on item to one, two", "grant update on item to one",
        "grant select (id, open) on shown to one",
        "create table rls (id int primary key, who text, n int)",
        "insert into rls values (1, 'one', 1), (2, 'two', 2)",
        "alter table rls enable row level security",
        "create policy p on rls using (who = current_user)", "grant select on rls to one, two",
        "create view mine with (security_barrier) as select * from item where owner = "
        "current_user",
        "create view inv with (security_invoker) as select id, open from shown",
        "grant select on mine, inv to one, two", "create schema s1", "create schema s2",
        "create table s1.item (id int primary key, owner text, n int)",
        "create table s2.item (id int primary key, owner text, n int)",
        "insert into s1.item values (1, 's1', 100)", "insert into s2.item values (1, 's2', 200)",
        "create function s1.f(int) returns int language sql immutable as 'select $1 + 1'",
        "create function s2.f(int) returns int language sql immutable as 'select $1 + 2'",
        "create function s2.lower(text) returns text language sql immutable as $$select 'mine'$$",
        "create operator s2.+ (leftarg = int, rightarg = int, function = int4mul)",
        "create table s2.pg_mine (id int)", "create schema one authorization one",
        "create table one.item (id int primary key, owner text, n int)",
        "insert into one.item values (1, 'of one', 1000)", "alter table one.item owner to one",
        "grant usage on schema s1, s2 to one, two",
        "grant select on all tables in schema s1, s2 to "
        "one",
        NULL};

static const char *const rights_reads[] = {"select * from item order by id",
        "select * from item where id = 1", "select n from item where owner = 'one' order by id",
        "select * from public.item where id = 2", "select s1.f(n) from public.item where id = 1",
        "select f(n) from item where id = 1", "select id, open from shown order by id",
        "select secret from shown where id = 1", "select * from shown",
        "select * from rls order by id", "select count(*) from rls",
        "select * from mine order by id", "select * from inv order by id",
        "select lower(owner), n + 1 from item where id = 1",
        "select pg_catalog.lower(owner) from item where id = 1",
        "select current_user, session_user, id from item where id = 1",
        "select current_schema, id from item where id = 1",
        "select user, current_role from item where id = 1", "select id from s1.item where id = 1",
        "select i.n, s.n from item i, s2.item s where i.id = s.id",
        "select to_regclass('item'), id "
        "from item where id = 1",
        "select 'item'::regclass, id from item where id = 1",
        "select has_table_privilege('item', 'update'), id from item where id = 1",

        "select row_security_active('rls'), id from item where id = 1", NULL};

static const char *const rights_steps[] = {"select 1", "set search_path = s1, public",
        "set search_path = s2, public", "set search_path = s2, pg_catalog, public",
        "set search_path = nowhere, s1", "set search_path = \"$user\", public", "reset search_path",
        "set role one", "set search_path = \"$user\", public", "set role two", "reset role",
        "reset search_path", "set session authorization one", "reset session authorization",
        "set my.own = 'a'", "set my.own = 'b'", "reset my.own", "\\user one",
        "update public.item set n = n + 1 where id = 1", "set search_path = s1, public",
        "set search_path = public", "set row_security = off", "reset row_security", "\\user two",
        "set my.own = 'two'", "\\user postgres", "grant select on shown to two",
        "revoke select on item from two", "\\user two", "\\user postgres",
        "alter table rls disable row level security", "\\user one", "\\user postgres",
        "alter table rls enable row level security", "alter table rls force row level security",
        "set row_security = off", "reset row_security", "revoke all on shown from one",
        "\\user one", "\\user postgres", "alter role one set search_path = s2, public",
        "\\user one", "\\user postgres", "alter role one reset search_path",
        "create table s1.shown (id int, "
        "secret text, open text)",
        "set search_path = s1, public", "alter table s1.item rename to item_was",
        "alter table s1.item_was rename to item", "alter schema s1 rename to s3",
        "alter schema s3 "
        "rename to s1",
        "begin", "set local search_path = s2, public", "commit",
        "select set_config('search_path', 's2, public', true)",
        "select set_config('search_path', 's2, public', false)", "discard all",
        "create temp table item (id int primary key, owner text, n int)",
        "insert into item values (1, 'temp', -1)", "discard temp", "\\user postgres", NULL};

const struct forced_chapter forced_rights = {.name = "rights",
        .schema = rights_schema,
        .reads = rights_reads,
        .steps = rights_steps,
        .kept_min = 0,
        .tables_min = 50,
        .points_min = 30,
        .row_sets_min = 0};

/* ---- types of one's own ---- */

static const char *const user_types_schema[] = {"create type mood as enum ('sad', 'ok', 'happy')",
        "create domain pos as int check (value "
        "> 0)",
        "create domain poss as pos[]", "create type pair as (a int, b text)",
        "create type frange as range (subtype = float8)",
        "create table ut (id int primary key, mo mood, po pos, pp poss, pa pair, pl pair[], fr "
        "frange, ml mood[])",
        "insert into ut values (1, 'ok', 5, '{1,2}', '(1,x)', '{\"(1,x)\",\"(2,)\"}', '[0.1,0.2)', "
        "'{sad,ok}'), (2, 'sad', null, null, null, null, null, null), (3, 'happy', 7, '{}', "
        "'(,\"q,\"\"z\")', '{}', 'empty', '{}')",
        "create table co (id int primary key, c text collate \"C\", d text, p varchar collate "
        "\"POSIX\")",
        "insert into co values (1, 'b', 'b', 'b'), (2, 'A', 'A', 'A'), (3, 'a', 'a', 'a'), (4, "
        "'B', 'B', 'B'), (5, '\u00e4', '\u00e4', '\u00e4')",
        "create collation mine (locale = 'C')",
        "create table cm (id int primary key, m text collate mine)",
        "insert into cm select id, d from co",
        "create function mood_of(int) returns mood language sql immutable as $$select case when $1 "
        "> 1 then 'happy' else 'sad' end::mood$$",
        "create cast (pair as text) with inout",
        "create aggregate total (int) (sfunc = int4pl, "
        "stype = int, initcond = '0')",
        "create table gen (id int primary key, n int, g int generated always as (n * 2) stored)",
        "insert into gen (id, n) values (1, 1), (2, 2)", NULL};

static const char *const user_types_reads[] = {"select * from ut order by id",
        "select * from ut where id = 1", "select mo from ut where id = 1",
        "select id, mo from ut order by mo", "select po + 1, pp[1] from ut where id = 1",
        "select (pa).a, (pa).b, pa from ut order by id",
        "select pl[1], (pl[2]).a from ut where id = 1",
        "select fr, lower(fr), isempty(fr) from ut order by id",
        "select id from ut where mo = 'ok'", "select id from ut where mo > 'sad' order by id",
        "select max(mo), min(mo) from ut", "select ml, ml[1] from ut where id = 1",
        "select mood_of(id), id from ut order by id", "select to_json(ut) from ut where id = 1",
        "select pa::text from ut where id = 1", "select enum_range(mo) from ut where id = 1",
        "select c from co order by c", "select d from co order by d",
        "select d from co order by d collate "
        "\"C\"",
        "select p from co order by p desc",
        "select c, upper(c), lower(c) from co where c > 'A' order by c",
        "select max(c), min(d collate \"C\") from co", "select m from cm order by m",
        "select id from co where c = 'a'", "select id from co where d = 'a' or c = 'B' order by id",
        "select initcap(d), d ~* 'A' from co order by id", "select * from gen order by id",
        "select g from gen where id = 2",
        "select pg_typeof(po), pg_typeof(mo) from ut where id = 1",
        "select id::pos, 'sad'::mood from ut where id = 1", "select ut from ut where id = 2",
        "select format('%s %L', mo, po) from ut where id = 1",
        "select c collate \"C\" < d collate \"C\" from co where id = 2", NULL};

static const char *const user_types_steps[] = {"select 1",
        "alter type mood rename value 'ok' to 'fine'",
        "alter type mood rename value 'fine' to 'ok'",
        "alter type mood add value 'wild' before 'sad'", "update ut set mo = 'wild' where id = 2",
        "alter type pair rename attribute b to bb", "alter type pair rename attribute bb to b",
        "alter domain pos rename to positive", "alter domain positive rename to pos",
        "alter domain pos add constraint small check (value < 100)",
        "update gen set n = 5 where id = 2", "insert into co values (6, 'C', 'C', 'C')",
        "update co set c = 'z' where id = 3", "delete from co where id = 6",
        "create or replace function mood_of(int) returns mood language sql immutable as $$select "
        "'sad'::mood$$",
        "alter table co alter d type text collate \"C\"", "drop aggregate total (int)",
        "create aggregate total (int) (sfunc = int4mul, stype = int, initcond = '1')",
        "alter type mood rename to humour", "alter type humour rename to mood",
        "alter table gen drop column g", "alter table gen add column g text default 'g'",
        "alter table ut drop column ml", "update gen set n = 6 where id = 2",
        "update gen set n = 7 where id = 2", "update gen set n = 8 where id = 2", NULL};

const struct forced_chapter forced_user_types = {.name = "user types",
        .schema = user_types_schema,
        .reads = user_types_reads,
        .steps = user_types_steps,
        .kept_min = 0,
        .tables_min = 120,
        .points_min = 60,
        .row_sets_min = 8};
