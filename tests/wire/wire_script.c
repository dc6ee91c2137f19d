/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_script.c - lines into directives and steps; wire_parse.c reads the messages.
 */
#include "tests/wire/wire_script.h"

#include "tests/wire/wire_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

#define SCRIPT_BYTES_MAX ((size_t)256 << 20)

struct verb {
    const char *name;
    enum wire_do what;
    bool has_actor;
};

static const struct verb verbs[] = {
        {"connect", WIRE_CONNECT, true},
        {"open", WIRE_OPEN, true},
        {"ready", WIRE_READY, true},
        {"login", WIRE_LOGIN, true},
        {"close", WIRE_CLOSE, true},
        {"reset", WIRE_RESET, true},
        {"shut", WIRE_SHUT, true},
        {"closed", WIRE_CLOSED, true},
        {"quiet", WIRE_QUIET, true},
        {"pause", WIRE_PAUSE, true},
        {"resume", WIRE_RESUME, true},
        {"ignore", WIRE_IGNORE, true},
        {"cancel", WIRE_CANCEL, false},
        {"cancelled", WIRE_CANCELLED, false},
        {"uncancelled", WIRE_UNCANCELLED, false},
        {"hold", WIRE_HOLD, false},
        {"release", WIRE_RELEASE, false},
        {"pool", WIRE_POOL, false},
        {"memory", WIRE_MEMORY, false},
        {"differ", WIRE_DIFFER, false},
        {"servers", WIRE_SERVERS, false},
};

static char *skip_blank(char *at)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return at;
}

/* Cuts the first word off *line and returns it. */
static char *take_word(char **line)
{
    char *word = skip_blank(*line);
    char *end = word;
    while (*end != '\0' && !isspace((unsigned char)*end)) {
        end++;
    }
    if (*end != '\0') {
        *end++ = '\0';
    }
    *line = skip_blank(end);
    return word;
}

static bool complain(const struct wire_script *script, size_t line, const char *what)
{
    fprintf(stderr, "%s:%zu: %s\n", script->path, line, what);
    return false;
}

static struct wire_step *step_new(struct wire_script *script, size_t line)
{
    if (script->count == script->cap) {
        size_t cap = script->cap == 0 ? 64 : 2 * script->cap;
        struct wire_step *steps = sl_arena_take(&script->arena, cap * sizeof *steps);
        SL_CHECK(steps != NULL);
        if (script->count > 0) {
            memcpy(steps, script->steps, script->count * sizeof *steps);
        }
        script->steps = steps;
        script->cap = cap;
    }
    struct wire_step *step = &script->steps[script->count++];
    step->line = line;
    return step;
}

static bool read_pair(struct wire_script *script, struct wire_pairs *pairs, size_t line, char *rest)
{
    char *equals = strchr(rest, '=');
    if (equals == NULL || pairs->count == WIRE_PAIRS_MAX) {
        return complain(script, line, "this takes key = value, and not too many");
    }
    char *end = equals;
    while (end > rest && isspace((unsigned char)end[-1])) {
        end--;
    }
    *end = '\0';
    pairs->at[pairs->count++] = (struct wire_pair){.key = rest, .value = skip_blank(equals + 1)};
    return true;
}

static unsigned mode_bits(char *rest)
{
    static const char *const names[] = {"whole", "pieces", "lump"};
    unsigned bits = 0;
    while (*rest != '\0') {
        const char *word = take_word(&rest);
        for (unsigned i = 0; i < SL_COUNT(names); i++) {
            bits |= strcmp(word, names[i]) == 0 ? 1U << i : 0;
        }
    }
    return bits;
}

/* Returns 1 when it was a directive, 0 when not, -1 when it was a wrong one. */
static int read_directive(struct wire_script *script, size_t line, const char *word, char *rest)
{
    if (strcmp(word, "conf") == 0) {
        return read_pair(script, &script->conf, line, rest) ? 1 : -1;
    }
    if (strcmp(word, "database") == 0) {
        return read_pair(script, &script->database, line, rest) ? 1 : -1;
    }
    if (strcmp(word, "param") == 0) {
        return read_pair(script, &script->params, line, rest) ? 1 : -1;
    }
    if (strcmp(word, "manual") == 0) {
        script->manual = true;
        return 1;
    }
    if (strcmp(word, "state") == 0) {
        script->state = true;
        return 1;
    }
    if (strcmp(word, "pipe") == 0) {
        script->pipe = true;
        return 1;
    }
    if (strcmp(word, "modes") == 0) {
        script->modes = mode_bits(rest);
        return script->modes != 0 ? 1 : -1;
    }
    if (strcmp(word, "workers") == 0) {
        script->workers = 1U << (strtoul(rest, NULL, 10) & 31U);
        return 1;
    }
    return 0;
}

static bool is_actor(const char *word)
{
    return (word[0] == 'c' || word[0] == 's') && isdigit((unsigned char)word[1]);
}

static bool read_messages(struct wire_script *script, struct wire_step *step, const char *rest)
{
    bool client = step->actor.at[0] == 'c';
    bool front = client == (step->what == WIRE_SEND);
    struct wire_parse parse = {
            .arena = &script->arena, .at = rest, .side = front ? WIRE_FRONT : WIRE_BACK};
    if (!wire_parse_messages(&parse, step)) {
        return complain(script, step->line, parse.why);
    }
    return true;
}

static bool read_step(struct wire_script *script, size_t line, char *word, char *rest)
{
    struct wire_step *step = step_new(script, line);
    bool has_actor = is_actor(word);
    if (has_actor) {
        step->actor = sl_span_text(word);
        word = take_word(&rest);
    }
    if (has_actor && (strcmp(word, ">") == 0 || strcmp(word, "<") == 0)) {
        step->what = word[0] == '>' ? WIRE_SEND : WIRE_EXPECT;
        return read_messages(script, step, rest);
    }
    step->args = rest;
    for (size_t i = 0; i < SL_COUNT(verbs); i++) {
        if (strcmp(word, verbs[i].name) == 0 && verbs[i].has_actor == has_actor) {
            step->what = verbs[i].what;
            return true;
        }
    }
    return complain(script, line, "not a directive, and not a step");
}

static bool read_line(struct wire_script *script, size_t number, char *line)
{
    line = skip_blank(line);
    if (*line == '\0' || *line == '#') {
        return true;
    }
    char *rest = line;
    char *word = take_word(&rest);
    int directive = read_directive(script, number, word, rest);
    if (directive < 0) {
        return complain(script, number, "a directive with a wrong value");
    }
    return directive == 1 || read_step(script, number, word, rest);
}

/* A line that begins with a blank goes on with the one before. */
static bool read_lines(struct wire_script *script, char *text)
{
    size_t number = 1;
    while (*text != '\0') {
        size_t first = number;
        char *end = text;
        for (;;) {
            end += strcspn(end, "\n");
            number++;
            if (end[0] == '\0' || (end[1] != ' ' && end[1] != '\t')) {
                break;
            }
            *end = ' ';
        }
        bool last = *end == '\0';
        *end = '\0';
        if (!read_line(script, first, text)) {
            return false;
        }
        text = last ? end : end + 1;
    }
    return true;
}

bool wire_script_read(struct wire_script *script, const char *path)
{
    *script = (struct wire_script){.path = path, .modes = 7, .workers = 1U << 1 | 1U << 2};
    sl_arena_init(&script->arena, SCRIPT_BYTES_MAX);
    char *text = sl_arena_take(&script->arena, FILE_MAX + 1);
    SL_CHECK(text != NULL);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return complain(script, 0, "cannot be opened");
    }
    size_t len = fread(text, 1, FILE_MAX, file);
    bool bad = ferror(file) != 0 || !feof(file);
    fclose(file);
    if (bad || len == FILE_MAX) {
        return complain(script, 0, "cannot be read, or is too long");
    }
    if (text[0] != '#') {
        return complain(script, 1, "the first line is a comment that says the promise");
    }
    return read_lines(script, text);
}

void wire_script_fini(struct wire_script *script)
{
    sl_arena_fini(&script->arena);
}
