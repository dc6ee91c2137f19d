/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any changes to two sets of parameters, beside a plain list of names and values.
 *
 * 1. The set says what the list says.
 * 2. Two sets that say the same are one object, whatever the way to them; two that do not are two.
 *
 * Each three bytes change one of the sets: which, the name, the value. Names differ in case.
 */
#include "proxy/params.h"

#include "protocol/base/check.h"

#include <string.h>
#include <strings.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"a", "search_path", "DateStyle", "application_name", "b.c"};
static const char *const shouted[] = {"A", "SEARCH_PATH", "DATESTYLE", "Application_Name", "B.c"};
static const char *const values[] = {NULL, "", "x", "X", "\"$user\", public", "x y"};

struct model {
    const struct params *set;
    const char *value[SL_COUNT(names)]; /* NULL: not in it */
};

static void change(struct model *model, const uint8_t *data)
{
    size_t at = data[1] % SL_COUNT(names);
    const char *value = values[data[2] % SL_COUNT(values)];
    const char *name = (data[0] & 2) != 0 ? shouted[at] : names[at];
    const struct params *changed = params_with(model->set, name, value);

    SL_CHECK(changed != NULL); /* far below the bounds */
    model->set = changed;
    model->value[at] = value;
}

static void check(const struct model *model)
{
    uint32_t count = 0;

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        const char *value = params_get(model->set, shouted[i]);

        SL_CHECK((value == NULL) == (model->value[i] == NULL));
        SL_CHECK(value == NULL || strcmp(value, model->value[i]) == 0);
        count += value != NULL;
    }
    SL_CHECK(params_count(model->set) == count);
    for (uint32_t i = 0; i < count; i++) {
        const char *name;
        const char *value;

        params_at(model->set, i, &name, &value);
        SL_CHECK(strcmp(params_get(model->set, name), value) == 0);
    }
}

static bool says_the_same(const struct model *one, const struct model *two)
{
    for (size_t i = 0; i < SL_COUNT(names); i++) {
        const char *left = one->value[i];
        const char *right = two->value[i];

        if ((left == NULL) != (right == NULL) || (left != NULL && strcmp(left, right) != 0)) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct model models[2] = {{.set = params_empty()}, {.set = params_empty()}};

    if (size > 3000) {
        return 0;
    }
    for (; size >= 3; data += 3, size -= 3) {
        change(&models[data[0] & 1], data);
        check(&models[data[0] & 1]);
        SL_CHECK((models[0].set == models[1].set) == says_the_same(&models[0], &models[1]));
    }
    params_unref(models[0].set);
    params_unref(models[1].set);
    return 0;
}
