# SPDX-License-Identifier: PostgreSQL
"""Scratch processes: one PostgreSQL and the proxies before it, in a temporary folder.

Everything started here is stopped by leaving the `with` block, by the process handle, never by name.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PG_BIN = os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin")
USER = "bench"  # logs in without a password
LOGIN_USER = "login"  # logs in by SCRAM
PASSWORD = "a password for a scratch server"
DATABASE = "bench"
SCALE = 20
COPY_MIB = 100
WIRE_ROWS_MIB = 9447  # rows of 111 bytes on the wire
COPY_ROWS_MIB = 9892  # CopyData messages of 106 bytes

ENVIRONMENT = {
    "PATH": PG_BIN + ":" + os.environ.get("PATH", "/usr/bin:/bin"),
    "LANG": "C",
    "PGSSLMODE": "disable",
    "PGGSSENCMODE": "disable",
    "PGPASSWORD": PASSWORD,
}


class Failed(Exception):
    """Something of the bench itself did not work; the message says what."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def as_owner(command):
    """PostgreSQL refuses to run as root, and so do the proxies."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command


def check(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, **options)
    if done.returncode != 0:
        raise Failed("%s: %s" % (" ".join(command), (done.stderr or done.stdout).strip()[-400:]))
    return done.stdout


def psql(port, statement, user=USER):
    command = ["psql", "-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-p", str(port), "-U", user]
    return check(command + ["-v", "ON_ERROR_STOP=1", "-c", statement, DATABASE])


def answers(port, user, seconds, process, log):
    """Waits until a login and a query succeed."""
    last = ""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            psql(port, "SELECT 1", user)
            return
        except Failed as failure:
            last = str(failure)
        time.sleep(0.1)
    with open(log, errors="replace") as text:
        raise Failed("%s does not answer: %s\n%s" % (process.args[-2], last, text.read()[-800:]))


def stop(process, how):
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="sluice-bench-")
    try:
        os.chmod(path, 0o755)
        own(path)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def own(path):
    if os.getuid() == 0:
        shutil.chown(path, "postgres", "postgres")


def write(path, text, mode=0o644):
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)
    own(path)


def make_certificate(path):
    key, cert = path + "/tls.key", path + "/tls.crt"
    check(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
           "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"])
    for name in (key, cert):
        os.chmod(name, 0o600)
        own(name)


@contextlib.contextmanager
def postgres(path, more="", tables=None):
    """A server with the bench's tables, or others; yields its port. Durability is off: it would measure the disk.

    more: lines of its configuration; tables(port): instead of the bench's, in a database that is there."""
    port, data, log = free_port(), path + "/data", path + "/postgres.log"
    make_certificate(path)
    check(as_owner([PG_BIN + "/initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N"]), cwd=path)
    with open(data + "/postgresql.conf", "a") as conf:
        conf.write("port=%d\nlisten_addresses='127.0.0.1'\nunix_socket_directories='%s'\n" % (port, data))
        conf.write("fsync=off\nsynchronous_commit=off\nautovacuum=off\nmax_wal_size='4GB'\n")
        conf.write("shared_buffers='512MB'\nmax_connections=1200\npassword_encryption='scram-sha-256'\n")
        conf.write(more)
        conf.write("ssl=on\nssl_cert_file='%s/tls.crt'\nssl_key_file='%s/tls.key'\n" % (path, path))
    write(data + "/pg_hba.conf", "host all %s all scram-sha-256\nhost all all all trust\n" % LOGIN_USER)
    with open(log, "w") as out:
        process = subprocess.Popen(as_owner([PG_BIN + "/postgres", "-D", data]), cwd=path,
                                   stdout=out, stderr=out, env=ENVIRONMENT)
    try:
        make_database(port, process, log)
        (tables or make_tables)(port)
        yield port
    finally:
        stop(process, signal.SIGINT)


def make_database(port, process, log):
    end = time.monotonic() + 20
    at = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
    while process.poll() is None and time.monotonic() < end:
        if subprocess.run(["pg_isready", "-q"] + at, env=ENVIRONMENT).returncode == 0:
            break
        time.sleep(0.1)
    check(["createuser", "-s", USER] + at)
    check(["psql", "-X", "-q"] + at + ["-c", "CREATE ROLE %s SUPERUSER LOGIN PASSWORD '%s'" %
                                       (LOGIN_USER, PASSWORD), "postgres"])
    check(["createdb", DATABASE] + at)
    answers(port, USER, 10, process, log)


def make_tables(port):
    at = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
    check(["pgbench", "-i", "-q", "-s", str(SCALE)] + at + [DATABASE])
    for name, rows in (("mib", WIRE_ROWS_MIB), ("bulk", COPY_ROWS_MIB * COPY_MIB)):
        psql(port, "CREATE UNLOGGED TABLE %s AS SELECT repeat('x', 100) AS body"
                   " FROM generate_series(1, %d)" % (name, rows))
    psql(port, "VACUUM ANALYZE")


def pgbouncer_version(binary):
    text = check([binary, "--version"])
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


class Peer:
    """A proxy that can be started, or nothing: the direct connection."""

    def __init__(self, name, source, path, workers):
        self.name = name
        self.path = path
        self.workers = workers
        self.prepares = True
        self.label = name
        self.source = source
        self.more = []  # further lines of its ini
        self.binary = None
        if source is None:
            return
        self.binary = "%s/%s" % (path, name)  # a copy: user postgres may not reach the original
        shutil.copy(source, self.binary)
        os.chmod(self.binary, 0o755)
        if name == "pgbouncer":
            version = pgbouncer_version(self.binary)
            self.prepares = version >= (1, 21)
            self.label = "pgbouncer %d.%d" % version

    def conf(self, server_port, port, login):
        lines = [
            "[databases]",
            "%s = host=127.0.0.1 port=%d dbname=%s" % (DATABASE, server_port, DATABASE),
            "[pgbouncer]",
            "listen_addr = 127.0.0.1", "listen_port = %d" % port, "unix_socket_dir =",
            "auth_type = %s" % ("scram-sha-256" if login else "trust"),
            "auth_file = %s/users.txt" % self.path,
            "pool_mode = transaction", "max_client_conn = 6000", "default_pool_size = 20",
            "log_connections = 0", "log_disconnections = 0", "server_tls_sslmode = disable",
        ]
        if login:
            lines += ["client_tls_sslmode = allow", "client_tls_cert_file = %s/tls.crt" % self.path,
                      "client_tls_key_file = %s/tls.key" % self.path]
        if self.name != "pgbouncer":
            lines.append("workers = %d" % self.workers)
        if self.prepares:
            lines.append("max_prepared_statements = 200")
        return "\n".join(lines + self.more) + "\n"

    @contextlib.contextmanager
    def run(self, server_port, login=False, under=()):
        """Yields (port, process); with `under` the words of a tool that runs it."""
        if self.binary is None:
            yield server_port, None
            return
        port = free_port()
        stem = "%s/%s-%d" % (self.path, self.name, port)
        write(self.path + "/users.txt",
              '"%s" ""\n"%s" "%s"\n' % (USER, LOGIN_USER, PASSWORD), 0o600)
        write(stem + ".ini", self.conf(server_port, port, login))
        with open(stem + ".log", "w") as out:
            process = subprocess.Popen(as_owner(list(under) + [self.binary, stem + ".ini"]),
                                       cwd=self.path, stdout=out, stderr=out, env=ENVIRONMENT)
        try:
            answers(port, LOGIN_USER if login else USER, 30, process, stem + ".log")
            yield port, process
        finally:
            stop(process, signal.SIGINT)
