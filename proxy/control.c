/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/control.c - one loop for what concerns the whole process.
 *
 *   runs --SHUTDOWN WAIT_FOR_x--> drains --nothing left, or the deadline--> ends
 *     '------------- SHUTDOWN, SIGQUIT, a second signal ------------------^
 */
#include "proxy/control.h"

#include "conf/conf_diff.h"
#include "conf/conf_load.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/auth_cache.h"
#include "proxy/caching.h"
#include "proxy/catalogs.h"
#include "proxy/client.h"
#include "proxy/dns.h"
#include "proxy/drain.h"
#include "proxy/handover_give.h"
#include "proxy/handover_take.h"
#include "proxy/history_writer.h"
#include "proxy/listener.h"
#include "proxy/notify.h"
#include "proxy/pool.h"
#include "proxy/reaper.h"
#include "proxy/registry.h"
#include "proxy/snapshot.h"
#include "proxy/statistics.h"
#include "proxy/suspend.h"
#include "proxy/sweep.h"
#include "proxy/tick.h"
#include "proxy/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CONTROL_TICK (50 * SL_MSEC)
#define REST_MAX (1 * SL_SECOND) /* a clock that is set, names that others asked for */

static struct {
    struct event_base *base;
    struct mailbox mailbox;
    struct event *mail_event;
    struct event *signal_event;
    struct tick tick;
    int signal_fd;
    struct control_options options;
    bool is_over;
    bool is_closed;   /* the workers have stopped: nobody is left to answer to */
    sl_usec deadline; /* of a shutdown; 0: none */
    sl_usec drain_at; /* of one that waits for clients: when they are closed; 0: never, or done */
    bool has_drained; /* and they are */
    sl_usec next_period; /* stats_period */
    sl_usec next_refresh;
    unsigned dns_seen; /* dns_changes() that servers have been looked at for */
} self = {.signal_fd = -1};

/* ---- the log ---- */

enum sl_err control_open_log(
        const struct conf *conf, struct control_options options, struct sl_error *error)
{
    const char *path = conf->logfile;

    if (path[0] == '\0' && options.quiet) {
        path = "/dev/null";
    }
    sl_log_set_level(conf->verbose + options.verbose > 0 ? SL_LOG_DEBUG : SL_LOG_INFO);
    sl_log_stderr(!options.quiet);
    sl_log_syslog(conf->syslog, conf->syslog_ident, conf->syslog_facility);
    return sl_log_open(path, error);
}

void control_log_problems(const struct conf_problems *problems)
{
    static const enum sl_log_level levels[] = {[CONF_IGNORED] = SL_LOG_DEBUG,
            [CONF_WARNING] = SL_LOG_WARN,
            [CONF_ERROR] = SL_LOG_ERROR};

    for (int i = 0; i < problems->count; i++) {
        const struct conf_problem *p = &problems->list[i];
        sl_log(levels[p->severity], "conf_problem", "file=%s line=%d reason=%s",
                sl_log_quote(p->file), p->line, sl_log_quote(p->text));
    }
}

/* ---- reload ---- */

static void log_change(
        void *context, enum conf_section_id section, const char *name, enum conf_change change)
{
    static const char *const words[] = {
            [CONF_ADDED] = "added", [CONF_REMOVED] = "removed", [CONF_CHANGED] = "changed"};

    (void)context;
    sl_log(SL_LOG_INFO, "conf_changed", "section=%s name=%s change=%s",
            conf_section_at(section)->name, sl_log_quote(name), words[change]);
}

/* Everything but the workers' own: they take it from the conf as they go. */
static void apply_rest(const struct conf *old, const struct conf *new_conf)
{
    struct sl_error error;

    if (control_open_log(new_conf, self.options, &error) != SL_OK) {
        sl_log(SL_LOG_ERROR, "log_open_failed", "reason=%s, the old one goes on",
                sl_log_quote(error.text));
    }
    dns_set_ttl(new_conf->dns_max_ttl_usec, new_conf->dns_nxdomain_ttl_usec);
    auth_cache_clear();
    listener_tune(new_conf);
    sweep_reload(old, new_conf);
    statistics_reload(new_conf);
}

/* Takes over the reference to new_conf. */
static enum sl_err put_in_force(
        const struct conf *old, const struct conf *new_conf, struct sl_error *error)
{
    const struct conf *mine = conf_ref(new_conf);
    enum sl_err err = history_writer_check(new_conf, error);

    if (err == SL_OK) {
        err = process_set_conf(new_conf, error);
    }
    if (err == SL_OK) {
        int changes = conf_diff(old, mine, log_change, NULL);
        sl_log(SL_LOG_INFO, "conf_reloaded", "changes=%d", changes);
        apply_rest(old, mine);
    } else {
        conf_unref(new_conf);
    }
    conf_unref(mine);
    return err;
}

static enum sl_err reload(struct sl_error *error)
{
    const struct conf *old = process_conf();
    struct conf_problems problems;
    enum sl_err err;

    notify_say("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)sl_now());
    conf_problems_init(&problems);
    const struct conf *new_conf = conf_reload(old->conffile, old, &problems);
    control_log_problems(&problems);
    if (new_conf == NULL) {
        err = sl_error_set(error, SL_ECONF, "F0000", "RELOAD failed, nothing has changed: %s",
                problems.count > 0 ? problems.list[0].text : "out of memory");
    } else {
        err = put_in_force(old, new_conf, error);
    }
    if (err != SL_OK) {
        sl_log(SL_LOG_ERROR, "reload_failed", "reason=%s, nothing has changed",
                sl_log_quote(error->text));
    }
    conf_problems_fini(&problems);
    conf_unref(old);
    sl_log_reopen();
    notify_say("READY=1");
    return err;
}

static enum sl_err set(const char *key, const char *value, struct sl_error *error)
{
    const struct conf *old = process_conf();
    const struct conf *new_conf = conf_set(old, key, value, error);
    enum sl_err err = new_conf == NULL ? SL_ECONF : put_in_force(old, new_conf, error);

    conf_unref(old);
    return err;
}

/* ---- shutdown ---- */

static void shut_down(enum process_shutdown how)
{
    const struct conf *conf = process_conf();
    sl_usec patience = conf->shutdown_timeout_usec;
    sl_usec drain = how == PROCESS_WAITS_FOR_CLIENTS ? conf->shutdown_drain_usec : 0;

    conf_unref(conf);
    notify_say("STOPPING=1");
    process_set_shutdown(how);
    if (process_is_suspended()) {
        suspend_end(); /* who is stopped could neither finish nor leave */
    }
    if (how == PROCESS_STOPS) {
        self.is_over = true;
        return;
    }
    if (how == PROCESS_WAITS_FOR_SERVERS) {
        process_set_paused(true);
        sweep_servers();
    }
    /* Unix sockets still serve the console, as in PgBouncer. */
    listener_close(LISTENER_TCP);
    self.deadline = patience > 0 ? sl_now() + drain + patience : 0;
    self.drain_at = how == PROCESS_WAITS_FOR_CLIENTS && drain > 0 ? sl_now() + drain : 0;
}

unsigned control_drains(void)
{
    return self.has_drained ? DRAIN_CLOSES : DRAIN_NOT;
}

static bool has_servers(void)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        struct pool_counts counts = pool_counts(p);
        for (int i = 0; i < POOL_PLACES; i++) {
            if (counts.servers[i] > 0) {
                return true;
            }
        }
    }
    return false;
}

static void see_to_shutdown(void)
{
    enum process_shutdown how = process_shutdown();

    if (how == PROCESS_RUNS || self.is_over) {
        return;
    }
    if (self.drain_at != 0 && sl_now() >= self.drain_at) {
        self.drain_at = 0;
        self.has_drained = true;
        sl_log(SL_LOG_INFO, "shutdown_drain",
                "clients=%d, they are closed between their transactions", process_clients());
        drain_set(DRAIN_CLOSES);
    }
    if (how == PROCESS_STOPS) {
        self.is_over = true;
    } else if (how == PROCESS_WAITS_FOR_SERVERS && !has_servers()) {
        sl_log(SL_LOG_INFO, "shutdown_done", "reason=\"all servers are released\"");
        self.is_over = true;
    } else if (how == PROCESS_WAITS_FOR_CLIENTS && process_clients() == 0) {
        sl_log(SL_LOG_INFO, "shutdown_done", "reason=\"all clients have left\"");
        self.is_over = true;
    } else if (self.deadline != 0 && sl_now() >= self.deadline) {
        sl_log(SL_LOG_WARN, "shutdown_deadline", "clients=%d, closing what is left",
                process_clients());
        self.is_over = true;
    }
}

/* ---- periods ---- */

static void end_period(const struct conf *conf)
{
    snapshot_take(sl_now());
    struct snapshot *now = conf->log_stats ? snapshot_new(sl_now()) : NULL;
    if (now == NULL) {
        return;
    }
    const uint64_t *avg = now->all.average.counters;
    sl_log(SL_LOG_INFO, "stats",
            "xacts=%lu/s queries=%lu/s client_parses=%lu/s server_parses=%lu/s binds=%lu/s "
            "logins=%lu/s in=%luB/s out=%luB/s xact=%luus query=%luus wait=%luus",
            (unsigned long)avg[STATS_XACTS], (unsigned long)avg[STATS_QUERIES],
            (unsigned long)avg[STATS_CLIENT_PARSES], (unsigned long)avg[STATS_SERVER_PARSES],
            (unsigned long)avg[STATS_BINDS], (unsigned long)avg[STATS_CLIENT_LOGINS],
            (unsigned long)avg[STATS_RECEIVED], (unsigned long)avg[STATS_SENT],
            (unsigned long)avg[STATS_XACT_USEC], (unsigned long)avg[STATS_QUERY_USEC],
            (unsigned long)avg[STATS_WAIT_USEC]);
    notify_say("STATUS=%lu xacts/s, %lu queries/s, in %lu B/s, out %lu B/s, query %lu us, "
               "wait %lu us",
            (unsigned long)avg[STATS_XACTS], (unsigned long)avg[STATS_QUERIES],
            (unsigned long)avg[STATS_RECEIVED], (unsigned long)avg[STATS_SENT],
            (unsigned long)avg[STATS_QUERY_USEC], (unsigned long)avg[STATS_WAIT_USEC]);
    snapshot_free(now);
}

static void see_to_period(void)
{
    sl_usec now = sl_now();

    if (now < self.next_period) {
        return;
    }
    const struct conf *conf = process_conf();
    sl_usec period = conf->stats_period_usec > 0 ? conf->stats_period_usec : SL_SECOND;
    bool is_first = self.next_period == 0;
    self.next_period = now + period;
    if (is_first) {
        snapshot_take(now); /* what the first averages are counted from */
    } else {
        end_period(conf);
    }
    conf_unref(conf);
}

/* ---- names ---- */

/* Nobody else asks while all connections are up: a failover is to be seen all the same. */
static void refresh_names(void)
{
    const struct conf *conf = process_conf();
    const struct conf_database *last = NULL;

    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        const struct conf_database *db = conf_find_database(conf, d->name);
        db = db != NULL ? db : conf->fallback_database;
        if (db == NULL || db == last || atomic_load(&d->servers) == 0) {
            continue;
        }
        last = db; /* those of "*" have its hosts */
        for (int i = 0; i < db->hosts_count; i++) {
            dns_refresh(db->hosts[i].host);
        }
    }
    conf_unref(conf);
}

static void see_to_names(void)
{
    sl_usec now = sl_now();
    bool is_asking = dns_pending_count() > 0; /* before looking what came of it */
    unsigned changes = dns_changes();

    if (changes != self.dns_seen) {
        self.dns_seen = changes;
        sweep_servers();
    }
    if (now >= self.next_refresh) {
        self.next_refresh = now + SL_SECOND;
        refresh_names();
        is_asking |= dns_pending_count() > 0;
    }
    if (is_asking) {
        tick_stir(&self.tick);
    }
}

/* Until what is known to come next. */
static sl_usec rest(sl_usec now)
{
    if (handover_give_is_busy() || handover_take_is_open()) {
        return 0;
    }
    const sl_usec next[] = {
            self.next_period, self.next_refresh, reaper_next(), statistics_next_tick(now)};
    sl_usec until = now + REST_MAX;

    for (size_t i = 0; i < SL_COUNT(next); i++) {
        until = next[i] < until ? next[i] : until;
    }
    return process_shutdown() != PROCESS_RUNS ? 0 : until - now;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    see_to_period();
    see_to_names();
    see_to_shutdown();
    handover_take_tick();
    if (handover_give_tick(sl_now())) {
        self.is_over = true;
    }
    reaper_tick(sl_now());
    statistics_tick(sl_now());
    caching_tick(&self.mailbox);
    tick_end(&self.tick, rest(sl_now()));
}

/* ---- requests ---- */

static void deliver_answer(struct letter *letter, struct worker *worker)
{
    struct control_request *request = SL_CONTAINER(letter, struct control_request, letter);

    request->done(request, worker);
}

static void deliver_request(struct letter *letter, struct worker *worker)
{
    struct control_request *request = SL_CONTAINER(letter, struct control_request, letter);

    (void)worker;
    if (self.is_closed) {
        free(request); /* who asked is gone */
        return;
    }
    switch (request->task) {
    case CONTROL_RELOAD:
        request->err = reload(&request->error);
        break;
    case CONTROL_SET:
        request->err = set(request->key, request->value, &request->error);
        break;
    case CONTROL_SHUTDOWN:
        shut_down(request->how);
        request->err = SL_OK;
        break;
    }
    request->letter.deliver = deliver_answer;
    mailbox_post(&request->home->mailbox, &request->letter);
}

void control_ask(struct control_request *request)
{
    request->letter.deliver = deliver_request;
    mailbox_post(&self.mailbox, &request->letter);
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    tick_stir(&self.tick);
    mailbox_deliver(&self.mailbox, NULL);
}

/* ---- signals ---- */

static void on_shutdown_signal(const char *name, enum process_shutdown how)
{
    bool is_second = process_shutdown() != PROCESS_RUNS || process_is_suspended();

    sl_log(SL_LOG_INFO, "signal", "name=%s action=%s", name,
            is_second || how == PROCESS_STOPS  ? "stop"
            : how == PROCESS_WAITS_FOR_SERVERS ? "wait_for_servers"
                                               : "wait_for_clients");
    shut_down(is_second ? PROCESS_STOPS : how);
}

static void on_pause_signal(bool pause)
{
    bool acts = process_shutdown() == PROCESS_RUNS &&
                (pause ? !process_is_paused() && !process_is_suspended()
                       : process_is_paused() || process_is_suspended());

    sl_log(SL_LOG_INFO, "signal", "name=%s action=%s", pause ? "SIGUSR1" : "SIGUSR2",
            !acts   ? "none"
            : pause ? "pause"
                    : "resume");
    if (!acts) {
        return;
    }
    if (!pause && process_is_suspended()) {
        suspend_end();
    }
    process_set_paused(pause);
    if (pause) {
        sweep_servers();
    }
}

static void on_reload_signal(void)
{
    struct sl_error error;

    sl_log(SL_LOG_INFO, "signal", "name=SIGHUP action=reload");
    SL_IGNORE(reload(&error), "the log says it, and the old one stays");
}

static void act_on(uint32_t number)
{
    switch (number) {
    case SIGHUP:
        on_reload_signal();
        break;
    case SIGINT:
        on_shutdown_signal("SIGINT", PROCESS_WAITS_FOR_SERVERS);
        break;
    case SIGTERM:
        on_shutdown_signal("SIGTERM", PROCESS_WAITS_FOR_CLIENTS);
        break;
    case SIGQUIT:
        on_shutdown_signal("SIGQUIT", PROCESS_STOPS);
        break;
    default:
        on_pause_signal(number == SIGUSR1);
        break;
    }
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct signalfd_siginfo info;

    (void)what;
    (void)arg;
    tick_stir(&self.tick);
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        act_on(info.ssi_signo);
    }
}

static void fill_signals(sigset_t *set)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2};

    sigemptyset(set);
    for (size_t i = 0; i < SL_COUNT(numbers); i++) {
        sigaddset(set, numbers[i]);
    }
}

void control_block_signals(void)
{
    sigset_t set;

    fill_signals(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* ---- the loop ---- */

static enum sl_err add_events(void)
{
    self.mail_event =
            event_new(self.base, self.mailbox.wake_fd, EV_READ | EV_PERSIST, on_mail, NULL);
    self.signal_event = event_new(self.base, self.signal_fd, EV_READ | EV_PERSIST, on_signal, NULL);
    if (self.mail_event == NULL || self.signal_event == NULL) {
        return SL_ENOMEM;
    }
    if (event_add(self.mail_event, NULL) != 0 || event_add(self.signal_event, NULL) != 0) {
        return SL_EIO;
    }
    return tick_init(&self.tick, self.base, CONTROL_TICK, on_tick, NULL);
}

enum sl_err control_start(struct control_options options, struct sl_error *error)
{
    sigset_t set;

    self.options = options;
    reaper_start(&self.mailbox);
    catalogs_home(&self.mailbox);
    fill_signals(&set);
    enum sl_err err = mailbox_init(&self.mailbox);
    if (err == SL_OK) {
        self.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
        self.base = event_base_new();
        err = self.signal_fd < 0 || self.base == NULL ? SL_EIO : add_events();
    }
    if (err != SL_OK) {
        return sl_error_set(error, err, "53000", "could not start the control loop");
    }
    see_to_period();
    return SL_OK;
}

enum sl_err control_take_over(struct sl_error *error)
{
    return handover_take_serve(self.base, &self.mailbox, error);
}

void control_may_be_taken_over(const struct conf *conf)
{
    handover_give_start(conf, self.base, &self.mailbox);
}

/* The last words to who is still there. */
static void deliver_farewell(struct letter *letter, struct worker *worker)
{
    struct sl_error error = {.sqlstate = SL_STATE_ADMIN_SHUTDOWN,
            .text = "terminating connection due to administrator command"};
    struct client *client;
    struct sl_id id;
    uint32_t slot = 0;

    while ((client = sl_slab_next(worker->clients, slot, &id)) != NULL) {
        slot = id.slot + 1;
        if (client->state == CLIENT_ACTIVE || client->state == CLIENT_WAITING ||
                client->state == CLIENT_CONSOLE) {
            client_fail(client, "FATAL", &error);
        }
    }
    free(letter);
}

static void say_farewell(void)
{
    for (unsigned i = 0; i < process_workers(); i++) {
        struct letter *letter = malloc(sizeof *letter);
        if (letter != NULL) {
            letter->deliver = deliver_farewell;
            mailbox_post(&process_worker(i)->mailbox, letter);
        }
    }
}

void control_run(void)
{
    while (!self.is_over) {
        if (event_base_loop(self.base, EVLOOP_ONCE) < 0) {
            break;
        }
    }
    listener_close(LISTENER_ALL);
    handover_take_stop();
    handover_give_stop();
    say_farewell();
}

void control_fini(void)
{
    struct event *events[] = {self.mail_event, self.signal_event};

    if (self.base == NULL) {
        return;
    }
    handover_give_stop(); /* the name first: the other process takes it back when the link ends */
    handover_take_stop();
    for (size_t i = 0; i < SL_COUNT(events); i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
    tick_fini(&self.tick);
    event_base_free(self.base);
    close(self.signal_fd);
    self.is_closed = true;
    mailbox_deliver(&self.mailbox, NULL);
    mailbox_fini(&self.mailbox);
    self.base = NULL;
}
