/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_load.c - the steps from a file to a conf, the same for all ways there.
 *
 *     lines (conf_ini.c)  ->  members (conf_parse.c)  ->  what a reload keeps
 *         ->  the other files (users.c, hba.c)  ->  rules between keys (conf_check.c)
 *
 * A conf keeps its lines, so that conf_set() can go the same way with one more.
 */
#include "conf/conf_load.h"

#include "conf/conf_check.h"
#include "conf/conf_ini.h"
#include "conf/conf_parse.h"
#include "conf/conf_value.h"
#include "conf/hba.h"
#include "conf/hba_ident.h"
#include "conf/users.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES_MAX = 512 * 1024 * 1024 };

struct load {
    struct conf *conf;
    struct conf_entries *entries;
    struct conf_problems *problems;
    int errors_before;
};

static bool load_begin(struct load *load, struct conf_problems *problems)
{
    struct conf *conf = calloc(1, sizeof(*conf));

    if (conf == NULL) {
        conf_problem(problems, CONF_ERROR, "", 0, "no memory");
        return false;
    }
    atomic_init(&conf->refs, 1);
    sl_arena_init(&conf->arena, ARENA_BYTES_MAX);
    *load = (struct load){.conf = conf, .problems = problems, .errors_before = problems->errors};
    load->entries = sl_arena_take(&conf->arena, sizeof(*load->entries));
    conf->entries = load->entries;
    if (load->entries == NULL) {
        conf_problem(problems, CONF_ERROR, "", 0, "no memory");
        conf_unref(conf);
        return false;
    }
    return true;
}

/* The conf, or NULL when there was an error since the beginning. */
static const struct conf *load_end(struct load *load)
{
    if (load->problems->errors > load->errors_before) {
        conf_unref(load->conf);
        return NULL;
    }
    return load->conf;
}

static void fail(struct load *load, enum sl_err err)
{
    if (err != SL_OK) {
        conf_problem(load->problems, CONF_ERROR, "", 0, "no memory");
    }
}

static bool is_said(const struct conf_entries *entries, const char *key)
{
    for (int i = 0; i < entries->count; i++) {
        const struct conf_entry *entry = &entries->list[i];

        if (entry->section == CONF_SECTION_SLUICE && strcmp(entry->key, key) == 0) {
            return true;
        }
    }
    return false;
}

/* Members from lines. */
static void load_members(struct load *load, const char *path)
{
    struct conf *conf = load->conf;
    const struct conf_entries *entries = load->entries;
    const char *given;

    if (conf_parse_defaults(conf) != SL_OK) {
        fail(load, SL_ENOMEM);
        return;
    }
    given = sl_arena_text(&conf->arena, sl_span_text(path));
    if (given == NULL) {
        fail(load, SL_ENOMEM);
        return;
    }
    conf->conffile = given;
    fail(load, conf_parse_entries(conf, entries, load->problems));
    if (conf->conffile[0] == '\0') {
        conf->conffile = given;
    }
    if (!entries->has_main && load->problems->errors == load->errors_before) {
        conf_problem(load->problems, CONF_ERROR, path, 0,
                "there is no section [sluice] or [pgbouncer]; it may be empty, but it must be "
                "there");
    } else if (!entries->is_sluice && !is_said(entries, "listen_addr")) {
        conf->listen_addr = ""; /* what [pgbouncer] without the key means */
    }
}

/* What cannot change while running stays as it is in old. */
static void load_kept(struct load *load, const struct conf *old)
{
    struct conf *conf = load->conf;
    const struct conf_key *key;

    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        char was[CONF_VALUE_MAX];
        char is[CONF_VALUE_MAX];
        if (!conf_key_is_of_conf(key) || key->reloadable || key->at == CONF_NOWHERE) {
            continue;
        }
        const char *was_text = conf_value_text(key, old, was, sizeof(was));
        const char *is_text = conf_value_text(key, conf, is, sizeof(is));
        struct conf_entry entry = {.section = key->section,
                .label = "",
                .key = key->name,
                .value = was_text == NULL ? "" : was_text,
                .file = "kept by RELOAD"};

        if (strcmp(entry.value, is_text == NULL ? "" : is_text) == 0) {
            continue;
        }
        conf_problem(load->problems, CONF_WARNING, conf->conffile, 0,
                "%s cannot change while running: it stays \"%.100s\" until a restart", key->name,
                entry.value);
        fail(load, conf_value_set(key, conf, entry.value, &conf->arena, NULL));
        fail(load, conf_entries_add(load->entries, &conf->arena, &entry));
    }
}

static bool is_same(const struct conf *shared, const char *theirs, const char *ours)
{
    return shared != NULL && strcmp(theirs, ours) == 0;
}

/* The other files; those that shared has read already are taken from it. */
static void load_files(struct load *load, const struct conf *shared)
{
    struct conf *conf = load->conf;
    struct conf_problems *problems = load->problems;
    bool same_ident =
            shared != NULL && is_same(shared, shared->auth_ident_file, conf->auth_ident_file);
    bool is_hba = conf->auth_type == CONF_AUTH_HBA;

    fail(load, conf_parse_finish(conf));
    conf->users = shared != NULL && is_same(shared, shared->auth_file, conf->auth_file)
                          ? users_ref(shared->users)
                          : users_load(conf->auth_file, problems);
    /* The rules are read only when they are used, as in PgBouncer. */
    if (same_ident && shared->auth_type == conf->auth_type &&
            is_same(shared, shared->auth_hba_file, conf->auth_hba_file)) {
        conf->ident = hba_ident_ref(shared->ident);
        conf->hba = hba_ref(shared->hba);
    } else {
        conf->ident = hba_ident_load(is_hba ? conf->auth_ident_file : "", problems);
        conf->hba = conf->ident == NULL
                            ? NULL
                            : hba_load(is_hba ? conf->auth_hba_file : "", conf->ident, problems);
    }
    if (conf->users == NULL || conf->hba == NULL) {
        fail(load, SL_ENOMEM);
    }
}

/* From the lines on: old is what a reload keeps from, shared what files are taken from. */
static const struct conf *load_rest(
        struct load *load, const char *path, const struct conf *old, const struct conf *shared)
{
    load_members(load, path); /* even after an error in the lines: all problems in one go */
    if (load->problems->errors == load->errors_before && old != NULL) {
        load_kept(load, old);
    }
    if (load->problems->errors == load->errors_before) {
        load_files(load, shared);
    }
    if (load->problems->errors == load->errors_before) {
        conf_check_rules(load->conf, load->problems);
    }
    return load_end(load);
}

const struct conf *conf_reload(
        const char *path, const struct conf *old, struct conf_problems *problems)
{
    struct load load;

    if (!load_begin(&load, problems)) {
        return NULL;
    }
    conf_ini_read(path, &load.conf->arena, load.entries, problems);
    return load_rest(&load, path, old, NULL);
}

const struct conf *conf_load(const char *path, struct conf_problems *problems)
{
    return conf_reload(path, NULL, problems);
}

const struct conf *conf_load_text(
        const char *path, struct sl_span text, struct conf_problems *problems)
{
    struct load load;

    if (!load_begin(&load, problems)) {
        return NULL;
    }
    conf_ini_read_text(path, text, &load.conf->arena, load.entries, problems);
    return load_rest(&load, path, NULL, NULL);
}

static const struct conf *set_checked(
        const struct conf *conf, const struct conf_entry *change, struct conf_problems *problems)
{
    const struct conf_entries *entries = conf->entries;
    struct load load;

    if (!load_begin(&load, problems)) {
        return NULL;
    }
    load.entries->has_main = entries->has_main;
    load.entries->is_sluice = entries->is_sluice;
    for (int i = 0; i < entries->count; i++) {
        fail(&load, conf_entries_add(load.entries, &load.conf->arena, &entries->list[i]));
    }
    fail(&load, conf_entries_add(load.entries, &load.conf->arena, change));
    return load_rest(&load, conf->conffile, NULL, conf);
}

const struct conf *conf_set(
        const struct conf *conf, const char *key, const char *value, struct sl_error *error)
{
    const struct conf_key *row = conf_key_find_of_conf(key);
    struct conf_entry change = {.section = row == NULL ? CONF_SECTION_SLUICE : row->section,
            .label = "",
            .key = row == NULL ? key : row->name,
            .value = value,
            .file = "SET"};
    struct conf_problems problems;
    const struct conf *changed;

    if (row == NULL) {
        const char *nearest = conf_key_nearest(CONF_SECTION_SLUICE, key);

        sl_error_set(error, SL_ECONF, "42704", "SET failed: there is no key \"%.64s\"%s%s%s", key,
                nearest == NULL ? "" : ", did you mean ", nearest == NULL ? "" : nearest,
                nearest == NULL ? "" : "?");
        return NULL;
    }
    if (!row->reloadable) {
        sl_error_set(error, SL_ECONF, "55P02",
                "SET failed: %s cannot change while running, only by a restart", row->name);
        return NULL;
    }
    conf_problems_init(&problems);
    changed = set_checked(conf, &change, &problems);
    for (int i = 0; changed == NULL && i < problems.count; i++) {
        if (problems.list[i].severity == CONF_ERROR) {
            sl_error_set(error, SL_ECONF, "22023", "SET failed: %s", problems.list[i].text);
            break;
        }
    }
    conf_problems_fini(&problems);
    return changed;
}
