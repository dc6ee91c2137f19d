/* SPDX-License-Identifier: PostgreSQL */
#include "cache/tier_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
        [TAG_ANY] = "any", [TAG_WILD] = "wild", [TAG_OPEN] = "open", [TAG_NEG] = "neg"};

/* Behind the others of its table, or last. */
static size_t place_of(const struct tier_names *names, const char *table)
{
    for (size_t i = names->count; i > 0; i--) {
        if (strcmp(names->tags[i - 1].table, table) == 0) {
            return i;
        }
    }
    return names->count;
}

bool tier_names_add(struct tier_names *names, struct tag_name name)
{
    const size_t i = names->count;

    if (name.field == TAG_FIELD_LOCAL) {
        return true;
    }
    if (name.relation == 0 || i == TIER_NAMES_ROOM) {
        return false;
    }
    snprintf(names->tables[i], TIER_TABLE_MAX, "%" PRIu32, name.relation);
    if ((name.field & TAG_FIELD_KEY) != 0) {
        snprintf(names->fields[i], TIER_FIELD_MAX, "k:%016" PRIx64, name.field);
    } else {
        snprintf(names->fields[i], TIER_FIELD_MAX, "%s", kinds[name.field]);
    }
    const size_t at = place_of(names, names->tables[i]);
    memmove(&names->tags[at + 1], &names->tags[at], (i - at) * sizeof names->tags[0]);
    names->tags[at] = (struct tier_tag){.table = names->tables[i], .field = names->fields[i]};
    names->count++;
    return true;
}

bool tier_names_of_set(struct tier_names *names, const struct tag_set *set)
{
    const struct tag_item *items = tag_set_items(set);

    names->count = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (!tier_names_add(names, items[i].name)) {
            return false;
        }
    }
    return true;
}

/* The whole text, in that base. */
static bool read_number(const char *text, int base, uint64_t *value)
{
    char *end = NULL;

    if (*text == '\0' || *text == '-' || *text == '+' || *text == ' ') {
        return false;
    }
    *value = strtoull(text, &end, base);
    return *end == '\0';
}

bool tier_names_read(const struct tier_tag *tag, struct tag_name *name)
{
    uint64_t relation = 0;
    uint64_t field = 0;

    if (!read_number(tag->table, 10, &relation) || relation == 0 || relation > UINT32_MAX) {
        return false;
    }
    name->relation = (uint32_t)relation;
    for (uint64_t i = 0; i < SL_COUNT(kinds); i++) {
        if (strcmp(tag->field, kinds[i]) == 0) {
            name->field = i;
            return true;
        }
    }
    if (strncmp(tag->field, "k:", 2) != 0 || !read_number(tag->field + 2, 16, &field)) {
        return false;
    }
    name->field = field | TAG_FIELD_KEY;
    return true;
}
