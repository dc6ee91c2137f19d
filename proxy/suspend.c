/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/suspend.h"

#include "proxy/listener.h"
#include "proxy/process.h"

void suspend_io(struct io *io)
{
    io->is_suspended = true;
    io_want(io, io->wants & ~(unsigned)IO_READ);
}

/* ---- at the end ---- */

static bool wake(struct io *io)
{
    bool was_suspended = io->is_suspended;

    io->is_suspended = false;
    if (was_suspended && !io->paused) {
        io_want(io, io->wants | IO_READ);
        io_wake(io, IO_READ); /* what TLS or we hold already is not announced again */
    }
    return was_suspended;
}

static void wake_all(struct worker *worker)
{
    struct client *client;
    struct sl_id id;
    uint32_t slot = 0;

    while ((client = sl_slab_next(worker->clients, slot, &id)) != NULL) {
        slot = id.slot + 1;
        if (wake(&client->io) && client->state == CLIENT_ACTIVE) {
            client_wake_if_held(client);
        }
    }
    SL_LIST_EACH (it, &worker->servers) {
        wake(&SL_CONTAINER(it, struct server, link)->io);
    }
}

static void deliver(struct letter *letter, struct worker *worker)
{
    bool was_suspended = worker->is_suspended;

    (void)letter;
    atomic_store(
            &worker->has_suspend_letter, false); /* before looking: a later change posts anew */
    worker->is_suspended = process_is_suspended();
    if (was_suspended && !worker->is_suspended && !worker->stopping) {
        wake_all(worker);
    }
}

static void tell_workers(void)
{
    for (unsigned i = 0; i < process_workers(); i++) {
        struct worker *worker = process_worker(i);
        if (!atomic_exchange(&worker->has_suspend_letter, true)) {
            worker->suspend_letter.deliver = deliver;
            mailbox_post(&worker->mailbox, &worker->suspend_letter);
        }
    }
}

void suspend_begin(void)
{
    process_set_suspended(true);
    listener_pause(true);
    tell_workers();
}

void suspend_end(void)
{
    process_set_suspended(false);
    listener_pause(false);
    tell_workers();
}

/* ---- at rest ---- */

bool suspend_client_is_at_rest(const struct client *client)
{
    const struct server *server = client->server;

    switch ((enum client_state)client->state) {
    case CLIENT_STARTUP:
    case CLIENT_TLS:
    case CLIENT_AUTH:
    case CLIENT_AUTH_WAIT:
    case CLIENT_CANCEL:
        return false;
    case CLIENT_MOVING:
    case CLIENT_CONSOLE:
    case CLIENT_LEAVING:
    case CLIENT_CLOSED:
        return true;
    case CLIENT_WELCOME:
    case CLIENT_ACTIVE:
    case CLIENT_WAITING:
    case CLIENT_STAGED:
        break;
    }
    return client->body_left == 0 && !io_is_clogged(&client->io) &&
           (server == NULL || (server->body_left == 0 && !io_is_clogged(&server->io)));
}

bool suspend_server_is_at_rest(const struct server *server)
{
    return server->state != SERVER_CLEAN && server->state != SERVER_TEST &&
           server->state != SERVER_LOAD;
}
