/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_shapes.h"

#include "optimizer/observe.h"
#include "protocol/sql_facts.h"
#include "proxy/plans.h"
#include "proxy/process.h"
#include "proxy/search_paths.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_ROWS = 256 /* rows looked at in a turn */, DIGITS = 16 };

enum console_step console_shapes_tell(struct view_visit *visit, struct worker *worker)
{
    if (visit->state == NULL &&
            !observe_flush(statistics_observe(), worker->index, &visit->cursor, worker->now)) {
        return CONSOLE_AGAIN;
    }
    return worker->index + 1 < process_workers() ? CONSOLE_NEXT : CONSOLE_LAST;
}

static struct shape_top *top_new(enum shape_order order, sl_usec now)
{
    struct shape_top *top = calloc(1, sizeof *top);

    if (top != NULL && shape_top_init(top, observe_store(statistics_observe()), order,
                               CONSOLE_SHAPES_MAX, now) != SL_OK) {
        free(top);
        top = NULL;
    }
    return top;
}

bool console_shapes_top(struct view_visit *visit, struct worker *worker, enum shape_order order,
        void (*put)(struct view_visit *visit, const struct shape_row *shape))
{
    if (statistics_observe() == NULL) {
        return true;
    }
    enum console_step step = console_shapes_tell(visit, worker);
    if (step != CONSOLE_LAST) {
        return step == CONSOLE_NEXT;
    }
    if (visit->state == NULL) {
        visit->state = top_new(order, worker->now);
    }
    struct shape_top *top = visit->state;
    if (top == NULL) {
        visit->out->is_full = true;
        return true;
    }
    if (!shape_top_step(top, STEP_ROWS)) {
        return false;
    }
    for (uint32_t i = 0; i < top->count; i++) {
        put(visit, &top->rows[i]);
    }
    return true;
}

void console_shapes_end(struct view_visit *visit)
{
    if (visit->state != NULL) {
        shape_top_fini(visit->state);
        free(visit->state);
        visit->state = NULL;
    }
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

    return at == NULL ? -1 : (int)(at - digits);
}

bool console_shape_ids(const char *text, uint64_t *least, uint64_t *most)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len == 0 || len > DIGITS) {
        return false;
    }
    *least = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0) {
            return false;
        }
        *least = *least << 4 | (uint64_t)digit;
    }
    *most = *least;
    for (size_t i = len; i < DIGITS; i++) {
        *least <<= 4;
        *most = *most << 4 | 15;
    }
    return true;
}

void console_add_shape(struct view_row *row, struct sl_hash128 shape)
{
    view_add_printf(row, "%016" PRIx64, shape.hi);
}

void console_add_pool(struct view_row *row, const struct shape_key *key)
{
    const struct names *names = observe_names(statistics_observe());

    view_add_text(row, names_text(names, key->database));
    view_add_text(row, names_text(names, key->user));
    view_add_text(row, names_text(names, key->node));
}

void console_add_path(struct view_row *row, const struct shape_key *key)
{
    view_add_text(row, search_paths_text(key->path));
}

size_t console_plan_cut(const struct plan *plan, size_t len_max)
{
    size_t len = plan->text_len;

    if (len > len_max) {
        len = len_max;
        while (len > 0 && ((unsigned char)plan->text[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    return len;
}

void console_add_plan(struct view_row *row, const struct plan *plan)
{
    if (plan == NULL) {
        view_add_text(row, NULL);
        view_add_text(row, NULL);
        return;
    }
    size_t len = console_plan_cut(plan, CONSOLE_SHAPE_TEXT_MAX);
    view_add_text(row, plan->facts == NULL ? NULL : sql_kind_text(plan->facts->kind));
    view_add_printf(row, "%.*s%s", (int)len, plan->text, len < plan->text_len ? " ..." : "");
}
