/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/tally.h - what statements did and cost, added up: counters and histograms.
 *
 * One for each shape (optimizer/shape_table.h); the same for whatever else is to be added
 * up: a pool, a database, a node, a worker. A zeroed tally is an empty one.
 *
 * A slow client is not a slow server: the time in which the client did not take its
 * reply (client) is kept apart, and whoever makes the sample leaves it out of total and
 * server.
 *
 * Ownership: the histograms' pages, from the budget given; always the same one for the
 * same tally. Threads: the owner's. Bounds: TALLY_CLASSES classes of errors; the errors of
 * further classes are in errors only. Without memory for a page all is counted, but
 * a time may be in no bucket (optimizer/histogram.h, unplaced).
 */
#ifndef SLUICE_OPTIMIZER_TALLY_H
#define SLUICE_OPTIMIZER_TALLY_H

#include "optimizer/histogram.h"
#include "protocol/base/clock.h"

#include <stdbool.h>

enum { TALLY_CLASSES = 8 };

enum tally_time {
    TALLY_TOTAL,  /* from the request's last byte to the reply's */
    TALLY_WAIT,   /* for a server */
    TALLY_SERVER, /* from the request's last byte sent to ReadyForQuery */
    TALLY_TIMES
};

#define TALLY_NO_TIME ((sl_usec)-1)

/* One statement. A negative time is none: an answer from the cache has no server time. */
struct tally_sample {
    sl_usec times[TALLY_TIMES];
    sl_usec client; /* taken out of the others */
    uint64_t rows;
    uint64_t bytes_in; /* from the client */
    uint64_t bytes_out;
    char sqlstate[6]; /* "" without an error */
    bool ends_transaction;
    bool is_cached; /* answered without a server */
};

/* The first two characters of a SQLSTATE; zeros: a free place. */
struct tally_class {
    char name[2];
    uint32_t count; /* stays at its greatest value */
    sl_usec last_seen;
};

struct tally {
    uint64_t calls;
    uint64_t errors;
    uint64_t rows;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t transactions;
    uint64_t cached;
    uint64_t client_usec;
    sl_usec first_seen; /* of calls > 0 */
    sl_usec last_seen;
    struct tally_class classes[TALLY_CLASSES];
    struct histogram times[TALLY_TIMES];
};

/* SL_ENOMEM: counted, a time unplaced. */
enum sl_err tally_add(
        struct tally *tally, struct budget *budget, const struct tally_sample *sample, sl_usec now);
enum sl_err tally_merge(struct tally *into, struct budget *budget, const struct tally *from);
/* Empty; keeps the pages. */
void tally_reset(struct tally *tally);
/* Empty, without pages. */
void tally_fini(struct tally *tally, struct budget *budget);
/* What the pages cost. */
size_t tally_bytes(const struct tally *tally);

#endif
