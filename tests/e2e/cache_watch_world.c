/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/cache_watch_world.h"

#include "protocol/catalog_tables.h"
#include "tests/support/snapshot.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world world;

static struct {
    pthread_mutex_t lock;
    const struct catalog *catalog;
    unsigned moved;
    unsigned events[WATCH_EVENTS];
    char texts[WATCH_EVENTS][WORLD_TEXT_MAX];
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- who listens ---- */

static const struct catalog *give_catalog(void *self, uint64_t database)
{
    (void)self;
    SL_CHECK(database == WORLD_DATABASE);
    pthread_mutex_lock(&heard.lock);
    const struct catalog *catalog = heard.catalog == NULL ? NULL : catalog_ref(heard.catalog);
    pthread_mutex_unlock(&heard.lock);
    return catalog;
}

static void hear_moved(void *self, uint64_t database)
{
    (void)self;
    (void)database;
    pthread_mutex_lock(&heard.lock);
    heard.moved++;
    pthread_mutex_unlock(&heard.lock);
}

static void hear_event(
        void *self, const struct watched *watched, enum watch_event event, const char *text)
{
    (void)self;
    SL_CHECK(watched_database(watched) == WORLD_DATABASE);
    pthread_mutex_lock(&heard.lock);
    heard.events[event]++;
    snprintf(heard.texts[event], WORLD_TEXT_MAX, "%s", text);
    pthread_mutex_unlock(&heard.lock);
}

unsigned world_events(enum watch_event event)
{
    pthread_mutex_lock(&heard.lock);
    unsigned count = heard.events[event];
    pthread_mutex_unlock(&heard.lock);
    return count;
}

const char *world_event_text(enum watch_event event)
{
    static char text[WORLD_TEXT_MAX];

    pthread_mutex_lock(&heard.lock);
    memcpy(text, heard.texts[event], sizeof text);
    pthread_mutex_unlock(&heard.lock);
    return text;
}

unsigned world_moved(void)
{
    pthread_mutex_lock(&heard.lock);
    unsigned moved = heard.moved;
    pthread_mutex_unlock(&heard.lock);
    return moved;
}

static void publish(const struct catalog *catalog)
{
    pthread_mutex_lock(&heard.lock);
    const struct catalog *old = heard.catalog;
    heard.catalog = catalog;
    pthread_mutex_unlock(&heard.lock);
    catalog_unref(old);
}

void world_learn(PGconn *conn)
{
    unsigned queries = 0;

    publish(snapshot_load(conn, true, &queries));
}

void world_forget(void)
{
    publish(NULL);
}

/* ---- life ---- */

int world_start(void **state)
{
    static const struct cluster_options options = {
            .conf = "wal_level = logical\nmax_wal_senders = 4\nmax_replication_slots = 4\n"
                    "autovacuum = off\nrestore_command = 'false'\n"};
    static const struct cluster_options plain = {.conf = "wal_level = replica\nautovacuum = off\n"};

    (void)state;
    cluster_start(&world.cluster, &options);
    cluster_start(&world.plain, &plain);
    return 0;
}

int world_stop(void **state)
{
    (void)state;
    cluster_stop(&world.cluster);
    cluster_stop(&world.plain);
    return 0;
}

void world_open(void)
{
    static const struct watch_hooks hooks = {
            .catalog = give_catalog, .moved = hear_moved, .event = hear_event};

    watch_free(world.watch);
    world.watch = watch_new(&world.options, world.tags, &hooks);
    assert_non_null(world.watch);
}

int world_case(void **state)
{
    (void)state;
    heard.moved = 0;
    memset(heard.events, 0, sizeof heard.events);
    watch_options_init(&world.options);
    world.options.instance = "test";
    world.options.schema_every = 50 * SL_MSEC;
    world.options.retry_min = 20 * SL_MSEC;
    world.options.retry_max = 200 * SL_MSEC;
    world.options.refused_retry = 100 * SL_MSEC;
    world.tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    assert_non_null(world.tags);
    world_open();
    world.direct = world_connect(&world.cluster);
    return 0;
}

/* Nothing stays pending, whatever the case did. */
int world_case_end(void **state)
{
    (void)state;
    watch_free(world.watch);
    world.watch = NULL;
    watched_unref(world.watched);
    world.watched = NULL;
    bool is_left = world_is_pending(world_all());
    tags_free(world.tags);
    world_forget();
    if (world.waits != NULL) {
        world_need_standby(world.needing, ""); /* the case has failed */
    }
    PQfinish(world.direct);
    world.direct = NULL;
    return is_left ? 1 : 0;
}

void world_watch(const struct cluster *cluster, bool is_streamed)
{
    char conninfo[100];
    struct sl_error error;
    const struct watch_database database = {
            .conninfo = conninfo, .number = WORLD_DATABASE, .is_streamed = is_streamed};

    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d user=postgres dbname=postgres",
            cluster->port);
    if (world.watched == NULL) {
        world.watched = watch_add(world.watch, &database, &error);
        assert_non_null(world.watched);
    } else {
        assert_int_equal(watch_change(world.watch, world.watched, &database), SL_OK);
    }
}

void world_up(void)
{
    world_watch(&world.cluster, true);
    SOON(world_events(WATCH_UP) == 1);
    world_learn(world.direct);
    world_catch_up();
    world_catch_up_schema();
}

void world_catch_up(void)
{
    sl_usec now = sl_now();

    SOON(watched_fresh_until(world.watched) >= now);
}

void world_catch_up_schema(void)
{
    sl_usec now = sl_now();

    SOON(watched_schema_until(world.watched) >= now);
}

void world_rest(void)
{
    if (world.watched != NULL) {
        watched_want(world.watched);
    }
    proc_pause_ms(2);
}

void world_late(const char *what, const char *file, int line)
{
    struct watched_status status = {.is_streamed = false};

    if (world.watched != NULL) {
        watched_status(world.watched, &status);
    }
    print_error("not so in time: %s\nstate %s %s, error %s, asks %d %s\n", what,
            stream_state_text(status.state), stream_refusal_text(status.refusal), status.error,
            (int)status.is_asking, status.asks_error);
    print_error("fresh %lld, schema %lld of %lld, zombies %u, changes %llu, moved %u\n",
            (long long)status.fresh_until, (long long)status.schema_until, (long long)sl_now(),
            status.zombies.now, (unsigned long long)status.changes, world_moved());
    _fail(file, line);
    abort();
}

/* ---- servers ---- */

PGconn *world_connect(const struct cluster *cluster)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster->port);
}

void world_do(PGconn *conn, const char *sql)
{
    const char *answer = query_text(conn, sql);

    if (strstr(answer, "ERROR") != NULL) {
        fail_msg("%s: %s", sql, answer);
    }
}

/* Until it waits: it is so only when the checkpointer has heard of it. */
static void commit_elsewhere(PGconn *direct)
{
    char sql[200];

    world.waits = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=template1", world.needing->port);
    query_expect(world.waits, "set synchronous_commit = on", "SET");
    snprintf(sql, sizeof sql,
            "select count(*) from pg_stat_activity where pid = %d and wait_event = 'SyncRep'",
            PQbackendPID(world.waits));
    for (;;) {
        assert_int_equal(
                PQsendQuery(world.waits, "select 1 from pg_logical_emit_message(true, 'x', '')"),
                1);
        while (!query_is_answered(world.waits, 10)) {
            if (strcmp(query_text(direct, sql), "1") == 0) {
                return;
            }
        }
        soon_answered(world.waits, "1");
    }
}

void world_need_standby(const struct cluster *cluster, const char *name)
{
    PGconn *direct = world_connect(cluster);
    char sql[200];

    world.needing = cluster;
    snprintf(sql, sizeof sql, "alter system set synchronous_standby_names = '%s'", name);
    query_expect(direct, sql, "ALTER SYSTEM");
    query_expect(direct, "select pg_reload_conf()", "t");
    if (name[0] != '\0') {
        commit_elsewhere(direct);
    } else if (world.waits != NULL) {
        soon_answered(world.waits, "1");
        PQfinish(world.waits);
        world.waits = NULL;
    }
    PQfinish(direct);
}

/* ---- words ---- */

uint64_t world_word(const char *name, enum tag_kind kind)
{
    const struct catalog *catalog = give_catalog(NULL, WORLD_DATABASE);
    assert_non_null(catalog);
    const struct catalog_relation *relation =
            catalog_find_relation(catalog, name, catalog_find_schema(catalog, "public"));
    assert_non_null(relation);
    const struct catalog_details *table = catalog_details_of(catalog, relation);
    assert_non_null(table);
    uint32_t tag = tags_of_table(world.tags, WORLD_DATABASE, table->tree, kind);
    catalog_unref(catalog);
    return tags_word(world.tags, tag);
}

uint64_t world_all(void)
{
    return tags_word(world.tags, tags_of_database(world.tags, WORLD_DATABASE));
}

bool world_is_pending(uint64_t word)
{
    return (word & ((UINT64_C(1) << TAGS_PENDING_BITS) - 1)) != 0;
}
