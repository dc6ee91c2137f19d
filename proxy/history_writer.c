/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_writer.h"

#include "conf/conf.h"
#include "optimizer/shape_store.h"
#include "protocol/base/log.h"
#include "protocol/base/thread.h"
#include "protocol/sqlstate.h"
#include "proxy/history_gather.h"
#include "proxy/history_send.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LATER (500 * SL_MSEC) /* than the clock strikes: the slot that ended is there then */
#define RETRY_MIN (1 * SL_SECOND)
#define RETRY_MAX (60 * SL_SECOND)
#define LAST_ROUND (2 * SL_SECOND)

static struct history_pace pace = {.period = MINUTE, .bytes_max = HISTORY_WAITING_BYTES};

static struct {
    pthread_mutex_t lock;
    char *conninfo;         /* under lock; NULL is off */
    sl_usec retention_usec; /* under lock */
    atomic_uint settings;   /* any thread: raised, under lock, when they change */

    atomic_bool is_stopping;    /* any thread */
    struct history_queue queue; /* its counts any thread, the rest the writer's */
    struct shape_store *store;  /* constant while the thread runs, as what follows */
    const struct names *names;
    int wake_fd;
    char *instance;
    pthread_t thread;
    bool is_running;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake_fd = -1};

/* What the thread goes by. */
struct writer {
    unsigned settings;
    struct history_send send;
    struct history_gather gather;
    sl_usec gather_at; /* sl_now() */
    sl_usec retry_at;
    sl_usec backoff; /* 0: the last round went well */
    bool is_tried;   /* since the settings changed: what is wrong with them is told at once */
};

void history_writer_set_pace(const struct history_pace *given)
{
    pace = *given;
}

struct history_queue_counts history_writer_counts(void)
{
    return history_queue_counts(&self.queue);
}

/* ---- the thread ---- */

/* True: there are other ones, the old connection string is forgotten. */
static bool take_settings(struct writer *writer)
{
    bool is_new = false;

    pthread_mutex_lock(&self.lock);
    if (writer->settings != atomic_load(&self.settings)) {
        writer->settings = atomic_load(&self.settings);
        history_send_fini(&writer->send);
        writer->send.conninfo = self.conninfo == NULL ? NULL : strdup(self.conninfo);
        writer->send.retention_usec = self.retention_usec;
        is_new = true;
    }
    pthread_mutex_unlock(&self.lock);
    return is_new;
}

static bool is_on(const struct writer *writer)
{
    return writer->send.conninfo != NULL;
}

/* When the wall clock next comes to a full period, on the other clock. */
static sl_usec next_round(sl_usec now)
{
    sl_usec wall = sl_wall_now();

    return now + pace.period - wall % pace.period + LATER;
}

static void begin(struct writer *writer, bool was_on, sl_usec now)
{
    if (!was_on) {
        writer->gather.began_at = now;
    }
    writer->is_tried = false;
    writer->backoff = 0;
    writer->retry_at = now;
    writer->gather_at = next_round(now);
    if (!is_on(writer)) {
        history_queue_drop(&self.queue);
    }
}

static void note_failure(struct writer *writer)
{
    const struct sl_error *error = &writer->send.error;
    struct history_queue_counts counts = history_writer_counts();

    writer->backoff = writer->backoff == 0              ? RETRY_MIN
                      : writer->backoff * 2 > RETRY_MAX ? RETRY_MAX
                                                        : writer->backoff * 2;
    writer->retry_at = sl_now() + writer->backoff;
    sl_log(SL_LOG_WARN, "history_failed",
            "sqlstate=%s reason=%s rows=%lu bytes=%lu dropped=%lu, the rows are kept, next try in "
            "%lds",
            error->sqlstate, sl_log_quote(error->text), (unsigned long)counts.rows_queued,
            (unsigned long)counts.bytes, (unsigned long)counts.rows_dropped,
            (long)(writer->backoff / SL_SECOND));
}

static void note_success(struct writer *writer)
{
    if (!writer->is_tried || writer->backoff > 0) {
        struct history_queue_counts counts = history_writer_counts();
        sl_log(SL_LOG_INFO, "history_written", "written=%lu dropped=%lu",
                (unsigned long)counts.rows_written, (unsigned long)counts.rows_dropped);
    }
    writer->backoff = 0;
}

static void deliver(struct writer *writer)
{
    bool is_done = history_send(&writer->send, &self.queue);

    if (is_done) {
        note_success(writer);
    } else {
        note_failure(writer);
    }
    writer->is_tried = true;
}

static bool is_due(const struct writer *writer, sl_usec now)
{
    return is_on(writer) && now >= writer->retry_at &&
           (!writer->is_tried || writer->backoff > 0 || history_queue_first(&self.queue) != NULL);
}

static void turn(struct writer *writer)
{
    bool was_on = is_on(writer);
    sl_usec now = sl_now();

    if (take_settings(writer)) {
        begin(writer, was_on, now);
    }
    if (is_on(writer) && now >= writer->gather_at) {
        writer->gather_at = next_round(now);
        history_gather(&writer->gather, &self.queue);
    }
    if (is_due(writer, now)) {
        deliver(writer);
    }
}

/* Until something is due, or the settings change, or it ends: a round may have taken the wake. */
static void rest(const struct writer *writer)
{
    struct pollfd fd = {.fd = self.wake_fd, .events = POLLIN};
    sl_usec now = sl_now();
    sl_usec until = writer->gather_at;
    uint64_t count;

    if (atomic_load(&self.is_stopping) || writer->settings != atomic_load(&self.settings)) {
        return;
    }
    if (is_on(writer) && writer->backoff > 0 && writer->retry_at < until) {
        until = writer->retry_at;
    }
    sl_usec usec = until > now ? until - now : 0;
    int ms = is_on(writer) ? (int)((usec + SL_MSEC - 1) / SL_MSEC) : -1;
    if (poll(&fd, 1, ms) > 0 && read(self.wake_fd, &count, sizeof count) < 0) {
        SL_DCHECK(errno == EAGAIN);
    }
}

static void last_round(struct writer *writer)
{
    SL_IGNORE(take_settings(writer), "then it is tried with them");
    if (is_on(writer)) {
        history_gather(&writer->gather, &self.queue);
        deliver(writer);
    }
    struct history_queue_counts counts = history_writer_counts();
    if (counts.rows_queued > 0) {
        sl_log(SL_LOG_WARN, "history_lost", "rows=%lu, the process ends before they are written",
                (unsigned long)counts.rows_queued);
    }
    history_queue_drop(&self.queue);
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;

    while (!atomic_load(&self.is_stopping)) {
        turn(writer);
        rest(writer);
    }
    last_round(writer);
    history_send_fini(&writer->send);
    free(writer);
    return NULL;
}

/* ---- for the control thread ---- */

enum sl_err history_writer_check(const struct conf *conf, struct sl_error *error)
{
    if (conf->stats_history[0] == '\0' || history_send_takes(conf->stats_history)) {
        return SL_OK;
    }
    return sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
            "[stats] history is not a connection string as libpq has them");
}

static void wake(void)
{
    uint64_t one = 1;

    if (self.wake_fd >= 0 && write(self.wake_fd, &one, sizeof one) < 0) {
        SL_DCHECK(errno == EAGAIN);
    }
}

/* host:port, as a person would call it. */
static char *name_instance(const struct conf *conf)
{
    char host[256] = "?";
    char *name = NULL;

    SL_IGNORE(gethostname(host, sizeof host - 1), "it stays ?");
    return asprintf(&name, "%s:%d", host, conf->listen_port) < 0 ? NULL : name;
}

/* Of a thread that is not there, or no more. */
static void forget_start(void)
{
    if (self.wake_fd >= 0) {
        close(self.wake_fd);
    }
    free(self.instance);
    self.wake_fd = -1;
    self.instance = NULL;
}

static bool make_thread(struct writer *writer)
{
    struct history_who who = {.instance = self.instance, .pid = (int)getpid()};
    sigset_t all, before;

    history_send_init(&writer->send, who, self.wake_fd, &self.is_stopping);
    history_gather_init(&writer->gather, who, self.store, self.names);

    /* Signals are the control thread's: a thread inherits what is blocked here. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self.thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

static enum sl_err start_thread(const struct conf *conf)
{
    struct writer *writer = calloc(1, sizeof *writer);

    self.instance = name_instance(conf);
    self.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (writer == NULL || self.instance == NULL || self.wake_fd < 0 || !make_thread(writer)) {
        free(writer);
        forget_start(); /* a reload may try again */
        return SL_ENOMEM;
    }
    pthread_setname_np(self.thread, "history");
    self.is_running = true;
    return SL_OK;
}

static void forget(char *secret)
{
    if (secret != NULL) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

void history_writer_set_conf(const struct conf *conf)
{
    char *conninfo = NULL;

    if (self.store == NULL) {
        return;
    }
    if (conf->stats_history[0] != '\0') {
        conninfo = strdup(conf->stats_history);
    }
    pthread_mutex_lock(&self.lock);
    bool is_same = conninfo == NULL || self.conninfo == NULL ? conninfo == self.conninfo
                                                             : strcmp(conninfo, self.conninfo) == 0;
    char *old = self.conninfo;
    if (!is_same || self.retention_usec != conf->stats_history_retention_usec) {
        atomic_fetch_add(&self.settings, 1);
    }
    self.conninfo = conninfo;
    self.retention_usec = conf->stats_history_retention_usec;
    pthread_mutex_unlock(&self.lock);
    forget(old);
    shape_store_keep_intervals(self.store, conninfo != NULL);
    if (conninfo != NULL && !self.is_running && start_thread(conf) != SL_OK) {
        sl_log(SL_LOG_ERROR, "history_failed", "reason=\"no memory, or no thread\"");
    }
    wake();
}

void history_writer_start(
        const struct conf *conf, struct shape_store *store, const struct names *names)
{
    self.store = store;
    self.names = names;
    atomic_store(&self.settings, 1); /* not what the thread has */
    atomic_store(&self.is_stopping, false);
    history_queue_init(&self.queue, pace.bytes_max);
    history_writer_set_conf(conf);
}

bool history_writer_stop(void)
{
    if (self.is_running) {
        atomic_store(&self.is_stopping, true);
        wake();
        if (!sl_thread_end(self.thread, LAST_ROUND + SL_SECOND)) {
            return false; /* a resolver that does not answer; the process ends without it */
        }
        self.is_running = false;
    }
    forget_start();
    forget(self.conninfo);
    self.conninfo = NULL;
    self.store = NULL;
    return true;
}
