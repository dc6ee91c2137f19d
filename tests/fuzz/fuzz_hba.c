/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any text as hba rules and as ident maps: what is read can be asked about, and
 * leaving all lines out that are after the one that fits changes no answer.
 *
 * @ is taken away, so that no file is read.
 */
#include "conf/hba.h"
#include "conf/hba_ident.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t lines_len(struct sl_span text, int lines)
{
    size_t len = 0;

    while (lines > 0 && len < text.len) {
        lines -= text.at[len] == '\n' ? 1 : 0;
        len++;
    }
    return len;
}

static void ask(const struct hba *hba, const struct hba_ident *ident, struct sl_span text,
        const struct hba_who *who)
{
    struct hba_answer answer;
    struct hba_answer again;
    const struct hba *cut;

    if (!hba_match(hba, who, &answer)) {
        return;
    }
    SL_CHECK(answer.line > 0 && hba_rules_count(hba) > 0);
    cut = hba_load_text("cut", sl_span(text.at, lines_len(text, answer.line)), ident, NULL);
    SL_CHECK(cut != NULL);
    SL_CHECK(hba_match(cut, who, &again));
    SL_CHECK(again.line == answer.line && again.method == answer.method);
    hba_unref(cut);
}

static void ask_all(const struct hba *hba, const struct hba_ident *ident, struct sl_span text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a010203)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr local = {.sa_family = AF_UNIX};
    const struct sockaddr *from[] = {
            (const struct sockaddr *)&v4, (const struct sockaddr *)&v6, &local};

    for (size_t i = 0; i < SL_COUNT(from) * 4; i++) {
        struct hba_who who = {.addr = from[i % SL_COUNT(from)],
                .is_tls = i >= SL_COUNT(from) && i < 3 * SL_COUNT(from),
                .is_replication = i >= 2 * SL_COUNT(from),
                .database = "shop",
                .user = "bob"};

        ask(hba, ident, text, &who);
    }
}

/* Under one's own name, and by a map that there is; the same again. */
static void ask_ident(const struct hba_ident *ident)
{
    static const char *const names[] = {"bob", "bob.b-1@ex.com", "", "\\1", "b\nb [x]"};

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        SL_CHECK(hba_ident_allows(ident, NULL, names[i], names[i]));
        bool once = hba_ident_allows(ident, "m", names[i], "bob");
        SL_CHECK(once == hba_ident_allows(ident, "m", names[i], "bob"));
        SL_CHECK(!once || hba_ident_has_map(ident, "m"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    const struct hba_ident *ident;
    const struct hba *hba;
    struct sl_span text;

    if (copy == NULL || size > 4096) {
        free(copy);
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        copy[i] = (char)(data[i] == '@' || data[i] == '\0' ? '_' : data[i]);
    }
    text = sl_span(copy, size);
    ident = hba_ident_load_text("ident", text, NULL);
    SL_CHECK(ident != NULL);
    ask_ident(ident);
    hba = hba_load_text("hba", text, ident, NULL);
    SL_CHECK(hba != NULL);
    ask_all(hba, ident, text);
    hba_unref(hba);
    hba_ident_unref(ident);
    free(copy);
    return 0;
}
