/* golden.h - a tiny model beside what PyTorch computed with it (reference/). */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

typedef struct golden {
    json_t *json;
    str floats;
    int32_t *ids, *greedy;
    double *gaps;
    int n, n_greedy;
} golden;

static inline int32_t *golden_ids(const json_t *list, int *n)
{
    int32_t *ids;

    *n = (int)json_array_size(list);
    ids = calloc((size_t)*n + 1, sizeof *ids);
    for (int i = 0; i < *n; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(list, (size_t)i));
    return ids;
}

static inline void golden_path(char *path, size_t n, const char *name, const char *file)
{
    snprintf(path, n, "%s/tests/golden/gemma/%s/%s", SALESBOT_SOURCE_DIR, name, file);
}

static inline bool golden_open(golden *g, const char *name)
{
    char path[512];
    err e = {0};
    json_t *greedy;

    memset(g, 0, sizeof *g);
    golden_path(path, sizeof path, name, "golden.json");
    g->json = json_load_file(path, 0, NULL);
    golden_path(path, sizeof path, name, "golden.f32");
    if (!g->json || !file_read(path, 1u << 28, &g->floats, &e)) {
        fprintf(stderr, "%s: %s\n", name, g->json ? e.msg : "no golden.json");
        return false;
    }
    greedy = json_object_get(g->json, "greedy");
    g->ids = golden_ids(json_object_get(g->json, "ids"), &g->n);
    g->greedy = golden_ids(json_object_get(greedy, "ids"), &g->n_greedy);
    g->gaps = calloc((size_t)g->n_greedy + 1, sizeof *g->gaps);
    for (int i = 0; i < g->n_greedy; i++)
        g->gaps[i] = json_real_value(json_array_get(json_object_get(greedy, "gaps"), (size_t)i));
    return true;
}

static inline void golden_close(golden *g)
{
    json_decref(g->json);
    str_deinit(&g->floats);
    free(g->ids);
    free(g->greedy);
    free(g->gaps);
}

/* The array of that name, n elements; NULL if there is none. */
static inline const float *golden_array(const golden *g, const char *name, size_t *n)
{
    size_t i;
    const json_t *item;

    json_array_foreach(json_object_get(g->json, "arrays"), i, item) {
        const json_t *shape = json_object_get(item, "shape");

        if (strcmp(json_string_value(json_object_get(item, "name")), name))
            continue;
        *n = 1;
        for (size_t k = 0; k < json_array_size(shape); k++)
            *n *= (size_t)json_integer_value(json_array_get(shape, k));
        return (const float *)(const void *)g->floats.text + json_integer_value(json_object_get(item, "offset"));
    }
    return NULL;
}

#endif
