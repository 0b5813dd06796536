/* weights.c - opening, finding, identity; see weights.h. */
#include "weights/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "weights/weights_impl.h"

/* Names and tables only; tensors stay in the mapping. */
#define TABLE_LIMIT ((size_t)256 << 20)

bool weights_no_memory(const weights *w, err *e)
{
    return err_set(e, ERR_NOMEM, "%s: out of memory for its tables", w->path);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

weights *weights_open(const char *path, err *e)
{
    weights *w = calloc(1, sizeof *w);

    if (!w || !(w->memory = arena_new(TABLE_LIMIT)) ||
        !(w->path = arena_str(w->memory, path))) {
        err_set(e, ERR_NOMEM, "%s: out of memory", path);
        weights_close(w);
        return NULL;
    }
    if (!(is_folder(path) ? folder_open(w, e) : gguf_open(w, e)) ||
        !config_check(w->path, &w->config, e) || !shapes_check(w, e)) {
        weights_close(w);
        return NULL;
    }
    return w;
}

void weights_close(weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_files; i++)
        file_map_close(&w->files[i].map);
    free(w->tensors);
    arena_free(w->memory);
    free(w);
}

const model_config *weights_config(const weights *w)           { return &w->config; }
const vocabulary_source *weights_vocabulary(const weights *w)  { return &w->vocabulary; }
const char *weights_path(const weights *w)                     { return w->path; }
size_t weights_tensor_count(const weights *w)                  { return w->n_tensors; }
const tensor *weights_tensor(const weights *w, size_t i)       { return &w->tensors[i]; }

const char *model_family_name(model_family family)
{
    static const char *const names[] = {"unknown", "Gemma 1", "Gemma 2", "Gemma 3"};

    return names[family];
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const tensor *)a)->name, ((const tensor *)b)->name);
}

bool weights_sort(weights *w, err *e)
{
    if (w->n_tensors)
        qsort(w->tensors, w->n_tensors, sizeof *w->tensors, compare_names);
    for (size_t i = 1; i < w->n_tensors; i++)
        if (!compare_names(&w->tensors[i - 1], &w->tensors[i]))
            return err_set(e, ERR_MODEL, "%s: tensor %s stands there twice", w->path,
                           w->tensors[i].name);
    return true;
}

const tensor *weights_find(const weights *w, const char *name, err *e)
{
    const tensor key = {.name = name};
    const tensor *found = w->n_tensors ? bsearch(&key, w->tensors, w->n_tensors, sizeof key,
                                                 compare_names) : NULL;

    if (!found)
        err_set(e, ERR_NOT_FOUND, "%s: no tensor %s", w->path, name);
    return found;
}

uint64_t weights_n_bytes(const weights *w)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < w->n_files; i++)
        sum += w->files[i].map.n;
    return sum;
}

bool weights_map(weights *w, const char *path, err *e)
{
    mapped_file *file = &w->files[w->n_files];
    struct stat st;

    if (!file_map_open(path, &file->map, e))
        return false;
    w->n_files++;
    if (!stat(path, &st)) {
        file->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
        file->inode = (uint64_t)st.st_ino;
    }
    file->path = arena_str(w->memory, path);
    return file->path ? true : weights_no_memory(w, e);
}

bool tensor_measure(const tensor *t, uint64_t *n_elements, size_t *n_bytes)
{
    const uint64_t block = (uint64_t)tensor_block_size(t->type);
    uint64_t n = 1;

    for (int i = 0; i < t->n_dims; i++)
        if (t->dim[i] < 1 || __builtin_mul_overflow(n, (uint64_t)t->dim[i], &n))
            return false;
    if (n > INT64_MAX || (uint64_t)t->dim[t->n_dims - 1] % block)
        return false;
    *n_elements = n;
    return !__builtin_mul_overflow(n / block, tensor_block_bytes(t->type), n_bytes);
}

void tensor_shape_text(const tensor *t, char *text, size_t n)
{
    size_t at = 0;

    for (int i = 0; i < t->n_dims && at < n; i++)
        at += (size_t)snprintf(text + at, n - at, "%s%" PRId64, i ? ", " : "(", t->dim[i]);
    if (at < n)
        snprintf(text + at, n - at, ")");
}

/* The tables can hold megabytes of tokens: their first and last 64 KiB, with
 * size, time of change and inode (a file system's clock may tick only every few
 * milliseconds), tell two files apart as well. */
void weights_identity(const weights *w, char hex[65])
{
    enum { PART = 65536 };
    char part[65];
    str text = {0};

    for (size_t i = 0; i < w->n_files; i++) {
        const mapped_file *file = &w->files[i];
        const size_t n = file->n_table < PART ? file->n_table : PART;

        sha256_hex(file->map.bytes, n, part);
        str_addf(&text, "%s %zu %" PRIu64 " %" PRIu64, part, file->map.n, file->mtime_ns, file->inode);
        sha256_hex(file->map.bytes + (file->n_table - n), n, part);
        str_addf(&text, " %s\n", part);
    }
    sha256_hex(str_text(&text), text.n, hex);
    str_deinit(&text);
}

bool weights_sha256(const weights *w, char hex[65], err *e)
{
    char part[65];
    str text = {0};

    if (w->n_files == 1) {
        sha256_hex(w->files[0].map.bytes, w->files[0].map.n, hex);
        return true;
    }
    for (size_t i = 0; i < w->n_files; i++) {
        sha256_hex(w->files[i].map.bytes, w->files[i].map.n, part);
        str_addf(&text, "%s\n", part);
    }
    if (text.bad) {
        str_deinit(&text);
        return weights_no_memory(w, e);
    }
    sha256_hex(str_text(&text), text.n, hex);
    str_deinit(&text);
    return true;
}

bool weights_side_file(const weights *w, const char *name, str *out, err *e)
{
    enum { SIDE_LIMIT = 256 << 20 };
    str path = {0};
    bool ok;

    str_addf(&path, "%s/%s", w->path, name);
    ok = !path.bad || weights_no_memory(w, e);
    if (ok && (!is_folder(w->path) || !file_exists(path.text)))
        ok = err_set(e, ERR_NOT_FOUND, "%s: has no %s", w->path, name);
    ok = ok && file_read(path.text, SIDE_LIMIT, out, e);
    str_deinit(&path);
    return ok;
}
