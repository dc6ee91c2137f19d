/* SPDX-License-Identifier: PostgreSQL */
/*
 * Part of test_shared.c: what is in Redis is spoiled, Redis forgets, is full, loads, becomes a replica, or a Sluice
 * is killed. Each time nothing wrong is given, it is counted or said, and answers are shared again afterwards.
 */
#include "tests/e2e/shared_world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1024, LOOKS = 40, LOOK_MS = 5 };

static const char entries[] = "--scan --pattern 'sluice:db@*:q:*'";

/* ---- what is there is spoiled ---- */

/* A question that the first Sluice has asked, whose answer is in Redis; the entry's name. */
static void put_one(char sql[TEXT_MAX], char name[TEXT_MAX / 2], char expected[32])
{
    static int next = 1;

    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; next++) {
        (void)redis_server_ask(&redis, "%s | xargs -r redis-cli -p %d del", entries, redis.port);
        snprintf(sql, TEXT_MAX, "select v || '.%d' from t where id = %d", next, 100 + next % 300);
        snprintf(expected, 32, "v%d.%d", 100 + next % 300, next);
        (void)text_of(one_conn, sql);
        for (int i = 0; i < LOOKS; i++) {
            snprintf(name, TEXT_MAX / 2, "%s", ask_redis(entries));
            if (name[0] != '\0') {
                next++;
                return;
            }
            proc_pause_ms(LOOK_MS);
        }
    }
    fail_msg("nothing is put there");
}

#define BODY(lua) "eval \"redis.call('hset', KEYS[1], 'body', " lua ")\" 1 '@'"
#define SEAL(lua) "eval \"redis.call('hset', KEYS[1], 'seal', " lua ")\" 1 '@'"
#define OLD_BODY "redis.call('hget', KEYS[1], 'body')"
#define OLD_SEAL "redis.call('hget', KEYS[1], 'seal')"

/* @ stands for the entry's name; counted: the column that says so. */
static const struct {
    const char *what;
    const char *command;
    const char *counted;
} spoiled[] = {
        {"a byte of the value is another", BODY("(string.gsub(" OLD_BODY ", '[.]', ':'))"),
                "misses_other"},
        {"its last byte is missing", BODY("string.sub(" OLD_BODY ", 1, -2)"), "misses_other"},
        {"there is more behind it", BODY(OLD_BODY " .. 'Z'"), "misses_other"},
        {"it is empty", "hset '@' body ''", "misses_other"},
        {"it is something else", "hset '@' body 'hello'", "misses_other"},
        {"it is another version's", SEAL("'9' .. string.sub(" OLD_SEAL ", 2)"), "misses_other"},
        {"its seal is cut", SEAL("string.sub(" OLD_SEAL ", 1, -5)"), "misses_other"},
        {"its seal is none", "hset '@' seal 'sealed'", "misses_other"},
        {"it has no body", "hdel '@' body", "misses_absent"},
        {"it has other tags", "hset '@' tags '1 any=1@1'", "misses_stale"},
        {"it is a string", "set '@' hello", "errors"},
        {"it is gone", "del '@'", "misses_absent"},
};

static void an_entry_that_is_spoiled_is_a_miss(void **state)
{
    char sql[TEXT_MAX];
    char name[TEXT_MAX / 2];
    char expected[32];

    (void)state;
    start_both(STREAMED);
    await_shared();
    for (size_t i = 0; i < CASE_COUNT(spoiled); i++) {
        long before = counted_of_redis(&two, spoiled[i].counted);
        bool is_counted = false;
        print_message("%s\n", spoiled[i].what);
        /* Whoever made all stale meanwhile, so that it is not even looked at: another one. */
        for (int tries = 0; tries < LOOKS && !is_counted; tries++) {
            char command[2 * TEXT_MAX];
            put_one(sql, name, expected);
            const char *at = strchr(spoiled[i].command, '@');
            snprintf(command, sizeof command, "%.*s%s%s", (int)(at - spoiled[i].command),
                    spoiled[i].command, name, at + 1);
            (void)ask_redis(command);
            for (int k = 0; k < 3; k++) {
                assert_string_equal(text_of(two_conn, sql), expected);
            }
            proc_pause_ms(4 * LOOK_MS); /* what is shown is renewed each 15 ms */
            is_counted = counted_of_redis(&two, spoiled[i].counted) > before;
        }
        if (!is_counted) {
            fail_msg("%s: %s does not count it", spoiled[i].what, spoiled[i].counted);
        }
    }
    await_shared();
}

/* @ stands for what all keys begin with, # for the table's OID. */
static const char *const unlike[] = {
        "del '@v:#'",
        "eval \"redis.call('del', KEYS[1]); redis.call('set', KEYS[1], 'x')\" 1 '@v:#'",
        "hset '@v:#' base nonsense",
        "hset '@v:#' any '1@1!99999999999' wild nonsense",
        "del '@epoch'",
        "set '@epoch' ''",
        "set '@epoch' nonsense",
        "eval \"redis.call('del', KEYS[1]); redis.call('lpush', KEYS[1], 'x')\" 1 '@epoch'",
        "del '@inst'",
        "eval \"redis.call('del', KEYS[1]); redis.call('set', KEYS[1], 'x')\" 1 '@inst'",
        "publish '@inv' 'nonsense'",
        "publish '@inv' 'somebody.1-1 7 end nonsense'",
};

static void tokens_that_are_spoiled_harm_nobody(void **state)
{
    char names[64];
    char oid[32];

    (void)state;
    start_both(STREAMED);
    await_shared();
    snprintf(oid, sizeof oid, "%s", text_of(direct, "select 't'::regclass::oid"));
    snprintf(names, sizeof names, "%s", told_of_redis(&two, "names"));
    for (size_t i = 0; i < CASE_COUNT(unlike); i++) {
        char command[TEXT_MAX] = "";
        size_t len = 0;
        for (const char *at = unlike[i]; *at != '\0'; at++) {
            const char one[2] = {*at, '\0'};
            len += (size_t)snprintf(command + len, sizeof command - len, "%s",
                    *at == '@' && at[-1] == '\'' ? names
                    : *at == '#'                 ? oid
                                                 : one);
        }
        (void)ask_redis(command);
        expect_right(unlike[i]);
        await_shared();
    }
}

/* ---- it forgets ---- */

static void an_older_dump_brings_nothing_back(void **state)
{
    char sql[TEXT_MAX];
    char name[TEXT_MAX / 2];
    char expected[32];
    char write[TEXT_MAX];

    (void)state;
    start_both(STREAMED);
    await_shared();
    put_one(sql, name, expected);
    assert_string_equal(ask_redis("save"), "OK");
    snprintf(write, sizeof write, "update t set v = 'new' where id = %s", strrchr(sql, ' ') + 1);
    do_by(one_conn, write);
    snprintf(expected, sizeof expected, "new%s", strchr(expected, '.'));
    long connects = counted_of_redis(&two, "connects");
    long epochs = counted_of_redis(&two, "epochs");
    redis_server_kill(&redis);
    redis_server_start(&redis);
    assert_string_not_equal(ask_redis(entries), ""); /* the old answer is there again */
    for (int i = 0; i < LOOKS || counted_of_redis(&two, "connects") == connects; i++) {
        assert_string_equal(text_of(two_conn, sql), expected);
        proc_pause_ms(LOOK_MS);
    }
    await_shared();
    for (int i = 0; i < LOOKS; i++) {
        assert_string_equal(text_of(two_conn, sql), expected);
    }
    assert_true(counted_of_redis(&two, "epochs") + counted_of_redis(&sluice, "epochs") > epochs);
}

static void what_is_evicted_is_a_miss(void **state)
{
    (void)state;
    start_both(STREAMED);
    await_shared();
    (void)ask_redis("config set maxmemory-policy allkeys-random");
    (void)ask_redis("config set maxmemory 1000000"); /* less than it has without a key */
    expect_right("evicting");
    assert_int_not_equal(
            strncmp(ask_redis("info stats | grep evicted_keys"), "evicted_keys:0", 14), 0);
    (void)ask_redis("config set maxmemory 0");
    await_shared();
}

/* ---- it is up, and not to be used ---- */

static void one_that_loads_is_not_waited_for(void **state)
{
    char fill[TEXT_MAX];

    (void)state;
    start_both(STREAMED);
    await_shared();
    snprintf(fill, sizeof fill, "%s",
            "eval \"for i = 1, 200 do redis.call('set', 'x' .. i, string.rep('x', 2000)) end\" 0");
    (void)ask_redis(fill);
    assert_string_equal(ask_redis("save"), "OK");
    redis_server_kill(&redis);
    redis.more[0] = "--key-load-delay";
    redis.more[1] = "20000"; /* 4 s in all */
    redis.more[2] = "--loading-process-events-interval-bytes";
    redis.more[3] = "1024";
    redis_server_start(&redis);
    memset(redis.more, 0, sizeof redis.more);
    expect_right("loading");
    soon_told_of_redis(&sluice, "workers_up", "2");
    soon_told_of_redis(&two, "workers_up", "2");
    await_shared();
}

static void one_that_becomes_a_replica_is_refused(void **state)
{
    char command[64];

    (void)state;
    start_both(STREAMED);
    await_shared();
    snprintf(command, sizeof command, "replicaof 127.0.0.1 %d", proc_free_port());
    assert_string_equal(ask_redis(command), "OK");
    long losses = counted_of_redis(&two, "losses");
    expect_right("a replica");
    soon_counted_of_redis(&two, "losses", losses); /* by a write, or what is said each second */
    for (long until = proc_now_ms() + SOON_MS; told_of_redis(&two, "reason")[0] == '\0';) {
        assert_true(
                proc_now_ms() < until); /* none while it is connected again, until it is refused */
    }
    assert_string_equal(ask_redis("replicaof no one"), "OK");
    await_shared();
}

static void the_channel_alone_may_go(void **state)
{
    (void)state;
    start_both(ALONE);
    await_shared();
    for (int i = 0; i < 5; i++) {
        soon_told_of_redis(&two, "listens", "yes");
        long unheard = counted_of_redis(&two, "unheard");
        assert_string_not_equal(ask_redis("client kill type pubsub"), "0");
        expect_right("the channel is gone");
        soon_counted_of_redis(&two, "unheard", unheard);
    }
    soon_told_of_redis(&two, "listens", "yes");
    await_shared();
}

/* ---- a Sluice is killed ---- */

#define WAITING "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"

/* In the middle of a write, which its server goes on with. */
static void kill_two(const char *cache)
{
    start_both(cache);
    await_shared();
    assert_string_equal(text_of(one_conn, "select n from t where id = 31"), "31");
    long unknown = counted(&two, "unknown");
    for (int i = 0; i == 0 || counted(&two, "unknown") > unknown; i++) { /* until it is read */
        unknown = counted(&two, "unknown");
        do_by(two_conn, "update t set n = 31 where id = 31");
    }
    do_by(direct, "begin");
    do_by(direct, "update t set v = v where id = 31");
    assert_int_equal(PQsendQuery(two_conn, "update t set n = 99 where id = 31"), 1);
    PGconn *other = open_direct();
    soon_query(other, WAITING, "1");
    (void)proc_stop(&two.process, SIGKILL, SOON_MS);
    for (int i = 0; i < LOOKS; i++) { /* kept, if it may be */
        assert_string_equal(text_of(one_conn, "select n from t where id = 31"), "31");
    }
    do_by(direct, "commit");
    soon_query(other, "select n from t where id = 31", "99");
    PQfinish(other);
}

static void a_write_of_one_that_was_killed_is_seen(void **state)
{
    (void)state;
    kill_two(STREAMED);
    soon_query(one_conn, "select n from t where id = 31", "99");
    PQfinish(two_conn);
    two_conn = NULL;
}

/*
 * Of another row of that table: the first Sluice gives it from memory. To a session that has seen nothing yet: who has
 * waits until the one that was killed has said what it wrote, or is taken to be dead (cache/watch_told.h).
 */
static void await_kept(const char *sql)
{
    for (long until = proc_now_ms() + SOON_MS, hits = counted(&sluice, "hits");;) {
        PGconn *conn = connect_by(&sluice, "postgres", "db");
        (void)text_of(conn, sql);
        PQfinish(conn);
        if (counted(&sluice, "hits") > hits) {
            return;
        }
        if (proc_now_ms() > until) {
            fail_msg("not kept: %s", sql);
        }
    }
}

/* Nobody ever tells of its end; nor does a stream. */
static void nothing_is_kept_while_one_that_was_killed_writes(void **state)
{
    (void)state;
    kill_two(ALONE);
    assert_string_equal(text_of(one_conn, "select n from t where id = 31"), "99");
    await_kept("select n from t where id = 32");
    PQfinish(two_conn);
    two_conn = NULL;
}

size_t fault_cases(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    an_entry_that_is_spoiled_is_a_miss, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    tokens_that_are_spoiled_harm_nobody, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    an_older_dump_brings_nothing_back, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(what_is_evicted_is_a_miss, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    one_that_loads_is_not_waited_for, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    one_that_becomes_a_replica_is_refused, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(the_channel_alone_may_go, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    a_write_of_one_that_was_killed_is_seen, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    nothing_is_kept_while_one_that_was_killed_writes, shared_begin, shared_end),
    };

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
