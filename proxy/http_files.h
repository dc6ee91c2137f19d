/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_files.h - the files of proxy/dashboard, as they were when this was built.
 *
 * The build makes an array of them (proxy/dashboard/embed.cmake), so that nothing is
 * read from disk and nothing asked of another host.
 *
 * Ownership: constant. Threads: any. Bounds: fixed by the build.
 */
#ifndef SLUICE_PROXY_HTTP_FILES_H
#define SLUICE_PROXY_HTTP_FILES_H

#include "protocol/base/span.h"

struct http_file {
    const char *name; /* NULL: the end */
    const char *type; /* of the content */
    const char *etag; /* with its quotes */
    const unsigned char *bytes;
    size_t len;
};

extern const struct http_file http_files[];

#endif
