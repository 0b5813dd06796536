/* load_json.c - a tokenizer from a Hugging Face tokenizer.json.
 *
 * Only the pipeline that Gemma's files describe is run: spaces to U+2581, no
 * prefix, BPE with byte fallback and an explicit list of merges. A file that asks
 * for anything else is refused: quietly different ids would be worse. */
#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "token/token_impl.h"

static bool refuse(const tokenizer *t, const char *what, err *e)
{
    return err_set(e, ERR_MODEL, "%s: tokenizer.json: %s", t->name, what);
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool absent(const json_t *value)
{
    return !value || json_is_null(value) ||
           (json_is_string(value) && !json_string_length(value)) || json_is_false(value);
}

/* Replace " " by U+2581, alone or as the only step of a sequence. */
static bool normalizer_is_ours(const json_t *n)
{
    const json_t *steps = json_object_get(n, "normalizers");

    if (!strcmp(text_at(n, "type"), "Sequence") && json_array_size(steps) == 1)
        n = json_array_get(steps, 0);
    return !strcmp(text_at(n, "type"), "Replace") && !strcmp(text_at(n, "content"), "\xE2\x96\x81") &&
           !strcmp(text_at(json_object_get(n, "pattern"), "String"), " ");
}

/* Splitting at spaces after there are none left does nothing. */
static bool pre_tokenizer_is_idle(const json_t *p)
{
    return absent(p) || (!strcmp(text_at(p, "type"), "Split") &&
                         !strcmp(text_at(json_object_get(p, "pattern"), "String"), " "));
}

static bool check_pipeline(const tokenizer *t, const json_t *root, const json_t *model, err *e)
{
    if (strcmp(text_at(model, "type"), "BPE"))
        return refuse(t, "the model is not BPE, as Gemma's is", e);
    if (!absent(json_object_get(model, "dropout")) ||
        !absent(json_object_get(model, "continuing_subword_prefix")) ||
        !absent(json_object_get(model, "end_of_word_suffix")) ||
        !absent(json_object_get(model, "ignore_merges")))
        return refuse(t, "dropout, subword marks or ignore_merges are set; Gemma's has none", e);
    if (!normalizer_is_ours(json_object_get(root, "normalizer")))
        return refuse(t, "the normalizer does more or less than turn spaces into U+2581", e);
    if (!pre_tokenizer_is_idle(json_object_get(root, "pre_tokenizer")))
        return refuse(t, "the pre_tokenizer is not Gemma's", e);
    return true;
}

static bool id_of(const json_t *value, int32_t *id)
{
    const json_int_t wide = json_is_integer(value) ? json_integer_value(value) : -1;

    *id = (int32_t)wide;
    return wide >= 0 && wide < INT32_MAX;
}

/* Pieces there will be: one more than the highest id. */
static bool count_ids(const tokenizer *t, json_t *vocabulary, json_t *added, size_t *n, err *e)
{
    const char *key;
    json_t *value;
    size_t i;
    int32_t id;

    *n = 0;
    json_object_foreach(vocabulary, key, value) {
        if (!id_of(value, &id))
            return refuse(t, "an id in the vocabulary is not a whole number", e);
        *n = (size_t)id >= *n ? (size_t)id + 1 : *n;
    }
    json_array_foreach(added, i, value) {
        if (!id_of(json_object_get(value, "id"), &id))
            return refuse(t, "an added token has no id", e);
        *n = (size_t)id >= *n ? (size_t)id + 1 : *n;
    }
    return true;
}

static bool is_byte_name(const char *text)
{
    return strlen(text) == 6 && !strncmp(text, "<0x", 3) && text[5] == '>';
}

static bool put_vocabulary(tokenizer *t, json_t *vocabulary, bool byte_fallback, err *e)
{
    const char *key;
    json_t *value;

    json_object_foreach(vocabulary, key, value) {
        const token_kind kind = byte_fallback && is_byte_name(key) ? TOKEN_BYTE : TOKEN_NORMAL;

        if (!tokenizer_put(t, (int32_t)json_integer_value(value), key, strlen(key), kind, e))
            return false;
    }
    return true;
}

static token_kind added_kind(const json_t *token, const char *text, size_t n)
{
    return json_is_true(json_object_get(token, "special")) || token_name_is_reserved(text, n)
               ? TOKEN_CONTROL : TOKEN_ADDED;
}

static bool put_added(tokenizer *t, json_t *added, err *e)
{
    static const char *const unwanted[] = {"lstrip", "rstrip", "single_word", "normalized"};
    json_t *token;
    size_t i;

    json_array_foreach(added, i, token) {
        const json_t *content = json_object_get(token, "content");
        const char *text = text_at(token, "content");
        const size_t n = json_string_length(content);
        const int32_t id = (int32_t)json_integer_value(json_object_get(token, "id"));

        for (size_t k = 0; k < sizeof unwanted / sizeof unwanted[0]; k++)
            if (json_is_true(json_object_get(token, unwanted[k])))
                return refuse(t, "an added token strips, normalizes or asks for whole words; "
                              "Gemma's do not", e);
        if (!n || id >= t->n_pieces)
            continue;
        if (!tokenizer_put(t, id, text, n, added_kind(token, text, n), e) ||
            !tokenizer_add(t, text, n, id, e))
            return false;
    }
    return true;
}

/* ---- merges ---- */

static void respell_into(str *out, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        const bool mark = n - at >= 3 && !memcmp(text + at, "\xE2\x96\x81", 3);

        str_addc(out, mark ? ' ' : text[at]);
        at += mark ? 3 : 1;
    }
}

/* A merge is written ["a", "b"] or "a b". */
static bool merge_parts(const json_t *merge, const char *part[2], size_t n[2])
{
    const char *space;

    if (json_is_string(merge)) {
        part[0] = json_string_value(merge);
        if (!(space = strchr(part[0], ' ')))
            return false;
        n[0] = (size_t)(space - part[0]);
        part[1] = space + 1;
        n[1] = strlen(part[1]);
        return n[0] && n[1];
    }
    for (size_t i = 0; i < 2; i++) {
        part[i] = json_string_value(json_array_get(merge, i));
        n[i] = json_string_length(json_array_get(merge, i));
        if (!part[i] || !n[i])
            return false;
    }
    return json_array_size(merge) == 2;
}

static bool put_merge(tokenizer *t, const json_t *merge, uint32_t rank, str *text)
{
    const char *part[2];
    size_t n[2], left;
    pair_merge made = {.rank = rank};

    if (!merge_parts(merge, part, n))
        return false;
    str_reset(text);
    respell_into(text, part[0], n[0]);
    left = text->n;
    respell_into(text, part[1], n[1]);
    if (text->bad)
        return false;
    made.left = tokenizer_find(t, text->text, left);
    made.right = tokenizer_find(t, text->text + left, text->n - left);
    made.merged = tokenizer_find(t, text->text, text->n);
    if (made.left < 0 || made.right < 0 || made.merged < 0)
        return false;
    pairs_put(t, &made);
    return true;
}

static bool put_merges(tokenizer *t, json_t *merges, err *e)
{
    str text = {0};
    json_t *merge;
    size_t i;
    bool ok = pairs_reserve(t, json_array_size(merges), e);

    if (!ok)
        return false;
    json_array_foreach(merges, i, merge) {
        ok = put_merge(t, merge, (uint32_t)i, &text);
        if (text.bad)
            ok = token_no_memory(t, e);
        else if (!ok)
            err_set(e, ERR_MODEL, "%s: tokenizer.json: merge %zu does not name two pieces whose "
                    "text together is a piece", t->name, i);
        if (!ok)
            break;
    }
    str_deinit(&text);
    return ok;
}

static bool load_parsed(tokenizer *t, const json_t *root, err *e)
{
    const json_t *model = json_object_get(root, "model");
    json_t *vocabulary = json_object_get(model, "vocab"), *merges = json_object_get(model, "merges");
    json_t *added = json_object_get(root, "added_tokens");
    size_t n;

    if (!json_is_object(vocabulary) || !json_is_array(merges))
        return refuse(t, "model.vocab or model.merges is missing", e);
    return check_pipeline(t, root, model, e) && count_ids(t, vocabulary, added, &n, e) &&
           tokenizer_reserve(t, n, 0, e) &&
           put_vocabulary(t, vocabulary, json_is_true(json_object_get(model, "byte_fallback")), e) &&
           put_added(t, added, e) && tokenizer_index(t, e) && put_merges(t, merges, e);
}

bool load_json(tokenizer *t, const char *json, size_t n, err *e)
{
    json_error_t why;
    json_t *root = json_loadb(json, n, JSON_ALLOW_NUL, &why);
    bool ok;

    if (json_no_memory(root, &why))
        return err_set(e, ERR_NOMEM, "%s: out of memory", t->name);
    if (!root)
        return err_set(e, ERR_MODEL, "%s: tokenizer.json: line %d: %s", t->name, why.line, why.text);
    ok = load_parsed(t, root, e);
    json_decref(root);
    return ok;
}
