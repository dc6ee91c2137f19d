/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog.h - what a database's catalogues say: schemas, relations, functions, roles.
 *
 * A snapshot never changes: it is made once (protocol/catalog_build.h), read by whoever has a
 * reference, and replaced by a newer one. What is not in it is not known; that is always a
 * legal answer, and the one to be careful with. It says nothing of temporary objects, which
 * are one session's, nor of what changed since it was read: that is its keeper's to know.
 *
 * Names are the bytes that the server keeps, in the database's encoding.
 *
 * Ownership: reference counted, one block. Threads: any. Bounds: those of its builder; of a text
 * CATALOG_TEXT_MAX bytes are looked at.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_H
#define SLUICE_PROTOCOL_CATALOG_H

#include "protocol/base/span.h"

#include <stdatomic.h>
#include <stdbool.h>

enum {
    CATALOG_ROLES_MAX = 64,
    CATALOG_TEXT_MAX = 16384,
    CATALOG_CUSTOMS_MAX = 32,
    CATALOG_NONE = 0xffff, /* no schema, no role */
    CATALOG_ARGS_ANY = 255 /* of a variadic function: as many as one likes */
};

enum catalog_kind {
    CATALOG_UNKNOWN,
    CATALOG_TABLE,
    CATALOG_PARTITIONED,
    CATALOG_VIEW,
    CATALOG_MATVIEW,
    CATALOG_FOREIGN,
    CATALOG_SEQUENCE,
    CATALOG_KIND_COUNT
};

/* Of users' casts, those whose functions are not IMMUTABLE: a set. */
enum catalog_casts {
    CATALOG_CASTS_WRITTEN = 1, /* where they are written */
    /*
     * Of what is implicit, or of an assignment, as conditions, LIMIT and subscripts are to PostgreSQL; and of
     * what sorts or compares by itself.
     */
    CATALOG_CASTS_ANYWHERE = 2
};

struct catalog_schema {
    uint32_t oid;
    uint32_t name;
    uint64_t usage; /* a bit for each of the roles that may look into it */
};

struct catalog_relation {
    uint32_t oid;
    uint32_t name;
    uint16_t schema;
    uint8_t kind; /* enum catalog_kind */
    bool leaves;  /* reading or writing it may leave something in a session: catalog_hidden.h */
};

/* Functions of one name that take so many arguments and are alike in the rest are one here. */
struct catalog_function {
    uint32_t name;
    uint16_t schema;
    uint8_t args_min; /* those with a default left out */
    uint8_t args_max;
    uint8_t volatility; /* SQL_IMMUTABLE ...; an aggregate's: the worst of its parts' */
    char kind;          /* pg_proc.prokind: f, p, a, w */
    bool names_type;    /* of one argument, and there is a type of that name: f(x) may be a cast */
    bool is_harmless;   /* leaves nothing in a session: catalog_harmless.h */
    bool holds;         /* may leave what only the end of the process takes away: likewise */
    uint16_t writes;    /* a set: catalog_writes_of_function() */
};

struct catalog_role {
    uint32_t oid;
    uint32_t name;
    uint32_t path; /* search_path by ALTER ROLE or ALTER DATABASE */
    bool has_path;
};

struct catalog_tables;

struct catalog {
    atomic_uint refs;
    int server_version;    /* server_version_num */
    uint32_t encoding;     /* a name: "UTF8" */
    uint32_t default_path; /* of roles without one */
    bool has_default_path;
    bool leaves_anyway;   /* any statement may leave something: catalog_hidden.h */
    bool leaves_by_ddl;   /* what changes the schema may: event triggers do */
    bool holds;           /* one of the functions does */
    bool leaving_is_wide; /* one of those relations may have a name that is not in ASCII here */
    uint32_t schemas_count;
    uint32_t relations_count;
    uint32_t functions_count;
    uint32_t roles_count;
    uint32_t leaving_count; /* relations that leave something */
    uint32_t
            leaving_names_count; /* names of such, and of functions that look built in, each once */
    uint64_t leaving_marks;      /* a bit for each of those names: catalog_name_mark() */
    uint64_t
            operators; /* likewise, of users' operators that are not IMMUTABLE, whatever their schema */
    uint8_t casts;     /* enum catalog_casts */
    const struct catalog_schema *schemas;     /* by name */
    const struct catalog_relation *relations; /* by name, then schema */
    const struct catalog_function *functions; /* by name, then schema */
    const struct catalog_role *roles;         /* as they were asked for */
    const uint32_t *leaving_names;            /* in their order */
    /*
     * Custom settings that functions set which are not harmless, and what is behind statements, in
     * lower case: a hint (function_customs.h, catalog_customs.h). Where there are CATALOG_CUSTOMS_MAX there may be more.
     */
    uint32_t customs_count;
    uint32_t customs[CATALOG_CUSTOMS_MAX];
    const char *names;
    const struct catalog_tables *tables; /* catalog_tables.h; NULL: nobody asked for it */
    size_t bytes;                        /* of the whole block */
};

const struct catalog *catalog_ref(const struct catalog *catalog);
void catalog_unref(const struct catalog *catalog); /* NULL is fine */

static inline const char *catalog_name(const struct catalog *catalog, uint32_t name)
{
    return catalog->names + name;
}

/* CATALOG_NONE: there is none. */
uint16_t catalog_find_schema(const struct catalog *catalog, const char *name);
uint16_t catalog_find_role(const struct catalog *catalog, const char *name);
/* Of that schema; NULL: there is none. */
const struct catalog_relation *catalog_find_relation(
        const struct catalog *catalog, const char *name, uint16_t schema);
/* All of that name, in whatever schema; *count may be 0. */
const struct catalog_function *catalog_find_functions(
        const struct catalog *catalog, const char *name, uint32_t *count);

/*
 * Whether a call as it is written (schema.name, or name and an empty schema) can only be one of
 * functions that leave nothing in a session. It is known by the letters of ASCII alone.
 */
bool catalog_call_is_harmless(
        const struct catalog *catalog, struct sl_span schema, struct sl_span name);

/* effects_of() a text (effects.h), less what functions do that are known to leave nothing; catalog may be NULL. */
unsigned catalog_effects_of(const struct catalog *catalog, struct sl_span text);

/*
 * Whether a statement of that text may leave something in a session by what is behind the relations
 * that it names, or behind whatever it does: triggers, views, defaults and so on (catalog_hidden.h).
 * Any name that stands somewhere in it counts, whatever it names there and whatever its schema is;
 * one that is not in ASCII is taken for any of that kind, as its encoding is not known here.
 * So does what names no relation and may use all of them: VACUUM, ANALYZE, REINDEX and CLUSTER, and
 * TRUNCATE .. CASCADE, which goes along every foreign key. What cannot be read counts too: U&"..",
 * a backslash in a string that is not E'..', a text that is cut off or of more than
 * CATALOG_TEXT_MAX bytes. It says nothing of what a text only speaks of by a name of its own
 * (EXECUTE, FETCH) or what runs at COMMIT (deferred triggers): that is said of the text before.
 */
bool catalog_text_leaves(const struct catalog *catalog, struct sl_span text);

/*
 * Whether a text, of DO or with a call in it, may leave what only the end of the process takes away
 * (effects_names.h): a name that stands before a parenthesis, within strings too, is that of a built-in
 * function which does, or of a function of the snapshot. Its schema and arguments are not looked
 * at; nor is what stands behind a statement (triggers, views ...). catalog may be NULL.
 */
bool catalog_text_holds(const struct catalog *catalog, struct sl_span text);

/* Of a name of so many bytes: one bit, by which most others are told from it. */
static inline uint64_t catalog_name_mark(const char *name, size_t len)
{
    unsigned mark = len == 0 ? 0U
                             : (unsigned)len * 31 + (uint8_t)name[0] * 7U +
                                       (uint8_t)name[len - 1] * 13U + (uint8_t)name[len / 2];

    return UINT64_C(1) << (mark & 63);
}

/* "table", "view" ...; "unknown". */
const char *catalog_kind_text(enum catalog_kind kind);

#endif
