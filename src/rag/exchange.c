/* exchange.c - entries as JSONL, out and in.
 *
 *     {"kind": "pair", "status": "verified", "key": "…", "text": "…", "body": "", "sql": "SELECT …", "source": "user"}
 *
 * An import is read whole before anything is written. What it says of itself counts for
 * nothing: a pair is pending unless whoever imports trusts the file. Keys are made anew
 * from the questions, and patterns and cards are derived things that are not taken over. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "rag/rag_impl.h"

enum { LINE_MOST = 1 << 20, TEXT_MOST = 1 << 16 };
#define IMPORT_LIMIT ((size_t)512 << 20)

/* ---- out ---- */

static json_t *entry_json(const rag_entry *x)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", rag_kind_name(x->kind), "status",
                     rag_status_name(x->status), "key", x->key, "text", x->text, "body", x->body, "sql", x->sql, "source",
                     x->source);
}

bool rag_export(rag *r, unsigned kinds, bool (*write)(void *arg, const char *line, size_t n, err *e), void *arg, err *e)
{
    rag_list all = {0};
    bool ok = rag_read(r, kinds, ~0u, 0, &all, e);

    for (size_t i = 0; ok && i < all.n; i++) {
        json_t *j = entry_json(&all.entries[i]);
        char *line = j ? json_dumps(j, JSON_COMPACT) : NULL;
        str out = {0};

        json_decref(j);
        str_adds(&out, line ? line : "");
        str_addc(&out, '\n');
        free(line);
        ok = out.n > 1 && !out.bad ? write(arg, out.text, out.n, e)
                                   : err_set(e, ERR_NOMEM, "out of memory for entry %lld", (long long)all.entries[i].id);
        str_deinit(&out);
    }
    rag_list_deinit(&all);
    return ok;
}

/* ---- in ---- */

typedef struct import {
    arena *a;
    rag_entry *entries;
    size_t n, cap, line;
    bool trust;
} import;

/* A text of at most `most` bytes; `needed`: not empty. */
static bool take_text(import *in, const json_t *line, const char *key, size_t most, bool needed, const char **out, err *e)
{
    const json_t *value = json_object_get(line, key);
    const size_t n = json_string_length(value);

    if (value && !json_is_string(value))
        return err_set(e, ERR_FORMAT, "line %zu: \"%s\" is not a text", in->line, key);
    if (needed && !n)
        return err_set(e, ERR_FORMAT, "line %zu: has no \"%s\"", in->line, key);
    if (n > most || (n && strlen(json_string_value(value)) != n))
        return err_set(e, ERR_FORMAT, "line %zu: \"%s\" is longer than %zu bytes or has NUL bytes", in->line, key, most);
    *out = arena_str(in->a, n ? json_string_value(value) : "");
    return *out || err_set(e, ERR_NOMEM, "out of memory for an import");
}

static bool take_key(import *in, rag_entry *x, const char *given, err *e)
{
    str key = {0};

    if (x->kind == RAG_PAIR)
        rag_question_key(x->text, &key);
    else
        str_adds(&key, given);
    x->key = key.bad ? NULL : arena_str(in->a, str_text(&key));
    str_deinit(&key);
    if (x->key && !*x->key)
        return err_set(e, ERR_FORMAT, "line %zu: has no \"key\"", in->line);
    return x->key || err_set(e, ERR_NOMEM, "out of memory for an import");
}

static bool add(import *in, const rag_entry *x, err *e)
{
    if (in->n == in->cap) {
        const size_t cap = in->cap ? in->cap * 2 : 64;
        rag_entry *grown = realloc(in->entries, cap * sizeof *grown);

        if (!grown)
            return err_set(e, ERR_NOMEM, "out of memory for an import");
        in->entries = grown;
        in->cap = cap;
    }
    in->entries[in->n++] = *x;
    return true;
}

static bool take_entry(import *in, const json_t *line, err *e)
{
    const char *kind, *status, *key;
    rag_entry x = {0};
    int k, s;

    if (!take_text(in, line, "kind", 20, true, &kind, e) || !take_text(in, line, "status", 20, false, &status, e))
        return false;
    k = rag_kind_of(kind);
    s = *status ? rag_status_of(status) : RAG_PENDING;
    if (k < 0 || s < 0)
        return err_set(e, ERR_FORMAT, "line %zu: no %s \"%.20s\"", in->line, k < 0 ? "kind" : "status", k < 0 ? kind : status);
    x.kind = (rag_kind)k;
    x.status = in->trust || s == RAG_REJECTED ? (rag_status)s : RAG_PENDING;
    if (1u << k & (RAG_CARDS | 1u << RAG_PATTERN))
        return true; /* made from the catalog and the pairs */
    return take_text(in, line, "text", TEXT_MOST, true, &x.text, e) &&
           take_text(in, line, "body", TEXT_MOST, false, &x.body, e) &&
           take_text(in, line, "sql", TEXT_MOST, x.kind == RAG_PAIR, &x.sql, e) &&
           take_text(in, line, "source", 1000, false, &x.source, e) &&
           take_text(in, line, "key", TEXT_MOST, false, &key, e) && take_key(in, &x, key, e) && add(in, &x, e);
}

static bool take_line(import *in, const char *text, size_t n, err *e)
{
    json_error_t why;
    json_t *line;
    bool ok;

    while (n && (text[n - 1] == '\r' || text[n - 1] == ' '))
        n--;
    if (!n)
        return true;
    if (n > LINE_MOST)
        return err_set(e, ERR_FORMAT, "line %zu: longer than %d bytes", in->line, (int)LINE_MOST);
    line = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (json_no_memory(line, &why))
        return err_set(e, ERR_NOMEM, "out of memory for an import");
    ok = json_is_object(line) ? take_entry(in, line, e)
                              : err_set(e, ERR_FORMAT, "line %zu: not a JSON object: %.100s", in->line, why.text);
    json_decref(line);
    return ok;
}

static bool read_lines(import *in, const char *text, size_t n, err *e)
{
    if (n > IMPORT_LIMIT)
        return err_set(e, ERR_LIMIT, "an import of %zu bytes; 512 MiB are the most", n);
    if (!(in->a = arena_new(2 * IMPORT_LIMIT)))
        return err_set(e, ERR_NOMEM, "out of memory for an import");
    while (n) {
        const char *end = memchr(text, '\n', n);
        const size_t length = end ? (size_t)(end - text) : n;

        in->line++;
        if (!take_line(in, text, length, e))
            return false;
        text += length + (end != NULL);
        n -= length + (end != NULL);
    }
    return true;
}

static void import_deinit(import *in)
{
    free(in->entries);
    arena_free(in->a);
}

bool rag_import_check(const char *text, size_t n, size_t *n_entries, err *e)
{
    import in = {0};
    const bool ok = read_lines(&in, text, n, e);

    *n_entries = in.n;
    import_deinit(&in);
    return ok;
}

/* Pairs that would take the place of verified ones with something unverified stay out. */
static bool drop_refused(rag *r, import *in, err *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < in->n; i++) {
        rag_list same = {0};
        bool refused = false;

        if (in->entries[i].kind == RAG_PAIR && in->entries[i].status != RAG_VERIFIED) {
            if (!rag_find_question(r, in->entries[i].text, &same, e))
                return false;
            refused = same.n > 0;
            rag_list_deinit(&same);
        }
        if (!refused)
            in->entries[kept++] = in->entries[i];
    }
    in->n = kept;
    return true;
}

bool rag_import(rag *r, const char *text, size_t n, bool trust, rag_count *count, err *e)
{
    import in = {.trust = trust};
    const bool ok = read_lines(&in, text, n, e) && drop_refused(r, &in, e) &&
                    rag_put(r, in.entries, in.n, NULL, NULL, count, e);

    import_deinit(&in);
    return ok;
}
