/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_status.h"

#include "cache/watch.h"
#include "conf/conf.h"
#include "proxy/caching.h"
#include "proxy/caching_watch.h"
#include "proxy/process.h"

#include <stdio.h>

enum { NAME_SIZE = 128 };

const char *caching_state_name(enum caching_state state)
{
    static const char *const names[CACHING_STATES] = {"off", "ttl", "stream", "proxy_only"};

    return names[state];
}

bool caching_is_up(const struct watched_status *status)
{
    return status->is_streamed && status->staleness >= 0;
}

const char *caching_why_not_up(const struct watched_status *status)
{
    if (caching_is_up(status)) {
        return "";
    }
    if (!status->is_streamed) {
        return "[cache] stream is not set";
    }
    if (status->state == STREAM_REFUSED && status->refusal != STREAM_NOT_REFUSED) {
        return stream_refusal_text(status->refusal);
    }
    if (status->error[0] != '\0') {
        return status->error;
    }
    return status->state == STREAM_STREAMING ? "how old it is has not been told yet"
                                             : stream_state_text(status->state);
}

uint64_t caching_lookups(const struct cache_counts *counts)
{
    return counts->bypassed[CACHE_NOT_BYPASSED];
}

/* ---- what is watched ---- */

static void add_watched(
        struct caching_status *status, const struct watched_status *watched, const char *name)
{
    bool is_up = caching_is_up(watched);

    status->watched++;
    status->zombies += watched->zombies.now;
    status->streams += watched->is_streamed;
    status->streams_up += is_up;
    if (is_up && watched->staleness > status->staleness) {
        status->staleness = watched->staleness;
    }
    if (watched->is_streamed && watched->staleness_max > status->staleness_max) {
        status->staleness_max = watched->staleness_max;
    }
    if (!is_up && status->reason[0] == '\0') {
        snprintf(
                status->reason, sizeof status->reason, "%s: %s", name, caching_why_not_up(watched));
    }
}

static void look(struct caching_status *status)
{
    struct watched *watched = NULL;
    struct watched_status one;
    char name[NAME_SIZE];

    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        watched_status(watched, &one);
        add_watched(status, &one, name);
        watched_unref(watched);
    }
}

/* ---- ---- */

static void set_state(struct caching_status *status, const struct conf *conf)
{
    if (conf->cache_mode == CONF_CACHE_TTL) {
        status->state = CACHING_TTL;
        status->reason[0] = '\0';
    } else if (conf->cache_stream[0] == '\0') {
        status->state = CACHING_PROXY_ONLY;
        snprintf(status->reason, sizeof status->reason, "[cache] stream is not set");
    } else if (status->reason[0] != '\0') {
        status->state = CACHING_PROXY_ONLY;
    } else {
        status->state = CACHING_STREAM;
        if (status->watched == 0) {
            snprintf(status->reason, sizeof status->reason, "no database was asked for yet");
        }
    }
}

void caching_status(struct caching_status *status)
{
    struct cache *cache = caching_cache();

    *status = (struct caching_status){
            .state = CACHING_OFF, .mode = "off", .staleness = -1, .staleness_max = -1};
    if (cache == NULL) {
        return;
    }
    const struct conf *conf = process_conf();
    snprintf(status->mode, sizeof status->mode, "%s",
            conf->cache_mode == CONF_CACHE_TTL ? "ttl" : "safe");
    status->bound = conf->cache_max_staleness_usec;
    status->bytes_max = (uint64_t)conf->cache_memory;
    look(status);
    set_state(status, conf);
    conf_unref(conf);
    cache_counts(cache, &status->counts);
    store_counts(cache_store(cache), &status->store);
    flights_counts(cache_flights(cache), &status->flights);
}
