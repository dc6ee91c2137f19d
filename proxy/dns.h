/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/dns.h - names to addresses, without anybody waiting in line.
 *
 * One thread asks the system's resolver, one name at a time; whoever asked gets a
 * letter. Answers, and the fact that there is none, are kept for dns_max_ttl and
 * dns_nxdomain_ttl, so most questions are answered at once. Many who ask for the
 * same name at the same time share one question to the resolver. An answer that
 * has grown old is kept until a newer one is there, and serves when the resolver
 * fails: a database that runs must not be lost to a resolver that does not.
 *
 * When an answer lacks an address that the one before had, dns_changes() is raised:
 * whoever is connected to an address of a name sees by it when to ask whether the
 * name still has it. So a failover by DNS is followed, also by servers in use.
 *
 * Ownership: the request is the asker's; between DNS_LATER and done() it must not
 * move or go, unless dns_cancel() gives it back. Threads: any.
 * Bounds: DNS_HOSTS_MAX names, DNS_ADDRESSES_MAX addresses a name.
 */
#ifndef SLUICE_PROXY_DNS_H
#define SLUICE_PROXY_DNS_H

#include "protocol/base/clock.h"
#include "protocol/base/list.h"
#include "proxy/address.h"
#include "proxy/mailbox.h"

enum { DNS_ADDRESSES_MAX = 8, DNS_HOSTS_MAX = 1024, DNS_NAME_MAX = 255, DNS_ERROR_MAX = 320 };

enum dns_verdict {
    DNS_NOW,   /* addresses[0 .. count - 1] are there */
    DNS_LATER, /* done() will be called at home */
    DNS_FAILED /* error says why */
};

struct dns_request {
    struct letter letter; /* first: the resolver's own */
    struct sl_list waiting;
    bool is_waiting; /* under LOCK */
    int port;

    /* Set by the asker. */
    struct mailbox *home;
    void (*done)(struct dns_request *request, struct worker *worker); /* look at count */

    /* The answer. */
    int count; /* 0: there is none, see error */
    struct address_short addresses[DNS_ADDRESSES_MAX];
    char error[DNS_ERROR_MAX];
};

SL_MUST_CHECK enum sl_err dns_start(void);
/* Nobody may be waiting. An ongoing question to the resolver is waited for, but for a second only. */
void dns_stop(void);

/* From conf; also after a reload. Kept answers get no older than the new ttl. */
void dns_set_ttl(sl_usec max_ttl_usec, sl_usec nxdomain_ttl_usec);

/*
 * host is a name or a numeric address; not a Unix socket's folder. The addresses
 * come with that port. home and done are set before.
 */
SL_MUST_CHECK enum dns_verdict dns_lookup(const char *host, int port, struct dns_request *request);

/*
 * True: done() will not be called, the request is free again. False: its letter is
 * on the way already (or it never waited). Only on the asker's thread.
 */
bool dns_cancel(struct dns_request *request);

/* The name is in use: if it is known and has grown old, it is asked for, behind all others. */
void dns_refresh(const char *host);

/* Raised whenever an answer may lack an address that its name had before. */
unsigned dns_changes(void);

/*
 * Does the name still have that address, whatever its port? False only when a newer
 * answer says otherwise: not when there is none, or the name is not known.
 */
bool dns_has_address(const char *host, const struct address_short *address);

/* What is known grows old at once; used by RECONNECT and RELOAD. */
void dns_expire_all(void);

/* A row of SHOW DNS_HOSTS. */
struct dns_host_row {
    char name[DNS_NAME_MAX + 1];
    sl_usec ttl_usec; /* what is left of it; 0 when old */
    int count;        /* 0: the name has no address, or it is not known yet */
    struct address_short addresses[DNS_ADDRESSES_MAX];
};

/* Calls each() with a copy of each name's state, outside the lock; each() false stops. */
void dns_each(bool (*each)(const struct dns_host_row *row, void *context), void *context);

unsigned dns_count(void);         /* names known: SHOW LISTS dns_names */
unsigned dns_pending_count(void); /* names being asked for: SHOW LISTS dns_pending */

#endif
