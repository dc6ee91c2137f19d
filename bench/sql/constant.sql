-- SPDX-License-Identifier: PostgreSQL
-- A statement without parameters: the same text each time, and a plan that suits each time.
SELECT abalance FROM pgbench_accounts WHERE aid = 4711;
