/* pairs.c - questions with their SQL, and the patterns in them.
 *
 * A pattern is the canonical statement (sql/canonical.h) with a hole for each literal, so
 * that questions that differ only in a year or a name share one. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rag/rag_impl.h"
#include "sql/canonical.h"

enum { QUESTION_MOST = 20000, SQL_MOST = 100000, SHOWN_QUESTIONS = 3 };
#define MINING_MEMORY ((size_t)512 << 20)

/* Another process's pair of the same question is seen by the transaction. */
static bool may_replace(rag *r, const char *key, rag_status status, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT status FROM entry WHERE kind = ?1 AND key = ?2", e);
    bool refused;

    if (!s)
        return false;
    sqlite3_bind_int(s, 1, RAG_PAIR);
    sqlite3_bind_text(s, 2, key, -1, SQLITE_STATIC);
    refused = sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int(s, 0) == RAG_VERIFIED && status != RAG_VERIFIED;
    if (!rag_finish(r, s, e))
        return false;
    return !refused || err_set(e, ERR_REFUSED, "this question has a verified answer; reject or remove that one first");
}

static bool id_of(rag *r, const char *key, int64_t *id, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT id FROM entry WHERE kind = ?1 AND key = ?2", e);

    if (!s)
        return false;
    sqlite3_bind_int(s, 1, RAG_PAIR);
    sqlite3_bind_text(s, 2, key, -1, SQLITE_STATIC);
    *id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    return rag_finish(r, s, e);
}

bool rag_add_pair(rag *r, const char *question, const char *sql, const char *source, rag_status status, int64_t *id,
                  err *e)
{
    str key = {0};
    int64_t found = 0;
    bool ok;

    rag_question_key(question, &key);
    ok = !key.bad || err_set(e, ERR_NOMEM, "out of memory");
    if (ok && (!key.n || !*sql))
        ok = err_set(e, ERR_ARG, "a pair needs a question and its SQL");
    if (ok && (strlen(question) > QUESTION_MOST || strlen(sql) > SQL_MOST))
        ok = err_set(e, ERR_LIMIT, "a question of at most %d and SQL of at most %d bytes", (int)QUESTION_MOST,
                     (int)SQL_MOST);
    ok = ok && may_replace(r, str_text(&key), status, e) &&
         rag_put(r, &(rag_entry){.kind = RAG_PAIR, .status = status, .key = str_text(&key), .text = question,
                                 .body = "", .sql = sql, .source = source}, 1, NULL, NULL, NULL, e) &&
         id_of(r, str_text(&key), &found, e);
    if (ok && id)
        *id = found;
    str_deinit(&key);
    return ok;
}

bool rag_clear(rag *r, unsigned kinds, const char *source, size_t *n, err *e)
{
    rag_list all = {0};
    bool ok;

    *n = 0;
    if (!rag_begin(r, e))
        return false;
    ok = rag_read(r, kinds, ~0u, 0, &all, e);
    for (size_t i = 0; ok && i < all.n; i++)
        if (!source || !strcmp(all.entries[i].source, source)) {
            ok = rag_remove_in(r, all.entries[i].id, e);
            *n += ok;
        }
    rag_list_deinit(&all);
    return rag_end(r, ok, e);
}

/* ---- patterns ---- */

static bool is_date(const char *text, size_t n)
{
    static const char form[] = "dddd-dd-dd";

    if (n < sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    return true;
}

/* Past a quoted text; doubled quotes are part of it. */
static const char *quoted_end(const char *p)
{
    const char quote = *p++;

    while (*p && (*p != quote || p[1] == quote))
        p += *p == quote ? 2 : 1;
    return *p ? p + 1 : p;
}

static const char *number_end(const char *p)
{
    while (isalnum((unsigned char)*p) || *p == '.' || *p == '_')
        p++;
    return p;
}

/* A printed statement: only strings, names, words, numbers and symbols. */
static void make_holes(const char *sql, str *out)
{
    for (const char *p = sql, *end; *p; p = end) {
        if (*p == '\'') {
            end = quoted_end(p);
            str_adds(out, is_date(p + 1, (size_t)(end - p - 1)) ? "?date" : "?text");
        } else if (*p == '"') {
            end = quoted_end(p);
            str_add(out, p, (size_t)(end - p));
        } else if (isdigit((unsigned char)*p)) {
            end = number_end(p);
            str_adds(out, "?number");
        } else if (isalpha((unsigned char)*p) || *p == '_' || (unsigned char)*p >= 0x80) {
            for (end = p; isalnum((unsigned char)*end) || *end == '_' || (unsigned char)*end >= 0x80;)
                end++;
            str_add(out, p, (size_t)(end - p));
        } else {
            end = p + 1;
            str_addc(out, *p);
        }
    }
}

char *rag_pattern(arena *a, const char *sql, const db_catalog *c, err *e)
{
    char *canonical = sql_canonical(a, sql, c, e), *kept = NULL;
    str out = {0};

    if (canonical) {
        make_holes(canonical, &out);
        kept = out.bad ? NULL : arena_str(a, str_text(&out));
        if (!kept)
            err_set(e, ERR_NOMEM, "out of memory for a pattern");
    }
    str_deinit(&out);
    return kept;
}

typedef struct mined {
    const char *pattern, *question;
} mined;

static int by_pattern(const void *a, const void *b)
{
    const mined *x = a, *y = b;
    const int order = strcmp(x->pattern, y->pattern);

    return order ? order : strcmp(x->question, y->question);
}

/* The statement of an entry as a pattern; NULL when it doesn't bind to this catalog. */
static bool mine_pairs(rag *r, const db_catalog *c, arena *a, mined **out, size_t *n, err *e)
{
    rag_list pairs = {0};
    bool ok = rag_read(r, 1u << RAG_PAIR, 1u << RAG_VERIFIED, 0, &pairs, e);

    *n = 0;
    ok = ok && ((*out = arena_push(a, mined, pairs.n + 1)) || err_set(e, ERR_NOMEM, "out of memory for patterns"));
    for (size_t i = 0; ok && i < pairs.n; i++) {
        arena *scratch = arena_new((size_t)64 << 20);
        err local = {0};
        const char *pattern = scratch ? rag_pattern(scratch, pairs.entries[i].sql, c, &local) : NULL;

        if (pattern && (pattern = arena_str(a, pattern)))
            (*out)[(*n)++] = (mined){pattern, arena_str(a, pairs.entries[i].text)};
        ok = (local.code != ERR_NOMEM && (!*n || (*out)[*n - 1].question)) ||
             err_set(e, ERR_NOMEM, "out of memory for patterns");
        arena_free(scratch);
    }
    rag_list_deinit(&pairs);
    return ok;
}

/* One entry of all pairs [from, to) with one pattern; its text is their first questions. */
static bool pattern_entry(arena *a, const mined *m, size_t from, size_t to, rag_entry *out)
{
    str text = {0}, body = {0};

    for (size_t i = from; i < to && i < from + SHOWN_QUESTIONS; i++)
        str_addf(&text, "%s%s", i > from ? "; " : "", m[i].question);
    str_addf(&body, "%zu verified pair%s", to - from, to - from == 1 ? "" : "s");
    *out = (rag_entry){.kind = RAG_PATTERN, .status = RAG_VERIFIED, .key = m[from].pattern, .sql = m[from].pattern,
                       .text = arena_str(a, str_text(&text)), .body = arena_str(a, str_text(&body)), .source = "pairs"};
    str_deinit(&text);
    str_deinit(&body);
    return out->text && out->body;
}

static int entry_by_key(const void *a, const void *b)
{
    return strcmp(((const rag_entry *)a)->key, ((const rag_entry *)b)->key);
}

static bool remove_unmined(rag *r, const rag_entry *kept, size_t n, rag_count *count, err *e)
{
    rag_list have = {0};
    bool ok;

    if (!rag_begin(r, e))
        return false;
    ok = rag_read(r, 1u << RAG_PATTERN, ~0u, 0, &have, e);
    for (size_t i = 0; ok && i < have.n; i++)
        if (!n || !bsearch(&have.entries[i], kept, n, sizeof *kept, entry_by_key)) {
            ok = rag_remove_in(r, have.entries[i].id, e);
            count->removed += ok;
        }
    rag_list_deinit(&have);
    return rag_end(r, ok, e);
}

bool rag_mine(rag *r, const db_catalog *c, rag_count *count, err *e)
{
    arena *a = arena_new(MINING_MEMORY);
    mined *m = NULL;
    rag_entry *entries = NULL;
    size_t n = 0, n_entries = 0;
    bool ok = (a || err_set(e, ERR_NOMEM, "out of memory for patterns")) && mine_pairs(r, c, a, &m, &n, e);

    if (ok) {
        qsort(m, n, sizeof *m, by_pattern);
        ok = (entries = arena_push(a, rag_entry, n + 1)) || err_set(e, ERR_NOMEM, "out of memory for patterns");
    }
    for (size_t from = 0, to; ok && from < n; from = to) {
        for (to = from + 1; to < n && !strcmp(m[to].pattern, m[from].pattern);)
            to++;
        ok = pattern_entry(a, m, from, to, &entries[n_entries++]) || err_set(e, ERR_NOMEM, "out of memory for patterns");
    }
    ok = ok && rag_put(r, entries, n_entries, NULL, NULL, count, e) && remove_unmined(r, entries, n_entries, count, e);
    arena_free(a);
    return ok;
}
