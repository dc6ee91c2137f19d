/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/pipelines.c - making pipelines, playing them, comparing replies.
 */
#include "tests/support/pipelines.h"

#include "tests/support/proc.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGES_MIN = 3,
    MESSAGES_MAX = 24,
    CLIENTS_MAX = 8,
    SHOWN_MAX = 5, /* pipelines that differ are shown whole, so many */
    REPLY_SHOWN = 200
};

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

/* ---- making ------------------------------------------------------------------------------- */

struct maker {
    uint64_t state;
    char *text;
    size_t len;
};

/* What it says twice is said more often. DEALLOCATE of one name is not our statements' yet. */
static const char *const statements[] = {"select 1", "select 1", "select 1", "select 2", "select 2",
        "select g from generate_series(1, 5) g", "select g from generate_series(1, 5) g",
        "deallocate all", "discard all", "begin", "begin", "commit", "rollback", "savepoint s",
        "rollback to s", "bad sql", "select 1 / 0", "", "set application_name = 'x'",
        "show application_name", "reset all", "copy pipelined from stdin",
        "copy (select 1) to stdout", "values (1), (2)"};

static const char *const queries[] = {"select 1; select 2", "begin; bad sql", "select 1; rollback",
        "begin; select 1; commit", "select 1 / 0; select 2", "copy (select 1) to stdout; select 3"};

static const char *const names[] = {"-", "-", "a", "b"};
static const char *const portals[] = {"-", "-", "-", "p"};

/* splitmix64, by Sebastiano Vigna, in the public domain. */
static uint32_t draw(struct maker *maker, uint32_t below)
{
    maker->state += 0x9e3779b97f4a7c15U;
    uint64_t z = maker->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

#define ONE_OF(maker, array) ((array)[draw(maker, COUNT_OF(array))])

static void line(struct maker *maker, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void line(struct maker *maker, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = PIPELINE_MAX - maker->len;
    int len = vsnprintf(maker->text + maker->len, room, format, args);
    va_end(args);
    if (len < 0 || (size_t)len + 1 >= room) {
        proc_die("a pipeline is too long");
    }
    maker->len += (size_t)len;
    maker->text[maker->len++] = '\n';
    maker->text[maker->len] = '\0';
}

/* Data for a COPY that may have begun; elsewhere it is ignored. */
static void put_data(struct maker *maker)
{
    line(maker, "d 1");
    line(maker, draw(maker, 4) == 0 ? "f no" : "c");
}

static void put_query(struct maker *maker)
{
    bool is_long = draw(maker, 3) == 0;
    const char *query = is_long ? ONE_OF(maker, queries) : ONE_OF(maker, statements);
    line(maker, "Q %s", query);
    if (strstr(query, "from stdin") != NULL && draw(maker, 3) > 0) {
        put_data(maker);
    }
}

static void put_execution(struct maker *maker, const char *name)
{
    const char *portal = ONE_OF(maker, portals);
    line(maker, "B %s %s", portal, name);
    for (uint32_t times = 1 + draw(maker, 2); times > 0; times--) {
        line(maker, "E %s %u", portal, draw(maker, 3) > 0 ? 0 : draw(maker, 4));
    }
    if (draw(maker, 12) == 0) {
        put_data(maker);
    }
}

static void put_one(struct maker *maker)
{
    const char *name = ONE_OF(maker, names);
    uint32_t dice = draw(maker, 100);
    if (dice < 22) {
        line(maker, "P %s %s", name, ONE_OF(maker, statements));
    } else if (dice < 32) {
        line(maker, "P %s %s", name, ONE_OF(maker, statements));
        put_execution(maker, name);
    } else if (dice < 50) {
        put_execution(maker, name);
    } else if (dice < 56) {
        line(maker, "D S %s", name);
    } else if (dice < 60) {
        line(maker, "D P %s", ONE_OF(maker, portals));
    } else if (dice < 66) {
        line(maker, "C S %s", name);
    } else if (dice < 68) {
        line(maker, "C P %s", ONE_OF(maker, portals));
    } else if (dice < 71) {
        line(maker, "H");
    } else if (dice < 87) {
        line(maker, "S");
    } else {
        put_query(maker);
    }
}

void pipeline_text(uint64_t seed, char text[PIPELINE_MAX])
{
    struct maker maker = {.state = seed, .text = text};
    uint32_t count = MESSAGES_MIN + draw(&maker, MESSAGES_MAX - MESSAGES_MIN);
    text[0] = '\0';
    while (count-- > 0) {
        put_one(&maker);
    }
    line(&maker, "c"); /* so that no COPY waits for ever */
    line(&maker, "S");
    line(&maker, "X");
}

/* ---- comparing ---------------------------------------------------------------------------- */

/* A field of an error, "" when it is not there. */
static const char *field(const struct script_reply *reply, char kind)
{
    for (size_t at = 0; at < reply->len; at += strlen(reply->body + at) + 1) {
        if (reply->body[at] == kind) {
            return reply->body + at + 1;
        }
    }
    return "";
}

/*
 * Where a text goes on behind what may differ: a statement's name, as the server knows one of ours;
 * the type of what ended a COPY, as a Parse may go ahead of the Bind that did, and what is sent to
 * fail in place of another is a Describe.
 */
static const char *skip_name(const char *text)
{
    static const char statement[] = "prepared statement \"";
    static const char amid_copy[] = "unexpected message type 0x";
    if (strncmp(text, statement, sizeof statement - 1) == 0) {
        return strrchr(text, '"');
    }
    size_t len = sizeof amid_copy - 1;
    return strncmp(text, amid_copy, len) == 0 && strlen(text) > len + 2 ? text + len + 2 : text;
}

static bool same_reply(const struct script_reply *want, const struct script_reply *got)
{
    if (want->type != got->type) {
        return false;
    }
    if (want->type == 'E' || want->type == 'N') {
        /* Errors of our own have no position in the text, and no hint. */
        return strcmp(field(want, 'C'), field(got, 'C')) == 0 &&
               strcmp(skip_name(field(want, 'M')), skip_name(field(got, 'M'))) == 0;
    }
    return want->len == got->len && memcmp(want->body, got->body, want->len) == 0;
}

/*
 * What is documented to differ (proxy/README.md, "What it does not do yet"): a statement that has
 * no rows is described in a failed transaction, too; not by us, who have to prepare it first. What
 * follows depends on it, so that the rest of such a pipeline is not compared.
 */
static bool is_let_off(const struct script_reply *want, const struct script_reply *got)
{
    return want->type == 't' && got->type == 'E' && strcmp(field(got, 'C'), "25P02") == 0;
}

/* The first reply behind the login that differs, or SIZE_MAX. */
static size_t differs(const struct script_log *want, const struct script_log *got)
{
    size_t i = 0;
    for (;; i++) {
        size_t w = want->marks[0] + i;
        size_t g = got->marks[0] + i;
        if (w >= want->count || g >= got->count) {
            return w >= want->count && g >= got->count ? SIZE_MAX : i;
        }
        if (is_let_off(&want->replies[w], &got->replies[g])) {
            return SIZE_MAX;
        }
        if (!same_reply(&want->replies[w], &got->replies[g])) {
            return i;
        }
    }
}

/* ---- playing ------------------------------------------------------------------------------ */

struct play {
    const struct script_peer *peers;
    size_t peer_count;
    struct script_log logins[PIPELINE_PEERS_MAX]; /* says how many replies a login has */
    uint64_t first;
    uint64_t count;
    _Atomic uint64_t next;
    _Atomic size_t different;
    pthread_mutex_t show;
};

struct difference {
    const struct script_peer *peer;
    const struct script_log *want;
    const struct script_log *got;
    size_t at;
};

static void show(
        struct play *play, uint64_t seed, const char *text, const struct difference *difference)
{
    const struct script_log *want = difference->want;
    const struct script_log *got = difference->got;
    char reply[REPLY_SHOWN];
    if (atomic_load(&play->different) > SHOWN_MAX) {
        return;
    }
    pthread_mutex_lock(&play->show);
    fprintf(stderr, "pipeline of seed %llu: %s differs at reply %zu\n%s", (unsigned long long)seed,
            difference->peer->name, difference->at, text);
    fprintf(stderr, "  want %s\n",
            script_reply_text(want, want->marks[0] + difference->at, reply, sizeof reply));
    fprintf(stderr, "  got  %s\n",
            script_reply_text(got, got->marks[0] + difference->at, reply, sizeof reply));
    pthread_mutex_unlock(&play->show);
}

static void play_one(struct play *play, uint64_t seed)
{
    char text[PIPELINE_MAX];
    struct script script = {.name = "pipeline", .text = text};
    struct script_log want;
    bool is_different = false;
    pipeline_text(seed, text);
    script_run(&want, &script, &play->peers[0], &play->logins[0]);
    for (size_t p = 1; p < play->peer_count; p++) {
        struct script_log got;
        script_run(&got, &script, &play->peers[p], &play->logins[p]);
        size_t at = differs(&want, &got);
        if (at != SIZE_MAX) {
            struct difference difference = {&play->peers[p], &want, &got, at};
            atomic_fetch_add(&play->different, is_different ? 0 : 1);
            is_different = true;
            show(play, seed, text, &difference);
        }
        script_log_fini(&got);
    }
    script_log_fini(&want);
}

static void *play_on(void *arg)
{
    struct play *play = arg;
    for (;;) {
        uint64_t i = atomic_fetch_add(&play->next, 1);
        if (i >= play->count) {
            return NULL;
        }
        play_one(play, play->first + i);
    }
}

size_t pipelines_play(const struct script_peer *peers, size_t peer_count, uint64_t first,
        uint64_t count, unsigned clients)
{
    static const struct script nothing = {.name = "login", .text = ""};
    struct play play = {.peers = peers,
            .peer_count = peer_count,
            .first = first,
            .count = count,
            .show = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[CLIENTS_MAX];
    if (clients > CLIENTS_MAX || peer_count > PIPELINE_PEERS_MAX) {
        proc_die("too many clients or peers");
    }
    for (size_t p = 0; p < peer_count; p++) {
        struct script_log login;
        script_run(&login, &nothing, &peers[p], NULL);
        play.logins[p].marks[0] = login.marks[0];
        play.logins[p].mark_count = 1; /* and no count: the end is that of the connection */
        script_log_fini(&login);
    }
    for (unsigned i = 0; i < clients; i++) {
        if (pthread_create(&threads[i], NULL, play_on, &play) != 0) {
            proc_die("no thread");
        }
    }
    for (unsigned i = 0; i < clients; i++) {
        pthread_join(threads[i], NULL);
    }
    return atomic_load(&play.different);
}
