/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_check.h"

#include "conf/conf_connstr.h"
#include "conf/conf_ini.h"
#include "conf/conf_load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* ---- rules ---------------------------------------------------------------------------------- */

struct rules {
    const struct conf *conf;
    struct conf_problems *problems;
};

/* These are about no single line, so the file is all there is to point at. */
#define SAY(rules, severity, ...)                                                                  \
    conf_problem((rules)->problems, severity, (rules)->conf->conffile, 0, __VA_ARGS__)

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void check_listen(const struct rules *rules)
{
    const struct conf *conf = rules->conf;
    char last[64];
    int len = snprintf(last, sizeof(last), "/.s.PGSQL.%d", conf->listen_port);

    if (!is_set(conf->listen_addr) && !is_set(conf->unix_socket_dir)) {
        SAY(rules, CONF_ERROR,
                "there is nowhere to listen: set listen_addr, unix_socket_dir or both");
    }
    if (strlen(conf->unix_socket_dir) + (size_t)len >=
            sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        SAY(rules, CONF_ERROR, "unix_socket_dir is too long for the name of a socket");
    }
}

static void check_tls(const struct rules *rules)
{
    const struct conf *conf = rules->conf;

    if (conf->client_tls_sslmode != CONF_SSL_DISABLE &&
            (!is_set(conf->client_tls_key_file) || !is_set(conf->client_tls_cert_file))) {
        SAY(rules, CONF_ERROR,
                "client_tls_sslmode needs client_tls_key_file and client_tls_cert_file");
    }
    if (conf->client_tls_sslmode >= CONF_SSL_VERIFY_CA && !is_set(conf->client_tls_ca_file)) {
        SAY(rules, CONF_ERROR, "client_tls_sslmode=verify-... needs client_tls_ca_file");
    }
    if (conf->server_tls_sslmode >= CONF_SSL_VERIFY_CA && !is_set(conf->server_tls_ca_file)) {
        SAY(rules, CONF_ERROR, "server_tls_sslmode=verify-... needs server_tls_ca_file");
    }
    if (is_set(conf->server_tls_key_file) != is_set(conf->server_tls_cert_file)) {
        SAY(rules, CONF_ERROR, "server_tls_key_file and server_tls_cert_file go together");
    }
    if (conf->auth_type == CONF_AUTH_CERT && conf->client_tls_sslmode != CONF_SSL_VERIFY_FULL) {
        SAY(rules, CONF_ERROR, "auth_type=cert needs client_tls_sslmode=verify-full");
    }
}

static void check_auth(const struct rules *rules)
{
    const struct conf *conf = rules->conf;
    bool has_auth_user = is_set(conf->auth_user);

    if (conf->auth_type == CONF_AUTH_HBA && !is_set(conf->auth_hba_file)) {
        SAY(rules, CONF_ERROR, "auth_type=hba needs auth_hba_file");
    }
    for (int i = 0; i < conf->databases_count; i++) {
        has_auth_user |= conf->databases[i]->auth_user != NULL;
    }
    has_auth_user |= conf->fallback_database != NULL && conf->fallback_database->auth_user != NULL;
    if (!is_set(conf->auth_file) && !has_auth_user && conf->auth_type != CONF_AUTH_ANY) {
        SAY(rules, CONF_WARNING,
                "neither auth_file nor auth_user is set: there are no users, nobody can log in");
    }
    if (has_auth_user && strstr(conf->auth_query, "$1") == NULL) {
        SAY(rules, CONF_WARNING, "auth_query has no $1: it cannot tell whom it is asked about");
    }
    if (conf->auth_dbname[0] != '\0' && conf->fallback_database == NULL &&
            conf_find_database(conf, conf->auth_dbname) == NULL) {
        SAY(rules, CONF_WARNING, "auth_dbname: there is no %.64s in [databases]",
                conf->auth_dbname);
    }
}

static void check_pools(const struct rules *rules)
{
    const struct conf *conf = rules->conf;

    if (conf->default_pool_size > 0 && conf->min_pool_size > conf->default_pool_size) {
        SAY(rules, CONF_WARNING,
                "min_pool_size is above default_pool_size: pools stop at their size");
    }
    if (conf->prepared_statements_bytes_client > conf->prepared_statements_bytes) {
        SAY(rules, CONF_WARNING,
                "prepared_statements_bytes_client is above prepared_statements_bytes");
    }
}

static void check_database(const struct rules *rules, const struct conf_database *db)
{
    const struct conf *conf = rules->conf;

    if (!db->host_is_set && (db->cluster != NULL || db->shards != NULL)) {
        SAY(rules, CONF_ERROR,
                "database %.64s: cluster= and shards= are not in this version, name a host",
                db->name);
    } else if (!db->host_is_set && !is_set(conf->unix_socket_dir)) {
        SAY(rules, CONF_ERROR, "database %.64s needs a host, since unix_socket_dir is empty",
                db->name);
    }
    if (db->password != NULL && db->user == NULL) {
        SAY(rules, CONF_WARNING, "database %.64s: password is used only with user", db->name);
    }
    if (conf->auth_type == CONF_AUTH_ANY && db->user == NULL) {
        SAY(rules, CONF_WARNING,
                "database %.64s: auth_type=any needs user=, nobody can log in to it", db->name);
    }
}

void conf_check_rules(const struct conf *conf, struct conf_problems *problems)
{
    struct rules rules = {.conf = conf, .problems = problems};

    check_listen(&rules);
    check_tls(&rules);
    check_auth(&rules);
    check_pools(&rules);
    for (int i = 0; i < conf->databases_count; i++) {
        check_database(&rules, conf->databases[i]);
    }
    if (conf->fallback_database != NULL) {
        check_database(&rules, conf->fallback_database);
    }
    if (conf->databases_count == 0 && conf->fallback_database == NULL) {
        SAY(&rules, CONF_WARNING, "there are no [databases]: only the console can be used");
    }
}

/* ---- --check -------------------------------------------------------------------------------- */

struct counts {
    int honoured;
    int ignored;
    int unknown;
};

static void print_key(FILE *out, const struct conf_entry *entry, const char *thing,
        const char *name, struct counts *counts)
{
    const struct conf_key *key = conf_key_find(entry->section, name);

    fprintf(out, "%s:%d: [%s] %s%s%.64s: ", entry->file, entry->line,
            conf_section_at(entry->section)->name, thing, thing[0] == '\0' ? "" : ": ", name);
    if (key == NULL) {
        const char *nearest = conf_key_nearest(entry->section, name);

        fprintf(out, "unknown%s%s%s\n", nearest == NULL ? "" : ", did you mean ",
                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
        counts->unknown++;
    } else if (key->ignored != NULL) {
        fprintf(out, "ignored: %s\n", key->ignored);
        counts->ignored++;
    } else if (key->same_as != NULL) {
        fprintf(out, "honoured, as %s\n", key->same_as);
        counts->honoured++;
    } else {
        fprintf(out, "honoured\n");
        counts->honoured++;
    }
}

static void print_named(FILE *out, const struct conf_entry *entry, struct counts *counts)
{
    char *text = strdup(entry->value);
    char *at = text;
    char *key;
    char *value;
    const char *what;

    while (text != NULL && conf_connstr_next(&at, &key, &value, &what) == CONF_CONNSTR_PAIR) {
        print_key(out, entry, entry->key, key, counts);
    }
    free(text);
}

static void print_entry(FILE *out, const struct conf_entry *entry, struct counts *counts)
{
    const struct conf_section *section = conf_section_at(entry->section);

    if (section->is_named && section->ignored != NULL) {
        fprintf(out, "%s:%d: [%s %s] %.64s: ignored: %s\n", entry->file, entry->line, section->name,
                entry->label, entry->key, section->ignored);
        counts->ignored++;
    } else if (section->is_named) {
        print_named(out, entry, counts);
    } else {
        print_key(out, entry, "", entry->key, counts);
    }
}

/* The lines again, by themselves: a conf with an error has been thrown away. */
static void print_entries(const char *path, FILE *out, struct counts *counts)
{
    struct conf_entries entries = {0};
    struct conf_problems unsaid; /* conf_load() says them */
    struct sl_arena arena;

    sl_arena_init(&arena, (size_t)256 * 1024 * 1024);
    conf_problems_init(&unsaid);
    conf_ini_read(path, &arena, &entries, &unsaid);
    for (int i = 0; i < entries.count; i++) {
        print_entry(out, &entries.list[i], counts);
    }
    conf_problems_fini(&unsaid);
    sl_arena_fini(&arena);
}

static void print_problems(FILE *out, const struct conf_problems *problems)
{
    for (int i = 0; i < problems->count; i++) {
        const struct conf_problem *problem = &problems->list[i];

        if (problem->severity == CONF_IGNORED) {
            continue; /* said with its key */
        }
        fprintf(out, "%s", problem->file);
        if (problem->line > 0) {
            fprintf(out, ":%d", problem->line);
        }
        fprintf(out, "%s%s: %s\n", problem->file[0] == '\0' ? "" : ": ",
                problem->severity == CONF_ERROR ? "error" : "warning", problem->text);
    }
}

int conf_check_file(const char *path, FILE *out)
{
    struct counts counts = {0};
    struct conf_problems problems;
    const struct conf *conf;
    bool is_fine;

    conf_problems_init(&problems);
    conf = conf_load(path, &problems);
    is_fine = conf != NULL;
    print_entries(path, out, &counts);
    print_problems(out, &problems);
    fprintf(out, "%s: %s: %d keys honoured, %d ignored, %d unknown; %d errors\n", path,
            is_fine ? "fine" : "cannot be run with", counts.honoured, counts.ignored,
            counts.unknown, problems.errors);
    conf_unref(conf);
    conf_problems_fini(&problems);
    return is_fine ? 0 : 1;
}
