#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# tests/long/regress.sh BUILD - PostgreSQL's own regression suite, answered from memory (tests/forced/regress.sh).
#
# Its sources come from Debian, of where its packages come from, into BUILD/postgresql-src; or they are in
# SLUICE_REGRESS_SOURCES (src/test/regress, with regress.so, autoinc.so and refint.so). Fails where they cannot be had.
set -eu
build=$(cd "$1" && pwd)
home=$(cd "$(dirname "$0")/../.." && pwd)
packages_home=$home/conf
. "$home/conf/packages.sh"
pgbin=$(packages_pg_bin)
major=$(basename "$(dirname "$pgbin")")

# fetch DIR: the sources into DIR/source, by lists of our own: the system's are as they were.
fetch() {
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/parts"
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do # those of Debian's own, as sources
        grep -q 'debian-archive-keyring\|debian.* main' "$list" 2>/dev/null || continue
        sed 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$list" >"$1/parts/$(basename "$list")"
    done
    set -- "$1" -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$1/parts" \
        -o Dir::State::Lists="$1/lists" -o Dir::Cache="$1/cache" -o APT::Sandbox::User=root
    folder=$1
    shift
    apt-get "$@" update >"$folder/apt.log" 2>&1
    # The newest that is to be had: what differs from one minor version to the next is the same in both runs.
    for version in $(apt-cache "$@" showsrc --only-source "postgresql-$major" | sed -n 's/^Version: //p' |
        sort -rVu); do
        (cd "$folder" && apt-get "$@" source --download-only "postgresql-$major=$version" >>apt.log 2>&1) &&
            break
    done
    mkdir "$folder/source"
    tar -xf "$folder"/postgresql-"$major"_*.orig.tar.* -C "$folder/source" --strip-components=1
}

# library NAME FILE: of the server's own headers.
library() {
    "${CC:-cc}" -O1 -shared -fPIC -w -I"$(pg_config --includedir-server)" "$2" -o "$sources/$1.so"
}

if [ -n "${SLUICE_REGRESS_SOURCES:-}" ]; then
    sources=$SLUICE_REGRESS_SOURCES
else
    root=$build/postgresql-src
    sources=$root/source/src/test/regress
    [ -d "$sources" ] || { rm -rf "$root"; fetch "$root" || { tail -n 5 "$root/apt.log"; exit 1; }; }
    library regress "$sources/regress.c"
    library autoinc "$root/source/contrib/spi/autoinc.c"
    library refint "$root/source/contrib/spi/refint.c"
fi

work=$(mktemp -d /tmp/sluice-regress-XXXXXX)
trap 'rm -rf "$work"' EXIT
as=''
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses root
    cp -r "$sources" "$work/sources"
    mkdir -p "$work/build/tests/forced"
    cp "$build/tests/forced/sluice_eager" "$build/tests/forced/sluice_doubler" "$work/build/tests/forced/"
    cp "$home/tests/forced/regress.sh" "$work/"
    chown -R postgres "$work"
    as='setpriv --reuid=postgres --regid=postgres --clear-groups'
else
    cp -r "$sources" "$work/sources"
    cp "$home/tests/forced/regress.sh" "$work/"
    ln -s "$build" "$work/build"
fi
# Of those files psql shows what a kept answer has no part in: how often tables were read, and what runs now.
$as env HOME="$work" PGBIN="$pgbin" HITS_MIN="${HITS_MIN:-700}" MAY_DIFFER="${MAY_DIFFER:-stats}" \
    sh "$work/regress.sh" "$work/build" "$work/sources" "$work/out" && exit 0
tail -n 30 "$work/out/forced/suite.log" || :
exit 1
