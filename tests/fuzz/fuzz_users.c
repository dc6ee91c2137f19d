/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any text as a user list; what is read, written down again in quotes, gives the
 * same list without a problem.
 */
#include "conf/users.h"
#include "protocol/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        fputc(*text, out);
        if (*text == '"') {
            fputc('"', out);
        }
    }
    fputc('"', out);
}

static void check_same(const struct users *a, const struct users *b)
{
    SL_CHECK(users_count(a) == users_count(b));
    for (int i = 0; i < users_count(a); i++) {
        const struct users_entry *entry = users_at(a, i);
        const struct users_entry *found = users_find(b, entry->name);

        SL_CHECK(found != NULL && users_at(b, i) == found);
        SL_CHECK(strcmp(found->secret, entry->secret) == 0 && found->kind == entry->kind);
    }
}

static void write_and_read(const struct users *users)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct conf_problems problems;
    const struct users *again;

    SL_CHECK(out != NULL);
    for (int i = 0; i < users_count(users); i++) {
        write_quoted(out, users_at(users, i)->name);
        fputc(' ', out);
        write_quoted(out, users_at(users, i)->secret);
        fputc('\n', out);
    }
    fclose(out);
    conf_problems_init(&problems);
    again = users_load_text("again", sl_span(text, len), &problems);
    SL_CHECK(again != NULL && problems.warnings == 0);
    check_same(users, again);
    users_unref(again);
    conf_problems_fini(&problems);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct users *users;

    if (size > 65536 || (size > 0 && memchr(data, '\0', size) != NULL)) {
        return 0;
    }
    users = users_load_text("fuzz", sl_span(data, size), NULL);
    SL_CHECK(users != NULL);
    write_and_read(users);
    users_unref(users);
    return 0;
}
