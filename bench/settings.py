# SPDX-License-Identifier: PostgreSQL
"""What settings of a session's own cost in transaction pooling: all clients with ten, half of them, and none.

Where half have some, a client may be given a server that was another kind's: what is set ahead of it then
is in the figure. Turns as in stats.py.
"""

import statistics

import loads
import meter
from stats import quartiles

TURN = 1000
KINDS = (("none", 0), ("ten each", 1), ("ten, every other", 2))
HEAD = ["", "clients", "none", "ten each", "/ none", "quartiles", "every other", "/ none", "quartiles"]


def microseconds(port, process, mode, clients, kind):
    words = ["-M", mode, "-t", str(TURN), "-D", "done=0", "-D", "kind=%d" % kind,
             "-f", "%s/sql/settings.sql" % loads.HERE]
    before = meter.Cpu(process.pid)
    sample = loads.pgbench(port, clients, words)
    return (meter.Cpu(process.pid).total - before.total) / sample.done


def row(port, process, mode, clients, rounds):
    used = {name: [] for name, _ in KINDS}
    for turn in range(rounds + 1):  # the first one only warms up
        for i in range(len(KINDS)):
            name, kind = KINDS[(turn + i) % len(KINDS)]
            value = microseconds(port, process, mode, clients, kind)
            if turn > 0:
                used[name].append(value)
    cells = ["%s, us/tx" % mode, "%d" % clients]
    for i, (name, _) in enumerate(KINDS):
        cells.append("%.2f" % statistics.median(used[name]))
        if i > 0:
            cells += quartiles([a / b for a, b in zip(used[name], used["none"])])
    return cells


def measure(bench):
    """The rows of the table; 16 clients have a server each of the pool's 20, of 40 not all."""
    with bench.sluice.run(bench.server_port) as (port, process):
        return [row(port, process, mode, clients, bench.options.rounds * 2)
                for mode in ("simple", "extended") for clients in (16, 40)]
