/* read.c - entries out of the file, and what it holds in numbers. */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "rag/rag_impl.h"

#define LIST_LIMIT ((size_t)1 << 30)

void rag_list_deinit(rag_list *l)
{
    arena_free(l->arena);
    *l = (rag_list){0};
}

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "out of memory for the knowledge base's entries"); }

static bool add_row(sqlite3_stmt *s, rag_list *l, size_t *cap)
{
    if (l->n == *cap) {
        rag_entry *grown = arena_push(l->arena, rag_entry, *cap ? *cap * 2 : 16);

        if (!grown)
            return false;
        if (l->n)
            memcpy(grown, l->entries, l->n * sizeof *grown);
        l->entries = grown;
        *cap = *cap ? *cap * 2 : 16;
    }
    return rag_row(s, l->arena, &l->entries[l->n++]);
}

bool rag_rows(rag *r, sqlite3_stmt *s, rag_list *out, err *e)
{
    size_t cap = 0;
    int code;
    bool ok = true;

    if (!s)
        return false;
    *out = (rag_list){.arena = arena_new(LIST_LIMIT)};
    ok = out->arena || no_memory(e);
    while (ok && (code = sqlite3_step(s)) != SQLITE_DONE)
        ok = code == SQLITE_ROW ? add_row(s, out, &cap) || no_memory(e) : rag_failed(r, e);
    sqlite3_finalize(s);
    if (!ok)
        rag_list_deinit(out);
    return ok;
}

bool rag_read(rag *r, unsigned kinds, unsigned statuses, size_t most, rag_list *out, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT " RAG_COLUMNS " FROM entry WHERE (1 << kind) & ?1 AND (1 << status) & ?2 "
                                     "ORDER BY id LIMIT ?3", e);

    if (!s)
        return false;
    sqlite3_bind_int(s, 1, (int)kinds);
    sqlite3_bind_int(s, 2, (int)statuses);
    sqlite3_bind_int64(s, 3, most ? (int64_t)most : -1);
    return rag_rows(r, s, out, e);
}

bool rag_get(rag *r, int64_t id, rag_list *out, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT " RAG_COLUMNS " FROM entry WHERE id = ?1", e);

    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, id);
    if (!rag_rows(r, s, out, e))
        return false;
    if (out->n)
        return true;
    rag_list_deinit(out);
    return err_set(e, ERR_NOT_FOUND, "no entry %lld (salesbot knowledge list shows them)", (long long)id);
}

static bool is_mark(utf8proc_int32_t c)
{
    return c == '.' || c == '?' || c == '!' || c == ';' || c == ',' || c == ':' || c == 0x3002 || c == 0xff1f;
}

void rag_question_key(const char *question, str *out)
{
    const size_t start = out->n;
    size_t kept = start; /* end of the last character that is no mark or blank */
    bool blank = false;

    for (size_t left = strlen(question); left;) {
        const size_t bytes = utf8_len(question, left), n = bytes ? bytes : 1;
        utf8proc_int32_t c = 0xfffd;
        utf8proc_uint8_t low[4];

        if (bytes)
            utf8proc_iterate((const utf8proc_uint8_t *)question, (utf8proc_ssize_t)bytes, &c);
        question += n;
        left -= n;
        if (c <= ' ' || c == 0xa0 || c == 0x7f) {
            blank = out->n > start;
            continue;
        }
        if (blank)
            str_addc(out, ' ');
        blank = false;
        str_add(out, (const char *)low, (size_t)utf8proc_encode_char(utf8proc_tolower(c), low));
        if (!is_mark(c))
            kept = out->n;
    }
    if (out->text && !out->bad) {
        out->n = kept;
        out->text[kept] = 0;
    }
}

bool rag_find_question(rag *r, const char *question, rag_list *out, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT " RAG_COLUMNS " FROM entry WHERE kind = ?1 AND key = ?2 AND status = ?3", e);
    str key = {0};
    bool ok;

    if (!s)
        return false;
    rag_question_key(question, &key);
    sqlite3_bind_int(s, 1, RAG_PAIR);
    sqlite3_bind_text(s, 2, str_text(&key), -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 3, RAG_VERIFIED);
    ok = rag_rows(r, s, out, e);
    str_deinit(&key);
    return ok;
}

static bool count_kinds(rag *r, rag_stats *out, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT kind, status, count(*) FROM entry GROUP BY kind, status", e);
    int code;

    if (!s)
        return false;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const int kind = sqlite3_column_int(s, 0), status = sqlite3_column_int(s, 1);

        if (kind >= 0 && kind < RAG_KIND_COUNT && status >= 0 && status < RAG_STATUS_COUNT)
            out->n[kind][status] = sqlite3_column_int64(s, 2);
        out->n_entries += sqlite3_column_int64(s, 2);
    }
    if (code != SQLITE_DONE)
        rag_failed(r, e);
    sqlite3_finalize(s);
    return code == SQLITE_DONE;
}

bool rag_stats_get(rag *r, rag_stats *out, err *e)
{
    int64_t stamp, pages, page_bytes;
    str encoder = {0};
    bool ok;

    *out = (rag_stats){0};
    ok = count_kinds(r, out, e) && rag_number(r, "SELECT count(*) FROM vector", 0, &out->n_vectors, e) &&
         rag_number(r, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'stamp'", 0, &stamp, e) &&
         rag_number(r, "PRAGMA page_count", 0, &pages, e) && rag_number(r, "PRAGMA page_size", 0, &page_bytes, e) &&
         rag_meta(r, "encoder", &encoder, e);
    if (ok) {
        snprintf(out->version, sizeof out->version, "%016llx", (unsigned long long)stamp);
        snprintf(out->encoder, sizeof out->encoder, "%.79s", str_text(&encoder));
        out->n_bytes = pages * page_bytes;
        out->n_stale = r->encoder && strcmp(minilm_identity(r->encoder), out->encoder)
                           ? out->n_entries : out->n_entries - out->n_vectors;
    }
    str_deinit(&encoder);
    return ok;
}
