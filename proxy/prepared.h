/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/prepared.h - one name per statement on servers, many names at clients.
 *
 * Three tables. The registry (one for the process) holds each distinct text and
 * list of parameter types once, under a number; those that are kept for unnamed
 * statements (reuse.h) under another than those with names. A client's names map its own names to
 * statements. A server's table says which statements it has, under the name
 * SLUICE_<number>, and which text its unnamed statement has.
 *
 * A client's names change with its requests, but requests may fail: a change is
 * pending until its reply has come, is taken back when the server failed or
 * skipped it, and a request of a later segment (after a Sync) that needs the name
 * waits until then.
 *
 * Ownership: statements are reference counted. Threads: the registry has leaf
 * locks; a client's and a server's tables are their worker's. Bounds: bytes of all
 * texts together (prepared_limits()), bytes of one client's, statements on one
 * server (max_prepared_statements, the least recently used goes first, and of two kinds
 * those that are kept; they are half of them at most).
 */
#ifndef SLUICE_PROXY_PREPARED_H
#define SLUICE_PROXY_PREPARED_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/base/span.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PREPARED_NAME_MAX = 32,       /* "SLUICE_" and a number, terminator included */
    PREPARED_SERVER_MAX = 100000, /* statements on one server, whatever is configured */
    EXCESS_LOOKS = 16
};

struct prepared {
    struct sl_map_node node; /* under its stripe's lock */
    atomic_uint refs;        /* any thread */
    uint64_t number;         /* constant */
    uint32_t len;            /* constant */
    uint64_t reading;        /* constant: prepared_intern()'s */
    uint64_t text_key;       /* constant: sl_hash64() of its text */
    uint32_t text_len;       /* constant: without the terminator */
    uint32_t effects;        /* constant: effects_of() its text */
    bool is_kept;            /* constant: of unnamed statements, reuse.h */
    atomic_bool is_noisy;    /* any thread: its Parse says something, so that it is not kept */
    bool is_retired;         /* under its stripe's lock: found no more */
    uint8_t body[];          /* constant: a Parse from behind the name to its end */
};

/* Bytes of all statements together; 0: no bound. */
void prepared_limit(size_t bytes_max);
size_t prepared_bytes(void);
uint32_t prepared_count(void);

/*
 * The statement with that body (query, zero, count, types), read that way: PostgreSQL turns
 * constants into values when it parses them, so that who reads them by other settings must not
 * share it. NULL: at the bound or no memory.
 */
SL_MUST_CHECK struct prepared *prepared_intern(struct sl_span body, uint64_t reading);
/* The same, for unnamed statements: apart from those with names, whose plans have a life of theirs. */
SL_MUST_CHECK struct prepared *prepared_keep(struct sl_span body, uint64_t reading);
/*
 * The reading of a body by settings that are told apart by that number, 0 where it has no constants
 * that could matter, and all its letters are ASCII. One that nobody shares: with is_unsure, and of a text with 'now', 'today' and
 * their like, whose values are those of the moment.
 */
uint64_t prepared_reading(struct sl_span body, uint64_t settings, bool is_unsure);
/* One of nobody else's. */
uint64_t prepared_reading_apart(void);
/* Has the text, of SQL, such a constant? */
bool prepared_is_of_its_moment(struct sl_span text);
/* Readings that nobody shares are numbers from here on; a process that takes over goes on behind them. */
uint64_t prepared_last_reading(void);
void prepared_readings_from(uint64_t reading);
struct prepared *prepared_ref(struct prepared *prepared);
void prepared_unref(struct prepared *prepared); /* NULL is fine */
/* Its text; that of none is empty. */
static inline struct sl_span prepared_text(const struct prepared *prepared)
{
    return prepared == NULL ? sl_span(NULL, 0) : sl_span(prepared->body, prepared->text_len);
}
/*
 * Its plans are out of date: who asks for that body from now on gets another number,
 * which no server has prepared yet.
 */
void prepared_retire(struct prepared *prepared);
/* Writes the name it has on servers; returns its length without the terminator. */
size_t prepared_name(const struct prepared *prepared, char name[PREPARED_NAME_MAX]);

/* ---- a client's names ---- */

enum name_state {
    NAME_READY,
    NAME_PARSING,  /* a Parse is under way */
    NAME_DOUBTFUL, /* the same, but what comes of it is not known: goes when that is settled */
    NAME_CLOSING,  /* a Close is under way: as good as gone, but may come back */
    NAME_GONE      /* the same, but will not come back: goes when the Close is settled */
};

/* What a Describe says of parameters and of rows, as hashes: columns.h. */
struct columns {
    uint64_t params; /* 0: not known, as the next */
    uint64_t rows;
};

struct client_name {
    struct sl_map_node node;
    struct prepared *prepared; /* a reference */
    struct columns told;       /* its client, last */
    uint32_t refs;             /* its own, and those of replies to come */
    uint32_t segment;          /* of the change under way */
    uint32_t described;        /* the segment of its last Describe, while there are those */
    uint8_t state;             /* enum name_state */
    bool is_renewed;           /* prepared was another one before */
    uint16_t len;
    uint8_t name[];
};

struct client_names {
    struct sl_map map;
    struct client_name *bound; /* columns.h: to the unnamed portal; or NULL */
    size_t bytes;
    size_t bytes_max;
};

/* NULL without memory. */
SL_MUST_CHECK struct client_names *client_names_new(size_t bytes_max);
void client_names_free(struct client_names *names); /* NULL is fine */
/*
 * The name, unless it is NAME_CLOSING or goes anyway; NULL when there is none, or names is NULL.
 * *closing (when not NULL): one of that name that is NAME_CLOSING, or NULL.
 */
struct client_name *client_names_find(
        const struct client_names *names, struct sl_span name, struct client_name **closing);
/* A new name in state NAME_PARSING; takes over the reference. NULL: at a bound, no memory. */
SL_MUST_CHECK struct client_name *client_names_add(
        struct client_names *names, struct sl_span name, struct prepared *prepared);
/* It is found no more; freed with its last reference. */
void client_names_remove(struct client_names *names, struct client_name *name);
struct client_name *client_name_ref(struct client_name *name);
void client_name_unref(struct client_name *name); /* NULL is fine */
uint32_t client_names_count(const struct client_names *names);
/* Each of them, in no order; names may be NULL. */
void client_names_each(const struct client_names *names,
        void (*each)(void *context, const struct client_name *name), void *context);
/* DISCARD ALL, DEALLOCATE ALL: all that are NAME_READY. */
void client_names_clear(struct client_names *names);
/* The same, and what is under way will not be there when it is settled. */
void client_names_forget(struct client_names *names);

/* ---- a server's statements ---- */

struct server_stmt {
    struct sl_map_node node;
    struct sl_list used; /* the last used first */
    struct prepared *prepared;
    struct columns columns; /* the same for as long as it is there: else PostgreSQL refuses it */
    uint32_t segment;
    bool is_pending; /* its Parse is under way */
    uint32_t uses;   /* of one that is kept, as the next two: Binds since its Parse */
    uint32_t epoch;  /* reuse_epoch() at its Parse */
    sl_usec made_at;
};

struct server_stmts {
    struct sl_map map;
    struct sl_map
            closing;     /* gone from here, and from the server too if their Close is not skipped */
    struct sl_list used; /* those with names */
    struct sl_list kept; /* and those for unnamed statements, likewise */
    uint32_t kept_count;
    struct prepared *unnamed; /* NULL: none, or not known */
};

void server_stmts_init(struct server_stmts *stmts);
void server_stmts_fini(struct server_stmts *stmts);
/* DISCARD ALL or DEALLOCATE ALL came by: forgets all whose Parse is not under way. */
void server_stmts_forget(struct server_stmts *stmts);
/* Forgets all: the server will, before anything else. None may be pending. */
void server_stmts_clear(struct server_stmts *stmts);
struct server_stmt *server_stmts_find(struct server_stmts *stmts, const struct prepared *prepared);
/* A new one, pending. NULL without memory. */
SL_MUST_CHECK struct server_stmt *server_stmts_add(
        struct server_stmts *stmts, struct prepared *prepared);
/* The same for one of this server's, if that is one: the pointer is only compared. */
void server_stmts_retire(struct server_stmts *stmts, const void *prepared);
void server_stmts_touch(struct server_stmts *stmts, struct server_stmt *stmt);
void server_stmts_remove(struct server_stmts *stmts, struct server_stmt *stmt);
/* Its Close is sent in that segment: it is found no more, but as closing. Nothing changed if not OK. */
SL_MUST_CHECK enum sl_err server_stmts_close(
        struct server_stmts *stmts, struct server_stmt *stmt, uint32_t segment);
struct server_stmt *server_stmts_closing(
        struct server_stmts *stmts, const struct prepared *prepared);
/* Its Close has been answered, or was not carried out (put back). Nothing if it is not closing. */
SL_MUST_CHECK enum sl_err server_stmts_closed(
        struct server_stmts *stmts, const struct prepared *prepared, bool is_put_back);
/*
 * One of the least recently used that is not pending, if more than count_max are there, of those that
 * are kept if there are any; else NULL. Looks at the EXCESS_LOOKS oldest only: in a pipeline of
 * thousands all of them are pending.
 */
struct server_stmt *server_stmts_excess(struct server_stmts *stmts, uint32_t count_max);
/*
 * For one more to be kept, where count_max may be there in all: the one that goes for it, or NULL.
 * *has_room: there will be room then; statements with names do not go.
 */
struct server_stmt *server_stmts_make_way(
        struct server_stmts *stmts, uint32_t count_max, bool *has_room);

#endif
