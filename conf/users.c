/* SPDX-License-Identifier: PostgreSQL */
#include "conf/users.h"

#include "conf/conf_file.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BYTES_MAX = 512 * 1024 * 1024, /* names and secrets of USERS_FILE_BYTES_MAX, and nodes */
    MD5_LEN = 35,
    KEY_BASE64_LEN = 44, /* 32 bytes */
    LEAF_USERS = 1024
};

/* The users in the order of the file, in leaves, so that they never move: the map points there. */
struct leaf {
    struct leaf *next;
    int count;
    struct users_entry entries[LEAF_USERS];
};

struct users {
    atomic_uint refs; /* any thread */
    int count;
    struct leaf *first;
    struct leaf *last;
    struct sl_map by_name;
    struct sl_arena arena;
};

struct reader {
    struct users *users;
    struct conf_problems *problems;
    const char *path;
    const char *at;
    const char *end;
    int line;
    bool lacks_memory;
};

static bool is_base64(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && (isalnum((unsigned char)text[i]) || text[i] == '+' || text[i] == '/')) {
        i++;
    }
    while (i < len && text[i] == '=') {
        i++;
    }
    return len > 0 && len % 4 == 0 && i == len;
}

/* SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key> */
static bool is_scram(const char *secret)
{
    static const char prefix[] = "SCRAM-SHA-256$";
    const char *salt;
    const char *keys;
    size_t digits;
    size_t salt_len;

    if (strncmp(secret, prefix, sizeof(prefix) - 1) != 0) {
        return false;
    }
    secret += sizeof(prefix) - 1;
    digits = strspn(secret, "0123456789");
    if (digits == 0 || digits > 9 || secret[digits] != ':') {
        return false;
    }
    salt = secret + digits + 1;
    salt_len = strcspn(salt, "$");
    if (salt[salt_len] != '$' || !is_base64(salt, salt_len)) {
        return false;
    }
    keys = salt + salt_len + 1;
    return strlen(keys) == 2 * KEY_BASE64_LEN + 1 && keys[KEY_BASE64_LEN] == ':' &&
           is_base64(keys, KEY_BASE64_LEN) && is_base64(keys + KEY_BASE64_LEN + 1, KEY_BASE64_LEN);
}

enum users_secret users_secret_kind(const char *secret)
{
    if (secret[0] == '\0') {
        return USERS_SECRET_NONE;
    }
    if (strncmp(secret, "md5", 3) == 0 && strlen(secret) == MD5_LEN &&
            strspn(secret + 3, "0123456789abcdefABCDEF") == MD5_LEN - 3) {
        return USERS_SECRET_MD5;
    }
    return is_scram(secret) ? USERS_SECRET_SCRAM : USERS_SECRET_PLAIN;
}

static struct users_entry *find(const struct users *users, const char *name, uint64_t hash)
{
    struct sl_map_node *node = sl_map_first(&users->by_name, hash);

    for (; node != NULL; node = sl_map_next(node)) {
        struct users_entry *entry = SL_CONTAINER(node, struct users_entry, node);

        if (strcmp(entry->name, name) == 0) {
            return entry;
        }
    }
    return NULL;
}

static struct users_entry *new_entry(struct users *users)
{
    if (users->last == NULL || users->last->count == LEAF_USERS) {
        struct leaf *leaf = sl_arena_take(&users->arena, sizeof(*leaf));

        if (leaf == NULL) {
            return NULL;
        }
        if (users->last == NULL) {
            users->first = leaf;
        } else {
            users->last->next = leaf;
        }
        users->last = leaf;
    }
    return &users->last->entries[users->last->count];
}

/* SL_ELIMIT, SL_ENOMEM: nothing was added. */
static enum sl_err keep(struct users *users, const char *name, const char *secret)
{
    uint64_t hash = sl_hash64(sl_span_text(name));
    struct users_entry *entry = find(users, name, hash);
    bool is_new = entry == NULL;
    enum sl_err err;

    if (is_new) {
        entry = users->count < USERS_MAX ? new_entry(users) : NULL;
        if (entry == NULL) {
            return SL_ELIMIT;
        }
        err = sl_map_put(&users->by_name, &entry->node, hash);
        if (err != SL_OK) {
            return err;
        }
        entry->name = name;
        users->last->count++;
        users->count++;
    }
    entry->secret = secret;
    entry->kind = users_secret_kind(secret);
    return SL_OK;
}

static void skip_line(struct reader *reader)
{
    while (reader->at < reader->end && *reader->at != '\n') {
        reader->at++;
    }
}

/* A text in quotes, copied without them. NULL: *what says why. */
static char *take_quoted(struct reader *reader, size_t len_max, const char **what)
{
    const char *from = ++reader->at;
    const char *stop = from;
    char *made;
    char *to;

    while (stop < reader->end && *stop != '\n' &&
            (*stop != '"' || (stop + 1 < reader->end && stop[1] == '"'))) {
        stop += *stop == '"' ? 2 : 1;
    }
    reader->at = stop;
    if (stop == reader->end || *stop != '"') {
        *what = "a double quote is not closed on its line";
        return NULL;
    }
    reader->at++;
    made = sl_arena_text(&reader->users->arena, sl_span(from, (size_t)(stop - from)));
    if (made == NULL) {
        reader->lacks_memory = true;
        *what = "no memory";
        return NULL;
    }
    to = made;
    for (const char *c = made; *c != '\0'; c++) {
        *to++ = *c;
        c += *c == '"' ? 1 : 0;
    }
    *to = '\0';
    if ((size_t)(to - made) > len_max) {
        *what = "too long: names have up to 127 bytes, secrets up to 65530";
        return NULL;
    }
    return made;
}

/* What is wrong with the line, or NULL. */
static const char *read_user(struct reader *reader)
{
    const char *what = NULL;
    char *name;
    char *secret;

    if (*reader->at != '"') {
        return "write \"name\" \"secret\"";
    }
    name = take_quoted(reader, USERS_NAME_MAX, &what);
    if (name == NULL) {
        return what;
    }
    while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\n') {
        reader->at++;
    }
    if (reader->at == reader->end || *reader->at != '"') {
        return "no secret behind the name, write \"name\" \"secret\"";
    }
    secret = take_quoted(reader, USERS_SECRET_MAX, &what);
    if (secret == NULL) {
        return what;
    }
    if (keep(reader->users, name, secret) != SL_OK) {
        reader->lacks_memory = reader->users->count < USERS_MAX;
        return reader->lacks_memory ? "no memory" : "too many users";
    }
    return NULL;
}

static void read_users(struct reader *reader)
{
    while (reader->at < reader->end && !reader->lacks_memory) {
        if (isspace((unsigned char)*reader->at)) {
            reader->line += *reader->at == '\n' ? 1 : 0;
            reader->at++;
            continue;
        }
        if (*reader->at != ';' && *reader->at != '#') {
            const char *what = read_user(reader);

            if (what != NULL) {
                conf_problem(reader->problems, CONF_WARNING, reader->path, reader->line,
                        "%s; the line is left out", what);
            }
        }
        skip_line(reader);
    }
}

const struct users *users_load_text(
        const char *path, struct sl_span text, struct conf_problems *problems)
{
    struct users *users = calloc(1, sizeof(*users));
    struct reader reader = {.users = users,
            .problems = problems,
            .path = path,
            .at = (const char *)text.at,
            .end = (const char *)text.at + text.len,
            .line = 1};

    if (users == NULL) {
        return NULL;
    }
    atomic_init(&users->refs, 1);
    sl_arena_init(&users->arena, ARENA_BYTES_MAX);
    sl_map_init(&users->by_name, USERS_MAX);
    if (text.len > 0) {
        read_users(&reader);
    }
    if (reader.lacks_memory) { /* a list that lacks some of its users would be worse than none */
        users_unref(users);
        return NULL;
    }
    return users;
}

const struct users *users_load(const char *path, struct conf_problems *problems)
{
    const struct users *users;
    struct sl_error why;
    char *text = NULL;
    size_t len = 0;

    enum sl_err err =
            path[0] == '\0' ? SL_OK : conf_file_read(path, USERS_FILE_BYTES_MAX, &text, &len, &why);
    if (err != SL_OK) {
        conf_problem(problems, CONF_WARNING, path, 0, "auth_file cannot be read: %s", why.text);
    }
    if (err == SL_ENOMEM) {
        return NULL;
    }
    users = users_load_text(path, sl_span(text == NULL ? "" : text, len), problems);
    if (text != NULL) {
        explicit_bzero(text, len);
    }
    free(text);
    return users;
}

/* A list is constant to everybody; its count of references is not. */
static struct users *counted(const struct users *users)
{
    union {
        const struct users *shared;
        struct users *counted;
    } both = {.shared = users};

    return both.counted;
}

const struct users *users_ref(const struct users *users)
{
    unsigned before = atomic_fetch_add_explicit(&counted(users)->refs, 1, memory_order_relaxed);

    SL_CHECK(before > 0);
    return users;
}

void users_unref(const struct users *users)
{
    struct users *mine;

    if (users == NULL) {
        return;
    }
    mine = counted(users);
    if (atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) == 1) {
        sl_map_fini(&mine->by_name);
        sl_arena_fini(&mine->arena);
        free(mine);
    }
}

const struct users_entry *users_find(const struct users *users, const char *name)
{
    return find(users, name, sl_hash64(sl_span_text(name)));
}

int users_count(const struct users *users)
{
    return users->count;
}

const struct users_entry *users_at(const struct users *users, int index)
{
    const struct leaf *leaf = users->first;

    if (index < 0) {
        return NULL;
    }
    while (leaf != NULL && index >= LEAF_USERS) {
        index -= LEAF_USERS;
        leaf = leaf->next;
    }
    return leaf != NULL && index < leaf->count ? &leaf->entries[index] : NULL;
}
