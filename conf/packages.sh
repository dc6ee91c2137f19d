# SPDX-License-Identifier: PostgreSQL
# Debian packages by purpose, and how to install what is missing. Sourced by conf/quickstart,
# tests/run and bench, which set packages_home to this folder before.
#
# An existing PostgreSQL, Redis or PgBouncer is never touched: nothing installed is installed
# again, and a daemon that comes with a package is neither started nor enabled.

packages_build='build-essential cmake ninja-build pkg-config libevent-dev libssl-dev libxxhash-dev
    libpg-query-dev libjansson-dev libjs-dygraphs libpq-dev libhiredis-dev'
packages_test='clang clang-format clang-tidy cppcheck libclang-rt-14-dev libcmocka-dev
    universal-ctags openssl python3 procps prometheus chromium redis-server libfaketime'
packages_quickstart='python3 curl'
packages_drivers='python3-psycopg2 libpostgresql-jdbc-java'
packages_bench='pgbouncer linux-perf valgrind strace python3'

say() {
    printf '%s\n' "$*"
}

# packages_missing NAME...: those of them that are not installed.
packages_missing() {
    for packages_name in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$packages_name" 2>/dev/null | grep -q '^.i' ||
            printf '%s ' "$packages_name"
    done
}

# packages_pg_bin: the newest PostgreSQL server's programs, or nothing. Debian's wrappers in
# /usr/bin would look for clusters; these do not.
packages_pg_bin() {
    for packages_dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn); do
        [ -x "$packages_dir/initdb" ] && [ -x "$packages_dir/pgbench" ] && {
            echo "$packages_dir"
            return 0
        }
    done
    return 1
}

packages_as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# packages_install NAME...: installs those that are missing. 1: could not; says why.
packages_install() {
    packages_list=$(packages_missing "$@")
    [ -n "$packages_list" ] || return 0
    command -v apt-get >/dev/null || {
        say "This is no Debian; install these (or their likes) by hand: $packages_list"
        return 1
    }
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || {
        say "Missing: $packages_list"
        say "Run this as root or install sudo, or: apt-get install $packages_list"
        return 1
    }
    say "Installing from Debian: $packages_list"
    packages_as_root sh "$packages_home/packages-install.sh" $packages_list
}

# packages_install_pg: a PostgreSQL server, unless there is one of any version.
packages_install_pg() {
    packages_pg_bin >/dev/null && return 0
    packages_install postgresql-15
}

# packages_install_node_pg DIR: node-pg for whatever Node there is. Debian's package cannot be
# installed beside another's Node (nodesource's); its files are unpacked into DIR then.
packages_install_node_pg() {
    [ ! -d /usr/share/nodejs/pg ] && [ ! -d "$1/usr/share/nodejs/pg" ] || return 0
    if apt-get install -s -q --no-install-recommends node-pg >/dev/null 2>&1; then
        packages_install node-pg
        return
    fi
    say "Unpacking from Debian: node-pg node-split2"
    mkdir -p "$1" && (cd "$1" && apt-get download -q node-pg node-split2 &&
        for packages_deb in *.deb; do dpkg -x "$packages_deb" . || exit 1; done)
}
