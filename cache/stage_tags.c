/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_tags.c - which tags an answer has, and which a write.
 *
 *                                      any  wild  open  neg  key   value  set  until
 *     an answer of tables               x
 *     of one row, by its key                  x          x1   x
 *     of rows by a set's values               x     x2         x3    x      x    x4
 *     a write of which no more is known x     x
 *     of one row, by its key            x           x          x     x5     x5   x
 *     of rows that were not there       x    x6          x    x6     x5     x5   x
 *
 *     1 only if it may be of its absence        4 of every number below the set's: rowsets.h
 *     2 if its LIMIT is reached, or more is     5 of each set of which it gives a column a value: that
 *       asked of a row than those values          value's tag if it is known, else all values' (set)
 *                                               6 the key if it is known, else wild; neither of a default's
 *     3 of every row that is shown
 *
 * So each answer has a tag of each write that may change it (cache.md 3.4): whoever adds a kind of either
 * looks along its line and its columns. A value is one of some columns (rows.h), the key the primary key's (point.h).
 * watch_tags.c has the same for what the stream tells. The sets are looked up for an answer when it is there, and so
 * behind its clock, as rowsets.h wants it.
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
    for (uint32_t i = 0; !asked->has_rows && i < policy->reads.count; i++) {
        to[count++] = (struct tag_name){.relation = policy->reads.trees[i], .field = TAG_ANY};
    }
    return count;
}

static struct sl_span formats_of(const struct asked *asked)
{
    struct key_bind bind;

    return key_bind_read(sl_span(asked->question, asked->question_len), &bind) == SL_OK
                   ? bind.result_formats
                   : sl_span(NULL, 0);
}

/* 0: its rows are not all known, or there is no room for the set: it is one of its table. */
static uint16_t rows_tags(const struct asked *asked, uint32_t *to)
{
    const struct cache *cache = asked->part->cache;
    const struct rows *rows = &asked->verdict.policy->rows;
    const struct entry_parts parts = fill_parts(&asked->fill);
    const struct rows_where where = {.tags = cache->tags,
            .rowsets = cache->rowsets,
            .database = asked->class->session->database};
    struct rows_answer answer = {.value = asked->point_value,
            .limit = asked->rows_limit,
            .at = asked->stmt->meter.ended_at};

    return rows_read(rows, &parts, formats_of(asked), answer.keys, &answer.keys_count)
                   ? rows_answer_tags(rows, &where, &answer, to)
                   : 0;
}

uint16_t stage_answer_tags(struct asked *asked, uint32_t to[static ENTRY_TAGS_MAX])
{
    const struct policy_trees *reads = &asked->verdict.policy->reads;
    uint16_t count = 0;
    uint16_t more = 0;

    to[count++] = tags_of_database(asked->part->cache->tags, asked->class->session->database);
    asked->entry_class = ENTRY_TABLE;
    if (asked->has_point) {
        more = point_tags(asked, to + count);
        asked->entry_class = ENTRY_POINT;
    } else if (asked->has_rows) {
        more = rows_tags(asked, to + count);
        asked->entry_class = more > 0 ? ENTRY_ROWS : ENTRY_TABLE;
    }
    for (uint32_t i = 0; asked->entry_class == ENTRY_TABLE && i < reads->count; i++) {
        to[count++] = table_tag(asked, reads->trees[i], TAG_ANY);
    }
    count = (uint16_t)(count + more);
    to[count++] = stage_everything(asked->part->cache->tags);
    return count;
}

_Static_assert(POLICY_TREES_MAX + 2 <= ENTRY_TAGS_MAX, "there is room for all of them");
_Static_assert(ROWS_TAGS_MAX + 2 <= ENTRY_TAGS_MAX, "likewise");

/* ---- writes ---- */

struct writes {
    struct tag_set *set;
    const struct tags *tags;
    struct rowsets *rowsets;
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

static void add_key(const struct writes *writes, uint32_t tree, uint64_t columns, uint64_t value)
{
    tag_set_add_name(writes->set, writes->tags, writes->database,
            (struct tag_name){.relation = tree, .field = tags_key_field(columns, value)},
            writes->all);
}

/* What it gives the columns of the sets that answers are asked for by. */
static void add_values(const struct writes *writes, const struct policy_row *row,
        const struct point_source *source)
{
    const struct rows_write write = {.tree = row->tree,
            .is_new = row->rows == POLICY_ROWS_INSERT,
            .given = &row->given,
            .source = source};
    const struct rows_where where = {
            .tags = writes->tags, .rowsets = writes->rowsets, .database = writes->database};

    rows_write_tags(&write, &where, writes->set, writes->all);
}

/*
 * Where a row comes none was: if one of that key is in an answer, others have deleted it, of which nobody may have
 * heard yet. By a default come keys that there never were.
 */
static void add_new_key(const struct writes *writes, const struct policy_row *row,
        const struct point_source *source)
{
    uint64_t value = 0;

    if (row->key.count == 0) {
        return;
    }
    switch (rows_touch(&row->given, false, &row->key, source, &value)) {
    case ROWS_GIVEN:
        add_key(writes, row->tree, row->point.columns, value);
        break;
    case ROWS_UNTOUCHED: /* of several rows it is not known what they have */
    case ROWS_UNKNOWN:
        add(writes, row->tree, TAG_WILD);
        break;
    }
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
        add_new_key(writes, row, source);
        add_values(writes, row, source);
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
        add_key(writes, row->tree, row->point.columns, value);
        add_values(writes, row, source);
        break;
    }
}

void stage_late_tags(const struct cache_part *part, const struct cache_verdict *verdict,
        struct tag_set *writes_set)
{
    const struct policy *policy = verdict->policy;
    const struct writes writes = {.set = writes_set,
            .tags = part->cache->tags,
            .database = verdict->database,
            .all = stage_everything(part->cache->tags)};

    for (uint32_t i = 0; i < policy->writes.count; i++) {
        add_tree(&writes, policy->writes.trees[i]);
    }
    if (policy->row.rows != POLICY_ROWS_ANY) {
        add_tree(&writes, policy->row.tree);
    }
}

void stage_write_tags(struct asked *asked, uint64_t database, const struct point_source *source)
{
    const struct tags *tags = asked->part->cache->tags;
    const struct policy *policy = asked->verdict.policy;
    const struct writes writes = {.set = &asked->writes,
            .tags = tags,
            .rowsets = asked->part->cache->rowsets,
            .database = database,
            .all = stage_everything(tags)};

    if (policy == NULL || policy->writes.is_any) {
        tag_set_add(writes.set, writes.all, writes.all);
        PART_COUNT(asked->part, writes_unknown);
        return;
    }
    if (asked->executes) { /* its values are not where the PREPARE has them */
        stage_late_tags(asked->part, &asked->verdict, &asked->writes);
        return;
    }
    for (uint32_t i = 0; i < policy->writes.count; i++) {
        add_tree(&writes, policy->writes.trees[i]);
    }
    add_row(&writes, asked, source);
}
