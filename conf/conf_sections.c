/* SPDX-License-Identifier: PostgreSQL */
/* conf/conf_sections.c - what sections and topics there are, and which key a name means. */
#include "conf/conf.h"
#include "conf/conf_keys.h"

#include <string.h>

#define NOT_YET "not in this version"

static const struct conf_section sections[CONF_SECTIONS] = {
        [CONF_SECTION_SLUICE] = {"sluice", "pgbouncer", false, false, NULL,
                "How the process runs, and what holds unless a database or user says otherwise."},
        [CONF_SECTION_DATABASES] = {"databases", NULL, false, true, NULL,
                "What clients may connect to: name = key=value key=value ...; the name * stands "
                "for "
                "any other."},
        [CONF_SECTION_USERS] = {"users", NULL, false, true, NULL,
                "What holds for one user: name = key=value key=value ..."},
        [CONF_SECTION_PEERS] = {"peers", NULL, false, true, NULL,
                "The processes of our group, and where cancel requests meant for each are passed "
                "on to, "
                "without TLS: peer_id = key=value ..."},
        [CONF_SECTION_CLUSTER] = {"cluster", NULL, true, false, NOT_YET,
                "[cluster NAME]: one primary and its replicas."},
        [CONF_SECTION_TABLES] = {"tables", NULL, true, true, NOT_YET,
                "[tables DATABASE]: how the rows of each table are spread over shards."},
        [CONF_SECTION_STATS] = {"stats", NULL, false, false, NULL, "Statistics of statements."},
        [CONF_SECTION_CACHE] = {"cache", NULL, false, false, NULL, "Kept answers."},
        [CONF_SECTION_CACHE_TABLES] = {"cache.tables", NULL, false, true, NULL,
                "What holds for kept answers of one table: database.schema.table = off, or ttl=5s; "
                "* stands for those that have no line. A join takes the strictest of its tables'."},
        [CONF_SECTION_CACHE_ROLES] = {"cache.roles", NULL, false, true, NULL,
                "The same for what one role asks (current_user): name = off, or ttl=5s."},
        [CONF_SECTION_CACHE_SHAPES] = {"cache.shapes", NULL, false, true, NULL,
                "The same for one statement: its id, as SHOW QUERIES has it, = off, or ttl=5s."},
        [CONF_SECTION_OPTIMIZER] = {"optimizer", NULL, false, false, NOT_YET,
                "Advice on indexes, and carrying it out."},
        [CONF_SECTION_HTTP] = {"http", NULL, false, false, NULL,
                "/metrics, the status API and the dashboard."},
};

static const char *const topics[CONF_TOPICS] = {
        [CONF_TOPIC_LISTEN] = "Where to listen",
        [CONF_TOPIC_PROCESS] = "The process",
        [CONF_TOPIC_LOG] = "The log",
        [CONF_TOPIC_AUTH] = "Who may come in",
        [CONF_TOPIC_CLIENT_TLS] = "TLS with clients",
        [CONF_TOPIC_SERVER_TLS] = "TLS with servers",
        [CONF_TOPIC_POOLS] = "Pools",
        [CONF_TOPIC_SERVERS] = "Servers",
        [CONF_TOPIC_CLIENTS] = "Clients",
        [CONF_TOPIC_WIRE] = "The wire",
};

const struct conf_section *conf_section_at(enum conf_section_id id)
{
    SL_CHECK((unsigned)id < CONF_SECTIONS);
    return &sections[id];
}

const char *conf_topic_text(enum conf_topic topic)
{
    SL_CHECK((unsigned)topic < CONF_TOPICS);
    return topics[topic];
}

const struct conf_key *conf_key_find(enum conf_section_id section, const char *name)
{
    const struct conf_key *key = NULL;

    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (key->section == section && strcmp(key->name, name) == 0) {
            return key;
        }
    }
    return NULL;
}

bool conf_key_is_of_conf(const struct conf_key *key)
{
    return key->section == CONF_SECTION_SLUICE || key->section == CONF_SECTION_HTTP ||
           key->section == CONF_SECTION_STATS || key->section == CONF_SECTION_CACHE;
}

const struct conf_key *conf_key_find_of_conf(const char *name)
{
    const char *dot = strchr(name, '.');
    enum conf_section_id id;
    char section[16];

    if (dot == NULL) {
        return conf_key_find(CONF_SECTION_SLUICE, name);
    }
    if ((size_t)(dot - name) >= sizeof section) {
        return NULL;
    }
    memcpy(section, name, (size_t)(dot - name));
    section[dot - name] = '\0';
    const struct conf_key *key =
            conf_section_find(section, &id) ? conf_key_find(id, dot + 1) : NULL;
    return key != NULL && conf_key_is_of_conf(key) ? key : NULL;
}

bool conf_section_find(const char *name, enum conf_section_id *id)
{
    for (int i = 0; i < CONF_SECTIONS; i++) {
        if (strcmp(sections[i].name, name) == 0 ||
                (sections[i].alias != NULL && strcmp(sections[i].alias, name) == 0)) {
            *id = (enum conf_section_id)i;
            return true;
        }
    }
    return false;
}
