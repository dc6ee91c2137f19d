/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/history.h"

#include "tests/support/history_sweep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct known {
    uint32_t version;
    uint32_t tag;
    uint32_t acknowledged; /* by the last window; is_open: not yet compared with what is so */
    uint32_t highest;
    bool is_known;
    bool is_open;
    struct history_op carried[HISTORY_PATHS];
};

struct history {
    struct history_rules rules;
    struct known *known; /* by register */
    struct history_sweep sweep;
};

/* ---- logs ---- */

uint64_t history_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

bool history_log_init(struct history_log *log, size_t max)
{
    *log = (struct history_log){.ops = malloc(max * sizeof *log->ops), .max = max};
    return log->ops != NULL;
}

void history_log_free(struct history_log *log)
{
    free(log->ops);
    *log = (struct history_log){.ops = NULL};
}

void history_note(struct history_log *log, const struct history_op *op)
{
    if (log->count == log->max) {
        log->missed++;
        return;
    }
    log->ops[log->count++] = *op;
}

/* ---- windows ---- */

struct history *history_new(const struct history_rules *rules)
{
    struct history *history = calloc(1, sizeof *history);

    if (history == NULL) {
        return NULL;
    }
    history->rules = *rules;
    history->sweep.rules = &history->rules;
    history->known = calloc(rules->registers, sizeof *history->known);
    if (history->known == NULL) {
        free(history);
        return NULL;
    }
    return history;
}

void history_free(struct history *history)
{
    if (history == NULL) {
        return;
    }
    history_sweep_free(&history->sweep);
    free(history->known);
    free(history);
}

/* Of what is so when all have ended. */
static void compare_end(const struct known *known, uint32_t reg, uint32_t version, uint32_t tag,
        struct history_found *found)
{
    const struct history_op end = {.reg = reg,
            .version = version,
            .tag = tag,
            .kind = HISTORY_READ,
            .path = HISTORY_DIRECT};
    const struct history_op *last = NULL;

    for (unsigned path = 0; path < HISTORY_PATHS; path++) {
        if (known->carried[path].returned != 0 &&
                (last == NULL || known->carried[path].version > last->version)) {
            last = &known->carried[path];
        }
    }
    if (version < known->acknowledged) {
        history_fault(found, HISTORY_LOST, &end, last);
    } else if (version > known->highest) {
        history_fault(found, HISTORY_UNWRITTEN, &end, last);
    } else if (last != NULL && last->version == version && tag != 0 && last->tag != 0 &&
               last->tag != tag) {
        history_fault(found, HISTORY_TORN, &end, last);
    }
}

void history_floor(struct history *history, uint32_t reg, uint32_t version, uint32_t tag,
        struct history_found *found)
{
    struct known *known = &history->known[reg];

    if (known->is_open && found != NULL) {
        compare_end(known, reg, version, tag, found);
    }
    known->version = known->acknowledged = known->highest = version;
    known->tag = tag;
    known->is_known = true;
    known->is_open = true;
}

static int compare_starts(const void *one, const void *other)
{
    const struct history_op *at = *(const struct history_op *const *)one;
    const struct history_op *to = *(const struct history_op *const *)other;

    if (at->reg != to->reg) {
        return at->reg < to->reg ? -1 : 1;
    }
    if (at->invoked != to->invoked) {
        return at->invoked < to->invoked ? -1 : 1;
    }
    return at < to ? -1 : at > to; /* within a log: as they were noted */
}

static void carry(struct known *known, const struct history_op *const *ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct history_op *carried = &known->carried[ops[i]->path];

        if (ops[i]->kind == HISTORY_WRITE &&
                (carried->returned == 0 || ops[i]->version > carried->version)) {
            *carried = *ops[i];
        }
    }
}

static bool check_register(struct history *history, const struct history_op *const *ops,
        size_t count, struct history_found *found)
{
    struct known *known = &history->known[ops[0]->reg];
    struct history_sweep *sweep = &history->sweep;

    sweep->found = found;
    sweep->floor = known->version;
    sweep->floor_tag = known->tag;
    sweep->carried = known->carried;
    if (!history_sweep(sweep, ops, count)) {
        return false;
    }
    known->acknowledged = sweep->acknowledged;
    known->highest = sweep->highest;
    carry(known, ops, count);
    return true;
}

/* Pointers to all, and what was missed. */
static size_t gather(const struct history *history, const struct history_log *logs, size_t count,
        const struct history_op **ops, struct history_found *found)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < logs[i].count; at++) {
            const struct history_op *op = &logs[i].ops[at];

            if (op->reg >= history->rules.registers || op->session >= history->rules.sessions) {
                history_fault(found, HISTORY_MISSED, op, NULL);
            } else {
                ops[len++] = op;
            }
        }
        if (logs[i].missed != 0) {
            static const struct history_op nothing = {.kind = HISTORY_READ};
            history_fault(found, HISTORY_MISSED, logs[i].count > 0 ? logs[i].ops : &nothing, NULL);
        }
    }
    return len;
}

bool history_check(struct history *history, const struct history_log *logs, size_t count,
        struct history_found *found)
{
    const struct history_op **ops;
    size_t len = 1;
    bool is_well = true;

    for (size_t i = 0; i < count; i++) {
        len += logs[i].count;
    }
    ops = malloc(len * sizeof(void *));
    if (ops == NULL) {
        return false;
    }
    len = gather(history, logs, count, ops, found);
    qsort(ops, len, sizeof(void *), compare_starts);
    for (size_t at = 0, end = 0; at < len && is_well; at = end) {
        while (end < len && ops[end]->reg == ops[at]->reg) {
            end++;
        }
        is_well = check_register(history, ops + at, end - at, found);
    }
    free(ops);
    return is_well;
}
