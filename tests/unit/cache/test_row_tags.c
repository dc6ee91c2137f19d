/* SPDX-License-Identifier: PostgreSQL */
/*
 * The theorem of row sets, on the stream's path: what arrives is the new row, the old key if it
 * changed, the key of what was deleted (REPLICA IDENTITY DEFAULT).
 *
 *     SELECT pk, e, d FROM t WHERE c = v AND d >= thr ORDER BY e, pk [LIMIT 3]
 *
 * under the tags (c, v) and those of the rows that it shows. Of a count, and behind an OFFSET, it does not
 * hold: were they let in, stale answers must show up here.
 */
#include "tests/unit/cache/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS = 60, C_VALUES = 8, D_VALUES = 4, E_VALUES = 6, SEEDS = 300, STEPS = 4000 };
enum shape { ROW_SET, COUNT, OFFSET };
enum { COLUMN_PK, COLUMN_C, COLUMN_D, COLUMN_E, COLUMNS };

struct row {
    bool is_there;
    uint32_t value[COLUMNS];
};

struct world {
    struct model model;
    struct row rows[ROWS];
    enum shape shape;
};

static uint32_t tag_of(const struct world *world, unsigned column, uint32_t value)
{
    return tags_of_key(world->model.tags, 1, 16384, column, value);
}

/* What the stream says: new is NULL for a row that went, old_pk is NO_KEY if it is not said. */
enum { NO_KEY = UINT16_MAX };

static void changed(struct world *world, const struct row *new, uint32_t old_pk)
{
    if (new != NULL) {
        for (unsigned column = COLUMN_PK; column <= COLUMN_D; column++) {
            model_changed(&world->model, tag_of(world, column, new->value[column]));
        }
    }
    if (old_pk != NO_KEY) {
        model_changed(&world->model, tag_of(world, COLUMN_PK, old_pk));
    }
}

static void insert(struct world *world)
{
    const uint32_t pk = model_random(&world->model, ROWS);
    struct row *row = &world->rows[pk];

    if (!row->is_there) {
        *row = (struct row){.is_there = true,
                .value = {pk, model_random(&world->model, C_VALUES),
                        model_random(&world->model, D_VALUES),
                        model_random(&world->model, E_VALUES)}};
        changed(world, row, NO_KEY);
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

static void update(struct world *world)
{
    struct row *row = some_row(world);
    const unsigned column = model_random(&world->model, COLUMNS);

    if (row == NULL) {
        return;
    }
    if (column != COLUMN_PK) {
        row->value[column] = model_random(&world->model, column == COLUMN_C ? C_VALUES : D_VALUES);
        changed(world, row, NO_KEY);
        return;
    }
    const uint32_t old_pk = row->value[COLUMN_PK];
    const uint32_t pk = model_random(&world->model, ROWS);
    if (!world->rows[pk].is_there) {
        world->rows[pk] = *row;
        world->rows[pk].value[COLUMN_PK] = pk;
        row->is_there = false;
        changed(world, &world->rows[pk], old_pk);
    }
}

static void delete (struct world *world)
{
    struct row *row = some_row(world);

    if (row != NULL) {
        row->is_there = false;
        changed(world, NULL, row->value[COLUMN_PK]);
    }
}

static int compare(const void *a, const void *b)
{
    const uint32_t *left = (*(const struct row *const *)a)->value;
    const uint32_t *right = (*(const struct row *const *)b)->value;

    if (left[COLUMN_E] != right[COLUMN_E]) {
        return left[COLUMN_E] < right[COLUMN_E] ? -1 : 1;
    }
    return left[COLUMN_PK] < right[COLUMN_PK] ? -1 : 1;
}

static void ask(struct world *world)
{
    const uint32_t value = model_random(&world->model, C_VALUES);
    const uint32_t least = model_random(&world->model, 3);
    const bool is_cut = world->shape != COUNT && model_random(&world->model, 2) == 0;
    const struct row *found[ROWS];
    uint32_t bytes[3 * ROWS];
    struct model_answer truth = {.tags = {tag_of(world, COLUMN_C, value)}, .tags_count = 1};
    uint32_t count = 0;
    size_t len = 0;

    for (uint32_t i = 0; i < ROWS; i++) {
        const struct row *row = &world->rows[i];
        if (row->is_there && row->value[COLUMN_C] == value && row->value[COLUMN_D] >= least) {
            found[count++] = row;
        }
    }
    if (world->shape == COUNT) {
        truth.bytes = sl_span(&count, sizeof(count));
    } else {
        const uint32_t from = world->shape == OFFSET && is_cut ? 1 : 0;
        const uint32_t end = is_cut && count > from + 3 ? from + 3 : count;
        qsort((void *)found, count, sizeof(struct row *), compare);
        for (uint32_t i = from; i < end; i++) {
            const uint32_t *of = found[i]->value;
            bytes[len++] = of[COLUMN_PK];
            bytes[len++] = of[COLUMN_E];
            bytes[len++] = of[COLUMN_D];
            truth.tags[truth.tags_count++] = tag_of(world, COLUMN_PK, of[COLUMN_PK]);
        }
        truth.bytes = sl_span(bytes, len * sizeof(bytes[0]));
    }
    model_ask(&world->model, (value * 3 + least) * 2 + is_cut, &truth);
}

static struct model play(enum shape shape, unsigned seeds)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->shape = shape;
    for (unsigned seed = 0; seed < seeds; seed++) {
        model_begin(&world->model, seed);
        memset(world->rows, 0, sizeof(world->rows));
        for (unsigned step = 0; step < STEPS; step++) {
            const uint32_t percent = model_random(&world->model, 100);
            if (percent < 12) {
                insert(world);
            } else if (percent < 20) {
                update(world);
            } else if (percent < 24) {
                delete (world);
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

static void a_row_set_is_never_stale(void **state)
{
    struct model model = play(ROW_SET, SEEDS);

    (void)state;
    assert_true(model.hits > model.asked / 3);
    assert_int_equal(model.stale, 0);
}

static void a_count_would_be(void **state)
{
    (void)state;
    assert_true(play(COUNT, SEEDS / 10).stale > 1000);
}

static void what_stands_behind_an_offset_would_be(void **state)
{
    (void)state;
    assert_true(play(OFFSET, SEEDS / 10).stale > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_row_set_is_never_stale),
            cmocka_unit_test(a_count_would_be),
            cmocka_unit_test(what_stands_behind_an_offset_would_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
