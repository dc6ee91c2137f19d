/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/observe.h - the OBSERVE stage: every statement named, timed and counted.
 *
 *     on_statement  text -> text key -> [seen before: its shape], or [but for its literals:
 *                   protocol/shape_patterns.h], or one pass over it
 *     on_end        what it cost (struct stmt_meter) -> the row of its database, user,
 *                   node and shape (optimizer/shape_table.h)
 *
 * The text key is a hash of the bytes, made at Parse for a named statement; a worker
 * remembers the shapes of the last OBSERVE_SEEN text keys, and of as many shapes that came
 * with new literals. Nothing is allocated for a statement whose shape is known.
 *
 * Counted is what a server answered, well or with an error, what was lost on its way, and
 * what was refused before a server was there for it: in line for too long, cancelled there,
 * no server to be had. That was waiting, all of it, on the node "-". What a stage answered is counted
 * with what the node did that its shape had on that worker last, or would have had (struct tally,
 * cached). Who left the line by
 * himself was refused nothing, and what he had sent behind it was not looked at yet.
 * What was skipped because of an error before it is not, as in pg_stat_statements.
 * Requests longer than STMT_REQUEST_MAX, function calls and replication do not walk, and
 * are in the pool's counters only; the former are told by observe_missed().
 *
 * Ownership: the process's, with one part a worker. Threads: a part is its worker's; what
 * is marked so is for any. Bounds: the limits given, and 550 KB a worker.
 */
#ifndef SLUICE_OPTIMIZER_OBSERVE_H
#define SLUICE_OPTIMIZER_OBSERVE_H

#include "optimizer/names.h"
#include "optimizer/shape_table.h"
#include "protocol/stage.h"

#include <stdbool.h>

#define OBSERVE_NO_NODE "-"     /* of what was refused, or answered, without a server */
#define OBSERVE_NEVER INT64_MAX /* as a duration that is slow */

enum { OBSERVE_SEEN = 4096, OBSERVE_TEXT_MAX = 65536 };

struct observe;
struct shape;
struct shape_options;

/*
 * A worker meets a shape that it does not remember: normalised is its text, borrowed for
 * the call (shape->flags tell whether it is whole), text the statement's. Must be quick. False:
 * not now; it is told again when it is met some time later.
 */
typedef bool observe_news(void *self, const struct shape *shape, struct sl_span normalised,
        struct sl_span text, struct shape_options rules);

/*
 * A statement took as long as observe_set_slow() says, or longer: whose, and what it cost. On its
 * worker; must be quick.
 */
typedef void observe_slow(void *self, const struct stmt *stmt, const struct shape_key *key,
        const struct tally_sample *sample);

/* Where a statement that a stage answered would have been sent. False: not known. */
typedef bool observe_whither(void *self, const struct stmt *stmt, const char **host, int *port);

struct observe_options {
    struct shape_limits limits;
    unsigned workers;
    observe_news *news;       /* NULL: nobody wants to know */
    observe_slow *slow;       /* likewise */
    observe_whither *whither; /* NULL: nobody knows */
    void *self;
};

/* NULL without memory. */
SL_MUST_CHECK struct observe *observe_new(const struct observe_options *options);
/* No stage of it is in use any more. NULL is fine. */
void observe_free(struct observe *observe, sl_usec now);

/* Of that worker, for its pipeline. */
struct stage observe_stage(struct observe *observe, unsigned worker);

/* On that worker: tells the store what is new, a part of it a call; true: that was all. */
bool observe_flush(struct observe *observe, unsigned worker, uint32_t *cursor, sl_usec now);
/*
 * On that worker, once a turn: does so about once a second, if anything was counted. lost is how much
 * of what news was told has been given up ever: when it has grown by then, whoever wants to know is
 * told of each shape once more when it is used next. So what is in use is known to be, and comes back.
 */
void observe_turn(struct observe *observe, unsigned worker, uint64_t lost, sl_usec now);
/* On that worker: from when on that will be of use; INT64_MAX: not before something is counted. */
sl_usec observe_next(const struct observe *observe, unsigned worker);
/* When no worker runs any more: tells the store all that is new. */
void observe_settle(struct observe *observe, sl_usec now);
/*
 * On that worker: forgets what the store does not know yet, some of it a call. *cursor is 0 to
 * begin with; true: that was all.
 */
bool observe_forget(struct observe *observe, unsigned worker, uint32_t *cursor);

/*
 * On that worker: a statement under way at or after *cursor (0 to begin with; it moves on) and its
 * shape, or NULL.
 */
const struct stmt *observe_under_way(
        struct observe *observe, unsigned worker, uint32_t *cursor, struct sl_hash128 *shape);

/* On that worker: the shape of a statement that has walked and not ended. False: it has none. */
bool observe_shape(const struct observe *observe, unsigned worker, const struct stmt *stmt,
        struct sl_hash128 *shape);

/* On that worker: whoever wants to know of shapes is told of each so often from now on. At first: 1. */
void observe_tell_again(struct observe *observe, unsigned worker, uint8_t times);

/* On that worker: how long a slow statement takes; OBSERVE_NEVER, as at first: none is slow. */
void observe_set_slow(struct observe *observe, unsigned worker, sl_usec usec);

/* Any thread. */
struct shape_store *observe_store(struct observe *observe);
struct names *observe_names(const struct observe *observe);
/* Any thread: a statement passes that the stage is not shown. NULL is fine. */
void observe_miss(struct observe *observe);
/*
 * Those, and what had no room or a text that nobody knows: too long, or bound by a name not made
 * here. Each once, whenever it is run.
 */
uint64_t observe_missed(const struct observe *observe);

#endif
