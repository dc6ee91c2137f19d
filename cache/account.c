/* SPDX-License-Identifier: PostgreSQL */
#include "cache/account.h"

#include <stdlib.h>

struct account *account_new(struct tags *tags, uint32_t all)
{
    struct account *account = malloc(sizeof *account);

    if (account != NULL) {
        account->tags = tags;
        account->all = all;
        tag_set_init(&account->collected);
        tag_set_init(&account->pending);
        account->unread = 0;
        account->held = NULL;
        account->view = 0;
        account->is_told = false;
        account->has_unseen = false;
        account->has_doubts = false;
    }
    return account;
}

void account_collect(struct account *account, const struct tag_set *set)
{
    tag_set_join(&account->collected, set, account->all);
}

/* Both begun, in one: what both have begins again before either ends. */
static void merge(struct account *account, struct tag_set *set)
{
    struct tag_set both;

    tag_set_init(&both);
    tag_set_join(&both, &account->pending, account->all);
    tag_set_join(&both, set, account->all);
    tag_set_begin_for(&both, account->tags, (uint8_t)(account->pending.counted | set->counted));
    tag_set_end(&account->pending, account->tags);
    tag_set_end(set, account->tags);
    account->pending = both;
}

void account_take(struct account *account, struct tag_set *set)
{
    account->is_told = account->is_told && tag_set_is_empty(set);
    if (tag_set_is_empty(set)) {
        tag_set_end(set, account->tags);
    } else if (tag_set_is_empty(&account->pending)) {
        account->pending = *set;
        tag_set_init(set);
    } else {
        merge(account, set);
    }
}

void account_begin(struct account *account)
{
    tag_set_begin(&account->collected, account->tags);
    account_take(account, &account->collected);
}

void account_end(struct account *account)
{
    tag_set_fini(&account->collected);
    tag_set_end(&account->pending, account->tags);
    free(account);
}

bool account_lose(struct account *account, struct tag_set *pending)
{
    tag_set_fini(&account->collected);
    *pending = account->pending;
    free(account);
    return !tag_set_is_empty(pending);
}
