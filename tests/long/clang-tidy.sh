#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# clang-tidy over the product and the tests, with .clang-tidy. Usage: clang-tidy.sh BUILD_DIR
set -u
build=${1:?the build directory with compile_commands.json}
cd "$(dirname "$0")/../.." || exit 2
command -v clang-tidy >/dev/null || {
    echo "clang-tidy is not installed"
    exit 1
}

# tests: CMocka hands every case a state few need, and a test may exit and read the environment;
# what a script nests is as deep as its author wrote it; a number that sscanf() could not hold would
# be in a script of ours too; a null pointer ends a test, which is then seen to fail; of narrowing
# -Wconversion speaks already; and four levels in a test are five with a macro of CMocka's.
relaxed='-misc-unused-parameters,-concurrency-mt-unsafe,-misc-no-recursion,-cert-err34-c'
relaxed="$relaxed,-clang-analyzer-core.*,-bugprone-narrowing-conversions"
relaxed="$relaxed,-readability-function-size"
# What takes the place of the C library's functions has their names, and parameters of its own.
relaxed="$relaxed,-bugprone-reserved-identifier,-readability-inconsistent-declaration-parameter-name"

# One file a run: clang-tidy 14 mistakes a va_list for an uninitialised one in the second file.
# With our checks, which tell it what cannot be; without the C library's macros for tolower() and
# its like, whose nesting is not ours.
tidy() {
    xargs -0 -r -n 1 -P "${TIDY_JOBS:-2}" clang-tidy -p "$build" --quiet --extra-arg=-DSLUICE_DCHECK \
        --extra-arg=-D__NO_CTYPE "$@"
}

find protocol conf cache shard optimizer proxy -name '*.c' -print0 | tidy
product=$?
find tests -name '*.c' ! -path 'tests/fuzz/*' -print0 | tidy --checks="$relaxed"
[ $? -eq 0 ] && [ $product -eq 0 ]
