/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_keys.h"

#include <stdint.h>
#include <string.h>

enum { NAME_MAX_COMPARED = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to add, drop or change to make one of the other (Levenshtein). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_COMPARED + 1];
    size_t len = strlen(b);

    if (len > NAME_MAX_COMPARED || strlen(a) > NAME_MAX_COMPARED) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

            row[j] = least(changed, least(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[len];
}

/* Keeps candidate when it is nearer than what was best, and near enough to be meant. */
static void consider(const char *name, const char *candidate, size_t *distance, const char **best)
{
    size_t d = edit_distance(name, candidate);

    if (d < *distance && d <= strlen(candidate) / 3 + 1) {
        *distance = d;
        *best = candidate;
    }
}

const char *conf_key_nearest(enum conf_section_id section, const char *name)
{
    const char *best = NULL;
    const struct conf_key *key;
    size_t distance = SIZE_MAX;

    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (key->section == section) {
            consider(name, key->name, &distance, &best);
        }
    }
    return best;
}

const char *conf_section_nearest(const char *name)
{
    const char *best = NULL;
    size_t distance = SIZE_MAX;

    for (int i = 0; i < CONF_SECTIONS; i++) {
        const struct conf_section *section = conf_section_at((enum conf_section_id)i);
        consider(name, section->name, &distance, &best);
        if (section->alias != NULL) {
            consider(name, section->alias, &distance, &best);
        }
    }
    return best;
}
