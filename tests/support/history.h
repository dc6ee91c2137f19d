/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/history.h - what clients did, when, and what they were answered; and whether that can be.
 *
 * A register is something with versions: a row, or all rows of an owner. Its versions are 1, 2, 3 ... in
 * the order in which they became visible, because whoever makes the next one holds a row lock until it has
 * committed. A write notes the version it made, a read the version it was answered, both the moments
 * before they were sent and after their answer was there, on one monotonic clock.
 *
 * What is proved. A statement in READ COMMITTED sees the state at one moment between its sending and its
 * answer. With versions in one order that is so for all of a register's operations exactly if none of
 * these is found: an operation that ended before another was sent has the later version (STALE, BACKWARDS,
 * DISORDER); a version is read before its writer asked for its commit (EARLY); a version is read that no
 * one committed (UNWRITTEN, TORN). Proof: put operations in the order of their versions, a write before
 * its reads; by the first this agrees with time, so each can be given its moment.
 *
 * Weaker promises leave out pairs. What another path wrote may be unseen for `bound_ns` after its
 * acknowledgement (TOO_OLD beyond); `order` says between whose reads no step back may be. A session's own
 * writes it always sees (OWN_UNSEEN): by the order in which it sent, so in a pipeline, too. A session is
 * one connection.
 *
 * Answers that do not say their version - a LIMIT, a count, no row at all - are compared with what an
 * oracle says the answer was at each version that the read may have seen; the lowest that fits is taken
 * for its version, so that nothing is reported that can be. Oracles follow a register by its writes.
 *
 *     sum(ver) over an owner's rows is a version itself: every write of a row adds 1 to it and to grp.ver,
 *     whose lock makes the order. A transaction that writes two rows leaves a version that is HISTORY_INNER.
 *
 * History is checked in windows. Between two nobody is under way; history_floor() says what is so then,
 * and all that comes after is compared with it. Cost: O(n log n) of a window; memory: of one window.
 *
 * Ownership: a log belongs to who notes in it, one thread; the rest to one thread. Bounds: given to
 * history_log_init() and history_new(); what a log has no room for is MISSED, a fault.
 */
#ifndef SLUICE_TESTS_SUPPORT_HISTORY_H
#define SLUICE_TESTS_SUPPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_NEVER UINT64_MAX
/* Of a read: nothing that could have been (rows that contradict each other). */
#define HISTORY_NONSENSE UINT32_MAX

enum history_kind {
    HISTORY_WRITE, /* committed; from the sending of what commits, to its answer */
    HISTORY_MAYBE, /* nobody knows whether it committed */
    HISTORY_INNER, /* of a transaction that went on to a later version */
    HISTORY_READ,  /* its version is known */
    HISTORY_SEEN,  /* tag: a number that stands for the answer, for the oracle */
    HISTORY_OWN    /* in a transaction that wrote: tag is the version it must be */
};

enum history_class { HISTORY_POINT, HISTORY_SET, HISTORY_AGGREGATE, HISTORY_JOIN, HISTORY_CLASSES };

enum history_path { HISTORY_A, HISTORY_B, HISTORY_DIRECT, HISTORY_PATHS };

enum history_order { HISTORY_NO_ORDER, HISTORY_BY_SESSION, HISTORY_BY_ALL };

struct history_op {
    uint64_t invoked; /* ns */
    uint64_t returned;
    uint32_t reg;
    uint32_t version;
    uint32_t tag; /* of a write: told from others of that version; of a read: 0, or what it saw */
    uint16_t session;
    uint8_t kind;     /* enum history_kind */
    uint8_t path;     /* enum history_path */
    uint8_t class;    /* enum history_class, of reads */
    uint8_t question; /* which one: the caller's, and its oracle's */
};

struct history_log {
    struct history_op *ops;
    size_t count;
    size_t max;
    size_t missed;
};

bool history_log_init(struct history_log *log, size_t max);
void history_log_free(struct history_log *log);
void history_note(struct history_log *log, const struct history_op *op);

/* Monotonic nanoseconds. */
uint64_t history_now(void);

/* Stands at a floor between calls of the checker, which leaves it there. */
struct history_oracle {
    void *self;
    void (*forward)(void *self, const struct history_op *write); /* to its version */
    void (*back)(void *self, const struct history_op *write);    /* to the one before */
    uint32_t (*answer)(void *self, uint32_t reg, uint32_t version, uint8_t question);
};

struct history_rules {
    uint32_t registers;
    uint16_t sessions;
    uint64_t bound_ns; /* of what another path wrote; 0: as the own path, HISTORY_NEVER: no bound */
    enum history_order order;
    const struct history_oracle *oracle; /* NULL: nothing is SEEN */
};

enum history_fault {
    HISTORY_STALE,
    HISTORY_OWN_UNSEEN,
    HISTORY_TOO_OLD,
    HISTORY_BACKWARDS_IN_SESSION,
    HISTORY_BACKWARDS,
    HISTORY_EARLY,
    HISTORY_UNWRITTEN,
    HISTORY_TORN,     /* half a transaction, or the version of one write and the tag of another */
    HISTORY_NOT_OWN,  /* HISTORY_OWN is something else */
    HISTORY_TWICE,    /* two were told they made one version */
    HISTORY_GAP,      /* nobody noted that version */
    HISTORY_DISORDER, /* a write ended before another began, and made the later version */
    HISTORY_LOST,     /* a window ends below what was acknowledged */
    HISTORY_MISSED,   /* a log was too short */
    HISTORY_FAULTS
};

struct history_report {
    enum history_fault fault;
    struct history_op op;
    struct history_op other; /* if has_other: the one it contradicts */
    bool has_other;
};

enum { HISTORY_REPORTS = 8 };

/* Of all windows that were given it. */
struct history_found {
    uint64_t faults; /* in all */
    uint64_t by_fault[HISTORY_FAULTS];
    struct history_report reports[HISTORY_REPORTS]; /* the first ones */
    size_t report_count;
    uint64_t reads[HISTORY_PATHS][HISTORY_CLASSES];
    uint64_t writes[HISTORY_PATHS];
    uint64_t unjudged;   /* seen early in a window, and maybe of a version before it */
    uint64_t behind;     /* reads of a version that another path had replaced */
    uint64_t stalest_ns; /* and for how long, at most */
    struct history_report stalest;
};

struct history;

/* NULL: no memory. rules are copied, the oracle is not. */
struct history *history_new(const struct history_rules *rules);
void history_free(struct history *history);

/* What a register is while nobody is under way; found may be NULL only before the first window. */
void history_floor(struct history *history, uint32_t reg, uint32_t version, uint32_t tag,
        struct history_found *found);

/* One window of all sessions' logs, which are left as they are. False: no memory. */
bool history_check(struct history *history, const struct history_log *logs, size_t count,
        struct history_found *found);

uint64_t history_reads(const struct history_found *found);

/* ---- in words (history_text.c) ---- */

enum { HISTORY_TEXT_MAX = 512 };

const char *history_fault_text(enum history_fault fault);
const char *history_class_text(enum history_class class);
const char *history_path_text(enum history_path path);

/* questions: names by number, or NULL. */
void history_report_text(const struct history_report *report, const char *const *questions,
        char text[HISTORY_TEXT_MAX]);

/* Counts, the stalest read and the reports, to stderr as CMocka's messages go. */
void history_print(
        const char *title, const struct history_found *found, const char *const *questions);

#endif
