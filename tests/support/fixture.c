/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/fixture.h"

#include "tests/support/case.h"
#include "tests/support/soon.h"

#include <stdio.h>

struct cluster cluster;
struct sluice sluice;

int start_cluster(void **state)
{
    (void)state;
    cluster_start(&cluster, NULL);
    return 0;
}

int stop_cluster(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

int prepare(void **state)
{
    (void)state;
    sluice_init(&sluice, &cluster);
    sluice_file(&sluice, "userlist.txt",
            "\"postgres\" \"\"\n\"admin\" \"\"\n\"one\" \"\"\n\"two\" \"\"\n");
    return 0;
}

int stop_sluice(void **state)
{
    (void)state;
    sluice_stop(&sluice);
    return 0;
}

int stop_both(void **state)
{
    stop_sluice(state);
    return stop_cluster(state);
}

PGconn *open_as(const char *user, const char *dbname)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", sluice.port, user, dbname);
}

PGconn *try_open_as(const char *user, const char *dbname)
{
    return query_connect(
            "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", sluice.port, user, dbname);
}

PGconn *open_soon(const char *user, const char *dbname)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(20)) {
        PGconn *conn = try_open_as(user, dbname);

        if (PQstatus(conn) == CONNECTION_OK) {
            return conn;
        }
        PQfinish(conn);
    }
    return open_as(user, dbname); /* which says why not */
}

PGconn *open_console(void)
{
    return open_as("admin", "pgbouncer");
}

PGconn *open_direct(void)
{
    return query_must_connect(
            "host=%s port=%d user=postgres dbname=postgres", cluster.dir, cluster.port);
}

const char *secret_of(const char *role)
{
    static char secret[1024];
    PGconn *conn = open_direct();
    const char *values[] = {role};

    snprintf(secret, sizeof(secret), "%s",
            query_params(conn, "select rolpassword from pg_authid where rolname = $1", 1, values));
    PQfinish(conn);
    return secret;
}
