# SPDX-License-Identifier: PostgreSQL
"""What a kept answer costs, beside a GET of Redis and PostgreSQL's own answer.

    cmake --build build/bench --target sluice bench_load bench_late
    SLUICE=build/bench/sluice python3 bench/cache.py [--rounds 5] [--only hits,...]

One generator (bench/cache/bench_load.c) asks all peers, with 50 connections in a closed loop. The
server is pinned to the first core and the generator to the second. Peers change places from round to
round; a ratio is the median of the rounds'. CPU time is the scheduler's own sum over a process's
threads, from after the warming until the last answer: it says more than throughput, which depends on what
else the machine does.
"""

import argparse
import contextlib
import glob
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

import meter
import scratch
from bench import number, table
from scratch import ENVIRONMENT, Failed, Peer
from unnamed import Backends

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 1000000
KEYS = 1000
FIRST = 1000000  # WIRE_KEY_MIN
LOOK, LOOK_SIMPLE = "SELECT body FROM hit WHERE id = $1", "SELECT body FROM hit WHERE id = KEY"
ADD = "UPDATE hit SET n = n + 1 WHERE id = $1"
SUM = "SELECT count(*), avg(length(v::text)) FROM sums"
CACHE = ["[cache]", "mode = safe", "stream = user=postgres"]
PARTS = ("hits", "postgresql", "aggregate", "misses", "writes", "late", "syscalls")


def make_tables(port):
    scratch.psql(port, "CREATE TABLE hit (id int PRIMARY KEY, body text, n int NOT NULL DEFAULT 0)")
    scratch.psql(port, "INSERT INTO hit SELECT i, repeat('x', 100) FROM generate_series(%d, %d) i"
                 % (FIRST, FIRST + ROWS - 1))
    scratch.psql(port, "CREATE TABLE sums (v int); INSERT INTO sums SELECT generate_series(1, 300000)")
    scratch.psql(port, "VACUUM ANALYZE")


class Turn:
    """One run of the generator: CPU microseconds an answer, of all threads and of the busiest one, answers a
    second, p50 and p99 of a batch."""

    def __init__(self, bench, kind, port, used, sql="", **options):
        words = ["%s=%s" % item for item in dict(bench.times, **options).items()]
        command = ["taskset", "-c", "1", bench.tool("bench_load"), kind, str(port), "sql=" + sql]
        process = subprocess.Popen(command + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            process.stdout.readline()
            before = used()
            process.stdin.write("\n")
            process.stdin.flush()
            said = process.stdout.readline().split()
            after = used()
            process.stdin.write("\n")
        if len(said) != 9:
            raise Failed("bench_load said nothing of %s" % kind)
        self.cpu, self.busiest = (usec / int(said[0]) for usec in after.since(before))
        self.rate = int(said[0]) / float(said[2])
        self.p50, self.p99 = int(said[5]), int(said[7])


class Threads:
    """Microseconds of each thread of a process by now."""

    def __init__(self, pid):
        self.used = {}
        for name in glob.glob("/proc/%d/task/*/schedstat" % pid):
            with contextlib.suppress(OSError), open(name) as text:
                self.used[name] = int(text.read().split()[0]) / 1e3

    def since(self, before):
        each = [now - before.used.get(name, 0) for name, now in self.used.items()]
        return sum(each), max(each)


class Servers:
    """The same of all of PostgreSQL's processes; the busiest one says nothing."""

    def __init__(self, postmaster):
        self.backends = Backends(postmaster)

    def since(self, before):
        used = self.backends.since(before.backends)
        return used, used


def cpu_of(pid):
    return lambda: Threads(pid)


def no_clock():
    return Threads(os.getpid())


def median(turns, what):
    return statistics.median(getattr(turn, what) for turn in turns)


def ratio(ours, theirs, what):
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs))


class Bench:
    def __init__(self, options, path):
        self.options, self.path = options, path
        self.times = {"run": 1000 * options.seconds, "warm": 500, "clients": 50, "keys": KEYS}
        self.source = os.environ["SLUICE"]
        self.port = self.postmaster = None

    def tool(self, name):
        return os.path.join(os.path.dirname(self.source), "bench", name)

    def sluice(self, name, more):
        peer = Peer("sluice-" + name, self.source, self.path, 1)
        peer.more = more
        return peer.run(self.port, under=("taskset", "-c", "0"))

    @contextlib.contextmanager
    def redis(self):
        port = scratch.free_port()
        with open(self.path + "/redis.log", "w") as out:
            process = subprocess.Popen(["taskset", "-c", "0", "redis-server", "--port", str(port), "--save", "",
                                        "--appendonly", "no", "--bind", "127.0.0.1"], stdout=out, cwd=self.path)
        try:
            sets = "".join("SET key:%d %s\n" % (FIRST + i, "x" * 100) for i in range(KEYS))
            time.sleep(0.5)
            scratch.check(["redis-cli", "-p", str(port)], input=sets)
            yield port, process.pid
        finally:
            scratch.stop(process, 15)

    def fill(self, port, sql=LOOK_SIMPLE):
        """Every key once, and again, until what is asked for comes from memory."""
        Turn(self, "simple", port, no_clock, sql, warm=3000, run=10, clients=10)

    def rounds(self, turns):
        """turns: name -> a function that takes one. The results by name, a place a round."""
        results = {name: [] for name in turns}
        names = list(turns)
        for turn in range(self.options.rounds):
            for i in range(len(names)):
                name = names[(turn + i) % len(names)]
                results[name].append(turns[name]())
        return results

    # ---- what is measured ---------------------------------------------------------------

    def hits(self):
        with self.redis() as (redis, redis_pid), self.sluice("hits", CACHE) as (port, process):
            self.fill(port)
            for depth in (1, 16):
                ours = cpu_of(process.pid)
                got = self.rounds({
                    "redis": lambda: Turn(self, "redis", redis, cpu_of(redis_pid), depth=depth),
                    "prepared": lambda: Turn(self, "prepared", port, ours, LOOK, depth=depth),
                    "described": lambda: Turn(self, "described", port, ours, LOOK, depth=depth),
                    "simple": lambda: Turn(self, "simple", port, ours, LOOK_SIMPLE, depth=depth)})
                rows = [[name, number(median(turns, "cpu")), "%.2f" % ratio(turns, got["redis"], "cpu"),
                         number(median(turns, "busiest")), "%.2f" % ratio(turns, got["redis"], "busiest"),
                         number(median(turns, "rate")), "%.2f" % ratio(turns, got["redis"], "rate"),
                         number(median(turns, "p50")), number(median(turns, "p99"))]
                        for name, turns in got.items()]
                print("A hit of 100 bytes, 50 connections, %d in flight on each\n" % depth)
                table(["", "us CPU", "to redis", "its worker", "to redis", "answers/s", "to redis", "p50 us", "p99 us"], rows)

    def postgresql(self):
        with self.sluice("hits", CACHE) as (port, process):
            self.fill(port)
            got = self.rounds({
                "postgresql": lambda: Turn(self, "prepared", self.port, lambda: Servers(self.postmaster), LOOK),
                "hit": lambda: Turn(self, "prepared", port, cpu_of(process.pid), LOOK)})
        print("A SELECT by primary key, prepared, 50 connections: us CPU of PostgreSQL %s, of a hit %s: %.1f to one\n"
              % (number(median(got["postgresql"], "cpu")), number(median(got["hit"], "cpu")),
                 ratio(got["postgresql"], got["hit"], "cpu")))

    def aggregate(self):
        with self.sluice("hits", CACHE) as (port, process):
            self.fill(port, SUM)
            got = self.rounds({
                "postgresql": lambda: Turn(self, "simple", self.port, lambda: Servers(self.postmaster), SUM,
                                           clients=1),
                "hit": lambda: Turn(self, "simple", port, cpu_of(process.pid), SUM, clients=1)})
        print("An aggregate, one connection: p50 of PostgreSQL %s us, of a hit %s us: %.0f to one; CPU %s and %s us:"
              " %.0f to one\n"
              % (number(median(got["postgresql"], "p50")), number(median(got["hit"], "p50")),
                 ratio(got["postgresql"], got["hit"], "p50"), number(median(got["postgresql"], "cpu")),
                 number(median(got["hit"], "cpu")), ratio(got["postgresql"], got["hit"], "cpu")))

    def beside_off(self, what, sql, more, **options):
        with self.sluice("on", more) as (on, process), self.sluice("off", []) as (off, other):
            got = self.rounds({
                "on": lambda: Turn(self, "prepared", on, cpu_of(process.pid), sql, **options),
                "off": lambda: Turn(self, "prepared", off, cpu_of(other.pid), sql, **options)})
        print("%s, us CPU: with a cache %s, without %s, the median of the differences %+.2f, of the worker"
              " alone %+.2f\n"
              % (what, number(median(got["on"], "cpu")), number(median(got["off"], "cpu")),
                 *(statistics.median(getattr(a, of) - getattr(b, of) for a, b in zip(got["on"], got["off"]))
                   for of in ("cpu", "busiest"))))

    def misses(self):
        self.beside_off("A miss (a million keys, memory for some)", LOOK, CACHE + ["memory = 1MB"], keys=ROWS)

    def writes(self):
        self.beside_off("An UPDATE by primary key, with its change in the stream", ADD, CACHE, keys=ROWS)
        self.beside_off("An UPDATE by primary key, without a stream", ADD,
                        ["[cache]", "mode = safe", "through_sluice = *"], keys=ROWS)

    def late(self):
        with self.sluice("late", CACHE) as (port, _):
            Turn(self, "simple", port, no_clock, "SELECT n FROM hit WHERE id = KEY", warm=3000, run=10, clients=10)
            for _ in range(min(3, self.options.rounds)):
                print("Past Sluice: " + scratch.check([self.tool("bench_late"), str(port), str(self.port), "1000",
                                                       "500"]), end="")
        print()

    def syscalls(self):
        rows = []
        with self.redis() as (redis, redis_pid), self.sluice("hits", CACHE) as (port, process):
            self.fill(port)
            for depth in (1, 16):
                for name, kind, at, pid in (("redis", "redis", redis, redis_pid),
                                            ("sluice", "prepared", port, process.pid)):
                    rates = []
                    counts = meter.system_calls(pid, self.path, lambda: rates.append(
                        Turn(self, kind, at, no_clock, LOOK, depth=depth, warm=0)))
                    if counts is None:
                        raise Failed("strace may not attach")
                    done = rates[0].rate * self.options.seconds
                    most = sorted(counts.items(), key=lambda item: -item[1])[:4]
                    rows.append(["%s, %d in flight" % (name, depth), "%.2f" % (sum(counts.values()) / done),
                                 ", ".join("%s %.2f" % (call, count / done) for call, count in most)])
        print("System calls an answer, of all threads, logins included\n")
        table(["", "calls", "of which"], rows)

    def run(self):
        conf = "wal_level=logical\nmax_wal_senders=20\nmax_replication_slots=20\n"
        with scratch.postgres(self.path, conf, make_tables) as self.port:
            with open(self.path + "/data/postmaster.pid") as text:
                self.postmaster = int(text.readline())
            for part in PARTS:
                if not self.options.only or part in self.options.only.split(","):
                    getattr(self, part)()


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
            Bench(options, path).run()
    except Failed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
