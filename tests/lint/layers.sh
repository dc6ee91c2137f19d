#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# Includes point downwards only, and each foreign library has one door.
# Prints every breach as file:line and exits 1 if there was one.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
status=0
folders='protocol conf cache shard optimizer proxy'

breach() {
    echo "$1"
    status=1
}

# layer FOLDER ALLOWED...: FOLDER may include only from itself and ALLOWED.
layer() {
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    allowed=$(echo "$folder $*" | sed 's/ *$//' | tr ' ' '|')
    found=$(grep -rnE --include='*.[ch]' '^ *# *include +"' "$folder" |
        grep -vE "include +\"($allowed)/")
    [ -z "$found" ] || breach "$found  <- $folder may include only: $folder $*"
}

# door HEADER FILE...: of the product only these files (or folders/) may include HEADER.
door() {
    header=$1
    shift
    found=$(grep -rnE --include='*.[ch]' "^ *# *include +[<\"]$header" $folders 2>/dev/null)
    for file in "$@"; do
        case $file in
        */) found=$(echo "$found" | grep -v "^$file") ;;
        *) found=$(echo "$found" | grep -v "^$file:") ;;
        esac
    done
    [ -z "$found" ] || breach "$found  <- <$header> belongs in: ${*:-nowhere}"
}

# never PATTERN WHY FOLDER...: code that has no place in these folders. Two files are the
# exception by design: the door to libpq, and the log with its writing thread.
never() {
    pattern=$1 why=$2
    shift 2
    files=$(find "$@" -name '*.[ch]' ! -path protocol/pgconn.c \
        ! -path protocol/base/log.c 2>/dev/null)
    [ -n "$files" ] || return 0
    found=$(awk -f tests/lint/code.awk $files | grep -E ":[0-9]+:.*($pattern)")
    [ -z "$found" ] || breach "$found  <- $why"
}

layer protocol/base
layer protocol
layer conf protocol
layer cache protocol conf
layer shard protocol conf
layer optimizer protocol conf
layer proxy protocol conf cache shard optimizer

door pg_query.h protocol/sql_parse.c
door hiredis cache/redis.c
door libpq-fe.h protocol/pgconn.c
door xxh protocol/base/hash.c protocol/base/hash.h
door openssl/ proxy/tls.c protocol/crypto.c
door event2/ proxy/
door event2/http proxy/http.c
door event.h
door jansson.h proxy/json_read.c
door xgboost/ optimizer/forest.c

# An address is data (conf may know it); a socket is not.
never '# *include +<(sys/socket|sys/epoll|netdb|poll|threads)\.h>' \
    'protocol opens no socket' protocol
never '[^_[:alnum:]](socket|connect|accept4?|epoll_create1|getaddrinfo|pthread_create) *\(' \
    'protocol and conf open no socket and start no thread' protocol conf
never '[^_[:alnum:]]sl_log[a-z_]* *\(' 'these folders return errors, they do not log' \
    $(find protocol -maxdepth 1 -name '*.[ch]') conf cache shard

# The first include of x.c is its own x.h, so every header stands alone.
for c in $(find $folders -name '*.c' 2>/dev/null); do
    h="${c%.c}.h"
    [ -f "$h" ] || continue
    first=$(grep -m1 -E '^#include' "$c")
    [ "$first" = "#include \"$h\"" ] || breach "$c:1: first include must be \"$h\""
done
exit $status
