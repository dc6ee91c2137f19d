/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/warm_session.h - a client of our own, which asks again what others asked: for proxy/warm.h.
 *
 * It is a client like any other (client.h), on the other end of a socket pair: what it asks goes through the
 * pipeline, waits in line, and is kept, or not, as anybody's. It proves nothing: it has nobody's password, and
 * whoever has the process has the file. So it is let in only where that shows nobody anything and does no harm: to
 * a pool that has a server already, whose login is therefore known to work, and where nobody waits. Its answers
 * are read and thrown away. It takes nobody's place: it is not counted against the limits of clients.
 *
 * It begins with what such a session asked for at its start, and sets what that had set.
 *
 * Ownership: the caller's struct. Threads: one of its own, which may wait; whether there is such a pool is looked
 * at on a worker. Bounds: WARM_SESSION_PATIENCE for each answer.
 */
#ifndef SLUICE_PROXY_WARM_SESSION_H
#define SLUICE_PROXY_WARM_SESSION_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "proxy/warm_list.h"

#define WARM_SESSION_PATIENCE (60 * SL_SECOND)

enum warm_asked {
    WARM_ANSWERED,
    WARM_ERROR,  /* it is an error; the session goes on */
    WARM_LOST,   /* the session is over */
    WARM_NOT_NOW /* of open: there is no such pool, it has no server, or is busy */
};

struct warm_session {
    int fd;
    int stop_fd;            /* readable: end what is under way */
    unsigned pool_size;     /* as it was at the beginning; 0: no limit */
    struct sl_buf reported; /* names and values that its server reported */
};

/* With the first question of its kind. */
enum warm_asked warm_session_open(
        struct warm_session *session, const struct warm_question *question, int stop_fd);
enum warm_asked warm_session_ask(
        struct warm_session *session, const struct warm_question *question);
/* Of one that was opened, whatever came of it. */
void warm_session_close(struct warm_session *session);

#endif
