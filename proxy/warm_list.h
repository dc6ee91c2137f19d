/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/warm_list.h - the questions whose answers saved most: from what is kept, to a file, and back.
 *
 * The file holds what clients asked, parameters and all: data of theirs. It is made with mode 0600, under another
 * name, and renamed when it is whole. What is cut, spoiled, or of another version is no list.
 *
 *     "sluice warm 1\n" | a question ... | XXH3-128 of all before
 *
 * Ownership: a list owns its bytes; its questions borrow of them. Threads: the caller's. Bounds: WARM_QUESTIONS_MAX,
 * WARM_BYTES_MAX.
 */
#ifndef SLUICE_PROXY_WARM_LIST_H
#define SLUICE_PROXY_WARM_LIST_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/hash.h"

enum { WARM_QUESTIONS_MAX = 10000, WARM_BYTES_MAX = 16 * 1024 * 1024 };

struct cache;

enum warm_part {
    WARM_DATABASE,
    WARM_USER,
    WARM_SESSION, /* cache/class.h: how a session like it is begun */
    WARM_TYPES,   /* of parameters */
    WARM_TEXT,
    WARM_QUESTION, /* cache/key.h */
    WARM_PARTS
};

enum warm_fate { WARM_PENDING, WARM_DONE, WARM_FAILED };

struct warm_question {
    struct sl_hash128 key;
    uint64_t saved_usec;
    uint64_t kind; /* a hash of database, user and session */
    uint8_t fate;  /* enum warm_fate */
    uint8_t tries; /* it was asked, and not kept */
    struct sl_span parts[WARM_PARTS];
};

struct warm_list {
    struct warm_question *at;
    unsigned count;
    struct sl_buf bytes;
};

void warm_list_init(struct warm_list *list);
void warm_list_fini(struct warm_list *list);

/* Of what is kept now, those that saved most first, into bytes as the file has them; how many. */
SL_MUST_CHECK enum sl_err warm_list_write(
        const struct cache *cache, struct sl_buf *bytes, unsigned *count);
/* Of bytes, which are the list's from now on. SL_EPROTO: it is no such list. */
SL_MUST_CHECK enum sl_err warm_list_read(struct warm_list *list, struct sl_buf *bytes);

/* By rename. */
SL_MUST_CHECK enum sl_err warm_file_save(
        const char *path, const struct sl_buf *bytes, struct sl_error *error);
/* Where there is none, there are no bytes. SL_EIO: also of one that others may write, or that is of somebody else. */
SL_MUST_CHECK enum sl_err warm_file_load(
        const char *path, struct sl_buf *bytes, struct sl_error *error);

#endif
