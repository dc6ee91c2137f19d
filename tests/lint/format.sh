#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# Sources are as clang-format would write them. To mend: clang-format -i FILE.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
command -v clang-format >/dev/null || {
    echo "clang-format is not installed"
    exit 1
}
files=$(find protocol conf cache shard optimizer proxy tests bench -name '*.[ch]')
[ -z "$files" ] || clang-format --dry-run -Werror $files
