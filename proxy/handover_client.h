/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/handover_client.h - a client's session as a message, and a client from one.
 *
 *   old: worker   handover_client_may_move() -> handover_client_put() -> CLIENT_MOVING
 *   new: control  handover_client_read() -> letter -> worker: a client in CLIENT_ACTIVE
 *
 * Whatever a session gets that is not in the struct, or not in the message, has to keep its client here:
 * handover_client_may_move() is where that is said. A client moves between transactions, with nothing half read or half sent, that no server keeps
 * anything of: what makes its session is all in struct client. What stays behind is what functions
 * left on a server that it may have come back to (session_state.h), and the currval() of its sequences.
 *
 * Ownership: of a client that was read, its worker's from handover_client_adopt() on. Threads: as
 * above. Bounds: HANDOVER_BODY_MAX; a client that needs more stays where it is.
 */
#ifndef SLUICE_PROXY_HANDOVER_CLIENT_H
#define SLUICE_PROXY_HANDOVER_CLIENT_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "proxy/handover_wire.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct conf;
struct handover_adoption;

/* Is it of the kind that moves, and idle now? */
bool handover_client_may_move(const struct client *client);
/* Is it between transactions, so that its session may be ended without harm? */
bool handover_client_is_between(const struct client *client);
/* Where the number of an offer is, which whoever sends the message says. */
enum { HANDOVER_NUMBER_AT = HANDOVER_HEAD };
/* A CLIENT. SL_ELIMIT: more than a message holds; else it may be another time. */
SL_MUST_CHECK enum sl_err handover_client_put(const struct client *client, struct sl_buf *buf);

/* Before the first is read. */
SL_MUST_CHECK enum sl_err handover_client_start(void);
/*
 * All that can fail: NULL with the reason, the client stays with the other process; or with none, what it has
 * not heard is not known here. Takes over fd in either case.
 */
SL_MUST_CHECK struct handover_adoption *handover_client_read(
        const struct conf *conf, const struct handover_client *from, int fd, const char **reason);
/* To one of the workers, which serves it from then on. */
void handover_client_adopt(struct handover_adoption *adoption);
/* It was not; NULL is fine. */
void handover_client_drop(struct handover_adoption *adoption);

/*
 * A POOL's: what is known of it serves new clients at once. With warms it also makes as many servers,
 * and is held until handover_pools_are_warm(). SL_ECONF: there is no such database now.
 */
SL_MUST_CHECK enum sl_err handover_pool_learn(
        const struct conf *conf, const struct handover_pool *from, bool warms);
void handover_pools_are_warm(void);
/* CHANNELS: what clients listen to that will come (listen_keep.h). */
void handover_channels_learn(const struct conf *conf, const struct handover_channels *from);
struct pool;
SL_MUST_CHECK enum sl_err handover_pool_put(struct pool *pool, struct sl_buf *buf);

#endif
