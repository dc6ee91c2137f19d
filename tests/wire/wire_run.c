/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_run.c - plays one script: whole, in pieces and in a lump; with 1 and 2 workers.
 *
 *     wire_run SCRIPT [BINARY]        BINARY, else the environment's SLUICE_BIN
 *
 * Every run has a proxy of its own. Ends with 0 when all runs went well; a failure
 * names the line, what was expected, what came, and what had been said before.
 * With WIRE_STATS=off no statement is observed: Sluice is a pipe.
 * With WIRE_WORKERS=0 the ini names no workers, so that another proxy which reads
 * PgBouncer's ini can be played.
 */
#include "tests/wire/wire_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mode_names[] = {"whole", "pieces", "lump"};

static void show_said(const struct wire_world *world)
{
    size_t first = world->said > WIRE_SAID_MAX ? world->said - WIRE_SAID_MAX : 0;
    fprintf(stderr, "--- what was said\n");
    for (size_t i = first; i < world->said; i++) {
        fprintf(stderr, "%s\n", world->said_text[i % WIRE_SAID_MAX]);
    }
}

static bool run_once(
        const struct wire_script *script, enum wire_mode mode, unsigned workers, const char *binary)
{
    static struct wire_world world;
    struct wire_proxy proxy = {.pid = 0};
    size_t line = 0;
    bool fine = wire_world_init(&world, script, mode) &&
                wire_proxy_start(&proxy, &world, binary, workers) &&
                wire_play(&world, &proxy, &line);
    if (!fine && proxy.pid > 0) {
        wire_proxy_show_log(&proxy);
    }
    if (proxy.folder[0] != '\0') {
        fine = wire_proxy_stop(&proxy, &world) && fine;
    }
    if (!fine) {
        show_said(&world);
        fprintf(stderr, "%s:%zu [%s, %u workers]: %s\n", script->path, line, mode_names[mode],
                workers, world.failure);
    }
    wire_world_fini(&world);
    return fine;
}

/* Plays every mode with every number of workers asked for; goes on after a failure. */
static unsigned run_all(const struct wire_script *script, const char *binary, unsigned *runs)
{
    const char *only = getenv("WIRE_WORKERS");
    unsigned workers_bits = only == NULL ? script->workers : 1U << (strtoul(only, NULL, 10) & 31U);
    unsigned failures = 0;
    for (unsigned workers = 0; workers < 32; workers++) {
        if ((workers_bits & 1U << workers) == 0) {
            continue;
        }
        for (unsigned mode = WIRE_WHOLE; mode <= WIRE_LUMP; mode++) {
            if ((script->modes & 1U << mode) == 0) {
                continue;
            }
            ++*runs;
            failures += run_once(script, (enum wire_mode)mode, workers, binary) ? 0 : 1;
        }
    }
    return failures;
}

int main(int argc, char **argv)
{
    const char *binary = argc > 2 ? argv[2] : getenv("SLUICE_BIN");
    struct wire_script script;
    unsigned runs = 0;
    if (argc < 2 || binary == NULL) {
        fprintf(stderr, "usage: wire_run SCRIPT [BINARY], or SLUICE_BIN=BINARY\n");
        return 2;
    }
    if (!wire_script_read(&script, argv[1])) {
        wire_script_fini(&script);
        return 2;
    }
    unsigned failures = run_all(&script, binary, &runs);
    wire_script_fini(&script);
    printf("%s: %u of %u runs went well\n", argv[1], runs - failures, runs);
    return failures == 0 && runs > 0 ? 0 : 1;
}
