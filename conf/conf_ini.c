/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_ini.c - how the lines are found.
 *
 * A struct ini is one file on its way; a struct ini_run is what all files of a
 * run share, above all the section that is open: as in PgBouncer, it goes on
 * into an included file and stays as that file left it.
 */
#include "conf/conf_ini.h"

#include "conf/conf_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct ini_run {
    struct sl_arena *arena;
    struct conf_entries *entries;
    struct conf_problems *problems;
    enum conf_section_id section;
    const char *label;
    bool section_open;
    bool section_known; /* lines of an unknown section are passed over */
    bool full;          /* a bound is reached: said once, and reading ends */
    int depth;
    int includes;
};

struct ini {
    struct ini_run *run;
    const char *path;
    const char *at;
    const char *end;
    int line;
};

static void read_file(struct ini_run *run, const char *path, const char *from, int line);

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return isspace((unsigned char)c) != 0;
}

static bool is_key_char(char c)
{
    return isalnum((unsigned char)c) != 0 || (c != '\0' && strchr("_.-*", c) != NULL);
}

static void skip_blanks(struct ini *ini)
{
    while (ini->at < ini->end && is_blank(*ini->at)) {
        ini->at++;
    }
}

/* Empty lines, and the blanks a line begins with. */
static void skip_space(struct ini *ini)
{
    while (ini->at < ini->end && is_space(*ini->at)) {
        ini->line += *ini->at == '\n' ? 1 : 0;
        ini->at++;
    }
}

/* What is left of the line, without the spaces at its end; the newline stays. */
static struct sl_span take_line(struct ini *ini)
{
    const char *from = ini->at;
    const char *to;

    while (ini->at < ini->end && *ini->at != '\n') {
        ini->at++;
    }
    to = ini->at;
    while (to > from && is_space(to[-1])) {
        to--;
    }
    return sl_span(from, (size_t)(to - from));
}

static void wrong(struct ini *ini, const char *what)
{
    conf_problem(ini->run->problems, CONF_ERROR, ini->path, ini->line, "%s", what);
    (void)take_line(ini);
}

/* A bound or the memory: said once, then nothing more is read. */
static void give_up(struct ini_run *run, const char *path, int line, const char *what)
{
    if (!run->full) {
        conf_problem(run->problems, CONF_ERROR, path, line, "%s", what);
    }
    run->full = true;
}

static char *copy(struct ini *ini, struct sl_span text)
{
    char *made = sl_arena_text(ini->run->arena, text);

    if (made == NULL) {
        give_up(ini->run, ini->path, ini->line, "the configuration is too large");
    }
    return made;
}

enum sl_err conf_entries_add(
        struct conf_entries *entries, struct sl_arena *arena, const struct conf_entry *entry)
{
    struct conf_entry made = *entry;

    if (entries->count >= CONF_ENTRIES_MAX) {
        return SL_ELIMIT;
    }
    if (entries->count == entries->cap) {
        int cap = entries->cap == 0 ? 64 : entries->cap * 2;
        struct conf_entry *list = sl_arena_take(arena, (size_t)cap * sizeof(*list));

        if (list == NULL) {
            return SL_ENOMEM;
        }
        if (entries->count > 0) {
            memcpy(list, entries->list, (size_t)entries->count * sizeof(*list));
        }
        entries->list = list;
        entries->cap = cap;
    }
    made.label = sl_arena_text(arena, sl_span_text(entry->label));
    made.key = sl_arena_text(arena, sl_span_text(entry->key));
    made.value = sl_arena_text(arena, sl_span_text(entry->value));
    made.file = sl_arena_text(arena, sl_span_text(entry->file));
    if (made.label == NULL || made.key == NULL || made.value == NULL || made.file == NULL) {
        return SL_ENOMEM;
    }
    entries->list[entries->count++] = made;
    return SL_OK;
}

/* [name] or [name LABEL]; name ends at the first blank. */
static void open_section(struct ini *ini, struct sl_span inside)
{
    struct ini_run *run = ini->run;
    char *name = copy(ini, inside);
    char *label;
    const struct conf_section *section;

    run->section_open = true;
    run->section_known = false;
    if (name == NULL) {
        return;
    }
    label = name + strcspn(name, " \t");
    if (*label != '\0') {
        *label++ = '\0';
        label += strspn(label, " \t");
    }
    if (!conf_section_find(name, &run->section)) {
        const char *nearest = conf_section_nearest(name);

        conf_problem(run->problems, CONF_ERROR, ini->path, ini->line,
                "unknown section [%.64s]%s%s%s", name, nearest == NULL ? "" : ", did you mean [",
                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "]?");
        return;
    }
    section = conf_section_at(run->section);
    if (section->has_label != (*label != '\0') || strlen(label) > CONF_LABEL_MAX) {
        conf_problem(run->problems, CONF_ERROR, ini->path, ini->line,
                section->has_label ? "[%s] needs a name of up to 127 bytes: [%s NAME]"
                                   : "[%s] takes no name: write [%s]",
                section->name, section->name);
        return;
    }
    run->section_known = true;
    run->label = label;
    if (run->section == CONF_SECTION_SLUICE) {
        run->entries->has_main = true;
        run->entries->is_sluice |= strcmp(name, section->name) == 0;
    }
}

static void read_section(struct ini *ini)
{
    const char *from = ++ini->at;

    while (ini->at < ini->end && *ini->at != ']' && *ini->at != '\n') {
        ini->at++;
    }
    if (ini->at == ini->end || *ini->at != ']') {
        wrong(ini, "a section without its ], write [section]");
        return;
    }
    open_section(ini, sl_span(from, (size_t)(ini->at - from)));
    ini->at++;
}

static bool at_include(const struct ini *ini)
{
    static const char word[] = "%include";
    size_t len = sizeof(word) - 1;

    return (size_t)(ini->end - ini->at) > len && memcmp(ini->at, word, len) == 0 &&
           is_blank(ini->at[len]);
}

/* NOLINTBEGIN(misc-no-recursion): files within files, CONF_INCLUDE_DEPTH_MAX deep at most. */

static void read_include(struct ini *ini)
{
    char *path;

    ini->at += strlen("%include");
    skip_blanks(ini);
    path = copy(ini, take_line(ini));
    if (path == NULL) {
        return;
    }
    if (ini->run->depth >= CONF_INCLUDE_DEPTH_MAX || ini->run->includes >= CONF_INCLUDES_MAX) {
        give_up(ini->run, ini->path, ini->line,
                "too many %include within each other (10) or in all (1000)");
        return;
    }
    ini->run->includes++;
    read_file(ini->run, path, ini->path, ini->line);
}

/*
 * A key in quotes of either kind; only double quotes can be doubled. NULL: a
 * problem was said. The text ends with a zero, so strcspn() stops.
 */
static char *read_quoted_key(struct ini *ini)
{
    char quote = *ini->at++;
    char *made = copy(ini, sl_span(ini->at, strcspn(ini->at, "\n")));
    char *to = made;

    if (made == NULL) {
        return NULL;
    }
    while (ini->at < ini->end && *ini->at != '\n') {
        if (*ini->at == quote) {
            ini->at++;
            if (quote != '"' || ini->at == ini->end || *ini->at != quote) {
                *to = '\0';
                return made;
            }
        }
        *to++ = *ini->at++;
    }
    wrong(ini, "a name in quotes that does not end on its line");
    return NULL;
}

static char *read_key(struct ini *ini)
{
    const char *from = ini->at;

    if (*from == '\'' || *from == '"') {
        return read_quoted_key(ini);
    }
    while (ini->at < ini->end && is_key_char(*ini->at)) {
        ini->at++;
    }
    return copy(ini, sl_span(from, (size_t)(ini->at - from)));
}

static void add_entry(struct ini *ini, const char *key, struct sl_span value)
{
    struct ini_run *run = ini->run;
    struct conf_entry entry = {.section = run->section,
            .label = run->label,
            .key = key,
            .value = copy(ini, value),
            .file = ini->path,
            .line = ini->line};

    if (!run->section_open) {
        conf_problem(run->problems, CONF_ERROR, ini->path, ini->line,
                "%.64s stands before any section, begin with [sluice] or [databases]", key);
        return;
    }
    if (!run->section_known || entry.value == NULL) {
        return;
    }
    if (conf_entries_add(run->entries, run->arena, &entry) != SL_OK) {
        give_up(run, ini->path, ini->line, "the configuration is too large");
    }
}

static void read_assignment(struct ini *ini)
{
    char *key = read_key(ini);

    if (key == NULL) {
        return;
    }
    skip_blanks(ini);
    if (key[0] == '\0' || ini->at == ini->end || *ini->at != '=') {
        wrong(ini, "not a setting, write key = value (a name with other characters than letters, "
                   "digits and _ . - goes into double quotes)");
        return;
    }
    ini->at++;
    skip_blanks(ini);
    add_entry(ini, key, take_line(ini));
}

static void read_lines(struct ini *ini)
{
    for (;;) {
        skip_space(ini);
        if (ini->at == ini->end || ini->run->full) {
            return;
        }
        if (at_include(ini)) {
            read_include(ini);
        } else if (*ini->at == '#' || *ini->at == ';') {
            (void)take_line(ini);
        } else if (*ini->at == '[') {
            read_section(ini);
        } else {
            read_assignment(ini);
        }
    }
}

static void read_text(struct ini_run *run, const char *path, const char *text, size_t len)
{
    struct ini ini = {.run = run, .at = text, .end = text + len, .line = 1};

    ini.path = sl_arena_text(run->arena, sl_span_text(path));
    if (ini.path == NULL) {
        give_up(run, path, 0, "no memory");
        return;
    }
    run->depth++;
    read_lines(&ini);
    run->depth--;
}

/* from and line say who asked for it; "" and 0 when the command line did. */
static void read_file(struct ini_run *run, const char *path, const char *from, int line)
{
    struct sl_error why;
    char *text = NULL;
    size_t len = 0;

    if (conf_file_read(path, CONF_FILE_BYTES_MAX, &text, &len, &why) != SL_OK) {
        conf_problem(run->problems, CONF_ERROR, from, line, "cannot read %s: %s", path, why.text);
        return;
    }
    read_text(run, path, text, len);
    free(text);
}

/* NOLINTEND(misc-no-recursion) */

void conf_ini_read(const char *path, struct sl_arena *arena, struct conf_entries *entries,
        struct conf_problems *problems)
{
    struct ini_run run = {.arena = arena, .entries = entries, .problems = problems, .label = ""};

    read_file(&run, path, "", 0);
}

void conf_ini_read_text(const char *path, struct sl_span text, struct sl_arena *arena,
        struct conf_entries *entries, struct conf_problems *problems)
{
    struct ini_run run = {.arena = arena, .entries = entries, .problems = problems, .label = ""};
    char *copied;

    if (text.len > CONF_FILE_BYTES_MAX || (text.len > 0 && memchr(text.at, '\0', text.len))) {
        conf_problem(problems, CONF_ERROR, path, 0, "too long, or a zero byte in it");
        return;
    }
    copied = sl_arena_text(arena, text);
    if (copied == NULL) {
        conf_problem(problems, CONF_ERROR, path, 0, "no memory");
        return;
    }
    read_text(&run, path, copied, text.len);
}
