#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# Every source and script says its licence in its first line (second after #!).
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
status=0
scripts=$(find proxy protocol optimizer cache shard conf tests bench .ci -type f \
    \( -name '*.sh' -o -name '*.cmake' -o -name '*.py' -o -name '*.js' -o -name '*.java' \
    -o -name '*.awk' -o -perm -u+x \))
for file in CMakeLists.txt .clang-tidy $scripts; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: PostgreSQL$' || {
        case $(head -n 2 "$file") in
        *'SPDX-License-Identifier: PostgreSQL */'*) continue ;;
        esac
        echo "$file:1: needs SPDX-License-Identifier: PostgreSQL"
        status=1
    }
done
for file in $(find proxy protocol optimizer cache shard conf tests bench -name '*.[ch]'); do
    [ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: PostgreSQL */' ] || {
        echo "$file:1: first line must be /* SPDX-License-Identifier: PostgreSQL */"
        status=1
    }
done
exit $status
