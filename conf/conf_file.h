/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_file.h - a whole file as text.
 *
 * Ownership: *text is the caller's, to be freed with free(). Threads: any.
 * Bounds: bytes_max; a longer file is not read.
 */
#ifndef SLUICE_CONF_CONF_FILE_H
#define SLUICE_CONF_CONF_FILE_H

#include "protocol/base/err.h"

#include <stddef.h>

/*
 * Reads path into *text, *len bytes and a terminator. SL_EIO: it cannot be read;
 * SL_ELIMIT: longer than bytes_max; SL_EINVAL: there is a zero byte in it;
 * SL_ENOMEM: no memory, or no descriptor. why says which, without the path.
 */
SL_MUST_CHECK enum sl_err conf_file_read(
        const char *path, size_t bytes_max, char **text, size_t *len, struct sl_error *why);

#endif
