/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/dns.c - a table of names, a queue of those to ask for, one thread that asks.
 *
 *      NEW --asked--> QUEUED --taken--> ASKING --answered--> KNOWN --grown old, asked--> QUEUED
 *
 * Names for which nobody waits (dns_refresh()) are asked for when no other is left.
 *
 * A name has those who wait for it on a list of its own. The thread answers all of
 * them with one pass, outside of nothing: posting a letter never blocks.
 */
#include "proxy/dns.h"

#include "protocol/base/hash.h"
#include "protocol/base/map.h"
#include "protocol/base/thread.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum dns_state {
    DNS_KNOWN,  /* answered, perhaps long ago; on the list `known` only */
    DNS_QUEUED, /* waits for the thread; on `queue` or `refreshes`, and `known` */
    DNS_ASKING  /* the thread is at it */
};

struct dns_host {
    struct sl_map_node node;
    struct sl_list known;   /* in dns.known, the one asked for last in front */
    struct sl_list queue;   /* in dns.queue, or dns.refreshes */
    struct sl_list waiting; /* requests */
    enum dns_state state;
    bool is_stale;       /* an answer, but grown old at command */
    bool is_partial;     /* it has more addresses than are kept */
    sl_usec answered_at; /* 0: never */
    int count;
    struct address_short addresses[DNS_ADDRESSES_MAX];
    char error[DNS_ERROR_MAX]; /* when count is 0 */
    char name[DNS_NAME_MAX + 1];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread; /* constant after start */
    bool is_running;  /* under LOCK, as all below */
    bool is_stopping;
    struct sl_map hosts;
    struct sl_list known;
    struct sl_list queue;
    struct sl_list refreshes;
    unsigned pending;
    atomic_uint changes; /* any thread */
    sl_usec max_ttl_usec;
    sl_usec nxdomain_ttl_usec;
} dns = {.lock = PTHREAD_MUTEX_INITIALIZER,
        .wake = PTHREAD_COND_INITIALIZER,
        .max_ttl_usec = 15 * SL_SECOND,
        .nxdomain_ttl_usec = 15 * SL_SECOND};

static uint64_t name_hash(const char *name)
{
    return sl_hash64(sl_span_text(name));
}

/* ---- under the lock ---- */

static struct dns_host *find_locked(const char *name)
{
    struct sl_map_node *node = sl_map_first(&dns.hosts, name_hash(name));

    for (; node != NULL; node = sl_map_next(node)) {
        struct dns_host *host = SL_CONTAINER(node, struct dns_host, node);
        if (strcmp(host->name, name) == 0) {
            return host;
        }
    }
    return NULL;
}

static void forget_locked(struct dns_host *host)
{
    SL_DCHECK(host->state == DNS_KNOWN && sl_list_empty(&host->waiting));
    sl_map_remove(&dns.hosts, &host->node);
    sl_list_remove(&host->known);
    free(host);
}

/* Makes room by forgetting the name that was longest not asked for. */
static void make_room_locked(void)
{
    for (struct sl_list *it = dns.known.prev; it != &dns.known; it = it->prev) {
        struct dns_host *host = SL_CONTAINER(it, struct dns_host, known);
        if (host->state == DNS_KNOWN) {
            forget_locked(host);
            return;
        }
    }
}

static struct dns_host *add_locked(const char *name)
{
    if (dns.hosts.count >= DNS_HOSTS_MAX) {
        make_room_locked();
    }
    struct dns_host *host = calloc(1, sizeof *host);
    if (host == NULL) {
        return NULL;
    }
    snprintf(host->name, sizeof host->name, "%s", name);
    if (sl_map_put(&dns.hosts, &host->node, name_hash(name)) != SL_OK) {
        free(host);
        return NULL;
    }
    host->is_stale = true;
    sl_list_init(&host->waiting);
    sl_list_init(&host->queue);
    sl_list_push(&dns.known, &host->known);
    return host;
}

static sl_usec ttl_left_locked(const struct dns_host *host)
{
    sl_usec ttl = host->count > 0 ? dns.max_ttl_usec : dns.nxdomain_ttl_usec;
    sl_usec left = host->answered_at + ttl - sl_now();

    return host->is_stale || left < 0 ? 0 : left;
}

static void give_locked(const struct dns_host *host, struct dns_request *request)
{
    request->count = host->count;
    for (int i = 0; i < host->count; i++) {
        request->addresses[i] = host->addresses[i];
        request->addresses[i].port = (uint16_t)request->port;
    }
    if (host->count == 0) {
        snprintf(request->error, sizeof request->error, "%s", host->error);
    }
}

static void answer_all_locked(struct dns_host *host)
{
    struct sl_list *it;

    while ((it = sl_list_pop(&host->waiting)) != NULL) {
        struct dns_request *request = SL_CONTAINER(it, struct dns_request, waiting);
        request->is_waiting = false;
        give_locked(host, request);
        mailbox_post(request->home, &request->letter);
    }
}

/* ---- the thread ---- */

struct answer {
    int failed; /* of getaddrinfo() */
    bool is_partial;
    int count;
    struct address_short addresses[DNS_ADDRESSES_MAX];
};

static void add_address(struct answer *answer, const struct addrinfo *info)
{
    struct address address;
    struct address_short brief;

    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) {
        return;
    }
    address_copy(&address, info->ai_addr, info->ai_addrlen);
    address_shorten(&address, &brief);
    for (int i = 0; i < answer->count; i++) {
        if (address_equal(&answer->addresses[i], &brief)) {
            return;
        }
    }
    answer->addresses[answer->count++] = brief;
}

static void ask(const char *name, struct answer *answer)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;

    *answer = (struct answer){.failed = getaddrinfo(name, NULL, &hints, &all)};
    if (answer->failed != 0) {
        return;
    }
    const struct addrinfo *it = all;
    for (; it != NULL && answer->count < DNS_ADDRESSES_MAX; it = it->ai_next) {
        add_address(answer, it);
    }
    answer->is_partial = it != NULL;
    freeaddrinfo(all);
    if (answer->count == 0) {
        answer->failed = EAI_NONAME;
    }
}

static bool is_among(
        const struct address_short *address, const struct address_short *among, int count)
{
    for (int i = 0; i < count; i++) {
        if (address_equal(address, &among[i])) {
            return true;
        }
    }
    return false;
}

/* May an address that the name had be missing now? Before "no such name" it had some we forgot. */
static bool drops_some(const struct dns_host *host, const struct answer *answer)
{
    if (host->answered_at == 0 || answer->is_partial) {
        return false;
    }
    bool holds_all = host->count > 0 && !host->is_partial;
    for (int i = 0; i < host->count; i++) {
        holds_all = holds_all && is_among(&host->addresses[i], answer->addresses, answer->count);
    }
    return !holds_all;
}

static void keep_locked(struct dns_host *host, const struct answer *answer)
{
    if (answer->failed == 0 && drops_some(host, answer)) {
        atomic_fetch_add(&dns.changes, 1);
    }
    host->state = DNS_KNOWN;
    host->answered_at = sl_now();
    host->is_stale = false;
    if (answer->failed == 0) {
        host->count = answer->count;
        host->is_partial = answer->is_partial;
        memcpy(host->addresses, answer->addresses, sizeof host->addresses);
        return;
    }
    /* "There is no such name" is an answer; a resolver out of order is none, the old one holds. */
    bool is_final = answer->failed == EAI_NONAME || answer->failed == EAI_NODATA;
    if (host->count == 0 || is_final) {
        host->count = 0;
        snprintf(host->error, sizeof host->error,
                "could not translate host name \"%.200s\" to "
                "address: %s",
                host->name, gai_strerror(answer->failed));
    }
}

static void *dns_main(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&dns.lock);
    while (!dns.is_stopping) {
        struct sl_list *first = sl_list_pop(&dns.queue);
        if (first == NULL) {
            first = sl_list_pop(&dns.refreshes);
        }
        if (first == NULL) {
            pthread_cond_wait(&dns.wake, &dns.lock);
            continue;
        }
        struct dns_host *host = SL_CONTAINER(first, struct dns_host, queue);
        host->state = DNS_ASKING; /* nobody forgets it meanwhile, and its name is constant */
        pthread_mutex_unlock(&dns.lock);
        struct answer answer;
        ask(host->name, &answer);
        pthread_mutex_lock(&dns.lock);
        dns.pending--;
        keep_locked(host, &answer);
        answer_all_locked(host);
    }
    pthread_mutex_unlock(&dns.lock);
    return NULL;
}

/* ---- for everybody ---- */

enum sl_err dns_start(void)
{
    SL_CHECK(!dns.is_running);
    sl_map_init(&dns.hosts, DNS_HOSTS_MAX);
    sl_list_init(&dns.known);
    sl_list_init(&dns.queue);
    sl_list_init(&dns.refreshes);
    dns.is_stopping = false;
    dns.pending = 0;

    /* Signals are the control thread's: a thread inherits what is blocked here. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&dns.thread, NULL, dns_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        return SL_ENOMEM;
    }
    pthread_setname_np(dns.thread, "dns");
    dns.is_running = true;
    return SL_OK;
}

void dns_stop(void)
{
    if (!dns.is_running) {
        return;
    }
    pthread_mutex_lock(&dns.lock);
    dns.is_stopping = true;
    pthread_cond_signal(&dns.wake);
    pthread_mutex_unlock(&dns.lock);

    /* A resolver that does not answer may take a minute; the process ends without it. */
    if (!sl_thread_end(dns.thread, SL_SECOND)) {
        return; /* still running: what it may touch stays */
    }
    dns.is_running = false;
    struct sl_map_node *node;
    while ((node = sl_map_any(&dns.hosts)) != NULL) {
        sl_map_remove(&dns.hosts, node);
        free(SL_CONTAINER(node, struct dns_host, node));
    }
    sl_map_fini(&dns.hosts);
}

void dns_set_ttl(sl_usec max_ttl_usec, sl_usec nxdomain_ttl_usec)
{
    pthread_mutex_lock(&dns.lock);
    dns.max_ttl_usec = max_ttl_usec;
    dns.nxdomain_ttl_usec = nxdomain_ttl_usec;
    pthread_mutex_unlock(&dns.lock);
}

/* Names are the same whatever their case. False: too long, or empty. */
static bool fold_name(const char *host, char name[static DNS_NAME_MAX + 1])
{
    size_t len = strlen(host);

    if (len == 0 || len > DNS_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        name[i] = (char)tolower((unsigned char)host[i]);
    }
    return true;
}

static enum dns_verdict fail(struct dns_request *request, const char *host, const char *why)
{
    snprintf(request->error, sizeof request->error,
            "could not translate host name \"%.200s\" to address: %s", host, why);
    return DNS_FAILED;
}

static void enqueue_locked(struct dns_host *host, struct sl_list *queue)
{
    if (host->state == DNS_KNOWN) {
        host->state = DNS_QUEUED;
        dns.pending++;
    }
    sl_list_remove(&host->queue);
    sl_list_append(queue, &host->queue);
    pthread_cond_signal(&dns.wake);
}

static void touch_locked(struct dns_host *host)
{
    sl_list_remove(&host->known);
    sl_list_push(&dns.known, &host->known);
}

static enum dns_verdict lookup_locked(const char *name, struct dns_request *request)
{
    struct dns_host *host = find_locked(name);

    if (host == NULL) {
        host = add_locked(name);
        if (host == NULL) {
            return fail(request, name, "too many names");
        }
    } else {
        touch_locked(host);
    }
    if (host->state == DNS_KNOWN && ttl_left_locked(host) > 0) {
        give_locked(host, request);
        return host->count > 0 ? DNS_NOW : DNS_FAILED;
    }
    if (host->state == DNS_KNOWN || (host->state == DNS_QUEUED && sl_list_empty(&host->waiting))) {
        enqueue_locked(host, &dns.queue); /* ahead of names for which nobody waits */
    }
    request->is_waiting = true;
    sl_list_append(&host->waiting, &request->waiting);
    return DNS_LATER;
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct dns_request *request = SL_CONTAINER(letter, struct dns_request, letter);

    request->done(request, worker);
}

enum dns_verdict dns_lookup(const char *host, int port, struct dns_request *request)
{
    struct address address;
    char name[DNS_NAME_MAX + 1];

    SL_DCHECK(host[0] != '/' && host[0] != '@');
    request->letter.deliver = deliver;
    request->is_waiting = false;
    request->port = port;
    request->count = 0;
    request->error[0] = '\0';
    sl_list_init(&request->waiting);
    if (address_parse(host, port, &address) == SL_OK) {
        address_shorten(&address, &request->addresses[0]);
        request->count = 1;
        return DNS_NOW;
    }
    if (!fold_name(host, name)) {
        return fail(request, host, "not a name");
    }
    pthread_mutex_lock(&dns.lock);
    enum dns_verdict verdict = dns.is_running && !dns.is_stopping
                                       ? lookup_locked(name, request)
                                       : fail(request, host, "shutting down");
    pthread_mutex_unlock(&dns.lock);
    return verdict;
}

bool dns_cancel(struct dns_request *request)
{
    pthread_mutex_lock(&dns.lock);
    bool was_waiting = request->is_waiting;
    if (was_waiting) {
        sl_list_remove(&request->waiting);
        request->is_waiting = false;
    }
    pthread_mutex_unlock(&dns.lock);
    return was_waiting;
}

void dns_refresh(const char *host)
{
    char name[DNS_NAME_MAX + 1];

    if (!fold_name(host, name)) {
        return;
    }
    pthread_mutex_lock(&dns.lock);
    struct dns_host *known = dns.is_running && !dns.is_stopping ? find_locked(name) : NULL;
    if (known != NULL) {
        touch_locked(known);
    }
    if (known != NULL && known->state == DNS_KNOWN && ttl_left_locked(known) == 0) {
        enqueue_locked(known, &dns.refreshes);
    }
    pthread_mutex_unlock(&dns.lock);
}

unsigned dns_changes(void)
{
    return atomic_load_explicit(&dns.changes, memory_order_relaxed);
}

bool dns_has_address(const char *host, const struct address_short *address)
{
    struct address_short sought = *address;
    char name[DNS_NAME_MAX + 1];

    if (!fold_name(host, name)) {
        return true;
    }
    sought.port = 0;
    pthread_mutex_lock(&dns.lock);
    const struct dns_host *known = dns.is_running ? find_locked(name) : NULL;
    bool has = known == NULL || known->count == 0 || known->is_partial ||
               is_among(&sought, known->addresses, known->count);
    pthread_mutex_unlock(&dns.lock);
    return has;
}

void dns_expire_all(void)
{
    pthread_mutex_lock(&dns.lock);
    if (dns.is_running) {
        SL_LIST_EACH (it, &dns.known) {
            SL_CONTAINER(it, struct dns_host, known)->is_stale = true;
        }
    }
    pthread_mutex_unlock(&dns.lock);
}

static void fill_row_locked(const struct dns_host *host, struct dns_host_row *row)
{
    memcpy(row->name, host->name, sizeof row->name);
    row->ttl_usec = ttl_left_locked(host);
    row->count = host->count;
    memcpy(row->addresses, host->addresses, sizeof row->addresses);
}

void dns_each(bool (*each)(const struct dns_host_row *row, void *context), void *context)
{
    struct dns_host_row *rows = NULL;
    unsigned count = 0;

    pthread_mutex_lock(&dns.lock);
    if (dns.is_running && dns.hosts.count > 0) {
        rows = calloc(dns.hosts.count, sizeof *rows);
    }
    if (rows != NULL) {
        SL_LIST_EACH (it, &dns.known) {
            fill_row_locked(SL_CONTAINER(it, struct dns_host, known), &rows[count++]);
        }
    }
    pthread_mutex_unlock(&dns.lock);
    for (unsigned i = 0; i < count && each(&rows[i], context); i++) {
    }
    free(rows);
}

unsigned dns_count(void)
{
    pthread_mutex_lock(&dns.lock);
    unsigned count = dns.is_running ? dns.hosts.count : 0;
    pthread_mutex_unlock(&dns.lock);
    return count;
}

unsigned dns_pending_count(void)
{
    pthread_mutex_lock(&dns.lock);
    unsigned count = dns.pending;
    pthread_mutex_unlock(&dns.lock);
    return count;
}
