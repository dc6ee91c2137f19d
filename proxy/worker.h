/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/worker.h - a thread with its event loop, and everything that lives on it.
 *
 * A turn: wait for events; take letters; let each ready connection do its work;
 * resume the clients that got what they waited for; fire timers. Nothing in a
 * turn blocks. While something goes on there is a turn every 20 ms at least; after
 * that long without, the worker rests until a letter, a connection or the next of
 * its deadlines. A client stays with its worker for life; a server may be handed to
 * another worker by letter (proxy/pool.h).
 *
 * Ownership: the worker owns its loop, its buffers, its clients, and the servers
 * that are with it. Threads: all members are the worker's own, except those
 * marked. Bounds: clients_max clients; one receive buffer for all.
 */
#ifndef SLUICE_PROXY_WORKER_H
#define SLUICE_PROXY_WORKER_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/slab.h"
#include "proxy/drain.h"
#include "proxy/hold.h"
#include "proxy/mailbox.h"
#include "proxy/outbox.h"
#include "proxy/tick.h"
#include "proxy/timer.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>

struct conf;
struct pipeline;
struct reuse_proofs;
struct reuse_seen;

enum {
    WORKERS_MAX = 256,
    WORKER_CLIENTS_MAX = 1 << 20,
    READ_FRONT = 65536, /* room to put what was kept in front of what is received */
    READ_BYTES = 131072 /* received at most at once */
};

struct worker {
    unsigned index; /* constant after start */
    struct mailbox mailbox;
    pthread_t thread;
    struct event_base *base;
    struct event *mail_event;
    sl_usec now;                  /* read once a turn, sl_now() */
    struct sl_list ready;         /* struct io: something happened */
    struct sl_list resume;        /* struct client: may go on */
    struct sl_list servers;       /* struct server: all that are with this worker */
    struct sl_list listen_hubs;   /* struct listen_hub */
    struct sl_list listen_groups; /* struct listen_group */
    struct sl_list cancels;       /* cancel_send.c: requests on their way to servers and peers */
    struct timer_wheel timers;
    struct hold_cache holds;
    struct sl_slab *clients;
    struct sl_slab *stmts;       /* NULL while the pipeline is empty */
    const struct conf *conf;     /* a reference; changed by the letter of a reload */
    struct reuse_seen *seen;     /* reuse.h; NULL until it is asked for */
    struct reuse_proofs *proofs; /* reuse_proof.h; likewise */
    struct pipeline *pipeline;   /* constant after start; empty: Sluice is a pipe */
    bool stopping;
    bool has_mail;
    bool is_suspended;    /* suspend.h: as of the last letter about it */
    bool has_new_conf;    /* worker 0: min_pool_size may ask for pools that nobody has used yet */
    bool watches_clients; /* a timeout of logged-in clients is configured */
    bool shall_tend;      /* worker 0: the pools, in this turn */
    sl_usec tend_next;    /* worker 0: when the pools want it again, if nothing happens */
    struct drain_state drain; /* drain.h; its letter and its passes: any thread */
    struct tick tick;
    bool has_tick;
    struct letter stop_letter;
    struct letter suspend_letter;
    atomic_bool has_suspend_letter; /* any thread: it is on its way */
    struct letter tend_letter;
    atomic_bool has_tend_letter; /* any thread: it is on its way */
    atomic_bool is_resting;      /* any thread: nothing but letters and connections wakes it soon */
    atomic_uint clients_count;   /* any thread: for choosing where a new client goes */
    uint8_t *read_buf;           /* READ_FRONT + READ_BYTES */
    struct outbox outbox;
    struct sl_error refusal; /* of the statement that is being refused; else empty */
};

/* Starts the thread. stages fills its pipeline; NULL leaves it empty. */
SL_MUST_CHECK enum sl_err worker_start(struct worker *worker, unsigned index,
        void (*stages)(struct pipeline *pipeline, unsigned worker));
/* The loop ends after this turn; the caller is another thread and joins. */
void worker_stop(struct worker *worker);
void worker_join(struct worker *worker);

/* After worker_join(): closes what is left. */
void worker_fini(struct worker *worker);
/* By letter, on the worker: the new configuration, whose reference is taken over. */
void worker_set_conf(struct worker *worker, const struct conf *conf);

/*
 * Any thread: the pools are seen to within a tick, by worker 0. To be called by whoever
 * makes that worth while. The second costs nothing while worker 0 has ticks anyway.
 */
void worker_tend_pools(void);
void worker_tend_pools_if_resting(void);

/* True on that worker's own thread. */
bool worker_is_self(const struct worker *worker);

/* What the thread's event loop calls; also run by tests without a thread. */
void worker_turn(struct worker *worker);

#endif
