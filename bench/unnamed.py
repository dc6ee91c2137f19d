# SPDX-License-Identifier: PostgreSQL
"""What reuse_unnamed saves: PostgreSQL's CPU time for unnamed statements of the extended protocol,
through Sluice with it, without it, and through PgBouncer; and the proxy's own beside it.

Turns are short and many, and the peers change places from round to round: a ratio is the median of
the rounds'. A server process belongs to one peer for the whole run, so that what it is asked to
keep stays kept.
"""

import contextlib
import os
import statistics

import loads
import meter
from scratch import Peer

CLIENTS = 16
TURN = 1000  # transactions of each client in one turn
HEAD = ["", "on", "off", "pgbouncer", "on / off", "quartiles", "on / pgbouncer", "quartiles"]


class Backends:
    """Microseconds of all of PostgreSQL's processes by now."""

    def __init__(self, postmaster):
        self.used = {}
        with open("/proc/%d/task/%d/children" % (postmaster, postmaster)) as text:
            for pid in text.read().split():
                with contextlib.suppress(OSError):
                    self.used[pid] = meter.Cpu(int(pid)).total

    def since(self, before):
        return sum(now - before.used.get(pid, 0) for pid, now in self.used.items())


def turn(port, process, postmaster, words):
    before, server = meter.Cpu(process.pid), Backends(postmaster)
    sample = loads.pgbench(port, CLIENTS, words + ["-t", str(TURN)])
    return (Backends(postmaster).since(server) / sample.done,
            (meter.Cpu(process.pid).total - before.total) / sample.done)


def cells(name, columns):
    on, off, other = columns
    out = [name] + ["%.2f" % statistics.median(values) for values in columns]
    for theirs in (off, other):
        low, middle, high = statistics.quantiles([a / b for a, b in zip(on, theirs)], n=4)
        out += ["%.3f" % middle, "%.3f to %.3f" % (low, high)]
    return out


def rows_of(name, words, peers, at, postmaster, rounds):
    used = {peer.name: [] for peer in peers}
    for number in range(rounds + 1):  # the first one only warms up
        for i in range(len(peers)):
            peer = peers[(number + i) % len(peers)]
            value = turn(*at[peer.name], postmaster, words)
            if number > 0:
                used[peer.name].append(value)
    return [cells("%s, %s us/tx" % (name, whose), [[v[i] for v in used[peer.name]] for peer in peers])
            for i, whose in enumerate(("PostgreSQL's", "the proxy's"))]


def measure(bench):
    """The rows of the table."""
    off = Peer("sluice", bench.sluice.source, bench.path, bench.sluice.workers)
    off.name, off.more = "sluice-unkept", ["reuse_unnamed = 0"]
    peers = [bench.sluice, off, bench.pgbouncer]
    with open(os.path.join(bench.path, "data", "postmaster.pid")) as text:
        postmaster = int(text.readline())
    rows = []
    with contextlib.ExitStack() as stack:
        at = {peer.name: stack.enter_context(peer.run(bench.server_port)) for peer in peers}
        for name, words in (("select-only", ["-S", "-M", "extended"]),
                            ("no parameters", ["-M", "extended", "-f", loads.HERE + "/sql/constant.sql"])):
            rows += rows_of(name, words, peers, at, postmaster, bench.options.rounds * 2)
    return rows
