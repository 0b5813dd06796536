/* model.c - salesbot model: the weights and adapters at hand, and what they are. */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/model_impl.h"
#include "weights/adapter.h"

static const char help[] =
    "  salesbot model list                  weights and adapters in the home folder\n"
    "  salesbot model info [NAME|PATH]      family, sizes, memory; of an adapter its rank and base\n"
    "  salesbot model verify [NAME|PATH]    hash every file again, and compare where the right hash is known\n"
    "  salesbot model remove NAME           one of those that `list` names\n"
    "  salesbot model pull OWNER/NAME [FILE]\n"
    "                                       from a Hugging Face hub: resumed where it was cut, hashes checked.\n"
    "                                       The token is $HF_TOKEN, the address $HF_ENDPOINT\n"
    "  salesbot model push OWNER/NAME [PATH]\n"
    "                                       an adapter folder (default: the one that `ask` uses), a merged folder or\n"
    "                                       GGUF file, with its card and Gemma's terms\n"
    "  --format json   of list and info\n"
    "  --private       push: a repository made now is private\n";

bool is_folder(const char *path)
{
    struct stat st;

    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool exists(const char *path)
{
    struct stat st;

    return !stat(path, &st);
}

/* A folder that holds nothing but one GGUF file stands for that file. */
static void descend(str *path)
{
    DIR *d = opendir(path->text);
    str only = {0};
    int n = 0;

    for (struct dirent *f; d && (f = readdir(d));) {
        if (!strcmp(f->d_name, "config.json") || !strcmp(f->d_name, "adapter_config.json"))
            n += 2;
        if (str_ends(f->d_name, ".gguf") && !n++)
            str_addf(&only, "%s/%s", path->text, f->d_name);
    }
    if (d)
        closedir(d);
    if (n == 1 && !only.bad) {
        str_reset(path);
        str_adds(path, only.text);
    }
    str_deinit(&only);
}

bool model_find(const char *name, str *path, err *e)
{
    static const char *const folders[] = {"models", "adapters"};
    str flat = {0};
    err ignored = {0};
    bool found = exists(name);

    str_reset(path);
    if (found)
        str_adds(path, name);
    for (const char *p = name; *p; p++)
        str_adds(&flat, *p == '/' ? "--" : (char[]){*p, 0});
    for (size_t i = 0; !found && i < 2 && name[0] != '/' && name[0] != '.'; i++) {
        str rest = {0};

        str_addf(&rest, "%s/%s", folders[i], str_text(&flat));
        found = home_path(path, str_text(&rest), &ignored) && exists(path->text);
        str_deinit(&rest);
    }
    str_deinit(&flat);
    if (!found)
        return err_set(e, ERR_MODEL, "%.200s: neither a path nor a name that `salesbot model list` knows", name);
    if (is_folder(path->text))
        descend(path);
    return true;
}

/* ---- list ---- */


static double size_mb(const char *path)
{
    DIR *d = is_folder(path) ? opendir(path) : NULL;
    struct stat st;
    double mb = !d && !stat(path, &st) ? (double)st.st_size / 1048576.0 : 0;
    str inner = {0};

    for (struct dirent *f; d && (f = readdir(d));) {
        str_reset(&inner);
        str_addf(&inner, "%s/%s", path, f->d_name);
        if (!stat(str_text(&inner), &st) && S_ISREG(st.st_mode))
            mb += (double)st.st_size / 1048576.0;
    }
    if (d)
        closedir(d);
    str_deinit(&inner);
    return mb;
}

static void describe_weights(const char *path, char what[160])
{
    str file = {0};
    err e = {0};
    weights *w;

    str_adds(&file, path);
    if (is_folder(path))
        descend(&file);
    w = weights_open(str_text(&file), &e);
    if (w) {
        const model_config *c = weights_config(w);
        size_t bytes[TENSOR_TYPE_COUNT] = {0};
        int most = 0;

        for (size_t i = 0; i < weights_tensor_count(w); i++)
            if (strncmp(weights_tensor(w, i)->name, "blk.", 4) == 0)
                bytes[weights_tensor(w, i)->type] += weights_tensor(w, i)->n_bytes;
        for (int t = 1; t < TENSOR_TYPE_COUNT; t++)
            most = bytes[t] > bytes[most] ? t : most;
        snprintf(what, 160, "%s, %d layers of %d, mostly %s%s", model_family_name(c->family), c->L, c->D, tensor_type_name((tensor_type)most),
                 *c->merged ? ", an adapter merged in" : "");
    } else {
        snprintf(what, 160, "cannot be used: %.130s", strncmp(e.msg, path, strlen(path)) ? e.msg : e.msg + strlen(path) + 2);
    }
    weights_close(w);
    str_deinit(&file);
}

static void describe_adapter(const char *path, char what[160])
{
    err e = {0};
    adapter *a = adapter_open(path, NULL, &e);
    adapter_info i;

    if (a) {
        adapter_describe(a, &i);
        snprintf(what, 160, "adapter, rank %d, for %.100s", i.rank, *i.base_name ? i.base_name : "an unnamed base");
    } else {
        snprintf(what, 160, "cannot be used: %.130s", strncmp(e.msg, path, strlen(path)) ? e.msg : e.msg + strlen(path) + 2);
    }
    adapter_close(a);
}

/* Not models: stamps, cards, terms, what is half fetched. */
static bool is_side_file(const char *name)
{
    return name[0] == '.' || str_ends(name, ".checked") || str_ends(name, ".md") || str_ends(name, ".txt") ||
           str_ends(name, ".partial") || !strcmp(name, "NOTICE") || strstr(name, ".new") != NULL;
}

static bool add_rows(const char *sub, void (*describe)(const char *path, char what[160]), json_t *rows, err *e)
{
    str folder = {0}, path = {0};
    bool ok = home_path(&folder, sub, e);
    DIR *d = ok ? opendir(folder.text) : NULL;

    for (struct dirent *f; d && (f = readdir(d));) {
        char what[160];

        if (is_side_file(f->d_name))
            continue;
        str_reset(&path);
        str_addf(&path, "%s/%s", folder.text, f->d_name);
        describe(str_text(&path), what);
        json_array_append_new(rows, json_pack("{s:s s:s s:f s:s}", "name", f->d_name, "path", str_text(&path), "mb",
                                              size_mb(str_text(&path)), "what", what));
    }
    if (d)
        closedir(d);
    str_deinit(&folder);
    str_deinit(&path);
    return ok;
}

int model_list(const flags *f)
{
    json_t *rows = json_array(), *r;
    err e = {0};
    size_t i;
    const bool ok = rows && add_rows("models", describe_weights, rows, &e) && add_rows("adapters", describe_adapter, rows, &e);

    if (ok && f->format == FORMAT_JSON) {
        json_dumpf(rows, stdout, JSON_REAL_PRECISION(6));
        puts("");
    } else if (ok && !json_array_size(rows)) {
        fprintf(stderr, "No weights here yet: `make run` fetches them, `salesbot model pull OWNER/NAME` others.\n");
    } else if (ok) {
        json_array_foreach(rows, i, r)
            printf("%-36s %8.0f MB  %s\n", json_string_value(json_object_get(r, "name")),
                   json_real_value(json_object_get(r, "mb")), json_string_value(json_object_get(r, "what")));
    }
    json_decref(rows);
    return ok ? 0 : cli_fail(&e);
}

/* ---- info ---- */

static json_t *weights_json(const char *path, err *e)
{
    gemma *g = gemma_open(path, NULL, e);
    gemma_info i;
    json_t *j;

    if (!g)
        return NULL;
    gemma_describe(g, &i);
    j = json_pack("{s:s s:s s:i s:i s:i s:i s:i s:i s:i s:i s:i s:f s:f s:s s:s}", "file", path, "family", i.family, "layers",
                  i.n_layers, "width", i.width, "heads", i.n_heads, "key-value heads", i.n_kv_heads, "head size", i.head_size,
                  "ffn", i.ffn_width, "vocabulary", i.vocabulary, "window", i.window, "context", i.context,
                  "parameters (million)", (double)i.n_parameters / 1e6, "weights (MB)", (double)i.weight_bytes / 1048576.0,
                  "kernels", i.kernels, "identity", i.identity);
    gemma_close(g);
    return j;
}

static json_t *adapter_json(const char *path, err *e)
{
    adapter *a = adapter_open(path, NULL, e);
    adapter_info i;
    json_t *j, *targets = json_array();

    if (!a) {
        json_decref(targets);
        return NULL;
    }
    adapter_describe(a, &i);
    for (unsigned t = 1; t < ADAPTER_ALL; t <<= 1)
        if (i.targets & t)
            json_array_append_new(targets, json_string(adapter_peft_name(t)));
    j = json_pack("{s:s s:s s:i s:f s:o s:i s:f s:s s:s}", "adapter", path, "base", i.base_name, "rank", i.rank, "alpha",
                  (double)i.alpha, "targets", targets, "pairs", i.n_pairs, "parameters (million)",
                  (double)i.n_parameters / 1e6, "base fingerprint", i.base_fingerprint, "digest", i.digest);
    adapter_close(a);
    return j;
}

static void print_value(const char *key, const json_t *value)
{
    size_t i;
    const json_t *item;

    printf("%-22s", key);
    if (json_is_string(value))
        printf("%s", json_string_value(value));
    else if (json_is_integer(value))
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        printf("%.*f", json_real_value(value) < 100 ? 1 : 0, json_real_value(value));
    json_array_foreach(value, i, item)
        printf("%s%s", i ? " " : "", json_string_value(item));
    puts("");
}

int model_info(const flags *f, const char *name)
{
    str path = {0}, config = {0};
    err e = {0};
    json_t *j = NULL, *value;
    const char *key;

    if (name ? model_find(name, &path, &e) : cli_model(f, &path, &e)) {
        str_addf(&config, "%s/adapter_config.json", path.text);
        j = file_exists(str_text(&config)) ? adapter_json(path.text, &e) : weights_json(path.text, &e);
    }
    if (j && f->format == FORMAT_JSON) {
        json_dumpf(j, stdout, JSON_REAL_PRECISION(6));
        puts("");
    } else if (j) {
        json_object_foreach(j, key, value)
            print_value(key, value);
    } else if (e.code != ERR_NOMEM && e.code != ERR_ARG) {
        e.code = ERR_MODEL; /* missing, cut or foreign: exit 8 */
    }
    str_deinit(&path);
    str_deinit(&config);
    if (!j)
        return cli_fail(&e);
    json_decref(j);
    return 0;
}

/* ---- the verb ---- */

static int run(int argc, char **argv)
{
    flags f;
    const char *what, *first, *second;

    if (!flags_parse(&f, argc, argv, "model adapter format private", &verb_model))
        return 2;
    what = f.n_words ? f.words[0] : "list";
    first = f.n_words > 1 ? f.words[1] : NULL;
    second = f.n_words > 2 ? f.words[2] : NULL;
    if (!strcmp(what, "list") && !first)
        return model_list(&f);
    if ((!strcmp(what, "info") || !strcmp(what, "show")) && !second)
        return model_info(&f, first);
    if (!strcmp(what, "verify") && !second)
        return model_verify(&f, first);
    if (!strcmp(what, "remove") && first && !second)
        return model_remove(first);
    if (!strcmp(what, "pull") && first && f.n_words < 4)
        return model_pull(&f, first, second);
    if (!strcmp(what, "push") && first && f.n_words < 4)
        return model_push(&f, first, second);
    fprintf(stderr, "salesbot model: list, info [NAME], verify [NAME], remove NAME, pull OWNER/NAME [FILE] or "
                    "push OWNER/NAME [PATH]\n");
    return 2;
}

const verb verb_model = {"model", "[list|info|verify|remove|pull|push]", "the weights and adapters at hand, and others from a hub",
                         help, run};
