/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/still.h"

#include "tests/support/case.h"
#include "tests/support/soon.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { COMM_MAX = 32 };

static pid_t stopped[STILL_MAX];
static int count;

/* False: it has ended. */
static bool read_name(pid_t process, const char *tid, char name[COMM_MAX])
{
    char path[300];
    bool is_read = false;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/comm", (int)process, tid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        is_read = fgets(name, COMM_MAX, file) != NULL;
        fclose(file);
    }
    if (is_read) {
        name[strcspn(name, "\n")] = '\0';
    }
    return is_read;
}

int still_find(pid_t process, const char *name, bool has_name, pid_t tids[STILL_MAX])
{
    char path[64], its[COMM_MAX];
    int found = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && found < STILL_MAX;) {
        if (entry->d_name[0] != '.' && read_name(process, entry->d_name, its) &&
                (strcmp(its, name) == 0) == has_name) {
            tids[found++] = (pid_t)strtol(entry->d_name, NULL, 10);
        }
    }
    closedir(dir);
    return found;
}

pid_t still_find_one(pid_t process, const char *name)
{
    pid_t tids[STILL_MAX];
    int found = 0;

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        found = still_find(process, name, true, tids);
        if (found == 1) {
            return tids[0];
        }
    }
    fail_msg("%d threads are named %s", found, name);
    return 0;
}

static void stop(pid_t tid)
{
    int status;

    assert_true(count < STILL_MAX);
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0) {
        assert_int_equal(errno, EPERM);
        print_message("threads may not be watched here\n");
        skip();
    }
    stopped[count++] = tid;
    assert_int_equal(ptrace(PTRACE_INTERRUPT, tid, NULL, NULL), 0);
    assert_int_equal(waitpid(tid, &status, __WALL), tid);
    assert_true(WIFSTOPPED(status));
}

/* The system call that it is within; -1: none. */
static long syscall_of(pid_t tid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)tid);
    char *text = proc_read(path);
    long number = strtol(text, NULL, 10);
    free(text);
    return number;
}

static bool is_waiting(long number)
{
    static const long waits[] = {
            SYS_futex,
            SYS_epoll_pwait,
            SYS_ppoll,
            SYS_nanosleep,
            SYS_clock_nanosleep,
            SYS_rt_sigtimedwait,
            SYS_read,
#ifdef SYS_epoll_wait /* not everywhere */
            SYS_epoll_wait,
            SYS_poll,
#endif
    };

    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        if (number == waits[i]) {
            return true;
        }
    }
    return false;
}

void still_idle(pid_t tid)
{
    long number = -1;

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        stop(tid);
        number = syscall_of(tid);
        if (is_waiting(number)) {
            return;
        }
        still_go_on(tid);
    }
    fail_msg("thread %d does not wait, but is within system call %ld", (int)tid, number);
}

bool still_at_work(pid_t tid)
{
    stop(tid);
    if (syscall_of(tid) == -1) {
        return true;
    }
    still_go_on(tid);
    return false;
}

void still_go_on(pid_t tid)
{
    int left = 0;

    for (int i = 0; i < count; i++) {
        if (stopped[i] != tid) {
            stopped[left++] = stopped[i];
        }
    }
    count = left;
    assert_int_equal(ptrace(PTRACE_DETACH, tid, NULL, NULL), 0);
}

void still_end(void)
{
    while (count > 0) {
        (void)ptrace(PTRACE_DETACH, stopped[--count], NULL, NULL); /* it may be gone */
    }
}
