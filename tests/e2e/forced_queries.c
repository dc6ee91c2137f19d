/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/forced_queries.c - queries of all shapes, writes of all kinds between; and what inherits. */
#include "tests/e2e/forced_corpus.h"

#include <stddef.h>

static const char *const queries_schema[] = {
        "create table owner (id int primary key, name text not null, city text, rank numeric)",
        "create table acc (id int primary key, owner int references owner on delete cascade, n int "
        "not null, note text default 'none', flag bool default true, at date default "
        "'2024-05-05', unique (owner, n))",
        "insert into owner select i, 'owner ' || i, (array['Bonn', 'Rome', null])[i % 3 + 1], i / "
        "4.0 from generate_series(1, 8) i",
        "insert into acc select i, i % 8 + 1, i, 'note ' || i, i % 3 = 0 from generate_series(1, "
        "60) i",
        "create table log (id bigint generated always as identity primary key, acc int, what "
        "text)",
        "create view rich as select a.id, a.n, o.name from acc a join owner o on o.id = a.owner "
        "where a.n > 30",
        "create view richest as select * from rich where n > 50",
        "create function keep() returns trigger language plpgsql as $$begin insert into log (acc, "
        "what) values (coalesce(new.id, old.id), tg_op); return coalesce(new, old); end$$",
        "create trigger keep after update or delete on acc for each row execute function keep()",
        "create function twice(int) returns int language sql immutable as 'select $1 * 2'",
        "create function pay(a int, m int) returns int language plpgsql as $$begin update acc set "
        "n = n + m where id = a; return m; end$$",
        "create table copied (id int, t text)", NULL};

static const char *const queries_reads[] = {"select * from acc where id = 7",
        "select n, note from acc where id = 8 and flag", "select * from acc where id = 61",
        "select * from acc where owner = 3 order by id",
        "select id, n from acc where owner = 4 and flag order by n desc limit 3",
        "select id, note from acc where owner = 5 and n > 20 order by id",
        "select id from acc where owner = 99", "select id, owner from acc where note = 'note 9'",
        "select * from acc where owner in (2, 3) order by id limit 5",
        "select * from owner where id = 3",
        "select id, name from owner where city = 'Bonn' order by 1",
        "select count(*), sum(n), min(note), bool_and(flag) from acc",
        "select owner, count(*), avg(n)::numeric(10,3) from acc group by owner having count(*) > 2 "
        "order by 1",
        "select a.id, o.name from acc a join owner o on o.id = a.owner where a.id < 6 order by 1",
        "select o.name, a.id from owner o left join acc a on a.owner = o.id and a.n > 55 order by "
        "1, 2",
        "select o.id, x.id from owner o cross join lateral (select id from acc where owner = o.id "
        "order by n desc limit 1) x order by 1",
        "select name from owner o where exists (select from acc where owner = o.id and n > 58) "
        "order by 1",
        "select name from owner where id not in (select owner from acc where n < 50 and owner is "
        "not null) order by 1",
        "with x as (select owner, sum(n) s from acc group by 1), y as materialized (select * from "
        "x "
        "where s > 100) select y.*, o.name from y join owner o on o.id = y.owner order by 1",
        "with recursive r (n) as (select min(id) from owner union all select n + 1 from r where n "
        "< "
        "4) select r.n, o.name from r left join owner o on o.id = r.n order by 1",
        "select id from acc where n > 57 union select id from owner order by 1",
        "select id from owner intersect select owner from acc order by 1",
        "select id from owner except all select owner from acc where n < 30 order by 1",
        "select distinct on (owner) owner, id, n from acc order by owner, n desc",
        "select distinct flag from acc order by 1",
        "select id, rank() over w, sum(n) over (w rows between 1 preceding and current row) from "
        "acc where id < 12 window w as (partition by flag order by n) order by 1",
        "select city, flag, count(*) from acc join owner o on o.id = owner group by grouping sets "
        "((city), (flag), ()) order by 1, 2, 3",
        "select owner, percentile_cont(0.5) within group (order by n) from acc group by rollup "
        "(owner) order by 1",
        "select count(*) filter (where flag), string_agg(note, '|' order by id) from acc where "
        "owner = 2",
        "select case when n > 30 then 'big' else 'small' end k, count(*) from acc group by 1 order "
        "by 1",
        "select coalesce(city, '?'), nullif(id, 3), greatest(id, 4) from owner order by id",
        "select id, twice(n) from acc where id = 9", "select * from rich order by id",
        "select * from richest order by id limit 3", "select n from rich where id = 40",
        "select id, what, acc from log order by id desc limit 4", "select count(*) from log",
        "select id from acc order by n offset 10 limit 5",
        "select id, n from acc order by n desc fetch first 3 rows with ties",
        "select array(select id from acc where owner = 6 order by id)",
        "select (select count(*) from acc), (select max(name) from owner)",
        "select a, a.n from acc a where a.id = 10",
        "select row_to_json(o) from owner o where id = 2", "select * from copied order by 1, 2",
        "select t.* from (values (1, 'x'), (2, 'y')) t (id, w) join owner using (id) order by 1",
        "select id from acc where (owner, n) = (3, 2)", "select 1 / (n - 7) from acc where id = 7",
        "select generate_series(1, id) from owner where id = 3",
        "select current_user, id from owner where id = 1",
        "select id from acc where note similar to 'note 1(1|2)' order by 1",
        "select sum(n)::text collate \"C\" from acc where owner between 2 and 4",
        "select id from acc where booleq(flag, false) and int8gt(n, 50) order by 1",
        "select id from acc where range_contains(int4range(1, 9), int4range(id, id + 1)) order by "
        "1",
        "select timezone('UTC', at::timestamp) from acc where id = 11",
        "select (a).note, (a).n + 1 from acc a where id = 12", NULL};

static const char *const queries_steps[] = {"select 1", "update acc set n = n + 100 where id = 7",
        "update acc set flag = not flag where id in (8, 9)", "delete from acc where id = 12",
        "insert into acc values (61, 3, 500)", "delete from acc where id = 61",
        "insert into acc values (62, 5, 501), (63, 4, 502, 'x', false)",
        "insert into acc values (62, 5, 501) on conflict (id) do update set note = 'again'",
        "update acc set owner = 2 where id = 20", "update acc set id = 64 where id = 10",
        "update acc set id = 10 where id = 64", "update owner set city = 'Bonn' where id = 2",
        "delete from owner where id = 8", "select pay(30, 7)",
        "do $$begin update acc set n = 0 where id = 31; end$$",
        "with d as (delete from acc where id = 33 returning owner) update owner set rank = 9 from "
        "d where owner.id = d.owner",
        "update acc a set note = o.name from owner o where o.id = a.owner and a.id < 4",
        "update rich set n = 77 where id = 40", "begin", "update acc set n = 4000 where id = 41",
        "rollback", "begin", "update acc set n = 4001 where id = 41", "savepoint s",
        "update acc set n = 4002 where id = 42", "rollback to s", "commit",
        "begin; update acc set n = 4003 where id = 43; commit",
        "update acc set n = 1 / (id - 44) where id between 44 and 50",
        "prepare up (int) as update acc set n = n + 1 where id = $1", "execute up (8)",
        "deallocate up", "insert into copied select id, note from acc where id < 4",
        "truncate copied",
        "merge into copied c using owner o on c.id = o.id when not matched then "
        "insert values (o.id, o.name)",
        "alter table acc add column more int default 5", "alter table owner rename city to town",
        "alter table owner rename town to city", "alter table acc alter n type bigint using n + 1",
        "create or replace view richest as select * from rich where n > 70",
        "create or replace function twice(int) returns int language sql immutable as 'select $1 * "
        "3'",
        "create index on acc (note)", "drop index acc_note_idx",
        "alter table acc disable trigger "
        "keep",
        "update acc set n = 5 where id = 13", "drop trigger keep on acc",
        "create rule r as on update to copied do also insert into log (what) values ('rule')",
        "update copied set t = 'u' where id = 1", "drop view rich cascade",
        "create table rich as select id, n, 'table'::text as name from acc where id > 50",
        "drop table copied", "create table copied (t text, id int)", "vacuum analyze acc",
        "set enable_seqscan = off", "reset enable_seqscan",
        "set transaction_isolation = "
        "'serializable'",
        "set default_transaction_isolation = 'repeatable read'",
        "update acc set n = 6 where id = 14", "reset default_transaction_isolation",
        "truncate acc, log", NULL};

const struct forced_chapter forced_queries = {.name = "queries",
        .schema = queries_schema,
        .reads = queries_reads,
        .steps = queries_steps,
        .kept_min = 1,
        .tables_min = 300,
        .points_min = 60,
        .row_sets_min = 40};

/* ---- families ---- */

static const char *const families_schema[] = {
        "create table part (id int, k text, n int, primary key (id)) partition by range (id)",
        "create table part_1 partition of part for values from (0) to (10)",
        "create table part_2 partition of part for values from (10) to (100) partition by range "
        "(id)",
        "create table part_2a partition of part_2 for values from (10) to (20)",
        "create table part_d partition of part default",
        "insert into part select i, 'k' || i % 3, i from generate_series(0, 19) i",
        "insert into part values (200, 'far', 1)", "create table base (id int, t text)",
        "create table kid (more int) inherits (base)", "create table grandkid () inherits (kid)",
        "insert into base values (1, 'base')", "insert into kid values (2, 'kid', 2)",
        "insert into grandkid values (3, 'grand', 3)",
        "create table li (k text, n int) partition by list (k)",
        "create table li_a partition of li for values in ('a')",
        "create table li_n partition of li for values in (null)",
        "insert into li values ('a', 1), (null, 2)",
        "create view pv as select k, sum(n) s from part group by k",
        "create table loose (id int primary key, k text, n int)",
        "insert into loose values (300, 'loose', 3)", NULL};

static const char *const families_reads[] = {"select * from part order by id",
        "select * from part where id = 5", "select n from part where id = 15",
        "select * from part where id = 200", "select * from part_1 where id = 5",
        "select count(*) from part_2", "select n from part_2a where id = 12",
        "select tableoid::regclass, id from part where id in (5, 15, 200) order by id",
        "select * from part where k = 'k1' order by id", "select * from pv order by 1",
        "select id, t from base order by id", "select id, t from only base",
        "select * from kid order by id",
        "select b.id from base b join part p on p.id = b.id order by 1",
        "select * from li order by n", "select n from li where k is null",
        "select sum(n) from li_a", "select * from loose where id = 300", "select max(id) from part",
        "select p.id from part p join part_1 q using (id) order by 1 limit 3", NULL};

static const char *const families_steps[] = {"select 1", "update part set n = 50 where id = 5",
        "update part_1 set n = 51 where id = 5", "update part set id = 16 where id = 6 and false",
        "delete from part where id = 15", "insert into part_2a values (15, 'back', 1)",
        "update part set id = 101 where id = 9", "insert into kid values (4, 'late', 4)",
        "update base set t = t || '!' where id >= 2", "update only base set t = 'only'",
        "delete from grandkid",
        "alter table part attach partition loose for values from (300) to "
        "(400)",
        "alter table part detach partition part_1", "update part_1 set n = 99 where id = 5",
        "drop table part_1", "insert into part values (5, 'new', 5)",
        "create table part_3 partition of part for values from (400) to (500)",
        "insert into part values (450, 'k1', 2)", "truncate part_2",
        "alter table kid no inherit "
        "base",
        "insert into base values (9, 'nine')", "insert into li values ('a', 10), (null, 20)",
        "update li set k = 'a' where k is null", "alter table base add column extra int default 7",
        "truncate part", NULL};

const struct forced_chapter forced_families = {.name = "families",
        .schema = families_schema,
        .reads = families_reads,
        .steps = families_steps,
        .kept_min = 0,
        .tables_min = 200,
        .points_min = 5,
        .row_sets_min = 0};
