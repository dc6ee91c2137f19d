# SPDX-License-Identifier: PostgreSQL
"""What a scrape of /metrics costs with 10,000 shapes, or 1,024 pools, in memory, and who waits for it.

    SLUICE=build/bench/sluice python3 bench/scrape.py

A scrape's time is the client's, from its request to the answer's last byte; CPU time is that of
HTTP's thread and of all others, by the scheduler's clock. p99 is that of eight clients who query at
a fixed rate while /metrics is scraped every quarter of a second, and while it is not, in turns.
"""

import contextlib
import glob
import http.client
import os
import statistics
import sys
import threading
import time

import loads
import scratch
from scratch import Failed, Peer

SHAPES = 10000
CALLS = 3  # of each shape: what comes once only is on probation
POOLS = 1024  # as many have totals of their own (optimizer/README.md)
SCRAPES = 40
ROUNDS = 5
SECONDS = 4
EVERY = 0.25
RATE = 2000  # queries a second


def thread_ns(pid):
    """CPU time of HTTP's thread and of all others."""
    own, others = 0, 0
    for task in glob.glob("/proc/%d/task/*" % pid):
        with open(task + "/comm") as name, open(task + "/schedstat") as used:
            ns = int(used.read().split()[0])
            if name.read().strip() == "http":
                own += ns
            else:
                others += ns
    return own, others


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        begin = time.monotonic()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Failed("%s: %d %s" % (path, answer.status, body[:200]))
        return (time.monotonic() - begin) * 1e3, body


def fill(port, path):
    name = path + "/shapes.sql"
    with open(name, "w") as out:
        for _ in range(CALLS):
            for i in range(SHAPES):
                out.write("SELECT aid AS a%d FROM pgbench_accounts WHERE aid = %d;\n" % (i, i + 1))
    scratch.check(["psql", "-X", "-q", "-o", os.devnull, "-h", "127.0.0.1", "-p", str(port), "-U",
                   scratch.USER, "-f", name, scratch.DATABASE])


def sample(body, name):
    for line in body.decode().splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise Failed("/metrics has no " + name)


def measure(path_of_url, pid, http_port):
    get(http_port, path_of_url)
    own, others = thread_ns(pid)
    times = []
    for _ in range(SCRAPES):
        milliseconds, body = get(http_port, path_of_url)
        times.append(milliseconds)
    own_after, others_after = thread_ns(pid)
    print("%-36s %6.2f ms best, %6.2f median, %6.2f worst; CPU %.2f ms on its thread, %.2f on all "
          "others; %d kB" % (path_of_url, min(times), statistics.median(times), max(times),
                             (own_after - own) / SCRAPES / 1e6, (others_after - others) / SCRAPES / 1e6,
                             len(body) / 1024))


class Scraper(threading.Thread):
    def __init__(self, http_port):
        super().__init__()
        self.http_port = http_port
        self.is_over = threading.Event()
        self.count = 0

    def run(self):
        while not self.is_over.wait(EVERY):
            get(self.http_port, "/metrics")
            self.count += 1


def p99(port, http_port):
    """Milliseconds; http_port is None: nobody scrapes."""
    scraper = None if http_port is None else Scraper(http_port)
    with scratch.folder() as path:
        if scraper:
            scraper.start()
        try:
            words = ["-S", "-M", "simple", "-R", str(RATE), "-l", "-T", str(SECONDS)]
            loads.pgbench(port, 8, words, cwd=path)
        finally:
            if scraper:
                scraper.is_over.set()
                scraper.join()
        return loads.p99_of(path)


def compare(port, http_port):
    quiet, scraped = [], []
    for turn in range(ROUNDS):
        order = [(quiet, None), (scraped, http_port)]
        for values, at in order if turn % 2 == 0 else reversed(order):
            values.append(p99(port, at))
    ratios = sorted(b / a for a, b in zip(quiet, scraped))
    print("p99 of queries, ms: %.2f quiet, %.2f scraped every %.2f s; ratio %.2f (%.2f to %.2f)"
          % (statistics.median(quiet), statistics.median(scraped), EVERY, statistics.median(ratios),
             ratios[0], ratios[-1]))


def many_shapes(peer, path, server_port, http_port):
    peer.more = ["[stats]", "mode = on", "shapes = %d" % (SHAPES + SHAPES // 10)] + serve(http_port)
    with peer.run(server_port) as (port, process):
        fill(port, path)
        _, body = get(http_port, "/metrics")
        print("%d shapes in %d kB" % (sample(body, "sluice_shapes"),
                                      sample(body, "sluice_shapes_bytes") / 1024))
        for path_of_url in ("/metrics", "/api/metrics/performance",
                            "/api/metrics/performance?order=p99"):
            measure(path_of_url, process.pid, http_port)
        compare(port, http_port)


def many_pools(peer, path, server_port, http_port):
    peer.more = ["[databases]"]
    peer.more += ["pool%d = host=127.0.0.1 port=%d dbname=%s" % (i, server_port, scratch.DATABASE)
                  for i in range(POOLS)] + serve(http_port)
    name = path + "/pools.sql"
    with open(name, "w") as out:
        for i in range(POOLS):
            out.write("\\connect pool%d\nSELECT 1;\n" % i)
    with peer.run(server_port) as (port, process):
        scratch.check(["psql", "-X", "-q", "-o", os.devnull, "-h", "127.0.0.1", "-p", str(port), "-U",
                       scratch.USER, "-f", name, scratch.DATABASE])
        _, body = get(http_port, "/metrics")
        print("%d pools" % body.count(b"\nsluice_statements_total{"))
        measure("/metrics", process.pid, http_port)


def serve(http_port):
    return ["[http]", "listen = 127.0.0.1:%d" % http_port, "timeout = 20"]


def main():
    with scratch.folder() as path:
        peer = Peer("sluice", os.environ.get("SLUICE", "build/bench/sluice"), path, 2)
        with scratch.postgres(path) as server_port:
            for load in (many_shapes, many_pools):
                load(peer, path, server_port, scratch.free_port())


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
