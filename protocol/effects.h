/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/effects.h - what a statement's text may leave behind in its session.
 *
 * One pass over the tokens (comments, strings of every form, quoted identifiers, dollar
 * quotes; PostgreSQL documentation, "Lexical Structure"). A text is taken to leave something
 * unless each of its statements begins with a word that does not, it is no SELECT INTO, and
 * whatever it calls is a built-in function that is known not to. What cannot be told (a
 * backslash in a plain string, a text that is cut off or very long) counts as leaving
 * something: a needless reset costs a little, a needed one left out costs everything.
 *
 * EFFECTS_SCHEMA is apart from that: CREATE (but of what is temporary), ALTER, DROP, SELECT INTO,
 * GRANT, REVOKE and their like, and a DO with one of these words in it, or EXECUTE.
 *
 * EFFECTS_RULES comes with EFFECTS_STAY, and with what leaves nothing but sets or takes back:
 * SET LOCAL, RESET, set_config(.., true), COMMIT and ROLLBACK; and with what goes on with a text
 * of before: FETCH and MOVE run what DECLARE was counted for.
 *
 * EFFECTS_STAY comes with EFFECTS_LEAVES, EFFECTS_CALLS or both. By what name a function of the
 * user's own sets a custom setting nobody can tell, and of those there is no list; of many a
 * catalogue says that they set nothing (effects_of_known()).
 *
 * EFFECTS_LIBRARY and EFFECTS_HOLDS are of what is read only: they cost a server process, and LOAD
 * or setseed() behind what cannot be read is too rare for that. dblink_connect() holds a connection,
 * whatever its schema is. What users' own functions hold a catalogue says (catalog_text_holds()).
 *
 * Not seen: functions behind views, triggers, defaults and operators, of which a catalogue says in
 * which texts they are (catalog_text_leaves()); a function of the user's own that has the name of a
 * built-in one (of which a catalogue says so, too) or of a word of the grammar (filter), and one that is
 * called as a column (t.f, $1.f). UPDATE .. SET c = DEFAULT takes a value of a sequence. The result
 * decides about hand-over, and about what may be answered in the server's place; never about what
 * replies to expect.
 *
 * Ownership: none. Threads: any. Bounds: looks at EFFECTS_TEXT_MAX bytes, at EFFECTS_BEGIN_MAX of what is longer; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_EFFECTS_H
#define SLUICE_PROTOCOL_EFFECTS_H

#include "protocol/base/span.h"

#include <stdbool.h>

enum { EFFECTS_TEXT_MAX = 16384, EFFECTS_BEGIN_MAX = 1024 };

enum {
    EFFECTS_STAY = 1,      /* something may stay in the session */
    EFFECTS_SEQUENCES = 2, /* asks what the session's sequences gave last: currval, lastval */
    EFFECTS_UNREAD = 4,    /* it could not be read to its end: all of the others come with it */
    EFFECTS_NAMES = 8,     /* it takes prepared statements away: DEALLOCATE, DISCARD */
    EFFECTS_SCHEMA = 16,   /* as far as it was read: it changes what there is, for others too */
    EFFECTS_RULES = 32,    /* settings may be others behind it, if only for the transaction */
    EFFECTS_COPY = 64,     /* a COPY, which may ask the client for data, or an EXECUTE of one */
    EFFECTS_CALLS = 128,   /* what may stay is whatever the called does: functions, DO, EXECUTE */
    EFFECTS_ENDS = 256,    /* it may take away what stays: RESET, DISCARD, DROP, CLOSE, an unlock */
    EFFECTS_LEAVES = 512,  /* the text itself leaves something: SET, PREPARE, CREATE TEMP, LISTEN */
    EFFECTS_LIBRARY = 1024,  /* LOAD: the server process has it to its end */
    EFFECTS_HOLDS = 2048,    /* it calls what leaves something in the process that nothing shows */
    EFFECTS_MOVES = 4096,    /* it may take a sequence's next value: INSERT, nextval(), a call */
    EFFECTS_NOTIFIES = 8192, /* NOTIFY or pg_notify(); what it calls may, too: EFFECTS_CALLS */
    EFFECTS_COMMITS = 16384, /* it may end a transaction block: COMMIT, ROLLBACK, PREPARE .. */
    EFFECTS_UNLISTENS =
            32768,            /* it may take away what is listened to: UNLISTEN, DISCARD; in a DO */
    EFFECTS_CHANNELS = 65536, /* asks what is listened to: pg_listening_channels() */
    EFFECTS_BEHIND = 131072,  /* of EFFECTS_SCHEMA: not schema_change_is_quiet() */
    EFFECTS_PHASES = 262144,  /* of EFFECTS_COMMITS: PREPARE TRANSACTION, COMMIT PREPARED */
    /* Of a text that is not read; not SCHEMA, BEHIND, PHASES, LIBRARY, HOLDS, nor NOTIFIES, as CALLS is in it. */
    EFFECTS_ALL = 119791
};

struct effects_known {
    /* Whether a call of that name, as it is written, is known to leave nothing; schema may be empty. */
    bool (*is_harmless)(void *self, struct sl_span schema, struct sl_span name);
    /* Whether there is no function of that name, whatever its schema: (x).f is a column. NULL: not known. */
    bool (*is_none)(void *self, struct sl_span name);
    void *self;
};

/*
 * A whole text: one statement or several. A set of the above; known may be NULL, and then every
 * function of a user's own leaves something.
 */
unsigned effects_of_known(struct sl_span text, const struct effects_known *known);

/*
 * Of a text that is longer, by what of its beginning is there: EFFECTS_ALL, and whether it begins with
 * a change of the schema.
 */
unsigned effects_of_long(struct sl_span begin);

static inline unsigned effects_of(struct sl_span text)
{
    return effects_of_known(text, NULL);
}

#endif
