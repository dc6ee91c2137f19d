/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/cluster.h"

#include "tests/support/tls.h"

#include <glob.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLUSTER_USER "postgres"

enum { START_MS = 60000, STOP_MS = 30000 };

/* Paths end in /<version>/bin; a longer number is a newer one. */
static int version_of(const char *path)
{
    const char *at = strstr(path, "/postgresql/");

    return at == NULL ? 0 : (int)strtol(at + strlen("/postgresql/"), NULL, 10);
}

const char *cluster_bin(void)
{
    static char bin[PROC_PATH_MAX];
    glob_t found;
    int best = -1;

    if (bin[0] != '\0') {
        return bin;
    }
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0) {
        proc_die("there is no PostgreSQL server installed");
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (version_of(found.gl_pathv[i]) > best) {
            best = version_of(found.gl_pathv[i]);
            snprintf(bin, sizeof(bin), "%s", found.gl_pathv[i]);
        }
    }
    globfree(&found);
    *strrchr(bin, '/') = '\0';
    return bin;
}

static void make(struct cluster *cluster)
{
    char initdb[PROC_PATH_MAX + 16];
    char log[PROC_PATH_MAX + 16];
    char *const argv[] = {initdb, (char[]){"-D"}, cluster->data, (char[]){"-U"},
            (char[]){CLUSTER_USER}, (char[]){"-E"}, (char[]){"UTF8"}, (char[]){"--locale=C.UTF-8"},
            (char[]){"-A"}, (char[]){"trust"}, (char[]){"--no-sync"}, NULL};
    struct proc_options options = {.log = log, .user = CLUSTER_USER, .dir = cluster->dir};

    snprintf(initdb, sizeof(initdb), "%s/initdb", cluster_bin());
    snprintf(log, sizeof(log), "%s/initdb.log", cluster->dir);
    if (proc_run(argv, &options) != 0) {
        proc_die("initdb failed");
    }
}

static void configure(struct cluster *cluster, const struct cluster_options *options)
{
    char text[8192];

    snprintf(text, sizeof(text),
            "listen_addresses = '127.0.0.1'\n"
            "port = %d\n"
            "unix_socket_directories = '%s'\n"
            "fsync = off\n"
            "full_page_writes = off\n"
            "synchronous_commit = off\n"
            "max_connections = 200\n"
            "max_prepared_transactions = 10\n"
            "shared_buffers = 32MB\n"
            "log_line_prefix = '%%m [%%p] %%u@%%d '\n"
            "%s%s",
            cluster->port, cluster->dir,
            options->tls ? "ssl = on\n"
                           "ssl_ca_file = '../tls/ca.crt'\n"
                           "ssl_cert_file = '../tls/server.crt'\n"
                           "ssl_key_file = '../tls/server.key'\n"
                         : "",
            options->conf != NULL ? options->conf : "");
    proc_write(cluster->data, "postgresql.conf", CLUSTER_USER, text);
    proc_write(cluster->data, "pg_hba.conf", CLUSTER_USER,
            options->hba != NULL ? options->hba
                                 : "local all all trust\n"
                                   "host all all 127.0.0.1/32 trust\n"
                                   "local replication all trust\n"
                                   "host replication all 127.0.0.1/32 trust\n");
}

void cluster_again(struct cluster *cluster)
{
    char postgres[PROC_PATH_MAX + 16];
    char log[PROC_PATH_MAX + 16];
    char port[16];
    char *const argv[] = {postgres, (char[]){"-D"}, cluster->data, NULL};
    /* Immediate shutdown: the postmaster takes its backends with it. */
    const struct proc_options options = {
            .log = log, .user = CLUSTER_USER, .dir = cluster->dir, .death_signal = SIGQUIT};
    const char *const names[] = {"host", "port", "dbname", "user", NULL};
    const char *const values[] = {"127.0.0.1", port, "postgres", CLUSTER_USER, NULL};
    long end = proc_now_ms() + START_MS;

    snprintf(postgres, sizeof(postgres), "%s/postgres", cluster_bin());
    snprintf(log, sizeof(log), "%s/postgres.log", cluster->dir);
    snprintf(port, sizeof(port), "%d", cluster->port);
    proc_start(&cluster->server, argv, &options);
    while (PQpingParams(names, values, 0) != PQPING_OK) {
        if (proc_wait(&cluster->server, 0) >= 0) {
            proc_die("PostgreSQL ended while it started");
        }
        if (proc_now_ms() > end) {
            proc_die("PostgreSQL did not start in time");
        }
        proc_pause_ms(20);
    }
}

void cluster_start(struct cluster *cluster, const struct cluster_options *options)
{
    static const struct cluster_options none = {.hba = NULL};

    memset(cluster, 0, sizeof(*cluster));
    proc_temp_dir(cluster->dir, CLUSTER_USER);
    snprintf(cluster->data, sizeof(cluster->data), "%.200s/data", cluster->dir);
    cluster->port = proc_free_port();
    if (options == NULL) {
        options = &none;
    }
    make(cluster);
    if (options->tls) {
        tls_make(cluster->dir, CLUSTER_USER);
    }
    configure(cluster, options);
    cluster_again(cluster);
}

void cluster_stop(struct cluster *cluster)
{
    (void)proc_stop(&cluster->server, SIGINT, STOP_MS);
}

void cluster_kill(struct cluster *cluster)
{
    (void)proc_stop(&cluster->server, SIGQUIT, STOP_MS);
}

void cluster_hba(struct cluster *cluster, const char *hba)
{
    proc_write(cluster->data, "pg_hba.conf", CLUSTER_USER, hba);
    kill(cluster->server.pid, SIGHUP);
}

void cluster_sql(const struct cluster *cluster, const char *sql)
{
    char conninfo[PROC_PATH_MAX + 64];
    PGconn *conn;
    PGresult *result;

    snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=" CLUSTER_USER " dbname=postgres",
            cluster->dir, cluster->port);
    conn = PQconnectdb(conninfo);
    result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        proc_die("%s: %s", sql, PQerrorMessage(conn));
    }
    PQclear(result);
    PQfinish(conn);
}
