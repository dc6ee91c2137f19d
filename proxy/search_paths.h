/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/search_paths.h - numbers for the search_paths of sessions.
 *
 * A row of statistics is of one of them (optimizer/shape_store.h), as the same text is of
 * another table elsewhere. A path keeps its number for the life of the process; so it is only for
 * those who have logged in.
 *
 * Ownership: the texts. Threads: any; no lock but to add one. Bounds: SEARCH_PATHS_MAX of
 * SEARCH_PATH_MAX bytes, and SEARCH_PATHS_BYTES_MAX for all texts: who comes later is not known,
 * and counted.
 */
#ifndef SLUICE_PROXY_SEARCH_PATHS_H
#define SLUICE_PROXY_SEARCH_PATHS_H

#include "protocol/search_path.h"

#include <stdint.h>

enum {
    SEARCH_PATHS_OF_ROLE = 0, /* the session has set none: the role's, or the database's */
    SEARCH_PATHS_UNKNOWN = 1,
    SEARCH_PATHS_FIRST = 2,
    SEARCH_PATHS_MAX = 4096,
    SEARCH_PATHS_BYTES_MAX = 1024 * 1024,
    /* Another number, of the same path: the session may have temporary tables. */
    SEARCH_PATHS_TEMP = 0x8000
};

struct params;

/* Of a path in its one form (protocol/search_path.h). */
uint16_t search_paths_number(const char *list);
/* Of a session that was begun with those startup parameters. */
uint16_t search_paths_of_startup(const struct params *startup);

/*
 * For people: "a, public", "as the role has it", "not known"; "a; temporary tables, perhaps". Without
 * what search_path_show() hides, and then with the number, so that no two are alike: "?, public #12".
 * It lives as long as the process, as the next.
 */
const char *search_paths_text(uint32_t number);
/* The path alone, whole, and not for people; NULL: the role's, or not known. */
const char *search_paths_list(uint32_t number);

/* How many have a number, and how often there was no room for another. */
unsigned search_paths_count(void);
uint64_t search_paths_refused(void);

#endif
