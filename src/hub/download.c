/* download.c - the files of one commit of a repository, each checked by its hash.
 *
 * A file grows as NAME.<hash>.part and gets its name when its hash is right, so that a part of
 * another version is never continued. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/hub_impl.h"

#define SPARE_BYTES ((uint64_t)64 << 20)

typedef struct entry {
    char *name, *path, *part; /* owned: in the repository, here, here while it grows */
    uint64_t size, kept;      /* kept: bytes of the part at the beginning */
    char hash[65];            /* SHA-256 for LFS, else git's SHA-1 */
    bool is_lfs, is_here;
} entry;

typedef struct job {
    client c;
    hub_kind kind;
    const char *repository, *dir;
    char commit[65];
    entry *files;
    size_t n;
} job;

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "out of memory for a list of files"); }

static bool bad_name(const char *repository, err *e)
{
    return err_set(e, ERR_ARG, "\"%.100s\" is no repository; its form is owner/name, as in google/gemma-2b-it", repository);
}

static void job_close(job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        free(j->files[i].name);
        free(j->files[i].path);
        free(j->files[i].part);
    }
    free(j->files);
    client_close(&j->c);
}

/* ---- the listing ---- */

static bool is_hex(const char *text, size_t n)
{
    return text && strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

static char *joined(const char *dir, const char *name, const char *hash)
{
    str s = {0};

    str_addf(&s, hash ? "%s/%s.%.12s.part" : "%s/%s", dir, name, hash);
    return str_take(&s);
}

static bool read_entry(const job *j, const json_t *item, entry *f, err *e)
{
    const char *name = json_string_value(json_object_get(item, "rfilename"));
    const json_t *lfs = json_object_get(item, "lfs");
    const char *sha256 = json_string_value(json_object_get(lfs, "sha256"));
    const char *sha1 = json_string_value(json_object_get(item, "blobId"));
    const json_t *size = json_object_get(json_is_object(lfs) ? lfs : item, "size");

    if (!name_is_safe(name))
        return err_set(e, ERR_FORMAT, "a file has an unsafe name; nothing is fetched");
    f->is_lfs = json_is_object(lfs);
    if (!json_is_integer(size) || json_integer_value(size) < 0 || !(f->is_lfs ? is_hex(sha256, 64) : is_hex(sha1, 40)))
        return err_set(e, ERR_FORMAT, "the hub's listing lacks size or hash of %.200s", name);
    f->size = (uint64_t)json_integer_value(size);
    snprintf(f->hash, sizeof f->hash, "%s", f->is_lfs ? sha256 : sha1);
    f->name = strdup(name);
    f->path = joined(j->dir, name, NULL);
    f->part = joined(j->dir, name, f->hash);
    return (f->name && f->path && f->part) || no_memory(e);
}

static json_t *fetch_listing(job *j, err *e)
{
    const char *revision = j->c.o->revision ? j->c.o->revision : "main";
    char *escaped = escape(&j->c, revision, false), *url = NULL;
    str rest = {0};
    json_t *root = NULL;
    request q = {.with_token = true, .into = -1, .about = "list of files"};

    str_addf(&rest, "/revision/%s?blobs=true", escaped ? escaped : "");
    if (escaped && !rest.bad)
        q.url = url = client_url(&j->c, "/api", j->kind, j->repository, rest.text);
    if (url)
        root = client_json(&j->c, &q, e);
    else
        no_memory(e);
    free(escaped);
    free(url);
    str_deinit(&rest);
    return root;
}

static bool read_listing(job *j, hub_want_fn want, void *arg, err *e)
{
    json_t *root = fetch_listing(j, e);
    const json_t *list = json_object_get(root, "siblings");
    const char *commit = json_string_value(json_object_get(root, "sha"));
    bool ok = root != NULL;

    if (ok && (!json_is_array(list) || !is_hex(commit, 40)))
        ok = err_set(e, ERR_FORMAT, "the hub's answer is no listing of a commit");
    if (ok)
        snprintf(j->commit, sizeof j->commit, "%s", commit);
    ok = ok && ((j->files = calloc(json_array_size(list) + 1, sizeof *j->files)) || no_memory(e));
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "rfilename"));

        if (!name)
            ok = err_set(e, ERR_FORMAT, "the hub's listing has a file without a name");
        else if ((*name != '.' || name[1] == '.') && (!want || want(arg, name)))
            ok = read_entry(j, item, &j->files[j->n++], e);
    }
    if (ok && !j->n)
        ok = err_set(e, ERR_NOT_FOUND, "none of the wanted files is in this repository");
    json_decref(root);
    return ok;
}

bool hub_list(hub_kind kind, const char *repository, void (*on_file)(void *arg, const char *file, uint64_t size),
              void *arg, const hub_options *o, err *e)
{
    job j = {.kind = kind, .repository = repository};
    json_t *root = NULL;
    bool ok;

    if (!hub_repository_valid(repository))
        return bad_name(repository, e);
    ok = client_open(&j.c, o, e) && (root = fetch_listing(&j, e));
    for (size_t i = 0; ok && i < json_array_size(json_object_get(root, "siblings")); i++) {
        const json_t *item = json_array_get(json_object_get(root, "siblings"), i);
        const char *name = json_string_value(json_object_get(item, "rfilename"));
        const json_int_t size = json_integer_value(json_object_get(item, "size"));

        if (name)
            on_file(arg, name, size > 0 ? (uint64_t)size : 0);
    }
    json_decref(root);
    client_close(&j.c);
    return ok || err_wrap(e, "%s", repository);
}

/* ---- what is here already ---- */

static bool hash_of(const entry *f, const char *path, char hex[65], err *e)
{
    return f->is_lfs ? file_sha256(path, hex, e) : git_blob_sha1(path, hex, e);
}

static bool is_whole(const entry *f, const char *path)
{
    struct stat st;
    char hex[65];
    err ignored = {0};

    return !stat(path, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size &&
           hash_of(f, path, hex, &ignored) && !strcmp(hex, f->hash);
}

static bool look_around(job *j, err *e)
{
    uint64_t needed = 0, free_bytes = 0;

    for (size_t i = 0; i < j->n; i++) {
        entry *f = &j->files[i];
        struct stat st;

        f->is_here = is_whole(f, f->path);
        if (!f->is_here && !stat(f->part, &st))
            f->kept = (uint64_t)st.st_size;
        if (f->kept > f->size)
            f->kept = 0;
        j->c.progress.total += f->size;
        j->c.progress.done += f->is_here ? f->size : f->kept;
    }
    needed = j->c.progress.total - j->c.progress.done;
    if (!needed)
        return true;
    if (!disk_free(j->dir, &free_bytes, e))
        return false;
    return free_bytes >= needed + SPARE_BYTES ||
           err_set(e, ERR_IO, "%s: %" PRIu64 " MB are needed and %" PRIu64 " MB free; make room or choose another folder",
                   j->dir, (needed + SPARE_BYTES) >> 20, free_bytes >> 20);
}

/* ---- one file ---- */

static bool make_parent(const entry *f, err *e)
{
    char *folder = strdup(f->path), *slash = folder ? strrchr(folder, '/') : NULL;
    bool ok = folder || no_memory(e);

    if (ok && slash && slash != folder) {
        *slash = 0;
        ok = dir_make(folder, e);
    }
    free(folder);
    return ok;
}

static bool fetch_into(job *j, entry *f, int fd, err *e)
{
    char *escaped = escape(&j->c, f->name, true), *url = NULL;
    str rest = {0};
    response r = {0};
    request q = {.with_token = true, .into = fd, .offset = f->kept, .about = f->name};
    bool ok;

    str_addf(&rest, "/resolve/%s/%s", j->commit, escaped ? escaped : "");
    if (escaped && !rest.bad)
        q.url = url = client_url(&j->c, "", j->kind, j->repository, rest.text);
    ok = url ? client_send(&j->c, &q, &r, e) : no_memory(e);
    if (!ok && r.status == 416 && f->kept) { /* the part is longer than what is there: begin anew */
        j->c.progress.done -= f->kept;
        q.offset = f->kept = 0;
        ok = (!ftruncate(fd, 0) || err_set(e, ERR_IO, "%s: %s", f->part, strerror(errno))) &&
             client_send(&j->c, &q, &r, e);
    }
    if (ok && !f->size) /* nothing was written, and that is right */
        ok = !ftruncate(fd, 0) || err_set(e, ERR_IO, "%s: %s", f->part, strerror(errno));
    response_deinit(&r);
    str_deinit(&rest);
    free(escaped);
    free(url);
    return ok;
}

static bool fetch_part(job *j, entry *f, err *e)
{
    const int fd = open(f->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool ok = fd >= 0 || err_set(e, ERR_IO, "%s: cannot write: %s", f->part, strerror(errno));

    ok = ok && (f->kept == f->size || fetch_into(j, f, fd, e));
    ok = ok && (!fsync(fd) || err_set(e, ERR_IO, "%s: cannot write to disk: %s", f->part, strerror(errno)));
    if (fd >= 0)
        close(fd);
    return ok;
}

/* True: the part is what was asked for. False with an error; *again when a part kept from
 * before may be to blame. */
static bool check_part(entry *f, bool *again, err *e)
{
    char hex[65] = "";

    *again = f->kept > 0;
    if (!hash_of(f, f->part, hex, e))
        return *again = false;
    if (!strcmp(hex, f->hash))
        return true;
    unlink(f->part);
    return err_set(e, ERR_FORMAT, "%s: what came has the wrong hash (%.12s..., expected %.12s...) and was removed", f->name,
                   hex, f->hash);
}

static bool fetch(job *j, entry *f, err *e)
{
    bool again = false;

    if (f->is_here)
        return client_report(&j->c, e);
    if (!make_parent(f, e) || !fetch_part(j, f, e))
        return false;
    if (!check_part(f, &again, e)) {
        if (!again)
            return false;
        j->c.progress.done -= f->size < j->c.progress.done ? f->size : j->c.progress.done;
        f->kept = 0;
        if (!fetch_part(j, f, e) || !check_part(f, &again, e))
            return false;
    }
    return !rename(f->part, f->path) || err_set(e, ERR_IO, "%s: cannot rename: %s", f->path, strerror(errno));
}

bool hub_download(hub_kind kind, const char *repository, hub_want_fn want, void *want_arg, const char *dir,
                  const hub_options *o, char commit[65], err *e)
{
    job j = {.kind = kind, .repository = repository, .dir = dir};
    bool ok;

    if (!hub_repository_valid(repository))
        return bad_name(repository, e);
    ok = client_open(&j.c, o, e) && read_listing(&j, want, want_arg, e) && look_around(&j, e) && dir_make(dir, e);
    j.c.progress.n_files = (int)j.n;
    for (size_t i = 0; ok && i < j.n; i++) {
        j.c.progress.file = j.files[i].name;
        j.c.progress.index = (int)i;
        ok = fetch(&j, &j.files[i], e);
    }
    ok = ok && client_report(&j.c, e);
    if (ok && commit)
        snprintf(commit, 65, "%s", j.commit);
    job_close(&j);
    return ok || err_wrap(e, "%s", repository);
}

static bool is_data(void *arg, const char *file)
{
    static const char *const endings[] = {".json", ".jsonl", ".csv", ".parquet"};

    (void)arg;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends(file, endings[i]) && strcmp(file, "dataset_infos.json"))
            return true;
    return false;
}

bool hub_download_dataset(const char *repository, const char *dir, const hub_options *o, err *e)
{
    return hub_download(HUB_DATASET, repository, is_data, NULL, dir, o, NULL, e);
}
