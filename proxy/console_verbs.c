/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_verbs.c - the verbs.
 *
 * Switches are atomics that workers look at. What must be done to clients and
 * servers is done by a tour; what reads files is asked of the control thread. A
 * verb that waits looks again every 20 ms (console_wait()); what it began goes on
 * when its client has left, as the control thread sees to paused databases.
 */
#include "proxy/console_verbs.h"

#include "conf/conf.h"
#include "protocol/base/parse.h"
#include "protocol/sqlstate.h"
#include "proxy/analyst.h"
#include "proxy/console_cache_flush.h"
#include "proxy/console_kill.h"
#include "proxy/console_reset.h"
#include "proxy/console_state.h"
#include "proxy/control.h"
#include "proxy/dns.h"
#include "proxy/registry.h"
#include "proxy/suspend.h"
#include "proxy/sweep.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <strings.h>

struct console_verb {
    const char *name;
    const char *usage;
    void (*run)(struct console *console, const char *argument);
    bool takes_line; /* all that stands behind its name */
};

/* ---- what verbs have in common ---- */

static void refuse(struct console *console, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EINVAL, sqlstate, "%s", text), "the client is told");
    console_refuse(console, &error);
}

static void out_of_memory(struct console *console)
{
    refuse(console, SL_STATE_OUT_OF_MEMORY, "out of memory");
}

static struct worker *worker_of(const struct console *console)
{
    return console->client->io.worker;
}

static bool is_configured(const struct conf *conf, const char *name)
{
    return conf_find_database(conf, name) != NULL || conf->fallback_database != NULL;
}

/* The database, held, known from now on if it is not yet; NULL: refused. */
static struct database *known_database(struct console *console, const char *name)
{
    struct sl_error error;
    struct database *database = NULL;

    if (name[0] == '\0') {
        refuse(console, SL_STATE_SYNTAX_ERROR, "a database is required");
        return NULL;
    }
    if (console_is_database(name)) {
        SL_IGNORE(sl_error_set(&error, SL_EINVAL, SL_STATE_OBJECT_NOT_IN_STATE,
                          "cannot do that to admin db: %s", name),
                "the client is told");
        console_refuse(console, &error);
        return NULL;
    }
    if (is_configured(worker_of(console)->conf, name)) {
        database = registry_database(name);
    }
    if (database == NULL) {
        SL_IGNORE(sl_error_set(&error, SL_EINVAL, SL_STATE_INVALID_CATALOG, "no such database: %s",
                          name),
                "the client is told");
        console_refuse(console, &error);
    }
    return database;
}

/* What the verb is about: a database, or all of them (NULL). False when it was refused. */
static bool database_of(struct console *console, const char *argument, struct database **database)
{
    *database = argument[0] == '\0' ? NULL : known_database(console, argument);
    return argument[0] == '\0' || *database != NULL;
}

static void let_go(struct database *database)
{
    if (database != NULL) {
        registry_let_go(&database->holders);
    }
}

static bool is_of(const struct pool *pool, const struct database *database)
{
    return database == NULL || pool->database == database;
}

static bool is_paused_or_suspended(struct console *console)
{
    if (!process_is_paused() && !process_is_suspended()) {
        return false;
    }
    refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "already suspended/paused");
    return true;
}

/* ---- PAUSE, RESUME ---- */

/* False when it was refused. */
static bool begin_pause(struct console *console, const char *argument, struct database **database)
{
    if (is_paused_or_suspended(console) || !database_of(console, argument, database)) {
        return false;
    }
    if (*database == NULL) {
        process_set_paused(true);
    } else {
        atomic_store(&(*database)->is_paused, true);
        worker_tend_pools();
    }
    return true;
}

static bool has_servers(struct pool *pool)
{
    struct pool_counts counts = pool_counts(pool);

    for (int i = 0; i < POOL_PLACES; i++) {
        if (counts.servers[i] > 0) {
            return true;
        }
    }
    return false;
}

/* Which goes behind the others. */
static bool has_listener(const struct database *database)
{
    return atomic_load(&database->listen.state) != LISTEN_STATE_OFF;
}

static bool is_still_paused(const struct database *database)
{
    return process_is_paused() || (database != NULL && atomic_load(&database->is_paused));
}

/* All servers are gone; those that became idle are sent away on the way. */
static bool servers_are_released(struct console *console)
{
    bool is_over = true;

    if (!is_still_paused(console->database)) {
        console->refusal = "RESUME came before all servers were released";
        return true;
    }
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (is_of(p, console->database)) {
            pool_close_idle(p, worker_of(console), "paused");
            is_over = is_over && !has_servers(p) && !has_listener(p->database);
        }
    }
    return is_over;
}

static void pause_verb(struct console *console, const char *argument)
{
    struct database *database;

    if (!begin_pause(console, argument, &database)) {
        return;
    }
    sweep_servers();
    console_set_database(console, database);
    console_wait(console, "PAUSE", servers_are_released);
}

static void resume_all(struct console *console)
{
    if (process_shutdown() != PROCESS_RUNS) {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "pooler is shutting down");
    } else if (!process_is_paused() && !process_is_suspended()) {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "pooler is not paused/suspended");
    } else {
        if (process_is_suspended()) {
            suspend_end();
        }
        process_set_paused(false);
        console_complete(console, "RESUME");
    }
}

static void resume_verb(struct console *console, const char *argument)
{
    if (argument[0] == '\0') {
        resume_all(console);
        return;
    }
    struct database *database = known_database(console, argument);
    if (database == NULL) {
        return;
    }
    bool was_paused = atomic_exchange(&database->is_paused, false);
    worker_tend_pools();
    let_go(database);
    if (!was_paused) {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "database is not paused");
        return;
    }
    console_complete(console, "RESUME");
}

/* ---- DISABLE, ENABLE, RECONNECT ---- */

static void set_disabled(
        struct console *console, const char *argument, bool is_disabled, const char *tag)
{
    struct database *database = known_database(console, argument);

    if (database != NULL) {
        atomic_store(&database->is_disabled, is_disabled);
        let_go(database);
        console_complete(console, tag);
    }
}

static void disable_verb(struct console *console, const char *argument)
{
    set_disabled(console, argument, true, "DISABLE");
}

static void enable_verb(struct console *console, const char *argument)
{
    set_disabled(console, argument, false, "ENABLE");
}

static void reconnect_verb(struct console *console, const char *argument)
{
    struct database *database;

    if (!database_of(console, argument, &database)) {
        return;
    }
    dns_expire_all(); /* the new connections are to go where the names point now */
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (is_of(p, database)) {
            pool_recycle(p, worker_of(console));
        }
    }
    let_go(database);
    sweep_servers();
    console_complete(console, "RECONNECT");
}

/* ---- KILL, KILL_CLIENT, WAIT_CLOSE, SUSPEND: tours ---- */

static void kill_verb(struct console *console, const char *argument)
{
    struct database *database;

    if (!begin_pause(console, argument, &database)) {
        return;
    }
    bool is_sent = console_kill(console, database);
    let_go(database);
    if (!is_sent) {
        out_of_memory(console);
    }
}

static void kill_client_verb(struct console *console, const char *argument)
{
    int64_t id;

    if (sl_parse_i64(argument, 1, INT64_MAX, &id) != SL_OK) {
        refuse(console, SL_STATE_SYNTAX_ERROR, "invalid client id supplied");
    } else if (!console_kill_client(console, (uint64_t)id)) {
        out_of_memory(console);
    }
}

static void wait_close_verb(struct console *console, const char *argument)
{
    struct database *database;

    if (!database_of(console, argument, &database)) {
        return;
    }
    console_wait_close(console, database);
}

static void reset_verb(struct console *console, const char *argument)
{
    if (strcasecmp(argument, "stats") != 0) {
        refuse(console, SL_STATE_SYNTAX_ERROR, "RESET takes STATS");
    } else if (!console_reset_stats(console)) {
        out_of_memory(console);
    }
}

/* It is done elsewhere, some time later: SHOW DRIFT says when. */
static void analyze_verb(struct console *console, const char *argument)
{
    if (strcasecmp(argument, "workload") != 0) {
        refuse(console, SL_STATE_SYNTAX_ERROR, "ANALYZE takes WORKLOAD");
    } else if (!analyst_ask()) {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "statistics are off ([stats] mode)");
    } else {
        console_complete(console, "ANALYZE");
    }
}

static void suspend_verb(struct console *console, const char *argument)
{
    (void)argument;
    if (is_paused_or_suspended(console)) {
        return;
    }
    for (const struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        if (atomic_load(&d->is_paused)) {
            refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "cannot suspend with paused databases");
            return;
        }
    }
    suspend_begin();
    console_wait_flushed(console);
}

/* ---- what the control thread does ---- */

static const char *tag_of(const struct control_request *request)
{
    switch (request->task) {
    case CONTROL_RELOAD:
        return "RELOAD";
    case CONTROL_SET:
        return "SET";
    case CONTROL_SHUTDOWN:
        break;
    }
    return "SHUTDOWN";
}

static void request_done(struct control_request *request, struct worker *worker)
{
    struct console *console = console_find(worker, request->client);
    bool is_end = request->task == CONTROL_SHUTDOWN && request->how == PROCESS_STOPS;

    if (console != NULL && request->err != SL_OK) {
        console_refuse(console, &request->error);
    } else if (console != NULL && !is_end) {
        console_complete(console, tag_of(request));
    } /* else the end of the connection is the answer, as it is with PgBouncer */
    free(request);
}

static struct control_request *new_request(struct console *console, enum control_task task)
{
    struct control_request *request = calloc(1, sizeof *request);

    if (request == NULL) {
        out_of_memory(console);
        return NULL;
    }
    request->task = task;
    request->home = worker_of(console);
    request->client = console->client->id;
    request->done = request_done;
    return request;
}

static void reload_verb(struct console *console, const char *argument)
{
    (void)argument;
    struct control_request *request = new_request(console, CONTROL_RELOAD);
    if (request != NULL) {
        control_ask(request);
    }
}

static void shutdown_verb(struct console *console, const char *argument)
{
    enum process_shutdown how = PROCESS_STOPS;

    if (strcasecmp(argument, "wait_for_servers") == 0) {
        how = PROCESS_WAITS_FOR_SERVERS;
    } else if (strcasecmp(argument, "wait_for_clients") == 0) {
        how = PROCESS_WAITS_FOR_CLIENTS;
    } else if (argument[0] != '\0') {
        refuse(console, SL_STATE_SYNTAX_ERROR,
                "SHUTDOWN takes nothing, WAIT_FOR_SERVERS or WAIT_FOR_CLIENTS");
        return;
    }
    struct control_request *request = new_request(console, CONTROL_SHUTDOWN);
    if (request != NULL) {
        request->how = how;
        control_ask(request);
    }
}

void console_set(struct console *console, const char *key, const char *value)
{
    _Static_assert((int)CONSOLE_ARGUMENT_MAX <= (int)CONTROL_KEY_MAX, "a key fits");
    _Static_assert((int)CONSOLE_VALUE_MAX <= (int)CONTROL_VALUE_MAX, "a value fits");
    struct control_request *request = new_request(console, CONTROL_SET);

    if (request != NULL) {
        memcpy(request->key, key, strlen(key) + 1);
        memcpy(request->value, value, strlen(value) + 1);
        control_ask(request);
    }
}

/* ---- ^C ---- */

void console_verbs_cancel(struct console *console)
{
    if (process_shutdown() == PROCESS_RUNS && console->is_over == servers_are_released) {
        if (console->database != NULL) {
            atomic_store(&console->database->is_paused, false);
            worker_tend_pools();
        } else {
            process_set_paused(false);
        }
    }
    if (process_shutdown() == PROCESS_RUNS && process_is_suspended()) {
        suspend_end();
    }
    refuse(console, SL_STATE_QUERY_CANCELED, "canceling statement due to user request");
}

/* ---- the table ---- */

static const struct console_verb verbs[] = {
        {"RELOAD", "RELOAD", reload_verb, false},
        {"PAUSE", "PAUSE [<db>]", pause_verb, false},
        {"RESUME", "RESUME [<db>]", resume_verb, false},
        {"DISABLE", "DISABLE <db>", disable_verb, false},
        {"ENABLE", "ENABLE <db>", enable_verb, false},
        {"RECONNECT", "RECONNECT [<db>]", reconnect_verb, false},
        {"KILL", "KILL [<db>]", kill_verb, false},
        {"KILL_CLIENT", "KILL_CLIENT <client_id>", kill_client_verb, false},
        {"SUSPEND", "SUSPEND", suspend_verb, false},
        {"RESET", "RESET STATS", reset_verb, false},
        {"ANALYZE", "ANALYZE WORKLOAD", analyze_verb, false},
        {"SHUTDOWN", "SHUTDOWN [WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS]", shutdown_verb, false},
        {"WAIT_CLOSE", "WAIT_CLOSE [<db>]", wait_close_verb, false},
        {"CACHE",
                "CACHE FLUSH [ALL|DATABASE <db>|TABLE [<db>.]<schema>.<table>|SHAPE <id>] | CACHE "
                "PIN|UNPIN SHAPE <id> | CACHE WARM",
                console_cache_verb, true},
};

const struct console_verb *console_verb_find(const char *word)
{
    for (size_t i = 0; i < SL_COUNT(verbs); i++) {
        if (strcasecmp(verbs[i].name, word) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

const char *console_verb_name(const struct console_verb *verb)
{
    return verb->name;
}

bool console_verb_takes_line(const struct console_verb *verb)
{
    return verb->takes_line;
}

const char *console_verb_usage(unsigned i)
{
    return i < SL_COUNT(verbs) ? verbs[i].usage : NULL;
}

void console_verb_run(
        struct console *console, const struct console_verb *verb, const char *argument)
{
    verb->run(console, argument);
}
