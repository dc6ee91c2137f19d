/* SPDX-License-Identifier: PostgreSQL */
/* Passwords, proofs and what is told to whom. */
#include "tests/unit/proxy/auth_login.h"

/* ---- promises ---- */

static void the_right_password_is_right_by_every_method_and_secret(void **state)
{
    static const struct {
        const char *settings;
        const char *user;
    } good[] = {{PLAIN, "plain"}, {PLAIN, "md5"}, {PLAIN, "scram"}, {MD5, "plain"}, {MD5, "md5"},
            {MD5, "scram"}, {SCRAM, "plain"}, {SCRAM, "scram"}};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(good); i++) {
        struct login login = attempt(good[i].settings, good[i].user, "right");
        if (login.verdict != AUTH_OK) {
            fail_msg("%s%s: %s", good[i].settings, good[i].user, login.error.text);
        }
        forget(&login);
        login = attempt(good[i].settings, good[i].user, "wrong");
        assert_refused(&login);
        forget(&login);
    }
}

static void an_md5_secret_proves_nothing_by_scram_nor_an_empty_one_at_all(void **state)
{
    static const char *const all[] = {PLAIN, MD5, SCRAM};
    struct login login = attempt(SCRAM, "md5", "right");

    (void)state;
    assert_refused(&login);
    forget(&login);
    for (size_t i = 0; i < SL_COUNT(all); i++) {
        login = attempt(all[i], "empty", "right");
        assert_refused(&login);
        forget(&login);
    }
}

static void md5_becomes_scram_for_a_scram_secret(void **state)
{
    struct login login = attempt(MD5, "scram", "right");

    (void)state;
    assert_int_equal(login.method, CONF_AUTH_SCRAM_SHA_256);
    assert_int_equal(login.trace[0], 10);
    forget(&login);
}

static void a_user_who_does_not_exist_looks_like_one_who_does(void **state)
{
    static const char *const users[] = {"plain", "md5", "scram"};
    static const char *const methods[] = {PLAIN, MD5, SCRAM};
    char line[512];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(users); i++) {
        const char *secret = i == 0 ? "right" : i == 1 ? md5_secret : scram_secret;
        snprintf(line, sizeof line, "\"%s\" \"%s\"\n\"empty\" \"\"\n", users[i], secret);
        write_file("users", line);
        for (size_t m = 0; m < SL_COUNT(methods); m++) {
            struct login known = attempt(methods[m], users[i], "wrong");
            struct login unknown = attempt(methods[m], "nobody", "wrong");
            struct login empty = attempt(methods[m], "empty", "wrong");
            assert_refused(&known);
            assert_refused(&unknown);
            assert_refused(&empty);
            assert_same_talk(&known, &unknown);
            assert_same_talk(&known, &empty);
            assert_int_equal(known.waits, unknown.waits);
            assert_int_equal(known.waits, empty.waits);
            forget(&known);
            forget(&unknown);
            forget(&empty);
            auth_keys_clear();
        }
    }
    write_users();
}

/* The keys of who was here before are known; that must not show when somebody guesses. */
static void a_refusal_takes_one_derivation_whoever_was_here_before(void **state)
{
    static const char *const users[] = {"plain", "nobody", "plain", "nobody", "somebody"};

    (void)state;
    write_file("users", "\"plain\" \"right\"\n");
    auth_keys_clear();
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < SL_COUNT(users); i++) {
            struct login login = attempt(SCRAM, users[i], "wrong");
            assert_refused(&login);
            assert_int_equal(login.waits, 1);
            forget(&login);
        }
        struct login login = attempt(SCRAM, "plain", "right");
        assert_int_equal(login.verdict, AUTH_OK);
        forget(&login);
    }
    write_users();
}

/* Each name that does not exist plays what some other has, and always the same. */
static void who_does_not_exist_is_like_some_other(void **state)
{
    enum { NAMES = 64 };
    static const char *const methods[] = {MD5, SCRAM};
    char secret[SCRAM_SECRET_SIZE];
    char lines[1024];

    (void)state;
    make_scram_secret_of("right", 5000, secret);
    snprintf(lines, sizeof lines, "\"nothing\" \"\"\n\"m\" \"%s\"\n\"s\" \"%s\"\n\"nought\" \"\"\n",
            md5_secret, secret);
    write_file("users", lines);
    for (size_t m = 0; m < SL_COUNT(methods); m++) {
        unsigned like_scram = 0;
        for (int i = 0; i < NAMES; i++) {
            char name[16];
            snprintf(name, sizeof name, "ghost%d", i);
            struct login first = attempt(methods[m], name, "x");
            struct login again = attempt(methods[m], name, "y");
            assert_refused(&first);
            assert_same_talk(&first, &again);
            assert_string_equal(first.challenge, again.challenge);
            like_scram += strstr(first.challenge, ",i=5000") != NULL ? 1 : 0;
            if (m == 0) {
                assert_int_equal(first.trace[0] == 10, strstr(first.challenge, ",i=5000") != NULL);
            }
            forget(&first);
            forget(&again);
        }
        assert_true(like_scram > 0 && like_scram < NAMES);
    }
    write_users();
}

static void a_mock_salt_stays_and_differs_by_user(void **state)
{
    struct login first = attempt(SCRAM, "nobody", "x");
    struct login again = attempt(SCRAM, "nobody", "y");
    struct login other = attempt(SCRAM, "somebody", "x");

    (void)state;
    assert_string_equal(first.challenge, again.challenge);
    assert_string_not_equal(first.challenge, other.challenge);
    forget(&first);
    forget(&again);
    forget(&other);
}

static void a_password_is_derived_once(void **state)
{
    (void)state;
    struct login login = {.conf = conf_of(SCRAM),
            .database = "shop",
            .user = "plain",
            .password = "right",
            .drops_keys = true};
    run(&login);
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.waits, 1);
    forget(&login);
    login = attempt(SCRAM, "plain", "right");
    assert_int_equal(login.verdict, AUTH_OK);
    assert_int_equal(login.waits, 0);
    forget(&login);
}

static void over_tls_scram_is_bound_to_the_certificate(void **state)
{
    struct login login = {.conf = conf_of(SCRAM),
            .database = "shop",
            .user = "scram",
            .password = "right",
            .tls = tls_of(1),
            .client_tls = tls_of(1),
            .client_binds = true};

    (void)state;
    run(&login);
    assert_int_equal(login.verdict, AUTH_OK);
    credentials_fini(&login.credentials);
    /* Somebody in the middle has another certificate. */
    login.client_tls = tls_of(2);
    login.trace_len = 0;
    run(&login);
    assert_int_equal(login.verdict, AUTH_FAILED);
    credentials_fini(&login.credentials);
    /* A client that could bind and was not offered to, though we did offer it: a downgrade. */
    login.client_tls.end_point_len = 0;
    login.trace_len = 0;
    run(&login);
    assert_int_equal(login.verdict, AUTH_OK); /* it says it cannot: libpq without support */
    forget(&login);
}

/* The whole of pass-through: a client logs in to us, we to a server with the same secret. */
static void what_a_proof_gives_away_logs_in_to_servers(void **state)
{
    struct login login = attempt(SCRAM, "scram", "right");
    struct sl_buf to_client;
    struct sl_buf to_server;
    struct sl_span body;
    struct login at_server = {.conf = conf_of(SCRAM), .database = "shop", .user = "scram"};

    (void)state;
    assert_int_equal(login.credentials.kind, USERS_SECRET_SCRAM);
    assert_true(login.credentials.has_keys);
    struct server_auth_input input = {
            .user = "scram", .credentials = &login.credentials, .home = &home, .done = on_client};
    struct server_auth *client = server_auth_new(&input);
    struct auth *server = auth_of(&at_server);
    sl_buf_init(&to_client, OUT_MAX);
    sl_buf_init(&to_server, OUT_MAX);
    enum auth_verdict verdict = auth_start(server, &to_client);
    while (verdict == AUTH_MORE && next_message(&to_client, BACK_AUTH, &body)) {
        assert_int_equal(server_auth_message(client, body, &to_server), SERVER_AUTH_MORE);
        assert_true(next_message(&to_server, MSG_PASSWORD, &body));
        verdict = auth_message(server, body, &to_client);
    }
    assert_int_equal(verdict, AUTH_OK);
    assert_true(next_message(&to_client, BACK_AUTH, &body));
    assert_int_equal(server_auth_message(client, body, &to_server), SERVER_AUTH_MORE);
    assert_int_equal(
            server_auth_message(client, sl_span("\0\0\0\0", 4), &to_server), SERVER_AUTH_OK);
    sl_buf_fini(&to_client);
    sl_buf_fini(&to_server);
    server_auth_free(client);
    auth_free(server);
    conf_unref(at_server.conf);
    forget(&login);
}

static void a_password_said_in_plain_is_what_servers_are_told(void **state)
{
    struct login login = attempt(PLAIN, "scram", "right");

    (void)state;
    assert_int_equal(login.credentials.kind, USERS_SECRET_PLAIN);
    assert_string_equal(login.credentials.secret, "right");
    forget(&login);
}

static void a_database_is_denied_only_to_who_is_somebody(void **state)
{
    struct login login = {
            .conf = conf_of(SCRAM), .database = "nowhere", .user = "scram", .password = "wrong"};

    (void)state;
    run(&login);
    assert_refused(&login);
    credentials_fini(&login.credentials);
    login.trace_len = 0;
    login.password = "right";
    run(&login);
    assert_int_equal(login.verdict, AUTH_FAILED);
    assert_string_equal(login.error.sqlstate, "3D000");
    assert_string_equal(login.error.text, "database \"nowhere\" does not exist");
    forget(&login);
}

static void leaving_during_a_job_leaves_nothing_behind(void **state)
{
    struct login login = {.conf = conf_of(PLAIN), .database = "shop", .user = "scram"};
    struct sl_buf out;

    (void)state;
    auth_keys_clear();
    for (int i = 0; i < 20; i++) {
        char body[16];
        int len = snprintf(body, sizeof body, "guess%d", i);
        struct auth *auth = auth_of(&login);
        sl_buf_init(&out, OUT_MAX);
        assert_int_equal(auth_start(auth, &out), AUTH_MORE);
        assert_int_equal(auth_message(auth, sl_span(body, (size_t)len + 1), &out), AUTH_WAIT);
        auth_free(auth);
        sl_buf_fini(&out);
    }
    jobs_stop();
    mailbox_deliver(&home, NULL);
    assert_false(was_called);
    assert_int_equal(jobs_start(2), SL_OK);
    conf_unref(login.conf);
}

/* Every beginning of, and every flipped byte in, a good first message. */
static void malformed_messages_are_refused(void **state)
{
    static const char initial[] = "SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=abcdefghijklmnopqrstuvwx";
    static const char *const methods[] = {PLAIN, MD5, SCRAM};
    struct sl_buf out;

    (void)state;
    for (size_t m = 0; m < SL_COUNT(methods); m++) {
        struct login login = {.conf = conf_of(methods[m]), .database = "shop", .user = "md5"};
        for (size_t len = 0; len < sizeof initial; len++) {
            for (unsigned flip = 0; flip < 2; flip++) {
                char body[sizeof initial];
                memcpy(body, initial, sizeof body);
                body[len] = (char)(body[len] ^ (flip != 0 ? 0x85 : 0));
                struct auth *auth = auth_of(&login);
                sl_buf_init(&out, OUT_MAX);
                assert_int_equal(auth_start(auth, &out), AUTH_MORE);
                enum auth_verdict verdict =
                        auth_message(auth, sl_span(body, flip != 0 ? sizeof body - 1 : len), &out);
                verdict = settle(&login, auth, verdict, &out);
                assert_true(verdict == AUTH_FAILED || verdict == AUTH_MORE);
                if (verdict == AUTH_FAILED) {
                    assert_true(auth_error(auth)->text[0] != '\0');
                    assert_int_equal(strlen(auth_error(auth)->sqlstate), 5);
                }
                sl_buf_fini(&out);
                auth_free(auth);
            }
        }
        conf_unref(login.conf);
    }
}

static void servers_are_logged_in_to_with_the_nearest_secret(void **state)
{
    const struct conf *conf = conf_of("");
    const struct conf_database *shop = conf_find_database(conf, "shop");
    const struct conf_database *forced = conf_find_database(conf, "forced");
    struct credentials client;
    struct credentials out;
    struct auth_login login = {.client_user = "plain", .client = &client};

    (void)state;
    credentials_init(&client);
    credentials_init(&out);
    assert_int_equal(credentials_set_password(&client, "said"), SL_OK);
    assert_string_equal(auth_server_user(shop, "plain"), "plain");
    assert_string_equal(auth_server_user(forced, "plain"), "app");
    assert_int_equal(auth_server_credentials(conf, forced, &login, &out), SL_OK);
    assert_string_equal(out.secret, "pw");
    assert_int_equal(auth_server_credentials(conf, shop, &login, &out), SL_OK);
    assert_string_equal(out.secret, "said");
    /* What a server refused is given up for what the list has, not for nothing. */
    client.is_refused = true;
    assert_int_equal(auth_server_credentials(conf, shop, &login, &out), SL_OK);
    assert_string_equal(out.secret, "right");
    assert_false(out.is_refused);
    login.client_user = "nobody";
    assert_int_equal(auth_server_credentials(conf, shop, &login, &out), SL_OK);
    assert_string_equal(out.secret, "said");
    login.client_user = "plain";
    login.client = NULL;
    assert_int_equal(auth_server_credentials(conf, shop, &login, &out), SL_OK);
    assert_string_equal(out.secret, "right");
    login.client_user = "nobody";
    assert_int_equal(auth_server_credentials(conf, shop, &login, &out), SL_OK);
    assert_int_equal(out.kind, USERS_SECRET_NONE);
    credentials_fini(&client);
    credentials_fini(&out);
    conf_unref(conf);
}

static void what_a_server_refused_is_worth_less_than_anything(void **state)
{
    struct credentials password;
    struct credentials keys;
    static const uint8_t key[CREDENTIALS_KEY_BYTES] = {1};
    static const uint8_t other[CREDENTIALS_KEY_BYTES] = {2};
    struct credentials copy;

    (void)state;
    credentials_init(&password);
    credentials_init(&keys);
    credentials_init(&copy);
    assert_int_equal(credentials_set_password(&password, "said"), SL_OK);
    assert_int_equal(credentials_set(&keys, scram_secret), SL_OK);
    credentials_set_keys(&keys, key, key);
    assert_false(credentials_is_better(&keys, &password));
    password.is_refused = true;
    assert_true(credentials_is_better(&keys, &password));
    assert_true(credentials_is_better(&copy, &password));
    assert_int_equal(credentials_copy(&copy, &password), SL_OK);
    assert_true(copy.is_refused);
    assert_true(credentials_equal(&copy, &password));
    assert_int_equal(credentials_copy(&copy, &keys), SL_OK);
    assert_false(copy.is_refused);
    assert_true(credentials_equal(&copy, &keys));
    credentials_set_keys(&copy, key, other);
    assert_false(credentials_equal(&copy, &keys));
    copy.has_keys = false;
    assert_false(credentials_equal(&copy, &keys));
    credentials_fini(&password);
    credentials_fini(&keys);
    credentials_fini(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_right_password_is_right_by_every_method_and_secret),
            cmocka_unit_test(an_md5_secret_proves_nothing_by_scram_nor_an_empty_one_at_all),
            cmocka_unit_test(md5_becomes_scram_for_a_scram_secret),
            cmocka_unit_test(a_user_who_does_not_exist_looks_like_one_who_does),
            cmocka_unit_test(a_refusal_takes_one_derivation_whoever_was_here_before),
            cmocka_unit_test(who_does_not_exist_is_like_some_other),
            cmocka_unit_test(a_mock_salt_stays_and_differs_by_user),
            cmocka_unit_test(a_password_is_derived_once),
            cmocka_unit_test(over_tls_scram_is_bound_to_the_certificate),
            cmocka_unit_test(what_a_proof_gives_away_logs_in_to_servers),
            cmocka_unit_test(a_password_said_in_plain_is_what_servers_are_told),
            cmocka_unit_test(a_database_is_denied_only_to_who_is_somebody),
            cmocka_unit_test(leaving_during_a_job_leaves_nothing_behind),
            cmocka_unit_test(malformed_messages_are_refused),
            cmocka_unit_test(servers_are_logged_in_to_with_the_nearest_secret),
            cmocka_unit_test(what_a_server_refused_is_worth_less_than_anything),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
