/* server.h - `salesbot serve`: questions over HTTP, for many at once.
 *
 *     server *s = server_new(&options, &e);
 *     ok = s && server_run(s, &e);       until server_stop
 *     server_free(s);
 *
 * The server stands on include/salesbot/salesbot.h and the JSON state alone.
 * docs/SERVER.md is its contract with pages and programs; the table of routes
 * (routes.c) dispatches, checks and describes each request.
 *
 * Threads: connections on a few threads of the library, work in lanes (lanes.c),
 * one thread that watches for clients who left. Everything is in the object: a
 * process may have two. server_stop may be called from a signal handler. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { SERVER_MAX_DATABASES = 16 };

/* Texts are borrowed until server_new returns. 0 and NULL: the defaults in brackets. */
typedef struct server_options {
    const char *host;  /* 127.0.0.1; anything else needs keys */
    int port;          /* 8642; -1: any free one */
    const char *store; /* the SQLite file of conversations and keys; home/server.sqlite */
    struct { const char *name, *path; } databases[SERVER_MAX_DATABASES]; /* at least one */
    int n_databases;
    const char *model, *adapter, *semantic; /* as salesbot_options_set takes them */
    bool no_model, no_adapter;
    const char *program;       /* executor; NULL: this program */
    const char *tls_cert, *tls_key;         /* PEM files; both or neither */
    const char *origins;       /* other origins whose pages may ask, blank-separated */
    const char *hosts;         /* other names of this host, blank-separated (behind a proxy) */
    const char *policies;      /* JSON: {"viewer": {"tables": [...], "rows": [{"table","condition"}]}} */
    bool no_listen;            /* no connections: for MCP on stdio */
    bool behind_proxy;         /* the address is the last of X-Forwarded-For */
    int threads;               /* of the model; all cores */
    int ask_workers, model_workers;         /* 4, 1 */
    int queue;                 /* waiting questions per lane; 64 */
    int rate_per_minute;       /* questions of one key; 600, without keys none. -1: none */
    int64_t body_bytes;        /* 1 MiB */
    int request_ms;            /* until a request has come whole; 30,000 */
    int answer_ms;             /* a question's time, its wait included; 300,000 */
    int drain_ms;              /* what SIGTERM leaves to questions that run; 10,000 */
    int n_connections;         /* 2,000 */
} server_options;

typedef struct server server;
/* Opens the store, checks the policies, listens. ERR_ARG, ERR_IO, ERR_DB. */
MUST_CHECK server *server_new(const server_options *o, err *e);
int server_port(const server *s);
/* Until server_stop; then nothing new is taken, what runs may end within drain_ms. */
MUST_CHECK bool server_run(server *s, err *e);
void server_stop(server *s); /* async-signal-safe */
void server_free(server *s); /* NULL is allowed */

/* The YAML file `path` over the options, whose texts it owns. ERR_FORMAT names the line
 * or the setting. */
typedef struct server_config server_config;
MUST_CHECK server_config *server_config_read(const char *path, server_options *o, err *e);
/* From the file's text. */
MUST_CHECK server_config *server_config_parse(const char *text, size_t n, const char *path, server_options *o, err *e);
void server_config_free(server_config *c); /* NULL is allowed */

/* Keys, in the store's file. A new key's text is shown once, `text` (owned). */
MUST_CHECK bool server_key_add(const char *store, const char *name, const char *role_name,
                               str *text, err *e);
MUST_CHECK bool server_key_remove(const char *store, const char *name, err *e);
MUST_CHECK bool server_key_list(const char *store, str *out, err *e); /* a line each */

/* MCP over two streams, a message a line, until the input ends. */
MUST_CHECK bool server_mcp_stdio(const server_options *o, int in, int out, err *e);

/* The OpenAPI 3.1 document of the table, as JSON. ERR_NOMEM. */
MUST_CHECK bool server_openapi(str *out, err *e);

#endif
