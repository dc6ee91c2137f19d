/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/shapes/check.c - equal shapes have equal fingerprints, and equal facts.
 *
 *     shapes_check [-n MUTATIONS] [-s SEED] CORPUS...
 *
 * A corpus is a file of statements, divided by lines of "----"; what comes first is changed most. Each is read by libpg_query and by
 * the scanner; so are MUTATIONS statements made from them. Of all that are SELECT, INSERT, UPDATE,
 * DELETE or MERGE and can be parsed, those with one shape must have one fingerprint, and the same
 * facts (protocol/sql_facts.h, without what is called a hint there): the first of each shape is remembered (TABLE_MAX of them), and those after it are compared with it.
 *
 * Every text is looked for among the patterns of those before it (protocol/shape_patterns.h), and
 * what they say must be what the scanner says.
 *
 * Exits 1 when two differ, and prints both; and when so few could be compared that the test says
 * nothing.
 */
#include "protocol/base/check.h"
#include "protocol/shape.h"
#include "protocol/shape_patterns.h"
#include "protocol/sql_parse.h"
#include "tests/shapes/mutate.h"
#include "tests/unit/protocol/facts_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TABLE_MAX = 1 << 19, /* a power of two */
    POOL_MAX = 8192,     /* statements that mutations begin with */
    FAILURES_MAX = 10,
    CORPUS_MIN = 2000
};

struct seen {
    struct sl_hash128 key;
    uint64_t fingerprint;
    uint64_t facts; /* a hash of them */
    char *text;
};

struct check {
    struct seen *table;
    struct mutate_text *pool;
    uint32_t pool_count;
    uint32_t corpus_count; /* the first of the pool stay */
    struct mutate_random random;
    uint64_t read; /* of the corpus, of whatever kind */
    uint64_t parsed;
    uint64_t compared;  /* with another text */
    uint64_t shapes;    /* that were new */
    uint64_t patterned; /* was like one before */
    uint64_t failures;
    struct shape_patterns patterns;
};

static void *must(void *memory)
{
    SL_CHECK(memory != NULL);
    return memory;
}

/* Whether every statement of the shape is one that the promise is about. */
static bool is_promised(const char *text)
{
    static const char *const words[] = {
            "select", "insert", "update", "delete", "merge", "with", "values", "table"};

    while (text != NULL) {
        bool is_known = false;
        text += strspn(text, "(");
        for (size_t i = 0; i < SL_COUNT(words); i++) {
            is_known = is_known || strncmp(text, words[i], strlen(words[i])) == 0;
        }
        if (!is_known) {
            return false;
        }
        text = strstr(text, "; ");
        text = text == NULL ? NULL : text + 2;
    }
    return true;
}

static bool fingerprint_of(const char *text, uint64_t *fingerprint)
{
    return sql_fingerprint(sl_span_text(text), fingerprint) == SL_OK;
}

static uint64_t facts_of(const char *text)
{
    struct sql_tree *tree = NULL;
    struct sql_facts *facts = NULL;
    struct sql_parse_error error;
    static struct facts_text words = {.without_hints = true};

    SL_CHECK(sql_parse(sl_span_text(text), &tree, &error) == SL_OK);
    SL_CHECK(sql_facts_new(tree, &facts) == SL_OK);
    uint64_t hash =
            sl_hash64_seed(sl_span_text(facts_describe(&words, facts)), facts->complexity.score);
    sql_facts_free(facts);
    sql_tree_free(tree);
    return hash;
}

static void compare(struct check *check, const struct seen *seen, const char *text,
        uint64_t fingerprint, const char *shape)
{
    if (strcmp(seen->text, text) == 0) {
        return;
    }
    check->compared++;
    if (seen->facts != facts_of(text)) {
        check->failures++;
        printf("one shape, other facts\n  shape %s\n  %s\n  %s\n", shape, seen->text, text);
    }
    if (seen->fingerprint == fingerprint) {
        return;
    }
    check->failures++;
    printf("one shape, two fingerprints\n  shape        %s\n  %016" PRIx64 " %s\n  %016" PRIx64
           " %s\n",
            shape, seen->fingerprint, seen->text, fingerprint, text);
}

/* Scans the text; what the patterns say of it must be the same. It is one of them from then on. */
static void scan(
        struct check *check, const char *text, struct shape_room where, struct shape *shape)
{
    struct shape_literal literals[SHAPE_PATTERN_LITERALS];

    struct sl_span span = sl_span_text(text);
    uint64_t head = shape_pattern_head(span);
    uint64_t found = head == 0 ? 0 : shape_patterns_find(&check->patterns, head, span);

    where.literals = literals;
    where.literals_max = SL_COUNT(literals);
    shape_of(span, (struct shape_options){0}, where, shape);
    if (found != 0) {
        check->patterned++;
        if (found != shape->key.lo) {
            check->failures++;
            printf("another shape by its pattern\n  %s\n", text);
        }
    } else if (head != 0) {
        shape_patterns_keep(&check->patterns, head, span, shape, literals, SHAPE_PATTERN_LITERALS);
    }
}

/* True when the text could be parsed. */
static bool examine(struct check *check, const char *text)
{
    static uint8_t room[4 * MUTATE_TEXT_MAX + 1];
    struct shape shape;
    uint64_t fingerprint;

    scan(check, text, (struct shape_room){.text = room, .text_max = sizeof room - 1}, &shape);
    room[shape.text_len] = '\0';
    if (shape.flags != 0 || !is_promised((const char *)room) ||
            !fingerprint_of(text, &fingerprint)) {
        return false;
    }
    check->parsed++;
    struct seen *seen = &check->table[shape.key.lo & (TABLE_MAX - 1)];
    if (seen->text != NULL && seen->key.lo == shape.key.lo && seen->key.hi == shape.key.hi) {
        compare(check, seen, text, fingerprint, (const char *)room);
        return true;
    }
    check->shapes++;
    free(seen->text);
    seen->key = shape.key;
    seen->fingerprint = fingerprint;
    seen->facts = facts_of(text);
    seen->text = must(strdup(text));
    return true;
}

static void add_to_pool(struct check *check, const struct mutate_text *text)
{
    uint32_t at = check->pool_count;

    if (at < POOL_MAX) {
        check->pool_count++;
    } else {
        at = check->corpus_count + mutate_below(&check->random, POOL_MAX - check->corpus_count);
    }
    check->pool[at] = *text;
}

/* A statement of the corpus; one that is too long to be changed is only compared. */
static void take(struct check *check, char *text)
{
    size_t len = strlen(text);

    while (len > 0 && text[len - 1] == '\n') {
        text[--len] = '\0';
    }
    check->read += len > 0 ? 1 : 0;
    if (len == 0 || !examine(check, text) || len > MUTATE_TEXT_MAX ||
            check->pool_count == POOL_MAX / 2) {
        return;
    }
    struct mutate_text *entry = &check->pool[check->pool_count++];
    memcpy(entry->at, text, len + 1);
    entry->len = len;
}

static void read_corpus(struct check *check, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t line_max = 0;
    size_t text_len = 0;
    char *text = must(calloc(1, SHAPE_TEXT_MAX));

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    for (;;) {
        ssize_t len = getline(&line, &line_max, file);
        if (len < 0 || strcmp(line, "----\n") == 0) {
            take(check, text);
            text_len = 0;
            text[0] = '\0';
        }
        if (len < 0) {
            break;
        }
        if (strcmp(line, "----\n") != 0 && text_len + (size_t)len < SHAPE_TEXT_MAX) {
            memcpy(text + text_len, line, (size_t)len + 1);
            text_len += (size_t)len;
        }
    }
    free(line);
    free(text);
    (void)fclose(file);
}

static void mutate(struct check *check)
{
    /* The earlier, the likelier: the first corpus is the one with the traps. */
    uint32_t below = mutate_below(&check->random, check->pool_count) + 1;
    struct mutate_text text = check->pool[mutate_below(&check->random, below)];
    const struct mutate_text *other = &check->pool[mutate_below(&check->random, check->pool_count)];
    bool is_new = mutate_below(&check->random, 100) < 35;
    struct shape shape;

    scan(check, text.at, (struct shape_room){0}, &shape);
    if (is_new) {
        mutate_structure(&check->random, &text, other);
    } else {
        mutate_surface(&check->random, &text);
    }
    if (examine(check, text.at) && (is_new || mutate_below(&check->random, 100) < 5)) {
        add_to_pool(check, &text);
    }
}

int main(int argc, char **argv)
{
    struct check check = {.random = {.state = 1}};
    uint64_t mutations = 0;
    int option;

    while ((option = getopt(argc, argv, "n:s:")) != -1) {
        if (option == 'n') {
            mutations = strtoull(optarg, NULL, 10);
        } else if (option == 's') {
            check.random.state = strtoull(optarg, NULL, 10) | 1;
        } else {
            return 2;
        }
    }
    check.table = must(calloc(TABLE_MAX, sizeof *check.table));
    check.pool = must(calloc(POOL_MAX, sizeof *check.pool));
    for (int i = optind; i < argc; i++) {
        read_corpus(&check, argv[i]);
    }
    check.corpus_count = check.pool_count;
    SL_CHECK(check.pool_count > 0);
    for (uint64_t i = 0; i < mutations && check.failures < FAILURES_MAX; i++) {
        mutate(&check);
    }
    printf("%" PRIu64 " statements, %" PRIu32 " to begin with, %" PRIu64 " mutations: %" PRIu64
           " parsed, %" PRIu64 " shapes, %" PRIu64 " compared, %" PRIu64 " by pattern, %" PRIu64
           " failures\n",
            check.read, check.corpus_count, mutations, check.parsed, check.shapes, check.compared,
            check.patterned, check.failures);
    for (size_t i = 0; i < TABLE_MAX; i++) {
        free(check.table[i].text);
    }
    free(check.table);
    free(check.pool);
    bool says_little = check.read < CORPUS_MIN || check.compared < mutations / 10 ||
                       check.patterned < mutations / 20;
    return check.failures > 0 || says_little ? 1 : 0;
}
