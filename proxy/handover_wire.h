/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/handover_wire.h - what a process and the one that takes over from it say to each other.
 *
 * Messages on a Unix socket between two processes of one user on one machine: a length, a type,
 * how many descriptors belong to it, a body. Numbers are in network order, texts end with a zero
 * byte, lists begin with their count. The old process (O) and the new one (N) say
 *
 *     N HELLO                                    O WELCOME, or REFUSED and the end
 *     O SOCKET (each with its descriptor) ...
 *     O DATABASE ..., PREPARED
 *     O POOL ..., WARM                           N connects to servers, as many as O has
 *     N SERVES                                   from here on N accepts, and O does not
 *     O POOL, CLIENT (with its descriptor) ...   N TAKEN, LEFT or AGAIN, for each CLIENT
 *     N CANCEL                                   O CANCELLED
 *     O CHANNELS                                 N a marker, by way of PostgreSQL (listen_keep.h)
 *     N DATABASE                                 what is paused by now; without a name: all
 *     either DONE                                it has nothing more to say
 *
 * A body is read whole or not at all: what does not fit to the last byte, or says what cannot be,
 * is a breach. Readers of lists are for what was read already, and cannot fail.
 *
 * Ownership: what is read is borrowed from the body. Threads: any. Bounds: HANDOVER_BODY_MAX a body,
 * one descriptor a message.
 */
#ifndef SLUICE_PROXY_HANDOVER_WIRE_H
#define SLUICE_PROXY_HANDOVER_WIRE_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"
#include "proxy/address.h"
#include "proxy/auth_credentials.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HANDOVER_VERSION = 3, /* of all of this; another one is refused */
    HANDOVER_HEAD = 6,
    HANDOVER_BODY_MAX = 4 << 20,
    HANDOVER_KEY_BYTES = 32,    /* process.h: secrets of cancel keys are made from it */
    HANDOVER_CANCEL_BYTES = 256 /* PostgreSQL's bound of a cancel key */
};

enum handover_type {
    HANDOVER_HELLO = 1,
    HANDOVER_REFUSED,
    HANDOVER_WELCOME,
    HANDOVER_SOCKET,
    HANDOVER_DATABASE,
    HANDOVER_PREPARED,
    HANDOVER_WARM,
    HANDOVER_SERVES,
    HANDOVER_POOL,
    HANDOVER_CLIENT,
    HANDOVER_TAKEN,
    HANDOVER_LEFT,
    HANDOVER_CANCEL,
    HANDOVER_CANCELLED,
    HANDOVER_DONE,
    HANDOVER_CHANNELS,
    HANDOVER_AGAIN, /* it cannot have it as it is: not now */
    HANDOVER_TYPES
};

struct handover_message {
    uint8_t type; /* enum handover_type */
    uint8_t fds;  /* 0 or 1 */
    struct sl_span body;
};

enum handover_framed { HANDOVER_MORE, HANDOVER_WHOLE, HANDOVER_BREACH };

/* The message that bytes begin with; *used is its length. */
enum handover_framed handover_frame(
        struct sl_span bytes, struct handover_message *message, size_t *used);
/* In two steps: where the body begins is *at. SL_ELIMIT: it has become too long. */
SL_MUST_CHECK enum sl_err handover_begin(
        struct sl_buf *buf, enum handover_type type, uint8_t fds, size_t *at);
SL_MUST_CHECK enum sl_err handover_end(struct sl_buf *buf, size_t at);

/* ---- bodies; false: a breach ---- */

struct handover_hello {
    uint32_t version;
    uint32_t pid;
};

struct handover_welcome {
    uint32_t pid;
    uint8_t key[HANDOVER_KEY_BYTES];
    uint64_t serial;   /* the last that was given */
    uint64_t reading;  /* prepared.h, likewise */
    uint32_t last_pid; /* cancel_keys.h, likewise */
    bool is_paused;
};

enum handover_socket_kind { HANDOVER_OF_CLIENTS, HANDOVER_OF_HTTP, HANDOVER_SOCKET_KINDS };

struct handover_socket {
    uint8_t kind;
    bool has_file;
    struct sl_span address; /* a sockaddr, at most sizeof(struct address) */
};

struct handover_database {
    const char *name;
    bool is_paused;
    bool is_disabled;
};

struct handover_list {
    uint32_t count;
    struct sl_span bytes;
};

struct handover_pool {
    const char *database;
    const char *user;
    const char *secret;
    uint8_t kind; /* enum users_secret */
    bool is_refused;
    bool has_keys;
    uint8_t client_key[CREDENTIALS_KEY_BYTES];
    uint8_t server_key[CREDENTIALS_KEY_BYTES];
    uint32_t servers; /* that it has now */
    struct handover_list
            startup; /* of struct handover_pair: what the last of them was started with */
};

enum handover_flags {
    HANDOVER_HAS_PEER = 1,
    HANDOVER_MINOR_TWO = 2,
    HANDOVER_RENAMES = 4,
    HANDOVER_IS_UNIX = 8,
    HANDOVER_ASKS_SEQUENCES = 16,
    HANDOVER_HAS_UNASKED = 32,
    HANDOVER_HAS_REREAD = 64,
    HANDOVER_MAY_SET = 128,
    HANDOVER_ASKS_CHANNELS = 256,
    HANDOVER_HEARS_ITSELF = 512,
    HANDOVER_FLAGS = 1024 /* all are below */
};

/* Sets of parameters of a client, in this order. */
enum handover_set {
    HANDOVER_PARAMS,
    HANDOVER_SETTINGS,
    HANDOVER_CUSTOM,
    HANDOVER_STARTUP,
    HANDOVER_OWN,
    HANDOVER_SETS
};

struct handover_client {
    uint64_t number; /* of the offer */
    uint64_t serial;
    uint32_t pid;
    uint16_t flags; /* enum handover_flags */
    uint8_t key_len;
    uint8_t mode; /* enum conf_pool_mode */
    uint8_t rules_seen;
    struct address_short address;
    struct address_short local;
    int64_t connected_at; /* of the monotonic clock, which is the machine's */
    int64_t request_at;
    const char *database;
    const char *pool_user;
    const char *user;
    struct handover_list sets[HANDOVER_SETS]; /* of struct handover_pair */
    struct handover_list sql_prepared;        /* of struct handover_statement, by its text */
    struct handover_list unnamed;  /* of struct handover_statement, by its body; 0 or 1 */
    struct handover_list names;    /* likewise */
    struct handover_list channels; /* of struct handover_channel */
    uint32_t mark;                 /* of these: what was heard is counted from there on */
};

struct handover_pair {
    const char *name;
    const char *value;
};

struct handover_statement {
    struct sl_span name;
    struct sl_span body;
    uint64_t reading;
    uint64_t params; /* what its client was told of it, as the next: columns.h */
    uint64_t rows;
};

/* What a client listens to. */
struct handover_channel {
    struct sl_span name;
    uint64_t heard; /* so many behind the mark */
};

/* What a database's shared listener listens to: the other process shall, too, and then mark that. */
struct handover_channels {
    const char *database;
    const char *user; /* of its pool */
    const char *encoding;
    uint32_t process; /* whose mark it is; listen_news.h */
    uint32_t index;   /* of the database there */
    uint32_t number;
    struct sl_span names; /* channels.h */
};

struct handover_cancel {
    uint64_t number;
    uint32_t pid;
    struct sl_span key;
};

SL_MUST_CHECK enum sl_err handover_put_hello(
        struct sl_buf *buf, const struct handover_hello *hello);
SL_MUST_CHECK bool handover_read_hello(struct sl_span body, struct handover_hello *hello);
SL_MUST_CHECK enum sl_err handover_put_welcome(
        struct sl_buf *buf, const struct handover_welcome *welcome);
SL_MUST_CHECK bool handover_read_welcome(struct sl_span body, struct handover_welcome *welcome);
SL_MUST_CHECK enum sl_err handover_put_socket(
        struct sl_buf *buf, const struct handover_socket *socket);
SL_MUST_CHECK bool handover_read_socket(struct sl_span body, struct handover_socket *socket);
SL_MUST_CHECK enum sl_err handover_put_database(
        struct sl_buf *buf, const struct handover_database *database);
SL_MUST_CHECK bool handover_read_database(struct sl_span body, struct handover_database *database);
SL_MUST_CHECK enum sl_err handover_put_pool(struct sl_buf *buf, const struct handover_pool *pool);
SL_MUST_CHECK bool handover_read_pool(struct sl_span body, struct handover_pool *pool);
SL_MUST_CHECK enum sl_err handover_put_cancel(
        struct sl_buf *buf, const struct handover_cancel *cancel);
SL_MUST_CHECK bool handover_read_cancel(struct sl_span body, struct handover_cancel *cancel);
SL_MUST_CHECK enum sl_err handover_put_channels(
        struct sl_buf *buf, const struct handover_channels *channels);
SL_MUST_CHECK bool handover_read_channels(struct sl_span body, struct handover_channels *channels);
/* TAKEN, LEFT, AGAIN, CANCELLED. */
SL_MUST_CHECK enum sl_err handover_put_number(
        struct sl_buf *buf, enum handover_type type, uint64_t number);
SL_MUST_CHECK bool handover_read_number(struct sl_span body, uint64_t *number);
/* REFUSED. */
SL_MUST_CHECK enum sl_err handover_put_refused(struct sl_buf *buf, const char *reason);
SL_MUST_CHECK bool handover_read_refused(struct sl_span body, const char **reason);
/* PREPARED, WARM, SERVES, DONE: nothing in it. */
SL_MUST_CHECK enum sl_err handover_put_bare(struct sl_buf *buf, enum handover_type type);

/*
 * CLIENT, piece by piece in this order: what is fixed, a list for each set, then sql_prepared, unnamed
 * and names; each list by its count, then its items; channels likewise, and the mark. Of the struct only
 * what is fixed is looked at.
 */
SL_MUST_CHECK enum sl_err handover_put_client(
        struct sl_buf *buf, const struct handover_client *client);
SL_MUST_CHECK enum sl_err handover_put_pair(
        struct sl_buf *buf, const char *name, const char *value);
SL_MUST_CHECK enum sl_err handover_put_statement(
        struct sl_buf *buf, const struct handover_statement *statement);
SL_MUST_CHECK enum sl_err handover_put_channel(
        struct sl_buf *buf, const struct handover_channel *channel);
SL_MUST_CHECK bool handover_read_client(struct sl_span body, struct handover_client *client);

/* The next of a list that was read; false at its end. */
SL_MUST_CHECK bool handover_next_pair(struct handover_list *list, struct handover_pair *pair);
SL_MUST_CHECK bool handover_next_statement(
        struct handover_list *list, struct handover_statement *statement);
SL_MUST_CHECK bool handover_next_channel(
        struct handover_list *list, struct handover_channel *channel);

#endif
