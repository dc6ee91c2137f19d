/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_options.h"

#include "conf/conf.h"

#include <stdbool.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 }; /* of a parameter, as in PostgreSQL */

static const char blanks[] = " \t\r\n\v\f";

/* The end of a word; a backslash keeps a blank in it. */
static const char *end_of_word(const char *at)
{
    while (*at != '\0' && strchr(blanks, *at) == NULL) {
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return at;
}

/* The parameter that the switch at `at` sets, or "": it is another one. The end of it all. */
static const char *read_switch(const char *at, char name[static NAME_MAX_BYTES])
{
    const char *from = at;
    size_t len;

    name[0] = '\0';
    if (at[0] != '-' || (at[1] != 'c' && at[1] != '-')) {
        return end_of_word(at);
    }
    from += 2;
    if (at[1] == 'c') {
        from += strspn(from, blanks);
    }
    const char *end = end_of_word(from);
    len = strcspn(from, "=");
    if (from + len >= end || len >= NAME_MAX_BYTES) {
        return end;
    }
    for (size_t i = 0; i < len; i++) {
        name[i] = from[i];
        if (from[i] == '-') {
            name[i] = '_'; /* as in PostgreSQL */
        }
    }
    name[len] = '\0';
    return end;
}

static bool is_kept(const char *name, const char *ignored)
{
    static const char always[] = "client_encoding, DateStyle, TimeZone, IntervalStyle, "
                                 "standard_conforming_strings, application_name";

    if (conf_list_has_nocase(ignored, "options")) {
        return conf_list_has_nocase(always, name);
    }
    return !conf_list_has_nocase(ignored, name);
}

void client_options_keep(const char *options, const char *ignored, char *kept)
{
    char *to = kept;

    for (const char *at = options + strspn(options, blanks); *at != '\0';) {
        char name[NAME_MAX_BYTES];
        const char *end = read_switch(at, name);
        if (is_kept(name, ignored)) {
            if (to > kept) {
                *to++ = ' ';
            }
            memcpy(to, at, (size_t)(end - at));
            to += end - at;
        }
        at = end + strspn(end, blanks);
    }
    *to = '\0';
}
