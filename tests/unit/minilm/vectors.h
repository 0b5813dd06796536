/* vectors.h - the texts and vectors of tests/golden/minilm. */
#ifndef UNIT_MINILM_VECTORS_H
#define UNIT_MINILM_VECTORS_H

#include <jansson.h>
#include <stdlib.h>

#include "base/file.h"
#include "minilm/minilm.h"

#define GOLDEN SALESBOT_SOURCE_DIR "/tests/golden/minilm/"

/* texts.json; the array and its strings are borrowed from *root (json_decref). */
static inline const char **golden_texts(json_t **root, size_t *n)
{
    json_t *list;
    const char **texts;

    *root = json_load_file(GOLDEN "texts.json", 0, NULL);
    list = json_object_get(*root, "texts");
    *n = json_array_size(list);
    texts = calloc(*n + 1, sizeof *texts);
    for (size_t i = 0; texts && i < *n; i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return texts;
}

static inline double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;

    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

#endif
