/* tokenizer.c - pieces, their hash table and lookups; see token.h. */
#include "token/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "token/token_impl.h"

bool token_no_memory(const tokenizer *t, err *e)
{
    return err_set(e, ERR_NOMEM, "%s: out of memory for the tokenizer", t->name);
}

void tokenizer_free(tokenizer *t)
{
    if (!t)
        return;
    str_deinit(&t->bytes);
    free(t->pieces);
    free(t->slots);
    free(t->added);
    free(t->pairs);
    free(t);
}

static bool load(tokenizer *t, const vocabulary_source *source, err *e)
{
    if (source->n_tokens)
        return load_gguf(t, source, e);
    if (source->json)
        return load_json(t, source->json, source->n_json, e);
    if (source->protobuf)
        return load_protobuf(t, source->protobuf, source->n_protobuf, e);
    return err_set(e, ERR_MODEL, "%s: has no tokenizer (tokens in the GGUF file, tokenizer.json or "
                   "tokenizer.model)", t->name);
}

static int32_t id_or_none(const tokenizer *t, int id)
{
    return id >= 0 && id < t->n_pieces ? id : -1;
}

tokenizer *tokenizer_new(const vocabulary_source *source, const model_config *config,
                         const char *name, err *e)
{
    tokenizer *t = calloc(1, sizeof *t);

    if (!t) {
        err_set(e, ERR_NOMEM, "%s: out of memory for the tokenizer", name);
        return NULL;
    }
    t->name = name;
    t->n_ids = config->V;
    memset(t->byte_ids, -1, sizeof t->byte_ids);
    memset(t->first, -1, sizeof t->first);
    if (!load(t, source, e)) {
        tokenizer_free(t);
        return NULL;
    }
    t->specials = (special_tokens){
        .bos = id_or_none(t, config->bos_id), .eos = id_or_none(t, config->eos_id),
        .pad = id_or_none(t, config->pad_id), .unk = config->unk_id >= 0 ? id_or_none(t, config->unk_id)
                                   : tokenizer_find(t, "<unk>", strlen("<unk>")),
        .start_of_turn = tokenizer_find(t, "<start_of_turn>", strlen("<start_of_turn>")),
        .end_of_turn = tokenizer_find(t, "<end_of_turn>", strlen("<end_of_turn>"))};
    t->name = NULL;
    return t;
}

tokenizer *tokenizer_from_weights(const weights *w, err *e)
{
    return tokenizer_new(weights_vocabulary(w), weights_config(w), weights_path(w), e);
}

bool tokenizer_reserve(tokenizer *t, size_t n_pieces, size_t n_bytes, err *e)
{
    if (n_pieces > (size_t)t->n_ids)
        n_pieces = (size_t)t->n_ids;
    t->pieces = calloc(n_pieces + 1, sizeof *t->pieces);
    t->bytes.text = malloc(n_bytes + 1);
    if (!t->pieces || !t->bytes.text)
        return token_no_memory(t, e);
    t->bytes.cap = n_bytes + 1;
    t->n_pieces = (int)n_pieces;
    return true;
}

/* Appends text with every U+2581 as a space; there is room for n bytes. */
static void add_respelled(str *out, const char *text, size_t n)
{
    char *to = out->text + out->n;

    for (size_t at = 0; at < n; to++) {
        const bool mark = text[at] == '\xE2' && n - at >= 3 && text[at + 1] == '\x96' &&
                          text[at + 2] == '\x81';

        *to = mark ? ' ' : text[at];
        at += mark ? 3 : 1;
    }
    *to = 0;
    out->n = (size_t)(to - out->text);
}

/* Room for `more` bytes and a NUL behind what is there. */
static bool reserve_bytes(str *out, size_t more)
{
    size_t cap = out->cap;
    char *grown;

    if (more < cap - out->n)
        return true;
    while (cap - out->n <= more)
        cap = cap * 2 + 64;
    if (!(grown = realloc(out->text, cap)))
        return false;
    out->text = grown;
    out->cap = cap;
    return true;
}

/* "<0x4F>" gives 0x4F, anything else -1. */
static int byte_value(const char *text, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *high, *low;

    if (n != 6 || memcmp(text, "<0x", 3) || text[5] != '>' || !text[3] || !text[4])
        return -1;
    high = strchr(digits, text[3]);
    low = strchr(digits, text[4]);
    return high && low ? (int)((high - digits) * 16 + (low - digits)) : -1;
}

bool tokenizer_put(tokenizer *t, int32_t id, const char *text, size_t n, token_kind kind, err *e)
{
    const int byte = kind == TOKEN_BYTE ? byte_value(text, n) : -1;
    piece *p;

    if (id < 0 || id >= t->n_pieces)
        return true;
    if (n > PIECE_MAX)
        return err_set(e, ERR_MODEL, "%s: token %d is %zu bytes long; %d are possible", t->name, id,
                       n, PIECE_MAX);
    if (kind == TOKEN_BYTE && byte < 0)
        return err_set(e, ERR_MODEL, "%s: token %d is marked as a byte but not written like <0x4F>",
                       t->name, id);
    if (t->bytes.n > UINT32_MAX / 2 || !reserve_bytes(&t->bytes, n))
        return token_no_memory(t, e);
    p = &t->pieces[id];
    *p = (piece){.start = (uint32_t)t->bytes.n, .rank = RANK_NEVER, .kind = (uint8_t)kind};
    if (byte >= 0) {
        t->bytes.text[t->bytes.n++] = (char)byte;
        t->byte_ids[byte] = id;
    } else
        add_respelled(&t->bytes, text, n);
    p->n = (uint32_t)t->bytes.n - p->start;
    return true;
}

/* ---- hash table from bytes to ids ---- */

static uint32_t hash_bytes(const char *p, size_t n)
{
    uint64_t h = 0x9E3779B97F4A7C15u ^ n, word;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        h = (h ^ word) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
    }
    word = 0;
    memcpy(&word, p, n);
    h = (h ^ word) * 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    return (uint32_t)(h >> 32);
}

/* The slot that holds these bytes, or the empty one where they belong. */
static piece_slot *find_slot(const tokenizer *t, const char *text, size_t n)
{
    const uint32_t hash = hash_bytes(text, n);
    piece_slot *slot = &t->slots[hash & t->slot_mask];

    while (slot->id >= 0 &&
           (slot->hash != hash || t->pieces[slot->id].n != n ||
            memcmp(t->bytes.text + t->pieces[slot->id].start, text, n)))
        slot = slot == t->slots + t->slot_mask ? t->slots : slot + 1;
    return slot;
}

/* Of two equal pieces the one with the higher id stays, as in a dictionary that
 * is filled in order of ids. */
bool tokenizer_index(tokenizer *t, err *e)
{
    size_t n_slots = 16;
    const char *text;

    while (n_slots < (size_t)t->n_pieces * 2)
        n_slots *= 2;
    t->slots = malloc(n_slots * sizeof *t->slots);
    if (!t->slots)
        return token_no_memory(t, e);
    memset(t->slots, -1, n_slots * sizeof *t->slots);
    t->slot_mask = (uint32_t)n_slots - 1;
    for (int id = 0; id < t->n_pieces; id++) {
        const piece *p = &t->pieces[id];

        if (p->kind == TOKEN_NONE || p->kind == TOKEN_BYTE || !p->n)
            continue;
        text = t->bytes.text + p->start;
        *find_slot(t, text, p->n) = (piece_slot){hash_bytes(text, p->n), id};
        if (p->n > t->longest)
            t->longest = p->n;
    }
    return true;
}

int32_t tokenizer_find(const tokenizer *t, const char *text, size_t n)
{
    return n && n <= t->longest ? find_slot(t, text, n)->id : -1;
}

bool token_name_is_reserved(const char *text, size_t n)
{
    static const char *const names[] = {"<mask>", "[multimodal]", "<start_of_turn>", "<end_of_turn>",
                                        "<start_of_image>", "<end_of_image>", "<image_soft_token>"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == n && !memcmp(names[i], text, n))
            return true;
    return n > 7 && !memcmp(text, "<unused", 7);
}

/* ---- ranks ---- */

typedef struct scored {
    float score;
    int32_t id;
} scored;

static int compare_scores(const void *a, const void *b)
{
    const scored *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

/* One character is nobody's sum, and control tokens must not be. */
static bool can_merge_into(const tokenizer *t, int id)
{
    const piece *p = &t->pieces[id];

    return (p->kind == TOKEN_NORMAL || p->kind == TOKEN_ADDED) && p->n > 1 &&
           utf8_len(t->bytes.text + p->start, p->n) != p->n;
}

bool tokenizer_rank(tokenizer *t, const float *scores, err *e)
{
    scored *order = malloc(((size_t)t->n_pieces + 1) * sizeof *order);
    bool sorted = true; /* as most files are */
    uint32_t rank = 0;
    size_t n = 0;

    if (!order)
        return token_no_memory(t, e);
    for (int id = 0; id < t->n_pieces; id++) {
        if (!can_merge_into(t, id))
            continue;
        order[n++] = (scored){scores[id], id};
        sorted = sorted && (n < 2 || scores[id] <= order[n - 2].score);
    }
    if (!sorted)
        qsort(order, n, sizeof *order, compare_scores);
    for (size_t i = 0; i < n; i++) {
        if (i && order[i].score != order[i - 1].score)
            rank++;
        t->pieces[order[i].id].rank = rank;
    }
    free(order);
    return true;
}

/* ---- what callers ask ---- */

const char *tokenizer_piece(const tokenizer *t, int32_t id, size_t *n)
{
    *n = 0;
    if (id < 0 || id >= t->n_pieces)
        return "";
    *n = t->pieces[id].n;
    return t->bytes.text + t->pieces[id].start;
}

token_kind tokenizer_kind(const tokenizer *t, int32_t id)
{
    return id >= 0 && id < t->n_pieces ? (token_kind)t->pieces[id].kind : TOKEN_NONE;
}

int32_t tokenizer_byte(const tokenizer *t, unsigned char byte)   { return t->byte_ids[byte]; }
int tokenizer_size(const tokenizer *t)                           { return t->n_pieces; }
special_tokens tokenizer_specials(const tokenizer *t)            { return t->specials; }

void tokenizer_decode(const tokenizer *t, const int32_t *ids, size_t n, bool with_control, str *out)
{
    size_t length;

    for (size_t i = 0; i < n; i++) {
        const char *bytes = tokenizer_piece(t, ids[i], &length);

        if (with_control || tokenizer_kind(t, ids[i]) != TOKEN_CONTROL)
            str_add(out, bytes, length);
    }
}

void tokenizer_hash(const tokenizer *t, char hex[65])
{
    char parts[3][65];

    sha256_hex(t->bytes.text, t->bytes.n, parts[0]);
    sha256_hex(t->pieces, (size_t)t->n_pieces * sizeof *t->pieces, parts[1]);
    sha256_hex(t->pairs, t->pairs ? (t->pair_mask + 1) * sizeof *t->pairs : 0, parts[2]);
    sha256_hex(parts, sizeof parts, hex);
}
