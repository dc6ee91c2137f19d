/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/leaks_pairs.c - playing pairs, and comparing with who is alone.
 */
#include "tests/e2e/leaks_pairs.h"

#include "tests/e2e/leaks_kinds.h"
#include "tests/support/case.h"
#include "tests/support/query.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 8 };

struct play {
    const struct leak_peers *peers;
    PGconn *direct;
    char **alone; /* what who is alone was told: kind * TALK_WAYS + way */
    unsigned pairs;
    unsigned bad;
};

struct pair {
    const struct leak_kind *first;
    const struct leak_kind *second;
    enum talk_way ways[2];
    enum talk_end ends[2];
    bool goes;      /* the first ends before the second has the server */
    bool was_there; /* the second is connected before the first leaves anything */
};

static void clear_up(const struct play *play, const struct leak_kind *kind)
{
    if (kind->after != NULL) {
        (void)query_text(play->direct, kind->after);
    }
}

static const char *alone(struct play *play, const struct leak_kind *kind, enum talk_way way)
{
    char **said = &play->alone[(size_t)(kind - leak_kinds) * TALK_WAYS + way];

    if (*said == NULL) {
        struct talk talk = {.way = way, .goes_on = true};
        talk_open(&talk, play->peers->direct_port, play->peers->database, kind->login);
        leak_leave(kind, &talk);
        talk_look(&talk);
        *said = strdup(talk_said(&talk));
        assert_non_null(*said);
        talk_close(&talk, TALK_LEAVES);
        clear_up(play, kind);
    }
    return *said;
}

/* The lines of both where they differ first. */
static void say_difference(const char *want, const char *got)
{
    size_t line = 0;
    for (size_t i = 0; want[i] != '\0' && want[i] == got[i]; i++) {
        line = want[i] == '\n' ? i + 1 : line;
    }
    print_error("  alone:    %.*s\n  together: %.*s\n", (int)strcspn(want + line, "\n"),
            want + line, (int)strcspn(got + line, "\n"), got + line);
}

static void compare(struct play *play, const struct pair *pair, struct talk *talk, bool is_first)
{
    static const char *const ways[] = {"simple", "unnamed", "named"};
    static const char *const ends[] = {"leaves", "vanishes"};
    const struct leak_kind *kind = is_first ? pair->first : pair->second;
    const char *want = alone(play, kind, talk->way);
    const char *got = talk_said(talk);

    if (strcmp(want, got) == 0) {
        return;
    }
    if (play->bad++ < SHOWN_MAX) {
        print_error("\"%s\" (%s, %s), then \"%s\" (%s): the %s was told something else\n",
                pair->first->name, ways[pair->ways[0]], pair->goes ? ends[pair->ends[0]] : "stays",
                pair->second->name, ways[pair->ways[1]], is_first ? "first" : "second");
        say_difference(want, got);
    }
}

static void play_pair(struct play *play, const struct pair *pair)
{
    int port = play->peers->port;
    struct talk first = {.way = pair->ways[0], .goes_on = !pair->goes};
    struct talk second = {.way = pair->ways[1], .goes_on = true};

    /* Not later, when locks are held. */
    (void)alone(play, pair->first, pair->ways[0]);
    (void)alone(play, pair->second, pair->ways[1]);
    talk_open(&first, port, play->peers->database, pair->first->login);
    if (pair->was_there) {
        talk_open(&second, port, play->peers->database, pair->second->login);
    }
    leak_leave(pair->first, &first);
    if (pair->goes) {
        talk_close(&first, pair->ends[0]);
        clear_up(play, pair->first);
    }
    if (!pair->was_there) {
        talk_open(&second, port, play->peers->database, pair->second->login);
    }
    leak_leave(pair->second, &second);
    talk_look(&second);
    compare(play, pair, &second, false);
    talk_close(&second, pair->ends[1]);
    clear_up(play, pair->second);
    if (!pair->goes) {
        talk_look(&first);
        compare(play, pair, &first, true);
        talk_close(&first, pair->ends[0]);
    }
    play->pairs++;
}

static PGconn *make_database(const struct leak_peers *peers)
{
    PGconn *maker = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", peers->direct_port);
    char sql[128];

    snprintf(sql, sizeof sql, "create database %s", peers->database);
    query_expect(maker, sql, "CREATE DATABASE");
    PQfinish(maker);
    PGconn *direct = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=%s", peers->direct_port, peers->database);
    PQclear(PQexec(direct, "set client_min_messages = warning"));
    PGresult *result = PQexec(direct, leak_setup);
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
        fail_msg("%s", PQresultErrorMessage(result));
    }
    PQclear(result);
    return direct;
}

/*
 * Before anybody of a pool has asked, what sequences gave there is not kept apart: the first to ask may
 * be told that it is not known any more (proxy/link_sequences.h).
 */
static void ask_first(const struct leak_peers *peers)
{
    PGconn *conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=%s "
                                      "sslmode=disable",
            peers->port, peers->database);

    PQclear(PQexec(conn, "select lastval()"));
    PQfinish(conn);
}

/* In round r the second is r kinds further on. Both ways are the round's, so that fewer need be alone. */
void leak_pairs(const struct leak_peers *peers, unsigned first, unsigned rounds)
{
    struct play play = {.peers = peers,
            .direct = make_database(peers),
            .alone = calloc(leak_kind_count * TALK_WAYS, sizeof *play.alone)};

    assert_non_null(play.alone);
    ask_first(peers);
    rounds = rounds > 0 ? rounds : (unsigned)leak_kind_count;
    for (unsigned r = first; r < first + rounds; r++) {
        for (unsigned i = 0; i < leak_kind_count; i++) {
            struct pair pair = {.first = &leak_kinds[i],
                    .second = &leak_kinds[(i + r) % leak_kind_count],
                    .ways = {r % TALK_WAYS, r / TALK_WAYS % TALK_WAYS},
                    .ends = {(i + r) % 2 ? TALK_VANISHES : TALK_LEAVES,
                            (i + r) % 4 / 2 ? TALK_VANISHES : TALK_LEAVES},
                    .was_there = (i + r) % 8 / 4};
            pair.goes = pair.first->keeps || (pair.first->rests && (i + r) % 4 != 0);
            play_pair(&play, &pair);
        }
    }
    for (size_t i = 0; i < leak_kind_count * TALK_WAYS; i++) {
        free(play.alone[i]);
    }
    free(play.alone);
    PQfinish(play.direct);
    print_message("rounds from %u: %u pairs of %zu kinds\n", first, play.pairs, leak_kind_count);
    if (play.bad > 0) {
        fail_msg("%u clients were told of somebody else", play.bad);
    }
}
