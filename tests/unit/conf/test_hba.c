/* SPDX-License-Identifier: PostgreSQL */
#include "conf/hba.h"
#include "conf/hba_ident.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct conf_problems problems;
static const struct hba_ident *ident;

static int begin(void **state)
{
    (void)state;
    conf_problems_init(&problems);
    ident = hba_ident_load_text("ident", sl_span_text("crew bob app\n"), &problems);
    return ident == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    hba_ident_unref(ident);
    conf_problems_fini(&problems);
    return 0;
}

static const struct hba *load(const char *text)
{
    const struct hba *hba = hba_load_text("hba.conf", sl_span_text(text), ident, &problems);

    assert_non_null(hba);
    return hba;
}

enum { NO = -1, TLS = 1, REPLICATION = 2 };

/* The method for a connection from that address ("" is the Unix socket), or NO. */
static int ask(const struct hba *hba, const char *from, int flags, const char *db, const char *user)
{
    struct sockaddr_storage addr = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&addr;
    struct hba_who who = {.addr = (const struct sockaddr *)(const void *)&addr,
            .is_tls = (flags & TLS) != 0,
            .is_replication = (flags & REPLICATION) != 0,
            .database = db,
            .user = user};
    struct hba_answer answer = {0};

    if (from[0] == '\0') {
        addr.ss_family = AF_UNIX;
    } else if (inet_pton(AF_INET, from, &v4->sin_addr) == 1) {
        addr.ss_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, from, &v6->sin6_addr), 1);
        addr.ss_family = AF_INET6;
    }
    return hba_match(hba, &who, &answer) ? (int)answer.method : NO;
}

static void the_first_line_that_fits_holds(void **state)
{
    const struct hba *hba = load("host a all 10.0.0.0/8 reject\n"
                                 "host all all 10.0.0.0/8 md5\n"
                                 "host all all all scram-sha-256\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(ask(hba, "10.1.2.3", 0, "a", "u"), CONF_AUTH_REJECT);
    assert_int_equal(ask(hba, "10.1.2.3", 0, "b", "u"), CONF_AUTH_MD5);
    assert_int_equal(ask(hba, "11.1.2.3", 0, "a", "u"), CONF_AUTH_SCRAM_SHA_256);
    assert_int_equal(ask(hba, "", 0, "a", "u"), NO);
    hba_unref(hba);
}

static void without_a_line_that_fits_nobody_is_let_in(void **state)
{
    const struct hba *hba = load("");

    (void)state;
    assert_int_equal(hba_rules_count(hba), 0);
    assert_int_equal(ask(hba, "127.0.0.1", 0, "a", "u"), NO);
    hba_unref(hba);
}

static void the_way_in_must_fit(void **state)
{
    const struct hba *hba = load("local all all peer\n"
                                 "hostssl all all all cert\n"
                                 "hostgssenc all all all trust\n"
                                 "hostnossl all all 0.0.0.0/0 password\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(ask(hba, "", 0, "a", "u"), CONF_AUTH_PEER);
    assert_int_equal(ask(hba, "1.2.3.4", TLS, "a", "u"), CONF_AUTH_CERT);
    assert_int_equal(ask(hba, "::1", TLS, "a", "u"), CONF_AUTH_CERT);
    assert_int_equal(ask(hba, "1.2.3.4", 0, "a", "u"), CONF_AUTH_PLAIN);
    assert_int_equal(ask(hba, "::1", 0, "a", "u"), NO);
    hba_unref(hba);
}

static void addresses_are_cut_at_the_mask(void **state)
{
    const struct hba *hba = load("host all all 192.168.16.0/20 trust\n"
                                 "host all all 10.1.0.0 255.255.0.0 md5\n"
                                 "host all all fd00:1::/33 plain\n"
                                 "host all all 9.9.9.9/32 cert\n"
                                 "host all all ::1/128 peer\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(ask(hba, "192.168.31.255", 0, "a", "u"), CONF_AUTH_TRUST);
    assert_int_equal(ask(hba, "192.168.32.0", 0, "a", "u"), NO);
    assert_int_equal(ask(hba, "10.1.255.1", 0, "a", "u"), CONF_AUTH_MD5);
    assert_int_equal(ask(hba, "10.2.0.1", 0, "a", "u"), NO);
    assert_int_equal(ask(hba, "fd00:1:7fff::1", 0, "a", "u"), CONF_AUTH_PLAIN);
    assert_int_equal(ask(hba, "fd00:1:8000::1", 0, "a", "u"), NO);
    assert_int_equal(ask(hba, "9.9.9.8", 0, "a", "u"), NO);
    assert_int_equal(ask(hba, "9.9.9.9", 0, "a", "u"), CONF_AUTH_CERT);
    assert_int_equal(ask(hba, "::2", 0, "a", "u"), NO);
    assert_int_equal(ask(hba, "::1", 0, "a", "u"), CONF_AUTH_PEER);
    hba_unref(hba);
}

static void bits_outside_the_mask_are_said_and_not_looked_at(void **state)
{
    const struct hba *hba = load("host all all 10.1.2.3/8 trust\n");

    (void)state;
    assert_int_equal(problems.warnings, 1);
    assert_int_equal(ask(hba, "10.200.0.1", 0, "a", "u"), CONF_AUTH_TRUST);
    hba_unref(hba);
}

static void names_are_lists_and_quotes_take_their_meaning_away(void **state)
{
    const struct hba *hba = load("local a,\"b c\" , \"all\" bob,\"al\"\"ice\" trust\n"
                                 "local sameuser all md5\n"
                                 "local x sameuser plain\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(ask(hba, "", 0, "a", "bob"), CONF_AUTH_TRUST);
    assert_int_equal(ask(hba, "", 0, "b c", "al\"ice"), CONF_AUTH_TRUST);
    assert_int_equal(ask(hba, "", 0, "all", "bob"), CONF_AUTH_TRUST);
    assert_int_equal(ask(hba, "", 0, "z", "bob"), NO);
    assert_int_equal(ask(hba, "", 0, "carol", "carol"), CONF_AUTH_MD5);
    assert_int_equal(ask(hba, "", 0, "x", "sameuser"), CONF_AUTH_PLAIN);
    assert_int_equal(ask(hba, "", 0, "x", "dave"), NO);
    hba_unref(hba);
}

static void all_does_not_cover_physical_replication(void **state)
{
    const struct hba *hba = load("local all all trust\nlocal replication rep md5\n");

    (void)state;
    assert_int_equal(ask(hba, "", REPLICATION, "a", "u"), NO);
    assert_int_equal(ask(hba, "", REPLICATION, "a", "rep"), CONF_AUTH_MD5);
    assert_int_equal(ask(hba, "", 0, "replication", "u"), CONF_AUTH_TRUST);
    hba_unref(hba);
}

/* The line stays: those whom it fits must not fall through to one that asks for less. */
static void a_method_of_pgbouncer_that_we_lack_refuses(void **state)
{
    const struct hba *hba = load("local a all ldap ldapserver=x,y ldapprefix=\"cn= \"\n"
                                 "local all all trust\n");

    (void)state;
    assert_int_equal(problems.warnings, 1);
    assert_int_equal(problems.list[0].line, 1);
    assert_non_null(strstr(problems.list[0].text, "ldap is not supported"));
    assert_int_equal(ask(hba, "", 0, "a", "u"), CONF_AUTH_REJECT);
    assert_int_equal(ask(hba, "", 0, "b", "u"), CONF_AUTH_TRUST);
    hba_unref(hba);
}

static void what_is_not_supported_is_said_by_name(void **state)
{
    static const char *const methods[] = {"pam", "gss", "sspi", "ident", "radius"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(methods); i++) {
        char text[64];

        problems.warnings = 0;
        problems.count = 0;
        snprintf(text, sizeof(text), "local all all %s\n", methods[i]);
        hba_unref(load(text));
        assert_int_equal(problems.warnings, 1);
        snprintf(text, sizeof(text), "not \"%s\"", methods[i]);
        assert_non_null(strstr(problems.list[0].text, text));
        assert_non_null(strstr(problems.list[0].text, "pam and gss are not supported"));
    }
}

static void a_wrong_line_is_left_out_and_said(void **state)
{
    static const char *const wrong[] = {"hosts all all all trust", "host all all 10.0.0.0/33 trust",
            "host all all 10.0.0.0 trust", "host all all localhost trust", "host all all trust",
            "local all all gss", "local all +admins trust", "local samerole all trust",
            "local all all trust extra", "local all all peer map=nobody", "local all \"open trust",
            "local all", "local", "local a, all", "host all all 10.0.0.0/ trust",
            "host all all ::/0 255.0.0.0 trust", "local @/nonexistent/file all trust",
            "host all all 10.0.0.0 ffff:: trust", "host all all samehost md5"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(wrong); i++) {
        char text[256];
        const struct hba *hba;

        problems.warnings = 0;
        problems.count = 0;
        snprintf(text, sizeof(text), "# a comment\n%s\nlocal good all trust # good\n", wrong[i]);
        hba = load(text);
        if (problems.warnings != 1 || hba_rules_count(hba) != 1) {
            fail_msg("taken: %s", wrong[i]);
        }
        assert_int_equal(problems.list[0].line, 2);
        assert_int_equal(ask(hba, "", 0, "good", "u"), CONF_AUTH_TRUST);
        hba_unref(hba);
    }
}

static void a_map_is_told_with_the_method(void **state)
{
    const struct hba *hba = load("local all all peer map=crew\n");
    struct sockaddr addr = {.sa_family = AF_UNIX};
    struct hba_who who = {.addr = &addr, .database = "d", .user = "u"};
    struct hba_answer answer;

    (void)state;
    assert_true(hba_match(hba, &who, &answer));
    assert_string_equal(answer.map, "crew");
    assert_int_equal(answer.line, 1);
    hba_unref(hba);
}

static void names_may_be_in_a_file_beside_it(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX";
    char path[64];
    char names[64];
    FILE *file;
    const struct hba *hba;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/hba.conf", folder);
    snprintf(names, sizeof(names), "%s/names", folder);
    file = fopen(names, "w");
    assert_non_null(file);
    fputs("bob, alice\n\n# nobody\ncarol dave\n", file);
    fclose(file);
    hba = hba_load_text(path, sl_span_text("local all @names trust\n"), ident, &problems);
    assert_non_null(hba);
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(ask(hba, "", 0, "a", "alice"), CONF_AUTH_TRUST);
    assert_int_equal(ask(hba, "", 0, "a", "dave"), CONF_AUTH_TRUST);
    assert_int_equal(ask(hba, "", 0, "a", "nobody"), NO);
    hba_unref(hba);
    unlink(names);
    rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(the_first_line_that_fits_holds),
            TEST(without_a_line_that_fits_nobody_is_let_in),
            TEST(the_way_in_must_fit),
            TEST(addresses_are_cut_at_the_mask),
            TEST(bits_outside_the_mask_are_said_and_not_looked_at),
            TEST(names_are_lists_and_quotes_take_their_meaning_away),
            TEST(all_does_not_cover_physical_replication),
            TEST(a_method_of_pgbouncer_that_we_lack_refuses),
            TEST(what_is_not_supported_is_said_by_name),
            TEST(a_wrong_line_is_left_out_and_said),
            TEST(a_map_is_told_with_the_method),
            TEST(names_may_be_in_a_file_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
