/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/control.h - the control thread: signals, reloads, shutdown, periods.
 *
 * It is the main thread, with an event loop and a mailbox of its own, so that
 * whatever reads files or waits is done here and by no worker. The console asks
 * it by letter.
 *
 *   SIGHUP  RELOAD, log files opened anew      SIGUSR1 PAUSE   SIGUSR2 RESUME
 *   SIGINT  SHUTDOWN WAIT_FOR_SERVERS          SIGTERM SHUTDOWN WAIT_FOR_CLIENTS
 *   SIGQUIT, or a second SIGINT or SIGTERM: the end, at once
 *
 * Ownership: one static struct. Threads: control_ask() any, the rest the main
 * thread's. Bounds: one request a console client is under way.
 */
#ifndef SLUICE_PROXY_CONTROL_H
#define SLUICE_PROXY_CONTROL_H

#include "protocol/base/err.h"
#include "protocol/base/slab.h"
#include "proxy/mailbox.h"
#include "proxy/process.h"

enum { CONTROL_KEY_MAX = 128, CONTROL_VALUE_MAX = 4096 };

enum control_task {
    CONTROL_RELOAD,
    CONTROL_SET,     /* key, value */
    CONTROL_SHUTDOWN /* how */
};

/* From malloc(): done() frees it, or control at the end, when nobody is left to answer to. */
struct control_request {
    struct letter letter; /* first: control's own */
    enum control_task task;
    enum process_shutdown how;
    char key[CONTROL_KEY_MAX];
    char value[CONTROL_VALUE_MAX];
    struct worker *home; /* where done() is called; the request is then the asker's again */
    struct sl_id client; /* the asker's, for done() */
    void (*done)(struct control_request *request, struct worker *worker);

    /* The answer. */
    enum sl_err err;
    struct sl_error error;
};

/* Blocks the signals for all threads made from now on. Before the first of them. */
void control_block_signals(void);

/* verbose: as -v and the key; quiet: -q, nothing to standard error. */
struct control_options {
    int verbose;
    bool quiet;
};

/* Where and what to log, by the configuration; at start, and again at a reload. */
SL_MUST_CHECK enum sl_err control_open_log(
        const struct conf *conf, struct control_options options, struct sl_error *error);

struct conf_problems;
/* One line each; what is ignored only with -v. */
void control_log_problems(const struct conf_problems *problems);

SL_MUST_CHECK enum sl_err control_start(struct control_options options, struct sl_error *error);
/* A start that joined (handover_take.h): the other process accepts no more. */
SL_MUST_CHECK enum sl_err control_take_over(struct sl_error *error);
/* From here on the next process can take over from us. */
void control_may_be_taken_over(const struct conf *conf);
/* Returns when the process shall end; clients have been told. */
void control_run(void);
void control_fini(void);
/* enum drain: what a shutdown has all workers do by now. The control thread. */
unsigned control_drains(void);

/* Takes the request over until done(). */
void control_ask(struct control_request *request);

#endif
