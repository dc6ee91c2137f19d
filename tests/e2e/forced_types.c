/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/forced_types.c - values of all kinds, and every setting that changes how they look. */
#include "tests/e2e/forced_corpus.h"

#include <stddef.h>

static const char *const types_schema[] = {
        "create table ty (id int primary key, i2 int2, i8 int8, n numeric, n2 numeric(12,3), f4 "
        "float4, f8 float8, b bool, t text, v varchar(20), c char(6), nm name, by bytea, d date, "
        "tm time, ts timestamp, tstz timestamptz, iv interval, u uuid, j json, jb "
        "jsonb, x xml, ip inet, cd cidr, mac macaddr, bt bit(5), vb varbit, m money, pt point, bx "
        "box, ln line, ls lseg, pa path, pg polygon, ci circle, tv tsvector, tq tsquery, r4 "
        "int4range, rn numrange, rt tstzrange, mr int4multirange, a4 int[], at text[], ad date[], "
        "lsn pg_lsn, o oid, ch \"char\")",
        "insert into ty values (1, 1, 9007199254740993, 1.10, 1.1, 0.1, 0.1, true, 'one', 'v', "
        "'c', 'nm', '\\x0041ff5c', '2024-02-29', '01:02:03.5', '2024-02-29 "
        "23:59:59.999', '2024-02-29 23:59:59.999+00', '1 year 2 mons -3 days 04:05:06.7', "
        "'6ba7b810-9dad-11d1-80b4-00c04fd430c8', '{\"a\" : 1}', '{\"b\": [1, 2.50]}', "
        "'<a>1</a>', '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03', b'10101', b'1', 12.34, "
        "'(1,2.5)', '(2,2),(0,0)', '{1,-1,0}', '[(0,0),(1,1)]', '((0,0),(1,1),(2,0))', "
        "'((0,0),(1,1),(2,0))', '<(1,2),3.5>', 'a fat cat', 'fat & cat', '[1,5)', '(1.5,)', "
        "'[2024-01-01 00:00+00,2024-06-01 00:00+00)', '{[1,3),[5,7)}', '{1,NULL,3}', "
        "'{a,\"b,c\",NULL}', '{2024-01-01}', '16/B374D848', 42, 'x')",
        "insert into ty values (2, -32768, -9223372036854775808, 'NaN', -999999999.999, 'NaN', "
        "'-Infinity', false, E'tab\\tnew\\nline \\\\ \\'', '', '', '', '', '0044-03-15 BC', "
        "'24:00', '-infinity', 'infinity', '-1 day', "
        "'00000000-0000-0000-0000-000000000000', '[]', 'null', '', '::1', '::/0', "
        "'ff:ff:ff:ff:ff:ff', b'00000', b'', -0.01)",
        "insert into ty (id) values (3)",
        "insert into ty (id, n, f4, f8, t, ts, tstz, iv) values (4, 1e100, 1e-30, "
        "1.7976931348623157e308, 'gr\u00fc\u00df \u4e2d', '99999-12-31 23:59', '1900-01-01 "
        "00:00+00', '-178000000 years')",
        "insert into ty (id, n, f8, t, d, iv) select i, i / 3.0, i / 3.0, 't' || i, "
        "'2024-01-01'::date "
        "+ i, i * interval '1 hour 1 minute' from generate_series(5, 24) i",
        "create table of_day (id int primary key, tz timetz)",
        "insert into of_day values (1, '01:02:03+02'), (2, '00:00-12')", NULL};

static const char *const types_reads[] = {"select * from ty where id < 5 order by id",
        "select * from ty where id = 1", "select id, f4, f8, n, n2 from ty order by id",
        "select d, tm, ts, tstz, iv from ty where id = 1",
        "select d, ts, tstz, iv from ty where id in (1, 2, 4) order by id",
        "select by, j, jb from ty where id = 1", "select x from ty where id = 1",
        "select m, n2 * 2, m * 2 from ty where id <= 2 order by id",
        "select a4, at, ad, r4, rn, rt, mr from ty where id = 1",
        "select a4[2:3], at[2], array_length(a4, 1), a4 || 9 from ty where id = 1",
        "select pt, bx, ln, ls, pa, pg, ci from ty where id = 1",
        "select ip, cd, mac, bt, vb, lsn, o, ch, u from ty where id = 1",
        "select tv, tq, tv @@ tq from ty where id = 1",
        "select count(*), sum(n2), avg(f8), min(t), max(d), stddev(id) from ty where id > 4",
        "select t, length(t), upper(t), md5(t), encode(by, 'hex') from ty where id <= 2 order by "
        "id",
        "select jb -> 'b', jb ->> 'b', jb #>> '{b,1}', jsonb_typeof(jb) from ty where id = 1",
        "select array_agg(t order by id), string_agg(t, ',' order by id) from ty where id > 20",
        "select json_agg(d order by id), jsonb_object_agg(id, iv) from ty where id > 22",
        "select to_char(n, '999D99'), to_char(iv, 'HH24:MI') from ty where id = 10",
        "select n::text, f8::text, d::text, iv::text from ty where id in (1, 10) order by id",
        "select row(id, d, f8), (id, t) from ty where id = 1",
        "select extract(epoch from iv), date_trunc('month', ts), ts + iv from ty where id = 1",
        "select t from ty where t like 't1%' order by t desc limit 3",
        "select t from ty where t < 'p' order by t",
        "select null, t, 'const' k from ty where id = 1",
        "select id = 1 as \"Quoted \"\"Name\" from ty where id = 1",
        "select id from ty where d > '2024-01-10' order by id",
        "select f8::numeric(10,4), round(n, 1), n::int from ty where id = 11",
        "select id as \"i\u00e9\" from ty where t = 'gr\u00fc\u00df \u4e2d'",
        "select from ty where id = 1", "select * from ty where id = -1",
        "select 'a', $$x$$, E'\\x41', U&'\\0041' from ty where id = 1",
        "select overlay(t placing 'zz' from 2 for 3), bt::int, b::text from ty where id = 1",
        "select xmlelement(name q, by) from ty where id = 1",
        "select id <> all (array[1, null]) from ty where id = 2",
        "select tz from of_day where id = 1", "table ty order by id limit 1 offset 4",
        "select iv * 1.5, iv / 3, -iv from ty where id = 1",
        "values (1), ((select id from ty where id = 3))", NULL};

static const char *const types_steps[] = {"select 1", "set datestyle = 'German'",
        "set datestyle = 'SQL, DMY'", "set datestyle = 'Postgres, MDY'", "reset datestyle",
        "set timezone = 'Asia/Kolkata'", "set timezone = 'UTC-3:30'", "reset timezone",
        "set intervalstyle = sql_standard", "set intervalstyle = iso_8601",
        "set intervalstyle = postgres_verbose", "reset intervalstyle",
        "set extra_float_digits = -5", "set extra_float_digits = 3", "reset extra_float_digits",
        "set bytea_output = escape", "reset bytea_output", "set xmlbinary = hex", "reset xmlbinary",
        "set xmloption = document", "reset xmloption", "set client_encoding = latin1",
        "set client_encoding = utf8", "set lc_monetary = 'C.UTF-8'", "reset lc_monetary",
        "set standard_conforming_strings = off", "reset standard_conforming_strings",
        "set transform_null_equals = on", "reset transform_null_equals", "set array_nulls = off",
        "reset array_nulls", "set quote_all_identifiers = on", "reset quote_all_identifiers",
        "set default_text_search_config = 'english'", "set my.own = 'x'", "reset all",
        "update ty set n = n + 1 where id = 12",
        "select set_config('datestyle', 'ISO, YMD', false)", "discard all",
        /* of shapes that are known: what was kept before is there still */
        "set datestyle = 'German'", "reset datestyle", "set datestyle = 'German'",
        "reset datestyle", NULL};

const struct forced_chapter forced_types = {.name = "types",
        .schema = types_schema,
        .reads = types_reads,
        .steps = types_steps,
        .kept_min = 1,
        .tables_min = 250,
        .points_min = 400,
        .row_sets_min = 0};
