/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/database_text.h"

#include "protocol/text_words.h"

static bool is_word(struct sl_span written, const char *word)
{
    return text_is_name(written, sl_span_text(word));
}

/* Behind the first two words; NULL: it is another statement. */
static const uint8_t *skip_verb(const struct shape_source *source, const uint8_t *at, bool *is_made)
{
    const uint8_t *next = text_skip_keyword(source, at, "create");

    *is_made = next != NULL;
    next = next != NULL ? next : text_skip_keyword(source, at, "drop");
    next = next != NULL ? next : text_skip_keyword(source, at, "alter");
    return next == NULL ? NULL : text_skip_keyword(source, next, "database");
}

/* TEMPLATE may be a string, too. */
static bool is_of(struct sl_span token, struct sl_span database)
{
    bool is_string = token.len >= 2 && token.at[0] == '\'';

    return is_string ? sl_span_equal(sl_span(token.at + 1, token.len - 2), database)
                     : text_is_name(token, database);
}

/* From behind its verb on. */
static bool names(const struct shape_source *source, const uint8_t *at, const uint8_t *end,
        bool is_made, struct sl_span database)
{
    bool has_template = false;

    while (at != NULL && at < end) {
        const uint8_t *next = text_skip_token(source, at);
        if (next == NULL) {
            return false;
        }
        struct sl_span token = sl_span(at, (size_t)(next - at));
        if (is_of(token, database)) {
            return true;
        }
        has_template |= is_word(token, "template");
        at = shape_skip_blank(source, next);
    }
    return is_made && !has_template && sl_span_is(database, "template1");
}

/* database NULL: whichever. */
static bool find(struct sl_span text, struct shape_options options, const struct sl_span *database)
{
    struct shape_source source = {.begin = text.at, .end = text.at + text.len, .options = options};
    const uint8_t *at = shape_skip_blank(&source, text.at);

    while (at != NULL && at < source.end) {
        const uint8_t *end = text_skip_statement(&source, at);
        bool is_made;
        if (end == NULL) {
            return false;
        }
        const uint8_t *behind = skip_verb(&source, at, &is_made);
        if (behind != NULL &&
                (database == NULL || names(&source, behind, end, is_made, *database))) {
            return true;
        }
        at = end < source.end ? shape_skip_blank(&source, end + 1) : end;
    }
    return false;
}

bool database_text_is(struct sl_span text, struct shape_options options)
{
    return find(text, options, NULL);
}

bool database_text_names(struct sl_span text, struct shape_options options, struct sl_span database)
{
    return find(text, options, &database);
}
