# SPDX-License-Identifier: PostgreSQL
"""The loads: each runs against a port for a while and says how much was done.

A load is a row of LOADS. Its `run` gives a Sample; units are transactions, or MiB for bulk data.
"""

import collections
import glob
import os
import re
import resource
import socket
import statistics
import struct
import subprocess
import time

import scratch
from scratch import DATABASE, ENVIRONMENT, LOGIN_USER, USER, Failed

HERE = os.path.dirname(os.path.abspath(__file__))

# rate is units per second; done is what CPU time is divided by; p99 in milliseconds where taken.
Sample = collections.namedtuple("Sample", "done rate p99", defaults=(None,))
Load = collections.namedtuple("Load", "name unit run login prepared quick")


def pgbench_words(port, clients, options, user=USER):
    return ["pgbench", "-n", "-h", "127.0.0.1", "-p", str(port), "-U", user, "-c", str(clients),
            "-j", "1"] + options + [DATABASE]


def pgbench_read(output, errors):
    done = re.search(r"actually processed: (\d+)", output)
    rate = re.search(r"tps = ([\d.]+)", output)
    if not done or not rate or int(done.group(1)) == 0 or "aborted" in errors:
        raise Failed("pgbench: " + (errors or output).strip()[-300:])
    return Sample(int(done.group(1)), float(rate.group(1)))


def pgbench(port, clients, options, user=USER, sslmode="disable", cwd=None):
    environment = dict(ENVIRONMENT, PGSSLMODE=sslmode)
    done = subprocess.run(pgbench_words(port, clients, options, user), capture_output=True, text=True,
                          env=environment, cwd=cwd, check=False)
    return pgbench_read(done.stdout, done.stderr)


def select(mode, clients):
    # A hundred direct connections may take most of a second.
    more = 1 if clients == 100 else 0
    return lambda port, seconds: pgbench(port, clients, ["-S", "-M", mode, "-T", str(seconds + more)])


def script(name, mode, clients):
    words = ["-M", mode, "-f", "%s/sql/%s" % (HERE, name)]
    return lambda port, seconds: pgbench(port, clients, words + ["-T", str(seconds)])


def tpcb(port, seconds):
    return pgbench(port, 16, ["-M", "simple", "-T", str(seconds)])


def connect(sslmode):
    words = ["-S", "-C", "-M", "simple"]
    return lambda port, seconds: pgbench(port, 4, words + ["-T", str(seconds)], LOGIN_USER, sslmode)


def copy_out(port, seconds):
    """As many whole copies as begin within the time."""
    copies, begin = 0, time.monotonic()
    while time.monotonic() < begin + seconds:
        command = ["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "-o", os.devnull,
                   "-c", "COPY bulk TO STDOUT", DATABASE]
        scratch.check(command)
        copies += 1
    mib = copies * scratch.COPY_MIB
    return Sample(mib, mib / (time.monotonic() - begin))


def many_idle(port, seconds):
    with Idle(port, 1000):
        return pgbench(port, 16, ["-S", "-M", "simple", "-T", str(seconds)])


def under_logins(rate):
    """Eight clients query while others log in over TLS `rate` times a second: the p99 of the queries."""
    def run(port, seconds):
        # pgbench leaves its log of latencies where it runs.
        with scratch.folder() as path:
            seconds = max(seconds, 3)
            others = None
            if rate:
                words = pgbench_words(port, 4, ["-S", "-C", "-R", str(rate), "-T", str(seconds)], LOGIN_USER)
                others = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                          env=dict(ENVIRONMENT, PGSSLMODE="require"))
            try:
                words = ["-S", "-M", "simple", "-R", "2000", "-l", "-T", str(seconds - 1)]
                sample = pgbench(port, 8, words, LOGIN_USER, cwd=path)
            finally:
                if others:
                    others.wait()
            return sample._replace(p99=p99_of(path))
    return run


def p99_of(path):
    """Column 3 is the time since the scheduled start, column 7 the lag behind the schedule: the
    difference is the query's own time."""
    times = []
    for name in glob.glob(path + "/pgbench_log.*"):
        with open(name) as text:
            for line in text:
                fields = line.split()
                times.append(int(fields[2]) - int(fields[6]))
    if len(times) < 100:
        raise Failed("pgbench logged only %d latencies" % len(times))
    return statistics.quantiles(times, n=100)[98] / 1e3


class Idle:
    """Clients that have logged in and do nothing."""

    def __init__(self, port, count):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < count + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 1000, hard), hard))
        self.port = port
        self.count = count
        self.sockets = []

    def __enter__(self):
        try:
            for _ in range(self.count):
                self.sockets.append(self.login())
        except OSError as failure:
            self.close()
            raise Failed("idle client %d: %s" % (len(self.sockets), failure))
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for s in self.sockets:
            s.close()
        self.sockets = []

    def login(self):
        s = socket.create_connection(("127.0.0.1", self.port), 20)
        body = struct.pack("!I", 196608)
        body += ("user\0%s\0database\0%s\0\0" % (USER, DATABASE)).encode()
        s.sendall(struct.pack("!I", len(body) + 4) + body)
        reply = b""
        while not reply.endswith(b"Z\0\0\0\x05I"):
            more = s.recv(65536)
            if not more or reply.startswith(b"E"):
                raise OSError("refused: %r" % (reply + more)[:200])
            reply += more
        return s


def make_loads():
    loads = []
    for mode in ("simple", "extended", "prepared"):
        for clients in (1, 16, 100):
            loads.append(Load("%s-%d" % (mode, clients), "tx", select(mode, clients), False,
                              mode == "prepared", clients == 16 and mode != "extended"))
    script_row = script("pipelined.sql", "prepared", 16)
    loads += [
        Load("pipelined-16", "tx", script_row, False, True, True),
        Load("tpcb-16", "tx", tpcb, False, False, True),
        Load("idle1000-16", "tx", many_idle, False, False, False),
        Load("result-4", "MiB", script("result.sql", "simple", 4), False, False, True),
        Load("copyout-1", "MiB", copy_out, False, False, True),
        Load("connect-4", "tx", connect("disable"), True, False, False),
        Load("connect-tls-4", "tx", connect("require"), True, False, True),
        Load("p99-quiet-8", "tx", under_logins(0), True, False, False),
        Load("p99-logins-8", "tx", under_logins(200), True, False, False),
    ]
    return loads


LOADS = make_loads()
