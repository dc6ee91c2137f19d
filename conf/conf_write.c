/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_write.h"

#include "conf/conf_value.h"

#include <string.h>

enum { COLUMNS = 96 };

/* Words of text in lines that begin with prefix. */
static void write_wrapped(FILE *out, const char *prefix, const char *text)
{
    size_t column = strlen(prefix);

    fprintf(out, "%s", prefix);
    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (column + len + 1 > COLUMNS && column > strlen(prefix)) {
            fprintf(out, "\n%s", prefix);
            column = strlen(prefix);
        }
        fprintf(out, " %.*s", (int)len, text);
        column += len + 1;
        text += len + strspn(text + len, " ");
    }
    fprintf(out, "\n");
}

static void write_sample_key(FILE *out, const struct conf_key *key)
{
    const char *text = key->default_text;
    char range[256];

    fprintf(out, "\n");
    write_wrapped(out, ";", key->sentence);
    if (key->type != CONF_TYPE_TEXT) {
        fprintf(out, "; (%s)\n", conf_value_range(key, range, sizeof(range)));
    }
    if (key->ignored != NULL) {
        fprintf(out, "; Has no effect: %s.\n", key->ignored);
    }
    if (!key->reloadable && key->ignored == NULL) {
        fprintf(out, "; Takes effect at the start only.\n");
    }
    if (text == NULL) {
        text = key->type == CONF_TYPE_TEXT ? "" : "0";
    }
    fprintf(out, ";%s =%s%s\n", key->name, text[0] == '\0' ? "" : " ", text);
    if (key->sample != NULL) {
        fprintf(out, "%s = %s\n", key->name, key->sample);
    }
}

/* A section that is there once: its keys as those of [sluice]. */
static void write_sample_keys(FILE *out, enum conf_section_id id)
{
    const struct conf_key *key;

    fprintf(out, "\n[%s]\n", conf_section_at(id)->name);
    write_wrapped(out, ";", conf_section_at(id)->sentence);
    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (key->section == id) {
            write_sample_key(out, key);
        }
    }
}

static void write_sample_topic(FILE *out, enum conf_topic topic)
{
    const struct conf_key *key;

    fprintf(out, "\n; ---- %s ----\n", conf_topic_text(topic));
    for (int i = 0; (key = conf_key_at(i)) != NULL && key->section == CONF_SECTION_SLUICE; i++) {
        if (key->topic == topic) {
            write_sample_key(out, key);
        }
    }
}

static void write_sample_section(FILE *out, enum conf_section_id id)
{
    const struct conf_key *key;

    write_wrapped(out, ";", conf_section_at(id)->sentence);
    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (key->section == id && key->ignored == NULL && key->same_as == NULL) {
            fprintf(out, ";   %s\n", key->name);
            write_wrapped(out, ";      ", key->sentence);
        }
    }
}

void conf_write_sample(FILE *out)
{
    fprintf(out, "; A sample configuration: every key with its default, commented out, and\n"
                 "; set what is better today than PgBouncer's default: pool_mode.\n"
                 "; Written from the key table; conf/KEYS.md says the same as a list.\n"
                 "; Comments stand on lines of their own. `sluice --check FILE` tells what holds.\n"
                 "\n[databases]\n");
    write_sample_section(out, CONF_SECTION_DATABASES);
    fprintf(out, ";shop = host=10.0.0.1 port=5432 dbname=shop pool_size=50\n"
                 "* = host=127.0.0.1 port=5432\n"
                 "\n[users]\n");
    write_sample_section(out, CONF_SECTION_USERS);
    fprintf(out, ";report = pool_mode=session query_timeout=600\n"
                 "\n[peers]\n");
    write_sample_section(out, CONF_SECTION_PEERS);
    fprintf(out, ";1 = host=10.0.0.2 port=6432\n"
                 "\n[sluice]\n");
    for (int topic = 0; topic < CONF_TOPICS; topic++) {
        write_sample_topic(out, (enum conf_topic)topic);
    }
    write_sample_keys(out, CONF_SECTION_STATS);
    write_sample_keys(out, CONF_SECTION_CACHE);
    fprintf(out, "\n[cache.tables]\n");
    write_sample_section(out, CONF_SECTION_CACHE_TABLES);
    fprintf(out, ";shop.public.sessions = off\n;shop.public.prices = ttl=5s\n"
                 "\n[cache.roles]\n");
    write_sample_section(out, CONF_SECTION_CACHE_ROLES);
    fprintf(out, ";auditor = off\n\n[cache.shapes]\n");
    write_sample_section(out, CONF_SECTION_CACHE_SHAPES);
    fprintf(out, ";9f8bce2a06d3145e = ttl=1s\n");
    write_sample_keys(out, CONF_SECTION_HTTP);
}

static void write_reference_key(FILE *out, const struct conf_key *key)
{
    char range[256];

    fprintf(out, "\n### %s\n\n%s\n", key->name, key->sentence);
    fprintf(out, "\nValue: %s.", conf_value_range(key, range, sizeof(range)));
    if (key->default_text != NULL && key->default_text[0] != '\0') {
        fprintf(out, " Default: `%s`.", key->default_text);
    } else {
        fprintf(out, " Default: not set.");
    }
    if (key->ignored != NULL) {
        fprintf(out, " **Ignored**: %s.", key->ignored);
    } else if (!key->reloadable) {
        fprintf(out, " Takes effect at the start only.");
    }
    fprintf(out, "\n");
}

static void write_reference_section(FILE *out, enum conf_section_id id)
{
    const struct conf_section *section = conf_section_at(id);
    const struct conf_key *key;

    fprintf(out, "\n## [%s%s]\n\n%s\n", section->name, section->has_label ? " NAME" : "",
            section->sentence);
    if (section->alias != NULL) {
        fprintf(out, "The section may also be called [%s].\n", section->alias);
    }
    if (section->ignored != NULL) {
        fprintf(out, "\n**Ignored**: %s.\n", section->ignored);
    }
    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (key->section == id) {
            write_reference_key(out, key);
        }
    }
}

void conf_write_reference(FILE *out)
{
    fprintf(out, "# Every key\n\n"
                 "Written from the table in conf/conf_keys.c. A time is in seconds, with a "
                 "fraction or a unit\n(ms, s, min, h, d). Words are the same in capitals. A key "
                 "of a database or a user that is\nnot set leaves the general one.\n");
    for (int id = 0; id < CONF_SECTIONS; id++) {
        write_reference_section(out, (enum conf_section_id)id);
    }
}
