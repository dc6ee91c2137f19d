#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# Every path a README names exists, every folder has a README, and the top level is fixed.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
status=0
folders='proxy protocol optimizer cache shard conf tests bench'

breach() {
    echo "$1"
    status=1
}

for folder in $folders; do
    [ -f "$folder/README.md" ] || breach "$folder/README.md: missing"
done

for entry in *; do
    case " $folders CMakeLists.txt README.md " in
    *" $entry "*) ;;
    *) case $entry in
        build*) ;; # .gitignore has it
        *) breach "$entry: the top level holds only: $folders CMakeLists.txt README.md" ;;
        esac ;;
    esac
done

# A path is folder/name; a glob must match something; placeholders (<name>) are left alone.
for readme in README.md $(find $folders -name README.md); do
    [ -f "$readme" ] || continue
    named=$(grep -oE '(^|[^[:alnum:]_./<-])(\.ci|proxy|protocol|optimizer|cache|shard|conf|tests|bench)/[][A-Za-z0-9_./*<>-]+' \
        "$readme" | sed -E 's/^[^.[:alnum:]]//; s/[.]+$//; s/\]$//' | sort -u)
    for path in $named; do
        case $path in
        *'<'* | *'>'*) continue ;;
        esac
        ls -d $path >/dev/null 2>&1 || breach "$readme: names $path, which does not exist"
    done
done
exit $status
