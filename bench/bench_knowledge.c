/* bench_knowledge.c - building and searching a knowledge base of N made-up pairs.
 * usage: bench_knowledge FOLDER_OF_ENCODER FILE.db [N [random]]; JSON lines. With `random` the vectors
 * are not computed by the encoder but drawn, to search large bases without the wait. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "minilm/minilm.h"
#include "rag/rag.h"

enum { SEARCHES = 101, WIDTH = 384 };

static const char *const subjects[] = {"sales", "stores", "customers", "returns", "orders", "products", "margin", "targets"};
static const char *const places[] = {"Leipzig", "Bonn", "London", "Zurich", "the west", "the north", "Audio", "Garden"};
static const char *const verbs[] = {"grew", "fell", "opened", "closed", "were sold", "came back", "cost most", "stayed"};

static void question(int i, char text[120])
{
    snprintf(text, 120, "How many %s %s in %s in week %d of %d?", subjects[i % 8], verbs[i / 8 % 8], places[i / 64 % 8],
             i / 512 % 53, 1990 + i / 512 / 53);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_knowledge: %s\n", what);
    exit(1);
}

static void draw_vectors(const char *file, const char *identity)
{
    sqlite3 *raw = NULL;
    sqlite3_stmt *s = NULL;
    char sql[200];

    snprintf(sql, sizeof sql, "UPDATE meta SET value = '%s' WHERE key = 'encoder'; DELETE FROM vector; BEGIN", identity);
    if (sqlite3_open(file, &raw) || sqlite3_exec(raw, sql, NULL, NULL, NULL) ||
        sqlite3_prepare_v2(raw, "INSERT INTO vector SELECT id, ?2 FROM entry WHERE id = ?1", -1, &s, NULL))
        fail("drawing vectors");
    for (int i = 1; i <= 10000000; i++) {
        float v[WIDTH];

        for (int k = 0; k < WIDTH; k++)
            v[k] = (float)((double)rand() / RAND_MAX - 0.5) * 0.177f; /* of length 1, about */
        sqlite3_bind_int(s, 1, i);
        sqlite3_bind_blob(s, 2, v, sizeof v, SQLITE_TRANSIENT);
        if (sqlite3_step(s) != SQLITE_DONE || !sqlite3_changes(raw))
            break;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_exec(raw, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(raw);
}

static void build(rag *r, int n)
{
    rag_entry *entries = calloc((size_t)n, sizeof *entries);
    char (*texts)[120] = calloc((size_t)n, sizeof *texts);
    rag_count count = {0};
    const double start = clock_ms();
    err e = {0};

    if (!entries || !texts)
        fail("out of memory");
    for (int i = 0; i < n; i++) {
        question(i, texts[i]);
        entries[i] = (rag_entry){.kind = RAG_PAIR, .status = RAG_VERIFIED, .key = texts[i], .text = texts[i], .body = "",
                                 .sql = "SELECT 1", .source = "bench"};
    }
    if (!rag_put(r, entries, (size_t)n, NULL, NULL, &count, &e))
        fail(e.msg);
    printf("{\"name\":\"knowledge_build\",\"entries\":%d,\"embedded\":%zu,\"s\":%.2f}\n", n, count.embedded, (clock_ms() - start) / 1e3);
    free(entries);
    free(texts);
}

int main(int argc, char **argv)
{
    const int n = argc > 3 ? atoi(argv[3]) : 10000;
    const bool drawn = argc > 4;
    double ms[SEARCHES];
    err e = {0};
    minilm *m = argc > 2 ? minilm_open(argv[1], &(minilm_options){0}, &e) : NULL;
    rag *r;

    if (!m)
        return fprintf(stderr, "usage: bench_knowledge FOLDER_OF_ENCODER FILE.db [N [random]] %s\n", e.msg), 2;
    unlink(argv[2]);
    if (!(r = rag_open(argv[2], &(rag_options){.encoder = drawn ? NULL : m}, &e)))
        fail(e.msg);
    build(r, n);
    if (drawn)
        draw_vectors(argv[2], minilm_identity(m));
    rag_use_encoder(r, m);
    for (int i = -1; i < SEARCHES; i++) { /* the first one reads the vectors */
        char text[120];
        rag_hits hits = {0};
        const double start = clock_ms();

        question(i * 997 + 7919, text);
        if (!rag_search(r, &(rag_query){.text = text, .verified_only = true}, &hits, &e))
            fail(e.msg);
        if (i >= 0)
            ms[i] = clock_ms() - start;
        else
            printf("{\"name\":\"knowledge_first_search\",\"entries\":%d,\"ms\":%.1f}\n", n, clock_ms() - start);
        rag_hits_deinit(&hits);
    }
    qsort(ms, SEARCHES, sizeof ms[0], by_value);
    printf("{\"name\":\"knowledge_search\",\"entries\":%d,\"p50_ms\":%.2f,\"p95_ms\":%.2f}\n", n, ms[SEARCHES / 2], ms[SEARCHES * 95 / 100]);
    rag_close(r);
    minilm_close(m);
    return 0;
}
