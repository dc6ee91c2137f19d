/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/prepared.c - the registry is cut into stripes by hash, each with its lock,
 * so that workers rarely meet. A statement leaves its stripe with its last
 * reference, under the lock, because a lookup may revive it until then.
 */
#include "proxy/prepared.h"

#include "protocol/base/hash.h"
#include "protocol/effects.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STRIPES = 16 };

struct stripe {
    pthread_mutex_t lock;
    struct sl_map map; /* under lock */
};

#define STRIPE                                                                                     \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .map = {.nodes_max = UINT32_MAX }                       \
    }

static struct stripe stripes[STRIPES] = {STRIPE, STRIPE, STRIPE, STRIPE, STRIPE, STRIPE, STRIPE,
        STRIPE, STRIPE, STRIPE, STRIPE, STRIPE, STRIPE, STRIPE, STRIPE, STRIPE};
static atomic_size_t bytes_now;
static atomic_size_t bytes_limit;
static atomic_uint count_now;
static _Atomic uint64_t last_number;
static _Atomic uint64_t last_reading; /* far from hashes */

void prepared_limit(size_t bytes_max)
{
    atomic_store(&bytes_limit, bytes_max);
}

size_t prepared_bytes(void)
{
    return atomic_load(&bytes_now);
}

uint32_t prepared_count(void)
{
    return atomic_load(&count_now);
}

static struct stripe *stripe_of(uint64_t hash)
{
    return &stripes[hash >> 60];
}

static size_t cost(const struct prepared *prepared)
{
    return sizeof *prepared + prepared->len;
}

/* ---- readings ---- */

static bool is_ascii(struct sl_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool has_constant(struct sl_span text)
{
    const uint8_t *end = text.at + text.len;

    if (memchr(text.at, '\'', text.len) != NULL) {
        return true;
    }
    for (const uint8_t *at = text.at; (at = memchr(at, '$', (size_t)(end - at))) != NULL; at++) {
        if (end - at > 1 && (at[1] < '0' || at[1] > '9')) {
            return true; /* $$..$$ */
        }
    }
    return false;
}

/* A word that ends with that byte; and no call: now() is of the moment in which it is run. */
static bool ends_word(struct sl_span text, const uint8_t *last, const char *word)
{
    size_t len = strlen(word);
    size_t next = (size_t)(last - text.at) + 1;

    if (next < len || strncasecmp((const char *)last + 1 - len, word, len) != 0) {
        return false;
    }
    while (next < text.len && text.at[next] == ' ') {
        next++;
    }
    return next == text.len || text.at[next] != '(';
}

/* PostgreSQL documentation, "Date/Time Special Values": those that are not always the same. */
static bool is_of_its_moment(struct sl_span text)
{
    static const char lasts[] = "wWyY";
    const uint8_t *end = text.at + text.len;

    for (size_t i = 0; i < sizeof lasts - 1; i++) {
        const uint8_t *at = text.at;
        for (; (at = memchr(at, lasts[i], (size_t)(end - at))) != NULL; at++) {
            if (ends_word(text, at, "now") || ends_word(text, at, "today") ||
                    ends_word(text, at, "tomorrow") || ends_word(text, at, "yesterday")) {
                return true;
            }
        }
    }
    return false;
}

bool prepared_is_of_its_moment(struct sl_span text)
{
    return has_constant(text) && is_of_its_moment(text);
}

uint64_t prepared_reading_apart(void)
{
    return atomic_fetch_add(&last_reading, 1) + 1;
}

uint64_t prepared_reading(struct sl_span body, uint64_t settings, bool is_unsure)
{
    struct sl_span text = sl_span(body.at, strnlen((const char *)body.at, body.len));

    if (!has_constant(text)) {
        return is_ascii(text) ? 0 : settings; /* the encoding says which names they are */
    }
    if (is_unsure || is_of_its_moment(text)) {
        return prepared_reading_apart();
    }
    return settings;
}

/* ---- the table ---- */

uint64_t prepared_last_reading(void)
{
    return atomic_load(&last_reading);
}

void prepared_readings_from(uint64_t reading)
{
    atomic_store(&last_reading, reading);
}

static struct prepared *make(struct sl_span body, uint64_t reading, bool is_kept)
{
    size_t limit = atomic_load_explicit(&bytes_limit, memory_order_relaxed);
    size_t bytes = sizeof(struct prepared) + body.len;

    if (body.len > UINT32_MAX || (limit != 0 && atomic_load(&bytes_now) + bytes > limit)) {
        return NULL;
    }
    struct prepared *prepared = malloc(bytes);
    if (prepared == NULL) {
        return NULL;
    }
    atomic_init(&prepared->refs, 1);
    prepared->is_retired = false;
    prepared->reading = reading;
    prepared->is_kept = is_kept;
    atomic_init(&prepared->is_noisy, false);
    size_t text_len = strnlen((const char *)body.at, body.len);
    prepared->text_len = (uint32_t)text_len;
    prepared->text_key = sl_hash64(sl_span(body.at, text_len));
    prepared->effects = effects_of(sl_span(body.at, text_len));
    prepared->number = atomic_fetch_add(&last_number, 1) + 1;
    prepared->len = (uint32_t)body.len;
    memcpy(prepared->body, body.at, body.len);
    return prepared;
}

static struct prepared *intern(struct sl_span body, uint64_t reading, bool is_kept)
{
    uint64_t hash = sl_hash64_seed(body, reading + is_kept);
    struct stripe *stripe = stripe_of(hash);
    struct prepared *found = NULL;

    pthread_mutex_lock(&stripe->lock);
    for (struct sl_map_node *n = sl_map_first(&stripe->map, hash); n != NULL; n = sl_map_next(n)) {
        struct prepared *other = SL_CONTAINER(n, struct prepared, node);
        if (other->reading == reading && other->is_kept == is_kept && other->len == body.len &&
                memcmp(other->body, body.at, body.len) == 0) {
            found = prepared_ref(other);
            break;
        }
    }
    if (found == NULL && (found = make(body, reading, is_kept)) != NULL) {
        if (sl_map_put(&stripe->map, &found->node, hash) == SL_OK) {
            atomic_fetch_add(&bytes_now, cost(found));
            atomic_fetch_add(&count_now, 1);
        } else {
            free(found);
            found = NULL;
        }
    }
    pthread_mutex_unlock(&stripe->lock);
    return found;
}

struct prepared *prepared_intern(struct sl_span body, uint64_t reading)
{
    return intern(body, reading, false);
}

struct prepared *prepared_keep(struct sl_span body, uint64_t reading)
{
    return intern(body, reading, true);
}

struct prepared *prepared_ref(struct prepared *prepared)
{
    atomic_fetch_add_explicit(&prepared->refs, 1, memory_order_relaxed);
    return prepared;
}

void prepared_unref(struct prepared *prepared)
{
    if (prepared == NULL) {
        return;
    }
    unsigned refs = atomic_load_explicit(&prepared->refs, memory_order_relaxed);
    while (refs > 1) {
        if (atomic_compare_exchange_weak_explicit(
                    &prepared->refs, &refs, refs - 1, memory_order_release, memory_order_relaxed)) {
            return;
        }
    }
    struct stripe *stripe = stripe_of(prepared->node.hash);
    pthread_mutex_lock(&stripe->lock);
    bool last = atomic_fetch_sub_explicit(&prepared->refs, 1, memory_order_acq_rel) == 1;
    if (last && !prepared->is_retired) {
        sl_map_remove(&stripe->map, &prepared->node);
    }
    pthread_mutex_unlock(&stripe->lock);
    if (last) {
        atomic_fetch_sub(&bytes_now, cost(prepared));
        atomic_fetch_sub(&count_now, 1);
        free(prepared);
    }
}

void prepared_retire(struct prepared *prepared)
{
    struct stripe *stripe = stripe_of(prepared->node.hash);

    pthread_mutex_lock(&stripe->lock);
    if (!prepared->is_retired) {
        prepared->is_retired = true;
        sl_map_remove(&stripe->map, &prepared->node);
    }
    pthread_mutex_unlock(&stripe->lock);
}

/* On the hot path of a Bind, hence not snprintf(). */
size_t prepared_name(const struct prepared *prepared, char name[PREPARED_NAME_MAX])
{
    static const char prefix[] = "SLUICE_";
    char digits[20];
    size_t n = 0;
    uint64_t number = prepared->number;

    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(name, prefix, sizeof prefix - 1);
    size_t len = sizeof prefix - 1;
    while (n > 0) {
        name[len++] = digits[--n];
    }
    name[len] = '\0';
    return len;
}

/* ---- a client's names ---- */

struct client_names *client_names_new(size_t bytes_max)
{
    struct client_names *names = calloc(1, sizeof *names);

    if (names != NULL) {
        sl_map_init(&names->map, UINT32_MAX);
        names->bytes_max = bytes_max;
    }
    return names;
}

void client_names_free(struct client_names *names)
{
    struct sl_map_node *node;

    if (names == NULL) {
        return;
    }
    while ((node = sl_map_any(&names->map)) != NULL) {
        client_names_remove(names, SL_CONTAINER(node, struct client_name, node));
    }
    sl_map_fini(&names->map);
    free(names);
}

struct client_name *client_names_find(
        const struct client_names *names, struct sl_span name, struct client_name **closing)
{
    struct client_name *live = NULL;

    if (closing != NULL) {
        *closing = NULL;
    }
    if (names == NULL) {
        return NULL;
    }
    for (struct sl_map_node *n = sl_map_first(&names->map, sl_hash64(name)); n != NULL;
            n = sl_map_next(n)) {
        struct client_name *found = SL_CONTAINER(n, struct client_name, node);
        if (found->len != name.len || memcmp(found->name, name.at, name.len) != 0) {
            continue;
        }
        if (found->state == NAME_GONE || found->state == NAME_DOUBTFUL) {
            continue;
        }
        if (found->state != NAME_CLOSING) {
            live = found;
        } else if (closing != NULL) {
            *closing = found;
        }
    }
    return live;
}

static size_t name_cost(size_t len, const struct prepared *prepared)
{
    return sizeof(struct client_name) + len + prepared->len;
}

struct client_name *client_names_add(
        struct client_names *names, struct sl_span name, struct prepared *prepared)
{
    size_t bytes = name_cost(name.len, prepared);

    if (name.len > UINT16_MAX ||
            (names->bytes_max != 0 && names->bytes + bytes > names->bytes_max)) {
        return NULL;
    }
    struct client_name *added = malloc(sizeof *added + name.len);
    if (added == NULL) {
        return NULL;
    }
    added->prepared = prepared;
    added->told = (struct columns){0};
    added->refs = 1;
    added->segment = 0;
    added->described = 0;
    added->state = NAME_PARSING;
    added->is_renewed = false;
    added->len = (uint16_t)name.len;
    memcpy(added->name, name.at, name.len);
    if (sl_map_put(&names->map, &added->node, sl_hash64(name)) != SL_OK) {
        free(added);
        return NULL;
    }
    names->bytes += bytes;
    return added;
}

void client_names_remove(struct client_names *names, struct client_name *name)
{
    sl_map_remove(&names->map, &name->node);
    names->bytes -= name_cost(name->len, name->prepared);
    names->bound = names->bound == name ? NULL : names->bound;
    client_name_unref(name);
}

struct client_name *client_name_ref(struct client_name *name)
{
    name->refs++;
    return name;
}

void client_name_unref(struct client_name *name)
{
    if (name != NULL && --name->refs == 0) {
        prepared_unref(name->prepared);
        free(name);
    }
}

uint32_t client_names_count(const struct client_names *names)
{
    return names == NULL ? 0 : names->map.count;
}

void client_names_each(const struct client_names *names,
        void (*each)(void *context, const struct client_name *name), void *context)
{
    for (uint32_t i = 0; names != NULL && i < names->map.buckets_count; i++) {
        for (struct sl_map_node *n = names->map.buckets[i]; n != NULL; n = n->next) {
            each(context, SL_CONTAINER(n, struct client_name, node));
        }
    }
}

static void clear(struct client_names *names, bool forgets)
{
    if (names == NULL) {
        return;
    }
    for (uint32_t i = 0; i < names->map.buckets_count; i++) {
        struct sl_map_node *node = names->map.buckets[i];
        while (node != NULL) {
            struct client_name *name = SL_CONTAINER(node, struct client_name, node);
            node = node->next;
            if (name->state == NAME_READY) {
                client_names_remove(names, name);
            } else if (forgets) {
                bool is_parsing = name->state == NAME_PARSING || name->state == NAME_DOUBTFUL;
                name->state = is_parsing ? NAME_DOUBTFUL : NAME_GONE;
            }
        }
    }
}

void client_names_clear(struct client_names *names)
{
    clear(names, false);
}

void client_names_forget(struct client_names *names)
{
    clear(names, true);
}

/* ---- a server's statements ---- */

void server_stmts_init(struct server_stmts *stmts)
{
    sl_map_init(&stmts->map, PREPARED_SERVER_MAX);
    sl_map_init(&stmts->closing, PREPARED_SERVER_MAX);
    sl_list_init(&stmts->used);
    sl_list_init(&stmts->kept);
    stmts->kept_count = 0;
    stmts->unnamed = NULL;
}

static void list(struct server_stmts *stmts, struct server_stmt *stmt)
{
    sl_list_push(stmt->prepared->is_kept ? &stmts->kept : &stmts->used, &stmt->used);
    stmts->kept_count += stmt->prepared->is_kept ? 1 : 0;
}

static void unlist(struct server_stmts *stmts, struct server_stmt *stmt)
{
    sl_list_remove(&stmt->used);
    stmts->kept_count -= stmt->prepared->is_kept ? 1 : 0;
}

static void free_stmt(struct server_stmt *stmt)
{
    prepared_unref(stmt->prepared);
    free(stmt);
}

/* Those are gone, whatever becomes of their Close. */
static void forget_closing(struct server_stmts *stmts)
{
    for (;;) {
        struct sl_map_node *node = sl_map_any(&stmts->closing);
        if (node == NULL) {
            return;
        }
        sl_map_remove(&stmts->closing, node);
        free_stmt(SL_CONTAINER(node, struct server_stmt, node));
    }
}

void server_stmts_clear(struct server_stmts *stmts)
{
    forget_closing(stmts);
    SL_LIST_EACH_SAFE (it, &stmts->used) {
        server_stmts_remove(stmts, SL_CONTAINER(it, struct server_stmt, used));
    }
    SL_LIST_EACH_SAFE (it, &stmts->kept) {
        server_stmts_remove(stmts, SL_CONTAINER(it, struct server_stmt, used));
    }
    prepared_unref(stmts->unnamed);
    stmts->unnamed = NULL;
}

static void forget(struct server_stmts *stmts, struct sl_list *those)
{
    SL_LIST_EACH_SAFE (it, those) {
        struct server_stmt *stmt = SL_CONTAINER(it, struct server_stmt, used);
        if (!stmt->is_pending) {
            server_stmts_remove(stmts, stmt);
        }
    }
}

void server_stmts_forget(struct server_stmts *stmts)
{
    forget_closing(stmts);
    forget(stmts, &stmts->used);
    forget(stmts, &stmts->kept);
}

void server_stmts_fini(struct server_stmts *stmts)
{
    server_stmts_clear(stmts);
    sl_map_fini(&stmts->map);
    sl_map_fini(&stmts->closing);
}

/* Numbers are spread so that neighbours do not share a bucket. */
static uint64_t hash_of(const struct prepared *prepared)
{
    return prepared->number * UINT64_C(0x9E3779B97F4A7C15);
}

static struct server_stmt *find_in(const struct sl_map *map, const struct prepared *prepared)
{
    for (struct sl_map_node *n = sl_map_first(map, hash_of(prepared)); n != NULL;
            n = sl_map_next(n)) {
        struct server_stmt *stmt = SL_CONTAINER(n, struct server_stmt, node);
        if (stmt->prepared == prepared) {
            return stmt;
        }
    }
    return NULL;
}

struct server_stmt *server_stmts_find(struct server_stmts *stmts, const struct prepared *prepared)
{
    return find_in(&stmts->map, prepared);
}

struct server_stmt *server_stmts_closing(
        struct server_stmts *stmts, const struct prepared *prepared)
{
    return find_in(&stmts->closing, prepared);
}

struct server_stmt *server_stmts_add(struct server_stmts *stmts, struct prepared *prepared)
{
    struct server_stmt *stmt = malloc(sizeof *stmt);

    if (stmt == NULL) {
        return NULL;
    }
    if (sl_map_put(&stmts->map, &stmt->node, hash_of(prepared)) != SL_OK) {
        free(stmt);
        return NULL;
    }
    stmt->prepared = prepared_ref(prepared);
    stmt->columns = (struct columns){0};
    stmt->segment = 0;
    stmt->is_pending = true;
    stmt->uses = 0;
    stmt->epoch = 0;
    stmt->made_at = 0;
    list(stmts, stmt);
    return stmt;
}

void server_stmts_retire(struct server_stmts *stmts, const void *prepared)
{
    SL_LIST_EACH (it, &stmts->used) {
        struct server_stmt *stmt = SL_CONTAINER(it, struct server_stmt, used);
        if (stmt->prepared == prepared) {
            prepared_retire(stmt->prepared);
            return;
        }
    }
}

void server_stmts_touch(struct server_stmts *stmts, struct server_stmt *stmt)
{
    struct sl_list *those = stmt->prepared->is_kept ? &stmts->kept : &stmts->used;

    if (those->next != &stmt->used) {
        sl_list_remove(&stmt->used);
        sl_list_push(those, &stmt->used);
    }
}

void server_stmts_remove(struct server_stmts *stmts, struct server_stmt *stmt)
{
    sl_map_remove(&stmts->map, &stmt->node);
    unlist(stmts, stmt);
    free_stmt(stmt);
}

/* From the one to the other; where it was, if there is no memory. */
static enum sl_err move(struct sl_map *from, struct sl_map *to, struct server_stmt *stmt)
{
    uint64_t hash = hash_of(stmt->prepared);

    sl_map_remove(from, &stmt->node);
    enum sl_err err = sl_map_put(to, &stmt->node, hash);
    if (err != SL_OK) {
        SL_CHECK(sl_map_put(from, &stmt->node, hash) == SL_OK); /* its room is still there */
    }
    return err;
}

enum sl_err server_stmts_close(
        struct server_stmts *stmts, struct server_stmt *stmt, uint32_t segment)
{
    enum sl_err err = move(&stmts->map, &stmts->closing, stmt);

    if (err == SL_OK) {
        stmt->segment = segment;
        unlist(stmts, stmt);
    }
    return err;
}

enum sl_err server_stmts_closed(
        struct server_stmts *stmts, const struct prepared *prepared, bool is_put_back)
{
    struct server_stmt *stmt = server_stmts_closing(stmts, prepared);

    if (stmt == NULL) {
        return SL_OK;
    }
    if (!is_put_back) {
        sl_map_remove(&stmts->closing, &stmt->node);
        free_stmt(stmt);
        return SL_OK;
    }
    enum sl_err err = move(&stmts->closing, &stmts->map, stmt);
    if (err == SL_OK) {
        list(stmts, stmt);
    }
    return err;
}

static struct server_stmt *oldest(struct sl_list *those)
{
    struct sl_list *it = those->prev;

    for (unsigned i = 0; i < EXCESS_LOOKS && it != those; i++, it = it->prev) {
        struct server_stmt *stmt = SL_CONTAINER(it, struct server_stmt, used);
        if (!stmt->is_pending) {
            return stmt;
        }
    }
    return NULL; /* replies come in order: those behind are pending, too */
}

struct server_stmt *server_stmts_excess(struct server_stmts *stmts, uint32_t count_max)
{
    if (stmts->map.count <= count_max) {
        return NULL;
    }
    struct server_stmt *kept = oldest(&stmts->kept);
    return kept != NULL ? kept : oldest(&stmts->used);
}

struct server_stmt *server_stmts_make_way(
        struct server_stmts *stmts, uint32_t count_max, bool *has_room)
{
    bool is_full = stmts->map.count >= count_max || stmts->kept_count >= (count_max + 1) / 2;
    struct server_stmt *old = is_full ? oldest(&stmts->kept) : NULL;

    *has_room = !is_full || (old != NULL && stmts->map.count <= count_max);
    return old;
}
