/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_list.h"

#include "protocol/base/check.h"

struct list {
    const struct shape_source *source;
    const uint8_t *at; /* NULL: no list */
    struct shape_literals *literals;
    struct shape_row row;
    bool is_cut; /* the end of a long text came first */
};

void shape_literals_add(struct shape_literals *literals, const struct shape_source *source,
        struct sl_span text, enum shape_literal_kind kind)
{
    if (literals->count < literals->max) {
        literals->at[literals->count] = (struct shape_literal){
                .at = (uint32_t)(text.at - source->begin),
                .len = (uint32_t)text.len,
                .kind = kind,
        };
    }
    literals->count++;
}

/* Spaces and comments; at the end of a long text everything is taken for good. */
static void skip_blank(struct list *list)
{
    list->at = shape_skip_blank(list->source, list->at);
    if (list->at == NULL || list->at == list->source->end) {
        list->is_cut = list->source->is_long;
        list->at = list->is_cut ? list->source->end : NULL;
    }
}

static uint8_t here(const struct list *list)
{
    return list->at == NULL || list->is_cut ? 0 : *list->at;
}

/* NULL, TRUE, FALSE or DEFAULT; in any case. */
static bool skip_word(struct list *list)
{
    static const char *const words[] = {"null", "true", "false", "default"};
    size_t len = 0;
    size_t left = (size_t)(list->source->end - list->at);

    while (len < left && len < 8 && shape_chars[list->at[len]] >= CHAR_DOLLAR) {
        len++;
    }
    for (size_t i = 0; i < SL_COUNT(words); i++) {
        size_t same = 0;
        while (same < len && (list->at[same] | 0x20) == words[i][same]) {
            same++;
        }
        if (same != len || words[i][len] != '\0') {
            continue;
        }
        if (i == SL_COUNT(words) - 1) {
            if (list->row.columns >= 64) {
                return false;
            }
            list->row.defaults |= UINT64_C(1) << list->row.columns;
        }
        shape_literals_add(list->literals, list->source, sl_span(list->at, len), SHAPE_WORD);
        list->at += len;
        return true;
    }
    return false;
}

/* One literal and what is blank around it. */
static bool skip_element(struct list *list)
{
    enum shape_literal_kind kind;
    bool is_signed = false;

    skip_blank(list);
    const uint8_t *from = list->at;
    if (here(list) == '-') {
        is_signed = true;
        list->at++;
        skip_blank(list);
    }
    uint8_t c = here(list);
    if (c == 0) {
        return list->is_cut;
    }
    if (shape_chars[c] >= CHAR_PREFIX && !is_signed && skip_word(list)) {
        skip_blank(list);
        return list->at != NULL;
    }
    const uint8_t *begin = list->at;
    const uint8_t *to = shape_skip_literal(list->source, begin, &kind);
    if (to == NULL) {
        list->is_cut = list->source->is_long;
        list->at = list->source->end;
        return list->is_cut;
    }
    /* N'x' is a cast: NCHAR 'x'. */
    if (to == begin || (c | 0x20) == 'n' || (is_signed && kind != SHAPE_NUMBER)) {
        return false;
    }
    shape_literals_add(list->literals, list->source, sl_span(from, (size_t)(to - from)), kind);
    list->at = to;
    skip_blank(list);
    return list->at != NULL;
}

/* From behind a parenthesis to behind its closing one. */
static bool skip_row(struct list *list)
{
    list->row = (struct shape_row){0};
    while (skip_element(list)) {
        list->row.columns++;
        if (list->is_cut) {
            return true;
        }
        uint8_t c = *list->at++;
        if (c != ',') {
            return c == ')';
        }
    }
    return false;
}

static void mark_listed(const struct shape_literals *literals, uint32_t from)
{
    for (uint32_t i = from; i < literals->count && i < literals->max; i++) {
        literals->at[i].is_listed = true;
    }
}

const uint8_t *shape_skip_list(
        const struct shape_source *source, const uint8_t *at, struct shape_literals *literals)
{
    struct list list = {.source = source, .at = at, .literals = literals};
    uint32_t before = literals->count;

    if (skip_row(&list) && list.row.columns >= 2 && list.row.defaults == 0) {
        mark_listed(literals, before);
        return list.at;
    }
    literals->count = before;
    return NULL;
}

/* Behind a row: is there another? False with at == NULL when what follows is no row. */
static bool skip_to_row(struct list *list, const uint8_t *end_of_row)
{
    const struct shape_source *source = list->source;
    const uint8_t *at = shape_skip_blank(source, list->at);

    if (at == NULL || at == source->end || *at != ',') {
        list->at = end_of_row;
        return false;
    }
    list->at = at + 1;
    skip_blank(list);
    if (here(list) != '(') {
        list->at = list->is_cut ? list->at : NULL;
        return false;
    }
    list->at++;
    return true;
}

const uint8_t *shape_skip_rows(const struct shape_source *source, const uint8_t *at,
        struct shape_literals *literals, struct shape_row *row)
{
    struct list list = {.source = source, .at = at, .literals = literals};
    uint32_t before = literals->count;
    struct shape_row first = {0};
    size_t rows = 0;

    while (skip_row(&list)) {
        if (rows == 0) {
            first = list.row;
        } else if (!list.is_cut &&
                   (list.row.columns != first.columns || list.row.defaults != first.defaults)) {
            break;
        }
        rows++;
        if (list.is_cut || !skip_to_row(&list, list.at)) {
            if (rows < 2 || list.at == NULL) {
                break;
            }
            *row = first;
            mark_listed(literals, before);
            return list.at;
        }
    }
    literals->count = before;
    return NULL;
}
