/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/session_path.h - the search_path of a server's session, as far as its client's texts tell.
 *
 *   at rest --send()--> under way (not known) --ready()--> set, set back, or not known
 *
 * It follows one change at a time: sent in a segment of its own, or of its own transaction's
 * beginning, and answered as it should be. Of whatever else may have changed it, it says that it is
 * not known, until the session is a new one to its next client (session_path_begin()). Transactions
 * are told by tags and ReadyForQuery: what was set is undone by ROLLBACK, what was set by SET LOCAL
 * by COMMIT too. What ROLLBACK TO SAVEPOINT leaves is not known until the transaction ends.
 *
 * Numbers are search_paths.h's. Ownership: a member of struct server. Threads: its worker's.
 */
#ifndef SLUICE_PROXY_SESSION_PATH_H
#define SLUICE_PROXY_SESSION_PATH_H

#include "protocol/base/check.h"
#include "protocol/base/span.h"
#include "protocol/effects.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct params;
struct search_path_change;
struct server;

enum session_path_how {
    SESSION_PATH_QUERY,         /* a simple Query */
    SESSION_PATH_PARSE,         /* it may be executed now, or later */
    SESSION_PATH_PARSE_UNNAMED, /* likewise */
    SESSION_PATH_BIND           /* executed next, nearly always */
};

struct session_path {
    uint16_t base;      /* what the session begins with */
    uint16_t now;       /* of what is sent next, unless something is under way */
    uint16_t committed; /* once the transaction is */
    uint16_t aborted;   /* or this */
    uint16_t list;      /* of what is under way */
    uint8_t kind;       /* enum search_path_change_kind; SEARCH_PATH_KEPT: nothing is */
    uint8_t readies;    /* since then, 2 at most, as are the next */
    bool is_lost;       /* what comes of it will not be known */
    bool needs_tag;
    bool saw_tag;
    bool saw_error;
    bool saw_commit;
    bool saw_rollback;
    bool watches;         /* replies are to be told */
    bool is_opaque;       /* anything may hold, to the session's end */
    bool is_local_opaque; /* to the transaction's */
    bool has_temp;        /* temporary tables, perhaps */
    bool is_stuck;        /* the session's end may leave it */
    bool is_armed;        /* a statement that may change it has been parsed, by a name */
    bool is_unnamed_armed;
};

/* A session that is base's. Unless is_clean, what its last client's end may have left stays not known. */
void session_path_begin(struct session_path *path, uint16_t base, bool is_clean);
/* A client's session has ended, and the next may have it, when query has been run. */
void session_path_end(struct session_path *path, const char *query);
/* It is being rolled back by us. */
void session_path_roll_back(struct session_path *path);

/* A text is about to be sent that does this. is_alone: all that is under way is of its segment. */
void session_path_send(struct session_path *path, const struct search_path_change *change,
        enum session_path_how how, bool is_alone);
/* Anything may be done to it by what is sent. */
void session_path_blur(struct session_path *path);
/* Of what its client asked. Only while path->watches, as the next but one. */
void session_path_tag(struct session_path *path, struct sl_span tag);
void session_path_error(struct session_path *path);
/* is_idle: nothing else is under way. */
void session_path_ready(struct session_path *path, char status, bool is_idle);

/* A number: of what is sent next. */
uint16_t session_path_now(const struct session_path *path);

/* ---- of a client and its server; client_path.c ---- */

/* Of what the client sends next; without a server what it would begin with. */
uint16_t client_path_now(const struct client *client);
/* It has these settings from now on. is_clean: nothing else is left there. */
void client_path_begin(struct server *server, const struct params *settings, bool is_clean);
/* A text of those effects is about to be sent; empty: it is not known. */
void client_path_look(
        struct client *client, unsigned effects, struct sl_span text, enum session_path_how how);
/* A Bind of a statement whose text is not here is. */
void client_path_bind(struct client *client, bool is_named);

/* COMMIT and ROLLBACK are told by their tags. */
static inline void client_path_see(
        struct client *client, unsigned effects, struct sl_span text, enum session_path_how how)
{
    enum { ROLLBACK_LEN = 8 };

    if (SL_UNLIKELY((effects & EFFECTS_STAY) != 0 ||
                    ((effects & EFFECTS_RULES) != 0 && text.len > ROLLBACK_LEN))) {
        client_path_look(client, effects, text, how);
    }
}

#endif
