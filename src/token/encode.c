/* encode.c - text to ids: split at added tokens, then merge pairs in order.
 *
 * Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) with a priority
 * queue: all neighbours that can merge wait in a heap by (rank, place); a merge
 * makes at most two new ones; an entry whose symbols have changed since is
 * dropped when it comes up. O(n log n). */
#include <stdlib.h>
#include <string.h>

#include "token/token_impl.h"

#define TEXT_LIMIT ((size_t)64 << 20)

typedef struct symbol {
    uint32_t start, n;  /* bytes of the segment; n = 0: merged into its left */
    uint32_t left, right; /* neighbours, NONE at the ends */
    int32_t id;
    bool fixed; /* a byte of a character without a piece: merges with nothing */
} symbol;

typedef struct candidate {
    uint64_t order; /* rank, then by the lengths of both parts in characters */
    int32_t merged;
    uint32_t at, n; /* left symbol; bytes of both, which tells stale entries */
} candidate;

typedef struct encoder {
    const tokenizer *t;
    const char *text; /* the segment */
    symbol *symbols;
    candidate *heap;
    size_t n_symbols, n_heap, cap_symbols, cap_heap;
} encoder;

static const uint32_t NONE = UINT32_MAX;

void token_list_deinit(token_list *list)
{
    free(list->ids);
    *list = (token_list){0};
}

static bool push_id(token_list *list, int32_t id)
{
    if (list->n == list->cap) {
        const size_t cap = list->cap ? list->cap * 2 : 64;
        int32_t *grown = realloc(list->ids, cap * sizeof *grown);

        if (!grown)
            return false;
        list->ids = grown;
        list->cap = cap;
    }
    list->ids[list->n++] = id;
    return true;
}

/* ---- the heap ---- */

static bool before(const candidate *a, const candidate *b)
{
    if (a->order != b->order)
        return a->order < b->order;
    if (a->merged != b->merged)
        return a->merged < b->merged;
    return a->at < b->at;
}

static void heap_push(encoder *x, candidate c)
{
    size_t i = x->n_heap++;

    for (; i && before(&c, &x->heap[(i - 1) / 2]); i = (i - 1) / 2)
        x->heap[i] = x->heap[(i - 1) / 2];
    x->heap[i] = c;
}

static candidate heap_pop(encoder *x)
{
    const candidate top = x->heap[0], last = x->heap[--x->n_heap];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < x->n_heap) {
        if (child + 1 < x->n_heap && before(&x->heap[child + 1], &x->heap[child]))
            child++;
        if (!before(&x->heap[child], &last))
            break;
        x->heap[i] = x->heap[child];
        i = child;
    }
    if (x->n_heap)
        x->heap[i] = last;
    return top;
}

/* ---- candidates ---- */

static uint64_t count_characters(const char *p, uint32_t n)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count;
}

/* By text: every two neighbours whose text is a piece. Among equal ranks the
 * longer left part goes first, then the longer right one, as in the list of merges
 * that transformers derives from a vocabulary and its scores. */
static bool consider_text(const encoder *x, const symbol *a, const symbol *b, candidate *c)
{
    const piece *p;
    uint64_t lengths;

    c->merged = tokenizer_find(x->t, x->text + a->start, c->n);
    if (c->merged < 0)
        return false;
    p = &x->t->pieces[c->merged];
    lengths = count_characters(x->text + a->start, a->n) << 16 |
              count_characters(x->text + b->start, b->n);
    c->order = (uint64_t)p->rank << 32 | (0xFFFFFFFF - lengths);
    return p->rank != RANK_NEVER;
}

static bool consider_pair(const encoder *x, const symbol *a, const symbol *b, candidate *c)
{
    const pair_merge *merge = pairs_find(x->t, a->id, b->id);

    if (!merge)
        return false;
    c->merged = merge->merged;
    c->order = merge->rank;
    return x->t->pieces[merge->merged].kind != TOKEN_CONTROL;
}

static void consider(encoder *x, uint32_t at)
{
    const symbol *a = &x->symbols[at], *b;
    candidate c = {.at = at};

    if (at == NONE || a->right == NONE)
        return;
    b = &x->symbols[a->right];
    if (a->fixed || b->fixed)
        return;
    c.n = a->n + b->n;
    if (x->t->pairs ? consider_pair(x, a, b, &c) : consider_text(x, a, b, &c))
        heap_push(x, c);
}

/* ---- one segment ---- */

static bool reserve(encoder *x, size_t n)
{
    symbol *symbols = x->symbols;
    candidate *heap = x->heap;

    if (n > x->cap_symbols) {
        symbols = realloc(symbols, n * sizeof *symbols);
        x->symbols = symbols ? symbols : x->symbols;
        heap = realloc(heap, 3 * n * sizeof *heap);
        x->heap = heap ? heap : x->heap;
        x->cap_symbols = symbols && heap ? n : x->cap_symbols;
    }
    return symbols && heap;
}

static void push_symbol(encoder *x, size_t start, size_t n, int32_t id, bool fixed)
{
    const uint32_t at = (uint32_t)x->n_symbols++;

    x->symbols[at] = (symbol){.start = (uint32_t)start, .n = (uint32_t)n, .left = at ? at - 1 : NONE,
                              .right = NONE, .id = id, .fixed = fixed};
    if (at)
        x->symbols[at - 1].right = at;
}

/* A character without a piece: its byte tokens, or <unk>, once for a row of them. */
static void push_fallback(encoder *x, size_t start, size_t n)
{
    const tokenizer *t = x->t;
    const unsigned char *p = (const unsigned char *)x->text + start;
    const int32_t unk = t->specials.unk;
    bool all = true;

    for (size_t i = 0; i < n; i++)
        all = all && t->byte_ids[p[i]] >= 0;
    if (all) {
        for (size_t i = 0; i < n; i++)
            push_symbol(x, start + i, 1, t->byte_ids[p[i]], true);
        return;
    }
    if (x->n_symbols && x->symbols[x->n_symbols - 1].fixed &&
        x->symbols[x->n_symbols - 1].id == unk)
        x->symbols[x->n_symbols - 1].n += (uint32_t)n;
    else if (unk >= 0)
        push_symbol(x, start, n, unk, true);
}

static void split_characters(encoder *x, size_t n)
{
    x->n_symbols = x->n_heap = 0;
    for (size_t at = 0, length; at < n; at += length) {
        int32_t id;

        length = utf8_len(x->text + at, n - at);
        if (!length) /* can't be: the text was mended */
            length = 1;
        id = tokenizer_find(x->t, x->text + at, length);
        if (id >= 0 && x->t->pieces[id].kind != TOKEN_CONTROL)
            push_symbol(x, at, length, id, false);
        else
            push_fallback(x, at, length);
    }
}

static void merge(encoder *x)
{
    while (x->n_heap) {
        const candidate c = heap_pop(x);
        symbol *a = &x->symbols[c.at], *b;

        if (!a->n || a->right == NONE || a->n + x->symbols[a->right].n != c.n)
            continue;
        b = &x->symbols[a->right];
        a->n = c.n;
        a->id = c.merged;
        a->right = b->right;
        b->n = 0;
        if (a->right != NONE)
            x->symbols[a->right].left = c.at;
        consider(x, a->left);
        consider(x, c.at);
    }
}

static bool encode_segment(encoder *x, const char *text, size_t n, token_list *out)
{
    if (!n)
        return true;
    x->text = text;
    if (!reserve(x, n))
        return false;
    split_characters(x, n);
    for (uint32_t i = 0; i < x->n_symbols; i++)
        consider(x, i);
    merge(x);
    for (size_t i = 0; i < x->n_symbols; i++)
        if (x->symbols[i].n && !push_id(out, x->symbols[i].id))
            return false;
    return true;
}

/* ---- the whole text ---- */

/* Bytes at p that make one U+FFFD: the longest beginning of a character, or one
 * (Unicode 15, section 3.9, "maximal subpart"). */
static size_t bad_length(const unsigned char *p, size_t n)
{
    static const struct { unsigned char lead, low, high; } narrow[] = {
        {0xE0, 0xA0, 0xBF}, {0xED, 0x80, 0x9F}, {0xF0, 0x90, 0xBF}, {0xF4, 0x80, 0x8F}};
    unsigned char low = 0x80, high = 0xBF;
    size_t length, i = 1;

    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 1;
    length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    for (size_t k = 0; k < sizeof narrow / sizeof narrow[0]; k++)
        if (narrow[k].lead == p[0]) {
            low = narrow[k].low;
            high = narrow[k].high;
        }
    for (; i < length && i < n && p[i] >= low && p[i] <= high; i++) {
        low = 0x80;
        high = 0xBF;
    }
    return i;
}

static void mend(const char *text, size_t n, str *out)
{
    for (size_t at = 0, length; at < n; at += length) {
        length = utf8_len(text + at, n - at);
        if (length)
            str_add(out, text + at, length);
        else {
            length = bad_length((const unsigned char *)text + at, n - at);
            str_adds(out, "\xEF\xBF\xBD");
        }
    }
}

/* Up to `n` bytes of text with U+2581 as a space, in place; the new length. */
static size_t respell(char *text, size_t n)
{
    size_t to = 0;

    for (size_t at = 0; at < n; to++) {
        const bool mark = n - at >= 3 && !memcmp(text + at, "\xE2\x96\x81", 3);

        text[to] = mark ? ' ' : text[at];
        at += mark ? 3 : 1;
    }
    return to;
}

static bool encode_mended(encoder *x, char *text, size_t n, bool with_control, token_list *out)
{
    size_t start = 0, at = 0, length;
    int32_t id = -1;

    while (at < n) {
        length = added_match(x->t, text + at, n - at, with_control, &id);
        if (!length) {
            at++;
            continue;
        }
        if (!encode_segment(x, text + start, respell(text + start, at - start), out) ||
            !push_id(out, id))
            return false;
        start = at += length;
    }
    return encode_segment(x, text + start, respell(text + start, at - start), out);
}

bool tokenizer_encode(const tokenizer *t, const char *text, size_t n, unsigned flags,
                      token_list *out, err *e)
{
    encoder x = {.t = t};
    str mended = {0};
    bool ok;

    if (n > TEXT_LIMIT)
        return err_set(e, ERR_LIMIT, "a text of %zu bytes is too long to encode; %zu are possible",
                       n, TEXT_LIMIT);
    mend(text, n, &mended);
    ok = !mended.bad && (!(flags & TOKEN_ADD_BOS) || t->specials.bos < 0 ||
                         push_id(out, t->specials.bos));
    ok = ok && (!mended.n || encode_mended(&x, mended.text, mended.n, flags & TOKEN_PARSE_SPECIAL, out));
    str_deinit(&mended);
    free(x.symbols);
    free(x.heap);
    return ok || err_set(e, ERR_NOMEM, "out of memory while encoding %zu bytes", n);
}
