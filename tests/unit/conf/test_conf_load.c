/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_load.h"
#include "conf/conf_value.h"
#include "conf/hba.h"
#include "conf/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct conf_problems problems;

static int begin(void **state)
{
    (void)state;
    conf_problems_init(&problems);
    return 0;
}

static int end(void **state)
{
    (void)state;
    conf_problems_fini(&problems);
    return 0;
}

static const struct conf *load(const char *text)
{
    return conf_load_text("t.ini", sl_span_text(text), &problems);
}

/* Loads text, which must be wrong at that line in those words. */
static void assert_wrong(const char *text, int line, const char *words)
{
    const struct conf *conf = load(text);

    assert_null(conf);
    assert_true(problems.count > 0);
    for (int i = 0; i < problems.count; i++) {
        if (problems.list[i].severity == CONF_ERROR && problems.list[i].line == line &&
                strstr(problems.list[i].text, words) != NULL) {
            return;
        }
    }
    fail_msg("expected line %d \"%s\", got line %d \"%s\"", line, words, problems.list[0].line,
            problems.list[0].text);
}

static bool is_warned(const char *words)
{
    for (int i = 0; i < problems.count; i++) {
        if (problems.list[i].severity != CONF_ERROR &&
                strstr(problems.list[i].text, words) != NULL) {
            return true;
        }
    }
    return false;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void an_empty_section_gives_pgbouncers_defaults(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n");

    (void)state;
    assert_non_null(conf);
    assert_int_equal(conf->listen_port, 6432);
    assert_string_equal(conf->listen_addr, "");
    assert_string_equal(conf->unix_socket_dir, "/tmp");
    assert_int_equal(conf->unix_socket_mode, 0777);
    assert_int_equal(conf->pool_mode, CONF_POOL_SESSION);
    assert_int_equal(conf->auth_type, CONF_AUTH_MD5);
    assert_int_equal(conf->max_client_conn, 100);
    assert_int_equal(conf->default_pool_size, 20);
    assert_int_equal(conf->max_prepared_statements, 200);
    assert_int_equal(conf->max_packet_size, 2147483647);
    assert_int_equal(conf->server_tls_sslmode, CONF_SSL_PREFER);
    assert_int_equal(conf->client_tls_sslmode, CONF_SSL_DISABLE);
    assert_string_equal(conf->server_reset_query, "DISCARD ALL");
    assert_string_equal(conf->server_check_query, "<empty>");
    assert_true(conf->server_idle_timeout_usec == 600 * SL_SECOND);
    assert_true(conf->query_wait_timeout_usec == 120 * SL_SECOND);
    assert_true(conf->query_wait_notify_usec == 5 * SL_SECOND);
    assert_true(conf->log_connections);
    assert_false(conf->server_round_robin);
    assert_int_equal(conf->prepared_statements_bytes_client, 1024 * 1024);
    assert_string_equal(conf->auth_user, "");
    assert_string_equal(conf->conffile, "t.ini");
    conf_unref(conf);
}

static void a_section_of_ours_listens_on_loopback_by_default(void **state)
{
    const struct conf *conf = load("[sluice]\n");

    (void)state;
    assert_non_null(conf);
    assert_string_equal(conf->listen_addr, "127.0.0.1");
    conf_unref(conf);
    conf = load("[pgbouncer]\nlisten_addr = *\n");
    assert_non_null(conf);
    assert_string_equal(conf->listen_addr, "*");
    conf_unref(conf);
}

static void numbers_times_switches_and_words_are_read_as_pgbouncer_does(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n"
                                   "unix_socket_mode = 0700\n"
                                   "listen_port = 0x10\n"
                                   "query_timeout = 1.5\n"
                                   "server_lifetime = 90min\n"
                                   "pool_mode = TRANSACTION\n"
                                   "server_fast_close = 2\n"
                                   "log_stats = off\n"
                                   "verbose = 3\n"
                                   "server_reset_query = SELECT ';#'  \r\n");

    (void)state;
    assert_non_null(conf);
    assert_int_equal(conf->unix_socket_mode, 0700);
    assert_int_equal(conf->listen_port, 16);
    assert_true(conf->query_timeout_usec == 1500 * SL_MSEC);
    assert_true(conf->server_lifetime_usec == 5400 * SL_SECOND);
    assert_int_equal(conf->pool_mode, CONF_POOL_TRANSACTION);
    assert_true(conf->server_fast_close);
    assert_false(conf->log_stats);
    assert_int_equal(conf->verbose, 3);
    assert_string_equal(conf->server_reset_query, "SELECT ';#'");
    conf_unref(conf);
}

static void a_second_section_goes_on_where_the_first_left_off(void **state)
{
    const struct conf *conf =
            load("[pgbouncer]\nmax_client_conn=7\n[databases]\n[pgbouncer]\nlisten_port=1\n");

    (void)state;
    assert_non_null(conf);
    assert_int_equal(conf->max_client_conn, 7);
    assert_int_equal(conf->listen_port, 1);
    conf_unref(conf);
}

static void an_unknown_key_is_an_error_that_names_the_nearest(void **state)
{
    (void)state;
    assert_wrong("[pgbouncer]\n\nlistn_port = 1\n", 3, "did you mean listen_port?");
}

static void an_unknown_section_is_an_error_that_names_the_nearest(void **state)
{
    (void)state;
    assert_wrong("[pgbouncer]\n[database]\n", 2, "did you mean [databases]?");
}

static void a_value_of_the_wrong_type_is_an_error_that_says_the_range(void **state)
{
    (void)state;
    assert_wrong("[pgbouncer]\nlisten_port = 70000\n", 2, "a number from 0 to 65535");
    assert_wrong("[pgbouncer]\nlisten_port = 5432x\n", 2, "a number from 0 to 65535");
    assert_wrong("[pgbouncer]\npool_mode = sesion\n", 2, "session, transaction or statement");
    assert_wrong("[pgbouncer]\nquery_timeout = -1\n", 2, "seconds");
    assert_wrong("[pgbouncer]\nquery_timeout = soon\n", 2, "seconds");
    assert_wrong("[pgbouncer]\nlog_stats = maybe\n", 2, "0 or 1");
    assert_wrong("[pgbouncer]\nstats_period = 0\n", 2, "seconds, 1 or more, or");
    assert_wrong("[stats]\nmemory = 2MB\n", 2, "bytes from 4MB to 64GB, or");
    assert_wrong("[stats]\nmemory = 65GB\n", 2, "bytes from 4MB to 64GB, or");
    assert_wrong("[stats]\nworkload_interval = 2d\n", 2, "seconds from 0 to 86400, or");
    assert_wrong("[pgbouncer]\nauth_type = pam\n", 2, "scram-sha-256");
}

static void all_problems_are_said_in_one_go(void **state)
{
    (void)state;
    assert_null(load("[pgbouncer]\nnonsense\nlisten_port = x\n[databases]\na = hst=b\n"));
    assert_int_equal(problems.errors, 3);
}

static void a_file_without_a_main_section_is_an_error(void **state)
{
    (void)state;
    assert_wrong("[databases]\na = host=b\n", 0, "[sluice]");
}

static void keys_of_later_versions_are_ignored_with_a_reason(void **state)
{
    const struct conf *conf =
            load("[sluice]\n[optimizer]\nbudget = 1\n[cluster east]\nnodes = a:1\n"
                 "[tables shop]\norders = key:id\n");

    (void)state;
    assert_non_null(conf);
    assert_true(is_warned("budget is ignored: not in this version"));
    assert_true(is_warned("nodes is ignored"));
    assert_true(is_warned("[tables shop] is ignored"));
    conf_unref(conf);
}

static void a_database_of_clusters_alone_is_an_error_not_a_socket(void **state)
{
    (void)state;
    assert_wrong("[sluice]\n[databases]\nshop = cluster=east\n", 3, "name a host");
}

static void a_database_line_sets_what_it_says_and_nothing_else(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[databases]\n"
                                   "shop = host=h1 port=6000 dbname='my db' user=u password='a''b'"
                                   " pool_size=5 reserve_pool=2 query_wait_timeout=-1"
                                   " server_lifetime=1.5 load_balance_hosts=disable\n");
    const struct conf_database *db;

    (void)state;
    assert_non_null(conf);
    assert_null(conf_find_database(conf, "shopping"));
    db = conf_find_database(conf, "shop");
    assert_non_null(db);
    assert_string_equal(db->hosts[0].host, "h1");
    assert_int_equal(db->hosts[0].port, 6000);
    assert_string_equal(db->dbname, "my db");
    assert_string_equal(db->password, "a'b");
    assert_int_equal(db->pool_size, 5);
    assert_int_equal(db->reserve_pool_size, 2);
    assert_int_equal(db->query_wait_timeout_usec, CONF_UNSET);
    assert_true(db->server_lifetime_usec == 1500 * SL_MSEC);
    assert_int_equal(db->load_balance_hosts, CONF_BALANCE_DISABLE);
    assert_int_equal(db->pool_mode, CONF_POOL_UNSET);
    assert_int_equal(db->min_pool_size, CONF_UNSET);
    assert_null(db->auth_user);
    conf_unref(conf);
}

static void hosts_and_ports_pair_up(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[databases]\na = host=x,y,z port=1,2,3\n"
                                   "b = host=x,::1 port=9\n");
    const struct conf_database *db;

    (void)state;
    assert_non_null(conf);
    db = conf_find_database(conf, "a");
    assert_int_equal(db->hosts_count, 3);
    assert_string_equal(db->hosts[2].host, "z");
    assert_int_equal(db->hosts[2].port, 3);
    db = conf_find_database(conf, "b");
    assert_string_equal(db->hosts[1].host, "::1");
    assert_int_equal(db->hosts[1].port, 9);
    conf_unref(conf);
    assert_wrong("[pgbouncer]\n[databases]\na = host=x,y port=1,2,3\n", 3, "one for each host");
}

static void a_list_with_an_empty_host_or_a_wrong_port_is_an_error(void **state)
{
    (void)state;
    assert_wrong("[pgbouncer]\n[databases]\na = host=x,,y\n", 3, "empty name");
    assert_wrong("[pgbouncer]\n[databases]\na = host=x port=0\n", 3, "1 to 65535");
    assert_wrong("[pgbouncer]\n[databases]\na = host=x port=65536\n", 3, "1 to 65535");
}

static void a_database_without_host_is_at_the_unix_socket(void **state)
{
    const struct conf *conf =
            load("[databases]\na =\nb = port=7\n[pgbouncer]\nunix_socket_dir = /run/x\n");
    const struct conf_database *db;

    (void)state;
    assert_non_null(conf);
    db = conf_find_database(conf, "b");
    assert_false(db->host_is_set);
    assert_int_equal(db->hosts_count, 1);
    assert_string_equal(db->hosts[0].host, "/run/x");
    assert_int_equal(db->hosts[0].port, 7);
    conf_unref(conf);
}

static void the_star_is_the_fallback_and_not_a_name(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[databases]\n* = host=h\na = host=b\n");

    (void)state;
    assert_non_null(conf);
    assert_null(conf_find_database(conf, "*"));
    assert_int_equal(conf->databases_count, 1);
    assert_non_null(conf->fallback_database);
    assert_string_equal(conf->fallback_database->hosts[0].host, "h");
    conf_unref(conf);
}

static void the_consoles_names_cannot_be_databases(void **state)
{
    (void)state;
    assert_wrong("[pgbouncer]\n[databases]\npgbouncer = host=a\n", 3, "console");
    assert_wrong("[pgbouncer]\n[databases]\nsluice = host=a\n", 3, "console");
}

static void of_two_lines_with_one_name_the_later_holds(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[databases]\na = host=x\nb = host=y\na = host=z\n"
                                   "[users]\nu = pool_size=1\nu = pool_size=2\n"
                                   "[peers]\n1 = host=p\n1 = host=q\n");

    (void)state;
    assert_non_null(conf);
    assert_int_equal(conf->databases_count, 2);
    assert_string_equal(conf_find_database(conf, "a")->hosts[0].host, "z");
    assert_string_equal(conf->databases[0]->hosts[0].host, "z");
    assert_int_equal(conf->conf_users_count, 1);
    assert_int_equal(conf_find_user(conf, "u")->pool_size, 2);
    assert_int_equal(conf->peers_count, 1);
    assert_string_equal(conf_find_peer(conf, 1)->host.host, "q");
    conf_unref(conf);
}

static void peers_are_found_whatever_their_order(void **state)
{
    static const int ids[] = {1, 2, 5, 9, 16383};
    const struct conf *conf = load("[pgbouncer]\n[peers]\n5 = host=e\n16383 = host=z\n"
                                   "2 = host=b\n9 = host=i\n1 = host=x\n1 = host=a\n");

    (void)state;
    assert_int_equal(conf->peers_count, SL_COUNT(ids));
    for (size_t i = 0; i < SL_COUNT(ids); i++) {
        assert_int_equal(conf->peers[i].id, ids[i]);
        assert_ptr_equal(conf_find_peer(conf, ids[i]), &conf->peers[i]);
    }
    for (int id = 3; id < 16383; id += id == 4 || id == 8 ? 2 : 1) {
        assert_null(conf_find_peer(conf, id));
    }
    assert_null(conf_find_peer(conf, 0));
    assert_string_equal(conf->peers[0].host.host, "a");
    conf_unref(conf);
}

static void peers_need_a_number_and_a_host(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[peers]\n5 = host=p port=7 pool_size=3\n");

    (void)state;
    assert_non_null(conf);
    assert_int_equal(conf_find_peer(conf, 5)->host.port, 7);
    assert_int_equal(conf_find_peer(conf, 5)->pool_size, 3);
    assert_null(conf_find_peer(conf, 6));
    conf_unref(conf);
    assert_wrong("[pgbouncer]\n[peers]\n0 = host=p\n", 3, "peer_id");
    assert_wrong("[pgbouncer]\n[peers]\n2 = port=1\n", 3, "no host=");
}

static void a_users_value_beats_the_databases_beats_the_general_one(void **state)
{
    const struct conf *conf =
            load("[pgbouncer]\ndefault_pool_size=1\npool_mode=session\nquery_wait_timeout=1\n"
                 "reserve_pool_size=1\n"
                 "[databases]\nd = pool_size=2 pool_mode=statement query_wait_timeout=0"
                 " reserve_pool_size=0\nplain =\n"
                 "[users]\nu = pool_size=3 pool_mode=transaction query_wait_timeout=9\nv =\n");
    const struct conf_database *d;
    const struct conf_database *plain;
    const struct conf_user *u;
    const struct conf_user *v;

    (void)state;
    assert_non_null(conf);
    d = conf_find_database(conf, "d");
    plain = conf_find_database(conf, "plain");
    u = conf_find_user(conf, "u");
    v = conf_find_user(conf, "v");
    assert_int_equal(conf_pool_size(conf, d, u), 3);
    assert_int_equal(conf_pool_size(conf, d, v), 2);
    assert_int_equal(conf_pool_size(conf, d, NULL), 2);
    assert_int_equal(conf_pool_size(conf, plain, NULL), 1);
    assert_int_equal(conf_pool_mode(conf, d, u), CONF_POOL_TRANSACTION);
    assert_int_equal(conf_pool_mode(conf, d, NULL), CONF_POOL_STATEMENT);
    assert_int_equal(conf_pool_mode(conf, plain, v), CONF_POOL_SESSION);
    assert_true(conf_query_wait_timeout(conf, d, u) == 9 * SL_SECOND);
    assert_true(conf_query_wait_timeout(conf, d, v) == 0);
    assert_true(conf_query_wait_timeout(conf, plain, NULL) == SL_SECOND);
    assert_int_equal(conf_reserve_pool_size(conf, d, u), 0);
    assert_int_equal(conf_reserve_pool_size(conf, plain, u), 1);
    conf_unref(conf);
}

static void a_limit_of_zero_in_a_line_means_the_general_one(void **state)
{
    const struct conf *conf =
            load("[pgbouncer]\nmax_db_connections=4\nmax_user_connections=5\nquery_timeout=6\n"
                 "server_lifetime=7\nmax_db_client_connections=-1\n"
                 "[databases]\nd = max_db_connections=0 server_lifetime=0\n"
                 "[users]\nu = max_user_connections=0 query_timeout=0\nv = query_timeout=8\n");
    const struct conf_database *d;

    (void)state;
    assert_non_null(conf);
    d = conf_find_database(conf, "d");
    assert_int_equal(conf_max_db_connections(conf, d), 4);
    assert_int_equal(conf_max_db_client_connections(conf, d), 0);
    assert_true(conf_server_lifetime(conf, d) == 7 * SL_SECOND);
    assert_int_equal(conf_max_user_connections(conf, conf_find_user(conf, "u")), 5);
    assert_true(conf_query_timeout(conf, conf_find_user(conf, "u")) == 6 * SL_SECOND);
    assert_true(conf_query_timeout(conf, conf_find_user(conf, "v")) == 8 * SL_SECOND);
    assert_true(conf_query_timeout(conf, NULL) == 6 * SL_SECOND);
    conf_unref(conf);
}

static void lists_hold_whole_names_only(void **state)
{
    (void)state;
    assert_true(conf_list_has("bob, alice ,carol", "alice"));
    assert_true(conf_list_has("bob", "bob"));
    assert_false(conf_list_has("bobby,xbob", "bob"));
    assert_false(conf_list_has("Bob", "bob"));
    assert_true(conf_list_has_nocase("a,IntervalStyle", "intervalstyle"));
    assert_false(conf_list_has("", "bob"));
    assert_false(conf_list_has("bob", ""));
}

static void set_changes_one_key_and_leaves_the_old_conf_alone(void **state)
{
    const struct conf *conf = load("[pgbouncer]\nquery_timeout=1\n[databases]\na = host=b\n");
    struct sl_error error;
    const struct conf *changed;

    (void)state;
    assert_non_null(conf);
    changed = conf_set(conf, "query_timeout", "2.5", &error);
    assert_non_null(changed);
    assert_true(conf->query_timeout_usec == SL_SECOND);
    assert_true(changed->query_timeout_usec == 2500 * SL_MSEC);
    assert_string_equal(changed->listen_addr, "");
    assert_string_equal(changed->conffile, "t.ini");
    assert_ptr_equal(changed->users, conf->users);
    conf_unref(conf);
    assert_string_equal(conf_find_database(changed, "a")->hosts[0].host, "b");
    assert_int_equal(users_count(changed->users), 0);
    conf_unref(changed);
}

static void set_refuses_what_reload_could_not_change(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n");
    struct sl_error error;

    (void)state;
    assert_non_null(conf);
    assert_null(conf_set(conf, "listen_port", "1", &error));
    assert_string_equal(error.sqlstate, "55P02");
    assert_null(conf_set(conf, "pool_mod", "session", &error));
    assert_string_equal(error.sqlstate, "42704");
    assert_non_null(strstr(error.text, "did you mean pool_mode?"));
    assert_null(conf_set(conf, "pool_mode", "x", &error));
    assert_string_equal(error.sqlstate, "22023");
    assert_non_null(strstr(error.text, "SET failed"));
    assert_null(conf_set(conf, "auth_type", "hba", &error));
    assert_non_null(strstr(error.text, "auth_hba_file"));
    conf_unref(conf);
}

static void a_reload_keeps_what_only_a_start_can_change(void **state)
{
    char path[] = "/tmp/sluice-test-XXXXXX";
    int fd = mkstemp(path);
    const struct conf *old = load("[pgbouncer]\nlisten_port=1111\nquery_timeout=1\n");
    const struct conf *conf;
    const struct conf *again;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    if (old == NULL) {
        fail();
        return;
    }
    write_file(path, "[pgbouncer]\nlisten_port=2222\nquery_timeout=2\n");
    conf = conf_reload(path, old, &problems);
    assert_non_null(conf);
    assert_int_equal(conf->listen_port, 1111);
    assert_true(conf->query_timeout_usec == 2 * SL_SECOND);
    assert_true(is_warned("listen_port cannot change while running: it stays \"1111\""));
    again = conf_set(conf, "query_timeout", "3", NULL);
    assert_non_null(again);
    assert_int_equal(again->listen_port, 1111);
    conf_unref(again);
    conf_unref(conf);
    write_file(path, "[pgbouncer]\nlisten_port=x\n");
    assert_null(conf_reload(path, old, &problems));
    assert_int_equal(old->listen_port, 1111);
    conf_unref(old);
    unlink(path);
}

static void a_missing_file_is_one_error_that_says_why(void **state)
{
    (void)state;
    assert_null(conf_load("/nonexistent/sluice.ini", &problems));
    assert_int_equal(problems.errors, 1);
    assert_non_null(strstr(problems.list[0].text, "No such file"));
}

static void an_unreadable_user_list_is_a_warning(void **state)
{
    const struct conf *conf = load("[pgbouncer]\nauth_file=/nonexistent/users\n");

    (void)state;
    assert_non_null(conf);
    assert_int_equal(users_count(conf->users), 0);
    assert_true(is_warned("auth_file cannot be read"));
    conf_unref(conf);
}

static void every_key_prints_a_value_that_reads_back(void **state)
{
    const struct conf *conf = load("[pgbouncer]\nquery_timeout=0.25\nunix_socket_mode=0640\n");
    const struct conf_key *key;
    char text[CONF_VALUE_MAX];

    (void)state;
    assert_non_null(conf);
    for (int i = 0; (key = conf_key_at(i)) != NULL && key->section == CONF_SECTION_SLUICE; i++) {
        const char *value = conf_value_text(key, conf, text, sizeof(text));
        struct sl_arena arena;
        struct conf copy = {0};

        if (value == NULL || key->is_secret) {
            continue;
        }
        sl_arena_init(&arena, 65536);
        assert_int_equal(conf_value_set(key, &copy, value, &arena, NULL), SL_OK);
        sl_arena_fini(&arena);
    }
    key = conf_key_find(CONF_SECTION_SLUICE, "query_timeout");
    assert_string_equal(conf_value_text(key, conf, text, sizeof(text)), "0.25");
    key = conf_key_find(CONF_SECTION_SLUICE, "unix_socket_mode");
    assert_string_equal(conf_value_text(key, conf, text, sizeof(text)), "0640");
    key = conf_key_find(CONF_SECTION_SLUICE, "auth_user");
    assert_null(conf_value_text(key, conf, text, sizeof(text)));
    conf_unref(conf);
}

static void secrets_are_not_shown_nor_told_in_errors(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[databases]\na = user=u password=geheim\n");
    const struct conf_key *key = conf_key_find(CONF_SECTION_DATABASES, "password");
    char text[64];

    (void)state;
    assert_non_null(conf);
    assert_string_equal(
            conf_value_text(key, conf_find_database(conf, "a"), text, sizeof(text)), "****");
    conf_unref(conf);
}

static void a_reference_keeps_a_conf_alive(void **state)
{
    const struct conf *conf = load("[pgbouncer]\n[databases]\na = host=b\n");
    const struct conf *mine;

    (void)state;
    assert_non_null(conf);
    mine = conf_ref(conf);
    conf_unref(conf);
    assert_string_equal(conf_find_database(mine, "a")->hosts[0].host, "b");
    conf_unref(mine);
    conf_unref(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(an_empty_section_gives_pgbouncers_defaults),
            TEST(a_section_of_ours_listens_on_loopback_by_default),
            TEST(numbers_times_switches_and_words_are_read_as_pgbouncer_does),
            TEST(a_second_section_goes_on_where_the_first_left_off),
            TEST(an_unknown_key_is_an_error_that_names_the_nearest),
            TEST(an_unknown_section_is_an_error_that_names_the_nearest),
            TEST(a_value_of_the_wrong_type_is_an_error_that_says_the_range),
            TEST(all_problems_are_said_in_one_go),
            TEST(a_file_without_a_main_section_is_an_error),
            TEST(keys_of_later_versions_are_ignored_with_a_reason),
            TEST(a_database_of_clusters_alone_is_an_error_not_a_socket),
            TEST(a_database_line_sets_what_it_says_and_nothing_else),
            TEST(hosts_and_ports_pair_up),
            TEST(a_list_with_an_empty_host_or_a_wrong_port_is_an_error),
            TEST(a_database_without_host_is_at_the_unix_socket),
            TEST(the_star_is_the_fallback_and_not_a_name),
            TEST(the_consoles_names_cannot_be_databases),
            TEST(of_two_lines_with_one_name_the_later_holds),
            TEST(peers_are_found_whatever_their_order),
            TEST(peers_need_a_number_and_a_host),
            TEST(a_users_value_beats_the_databases_beats_the_general_one),
            TEST(a_limit_of_zero_in_a_line_means_the_general_one),
            TEST(lists_hold_whole_names_only),
            TEST(set_changes_one_key_and_leaves_the_old_conf_alone),
            TEST(set_refuses_what_reload_could_not_change),
            TEST(a_reload_keeps_what_only_a_start_can_change),
            TEST(a_missing_file_is_one_error_that_says_why),
            TEST(an_unreadable_user_list_is_a_warning),
            TEST(every_key_prints_a_value_that_reads_back),
            TEST(secrets_are_not_shown_nor_told_in_errors),
            TEST(a_reference_keeps_a_conf_alive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
