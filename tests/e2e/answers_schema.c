/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_schema.h"

/* A function that writes table log, each in its own way, and what calls it. */
#define NOTE(name) "insert into log (what) values ('" name "')"

const char *const answers_schema[] = {
        "create role one login",
        "create role two login",
        "create role readers",
        "create table t (id int primary key, n int, b text)",
        "insert into t select i, i * 10, 'row ' || i from generate_series(1, 200) i",
        "create table u (id int primary key, n int)",
        "insert into u select i, i from generate_series(1, 200) i",
        "create table aside (id int primary key, n int)", /* nobody writes it but by DDL */
        "insert into aside select i, i from generate_series(1, 20) i",
        "create table owned (id int primary key, owner int default 3, name varchar(4), mail text "
        "unique, flag bool default true, v int)",
        "create table pairs (k text, id bigint, v int, owner int, primary key (id, k))",
        "insert into pairs select 'k' || i, i, i, i % 10 from generate_series(1, 100) i",
        "create table named_by (u uuid, k varchar(8), v int, owner int, primary key (u, k))",
        "insert into named_by select ('00000000-0000-0000-0000-0000000000' || "
        "lpad(i::text, 2, '0'))::uuid, 'k' || i, i, i % 10 from generate_series(1, 99) i",
        "create table log (id serial, what text)",
        "create table all_types (i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric, b "
        "bool, "
        "t text, v varchar(10), c char(5), d date, ti time, ts timestamp, tz timestamptz, iv "
        "interval, "
        "by bytea, u uuid, j json, jb jsonb, a int[], x xml, m money, r int4range, ip inet)",
        "insert into all_types values (1, 2, 3, 1.1, 2.2, 3.30, true, 'text', 'v', 'c', "
        "'2024-02-29', "
        "'12:34:56.789', '2024-02-29 12:34:56', '2024-02-29 12:34:56+00', '1 year 2 days "
        "03:04:05', "
        "'\\x00ff27', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{\"a\": 1}', '{\"b\": [1, 2]}', "
        "'{1,NULL,3}', '<a/>', '1234.56', '[1,5)', '10.0.0.1/8')",
        "insert into all_types (i4) values (null)",
        "grant select, insert, update, delete on all tables in schema public to one, two",
        "grant all on log_id_seq to one, two",
        /* in functions */
        "create function by_sql() returns void language sql as $$" NOTE("sql") "$$",
        "create function by_plpgsql() returns void language plpgsql as $$begin " NOTE(
                "plpgsql") "; end$$",
        "create function by_execute() returns void language plpgsql as "
        "$$begin execute 'insert into ' || 'log (what) values (''x'')'; end$$",
        "create function by_other() returns int language plpgsql as "
        "$$begin perform by_sql(); return 1; end$$",
        "create function by_standard() returns void language sql begin atomic; " NOTE(
                "atomic") "; end",
        "create function of_row(r t) returns int language plpgsql as $$begin " NOTE(
                "of row") "; return 1; end$$",
        "create function on_row() returns trigger language plpgsql as $$begin " NOTE(
                "trigger") "; return coalesce(new, old); end$$",
        "create function on_statement() returns trigger language plpgsql as $$begin " NOTE(
                "statement") "; return null; end$$",
        "create procedure by_call() language plpgsql as $$begin " NOTE("call") "; end$$",
        "create procedure by_commits() language plpgsql as $$begin " NOTE(
                "first") "; commit; " NOTE("second") "; commit; end$$",
        "create procedure by_waits() language plpgsql as $$begin " NOTE(
                "waits") "; commit; perform pg_advisory_xact_lock(77); end$$",
        "create function writes_set(n int) returns setof int language plpgsql as $$begin " NOTE(
                "set") "; return next n; end$$",
        /* triggers */
        "create table triggered (id serial primary key, n int)",
        "insert into triggered (n) select 1 from generate_series(1, 100)",
        "create trigger r after insert or update or delete on triggered for each row execute "
        "function "
        "on_row()",
        "create trigger s after truncate on triggered for each statement execute function "
        "on_statement()",
        "create table replicated (id serial primary key, n int)",
        "create trigger r after insert on replicated for each row execute function on_row()",
        "alter table replicated enable replica trigger r",
        "create table deferred (id serial primary key, n int)",
        "create constraint trigger r after insert on deferred deferrable initially deferred "
        "for each row execute function on_row()",
        /* keys of others */
        "create table k1 (id int primary key, n int)",
        "create table k2 (id int primary key, up int references k1 on delete cascade on update "
        "cascade)",
        "create table k3 (id int primary key, up int references k2 on delete cascade)",
        "create table k4 (id int primary key, up int references k3 on delete set null)",
        "insert into k1 select i from generate_series(1, 100) i",
        "insert into k2 select i, i from generate_series(1, 100) i",
        "insert into k3 select i, i from generate_series(1, 100) i",
        "insert into k4 select i, i from generate_series(1, 100) i",
        /* rules, views */
        "create table ruled (n int)",
        "create rule also as on insert to ruled do also " NOTE("rule"),
        "create rule instead as on delete to ruled do instead " NOTE("instead"),
        "create view v_t as select id, n from t where n >= 0",
        "create view v_v as select id, n from v_t",
        "create view v_join as select t.id, t.n, u.n as un from t join u using (id)",
        "create function instead_of() returns trigger language plpgsql as "
        "$$begin update u set n = n + 1 where id = new.id; return new; end$$",
        "create trigger i instead of update on v_join for each row execute function instead_of()",
        "create view v_calls as select by_other() as x, id from aside",
        /* trees */
        "create table p (id int, n int) partition by range (id)",
        "create table p1 partition of p for values from (0) to (1000)",
        "create table p2 partition of p for values from (1000) to (2000) partition by range (id)",
        "create table p21 partition of p2 for values from (1000) to (2000)",
        "insert into p select i, i from generate_series(1, 1999, 10) i",
        "create table parent (id serial, n int)",
        "create table child (more int) inherits (parent)",
        "create table grandchild () inherits (child)",
        "insert into grandchild (n) select i from generate_series(1, 50) i",
        /* what is called unseen */
        "create table by_default (id serial, n int default by_other())",
        "create function step_and_write(s int, n int) returns int language plpgsql as "
        "$$begin " NOTE("aggregate") "; return s; end$$",
        "create aggregate writing(int) (sfunc = step_and_write, stype = int, initcond = 0)",
        /* names that are another by path */
        "create schema a",
        "create schema b",
        "create table a.named (n int)",
        "create table b.named (n int)",
        "create function by_path() returns void language sql as 'select 1'",
        "create or replace function by_path() returns void language plpgsql as "
        "$$begin insert into named values (1); end$$",
        "grant usage on schema a, b to public",
        "grant all on a.named, b.named to public",
        /* others of the answer than tables */
        "create function reads_u(r t) returns bigint language sql stable as 'select sum(n) from u'",
        "create function lower(i int) returns bigint language sql stable as 'select sum(n) from u'",
        "create function tells(i int) returns int language plpgsql immutable as "
        "$$begin raise notice 'told'; return i; end$$",
        "create function times(i int) returns int language sql immutable as 'select i * 2'",
        "create unlogged table fleeting (n int)",
        "insert into fleeting values (1)",
        "create materialized view mv as select * from t",
        "create sequence seq",
        "create view v_now as select id, now() from t",
        "create view v_random as select id, random() from t",
        "create table dates (d date, ts timestamp, r daterange)",
        "insert into dates select current_date + i, current_date + i, daterange(current_date + i, "
        "null) "
        "from generate_series(-50, 50) i",
        "create table secret (id int, owner text)",
        "insert into secret values (1, 'one'), (2, 'two')",
        "grant select on secret to readers",
        "grant readers to one",
        "create database other",
        "create database one",
};
const size_t answers_schema_count = sizeof answers_schema / sizeof *answers_schema;

const char *const answers_odd_schema[] = {
        "create table t (id int primary key, n int, b text)",
        "insert into t select i, i * 10, 'row ' || i from generate_series(1, 200) i",
        "create table u (id int primary key, n int)",
        "insert into u select i, i from generate_series(1, 200) i",
        "create table log (id serial, what text)",
        "create function add_and_write(a t, b int) returns int language plpgsql as $$begin " NOTE(
                "operator") "; return b; end$$",
        "create operator @#@ (leftarg = t, rightarg = int, function = add_and_write)",
        "create type own as (x int)",
        "create function to_own(i int) returns own language plpgsql as $$begin " NOTE(
                "cast") "; return row(i)::own; end$$",
        "create cast (int as own) with function to_own(int) as assignment",
        "create table of_own (o own)",
        "create function like_sum(a int, b text) returns bool language sql stable as "
        "'select sum(n) % 2 = 0 from u'",
        "create operator = (leftarg = int, rightarg = text, function = like_sum)",
        "create function writes_and_is(n int) returns bool language plpgsql as $$begin " NOTE(
                "check") "; return true; end$$",
        "create domain checked as int check (writes_and_is(value))",
        "create table of_checked (n checked)",
};
const size_t answers_odd_schema_count = sizeof answers_odd_schema / sizeof *answers_odd_schema;
