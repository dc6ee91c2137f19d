/* SPDX-License-Identifier: PostgreSQL */
/* Who is asked for what: auth_query, hba, certificates, peers, the console. */
#include "tests/unit/proxy/auth_login.h"

/* ---- promises ---- */

#define QUERY "auth_user = asker\n"

static struct login asked_as(const char *user, const char *settings, const char *password,
        bool has_row, const char *row_secret)
{
    struct login login = {.conf = conf_of(settings),
            .database = "shop",
            .user = user,
            .password = password,
            .has_row = has_row,
            .row_secret = row_secret};

    run(&login);
    return login;
}

static struct login asked(
        const char *settings, const char *password, bool has_row, const char *row_secret)
{
    return asked_as("remote", settings, password, has_row, row_secret);
}

static void auth_query_is_asked_once_in_a_while(void **state)
{
    (void)state;
    auth_cache_clear();
    sl_clock_set(1000 * SL_SECOND);
    struct login login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.queries, 1);
    forget(&login);
    login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.queries, 0);
    forget(&login);
    sl_clock_set(1000 * SL_SECOND + AUTH_CACHE_TTL_USEC);
    login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.queries, 1);
    forget(&login);
    sl_clock_set(0);
}

/* Who may no longer log in: no row. Asking again and again must not keep the old answer alive. */
static void a_revoked_user_is_let_in_no_longer_than_an_answer_is_kept(void **state)
{
    const sl_usec start = 5000 * SL_SECOND;

    (void)state;
    for (int has_row = 0; has_row < 2; has_row++) { /* dropped or nologin; VALID UNTIL */
        auth_cache_clear();
        sl_clock_set(start);
        struct login login = asked(QUERY SCRAM, "right", true, scram_secret);
        assert_int_equal(login.verdict, AUTH_OK);
        forget(&login);
        for (sl_usec age = 0; age < 3 * AUTH_CACHE_TTL_USEC; age += AUTH_CACHE_TTL_USEC / 8) {
            sl_clock_set(start + age);
            login = asked(QUERY SCRAM, "right", has_row != 0, NULL);
            if (age < AUTH_CACHE_TTL_USEC) {
                assert_int_equal(login.verdict, AUTH_OK);
            } else {
                assert_refused(&login);
            }
            forget(&login);
        }
    }
    sl_clock_set(0);
}

static struct auth *begun(struct login *login, struct sl_buf *out)
{
    struct auth *auth = auth_of(login);

    sl_buf_init(out, OUT_MAX);
    assert_int_equal(auth_start(auth, out), AUTH_QUERY);
    return auth;
}

/* An answer from before the password was changed that arrives after the first failure. */
static void two_logins_in_a_row_do_not_fail_by_an_old_secret(void **state)
{
    struct login early = {.conf = conf_of(QUERY SCRAM), .database = "shop", .user = "remote"};
    struct sl_buf out;
    char old[SCRAM_SECRET_SIZE];

    (void)state;
    make_scram_secret("old", old);
    auth_cache_clear();
    sl_clock_set(1000 * SL_SECOND);
    struct auth *auth = begun(&early, &out);
    sl_clock_set(1000 * SL_SECOND + 1);
    struct login login = asked(QUERY SCRAM, "old", true, old);
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    sl_clock_set(1000 * SL_SECOND + 2);
    login = asked(QUERY SCRAM, "right", true, scram_secret); /* by what was kept */
    assert_refused(&login);
    assert_int_equal(login.queries, 0);
    forget(&login);
    assert_int_equal(auth_secret(auth, true, old, &out), AUTH_MORE);
    auth_free(auth);
    sl_buf_fini(&out);
    sl_clock_set(1000 * SL_SECOND + 3);
    login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.queries, 1);
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.queries, 0); /* and that is kept again */
    forget(&login);
    conf_unref(early.conf);
    sl_clock_set(0);
}

static void who_waited_to_ask_takes_the_answer_of_another(void **state)
{
    struct login waiting = {.conf = conf_of(QUERY SCRAM), .database = "shop", .user = "remote"};
    struct sl_buf out;
    enum auth_verdict verdict;

    (void)state;
    auth_cache_clear();
    struct auth *auth = begun(&waiting, &out);
    assert_false(auth_answered_meanwhile(auth, &out, &verdict));
    struct login login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    assert_true(auth_answered_meanwhile(auth, &out, &verdict));
    assert_int_equal(verdict, AUTH_MORE);
    auth_free(auth);
    sl_buf_fini(&out);
    /* A password in plain that is wrong is judged by what was asked for since, and not once more. */
    sl_buf_init(&out, OUT_MAX);
    conf_unref(waiting.conf);
    waiting.conf = conf_of(QUERY PLAIN);
    auth = auth_of(&waiting);
    assert_int_equal(auth_start(auth, &out), AUTH_MORE);
    assert_int_equal(auth_message(auth, sl_span("new", 4), &out), AUTH_WAIT);
    wait_for_job();
    assert_int_equal(auth_resume(auth, &out), AUTH_QUERY);
    assert_false(auth_answered_meanwhile(auth, &out, &verdict));
    login = asked(QUERY PLAIN, "new", true, "new");
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    assert_true(auth_answered_meanwhile(auth, &out, &verdict));
    assert_int_equal(verdict, AUTH_OK);
    auth_free(auth);
    sl_buf_fini(&out);
    conf_unref(waiting.conf);
}

/* Whoever auth_query does not find is like those whom it found. */
static void who_is_not_found_is_like_who_was(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *secret = i == 0 ? md5_secret : scram_secret;
        uint32_t code = i == 0 ? 5 : 10;
        bool is_like = false;
        for (int n = 0; n < 1000 && !is_like; n++) { /* each name draws its own */
            char name[32];
            snprintf(name, sizeof name, "stranger%d", n);
            auth_cache_clear();
            struct login known = asked(QUERY MD5, "wrong", true, secret);
            auth_cache_clear();
            struct login unknown = asked_as(name, QUERY MD5, "wrong", false, NULL);
            assert_int_equal(known.trace[0], code);
            is_like = unknown.trace[0] == code;
            forget(&known);
            forget(&unknown);
        }
        assert_true(is_like);
    }
}

static void a_changed_password_works_though_the_old_secret_is_kept(void **state)
{
    (void)state;
    auth_cache_clear();
    struct login login = asked(QUERY MD5, "old", true, "old");
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    login = asked(QUERY MD5, "new", true, "new");
    assert_int_equal(login.queries, 1);
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    /* And a wrong one costs one question, not more. */
    login = asked(QUERY MD5, "wrong", true, "new");
    assert_int_equal(login.queries, 1);
    assert_refused(&login);
    forget(&login);
    /* With SCRAM the salt was told already: the next login is asked for anew. */
    auth_cache_clear();
    login = asked(QUERY SCRAM, "old", true, "old");
    forget(&login);
    login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_refused(&login);
    forget(&login);
    login = asked(QUERY SCRAM, "right", true, scram_secret);
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
}

static void no_row_and_no_secret_are_wrong_passwords(void **state)
{
    static const char *const methods[] = {QUERY PLAIN, QUERY MD5, QUERY SCRAM};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(methods); i++) {
        auth_cache_clear();
        struct login none = asked(methods[i], "right", false, NULL);
        auth_cache_clear();
        struct login expired = asked(methods[i], "right", true, NULL);
        assert_refused(&none);
        assert_refused(&expired);
        assert_same_talk(&none, &expired);
        forget(&none);
        forget(&expired);
    }
}

static void trust_and_any_and_reject_ask_for_nothing(void **state)
{
    struct login login = attempt("auth_type = trust\n", "md5", "");

    (void)state;
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.trace_len, 0);
    forget(&login);
    login = attempt("auth_type = trust\n", "nobody", "");
    assert_int_equal(login.verdict, AUTH_FAILED);
    forget(&login);
    login = attempt("auth_type = any\n", "nobody", "");
    assert_int_equal(login.verdict, AUTH_FAILED); /* shop has no user= */
    forget(&login);
    struct login any = {.conf = conf_of("auth_type = any\n"),
            .database = "forced",
            .user = "nobody",
            .password = ""};
    run(&any);
    assert_int_equal(any.verdict, AUTH_OK);
    forget(&any);
}

static void the_hba_file_chooses(void **state)
{
    char settings[512];

    (void)state;
    snprintf(settings, sizeof settings, "auth_type = hba\nauth_hba_file = %s/hba\n", folder);
    write_file("hba", "host shop plain 127.0.0.1/32 trust\n"
                      "host shop scram 127.0.0.1/32 scram-sha-256\n"
                      "host shop md5 127.0.0.1/32 reject\n");
    struct login login = attempt(settings, "plain", "");
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.method, CONF_AUTH_TRUST);
    forget(&login);
    login = attempt(settings, "scram", "right");
    assert_int_equal(login.verdict, AUTH_OK);
    forget(&login);
    login = attempt(settings, "md5", "right");
    assert_int_equal(login.verdict, AUTH_FAILED);
    assert_string_equal(login.error.sqlstate, "28000");
    assert_int_equal(login.trace_len, 0);
    forget(&login);
    login = attempt(settings, "nobody", "right"); /* no line fits */
    assert_int_equal(login.verdict, AUTH_FAILED);
    assert_string_equal(login.error.sqlstate, "28000");
    forget(&login);
    snprintf(settings, sizeof settings, "%s/hba", folder);
    unlink(settings);
}

/* What a client with that certificate may be. */
static enum auth_verdict by_certificate(const char *settings, const char *cn, const char *user)
{
    struct login login = {.conf = conf_of(settings),
            .database = "shop",
            .user = user,
            .password = "",
            .tls = tls_of(1)};

    login.tls.has_peer_certificate = cn != NULL;
    snprintf(login.tls.peer_name, sizeof login.tls.peer_name, "%s", cn == NULL ? "" : cn);
    run(&login);
    enum auth_verdict verdict = login.verdict;
    forget(&login);
    return verdict;
}

static void a_certificate_is_its_common_name_or_what_the_map_says(void **state)
{
    char settings[512];
    char path[256];

    (void)state;
    snprintf(settings, sizeof settings,
            "auth_type = hba\nauth_hba_file = %s/hba\nauth_ident_file = %s/ident\n", folder,
            folder);
    write_file("ident", "staff alice scram\n");
    write_file("hba", "hostssl shop plain 127.0.0.1/32 cert\n"
                      "hostssl shop scram 127.0.0.1/32 cert map=staff\n"
                      "hostssl shop nobody 127.0.0.1/32 cert\n");
    assert_int_equal(by_certificate(settings, "plain", "plain"), AUTH_OK);
    assert_int_equal(by_certificate(settings, "alice", "plain"), AUTH_FAILED);
    assert_int_equal(by_certificate(settings, NULL, "plain"), AUTH_FAILED);
    assert_int_equal(by_certificate(settings, "alice", "scram"), AUTH_OK);
    assert_int_equal(by_certificate(settings, "scram", "scram"), AUTH_FAILED);
    assert_int_equal(by_certificate(settings, "nobody", "nobody"), AUTH_FAILED);
    snprintf(path, sizeof path, "%s/hba", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/ident", folder);
    unlink(path);
}

static void peer_is_the_system_user_behind_a_unix_socket(void **state)
{
    char settings[512];
    char path[256];
    const struct passwd *self = getpwuid(0);

    (void)state;
    assert_non_null(self);
    snprintf(settings, sizeof settings,
            "auth_type = hba\nauth_hba_file = %s/hba\nauth_ident_file = %s/ident\n", folder,
            folder);
    write_file("hba", "local all plain peer map=m\nlocal all scram peer\n");
    snprintf(path, sizeof path, "m %s plain\n", self->pw_name);
    write_file("ident", path);
    struct login login = {.conf = conf_of(settings),
            .database = "shop",
            .user = "plain",
            .password = "",
            .is_unix = true,
            .uid = 0};
    run(&login);
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.waits, 1);
    credentials_fini(&login.credentials);
    login.user = "scram";
    run(&login);
    assert_int_equal(login.verdict, AUTH_FAILED);
    assert_string_equal(login.error.sqlstate, "28000");
    forget(&login);
    snprintf(path, sizeof path, "%s/hba", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/ident", folder);
    unlink(path);
}

static void the_console_is_for_those_on_its_lists(void **state)
{
    struct login login = {.conf = conf_of(SCRAM),
            .database = "pgbouncer",
            .user = "plain",
            .password = "right",
            .is_console = true};

    (void)state;
    run(&login);
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.console, AUTH_CONSOLE_ADMIN);
    credentials_fini(&login.credentials);
    login.user = "scram";
    run(&login);
    assert_int_equal(login.console, AUTH_CONSOLE_STATS);
    credentials_fini(&login.credentials);
    login.password = "wrong";
    login.trace_len = 0;
    run(&login);
    assert_refused(&login);
    credentials_fini(&login.credentials);
    /* Who runs us needs no password, by Unix socket. */
    login.user = "pgbouncer";
    login.is_unix = true;
    login.uid = (unsigned)getuid();
    run(&login);
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.console, AUTH_CONSOLE_ADMIN);
    credentials_fini(&login.credentials);
    login.uid = (unsigned)getuid() + 1;
    login.trace_len = 0;
    run(&login);
    assert_refused(&login);
    forget(&login);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(auth_query_is_asked_once_in_a_while),
            cmocka_unit_test(a_revoked_user_is_let_in_no_longer_than_an_answer_is_kept),
            cmocka_unit_test(two_logins_in_a_row_do_not_fail_by_an_old_secret),
            cmocka_unit_test(who_waited_to_ask_takes_the_answer_of_another),
            cmocka_unit_test(who_is_not_found_is_like_who_was),
            cmocka_unit_test(a_changed_password_works_though_the_old_secret_is_kept),
            cmocka_unit_test(no_row_and_no_secret_are_wrong_passwords),
            cmocka_unit_test(trust_and_any_and_reject_ask_for_nothing),
            cmocka_unit_test(the_hba_file_chooses),
            cmocka_unit_test(a_certificate_is_its_common_name_or_what_the_map_says),
            cmocka_unit_test(peer_is_the_system_user_behind_a_unix_socket),
            cmocka_unit_test(the_console_is_for_those_on_its_lists),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
