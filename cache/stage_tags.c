/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_tags.c - which tags an answer has, and which a write.
 *
 *                                      any   wild   open   neg   the key's
 *     an answer of tables               x
 *     of one row, by its key                   x           x*    x         * only if it may be of its absence
 *     a write of which no more is known x      x
 *     of one row, by its key            x             x          x
 *     of rows that were not there       x                  x
 *
 * So each answer has a tag of each write that may change it (cache.md 3.4): whoever adds a kind of either
 * looks along its line and its columns.
 */
#include "cache/stage_part.h"

/* ---- answers ---- */

static uint32_t table_tag(const struct asked *asked, uint32_t tree, enum tag_kind kind)
{
    return tags_of_table(asked->part->cache->tags, asked->class->session->database, tree, kind);
}

static uint16_t point_tags(const struct asked *asked, uint32_t *to)
{
    const struct policy *policy = asked->verdict.policy;
    const struct point *point = &policy->point;
    uint16_t count = 0;

    to[count++] = table_tag(asked, point->tree, TAG_WILD);
    to[count++] = tags_of_key(asked->part->cache->tags, asked->class->session->database,
            point->tree, point->columns, asked->point_value);
    if (asked->fill.rows == 0 || policy->needs_absence) {
        to[count++] = table_tag(asked, point->tree, TAG_NEG);
    }
    return count;
}

size_t stage_shared_names(const struct asked *asked, struct tag_name to[static ENTRY_TAGS_MAX])
{
    const struct policy *policy = asked->verdict.policy;
    const struct point *point = &policy->point;
    size_t count = 0;

    if (asked->has_point) {
        to[count++] = (struct tag_name){.relation = point->tree, .field = TAG_WILD};
        to[count++] = (struct tag_name){.relation = point->tree,
                .field = tags_key_field(point->columns, asked->point_value)};
        if (policy->needs_absence) {
            to[count++] = (struct tag_name){.relation = point->tree, .field = TAG_NEG};
        }
        return count;
    }
    for (uint32_t i = 0; i < policy->reads.count; i++) {
        to[count++] = (struct tag_name){.relation = policy->reads.trees[i], .field = TAG_ANY};
    }
    return count;
}

uint16_t stage_answer_tags(const struct asked *asked, uint32_t to[static ENTRY_TAGS_MAX])
{
    const struct policy_trees *reads = &asked->verdict.policy->reads;
    uint16_t count = 0;

    to[count++] = tags_of_database(asked->part->cache->tags, asked->class->session->database);
    if (asked->has_point) {
        count = (uint16_t)(count + point_tags(asked, to + count));
    }
    for (uint32_t i = 0; !asked->has_point && i < reads->count; i++) {
        to[count++] = table_tag(asked, reads->trees[i], TAG_ANY);
    }
    to[count++] = stage_everything(asked->part->cache->tags);
    return count;
}

_Static_assert(POLICY_TREES_MAX + 2 <= ENTRY_TAGS_MAX, "there is room for all of them");

/* ---- writes ---- */

struct writes {
    struct tag_set *set;
    const struct tags *tags;
    uint64_t database;
    uint32_t all;
};

static void add(const struct writes *writes, uint32_t tree, enum tag_kind kind)
{
    tag_set_add_table(writes->set, writes->tags, writes->database, tree, kind, writes->all);
}

static void add_tree(const struct writes *writes, uint32_t tree)
{
    add(writes, tree, TAG_ANY);
    add(writes, tree, TAG_WILD);
}

static void add_row(
        const struct writes *writes, struct asked *asked, const struct point_source *source)
{
    const struct policy_row *row = &asked->verdict.policy->row;
    uint64_t value = 0;

    switch (row->rows) {
    case POLICY_ROWS_ANY:
        break;
    case POLICY_ROWS_INSERT:
        add(writes, row->tree, TAG_ANY);
        add(writes, row->tree, TAG_NEG);
        break;
    case POLICY_ROWS_POINT:
        if (!point_values(&row->point, source, &value)) {
            add_tree(writes, row->tree);
            break;
        }
        asked->writes_point = true;
        asked->write_value = value;
        add(writes, row->tree, TAG_ANY);
        add(writes, row->tree, TAG_OPEN);
        tag_set_add_name(writes->set, writes->tags, writes->database,
                (struct tag_name){
                        .relation = row->tree, .field = tags_key_field(row->point.columns, value)},
                writes->all);
        break;
    }
}

void stage_write_tags(struct asked *asked, uint64_t database, const struct point_source *source)
{
    const struct tags *tags = asked->part->cache->tags;
    const struct policy *policy = asked->verdict.policy;
    const struct writes writes = {.set = &asked->writes,
            .tags = tags,
            .database = database,
            .all = stage_everything(tags)};

    if (policy == NULL || policy->writes.is_any) {
        tag_set_add(writes.set, writes.all, writes.all);
        PART_COUNT(asked->part, writes_unknown);
        return;
    }
    for (uint32_t i = 0; i < policy->writes.count; i++) {
        add_tree(&writes, policy->writes.trees[i]);
    }
    add_row(&writes, asked, source);
}
