/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/session_names.h"

#include "protocol/front.h"
#include "proxy/client.h"
#include "proxy/params.h"

#include <string.h>
#include <strings.h>

enum { CUSTOM_NAMES_MAX = 64, NAME_MAX_LEN = 63 };

#define SPACES " \t\r\n\f\v"

static const char set_config[] = "set_config";

enum values { VALUES_UNKNOWN, VALUES_LATER, VALUES_HERE };

struct words {
    const uint8_t *at;
    const uint8_t *end;
    enum values values;  /* of parameters */
    struct sl_span bind; /* HERE: they, as in a Bind behind its names */
    bool has_quotes;     /* what stands in quotes is a part of a name, whatever it is */
};

static bool is_name(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' || c == '$' ||
           c == '.' || c == '"' || c >= 0x80;
}

static void skip(struct words *words, const char *signs)
{
    while (words->at < words->end && *words->at != '\0' && strchr(signs, *words->at) != NULL) {
        words->at++;
    }
}

static struct sl_span next_name(struct words *words)
{
    const uint8_t *from = words->at;
    bool is_quoted = false;

    while (words->at < words->end && (is_quoted || is_name(*words->at))) {
        is_quoted = words->has_quotes && is_quoted != (*words->at == '"');
        words->at++;
    }
    return sl_span(from, (size_t)(words->at - from));
}

static bool is_word(struct sl_span name, const char *word)
{
    return name.len == strlen(word) && strncasecmp((const char *)name.at, word, name.len) == 0;
}

/* Of PostgreSQL's own, it shows these to superusers only: as another role it would not tell of them. */
static bool is_secret(struct sl_span name)
{
    static const char *const names[] = {
            "dynamic_library_path", "extension_control_path", "session_preload_libraries"};

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        if (is_word(name, names[i])) {
            return true;
        }
    }
    return false;
}

/*
 * At the bound what it has set cannot be asked for, and keeps it where it is; nor where PostgreSQL
 * may have cut the name off, or reads it by the encoding of whoever says it.
 */
static void remember(struct client *client, struct sl_span name)
{
    char text[2 * NAME_MAX_LEN + 2];
    size_t len = 0;
    size_t part = 0;

    if (memchr(name.at, '.', name.len) == NULL) {
        client->has_unasked |= is_secret(name);
        return; /* of PostgreSQL's own, or no name */
    }
    for (size_t i = 0; i < name.len && len < sizeof text; i++) {
        part = name.at[i] == '.' ? 0 : part + 1;
        if (name.at[i] >= 0x80 || part > NAME_MAX_LEN) {
            len = sizeof text;
        } else if (name.at[i] != '"') {
            text[len++] = (char)name.at[i];
        }
    }
    const struct params *set = NULL;
    if (len < sizeof text && params_count(client->custom) < CUSTOM_NAMES_MAX) {
        text[len] = '\0';
        set = params_with(client->custom, text, "");
    }
    client->has_unasked |= set == NULL;
    client->custom = set == NULL ? client->custom : set;
}

static bool is_at(const struct words *words, const char *signs)
{
    return words->at < words->end && *words->at != '\0' && strchr(signs, *words->at) != NULL;
}

static void remember_role(struct client *client)
{
    const struct params *set = params_with(client->custom, "role", "");

    client->has_unasked |= set == NULL;
    client->custom = set == NULL ? client->custom : set;
}

/* Behind ROLE or set_config('role': any but a role's name as it stands there may be NONE. */
static void see_role(struct client *client, struct words *words)
{
    skip(words, SPACES ",=");
    struct sl_span value = next_name(words);
    if (is_word(value, "to")) {
        skip(words, SPACES);
        value = next_name(words);
    }
    if (value.len == 0 && is_at(words, "'")) {
        skip(words, "'");
        value = next_name(words);
    }
    if (value.len == 0 || value.at[0] == '$' || is_word(value, "none")) {
        remember_role(client);
    }
}

/*
 * A comment, U&".." or a dot between spaces: the name is not what it seems. A sign behind a byte
 * beyond ASCII is the second half of a letter, in SJIS, BIG5, GBK and UHC.
 */
static void see_set(struct client *client, const struct words *behind)
{
    struct words copy = *behind; /* a SET by chance does not swallow what follows in quotes */
    struct words *words = &copy;

    words->has_quotes = true;
    skip(words, SPACES);
    struct sl_span name = next_name(words);
    if (is_word(name, "session")) {
        skip(words, SPACES);
        name = next_name(words);
    }
    skip(words, SPACES);
    bool is_cut = name.len > 0 && name.at[name.len - 1] >= 0x80 && is_at(words, "@[\\]^`{|}~");
    client->has_unasked |= is_cut || is_at(words, "&/-.");
    remember(client, name);
    if (is_word(name, "role")) {
        see_role(client, words);
    }
}

/* set_config($n, ..: which n, or 0. */
static unsigned parameter_of(struct words *words, struct sl_span name)
{
    unsigned number = 0;

    for (size_t i = 1; i < name.len && name.len <= 6 && (uint8_t)(name.at[i] - '0') < 10; i++) {
        number = number * 10 + (unsigned)(name.at[i] - '0');
    }
    skip(words, SPACES);
    if (is_at(words, ":")) {
        skip(words, ":" SPACES);
        number = is_word(next_name(words), "text") ? number : 0;
        skip(words, SPACES);
    }
    return is_at(words, ",") ? number : 0;
}

static void see_parameter(struct client *client, struct words *words, struct sl_span name)
{
    unsigned number = parameter_of(words, name);
    struct sl_span value;

    if (number > 0 && words->values == VALUES_LATER) {
        return;
    }
    if (number == 0 || words->values == VALUES_UNKNOWN ||
            !front_bind_parameter(words->bind, number, &value)) {
        client->has_unasked = true;
        return;
    }
    if (value.at == NULL || value.len == 0) {
        return; /* an error */
    }
    remember(client, value);
    if (is_word(value, "role")) {
        remember_role(client);
    }
}

/* Anything but a plain constant or a parameter for a name is an expression, whose value is not known here. */
static void see_set_config(struct client *client, struct words *words)
{
    skip(words, SPACES "(");
    bool is_constant = is_at(words, "'");
    skip(words, "'");
    struct sl_span name = next_name(words);
    if (!is_constant && name.len > 1 && name.at[0] == '$') {
        see_parameter(client, words, name);
        return;
    }
    is_constant = is_constant && is_at(words, "'");
    skip(words, "'");
    skip(words, SPACES);
    client->has_unasked |= !is_constant || !is_at(words, ",");
    remember(client, name);
    if (is_word(name, "role")) {
        see_role(client, words);
    }
}

/*
 * Behind SET [SESSION] and in set_config('...: what stands there by chance in a text of another
 * kind does no harm, it is asked for and is not there.
 */
static void see(struct client *client, struct words *words)
{
    const size_t len = sizeof set_config - 1;

    while (words->at < words->end) {
        struct sl_span name = next_name(words);
        if (is_word(name, "set")) {
            see_set(client, words);
        } else if (name.len >= len && is_word(sl_span(name.at + name.len - len, len), set_config)) {
            see_set_config(client, words);
        } else if (name.len == 0) {
            words->at++;
        }
    }
}

static struct words words_of(struct sl_span text)
{
    return (struct words){.at = text.at, .end = text.len > 0 ? text.at + text.len : text.at};
}

void session_names_see(struct client *client, struct sl_span text)
{
    struct words words = words_of(text);

    see(client, &words);
}

void session_names_see_parsed(struct client *client, struct sl_span text)
{
    struct words words = words_of(text);

    words.values = VALUES_LATER;
    see(client, &words);
}

void session_names_see_bound(struct client *client, struct sl_span text, struct sl_span rest)
{
    struct words words = words_of(text);

    words.values = VALUES_HERE;
    words.bind = rest;
    see(client, &words);
}

void session_names_see_begin(struct client *client, struct sl_span text)
{
    static const char *const begins[] = {"begin", "do", "select", "set", "start"};
    struct words words = {.at = text.at, .end = text.at + text.len};

    skip(&words, SPACES);
    struct sl_span first = next_name(&words);
    for (size_t i = 0; i < SL_COUNT(begins); i++) {
        if (is_word(first, begins[i])) {
            session_names_see(client, text);
        }
    }
}
