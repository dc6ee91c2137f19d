/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/history_send.h - one round of writing to the history table, from connect to close.
 *
 * Ownership: the caller's struct; the connection string is from malloc(), and the struct's.
 * Threads: the writer's, which waits here; is_stopping any. Bounds: see
 * proxy/history_writer.h; HISTORY_SENT shapes are remembered whose texts are there.
 */
#ifndef SLUICE_PROXY_HISTORY_SEND_H
#define SLUICE_PROXY_HISTORY_SEND_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "proxy/history_queue.h"
#include "proxy/history_text.h"

enum { HISTORY_SENT = 16384 };

struct pgconn;

struct history_send {
    char *conninfo; /* NULL is off */
    sl_usec retention_usec;
    struct history_who who;
    int wake_fd;                    /* can be read when is_stopping may have changed */
    const atomic_bool *is_stopping; /* any thread */
    struct pgconn *conn;            /* within a round */
    sl_usec deadline;               /* of the last round; 0: it is not the last */
    sl_usec tidied_at;              /* query_shapes; and sent was emptied */
    struct sl_error error;          /* why a round failed */
    uint64_t sent[HISTORY_SENT];    /* by what is in them */
};

void history_send_init(struct history_send *send, struct history_who who, int wake_fd,
        const atomic_bool *is_stopping);
void history_send_fini(struct history_send *send);

/* Would it be taken for a connection string? */
bool history_send_takes(const char *conninfo);

/* Writes what is in the queue. False: not all; send->error says why. */
SL_MUST_CHECK bool history_send(struct history_send *send, struct history_queue *queue);

#endif
