/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_reserve.h"

#include "protocol/base/check.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

union block {
    max_align_t align;
    unsigned char bytes[HTTP_RESERVE_BYTES];
};

static union block blocks[HTTP_RESERVE_BLOCKS];
static bool is_taken[HTTP_RESERVE_BLOCKS];
static unsigned used;
static _Thread_local bool may_take;

static bool is_ours(const void *at)
{
    uintptr_t address = (uintptr_t)at;

    return address >= (uintptr_t)blocks && address < (uintptr_t)(blocks + HTTP_RESERVE_BLOCKS);
}

static void *take(size_t len)
{
    for (unsigned i = 0; len <= HTTP_RESERVE_BYTES && i < HTTP_RESERVE_BLOCKS; i++) {
        if (!is_taken[i]) {
            is_taken[i] = true;
            used++;
            return blocks[i].bytes;
        }
    }
    return NULL;
}

static void give(const void *at)
{
    size_t i = ((uintptr_t)at - (uintptr_t)blocks) / sizeof blocks[0];

    SL_CHECK(is_taken[i]);
    is_taken[i] = false;
    used--;
}

static void *reserve_malloc(size_t len)
{
    void *at = malloc(len);

    if (at == NULL && may_take) {
        at = take(len);
    }
    return at;
}

static void reserve_free(void *at)
{
    if (is_ours(at)) {
        give(at);
    } else {
        free(at);
    }
}

static void *reserve_realloc(void *at, size_t len)
{
    if (at == NULL) {
        return reserve_malloc(len);
    }
    if (!is_ours(at)) {
        return realloc(at, len);
    }
    if (len <= HTTP_RESERVE_BYTES) {
        return at;
    }
    void *larger = malloc(len);
    if (larger != NULL) {
        memcpy(larger, at, HTTP_RESERVE_BYTES);
        give(at);
    }
    return larger;
}

void http_reserve_install(void)
{
    event_set_mem_functions(reserve_malloc, reserve_realloc, reserve_free);
}

void http_reserve_use(void)
{
    may_take = true;
}

unsigned http_reserve_used(void)
{
    return used;
}
