/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_memory.h - what libpg_query gets instead of malloc(), exit() and abort().
 *
 * Outside of its own parsing it takes malloc()'s NULL for impossible and ends the process; it
 * does so too for what it calls a fatal error. So the build gives its archive these names
 * (CMakeLists.txt), and it draws from a region that is there before it is called:
 *
 *     sql_memory_enter(&escape) --> libpg_query --> sql_memory_leave()
 *                                        '-- no room, exit(), abort() --> escape
 *
 * After an escape the thread's state of libpg_query is not to be trusted: the thread is spent,
 * sql_memory_enter() refuses, and it should end. Its keys are not made either: it would leave
 * one behind for every thread, and a process has 1,024. What it would do with them at the end
 * of a thread the region does, as a whole.
 *
 * The region is a stack with holes: a block is taken at the top, and the top sinks below what
 * was freed. That suits who frees all but a little at the end of each call.
 *
 * Ownership: a region is its thread's, and goes with it. Threads: any, each with its own.
 * Bounds: SQL_MEMORY_BYTES of address space; of it SQL_MEMORY_KEPT stays resident between calls.
 */
#ifndef SLUICE_PROTOCOL_SQL_MEMORY_H
#define SLUICE_PROTOCOL_SQL_MEMORY_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"

#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>

enum { SQL_MEMORY_BYTES = 256 << 20, SQL_MEMORY_KEPT = 1 << 20 };

/* SL_ENOMEM: no region; SL_ELIMIT: the thread is spent. Escape stays the caller's. */
SL_MUST_CHECK enum sl_err sql_memory_enter(jmp_buf *escape);
void sql_memory_leave(void);
/* Whether this thread has escaped once. */
bool sql_memory_is_spent(void);
/* Of this thread's region; for tests. */
size_t sql_memory_used(void);

/* Under these names libpg_query knows the C library's functions. */
void *sl_pg_malloc(size_t len);
void *sl_pg_realloc(void *at, size_t len);
void sl_pg_free(void *at);
char *sl_pg_strdup(const char *text);
int sl_pg_asprintf(char **text, const char *format, ...) SL_PRINTF(2, 3);
int sl_pg_asprintf_chk(char **text, int flag, const char *format, ...) SL_PRINTF(3, 4);
_Noreturn void sl_pg_exit(int status);
_Noreturn void sl_pg_abort(void);
int sl_pg_key_create(pthread_key_t *made, void (*destroy)(void *));
int sl_pg_setspecific(pthread_key_t of, const void *value);

#endif
