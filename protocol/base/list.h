/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/list.h - an intrusive, circular, doubly linked list.
 *
 * A head and a member are the same struct. A member that is on no list is
 * linked to itself, so that sl_list_remove() may be called twice.
 *
 * Ownership: the list owns nothing. Threads: the caller's.
 */
#ifndef SLUICE_PROTOCOL_BASE_LIST_H
#define SLUICE_PROTOCOL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct sl_list {
    struct sl_list *prev;
    struct sl_list *next;
};

static inline void sl_list_init(struct sl_list *list)
{
    list->prev = list;
    list->next = list;
}

static inline bool sl_list_empty(const struct sl_list *list)
{
    return list->next == list;
}

static inline void sl_list_insert_between(
        struct sl_list *prev, struct sl_list *item, struct sl_list *next)
{
    item->prev = prev;
    item->next = next;
    prev->next = item;
    next->prev = item;
}

/* At the front: the list's next. */
static inline void sl_list_push(struct sl_list *head, struct sl_list *item)
{
    sl_list_insert_between(head, item, head->next);
}

/* At the end: the list's prev. */
static inline void sl_list_append(struct sl_list *head, struct sl_list *item)
{
    sl_list_insert_between(head->prev, item, head);
}

static inline void sl_list_remove(struct sl_list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    sl_list_init(item);
}

/* The first item, taken off, or NULL. */
static inline struct sl_list *sl_list_pop(struct sl_list *head)
{
    struct sl_list *item = head->next;

    if (item == head) {
        return NULL;
    }
    head->next = item->next;
    item->next->prev = head;
    sl_list_init(item);
    return item;
}

#define SL_LIST_EACH(it, head) for (struct sl_list *it = (head)->next; it != (head); it = it->next)
#define SL_LIST_EACH_SAFE(it, head)                                                                \
    for (struct sl_list *it = (head)->next, *it##_next = it->next; it != (head);                   \
            it = it##_next, it##_next = it->next)

#endif
