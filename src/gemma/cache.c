/* cache.c - a session's prefix on disk.
 *
 * A file is: magic, then the text that says what it belongs to (model identity,
 * precision, kernel table, adapter), the ids, the last hidden state, and per layer the
 * keys and values of the positions a successor can see (all of a global layer,
 * the window of a local one), then a checksum. Its name is the SHA-256 of that
 * text and the ids. Numbers are as in memory: the file never leaves the machine,
 * and a reader with another kernel table looks for another name.
 *
 * Checksum: four 64-bit lanes of multiply and rotate over 32 bytes at a time. It
 * finds damage, not forgery: the folder is the user's own (0700, files 0600). */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "gemma/gemma_impl.h"

enum { OWNER_BYTES = 192 };

typedef struct header {
    char magic[8];
    char owner[OWNER_BYTES];
    int32_t n_tokens, n_layers, width, first_local; /* width: G*K */
} header;
_Static_assert(sizeof(header) == 8 + OWNER_BYTES + 16, "no padding in the file");

static const char MAGIC[8] = "SBKV01\n";

static uint64_t checksum(const unsigned char *p, size_t n)
{
    uint64_t lane[4] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, n}, sum = 0;

    for (size_t i = 0; i < n; i += 32) {
        uint64_t word[4] = {0};

        memcpy(word, p + i, n - i < 32 ? n - i : 32);
        for (int k = 0; k < 4; k++) {
            lane[k] = (lane[k] ^ word[k]) * 0xff51afd7ed558ccdu;
            lane[k] = lane[k] << 29 | lane[k] >> 35;
        }
    }
    for (int k = 0; k < 4; k++)
        sum = (sum ^ lane[k]) * 0xc4ceb9fe1a85ec53u + (sum >> 31);
    return sum;
}

static header describe(const gemma_session *s, int n)
{
    const gemma *g = s->g;
    gemma_adapter_info lora = {.digest = ""};
    header h = {.n_tokens = n, .n_layers = g->c->L, .width = g->c->G * g->c->K,
                .first_local = n > g->c->window ? n - g->c->window : 0};

    memcpy(h.magic, MAGIC, sizeof h.magic);
    if (s->adapter)
        gemma_adapter_describe(s->adapter, &lora);
    snprintf(h.owner, sizeof h.owner, "%s %s %s %s", g->identity,
             g->precision == GEMMA_INTEGER ? "integer" : "f32", g->ops->name, lora.digest);
    return h;
}

static size_t layer_rows_first(const gemma_session *s, const header *h, int l)
{
    return s->g->layers[l].global ? 0 : (size_t)h->first_local;
}

static size_t file_bytes(const gemma_session *s, const header *h)
{
    const size_t row = (size_t)h->width * sizeof(float);
    size_t n = sizeof *h + (size_t)h->n_tokens * sizeof(int32_t) + (size_t)s->g->c->D * sizeof(float);

    for (int l = 0; l < h->n_layers; l++)
        n += 2 * row * ((size_t)h->n_tokens - layer_rows_first(s, h, l));
    return n + sizeof(uint64_t);
}

static bool cache_path(str *path, const gemma_session *s, const char *dir, const int32_t *ids, int n, err *e)
{
    const header h = describe(s, n);
    str key = {0};
    char hex[65];

    str_add(&key, (const char *)&h, sizeof h);
    str_add(&key, (const char *)ids, (size_t)n * sizeof *ids);
    if (!key.bad)
        sha256_hex(key.text, key.n, hex);
    str_addf(path, "%s/%s.kv", dir, key.bad ? "" : hex);
    if (key.bad || path->bad)
        err_set(e, ERR_NOMEM, "out of memory for the prefix cache");
    str_deinit(&key);
    return !path->bad && path->n > strlen(dir) + 4;
}

/* Copy the rows of one layer between the file's bytes and the cache. */
static unsigned char *copy_layer(gemma_session *s, const header *h, int l, unsigned char *at, bool to_file)
{
    const size_t width = (size_t)h->width, row = width * sizeof(float);
    kv_layer *kv = &s->kv[l];

    for (int part = 0; part < 2; part++)
        for (size_t p = layer_rows_first(s, h, l); p < (size_t)h->n_tokens; p++, at += row) {
            float *mine = (part ? kv->v : kv->k) + p % (size_t)kv->n_rows * width;

            if (to_file)
                memcpy(at, mine, row);
            else
                memcpy(mine, at, row);
        }
    return at;
}

/* -- the folder ------------------------------------------------------------ */

/* Sum of the cache files' bytes; the oldest one other than `keep` to *oldest. */
static uint64_t folder_scan(const char *dir, const char *keep, str *oldest)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    struct timespec first = {0};
    uint64_t total = 0;
    str path = {0};

    str_reset(oldest);
    while (d && (entry = readdir(d))) {
        struct stat st;

        if (!str_ends(entry->d_name, ".kv"))
            continue;
        str_reset(&path);
        str_addf(&path, "%s/%s", dir, entry->d_name);
        if (path.bad || stat(path.text, &st) || !S_ISREG(st.st_mode))
            continue;
        total += (uint64_t)st.st_size;
        if (strcmp(path.text, keep) && (!oldest->n || st.st_mtim.tv_sec < first.tv_sec ||
                                        (st.st_mtim.tv_sec == first.tv_sec && st.st_mtim.tv_nsec < first.tv_nsec))) {
            first = st.st_mtim;
            str_reset(oldest);
            str_adds(oldest, path.text);
        }
    }
    if (d)
        closedir(d);
    str_deinit(&path);
    return total;
}

static void folder_trim(const char *dir, const char *keep, uint64_t limit)
{
    str oldest = {0};

    while (limit && folder_scan(dir, keep, &oldest) > limit && oldest.n && !unlink(oldest.text))
        ;
    str_deinit(&oldest);
}

/* -- save and restore ------------------------------------------------------- */

static bool save_to(gemma_session *s, const char *path, err *e)
{
    const header h = describe(s, s->n);
    const size_t n = file_bytes(s, &h);
    unsigned char *bytes = malloc(n), *at = bytes;
    uint64_t sum;
    bool ok;

    if (!bytes)
        return err_set(e, ERR_NOMEM, "out of memory for a prefix of %zu MB", n >> 20);
    memcpy(at, &h, sizeof h);
    at += sizeof h;
    memcpy(at, s->ids, (size_t)s->n * sizeof *s->ids);
    at += (size_t)s->n * sizeof *s->ids;
    memcpy(at, s->hidden, (size_t)s->g->c->D * sizeof *s->hidden);
    at += (size_t)s->g->c->D * sizeof *s->hidden;
    for (int l = 0; l < h.n_layers; l++)
        at = copy_layer(s, &h, l, at, true);
    sum = checksum(bytes, n - sizeof sum);
    memcpy(at, &sum, sizeof sum);
    ok = file_write_atomic(path, bytes, n, 0600, e);
    free(bytes);
    return ok;
}

bool session_save(gemma_session *s, const char *dir, uint64_t limit_bytes, err *e)
{
    str path = {0};
    bool ok;

    if (s->n < 1)
        return err_set(e, ERR_ARG, "an empty session has no prefix to save");
    session_logits_for(s, s->ids, 0, NULL); /* makes sure of the hidden state */
    ok = dir_make(dir, e) && cache_path(&path, s, dir, s->ids, s->n, e) && save_to(s, path.text, e);
    if (ok)
        folder_trim(dir, path.text, limit_bytes);
    str_deinit(&path);
    return ok || err_wrap(e, "saving the prefix cache");
}

static bool bytes_match(const gemma_session *s, const header *h, const file_map *m, const int32_t *ids)
{
    uint64_t sum;

    if (m->n != file_bytes(s, h) || memcmp(m->bytes, h, sizeof *h) ||
        memcmp(m->bytes + sizeof *h, ids, (size_t)h->n_tokens * sizeof *ids))
        return false;
    memcpy(&sum, m->bytes + m->n - sizeof sum, sizeof sum);
    return sum == checksum(m->bytes, m->n - sizeof sum);
}

static void take_bytes(gemma_session *s, const header *h, const file_map *m, const int32_t *ids)
{
    const size_t D = (size_t)s->g->c->D, n = (size_t)h->n_tokens;
    /* copy_layer is shared with saving; here it only reads the mapping */
    unsigned char *at = (unsigned char *)(uintptr_t)m->bytes + sizeof *h + n * sizeof *ids;

    memmove(s->ids, ids, n * sizeof *ids);
    memcpy(s->hidden, at, D * sizeof *s->hidden);
    at += D * sizeof *s->hidden;
    for (int l = 0; l < h->n_layers; l++)
        at = copy_layer(s, h, l, at, false);
    s->n = h->n_tokens;
    s->low = h->first_local;
    s->hidden_valid = true;
}

static bool restore_from(gemma_session *s, const char *path, const int32_t *ids, int n, err *e)
{
    const header h = describe(s, n);
    file_map m = {0};
    bool ok;

    if (!file_exists(path))
        return err_set(e, ERR_NOT_FOUND, "no cached prefix of %d tokens", n);
    if (!file_map_open(path, &m, e))
        return false;
    ok = bytes_match(s, &h, &m, ids);
    if (ok) {
        take_bytes(s, &h, &m, ids);
        utimensat(AT_FDCWD, path, NULL, 0); /* recently used; a failure costs only its rank */
    } else {
        unlink(path);
        err_set(e, ERR_FORMAT, "%s: damaged prefix cache, removed", path);
    }
    file_map_close(&m);
    return ok;
}

bool session_restore(gemma_session *s, const char *dir, const int32_t *ids, int n, err *e)
{
    str path = {0};
    bool ok;

    s->n = s->low = 0;
    s->hidden_valid = s->logits_valid = false;
    if (n < 1 || n > s->max_tokens)
        return err_set(e, ERR_LIMIT, "a prefix of %d tokens does not fit a session of %d", n, s->max_tokens);
    ok = cache_path(&path, s, dir, ids, n, e) && restore_from(s, path.text, ids, n, e);
    str_deinit(&path);
    return ok;
}
