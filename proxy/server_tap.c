/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_tap.h"

#include "protocol/back.h"
#include "protocol/message.h"
#include "protocol/stmt.h"
#include "proxy/client_stmt.h"
#include "proxy/pipeline.h"
#include "proxy/server.h"
#include "proxy/worker.h"

enum { WHOLE_MAX = 65536 }; /* without on_reply: a longer one that should be looked at passes */

enum end {
    END_NOT, /* the client learns nothing from it that on_done is for */
    END_MORE,
    END_HERE
};

struct tap {
    struct server *server;
    struct sl_span bytes;
    size_t until;     /* END_HERE: what leads up to it, itself included */
    char transaction; /* likewise: what it says of the transaction */
};

static size_t total_of(struct sl_span bytes)
{
    return (size_t)sl_get_u32(bytes.at + 1) + 1;
}

static bool is_enough(const struct server *server, struct sl_span bytes, bool is_looked_at)
{
    bool is_shown = (server->taps & STAGE_TAP_REPLY) != 0;
    size_t most = is_shown ? STMT_REQUEST_MAX : WHOLE_MAX;

    return bytes.len >= total_of(bytes) || total_of(bytes) > most || !(is_looked_at || is_shown);
}

/* ---- where a reply ends ---- */

static bool is_commit(struct sl_span bytes)
{
    struct sl_span tag;

    return bytes.len >= total_of(bytes) &&
           back_tag_read(sl_span(bytes.at + MESSAGE_HEAD, total_of(bytes) - MESSAGE_HEAD), &tag) ==
                   SL_OK &&
           (sl_span_is(tag, "COMMIT") || sl_span_is(tag, "COMMIT PREPARED"));
}

/* May it stand between a CommandComplete that is withheld and ReadyForQuery? */
static bool may_stand_between(uint8_t type, bool behind_commit)
{
    switch (type) {
    case BACK_PARAM_STATUS:
    case BACK_NOTICE:
    case BACK_NOTIFICATION:
    case BACK_CLOSE_COMPLETE:
        return true;
    case BACK_COPY_IN: /* for these the client must say something */
    case BACK_COPY_BOTH:
        return false;
    default:
        return behind_commit;
    }
}

static enum end at_ready(struct tap *tap, size_t at)
{
    tap->until = at + MESSAGE_HEAD + 1;
    if (total_of(sl_span(tap->bytes.at + at, MESSAGE_HEAD)) != MESSAGE_HEAD + 1) {
        return END_NOT; /* server_relay.c says what is wrong with it */
    }
    if (tap->bytes.len < tap->until) {
        return END_MORE;
    }
    tap->transaction = (char)tap->bytes.at[tap->until - 1];
    return END_HERE;
}

static enum end look_ahead(struct tap *tap, bool behind_commit)
{
    struct sl_span ahead = tap->bytes;

    for (size_t at = total_of(ahead); at <= TAP_WITHHELD_MAX; at += total_of(ahead)) {
        if (at + MESSAGE_HEAD > tap->bytes.len) {
            return END_MORE;
        }
        ahead = sl_span(tap->bytes.at + at, tap->bytes.len - at);
        if (!message_len_ok(sl_get_u32(ahead.at + 1))) {
            return END_NOT; /* likewise */
        }
        if (ahead.at[0] == BACK_READY) {
            return at_ready(tap, at);
        }
        if (!may_stand_between(ahead.at[0], behind_commit)) {
            return END_NOT;
        }
    }
    return END_NOT;
}

static enum end end_of(struct tap *tap)
{
    const struct server *server = tap->server;
    const struct expect_entry *head = expect_head(&server->expect);
    uint8_t type = tap->bytes.at[0];

    if (head == NULL || (head->flags & EXPECT_HIDDEN) != 0 || server->is_retried) {
        return END_NOT;
    }
    if (type == BACK_READY) {
        return at_ready(tap, 0);
    }
    if (type != BACK_COMMAND_COMPLETE || (head->ref == NULL && server->finished == NULL)) {
        return END_NOT;
    }
    if (head->kind == EXPECT_QUERY) {
        return look_ahead(tap, is_commit(tap->bytes));
    }
    if (expect_ends_next(&server->expect)) {
        enum end end = look_ahead(tap, false);
        tap->until = total_of(tap->bytes); /* what follows is not this statement's */
        return end;
    }
    tap->transaction = 'I';
    tap->until = total_of(tap->bytes);
    return is_commit(tap->bytes) ? END_HERE : END_NOT;
}

/* ---- showing and withholding ---- */

/* The messages up to `until` that no stage has seen. */
static void show(struct tap *tap, size_t until)
{
    struct server *server = tap->server;

    while ((server->taps & STAGE_TAP_REPLY) != 0 && server->tapped < until) {
        struct sl_span rest =
                sl_span(tap->bytes.at + server->tapped, tap->bytes.len - server->tapped);
        size_t total = total_of(rest);
        client_stmt_reply(server, sl_span(rest.at, rest.len < total ? rest.len : total));
        server->tapped += (uint32_t)total;
    }
}

static void withhold(struct server *server)
{
    struct worker *worker = server->io.worker;

    if (!server->is_withheld) {
        server->is_withheld = true;
        timer_set(&worker->timers, &server->timer, worker->now + STMT_DONE_WAIT);
    }
    server->io.paused = true;
    io_want(&server->io, server->io.wants & ~(unsigned)IO_READ);
}

static void let_pass(struct server *server)
{
    if (server->is_withheld) {
        server->is_withheld = false;
        timer_clear(&server->io.worker->timers, &server->timer);
        io_unpause(&server->io);
    }
}

bool server_tap(struct server *server, struct sl_span bytes, bool is_looked_at)
{
    struct tap tap = {.server = server, .bytes = bytes};

    if (!is_enough(server, bytes, is_looked_at)) {
        return false;
    }
    enum end end = (server->taps & STAGE_TAP_DONE) == 0 ? END_NOT : end_of(&tap);
    if (end == END_MORE) {
        return false;
    }
    show(&tap, end == END_HERE ? tap.until : total_of(bytes));
    if (end == END_HERE && !client_stmt_done(server, tap.transaction)) {
        withhold(server);
        return false;
    }
    let_pass(server);
    server->tapped -= server->tapped < total_of(bytes) ? server->tapped : (uint32_t)total_of(bytes);
    return true;
}
