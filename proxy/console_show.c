/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_show.h"

#include "protocol/back.h"
#include "protocol/base/utf8.h"
#include "protocol/sqlstate.h"
#include "proxy/console_state.h"
#include "proxy/console_tour.h"
#include "proxy/console_verbs.h"
#include "proxy/worker.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const struct view *const lists[] = {console_views_pools, console_views_sockets,
        console_views_stats, console_views_process, console_views_queries, console_views_latency,
        console_views_slow, console_views_query, console_views_history, console_views_workload,
        console_views_cache, console_views_cache_redis, console_views_cache_keys,
        console_views_cache_report, console_views_cache_shapes, console_views_cache_why,
        console_views_catalog, console_views_pins, console_views_listeners};

/* ---- settings that a console has not, and drivers ask for ---- */

struct fake {
    const char *name;
    const char *value;
};

static const struct fake fakes[] = {{"client_encoding", "UTF-8"},
        {"default_transaction_isolation", "read committed"}, {"standard_conforming_strings", "on"},
        {"datestyle", "ISO"}, {"timezone", "GMT"}, {"server_version", SLUICE_VERSION "/bouncer"}};

static void show_fake(struct view_visit *visit)
{
    struct view_row row;

    view_row_begin(&row);
    for (size_t i = 0; i < SL_COUNT(fakes); i++) {
        if (strcmp(fakes[i].name, visit->view->name) == 0) {
            view_add_text(&row, fakes[i].value);
        }
    }
    view_put(visit, &row);
}

#define FAKE(name_)                                                                                \
    {                                                                                              \
        .name = name_, .sentence = "For drivers that ask.",                                        \
        .columns = (const struct reply_column[]){{name_, REPLY_TEXT}}, .columns_count = 1,         \
        .finish = show_fake                                                                        \
    }

static const struct view fake_views[] = {FAKE("client_encoding"),
        FAKE("default_transaction_isolation"), FAKE("standard_conforming_strings"),
        FAKE("datestyle"), FAKE("timezone"), FAKE("server_version")};

_Static_assert(SL_COUNT(fake_views) == SL_COUNT(fakes), "one view a setting");

/* ---- the table ---- */

const struct view *console_view_at(unsigned i)
{
    for (size_t l = 0; l < SL_COUNT(lists); l++) {
        for (const struct view *view = lists[l]; view->name != NULL; view++) {
            if (i-- == 0) {
                return view;
            }
        }
    }
    return NULL;
}

const struct view *console_view_find(const char *name)
{
    const struct view *view;

    for (unsigned i = 0; (view = console_view_at(i)) != NULL; i++) {
        if (strcasecmp(view->name, name) == 0) {
            return view;
        }
    }
    for (size_t i = 0; i < SL_COUNT(fake_views); i++) {
        if (strcasecmp(fake_views[i].name, name) == 0) {
            return &fake_views[i];
        }
    }
    return NULL;
}

/* ---- rows ---- */

void console_add_time(struct view_row *row, sl_usec at)
{
    time_t seconds = (time_t)((sl_wall_now() - (sl_now() - at)) / SL_SECOND);
    char text[64];
    struct tm tm;

    if (at == 0 || gmtime_r(&seconds, &tm) == NULL ||
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0) {
        view_add_text(row, NULL);
        return;
    }
    view_add_copy(row, text);
}

static bool is_utf8(const char *text)
{
    size_t len;

    while (*text != '\0' && (len = sl_utf8_len(text)) > 0) {
        text += len;
    }
    return *text == '\0';
}

/* A copy in which each byte that is of no character is replaced; NULL: no memory. */
static char *made_utf8(const char *text)
{
    char *made = malloc(strlen(text) * strlen(SL_UTF8_REPLACEMENT) + 1);
    char *to = made;

    while (made != NULL && *text != '\0') {
        size_t len = sl_utf8_len(text);
        size_t put = len > 0 ? len : strlen(SL_UTF8_REPLACEMENT);
        memcpy(to, len > 0 ? text : SL_UTF8_REPLACEMENT, put);
        to += put;
        text += len > 0 ? len : 1;
    }
    if (made != NULL) {
        *to = '\0';
    }
    return made;
}

/* In UTF-8, as client_encoding says: names and texts are of any encoding. */
static bool put_row(struct view_out *out, const struct view_row *row)
{
    struct console_rows *rows = SL_CONTAINER(out, struct console_rows, out);
    const char *values[VIEW_COLUMNS_MAX] = {NULL};
    char *made[VIEW_COLUMNS_MAX];
    unsigned made_count = 0;
    bool is_put = true;

    for (unsigned i = 0; i < row->count && is_put; i++) {
        values[i] = row->values[i];
        if (values[i] != NULL && !is_utf8(values[i])) {
            values[i] = made[made_count++] = made_utf8(values[i]);
            is_put = values[i] != NULL;
        }
    }
    is_put = is_put && reply_put_row(&rows->reply, values) == SL_OK;
    while (made_count > 0) {
        free(made[--made_count]);
    }
    return is_put;
}

struct console_rows *console_rows_new(
        const struct view *view, const uint16_t *formats, uint16_t formats_count)
{
    struct console_rows *rows = calloc(1, sizeof *rows);

    if (rows == NULL) {
        return NULL;
    }
    rows->out.put = put_row;
    sl_buf_init(&rows->buf, CONSOLE_ROWS_MAX);
    reply_init(&rows->reply, &rows->buf, view->columns, view->columns_count);
    if (formats_count > 0) {
        memcpy(rows->formats, formats, formats_count * sizeof *formats);
    }
    if (reply_set_formats(&rows->reply, rows->formats, formats_count) != SL_OK) {
        console_rows_free(rows);
        return NULL;
    }
    return rows;
}

void console_rows_free(struct console_rows *rows)
{
    if (rows != NULL) {
        sl_buf_fini(&rows->buf);
        free(rows);
    }
}

/* ---- SHOW ---- */

struct show {
    struct console_tour tour;
    struct view_visit visit;
    struct console_rows *rows;
    char argument[CONSOLE_ARGUMENT_MAX];
};

static void show_free(struct show *show)
{
    view_end(&show->visit);
    console_rows_free(show->rows);
    free(show);
}

static void drop(struct console_tour *tour)
{
    show_free(SL_CONTAINER(tour, struct show, tour));
}

static bool on_worker(struct console_tour *tour, struct worker *worker)
{
    struct show *show = SL_CONTAINER(tour, struct show, tour);
    bool is_done = show->visit.out->is_full || show->visit.refusal != NULL ||
                   show->visit.view->on_worker(&show->visit, worker);

    if (is_done) {
        show->visit.cursor = 0;
    }
    return is_done;
}

static void answer(struct console *console, struct show *show)
{
    struct sl_error error;

    if (show->visit.refusal == NULL && show->visit.view->finish != NULL &&
            !show->visit.out->is_full) {
        show->visit.view->finish(&show->visit);
    }
    if (show->visit.refusal != NULL) {
        SL_IGNORE(sl_error_set(
                          &error, SL_EINVAL, SL_STATE_INVALID_PARAMETER, "%s", show->visit.refusal),
                "the client is told");
        show_free(show);
        console_refuse(console, &error);
        return;
    }
    if (show->visit.out->is_full) {
        show_free(show);
        SL_IGNORE(sl_error_set(&error, SL_ELIMIT, SL_STATE_PROGRAM_LIMIT,
                          "there are more rows than the console sends at once"),
                "the client is told");
        console_refuse(console, &error);
        return;
    }
    struct console_rows *rows = show->rows;
    show->rows = NULL;
    show_free(show);
    console_done(console, rows);
}

static void home(struct console_tour *tour, struct worker *worker)
{
    struct show *show = SL_CONTAINER(tour, struct show, tour);
    struct console *console = console_find(worker, tour->client);

    if (console == NULL) {
        show_free(show);
        return;
    }
    answer(console, show);
}

static struct show *show_new(
        const struct console *console, const struct view *view, const char *argument)
{
    const struct console_portal *portal = console->is_extended ? console->portal : NULL;
    struct show *show = calloc(1, sizeof *show);

    if (show == NULL) {
        return NULL;
    }
    show->rows = portal == NULL ? console_rows_new(view, NULL, 0)
                                : console_rows_new(view, portal->formats, portal->formats_count);
    if (show->rows == NULL) {
        free(show);
        return NULL;
    }
    snprintf(show->argument, sizeof show->argument, "%s", argument);
    show->visit.argument = show->argument;
    show->visit.view = view;
    show->visit.is_admin = console->is_admin;
    show->visit.out = &show->rows->out;
    show->tour.client = console->client->id;
    show->tour.visit = on_worker;
    show->tour.home = home;
    show->tour.drop = drop;
    return show;
}

void console_show(struct console *console, const struct view *view, const char *argument)
{
    struct show *show = show_new(console, view, argument);
    struct sl_error error;

    if (show == NULL) {
        SL_IGNORE(sl_error_set(&error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory"),
                "the client is told");
        console_refuse(console, &error);
    } else if (view->on_worker != NULL) {
        console_tour_start(&show->tour, &console->client->io.worker->mailbox);
    } else {
        answer(console, show);
    }
}

/* ---- SHOW HELP ---- */

static enum sl_err put_upper(struct sl_buf *text, const char *name)
{
    enum sl_err err = SL_OK;

    for (; err == SL_OK && *name != '\0'; name++) {
        err = sl_buf_put_u8(text, (uint8_t)toupper((unsigned char)*name));
    }
    return err;
}

static enum sl_err put_help(struct sl_buf *text)
{
    const struct view *view;
    const char *usage;

    enum sl_err err = sl_buf_printf(text, "Console usage\n\tSHOW HELP");
    for (unsigned i = 0; err == SL_OK && (view = console_view_at(i)) != NULL; i++) {
        err = sl_buf_printf(text, i % 8 == 7 ? "\n\tSHOW " : "|");
        err = err == SL_OK ? put_upper(text, view->name) : err;
    }
    err = err == SL_OK ? sl_buf_printf(text, "\n\tSET key = arg") : err;
    err = err == SL_OK ? sl_buf_printf(text, "\n\tEXPLAIN CACHE <db> [AS <user>] <statement>")
                       : err;
    for (unsigned i = 0; err == SL_OK && (usage = console_verb_usage(i)) != NULL; i++) {
        err = sl_buf_printf(text, "\n\t%s", usage);
    }
    return err == SL_OK ? sl_buf_put_u8(text, 0) : err;
}

void console_show_help(struct console *console)
{
    struct sl_buf text;

    sl_buf_init(&text, CONSOLE_MESSAGE_MAX);
    enum sl_err err = put_help(&text);
    if (err == SL_OK) {
        err = back_put_notice(
                &console->out, "NOTICE", "00000", (const char *)sl_buf_borrow(&text).at);
    }
    sl_buf_fini(&text);
    console_check(console, err);
    console_complete(console, "SHOW");
}
