SELECT "customers"."id", "customers"."email", "customers"."name", "customers"."city", "customers"."created_at", "customers"."vip", "customers"."balance", "customers"."notes" FROM "customers" WHERE "customers"."id" = 1 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "customers" WHERE ("customers"."city" = 'O''Brien' AND NOT ("customers"."name" IS NULL))
----
SELECT (1) AS "a" FROM "customers" WHERE "customers"."id" IN (42, .5, 1000000000000, 1, 99.90, -7, 1, 42, 1e6) LIMIT 1
----
UPDATE "customers" SET "city" = 0, "name" = 'x@example.org' WHERE "customers"."id" = -7
----
UPDATE "customers" SET "city" = ("customers"."city" + 42) WHERE "customers"."id" IN (99.90, 1e6, 1, 1000000000000)
----
INSERT INTO "customers" ("email", "name", "city", "created_at", "vip", "balance", "notes") VALUES ('%lamp%', 'Zürich', 1000000000000, 1000000000000, 100000, 'O''Brien', 100000) RETURNING "customers"."id"
----
INSERT INTO "customers" ("id", "email", "name", "city", "created_at", "vip", "balance", "notes") VALUES ('O''Brien', 'Zürich', 'O''Brien', 1e6, '', '{"a": 1}', 0, ''), (1e6, '%lamp%', 100000, '{"a": 1}', 1e6, NULL, '2024-03-01', '%lamp%'), (100000, 100000, 1000000000000, E'a\nb', 1, '%lamp%', 1e6, TRUE), ('x@example.org', 100000, 'O''Brien', 99.90, E'a\nb', 3.14, NULL, 1e6), (0, $$it's$$, -7, 100000, -7, 1, '{"a": 1}', 'Zürich') ON CONFLICT DO NOTHING
----
DELETE FROM "customers" WHERE "customers"."id" IN (SELECT U0."id" FROM "customers" U0 WHERE U0."city" < '2024-03-01' LIMIT 500)
----
SELECT DISTINCT ON ("customers"."city") "customers"."id", "customers"."email", "customers"."name", "customers"."city", "customers"."created_at", "customers"."vip", "customers"."balance", "customers"."notes" FROM "customers" ORDER BY "customers"."city" ASC, "customers"."name" DESC NULLS LAST
----
SELECT "customers"."city", COUNT("customers"."id") AS "n", SUM("customers"."name") FILTER (WHERE "customers"."name" > -7) FROM "customers" GROUP BY "customers"."city" HAVING COUNT("customers"."id") > 42 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "customers"."city" AT TIME ZONE 'UTC') AS d, AVG("customers"."name") FROM "customers" GROUP BY 1 ORDER BY 1
----
SELECT "customers"."id", "customers"."email", "customers"."name", "customers"."city", "customers"."created_at", "customers"."vip", "customers"."balance", "customers"."notes" FROM "customers" WHERE UPPER("customers"."city"::text) LIKE UPPER('{"a": 1}') ORDER BY "customers"."id" DESC LIMIT 20 OFFSET 537
----
SELECT "customers"."id", "customers"."email", "customers"."name", "customers"."city", "customers"."created_at", "customers"."vip", "customers"."balance", "customers"."notes" FROM "customers" WHERE "customers"."id" = 100000 FOR UPDATE SKIP LOCKED
----
SELECT "customers".* FROM "customers" WHERE "customers"."id" = $1 LIMIT $2
----
SELECT "customers".* FROM "customers" WHERE "customers"."id" IN ($1, $2, $3) ORDER BY "customers"."city" ASC
----
SELECT 1 AS one FROM "customers" WHERE "customers"."city" = $1 AND "customers"."id" != $2 LIMIT $3
----
INSERT INTO "customers" ("email", "name", "city", "created_at", "vip", "balance", "notes") VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING "id"
----
UPDATE "customers" SET "city" = $1, "name" = $2 WHERE "customers"."id" = $3
----
UPDATE "customers" SET "created_at" = COALESCE("created_at", 0) + 1 WHERE "id" = .5 /*application:Shop,controller:x*/
----
DELETE FROM "customers" WHERE "customers"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "customers" WHERE "customers"."city" BETWEEN FALSE AND -7 LIMIT 3.14) subquery_for_count
----
select c1_0.id,c1_0.email,c1_0.name,c1_0.city,c1_0.created_at,c1_0.vip,c1_0.balance,c1_0.notes from customers c1_0 where c1_0.id=$1
----
select c1_0.id as col_0_0_,c1_0.email as col_1_0_,c1_0.name as col_2_0_,c1_0.city as col_3_0_,c1_0.created_at as col_4_0_,c1_0.vip as col_5_0_,c1_0.balance as col_6_0_,c1_0.notes as col_7_0_ from customers c1_0 where c1_0.city>=99.90 and (c1_0.name is null or c1_0.name<>'x@example.org') order by c1_0.id fetch first 16 rows only
----
insert into customers (id, email, name, city, created_at, vip, balance, notes) values ($1, $2, $3, $4, $5, $6, $7, $8)
----
update customers set email=$1, name=$2, city=$3, created_at=$4, vip=$5, balance=$6, notes=$7 where id=$8 and version=$9
----
select nextval ('customers_seq')
----
select cast(c1_0.city as varchar(255)), cast(c1_0.name as numeric(38,2)), cast(c1_0.created_at as timestamp(6)) from customers c1_0 offset $1 rows fetch first $2 rows only
----
SELECT customers.id AS customers_id, customers.email AS customers_email, customers.name AS customers_name, customers.city AS customers_city, customers.created_at AS customers_created_at, customers.vip AS customers_vip, customers.balance AS customers_balance, customers.notes AS customers_notes
FROM customers
WHERE customers.id = 99.90::INTEGER
----
INSERT INTO customers (email, name) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES (E'a\nb', 0, 0), ('2024-03-01', 0, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING customers.id, customers.id AS id__1
----
WITH anon_1 AS (SELECT customers.id AS k, row_number() OVER (PARTITION BY customers.city ORDER BY customers.name DESC) AS rn FROM customers) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 100000
----
SELECT customers.id, customers.city ->> 'k' AS anon_1, customers.name #>> '{a,b}' AS anon_2 FROM customers WHERE customers.city ? 'k' AND customers.name @> '{"a": [1]}'::JSONB
----
SELECT id, email, name, city, created_at, vip, balance, notes FROM customers WHERE customers.id = ANY(ARRAY[1e6,1,42,99.90,1000000000000]) AND customers.city && '{a,b}'::text[]
----
SELECT "public"."customers"."id", "public"."customers"."email", "public"."customers"."name", "public"."customers"."city", "public"."customers"."created_at", "public"."customers"."vip", "public"."customers"."balance", "public"."customers"."notes" FROM "public"."customers" WHERE ("public"."customers"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "customers" ("id", "email", "name") values (DEFAULT, $$it's$$, $$it's$$), (DEFAULT, TRUE, 1) returning *
----
SELECT t."id", t."city"
FROM "customers" AS t
WHERE t."name" = 1000000000000 AND COALESCE(t."created_at", 3.14) <> 100000
ORDER BY t."city"
LIMIT 100000
----
SELECT EXISTS (SELECT 1 FROM customers WHERE id = 42 AND city > now() - interval '15 minutes') AS "exists"
----
select city, case when name > 42 then '' when name is null then 'Zürich' else $$it's$$ end as bucket, count(*) from customers group by 1, 2 order by 3 desc, 1 limit 42
----
SELECT *, rank() over (w), lag(city, 1, 'O''Brien') over w, sum(name) over (order by id rows between 3 preceding and current row) FROM customers WINDOW w AS (PARTITION BY city ORDER BY id)
----
SELECT id FROM customers TABLESAMPLE BERNOULLI (3.14) REPEATABLE (42) WHERE city::date = date '2024-05-05'
----
SELECT id FROM customers WHERE (city, id) > (1000000000000, 1000000000000) ORDER BY city, id LIMIT 50
----
SELECT id FROM customers WHERE (city, name) IN ((NULL, -7), ('{"a": 1}', TRUE))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY city), mode() WITHIN GROUP (ORDER BY name) FROM customers WHERE id NOT IN (1e6, .5, 1, 100000, .5, 0, 1000000000000)
----
SELECT city, grouping(city) FROM customers GROUP BY GROUPING SETS ((city, name), (city), ())
----
SELECT x.id FROM customers x WHERE NOT EXISTS (SELECT FROM customers y WHERE y.city = x.city AND y.id <> x.id) AND x.name ~* '^a.*\d+$'
----
INSERT INTO customers AS tgt (id, city) VALUES (42, 3.14) ON CONFLICT (id) DO UPDATE SET city = EXCLUDED.city WHERE tgt.city IS DISTINCT FROM EXCLUDED.city RETURNING xmax = 0
----
MERGE INTO customers tgt USING (VALUES (1, E'a\nb'), (3.14, '')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET city = src.v WHEN NOT MATCHED THEN INSERT (id, city) VALUES (src.id, FALSE)
----
WITH gone AS (DELETE FROM customers WHERE city < 'Zürich' RETURNING *) INSERT INTO customers_archive SELECT * FROM gone
----
SELECT to_char(city, 'YYYY-MM-DD'), extract(epoch from city)::bigint, trim(both ' ' from name), substring(name from 1 for 3), position('x' in name), overlay(name placing 'zz' from 2) FROM customers
----
SELECT array_agg(city ORDER BY name DESC), string_agg(DISTINCT created_at::text, ', '), jsonb_build_object('a', city, 'b', 1), (array_agg(name))[1:3] FROM customers
----
SELECT id FROM customers UNION ALL SELECT id FROM customers WHERE city = 42 UNION SELECT 1e6 EXCEPT (SELECT 100000) ORDER BY 1 LIMIT ALL
----
select city from customers where name = 'x@example.org' -- trailing
 and created_at like 'x@example.org' escape '!';
----
SELECT city - 100000, -city, - (1e6), name * -1, @99.90, |/ 2.0, city % 7, name ^ 2 FROM customers
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY customers WHERE city BETWEEN SYMMETRIC U&'\0441' AND ''
----
SELECT current_timestamp(3), localtime(0), city::timestamptz(0), cast(name as float(24)), created_at::char(3), bit(3) '101' FROM customers
----
UPDATE customers SET (city, name) = (SELECT 0, 1e6 FROM customers LIMIT 1), created_at = DEFAULT FROM (VALUES (3.14),(1e6)) v(x) WHERE customers.id = v.x
----
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "orders"."placed_at", "orders"."shipped_at", "orders"."coupon" FROM "orders" WHERE "orders"."id" = 0 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "orders" WHERE ("orders"."total" = 'O''Brien' AND NOT ("orders"."placed_at" IS NULL))
----
SELECT (1) AS "a" FROM "orders" WHERE "orders"."id" IN (0, -7, -7) LIMIT 1
----
UPDATE "orders" SET "total" = 'paid', "placed_at" = 3.14 WHERE "orders"."id" = 1000000000000
----
UPDATE "orders" SET "total" = ("orders"."total" + 0) WHERE "orders"."id" IN (3.14, 3.14, 1, 0)
----
INSERT INTO "orders" ("customer_id", "status", "total", "placed_at", "shipped_at", "coupon") VALUES (0, 1e6, 1, 99.90, 100000, $$it's$$) RETURNING "orders"."id"
----
INSERT INTO "orders" ("id", "customer_id", "status", "total", "placed_at", "shipped_at", "coupon") VALUES (TRUE, .5, 99.90, 1000000000000, NULL, FALSE, 'O''Brien'), (-7, NULL, 1e6, 42, 42, 42, 42), ('%lamp%', 3.14, 1000000000000, 42, 'O''Brien', E'a\nb', 'x@example.org') ON CONFLICT DO NOTHING
----
DELETE FROM "orders" WHERE "orders"."id" IN (SELECT U0."id" FROM "orders" U0 WHERE U0."total" < E'a\nb' LIMIT 500)
----
SELECT DISTINCT ON ("orders"."total") "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "orders"."placed_at", "orders"."shipped_at", "orders"."coupon" FROM "orders" ORDER BY "orders"."total" ASC, "orders"."placed_at" DESC NULLS LAST
----
SELECT "orders"."total", COUNT("orders"."id") AS "n", SUM("orders"."placed_at") FILTER (WHERE "orders"."placed_at" > 100000) FROM "orders" GROUP BY "orders"."total" HAVING COUNT("orders"."id") > 0 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "orders"."total" AT TIME ZONE 'UTC') AS d, AVG("orders"."placed_at") FROM "orders" GROUP BY 1 ORDER BY 1
----
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "orders"."placed_at", "orders"."shipped_at", "orders"."coupon" FROM "orders" WHERE UPPER("orders"."total"::text) LIKE UPPER('O''Brien') ORDER BY "orders"."id" DESC LIMIT 22 OFFSET 615
----
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "orders"."placed_at", "orders"."shipped_at", "orders"."coupon" FROM "orders" WHERE "orders"."id" = 1 FOR UPDATE SKIP LOCKED
----
SELECT "orders".* FROM "orders" WHERE "orders"."id" = $1 LIMIT $2
----
SELECT "orders".* FROM "orders" WHERE "orders"."id" IN ($1, $2, $3) ORDER BY "orders"."total" ASC
----
SELECT 1 AS one FROM "orders" WHERE "orders"."total" = $1 AND "orders"."id" != $2 LIMIT $3
----
INSERT INTO "orders" ("customer_id", "status", "total", "placed_at", "shipped_at", "coupon") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id"
----
UPDATE "orders" SET "total" = $1, "placed_at" = $2 WHERE "orders"."id" = $3
----
UPDATE "orders" SET "status" = COALESCE("status", 0) + 1 WHERE "id" = 42 /*application:Shop,controller:x*/
----
DELETE FROM "orders" WHERE "orders"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "orders" WHERE "orders"."total" BETWEEN 'paid' AND 100000 LIMIT 0) subquery_for_count
----
select o1_0.id,o1_0.customer_id,o1_0.status,o1_0.total,o1_0.placed_at,o1_0.shipped_at,o1_0.coupon from orders o1_0 where o1_0.id=$1
----
select o1_0.id as col_0_0_,o1_0.customer_id as col_1_0_,o1_0.status as col_2_0_,o1_0.total as col_3_0_,o1_0.placed_at as col_4_0_,o1_0.shipped_at as col_5_0_,o1_0.coupon as col_6_0_ from orders o1_0 where o1_0.total>=1e6 and (o1_0.placed_at is null or o1_0.placed_at<>'%lamp%') order by o1_0.id fetch first 47 rows only
----
insert into orders (id, customer_id, status, total, placed_at, shipped_at, coupon) values ($1, $2, $3, $4, $5, $6, $7)
----
update orders set customer_id=$1, status=$2, total=$3, placed_at=$4, shipped_at=$5, coupon=$6 where id=$7 and version=$8
----
select nextval ('orders_seq')
----
select cast(o1_0.total as varchar(255)), cast(o1_0.placed_at as numeric(38,2)), cast(o1_0.status as timestamp(6)) from orders o1_0 offset $1 rows fetch first $2 rows only
----
SELECT orders.id AS orders_id, orders.customer_id AS orders_customer_id, orders.status AS orders_status, orders.total AS orders_total, orders.placed_at AS orders_placed_at, orders.shipped_at AS orders_shipped_at, orders.coupon AS orders_coupon
FROM orders
WHERE orders.id = 1000000000000::INTEGER
----
INSERT INTO orders (customer_id, status) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('paid', 42, 0), ('%lamp%', 1000000000000, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING orders.id, orders.id AS id__1
----
WITH anon_1 AS (SELECT orders.id AS k, row_number() OVER (PARTITION BY orders.total ORDER BY orders.placed_at DESC) AS rn FROM orders) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 1e6
----
SELECT orders.id, orders.total ->> 'k' AS anon_1, orders.placed_at #>> '{a,b}' AS anon_2 FROM orders WHERE orders.total ? 'k' AND orders.placed_at @> '{"a": [1]}'::JSONB
----
SELECT id, customer_id, status, total, placed_at, shipped_at, coupon FROM orders WHERE orders.id = ANY(ARRAY[0,3.14,.5,1000000000000,.5]) AND orders.total && '{a,b}'::text[]
----
SELECT "public"."orders"."id", "public"."orders"."customer_id", "public"."orders"."status", "public"."orders"."total", "public"."orders"."placed_at", "public"."orders"."shipped_at", "public"."orders"."coupon" FROM "public"."orders" WHERE ("public"."orders"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "orders" ("id", "customer_id", "status") values (DEFAULT, 3.14, '%lamp%'), (DEFAULT, '%lamp%', 3.14) returning *
----
SELECT t."id", t."total"
FROM "orders" AS t
WHERE t."placed_at" = 100000 AND COALESCE(t."status", 3.14) <> 3.14
ORDER BY t."total"
LIMIT 3.14
----
SELECT EXISTS (SELECT 1 FROM orders WHERE id = 42 AND total > now() - interval '15 minutes') AS "exists"
----
select total, case when placed_at > 0 then 'O''Brien' when placed_at is null then '2024-03-01' else '' end as bucket, count(*) from orders group by 1, 2 order by 3 desc, 1 limit 100000
----
SELECT *, rank() over (w), lag(total, 1, TRUE) over w, sum(placed_at) over (order by id rows between 3 preceding and current row) FROM orders WINDOW w AS (PARTITION BY total ORDER BY id)
----
SELECT id FROM orders TABLESAMPLE BERNOULLI (0) REPEATABLE (42) WHERE total::date = date '2024-05-05'
----
SELECT id FROM orders WHERE (total, id) > (.5, 1) ORDER BY total, id LIMIT 50
----
SELECT id FROM orders WHERE (total, placed_at) IN ((E'a\nb', .5), (1, ''))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY placed_at) FROM orders WHERE id NOT IN (99.90, 1, 99.90, 3.14, 42, 3.14, 99.90)
----
SELECT total, grouping(total) FROM orders GROUP BY GROUPING SETS ((total, placed_at), (total), ())
----
SELECT x.id FROM orders x WHERE NOT EXISTS (SELECT FROM orders y WHERE y.total = x.total AND y.id <> x.id) AND x.placed_at ~* '^a.*\d+$'
----
INSERT INTO orders AS tgt (id, total) VALUES (.5, '2024-03-01') ON CONFLICT (id) DO UPDATE SET total = EXCLUDED.total WHERE tgt.total IS DISTINCT FROM EXCLUDED.total RETURNING xmax = 0
----
MERGE INTO orders tgt USING (VALUES (.5, 'Zürich'), (99.90, 1e6)) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET total = src.v WHEN NOT MATCHED THEN INSERT (id, total) VALUES (src.id, .5)
----
WITH gone AS (DELETE FROM orders WHERE total < $$it's$$ RETURNING *) INSERT INTO orders_archive SELECT * FROM gone
----
SELECT to_char(total, 'YYYY-MM-DD'), extract(epoch from total)::bigint, trim(both ' ' from placed_at), substring(placed_at from 1 for 3), position('x' in placed_at), overlay(placed_at placing 'zz' from 2) FROM orders
----
SELECT array_agg(total ORDER BY placed_at DESC), string_agg(DISTINCT status::text, ', '), jsonb_build_object('a', total, 'b', 1), (array_agg(placed_at))[1:3] FROM orders
----
SELECT id FROM orders UNION ALL SELECT id FROM orders WHERE total = 1000000000000 UNION SELECT -7 EXCEPT (SELECT 1000000000000) ORDER BY 1 LIMIT ALL
----
select total from orders where placed_at = E'a\nb' -- trailing
 and status like '%lamp%' escape '!';
----
SELECT total - 1e6, -total, - (-7), placed_at * -1, @7, |/ 2.0, total % 7, placed_at ^ 2 FROM orders
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY orders WHERE total BETWEEN SYMMETRIC .5 AND 3.14
----
SELECT current_timestamp(3), localtime(0), total::timestamptz(0), cast(placed_at as float(24)), status::char(3), bit(3) '101' FROM orders
----
UPDATE orders SET (total, placed_at) = (SELECT 1, FALSE FROM orders LIMIT 1), status = DEFAULT FROM (VALUES (1),(1)) v(x) WHERE orders.id = v.x
----
SELECT "order_items"."id", "order_items"."order_id", "order_items"."product_id", "order_items"."quantity", "order_items"."price", "order_items"."discount" FROM "order_items" WHERE "order_items"."id" = -7 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "order_items" WHERE ("order_items"."quantity" = '{"a": 1}' AND NOT ("order_items"."price" IS NULL))
----
SELECT (1) AS "a" FROM "order_items" WHERE "order_items"."id" IN (100000, .5, .5, 42, -7, 42) LIMIT 1
----
UPDATE "order_items" SET "quantity" = 'Zürich', "price" = 3.14 WHERE "order_items"."id" = -7
----
UPDATE "order_items" SET "quantity" = ("order_items"."quantity" + .5) WHERE "order_items"."id" IN (-7, 100000, 1000000000000, 1000000000000)
----
INSERT INTO "order_items" ("order_id", "product_id", "quantity", "price", "discount") VALUES ('paid', 3.14, 1000000000000, 1, 1000000000000) RETURNING "order_items"."id"
----
INSERT INTO "order_items" ("id", "order_id", "product_id", "quantity", "price", "discount") VALUES (NULL, '%lamp%', 42, TRUE, E'a\nb', 3.14), ('2024-03-01', 0, 1000000000000, $$it's$$, 'x@example.org', FALSE) ON CONFLICT DO NOTHING
----
DELETE FROM "order_items" WHERE "order_items"."id" IN (SELECT U0."id" FROM "order_items" U0 WHERE U0."quantity" < 42 LIMIT 500)
----
SELECT DISTINCT ON ("order_items"."quantity") "order_items"."id", "order_items"."order_id", "order_items"."product_id", "order_items"."quantity", "order_items"."price", "order_items"."discount" FROM "order_items" ORDER BY "order_items"."quantity" ASC, "order_items"."price" DESC NULLS LAST
----
SELECT "order_items"."quantity", COUNT("order_items"."id") AS "n", SUM("order_items"."price") FILTER (WHERE "order_items"."price" > 100000) FROM "order_items" GROUP BY "order_items"."quantity" HAVING COUNT("order_items"."id") > 1e6 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "order_items"."quantity" AT TIME ZONE 'UTC') AS d, AVG("order_items"."price") FROM "order_items" GROUP BY 1 ORDER BY 1
----
SELECT "order_items"."id", "order_items"."order_id", "order_items"."product_id", "order_items"."quantity", "order_items"."price", "order_items"."discount" FROM "order_items" WHERE UPPER("order_items"."quantity"::text) LIKE UPPER('O''Brien') ORDER BY "order_items"."id" DESC LIMIT 47 OFFSET 162
----
SELECT "order_items"."id", "order_items"."order_id", "order_items"."product_id", "order_items"."quantity", "order_items"."price", "order_items"."discount" FROM "order_items" WHERE "order_items"."id" = 0 FOR UPDATE SKIP LOCKED
----
SELECT "order_items".* FROM "order_items" WHERE "order_items"."id" = $1 LIMIT $2
----
SELECT "order_items".* FROM "order_items" WHERE "order_items"."id" IN ($1, $2, $3) ORDER BY "order_items"."quantity" ASC
----
SELECT 1 AS one FROM "order_items" WHERE "order_items"."quantity" = $1 AND "order_items"."id" != $2 LIMIT $3
----
INSERT INTO "order_items" ("order_id", "product_id", "quantity", "price", "discount") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
----
UPDATE "order_items" SET "quantity" = $1, "price" = $2 WHERE "order_items"."id" = $3
----
UPDATE "order_items" SET "product_id" = COALESCE("product_id", 0) + 1 WHERE "id" = 0 /*application:Shop,controller:x*/
----
DELETE FROM "order_items" WHERE "order_items"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "order_items" WHERE "order_items"."quantity" BETWEEN 'paid' AND '' LIMIT 1000000000000) subquery_for_count
----
select o1_0.id,o1_0.order_id,o1_0.product_id,o1_0.quantity,o1_0.price,o1_0.discount from order_items o1_0 where o1_0.id=$1
----
select o1_0.id as col_0_0_,o1_0.order_id as col_1_0_,o1_0.product_id as col_2_0_,o1_0.quantity as col_3_0_,o1_0.price as col_4_0_,o1_0.discount as col_5_0_ from order_items o1_0 where o1_0.quantity>=-7 and (o1_0.price is null or o1_0.price<>1000000000000) order by o1_0.id fetch first 19 rows only
----
insert into order_items (id, order_id, product_id, quantity, price, discount) values ($1, $2, $3, $4, $5, $6)
----
update order_items set order_id=$1, product_id=$2, quantity=$3, price=$4, discount=$5 where id=$6 and version=$7
----
select nextval ('order_items_seq')
----
select cast(o1_0.quantity as varchar(255)), cast(o1_0.price as numeric(38,2)), cast(o1_0.product_id as timestamp(6)) from order_items o1_0 offset $1 rows fetch first $2 rows only
----
SELECT order_items.id AS order_items_id, order_items.order_id AS order_items_order_id, order_items.product_id AS order_items_product_id, order_items.quantity AS order_items_quantity, order_items.price AS order_items_price, order_items.discount AS order_items_discount
FROM order_items
WHERE order_items.id = 1000000000000::INTEGER
----
INSERT INTO order_items (order_id, product_id) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('{"a": 1}', 100000, 0), ($$it's$$, .5, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING order_items.id, order_items.id AS id__1
----
WITH anon_1 AS (SELECT order_items.id AS k, row_number() OVER (PARTITION BY order_items.quantity ORDER BY order_items.price DESC) AS rn FROM order_items) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 0
----
SELECT order_items.id, order_items.quantity ->> 'k' AS anon_1, order_items.price #>> '{a,b}' AS anon_2 FROM order_items WHERE order_items.quantity ? 'k' AND order_items.price @> '{"a": [1]}'::JSONB
----
SELECT id, order_id, product_id, quantity, price, discount FROM order_items WHERE order_items.id = ANY(ARRAY[99.90,99.90,0,1,1]) AND order_items.quantity && '{a,b}'::text[]
----
SELECT "public"."order_items"."id", "public"."order_items"."order_id", "public"."order_items"."product_id", "public"."order_items"."quantity", "public"."order_items"."price", "public"."order_items"."discount" FROM "public"."order_items" WHERE ("public"."order_items"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "order_items" ("id", "order_id", "product_id") values (DEFAULT, FALSE, 1000000000000), (DEFAULT, '%lamp%', .5) returning *
----
SELECT t."id", t."quantity"
FROM "order_items" AS t
WHERE t."price" = 0 AND COALESCE(t."product_id", 0) <> E'a\nb'
ORDER BY t."quantity"
LIMIT -7
----
SELECT EXISTS (SELECT 1 FROM order_items WHERE id = 1 AND quantity > now() - interval '15 minutes') AS "exists"
----
select quantity, case when price > 3.14 then '%lamp%' when price is null then '' else U&'\0441' end as bucket, count(*) from order_items group by 1, 2 order by 3 desc, 1 limit -7
----
SELECT *, rank() over (w), lag(quantity, 1, 100000) over w, sum(price) over (order by id rows between 3 preceding and current row) FROM order_items WINDOW w AS (PARTITION BY quantity ORDER BY id)
----
SELECT id FROM order_items TABLESAMPLE BERNOULLI (.5) REPEATABLE (42) WHERE quantity::date = date '2024-05-05'
----
SELECT id FROM order_items WHERE (quantity, id) > (U&'\0441', 99.90) ORDER BY quantity, id LIMIT 50
----
SELECT id FROM order_items WHERE (quantity, price) IN ((0, ''), ('O''Brien', FALSE))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY quantity), mode() WITHIN GROUP (ORDER BY price) FROM order_items WHERE id NOT IN (.5, 100000, 1000000000000, 99.90, 1e6, 99.90, 0)
----
SELECT quantity, grouping(quantity) FROM order_items GROUP BY GROUPING SETS ((quantity, price), (quantity), ())
----
SELECT x.id FROM order_items x WHERE NOT EXISTS (SELECT FROM order_items y WHERE y.quantity = x.quantity AND y.id <> x.id) AND x.price ~* '^a.*\d+$'
----
INSERT INTO order_items AS tgt (id, quantity) VALUES (99.90, '') ON CONFLICT (id) DO UPDATE SET quantity = EXCLUDED.quantity WHERE tgt.quantity IS DISTINCT FROM EXCLUDED.quantity RETURNING xmax = 0
----
MERGE INTO order_items tgt USING (VALUES (99.90, .5), (1, -7)) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET quantity = src.v WHEN NOT MATCHED THEN INSERT (id, quantity) VALUES (src.id, '2024-03-01')
----
WITH gone AS (DELETE FROM order_items WHERE quantity < 99.90 RETURNING *) INSERT INTO order_items_archive SELECT * FROM gone
----
SELECT to_char(quantity, 'YYYY-MM-DD'), extract(epoch from quantity)::bigint, trim(both ' ' from price), substring(price from 1 for 3), position('x' in price), overlay(price placing 'zz' from 2) FROM order_items
----
SELECT array_agg(quantity ORDER BY price DESC), string_agg(DISTINCT product_id::text, ', '), jsonb_build_object('a', quantity, 'b', 1), (array_agg(price))[1:3] FROM order_items
----
SELECT id FROM order_items UNION ALL SELECT id FROM order_items WHERE quantity = 'paid' UNION SELECT 0 EXCEPT (SELECT 0) ORDER BY 1 LIMIT ALL
----
select quantity from order_items where price = '' -- trailing
 and product_id like 'Zürich' escape '!';
----
SELECT quantity - 1000000000000, -quantity, - (42), price * -1, @99.90, |/ 2.0, quantity % 7, price ^ 2 FROM order_items
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY order_items WHERE quantity BETWEEN SYMMETRIC 'O''Brien' AND $$it's$$
----
SELECT current_timestamp(3), localtime(0), quantity::timestamptz(0), cast(price as float(24)), product_id::char(3), bit(3) '101' FROM order_items
----
UPDATE order_items SET (quantity, price) = (SELECT NULL, .5 FROM order_items LIMIT 1), product_id = DEFAULT FROM (VALUES (99.90),(99.90)) v(x) WHERE order_items.id = v.x
----
SELECT "products"."id", "products"."sku", "products"."title", "products"."price", "products"."category_id", "products"."stock", "products"."attributes", "products"."tags" FROM "products" WHERE "products"."id" = 1 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "products" WHERE ("products"."category_id" = '%lamp%' AND NOT ("products"."sku" IS NULL))
----
SELECT (1) AS "a" FROM "products" WHERE "products"."id" IN (3.14, 1, 42, 99.90) LIMIT 1
----
UPDATE "products" SET "category_id" = -7, "sku" = 1e6 WHERE "products"."id" = 1
----
UPDATE "products" SET "category_id" = ("products"."category_id" + 42) WHERE "products"."id" IN (100000, .5, 1000000000000, 99.90)
----
INSERT INTO "products" ("sku", "title", "price", "category_id", "stock", "attributes", "tags") VALUES (99.90, .5, E'a\nb', TRUE, U&'\0441', -7, .5) RETURNING "products"."id"
----
INSERT INTO "products" ("id", "sku", "title", "price", "category_id", "stock", "attributes", "tags") VALUES (.5, 'Zürich', TRUE, .5, U&'\0441', 1e6, E'a\nb', -7), ('', 0, '%lamp%', 42, -7, $$it's$$, 'x@example.org', NULL), ('Zürich', 0, 'x@example.org', E'a\nb', NULL, '{"a": 1}', '%lamp%', ''), (TRUE, 1000000000000, NULL, 1, '', U&'\0441', '', -7), ('Zürich', FALSE, '%lamp%', 42, 3.14, '2024-03-01', NULL, 'Zürich') ON CONFLICT DO NOTHING
----
DELETE FROM "products" WHERE "products"."id" IN (SELECT U0."id" FROM "products" U0 WHERE U0."category_id" < '2024-03-01' LIMIT 500)
----
SELECT DISTINCT ON ("products"."category_id") "products"."id", "products"."sku", "products"."title", "products"."price", "products"."category_id", "products"."stock", "products"."attributes", "products"."tags" FROM "products" ORDER BY "products"."category_id" ASC, "products"."sku" DESC NULLS LAST
----
SELECT "products"."category_id", COUNT("products"."id") AS "n", SUM("products"."sku") FILTER (WHERE "products"."sku" > 1e6) FROM "products" GROUP BY "products"."category_id" HAVING COUNT("products"."id") > 99.90 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "products"."category_id" AT TIME ZONE 'UTC') AS d, AVG("products"."sku") FROM "products" GROUP BY 1 ORDER BY 1
----
SELECT "products"."id", "products"."sku", "products"."title", "products"."price", "products"."category_id", "products"."stock", "products"."attributes", "products"."tags" FROM "products" WHERE UPPER("products"."category_id"::text) LIKE UPPER(E'a\nb') ORDER BY "products"."id" DESC LIMIT 22 OFFSET 431
----
SELECT "products"."id", "products"."sku", "products"."title", "products"."price", "products"."category_id", "products"."stock", "products"."attributes", "products"."tags" FROM "products" WHERE "products"."id" = -7 FOR UPDATE SKIP LOCKED
----
SELECT "products".* FROM "products" WHERE "products"."id" = $1 LIMIT $2
----
SELECT "products".* FROM "products" WHERE "products"."id" IN ($1, $2, $3) ORDER BY "products"."category_id" ASC
----
SELECT 1 AS one FROM "products" WHERE "products"."category_id" = $1 AND "products"."id" != $2 LIMIT $3
----
INSERT INTO "products" ("sku", "title", "price", "category_id", "stock", "attributes", "tags") VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING "id"
----
UPDATE "products" SET "category_id" = $1, "sku" = $2 WHERE "products"."id" = $3
----
UPDATE "products" SET "stock" = COALESCE("stock", 0) + 1 WHERE "id" = .5 /*application:Shop,controller:x*/
----
DELETE FROM "products" WHERE "products"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "products" WHERE "products"."category_id" BETWEEN $$it's$$ AND 'x@example.org' LIMIT .5) subquery_for_count
----
select p1_0.id,p1_0.sku,p1_0.title,p1_0.price,p1_0.category_id,p1_0.stock,p1_0.attributes,p1_0.tags from products p1_0 where p1_0.id=$1
----
select p1_0.id as col_0_0_,p1_0.sku as col_1_0_,p1_0.title as col_2_0_,p1_0.price as col_3_0_,p1_0.category_id as col_4_0_,p1_0.stock as col_5_0_,p1_0.attributes as col_6_0_,p1_0.tags as col_7_0_ from products p1_0 where p1_0.category_id>='paid' and (p1_0.sku is null or p1_0.sku<>$$it's$$) order by p1_0.id fetch first 71 rows only
----
insert into products (id, sku, title, price, category_id, stock, attributes, tags) values ($1, $2, $3, $4, $5, $6, $7, $8)
----
update products set sku=$1, title=$2, price=$3, category_id=$4, stock=$5, attributes=$6, tags=$7 where id=$8 and version=$9
----
select nextval ('products_seq')
----
select cast(p1_0.category_id as varchar(255)), cast(p1_0.sku as numeric(38,2)), cast(p1_0.stock as timestamp(6)) from products p1_0 offset $1 rows fetch first $2 rows only
----
SELECT products.id AS products_id, products.sku AS products_sku, products.title AS products_title, products.price AS products_price, products.category_id AS products_category_id, products.stock AS products_stock, products.attributes AS products_attributes, products.tags AS products_tags
FROM products
WHERE products.id = 100000::INTEGER
----
INSERT INTO products (sku, title) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('Zürich', 1, 0), (E'a\nb', .5, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING products.id, products.id AS id__1
----
WITH anon_1 AS (SELECT products.id AS k, row_number() OVER (PARTITION BY products.category_id ORDER BY products.sku DESC) AS rn FROM products) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 99.90
----
SELECT products.id, products.category_id ->> 'k' AS anon_1, products.sku #>> '{a,b}' AS anon_2 FROM products WHERE products.category_id ? 'k' AND products.sku @> '{"a": [1]}'::JSONB
----
SELECT id, sku, title, price, category_id, stock, attributes, tags FROM products WHERE products.id = ANY(ARRAY[1000000000000,3.14,99.90,42,42]) AND products.category_id && '{a,b}'::text[]
----
SELECT "public"."products"."id", "public"."products"."sku", "public"."products"."title", "public"."products"."price", "public"."products"."category_id", "public"."products"."stock", "public"."products"."attributes", "public"."products"."tags" FROM "public"."products" WHERE ("public"."products"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "products" ("id", "sku", "title") values (DEFAULT, 'Zürich', '%lamp%'), (DEFAULT, 'x@example.org', U&'\0441') returning *
----
SELECT t."id", t."category_id"
FROM "products" AS t
WHERE t."sku" = 3.14 AND COALESCE(t."stock", 'O''Brien') <> '2024-03-01'
ORDER BY t."category_id"
LIMIT 3.14
----
SELECT EXISTS (SELECT 1 FROM products WHERE id = 0 AND category_id > now() - interval '15 minutes') AS "exists"
----
select category_id, case when sku > 1e6 then $$it's$$ when sku is null then '' else E'a\nb' end as bucket, count(*) from products group by 1, 2 order by 3 desc, 1 limit 0
----
SELECT *, rank() over (w), lag(category_id, 1, 1e6) over w, sum(sku) over (order by id rows between 3 preceding and current row) FROM products WINDOW w AS (PARTITION BY category_id ORDER BY id)
----
SELECT id FROM products TABLESAMPLE BERNOULLI (99.90) REPEATABLE (42) WHERE category_id::date = date '2024-05-05'
----
SELECT id FROM products WHERE (category_id, id) > (100000, 100000) ORDER BY category_id, id LIMIT 50
----
SELECT id FROM products WHERE (category_id, sku) IN ((TRUE, $$it's$$), ('x@example.org', U&'\0441'))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY category_id), mode() WITHIN GROUP (ORDER BY sku) FROM products WHERE id NOT IN (1, 0, 1e6, 42, 3.14, 1, 42)
----
SELECT category_id, grouping(category_id) FROM products GROUP BY GROUPING SETS ((category_id, sku), (category_id), ())
----
SELECT x.id FROM products x WHERE NOT EXISTS (SELECT FROM products y WHERE y.category_id = x.category_id AND y.id <> x.id) AND x.sku ~* '^a.*\d+$'
----
INSERT INTO products AS tgt (id, category_id) VALUES (3.14, 'x@example.org') ON CONFLICT (id) DO UPDATE SET category_id = EXCLUDED.category_id WHERE tgt.category_id IS DISTINCT FROM EXCLUDED.category_id RETURNING xmax = 0
----
MERGE INTO products tgt USING (VALUES (1000000000000, 'Zürich'), (42, U&'\0441')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET category_id = src.v WHEN NOT MATCHED THEN INSERT (id, category_id) VALUES (src.id, '%lamp%')
----
WITH gone AS (DELETE FROM products WHERE category_id < -7 RETURNING *) INSERT INTO products_archive SELECT * FROM gone
----
SELECT to_char(category_id, 'YYYY-MM-DD'), extract(epoch from category_id)::bigint, trim(both ' ' from sku), substring(sku from 1 for 3), position('x' in sku), overlay(sku placing 'zz' from 2) FROM products
----
SELECT array_agg(category_id ORDER BY sku DESC), string_agg(DISTINCT stock::text, ', '), jsonb_build_object('a', category_id, 'b', 1), (array_agg(sku))[1:3] FROM products
----
SELECT id FROM products UNION ALL SELECT id FROM products WHERE category_id = 'paid' UNION SELECT .5 EXCEPT (SELECT 99.90) ORDER BY 1 LIMIT ALL
----
select category_id from products where sku = 0 -- trailing
 and stock like '' escape '!';
----
SELECT category_id - 1000000000000, -category_id, - (0), sku * -1, @1, |/ 2.0, category_id % 7, sku ^ 2 FROM products
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY products WHERE category_id BETWEEN SYMMETRIC .5 AND TRUE
----
SELECT current_timestamp(3), localtime(0), category_id::timestamptz(0), cast(sku as float(24)), stock::char(3), bit(3) '101' FROM products
----
UPDATE products SET (category_id, sku) = (SELECT 'Zürich', '%lamp%' FROM products LIMIT 1), stock = DEFAULT FROM (VALUES (0),(3.14)) v(x) WHERE products.id = v.x
----
SELECT "categories"."id", "categories"."parent_id", "categories"."name", "categories"."slug", "categories"."position" FROM "categories" WHERE "categories"."id" = 3.14 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "categories" WHERE ("categories"."parent_id" = $$it's$$ AND NOT ("categories"."position" IS NULL))
----
SELECT (1) AS "a" FROM "categories" WHERE "categories"."id" IN (99.90, -7, 3.14, 100000, 99.90) LIMIT 1
----
UPDATE "categories" SET "parent_id" = NULL, "position" = '2024-03-01' WHERE "categories"."id" = 3.14
----
UPDATE "categories" SET "parent_id" = ("categories"."parent_id" + .5) WHERE "categories"."id" IN (1, 3.14, 1, 1)
----
INSERT INTO "categories" ("parent_id", "name", "slug", "position") VALUES ('paid', FALSE, .5, 1e6) RETURNING "categories"."id"
----
INSERT INTO "categories" ("id", "parent_id", "name", "slug", "position") VALUES (.5, 3.14, 'Zürich', -7, '%lamp%'), (NULL, 1000000000000, 0, NULL, 3.14), (1e6, 42, .5, '{"a": 1}', TRUE) ON CONFLICT DO NOTHING
----
DELETE FROM "categories" WHERE "categories"."id" IN (SELECT U0."id" FROM "categories" U0 WHERE U0."parent_id" < E'a\nb' LIMIT 500)
----
SELECT DISTINCT ON ("categories"."parent_id") "categories"."id", "categories"."parent_id", "categories"."name", "categories"."slug", "categories"."position" FROM "categories" ORDER BY "categories"."parent_id" ASC, "categories"."position" DESC NULLS LAST
----
SELECT "categories"."parent_id", COUNT("categories"."id") AS "n", SUM("categories"."position") FILTER (WHERE "categories"."position" > -7) FROM "categories" GROUP BY "categories"."parent_id" HAVING COUNT("categories"."id") > .5 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "categories"."parent_id" AT TIME ZONE 'UTC') AS d, AVG("categories"."position") FROM "categories" GROUP BY 1 ORDER BY 1
----
SELECT "categories"."id", "categories"."parent_id", "categories"."name", "categories"."slug", "categories"."position" FROM "categories" WHERE UPPER("categories"."parent_id"::text) LIKE UPPER('%lamp%') ORDER BY "categories"."id" DESC LIMIT 46 OFFSET 746
----
SELECT "categories"."id", "categories"."parent_id", "categories"."name", "categories"."slug", "categories"."position" FROM "categories" WHERE "categories"."id" = 0 FOR UPDATE SKIP LOCKED
----
SELECT "categories".* FROM "categories" WHERE "categories"."id" = $1 LIMIT $2
----
SELECT "categories".* FROM "categories" WHERE "categories"."id" IN ($1, $2, $3) ORDER BY "categories"."parent_id" ASC
----
SELECT 1 AS one FROM "categories" WHERE "categories"."parent_id" = $1 AND "categories"."id" != $2 LIMIT $3
----
INSERT INTO "categories" ("parent_id", "name", "slug", "position") VALUES ($1, $2, $3, $4) RETURNING "id"
----
UPDATE "categories" SET "parent_id" = $1, "position" = $2 WHERE "categories"."id" = $3
----
UPDATE "categories" SET "slug" = COALESCE("slug", 0) + 1 WHERE "id" = 1e6 /*application:Shop,controller:x*/
----
DELETE FROM "categories" WHERE "categories"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "categories" WHERE "categories"."parent_id" BETWEEN 1 AND 'O''Brien' LIMIT 0) subquery_for_count
----
select c1_0.id,c1_0.parent_id,c1_0.name,c1_0.slug,c1_0.position from categories c1_0 where c1_0.id=$1
----
select c1_0.id as col_0_0_,c1_0.parent_id as col_1_0_,c1_0.name as col_2_0_,c1_0.slug as col_3_0_,c1_0.position as col_4_0_ from categories c1_0 where c1_0.parent_id>='paid' and (c1_0.position is null or c1_0.position<>'x@example.org') order by c1_0.id fetch first 81 rows only
----
insert into categories (id, parent_id, name, slug, position) values ($1, $2, $3, $4, $5)
----
update categories set parent_id=$1, name=$2, slug=$3, position=$4 where id=$5 and version=$6
----
select nextval ('categories_seq')
----
select cast(c1_0.parent_id as varchar(255)), cast(c1_0.position as numeric(38,2)), cast(c1_0.slug as timestamp(6)) from categories c1_0 offset $1 rows fetch first $2 rows only
----
SELECT categories.id AS categories_id, categories.parent_id AS categories_parent_id, categories.name AS categories_name, categories.slug AS categories_slug, categories.position AS categories_position
FROM categories
WHERE categories.id = 3.14::INTEGER
----
INSERT INTO categories (parent_id, name) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES (E'a\nb', 0, 0), ('paid', 42, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING categories.id, categories.id AS id__1
----
WITH anon_1 AS (SELECT categories.id AS k, row_number() OVER (PARTITION BY categories.parent_id ORDER BY categories.position DESC) AS rn FROM categories) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 1e6
----
SELECT categories.id, categories.parent_id ->> 'k' AS anon_1, categories.position #>> '{a,b}' AS anon_2 FROM categories WHERE categories.parent_id ? 'k' AND categories.position @> '{"a": [1]}'::JSONB
----
SELECT id, parent_id, name, slug, position FROM categories WHERE categories.id = ANY(ARRAY[99.90,3.14,1000000000000,-7,3.14]) AND categories.parent_id && '{a,b}'::text[]
----
SELECT "public"."categories"."id", "public"."categories"."parent_id", "public"."categories"."name", "public"."categories"."slug", "public"."categories"."position" FROM "public"."categories" WHERE ("public"."categories"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "categories" ("id", "parent_id", "name") values (DEFAULT, 'O''Brien', -7), (DEFAULT, '2024-03-01', '2024-03-01') returning *
----
SELECT t."id", t."parent_id"
FROM "categories" AS t
WHERE t."position" = 3.14 AND COALESCE(t."slug", -7) <> 'paid'
ORDER BY t."parent_id"
LIMIT 3.14
----
SELECT EXISTS (SELECT 1 FROM categories WHERE id = .5 AND parent_id > now() - interval '15 minutes') AS "exists"
----
select parent_id, case when position > .5 then U&'\0441' when position is null then '2024-03-01' else '%lamp%' end as bucket, count(*) from categories group by 1, 2 order by 3 desc, 1 limit 1
----
SELECT *, rank() over (w), lag(parent_id, 1, '{"a": 1}') over w, sum(position) over (order by id rows between 3 preceding and current row) FROM categories WINDOW w AS (PARTITION BY parent_id ORDER BY id)
----
SELECT id FROM categories TABLESAMPLE BERNOULLI (7) REPEATABLE (42) WHERE parent_id::date = date '2024-05-05'
----
SELECT id FROM categories WHERE (parent_id, id) > (1, 0) ORDER BY parent_id, id LIMIT 50
----
SELECT id FROM categories WHERE (parent_id, position) IN (('paid', $$it's$$), (42, 'x@example.org'))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY parent_id), mode() WITHIN GROUP (ORDER BY position) FROM categories WHERE id NOT IN (100000, 3.14, 99.90, -7, -7, 99.90, 1)
----
SELECT parent_id, grouping(parent_id) FROM categories GROUP BY GROUPING SETS ((parent_id, position), (parent_id), ())
----
SELECT x.id FROM categories x WHERE NOT EXISTS (SELECT FROM categories y WHERE y.parent_id = x.parent_id AND y.id <> x.id) AND x.position ~* '^a.*\d+$'
----
INSERT INTO categories AS tgt (id, parent_id) VALUES (42, U&'\0441') ON CONFLICT (id) DO UPDATE SET parent_id = EXCLUDED.parent_id WHERE tgt.parent_id IS DISTINCT FROM EXCLUDED.parent_id RETURNING xmax = 0
----
MERGE INTO categories tgt USING (VALUES (42, ''), (1e6, 100000)) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET parent_id = src.v WHEN NOT MATCHED THEN INSERT (id, parent_id) VALUES (src.id, 'O''Brien')
----
WITH gone AS (DELETE FROM categories WHERE parent_id < 42 RETURNING *) INSERT INTO categories_archive SELECT * FROM gone
----
SELECT to_char(parent_id, 'YYYY-MM-DD'), extract(epoch from parent_id)::bigint, trim(both ' ' from position), substring(position from 1 for 3), position('x' in position), overlay(position placing 'zz' from 2) FROM categories
----
SELECT array_agg(parent_id ORDER BY position DESC), string_agg(DISTINCT slug::text, ', '), jsonb_build_object('a', parent_id, 'b', 1), (array_agg(position))[1:3] FROM categories
----
SELECT id FROM categories UNION ALL SELECT id FROM categories WHERE parent_id = 'paid' UNION SELECT 3.14 EXCEPT (SELECT 3.14) ORDER BY 1 LIMIT ALL
----
select parent_id from categories where position = 1000000000000 -- trailing
 and slug like '%lamp%' escape '!';
----
SELECT parent_id - 42, -parent_id, - (1000000000000), position * -1, @99.90, |/ 2.0, parent_id % 7, position ^ 2 FROM categories
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY categories WHERE parent_id BETWEEN SYMMETRIC '' AND NULL
----
SELECT current_timestamp(3), localtime(0), parent_id::timestamptz(0), cast(position as float(24)), slug::char(3), bit(3) '101' FROM categories
----
UPDATE categories SET (parent_id, position) = (SELECT TRUE, 99.90 FROM categories LIMIT 1), slug = DEFAULT FROM (VALUES (1e6),(.5)) v(x) WHERE categories.id = v.x
----
SELECT "users"."id", "users"."login", "users"."email", "users"."encrypted_password", "users"."last_seen_at", "users"."is_active", "users"."role" FROM "users" WHERE "users"."id" = 3.14 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "users" WHERE ("users"."role" = '{"a": 1}' AND NOT ("users"."last_seen_at" IS NULL))
----
SELECT (1) AS "a" FROM "users" WHERE "users"."id" IN (1, 99.90, 1e6) LIMIT 1
----
UPDATE "users" SET "role" = FALSE, "last_seen_at" = TRUE WHERE "users"."id" = 99.90
----
UPDATE "users" SET "role" = ("users"."role" + 0) WHERE "users"."id" IN (99.90, 99.90, 1000000000000, 1)
----
INSERT INTO "users" ("login", "email", "encrypted_password", "last_seen_at", "is_active", "role") VALUES (NULL, 100000, TRUE, NULL, TRUE, 1000000000000) RETURNING "users"."id"
----
INSERT INTO "users" ("id", "login", "email", "encrypted_password", "last_seen_at", "is_active", "role") VALUES ('x@example.org', 'paid', 'O''Brien', '', 1000000000000, 1, '%lamp%'), (42, -7, 1e6, 'O''Brien', 1000000000000, 'paid', 1000000000000), (1e6, NULL, 'Zürich', 3.14, U&'\0441', 'paid', -7) ON CONFLICT DO NOTHING
----
DELETE FROM "users" WHERE "users"."id" IN (SELECT U0."id" FROM "users" U0 WHERE U0."role" < 'x@example.org' LIMIT 500)
----
SELECT DISTINCT ON ("users"."role") "users"."id", "users"."login", "users"."email", "users"."encrypted_password", "users"."last_seen_at", "users"."is_active", "users"."role" FROM "users" ORDER BY "users"."role" ASC, "users"."last_seen_at" DESC NULLS LAST
----
SELECT "users"."role", COUNT("users"."id") AS "n", SUM("users"."last_seen_at") FILTER (WHERE "users"."last_seen_at" > 99.90) FROM "users" GROUP BY "users"."role" HAVING COUNT("users"."id") > 99.90 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "users"."role" AT TIME ZONE 'UTC') AS d, AVG("users"."last_seen_at") FROM "users" GROUP BY 1 ORDER BY 1
----
SELECT "users"."id", "users"."login", "users"."email", "users"."encrypted_password", "users"."last_seen_at", "users"."is_active", "users"."role" FROM "users" WHERE UPPER("users"."role"::text) LIKE UPPER('O''Brien') ORDER BY "users"."id" DESC LIMIT 43 OFFSET 538
----
SELECT "users"."id", "users"."login", "users"."email", "users"."encrypted_password", "users"."last_seen_at", "users"."is_active", "users"."role" FROM "users" WHERE "users"."id" = 42 FOR UPDATE SKIP LOCKED
----
SELECT "users".* FROM "users" WHERE "users"."id" = $1 LIMIT $2
----
SELECT "users".* FROM "users" WHERE "users"."id" IN ($1, $2, $3) ORDER BY "users"."role" ASC
----
SELECT 1 AS one FROM "users" WHERE "users"."role" = $1 AND "users"."id" != $2 LIMIT $3
----
INSERT INTO "users" ("login", "email", "encrypted_password", "last_seen_at", "is_active", "role") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id"
----
UPDATE "users" SET "role" = $1, "last_seen_at" = $2 WHERE "users"."id" = $3
----
UPDATE "users" SET "email" = COALESCE("email", 0) + 1 WHERE "id" = 100000 /*application:Shop,controller:x*/
----
DELETE FROM "users" WHERE "users"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "users" WHERE "users"."role" BETWEEN U&'\0441' AND 'x@example.org' LIMIT 3.14) subquery_for_count
----
select u1_0.id,u1_0.login,u1_0.email,u1_0.encrypted_password,u1_0.last_seen_at,u1_0.is_active,u1_0.role from users u1_0 where u1_0.id=$1
----
select u1_0.id as col_0_0_,u1_0.login as col_1_0_,u1_0.email as col_2_0_,u1_0.encrypted_password as col_3_0_,u1_0.last_seen_at as col_4_0_,u1_0.is_active as col_5_0_,u1_0.role as col_6_0_ from users u1_0 where u1_0.role>='Zürich' and (u1_0.last_seen_at is null or u1_0.last_seen_at<>FALSE) order by u1_0.id fetch first 97 rows only
----
insert into users (id, login, email, encrypted_password, last_seen_at, is_active, role) values ($1, $2, $3, $4, $5, $6, $7)
----
update users set login=$1, email=$2, encrypted_password=$3, last_seen_at=$4, is_active=$5, role=$6 where id=$7 and version=$8
----
select nextval ('users_seq')
----
select cast(u1_0.role as varchar(255)), cast(u1_0.last_seen_at as numeric(38,2)), cast(u1_0.email as timestamp(6)) from users u1_0 offset $1 rows fetch first $2 rows only
----
SELECT users.id AS users_id, users.login AS users_login, users.email AS users_email, users.encrypted_password AS users_encrypted_password, users.last_seen_at AS users_last_seen_at, users.is_active AS users_is_active, users.role AS users_role
FROM users
WHERE users.id = -7::INTEGER
----
INSERT INTO users (login, email) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('%lamp%', 100000, 0), ('Zürich', 1e6, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING users.id, users.id AS id__1
----
WITH anon_1 AS (SELECT users.id AS k, row_number() OVER (PARTITION BY users.role ORDER BY users.last_seen_at DESC) AS rn FROM users) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 42
----
SELECT users.id, users.role ->> 'k' AS anon_1, users.last_seen_at #>> '{a,b}' AS anon_2 FROM users WHERE users.role ? 'k' AND users.last_seen_at @> '{"a": [1]}'::JSONB
----
SELECT id, login, email, encrypted_password, last_seen_at, is_active, role FROM users WHERE users.id = ANY(ARRAY[100000,3.14,1,1000000000000,-7]) AND users.role && '{a,b}'::text[]
----
SELECT "public"."users"."id", "public"."users"."login", "public"."users"."email", "public"."users"."encrypted_password", "public"."users"."last_seen_at", "public"."users"."is_active", "public"."users"."role" FROM "public"."users" WHERE ("public"."users"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "users" ("id", "login", "email") values (DEFAULT, 'x@example.org', 99.90), (DEFAULT, '', $$it's$$) returning *
----
SELECT t."id", t."role"
FROM "users" AS t
WHERE t."last_seen_at" = 3.14 AND COALESCE(t."email", 1000000000000) <> FALSE
ORDER BY t."role"
LIMIT 3.14
----
SELECT EXISTS (SELECT 1 FROM users WHERE id = 1000000000000 AND role > now() - interval '15 minutes') AS "exists"
----
select role, case when last_seen_at > 1000000000000 then 'x@example.org' when last_seen_at is null then 'paid' else 'Zürich' end as bucket, count(*) from users group by 1, 2 order by 3 desc, 1 limit 1
----
SELECT *, rank() over (w), lag(role, 1, 3.14) over w, sum(last_seen_at) over (order by id rows between 3 preceding and current row) FROM users WINDOW w AS (PARTITION BY role ORDER BY id)
----
SELECT id FROM users TABLESAMPLE BERNOULLI (3.14) REPEATABLE (42) WHERE role::date = date '2024-05-05'
----
SELECT id FROM users WHERE (role, id) > (NULL, 42) ORDER BY role, id LIMIT 50
----
SELECT id FROM users WHERE (role, last_seen_at) IN ((TRUE, E'a\nb'), (NULL, 3.14))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY role), mode() WITHIN GROUP (ORDER BY last_seen_at) FROM users WHERE id NOT IN (3.14, 99.90, 3.14, 100000, 100000, 100000, 42)
----
SELECT role, grouping(role) FROM users GROUP BY GROUPING SETS ((role, last_seen_at), (role), ())
----
SELECT x.id FROM users x WHERE NOT EXISTS (SELECT FROM users y WHERE y.role = x.role AND y.id <> x.id) AND x.last_seen_at ~* '^a.*\d+$'
----
INSERT INTO users AS tgt (id, role) VALUES (99.90, E'a\nb') ON CONFLICT (id) DO UPDATE SET role = EXCLUDED.role WHERE tgt.role IS DISTINCT FROM EXCLUDED.role RETURNING xmax = 0
----
MERGE INTO users tgt USING (VALUES (3.14, 'x@example.org'), (100000, 'paid')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET role = src.v WHEN NOT MATCHED THEN INSERT (id, role) VALUES (src.id, '{"a": 1}')
----
WITH gone AS (DELETE FROM users WHERE role < -7 RETURNING *) INSERT INTO users_archive SELECT * FROM gone
----
SELECT to_char(role, 'YYYY-MM-DD'), extract(epoch from role)::bigint, trim(both ' ' from last_seen_at), substring(last_seen_at from 1 for 3), position('x' in last_seen_at), overlay(last_seen_at placing 'zz' from 2) FROM users
----
SELECT array_agg(role ORDER BY last_seen_at DESC), string_agg(DISTINCT email::text, ', '), jsonb_build_object('a', role, 'b', 1), (array_agg(last_seen_at))[1:3] FROM users
----
SELECT id FROM users UNION ALL SELECT id FROM users WHERE role = 'x@example.org' UNION SELECT 99.90 EXCEPT (SELECT 100000) ORDER BY 1 LIMIT ALL
----
select role from users where last_seen_at = U&'\0441' -- trailing
 and email like E'a\nb' escape '!';
----
SELECT role - -7, -role, - (-7), last_seen_at * -1, @42, |/ 2.0, role % 7, last_seen_at ^ 2 FROM users
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY users WHERE role BETWEEN SYMMETRIC 100000 AND 'x@example.org'
----
SELECT current_timestamp(3), localtime(0), role::timestamptz(0), cast(last_seen_at as float(24)), email::char(3), bit(3) '101' FROM users
----
UPDATE users SET (role, last_seen_at) = (SELECT '', FALSE FROM users LIMIT 1), email = DEFAULT FROM (VALUES (99.90),(3.14)) v(x) WHERE users.id = v.x
----
SELECT "sessions"."id", "sessions"."user_id", "sessions"."token", "sessions"."expires_at", "sessions"."ip", "sessions"."payload" FROM "sessions" WHERE "sessions"."id" = 99.90 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "sessions" WHERE ("sessions"."expires_at" = '' AND NOT ("sessions"."token" IS NULL))
----
SELECT (1) AS "a" FROM "sessions" WHERE "sessions"."id" IN (.5, -7) LIMIT 1
----
UPDATE "sessions" SET "expires_at" = 3.14, "token" = 3.14 WHERE "sessions"."id" = 1e6
----
UPDATE "sessions" SET "expires_at" = ("sessions"."expires_at" + 1) WHERE "sessions"."id" IN (0, 1, 100000, 100000)
----
INSERT INTO "sessions" ("user_id", "token", "expires_at", "ip", "payload") VALUES (42, '{"a": 1}', FALSE, '', 0) RETURNING "sessions"."id"
----
INSERT INTO "sessions" ("id", "user_id", "token", "expires_at", "ip", "payload") VALUES (42, $$it's$$, '%lamp%', $$it's$$, 'paid', $$it's$$), ($$it's$$, 42, '%lamp%', E'a\nb', TRUE, 'paid'), (FALSE, '{"a": 1}', U&'\0441', 1, 'x@example.org', 42), (42, 100000, 'x@example.org', 1, 0, U&'\0441') ON CONFLICT DO NOTHING
----
DELETE FROM "sessions" WHERE "sessions"."id" IN (SELECT U0."id" FROM "sessions" U0 WHERE U0."expires_at" < 'O''Brien' LIMIT 500)
----
SELECT DISTINCT ON ("sessions"."expires_at") "sessions"."id", "sessions"."user_id", "sessions"."token", "sessions"."expires_at", "sessions"."ip", "sessions"."payload" FROM "sessions" ORDER BY "sessions"."expires_at" ASC, "sessions"."token" DESC NULLS LAST
----
SELECT "sessions"."expires_at", COUNT("sessions"."id") AS "n", SUM("sessions"."token") FILTER (WHERE "sessions"."token" > 3.14) FROM "sessions" GROUP BY "sessions"."expires_at" HAVING COUNT("sessions"."id") > 42 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "sessions"."expires_at" AT TIME ZONE 'UTC') AS d, AVG("sessions"."token") FROM "sessions" GROUP BY 1 ORDER BY 1
----
SELECT "sessions"."id", "sessions"."user_id", "sessions"."token", "sessions"."expires_at", "sessions"."ip", "sessions"."payload" FROM "sessions" WHERE UPPER("sessions"."expires_at"::text) LIKE UPPER('paid') ORDER BY "sessions"."id" DESC LIMIT 43 OFFSET 292
----
SELECT "sessions"."id", "sessions"."user_id", "sessions"."token", "sessions"."expires_at", "sessions"."ip", "sessions"."payload" FROM "sessions" WHERE "sessions"."id" = 0 FOR UPDATE SKIP LOCKED
----
SELECT "sessions".* FROM "sessions" WHERE "sessions"."id" = $1 LIMIT $2
----
SELECT "sessions".* FROM "sessions" WHERE "sessions"."id" IN ($1, $2, $3) ORDER BY "sessions"."expires_at" ASC
----
SELECT 1 AS one FROM "sessions" WHERE "sessions"."expires_at" = $1 AND "sessions"."id" != $2 LIMIT $3
----
INSERT INTO "sessions" ("user_id", "token", "expires_at", "ip", "payload") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
----
UPDATE "sessions" SET "expires_at" = $1, "token" = $2 WHERE "sessions"."id" = $3
----
UPDATE "sessions" SET "payload" = COALESCE("payload", 0) + 1 WHERE "id" = -7 /*application:Shop,controller:x*/
----
DELETE FROM "sessions" WHERE "sessions"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "sessions" WHERE "sessions"."expires_at" BETWEEN U&'\0441' AND 0 LIMIT 99.90) subquery_for_count
----
select s1_0.id,s1_0.user_id,s1_0.token,s1_0.expires_at,s1_0.ip,s1_0.payload from sessions s1_0 where s1_0.id=$1
----
select s1_0.id as col_0_0_,s1_0.user_id as col_1_0_,s1_0.token as col_2_0_,s1_0.expires_at as col_3_0_,s1_0.ip as col_4_0_,s1_0.payload as col_5_0_ from sessions s1_0 where s1_0.expires_at>=$$it's$$ and (s1_0.token is null or s1_0.token<>E'a\nb') order by s1_0.id fetch first 99 rows only
----
insert into sessions (id, user_id, token, expires_at, ip, payload) values ($1, $2, $3, $4, $5, $6)
----
update sessions set user_id=$1, token=$2, expires_at=$3, ip=$4, payload=$5 where id=$6 and version=$7
----
select nextval ('sessions_seq')
----
select cast(s1_0.expires_at as varchar(255)), cast(s1_0.token as numeric(38,2)), cast(s1_0.payload as timestamp(6)) from sessions s1_0 offset $1 rows fetch first $2 rows only
----
SELECT sessions.id AS sessions_id, sessions.user_id AS sessions_user_id, sessions.token AS sessions_token, sessions.expires_at AS sessions_expires_at, sessions.ip AS sessions_ip, sessions.payload AS sessions_payload
FROM sessions
WHERE sessions.id = .5::INTEGER
----
INSERT INTO sessions (user_id, token) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES (E'a\nb', 1, 0), ($$it's$$, 1e6, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING sessions.id, sessions.id AS id__1
----
WITH anon_1 AS (SELECT sessions.id AS k, row_number() OVER (PARTITION BY sessions.expires_at ORDER BY sessions.token DESC) AS rn FROM sessions) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 99.90
----
SELECT sessions.id, sessions.expires_at ->> 'k' AS anon_1, sessions.token #>> '{a,b}' AS anon_2 FROM sessions WHERE sessions.expires_at ? 'k' AND sessions.token @> '{"a": [1]}'::JSONB
----
SELECT id, user_id, token, expires_at, ip, payload FROM sessions WHERE sessions.id = ANY(ARRAY[99.90,-7,42,1,1e6]) AND sessions.expires_at && '{a,b}'::text[]
----
SELECT "public"."sessions"."id", "public"."sessions"."user_id", "public"."sessions"."token", "public"."sessions"."expires_at", "public"."sessions"."ip", "public"."sessions"."payload" FROM "public"."sessions" WHERE ("public"."sessions"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "sessions" ("id", "user_id", "token") values (DEFAULT, -7, 99.90), (DEFAULT, '', 1000000000000) returning *
----
SELECT t."id", t."expires_at"
FROM "sessions" AS t
WHERE t."token" = 3.14 AND COALESCE(t."payload", 3.14) <> 'O''Brien'
ORDER BY t."expires_at"
LIMIT 99.90
----
SELECT EXISTS (SELECT 1 FROM sessions WHERE id = 0 AND expires_at > now() - interval '15 minutes') AS "exists"
----
select expires_at, case when token > 0 then 'Zürich' when token is null then E'a\nb' else '2024-03-01' end as bucket, count(*) from sessions group by 1, 2 order by 3 desc, 1 limit 3.14
----
SELECT *, rank() over (w), lag(expires_at, 1, '{"a": 1}') over w, sum(token) over (order by id rows between 3 preceding and current row) FROM sessions WINDOW w AS (PARTITION BY expires_at ORDER BY id)
----
SELECT id FROM sessions TABLESAMPLE BERNOULLI (3.14) REPEATABLE (42) WHERE expires_at::date = date '2024-05-05'
----
SELECT id FROM sessions WHERE (expires_at, id) > (FALSE, 3.14) ORDER BY expires_at, id LIMIT 50
----
SELECT id FROM sessions WHERE (expires_at, token) IN ((42, 1000000000000), ('Zürich', '{"a": 1}'))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY expires_at), mode() WITHIN GROUP (ORDER BY token) FROM sessions WHERE id NOT IN (100000, 99.90, 1e6, 42, 0, 0, 42)
----
SELECT expires_at, grouping(expires_at) FROM sessions GROUP BY GROUPING SETS ((expires_at, token), (expires_at), ())
----
SELECT x.id FROM sessions x WHERE NOT EXISTS (SELECT FROM sessions y WHERE y.expires_at = x.expires_at AND y.id <> x.id) AND x.token ~* '^a.*\d+$'
----
INSERT INTO sessions AS tgt (id, expires_at) VALUES (-7, .5) ON CONFLICT (id) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE tgt.expires_at IS DISTINCT FROM EXCLUDED.expires_at RETURNING xmax = 0
----
MERGE INTO sessions tgt USING (VALUES (100000, 1e6), (-7, -7)) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET expires_at = src.v WHEN NOT MATCHED THEN INSERT (id, expires_at) VALUES (src.id, $$it's$$)
----
WITH gone AS (DELETE FROM sessions WHERE expires_at < -7 RETURNING *) INSERT INTO sessions_archive SELECT * FROM gone
----
SELECT to_char(expires_at, 'YYYY-MM-DD'), extract(epoch from expires_at)::bigint, trim(both ' ' from token), substring(token from 1 for 3), position('x' in token), overlay(token placing 'zz' from 2) FROM sessions
----
SELECT array_agg(expires_at ORDER BY token DESC), string_agg(DISTINCT payload::text, ', '), jsonb_build_object('a', expires_at, 'b', 1), (array_agg(token))[1:3] FROM sessions
----
SELECT id FROM sessions UNION ALL SELECT id FROM sessions WHERE expires_at = 0 UNION SELECT 0 EXCEPT (SELECT 99.90) ORDER BY 1 LIMIT ALL
----
select expires_at from sessions where token = E'a\nb' -- trailing
 and payload like '%lamp%' escape '!';
----
SELECT expires_at - 42, -expires_at, - (0), token * -1, @.5, |/ 2.0, expires_at % 7, token ^ 2 FROM sessions
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY sessions WHERE expires_at BETWEEN SYMMETRIC 1e6 AND 'x@example.org'
----
SELECT current_timestamp(3), localtime(0), expires_at::timestamptz(0), cast(token as float(24)), payload::char(3), bit(3) '101' FROM sessions
----
UPDATE sessions SET (expires_at, token) = (SELECT $$it's$$, 'Zürich' FROM sessions LIMIT 1), payload = DEFAULT FROM (VALUES (.5),(3.14)) v(x) WHERE sessions.id = v.x
----
SELECT "posts"."id", "posts"."author_id", "posts"."title", "posts"."body", "posts"."published", "posts"."published_at", "posts"."views" FROM "posts" WHERE "posts"."id" = 1e6 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "posts" WHERE ("posts"."published_at" = E'a\nb' AND NOT ("posts"."title" IS NULL))
----
SELECT (1) AS "a" FROM "posts" WHERE "posts"."id" IN (99.90, -7, 1e6, 3.14, .5, 1, 100000) LIMIT 1
----
UPDATE "posts" SET "published_at" = U&'\0441', "title" = 100000 WHERE "posts"."id" = .5
----
UPDATE "posts" SET "published_at" = ("posts"."published_at" + 0) WHERE "posts"."id" IN (99.90, 99.90, -7, 42)
----
INSERT INTO "posts" ("author_id", "title", "body", "published", "published_at", "views") VALUES (U&'\0441', 'Zürich', 42, 42, 1000000000000, -7) RETURNING "posts"."id"
----
INSERT INTO "posts" ("id", "author_id", "title", "body", "published", "published_at", "views") VALUES ('{"a": 1}', 'paid', '', 'O''Brien', 0, TRUE, 3.14), (100000, 3.14, 'paid', 'x@example.org', 42, .5, -7), (-7, 'Zürich', '%lamp%', 'Zürich', '', '', .5), (NULL, '%lamp%', FALSE, TRUE, 1000000000000, -7, 'x@example.org'), (1e6, 'O''Brien', 'paid', '', 'Zürich', 100000, 'O''Brien') ON CONFLICT DO NOTHING
----
DELETE FROM "posts" WHERE "posts"."id" IN (SELECT U0."id" FROM "posts" U0 WHERE U0."published_at" < 1000000000000 LIMIT 500)
----
SELECT DISTINCT ON ("posts"."published_at") "posts"."id", "posts"."author_id", "posts"."title", "posts"."body", "posts"."published", "posts"."published_at", "posts"."views" FROM "posts" ORDER BY "posts"."published_at" ASC, "posts"."title" DESC NULLS LAST
----
SELECT "posts"."published_at", COUNT("posts"."id") AS "n", SUM("posts"."title") FILTER (WHERE "posts"."title" > 3.14) FROM "posts" GROUP BY "posts"."published_at" HAVING COUNT("posts"."id") > 0 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "posts"."published_at" AT TIME ZONE 'UTC') AS d, AVG("posts"."title") FROM "posts" GROUP BY 1 ORDER BY 1
----
SELECT "posts"."id", "posts"."author_id", "posts"."title", "posts"."body", "posts"."published", "posts"."published_at", "posts"."views" FROM "posts" WHERE UPPER("posts"."published_at"::text) LIKE UPPER($$it's$$) ORDER BY "posts"."id" DESC LIMIT 17 OFFSET 540
----
SELECT "posts"."id", "posts"."author_id", "posts"."title", "posts"."body", "posts"."published", "posts"."published_at", "posts"."views" FROM "posts" WHERE "posts"."id" = 1e6 FOR UPDATE SKIP LOCKED
----
SELECT "posts".* FROM "posts" WHERE "posts"."id" = $1 LIMIT $2
----
SELECT "posts".* FROM "posts" WHERE "posts"."id" IN ($1, $2, $3) ORDER BY "posts"."published_at" ASC
----
SELECT 1 AS one FROM "posts" WHERE "posts"."published_at" = $1 AND "posts"."id" != $2 LIMIT $3
----
INSERT INTO "posts" ("author_id", "title", "body", "published", "published_at", "views") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id"
----
UPDATE "posts" SET "published_at" = $1, "title" = $2 WHERE "posts"."id" = $3
----
UPDATE "posts" SET "author_id" = COALESCE("author_id", 0) + 1 WHERE "id" = 42 /*application:Shop,controller:x*/
----
DELETE FROM "posts" WHERE "posts"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "posts" WHERE "posts"."published_at" BETWEEN '%lamp%' AND 'x@example.org' LIMIT 3.14) subquery_for_count
----
select p1_0.id,p1_0.author_id,p1_0.title,p1_0.body,p1_0.published,p1_0.published_at,p1_0.views from posts p1_0 where p1_0.id=$1
----
select p1_0.id as col_0_0_,p1_0.author_id as col_1_0_,p1_0.title as col_2_0_,p1_0.body as col_3_0_,p1_0.published as col_4_0_,p1_0.published_at as col_5_0_,p1_0.views as col_6_0_ from posts p1_0 where p1_0.published_at>=.5 and (p1_0.title is null or p1_0.title<>100000) order by p1_0.id fetch first 25 rows only
----
insert into posts (id, author_id, title, body, published, published_at, views) values ($1, $2, $3, $4, $5, $6, $7)
----
update posts set author_id=$1, title=$2, body=$3, published=$4, published_at=$5, views=$6 where id=$7 and version=$8
----
select nextval ('posts_seq')
----
select cast(p1_0.published_at as varchar(255)), cast(p1_0.title as numeric(38,2)), cast(p1_0.author_id as timestamp(6)) from posts p1_0 offset $1 rows fetch first $2 rows only
----
SELECT posts.id AS posts_id, posts.author_id AS posts_author_id, posts.title AS posts_title, posts.body AS posts_body, posts.published AS posts_published, posts.published_at AS posts_published_at, posts.views AS posts_views
FROM posts
WHERE posts.id = 1e6::INTEGER
----
INSERT INTO posts (author_id, title) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('', -7, 0), ('{"a": 1}', 1, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING posts.id, posts.id AS id__1
----
WITH anon_1 AS (SELECT posts.id AS k, row_number() OVER (PARTITION BY posts.published_at ORDER BY posts.title DESC) AS rn FROM posts) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 1
----
SELECT posts.id, posts.published_at ->> 'k' AS anon_1, posts.title #>> '{a,b}' AS anon_2 FROM posts WHERE posts.published_at ? 'k' AND posts.title @> '{"a": [1]}'::JSONB
----
SELECT id, author_id, title, body, published, published_at, views FROM posts WHERE posts.id = ANY(ARRAY[99.90,3.14,100000,3.14,.5]) AND posts.published_at && '{a,b}'::text[]
----
SELECT "public"."posts"."id", "public"."posts"."author_id", "public"."posts"."title", "public"."posts"."body", "public"."posts"."published", "public"."posts"."published_at", "public"."posts"."views" FROM "public"."posts" WHERE ("public"."posts"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "posts" ("id", "author_id", "title") values (DEFAULT, 1000000000000, 'Zürich'), (DEFAULT, 3.14, .5) returning *
----
SELECT t."id", t."published_at"
FROM "posts" AS t
WHERE t."title" = -7 AND COALESCE(t."author_id", 1e6) <> 'Zürich'
ORDER BY t."published_at"
LIMIT 1
----
SELECT EXISTS (SELECT 1 FROM posts WHERE id = 1e6 AND published_at > now() - interval '15 minutes') AS "exists"
----
select published_at, case when title > 3.14 then 'paid' when title is null then 'paid' else '%lamp%' end as bucket, count(*) from posts group by 1, 2 order by 3 desc, 1 limit 100000
----
SELECT *, rank() over (w), lag(published_at, 1, NULL) over w, sum(title) over (order by id rows between 3 preceding and current row) FROM posts WINDOW w AS (PARTITION BY published_at ORDER BY id)
----
SELECT id FROM posts TABLESAMPLE BERNOULLI (1e6) REPEATABLE (42) WHERE published_at::date = date '2024-05-05'
----
SELECT id FROM posts WHERE (published_at, id) > ('x@example.org', 3.14) ORDER BY published_at, id LIMIT 50
----
SELECT id FROM posts WHERE (published_at, title) IN (('Zürich', NULL), (0, 1))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY published_at), mode() WITHIN GROUP (ORDER BY title) FROM posts WHERE id NOT IN (-7, 100000, 1, .5, 1e6, .5, 1e6)
----
SELECT published_at, grouping(published_at) FROM posts GROUP BY GROUPING SETS ((published_at, title), (published_at), ())
----
SELECT x.id FROM posts x WHERE NOT EXISTS (SELECT FROM posts y WHERE y.published_at = x.published_at AND y.id <> x.id) AND x.title ~* '^a.*\d+$'
----
INSERT INTO posts AS tgt (id, published_at) VALUES (-7, 'paid') ON CONFLICT (id) DO UPDATE SET published_at = EXCLUDED.published_at WHERE tgt.published_at IS DISTINCT FROM EXCLUDED.published_at RETURNING xmax = 0
----
MERGE INTO posts tgt USING (VALUES (3.14, FALSE), (99.90, 'x@example.org')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET published_at = src.v WHEN NOT MATCHED THEN INSERT (id, published_at) VALUES (src.id, E'a\nb')
----
WITH gone AS (DELETE FROM posts WHERE published_at < 3.14 RETURNING *) INSERT INTO posts_archive SELECT * FROM gone
----
SELECT to_char(published_at, 'YYYY-MM-DD'), extract(epoch from published_at)::bigint, trim(both ' ' from title), substring(title from 1 for 3), position('x' in title), overlay(title placing 'zz' from 2) FROM posts
----
SELECT array_agg(published_at ORDER BY title DESC), string_agg(DISTINCT author_id::text, ', '), jsonb_build_object('a', published_at, 'b', 1), (array_agg(title))[1:3] FROM posts
----
SELECT id FROM posts UNION ALL SELECT id FROM posts WHERE published_at = E'a\nb' UNION SELECT 3.14 EXCEPT (SELECT -7) ORDER BY 1 LIMIT ALL
----
select published_at from posts where title = 'Zürich' -- trailing
 and author_id like 'Zürich' escape '!';
----
SELECT published_at - -7, -published_at, - (3.14), title * -1, @3.14, |/ 2.0, published_at % 7, title ^ 2 FROM posts
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY posts WHERE published_at BETWEEN SYMMETRIC '%lamp%' AND 99.90
----
SELECT current_timestamp(3), localtime(0), published_at::timestamptz(0), cast(title as float(24)), author_id::char(3), bit(3) '101' FROM posts
----
UPDATE posts SET (published_at, title) = (SELECT 3.14, 99.90 FROM posts LIMIT 1), author_id = DEFAULT FROM (VALUES (0),(-7)) v(x) WHERE posts.id = v.x
----
SELECT "comments"."id", "comments"."post_id", "comments"."user_id", "comments"."body", "comments"."score", "comments"."created_at" FROM "comments" WHERE "comments"."id" = 1 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "comments" WHERE ("comments"."score" = '{"a": 1}' AND NOT ("comments"."created_at" IS NULL))
----
SELECT (1) AS "a" FROM "comments" WHERE "comments"."id" IN (1e6, 1, -7) LIMIT 1
----
UPDATE "comments" SET "score" = 'paid', "created_at" = 99.90 WHERE "comments"."id" = 0
----
UPDATE "comments" SET "score" = ("comments"."score" + 1e6) WHERE "comments"."id" IN (1, 1, 0, 1e6)
----
INSERT INTO "comments" ("post_id", "user_id", "body", "score", "created_at") VALUES (-7, TRUE, $$it's$$, FALSE, '%lamp%') RETURNING "comments"."id"
----
INSERT INTO "comments" ("id", "post_id", "user_id", "body", "score", "created_at") VALUES ('2024-03-01', $$it's$$, E'a\nb', '2024-03-01', 1000000000000, .5), (FALSE, -7, 'O''Brien', '{"a": 1}', NULL, FALSE) ON CONFLICT DO NOTHING
----
DELETE FROM "comments" WHERE "comments"."id" IN (SELECT U0."id" FROM "comments" U0 WHERE U0."score" < 42 LIMIT 500)
----
SELECT DISTINCT ON ("comments"."score") "comments"."id", "comments"."post_id", "comments"."user_id", "comments"."body", "comments"."score", "comments"."created_at" FROM "comments" ORDER BY "comments"."score" ASC, "comments"."created_at" DESC NULLS LAST
----
SELECT "comments"."score", COUNT("comments"."id") AS "n", SUM("comments"."created_at") FILTER (WHERE "comments"."created_at" > .5) FROM "comments" GROUP BY "comments"."score" HAVING COUNT("comments"."id") > .5 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "comments"."score" AT TIME ZONE 'UTC') AS d, AVG("comments"."created_at") FROM "comments" GROUP BY 1 ORDER BY 1
----
SELECT "comments"."id", "comments"."post_id", "comments"."user_id", "comments"."body", "comments"."score", "comments"."created_at" FROM "comments" WHERE UPPER("comments"."score"::text) LIKE UPPER('Zürich') ORDER BY "comments"."id" DESC LIMIT 11 OFFSET 111
----
SELECT "comments"."id", "comments"."post_id", "comments"."user_id", "comments"."body", "comments"."score", "comments"."created_at" FROM "comments" WHERE "comments"."id" = 1 FOR UPDATE SKIP LOCKED
----
SELECT "comments".* FROM "comments" WHERE "comments"."id" = $1 LIMIT $2
----
SELECT "comments".* FROM "comments" WHERE "comments"."id" IN ($1, $2, $3) ORDER BY "comments"."score" ASC
----
SELECT 1 AS one FROM "comments" WHERE "comments"."score" = $1 AND "comments"."id" != $2 LIMIT $3
----
INSERT INTO "comments" ("post_id", "user_id", "body", "score", "created_at") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
----
UPDATE "comments" SET "score" = $1, "created_at" = $2 WHERE "comments"."id" = $3
----
UPDATE "comments" SET "body" = COALESCE("body", 0) + 1 WHERE "id" = 42 /*application:Shop,controller:x*/
----
DELETE FROM "comments" WHERE "comments"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "comments" WHERE "comments"."score" BETWEEN U&'\0441' AND 'x@example.org' LIMIT .5) subquery_for_count
----
select c1_0.id,c1_0.post_id,c1_0.user_id,c1_0.body,c1_0.score,c1_0.created_at from comments c1_0 where c1_0.id=$1
----
select c1_0.id as col_0_0_,c1_0.post_id as col_1_0_,c1_0.user_id as col_2_0_,c1_0.body as col_3_0_,c1_0.score as col_4_0_,c1_0.created_at as col_5_0_ from comments c1_0 where c1_0.score>=0 and (c1_0.created_at is null or c1_0.created_at<>'%lamp%') order by c1_0.id fetch first 72 rows only
----
insert into comments (id, post_id, user_id, body, score, created_at) values ($1, $2, $3, $4, $5, $6)
----
update comments set post_id=$1, user_id=$2, body=$3, score=$4, created_at=$5 where id=$6 and version=$7
----
select nextval ('comments_seq')
----
select cast(c1_0.score as varchar(255)), cast(c1_0.created_at as numeric(38,2)), cast(c1_0.body as timestamp(6)) from comments c1_0 offset $1 rows fetch first $2 rows only
----
SELECT comments.id AS comments_id, comments.post_id AS comments_post_id, comments.user_id AS comments_user_id, comments.body AS comments_body, comments.score AS comments_score, comments.created_at AS comments_created_at
FROM comments
WHERE comments.id = -7::INTEGER
----
INSERT INTO comments (post_id, user_id) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES (E'a\nb', .5, 0), ('', 1e6, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING comments.id, comments.id AS id__1
----
WITH anon_1 AS (SELECT comments.id AS k, row_number() OVER (PARTITION BY comments.score ORDER BY comments.created_at DESC) AS rn FROM comments) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 42
----
SELECT comments.id, comments.score ->> 'k' AS anon_1, comments.created_at #>> '{a,b}' AS anon_2 FROM comments WHERE comments.score ? 'k' AND comments.created_at @> '{"a": [1]}'::JSONB
----
SELECT id, post_id, user_id, body, score, created_at FROM comments WHERE comments.id = ANY(ARRAY[1,100000,-7,.5,99.90]) AND comments.score && '{a,b}'::text[]
----
SELECT "public"."comments"."id", "public"."comments"."post_id", "public"."comments"."user_id", "public"."comments"."body", "public"."comments"."score", "public"."comments"."created_at" FROM "public"."comments" WHERE ("public"."comments"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "comments" ("id", "post_id", "user_id") values (DEFAULT, -7, E'a\nb'), (DEFAULT, $$it's$$, 1) returning *
----
SELECT t."id", t."score"
FROM "comments" AS t
WHERE t."created_at" = 100000 AND COALESCE(t."body", 'paid') <> 1000000000000
ORDER BY t."score"
LIMIT 1e6
----
SELECT EXISTS (SELECT 1 FROM comments WHERE id = -7 AND score > now() - interval '15 minutes') AS "exists"
----
select score, case when created_at > 1e6 then 'paid' when created_at is null then E'a\nb' else 'paid' end as bucket, count(*) from comments group by 1, 2 order by 3 desc, 1 limit 100000
----
SELECT *, rank() over (w), lag(score, 1, 'x@example.org') over w, sum(created_at) over (order by id rows between 3 preceding and current row) FROM comments WINDOW w AS (PARTITION BY score ORDER BY id)
----
SELECT id FROM comments TABLESAMPLE BERNOULLI (1) REPEATABLE (42) WHERE score::date = date '2024-05-05'
----
SELECT id FROM comments WHERE (score, id) > (U&'\0441', -7) ORDER BY score, id LIMIT 50
----
SELECT id FROM comments WHERE (score, created_at) IN ((FALSE, 'x@example.org'), (99.90, $$it's$$))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY score), mode() WITHIN GROUP (ORDER BY created_at) FROM comments WHERE id NOT IN (.5, 3.14, .5, 1000000000000, 1, 3.14, .5)
----
SELECT score, grouping(score) FROM comments GROUP BY GROUPING SETS ((score, created_at), (score), ())
----
SELECT x.id FROM comments x WHERE NOT EXISTS (SELECT FROM comments y WHERE y.score = x.score AND y.id <> x.id) AND x.created_at ~* '^a.*\d+$'
----
INSERT INTO comments AS tgt (id, score) VALUES (3.14, '{"a": 1}') ON CONFLICT (id) DO UPDATE SET score = EXCLUDED.score WHERE tgt.score IS DISTINCT FROM EXCLUDED.score RETURNING xmax = 0
----
MERGE INTO comments tgt USING (VALUES (1, FALSE), (1000000000000, 1000000000000)) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET score = src.v WHEN NOT MATCHED THEN INSERT (id, score) VALUES (src.id, 'x@example.org')
----
WITH gone AS (DELETE FROM comments WHERE score < 'paid' RETURNING *) INSERT INTO comments_archive SELECT * FROM gone
----
SELECT to_char(score, 'YYYY-MM-DD'), extract(epoch from score)::bigint, trim(both ' ' from created_at), substring(created_at from 1 for 3), position('x' in created_at), overlay(created_at placing 'zz' from 2) FROM comments
----
SELECT array_agg(score ORDER BY created_at DESC), string_agg(DISTINCT body::text, ', '), jsonb_build_object('a', score, 'b', 1), (array_agg(created_at))[1:3] FROM comments
----
SELECT id FROM comments UNION ALL SELECT id FROM comments WHERE score = 'Zürich' UNION SELECT 42 EXCEPT (SELECT 100000) ORDER BY 1 LIMIT ALL
----
select score from comments where created_at = TRUE -- trailing
 and body like 'Zürich' escape '!';
----
SELECT score - 1e6, -score, - (3.14), created_at * -1, @1e6, |/ 2.0, score % 7, created_at ^ 2 FROM comments
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY comments WHERE score BETWEEN SYMMETRIC 3.14 AND ''
----
SELECT current_timestamp(3), localtime(0), score::timestamptz(0), cast(created_at as float(24)), body::char(3), bit(3) '101' FROM comments
----
UPDATE comments SET (score, created_at) = (SELECT 3.14, '2024-03-01' FROM comments LIMIT 1), body = DEFAULT FROM (VALUES (1),(3.14)) v(x) WHERE comments.id = v.x
----
SELECT "events"."id", "events"."kind", "events"."payload", "events"."occurred_at", "events"."user_id", "events"."trace" FROM "events" WHERE "events"."id" = .5 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "events" WHERE ("events"."payload" = 'Zürich' AND NOT ("events"."trace" IS NULL))
----
SELECT (1) AS "a" FROM "events" WHERE "events"."id" IN (1000000000000, 42, 99.90, -7, 1e6, 0) LIMIT 1
----
UPDATE "events" SET "payload" = 'Zürich', "trace" = 0 WHERE "events"."id" = 42
----
UPDATE "events" SET "payload" = ("events"."payload" + 1) WHERE "events"."id" IN (100000, 99.90, 99.90, .5)
----
INSERT INTO "events" ("kind", "payload", "occurred_at", "user_id", "trace") VALUES ('2024-03-01', 0, '%lamp%', 'x@example.org', U&'\0441') RETURNING "events"."id"
----
INSERT INTO "events" ("id", "kind", "payload", "occurred_at", "user_id", "trace") VALUES (E'a\nb', '%lamp%', 0, 3.14, TRUE, -7), ('2024-03-01', 'Zürich', '', 0, -7, 99.90) ON CONFLICT DO NOTHING
----
DELETE FROM "events" WHERE "events"."id" IN (SELECT U0."id" FROM "events" U0 WHERE U0."payload" < NULL LIMIT 500)
----
SELECT DISTINCT ON ("events"."payload") "events"."id", "events"."kind", "events"."payload", "events"."occurred_at", "events"."user_id", "events"."trace" FROM "events" ORDER BY "events"."payload" ASC, "events"."trace" DESC NULLS LAST
----
SELECT "events"."payload", COUNT("events"."id") AS "n", SUM("events"."trace") FILTER (WHERE "events"."trace" > -7) FROM "events" GROUP BY "events"."payload" HAVING COUNT("events"."id") > 99.90 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "events"."payload" AT TIME ZONE 'UTC') AS d, AVG("events"."trace") FROM "events" GROUP BY 1 ORDER BY 1
----
SELECT "events"."id", "events"."kind", "events"."payload", "events"."occurred_at", "events"."user_id", "events"."trace" FROM "events" WHERE UPPER("events"."payload"::text) LIKE UPPER($$it's$$) ORDER BY "events"."id" DESC LIMIT 49 OFFSET 124
----
SELECT "events"."id", "events"."kind", "events"."payload", "events"."occurred_at", "events"."user_id", "events"."trace" FROM "events" WHERE "events"."id" = 3.14 FOR UPDATE SKIP LOCKED
----
SELECT "events".* FROM "events" WHERE "events"."id" = $1 LIMIT $2
----
SELECT "events".* FROM "events" WHERE "events"."id" IN ($1, $2, $3) ORDER BY "events"."payload" ASC
----
SELECT 1 AS one FROM "events" WHERE "events"."payload" = $1 AND "events"."id" != $2 LIMIT $3
----
INSERT INTO "events" ("kind", "payload", "occurred_at", "user_id", "trace") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
----
UPDATE "events" SET "payload" = $1, "trace" = $2 WHERE "events"."id" = $3
----
UPDATE "events" SET "user_id" = COALESCE("user_id", 0) + 1 WHERE "id" = 3.14 /*application:Shop,controller:x*/
----
DELETE FROM "events" WHERE "events"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "events" WHERE "events"."payload" BETWEEN U&'\0441' AND 100000 LIMIT 3.14) subquery_for_count
----
select e1_0.id,e1_0.kind,e1_0.payload,e1_0.occurred_at,e1_0.user_id,e1_0.trace from events e1_0 where e1_0.id=$1
----
select e1_0.id as col_0_0_,e1_0.kind as col_1_0_,e1_0.payload as col_2_0_,e1_0.occurred_at as col_3_0_,e1_0.user_id as col_4_0_,e1_0.trace as col_5_0_ from events e1_0 where e1_0.payload>=1 and (e1_0.trace is null or e1_0.trace<>U&'\0441') order by e1_0.id fetch first 95 rows only
----
insert into events (id, kind, payload, occurred_at, user_id, trace) values ($1, $2, $3, $4, $5, $6)
----
update events set kind=$1, payload=$2, occurred_at=$3, user_id=$4, trace=$5 where id=$6 and version=$7
----
select nextval ('events_seq')
----
select cast(e1_0.payload as varchar(255)), cast(e1_0.trace as numeric(38,2)), cast(e1_0.user_id as timestamp(6)) from events e1_0 offset $1 rows fetch first $2 rows only
----
SELECT events.id AS events_id, events.kind AS events_kind, events.payload AS events_payload, events.occurred_at AS events_occurred_at, events.user_id AS events_user_id, events.trace AS events_trace
FROM events
WHERE events.id = 3.14::INTEGER
----
INSERT INTO events (kind, payload) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('%lamp%', 100000, 0), ('%lamp%', 0, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING events.id, events.id AS id__1
----
WITH anon_1 AS (SELECT events.id AS k, row_number() OVER (PARTITION BY events.payload ORDER BY events.trace DESC) AS rn FROM events) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= -7
----
SELECT events.id, events.payload ->> 'k' AS anon_1, events.trace #>> '{a,b}' AS anon_2 FROM events WHERE events.payload ? 'k' AND events.trace @> '{"a": [1]}'::JSONB
----
SELECT id, kind, payload, occurred_at, user_id, trace FROM events WHERE events.id = ANY(ARRAY[-7,0,3.14,1000000000000,-7]) AND events.payload && '{a,b}'::text[]
----
SELECT "public"."events"."id", "public"."events"."kind", "public"."events"."payload", "public"."events"."occurred_at", "public"."events"."user_id", "public"."events"."trace" FROM "public"."events" WHERE ("public"."events"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "events" ("id", "kind", "payload") values (DEFAULT, $$it's$$, 'x@example.org'), (DEFAULT, 42, U&'\0441') returning *
----
SELECT t."id", t."payload"
FROM "events" AS t
WHERE t."trace" = -7 AND COALESCE(t."user_id", .5) <> .5
ORDER BY t."payload"
LIMIT -7
----
SELECT EXISTS (SELECT 1 FROM events WHERE id = 42 AND payload > now() - interval '15 minutes') AS "exists"
----
select payload, case when trace > 100000 then 'paid' when trace is null then 'O''Brien' else 'paid' end as bucket, count(*) from events group by 1, 2 order by 3 desc, 1 limit 100000
----
SELECT *, rank() over (w), lag(payload, 1, 'Zürich') over w, sum(trace) over (order by id rows between 3 preceding and current row) FROM events WINDOW w AS (PARTITION BY payload ORDER BY id)
----
SELECT id FROM events TABLESAMPLE BERNOULLI (100000) REPEATABLE (42) WHERE payload::date = date '2024-05-05'
----
SELECT id FROM events WHERE (payload, id) > (1, 1) ORDER BY payload, id LIMIT 50
----
SELECT id FROM events WHERE (payload, trace) IN (('{"a": 1}', 'Zürich'), ('%lamp%', 'O''Brien'))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY payload), mode() WITHIN GROUP (ORDER BY trace) FROM events WHERE id NOT IN (-7, 1000000000000, 1000000000000, -7, 42, .5, 99.90)
----
SELECT payload, grouping(payload) FROM events GROUP BY GROUPING SETS ((payload, trace), (payload), ())
----
SELECT x.id FROM events x WHERE NOT EXISTS (SELECT FROM events y WHERE y.payload = x.payload AND y.id <> x.id) AND x.trace ~* '^a.*\d+$'
----
INSERT INTO events AS tgt (id, payload) VALUES (0, -7) ON CONFLICT (id) DO UPDATE SET payload = EXCLUDED.payload WHERE tgt.payload IS DISTINCT FROM EXCLUDED.payload RETURNING xmax = 0
----
MERGE INTO events tgt USING (VALUES (1000000000000, U&'\0441'), (1, '%lamp%')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET payload = src.v WHEN NOT MATCHED THEN INSERT (id, payload) VALUES (src.id, 1000000000000)
----
WITH gone AS (DELETE FROM events WHERE payload < 99.90 RETURNING *) INSERT INTO events_archive SELECT * FROM gone
----
SELECT to_char(payload, 'YYYY-MM-DD'), extract(epoch from payload)::bigint, trim(both ' ' from trace), substring(trace from 1 for 3), position('x' in trace), overlay(trace placing 'zz' from 2) FROM events
----
SELECT array_agg(payload ORDER BY trace DESC), string_agg(DISTINCT user_id::text, ', '), jsonb_build_object('a', payload, 'b', 1), (array_agg(trace))[1:3] FROM events
----
SELECT id FROM events UNION ALL SELECT id FROM events WHERE payload = TRUE UNION SELECT 1000000000000 EXCEPT (SELECT .5) ORDER BY 1 LIMIT ALL
----
select payload from events where trace = E'a\nb' -- trailing
 and user_id like 'paid' escape '!';
----
SELECT payload - .5, -payload, - (.5), trace * -1, @0, |/ 2.0, payload % 7, trace ^ 2 FROM events
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY events WHERE payload BETWEEN SYMMETRIC 'O''Brien' AND E'a\nb'
----
SELECT current_timestamp(3), localtime(0), payload::timestamptz(0), cast(trace as float(24)), user_id::char(3), bit(3) '101' FROM events
----
UPDATE events SET (payload, trace) = (SELECT U&'\0441', 'O''Brien' FROM events LIMIT 1), user_id = DEFAULT FROM (VALUES (1000000000000),(-7)) v(x) WHERE events.id = v.x
----
SELECT "invoices"."id", "invoices"."order_id", "invoices"."number", "invoices"."due_on", "invoices"."paid", "invoices"."amount" FROM "invoices" WHERE "invoices"."id" = .5 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "invoices" WHERE ("invoices"."order_id" = 'x@example.org' AND NOT ("invoices"."due_on" IS NULL))
----
SELECT (1) AS "a" FROM "invoices" WHERE "invoices"."id" IN (42, -7, 1, 100000, 99.90) LIMIT 1
----
UPDATE "invoices" SET "order_id" = 3.14, "due_on" = 'x@example.org' WHERE "invoices"."id" = 1e6
----
UPDATE "invoices" SET "order_id" = ("invoices"."order_id" + 42) WHERE "invoices"."id" IN (1e6, 99.90, 0, 99.90)
----
INSERT INTO "invoices" ("order_id", "number", "due_on", "paid", "amount") VALUES ('x@example.org', 1000000000000, '2024-03-01', 42, TRUE) RETURNING "invoices"."id"
----
INSERT INTO "invoices" ("id", "order_id", "number", "due_on", "paid", "amount") VALUES (0, '{"a": 1}', NULL, '{"a": 1}', 0, 'O''Brien'), ('{"a": 1}', FALSE, 100000, 1, 0, 0), ('paid', 1, 1000000000000, E'a\nb', 42, FALSE), (42, E'a\nb', 'paid', 0, '2024-03-01', 0) ON CONFLICT DO NOTHING
----
DELETE FROM "invoices" WHERE "invoices"."id" IN (SELECT U0."id" FROM "invoices" U0 WHERE U0."order_id" < '%lamp%' LIMIT 500)
----
SELECT DISTINCT ON ("invoices"."order_id") "invoices"."id", "invoices"."order_id", "invoices"."number", "invoices"."due_on", "invoices"."paid", "invoices"."amount" FROM "invoices" ORDER BY "invoices"."order_id" ASC, "invoices"."due_on" DESC NULLS LAST
----
SELECT "invoices"."order_id", COUNT("invoices"."id") AS "n", SUM("invoices"."due_on") FILTER (WHERE "invoices"."due_on" > 42) FROM "invoices" GROUP BY "invoices"."order_id" HAVING COUNT("invoices"."id") > 1e6 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "invoices"."order_id" AT TIME ZONE 'UTC') AS d, AVG("invoices"."due_on") FROM "invoices" GROUP BY 1 ORDER BY 1
----
SELECT "invoices"."id", "invoices"."order_id", "invoices"."number", "invoices"."due_on", "invoices"."paid", "invoices"."amount" FROM "invoices" WHERE UPPER("invoices"."order_id"::text) LIKE UPPER('{"a": 1}') ORDER BY "invoices"."id" DESC LIMIT 24 OFFSET 471
----
SELECT "invoices"."id", "invoices"."order_id", "invoices"."number", "invoices"."due_on", "invoices"."paid", "invoices"."amount" FROM "invoices" WHERE "invoices"."id" = 0 FOR UPDATE SKIP LOCKED
----
SELECT "invoices".* FROM "invoices" WHERE "invoices"."id" = $1 LIMIT $2
----
SELECT "invoices".* FROM "invoices" WHERE "invoices"."id" IN ($1, $2, $3) ORDER BY "invoices"."order_id" ASC
----
SELECT 1 AS one FROM "invoices" WHERE "invoices"."order_id" = $1 AND "invoices"."id" != $2 LIMIT $3
----
INSERT INTO "invoices" ("order_id", "number", "due_on", "paid", "amount") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
----
UPDATE "invoices" SET "order_id" = $1, "due_on" = $2 WHERE "invoices"."id" = $3
----
UPDATE "invoices" SET "number" = COALESCE("number", 0) + 1 WHERE "id" = 0 /*application:Shop,controller:x*/
----
DELETE FROM "invoices" WHERE "invoices"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "invoices" WHERE "invoices"."order_id" BETWEEN 'paid' AND 'O''Brien' LIMIT 99.90) subquery_for_count
----
select i1_0.id,i1_0.order_id,i1_0.number,i1_0.due_on,i1_0.paid,i1_0.amount from invoices i1_0 where i1_0.id=$1
----
select i1_0.id as col_0_0_,i1_0.order_id as col_1_0_,i1_0.number as col_2_0_,i1_0.due_on as col_3_0_,i1_0.paid as col_4_0_,i1_0.amount as col_5_0_ from invoices i1_0 where i1_0.order_id>='' and (i1_0.due_on is null or i1_0.due_on<>1000000000000) order by i1_0.id fetch first 51 rows only
----
insert into invoices (id, order_id, number, due_on, paid, amount) values ($1, $2, $3, $4, $5, $6)
----
update invoices set order_id=$1, number=$2, due_on=$3, paid=$4, amount=$5 where id=$6 and version=$7
----
select nextval ('invoices_seq')
----
select cast(i1_0.order_id as varchar(255)), cast(i1_0.due_on as numeric(38,2)), cast(i1_0.number as timestamp(6)) from invoices i1_0 offset $1 rows fetch first $2 rows only
----
SELECT invoices.id AS invoices_id, invoices.order_id AS invoices_order_id, invoices.number AS invoices_number, invoices.due_on AS invoices_due_on, invoices.paid AS invoices_paid, invoices.amount AS invoices_amount
FROM invoices
WHERE invoices.id = 42::INTEGER
----
INSERT INTO invoices (order_id, number) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('{"a": 1}', 1000000000000, 0), ('2024-03-01', 99.90, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING invoices.id, invoices.id AS id__1
----
WITH anon_1 AS (SELECT invoices.id AS k, row_number() OVER (PARTITION BY invoices.order_id ORDER BY invoices.due_on DESC) AS rn FROM invoices) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 0
----
SELECT invoices.id, invoices.order_id ->> 'k' AS anon_1, invoices.due_on #>> '{a,b}' AS anon_2 FROM invoices WHERE invoices.order_id ? 'k' AND invoices.due_on @> '{"a": [1]}'::JSONB
----
SELECT id, order_id, number, due_on, paid, amount FROM invoices WHERE invoices.id = ANY(ARRAY[0,.5,3.14,0,99.90]) AND invoices.order_id && '{a,b}'::text[]
----
SELECT "public"."invoices"."id", "public"."invoices"."order_id", "public"."invoices"."number", "public"."invoices"."due_on", "public"."invoices"."paid", "public"."invoices"."amount" FROM "public"."invoices" WHERE ("public"."invoices"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "invoices" ("id", "order_id", "number") values (DEFAULT, '2024-03-01', 'x@example.org'), (DEFAULT, '%lamp%', 42) returning *
----
SELECT t."id", t."order_id"
FROM "invoices" AS t
WHERE t."due_on" = 100000 AND COALESCE(t."number", E'a\nb') <> '{"a": 1}'
ORDER BY t."order_id"
LIMIT 0
----
SELECT EXISTS (SELECT 1 FROM invoices WHERE id = 1 AND order_id > now() - interval '15 minutes') AS "exists"
----
select order_id, case when due_on > 100000 then '2024-03-01' when due_on is null then 'paid' else '{"a": 1}' end as bucket, count(*) from invoices group by 1, 2 order by 3 desc, 1 limit 1e6
----
SELECT *, rank() over (w), lag(order_id, 1, 'x@example.org') over w, sum(due_on) over (order by id rows between 3 preceding and current row) FROM invoices WINDOW w AS (PARTITION BY order_id ORDER BY id)
----
SELECT id FROM invoices TABLESAMPLE BERNOULLI (1000000000000) REPEATABLE (42) WHERE order_id::date = date '2024-05-05'
----
SELECT id FROM invoices WHERE (order_id, id) > (TRUE, 0) ORDER BY order_id, id LIMIT 50
----
SELECT id FROM invoices WHERE (order_id, due_on) IN ((1000000000000, 'Zürich'), (99.90, 42))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY order_id), mode() WITHIN GROUP (ORDER BY due_on) FROM invoices WHERE id NOT IN (1000000000000, -7, 100000, 0, 1000000000000, -7, 1)
----
SELECT order_id, grouping(order_id) FROM invoices GROUP BY GROUPING SETS ((order_id, due_on), (order_id), ())
----
SELECT x.id FROM invoices x WHERE NOT EXISTS (SELECT FROM invoices y WHERE y.order_id = x.order_id AND y.id <> x.id) AND x.due_on ~* '^a.*\d+$'
----
INSERT INTO invoices AS tgt (id, order_id) VALUES (1e6, .5) ON CONFLICT (id) DO UPDATE SET order_id = EXCLUDED.order_id WHERE tgt.order_id IS DISTINCT FROM EXCLUDED.order_id RETURNING xmax = 0
----
MERGE INTO invoices tgt USING (VALUES (0, 42), (.5, '%lamp%')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET order_id = src.v WHEN NOT MATCHED THEN INSERT (id, order_id) VALUES (src.id, '')
----
WITH gone AS (DELETE FROM invoices WHERE order_id < 'Zürich' RETURNING *) INSERT INTO invoices_archive SELECT * FROM gone
----
SELECT to_char(order_id, 'YYYY-MM-DD'), extract(epoch from order_id)::bigint, trim(both ' ' from due_on), substring(due_on from 1 for 3), position('x' in due_on), overlay(due_on placing 'zz' from 2) FROM invoices
----
SELECT array_agg(order_id ORDER BY due_on DESC), string_agg(DISTINCT number::text, ', '), jsonb_build_object('a', order_id, 'b', 1), (array_agg(due_on))[1:3] FROM invoices
----
SELECT id FROM invoices UNION ALL SELECT id FROM invoices WHERE order_id = FALSE UNION SELECT -7 EXCEPT (SELECT 1) ORDER BY 1 LIMIT ALL
----
select order_id from invoices where due_on = 1e6 -- trailing
 and number like $$it's$$ escape '!';
----
SELECT order_id - 1, -order_id, - (.5), due_on * -1, @42, |/ 2.0, order_id % 7, due_on ^ 2 FROM invoices
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY invoices WHERE order_id BETWEEN SYMMETRIC 42 AND 99.90
----
SELECT current_timestamp(3), localtime(0), order_id::timestamptz(0), cast(due_on as float(24)), number::char(3), bit(3) '101' FROM invoices
----
UPDATE invoices SET (order_id, due_on) = (SELECT -7, 1e6 FROM invoices LIMIT 1), number = DEFAULT FROM (VALUES (3.14),(1e6)) v(x) WHERE invoices.id = v.x
----
SELECT "employees"."id", "employees"."manager_id", "employees"."name", "employees"."salary", "employees"."department_id", "employees"."hired_on" FROM "employees" WHERE "employees"."id" = 1e6 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "employees" WHERE ("employees"."salary" = $$it's$$ AND NOT ("employees"."name" IS NULL))
----
SELECT (1) AS "a" FROM "employees" WHERE "employees"."id" IN (100000, 99.90, 100000, 0, 1, 1) LIMIT 1
----
UPDATE "employees" SET "salary" = 99.90, "name" = 3.14 WHERE "employees"."id" = 100000
----
UPDATE "employees" SET "salary" = ("employees"."salary" + -7) WHERE "employees"."id" IN (100000, 1000000000000, 100000, 0)
----
INSERT INTO "employees" ("manager_id", "name", "salary", "department_id", "hired_on") VALUES (3.14, 42, '%lamp%', 'x@example.org', '') RETURNING "employees"."id"
----
INSERT INTO "employees" ("id", "manager_id", "name", "salary", "department_id", "hired_on") VALUES (0, 1, 'x@example.org', -7, .5, .5), (NULL, 'O''Brien', 'O''Brien', 1000000000000, '', 'x@example.org'), (FALSE, $$it's$$, FALSE, .5, 'x@example.org', 'O''Brien'), (.5, 42, 1000000000000, '', 'paid', 'x@example.org') ON CONFLICT DO NOTHING
----
DELETE FROM "employees" WHERE "employees"."id" IN (SELECT U0."id" FROM "employees" U0 WHERE U0."salary" < 99.90 LIMIT 500)
----
SELECT DISTINCT ON ("employees"."salary") "employees"."id", "employees"."manager_id", "employees"."name", "employees"."salary", "employees"."department_id", "employees"."hired_on" FROM "employees" ORDER BY "employees"."salary" ASC, "employees"."name" DESC NULLS LAST
----
SELECT "employees"."salary", COUNT("employees"."id") AS "n", SUM("employees"."name") FILTER (WHERE "employees"."name" > 42) FROM "employees" GROUP BY "employees"."salary" HAVING COUNT("employees"."id") > -7 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "employees"."salary" AT TIME ZONE 'UTC') AS d, AVG("employees"."name") FROM "employees" GROUP BY 1 ORDER BY 1
----
SELECT "employees"."id", "employees"."manager_id", "employees"."name", "employees"."salary", "employees"."department_id", "employees"."hired_on" FROM "employees" WHERE UPPER("employees"."salary"::text) LIKE UPPER('x@example.org') ORDER BY "employees"."id" DESC LIMIT 32 OFFSET 294
----
SELECT "employees"."id", "employees"."manager_id", "employees"."name", "employees"."salary", "employees"."department_id", "employees"."hired_on" FROM "employees" WHERE "employees"."id" = 0 FOR UPDATE SKIP LOCKED
----
SELECT "employees".* FROM "employees" WHERE "employees"."id" = $1 LIMIT $2
----
SELECT "employees".* FROM "employees" WHERE "employees"."id" IN ($1, $2, $3) ORDER BY "employees"."salary" ASC
----
SELECT 1 AS one FROM "employees" WHERE "employees"."salary" = $1 AND "employees"."id" != $2 LIMIT $3
----
INSERT INTO "employees" ("manager_id", "name", "salary", "department_id", "hired_on") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
----
UPDATE "employees" SET "salary" = $1, "name" = $2 WHERE "employees"."id" = $3
----
UPDATE "employees" SET "department_id" = COALESCE("department_id", 0) + 1 WHERE "id" = -7 /*application:Shop,controller:x*/
----
DELETE FROM "employees" WHERE "employees"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "employees" WHERE "employees"."salary" BETWEEN 'x@example.org' AND 1 LIMIT 1000000000000) subquery_for_count
----
select e1_0.id,e1_0.manager_id,e1_0.name,e1_0.salary,e1_0.department_id,e1_0.hired_on from employees e1_0 where e1_0.id=$1
----
select e1_0.id as col_0_0_,e1_0.manager_id as col_1_0_,e1_0.name as col_2_0_,e1_0.salary as col_3_0_,e1_0.department_id as col_4_0_,e1_0.hired_on as col_5_0_ from employees e1_0 where e1_0.salary>=U&'\0441' and (e1_0.name is null or e1_0.name<>'2024-03-01') order by e1_0.id fetch first 42 rows only
----
insert into employees (id, manager_id, name, salary, department_id, hired_on) values ($1, $2, $3, $4, $5, $6)
----
update employees set manager_id=$1, name=$2, salary=$3, department_id=$4, hired_on=$5 where id=$6 and version=$7
----
select nextval ('employees_seq')
----
select cast(e1_0.salary as varchar(255)), cast(e1_0.name as numeric(38,2)), cast(e1_0.department_id as timestamp(6)) from employees e1_0 offset $1 rows fetch first $2 rows only
----
SELECT employees.id AS employees_id, employees.manager_id AS employees_manager_id, employees.name AS employees_name, employees.salary AS employees_salary, employees.department_id AS employees_department_id, employees.hired_on AS employees_hired_on
FROM employees
WHERE employees.id = 1000000000000::INTEGER
----
INSERT INTO employees (manager_id, name) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('', 100000, 0), ('x@example.org', 3.14, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING employees.id, employees.id AS id__1
----
WITH anon_1 AS (SELECT employees.id AS k, row_number() OVER (PARTITION BY employees.salary ORDER BY employees.name DESC) AS rn FROM employees) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 99.90
----
SELECT employees.id, employees.salary ->> 'k' AS anon_1, employees.name #>> '{a,b}' AS anon_2 FROM employees WHERE employees.salary ? 'k' AND employees.name @> '{"a": [1]}'::JSONB
----
SELECT id, manager_id, name, salary, department_id, hired_on FROM employees WHERE employees.id = ANY(ARRAY[100000,-7,1000000000000,3.14,1000000000000]) AND employees.salary && '{a,b}'::text[]
----
SELECT "public"."employees"."id", "public"."employees"."manager_id", "public"."employees"."name", "public"."employees"."salary", "public"."employees"."department_id", "public"."employees"."hired_on" FROM "public"."employees" WHERE ("public"."employees"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "employees" ("id", "manager_id", "name") values (DEFAULT, .5, 'Zürich'), (DEFAULT, $$it's$$, 1) returning *
----
SELECT t."id", t."salary"
FROM "employees" AS t
WHERE t."name" = 1 AND COALESCE(t."department_id", E'a\nb') <> '2024-03-01'
ORDER BY t."salary"
LIMIT 1e6
----
SELECT EXISTS (SELECT 1 FROM employees WHERE id = 0 AND salary > now() - interval '15 minutes') AS "exists"
----
select salary, case when name > 3.14 then $$it's$$ when name is null then '2024-03-01' else E'a\nb' end as bucket, count(*) from employees group by 1, 2 order by 3 desc, 1 limit 0
----
SELECT *, rank() over (w), lag(salary, 1, U&'\0441') over w, sum(name) over (order by id rows between 3 preceding and current row) FROM employees WINDOW w AS (PARTITION BY salary ORDER BY id)
----
SELECT id FROM employees TABLESAMPLE BERNOULLI (42) REPEATABLE (42) WHERE salary::date = date '2024-05-05'
----
SELECT id FROM employees WHERE (salary, id) > (.5, 1) ORDER BY salary, id LIMIT 50
----
SELECT id FROM employees WHERE (salary, name) IN ((1000000000000, 1), (-7, 1e6))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY salary), mode() WITHIN GROUP (ORDER BY name) FROM employees WHERE id NOT IN (99.90, 1000000000000, 42, 3.14, 99.90, 1e6, .5)
----
SELECT salary, grouping(salary) FROM employees GROUP BY GROUPING SETS ((salary, name), (salary), ())
----
SELECT x.id FROM employees x WHERE NOT EXISTS (SELECT FROM employees y WHERE y.salary = x.salary AND y.id <> x.id) AND x.name ~* '^a.*\d+$'
----
INSERT INTO employees AS tgt (id, salary) VALUES (3.14, 42) ON CONFLICT (id) DO UPDATE SET salary = EXCLUDED.salary WHERE tgt.salary IS DISTINCT FROM EXCLUDED.salary RETURNING xmax = 0
----
MERGE INTO employees tgt USING (VALUES (.5, 100000), (0, 1)) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET salary = src.v WHEN NOT MATCHED THEN INSERT (id, salary) VALUES (src.id, $$it's$$)
----
WITH gone AS (DELETE FROM employees WHERE salary < 'x@example.org' RETURNING *) INSERT INTO employees_archive SELECT * FROM gone
----
SELECT to_char(salary, 'YYYY-MM-DD'), extract(epoch from salary)::bigint, trim(both ' ' from name), substring(name from 1 for 3), position('x' in name), overlay(name placing 'zz' from 2) FROM employees
----
SELECT array_agg(salary ORDER BY name DESC), string_agg(DISTINCT department_id::text, ', '), jsonb_build_object('a', salary, 'b', 1), (array_agg(name))[1:3] FROM employees
----
SELECT id FROM employees UNION ALL SELECT id FROM employees WHERE salary = -7 UNION SELECT -7 EXCEPT (SELECT 0) ORDER BY 1 LIMIT ALL
----
select salary from employees where name = 99.90 -- trailing
 and department_id like 'paid' escape '!';
----
SELECT salary - 3.14, -salary, - (99.90), name * -1, @3.14, |/ 2.0, salary % 7, name ^ 2 FROM employees
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY employees WHERE salary BETWEEN SYMMETRIC '{"a": 1}' AND 1000000000000
----
SELECT current_timestamp(3), localtime(0), salary::timestamptz(0), cast(name as float(24)), department_id::char(3), bit(3) '101' FROM employees
----
UPDATE employees SET (salary, name) = (SELECT 100000, NULL FROM employees LIMIT 1), department_id = DEFAULT FROM (VALUES (.5),(1)) v(x) WHERE employees.id = v.x
----
SELECT "departments"."id", "departments"."name", "departments"."budget", "departments"."location" FROM "departments" WHERE "departments"."id" = 0 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "departments" WHERE ("departments"."location" = '' AND NOT ("departments"."name" IS NULL))
----
SELECT (1) AS "a" FROM "departments" WHERE "departments"."id" IN (1e6, 99.90, .5, 1, 0, 100000, -7) LIMIT 1
----
UPDATE "departments" SET "location" = 99.90, "name" = 1000000000000 WHERE "departments"."id" = 1
----
UPDATE "departments" SET "location" = ("departments"."location" + 1) WHERE "departments"."id" IN (1, 1, 1000000000000, .5)
----
INSERT INTO "departments" ("name", "budget", "location") VALUES ('{"a": 1}', '%lamp%', .5) RETURNING "departments"."id"
----
INSERT INTO "departments" ("id", "name", "budget", "location") VALUES (1e6, 'Zürich', 0, 100000), ('{"a": 1}', 100000, '', E'a\nb'), (1, 99.90, 3.14, '2024-03-01'), ('', 'paid', 'Zürich', TRUE) ON CONFLICT DO NOTHING
----
DELETE FROM "departments" WHERE "departments"."id" IN (SELECT U0."id" FROM "departments" U0 WHERE U0."location" < '' LIMIT 500)
----
SELECT DISTINCT ON ("departments"."location") "departments"."id", "departments"."name", "departments"."budget", "departments"."location" FROM "departments" ORDER BY "departments"."location" ASC, "departments"."name" DESC NULLS LAST
----
SELECT "departments"."location", COUNT("departments"."id") AS "n", SUM("departments"."name") FILTER (WHERE "departments"."name" > 100000) FROM "departments" GROUP BY "departments"."location" HAVING COUNT("departments"."id") > 42 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "departments"."location" AT TIME ZONE 'UTC') AS d, AVG("departments"."name") FROM "departments" GROUP BY 1 ORDER BY 1
----
SELECT "departments"."id", "departments"."name", "departments"."budget", "departments"."location" FROM "departments" WHERE UPPER("departments"."location"::text) LIKE UPPER('O''Brien') ORDER BY "departments"."id" DESC LIMIT 41 OFFSET 148
----
SELECT "departments"."id", "departments"."name", "departments"."budget", "departments"."location" FROM "departments" WHERE "departments"."id" = 3.14 FOR UPDATE SKIP LOCKED
----
SELECT "departments".* FROM "departments" WHERE "departments"."id" = $1 LIMIT $2
----
SELECT "departments".* FROM "departments" WHERE "departments"."id" IN ($1, $2, $3) ORDER BY "departments"."location" ASC
----
SELECT 1 AS one FROM "departments" WHERE "departments"."location" = $1 AND "departments"."id" != $2 LIMIT $3
----
INSERT INTO "departments" ("name", "budget", "location") VALUES ($1, $2, $3) RETURNING "id"
----
UPDATE "departments" SET "location" = $1, "name" = $2 WHERE "departments"."id" = $3
----
UPDATE "departments" SET "budget" = COALESCE("budget", 0) + 1 WHERE "id" = 1e6 /*application:Shop,controller:x*/
----
DELETE FROM "departments" WHERE "departments"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "departments" WHERE "departments"."location" BETWEEN U&'\0441' AND 'paid' LIMIT 1) subquery_for_count
----
select d1_0.id,d1_0.name,d1_0.budget,d1_0.location from departments d1_0 where d1_0.id=$1
----
select d1_0.id as col_0_0_,d1_0.name as col_1_0_,d1_0.budget as col_2_0_,d1_0.location as col_3_0_ from departments d1_0 where d1_0.location>=1000000000000 and (d1_0.name is null or d1_0.name<>1e6) order by d1_0.id fetch first 45 rows only
----
insert into departments (id, name, budget, location) values ($1, $2, $3, $4)
----
update departments set name=$1, budget=$2, location=$3 where id=$4 and version=$5
----
select nextval ('departments_seq')
----
select cast(d1_0.location as varchar(255)), cast(d1_0.name as numeric(38,2)), cast(d1_0.budget as timestamp(6)) from departments d1_0 offset $1 rows fetch first $2 rows only
----
SELECT departments.id AS departments_id, departments.name AS departments_name, departments.budget AS departments_budget, departments.location AS departments_location
FROM departments
WHERE departments.id = 1000000000000::INTEGER
----
INSERT INTO departments (name, budget) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ($$it's$$, 1000000000000, 0), ('Zürich', 1000000000000, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING departments.id, departments.id AS id__1
----
WITH anon_1 AS (SELECT departments.id AS k, row_number() OVER (PARTITION BY departments.location ORDER BY departments.name DESC) AS rn FROM departments) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 99.90
----
SELECT departments.id, departments.location ->> 'k' AS anon_1, departments.name #>> '{a,b}' AS anon_2 FROM departments WHERE departments.location ? 'k' AND departments.name @> '{"a": [1]}'::JSONB
----
SELECT id, name, budget, location FROM departments WHERE departments.id = ANY(ARRAY[100000,-7,0,1,1]) AND departments.location && '{a,b}'::text[]
----
SELECT "public"."departments"."id", "public"."departments"."name", "public"."departments"."budget", "public"."departments"."location" FROM "public"."departments" WHERE ("public"."departments"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "departments" ("id", "name", "budget") values (DEFAULT, 'O''Brien', 1e6), (DEFAULT, 'paid', 42) returning *
----
SELECT t."id", t."location"
FROM "departments" AS t
WHERE t."name" = 0 AND COALESCE(t."budget", 'Zürich') <> '2024-03-01'
ORDER BY t."location"
LIMIT 1
----
SELECT EXISTS (SELECT 1 FROM departments WHERE id = 42 AND location > now() - interval '15 minutes') AS "exists"
----
select location, case when name > 1 then '{"a": 1}' when name is null then U&'\0441' else $$it's$$ end as bucket, count(*) from departments group by 1, 2 order by 3 desc, 1 limit -7
----
SELECT *, rank() over (w), lag(location, 1, '') over w, sum(name) over (order by id rows between 3 preceding and current row) FROM departments WINDOW w AS (PARTITION BY location ORDER BY id)
----
SELECT id FROM departments TABLESAMPLE BERNOULLI (1e6) REPEATABLE (42) WHERE location::date = date '2024-05-05'
----
SELECT id FROM departments WHERE (location, id) > (E'a\nb', 99.90) ORDER BY location, id LIMIT 50
----
SELECT id FROM departments WHERE (location, name) IN ((99.90, 1000000000000), (.5, 1000000000000))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY location), mode() WITHIN GROUP (ORDER BY name) FROM departments WHERE id NOT IN (1e6, 1000000000000, 0, 99.90, 3.14, 42, 3.14)
----
SELECT location, grouping(location) FROM departments GROUP BY GROUPING SETS ((location, name), (location), ())
----
SELECT x.id FROM departments x WHERE NOT EXISTS (SELECT FROM departments y WHERE y.location = x.location AND y.id <> x.id) AND x.name ~* '^a.*\d+$'
----
INSERT INTO departments AS tgt (id, location) VALUES (1, FALSE) ON CONFLICT (id) DO UPDATE SET location = EXCLUDED.location WHERE tgt.location IS DISTINCT FROM EXCLUDED.location RETURNING xmax = 0
----
MERGE INTO departments tgt USING (VALUES (100000, TRUE), (99.90, 'paid')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET location = src.v WHEN NOT MATCHED THEN INSERT (id, location) VALUES (src.id, 42)
----
WITH gone AS (DELETE FROM departments WHERE location < 0 RETURNING *) INSERT INTO departments_archive SELECT * FROM gone
----
SELECT to_char(location, 'YYYY-MM-DD'), extract(epoch from location)::bigint, trim(both ' ' from name), substring(name from 1 for 3), position('x' in name), overlay(name placing 'zz' from 2) FROM departments
----
SELECT array_agg(location ORDER BY name DESC), string_agg(DISTINCT budget::text, ', '), jsonb_build_object('a', location, 'b', 1), (array_agg(name))[1:3] FROM departments
----
SELECT id FROM departments UNION ALL SELECT id FROM departments WHERE location = FALSE UNION SELECT 100000 EXCEPT (SELECT 42) ORDER BY 1 LIMIT ALL
----
select location from departments where name = FALSE -- trailing
 and budget like $$it's$$ escape '!';
----
SELECT location - 100000, -location, - (0), name * -1, @7, |/ 2.0, location % 7, name ^ 2 FROM departments
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY departments WHERE location BETWEEN SYMMETRIC '%lamp%' AND U&'\0441'
----
SELECT current_timestamp(3), localtime(0), location::timestamptz(0), cast(name as float(24)), budget::char(3), bit(3) '101' FROM departments
----
UPDATE departments SET (location, name) = (SELECT 'Zürich', 1000000000000 FROM departments LIMIT 1), budget = DEFAULT FROM (VALUES (1),(42)) v(x) WHERE departments.id = v.x
----
SELECT "measurements"."sensor_id", "measurements"."taken_at", "measurements"."value", "measurements"."quality" FROM "measurements" WHERE "measurements"."sensor_id" = 3.14 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "measurements" WHERE ("measurements"."value" = $$it's$$ AND NOT ("measurements"."quality" IS NULL))
----
SELECT (1) AS "a" FROM "measurements" WHERE "measurements"."sensor_id" IN (1e6, 99.90, 3.14, 3.14, -7, 42, 99.90, 1, 0) LIMIT 1
----
UPDATE "measurements" SET "value" = U&'\0441', "quality" = 'Zürich' WHERE "measurements"."sensor_id" = -7
----
UPDATE "measurements" SET "value" = ("measurements"."value" + 0) WHERE "measurements"."sensor_id" IN (.5, -7, 1e6, .5)
----
INSERT INTO "measurements" ("taken_at", "value", "quality") VALUES (99.90, 'Zürich', 42) RETURNING "measurements"."sensor_id"
----
INSERT INTO "measurements" ("sensor_id", "taken_at", "value", "quality") VALUES (3.14, .5, TRUE, 'paid'), ('paid', 0, FALSE, 'Zürich'), (100000, '{"a": 1}', E'a\nb', 42), (99.90, 100000, 'x@example.org', 100000), ('2024-03-01', '', 'O''Brien', 'paid') ON CONFLICT DO NOTHING
----
DELETE FROM "measurements" WHERE "measurements"."sensor_id" IN (SELECT U0."sensor_id" FROM "measurements" U0 WHERE U0."value" < '%lamp%' LIMIT 500)
----
SELECT DISTINCT ON ("measurements"."value") "measurements"."sensor_id", "measurements"."taken_at", "measurements"."value", "measurements"."quality" FROM "measurements" ORDER BY "measurements"."value" ASC, "measurements"."quality" DESC NULLS LAST
----
SELECT "measurements"."value", COUNT("measurements"."sensor_id") AS "n", SUM("measurements"."quality") FILTER (WHERE "measurements"."quality" > 42) FROM "measurements" GROUP BY "measurements"."value" HAVING COUNT("measurements"."sensor_id") > 1000000000000 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "measurements"."value" AT TIME ZONE 'UTC') AS d, AVG("measurements"."quality") FROM "measurements" GROUP BY 1 ORDER BY 1
----
SELECT "measurements"."sensor_id", "measurements"."taken_at", "measurements"."value", "measurements"."quality" FROM "measurements" WHERE UPPER("measurements"."value"::text) LIKE UPPER('x@example.org') ORDER BY "measurements"."sensor_id" DESC LIMIT 23 OFFSET 145
----
SELECT "measurements"."sensor_id", "measurements"."taken_at", "measurements"."value", "measurements"."quality" FROM "measurements" WHERE "measurements"."sensor_id" = 1 FOR UPDATE SKIP LOCKED
----
SELECT "measurements".* FROM "measurements" WHERE "measurements"."sensor_id" = $1 LIMIT $2
----
SELECT "measurements".* FROM "measurements" WHERE "measurements"."sensor_id" IN ($1, $2, $3) ORDER BY "measurements"."value" ASC
----
SELECT 1 AS one FROM "measurements" WHERE "measurements"."value" = $1 AND "measurements"."sensor_id" != $2 LIMIT $3
----
INSERT INTO "measurements" ("taken_at", "value", "quality") VALUES ($1, $2, $3) RETURNING "sensor_id"
----
UPDATE "measurements" SET "value" = $1, "quality" = $2 WHERE "measurements"."sensor_id" = $3
----
UPDATE "measurements" SET "taken_at" = COALESCE("taken_at", 0) + 1 WHERE "sensor_id" = 1 /*application:Shop,controller:x*/
----
DELETE FROM "measurements" WHERE "measurements"."sensor_id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "measurements" WHERE "measurements"."value" BETWEEN 'O''Brien' AND '' LIMIT 1) subquery_for_count
----
select m1_0.sensor_id,m1_0.taken_at,m1_0.value,m1_0.quality from measurements m1_0 where m1_0.sensor_id=$1
----
select m1_0.sensor_id as col_0_0_,m1_0.taken_at as col_1_0_,m1_0.value as col_2_0_,m1_0.quality as col_3_0_ from measurements m1_0 where m1_0.value>=TRUE and (m1_0.quality is null or m1_0.quality<>'x@example.org') order by m1_0.sensor_id fetch first 95 rows only
----
insert into measurements (sensor_id, taken_at, value, quality) values ($1, $2, $3, $4)
----
update measurements set taken_at=$1, value=$2, quality=$3 where sensor_id=$4 and version=$5
----
select nextval ('measurements_seq')
----
select cast(m1_0.value as varchar(255)), cast(m1_0.quality as numeric(38,2)), cast(m1_0.taken_at as timestamp(6)) from measurements m1_0 offset $1 rows fetch first $2 rows only
----
SELECT measurements.sensor_id AS measurements_sensor_id, measurements.taken_at AS measurements_taken_at, measurements.value AS measurements_value, measurements.quality AS measurements_quality
FROM measurements
WHERE measurements.sensor_id = 1::INTEGER
----
INSERT INTO measurements (taken_at, value) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('O''Brien', 1000000000000, 0), ('2024-03-01', -7, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING measurements.sensor_id, measurements.sensor_id AS id__1
----
WITH anon_1 AS (SELECT measurements.sensor_id AS k, row_number() OVER (PARTITION BY measurements.value ORDER BY measurements.quality DESC) AS rn FROM measurements) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= 99.90
----
SELECT measurements.sensor_id, measurements.value ->> 'k' AS anon_1, measurements.quality #>> '{a,b}' AS anon_2 FROM measurements WHERE measurements.value ? 'k' AND measurements.quality @> '{"a": [1]}'::JSONB
----
SELECT sensor_id, taken_at, value, quality FROM measurements WHERE measurements.sensor_id = ANY(ARRAY[42,1e6,42,-7,-7]) AND measurements.value && '{a,b}'::text[]
----
SELECT "public"."measurements"."sensor_id", "public"."measurements"."taken_at", "public"."measurements"."value", "public"."measurements"."quality" FROM "public"."measurements" WHERE ("public"."measurements"."sensor_id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "measurements" ("sensor_id", "taken_at", "value") values (DEFAULT, E'a\nb', '%lamp%'), (DEFAULT, 'O''Brien', 'O''Brien') returning *
----
SELECT t."sensor_id", t."value"
FROM "measurements" AS t
WHERE t."quality" = 42 AND COALESCE(t."taken_at", 1000000000000) <> 1000000000000
ORDER BY t."value"
LIMIT 3.14
----
SELECT EXISTS (SELECT 1 FROM measurements WHERE sensor_id = 100000 AND value > now() - interval '15 minutes') AS "exists"
----
select value, case when quality > 42 then 'x@example.org' when quality is null then 'O''Brien' else $$it's$$ end as bucket, count(*) from measurements group by 1, 2 order by 3 desc, 1 limit -7
----
SELECT *, rank() over (w), lag(value, 1, '{"a": 1}') over w, sum(quality) over (order by sensor_id rows between 3 preceding and current row) FROM measurements WINDOW w AS (PARTITION BY value ORDER BY sensor_id)
----
SELECT sensor_id FROM measurements TABLESAMPLE BERNOULLI (.5) REPEATABLE (42) WHERE value::date = date '2024-05-05'
----
SELECT sensor_id FROM measurements WHERE (value, sensor_id) > ($$it's$$, 1e6) ORDER BY value, sensor_id LIMIT 50
----
SELECT sensor_id FROM measurements WHERE (value, quality) IN ((U&'\0441', 'paid'), (1, U&'\0441'))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY value), mode() WITHIN GROUP (ORDER BY quality) FROM measurements WHERE sensor_id NOT IN (3.14, 1, .5, .5, 1000000000000, 99.90, 100000)
----
SELECT value, grouping(value) FROM measurements GROUP BY GROUPING SETS ((value, quality), (value), ())
----
SELECT x.sensor_id FROM measurements x WHERE NOT EXISTS (SELECT FROM measurements y WHERE y.value = x.value AND y.sensor_id <> x.sensor_id) AND x.quality ~* '^a.*\d+$'
----
INSERT INTO measurements AS tgt (sensor_id, value) VALUES (3.14, 99.90) ON CONFLICT (sensor_id) DO UPDATE SET value = EXCLUDED.value WHERE tgt.value IS DISTINCT FROM EXCLUDED.value RETURNING xmax = 0
----
MERGE INTO measurements tgt USING (VALUES (1, 0), (1, 0)) AS src(id, v) ON tgt.sensor_id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET value = src.v WHEN NOT MATCHED THEN INSERT (sensor_id, value) VALUES (src.id, .5)
----
WITH gone AS (DELETE FROM measurements WHERE value < '%lamp%' RETURNING *) INSERT INTO measurements_archive SELECT * FROM gone
----
SELECT to_char(value, 'YYYY-MM-DD'), extract(epoch from value)::bigint, trim(both ' ' from quality), substring(quality from 1 for 3), position('x' in quality), overlay(quality placing 'zz' from 2) FROM measurements
----
SELECT array_agg(value ORDER BY quality DESC), string_agg(DISTINCT taken_at::text, ', '), jsonb_build_object('a', value, 'b', 1), (array_agg(quality))[1:3] FROM measurements
----
SELECT sensor_id FROM measurements UNION ALL SELECT sensor_id FROM measurements WHERE value = 1 UNION SELECT 100000 EXCEPT (SELECT 1) ORDER BY 1 LIMIT ALL
----
select value from measurements where quality = 1e6 -- trailing
 and taken_at like '{"a": 1}' escape '!';
----
SELECT value - -7, -value, - (42), quality * -1, @1000000000000, |/ 2.0, value % 7, quality ^ 2 FROM measurements
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY measurements WHERE value BETWEEN SYMMETRIC '{"a": 1}' AND '2024-03-01'
----
SELECT current_timestamp(3), localtime(0), value::timestamptz(0), cast(quality as float(24)), taken_at::char(3), bit(3) '101' FROM measurements
----
UPDATE measurements SET (value, quality) = (SELECT 0, 'paid' FROM measurements LIMIT 1), taken_at = DEFAULT FROM (VALUES (99.90),(-7)) v(x) WHERE measurements.sensor_id = v.x
----
SELECT "jobs"."id", "jobs"."queue", "jobs"."args", "jobs"."run_at", "jobs"."locked_by", "jobs"."attempts", "jobs"."failed_at" FROM "jobs" WHERE "jobs"."id" = .5 LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "jobs" WHERE ("jobs"."run_at" = 'Zürich' AND NOT ("jobs"."queue" IS NULL))
----
SELECT (1) AS "a" FROM "jobs" WHERE "jobs"."id" IN (100000, 0) LIMIT 1
----
UPDATE "jobs" SET "run_at" = 3.14, "queue" = 100000 WHERE "jobs"."id" = .5
----
UPDATE "jobs" SET "run_at" = ("jobs"."run_at" + 99.90) WHERE "jobs"."id" IN (3.14, 1000000000000, 0, 3.14)
----
INSERT INTO "jobs" ("queue", "args", "run_at", "locked_by", "attempts", "failed_at") VALUES (E'a\nb', TRUE, 'Zürich', 3.14, '2024-03-01', '%lamp%') RETURNING "jobs"."id"
----
INSERT INTO "jobs" ("id", "queue", "args", "run_at", "locked_by", "attempts", "failed_at") VALUES (3.14, TRUE, 1e6, '%lamp%', 1000000000000, $$it's$$, 1), ('%lamp%', 42, 42, FALSE, 'x@example.org', 0, 1000000000000) ON CONFLICT DO NOTHING
----
DELETE FROM "jobs" WHERE "jobs"."id" IN (SELECT U0."id" FROM "jobs" U0 WHERE U0."run_at" < 'paid' LIMIT 500)
----
SELECT DISTINCT ON ("jobs"."run_at") "jobs"."id", "jobs"."queue", "jobs"."args", "jobs"."run_at", "jobs"."locked_by", "jobs"."attempts", "jobs"."failed_at" FROM "jobs" ORDER BY "jobs"."run_at" ASC, "jobs"."queue" DESC NULLS LAST
----
SELECT "jobs"."run_at", COUNT("jobs"."id") AS "n", SUM("jobs"."queue") FILTER (WHERE "jobs"."queue" > .5) FROM "jobs" GROUP BY "jobs"."run_at" HAVING COUNT("jobs"."id") > -7 ORDER BY "n" DESC
----
SELECT DATE_TRUNC('day', "jobs"."run_at" AT TIME ZONE 'UTC') AS d, AVG("jobs"."queue") FROM "jobs" GROUP BY 1 ORDER BY 1
----
SELECT "jobs"."id", "jobs"."queue", "jobs"."args", "jobs"."run_at", "jobs"."locked_by", "jobs"."attempts", "jobs"."failed_at" FROM "jobs" WHERE UPPER("jobs"."run_at"::text) LIKE UPPER('') ORDER BY "jobs"."id" DESC LIMIT 17 OFFSET 438
----
SELECT "jobs"."id", "jobs"."queue", "jobs"."args", "jobs"."run_at", "jobs"."locked_by", "jobs"."attempts", "jobs"."failed_at" FROM "jobs" WHERE "jobs"."id" = 99.90 FOR UPDATE SKIP LOCKED
----
SELECT "jobs".* FROM "jobs" WHERE "jobs"."id" = $1 LIMIT $2
----
SELECT "jobs".* FROM "jobs" WHERE "jobs"."id" IN ($1, $2, $3) ORDER BY "jobs"."run_at" ASC
----
SELECT 1 AS one FROM "jobs" WHERE "jobs"."run_at" = $1 AND "jobs"."id" != $2 LIMIT $3
----
INSERT INTO "jobs" ("queue", "args", "run_at", "locked_by", "attempts", "failed_at") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id"
----
UPDATE "jobs" SET "run_at" = $1, "queue" = $2 WHERE "jobs"."id" = $3
----
UPDATE "jobs" SET "attempts" = COALESCE("attempts", 0) + 1 WHERE "id" = 99.90 /*application:Shop,controller:x*/
----
DELETE FROM "jobs" WHERE "jobs"."id" = $1
----
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "jobs" WHERE "jobs"."run_at" BETWEEN '2024-03-01' AND 42 LIMIT -7) subquery_for_count
----
select j1_0.id,j1_0.queue,j1_0.args,j1_0.run_at,j1_0.locked_by,j1_0.attempts,j1_0.failed_at from jobs j1_0 where j1_0.id=$1
----
select j1_0.id as col_0_0_,j1_0.queue as col_1_0_,j1_0.args as col_2_0_,j1_0.run_at as col_3_0_,j1_0.locked_by as col_4_0_,j1_0.attempts as col_5_0_,j1_0.failed_at as col_6_0_ from jobs j1_0 where j1_0.run_at>=-7 and (j1_0.queue is null or j1_0.queue<>'') order by j1_0.id fetch first 69 rows only
----
insert into jobs (id, queue, args, run_at, locked_by, attempts, failed_at) values ($1, $2, $3, $4, $5, $6, $7)
----
update jobs set queue=$1, args=$2, run_at=$3, locked_by=$4, attempts=$5, failed_at=$6 where id=$7 and version=$8
----
select nextval ('jobs_seq')
----
select cast(j1_0.run_at as varchar(255)), cast(j1_0.queue as numeric(38,2)), cast(j1_0.attempts as timestamp(6)) from jobs j1_0 offset $1 rows fetch first $2 rows only
----
SELECT jobs.id AS jobs_id, jobs.queue AS jobs_queue, jobs.args AS jobs_args, jobs.run_at AS jobs_run_at, jobs.locked_by AS jobs_locked_by, jobs.attempts AS jobs_attempts, jobs.failed_at AS jobs_failed_at
FROM jobs
WHERE jobs.id = 1000000000000::INTEGER
----
INSERT INTO jobs (queue, args) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ('{"a": 1}', 1, 0), ('2024-03-01', 1000000000000, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING jobs.id, jobs.id AS id__1
----
WITH anon_1 AS (SELECT jobs.id AS k, row_number() OVER (PARTITION BY jobs.run_at ORDER BY jobs.queue DESC) AS rn FROM jobs) SELECT anon_1.k FROM anon_1 WHERE anon_1.rn <= .5
----
SELECT jobs.id, jobs.run_at ->> 'k' AS anon_1, jobs.queue #>> '{a,b}' AS anon_2 FROM jobs WHERE jobs.run_at ? 'k' AND jobs.queue @> '{"a": [1]}'::JSONB
----
SELECT id, queue, args, run_at, locked_by, attempts, failed_at FROM jobs WHERE jobs.id = ANY(ARRAY[99.90,0,100000,99.90,.5]) AND jobs.run_at && '{a,b}'::text[]
----
SELECT "public"."jobs"."id", "public"."jobs"."queue", "public"."jobs"."args", "public"."jobs"."run_at", "public"."jobs"."locked_by", "public"."jobs"."attempts", "public"."jobs"."failed_at" FROM "public"."jobs" WHERE ("public"."jobs"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
insert into "jobs" ("id", "queue", "args") values (DEFAULT, '2024-03-01', -7), (DEFAULT, -7, TRUE) returning *
----
SELECT t."id", t."run_at"
FROM "jobs" AS t
WHERE t."queue" = 3.14 AND COALESCE(t."attempts", 100000) <> 'Zürich'
ORDER BY t."run_at"
LIMIT 0
----
SELECT EXISTS (SELECT 1 FROM jobs WHERE id = .5 AND run_at > now() - interval '15 minutes') AS "exists"
----
select run_at, case when queue > 100000 then $$it's$$ when queue is null then '%lamp%' else U&'\0441' end as bucket, count(*) from jobs group by 1, 2 order by 3 desc, 1 limit -7
----
SELECT *, rank() over (w), lag(run_at, 1, U&'\0441') over w, sum(queue) over (order by id rows between 3 preceding and current row) FROM jobs WINDOW w AS (PARTITION BY run_at ORDER BY id)
----
SELECT id FROM jobs TABLESAMPLE BERNOULLI (3.14) REPEATABLE (42) WHERE run_at::date = date '2024-05-05'
----
SELECT id FROM jobs WHERE (run_at, id) > (TRUE, 1000000000000) ORDER BY run_at, id LIMIT 50
----
SELECT id FROM jobs WHERE (run_at, queue) IN (('', FALSE), ('', 'Zürich'))
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY run_at), mode() WITHIN GROUP (ORDER BY queue) FROM jobs WHERE id NOT IN (.5, 1000000000000, 99.90, .5, 0, -7, .5)
----
SELECT run_at, grouping(run_at) FROM jobs GROUP BY GROUPING SETS ((run_at, queue), (run_at), ())
----
SELECT x.id FROM jobs x WHERE NOT EXISTS (SELECT FROM jobs y WHERE y.run_at = x.run_at AND y.id <> x.id) AND x.queue ~* '^a.*\d+$'
----
INSERT INTO jobs AS tgt (id, run_at) VALUES (-7, U&'\0441') ON CONFLICT (id) DO UPDATE SET run_at = EXCLUDED.run_at WHERE tgt.run_at IS DISTINCT FROM EXCLUDED.run_at RETURNING xmax = 0
----
MERGE INTO jobs tgt USING (VALUES (42, '2024-03-01'), (42, E'a\nb')) AS src(id, v) ON tgt.id = src.id WHEN MATCHED AND src.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET run_at = src.v WHEN NOT MATCHED THEN INSERT (id, run_at) VALUES (src.id, 42)
----
WITH gone AS (DELETE FROM jobs WHERE run_at < '' RETURNING *) INSERT INTO jobs_archive SELECT * FROM gone
----
SELECT to_char(run_at, 'YYYY-MM-DD'), extract(epoch from run_at)::bigint, trim(both ' ' from queue), substring(queue from 1 for 3), position('x' in queue), overlay(queue placing 'zz' from 2) FROM jobs
----
SELECT array_agg(run_at ORDER BY queue DESC), string_agg(DISTINCT attempts::text, ', '), jsonb_build_object('a', run_at, 'b', 1), (array_agg(queue))[1:3] FROM jobs
----
SELECT id FROM jobs UNION ALL SELECT id FROM jobs WHERE run_at = '' UNION SELECT 3.14 EXCEPT (SELECT 3.14) ORDER BY 1 LIMIT ALL
----
select run_at from jobs where queue = 0 -- trailing
 and attempts like '' escape '!';
----
SELECT run_at - -7, -run_at, - (42), queue * -1, @42, |/ 2.0, run_at % 7, queue ^ 2 FROM jobs
----
SELECT generate_series(1, 10), ctid, tableoid::regclass FROM ONLY jobs WHERE run_at BETWEEN SYMMETRIC U&'\0441' AND E'a\nb'
----
SELECT current_timestamp(3), localtime(0), run_at::timestamptz(0), cast(queue as float(24)), attempts::char(3), bit(3) '101' FROM jobs
----
UPDATE jobs SET (run_at, queue) = (SELECT 42, -7 FROM jobs LIMIT 1), attempts = DEFAULT FROM (VALUES (1),(1)) v(x) WHERE jobs.id = v.x
----
SELECT a.id, b.balance FROM orders a INNER JOIN customers b ON (a.customer_id = b.id) WHERE b.balance = TRUE AND a.customer_id > .5 ORDER BY a.id LIMIT 81
----
SELECT "customers"."id", COUNT("orders"."id") AS "n" FROM "customers" INNER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "customers"."created_at" IN ('paid', '', U&'\0441', 99.90) GROUP BY "customers"."id"
----
SELECT a.id, b.balance FROM orders a LEFT OUTER JOIN customers b ON (a.customer_id = b.id) WHERE b.id = FALSE AND a.customer_id > 0 ORDER BY a.id LIMIT 90
----
SELECT "customers"."id", COUNT("orders"."id") AS "n" FROM "customers" LEFT OUTER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "customers"."balance" IN (NULL, FALSE) GROUP BY "customers"."id"
----
SELECT a.id, b.city FROM orders a RIGHT JOIN customers b ON (a.customer_id = b.id) WHERE b.name = 1000000000000 AND a.id > -7 ORDER BY a.id LIMIT 56
----
SELECT "customers"."id", COUNT("orders"."id") AS "n" FROM "customers" RIGHT JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "customers"."vip" IN (1000000000000, TRUE, '%lamp%') GROUP BY "customers"."id"
----
SELECT a.id, b.balance FROM orders a FULL JOIN customers b ON (a.customer_id = b.id) WHERE b.city = 42 AND a.shipped_at > TRUE ORDER BY a.id LIMIT 81
----
SELECT "customers"."id", COUNT("orders"."id") AS "n" FROM "customers" FULL JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "customers"."name" IN (0, 3.14, -7) GROUP BY "customers"."id"
----
SELECT * FROM orders JOIN customers USING (id) NATURAL JOIN customers CROSS JOIN LATERAL (SELECT max(id) FROM orders x WHERE x.customer_id = customers.id) m
----
DELETE FROM orders USING customers WHERE orders.customer_id = customers.id AND customers.balance = .5 RETURNING orders.*
----
UPDATE orders AS c SET shipped_at = p.name FROM customers AS p WHERE c.customer_id = p.id AND p.vip NOT IN ('paid', 42, 3.14)
----
INSERT INTO orders (customer_id) SELECT id FROM customers WHERE email = 'O''Brien'
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM orders WHERE customer_id = 3.14 UNION ALL SELECT c.id, r.depth + 1 FROM orders c JOIN r ON c.customer_id = r.id WHERE r.depth < 99.90) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM orders c WHERE c.customer_id = p.id AND c.customer_id = '2024-03-01') FROM customers p WHERE p.city = .5 OR p.vip IS NULL
----
SELECT p.id, (SELECT count(*) FROM orders c WHERE c.customer_id = p.id AND c.coupon = 100000) FROM customers p WHERE p.notes = 1e6 OR p.city IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM orders c WHERE c.customer_id = p.id AND c.placed_at = 'paid') FROM customers p WHERE p.vip = .5 OR p.vip IS NOT FALSE
----
SELECT a.id, b.shipped_at FROM order_items a INNER JOIN orders b ON (a.order_id = b.id) WHERE b.total = E'a\nb' AND a.discount > '2024-03-01' ORDER BY a.id LIMIT 51
----
SELECT "orders"."id", COUNT("order_items"."id") AS "n" FROM "orders" INNER JOIN "order_items" ON ("orders"."id" = "order_items"."order_id") WHERE "orders"."placed_at" IN (FALSE) GROUP BY "orders"."id"
----
SELECT a.id, b.placed_at FROM order_items a LEFT OUTER JOIN orders b ON (a.order_id = b.id) WHERE b.status = 1000000000000 AND a.id > U&'\0441' ORDER BY a.id LIMIT 36
----
SELECT "orders"."id", COUNT("order_items"."id") AS "n" FROM "orders" LEFT OUTER JOIN "order_items" ON ("orders"."id" = "order_items"."order_id") WHERE "orders"."total" IN ('O''Brien', 'paid', 'x@example.org', 0) GROUP BY "orders"."id"
----
SELECT a.id, b.total FROM order_items a RIGHT JOIN orders b ON (a.order_id = b.id) WHERE b.shipped_at = TRUE AND a.discount > 1 ORDER BY a.id LIMIT 75
----
SELECT "orders"."id", COUNT("order_items"."id") AS "n" FROM "orders" RIGHT JOIN "order_items" ON ("orders"."id" = "order_items"."order_id") WHERE "orders"."status" IN ('Zürich') GROUP BY "orders"."id"
----
SELECT a.id, b.status FROM order_items a FULL JOIN orders b ON (a.order_id = b.id) WHERE b.shipped_at = 42 AND a.price > 'Zürich' ORDER BY a.id LIMIT 51
----
SELECT "orders"."id", COUNT("order_items"."id") AS "n" FROM "orders" FULL JOIN "order_items" ON ("orders"."id" = "order_items"."order_id") WHERE "orders"."total" IN ('2024-03-01', '') GROUP BY "orders"."id"
----
SELECT * FROM order_items JOIN orders USING (id) NATURAL JOIN orders CROSS JOIN LATERAL (SELECT max(id) FROM order_items x WHERE x.order_id = orders.id) m
----
DELETE FROM order_items USING orders WHERE order_items.order_id = orders.id AND orders.coupon = 1000000000000 RETURNING order_items.*
----
UPDATE order_items AS c SET order_id = p.total FROM orders AS p WHERE c.order_id = p.id AND p.shipped_at NOT IN (1e6, FALSE, 'Zürich')
----
INSERT INTO order_items (order_id) SELECT id FROM orders WHERE coupon = ''
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM order_items WHERE order_id = .5 UNION ALL SELECT c.id, r.depth + 1 FROM order_items c JOIN r ON c.order_id = r.id WHERE r.depth < 1e6) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM order_items c WHERE c.order_id = p.id AND c.quantity = '{"a": 1}') FROM orders p WHERE p.coupon = 1e6 OR p.shipped_at IS NOT NULL
----
SELECT p.id, (SELECT count(*) FROM order_items c WHERE c.order_id = p.id AND c.quantity = 1) FROM orders p WHERE p.coupon = 'Zürich' OR p.status IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM order_items c WHERE c.order_id = p.id AND c.discount = U&'\0441') FROM orders p WHERE p.total = NULL OR p.customer_id IS NOT FALSE
----
SELECT a.id, b.id FROM order_items a INNER JOIN products b ON (a.product_id = b.id) WHERE b.category_id = 1 AND a.order_id > 1000000000000 ORDER BY a.id LIMIT 39
----
SELECT "products"."id", COUNT("order_items"."id") AS "n" FROM "products" INNER JOIN "order_items" ON ("products"."id" = "order_items"."product_id") WHERE "products"."stock" IN (3.14, 0, 99.90, 1000000000000) GROUP BY "products"."id"
----
SELECT a.id, b.sku FROM order_items a LEFT OUTER JOIN products b ON (a.product_id = b.id) WHERE b.stock = '' AND a.product_id > 42 ORDER BY a.id LIMIT 8
----
SELECT "products"."id", COUNT("order_items"."id") AS "n" FROM "products" LEFT OUTER JOIN "order_items" ON ("products"."id" = "order_items"."product_id") WHERE "products"."sku" IN ($$it's$$, '', .5, 1, 1000000000000) GROUP BY "products"."id"
----
SELECT a.id, b.id FROM order_items a RIGHT JOIN products b ON (a.product_id = b.id) WHERE b.id = E'a\nb' AND a.id > 1000000000000 ORDER BY a.id LIMIT 38
----
SELECT "products"."id", COUNT("order_items"."id") AS "n" FROM "products" RIGHT JOIN "order_items" ON ("products"."id" = "order_items"."product_id") WHERE "products"."category_id" IN ('%lamp%', 100000, '', 'Zürich', '2024-03-01') GROUP BY "products"."id"
----
SELECT a.id, b.tags FROM order_items a FULL JOIN products b ON (a.product_id = b.id) WHERE b.stock = '' AND a.order_id > 42 ORDER BY a.id LIMIT 69
----
SELECT "products"."id", COUNT("order_items"."id") AS "n" FROM "products" FULL JOIN "order_items" ON ("products"."id" = "order_items"."product_id") WHERE "products"."title" IN (TRUE, 99.90, 'x@example.org', NULL, 1e6) GROUP BY "products"."id"
----
SELECT * FROM order_items JOIN products USING (id) NATURAL JOIN products CROSS JOIN LATERAL (SELECT max(discount) FROM order_items x WHERE x.product_id = products.id) m
----
DELETE FROM order_items USING products WHERE order_items.product_id = products.id AND products.category_id = E'a\nb' RETURNING order_items.*
----
UPDATE order_items AS c SET quantity = p.price FROM products AS p WHERE c.product_id = p.id AND p.sku NOT IN (FALSE, -7, NULL)
----
INSERT INTO order_items (product_id) SELECT id FROM products WHERE sku = 1e6
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM order_items WHERE product_id = 42 UNION ALL SELECT c.id, r.depth + 1 FROM order_items c JOIN r ON c.product_id = r.id WHERE r.depth < 3.14) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM order_items c WHERE c.product_id = p.id AND c.quantity = 'Zürich') FROM products p WHERE p.title = 3.14 OR p.tags IS UNKNOWN
----
SELECT p.id, (SELECT count(*) FROM order_items c WHERE c.product_id = p.id AND c.id = 3.14) FROM products p WHERE p.tags = '' OR p.tags IS NOT NULL
----
SELECT p.id, (SELECT count(*) FROM order_items c WHERE c.product_id = p.id AND c.quantity = '2024-03-01') FROM products p WHERE p.id = '2024-03-01' OR p.stock IS NOT FALSE
----
SELECT a.id, b.position FROM products a INNER JOIN categories b ON (a.category_id = b.id) WHERE b.slug = NULL AND a.category_id > -7 ORDER BY a.id LIMIT 48
----
SELECT "categories"."id", COUNT("products"."id") AS "n" FROM "categories" INNER JOIN "products" ON ("categories"."id" = "products"."category_id") WHERE "categories"."slug" IN (NULL, 'x@example.org', '2024-03-01', 1000000000000) GROUP BY "categories"."id"
----
SELECT a.id, b.name FROM products a LEFT OUTER JOIN categories b ON (a.category_id = b.id) WHERE b.id = 'paid' AND a.id > NULL ORDER BY a.id LIMIT 95
----
SELECT "categories"."id", COUNT("products"."id") AS "n" FROM "categories" LEFT OUTER JOIN "products" ON ("categories"."id" = "products"."category_id") WHERE "categories"."name" IN (.5) GROUP BY "categories"."id"
----
SELECT a.id, b.slug FROM products a RIGHT JOIN categories b ON (a.category_id = b.id) WHERE b.slug = '' AND a.id > E'a\nb' ORDER BY a.id LIMIT 92
----
SELECT "categories"."id", COUNT("products"."id") AS "n" FROM "categories" RIGHT JOIN "products" ON ("categories"."id" = "products"."category_id") WHERE "categories"."slug" IN ('', $$it's$$, '%lamp%', NULL, 1, $$it's$$) GROUP BY "categories"."id"
----
SELECT a.id, b.slug FROM products a FULL JOIN categories b ON (a.category_id = b.id) WHERE b.position = 1e6 AND a.price > '{"a": 1}' ORDER BY a.id LIMIT 56
----
SELECT "categories"."id", COUNT("products"."id") AS "n" FROM "categories" FULL JOIN "products" ON ("categories"."id" = "products"."category_id") WHERE "categories"."name" IN (U&'\0441', 1e6, 'O''Brien', '{"a": 1}') GROUP BY "categories"."id"
----
SELECT * FROM products JOIN categories USING (id) NATURAL JOIN categories CROSS JOIN LATERAL (SELECT max(category_id) FROM products x WHERE x.category_id = categories.id) m
----
DELETE FROM products USING categories WHERE products.category_id = categories.id AND categories.name = 3.14 RETURNING products.*
----
UPDATE products AS c SET attributes = p.name FROM categories AS p WHERE c.category_id = p.id AND p.position NOT IN (U&'\0441', .5, 1)
----
INSERT INTO products (category_id) SELECT id FROM categories WHERE parent_id = 1000000000000
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM products WHERE category_id = 100000 UNION ALL SELECT c.id, r.depth + 1 FROM products c JOIN r ON c.category_id = r.id WHERE r.depth < 42) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM products c WHERE c.category_id = p.id AND c.stock = E'a\nb') FROM categories p WHERE p.name = TRUE OR p.name IS NOT NULL
----
SELECT p.id, (SELECT count(*) FROM products c WHERE c.category_id = p.id AND c.sku = 'O''Brien') FROM categories p WHERE p.slug = FALSE OR p.position IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM products c WHERE c.category_id = p.id AND c.id = 42) FROM categories p WHERE p.name = '%lamp%' OR p.id IS NULL
----
SELECT a.id, b.login FROM sessions a INNER JOIN users b ON (a.user_id = b.id) WHERE b.role = 3.14 AND a.ip > NULL ORDER BY a.id LIMIT 8
----
SELECT "users"."id", COUNT("sessions"."id") AS "n" FROM "users" INNER JOIN "sessions" ON ("users"."id" = "sessions"."user_id") WHERE "users"."role" IN (1e6, 99.90, 42, 99.90, '') GROUP BY "users"."id"
----
SELECT a.id, b.is_active FROM sessions a LEFT OUTER JOIN users b ON (a.user_id = b.id) WHERE b.is_active = TRUE AND a.payload > 99.90 ORDER BY a.id LIMIT 88
----
SELECT "users"."id", COUNT("sessions"."id") AS "n" FROM "users" LEFT OUTER JOIN "sessions" ON ("users"."id" = "sessions"."user_id") WHERE "users"."id" IN ('O''Brien', NULL) GROUP BY "users"."id"
----
SELECT a.id, b.is_active FROM sessions a RIGHT JOIN users b ON (a.user_id = b.id) WHERE b.encrypted_password = 1000000000000 AND a.user_id > '%lamp%' ORDER BY a.id LIMIT 85
----
SELECT "users"."id", COUNT("sessions"."id") AS "n" FROM "users" RIGHT JOIN "sessions" ON ("users"."id" = "sessions"."user_id") WHERE "users"."login" IN (0) GROUP BY "users"."id"
----
SELECT a.id, b.role FROM sessions a FULL JOIN users b ON (a.user_id = b.id) WHERE b.id = 1000000000000 AND a.id > 1 ORDER BY a.id LIMIT 18
----
SELECT "users"."id", COUNT("sessions"."id") AS "n" FROM "users" FULL JOIN "sessions" ON ("users"."id" = "sessions"."user_id") WHERE "users"."role" IN (1e6, TRUE, U&'\0441') GROUP BY "users"."id"
----
SELECT * FROM sessions JOIN users USING (id) NATURAL JOIN users CROSS JOIN LATERAL (SELECT max(token) FROM sessions x WHERE x.user_id = users.id) m
----
DELETE FROM sessions USING users WHERE sessions.user_id = users.id AND users.login = 0 RETURNING sessions.*
----
UPDATE sessions AS c SET id = p.email FROM users AS p WHERE c.user_id = p.id AND p.id NOT IN (0, 100000, 1000000000000)
----
INSERT INTO sessions (user_id) SELECT id FROM users WHERE last_seen_at = 'O''Brien'
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM sessions WHERE user_id = 100000 UNION ALL SELECT c.id, r.depth + 1 FROM sessions c JOIN r ON c.user_id = r.id WHERE r.depth < 1000000000000) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM sessions c WHERE c.user_id = p.id AND c.ip = 'O''Brien') FROM users p WHERE p.role = '%lamp%' OR p.role IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM sessions c WHERE c.user_id = p.id AND c.ip = TRUE) FROM users p WHERE p.encrypted_password = -7 OR p.id IS NULL
----
SELECT p.id, (SELECT count(*) FROM sessions c WHERE c.user_id = p.id AND c.payload = 42) FROM users p WHERE p.last_seen_at = 100000 OR p.is_active IS NOT NULL
----
SELECT a.id, b.encrypted_password FROM posts a INNER JOIN users b ON (a.author_id = b.id) WHERE b.role = 0 AND a.published > '%lamp%' ORDER BY a.id LIMIT 11
----
SELECT "users"."id", COUNT("posts"."id") AS "n" FROM "users" INNER JOIN "posts" ON ("users"."id" = "posts"."author_id") WHERE "users"."is_active" IN (E'a\nb', '', 1000000000000, 'paid') GROUP BY "users"."id"
----
SELECT a.id, b.encrypted_password FROM posts a LEFT OUTER JOIN users b ON (a.author_id = b.id) WHERE b.id = 'paid' AND a.published_at > NULL ORDER BY a.id LIMIT 16
----
SELECT "users"."id", COUNT("posts"."id") AS "n" FROM "users" LEFT OUTER JOIN "posts" ON ("users"."id" = "posts"."author_id") WHERE "users"."role" IN (E'a\nb') GROUP BY "users"."id"
----
SELECT a.id, b.role FROM posts a RIGHT JOIN users b ON (a.author_id = b.id) WHERE b.id = '' AND a.body > 'paid' ORDER BY a.id LIMIT 36
----
SELECT "users"."id", COUNT("posts"."id") AS "n" FROM "users" RIGHT JOIN "posts" ON ("users"."id" = "posts"."author_id") WHERE "users"."is_active" IN ('Zürich', -7, FALSE, FALSE, '2024-03-01') GROUP BY "users"."id"
----
SELECT a.id, b.id FROM posts a FULL JOIN users b ON (a.author_id = b.id) WHERE b.email = FALSE AND a.published_at > TRUE ORDER BY a.id LIMIT 19
----
SELECT "users"."id", COUNT("posts"."id") AS "n" FROM "users" FULL JOIN "posts" ON ("users"."id" = "posts"."author_id") WHERE "users"."is_active" IN ('{"a": 1}') GROUP BY "users"."id"
----
SELECT * FROM posts JOIN users USING (id) NATURAL JOIN users CROSS JOIN LATERAL (SELECT max(published_at) FROM posts x WHERE x.author_id = users.id) m
----
DELETE FROM posts USING users WHERE posts.author_id = users.id AND users.last_seen_at = TRUE RETURNING posts.*
----
UPDATE posts AS c SET body = p.encrypted_password FROM users AS p WHERE c.author_id = p.id AND p.is_active NOT IN (U&'\0441', 'O''Brien', TRUE)
----
INSERT INTO posts (author_id) SELECT id FROM users WHERE id = 'paid'
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM posts WHERE author_id = 1 UNION ALL SELECT c.id, r.depth + 1 FROM posts c JOIN r ON c.author_id = r.id WHERE r.depth < 1) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM posts c WHERE c.author_id = p.id AND c.published_at = NULL) FROM users p WHERE p.role = 99.90 OR p.id IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM posts c WHERE c.author_id = p.id AND c.title = '{"a": 1}') FROM users p WHERE p.is_active = 99.90 OR p.login IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM posts c WHERE c.author_id = p.id AND c.published = 'O''Brien') FROM users p WHERE p.email = 1 OR p.last_seen_at IS NOT FALSE
----
SELECT a.id, b.body FROM comments a INNER JOIN posts b ON (a.post_id = b.id) WHERE b.published_at = '2024-03-01' AND a.post_id > '%lamp%' ORDER BY a.id LIMIT 47
----
SELECT "posts"."id", COUNT("comments"."id") AS "n" FROM "posts" INNER JOIN "comments" ON ("posts"."id" = "comments"."post_id") WHERE "posts"."published_at" IN (1000000000000, 0) GROUP BY "posts"."id"
----
SELECT a.id, b.body FROM comments a LEFT OUTER JOIN posts b ON (a.post_id = b.id) WHERE b.body = -7 AND a.user_id > 100000 ORDER BY a.id LIMIT 43
----
SELECT "posts"."id", COUNT("comments"."id") AS "n" FROM "posts" LEFT OUTER JOIN "comments" ON ("posts"."id" = "comments"."post_id") WHERE "posts"."title" IN ('O''Brien', 99.90, 1000000000000) GROUP BY "posts"."id"
----
SELECT a.id, b.published_at FROM comments a RIGHT JOIN posts b ON (a.post_id = b.id) WHERE b.views = 99.90 AND a.user_id > 99.90 ORDER BY a.id LIMIT 93
----
SELECT "posts"."id", COUNT("comments"."id") AS "n" FROM "posts" RIGHT JOIN "comments" ON ("posts"."id" = "comments"."post_id") WHERE "posts"."id" IN (99.90, '{"a": 1}') GROUP BY "posts"."id"
----
SELECT a.id, b.published FROM comments a FULL JOIN posts b ON (a.post_id = b.id) WHERE b.body = 'Zürich' AND a.body > 42 ORDER BY a.id LIMIT 88
----
SELECT "posts"."id", COUNT("comments"."id") AS "n" FROM "posts" FULL JOIN "comments" ON ("posts"."id" = "comments"."post_id") WHERE "posts"."body" IN ('Zürich', -7, '{"a": 1}', TRUE, 'paid') GROUP BY "posts"."id"
----
SELECT * FROM comments JOIN posts USING (id) NATURAL JOIN posts CROSS JOIN LATERAL (SELECT max(user_id) FROM comments x WHERE x.post_id = posts.id) m
----
DELETE FROM comments USING posts WHERE comments.post_id = posts.id AND posts.title = U&'\0441' RETURNING comments.*
----
UPDATE comments AS c SET body = p.author_id FROM posts AS p WHERE c.post_id = p.id AND p.published NOT IN ('O''Brien', '{"a": 1}', '')
----
INSERT INTO comments (post_id) SELECT id FROM posts WHERE views = 100000
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM comments WHERE post_id = 0 UNION ALL SELECT c.id, r.depth + 1 FROM comments c JOIN r ON c.post_id = r.id WHERE r.depth < 3.14) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM comments c WHERE c.post_id = p.id AND c.score = NULL) FROM posts p WHERE p.views = 3.14 OR p.title IS UNKNOWN
----
SELECT p.id, (SELECT count(*) FROM comments c WHERE c.post_id = p.id AND c.id = 1e6) FROM posts p WHERE p.published = 3.14 OR p.views IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM comments c WHERE c.post_id = p.id AND c.post_id = FALSE) FROM posts p WHERE p.author_id = '{"a": 1}' OR p.published IS NULL
----
SELECT a.id, b.is_active FROM comments a INNER JOIN users b ON (a.user_id = b.id) WHERE b.encrypted_password = -7 AND a.created_at > E'a\nb' ORDER BY a.id LIMIT 33
----
SELECT "users"."id", COUNT("comments"."id") AS "n" FROM "users" INNER JOIN "comments" ON ("users"."id" = "comments"."user_id") WHERE "users"."last_seen_at" IN (42) GROUP BY "users"."id"
----
SELECT a.id, b.encrypted_password FROM comments a LEFT OUTER JOIN users b ON (a.user_id = b.id) WHERE b.last_seen_at = 'x@example.org' AND a.score > 1 ORDER BY a.id LIMIT 99
----
SELECT "users"."id", COUNT("comments"."id") AS "n" FROM "users" LEFT OUTER JOIN "comments" ON ("users"."id" = "comments"."user_id") WHERE "users"."id" IN (42, 100000) GROUP BY "users"."id"
----
SELECT a.id, b.last_seen_at FROM comments a RIGHT JOIN users b ON (a.user_id = b.id) WHERE b.email = .5 AND a.user_id > 3.14 ORDER BY a.id LIMIT 65
----
SELECT "users"."id", COUNT("comments"."id") AS "n" FROM "users" RIGHT JOIN "comments" ON ("users"."id" = "comments"."user_id") WHERE "users"."last_seen_at" IN (E'a\nb', E'a\nb') GROUP BY "users"."id"
----
SELECT a.id, b.login FROM comments a FULL JOIN users b ON (a.user_id = b.id) WHERE b.id = '2024-03-01' AND a.created_at > '{"a": 1}' ORDER BY a.id LIMIT 47
----
SELECT "users"."id", COUNT("comments"."id") AS "n" FROM "users" FULL JOIN "comments" ON ("users"."id" = "comments"."user_id") WHERE "users"."last_seen_at" IN (1, 42, .5, '', 'Zürich') GROUP BY "users"."id"
----
SELECT * FROM comments JOIN users USING (id) NATURAL JOIN users CROSS JOIN LATERAL (SELECT max(id) FROM comments x WHERE x.user_id = users.id) m
----
DELETE FROM comments USING users WHERE comments.user_id = users.id AND users.encrypted_password = 1 RETURNING comments.*
----
UPDATE comments AS c SET id = p.email FROM users AS p WHERE c.user_id = p.id AND p.is_active NOT IN (-7, 'x@example.org', '')
----
INSERT INTO comments (user_id) SELECT id FROM users WHERE email = 99.90
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM comments WHERE user_id = 1 UNION ALL SELECT c.id, r.depth + 1 FROM comments c JOIN r ON c.user_id = r.id WHERE r.depth < .5) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM comments c WHERE c.user_id = p.id AND c.user_id = .5) FROM users p WHERE p.last_seen_at = 'paid' OR p.id IS NULL
----
SELECT p.id, (SELECT count(*) FROM comments c WHERE c.user_id = p.id AND c.post_id = 100000) FROM users p WHERE p.encrypted_password = 100000 OR p.last_seen_at IS NOT NULL
----
SELECT p.id, (SELECT count(*) FROM comments c WHERE c.user_id = p.id AND c.user_id = U&'\0441') FROM users p WHERE p.encrypted_password = '%lamp%' OR p.encrypted_password IS UNKNOWN
----
SELECT a.id, b.role FROM events a INNER JOIN users b ON (a.user_id = b.id) WHERE b.last_seen_at = '' AND a.payload > 'O''Brien' ORDER BY a.id LIMIT 44
----
SELECT "users"."id", COUNT("events"."id") AS "n" FROM "users" INNER JOIN "events" ON ("users"."id" = "events"."user_id") WHERE "users"."login" IN (42, 'x@example.org') GROUP BY "users"."id"
----
SELECT a.id, b.id FROM events a LEFT OUTER JOIN users b ON (a.user_id = b.id) WHERE b.id = 'O''Brien' AND a.user_id > 1 ORDER BY a.id LIMIT 91
----
SELECT "users"."id", COUNT("events"."id") AS "n" FROM "users" LEFT OUTER JOIN "events" ON ("users"."id" = "events"."user_id") WHERE "users"."encrypted_password" IN ('x@example.org', 99.90, 1000000000000, 42) GROUP BY "users"."id"
----
SELECT a.id, b.id FROM events a RIGHT JOIN users b ON (a.user_id = b.id) WHERE b.is_active = 'x@example.org' AND a.payload > $$it's$$ ORDER BY a.id LIMIT 73
----
SELECT "users"."id", COUNT("events"."id") AS "n" FROM "users" RIGHT JOIN "events" ON ("users"."id" = "events"."user_id") WHERE "users"."login" IN ('x@example.org', NULL, .5, 42, '2024-03-01', -7) GROUP BY "users"."id"
----
SELECT a.id, b.role FROM events a FULL JOIN users b ON (a.user_id = b.id) WHERE b.login = 1 AND a.kind > FALSE ORDER BY a.id LIMIT 29
----
SELECT "users"."id", COUNT("events"."id") AS "n" FROM "users" FULL JOIN "events" ON ("users"."id" = "events"."user_id") WHERE "users"."login" IN (U&'\0441') GROUP BY "users"."id"
----
SELECT * FROM events JOIN users USING (id) NATURAL JOIN users CROSS JOIN LATERAL (SELECT max(payload) FROM events x WHERE x.user_id = users.id) m
----
DELETE FROM events USING users WHERE events.user_id = users.id AND users.id = 1e6 RETURNING events.*
----
UPDATE events AS c SET id = p.role FROM users AS p WHERE c.user_id = p.id AND p.id NOT IN (U&'\0441', .5, TRUE)
----
INSERT INTO events (user_id) SELECT id FROM users WHERE is_active = 1000000000000
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM events WHERE user_id = 100000 UNION ALL SELECT c.id, r.depth + 1 FROM events c JOIN r ON c.user_id = r.id WHERE r.depth < 1) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM events c WHERE c.user_id = p.id AND c.id = '') FROM users p WHERE p.email = 'paid' OR p.login IS TRUE
----
SELECT p.id, (SELECT count(*) FROM events c WHERE c.user_id = p.id AND c.user_id = 100000) FROM users p WHERE p.encrypted_password = 1000000000000 OR p.id IS NOT FALSE
----
SELECT p.id, (SELECT count(*) FROM events c WHERE c.user_id = p.id AND c.payload = 1) FROM users p WHERE p.email = 42 OR p.id IS TRUE
----
SELECT a.id, b.total FROM invoices a INNER JOIN orders b ON (a.order_id = b.id) WHERE b.total = '2024-03-01' AND a.due_on > 'Zürich' ORDER BY a.id LIMIT 19
----
SELECT "orders"."id", COUNT("invoices"."id") AS "n" FROM "orders" INNER JOIN "invoices" ON ("orders"."id" = "invoices"."order_id") WHERE "orders"."shipped_at" IN (-7) GROUP BY "orders"."id"
----
SELECT a.id, b.shipped_at FROM invoices a LEFT OUTER JOIN orders b ON (a.order_id = b.id) WHERE b.customer_id = 'O''Brien' AND a.order_id > 'Zürich' ORDER BY a.id LIMIT 10
----
SELECT "orders"."id", COUNT("invoices"."id") AS "n" FROM "orders" LEFT OUTER JOIN "invoices" ON ("orders"."id" = "invoices"."order_id") WHERE "orders"."placed_at" IN (FALSE, '', -7) GROUP BY "orders"."id"
----
SELECT a.id, b.id FROM invoices a RIGHT JOIN orders b ON (a.order_id = b.id) WHERE b.total = 'paid' AND a.amount > 'x@example.org' ORDER BY a.id LIMIT 58
----
SELECT "orders"."id", COUNT("invoices"."id") AS "n" FROM "orders" RIGHT JOIN "invoices" ON ("orders"."id" = "invoices"."order_id") WHERE "orders"."status" IN ('Zürich', 3.14, '%lamp%') GROUP BY "orders"."id"
----
SELECT a.id, b.shipped_at FROM invoices a FULL JOIN orders b ON (a.order_id = b.id) WHERE b.status = '' AND a.number > 'Zürich' ORDER BY a.id LIMIT 95
----
SELECT "orders"."id", COUNT("invoices"."id") AS "n" FROM "orders" FULL JOIN "invoices" ON ("orders"."id" = "invoices"."order_id") WHERE "orders"."id" IN (TRUE, -7) GROUP BY "orders"."id"
----
SELECT * FROM invoices JOIN orders USING (id) NATURAL JOIN orders CROSS JOIN LATERAL (SELECT max(paid) FROM invoices x WHERE x.order_id = orders.id) m
----
DELETE FROM invoices USING orders WHERE invoices.order_id = orders.id AND orders.customer_id = -7 RETURNING invoices.*
----
UPDATE invoices AS c SET order_id = p.status FROM orders AS p WHERE c.order_id = p.id AND p.total NOT IN (0, 'Zürich', '')
----
INSERT INTO invoices (order_id) SELECT id FROM orders WHERE id = U&'\0441'
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM invoices WHERE order_id = 1000000000000 UNION ALL SELECT c.id, r.depth + 1 FROM invoices c JOIN r ON c.order_id = r.id WHERE r.depth < 3.14) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM invoices c WHERE c.order_id = p.id AND c.number = '2024-03-01') FROM orders p WHERE p.status = 3.14 OR p.id IS TRUE
----
SELECT p.id, (SELECT count(*) FROM invoices c WHERE c.order_id = p.id AND c.due_on = 3.14) FROM orders p WHERE p.id = '' OR p.placed_at IS NULL
----
SELECT p.id, (SELECT count(*) FROM invoices c WHERE c.order_id = p.id AND c.amount = NULL) FROM orders p WHERE p.customer_id = 1e6 OR p.total IS TRUE
----
SELECT a.id, b.id FROM employees a INNER JOIN departments b ON (a.department_id = b.id) WHERE b.budget = E'a\nb' AND a.name > 0 ORDER BY a.id LIMIT 34
----
SELECT "departments"."id", COUNT("employees"."id") AS "n" FROM "departments" INNER JOIN "employees" ON ("departments"."id" = "employees"."department_id") WHERE "departments"."name" IN ('%lamp%', 42) GROUP BY "departments"."id"
----
SELECT a.id, b.budget FROM employees a LEFT OUTER JOIN departments b ON (a.department_id = b.id) WHERE b.location = '2024-03-01' AND a.id > FALSE ORDER BY a.id LIMIT 38
----
SELECT "departments"."id", COUNT("employees"."id") AS "n" FROM "departments" LEFT OUTER JOIN "employees" ON ("departments"."id" = "employees"."department_id") WHERE "departments"."name" IN ('paid', -7, .5, $$it's$$, .5, '') GROUP BY "departments"."id"
----
SELECT a.id, b.location FROM employees a RIGHT JOIN departments b ON (a.department_id = b.id) WHERE b.id = .5 AND a.name > '2024-03-01' ORDER BY a.id LIMIT 47
----
SELECT "departments"."id", COUNT("employees"."id") AS "n" FROM "departments" RIGHT JOIN "employees" ON ("departments"."id" = "employees"."department_id") WHERE "departments"."location" IN (0) GROUP BY "departments"."id"
----
SELECT a.id, b.name FROM employees a FULL JOIN departments b ON (a.department_id = b.id) WHERE b.budget = 100000 AND a.manager_id > '' ORDER BY a.id LIMIT 24
----
SELECT "departments"."id", COUNT("employees"."id") AS "n" FROM "departments" FULL JOIN "employees" ON ("departments"."id" = "employees"."department_id") WHERE "departments"."name" IN ('2024-03-01', E'a\nb', 99.90, 'x@example.org', 'x@example.org', 99.90) GROUP BY "departments"."id"
----
SELECT * FROM employees JOIN departments USING (id) NATURAL JOIN departments CROSS JOIN LATERAL (SELECT max(hired_on) FROM employees x WHERE x.department_id = departments.id) m
----
DELETE FROM employees USING departments WHERE employees.department_id = departments.id AND departments.location = U&'\0441' RETURNING employees.*
----
UPDATE employees AS c SET manager_id = p.name FROM departments AS p WHERE c.department_id = p.id AND p.name NOT IN (99.90, NULL, TRUE)
----
INSERT INTO employees (department_id) SELECT id FROM departments WHERE name = 100000
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM employees WHERE department_id = 3.14 UNION ALL SELECT c.id, r.depth + 1 FROM employees c JOIN r ON c.department_id = r.id WHERE r.depth < -7) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM employees c WHERE c.department_id = p.id AND c.id = 'x@example.org') FROM departments p WHERE p.location = FALSE OR p.id IS UNKNOWN
----
SELECT p.id, (SELECT count(*) FROM employees c WHERE c.department_id = p.id AND c.name = $$it's$$) FROM departments p WHERE p.budget = 1000000000000 OR p.location IS NULL
----
SELECT p.id, (SELECT count(*) FROM employees c WHERE c.department_id = p.id AND c.id = 0) FROM departments p WHERE p.location = '' OR p.budget IS NOT NULL
----
SELECT a.id, b.manager_id FROM employees a INNER JOIN employees b ON (a.manager_id = b.id) WHERE b.department_id = 1 AND a.id > '2024-03-01' ORDER BY a.id LIMIT 90
----
SELECT "employees"."id", COUNT("employees"."id") AS "n" FROM "employees" INNER JOIN "employees" ON ("employees"."id" = "employees"."manager_id") WHERE "employees"."name" IN (99.90, 'paid', 1, .5, -7) GROUP BY "employees"."id"
----
SELECT a.id, b.department_id FROM employees a LEFT OUTER JOIN employees b ON (a.manager_id = b.id) WHERE b.id = '%lamp%' AND a.name > TRUE ORDER BY a.id LIMIT 32
----
SELECT "employees"."id", COUNT("employees"."id") AS "n" FROM "employees" LEFT OUTER JOIN "employees" ON ("employees"."id" = "employees"."manager_id") WHERE "employees"."name" IN (42, 100000, 'O''Brien', '{"a": 1}', '%lamp%', FALSE) GROUP BY "employees"."id"
----
SELECT a.id, b.salary FROM employees a RIGHT JOIN employees b ON (a.manager_id = b.id) WHERE b.salary = .5 AND a.id > .5 ORDER BY a.id LIMIT 69
----
SELECT "employees"."id", COUNT("employees"."id") AS "n" FROM "employees" RIGHT JOIN "employees" ON ("employees"."id" = "employees"."manager_id") WHERE "employees"."manager_id" IN ('Zürich') GROUP BY "employees"."id"
----
SELECT a.id, b.id FROM employees a FULL JOIN employees b ON (a.manager_id = b.id) WHERE b.manager_id = 99.90 AND a.manager_id > '2024-03-01' ORDER BY a.id LIMIT 14
----
SELECT "employees"."id", COUNT("employees"."id") AS "n" FROM "employees" FULL JOIN "employees" ON ("employees"."id" = "employees"."manager_id") WHERE "employees"."name" IN (1e6, 'paid', 'paid') GROUP BY "employees"."id"
----
SELECT * FROM employees JOIN employees USING (id) NATURAL JOIN employees CROSS JOIN LATERAL (SELECT max(id) FROM employees x WHERE x.manager_id = employees.id) m
----
DELETE FROM employees USING employees WHERE employees.manager_id = employees.id AND employees.hired_on = FALSE RETURNING employees.*
----
UPDATE employees AS c SET manager_id = p.name FROM employees AS p WHERE c.manager_id = p.id AND p.id NOT IN (99.90, 1000000000000, 100000)
----
INSERT INTO employees (manager_id) SELECT id FROM employees WHERE salary = .5
----
WITH RECURSIVE r AS (SELECT id, 1 AS depth FROM employees WHERE manager_id = -7 UNION ALL SELECT c.id, r.depth + 1 FROM employees c JOIN r ON c.manager_id = r.id WHERE r.depth < 100000) SEARCH DEPTH FIRST BY id SET o SELECT * FROM r ORDER BY o
----
SELECT p.id, (SELECT count(*) FROM employees c WHERE c.manager_id = p.id AND c.id = 1) FROM employees p WHERE p.id = TRUE OR p.manager_id IS NULL
----
SELECT p.id, (SELECT count(*) FROM employees c WHERE c.manager_id = p.id AND c.name = '%lamp%') FROM employees p WHERE p.salary = 3.14 OR p.department_id IS UNKNOWN
----
SELECT p.id, (SELECT count(*) FROM employees c WHERE c.manager_id = p.id AND c.name = '%lamp%') FROM employees p WHERE p.id = '%lamp%' OR p.salary IS NOT NULL
----
BEGIN
----
COMMIT
----
ROLLBACK
----
START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY
----
SAVEPOINT "sp_1"
----
RELEASE SAVEPOINT "sp_1"
----
ROLLBACK TO SAVEPOINT sp_1
----
SET application_name = 'shop'
----
SET search_path TO app, public
----
SET LOCAL statement_timeout = '5s'
----
SET TIME ZONE 'Europe/Zurich'
----
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
----
SHOW search_path
----
RESET ALL
----
DISCARD ALL
----
CREATE ROLE app LOGIN PASSWORD 'hunter2' VALID UNTIL '2030-01-01'
----
ALTER USER app WITH ENCRYPTED PASSWORD 'SCRAM-SHA-256$4096:x'
----
ALTER ROLE app SET app.token TO 'abc'
----
ALTER SYSTEM SET work_mem = '64MB'
----
CREATE USER MAPPING FOR bob SERVER srv OPTIONS (user 'bob', password 'secret')
----
CREATE SUBSCRIPTION s CONNECTION 'host=x password=secret' PUBLICATION p
----
COPY t (a, b) FROM STDIN WITH (FORMAT csv, DELIMITER ';')
----
COPY (SELECT 1) TO PROGRAM 'gzip > /tmp/x'
----
DO $$ begin perform 1; end $$
----
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $f$ begin return a + 1; end $f$
----
CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END
----
LISTEN c
----
NOTIFY c, 'payload'
----
EXPLAIN (ANALYZE, BUFFERS) SELECT 1
----
PREPARE p (int) AS SELECT $1
----
EXECUTE p (1)
----
DEALLOCATE p
----
DECLARE c CURSOR WITH HOLD FOR SELECT 1
----
FETCH 10 FROM c
----
CLOSE c
----
LOCK TABLE t IN SHARE MODE
----
VACUUM (ANALYZE) t
----
CREATE TABLE x (id int GENERATED ALWAYS AS IDENTITY, a varchar(10) DEFAULT 'x' CHECK (a <> 'y'), b numeric(10,2)) PARTITION BY LIST (a)
----
CREATE TABLE x1 PARTITION OF x FOR VALUES IN ('a', 'b')
----
CREATE INDEX CONCURRENTLY i ON t (lower(a)) WHERE b > 5
----
GRANT SELECT ON t TO bob
----
COMMENT ON TABLE t IS 'text'
----
PREPARE TRANSACTION 'gid'
----
SELECT 1; SELECT 2
----
BEGIN; UPDATE t SET a = 1; COMMIT
