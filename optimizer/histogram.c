/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/histogram.c - pages of counters, each as wide as it must be.
 *
 *     block: units | at[page] ... | unit | unit | ...
 *
 * All pages of a histogram are in one block, cut into units of 32 bytes. A page takes 1,
 * 2, 4 or 8 units: 32 counters of 1, 2, 4 or 8 bytes. at[page] is 0 for a page that is
 * not there, else its first unit and its width (code). A page that comes or is widened
 * means a new block: for one histogram that happens at most 4 * 33 times.
 */
#include "optimizer/histogram.h"

#include <stdbool.h>
#include <string.h>

/* A page is made 4 * 33 times at most: every other time should not save registers for that. */
#define NOT_INLINED __attribute__((noinline))

enum { UNIT = 32, CODES = 4, SUB_BITS = 5 };

struct histogram_block {
    uint16_t units;
    uint16_t at[HISTOGRAM_PAGES]; /* 0, or first unit * CODES + code + 1 */
    uint64_t data[];
};

_Static_assert(HISTOGRAM_PAGE == 1 << SUB_BITS, "index_of() shifts");
_Static_assert(HISTOGRAM_PAGE * 8 * HISTOGRAM_PAGES / UNIT * CODES + CODES < UINT16_MAX, "at[]");

static const uint64_t code_max[CODES] = {UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX};

/* ---- buckets ---- */

static unsigned index_of(uint64_t usec)
{
    if (usec > HISTOGRAM_USEC_MAX) {
        usec = HISTOGRAM_USEC_MAX;
    }
    if (usec < HISTOGRAM_PAGE) {
        return (unsigned)usec;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(usec) - SUB_BITS;
    return ((shift + 1) << SUB_BITS) + ((unsigned)(usec >> shift) & (HISTOGRAM_PAGE - 1));
}

/* The least value of a bucket, and how many values it has. */
static uint64_t low_of(unsigned index, uint64_t *width)
{
    unsigned page = index >> SUB_BITS;

    if (page == 0) {
        *width = 1;
        return index;
    }
    *width = UINT64_C(1) << (page - 1);
    return (uint64_t)(HISTOGRAM_PAGE + (index & (HISTOGRAM_PAGE - 1))) << (page - 1);
}

static uint64_t middle_of(unsigned index)
{
    uint64_t width = 0;
    uint64_t low = low_of(index, &width);

    return low + width / 2;
}

/* ---- pages ---- */

static unsigned code_of(unsigned at)
{
    return (at - 1) % CODES;
}

static void *page_at(struct histogram_block *block, unsigned at)
{
    return (uint8_t *)block->data + (size_t)((at - 1) / CODES) * UNIT;
}

static const void *page_seen(const struct histogram_block *block, unsigned at)
{
    return (const uint8_t *)block->data + (size_t)((at - 1) / CODES) * UNIT;
}

static uint64_t counter(const void *page, unsigned code, unsigned i)
{
    switch (code) {
    case 0:
        return ((const uint8_t *)page)[i];
    case 1:
        return ((const uint16_t *)page)[i];
    case 2:
        return ((const uint32_t *)page)[i];
    default:
        return ((const uint64_t *)page)[i];
    }
}

static void set_counter(void *page, unsigned code, unsigned i, uint64_t value)
{
    switch (code) {
    case 0:
        ((uint8_t *)page)[i] = (uint8_t)value;
        break;
    case 1:
        ((uint16_t *)page)[i] = (uint16_t)value;
        break;
    case 2:
        ((uint32_t *)page)[i] = (uint32_t)value;
        break;
    default:
        ((uint64_t *)page)[i] = value;
        break;
    }
}

static size_t block_len(unsigned units)
{
    return sizeof(struct histogram_block) + (size_t)units * UNIT;
}

static unsigned code_for(uint64_t value)
{
    unsigned code = 0;

    while (value > code_max[code]) {
        code++;
    }
    return code;
}

static void copy_page(void *to, unsigned to_code, const void *from, unsigned from_code)
{
    if (to_code == from_code) {
        memcpy(to, from, (size_t)UNIT << to_code);
        return;
    }
    for (unsigned i = 0; i < HISTOGRAM_PAGE; i++) {
        set_counter(to, to_code, i, counter(from, from_code, i));
    }
}

/* A new block, in which page is there and at least as wide as code. False: no memory. */
static bool make_page(
        struct histogram *histogram, struct budget *budget, unsigned page, unsigned code)
{
    struct histogram_block *old = histogram->block;
    unsigned had = old == NULL || old->at[page] == 0 ? 0 : 1U << code_of(old->at[page]);
    unsigned units = (old == NULL ? 0U : old->units) - had + (1U << code);
    struct histogram_block *block = budget_take_zeroed(budget, block_len(units));
    unsigned unit = 0;

    if (block == NULL) {
        return false;
    }
    block->units = (uint16_t)units;
    for (unsigned i = 0; i < HISTOGRAM_PAGES; i++) {
        unsigned at = old == NULL ? 0 : old->at[i];
        if (at == 0 && i != page) {
            continue;
        }
        unsigned to = i == page ? code : code_of(at);
        block->at[i] = (uint16_t)(unit * CODES + to + 1);
        if (at != 0) {
            copy_page(page_at(block, block->at[i]), to, page_seen(old, at), code_of(at));
        }
        unit += 1U << to;
    }
    SL_DCHECK(unit == units);
    if (old != NULL) {
        budget_give(budget, old, block_len(old->units));
    }
    histogram->block = block;
    return true;
}

/* Sets a counter for which there is no page, or none that is wide enough. */
static NOT_INLINED enum sl_err set_in_new(
        struct histogram *histogram, struct budget *budget, unsigned index, uint64_t value)
{
    unsigned page = index >> SUB_BITS;

    if (!make_page(histogram, budget, page, code_for(value))) {
        return SL_ENOMEM;
    }
    unsigned at = histogram->block->at[page];
    set_counter(page_at(histogram->block, at), code_of(at), index % HISTOGRAM_PAGE, value);
    return SL_OK;
}

/* n more in that bucket, whatever page and width that takes. */
static enum sl_err raise_counter(
        struct histogram *histogram, struct budget *budget, unsigned index, uint64_t n)
{
    struct histogram_block *block = histogram->block;
    unsigned at = block == NULL ? 0 : block->at[index >> SUB_BITS];
    unsigned i = index % HISTOGRAM_PAGE;
    uint64_t value = n;

    if (SL_LIKELY(at != 0)) {
        value += counter(page_at(block, at), code_of(at), i);
        if (SL_LIKELY(value <= code_max[code_of(at)])) {
            set_counter(page_at(block, at), code_of(at), i, value);
            return SL_OK;
        }
    }
    enum sl_err err = set_in_new(histogram, budget, index, value);
    histogram->unplaced += err == SL_OK ? 0 : n;
    return err;
}

/* ---- adding ---- */

enum sl_err histogram_add(struct histogram *histogram, struct budget *budget, uint64_t usec)
{
    if (histogram->count++ == 0) {
        histogram->min = usec;
        histogram->max = usec;
    }
    histogram->sum += usec;
    if (usec < histogram->min) {
        histogram->min = usec;
    }
    if (usec > histogram->max) {
        histogram->max = usec;
    }
    return raise_counter(histogram, budget, index_of(usec), 1);
}

/* Most counters of most pages are 0: looked at a word at a time, and passed over. */
static bool merge_page(struct histogram *into, struct budget *budget,
        const struct histogram_block *from, unsigned page)
{
    unsigned at = from->at[page];
    const uint64_t *words = page_seen(from, at);
    unsigned code = code_of(at);
    unsigned per_word = 8U >> code;
    bool is_whole = true;

    for (unsigned i = 0; i < HISTOGRAM_PAGE; i += per_word) {
        if (words[i / per_word] == 0) {
            continue;
        }
        for (unsigned k = i; k < i + per_word; k++) {
            uint64_t n = counter(words, code, k);
            if (n > 0 && raise_counter(into, budget, page * HISTOGRAM_PAGE + k, n) != SL_OK) {
                is_whole = false;
            }
        }
    }
    return is_whole;
}

static void merge_head(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) {
        return;
    }
    if (into->count == 0 || from->min < into->min) {
        into->min = from->min;
    }
    if (into->count == 0 || from->max > into->max) {
        into->max = from->max;
    }
    into->count += from->count;
    into->sum += from->sum;
    into->unplaced += from->unplaced;
}

enum sl_err histogram_merge(
        struct histogram *into, struct budget *budget, const struct histogram *from)
{
    enum sl_err err = SL_OK;

    SL_DCHECK(into != from);
    if (from->count == 0) {
        return SL_OK;
    }
    merge_head(into, from);
    for (unsigned page = 0; from->block != NULL && page < HISTOGRAM_PAGES; page++) {
        if (from->block->at[page] != 0 && !merge_page(into, budget, from->block, page)) {
            err = SL_ENOMEM;
        }
    }
    return err;
}

void histogram_reset(struct histogram *histogram)
{
    struct histogram_block *block = histogram->block;

    if (histogram->count > 0 && block != NULL) {
        memset(block->data, 0, (size_t)block->units * UNIT);
    }
    *histogram = (struct histogram){.block = block};
}

void histogram_fini(struct histogram *histogram, struct budget *budget)
{
    if (histogram->block != NULL) {
        budget_give(budget, histogram->block, block_len(histogram->block->units));
    }
    *histogram = (struct histogram){0};
}

/* ---- reading ---- */

static uint64_t page_sum(const void *page, unsigned code)
{
    uint64_t sum = 0;
    unsigned i = 0;

    switch (code) { /* a loop for each width, so that a compiler can do its best */
    case 0:
        for (; i < HISTOGRAM_PAGE; i++) {
            sum += ((const uint8_t *)page)[i];
        }
        break;
    case 1:
        for (; i < HISTOGRAM_PAGE; i++) {
            sum += ((const uint16_t *)page)[i];
        }
        break;
    case 2:
        for (; i < HISTOGRAM_PAGE; i++) {
            sum += ((const uint32_t *)page)[i];
        }
        break;
    default:
        for (; i < HISTOGRAM_PAGE; i++) {
            sum += ((const uint64_t *)page)[i];
        }
        break;
    }
    return sum;
}

/* Several histograms, read as if they were one. */
struct parts {
    const struct histogram *const *parts;
    unsigned count;
};

static uint64_t sum_page(struct parts of, unsigned page)
{
    uint64_t sum = 0;

    for (unsigned p = 0; p < of.count; p++) {
        const struct histogram_block *block = of.parts[p]->block;
        if (block != NULL && block->at[page] != 0) {
            sum += page_sum(page_seen(block, block->at[page]), code_of(block->at[page]));
        }
    }
    return sum;
}

static uint64_t sum_counter(struct parts of, unsigned index)
{
    unsigned page = index >> SUB_BITS;
    uint64_t sum = 0;

    for (unsigned p = 0; p < of.count; p++) {
        const struct histogram_block *block = of.parts[p]->block;
        unsigned at = block == NULL ? 0 : block->at[page];
        if (at != 0) {
            sum += counter(page_seen(block, at), code_of(at), index & (HISTOGRAM_PAGE - 1));
        }
    }
    return sum;
}

/* Count, unplaced, min and max of all; no block. */
static struct histogram sum_heads(struct parts of)
{
    struct histogram sum = {0};

    for (unsigned p = 0; p < of.count; p++) {
        merge_head(&sum, of.parts[p]);
    }
    return sum;
}

static uint64_t rank_of(double quantile, uint64_t count)
{
    double exact = quantile * (double)count;
    uint64_t rank = exact < 1 ? 1 : (uint64_t)exact;

    return rank + ((double)rank < exact ? 1 : 0);
}

static uint64_t within(const struct histogram *histogram, uint64_t usec)
{
    if (usec < histogram->min) {
        return histogram->min;
    }
    return usec > histogram->max ? histogram->max : usec;
}

void histogram_quantiles_of(const struct histogram *const *parts, unsigned count,
        const double *quantiles, size_t n, uint64_t *values)
{
    const struct parts of = {.parts = parts, .count = count};
    struct histogram head = sum_heads(of);
    uint64_t placed = head.count - head.unplaced;
    uint64_t before = 0; /* values in pages that were passed */
    size_t next = 0;

    for (unsigned page = 0; next < n && page < HISTOGRAM_PAGES; page++) {
        uint64_t in_page = sum_page(of, page);
        uint64_t sum = before;
        before += in_page;
        for (unsigned i = 0; next < n && rank_of(quantiles[next], placed) <= before; i++) {
            SL_DCHECK(i < HISTOGRAM_PAGE);
            sum += sum_counter(of, page * HISTOGRAM_PAGE + i);
            for (; next < n && rank_of(quantiles[next], placed) <= sum; next++) {
                values[next] = within(&head, middle_of(page * HISTOGRAM_PAGE + i));
            }
        }
    }
    for (; next < n; next++) {
        values[next] = head.max;
    }
    /* The greatest of all is known exactly. */
    for (size_t i = n; i > 0 && placed > 0 && rank_of(quantiles[i - 1], placed) >= placed; i--) {
        values[i - 1] = head.max;
    }
}

void histogram_quantiles(
        const struct histogram *histogram, const double *quantiles, size_t n, uint64_t *values)
{
    histogram_quantiles_of(&histogram, 1, quantiles, n, values);
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
    uint64_t value = 0;

    histogram_quantiles(histogram, &quantile, 1, &value);
    return value;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : (double)histogram->sum / (double)histogram->count;
}

void histogram_cumulative(
        const struct histogram *histogram, const uint64_t *bounds, size_t n, uint64_t *counts)
{
    const struct histogram_block *block = histogram->block;
    uint64_t sum = 0;
    size_t bound = 0;

    for (unsigned page = 0; block != NULL && page < HISTOGRAM_PAGES; page++) {
        unsigned at = block->at[page];
        for (unsigned i = 0; at != 0 && i < HISTOGRAM_PAGE; i++) {
            uint64_t middle = middle_of(page * HISTOGRAM_PAGE + i);
            for (; bound < n && bounds[bound] < middle; bound++) {
                counts[bound] = sum;
            }
            sum += counter(page_seen(block, at), code_of(at), i);
        }
    }
    for (; bound < n; bound++) {
        counts[bound] = sum;
    }
}

size_t histogram_bytes(const struct histogram *histogram)
{
    return histogram->block == NULL ? 0 : budget_cost(block_len(histogram->block->units));
}
