/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/parser.c - a bounded queue, the thread that empties it, and its replacement.
 *
 * The text at hand is parser.current, with the turn of the thread that has it. Whoever takes it
 * from there under the lock calls done(): the thread when it is through, or parser_watch(). A
 * thread whose turn has passed owns nothing but the text it still reads, and frees that.
 */
#include "proxy/parser.h"

#include "protocol/base/log.h"
#include "protocol/base/thread.h"
#include "protocol/sql_facts.h"
#include "protocol/sql_parse.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PARSER_NICE = 10, STOP_SECONDS = 1, LITERALS_MAX = 256 };

struct ask {
    struct ask *next;
    parser_done *done;
    void *arg;
    size_t len;
    uint8_t text[];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct ask *first; /* under LOCK, as all below */
    struct ask **last;
    struct ask *current; /* the text at hand; NULL: idle, or given up */
    struct ask *lost;    /* given up, and perhaps still read by the thread that has it */
    sl_usec current_since;
    uint32_t turn;  /* of the thread that is to work; 0: none */
    uint32_t turns; /* ever: no two threads have the same */
    bool is_stopping;
    pthread_t thread; /* of that turn */
    parser_work *work;
    struct parser_counts counts;
} parser = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

/* The same, for who only wants to know whether to come. Any thread. */
static atomic_bool has_room;
static atomic_bool is_off;

static bool takes_locked(size_t len)
{
    return parser.turn != 0 && !parser.is_stopping && parser.counts.queued < PARSER_QUEUED_MAX &&
           len <= PARSER_BYTES_MAX - parser.counts.queued_bytes;
}

static void show_room_locked(void)
{
    atomic_store_explicit(&has_room, takes_locked(SQL_TEXT_MAX), memory_order_relaxed);
}

bool parser_has_room(void)
{
    return atomic_load_explicit(&has_room, memory_order_relaxed);
}

bool parser_is_off(void)
{
    return atomic_load_explicit(&is_off, memory_order_relaxed);
}

/* Texts that come here are read as is usual: proxy/plans.h. */
static void align(struct sl_span text, struct sql_facts *facts)
{
    struct shape_literal literals[LITERALS_MAX];
    struct shape_room room = {.literals = literals, .literals_max = LITERALS_MAX};
    struct shape shape;

    shape_of(text, (struct shape_options){.encoding = SHAPE_ENCODING_SAFE}, room, &shape);
    if (shape.literals <= LITERALS_MAX) {
        sql_facts_align(facts, literals, shape.literals);
    }
}

static void parse(struct sl_span text, struct parser_answer *answer)
{
    struct sql_tree *tree = NULL;

    answer->err = sql_parse(text, &tree, &answer->error);
    if (answer->err == SL_OK) {
        answer->err = sql_facts_new(tree, &answer->facts);
        sql_tree_free(tree);
    }
    if (answer->err == SL_OK) {
        align(text, answer->facts);
    }
    if (answer->err == SL_OK && sql_fingerprint(text, &answer->fingerprint) != SL_OK) {
        answer->fingerprint = 0;
    }
}

static void give_way(void)
{
    struct sched_param none = {.sched_priority = 0};

    /* On Linux both are of the thread, not of the process; refusal only costs the courtesy. */
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), PARSER_NICE);
}

static void count_locked(const struct parser_answer *answer)
{
    if (answer->err == SL_OK) {
        parser.counts.parsed++;
    } else if (answer->err == SL_EINVAL) {
        parser.counts.not_sql++;
    } else {
        parser.counts.refused++;
    }
}

/* The next text for the thread of that turn, and what to do with it; NULL when it is to end. */
static struct ask *take(uint32_t turn, parser_work **work)
{
    struct ask *ask = NULL;

    pthread_mutex_lock(&parser.lock);
    while (parser.first == NULL && !parser.is_stopping && parser.turn == turn) {
        pthread_cond_wait(&parser.wake, &parser.lock);
    }
    if (!parser.is_stopping && parser.turn == turn) {
        ask = parser.first;
        parser.first = ask->next;
        if (parser.first == NULL) {
            parser.last = &parser.first;
        }
        parser.counts.queued--;
        parser.counts.queued_bytes -= ask->len;
        parser.current = ask;
        parser.current_since = sl_now();
        *work = parser.work;
        show_room_locked();
    }
    pthread_mutex_unlock(&parser.lock);
    return ask;
}

/* False: the text was given up meanwhile, and its done() called. */
static bool finish(uint32_t turn, const struct parser_answer *answer)
{
    pthread_mutex_lock(&parser.lock);
    bool is_ours = parser.turn == turn && parser.current != NULL;
    if (is_ours) {
        parser.current = NULL;
        count_locked(answer);
    }
    pthread_mutex_unlock(&parser.lock);
    return is_ours;
}

/* Takes it from the lost: its thread is back. */
static void find_lost(const struct ask *ask)
{
    pthread_mutex_lock(&parser.lock);
    struct ask **it = &parser.lost;
    while (*it != ask) {
        it = &(*it)->next;
    }
    *it = ask->next;
    pthread_mutex_unlock(&parser.lock);
}

static void replace(uint32_t turn);

static void *parser_main(void *arg)
{
    uint32_t turn = (uint32_t)(uintptr_t)arg;
    parser_work *work = NULL;

    give_way();
    for (struct ask *ask = take(turn, &work); ask != NULL; ask = take(turn, &work)) {
        struct parser_answer answer = {.err = SL_EINVAL};

        work(sl_span(ask->text, ask->len), &answer);
        if (finish(turn, &answer)) {
            ask->done(ask->arg, &answer);
        } else {
            sql_facts_free(answer.facts);
            find_lost(ask);
        }
        free(ask);
        if (sql_parse_is_spent()) {
            replace(turn);
        }
    }
    return NULL;
}

/* A thread for the next turn. Signals are the control thread's. */
static enum sl_err begin_thread_locked(void)
{
    pthread_attr_t attr;
    sigset_t all, before;
    uint32_t turn = parser.turns + 1;

    parser.turn = 0;
    if (pthread_attr_init(&attr) != 0) {
        return SL_ENOMEM;
    }
    int failed = pthread_attr_setstacksize(&attr, SQL_STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (failed == 0) {
        failed = pthread_create(&parser.thread, &attr, parser_main, (void *)(uintptr_t)turn);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (failed != 0) {
        return SL_ENOMEM;
    }
    pthread_setname_np(parser.thread, "parser");
    parser.turn = turn;
    parser.turns = turn;
    parser.counts.threads++;
    return SL_OK;
}

enum sl_err parser_start(parser_work *work)
{
    pthread_mutex_lock(&parser.lock);
    SL_CHECK(parser.turn == 0 && parser.first == NULL);
    parser.last = &parser.first;
    parser.current = NULL;
    parser.is_stopping = false;
    parser.work = work == NULL ? parse : work;
    parser.counts = (struct parser_counts){0};
    atomic_store_explicit(&is_off, false, memory_order_relaxed);
    enum sl_err err = begin_thread_locked();
    show_room_locked();
    pthread_mutex_unlock(&parser.lock);
    return err;
}

enum sl_err parser_ask(struct sl_span text, parser_done *done, void *arg)
{
    struct ask *ask = text.len > SQL_TEXT_MAX ? NULL : malloc(sizeof *ask + text.len);

    if (ask == NULL) {
        return text.len > SQL_TEXT_MAX ? SL_ELIMIT : SL_ENOMEM;
    }
    *ask = (struct ask){.done = done, .arg = arg, .len = text.len};
    if (text.len > 0) {
        memcpy(ask->text, text.at, text.len);
    }
    pthread_mutex_lock(&parser.lock);
    bool takes = takes_locked(text.len);
    if (takes) {
        *parser.last = ask;
        parser.last = &ask->next;
        parser.counts.queued++;
        parser.counts.queued_bytes += text.len;
        parser.counts.asked++;
        pthread_cond_signal(&parser.wake);
    } else {
        parser.counts.dropped++;
    }
    show_room_locked();
    pthread_mutex_unlock(&parser.lock);
    if (!takes) {
        free(ask);
        return SL_ELIMIT;
    }
    return SL_OK;
}

/* Answers what will not be parsed. The lock is not held. */
static void give_up(struct ask *ask)
{
    const struct parser_answer answer = {.err = SL_ETIMEOUT};

    while (ask != NULL) {
        struct ask *next = ask->next;

        ask->done(ask->arg, &answer);
        free(ask);
        ask = next;
    }
}

/* The queue, emptied. */
static struct ask *take_all_locked(void)
{
    struct ask *all = parser.first;

    parser.first = NULL;
    parser.last = &parser.first;
    parser.counts.given_up += parser.counts.queued;
    parser.counts.queued = 0;
    parser.counts.queued_bytes = 0;
    show_room_locked();
    return all;
}

/* Who is to hear that the text at hand is given up; done is NULL when there is none. */
struct given_up {
    parser_done *done;
    void *arg;
    struct ask *left; /* the queue too, when there is no thread for it */
    uint32_t threads; /* there were, and it was the last; 0: it was not */
};

/*
 * Takes the text at hand from its thread. The text itself stays the thread's, which may be
 * reading it, unless the thread is gone.
 */
static void take_current_locked(struct given_up *given_up, bool is_gone)
{
    if (parser.current != NULL) {
        given_up->done = parser.current->done;
        given_up->arg = parser.current->arg;
        parser.counts.given_up++;
        if (is_gone) {
            free(parser.current);
        } else {
            parser.current->next = parser.lost;
            parser.lost = parser.current;
        }
        parser.current = NULL;
    }
}

static void tell(const struct given_up *given_up)
{
    const struct parser_answer answer = {.err = SL_ETIMEOUT};

    if (given_up->done != NULL) {
        given_up->done(given_up->arg, &answer);
    }
    give_up(given_up->left);
    if (given_up->threads > 0) {
        sl_log(SL_LOG_ERROR, "parser_off",
                "threads=%u, the last is lost: statements are counted, but not parsed any more",
                given_up->threads);
    }
}

/* Ends the turn of the thread that has it; another goes on, or the parser is off. */
static void end_turn_locked(struct given_up *given_up)
{
    parser.turn = 0;
    if (parser.counts.threads >= PARSER_THREADS_MAX || begin_thread_locked() != SL_OK) {
        given_up->left = take_all_locked();
        given_up->threads = parser.counts.threads;
        atomic_store_explicit(&is_off, true, memory_order_relaxed);
    }
    show_room_locked();
}

/* By a thread that libpg_query has failed on: it goes, having said so. */
static void replace(uint32_t turn)
{
    struct given_up given_up = {0};

    pthread_mutex_lock(&parser.lock);
    if (parser.turn == turn && !parser.is_stopping) {
        pthread_detach(pthread_self());
        end_turn_locked(&given_up);
    }
    pthread_mutex_unlock(&parser.lock);
    tell(&given_up);
}

void parser_watch(sl_usec now)
{
    struct given_up given_up = {0};

    pthread_mutex_lock(&parser.lock);
    if (parser.turn != 0 && parser.current != NULL &&
            now - parser.current_since > PARSER_STUCK_USEC) {
        bool is_gone = pthread_tryjoin_np(parser.thread, NULL) == 0;

        if (!is_gone) {
            pthread_detach(parser.thread);
        }
        take_current_locked(&given_up, is_gone);
        end_turn_locked(&given_up);
    }
    pthread_mutex_unlock(&parser.lock);
    tell(&given_up);
}

void parser_stop(void)
{
    struct given_up given_up = {0};

    pthread_mutex_lock(&parser.lock);
    bool has_thread = parser.turn != 0;
    pthread_t thread = parser.thread;
    parser.is_stopping = true;
    given_up.left = take_all_locked();
    pthread_cond_broadcast(&parser.wake);
    pthread_mutex_unlock(&parser.lock);

    bool is_gone = has_thread && sl_thread_end(thread, STOP_SECONDS * SL_SECOND);
    pthread_mutex_lock(&parser.lock);
    parser.turn = 0;
    take_current_locked(&given_up, is_gone);
    pthread_mutex_unlock(&parser.lock);
    tell(&given_up);
}

void parser_counts(struct parser_counts *counts)
{
    pthread_mutex_lock(&parser.lock);
    *counts = parser.counts;
    counts->is_running = parser.turn != 0;
    pthread_mutex_unlock(&parser.lock);
}
