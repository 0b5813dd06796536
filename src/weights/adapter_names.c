/* adapter_names.c - the seven matrices of a layer under PEFT's names and ours, and which
 * base an adapter is for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weights/adapter_impl.h"

typedef struct target_names {
    const char *base, *peft, *path; /* path: as in a tensor's name */
} target_names;

static const target_names targets[ADAPTER_N_TARGETS] = {
    {"attn_q", "q_proj", "self_attn.q_proj"},      {"attn_k", "k_proj", "self_attn.k_proj"},
    {"attn_v", "v_proj", "self_attn.v_proj"},      {"attn_output", "o_proj", "self_attn.o_proj"},
    {"ffn_gate", "gate_proj", "mlp.gate_proj"},    {"ffn_up", "up_proj", "mlp.up_proj"},
    {"ffn_down", "down_proj", "mlp.down_proj"}};

static int index_of(unsigned target)
{
    int i = 0;

    while (i < ADAPTER_N_TARGETS - 1 && !(target & 1u << i))
        i++;
    return i;
}

const char *adapter_base_name(unsigned target) { return targets[index_of(target)].base; }
const char *adapter_peft_name(unsigned target) { return targets[index_of(target)].peft; }

int adapter_target_index(const char *module)
{
    const char *dot = strrchr(module, '.');

    for (int i = 0; i < ADAPTER_N_TARGETS; i++)
        if (!strcmp(targets[i].peft, dot ? dot + 1 : module))
            return i;
    return -1;
}

void adapter_shape(const model_config *c, unsigned target, int *n_out, int *n_in)
{
    const int HK = c->H * c->K, GK = c->G * c->K;

    *n_in = target == ADAPTER_O ? HK : target == ADAPTER_DOWN ? c->F : c->D;
    *n_out = target == ADAPTER_Q                         ? HK
             : target & (ADAPTER_K | ADAPTER_V)          ? GK
             : target & (ADAPTER_GATE | ADAPTER_UP)      ? c->F
                                                         : c->D;
}

bool adapter_place_of(const char *name, adapter_place *place)
{
    static const char head[] = "base_model.model.";
    const char *inner, *rest;
    char *end;

    if (strncmp(name, head, sizeof head - 1))
        return false;
    inner = name_without_prefixes(name + sizeof head - 1);
    if (strncmp(inner, "layers.", 7) || inner[7] < '0' || inner[7] > '9' || strlen(inner) > 64)
        return false;
    place->layer = (int)strtol(inner + 7, &end, 10);
    if (*end != '.' || place->layer >= MODEL_MAX_LAYERS)
        return false;
    for (int i = 0; i < ADAPTER_N_TARGETS; i++) {
        const size_t n = strlen(targets[i].path);

        if (strncmp(end + 1, targets[i].path, n))
            continue;
        rest = end + 1 + n;
        place->target = i;
        place->is_b = !strcmp(rest, ".lora_B.weight");
        return place->is_b || !strcmp(rest, ".lora_A.weight");
    }
    return false;
}

/* ---- which base ---- */

static float half_at(const unsigned char *p)
{
    const int bits = p[0] | p[1] << 8, exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                       : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                                      : ldexpf((float)fraction, -24);

    return bits & 0x8000 ? -size : size;
}

/* Norms are F32, F16 or BF16 (shapes_check). */
static float number_at(const tensor *t, int64_t i)
{
    const unsigned char *p = (const unsigned char *)t->data + i * (int64_t)tensor_block_bytes(t->type);
    float value;

    if (t->type == TENSOR_F32) {
        memcpy(&value, p, sizeof value);
    } else if (t->type == TENSOR_BF16) {
        const uint32_t bits = (uint32_t)(p[0] | p[1] << 8) << 16;

        memcpy(&value, &bits, sizeof value);
    } else {
        value = half_at(p);
    }
    return value;
}

static void add_gains(const weights *w, const tensor *t, str *text)
{
    str_addf(text, "%s", t->name);
    for (int64_t i = 0; i < t->dim[0]; i++) {
        const float gain = number_at(t, i) + (w->config.norm_plus_one ? 1.0f : 0.0f);

        str_addf(text, " %a", (double)gain);
    }
    str_addc(text, '\n');
}

bool weights_fingerprint(const weights *w, char hex[65], err *e)
{
    const model_config *c = &w->config;
    str text = {0};
    bool ok;

    str_addf(&text, "%s L%d D%d H%d G%d K%d F%d V%d\n", model_family_name(c->family), c->L, c->D, c->H,
             c->G, c->K, c->F, c->V);
    if (*c->merged) /* what is merged in is another base for the next adapter */
        str_addf(&text, "merged %s\n", c->merged);
    for (size_t i = 0; i < w->n_tensors; i++) /* sorted by name */
        if (w->tensors[i].n_dims == 1)
            add_gains(w, &w->tensors[i], &text);
    ok = !text.bad || weights_no_memory(w, e);
    if (ok)
        sha256_hex(str_text(&text), text.n, hex);
    str_deinit(&text);
    return ok;
}

/* "Gemma 3 270m" to "google/gemma-3-270m"; other names as they are. */
static void name_of_gguf(const gguf_pair *pair, char *name, size_t n)
{
    char given[128];
    const size_t length = pair->n_value < sizeof given - 1 ? pair->n_value : sizeof given - 1;

    memcpy(given, pair->value, length);
    given[length] = 0;
    snprintf(name, n, "%s%s", str_starts(given, "Gemma ") ? "google/" : "", given);
    for (char *p = name; str_starts(given, "Gemma ") && *p; p++)
        *p = *p == ' ' ? '-' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
}

void weights_base_name(const weights *w, char *name, size_t n)
{
    const gguf_pair *pair = gguf_find(w, "general.name");
    const char *slash = strrchr(w->path, '/');

    if (pair && pair->type == GGUF_TEXT)
        name_of_gguf(pair, name, n);
    else if (!w->n_pairs)
        snprintf(name, n, "%s", slash && slash[1] ? slash + 1 : w->path);
    else
        snprintf(name, n, "%s", "");
}
