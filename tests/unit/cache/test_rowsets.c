/* SPDX-License-Identifier: PostgreSQL */
/*
 * Sets of columns that come and go while others write, and answers by them: nothing stale is given.
 *
 * The model. One table; questions and writes are texts of SQL, whose facts, tags and answers' keys the real functions
 * make, or lines of the stream. A write makes its tags, and takes place much later, in which time sets come and go; so a
 * transaction does, here and in the stream. Some tags can be left out: then stale answers must show up.
 */
#include "cache/rowsets.h"

#include "cache/watch_tags.h"
#include "protocol/base/buf.h"
#include "tests/unit/cache/some_entries.h"
#include "tests/unit/cache/some_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DATABASE = 1, ROWS = 24, VALUES = 5, KEPT = 8192, UNDER_WAY = 8, SEEDS = 80, STEPS = 600 };

/* What is left out. */
enum planted { NOTHING, UNTIL, ANY, OPEN, VALUE, KEYS, WILD, PLANTED };

struct row {
    bool is_there;
    uint32_t u; /* the text 'u<n>' */
    uint32_t c;
    uint32_t d;
    uint32_t e;
};

/* What a write does when it is seen. */
struct write {
    bool is_under_way;
    struct tag_set set;
    uint32_t pk;
    struct row row;
    unsigned columns; /* of an UPDATE: bits of u, c, d, e */
    char kind;        /* 'i', 'u', 'd' */
};

struct world {
    struct tags *tags;
    struct rowsets *rowsets;
    uint64_t seed;
    sl_usec now;
    enum planted planted;
    struct row rows[ROWS];
    struct write writes[UNDER_WAY];
    struct entry *kept[KEPT];
    uint64_t asked;
    uint64_t hits;
    uint64_t row_sets; /* of what was kept */
    uint64_t stale;
};

static struct world world;

static uint32_t random_below(uint32_t below)
{
    return (uint32_t)(next_random(&world.seed) >> 33) % below;
}

/* ---- questions ---- */

struct question {
    int pk; /* -1: not asked for */
    int u;  /* likewise */
    int c;
    int d;
    uint32_t least; /* of e */
    uint32_t limit; /* 0: none */
};

static void write_question(const struct question *question, char text[static 256])
{
    int at = snprintf(text, 256, "select e, pk, d from t where true");

    if (question->pk >= 0) {
        at += snprintf(text + at, 256 - (size_t)at, " and pk = %d", question->pk);
    }
    if (question->u >= 0) {
        at += snprintf(text + at, 256 - (size_t)at, " and u = 'u%d'", question->u);
    }
    if (question->c >= 0) {
        at += snprintf(text + at, 256 - (size_t)at, " and c = %d", question->c);
    }
    if (question->d >= 0) {
        at += snprintf(text + at, 256 - (size_t)at, " and d = '%d'", question->d);
    }
    if (question->least > 0) {
        at += snprintf(text + at, 256 - (size_t)at, " and e >= %u", question->least);
    }
    at += snprintf(text + at, 256 - (size_t)at, " order by e, pk");
    if (question->limit > 0) {
        snprintf(text + at, 256 - (size_t)at, " limit %u", question->limit);
    }
}

static bool is_shown(const struct question *question, const struct row *row)
{
    return row->is_there && (question->pk < 0 || row == &world.rows[question->pk]) &&
           (question->u < 0 || row->u == (uint32_t)question->u) &&
           (question->c < 0 || row->c == (uint32_t)question->c) &&
           (question->d < 0 || row->d == (uint32_t)question->d) && row->e >= question->least;
}

static size_t put_number(uint8_t *at, uint32_t number)
{
    int len = snprintf((char *)at + 4, 12, "%u", number);

    sl_set_u32(at, (uint32_t)len);
    return 4 + (size_t)len;
}

/* DataRows as a server sends them. */
static size_t answer(const struct question *question, uint8_t *room)
{
    size_t len = 0;
    uint32_t shown = 0;

    for (uint32_t e = 0; e < VALUES; e++) {
        for (uint32_t pk = 0; pk < ROWS; pk++) {
            const struct row *row = &world.rows[pk];
            if (row->e != e || !is_shown(question, row) ||
                    (question->limit > 0 && shown == question->limit)) {
                continue;
            }
            size_t from = len;
            room[len] = 'D';
            room[len + 5] = 0;
            room[len + 6] = 3;
            len += 7;
            len += put_number(room + len, row->e);
            len += put_number(room + len, pk);
            len += put_number(room + len, row->d);
            sl_set_u32(room + from + 1, (uint32_t)(len - from - 1));
            shown++;
        }
    }
    return len;
}

static uint16_t tags_of(const char *text, struct sl_span rows_bytes, uint32_t *tags)
{
    const struct rows_where where = {
            .tags = world.tags, .rowsets = world.rowsets, .database = DATABASE};
    const struct entry_parts parts = {.rows = rows_bytes};
    const struct point_source source = {.text = sl_span_text(text)};
    struct rows_answer answered = {.at = world.now};
    struct sql_facts *facts = table_facts(text);
    struct rows rows;
    uint16_t count = 0;

    assert_true(rows_of(facts, &table_catalog, &table_details[0], &rows));
    sql_facts_free(facts);
    assert_true(point_values(&rows.set, &source, &answered.value));
    answered.limit = rows_limit(&rows, &source);
    assert_true(rows_read(&rows, &parts, sl_span(NULL, 0), answered.keys, &answered.keys_count));
    count = rows_answer_tags(&rows, &where, &answered, tags);
    if (count == 0) { /* there is no room for the set */
        tags[count++] = tags_of_table(world.tags, DATABASE, TABLE_TREE, TAG_ANY);
    } else {
        world.row_sets++;
    }
    return count;
}

static bool is_since(const uint32_t *tags, uint16_t count, uint64_t clock)
{
    bool is_since = true;

    for (uint16_t i = 0; i < count; i++) {
        is_since &= tags_is_since(tags_word(world.tags, tags[i]), clock);
    }
    return is_since;
}

static void ask(void)
{
    struct question question = {.pk = random_below(8) == 0 ? (int)random_below(3) : -1,
            .u = random_below(4) == 0 ? (int)random_below(VALUES) : -1,
            .c = random_below(3) > 0 ? (int)random_below(VALUES) : -1,
            .d = random_below(3) == 0 ? (int)random_below(VALUES) : -1,
            .least = random_below(3) == 0,
            .limit = random_below(2) * 2};
    uint64_t clock = tags_clock(world.tags);
    uint8_t truth[ROWS * 64];
    uint32_t tags[ROWS_TAGS_MAX];
    char text[256];

    if (question.u < 0 && question.d < 0 && question.c < 0) {
        question.c = 0;
    }
    uint32_t slot = (((((uint32_t)(question.pk + 1) * 6 + (uint32_t)(question.u + 1)) * 6 +
                              (uint32_t)(question.c + 1)) *
                                     6 +
                             (uint32_t)(question.d + 1)) *
                                    2 +
                            question.least) *
                            2 +
                    question.limit / 2;
    struct entry *entry = world.kept[slot];
    size_t len = answer(&question, truth);
    assert_true(slot < KEPT);
    world.asked++;
    if (entry != NULL && entry_is_fresh(entry, world.tags)) {
        world.hits++;
        world.stale += !sl_span_equal(entry_rows_and_tail(entry), sl_span(truth, len));
        return;
    }
    write_question(&question, text);
    uint16_t count = tags_of(text, sl_span(truth, len), tags);
    entry_unref(entry);
    world.kept[slot] = NULL;
    if (is_since(tags, count, clock)) {
        entry = entry_new(&(struct entry_parts){.rows = sl_span(truth, len)}, count);
        assert_non_null(entry);
        for (uint16_t i = 0; i < count; i++) {
            entry->tags[i] =
                    (struct entry_tag){.word = tags_word(world.tags, tags[i]), .tag = tags[i]};
        }
        world.kept[slot] = entry;
    }
}

/* ---- writes ---- */

static uint32_t kind_tag(enum tag_kind kind)
{
    return tags_of_table(world.tags, DATABASE, TABLE_TREE, kind);
}

static uint64_t number_of(uint32_t number)
{
    struct point_hash hash;
    char text[16];

    snprintf(text, sizeof text, "%u", number);
    point_hash_begin(&hash);
    assert_true(point_hash_text(&hash, CATALOG_KEY_INTEGER, sl_span_text(text)));
    return hash.hash;
}

static uint32_t key_tag(uint32_t pk)
{
    return tags_of_key(world.tags, DATABASE, TABLE_TREE,
            point_columns(&table_catalog, &table_details[0], &table_keys[0]), number_of(pk));
}

/* As cache/stage_tags.c has it for what a text says. */
static void write_as_text(struct write *write, const char *text)
{
    const struct rows_where where = {
            .tags = world.tags, .rowsets = world.rowsets, .database = DATABASE};
    const struct point_source source = {.text = sl_span_text(text)};
    struct rows_value room[ROWS_GIVEN_MAX];
    struct sql_facts *facts = table_facts(text);
    struct rows_given given = {.count = 0};
    const uint32_t all = tags_of_database(world.tags, DATABASE);

    assert_non_null(facts);
    if (write->kind != 'd') {
        given = rows_given_of(facts, 0, &table_catalog, &table_details[0], room);
    }
    sql_facts_free(facts);
    tag_set_add(&write->set, kind_tag(TAG_ANY), all);
    if (write->kind == 'i') {
        tag_set_add(&write->set, kind_tag(TAG_NEG), all);
    } else {
        tag_set_add(&write->set, kind_tag(TAG_OPEN), all);
        tag_set_add(&write->set, key_tag(write->pk), all);
    }
    rows_write_tags(&(struct rows_write){.tree = TABLE_TREE,
                            .is_new = write->kind == 'i',
                            .given = &given,
                            .source = &source},
            &where, &write->set, all);
}

static void write_as_line(struct write *write, const char *line)
{
    const struct watch_place place = {.tags = world.tags,
            .database = DATABASE,
            .catalog = &table_catalog,
            .rowsets = world.rowsets};
    struct decode_change change;

    decode_line(sl_span_text(line), &change);
    assert_true(watch_tags_of_change(&place, &change, &write->set));
}

/* The tags but for those that are left out. */
static void leave_out(struct tag_set *set)
{
    struct tag_set rest;
    const struct tag_item *in = tag_set_items(set);

    tag_set_init(&rest);
    for (uint32_t i = 0; i < set->count; i++) {
        bool is_out = world.planted == OPEN && in[i].tag == kind_tag(TAG_OPEN);
        bool is_known = in[i].tag == kind_tag(TAG_OPEN) || in[i].tag == kind_tag(TAG_ANY) ||
                        in[i].tag == kind_tag(TAG_NEG) || in[i].tag == kind_tag(TAG_WILD);
        for (uint32_t n = 0; n <= ROWSETS_NUMBERS_MAX; n++) {
            bool is_until = in[i].tag == rowsets_until(world.tags, DATABASE, TABLE_TREE, n);
            bool is_any = in[i].tag == rowsets_any(world.tags, DATABASE, TABLE_TREE, n);
            is_out |= (world.planted == UNTIL && is_until) || (world.planted == ANY && is_any);
            is_known |= is_until || is_any;
        }
        for (uint32_t pk = 0; pk < ROWS; pk++) {
            is_out |= world.planted == KEYS && in[i].tag == key_tag(pk);
            is_known |= in[i].tag == key_tag(pk);
        }
        is_out |= world.planted == VALUE && !is_known;
        is_out |= world.planted == WILD && in[i].tag == kind_tag(TAG_WILD);
        if (!is_out) {
            tag_set_add(&rest, in[i].tag, tags_of_database(world.tags, DATABASE));
        }
    }
    tag_set_fini(set);
    *set = rest;
}

static void say_row(const struct write *write, const struct row *row, char line[static 256])
{
    const char *unchanged = write->kind == 'u' && (write->columns & 1) == 0 && random_below(2) == 0
                                    ? "unchanged-toast-datum"
                                    : NULL;
    char u[16];

    snprintf(u, sizeof u, "'u%u'", row->u);
    snprintf(line, 256,
            "table public.t: %s: pk[integer]:%u u[text]:%s c[integer]:%u d[integer]:%u "
            "e[numeric]:%u g[integer]:null",
            write->kind == 'i' ? "INSERT" : "UPDATE", write->pk, unchanged != NULL ? unchanged : u,
            row->c, row->d, row->e);
}

/* A column's new value, or an expression of it, so that it is not known. */
static void say_value(char *text, size_t size, uint32_t value, bool is_text)
{
    switch (random_below(3)) {
    case 0:
        snprintf(text, size, is_text ? "'u' || '%u'" : "%u + 0", value);
        break;
    case 1:
        snprintf(text, size, is_text ? "'u%u'" : "'%u'", value);
        break;
    default:
        snprintf(text, size, is_text ? "'u%u'::text" : "%u", value);
        break;
    }
}

static void say_text(const struct write *write, char text[static 256])
{
    static const char *const names[] = {"u", "c", "d", "e"};
    const uint32_t values[] = {write->row.u, write->row.c, write->row.d, write->row.e};
    char said[4][32];
    int at = 0;

    for (unsigned i = 0; i < 4; i++) {
        say_value(said[i], sizeof said[i], values[i], i == 0);
    }
    if (write->kind == 'i') {
        snprintf(text, 256, "insert into t (pk, d, u, c, e) values (%u, %s, %s, %s, %s)", write->pk,
                said[2], said[0], said[1], said[3]);
    } else if (write->kind == 'd') {
        snprintf(text, 256, "delete from t where pk = %u", write->pk);
    } else {
        at = snprintf(text, 256, "update t set");
        for (unsigned i = 0; i < 4; i++) {
            if ((write->columns & 1U << i) != 0) {
                at += snprintf(text + at, 256 - (size_t)at, "%s %s = %s",
                        (write->columns & ((1U << i) - 1)) == 0 ? "" : ",", names[i], said[i]);
            }
        }
        snprintf(text + at, 256 - (size_t)at, " where pk = %u", write->pk);
    }
}

static struct row updated(const struct write *write, struct row row)
{
    row.u = (write->columns & 1) != 0 ? write->row.u : row.u;
    row.c = (write->columns & 2) != 0 ? write->row.c : row.c;
    row.d = (write->columns & 4) != 0 ? write->row.d : row.d;
    row.e = (write->columns & 8) != 0 ? write->row.e : row.e;
    return row;
}

/* Nobody else writes a row that somebody is about to write. */
static bool is_locked(uint32_t pk)
{
    bool is_locked = false;

    for (unsigned i = 0; i < UNDER_WAY; i++) {
        const struct write *write = &world.writes[i];
        is_locked |= write->is_under_way && write->pk == pk;
    }
    return is_locked;
}

static void begin_write(struct write *write)
{
    char text[256];

    *write = (struct write){.pk = random_below(ROWS),
            .row = {.is_there = true,
                    .u = random_below(VALUES),
                    .c = random_below(VALUES),
                    .d = random_below(VALUES),
                    .e = random_below(VALUES)},
            .columns = 1 + random_below(15)};
    if (is_locked(write->pk)) {
        return;
    }
    tag_set_init(&write->set);
    write->is_under_way = true;
    const struct row *row = &world.rows[write->pk];
    write->kind = !row->is_there ? 'i' : random_below(4) == 0 ? 'd' : 'u';
    if (random_below(2) == 0) {
        say_text(write, text);
        write_as_text(write, text);
    } else if (write->kind == 'd') {
        snprintf(text, sizeof text, "table public.t: DELETE: pk[integer]:%u", write->pk);
        write_as_line(write, text);
    } else {
        struct row new = write->kind == 'i' ? write->row : updated(write, *row);
        say_row(write, &new, text);
        write_as_line(write, text);
    }
    leave_out(&write->set);
}

static void end_write(struct write *write)
{
    struct row *row = &world.rows[write->pk];

    tag_set_begin(&write->set, world.tags);
    if (random_below(2) == 0) {
        ask(); /* as it was, and nothing of it from memory */
    }
    switch (write->kind) {
    case 'i':
        *row = write->row;
        break;
    case 'u':
        *row = updated(write, *row);
        break;
    case 'd':
        row->is_there = false;
        break;
    default:
        break;
    }
    if (random_below(2) == 0) {
        ask();
    }
    tag_set_end(&write->set, world.tags);
    write->is_under_way = false;
}

/* Of rows of which nothing is known, but of those that others are about to write. */
static void write_many(void)
{
    struct tag_set set;

    tag_set_init(&set);
    tag_set_add(&set, kind_tag(TAG_ANY), tags_of_database(world.tags, DATABASE));
    tag_set_add(&set, kind_tag(TAG_WILD), tags_of_database(world.tags, DATABASE));
    leave_out(&set);
    tag_set_begin(&set, world.tags);
    for (uint32_t pk = 0; pk < ROWS; pk++) {
        world.rows[pk].d = is_locked(pk) ? world.rows[pk].d : (world.rows[pk].d + 1) % VALUES;
    }
    tag_set_end(&set, world.tags);
}

static void step(void)
{
    uint32_t percent = random_below(100);

    if (percent < 16) {
        struct write *write = &world.writes[random_below(UNDER_WAY)];
        if (!write->is_under_way) {
            begin_write(write);
        } else if (random_below(2) == 0) {
            end_write(write);
        }
    } else if (percent == 17 && random_below(4) == 0) {
        write_many();
    } else if (percent == 16 && random_below(5) == 0) {
        world.now += ROWSETS_IDLE; /* sets go when others want their places */
    } else {
        ask();
    }
}

static uint64_t play(enum planted planted, unsigned seeds)
{
    memset(&world, 0, sizeof world);
    world.planted = planted;
    for (unsigned seed = 0; seed < seeds; seed++) {
        world.seed = seed * 7919 + 1;
        world.tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
        world.rowsets = rowsets_new(world.tags);
        assert_non_null(world.rowsets);
        memset(world.rows, 0, sizeof world.rows);
        for (unsigned i = 0; i < STEPS; i++) {
            step();
        }
        for (unsigned i = 0; i < UNDER_WAY; i++) {
            if (world.writes[i].is_under_way) {
                end_write(&world.writes[i]);
            }
        }
        for (unsigned i = 0; i < KEPT; i++) {
            entry_unref(world.kept[i]);
            world.kept[i] = NULL;
        }
        rowsets_free(world.rowsets);
        tags_free(world.tags);
    }
    print_message("left out %u: asked %lu, hits %lu, by sets %lu kept, stale %lu\n", planted,
            (unsigned long)world.asked, (unsigned long)world.hits, (unsigned long)world.row_sets,
            (unsigned long)world.stale);
    return world.stale;
}

static void nothing_is_stale_while_sets_come_and_go(void **state)
{
    (void)state;
    assert_int_equal(play(NOTHING, SEEDS), 0);
    assert_true(world.hits > world.asked / 20);
    assert_true(world.row_sets > world.asked / 20);
}

static void without_any_of_the_tags_it_would_be(void **state)
{
    (void)state;
    for (int planted = NOTHING + 1; planted < PLANTED; planted++) {
        if (play((enum planted)planted, SEEDS) == 0) {
            fail_msg("%d is not needed", planted);
        }
    }
}

/* ---- places ---- */

static struct rowset_columns columns_of(int16_t one, int16_t other)
{
    return (struct rowset_columns){.count = other == 0 ? 1 : 2, .numbers = {one, other}};
}

static void a_set_has_its_number_for_good(void **state)
{
    struct tags *tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    struct rowsets *rowsets = rowsets_new(tags);
    struct rowset_columns one = columns_of(1, 0);
    struct rowset_columns other = columns_of(1, 2);
    struct rowset_list list;

    (void)state;
    rowsets_of(rowsets, 1, 5, &list);
    assert_int_equal(list.last, 0);
    assert_int_equal(rowsets_want(rowsets, 1, 5, &one, 1), 1);
    assert_int_equal(rowsets_want(rowsets, 1, 5, &other, 1), 2);
    assert_int_equal(rowsets_want(rowsets, 1, 5, &one, 1), 1);
    assert_int_equal(rowsets_want(rowsets, 2, 5, &other, 1), 1);
    rowsets_of(rowsets, 1, 5, &list);
    assert_int_equal(list.last, 2);
    assert_int_equal(list.count, 2);
    rowsets_of(NULL, 1, 5, &list);
    assert_int_equal(list.count, 0);
    assert_true(rowset_hash(&one) != rowset_hash(&other));
    rowsets_free(rowsets);
    tags_free(tags);
}

/* A full table has no more, unless one has not been used for long: then the table's answers go with it. */
static void the_bound_of_a_table_holds(void **state)
{
    struct tags *tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    struct rowsets *rowsets = rowsets_new(tags);
    uint32_t wild = tags_of_table(tags, 1, 5, TAG_WILD);
    struct rowset_columns columns;
    struct rowset_list list;
    sl_usec now = 1;

    (void)state;
    for (int16_t i = 1; i <= ROWSETS_MAX; i++) {
        columns = columns_of(i, 0);
        assert_int_equal(rowsets_want(rowsets, 1, 5, &columns, now), i);
    }
    uint64_t before = tags_word(tags, wild);
    columns = columns_of(100, 0);
    assert_int_equal(rowsets_want(rowsets, 1, 5, &columns, now), 0);
    assert_int_equal(tags_word(tags, wild), before);
    now += ROWSETS_IDLE;
    columns = columns_of(1, 0);
    assert_int_equal(rowsets_want(rowsets, 1, 5, &columns, now), 1);
    columns = columns_of(100, 0);
    assert_int_equal(rowsets_want(rowsets, 1, 5, &columns, now), ROWSETS_MAX + 1);
    assert_true(tags_word(tags, wild) != before);
    rowsets_of(rowsets, 1, 5, &list);
    assert_int_equal(list.count, ROWSETS_MAX);
    assert_int_equal(list.last, ROWSETS_MAX + 1);
    uint32_t number = 1;
    for (int16_t i = 200; i < 400 && number != 0; i++) {
        now += ROWSETS_IDLE;
        columns = columns_of(i, 0);
        number = rowsets_want(rowsets, 1, 5, &columns, now);
        assert_true(number <= ROWSETS_NUMBERS_MAX);
    }
    assert_int_equal(number, 0); /* it has had its share */
    rowsets_free(rowsets);
    tags_free(tags);
}

/* Places are given to others when they have not been used, and no table's last number falls. */
static void the_bound_of_tables_holds(void **state)
{
    struct tags *tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    struct rowsets *rowsets = rowsets_new(tags);
    struct rowset_columns columns = columns_of(1, 0);
    struct rowset_list list;
    unsigned refused = 0;

    (void)state;
    for (uint32_t tree = 1; tree <= 3 * ROWSETS_TABLES; tree++) {
        refused += rowsets_want(rowsets, 1, tree, &columns, 1) == 0;
    }
    assert_true(refused >= 2 * ROWSETS_TABLES);
    for (uint32_t tree = 1; tree <= 3 * ROWSETS_TABLES; tree++) {
        uint32_t before = 0;
        rowsets_of(rowsets, 1, tree, &list);
        before = list.last;
        (void)rowsets_want(rowsets, 1, tree, &columns, 1 + ROWSETS_IDLE);
        rowsets_of(rowsets, 1, tree, &list);
        assert_true(list.last >= before);
        assert_true(list.count == 0 || list.sets[0].number == list.last);
    }
    rowsets_free(rowsets);
    tags_free(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_set_has_its_number_for_good),
            cmocka_unit_test(the_bound_of_a_table_holds),
            cmocka_unit_test(the_bound_of_tables_holds),
            cmocka_unit_test(nothing_is_stale_while_sets_come_and_go),
            cmocka_unit_test(without_any_of_the_tags_it_would_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
