/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/cache_history_world.h"

#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/query.h"
#include "tests/support/soon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With what a window may need of one session; what is too little shows as HISTORY_MISSED. */
enum { LOG_MAX = 400000, AGAIN_MS = 30000 };

static const char schema[] =
        "create table grp (owner int primary key, ver bigint not null);"
        "create table kv (k int primary key, owner int not null references grp, flag bool not null,"
        " ver bigint not null, tag int not null, payload text not null, unique (k, ver));"
        "create index on kv (owner);"
        "create view kv_view as select * from kv;"
        "create table tail (k int primary key, ver bigint not null,"
        " foreign key (k, ver) references kv (k, ver) on update cascade on delete cascade);"
        "create table ghost_ver (g int primary key, ver bigint not null);"
        "create table ghost (g int primary key, ver bigint not null);"
        "create table whole_ver (one int primary key, ver bigint not null);"
        "create table whole (id int primary key, ver bigint not null);"
        "create function kv_write(key int, new_tag int, out ver bigint, out gver bigint)"
        " language plpgsql as $$begin "
        "update grp set ver = grp.ver + 1 where owner = key / 8 returning grp.ver into gver;"
        "update kv set ver = kv.ver + 1, tag = new_tag, flag = (kv.ver + 1) % 3 <> 0,"
        " payload = lpad(new_tag::text, 40, '.') where kv.k = key returning kv.ver into ver;"
        "end$$;"
        "create table todo (k int, tag int, ver bigint, gver bigint);"
        "create function todo_done() returns trigger language plpgsql as $$begin "
        "select w.ver, w.gver into new.ver, new.gver from kv_write(new.k, new.tag) w;"
        "return new; end$$;"
        "create trigger done before insert on todo for each row execute function todo_done();"
        "insert into grp select o, 8 from generate_series(0, 63) o;"
        "insert into kv select k, k / 8, true, 1, 0, '0' from generate_series(0, 511) k;"
        "insert into tail select k, 1 from generate_series(0, 511, 4) k;"
        "insert into ghost_ver select g, 1 from generate_series(0, 31) g;"
        "insert into ghost select g, 1 from generate_series(0, 31) g;"
        "insert into whole_ver values (1, 1);"
        "insert into whole select id, 1 from generate_series(0, 7) id;"
        "analyze";

_Static_assert(KEYS == 512 && OWNERS == 64 && GHOSTS == 32 && WHOLE_ROWS == 8, "as in schema");

enum { WARM_MS = 50 };

static const char ini[] =
        "[databases]\n"
        "postgres = " AT_CLUSTER " pool_mode=transaction\n" INI_MAIN "default_pool_size = 10\n"
        "max_prepared_statements = 100\n"
        "%s%s";

uint32_t owner_reg(uint32_t owner)
{
    return KEYS + owner;
}

uint32_t ghost_reg(uint32_t ghost)
{
    return WHOLE_REG + 1 + ghost;
}

void world_make_tables(const struct cluster *made)
{
    cluster_sql(made, schema);
}

/* ---- sessions ---- */

unsigned session_roll(struct session *session, unsigned sides)
{
    session->dice = session->dice * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(session->dice >> 33) % sides;
}

/* Hot keys are scattered over the owners. */
uint32_t session_key(struct session *session)
{
    const double *zipf = session->world->zipf;
    double at = (double)session_roll(session, 1U << 30) / (double)(1U << 30) * zipf[KEYS - 1];
    uint32_t low = 0;
    uint32_t high = KEYS - 1;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (zipf[middle] < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low * 167 % KEYS;
}

void session_fail(struct session *session, const char *format, ...)
{
    va_list args;

    /* What was said in place of the end of an answer is only in libpq's message. */
    if (session->world->variant->ends_servers &&
            (PQstatus(session->conn) == CONNECTION_BAD ||
                    strncmp(PQerrorMessage(session->conn), "FATAL:", 6) == 0)) {
        session->is_broken = true;
        return;
    }
    if (session->trouble[0] == '\0') {
        va_start(args, format);
        vsnprintf(session->trouble, sizeof session->trouble, format, args);
        va_end(args);
        atomic_store(&session->world->is_over, true);
    }
}

/* That it was told so, libpq sees before it sees the end of the connection; or there is no result at all. */
static bool is_end(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return result == NULL ||
           (state != NULL && (strcmp(state, "57P01") == 0 || strncmp(state, "08", 2) == 0));
}

bool session_expect(
        struct session *session, PGresult *result, ExecStatusType status, const char *what)
{
    if (PQresultStatus(result) == status) {
        return true;
    }
    if (session->is_broken || (session->world->variant->ends_servers && is_end(result))) {
        session->is_broken = true;
        PQclear(result);
        return false;
    }
    session_fail(session, "%s: %s %s", what, PQresStatus(PQresultStatus(result)),
            result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(session->conn));
    PQclear(result);
    return false;
}

PGconn *world_connect_to(int port)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable", port);
}

PGconn *world_connect_directly(const struct world *world)
{
    PGconn *conn = world_connect_to(world->cluster->port);

    query_expect(conn, "set application_name = 'direct'", "SET");
    return conn;
}

static void add_session(struct world *world, enum history_path path, bool is_writer)
{
    struct session *session = &world->sessions[world->session_count];
    int port = path == HISTORY_DIRECT ? world->cluster->port
               : path == HISTORY_B    ? world->b.port
                                      : world->a.port;

    assert_in_range(world->session_count, 0, SESSIONS_MAX - 1);
    *session = (struct session){.world = world,
            .id = (uint16_t)world->session_count,
            .path = (uint8_t)path,
            .is_writer = is_writer,
            .dice = world->session_count * 7919 + 1};
    assert_true(history_log_init(&session->log, LOG_MAX));
    if (world->liar.pid > 0 && path == HISTORY_A && !is_writer) {
        port = world->liar.port;
    }
    session->port = port;
    session->conn = path == HISTORY_DIRECT ? world_connect_directly(world) : world_connect_to(port);
    session_prepare(session);
    session_prepare_writes(session);
    if (is_writer && world->variant->ends_servers) {
        session->witness = world_connect_directly(world);
    }
    world->session_count++;
}

void session_again(struct session *session)
{
    for (long end = proc_now_ms() + AGAIN_MS; session->is_broken && session->trouble[0] == '\0';) {
        session->is_broken = false;
        PQfinish(session->conn);
        session->conn = query_connect(
                "host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable",
                session->port);
        if (PQstatus(session->conn) == CONNECTION_OK) {
            session_prepare(session);
            session_prepare_writes(session);
        } else {
            session->is_broken = true;
        }
        if (session->is_broken && proc_now_ms() > end) {
            snprintf(session->trouble, sizeof session->trouble, "no connection: %s",
                    PQerrorMessage(session->conn));
        }
    }
}

static void add_sessions(struct world *world)
{
    const struct variant *variant = world->variant;
    unsigned paths = variant->has_second ? 2 : 1;

    for (unsigned path = 0; path < paths; path++) {
        for (unsigned i = 0; i < variant->readers; i++) {
            add_session(world, (enum history_path)path, false);
        }
        for (unsigned i = 0; i < variant->writers; i++) {
            add_session(world, (enum history_path)path, true);
        }
    }
    for (unsigned i = 0; i < variant->direct; i++) {
        add_session(world, HISTORY_DIRECT, true);
    }
}

/* ---- the world ---- */

static void start_sluice(struct sluice *one, const struct world *world)
{
    const struct variant *variant = world->variant;
    char text[8192];
    char shared[64] = ""; /* [cache] is the last section of those who have one */

    sluice_init(one, world->cluster);
    sluice_file(one, "userlist.txt", "\"postgres\" \"\"\n\"admin\" \"\"\n");
    /* The format is ours; variants only fill it. */
    if (variant->has_redis) {
        snprintf(shared, sizeof shared, "redis = 127.0.0.1:%d\n", world->redis.port);
    }
    int len = snprintf(text, sizeof text, ini, variant->ini != NULL ? variant->ini : "", shared);
    assert_in_range(len, 1, sizeof text - 1);
    sluice_start(one, text);
}

static void make_zipf(struct world *world)
{
    double sum = 0;

    for (uint32_t i = 0; i < KEYS; i++) {
        sum += 1 / pow(i + 1, world->variant->is_calm ? 1.5 : 0.99);
        world->zipf[i] = sum;
    }
}

void world_start(struct world *world, struct cluster *of, const struct variant *variant)
{
    struct history_rules rules = {.registers = REGISTERS,
            .sessions = SESSIONS_MAX,
            .bound_ns = variant->bound_ms * 1000000,
            .order = variant->order,
            .oracle = &world->oracle};

    memset(world, 0, sizeof *world);
    world->variant = variant;
    world->cluster = of;
    make_zipf(world);
    rows_oracle(&world->rows, &world->oracle);
    world->history = history_new(&rules);
    assert_non_null(world->history);
    if (variant->has_redis) {
        redis_server_init(&world->redis);
        redis_server_start(&world->redis);
    }
    start_sluice(&world->a, world);
    if (variant->has_second) {
        start_sluice(&world->b, world);
    }
    if (variant->lies != 0) {
        liar_start(&world->liar, world->a.port, variant->lies);
    }
    world->direct = world_connect_directly(world);
    add_sessions(world);
}

void world_stop(struct world *world)
{
    for (size_t i = 0; i < world->session_count; i++) {
        PQfinish(world->sessions[i].conn);
        PQfinish(world->sessions[i].witness);
        history_log_free(&world->sessions[i].log);
    }
    world->session_count = 0;
    PQfinish(world->direct);
    world->direct = NULL;
    liar_stop(&world->liar);
    sluice_stop(&world->a);
    sluice_stop(&world->b);
    redis_server_kill(&world->redis);
    history_free(world->history);
    world->history = NULL;
}

static PGresult *ask_directly(struct world *world, const char *sql)
{
    PGresult *result = PQexec(world->direct, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    }
    return result;
}

static uint32_t number(const PGresult *result, int row, int column)
{
    return (uint32_t)result_number(result, row, column);
}

void world_settle(struct world *world)
{
    PGresult *result = ask_directly(world, "select k, ver, tag from kv order by k");

    assert_int_equal(PQntuples(result), KEYS);
    for (int k = 0; k < KEYS; k++) {
        world->rows.versions[k / HISTORY_SLOTS][k % HISTORY_SLOTS] = number(result, k, 1);
        history_floor(world->history, (uint32_t)k, number(result, k, 1), number(result, k, 2),
                &world->found);
    }
    PQclear(result);
    result = ask_directly(world, "select owner, ver from grp order by owner");
    for (int owner = 0; owner < OWNERS; owner++) {
        uint32_t sum = 0;
        for (size_t i = 0; i < HISTORY_SLOTS; i++) {
            sum += world->rows.versions[owner][i];
        }
        assert_int_equal(number(result, owner, 1), sum);
        history_floor(world->history, owner_reg((uint32_t)owner), sum, 0, &world->found);
    }
    PQclear(result);
    result = ask_directly(world, "select g, ver from ghost_ver order by g");
    for (int ghost = 0; ghost < GHOSTS; ghost++) {
        history_floor(world->history, ghost_reg((uint32_t)ghost), number(result, ghost, 1), 0,
                &world->found);
    }
    PQclear(result);
    result = ask_directly(world, "select ver from whole_ver");
    history_floor(world->history, WHOLE_REG, number(result, 0, 0), 0, &world->found);
    PQclear(result);
}

/* They are counted among all, too. */
static void add_shared(struct hits *hits, enum history_class class, uint64_t count)
{
    hits->of[TIER_REDIS][class] += count;
    hits->of[TIER_LOCAL][class] -= count;
}

/* Sluice tells answers of one row, and of rows of an owner, from those of tables. */
static void add_hits(const struct sluice *of, struct hits *hits)
{
    PGconn *console =
            query_must_connect("host=127.0.0.1 port=%d user=admin dbname=pgbouncer", of->port);
    PGresult *result = PQexec(console, "SHOW CACHE");

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(result); i++) {
        const char *name = PQgetvalue(result, i, 1);
        uint64_t value = strtoull(PQgetvalue(result, i, 2), NULL, 10);
        hits->in_blocks += strcmp(name, "hits_in_blocks") == 0 ? value : 0;
        uint64_t *local = hits->of[TIER_LOCAL];
        local[HISTORY_POINT] += strcmp(name, "hits_of_points") == 0 ? value : 0;
        local[HISTORY_SET] += strcmp(name, "hits_of_row_sets") == 0 ? value : 0;
        local[HISTORY_AGGREGATE] += strcmp(name, "hits_of_tables") == 0 ? value : 0;
        add_shared(hits, HISTORY_POINT, strcmp(name, "hits_shared_of_points") == 0 ? value : 0);
        add_shared(hits, HISTORY_AGGREGATE, strcmp(name, "hits_shared_of_tables") == 0 ? value : 0);
    }
    PQclear(result);
    PQfinish(console);
}

/* Until it answers: it knows its tables, and its stream is up. */
static void warm_up(const struct sluice *one)
{
    PGconn *conn =
            query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=postgres", one->port);
    struct hits hits = {.in_blocks = 0};

    for (int i = 0; hits.of[TIER_LOCAL][HISTORY_POINT] + hits.of[TIER_REDIS][HISTORY_POINT] == 0;
            i++) {
        assert_true(i < SOON_MS / WARM_MS);
        (void)query_text(conn, "select ver from kv where k = 1");
        proc_pause_ms(WARM_MS);
        hits = (struct hits){.in_blocks = 0};
        add_hits(one, &hits);
    }
    PQfinish(conn);
}

void world_warm_up(struct world *world)
{
    warm_up(&world->a);
    if (world->variant->has_second) {
        warm_up(&world->b);
    }
}

void world_hits(struct world *world, struct hits *hits)
{
    memset(hits, 0, sizeof *hits);
    add_hits(&world->a, hits);
    if (world->variant->has_second) {
        add_hits(&world->b, hits);
    }
}
