# SPDX-License-Identifier: PostgreSQL
"""What a Redis that Sluices share costs and gives, and what it costs when it hangs.

    cmake --build build/bench --target sluice bench_load bench_late
    SLUICE=build/bench/sluice python3 bench/cache_redis.py [--rounds 5] [--only shared,...]

As bench/cache.py, whose generator and tables it uses: peers change places from round to round, and a ratio is
the median of the rounds'.

    shared    a hit that Redis has: its p50, one at a time, beside a GET of Redis and a hit from memory
    stopped   statements while Redis is stopped by SIGSTOP, beside a Sluice that has none: p50, CPU, and p99
    moment    the same, of the second in which it is stopped
    told      an UPDATE, with its round trip, beside a Sluice that has none
"""

import argparse
import os
import shutil
import signal
import statistics
import sys
import threading
import time

import scratch
from bench import number, table
from cache import ADD, CACHE, LOOK, ROWS, Bench, Turn, cpu_of, make_tables, median, ratio
from scratch import ENVIRONMENT, Failed

PARTS = ("shared", "stopped", "moment", "told")
ALONE = ["[cache]", "mode = safe", "through_sluice = *"]


def shown(port, view, name):
    command = ["psql", "-X", "-q", "-A", "-t", "-F", "|", "-h", "127.0.0.1", "-p", str(port), "-U", scratch.USER]
    for line in scratch.check(command + ["-c", view, "pgbouncer"]).splitlines():
        if line.split("|")[1] == name:
            return int(line.split("|")[2])
    raise Failed("%s has no %s" % (view, name))


class RedisBench(Bench):
    def beside(self, name, more, redis=None):
        lines = ["admin_users = %s" % scratch.USER] + more
        return self.sluice(name, lines + (["redis = 127.0.0.1:%d" % redis] if redis else []))

    @staticmethod
    def rows(got, against):
        return [[name, number(median(turns, "p50")), "%.2f" % ratio(turns, got[against], "p50"),
                 number(median(turns, "p99")), number(median(turns, "cpu")),
                 "%.2f" % ratio(turns, got[against], "cpu")] for name, turns in got.items()]

    def say(self, what, got, against):
        print(what + "\n")
        table(["", "p50 us", "ratio", "p99 us", "us CPU", "ratio"], self.rows(got, against))

    # ---- what is measured ---------------------------------------------------------------

    def shared(self):
        one = {"clients": 1, "keys": 100}  # less than it takes to find that a shape is of no use
        with self.redis() as (redis, redis_pid), self.beside("memory", ALONE) as (memory, local), \
                self.beside("asks", ALONE + ["ttl_local = 1ms"], redis) as (asks, process):
            for port in (memory, asks):
                Turn(self, "prepared", port, cpu_of(process.pid), LOOK, warm=4000, run=10, **one)
            before = shown(asks, "SHOW CACHE", "hits_shared")
            got = self.rounds({
                "GET of Redis": lambda: Turn(self, "redis", redis, cpu_of(redis_pid), **one),
                "hit from memory": lambda: Turn(self, "prepared", memory, cpu_of(local.pid), LOOK, **one),
                "hit that Redis has": lambda: Turn(self, "prepared", asks, cpu_of(process.pid), LOOK, **one)})
            found = shown(asks, "SHOW CACHE", "hits_shared") - before
        self.say("A hit of 100 bytes, one at a time", got, "GET of Redis")
        extra = [c.p50 - b.p50 - a.p50 for a, b, c in zip(*got.values())]
        print("Beyond a hit from memory, Redis costs one GET and %+.0f us (median of rounds); %d hits were Redis'\n"
              % (statistics.median(extra), found))

    def kinds(self, port, pid):
        """Most that one asks is a miss in the first, and a write in the second."""
        return {"misses": lambda: Turn(self, "prepared", port, cpu_of(pid), LOOK, keys=ROWS),
                "writes": lambda: Turn(self, "prepared", port, cpu_of(pid), ADD, keys=ROWS)}

    def stopped(self):
        more = ["[cache]", "mode = safe", "stream = user=postgres", "memory = 1MB"]
        with self.redis() as (redis, redis_pid), self.beside("none", more) as (none, other), \
                self.beside("hangs", more, redis) as (hangs, process):
            time.sleep(2)
            os.kill(redis_pid, signal.SIGSTOP)
            try:
                Turn(self, "prepared", hangs, cpu_of(process.pid), LOOK, keys=ROWS, run=10)
                for what in ("misses", "writes"):
                    got = self.rounds({"no Redis": self.kinds(none, other.pid)[what],
                                       "Redis is stopped": self.kinds(hangs, process.pid)[what]})
                    self.say("Redis stopped by SIGSTOP, 50 connections, %s" % what, got, "no Redis")
            finally:
                os.kill(redis_pid, signal.SIGCONT)

    def moment(self):
        more = ["[cache]", "mode = safe", "stream = user=postgres", "memory = 1MB"]
        got = {"no Redis": [], "Redis is stopped in it": []}
        for _ in range(self.options.rounds):
            with self.redis() as (redis, redis_pid), self.beside("none", more) as (none, other), \
                    self.beside("hangs", more, redis) as (hangs, process):
                time.sleep(1)
                got["no Redis"].append(self.kinds(none, other.pid)["misses"]())
                stop = threading.Timer(0.7 + 0.3 * self.options.seconds, os.kill, (redis_pid, signal.SIGSTOP))
                stop.start()
                got["Redis is stopped in it"].append(self.kinds(hangs, process.pid)["misses"]())
                stop.join()
                os.kill(redis_pid, signal.SIGCONT)
        self.say("The second in which Redis is stopped, misses", got, "no Redis")

    def told(self):
        with self.redis() as (redis, redis_pid), self.beside("none", ALONE) as (none, other), \
                self.beside("tells", ALONE, redis) as (tells, process):
            time.sleep(1)
            got = self.rounds({
                "GET of Redis": lambda: Turn(self, "redis", redis, cpu_of(redis_pid), clients=1),
                "no Redis": lambda: Turn(self, "prepared", none, cpu_of(other.pid), ADD, keys=ROWS, clients=1),
                "Redis is told": lambda: Turn(self, "prepared", tells, cpu_of(process.pid), ADD, keys=ROWS,
                                              clients=1)})
        self.say("An UPDATE by primary key, one at a time", got, "no Redis")

    def run(self):
        print("Load of the machine: %.1f, %.1f, %.1f\n" % os.getloadavg())
        conf = "wal_level=logical\nmax_wal_senders=20\nmax_replication_slots=20\n"
        with scratch.postgres(self.path, conf, make_tables) as self.port:
            for part in PARTS:
                if not self.options.only or part in self.options.only.split(","):
                    getattr(self, part)()
        print("Load of the machine: %.1f, %.1f, %.1f" % os.getloadavg())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--only", help=",".join(PARTS))
    options = parser.parse_args()
    for tool in ("taskset", "redis-server"):
        if shutil.which(tool, path=ENVIRONMENT["PATH"]) is None:
            sys.exit("There is no %s." % tool)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    try:
        with scratch.folder() as path:
            RedisBench(options, path).run()
    except Failed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
