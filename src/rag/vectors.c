/* vectors.c - the vectors in memory, and the nearest ones: every one is compared.
 *
 * They are read once and then kept up to date: rows with a later stamp are added or
 * replaced; when something was removed, all are read again. SQLite's data_version says whether
 * anybody wrote at all. The scan is split over threads by ranges of rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rag/rag_impl.h"

enum { CHUNK_ROWS = 4096, NEAREST_MOST = 256 };

void vectors_deinit(vector_index *x)
{
    free(x->rows);
    free(x->ids);
    free(x->kinds);
    free(x->statuses);
    *x = (vector_index){0};
}

bool vectors_usable(rag *r, bool *usable, err *e)
{
    str of = {0};
    bool ok = rag_meta(r, "encoder", &of, e);

    *usable = ok && r->encoder && !strcmp(str_text(&of), minilm_identity(r->encoder));
    str_deinit(&of);
    return ok;
}

static bool grow(vector_index *x, size_t width, size_t n)
{
    const size_t cap = n > x->cap * 2 ? n : x->cap * 2;
    float *rows;
    int64_t *ids;
    uint8_t *kinds, *statuses;

    if (n <= x->cap)
        return true;
    if ((rows = realloc(x->rows, cap * width * sizeof *rows)))
        x->rows = rows;
    if ((ids = realloc(x->ids, cap * sizeof *ids)))
        x->ids = ids;
    if ((kinds = realloc(x->kinds, cap)))
        x->kinds = kinds;
    if ((statuses = realloc(x->statuses, cap)))
        x->statuses = statuses;
    if (!rows || !ids || !kinds || !statuses)
        return false;
    x->cap = cap;
    return true;
}

/* Where the id stands or is to stand; ids ascend. */
static size_t place_of(const vector_index *x, int64_t id)
{
    size_t low = 0, high = x->n;

    while (low < high) {
        const size_t middle = (low + high) / 2;

        if (x->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Rows come by id; an older one that changed is replaced, one between (rare) moves the rest. */
static bool take_row(vector_index *x, size_t width, int64_t id, int kind, int status, const void *v)
{
    const size_t at = x->n && x->ids[x->n - 1] < id ? x->n : place_of(x, id);

    if (at == x->n || x->ids[at] != id) {
        if (!grow(x, width, x->n + 1))
            return false;
        memmove(x->rows + (at + 1) * width, x->rows + at * width, (x->n - at) * width * sizeof *x->rows);
        memmove(x->ids + at + 1, x->ids + at, (x->n - at) * sizeof *x->ids);
        memmove(x->kinds + at + 1, x->kinds + at, x->n - at);
        memmove(x->statuses + at + 1, x->statuses + at, x->n - at);
        x->n++;
    }
    memcpy(x->rows + at * width, v, width * sizeof *x->rows);
    x->ids[at] = id;
    x->kinds[at] = (uint8_t)kind;
    x->statuses[at] = (uint8_t)status;
    return true;
}

static bool read_later(rag *r, err *e)
{
    vector_index *x = &r->index;
    const size_t width = (size_t)minilm_width(r->encoder);
    sqlite3_stmt *s = rag_prepare(r, x->stamp ? "SELECT e.id, e.kind, e.status, v.v FROM entry e JOIN vector v ON "
                                                "v.id = e.id WHERE e.stamp > ?1 ORDER BY e.id"
                                              : "SELECT e.id, e.kind, e.status, v.v FROM vector v JOIN entry e ON "
                                                "v.id = e.id WHERE e.stamp > ?1 ORDER BY v.id", e);
    int code;

    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, x->stamp);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const size_t n = (size_t)sqlite3_column_bytes(s, 3);

        if (n != width * sizeof *x->rows)
            continue; /* of a damaged file: found by its words */
        if (!take_row(x, width, sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1) & 7, sqlite3_column_int(s, 2) & 3,
                      sqlite3_column_blob(s, 3))) {
            sqlite3_finalize(s);
            return err_set(e, ERR_NOMEM, "out of memory for the knowledge base's vectors");
        }
    }
    if (code != SQLITE_DONE)
        rag_failed(r, e);
    sqlite3_finalize(s);
    return code == SQLITE_DONE;
}

/* One read transaction, so that stamp and rows belong together. */
static bool refresh_in(rag *r, err *e)
{
    vector_index *x = &r->index;
    int64_t stamp, removals;

    if (!rag_number(r, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'stamp'", 0, &stamp, e) ||
        !rag_number(r, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'removals'", 0, &removals, e))
        return false;
    if (x->loaded && x->stamp == stamp)
        return true;
    if (!x->loaded || removals != x->removals) {
        x->n = 0;
        x->stamp = 0;
    }
    if (!read_later(r, e))
        return false;
    x->stamp = stamp;
    x->removals = removals;
    x->loaded = true;
    return true;
}

static bool refresh(rag *r, err *e)
{
    bool ok;

    if (!sqlite3_get_autocommit(r->db))
        return refresh_in(r, e);
    if (!rag_run(r, "BEGIN", e))
        return false;
    ok = refresh_in(r, e);
    sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
    return ok;
}

/* ---- the scan ---- */

typedef struct scan {
    rag *r;
    const float *v;
    unsigned kinds;
    bool verified_only;
    int most, n_chunks;
    vector_near *near; /* (n_chunks,most) */
    int *n;            /* (n_chunks) */
} scan;

/* Before b in the result? Ties: the lower id. */
static bool is_nearer(const vector_near *a, const vector_near *b)
{
    return a->score > b->score || (a->score == b->score && a->id < b->id);
}

static void insert(vector_near *list, int *n, int most, vector_near x)
{
    int at = *n;

    if (at == most && !is_nearer(&x, &list[at - 1]))
        return;
    if (at < most)
        (*n)++;
    else
        at--;
    for (; at > 0 && is_nearer(&x, &list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = x;
}

static bool wanted(const scan *s, size_t i)
{
    const vector_index *x = &s->r->index;

    if (!(s->kinds >> x->kinds[i] & 1) || x->statuses[i] == RAG_REJECTED)
        return false;
    return !s->verified_only || x->statuses[i] == RAG_VERIFIED;
}

static void scan_chunk(void *arg, int chunk)
{
    const scan *s = arg;
    const vector_index *x = &s->r->index;
    const int width = minilm_width(s->r->encoder);
    const size_t from = (size_t)chunk * CHUNK_ROWS, to = from + CHUNK_ROWS < x->n ? from + CHUNK_ROWS : x->n;

    for (size_t i = from; i < to; i++)
        if (wanted(s, i))
            insert(s->near + chunk * s->most, &s->n[chunk], s->most,
                   (vector_near){x->ids[i], s->r->gemm->dot(s->v, x->rows + i * (size_t)width, width)});
}

static bool scan_all(scan *s, vector_near *out, int *n, err *e)
{
    rag *r = s->r;

    s->near = calloc((size_t)s->n_chunks * (size_t)s->most + 1, sizeof *s->near);
    s->n = calloc((size_t)s->n_chunks + 1, sizeof *s->n);
    if (!s->near || !s->n)
        return err_set(e, ERR_NOMEM, "out of memory for a search");
    if (!r->pool && s->n_chunks > 1 && !(r->pool = pool_new(r->threads < 64 ? r->threads : 64, e)))
        return false;
    if (s->n_chunks > 1)
        pool_run(r->pool, scan_chunk, s, s->n_chunks);
    else if (s->n_chunks)
        scan_chunk(s, 0);
    *n = 0;
    for (int c = 0; c < s->n_chunks; c++)
        for (int i = 0; i < s->n[c]; i++)
            insert(out, n, s->most, s->near[c * s->most + i]);
    return true;
}

bool vectors_nearest(rag *r, const float *v, unsigned kinds, bool verified_only, int most, vector_near *out, int *n,
                     err *e)
{
    scan s = {.r = r, .v = v, .kinds = kinds, .verified_only = verified_only,
              .most = most < NEAREST_MOST ? most : NEAREST_MOST};
    bool ok = refresh(r, e);

    *n = 0;
    if (ok) {
        s.n_chunks = (int)((r->index.n + CHUNK_ROWS - 1) / CHUNK_ROWS);
        ok = scan_all(&s, out, n, e);
    }
    free(s.near);
    free(s.n);
    return ok;
}
