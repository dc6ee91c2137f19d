#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# A function fits a screen (70 lines, 6 parameters), a file fits a head (800 lines).
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
ctags --version 2>/dev/null | grep -q Universal || {
    echo "universal-ctags is not installed"
    exit 1
}
status=0
files=$(find protocol conf cache shard optimizer proxy tests bench -name '*.[ch]')
[ -n "$files" ] || exit 0

found=$(awk 'FNR == 801 { print FILENAME ":801: a file ends at 800 lines" }' $files)
[ -z "$found" ] || {
    echo "$found"
    status=1
}

# The line of the name to the line of the closing brace.
found=$(ctags -f - --languages=C --langmap=C:.c.h --kinds-C=f --fields=neS $files |
    awk -F '\t' '{
        line = end = 0; signature = ""
        for (i = 4; i <= NF; i++) {
            if ($i ~ /^line:/) line = substr($i, 6)
            if ($i ~ /^end:/) end = substr($i, 5)
            if ($i ~ /^signature:/) signature = $i
        }
        if (end - line + 1 > 70)
            print $2 ":" line ": " $1 " has " end - line + 1 " lines, 70 are the end"
        # Commas inside a function pointer parameter belong to it.
        while (sub(/\([^()]*\)\([^()]*\)/, "fn", signature)) { }
        if (gsub(/,/, ",", signature) > 5)
            print $2 ":" line ": " $1 " has more than 6 parameters"
    }')
[ -z "$found" ] || {
    echo "$found"
    status=1
}
exit $status
