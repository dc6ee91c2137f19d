/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth.c - who is it, how is that to be shown, and what then.
 *
 * The order: the hba file says the method; the user list, then auth_query, has
 * the secret; without one a mock user goes through the same method, and is refused
 * where a wrong password would be. Whether the database exists is looked at last.
 */
#include "proxy/auth.h"

#include "protocol/base/hash.h"
#include "protocol/sqlstate.h"
#include "proxy/auth_password.h"
#include "proxy/auth_scram.h"
#include "proxy/auth_state.h"

#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODELS_MAX = 64 }; /* so many of the user list are looked at for what others have */

/* ---- life ---- */

/* The method, by auth_type or by the hba file; a line that does not fit is a refusal. */
static void choose_method(struct auth *auth, const struct auth_input *input)
{
    const struct conf *conf = input->conf;
    struct hba_answer answer = {.method = CONF_AUTH_REJECT};
    struct hba_who who = {.addr = input->peer,
            .is_tls = input->tls != NULL && input->tls->is_tls,
            .is_replication = input->is_replication,
            .database = input->database_name,
            .user = input->user};

    auth->method = conf->auth_type;
    if (conf->auth_type != CONF_AUTH_HBA) {
        return;
    }
    if (!hba_match(conf->hba, &who, &answer)) {
        auth->method = CONF_AUTH_REJECT;
        return;
    }
    auth->method = answer.method;
    auth->map = answer.map;
    auth->line = answer.line;
}

struct auth *auth_new(const struct auth_input *input)
{
    size_t user_len = strlen(input->user);
    size_t name_len = strlen(input->database_name);
    struct auth *auth = calloc(1, sizeof *auth + user_len + name_len + 2);

    if (auth == NULL) {
        return NULL;
    }
    memcpy(auth->user, input->user, user_len);
    memcpy(auth->user + user_len + 1, input->database_name, name_len);
    auth->database_name = auth->user + user_len + 1;
    auth->conf = conf_ref(input->conf);
    auth->database = input->database;
    auth->is_console = input->is_console;
    auth->is_unix = input->peer->sa_family == AF_UNIX;
    auth->peer_uid = input->peer_uid;
    auth->is_own_user =
            auth->is_console && auth->is_unix && input->peer_uid == getuid() &&
            (strcmp(input->user, "pgbouncer") == 0 || strcmp(input->user, "sluice") == 0);
    if (input->tls != NULL) {
        auth->tls = *input->tls;
    }
    auth->home = input->home;
    auth->done = input->done;
    auth->owner = input->owner;
    credentials_init(&auth->credentials);
    choose_method(auth, input);
    return auth;
}

static void drop_message(struct auth *auth)
{
    if (auth->message != NULL) {
        explicit_bzero(auth->message, auth->message_len);
        free(auth->message);
    }
    auth->message = NULL;
    auth->message_len = 0;
}

void auth_free(struct auth *auth)
{
    if (auth == NULL) {
        return;
    }
    if (auth->state == AUTH_STATE_JOB) {
        auth->is_freed = true;
        return;
    }
    auth_keys_job_fini(&auth->keys);
    credentials_fini(&auth->credentials);
    scram_server_fini(&auth->scram);
    drop_message(auth);
    conf_unref(auth->conf);
    explicit_bzero(auth, sizeof *auth);
    free(auth);
}

bool auth_keep_message(struct auth *auth, struct sl_span message)
{
    drop_message(auth);
    auth->message = malloc(message.len + 1);
    if (auth->message == NULL) {
        return false;
    }
    if (message.len > 0) {
        memcpy(auth->message, message.at, message.len);
    }
    auth->message[message.len] = '\0';
    auth->message_len = message.len;
    return true;
}

/* ---- ends ---- */

enum auth_verdict auth_fail(
        struct auth *auth, const char *sqlstate, const char *text, const char *detail)
{
    sl_error_set(&auth->error, SL_EAUTH, sqlstate, "%s", text);
    snprintf(auth->detail, sizeof auth->detail, "%s", detail);
    auth->state = AUTH_STATE_ENDED;
    return AUTH_FAILED;
}

/* "... for user "name"". */
static enum auth_verdict fail_user(
        struct auth *auth, const char *sqlstate, const char *what, const char *detail)
{
    char text[SL_ERROR_TEXT_MAX];

    snprintf(text, sizeof text, "%s for user \"%s\"", what, auth->user);
    return auth_fail(auth, sqlstate, text, detail);
}

enum auth_verdict auth_refuse(struct auth *auth, const char *detail)
{
    return fail_user(auth, SL_STATE_INVALID_PASSWORD, "password authentication failed", detail);
}

enum auth_verdict auth_no_memory(struct auth *auth)
{
    return auth_fail(auth, SL_STATE_OUT_OF_MEMORY, "out of memory",
            "no memory, no random bytes, or no such hash on this machine");
}

static enum auth_verdict admit_to_console(struct auth *auth)
{
    if (auth->is_own_user || conf_list_has(auth->conf->admin_users, auth->user)) {
        auth->console = AUTH_CONSOLE_ADMIN;
    } else if (conf_list_has(auth->conf->stats_users, auth->user)) {
        auth->console = AUTH_CONSOLE_STATS;
    } else {
        return auth_fail(auth, SL_STATE_INVALID_AUTHORIZATION, "not allowed",
                "neither in admin_users nor in stats_users");
    }
    auth->state = AUTH_STATE_ENDED;
    return AUTH_OK;
}

enum auth_verdict auth_succeed(struct auth *auth)
{
    char text[SL_ERROR_TEXT_MAX];

    if (auth->is_console) {
        return admit_to_console(auth);
    }
    if (auth->database == NULL) {
        snprintf(text, sizeof text, "database \"%s\" does not exist", auth->database_name);
        return auth_fail(auth, SL_STATE_INVALID_CATALOG, text, "no such line in [databases]");
    }
    auth->state = AUTH_STATE_ENDED;
    return AUTH_OK;
}

/* ---- the secret ---- */

/* Can auth_query be asked about this login? Not in a database that does not exist. */
static bool has_query(const struct auth *auth)
{
    const char *user = conf_auth_user(auth->conf, auth->database);

    if (user == NULL || user[0] == '\0') {
        return false;
    }
    if (auth->is_console) {
        const char *name = conf_auth_dbname(auth->conf, NULL);
        return name != NULL && name[0] != '\0';
    }
    return auth->database != NULL;
}

static struct auth_cache_key cache_key(const struct auth *auth)
{
    return (struct auth_cache_key){.database = auth_query_dbname(auth),
            .query = auth_query_text(auth),
            .user = auth->user};
}

void auth_forget_kept(struct auth *auth)
{
    if (auth->is_kept) {
        struct auth_cache_key key = cache_key(auth);
        auth_cache_drop(&key);
        auth->is_kept = false;
    }
}

static pthread_once_t draw_once = PTHREAD_ONCE_INIT;
static uint64_t draw_seed; /* constant after draw_once */

static void make_seed(void)
{
    SL_IGNORE(crypto_random(&draw_seed, sizeof draw_seed), "then it can be guessed");
}

/* The same for one name, and nobody can foresee it. */
static uint32_t draw(const char *user)
{
    pthread_once(&draw_once, make_seed);
    return (uint32_t)(sl_hash64_seed(sl_span_text(user), draw_seed) >> 32);
}

static struct auth_shape shape_of(const struct users_entry *entry)
{
    struct auth_shape shape = {.kind = entry->kind};
    struct scram_secret secret;

    if (scram_secret_parse(entry->secret, &secret) == SL_OK) {
        shape.iterations = secret.iterations;
        explicit_bzero(&secret, sizeof secret);
    }
    return shape;
}

/*
 * Where some have an md5 and some a SCRAM secret, no one answer would do: each name
 * that does not exist plays, always, what some name that does has.
 */
struct auth_shape auth_usual_shape(const struct auth *auth)
{
    const char *asker = conf_auth_user(auth->conf, auth->database);
    struct auth_shape shape = {.kind = USERS_SECRET_SCRAM};
    int count = users_count(auth->conf->users);

    if (asker != NULL && asker[0] != '\0') {
        shape = auth_cache_shape(draw(auth->user));
    } else if (count > 0) {
        int models = count < MODELS_MAX ? count : MODELS_MAX;
        int first = (int)((uint64_t)draw(auth->user) * (unsigned)models >> 32);
        for (int i = 0; i < models; i++) {
            const struct users_entry *entry = users_at(auth->conf->users, (first + i) % models);
            if (entry->kind != USERS_SECRET_NONE) {
                shape = shape_of(entry);
                break;
            }
        }
    }
    if (shape.iterations == 0) {
        shape.iterations = (uint32_t)auth->conf->scram_iterations;
    }
    return shape;
}

/* The secret, or that there is none, is in auth->credentials. */
static void judge_secret(struct auth *auth)
{
    auth->is_mock = auth->credentials.kind == USERS_SECRET_NONE;
    auth->kind = auth->credentials.kind;
    if (auth->is_mock) {
        struct auth_shape shape = auth_usual_shape(auth);
        auth->kind = shape.kind;
        auth->mock_iterations = shape.iterations;
    }
}

static enum auth_verdict ask(struct auth *auth)
{
    auth->asked_at = sl_now();
    auth->state = AUTH_STATE_QUERY;
    return AUTH_QUERY;
}

enum auth_verdict auth_wrong(struct auth *auth, const char *detail)
{
    if (!auth->is_kept) {
        return auth_refuse(auth, detail);
    }
    auth_forget_kept(auth);
    return ask(auth);
}

/* ---- methods without a message ---- */

static enum auth_verdict check_certificate(struct auth *auth)
{
    static const char failed[] = "certificate authentication failed";

    if (!auth->tls.has_peer_certificate) {
        return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, failed,
                auth->tls.is_tls ? "no client certificate that the ca file vouches for"
                                 : "not a TLS connection");
    }
    if (auth->tls.peer_name[0] == '\0' ||
            !hba_ident_allows(auth->conf->ident, auth->map, auth->tls.peer_name, auth->user)) {
        char detail[AUTH_DETAIL_MAX];
        snprintf(detail, sizeof detail, "the certificate is for \"%.64s\"", auth->tls.peer_name);
        return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, failed, detail);
    }
    return auth_succeed(auth);
}

/* On a crypto thread: the system's users may be far away. */
static void find_peer_name(struct job *base)
{
    struct auth_keys_job *keys = SL_CONTAINER(base, struct auth_keys_job, job);
    struct auth *auth = SL_CONTAINER(keys, struct auth, keys);
    char buffer[4096];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(auth->peer_uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL) {
        snprintf(auth->peer_name, sizeof auth->peer_name, "%s", entry.pw_name);
    }
}

static enum auth_verdict begin_peer(struct auth *auth)
{
    if (!auth->is_unix) {
        return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, "peer authentication failed",
                "not a Unix socket");
    }
    auth->keys.job.run = find_peer_name;
    auth->keys.job.done = auth_job_done;
    auth->keys.job.home = auth->home;
    auth->work = AUTH_WORK_PEER;
    if (jobs_submit(&auth->keys.job) != SL_OK) {
        return auth_fail(auth, SL_STATE_TOO_MANY_CONNECTIONS, "too many logins are under way", "");
    }
    auth->state = AUTH_STATE_JOB;
    return AUTH_WAIT;
}

static enum auth_verdict check_peer(struct auth *auth)
{
    char detail[AUTH_DETAIL_MAX];

    if (auth->peer_name[0] != '\0' &&
            hba_ident_allows(auth->conf->ident, auth->map, auth->peer_name, auth->user)) {
        return auth_succeed(auth);
    }
    snprintf(detail, sizeof detail, "the system user is \"%.64s\" (%u)", auth->peer_name,
            auth->peer_uid);
    return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, "peer authentication failed", detail);
}

/* ---- the way ---- */

/* The method and the secret are known. */
static enum auth_verdict begin(struct auth *auth, struct sl_buf *out)
{
    if (auth->method == CONF_AUTH_MD5 && auth->kind == USERS_SECRET_SCRAM) {
        auth->method = CONF_AUTH_SCRAM_SHA_256;
    }
    switch (auth->method) {
    case CONF_AUTH_PLAIN:
    case CONF_AUTH_MD5:
        return auth_password_begin(auth, out);
    case CONF_AUTH_SCRAM_SHA_256:
        return auth_scram_begin(auth, out);
    case CONF_AUTH_TRUST:
        return auth_succeed(auth);
    case CONF_AUTH_CERT:
        return check_certificate(auth);
    case CONF_AUTH_PEER:
        return begin_peer(auth);
    case CONF_AUTH_ANY:
    case CONF_AUTH_REJECT:
    case CONF_AUTH_HBA:
        break;
    }
    return auth_fail(auth, SL_STATE_INVALID_AUTHORIZATION, "login rejected", "");
}

/* Those that need no secret need a user all the same, as in PgBouncer. */
static enum auth_verdict begin_known(struct auth *auth, bool is_known, struct sl_buf *out)
{
    judge_secret(auth);
    if (!is_known && auth->method == CONF_AUTH_TRUST) {
        return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, "\"trust\" authentication failed",
                "no such user in auth_file or by auth_query");
    }
    if (!is_known && auth->method == CONF_AUTH_CERT) {
        return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, "certificate authentication failed",
                "no such user in auth_file or by auth_query");
    }
    if (!is_known && auth->method == CONF_AUTH_PEER) {
        return fail_user(auth, SL_STATE_INVALID_AUTHORIZATION, "peer authentication failed",
                "no such user in auth_file or by auth_query");
    }
    return begin(auth, out);
}

static enum auth_verdict start_any(struct auth *auth)
{
    if (!auth->is_console && auth->database != NULL && auth->database->user == NULL) {
        return auth_fail(auth, SL_STATE_INVALID_AUTHORIZATION, "bouncer config error",
                "auth_type=any needs a user= with the database");
    }
    return auth_succeed(auth);
}

static enum auth_verdict reject(struct auth *auth)
{
    char detail[AUTH_DETAIL_MAX];

    if (auth->line == 0) {
        return auth_fail(auth, SL_STATE_INVALID_AUTHORIZATION, "no authentication method is found",
                "no line of auth_hba_file fits");
    }
    snprintf(detail, sizeof detail, "line %d of auth_hba_file", auth->line);
    return auth_fail(auth, SL_STATE_INVALID_AUTHORIZATION, "login rejected", detail);
}

enum auth_verdict auth_start(struct auth *auth, struct sl_buf *out)
{
    SL_CHECK(auth->state == AUTH_STATE_START);
    if (auth->is_own_user) {
        return auth_succeed(auth);
    }
    if (auth->method == CONF_AUTH_ANY) {
        return start_any(auth);
    }
    if (auth->method == CONF_AUTH_REJECT) {
        return reject(auth);
    }
    const struct users_entry *entry = users_find(auth->conf->users, auth->user);
    if (entry != NULL) {
        if (credentials_set(&auth->credentials, entry->secret) != SL_OK) {
            return auth_no_memory(auth);
        }
        return begin_known(auth, true, out);
    }
    if (!has_query(auth)) {
        return begin_known(auth, false, out);
    }
    struct auth_cache_key key = cache_key(auth);
    bool exists;
    if (auth_cache_get(&key, &auth->credentials, &exists)) {
        auth->is_kept = true;
        return begin_known(auth, exists, out);
    }
    return ask(auth);
}

enum auth_verdict auth_secret(struct auth *auth, bool found, const char *secret, struct sl_buf *out)
{
    struct auth_cache_key key = cache_key(auth);

    SL_CHECK(auth->state == AUTH_STATE_QUERY);
    /* A user without a secret, or one whose time is over, exists but has no right password. */
    if (found && (secret == NULL || strlen(secret) > USERS_SECRET_MAX)) {
        secret = "";
    }
    if (!found) {
        secret = NULL;
    }
    auth_cache_put(&key, secret, auth->asked_at);
    if (credentials_set(&auth->credentials, secret == NULL ? "" : secret) != SL_OK) {
        return auth_no_memory(auth);
    }
    if (auth->message != NULL) {
        judge_secret(auth);
        return auth_password_check(auth);
    }
    return begin_known(auth, found, out);
}

bool auth_answered_meanwhile(struct auth *auth, struct sl_buf *out, enum auth_verdict *verdict)
{
    struct auth_cache_key key = cache_key(auth);
    bool exists;

    SL_CHECK(auth->state == AUTH_STATE_QUERY);
    if (!auth_cache_get(&key, &auth->credentials, &exists)) {
        return false;
    }
    if (auth->message != NULL) {
        /* Asked for after what we were wrong by was dropped: as good as an answer of our own. */
        judge_secret(auth);
        *verdict = auth_password_check(auth);
    } else {
        auth->is_kept = true;
        *verdict = begin_known(auth, exists, out);
    }
    return true;
}

enum auth_verdict auth_secret_failed(struct auth *auth, const struct sl_error *error)
{
    SL_CHECK(auth->state == AUTH_STATE_QUERY);
    auth->error = *error;
    auth->state = AUTH_STATE_ENDED;
    return AUTH_FAILED;
}

enum auth_verdict auth_message(struct auth *auth, struct sl_span body, struct sl_buf *out)
{
    SL_CHECK(auth->state != AUTH_STATE_JOB); /* it is the crypto threads' */
    if (body.len > AUTH_MESSAGE_MAX) {
        return auth_fail(auth, SL_STATE_PROTOCOL_VIOLATION, "password message is too long", "");
    }
    switch (auth->state) {
    case AUTH_STATE_PASSWORD:
        return auth_password_message(auth, body);
    case AUTH_STATE_SASL_INITIAL:
    case AUTH_STATE_SASL_FIRST:
    case AUTH_STATE_SASL_FINAL:
        return auth_scram_message(auth, body, out);
    case AUTH_STATE_START:
    case AUTH_STATE_QUERY:
    case AUTH_STATE_JOB:
    case AUTH_STATE_JOB_DONE:
    case AUTH_STATE_ENDED:
        break;
    }
    return auth_fail(
            auth, SL_STATE_PROTOCOL_VIOLATION, "password message that nobody asked for", "");
}

/* ---- jobs ---- */

void auth_job_done(struct job *job, struct worker *worker)
{
    struct auth_keys_job *keys = SL_CONTAINER(job, struct auth_keys_job, job);
    struct auth *auth = SL_CONTAINER(keys, struct auth, keys);

    auth->state = AUTH_STATE_JOB_DONE;
    if (auth->is_freed) {
        auth_free(auth);
        return;
    }
    auth->done(auth, worker, auth->owner);
}

enum auth_verdict auth_submit(struct auth *auth, enum auth_work work)
{
    auth->work = work;
    if (auth_keys_submit(&auth->keys, auth->home, auth_job_done) != SL_OK) {
        return auth_fail(auth, SL_STATE_TOO_MANY_CONNECTIONS, "too many logins are under way", "");
    }
    auth->state = AUTH_STATE_JOB;
    return AUTH_WAIT;
}

enum auth_verdict auth_resume(struct auth *auth, struct sl_buf *out)
{
    SL_CHECK(auth->state == AUTH_STATE_JOB_DONE);
    switch (auth->work) {
    case AUTH_WORK_PASSWORD:
        return auth_password_derived(auth);
    case AUTH_WORK_PROOF:
        return auth_scram_derived(auth, out);
    case AUTH_WORK_REFUSAL:
        return auth_scram_refused(auth);
    case AUTH_WORK_PEER:
        break;
    }
    return check_peer(auth);
}

/* ---- facts ---- */

const struct sl_error *auth_error(const struct auth *auth)
{
    return &auth->error;
}

const char *auth_detail(const struct auth *auth)
{
    return auth->detail;
}

const char *auth_query_text(const struct auth *auth)
{
    return conf_auth_query(auth->conf, auth->database);
}

const char *auth_query_dbname(const struct auth *auth)
{
    const char *name = conf_auth_dbname(auth->conf, auth->database);

    return name != NULL && name[0] != '\0' ? name : auth->database_name;
}

const char *auth_query_user(const struct auth *auth)
{
    return conf_auth_user(auth->conf, auth->database);
}

const char *auth_user(const struct auth *auth)
{
    return auth->user;
}

enum conf_auth_type auth_method(const struct auth *auth)
{
    return auth->method;
}

enum auth_console auth_console(const struct auth *auth)
{
    return auth->console;
}

const struct credentials *auth_credentials(const struct auth *auth)
{
    return &auth->credentials;
}

const char *auth_server_user(const struct conf_database *database, const char *client_user)
{
    return database->user != NULL ? database->user : client_user;
}

enum sl_err auth_server_credentials(const struct conf *conf, const struct conf_database *database,
        const struct auth_login *login, struct credentials *out)
{
    const char *user = auth_server_user(database, login->client_user);
    bool is_client = strcmp(user, login->client_user) == 0 && login->client != NULL &&
                     login->client->kind != USERS_SECRET_NONE;
    const struct users_entry *entry = users_find(conf->users, user);
    bool is_listed = entry != NULL && entry->kind != USERS_SECRET_NONE;

    if (database->password != NULL) {
        return credentials_set(out, database->password);
    }
    if (is_client && !(login->client->is_refused && is_listed)) {
        return credentials_copy(out, login->client);
    }
    return credentials_set(out, entry == NULL ? "" : entry->secret);
}
