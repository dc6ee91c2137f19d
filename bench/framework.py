# SPDX-License-Identifier: PostgreSQL
"""How many servers 200 clients of an application need that uses sessions as its framework likes to.

    PORT=6432 python3 bench/framework.py [SECONDS [CLIENTS]]

Each client sets what drivers set when they connect (one of four sets of settings), prepares its
statements by name, one in ten LISTENs, and then is busy for a twentieth of its time: 50 ms in a transaction
of a few statements, by chance once a second. In 2 % of the transactions it makes a temporary table
that it reads in the next one and then drops. Against a Sluice that runs, whose pool is asked by SHOW POOLS each
100 ms how many servers it has, and whose clients say how long they waited. Errors are counted, and there
should be none. Needs python3-psycopg2; NOLISTEN=1 leaves the LISTEN out.
"""

import os
import random
import select
import statistics
import sys
import threading
import time

import psycopg2

PORT = int(os.environ.get("PORT", "6432"))
DSN = "host=127.0.0.1 port=%d dbname=%s user=%s" % (
    PORT, os.environ.get("PGDATABASE", "bench"), os.environ.get("PGUSER", "postgres"))
SETS = (
    "SET timezone = 'UTC'; SET client_min_messages = warning; SET standard_conforming_strings = on",
    "SET extra_float_digits = 3; SET application_name = 'orders'; SET statement_timeout = '30s'",
    "SET search_path = public, pg_catalog; SET lock_timeout = '5s'",
    "SET datestyle = 'ISO, DMY'; SET intervalstyle = iso_8601; SET app.tenant = '42'",
)
BUSY, DUTY = 0.05, 20


class Client(threading.Thread):
    def __init__(self, number, until):
        super().__init__(daemon=True)
        self.number, self.until = number, until
        self.done, self.errors, self.seconds, self.heard, self.has_temp = 0, [], [], 0, False

    def transaction(self, conn):
        with conn, conn.cursor() as cursor:
            begin = time.monotonic()
            cursor.execute("SELECT current_setting('server_version_num')")
            self.seconds.append(time.monotonic() - begin)
            cursor.execute("EXECUTE find(%s)", (random.randrange(1, 100000),))
            if self.has_temp:
                cursor.execute("SELECT count(*) FROM basket")
                assert cursor.fetchone()[0] == 3
                cursor.execute("DROP TABLE basket")
            elif random.random() < 0.02:
                cursor.execute("CREATE TEMP TABLE basket AS SELECT generate_series(1, 3)")
                self.has_temp = True
                cursor.execute("SELECT pg_sleep(%s)", (BUSY,))
                return
            self.has_temp = False
            cursor.execute("SELECT pg_sleep(%s)", (BUSY,))
            if random.random() < 0.1:
                cursor.execute("NOTIFY orders")

    def run(self):
        try:
            conn = psycopg2.connect(DSN)
            with conn, conn.cursor() as cursor:
                cursor.execute(SETS[self.number % len(SETS)])
                cursor.execute("PREPARE find AS SELECT relname FROM pg_class WHERE oid = $1")
                if self.number % 10 == 0 and not os.environ.get("NOLISTEN"):
                    cursor.execute("LISTEN orders")
            while time.monotonic() < self.until:
                time.sleep(random.expovariate(1 / (BUSY * (DUTY - 1))))
                self.transaction(conn)
                self.done += 1
                if self.number % 10 == 0 and select.select([conn], [], [], 0)[0]:
                    conn.poll()
                    self.heard += len(conn.notifies)
                    conn.notifies.clear()
            conn.close()
        except (psycopg2.Error, AssertionError) as failure:
            self.errors.append(repr(failure))


def servers(console):
    """Of all pools of the database: connected, busy, clients waiting."""
    with console.cursor() as cursor:
        cursor.execute("SHOW POOLS")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row)) for row in cursor.fetchall()]
    rows = [row for row in rows if row["database"] != "pgbouncer"]
    columns = [name for name in names if name.startswith("sv_")]
    return (sum(int(row[name]) for row in rows for name in columns),
            sum(int(row["sv_active"]) for row in rows), sum(int(row["cl_waiting"]) for row in rows))


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    console = psycopg2.connect("host=127.0.0.1 port=%d dbname=pgbouncer user=%s" % (
        PORT, os.environ.get("PGUSER", "postgres")))
    console.autocommit = True
    clients = [Client(i, time.monotonic() + seconds + 2) for i in range(count)]
    for client in clients:
        client.start()
    time.sleep(2)
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append(servers(console))
        time.sleep(0.1)
    for client in clients:
        client.join(30)
    first = sorted(s for client in clients for s in client.seconds)
    total, busy, waiting = (column for column in zip(*seen))
    errors = [error for client in clients for error in client.errors]
    print("clients %d, transactions %d, errors %d, notifications heard %d" % (
        count, sum(client.done for client in clients), len(errors),
        sum(client.heard for client in clients)))
    print("servers connected: at most %d; busy: median %d, at most %d; clients waiting: at most %d" % (
        max(total), statistics.median(busy), max(busy), max(waiting)))
    print("first statement of a transaction, ms: median %.1f, p99 %.1f" % (
        1e3 * statistics.median(first), 1e3 * first[int(len(first) * 0.99)]))
    for error in sorted(set(errors))[:5]:
        print("  " + error.strip()[:200])
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
