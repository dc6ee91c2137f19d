#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# Every header compiles alone and has the guard its path gives it.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
status=0
flags=$(pkg-config --cflags libpq libevent 2>/dev/null)
for h in $(find protocol conf cache shard optimizer proxy tests -name '*.h'); do
    printf '#include "%s"\n' "$h" |
        ${CC:-cc} -std=c17 -D_GNU_SOURCE -I. $flags -Wall -Wextra -fsyntax-only -xc - || {
        echo "$h:1: does not compile alone"
        status=1
    }
    guard=SLUICE_$(echo "$h" | tr 'a-z/.-' 'A-Z___')
    grep -q "^#ifndef $guard\$" "$h" || {
        echo "$h:1: guard must be $guard"
        status=1
    }
done
exit $status
