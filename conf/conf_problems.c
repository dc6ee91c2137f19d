/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_problems.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    ARENA_BYTES_MAX = 1024 * 1024,
    TEXT_MAX = 1024,
    KEPT_FOR_ERRORS = 20 /* of the list: many warnings must not hide the error */
};

void conf_problems_init(struct conf_problems *problems)
{
    *problems = (struct conf_problems){0};
    sl_arena_init(&problems->arena, ARENA_BYTES_MAX);
}

void conf_problems_fini(struct conf_problems *problems)
{
    sl_arena_fini(&problems->arena);
    *problems = (struct conf_problems){0};
}

void conf_problem(struct conf_problems *problems, enum conf_severity severity, const char *file,
        int line, const char *format, ...)
{
    char text[TEXT_MAX];
    char *kept_file;
    char *kept_text;
    va_list args;
    int max = severity == CONF_ERROR ? CONF_PROBLEMS_MAX : CONF_PROBLEMS_MAX - KEPT_FOR_ERRORS;

    if (problems == NULL) {
        return;
    }
    if (severity == CONF_ERROR) {
        problems->errors++;
    } else {
        problems->warnings++;
    }
    if (problems->count >= max) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    kept_file = sl_arena_text(&problems->arena, sl_span_text(file == NULL ? "" : file));
    kept_text = sl_arena_text(&problems->arena, sl_span_text(text));
    if (kept_file == NULL || kept_text == NULL) {
        return; /* still counted */
    }
    problems->list[problems->count++] = (struct conf_problem){
            .severity = severity, .file = kept_file, .line = line, .text = kept_text};
}
