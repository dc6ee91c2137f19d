/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/sweep.h - what RELOAD, RECONNECT and PAUSE mean for who is here already.
 *
 * A letter visits every worker, for what lives on a worker is ended by that worker.
 *   RELOAD: clients of a database that was taken out are ended, with their servers;
 *     servers of one that moved are old from now on (pool_recycle()). The timeouts hold
 *     for those who wait already, and for servers that are idle.
 *   Then, and for RECONNECT and PAUSE: servers that are still logging in are closed when
 *     they are old or their pool is paused, for nobody would use them, and old ones that
 *     cannot be waited for (link_end_old()).
 *
 * Ownership: the letter owns itself. Threads: any starts it, the workers carry it on.
 * Bounds: SWEEP_CLIENTS clients looked at in a turn.
 */
#ifndef SLUICE_PROXY_SWEEP_H
#define SLUICE_PROXY_SWEEP_H

struct conf;
struct worker;

enum { SWEEP_CLIENTS = 512 };

/* RECONNECT, PAUSE. Without memory it does not happen: then they end when they are free. */
void sweep_servers(void);
/* RELOAD: after the workers have been sent the new configuration. Takes own references. */
void sweep_reload(const struct conf *old, const struct conf *new_conf);

#endif
