/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/search_path.h - what a text does to its session's search_path, and paths in one form.
 *
 * PostgreSQL documentation, "The Schema Search Path", "SET", "RESET", "DISCARD". Only for texts of
 * which effects_of() says EFFECTS_RULES. What is not one of a few plain forms is SEARCH_PATH_OPAQUE:
 * nothing is guessed. Whoever has another role than his own is that, too: "$user" is another
 * schema then, and what he may look into.
 *
 * A path's one form is what SHOW search_path says of SET search_path = a, "B": names in ASCII, in
 * quotes where they need them, ", " between them. Others have none, nor has one that is too long,
 * or that has tables made in pg_temp.
 *
 * Not seen, as in protocol/effects.h: what functions behind views, triggers and operators do.
 *
 * Ownership: none. Threads: any. Bounds: EFFECTS_TEXT_MAX bytes of text; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_SEARCH_PATH_H
#define SLUICE_PROTOCOL_SEARCH_PATH_H

#include "protocol/base/span.h"

#include <stdbool.h>

enum { SEARCH_PATH_MAX = 255 };

enum search_path_change_kind {
    SEARCH_PATH_KEPT,
    SEARCH_PATH_TEMP,         /* kept; but there may be temporary tables behind it */
    SEARCH_PATH_SET,          /* for the session */
    SEARCH_PATH_LOCAL,        /* for the transaction */
    SEARCH_PATH_RESET,        /* to what the session began with */
    SEARCH_PATH_LOCAL_RESET,  /* the same, for the transaction */
    SEARCH_PATH_DISCARD,      /* the same, and role and temporary tables too: DISCARD ALL */
    SEARCH_PATH_LOCAL_OPAQUE, /* to the end of the transaction anything may hold */
    SEARCH_PATH_OPAQUE        /* anything may hold behind it */
};

struct search_path_change {
    enum search_path_change_kind kind;
    bool is_several; /* of several statements: its own tables, too, may be of another path */
    bool is_call;    /* by a SELECT of set_config(): its tag does not tell */
    bool has_list;   /* of SET and LOCAL: it has the one form */
    char list[SEARCH_PATH_MAX + 1];
};

/* calls_nothing: whatever it calls, but for set_config(), is known to leave nothing (EFFECTS_CALLS). */
void search_path_read(struct sl_span text, bool calls_nothing, struct search_path_change *change);

/* A setting's value, as in a startup packet or set_config(), in its one form; false: it has none. */
bool search_path_plain(struct sl_span value, char list[static SEARCH_PATH_MAX + 1]);

/*
 * What may be shown of such a value: a name may be a literal that somebody took for one. Names are
 * as they are if they look so, a letter or _ and letters, digits, _ and $, and "$user" and "" are;
 * any other is "?". False: one is, or all of it, as it cannot be read.
 */
bool search_path_show(struct sl_span value, char shown[static SEARCH_PATH_MAX + 1]);

/*
 * What the startup parameter "options" sets. search_path: its last value, cut out and copied to
 * value (which has room for all of options); false: none. *has_role: it sets a role.
 */
bool search_path_in_options(const char *options, char *value, bool *has_role);

#endif
