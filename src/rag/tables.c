/* tables.c - the tables a question is about, of a catalog too large to show whole.
 *
 *     score(table) = its card's fit + its best column's + 0.3 * its second column's
 * (measured: docs/ACCURACY.md). Then a table that the chosen ones refer to comes before
 * one that nothing connects, and tables between two chosen ones come along. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rag/rag_impl.h"

enum { CARD_HITS = 200, BRIDGES = 3 };
#define TABLE_BONUS 1.0
#define COLUMN_BONUS 1.0
#define SECOND_BONUS 0.3
#define WORDS_HALF 6.0 /* the BM25 that counts half */
#define WORDS_WEIGHT 0.5

typedef struct scoring {
    const db_catalog *c;
    double *card, *best, *second; /* (n_tables) */
} scoring;

/* Scores, not ranks: of a handful of tables even the last is near the front. */
static double fit(const rag_hit *h)
{
    const double meaning = h->meaning > 0 ? h->meaning : 0, words = h->words > 0 ? h->words / (h->words + WORDS_HALF) : 0;

    return meaning + WORDS_WEIGHT * words;
}

static void add_hit(scoring *s, const rag_hit *h)
{
    char name[512];
    const char *dot = h->entry.kind == RAG_COLUMN ? strrchr(h->entry.key, '.') : NULL;
    const size_t n = dot ? (size_t)(dot - h->entry.key) : strlen(h->entry.key);
    const double score = fit(h);
    int t;

    if (n >= sizeof name)
        return;
    memcpy(name, h->entry.key, n);
    name[n] = 0;
    if ((t = db_table_find(s->c, name)) < 0)
        return;
    if (!dot) {
        s->card[t] = score;
    } else if (score > s->best[t]) {
        s->second[t] = s->best[t];
        s->best[t] = score;
    } else if (score > s->second[t]) {
        s->second[t] = score;
    }
}

static int by_score(const void *a, const void *b)
{
    const rag_table *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->table - y->table;
}

static bool refers(const db_catalog *c, int from, int to)
{
    for (int i = 0; i < c->tables[from].n_columns; i++)
        if (c->tables[from].columns[i].fk_table == to)
            return true;
    return false;
}

static bool is_chosen(const rag_table *list, int n, int table)
{
    for (int i = 0; i < n; i++)
        if (list[i].table == table)
            return true;
    return false;
}

/* Joined to two of the list's first tables, and not in it: takes the place of the last ones. */
static void add_bridges(const db_catalog *c, rag_table *list, int *n, int most)
{
    const int leading = *n < 4 ? *n : 4;
    int added = 0;

    for (int t = 0; t < c->n_tables && added < BRIDGES; t++) {
        int joined = 0;

        for (int i = 0; i < leading; i++)
            joined += list[i].table != t && (refers(c, t, list[i].table) || refers(c, list[i].table, t));
        if (joined < 2 || is_chosen(list, *n, t))
            continue;
        if (*n == most && *n - 1 - added < leading)
            return;
        if (*n < most)
            (*n)++;
        list[*n - 1 - added] = (rag_table){t, 0};
        added++;
    }
}

static bool score_tables(rag *r, const char *question, scoring *s, err *e)
{
    rag_hits hits = {0};
    const unsigned parts[] = {1u << RAG_TABLE, 1u << RAG_COLUMN};

    for (int p = 0; p < 2; p++) {
        if (!rag_search(r, &(rag_query){.text = question, .kinds = parts[p], .most = CARD_HITS}, &hits, e))
            return false;
        for (int i = 0; i < hits.n; i++)
            add_hit(s, &hits.hits[i]);
        rag_hits_deinit(&hits);
    }
    return true;
}

bool rag_tables(rag *r, const db_catalog *c, const char *question, int most, rag_table *out, int *n, err *e)
{
    const size_t count = (size_t)c->n_tables;
    double *memory = calloc(3 * count + 1, sizeof *memory);
    rag_table *all = calloc(count + 1, sizeof *all);
    scoring s = {c, memory, memory + count, memory + 2 * count};
    bool ok = (memory && all) || err_set(e, ERR_NOMEM, "out of memory for choosing tables");
    int found = 0;

    *n = 0;
    if (ok && (ok = score_tables(r, question, &s, e))) {
        for (int t = 0; t < c->n_tables; t++) {
            const double score = TABLE_BONUS * s.card[t] + COLUMN_BONUS * s.best[t] + SECOND_BONUS * s.second[t];

            if (score > 0)
                all[found++] = (rag_table){t, score};
        }
        qsort(all, (size_t)found, sizeof *all, by_score);
        *n = found < most ? found : most;
        memcpy(out, all, (size_t)*n * sizeof *out);
        add_bridges(c, out, n, most);
    }
    free(memory);
    free(all);
    return ok;
}

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

const db_catalog *rag_catalog(arena *a, const db_catalog *c, const int *tables, int n)
{
    db_catalog *out = arena_push(a, db_catalog, 1);
    db_table *copy = arena_push(a, db_table, (size_t)n + 1);
    int *sorted = arena_push(a, int, (size_t)n + 1);

    if (!out || !copy || !sorted)
        return NULL;
    memcpy(sorted, tables, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_number);
    *out = *c;
    out->tables = copy;
    out->n_tables = n;
    for (int i = 0; i < n; i++) {
        const db_table *from = &c->tables[sorted[i]];
        db_column *columns = arena_push(a, db_column, (size_t)from->n_columns + 1);

        if (!columns)
            return NULL;
        copy[i] = *from;
        copy[i].columns = columns;
        memcpy(columns, from->columns, (size_t)from->n_columns * sizeof *columns);
        for (int k = 0; k < from->n_columns; k++) {
            const int *to = bsearch(&columns[k].fk_table, sorted, (size_t)n, sizeof *sorted, by_number);

            columns[k].fk_table = to ? (int)(to - sorted) : -1;
            columns[k].fk_column = to ? columns[k].fk_column : -1;
        }
    }
    return out;
}
