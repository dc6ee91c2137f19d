/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/warm_list.h"

#include "cache/stage.h"
#include "protocol/sqlstate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "sluice warm 1\n";

enum {
    MAGIC_LEN = sizeof magic - 1,
    SUM_LEN = sizeof(struct sl_hash128),
    FIXED_LEN = 24,
    BATCH = 64
};

void warm_list_init(struct warm_list *list)
{
    *list = (struct warm_list){.at = NULL};
    sl_buf_init(&list->bytes, WARM_BYTES_MAX);
}

void warm_list_fini(struct warm_list *list)
{
    free(list->at);
    sl_buf_fini(&list->bytes);
    list->at = NULL;
    list->count = 0;
}

/* ---- from what is kept ---- */

/* A heap, the least in front, of those that saved most so far. */
struct best {
    unsigned count;
    struct candidate {
        uint64_t saved_usec;
        struct entry *entry; /* a reference */
    } at[WARM_QUESTIONS_MAX];
};

static void swap(struct candidate *one, struct candidate *other)
{
    struct candidate was = *one;

    *one = *other;
    *other = was;
}

static void sink(struct best *best, unsigned at)
{
    for (unsigned child = 2 * at + 1; child < best->count; child = 2 * at + 1) {
        if (child + 1 < best->count &&
                best->at[child + 1].saved_usec < best->at[child].saved_usec) {
            child++;
        }
        if (best->at[at].saved_usec <= best->at[child].saved_usec) {
            return;
        }
        swap(&best->at[at], &best->at[child]);
        at = child;
    }
}

static void rise(struct best *best, unsigned at)
{
    while (at > 0 && best->at[at].saved_usec < best->at[(at - 1) / 2].saved_usec) {
        swap(&best->at[at], &best->at[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static uint64_t saved_by(const struct entry *entry)
{
    return (uint64_t)atomic_load_explicit(&entry->hits, memory_order_relaxed) * entry->cost_usec;
}

/* Takes the reference over. One that is stale by now is as good a question. */
static void consider(struct best *best, struct entry *entry)
{
    struct candidate one = {.saved_usec = saved_by(entry), .entry = entry};

    if (one.saved_usec == 0 || cache_class_of(entry)->session->replay_len == 0) {
        entry_unref(entry);
    } else if (best->count < WARM_QUESTIONS_MAX) {
        best->at[best->count++] = one;
        rise(best, best->count - 1);
    } else if (one.saved_usec > best->at[0].saved_usec) {
        entry_unref(best->at[0].entry);
        best->at[0] = one;
        sink(best, 0);
    } else {
        entry_unref(entry);
    }
}

static enum sl_err consider_all(struct best *best, struct store *store)
{
    struct store_reader *reader = store_reader_new(store);
    struct entry *entries[BATCH];
    unsigned count = 0;

    if (reader == NULL) {
        return SL_ENOMEM;
    }
    while ((count = store_reader_next(reader, entries, BATCH)) > 0) {
        for (unsigned i = 0; i < count; i++) {
            consider(best, entries[i]);
        }
    }
    store_reader_free(reader);
    return SL_OK;
}

static int most_first(const void *a, const void *b)
{
    const struct candidate *one = a;
    const struct candidate *other = b;

    return one->saved_usec < other->saved_usec ? 1 : one->saved_usec > other->saved_usec ? -1 : 0;
}

/* ---- bytes ---- */

static enum sl_err put_u64(struct sl_buf *to, uint64_t value)
{
    enum sl_err err = sl_buf_put_u32(to, (uint32_t)(value >> 32));

    return err == SL_OK ? sl_buf_put_u32(to, (uint32_t)value) : err;
}

static uint64_t get_u64(const uint8_t *at)
{
    return (uint64_t)sl_get_u32(at) << 32 | sl_get_u32(at + 4);
}

static enum sl_err put_part(struct sl_buf *to, struct sl_span part)
{
    enum sl_err err = sl_buf_put_u32(to, (uint32_t)part.len);

    return err == SL_OK ? sl_buf_put(to, part.at, part.len) : err;
}

static enum sl_err put_entry(struct sl_buf *to, const struct entry *entry, uint64_t saved_usec)
{
    const struct cache_class *class = cache_class_of(entry);
    const struct sl_span parts[WARM_PARTS] = {
            [WARM_DATABASE] = cache_session_part(class->session, CACHE_DATABASE),
            [WARM_USER] = cache_session_part(class->session, CACHE_SESSION_USER),
            [WARM_SESSION] = cache_session_replay(class->session),
            [WARM_TYPES] = cache_class_types(class),
            [WARM_TEXT] = cache_class_text(class),
            [WARM_QUESTION] = entry_question(entry)};
    size_t len = FIXED_LEN;

    for (size_t i = 0; i < WARM_PARTS; i++) {
        len += sizeof(uint32_t) + parts[i].len;
    }
    if (sl_buf_len(to) + len + SUM_LEN > WARM_BYTES_MAX) {
        return SL_ELIMIT;
    }
    enum sl_err err = put_u64(to, entry->key.hi);
    err = err == SL_OK ? put_u64(to, entry->key.lo) : err;
    err = err == SL_OK ? put_u64(to, saved_usec) : err;
    for (size_t i = 0; i < WARM_PARTS && err == SL_OK; i++) {
        err = put_part(to, parts[i]);
    }
    return err;
}

static enum sl_err put_best(const struct best *best, struct sl_buf *bytes, unsigned *count)
{
    enum sl_err err = sl_buf_put(bytes, magic, MAGIC_LEN);

    for (unsigned i = 0; i < best->count && err == SL_OK; i++) {
        err = put_entry(bytes, best->at[i].entry, best->at[i].saved_usec);
        *count += err == SL_OK;
        if (err == SL_ELIMIT) { /* a shorter one may fit */
            err = SL_OK;
        }
    }
    if (err != SL_OK) {
        return err;
    }
    struct sl_hash128 sum = sl_hash128(sl_buf_borrow(bytes));
    err = put_u64(bytes, sum.hi);
    return err == SL_OK ? put_u64(bytes, sum.lo) : err;
}

enum sl_err warm_list_write(const struct cache *cache, struct sl_buf *bytes, unsigned *count)
{
    struct best *best = malloc(sizeof *best);

    *count = 0;
    if (best == NULL) {
        return SL_ENOMEM;
    }
    best->count = 0;
    enum sl_err err = consider_all(best, cache_store(cache));
    qsort(best->at, best->count, sizeof best->at[0], most_first);
    err = err == SL_OK ? put_best(best, bytes, count) : err;
    for (unsigned i = 0; i < best->count; i++) {
        entry_unref(best->at[i].entry);
    }
    free(best);
    return err;
}

/* ---- and back ---- */

static bool take(struct sl_span *from, size_t len, struct sl_span *part)
{
    if (from->len < len) {
        return false;
    }
    *part = sl_span(from->at, len);
    *from = sl_span(from->at + len, from->len - len);
    return true;
}

static uint64_t kind_of(const struct warm_question *question)
{
    struct sl_hash128_stream stream;

    sl_hash128_begin(&stream);
    for (unsigned i = WARM_DATABASE; i <= WARM_SESSION; i++) {
        uint64_t len = question->parts[i].len;
        sl_hash128_add(&stream, sl_span((const uint8_t *)&len, sizeof len));
        sl_hash128_add(&stream, question->parts[i]);
    }
    return sl_hash128_end(&stream).lo;
}

static bool has_zero(struct sl_span text)
{
    return text.len > 0 && memchr(text.at, 0, text.len) != NULL;
}

static bool take_question(struct sl_span *from, struct warm_question *question)
{
    struct sl_span fixed;
    struct sl_span head;

    if (!take(from, FIXED_LEN, &fixed)) {
        return false;
    }
    *question =
            (struct warm_question){.key = {.hi = get_u64(fixed.at), .lo = get_u64(fixed.at + 8)},
                    .saved_usec = get_u64(fixed.at + 16)};
    for (unsigned i = 0; i < WARM_PARTS; i++) {
        if (!take(from, sizeof(uint32_t), &head) ||
                !take(from, sl_get_u32(head.at), &question->parts[i])) {
            return false;
        }
    }
    question->kind = kind_of(question);
    return question->parts[WARM_SESSION].len > 0 && !has_zero(question->parts[WARM_DATABASE]) &&
           !has_zero(question->parts[WARM_USER]) && !has_zero(question->parts[WARM_TEXT]);
}

static bool is_whole(struct sl_span bytes)
{
    if (bytes.len < MAGIC_LEN + SUM_LEN || memcmp(bytes.at, magic, MAGIC_LEN) != 0) {
        return false;
    }
    struct sl_hash128 sum = sl_hash128(sl_span(bytes.at, bytes.len - SUM_LEN));
    const uint8_t *at = bytes.at + bytes.len - SUM_LEN;
    return get_u64(at) == sum.hi && get_u64(at + 8) == sum.lo;
}

enum sl_err warm_list_read(struct warm_list *list, struct sl_buf *bytes)
{
    list->bytes = *bytes;
    sl_buf_init(bytes, WARM_BYTES_MAX);
    struct sl_span from = sl_buf_borrow(&list->bytes);
    if (!is_whole(from)) {
        return SL_EPROTO;
    }
    list->at = calloc(WARM_QUESTIONS_MAX, sizeof *list->at);
    if (list->at == NULL) {
        return SL_ENOMEM;
    }
    from = sl_span(from.at + MAGIC_LEN, from.len - MAGIC_LEN - SUM_LEN);
    while (from.len > 0) {
        if (list->count == WARM_QUESTIONS_MAX || !take_question(&from, &list->at[list->count])) {
            list->count = 0;
            return SL_EPROTO;
        }
        list->count++;
    }
    return SL_OK;
}

/* ---- files ---- */

static enum sl_err failed(struct sl_error *error, const char *what, const char *path)
{
    char text[128];

    return sl_error_set(
            error, SL_EIO, "58030", "%s %s: %s", what, path, strerror_r(errno, text, sizeof text));
}

static bool write_all(int fd, struct sl_span bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(fd, bytes.at, bytes.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        bytes = sl_span(bytes.at + done, bytes.len - (size_t)done);
    }
    return true;
}

enum sl_err warm_file_save(const char *path, const struct sl_buf *bytes, struct sl_error *error)
{
    char made[4096];

    if (snprintf(made, sizeof made, "%s.new", path) >= (int)sizeof made) {
        errno = ENAMETOOLONG;
        return failed(error, "cannot write", path);
    }
    (void)unlink(made); /* whoever made it, and with whatever mode */
    int fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return failed(error, "cannot make", made);
    }
    bool is_written = write_all(fd, sl_buf_borrow(bytes)) && fsync(fd) == 0;
    is_written = close(fd) == 0 && is_written;
    if (!is_written || rename(made, path) != 0) {
        enum sl_err err = failed(error, "cannot write", path);
        (void)unlink(made);
        return err;
    }
    return SL_OK;
}

/* What it says is asked in the name of whoever asked it: who may write it may do what they may. */
static bool is_ours(int fd)
{
    struct stat about;

    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
           (about.st_uid == geteuid() || about.st_uid == 0) &&
           (about.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

enum sl_err warm_file_load(const char *path, struct sl_buf *bytes, struct sl_error *error)
{
    uint8_t some[16384];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum sl_err err = SL_OK;

    if (fd < 0) {
        return errno == ENOENT ? SL_OK : failed(error, "cannot read", path);
    }
    if (!is_ours(fd)) {
        close(fd);
        return sl_error_set(error, SL_EIO, SL_STATE_INSUFFICIENT_PRIVILEGE,
                "%s is no file of our own, or others may write it: it is not read", path);
    }
    for (;;) {
        ssize_t got = read(fd, some, sizeof some);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            err = got < 0 ? failed(error, "cannot read", path) : SL_OK;
            break;
        }
        err = sl_buf_put(bytes, some, (size_t)got);
        if (err != SL_OK) {
            err = sl_error_set(error, err, SL_STATE_LIMIT_EXCEEDED, "%s is too long", path);
            break;
        }
    }
    close(fd);
    return err;
}
