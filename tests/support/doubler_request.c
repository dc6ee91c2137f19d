/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/doubler_request.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { HEAD = 5 };

static const char hint[] = "/* sluice:cache=off */ ";

void doubler_request_clear(struct doubler_request *request)
{
    doubler_clear(&request->bytes);
    doubler_clear(&request->past);
    doubler_clear(&request->text);
    memset(request->kinds, 0, sizeof request->kinds);
    request->is_plain = true;
}

/* A message with the hint at that place of its body. */
static void put_past(struct doubler_request *request, const char *at, size_t len, size_t place)
{
    uint32_t size = htonl((uint32_t)(len - 1 + sizeof hint - 1));

    doubler_append(&request->past, at, 1);
    doubler_append(&request->past, &size, sizeof size);
    doubler_append(&request->past, at + HEAD, place);
    doubler_append(&request->past, hint, sizeof hint - 1);
    doubler_append(&request->past, at + HEAD + place, len - HEAD - place);
}

static void take(struct doubler_request *request, const char *at, size_t len)
{
    const char *body = at + HEAD;
    size_t name = len > HEAD ? strnlen(body, len - HEAD) + 1 : 0;

    switch (at[0]) {
    case 'Q':
        doubler_append(&request->text, body, len - HEAD);
        put_past(request, at, len, 0);
        return;
    case 'P':
        request->is_plain = request->is_plain && body[0] == '\0';
        doubler_append(&request->text, body + name, strlen(body + name) + 1);
        put_past(request, at, len, name);
        return;
    case 'B':
        request->is_plain = request->is_plain && body[0] == '\0' &&
                            (body[name] == '\0' || request->text.len == 0);
        break;
    case 'D':
        request->is_plain = request->is_plain && body[0] == 'P' && body[1] == '\0';
        break;
    case 'E':
        request->is_plain =
                request->is_plain && body[0] == '\0' && doubler_number(body + name) == 0;
        break;
    default:
        break;
    }
    doubler_append(&request->past, at, len);
}

enum doubler_part doubler_request_add(struct doubler_request *request, const char *at, size_t len)
{
    size_t count = strlen(request->kinds);

    if (at[0] == 'X' && request->bytes.len == 0) {
        return DOUBLER_LEAVES;
    }
    if (request->bytes.len == 0) {
        doubler_request_clear(request);
    }
    doubler_append(&request->bytes, at, len);
    if (strchr("QPBDECS", at[0]) == NULL) {
        return DOUBLER_STRANGE;
    }
    if (count < DOUBLER_KINDS_MAX - 1) {
        request->kinds[count] = at[0];
        take(request, at, len);
    }
    return at[0] == 'Q' || at[0] == 'S' ? DOUBLER_WHOLE : DOUBLER_MORE;
}

/* By its first letters. */
static bool looks_like_read(const char *text)
{
    static const char *const words[] = {"sel", "wit", "tab", "val"};

    text += strspn(text, " \t\r\n");
    if (text[0] == '(' || text[0] == '/' || text[0] == '-') {
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncasecmp(text, words[i], 3) == 0) {
            return true;
        }
    }
    return false;
}

bool doubler_request_may_repeat(struct doubler_request *request)
{
    static const char *const kinds[] = {"Q", "PBDES", "PBES", "BDES", "BES"};
    bool is_kind = false;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        is_kind |= strcmp(request->kinds, kinds[i]) == 0;
    }
    if (request->text.len == 0) {
        doubler_clear(&request->past); /* nowhere to put a hint */
        return is_kind && request->is_plain;
    }
    /* One behind another may be a COPY, of which the client has to speak. */
    return is_kind && request->is_plain && looks_like_read(request->text.at) &&
           strcasestr(request->text.at, "copy") == NULL;
}

const char *doubler_request_text(const struct doubler_request *request)
{
    return request->text.len == 0 ? "" : request->text.at;
}
