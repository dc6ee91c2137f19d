select 1
----
select 'a'
----
select null
----
select true
----
select -1
----
select - 1
----
select -x
----
select +1
----
select $1
----
select -$1
----
select 1.5
----
select B'01'
----
select X'01'
----
select N'a'
----
select U&'a'
----
select E'a'
----
select 'a' UESCAPE
----
select U&'d!0061' UESCAPE '!'
----
select date '2020-01-01'
----
select interval '1' day
----
select interval '1 day'
----
select interval(3) '1 day'
----
select cast('1' as int)
----
select '1'::int
----
select 1::numeric(10,2)
----
select 1::numeric(11,3)
----
select 1::numeric
----
select x'1f'::int
----
select f(1)
----
select f(1,2)
----
select f('a', 1)
----
select a from t where b in (1)
----
select a from t where b in (1,2)
----
select a from t where b in (1,2,3)
----
select a from t where b in (1,null)
----
select a from t where b in ($1,$2)
----
select a from t where b in ($1,2)
----
select a from t where b in (1,-2)
----
select a from t where b in ('a',1)
----
select a from t where b in (-1,-2)
----
select a from t where b in (1,x)
----
select a from t where b in (true,false)
----
select a from t where b in ((1),2)
----
select a from t where b not in (1,2)
----
select a from t where (a,b) in ((1,2),(3,4))
----
select a from t where (a,b) in ((1,2))
----
select a from t where a in (1::int,2::int)
----
select a from t where a in ('1'::int,'2'::int)
----
select a from t where a in (date '1', date '2')
----
insert into t values (1,2)
----
insert into t values (1,2),(3,4)
----
insert into t values (1,2),(3,4),(5,6)
----
insert into t values (1,null)
----
insert into t values (1,default)
----
insert into t values (1,default),(2,default)
----
insert into t values ($1,$2),($3,$4)
----
insert into t values ($1,$2)
----
insert into t values (1)
----
insert into t values (1),(2)
----
insert into t values (1, now())
----
insert into t values (1, now()), (2, now())
----
values (1),(2)
----
values (1)
----
select * from (values (1,2),(3,4)) v
----
select * from (values (1,2)) v
----
select a from t limit 1
----
select a from t limit all
----
select a from t limit null
----
select a from t
----
select a from t offset 1
----
select a from t fetch first 5 rows only
----
select a from t fetch first row only
----
select a from t fetch first 5 rows with ties
----
select a from t order by 1
----
select a from t order by 2
----
select a from t order by 'a'
----
select a from t group by 1
----
select a from t group by 2
----
select extract(year from x)
----
select extract('year' from x)
----
select extract('month' from x)
----
select extract(month from x)
----
select date_part('year', x)
----
select x at time zone 'utc'
----
select timezone('utc', x)
----
select x at time zone $1
----
select 1 as a
----
select 1 as b
----
select array[1,2]
----
select array[1]
----
select row(1,2)
----
select (1,2)
----
select a[1]
----
select a[2]
----
select a[1:2]
----
select a like 'x'
----
select a like 'x' escape '!'
----
select a like '!' escape 'x'
----
select a ilike 'x'
----
select a similar to 'x'
----
select a between 1 and 2
----
select a between symmetric 1 and 2
----
select overlay('a' placing 'b' from 1)
----
select substring('a' from 1 for 2)
----
select substring('a', 1, 2)
----
select position('a' in 'b')
----
select trim(both 'a' from 'b')
----
select trim('b')
----
select a from t tablesample system(10)
----
select a from t tablesample system(10) repeatable (1)
----
select * from json_table
----
select * from xmltable('/a' passing x columns a int path 'b')
----
select xmlelement(name a, 'b')
----
select xmlparse(content 'a')
----
select xmlserialize(content x as text)
----
select xmlroot(x, version '1.0', standalone yes)
----
select current_timestamp
----
select current_timestamp(3)
----
select current_timestamp(4)
----
select localtime(1)
----
select 1::float(5)
----
select 1::float(50)
----
select 1::bit(5)
----
select bit(3) '101'
----
select char(3) '101'
----
select varchar(3) '101'
----
select char '101'
----
select varchar '101'
----
select t '101'
----
select "t" '101'
----
select count(*) over (rows 1 preceding)
----
select count(*) over (rows 2 preceding)
----
select count(*) over (rows unbounded preceding)
----
select ntile(4) over ()
----
select a from t for update
----
set a = 1
----
set a = 2
----
set a to 'x'
----
set timezone 'utc'
----
set time zone interval '1' hour to minute
----
copy t from '/tmp/x'
----
copy t from program 'a'
----
select 1; select 2
----
select 1;
----
select a;b
----
delete from t where current of c
----
update t set a = 1
----
update t set a = default
----
update t set (a,b) = (1,2)
----
update t set (a,b) = row(1,2)
----
explain select 1
----
explain (analyze 1) select 1
----
prepare a as select 1
----
execute a(1)
----
execute a(1,2)
----
declare c cursor for select 1
----
fetch 5 from c
----
fetch 6 from c
----
select a in (1,2)
----
select a from t where x = any(array[1,2])
----
select a from t where x = any('{1,2}')
----
select -x from t where b in (date '1', date '2')
----
select -x from t where b in (1)
----
select -'x'
----
select -N'x'
----
select -B'1'
----
select -(1)
----
select -('x')
----
select - -1
----
select + 5
----
select + - 5
----
select - + 5
----
select + + 5
----
select - 5 + 5
----
select x::numeric(10,2)
----
select x::numeric(11,2)
----
select x::float(5)
----
select x::float(50)
----
select x::interval second(3)
----
select x::interval second(4)
----
select x::interval(3)
----
select x::interval(4)
----
select position('a' in ('b'))
----
select position('a' in ('b','c'))
----
select a from t order by x limit 5
----
select a from t order by x limit '5'
----
select U&"d!0061" uescape '!'
----
select U&"d!0061" uescape E'!'
----
select a ? b
----
select a 'x' b
----
select s.in(1,2)
----
select s.in(1)
----
select 1 as in
----
select s.values(1,2),(3,4)
----
select nchar 'x' || y
----
select 'x' || y
----
select date 'x' || y
----
select 1::date || y
----
select cast(cast('x' as date) as text) || y
----
select 0x1f
----
select 1_000
----
select 1e
----
select x::float(24), x::float(25)
----
select cast(x as float(1)), cast(y as float(53))
----
select a ? 'x', a ?| b, a ?& c, a ?? d
----
select date ? d
----
select date '2020-01-01' d, x '1' d
----
select s.in(1, 2), s.in(1, 2, 3)
----
select s.values(1, 2), (3, 4)
----
select x::int[3], x::int array[3], a[3], array[3]
----
select 1 in (1, -'2'), 1 in (1, - 2), 1 in (1, +2)
----
insert into t values (1, default), (default, 2)
----
insert into t values (1, default), (2, default)
----
select -(1), -('x'), -((1)), -B'1', -N'x'
----
select current_time(1), current_time(2), localtimestamp(1), localtimestamp(2)
----
select interval(1) '1', interval '1' second(2), x::interval(3)
----
select U&"a!0061" uescape '!', U&"a#0061" uescape '#'
----
select 1 union select 2 union all select 3 order by 1
----
select a from t order by 1, 2 desc nulls first
----
select distinct on (1, 2) a, b from t
----
select a from t group by 1, rollup(2, 3), grouping sets ((1), (2))
----
select 'a'
 'b', 'a' -- c
 'b'
----
select a@-1, a=-1, a*-b, a<>-1, a - -1
----
select /* a /* b */ ' */ 1 -- it's
, 2
----
select 1; select 2; ; select 3;
----
select a.b.c, a . b, (a).b, (a).b.c, a.*, f(a).*
----
select case when a in (1, 2) then 'x' else null end
----
select * from (values (1, 'a'), (2, 'b')) v (x, y) where (x, y) in ((1, 'a'), (2, 'b'))
----
select position('a' in ('b')), position('a' in ('b', 'c')), position(a in (b))
----
select f(1 in (1, 2)), (1 in (1, 2)), array[1 in (1, 2)]
----
select $1 in ($1, $2), $1 in (1, $2), -$1, $1::int, $1[1]
----
select t.* - 5 from t
----
select t.* from t
----
select (a, -5)
----
select a + -5
----
select a + 5
----
select a + -5::int
----
select a + 5::int
----
select a + -5 collate "C"
----
select f(-5), f(a => -5), f(variadic -5)
----
select a * -5 ^ 2, a * 5 ^ 2
----
select (-5)::int, (5)::int, (-5::int)
----
select x -> -1, x ->-1, x -> 1
----
select a order by a, -1
----
select a order by a, 1
----
select a[-1:-2], a[1:2]
----
select a operator(pg_catalog.-) 5, a operator(pg_catalog.+) -5
----
select -(-5), -(5)
----
select - -5, - - -5, a - - -5
----
insert into t values (1, -5, now())
----
insert into t values (1, 5, now())
----
select a between -5 and -3
----
select a = any (array[-1, -2])
----
select x::numeric(5,-2)
----
select x::foo(5,-2)
----
select foo(5, -2) 'x'
