/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/still.h - threads of a Sluice that are made to stand still, by ptrace.
 *
 * A thread may hold a lock that others need, the allocator's for one: stopped then, it stops them
 * all, which says nothing about Sluice. One that waits in the kernel holds none: still_idle().
 * One that works may: who stops it by still_at_work() waits for the others with a bound, and where
 * nothing comes lets it go on and tries again.
 *
 * Both skip the CMocka case where threads may not be watched.
 *
 * Ownership: what stands still goes on by still_go_on(), or by still_end() in the teardown: a
 * process with such a thread does not even end. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_STILL_H
#define SLUICE_TESTS_SUPPORT_STILL_H

#include <stdbool.h>
#include <sys/types.h>

enum { STILL_MAX = 64 };

/* The process's threads that have that name, or that do not; how many. */
int still_find(pid_t process, const char *name, bool has_name, pid_t tids[STILL_MAX]);

/* The one of that name; where there are several, once the others have ended. Fails the case when
 * that does not come. */
pid_t still_find_one(pid_t process, const char *name);

/* Stops it where it waits for something to do; fails the case when it is not found so. */
void still_idle(pid_t tid);

/* Stops it within what it does; false, and it goes on, when it was within a system call. */
bool still_at_work(pid_t tid);

void still_go_on(pid_t tid);

/* Whatever stands still goes on. */
void still_end(void);

#endif
