/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_keys.c - the table itself.
 *
 * A row's macro says its type: BOOL, INT, OCTAL, UINT, SIZE, TIME, TEXT, WORD
 * for [sluice]; the DB_, USER_, PEER_ and LATER_ ones for the other sections.
 * After the sentence a row may set further members of struct conf_key.
 */
#include "conf/conf_keys.h"

#include "conf/conf.h"

#include <limits.h>
#include <string.h>

enum { FIXED = false, LIVE = true }; /* may it change while running? */

#define NOT_YET "not in this version"

#define ROW(topic_, type_, member_)                                                                \
    .section = CONF_SECTION_SLUICE, .topic = CONF_TOPIC_##topic_, .type = CONF_TYPE_##type_,       \
    .at = offsetof(struct conf, member_)
#define BOOL(topic_, name_, default_, live_, ...)                                                  \
    {                                                                                              \
        .name = #name_, ROW(topic_, BOOL, name_), .default_text = default_, .reloadable = live_,   \
        .sentence = __VA_ARGS__                                                                    \
    }
#define INT(topic_, name_, min_, max_, default_, live_, ...)                                       \
    {                                                                                              \
        .name = #name_, ROW(topic_, INT, name_), .min = min_, .max = max_,                         \
        .default_text = default_, .reloadable = live_, .sentence = __VA_ARGS__                     \
    }
#define OCTAL(topic_, name_, max_, default_, live_, ...)                                           \
    {                                                                                              \
        .name = #name_, ROW(topic_, OCTAL, name_), .max = max_, .default_text = default_,          \
        .reloadable = live_, .sentence = __VA_ARGS__                                               \
    }
#define UINT(topic_, name_, min_, default_, live_, ...)                                            \
    {                                                                                              \
        .name = #name_, ROW(topic_, UINT, name_), .min = min_, .max = UINT32_MAX,                  \
        .default_text = default_, .reloadable = live_, .sentence = __VA_ARGS__                     \
    }
#define SIZE(topic_, name_, min_, default_, live_, ...)                                            \
    {                                                                                              \
        .name = #name_, ROW(topic_, SIZE, name_), .min = min_, .max = INT64_MAX,                   \
        .default_text = default_, .reloadable = live_, .sentence = __VA_ARGS__                     \
    }
#define TIME(topic_, name_, min_, default_, live_, ...)                                            \
    {                                                                                              \
        .name = #name_, ROW(topic_, TIME, name_##_usec), .min = min_, .max = CONF_TIME_MAX,        \
        .default_text = default_, .reloadable = live_, .sentence = __VA_ARGS__                     \
    }
#define TEXT(topic_, name_, default_, live_, ...)                                                  \
    {                                                                                              \
        .name = #name_, ROW(topic_, TEXT, name_), .default_text = default_, .reloadable = live_,   \
        .sentence = __VA_ARGS__                                                                    \
    }
#define WORD(topic_, name_, words_, default_, live_, ...)                                          \
    {                                                                                              \
        .name = #name_, ROW(topic_, WORD, name_), .words = words_, .default_text = default_,       \
        .reloadable = live_, .sentence = __VA_ARGS__                                               \
    }
/* A key that is read and has no place in struct conf. */
#define NOWHERE(topic_, name_, default_, reason_, ...)                                             \
    {                                                                                              \
        .name = #name_, .section = CONF_SECTION_SLUICE, .topic = CONF_TOPIC_##topic_,              \
        .type = CONF_TYPE_TEXT, .at = CONF_NOWHERE, .default_text = default_, .ignored = reason_,  \
        .sentence = __VA_ARGS__                                                                    \
    }

/* The other sections: their members are unset until a line sets them, and all may change live. */
#define PART(section_, type_, struct_, member_)                                                    \
    .section = CONF_SECTION_##section_, .type = CONF_TYPE_##type_,                                 \
    .at = offsetof(struct struct_, member_), .reloadable = true
#define RANGE(min_, max_, default_) .min = min_, .max = max_, .default_text = default_
#define DB_TEXT(name_, ...)                                                                        \
    {                                                                                              \
        .name = #name_, PART(DATABASES, TEXT, conf_database, name_), .sentence = __VA_ARGS__       \
    }
#define DB_INT(name_, ...)                                                                         \
    {                                                                                              \
        .name = #name_, PART(DATABASES, INT, conf_database, name_), .min = CONF_UNSET,             \
        .max = INT_MAX, .sentence = __VA_ARGS__                                                    \
    }
#define DB_TIME(name_, ...)                                                                        \
    {                                                                                              \
        .name = #name_, PART(DATABASES, TIME, conf_database, name_##_usec), .min = CONF_UNSET,     \
        .max = CONF_TIME_MAX, .sentence = __VA_ARGS__                                              \
    }
#define DB_WORD(name_, words_, ...)                                                                \
    {                                                                                              \
        .name = #name_, PART(DATABASES, WORD, conf_database, name_), .words = words_,              \
        .sentence = __VA_ARGS__                                                                    \
    }
#define USER_INT(name_, ...)                                                                       \
    {                                                                                              \
        .name = #name_, PART(USERS, INT, conf_user, name_), .min = CONF_UNSET, .max = INT_MAX,     \
        .sentence = __VA_ARGS__                                                                    \
    }
#define USER_TIME(name_, ...)                                                                      \
    {                                                                                              \
        .name = #name_, PART(USERS, TIME, conf_user, name_##_usec), .min = CONF_UNSET,             \
        .max = CONF_TIME_MAX, .sentence = __VA_ARGS__                                              \
    }
/* Those of [cache.tables], [cache.roles] and [cache.shapes] are the same. */
#define POLICY_KEYS(section_)                                                                      \
    {.name = "cache",                                                                              \
            PART(section_, WORD, conf_policy, cache),                                              \
            .words = policies,                                                                     \
            .sentence = "Whether answers are kept and given; `name = off` is short for "           \
                        "`name = cache=off`."},                                                    \
    {                                                                                              \
        .name = "ttl", PART(section_, TIME, conf_policy, ttl_usec), .min = 1000,                   \
        .max = CONF_TIME_MAX,                                                                      \
        .sentence = "How long an answer is kept at most; never longer than ttl_local."             \
    }
#define LATER(section_, type_, name_, ...)                                                         \
    {                                                                                              \
        .name = #name_, .section = CONF_SECTION_##section_, .type = CONF_TYPE_##type_,             \
        .at = CONF_NOWHERE, .max = INT64_MAX, .ignored = NOT_YET, .sentence = __VA_ARGS__          \
    }

static const struct conf_word pool_modes[] = {
        {"session", CONF_POOL_SESSION},
        {"transaction", CONF_POOL_TRANSACTION},
        {"statement", CONF_POOL_STATEMENT},
        {NULL, 0},
};

static const struct conf_word auth_types[] = {
        {"any", CONF_AUTH_ANY},
        {"trust", CONF_AUTH_TRUST},
        {"plain", CONF_AUTH_PLAIN},
        {"md5", CONF_AUTH_MD5},
        {"cert", CONF_AUTH_CERT},
        {"hba", CONF_AUTH_HBA},
        {"scram-sha-256", CONF_AUTH_SCRAM_SHA_256},
        {NULL, 0},
};

static const struct conf_word sslmodes[] = {
        {"disable", CONF_SSL_DISABLE},
        {"allow", CONF_SSL_ALLOW},
        {"prefer", CONF_SSL_PREFER},
        {"require", CONF_SSL_REQUIRE},
        {"verify-ca", CONF_SSL_VERIFY_CA},
        {"verify-full", CONF_SSL_VERIFY_FULL},
        {NULL, 0},
};

static const struct conf_word balances[] = {
        {"round-robin", CONF_BALANCE_ROUND_ROBIN},
        {"disable", CONF_BALANCE_DISABLE},
        {NULL, 0},
};

static const struct conf_word stats_modes[] = {{"off", 0}, {"on", 1}, {NULL, 0}};
static const struct conf_word policies[] = {{"off", 0}, {"on", 1}, {NULL, 0}};
static const struct conf_word cache_modes[] = {
        {"off", CONF_CACHE_OFF}, {"safe", CONF_CACHE_SAFE}, {"ttl", CONF_CACHE_TTL}, {NULL, 0}};
static const struct conf_word cache_reads[] = {
        {"monotonic", CONF_CACHE_MONOTONIC}, {"table", CONF_CACHE_BY_TABLE}, {NULL, 0}};
static const struct conf_word optimizer_modes[] = {
        {"off", 0}, {"observe", 1}, {"recommend", 2}, {"approve", 3}, {"auto", 4}, {NULL, 0}};

#define AUTH_QUERY                                                                                 \
    "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END "              \
    "FROM pg_authid WHERE rolname=$1 AND rolcanlogin"

/* clang-format off: a row is a table's row, name and figures first, the sentence below. */
static const struct conf_key keys[] = {
        TEXT(AUTH, admin_users, "", LIVE,
                "Users who may connect to the console and do everything there, a comma list."),
        BOOL(CLIENTS, application_name_add_host, "0", LIVE,
                "Add the client's address and port to the application_name it starts with."),
        TEXT(AUTH, auth_dbname, NULL, LIVE,
                "The database of [databases] that auth_query runs in; not set, the one the client "
                "asked for."),
        TEXT(AUTH, auth_file, NULL, LIVE, "The file of user names and secrets."),
        TEXT(AUTH, auth_hba_file, "", LIVE, "The pg_hba.conf-like file for auth_type=hba."),
        TEXT(AUTH, auth_ident_file, NULL, LIVE,
                "The pg_ident.conf-like file with the maps that hba lines name."),
        TEXT(AUTH, auth_ldap_options, NULL, LIVE, "Where an LDAP server is.",
                .ignored = "LDAP is not supported", .is_secret = true),
        TEXT(AUTH, auth_query, AUTH_QUERY, LIVE,
                "The query that finds name and secret of a user who is not in auth_file; $1 is the "
                "name."),
        WORD(AUTH, auth_type, auth_types, "md5", LIVE,
                "How clients prove who they are; md5 also takes SCRAM verifiers; LDAP and PAM are "
                "not supported.",
                .missing = "ldap and pam are not supported"),
        TEXT(AUTH, auth_user, NULL, LIVE,
                "The user who runs auth_query; not set, auth_query is not used."),
        TIME(POOLS, autodb_idle_timeout, 0, "3600", LIVE,
                "Forget a database made from the fallback entry * after so long without clients "
                "and "
                "servers; 0 never."),
        TIME(CLIENTS, cancel_wait_timeout, 0, "10", LIVE,
                "Give up a cancel request that could not be sent on for so long; 0 never, but 10 s "
                "for "
                "one that goes to a peer."),
        TIME(CLIENTS, client_idle_timeout, 0, "0", LIVE,
                "Close a client that has been idle outside a transaction for so long; 0 never."),
        TIME(CLIENTS, client_login_timeout, 0, "60", LIVE,
                "Close a client that has not logged in after so long."),
        TEXT(CLIENT_TLS, client_tls13_ciphers, NULL, LIVE,
                "Cipher suites for TLS 1.3 with clients; not set, OpenSSL's."),
        TEXT(CLIENT_TLS, client_tls_ca_file, "", LIVE,
                "Certificates that client certificates are checked against."),
        TEXT(CLIENT_TLS, client_tls_cert_file, "", LIVE, "Our certificate, shown to clients."),
        TEXT(CLIENT_TLS, client_tls_ciphers, "default", LIVE,
                "Ciphers up to TLS 1.2 with clients, in OpenSSL's notation; default, secure, fast, "
                "normal or all."),
        TEXT(CLIENT_TLS, client_tls_dheparams, "auto", LIVE,
                "Diffie-Hellman groups with clients: none, auto or legacy."),
        TEXT(CLIENT_TLS, client_tls_ecdhcurve, "auto", LIVE,
                "Elliptic curve with clients: none, auto or a curve's name."),
        TEXT(CLIENT_TLS, client_tls_key_file, "", LIVE, "The private key of client_tls_cert_file."),
        TEXT(CLIENT_TLS, client_tls_protocols, "secure", LIVE,
                "TLS versions with clients: a list of tlsv1.0 to tlsv1.3, or secure, or all."),
        WORD(CLIENT_TLS, client_tls_sslmode, sslmodes, "disable", LIVE,
                "Whether clients may or must use TLS, and show a certificate."),
        TEXT(PROCESS, conffile, NULL, LIVE, "The file that the next RELOAD reads."),
        INT(POOLS, default_pool_size, 0, INT_MAX, "20", LIVE,
                "Servers a pool (one database and user) may have; 0 is no limit."),
        BOOL(CLIENTS, disable_pqexec, "0", FIXED,
                "Refuse the simple query protocol, which takes several statements in one text."),
        TIME(PROCESS, dns_max_ttl, 0, "15", LIVE,
                "How long the address of a name is believed. While servers are connected by the "
                "name it is then asked for again, at most once a second, and those at an address "
                "that it has no more are closed when they are free."),
        TIME(PROCESS, dns_nxdomain_ttl, 0, "15", LIVE,
                "How long it is believed that a name has no address."),
        TIME(PROCESS, dns_zone_check_period, 0, "0", LIVE,
                "How often to ask whether a DNS zone changed.",
                .ignored = "zone serials are not watched"),
        TIME(CLIENTS, idle_transaction_timeout, 0, "0", LIVE,
                "Close a client that has been idle within a transaction for so long; 0 never."),
        TEXT(CLIENTS, ignore_startup_parameters, "", LIVE,
                "Startup parameters to drop without a word, also those inside options, a comma "
                "list."),
        TEXT(PROCESS, job_name, "sluice", FIXED, "What the process calls itself.",
                .ignored = "it names a Windows service"),
        TEXT(LISTEN, listen_addr, "127.0.0.1", FIXED,
                "Addresses to listen on, a comma list; * is all; empty is none, Unix sockets only. "
                "Without the key, a section called [pgbouncer] means none, as in PgBouncer."),
        INT(LISTEN, listen_backlog, 0, INT_MAX, "128", FIXED,
                "Connections the system holds until they are accepted."),
        INT(LISTEN, listen_port, 0, 65535, "6432", FIXED,
                "The port, for TCP and in the name of the Unix socket."),
        BOOL(LOG, log_connections, "1", LIVE, "Log logins."),
        BOOL(LOG, log_disconnections, "1", LIVE, "Log why connections end."),
        BOOL(LOG, log_pooler_errors, "1", LIVE, "Log the errors that are ours and not a server's."),
        BOOL(LOG, log_stats, "1", LIVE, "Log totals every stats_period."),
        TEXT(LOG, logfile, "", LIVE,
                "The file to log to, beside stderr unless -q or -d is given; empty is stderr "
                "only."),
        TEXT(CLIENTS, login_notify_message, "", LIVE,
                "A notice for each client that has logged in; empty is none."),
        INT(CLIENTS, max_client_conn, 1, INT_MAX, "100", LIVE, "Clients there may be."),
        INT(CLIENTS, max_db_client_connections, -1, INT_MAX, "0", LIVE,
                "Clients a database may have; 0 is no limit."),
        INT(POOLS, max_db_connections, -1, INT_MAX, "0", LIVE,
                "Servers a database may have over all its users; 0 is no limit."),
        UINT(WIRE, max_packet_size, 1024, "2147483647", LIVE,
                "The longest message let through, in bytes."),
        INT(WIRE, max_prepared_statements, 0, INT_MAX, "200", LIVE,
                "Named prepared statements kept on each server for transaction and statement "
                "pooling; 0 is none."),
        INT(CLIENTS, max_user_client_connections, -1, INT_MAX, "0", LIVE,
                "Clients a user may have; 0 is no limit."),
        INT(POOLS, max_user_connections, -1, INT_MAX, "0", LIVE,
                "Servers a user may have over all databases; 0 is no limit."),
        INT(POOLS, min_pool_size, 0, INT_MAX, "0", LIVE,
                "Servers a pool keeps while it has clients or a user of its own; "
                "server_idle_timeout closes none of them."),
        INT(PROCESS, peer_id, 0, CONF_PEER_ID_MAX, "0", LIVE,
                "Our number among the [peers]: cancel keys of new clients carry it in place of the "
                "server's process id, and requests with another's are passed on; 0 is none."),
        TEXT(PROCESS, pidfile, "", FIXED, "The file to write the process id to; needed for -d."),
        INT(WIRE, pkt_buf, 128, 1 << 30, "4096", FIXED,
                "Bytes of a connection's buffer to begin with.",
                .ignored = "buffers belong to a worker and need no tuning"),
        WORD(POOLS, pool_mode, pool_modes, "session", LIVE,
                "When a server is free again: after the session, the transaction or the "
                "statement.",
                .sample = "transaction"),
        TIME(POOLS, pool_idle_timeout, 0, "0", LIVE,
                "Forget a pool that has had neither clients nor servers for so long; 0 never."),
        TIME(CLIENTS, query_timeout, 0, "0", LIVE,
                "Close a client whose statement takes longer; 0 never."),
        TIME(CLIENTS, query_wait_notify, 0, "5", LIVE,
                "Tell a client that waits for a server so long that it does; 0 never."),
        TIME(CLIENTS, query_wait_timeout, 0, "120", LIVE,
                "Close a client that has waited for a server so long; 0 never."),
        INT(POOLS, reserve_pool_size, 0, INT_MAX, "0", LIVE,
                "Servers a pool may have beyond its size for clients that have waited "
                "reserve_pool_timeout."),
        TIME(POOLS, reserve_pool_timeout, 0, "5", LIVE,
                "How long a client waits before the reserve is used; 0 is no reserve."),
        TEXT(PROCESS, resolv_conf, "", FIXED, "A file to read instead of /etc/resolv.conf.",
                .ignored = "names are looked up by the system's own resolver"),
        INT(WIRE, sbuf_loopcnt, 0, INT_MAX, "5", LIVE,
                "Buffers one connection may move before others have their turn; 0 is no limit.",
                .ignored = "a turn reads once from each connection, which needs no tuning"),
        INT(AUTH, scram_iterations, 1, 10000000, "4096", LIVE,
                "Iterations of the SCRAM verifiers that are made from passwords."),
        TIME(SERVERS, server_check_delay, 0, "30", LIVE,
                "A server idle for less than this is used without server_check_query."),
        TEXT(SERVERS, server_check_query, "<empty>", LIVE,
                "The query that shows that a server is alive; <empty> is an empty query; empty is "
                "no check."),
        TIME(SERVERS, server_connect_timeout, 0, "15", LIVE,
                "How long connecting and logging in to a server may take."),
        BOOL(SERVERS, server_fast_close, "0", LIVE,
                "In session pooling, close a server that is to be closed after its transaction, "
                "not its session, and the client with it."),
        TIME(SERVERS, server_idle_timeout, 0, "600", LIVE,
                "Close a server that has been idle for so long; 0 never."),
        TIME(SERVERS, server_lifetime, 0, "3600", LIVE,
                "Close a free server that is older; 0 closes it after one use."),
        TIME(SERVERS, server_login_retry, 0, "15", LIVE,
                "How long to wait before connecting again after a failure.",
                .ignored = "it is tried again soon, then ever later, after a second at most"),
        TEXT(SERVERS, server_reset_query, "DISCARD ALL", LIVE,
                "What is sent to a server that a session gives back."),
        BOOL(SERVERS, server_reset_query_always, "0", LIVE,
                "Send server_reset_query in transaction and statement pooling too."),
        BOOL(SERVERS, server_round_robin, "0", LIVE,
                "Use the server that has rested longest, not the one used last."),
        TEXT(SERVER_TLS, server_tls13_ciphers, NULL, LIVE,
                "Cipher suites for TLS 1.3 with servers; not set, OpenSSL's."),
        TEXT(SERVER_TLS, server_tls_ca_file, "", LIVE,
                "Certificates that server certificates are checked against."),
        TEXT(SERVER_TLS, server_tls_cert_file, "", LIVE, "Our certificate, shown to servers."),
        TEXT(SERVER_TLS, server_tls_ciphers, "default", LIVE,
                "Ciphers up to TLS 1.2 with servers, in OpenSSL's notation; default, secure, fast, "
                "normal or all."),
        TEXT(SERVER_TLS, server_tls_key_file, "", LIVE, "The private key of server_tls_cert_file."),
        TEXT(SERVER_TLS, server_tls_protocols, "secure", LIVE,
                "TLS versions with servers: a list of tlsv1.0 to tlsv1.3, or secure, or all."),
        WORD(SERVER_TLS, server_tls_sslmode, sslmodes, "prefer", LIVE,
                "Whether TLS is asked of servers, and what of their certificate is checked."),
        NOWHERE(PROCESS, service_name, NULL, "there is no Windows service",
                "The name of a Windows service."),
        BOOL(LISTEN, so_reuseport, "0", FIXED, "Let several processes listen on one port."),
        TIME(LOG, stats_period, SL_SECOND, "60", LIVE,
                "How often averages are computed and totals logged."),
        TEXT(AUTH, stats_users, "", LIVE,
                "Users who may connect to the console and look, a comma list."),
        TIME(PROCESS, suspend_timeout, 0, "10", LIVE,
                "How long SUSPEND waits for a connection's buffers before it is closed."),
        BOOL(LOG, syslog, "0", LIVE, "Log to syslog too."),
        TEXT(LOG, syslog_facility, "daemon", LIVE,
                "The syslog facility: auth, authpriv, daemon, user or local0 to local7."),
        TEXT(LOG, syslog_ident, "sluice", LIVE, "The name that syslog lines begin with."),
        INT(LISTEN, tcp_defer_accept, 0, INT_MAX, "1", LIVE,
                "Accept a connection only when its first bytes are here; 0 is off."),
        BOOL(LISTEN, tcp_keepalive, "1", LIVE, "Let the system probe connections that are silent."),
        INT(LISTEN, tcp_keepcnt, 0, INT_MAX, "0", LIVE,
                "Probes without an answer before a connection is dead; 0 is the system's."),
        INT(LISTEN, tcp_keepidle, 0, INT_MAX, "0", LIVE,
                "Seconds of silence before the first probe; 0 is the system's."),
        INT(LISTEN, tcp_keepintvl, 0, INT_MAX, "0", LIVE,
                "Seconds between probes; 0 is the system's."),
        INT(LISTEN, tcp_socket_buffer, 0, INT_MAX, "0", LIVE,
                "Bytes of the system's buffer for a socket; 0 is the system's choice."),
        INT(LISTEN, tcp_user_timeout, 0, INT_MAX, "0", LIVE,
                "Milliseconds that sent bytes may go unacknowledged; 0 is the system's."),
        TEXT(CLIENTS, track_extra_parameters, "IntervalStyle", FIXED,
                "Further parameters that a client keeps from server to server, a comma list.",
                .ignored = "every parameter that the server reports is tracked"),
        TIME(CLIENTS, transaction_timeout, 0, "0", LIVE,
                "Close a client whose transaction is open for so long; 0 never."),
        TEXT(LISTEN, unix_socket_dir, "/tmp", FIXED,
                "The folder of the Unix socket, ours and that of servers without host=; empty is "
                "none; "
                "@ first is the abstract namespace."),
        TEXT(LISTEN, unix_socket_group, "", FIXED, "The group that the Unix socket is given to."),
        OCTAL(LISTEN, unix_socket_mode, 0777, "0777", FIXED, "The mode of the Unix socket."),
        TEXT(PROCESS, user, NULL, FIXED, "The system user to become when started as root."),
        INT(LOG, verbose, 0, INT_MAX, NULL, LIVE,
                "0 logs what happens, 1 and more also what is tried: connections that come and are "
                "made, "
                "and keys without effect."),

        /* Ours. */
        INT(POOLS, max_pinned_percent, 0, 100, "100", LIVE,
                "Of pool_size, how much of a pool its clients may keep between transactions, for "
                "temporary tables, advisory locks, LISTEN and the like (SHOW PINS), rounded up; "
                "one more is told 53300 and closed, its server cleaned; 100 is no limit."),
        BOOL(WIRE, functions_by_catalog, "1", LIVE,
                "In transaction pooling, know by the catalogue, as far as [stats] has read it, "
                "what users' functions leave in a session, called by name or behind triggers, "
                "views, defaults and operators; where one may leave something, and while nothing "
                "is known, PostgreSQL is asked behind the transaction, and it is its client's, "
                "wherever that is served. A change of functions that does not come through here is "
                "seen after five minutes, or at RECONNECT. 0: what may be left by functions that "
                "are called by their names is taken away, and what is behind statements is not "
                "seen."),
        INT(WIRE, reuse_unnamed, 0, INT_MAX - 1000, "5", LIVE,
                "In transaction and statement pooling, keep an unnamed statement of the extended "
                "protocol prepared on servers once its text has been seen so often, so that it is "
                "parsed and analysed once in five times at most, or once in a thousand where it "
                "has no parameters; 0 never. They are half of max_prepared_statements at most."),
        BOOL(WIRE, reuse_unnamed_plans, "1", LIVE,
                "Ask the server, by EXPLAIN, which of these statements with parameters have the "
                "same plan whatever the values (one row by a unique index, or an INSERT of one "
                "row), once a minute: they are parsed anew once in a thousand times only."),
        TIME(WIRE, reuse_unnamed_lifetime, 0, "1", LIVE,
                "Parse such a statement anew after so long, for changes of tables, functions and "
                "settings of the server that do not come through here; 0 is no limit."),
        BOOL(WIRE, shared_listen, "1", LIVE,
                "In transaction and statement pooling, one connection for each database LISTENs "
                "for all clients, whose servers are others' meanwhile (SHOW LISTENERS); it "
                "counts for max_db_connections and max_user_connections. With 0, or where it "
                "cannot be had, a client that LISTENs keeps its server."),
        SIZE(WIRE, prepared_statements_bytes, 0, "256MB", LIVE,
                "Bytes that the texts of all clients' prepared statements may take together."),
        SIZE(WIRE, prepared_statements_bytes_client, 0, "1MB", LIVE,
                "Bytes that one client's prepared statements may take."),
        BOOL(POOLS, session_late_link, "0", LIVE,
                "In session pooling, take a server at the first statement, as PgBouncer does, not "
                "at login."),
        TIME(PROCESS, shutdown_timeout, 0, "0", LIVE,
                "How long a shutdown that drains waits before it closes what is left; 0 is no "
                "limit."),
        TIME(PROCESS, shutdown_drain, 0, "0", LIVE,
                "In a shutdown that waits for clients (SIGTERM), how long they have to leave by "
                "themselves; then each is told 57P01 and closed between its transactions. 0 lets "
                "them stay, as PgBouncer does; shutdown_timeout ends what is left after that."),
        TIME(PROCESS, handover_timeout, 0, "300", LIVE,
                "When another process has taken over (-R), how long clients that cannot move there "
                "(TLS, a server kept between transactions) are served here; then each is told "
                "57P01 and closed between its transactions, and shutdown_timeout later, if that "
                "is set, whoever is left. 0 is no limit."),
        INT(PROCESS, workers, 0, 1024, "0", FIXED,
                "Threads that serve connections; 0 is one a core."),

        DB_TEXT(application_name, "The application_name of servers before a client sets its own."),
        DB_TEXT(auth_dbname, "In place of the general auth_dbname."),
        DB_TEXT(auth_query, "In place of the general auth_query; in single quotes."),
        DB_TEXT(auth_user, "In place of the general auth_user."),
        DB_TEXT(client_encoding, "The client_encoding that servers start with."),
        DB_TEXT(cluster, "The [cluster NAME] that serves this database.", .ignored = NOT_YET),
        DB_TEXT(connect_query,
                "What is sent to each new server before it is used; errors are logged only."),
        DB_TEXT(datestyle, "The DateStyle that servers start with."),
        DB_TEXT(dbname,
                "The name of the database at the server; not set, the one the client asked for."),
        DB_TEXT(host, "Where the server is: names, addresses or a socket folder, a comma list; "
                      "not set, unix_socket_dir."),
        DB_WORD(load_balance_hosts, balances,
                "Which of several hosts a new server goes to: the next each time, or the same "
                "until it fails."),
        DB_INT(max_db_client_connections, "In place of the general max_db_client_connections."),
        DB_INT(max_db_connections, "In place of the general max_db_connections."),
        {.name = "max_pinned_percent",
                PART(DATABASES, INT, conf_database, max_pinned_percent),
                .min = CONF_UNSET,
                .max = 100,
                .sentence = "In place of the general max_pinned_percent."},
        DB_INT(min_pool_size, "In place of the general min_pool_size."),
        DB_TEXT(password, "The password of user.", .is_secret = true),
        DB_WORD(pool_mode, pool_modes, "In place of the general pool_mode."),
        DB_INT(pool_size, "In place of default_pool_size."),
        {.name = "port",
                .section = CONF_SECTION_DATABASES,
                .type = CONF_TYPE_TEXT,
                .at = CONF_NOWHERE,
                .reloadable = true,
                .default_text = "5432",
                .sentence = "The port at the server, or one for each host, a comma list."},
        DB_TIME(query_wait_timeout, "In place of the general query_wait_timeout."),
        {.name = "reserve_pool",
                PART(DATABASES, INT, conf_database, reserve_pool_size),
                .min = CONF_UNSET,
                .max = INT_MAX,
                .same_as = "reserve_pool_size",
                .sentence = "The old name of reserve_pool_size."},
        DB_INT(reserve_pool_size, "In place of the general reserve_pool_size."),
        DB_TIME(server_lifetime, "In place of the general server_lifetime; 0 is the general one."),
        DB_TEXT(shards, "The clusters that share this database's rows.", .ignored = NOT_YET),
        DB_TEXT(timezone, "The TimeZone that servers start with."),
        DB_TEXT(user, "The user of all servers, whoever the client is; not set, the client's."),

        USER_TIME(client_idle_timeout,
                "In place of the general client_idle_timeout; 0 is the general one."),
        USER_TIME(idle_transaction_timeout,
                "In place of the general idle_transaction_timeout; 0 is the general one."),
        USER_INT(max_user_client_connections,
                "In place of the general max_user_client_connections."),
        USER_INT(max_user_connections, "In place of the general max_user_connections."),
        {.name = "pool_mode",
                PART(USERS, WORD, conf_user, pool_mode),
                .words = pool_modes,
                .sentence = "In place of the database's and the general pool_mode."},
        USER_INT(pool_size, "In place of the database's pool_size and default_pool_size."),
        USER_TIME(query_timeout, "In place of the general query_timeout; 0 is the general one."),
        USER_TIME(query_wait_timeout,
                "In place of the database's and the general query_wait_timeout."),
        USER_INT(
                reserve_pool_size, "In place of the database's and the general reserve_pool_size."),
        USER_TIME(transaction_timeout,
                "In place of the general transaction_timeout; 0 is the general one."),

        {.name = "host",
                PART(PEERS, TEXT, conf_peer, host.host),
                .sentence = "Where the peer listens: a name, an address or a socket folder."},
        {.name = "pool_size",
                PART(PEERS, INT, conf_peer, pool_size),
                .min = CONF_UNSET,
                .max = INT_MAX,
                .sentence = "Cancel requests to the peer at a time, others wait; not set, "
                            "default_pool_size."},
        {.name = "port",
                PART(PEERS, INT, conf_peer, host.port),
                RANGE(1, 65535, "6432"),
                .sentence = "The peer's port."},

        LATER(CLUSTER, TEXT, nodes, "host:port of the primary and its replicas, a comma list."),
        {.name = "catalog_memory",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_SIZE,
                .at = offsetof(struct conf, stats_catalog_memory),
                .reloadable = FIXED,
                RANGE(0, (int64_t)64 * 1024 * 1024 * 1024, "32MB"),
                .sentence = "What may be kept of databases' catalogues, all together: functions, "
                            "tables and schemas, asked for by idle servers. 0 asks for nothing."},
        {.name = "examples",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_BOOL,
                .at = offsetof(struct conf, stats_examples),
                .reloadable = LIVE,
                .default_text = "0",
                .sentence = "Whether a few statements of each shape are kept as they came, with "
                            "their literals, for admins' SHOW QUERY."},
        {.name = "history",
                PART(STATS, TEXT, conf, stats_history),
                .default_text = "",
                .is_secret = true,
                .sentence = "A connection string, as libpq has them, of the database whose table "
                            "sluice.performance_metrics history is written to; empty: none."},
        {.name = "history_retention",
                PART(STATS, TIME, conf, stats_history_retention_usec),
                .max = CONF_TIME_MAX,
                .default_text = "30d",
                .sentence = "How old rows of that table get; 0: they are not deleted."},
        {.name = "log_min_duration_statement",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_INT,
                .at = offsetof(struct conf, stats_log_min_duration_statement),
                .reloadable = LIVE,
                RANGE(-1, INT_MAX, "-1"),
                .sentence = "Milliseconds: statements that take as long are logged, by shape and "
                            "without literals; -1: none."},
        {.name = "memory",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_SIZE,
                .at = offsetof(struct conf, stats_memory),
                .reloadable = FIXED,
                RANGE((int64_t)4 * 1024 * 1024, (int64_t)64 * 1024 * 1024 * 1024, "64MB"),
                .sentence = "What statistics of statements may take, all workers together."},
        {.name = "metrics_shapes",
                PART(STATS, INT, conf, stats_metrics_shapes),
                .max = 1000,
                .default_text = "20",
                .sentence = "How many shapes have series of their own in /metrics: those that took "
                            "most time within the hour."},
        {.name = "mode",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_WORD,
                .at = offsetof(struct conf, stats_mode),
                .reloadable = FIXED,
                .words = stats_modes,
                .default_text = "on",
                .sentence = "Whether every statement is named, timed and counted: SHOW QUERIES."},
        {.name = "shapes",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_INT,
                .at = offsetof(struct conf, stats_shapes),
                .reloadable = FIXED,
                RANGE(100, 1000000, "10000"),
                .sentence = "How many shapes are counted apart; the others are summed up."},
        {.name = "slow_threshold",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_INT,
                .at = offsetof(struct conf, stats_slow_threshold),
                .reloadable = LIVE,
                RANGE(-1, INT_MAX, "500"),
                .sentence = "Milliseconds: statements that take as long are kept for SHOW SLOW; "
                            "-1: none."},
        {.name = "workload_interval",
                .section = CONF_SECTION_STATS,
                .type = CONF_TYPE_TIME,
                .at = offsetof(struct conf, stats_workload_interval_usec),
                .reloadable = LIVE,
                RANGE(0, (int64_t)86400 * SL_SECOND, "300"),
                .sentence = "How often the load is put into groups for SHOW WORKLOAD; 0: only "
                            "when ANALYZE WORKLOAD asks."},
        {.name = "admission",
                PART(CACHE, INT, conf, cache_admission),
                RANGE(1, 100, "2"),
                .sentence = "How often a question is asked, each time within 10 s of the last, "
                            "before its answer is kept, once three quarters of memory are taken; "
                            "what took 5 ms is kept at once. 1: everything always is."},
        {.name = "max_result",
                PART(CACHE, SIZE, conf, cache_max_result),
                RANGE(1024, (int64_t)64 * 1024 * 1024, "256kB"),
                .sentence = "The longest answer that is kept, as it goes to a client."},
        {.name = "max_staleness",
                PART(CACHE, TIME, conf, cache_max_staleness_usec),
                RANGE(1000, CONF_TIME_MAX, "500ms"),
                .sentence = "How old an answer may be by writes that do not come through Sluice: "
                            "while less is known, nothing of tables that others may write is "
                            "answered."},
        {.name = "memory",
                PART(CACHE, SIZE, conf, cache_memory),
                RANGE((int64_t)1024 * 1024, (int64_t)1024 * 1024 * 1024 * 1024, "64MB"),
                .sentence = "What kept answers may take, with all that belongs to them."},
        {.name = "mode",
                .section = CONF_SECTION_CACHE,
                .type = CONF_TYPE_WORD,
                .at = offsetof(struct conf, cache_mode),
                .reloadable = FIXED,
                .words = cache_modes,
                .default_text = "off",
                .sentence = "Whether answers of SELECTs are kept and given again: safe, where it "
                            "is known of every write to their tables; ttl, also where others may "
                            "write past Sluice, and then for ttl_local at most."},
        {.name = "negative_ttl",
                PART(CACHE, TIME, conf, cache_negative_ttl_usec),
                .max = CONF_TIME_MAX,
                .default_text = "5",
                .sentence = "How long an answer without a row is kept; 0: as any other."},
        {.name = "redis",
                PART(CACHE, TEXT, conf, cache_redis),
                .default_text = "",
                .sentence = "A Redis that several Sluices share, which keeps answers, too: "
                            "host:port, [address]:port, or the path of its socket. Empty: none."},
        {.name = "redis_database",
                PART(CACHE, INT, conf, cache_redis_database),
                .max = 65535,
                .default_text = "0",
                .sentence = "The number of the database there."},
        {.name = "redis_max_result",
                PART(CACHE, SIZE, conf, cache_redis_max_result),
                .min = 1024,
                .max = (int64_t)16 * 1024 * 1024,
                .default_text = "64kB",
                .sentence = "The longest answer that is put there."},
        {.name = "redis_password",
                PART(CACHE, TEXT, conf, cache_redis_password),
                .default_text = "",
                .is_secret = true,
                .sentence = "What AUTH is given; empty: nothing is asked of us."},
        {.name = "redis_prefix",
                PART(CACHE, TEXT, conf, cache_redis_prefix),
                .default_text = "sluice",
                .sentence = "What the names of all keys there begin with."},
        {.name = "redis_timeout",
                PART(CACHE, TIME, conf, cache_redis_timeout_usec),
                .min = 100,
                .max = SL_SECOND,
                .default_text = "2ms",
                .sentence = "How long a statement waits for it at most; then it goes on without."},
        {.name = "redis_user",
                PART(CACHE, TEXT, conf, cache_redis_user),
                .default_text = "",
                .sentence = "Its user; empty: the default one."},
        {.name = "session_reads",
                .section = CONF_SECTION_CACHE,
                .type = CONF_TYPE_WORD,
                .at = offsetof(struct conf, cache_session_reads),
                .reloadable = LIVE,
                .words = cache_reads,
                .default_text = "monotonic",
                .sentence =
                        "Where others write past Sluice, no session is given what is older than "
                        "something that it has seen: monotonic, of any table, for which an "
                        "answer may wait until it is known what has been written; table: of "
                        "the same table."},
        {.name = "stream",
                PART(CACHE, TEXT, conf, cache_stream),
                .default_text = "",
                .is_secret = true,
                .sentence = "What is needed beside host, port and dbname, as in a connection "
                            "string (user, password, sslmode ...), to read each database's change "
                            "stream: a role with REPLICATION, and wal_level = logical. Empty: "
                            "writes that do not come through Sluice are not known."},
        {.name = "through_sluice",
                PART(CACHE, TEXT, conf, cache_through_sluice),
                .default_text = "",
                .sentence = "Tables that nobody writes but through this Sluice, a comma list of "
                            "schema.table, or * for all: mode safe keeps their answers without "
                            "having to be told of writes."},
        {.name = "ttl_local",
                PART(CACHE, TIME, conf, cache_ttl_local_usec),
                .max = CONF_TIME_MAX,
                .default_text = "60",
                .sentence = "How long an answer is kept at most, whatever changes; 0: no bound, "
                            "in mode safe."},
        {.name = "ttl_redis",
                PART(CACHE, TIME, conf, cache_ttl_redis_usec),
                .min = SL_SECOND,
                .max = CONF_TIME_MAX,
                .default_text = "600",
                .sentence = "How long an answer is kept in Redis, a tenth more or less."},
        {.name = "warm_file",
                .section = CONF_SECTION_CACHE,
                .type = CONF_TYPE_TEXT,
                .at = offsetof(struct conf, cache_warm_file),
                .default_text = "",
                .reloadable = FIXED,
                .sentence = "A file of the questions whose answers saved most, which is written "
                            "at the end and every 5 minutes, and asked again at the start. It has "
                            "their parameters: data of users, for its owner alone. Empty: none."},
        POLICY_KEYS(CACHE_TABLES),
        POLICY_KEYS(CACHE_ROLES),
        POLICY_KEYS(CACHE_SHAPES),
        LATER(OPTIMIZER, TEXT, budget, "What indexes of ours may cost."),
        LATER(OPTIMIZER, TIME, interval, "How often the workload is looked at."),
        LATER(OPTIMIZER, WORD, mode, "How much the optimizer may do.", .words = optimizer_modes),
        {.name = "listen",
                .section = CONF_SECTION_HTTP,
                .type = CONF_TYPE_TEXT,
                .at = offsetof(struct conf, http_listen),
                .default_text = "",
                .reloadable = FIXED,
                .sentence = "Where /metrics, the status API and the dashboard are served: "
                            "address:port, [address]:port, or *:port for all; empty is nowhere."},
        {.name = "max_body",
                PART(HTTP, SIZE, conf, http_max_body),
                .max = (int64_t)64 * 1024 * 1024,
                .default_text = "64kB",
                .sentence = "The longest body of a request; a longer one is answered 413."},
        {.name = "max_connections",
                PART(HTTP, INT, conf, http_max_connections),
                RANGE(1, 10000, "64"),
                .sentence = "Connections there may be; others are answered 503 at once."},
        {.name = "timeout",
                PART(HTTP, TIME, conf, http_timeout_usec),
                RANGE(SL_SECOND, CONF_TIME_MAX, "10"),
                .sentence =
                        "How long a request may take to arrive (408), to be answered (503), and "
                        "its answer to be taken."},
        {.name = "token",
                PART(HTTP, TEXT, conf, http_token),
                .default_text = "",
                .is_secret = true,
                .sentence = "What Authorization: Bearer must say for admin views; empty: nobody "
                            "sees them by HTTP."},
};
/* clang-format on */

const struct conf_key *conf_key_at(int index)
{
    return index >= 0 && (size_t)index < SL_COUNT(keys) ? &keys[index] : NULL;
}
