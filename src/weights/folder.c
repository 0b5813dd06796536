/* folder.c - a Hugging Face folder: config.json, safetensors, tokenizer files.
 *
 * Shards are those that model.safetensors.index.json names; a name that leads out
 * of the folder is refused. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "weights/weights_impl.h"

enum { MAX_SHARDS = 1000 };

static char *inside(const weights *w, const char *file)
{
    return arena_strf(w->memory, "%s/%s", w->path, file);
}

/* The last mapped file, or NULL when the folder has none of that name. */
static bool map_optional(weights *w, const char *name, const mapped_file **file, err *e)
{
    const char *path = inside(w, name);

    *file = NULL;
    if (!path)
        return weights_no_memory(w, e);
    if (!file_exists(path))
        return true;
    if (!weights_map(w, path, e))
        return false;
    *file = &w->files[w->n_files - 1];
    w->files[w->n_files - 1].n_table = w->files[w->n_files - 1].map.n;
    return true;
}

static bool map_config(weights *w, err *e)
{
    const mapped_file *file;

    if (!map_optional(w, "config.json", &file, e))
        return false;
    if (!file)
        return err_set(e, ERR_MODEL, "%s: has no config.json; give a .gguf file or the folder of a "
                       "Hugging Face model", w->path);
    return folder_read_config(file->path, (const char *)file->map.bytes, file->map.n, &w->config, e);
}

static bool map_tokenizer(weights *w, err *e)
{
    const mapped_file *json, *model;

    if (!map_optional(w, "tokenizer.json", &json, e) || !map_optional(w, "tokenizer.model", &model, e))
        return false;
    w->vocabulary.model = "";
    w->vocabulary.add_bos = true;
    if (json) {
        w->vocabulary.json = (const char *)json->map.bytes;
        w->vocabulary.n_json = json->map.n;
    }
    if (model) {
        w->vocabulary.protobuf = model->map.bytes;
        w->vocabulary.n_protobuf = model->map.n;
    }
    return true;
}

/* ---- which safetensors files there are ---- */

typedef struct shard_list {
    const char *names[MAX_SHARDS];
    size_t n;
} shard_list;

static bool name_stays_inside(const char *name)
{
    return str_ends(name, ".safetensors") && !strchr(name, '/') && name[0] != '.';
}

static bool add_shard(const weights *w, shard_list *list, const char *name, err *e)
{
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(list->names[i], name))
            return true;
    if (!name_stays_inside(name))
        return err_set(e, ERR_MODEL, "%s: model.safetensors.index.json names \"%.60s\", which is no "
                       "safetensors file of this folder", w->path, name);
    if (list->n == MAX_SHARDS)
        return err_set(e, ERR_MODEL, "%s: more than %d shards", w->path, MAX_SHARDS);
    list->names[list->n] = arena_str(w->memory, name);
    return list->names[list->n++] ? true : weights_no_memory(w, e);
}

static bool read_index(const weights *w, const char *path, shard_list *list, err *e)
{
    enum { INDEX_LIMIT = 64 << 20 };
    str text = {0};
    json_error_t why;
    json_t *root = NULL, *map, *value;
    const char *key;
    bool ok = file_read(path, INDEX_LIMIT, &text, e);

    if (ok) {
        root = json_loadb(str_text(&text), text.n, 0, &why);
        map = json_object_get(root, "weight_map");
        ok = !json_no_memory(root, &why) || err_set(e, ERR_NOMEM, "%s: out of memory", path);
        ok = ok && (json_is_object(map) ||
             err_set(e, ERR_MODEL, "%s: has no weight_map (a JSON object)", path));
        if (ok)
            json_object_foreach(map, key, value) {
                const char *name = json_string_value(value);

                ok = ok && add_shard(w, list, name ? name : "", e);
            }
    }
    json_decref(root);
    str_deinit(&text);
    return ok;
}

static bool list_shards(const weights *w, shard_list *list, err *e)
{
    const char *index = inside(w, "model.safetensors.index.json");
    const char *single = inside(w, "model.safetensors");

    if (!index || !single)
        return weights_no_memory(w, e);
    if (file_exists(index))
        return read_index(w, index, list, e);
    if (file_exists(single))
        return add_shard(w, list, "model.safetensors", e);
    return err_set(e, ERR_MODEL, "%s: has neither model.safetensors nor "
                   "model.safetensors.index.json; save the model in the safetensors format", w->path);
}

static bool read_shards(weights *w, const shard_list *list, err *e)
{
    size_t capacity = 0;

    for (size_t i = 0; i < list->n; i++) {
        const char *path = inside(w, list->names[i]);

        if (!path)
            return weights_no_memory(w, e);
        if (!weights_map(w, path, e) ||
            !safetensors_read(w, &w->files[w->n_files - 1], &capacity, e))
            return false;
    }
    return weights_sort(w, e);
}

bool folder_open(weights *w, err *e)
{
    enum { CONFIG_AND_TOKENIZERS = 3 };
    shard_list *list = arena_push(w->memory, shard_list, 1);

    if (!list)
        return weights_no_memory(w, e);
    if (!list_shards(w, list, e))
        return false;
    if (!(w->files = arena_push(w->memory, mapped_file, list->n + CONFIG_AND_TOKENIZERS)))
        return weights_no_memory(w, e);
    return map_config(w, e) && map_tokenizer(w, e) && read_shards(w, list, e);
}
