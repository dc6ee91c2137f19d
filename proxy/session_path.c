/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/session_path.h"

#include "protocol/search_path.h"
#include "proxy/search_paths.h"

#include <string.h>
#include <strings.h>

static void set_all(struct session_path *path, uint16_t number)
{
    path->now = number;
    path->committed = number;
    path->aborted = number;
}

static bool is_at_rest(const struct session_path *path)
{
    return path->kind == SEARCH_PATH_KEPT && !path->is_local_opaque &&
           path->now == path->committed && path->committed == path->aborted;
}

/* What is under way is over. */
static void end_window(struct session_path *path)
{
    path->kind = SEARCH_PATH_KEPT;
    path->readies = 0;
    path->is_lost = false;
    path->saw_tag = false;
    path->saw_error = false;
    path->saw_commit = false;
    path->saw_rollback = false;
    path->watches = !is_at_rest(path);
}

void session_path_begin(struct session_path *path, uint16_t base, bool is_clean)
{
    if (path->is_stuck && !is_clean) {
        return;
    }
    *path = (struct session_path){.base = base, .now = base, .committed = base, .aborted = base};
}

void session_path_end(struct session_path *path, const char *query)
{
    bool is_new =
            !path->is_opaque && !path->has_temp && path->now == path->base && is_at_rest(path);

    if (strcasestr(query, "DISCARD ALL") != NULL) {
        session_path_begin(path, path->base, true);
    } else if (!is_new || path->is_armed) {
        path->is_stuck = true;
        path->is_opaque = true;
    }
}

void session_path_roll_back(struct session_path *path)
{
    if (path->kind != SEARCH_PATH_KEPT) {
        path->is_opaque = true;
    }
    set_all(path, path->aborted);
    path->is_local_opaque = false;
    end_window(path);
}

void session_path_blur(struct session_path *path)
{
    path->is_opaque = true;
}

/* ---- what is sent ---- */

static void begin_change(struct session_path *path, const struct search_path_change *change,
        enum session_path_how how, bool is_alone)
{
    bool has_list = change->has_list &&
                    (change->kind == SEARCH_PATH_SET || change->kind == SEARCH_PATH_LOCAL);

    path->is_lost = path->kind != SEARCH_PATH_KEPT || !is_alone;
    path->kind = (uint8_t)change->kind;
    path->list = has_list ? search_paths_number(change->list) : SEARCH_PATHS_UNKNOWN;
    path->needs_tag = !change->is_call;
    path->watches = true;
    if (change->kind == SEARCH_PATH_RESET || change->kind == SEARCH_PATH_LOCAL_RESET ||
            change->kind == SEARCH_PATH_DISCARD) {
        path->list = path->base;
    }
    if (change->is_call && how != SESSION_PATH_QUERY) {
        path->is_opaque = true; /* its tag is that of any SELECT: when it runs cannot be told */
    }
}

void session_path_send(struct session_path *path, const struct search_path_change *change,
        enum session_path_how how, bool is_alone)
{
    switch (change->kind) {
    case SEARCH_PATH_TEMP:
        path->has_temp = true;
        break;
    case SEARCH_PATH_KEPT:
        break;
    case SEARCH_PATH_OPAQUE:
        path->is_opaque = true;
        return;
    case SEARCH_PATH_LOCAL_OPAQUE:
        path->is_local_opaque = true;
        path->watches = true;
        return;
    case SEARCH_PATH_SET:
    case SEARCH_PATH_LOCAL:
    case SEARCH_PATH_RESET:
    case SEARCH_PATH_LOCAL_RESET:
    case SEARCH_PATH_DISCARD:
        begin_change(path, change, how, is_alone);
        return;
    }
    path->is_lost |= path->kind != SEARCH_PATH_KEPT; /* whose tag it was would not be known */
}

uint16_t session_path_now(const struct session_path *path)
{
    if (path->is_opaque || path->is_local_opaque || path->kind != SEARCH_PATH_KEPT ||
            path->now == SEARCH_PATHS_UNKNOWN) {
        return SEARCH_PATHS_UNKNOWN;
    }
    return path->has_temp ? path->now | SEARCH_PATHS_TEMP : path->now;
}

/* ---- what is answered ---- */

void session_path_tag(struct session_path *path, struct sl_span tag)
{
    path->saw_commit |= sl_span_is(tag, "COMMIT") || sl_span_is(tag, "PREPARE TRANSACTION");
    path->saw_rollback |= sl_span_is(tag, "ROLLBACK");
    path->saw_tag |= path->kind == SEARCH_PATH_DISCARD
                             ? sl_span_is(tag, "DISCARD ALL")
                             : sl_span_is(tag, "SET") || sl_span_is(tag, "RESET");
}

void session_path_error(struct session_path *path)
{
    path->saw_error |= path->watches;
}

/* It was done, in a transaction that goes on, or has ended by itself. */
static void apply(struct session_path *path, bool goes_on)
{
    bool is_local = path->kind == SEARCH_PATH_LOCAL || path->kind == SEARCH_PATH_LOCAL_RESET;

    if (path->kind == SEARCH_PATH_DISCARD) {
        session_path_begin(path, path->base, true);
    } else if (!is_local) {
        path->now = path->list;
        path->committed = path->list;
        path->aborted = goes_on ? path->aborted : path->list;
    } else if (goes_on) {
        path->now = path->list;
    }
}

static void settle_change(struct session_path *path, char status)
{
    bool is_plain =
            !path->is_lost && path->readies == 1 && !path->saw_commit && !path->saw_rollback;

    if (is_plain && path->saw_error && status != 'T') {
        if (status == 'E') { /* a savepoint may be behind it, or before it */
            path->now = SEARCH_PATHS_UNKNOWN;
            path->committed = SEARCH_PATHS_UNKNOWN;
        }
        return;
    }
    if (!is_plain || path->saw_error) {
        set_all(path, SEARCH_PATHS_UNKNOWN);
        return;
    }
    if (path->needs_tag && !path->saw_tag) {
        path->is_opaque = true; /* it may be executed later, by a portal or its name */
        return;
    }
    apply(path, status != 'I');
}

/* Nothing was under way that sets it. */
static void settle_transaction(struct session_path *path, bool goes_on)
{
    bool has_changed = path->now != path->aborted || path->committed != path->aborted;

    if (path->saw_commit && path->saw_rollback) { /* in what order? */
        if (has_changed) {
            set_all(path, SEARCH_PATHS_UNKNOWN);
        }
    } else if (path->saw_rollback && goes_on) { /* TO SAVEPOINT, AND CHAIN */
        if (has_changed) {
            path->now = SEARCH_PATHS_UNKNOWN;
            path->committed = SEARCH_PATHS_UNKNOWN;
        }
    } else if (path->saw_rollback) {
        set_all(path, path->aborted);
    } else if (path->saw_commit) {
        set_all(path, path->committed);
    }
}

void session_path_ready(struct session_path *path, char status, bool is_idle)
{
    path->readies = path->readies == 0 ? 1 : 2;
    if (!is_idle) {
        return;
    }
    if (path->kind != SEARCH_PATH_KEPT) {
        settle_change(path, status);
    } else {
        settle_transaction(path, status != 'I');
    }
    if (status == 'I') {
        path->is_local_opaque = false;
        if (path->now != path->committed || path->committed != path->aborted) {
            set_all(path, SEARCH_PATHS_UNKNOWN); /* it ended, and it was not seen how */
        }
    }
    end_window(path);
}
