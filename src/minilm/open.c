/* open.c - weights to the form in which they are multiplied.
 *
 * F32 matrices are copied once into panels (kernels/gemm.h); for int8 each row becomes
 * blocks of 32 with a scale (ggml's Q8_0). Query, key and value are one matrix, and
 * attention's 1/sqrt(K) is in its query rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "minilm/minilm_impl.h"

enum { BLOCK = 32, BLOCK_BYTES = 34, HEAD_MOST = GEMM_PANEL };

/* A matrix and its bias, times `by`, as rows of a linear map. */
typedef struct part {
    const float *w, *bias;
    int n_out;
    float by;
} part;

/* The nearest IEEE half of x in [0, 65504]; ties to even. */
static uint16_t half_of(float x)
{
    uint32_t bits;

    if (x < 0x1p-14f) /* a subnormal one: whole multiples of 2^-24 */
        return (uint16_t)lrintf(x * 0x1p24f);
    memcpy(&bits, &x, sizeof bits);
    bits += 0x0fff + (bits >> 13 & 1);
    return (uint16_t)((bits >> 13) - (112u << 10));
}

/* d = max|w| / 127 as half, q = round(w / d). */
static void quantise_row(const float *w, int n, float by, unsigned char *out)
{
    for (int b = 0; b < n; b += BLOCK, out += BLOCK_BYTES) {
        float most = 0, scale;
        uint16_t bits;

        for (int i = 0; i < BLOCK; i++)
            most = fmaxf(most, fabsf(w[b + i] * by));
        scale = fminf(most / 127.0f, 65504.0f);
        bits = half_of(scale);
        memcpy(out, &bits, sizeof bits);
        for (int i = 0; i < BLOCK; i++)
            out[2 + i] = (unsigned char)(signed char)(scale > 0 ? lrintf(w[b + i] * by / scale) : 0);
    }
}

static void fill_q8(const part *parts, int n_parts, linear *l)
{
    unsigned char *at = l->q8;

    for (int p = 0; p < n_parts; p++)
        for (int r = 0; r < parts[p].n_out; r++, at += l->n_in / BLOCK * BLOCK_BYTES)
            quantise_row(parts[p].w + (size_t)r * (size_t)l->n_in, l->n_in, parts[p].by, at);
}

static void pack_rows(const gemm_ops *o, const float *w, int n_in, int n_out, float *panels)
{
    for (int from = 0; from < n_out; from += GEMM_PANEL) {
        const int n = n_out - from < GEMM_PANEL ? n_out - from : GEMM_PANEL;
        const size_t at = (size_t)from * (size_t)n_in;

        o->pack_nk(w + at, (size_t)n_in, n, n_in, panels + at);
    }
}

/* Where panels would cross the border between parts, their rows are brought together first. */
static bool fill_panels(const gemm_ops *o, const part *parts, int n_parts, linear *l)
{
    const size_t n_in = (size_t)l->n_in;
    const bool direct = n_parts == 1 || parts[0].n_out % GEMM_PANEL == 0;
    float *rows = direct ? NULL : malloc((size_t)l->n_out * n_in * sizeof *rows);
    size_t at = 0;

    if (!direct && !rows)
        return false;
    for (int p = 0; p < n_parts; p++) {
        const size_t n = (size_t)parts[p].n_out * n_in;
        float *part_at = (direct ? l->panels : rows) + at;

        if (direct)
            pack_rows(o, parts[p].w, l->n_in, parts[p].n_out, part_at);
        else
            memcpy(part_at, parts[p].w, n * sizeof *rows);
        if (parts[p].by != 1.0f)
            o->scale(part_at, parts[p].by, (int)n);
        at += n;
    }
    if (rows)
        pack_rows(o, rows, l->n_in, l->n_out, l->panels);
    free(rows);
    return true;
}

static bool linear_init(const minilm *m, const part *parts, int n_parts, int n_in, linear *l)
{
    float *bias;

    l->n_in = n_in;
    for (int p = 0; p < n_parts; p++)
        l->n_out += parts[p].n_out;
    l->n_panels = (l->n_out + GEMM_PANEL - 1) / GEMM_PANEL;
    bias = l->bias = calloc((size_t)l->n_panels * GEMM_PANEL, sizeof *l->bias);
    if (!bias)
        return false;
    for (int p = 0; p < n_parts; bias += parts[p++].n_out)
        for (int i = 0; i < parts[p].n_out; i++)
            bias[i] = parts[p].bias[i] * parts[p].by;
    if (m->kernels) {
        l->q8 = malloc((size_t)l->n_out * (size_t)n_in / BLOCK * BLOCK_BYTES);
        if (l->q8)
            fill_q8(parts, n_parts, l);
        return l->q8 != NULL;
    }
    l->panels = aligned_alloc(64, gemm_packed(m->gemm, n_in, l->n_out) * sizeof *l->panels);
    return l->panels && fill_panels(m->gemm, parts, n_parts, l);
}

static void linear_deinit(linear *l)
{
    free(l->panels);
    free(l->q8);
    free(l->bias);
}

typedef struct preparing {
    const minilm *m;
    bool *ok; /* (L) */
} preparing;

static void prepare_block(void *arg, int i)
{
    const preparing *p = arg;
    const encoder_config *c = p->m->config;
    const encoder_layer *l = &encoder_weights(p->m->weights)->layers[i];
    const int D = c->D;
    const part qkv[] = {{l->q, l->q_bias, D, 1.0f / sqrtf((float)(D / c->H))},
                        {l->k, l->k_bias, D, 1}, {l->v, l->v_bias, D, 1}};
    block *b = &p->m->blocks[i];

    p->ok[i] = linear_init(p->m, qkv, 3, D, &b->qkv) &&
               linear_init(p->m, &(part){l->output, l->output_bias, D, 1}, 1, D, &b->output) &&
               linear_init(p->m, &(part){l->up, l->up_bias, c->F, 1}, 1, D, &b->up) &&
               linear_init(p->m, &(part){l->down, l->down_bias, D, 1}, 1, c->F, &b->down);
}

static bool prepare(minilm *m, err *e)
{
    const int L = m->config->L;
    bool ok[ENCODER_MAX_LAYERS] = {false}, all = true;
    preparing p = {m, ok};

    if (!(m->blocks = calloc((size_t)L, sizeof *m->blocks)))
        return err_set(e, ERR_NOMEM, "%s: out of memory", encoder_path(m->weights));
    pool_run(m->pool, prepare_block, &p, L);
    for (int i = 0; i < L; i++)
        all &= ok[i];
    return all || err_set(e, ERR_NOMEM, "%s: out of memory for its matrices", encoder_path(m->weights));
}

static bool check(const minilm *m, bool int8, err *e)
{
    const encoder_config *c = m->config;
    const char *path = encoder_path(m->weights);

    if (c->D > MINILM_WIDTH_MOST || c->D / c->H > HEAD_MOST)
        return err_set(e, ERR_MODEL, "%s: a width of %d with heads of %d; up to %d and %d are run", path, c->D,
                       c->D / c->H, (int)MINILM_WIDTH_MOST, (int)HEAD_MOST);
    if (int8 && (c->D % BLOCK || c->F % BLOCK))
        return err_set(e, ERR_MODEL, "%s: widths of %d and %d are no multiples of 32, as int8 needs", path, c->D, c->F);
    if (wordpiece_size(m->words) != c->V)
        return err_set(e, ERR_MODEL, "%s: vocab.txt has %d pieces, config.json says %d; they are of two models", path,
                       wordpiece_size(m->words), c->V);
    return true;
}

static bool open_parts(minilm *m, const char *dir, const minilm_options *o, err *e)
{
    const char *vocabulary;
    size_t n;
    str name = {0};

    if (!(m->weights = encoder_open(dir, e)))
        return false;
    m->config = encoder_configuration(m->weights);
    vocabulary = encoder_vocabulary(m->weights, &n);
    str_addf(&name, "%s/vocab.txt", dir);
    m->words = wordpiece_new(vocabulary, n, str_text(&name), e);
    str_deinit(&name);
    m->gemm = gemm_get(true);
    if (o->int8)
        m->kernels = kernels_get(e);
    snprintf(m->identity, sizeof m->identity, "%.64s%s", encoder_digest(m->weights), o->int8 ? "-int8" : "");
    return m->words && (m->kernels || !o->int8) && check(m, o->int8, e);
}

minilm *minilm_open(const char *dir, const minilm_options *o, err *e)
{
    const int threads = o->threads > 0 ? o->threads : cpu_count();
    minilm *m = calloc(1, sizeof *m);

    if (!m) {
        err_set(e, ERR_NOMEM, "%s: out of memory", dir);
        return NULL;
    }
    if (open_parts(m, dir, o, e) && (m->pool = pool_new(threads < 64 ? threads : 64, e)) && prepare(m, e))
        return m;
    minilm_close(m);
    return NULL;
}

void minilm_close(minilm *m)
{
    if (!m)
        return;
    for (int i = 0; m->blocks && i < m->config->L; i++) {
        linear_deinit(&m->blocks[i].qkv);
        linear_deinit(&m->blocks[i].output);
        linear_deinit(&m->blocks[i].up);
        linear_deinit(&m->blocks[i].down);
    }
    free(m->blocks);
    pool_free(m->pool);
    wordpiece_free(m->words);
    encoder_close(m->weights);
    free(m);
}

int minilm_width(const minilm *m) { return m->config->D; }
const char *minilm_identity(const minilm *m) { return m->identity; }

bool minilm_default_path(str *path, err *e)
{
    const char *given = getenv("SALESBOT_EMBEDDER");

    str_reset(path);
    if (given && *given)
        str_adds(path, given);
    else if (!home_path(path, "models/all-MiniLM-L6-v2", e))
        return false;
    if (path->bad)
        return err_set(e, ERR_NOMEM, "out of memory");
    return file_exists(path->text) ||
           err_set(e, ERR_MODEL, "no sentence encoder at %s; scripts/setup.sh fetches all-MiniLM-L6-v2, or name its "
                   "folder in SALESBOT_EMBEDDER", path->text);
}
