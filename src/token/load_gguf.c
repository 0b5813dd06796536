/* load_gguf.c - a tokenizer from GGUF metadata: tokens, scores, types.
 *
 * The file has no merges: two neighbours merge when their text together is a
 * piece, the piece with the best score first. User-defined pieces carry a
 * meaningless score in these files; in the vocabulary they were made from they
 * rank before all others, so they do here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "token/token_impl.h"

enum { TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_USER_DEFINED = 4, TYPE_BYTE = 6 };

static uint32_t load_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static token_kind kind_of(uint32_t type)
{
    switch (type) {
    case TYPE_UNKNOWN:
    case TYPE_CONTROL:      return TOKEN_CONTROL;
    case TYPE_USER_DEFINED: return TOKEN_ADDED;
    case TYPE_BYTE:         return TOKEN_BYTE;
    default:                return TOKEN_NORMAL;
    }
}

/* Runs of spaces stand in the file as spaces; in raw text, where added tokens
 * are looked for, only the symbol U+2581 itself is meant. */
static bool add_raw(tokenizer *t, const char *text, size_t n, int32_t id, err *e)
{
    str marks = {0};
    bool ok;

    if (memchr(text, ' ', n) == NULL)
        return tokenizer_add(t, text, n, id, e);
    for (size_t i = 0; i < n; i++)
        if (text[i] == ' ')
            str_adds(&marks, "\xE2\x96\x81");
        else
            str_addc(&marks, text[i]);
    ok = marks.bad ? token_no_memory(t, e) : tokenizer_add(t, marks.text, marks.n, id, e);
    str_deinit(&marks);
    return ok;
}

static bool put_all(tokenizer *t, const vocabulary_source *source, err *e)
{
    const unsigned char *p = source->tokens;

    for (int i = 0; i < t->n_pieces; i++) {
        const size_t n = load_u32(p) | (size_t)load_u32(p + 4) << 32;
        const char *text = (const char *)p + 8;
        token_kind kind = kind_of(load_u32(source->types + 4 * (size_t)i));

        if (kind == TOKEN_ADDED && token_name_is_reserved(text, n))
            kind = TOKEN_CONTROL;
        if (!tokenizer_put(t, i, text, n, kind, e) ||
            ((kind == TOKEN_CONTROL || kind == TOKEN_ADDED) && !add_raw(t, text, n, i, e)))
            return false;
        p += 8 + n;
    }
    return true;
}

static bool rank_all(tokenizer *t, const vocabulary_source *source, err *e)
{
    float *scores = malloc(((size_t)t->n_pieces + 1) * sizeof *scores);
    uint32_t bits;
    bool ok;

    if (!scores)
        return token_no_memory(t, e);
    for (int i = 0; i < t->n_pieces; i++) {
        bits = load_u32(source->scores + 4 * (size_t)i);
        memcpy(&scores[i], &bits, sizeof bits);
        if (t->pieces[i].kind != TOKEN_NORMAL)
            scores[i] = INFINITY;
        else if (isnan(scores[i]))
            scores[i] = -INFINITY;
    }
    ok = tokenizer_rank(t, scores, e);
    free(scores);
    return ok;
}

bool load_gguf(tokenizer *t, const vocabulary_source *source, err *e)
{
    if (strcmp(source->model, "llama"))
        return err_set(e, ERR_MODEL, "%s: tokenizer \"%.20s\" is not one we run; Gemma's is "
                       "\"llama\" (SentencePiece)", t->name, source->model);
    if (!source->scores || !source->types)
        return err_set(e, ERR_MODEL, "%s: tokenizer.ggml.scores or tokenizer.ggml.token_type is "
                       "missing", t->name);
    return tokenizer_reserve(t, source->n_tokens, source->n_token_bytes, e) &&
           put_all(t, source, e) && tokenizer_index(t, e) && rank_all(t, source, e);
}
