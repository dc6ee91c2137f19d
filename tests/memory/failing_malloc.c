/* SPDX-License-Identifier: PostgreSQL */
#include "tests/memory/failing_malloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* NOLINTBEGIN(readability-identifier-naming): glibc's own names for what is replaced here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);
/* NOLINTEND(readability-identifier-naming) */

static struct failing_malloc *control;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAILING_MALLOC");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        return;
    }
    void *at = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    control = at == MAP_FAILED ? NULL : at;
}

static bool fails(size_t size)
{
    if (control == NULL || !atomic_load(&control->is_armed)) {
        return false;
    }
    long larger = atomic_load(&control->larger);
    long first = atomic_load(&control->first);
    long now = atomic_fetch_add(&control->seen, 1) + 1;
    bool is_over = larger > 0 && size > (size_t)larger;
    bool is_due = first > 0 && now >= first && now < first + atomic_load(&control->count);
    if (!is_over && !is_due) {
        return false;
    }
    atomic_fetch_add(&control->failed, 1);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
    return size > 0 && fails(size) ? NULL : __libc_realloc(at, size);
}
