/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/hba_ident.h - which system users (or certificates) may be which database users.
 *
 *     map-name  system-user  database-user
 *
 * As PostgreSQL's pg_ident.conf (PostgreSQL docs, "User Name Maps"): a system
 * user that begins with '/', also within quotes, is a regular expression, and \1 in
 * the database user stands for what its first parentheses matched; a database user
 * "all", without quotes, is anyone. Of PostgreSQL's expressions those are understood
 * that POSIX extended ones can say, without counts ({2,3}) and back references, and
 * with the escapes \d \s \w \D \S \W \A \Z.
 *
 * Ownership: one arena and the compiled expressions, reference counted.
 * Threads: any; never changes once made. Bounds: IDENT_FILE_BYTES_MAX,
 * IDENT_LINES_MAX, IDENT_NAME_MAX bytes a name that is compared, IDENT_EXPRESSION_MAX
 * and IDENT_REPEATS_MAX for an expression.
 */
#ifndef SLUICE_CONF_HBA_IDENT_H
#define SLUICE_CONF_HBA_IDENT_H

#include "conf/conf_problems.h"
#include "protocol/base/span.h"

enum {
    IDENT_FILE_BYTES_MAX = 1024 * 1024,
    IDENT_LINES_MAX = 10000,
    IDENT_NAME_MAX = 1024,
    IDENT_EXPRESSION_MAX = 256,
    IDENT_REPEATS_MAX = 16
};

struct hba_ident;

/* Reads path; "" gives no maps. Wrong lines are warnings. NULL only without memory. */
SL_MUST_CHECK const struct hba_ident *hba_ident_load(
        const char *path, struct conf_problems *problems);
SL_MUST_CHECK const struct hba_ident *hba_ident_load_text(
        const char *path, struct sl_span text, struct conf_problems *problems);

const struct hba_ident *hba_ident_ref(const struct hba_ident *ident);
void hba_ident_unref(const struct hba_ident *ident); /* NULL is fine */

bool hba_ident_has_map(const struct hba_ident *ident, const char *map);

/* May that system user be that database user? map NULL: only under the same name. */
bool hba_ident_allows(const struct hba_ident *ident, const char *map, const char *system_user,
        const char *database_user);

#endif
