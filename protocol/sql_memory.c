/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/sql_memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 16 };

/* Before each block's bytes. */
struct head {
    size_t len;
    size_t below; /* offset of the block below; 0: none */
    bool is_free;
};

enum { HEAD = (sizeof(struct head) + ALIGN - 1) / ALIGN * ALIGN };

/* At the beginning of its own mapping. */
struct region {
    size_t top;     /* where the next block's head goes */
    size_t newest;  /* offset of the block below the top; 0: none */
    size_t highest; /* top ever since the last call's end */
    jmp_buf *escape;
    bool is_spent;
};

enum { REGION = (sizeof(struct region) + ALIGN - 1) / ALIGN * ALIGN };

static _Thread_local struct region *mine;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* constant after once */
static bool has_key;      /* constant after once */

static void unmap(void *region)
{
    mine = NULL;
    munmap(region, SQL_MEMORY_BYTES);
}

static void make_key(void)
{
    has_key = pthread_key_create(&key, unmap) == 0;
}

static struct head *head_at(size_t offset)
{
    return (struct head *)(void *)((uint8_t *)mine + offset);
}

static struct head *head_of(void *at)
{
    return (struct head *)(void *)((uint8_t *)at - HEAD);
}

enum sl_err sql_memory_enter(jmp_buf *escape)
{
    if (mine == NULL) {
        pthread_once(&once, make_key);
        void *at = mmap(NULL, SQL_MEMORY_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) {
            return SL_ENOMEM;
        }
        if (!has_key || pthread_setspecific(key, at) != 0) {
            munmap(at, SQL_MEMORY_BYTES);
            return SL_ENOMEM;
        }
        mine = at;
        mine->top = REGION;
    }
    if (mine->is_spent) {
        return SL_ELIMIT;
    }
    SL_CHECK(mine->escape == NULL);
    mine->escape = escape;
    return SL_OK;
}

void sql_memory_leave(void)
{
    size_t kept = mine->top > SQL_MEMORY_KEPT ? mine->top : SQL_MEMORY_KEPT;

    kept = (kept + SQL_MEMORY_KEPT - 1) / SQL_MEMORY_KEPT * SQL_MEMORY_KEPT;
    mine->escape = NULL;
    if (mine->highest > kept) {
        (void)madvise((uint8_t *)mine + kept, SQL_MEMORY_BYTES - kept, MADV_DONTNEED);
    }
    mine->highest = mine->top;
}

bool sql_memory_is_spent(void)
{
    return mine != NULL && mine->is_spent;
}

size_t sql_memory_used(void)
{
    return mine == NULL ? 0 : mine->top;
}

static _Noreturn void escape(void)
{
    SL_CHECK(mine != NULL && mine->escape != NULL);
    jmp_buf *to = mine->escape;

    mine->escape = NULL;
    mine->is_spent = true;
    longjmp(*to, 1); /* NOLINT: over frames of C that hold nothing but what is in the region */
}

void *sl_pg_malloc(size_t len)
{
    SL_CHECK(mine != NULL);
    if (len > SQL_MEMORY_BYTES || SQL_MEMORY_BYTES - mine->top < HEAD + len + ALIGN) {
        escape();
    }
    struct head *head = head_at(mine->top);

    len = (len + ALIGN - 1) / ALIGN * ALIGN;
    *head = (struct head){.len = len, .below = mine->newest};
    mine->newest = mine->top;
    mine->top += HEAD + len;
    if (mine->top > mine->highest) {
        mine->highest = mine->top;
    }
    return (uint8_t *)head + HEAD;
}

void sl_pg_free(void *at)
{
    if (at == NULL) {
        return;
    }
    SL_DCHECK(!head_of(at)->is_free);
    head_of(at)->is_free = true;
    while (mine->newest != 0 && head_at(mine->newest)->is_free) {
        mine->top = mine->newest;
        mine->newest = head_at(mine->newest)->below;
    }
}

void *sl_pg_realloc(void *at, size_t len)
{
    if (at == NULL) {
        return sl_pg_malloc(len);
    }
    struct head *head = head_of(at);
    if (len <= head->len) {
        return at;
    }
    if (head == head_at(mine->newest)) { /* the topmost grows where it is */
        mine->top = mine->newest;
        mine->newest = head->below;
        return sl_pg_malloc(len); /* the same place, and nothing in it was touched */
    }
    void *moved = sl_pg_malloc(len);
    memcpy(moved, at, head->len);
    sl_pg_free(at);
    return moved;
}

char *sl_pg_strdup(const char *text)
{
    size_t len = strlen(text) + 1;

    return memcpy(sl_pg_malloc(len), text, len);
}

SL_PRINTF(2, 0) static int print(char **text, const char *format, va_list args)
{
    char small[256]; /* a fingerprint; nothing longer is printed this way */
    int len = vsnprintf(small, sizeof small, format, args);

    *text = sl_pg_strdup(len < 0 ? "" : small);
    return len;
}

int sl_pg_asprintf(char **text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = print(text, format, args);
    va_end(args);
    return len;
}

int sl_pg_asprintf_chk(char **text, int flag, const char *format, ...)
{
    (void)flag;
    va_list args;
    va_start(args, format);
    int len = print(text, format, args);
    va_end(args);
    return len;
}

void sl_pg_exit(int status)
{
    (void)status;
    escape();
}

void sl_pg_abort(void)
{
    escape();
}

int sl_pg_key_create(pthread_key_t *made, void (*destroy)(void *))
{
    (void)made;
    (void)destroy;
    return 0;
}

int sl_pg_setspecific(pthread_key_t of, const void *value)
{
    (void)of;
    (void)value;
    return 0;
}
