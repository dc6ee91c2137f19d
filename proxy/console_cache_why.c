/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_why.c - CACHE_WHY: what a statement is to the cache, in each pool that ran it; and
 * EXPLAIN CACHE, of one that nobody has run.
 */
#include "proxy/console_cache_why.h"

#include "cache/hint.h"
#include "cache/point.h"
#include "cache/watch.h"
#include "conf/conf_policy.h"
#include "optimizer/observe.h"
#include "protocol/sql_facts.h"
#include "protocol/sqlstate.h"
#include "protocol/time_words.h"
#include "proxy/caching.h"
#include "proxy/caching_policy.h"
#include "proxy/caching_status.h"
#include "proxy/caching_watch.h"
#include "proxy/catalogs_epoch.h"
#include "proxy/catalogs_names.h"
#include "proxy/console_cache.h"
#include "proxy/console_facts.h"
#include "proxy/console_find.h"
#include "proxy/console_show.h"
#include "proxy/console_state.h"
#include "proxy/parser.h"
#include "proxy/plans.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/search_paths.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_SIZE = 128, LINE_SIZE = 600 };

static const struct reply_column why_columns[] = {
        {"section", REPLY_TEXT}, {"name", REPLY_TEXT}, {"value", REPLY_TEXT}};

/* What one row after another is said of. */
struct saying {
    struct view_visit *visit;
    const char *section;
    const struct conf *conf;
    const struct catalog *catalog; /* NULL: not known */
    uint64_t database;
    struct caching_whose whose;
    const struct sl_span *text; /* the statement's; NULL: only its shape is known */
};

static void put_list(const struct saying *saying, const char *name, struct sl_buf *list)
{
    struct sl_span text = sl_buf_borrow(list);

    console_put_line(
            saying->visit, saying->section, name, "%.*s", (int)text.len, (const char *)text.at);
}

/* ---- how its tables' writes are known ---- */

/* "": it is up. Good until the status goes. */
static const char *why_no_stream(uint64_t database, struct watched_status *status)
{
    struct watched *watched = NULL;
    const char *why = "nobody has asked for that database yet";
    char name[NAME_SIZE];

    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        if (watched_database(watched) == database) {
            watched_status(watched, status);
            why = caching_why_not_up(status);
        }
        watched_unref(watched);
    }
    return why;
}

static void put_reads(const struct saying *saying, const struct policy *policy)
{
    struct watched_status status;
    bool needs_stream = false;
    struct sl_buf list;

    sl_buf_init(&list, LINE_SIZE);
    for (uint32_t i = 0; i < policy->reads.count; i++) {
        uint32_t tree = policy->reads.trees[i];
        enum caching_coverage coverage = caching_coverage(saying->conf, saying->catalog, tree);
        needs_stream |= coverage == CACHING_BY_STREAM;
        SL_IGNORE(sl_buf_printf(&list, "%s", i > 0 ? ", " : ""), "it ends where the line does");
        console_cache_put_tree(&list, saying->catalog, tree);
        SL_IGNORE(sl_buf_printf(&list, " (%s)", caching_coverage_name(coverage)), "likewise");
    }
    put_list(saying, "reads", &list);
    sl_buf_fini(&list);
    if (needs_stream) {
        const char *why = why_no_stream(saying->database, &status);
        console_put_line(saying->visit, saying->section, "stream", "%s%s",
                why[0] == '\0' ? "up" : "not up: ", why);
    }
}

/* ---- what the configuration and its text say ---- */

static void put_said(const struct saying *saying, struct sl_span of, const struct conf_policy *said)
{
    char text[32];

    if (said != NULL && caching_policy_text(said, text, sizeof text)[0] != '\0') {
        console_put_line(saying->visit, saying->section, "policy", "%.*s: %s", (int)of.len,
                (const char *)of.at, text);
    }
}

static void put_policies(const struct saying *saying, const struct policy *policy)
{
    const struct caching_whose *whose = &saying->whose;
    struct sl_buf name;
    char id[17];

    for (uint32_t i = 0; i < policy->reads.count; i++) {
        const struct conf_policy said = caching_policy_of_table(
                saying->conf, saying->catalog, whose->database, policy->reads.trees[i]);
        sl_buf_init(&name, LINE_SIZE);
        console_cache_put_tree(&name, saying->catalog, policy->reads.trees[i]);
        put_said(saying, sl_buf_borrow(&name), &said);
        sl_buf_fini(&name);
    }
    put_said(saying, sl_span_text("its role"),
            conf_find_policy(saying->conf, CONF_POLICY_ROLES, whose->role));
    snprintf(id, sizeof id, "%016" PRIx64, whose->shape.hi);
    put_said(saying, sl_span_text("its shape"),
            conf_find_policy(saying->conf, CONF_POLICY_SHAPES, id));
}

/* True: it says that it is neither looked up nor kept. */
static bool put_hint(const struct saying *saying)
{
    struct hint hint = {.unknown = 0};

    if (saying->text == NULL || !hint_may_be_in(*saying->text)) {
        return false;
    }
    hint_read(*saying->text, (struct shape_options){.backslashes = false}, &hint);
    if (hint.is_off) {
        console_put_line(saying->visit, saying->section, "hint", "off");
    }
    if (hint.ttl != 0) {
        console_put_line(
                saying->visit, saying->section, "hint", "ttl=%" PRId64 "ms", hint.ttl / SL_MSEC);
    }
    if (hint.stale != 0) {
        console_put_line(saying->visit, saying->section, "hint", "stale=%" PRId64 "ms",
                hint.stale / SL_MSEC);
    }
    if (hint.unknown != 0) {
        console_put_line(
                saying->visit, saying->section, "hint", "%" PRIu32 " not understood", hint.unknown);
    }
    return hint.is_off;
}

/* ---- what it depends on ---- */

static void put_column(struct sl_buf *list, const struct catalog *catalog,
        const struct catalog_details *table, int16_t number)
{
    const struct catalog_column *column =
            table == NULL ? NULL : catalog_column_of(catalog, table, number);

    SL_IGNORE(sl_buf_printf(list, "%s%s", sl_buf_len(list) > 0 ? ", " : "",
                      column == NULL ? "?" : catalog_column_name(catalog, column)),
            "it ends where the line does");
}

static const struct catalog_details *table_of(const struct catalog *catalog, uint32_t tree)
{
    for (uint32_t i = 0; catalog != NULL && i < catalog->relations_count; i++) {
        if (catalog->relations[i].oid == tree) {
            return catalog_details_of(catalog, &catalog->relations[i]);
        }
    }
    return NULL;
}

/* Its primary key's, or those of the set by which it is kept. */
static void put_columns(
        struct sl_buf *list, const struct catalog *catalog, const struct policy *policy)
{
    if (policy->point.tree == 0) {
        const struct catalog_details *table = table_of(catalog, policy->rows.set.tree);
        for (unsigned i = 0; i < policy->rows.columns.count; i++) {
            put_column(list, catalog, table, policy->rows.columns.numbers[i]);
        }
        return;
    }
    const struct catalog_details *table = table_of(catalog, policy->point.tree);
    const struct catalog_key *key = table == NULL ? NULL : point_key(catalog, table);
    for (unsigned i = 0; key != NULL && i < key->columns_count; i++) {
        put_column(list, catalog, table, key->columns[i]);
    }
}

static void put_class(const struct saying *saying, const struct policy *policy)
{
    struct sl_buf list;

    if (policy->point.tree == 0 && policy->rows.set.tree == 0) {
        console_put_line(saying->visit, saying->section, "class",
                "table: any write to a table that it reads makes it stale");
        return;
    }
    sl_buf_init(&list, LINE_SIZE);
    put_columns(&list, saying->catalog, policy);
    struct sl_span text = sl_buf_borrow(&list);
    if (policy->point.tree != 0) {
        console_put_line(saying->visit, saying->section, "class",
                "point: a write to another row, by (%.*s), leaves it fresh", (int)text.len,
                (const char *)text.at);
    } else {
        console_put_line(saying->visit, saying->section, "class",
                "rows: a write to a row with other values of (%.*s) leaves it fresh%s",
                (int)text.len, (const char *)text.at,
                policy->rows.is_open ? ", but not an UPDATE or DELETE, which may change what else "
                                       "is asked of a row"
                                     : "");
    }
    sl_buf_fini(&list);
}

static void put_writes(const struct saying *saying, const struct policy *policy)
{
    const struct policy_trees *writes = &policy->writes;
    struct sl_buf list;

    sl_buf_init(&list, LINE_SIZE);
    if (policy->writes_nothing) {
        SL_IGNORE(sl_buf_printf(&list, "nothing"), "it ends where the line does");
    } else if (writes->is_any) {
        SL_IGNORE(sl_buf_printf(&list, "any table, as far as it is known"), "likewise");
    }
    for (uint32_t i = 0; !policy->writes_nothing && !writes->is_any && i < writes->count; i++) {
        SL_IGNORE(sl_buf_printf(&list, "%s", i > 0 ? ", " : ""), "likewise");
        console_cache_put_tree(&list, saying->catalog, writes->trees[i]);
    }
    if (policy->row.rows != POLICY_ROWS_ANY) {
        SL_IGNORE(sl_buf_printf(&list, "%s%s", sl_buf_len(&list) > 0 ? ", " : "",
                          policy->row.rows == POLICY_ROWS_POINT ? "one row, by its key, of "
                                                                : "new rows of "),
                "likewise");
        console_cache_put_tree(&list, saying->catalog, policy->row.tree);
    }
    put_list(saying, "writes", &list);
    sl_buf_fini(&list);
}

/* ---- the verdict ---- */

static bool is_covered(const struct saying *saying, const struct policy *policy)
{
    struct watched_status status;
    bool is_covered = true;

    for (uint32_t i = 0; i < policy->reads.count; i++) {
        enum caching_coverage coverage =
                caching_coverage(saying->conf, saying->catalog, policy->reads.trees[i]);
        is_covered &= coverage != CACHING_BY_NOTHING &&
                      (coverage != CACHING_BY_STREAM ||
                              why_no_stream(saying->database, &status)[0] == '\0');
    }
    return is_covered;
}

static bool is_off(const struct saying *saying, const struct policy *policy)
{
    return caching_policy_of(saying->conf, saying->catalog, &saying->whose, &policy->reads).cache ==
           0;
}

static void put_policy(const struct saying *saying, const struct policy *policy)
{
    bool is_kept = policy->reason == POLICY_KEPT;
    bool has_time = is_kept && saying->text != NULL && time_words_in_text(*saying->text);
    bool is_hinted_off = put_hint(saying);
    const char *verdict = !is_kept || has_time                      ? "refused"
                          : is_hinted_off || is_off(saying, policy) ? "off"
                          : is_covered(saying, policy)              ? "kept"
                                                                    : "uncovered";

    console_put_line(saying->visit, saying->section, "verdict", "%s", verdict);
    if (!is_kept || has_time) {
        enum policy_reason reason = is_kept ? POLICY_TIME_WORD : policy->reason;
        console_put_line(saying->visit, saying->section, "reason", "%s: %s",
                policy_reason_name(reason), policy_reason_text(reason));
    }
    if (policy->what[0] != '\0') {
        console_put_line(saying->visit, saying->section, "what", "%s", policy->what);
    }
    if (is_kept) {
        put_policies(saying, policy);
        put_reads(saying, policy);
        put_class(saying, policy);
    }
    put_writes(saying, policy);
}

/* What is asked about: its text, as the next; NULL: only its shape is known. */
struct asked_about {
    const struct sl_span *text;
    struct sl_hash128 shape;
};

/* False: no memory. */
static bool put_verdict(struct view_visit *visit, const struct sql_facts *facts,
        const struct catalogs_session *of, const struct asked_about *what)
{
    const struct conf *conf = process_conf();
    const struct conf_database *line = conf_find_database(conf, of->database);
    struct catalogs_names names = {.catalog = NULL};
    const struct policy *policy = NULL;
    char section[NAME_SIZE * 2 + SEARCH_PATH_MAX];

    if (catalogs_names_resolve(facts, of, &names) == SL_OK) {
        policy = caching_policy(facts, &names,
                (struct caching_doubts){.may_shadow = (of->path & SEARCH_PATHS_TEMP) != 0,
                        .may_cascade = true,
                        .by_text = !conf->functions_by_catalog,
                        .text = what->text == NULL ? sl_span("", 0) : *what->text});
    }
    bool is_made = policy != NULL;
    snprintf(section, sizeof section, "%.*s/%.*s, search_path %s", NAME_SIZE - 1, of->database,
            NAME_SIZE - 1, of->user, search_paths_text(of->path));
    if (is_made) {
        const struct saying saying = {.visit = visit,
                .section = section,
                .conf = conf,
                .catalog = names.catalog,
                .database = catalogs_epoch_number(
                        line != NULL ? line : conf->fallback_database, of->database),
                .whose = {.database = of->database, .role = of->user, .shape = what->shape},
                .text = what->text};
        put_policy(&saying, policy);
        policy_unref(policy);
    }
    catalogs_names_fini(&names);
    conf_unref(conf);
    return is_made;
}

/* ---- CACHE_WHY ---- */

static void put_found(struct view_visit *visit, const struct console_found *found)
{
    const struct names *names = observe_names(statistics_observe());
    const struct plan *plan = plans_find(found->keys[0].shape);

    console_put_line(visit, "query", "id", "%016" PRIx64, found->keys[0].shape.hi);
    console_put_line(visit, "query", "text", "%s", plan == NULL ? "" : plan->text);
    if (plan == NULL || plan->facts == NULL) {
        console_put_line(visit, "query", "reason", "%s: %s", policy_reason_name(POLICY_NOT_READ),
                policy_reason_text(POLICY_NOT_READ));
    }
    for (uint32_t i = 0; plan != NULL && plan->facts != NULL && i < found->count; i++) {
        const struct shape_key *key = &found->keys[i];
        const struct catalogs_session of = {.database = names_text(names, key->database),
                .user = names_text(names, key->user),
                .path = key->path};
        const struct asked_about what = {.shape = key->shape};
        if (!console_found_is_again(found, i) && !put_verdict(visit, plan->facts, &of, &what)) {
            visit->out->is_full = true;
        }
    }
    plan_unref(plan);
}

static bool show_why(struct view_visit *visit, void *arg)
{
    const struct console_found *found = NULL;

    if (caching_cache() == NULL) {
        visit->refusal = "nothing is kept: [cache] mode is off";
        return true;
    }
    enum console_step step = console_find_shape(visit, arg, &found);
    if (step == CONSOLE_LAST && found != NULL) {
        put_found(visit, found);
    }
    return step != CONSOLE_AGAIN;
}

const struct view console_views_cache_why[] = {
        {.name = CONSOLE_EXPLAIN_VIEW,
                .sentence = "Whether one shape's answers are kept in each pool that ran it, why "
                            "not, what it reads, what it writes, and what makes it stale.",
                .argument = "id",
                .columns = why_columns,
                .columns_count = SL_COUNT(why_columns),
                .on_worker = show_why,
                .end = console_find_end},
        {.name = NULL},
};

/* ---- EXPLAIN CACHE ---- */

struct explain {
    struct letter letter; /* from the parser's thread */
    struct mailbox *home;
    struct sl_id client;
    const struct view *view;
    struct parser_answer answer;
    char database[NAME_SIZE];
    char user[NAME_SIZE];
    size_t len;
    char text[CONSOLE_VALUE_MAX];
};

static void explain_free(struct explain *explain)
{
    sql_facts_free(explain->answer.facts);
    free(explain);
}

static void refuse(struct console *console, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EINVAL, sqlstate, "%s", text), "the client is told");
    console_refuse(console, &error);
}

static struct console_rows *rows_new(const struct console *console, const struct view *view)
{
    const struct console_portal *portal = console->is_extended ? console->portal : NULL;

    return portal == NULL ? console_rows_new(view, NULL, 0)
                          : console_rows_new(view, portal->formats, portal->formats_count);
}

static void answer(struct console *console, const struct explain *explain)
{
    const struct catalogs_session of = {
            .database = explain->database, .user = explain->user, .path = SEARCH_PATHS_OF_ROLE};
    const struct sl_span text = sl_span(explain->text, explain->len);
    struct asked_about what = {.text = &text};
    struct shape shape;
    struct console_rows *rows = rows_new(console, explain->view);
    struct view_visit visit = {.view = explain->view};

    shape_of(text, (struct shape_options){.backslashes = false}, (struct shape_room){.text = NULL},
            &shape);
    what.shape = shape.key;
    if (rows != NULL) {
        visit.out = &rows->out;
    }
    if (rows == NULL || !put_verdict(&visit, explain->answer.facts, &of, &what)) {
        console_rows_free(rows);
        refuse(console, SL_STATE_OUT_OF_MEMORY, "out of memory");
        return;
    }
    console_done(console, rows);
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct explain *explain = SL_CONTAINER(letter, struct explain, letter);
    struct console *console = worker->stopping ? NULL : console_find(worker, explain->client);
    const struct parser_answer *parsed = &explain->answer;

    if (console == NULL) {
        explain_free(explain);
        return;
    }
    if (parsed->err == SL_EINVAL) {
        refuse(console, SL_STATE_SYNTAX_ERROR, parsed->error.message);
    } else if (parsed->err != SL_OK) {
        refuse(console, SL_STATE_PROGRAM_LIMIT, "the parser gave the statement up");
    } else {
        answer(console, explain);
    }
    explain_free(explain);
}

/* On the parser's thread. */
static void parsed(void *arg, const struct parser_answer *made)
{
    struct explain *explain = arg;

    explain->answer = *made;
    explain->letter.deliver = deliver;
    mailbox_post(explain->home, &explain->letter);
}

/* The only one that has a pool there; false: there is none, or several. */
static bool only_user(const char *database, char user[static NAME_SIZE])
{
    unsigned count = 0;

    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (strcmp(p->database->name, database) == 0) {
            snprintf(user, NAME_SIZE, "%s", p->user->name);
            count++;
        }
    }
    return count == 1;
}

/* NULL: it is well formed; else why not. */
static const char *read_line(struct explain *explain, const char *line)
{
    char word[NAME_SIZE];
    const char *at = console_next_word(line, explain->database, sizeof explain->database);
    const char *behind = at == NULL ? NULL : console_next_word(at, word, sizeof word);
    bool has_user = behind != NULL && strcasecmp(word, "as") == 0;

    if (has_user) {
        at = console_next_word(behind, explain->user, sizeof explain->user);
    }
    if (at == NULL || at[strspn(at, " \t\r\n")] == '\0') {
        return "it is EXPLAIN CACHE database [AS user] statement";
    }
    if (registry_find_database(explain->database) == NULL) {
        return "no such database, or nobody asked for it: EXPLAIN CACHE database [AS user] "
               "statement";
    }
    if (!has_user && !only_user(explain->database, explain->user)) {
        return "none or several users have a pool there: say AS user";
    }
    explain->len = strlen(at);
    memcpy(explain->text, at, explain->len + 1);
    return NULL;
}

void console_cache_explain(struct console *console, const struct view *view, const char *line)
{
    struct explain *explain = calloc(1, sizeof *explain);
    const char *why = explain == NULL ? "out of memory" : read_line(explain, line);

    if (caching_cache() == NULL) {
        why = "nothing is kept: [cache] mode is off";
    }
    if (why != NULL) {
        free(explain);
        refuse(console, SL_STATE_SYNTAX_ERROR, why);
        return;
    }
    explain->home = &console->client->io.worker->mailbox;
    explain->client = console->client->id;
    explain->view = view;
    if (parser_ask(sl_span(explain->text, explain->len), parsed, explain) != SL_OK) {
        free(explain);
        refuse(console, SL_STATE_PROGRAM_LIMIT, "the parser has too much to do, or does not run");
    }
}
