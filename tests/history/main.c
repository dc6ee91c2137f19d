/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/history/main.c - Sluice that writes its history more often, and keeps less of it.
 *
 *     SLUICE_TEST_HISTORY="MILLISECONDS BYTES" sluice_history [OPTION]... FILE
 */
#include "proxy/history_writer.h"
#include "proxy/sluice_main.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *text = getenv("SLUICE_TEST_HISTORY"); /* NOLINT(concurrency-mt-unsafe) */
    long long ms = 0;
    size_t bytes = 0;

    /* NOLINTNEXTLINE(cert-err34-c): a test's own */
    if (text == NULL || sscanf(text, "%lld %zu", &ms, &bytes) != 2) {
        fprintf(stderr, "SLUICE_TEST_HISTORY must be milliseconds and bytes\n");
        return 1;
    }
    history_writer_set_pace(&(struct history_pace){.period = ms * SL_MSEC, .bytes_max = bytes});
    return sluice_main(argc, argv, NULL);
}
