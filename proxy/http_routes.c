/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_routes.h"

#include "proxy/console_show.h"
#include "proxy/http_analyze.h"
#include "proxy/http_files.h"
#include "proxy/http_gather.h"
#include "proxy/http_host.h"
#include "proxy/http_metrics.h"
#include "proxy/http_performance.h"
#include "proxy/json.h"
#include "proxy/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page may do nothing but what its own files here do. */
#define CONTENT_SECURITY                                                                           \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

enum { SMALL_MAX = 256 * 1024 };

#define TYPE_JSON "application/json"

/* ---- /, /dashboard/{file} ---- */

static void send_file(struct http_request *request, const char *name)
{
    for (const struct http_file *file = http_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) != 0) {
            continue;
        }
        http_add_header(request, "ETag", file->etag);
        http_add_header(request, "Cache-Control", "no-cache");
        http_add_header(request, "Content-Security-Policy", CONTENT_SECURITY);
        http_add_header(request, "Referrer-Policy", "no-referrer");
        bool is_known = request->if_none_match != NULL &&
                        (strcmp(request->if_none_match, "*") == 0 ||
                                strstr(request->if_none_match, file->etag) != NULL);
        if (is_known) {
            http_answer(request, 304, NULL, NULL);
        } else {
            http_answer_constant(request, 200, file->type, sl_span(file->bytes, file->len));
        }
        return;
    }
    http_refuse(request, 404, "there is no such file");
}

static void get_page(struct http_request *request)
{
    send_file(request, "index.html");
}

static void get_file(struct http_request *request)
{
    send_file(request, request->parameter);
}

/* ---- /healthz, /readyz ---- */

static void get_health(struct http_request *request)
{
    static const char body[] = "{\"status\":\"ok\"}\n";

    http_add_header(request, "Cache-Control", "no-store");
    http_answer_constant(request, 200, TYPE_JSON, sl_span(body, sizeof body - 1));
}

/* Why no client should be sent here, or NULL. */
static const char *not_ready(void)
{
    if (process_shutdown() != PROCESS_RUNS || process_is_leaving()) {
        return "shutting down";
    }
    if (process_is_suspended()) {
        return "suspended";
    }
    return process_is_paused() ? "paused" : NULL;
}

static void get_readiness(struct http_request *request)
{
    const char *reason = not_ready();
    struct sl_buf body;
    struct json json;

    sl_buf_init(&body, SMALL_MAX);
    json_begin(&json, &body);
    json_open(&json, '{');
    json_key(&json, "ready");
    json_bool(&json, reason == NULL);
    if (reason != NULL) {
        json_key(&json, "reason");
        json_text(&json, reason);
    }
    json_close(&json, '}');
    http_answer_made(request, reason == NULL ? 200 : 503, TYPE_JSON, &body, json_end(&json));
}

/* ---- what is gathered ---- */

/* The request's own, started; or refused. */
static void gather(struct http_request *request, struct http_gather *made,
        void (*done)(struct http_gather *gather, void *context, bool is_whole))
{
    request->gather = made;
    http_gather_start(made, done, request);
}

static struct http_gather *gather_new(struct http_request *request)
{
    struct http_gather *made = http_gather_new(request->mailbox);

    if (made == NULL) {
        http_refuse(request, 503, "out of memory");
    }
    return made;
}

/* ---- /api/views, /api/views/{name} ---- */

static void put_view(struct json *json, const struct view *view)
{
    json_open(json, '{');
    json_key(json, "name");
    json_text(json, view->name);
    json_key(json, "sentence");
    json_text(json, view->sentence);
    json_key(json, "argument");
    json_text(json, view->argument);
    json_key(json, "needs_token");
    json_bool(json, view->is_admin);
    json_key(json, "columns");
    json_open(json, '[');
    for (unsigned i = 0; i < view->columns_count; i++) {
        json_open(json, '{');
        json_key(json, "name");
        json_text(json, view->columns[i].name);
        json_key(json, "type");
        json_text(json, http_rows_type(view->columns[i].type));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void get_views(struct http_request *request)
{
    const struct view *view;
    struct sl_buf body;
    struct json json;

    sl_buf_init(&body, SMALL_MAX);
    json_begin(&json, &body);
    json_open(&json, '{');
    json_key(&json, "views");
    json_open(&json, '[');
    for (unsigned i = 0; (view = console_view_at(i)) != NULL; i++) {
        put_view(&json, view);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    http_answer_made(request, 200, TYPE_JSON, &body, json_end(&json));
}

static void send_view(struct http_gather *made, void *context, bool is_whole)
{
    struct http_request *request = context;
    struct sl_buf body;

    if (made->refusal != NULL) {
        http_refuse(request, 404, "%s", made->refusal);
        return;
    }
    if (!is_whole) {
        http_refuse(request, 503,
                "the view has more than %d MB of rows, or they could not be gathered",
                HTTP_GATHER_BYTES / 1024 / 1024);
        return;
    }
    sl_buf_init(&body, HTTP_REPLY_MAX);
    enum sl_err err = http_rows_json(&made->rows[0], &body);
    http_answer_made(request, 200, TYPE_JSON, &body, err);
}

/* A listed one only: not the settings that drivers ask a console for. */
static const struct view *find_view(const char *name)
{
    const struct view *view;

    for (unsigned i = 0; (view = console_view_at(i)) != NULL; i++) {
        if (strcmp(view->name, name) == 0) {
            return view;
        }
    }
    return NULL;
}

static void get_view(struct http_request *request)
{
    const struct view *view = find_view(request->parameter);

    if (view == NULL) {
        http_refuse(request, 404, "there is no such view; GET /api/views lists them");
        return;
    }
    if (view->is_admin && !http_is_allowed(request)) {
        return;
    }
    const char *argument = http_path_parameter(&request->path, "argument");
    if (argument != NULL && (view->argument == NULL || strlen(argument) >= CONSOLE_ARGUMENT_MAX)) {
        http_refuse(request, 400, "the view takes no such argument");
        return;
    }
    struct http_gather *made = gather_new(request);
    if (made != NULL) {
        snprintf(made->argument, sizeof made->argument, "%s", argument == NULL ? "" : argument);
        made->is_admin = request->token == HTTP_TOKEN_RIGHT;
        http_gather_add(made, view);
        gather(request, made, send_view);
    }
}

/* ---- the table ---- */

#define GET(pattern_, run_, sentence_)                                                             \
    {                                                                                              \
        .pattern = pattern_, .methods = HTTP_GET | HTTP_HEAD, .methods_text = "GET, HEAD",         \
        .run = run_, .sentence = sentence_                                                         \
    }

static const struct http_route routes[] = {
        GET("/", get_page, "the dashboard"),
        GET("/dashboard/{file}", get_file, "its files"),
        GET("/healthz", get_health, "200 while the process is alive"),
        GET("/readyz", get_readiness,
                "200 when clients may be sent here, 503 when paused, suspended or shutting down"),
        GET("/metrics", http_metrics, "everything there is to count, for Prometheus"),
        GET("/api/views", get_views, "the views that SHOW shows, and their columns"),
        GET("/api/views/{name}", get_view, "the rows of one of them"),
        GET("/api/metrics/performance", http_performance,
                "the last hour by shape and in sum: count, mean, p50, p95, p99, max"),
        {.pattern = "/api/queries/analyze",
                .methods = HTTP_POST,
                .methods_text = "POST",
                .run = http_analyze,
                .sentence = "what the statement in the body is, and its statistics"},
};

_Static_assert(SL_COUNT(routes) <= HTTP_ROUTES_MAX, "http_stats.c has room for each");

const struct http_route *http_route_at(int i)
{
    return i >= 0 && (size_t)i < SL_COUNT(routes) ? &routes[i] : NULL;
}

int http_route_number(const struct http_route *route)
{
    return route == NULL ? -1 : (int)(route - routes);
}

/*
 * A page of a stranger's may ask us under a name of its own, but does not know the token. Health and
 * metrics are asked by other hosts, by whatever name they have for us, and tell of no statement.
 */
static bool is_for_us(const struct http_request *request)
{
    const struct http_route *route = request->route;

    return route->run == get_health || route->run == get_readiness || route->run == http_metrics ||
           request->token == HTTP_TOKEN_RIGHT || http_host_is_ours(request->host);
}

void http_route(struct http_request *request)
{
    for (size_t i = 0; i < SL_COUNT(routes); i++) {
        const struct http_route *route = &routes[i];
        if (!http_path_fits(&request->path, route->pattern, &request->parameter)) {
            continue;
        }
        request->route = route;
        if ((route->methods & request->method) == 0) {
            http_add_header(request, "Allow", route->methods_text);
            http_refuse(request, 405, "%s takes %s", route->pattern, route->methods_text);
        } else if (!is_for_us(request)) {
            http_refuse(request, 421,
                    "without the token the Host must be an address, localhost or a name without "
                    "a dot");
        } else {
            route->run(request);
        }
        return;
    }
    char list[512];
    size_t used = 0;
    for (size_t i = 0; i < SL_COUNT(routes) && used < sizeof list; i++) {
        int len = snprintf(
                list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", routes[i].pattern);
        used += len < 0 ? 0 : (size_t)len;
    }
    http_refuse(request, 404, "nothing is served there; there are %s", list);
}
