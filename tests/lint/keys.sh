#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# A key is honoured when a test shows its effect: tests/keys.tsv says which, one line a key and test
#
#     section <tab> key <tab> wire.NAME, or e2e.NAME/CASE, or unit.LAYER.NAME/CASE
#
# and every key that conf/KEYS.md does not call ignored has a line. The test must exist, and its
# file must name the key.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
status=0
table=tests/keys.tsv
tab=$(printf '\t')

[ -s conf/KEYS.md ] && [ -s $table ] || { echo "$table, conf/KEYS.md: must be there"; exit 1; }

breach() {
    echo "$1"
    status=1
}

# "section key honoured|ignored" of each key; the page is generated from the table of keys.
keys=$(awk '
    function flush() { if (key != "") print section, key, state; key = "" }
    /^## \[/ { flush(); section = substr($2, 2); sub(/\].*/, "", section) }
    /^### /  { flush(); key = $2; state = "honoured" }
    /\*\*Ignored\*\*/ { state = "ignored" }
    END      { flush() }' conf/KEYS.md)

# file_of TEST: where it is written; nothing when it is of no known kind.
file_of() {
    name=${1%%/*}
    case $name in
    wire.*) echo "tests/wire/${name#wire.}.wire" ;;
    e2e.*) echo "tests/e2e/test_${name#e2e.}.c" ;;
    unit.*.*)
        name=${name#unit.}
        echo "tests/unit/${name%.*}/test_${name##*.}.c" ;;
    esac
}

# check_test LINE KEY TEST
check_test() {
    file=$(file_of "$3")
    if [ -z "$file" ] || [ ! -f "$file" ]; then
        breach "$1: there is no test $3"
        return
    fi
    case $3 in
    wire.*) ;;
    */*)
        # Defined, and in the list of cases.
        if [ "$(grep -cw -- "${3#*/}" "$file")" -lt 2 ]; then
            breach "$1: $file has no case ${3#*/}"
            return
        fi ;;
    *)
        breach "$1: which case of $3?"
        return ;;
    esac
    # In C the key may stand behind a \n.
    grep -qE -- "(^|[^_[:alnum:]]|\\\\n)$2([^_[:alnum:]]|\$)" "$file" ||
        breach "$1: $file does not name $2"
}

number=0
while IFS=$tab read -r section key test rest; do
    number=$((number + 1))
    case $section in '' | '#'*) continue ;; esac
    if [ -z "$test" ] || [ -n "$rest" ]; then
        breach "$table:$number: not section, key and test, with tabs between"
    elif echo "$keys" | grep -qx "$section $key honoured"; then
        check_test "$table:$number" "$key" "$test"
    elif echo "$keys" | grep -qx "$section $key ignored"; then
        breach "$table:$number: [$section] $key is ignored, and has a test of its effect"
    else
        breach "$table:$number: there is no key $key in [$section]"
    fi
done <$table

for pair in $(echo "$keys" | sed -n 's/^\(.*\) \(.*\) honoured$/\1:\2/p'); do
    grep -q "^${pair%:*}$tab${pair#*:}$tab" $table ||
        breach "conf/conf_keys.c: [${pair%:*}] ${pair#*:} is honoured, and no line of $table says which test shows it"
done
exit $status
