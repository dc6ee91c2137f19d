/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BYTES = 16 * 1024 };

/* Reads fd to its end: what it is (a file, a pipe) and how long is not known beforehand. */
static enum sl_err read_all(
        int fd, size_t bytes_max, char **text, size_t *len, struct sl_error *why)
{
    size_t cap = 0;

    for (;;) {
        ssize_t got;

        if (cap - *len < 2) {
            char *more = realloc(*text, cap == 0 ? FIRST_BYTES : cap * 2);

            if (more == NULL) {
                return sl_error_set(why, SL_ENOMEM, "53200", "no memory");
            }
            *text = more;
            cap = cap == 0 ? FIRST_BYTES : cap * 2;
        }
        got = read(fd, *text + *len, cap - *len - 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return sl_error_set(why, SL_EIO, "58030", "%s", strerrordesc_np(errno));
        }
        *len += (size_t)got;
        (*text)[*len] = '\0';
        if (got == 0) {
            return SL_OK;
        }
        if (*len > bytes_max) {
            return sl_error_set(why, SL_ELIMIT, "54000", "longer than %zu bytes", bytes_max);
        }
    }
}

enum sl_err conf_file_read(
        const char *path, size_t bytes_max, char **text, size_t *len, struct sl_error *why)
{
    char *found = NULL;
    size_t found_len = 0;
    enum sl_err err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) { /* a lack of something that passes is not the file's fault */
        bool is_lack = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
        return sl_error_set(why, is_lack ? SL_ENOMEM : SL_EIO, is_lack ? "53000" : "58030", "%s",
                strerrordesc_np(errno));
    }
    err = read_all(fd, bytes_max, &found, &found_len, why);
    close(fd);
    if (err == SL_OK && found != NULL && memchr(found, '\0', found_len) != NULL) {
        err = sl_error_set(why, SL_EINVAL, "22021", "a zero byte in it: not a text file");
    }
    if (err != SL_OK) {
        free(found);
        return err;
    }
    *text = found;
    *len = found_len;
    return SL_OK;
}
