/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_cache_flush.h"

#include "cache/stage.h"
#include "conf/conf.h"
#include "protocol/catalog_tables.h"
#include "protocol/sqlstate.h"
#include "proxy/caching.h"
#include "proxy/caching_tier.h"
#include "proxy/caching_watch.h"
#include "proxy/catalogs.h"
#include "proxy/catalogs_epoch.h"
#include "proxy/console_cache_pin.h"
#include "proxy/console_shapes.h"
#include "proxy/console_state.h"
#include "proxy/console_tour.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/warm.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX_LEN = 256, STEP = 4096, BATCH = 64 };

struct flush {
    struct console_tour tour; /* first */
    struct store_reader *reader;
    uint64_t dropped;
    bool is_of_shape; /* least to most; else what is stale goes */
    uint64_t least;
    uint64_t most;
};

static void refuse(struct console *console, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EINVAL, sqlstate, "%s", text), "the client is told");
    console_refuse(console, &error);
}

/* ---- what becomes stale at once ---- */

static void touch(uint32_t tag)
{
    tags_begin(cache_tags(caching_cache()), tag);
    tags_end(cache_tags(caching_cache()), tag);
}

static uint64_t number_of(const char *name)
{
    const struct conf *conf = process_conf();
    const struct conf_database *line = conf_find_database(conf, name);
    uint64_t number = catalogs_epoch_number(line != NULL ? line : conf->fallback_database, name);

    conf_unref(conf);
    return number;
}

static void flush_database(const char *name)
{
    touch(tags_of_database(cache_tags(caching_cache()), number_of(name)));
}

/* What is in Redis is by its epoch only: all of the database goes there. */
static bool flush_shared(uint64_t number)
{
    struct caching_tier_sum sum;
    bool is_shared = caching_tier_sum(number, &sum);

    if (is_shared) {
        touch(tags_of_database(cache_tags(caching_cache()), number));
    }
    return is_shared;
}

static void flush_all_shared(bool is_wanted)
{
    struct watched *watched = NULL;
    char name[WORD_MAX_LEN];

    for (unsigned i = 0; is_wanted && (watched = caching_watch_at(i, name, sizeof name)) != NULL;
            i++) {
        (void)flush_shared(watched_database(watched));
        watched_unref(watched);
    }
}

static void flush_tree(const char *database, uint32_t tree)
{
    const struct tags *tags = cache_tags(caching_cache());
    uint64_t number = number_of(database);

    if (flush_shared(number)) {
        return;
    }

    touch(tags_of_table(
            tags, number, tree, TAG_ANY)); /* cache/stage_tags.c: each answer has one of both */
    touch(tags_of_table(tags, number, tree, TAG_WILD));
}

/* ---- TABLE ---- */

/* "a.b.c": [database.]schema.table, in place. False: that is none. */
struct table_name {
    char text[WORD_MAX_LEN];
    const char *database; /* NULL: in all */
    const char *schema;
    const char *table;
};

static bool split(struct table_name *name)
{
    char *last = strrchr(name->text, '.');

    if (last == NULL) {
        return false;
    }
    *last = '\0';
    char *before = strrchr(name->text, '.');
    name->table = last + 1;
    name->schema = before == NULL ? name->text : before + 1;
    name->database = before == NULL ? NULL : name->text;
    if (before != NULL) {
        *before = '\0';
    }
    return name->table[0] != '\0' && name->schema[0] != '\0';
}

static uint32_t tree_in(const struct catalog *catalog, const struct table_name *name)
{
    uint16_t schema = catalog_find_schema(catalog, name->schema);
    const struct catalog_relation *relation =
            schema == CATALOG_NONE ? NULL : catalog_find_relation(catalog, name->table, schema);
    const struct catalog_details *table =
            relation == NULL ? NULL : catalog_details_of(catalog, relation);

    return table == NULL || !table->knows_columns ? 0 : table->tree;
}

/* False: it has no such table. */
static bool flush_table_in(struct database *database, const struct table_name *name)
{
    const struct catalog *catalog = catalogs_get(database);

    if (catalog == NULL) {
        flush_database(database->name);
        return true;
    }
    uint32_t tree = tree_in(catalog, name);
    if (tree != 0) {
        flush_tree(database->name, tree);
    }
    catalog_unref(catalog);
    return tree != 0;
}

static bool flush_table(const struct table_name *name)
{
    bool is_found = false;

    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        if (name->database == NULL || strcmp(name->database, d->name) == 0) {
            is_found |= flush_table_in(d, name);
        }
    }
    return is_found;
}

/* ---- the tour: what is kept goes ---- */

static void flush_free(struct flush *flush)
{
    store_reader_free(flush->reader);
    free(flush);
}

static void drop(struct console_tour *tour)
{
    flush_free(SL_CONTAINER(tour, struct flush, tour));
}

static bool is_of_shape(const void *self, struct sl_hash128 shape)
{
    const struct flush *flush = self;

    return shape.hi >= flush->least && shape.hi <= flush->most;
}

static bool visit(struct console_tour *tour, struct worker *worker)
{
    const struct flush *flush = SL_CONTAINER(tour, struct flush, tour);

    if (flush->is_of_shape) {
        cache_spoil(caching_cache(), worker->index, is_of_shape, flush);
    }
    return true;
}

/* A word that another write has made pending, it will be another when that has ended. */
static bool goes(const struct flush *flush, const struct entry *entry)
{
    return flush->is_of_shape ? is_of_shape(flush, cache_class_of(entry)->shape)
                              : !entry_is_fresh(entry, cache_tags(caching_cache()));
}

/* True: that was all. */
static bool drop_some(struct flush *flush)
{
    struct store *store = cache_store(caching_cache());
    struct entry *entries[BATCH];

    for (unsigned seen = 0; seen < STEP; seen += BATCH) {
        unsigned count = store_reader_next(flush->reader, entries, BATCH);
        if (count == 0) {
            return true;
        }
        for (unsigned i = 0; i < count; i++) {
            flush->dropped += goes(flush, entries[i]) && store_drop_entry(store, entries[i]);
            entry_unref(entries[i]);
        }
    }
    return false;
}

static void home(struct console_tour *tour, struct worker *worker)
{
    struct flush *flush = SL_CONTAINER(tour, struct flush, tour);
    char tag[64];

    if (!drop_some(flush)) {
        console_tour_end(tour); /* home again in the next turn */
        return;
    }
    struct console *console = console_find(worker, tour->client);
    snprintf(tag, sizeof tag, "CACHE FLUSH %" PRIu64, flush->dropped);
    flush_free(flush);
    if (console != NULL) {
        console_complete(console, tag);
    }
}

static struct flush *flush_new(struct console *console)
{
    struct flush *flush = calloc(1, sizeof *flush);

    if (flush != NULL) {
        flush->reader = store_reader_new(cache_store(caching_cache()));
    }
    if (flush == NULL || flush->reader == NULL) {
        free(flush);
        refuse(console, SL_STATE_OUT_OF_MEMORY, "out of memory");
        return NULL;
    }
    flush->tour.client = console->client->id;
    flush->tour.visit = visit;
    flush->tour.home = home;
    flush->tour.drop = drop;
    return flush;
}

/* ---- the verb ---- */

/* False: it was refused. of: what stands behind what. */
static bool flush_what(
        struct console *console, struct flush *flush, const char *what, const char *of)
{
    struct table_name name = {.database = NULL};

    if (strcasecmp(what, "database") == 0) {
        if (registry_find_database(of) == NULL) {
            refuse(console, SL_STATE_INVALID_CATALOG, "no such database, or nobody asked for it");
            return false;
        }
        flush_database(of);
        return true;
    }
    if (strcasecmp(what, "shape") == 0) {
        flush->is_of_shape = console_shape_ids(of, &flush->least, &flush->most);
        flush_all_shared(flush->is_of_shape);
        if (!flush->is_of_shape) {
            refuse(console, SL_STATE_SYNTAX_ERROR,
                    "an id is 1 to 16 hexadecimal digits, as SHOW QUERIES shows them");
        }
        return flush->is_of_shape;
    }
    snprintf(name.text, sizeof name.text, "%s", of);
    if (!split(&name)) {
        refuse(console, SL_STATE_SYNTAX_ERROR, "a table is schema.table, or database.schema.table");
        return false;
    }
    if (!flush_table(&name)) {
        refuse(console, SL_STATE_UNDEFINED_OBJECT,
                "no database has such a table, as far as it is known; of a view, name what it "
                "reads");
        return false;
    }
    return true;
}

/* Behind FLUSH: nothing, ALL, or a kind and its name. False: it is none of them. */
static bool read_line(
        const char *line, char what[static WORD_MAX_LEN], char of[static WORD_MAX_LEN])
{
    static const char *const kinds[] = {"database", "table", "shape"};
    bool is_kind = false;

    of[0] = '\0';
    if (line[0] == '\0') {
        snprintf(what, WORD_MAX_LEN, "all");
        return true;
    }
    line = console_next_word(line, what, WORD_MAX_LEN);
    if (line == NULL || strcasecmp(what, "all") == 0) {
        return line != NULL && line[0] == '\0';
    }
    for (size_t i = 0; i < SL_COUNT(kinds); i++) {
        is_kind |= strcasecmp(what, kinds[i]) == 0;
    }
    line = console_next_word(line, of, WORD_MAX_LEN);
    return is_kind && line != NULL && line[0] == '\0';
}

static void flush_verb(struct console *console, const char *line)
{
    char what[WORD_MAX_LEN];
    char of[WORD_MAX_LEN];

    if (!read_line(line, what, of)) {
        refuse(console, SL_STATE_SYNTAX_ERROR,
                "CACHE FLUSH takes ALL, DATABASE name, TABLE schema.table or SHAPE id");
        return;
    }
    struct flush *flush = flush_new(console);
    if (flush == NULL) {
        return;
    }
    if (strcasecmp(what, "all") == 0) {
        tags_renew(cache_tags(caching_cache()));
    } else if (!flush_what(console, flush, what, of)) {
        flush_free(flush);
        return;
    }
    console_tour_start(&flush->tour, &console->client->io.worker->mailbox);
}

void console_cache_verb(struct console *console, const char *line)
{
    char what[WORD_MAX_LEN] = "";

    line = console_next_word(line, what, WORD_MAX_LEN);
    bool is_pin = strcasecmp(what, "pin") == 0;
    bool is_flush = strcasecmp(what, "flush") == 0;
    bool is_warm = strcasecmp(what, "warm") == 0;
    if (line == NULL || (!is_pin && !is_flush && !is_warm && strcasecmp(what, "unpin") != 0) ||
            (is_warm && line[0] != '\0')) {
        refuse(console, SL_STATE_SYNTAX_ERROR, "CACHE takes FLUSH, PIN, UNPIN or WARM");
    } else if (caching_cache() == NULL) {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "nothing is kept: [cache] mode is off");
    } else if (is_flush) {
        flush_verb(console, line);
    } else if (is_warm && warm_ask()) {
        console_complete(console, "CACHE WARM");
    } else if (is_warm) {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "there is no [cache] warm_file");
    } else {
        console_cache_pin(console, line, is_pin);
    }
}
