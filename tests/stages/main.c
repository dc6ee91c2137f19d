/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/main.c - Sluice with stages of which each does one thing a stage may do.
 *
 *     SLUICE_TEST_STAGES=wait,rewrite sluice_stages [OPTION]... FILE
 *
 * The same composition as proxy/main.c, so that the whole wire suite shows what
 * the seam of protocol/stage.h is worth before the first module needs it.
 */
#include "protocol/base/check.h"
#include "proxy/sluice_main.h"
#include "tests/stages/stage_account.h"
#include "tests/stages/stage_answer.h"
#include "tests/stages/stage_linger.h"
#include "tests/stages/stage_meter.h"
#include "tests/stages/stage_refuse.h"
#include "tests/stages/stage_rewrite.h"
#include "tests/stages/stage_wait.h"
#include "tests/stages/stage_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    process_stages *add;
} known[] = {
        {"account", stage_account_add},
        {"answer", stage_answer_add},
        {"linger", stage_linger_add},
        {"meter", stage_meter_add},
        {"refuse", stage_refuse_add},
        {"rewrite", stage_rewrite_add},
        {"tap", stage_watch_add_tap},
        {"wait", stage_wait_add},
        {"watch", stage_watch_add},
};

static process_stages *chosen[SL_COUNT(known)];
static size_t chosen_count;

static bool choose(const char *name, size_t len)
{
    for (size_t i = 0; i < SL_COUNT(known); i++) {
        if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0 &&
                chosen_count < SL_COUNT(chosen)) {
            chosen[chosen_count++] = known[i].add;
            return true;
        }
    }
    return false;
}

static bool choose_all(const char *names)
{
    while (names != NULL && *names != '\0') {
        size_t len = strcspn(names, ",");
        if (!choose(names, len)) {
            return false;
        }
        names += len + (names[len] == ',' ? 1 : 0);
    }
    return chosen_count > 0;
}

static void add_chosen(struct pipeline *pipeline, unsigned worker)
{
    for (size_t i = 0; i < chosen_count; i++) {
        chosen[i](pipeline, worker);
    }
}

int main(int argc, char **argv)
{
    if (!choose_all(getenv("SLUICE_TEST_STAGES"))) {
        fprintf(stderr, "SLUICE_TEST_STAGES: a list of account, answer, linger, refuse, rewrite, "
                        "tap, wait, "
                        "watch\n");
        return 2;
    }
    int status = sluice_main(argc, argv, add_chosen);
    if (stage_watch_left() > 0) {
        fprintf(stderr, "%lu statements never ended\n", stage_watch_left());
        return 3;
    }
    if (stage_account_left() != 0) {
        fprintf(stderr, "%ld transactions never ended\n", stage_account_left());
        return 3;
    }
    if (stage_answer_lent() != 0) {
        fprintf(stderr, "%ld answers were not given back\n", stage_answer_lent());
        return 3;
    }
    return status;
}
