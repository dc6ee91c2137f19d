/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void view_end(struct view_visit *visit)
{
    if (visit->view != NULL && visit->view->end != NULL) {
        visit->view->end(visit);
    }
}

void view_row_begin(struct view_row *row)
{
    row->count = 0;
    row->used = 0;
}

void view_add_text(struct view_row *row, const char *text)
{
    SL_CHECK(row->count < VIEW_COLUMNS_MAX);
    row->values[row->count++] = text;
}

void view_add_printf(struct view_row *row, const char *format, ...)
{
    size_t room = VIEW_TEXT_MAX - row->used;
    char *at = row->text + row->used;
    va_list args;

    va_start(args, format);
    int len = room == 0 ? 0 : vsnprintf(at, room, format, args);
    va_end(args);
    if (room == 0 || len < 0) {
        view_add_text(row, "");
        return;
    }
    row->used += (size_t)len < room ? (size_t)len + 1 : room;
    view_add_text(row, at);
}

void view_add_copy(struct view_row *row, const char *text)
{
    if (text == NULL) {
        view_add_text(row, NULL);
        return;
    }
    view_add_printf(row, "%s", text);
}

void view_add_int(struct view_row *row, int64_t value)
{
    view_add_printf(row, "%lld", (long long)value);
}

void view_add_uint(struct view_row *row, uint64_t value)
{
    view_add_printf(row, "%llu", (unsigned long long)value);
}

bool view_put(struct view_visit *visit, const struct view_row *row)
{
    SL_CHECK(row->count == visit->view->columns_count);
    if (!visit->out->put(visit->out, row)) {
        visit->out->is_full = true;
    }
    return !visit->out->is_full;
}
