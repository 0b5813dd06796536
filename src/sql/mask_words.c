/* mask_words.c - the vocabulary's punctuation as a tree of bytes, fixed texts as tokens.
 *
 * A pair of bytes is *hard* when no token has them side by side: a token always
 * ends there, whatever stands around. Between hard pairs a text has its tokens
 * by itself; only at its soft ends they depend on the neighbours. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/mask_impl.h"

/* ---- functions ----------------------------------------------------------- */

/* Arguments: n number, i 64-bit integer, c small whole literal, t text, d date or
 * timestamp, b condition, o anything that can be compared, s the same kind as the
 * first, p part of a date, f format of a date, k text literal. */
static const struct { const char *name, *args; int min, max; bool exact; } offered[] = {
    {"sum", "n", 1, 1, 0}, {"avg", "n", 1, 1, 0}, {"count", "o", 1, 1, 0}, {"max", "o", 1, 1, 0},
    {"min", "o", 1, 1, 0}, {"median", "n", 1, 1, 0}, {"any_value", "o", 1, 1, 0},
    {"count_if", "b", 1, 1, 0}, {"stddev_samp", "n", 1, 1, 0}, {"stddev_pop", "n", 1, 1, 0},
    {"var_samp", "n", 1, 1, 0}, {"var_pop", "n", 1, 1, 0}, {"string_agg", "tk", 1, 2, 0},
    {"arg_max", "oo", 2, 2, 0}, {"arg_min", "oo", 2, 2, 0}, {"mode", "o", 1, 1, 0},
    {"first", "o", 1, 1, 0}, {"last", "o", 1, 1, 0}, {"bool_or", "b", 1, 1, 0},
    {"bool_and", "b", 1, 1, 0}, {"corr", "nn", 2, 2, 0},
    {"row_number", "", 0, 0, 0}, {"rank", "", 0, 0, 0}, {"dense_rank", "", 0, 0, 0},
    {"percent_rank", "", 0, 0, 0}, {"cume_dist", "", 0, 0, 0}, {"ntile", "c", 1, 1, 0},
    {"lag", "oc", 1, 2, 0}, {"lead", "oc", 1, 2, 0}, {"first_value", "o", 1, 1, 0},
    {"last_value", "o", 1, 1, 0},
    {"coalesce", "oss", 2, 3, 0}, {"nullif", "os", 2, 2, 0}, {"ifnull", "os", 2, 2, 0},
    {"greatest", "oss", 2, 3, 0}, {"least", "oss", 2, 3, 0}, {"abs", "n", 1, 1, 0},
    {"ceil", "n", 1, 1, 0}, {"floor", "n", 1, 1, 0}, {"round", "nc", 1, 2, 0},
    {"trunc", "n", 1, 1, 0}, {"sqrt", "n", 1, 1, 0}, {"ln", "n", 1, 1, 0}, {"exp", "n", 1, 1, 0},
    {"pow", "nn", 2, 2, 0}, {"sign", "n", 1, 1, 0},
    {"length", "t", 1, 1, 1}, {"lower", "t", 1, 1, 0}, {"upper", "t", 1, 1, 0},
    {"trim", "tk", 1, 2, 0}, {"ltrim", "tk", 1, 2, 0}, {"rtrim", "tk", 1, 2, 0},
    {"replace", "ttt", 3, 3, 0}, {"substring", "tii", 2, 3, 0}, {"left", "ti", 2, 2, 0},
    {"right", "ti", 2, 2, 0}, {"strpos", "tt", 2, 2, 1}, {"concat", "ttt", 2, 3, 0},
    {"split_part", "tkc", 3, 3, 0}, {"starts_with", "tt", 2, 2, 0}, {"ends_with", "tt", 2, 2, 0},
    {"contains", "tt", 2, 2, 0}, {"reverse", "t", 1, 1, 0}, {"lpad", "tck", 3, 3, 0},
    {"year", "d", 1, 1, 1}, {"quarter", "d", 1, 1, 1}, {"month", "d", 1, 1, 1},
    {"week", "d", 1, 1, 1}, {"day", "d", 1, 1, 1}, {"dayofweek", "d", 1, 1, 1},
    {"isodow", "d", 1, 1, 1}, {"dayofyear", "d", 1, 1, 1}, {"hour", "d", 1, 1, 1},
    {"minute", "d", 1, 1, 1}, {"second", "d", 1, 1, 1}, {"dayname", "d", 1, 1, 0},
    {"monthname", "d", 1, 1, 0}, {"last_day", "d", 1, 1, 0}, {"date_trunc", "pd", 2, 2, 0},
    {"date_diff", "pdd", 3, 3, 1}, {"strftime", "df", 2, 2, 0}, {"make_date", "iii", 3, 3, 0},
    {"epoch", "d", 1, 1, 0},
};
_Static_assert(sizeof offered / sizeof offered[0] <= MASK_FUNCTIONS, "room for the functions");

static uint16_t results_of(const sql_function *f, const char *args)
{
    switch (f->result) {
    case 'i': return T_INT;
    case 'd': return BIT(SQL_T_DOUBLE);
    case 'c': return BIT(SQL_T_DECIMAL);
    case 't': return T_TEXT;
    case 'D': return T_DATE;
    case 'S': return T_STAMP;
    case 'T': return T_TIME;
    case 'b': return T_BOOL;
    case 'm': return T_DAY;
    case '+': return T_NUM;
    default:  return args[0] == 'n' ? T_NUM : T_SCALAR;
    }
}

/* ---- the vocabulary ------------------------------------------------------- */

static int32_t trie_child(const mask_words *w, int32_t node, unsigned char b)
{
    int32_t at = node < 0 ? w->first[b] : w->trie[node].child;

    while (node >= 0 && at >= 0 && w->trie[at].byte != b)
        at = w->trie[at].sibling;
    return at;
}

static bool trie_put(mask_words *w, const char *text, size_t n, int32_t id)
{
    int32_t node = -1;

    for (size_t i = 0; i < n; i++) {
        const unsigned char b = (unsigned char)text[i];
        int32_t next = trie_child(w, node, b);

        if (next < 0) {
            if (w->n_trie == w->cap_trie) {
                const int cap = w->cap_trie ? w->cap_trie * 2 : 1 << 14;
                mask_trie *grown = realloc(w->trie, (size_t)cap * sizeof *grown);

                if (!grown)
                    return false;
                w->trie = grown;
                w->cap_trie = cap;
            }
            next = w->n_trie++;
            w->trie[next] = (mask_trie){-1, node < 0 ? -1 : w->trie[node].child, -1, b};
            if (node < 0)
                w->first[b] = next;
            else
                w->trie[node].child = next;
        }
        node = next;
    }
    if (node >= 0 && w->trie[node].id < 0)
        w->trie[node].id = id;
    return true;
}

/* A token with a space inside is left to the check of pairs: such ones stand only
 * in markup ("> </"). */
static void soften(mask_words *w, const char *text, size_t n)
{
    if (n > 1 && memchr(text + 1, ' ', n - 1) && strspn(text, " ") < n)
        return;
    for (size_t i = 1; i < n; i++) {
        const unsigned char a = (unsigned char)text[i - 1], b = (unsigned char)text[i];

        w->hard[a][b / 8] &= (uint8_t)~(1u << b % 8);
    }
}

bool mask_hard(const mask_words *w, unsigned char a, unsigned char b)
{
    return w->hard[a][b / 8] >> b % 8 & 1;
}

/* The tree holds what has no letters: with those one asks the tokenizer, for the bytes
 * that may come are few there. */
static bool has_letter(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((((unsigned char)text[i] | 32) >= 'a' && ((unsigned char)text[i] | 32) <= 'z') ||
            (unsigned char)text[i] >= 128)
            return true;
    return false;
}

static bool read_vocabulary(mask_words *w)
{
    bool ok = true;

    memset(w->first, 0xff, sizeof w->first);
    memset(w->hard, 0xff, sizeof w->hard);
    for (int32_t id = 0; ok && id < tokenizer_size(w->t); id++) {
        const token_kind kind = tokenizer_kind(w->t, id);
        size_t n;
        const char *text = tokenizer_piece(w->t, id, &n);

        if (!n || (kind != TOKEN_NORMAL && kind != TOKEN_ADDED && kind != TOKEN_BYTE))
            continue;
        soften(w, text, n);
        if (kind == TOKEN_NORMAL && !has_letter(text, n))
            ok = trie_put(w, text, n, id);
    }
    return ok;
}

/* ---- words ---------------------------------------------------------------- */

/* Tokens of the text, with a space in front or not. */
static bool encode(const mask_words *w, arena *a, mask_word *word, int lead)
{
    token_list list = {0};
    str text = {0};
    err e = {0};
    size_t at = 0, n;
    int32_t *ids = NULL;
    uint16_t *ends = NULL;

    str_adds(&text, lead ? " " : "");
    str_adds(&text, word->text);
    if (tokenizer_encode(w->t, str_text(&text), text.n, 0, &list, &e) && list.n < 256) {
        ids = arena_push(a, int32_t, list.n + 1);
        ends = arena_push(a, uint16_t, list.n + 1);
    }
    for (size_t i = 0; ids && ends && i < list.n; i++) {
        tokenizer_piece(w->t, list.ids[i], &n);
        at += n;
        ids[i] = list.ids[i];
        ends[i] = (uint16_t)at;
    }
    word->ids[lead] = ids;
    word->ends[lead] = ends;
    word->n_ids[lead] = (uint8_t)list.n;
    str_deinit(&text);
    token_list_deinit(&list);
    return ids && ends;
}

/* What may stand right behind a text: anything after an opening bracket or a point, only
 * blanks and punctuation after the rest. */
static bool ends_hard(const mask_words *w, unsigned char last)
{
    const bool opens = last == '(' || last == '.' || last == '-';

    for (int b = 32; b < 256; b++)
        if ((opens || strchr(" ,().*-<", b)) && !mask_hard(w, last, (unsigned char)b))
            return false;
    return true;
}

/* What may stand right before a text without a space: brackets and points before a name,
 * the end of any name or value before punctuation. */
static bool begins_hard(const mask_words *w, unsigned char first)
{
    const bool name = (first | 32) >= 'a' && (first | 32) <= 'z';

    for (int b = 33; b < 256; b++)
        if ((!name || strchr("(.-", b)) && !mask_hard(w, (unsigned char)b, first))
            return false;
    return true;
}

/* Are the tokens of text[0, n) the same whatever punctuation follows? A neighbour takes
 * bytes of a word only by a merge that would also happen with nothing behind it. */
static bool is_stable(const mask_words *w, const mask_word *word, size_t n, int lead)
{
    static const char *const behind[] = {")", ",", ".", "(", "*", "-", "<", "))", "),", ").", "()", "(*", "(\"", "\")",
                                         "(('", ",(", "..", ")))"};
    str text = {0};
    bool same = true;

    for (size_t i = 0; same && i < sizeof behind / sizeof behind[0]; i++) {
        token_list list = {0};
        err e = {0};
        size_t at = 0, k = 0;

        if (mask_hard(w, (unsigned char)word->text[n - 1], (unsigned char)behind[i][0]))
            continue;
        str_reset(&text);
        str_adds(&text, lead ? " " : "");
        str_add(&text, word->text, n);
        str_adds(&text, behind[i]);
        same = tokenizer_encode(w->t, str_text(&text), text.n, 0, &list, &e);
        while (same && k < list.n && at < n + (size_t)lead) {
            size_t n_piece;

            tokenizer_piece(w->t, list.ids[k], &n_piece);
            at += n_piece;
            same = k < word->n_ids[lead] && list.ids[k] == word->ids[lead][k];
            k++;
        }
        same = same && at == n + (size_t)lead;
        token_list_deinit(&list);
    }
    str_deinit(&text);
    return same;
}

/* Bytes at the end whose tokens depend on what follows. */
static size_t soft_tail(const mask_words *w, const mask_word *word)
{
    const char *text = word->text;
    const size_t n = word->n;
    const unsigned char last = (unsigned char)text[n - 1];
    const bool opens = n > 1 && (last == '(' || last == '.');
    const size_t stable = opens ? n - 1 : n;
    size_t tail = 1;

    if (ends_hard(w, last))
        return 0;
    if (last != '-' && is_stable(w, word, stable, 0) && is_stable(w, word, stable, 1))
        return n - stable;
    while (tail < n && !mask_hard(w, (unsigned char)text[n - tail - 1], (unsigned char)text[n - tail]))
        tail++;
    return tail;
}

mask_word *mask_word_new(const mask_words *w, arena *a, const char *text)
{
    mask_word *word = arena_push(a, mask_word, 1);
    const size_t n = strlen(text);
    size_t head = 0;

    if (!word || !n || n > UINT16_MAX)
        return NULL;
    *word = (mask_word){.text = text, .n = (uint16_t)n};
    if (!encode(w, a, word, 0) || !encode(w, a, word, 1))
        return NULL;
    if (!begins_hard(w, (unsigned char)text[0]))
        for (head = 1; head < n && !mask_hard(w, (unsigned char)text[head - 1], (unsigned char)text[head]);)
            head++;
    word->head = (uint8_t)(head > 255 ? 255 : head);
    word->tail = (uint16_t)soft_tail(w, word);
    return word;
}

static bool fixed_words(mask_words *w)
{
    static const char *const texts[] = {
#define X(name, text) text,
        MASK_FIXED(X)
#undef X
    };

    for (int i = 0; i < W_COUNT; i++)
        if (!(w->fixed[i] = mask_word_new(w, w->a, texts[i])))
            return false;
    for (int kind = 0; kind < N_NUMBERED; kind++)
        for (int i = 0; i < MASK_NUMBERED; i++) {
            static const char *const forms[] = {"%c%d", "%c%d", "%c%d", "%c%d.", "%c%d.", "AS %c%d",
                                                "AS %c%d", "AS %c%d", "%c%d AS ("};
            char *name = arena_strf(w->a, forms[kind], "tqctqtqcq"[kind], i + 1);

            if (!name || !(w->numbered[kind][i] = mask_word_new(w, w->a, name)))
                return false;
        }
    for (int i = 1; i <= MASK_ITEMS; i++) {
        char *number = arena_strf(w->a, "%d", i);

        if (!number || !(w->positions[i] = mask_word_new(w, w->a, number)))
            return false;
    }
    return true;
}

static bool functions(mask_words *w)
{
    for (size_t i = 0; i < sizeof offered / sizeof offered[0]; i++) {
        mask_function *f = &w->functions[w->n_functions++];
        char *text = arena_strf(w->a, "%s(", offered[i].name);

        *f = (mask_function){.f = function_find(offered[i].name), .args = offered[i].args,
                             .min = offered[i].min, .max = offered[i].max, .exact = offered[i].exact};
        if (!text || !f->f || !(f->word = mask_word_new(w, w->a, text)))
            return false;
        f->results = results_of(f->f, f->args);
    }
    return true;
}

mask_words *mask_words_new(const tokenizer *t, err *e)
{
    mask_words *w = calloc(1, sizeof *w);

    if (w && (w->a = arena_new(16u << 20))) {
        w->t = t;
        if (read_vocabulary(w) && fixed_words(w) && functions(w))
            return w;
    }
    mask_words_free(w);
    err_set(e, ERR_NOMEM, "out of memory for the vocabulary's tree");
    return NULL;
}

void mask_words_free(mask_words *w)
{
    if (!w)
        return;
    free(w->trie);
    arena_free(w->a);
    free(w);
}

/* ---- pairs ------------------------------------------------------------------ */

/* Both encoded as one text must be the two again: whether neighbours merge depends on
 * nothing further away. */
bool mask_pair(const mask_words *w, int32_t left, int32_t right)
{
    size_t n_left, n_right;
    const char *l = tokenizer_piece(w->t, left, &n_left), *r = tokenizer_piece(w->t, right, &n_right);
    token_list list = {0};
    char text[512];
    err e = {0};
    bool same;

    if (!n_left || !n_right || mask_hard(w, (unsigned char)l[n_left - 1], (unsigned char)r[0]))
        return true;
    if (n_left + n_right > sizeof text)
        return false;
    memcpy(text, l, n_left);
    memcpy(text + n_left, r, n_right);
    same = tokenizer_encode(w->t, text, n_left + n_right, 0, &list, &e) && list.n == 2 &&
           list.ids[0] == left && list.ids[1] == right;
    token_list_deinit(&list);
    return same;
}

bool mask_alone(const mask_words *w, int32_t id)
{
    size_t n;
    const char *text = tokenizer_piece(w->t, id, &n);
    token_list list = {0};
    err e = {0};
    const bool same = n && tokenizer_encode(w->t, text, n, 0, &list, &e) && list.n == 1 &&
                      list.ids[0] == id;

    token_list_deinit(&list);
    return same;
}
