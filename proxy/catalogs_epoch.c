/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/catalogs_epoch.h"

#include "conf/conf.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/effects.h"
#include "proxy/client.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <pthread.h>
#include <string.h>

static struct catalogs_epoch all[CATALOGS_EPOCHS]; /* any thread */
static pthread_mutex_t lock =
        PTHREAD_MUTEX_INITIALIZER; /* a leaf: of lingering and lingers_until */

uint64_t catalogs_epoch_number(const struct conf_database *conf, const char *name)
{
    return sl_hash64(sl_span_text(conf != NULL && conf->dbname != NULL ? conf->dbname : name));
}

struct catalogs_epoch *catalogs_epoch_of(const struct conf_database *conf, const char *name)
{
    return &all[catalogs_epoch_number(conf, name) % CATALOGS_EPOCHS];
}

void catalogs_epoch_moved(uint64_t number)
{
    struct catalogs_epoch *epochs = &all[number % CATALOGS_EPOCHS];

    atomic_fetch_add(&epochs->count, 1);
    atomic_fetch_add(&epochs->behind_count, 1);
}

unsigned catalogs_epoch_index(const struct catalogs_epoch *epochs)
{
    return (unsigned)(epochs - all);
}

static void begin_change(struct server *server)
{
    if (!server->changes_schema && server->epochs != NULL) {
        server->changes_schema = true;
        atomic_fetch_add(&server->epochs->open, 1);
        atomic_fetch_add(&server->epochs->count, 1);
    }
}

static void show_behind(struct server *server)
{
    if (server->behind != BEHIND_OTHERS && server->epochs != NULL) {
        server->behind = BEHIND_OTHERS;
        atomic_fetch_add(&server->epochs->behind_open, 1);
        atomic_fetch_add(&server->epochs->behind_count, 1);
    }
}

/*
 * Does what is sent now run in a transaction block that nothing ends before its reply? Of a statement
 * that was parsed under a name of the client's own, unseen, nobody knows what it is.
 */
static bool is_within_block(const struct server *server)
{
    bool is_read = server->client != NULL && server->client->mode != CONF_POOL_SESSION &&
                   !server->has_named;

    return is_read && (server->expect.status == 'T' || server->expect.status == 'E') &&
           !server->may_end_block;
}

/* Which it was of several nobody knows: once there was such a change each of them may be it. */
static void see_phases(struct server *server, bool prepares, bool commits)
{
    if (server->epochs == NULL) {
        return;
    }
    if (prepares && server->behind != BEHIND_NOTHING) {
        atomic_store(&server->epochs->is_prepared, true);
    } else if (commits && atomic_load(&server->epochs->is_prepared)) {
        begin_change(server);
        show_behind(server);
    }
}

void catalogs_epoch_see(struct server *server, unsigned effects)
{
    server->reads_tags |= (effects & EFFECTS_UNREAD) != 0;
    server->may_end_block |= (effects & EFFECTS_COMMITS) != 0;
    if ((effects & EFFECTS_SCHEMA) != 0) {
        begin_change(server);
    }
    if ((effects & EFFECTS_BEHIND) != 0 && server->behind == BEHIND_NOTHING) {
        server->behind = BEHIND_OWN;
    }
    if (server->behind == BEHIND_OWN && !is_within_block(server)) {
        show_behind(server);
    }
    if (SL_UNLIKELY((effects & EFFECTS_PHASES) != 0)) {
        see_phases(server, true, true);
    }
}

/* The tag comes late: it may be committed already. */
void catalogs_epoch_see_tag(struct server *server, struct sl_span tag)
{
    static const struct {
        const char *begin;
        bool is_behind;
    } tags[] = {{"CREATE ", true}, {"ALTER ", true}, {"DROP ", false}, {"GRANT", false},
            {"REVOKE", false}, {"IMPORT ", true}, {"REASSIGN ", true}, {"DO", true},
            {"SELECT INTO", false}};

    for (size_t i = 0; i < SL_COUNT(tags); i++) {
        size_t len = strlen(tags[i].begin);
        if (tag.len >= len && memcmp(tag.at, tags[i].begin, len) == 0) {
            begin_change(server);
            if (tags[i].is_behind) {
                show_behind(server);
            }
        }
    }
    see_phases(server, sl_span_is(tag, "PREPARE TRANSACTION"), sl_span_is(tag, "COMMIT PREPARED"));
}

void catalogs_epoch_lost(struct server *server)
{
    if (server->behind == BEHIND_OTHERS && !expect_idle(&server->expect)) {
        pthread_mutex_lock(&lock);
        server->epochs->lingering++;
        server->epochs->lingers_until = server->io.worker->now + CATALOGS_LINGER;
        pthread_mutex_unlock(&lock);
        server->behind = BEHIND_NOTHING; /* it stays counted */
    }
    catalogs_epoch_ended(server);
}

void catalogs_epoch_tick(sl_usec now)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SL_COUNT(all); i++) {
        struct catalogs_epoch *epochs = &all[i];
        if (SL_UNLIKELY(epochs->lingering > 0) && now >= epochs->lingers_until) {
            atomic_fetch_add(&epochs->behind_count, 1);
            atomic_fetch_sub(&epochs->behind_open, epochs->lingering);
            epochs->lingering = 0;
        }
    }
    pthread_mutex_unlock(&lock);
}

void catalogs_epoch_ended(struct server *server)
{
    server->reads_tags = false;
    if (server->changes_schema) {
        server->changes_schema = false;
        atomic_fetch_add(&server->epochs->count, 1);
        atomic_fetch_sub(&server->epochs->open, 1);
    }
    /* What ended one of our own only was not seen to be sent: better late than not at all. */
    if (server->behind != BEHIND_NOTHING && server->epochs != NULL) {
        atomic_fetch_add(&server->epochs->behind_count, 1);
        atomic_fetch_sub(&server->epochs->behind_open, server->behind == BEHIND_OTHERS);
    }
    server->behind = BEHIND_NOTHING;
}
