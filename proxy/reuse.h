/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/reuse.h - which unnamed statements come again and again, and may be kept on servers.
 *
 * What client_reuse.c decides by: how often a text was seen, whether a request is one that can be
 * repeated as a whole, whether a kept statement would still be planned as a new one would.
 *
 * PostgreSQL (plancache.c, the same from 12 to 18): a new statement's first five executions with
 * parameters have plans of their own (choose_custom_plan()); the sixth may take a generic one. So
 * one with parameters is parsed anew after five, unless the plans are the same (reuse_proof.h). One without has a generic plan from the first
 * execution on, new or kept, made anew when what it depends on changes.
 *
 * PostgreSQL does not see when a name comes to mean something else (a table in a schema that is
 * searched earlier, a function of the same name for other types), and keeps the types of parameters as they
 * were. So all that is kept is parsed anew after a change of what there is that was seen
 * (reuse_changed()), and after reuse_unnamed_lifetime for those that were not.
 *
 * Ownership: a struct reuse_seen is its worker's. Threads: the worker's; the epoch any. Bounds:
 * REUSE_SEEN texts a worker, whatever comes; a request of REUSE_REQUEST_MAX bytes.
 */
#ifndef SLUICE_PROXY_REUSE_H
#define SLUICE_PROXY_REUSE_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    REUSE_SEEN = 2048,
    REUSE_STAYS = 1000, /* others that come to a text's place until it is forgotten, at most */
    REUSE_REQUEST_MAX = 4096, /* HOLD_BLOCK: client_retry.h keeps it */
    REUSE_PAYS = 2,           /* fewer uses than that were not worth a Parse */
    REUSE_CUSTOM_PLANS = 5,   /* of a new statement with parameters */
    REUSE_USES_MAX = 1000     /* in any case: settings of the server's may have changed */
};

struct reuse_text {
    uint64_t key;
    uint32_t times;
    bool is_refused; /* it was looked at, and is none to keep */
};

struct reuse_seen {
    struct reuse_text texts[REUSE_SEEN];
};

/* NULL without memory. */
SL_MUST_CHECK struct reuse_seen *reuse_seen_new(void);
/*
 * A text of that key has come: NULL unless it had come so often before. Texts share places; one that
 * comes more often than the others of its place stays there.
 */
struct reuse_text *reuse_seen_again(struct reuse_seen *seen, uint64_t key, uint32_t times);

/* A statement that is parsed and planned, and whose constants are not those of the moment. */
bool reuse_is_planned(struct sl_span text);

enum reuse_shape {
    REUSE_ALONE, /* one statement's Parse, Bind, what is done with its portal, Sync; nothing else */
    REUSE_MORE,  /* so far */
    REUSE_OTHER
};

/* The bytes begin with a whole Parse of the unnamed statement. *params: of its Bind, if ALONE. */
enum reuse_shape reuse_look(struct sl_span bytes, unsigned *params);

/* How old a statement is. */
struct reuse_age {
    uint32_t uses;
    uint32_t epoch;
    sl_usec made_at;
};

/* Could it not be told from a new one but by its plans? lifetime 0: it has no bound. */
bool reuse_is_fresh(const struct reuse_age *age, sl_usec now, sl_usec lifetime);

/*
 * Is an error of Bind or Parse one that comes again if the request does, or that the request would not
 * have had without what was kept? Else it is of the moment, and the client's as it is.
 */
bool reuse_repeats(const char *sqlstate);

/* Of the process: how often what there is has changed. */
uint32_t reuse_epoch(void);
void reuse_changed(void);

#endif
