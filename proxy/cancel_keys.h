/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel_keys.h - the keys clients are told, and whose each is.
 *
 * A key is four bytes that clients take for a process id, and a secret of 4 bytes, or
 * of 32 in protocol 3.2. Numbered from the first, with a peer_id they are PgBouncer's
 * (since its 1.21), so that either can be the other's peer:
 *
 *   byte 0        random, its highest bit 0: process ids are positive
 *   bytes 1, 2    the peer_id, its low byte first
 *   byte 3        random
 *   bytes 4 ...   the secret; the lowest two bits of byte 7 say how often it may be
 *                 passed on, 3 in the key as the client was told
 *
 * That leaves 45 random bits of a short key, and 269 of a long one. Without a peer_id
 * the process id is the server's, where one client has it, or a number, and all of the
 * secret is random: 32 bits, or 256.
 *
 * A key is found in one step: its place in the table comes from all of a short key and
 * a random number, so neither can be guessed from how long a search takes, and secrets
 * are compared in constant time. No two keys in the table are the same.
 *
 * Ownership: a key is its client's, which removes it before it goes. Threads: any;
 * the table has a leaf lock. Bounds: cancel_keys_start()'s.
 */
#ifndef SLUICE_PROXY_CANCEL_KEYS_H
#define SLUICE_PROXY_CANCEL_KEYS_H

#include "protocol/base/err.h"
#include "protocol/base/map.h"
#include "protocol/base/slab.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

enum { CANCEL_KEY_SHORT = 4, CANCEL_KEY_LONG = 32 };

struct cancel_key {
    struct sl_map_node node; /* under the table's lock */
    uint64_t serial;         /* of the client, for ever: its secret is made from it */
    struct worker *worker;   /* the client's; this and what follows constant while known */
    struct sl_id client;
    uint32_t pid; /* as the client was told */
    uint8_t key_len;
    bool has_peer; /* pid says whose key it is */
    bool is_known; /* in the table; the worker's own */
};

/* The bound, and the random number. Once, before the first key. */
SL_MUST_CHECK enum sl_err cancel_keys_start(uint32_t keys_max);

/*
 * In the table from now on; serial, worker and client are set before. pid is the one
 * to have, or 0 for a new one, as it is with a peer_id (0: none). SL_ELIMIT at the
 * bound, SL_ENOMEM.
 */
SL_MUST_CHECK enum sl_err cancel_key_add(
        struct cancel_key *key, uint32_t pid, int peer_id, bool is_long);
/* The same, of a client that another process told its key: SL_ELIMIT when there is that one already. */
SL_MUST_CHECK enum sl_err cancel_key_adopt(
        struct cancel_key *key, uint32_t pid, bool has_peer, bool is_long);
void cancel_key_remove(struct cancel_key *key);
/* The last number that was told as a process id; and from where to count on. */
uint32_t cancel_keys_last_pid(void);
void cancel_keys_from(uint32_t pid);
/* What the client is told behind its pid; 0: no memory. */
size_t cancel_key_secret(const struct cancel_key *key, uint8_t secret[CANCEL_KEY_LONG]);

/* The worker of the client whose key that is, and which client of it; NULL: nobody's. */
struct worker *cancel_key_find(uint32_t pid, struct sl_span secret, struct sl_id *client);

/* ---- keys of peers ---- */

/* Whose key it is, if all have a peer_id. */
int cancel_key_peer(uint32_t pid);
/* To be passed on once more: counts it in the secret. False: as often as may be already. */
bool cancel_key_hop(uint8_t *secret, size_t len);

#endif
