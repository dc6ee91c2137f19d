/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/forced/main.c - the doubler (tests/support/doubler.h) alone, for suites of others.
 *
 *     sluice_doubler PORT SLUICE_PORT CONSOLE LOG [all]
 *
 * Listens on PORT of 127.0.0.1 until it is interrupted, says then what it has seen, and ends with 1 if
 * something differed, or nothing was answered from memory.
 */
#include "tests/support/doubler.h"
#include "tests/support/proc.h"

#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct doubler doubler;
    sigset_t ends;
    int got = 0;

    if (argc < 5) {
        proc_die("sluice_doubler PORT SLUICE_PORT CONSOLE LOG [all]");
    }
    const struct doubler_options options = {.port = atoi(argv[1]),
            .sluice = atoi(argv[2]),
            .console = argv[3],
            .log = argv[4],
            .logs_all = argc > 5};
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    doubler_start(&doubler, &options);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    (void)sigwait(&ends, &got);
    bool is_well = doubler_hits(doubler.seen) > 0 && atomic_load(&doubler.seen->differs) == 0;
    doubler_print(doubler.seen);
    doubler_stop(&doubler);
    return is_well ? 0 : 1;
}
