/* SPDX-License-Identifier: PostgreSQL */
/* cache/policy_reason.c - the words for why an answer is not kept (policy.h). */
#include "cache/policy.h"

#include "protocol/base/check.h"

static const struct {
    const char *name;
    const char *text;
} reasons[] = {
        [POLICY_KEPT] = {"kept", "its answer may be kept"},
        [POLICY_NOT_READ] = {"not_read", "it is not known what it is"},
        [POLICY_NO_CATALOG] = {"no_catalog", "the catalogue is not known"},
        [POLICY_NOT_SELECT] = {"not_select", "it is no SELECT"},
        [POLICY_SEVERAL] = {"several", "several statements in one text"},
        [POLICY_WRITES] = {"writes", "it may write"},
        [POLICY_LOCKS] = {"locks", "it locks rows"},
        [POLICY_SAMPLES] = {"samples", "it takes a sample"},
        [POLICY_TOO_LARGE] = {"too_large", "it is too large to be looked through"},
        [POLICY_PATH_NOT_KNOWN] = {"path_not_known", "the session's search_path is not known"},
        [POLICY_SEARCH_PATH] = {"search_path", "pg_catalog does not come first in search_path"},
        [POLICY_NO_TABLE] = {"no_table", "it reads no table"},
        [POLICY_TABLE_NOT_KNOWN] = {"table_not_known", "a table is not known"},
        [POLICY_TEMPORARY] = {"temporary", "a table may be a temporary one"},
        [POLICY_TABLE_KIND] = {"table_kind", "a relation that is no table, and no view of such"},
        [POLICY_SYSTEM_TABLE] = {"system_table", "a table of the system"},
        [POLICY_UNLOGGED] = {"unlogged", "an unlogged table"},
        [POLICY_ROW_SECURITY] = {"row_security", "a table with row level security"},
        [POLICY_VIEW] = {"view", "a view of what may vary"},
        [POLICY_COLUMN_TYPE] = {"column_type", "a column whose type shows more than its value"},
        [POLICY_FUNCTION_NOT_KNOWN] = {"function_not_known", "a function is not known"},
        [POLICY_FUNCTION_VARIES] = {"function_varies", "a function that is not IMMUTABLE"},
        [POLICY_LEAVES] = {"leaves", "what it calls is not known to leave nothing in its session"},
        [POLICY_TIME] = {"time", "it depends on the time"},
        [POLICY_TIME_WORD] = {"time_word", "a word in it that may stand for the time"},
        [POLICY_SYSTEM_COLUMN] = {"system_column", "a system column"},
        [POLICY_CATALOG_TYPE] = {"catalog_type", "a type that names what is in the catalogue"},
        [POLICY_OTHER_TYPE] = {"other_type", "a type that is not PostgreSQL's own"},
        [POLICY_OTHER_OPERATOR] = {"other_operator",
                "an operator, or a cast, that is not PostgreSQL's own, or may not be"},
};

_Static_assert(SL_COUNT(reasons) == POLICY_REASONS, "a name and a sentence for each");

const char *policy_reason_name(enum policy_reason reason)
{
    return reasons[reason].name;
}

const char *policy_reason_text(enum policy_reason reason)
{
    return reasons[reason].text;
}
