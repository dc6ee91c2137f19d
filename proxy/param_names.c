/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/param_names.h"

#include "protocol/base/check.h"

#include <stddef.h>
#include <strings.h>

static const char *const fixed[] = {
        "in_hot_standby",
        "integer_datetimes",
        "is_superuser",
        "server_encoding",
        "server_version",
        "session_authorization",
};

bool param_is_settable(const char *name)
{
    for (size_t i = 0; i < SL_COUNT(fixed); i++) {
        if (strcasecmp(name, fixed[i]) == 0) {
            return false;
        }
    }
    return true;
}

bool param_is_per_client(const char *name)
{
    return strcasecmp(name, "application_name") == 0;
}
