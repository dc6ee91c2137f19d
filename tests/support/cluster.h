/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/cluster.h - a PostgreSQL of a test's own.
 *
 * Made by initdb in a temporary folder, with a loopback port from the kernel
 * and its Unix socket in the same folder; run as user postgres when we are
 * root, because PostgreSQL refuses root. Durability is off: nothing outlives
 * the test. The superuser is "postgres", and so is the first database.
 *
 * Ownership: the caller's struct; the server dies with the test program.
 */
#ifndef SLUICE_TESTS_SUPPORT_CLUSTER_H
#define SLUICE_TESTS_SUPPORT_CLUSTER_H

#include "tests/support/proc.h"

struct cluster {
    char dir[PROC_PATH_MAX];  /* the temporary folder; also unix_socket_directories */
    char data[PROC_PATH_MAX]; /* dir/data */
    int port;
    struct proc server;
};

struct cluster_options {
    const char *hba;  /* pg_hba.conf; NULL: trust everybody */
    const char *conf; /* appended to postgresql.conf; may be NULL */
    bool tls;         /* certificates from tests/support/tls.h, ssl = on */
};

/* options may be NULL. Returns when connections are accepted. */
void cluster_start(struct cluster *cluster, const struct cluster_options *options);

/* "fast" shutdown; the folder stays until the program ends. */
void cluster_stop(struct cluster *cluster);
/* As a crash: SIGQUIT. */
void cluster_kill(struct cluster *cluster);
/* After either: the same data on the same port. */
void cluster_again(struct cluster *cluster);

/* Replaces pg_hba.conf and reloads. */
void cluster_hba(struct cluster *cluster, const char *hba);

/* Runs SQL as the superuser, not through Sluice; ends the program when that fails. */
void cluster_sql(const struct cluster *cluster, const char *sql);

/* The newest PostgreSQL's folder of programs, e.g. /usr/lib/postgresql/15/bin. */
const char *cluster_bin(void);

#endif
