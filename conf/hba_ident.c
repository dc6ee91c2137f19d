/* SPDX-License-Identifier: PostgreSQL */
#include "conf/hba_ident.h"

#include "conf/conf_file.h"
#include "conf/hba_token.h"
#include "protocol/base/check.h"

#include <ctype.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BYTES_MAX = 32 * 1024 * 1024,
    EXPRESSION_BYTES = 8 * IDENT_EXPRESSION_MAX /* of two bytes a class makes up to 13 */
};

struct line {
    struct line *next;
    const char *map;
    const char *system_user;   /* "" for an expression */
    const char *database_user; /* may hold \1, for an expression */
    bool is_anyone;            /* the database user is all */
    bool is_expression;
    regex_t expression;
};

struct hba_ident {
    atomic_uint refs; /* any thread */
    struct line *first;
    struct line *last;
    int count;
    struct sl_arena arena;
};

/* The present word, and on to the next; NULL when there is none. */
static const char *take_word(struct hba_line *words, bool *is_quoted)
{
    const char *text = words->token.text;

    if (words->token.kind != HBA_TOKEN_WORD) {
        return NULL;
    }
    *is_quoted = words->token.is_quoted;
    hba_line_next(words);
    return text;
}

/* An expression on its way from PostgreSQL's kind to the C library's. */
struct translation {
    const char *at;
    bool is_in_brackets;
    int repeats;
    size_t len;
    char text[EXPRESSION_BYTES];
};

static void put(struct translation *to, const char *text)
{
    size_t len = strlen(text);

    SL_CHECK(len < sizeof(to->text) - to->len);
    memcpy(to->text + to->len, text, len + 1);
    to->len += len;
}

static void put_byte(struct translation *to, char c)
{
    put(to, (const char[]){c, '\0'});
}

/* PostgreSQL docs, "Regular Expression Class-Shorthand Escapes"; false: none of them. */
static bool put_class(struct translation *to, char letter)
{
    static const struct {
        char letter;
        const char *alone; /* NULL: not within brackets */
        const char *within;
    } classes[] = {
            {'d', "[[:digit:]]", "[:digit:]"},
            {'s', "[[:space:]]", "[:space:]"},
            {'w', "[[:alnum:]_]", "[:alnum:]_"},
            {'D', "[^[:digit:]]", NULL},
            {'S', "[^[:space:]]", NULL},
            {'W', "[^[:alnum:]_]", NULL},
            {'A', "^", NULL},
            {'Z', "$", NULL},
    };

    for (size_t i = 0; i < SL_COUNT(classes); i++) {
        const char *text = to->is_in_brackets ? classes[i].within : classes[i].alone;
        if (classes[i].letter == letter && text != NULL) {
            put(to, text);
            return true;
        }
    }
    return false;
}

/* What a backslash stands before. To the C library it is a byte like others within brackets. */
static bool translate_escape(struct translation *to)
{
    char c = *++to->at;

    if (c == '\0' || (unsigned char)c >= 0x80) {
        return false;
    }
    if (isalnum((unsigned char)c)) {
        return put_class(to, c);
    }
    if (to->is_in_brackets) {
        if (strchr("[]^-", c) != NULL) {
            return false;
        }
        put_byte(to, c);
        return true;
    }
    if (strchr("<>'`", c) == NULL) { /* the C library has a meaning of its own for these */
        put_byte(to, '\\');
    }
    put_byte(to, c);
    return true;
}

/* "[...]"; a "]" in front is a member, and "[:" begins the name of a class. */
static bool translate_brackets(struct translation *to)
{
    put_byte(to, *to->at++);
    if (*to->at == '^') {
        put_byte(to, *to->at++);
    }
    if (*to->at == ']') {
        put_byte(to, *to->at++);
    }
    to->is_in_brackets = true;
    for (; *to->at != ']'; to->at++) {
        if (*to->at == '\\') {
            if (!translate_escape(to)) {
                return false;
            }
        } else if (to->at[0] == '[' && to->at[1] == ':') {
            const char *end = strstr(to->at, ":]");
            if (end == NULL) {
                return false;
            }
            while (to->at <= end) {
                put_byte(to, *to->at++);
            }
            put_byte(to, *to->at);
        } else if (*to->at == '\0' || *to->at == '[') {
            return false;
        } else {
            put_byte(to, *to->at);
        }
    }
    to->is_in_brackets = false;
    put_byte(to, *to->at);
    return true;
}

/*
 * PostgreSQL's expressions say some things that the C library's do not, or says
 * otherwise: what both mean alike is passed on, what can be said is said, the rest
 * refused. So is what takes the C library exponential time: counts, references back,
 * many repetitions.
 */
static bool translate(struct translation *to, const char *expression)
{
    *to = (struct translation){.at = expression};
    if (strlen(expression) > IDENT_EXPRESSION_MAX || strncmp(expression, "***", 3) == 0) {
        return false;
    }
    for (; *to->at != '\0'; to->at++) {
        bool is_repeat = strchr("*+?", *to->at) != NULL;
        bool is_fine = true;

        to->repeats += is_repeat ? 1 : 0;
        if (*to->at == '\\') {
            is_fine = translate_escape(to);
        } else if (*to->at == '[') {
            is_fine = translate_brackets(to);
        } else {
            is_fine = *to->at != '{' && !(*to->at == '(' && to->at[1] == '?') &&
                      !(is_repeat && to->at[1] != '\0' && strchr("*+?", to->at[1]) != NULL);
            put_byte(to, *to->at);
        }
        if (!is_fine) {
            return false;
        }
    }
    return to->repeats <= IDENT_REPEATS_MAX;
}

static const char *set_system_user(struct line *line, const char *text)
{
    struct translation expression;

    if (text[0] != '/') {
        line->system_user = text;
        return NULL;
    }
    line->system_user = "";
    if (!translate(&expression, text + 1)) {
        return "an expression has up to 256 bytes and 16 of * + ?, no { }, no \\1, no (?, no *? "
               "and of escapes with letters \\d \\s \\w \\A \\Z";
    }
    if (regcomp(&line->expression, expression.text, REG_EXTENDED) != 0) {
        return "the system user is not a regular expression";
    }
    line->is_expression = true;
    return NULL;
}

/* What is wrong with it, or NULL; the line's expression is compiled last, or not at all. */
static const char *parse_line(struct hba_line *words, struct line *line)
{
    const char *system_user;
    bool quoted = false;

    line->map = take_word(words, &quoted);
    system_user = take_word(words, &quoted);
    line->database_user = take_word(words, &quoted);
    if (line->map == NULL || system_user == NULL || line->database_user == NULL ||
            words->token.kind != HBA_TOKEN_END) {
        return "write map-name system-user database-user";
    }
    if (!quoted && (line->database_user[0] == '+' || line->database_user[0] == '/')) {
        return "groups and expressions are not supported for the database user";
    }
    line->is_anyone = !quoted && strcmp(line->database_user, "all") == 0;
    return set_system_user(line, system_user);
}

static void read_line(struct hba_ident *ident, struct hba_line *words, const char *path, int number,
        struct conf_problems *problems)
{
    struct line *line;
    const char *what;

    if (words->token.kind == HBA_TOKEN_END) {
        return;
    }
    line = ident->count < IDENT_LINES_MAX ? sl_arena_take(&ident->arena, sizeof(*line)) : NULL;
    what = line == NULL ? "too many lines" : parse_line(words, line);
    if (what != NULL) {
        conf_problem(problems, CONF_WARNING, path, number, "%s; the line is left out", what);
        return;
    }
    if (ident->last == NULL) {
        ident->first = line;
    } else {
        ident->last->next = line;
    }
    ident->last = line;
    ident->count++;
}

const struct hba_ident *hba_ident_load_text(
        const char *path, struct sl_span text, struct conf_problems *problems)
{
    struct hba_ident *ident = calloc(1, sizeof(*ident));
    struct hba_line words;

    if (ident == NULL) {
        return NULL;
    }
    atomic_init(&ident->refs, 1);
    sl_arena_init(&ident->arena, ARENA_BYTES_MAX);
    for (int number = 1; hba_line_take(&text, &ident->arena, &words); number++) {
        read_line(ident, &words, path, number, problems);
    }
    return ident;
}

const struct hba_ident *hba_ident_load(const char *path, struct conf_problems *problems)
{
    const struct hba_ident *ident;
    struct sl_error why;
    char *text = NULL;
    size_t len = 0;

    enum sl_err err =
            path[0] == '\0' ? SL_OK : conf_file_read(path, IDENT_FILE_BYTES_MAX, &text, &len, &why);
    if (err == SL_ENOMEM) {
        return NULL;
    }
    if (err != SL_OK) {
        conf_problem(
                problems, CONF_WARNING, path, 0, "auth_ident_file cannot be read: %s", why.text);
    }
    ident = hba_ident_load_text(path, sl_span(text == NULL ? "" : text, len), problems);
    free(text);
    return ident;
}

/* Constant to everybody; the count of references is not. */
static struct hba_ident *counted(const struct hba_ident *ident)
{
    union {
        const struct hba_ident *shared;
        struct hba_ident *counted;
    } both = {.shared = ident};

    return both.counted;
}

const struct hba_ident *hba_ident_ref(const struct hba_ident *ident)
{
    unsigned before = atomic_fetch_add_explicit(&counted(ident)->refs, 1, memory_order_relaxed);

    SL_CHECK(before > 0);
    return ident;
}

void hba_ident_unref(const struct hba_ident *ident)
{
    struct hba_ident *mine;

    if (ident == NULL) {
        return;
    }
    mine = counted(ident);
    if (atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (struct line *line = mine->first; line != NULL; line = line->next) {
        if (line->is_expression) {
            regfree(&line->expression);
        }
    }
    sl_arena_fini(&mine->arena);
    free(mine);
}

bool hba_ident_has_map(const struct hba_ident *ident, const char *map)
{
    for (const struct line *line = ident->first; line != NULL; line = line->next) {
        if (strcmp(line->map, map) == 0) {
            return true;
        }
    }
    return false;
}

/* Is name pattern, with each \1 in it standing for the len bytes at part? */
static bool is_filled(const char *pattern, const char *part, size_t len, const char *name)
{
    while (*pattern != '\0') {
        bool is_hole = pattern[0] == '\\' && pattern[1] == '1';
        size_t here = is_hole ? len : 1;
        if (strncmp(name, is_hole ? part : pattern, here) != 0) {
            return false;
        }
        name += here;
        pattern += is_hole ? 2 : 1;
    }
    return *name == '\0';
}

static bool line_allows(const struct line *line, const char *system_user, const char *database_user)
{
    regmatch_t found[2] = {{.rm_so = -1, .rm_eo = -1}, {.rm_so = -1, .rm_eo = -1}};
    size_t len = 0;

    if (!line->is_expression) {
        return strcmp(line->system_user, system_user) == 0 &&
               (line->is_anyone || strcmp(line->database_user, database_user) == 0);
    }
    if (regexec(&line->expression, system_user, SL_COUNT(found), found, 0) != 0) {
        return false;
    }
    if (line->is_anyone) {
        return true;
    }
    if (strstr(line->database_user, "\\1") == NULL) {
        return strcmp(line->database_user, database_user) == 0;
    }
    if (found[1].rm_so < 0) {
        return false;
    }
    len = (size_t)(found[1].rm_eo - found[1].rm_so);
    return is_filled(line->database_user, system_user + found[1].rm_so, len, database_user);
}

bool hba_ident_allows(const struct hba_ident *ident, const char *map, const char *system_user,
        const char *database_user)
{
    if (map == NULL) {
        return strcmp(system_user, database_user) == 0;
    }
    if (strlen(system_user) > IDENT_NAME_MAX) {
        return false;
    }
    for (const struct line *line = ident->first; line != NULL; line = line->next) {
        if (strcmp(line->map, map) == 0 && line_allows(line, system_user, database_user)) {
            return true;
        }
    }
    return false;
}
