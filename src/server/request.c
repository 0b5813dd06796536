/* request.c - what a request holds: its reply, its events, its end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/server_impl.h"

/* ---- what came in ------------------------------------------------------------- */

const char *in_text(const request *r, const char *name)
{
    return json_string_value(json_object_get(r->in, name));
}

int64_t in_whole(const request *r, const char *name, int64_t otherwise)
{
    const json_t *v = json_object_get(r->in, name);

    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

bool in_switch(const request *r, const char *name) { return json_is_true(json_object_get(r->in, name)); }

/* ---- the reply ------------------------------------------------------------------ */

bool reply_text(request *r, int status, char *owned_json)
{
    str_reset(&r->reply);
    if (owned_json)
        str_adds(&r->reply, owned_json);
    r->status = status;
    salesbot_free(owned_json);
    return (owned_json && !r->reply.bad) || reply_error(r, 503, "nomem", "out of memory");
}

bool reply_json(request *r, int status, json_t *owned)
{
    char *text = owned ? json_dumps(owned, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;

    json_decref(owned);
    return reply_text(r, status, text);
}

bool reply_error(request *r, int status, const char *code, const char *fmt, ...)
{
    char message[1024];
    va_list ap;
    json_t *j;

    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    for (size_t n = strlen(message); n && !utf8_valid(message, n);) /* cut in the middle of a letter */
        message[--n] = 0;
    j = json_pack("{s:{s:s, s:s}}", "error", "code", code, "message", message);
    str_reset(&r->reply);
    r->status = status;
    if (j) {
        char *text = json_dumps(j, JSON_COMPACT);

        str_adds(&r->reply, text ? text : "{}");
        free(text);
    }
    json_decref(j);
    return true;
}

void reply_err(request *r, const err *e)
{
    const err_code code = e->code == ERR_OK ? ERR_INTERNAL : e->code;

    reply_error(r, err_http_status(code), err_name(code), "%s", e->msg);
}

bool api_failed(err *e, const salesbot_error *from)
{
    return err_set(e, from->code ? (err_code)from->code : ERR_INTERNAL, "%s", from->message);
}

/* ---- events ---------------------------------------------------------------------- */

enum { STREAM_MAX = 256 << 20 };

/* Under the lock. */
static void wake(request *r)
{
    if (r->suspended && r->connection) {
        r->suspended = false;
        MHD_resume_connection(r->connection);
    }
}

void request_stream(request *r, const char *text, size_t n)
{
    pthread_mutex_lock(&r->lock);
    if (!r->gone && !r->ended && r->stream.n + n < STREAM_MAX) {
        if (r->sent == r->stream.n) {
            str_reset(&r->stream);
            r->sent = 0;
        }
        str_add(&r->stream, text, n);
        r->wrote_ms = clock_ms();
        wake(r);
    }
    pthread_mutex_unlock(&r->lock);
}

void request_event(request *r, const char *name, const char *json)
{
    str text = {0};

    str_addf(&text, "event: %s\ndata: %s\n\n", name, json);
    if (!text.bad)
        request_stream(r, str_text(&text), text.n);
    str_deinit(&text);
}

static void end_stream(request *r)
{
    const bool bad = r->status >= 400 && strstr(str_text(&r->reply), "{\"error\":{") == str_text(&r->reply);

    if (r->reply.n && bad) { /* {"error":X} is told as X */
        str inner = {0};

        str_add(&inner, r->reply.text + 9, r->reply.n - 10);
        request_event(r, "error", str_text(&inner));
        str_deinit(&inner);
    } else if (r->reply.n) {
        request_event(r, "done", str_text(&r->reply));
    }
}

void request_finish(request *r)
{
    if (r->streaming)
        end_stream(r);
    watch_remove(r);
    metrics_count(&r->server->metrics, "salesbot_http_requests_total", "status",
                  (char[]){(char)('0' + r->status / 100), 'x', 'x', 0});
    pthread_mutex_lock(&r->lock);
    r->done = r->ended = true;
    pthread_cond_broadcast(&r->finished);
    wake(r);
    pthread_mutex_unlock(&r->lock);
    request_release(r);
}

/* ---- leaving and ending -------------------------------------------------------------- */

bool request_gone(request *r)
{
    bool gone;

    pthread_mutex_lock(&r->lock);
    gone = r->gone;
    pthread_mutex_unlock(&r->lock);
    return gone;
}

void request_cancel(request *r, bool late)
{
    pthread_mutex_lock(&r->lock);
    if (!r->gone && !late)
        metrics_count(&r->server->metrics, "salesbot_cancelled_total", NULL, NULL);
    r->gone = true;
    r->late = r->late || late;
    if (r->running)
        salesbot_cancel(r->running);
    pthread_mutex_unlock(&r->lock);
}

void request_running(request *r, salesbot_session *s)
{
    pthread_mutex_lock(&r->lock);
    r->running = s;
    pthread_mutex_unlock(&r->lock);
}

void request_release(request *r)
{
    bool last;

    pthread_mutex_lock(&r->lock);
    last = !--r->references;
    pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    json_decref(r->in);
    str_deinit(&r->body);
    str_deinit(&r->reply);
    str_deinit(&r->stream);
    pthread_cond_destroy(&r->finished);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
