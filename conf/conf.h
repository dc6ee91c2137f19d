/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf.h - how to run: every setting, as plain data.
 *
 * A struct conf is made by conf_load() (conf/conf_load.h) or conf_set(), never
 * changes afterwards, and is replaced as a whole by a reload. Members are named
 * as their keys; a time carries the suffix _usec, except the tcp_ ones, which are
 * in the unit that setsockopt() takes. Texts are never NULL ("" when not set),
 * except where a member's comment says so.
 *
 * Ownership: one arena, reference counted: conf_ref(), conf_unref(). Everything
 * reachable from a conf lives as long as the reference. The user list and the
 * hba rules are counted of their own, so that generations can share them.
 * Threads: any, as nothing changes but the count.
 * Bounds: conf/conf_ini.h has those of the files.
 */
#ifndef SLUICE_CONF_CONF_H
#define SLUICE_CONF_CONF_H

#include "protocol/base/arena.h"
#include "protocol/base/clock.h"
#include "protocol/base/map.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_entries; /* conf/conf_ini.h */
struct hba;          /* conf/hba.h */
struct hba_ident;    /* conf/hba_ident.h */
struct users;        /* conf/users.h */

enum conf_pool_mode {
    CONF_POOL_UNSET = -1, /* in struct conf_database and conf_user only */
    CONF_POOL_SESSION,
    CONF_POOL_TRANSACTION,
    CONF_POOL_STATEMENT
};

/* The last two are never the value of the key auth_type, only of an hba line. */
enum conf_auth_type {
    CONF_AUTH_ANY,
    CONF_AUTH_TRUST,
    CONF_AUTH_PLAIN,
    CONF_AUTH_MD5,
    CONF_AUTH_CERT,
    CONF_AUTH_HBA,
    CONF_AUTH_SCRAM_SHA_256,
    CONF_AUTH_REJECT,
    CONF_AUTH_PEER
};

enum conf_sslmode {
    CONF_SSL_DISABLE,
    CONF_SSL_ALLOW,
    CONF_SSL_PREFER,
    CONF_SSL_REQUIRE,
    CONF_SSL_VERIFY_CA,
    CONF_SSL_VERIFY_FULL
};

enum conf_cache_mode { CONF_CACHE_OFF, CONF_CACHE_SAFE, CONF_CACHE_TTL };
enum conf_cache_reads { CONF_CACHE_MONOTONIC, CONF_CACHE_BY_TABLE };

enum conf_load_balance { CONF_BALANCE_ROUND_ROBIN, CONF_BALANCE_DISABLE };

enum { CONF_UNSET = -1 }; /* a number or a time that a database or user does not set */

/* Where a server listens. */
struct conf_host {
    const char *host; /* a name, an address, or a socket folder: '/' first, or '@' if abstract */
    int port;
};

/* A line of [databases]. NULL and CONF_UNSET: not set, see the conf_ functions below. */
struct conf_database {
    struct sl_map_node node; /* conf_find_database() */
    const char *name;        /* "*" is the fallback */
    const char *dbname;      /* NULL: the name the client asked for */
    const struct conf_host *hosts;
    int hosts_count;      /* at least 1 */
    bool host_is_set;     /* false: hosts[0] is unix_socket_dir, SHOW DATABASES leaves host empty */
    const char *host;     /* the text of host=, or NULL */
    const char *user;     /* NULL: the client's */
    const char *password; /* NULL: from the user list */
    const char *auth_user;
    const char *auth_query;
    const char *auth_dbname;
    const char *connect_query;
    const char *client_encoding;
    const char *datestyle;
    const char *timezone;
    const char *application_name;
    const char *cluster; /* a [cluster NAME] */
    const char *shards;  /* a comma list of clusters */
    int pool_size;
    int min_pool_size;
    int reserve_pool_size;
    int max_db_connections;
    int max_db_client_connections;
    int max_pinned_percent;
    enum conf_pool_mode pool_mode;
    enum conf_load_balance load_balance_hosts;
    sl_usec query_wait_timeout_usec;
    sl_usec server_lifetime_usec;
    const char *text; /* the whole connection string; two databases of equal text are equal */
};

/* A line of [users]. */
struct conf_user {
    struct sl_map_node node; /* conf_find_user() */
    const char *name;
    int pool_size;
    int reserve_pool_size;
    int max_user_connections;
    int max_user_client_connections;
    enum conf_pool_mode pool_mode;
    sl_usec query_timeout_usec;
    sl_usec query_wait_timeout_usec;
    sl_usec idle_transaction_timeout_usec;
    sl_usec transaction_timeout_usec;
    sl_usec client_idle_timeout_usec;
};

/* Which section a policy of the cache is of. */
enum conf_policy_of {
    CONF_POLICY_TABLES, /* [cache.tables] */
    CONF_POLICY_ROLES,
    CONF_POLICY_SHAPES,
    CONF_POLICY_KINDS
};

/* A line of one: conf/conf_policy.h. */
struct conf_policy {
    const char *name;
    int cache;        /* 0: off */
    sl_usec ttl_usec; /* 0: not set */
};

enum { CONF_POLICIES_MAX = 4096 };

struct conf_policies {
    const struct conf_policy *list; /* in the order of their names */
    int count;
};

/* A line of [peers]: another process that knows cancel keys of its own. */
struct conf_peer {
    int id; /* 1 to CONF_PEER_ID_MAX */
    struct conf_host host;
    int pool_size;
};

enum { CONF_PEER_ID_MAX = 16383 };

/* In the order of their subjects. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct conf {
    /* Who may be where. */
    const char *listen_addr; /* comma list; "*" is all; "" is none, Unix sockets only */
    int listen_port;
    int listen_backlog;
    const char *unix_socket_dir; /* "" is none; '@' first is the abstract namespace */
    int unix_socket_mode;
    const char *unix_socket_group;
    bool so_reuseport;
    int tcp_defer_accept; /* 0 is off, anything else on */
    bool tcp_keepalive;
    int tcp_keepcnt;
    int tcp_keepidle;  /* seconds */
    int tcp_keepintvl; /* seconds */
    int tcp_socket_buffer;
    int tcp_user_timeout; /* milliseconds */
    int peer_id;

    /* The process. */
    const char *conffile; /* what RELOAD reads */
    const char *pidfile;
    const char *user; /* to become, when started as root */
    const char *job_name;
    int workers; /* 0: one a core */
    sl_usec shutdown_timeout_usec;
    sl_usec shutdown_drain_usec;
    sl_usec handover_timeout_usec;
    sl_usec suspend_timeout_usec;
    const char *resolv_conf;
    sl_usec dns_max_ttl_usec;
    sl_usec dns_nxdomain_ttl_usec;
    sl_usec dns_zone_check_period_usec;

    /* Log. */
    const char *logfile;
    bool syslog;
    const char *syslog_ident;
    const char *syslog_facility;
    int verbose;
    bool log_connections;
    bool log_disconnections;
    bool log_pooler_errors;
    bool log_stats;
    sl_usec stats_period_usec;

    /* Who is who. */
    enum conf_auth_type auth_type;
    const char *auth_file;
    const char *auth_hba_file;
    const char *auth_ident_file;
    const char *auth_ldap_options;
    const char *auth_user;
    const char *auth_query;
    const char *auth_dbname;
    const char *admin_users; /* comma lists: conf_list_has() */
    const char *stats_users;
    int scram_iterations;

    /* TLS. */
    enum conf_sslmode client_tls_sslmode;
    const char *client_tls_ca_file;
    const char *client_tls_cert_file;
    const char *client_tls_key_file;
    const char *client_tls_protocols;
    const char *client_tls_ciphers;
    const char *client_tls13_ciphers;
    const char *client_tls_dheparams;
    const char *client_tls_ecdhcurve;
    enum conf_sslmode server_tls_sslmode;
    const char *server_tls_ca_file;
    const char *server_tls_cert_file;
    const char *server_tls_key_file;
    const char *server_tls_protocols;
    const char *server_tls_ciphers;
    const char *server_tls13_ciphers;

    /* Pools; those that a database or user overrides are read by the functions below. */
    enum conf_pool_mode pool_mode;
    int max_client_conn;
    int default_pool_size;
    int min_pool_size;
    int reserve_pool_size;
    sl_usec reserve_pool_timeout_usec;
    int max_db_connections; /* 0 in these four: no limit */
    int max_db_client_connections;
    int max_user_connections;
    int max_user_client_connections;
    int max_pinned_percent;
    bool functions_by_catalog;
    bool shared_listen;
    bool server_round_robin;
    bool session_late_link;
    sl_usec autodb_idle_timeout_usec;
    sl_usec pool_idle_timeout_usec;

    /* Servers. */
    const char *server_reset_query;
    bool server_reset_query_always;
    const char *server_check_query; /* "<empty>" is an empty query; "" is no check */
    sl_usec server_check_delay_usec;
    bool server_fast_close;
    sl_usec server_lifetime_usec;
    sl_usec server_idle_timeout_usec;
    sl_usec server_connect_timeout_usec;
    sl_usec server_login_retry_usec;

    /* Clients. */
    sl_usec client_login_timeout_usec;
    sl_usec client_idle_timeout_usec;
    sl_usec query_timeout_usec;
    sl_usec query_wait_timeout_usec;
    sl_usec query_wait_notify_usec;
    sl_usec cancel_wait_timeout_usec;
    sl_usec idle_transaction_timeout_usec;
    sl_usec transaction_timeout_usec;
    const char *login_notify_message;
    bool application_name_add_host;
    bool disable_pqexec;
    const char *ignore_startup_parameters; /* comma lists */
    const char *track_extra_parameters;

    /* The wire. */
    int pkt_buf;
    int sbuf_loopcnt;
    uint32_t max_packet_size;
    int max_prepared_statements; /* named statements kept on one server; 0 is off */
    int reuse_unnamed;           /* times that an unnamed one is seen before it is kept; 0 is off */
    sl_usec reuse_unnamed_lifetime_usec; /* 0: no bound */
    bool reuse_unnamed_plans;            /* ask which may keep their plans, too */
    int64_t prepared_statements_bytes_client;
    int64_t prepared_statements_bytes;

    /* [stats] */
    int stats_mode; /* 0: off */
    int stats_shapes;
    bool stats_examples;
    int stats_slow_threshold; /* milliseconds, as the next; -1: none */
    int stats_log_min_duration_statement;
    int stats_metrics_shapes;
    int64_t stats_memory;
    const char *stats_history; /* a conninfo; "" is off */
    sl_usec stats_history_retention_usec;
    sl_usec stats_workload_interval_usec; /* 0: only when asked */
    int64_t stats_catalog_memory;

    /* [cache] */
    int cache_mode; /* enum conf_cache_mode */
    int cache_admission;
    int cache_session_reads; /* enum conf_cache_reads */
    int64_t cache_memory;
    int64_t cache_max_result;
    sl_usec cache_max_staleness_usec;
    sl_usec cache_negative_ttl_usec; /* 0: as any other */
    sl_usec cache_ttl_local_usec;    /* 0: no bound */
    const char *cache_stream;        /* part of a conninfo; "": none */
    const char *cache_through_sluice;
    sl_usec cache_ttl_redis_usec;
    const char *cache_redis; /* where it is; "": there is none */
    const char *cache_redis_user;
    const char *cache_redis_password;
    const char *cache_redis_prefix;
    int cache_redis_database;
    int64_t cache_redis_max_result;
    sl_usec cache_redis_timeout_usec;
    const char *cache_warm_file; /* "": none */

    /* [http] */
    const char *http_listen; /* "" is off */
    const char *http_token;  /* "" is none */
    int http_max_connections;
    int64_t http_max_body;
    sl_usec http_timeout_usec;

    /* The other sections. */
    const struct conf_database *const *databases; /* in the order of the file; no "*" */
    int databases_count;
    const struct conf_database *fallback_database; /* "*", or NULL */
    const struct conf_user *const *conf_users;
    int conf_users_count;
    const struct conf_peer *peers; /* in the order of their ids */
    int peers_count;
    struct conf_policies policies[CONF_POLICY_KINDS];

    /* The other files; never NULL after conf_load(), empty when no file is named. */
    const struct users *users;
    const struct hba *hba;
    const struct hba_ident *ident;

    /* How it is kept; nobody else's business. */
    atomic_uint refs; /* any thread */
    struct sl_arena arena;
    struct sl_map databases_by_name;
    struct sl_map users_by_name;
    const struct conf_entries *entries;
};

/* Another reference to the same conf. */
const struct conf *conf_ref(const struct conf *conf);
void conf_unref(const struct conf *conf); /* NULL is fine */

/* The database of exactly that name, or NULL: then fallback_database may serve it. */
const struct conf_database *conf_find_database(const struct conf *conf, const char *name);
const struct conf_user *conf_find_user(const struct conf *conf, const char *name);
const struct conf_peer *conf_find_peer(const struct conf *conf, int id);

/* Is name one of the comma list? Exactly, or whatever its case. */
bool conf_list_has(const char *list, const char *name);
bool conf_list_has_nocase(const char *list, const char *name);

/*
 * What holds for a database and a user: the user's value, else the database's,
 * else the general one. user is that of the pool's servers, NULL when [users] has
 * no such line; of client_ and query_wait_timeout, the one who logged in.
 */
enum conf_pool_mode conf_pool_mode(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user);
int conf_pool_size(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user);
int conf_reserve_pool_size(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user);
sl_usec conf_query_wait_timeout(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user);
int conf_min_pool_size(const struct conf *conf, const struct conf_database *db);
sl_usec conf_server_lifetime(const struct conf *conf, const struct conf_database *db);
int conf_max_db_connections(const struct conf *conf, const struct conf_database *db);
int conf_max_db_client_connections(const struct conf *conf, const struct conf_database *db);
int conf_max_pinned_percent(const struct conf *conf, const struct conf_database *db);
const char *conf_auth_user(const struct conf *conf, const struct conf_database *db);
const char *conf_auth_query(const struct conf *conf, const struct conf_database *db);
const char *conf_auth_dbname(const struct conf *conf, const struct conf_database *db);
int conf_max_user_connections(const struct conf *conf, const struct conf_user *user);
int conf_max_user_client_connections(const struct conf *conf, const struct conf_user *user);
sl_usec conf_query_timeout(const struct conf *conf, const struct conf_user *user);
sl_usec conf_idle_transaction_timeout(const struct conf *conf, const struct conf_user *user);
sl_usec conf_transaction_timeout(const struct conf *conf, const struct conf_user *user);
sl_usec conf_client_idle_timeout(const struct conf *conf, const struct conf_user *user);

#endif
