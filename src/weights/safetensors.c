/* safetensors.c - one safetensors file: uint64 length, a JSON table, the data.
 * (github.com/huggingface/safetensors, "Format")
 *
 * Of the table only the tensors of the text model are taken, under our names; a
 * vision tower beside it is stepped over. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "weights/weights_impl.h"

enum { MAX_TABLE = 100 * 1000 * 1000, MAX_TENSORS = 1 << 16 };

typedef struct name_pair {
    const char *theirs, *ours;
} name_pair;

static const name_pair layer_names[] = {
    {"input_layernorm.weight", "attn_norm.weight"},
    {"self_attn.q_proj.weight", "attn_q.weight"},
    {"self_attn.k_proj.weight", "attn_k.weight"},
    {"self_attn.v_proj.weight", "attn_v.weight"},
    {"self_attn.o_proj.weight", "attn_output.weight"},
    {"self_attn.q_norm.weight", "attn_q_norm.weight"},
    {"self_attn.k_norm.weight", "attn_k_norm.weight"},
    {"pre_feedforward_layernorm.weight", "ffn_norm.weight"},
    {"post_feedforward_layernorm.weight", "post_ffw_norm.weight"},
    {"mlp.gate_proj.weight", "ffn_gate.weight"},
    {"mlp.up_proj.weight", "ffn_up.weight"},
    {"mlp.down_proj.weight", "ffn_down.weight"},
};

static const name_pair model_names[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight"},
};

static const char *look_up(const name_pair *pairs, size_t n, const char *theirs)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(pairs[i].theirs, theirs))
            return pairs[i].ours;
    return NULL;
}

/* Models with a vision tower put one or two more words in front. */
const char *name_without_prefixes(const char *name)
{
    static const char *const prefixes[] = {"model.", "language_model."};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return name_without_prefixes(name + strlen(prefixes[i]));
    return name;
}

bool name_from_hugging_face(const char *theirs, model_family family, char *name, size_t n)
{
    const char *inner = name_without_prefixes(theirs), *ours;
    unsigned long layer;
    char *end;

    if ((ours = look_up(model_names, sizeof model_names / sizeof *model_names, inner))) {
        snprintf(name, n, "%s", ours);
        return true;
    }
    if (strncmp(inner, "layers.", 7) || inner[7] < '0' || inner[7] > '9')
        return false;
    layer = strtoul(inner + 7, &end, 10);
    if (*end != '.' || layer >= MODEL_MAX_LAYERS)
        return false;
    /* One name, two places: before the feed-forward part in Gemma 1, after
     * attention in the others. */
    if (!strcmp(end + 1, "post_attention_layernorm.weight"))
        ours = family == MODEL_GEMMA1 ? "ffn_norm.weight" : "post_attention_norm.weight";
    else
        ours = look_up(layer_names, sizeof layer_names / sizeof *layer_names, end + 1);
    if (ours)
        snprintf(name, n, "blk.%lu.%s", layer, ours);
    return ours != NULL;
}

static const char *look_back(const name_pair *pairs, size_t n, const char *ours)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(pairs[i].ours, ours))
            return pairs[i].theirs;
    return NULL;
}

bool weights_hugging_face_name(const char *ours, model_family family, char *name, size_t n)
{
    const char *theirs = look_back(model_names, sizeof model_names / sizeof *model_names, ours);
    char *end;
    unsigned long layer;

    if (theirs) {
        snprintf(name, n, "%s%s", strncmp(theirs, "lm_head", 7) ? "model." : "", theirs);
        return true;
    }
    if (strncmp(ours, "blk.", 4))
        return false;
    layer = strtoul(ours + 4, &end, 10);
    if (*end != '.')
        return false;
    if (!strcmp(end + 1, family == MODEL_GEMMA1 ? "ffn_norm.weight" : "post_attention_norm.weight"))
        theirs = "post_attention_layernorm.weight";
    else
        theirs = look_back(layer_names, sizeof layer_names / sizeof *layer_names, end + 1);
    if (theirs)
        snprintf(name, n, "model.layers.%lu.%s", layer, theirs);
    return theirs != NULL;
}

static bool read_dtype(const mapped_file *file, const json_t *entry, tensor *t, err *e)
{
    static const struct { const char *name; tensor_type type; } types[] = {
        {"F32", TENSOR_F32}, {"F16", TENSOR_F16}, {"BF16", TENSOR_BF16}};
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));

    for (size_t i = 0; dtype && i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(dtype, types[i].name)) {
            t->type = types[i].type;
            return true;
        }
    return err_set(e, ERR_MODEL, "%s: tensor %s has the type %.20s; F32, F16 and BF16 are read",
                   file->path, t->name, dtype ? dtype : "(none)");
}

static bool read_shape(const mapped_file *file, const json_t *entry, tensor *t, err *e)
{
    const json_t *shape = json_object_get(entry, "shape");
    const size_t n = json_array_size(shape);
    uint64_t n_elements;

    if (n < 1 || n > TENSOR_MAX_DIMS)
        return err_set(e, ERR_MODEL, "%s: tensor %s: %zu dimensions; 1 to %d are possible",
                       file->path, t->name, n, TENSOR_MAX_DIMS);
    t->n_dims = (int)n;
    for (size_t i = 0; i < n; i++)
        t->dim[i] = json_integer_value(json_array_get(shape, i));
    return tensor_measure(t, &n_elements, &t->n_bytes) ||
           err_set(e, ERR_MODEL, "%s: tensor %s: its dimensions are zero or too large", file->path,
                   t->name);
}

static bool read_offsets(const mapped_file *file, const json_t *entry, tensor *t, err *e)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_int_t from = json_integer_value(json_array_get(offsets, 0));
    const json_int_t to = json_integer_value(json_array_get(offsets, 1));
    const uint64_t n_data = file->map.n - file->n_table;

    if (json_array_size(offsets) != 2 || from < 0 || to < from ||
        (uint64_t)(to - from) != t->n_bytes)
        return err_set(e, ERR_MODEL, "%s: tensor %s: its data_offsets do not span the %zu bytes of "
                       "its shape", file->path, t->name, t->n_bytes);
    if ((uint64_t)to > n_data)
        return err_set(e, ERR_MODEL, "%s: tensor %s: %" PRIu64 " bytes past the end of the file; "
                       "fetch it again", file->path, t->name, (uint64_t)to - n_data);
    t->data = file->map.bytes + file->n_table + from;
    if ((uintptr_t)t->data % tensor_block_bytes(t->type))
        return err_set(e, ERR_MODEL, "%s: tensor %s is not aligned to its element size; save the "
                       "model again with a current safetensors", file->path, t->name);
    return true;
}

bool safetensors_entry_read(const mapped_file *file, const json_t *entry, tensor *t, err *e)
{
    return read_dtype(file, entry, t, e) && read_shape(file, entry, t, e) &&
           read_offsets(file, entry, t, e);
}

static bool grow(weights *w, size_t *capacity, err *e)
{
    tensor *grown;

    if (w->n_tensors < *capacity)
        return true;
    *capacity = *capacity ? *capacity * 2 : 256;
    if (*capacity > MAX_TENSORS)
        return err_set(e, ERR_MODEL, "%s: more than %d tensors", w->path, MAX_TENSORS);
    if (!(grown = realloc(w->tensors, *capacity * sizeof *grown)))
        return weights_no_memory(w, e);
    w->tensors = grown;
    return true;
}

static bool read_entries(weights *w, const mapped_file *file, json_t *table, size_t *capacity,
                         err *e)
{
    const char *theirs;
    json_t *entry;
    char name[64];

    json_object_foreach(table, theirs, entry) {
        tensor t = {0};

        if (!name_from_hugging_face(theirs, w->config.family, name, sizeof name) ||
            (w->config.head_tied && !strcmp(name, "output.weight")))
            continue;
        if (!(t.name = arena_str(w->memory, name)))
            return weights_no_memory(w, e);
        if (!safetensors_entry_read(file, entry, &t, e) || !grow(w, capacity, e))
            return false;
        w->tensors[w->n_tensors++] = t;
    }
    return true;
}

json_t *safetensors_table_read(mapped_file *file, err *e)
{
    cursor c = {file->map.bytes, file->map.n, 0};
    const unsigned char *text;
    uint64_t n;
    json_error_t why;
    json_t *table;

    if (!cursor_u64(&c, &n) || n > MAX_TABLE || !cursor_bytes(&c, n, &text)) {
        err_set(e, ERR_MODEL, "%s: not a safetensors file, or cut short inside its table "
                "(it is %zu bytes long); fetch it again", file->path, file->map.n);
        return NULL;
    }
    file->n_table = c.at;
    table = json_loadb((const char *)text, (size_t)n, JSON_REJECT_DUPLICATES, &why);
    if (json_is_object(table))
        return table;
    if (json_no_memory(table, &why)) {
        err_set(e, ERR_NOMEM, "%s: out of memory", file->path);
        return NULL;
    }
    json_decref(table);
    err_set(e, ERR_MODEL, "%s: its table of tensors is not a JSON object", file->path);
    return NULL;
}

bool safetensors_read(weights *w, mapped_file *file, size_t *capacity, err *e)
{
    json_t *table = safetensors_table_read(file, e);
    const bool ok = table && read_entries(w, file, table, capacity, e);

    json_decref(table);
    return ok;
}
