/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_codec.h - what is said in Redis, as text: names, tokens, seals, and what instances tell each other.
 *
 *     name    public.users                 what would end a word is %xx
 *     token   812@3fa2b1c09d3e77aa         its 812th, by one whose random number that is
 *             812@3fa2b1c09d3e77aa!17638..  a write is under way since then (seconds since 1970)
 *     seal    1 <filled at> <position> <cost> <rows> <head> <rows' bytes> <tail> <sum>
 *     said    web1.0-3fa2... 17 end public.users any k:3fa2;public.orders any
 *             web1.4095-3fa2... 18 covers 09f1... 17 3@9f0c... <run>
 *
 * A seal is what makes an entry's fields one entry: its sum is of the entry's key, of what it depends on
 * and of its bytes. It shows what was cut, mixed up or spoiled, not what somebody forged who knows how:
 * whoever may write to that Redis may put words into PostgreSQL's mouth.
 *
 * Pure. Ownership: what is read points into what was given. Threads: any. Bounds: the constants.
 */
#ifndef SLUICE_CACHE_TIER_CODEC_H
#define SLUICE_CACHE_TIER_CODEC_H

#include "cache/entry.h"
#include "protocol/base/buf.h"

enum { TIER_FORMAT = 1, TIER_TOKEN_MAX = 64, TIER_SEAL_MAX = 256, TIER_SENDER_MAX = 128 };

/* ---- names ---- */

/* So that it is one word: no space, control character, "%", "=" or ";" is in it. */
SL_MUST_CHECK enum sl_err tier_put_name(struct sl_buf *out, struct sl_span name);
/* Back, into room bytes. False: it is no such word, or is longer. */
bool tier_read_name(struct sl_span word, char *out, size_t room, size_t *len);

/* ---- tokens ---- */

struct tier_token {
    uint64_t number;
    uint64_t nonce;
    uint64_t pending_since; /* seconds since 1970; 0: nothing is pending */
};

size_t tier_put_token(const struct tier_token *token, char out[TIER_TOKEN_MAX]);
/* False: it is none; then it proves nothing. */
bool tier_read_token(struct sl_span text, struct tier_token *token);

/* ---- entries ---- */

struct tier_seal {
    uint64_t filled_at; /* microseconds since 1970, by that Redis' clock */
    uint64_t position;  /* in the log of the database's server: the filler's; 0: it knew none */
    uint32_t cost_usec;
    uint32_t rows;
    uint32_t head_len;
    uint32_t rows_len;
    uint32_t tail_len;
};

enum tier_verdict {
    TIER_SOUND,
    TIER_OTHER_FORMAT, /* of another version */
    TIER_CORRUPT
};

/* The lengths are those of the parts. */
size_t tier_put_seal(const struct tier_seal *seal, struct sl_span key, struct sl_span proof,
        const struct entry_parts *parts, char out[TIER_SEAL_MAX]);
enum tier_verdict tier_read_seal(struct sl_span text, struct sl_span key, struct sl_span proof,
        struct sl_span body, struct tier_seal *seal);
static inline struct entry_parts tier_parts(const struct tier_seal *seal, struct sl_span body)
{
    return (struct entry_parts){.head = sl_span(body.at, seal->head_len),
            .rows = sl_span(body.at + seal->head_len, seal->rows_len),
            .tail = sl_span(body.at + seal->head_len + seal->rows_len, seal->tail_len)};
}

/* ---- what instances say ---- */

enum tier_said_kind {
    TIER_SAID_BEGIN, /* a write of these tags begins */
    TIER_SAID_END,   /* it is over */
    TIER_SAID_ALL,   /* anything may have changed */
    TIER_SAID_BEAT,  /* nothing: so that a number that is missing is missed */
    TIER_SAID_ASKS,  /* cache/watch_join.h: who knows that all is told? As the next two */
    TIER_SAID_COVERS,
    TIER_SAID_CANNOT,
    TIER_SAID_UNTIL, /* cache/watch_told.h: have you told of all that had begun when you hear this? */
    TIER_SAID_TOLD, /* yes */
    TIER_SAID_KINDS
};

struct tier_said {
    struct sl_span sender; /* one row of numbers */
    uint64_t number;       /* one more each time */
    enum tier_said_kind kind;
    struct sl_span tags; /* of those behind BEAT: what is said */
};

/* Up to where tags follow: "table field field;table field", of names; or what is said. */
SL_MUST_CHECK enum sl_err tier_put_said(struct sl_buf *out, const struct tier_said *said);
bool tier_read_said(struct sl_span text, struct tier_said *said);
/* The next of `tags`, from which it is taken off. table: the last one's, or empty at first. */
bool tier_next_tag(struct sl_span *tags, struct sl_span *table, struct sl_span *field);

#endif
