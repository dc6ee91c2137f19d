# SPDX-License-Identifier: PostgreSQL
"""Restarts by `sluice -R`: how many idle clients keep their sessions, and how long those that work wait.

    SLUICE=build/sluice python3 bench/handover.py [IDLE [RESTARTS]]

Sixteen clients ask one query after another while process after process takes over; the longest answer
counts. Then each idle client says what it had set before the first restart.
"""

import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time

import scratch

WORKERS = 16
SHUTDOWN_S = 30


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


class Client:
    """One connection without a library: it must be cheap, and show what the socket does."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes = b""
        body = struct.pack("!I", 196608) + b"user\0bench\0database\0bench\0\0"
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self.read_answer()

    def send(self, text):
        self.socket.sendall(message(b"Q", text.encode() + b"\0"))

    def take(self):
        """What has come; the rows of a whole answer, or None. Raises when the session has ended."""
        got = self.socket.recv(65536)
        if not got:
            raise scratch.Failed("a session has ended")
        self.bytes += got
        rows, at = [], 0
        while at + 5 <= len(self.bytes):
            size = struct.unpack_from("!I", self.bytes, at + 1)[0]
            if at + 1 + size > len(self.bytes):
                return None
            kind, body = self.bytes[at:at + 1], self.bytes[at + 5:at + 1 + size]
            at += 1 + size
            if kind == b"E":
                raise scratch.Failed("an error: %r" % body)
            if kind == b"D":
                rows.append(body[6:].decode())
            if kind == b"Z":
                self.bytes = self.bytes[at:]
                return rows
        return None

    def read_answer(self):
        rows = None
        while rows is None:
            rows = self.take()
        return rows

    def ask(self, text):
        self.send(text)
        return self.read_answer()


class Load:
    """Clients that ask without a pause."""

    def __init__(self, port):
        self.selector = selectors.DefaultSelector()
        self.longest = 0.0
        self.count = 0
        for _ in range(WORKERS):
            client = Client(port)
            client.socket.setblocking(False)
            self.selector.register(client.socket, selectors.EVENT_READ, client)
            self.begin(client)

    @staticmethod
    def begin(client):
        client.since = time.monotonic()
        client.send("select 1")

    def turn(self, seconds):
        for key, _ in self.selector.select(seconds):
            client = key.data
            if client.take() is not None:
                self.longest = max(self.longest, time.monotonic() - client.since)
                self.count += 1
                self.begin(client)

    def until(self, is_over, seconds):
        self.longest, self.count, end = 0.0, 0, time.monotonic() + seconds
        while not is_over():
            if time.monotonic() > end:
                raise scratch.Failed("it takes longer than %d s" % seconds)
            self.turn(0.001)
        return self.longest * 1000, self.count


def make(path, options):
    """A process that waits for go(): to make one takes long enough to be taken for a pause."""
    with open(path + "/sluice.log", "a") as log:
        command = [path + "/sluice"] + options + [path + "/sluice.ini"]
        waits = ["sh", "-c", "read -r word && exec \"$@\"", "sh"] + scratch.as_owner(command)
        return subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=path)


def go(process):
    process.stdin.write(b"go\n")
    process.stdin.close()
    return process


def start(path, options):
    return go(make(path, options))


def restarts(path, load, process, count):
    others = [make(path, ["-R"]) for _ in range(count)]
    quiet = time.monotonic() + 2
    usual, done = load.until(lambda: time.monotonic() > quiet, 10)
    print("without a restart: longest %.1f ms of %d" % (usual, done))
    worst = 0.0
    for other in others:
        before = time.monotonic()
        following = go(other)
        longest, done = load.until(lambda: process.poll() is not None, SHUTDOWN_S)
        if process.returncode != 0 or following.poll() is not None:
            raise scratch.Failed("a restart failed; %s/sluice.log" % path)
        print("restart: the old process ended after %.0f ms; longest %.1f ms of %d" %
              ((time.monotonic() - before) * 1000, longest, done))
        worst = max(worst, longest)
        process = following
    return worst, process


def measure(path, server_port, idle, count):
    port = scratch.free_port()
    scratch.write(path + "/users.txt", '"bench" ""\n')
    scratch.write(path + "/sluice.ini", "\n".join([
        "[databases]", "bench = host=127.0.0.1 port=%d dbname=bench" % server_port, "[pgbouncer]",
        "listen_addr = 127.0.0.1", "listen_port = %d" % port, "unix_socket_dir = %s" % path,
        "auth_type = trust", "auth_file = %s/users.txt" % path, "pool_mode = transaction",
        "default_pool_size = 20", "max_client_conn = %d" % (idle + 100), "log_connections = 0",
        "log_disconnections = 0", ""]))
    process = start(path, [])
    try:
        time.sleep(0.5)
        clients = [Client(port) for _ in range(idle)]
        for i, client in enumerate(clients):
            client.ask("set my.number = '%d'" % i)
        worst, process = restarts(path, Load(port), process, count)
        kept = 0
        for i, client in enumerate(clients):
            try:
                kept += client.ask("select current_setting('my.number')") == ["%d" % i]
            except (OSError, scratch.Failed):
                pass
        print("idle clients kept over %d restarts: %d of %d; longest answer %.1f ms" %
              (count, kept, idle, worst))
    finally:
        scratch.stop(process, signal.SIGQUIT)


def main():
    idle = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    scratch.SCALE, scratch.COPY_MIB = 1, 1
    with scratch.folder() as path:
        with open(os.environ.get("SLUICE", "build/sluice"), "rb") as source:
            with open(path + "/sluice", "wb") as copy:
                copy.write(source.read())
        os.chmod(path + "/sluice", 0o755)
        with scratch.postgres(path) as server_port:
            measure(path, server_port, idle, count)


if __name__ == "__main__":
    main()
