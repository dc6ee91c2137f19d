#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# conf/leftovers.sh: folders of runs that are gone go, all others stay.
set -u
. conf/leftovers.sh

dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
status=0
# stays NAME, goes NAME
stays() { [ -d "$dir/$1" ] || { echo "leftovers: $1 is gone"; status=1; }; }
goes() { [ ! -e "$dir/$1" ] || { echo "leftovers: $1 is still there"; status=1; }; }

for name in running killed reused fresh unsigned; do
    mkdir "$dir/run-$name"
done
mkdir "$dir/other"
ln -s "$dir/other" "$dir/run-link"
leftovers_sign "$dir/run-running"
sh -c '. conf/leftovers.sh; leftovers_sign "$1"; kill -KILL $$' sh "$dir/run-killed" 2>/dev/null
echo "$$ 1" >"$dir/run-reused/run" # our pid, but of somebody before us
touch -d '2 minutes ago' "$dir/run-unsigned"

leftovers_remove "$dir/run-" >/dev/null

stays run-running
stays run-fresh
stays other
stays run-link
goes run-killed
goes run-reused
goes run-unsigned
exit $status
