/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_connstr.h"

#include <stdbool.h>
#include <string.h>

static char *skip_blanks(char *at)
{
    return at + strspn(at, " \t");
}

static bool is_end(char c)
{
    return c == '\0' || c == ' ' || c == '\t';
}

/* Undoubles the quotes in place; at is behind the first. NULL: there is no last one. */
static char *unquote(char *at)
{
    char *to = at;

    for (;; at++) {
        if (*at == '\0') {
            return NULL;
        }
        if (*at == '\'') {
            at++;
            if (*at != '\'') {
                break;
            }
        }
        *to++ = *at;
    }
    if (!is_end(*at)) {
        return NULL;
    }
    if (*at != '\0') {
        at++;
    }
    *to = '\0';
    return at;
}

static char *take_value(char *at, char **value)
{
    if (*at == '\'') {
        *value = at + 1;
        return unquote(at + 1);
    }
    *value = at;
    while (!is_end(*at)) {
        at++;
    }
    if (*at != '\0') {
        *at++ = '\0';
    }
    return at;
}

enum conf_connstr_step conf_connstr_next(char **at, char **key, char **value, const char **what)
{
    char *from = skip_blanks(*at);
    char *key_end = from + strcspn(from, "= \t");
    char *equals = skip_blanks(key_end);
    char *rest;

    if (*from == '\0') {
        *at = from;
        return CONF_CONNSTR_END;
    }
    if (key_end == from || *equals != '=') {
        *what = "write key=value key=value ..., with spaces between them";
        return CONF_CONNSTR_WRONG;
    }
    rest = take_value(skip_blanks(equals + 1), value);
    if (rest == NULL) {
        *what = "a value in single quotes does not end (write '' for one quote in it), or no space "
                "follows it";
        return CONF_CONNSTR_WRONG;
    }
    *key_end = '\0';
    if ((*value)[0] == '\0') {
        *what = "a key has no value: leave the key out, it is then not set";
        return CONF_CONNSTR_WRONG;
    }
    *key = from;
    *at = rest;
    return CONF_CONNSTR_PAIR;
}
