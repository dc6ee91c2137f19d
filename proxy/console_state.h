/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_state.h - what the console's own files know of each other.
 *
 *   IDLE --a command--> BUSY --console_done(), _refuse(), _complete()--> IDLE
 *
 * While BUSY no message is looked at. A command ends in its own turn or later;
 * later, its console is found again by the client's id: console_find().
 *
 * Ownership, threads, bounds: proxy/console.h.
 */
#ifndef SLUICE_PROXY_CONSOLE_STATE_H
#define SLUICE_PROXY_CONSOLE_STATE_H

#include "protocol/base/buf.h"
#include "protocol/base/slab.h"
#include "protocol/reply.h"
#include "protocol/view.h"
#include "proxy/client.h"
#include "proxy/console.h"
#include "proxy/console_parse.h"
#include "proxy/timer.h"

enum { CONSOLE_NAME_MAX = 64 };

/* DataRow messages of one answer. */
struct console_rows {
    struct view_out out; /* first: the view puts rows here */
    struct sl_buf buf;
    struct reply reply;
    uint16_t formats[VIEW_COLUMNS_MAX];
};

struct console_stmt {
    struct console_command command;
    char name[CONSOLE_NAME_MAX];
};

struct console_portal {
    struct console_command command;
    char name[CONSOLE_NAME_MAX];
    uint16_t formats[VIEW_COLUMNS_MAX];
    uint16_t formats_count;
    bool has_run;
    struct console_rows *rows; /* what a row limit left over, or NULL */
};

struct console {
    struct client *client;
    bool is_admin;
    bool is_busy;
    bool in_loop;        /* messages are being looked at further up the stack */
    bool is_extended;    /* the command under way came by Execute */
    bool skips_to_sync;  /* an error of an extended message */
    bool in_transaction; /* BEGIN was said, to no effect */
    bool is_failed;      /* an error since BEGIN */
    bool is_broken;      /* no memory for an answer: the client is let go at the end of the turn */
    int32_t rows_max;    /* of the Execute under way; 0: all */
    struct console_portal *portal;
    struct sl_buf out;
    struct console_stmt *stmts[CONSOLE_NAMES_MAX];
    struct console_portal *portals[CONSOLE_NAMES_MAX];

    /* What it waits for: console_wait(). */
    struct timer timer;
    bool (*is_over)(struct console *console);
    const char *tag;
    const char *refusal;       /* is_over() set it: the wait was in vain */
    uint32_t waits;            /* how many there were: a late tour of an earlier one is not ours */
    struct database *database; /* of the wait, held; NULL: all */
    sl_usec deadline;          /* 0: none */
    bool is_touring;           /* console_kill.c: a count is under way */
    uint64_t counted;          /* by the last one */
};

/* Of the wait that begins; held for it already, or NULL. Lets go of the one before. */
void console_set_database(struct console *console, struct database *held);

/* The console of the client of that id on this worker, or NULL: gone, or no longer one. */
struct console *console_find(struct worker *worker, struct sl_id id);

/* ---- ends of a command: exactly one of them, once ---- */

void console_complete(struct console *console, const char *tag);
void console_refuse(struct console *console, const struct sl_error *error);
/* With its rows, which are taken over. */
void console_done(struct console *console, struct console_rows *rows);
/*
 * Ends the command with tag when is_over(), which is asked now and again after a
 * while, says so; or with what it wrote into refusal (57014).
 */
void console_wait(struct console *console, const char *tag, bool (*is_over)(struct console *));

/* ---- console.c to its parts ---- */

void console_run(struct console *console, const struct console_command *command);
char console_status(const struct console *console);

/* For the columns of view; formats as in a Bind. NULL: no memory, or formats not possible. */
SL_MUST_CHECK struct console_rows *console_rows_new(
        const struct view *view, const uint16_t *formats, uint16_t formats_count);
void console_rows_free(struct console_rows *rows);

/* ---- console_extended.c ---- */

/* A message of the extended protocol; body is without type and length. */
void console_extended(struct console *console, char type, struct sl_span body);
void console_extended_done(struct console *console, struct console_rows *rows);
void console_extended_free(struct console *console);
/* Portals end with their transaction, and the unnamed ones with a simple Query. */
void console_close_portals(struct console *console);

/* What became of adding to out; without memory the client is let go. */
void console_check(struct console *console, enum sl_err err);
/* Sends what is in out, then these bytes. */
void console_send(struct console *console, struct sl_span bytes);
/* The command is over: on with the next. The last thing to be called. */
void console_end(struct console *console);

#endif
