/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/proc.h - children, temporary folders and ports of a test program.
 *
 * Everything here ends the program with a sentence when it cannot do its work:
 * a test that has no server to talk to has nothing to say.
 *
 * Ownership: temporary folders and children belong to the program; both are
 * gone when it ends, whatever ends it (PR_SET_PDEATHSIG), except that a folder
 * is kept when SLUICE_KEEP is set. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_PROC_H
#define SLUICE_TESTS_SUPPORT_PROC_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROC_PATH_MAX = 256 };

struct proc {
    pid_t pid; /* 0: not running */
    char log[PROC_PATH_MAX];
};

struct proc_options {
    const char *log;  /* stdout and stderr go here, appended; shown by proc_show_logs() */
    const char *user; /* run as this user when we are root; NULL: as ourselves */
    const char *dir;  /* working directory; NULL: ours */
    int death_signal; /* sent to the child when we die; 0: SIGKILL */
};

/* A new folder, owned by user when we are root and user is not NULL; path in dir. */
void proc_temp_dir(char dir[PROC_PATH_MAX], const char *user);

/* A loopback port nobody listened on a moment ago. */
int proc_free_port(void);

/* A loopback port where the system takes connections and nobody says anything; the caller closes fd. */
int proc_silent_port(int *fd);

/* True once something accepts on a loopback port, false when timeout_ms went by. */
bool proc_wait_port(int port, int timeout_ms);

/* argv ends with NULL; argv[0] is looked up in PATH. */
void proc_start(struct proc *proc, char *const argv[], const struct proc_options *options);

/* Runs to the end; the exit status, or 128 + the signal that ended it. */
int proc_run(char *const argv[], const struct proc_options *options);

/* As proc_run() by the shell, with printf's format; output to log (may be NULL). */
int proc_shell(const char *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits for the end; -1 when timeout_ms went by, else as proc_run(). */
int proc_wait(struct proc *proc, int timeout_ms);

/* Sends sig and waits; SIGKILL after timeout_ms. As proc_run(); 0 when it was not running. */
int proc_stop(struct proc *proc, int sig, int timeout_ms);

/* Writes text to dir/name, readable by user when we are root. */
void proc_write(const char *dir, const char *name, const char *user, const char *text);

/* The whole file, at most a megabyte of it; the caller frees. */
char *proc_read(const char *path);

/* The ends of all logs given to proc_start() and proc_shell(), to stderr. */
void proc_show_logs(void);

/* Monotonic milliseconds. */
long proc_now_ms(void);
void proc_pause_ms(int ms);

/* Prints and ends the program with status 1. */
_Noreturn void proc_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
