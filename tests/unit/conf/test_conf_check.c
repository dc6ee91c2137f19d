/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_check.h"

#include "conf/conf_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What --check prints for text, and its exit status in *status; to be freed. */
static char *check(const char *text, int *status)
{
    char path[] = "/tmp/sluice-test-XXXXXX";
    char *printed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&printed, &len);
    int fd = mkstemp(path);

    assert_non_null(out);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    *status = conf_check_file(path, NULL, out);
    assert_int_equal(fclose(out), 0);
    unlink(path);
    return printed;
}

static void assert_checked(const char *text, int expected_status, const char *expected)
{
    int status = -1;
    char *printed = check(text, &status);

    if (strstr(printed, expected) == NULL || status != expected_status) {
        fail_msg("status %d, expected \"%s\" in:\n%s", status, expected, printed);
    }
    free(printed);
}

static void each_key_is_said_to_be_honoured_ignored_or_unknown(void **state)
{
    (void)state;
    assert_checked("[sluice]\nlisten_port=1\n", 0, ":2: [sluice] listen_port: honoured\n");
    assert_checked("[sluice]\nauth_ldap_options=x\n", 0,
            ":2: [sluice] auth_ldap_options: ignored: LDAP is not supported\n");
    assert_checked("[sluice]\nauth_type=pam\n", 1, "ldap and pam are not supported, not \"pam\"\n");
    assert_checked("[sluice]\nauth_type=ldap\n", 1, "ldap and pam are not supported, not");
    assert_checked("[sluice]\nlisten_prt=1\n", 1, "unknown, did you mean listen_port?\n");
    assert_checked("[sluice]\n[databases]\na = host=b reserve_pool=1\n", 0,
            ":3: [databases] a: reserve_pool: honoured, as reserve_pool_size\n");
    assert_checked("[sluice]\n[tables big]\norders = key:id\n", 0,
            "[tables big] orders: ignored: not in this version\n");
    assert_checked("[sluice]\n[optimizer]\nbudget = 1\n", 0, "[optimizer] budget: ignored");
    assert_checked("[sluice]\n[http]\nlisten = 127.0.0.1:1\n", 0, "[http] listen: honoured\n");
}

static void a_file_that_cannot_be_run_with_ends_in_status_1(void **state)
{
    (void)state;
    assert_checked("[sluice]\nlisten_port=x\n", 1,
            ":2: [sluice] listen_port: wrong: listen_port must be a number");
    assert_checked(
            "[sluice]\n", 0, ": fine: 0 keys honoured, 0 ignored, 0 unknown, 0 wrong; 0 errors\n");
    assert_checked("", 1, "there is no section [sluice]");
}

/* The line of the key that it begins with; of a database, its own. */
static void a_rule_between_keys_points_at_a_line(void **state)
{
    (void)state;
    assert_checked("[pgbouncer]\n;\nauth_type=hba\n", 1,
            ":3: [pgbouncer] auth_type: wrong: auth_type=hba needs auth_hba_file\n");
    assert_checked("[sluice]\nserver_tls_sslmode=disable\nserver_tls_sslmode=verify-ca\n", 1,
            ":3: [sluice] server_tls_sslmode: wrong: server_tls_sslmode=verify-... needs");
    assert_checked("[sluice]\nmin_pool_size=9\ndefault_pool_size=5\n", 0,
            ":2: warning: min_pool_size is above");
    assert_checked("[sluice]\n[databases]\na = host=b\nc = host=d password=e\n", 0,
            ":4: warning: database c: password is used only with user");
    assert_checked("[sluice]\nsyslog_facility=moon\n", 0,
            ":2: warning: syslog_facility must be auth, authpriv,");
}

static void a_password_is_not_printed(void **state)
{
    int status = 0;
    char *printed = check("[sluice]\n[databases]\na = host=b user=u password=geheim\n", &status);

    (void)state;
    assert_null(strstr(printed, "geheim"));
    free(printed);
    printed = check("[sluice]\n[http]\nlisten=127.0.0.1:1\ntoken=geheim\n", &status);
    assert_null(strstr(printed, "geheim"));
    free(printed);
}

/* The rules, each by a file that breaks it and by one that does not. */
static void keys_that_need_each_other_are_said(void **state)
{
    static const struct {
        const char *bad;
        const char *good;
        const char *words;
    } rules[] = {
            {"listen_addr=\nunix_socket_dir=\n", "unix_socket_dir=\n", "nowhere to listen"},
            {"client_tls_sslmode=require\nclient_tls_key_file=k\n",
                    "client_tls_sslmode=require\nclient_tls_key_file=k\nclient_tls_cert_file=c\n",
                    "client_tls_key_file and client_tls_cert_file"},
            {"server_tls_sslmode=verify-ca\n",
                    "server_tls_sslmode=verify-ca\nserver_tls_ca_file=f\n",
                    "needs server_tls_ca_file"},
            {"server_tls_key_file=k\n", "server_tls_key_file=k\nserver_tls_cert_file=c\n",
                    "go together"},
            {"auth_type=cert\n",
                    "auth_type=cert\nclient_tls_sslmode=verify-full\nclient_tls_key_file=k\n"
                    "client_tls_cert_file=c\nclient_tls_ca_file=a\n",
                    "verify-full"},
            {"auth_type=hba\n", "auth_type=hba\nauth_hba_file=/nonexistent\n",
                    "needs auth_hba_file"},
            {"auth_user=a\nauth_query=SELECT 1\n", "auth_user=a\n", "auth_query has no $1"},
            {"auth_dbname=x\n", "auth_dbname=x\n[databases]\nx=\n", "auth_dbname: there is no x"},
            {"min_pool_size=9\ndefault_pool_size=5\n", "min_pool_size=9\ndefault_pool_size=0\n",
                    "min_pool_size is above"},
            {"[databases]\na = host=b password=c\n", "[databases]\na = host=b user=u password=c\n",
                    "only with user"},
            {"auth_type=any\n[databases]\na = host=b\n",
                    "auth_type=any\n[databases]\na = host=b user=c\n", "needs user="},
            {"unix_socket_dir=\n[databases]\na =\n", "[databases]\na =\n", "needs a host"},
            {"[http]\nlisten=localhost\n", "[http]\nlisten=[::1]:1\n",
                    "listen must be address:port"},
            {"[http]\nlisten=*:1\n", "[http]\nlisten=127.0.0.1:1\n", "not a loopback address"},
            {"", "auth_file=/nonexistent\n", "there are no users"},
            {"", "[databases]\n* =\n", "there are no [databases]"},
    };
    char text[512];
    int status;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rules); i++) {
        char *printed;

        snprintf(text, sizeof(text), "[sluice]\n%s", rules[i].bad);
        printed = check(text, &status);
        if (strstr(printed, rules[i].words) == NULL) {
            fail_msg("expected \"%s\" in:\n%s", rules[i].words, printed);
        }
        free(printed);
        snprintf(text, sizeof(text), "[sluice]\n%s", rules[i].good);
        printed = check(text, &status);
        if (strstr(printed, rules[i].words) != NULL || status != 0) {
            fail_msg("unexpected \"%s\" or status %d in:\n%s", rules[i].words, status, printed);
        }
        free(printed);
    }
}

static void too_long_a_socket_folder_is_an_error(void **state)
{
    char text[256];

    (void)state;
    snprintf(text, sizeof(text), "[sluice]\nunix_socket_dir=/%0100d\n", 1);
    assert_checked(text, 1, "too long for the name of a socket");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_key_is_said_to_be_honoured_ignored_or_unknown),
            cmocka_unit_test(a_file_that_cannot_be_run_with_ends_in_status_1),
            cmocka_unit_test(a_rule_between_keys_points_at_a_line),
            cmocka_unit_test(a_password_is_not_printed),
            cmocka_unit_test(keys_that_need_each_other_are_said),
            cmocka_unit_test(too_long_a_socket_folder_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
