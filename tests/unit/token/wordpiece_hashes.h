/* wordpiece_hashes.h - the strings of token/gemma3.ids against a .hashes file
 * (reference/make_minilm.py). */
#ifndef UNIT_TOKEN_WORDPIECE_HASHES_H
#define UNIT_TOKEN_WORDPIECE_HASHES_H

#include "token/wordpiece.h"
#include "unit/token/ids_file.h"

static inline uint32_t hash_of_ids(const token_list *ids)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < ids->n; i++)
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ ((uint32_t)ids->ids[i] >> shift & 255)) * 16777619u;
    return hash;
}

/* How many of the first strings differ; -1 if a file cannot be read. */
static inline int hashes_count_different(const char *path, const wordpiece *w, size_t *n_strings)
{
    str strings = {0}, hashes = {0};
    token_list got = {0};
    ids_file f = {0};
    err e = {0};
    int different = -1;

    if (file_read(SALESBOT_SOURCE_DIR "/tests/golden/token/gemma3.ids", 1 << 24, &strings, &e) &&
        file_read(path, 1 << 24, &hashes, &e) && ids_start(&f, &strings) && hashes.n / 4 <= f.n_left) {
        *n_strings = hashes.n / 4;
        different = 0;
        for (size_t i = 0; i < hashes.n / 4; i++) {
            const unsigned char *h = (const unsigned char *)hashes.text + 4 * i;
            const size_t n = ids_number(&f);
            const char *text = (const char *)f.at;

            f.at += n;
            for (size_t k = ids_number(&f); k; k--)
                ids_number(&f);
            got.n = 0;
            if (wordpiece_encode(w, text, n, 256, &got, &e) &&
                hash_of_ids(&got) == (h[0] | (uint32_t)h[1] << 8 | (uint32_t)h[2] << 16 | (uint32_t)h[3] << 24))
                continue;
            if (different++ < 5) {
                fprintf(stderr, "string %zu \"%.*s\":", i, (int)n, text);
                for (size_t k = 0; k < got.n; k++)
                    fprintf(stderr, " %d", got.ids[k]);
                fputc('\n', stderr);
            }
        }
    }
    token_list_deinit(&got);
    str_deinit(&strings);
    str_deinit(&hashes);
    return different;
}

#endif
