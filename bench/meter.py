# SPDX-License-Identifier: PostgreSQL
"""What a process costs: CPU time and memory from /proc, system calls by strace, instructions and
heap allocations by callgrind."""

import glob
import os
import re
import signal
import subprocess
import time

from scratch import Failed, as_owner, ENVIRONMENT

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
ALLOCATORS = ("malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "strdup")


class Cpu:
    """Microseconds used: in all by the scheduler's clock where there is one, by ticks user and system."""

    def __init__(self, pid):
        with open("/proc/%d/stat" % pid) as text:
            fields = text.read().rsplit(")", 1)[1].split()
        self.user = int(fields[11]) * TICK_US
        self.system = int(fields[12]) * TICK_US
        self.total = self.user + self.system
        exact = 0.0
        for name in glob.glob("/proc/%d/task/*/schedstat" % pid):
            try:
                with open(name) as text:
                    exact += int(text.read().split()[0]) / 1e3
            except OSError:
                continue
        self.total = exact or self.total


def resident_kib(pid):
    with open("/proc/%d/status" % pid) as text:
        return int(re.search(r"VmRSS:\s+(\d+)", text.read()).group(1))


def system_calls(pid, path, work):
    """The calls made while work() runs: {name: count}, or None where strace may not attach."""
    out = path + "/strace.txt"
    tracer = subprocess.Popen(["strace", "-c", "-f", "-qq", "-o", out, "-p", str(pid)],
                              stderr=subprocess.DEVNULL)
    time.sleep(0.6)
    if tracer.poll() is not None:
        return None
    try:
        work()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
    counts = {}
    with open(out) as text:
        for line in text:
            fields = line.split()
            if len(fields) >= 5 and fields[0][0].isdigit() and fields[-1] != "total":
                counts[fields[-1]] = int(fields[3])
    return counts


class Callgrind:
    """Instructions of a process that runs under callgrind, warm-up excluded: two lengths of the same
    work are dumped apart, and what both have in common (logins, first uses) falls out."""

    def __init__(self, path):
        self.out = path + "/callgrind"

    def words(self):
        for old in glob.glob(self.out + "*"):
            os.unlink(old)
        return ["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=" + self.out]

    def control(self, pid, what):
        command = as_owner(["callgrind_control", what, str(pid)])
        subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=False)

    def difference(self, pid, work, short, long):
        """(instructions, allocations) of long - short rounds of work."""
        work(short)
        self.control(pid, "-z")
        work(short)
        self.control(pid, "-d")
        work(long)
        self.control(pid, "-d")
        low, high = self.read(self.out + ".1"), self.read(self.out + ".2")
        return high[0] - low[0], high[1] - low[1]

    @staticmethod
    def read(name):
        names, callee, instructions, allocations = {}, "", None, 0
        try:
            text = open(name)
        except OSError as failure:
            raise Failed("callgrind left no dump: %s" % failure)
        with text:
            for line in text:
                if line.startswith(("fn=", "cfn=")):
                    mark, _, function = line.strip().split("=", 1)[1].partition(" ")
                    if function:
                        names[mark] = function
                    if line.startswith("cfn="):
                        callee = names.get(mark, "")
                elif line.startswith("calls="):
                    if callee.split("@")[0].split("'")[0] in ALLOCATORS:
                        allocations += int(line[6:].split()[0])
                elif line.startswith(("summary:", "totals:")):
                    instructions = int(line.split()[1])
        if not instructions:
            raise Failed("callgrind counted nothing: %s" % name)
        return instructions, allocations
