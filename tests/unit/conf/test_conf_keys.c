/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_keys.h"

#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What a pgbouncer.ini may say, in the order of its SHOW CONFIG. */
static const char *const pgbouncer_keys[] = {
        "admin_users",
        "application_name_add_host",
        "auth_dbname",
        "auth_file",
        "auth_hba_file",
        "auth_ident_file",
        "auth_ldap_options",
        "auth_query",
        "auth_type",
        "auth_user",
        "autodb_idle_timeout",
        "cancel_wait_timeout",
        "client_idle_timeout",
        "client_login_timeout",
        "client_tls13_ciphers",
        "client_tls_ca_file",
        "client_tls_cert_file",
        "client_tls_ciphers",
        "client_tls_dheparams",
        "client_tls_ecdhcurve",
        "client_tls_key_file",
        "client_tls_protocols",
        "client_tls_sslmode",
        "conffile",
        "default_pool_size",
        "disable_pqexec",
        "dns_max_ttl",
        "dns_nxdomain_ttl",
        "dns_zone_check_period",
        "idle_transaction_timeout",
        "ignore_startup_parameters",
        "job_name",
        "listen_addr",
        "listen_backlog",
        "listen_port",
        "log_connections",
        "log_disconnections",
        "log_pooler_errors",
        "log_stats",
        "logfile",
        "login_notify_message",
        "max_client_conn",
        "max_db_client_connections",
        "max_db_connections",
        "max_packet_size",
        "max_prepared_statements",
        "max_user_client_connections",
        "max_user_connections",
        "min_pool_size",
        "peer_id",
        "pidfile",
        "pkt_buf",
        "pool_mode",
        "pool_idle_timeout",
        "query_timeout",
        "query_wait_notify",
        "query_wait_timeout",
        "reserve_pool_size",
        "reserve_pool_timeout",
        "resolv_conf",
        "sbuf_loopcnt",
        "scram_iterations",
        "server_check_delay",
        "server_check_query",
        "server_connect_timeout",
        "server_fast_close",
        "server_idle_timeout",
        "server_lifetime",
        "server_login_retry",
        "server_reset_query",
        "server_reset_query_always",
        "server_round_robin",
        "server_tls13_ciphers",
        "server_tls_ca_file",
        "server_tls_cert_file",
        "server_tls_ciphers",
        "server_tls_key_file",
        "server_tls_protocols",
        "server_tls_sslmode",
        "service_name",
        "so_reuseport",
        "stats_period",
        "stats_users",
        "suspend_timeout",
        "syslog",
        "syslog_facility",
        "syslog_ident",
        "tcp_defer_accept",
        "tcp_keepalive",
        "tcp_keepcnt",
        "tcp_keepidle",
        "tcp_keepintvl",
        "tcp_socket_buffer",
        "tcp_user_timeout",
        "track_extra_parameters",
        "transaction_timeout",
        "unix_socket_dir",
        "unix_socket_group",
        "unix_socket_mode",
        "user",
        "verbose",
};
static const char *const pgbouncer_database_keys[] = {"dbname", "host", "port", "user", "password",
        "auth_user", "auth_dbname", "client_encoding", "datestyle", "timezone", "pool_size",
        "min_pool_size", "reserve_pool", "reserve_pool_size", "query_wait_timeout",
        "max_db_connections", "max_db_client_connections", "server_lifetime", "load_balance_hosts",
        "pool_mode", "connect_query", "application_name", "auth_query"};
static const char *const pgbouncer_user_keys[] = {"pool_mode", "pool_size", "reserve_pool_size",
        "max_user_connections", "transaction_timeout", "idle_transaction_timeout", "query_timeout",
        "query_wait_timeout", "client_idle_timeout", "max_user_client_connections"};

static void every_key_of_pgbouncer_is_known_in_its_order(void **state)
{
    int at = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(pgbouncer_keys); i++) {
        const struct conf_key *key = conf_key_at(at++);

        assert_non_null(key);
        assert_string_equal(key->name, pgbouncer_keys[i]);
        assert_int_equal(key->section, CONF_SECTION_SLUICE);
    }
}

static void every_key_of_pgbouncers_databases_and_users_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < SL_COUNT(pgbouncer_database_keys); i++) {
        assert_non_null(conf_key_find(CONF_SECTION_DATABASES, pgbouncer_database_keys[i]));
    }
    for (size_t i = 0; i < SL_COUNT(pgbouncer_user_keys); i++) {
        assert_non_null(conf_key_find(CONF_SECTION_USERS, pgbouncer_user_keys[i]));
    }
    assert_non_null(conf_key_find(CONF_SECTION_PEERS, "host"));
    assert_non_null(conf_key_find(CONF_SECTION_PEERS, "port"));
    assert_non_null(conf_key_find(CONF_SECTION_PEERS, "pool_size"));
}

static void rows_are_whole_and_no_name_is_there_twice(void **state)
{
    const struct conf_key *key;

    (void)state;
    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        assert_ptr_equal(conf_key_find(key->section, key->name), key);
        assert_true(strlen(key->sentence) > 10);
        assert_int_equal(key->sentence[strlen(key->sentence) - 1], '.');
        assert_true((key->type == CONF_TYPE_WORD) == (key->words != NULL));
        assert_true(
                key->at != CONF_NOWHERE || key->ignored != NULL || strcmp(key->name, "port") == 0);
        assert_true(key->min <= key->max);
    }
}

static void the_nearest_name_is_near_or_none(void **state)
{
    enum conf_section_id id;

    (void)state;
    assert_string_equal(conf_key_nearest(CONF_SECTION_SLUICE, "poolmode"), "pool_mode");
    assert_string_equal(
            conf_key_nearest(CONF_SECTION_SLUICE, "max_clients_conn"), "max_client_conn");
    assert_string_equal(conf_key_nearest(CONF_SECTION_DATABASES, "passwrd"), "password");
    assert_null(conf_key_nearest(CONF_SECTION_SLUICE, "xylophone_quartet"));
    assert_string_equal(conf_section_nearest("pgbouncr"), "pgbouncer");
    assert_null(conf_section_nearest("something else"));
    assert_true(conf_section_find("pgbouncer", &id));
    assert_int_equal(id, CONF_SECTION_SLUICE);
    assert_false(conf_section_find("Sluice", &id));
}

static void names_of_any_length_can_be_asked_for(void **state)
{
    char name[1024];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_null(conf_key_nearest(CONF_SECTION_SLUICE, name));
    assert_null(conf_key_find(CONF_SECTION_SLUICE, name));
    assert_null(conf_key_nearest(CONF_SECTION_TABLES, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_key_of_pgbouncer_is_known_in_its_order),
            cmocka_unit_test(every_key_of_pgbouncers_databases_and_users_is_known),
            cmocka_unit_test(rows_are_whole_and_no_name_is_there_twice),
            cmocka_unit_test(the_nearest_name_is_near_or_none),
            cmocka_unit_test(names_of_any_length_can_be_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
