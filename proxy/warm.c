/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/warm.h"

#include "cache/stage.h"
#include "cache/watch_join.h"
#include "conf/conf.h"
#include "protocol/base/log.h"
#include "proxy/caching.h"
#include "proxy/caching_watch.h"
#include "proxy/process.h"
#include "proxy/warm_list.h"
#include "proxy/warm_session.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MISS_REST (100 * SL_MSEC)

enum { POOL_PARTS = 20, REST_MAX_MSEC = 1000 };

static struct {
    char *path;       /* constant while there is a thread, as the next two */
    int stop_fd;      /* readable: stop; an eventfd */
    pthread_t thread; /* the control thread's */
    bool is_there;    /* likewise */
    atomic_bool is_stopping;
    atomic_bool is_asked;
    pthread_mutex_t lock;
    struct warm_status status; /* under lock */
    struct warm_list list;     /* the thread's, and warm_end()'s behind it, as all below */
    sl_usec until;
    sl_usec join_until; /* 0: there has been no reason to wait for Redis */
    sl_usec save_at;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .stop_fd = -1};

const char *warm_state_name(enum warm_state state)
{
    static const char *const names[WARM_STATES] = {"off", "waiting", "running", "over"};

    return names[state];
}

void warm_status(struct warm_status *status)
{
    pthread_mutex_lock(&self.lock);
    *status = self.status;
    pthread_mutex_unlock(&self.lock);
}

static void set_state(enum warm_state state)
{
    struct warm_status status = {.state = state, .total = self.list.count};

    for (unsigned i = 0; i < self.list.count; i++) {
        status.done += self.list.at[i].fate == WARM_DONE;
        status.failed += self.list.at[i].fate == WARM_FAILED;
    }
    pthread_mutex_lock(&self.lock);
    self.status = status;
    pthread_mutex_unlock(&self.lock);
}

static void count_one(enum warm_fate fate)
{
    pthread_mutex_lock(&self.lock);
    self.status.done += fate == WARM_DONE;
    self.status.failed += fate == WARM_FAILED;
    pthread_mutex_unlock(&self.lock);
}

/* ---- the file ---- */

static void save(void)
{
    struct sl_buf bytes;
    struct sl_error error;
    unsigned count = 0;

    sl_buf_init(&bytes, WARM_BYTES_MAX);
    enum sl_err err = warm_list_write(caching_cache(), &bytes, &count);
    if (err != SL_OK) {
        sl_log(SL_LOG_WARN, "cache_warm_not_saved", "reason=\"no memory\"");
    } else if (count > 0 && warm_file_save(self.path, &bytes, &error) != SL_OK) {
        sl_log(SL_LOG_WARN, "cache_warm_not_saved", "reason=%s", sl_log_quote(error.text));
    } else {
        sl_log(SL_LOG_INFO, "cache_warm_saved", "questions=%u", count);
    }
    sl_buf_fini(&bytes);
    self.save_at = sl_now() + WARM_SAVE;
}

static void load(void)
{
    struct sl_buf bytes;
    struct sl_error error;

    warm_list_fini(&self.list);
    warm_list_init(&self.list);
    sl_buf_init(&bytes, WARM_BYTES_MAX);
    enum sl_err err = warm_file_load(self.path, &bytes, &error);
    if (err != SL_OK) {
        sl_log(SL_LOG_WARN, "cache_warm_not_read", "reason=%s", sl_log_quote(error.text));
    } else if (sl_buf_len(&bytes) > 0 && warm_list_read(&self.list, &bytes) != SL_OK) {
        sl_log(SL_LOG_WARN, "cache_warm_not_read", "reason=\"it is no whole list of questions\"");
    }
    sl_buf_fini(&bytes);
    self.until = sl_now() + WARM_TIME;
    set_state(self.list.count > 0 ? WARM_WAITING : WARM_OVER);
}

/* ---- asking ---- */

static bool may_ask(void)
{
    return !atomic_load(&self.is_stopping) && process_shutdown() == PROCESS_RUNS &&
           !caching_is_one_of_two();
}

/* What is in Redis may be of use soon: then it is found there, and no server is asked (cache/watch_join.h). */
static bool awaits_redis(void)
{
    const struct conf *conf = process_conf();
    const bool has_redis = conf->cache_redis[0] != '\0';

    conf_unref(conf);
    if (!has_redis || !caching_watch_joins()) {
        return false;
    }
    if (self.join_until == 0) {
        self.join_until = sl_now() + JOIN_WAIT + JOIN_ASK_WAIT;
    }
    return sl_now() < self.join_until;
}

static void decide(struct warm_question *question, enum warm_fate fate)
{
    question->fate = (uint8_t)fate;
    count_one(fate);
}

static bool is_kept(const struct warm_question *question)
{
    struct entry *entry = NULL;
    enum store_result result =
            store_peek(cache_store(caching_cache()), question->key, sl_now(), &entry);

    entry_unref(entry);
    return result == STORE_HIT;
}

/* True: it was a time to stop. */
static bool rest_for(sl_usec usec)
{
    struct pollfd fd = {.fd = self.stop_fd, .events = POLLIN};
    int msec = usec / SL_MSEC > REST_MAX_MSEC ? REST_MAX_MSEC : (int)(usec / SL_MSEC);

    return msec > 0 && poll(&fd, 1, msec) > 0;
}

/* A pool of fewer servers than that is left alone for a while after each statement. */
static bool rest_behind(const struct warm_session *session, sl_usec took)
{
    unsigned size = session->pool_size;

    return size > 0 && size < POOL_PARTS && rest_for(took * (POOL_PARTS / size - 1));
}

static void fail_kind(uint64_t kind)
{
    for (unsigned i = 0; i < self.list.count; i++) {
        struct warm_question *question = &self.list.at[i];
        if (question->kind == kind && question->fate == WARM_PENDING) {
            decide(question, WARM_FAILED);
        }
    }
}

/* False: no more of its kind now. misses: how many more there may be. */
static bool ask_one(struct warm_session *session, struct warm_question *question, unsigned *misses)
{
    sl_usec begun = sl_now();
    enum warm_asked asked = warm_session_ask(session, question);

    if (asked == WARM_LOST) {
        question->tries++; /* it may be what it asks */
    } else if (asked == WARM_ERROR) {
        decide(question, WARM_FAILED);
    } else if (is_kept(question)) {
        decide(question, WARM_DONE);
        *misses = WARM_MISSES_MAX;
    } else {
        question->tries++;
        --*misses;
        (void)rest_for(MISS_REST); /* what its session has set may not be known yet */
    }
    if (question->fate == WARM_PENDING && question->tries >= WARM_TRIES) {
        decide(question, WARM_FAILED);
    }
    return asked != WARM_LOST && *misses > 0 && !rest_behind(session, sl_now() - begun);
}

static void ask_kind(unsigned first)
{
    struct warm_session session;
    const uint64_t kind = self.list.at[first].kind;
    unsigned misses = WARM_MISSES_MAX;
    enum warm_asked asked = warm_session_open(&session, &self.list.at[first], self.stop_fd);

    if (asked == WARM_ERROR || (asked == WARM_LOST && may_ask())) {
        fail_kind(kind);
    }
    bool goes_on = asked == WARM_ANSWERED;
    for (unsigned i = first; i < self.list.count && goes_on && may_ask(); i++) {
        struct warm_question *question = &self.list.at[i];
        if (question->kind != kind || question->fate != WARM_PENDING) {
            continue;
        }
        if (is_kept(question)) {
            decide(question, WARM_DONE);
        }
        while (goes_on && question->fate == WARM_PENDING && may_ask()) {
            goes_on = ask_one(&session, question, &misses);
        }
    }
    warm_session_close(&session);
}

static bool was_before(unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        if (self.list.at[i].kind == self.list.at[at].kind) {
            return true;
        }
    }
    return false;
}

/* Every kind once. */
static void ask_round(void)
{
    bool is_left = false;

    set_state(WARM_RUNNING);
    for (unsigned i = 0; i < self.list.count && may_ask(); i++) {
        if (self.list.at[i].fate == WARM_PENDING && !was_before(i)) {
            ask_kind(i);
        }
    }
    for (unsigned i = 0; i < self.list.count; i++) {
        is_left |= self.list.at[i].fate == WARM_PENDING;
    }
    is_left = is_left && sl_now() < self.until;
    set_state(is_left ? WARM_WAITING : WARM_OVER);
    if (!is_left) {
        warm_list_fini(&self.list);
        warm_list_init(&self.list);
    }
}

/* ---- the thread ---- */

static bool is_over(void)
{
    struct warm_status status;

    warm_status(&status);
    return status.state == WARM_OVER;
}

static void *warm_main(void *arg)
{
    (void)arg;
    load();
    self.save_at = sl_now() + WARM_SAVE;
    while (!atomic_load(&self.is_stopping)) {
        if (atomic_exchange(&self.is_asked, false)) {
            load();
        }
        if (!is_over() && may_ask() && !awaits_redis()) {
            ask_round();
        } else if (is_over() && sl_now() >= self.save_at) {
            save();
        }
        (void)rest_for(WARM_PAUSE);
    }
    return NULL;
}

enum sl_err warm_start(const char *path)
{
    sigset_t all;
    sigset_t before;

    if (path[0] == '\0' || self.is_there) {
        return SL_OK;
    }
    self.path = strdup(path);
    self.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self.path == NULL || self.stop_fd < 0) {
        return SL_ENOMEM;
    }
    warm_list_init(&self.list);
    atomic_store(&self.is_stopping, false);
    pthread_mutex_lock(&self.lock);
    self.status = (struct warm_status){.state = WARM_WAITING};
    pthread_mutex_unlock(&self.lock);
    sigfillset(&all); /* signals are the control thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self.thread, NULL, warm_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        return SL_ENOMEM;
    }
    pthread_setname_np(self.thread, "warm");
    self.is_there = true;
    return SL_OK;
}

void warm_stop(void)
{
    uint64_t one = 1;

    if (!self.is_there) {
        return;
    }
    atomic_store(&self.is_stopping, true);
    SL_IGNORE(write(self.stop_fd, &one, sizeof one) != sizeof one, "it looks at the flag, too");
    pthread_join(self.thread, NULL);
}

void warm_end(void)
{
    if (self.is_there) {
        if (is_over()) {
            save();
        }
        warm_list_fini(&self.list);
        self.is_there = false;
    }
    if (self.stop_fd >= 0) {
        close(self.stop_fd);
        self.stop_fd = -1;
    }
    free(self.path);
    self.path = NULL;
    self.status = (struct warm_status){.state = WARM_OFF};
}

bool warm_ask(void)
{
    struct warm_status status;

    warm_status(&status);
    if (status.state == WARM_OFF) {
        return false;
    }
    atomic_store(&self.is_asked, true);
    return true;
}
