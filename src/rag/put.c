/* put.c - entries into the file: what changed, and only that.
 *
 * What needs a vector is embedded before the transaction begins, so that writers
 * don't wait for arithmetic; a long list goes in batches, each a transaction. */
#include <stdlib.h>
#include <string.h>

#include "rag/rag_impl.h"

enum { BATCH = 256 };

static const char *const kind_names[] = {
#define X(name) #name,
    RAG_KINDS(X)
#undef X
};
static const char *const status_names[] = {"pending", "verified", "rejected"};

const char *rag_kind_name(rag_kind k) { return kind_names[k]; }
const char *rag_status_name(rag_status s) { return status_names[s]; }

static int index_of(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

int rag_kind_of(const char *name) { return index_of(kind_names, RAG_KIND_COUNT, name); }
int rag_status_of(const char *name) { return index_of(status_names, RAG_STATUS_COUNT, name); }

/* ---- rows ---- */

bool rag_row(sqlite3_stmt *s, arena *a, rag_entry *out)
{
    const char **const texts[] = {&out->key, &out->text, &out->body, &out->sql, &out->source};

    out->id = sqlite3_column_int64(s, 0);
    out->kind = (rag_kind)sqlite3_column_int(s, 1);
    out->status = (rag_status)sqlite3_column_int(s, 2);
    if (out->kind >= RAG_KIND_COUNT || out->status >= RAG_STATUS_COUNT) /* of a damaged file */
        out->kind = RAG_FEEDBACK, out->status = RAG_REJECTED;
    for (int i = 0; i < 5; i++) {
        const char *text = (const char *)sqlite3_column_text(s, 3 + i);

        if (!(*texts[i] = arena_strn(a, text ? text : "", (size_t)sqlite3_column_bytes(s, 3 + i))))
            return false;
    }
    return true;
}

/* ---- one batch ---- */

typedef struct slot {
    int64_t id;   /* 0: new */
    bool same, same_text, has_vector;
    float *vector; /* borrowed from the batch's; NULL: none needed or no encoder */
} slot;

typedef struct batch {
    rag *r;
    const rag_entry *entries;
    int n;
    slot slots[BATCH];
    float *vectors; /* owned */
    sqlite3_stmt *find;
} batch;

static bool equal_column(sqlite3_stmt *s, int column, const char *text)
{
    const char *have = (const char *)sqlite3_column_text(s, column);

    return have && !strcmp(have, text);
}

/* What the file holds under the entry's key. */
static bool find_slot(batch *b, int i, err *e)
{
    const rag_entry *x = &b->entries[i];
    slot *at = &b->slots[i];
    sqlite3_stmt *s = b->find;
    int code;

    sqlite3_reset(s);
    sqlite3_bind_int(s, 1, (int)x->kind);
    sqlite3_bind_text(s, 2, x->key, -1, SQLITE_STATIC);
    code = sqlite3_step(s);
    at->id = 0;
    at->same = at->same_text = at->has_vector = false;
    if (code == SQLITE_ROW) {
        at->id = sqlite3_column_int64(s, 0);
        at->same_text = equal_column(s, 2, x->text);
        at->same = at->same_text && sqlite3_column_int(s, 1) == (int)x->status && equal_column(s, 3, x->body) &&
                   equal_column(s, 4, x->sql) && equal_column(s, 5, x->source);
        at->has_vector = sqlite3_column_int(s, 6);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return rag_failed(b->r, e);
    sqlite3_reset(s);
    return true;
}

static bool find_all(batch *b, err *e)
{
    for (int i = 0; i < b->n; i++)
        if (!find_slot(b, i, e))
            return false;
    return true;
}

static bool embed_new(batch *b, rag_count *count, err *e)
{
    const char *texts[BATCH];
    int n = 0;
    const size_t width = b->r->encoder ? (size_t)minilm_width(b->r->encoder) : 0;

    if (!b->r->encoder)
        return true;
    for (int i = 0; i < b->n; i++)
        if (!b->slots[i].same_text || !b->slots[i].has_vector)
            texts[n++] = b->entries[i].text;
    if (!n)
        return true;
    if (!(b->vectors = malloc((size_t)n * width * sizeof *b->vectors)))
        return err_set(e, ERR_NOMEM, "out of memory for %d vectors", n);
    if (!minilm_embed(b->r->encoder, texts, (size_t)n, b->vectors, e))
        return false;
    count->embedded += (size_t)n;
    n = 0;
    for (int i = 0; i < b->n; i++)
        if (!b->slots[i].same_text || !b->slots[i].has_vector)
            b->slots[i].vector = b->vectors + width * (size_t)n++;
    return true;
}

/* ---- writing, inside a transaction ---- */

/* The name that trigrams are taken of; NULL for kinds without one. */
static const char *indexed_name(const rag_entry *x)
{
    return x->kind == RAG_TABLE || x->kind == RAG_COLUMN ? x->key : NULL;
}

static bool index_row(rag *r, const char *sql, int64_t id, const char *text, err *e)
{
    sqlite3_stmt *s;

    if (!text)
        return true;
    if (!(s = rag_prepare(r, sql, e)))
        return false;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_text(s, 2, text, -1, SQLITE_STATIC);
    return rag_finish(r, s, e);
}

/* The indexes keep no text of their own: what goes must be told to them. */
static bool unindex(rag *r, int64_t id, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT " RAG_COLUMNS " FROM entry WHERE id = ?1", e);
    arena *a = arena_new((size_t)128 << 20);
    rag_entry x = {0};
    bool ok = s && a, there = false;

    if (ok) {
        sqlite3_bind_int64(s, 1, id);
        there = sqlite3_step(s) == SQLITE_ROW;
        ok = !there || rag_row(s, a, &x) || err_set(e, ERR_NOMEM, "out of memory");
    }
    sqlite3_finalize(s);
    ok = ok && (!there ||
                (index_row(r, "INSERT INTO words(words, rowid, text) VALUES ('delete', ?1, ?2)", id, x.text, e) &&
                 index_row(r, "INSERT INTO names(names, rowid, name) VALUES ('delete', ?1, ?2)", id, indexed_name(&x), e)));
    arena_free(a);
    return ok;
}

static bool put_vector(rag *r, int64_t id, const float *v, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "INSERT INTO vector VALUES (?1, ?2) ON CONFLICT DO UPDATE SET v = ?2", e);

    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_blob(s, 2, v, minilm_width(r->encoder) * (int)sizeof *v, SQLITE_STATIC);
    return rag_finish(r, s, e);
}

static bool drop_vector(rag *r, int64_t id, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "DELETE FROM vector WHERE id = ?1", e);

    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, id);
    return rag_finish(r, s, e);
}

static bool put_row(rag *r, const rag_entry *x, int64_t stamp, int64_t *id, err *e)
{
    sqlite3_stmt *s = rag_prepare(
        r, "INSERT INTO entry(kind, status, key, text, body, sql, source, stamp) VALUES (?1,?2,?3,?4,?5,?6,?7,?8) "
           "ON CONFLICT(kind, key) DO UPDATE SET status=?2, text=?4, body=?5, sql=?6, source=?7, stamp=?8 RETURNING id", e);
    const char *const texts[] = {x->key, x->text, x->body, x->sql, x->source};

    if (!s)
        return false;
    sqlite3_bind_int(s, 1, (int)x->kind);
    sqlite3_bind_int(s, 2, (int)x->status);
    for (int i = 0; i < 5; i++)
        sqlite3_bind_text(s, 3 + i, texts[i], -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 8, stamp);
    if (sqlite3_step(s) == SQLITE_ROW)
        *id = sqlite3_column_int64(s, 0);
    return rag_finish(r, s, e);
}

static bool write_slot(batch *b, int i, int64_t stamp, rag_count *count, err *e)
{
    rag *r = b->r;
    const rag_entry *x = &b->entries[i];
    slot *at = &b->slots[i];
    int64_t id = 0;

    if (!find_slot(b, i, e)) /* again: another process may have written since */
        return false;
    if (at->same && (at->has_vector || !at->vector)) {
        count->unchanged++;
        return true;
    }
    if (at->id && !unindex(r, at->id, e))
        return false;
    if (!put_row(r, x, stamp, &id, e) ||
        !index_row(r, "INSERT INTO words(rowid, text) VALUES (?1, ?2)", id, x->text, e) ||
        !index_row(r, "INSERT INTO names(rowid, name) VALUES (?1, ?2)", id, indexed_name(x), e))
        return false;
    if (at->same)
        count->unchanged++;
    else if (at->id)
        count->changed++;
    else
        count->added++;
    if (at->vector)
        return put_vector(r, id, at->vector, e);
    return at->same_text || !at->id || (drop_vector(r, id, e) && rag_count_removals(r, 1, e));
}

/* Vectors of another encoder can't be compared: they go. */
static bool settle_encoder(rag *r, err *e)
{
    str now = {0};
    bool ok = rag_meta(r, "encoder", &now, e);

    if (ok && r->encoder && strcmp(str_text(&now), minilm_identity(r->encoder)))
        ok = rag_run(r, "DELETE FROM vector", e) && rag_count_removals(r, 1, e) &&
             rag_meta_set(r, "encoder", minilm_identity(r->encoder), e);
    str_deinit(&now);
    return ok;
}

static bool write_batch(batch *b, rag_count *count, err *e)
{
    int64_t stamp;
    bool ok;

    if (!rag_begin(b->r, e))
        return false;
    ok = settle_encoder(b->r, e) && rag_stamp(b->r, &stamp, e);
    for (int i = 0; ok && i < b->n; i++)
        ok = write_slot(b, i, stamp, count, e);
    return rag_end(b->r, ok, e);
}

static bool all_same(const batch *b)
{
    for (int i = 0; i < b->n; i++)
        if (!b->slots[i].same || b->slots[i].vector)
            return false;
    return true;
}

/* A vector counts only when it is of this encoder. */
static const char find_sql[] =
    "SELECT e.id, e.status, e.text, e.body, e.sql, e.source, v.id IS NOT NULL AND "
    "(SELECT value FROM meta WHERE key = 'encoder') = ?3 FROM entry e LEFT JOIN vector v ON v.id = e.id "
    "WHERE e.kind = ?1 AND e.key = ?2";

static bool put_batch(rag *r, const rag_entry *entries, int n, rag_count *count, err *e)
{
    batch *b = calloc(1, sizeof *b);
    rag_count made = {0};
    bool ok;

    if (!b)
        return err_set(e, ERR_NOMEM, "out of memory");
    *b = (batch){.r = r, .entries = entries, .n = n};
    b->find = rag_prepare(r, find_sql, e);
    if (b->find)
        sqlite3_bind_text(b->find, 3, r->encoder ? minilm_identity(r->encoder) : "", -1, SQLITE_STATIC);
    ok = b->find && find_all(b, e) && embed_new(b, &made, e);
    if (ok && all_same(b))
        made.unchanged = (size_t)n;
    else
        ok = ok && write_batch(b, &made, e);
    sqlite3_finalize(b->find);
    free(b->vectors);
    free(b);
    if (ok && count) {
        count->added += made.added;
        count->changed += made.changed;
        count->unchanged += made.unchanged;
        count->embedded += made.embedded;
    }
    return ok;
}

bool rag_put(rag *r, const rag_entry *entries, size_t n, rag_progress tell, void *arg, rag_count *count, err *e)
{
    for (size_t i = 0; i < n; i += BATCH) {
        const int some = n - i < BATCH ? (int)(n - i) : BATCH;

        if (tell && !tell(arg, i, n))
            return err_set(e, ERR_CANCELLED, "interrupted; %zu of %zu entries are in", i, n);
        if (!put_batch(r, entries + i, some, count, e))
            return false;
    }
    return !tell || tell(arg, n, n) || err_set(e, ERR_CANCELLED, "interrupted");
}

bool rag_remove_in(rag *r, int64_t id, err *e)
{
    sqlite3_stmt *s;

    if (!unindex(r, id, e) || !drop_vector(r, id, e) || !(s = rag_prepare(r, "DELETE FROM entry WHERE id = ?1", e)))
        return false;
    sqlite3_bind_int64(s, 1, id);
    return rag_finish(r, s, e) && rag_count_removals(r, 1, e);
}

bool rag_remove(rag *r, int64_t id, err *e)
{
    bool ok;
    rag_list found = {0};

    if (!rag_begin(r, e))
        return false;
    ok = rag_get(r, id, &found, e) && rag_remove_in(r, id, e);
    rag_list_deinit(&found);
    return rag_end(r, ok, e);
}

bool rag_set_status(rag *r, int64_t id, rag_status status, err *e)
{
    sqlite3_stmt *s;
    int64_t stamp;
    bool ok;

    if (!rag_begin(r, e))
        return false;
    ok = rag_stamp(r, &stamp, e) && (s = rag_prepare(r, "UPDATE entry SET status = ?2, stamp = ?3 WHERE id = ?1", e));
    if (ok) {
        sqlite3_bind_int64(s, 1, id);
        sqlite3_bind_int(s, 2, (int)status);
        sqlite3_bind_int64(s, 3, stamp);
        ok = rag_finish(r, s, e) && (sqlite3_changes(r->db) > 0 ||
                                     err_set(e, ERR_NOT_FOUND, "no entry %lld (salesbot knowledge list shows them)",
                                             (long long)id));
    }
    return rag_end(r, ok, e);
}
