#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# tests/forced/regress.sh BUILD SOURCES OUT [SCHEDULE] - PostgreSQL's own regression suite, answered from memory.
#
#   BUILD     a build folder of Sluice, with tests/forced/sluice_eager and sluice_doubler
#   SOURCES   src/test/regress of PostgreSQL's sources, of the server's version, with regress.so in it
#   OUT       a new folder: what is left there are direct/ and forced/, each with results/, and forced/doubler.log
#
# The suite is run twice on new clusters: before PostgreSQL itself, and before the doubler
# (tests/support/doubler.h). Ends with 0 if both say the same, but for the files in MAY_DIFFER, if no answer from memory
# was another than PostgreSQL's, and if there were HITS_MIN of them (1). One session at a time; not as root. A run may
# take SECONDS_MAX (5400). PGBIN has PostgreSQL's programs (pg_config --bindir), PG_REGRESS is pg_regress,
# PSQL_BIN the folder of a psql of the suite's own version.
set -eu
[ $# -ge 3 ] || { sed -n '3,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
build=$(cd "$1" && pwd) sources=$(cd "$2" && pwd) schedule=${4:-$2/parallel_schedule}
mkdir "$3"
out=$(cd "$3" && pwd)
pgbin=${PGBIN:-$(pg_config --bindir)}
regress=${PG_REGRESS:-$(pg_config --pgxs | sed 's,/makefiles/.*,,')/test/regress/pg_regress}
psql_bin=${PSQL_BIN:-$pgbin}
port=${PORT:-27690}
hits_min=${HITS_MIN:-1}
seconds_max=${SECONDS_MAX:-5400}
# What counts how often tables are read, as kept answers read none; what tells OIDs or the size of what is there.
may_differ=${MAY_DIFFER:-}
export LC_ALL=C

cluster_start() {
    "$pgbin/initdb" -D "$out/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$out/initdb.log"
    cat >>"$out/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$out'
fsync = off
max_prepared_transactions = 2
CONF
    "$pgbin/pg_ctl" -D "$out/data" -w -l "$out/pg.log" start >/dev/null
    "$pgbin/psql" -h "$out" -p "$port" -U postgres -d postgres -X -q <<SQL
CREATE DATABASE regression TEMPLATE = template0;
ALTER DATABASE regression SET lc_messages TO 'C';
ALTER DATABASE regression SET lc_monetary TO 'C';
ALTER DATABASE regression SET lc_numeric TO 'C';
ALTER DATABASE regression SET lc_time TO 'C';
ALTER DATABASE regression SET bytea_output TO 'hex';
ALTER DATABASE regression SET timezone_abbreviations TO 'Default';
SQL
}

# suite PORT: what differs from expected/ is for whoever compares the two runs.
suite() {
    mkdir "$out/run"
    timeout "$seconds_max" "$regress" --use-existing --dbname=regression --host=127.0.0.1 --port="$1" --user=postgres \
        --bindir="$psql_bin" --inputdir="$sources" --outputdir="$out/run" --dlpath="$sources" \
        --max-connections=1 --max-concurrent-tests=20 --schedule="$schedule" >"$out/suite.log" 2>&1 || :
}

# keep NAME: under the same path both runs say the same of files.
keep() {
    "$pgbin/pg_ctl" -D "$out/data" -w -m fast stop >/dev/null
    mkdir -p "$out/$1"
    mv "$out/run/results" "$out/suite.log" "$out/pg.log" "$out/$1/"
    rm -rf "$out/data" "$out/run"
}

sluice_start() {
    mkdir "$out/forced"
    printf '"postgres" ""\n' >"$out/forced/users.txt"
    cat >"$out/forced/sluice.ini" <<INI
[databases]
* = host=127.0.0.1 port=$port
[sluice]
listen_addr = 127.0.0.1
listen_port = $((port + 1))
unix_socket_dir =
auth_type = trust
auth_file = $out/forced/users.txt
admin_users = postgres
pool_mode = transaction
default_pool_size = 5
max_pinned_percent = 100
max_client_conn = 500
server_lifetime = 86400
query_wait_timeout = 600
[cache]
mode = ttl
ttl_local = 1h
negative_ttl = 1h
admission = 1
INI
    "$build/tests/forced/sluice_eager" -q "$out/forced/sluice.ini" >"$out/forced/sluice.log" 2>&1 &
    sluice=$!
    until "$pgbin/psql" -h 127.0.0.1 -p $((port + 1)) -U postgres -d regression -X -q -c 'select' 2>/dev/null; do
        kill -0 $sluice
    done >/dev/null
    "$build/tests/forced/sluice_doubler" $((port + 2)) $((port + 1)) \
        "host=127.0.0.1 port=$((port + 1)) user=postgres dbname=pgbouncer" \
        "$out/forced/doubler.log" all >"$out/forced/doubler.txt" 2>&1 &
    doubler=$!
    until "$pgbin/psql" -h 127.0.0.1 -p $((port + 2)) -U postgres -d regression -X -q -c 'select' 2>/dev/null; do
        kill -0 $doubler
    done >/dev/null
}

cluster_start
suite "$port"
keep direct
cluster_start
sluice_start
suite $((port + 2))
status=0
kill -INT $doubler
wait $doubler || status=1
kill -INT $sluice
wait $sluice || status=1
keep forced
cat "$out/forced/doubler.txt"
files=$(ls "$out/forced/results" | wc -l)
echo "$files files"
[ "$files" -eq "$(ls "$out/direct/results" | wc -l)" ] || { echo "the second run is not whole"; status=1; }
for file in $(diff -r -q "$out/direct/results" "$out/forced/results" | sed -n 's/.*results\/\([a-z0-9_.]*\)\.out .*/\1/p'); do
    case " $may_differ " in
    *" $file "*) echo "$file differs, and may" ;;
    *)
        echo "$file differs"
        diff "$out/direct/results/$file.out" "$out/forced/results/$file.out" | head -n 20
        status=1 ;;
    esac
done
hits=$(sed -n 's/^asked [0-9]*: hits \([0-9]*\) .*/\1/p' "$out/forced/doubler.txt")
[ "${hits:-0}" -ge "$hits_min" ] || { echo "${hits:-0} from memory, not $hits_min"; status=1; }
exit $status
