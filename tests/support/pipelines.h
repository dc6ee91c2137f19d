/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/pipelines.h - random pipelines to PostgreSQL and through proxies: the
 * replies must be the same, message by message.
 *
 * A pipeline is made of its seed alone and sent whole: simple and extended requests, errors in
 * the middle, several Syncs, named and unnamed statements, portals with row limits, COPY,
 * transactions, DEALLOCATE ALL and DISCARD ALL; then Sync and Terminate, so that its end is the
 * end of the connection. Several are played at once, so that servers change hands.
 *
 * Ownership: the caller's. Threads: a call starts and ends its own. Bounds: one pipeline
 * is PIPELINE_MAX bytes of text; PIPELINE_PEERS_MAX peers; every wait ends.
 */
#ifndef SLUICE_TESTS_SUPPORT_PIPELINES_H
#define SLUICE_TESTS_SUPPORT_PIPELINES_H

#include "tests/support/script.h"

enum { PIPELINE_MAX = 8192, PIPELINE_PEERS_MAX = 4 };

/* What the statements need; before the first play. */
#define PIPELINES_SETUP "create table pipelined (n int)"

/* The text of that seed's pipeline, in the language of script.h. */
void pipeline_text(uint64_t seed, char text[PIPELINE_MAX]);

/*
 * Plays the pipelines of count seeds to peers[0], the reference, and to the others, `clients` at
 * a time. Says on stderr which differ, and where; returns how many.
 */
size_t pipelines_play(const struct script_peer *peers, size_t peer_count, uint64_t first,
        uint64_t count, unsigned clients);

#endif
