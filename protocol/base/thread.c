/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/thread.h"

#include <time.h>

/* That sanitizer does not know of the other call, and takes the thread for one that nobody has waited for. */
#if defined(__SANITIZE_THREAD__)
#define BY_WALL_CLOCK
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BY_WALL_CLOCK
#endif
#endif

bool sl_thread_end(pthread_t thread, sl_usec usec)
{
    struct timespec until;

#ifdef BY_WALL_CLOCK
    clock_gettime(CLOCK_REALTIME, &until);
#else
    clock_gettime(CLOCK_MONOTONIC, &until);
#endif
    const sl_usec nsec = until.tv_nsec + usec % SL_SECOND * 1000;
    until.tv_sec += (time_t)(usec / SL_SECOND + nsec / (1000 * SL_SECOND));
    until.tv_nsec = (long)(nsec % (1000 * SL_SECOND));
#ifdef BY_WALL_CLOCK
    const int err = pthread_timedjoin_np(thread, NULL, &until);
#else
    const int err = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until);
#endif
    if (err != 0) {
        pthread_detach(thread);
    }
    return err == 0;
}
