/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_settle.h - what becomes of names and statements when a reply has come.
 *
 * What an entry of the expect queue carries:
 *
 *   kind              ref                     undo
 *   PARSE named       struct server_stmt      struct client_name, or NULL (injected)
 *   PARSE apart       struct server_stmt      NULL                  (local = SETTLE_APART)
 *   PARSE probing     NULL                    likewise
 *   PARSE, CLOSE      struct prepared: what   NULL                    (local = SETTLE_UNNAMED)
 *     unnamed         is unnamed then
 *   CLOSE injected    struct prepared         NULL
 *   BIND, DESCRIBE    struct prepared, only   a reference to a struct client_name, or NULL; of a
 *     statement       to be compared          DESCRIBE a poison's bytes
 *   DESCRIBE portal   struct stmt, or NULL    NULL, or such a reference
 *   LOCAL '1'         NULL                    struct client_name    (local = '1')
 *   LOCAL '1' unnamed as of PARSE unnamed     NULL                  (local = SETTLE_UNNAMED)
 *   LOCAL '1' and '2' struct prepared: what   NULL                  (local = SETTLE_REUSED)
 *     of one kept     is unnamed then
 *   LOCAL '3'         NULL                    struct client_name    (local = '3'), or NULL
 *   LOCAL, bytes      NULL                    struct settle_bytes   (local = 0; SETTLE_READY:
 *                                             a ReadyForQuery follows them, and nothing is
 *                                             unnamed behind it)
 *   poison            NULL                    struct settle_bytes
 *   QUERY, EXECUTE    struct stmt, or NULL    NULL                  (local = SETTLE_UNNAMED: of a
 *                                             Query that nothing is unnamed behind)
 *   QUERY of ours     NULL                    settle_bytes: a name  (local = SETTLE_PREPARED: of a
 *                                             PREPARE; NULL of a DEALLOCATE)
 *
 * Threads: the server's worker.
 */
#ifndef SLUICE_PROXY_SERVER_SETTLE_H
#define SLUICE_PROXY_SERVER_SETTLE_H

#include "protocol/base/span.h"
#include "protocol/expect.h"

struct server;
struct client;

/* From the third on: of a hidden Query. */
enum {
    SETTLE_UNNAMED = 1,
    SETTLE_READY = 2,
    SETTLE_TOLERATED = 3, /* its error is logged only */
    SETTLE_QUESTION = 4,  /* auth_query */
    SETTLE_LOAD = 5,      /* server_load.h */
    SETTLE_STATE = 6,     /* session_state.h */
    SETTLE_SETTINGS = 7,  /* link_params.h: its error is the client's */
    SETTLE_PREPARED = 8,  /* link_prepared.h */
    SETTLE_PLAN = 9,      /* reuse_proof.h */
    SETTLE_REUSED = 10,   /* client_reuse.h; of no Query */
    SETTLE_LISTEN = 11,   /* listen_client.h */
    SETTLE_HUB = 12,      /* listen_hub.h */
    SETTLE_APART = 13,    /* named_parse_apart(); of no Query */
    SETTLE_ISOLATION = 14 /* server_isolation.h */
};

/* A reply of ours that waits for its turn. */
struct settle_bytes {
    size_t len;
    uint8_t at[];
};

/* A copy; NULL without memory. Freed when settled or shown. */
SL_MUST_CHECK struct settle_bytes *settle_bytes_new(struct sl_span bytes);

/* As expect_settle; self is the server. */
void server_settle(void *self, const struct expect_entry *entry, enum expect_outcome outcome);
/* A local reply was shown: what it told the client is so now. */
void server_settle_local(struct server *server, const struct expect_entry *entry);

#endif
