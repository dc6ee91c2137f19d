/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_local.h"

#include "protocol/back.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/worker.h"

/* What PostgreSQL says to a Query in a transaction that has failed. */
static void show_aborted(struct outbox *outbox)
{
    struct sl_error error;
    struct sl_buf buf;

    SL_IGNORE(sl_error_set(&error, SL_EINVAL, SL_STATE_IN_FAILED_TX,
                      "current transaction is aborted, commands ignored until end of "
                      "transaction block"),
            "the client is told");
    sl_buf_init(&buf, 1024);
    if (back_put_error(&buf, "ERROR", &error) == SL_OK) {
        outbox_copy(outbox, sl_buf_borrow(&buf).at, sl_buf_borrow(&buf).len);
    }
    sl_buf_fini(&buf);
}

void server_show_local(struct server *server, const struct expect_entry *entry)
{
    static const uint8_t reused[] = {
            BACK_PARSE_COMPLETE, 0, 0, 0, 4, BACK_BIND_COMPLETE, 0, 0, 0, 4};
    struct outbox *outbox = &server->io.worker->outbox;

    if (entry->local == SETTLE_REUSED) {
        outbox_copy(outbox, reused, sizeof reused);
        return;
    }
    if (entry->local == BACK_PARSE_COMPLETE || entry->local == BACK_CLOSE_COMPLETE ||
            entry->local == SETTLE_UNNAMED) {
        uint8_t type = entry->local == SETTLE_UNNAMED ? BACK_PARSE_COMPLETE : entry->local;
        const uint8_t message[] = {type, 0, 0, 0, 4};
        outbox_copy(outbox, message, sizeof message);
        return;
    }
    const struct settle_bytes *bytes = entry->undo;
    if (entry->local == SETTLE_READY && server->expect.status == 'E') {
        show_aborted(outbox);
    } else {
        outbox_copy(outbox, bytes->at, bytes->len);
    }
    if (entry->local == SETTLE_READY) {
        const uint8_t ready[] = {BACK_READY, 0, 0, 0, 5, (uint8_t)server->expect.status};
        outbox_copy(outbox, ready, sizeof ready);
    }
}
