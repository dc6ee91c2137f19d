/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_cache_pin.h"

#include "cache/stage.h"
#include "protocol/sqlstate.h"
#include "proxy/caching.h"
#include "proxy/console_parse.h"
#include "proxy/console_shapes.h"
#include "proxy/console_state.h"
#include "proxy/console_tour.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { WORD_MAX_LEN = 64, STEP = 4096, BATCH = 64 };

struct pinning {
    struct console_tour tour; /* first */
    struct store_reader *reader;
    uint64_t entries;
    uint64_t least;
    uint64_t most;
    bool is_pinned;
};

static void refuse(struct console *console, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EINVAL, sqlstate, "%s", text), "the client is told");
    console_refuse(console, &error);
}

static void pinning_free(struct pinning *pinning)
{
    if (pinning != NULL) {
        store_reader_free(pinning->reader);
        free(pinning);
    }
}

/* ---- the tour ---- */

static void drop(struct console_tour *tour)
{
    pinning_free(SL_CONTAINER(tour, struct pinning, tour));
}

/* What it got before is put by now; what it gets from now on knows. */
static bool visit(struct console_tour *tour, struct worker *worker)
{
    (void)tour;
    (void)worker;
    return true;
}

static void pin_one(struct pinning *pinning, const struct entry *entry)
{
    struct cache *cache = caching_cache();
    uint64_t shape = cache_class_of(entry)->shape.hi;

    if (shape >= pinning->least && shape <= pinning->most) {
        bool is_pinned = holds_has(cache_holds(cache), shape);
        pinning->entries +=
                store_pin(cache_store(cache), entry, is_pinned) && is_pinned == pinning->is_pinned;
    }
}

/* True: that was all. */
static bool pin_some(struct pinning *pinning)
{
    struct entry *entries[BATCH];

    for (unsigned seen = 0; seen < STEP; seen += BATCH) {
        unsigned count = store_reader_next(pinning->reader, entries, BATCH);
        if (count == 0) {
            return true;
        }
        for (unsigned i = 0; i < count; i++) {
            pin_one(pinning, entries[i]);
            entry_unref(entries[i]);
        }
    }
    return false;
}

static void home(struct console_tour *tour, struct worker *worker)
{
    struct pinning *pinning = SL_CONTAINER(tour, struct pinning, tour);
    char tag[64];

    if (!pin_some(pinning)) {
        console_tour_end(tour); /* home again in the next turn */
        return;
    }
    struct console *console = console_find(worker, tour->client);
    snprintf(tag, sizeof tag, "CACHE %s %" PRIu64, pinning->is_pinned ? "PIN" : "UNPIN",
            pinning->entries);
    pinning_free(pinning);
    if (console != NULL) {
        console_complete(console, tag);
    }
}

static struct pinning *pinning_new(const struct console *console)
{
    struct pinning *pinning = calloc(1, sizeof *pinning);

    if (pinning == NULL) {
        return NULL;
    }
    pinning->reader = store_reader_new(cache_store(caching_cache()));
    if (pinning->reader == NULL) {
        free(pinning);
        return NULL;
    }
    pinning->tour.client = console->client->id;
    pinning->tour.visit = visit;
    pinning->tour.home = home;
    pinning->tour.drop = drop;
    return pinning;
}

/* ---- the verb ---- */

static bool read_id(const char *line, uint64_t *least, uint64_t *most)
{
    char word[WORD_MAX_LEN];

    line = console_next_word(line, word, sizeof word);
    if (line == NULL || strcasecmp(word, "shape") != 0) {
        return false;
    }
    line = console_next_word(line, word, sizeof word);
    return line != NULL && line[0] == '\0' && console_shape_ids(word, least, most);
}

void console_cache_pin(struct console *console, const char *line, bool is_pinned)
{
    struct holds *holds = cache_holds(caching_cache());
    uint64_t least = 0;
    uint64_t most = 0;

    if (!read_id(line, &least, &most)) {
        refuse(console, SL_STATE_SYNTAX_ERROR,
                "what follows is SHAPE id: 1 to 16 hexadecimal digits, as SHOW QUERIES shows them");
        return;
    }
    struct pinning *pinning = pinning_new(console);
    if (pinning == NULL) {
        refuse(console, SL_STATE_OUT_OF_MEMORY, "out of memory");
        return;
    }
    if (!is_pinned && holds_remove(holds, least, most) == 0) {
        pinning_free(pinning);
        refuse(console, SL_STATE_UNDEFINED_OBJECT, "nothing is pinned by such an id");
        return;
    }
    if (is_pinned && holds_add(holds, least, most) != SL_OK) {
        pinning_free(pinning);
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "64 ids are pinned already");
        return;
    }
    pinning->least = least;
    pinning->most = most;
    pinning->is_pinned = is_pinned;
    console_tour_start(&pinning->tour, &console->client->io.worker->mailbox);
}
