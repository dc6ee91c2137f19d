/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/hba.c - the rules in the order of the file, and the first that fits.
 *
 * A line goes through parse_line() word by word; each step answers what is wrong
 * or NULL. The names of a line are sorted when it is complete, to be searched.
 */
#include "conf/hba.h"

#include "conf/conf_file.h"
#include "conf/conf_keys.h"
#include "conf/hba_ident.h"
#include "conf/hba_token.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES_MAX = 256 * 1024 * 1024, NAME_FILES_DEEP_MAX = 10, ADDRESS_BYTES = 16 };

enum where { WHERE_LOCAL, WHERE_HOST, WHERE_HOSTSSL, WHERE_HOSTNOSSL, WHERE_NEVER };

struct names {
    bool is_all;
    bool is_sameuser;
    bool is_replication;
    int count;
    int cap;
    const char **list;
};

struct rule {
    struct rule *next;
    enum where where;
    struct names databases;
    struct names users;
    bool is_any_address;
    int family;
    uint8_t address[ADDRESS_BYTES]; /* already masked */
    uint8_t mask[ADDRESS_BYTES];
    struct hba_answer answer;
};

struct hba {
    atomic_uint refs; /* any thread */
    struct rule *first;
    struct rule *last;
    int count;
    struct sl_arena arena;
};

struct reader {
    struct hba *hba;
    const struct hba_ident *ident;
    struct conf_problems *problems;
    const char *path; /* @file is beside it */
    int line;
    bool no_memory; /* then there are no rules at all: the one left out may say reject */
};

static const struct conf_word places[] = {
        {"local", WHERE_LOCAL},
        {"host", WHERE_HOST},
        {"hostssl", WHERE_HOSTSSL},
        {"hostnossl", WHERE_HOSTNOSSL},
        {"hostgssenc", WHERE_NEVER},
        {"hostnogssenc", WHERE_HOST},
        {NULL, 0},
};

static const struct conf_word methods[] = {
        {"trust", CONF_AUTH_TRUST},
        {"reject", CONF_AUTH_REJECT},
        {"md5", CONF_AUTH_MD5},
        {"scram-sha-256", CONF_AUTH_SCRAM_SHA_256},
        {"password", CONF_AUTH_PLAIN},
        {"plain", CONF_AUTH_PLAIN},
        {"cert", CONF_AUTH_CERT},
        {"peer", CONF_AUTH_PEER},
        {NULL, 0},
};

static const char *no_memory(struct reader *reader)
{
    reader->no_memory = true;
    return "no memory";
}

/* The keyword that the present word is, or NULL; then on to the next. */
static const struct conf_word *take_keyword(struct hba_line *line, const struct conf_word *words)
{
    for (; words->text != NULL; words++) {
        if (hba_line_is(line, words->text)) {
            hba_line_next(line);
            return words;
        }
    }
    return NULL;
}

/* ---- names ---------------------------------------------------------------------------------- */

static const char *read_names_file(
        struct reader *reader, const char *name, struct names *names, bool is_databases, int depth);

static const char *add_name(struct reader *reader, struct names *names, const char *name)
{
    if (names->count == names->cap) {
        int cap = names->cap == 0 ? 4 : names->cap * 2;
        const char **list;

        if (cap > 2 * HBA_NAMES_MAX) {
            return "too many names";
        }
        list = sl_arena_take(&reader->hba->arena, (size_t)cap * sizeof(*list));
        if (list == NULL) {
            return no_memory(reader);
        }
        if (names->count > 0) {
            memcpy(list, names->list, (size_t)names->count * sizeof(*list));
        }
        names->list = list;
        names->cap = cap;
    }
    names->list[names->count++] = name;
    return NULL;
}

/* NOLINTBEGIN(misc-no-recursion): files of names within each other, NAME_FILES_DEEP_MAX deep. */

static const char *parse_name(struct reader *reader, const struct hba_line *line,
        struct names *names, bool is_databases, int depth)
{
    const char *text = line->token.text;

    if (line->token.kind != HBA_TOKEN_WORD) {
        return is_databases ? "the database is missing" : "the user is missing";
    }
    if (line->token.is_quoted) {
        return add_name(reader, names, text);
    }
    if (strcmp(text, "all") == 0) {
        names->is_all = true;
    } else if (is_databases && strcmp(text, "sameuser") == 0) {
        names->is_sameuser = true;
    } else if (is_databases && strcmp(text, "replication") == 0) {
        names->is_replication = true;
    } else if (is_databases && (strcmp(text, "samerole") == 0 || strcmp(text, "samegroup") == 0)) {
        return "samerole is not supported: roles are not known here";
    } else if (text[0] == '+') {
        return "+group is not supported: roles are not known here, list the users";
    } else if (text[0] == '/') {
        return "expressions are not supported here, list the names";
    } else if (text[0] == '@') {
        return read_names_file(reader, text + 1, names, is_databases, depth + 1);
    } else {
        return add_name(reader, names, text);
    }
    return NULL;
}

static const char *parse_names(
        struct reader *reader, struct hba_line *line, struct names *names, bool is_databases)
{
    const char *what = parse_name(reader, line, names, is_databases, 0);

    hba_line_next(line);
    while (what == NULL && line->token.kind == HBA_TOKEN_COMMA) {
        hba_line_next(line);
        what = parse_name(reader, line, names, is_databases, 0);
        hba_line_next(line);
    }
    return what;
}

/* The words of a file of names; commas and lines part them, and nothing more. */
static const char *read_names_text(struct reader *reader, struct sl_span text, struct names *names,
        bool is_databases, int depth)
{
    struct hba_line line;
    const char *what = NULL;

    while (what == NULL && hba_line_take(&text, &reader->hba->arena, &line)) {
        for (; what == NULL && line.token.kind != HBA_TOKEN_END; hba_line_next(&line)) {
            reader->no_memory |= line.token.kind == HBA_TOKEN_NO_MEMORY;
            if (line.token.kind != HBA_TOKEN_COMMA) {
                what = parse_name(reader, &line, names, is_databases, depth);
            }
        }
    }
    return what;
}

static const char *read_names_file(
        struct reader *reader, const char *name, struct names *names, bool is_databases, int depth)
{
    const char *slash = strrchr(reader->path, '/');
    int folder = name[0] == '/' || slash == NULL ? 0 : (int)(slash - reader->path) + 1;
    const char *path = sl_arena_printf(&reader->hba->arena, "%.*s%s", folder, reader->path, name);
    const char *outer = reader->path;
    const char *what;
    char *text = NULL;
    size_t len = 0;
    enum sl_err err;

    if (path == NULL) {
        return no_memory(reader);
    }
    if (depth > NAME_FILES_DEEP_MAX) {
        return "files of names named within each other more than 10 deep";
    }
    err = conf_file_read(path, HBA_FILE_BYTES_MAX, &text, &len, NULL);
    if (err != SL_OK) {
        reader->no_memory |= err == SL_ENOMEM;
        return "the file of names behind @ cannot be read";
    }
    reader->path = path;
    what = read_names_text(reader, sl_span(text, len), names, is_databases, depth);
    reader->path = outer;
    free(text);
    return what;
}

/* NOLINTEND(misc-no-recursion) */

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

static void sort_names(struct names *names)
{
    if (names->count > 1) {
        qsort(names->list, (size_t)names->count, sizeof(*names->list), compare_names);
    }
}

static bool names_have(const struct names *names, const char *name)
{
    if (names->is_all) {
        return true;
    }
    return names->count > 0 && bsearch(&name, names->list, (size_t)names->count,
                                       sizeof(*names->list), compare_names) != NULL;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static size_t address_bytes(int family)
{
    return family == AF_INET ? 4 : 16;
}

static bool parse_address(const char *text, int *family, uint8_t *address)
{
    *family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    return inet_pton(*family, text, address) == 1;
}

static bool mask_of_bits(const char *text, int family, uint8_t *mask)
{
    char *end = NULL;
    unsigned long bits = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || bits > address_bytes(family) * 8) {
        return false;
    }
    for (size_t i = 0; i < ADDRESS_BYTES; i++) {
        unsigned long here = bits > 8 ? 8 : bits;

        mask[i] = (uint8_t)(0xff00U >> here);
        bits -= here;
    }
    return true;
}

/* Both ADDRESS/BITS, and ADDRESS MASK in two words. */
static const char *parse_network(struct reader *reader, struct hba_line *line, struct rule *rule)
{
    const char *word = line->token.text;
    const char *slash = strchr(word, '/');
    const char *address = word;
    int family = 0;

    if (slash != NULL) {
        address = sl_arena_text(&reader->hba->arena, sl_span(word, (size_t)(slash - word)));
    }
    if (address == NULL) {
        return no_memory(reader);
    }
    if (!parse_address(address, &rule->family, rule->address)) {
        return "not an address: write 10.0.0.0/8, fd00::/8, an address and a mask, or all "
               "(host names, samehost and samenet are not supported)";
    }
    hba_line_next(line);
    if (slash != NULL) {
        return mask_of_bits(slash + 1, rule->family, rule->mask)
                       ? NULL
                       : "the bits behind the / must be up to 32, or 128 for IPv6";
    }
    if (line->token.kind != HBA_TOKEN_WORD ||
            !parse_address(line->token.text, &family, rule->mask) || family != rule->family) {
        return "a mask must follow the address: write ADDRESS/BITS";
    }
    hba_line_next(line);
    return NULL;
}

static const char *parse_place(struct reader *reader, struct hba_line *line, struct rule *rule)
{
    const char *what;
    bool is_cut = false;

    if (rule->where == WHERE_LOCAL) {
        return NULL;
    }
    if (line->token.kind != HBA_TOKEN_WORD) {
        return "the address is missing";
    }
    if (hba_line_is(line, "all")) {
        hba_line_next(line);
        rule->is_any_address = true;
        return NULL;
    }
    what = parse_network(reader, line, rule);
    for (size_t i = 0; what == NULL && i < address_bytes(rule->family); i++) {
        is_cut |= (rule->address[i] & ~rule->mask[i] & 0xff) != 0;
        rule->address[i] &= rule->mask[i];
    }
    if (is_cut) {
        conf_problem(reader->problems, CONF_WARNING, reader->path, reader->line,
                "the address has bits outside its mask; they are not looked at");
    }
    return what;
}

static bool address_fits(const struct rule *rule, const struct sockaddr *addr)
{
    uint8_t bytes[ADDRESS_BYTES] = {0};

    if (rule->is_any_address) {
        return true;
    }
    if (addr->sa_family != rule->family) {
        return false;
    }
    if (rule->family == AF_INET) {
        memcpy(bytes, (const char *)addr + offsetof(struct sockaddr_in, sin_addr), 4);
    } else {
        memcpy(bytes, (const char *)addr + offsetof(struct sockaddr_in6, sin6_addr), 16);
    }
    for (size_t i = 0; i < address_bytes(rule->family); i++) {
        if ((bytes[i] & rule->mask[i]) != rule->address[i]) {
            return false;
        }
    }
    return true;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static const char *parse_options(struct reader *reader, struct hba_line *line, struct rule *rule)
{
    for (; line->token.kind == HBA_TOKEN_WORD; hba_line_next(line)) {
        if (strncmp(line->token.text, "map=", 4) != 0) {
            return "of the options only map= is supported";
        }
        rule->answer.map = line->token.text + 4;
        if (reader->ident == NULL || !hba_ident_has_map(reader->ident, rule->answer.map)) {
            return "auth_ident_file has no map of that name";
        }
    }
    return line->token.kind == HBA_TOKEN_END ? NULL : "more than a line holds, or an open quote";
}

static const char *refuse_method(struct reader *reader, const struct hba_line *line)
{
    const char *what;

    if (line->token.kind != HBA_TOKEN_WORD) {
        return "the method is missing";
    }
    what = sl_arena_printf(&reader->hba->arena,
            "the method must be trust, reject, md5, scram-sha-256, password, cert or peer "
            "(ldap, pam and gss are not supported), not \"%.30s\"",
            line->token.text);
    return what == NULL ? no_memory(reader) : what;
}

/*
 * PgBouncer asks an LDAP server here. Without the line those whom it fits would go on to
 * the next, which may let them in by less: so it stays, and lets nobody in.
 */
static void parse_ldap(struct reader *reader, struct hba_line *line, struct rule *rule)
{
    while (line->token.kind == HBA_TOKEN_WORD || line->token.kind == HBA_TOKEN_COMMA) {
        hba_line_next(line);
    }
    rule->answer.method = CONF_AUTH_REJECT;
    rule->answer.line = reader->line;
    conf_problem(reader->problems, CONF_WARNING, reader->path, reader->line,
            "ldap is not supported; whom the line fits is refused");
}

static const char *parse_method(struct reader *reader, struct hba_line *line, struct rule *rule)
{
    if (hba_line_is(line, "ldap")) {
        parse_ldap(reader, line, rule);
        return NULL;
    }
    const struct conf_word *method = take_keyword(line, methods);
    if (method == NULL) {
        return refuse_method(reader, line);
    }
    rule->answer.method = (enum conf_auth_type)method->value;
    rule->answer.line = reader->line;
    return parse_options(reader, line, rule);
}

static const char *parse_line(struct reader *reader, struct hba_line *line, struct rule *rule)
{
    const struct conf_word *place = take_keyword(line, places);
    const char *what;

    if (place == NULL) {
        return "a line must begin with local, host, hostssl or hostnossl";
    }
    rule->where = (enum where)place->value;
    what = parse_names(reader, line, &rule->databases, true);
    if (what == NULL) {
        what = parse_names(reader, line, &rule->users, false);
    }
    if (what == NULL) {
        what = parse_place(reader, line, rule);
    }
    if (what == NULL) {
        what = parse_method(reader, line, rule);
    }
    sort_names(&rule->databases);
    sort_names(&rule->users);
    return what;
}

static void read_line(struct reader *reader, struct hba_line *line)
{
    struct hba *hba = reader->hba;
    struct rule *rule;
    const char *what;

    if (line->token.kind == HBA_TOKEN_END) {
        return;
    }
    if (hba->count >= HBA_RULES_MAX) {
        conf_problem(reader->problems, CONF_WARNING, reader->path, reader->line,
                "too many lines; the line is left out");
        return;
    }
    rule = sl_arena_take(&hba->arena, sizeof(*rule));
    what = rule == NULL ? no_memory(reader) : parse_line(reader, line, rule);
    reader->no_memory |= line->token.kind == HBA_TOKEN_NO_MEMORY;
    if (what != NULL) {
        conf_problem(reader->problems, CONF_WARNING, reader->path, reader->line,
                "%s; the line is left out", what);
        return;
    }
    if (hba->last == NULL) {
        hba->first = rule;
    } else {
        hba->last->next = rule;
    }
    hba->last = rule;
    hba->count++;
}

const struct hba *hba_load_text(const char *path, struct sl_span text,
        const struct hba_ident *ident, struct conf_problems *problems)
{
    struct hba *hba = calloc(1, sizeof(*hba));
    struct reader reader = {.hba = hba, .ident = ident, .problems = problems, .path = path};
    struct hba_line line;

    if (hba == NULL) {
        return NULL;
    }
    atomic_init(&hba->refs, 1);
    sl_arena_init(&hba->arena, ARENA_BYTES_MAX);
    for (reader.line = 1; hba_line_take(&text, &hba->arena, &line); reader.line++) {
        read_line(&reader, &line);
    }
    if (reader.no_memory) {
        hba_unref(hba);
        return NULL;
    }
    return hba;
}

const struct hba *hba_load(
        const char *path, const struct hba_ident *ident, struct conf_problems *problems)
{
    const struct hba *hba;
    struct sl_error why;
    char *text = NULL;
    size_t len = 0;

    enum sl_err err =
            path[0] == '\0' ? SL_OK : conf_file_read(path, HBA_FILE_BYTES_MAX, &text, &len, &why);
    if (err == SL_ENOMEM) {
        return NULL;
    }
    if (err != SL_OK) {
        conf_problem(problems, CONF_WARNING, path, 0,
                "auth_hba_file cannot be read, nobody is let in: %s", why.text);
    }
    hba = hba_load_text(path, sl_span(text == NULL ? "" : text, len), ident, problems);
    free(text);
    return hba;
}

/* Constant to everybody; the count of references is not. */
static struct hba *counted(const struct hba *hba)
{
    union {
        const struct hba *shared;
        struct hba *counted;
    } both = {.shared = hba};

    return both.counted;
}

const struct hba *hba_ref(const struct hba *hba)
{
    unsigned before = atomic_fetch_add_explicit(&counted(hba)->refs, 1, memory_order_relaxed);

    SL_CHECK(before > 0);
    return hba;
}

void hba_unref(const struct hba *hba)
{
    if (hba != NULL &&
            atomic_fetch_sub_explicit(&counted(hba)->refs, 1, memory_order_acq_rel) == 1) {
        sl_arena_fini(&counted(hba)->arena);
        free(counted(hba));
    }
}

/* ---- who ------------------------------------------------------------------------------------ */

static bool place_fits(const struct rule *rule, const struct hba_who *who)
{
    bool is_local = who->addr->sa_family == AF_UNIX;

    switch (rule->where) {
    case WHERE_LOCAL:
        return is_local;
    case WHERE_HOST:
        return !is_local && address_fits(rule, who->addr);
    case WHERE_HOSTSSL:
        return !is_local && who->is_tls && address_fits(rule, who->addr);
    case WHERE_HOSTNOSSL:
        return !is_local && !who->is_tls && address_fits(rule, who->addr);
    case WHERE_NEVER:
        return false;
    }
    return false;
}

/* PostgreSQL docs, "The pg_hba.conf File": all does not match physical replication. */
static bool database_fits(const struct rule *rule, const struct hba_who *who)
{
    if (who->is_replication) {
        return rule->databases.is_replication;
    }
    if (rule->databases.is_sameuser && strcmp(who->database, who->user) == 0) {
        return true;
    }
    return names_have(&rule->databases, who->database);
}

bool hba_match(const struct hba *hba, const struct hba_who *who, struct hba_answer *answer)
{
    for (const struct rule *rule = hba->first; rule != NULL; rule = rule->next) {
        if (place_fits(rule, who) && database_fits(rule, who) &&
                names_have(&rule->users, who->user)) {
            *answer = rule->answer;
            return true;
        }
    }
    return false;
}

int hba_rules_count(const struct hba *hba)
{
    return hba->count;
}
