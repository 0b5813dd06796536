/* hub_server.h - a hub small enough to misbehave on command: one server that lists, answers and
 * redirects, and a second one on another port that holds large files, as the real one has it. */
#ifndef HUB_SERVER_H
#define HUB_SERVER_H

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

enum { BIG = 300000, CALLS = 64 };
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define TOKEN "hf_secret"

typedef struct hub_server {
    struct MHD_Daemon *api, *store;
    int api_port, store_port;
    char endpoint[64];
    char listing[8192];
    char folder[300]; /* when set: its files are served instead */
    unsigned char big[BIG];
    /* misbehaviour, each counted down where it happens */
    atomic_int fail, fail_status;   /* the next `fail` answers are this status */
    atomic_int cut_at;              /* the store ends the connection after so many bytes, once */
    atomic_int ignore_range, wrong_bytes, need_token, lie_416;
    /* what was seen */
    atomic_int n_api, n_store, token_at_store, n_ranges;
    char commit[CALLS * 1024];      /* body of the last commit */
    char created[512];
    str uploaded;                   /* body of the last PUT */
    int n_verified;
} hub_server;

static inline enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const void *bytes, size_t n, const char *location)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result done;

    if (location)
        MHD_add_response_header(r, "Location", location);
    if (status == 429)
        MHD_add_response_header(r, "Retry-After", "1");
    done = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return done;
}

static inline enum MHD_Result answer_text(struct MHD_Connection *c, unsigned status, const char *text)
{
    return answer(c, status, text, strlen(text), NULL);
}

typedef struct pour {
    hub_server *s;
    uint64_t from, end, cut;
} pour;

static inline ssize_t pour_bytes(void *arg, uint64_t pos, char *out, size_t most)
{
    const pour *p = arg;
    size_t n = p->end - p->from - pos < most ? (size_t)(p->end - p->from - pos) : most;

    if (p->cut && pos >= p->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (p->cut && n > p->cut - pos)
        n = (size_t)(p->cut - pos);
    memcpy(out, p->s->big + p->from + pos, n);
    if (p->s->wrong_bytes)
        out[0] ^= 1;
    return (ssize_t)n;
}

static inline enum MHD_Result serve_big(hub_server *s, struct MHD_Connection *c)
{
    const char *range = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Range");
    pour *p = calloc(1, sizeof *p);
    struct MHD_Response *r;
    char text[64];
    const bool whole = !range || s->ignore_range;
    enum MHD_Result done;

    *p = (pour){.s = s, .from = whole ? 0 : strtoull(range + 6, NULL, 10), .end = BIG, .cut = (uint64_t)s->cut_at};
    s->cut_at = 0;
    s->n_ranges += range != NULL;
    if (s->lie_416 && range) {
        free(p);
        return answer_text(c, 416, "");
    }
    r = MHD_create_response_from_callback(p->end - p->from, 4096, pour_bytes, p, free);
    snprintf(text, sizeof text, "bytes %llu-%d/%d", (unsigned long long)p->from, BIG - 1, BIG);
    if (!whole)
        MHD_add_response_header(r, "Content-Range", text);
    done = MHD_queue_response(c, whole ? 200 : 206, r);
    MHD_destroy_response(r);
    return done;
}

static inline bool has_token(struct MHD_Connection *c)
{
    const char *given = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");

    return given && !strcmp(given, "Bearer " TOKEN);
}

/* Bodies are gathered first: *state is a str. */
static inline bool body_whole(void **state, const char *bytes, size_t *n)
{
    str *body = *state;

    if (!body) {
        *state = calloc(1, sizeof(str));
        return false;
    }
    if (*n) {
        str_add(body, bytes, *n);
        *n = 0;
        return false;
    }
    return true;
}

static inline void body_done(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
    (void)arg, (void)c, (void)why;
    if (*state)
        str_deinit(*state);
    free(*state);
}

static inline enum MHD_Result on_store(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                       const char *version, const char *bytes, size_t *n, void **state)
{
    hub_server *s = arg;

    (void)version;
    if (!body_whole(state, bytes, n))
        return MHD_YES;
    s->n_store++;
    if (MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization"))
        s->token_at_store++;
    if (!strcmp(method, "PUT")) {
        str_reset(&s->uploaded);
        str_add(&s->uploaded, str_text(*state), ((str *)*state)->n);
        return answer_text(c, 200, "");
    }
    return !strcmp(url, "/big") ? serve_big(s, c) : answer_text(c, 404, "");
}

static inline enum MHD_Result api_post(hub_server *s, struct MHD_Connection *c, const char *url, const str *body)
{
    char text[1024];

    if (!strcmp(url, "/api/repos/create")) {
        const bool again = s->created[0] != 0;

        snprintf(s->created, sizeof s->created, "%.400s", str_text(body));
        return answer_text(c, again ? 409 : 200, again ? "{\"error\":\"You already created this model repo\"}" : "{\"url\":\"x\"}");
    }
    if (strstr(url, "/preupload/")) {
        json_t *asked = json_loadb(str_text(body), body->n, 0, NULL), *file;
        json_t *out = json_array();
        size_t i;
        char *dumped;
        enum MHD_Result done;

        json_array_foreach(json_object_get(asked, "files"), i, file)
            json_array_append_new(out, json_pack("{s:O s:s}", "path", json_object_get(file, "path"), "uploadMode",
                                                 json_integer_value(json_object_get(file, "size")) > 1000 ? "lfs" : "regular"));
        out = json_pack("{s:o}", "files", out);
        dumped = json_dumps(out, 0);
        done = answer_text(c, 200, dumped);
        free(dumped);
        json_decref(out);
        json_decref(asked);
        return done;
    }
    if (strstr(url, ".git/info/lfs/objects/batch")) {
        json_t *asked = json_loadb(str_text(body), body->n, 0, NULL);
        const json_t *object = json_array_get(json_object_get(asked, "objects"), 0);

        snprintf(text, sizeof text, "{\"transfer\":\"basic\",\"objects\":[{\"oid\":\"%s\",\"size\":%lld,\"actions\":{\"upload\":{"
                 "\"href\":\"http://localhost:%d/put\",\"header\":{\"x-part\":\"1\"}},\"verify\":{\"href\":\"%s/verify\"}}}]}",
                 json_string_value(json_object_get(object, "oid")), (long long)json_integer_value(json_object_get(object, "size")),
                 s->store_port, s->endpoint);
        json_decref(asked);
        return answer_text(c, 200, text);
    }
    if (!strcmp(url, "/verify")) {
        s->n_verified++;
        return answer_text(c, 200, "");
    }
    if (strstr(url, "/commit/")) {
        snprintf(s->commit, sizeof s->commit, "%s", str_text(body));
        return answer_text(c, 200, "{\"commitOid\":\"" COMMIT "\",\"commitUrl\":\"x\"}");
    }
    return answer_text(c, 404, "{\"error\":\"no such thing\"}");
}

static inline enum MHD_Result serve_file(hub_server *s, struct MHD_Connection *c, const char *name)
{
    char path[600];
    str bytes = {0};
    err e = {0};
    enum MHD_Result done;

    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    done = file_read(path, 1 << 24, &bytes, &e) ? answer(c, 200, str_text(&bytes), bytes.n, NULL) : answer_text(c, 404, "");
    str_deinit(&bytes);
    return done;
}

static inline enum MHD_Result on_api(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                     const char *version, const char *bytes, size_t *n, void **state)
{
    hub_server *s = arg;
    char location[128];

    (void)version;
    if (!body_whole(state, bytes, n))
        return MHD_YES;
    s->n_api++;
    if (s->fail > 0) {
        s->fail--;
        return answer_text(c, (unsigned)s->fail_status, "{\"error\":\"not now\\u0007\"}");
    }
    if (s->need_token && !has_token(c))
        return answer_text(c, 401, "{\"error\":\"Access to model is restricted\"}");
    if (!strcmp(method, "POST"))
        return api_post(s, c, url, *state);
    if (strstr(url, "/revision/main"))
        return answer_text(c, 200, s->listing);
    if (s->folder[0] && strstr(url, "/resolve/" COMMIT "/"))
        return serve_file(s, c, strrchr(url, '/') + 1);
    if (strstr(url, "/resolve/" COMMIT "/sub/a b.json"))
        return answer_text(c, 200, "{}\n");
    if (strstr(url, "/resolve/" COMMIT "/big.bin")) {
        snprintf(location, sizeof location, "http://localhost:%d/big?signed=1", s->store_port);
        return answer(c, 302, "moved", 5, location);
    }
    return answer_text(c, 404, "{\"error\":\"Repository not found\"}");
}

static inline int port_of(struct MHD_Daemon *d)
{
    return MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static inline bool hub_server_start(hub_server *s)
{
    char hex[65];

    *s = (hub_server){0};
    for (int i = 0; i < BIG; i++)
        s->big[i] = (unsigned char)((unsigned)i * 2654435761u >> 13);
    s->api = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_api, s, MHD_OPTION_NOTIFY_COMPLETED,
                              body_done, NULL, MHD_OPTION_END);
    s->store = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_store, s, MHD_OPTION_NOTIFY_COMPLETED,
                                body_done, NULL, MHD_OPTION_END);
    if (!s->api || !s->store)
        return false;
    s->api_port = port_of(s->api);
    s->store_port = port_of(s->store);
    snprintf(s->endpoint, sizeof s->endpoint, "http://127.0.0.1:%d", s->api_port);
    sha256_hex(s->big, BIG, hex);
    /* 0967ef42...: git hash-object of "{}\n" */
    snprintf(s->listing, sizeof s->listing,
             "{\"sha\":\"" COMMIT "\",\"siblings\":[{\"rfilename\":\".gitattributes\",\"size\":5,\"blobId\":\"x\"},"
             "{\"rfilename\":\"sub/a b.json\",\"size\":3,\"blobId\":\"0967ef424bce6791893e9a57bb952f80fd536e93\"},"
             "{\"rfilename\":\"big.bin\",\"size\":%d,\"blobId\":\"\",\"lfs\":{\"sha256\":\"%s\",\"size\":%d}}]}", BIG, hex, BIG);
    return true;
}

static inline void hub_server_stop(hub_server *s)
{
    if (s->api)
        MHD_stop_daemon(s->api);
    if (s->store)
        MHD_stop_daemon(s->store);
    str_deinit(&s->uploaded);
}

#endif
