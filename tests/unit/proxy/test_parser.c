/* SPDX-License-Identifier: PostgreSQL */
/* proxy/parser.h: answers come once each, and a thread that is lost costs one of them. */
#include "proxy/parser.h"

#include "protocol/sql_facts.h"
#include "protocol/sql_memory.h"
#include "protocol/sql_parse.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what was answered ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned answers; /* under LOCK, as all below */
static unsigned by_err[16];
static unsigned at_gate; /* threads that wait there */
static bool is_gate_open;

struct reply {
    unsigned answers;
    enum sl_err err;
    enum sql_kind kind;
    uint64_t fingerprint;
};

static void done(void *arg, const struct parser_answer *answer)
{
    struct reply *reply = arg;

    pthread_mutex_lock(&lock);
    answers++;
    by_err[answer->err]++;
    if (reply != NULL) {
        reply->answers++;
        reply->err = answer->err;
        reply->fingerprint = answer->fingerprint;
        reply->kind = answer->facts == NULL ? SQL_EMPTY : answer->facts->kind;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    sql_facts_free(answer->facts);
}

static void await_answers(unsigned count)
{
    pthread_mutex_lock(&lock);
    while (answers < count) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

/* What libpg_query does where it sees no way on. */
static void fail_fatally(struct parser_answer *answer)
{
    jmp_buf escape;

    answer->err = sql_memory_enter(&escape);
    if (answer->err == SL_OK) {
        answer->err = SL_ELIMIT;
        if (setjmp(escape) == 0) {
            sl_pg_abort();
        }
    }
}

/* A text that begins with 'w' waits at the gate, 'x' ends its thread, 'f' is fatal. */
static void odd_work(struct sl_span text, struct parser_answer *answer)
{
    if (text.at[0] == 'x') {
        pthread_exit(NULL);
    }
    if (text.at[0] == 'f') {
        fail_fatally(answer);
        return;
    }
    pthread_mutex_lock(&lock);
    if (text.at[0] == 'w') {
        at_gate++;
        pthread_cond_broadcast(&changed);
        while (!is_gate_open) {
            pthread_cond_wait(&changed, &lock);
        }
        at_gate--;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    answer->err = SL_OK;
}

static void await_gate(unsigned count)
{
    pthread_mutex_lock(&lock);
    while (at_gate != count) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void open_gate(void)
{
    pthread_mutex_lock(&lock);
    is_gate_open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    await_gate(0);
}

static int begin(void **state)
{
    (void)state;
    answers = 0;
    memset(by_err, 0, sizeof by_err);
    is_gate_open = false;
    return 0;
}

static enum sl_err ask(const char *text, struct reply *reply)
{
    return parser_ask(sl_span_text(text), done, reply);
}

static sl_usec later(void)
{
    return sl_now() + PARSER_STUCK_USEC + 1000000;
}

static struct parser_counts counted(void)
{
    struct parser_counts counts;

    parser_counts(&counts);
    return counts;
}

/* ---- tests ---- */

static void texts_are_parsed_elsewhere(void **state)
{
    (void)state;
    struct reply replies[4] = {0};
    char text[] = "select a from t where b = 1";

    assert_false(parser_has_room());
    assert_int_equal(parser_start(NULL), SL_OK);
    assert_true(parser_has_room());
    assert_int_equal(ask(text, &replies[0]), SL_OK);
    memset(text, 'x', sizeof text - 1); /* it was copied */
    assert_int_equal(ask("delete from t", &replies[1]), SL_OK);
    assert_int_equal(ask("selec", &replies[2]), SL_OK);
    assert_int_equal(ask("", &replies[3]), SL_OK);
    await_answers(4);
    assert_int_equal(replies[0].err, SL_OK);
    assert_int_equal(replies[0].kind, SQL_SELECT);
    assert_true(replies[0].fingerprint != 0);
    assert_int_equal(replies[1].kind, SQL_DELETE);
    assert_int_equal(replies[2].err, SL_EINVAL);
    assert_int_equal(replies[3].kind, SQL_EMPTY);
    struct parser_counts counts = counted();
    assert_int_equal(counts.asked, 4);
    assert_int_equal(counts.parsed, 3);
    assert_int_equal(counts.not_sql, 1);
    assert_int_equal(counts.threads, 1);
    parser_stop();
    assert_int_equal(answers, 4);
    assert_int_equal(ask("select 1", NULL), SL_ELIMIT);
}

static void hostile_texts_are_answered(void **state)
{
    (void)state;
    static const char *const nests[] = {"1+", "(", "not ", "array[", "f(", "1 union select ", "- "};
    size_t size = SQL_TEXT_MAX;
    char *text = malloc(size + 1);

    assert_non_null(text);
    assert_int_equal(parser_start(NULL), SL_OK);
    for (size_t i = 0; i < SL_COUNT(nests); i++) {
        memcpy(text, "select ", 7);
        for (size_t at = 7; at < size; at++) {
            text[at] = nests[i][(at - 7) % strlen(nests[i])];
        }
        text[size] = '\0';
        assert_int_equal(ask(text, NULL), SL_OK);
    }
    await_answers(SL_COUNT(nests));
    assert_int_equal(parser_ask(sl_span(text, SQL_TEXT_MAX + 1), done, NULL), SL_ELIMIT);
    parser_stop();
    assert_int_equal(answers, SL_COUNT(nests));
    assert_int_equal(counted().threads, 1);
    free(text);
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    assert_int_equal(parser_start(odd_work), SL_OK);
    assert_int_equal(ask("wait", NULL), SL_OK);
    await_gate(1);
    for (unsigned i = 0; i < PARSER_QUEUED_MAX; i++) {
        assert_true(parser_has_room());
        assert_int_equal(ask("go", NULL), SL_OK);
    }
    assert_false(parser_has_room());
    assert_int_equal(ask("go", NULL), SL_ELIMIT);
    assert_int_equal(counted().dropped, 1);
    open_gate();
    await_answers(1 + PARSER_QUEUED_MAX);
    assert_true(parser_has_room());
    parser_stop();
    assert_int_equal(answers, 1 + PARSER_QUEUED_MAX);
}

static void many_bytes_are_as_full_as_many_texts(void **state)
{
    (void)state;
    static char text[SQL_TEXT_MAX];
    unsigned taken = 0;

    memset(text, 'g', sizeof text);
    assert_int_equal(parser_start(odd_work), SL_OK);
    assert_int_equal(ask("wait", NULL), SL_OK);
    await_gate(1);
    while (parser_has_room()) {
        assert_int_equal(parser_ask(sl_span(text, sizeof text), done, NULL), SL_OK);
        taken++;
    }
    assert_int_equal(taken, PARSER_BYTES_MAX / sizeof text);
    assert_int_equal(parser_ask(sl_span(text, sizeof text), done, NULL), SL_ELIMIT);
    open_gate();
    await_answers(1 + taken);
    parser_stop();
}

static void a_stuck_thread_is_replaced(void **state)
{
    (void)state;
    struct reply stuck = {0};

    assert_int_equal(parser_start(odd_work), SL_OK);
    assert_int_equal(ask("wait", &stuck), SL_OK);
    await_gate(1);
    assert_int_equal(ask("go", NULL), SL_OK);
    parser_watch(sl_now());
    assert_int_equal(answers, 0); /* not yet */
    parser_watch(later());
    await_answers(2); /* the rest goes on while it is stuck */
    assert_int_equal(stuck.err, SL_ETIMEOUT);
    assert_int_equal(by_err[SL_OK], 1);
    assert_int_equal(counted().threads, 2);
    assert_int_equal(counted().given_up, 1);
    open_gate();
    parser_stop();
    assert_int_equal(answers, 2); /* what the old one came to say is not heard */
    assert_int_equal(stuck.answers, 1);
}

static void a_dead_thread_is_replaced(void **state)
{
    (void)state;
    struct reply last = {0};

    assert_int_equal(parser_start(odd_work), SL_OK);
    assert_int_equal(ask("xit", &last), SL_OK);
    assert_int_equal(ask("go", NULL), SL_OK);
    while (last.answers == 0) { /* until it has taken it, there is nothing to give up */
        parser_watch(later());
    }
    await_answers(2);
    assert_int_equal(last.err, SL_ETIMEOUT);
    assert_int_equal(counted().threads, 2);
    parser_stop();
}

static void a_thread_that_was_failed_on_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(parser_start(odd_work), SL_OK);
    for (unsigned i = 0; i + 1 < PARSER_THREADS_MAX; i++) {
        assert_int_equal(ask("fatal", NULL), SL_OK);
        assert_int_equal(ask("go", NULL), SL_OK);
    }
    await_answers(2 * (PARSER_THREADS_MAX - 1));
    assert_int_equal(by_err[SL_ELIMIT], PARSER_THREADS_MAX - 1);
    assert_int_equal(by_err[SL_OK], PARSER_THREADS_MAX - 1);
    assert_int_equal(counted().threads, PARSER_THREADS_MAX);
    assert_int_equal(ask("wait", NULL), SL_OK);
    await_gate(1);
    assert_int_equal(ask("fatal", NULL), SL_OK);
    assert_int_equal(ask("go", NULL), SL_OK);
    open_gate();
    await_answers(2 * PARSER_THREADS_MAX + 1); /* the last is given up: nobody is left for it */
    assert_int_equal(by_err[SL_ETIMEOUT], 1);
    assert_false(parser_has_room());
    assert_true(parser_is_off());
    parser_stop();
    assert_int_equal(parser_start(odd_work), SL_OK);
    assert_false(parser_is_off());
    parser_stop();
}

static void threads_are_not_replaced_for_ever(void **state)
{
    (void)state;
    assert_int_equal(parser_start(odd_work), SL_OK);
    for (unsigned i = 0; i < PARSER_THREADS_MAX; i++) {
        assert_true(parser_has_room());
        assert_int_equal(ask("wait", NULL), SL_OK);
        await_gate(i + 1);
        if (i + 1 == PARSER_THREADS_MAX) {
            assert_int_equal(ask("go", NULL), SL_OK);
        }
        assert_false(parser_is_off());
        parser_watch(later());
    }
    assert_true(parser_is_off());
    assert_int_equal(answers, PARSER_THREADS_MAX + 1); /* the queue was answered too */
    assert_int_equal(by_err[SL_ETIMEOUT], PARSER_THREADS_MAX + 1);
    assert_false(parser_has_room());
    assert_false(counted().is_running);
    assert_int_equal(ask("go", NULL), SL_ELIMIT);
    open_gate();
    parser_stop();
    assert_int_equal(answers, PARSER_THREADS_MAX + 1);
}

static void stopping_answers_what_is_queued_and_what_is_stuck(void **state)
{
    (void)state;
    assert_int_equal(parser_start(odd_work), SL_OK);
    assert_int_equal(ask("wait", NULL), SL_OK);
    await_gate(1);
    assert_int_equal(ask("go", NULL), SL_OK);
    assert_int_equal(ask("go", NULL), SL_OK);
    parser_stop();
    assert_int_equal(answers, 3);
    assert_int_equal(by_err[SL_ETIMEOUT], 3);
    open_gate();
}

struct asker {
    pthread_t thread;
    unsigned taken;
};

static void *ask_many(void *arg)
{
    struct asker *asker = arg;

    for (unsigned i = 0; i < 2000; i++) {
        asker->taken += ask("select a from t where b = 1", NULL) == SL_OK;
    }
    return NULL;
}

static void many_threads_may_ask(void **state)
{
    (void)state;
    struct asker askers[4] = {0};
    unsigned taken = 0;

    assert_int_equal(parser_start(NULL), SL_OK);
    for (size_t i = 0; i < SL_COUNT(askers); i++) {
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]), 0);
    }
    for (size_t i = 0; i < SL_COUNT(askers); i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        taken += askers[i].taken;
    }
    await_answers(taken);
    parser_stop();
    assert_int_equal(answers, taken);
    assert_int_equal(by_err[SL_OK], taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(texts_are_parsed_elsewhere, begin),
            cmocka_unit_test_setup(hostile_texts_are_answered, begin),
            cmocka_unit_test_setup(a_full_queue_refuses, begin),
            cmocka_unit_test_setup(many_bytes_are_as_full_as_many_texts, begin),
            cmocka_unit_test_setup(a_stuck_thread_is_replaced, begin),
            cmocka_unit_test_setup(a_dead_thread_is_replaced, begin),
            cmocka_unit_test_setup(a_thread_that_was_failed_on_is_replaced, begin),
            cmocka_unit_test_setup(threads_are_not_replaced_for_ever, begin),
            cmocka_unit_test_setup(stopping_answers_what_is_queued_and_what_is_stuck, begin),
            cmocka_unit_test_setup(many_threads_may_ask, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
