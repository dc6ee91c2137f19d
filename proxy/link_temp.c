/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/link_temp.h"

#include "protocol/effects.h"
#include "proxy/client.h"
#include "proxy/link.h"
#include "proxy/params.h"
#include "proxy/reserved.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

static const char temp_buffers[] = "temp_buffers";
static _Atomic uint64_t closed;

static bool mentions(struct sl_span text)
{
    static const char *const words[] = {"pg_temp", temp_buffers, "pg_my_temp"};

    for (size_t at = 0; at < text.len; at++) {
        uint8_t c = text.at[at] | 0x20;
        for (size_t i = 0; (c == 'p' || c == 't') && i < SL_COUNT(words); i++) {
            size_t len = strlen(words[i]);
            if (text.len - at >= len &&
                    strncasecmp((const char *)text.at + at, words[i], len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool searches_temp(const struct client *client)
{
    const char *path = params_get(client->settings, "search_path");

    return path != NULL && strstr(path, "pg_temp") != NULL;
}

bool link_temp_avoids(const struct client *client)
{
    return SL_UNLIKELY(client->settings != params_empty()) &&
           (params_get(client->settings, temp_buffers) != NULL ||
                   (searches_temp(client) && !client->has_temp));
}

bool link_temp_refuses(const struct client *client, const struct server *server)
{
    const char *wanted = params_get(client->settings, temp_buffers);
    const char *now = params_get(server->settings, temp_buffers);
    bool sets = wanted != NULL && (now == NULL || strcmp(now, wanted) != 0);

    bool refuses = sets || (searches_temp(client) && !client->has_temp);
    atomic_fetch_add_explicit(&closed, refuses, memory_order_relaxed);
    return refuses;
}

uint64_t link_temp_closed(void)
{
    return atomic_load_explicit(&closed, memory_order_relaxed);
}

static bool has_others(const struct client *client, const struct server *server)
{
    return server->only_of != 0 && server->only_of != client->cancel.serial;
}

/* One each LINK_TEMP_GAP, and LINK_TEMP_BURST at once when there was none for long. */
static bool may_close(struct pool *pool, sl_usec now)
{
    sl_usec paid = atomic_load_explicit(&pool->temp_paid_until, memory_order_relaxed);
    sl_usec least = now - LINK_TEMP_BURST * LINK_TEMP_GAP;

    paid = (paid < least ? least : paid) + LINK_TEMP_GAP;
    if (paid > now) {
        return false;
    }
    atomic_store_explicit(&pool->temp_paid_until, paid, memory_order_relaxed);
    return true;
}

/* Of those that look at statistics more closely than others: pg_stat_force_next_flush() and its like. */
static bool looks_closely(struct sl_span text, unsigned effects)
{
    static const char name[] = "pg_stat_";

    for (size_t at = 0; (effects & EFFECTS_HOLDS) != 0 && at + sizeof name <= text.len; at++) {
        if (strncasecmp((const char *)text.at + at, name, sizeof name - 1) == 0) {
            return true;
        }
    }
    return false;
}

enum step link_temp_see(struct client *client, struct sl_span text, unsigned effects)
{
    struct server *server = client->server;
    bool has_refused = client->has_refused;

    client->has_refused = false;
    if (!server->is_fresh || server->is_unsynced || has_refused) {
        return STEP_NEXT;
    }
    /* Whose sequences' values are there had rather keep these. */
    bool minds_temp = server->has_temp && !client->has_temp &&
                      client->sequences_on != server->serial && mentions(text) &&
                      may_close(client->pool, client->io.worker->now);
    bool wants_newer = looks_closely(text, effects);
    bool minds_others = (has_others(client, server) && (wants_newer || reserved_is_set_by(text))) ||
                        (wants_newer && server->connected_at < client->connected_at);
    if (!minds_temp && !minds_others) {
        return STEP_NEXT;
    }
    client->has_refused = true;
    atomic_fetch_add_explicit(&closed, 1, memory_order_relaxed);
    client->avoids_temp = minds_temp;
    client->avoids_others = minds_others;
    client->wants_newer = wants_newer;
    server->close_reason = minds_temp ? LINK_TEMP_REASON : LINK_TEMP_OTHERS_REASON;
    return request_give_back(client);
}

void link_temp_told(struct server *server)
{
    server->client->has_temp |= !server->has_temp;
    server->has_temp = true;
}
