/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_analyze.h"

#include "optimizer/observe.h"
#include "optimizer/shape_store.h"
#include "protocol/shape.h"
#include "protocol/sql_facts.h"
#include "proxy/catalogs_names.h"
#include "proxy/http_facts.h"
#include "proxy/http_flush.h"
#include "proxy/http_request.h"
#include "proxy/http_task.h"
#include "proxy/json_read.h"
#include "proxy/parser.h"
#include "proxy/search_paths.h"
#include "proxy/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    STEP_ROWS = 512, /* looked at in a turn */
    BATCH = SHAPE_READ_MIN,
    ID_LEN = 16
};

#define TYPE_JSON "application/json"

struct analysis {
    struct http_task task; /* first */
    struct json_read body;
    struct sl_span sql; /* of body, as are the next two */
    const char *database;
    const char *user;
    struct shape shape;
    uint8_t *text; /* the shape's */
    struct parser_answer answer;
    sl_usec now;
    uint32_t cursor; /* of the store */
    uint32_t count;
    uint64_t left_out;
    struct shape_row rows[ANALYZE_ROWS_MAX];
};

static unsigned analyses;

static void free_analysis(struct http_task *task)
{
    struct analysis *analysis = SL_CONTAINER(task, struct analysis, task);

    sql_facts_free(analysis->answer.facts);
    json_read_fini(&analysis->body);
    free(analysis->text);
    free(analysis);
    analyses--;
}

/* ---- the answer ---- */

static void put_int(struct json *json, const char *name, uint64_t value)
{
    json_key(json, name);
    json_int(json, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void put_text(struct json *json, const char *name, const char *text)
{
    json_key(json, name);
    json_text(json, text);
}

static void put_hex(struct json *json, const char *name, uint64_t value)
{
    char text[ID_LEN + 1];

    snprintf(text, sizeof text, "%016" PRIx64, value);
    put_text(json, name, text);
}

static void put_time(struct json *json, const char *name, const struct shape_time *time)
{
    json_key(json, name);
    json_open(json, '{');
    put_int(json, "count", time->count);
    put_int(json, "total_us", time->sum);
    put_int(json, "mean_us", time->count == 0 ? 0 : time->sum / time->count);
    put_int(json, "min_us", time->count == 0 ? 0 : time->min);
    put_int(json, "p50_us", time->p50);
    put_int(json, "p95_us", time->p95);
    put_int(json, "p99_us", time->p99);
    put_int(json, "max_us", time->max);
    json_close(json, '}');
}

static void put_classes(struct json *json, const struct shape_row *row)
{
    json_key(json, "errors_by_class");
    json_open(json, '{');
    for (unsigned i = 0; i < TALLY_CLASSES; i++) {
        const struct tally_class *class = &row->classes[i];
        const char name[] = {class->name[0], class->name[1], '\0'};
        if (class->count > 0) {
            put_int(json, name, class->count);
        }
    }
    json_close(json, '}');
}

/* Since 1970, of a moment that sl_now() said. */
static uint64_t since_1970(sl_usec at)
{
    return (uint64_t)(sl_wall_now() - (sl_now() - at));
}

static void put_row(struct json *json, const struct shape_row *row)
{
    const struct names *names = observe_names(statistics_observe());

    json_open(json, '{');
    put_text(json, "database", names_text(names, row->key.database));
    put_text(json, "user", names_text(names, row->key.user));
    put_text(json, "node", names_text(names, row->key.node));
    put_text(json, "search_path", search_paths_text(row->key.path));
    put_int(json, "calls", row->calls);
    put_int(json, "errors", row->errors);
    put_classes(json, row);
    put_int(json, "rows", row->rows);
    put_int(json, "bytes_in", row->bytes_in);
    put_int(json, "bytes_out", row->bytes_out);
    put_int(json, "transactions", row->transactions);
    put_int(json, "cached", row->cached);
    put_int(json, "first_seen", since_1970(row->first_seen));
    put_int(json, "last_seen", since_1970(row->last_seen));
    put_int(json, "client_us", row->client_usec);
    put_time(json, "total", &row->times[TALLY_TOTAL]);
    put_time(json, "wait", &row->times[TALLY_WAIT]);
    put_time(json, "server", &row->times[TALLY_SERVER]);
    put_time(json, "hour", &row->hour);
    json_close(json, '}');
}

static void put_statistics(struct json *json, const struct analysis *analysis)
{
    json_key(json, "statistics");
    json_open(json, '{');
    json_key(json, "is_seen");
    json_bool(json, analysis->count > 0);
    put_int(json, "left_out", analysis->left_out);
    json_key(json, "rows");
    json_open(json, '[');
    for (uint32_t i = 0; i < analysis->count; i++) {
        put_row(json, &analysis->rows[i]);
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void refuse_for(struct http_request *request, enum sl_err err)
{
    if (err == SL_ELIMIT) {
        http_refuse(request, 413, "the statement is nested too deeply, or too heavy to be parsed");
        return;
    }
    http_add_header(request, "Retry-After", "1");
    http_refuse(request, 503,
            err == SL_ETIMEOUT ? "the parser gave the statement up" : "out of memory");
}

/* The one by which that user runs it there, if it is one; the role's, if nobody has yet. */
static uint32_t path_of(const struct analysis *analysis)
{
    const struct names *names = observe_names(statistics_observe());
    uint32_t path = SEARCH_PATHS_OF_ROLE;
    bool is_seen = false;

    if (analysis->left_out > 0) {
        return SEARCH_PATHS_UNKNOWN;
    }
    for (uint32_t i = 0; i < analysis->count && analysis->user != NULL; i++) {
        const struct shape_key *key = &analysis->rows[i].key;
        if (strcmp(names_text(names, key->user), analysis->user) != 0) {
            continue;
        }
        if (is_seen && path != key->path) {
            return SEARCH_PATHS_UNKNOWN;
        }
        path = key->path;
        is_seen = true;
    }
    return path;
}

/* By which names were looked for, as far as it is shown. */
static void put_search_path(struct json *json, uint32_t path, const char *found)
{
    bool is_of_sessions = search_paths_list(path) != NULL;
    char shown[SEARCH_PATH_MAX + 1];

    if (found == NULL) {
        put_text(json, "search_path", NULL);
        put_text(json, "search_path_of", NULL);
        return;
    }
    SL_IGNORE(search_path_show(sl_span_text(found), shown), "whatever it is");
    put_text(json, "search_path",
            is_of_sessions ? search_paths_text(path & ~(uint32_t)SEARCH_PATHS_TEMP) : shown);
    put_text(json, "search_path_of", is_of_sessions ? "sessions" : "role default");
}

static void send_analysis(struct analysis *analysis)
{
    const struct parser_answer *answer = &analysis->answer;
    struct catalogs_names names;
    struct sl_buf buf;
    struct json json;

    const struct catalogs_session of = {
            .database = analysis->database, .user = analysis->user, .path = path_of(analysis)};
    if (catalogs_names_resolve(answer->facts, &of, &names) != SL_OK) {
        refuse_for(analysis->task.request, SL_ENOMEM);
        return;
    }
    sl_buf_init(&buf, HTTP_REPLY_MAX);
    json_begin(&json, &buf);
    json_open(&json, '{');
    put_hex(&json, "id", analysis->shape.key.hi);
    put_text(&json, "query", (const char *)analysis->text);
    if (answer->fingerprint != 0) {
        put_hex(&json, "fingerprint", answer->fingerprint);
    } else {
        put_text(&json, "fingerprint", NULL);
    }
    put_text(&json, "note",
            answer->facts->kind == SQL_MULTI ? "several statements: what is said is said of all "
                                               "of them together"
                                             : NULL);
    put_search_path(&json, of.path, names.search_path);
    http_facts_put(&json, answer->facts, names.resolution);
    catalogs_names_fini(&names);
    put_statistics(&json, analysis);
    json_close(&json, '}');
    enum sl_err err = json_end(&json);
    http_answer_made(analysis->task.request, 200, TYPE_JSON, &buf, err);
}

/* {"error": {"code": "syntax_error", "message": ..., "sqlstate": ..., "position": ...}} */
static void send_syntax_error(struct http_request *request, const struct sql_parse_error *error)
{
    struct sl_buf buf;
    struct json json;

    sl_buf_init(&buf, HTTP_REPLY_MAX);
    json_begin(&json, &buf);
    json_open(&json, '{');
    json_key(&json, "error");
    json_open(&json, '{');
    put_text(&json, "code", "syntax_error");
    put_text(&json, "message", error->message);
    put_text(&json, "sqlstate", error->sqlstate);
    json_key(&json, "position");
    if (error->position > 0) {
        json_int(&json, error->position);
    } else {
        json_text(&json, NULL);
    }
    json_close(&json, '}');
    json_close(&json, '}');
    enum sl_err err = json_end(&json);
    http_answer_made(request, 400, TYPE_JSON, &buf, err);
}

/* ---- what is known of it ---- */

static void take_row(struct analysis *analysis, const struct shape_key *key)
{
    struct observe *observe = statistics_observe();
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = analysis->now};

    if (key->shape.lo != analysis->shape.key.lo || key->shape.hi != analysis->shape.key.hi ||
            (analysis->database != NULL && strcmp(names_text(observe_names(observe), key->database),
                                                   analysis->database) != 0)) {
        return;
    }
    if (analysis->count == ANALYZE_ROWS_MAX) {
        analysis->left_out++;
    } else if (shape_store_get(
                       observe_store(observe), key, &analysis->rows[analysis->count], cut)) {
        analysis->count++;
    }
}

static void look_for_rows(struct http_task *task)
{
    struct analysis *analysis = SL_CONTAINER(task, struct analysis, task);
    struct shape_store *store = observe_store(statistics_observe());
    const struct shape_cut cut = {.now = analysis->now};
    struct shape_row rows[BATCH];

    for (uint32_t seen = 0; analysis->cursor != SHAPE_STORE_END && seen < STEP_ROWS;
            seen += BATCH) {
        uint32_t count = shape_store_read(store, &analysis->cursor, rows, BATCH, cut);
        for (uint32_t i = 0; i < count; i++) {
            take_row(analysis, &rows[i].key);
        }
    }
    if (analysis->cursor == SHAPE_STORE_END) {
        send_analysis(analysis);
    } else {
        http_task_again(task);
    }
}

static void flushed(struct http_gather *gather, void *context, bool is_whole)
{
    struct http_request *request = context;
    struct analysis *analysis = SL_CONTAINER(request->task, struct analysis, task);

    (void)gather;
    (void)is_whole; /* of a worker that ended its last second is missing */
    analysis->now = sl_now();
    analysis->task.step = look_for_rows;
    http_task_again(&analysis->task);
}

/* ---- the parser ---- */

static void read_answer(struct http_task *task)
{
    struct analysis *analysis = SL_CONTAINER(task, struct analysis, task);
    const struct parser_answer *answer = &analysis->answer;

    if (answer->err == SL_EINVAL) {
        send_syntax_error(task->request, &answer->error);
    } else if (answer->err != SL_OK) {
        refuse_for(task->request, answer->err);
    } else if (!http_flush(task->request, flushed)) {
        refuse_for(task->request, SL_ENOMEM);
    }
}

/* On the parser's thread. */
static void parsed(void *arg, const struct parser_answer *answer)
{
    struct analysis *analysis = arg;

    analysis->answer = *answer;
    mailbox_post(analysis->task.home, &analysis->task.letter);
}

/* ---- the request ---- */

/* The shape's text is not longer: at worst a "?" of one byte becomes a "??" between blanks. */
static size_t room_for(size_t len)
{
    return 4 * len + SHAPE_ROOM_MIN;
}

/* False: refused. */
static bool read_body(struct analysis *analysis, struct http_request *request)
{
    struct json_member members[] = {{.name = "sql"}, {.name = "db", .is_optional = true},
            {.name = "user", .is_optional = true}};
    enum sl_err err = json_read(&analysis->body, request->body, members, SL_COUNT(members));

    if (err != SL_OK) {
        http_refuse(request, err == SL_EINVAL ? 400 : 503, "%s",
                err == SL_EINVAL ? analysis->body.why : "out of memory");
        return false;
    }
    analysis->sql = members[0].value;
    analysis->database = (const char *)members[1].value.at;
    analysis->user = (const char *)members[2].value.at;
    if (analysis->sql.len > SQL_TEXT_MAX) {
        http_refuse(request, 413, "the statement is longer than %d bytes", SQL_TEXT_MAX);
        return false;
    }
    return true;
}

/* False: refused. */
static bool name_shape(struct analysis *analysis, struct http_request *request)
{
    const struct shape_options options = {.encoding = SHAPE_ENCODING_SAFE};
    size_t room = room_for(analysis->sql.len);

    analysis->text = malloc(room + 1);
    if (analysis->text == NULL) {
        http_refuse(request, 503, "out of memory");
        return false;
    }
    shape_of(analysis->sql, options, (struct shape_room){.text = analysis->text, .text_max = room},
            &analysis->shape);
    analysis->text[analysis->shape.text_len] = '\0';
    return true;
}

static void begin(struct http_request *request)
{
    struct analysis *analysis = calloc(1, sizeof *analysis);

    if (analysis == NULL) {
        http_refuse(request, 503, "out of memory");
        return;
    }
    analyses++;
    analysis->task.step = read_answer;
    analysis->task.free = free_analysis;
    http_task_begin(&analysis->task, request);
    if (!read_body(analysis, request) || !name_shape(analysis, request)) {
        return;
    }
    http_task_lend(&analysis->task);
    if (parser_ask(analysis->sql, parsed, analysis) != SL_OK) {
        http_task_not_lent(&analysis->task);
        http_add_header(request, "Retry-After", "1");
        http_refuse(request, 503, "the parser has too much to do, or does not run");
    }
}

static bool is_json(const char *type)
{
    static const char json[] = TYPE_JSON;
    size_t len = sizeof json - 1;

    return type == NULL || (strncasecmp(type, json, len) == 0 && strchr("; \t", type[len]) != NULL);
}

void http_analyze(struct http_request *request)
{
    if (!http_is_allowed(request)) {
        return;
    }
    if (!is_json(request->content_type)) {
        http_refuse(request, 415, "the body must be " TYPE_JSON);
    } else if (statistics_observe() == NULL) {
        http_refuse(request, 503, "there is no parser: [stats] mode is off");
    } else if (request->body.len > ANALYZE_BODY_MAX) {
        http_refuse(request, 413, "the body is longer than %d bytes", ANALYZE_BODY_MAX);
    } else if (analyses >= ANALYSES_MAX) {
        http_add_header(request, "Retry-After", "1");
        http_refuse(request, 503, "%d statements are being analysed", ANALYSES_MAX);
    } else {
        begin(request);
    }
}
