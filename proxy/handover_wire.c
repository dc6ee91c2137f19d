/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/handover_wire.h"

#include "conf/conf.h"
#include "protocol/cursor.h"
#include "proxy/cancel_keys.h"
#include "proxy/channels.h"

enum { MAGIC = 0x534c4f48, PAIR_MIN = 2, STATEMENT_MIN = 32, CHANNEL_MIN = 9 };

/* ---- framing ---- */

enum handover_framed handover_frame(
        struct sl_span bytes, struct handover_message *message, size_t *used)
{
    if (bytes.len < HANDOVER_HEAD) {
        return HANDOVER_MORE;
    }
    uint32_t len = sl_get_u32(bytes.at);
    uint8_t type = bytes.at[4];
    uint8_t fds = bytes.at[5];
    bool takes_fd = type == HANDOVER_SOCKET || type == HANDOVER_CLIENT;
    if (len > HANDOVER_BODY_MAX || type == 0 || type >= HANDOVER_TYPES || fds != takes_fd) {
        return HANDOVER_BREACH;
    }
    if (bytes.len - HANDOVER_HEAD < len) {
        return HANDOVER_MORE;
    }
    *message = (struct handover_message){
            .type = type, .fds = fds, .body = sl_span(bytes.at + HANDOVER_HEAD, len)};
    *used = (size_t)HANDOVER_HEAD + len;
    return HANDOVER_WHOLE;
}

enum sl_err handover_begin(struct sl_buf *buf, enum handover_type type, uint8_t fds, size_t *at)
{
    enum sl_err err = sl_buf_reserve(buf, HANDOVER_HEAD);

    if (err != SL_OK) {
        return err;
    }
    *at = sl_buf_len(buf);
    SL_IGNORE(sl_buf_put_u32(buf, 0), "there is room");
    SL_IGNORE(sl_buf_put_u8(buf, (uint8_t)type), "likewise");
    SL_IGNORE(sl_buf_put_u8(buf, fds), "likewise");
    return SL_OK;
}

enum sl_err handover_end(struct sl_buf *buf, size_t at)
{
    size_t len = sl_buf_len(buf) - at - HANDOVER_HEAD;

    if (len > HANDOVER_BODY_MAX) {
        return SL_ELIMIT;
    }
    sl_set_u32(buf->at + buf->done + at, (uint32_t)len);
    return SL_OK;
}

/* ---- pieces ---- */

/* Puts one after the other; what failed first stays. */
struct writer {
    struct sl_buf *buf;
    size_t at;
    enum sl_err err;
};

static struct writer begin(struct sl_buf *buf, enum handover_type type, uint8_t fds)
{
    struct writer writer = {.buf = buf};

    writer.err = handover_begin(buf, type, fds, &writer.at);
    return writer;
}

static void put_u8(struct writer *writer, uint8_t value)
{
    writer->err = writer->err == SL_OK ? sl_buf_put_u8(writer->buf, value) : writer->err;
}

static void put_u32(struct writer *writer, uint32_t value)
{
    writer->err = writer->err == SL_OK ? sl_buf_put_u32(writer->buf, value) : writer->err;
}

static void put_u64(struct writer *writer, uint64_t value)
{
    put_u32(writer, (uint32_t)(value >> 32));
    put_u32(writer, (uint32_t)value);
}

static void put_bytes(struct writer *writer, const void *bytes, size_t len)
{
    writer->err = writer->err == SL_OK ? sl_buf_put(writer->buf, bytes, len) : writer->err;
}

static void put_text(struct writer *writer, const char *text)
{
    writer->err = writer->err == SL_OK ? sl_buf_put_cstr(writer->buf, text) : writer->err;
}

static enum sl_err end(const struct writer *writer)
{
    return writer->err == SL_OK ? handover_end(writer->buf, writer->at) : writer->err;
}

static uint64_t get_u64(struct cursor *cursor)
{
    uint64_t high = cursor_u32(cursor);

    return high << 32 | cursor_u32(cursor);
}

static const char *get_text(struct cursor *cursor)
{
    return (const char *)cursor_cstr(cursor).at;
}

/* 0 or 1; anything else is a breach. */
static bool get_bool(struct cursor *cursor)
{
    uint8_t value = cursor_u8(cursor);

    cursor->is_cut |= value > 1;
    return value == 1;
}

static void get_bytes(struct cursor *cursor, uint8_t *bytes, size_t len)
{
    struct sl_span span = cursor_bytes(cursor, len);

    if (span.len == len) {
        memcpy(bytes, span.at, len);
    }
}

/* ---- short bodies ---- */

enum sl_err handover_put_hello(struct sl_buf *buf, const struct handover_hello *hello)
{
    struct writer writer = begin(buf, HANDOVER_HELLO, 0);

    put_u32(&writer, MAGIC);
    put_u32(&writer, hello->version);
    put_u32(&writer, hello->pid);
    return end(&writer);
}

bool handover_read_hello(struct sl_span body, struct handover_hello *hello)
{
    struct cursor cursor = cursor_at(body);
    bool is_ours = cursor_u32(&cursor) == MAGIC;

    *hello = (struct handover_hello){.version = cursor_u32(&cursor)};
    hello->pid = cursor_u32(&cursor);
    /* Whatever another version has behind these, it is read far enough to be refused. */
    return is_ours && !cursor.is_cut &&
           (hello->version != HANDOVER_VERSION || cursor_ended(&cursor));
}

enum sl_err handover_put_welcome(struct sl_buf *buf, const struct handover_welcome *welcome)
{
    struct writer writer = begin(buf, HANDOVER_WELCOME, 0);

    put_u32(&writer, welcome->pid);
    put_bytes(&writer, welcome->key, sizeof welcome->key);
    put_u64(&writer, welcome->serial);
    put_u64(&writer, welcome->reading);
    put_u32(&writer, welcome->last_pid);
    put_u8(&writer, welcome->is_paused);
    return end(&writer);
}

bool handover_read_welcome(struct sl_span body, struct handover_welcome *welcome)
{
    struct cursor cursor = cursor_at(body);

    welcome->pid = cursor_u32(&cursor);
    get_bytes(&cursor, welcome->key, sizeof welcome->key);
    welcome->serial = get_u64(&cursor);
    welcome->reading = get_u64(&cursor);
    welcome->last_pid = cursor_u32(&cursor);
    welcome->is_paused = get_bool(&cursor);
    return cursor_ended(&cursor);
}

enum sl_err handover_put_socket(struct sl_buf *buf, const struct handover_socket *socket)
{
    struct writer writer = begin(buf, HANDOVER_SOCKET, 1);

    put_u8(&writer, socket->kind);
    put_u8(&writer, socket->has_file);
    put_u8(&writer, (uint8_t)socket->address.len);
    put_bytes(&writer, socket->address.at, socket->address.len);
    return end(&writer);
}

bool handover_read_socket(struct sl_span body, struct handover_socket *socket)
{
    struct cursor cursor = cursor_at(body);
    struct address address;

    socket->kind = cursor_u8(&cursor);
    socket->has_file = get_bool(&cursor);
    size_t len = cursor_u8(&cursor);
    socket->address = cursor_bytes(&cursor, len);
    return cursor_ended(&cursor) && socket->kind < HANDOVER_SOCKET_KINDS &&
           len >= sizeof(sa_family_t) && len <= sizeof address.at;
}

enum sl_err handover_put_database(struct sl_buf *buf, const struct handover_database *database)
{
    struct writer writer = begin(buf, HANDOVER_DATABASE, 0);

    put_text(&writer, database->name);
    put_u8(&writer, database->is_paused);
    put_u8(&writer, database->is_disabled);
    return end(&writer);
}

bool handover_read_database(struct sl_span body, struct handover_database *database)
{
    struct cursor cursor = cursor_at(body);

    database->name = get_text(&cursor);
    database->is_paused = get_bool(&cursor);
    database->is_disabled = get_bool(&cursor);
    return cursor_ended(&cursor);
}

enum sl_err handover_put_cancel(struct sl_buf *buf, const struct handover_cancel *cancel)
{
    struct writer writer = begin(buf, HANDOVER_CANCEL, 0);

    put_u64(&writer, cancel->number);
    put_u32(&writer, cancel->pid);
    put_bytes(&writer, cancel->key.at, cancel->key.len);
    return end(&writer);
}

bool handover_read_cancel(struct sl_span body, struct handover_cancel *cancel)
{
    struct cursor cursor = cursor_at(body);

    cancel->number = get_u64(&cursor);
    cancel->pid = cursor_u32(&cursor);
    cancel->key = cursor.left;
    return !cursor.is_cut && cancel->key.len > 0 && cancel->key.len <= HANDOVER_CANCEL_BYTES;
}

enum sl_err handover_put_channels(struct sl_buf *buf, const struct handover_channels *channels)
{
    struct writer writer = begin(buf, HANDOVER_CHANNELS, 0);

    put_text(&writer, channels->database);
    put_text(&writer, channels->user);
    put_text(&writer, channels->encoding);
    put_u32(&writer, channels->process);
    put_u32(&writer, channels->index);
    put_u32(&writer, channels->number);
    put_bytes(&writer, channels->names.at, channels->names.len);
    return end(&writer);
}

/* Each ends with its zero byte, and none is longer than it can be, or empty. */
static bool are_names(struct sl_span names)
{
    size_t len = 0;

    for (size_t i = 0; i < names.len; i++) {
        if (names.at[i] == '\0' ? len == 0 : len == CHANNEL_NAME_MAX) {
            return false;
        }
        len = names.at[i] == '\0' ? 0 : len + 1;
    }
    return len == 0;
}

bool handover_read_channels(struct sl_span body, struct handover_channels *channels)
{
    struct cursor cursor = cursor_at(body);

    channels->database = get_text(&cursor);
    channels->user = get_text(&cursor);
    channels->encoding = get_text(&cursor);
    channels->process = cursor_u32(&cursor);
    channels->index = cursor_u32(&cursor);
    channels->number = cursor_u32(&cursor);
    channels->names = cursor.left;
    return !cursor.is_cut && channels->number > 0 && are_names(channels->names);
}

enum sl_err handover_put_number(struct sl_buf *buf, enum handover_type type, uint64_t number)
{
    struct writer writer = begin(buf, type, 0);

    put_u64(&writer, number);
    return end(&writer);
}

bool handover_read_number(struct sl_span body, uint64_t *number)
{
    struct cursor cursor = cursor_at(body);

    *number = get_u64(&cursor);
    return cursor_ended(&cursor);
}

enum sl_err handover_put_refused(struct sl_buf *buf, const char *reason)
{
    struct writer writer = begin(buf, HANDOVER_REFUSED, 0);

    put_text(&writer, reason);
    return end(&writer);
}

bool handover_read_refused(struct sl_span body, const char **reason)
{
    struct cursor cursor = cursor_at(body);

    *reason = get_text(&cursor);
    return cursor_ended(&cursor);
}

enum sl_err handover_put_bare(struct sl_buf *buf, enum handover_type type)
{
    struct writer writer = begin(buf, type, 0);

    return end(&writer);
}

/* ---- clients ---- */

static void put_address(struct writer *writer, const struct address_short *address)
{
    put_u8(writer, address->family);
    put_u32(writer, address->port);
    put_bytes(writer, address->ip, sizeof address->ip);
}

static bool get_address(struct cursor *cursor, struct address_short *address)
{
    *address = (struct address_short){.family = cursor_u8(cursor)};
    uint32_t port = cursor_u32(cursor);
    address->port = (uint16_t)port;
    get_bytes(cursor, address->ip, sizeof address->ip);
    return port <= UINT16_MAX && (address->family == 0 || address->family == AF_UNIX ||
                                         address->family == AF_INET || address->family == AF_INET6);
}

enum sl_err handover_put_client(struct sl_buf *buf, const struct handover_client *client)
{
    struct writer writer = {.buf = buf};

    put_u64(&writer, client->number);
    put_u64(&writer, client->serial);
    put_u32(&writer, client->pid);
    put_u32(&writer, client->flags);
    put_u8(&writer, client->key_len);
    put_u8(&writer, client->mode);
    put_u8(&writer, client->rules_seen);
    put_address(&writer, &client->address);
    put_address(&writer, &client->local);
    put_u64(&writer, (uint64_t)client->connected_at);
    put_u64(&writer, (uint64_t)client->request_at);
    put_text(&writer, client->database);
    put_text(&writer, client->pool_user);
    put_text(&writer, client->user);
    return writer.err;
}

enum sl_err handover_put_pair(struct sl_buf *buf, const char *name, const char *value)
{
    struct writer writer = {.buf = buf};

    put_text(&writer, name);
    put_text(&writer, value);
    return writer.err;
}

enum sl_err handover_put_statement(struct sl_buf *buf, const struct handover_statement *statement)
{
    struct writer writer = {.buf = buf};

    put_u64(&writer, statement->reading);
    put_u64(&writer, statement->params);
    put_u64(&writer, statement->rows);
    put_u32(&writer, (uint32_t)statement->name.len);
    put_u32(&writer, (uint32_t)statement->body.len);
    put_bytes(&writer, statement->name.at, statement->name.len);
    put_bytes(&writer, statement->body.at, statement->body.len);
    return writer.err;
}

enum sl_err handover_put_channel(struct sl_buf *buf, const struct handover_channel *channel)
{
    struct writer writer = {.buf = buf};

    put_u64(&writer, channel->heard);
    put_bytes(&writer, channel->name.at, channel->name.len);
    put_u8(&writer, '\0');
    return writer.err;
}

static struct handover_pair get_pair(struct cursor *cursor)
{
    const char *name = get_text(cursor);

    return (struct handover_pair){.name = name, .value = get_text(cursor)};
}

static struct handover_statement get_statement(struct cursor *cursor)
{
    struct handover_statement statement = {.reading = get_u64(cursor)};
    statement.params = get_u64(cursor);
    statement.rows = get_u64(cursor);
    size_t name_len = cursor_u32(cursor);
    size_t body_len = cursor_u32(cursor);

    statement.name = cursor_bytes(cursor, name_len);
    statement.body = cursor_bytes(cursor, body_len);
    return statement;
}

static struct handover_channel get_channel(struct cursor *cursor)
{
    struct handover_channel channel = {.heard = get_u64(cursor)};

    channel.name = cursor_cstr(cursor);
    cursor->is_cut |= channel.name.len == 0 || channel.name.len > CHANNEL_NAME_MAX;
    return channel;
}

enum item { PAIRS, STATEMENTS, CHANNELS };

/* Walks the list, so that whoever walks it again need not look. */
static void get_list(struct cursor *cursor, enum item item, struct handover_list *list)
{
    list->count = cursor_u32(cursor);
    list->bytes = cursor->left;
    static const size_t least[] = {
            [PAIRS] = PAIR_MIN, [STATEMENTS] = STATEMENT_MIN, [CHANNELS] = CHANNEL_MIN};
    cursor->is_cut |= list->count > cursor->left.len / least[item];
    for (uint32_t i = 0; i < list->count && !cursor->is_cut; i++) {
        if (item == PAIRS) {
            (void)get_pair(cursor);
        } else if (item == CHANNELS) {
            (void)get_channel(cursor);
        } else {
            (void)get_statement(cursor);
        }
    }
    list->bytes.len -= cursor->left.len;
}

/* ---- pools ---- */

enum sl_err handover_put_pool(struct sl_buf *buf, const struct handover_pool *pool)
{
    struct writer writer = begin(buf, HANDOVER_POOL, 0);

    put_text(&writer, pool->database);
    put_text(&writer, pool->user);
    put_text(&writer, pool->secret);
    put_u8(&writer, pool->kind);
    put_u8(&writer, pool->is_refused);
    put_u8(&writer, pool->has_keys);
    put_bytes(&writer, pool->client_key, sizeof pool->client_key);
    put_bytes(&writer, pool->server_key, sizeof pool->server_key);
    put_u32(&writer, pool->servers);
    put_u32(&writer, pool->startup.count);
    put_bytes(&writer, pool->startup.bytes.at, pool->startup.bytes.len);
    return end(&writer);
}

bool handover_read_pool(struct sl_span body, struct handover_pool *pool)
{
    struct cursor cursor = cursor_at(body);

    pool->database = get_text(&cursor);
    pool->user = get_text(&cursor);
    pool->secret = get_text(&cursor);
    pool->kind = cursor_u8(&cursor);
    pool->is_refused = get_bool(&cursor);
    pool->has_keys = get_bool(&cursor);
    get_bytes(&cursor, pool->client_key, sizeof pool->client_key);
    get_bytes(&cursor, pool->server_key, sizeof pool->server_key);
    pool->servers = cursor_u32(&cursor);
    get_list(&cursor, PAIRS, &pool->startup);
    return cursor_ended(&cursor) && pool->kind <= USERS_SECRET_SCRAM;
}

/* ---- clients, whole ---- */

static bool is_sound(const struct handover_client *client)
{
    return client->flags < HANDOVER_FLAGS && client->mode <= CONF_POOL_STATEMENT &&
           (client->key_len == CANCEL_KEY_SHORT || client->key_len == CANCEL_KEY_LONG) &&
           client->connected_at >= 0 && client->request_at >= 0 && client->unnamed.count <= 1 &&
           (client->mark != 0 || client->channels.count == 0);
}

bool handover_read_client(struct sl_span body, struct handover_client *client)
{
    struct cursor cursor = cursor_at(body);

    *client = (struct handover_client){.number = get_u64(&cursor)};
    client->serial = get_u64(&cursor);
    client->pid = cursor_u32(&cursor);
    uint32_t flags = cursor_u32(&cursor);
    client->flags = flags < HANDOVER_FLAGS ? (uint16_t)flags : HANDOVER_FLAGS;
    client->key_len = cursor_u8(&cursor);
    client->mode = cursor_u8(&cursor);
    client->rules_seen = cursor_u8(&cursor);
    bool has_addresses =
            get_address(&cursor, &client->address) && get_address(&cursor, &client->local);
    client->connected_at = (int64_t)get_u64(&cursor);
    client->request_at = (int64_t)get_u64(&cursor);
    client->database = get_text(&cursor);
    client->pool_user = get_text(&cursor);
    client->user = get_text(&cursor);
    for (int i = 0; i < HANDOVER_SETS; i++) {
        get_list(&cursor, PAIRS, &client->sets[i]);
    }
    get_list(&cursor, STATEMENTS, &client->sql_prepared);
    get_list(&cursor, STATEMENTS, &client->unnamed);
    get_list(&cursor, STATEMENTS, &client->names);
    get_list(&cursor, CHANNELS, &client->channels);
    client->mark = cursor_u32(&cursor);
    return has_addresses && cursor_ended(&cursor) && is_sound(client);
}

/* ---- lists that were read ---- */

/* The item that was read is behind us. False: it was cut off. */
static bool pass_item(struct handover_list *list, const struct cursor *cursor)
{
    list->count--;
    list->bytes = cursor->left;
    return !cursor->is_cut;
}

bool handover_next_pair(struct handover_list *list, struct handover_pair *pair)
{
    struct cursor cursor = cursor_at(list->bytes);

    if (list->count == 0) {
        return false;
    }
    *pair = get_pair(&cursor);
    return pass_item(list, &cursor);
}

bool handover_next_statement(struct handover_list *list, struct handover_statement *statement)
{
    struct cursor cursor = cursor_at(list->bytes);

    if (list->count == 0) {
        return false;
    }
    *statement = get_statement(&cursor);
    return pass_item(list, &cursor);
}

bool handover_next_channel(struct handover_list *list, struct handover_channel *channel)
{
    struct cursor cursor = cursor_at(list->bytes);

    if (list->count == 0) {
        return false;
    }
    *channel = get_channel(&cursor);
    return pass_item(list, &cursor);
}
