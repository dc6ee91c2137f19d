/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/channels.h - a hash of LISTEN's channels by name, and lists of names on their way.
 *
 * A struct channel is a member of whatever is known of a channel: listen_hub.c has one table of a
 * database's, listen_group.c one of a worker's. Names are bytes as PostgreSQL compares them: folded by
 * nobody here, in the encoding of the database's shared listener.
 *
 * Ownership: the caller's. Threads: the caller's. Bounds: the map's; a name is CHANNEL_NAME_MAX
 * bytes at most (PostgreSQL documentation, "NAMEDATALEN"), a list of names what its buf may hold.
 */
#ifndef SLUICE_PROXY_CHANNELS_H
#define SLUICE_PROXY_CHANNELS_H

#include "protocol/base/buf.h"
#include "protocol/base/map.h"

#include <stdbool.h>

enum { CHANNEL_NAME_MAX = 63, CHANNELS_MAX = 65536, CHANNELS_BYTES_MAX = 4 << 20 };

struct channel {
    struct sl_map_node node;
    uint8_t len;
    char name[CHANNEL_NAME_MAX + 1];
};

/* The one of that name, or NULL. */
struct channel *channels_find(const struct sl_map *channels, struct sl_span name);
/* SL_ELIMIT: the name is too long, or empty, or there are too many. It must not be there. */
SL_MUST_CHECK enum sl_err channels_put(
        struct sl_map *channels, struct channel *channel, struct sl_span name);

/* Lists: each name with a zero behind it. */
SL_MUST_CHECK enum sl_err channels_list_add(struct sl_buf *list, struct sl_span name);
/* Takes the first off. False: there is none. */
bool channels_list_next(struct sl_span *list, struct sl_span *name);

/* Those beyond ASCII are in the encoding of whoever says them. */
bool channels_is_ascii(struct sl_span text);

/* verb "name"; to a text of statements: LISTEN or UNLISTEN. */
SL_MUST_CHECK enum sl_err channels_put_statement(
        struct sl_buf *text, const char *verb, struct sl_span name);

#endif
