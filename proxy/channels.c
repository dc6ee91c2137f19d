/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/channels.h"

#include "protocol/base/hash.h"

#include <string.h>

struct channel *channels_find(const struct sl_map *channels, struct sl_span name)
{
    struct sl_map_node *node = sl_map_first(channels, sl_hash64(name));

    for (; node != NULL; node = sl_map_next(node)) {
        struct channel *channel = SL_CONTAINER(node, struct channel, node);
        if (channel->len == name.len && memcmp(channel->name, name.at, name.len) == 0) {
            return channel;
        }
    }
    return NULL;
}

enum sl_err channels_put(struct sl_map *channels, struct channel *channel, struct sl_span name)
{
    if (name.len == 0 || name.len > CHANNEL_NAME_MAX) {
        return SL_ELIMIT;
    }
    channel->len = (uint8_t)name.len;
    memcpy(channel->name, name.at, name.len);
    channel->name[name.len] = '\0';
    return sl_map_put(channels, &channel->node, sl_hash64(name));
}

enum sl_err channels_list_add(struct sl_buf *list, struct sl_span name)
{
    enum sl_err err = sl_buf_reserve(list, name.len + 1);

    err = err == SL_OK ? sl_buf_put(list, name.at, name.len) : err;
    return err == SL_OK ? sl_buf_put_u8(list, '\0') : err;
}

bool channels_list_next(struct sl_span *list, struct sl_span *name)
{
    if (list->len == 0) {
        return false;
    }
    *name = sl_span(list->at, strnlen((const char *)list->at, list->len));
    size_t used = name->len < list->len ? name->len + 1 : name->len;
    *list = sl_span(list->at + used, list->len - used);
    return true;
}

bool channels_is_ascii(struct sl_span text)
{
    uint8_t all = 0;

    for (size_t i = 0; i < text.len; i++) {
        all |= text.at[i];
    }
    return all < 0x80;
}

enum sl_err channels_put_statement(struct sl_buf *text, const char *verb, struct sl_span name)
{
    enum sl_err err = sl_buf_put(text, verb, strlen(verb));

    err = err == SL_OK ? sl_buf_put(text, " \"", 2) : err;
    for (size_t i = 0; err == SL_OK && i < name.len; i++) {
        if (name.at[i] == '"') {
            err = sl_buf_put_u8(text, '"');
        }
        err = err == SL_OK ? sl_buf_put_u8(text, name.at[i]) : err;
    }
    return err == SL_OK ? sl_buf_put(text, "\"; ", 3) : err;
}
