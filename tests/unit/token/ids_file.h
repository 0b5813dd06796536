/* ids_file.h - reads the .ids goldens (their form: reference/make_token.py). */
#ifndef UNIT_TOKEN_IDS_FILE_H
#define UNIT_TOKEN_IDS_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "token/token.h"

typedef struct ids_file {
    const unsigned char *at, *end;
    size_t n_left;
} ids_file;

static inline size_t ids_number(ids_file *f)
{
    size_t value = 0;

    for (unsigned shift = 0; f->at < f->end && shift < 35; shift += 7) {
        value |= (size_t)(*f->at & 0x7F) << shift;
        if (!(*f->at++ & 0x80))
            break;
    }
    return value;
}

static inline bool ids_start(ids_file *f, const str *bytes)
{
    if (bytes->n < 5 || memcmp(bytes->text, "TOKS", 4))
        return false;
    f->at = (const unsigned char *)bytes->text + 4;
    f->end = (const unsigned char *)bytes->text + bytes->n;
    f->n_left = ids_number(f);
    return f->n_left > 0;
}

/* Encodes the next string; false, with both lists on stderr, when ids differ. */
static inline bool ids_next_equal(ids_file *f, const tokenizer *t, token_list *got)
{
    const size_t n_text = ids_number(f);
    const char *text = (const char *)f->at;
    size_t n;
    bool same;
    err e = {0};

    if (n_text > (size_t)(f->end - f->at))
        return false;
    f->at += n_text;
    f->n_left--;
    n = ids_number(f);
    got->n = 0;
    same = tokenizer_encode(t, text, n_text, TOKEN_PARSE_SPECIAL, got, &e) && got->n == n;
    const ids_file start = *f;
    for (size_t i = 0; i < n; i++) {
        const int32_t expected = (int32_t)ids_number(f);

        same = same && got->ids[i] == expected;
    }
    if (same)
        return true;
    fprintf(stderr, "text \"%.*s\"\nexpected", (int)n_text, text);
    for (ids_file again = start; n; n--)
        fprintf(stderr, " %zu", ids_number(&again));
    fprintf(stderr, "\ngot     ");
    for (size_t i = 0; i < got->n; i++)
        fprintf(stderr, " %d", got->ids[i]);
    fprintf(stderr, "\n%s", e.msg);
    return false;
}

/* How many strings differ of all in the file at path; -1 if it cannot be read. */
static inline int ids_count_different(const char *path, const tokenizer *t, size_t *n_strings)
{
    str bytes = {0};
    token_list got = {0};
    ids_file f = {0};
    err e = {0};
    int different = -1;

    if (file_read(path, 1 << 24, &bytes, &e) && ids_start(&f, &bytes)) {
        *n_strings = f.n_left;
        for (different = 0; f.n_left && f.at < f.end && different < 5;)
            different += !ids_next_equal(&f, t, &got);
        different += f.n_left > 0;
    }
    token_list_deinit(&got);
    str_deinit(&bytes);
    return different;
}

#endif
