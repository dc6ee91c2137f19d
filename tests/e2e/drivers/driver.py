# SPDX-License-Identifier: PostgreSQL
"""What a Python program does with psycopg2, told line by line: the lines must not
depend on what stands between it and PostgreSQL.

usage: driver.py "conninfo" TABLE
"""
import io
import sys
import threading

import psycopg2
import psycopg2.errors
import psycopg2.extras

TABLE = sys.argv[2]


def say(*what):
    print(*what, flush=True)


def values(conn):
    with conn.cursor() as cur:
        cur.execute(
            "select %s, %s, %s::float8, %s::numeric, %s, %s::bytea, %s::int[], %s::timestamptz",
            (1, "naïve 'quoted' \\ text", 0.1, "12345678901234567890.123456789", None,
             bytes(range(256)), [1, None, 3], "2026-01-02 03:04:05+00"))
        row = cur.fetchone()
        say("values", row[:5], bytes(row[5]) == bytes(range(256)), row[6], row[7].isoformat())
        cur.execute("select 1; select 'second of two'")
        say("several", cur.fetchall())
    conn.commit()


def many(conn):
    with conn.cursor() as cur:
        cur.execute(f"drop table if exists {TABLE}")
        cur.execute(f"create table {TABLE} (id int primary key, name text)")
        cur.executemany(f"insert into {TABLE} values (%s, %s)",
                        [(i, f"name {i}") for i in range(500)])
        psycopg2.extras.execute_values(cur, f"insert into {TABLE} values %s",
                                       [(i, f"name {i}") for i in range(500, 5000)], page_size=1000)
        psycopg2.extras.execute_batch(cur, f"update {TABLE} set name = %s where id = %s",
                                      [(f"new {i}", i) for i in range(300)], page_size=100)
        cur.execute(f"select count(*), min(name), max(name) from {TABLE}")
        say("many", cur.fetchone())
    conn.commit()


def transactions(conn):
    with conn.cursor() as cur:
        cur.execute(f"delete from {TABLE}")
        say("deleted", cur.rowcount)
        conn.rollback()
        cur.execute(f"select count(*) from {TABLE}")
        say("after rollback", cur.fetchone())
        cur.execute("savepoint s")
        try:
            cur.execute(f"insert into {TABLE} values (1, 'twice')")
        except psycopg2.errors.UniqueViolation as error:
            say("error", error.pgcode, error.diag.constraint_name, error.diag.severity)
        say("status", conn.info.transaction_status)
        cur.execute("rollback to savepoint s")
        cur.execute("select 1")
        conn.commit()
        try:
            cur.execute("select 1/0")
        except psycopg2.errors.DivisionByZero as error:
            say("error", error.pgcode, str(error).strip())
        try:
            cur.execute("select 1")
        except psycopg2.errors.InFailedSqlTransaction as error:
            say("error", error.pgcode)
        conn.rollback()
    with conn, conn.cursor() as cur:
        cur.execute("set local work_mem = '7MB'")
        cur.execute("show work_mem")
        say("local", cur.fetchone())
    conn.set_session(isolation_level="SERIALIZABLE", readonly=True)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("show transaction_isolation")
            say("isolation", cur.fetchone())
            cur.execute(f"delete from {TABLE}")
    except psycopg2.errors.ReadOnlySqlTransaction as error:
        say("error", error.pgcode)
    conn.set_session(isolation_level="DEFAULT", readonly=False)


def copy(conn):
    with conn.cursor() as cur:
        cur.execute(f"truncate {TABLE}")
        text = "".join(f"{i}\trow {i}\n" for i in range(100000))
        cur.copy_expert(f"copy {TABLE} from stdin", io.StringIO(text))
        say("copied in", cur.rowcount)
        out = io.StringIO()
        cur.copy_expert(f"copy (select * from {TABLE} order by id) to stdout", out)
        say("copied out", out.getvalue() == text, cur.rowcount)
        conn.commit()
        try:
            cur.copy_expert(f"copy {TABLE} from stdin", io.StringIO("200000\tx\nnot a number\ty\n"))
        except psycopg2.errors.InvalidTextRepresentation as error:
            say("error", error.pgcode, error.diag.context)
        conn.rollback()
        cur.execute(f"select count(*) from {TABLE}")
        say("after a failed copy", cur.fetchone())
    conn.commit()


def big(conn):
    with conn.cursor() as cur:
        cur.execute("select i, repeat('x', 100) from generate_series(1, 200000) i")
        say("big", cur.rowcount, sum(len(row[1]) for row in cur))
        cur.execute("select repeat('y', 20000000)")
        say("bigger", len(cur.fetchone()[0]))
    with conn.cursor(name="portal") as cur:
        cur.itersize = 777
        cur.execute("select i from generate_series(1, 20000) i")
        say("cursor", sum(row[0] for row in cur))
    conn.commit()


def cancel(conn):
    timer = threading.Timer(0.4, conn.cancel)
    timer.start()
    try:
        with conn.cursor() as cur:
            cur.execute("select pg_sleep(30)")
    except psycopg2.errors.QueryCanceled as error:
        say("error", error.pgcode, str(error).strip())
    timer.join()
    conn.rollback()
    try:
        with conn.cursor() as cur:
            cur.execute("set local statement_timeout = '200ms'")
            cur.execute("select pg_sleep(30)")
    except psycopg2.errors.QueryCanceled as error:
        say("error", error.pgcode, str(error).strip())
    conn.rollback()


def notices(conn):
    del conn.notices[:]
    with conn.cursor() as cur:
        cur.execute("do $$ begin raise notice 'one'; raise warning 'two'; end $$")
    conn.commit()
    say("notices", conn.notices)


def main():
    conn = psycopg2.connect(sys.argv[1])
    say("encoding", conn.encoding, conn.server_version > 0)
    for part in (values, many, transactions, copy, big, cancel, notices):
        part(conn)
    with conn.cursor() as cur:
        cur.execute(f"drop table {TABLE}")
    conn.commit()
    conn.close()
    say("done")


main()
