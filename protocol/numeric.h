/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/numeric.h - numeric as PostgreSQL sends it in binary.
 *
 * Four numbers of 16 bits - how many digits follow, the weight of the first one,
 * the sign, the digits behind the point that are shown - and digits to the base
 * 10000. A zero has no digits; leading and trailing zero digits are left away.
 *
 * Ownership: nothing is kept. Threads: any. Bounds: NUMERIC_INTEGER_MAX decimal
 * digits before the point and NUMERIC_FRACTION_MAX behind it, as PostgreSQL's.
 */
#ifndef SLUICE_PROTOCOL_NUMERIC_H
#define SLUICE_PROTOCOL_NUMERIC_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

enum { NUMERIC_INTEGER_MAX = 131072, NUMERIC_FRACTION_MAX = 16383 };

/*
 * Appends the bytes for text: a sign if any, decimal digits with a point if any; or
 * NaN, Infinity, -Infinity. SL_EINVAL: something else (an exponent, too), nothing added.
 */
SL_MUST_CHECK enum sl_err numeric_put(struct sl_buf *buf, const char *text);

#endif
