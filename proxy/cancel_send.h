/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel_send.h - one connection that carries one CancelRequest.
 *
 *   CLOSED -> CONNECT -> [ASK -> TLS] -> SENT -> CLOSED
 *
 * It is encrypted as that side's settings say. Where they leave it open (prefer) and
 * the other side will not, or the handshake fails, a second connection goes in plain;
 * where they require TLS nothing goes in plain. Who was asked closes the connection
 * when the request was carried out, and only then is it over here: whoever cancels
 * waits for that, as with PostgreSQL.
 *
 * Ownership: the first member of what its maker allocated by calloc(); the maker is
 * told every end by ended(), and lets go by cancel_send_finish(). Threads: from
 * cancel_send_begin() on one worker's. Bounds: the maker's; each has a deadline.
 */
#ifndef SLUICE_PROXY_CANCEL_SEND_H
#define SLUICE_PROXY_CANCEL_SEND_H

#include "protocol/base/slab.h"
#include "protocol/base/span.h"
#include "protocol/startup.h"
#include "proxy/address.h"
#include "proxy/io.h"
#include "proxy/mailbox.h"
#include "proxy/timer.h"

struct client;
struct tls_context;
struct worker;

enum { CANCEL_PACKET_MAX = 12 + STARTUP_KEY_MAX, CANCEL_WHY_MAX = 160 };
#define CANCEL_DEADLINE (10 * SL_SECOND)

enum cancel_end {
    CANCEL_DELIVERED, /* sent, and the other side has closed */
    CANCEL_FAILED,    /* this address is of no use: why says more */
    CANCEL_LATE,      /* its deadline */
    CANCEL_UNWANTED,  /* wanted() said so */
    CANCEL_STOPPED    /* the worker ends */
};

enum cancel_send_state {
    CANCEL_SEND_CLOSED,
    CANCEL_SEND_CONNECT,
    CANCEL_SEND_ASK, /* SSLRequest was sent */
    CANCEL_SEND_TLS, /* a handshake, step by step on the crypto threads */
    CANCEL_SEND_SENT
};

struct cancel_send {
    struct letter letter;       /* first; the maker's until cancel_send_finish() */
    struct worker *from_worker; /* of the connection the request came by */
    struct sl_id from;          /* gen 0: none */
    uint64_t number;            /* 0: none; of a request that another process passed on */
    struct worker *worker;      /* cancel_send_begin()'s */
    struct sl_list link;        /* on its list */
    struct timer timer;
    struct io io;
    enum cancel_send_state state;
    bool is_plain; /* TLS was tried, and is not required */
    struct address address;
    char *host;                      /* as configured, for TLS; NULL: no TLS */
    struct tls_context *tls_context; /* a reference; NULL: no TLS */
    uint8_t packet[CANCEL_PACKET_MAX];
    size_t packet_len;
    bool (*wanted)(struct cancel_send *send); /* asked just before it is sent; NULL: yes */
    void (*sent)(struct cancel_send *send);   /* NULL: nobody wants to know */
    void (*ended)(struct cancel_send *send, enum cancel_end end);
    char why[CANCEL_WHY_MAX]; /* of CANCEL_FAILED and CANCEL_LATE; names no key */
};

/* The connection that a CancelRequest came by waits until cancel_send_finish(). */
void cancel_send_for(struct cancel_send *send, struct client *from);
/* What is to be sent. False: no key to be sent. */
SL_MUST_CHECK bool cancel_send_packet(struct cancel_send *send, uint32_t pid, struct sl_span key);
/* On the worker that sends it; ended() is set. From now on the deadline counts. */
void cancel_send_begin(struct cancel_send *send, struct worker *worker, sl_usec deadline);
/* Connects; host and tls_context are set before, or not. False, without ended(): see why. */
SL_MUST_CHECK bool cancel_send_open(struct cancel_send *send, const struct address *address);
/* Closes what is open, lets the connection it came by go, and frees. worker: the caller's. */
void cancel_send_finish(struct cancel_send *send, struct worker *worker);

/* The worker ends: so does all that began on it. */
void cancel_send_stop_all(struct worker *worker);

#endif
