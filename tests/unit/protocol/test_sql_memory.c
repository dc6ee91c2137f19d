/* SPDX-License-Identifier: PostgreSQL */
/* protocol/sql_memory.h: blocks are what they were, memory comes back, and no failure ends us. */
#include "protocol/sql_memory.h"

#include "protocol/sql_parse.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every case has threads of its own: a spent one is of no use to the next. */
static void on_a_thread(void *(*run)(void *))
{
    pthread_t thread;
    void *result = NULL;

    assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    if (result != NULL) {
        fail_msg("%s", (const char *)result);
    }
}

static enum sl_err parse(const char *text)
{
    struct sql_tree *tree = NULL;
    struct sql_parse_error error;
    uint64_t fingerprint;
    enum sl_err err = sql_parse(sl_span_text(text), &tree, &error);

    sql_tree_free(tree);
    SL_IGNORE(sql_fingerprint(sl_span_text(text), &fingerprint), "as it parses or not");
    return err;
}

enum { BLOCKS = 64, STEPS = 20000 };

static void *use_blocks(void *unused)
{
    (void)unused;
    static uint8_t *blocks[BLOCKS];
    static size_t lens[BLOCKS];
    jmp_buf escape;
    static uint32_t random = 1;

    if (sql_memory_enter(&escape) != SL_OK) {
        return "no region";
    }
    size_t empty = sql_memory_used();
    if (setjmp(escape) != 0) {
        return "escaped";
    }
    for (unsigned step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        unsigned i = random >> 8 & (BLOCKS - 1);
        size_t len = (random >> 16) % 3000 + 1;

        for (size_t at = 0; blocks[i] != NULL && at < lens[i]; at++) {
            if (blocks[i][at] != (uint8_t)i) {
                return "somebody wrote into a block";
            }
        }
        if ((random & 3) == 0) {
            sl_pg_free(blocks[i]);
            blocks[i] = NULL;
            lens[i] = 0;
            continue;
        }
        blocks[i] = sl_pg_realloc(blocks[i], len);
        if ((uintptr_t)blocks[i] % 16 != 0) {
            return "not aligned";
        }
        for (size_t at = 0; at < lens[i] && at < len; at++) {
            if (blocks[i][at] != (uint8_t)i) {
                return "realloc lost bytes";
            }
        }
        memset(blocks[i], (int)i, len);
        lens[i] = len;
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        sl_pg_free(blocks[i]);
    }
    sql_memory_leave();
    return sql_memory_used() == empty ? NULL : "not all came back";
}

static void blocks_keep_what_was_written(void **state)
{
    (void)state;
    on_a_thread(use_blocks);
}

static void *parse_many(void *unused)
{
    (void)unused;
    static const char *const texts[] = {"select a, b from t where c = 1 order by d", "selec",
            "insert into t values (1, 2), (3, 4) returning *", "select '", "create table t (a int)",
            "with a as (select 1) select * from a join b using (c) where exists (select 1)",
            "select $1::int[], array[1,2], 'a' || b from t group by 1 having count(*) > 2"};
    size_t used = 0;

    for (unsigned i = 0; i < 3000; i++) {
        SL_IGNORE(parse(texts[i % SL_COUNT(texts)]), "some of them are no SQL");
        if (i == 100) {
            used = sql_memory_used();
        }
    }
    return sql_memory_used() == used ? NULL : "memory is lost from call to call";
}

static void calls_give_back_what_they_took(void **state)
{
    (void)state;
    on_a_thread(parse_many);
}

static void *take_all(void *unused)
{
    (void)unused;
    jmp_buf escape;
    static unsigned taken;

    if (parse("select 1") != SL_OK || sql_memory_enter(&escape) != SL_OK) {
        return "could not begin";
    }
    if (setjmp(escape) == 0) {
        for (taken = 0; taken < 1000; taken++) {
            memset(sl_pg_malloc(1 << 20), 1, 1);
        }
        return "there was no end of it";
    }
    if (taken < 200 || taken > SQL_MEMORY_BYTES >> 20) {
        return "the end came elsewhere";
    }
    if (!sql_parse_is_spent() || parse("select 1") != SL_ELIMIT) {
        return "it was used again";
    }
    return NULL;
}

static void *call_exit(void *unused)
{
    (void)unused;
    jmp_buf escape;

    if (sql_memory_enter(&escape) != SL_OK) {
        return "could not begin";
    }
    if (setjmp(escape) == 0) {
        sl_pg_exit(1);
    }
    return sql_parse_is_spent() ? NULL : "it was used again";
}

static void *call_abort(void *unused)
{
    (void)unused;
    jmp_buf escape;

    if (sql_memory_enter(&escape) != SL_OK) {
        return "could not begin";
    }
    if (setjmp(escape) == 0) {
        sl_pg_abort();
    }
    return sql_parse_is_spent() ? NULL : "it was used again";
}

static void *parse_one(void *unused)
{
    (void)unused;
    return parse("select 1") == SL_OK ? NULL : "not parsed";
}

static void a_failure_spends_its_thread_only(void **state)
{
    (void)state;
    on_a_thread(take_all);
    on_a_thread(call_exit);
    on_a_thread(call_abort);
    on_a_thread(parse_one);
}

/* A process has 1,024 keys, and libpg_query makes one for each thread. */
static void threads_leave_no_keys_behind(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1100; i++) {
        on_a_thread(parse_one);
    }
    pthread_key_t key;
    assert_int_equal(pthread_key_create(&key, NULL), 0);
    assert_int_equal(pthread_key_delete(key), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(blocks_keep_what_was_written),
            cmocka_unit_test(calls_give_back_what_they_took),
            cmocka_unit_test(a_failure_spends_its_thread_only),
            cmocka_unit_test(threads_leave_no_keys_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
