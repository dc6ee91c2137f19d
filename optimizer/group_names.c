/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/group_names.c - a dictionary of all terms, then one count for each group.
 *
 * How telling a term is: p * ln(p / q), p being the part of the group's shapes that have it and q
 * that of all others (its part of the Kullback-Leibler divergence), both moved away from zero.
 * Ties go by the text, so that names do not depend on the order of anything.
 */
#include "optimizer/group_names.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

#include <math.h>
#include <stdio.h>

enum {
    SLOTS = GROUP_NAME_DICTIONARY * 2,
    CANDIDATES = 16, /* the best of a group; some are left out as saying the same */
    TERM_SHOWN_MAX = 48
};

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slot_of() masks");

struct entry {
    struct sl_span text;
    uint64_t hash;
    uint32_t kind;     /* enum term_kind */
    uint32_t all;      /* shapes that have it */
    uint32_t in_group; /* of the group that is counted */
    uint32_t begins;   /* how many of those begin with it */
    uint32_t last;     /* the shape it was last seen in, counted from 1 */
};

struct dictionary {
    const struct group_names *given;
    struct entry *entries;
    uint32_t *slots; /* an entry's number + 1; 0: free */
    uint32_t count;
};

/* The term's entry; a new one if there is room, else NULL. */
static struct entry *look_up(struct dictionary *dictionary, const struct term *term)
{
    uint64_t hash = sl_hash64_seed(term->text, term->kind);
    uint32_t slot = (uint32_t)hash & (SLOTS - 1);

    for (; dictionary->slots[slot] != 0; slot = (slot + 1) & (SLOTS - 1)) {
        struct entry *entry = &dictionary->entries[dictionary->slots[slot] - 1];

        if (entry->hash == hash && entry->kind == term->kind &&
                sl_span_equal(entry->text, term->text)) {
            return entry;
        }
    }
    if (dictionary->count == GROUP_NAME_DICTIONARY) {
        return NULL;
    }
    struct entry *entry = &dictionary->entries[dictionary->count++];
    *entry = (struct entry){.text = term->text, .hash = hash, .kind = term->kind};
    dictionary->slots[slot] = dictionary->count;
    return entry;
}

/* Counts a shape's terms, each once: in its group, or in all. */
static void count_shape(struct dictionary *dictionary, uint32_t at, bool is_group)
{
    struct terms terms = {.source = dictionary->given->sources[at]};
    struct term term;
    bool is_first = true;

    while (terms_next(&terms, &term)) {
        struct entry *entry = term.kind == TERM_OPERATOR ? NULL : look_up(dictionary, &term);

        if (entry == NULL) {
            continue;
        }
        entry->begins += is_group && is_first && term.kind == TERM_WORD;
        is_first = false;
        if (entry->last != at + 1) {
            entry->last = at + 1;
            entry->in_group += is_group;
            entry->all += !is_group;
        }
    }
}

static void forget_shapes(struct dictionary *dictionary)
{
    for (uint32_t i = 0; i < dictionary->count; i++) {
        dictionary->entries[i].last = 0;
        dictionary->entries[i].in_group = 0;
        dictionary->entries[i].begins = 0;
    }
}

static double telling(const struct dictionary *dictionary, const struct entry *entry, uint32_t size)
{
    const double away = 0.01;
    double others = (double)dictionary->given->points->count - size;
    double p = (double)entry->in_group / size;
    double q = others > 0 ? (double)(entry->all - entry->in_group) / others : 0;
    double score = p * log((p + away) / (q + away));

    return entry->kind == TERM_COLUMN ? 2 * score : score;
}

static int compare_texts(struct sl_span a, struct sl_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct candidate {
    const struct entry *entry;
    double score;
};

static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (b->entry == NULL || a->score != b->score) {
        return b->entry == NULL || a->score > b->score;
    }
    if (a->entry->kind != b->entry->kind) {
        return a->entry->kind == TERM_COLUMN;
    }
    return compare_texts(a->entry->text, b->entry->text) < 0;
}

/* Words of grammar: they may be telling, but say nothing to a person. */
static bool is_grammar(struct sl_span word)
{
    static const char *const words[] = {"from", "where", "and", "or", "not", "on", "as", "by", "in",
            "is", "into", "set", "values", "using", "to", "asc", "desc", "all"};

    for (size_t i = 0; i < SL_COUNT(words); i++) {
        if (sl_span_is(word, words[i])) {
            return true;
        }
    }
    return false;
}

/* The most telling terms first; the word to begin with is none of them. */
static void choose(const struct dictionary *dictionary, uint32_t size, const struct entry *verb,
        struct candidate best[CANDIDATES])
{
    for (uint32_t i = 0; i < dictionary->count; i++) {
        const struct entry *entry = &dictionary->entries[i];
        struct candidate candidate = {.entry = entry};

        if (entry->in_group == 0 || entry == verb || entry->text.len == 0 ||
                is_grammar(entry->text)) {
            continue;
        }
        candidate.score = telling(dictionary, entry, size);
        uint32_t at = CANDIDATES;
        while (at > 0 && is_better(&candidate, &best[at - 1])) {
            at--;
        }
        if (at < CANDIDATES) {
            memmove(best + at + 1, best + at, (CANDIDATES - 1 - at) * sizeof *best);
            best[at] = candidate;
        }
    }
}

/* Whether the word is the table or the column of the term: it says nothing more. */
static bool is_part_of(struct sl_span word, struct sl_span term)
{
    if (word.len == term.len) {
        return sl_span_equal(word, term);
    }
    if (word.len > term.len) {
        return false;
    }
    size_t rest = term.len - word.len;
    return (term.at[word.len] == '.' && memcmp(term.at, word.at, word.len) == 0) ||
           (term.at[rest - 1] == '.' && memcmp(term.at + rest, word.at, word.len) == 0);
}

static const struct entry *verb_of(const struct dictionary *dictionary, uint32_t size)
{
    for (uint32_t i = 0; i < dictionary->count; i++) {
        if (dictionary->entries[i].begins * 2 > size) {
            return &dictionary->entries[i];
        }
    }
    return NULL;
}

/* Appends text, cut between characters, control characters as '?'. */
static void append(char name[GROUP_NAME_MAX], const char *between, struct sl_span text)
{
    size_t len = strlen(name);
    size_t cut = text.len < TERM_SHOWN_MAX ? text.len : TERM_SHOWN_MAX;

    while (cut < text.len && cut > 0 && (text.at[cut] & 0xc0) == 0x80) {
        cut--;
    }
    SL_CHECK(len + strlen(between) + cut < GROUP_NAME_MAX);
    for (; *between != '\0'; between++) {
        name[len++] = *between;
    }
    for (size_t i = 0; i < cut; i++) {
        uint8_t c = text.at[i];
        name[len++] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    name[len] = '\0';
}

/* false: cancelled. */
static bool make_name(struct dictionary *dictionary, uint32_t label, char name[GROUP_NAME_MAX])
{
    const struct group_names *given = dictionary->given;
    struct candidate best[CANDIDATES] = {0};
    uint32_t size = 0;

    forget_shapes(dictionary);
    for (uint32_t i = 0; i < given->points->count; i++) {
        if (given->labels[i] == label) {
            count_shape(dictionary, i, true);
            if (points_cancelled_at_text(given->points, size++)) {
                return false;
            }
        }
    }
    SL_CHECK(size > 0);
    const struct entry *verb = verb_of(dictionary, size);
    choose(dictionary, size, verb, best);
    name[0] = '\0';
    append(name, "", verb == NULL ? sl_span_text("mixed") : verb->text);
    const struct entry *used[GROUP_NAME_TERMS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < CANDIDATES && count < GROUP_NAME_TERMS; i++) {
        bool is_said = best[i].entry == NULL || best[i].score <= 0;

        for (uint32_t j = 0; j < count && !is_said; j++) {
            is_said = is_part_of(best[i].entry->text, used[j]->text);
        }
        if (!is_said) {
            append(name, count == 0 ? " " : ", ", best[i].entry->text);
            used[count++] = best[i].entry;
        }
    }
    return true;
}

static bool is_taken(const char *const *names, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The tries end: among count + 1 different names one is free. */
static char *distinct_name(
        struct sl_arena *arena, const char *const *names, uint32_t count, const char *name)
{
    char numbered[GROUP_NAME_MAX];
    const int number_len = 12;

    snprintf(numbered, sizeof numbered, "%s", name);
    for (uint32_t number = 2; is_taken(names, count, numbered); number++) {
        snprintf(numbered, sizeof numbered, "%.*s #%u", GROUP_NAME_MAX - 1 - number_len, name,
                number);
    }
    return sl_arena_text(arena, sl_span_text(numbered));
}

enum sl_err group_names_give(const struct group_names *given, const char **names)
{
    struct dictionary dictionary = {.given = given};
    char name[GROUP_NAME_MAX];

    dictionary.entries =
            sl_arena_take(given->scratch, GROUP_NAME_DICTIONARY * sizeof *dictionary.entries);
    dictionary.slots = sl_arena_take(given->scratch, SLOTS * sizeof *dictionary.slots);
    if (dictionary.entries == NULL || dictionary.slots == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < given->points->count; i++) {
        count_shape(&dictionary, i, false);
        if (points_cancelled_at_text(given->points, i)) {
            return SL_ETIMEOUT;
        }
    }
    for (uint32_t label = 0; label < given->groups; label++) {
        if (!make_name(&dictionary, label, name)) {
            return SL_ETIMEOUT;
        }
        names[label] = distinct_name(given->arena, names, label, name);
        if (names[label] == NULL) {
            return SL_ENOMEM;
        }
    }
    return SL_OK;
}
