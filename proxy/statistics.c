/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/statistics.h"

#include "conf/conf.h"
#include "optimizer/observe.h"
#include "protocol/base/clock.h"
#include "protocol/sqlstate.h"
#include "proxy/pipeline.h"

static struct observe *observe; /* constant while there are workers */

enum sl_err statistics_start(const struct conf *conf, struct sl_error *error)
{
    struct observe_options options = {.limits = {.shapes_max = (uint32_t)conf->stats_shapes,
                                              .bytes_max = (size_t)conf->stats_memory},
            .workers = process_workers()};

    if (conf->stats_mode == 0) {
        return SL_OK;
    }
    observe = observe_new(&options);
    return observe != NULL ? SL_OK
                           : sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY,
                                     "[stats] memory is too small, or there is none");
}

void statistics_stop(void)
{
    observe_free(observe, sl_now());
    observe = NULL;
}

void statistics_stages(struct pipeline *pipeline, unsigned worker)
{
    if (observe != NULL) {
        pipeline_add(pipeline, observe_stage(observe, worker));
    }
}

struct observe *statistics_observe(void)
{
    return observe;
}
