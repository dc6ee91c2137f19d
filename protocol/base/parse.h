/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/parse.h - numbers, durations and sizes from text.
 *
 * All answer SL_EINVAL for text that is not wholly of the form, and SL_ELIMIT
 * for a value out of range; *value is untouched then. Threads: any.
 */
#ifndef SLUICE_PROTOCOL_BASE_PARSE_H
#define SLUICE_PROTOCOL_BASE_PARSE_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

SL_MUST_CHECK enum sl_err sl_parse_i64(const char *text, int64_t min, int64_t max, int64_t *value);
/* Seconds, with a fraction ("0.5"), or with a unit: us, ms, s, min, h, d. */
SL_MUST_CHECK enum sl_err sl_parse_duration(const char *text, sl_usec *value);
/* Bytes, or with a unit: B, kB, MB, GB (powers of 1024, case ignored). */
SL_MUST_CHECK enum sl_err sl_parse_size(const char *text, int64_t *value);
/* 1/0, on/off, true/false, yes/no, case ignored. */
SL_MUST_CHECK enum sl_err sl_parse_bool(const char *text, bool *value);

#endif
