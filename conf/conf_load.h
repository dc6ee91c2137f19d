/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_load.h - makes a struct conf from files, or from another one.
 *
 * Ownership: what is returned is a reference of the caller's: conf_unref().
 * Threads: the caller's; these read files and may take a while, so never a
 * worker. Bounds: those of conf/conf_ini.h, conf/users.h and conf/hba.h.
 */
#ifndef SLUICE_CONF_CONF_LOAD_H
#define SLUICE_CONF_CONF_LOAD_H

#include "conf/conf.h"
#include "conf/conf_problems.h"

/*
 * Reads path and the files it names. NULL when there is an error among the
 * problems; warnings (an unreadable user list, a wrong hba line, an ignored key)
 * do not keep a conf from being made, just as in PgBouncer.
 */
SL_MUST_CHECK const struct conf *conf_load(const char *path, struct conf_problems *problems);

/* The same from text, path being its name in problems; for tests and fuzzing. */
SL_MUST_CHECK const struct conf *conf_load_text(
        const char *path, struct sl_span text, struct conf_problems *problems);

/*
 * Loads path for a reload: keys that cannot change while running keep the value
 * they have in old, with a warning for each. NULL: keep old; problems say why.
 */
SL_MUST_CHECK const struct conf *conf_reload(
        const char *path, const struct conf *old, struct conf_problems *problems);

/*
 * A copy of conf with one key of [sluice] changed, for the console's SET. NULL:
 * *error says why (unknown key, not changeable while running, bad value).
 */
SL_MUST_CHECK const struct conf *conf_set(
        const struct conf *conf, const char *key, const char *value, struct sl_error *error);

#endif
