#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# clang-tidy over the product and the tests, with .clang-tidy. Usage: clang-tidy.sh BUILD_DIR
set -u
build=${1:?the build directory with compile_commands.json}
cd "$(dirname "$0")/../.." || exit 2
command -v clang-tidy >/dev/null || exit 77

# tests: CMocka hands every case a state few need, and a test may exit and read the environment.
relaxed='-misc-unused-parameters,-concurrency-mt-unsafe'

# One file a run: clang-tidy 14 mistakes a va_list for an uninitialised one in the second file.
# With our checks, which tell it what cannot be; without the C library's macros for tolower() and
# its like, whose nesting is not ours.
tidy() {
    xargs -0 -r -n 1 -P 2 clang-tidy -p "$build" --quiet --extra-arg=-DSLUICE_DCHECK \
        --extra-arg=-D__NO_CTYPE "$@"
}

find protocol conf cache shard optimizer proxy -name '*.c' -print0 | tidy
product=$?
find tests -name '*.c' ! -path 'tests/fuzz/*' -print0 | tidy --checks="$relaxed"
[ $? -eq 0 ] && [ $product -eq 0 ]
