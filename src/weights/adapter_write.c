/* adapter_write.c - a PEFT folder out: the fields that PEFT 0.21 writes for plain LoRA
 * (the rest are its defaults), and the matrices in BF16 or F32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weights/adapter_impl.h"

static bool check_tensor(const char *dir, const adapter_tensor *t, const adapter_write_options *o, err *e)
{
    adapter_place place;

    if (!adapter_place_of(t->name, &place) || !(o->targets & 1u << place.target))
        return err_set(e, ERR_ARG, "%s: %s is no LoRA matrix of the targets asked for", dir, t->name);
    if (t->rows < 1 || t->cols < 1 || (place.is_b ? t->cols : t->rows) != o->rank)
        return err_set(e, ERR_ARG, "%s: %s is (%d, %d), not of rank %d", dir, t->name, t->rows, t->cols, o->rank);
    for (size_t i = 0; i < (size_t)t->rows * (size_t)t->cols; i++)
        if (!isfinite(t->data[i]))
            return err_set(e, ERR_ARG, "%s: %s holds a number that is not finite", dir, t->name);
    return true;
}

/* To nearest, ties to even; finite stays finite but for the last half step. */
static void to_bf16(const float *from, size_t n, uint16_t *to)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &from[i], sizeof bits);
        bits += 0x7fff + (bits >> 16 & 1);
        if ((bits & 0x7f800000u) == 0x7f800000u)
            bits = (bits & 0x80000000u) | 0x7f7f0000u;
        to[i] = (uint16_t)(bits >> 16);
    }
}

static json_t *target_list(unsigned targets)
{
    json_t *list = json_array();

    for (int i = 0; i < ADAPTER_N_TARGETS; i++)
        if (targets & 1u << i)
            json_array_append_new(list, json_string(adapter_peft_name(1u << i)));
    return list;
}

/* The shortest text that is the same float again: 0.05 and not 0.050000000745. */
static json_t *plain(float x)
{
    char text[32];

    if (x == floorf(x) && fabsf(x) < 1e6f)
        return json_integer((json_int_t)x);
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x)
            break;
    }
    return json_real(strtod(text, NULL));
}

static bool write_config(const char *dir, const adapter_write_options *o, err *e)
{
    json_t *root = json_pack("{s:s s:s s:s? s:s s:b s:b s:o s:i s:o s:o s:b s:b s:n s:{} s:{} s:o}",
                             "peft_type", "LORA", "task_type", "CAUSAL_LM", "base_model_name_or_path",
                             o->base_name && *o->base_name ? o->base_name : NULL, "bias", "none",
                             "fan_in_fan_out", 0, "inference_mode", 1, "init_lora_weights", json_true(), "r",
                             o->rank, "lora_alpha", plain(o->alpha), "lora_dropout", plain(o->dropout),
                             "use_rslora", 0, "use_dora", 0, "modules_to_save", "rank_pattern",
                             "alpha_pattern", "target_modules", target_list(o->targets));
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    str path = {0}, lines = {0};
    bool ok;

    str_addf(&path, "%s/adapter_config.json", dir);
    str_addf(&lines, "%s\n", text ? text : "");
    ok = (text && !path.bad && !lines.bad) || err_set(e, ERR_NOMEM, "%s: out of memory, or a name that is not UTF-8", dir);
    ok = ok && file_write_atomic(path.text, lines.text, lines.n, 0644, e);
    free(text);
    json_decref(root);
    str_deinit(&path);
    str_deinit(&lines);
    return ok;
}

/* Views of the tensors in the type to be written; `store` holds the BF16 copies. */
static void make_views(const adapter_tensor *tensors, size_t n, bool f32, uint16_t *store, tensor *views)
{
    for (size_t i = 0; i < n; i++) {
        const size_t count = (size_t)tensors[i].rows * (size_t)tensors[i].cols;

        views[i] = (tensor){.name = tensors[i].name, .type = f32 ? TENSOR_F32 : TENSOR_BF16, .n_dims = 2,
                            .dim = {tensors[i].rows, tensors[i].cols}, .data = tensors[i].data,
                            .n_bytes = count * (f32 ? 4 : 2)};
        if (!f32) {
            to_bf16(tensors[i].data, count, store);
            views[i].data = store;
            store += count;
        }
    }
}

static bool write_tensors(const char *dir, const adapter_tensor *tensors, size_t n,
                          const adapter_write_options *o, err *e)
{
    size_t count = 0;
    tensor *views = calloc(n, sizeof *views);
    uint16_t *store = NULL;
    str path = {0};
    bool ok;

    for (size_t i = 0; i < n; i++)
        count += (size_t)tensors[i].rows * (size_t)tensors[i].cols;
    if (!o->f32)
        store = malloc(count * sizeof *store);
    str_addf(&path, "%s/adapter_model.safetensors", dir);
    ok = (views && (store || o->f32) && !path.bad) || err_set(e, ERR_NOMEM, "%s: out of memory", dir);
    if (ok) {
        make_views(tensors, n, o->f32, store, views);
        ok = safetensors_write_with(path.text, views, n, NULL, o->base_fingerprint ? "salesbot_base" : NULL,
                                    o->base_fingerprint, e);
    }
    free(views);
    free(store);
    str_deinit(&path);
    return ok;
}

bool adapter_write(const char *dir, const adapter_tensor *tensors, size_t n_tensors,
                   const adapter_write_options *o, err *e)
{
    if (!n_tensors || o->rank < 1 || o->rank > ADAPTER_MAX_RANK || !isfinite(o->alpha))
        return err_set(e, ERR_ARG, "%s: no tensors, or a rank outside 1 to %d", dir, ADAPTER_MAX_RANK);
    for (size_t i = 0; i < n_tensors; i++)
        if (!check_tensor(dir, &tensors[i], o, e))
            return false;
    return dir_make(dir, e) && write_config(dir, o, e) && write_tensors(dir, tensors, n_tensors, o, e);
}
