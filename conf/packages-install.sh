#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# As root: installs the named Debian packages, so that nothing they bring is started, enabled
# or initialised. Whatever is changed for the time of the installation is put back.
set -u
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
createcluster=/etc/postgresql-common/createcluster.conf
held_policy='' held_createcluster=''

# policy-rc.d answering 101 is Debian's way to say: install, but start nothing.
hold_daemons() {
    held_policy=$(mktemp)
    [ ! -e "$policy" ] || cp -p "$policy" "$held_policy"
    [ -e "$policy" ] || rm -f "$held_policy"
    printf '#!/bin/sh\nexit 101\n' >"$policy.new" && chmod 755 "$policy.new" &&
        mv "$policy.new" "$policy"
}

restore() {
    if [ -n "$held_policy" ]; then
        if [ -e "$held_policy" ]; then mv "$held_policy" "$policy"; else rm -f "$policy"; fi
        held_policy=''
    fi
    if [ -n "$held_createcluster" ]; then
        mv "$held_createcluster" "$createcluster"
        held_createcluster=''
    fi
}
trap restore EXIT
trap 'exit 130' INT TERM HUP

install() {
    apt-get install -y -q --no-install-recommends "$@"
}

installed() {
    dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^.i'
}

# Package lists are fetched only when a package is not in them or no longer where they say.
updated=0
install_or_update() {
    if apt-cache show "$@" >/dev/null 2>&1 && install "$@"; then
        return 0
    fi
    [ $updated -eq 0 ] || return 1
    updated=1
    apt-get update -q && install "$@"
}

hold_daemons

# Debian makes a cluster "main" with a new server. Only where there was no PostgreSQL at all is
# that ours to prevent: the common package first, its setting held, then the server.
case " $* " in
*' postgresql-'*)
    if ! installed postgresql-common; then
        install_or_update postgresql-common || exit 1
        held_createcluster=$(mktemp)
        cp -p "$createcluster" "$held_createcluster"
        echo 'create_main_cluster = false' >>"$createcluster"
    fi ;;
esac

daemons=''
for name in redis-server pgbouncer prometheus; do
    case " $* " in
    *" $name "*) installed "$name" || daemons="$daemons $name" ;;
    esac
done

install_or_update "$@" || exit 1

# Nor at the next boot: we needed the programs only.
for name in $daemons; do
    if [ -d /run/systemd/system ]; then
        systemctl disable "$name" >/dev/null 2>&1
    else
        update-rc.d "$name" disable >/dev/null 2>&1
    fi
done
exit 0
