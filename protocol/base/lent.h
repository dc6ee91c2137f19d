/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/lent.h - bytes of somebody else that stay until they are given back.
 *
 * Ownership: whoever has it releases it, once. Threads: the lender says. Bounds: none.
 */
#ifndef SLUICE_PROTOCOL_BASE_LENT_H
#define SLUICE_PROTOCOL_BASE_LENT_H

#include <stddef.h>

struct sl_lent {
    void (*release)(void *lender); /* NULL: nothing is lent */
    void *lender;
};

/* Nothing is lent from then on. */
static inline void sl_lent_release(struct sl_lent *lent)
{
    if (lent->release != NULL) {
        lent->release(lent->lender);
        lent->release = NULL;
    }
}

#endif
