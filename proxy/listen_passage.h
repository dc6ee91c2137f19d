/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_passage.h - a client that listens passes from one process to another.
 *
 * Where it is in the order of notifications is said by a marker, and by how many of each of its channels it has
 * heard behind that (listen_keep.h). Both processes know what a number means if the other one listened to
 * all of its channels when the marker was made. So a client goes by a marker only if its
 * channels are the same, and the listener's to say, since before it was asked for:
 *
 *   LISTEN_MARKING 7   (hub)    settled: marking = 7         a new channel, a loss: 0, until the next
 *   LISTEN_MARKED 7    (hub)    marking <= 7: mark = 7       from here on each sub counts what it hears
 *   handed over                 mark, and the counts
 *
 * In the new process it listens to all of them at once, and hears nothing (hub_marked is below number) until the
 * hub has replayed what it missed on the way, and said LISTEN_ADOPTED.
 *
 * Ownership: of struct listen_client. Threads: the worker's. Bounds: its.
 */
#ifndef SLUICE_PROXY_LISTEN_PASSAGE_H
#define SLUICE_PROXY_LISTEN_PASSAGE_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* A marker is gone by for so long. */
#define LISTEN_MARK_FRESH (2 * SL_SECOND)

/* The number in its subs, of one that has come: no marker of a client that begins to listen has it. */
#define LISTEN_PASSED (UINT32_C(1) << 30)

struct client;
struct handover_list;
struct listen_client;
struct listen_group;
struct listen_sub;

/* ---- in the old process ---- */

/* Is all of it the listener's to say, and was it said? NULL, of a client that does not listen, may. */
bool listen_passage_may_move(const struct listen_client *listen);
/* Is it marked? If not, a marker is asked for; a pass over all clients follows when it comes. */
bool listen_passage_is_marked(struct listen_client *listen);
/* Its part of a CLIENT (handover_wire.h); also of NULL. */
SL_MUST_CHECK enum sl_err listen_passage_put(
        const struct listen_client *listen, struct sl_buf *buf);

/* ---- in the new process ---- */

/* The client has come with that: it listens from now on. False: it cannot, and has to end. */
SL_MUST_CHECK bool listen_passage_arrive(
        struct client *client, struct handover_list channels, uint32_t mark);
/* What may have been missed on the way will be said. */
void listen_passage_missed(struct listen_client *listen);

/* ---- by listen_client.c and drain.c ---- */

/* Its channels are not what they were, or not the listener's to say; or its marker is no good. */
void listen_passage_void(struct listen_client *listen);
/* One is heard. False: it has been heard in the other process. */
bool listen_passage_counts(struct listen_sub *sub);

/* ---- by listen_group.c: news ---- */

void listen_passage_marking(struct listen_group *group, struct sl_span bytes);
void listen_passage_marked(struct listen_group *group, uint32_t number);
void listen_passage_replayed(struct listen_group *group, struct sl_span bytes);
void listen_passage_skip(struct listen_group *group, struct sl_span bytes);
void listen_passage_adopted(struct listen_group *group, struct sl_span bytes);

#endif
