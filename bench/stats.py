# SPDX-License-Identifier: PostgreSQL
"""What [stats] mode = on costs: Sluice with it, Sluice without, and PgBouncer, which has no such thing.

Turns are short and many, since what is sought is a hundredth: each is the same number of
transactions, the peers change places from round to round, and a ratio is the median of the rounds'.
"""

import contextlib
import statistics

import loads
import meter
from scratch import Failed, Peer

CLIENTS = 16
TURN = 500  # transactions of each client in one turn
HEAD = ["", "on", "off", "pgbouncer", "on / off", "quartiles", "on / pgbouncer", "quartiles"]


def microseconds(port, process, mode):
    words = ["-S", "-M", mode, "-t", str(TURN)]
    before = meter.Cpu(process.pid)
    sample = loads.pgbench(port, CLIENTS, words)
    return (meter.Cpu(process.pid).total - before.total) / sample.done


def quartiles(ratios):
    low, middle, high = statistics.quantiles(ratios, n=4)
    return ["%.3f" % middle, "%.3f to %.3f" % (low, high)]


def row(mode, peers, at, rounds):
    """None where PgBouncer is too old to prepare."""
    if mode == "prepared" and not peers[-1].prepares:
        return None
    used = {peer.name: [] for peer in peers}
    for turn in range(rounds + 1):  # the first one only warms up
        for i in range(len(peers)):
            peer = peers[(turn + i) % len(peers)]
            value = microseconds(*at[peer.name], mode)
            if turn > 0:
                used[peer.name].append(value)
    on, off, other = (used[peer.name] for peer in peers)
    return (["%s, us/tx" % mode] + ["%.2f" % statistics.median(values) for values in (on, off, other)]
            + quartiles([a / b for a, b in zip(on, off)])
            + quartiles([a / b for a, b in zip(on, other)]))


def instructions(mode, peers, bench):
    try:
        counts = [bench.instructions_of(peer, mode) for peer in peers]
    except Failed as failure:
        return ["%s, instructions/tx" % mode, str(failure)] + [""] * 6
    on, off, other = (None if isinstance(count, str) else count[0] for count in counts)
    cells = ["-" if value is None else "{:,.0f}".format(value) for value in (on, off, other)]
    return (["%s, instructions/tx" % mode] + cells
            + ["%.3f" % (on / off), "", "%.3f" % (on / other) if other else "-", ""])


def measure(bench):
    """The rows of the table."""
    silent = Peer("sluice", bench.sluice.source, bench.path, bench.sluice.workers)
    silent.name, silent.more = "sluice-off", ["[stats]", "mode = off"]
    peers = [bench.sluice, silent, bench.pgbouncer]
    rounds = bench.options.rounds * 6
    rows = []
    with contextlib.ExitStack() as stack:
        at = {peer.name: stack.enter_context(peer.run(bench.server_port)) for peer in peers}
        for mode in bench.modes():
            rows.append(row(mode, peers, at, rounds))
    rows += [instructions(mode, peers, bench) for mode in bench.modes()]
    return [cells for cells in rows if cells is not None]
