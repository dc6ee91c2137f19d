/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_path.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static int hex(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* In place. False: a wrong %xx, or a control character. */
static bool decode(char *text, bool is_query)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; at++) {
        char c = *at;
        if (c == '%') {
            int high = hex(at[1]);
            int low = high < 0 ? -1 : hex(at[2]);
            if (low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            at += 2;
        } else if (c == '+' && is_query) {
            c = ' ';
        }
        if ((unsigned char)c < 0x20 || c == 0x7f) {
            return false;
        }
        *to++ = c;
    }
    *to = '\0';
    return true;
}

/* The part up to one of ends, which is overwritten; *at moves behind it, or is NULL. */
static char *cut(char **at, char end)
{
    char *from = *at;
    char *found = strchr(from, end);

    *at = found == NULL ? NULL : found + 1;
    if (found != NULL) {
        *found = '\0';
    }
    return from;
}

static bool read_segments(char *at, struct http_path *path)
{
    if (*at == '\0') {
        at = NULL;
    }
    while (at != NULL) {
        char *segment = cut(&at, '/');
        if (path->segments_count == HTTP_SEGMENTS_MAX || !decode(segment, false)) {
            return false;
        }
        path->segments[path->segments_count++] = segment;
    }
    return true;
}

static bool read_parameters(char *at, struct http_path *path)
{
    while (at != NULL) {
        char *pair = cut(&at, '&');
        char *value = pair;
        const char *name = cut(&value, '=');
        if (*pair == '\0' && value == NULL) {
            continue;
        }
        if (value == NULL) {
            value = pair + strlen(pair);
        }
        if (path->parameters_count == HTTP_PARAMETERS_MAX || !decode(value, true) ||
                !decode(pair, true)) {
            return false;
        }
        path->parameters[path->parameters_count++] =
                (struct http_parameter){.name = name, .value = value};
    }
    return true;
}

enum sl_err http_path_read(const char *uri, struct http_path *path)
{
    static const char *const schemes[] = {"http://", "https://"};
    const char *from = uri;

    *path = (struct http_path){.segments_count = 0};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);
        if (strncasecmp(uri, schemes[i], len) == 0) {
            from = uri + len + strcspn(uri + len, "/?#");
        }
    }
    size_t len = strcspn(from, "#");
    if (len >= sizeof path->text) {
        return SL_ELIMIT;
    }
    if (from[0] != '/') {
        return SL_EINVAL;
    }
    memcpy(path->text, from, len);
    path->text[len] = '\0';
    char *query = path->text;
    char *at = cut(&query, '?');
    return read_segments(at + 1, path) && read_parameters(query, path) ? SL_OK : SL_EINVAL;
}

const char *http_path_parameter(const struct http_path *path, const char *name)
{
    for (unsigned i = 0; i < path->parameters_count; i++) {
        if (strcmp(path->parameters[i].name, name) == 0) {
            return path->parameters[i].value;
        }
    }
    return NULL;
}

bool http_path_fits(const struct http_path *path, const char *pattern, const char **value)
{
    const char *at = pattern + 1; /* behind the first slash */
    const char *found = NULL;

    for (unsigned i = 0; i < path->segments_count; i++) {
        size_t len = strcspn(at, "/");
        if (len == 0) {
            return false;
        }
        if (*at == '{') {
            found = path->segments[i];
        } else if (strlen(path->segments[i]) != len || memcmp(path->segments[i], at, len) != 0) {
            return false;
        }
        at += len + (at[len] == '/' ? 1 : 0);
    }
    if (*at != '\0') {
        return false;
    }
    if (found != NULL) {
        *value = found;
    }
    return true;
}
