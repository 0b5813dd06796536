/* upload.c - files into a repository: one commit.
 *
 * The hub is asked first which files it wants by LFS; those go to the store that it names (and are
 * skipped when it has them), the small ones stand in the commit itself. Until the commit
 * nobody sees anything of it, so a failure on the way leaves the repository as it was. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hub/hub_impl.h"

enum { SAMPLE_BYTES = 512, INLINE_LIMIT = 16 << 20 };
#define LFS_LIMIT ((uint64_t)5 << 30)

typedef struct item {
    const hub_file *file; /* borrowed */
    uint64_t size;
    char sha256[65]; /* of LFS files */
    bool by_lfs;
} item;

typedef struct upload {
    client c;
    hub_kind kind;
    const char *repository, *message;
    item *items;
    size_t n;
} upload;

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "out of memory for an upload"); }

static char *encoded(const void *bytes, size_t n)
{
    const size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);

    if (text)
        sodium_bin2base64(text, room, bytes, n, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

/* A body of JSON (taken) to the hub's own address; NULL on failure. */
static json_t *post(upload *u, const char *url, const char *type, json_t *body, const char *about, err *e)
{
    char *text = body ? json_dumps(body, 0) : NULL;
    const request q = {.url = url, .content_type = type, .accept = type, .body = text, .n_body = text ? strlen(text) : 0,
                       .with_token = true, .into = -1, .about = about};
    json_t *root = NULL;

    if (text && url)
        root = client_json(&u->c, &q, e);
    else
        no_memory(e);
    free(text);
    json_decref(body);
    return root;
}

/* ---- the repository ---- */

static bool create(upload *u, bool is_private, err *e)
{
    const char *slash = strchr(u->repository, '/');
    json_t *body = json_pack("{s:s% s:s s:s s:b}", "organization", u->repository, (size_t)(slash - u->repository), "name",
                             slash + 1, "type", u->kind == HUB_DATASET ? "dataset" : "model", "private", (int)is_private);
    char *text = body ? json_dumps(body, 0) : NULL;
    str url = {0};
    response r = {0};
    request q = {.content_type = "application/json", .body = text, .n_body = text ? strlen(text) : 0, .with_token = true,
                 .into = -1, .about = "making the repository"};
    err why = {0};
    bool ok;

    str_addf(&url, "%s/api/repos/create", u->c.endpoint);
    q.url = url.text;
    ok = text && !url.bad && client_send(&u->c, &q, &r, &why);
    if (!text || url.bad)
        no_memory(&why);
    ok = ok || r.status == 409; /* it is there */
    if (!ok)
        *e = why;
    response_deinit(&r);
    str_deinit(&url);
    free(text);
    json_decref(body);
    return ok;
}

/* ---- how each file goes ---- */

static bool measure(upload *u, err *e)
{
    for (size_t i = 0; i < u->n; i++) {
        item *it = &u->items[i];
        struct stat st;

        if (!name_is_safe(it->file->name))
            return err_set(e, ERR_ARG, "%.100s: is no name for a file of a repository", it->file->name);
        if (stat(it->file->path, &st) || !S_ISREG(st.st_mode))
            return err_set(e, ERR_IO, "%s: cannot read: %s", it->file->path, strerror(errno));
        it->size = (uint64_t)st.st_size;
        if (it->size > LFS_LIMIT)
            return err_set(e, ERR_LIMIT, "%s: files of more than 5 GB are not sent; write it in shards", it->file->path);
        u->c.progress.total += it->size;
    }
    return true;
}

static bool add_sample(json_t *list, const item *it, err *e)
{
    char bytes[SAMPLE_BYTES], *sample;
    FILE *f = fopen(it->file->path, "rb");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    bool ok = f && !ferror(f);

    if (f)
        fclose(f);
    if (!ok)
        return err_set(e, ERR_IO, "%s: cannot read: %s", it->file->path, strerror(errno));
    sample = encoded(bytes, n);
    ok = sample && !json_array_append_new(list, json_pack("{s:s s:s s:I}", "path", it->file->name, "sample", sample, "size",
                                                          (json_int_t)it->size));
    free(sample);
    return ok || no_memory(e);
}

static bool take_modes(upload *u, const json_t *root, err *e)
{
    const json_t *files = json_object_get(root, "files");

    for (size_t i = 0; i < u->n; i++) {
        const char *mode = NULL;

        for (size_t k = 0; k < json_array_size(files); k++) {
            const json_t *f = json_array_get(files, k);
            const char *path = json_string_value(json_object_get(f, "path"));

            if (path && !strcmp(path, u->items[i].file->name))
                mode = json_string_value(json_object_get(f, "uploadMode"));
        }
        if (!mode)
            return err_set(e, ERR_FORMAT, "the hub does not say how to send %s", u->items[i].file->name);
        u->items[i].by_lfs = !strcmp(mode, "lfs");
        if (!u->items[i].by_lfs && u->items[i].size > INLINE_LIMIT)
            return err_set(e, ERR_LIMIT, "%s: %" PRIu64 " MB are too many for a file that does not go by LFS",
                           u->items[i].file->name, u->items[i].size >> 20);
    }
    return true;
}

static bool ask_modes(upload *u, err *e)
{
    json_t *list = json_array(), *root;
    char *url = client_url(&u->c, "/api", u->kind, u->repository, "/preupload/main");
    bool ok = list || no_memory(e);

    for (size_t i = 0; ok && i < u->n; i++)
        ok = add_sample(list, &u->items[i], e);
    if (!ok) {
        json_decref(list);
        free(url);
        return false;
    }
    root = post(u, url, "application/json", json_pack("{s:o}", "files", list), "asking how to send the files", e);
    ok = root && take_modes(u, root, e);
    json_decref(root);
    free(url);
    return ok;
}

/* ---- LFS ---- */

static bool is_http(const char *href) { return href && (!strncmp(href, "https://", 8) || !strncmp(href, "http://", 7)); }

/* The store's own headers; a line break in one would be another header. */
static bool headers_of(const json_t *action, struct curl_slist **headers, err *e)
{
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(action, "header"), name, value) {
        const char *text = json_string_value(value);
        str line = {0};

        if (!text || strpbrk(name, "\r\n:") || strpbrk(text, "\r\n"))
            return err_set(e, ERR_FORMAT, "the hub asks for a header that makes no sense");
        str_addf(&line, "%s: %s", name, text);
        if (!line.bad)
            *headers = curl_slist_append(*headers, line.text);
        str_deinit(&line);
    }
    return true;
}

static bool put_file(upload *u, item *it, const json_t *action, err *e)
{
    const char *href = json_string_value(json_object_get(action, "href"));
    struct curl_slist *headers = NULL;
    request q = {.method = "PUT", .url = href, .from = it->file->path, .n_from = it->size, .into = -1,
                 .about = it->file->name};
    response r = {0};
    bool ok = is_http(href) || err_set(e, ERR_FORMAT, "%s: the hub names no place to send it to", it->file->name);

    ok = ok && headers_of(action, &headers, e);
    q.headers = headers;
    ok = ok && client_send(&u->c, &q, &r, e);
    if (ok)
        u->c.progress.done += it->size;
    curl_slist_free_all(headers);
    response_deinit(&r);
    return ok;
}

static bool verify(upload *u, const item *it, const json_t *action, err *e)
{
    const char *href = json_string_value(json_object_get(action, "href"));
    const size_t n = strlen(u->c.endpoint);
    char body[160];
    response r = {0};
    request q = {.url = href, .content_type = "application/vnd.git-lfs+json", .body = body, .into = -1, .about = it->file->name};
    bool ok;

    if (!href)
        return true; /* it asks for none */
    q.n_body = (size_t)snprintf(body, sizeof body, "{\"oid\":\"%s\",\"size\":%" PRIu64 "}", it->sha256, it->size);
    q.with_token = !strncmp(href, u->c.endpoint, n) && href[n] == '/';
    ok = (is_http(href) || err_set(e, ERR_FORMAT, "%s: the hub names no place to ask", it->file->name)) &&
         client_send(&u->c, &q, &r, e);
    response_deinit(&r);
    return ok;
}

static json_t *ask_store(upload *u, const item *it, err *e)
{
    static const char lfs[] = "application/vnd.git-lfs+json";
    str url = {0};
    json_t *root;

    str_addf(&url, "%s/%s%s.git/info/lfs/objects/batch", u->c.endpoint, u->kind == HUB_DATASET ? "datasets/" : "", u->repository);
    root = post(u, url.bad ? NULL : url.text, lfs,
                json_pack("{s:s s:[s] s:s s:[{s:s s:I}]}", "operation", "upload", "transfers", "basic", "hash_algo", "sha256",
                          "objects", "oid", it->sha256, "size", (json_int_t)it->size), it->file->name, e);
    str_deinit(&url);
    return root;
}

static bool send_lfs(upload *u, item *it, err *e)
{
    json_t *root;
    const json_t *object, *actions;
    const char *refusal;
    bool ok;

    if (!file_sha256(it->file->path, it->sha256, e) || !(root = ask_store(u, it, e)))
        return false;
    object = json_array_get(json_object_get(root, "objects"), 0);
    actions = json_object_get(object, "actions");
    refusal = json_string_value(json_object_get(json_object_get(object, "error"), "message"));
    ok = (!refusal || err_set(e, ERR_REFUSED, "%s: the store refuses: %.200s", it->file->name, refusal)) &&
         (json_is_object(object) || err_set(e, ERR_FORMAT, "%s: the store's answer makes no sense", it->file->name));
    if (ok && !json_object_get(actions, "upload"))
        u->c.progress.done += it->size; /* it has these bytes already */
    else
        ok = ok && put_file(u, it, json_object_get(actions, "upload"), e) &&
             verify(u, it, json_object_get(actions, "verify"), e);
    json_decref(root);
    return ok;
}

/* ---- the commit ---- */

static bool add_line(str *out, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

    if (text)
        str_addf(out, "%s\n", text);
    json_decref(line);
    free(text);
    return text && !out->bad;
}

static bool add_inline(str *out, const item *it, err *e)
{
    str bytes = {0};
    char *content;
    bool ok = file_read(it->file->path, INLINE_LIMIT, &bytes, e);

    if (!ok)
        return false;
    content = encoded(str_text(&bytes), bytes.n);
    ok = content && add_line(out, json_pack("{s:s s:{s:s s:s s:s}}", "key", "file", "value", "content", content, "path",
                                            it->file->name, "encoding", "base64"));
    free(content);
    str_deinit(&bytes);
    return ok || no_memory(e);
}

static bool commit(upload *u, err *e)
{
    char *url = client_url(&u->c, "/api", u->kind, u->repository, "/commit/main");
    str lines = {0};
    request q = {.url = url, .content_type = "application/x-ndjson", .with_token = true, .into = -1, .about = "the commit"};
    response r = {0};
    bool ok = url && add_line(&lines, json_pack("{s:s s:{s:s s:s}}", "key", "header", "value", "summary", u->message,
                                                "description", ""));

    if (!ok)
        no_memory(e);
    for (size_t i = 0; ok && i < u->n; i++) {
        const item *it = &u->items[i];

        if (!it->by_lfs)
            ok = add_inline(&lines, it, e);
        else
            ok = add_line(&lines, json_pack("{s:s s:{s:s s:s s:s s:I}}", "key", "lfsFile", "value", "path", it->file->name,
                                            "algo", "sha256", "oid", it->sha256, "size", (json_int_t)it->size)) || no_memory(e);
        if (ok && !it->by_lfs)
            u->c.progress.done += it->size;
    }
    q.body = lines.text;
    q.n_body = lines.n;
    ok = ok && client_send(&u->c, &q, &r, e);
    response_deinit(&r);
    str_deinit(&lines);
    free(url);
    return ok;
}

static bool run(upload *u, bool private_if_new, err *e)
{
    if (!*u->c.token)
        return err_set(e, ERR_REFUSED, "a token with the right to write is needed: set $HF_TOKEN (and an https address of the hub)");
    if (!measure(u, e) || !create(u, private_if_new, e) || !ask_modes(u, e))
        return false;
    for (size_t i = 0; i < u->n; i++) {
        u->c.progress.file = u->items[i].file->name;
        u->c.progress.index = (int)i;
        if (!client_report(&u->c, e) || (u->items[i].by_lfs && !send_lfs(u, &u->items[i], e)))
            return false;
    }
    return commit(u, e) && client_report(&u->c, e);
}

bool hub_upload(hub_kind kind, const char *repository, bool private_if_new, const hub_file *files, size_t n_files,
                const char *message, const hub_options *o, err *e)
{
    upload u = {.kind = kind, .repository = repository, .message = message, .n = n_files};
    bool ok;

    if (!hub_repository_valid(repository))
        return err_set(e, ERR_ARG, "\"%.100s\" is no repository; its form is owner/name", repository);
    if (!n_files)
        return err_set(e, ERR_ARG, "%s: no files to send", repository);
    u.items = calloc(n_files, sizeof *u.items);
    ok = u.items || no_memory(e);
    for (size_t i = 0; ok && i < n_files; i++)
        u.items[i].file = &files[i];
    ok = ok && client_open(&u.c, o, e);
    u.c.progress.n_files = (int)n_files;
    ok = ok && run(&u, private_if_new, e);
    client_close(&u.c);
    free(u.items);
    return ok || err_wrap(e, "%s", repository);
}
