/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/users.h - user names and their secrets, as auth_file lists them.
 *
 *     "name" "secret" anything else is ignored
 *     ; a comment
 *
 * A double quote within quotes is written twice. A secret is a password, or
 * "md5" and 32 hexadecimal digits, or a SCRAM-SHA-256 verifier as PostgreSQL
 * keeps it; what looks like neither of the latter is a password.
 *
 * Ownership: one arena, reference counted. Threads: any; never changes once made.
 * Bounds: USERS_FILE_BYTES_MAX, USERS_MAX, USERS_NAME_MAX, USERS_SECRET_MAX.
 */
#ifndef SLUICE_CONF_USERS_H
#define SLUICE_CONF_USERS_H

#include "conf/conf_problems.h"
#include "protocol/base/map.h"
#include "protocol/base/span.h"

enum {
    USERS_FILE_BYTES_MAX = 64 * 1024 * 1024,
    USERS_MAX = 1000000,
    USERS_NAME_MAX = 127,    /* bytes, as in PgBouncer */
    USERS_SECRET_MAX = 65530 /* bytes, as in PgBouncer */
};

enum users_secret {
    USERS_SECRET_NONE, /* "": the user exists and no password is right */
    USERS_SECRET_PLAIN,
    USERS_SECRET_MD5,
    USERS_SECRET_SCRAM
};

struct users_entry {
    struct sl_map_node node;
    const char *name;
    const char *secret;
    enum users_secret kind;
};

struct users;

/* What kind of secret a text is; also for what auth_query answers. */
enum users_secret users_secret_kind(const char *secret);

/*
 * Reads path; "" gives an empty list. What is wrong in it is a warning, and the
 * rest of the file holds; an unreadable file is a warning and an empty list.
 * NULL only without memory or descriptors.
 */
SL_MUST_CHECK const struct users *users_load(const char *path, struct conf_problems *problems);
SL_MUST_CHECK const struct users *users_load_text(
        const char *path, struct sl_span text, struct conf_problems *problems);

const struct users *users_ref(const struct users *users);
void users_unref(const struct users *users); /* NULL is fine */

/* The user of that name, or NULL. Of two lines with one name the later holds. */
const struct users_entry *users_find(const struct users *users, const char *name);
int users_count(const struct users *users);

/* All of them, in the order of the file; NULL past the end. */
const struct users_entry *users_at(const struct users *users, int index);

#endif
