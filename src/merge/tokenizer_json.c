/* tokenizer_json.c - a GGUF file's vocabulary as the tokenizer.json that the tokenizers library reads.
 *
 * SentencePiece merges two neighbours when their text is a piece, best score first; tokenizer.json
 * wants these pairs in a list. Every way to cut a piece in two pieces is a pair; pairs stand by
 * falling score of what they make, then by length of left and right part, longest first, then
 * by ids: the order in which transformers converts the same vocabulary. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge_impl.h"
#include "token/token.h"

enum { GGML_NORMAL = 1, GGML_UNKNOWN, GGML_CONTROL, GGML_ADDED };

typedef struct vocabulary {
    const char **text; /* (n) owned; texts in `bytes`, U+2581 for spaces, NUL-terminated */
    uint32_t *length;  /* (n) owned */
    int32_t *kind;     /* (n) owned */
    float *score;      /* (n) owned */
    uint32_t *slots;   /* owned hash table: index + 1, 0 empty */
    size_t n, mask;
    str bytes;
} vocabulary;

typedef struct pair {
    uint32_t left, right;
    float score;
    uint16_t left_n, right_n; /* characters */
} pair;

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "out of memory for tokenizer.json"); }

static void vocabulary_deinit(vocabulary *v)
{
    free(v->text);
    free(v->length);
    free(v->kind);
    free(v->score);
    free(v->slots);
    str_deinit(&v->bytes);
}

static uint32_t hash(const char *p, size_t n)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 16777619u;
    return h ^ h >> 15;
}

/* Index of these bytes, or -1. */
static int64_t find(const vocabulary *v, const char *p, size_t n)
{
    for (size_t at = hash(p, n) & v->mask; v->slots[at]; at = (at + 1) & v->mask) {
        const uint32_t i = v->slots[at] - 1;

        if (v->length[i] == n && !memcmp(v->text[i], p, n))
            return i;
    }
    return -1;
}

static uint64_t read_u64(const unsigned char *p)
{
    uint64_t x = 0;

    for (int i = 0; i < 8; i++)
        x |= (uint64_t)p[i] << 8 * i;
    return x;
}

static bool copy_texts(vocabulary *v, const vocabulary_source *source)
{
    const unsigned char *at = source->tokens;
    size_t *starts = calloc(v->n, sizeof *starts);

    for (size_t i = 0; starts && i < v->n; i++) {
        const uint64_t n = read_u64(at);

        starts[i] = v->bytes.n;
        at += 8;
        for (uint64_t k = 0; k < n; k++) {
            if (at[k] == ' ')
                str_adds(&v->bytes, "\xE2\x96\x81");
            else
                str_addc(&v->bytes, (char)at[k]);
        }
        v->length[i] = (uint32_t)(v->bytes.n - starts[i]);
        str_addc(&v->bytes, 0);
        at += n;
    }
    for (size_t i = 0; starts && !v->bytes.bad && i < v->n; i++)
        v->text[i] = v->bytes.text + starts[i];
    free(starts);
    return starts && !v->bytes.bad;
}

static bool vocabulary_init(vocabulary *v, const weights *base, err *e)
{
    const vocabulary_source *source = weights_vocabulary(base);
    size_t room = 1024;

    *v = (vocabulary){.n = source->n_tokens};
    if (!source->scores || !source->types)
        return err_set(e, ERR_MODEL, "%s: its vocabulary lacks scores or kinds", weights_path(base));
    while (room < 2 * v->n)
        room *= 2;
    v->mask = room - 1;
    v->text = calloc(v->n, sizeof *v->text);
    v->length = calloc(v->n, sizeof *v->length);
    v->kind = calloc(v->n, sizeof *v->kind);
    v->score = calloc(v->n, sizeof *v->score);
    v->slots = calloc(room, sizeof *v->slots);
    if (!v->text || !v->length || !v->kind || !v->score || !v->slots || !copy_texts(v, source))
        return no_memory(e);
    for (size_t i = 0; i < v->n; i++) {
        size_t at = hash(v->text[i], v->length[i]) & v->mask;

        memcpy(&v->kind[i], source->types + 4 * i, 4);
        memcpy(&v->score[i], source->scores + 4 * i, 4);
        if (!utf8_valid(v->text[i], v->length[i]) || find(v, v->text[i], v->length[i]) >= 0)
            return err_set(e, ERR_MODEL, "%s: token %zu is not UTF-8 or stands there twice", weights_path(base), i);
        while (v->slots[at])
            at = (at + 1) & v->mask;
        v->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* ---- pairs ---- */

static uint16_t characters(const char *p, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count < UINT16_MAX ? (uint16_t)count : UINT16_MAX;
}

static int compare(const void *a, const void *b)
{
    const pair *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->left_n != y->left_n)
        return x->left_n > y->left_n ? -1 : 1;
    if (x->right_n != y->right_n)
        return x->right_n > y->right_n ? -1 : 1;
    if (x->left != y->left)
        return x->left < y->left ? -1 : 1;
    return x->right < y->right ? -1 : x->right > y->right;
}

static void add_pairs(const vocabulary *v, size_t i, str *pairs)
{
    const char *text = v->text[i];
    const size_t n = v->length[i];

    for (size_t cut = utf8_len(text, n); cut && cut < n; cut += utf8_len(text + cut, n - cut)) {
        const int64_t left = find(v, text, cut), right = left < 0 ? -1 : find(v, text + cut, n - cut);
        const pair p = {(uint32_t)left, (uint32_t)right, v->kind[i] == GGML_ADDED ? 0.0f : v->score[i],
                        characters(text, cut), characters(text + cut, n - cut)};

        if (right >= 0)
            str_add(pairs, (const char *)&p, sizeof p);
    }
}

/* ---- JSON ---- */

static void add_quoted(str *out, const char *p, size_t n)
{
    str_addc(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '"' || p[i] == '\\')
            str_addc(out, '\\');
        if ((unsigned char)p[i] < ' ')
            str_addf(out, "\\u%04x", (unsigned)p[i]);
        else
            str_addc(out, p[i]);
    }
    str_addc(out, '"');
}

/* What a reader may leave out of a decoded text: named tokens, not the spare ones. */
static bool is_special(const vocabulary *v, size_t i)
{
    static const char *const named[] = {"<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>",
                                        "<start_of_image>", "<end_of_image>", "<image_soft_token>"};

    for (size_t k = 0; k < sizeof named / sizeof *named; k++)
        if (!strcmp(v->text[i], named[k]))
            return true;
    return false;
}

static void add_added(const vocabulary *v, str *out)
{
    bool first = true;

    for (size_t i = 0; i < v->n; i++) {
        if (v->kind[i] < GGML_UNKNOWN || v->kind[i] > GGML_ADDED)
            continue;
        str_addf(out, "%s\n{\"id\":%zu,\"content\":", first ? "" : ",", i);
        add_quoted(out, v->text[i], v->length[i]);
        str_addf(out, ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":%s}",
                 is_special(v, i) ? "true" : "false");
        first = false;
    }
}

static void add_merges(const vocabulary *v, const pair *pairs, size_t n, str *out)
{
    for (size_t i = 0; i < n; i++) {
        str_adds(out, i ? ",\n[" : "\n[");
        add_quoted(out, v->text[pairs[i].left], v->length[pairs[i].left]);
        str_addc(out, ',');
        add_quoted(out, v->text[pairs[i].right], v->length[pairs[i].right]);
        str_addc(out, ']');
    }
}

static void add_all(const weights *base, const vocabulary *v, const pair *pairs, size_t n_pairs, str *out)
{
    const int bos = weights_config(base)->bos_id;

    str_adds(out, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[");
    add_added(v, out);
    str_adds(out, "],\n\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\xE2\x96\x81\"},\n"
                  "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},\"behavior\":\"MergedWithPrevious\","
                  "\"invert\":false},\n\"post_processor\":");
    if (bos >= 0 && (size_t)bos < v->n) {
        str quoted = {0};

        add_quoted(&quoted, v->text[bos], v->length[bos]);
        str_addf(out, "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":%s,\"type_id\":0}},{\"Sequence\":"
                      "{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"SpecialToken\":{\"id\":%s,\"type_id\":0}},{\"Sequence\":{\"id\":"
                      "\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":%s,\"type_id\":1}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],"
                      "\"special_tokens\":{%s:{\"id\":%s,\"ids\":[%d],\"tokens\":[%s]}}}", quoted.text, quoted.text, quoted.text,
                 quoted.text, quoted.text, bos, quoted.text);
        str_deinit(&quoted);
    } else {
        str_adds(out, "null");
    }
    str_adds(out, ",\n\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"\xE2\x96\x81\"},"
                  "\"content\":\" \"},{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}]},\n\"model\":{\"type\":\"BPE\",\"dropout\":null,"
                  "\"unk_token\":\"<unk>\",\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":true,"
                  "\"byte_fallback\":true,\"ignore_merges\":false,\"vocab\":{");
    for (size_t i = 0; i < v->n; i++) {
        str_adds(out, i ? ",\n" : "\n");
        add_quoted(out, v->text[i], v->length[i]);
        str_addf(out, ":%zu", i);
    }
    str_adds(out, "},\n\"merges\":[");
    add_merges(v, pairs, n_pairs, out);
    str_adds(out, "]}}\n");
}

bool tokenizer_text(const weights *base, str *out, err *e)
{
    vocabulary v;
    str found = {0};
    bool ok = vocabulary_init(&v, base, e);

    for (size_t i = 0; ok && i < v.n; i++)
        if (v.kind[i] == GGML_NORMAL || v.kind[i] == GGML_ADDED)
            add_pairs(&v, i, &found);
    if (ok && !found.bad && found.n) {
        pair *pairs = (pair *)(void *)found.text;
        const size_t n = found.n / sizeof *pairs;

        qsort(pairs, n, sizeof *pairs, compare);
        add_all(base, &v, pairs, n, out);
    } else if (ok && !found.bad) {
        add_all(base, &v, NULL, 0, out);
    }
    ok = ok && ((!found.bad && !out->bad) || no_memory(e));
    str_deinit(&found);
    vocabulary_deinit(&v);
    return ok;
}
