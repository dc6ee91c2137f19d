/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/handover_client.h"

#include "conf/conf.h"
#include "protocol/base/hash.h"
#include "protocol/crypto.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/listen_client.h"
#include "proxy/listen_keep.h"
#include "proxy/listen_passage.h"
#include "proxy/params.h"
#include "proxy/prepared.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/sql_prepared.h"
#include "proxy/unnamed.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <unistd.h>

static uint64_t salt; /* constant after start */

/* A client that was read, on its way to its worker; all are owned until it is there. */
struct handover_adoption {
    struct letter letter;
    int fd;
    struct pool *pool; /* held */
    struct user *user;
    const struct params *sets[HANDOVER_SETS];
    const struct sql_prepared *sql_prepared;
    struct prepared *unnamed;
    struct client_names *names;
    struct sl_buf channels;       /* of struct handover_channel */
    struct handover_client facts; /* its texts and lists are gone */
};

/* ---- when ---- */

static bool is_at_rest(const struct client *client)
{
    return client->state == CLIENT_ACTIVE && client->body_left == 0 && !client->has_left &&
           !client->is_held && !client->skips_to_sync && !client->has_retried &&
           client->reused == NULL && client->instead == NULL && client->part.stmt == NULL &&
           client->stmt_skip == 0 && !io_holds(&client->io) && !client->io.is_failed &&
           !client->io.paused && !client->io.is_suspended && client->query_since == 0;
}

bool handover_client_may_move(const struct client *client)
{
    return is_at_rest(client) && client->server == NULL && client->pins == 0 &&
           listen_passage_may_move(client->listen) && client->io.tls == NULL &&
           !client->is_replication && !client->unnamed_is_opaque && !client->close_needed &&
           sl_list_empty(&client->resume) && client->unnamed == client->unnamed_known;
}

bool handover_client_is_between(const struct client *client)
{
    const struct server *server = client->server;

    return is_at_rest(client) &&
           (server == NULL || (server->expect.status == 'I' && expect_idle(&server->expect) &&
                                      !server->expect.skipping && !server->is_unsynced &&
                                      server->body_left == 0 && server->answer == NULL &&
                                      !server->is_setting && !io_is_clogged(&server->io)));
}

/* ---- a client as a message ---- */

static enum sl_err put_params(struct sl_buf *buf, const struct params *set)
{
    uint32_t count = params_count(set);
    enum sl_err err = sl_buf_put_u32(buf, count);

    for (uint32_t i = 0; err == SL_OK && i < count; i++) {
        const char *name;
        const char *value;
        params_at(set, i, &name, &value);
        err = handover_put_pair(buf, name, value);
    }
    return err;
}

static enum sl_err put_sql_prepared(struct sl_buf *buf, const struct sql_prepared *set)
{
    uint32_t count = sql_prepared_count(set);
    enum sl_err err = sl_buf_put_u32(buf, count);

    for (uint32_t i = 0; err == SL_OK && i < count; i++) {
        const struct sql_statement *it = sql_prepared_at(set, i);
        struct handover_statement statement = {.name = sl_span_text(it->name),
                .body = sl_span_text(it->text),
                .reading = it->reading};
        err = handover_put_statement(buf, &statement);
    }
    return err;
}

static enum sl_err put_prepared(struct sl_buf *buf, struct sl_span name,
        const struct prepared *prepared, struct columns told)
{
    struct handover_statement statement = {.name = name,
            .body = sl_span(prepared->body, prepared->len),
            .reading = prepared->reading,
            .params = told.params,
            .rows = told.rows};

    return handover_put_statement(buf, &statement);
}

static enum sl_err put_unnamed(struct sl_buf *buf, const struct prepared *unnamed)
{
    enum sl_err err = sl_buf_put_u32(buf, unnamed != NULL);

    return err == SL_OK && unnamed != NULL
                   ? put_prepared(buf, sl_span("", 0), unnamed, (struct columns){0})
                   : err;
}

struct names_walk {
    struct sl_buf *buf;
    enum sl_err err;
};

static void put_name(void *context, const struct client_name *name)
{
    struct names_walk *walk = context;

    if (walk->err == SL_OK) {
        walk->err = name->state != NAME_READY
                            ? SL_EIO /* something is under way; it will not be next time */
                            : put_prepared(walk->buf, sl_span(name->name, name->len),
                                      name->prepared, name->told);
    }
}

static enum sl_err put_names(struct sl_buf *buf, const struct client_names *names)
{
    struct names_walk walk = {.buf = buf, .err = sl_buf_put_u32(buf, client_names_count(names))};

    client_names_each(names, put_name, &walk);
    return walk.err;
}

static uint16_t flags_of(const struct client *client)
{
    return (uint16_t)((client->cancel.has_peer ? HANDOVER_HAS_PEER : 0) |
                      (client->minor_two ? HANDOVER_MINOR_TWO : 0) |
                      (client->renames ? HANDOVER_RENAMES : 0) |
                      (client->is_unix ? HANDOVER_IS_UNIX : 0) |
                      (client->asks_sequences ? HANDOVER_ASKS_SEQUENCES : 0) |
                      (client->has_unasked ? HANDOVER_HAS_UNASKED : 0) |
                      (client->has_reread ? HANDOVER_HAS_REREAD : 0) |
                      (client->may_set ? HANDOVER_MAY_SET : 0) |
                      (client->asks_channels ? HANDOVER_ASKS_CHANNELS : 0) |
                      (client->listen != NULL && client->listen->hears_itself
                                      ? HANDOVER_HEARS_ITSELF
                                      : 0));
}

static enum sl_err put_facts(const struct client *client, struct sl_buf *buf)
{
    struct handover_client facts = {.serial = client->cancel.serial,
            .pid = client->cancel.pid,
            .flags = flags_of(client),
            .key_len = client->cancel.key_len,
            .mode = client->mode,
            .rules_seen = client->rules_seen,
            .address = client->address,
            .local = client->local,
            .connected_at = client->connected_at,
            .request_at = client->request_at,
            .database = client->pool->database->name,
            .pool_user = client->pool->user->name,
            .user = client->user->name};

    return handover_put_client(buf, &facts);
}

enum sl_err handover_client_put(const struct client *client, struct sl_buf *buf)
{
    const struct params *const sets[HANDOVER_SETS] = {[HANDOVER_PARAMS] = client->params,
            [HANDOVER_SETTINGS] = client->settings,
            [HANDOVER_CUSTOM] = client->custom,
            [HANDOVER_STARTUP] = client->startup,
            [HANDOVER_OWN] = client->own};
    size_t at = 0;
    enum sl_err err = handover_begin(buf, HANDOVER_CLIENT, 1, &at);

    if (err == SL_OK) {
        err = put_facts(client, buf);
    }
    for (int i = 0; err == SL_OK && i < HANDOVER_SETS; i++) {
        err = put_params(buf, sets[i]);
    }
    if (err == SL_OK) {
        err = put_sql_prepared(buf, client->sql_prepared);
    }
    if (err == SL_OK) {
        err = put_unnamed(buf, client->unnamed);
    }
    if (err == SL_OK) {
        err = put_names(buf, client->names);
    }
    if (err == SL_OK) {
        err = listen_passage_put(client->listen, buf);
    }
    return err == SL_OK ? handover_end(buf, at) : err;
}

/* ---- a message as a client: the control thread ---- */

enum sl_err handover_client_start(void)
{
    return crypto_random(&salt, sizeof salt);
}

/*
 * A reading of the registry's may be made of numbers that are the other process's: the same here would
 * be something else. So those of a hand-over are among themselves. (One of a PREPARE is of values only.)
 */
static uint64_t reading_here(uint64_t reading)
{
    return reading == 0 ? 0 : sl_hash64_seed(sl_span(&reading, sizeof reading), salt);
}

static bool read_params(struct handover_list list, const struct params **set)
{
    struct handover_pair pair;

    *set = params_empty();
    while (handover_next_pair(&list, &pair)) {
        const struct params *next = params_with(*set, pair.name, pair.value);
        if (next == NULL) {
            return false;
        }
        *set = next;
    }
    return true;
}

static bool read_sql_prepared(struct handover_list list, const struct sql_prepared **set)
{
    struct handover_statement statement;

    if (list.count == 0) {
        return true;
    }
    struct sql_prepared_draft *draft = sql_prepared_draft_new();
    while (draft != NULL && handover_next_statement(&list, &statement)) {
        if (sql_prepared_draft_add(draft, statement.name, statement.body, statement.reading) !=
                SL_OK) {
            sql_prepared_draft_free(draft);
            return false;
        }
    }
    const struct sql_prepared *made = draft == NULL ? NULL : sql_prepared_make(draft);
    *set = made != NULL ? made : *set;
    return made != NULL;
}

/* NULL: no memory, a bound; or it is no Parse's. */
static struct prepared *read_prepared(const struct handover_statement *statement)
{
    const uint8_t *end = memchr(statement->body.at, 0, statement->body.len);

    if (end == NULL || statement->body.at + statement->body.len - end < 3) {
        return NULL;
    }
    return prepared_intern(statement->body, reading_here(statement->reading));
}

static bool read_names(
        const struct conf *conf, struct handover_list list, struct client_names **names)
{
    struct handover_statement statement;

    if (list.count == 0) {
        return true;
    }
    *names = client_names_new((size_t)conf->prepared_statements_bytes_client);
    while (*names != NULL && handover_next_statement(&list, &statement)) {
        struct prepared *prepared = read_prepared(&statement);
        struct client_name *name =
                prepared == NULL ? NULL : client_names_add(*names, statement.name, prepared);
        if (name == NULL) {
            prepared_unref(prepared);
            return false;
        }
        name->state = NAME_READY;
        name->told = (struct columns){.params = statement.params, .rows = statement.rows};
    }
    return *names != NULL;
}

static bool read_unnamed(struct handover_list list, struct prepared **unnamed)
{
    struct handover_statement statement;

    if (!handover_next_statement(&list, &statement)) {
        return true;
    }
    *unnamed = read_prepared(&statement);
    return *unnamed != NULL;
}

/* Held; NULL: no memory, or the configuration has no such database. */
static struct pool *find_pool(const struct conf *conf, const char *database, const char *user)
{
    if (conf->fallback_database == NULL && conf_find_database(conf, database) == NULL) {
        return NULL;
    }
    struct database *found = registry_database(database);
    struct user *who = registry_user(user);
    struct pool *pool = found == NULL || who == NULL ? NULL : registry_pool(found, who);
    if (found != NULL) {
        registry_let_go(&found->holders); /* the pool holds it */
    }
    if (pool != NULL) {
        pool_configure(pool, conf);
    }
    return pool;
}

static bool read_all(struct handover_adoption *adoption, const struct conf *conf,
        const struct handover_client *from)
{
    bool is_read = true;

    for (int i = 0; is_read && i < HANDOVER_SETS; i++) {
        is_read = read_params(from->sets[i], &adoption->sets[i]);
    }
    return is_read && read_sql_prepared(from->sql_prepared, &adoption->sql_prepared) &&
           read_unnamed(from->unnamed, &adoption->unnamed) &&
           read_names(conf, from->names, &adoption->names) &&
           sl_buf_put(&adoption->channels, from->channels.bytes.at, from->channels.bytes.len) ==
                   SL_OK;
}

struct handover_adoption *handover_client_read(
        const struct conf *conf, const struct handover_client *from, int fd, const char **reason)
{
    struct handover_adoption *adoption = fd < 0 ? NULL : calloc(1, sizeof *adoption);

    if (adoption == NULL) {
        *reason = fd < 0 ? "no file descriptor left" : "out of memory";
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    adoption->fd = fd;
    adoption->facts = *from;
    adoption->sql_prepared = sql_prepared_empty();
    sl_buf_init(&adoption->channels, HANDOVER_BODY_MAX);
    adoption->user = registry_user(from->user);
    adoption->pool = find_pool(conf, from->database, from->pool_user);
    if (adoption->pool == NULL || adoption->user == NULL) {
        *reason = "its database is not configured here";
    } else if (!read_all(adoption, conf, from)) {
        *reason = "out of memory, or its statements are more than may be here";
    } else if (from->channels.count > 0 && !listen_keep_has(adoption->pool->database, from->mark)) {
        *reason = NULL;
    } else {
        return adoption;
    }
    handover_client_drop(adoption);
    return NULL;
}

void handover_client_drop(struct handover_adoption *adoption)
{
    if (adoption == NULL) {
        return;
    }
    if (adoption->fd >= 0) {
        close(adoption->fd);
    }
    for (int i = 0; i < HANDOVER_SETS; i++) {
        params_unref(adoption->sets[i]);
    }
    sql_prepared_unref(adoption->sql_prepared);
    prepared_unref(adoption->unnamed);
    client_names_free(adoption->names);
    sl_buf_fini(&adoption->channels);
    if (adoption->pool != NULL) {
        registry_let_go(&adoption->pool->holders);
    }
    free(adoption);
}

/* ---- on its worker ---- */

/* It listens from now on; else it would be deaf, and nobody would know. */
static void listen_on(struct client *client, const struct handover_adoption *adoption)
{
    struct handover_list channels = {
            .count = adoption->facts.channels.count, .bytes = sl_buf_borrow(&adoption->channels)};
    struct sl_error error;

    if (!listen_passage_arrive(client, channels, adoption->facts.mark)) {
        SL_IGNORE(sl_error_set(&error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY,
                          "terminating connection because it cannot listen to its channels"),
                "the client is told");
        client_fail(client, "FATAL", &error);
    } else if (client->listen != NULL) {
        client->listen->hears_itself = (adoption->facts.flags & HANDOVER_HEARS_ITSELF) != 0;
    }
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct handover_adoption *adoption = SL_CONTAINER(letter, struct handover_adoption, letter);
    const struct handover_client *facts = &adoption->facts;
    const unsigned flags = facts->flags;
    struct client_adopted adopted = {.fd = adoption->fd,
            .address = facts->address,
            .local = facts->local,
            .serial = facts->serial,
            .pid = facts->pid,
            .has_peer = (flags & HANDOVER_HAS_PEER) != 0,
            .is_long = facts->key_len == CANCEL_KEY_LONG,
            .is_unix = (flags & HANDOVER_IS_UNIX) != 0,
            .user = adoption->user};
    struct client *client = worker->stopping ? NULL : client_adopt(worker, &adopted);

    if (!worker->stopping) {
        adoption->fd = -1; /* client_adopt() took it, or closed it */
    }
    if (client != NULL) {
        const struct params **const sets[HANDOVER_SETS] = {[HANDOVER_PARAMS] = &client->params,
                [HANDOVER_SETTINGS] = &client->settings,
                [HANDOVER_CUSTOM] = &client->custom,
                [HANDOVER_STARTUP] = &client->startup,
                [HANDOVER_OWN] = &client->own};
        for (int i = 0; i < HANDOVER_SETS; i++) {
            *sets[i] = adoption->sets[i]; /* of none before: the empty one */
            adoption->sets[i] = NULL;
        }
        client->sql_prepared = adoption->sql_prepared;
        adoption->sql_prepared = sql_prepared_empty();
        client->unnamed = adoption->unnamed;
        adoption->unnamed = NULL;
        unnamed_settled(client);
        client->names = adoption->names;
        adoption->names = NULL;
        client->mode = facts->mode;
        client->rules_seen = facts->rules_seen;
        client->renames = (flags & HANDOVER_RENAMES) != 0;
        client->minor_two = (flags & HANDOVER_MINOR_TWO) != 0;
        client->asks_sequences = (flags & HANDOVER_ASKS_SEQUENCES) != 0;
        client->has_unasked = (flags & HANDOVER_HAS_UNASKED) != 0;
        client->has_reread = (flags & HANDOVER_HAS_REREAD) != 0;
        client->may_set = (flags & HANDOVER_MAY_SET) != 0;
        client->asks_channels = (flags & HANDOVER_ASKS_CHANNELS) != 0;
        client->connected_at = facts->connected_at;
        client->request_at = facts->request_at;
        client_begin_adopted(client, adoption->pool);
        adoption->pool = NULL;
        listen_on(client, adoption);
    }
    handover_client_drop(adoption);
}

void handover_client_adopt(struct handover_adoption *adoption)
{
    struct worker *worker = process_least_loaded();

    adoption->letter.deliver = deliver;
    mailbox_post(&worker->mailbox, &adoption->letter);
}

/* ---- pools ---- */

enum sl_err handover_pool_learn(
        const struct conf *conf, const struct handover_pool *from, bool warms)
{
    struct pool *pool = find_pool(conf, from->database, from->user);
    struct credentials credentials;

    if (pool == NULL) {
        return SL_ECONF;
    }
    credentials_init(&credentials);
    enum sl_err err = from->kind == USERS_SECRET_PLAIN
                              ? credentials_set_password(&credentials, from->secret)
                              : credentials_set(&credentials, from->secret);
    if (err == SL_OK && from->has_keys) {
        credentials_set_keys(&credentials, from->client_key, from->server_key);
    }
    credentials.is_refused = from->is_refused;
    const struct params *startup = NULL;
    if (err == SL_OK && read_params(from->startup, &startup)) {
        pool_learn(pool, from->kind == USERS_SECRET_NONE ? NULL : &credentials, startup);
        warms = warms && from->servers > 0 && pool_warm(pool, from->servers) == 0;
    } else {
        warms = false;
    }
    params_unref(startup);
    credentials_fini(&credentials);
    if (warms) {
        worker_tend_pools();
    } else {
        registry_let_go(&pool->holders);
    }
    return err;
}

void handover_channels_learn(const struct conf *conf, const struct handover_channels *from)
{
    struct pool *pool = find_pool(conf, from->database, from->user);

    if (pool != NULL) {
        listen_keep_send(pool, from);
    }
}

void handover_pools_are_warm(void)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (pool_warm(p, 0) > 0) {
            registry_let_go(&p->holders);
        }
    }
}

enum sl_err handover_pool_put(struct pool *pool, struct sl_buf *buf)
{
    struct credentials credentials;

    credentials_init(&credentials);
    pthread_mutex_lock(&pool->lock);
    enum sl_err err = credentials_copy(&credentials, &pool->credentials);
    const struct params *startup = params_ref(pool->last_startup);
    uint32_t servers = pool->total > 0 ? (uint32_t)pool->total : 0;
    pthread_mutex_unlock(&pool->lock);
    struct sl_buf pairs;
    sl_buf_init(&pairs, HANDOVER_BODY_MAX);
    err = err == SL_OK ? put_params(&pairs, startup) : err;
    struct handover_pool out = {.database = pool->database->name,
            .user = pool->user->name,
            .secret = credentials.secret,
            .kind = (uint8_t)credentials.kind,
            .is_refused = credentials.is_refused,
            .has_keys = credentials.has_keys,
            .servers = servers,
            .startup.count = params_count(startup)};
    memcpy(out.client_key, credentials.client_key, sizeof out.client_key);
    memcpy(out.server_key, credentials.server_key, sizeof out.server_key);
    if (err == SL_OK) {
        sl_buf_consume(&pairs, sizeof out.startup.count); /* that is a member of its own */
        out.startup.bytes = sl_buf_borrow(&pairs);
        err = handover_put_pool(buf, &out);
    }
    sl_buf_fini(&pairs);
    params_unref(startup);
    crypto_wipe(out.client_key, sizeof out.client_key);
    crypto_wipe(out.server_key, sizeof out.server_key);
    credentials_fini(&credentials);
    return err;
}
