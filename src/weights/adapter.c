/* adapter.c - reading a PEFT folder; see adapter.h.
 *
 * PEFT can do much that this program cannot: what would change the sum of the header's
 * equation (DoRA, biases, whole modules saved, ranks by pattern) is refused by name, so that an
 * adapter never runs as something other than it was trained as. */
#include "weights/adapter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "weights/adapter_impl.h"

enum { CONFIG_LIMIT = 1 << 20, MEMORY_LIMIT = 16 << 20 };

struct adapter {
    arena *memory;
    char *path;
    mapped_file file; /* the safetensors file */
    adapter_pair (*pairs)[ADAPTER_N_TARGETS]; /* (n_layers); a.data NULL: none */
    int n_layers;
    bool every_layer; /* the configuration restricts no target to some layers */
    unsigned listed;  /* targets that the configuration names; 0: by a pattern */
    adapter_info info;
};

static bool no_memory(const adapter *a, err *e)
{
    return err_set(e, ERR_NOMEM, "%s: out of memory for its tables", a->path);
}

/* ---- adapter_config.json ---- */

static bool is_set(const json_t *value)
{
    return value && !json_is_null(value) && !json_is_false(value) &&
           !(json_is_array(value) && !json_array_size(value)) &&
           !(json_is_object(value) && !json_object_size(value));
}

/* Some ways to initialise also change the base (PiSSA, OLoRA, CorDA, LoftQ): its plain weights would
 * then be the wrong ones. */
static bool base_unchanged(const json_t *root)
{
    static const char *const plain[] = {"gaussian", "eva", "orthogonal"};
    const char *how = json_string_value(json_object_get(root, "init_lora_weights"));

    for (size_t i = 0; how && i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(how, plain[i]))
            return true;
    return !how;
}

static bool refuse_extras(const char *path, const json_t *root, err *e)
{
    static const char *const extras[] = {"use_dora", "use_qalora", "fan_in_fan_out", "modules_to_save",
                                         "rank_pattern", "alpha_pattern", "lora_bias", "megatron_config",
                                         "layer_replication", "trainable_token_indices", "target_parameters",
                                         "arrow_config", "alora_invocation_tokens", "use_bdlora",
                                         "kasa_config", "monteclora_config"};
    const char *type = json_string_value(json_object_get(root, "peft_type"));
    const char *bias = json_string_value(json_object_get(root, "bias"));

    if (!type || strcmp(type, "LORA"))
        return err_set(e, ERR_MODEL, "%s: peft_type is \"%.30s\"; only LORA is read", path, type ? type : "");
    if (bias && strcmp(bias, "none"))
        return err_set(e, ERR_MODEL, "%s: bias is \"%.30s\"; Gemma has no biases, \"none\" is read", path, bias);
    if (!base_unchanged(root))
        return err_set(e, ERR_MODEL, "%s: init_lora_weights is \"%.30s\", which changes the base too; save the adapter "
                       "as plain LoRA", path, json_string_value(json_object_get(root, "init_lora_weights")));
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
        if (is_set(json_object_get(root, extras[i])))
            return err_set(e, ERR_MODEL, "%s: %s is set, which this program does not run; merge the adapter "
                           "where it was made and give the merged model", path, extras[i]);
    return true;
}

static bool read_sizes(adapter *a, const char *path, const json_t *root, err *e)
{
    const json_t *rank = json_object_get(root, "r"), *alpha = json_object_get(root, "lora_alpha");
    const json_int_t R = json_integer_value(rank);
    const double al = json_number_value(alpha);

    if (!json_is_integer(rank) || R < 1 || R > ADAPTER_MAX_RANK)
        return err_set(e, ERR_MODEL, "%s: r is not a rank from 1 to %d", path, ADAPTER_MAX_RANK);
    if (!json_is_number(alpha) || !isfinite(al) || al < -1e6 || al > 1e6)
        return err_set(e, ERR_MODEL, "%s: lora_alpha is not a number in range", path);
    a->info.rank = (int)R;
    a->info.alpha = (float)al;
    a->info.scale = (float)(json_is_true(json_object_get(root, "use_rslora")) ? al / sqrt((double)R)
                                                                              : al / (double)R);
    return true;
}

static bool read_targets(adapter *a, const char *path, const json_t *root, err *e)
{
    const json_t *list = json_object_get(root, "target_modules");

    a->every_layer = !is_set(json_object_get(root, "layers_to_transform")) &&
                     !is_set(json_object_get(root, "exclude_modules"));
    if (json_is_string(list)) /* a pattern: the tensors tell */
        return true;
    if (!json_array_size(list))
        return err_set(e, ERR_MODEL, "%s: target_modules names no modules", path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *module = json_string_value(json_array_get(list, i));
        const int target = module ? adapter_target_index(module) : -1;

        if (target < 0)
            return err_set(e, ERR_MODEL, "%s: target_modules names \"%.60s\"; adapters of q_proj k_proj "
                           "v_proj o_proj gate_proj up_proj down_proj are run", path, module ? module : "");
        a->listed |= 1u << target;
        if (strchr(module, '.')) /* a full path: single layers may be meant */
            a->every_layer = false;
    }
    return true;
}

static bool read_config(adapter *a, err *e)
{
    const char *path = arena_strf(a->memory, "%s/adapter_config.json", a->path);
    str text = {0};
    json_error_t why;
    json_t *root = NULL;
    const char *base;
    bool ok;

    if (!path)
        return no_memory(a, e);
    if (!file_exists(path))
        return err_set(e, ERR_MODEL, "%s: has no adapter_config.json; give the folder of a PEFT adapter", a->path);
    ok = file_read(path, CONFIG_LIMIT, &text, e);
    if (ok)
        root = json_loadb(str_text(&text), text.n, JSON_REJECT_DUPLICATES, &why);
    if (ok && json_no_memory(root, &why))
        ok = err_set(e, ERR_NOMEM, "%s: out of memory", path);
    else if (ok && !json_is_object(root))
        ok = err_set(e, ERR_MODEL, "%s: line %d: not a JSON object: %s", path, root ? 1 : why.line,
                     root ? "another value" : why.text);
    ok = ok && refuse_extras(path, root, e) && read_sizes(a, path, root, e) && read_targets(a, path, root, e);
    base = json_string_value(json_object_get(root, "base_model_name_or_path"));
    ok = ok && ((a->info.base_name = arena_str(a->memory, base ? base : "")) || no_memory(a, e));
    json_decref(root);
    str_deinit(&text);
    return ok;
}

/* ---- adapter_model.safetensors ---- */

static bool count_layers(adapter *a, const json_t *table, err *e)
{
    const char *name;
    json_t *entry;
    adapter_place place;

    json_object_foreach((json_t *)(uintptr_t)table, name, entry) {
        if (!strcmp(name, "__metadata__"))
            continue;
        if (!adapter_place_of(name, &place))
            return err_set(e, ERR_MODEL, "%s: tensor %.120s is no LoRA matrix of a layer that this program runs",
                           a->file.path, name);
        if (place.layer >= a->n_layers)
            a->n_layers = place.layer + 1;
    }
    if (!a->n_layers)
        return err_set(e, ERR_MODEL, "%s: holds no LoRA matrices", a->file.path);
    a->pairs = arena_push_bytes(a->memory, (size_t)a->n_layers, sizeof *a->pairs, _Alignof(adapter_pair));
    return a->pairs || no_memory(a, e);
}

static bool numbers_finite(const tensor *t)
{
    const int64_t n = t->dim[0] * t->dim[1];
    /* exponent all ones: of a 32-bit float, or of 16 bits of it, or of a half */
    const uint16_t mask16 = t->type == TENSOR_BF16 ? 0x7f80 : 0x7c00;
    bool bad = false;

    if (t->type == TENSOR_F32) {
        for (int64_t i = 0; i < n; i++) {
            uint32_t bits;

            memcpy(&bits, (const char *)t->data + 4 * i, 4);
            bad |= (bits & 0x7f800000u) == 0x7f800000u;
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            uint16_t bits;

            memcpy(&bits, (const char *)t->data + 2 * i, 2);
            bad |= (bits & mask16) == mask16;
        }
    }
    return !bad;
}

static bool take_tensor(adapter *a, const char *name, const json_t *entry, err *e)
{
    adapter_place place;
    tensor t = {.name = arena_str(a->memory, name)}, *slot;
    char shape[128];

    if (!t.name || !adapter_place_of(name, &place))
        return no_memory(a, e);
    if (!safetensors_entry_read(&a->file, entry, &t, e))
        return false;
    slot = place.is_b ? &a->pairs[place.layer][place.target].b : &a->pairs[place.layer][place.target].a;
    if (slot->data)
        return err_set(e, ERR_MODEL, "%s: tensor %s stands there twice", a->file.path, name);
    tensor_shape_text(&t, shape, sizeof shape);
    if (t.n_dims != 2 || t.dim[place.is_b] != a->info.rank)
        return err_set(e, ERR_MODEL, "%s: tensor %s has the shape %s; adapter_config.json says rank %d",
                       a->file.path, name, shape, a->info.rank);
    if (a->listed && !(a->listed & 1u << place.target))
        return err_set(e, ERR_MODEL, "%s: tensor %s is there, but target_modules does not name %s",
                       a->file.path, name, adapter_peft_name(1u << place.target));
    if (!numbers_finite(&t))
        return err_set(e, ERR_MODEL, "%s: tensor %s holds numbers that are not finite", a->file.path, name);
    *slot = t;
    return true;
}

static bool pairs_whole(adapter *a, err *e)
{
    for (int l = 0; l < a->n_layers; l++)
        for (int t = 0; t < ADAPTER_N_TARGETS; t++) {
            const adapter_pair *p = &a->pairs[l][t];

            if (!p->a.data != !p->b.data)
                return err_set(e, ERR_MODEL, "%s: tensor %s is there without its lora_%c", a->file.path,
                               p->a.data ? p->a.name : p->b.name, p->a.data ? 'B' : 'A');
            if (!p->a.data)
                continue;
            a->info.n_pairs++;
            a->info.targets |= 1u << t;
            a->info.n_parameters += p->a.dim[0] * p->a.dim[1] + p->b.dim[0] * p->b.dim[1];
        }
    for (int t = 0; t < ADAPTER_N_TARGETS; t++)
        if (a->listed & ~a->info.targets & 1u << t)
            return err_set(e, ERR_MODEL, "%s: target_modules names %s, but there are no matrices for it",
                           a->file.path, adapter_peft_name(1u << t));
    return true;
}

static bool read_metadata(adapter *a, const json_t *table, err *e)
{
    const json_t *metadata = json_object_get(table, "__metadata__");
    const char *base = json_string_value(json_object_get(metadata, "salesbot_base"));

    a->info.base_fingerprint = arena_str(a->memory, base ? base : "");
    return a->info.base_fingerprint || no_memory(a, e);
}

static bool read_tensors(adapter *a, err *e)
{
    json_t *table, *entry;
    const char *name;
    bool ok;

    a->file.path = arena_strf(a->memory, "%s/adapter_model.safetensors", a->path);
    if (!a->file.path)
        return no_memory(a, e);
    if (!file_exists(a->file.path))
        return err_set(e, ERR_MODEL, "%s: has no adapter_model.safetensors; save the adapter in the "
                       "safetensors format", a->path);
    if (!file_map_open(a->file.path, &a->file.map, e) || !(table = safetensors_table_read(&a->file, e)))
        return false;
    ok = count_layers(a, table, e) && read_metadata(a, table, e);
    if (ok)
        json_object_foreach(table, name, entry)
            ok = ok && (!strcmp(name, "__metadata__") || take_tensor(a, name, entry, e));
    json_decref(table);
    return ok && pairs_whole(a, e);
}

/* ---- the base ---- */

static bool pair_fits(const adapter *a, const weights *base, int layer, int target, err *e)
{
    const adapter_pair *p = &a->pairs[layer][target];
    int n_out, n_in;

    adapter_shape(&base->config, 1u << target, &n_out, &n_in);
    if (p->a.dim[1] == n_in && p->b.dim[0] == n_out)
        return true;
    return err_set(e, ERR_MODEL, "%s: made for another base%s%s: layer %d's %s is (%lld, %lld) there and (%d, %d) "
                   "in %s", a->path, *a->info.base_name ? ", " : "", a->info.base_name, layer,
                   adapter_peft_name(1u << target), (long long)p->b.dim[0], (long long)p->a.dim[1], n_out, n_in,
                   base->path);
}

static bool fits_base(const adapter *a, const weights *base, err *e)
{
    char fingerprint[65];

    for (int l = 0; l < a->n_layers && l < base->config.L; l++)
        for (int t = 0; t < ADAPTER_N_TARGETS; t++)
            if (a->pairs[l][t].a.data && !pair_fits(a, base, l, t, e))
                return false;
    if (a->n_layers > base->config.L)
        return err_set(e, ERR_MODEL, "%s: made for another base: it has matrices for layer %d, %s has %d layers",
                       a->path, a->n_layers - 1, base->path, base->config.L);
    for (int l = 0; a->every_layer && l < base->config.L; l++)
        for (int t = 0; t < ADAPTER_N_TARGETS; t++)
            if (a->listed & 1u << t && !adapter_find(a, l, 1u << t))
                return err_set(e, ERR_MODEL, "%s: made for another base, or cut: no matrices for %s of layer %d; "
                               "%s has %d layers", a->path, adapter_peft_name(1u << t), l, base->path, base->config.L);
    if (!*a->info.base_fingerprint)
        return true;
    return weights_fingerprint(base, fingerprint, e) &&
           (!strcmp(fingerprint, a->info.base_fingerprint) ||
            err_set(e, ERR_MODEL, "%s: made for another base (%.100s): the norms of %s differ from it; give that base "
                    "with --model, or another adapter", a->path, a->info.base_name, base->path));
}

/* ---- the object ---- */

static bool make_digest(adapter *a, err *e)
{
    char weights_hex[65];
    str text = {0};

    sha256_hex(a->file.map.bytes, a->file.map.n, weights_hex);
    str_addf(&text, "lora %a %s", (double)a->info.scale, weights_hex);
    if (text.bad)
        return no_memory(a, e);
    sha256_hex(text.text, text.n, a->info.digest);
    str_deinit(&text);
    return true;
}

adapter *adapter_open(const char *dir, const weights *base, err *e)
{
    adapter *a = calloc(1, sizeof *a);

    if (!a || !(a->memory = arena_new(MEMORY_LIMIT)) || !(a->path = arena_str(a->memory, dir))) {
        err_set(e, ERR_NOMEM, "%s: out of memory", dir);
        adapter_close(a);
        return NULL;
    }
    while (strlen(a->path) > 1 && str_ends(a->path, "/"))
        a->path[strlen(a->path) - 1] = 0;
    a->info.path = a->path;
    if (!read_config(a, e) || !read_tensors(a, e) || (base && !fits_base(a, base, e)) || !make_digest(a, e)) {
        adapter_close(a);
        return NULL;
    }
    return a;
}

void adapter_close(adapter *a)
{
    if (!a)
        return;
    file_map_close(&a->file.map);
    arena_free(a->memory);
    free(a);
}

void adapter_describe(const adapter *a, adapter_info *info) { *info = a->info; }

const adapter_pair *adapter_find(const adapter *a, int layer, unsigned target)
{
    for (int t = 0; t < ADAPTER_N_TARGETS && layer >= 0 && layer < a->n_layers; t++)
        if (target == 1u << t)
            return a->pairs[layer][t].a.data ? &a->pairs[layer][t] : NULL;
    return NULL;
}
