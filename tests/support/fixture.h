/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/fixture.h - the one cluster and the one Sluice of most end-to-end tests,
 * and what their cases begin and end with.
 *
 * A test program includes it and says what is its own: its ini, and roles or tables of its
 * cluster. The words have no prefix because the cases are written in them. A program with
 * more than one Sluice, or with none, keeps its own.
 *
 * Ownership: both belong to the program. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_FIXTURE_H
#define SLUICE_TESTS_SUPPORT_FIXTURE_H

#include "tests/support/query.h"
#include "tests/support/sluice.h"

extern struct cluster cluster;
extern struct sluice sluice;

/* Where the cluster is, for a line of [databases]; a dbname may follow. */
#define AT_CLUSTER "host=127.0.0.1 port=@PGPORT@"
#define AT_POSTGRES AT_CLUSTER " dbname=postgres"

/* The main section of a Sluice that trusts who is in the user list; more keys may follow. */
#define INI_MAIN                                                                                   \
    "[pgbouncer]\n"                                                                                \
    "listen_addr = 127.0.0.1\n"                                                                    \
    "listen_port = @PORT@\n"                                                                       \
    "unix_socket_dir = @DIR@\n"                                                                    \
    "auth_type = trust\n"                                                                          \
    "auth_file = @DIR@/userlist.txt\n"                                                             \
    "admin_users = admin\n"                                                                        \
    "workers = 2\n"

/*
 * The same, for cases that look at which server is given to whom, how many there are, or what they
 * are asked: until the catalogue is known a server is asked behind each transaction, and for
 * the catalogue as soon as it is free.
 */
#define INI_ALONE INI_MAIN "functions_by_catalog = 0\n"

/* No server is asked for its catalogues: while one is, who comes is given another, or waits. For
 * cases that count servers, or tell one from another. */
#define NO_CATALOGS "[stats]\ncatalog_memory = 0\n"

/* ---- for CMocka: all give 0 ---- */

int start_cluster(void **state);
int stop_cluster(void **state);

/* A Sluice that is not started yet; its user list has postgres, admin, one and two, without passwords. */
int prepare(void **state);
int stop_sluice(void **state);

/* For a program whose cases share a Sluice. */
int stop_both(void **state);

/* ---- connections: by TCP and without TLS ---- */

/* Fails the case when it cannot. */
PGconn *open_as(const char *user, const char *dbname);

/* Never NULL; PQstatus() says whether it could. */
PGconn *try_open_as(const char *user, const char *dbname);

/* Tries until it can; fails the case after SOON_MS. */
PGconn *open_soon(const char *user, const char *dbname);

/* As user admin. */
PGconn *open_console(void);

/* To PostgreSQL itself, as its superuser. */
PGconn *open_direct(void);

/* For it: how many statements "select pg_sleep(...)" run, and their end. */
#define COUNT_SLEEPERS                                                                             \
    "select count(*) from pg_stat_activity where state = 'active' and query like "                 \
    "'select pg_sleep%'"
#define END_SLEEPERS                                                                               \
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'"

/* A role's secret as PostgreSQL keeps it; good until the next call. */
const char *secret_of(const char *role);

#endif
