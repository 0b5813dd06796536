/* search.c - by meaning, by words, by names; then one list.
 *
 *     score(entry) = sum over lists of 1 / (60 + rank)      Cormack et al. 2009, "Reciprocal rank fusion"
 * divided by what rank 1 in every list that was asked would give, so that 1 is the best there is.
 *
 * BM25 is FTS5's. Words that stand in very many entries say little and cost much: the rarest
 * words of the query are taken while the entries they stand in are few enough to score. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rag/rag_impl.h"
#include "rag/search_impl.h"

enum { LIST_MOST = 64, WORDS_MOST = 40, WORD_BYTES = 60, ROWS_MOST = 1500, HITS_MOST = 1000, RANK_OFFSET = 60 };
#define HITS_MEMORY ((size_t)256 << 20)

void rag_hits_deinit(rag_hits *h)
{
    arena_free(h->arena);
    *h = (rag_hits){0};
}

/* ---- the query's words ---- */

typedef struct word {
    char text[WORD_BYTES];
    int64_t rows; /* entries with it, up to ROWS_MOST + 1 */
} word;

static bool is_letter(char c) { return isalnum((unsigned char)c) || (unsigned char)c >= 0x80; }

static int split_words(const char *text, word *out)
{
    int n = 0;

    while (*text && n < WORDS_MOST) {
        size_t length = 0;
        bool seen = false;

        while (*text && !is_letter(*text))
            text++;
        while (is_letter(text[length]))
            length++;
        if (length && length < WORD_BYTES && utf8_valid(text, length)) {
            memcpy(out[n].text, text, length);
            out[n].text[length] = 0;
            for (int i = 0; i < n; i++)
                seen |= str_equal_nocase(out[i].text, out[n].text);
            n += !seen;
        }
        text += length;
    }
    return n;
}

static bool count_word(sqlite3_stmt *s, word *w)
{
    char quoted[WORD_BYTES + 3];

    snprintf(quoted, sizeof quoted, "\"%s\"", w->text); /* letters and digits only */
    sqlite3_reset(s);
    sqlite3_bind_text(s, 1, quoted, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(s, 2, ROWS_MOST + 1);
    if (sqlite3_step(s) != SQLITE_ROW)
        return false;
    w->rows = sqlite3_column_int64(s, 0);
    return true;
}

static int by_rows(const void *a, const void *b)
{
    const word *x = a, *y = b;

    return x->rows != y->rows ? (x->rows < y->rows ? -1 : 1) : strcmp(x->text, y->text);
}

/* The MATCH of the rarest words; "" when none of them stands anywhere. */
static void match_text(word *words, int n, str *out)
{
    int64_t rows = 0;
    int first = 0;

    qsort(words, (size_t)n, sizeof *words, by_rows);
    while (first < n && !words[first].rows)
        first++;
    for (int i = first; i < n; i++) {
        rows += words[i].rows;
        if (rows > ROWS_MOST && i > first)
            return;
        if (rows > ROWS_MOST && i + 1 < n) { /* even the rarest is common: both of the two rarest */
            str_addf(out, "\"%s\" AND \"%s\"", words[i].text, words[i + 1].text);
            return;
        }
        str_addf(out, "%s\"%s\"", i > first ? " OR " : "", words[i].text);
    }
}

/* ---- three lists of ids ---- */

typedef struct found {
    int64_t id;
    double score;
} found;

typedef struct list {
    found items[LIST_MOST];
    int n;
    bool asked;
} list;

enum { MEANING, WORDS, NAMES, N_LISTS };

typedef struct looking {
    rag *r;
    const rag_query *q;
    unsigned kinds;
    list lists[N_LISTS];
} looking;

/* Rows (id, score) of a statement whose ?1 is the MATCH, ?2 the kinds, ?3 the statuses. */
static bool read_list(looking *k, const char *sql, const char *match, list *out, err *e)
{
    sqlite3_stmt *s;
    const unsigned statuses = k->q->verified_only ? 1u << RAG_VERIFIED : 1u << RAG_VERIFIED | 1u << RAG_PENDING;
    int code;

    out->asked = true;
    if (!*match)
        return true;
    if (!(s = rag_prepare(k->r, sql, e)))
        return false;
    sqlite3_bind_text(s, 1, match, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 2, (int)k->kinds);
    sqlite3_bind_int(s, 3, (int)statuses);
    while ((code = sqlite3_step(s)) == SQLITE_ROW && out->n < LIST_MOST)
        out->items[out->n++] = (found){sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1)};
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        rag_failed(k->r, e);
    sqlite3_finalize(s);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

static bool look_by_words(looking *k, word *words, int n, err *e)
{
    static const char sql[] = "SELECT w.rowid, -bm25(words) FROM words w JOIN entry e ON e.id = w.rowid WHERE words MATCH ?1 "
                              "AND (1 << e.kind) & ?2 AND (1 << e.status) & ?3 ORDER BY bm25(words), w.rowid LIMIT 64";
    sqlite3_stmt *s = rag_prepare(k->r, "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2)", e);
    str match = {0};
    bool ok = s != NULL;

    for (int i = 0; ok && i < n; i++)
        ok = count_word(s, &words[i]) || rag_failed(k->r, e);
    sqlite3_finalize(s);
    if (ok) {
        match_text(words, n, &match);
        ok = read_list(k, sql, str_text(&match), &k->lists[WORDS], e);
    }
    str_deinit(&match);
    return ok;
}

/* Only words that no entry has as they stand: a slip, or a part of a name. */
static bool look_by_names(looking *k, const word *words, int n, err *e)
{
    static const char sql[] = "SELECT e.id, -bm25(names) FROM names w JOIN entry e ON e.id = w.rowid WHERE names MATCH ?1 "
                              "AND (1 << e.kind) & ?2 AND (1 << e.status) & ?3 ORDER BY bm25(names), w.rowid LIMIT 64";
    str match = {0};
    bool ok = true;

    if (k->kinds & RAG_CARDS) {
        for (int i = 0; i < n; i++)
            if (!words[i].rows)
                name_trigrams(words[i].text, &match);
        if (match.n)
            ok = read_list(k, sql, str_text(&match), &k->lists[NAMES], e);
    }
    str_deinit(&match);
    return ok;
}

static bool look_by_meaning(looking *k, err *e)
{
    vector_near near[LIST_MOST];
    float v[MINILM_WIDTH_MOST];
    list *out = &k->lists[MEANING];
    bool usable;

    if (!vectors_usable(k->r, &usable, e))
        return false;
    if (!usable)
        return true;
    out->asked = true;
    if (!minilm_embed(k->r->encoder, &k->q->text, 1, v, e) ||
        !vectors_nearest(k->r, v, k->kinds, k->q->verified_only, LIST_MOST, near, &out->n, e))
        return false;
    for (int i = 0; i < out->n; i++)
        out->items[i] = (found){near[i].id, (double)near[i].score};
    return true;
}

/* ---- one list ---- */

static rag_hit *hit_of(rag_hit *hits, int *n, int64_t id)
{
    for (int i = 0; i < *n; i++)
        if (hits[i].entry.id == id)
            return &hits[i];
    hits[*n] = (rag_hit){.entry.id = id, .meaning = NAN, .words = NAN, .names = NAN};
    return &hits[(*n)++];
}

static void merge(looking *k, rag_hit *hits, int *n)
{
    double best = 0;

    for (int which = 0; which < N_LISTS; which++) {
        const list *l = &k->lists[which];

        best += l->asked ? 1.0 / (RANK_OFFSET + 1) : 0;
        for (int i = 0; i < l->n; i++) {
            rag_hit *h = hit_of(hits, n, l->items[i].id);
            double *const scores[] = {&h->meaning, &h->words, &h->names};
            int *const ranks[] = {&h->meaning_rank, &h->words_rank, &h->names_rank};

            if (*ranks[which])
                continue;
            *scores[which] = l->items[i].score;
            *ranks[which] = i + 1;
            h->score += 1.0 / (RANK_OFFSET + 1 + i);
        }
    }
    for (int i = 0; i < *n && best > 0; i++)
        hits[i].score /= best;
}

static int by_score(const void *a, const void *b)
{
    const rag_hit *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->entry.id < y->entry.id ? -1 : x->entry.id > y->entry.id;
}

static bool fill(rag *r, rag_hits *out, const rag_hit *hits, int n, int most, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT " RAG_COLUMNS " FROM entry WHERE id = ?1", e);
    bool ok = s && (out->arena = arena_new(HITS_MEMORY)) && (out->hits = arena_push(out->arena, rag_hit, (size_t)most + 1));

    for (int i = 0; ok && i < n && out->n < most; i++) {
        rag_hit *h = &out->hits[out->n];

        *h = hits[i];
        sqlite3_reset(s);
        sqlite3_bind_int64(s, 1, hits[i].entry.id);
        if (sqlite3_step(s) != SQLITE_ROW)
            continue; /* removed a moment ago */
        ok = rag_row(s, out->arena, &h->entry);
        out->n += ok;
    }
    sqlite3_finalize(s);
    return ok || (e->code ? false : err_set(e, ERR_NOMEM, "out of memory for a search"));
}

static bool look(looking *k, err *e)
{
    word *words = calloc(WORDS_MOST, sizeof *words);
    const int n = words ? split_words(k->q->text, words) : 0;
    const bool ok = (words || err_set(e, ERR_NOMEM, "out of memory for a search")) && look_by_meaning(k, e) &&
                    look_by_words(k, words, n, e) && look_by_names(k, words, n, e);

    free(words);
    return ok;
}

bool rag_search(rag *r, const rag_query *q, rag_hits *out, err *e)
{
    looking *k = calloc(1, sizeof *k);
    rag_hit *hits = calloc((size_t)N_LISTS * LIST_MOST, sizeof *hits);
    const int most = q->most > 0 ? (q->most < HITS_MOST ? q->most : HITS_MOST) : 10;
    int n = 0;
    bool ok;

    *out = (rag_hits){0};
    e->code = ERR_OK;
    ok = (k && hits) || err_set(e, ERR_NOMEM, "out of memory for a search");
    if (ok) {
        *k = (looking){.r = r, .q = q, .kinds = q->kinds ? q->kinds : RAG_ALL_KINDS};
        ok = look(k, e);
    }
    if (ok) {
        merge(k, hits, &n);
        qsort(hits, (size_t)n, sizeof *hits, by_score);
        ok = fill(r, out, hits, n, most, e);
    }
    if (!ok)
        rag_hits_deinit(out);
    free(hits);
    free(k);
    return ok;
}

static void ranked(const char *label, double score, int rank, str *out)
{
    static const char *const ends[] = {"th", "st", "nd", "rd"};

    if (!rank)
        return;
    str_addf(out, "%s%s", out->n ? ", " : "", label);
    if (isfinite(score) && score != 0)
        str_addf(out, " %.2f", score);
    str_addf(out, " (%d%s)", rank, ends[rank % 10 < 4 && rank / 10 % 10 != 1 ? rank % 10 : 0]);
}

void rag_reason(const rag_hit *h, str *out)
{
    str said = {0};

    ranked("meaning", h->meaning, h->meaning_rank, &said);
    ranked("words", h->words, h->words_rank, &said);
    ranked("name", h->names, h->names_rank, &said);
    str_adds(out, str_text(&said));
    str_deinit(&said);
}
