/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/history_sweep.h"

#include <stdlib.h>
#include <string.h>

/* How far a fault's reason is looked for among versions that may not be. */
enum { LOOK_MAX = 1000 };

void history_fault(struct history_found *found, enum history_fault fault,
        const struct history_op *op, const struct history_op *other)
{
    found->faults++;
    found->by_fault[fault]++;
    if (found->report_count < HISTORY_REPORTS) {
        struct history_report *report = &found->reports[found->report_count++];

        *report = (struct history_report){.fault = fault, .op = *op, .has_other = other != NULL};
        if (other != NULL) {
            report->other = *other;
        }
    }
}

void history_sweep_free(struct history_sweep *sweep)
{
    free(sweep->states);
    free(sweep->seats);
    free(sweep->versions);
    free(sweep->by_end);
    memset(sweep, 0, sizeof *sweep);
}

/* ---- versions ---- */

static struct history_state *state_of(const struct history_sweep *sweep, uint32_t version)
{
    return &sweep->states[version - sweep->floor];
}

static bool is_a_write(const struct history_op *op)
{
    return op->kind == HISTORY_WRITE || op->kind == HISTORY_MAYBE || op->kind == HISTORY_INNER;
}

static bool make_room(struct history_sweep *sweep, size_t count)
{
    if (sweep->seats == NULL) {
        sweep->seats = calloc((size_t)sweep->rules->sessions + 1, sizeof *sweep->seats);
    }
    if (sweep->state_max < count + 2) {
        free(sweep->states);
        sweep->states = malloc((count + 2) * sizeof *sweep->states);
        sweep->state_max = sweep->states != NULL ? count + 2 : 0;
    }
    if (sweep->op_max < count) {
        free(sweep->versions);
        free(sweep->by_end);
        sweep->versions = malloc(count * sizeof *sweep->versions);
        sweep->by_end = malloc(count * sizeof *sweep->by_end);
        sweep->op_max = sweep->versions != NULL && sweep->by_end != NULL ? count : 0;
    }
    return sweep->seats != NULL && sweep->states != NULL && sweep->op_max >= count;
}

/* Of two with one version the certain one is it. */
static void place(struct history_sweep *sweep, const struct history_op *op, size_t room)
{
    struct history_state *state;

    if (op->version <= sweep->floor || op->version - sweep->floor > room) {
        history_fault(
                sweep->found, op->version <= sweep->floor ? HISTORY_TWICE : HISTORY_GAP, op, NULL);
        return;
    }
    state = state_of(sweep, op->version);
    if (state->op != NULL && state->op->kind != HISTORY_MAYBE && op->kind != HISTORY_MAYBE) {
        history_fault(sweep->found, HISTORY_TWICE, op, state->op);
        return;
    }
    if (state->op == NULL || op->kind != HISTORY_MAYBE) {
        state->op = op;
    }
    if (op->version > sweep->highest) {
        sweep->highest = op->version;
    }
    if (op->kind == HISTORY_WRITE && op->version > sweep->acknowledged) {
        sweep->acknowledged = op->version;
    }
}

/* From the last version down: the first end of each and what is later, by path. */
static void lay_out(struct history_sweep *sweep)
{
    struct history_state *later = state_of(sweep, sweep->highest) + 1;

    *later = (struct history_state){.invoked = HISTORY_NEVER, .least_invoked = HISTORY_NEVER};
    for (size_t path = 0; path < HISTORY_PATHS; path++) {
        later->least[path] = HISTORY_NEVER;
    }
    for (struct history_state *state = later - 1; state >= sweep->states; state--) {
        const struct history_op *op = state->op;

        *state = state[1];
        state->op = op;
        state->invoked = 0; /* the floor; or one that is missing, which was said */
        if (op != NULL) {
            uint64_t returned = op->kind == HISTORY_MAYBE ? HISTORY_NEVER : op->returned;
            state->invoked = op->invoked;
            if (returned < state->least[op->path]) {
                state->least[op->path] = returned;
                state->by[op->path] = op;
            }
        }
        if (state->invoked < state->least_invoked) {
            state->least_invoked = state->invoked;
        }
    }
}

static void lay_out_writes(
        struct history_sweep *sweep, const struct history_op *const *ops, size_t count)
{
    sweep->highest = sweep->acknowledged = sweep->floor;
    memset(sweep->states, 0, (count + 2) * sizeof *sweep->states);
    for (size_t i = 0; i < count; i++) {
        if (is_a_write(ops[i])) {
            place(sweep, ops[i], count);
        }
    }
    for (uint32_t version = sweep->floor + 1; version < sweep->highest; version++) {
        if (state_of(sweep, version)->op == NULL && state_of(sweep, version + 1)->op != NULL) {
            history_fault(sweep->found, HISTORY_GAP, state_of(sweep, version + 1)->op, NULL);
        }
    }
    lay_out(sweep);
}

/* ---- what a read may be of ---- */

static uint64_t allowance(const struct history_sweep *sweep, unsigned one, unsigned other)
{
    return one == other ? 0 : sweep->rules->bound_ns;
}

/* Acknowledged so long before it was asked that it must have been seen. */
static bool is_due(const struct history_sweep *sweep, uint64_t returned, unsigned path,
        const struct history_op *read)
{
    uint64_t spare = allowance(sweep, path, read->path);

    return returned < read->invoked && read->invoked - returned > spare;
}

/* The lowest version that leaves out nothing that is due. */
static uint32_t lowest(const struct history_sweep *sweep, const struct history_op *read)
{
    uint32_t low = sweep->floor;
    uint32_t high = sweep->highest;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool leaves_out = false;

        for (unsigned path = 0; path < HISTORY_PATHS; path++) {
            leaves_out |= is_due(sweep, state_of(sweep, middle + 1)->least[path], path, read);
        }
        if (leaves_out) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Who made a later version than this one, and must have been seen; NULL: nobody. */
static const struct history_op *unseen(const struct history_sweep *sweep,
        const struct history_op *read, uint32_t version, unsigned path)
{
    const struct history_op *carried = &sweep->carried[path];

    if (version < sweep->floor && carried->returned != 0 && carried->version > version &&
            is_due(sweep, carried->returned, path, read)) {
        return carried;
    }
    if (version >= sweep->floor) {
        const struct history_state *later = state_of(sweep, version) + 1;
        return is_due(sweep, later->least[path], path, read) ? later->by[path] : NULL;
    }
    return NULL;
}

static void note_age(struct history_sweep *sweep, const struct history_op *read, uint32_t version)
{
    const struct history_op *by = NULL;
    uint64_t since = HISTORY_NEVER;

    for (unsigned path = 0; path < HISTORY_PATHS; path++) {
        const struct history_op *carried = &sweep->carried[path];
        if (path == read->path) {
            continue;
        }
        if (version >= sweep->floor) {
            const struct history_state *later = state_of(sweep, version) + 1;
            if (later->least[path] < since) {
                since = later->least[path];
                by = later->by[path];
            }
        } else if (carried->returned != 0 && carried->version > version &&
                   carried->returned < since) {
            since = carried->returned;
            by = carried;
        }
    }
    if (by == NULL || since >= read->invoked) {
        return;
    }
    sweep->found->behind++;
    if (read->invoked - since > sweep->found->stalest_ns) {
        sweep->found->stalest_ns = read->invoked - since;
        sweep->found->stalest = (struct history_report){
                .fault = HISTORY_TOO_OLD, .op = *read, .other = *by, .has_other = true};
    }
}

/* ---- judgement ---- */

static struct history_seat *seat_of(struct history_sweep *sweep, const struct history_op *op)
{
    struct history_seat *seat = &sweep->seats[op->session];

    if (seat->stamp != sweep->stamp) {
        *seat = (struct history_seat){.stamp = sweep->stamp};
    }
    return seat;
}

/* It cannot be of that version at all. */
static bool never_was(struct history_sweep *sweep, const struct history_op *read, uint32_t version)
{
    const struct history_state *state;
    uint32_t tag;

    if (version == HISTORY_NONSENSE || version > sweep->highest) {
        history_fault(sweep->found, HISTORY_UNWRITTEN, read, NULL);
        return true;
    }
    if (version < sweep->floor) {
        return false;
    }
    state = state_of(sweep, version);
    tag = version == sweep->floor ? sweep->floor_tag : state->op != NULL ? state->op->tag : 0;
    if ((state->op != NULL && state->op->kind == HISTORY_INNER) ||
            (read->kind == HISTORY_READ && read->tag != 0 && tag != 0 && tag != read->tag)) {
        history_fault(sweep->found, HISTORY_TORN, read, state->op);
        return true;
    }
    if (state->invoked > read->returned) {
        history_fault(sweep->found, HISTORY_EARLY, read, state->op);
        return true;
    }
    return false;
}

/* Something is later, and must have been seen. */
static bool is_behind(struct history_sweep *sweep, const struct history_op *read, uint32_t version)
{
    const struct history_seat *seat = seat_of(sweep, read);
    bool is_known = version >= sweep->floor;

    if (seat->written > version) {
        history_fault(sweep->found, HISTORY_OWN_UNSEEN, read, seat->writer);
        return true;
    }
    for (unsigned i = 0; i < HISTORY_PATHS; i++) {
        unsigned path = (read->path + i) % HISTORY_PATHS; /* its own first */
        const struct history_op *other = unseen(sweep, read, version, path);

        is_known = is_known || sweep->carried[path].returned != 0;
        if (other != NULL) {
            history_fault(sweep->found,
                    allowance(sweep, path, read->path) == 0 ? HISTORY_STALE : HISTORY_TOO_OLD, read,
                    other);
            return true;
        }
    }
    if (!is_known && sweep->rules->bound_ns == 0) { /* before the first window */
        history_fault(sweep->found, HISTORY_STALE, read, NULL);
        return true;
    }
    if (sweep->rules->order >= HISTORY_BY_SESSION && seat->version > version) {
        history_fault(sweep->found, HISTORY_BACKWARDS_IN_SESSION, read, seat->op);
        return true;
    }
    if (sweep->rules->order == HISTORY_BY_ALL && sweep->read > version) {
        history_fault(sweep->found, HISTORY_BACKWARDS, read, sweep->reader);
        return true;
    }
    return false;
}

/* The version it is taken for from now on; 0: none. */
static uint32_t judge(struct history_sweep *sweep, const struct history_op *read, uint32_t version)
{
    struct history_seat *seat = seat_of(sweep, read);

    if (never_was(sweep, read, version)) {
        return 0;
    }
    (void)is_behind(sweep, read, version);
    note_age(sweep, read, version);
    if (version > seat->version) {
        seat->version = version;
        seat->op = read;
    }
    return version;
}

/* ---- answers that do not say their version ---- */

static void stand_at(struct history_sweep *sweep, uint32_t version)
{
    const struct history_oracle *oracle = sweep->rules->oracle;

    while (sweep->at != version) {
        bool is_forward = sweep->at < version;
        const struct history_op *op = state_of(sweep, is_forward ? ++sweep->at : sweep->at--)->op;

        if (op != NULL && is_forward) {
            oracle->forward(oracle->self, op);
        } else if (op != NULL) {
            oracle->back(oracle->self, op);
        }
    }
}

static bool fits(struct history_sweep *sweep, const struct history_op *read, uint32_t version)
{
    const struct history_oracle *oracle = sweep->rules->oracle;
    const struct history_op *op = state_of(sweep, version)->op;

    stand_at(sweep, version);
    return (op == NULL || op->kind != HISTORY_INNER) &&
           oracle->answer(oracle->self, read->reg, version, read->question) == read->tag;
}

/* Early in a window it may be of a version before it. */
static bool may_be_of_before(const struct history_sweep *sweep, const struct history_op *read)
{
    for (unsigned path = 0; path < HISTORY_PATHS; path++) {
        const struct history_op *carried = &sweep->carried[path];

        if (carried->returned != 0 && !is_due(sweep, carried->returned, path, read)) {
            return true;
        }
    }
    return false;
}

/* No version that it may be of fits: what is wrong with it is said of the nearest one that does. */
static uint32_t find_fault(
        struct history_sweep *sweep, const struct history_op *read, uint32_t start)
{
    for (uint32_t i = 0; i < LOOK_MAX && start - sweep->floor > i; i++) {
        if (fits(sweep, read, start - 1 - i)) {
            return judge(sweep, read, start - 1 - i);
        }
    }
    if (may_be_of_before(sweep, read)) {
        sweep->found->unjudged++;
        return 0;
    }
    for (uint32_t i = 0; i < LOOK_MAX && sweep->highest - start >= i; i++) {
        if (fits(sweep, read, start + i)) {
            return judge(sweep, read, start + i); /* too early */
        }
    }
    history_fault(sweep->found, HISTORY_UNWRITTEN, read, NULL);
    return 0;
}

static uint32_t judge_seen(struct history_sweep *sweep, const struct history_op *read)
{
    const struct history_seat *seat = seat_of(sweep, read);
    uint32_t start = lowest(sweep, read);

    if (seat->written > start) {
        start = seat->written;
    }
    if (sweep->rules->order >= HISTORY_BY_SESSION && seat->version > start) {
        start = seat->version;
    }
    if (sweep->rules->order == HISTORY_BY_ALL && sweep->read > start) {
        start = sweep->read;
    }
    for (uint32_t version = start; version <= sweep->highest; version++) {
        const struct history_state *state = state_of(sweep, version);

        if (state->least_invoked > read->returned && version > start) {
            break;
        }
        if (state->invoked <= read->returned && fits(sweep, read, version)) {
            return judge(sweep, read, version);
        }
    }
    return find_fault(sweep, read, start);
}

/* ---- the sweep ---- */

static int compare_ends(const void *one, const void *other, void *arg)
{
    const struct history_op *const *ops = arg;
    uint32_t at = *(const uint32_t *)one;
    uint32_t to = *(const uint32_t *)other;

    if (ops[at]->returned != ops[to]->returned) {
        return ops[at]->returned < ops[to]->returned ? -1 : 1;
    }
    return at < to ? -1 : at > to;
}

static void take_write(struct history_sweep *sweep, const struct history_op *op)
{
    struct history_seat *seat = seat_of(sweep, op);

    if (op->kind != HISTORY_WRITE || op->version > sweep->highest || op->version <= sweep->floor) {
        return;
    }
    for (unsigned path = 0; path < HISTORY_PATHS; path++) {
        const struct history_state *later = state_of(sweep, op->version) + 1;
        if (later->least[path] < op->invoked) {
            history_fault(sweep->found, HISTORY_DISORDER, op, later->by[path]);
        }
    }
    sweep->found->writes[op->path]++;
    if (op->version > seat->written) {
        seat->written = op->version;
        seat->writer = op;
    }
}

static uint32_t take(struct history_sweep *sweep, const struct history_op *op)
{
    if (is_a_write(op)) {
        take_write(sweep, op);
        return 0;
    }
    sweep->found->reads[op->path][op->class]++;
    if (op->kind == HISTORY_OWN) {
        if (op->version != op->tag) {
            history_fault(sweep->found, HISTORY_NOT_OWN, op, NULL);
        }
        return 0;
    }
    return op->kind == HISTORY_SEEN ? judge_seen(sweep, op) : judge(sweep, op, op->version);
}

bool history_sweep(struct history_sweep *sweep, const struct history_op *const *ops, size_t count)
{
    size_t ended = 0;

    if (!make_room(sweep, count)) {
        return false;
    }
    sweep->stamp++;
    sweep->read = 0;
    sweep->reader = NULL;
    sweep->at = sweep->floor;
    lay_out_writes(sweep, ops, count);
    for (size_t i = 0; i < count; i++) {
        sweep->by_end[i] = (uint32_t)i;
    }
    /* The array is only read; qsort_r() has no const for it. */
    qsort_r(sweep->by_end, count, sizeof *sweep->by_end, compare_ends,
            (void *)(uintptr_t)(const void *)ops);
    for (size_t i = 0; i < count; i++) {
        for (; ops[sweep->by_end[ended]]->returned < ops[i]->invoked; ended++) {
            uint32_t at = sweep->by_end[ended];
            if (sweep->versions[at] > sweep->read) {
                sweep->read = sweep->versions[at];
                sweep->reader = ops[at];
            }
        }
        sweep->versions[i] = take(sweep, ops[i]);
    }
    stand_at(sweep, sweep->floor);
    return true;
}
