/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/sluice.h - the program under test, before a cluster.
 *
 * The binary is the one the environment names in SLUICE_BIN. In the ini text
 * and in files given, these words are replaced:
 *
 *     @PORT@  the port to listen on     @DIR@    Sluice's temporary folder
 *     @PGPORT@ the cluster's port       @PGDIR@  the cluster's folder, with its socket
 *
 * Ownership: the caller's struct; the process dies with the test program.
 */
#ifndef SLUICE_TESTS_SUPPORT_SLUICE_H
#define SLUICE_TESTS_SUPPORT_SLUICE_H

#include "tests/support/cluster.h"

struct sluice {
    char dir[PROC_PATH_MAX]; /* also where its Unix socket may go */
    int port;
    struct proc process;
    const struct cluster *cluster; /* may be NULL */
};

/* A folder and a port; nothing runs yet. */
void sluice_init(struct sluice *sluice, const struct cluster *cluster);

/* Writes dir/name, words replaced. */
void sluice_file(struct sluice *sluice, const char *name, const char *text);

/* Writes sluice.ini and starts; returns when the port accepts. */
void sluice_start(struct sluice *sluice, const char *ini);

/*
 * As sluice_start(), with these options (at most 6, NULL ends them) and not as root unless
 * they say so; returns when the port accepts, or stderr says that it has started.
 */
void sluice_start_by(struct sluice *sluice, const char *ini, const char *const *options);

/* As sluice_start(), for an ini that is expected to be refused: the exit status. */
int sluice_refused(struct sluice *sluice, const char *ini);

/* Replaces sluice.ini and sends SIGHUP; the caller waits for the effect. */
void sluice_reload(struct sluice *sluice, const char *ini);

/* SIGTERM, then SIGQUIT when clients are still there; fails the case unless it ends with 0. */
void sluice_stop(struct sluice *sluice);

/* Fails the case when it has ended by itself. */
void sluice_must_live(struct sluice *sluice);

/* True when its log contains the text. */
bool sluice_logged(const struct sluice *sluice, const char *text);

/* The path of the binary under test. */
const char *sluice_bin(void);

#endif
