/* bench_recall.c - are the tables and columns of the right statement among those that the
 * knowledge base finds?
 *
 * usage: bench_recall QUESTIONS.jsonl SCHEMAS.json [merged|alone [LIMIT [words]]]
 *
 * QUESTIONS: db_id, question, evidence?, sql a line; SCHEMAS: {db_id: {tables, foreign_keys}}.
 * alone: each question against its own database; merged: against one catalog of all of them,
 * whose tables are called db_id__table. `words`: without vectors. Prints a line for each k. */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "minilm/minilm.h"
#include "rag/rag.h"

enum { KS = 6, GOLD_MOST = 16, FOUND_MOST = 50 };
static const int ks[KS] = {1, 2, 4, 8, 12, 25};

static void fail(const err *e)
{
    fprintf(stderr, "bench_recall: %s\n", e->msg);
    exit(1);
}

/* All schemas as one, tables prefixed. */
static json_t *merge(json_t *schemas)
{
    json_t *tables = json_array(), *keys = json_array(), *schema;
    const char *id;

    json_object_foreach(schemas, id, schema) {
        json_t *t, *k;
        size_t i;

        json_array_foreach(json_object_get(schema, "tables"), i, t) {
            json_t *copy = json_deep_copy(t);

            json_object_set_new(copy, "name", json_sprintf("%s__%s", id, json_string_value(json_object_get(t, "name"))));
            json_array_append_new(tables, copy);
        }
        json_array_foreach(json_object_get(schema, "foreign_keys"), i, k)
            json_array_append_new(keys, json_pack("[o,O,o,O]",
                json_sprintf("%s__%s", id, json_string_value(json_array_get(k, 0))), json_array_get(k, 1),
                json_sprintf("%s__%s", id, json_string_value(json_array_get(k, 2))), json_array_get(k, 3)));
    }
    return json_pack("{s:o, s:o}", "tables", tables, "foreign_keys", keys);
}

static const db_catalog *catalog_of(arena *a, const char *name, json_t *schema)
{
    err e = {0};
    char *text = json_dumps(schema, 0);
    const db_catalog *c = text ? db_catalog_of_json(a, name, text, strlen(text), &e) : NULL;

    free(text);
    if (!c)
        fail(&e);
    return c;
}

/* Words behind FROM and JOIN that are tables. */
static int gold_tables(const db_catalog *c, const char *prefix, const char *sql, int gold[GOLD_MOST])
{
    char word[200] = "", before[200] = "", full[420];
    int n = 0;

    for (const char *p = sql; *p;) {
        size_t k = 0;

        while (*p && !isalnum((unsigned char)*p) && *p != '_' && *p != '(')
            p++;
        if (*p == '(') {
            strcpy(before, "(");
            p++;
            continue;
        }
        for (; isalnum((unsigned char)*p) || *p == '_'; p++)
            if (k < sizeof word - 1)
                word[k++] = *p;
        word[k] = 0;
        if (str_equal_nocase(before, "from") || str_equal_nocase(before, "join")) {
            bool there = false;
            int t;

            snprintf(full, sizeof full, "%s%s", prefix, word);
            t = db_table_find(c, full);
            for (int i = 0; i < n; i++)
                there |= gold[i] == t;
            if (t >= 0 && !there && n < GOLD_MOST)
                gold[n++] = t;
        }
        strcpy(before, word);
    }
    return n;
}

typedef struct tally {
    int n, whole[KS], found[KS], gold;
    double ms;
} tally;

static void count(tally *t, const rag_table *found, int n_found, const int *gold, int n_gold)
{
    t->n++;
    t->gold += n_gold;
    for (int k = 0; k < KS; k++) {
        int hit = 0;

        for (int g = 0; g < n_gold; g++)
            for (int i = 0; i < n_found && i < ks[k]; i++)
                hit += found[i].table == gold[g];
        t->found[k] += hit;
        t->whole[k] += hit == n_gold;
    }
}

typedef struct base {
    const char *name;
    const db_catalog *catalog;
    rag *rag;
    struct base *next;
} base;

static base *base_of(base **all, arena *a, const char *name, json_t *schema, const minilm *m)
{
    rag_count counted;
    err e = {0};
    base *b;

    for (b = *all; b; b = b->next)
        if (!strcmp(b->name, name))
            return b;
    b = arena_push(a, base, 1);
    *b = (base){name, catalog_of(a, name, schema), rag_open(":memory:", &(rag_options){.encoder = m}, &e), *all};
    if (!b->rag || !rag_build(b->rag, b->catalog, NULL, NULL, &counted, &e))
        fail(&e);
    return *all = b;
}

int main(int argc, char **argv)
{
    const bool merged = argc > 3 && !strcmp(argv[3], "merged"), words = argc > 5;
    const int limit = argc > 4 ? atoi(argv[4]) : 0;
    FILE *f = argc > 2 ? fopen(argv[1], "r") : NULL;
    json_t *schemas = argc > 2 ? json_load_file(argv[2], 0, NULL) : NULL, *one = merged ? merge(schemas) : NULL;
    arena *a = arena_new((size_t)4 << 30);
    str path = {0};
    err e = {0};
    base *all = NULL;
    tally t = {0};
    char *line = NULL;
    size_t cap = 0;
    minilm *m;

    if (!f || !schemas || !a || !minilm_default_path(&path, &e) || !(m = minilm_open(path.text, &(minilm_options){0}, &e)))
        return fprintf(stderr, "usage: bench_recall QUESTIONS.jsonl SCHEMAS.json [merged|alone [LIMIT [words]]] %s\n", e.msg), 2;
    while (getline(&line, &cap, f) > 0 && (!limit || t.n < limit)) {
        json_t *q = json_loads(line, 0, NULL);
        const char *id = arena_str(a, json_string_value(json_object_get(q, "db_id")));
        const char *question = json_string_value(json_object_get(q, "question"));
        const base *b = base_of(&all, a, merged ? "all" : id, merged ? one : json_object_get(schemas, id), words ? NULL : m);
        rag_table found[FOUND_MOST];
        int gold[GOLD_MOST], n_gold, n = 0;
        char prefix[200] = "";
        double start;

        if (merged)
            snprintf(prefix, sizeof prefix, "%s__", id);
        n_gold = gold_tables(b->catalog, prefix, json_string_value(json_object_get(q, "sql")), gold);
        start = clock_ms();
        if (!rag_tables(b->rag, b->catalog, question, FOUND_MOST, found, &n, &e))
            fail(&e);
        t.ms += clock_ms() - start;
        if (n_gold)
            count(&t, found, n, gold, n_gold);
        json_decref(q);
    }
    printf("%d questions, %.2f gold tables each, %d tables in the last catalog, %.1f ms a question\n", t.n,
           (double)t.gold / t.n, all->catalog->n_tables, t.ms / t.n);
    for (int k = 0; k < KS; k++)
        printf("k=%-2d  gold tables found %5.1f %%   all of them %5.1f %%\n", ks[k], 100.0 * t.found[k] / t.gold,
               100.0 * t.whole[k] / t.n);
    for (; all; all = all->next)
        rag_close(all->rag);
    minilm_close(m);
    str_deinit(&path);
    free(line);
    fclose(f);
    json_decref(one);
    json_decref(schemas);
    arena_free(a);
    return 0;
}
