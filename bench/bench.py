# SPDX-License-Identifier: PostgreSQL
"""The driver behind bench/run: peers in turns, then the tables.

A turn is one load against one peer. Peers change places from round to round, so that what else the
machine does falls on all of them; medians are over rounds, ratios are medians of the
rounds' ratios, the spread is (largest - smallest) / median.
"""

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import sys
import time

import loads
import meter
import scratch
import settings
import stats
import unnamed
from scratch import Failed, Peer

UNSUPPORTED = "not supported by this peer"
MEASUREMENTS = ("stats", "settings", "unnamed", "syscalls", "memory", "instructions")


class Turns:
    """All samples of one load against one peer, a place a round: None where it failed."""

    def __init__(self):
        self.rate, self.cpu, self.user, self.p99 = [], [], [], []
        self.why_not = None

    def missed(self):
        for values in (self.rate, self.cpu, self.user):
            values.append(None)

    def add(self, sample, before, after):
        self.rate.append(sample.rate)
        if sample.p99 is not None:
            self.p99.append(sample.p99)
        if before:
            self.cpu.append((after.total - before.total) / sample.done)
            self.user.append((after.user - before.user) / sample.done)


def known(values):
    return [value for value in values if value is not None]


def median(values):
    return statistics.median(known(values)) if known(values) else None


def spread(values):
    values = known(values)
    middle = median(values)
    return "%.0f%%" % ((max(values) - min(values)) / middle * 100) if middle else "-"


def number(value):
    if value is None:
        return "-"
    return "%.2f" % value if value < 100 else "{:,.0f}".format(value)


def paired_ratio(ours, theirs):
    """The median of the rounds' ratios: neighbours in time share the machine's mood."""
    return median([a / b for a, b in zip(ours, theirs) if a is not None and b])


def ratio(ours, theirs):
    return "%.2f" % (ours / theirs) if ours is not None and theirs else "-"


def table(head, rows):
    """A Markdown table whose columns also line up in a terminal."""
    rows = [head] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for at, row in enumerate(rows):
        cells = [cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(row)]
        print("| " + " | ".join(cells) + " |")
        if at == 0:
            print("|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":"
                                 for i, width in enumerate(widths)) + "|")
    print(flush=True)


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
        sys.stderr.flush()


class Bench:
    def __init__(self, options, path):
        self.options = options
        self.path = path
        self.sluice = Peer("sluice", os.environ["SLUICE"], path, options.workers)
        self.pgbouncer = Peer("pgbouncer", find_pgbouncer(), path, 1)
        self.direct = Peer("direct", None, path, 1)
        self.proxies = [self.sluice, self.pgbouncer]
        self.peers = self.proxies + [self.direct]
        self.server_port = None

    def wants(self, name):
        return not self.options.only or any(name.startswith(only) for only in self.options.only)

    def loads(self):
        named = [load for load in loads.LOADS if self.wants(load.name)]
        return [load for load in named if load.quick or not self.options.quick or self.options.only]

    # ---- loads in turns -------------------------------------------------------------------

    def take_turn(self, load, peer, at, turns):
        port, process = at
        if load.prepared and not peer.prepares:
            turns.why_not = UNSUPPORTED
            return
        before = meter.Cpu(process.pid) if process else None
        try:
            sample = load.run(port, self.options.seconds)
        except Failed as failure:
            turns.why_not = "failed: %s" % failure
            turns.missed()
            return
        turns.add(sample, before, meter.Cpu(process.pid) if process else None)

    def run_loads(self):
        chosen = self.loads()
        if not chosen:
            return
        results = {(load.name, peer.name): Turns() for load in chosen for peer in self.peers}
        with contextlib.ExitStack() as stack:
            at = {}
            for login in sorted({load.login for load in chosen}):
                for peer in self.peers:
                    at[peer.name, login] = stack.enter_context(peer.run(self.server_port, login))
            for turn in range(self.options.rounds):
                for load in chosen:
                    progress("round %d of %d: %s" % (turn + 1, self.options.rounds, load.name))
                    for i in range(len(self.peers)):
                        peer = self.peers[(i + turn) % len(self.peers)]
                        where, turns = at[peer.name, load.login], results[load.name, peer.name]
                        self.take_turn(load, peer, where, turns)
        progress("")
        self.print_cpu(chosen, results)
        self.print_rates(chosen, results)
        self.print_p99(chosen, results)

    def print_cpu(self, chosen, results):
        rows = []
        for load in chosen:
            ours, theirs = (results[load.name, peer.name] for peer in self.proxies)
            cells = ["%s, us/%s" % (load.name, load.unit)]
            for turns in (ours, theirs):
                cells += [number(median(turns.cpu)), number(median(turns.user)), spread(turns.cpu)]
            least = ratio(min(known(ours.cpu), default=None), min(known(theirs.cpu), default=None))
            rows.append(cells + [number(paired_ratio(ours.cpu, theirs.cpu)), least])
        print("CPU time of the proxy, in microseconds (all, user part, spread of all);\n"
              "the last column is the ratio of the smallest values\n")
        table(["load, clients", "sluice", "user", "spread", self.pgbouncer.label, "user", "spread",
               "ratio", "of least"], rows)
        for (load, peer), turns in results.items():
            if turns.why_not:
                print("%s, %s: %s" % (load, peer, turns.why_not))
        print(flush=True)

    def print_rates(self, chosen, results):
        rows = []
        for load in chosen:
            turns = [results[load.name, peer.name] for peer in self.peers]
            cells = ["%s, %s/s" % (load.name, load.unit)]
            for each in turns:
                cells += [number(median(each.rate)), spread(each.rate)]
            rows.append(cells + [number(paired_ratio(turns[0].rate, each.rate)) for each in turns[1:]])
        print("Throughput: client, proxy and server share the cores, so this says less\n")
        table(["load, clients", "sluice", "spread", self.pgbouncer.label, "spread", "direct", "spread",
               "to pgbouncer", "to direct"], rows)

    def print_p99(self, chosen, results):
        names = [load.name for load in chosen if load.name.startswith("p99")]
        if len(names) != 2:
            return
        rows = []
        for peer in self.peers:
            quiet, busy = (median(results[name, peer.name].p99) for name in names)
            rows.append([peer.label, number(quiet), number(busy), ratio(busy, quiet)])
        print("p99 of 2,000 queries/s in ms, alone and beside 200 TLS and SCRAM logins/s\n")
        table(["", "alone", "with logins", "ratio"], rows)

    # ---- what it costs --------------------------------------------------------------------

    def modes(self):
        return ("simple", "prepared") if self.options.quick else ("simple", "extended", "prepared")

    def each_proxy(self, measure):
        """{peer name: value}; a peer that cannot says so as text."""
        values = {}
        for peer in self.proxies:
            try:
                values[peer.name] = measure(peer)
            except Failed as failure:
                values[peer.name] = "failed: %s" % failure
        return values

    def syscalls_of(self, peer, mode):
        if mode == "prepared" and not peer.prepares:
            return UNSUPPORTED
        transactions = 300 if self.options.quick else 600
        with peer.run(self.server_port) as (port, process):
            words = ["-S", "-M", mode, "-t", str(transactions)]
            loads.pgbench(port, 16, words)  # opens the pool
            counts = meter.system_calls(process.pid, self.path, lambda: loads.pgbench(port, 16, words))
        if counts is None:
            return "strace may not attach"
        queries = 16 * transactions
        main = sorted(((count / queries, name) for name, count in counts.items()), reverse=True)
        return (sum(counts.values()) / queries,
                ", ".join("%s %.2f" % (name, count) for count, name in main if count >= 0.01))

    def syscalls(self):
        rows = []
        for mode in self.modes():
            values = self.each_proxy(lambda peer, mode=mode: self.syscalls_of(peer, mode))
            for peer in self.proxies:
                value = values[peer.name]
                cells = [value, ""] if isinstance(value, str) else ["%.2f" % value[0], value[1]]
                rows.append(["%s, %s" % (mode, peer.label)] + cells)
        print("System calls per query, 16 clients (logins included)\n")
        table(["", "calls", "of which"], rows)

    def stats(self):
        rows = stats.measure(self)
        print("What naming and timing every statement costs: [stats] mode = on, off, and PgBouncer;\n"
              "16 clients, CPU time (medians of turns, ratios of neighbours in time) and instructions\n")
        table(stats.HEAD, rows)

    def settings(self):
        rows = settings.measure(self)
        print("What ten settings of a session's own cost, 20 servers: CPU time of the proxy\n")
        table(settings.HEAD, rows)

    def unnamed(self):
        rows = unnamed.measure(self)
        print("What reuse_unnamed saves: on (the default), off, and PgBouncer; extended protocol without\n"
              "names, 16 clients, CPU time (medians of turns, ratios of neighbours in time)\n")
        table(unnamed.HEAD, rows)

    def memory_of(self, peer, clients):
        with peer.run(self.server_port) as (port, process):
            with loads.Idle(port, 10):
                time.sleep(0.5)
                before = meter.resident_kib(process.pid)
                with loads.Idle(port, clients):
                    time.sleep(1.5)
                    after = meter.resident_kib(process.pid)
        return before, after, (after - before) * 1024 / clients

    def memory(self):
        clients = 2000 if self.options.quick else 5000
        values = self.each_proxy(lambda peer: self.memory_of(peer, clients))
        rows = []
        for peer in self.proxies:
            value = values[peer.name]
            cells = [value, "", ""] if isinstance(value, str) else [number(v) for v in value]
            rows.append([peer.label] + cells)
        print("Resident memory, %d idle clients in transaction mode, TCP without TLS\n" % clients)
        table(["", "KiB before", "KiB after", "bytes a client"], rows)

    def instructions_of(self, peer, mode):
        if mode == "prepared" and not peer.prepares:
            return UNSUPPORTED
        short, long = (50, 250) if self.options.quick else (100, 600)
        grind = meter.Callgrind(self.path)
        with peer.run(self.server_port, under=grind.words()) as (port, process):
            def work(transactions):
                loads.pgbench(port, 16, ["-S", "-M", mode, "-t", str(transactions)])
            instructions, allocations = grind.difference(process.pid, work, short, long)
        if self.options.keep:
            shutil.copy(grind.out + ".2", "%s/callgrind.%s.%s" % (self.options.keep, peer.name, mode))
        done = 16 * (long - short)
        return instructions / done, allocations / done

    def instructions(self):
        rows = []
        for mode in self.modes():
            values = self.each_proxy(lambda peer, mode=mode: self.instructions_of(peer, mode))
            cells, counts = [], []
            for peer in self.proxies:
                value = values[peer.name]
                told = isinstance(value, str)
                cells += [value, ""] if told else ["{:,.0f}".format(value[0]), "%.2f" % max(value[1], 0)]
                counts.append(None if told else value[0])
            rows.append([mode] + cells + [ratio(*counts)])
        print("User-space instructions and heap allocations per transaction, 16 clients, callgrind\n")
        table(["", "sluice", "allocations", self.pgbouncer.label, "allocations", "ratio"], rows)

    def run(self):
        with scratch.postgres(self.path) as self.server_port:
            self.run_loads()
            for name in MEASUREMENTS:
                if self.wants(name):
                    getattr(self, name)()


def find_pgbouncer():
    path = os.environ["PATH"] + ":/usr/sbin"
    found = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer", path=path)
    if not found:
        raise Failed("there is no pgbouncer: install Debian's or set PGBOUNCER")
    return found


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run", add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--no-install", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or 1
    names = [load.name for load in loads.LOADS] + list(MEASUREMENTS)
    for only in options.only:
        if not any(name.startswith(only) for name in names):
            parser.error("nothing begins with '%s'; there are: %s" % (only, " ".join(names)))
    if options.list:
        print("\n".join(names))
        sys.exit(0)
    return options


def interrupted(signum, _):
    sys.exit(128 + signum)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, interrupted)
    begin = time.monotonic()
    try:
        with scratch.folder() as path:
            bench = Bench(options, path)
            print("Sluice with %d worker(s), %s, direct PostgreSQL; %d rounds of %d s; %d cores, load %.1f\n"
                  % (options.workers, bench.pgbouncer.label, options.rounds, options.seconds,
                     os.cpu_count(), os.getloadavg()[0]), flush=True)
            bench.run()
    except Failed as failure:
        print("bench/run: %s" % failure, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    print("%.0f seconds." % (time.monotonic() - begin))


if __name__ == "__main__":
    main()
