# SPDX-License-Identifier: PostgreSQL
"""How many servers 200 clients of an application need that uses sessions as its framework likes to.

    PORT=6432 python3 bench/framework.py [SECONDS [CLIENTS]]

Each client sets what drivers set when they connect (one of four sets of settings), prepares its
statements by name, one in ten LISTENs, and then is busy for a twentieth of its time: 50 ms in a transaction
of a few statements, by chance once a second. In 2 % of the transactions it makes a temporary table
that it reads in the next one and then drops. Against a Sluice that runs, whose pool is asked by SHOW POOLS each
100 ms how many servers it has, and whose clients say how long they waited. Errors are counted, and there
should be none; a notification that a listener has not heard LATE seconds after the last transaction is
one. Needs python3-psycopg2; NOLISTEN=1 leaves the LISTEN out.
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
BUSY, DUTY, LATE = 0.05, 20, 5


class Client(threading.Thread):
    def __init__(self, number, until, everybody):
        super().__init__(daemon=True)
        self.number, self.until, self.everybody = number, until, everybody
        self.listens = number % 10 == 0 and not os.environ.get("NOLISTEN")
        self.done, self.errors, self.seconds, self.has_temp = 0, [], [], False
        self.notified, self.heard = 0, 0

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
            notifies = random.random() < 0.1
            if notifies:
                cursor.execute("NOTIFY orders")
        self.notified += notifies

    def hear(self, conn, seconds):
        """What came with the reply to a COMMIT, where nothing looked for it, and what comes in that time."""
        select.select([conn], [], [], seconds)
        conn.poll()
        self.heard += len(conn.notifies)
        conn.notifies.clear()

    def run(self):
        try:
            self.work()
        except (psycopg2.Error, AssertionError) as failure:
            self.errors.append(repr(failure))
            self.everybody.barrier.abort()
        except threading.BrokenBarrierError:
            pass  # somebody else says why

    def work(self):
        conn = psycopg2.connect(DSN)
        with conn, conn.cursor() as cursor:
            cursor.execute(SETS[self.number % len(SETS)])
            cursor.execute("PREPARE find AS SELECT relname FROM pg_class WHERE oid = $1")
            if self.listens:
                cursor.execute("LISTEN orders")
        self.everybody.barrier.wait()  # so that each listener hears all of them
        while time.monotonic() < self.until:
            time.sleep(random.expovariate(1 / (BUSY * (DUTY - 1))))
            self.transaction(conn)
            self.done += 1
            if self.listens:
                self.hear(conn, 0)
        self.everybody.barrier.wait()
        late = time.monotonic() + LATE
        while self.listens and self.heard < self.everybody.notified() and time.monotonic() < late:
            self.hear(conn, 0.1)
        if self.listens and self.heard != self.everybody.notified():
            self.errors.append("a listener heard %d of %d notifications" % (
                self.heard, self.everybody.notified()))
        conn.close()


class Everybody:
    def __init__(self, count, until):
        self.barrier = threading.Barrier(count)
        self.clients = [Client(i, until, self) for i in range(count)]

    def notified(self):
        return sum(client.notified for client in self.clients)


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
    everybody = Everybody(count, time.monotonic() + seconds + 2)
    clients = everybody.clients
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
    print("clients %d, transactions %d, errors %d; notifications %d, heard %d by %d" % (
        count, sum(client.done for client in clients), len(errors), everybody.notified(),
        sum(client.heard for client in clients), sum(1 for client in clients if client.listens)))
    print("servers connected: at most %d; busy: median %d, at most %d; clients waiting: at most %d" % (
        max(total), statistics.median(busy), max(busy), max(waiting)))
    if first:
        print("first statement of a transaction, ms: median %.1f, p99 %.1f" % (
            1e3 * statistics.median(first), 1e3 * first[int(len(first) * 0.99)]))
    for error in sorted(set(errors))[:5]:
        print("  " + error.strip()[:200])
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
