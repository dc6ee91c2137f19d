/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_analyze.h - POST /api/queries/analyze: what a statement is, and what is known of it.
 *
 *     body --> text --> parser's thread --> flush of the workers --> store --> answer
 *
 * The text is read as a client's with standard_conforming_strings on and UTF8 would be; it is
 * parsed, never sent anywhere, and forgotten with the answer. A syntax error is told in
 * PostgreSQL's words to who sent the text, and to nobody else.
 *
 * Ownership: the request's task. Threads: that of proxy/http.h; the parser's for the answer of
 * proxy/parser.h. Bounds: ANALYSES_MAX at a time, others are refused; a body of
 * ANALYZE_BODY_MAX bytes and a text of SQL_TEXT_MAX (what the parser's bounds refuse is told so);
 * ANALYZE_ROWS_MAX rows of statistics, more are counted.
 */
#ifndef SLUICE_PROXY_HTTP_ANALYZE_H
#define SLUICE_PROXY_HTTP_ANALYZE_H

struct http_request;

enum { ANALYSES_MAX = 8, ANALYZE_BODY_MAX = 512 * 1024, ANALYZE_ROWS_MAX = 100 };

void http_analyze(struct http_request *request);

#endif
