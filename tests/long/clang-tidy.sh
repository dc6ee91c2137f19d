#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# clang-tidy over the product and the tests, with .clang-tidy. Usage: clang-tidy.sh BUILD_DIR
set -u
build=${1:?the build directory with compile_commands.json}
cd "$(dirname "$0")/../.." || exit 2
command -v clang-tidy >/dev/null || exit 77

# tests: CMocka hands every case a state few need, and a test may exit and read the environment.
relaxed='-misc-unused-parameters,-concurrency-mt-unsafe'

find protocol conf cache shard optimizer proxy -name '*.c' -print0 |
    xargs -0 -r -n 4 -P 2 clang-tidy -p "$build" --quiet
product=$?
find tests -name '*.c' ! -path 'tests/fuzz/*' -print0 |
    xargs -0 -r -n 4 -P 2 clang-tidy -p "$build" --quiet --checks="$relaxed"
[ $? -eq 0 ] && [ $product -eq 0 ]
