/* encoder.c - see encoder.h.
 *
 * Names are those of transformers' BertModel, with or without "bert." in front. */
#include "weights/encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "weights/weights_impl.h"

#define MEMORY_LIMIT ((size_t)8 << 20)
enum { CONFIG_LIMIT = 1 << 20, MAX_WIDTH = 1 << 16, MAX_WORDS = 1 << 20 };

struct encoder {
    arena *memory;
    const char *path;
    mapped_file file;
    file_map vocabulary;
    encoder_config config;
    encoder_tensors tensors;
    char digest[65];
};

static bool no_memory(const encoder *m, err *e)
{
    return err_set(e, ERR_NOMEM, "%s: out of memory for its tables", m->path);
}

/* ---- config.json ---- */

static bool read_count(const encoder *m, const json_t *root, const char *key, int most, int *out, err *e)
{
    const json_t *value = json_object_get(root, key);
    const json_int_t n = json_integer_value(value);

    if (!json_is_integer(value) || n < 1 || n > most)
        return err_set(e, ERR_MODEL, "%s/config.json: %s is to be a whole number from 1 to %d", m->path, key, most);
    *out = (int)n;
    return true;
}

/* Absent keys have the default of transformers, which is the one we run. */
static bool expect_text(const encoder *m, const json_t *root, const char *key, const char *want, err *e)
{
    const json_t *value = json_object_get(root, key);

    if (!value || (json_is_string(value) && !strcmp(json_string_value(value), want)))
        return true;
    return err_set(e, ERR_MODEL, "%s/config.json: %s is %.40s; only \"%s\" is run", m->path, key,
                   json_is_string(value) ? json_string_value(value) : "not a text", want);
}

static bool read_keys(encoder *m, const json_t *root, err *e)
{
    encoder_config *c = &m->config;
    const json_t *eps = json_object_get(root, "layer_norm_eps");

    if (!expect_text(m, root, "model_type", "bert", e) || !expect_text(m, root, "hidden_act", "gelu", e) ||
        !expect_text(m, root, "position_embedding_type", "absolute", e) ||
        !read_count(m, root, "num_hidden_layers", ENCODER_MAX_LAYERS, &c->L, e) ||
        !read_count(m, root, "hidden_size", MAX_WIDTH, &c->D, e) ||
        !read_count(m, root, "num_attention_heads", MAX_WIDTH, &c->H, e) ||
        !read_count(m, root, "intermediate_size", MAX_WIDTH, &c->F, e) ||
        !read_count(m, root, "vocab_size", MAX_WORDS, &c->V, e) ||
        !read_count(m, root, "max_position_embeddings", MAX_WIDTH, &c->n_positions, e))
        return false;
    c->norm_eps = json_is_number(eps) ? (float)json_number_value(eps) : 1e-12f;
    if (!(c->norm_eps >= 0 && c->norm_eps < 1))
        return err_set(e, ERR_MODEL, "%s/config.json: layer_norm_eps is to be from 0 to 1", m->path);
    if (c->D % c->H || c->n_positions < 2)
        return err_set(e, ERR_MODEL, "%s/config.json: %d heads do not share a width of %d, or there are no positions",
                       m->path, c->H, c->D);
    return true;
}

static bool read_config(encoder *m, err *e)
{
    const char *path = arena_strf(m->memory, "%s/config.json", m->path);
    str text = {0};
    json_error_t why;
    json_t *root = NULL;
    bool ok = path ? file_read(path, CONFIG_LIMIT, &text, e) : no_memory(m, e);

    if (ok) {
        root = json_loadb(str_text(&text), text.n, 0, &why);
        ok = json_no_memory(root, &why)
                 ? no_memory(m, e)
                 : json_is_object(root) || err_set(e, ERR_MODEL, "%s: not a JSON object", path);
    }
    ok = ok && read_keys(m, root, e);
    json_decref(root);
    str_deinit(&text);
    return ok;
}

/* ---- model.safetensors ---- */

static json_t *entry_of(json_t *table, const char *name)
{
    char longer[160];
    json_t *entry = json_object_get(table, name);

    snprintf(longer, sizeof longer, "bert.%s", name);
    return entry ? entry : json_object_get(table, longer);
}

/* F32 of shape (rows,cols), or (rows) when cols is 0. */
static const float *take(encoder *m, json_t *table, const char *name, int rows, int cols, err *e)
{
    tensor t = {.name = name};
    char shape[100];
    const json_t *entry = entry_of(table, name);

    if (!entry) {
        err_set(e, ERR_MODEL, "%s: no tensor %s", m->file.path, name);
        return NULL;
    }
    if (!safetensors_entry_read(&m->file, entry, &t, e))
        return NULL;
    tensor_shape_text(&t, shape, sizeof shape);
    if (t.n_dims != 1 + (cols > 0) || t.dim[0] != rows || (cols && t.dim[1] != cols)) {
        err_set(e, ERR_MODEL, "%s: tensor %s is %s; config.json wants (%d%s%.0d)", m->file.path, name, shape, rows,
                cols ? ", " : "", cols);
        return NULL;
    }
    if (t.type != TENSOR_F32) {
        err_set(e, ERR_MODEL, "%s: tensor %s is of type %s; save the model as float32", m->file.path, name,
                tensor_type_name(t.type));
        return NULL;
    }
    return t.data;
}

typedef struct slot {
    const char *name;
    size_t offset; /* of the pointer in encoder_layer or encoder_tensors */
    char rows, cols; /* 'D' 'F' 'V' 'P' '2', 0: none */
} slot;

#define IN_LAYER(field) offsetof(encoder_layer, field)
static const slot layer_slots[] = {
    {"attention.self.query.weight", IN_LAYER(q), 'D', 'D'},
    {"attention.self.query.bias", IN_LAYER(q_bias), 'D', 0},
    {"attention.self.key.weight", IN_LAYER(k), 'D', 'D'},
    {"attention.self.key.bias", IN_LAYER(k_bias), 'D', 0},
    {"attention.self.value.weight", IN_LAYER(v), 'D', 'D'},
    {"attention.self.value.bias", IN_LAYER(v_bias), 'D', 0},
    {"attention.output.dense.weight", IN_LAYER(output), 'D', 'D'},
    {"attention.output.dense.bias", IN_LAYER(output_bias), 'D', 0},
    {"attention.output.LayerNorm.weight", IN_LAYER(attn_norm), 'D', 0},
    {"attention.output.LayerNorm.bias", IN_LAYER(attn_norm_bias), 'D', 0},
    {"intermediate.dense.weight", IN_LAYER(up), 'F', 'D'},
    {"intermediate.dense.bias", IN_LAYER(up_bias), 'F', 0},
    {"output.dense.weight", IN_LAYER(down), 'D', 'F'},
    {"output.dense.bias", IN_LAYER(down_bias), 'D', 0},
    {"output.LayerNorm.weight", IN_LAYER(ffn_norm), 'D', 0},
    {"output.LayerNorm.bias", IN_LAYER(ffn_norm_bias), 'D', 0},
};
#define IN_MODEL(field) offsetof(encoder_tensors, field)
static const slot model_slots[] = {
    {"embeddings.word_embeddings.weight", IN_MODEL(words), 'V', 'D'},
    {"embeddings.position_embeddings.weight", IN_MODEL(positions), 'P', 'D'},
    {"embeddings.token_type_embeddings.weight", IN_MODEL(kinds), '2', 'D'},
    {"embeddings.LayerNorm.weight", IN_MODEL(norm), 'D', 0},
    {"embeddings.LayerNorm.bias", IN_MODEL(norm_bias), 'D', 0},
};

static int size_of(const encoder_config *c, char letter)
{
    switch (letter) {
    case 'D': return c->D;
    case 'F': return c->F;
    case 'V': return c->V;
    case 'P': return c->n_positions;
    case '2': return 2;
    default: return 0;
    }
}

static bool take_slot(encoder *m, json_t *table, const slot *s, const char *prefix, void *into, err *e)
{
    char name[120];
    const float *data;

    snprintf(name, sizeof name, "%s%s", prefix, s->name);
    data = take(m, table, name, size_of(&m->config, s->rows), size_of(&m->config, s->cols), e);
    memcpy((char *)into + s->offset, &data, sizeof data);
    return data != NULL;
}

static bool take_all(encoder *m, json_t *table, err *e)
{
    char prefix[40];

    for (size_t i = 0; i < sizeof model_slots / sizeof *model_slots; i++)
        if (!take_slot(m, table, &model_slots[i], "", &m->tensors, e))
            return false;
    for (int l = 0; l < m->config.L; l++) {
        snprintf(prefix, sizeof prefix, "encoder.layer.%d.", l);
        for (size_t i = 0; i < sizeof layer_slots / sizeof *layer_slots; i++)
            if (!take_slot(m, table, &layer_slots[i], prefix, &m->tensors.layers[l], e))
                return false;
    }
    return true;
}

static bool read_tensors(encoder *m, err *e)
{
    json_t *table;
    bool ok;

    m->file.path = arena_strf(m->memory, "%s/model.safetensors", m->path);
    if (!m->file.path)
        return no_memory(m, e);
    if (!file_map_open(m->file.path, &m->file.map, e) || !(table = safetensors_table_read(&m->file, e)))
        return false;
    ok = take_all(m, table, e);
    json_decref(table);
    return ok;
}

static bool all_finite(const float *x, int n)
{
    bool finite = true;

    for (int i = 0; i < n; i++)
        finite &= isfinite(x[i]) != 0;
    return finite;
}

/* The vectors, which every text goes through; the matrices are too large to read at each start. */
static bool vectors_finite(const encoder *m, err *e)
{
    const encoder_config *c = &m->config;

    for (int l = 0; l < c->L; l++)
        for (size_t i = 0; i < sizeof layer_slots / sizeof *layer_slots; i++) {
            const slot *s = &layer_slots[i];
            const float *x;

            memcpy(&x, (const char *)&m->tensors.layers[l] + s->offset, sizeof x);
            if (!s->cols && !all_finite(x, size_of(c, s->rows)))
                return err_set(e, ERR_MODEL, "%s: tensor encoder.layer.%d.%s has values that are no numbers; fetch it "
                               "again", m->file.path, l, s->name);
        }
    return true;
}

/* ---- vocab.txt and the digest ---- */

static bool map_vocabulary(encoder *m, err *e)
{
    const char *path = arena_strf(m->memory, "%s/vocab.txt", m->path);

    return path ? file_map_open(path, &m->vocabulary, e) : no_memory(m, e);
}

static bool digest_layers(encoder *m, str *all)
{
    const encoder_config *c = &m->config;

    for (int l = 0; l < c->L; l++)
        for (size_t i = 0; i < sizeof layer_slots / sizeof *layer_slots; i++) {
            const slot *s = &layer_slots[i];
            const size_t rows = (size_t)size_of(c, s->rows), cols = (size_t)size_of(c, s->cols);
            const float *x;

            memcpy(&x, (const char *)&m->tensors.layers[l] + s->offset, sizeof x);
            if (cols) /* first and last row */
                str_add(all, (const char *)(x + (rows - 1) * cols), cols * sizeof *x);
            str_add(all, (const char *)x, (cols ? cols : rows) * sizeof *x);
        }
    return !all->bad;
}

static bool make_digest(encoder *m, err *e)
{
    const encoder_config *c = &m->config;
    char part[65];
    str all = {0};
    bool ok;

    sha256_hex(m->vocabulary.bytes, m->vocabulary.n, part);
    str_addf(&all, "bert %d %d %d %d %d %d %a %s ", c->L, c->D, c->H, c->F, c->V, c->n_positions, (double)c->norm_eps,
             part);
    str_add(&all, (const char *)m->tensors.norm, (size_t)c->D * sizeof(float));
    ok = digest_layers(m, &all) || no_memory(m, e);
    sha256_hex(str_text(&all), all.n, m->digest);
    str_deinit(&all);
    return ok;
}

/* ---- the object ---- */

encoder *encoder_open(const char *dir, err *e)
{
    encoder *m = calloc(1, sizeof *m);

    if (!m || !(m->memory = arena_new(MEMORY_LIMIT)) || !(m->path = arena_str(m->memory, dir))) {
        err_set(e, ERR_NOMEM, "%s: out of memory", dir);
        encoder_close(m);
        return NULL;
    }
    if (read_config(m, e) && read_tensors(m, e) && vectors_finite(m, e) && map_vocabulary(m, e) && make_digest(m, e))
        return m;
    encoder_close(m);
    return NULL;
}

void encoder_close(encoder *m)
{
    if (!m)
        return;
    file_map_close(&m->file.map);
    file_map_close(&m->vocabulary);
    arena_free(m->memory);
    free(m);
}

const encoder_config *encoder_configuration(const encoder *m) { return &m->config; }
const encoder_tensors *encoder_weights(const encoder *m) { return &m->tensors; }
const char *encoder_path(const encoder *m) { return m->path; }
const char *encoder_digest(const encoder *m) { return m->digest; }

const char *encoder_vocabulary(const encoder *m, size_t *n)
{
    *n = m->vocabulary.n;
    return (const char *)m->vocabulary.bytes;
}
