/* SPDX-License-Identifier: PostgreSQL */
/*
 * The tags that follow from a statement's text alone, without any row being seen. Each of open, neg and
 * wild is needed: without it stale answers must show up here.
 *
 *     SELECT * FROM t WHERE pk = v AND d >= thr
 *     SELECT * FROM t WHERE u = v AND d >= thr                      u is unique
 *     SELECT * FROM t WHERE c = v AND d >= thr ORDER BY e, pk [LIMIT 2]
 */
#include "tests/unit/cache/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS = 40, C_VALUES = 6, D_VALUES = 3, E_VALUES = 5, SEEDS = 200, STEPS = 4000, LIMIT = 2 };
enum { COLUMN_PK, COLUMN_U, COLUMN_C, COLUMN_D, COLUMN_E, COLUMNS };
enum { NOTHING = -1 };

struct row {
    uint32_t is_there; /* no gaps: rows are compared as bytes */
    uint32_t value[COLUMNS];
};

struct world {
    struct model model;
    struct row rows[ROWS];
    uint32_t serial;
    int dropped; /* enum tag_kind, or NOTHING */
};

static void key_changed(struct world *world, unsigned column, uint32_t value)
{
    model_changed(&world->model, tags_of_key(world->model.tags, 1, 16384, column, value));
}

static void table_changed(struct world *world, enum tag_kind kind)
{
    if ((int)kind != world->dropped) {
        model_changed(&world->model, tags_of_table(world->model.tags, 1, 16384, kind));
    }
}

static bool has_u(const struct world *world, uint32_t value)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        if (world->rows[i].is_there && world->rows[i].value[COLUMN_U] == value) {
            return true;
        }
    }
    return false;
}

/* With a key that the text has, or one from a sequence. */
static void insert(struct world *world)
{
    const bool is_known = model_random(&world->model, 2) == 0;
    const uint32_t u = model_random(&world->model, ROWS);
    uint32_t pk = model_random(&world->model, ROWS);

    if (!is_known) {
        world->serial = (world->serial + 1) % ROWS;
        pk = world->serial;
    }
    if (world->rows[pk].is_there || has_u(world, u)) {
        return;
    }
    world->rows[pk] = (struct row){.is_there = true,
            .value = {pk, u, model_random(&world->model, C_VALUES),
                    model_random(&world->model, D_VALUES), model_random(&world->model, E_VALUES)}};
    key_changed(world, COLUMN_U, u);
    key_changed(world, COLUMN_C, world->rows[pk].value[COLUMN_C]);
    if (is_known) {
        key_changed(world, COLUMN_PK, pk);
    } else {
        table_changed(world, TAG_NEG);
    }
}

static struct row *some_row(struct world *world)
{
    const uint32_t first = model_random(&world->model, ROWS);

    for (uint32_t i = 0; i < ROWS; i++) {
        if (world->rows[(first + i) % ROWS].is_there) {
            return &world->rows[(first + i) % ROWS];
        }
    }
    return NULL;
}

/* UPDATE t SET column = value WHERE pk = ... */
static void update(struct world *world)
{
    static const unsigned columns[] = {COLUMN_U, COLUMN_C, COLUMN_D, COLUMN_D, COLUMN_E};
    static const uint32_t values[COLUMNS] = {
            [COLUMN_U] = ROWS, [COLUMN_C] = C_VALUES, [COLUMN_D] = D_VALUES, [COLUMN_E] = D_VALUES};
    struct row *row = some_row(world);
    const unsigned column = columns[model_random(&world->model, SL_COUNT(columns))];
    const uint32_t value = model_random(&world->model, values[column]);

    if (row == NULL || (column == COLUMN_U && has_u(world, value))) {
        return;
    }
    row->value[column] = value;
    key_changed(world, COLUMN_PK, row->value[COLUMN_PK]);
    table_changed(world, TAG_OPEN);
    if (column == COLUMN_U || column == COLUMN_C) {
        key_changed(world, column, value);
    }
}

static void delete (struct world *world)
{
    struct row *row = some_row(world);

    if (row != NULL) {
        row->is_there = false;
        key_changed(world, COLUMN_PK, row->value[COLUMN_PK]);
        table_changed(world, TAG_OPEN);
    }
}

/* UPDATE t SET d = 1 WHERE d = 0 */
static void update_all(struct world *world)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        if (world->rows[i].is_there && world->rows[i].value[COLUMN_D] == 0) {
            world->rows[i].value[COLUMN_D] = 1;
        }
    }
    table_changed(world, TAG_WILD);
}

static int compare(const void *a, const void *b)
{
    const uint32_t *left = ((const struct row *)a)->value;
    const uint32_t *right = ((const struct row *)b)->value;

    if (left[COLUMN_E] != right[COLUMN_E]) {
        return left[COLUMN_E] < right[COLUMN_E] ? -1 : 1;
    }
    return left[COLUMN_PK] < right[COLUMN_PK] ? -1 : left[COLUMN_PK] > right[COLUMN_PK];
}

static void add_table(struct model_answer *truth, const struct world *world, enum tag_kind kind)
{
    truth->tags[truth->tags_count++] = tags_of_table(world->model.tags, 1, 16384, kind);
}

static void add_key(
        struct model_answer *truth, const struct world *world, unsigned column, uint32_t value)
{
    truth->tags[truth->tags_count++] = tags_of_key(world->model.tags, 1, 16384, column, value);
}

static void ask(struct world *world)
{
    const unsigned column = model_random(&world->model, 3); /* COLUMN_PK to COLUMN_C */
    const uint32_t value = model_random(&world->model, column == COLUMN_C ? C_VALUES : ROWS);
    const uint32_t least = model_random(&world->model, 3) == 0;
    const bool is_cut = column == COLUMN_C && model_random(&world->model, 2) == 0;
    struct row found[ROWS];
    struct model_answer truth = {0};
    uint32_t count = 0;

    memset(found, 0, sizeof(found));
    for (uint32_t i = 0; i < ROWS; i++) {
        const struct row *row = &world->rows[i];
        if (row->is_there && row->value[column] == value && row->value[COLUMN_D] >= least) {
            found[count++] = *row;
        }
    }
    qsort(found, count, sizeof(found[0]), compare);
    count = is_cut && count > LIMIT ? LIMIT : count;
    truth.bytes = sl_span(found, count * sizeof(found[0]));
    add_table(&truth, world, TAG_WILD);
    add_key(&truth, world, column, value);
    for (uint32_t i = 0; i < count && column != COLUMN_PK; i++) {
        add_key(&truth, world, COLUMN_PK, found[i].value[COLUMN_PK]);
    }
    if (count == 0) {
        add_table(&truth, world, TAG_NEG);
    }
    if (column != COLUMN_PK && (least > 0 || (is_cut && count == LIMIT))) {
        add_table(&truth, world, TAG_OPEN);
    }
    model_ask(&world->model, ((column * ROWS + value) * 2 + least) * 2 + is_cut, &truth);
}

static struct model play(int dropped, unsigned seeds)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->dropped = dropped;
    for (unsigned seed = 0; seed < seeds; seed++) {
        model_begin(&world->model, seed);
        memset(world->rows, 0, sizeof(world->rows));
        for (unsigned step = 0; step < STEPS; step++) {
            const uint32_t permille = model_random(&world->model, 1000);
            if (permille < 60) {
                insert(world);
            } else if (permille < 180) {
                update(world);
            } else if (permille < 200) {
                delete (world);
            } else if (permille < 205) {
                update_all(world);
            } else {
                ask(world);
            }
        }
        model_end(&world->model);
    }
    struct model model = world->model;
    free(world);
    print_message("asked %lu, hits %.1f%%, stale %lu\n", model.asked,
            100.0 * (double)model.hits / (double)model.asked, model.stale);
    return model;
}

static void what_is_tagged_by_texts_is_never_stale(void **state)
{
    struct model model = play(NOTHING, SEEDS);

    (void)state;
    assert_true(model.hits > model.asked / 10);
    assert_int_equal(model.stale, 0);
}

static void without_open_it_would_be(void **state)
{
    (void)state;
    assert_true(play(TAG_OPEN, SEEDS / 10).stale > 10);
}

static void without_neg_it_would_be(void **state)
{
    (void)state;
    assert_true(play(TAG_NEG, SEEDS / 10).stale > 10);
}

static void without_wild_it_would_be(void **state)
{
    (void)state;
    assert_true(play(TAG_WILD, SEEDS / 10).stale > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_tagged_by_texts_is_never_stale),
            cmocka_unit_test(without_open_it_would_be),
            cmocka_unit_test(without_neg_it_would_be),
            cmocka_unit_test(without_wild_it_would_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
