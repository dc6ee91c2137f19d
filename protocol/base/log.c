/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/log.c - lines from all threads, written by one.
 *
 * A line is made on its thread's stack and copied to the queue; the writing thread
 * swaps the queue for an empty buf and writes outside the lock, so the lock is held
 * for a memcpy at most. A full queue loses the new line, never waits.
 *
 * Locks: self.lock and syslog_lock are leaves; neither is held while the other is taken.
 */
#include "protocol/base/log.h"

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "protocol/base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES = 4096,
    TAIL_BYTES = 64, /* of a line, kept free for what is said about the line itself */
    STAMP_LEN = 27,  /* 2026-11-21T09:30:00.123456Z */
    QUEUE_BYTES = 1 << 20,
    EVENTS = 256, /* a power of two, well above the number of event names there are */
    EVENT_BYTES = 40,
    EVENT_LINES_MAX = 100, /* a second */
    POLL_MSEC = 200,
    STOP_POLLS = 10 /* at the end nobody waits longer than 2 s for a reader who does not read */
};

_Static_assert((EVENTS & (EVENTS - 1)) == 0, "limit_of() masks");

struct line {
    size_t len;
    char text[LINE_BYTES];
};

/* What one event name has written in one second. */
struct limit {
    char event[EVENT_BYTES]; /* "" while free */
    int64_t second;
    uint32_t lines;
    uint32_t suppressed; /* not yet said */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t has_lines;
    struct sl_buf queue;         /* under lock; whole lines */
    bool is_running;             /* under lock; false: write directly */
    struct limit limits[EVENTS]; /* under lock */
    char path[PATH_MAX];         /* under lock; "": stderr */
    struct sl_buf out;           /* the writing thread's */
    pthread_t writer;            /* constant while running */
    atomic_bool is_stopping;     /* any thread */
    atomic_int stop_polls;       /* any thread; those in vain since sl_log_stop() */
    atomic_int level;            /* any thread */
    atomic_int fd;               /* any thread; reopening puts another file behind it */
    atomic_bool to_stderr;       /* any thread; too, when fd is another */
    atomic_bool to_syslog;       /* any thread */
    _Atomic uint64_t lost;       /* any thread; lines the queue or the file did not take */
    _Atomic uint64_t suppressed; /* any thread; lines over EVENT_LINES_MAX */
    uint64_t lost_said;          /* the writing thread's */
} self = {.lock = PTHREAD_MUTEX_INITIALIZER,
        .has_lines = PTHREAD_COND_INITIALIZER,
        .level = SL_LOG_INFO,
        .fd = STDERR_FILENO};

static pthread_mutex_t syslog_lock = PTHREAD_MUTEX_INITIALIZER;
static char syslog_ident[64]; /* under syslog_lock; openlog() keeps a pointer to it */

static const char *const LEVELS[] = {"error", "warn", "info", "debug"};

bool sl_log_enabled(enum sl_log_level level)
{
    return (int)level <= atomic_load_explicit(&self.level, memory_order_relaxed);
}

void sl_log_set_level(enum sl_log_level level)
{
    atomic_store_explicit(&self.level, (int)level, memory_order_relaxed);
}

uint64_t sl_log_dropped(void)
{
    return atomic_load(&self.lost) + atomic_load(&self.suppressed);
}

/* ---- making a line ---- */

/* Appends up to cap, the last byte of which vsnprintf() needs. False: it did not fit. */
static bool line_vadd(struct line *line, size_t cap, const char *format, va_list args)
        __attribute__((format(printf, 3, 0)));

static bool line_vadd(struct line *line, size_t cap, const char *format, va_list args)
{
    SL_DCHECK(line->len < cap && cap <= sizeof line->text);
    int len = vsnprintf(line->text + line->len, cap - line->len, format, args);

    if (len < 0) {
        return true;
    }
    bool fits = (size_t)len < cap - line->len;
    line->len = fits ? line->len + (size_t)len : cap - 1;
    return fits;
}

SL_PRINTF(3, 4)
static bool line_add(struct line *line, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool fits = line_vadd(line, cap, format, args);
    va_end(args);
    return fits;
}

static void line_begin(struct line *line, enum sl_log_level level, const char *event)
{
    sl_usec now = sl_wall_now();
    time_t seconds = (time_t)(now / SL_SECOND);
    struct tm tm;

    line->len = 0;
    if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year + 1900 > 9999) {
        memset(&tm, 0, sizeof tm);
    }
    (void)line_add(line, LINE_BYTES - TAIL_BYTES,
            "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ %s event=%.*s", tm.tm_year + 1900, tm.tm_mon + 1,
            tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now % SL_SECOND), LEVELS[level],
            EVENT_BYTES - 1, event);
}

/* Is the end of the line inside double quotes? */
static bool is_in_quotes(const struct line *line)
{
    bool in_quotes = false;

    for (size_t i = 0; i < line->len; i++) {
        if (line->text[i] == '\\' && in_quotes) {
            i++;
        } else if (line->text[i] == '"') {
            in_quotes = !in_quotes;
        }
    }
    return in_quotes;
}

/* One event, one line, whatever the caller let into it. */
static void line_end(struct line *line, bool fits, uint32_t suppressed)
{
    for (size_t i = 0; i < line->len; i++) {
        if ((unsigned char)line->text[i] < ' ' || line->text[i] == 0x7f) {
            line->text[i] = '?';
        }
    }
    if (!fits) {
        (void)line_add(line, LINE_BYTES, "%s cut=yes", is_in_quotes(line) ? "\"" : "");
    }
    if (suppressed > 0) {
        (void)line_add(line, LINE_BYTES, " suppressed=%u", suppressed);
    }
    SL_CHECK(line->len < LINE_BYTES);
    line->text[line->len++] = '\n';
}

/* ---- writing ---- */

static uint64_t lines_in(struct sl_span bytes)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        lines += bytes.at[i] == '\n';
    }
    return lines;
}

/* In pieces that a pipe takes whole once it takes any: then write() does not block. */
static void write_to_fd(struct sl_span bytes)
{
    while (bytes.len > 0) {
        struct pollfd out = {.fd = atomic_load(&self.fd), .events = POLLOUT};
        int ready = poll(&out, 1, POLL_MSEC);

        if (ready == 0 && atomic_load(&self.is_stopping) &&
                atomic_fetch_add(&self.stop_polls, 1) >= STOP_POLLS) {
            break;
        }
        if (ready == 0 || (ready < 0 && errno == EINTR)) {
            continue;
        }
        ssize_t n = write(out.fd, bytes.at, bytes.len < PIPE_BUF ? bytes.len : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            break;
        }
        if (n > 0) {
            bytes = sl_span(bytes.at + n, bytes.len - (size_t)n);
        }
    }
    atomic_fetch_add(&self.lost, lines_in(bytes));
}

/* The file has the lines, so nobody is waited for here. */
static void copy_to_stderr(struct sl_span bytes)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    while (bytes.len > 0 && poll(&out, 1, POLL_MSEC) > 0) {
        ssize_t n = write(out.fd, bytes.at, bytes.len < PIPE_BUF ? bytes.len : PIPE_BUF);
        if (n <= 0) {
            return;
        }
        bytes = sl_span(bytes.at + n, bytes.len - (size_t)n);
    }
}

/* syslog has times and levels of its own, so the line's level is read back from it. */
static void write_to_syslog(struct sl_span bytes)
{
    while (bytes.len > STAMP_LEN + 1) {
        const uint8_t *end = memchr(bytes.at, '\n', bytes.len);
        size_t len = end == NULL ? bytes.len : (size_t)(end - bytes.at);
        char level = (char)bytes.at[STAMP_LEN + 1];
        int priority = level == 'e'   ? LOG_ERR
                       : level == 'w' ? LOG_WARNING
                       : level == 'i' ? LOG_INFO
                                      : LOG_DEBUG;

        pthread_mutex_lock(&syslog_lock);
        syslog(priority, "%.*s", (int)len - STAMP_LEN - 1, (const char *)bytes.at + STAMP_LEN + 1);
        pthread_mutex_unlock(&syslog_lock);
        if (end == NULL) {
            break;
        }
        bytes = sl_span(end + 1, bytes.len - len - 1);
    }
}

static void write_out(struct sl_span lines)
{
    write_to_fd(lines);
    if (atomic_load(&self.to_stderr) && atomic_load(&self.fd) != STDERR_FILENO) {
        copy_to_stderr(lines);
    }
    if (atomic_load(&self.to_syslog)) {
        write_to_syslog(lines);
    }
}

static void say_lost(void)
{
    uint64_t lost = atomic_load(&self.lost);
    struct line line;

    if (lost == self.lost_said) {
        return;
    }
    line_begin(&line, SL_LOG_WARN, "log_lost");
    (void)line_add(&line, LINE_BYTES - TAIL_BYTES,
            " lines=%" PRIu64 " reason=\"queue full or file failed, went on without them\"",
            lost - self.lost_said);
    line_end(&line, true, 0);
    self.lost_said = lost;
    write_out(sl_span(line.text, line.len));
}

static void *write_lines(void *unused)
{
    bool is_last = false;

    (void)unused;
    (void)pthread_setname_np(pthread_self(), "sluice-log");
    while (!is_last) {
        pthread_mutex_lock(&self.lock);
        while (sl_buf_len(&self.queue) == 0 && self.is_running) {
            pthread_cond_wait(&self.has_lines, &self.lock);
        }
        struct sl_buf full = self.queue;
        self.queue = self.out;
        self.out = full;
        is_last = !self.is_running; /* then nothing is queued any more */
        pthread_mutex_unlock(&self.lock);

        write_out(sl_buf_borrow(&self.out));
        sl_buf_reset(&self.out);
        say_lost();
    }
    return NULL;
}

/* ---- from a caller to the queue ---- */

/* The event's limit, or NULL when the table is full: then there is none. */
static struct limit *limit_of_locked(const char *event)
{
    size_t len = strnlen(event, EVENT_BYTES - 1);
    uint64_t hash = sl_hash64(sl_span(event, len));

    for (uint64_t i = 0; i < EVENTS; i++) {
        struct limit *limit = &self.limits[(hash + i) & (EVENTS - 1)];

        if (limit->event[0] == '\0') {
            memcpy(limit->event, event, len);
            return limit;
        }
        if (strncmp(limit->event, event, len) == 0 && limit->event[len] == '\0') {
            return limit;
        }
    }
    return NULL;
}

/* May the event write one more line? *suppressed: how many could not, before. */
static bool may_write(const char *event, uint32_t *suppressed)
{
    int64_t second = sl_now() / SL_SECOND;
    bool may = true;

    *suppressed = 0;
    pthread_mutex_lock(&self.lock);
    struct limit *limit = limit_of_locked(event);
    if (limit != NULL) {
        if (limit->second != second) {
            *suppressed = limit->suppressed;
            limit->second = second;
            limit->lines = 0;
            limit->suppressed = 0;
        }
        may = limit->lines < EVENT_LINES_MAX;
        limit->lines += may;
        limit->suppressed += !may;
    }
    pthread_mutex_unlock(&self.lock);
    if (!may) {
        atomic_fetch_add(&self.suppressed, 1);
    }
    return may;
}

static void submit(const struct line *line)
{
    pthread_mutex_lock(&self.lock);
    bool is_running = self.is_running;
    if (is_running) {
        bool was_empty = sl_buf_len(&self.queue) == 0;
        if (sl_buf_put(&self.queue, line->text, line->len) != SL_OK) {
            atomic_fetch_add(&self.lost, 1);
        } else if (was_empty) {
            pthread_cond_signal(&self.has_lines);
        }
    }
    pthread_mutex_unlock(&self.lock);
    if (!is_running) {
        write_out(sl_span(line->text, line->len));
    }
}

void sl_log(enum sl_log_level level, const char *event, const char *format, ...)
{
    int saved_errno = errno;
    uint32_t suppressed = 0;
    struct line line;

    if (!sl_log_enabled(level) || !may_write(event, &suppressed)) {
        return;
    }
    line_begin(&line, level, event);
    bool fits = true;
    if (format[0] != '\0') {
        va_list args;

        fits = line_add(&line, LINE_BYTES - TAIL_BYTES, " ");
        va_start(args, format);
        fits = line_vadd(&line, LINE_BYTES - TAIL_BYTES, format, args) && fits;
        va_end(args);
    }
    line_end(&line, fits, suppressed);
    submit(&line);
    errno = saved_errno;
}

/* ---- where to ---- */

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

/*
 * Puts the file behind the number that is in use, so that a writer who has read the
 * number writes to the old file or the new, never to a closed one. Takes over fd.
 */
static bool install(int fd)
{
    int in_use = atomic_load(&self.fd);

    if (in_use == fd) {
        return true;
    }
    if (in_use == STDERR_FILENO) {
        atomic_store(&self.fd, fd);
        return true;
    }
    bool done = dup3(fd, in_use, O_CLOEXEC) >= 0;
    if (fd != STDERR_FILENO) {
        close(fd);
    }
    return done;
}

enum sl_err sl_log_open(const char *path, struct sl_error *error)
{
    char reason[128];

    path = path == NULL ? "" : path;
    if (strlen(path) >= sizeof self.path) {
        return sl_error_set(error, SL_ELIMIT, "58030", "the log file's path is too long");
    }
    int fd = path[0] == '\0' ? STDERR_FILENO : open_file(path);
    if (fd < 0 || !install(fd)) {
        return sl_error_set(error, SL_EIO, "58030", "could not open log file \"%s\": %s", path,
                strerror_r(errno, reason, sizeof reason));
    }
    pthread_mutex_lock(&self.lock);
    memcpy(self.path, path, strlen(path) + 1);
    pthread_mutex_unlock(&self.lock);
    return SL_OK;
}

void sl_log_reopen(void)
{
    char path[PATH_MAX];
    char reason[128];

    pthread_mutex_lock(&self.lock);
    memcpy(path, self.path, sizeof path);
    pthread_mutex_unlock(&self.lock);
    if (path[0] == '\0') {
        return;
    }
    int fd = open_file(path);
    if (fd < 0 || !install(fd)) {
        const char *why = strerror_r(errno, reason, sizeof reason);
        sl_log(SL_LOG_WARN, "log_reopen_failed", "path=%s reason=%s, going on with the old file",
                sl_log_quote(path), sl_log_quote(why));
    }
}

void sl_log_stderr(bool on)
{
    atomic_store(&self.to_stderr, on);
}

static int facility_of(const char *name)
{
    static const struct {
        const char *name;
        int code;
    } FACILITIES[] = {{"auth", LOG_AUTH}, {"authpriv", LOG_AUTHPRIV}, {"daemon", LOG_DAEMON},
            {"user", LOG_USER}, {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
            {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
            {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}};

    for (size_t i = 0; name != NULL && i < SL_COUNT(FACILITIES); i++) {
        if (strcmp(FACILITIES[i].name, name) == 0) {
            return FACILITIES[i].code;
        }
    }
    return LOG_DAEMON;
}

void sl_log_syslog(bool on, const char *ident, const char *facility)
{
    if (on) {
        pthread_mutex_lock(&syslog_lock);
        closelog();
        (void)snprintf(syslog_ident, sizeof syslog_ident, "%.60s", ident);
        openlog(syslog_ident, LOG_PID | LOG_NDELAY, facility_of(facility));
        pthread_mutex_unlock(&syslog_lock);
    }
    atomic_store(&self.to_syslog, on);
}

/* ---- the writing thread ---- */

enum sl_err sl_log_start(void)
{
    sigset_t all;
    sigset_t before;

    SL_CHECK(!self.is_running);
    sl_buf_init(&self.queue, QUEUE_BYTES);
    sl_buf_init(&self.out, QUEUE_BYTES);
    if (sl_buf_reserve(&self.queue, QUEUE_BYTES) != SL_OK ||
            sl_buf_reserve(&self.out, QUEUE_BYTES) != SL_OK) {
        sl_buf_fini(&self.queue);
        return SL_ENOMEM;
    }
    atomic_store(&self.is_stopping, false);
    atomic_store(&self.stop_polls, 0);
    self.is_running = true;

    /* Signals are for the control thread. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self.writer, NULL, write_lines, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        self.is_running = false;
        sl_buf_fini(&self.queue);
        sl_buf_fini(&self.out);
        return SL_EIO;
    }
    return SL_OK;
}

void sl_log_stop(void)
{
    pthread_mutex_lock(&self.lock);
    bool was_running = self.is_running;
    self.is_running = false;
    atomic_store(&self.is_stopping, true);
    pthread_cond_signal(&self.has_lines);
    pthread_mutex_unlock(&self.lock);
    if (!was_running) {
        return;
    }
    SL_CHECK(pthread_join(self.writer, NULL) == 0);
    sl_buf_fini(&self.queue);
    sl_buf_fini(&self.out);
}
