/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/process.h - what all threads of the process share.
 *
 * The workers, the configuration in force, the TLS contexts made from it, and the
 * switches of the console that concern everything: pause, suspend, shutdown.
 *
 * Ownership: one static struct, filled by process_start(). Threads: as marked;
 * the configuration and the TLS contexts are handed out by reference under a leaf
 * lock, and workers keep their own.
 */
#ifndef SLUICE_PROXY_PROCESS_H
#define SLUICE_PROXY_PROCESS_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct pipeline;
struct tls_context;
struct worker;

enum process_shutdown {
    PROCESS_RUNS,
    PROCESS_WAITS_FOR_SERVERS, /* SHUTDOWN WAIT_FOR_SERVERS, SIGINT: until servers are released */
    PROCESS_WAITS_FOR_CLIENTS, /* SHUTDOWN WAIT_FOR_CLIENTS, SIGTERM: until clients have left */
    PROCESS_STOPS              /* now */
};

/* Adds the stages of one worker to its (empty) pipeline; tests bring their own. */
typedef void process_stages(struct pipeline *pipeline, unsigned worker);

/*
 * Makes the workers for the configuration, whose reference is taken over, and
 * starts them. Listening begins with listener_start().
 */
SL_MUST_CHECK enum sl_err process_start(
        const struct conf *conf, process_stages *stages, struct sl_error *error);
/* Stops the workers, joins them and frees what is left. */
void process_stop(void);

unsigned process_workers(void);
struct worker *process_worker(unsigned index);
/* The one with the fewest clients. */
struct worker *process_least_loaded(void);

/* A reference to the configuration in force. Any thread. */
const struct conf *process_conf(void);
/* A new one for everybody, whose reference is taken over; the workers get it by letter. */
SL_MUST_CHECK enum sl_err process_set_conf(const struct conf *conf, struct sl_error *error);

/* References, NULL when sslmode is disable. Any thread. */
struct tls_context *process_tls_from_clients(void);
struct tls_context *process_tls_to_servers(void);

/* Switches. Any thread. */
/* PAUSE without a database, or SUSPEND: no transaction begins. */
bool process_is_paused(void);
void process_set_paused(bool paused);
bool process_is_suspended(void);
void process_set_suspended(bool suspended);
/* Another process has taken over: no new clients, and those that are here move there. */
bool process_is_leaving(void);
void process_set_leaving(bool leaving);
enum process_shutdown process_shutdown(void);
void process_set_shutdown(enum process_shutdown how);

/* Clients of all kinds, against max_client_conn. False: at the bound. */
SL_MUST_CHECK bool process_add_client(int clients_max);
void process_drop_client(void);
int process_clients(void);

/* Which of those that have the same key this is. */
uint32_t process_number(void);
/* For ids that are shown and never used again. */
uint64_t process_next_serial(void);
sl_usec process_started_at(void); /* wall clock */

/* The process's random key: secrets of cancel keys are made from it. False: no memory. */
SL_MUST_CHECK bool process_secret(uint64_t serial, uint8_t *secret, size_t len); /* len <= 32 */

/*
 * The random key itself, for a process that takes over; and what that one starts with in place of its
 * own, before process_start().
 */
enum { PROCESS_KEY_BYTES = 32 };
void process_key(uint8_t key[PROCESS_KEY_BYTES]);
uint64_t process_last_serial(void);
void process_inherit(const uint8_t key[PROCESS_KEY_BYTES], uint64_t serial);

#endif
