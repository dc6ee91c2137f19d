/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/own_names.h - prepared statements whose names are the client's own.
 *
 * In a session's pool a name passes as it is. What it stands for is remembered all the same, for
 * the stages: a Bind has no text. It is known from its Parse on, and settled by the replies as
 * names of ours are (server_settle.c). Where that cannot be right (a name that is there already,
 * a DEALLOCATE) the text is forgotten, never guessed: what is bound then is unobserved.
 * A Bind sent before its Parse is answered counts for nothing if any Parse fails by then. Not seen
 * is a name that changes hands without a text that says so: by a DEALLOCATE within a DO, a CALL or
 * a function, of a portal bound earlier, or of more than EFFECTS_TEXT_MAX.
 *
 * Ownership: the client's names; an entry's undo borrows one. Threads: the client's worker.
 * Bounds: prepared_statements_bytes_client, and EFFECTS_TEXT_MAX a statement; beyond is not kept.
 */
#ifndef SLUICE_PROXY_OWN_NAMES_H
#define SLUICE_PROXY_OWN_NAMES_H

#include "proxy/client_request.h"

/* request_pass() of a Parse or a Close, whose entry it is. */
SL_MUST_CHECK enum step own_names_pass(
        struct client *client, const struct request *request, struct expect_entry entry);
/*
 * effects_of() what a Bind is about; bytes begin with its name. Of one that is not kept all that
 * must be reckoned with; in a session not that it takes statements away, which is SQL's to say.
 */
unsigned own_names_effects(const struct client *client, struct sl_span bytes);
/* Something that may take statements away was sent: EFFECTS_NAMES. */
void own_names_forget(struct client *client);

#endif
