/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as a text that may set search_path, as a setting's value, and as a startup packet's
 * options.
 *
 * 1. The one form of a path's one form is itself; and what a text sets has that.
 * 2. What is shown has nothing but names and question marks, and is whole only if it is the path.
 * 3. A comment before a text changes nothing of what it does, nor does a semicolon behind it, unless
 *    nothing is known then.
 * 4. What options set has room in as much as options take.
 */
#include "protocol/search_path.h"

#include "protocol/base/check.h"
#include "protocol/effects.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_shown(const char *shown)
{
    for (const char *at = shown; *at != '\0'; at++) {
        SL_CHECK(isalnum((unsigned char)*at) || strchr("_$?\", ", *at) != NULL);
    }
}

static void check_list(const char *list)
{
    char again[SEARCH_PATH_MAX + 1];
    char shown[SEARCH_PATH_MAX + 1];

    SL_CHECK(search_path_plain(sl_span_text(list), again));
    SL_CHECK(strcmp(again, list) == 0);
    bool is_whole = search_path_show(sl_span_text(list), shown);
    check_shown(shown);
    SL_CHECK(strlen(shown) <= strlen(list));
    SL_CHECK(is_whole == (strcmp(shown, list) == 0));
}

static void check_value(struct sl_span value)
{
    char list[SEARCH_PATH_MAX + 1];
    char shown[SEARCH_PATH_MAX + 1];

    if (search_path_plain(value, list)) {
        check_list(list);
    }
    bool is_whole = search_path_show(value, shown);
    check_shown(shown);
    SL_CHECK(is_whole == (strchr(shown, '?') == NULL));
}

static void check_options(const uint8_t *data, size_t size)
{
    char *options = malloc(size + 1);
    char *value = malloc(size + 1);
    bool has_role = false;

    SL_CHECK(options != NULL && value != NULL);
    memcpy(options, data, size);
    options[size] = '\0';
    if (search_path_in_options(options, value, &has_role)) {
        SL_CHECK(strlen(value) < strlen(options));
        check_value(sl_span_text(value));
    }
    free(options);
    free(value);
}

static struct search_path_change read_between(
        const char *before, const uint8_t *data, size_t size, const char *after)
{
    size_t before_len = strlen(before);
    size_t after_len = strlen(after);
    uint8_t *text = malloc(before_len + size + after_len + 1);
    struct search_path_change change;

    SL_CHECK(text != NULL);
    memcpy(text, before, before_len);
    memcpy(text + before_len, data, size);
    memcpy(text + before_len + size, after, after_len);
    search_path_read(sl_span(text, before_len + size + after_len), false, &change);
    free(text);
    return change;
}

static void check_same(const struct search_path_change *one, const struct search_path_change *two)
{
    SL_CHECK(one->kind == two->kind && one->is_several == two->is_several);
    if (one->kind == SEARCH_PATH_SET || one->kind == SEARCH_PATH_LOCAL) {
        SL_CHECK(one->has_list == two->has_list && one->is_call == two->is_call);
        SL_CHECK(!one->has_list || strcmp(one->list, two->list) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > EFFECTS_TEXT_MAX - 100) {
        return 0;
    }
    struct search_path_change change = read_between("", data, size, "");
    SL_CHECK(change.kind <= SEARCH_PATH_OPAQUE);
    if (change.has_list && (change.kind == SEARCH_PATH_SET || change.kind == SEARCH_PATH_LOCAL)) {
        check_list(change.list);
    }
    struct search_path_change more = read_between("/* '\" */", data, size, "");
    check_same(&change, &more);
    /* A comment that ends with the text would hide it; of a sign in front of it less is known. */
    more = read_between("", data, size, "\n;");
    if (change.kind != SEARCH_PATH_OPAQUE && more.kind != SEARCH_PATH_OPAQUE) {
        check_same(&change, &more);
    }
    check_value(sl_span(data, size));
    check_options(data, size);
    return 0;
}
