/* names.c - the trigrams of a word, as SQLite's trigram tokenizer cuts names. */
#include <string.h>

#include "rag/search_impl.h"

void name_trigrams(const char *word, str *match)
{
    size_t ends[64];
    int n = 0;

    for (size_t at = 0, left = strlen(word); left && n < 64;) {
        const size_t bytes = utf8_len(word + at, left);

        if (!bytes)
            return;
        at += bytes;
        left -= bytes;
        ends[n++] = at;
    }
    for (int i = 2; i < n; i++) {
        const size_t from = i > 2 ? ends[i - 3] : 0;

        str_addf(match, "%s\"%.*s\"", match->n ? " OR " : "", (int)(ends[i] - from), word + from);
    }
}
