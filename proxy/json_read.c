/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/json_read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static enum sl_err say(struct json_read *read, const char *format, ...) SL_PRINTF(2, 3);

static enum sl_err say(struct json_read *read, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(read->why, sizeof read->why, format, args);
    va_end(args);
    return SL_EINVAL;
}

static struct json_member *find(struct json_member *members, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(members[i].name, name) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

static enum sl_err take(
        struct json_read *read, json_t *root, struct json_member *members, unsigned count)
{
    const char *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        struct json_member *member = find(members, count, name);
        if (member == NULL) {
            return say(read, "there is a member that is not known: \"%.40s\"", name);
        }
        if (!json_is_string(value)) {
            return say(read, "\"%s\" is no text", member->name);
        }
        member->value = sl_span(json_string_value(value), json_string_length(value));
    }
    for (unsigned i = 0; i < count; i++) {
        if (members[i].value.at == NULL && !members[i].is_optional) {
            return say(read, "there is no \"%s\"", members[i].name);
        }
    }
    return SL_OK;
}

enum sl_err json_read(
        struct json_read *read, struct sl_span body, struct json_member *members, unsigned count)
{
    json_error_t error;

    *read = (struct json_read){.root = NULL};
    json_t *root = json_loadb((const char *)body.at, body.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL && json_error_code(&error) == json_error_out_of_memory) {
        return SL_ENOMEM;
    }
    if (root == NULL && (json_error_code(&error) == json_error_null_character ||
                                json_error_code(&error) == json_error_null_byte_in_key)) {
        return say(read, "there is a zero character in the body");
    }
    if (root == NULL) {
        return say(read, "the body is no JSON: %s (line %d, column %d)", error.text, error.line,
                error.column);
    }
    read->root = root;
    if (!json_is_object(root)) {
        return say(read, "the body is no JSON object");
    }
    return take(read, root, members, count);
}

void json_read_fini(struct json_read *read)
{
    json_decref(read->root); /* NULL is fine */
    read->root = NULL;
}
