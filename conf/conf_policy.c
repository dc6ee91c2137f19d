/* SPDX-License-Identifier: PostgreSQL */
/* conf/conf_policy.c - in the order of their names, so that finding one is halving. */
#include "conf/conf_policy.h"

#include "protocol/base/hash.h"

#include <string.h>

/* Where it is, or would be. */
static int place_of(const struct conf_policy *list, int count, const char *name)
{
    int low = 0;

    while (low < count) {
        int middle = low + (count - low) / 2;
        if (strcmp(list[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

bool conf_policy_keep(struct conf_policy *list, int *count, const struct conf_policy *policy)
{
    int at = place_of(list, *count, policy->name);

    if (at < *count && strcmp(list[at].name, policy->name) == 0) {
        list[at] = *policy;
        return true;
    }
    memmove(&list[at + 1], &list[at], (size_t)(*count - at) * sizeof *list);
    list[at] = *policy;
    ++*count;
    return false;
}

const struct conf_policy *conf_policy_named(
        const struct conf *conf, enum conf_policy_of of, const char *name)
{
    const struct conf_policies *all = &conf->policies[of];
    int at = place_of(all->list, all->count, name);

    return at < all->count && strcmp(all->list[at].name, name) == 0 ? &all->list[at] : NULL;
}

const struct conf_policy *conf_find_policy(
        const struct conf *conf, enum conf_policy_of of, const char *name)
{
    const struct conf_policy *policy = conf_policy_named(conf, of, name);

    return policy != NULL ? policy : conf_policy_named(conf, of, "*");
}

void conf_policy_add(struct conf_policy *to, const struct conf_policy *more)
{
    if (more == NULL) {
        return;
    }
    to->cache = to->cache != 0 && more->cache != 0;
    if (more->ttl_usec != 0 && (to->ttl_usec == 0 || more->ttl_usec < to->ttl_usec)) {
        to->ttl_usec = more->ttl_usec;
    }
}

uint64_t conf_policies_sum(const struct conf *conf)
{
    struct sl_hash128_stream stream;

    sl_hash128_begin(&stream);
    for (int of = 0; of < CONF_POLICY_KINDS; of++) {
        const struct conf_policies *all = &conf->policies[of];
        for (int i = 0; i < all->count; i++) {
            const int64_t values[] = {of, all->list[i].cache, all->list[i].ttl_usec};
            sl_hash128_add(&stream, sl_span(values, sizeof values));
            sl_hash128_add(&stream, sl_span(all->list[i].name, strlen(all->list[i].name) + 1));
        }
    }
    return sl_hash128_end(&stream).lo;
}
