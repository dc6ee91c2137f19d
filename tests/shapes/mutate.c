/* SPDX-License-Identifier: PostgreSQL */
#include "tests/shapes/mutate.h"

#include "protocol/base/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_SPACE, KIND_WORD, KIND_NUMBER, KIND_STRING, KIND_SIGN };

struct token {
    uint16_t at;
    uint16_t len;
    enum kind kind;
};

struct tokens {
    struct token list[MUTATE_TOKENS_MAX];
    uint32_t count;
};

static const char *const literals[] = {"1", "0", "-1", "- 2", "+3", "1.5", ".5", "1.", "1e5",
        "1.5E-7", "99999999999999999999", "'a'", "''", "'it''s'", "'\\'", "E'a\\'b'", "e'\\\\'",
        "U&'d!0061' UESCAPE '!'", "u&'x'", "B'01'", "x'1F'", "N'n'", "$$a'b$$", "$t$ $$ $t$", "$1",
        "$2", "null", "NULL", "true", "false", "default", "'a'\n'b'", "'a' -- c\n 'b'",
        "date '2020-01-01'", "interval '1' day", "interval '1 day'", "'1'::int", "1::numeric(10,2)",
        "(1)", "('x')", "((2))", "-(1)", "-('x')", "- 'x'", "-$1", "cast('1' as int)",
        "'[1,2]'::jsonb", "float '1'", "current_timestamp(3)", "current_timestamp", "row(1,2)",
        "array[1,2]", "(1,2)", "timestamp '2020-01-01' at time zone 'utc'", "interval(3) '1'",
        "bit(3) '101'", "x", "\"X\"", "U&\"d!0061\" uescape '!'", "U&\"d#0061\" uescape '#'",
        "1::float(5)", "1::float(53)"};

static const char *const pieces[] = {"(", ")", "[", "]", ",", ";", ".", ":", "::", ":=", "=>", "+",
        "-", "*", "/", "%", "^", "<", ">", "=", "<=", ">=", "<>", "!=", "?", "?|", "?&", "@>", "->",
        "->>", "#>", "||", "&&", "~", "!~*", "~~", "@-", "<->", "@@", "!!", "|/", "in", "in (1, 2)",
        "in (1)", "in (1, 2, 3)", "in ($1, 2)", "not in ('a', 'b')", "values",
        "values (1, 2), (3, 4)", "values (1), (2), (3)", "values (1, default), (2, default)",
        "values (1)", "(values (1), (2))", "position(", "position('a' in ('b'))",
        "position('a' in ('b', 'c'))", "position(a in b)", "order by 1", "order by 1, 2",
        "group by 1", "group by 1, 2", "by", "on", "distinct", "distinct on (1)", "rollup(1, 2)",
        "cube(1)", "grouping sets ((1), (2))", "union", "union all", "intersect", "except",
        "select", "select 1", "from", "from t", "where", "and", "or", "not", "is null",
        "is not true", "is distinct from", "isnull", "like", "ilike", "similar to", "escape",
        "between 1 and 2", "between symmetric", "limit 1", "limit all", "limit null", "offset 2",
        "fetch first 5 rows only", "fetch first row only", "for update", "for update of t", "as",
        "as x", "x", "a.b", "t.*", "\"X\"", "\"in\"", "case when 1 = 1 then 2 else 3 end", "case",
        "when", "then", "else", "end", "exists (select 1)", "any (array[1, 2])", "all", "some",
        "array[1]", "array[1, 2]", "row(1)", "row(1, 2)", "f(1)", "f(1, 2)", "f(a => 1)",
        "s.in(1, 2)", "s.values(1), (2)", "count(*)", "count(distinct a)",
        "sum(a) filter (where a > 1)", "over (partition by 1)",
        "over (order by 1 rows 2 preceding)", "over w", "window w as (order by 1)",
        "within group (order by 1)", "cast(a as float(5))", "cast(a as float(50))", "::float(5)",
        "::float(53)", "::numeric(10, 2)", "::varchar(5)", "::interval(3)",
        "::interval day to second(3)", "::bit(4)", "::text", "::int[]", "::int[3]",
        "current_timestamp(3)", "current_timestamp(4)", "localtime(1)", "localtime(2)",
        "current_date", "extract(year from a)", "extract('year' from a)", "at time zone 'utc'",
        "collate \"C\"", "trim(both 'a' from b)", "overlay('a' placing 'b' from 1)",
        "substring('a' from 1 for 2)", "substring(a similar 'b' escape 'c')",
        "xmlelement(name a, 1)", "coalesce(1, 2)", "nullif(1, 2)", "greatest(1, 2)",
        "grouping(1, 2)", "a[1]", "a[1:2]", "a[:]", "insert into t", "insert into t (a, b)",
        "update t set a = 1", "delete from t", "with x as (select 1)",
        "with recursive x (a) as (values (1), (2))", "returning 1, 2", "returning *",
        "default values", "on conflict (a) do update set a = 1", "on conflict do nothing",
        "join u on 1 = 1", "left join u using (a)", "cross join u", "natural join u", "lateral",
        "tablesample system(10)", "repeatable (1)",
        "merge into t using u on true when matched then delete",
        "when not matched then insert (a) values (1)", "operator(pg_catalog.+)", "operator(s.?)",
        "uescape", "uescape '!'", "asc", "desc nulls last", "using <", "(1, 2)", "((1, 2), (3, 4))",
        "+ 1", "- 1", "- (1)", "- - 1", "-- c\n", "/* c /* d */ e */", "?", "$1", "$2", "null",
        "true", "set", "to", "a = 1", "(a, b) = (1, 2)", "(a, b) = row(1, 2)",
        "cycle a set b to 'Y' default 'N' using p", "search depth first by a set b",
        "with ordinality", "rows from (f(1), g(2))", "only", "materialized", "interval", "date",
        "time", "nchar", "float", "current_user", "json", "for", "variadic", "groups 1 preceding",
        "exclude ties", "unbounded preceding", "table t"};

static const char *const blanks[] = {" ", "  ", "\n", "\t", " \r\n ", " /* c */ ", "/**/",
        " -- x\n", "/* a /* b */ ' */", "\f", " -- it's\n", ""};

uint32_t mutate_below(struct mutate_random *random, uint32_t bound)
{
    /* xorshift64*: small, and good enough to choose tokens by. */
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)((random->state * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % bound;
}

static bool chance(struct mutate_random *random, uint32_t percent)
{
    return mutate_below(random, 100) < percent;
}

#define ONE_OF(random, list) (list)[mutate_below((random), SL_COUNT(list))]

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One token of text from at on. Not PostgreSQL's tokens: near enough to cut at. */
static struct token token_at(const struct mutate_text *text, size_t at)
{
    const char *from = text->at + at;
    const char *end = text->at + text->len;
    const char *to = from + 1;
    enum kind kind = KIND_SIGN;

    if (is_blank(*from)) {
        kind = KIND_SPACE;
        while (to < end && is_blank(*to)) {
            to++;
        }
    } else if (is_letter(*from) || *from == '$') {
        kind = KIND_WORD;
        while (to < end && (is_letter(*to) || is_digit(*to) || *to == '$')) {
            to++;
        }
    } else if (is_digit(*from)) {
        kind = KIND_NUMBER;
        while (to < end && (is_digit(*to) || *to == '.')) {
            to++;
        }
    } else if (*from == '\'' || *from == '"') {
        kind = *from == '"' ? KIND_WORD : KIND_STRING;
        while (to < end && *to != *from) {
            to++;
        }
        to += to < end ? 1 : 0;
    }
    return (struct token){.at = (uint16_t)at, .len = (uint16_t)(to - from), .kind = kind};
}

static void find_tokens(const struct mutate_text *text, struct tokens *tokens)
{
    size_t at = 0;

    tokens->count = 0;
    while (at < text->len && tokens->count < MUTATE_TOKENS_MAX) {
        struct token token = token_at(text, at);
        tokens->list[tokens->count++] = token;
        at += token.len;
    }
}

/* Puts bytes in place of some; nothing happens when there is no room. */
static void splice(struct mutate_text *text, size_t at, size_t len, const char *by, size_t by_len)
{
    if (text->len - len + by_len > MUTATE_TEXT_MAX) {
        return;
    }
    memmove(text->at + at + by_len, text->at + at + len, text->len - at - len + 1);
    memcpy(text->at + at, by, by_len);
    text->len += by_len - len;
}

static void splice_text(struct mutate_text *text, size_t at, size_t len, const char *by)
{
    splice(text, at, len, by, strlen(by));
}

static void splice_spaced(struct mutate_text *text, size_t at, size_t len, const char *by)
{
    char spaced[256];
    int size = snprintf(spaced, sizeof spaced, " %s ", by);

    splice(text, at, len, spaced, (size_t)size);
}

/* ---- surface ---- */

/* Every literal, with some luck, becomes another. From the end on, so that places stay true. */
static void change_literals(struct mutate_random *random, struct mutate_text *text)
{
    struct tokens tokens;
    uint32_t kinds = chance(random, 50) ? 18 : SL_COUNT(literals);

    find_tokens(text, &tokens);
    for (uint32_t i = tokens.count; i-- > 0;) {
        const struct token *token = &tokens.list[i];
        if ((token->kind == KIND_NUMBER || token->kind == KIND_STRING) && chance(random, 40)) {
            splice_spaced(text, token->at, token->len, literals[mutate_below(random, kinds)]);
        }
    }
}

/* ", literal" behind a literal, or another row behind a row. */
static void lengthen_list(struct mutate_random *random, struct mutate_text *text)
{
    struct tokens tokens;

    find_tokens(text, &tokens);
    uint32_t from = mutate_below(random, tokens.count + 1);
    for (uint32_t i = from; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        if (token->kind == KIND_NUMBER || token->kind == KIND_STRING) {
            char more[128];
            int len = snprintf(more, sizeof more, ", %s", ONE_OF(random, literals));
            splice(text, (size_t)token->at + token->len, 0, more, (size_t)len);
            return;
        }
    }
}

static void repeat_parentheses(struct mutate_random *random, struct mutate_text *text)
{
    size_t from = mutate_below(random, (uint32_t)text->len + 1);
    const char *open = memchr(text->at + from, '(', text->len - from);
    const char *close = open == NULL ? NULL : strchr(open, ')');
    char row[512];

    if (close == NULL || close - open > 400) {
        return;
    }
    int len = snprintf(row, sizeof row, "%s%.*s", chance(random, 80) ? ", " : " ",
            (int)(close - open + 1), open);
    splice(text, (size_t)(close + 1 - text->at), 0, row, (size_t)len);
}

static void change_blanks(struct mutate_random *random, struct mutate_text *text)
{
    struct tokens tokens;

    find_tokens(text, &tokens);
    for (uint32_t i = tokens.count; i-- > 0;) {
        const struct token *token = &tokens.list[i];
        if (token->kind == KIND_SPACE && chance(random, 30)) {
            splice_text(text, token->at, token->len, ONE_OF(random, blanks));
        } else if (chance(random, 5)) {
            splice_text(text, token->at, 0, ONE_OF(random, blanks));
        }
    }
}

static void change_case(struct mutate_random *random, struct mutate_text *text)
{
    struct tokens tokens;

    find_tokens(text, &tokens);
    for (uint32_t i = 0; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        if (token->kind != KIND_WORD || !chance(random, 30)) {
            continue;
        }
        for (size_t at = token->at; at < (size_t)token->at + token->len; at++) {
            if (is_letter(text->at[at]) && text->at[at] != '_' && (text->at[at] & 0x80) == 0) {
                text->at[at] ^= 0x20;
            }
        }
    }
}

void mutate_surface(struct mutate_random *random, struct mutate_text *text)
{
    if (chance(random, 60)) {
        change_literals(random, text);
    }
    if (chance(random, 40)) {
        lengthen_list(random, text);
    }
    if (chance(random, 20)) {
        repeat_parentheses(random, text);
    }
    if (chance(random, 30)) {
        change_blanks(random, text);
    }
    if (chance(random, 20)) {
        change_case(random, text);
    }
    if (chance(random, 10)) {
        splice_text(text, text->len, 0, chance(random, 50) ? ";" : " ; ;");
    }
}

/* ---- structure ---- */

static void change_bytes(struct mutate_random *random, struct mutate_text *text)
{
    static const char bytes[] = "'\"$\\-/*()[];:.,?=+@#&|!~<>% \n\rEeUuNnXxBb019_a\x80\xe4";
    size_t at = mutate_below(random, (uint32_t)text->len + 1);
    char byte = bytes[mutate_below(random, sizeof bytes - 1)];

    splice(text, at, at < text->len && chance(random, 50) ? 1 : 0, &byte, 1);
}

/* A run of tokens of the other takes the place of a run of this one's. */
static void cross_over(
        struct mutate_random *random, struct mutate_text *text, const struct mutate_text *other)
{
    struct tokens mine;
    struct tokens theirs;

    find_tokens(text, &mine);
    find_tokens(other, &theirs);
    if (mine.count == 0 || theirs.count == 0) {
        return;
    }
    uint32_t at = mutate_below(random, mine.count);
    uint32_t last = at + mutate_below(random, mine.count - at < 8 ? mine.count - at : 8);
    uint32_t from = mutate_below(random, theirs.count);
    uint32_t to = from + mutate_below(random, theirs.count - from < 16 ? theirs.count - from : 16);
    size_t begin = mine.list[at].at;
    size_t len = (size_t)mine.list[last].at + mine.list[last].len - begin;
    size_t their_len = (size_t)theirs.list[to].at + theirs.list[to].len - theirs.list[from].at;
    splice(text, begin, len, other->at + theirs.list[from].at, their_len);
}

void mutate_structure(
        struct mutate_random *random, struct mutate_text *text, const struct mutate_text *other)
{
    struct tokens tokens;

    find_tokens(text, &tokens);
    if (tokens.count == 0) {
        return;
    }
    const struct token *token = &tokens.list[mutate_below(random, tokens.count)];
    switch (mutate_below(random, 8)) {
    case 0:
    case 1:
        splice_spaced(text, token->at, token->len, ONE_OF(random, pieces));
        break;
    case 2:
    case 3:
        splice_spaced(text, token->at, 0, ONE_OF(random, pieces));
        break;
    case 4:
        splice_spaced(text, token->at, token->len, ONE_OF(random, literals));
        break;
    case 5:
        splice_text(text, token->at, token->len, "");
        break;
    case 6:
        cross_over(random, text, other);
        break;
    default:
        change_bytes(random, text);
        break;
    }
}
