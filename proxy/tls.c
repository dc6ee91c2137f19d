/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/tls.c - contexts from settings, handshakes as jobs, records as bytes.
 *
 * OpenSSL calls one SSL from one thread at a time. That thread is the worker's,
 * except between jobs_submit() and the job's letter (is_stepping), when it is a
 * crypto thread's. What goes wrong is put into words on the thread where it went
 * wrong, because OpenSSL keeps its errors by thread.
 */
#include "proxy/tls.h"

#include "proxy/address.h"
#include "proxy/jobs.h"
#include "proxy/tls_settings.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Two full records and what surrounds them: a busy connection reads both by one call. */
    READ_BUFFER_BYTES = 2 * (16384 + 512),
    /* Drivers hardly ever resume; one ticket serves those who do. */
    TICKETS = 1,
    ALPN_BYTES = 11,
    ERROR_BYTES = 256,
    GROUPS_BYTES = 256
};

/* PostgreSQL docs, "SSL Session Encryption": the name a direct connection negotiates. */
static const unsigned char alpn[ALPN_BYTES] = "\x0apostgresql";

/* A session a server gave us, to resume. */
struct session {
    char *host;
    SSL_SESSION *session;
    uint64_t used; /* larger is later */
};

struct tls_context {
    atomic_uint refs; /* any thread */
    SSL_CTX *ssl;
    enum tls_side side;
    enum conf_sslmode mode;
    uint8_t end_point[TLS_END_POINT_MAX]; /* of our own certificate, towards clients */
    size_t end_point_len;
    pthread_mutex_t lock;
    struct session sessions[TLS_SESSIONS_MAX]; /* under LOCK */
    uint64_t uses;                             /* under LOCK */
};

/* How far reading has come; what is not open has to be told to the caller once. */
enum reading { READING, READING_EOF, READING_BROKEN };

struct tls {
    struct job job; /* first */
    SSL *ssl;
    struct tls_context *context;
    tls_done_fn done;
    void *owner;
    char *host;  /* of a server */
    char *error; /* ERROR_BYTES, or NULL while nothing went wrong */
    int fd;
    enum tls_verdict verdict;
    enum reading reading;
    bool is_direct;
    bool is_stepping; /* a crypto thread has it */
    bool is_closed;   /* tls_close() was called meanwhile */
    bool is_broken;   /* OpenSSL does not allow a goodbye */
    bool is_drained;  /* the last read wanted more than there was */
};

/* ---- errors ---- */

/* The oldest of OpenSSL's reasons; it empties the thread's list. */
static void ssl_reason(char *text, size_t size)
{
    unsigned long code = ERR_get_error();
    char buffer[128];
    const char *reason = ERR_SYSTEM_ERROR(code)
                                 ? strerror_r(ERR_GET_REASON(code), buffer, sizeof buffer)
                                 : ERR_reason_error_string(code);

    snprintf(text, size, "%s", reason == NULL ? "no reason given" : reason);
    ERR_clear_error();
}

static void tls_fail(struct tls *tls, const char *what, const char *why)
{
    if (tls->error == NULL) {
        tls->error = malloc(ERROR_BYTES);
    }
    if (tls->error != NULL) {
        snprintf(tls->error, ERROR_BYTES, "%s%s%s", what, why[0] == '\0' ? "" : ": ", why);
    }
    tls->is_broken = true;
}

/* After SSL_ERROR_SSL or SSL_ERROR_SYSCALL. */
static void tls_fail_ssl(struct tls *tls, const char *what, int error, int saved_errno)
{
    char why[128];
    char buffer[128];
    long verified = SSL_get_verify_result(tls->ssl);

    if (error == SSL_ERROR_SYSCALL && saved_errno != 0) {
        tls_fail(tls, what, strerror_r(saved_errno, buffer, sizeof buffer));
        ERR_clear_error();
        return;
    }
    if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN) {
        tls_fail(tls, what, "connection closed");
        ERR_clear_error();
        return;
    }
    unsigned long code = ERR_peek_error();
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
        ERR_clear_error();
        snprintf(buffer, sizeof buffer, "certificate verify failed: %s",
                X509_verify_cert_error_string(verified));
        tls_fail(tls, what, buffer);
        return;
    }
    ssl_reason(why, sizeof why);
    tls_fail(tls, what, why);
}

/* ---- contexts ---- */

static enum sl_err wrong_key(
        const struct tls_settings *set, const char *key, const char *value, struct sl_error *error)
{
    char why[128];

    ssl_reason(why, sizeof why);
    return sl_error_set(error, SL_ECONF, "F0000", "%s_tls_%s = %s: %s", set->side, key, value, why);
}

static enum sl_err set_protocols(
        SSL_CTX *ssl, const struct tls_settings *set, struct sl_error *error)
{
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    static const uint64_t without[] = {
            SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3};
    unsigned mask = tls_settings_protocols(set->protocols);
    int lowest = 0;

    if (mask == 0) {
        return sl_error_set(error, SL_ECONF, "F0000",
                "%s_tls_protocols = %s: a list of tlsv1.0 to tlsv1.3, or secure, or all", set->side,
                set->protocols);
    }
    for (unsigned i = 0; i < SL_COUNT(versions); i++) {
        if ((mask & (1u << i)) == 0) {
            SSL_CTX_set_options(ssl, without[i]);
        } else if (lowest == 0) {
            lowest = versions[i];
        }
    }
    return SSL_CTX_set_min_proto_version(ssl, lowest) == 1
                   ? SL_OK
                   : wrong_key(set, "protocols", set->protocols, error);
}

static enum sl_err set_ciphers(SSL_CTX *ssl, const struct tls_settings *set, struct sl_error *error)
{
    const char *ciphers = tls_settings_ciphers(set->ciphers);

    if (ciphers != NULL && SSL_CTX_set_cipher_list(ssl, ciphers) != 1) {
        return wrong_key(set, "ciphers", set->ciphers, error);
    }
    const char *tls13 = set->tls13_ciphers == NULL ? "" : set->tls13_ciphers;
    if (tls13[0] != '\0' && SSL_CTX_set_ciphersuites(ssl, tls13) != 1) {
        return sl_error_set(error, SL_ECONF, "F0000",
                "%s_tls13_ciphers = %s: not a list of TLS 1.3 cipher suites", set->side, tls13);
    }
    return SL_OK;
}

static enum sl_err set_key_exchange(
        SSL_CTX *ssl, const struct tls_settings *set, struct sl_error *error)
{
    char groups[GROUPS_BYTES]; /* OpenSSL's macro wants it writable */

    snprintf(groups, sizeof groups, "%s", tls_settings_groups(set->curve));
    if (groups[0] != '\0' && SSL_CTX_set1_groups_list(ssl, groups) != 1) {
        return wrong_key(set, "ecdhcurve", set->curve, error);
    }
    if (strcasecmp(set->dheparams, "auto") == 0 || set->dheparams[0] == '\0') {
        SSL_CTX_set_dh_auto(ssl, 1);
    } else if (strcasecmp(set->dheparams, "legacy") == 0) {
        SSL_CTX_set_dh_auto(ssl, 2); /* 1024 bits */
    } else if (strcasecmp(set->dheparams, "none") != 0) {
        return sl_error_set(error, SL_ECONF, "F0000", "%s_tls_dheparams = %s: auto, legacy or none",
                set->side, set->dheparams);
    }
    return SL_OK;
}

/* A key with a passphrase: nobody is there to type it. */
static int no_passphrase(char *buffer, int size, int is_writing, void *unused)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)unused;
    return 0;
}

static enum sl_err set_certificate(
        SSL_CTX *ssl, const struct tls_settings *set, struct sl_error *error)
{
    SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
    if (set->cert_file[0] == '\0' && set->key_file[0] == '\0') {
        if (!set->is_client_side) {
            return SL_OK;
        }
        return sl_error_set(error, SL_ECONF, "F0000",
                "client_tls_sslmode needs client_tls_key_file and client_tls_cert_file");
    }
    if (SSL_CTX_use_certificate_chain_file(ssl, set->cert_file) != 1) {
        return wrong_key(set, "cert_file", set->cert_file, error);
    }
    if (SSL_CTX_use_PrivateKey_file(ssl, set->key_file, SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_check_private_key(ssl) != 1) {
        return wrong_key(set, "key_file", set->key_file, error);
    }
    return SL_OK;
}

/* What came of it is kept and asked for later: SSL_get_verify_result(). */
static int verify_later(int is_valid, X509_STORE_CTX *store)
{
    (void)is_valid;
    (void)store;
    return 1;
}

static enum sl_err set_verify(SSL_CTX *ssl, const struct tls_settings *set, struct sl_error *error)
{
    bool must = set->mode >= CONF_SSL_VERIFY_CA;

    if (set->ca_file[0] != '\0') {
        if (SSL_CTX_load_verify_locations(ssl, set->ca_file, NULL) != 1) {
            return wrong_key(set, "ca_file", set->ca_file, error);
        }
        if (set->is_client_side) {
            SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(set->ca_file));
        }
    } else if (must && set->is_client_side) {
        return sl_error_set(error, SL_ECONF, "F0000",
                "client_tls_sslmode = verify-ca and verify-full need client_tls_ca_file");
    } else if (must && SSL_CTX_set_default_verify_paths(ssl) != 1) {
        return wrong_key(set, "ca_file", "", error);
    } else if (!must) {
        return SL_OK; /* nothing to check anybody against: nobody is asked */
    }
    if (must) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    } else if (set->is_client_side) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, verify_later);
    }
    return SL_OK;
}

static int choose_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
        const unsigned char *offered, unsigned offered_len, void *unused)
{
    unsigned char *found;

    (void)ssl;
    (void)unused;
    /* Who names protocols and not ours speaks to the wrong server. */
    if (SSL_select_next_proto(&found, chosen_len, alpn, ALPN_BYTES, offered, offered_len) !=
            OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* RFC 5929, section 4.1: the hash of the signature, but SHA-256 for MD5 and SHA-1. */
static size_t end_point_of(X509 *certificate, uint8_t end_point[static TLS_END_POINT_MAX])
{
    int hash = NID_undef;
    unsigned len = 0;

    if (certificate == NULL || X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) != 1 ||
            hash == NID_undef) {
        ERR_clear_error();
        return 0;
    }
    if (hash == NID_md5 || hash == NID_sha1) {
        hash = NID_sha256;
    }
    const EVP_MD *md = EVP_get_digestbynid(hash);
    if (md == NULL || EVP_MD_get_size(md) > TLS_END_POINT_MAX ||
            X509_digest(certificate, md, end_point, &len) != 1) {
        ERR_clear_error();
        return 0;
    }
    return len;
}

/* ---- sessions to resume, towards servers ---- */

/* Replaces the session of that host, or the one longest unused. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *tls = SSL_get_app_data(ssl);
    struct tls_context *context = tls->context;

    if (tls->host == NULL) {
        return 0;
    }
    pthread_mutex_lock(&context->lock);
    struct session *slot = &context->sessions[0];
    for (size_t i = 0; i < TLS_SESSIONS_MAX; i++) {
        struct session *it = &context->sessions[i];
        if (it->host != NULL && strcmp(it->host, tls->host) == 0) {
            slot = it;
            break;
        }
        if (it->used < slot->used) {
            slot = it;
        }
    }
    char *host = strdup(tls->host);
    if (host != NULL) {
        free(slot->host);
        SSL_SESSION_free(slot->session);
        *slot = (struct session){.host = host, .session = session, .used = ++context->uses};
    }
    pthread_mutex_unlock(&context->lock);
    return host != NULL; /* 1: the reference is ours now */
}

static void use_session(struct tls *tls)
{
    struct tls_context *context = tls->context;

    pthread_mutex_lock(&context->lock);
    for (size_t i = 0; i < TLS_SESSIONS_MAX; i++) {
        struct session *it = &context->sessions[i];
        if (it->host != NULL && strcmp(it->host, tls->host) == 0) {
            it->used = ++context->uses;
            SSL_set_session(tls->ssl, it->session);
            break;
        }
    }
    pthread_mutex_unlock(&context->lock);
}

/* A handshake that failed may have failed because of the session: do without one next time. */
static void drop_session(struct tls *tls)
{
    struct tls_context *context = tls->context;

    pthread_mutex_lock(&context->lock);
    for (size_t i = 0; i < TLS_SESSIONS_MAX; i++) {
        struct session *it = &context->sessions[i];
        if (it->host != NULL && strcmp(it->host, tls->host) == 0) {
            free(it->host);
            SSL_SESSION_free(it->session);
            *it = (struct session){.host = NULL};
        }
    }
    pthread_mutex_unlock(&context->lock);
}

/* ---- a context's life ---- */

static void set_manners(SSL_CTX *ssl)
{
    SSL_CTX_set_options(ssl,
            SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                    /* PostgreSQL's messages say how long they are: nothing can be cut off unseen */
                    SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ssl, READ_BUFFER_BYTES);
}

static void set_resumption(SSL_CTX *ssl, enum tls_side side)
{
    if (side == TLS_FROM_CLIENTS) {
        /* Tickets hold what a resumed session needs; we keep nothing by client. */
        SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(ssl, TICKETS);
        SSL_CTX_set_session_id_context(ssl, alpn, ALPN_BYTES);
        SSL_CTX_set_alpn_select_cb(ssl, choose_alpn, NULL);
    } else {
        SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ssl, keep_session);
    }
}

static enum sl_err set_up(
        struct tls_context *context, const struct tls_settings *set, struct sl_error *error)
{
    SSL_CTX *ssl = context->ssl;
    enum sl_err err;

    set_manners(ssl);
    set_resumption(ssl, context->side);
    if ((err = set_protocols(ssl, set, error)) != SL_OK ||
            (err = set_ciphers(ssl, set, error)) != SL_OK ||
            (err = set_key_exchange(ssl, set, error)) != SL_OK ||
            (err = set_certificate(ssl, set, error)) != SL_OK ||
            (err = set_verify(ssl, set, error)) != SL_OK) {
        return err;
    }
    if (context->side == TLS_FROM_CLIENTS) {
        context->end_point_len = end_point_of(SSL_CTX_get0_certificate(ssl), context->end_point);
    } else if (SSL_CTX_set_alpn_protos(ssl, alpn, ALPN_BYTES) != 0) {
        return sl_error_set(error, SL_ENOMEM, "53200", "out of memory");
    }
    return SL_OK;
}

enum sl_err tls_context_new(const struct conf *conf, enum tls_side side,
        struct tls_context **context, struct sl_error *error)
{
    struct tls_settings set = tls_settings_of(conf, side);

    if (set.mode == CONF_SSL_DISABLE) {
        *context = NULL;
        return SL_OK;
    }
    struct tls_context *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return sl_error_set(error, SL_ENOMEM, "53200", "out of memory");
    }
    atomic_init(&made->refs, 1);
    pthread_mutex_init(&made->lock, NULL);
    made->side = side;
    made->mode = set.mode;
    made->ssl = SSL_CTX_new(side == TLS_FROM_CLIENTS ? TLS_server_method() : TLS_client_method());
    if (made->ssl == NULL) {
        tls_context_unref(made);
        return sl_error_set(error, SL_ENOMEM, "53200", "out of memory");
    }
    enum sl_err err = set_up(made, &set, error);
    if (err != SL_OK) {
        tls_context_unref(made);
        return err;
    }
    *context = made;
    return SL_OK;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (context == NULL ||
            atomic_fetch_sub_explicit(&context->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < TLS_SESSIONS_MAX; i++) {
        free(context->sessions[i].host);
        SSL_SESSION_free(context->sessions[i].session);
    }
    SSL_CTX_free(context->ssl);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

bool tls_context_accepts_plain(const struct tls_context *context)
{
    return tls_mode_accepts_plain(context->mode);
}

struct tls_context *tls_context_of(const struct tls *tls)
{
    return tls->context;
}

/* ---- one connection: handshake ---- */

struct tls *tls_new(struct tls_context *context, int fd, const char *host, bool is_direct)
{
    struct address address;
    struct tls *tls = calloc(1, sizeof *tls);

    SL_DCHECK((host != NULL) == (context->side == TLS_TO_SERVERS));
    if (tls == NULL) {
        return NULL;
    }
    tls->context = tls_context_ref(context);
    tls->fd = fd;
    tls->is_direct = is_direct;
    tls->ssl = SSL_new(context->ssl);
    tls->host = host == NULL ? NULL : strdup(host);
    if (tls->ssl == NULL || (host != NULL && tls->host == NULL) || SSL_set_fd(tls->ssl, fd) != 1) {
        tls->fd = -1; /* stays the caller's */
        tls_close(tls);
        return NULL;
    }
    SSL_set_app_data(tls->ssl, tls);
    if (host == NULL) {
        SSL_set_accept_state(tls->ssl);
        return tls;
    }
    SSL_set_connect_state(tls->ssl);
    /* RFC 6066, section 3: no literal addresses as server names. */
    if (address_parse(host, 0, &address) != SL_OK) {
        SSL_set_tlsext_host_name(tls->ssl, tls->host);
    }
    use_session(tls);
    return tls;
}

/* verify-full: is the certificate for the host we wanted? By name, or by address. */
static bool host_fits(struct tls *tls)
{
    X509 *peer = SSL_get0_peer_certificate(tls->ssl);

    if (peer != NULL &&
            (X509_check_host(peer, tls->host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 ||
                    X509_check_ip_asc(peer, tls->host, 0) == 1)) {
        return true;
    }
    ERR_clear_error();
    char why[ERROR_BYTES];
    snprintf(why, sizeof why, "server certificate does not match host name \"%.200s\"", tls->host);
    tls_fail(tls, why, "");
    return false;
}

static enum tls_verdict finish_handshake(struct tls *tls)
{
    const unsigned char *chosen;
    unsigned chosen_len = 0;

    SSL_get0_alpn_selected(tls->ssl, &chosen, &chosen_len);
    if (tls->is_direct && chosen_len == 0) {
        tls_fail(tls, "direct TLS connection without the ALPN protocol \"postgresql\"", "");
        return TLS_FAILED;
    }
    if (tls->context->mode == CONF_SSL_VERIFY_FULL && tls->host != NULL && !host_fits(tls)) {
        return TLS_FAILED;
    }
    return TLS_DONE;
}

static enum tls_verdict step_handshake(struct tls *tls)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(tls->ssl);
    int saved_errno = errno;
    if (result == 1) {
        return finish_handshake(tls);
    }
    int error = SSL_get_error(tls->ssl, result);
    if (error == SSL_ERROR_WANT_READ) {
        return TLS_WANT_READ;
    }
    if (error == SSL_ERROR_WANT_WRITE) {
        return TLS_WANT_WRITE;
    }
    tls_fail_ssl(tls, "TLS handshake failed", error, saved_errno);
    if (tls->host != NULL) {
        drop_session(tls);
    }
    return TLS_FAILED;
}

/* On a crypto thread. */
static void run_step(struct job *job)
{
    struct tls *tls = SL_CONTAINER(job, struct tls, job);

    tls->verdict = step_handshake(tls);
}

static void step_done(struct job *job, struct worker *worker)
{
    struct tls *tls = SL_CONTAINER(job, struct tls, job);

    tls->is_stepping = false;
    if (tls->is_closed) {
        tls_close(tls);
        return;
    }
    tls->done(tls, worker, tls->verdict, tls->owner);
}

enum sl_err tls_handshake(struct tls *tls, struct mailbox *home, tls_done_fn done, void *owner)
{
    SL_DCHECK(!tls->is_stepping && !tls->is_broken);
    tls->done = done;
    tls->owner = owner;
    tls->job.run = run_step;
    tls->job.done = step_done;
    tls->job.home = home;
    tls->is_stepping = true;
    enum sl_err err = jobs_submit(&tls->job);
    if (err != SL_OK) {
        tls->is_stepping = false;
        tls_fail(tls, "too many TLS handshakes are under way", "");
    }
    return err;
}

void tls_close(struct tls *tls)
{
    if (tls == NULL) {
        return;
    }
    if (tls->is_stepping) {
        /* The peer learns it now; the number is free when the crypto thread is through. */
        tls->is_closed = true;
        shutdown(tls->fd, SHUT_RDWR);
        return;
    }
    if (tls->ssl != NULL && !tls->is_broken && SSL_is_init_finished(tls->ssl)) {
        ERR_clear_error();
        SSL_shutdown(tls->ssl);
        ERR_clear_error();
    }
    SSL_free(tls->ssl);
    if (tls->fd >= 0) {
        close(tls->fd);
    }
    tls_context_unref(tls->context);
    free(tls->host);
    free(tls->error);
    free(tls);
}

const char *tls_error(const struct tls *tls)
{
    return tls->error == NULL ? "" : tls->error;
}

/* ---- one connection: data ---- */

/* What is to be said once all bytes before it were given. */
static ssize_t reading_ended(struct tls *tls)
{
    if (tls->reading == READING_EOF) {
        return 0;
    }
    errno = ECONNRESET;
    return -1;
}

ssize_t tls_recv(struct tls *tls, void *bytes, size_t len)
{
    size_t got = 0;

    SL_DCHECK(!tls->is_stepping);
    if (tls->reading != READING) {
        return reading_ended(tls);
    }
    while (got < len) {
        size_t n = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(tls->ssl, (char *)bytes + got, len - got, &n);
        if (result == 1) {
            got += n;
            tls->is_drained = false;
            if (SSL_has_pending(tls->ssl) == 0) {
                break;
            }
            continue;
        }
        int saved_errno = errno;
        int error = SSL_get_error(tls->ssl, result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
            tls->is_drained = true;
            errno = EAGAIN;
            return got > 0 ? (ssize_t)got : -1;
        }
        if (error == SSL_ERROR_ZERO_RETURN) {
            tls->reading = READING_EOF;
        } else {
            tls->reading = READING_BROKEN;
            tls_fail_ssl(tls, "TLS read failed", error, saved_errno);
        }
        return got > 0 ? (ssize_t)got : reading_ended(tls);
    }
    return (ssize_t)got;
}

ssize_t tls_send(struct tls *tls, const void *bytes, size_t len)
{
    size_t sent = 0;

    SL_DCHECK(!tls->is_stepping);
    while (sent < len) {
        size_t n = 0;
        ERR_clear_error();
        errno = 0;
        /* A record at a time. */
        int result = SSL_write_ex(tls->ssl, (const char *)bytes + sent, len - sent, &n);
        if (result == 1) {
            sent += n;
            continue;
        }
        int saved_errno = errno;
        int error = SSL_get_error(tls->ssl, result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
            errno = EAGAIN;
            return sent > 0 ? (ssize_t)sent : -1;
        }
        tls_fail_ssl(tls, "TLS write failed", error, saved_errno);
        errno = ECONNRESET;
        return -1;
    }
    return (ssize_t)sent;
}

bool tls_pending(const struct tls *tls)
{
    if (tls->reading != READING) {
        return true;
    }
    return !tls->is_drained && SSL_has_pending(tls->ssl) == 1;
}

/* ---- facts ---- */

/* The first CommonName; one with a zero byte in it is an attempt at deception. */
static void common_name(X509 *certificate, char name[static TLS_NAME_MAX])
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;

    name[0] = '\0';
    if (at < 0) {
        return;
    }
    int len =
            ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (len > 0 && len < TLS_NAME_MAX && strlen((const char *)text) == (size_t)len) {
        memcpy(name, text, (size_t)len + 1);
    }
    OPENSSL_free(text);
}

void tls_facts(const struct tls *tls, struct tls_facts *facts)
{
    X509 *peer = SSL_get0_peer_certificate(tls->ssl);

    memset(facts, 0, sizeof *facts);
    facts->is_tls = true;
    if (tls->context->side == TLS_TO_SERVERS) {
        facts->end_point_len = end_point_of(peer, facts->end_point);
    } else {
        facts->end_point_len = tls->context->end_point_len;
        memcpy(facts->end_point, tls->context->end_point, facts->end_point_len);
    }
    if (peer != NULL && SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE &&
            SSL_get_verify_result(tls->ssl) == X509_V_OK) {
        facts->has_peer_certificate = true;
        common_name(peer, facts->peer_name);
    }
}

bool tls_is_resumed(const struct tls *tls)
{
    return SSL_session_reused(tls->ssl) == 1;
}

const char *tls_text(const struct tls *tls, char text[static TLS_TEXT_MAX])
{
    long group = SSL_get_negotiated_group(tls->ssl);
    char key[32] = "";
    EVP_PKEY *used = NULL;

    if (group > 0 && (group & TLSEXT_nid_unknown) == 0) {
        snprintf(key, sizeof key, "/ECDH=%.20s", OBJ_nid2sn((int)group));
    } else if (SSL_get_peer_tmp_key(tls->ssl, &used) == 1) {
        snprintf(key, sizeof key, "/DH=%d", EVP_PKEY_get_bits(used));
        EVP_PKEY_free(used);
    }
    snprintf(text, TLS_TEXT_MAX, "%s/%s%s", SSL_get_version(tls->ssl), SSL_get_cipher(tls->ssl),
            key);
    return text;
}
