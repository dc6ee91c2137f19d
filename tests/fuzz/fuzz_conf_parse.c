/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any text as a configuration: it loads or has errors, never both; every value
 * of what loads prints and can be set again, and changes nothing.
 *
 * %include is taken away, so that a run depends on its input alone.
 */
#include "conf/conf_diff.h"
#include "conf/conf_load.h"
#include "conf/conf_value.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* File names in the input must not reach files: keys that name one get another letter. */
static void tame(char *text, size_t len)
{
    static const char *const words[] = {
            "%include", "auth_file", "auth_hba_file", "auth_ident_file"};

    for (size_t i = 0; i < SL_COUNT(words); i++) {
        char *at = memmem(text, len, words[i], strlen(words[i]));

        while (at != NULL) {
            at[1] = 'X';
            at = memmem(text, len, words[i], strlen(words[i]));
        }
    }
}

static void set_again(const struct conf *conf)
{
    const struct conf_key *key;

    for (int i = 0; (key = conf_key_at(i)) != NULL && key->section == CONF_SECTION_SLUICE; i++) {
        char text[CONF_VALUE_MAX];
        const char *value = conf_value_text(key, conf, text, sizeof(text));
        const struct conf *same;

        if (value == NULL || !key->reloadable || key->is_secret || strlen(value) > 100 ||
                i % 16 != 0) {
            continue;
        }
        same = conf_set(conf, key->name, value, NULL);
        SL_CHECK(same != NULL);
        SL_CHECK(conf_diff(conf, same, NULL, NULL) == 0);
        conf_unref(same);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct conf_problems problems;
    const struct conf *conf;

    if (text == NULL || size > 65536) {
        free(text);
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    tame(text, size);
    conf_problems_init(&problems);
    conf = conf_load_text("fuzz", sl_span(text, size), &problems);
    SL_CHECK((conf != NULL) == (problems.errors == 0));
    if (conf != NULL) {
        set_again(conf);
    }
    conf_unref(conf);
    conf_problems_fini(&problems);
    free(text);
    return 0;
}
