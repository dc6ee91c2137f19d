# SPDX-License-Identifier: PostgreSQL
# Folders of runs that were killed before they could tidy up. Sourced by conf/quickstart. What
# such a run had started ends by itself (pdeathsig); its folder is removed by the next run.

# leftovers_started PID: when it started, in the kernel's count; nothing when it does not run.
leftovers_started() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# leftovers_sign DIR: this run's mark in its folder.
leftovers_sign() {
    printf '%s %s\n' "$$" "$(leftovers_started $$)" >"$1/run"
}

# leftovers_is_running DIR: does the run that signed it go on? One that has not signed within a
# minute does not.
leftovers_is_running() {
    read -r leftovers_pid leftovers_time 2>/dev/null <"$1/run" || {
        [ -z "$(find "$1" -maxdepth 0 -mmin +1)" ]
        return
    }
    [ "$(leftovers_started "$leftovers_pid")" = "$leftovers_time" ]
}

# leftovers_end DIR: its PostgreSQL, should it still be on its way down.
leftovers_end() {
    leftovers_pid=$(head -n 1 "$1/pg/data/postmaster.pid" 2>/dev/null)
    case $leftovers_pid in '' | *[!0-9]*) return 0 ;; esac
    for leftovers_wait in $(seq 100); do
        tr '\0' ' ' 2>/dev/null <"/proc/$leftovers_pid/cmdline" | grep -qF "$1/pg/data" || return 0
        [ "$leftovers_wait" -ne 50 ] || kill -QUIT "$leftovers_pid" 2>/dev/null
        sleep 0.1
    done
}

# leftovers_remove PREFIX: the folders PREFIX*, of ours, whose runs are gone.
leftovers_remove() {
    for leftovers_dir in "$1"*; do
        [ -d "$leftovers_dir" ] && [ ! -L "$leftovers_dir" ] && [ -O "$leftovers_dir" ] || continue
        leftovers_is_running "$leftovers_dir" && continue
        leftovers_end "$leftovers_dir"
        rm -rf "$leftovers_dir" && echo "Removed what a run that was killed had left: $leftovers_dir"
    done
}
