/* http.c - connections: requests read within their limits, replies written.
 *
 * libmicrohttpd with epoll on two threads. A request whose work is done elsewhere
 * leaves its connection suspended; the work resumes it. A body that is too large is
 * read and dropped up to a bound before 413, else its sender never sees the reply. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "server/page.h"
#include "server/server_impl.h"

enum { DRAIN_BYTES = 32 << 20, CHUNK = 32768, HEADER_BYTES = 32768, URL_MAX = 4096 };

static const char csp[] =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

/* ---- replies ------------------------------------------------------------------------ */

static void add_headers(const request *r, struct MHD_Response *response)
{
    MHD_add_response_header(response, "Content-Type", r->type ? r->type : "application/json; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", r->cache ? r->cache : "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Content-Security-Policy", csp);
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (r->asset && r->asset->gzip)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (r->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (r->allow)
        MHD_add_response_header(response, "Allow", r->allow);
    if (r->retry_after) {
        char seconds[16];

        snprintf(seconds, sizeof seconds, "%d", r->retry_after);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
}

static enum MHD_Result send_reply(request *r, struct MHD_Connection *c)
{
    struct MHD_Response *response;
    enum MHD_Result ok;

    if (r->asset)
        response = MHD_create_response_from_buffer(r->asset->n, (void *)(uintptr_t)r->asset->bytes,
                                                   MHD_RESPMEM_PERSISTENT);
    else
        response = MHD_create_response_from_buffer(r->reply.n, (void *)(uintptr_t)str_text(&r->reply),
                                                   MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(r, response);
    ok = MHD_queue_response(c, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return ok;
}

static ssize_t read_stream(void *arg, uint64_t at, char *to, size_t most)
{
    request *r = arg;
    ssize_t n = 0;

    (void)at;
    pthread_mutex_lock(&r->lock);
    if (r->sent < r->stream.n) {
        n = (ssize_t)(r->stream.n - r->sent < most ? r->stream.n - r->sent : most);
        memcpy(to, r->stream.text + r->sent, (size_t)n);
        r->sent += (size_t)n;
    } else if (r->ended) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (!r->suspended) {
        r->suspended = true;
        MHD_suspend_connection(r->connection);
    }
    pthread_mutex_unlock(&r->lock);
    return n;
}

static void stream_over(void *arg) { request_release(arg); }

static enum MHD_Result send_stream(request *r, struct MHD_Connection *c)
{
    struct MHD_Response *response;
    enum MHD_Result ok;

    pthread_mutex_lock(&r->lock);
    r->references++;
    pthread_mutex_unlock(&r->lock);
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK, read_stream, r, stream_over);
    if (!response) {
        request_release(r);
        return MHD_NO;
    }
    r->status = 200;
    r->type = "text/event-stream; charset=utf-8";
    add_headers(r, response);
    MHD_add_response_header(response, "X-Accel-Buffering", "no");
    ok = MHD_queue_response(c, 200, response);
    MHD_destroy_response(response);
    return ok;
}

/* ---- requests ----------------------------------------------------------------------- */

static struct connection *connection_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return i ? i->socket_context : NULL;
}

static enum MHD_Result collect(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    json_object_set_new(arg, name, json_string(value ? value : ""));
    return MHD_YES;
}

static bool read_query(request *r, struct MHD_Connection *c, err *e)
{
    json_t *texts = json_object();
    bool ok;

    MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, collect, texts);
    ok = fields_query(r->route->query, texts, &r->in, e);
    json_decref(texts);
    return ok;
}

static bool read_body(request *r, err *e)
{
    json_error_t why;

    if (!r->body.n || strlen(str_text(&r->body)) != r->body.n)
        return err_set(e, ERR_ARG, "a JSON object is expected");
    r->in = json_loads(r->body.text, JSON_REJECT_DUPLICATES, &why);
    if (!r->in)
        return err_set(e, ERR_ARG, "not JSON: line %d, column %d: %s", why.line, why.column, why.text);
    return json_is_object(r->in) ? fields_check(r->route->body, r->in, r->route->open, e)
                                 : err_set(e, ERR_ARG, "a JSON object is expected");
}

static bool read_query_and_body(request *r, struct MHD_Connection *c, err *e)
{
    return r->route->body ? read_body(r, e) : read_query(r, c, e);
}

static bool takes_json(struct MHD_Connection *c)
{
    const char *type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");

    return type && !strncasecmp(type, "application/json", 16) && (!type[16] || type[16] == ';' || type[16] == ' ');
}

static bool wants_events(const route *to, struct MHD_Connection *c)
{
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept");

    return to->events && accept && strstr(accept, "text/event-stream") && strcmp(to->path, "/mcp");
}

/* What can be said before the body: false when the reply is settled. */
static bool admit(request *r, struct MHD_Connection *c, const char *method, const char *url)
{
    bool other;

    if (!auth_admit_host(r, c))
        return false;
    if (!strcmp(method, "GET") || !strcmp(method, "HEAD")) {
        if (!strcmp(url, r->server->plotly.path)) {
            r->asset = &r->server->plotly;
            r->status = r->asset->n ? 200 : 404;
            r->type = r->asset->type;
            r->cache = "public, max-age=86400";
            return false;
        }
        if ((r->asset = page_asset(url, MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept-Encoding")))) {
            r->status = 200;
            r->type = r->asset->type;
            r->cache = r->asset->lasting ? "public, max-age=31536000, immutable" : "no-cache";
            return false;
        }
    }
    r->route = routes_find(method, url, r->id, &other);
    if (!r->route) {
        reply_error(r, other ? 405 : 404, other ? "method_not_allowed" : "not_found",
                    other ? "%s is not possible here" : "there is nothing at this address", method);
        if (other)
            r->allow = routes_allowed(url);
        return false;
    }
    if (!auth_admit(r, c))
        return false;
    if (r->server->draining && r->route->lane != LANE_NOW) {
        r->retry_after = 5;
        return !reply_error(r, 503, "stopping", "the server is being stopped");
    }
    if (r->route->body && !takes_json(c))
        return !reply_error(r, 415, "unsupported", "the body must be application/json");
    r->wants_events = wants_events(r->route, c);
    return true;
}

static request *begin(server *s, struct MHD_Connection *c, const char *method, const char *url)
{
    request *r = calloc(1, sizeof *r);
    const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (!r)
        return NULL;
    r->server = s;
    r->connection = c;
    r->fd = fd ? fd->connect_fd : -1;
    r->references = 1;
    r->arrived_ms = clock_ms();
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->finished, NULL);
    r->discard = !admit(r, c, method, url);
    if (!r->discard && length && strtod(length, NULL) > (double)s->o.body_bytes) {
        r->discard = true;
        reply_error(r, 413, "limit", "the body is larger than %lld bytes", (long long)s->o.body_bytes);
    }
    return r;
}

static enum MHD_Result take(request *r, const char *data, size_t *n)
{
    r->n_received += *n;
    if (r->n_received > DRAIN_BYTES)
        return MHD_NO;
    if (!r->discard && r->n_received > (size_t)r->server->o.body_bytes) {
        r->discard = true;
        reply_error(r, 413, "limit", "the body is larger than %lld bytes", (long long)r->server->o.body_bytes);
    }
    if (!r->discard)
        str_add(&r->body, data, *n);
    *n = 0;
    return MHD_YES;
}

/* The request has come whole: answer it here, or hand it on. */
static enum MHD_Result answer(request *r, struct MHD_Connection *c)
{
    server *s = r->server;
    const lane to = r->route ? r->route->lane : LANE_NOW;
    err e = {0};

    if (r->discard || !read_query_and_body(r, c, &e)) {
        if (!r->discard)
            reply_err(r, &e);
        return send_reply(r, c);
    }
    if (to == LANE_NOW) {
        if (!r->route->handle(r, &e))
            reply_err(r, &e);
        return send_reply(r, c);
    }
    if (r->route->events && !r->wants_events && in_switch(r, "stream"))
        r->wants_events = true; /* OpenAI's way to say it */
    r->streaming = r->wants_events;
    r->references++; /* before anyone else knows it */
    watch_add(r);
    if (!r->streaming) {
        r->suspended = true;
        MHD_suspend_connection(c);
    }
    if (lanes_put(s, to, r, &r->retry_after, NULL))
        return r->streaming ? send_stream(r, c) : MHD_YES;
    metrics_count(&s->metrics, "salesbot_busy_total", NULL, NULL);
    reply_error(r, 429, "busy", "too many questions are waiting; come again in %d s", r->retry_after);
    if (!r->streaming) {
        request_finish(r); /* resumes */
        return MHD_YES;
    }
    r->streaming = false;
    watch_remove(r);
    request_release(r);
    return send_reply(r, c);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *data, size_t *n, void **kept)
{
    server *s = arg;
    request *r = *kept;
    bool done;

    (void)version;
    if (!r) {
        if (!(r = begin(s, c, method, url)))
            return MHD_NO;
        *kept = r;
        return MHD_YES;
    }
    if (*n)
        return take(r, data, n);
    pthread_mutex_lock(&r->lock);
    done = r->done;
    pthread_mutex_unlock(&r->lock);
    if (done)
        return send_reply(r, c);
    if (r->begun)
        return MHD_YES;
    r->begun = true;
    watch_busy(s, connection_of(c), true);
    return answer(r, c);
}

static void completed(void *arg, struct MHD_Connection *c, void **kept, enum MHD_RequestTerminationCode how)
{
    request *r = *kept;

    if (!r)
        return;
    watch_busy(arg, connection_of(c), false);
    watch_remove(r);
    pthread_mutex_lock(&r->lock);
    r->connection = NULL;
    pthread_mutex_unlock(&r->lock);
    if (how != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        request_cancel(r, false);
    *kept = NULL;
    request_release(r);
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *context = watch_opened(arg, fd ? fd->connect_fd : -1);
    else if (*context)
        watch_closed(arg, *context);
}

/* Arguments with bytes that are no UTF-8 or with NUL are refused by fields_query. */
static void quiet(void *arg, const char *fmt, va_list ap)
{
    (void)arg, (void)fmt, (void)ap; /* the library's notes name what came in */
}

/* ---- listening ------------------------------------------------------------------------ */

static bool resolve(server *s, struct sockaddr_storage *to, socklen_t *n, err *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char port[16];
    int code;

    snprintf(port, sizeof port, "%d", s->o.port < 0 ? 0 : s->o.port);
    code = getaddrinfo(s->o.host, port, &hints, &found);
    if (code)
        return err_set(e, ERR_ARG, "--host %s: %s", s->o.host, gai_strerror(code));
    memcpy(to, found->ai_addr, found->ai_addrlen);
    *n = found->ai_addrlen;
    freeaddrinfo(found);
    s->loopback = to->ss_family == AF_INET
                      ? (ntohl(((struct sockaddr_in *)to)->sin_addr.s_addr) >> 24) == 127
                      : IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)to)->sin6_addr);
    return true;
}

static bool read_tls(server *s, err *e)
{
    str cert = {0}, key = {0};
    bool ok = true;

    if (!s->o.tls_cert && !s->o.tls_key)
        return true;
    if (!s->o.tls_cert || !s->o.tls_key)
        return err_set(e, ERR_ARG, "--tls-cert and --tls-key go together");
    ok = file_read(s->o.tls_cert, 1 << 20, &cert, e) && file_read(s->o.tls_key, 1 << 20, &key, e);
    if (ok) {
        s->tls_cert = str_take(&cert);
        s->tls_key = str_take(&key);
    }
    str_deinit(&cert);
    str_deinit(&key);
    return ok;
}

bool http_start(server *s, err *e)
{
    struct sockaddr_storage address;
    socklen_t n;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}};
    const union MHD_DaemonInfo *info;

    if (!resolve(s, &address, &n, e) || !read_tls(s, e))
        return false;
    if (!s->loopback && !auth_keys_required(s))
        return err_set(e, ERR_ARG, "--host %s: without keys only loopback works; make one: "
                       "salesbot serve key add NAME --role admin", s->o.host);
    if (address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (s->tls_cert) {
        flags |= MHD_USE_TLS;
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->tls_cert};
        tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->tls_key};
    }
    s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, s,
        MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->o.n_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (!s->daemon)
        return err_set(e, ERR_IO, "cannot listen on %s port %d%s", s->o.host, s->o.port,
                       s->tls_cert ? ": is the port free, do certificate and key fit?" : ": is it in use? --port takes another");
    info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->port = info ? info->port : s->o.port;
    return true;
}

void http_quiesce(server *s)
{
    const int fd = s->daemon ? (int)MHD_quiesce_daemon(s->daemon) : -1;

    if (fd >= 0)
        close(fd);
}

void http_stop(server *s)
{
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    s->daemon = NULL;
}
