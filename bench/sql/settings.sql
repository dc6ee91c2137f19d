-- SPDX-License-Identifier: PostgreSQL
-- The first time, ten settings of the session's own, unless -D kind=0; with -D kind=2 every other client's.
\set aid random(1, 1000000)
\if :done
\else
\if :kind = 1 OR (:kind = 2 AND :client_id % 2 = 0)
SET work_mem = '5MB'; SET statement_timeout = '61s'; SET lock_timeout = '62s'; SET search_path = public, pg_catalog; SET extra_float_digits = 2; SET enable_seqscan = off; SET random_page_cost = 1.5; SET app.tenant = 'a tenant'; SET bytea_output = escape; SET idle_in_transaction_session_timeout = '63s';
\endif
\set done 1
\endif
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
