/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/check.h - saying what must be true.
 *
 * SL_CHECK is always on: it is cheap, and to go on would mean answering the
 * wrong client. SL_DCHECK is for Debug, sanitizer and fuzz builds. Input is
 * never checked with these, only our own invariants.
 *
 * Threads: any.
 */
#ifndef SLUICE_PROTOCOL_BASE_CHECK_H
#define SLUICE_PROTOCOL_BASE_CHECK_H

/* Prints what was broken and where, then aborts. */
_Noreturn void sl_check_failed(const char *what, const char *file, int line);

#define SL_CHECK(cond)                                                                             \
    (__builtin_expect(!!(cond), 1) ? (void)0 : sl_check_failed(#cond, __FILE__, __LINE__))

#ifdef SLUICE_DCHECK
#define SL_DCHECK(cond) SL_CHECK(cond)
#else
#define SL_DCHECK(cond) ((void)sizeof(!!(cond)))
#endif

#define SL_MUST_CHECK __attribute__((warn_unused_result))
#define SL_PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))

/* GCC does not take (void) alone for warn_unused_result; the reason is for the reader. */
#define SL_IGNORE(expr, why) ((void)!(expr))

#define SL_LIKELY(cond) __builtin_expect(!!(cond), 1)
#define SL_UNLIKELY(cond) __builtin_expect(!!(cond), 0)
#define SL_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SL_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
