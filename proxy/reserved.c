/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reserved.h"

#include "protocol/base/check.h"

#include <string.h>
#include <strings.h>

static const struct library {
    const char *prefix;
    const char *names; /* each with a space before and behind */
} libraries[] = {
        {"plpgsql", " variable_conflict print_strict_params check_asserts extra_warnings "
                    "extra_errors "},
        {"plperl", " use_strict on_init on_plperl_init on_plperlu_init "},
        {"pltcl", " start_proc "},
        {"pltclu", " start_proc "},
        {"auto_explain",
                " sample_rate log_min_duration log_analyze log_buffers log_wal log_triggers "
                "log_verbose log_settings log_format log_level log_timing log_nested_statements "
                "log_parameter_max_length "},
        {"pg_stat_statements", " max track track_utility track_planning save "},
        {"pg_trgm", " similarity_threshold word_similarity_threshold "
                    "strict_word_similarity_threshold "},
        {"postgres_fdw", " application_name "},
        {"pg_prewarm", " autoprewarm autoprewarm_interval "},
        {"auth_delay", " milliseconds "},
        {"basic_archive", " archive_directory "},
        {"sepgsql", " permissive debug_audit "},
};

static bool is_same(struct sl_span span, const char *text, size_t len)
{
    return span.len == len && strncasecmp((const char *)span.at, text, len) == 0;
}

static bool has_name(const struct library *library, struct sl_span name)
{
    for (const char *at = library->names + 1; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (is_same(name, at, len)) {
            return true;
        }
        at += len + 1;
    }
    return false;
}

bool reserved_is_refused(struct sl_span name)
{
    const uint8_t *dot = name.len == 0 ? NULL : memchr(name.at, '.', name.len);

    if (dot == NULL) {
        return false;
    }
    struct sl_span prefix = sl_span(name.at, (size_t)(dot - name.at));
    struct sl_span rest = sl_span(dot + 1, name.len - prefix.len - 1);
    for (size_t i = 0; i < SL_COUNT(libraries); i++) {
        if (is_same(prefix, libraries[i].prefix, strlen(libraries[i].prefix))) {
            return !has_name(&libraries[i], rest);
        }
    }
    return false;
}

static struct sl_span next_word(struct sl_span *text)
{
    static const char blanks[] = {' ', '\t', '\r', '\n'};
    static const char ends[] = {' ', '\t', '\r', '\n', '=', ';'};

    while (text->len > 0 && memchr(blanks, text->at[0], sizeof blanks) != NULL) {
        *text = sl_span(text->at + 1, text->len - 1);
    }
    size_t len = 0;
    while (len < text->len && memchr(ends, text->at[len], sizeof ends) == NULL) {
        len++;
    }
    struct sl_span word = sl_span(text->at, len);
    *text = sl_span(text->at + len, text->len - len);
    return word;
}

bool reserved_is_set_by(struct sl_span text)
{
    struct sl_span rest = text;

    if (text.len == 0 || !is_same(next_word(&rest), "set", 3)) {
        return false;
    }
    struct sl_span name = next_word(&rest);
    if (is_same(name, "session", 7)) {
        name = next_word(&rest);
    }
    return reserved_is_refused(name);
}
