/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/cache_stream_world.h"

#include "protocol/base/hash.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world world;

/* ---- who listens ---- */

static size_t full_name(const struct decode_table *table, char *name, size_t max)
{
    size_t len = decode_copy(table->schema, name, max - 1);

    assert_true(len < max / 2);
    name[len++] = '.';
    len += decode_copy(table->name, name + len, max - len);
    assert_true(len < max);
    name[len] = '\0';
    return len;
}

uint32_t world_table(const char *name)
{
    return tags_of_table(
            world.tags, WORLD_DATABASE, (uint32_t)sl_hash64(sl_span_text(name)), TAG_ANY);
}

static void add_key(const struct decode_change *change, const char *name, struct tag_set *set)
{
    struct sl_span row = change->has_new ? change->new_row : change->old_row;
    struct decode_column column;

    while (decode_next_column(&row, &column)) {
        if (decode_is(column.name, sl_span_text("id"))) {
            tag_set_add(set,
                    tags_of_key(world.tags, WORLD_DATABASE, (uint32_t)sl_hash64(sl_span_text(name)),
                            1, sl_hash64(column.value.text)),
                    tags_of_database(world.tags, WORLD_DATABASE));
        }
    }
}

static void hear_change(void *self, const struct decode_change *change, struct tag_set *set)
{
    struct sl_span tables = change->tables;
    struct decode_table table;
    char name[200];

    (void)self;
    if (world.on_change != NULL) {
        world.on_change(change, set);
        return;
    }
    while (decode_next_table(&tables, &table)) {
        size_t used = strlen(world.log);
        full_name(&table, name, sizeof name);
        snprintf(world.log + used, sizeof world.log - used, "%s %s;",
                decode_kind_text(change->kind), name);
        tag_set_add(set, world_table(name), tags_of_database(world.tags, WORLD_DATABASE));
        add_key(change, name, set);
    }
}

static void hear_event(void *self, enum stream_event event)
{
    (void)self;
    world.events[event]++;
}

static void hear_catalog(void *self, struct sl_span value)
{
    (void)self;
    world.catalogs++;
    snprintf(world.catalog, sizeof world.catalog, "%.*s", (int)value.len, (const char *)value.at);
}

static void hear_begun(void *self, uint32_t xid, const struct tag_set *set)
{
    (void)self;
    if (set->count == 0) { /* a nudge's: it may come at any time */
        return;
    }
    world.begun++;
    if (world.on_begun != NULL) {
        world.on_begun(xid);
    }
}

static void hear_ends(void *self, uint32_t xid, struct tag_set *set)
{
    (void)self;
    if (set->count == 0) {
        return;
    }
    world.ended++;
    if (world.on_ends != NULL) {
        world.on_ends(xid);
    }
}

/* ---- life ---- */

int world_start(void **state)
{
    static const struct cluster_options options = {
            .conf = "wal_level = logical\nmax_wal_senders = 4\nmax_replication_slots = 3\n"
                    "autovacuum = off\nlogical_decoding_work_mem = 64kB\n"};

    (void)state;
    cluster_start(&world.cluster, &options);
    snprintf(world.conninfo, sizeof world.conninfo,
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", world.cluster.port);
    return 0;
}

int world_stop(void **state)
{
    (void)state;
    cluster_stop(&world.cluster);
    return 0;
}

/* The connections of the case before take their time to go, and what they hold. */
static void await_none_of_before(void)
{
    soon_query(world.direct,
            "select (select count(*) from pg_stat_activity where backend_type = 'walsender' or "
            "application_name like 'sluice%') + "
            "(select count(*) from pg_replication_slots where slot_name like 'sluice%')",
            "0");
}

int world_case(void **state)
{
    (void)state;
    stream_options_init(&world.options);
    world.options.conninfo = world.conninfo;
    world.options.instance = "test";
    world.options.pid = (int)getpid();
    world.options.database = WORLD_DATABASE;
    world.options.retry_min = 20 * SL_MSEC;
    world.options.retry_max = 200 * SL_MSEC;
    world.options.refused_retry = 100 * SL_MSEC;
    world.tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    assert_non_null(world.tags);
    world.direct = world_connect();
    await_none_of_before();
    world.log[0] = world.catalog[0] = '\0';
    memset(world.events, 0, sizeof world.events);
    world.catalogs = world.begun = world.ended = 0;
    world.on_begun = world.on_ends = NULL;
    world.on_change = NULL;
    return 0;
}

/* Nothing stays pending, whatever the case did. */
int world_case_end(void **state)
{
    (void)state;
    stream_free(world.stream);
    world.stream = NULL;
    bool is_left = world_is_pending(world_all()) || world_is_pending(world_word("public.t"));
    tags_free(world.tags);
    if (world.needs_standby) {
        world_need_standby(""); /* the case has failed */
    }
    PQfinish(world.direct);
    world.direct = NULL;
    return is_left ? 1 : 0;
}

void world_open(void)
{
    static const struct stream_sink sink = {.change = hear_change,
            .event = hear_event,
            .catalog = hear_catalog,
            .begun = hear_begun,
            .ends = hear_ends};

    world.stream = stream_new(&world.options, &sink, world.tags);
    assert_non_null(world.stream);
}

void world_up(void)
{
    if (world.stream == NULL) {
        world_open();
    }
    SOON(stream_state(world.stream) == STREAM_STREAMING);
}

void world_pump(void)
{
    struct stream_wait waits[STREAM_WAITS_MAX];
    struct pollfd fds[STREAM_WAITS_MAX];
    int count = stream_waits(world.stream, waits);
    sl_usec left = stream_deadline(world.stream) - sl_now();

    for (int i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = waits[i].fd,
                .events = (short)(waits[i].wants_write ? POLLIN | POLLOUT : POLLIN)};
    }
    /* Conditions of cases are looked at now and then, too. */
    left = left < 0 ? 0 : left > 20 * SL_MSEC ? 20 * SL_MSEC : left;
    (void)poll(fds, (nfds_t)count, (int)((left + SL_MSEC - 1) / SL_MSEC));
    stream_go_on(world.stream, sl_now());
}

void world_catch_up(void)
{
    sl_usec now = sl_now();

    SOON(stream_fresh_until(world.stream) >= now);
}

/* ---- words ---- */

uint64_t world_word(const char *name)
{
    return tags_word(world.tags, world_table(name));
}

uint64_t world_all(void)
{
    return tags_word(world.tags, tags_of_database(world.tags, WORLD_DATABASE));
}

bool world_is_pending(uint64_t word)
{
    return (word & ((UINT64_C(1) << TAGS_PENDING_BITS) - 1)) != 0;
}

PGconn *world_connect(void)
{
    return query_must_connect("%s", world.conninfo);
}

void world_do(PGconn *conn, const char *sql)
{
    const char *answer = query_text(conn, sql);

    if (strstr(answer, "ERROR") != NULL) {
        fail_msg("%s: %s", sql, answer);
    }
}

void world_send(PGconn *conn, const char *sql)
{
    assert_int_equal(PQsendQuery(conn, sql), 1);
}

/* Until it waits; then it need not: while it runs no slot can be made, and it is over when it will. */
static void commit_elsewhere(void)
{
    char sql[200];
    PGconn *conn = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=template1", world.cluster.port);
    int pid = PQbackendPID(conn);

    query_expect(conn, "set synchronous_commit = on", "SET");
    query_expect(conn, "set client_min_messages = error", "SET");
    snprintf(sql, sizeof sql,
            "select pg_cancel_backend(pid) from pg_stat_activity where pid = %d and wait_event = "
            "'SyncRep'",
            pid);
    for (bool has_waited = false; !has_waited;) {
        world_send(conn, "select 1 from pg_logical_emit_message(true, 'x', '')");
        while (!has_waited && !query_is_answered(conn, 10)) {
            has_waited = strcmp(query_text(world.direct, sql), "t") == 0;
        }
        soon_answered(conn, "1");
    }
    PQfinish(conn);
}

void world_need_standby(const char *name)
{
    char sql[200];

    snprintf(sql, sizeof sql, "alter system set synchronous_standby_names = '%s'", name);
    query_expect(world.direct, sql, "ALTER SYSTEM");
    query_expect(world.direct, "select pg_reload_conf()", "t");
    world.needs_standby = name[0] != '\0';
    if (world.needs_standby) {
        commit_elsewhere();
    }
}

void world_late(const char *what, const char *file, int line)
{
    struct stream_counts counts;

    stream_counts(world.stream, &counts);
    print_error("not so in time: %s\nstate %s %s, error %s %s, log %s\n", what,
            stream_state_text(stream_state(world.stream)),
            stream_refusal_text(stream_refusal(world.stream)), stream_error(world.stream)->sqlstate,
            stream_error(world.stream)->text, world.log);
    print_error("early %u, %llu; ", world.stream == NULL ? 0 : (unsigned)counts.settle.early,
            (unsigned long long)counts.probes);
    print_error("unsettled %u, commits %llu, position %llx, fresh %lld of %lld\n",
            counts.settle.unsettled, (unsigned long long)counts.settle.commits,
            (unsigned long long)counts.position, (long long)stream_fresh_until(world.stream),
            (long long)sl_now());
    _fail(file, line);
    abort();
}
