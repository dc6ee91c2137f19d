/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_request.h"

#include "protocol/crypto.h"
#include "proxy/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

enum { REFUSAL_MAX = 4096, MESSAGE_MAX = 600 };

static const struct {
    int status;
    const char *code;
    const char *reason;
} statuses[] = {
        {200, "ok", "OK"},
        {304, "not_modified", "Not Modified"},
        {400, "bad_request", "Bad Request"},
        {401, "unauthorized", "Unauthorized"},
        {403, "forbidden", "Forbidden"},
        {404, "not_found", "Not Found"},
        {405, "method_not_allowed", "Method Not Allowed"},
        {408, "request_timeout", "Request Timeout"},
        {413, "content_too_large", "Content Too Large"},
        {414, "uri_too_long", "URI Too Long"},
        {415, "unsupported_media_type", "Unsupported Media Type"},
        {417, "expectation_failed", "Expectation Failed"},
        {421, "misdirected_request", "Misdirected Request"},
        {431, "header_fields_too_large", "Request Header Fields Too Large"},
        {503, "service_unavailable", "Service Unavailable"},
};

enum http_token http_token_judge(const char *said, const char *token)
{
    static const char scheme[] = "Bearer ";

    if (said == NULL || token[0] == '\0') {
        return HTTP_TOKEN_MISSING;
    }
    if (strncasecmp(said, scheme, sizeof scheme - 1) != 0) {
        return HTTP_TOKEN_WRONG;
    }
    return crypto_equal_spans(sl_span_text(said + sizeof scheme - 1), sl_span_text(token))
                   ? HTTP_TOKEN_RIGHT
                   : HTTP_TOKEN_WRONG;
}

const char *http_status_code(int status)
{
    for (size_t i = 0; i < SL_COUNT(statuses); i++) {
        if (statuses[i].status == status) {
            return statuses[i].code;
        }
    }
    return "error";
}

const char *http_status_reason(int status)
{
    for (size_t i = 0; i < SL_COUNT(statuses); i++) {
        if (statuses[i].status == status) {
            return statuses[i].reason;
        }
    }
    return "Error";
}

enum sl_err http_put_refusal(struct sl_buf *buf, int status, const char *message)
{
    struct json json;

    json_begin(&json, buf);
    json_open(&json, '{');
    json_key(&json, "error");
    json_open(&json, '{');
    json_key(&json, "code");
    json_text(&json, http_status_code(status));
    json_key(&json, "message");
    json_text(&json, message);
    json_close(&json, '}');
    json_close(&json, '}');
    return json_end(&json);
}

void http_refuse(struct http_request *request, int status, const char *format, ...)
{
    char message[MESSAGE_MAX];
    struct sl_buf body;
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    sl_buf_init(&body, REFUSAL_MAX);
    if (http_put_refusal(&body, status, message) != SL_OK) {
        sl_buf_fini(&body); /* the status alone, then */
        http_answer(request, status, NULL, NULL);
        return;
    }
    http_add_header(request, "Cache-Control", "no-store");
    http_answer(request, status, "application/json", &body);
}

void http_answer_made(struct http_request *request, int status, const char *type,
        struct sl_buf *body, enum sl_err err)
{
    if (err == SL_OK) {
        http_add_header(request, "Cache-Control", "no-store");
        http_answer(request, status, type, body);
        return;
    }
    sl_buf_fini(body);
    http_refuse(request, 503,
            err == SL_ELIMIT ? "the answer is larger than %d MB" : "out of memory",
            HTTP_REPLY_MAX / 1024 / 1024);
}

bool http_is_allowed(struct http_request *request)
{
    if (request->token == HTTP_TOKEN_RIGHT) {
        return true;
    }
    if (!request->has_tokens) {
        http_refuse(request, 403, "not by HTTP: no token is set in [http]");
        return false;
    }
    http_add_header(request, "WWW-Authenticate", "Bearer realm=\"sluice\"");
    http_refuse(request, 401,
            request->token == HTTP_TOKEN_WRONG ? "the token is not the one set in [http]"
                                               : "a token is needed: Authorization: Bearer TOKEN");
    return false;
}
