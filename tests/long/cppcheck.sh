#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# cppcheck over the product; what it may not say is in tests/long/cppcheck.supp, with reasons.
set -u
cd "$(dirname "$0")/../.." || exit 2
command -v cppcheck >/dev/null || {
    echo "cppcheck is not installed"
    exit 1
}
cppcheck --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppressions-list=tests/long/cppcheck.supp --quiet -j 2 -I . -D_GNU_SOURCE -DSLUICE_DCHECK \
    -DSLUICE_VERSION='"0"' protocol conf cache shard optimizer proxy
