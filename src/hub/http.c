/* http.c - one request to the hub, tried again where that makes sense.
 *
 * The token is given to libcurl as a credential of the endpoint, which it does not hand on to
 * another host, port or protocol when it follows a redirect; a redirect from https to http is
 * not followed at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hub/hub_impl.h"

enum { BODY_LIMIT = 64 << 20, CONNECT_S = 10, STALL_S = 60, LONGEST_WAIT_S = 120 };

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "out of memory for a transfer"); }

/* ---- the client ---- */

static bool is_loopback(const char *endpoint)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const size_t n = strlen(hosts[i]);

        if (!strncmp(endpoint, hosts[i], n) && (!endpoint[n] || endpoint[n] == ':' || endpoint[n] == '/'))
            return true;
    }
    return false;
}

/* One line of printable characters: anything else would be a header of its own. */
static bool token_valid(const char *token)
{
    for (; *token; token++)
        if (*token <= ' ' || *token > '~')
            return false;
    return true;
}

static const char *first_of(const char *given, const char *variable, const char *otherwise)
{
    const char *from_env = getenv(variable);

    return given ? given : from_env && *from_env ? from_env : otherwise;
}

bool client_open(client *c, const hub_options *o, err *e)
{
    static const hub_options defaults;
    const char *endpoint, *token;

    *c = (client){.o = o ? o : &defaults};
    endpoint = first_of(c->o->endpoint, "HF_ENDPOINT", "https://huggingface.co");
    token = first_of(c->o->token, "HF_TOKEN", "");
    if (strncmp(endpoint, "https://", 8) && strncmp(endpoint, "http://", 7))
        return err_set(e, ERR_ARG, "the hub's address %.100s begins with neither https:// nor http://", endpoint);
    if (!token_valid(token))
        return err_set(e, ERR_ARG, "the hub's token holds characters that no token has; check $HF_TOKEN");
    if (!strncmp(endpoint, "http://", 7) && !is_loopback(endpoint))
        token = "";
    c->endpoint = strdup(endpoint);
    c->token = strdup(token);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(c->curl = curl_easy_init()) || !c->endpoint || !c->token) {
        client_close(c);
        return no_memory(e);
    }
    for (size_t n = strlen(c->endpoint); n && c->endpoint[n - 1] == '/'; n--)
        c->endpoint[n - 1] = 0;
    return true;
}

void client_close(client *c)
{
    if (c->curl)
        curl_easy_cleanup(c->curl);
    free(c->endpoint);
    free(c->token);
    *c = (client){0};
}

bool client_report(client *c, err *e)
{
    if (c->o->on_progress && !c->o->on_progress(c->o->arg, &c->progress))
        c->cancelled = true;
    return !c->cancelled || err_set(e, ERR_CANCELLED, "interrupted; what has come is kept");
}

void response_deinit(response *r)
{
    str_deinit(&r->body);
    str_deinit(&r->etag);
}

char *escape(const client *c, const char *text, bool keep_slashes)
{
    str out = {0};

    for (const char *p = text; *p;) {
        const size_t n = keep_slashes ? strcspn(p, "/") : strlen(p);
        char *part = n ? curl_easy_escape(c->curl, p, (int)n) : NULL;

        if (n && !part)
            out.bad = true;
        str_adds(&out, part ? part : "");
        curl_free(part);
        p += n;
        if (*p == '/' && keep_slashes) {
            str_addc(&out, '/');
            p++;
        }
    }
    str_adds(&out, "");
    return str_take(&out);
}

char *client_url(const client *c, const char *prefix, hub_kind kind, const char *repository, const char *rest)
{
    const bool is_api = !strcmp(prefix, "/api");
    str out = {0};

    str_addf(&out, "%s%s/%s%s%s", c->endpoint, prefix,
             kind == HUB_DATASET ? "datasets/" : is_api ? "models/" : "", repository, rest);
    return str_take(&out);
}

/* ---- one attempt ---- */

typedef struct transfer {
    client *c;
    const request *q;
    response *r;
    FILE *from;
    uint64_t range_start; /* of Content-Range; UINT64_MAX: none */
    uint64_t base;        /* progress.done when it began */
    bool disk_failed, too_large;
} transfer;

static bool header_is(const char *line, size_t n, const char *name, const char **value, size_t *n_value)
{
    const size_t length = strlen(name);

    if (n <= length || strncasecmp(line, name, length) || line[length] != ':')
        return false;
    *value = line + length + 1;
    *n_value = n - length - 1;
    while (*n_value && (**value == ' ' || **value == '\t'))
        ++*value, --*n_value;
    while (*n_value && ((*value)[*n_value - 1] == '\r' || (*value)[*n_value - 1] == '\n'))
        --*n_value;
    return true;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    const char *value;
    char number[32];
    size_t n_value;

    if (size * n >= 5 && !strncmp(line, "HTTP/", 5)) { /* a new answer, after a redirect as well */
        str_reset(&t->r->etag);
        t->r->retry_after_s = 0;
        t->range_start = UINT64_MAX;
    } else if (header_is(line, size * n, "etag", &value, &n_value)) {
        str_reset(&t->r->etag);
        str_add(&t->r->etag, value, n_value);
    } else if (header_is(line, size * n, "retry-after", &value, &n_value) && n_value < sizeof number) {
        memcpy(number, value, n_value);
        number[n_value] = 0;
        t->r->retry_after_s = atoi(number) > 0 ? atoi(number) : 0;
    } else if (header_is(line, size * n, "content-range", &value, &n_value) && n_value > 6 &&
               n_value < sizeof number + 32 && !strncmp(value, "bytes ", 6)) {
        t->range_start = strtoull(value + 6, NULL, 10);
    }
    return size * n;
}

/* The file begins anew when the server ignored the range. */
static bool place_file(transfer *t, long status)
{
    const uint64_t at = status == 206 ? t->range_start : 0;

    if (status == 206 && at != t->q->offset)
        return false;
    if (status == 200 && t->q->offset && !t->r->received)
        t->base -= t->base >= t->q->offset ? t->q->offset : t->base;
    return !ftruncate(t->q->into, (off_t)at) && lseek(t->q->into, (off_t)at, SEEK_SET) == (off_t)at;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    long status = 0;
    size_t left = size * n;
    err ignored = {0};

    curl_easy_getinfo(t->c->curl, CURLINFO_RESPONSE_CODE, &status);
    if (t->q->into < 0 || (status != 200 && status != 206)) {
        if (left > BODY_LIMIT - t->r->body.n) {
            t->too_large = true;
            return 0;
        }
        str_add(&t->r->body, bytes, left);
        return t->r->body.bad ? 0 : left;
    }
    if (!t->r->received && !place_file(t, status)) {
        t->disk_failed = status == 200;
        return 0;
    }
    while (left) {
        const ssize_t done = write(t->q->into, bytes, left);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            t->disk_failed = true;
            return 0;
        }
        bytes += done;
        left -= (size_t)done;
        t->r->received += (uint64_t)done;
    }
    t->c->progress.done = t->base + t->r->received;
    return client_report(t->c, &ignored) ? size * n : 0;
}

static size_t on_read(char *bytes, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    const size_t got = fread(bytes, 1, size * n, t->from);

    return ferror(t->from) ? CURL_READFUNC_ABORT : got;
}

static int on_progress(void *arg, curl_off_t all, curl_off_t down, curl_off_t all_up, curl_off_t up)
{
    transfer *t = arg;
    err ignored = {0};

    (void)all;
    (void)down;
    (void)all_up;
    t->c->progress.done = t->base + t->r->received + (t->q->from ? (uint64_t)up : 0);
    return !client_report(t->c, &ignored);
}

static struct curl_slist *set_headers(const request *q)
{
    struct curl_slist *all = NULL;
    char line[200];

    for (const struct curl_slist *h = q->headers; h; h = h->next)
        all = curl_slist_append(all, h->data);
    if (q->accept) {
        snprintf(line, sizeof line, "Accept: %s", q->accept);
        all = curl_slist_append(all, line);
    }
    if (q->content_type) {
        snprintf(line, sizeof line, "Content-Type: %s", q->content_type);
        all = curl_slist_append(all, line);
    }
    return curl_slist_append(all, "Expect:"); /* no round trip before a body */
}

static void set_body(transfer *t)
{
    CURL *h = t->c->curl;
    const request *q = t->q;

    if (q->from) {
        curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->n_from);
        curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(h, CURLOPT_READDATA, t);
    } else if (q->body) {
        curl_easy_setopt(h, CURLOPT_POST, 1L);
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->n_body);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, q->body);
    }
    if (q->method)
        curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, q->method);
}

static CURLcode attempt(transfer *t)
{
    CURL *h = t->c->curl;
    const bool secure = !strncmp(t->q->url, "https://", 8);
    struct curl_slist *headers = set_headers(t->q);
    char range[40];
    CURLcode code;

    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, t->q->url);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "salesbot/" SALESBOT_VERSION);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, t->q->body || t->q->from ? 0L : 1L);
    curl_easy_setopt(h, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    if (t->q->with_token && *t->c->token) {
        curl_easy_setopt(h, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(h, CURLOPT_XOAUTH2_BEARER, t->c->token);
    }
    if (t->q->into >= 0 && t->q->offset) {
        snprintf(range, sizeof range, "%" PRIu64 "-", t->q->offset);
        curl_easy_setopt(h, CURLOPT_RANGE, range);
    }
    set_body(t);
    code = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &t->r->status);
    curl_slist_free_all(headers);
    return code;
}

/* ---- what came of it ---- */

/* The hub's own words, if it gave any, on one printable line. */
static void hub_says(const response *r, char *text, size_t n)
{
    json_t *root = json_loadb(str_text(&r->body), r->body.n, 0, NULL);
    const char *words = json_string_value(json_object_get(root, "error"));
    size_t at = 0;

    if (!words)
        words = json_string_value(json_object_get(root, "message"));
    if (words && n > 4)
        at = (size_t)snprintf(text, n, ": %.200s", words);
    text[at < n ? at : n - 1] = 0;
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = ' ';
    json_decref(root);
}

static bool status_fails(const request *q, const response *r, const client *c, err *e)
{
    char words[240];

    hub_says(r, words, sizeof words);
    switch (r->status) {
    case 401:
    case 403:
        return err_set(e, ERR_REFUSED, *c->token ? "%s: the hub refuses (%ld)%s; the token in $HF_TOKEN must be allowed to do this, "
                       "and a gated model's licence must be accepted on its page"
                                                  : "%s: the hub refuses (%ld)%s; it is private, gated or not there: set "
                       "$HF_TOKEN to a token and accept the licence on its page", q->about, r->status, words);
    case 404:
        return err_set(e, ERR_NOT_FOUND, "%s: not found at %.80s (404)%s", q->about, c->endpoint, words);
    default:
        return err_set(e, ERR_IO, "%s: the hub answers %ld%s", q->about, r->status, words);
    }
}

static bool transfer_fails(const transfer *t, CURLcode code, err *e)
{
    if (t->c->cancelled)
        return err_set(e, ERR_CANCELLED, "%s: interrupted; what has come is kept", t->q->about);
    if (t->disk_failed)
        return err_set(e, ERR_IO, "%s: cannot write: %s", t->q->about, strerror(errno));
    if (t->too_large)
        return err_set(e, ERR_FORMAT, "%s: an answer of more than %d MB makes no sense here", t->q->about, BODY_LIMIT >> 20);
    return err_set(e, ERR_IO, "%s: %s (%.100s)", t->q->about, curl_easy_strerror(code), t->c->endpoint);
}

static bool worth_another(const transfer *t, CURLcode code)
{
    if (t->c->cancelled || t->disk_failed || t->too_large)
        return false;
    if (code == CURLE_OK)
        return t->r->status == 429 || t->r->status >= 500;
    return code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_TOO_MANY_REDIRECTS &&
           code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_READ_ERROR && code != CURLE_ABORTED_BY_CALLBACK;
}

/* In short naps, so that a cancellation is heard. */
static bool wait_ms(client *c, int64_t ms, err *e)
{
    for (; ms > 0; ms -= 100) {
        const long nap = ms < 100 ? (long)ms : 100;

        nanosleep(&(struct timespec){.tv_nsec = nap * 1000000}, NULL);
        if (!client_report(c, e))
            return false;
    }
    return true;
}

static bool send_once(client *c, const request *q, response *r, bool *again, err *e)
{
    transfer t = {.c = c, .q = q, .r = r, .range_start = UINT64_MAX, .base = c->progress.done};
    CURLcode code;

    str_reset(&r->body);
    r->status = 0;
    r->received = 0;
    if (q->from && !(t.from = fopen(q->from, "rb"))) {
        *again = false;
        return err_set(e, ERR_IO, "%s: cannot open: %s", q->from, strerror(errno));
    }
    code = attempt(&t);
    if (t.from)
        fclose(t.from);
    c->progress.done = t.base + r->received;
    *again = worth_another(&t, code);
    if (code != CURLE_OK)
        return transfer_fails(&t, code, e);
    return (r->status >= 200 && r->status < 300) || status_fails(q, r, c, e);
}

bool client_send(client *c, const request *first, response *r, err *e)
{
    const int attempts = c->o->attempts > 0 ? c->o->attempts : 5;
    const int64_t start_ms = c->o->wait_ms > 0 ? c->o->wait_ms : 1000;
    request q = *first;
    int64_t pause = start_ms;

    if (c->cancelled)
        return err_set(e, ERR_CANCELLED, "%s: interrupted; what has come is kept", q.about);
    for (int i = 1;; i++) {
        err why = {0};
        bool again;

        if (send_once(c, &q, r, &again, &why))
            return true;
        if (q.into >= 0 && r->received) { /* it moved: go on where it stopped, with new patience */
            q.offset = (uint64_t)lseek(q.into, 0, SEEK_END);
            i = 0;
            pause = start_ms;
        }
        if (!again || i >= attempts) {
            *e = why;
            return i > 1 && again ? err_wrap(e, "after %d attempts", i) : false;
        }
        if (r->retry_after_s)
            pause = r->retry_after_s < LONGEST_WAIT_S ? (int64_t)r->retry_after_s * 1000 : LONGEST_WAIT_S * 1000;
        if (!wait_ms(c, pause, e))
            return false;
        pause = pause * 2 < LONGEST_WAIT_S * 1000 ? pause * 2 : LONGEST_WAIT_S * 1000;
    }
}

json_t *client_json(client *c, const request *q, err *e)
{
    response r = {0};
    json_t *root = NULL;

    if (client_send(c, q, &r, e) && !(root = json_loadb(str_text(&r.body), r.body.n, 0, NULL)))
        err_set(e, ERR_FORMAT, "%s: the hub's answer is not JSON; is %.100s a hub?", q->about, c->endpoint);
    response_deinit(&r);
    return root;
}
