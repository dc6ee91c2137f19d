/* SPDX-License-Identifier: PostgreSQL */
/* protocol/base/check.c - the last words before abort(). */
#include "protocol/base/check.h"

#include <stdio.h>
#include <stdlib.h>

void sl_check_failed(const char *what, const char *file, int line)
{
    /* Not sl_log(): its lock or its queue may be what is broken. */
    (void)fprintf(stderr, "error event=check_failed check=\"%s\" at=%s:%d\n", what, file, line);
    abort();
}
