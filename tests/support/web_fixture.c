/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/web_fixture.h"

#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>

enum { INI_MAX = 4096, PAUSE_MS = 10 };

int port;
PGconn *client;

int web_begin(void **state)
{
    (void)prepare(state);
    port = proc_free_port();
    return 0;
}

void web_start(const char *stats, const char *http)
{
    char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES " user=postgres\nother = " AT_POSTGRES
            " user=postgres\n" INI_ALONE
            "pool_mode = transaction\n[stats]\n%s[http]\nlisten = 127.0.0.1:%d\n%s",
            stats, port, http);
    sluice_start(&sluice, ini);
    soon_logged(&sluice, "event=started ");
    client = open_as("one", "shop");
}

void web_soon(const char *path, const char *words)
{
    struct web_answer answer = {0};

    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(PAUSE_MS)) {
        answer = web_get(port, path);
        if (answer.status == 200) {
            break;
        }
    }
    web_expect(answer, 200, words);
}

int web_end(void **state)
{
    if (sluice.process.pid != 0 && client != NULL) {
        sluice_must_live(&sluice);
        web_soon("/healthz", "{\"status\":\"ok\"}");
        query_expect(client, "select 1", "1");
    }
    PQfinish(client);
    client = NULL;
    return stop_sluice(state);
}
