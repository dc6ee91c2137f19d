/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_find.h"

#include "optimizer/observe.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum { STEP_ROWS = 256, BATCH = SHAPE_READ_MIN };

static void take(struct console_found *found, const struct shape_key *key)
{
    if (key->shape.hi < found->least || key->shape.hi > found->most) {
        return;
    }
    if (found->count > 0 && (key->shape.hi != found->keys[0].shape.hi ||
                                    key->shape.lo != found->keys[0].shape.lo)) {
        found->is_ambiguous = true;
    } else if (found->count == CONSOLE_POOLS_MAX) {
        found->left_out++;
    } else {
        found->keys[found->count++] = *key;
    }
}

/* True: the whole store was looked through. */
static bool look(struct console_found *found)
{
    struct shape_store *store = observe_store(statistics_observe());
    const struct shape_cut cut = {.now = found->now};
    struct shape_row rows[BATCH];

    for (uint32_t seen = 0; found->cursor != SHAPE_STORE_END && seen < STEP_ROWS; seen += BATCH) {
        uint32_t count = shape_store_read(store, &found->cursor, rows, BATCH, cut);
        for (uint32_t i = 0; i < count; i++) {
            take(found, &rows[i].key);
        }
    }
    return found->cursor == SHAPE_STORE_END;
}

static struct console_found *found_new(struct view_visit *visit, sl_usec now)
{
    struct console_found *found = calloc(1, sizeof *found);

    if (found == NULL) {
        visit->out->is_full = true;
    } else if (!console_shape_ids(visit->argument, &found->least, &found->most)) {
        visit->refusal = "an id is 1 to 16 hexadecimal digits, as SHOW QUERIES shows them";
        free(found);
        found = NULL;
    } else {
        found->now = now;
    }
    return found;
}

enum console_step console_find_shape(
        struct view_visit *visit, struct worker *worker, const struct console_found **found)
{
    *found = NULL;
    if (statistics_observe() == NULL) {
        visit->refusal = "there are no statistics: [stats] mode is off";
        return CONSOLE_NEXT;
    }
    enum console_step step = console_shapes_tell(visit, worker);
    if (step != CONSOLE_LAST) {
        return step;
    }
    if (visit->state == NULL) {
        visit->state = found_new(visit, worker->now);
    }
    struct console_found *made = visit->state;
    if (made == NULL) {
        return CONSOLE_LAST;
    }
    if (!look(made)) {
        return CONSOLE_AGAIN;
    }
    if (made->is_ambiguous) {
        visit->refusal = "more than one id begins with these digits";
    } else if (made->count == 0) {
        visit->refusal = "no statement that is known has this id";
    } else {
        *found = made;
    }
    return CONSOLE_LAST;
}

void console_find_end(struct view_visit *visit)
{
    free(visit->state);
    visit->state = NULL;
}

bool console_found_is_again(const struct console_found *found, uint32_t i)
{
    const struct shape_key *key = &found->keys[i];
    bool is_again = false;

    for (uint32_t j = 0; j < i; j++) {
        is_again |= found->keys[j].database == key->database && found->keys[j].user == key->user &&
                    found->keys[j].path == key->path;
    }
    return is_again;
}
