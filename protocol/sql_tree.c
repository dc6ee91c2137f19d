/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_tree.c - JSON into an array of nodes.
 *
 * Depth is chosen by whoever wrote the SQL, so nothing here calls itself. While a container is
 * open its `next` holds the number of the container around it, and `last` its newest child;
 * both get their meaning back when it closes, so that there is no stack beside the nodes.
 * Strings are unescaped in place: unescaped they are never longer.
 */
#include "protocol/sql_tree.h"

#include <stdlib.h>
#include <string.h>

enum node_kind { NODE_OBJECT, NODE_ARRAY, NODE_TEXT, NODE_NUMBER };

struct node {
    uint16_t tag;
    uint8_t kind;
    uint32_t next;
    union {
        struct {
            uint32_t child;
            uint32_t last; /* newest child, while open */
        } in;
        struct {
            uint32_t at;
            uint32_t len;
        } text;
        int64_t number;
    };
};

struct sql_tree {
    char *json;
    size_t len;
    struct node *nodes;
    uint32_t count;
    uint32_t cap;
};

/* One pass over the text: where it is, and the innermost open container. */
struct reader {
    struct sql_tree *tree;
    size_t at;
    uint32_t open;
    bool is_open;
    bool is_ended;
    enum sql_tag tag; /* of the value that comes next */
};

static const char *const tag_names[] = {"",
#define SQL_TAG_NAME(tag, name) name,
        SQL_TAGS(SQL_TAG_NAME)
#undef SQL_TAG_NAME
};

_Static_assert(SL_COUNT(tag_names) == SQL_TAG_COUNT, "a name for each tag");

/* As strcmp() orders, of a span and a C string. */
static int name_order(struct sl_span a, const char *b)
{
    size_t b_len = strlen(b);
    int order = memcmp(a.at, b, a.len < b_len ? a.len : b_len);

    return order != 0 ? order : (a.len > b_len) - (a.len < b_len);
}

enum sql_tag sql_tag_of(struct sl_span name)
{
    size_t low = 1;
    size_t high = SQL_TAG_COUNT;

    while (low < high && name.len > 0) {
        size_t middle = low + (high - low) / 2;
        int order = name_order(name, tag_names[middle]);

        if (order == 0) {
            return (enum sql_tag)middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return SQL_TAG_OTHER;
}

/* A node under the open container; its number in *made. */
static enum sl_err add_node(struct reader *reader, enum node_kind kind, uint32_t *made)
{
    struct sql_tree *tree = reader->tree;

    if (tree->count == tree->cap) {
        uint32_t cap = tree->cap == 0 ? 256 : tree->cap * 2;

        if (cap > SQL_TREE_NODES_MAX) {
            return SL_ELIMIT;
        }
        struct node *nodes = realloc(tree->nodes, cap * sizeof *nodes);
        if (nodes == NULL) {
            return SL_ENOMEM;
        }
        tree->nodes = nodes;
        tree->cap = cap;
    }
    *made = tree->count++;
    tree->nodes[*made] = (struct node){.tag = (uint16_t)reader->tag, .kind = (uint8_t)kind};
    if (reader->is_open) {
        struct node *open = &tree->nodes[reader->open];

        if (open->in.last == 0) {
            open->in.child = *made;
        } else {
            tree->nodes[open->in.last].next = *made;
        }
        open->in.last = *made;
    } else if (*made != 0) {
        return SL_EINVAL; /* a second root */
    }
    reader->tag = SQL_TAG_OTHER;
    return SL_OK;
}

static enum sl_err open_container(struct reader *reader, enum node_kind kind)
{
    uint32_t made = 0;
    enum sl_err err = add_node(reader, kind, &made);

    if (err == SL_OK) {
        reader->tree->nodes[made].next = reader->open;
        reader->open = made;
        reader->is_open = true;
    }
    return err;
}

static enum sl_err close_container(struct reader *reader, enum node_kind kind)
{
    struct node *nodes = reader->tree->nodes;
    struct node *open = reader->is_open ? &nodes[reader->open] : NULL;

    if (open == NULL || open->kind != kind) {
        return SL_EINVAL;
    }
    uint32_t outer = open->next;
    reader->is_ended = reader->open == 0;
    reader->is_open = reader->open != 0;
    reader->open = outer;
    open->next = 0;
    open->in.last = 0;
    return SL_OK;
}

/* Appends a code point as UTF-8; returns where the next byte goes. */
static char *put_code(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

static bool read_hex4(const char *at, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        unsigned digit = 0;

        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (unsigned)((c | 0x20) - 'a') + 10;
        } else {
            return false;
        }
        *code = *code << 4 | digit;
    }
    return true;
}

/* What stands behind a backslash. Returns how many bytes it took, 0 when it is none. */
static size_t unescape(const char *from, size_t left, char **to)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    unsigned code = 0;

    if (left > 0 && from[0] == 'u') {
        if (left < 5 || !read_hex4(from + 1, &code)) {
            return 0;
        }
        *to = put_code(*to, code);
        return 5;
    }
    const char *known = left > 0 && from[0] != '\0' ? strchr(names, from[0]) : NULL;
    if (known == NULL) {
        return 0;
    }
    *(*to)++ = bytes[known - names];
    return 1;
}

/* At the opening quote. Unescapes in place and leaves the reader behind the closing one. */
static bool read_text(struct reader *reader, struct sl_span *text)
{
    char *json = reader->tree->json;
    size_t len = reader->tree->len;
    size_t at = reader->at + 1;
    size_t begin = at;
    char *to = json + at;

    while (at < len && json[at] != '"') {
        if (json[at] == '\\') {
            size_t taken = unescape(json + at + 1, len - at - 1, &to);
            if (taken == 0) {
                return false;
            }
            at += 1 + taken;
        } else {
            *to++ = json[at++];
        }
    }
    if (at >= len) {
        return false;
    }
    *to = '\0'; /* at the closing quote, or before it */
    *text = sl_span(json + begin, (size_t)(to - (json + begin)));
    reader->at = at + 1;
    return true;
}

static enum sl_err add_text(struct reader *reader)
{
    struct sl_span text = {0};
    uint32_t made = 0;

    if (!read_text(reader, &text)) {
        return SL_EINVAL;
    }
    if (reader->tag == SQL_TAG_OTHER && reader->tree->json[reader->at] == ':') {
        return SL_EINVAL; /* names are read elsewhere */
    }
    enum sl_err err = add_node(reader, NODE_TEXT, &made);
    if (err == SL_OK) {
        struct node *node = &reader->tree->nodes[made];

        node->text.at = (uint32_t)(text.at - (const uint8_t *)reader->tree->json);
        node->text.len = (uint32_t)text.len;
    }
    return err;
}

/* true, false, null or a number, of which only whole ones matter. */
static enum sl_err add_word(struct reader *reader)
{
    const char *begin = reader->tree->json + reader->at;
    size_t len = strcspn(begin, ",]} \n\t\r");
    uint32_t made = 0;

    if (len == 0) {
        return SL_EINVAL;
    }
    enum sl_err err = add_node(reader, NODE_NUMBER, &made);
    if (err == SL_OK) {
        reader->tree->nodes[made].number = *begin == 't' ? 1 : strtoll(begin, NULL, 10);
    }
    reader->at += len;
    return err;
}

/* "name": in an object. */
static enum sl_err read_name(struct reader *reader)
{
    struct sl_span name = {0};

    if (!read_text(reader, &name)) {
        return SL_EINVAL;
    }
    if (reader->tree->json[reader->at] != ':') {
        return SL_EINVAL;
    }
    reader->at++;
    reader->tag = sql_tag_of(name);
    return SL_OK;
}

static enum sl_err read_value(struct reader *reader)
{
    switch (reader->tree->json[reader->at]) {
    case '{':
        reader->at++;
        return open_container(reader, NODE_OBJECT);
    case '[':
        reader->at++;
        return open_container(reader, NODE_ARRAY);
    case '"':
        return add_text(reader);
    default:
        return add_word(reader);
    }
}

static bool is_in_object(const struct reader *reader)
{
    return reader->is_open && reader->tree->nodes[reader->open].kind == NODE_OBJECT;
}

/* Separators are skipped, not counted: who writes this JSON is known. */
static enum sl_err read_all(struct reader *reader)
{
    const struct sql_tree *tree = reader->tree;
    enum sl_err err = SL_OK;

    while (err == SL_OK && !reader->is_ended) {
        reader->at += strspn(tree->json + reader->at, ", \n\t\r");
        char c = tree->json[reader->at];

        if (c == '\0') {
            return SL_EINVAL;
        }
        if (c == '}' || c == ']') {
            reader->at++;
            err = close_container(reader, c == '}' ? NODE_OBJECT : NODE_ARRAY);
            continue;
        }
        err = is_in_object(reader) ? read_name(reader) : SL_OK;
        if (err == SL_OK) {
            err = read_value(reader);
        }
        if (!reader->is_open && !reader->is_ended) {
            return SL_EINVAL; /* a root that is no container */
        }
    }
    return err;
}

enum sl_err sql_tree_new(struct sl_span json, struct sql_tree **tree)
{
    if (json.len > SQL_TREE_JSON_MAX) {
        return SL_ELIMIT;
    }
    struct sql_tree *made = calloc(1, sizeof *made);
    char *copy = made == NULL ? NULL : malloc(json.len + 1);
    if (copy == NULL) {
        free(made);
        return SL_ENOMEM;
    }
    memcpy(copy, json.at, json.len);
    copy[json.len] = '\0';
    made->json = copy;
    made->len = json.len;

    struct reader reader = {.tree = made};
    enum sl_err err = read_all(&reader);
    if (err != SL_OK) {
        sql_tree_free(made);
        return err;
    }
    *tree = made;
    return SL_OK;
}

void sql_tree_free(struct sql_tree *tree)
{
    if (tree != NULL) {
        free(tree->nodes);
        free(tree->json);
        free(tree);
    }
}

uint32_t sql_tree_count(const struct sql_tree *tree)
{
    return tree->count;
}

enum sql_tag sql_node_tag(const struct sql_tree *tree, sql_node node)
{
    SL_DCHECK(node < tree->count);
    return (enum sql_tag)tree->nodes[node].tag;
}

sql_node sql_node_child(const struct sql_tree *tree, sql_node node)
{
    SL_DCHECK(node < tree->count);
    const struct node *of = &tree->nodes[node];

    return of->kind <= NODE_ARRAY ? of->in.child : 0;
}

sql_node sql_node_next(const struct sql_tree *tree, sql_node node)
{
    SL_DCHECK(node < tree->count);
    return tree->nodes[node].next;
}

sql_node sql_node_find(const struct sql_tree *tree, sql_node node, enum sql_tag tag)
{
    sql_node child = sql_node_child(tree, node);

    while (child != 0 && tree->nodes[child].tag != (uint16_t)tag) {
        child = tree->nodes[child].next;
    }
    return child;
}

unsigned sql_node_children(const struct sql_tree *tree, sql_node node)
{
    unsigned count = 0;

    for (sql_node it = node == 0 ? 0 : sql_node_child(tree, node); it != 0;
            it = tree->nodes[it].next) {
        count++;
    }
    return count;
}

struct sl_span sql_node_text(const struct sql_tree *tree, sql_node node)
{
    const struct node *of = &tree->nodes[node];

    if (of->kind != NODE_TEXT) {
        return sl_span("", 0);
    }
    return sl_span(tree->json + of->text.at, of->text.len);
}

int64_t sql_node_number(const struct sql_tree *tree, sql_node node)
{
    const struct node *of = &tree->nodes[node];

    return of->kind == NODE_NUMBER ? of->number : 0;
}

struct sl_span sql_field_text(const struct sql_tree *tree, sql_node node, enum sql_tag tag)
{
    return sql_node_text(tree, sql_node_find(tree, node, tag));
}

int64_t sql_field_number(const struct sql_tree *tree, sql_node node, enum sql_tag tag)
{
    return sql_node_number(tree, sql_node_find(tree, node, tag));
}

bool sql_field_is(const struct sql_tree *tree, sql_node node, enum sql_tag tag, const char *text)
{
    return sl_span_is(sql_field_text(tree, node, tag), text);
}
