#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# Calls that have a better answer here. One line each: pattern, then the answer.
# Comments and strings are not looked at. A line with "lint-ok: why" in a comment may.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
status=0
code=$(mktemp)
trap 'rm -f "$code"' EXIT

files=$(find protocol conf cache shard optimizer proxy -name '*.[ch]')
[ -z "$files" ] || awk -f tests/lint/code.awk $files >"$code"

ban() {
    # Not after a letter, "." or "->": a member may have any name.
    found=$(grep -E ":[0-9]+:(.*[^_[:alnum:].>])?($1)[[:space:]]*\(" "$code")
    [ -z "$found" ] || {
        echo "$found  <- $2"
        status=1
    }
}
ban 'strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets' 'sl_buf_* or snprintf'
ban 'atoi|atol|atoll|atof'                  'sl_parse_*: they cannot report an error'
ban 'strtok|localtime|gmtime|strerror|ctime|asctime' 'the _r form: workers are threads'
ban 'getpwnam|getpwuid|getgrnam|gethostbyname'       'the _r form: workers are threads'
ban 'gettimeofday|time'                     'sl_clock: the loop reads the clock once per turn'
ban 'sleep|usleep|system|popen'             'nothing blocks a worker'
ban 'assert'                                'SL_CHECK or SL_DCHECK (protocol/base/check.h)'
ban 'alloca'                                'a stack that input chooses; use an arena'

# Prose and marks, tests and bench too.
files=$(find protocol conf cache shard optimizer proxy tests bench -name '*.[ch]')
if [ -n "$files" ]; then
    found=$(awk -f tests/lint/code.awk $files | grep 'LINE_COMMENT$')
    [ -z "$found" ] || {
        echo "$found  <- comments are /* */"
        status=1
    }
    found=$(grep -nE '(^|[^[:alnum:]_])(TODO|FIXME|XXX)([^[:alnum:]_]|$)' $files /dev/null)
    [ -z "$found" ] || {
        echo "$found  <- do it, or open an issue"
        status=1
    }
fi
exit $status
