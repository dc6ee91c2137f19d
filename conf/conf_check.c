/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_check.h"

#include "conf/conf_connstr.h"
#include "conf/conf_http.h"
#include "conf/conf_ini.h"
#include "conf/conf_load.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* ---- rules ---------------------------------------------------------------------------------- */

enum { TEXT_MAX = 512 };

struct rules {
    const struct conf *conf;
    struct conf_problems *problems;
};

/* Where the line stands that holds, the last of them; the file alone when there is none. */
static struct conf_entry place_of(
        const struct conf *conf, enum conf_section_id section, const char *key, size_t len)
{
    const struct conf_entries *entries = conf->entries;

    for (int i = entries->count - 1; i >= 0; i--) {
        const struct conf_entry *entry = &entries->list[i];

        if (entry->section == section && strncmp(entry->key, key, len) == 0 &&
                entry->key[len] == '\0' && entry->line > 0) {
            return *entry;
        }
    }
    return (struct conf_entry){.file = conf->conffile};
}

void conf_check_add(const struct conf *conf, struct conf_problems *problems,
        enum conf_severity severity, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct conf_entry at = place_of(
            conf, CONF_SECTION_SLUICE, text, strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789"));
    conf_problem(problems, severity, at.file, at.line, "%s", text);
}

#define SAY(rules, severity, ...)                                                                  \
    conf_check_add((rules)->conf, (rules)->problems, severity, __VA_ARGS__)

static void say_of(const struct rules *rules, enum conf_severity severity,
        const struct conf_database *db, const char *what)
{
    struct conf_entry at =
            place_of(rules->conf, CONF_SECTION_DATABASES, db->name, strlen(db->name));

    conf_problem(rules->problems, severity, at.file, at.line, "database %.64s%s", db->name, what);
}

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

static void check_log(const struct rules *rules)
{
    static const char *const names[] = {"auth", "authpriv", "daemon", "user", "local0", "local1",
            "local2", "local3", "local4", "local5", "local6", "local7"};
    const char *facility = rules->conf->syslog_facility;

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        if (strcmp(names[i], facility) == 0) {
            return;
        }
    }
    SAY(rules, CONF_WARNING,
            "syslog_facility must be auth, authpriv, daemon, user or local0 to local7, not "
            "\"%.64s\": daemon is used",
            facility);
}

static void check_http(const struct rules *rules)
{
    const struct conf *conf = rules->conf;
    struct conf_http_address address;
    struct conf_entry at = place_of(conf, CONF_SECTION_HTTP, "listen", strlen("listen"));

    if (!is_set(conf->http_listen)) {
        return;
    }
    if (!conf_http_address(conf->http_listen, &address)) {
        conf_problem(rules->problems, CONF_ERROR, at.file, at.line,
                "listen must be address:port, [address]:port or *:port with a numeric address, "
                "not \"%.64s\"",
                conf->http_listen);
    } else if (!address.is_loopback) {
        conf_problem(rules->problems, CONF_WARNING, at.file, at.line,
                "[http] listen is not a loopback address: whoever reaches it sees the metrics and "
                "all views but the admins', without TLS");
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
        say_of(rules, CONF_ERROR, db,
                ": cluster= and shards= are not in this version, name a host");
    } else if (!db->host_is_set && !is_set(conf->unix_socket_dir)) {
        say_of(rules, CONF_ERROR, db, " needs a host, since unix_socket_dir is empty");
    }
    if (db->password != NULL && db->user == NULL) {
        say_of(rules, CONF_WARNING, db, ": password is used only with user");
    }
    if (conf->auth_type == CONF_AUTH_ANY && db->user == NULL) {
        say_of(rules, CONF_WARNING, db, ": auth_type=any needs user=, nobody can log in to it");
    }
}

void conf_check_rules(const struct conf *conf, struct conf_problems *problems)
{
    struct rules rules = {.conf = conf, .problems = problems};

    check_listen(&rules);
    check_tls(&rules);
    check_auth(&rules);
    check_log(&rules);
    check_pools(&rules);
    check_http(&rules);
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

/* What has been printed. */
struct printed {
    FILE *out;
    const struct conf_problems *problems;
    bool is_said[CONF_PROBLEMS_MAX]; /* of the problems */
    bool is_pgbouncer;               /* there is no [sluice]: the main section is theirs */
    int honoured;
    int ignored;
    int unknown;
    int wrong;
};

/* What is wrong with that line, once; NULL: nothing, or it has been said. */
static const char *what_is_wrong(struct printed *printed, const struct conf_entry *entry)
{
    for (int i = 0; i < printed->problems->count; i++) {
        const struct conf_problem *problem = &printed->problems->list[i];

        if (problem->severity == CONF_ERROR && problem->line == entry->line &&
                strcmp(problem->file, entry->file) == 0 && !printed->is_said[i]) {
            printed->is_said[i] = true;
            return problem->text;
        }
    }
    return NULL;
}

static const char *section_name(const struct printed *printed, enum conf_section_id id)
{
    const struct conf_section *section = conf_section_at(id);

    return printed->is_pgbouncer && section->alias != NULL ? section->alias : section->name;
}

static void print_key(struct printed *counts, const struct conf_entry *entry, const char *thing,
        const char *name, const char *wrong)
{
    const struct conf_key *key = conf_key_find(entry->section, name);
    FILE *out = counts->out;

    fprintf(out, "%s:%d: [%s] %s%s%.64s: ", entry->file, entry->line,
            section_name(counts, entry->section), thing, thing[0] == '\0' ? "" : ": ", name);
    if (key != NULL && wrong != NULL) {
        fprintf(out, "wrong: %s\n", wrong);
        counts->wrong++;
    } else if (key == NULL) {
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

static void print_named(struct printed *printed, const struct conf_entry *entry)
{
    char *text = strdup(entry->value);
    char *at = text;
    char *key;
    char *value;
    const char *what;

    if (strcmp(entry->value, "off") == 0 || strcmp(entry->value, "on") == 0) {
        print_key(printed, entry, entry->key, "cache", NULL); /* the short form of a policy */
        free(text);
        return;
    }
    while (text != NULL && conf_connstr_next(&at, &key, &value, &what) == CONF_CONNSTR_PAIR) {
        print_key(printed, entry, entry->key, key, NULL);
    }
    free(text);
}

static void print_entry(struct printed *printed, const struct conf_entry *entry)
{
    const struct conf_section *section = conf_section_at(entry->section);

    if (section->is_named && section->ignored != NULL) {
        fprintf(printed->out, "%s:%d: [%s %s] %.64s: ignored: %s\n", entry->file, entry->line,
                section->name, entry->label, entry->key, section->ignored);
        printed->ignored++;
    } else if (section->is_named) {
        print_named(printed, entry);
    } else {
        print_key(printed, entry, "", entry->key, what_is_wrong(printed, entry));
    }
}

/* The lines again, by themselves: a conf with an error has been thrown away. */
static void print_entries(const char *path, struct printed *printed)
{
    struct conf_entries entries = {0};
    struct conf_problems unsaid; /* conf_load() says them */
    struct sl_arena arena;

    sl_arena_init(&arena, (size_t)256 * 1024 * 1024);
    conf_problems_init(&unsaid);
    conf_ini_read(path, &arena, &entries, &unsaid);
    printed->is_pgbouncer = entries.has_main && !entries.is_sluice;
    for (int i = 0; i < entries.count; i++) {
        print_entry(printed, &entries.list[i]);
    }
    conf_problems_fini(&unsaid);
    sl_arena_fini(&arena);
}

static void print_problems(const struct printed *printed)
{
    FILE *out = printed->out;

    for (int i = 0; i < printed->problems->count; i++) {
        const struct conf_problem *problem = &printed->problems->list[i];

        if (problem->severity == CONF_IGNORED || printed->is_said[i]) {
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

int conf_check_file(const char *path, conf_check_more *more, FILE *out)
{
    struct conf_problems problems;
    struct printed printed = {.out = out, .problems = &problems};
    const struct conf *conf;
    bool is_fine;

    conf_problems_init(&problems);
    conf = conf_load(path, &problems);
    if (conf != NULL && more != NULL) {
        more(conf, &problems);
    }
    is_fine = problems.errors == 0;
    print_entries(path, &printed);
    print_problems(&printed);
    fprintf(out, "%s: %s: %d keys honoured, %d ignored, %d unknown, %d wrong; %d errors\n", path,
            is_fine ? "fine" : "cannot be run with", printed.honoured, printed.ignored,
            printed.unknown, printed.wrong, problems.errors);
    conf_unref(conf);
    conf_problems_fini(&problems);
    return is_fine ? 0 : 1;
}
