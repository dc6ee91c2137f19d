/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_run.c - plays one script: whole, in pieces and in a lump; with 1 and 2 workers.
 *
 *     wire_run SCRIPT [BINARY]        BINARY, else the environment's SLUICE_BIN
 *
 * Every run has a process and a proxy of its own, and all run at once. Ends with 0
 * when all runs went well; a failure names the line, what was expected, what came,
 * and what had been said before.
 * With WIRE_STATS=off no statement is observed: Sluice is a pipe.
 * With WIRE_WORKERS=0 the ini names no workers, so that another proxy which reads
 * PgBouncer's ini can be played.
 */
#include "tests/wire/wire_play.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 32, RUNS_MAX = WORKERS_MAX * (WIRE_LUMP + 1) };

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

/* ---- all runs at once: nearly all of a run is waiting ------------------------------------ */

struct run {
    pid_t pid;
    FILE *said; /* its stderr, printed when it has ended: the runs' words do not mix */
};

static void run_start(struct run *run, const struct wire_script *script, enum wire_mode mode,
        unsigned workers, const char *binary)
{
    pid_t parent = getpid();
    run->said = tmpfile();
    run->pid = run->said == NULL || fcntl(fileno(run->said), F_SETFD, FD_CLOEXEC) < 0 ? -1 : fork();
    if (run->pid != 0) {
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(fileno(run->said), STDERR_FILENO) < 0) {
        exit(1);
    }
    exit(run_once(script, mode, workers, binary) ? 0 : 1);
}

/* Whether it went well. */
static bool run_end(struct run *run)
{
    char bytes[4096];
    int status = 1;
    if (run->pid < 0 || waitpid(run->pid, &status, 0) != run->pid) {
        fprintf(stderr, "a run cannot be started\n");
    }
    if (run->said != NULL) {
        rewind(run->said);
        for (size_t n; (n = fread(bytes, 1, sizeof bytes, run->said)) > 0;) {
            fwrite(bytes, 1, n, stderr);
        }
        fclose(run->said);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Plays every mode with every number of workers asked for; goes on after a failure. */
static unsigned run_all(const struct wire_script *script, const char *binary, unsigned *count)
{
    struct run runs[RUNS_MAX];
    const char *only = getenv("WIRE_WORKERS");
    unsigned workers_bits = only == NULL ? script->workers : 1U << (strtoul(only, NULL, 10) & 31U);
    unsigned failures = 0;
    for (unsigned workers = 0; workers < WORKERS_MAX; workers++) {
        for (unsigned mode = WIRE_WHOLE; mode <= WIRE_LUMP; mode++) {
            if ((workers_bits & 1U << workers) != 0 && (script->modes & 1U << mode) != 0) {
                run_start(&runs[(*count)++], script, (enum wire_mode)mode, workers, binary);
            }
        }
    }
    for (unsigned i = 0; i < *count; i++) {
        failures += run_end(&runs[i]) ? 0 : 1;
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
