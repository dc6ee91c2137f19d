/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/parser.h - the one thread that parses SQL, and what is asked of it.
 *
 * libpg_query needs a large stack and a region of memory for each thread that calls it, so one
 * long-lived thread does; workers go on without its answers. It gives way to them as the crypto
 * threads do.
 *
 *     parser_ask() --> queue --> parse, facts, fingerprint --> done(), on the parser's thread
 *
 * A text that takes the thread longer than PARSER_STUCK_USEC, or makes it vanish, is given up by
 * parser_watch(): its done() is called with SL_ETIMEOUT and another thread takes the rest of
 * the queue. The old one is not killed, which could leave a lock behind; it ends when its text
 * does. A thread that libpg_query failed on replaces itself.
 * After PARSER_THREADS_MAX threads nothing is parsed any more, until the next start; that is
 * logged once, and who has a text can tell (parser_is_off()).
 *
 * To be started after the last fork, and stopped when no worker asks any more, before plans are.
 *
 * Ownership: texts are copied. done() is called exactly once for each ask that was taken, on the
 * parser's thread or, when it is given up, within parser_watch() or parser_stop(); what is in
 * the answer is then the callee's. Threads: parser_start(), parser_stop() and parser_watch()
 * the control thread's; the rest any. Bounds: PARSER_QUEUED_MAX texts of
 * PARSER_BYTES_MAX bytes together wait; beyond, and for a text of more than SQL_TEXT_MAX,
 * SL_ELIMIT.
 */
#ifndef SLUICE_PROXY_PARSER_H
#define SLUICE_PROXY_PARSER_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"
#include "protocol/sql_parse.h"

struct sql_facts;

enum {
    PARSER_QUEUED_MAX = 1024,
    PARSER_BYTES_MAX = 8 << 20,
    PARSER_STUCK_USEC = 5 * 1000 * 1000,
    PARSER_THREADS_MAX = 16
};

struct parser_answer {
    enum sl_err err;         /* as sql_parse() and sql_facts_new(); SL_ETIMEOUT: given up */
    struct sql_facts *facts; /* sql_facts_free(); NULL unless SL_OK */
    uint64_t fingerprint;    /* 0: none */
    /* Of SL_EINVAL. It quotes a word of the text: for who sent that, never for a log. */
    struct sql_parse_error error;
};

typedef void parser_done(void *arg, const struct parser_answer *answer);
/* What the thread does with a text. */
typedef void parser_work(struct sl_span text, struct parser_answer *answer);

struct parser_counts {
    uint64_t asked;
    uint64_t parsed;   /* with facts */
    uint64_t not_sql;  /* syntax errors */
    uint64_t refused;  /* too long, too heavy, no memory */
    uint64_t dropped;  /* the queue was full, or the parser is off: never asked */
    uint64_t given_up; /* the thread was stuck, or is gone */
    uint32_t queued;
    size_t queued_bytes;
    uint32_t threads; /* begun; more than 1: there were stuck ones */
    bool is_running;
};

/* work is NULL for the real one; tests bring theirs. */
SL_MUST_CHECK enum sl_err parser_start(parser_work *work);
/* What is queued is answered with SL_ETIMEOUT. Waits a second for the text at hand. */
void parser_stop(void);

/* SL_ELIMIT: not taken, done() will not be called. SL_ENOMEM likewise. Never waits. */
SL_MUST_CHECK enum sl_err parser_ask(struct sl_span text, parser_done *done, void *arg);

/* Whether a text would be taken now: to be asked before anything is made ready. Never waits. */
bool parser_has_room(void);

/* Whether nothing will be parsed any more: it came to be off while it ran. Never waits. */
bool parser_is_off(void);

/* About once a second: gives up a text that takes too long. */
void parser_watch(sl_usec now);

void parser_counts(struct parser_counts *counts);

#endif
