/* train_options.c - the settings of a run from file and flags. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/train_impl.h"

enum { MAX_FILE = 1 << 16 };

/* ---- YAML ---- */

typedef struct yaml_source {
    yaml_document_t doc;
    const char *path;
} yaml_source;

static bool at_line(const yaml_source *f, const yaml_node_t *n, err *e, const char *what)
{
    return err_set(e, ERR_FORMAT, "%s:%zu: %s", f->path, n->start_mark.line + 1, what);
}

/* A scalar, or a list of scalars with commas between. */
static bool node_text(yaml_source *f, const yaml_node_t *n, str *out, err *e)
{
    str_reset(out);
    str_adds(out, "");
    if (n->type == YAML_SCALAR_NODE) {
        str_add(out, (const char *)n->data.scalar.value, n->data.scalar.length);
        return strlen(out->text) == out->n || at_line(f, n, e, "a NUL in a value");
    }
    if (n->type != YAML_SEQUENCE_NODE)
        return at_line(f, n, e, "a value is expected");
    for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++) {
        const yaml_node_t *item = yaml_document_get_node(&f->doc, *i);

        if (item->type != YAML_SCALAR_NODE)
            return at_line(f, item, e, "a list of words is expected");
        str_addf(out, "%s%s", out->n ? "," : "", (const char *)item->data.scalar.value);
    }
    return true;
}

static bool read_pairs(yaml_source *f, train_config *c, err *e)
{
    const yaml_node_t *root = yaml_document_get_root_node(&f->doc);
    str value = {0};
    bool ok = true;

    if (!root)
        return true; /* an empty file: the defaults */
    if (root->type != YAML_MAPPING_NODE)
        return at_line(f, root, e, "lines of \"name: value\" are expected");
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; ok && p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(&f->doc, p->key);
        err wrong = {0};

        ok = (key->type == YAML_SCALAR_NODE || at_line(f, key, e, "a name is expected")) &&
             node_text(f, yaml_document_get_node(&f->doc, p->value), &value, e);
        if (ok && !train_config_set(c, (const char *)key->data.scalar.value, str_text(&value), &wrong))
            ok = at_line(f, key, e, wrong.msg);
    }
    str_deinit(&value);
    return ok;
}

bool train_yaml_read(train_config *c, const char *path, err *e)
{
    yaml_source f = {.path = path};
    yaml_parser_t parser;
    str text = {0};
    bool ok = file_read(path, MAX_FILE, &text, e);

    if (ok && !yaml_parser_initialize(&parser))
        ok = err_set(e, ERR_NOMEM, "no memory to read %s", path);
    else if (ok) {
        yaml_parser_set_input_string(&parser, (const unsigned char *)str_text(&text), text.n);
        ok = yaml_parser_load(&parser, &f.doc);
        if (!ok)
            err_set(e, ERR_FORMAT, "%s:%zu: %s", path, parser.problem_mark.line + 1,
                    parser.problem ? parser.problem : "not YAML");
        yaml_parser_delete(&parser);
        if (ok) {
            ok = read_pairs(&f, c, e);
            yaml_document_delete(&f.doc);
        }
    }
    str_deinit(&text);
    return ok;
}

/* ---- flags ---- */

/* "--batch-tokens" as "batch_tokens". */
static void name_of(const char *flag, char name[40])
{
    snprintf(name, 40, "%s", flag + 2);
    name[strcspn(name, "=")] = 0;
    for (char *p = name; *p; p++)
        if (*p == '-')
            *p = '_';
}

/* Flags are read twice: for --config and --out before the file, and over it. */
static bool read_flags(train_options *o, int argc, char **argv, err *e)
{
    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '='), *value = equals ? equals + 1 : NULL;
        char name[40];

        if (strncmp(argv[i], "--", 2) || !argv[i][2])
            return err_set(e, ERR_ARG, "\"%.100s\": only flags are expected (salesbot train --help tells them)", argv[i]);
        name_of(argv[i], name);
        if (!strcmp(name, "resume") || !strcmp(name, "force")) {
            *(*name == 'r' ? &o->resume : &o->force) = true;
            continue;
        }
        if (!value && i + 1 < argc)
            value = argv[++i];
        if (!value)
            return err_set(e, ERR_ARG, "--%s: a value is missing", name);
        if (!strcmp(name, "config"))
            o->file = value;
        else if (!train_config_set(&o->config, name, value, e))
            return err_wrap(e, "salesbot train");
    }
    return true;
}

static bool place(char out[1024], const char *rest, err *e)
{
    str path = {0};
    bool ok = home_path(&path, rest, e);

    if (ok && path.n >= 1024)
        ok = err_set(e, ERR_ARG, "%s: too long a path", path.text);
    if (ok)
        memcpy(out, path.text, path.n + 1);
    str_deinit(&path);
    return ok;
}

/* data_train.jsonl has its data_val.jsonl beside it, or there is none. */
static void find_validation(train_config *c)
{
    static const char tail[] = "_train.jsonl";
    str path = {0};

    if (*c->val || !str_ends(c->data, tail))
        return;
    str_add(&path, c->data, strlen(c->data) - (sizeof tail - 1));
    str_adds(&path, "_val.jsonl");
    if (!path.bad && path.n < sizeof c->val && file_exists(path.text))
        memcpy(c->val, path.text, path.n + 1);
    str_deinit(&path);
}

static bool fill_places(train_config *c, err *e)
{
    const char *model = getenv("SALESBOT_MODEL");

    if (!*c->model && model && *model && !train_config_set(c, "model", model, e))
        return false;
    if ((!*c->model && !place(c->model, "models/gemma-3-270m-Q4_K_M.gguf", e)) ||
        (!*c->data && !place(c->data, "data/training_data_train.jsonl", e)) ||
        (!*c->out && !place(c->out, "adapters/default", e)))
        return false;
    find_validation(c);
    return true;
}

static bool read_file(train_options *o, err *e)
{
    str own = {0};
    bool ok = true;

    if (!o->file && o->resume && *o->config.out) {
        str_addf(&own, "%s/train.yaml", o->config.out);
        if (own.bad)
            ok = err_set(e, ERR_NOMEM, "out of memory");
        else if (file_exists(own.text))
            o->file = own.text;
    }
    train_config_default(&o->config);
    ok = ok && (!o->file || train_yaml_read(&o->config, o->file, e));
    str_deinit(&own);
    return ok;
}

bool train_options_read(train_options *o, int argc, char **argv, err *e)
{
    *o = (train_options){0};
    train_config_default(&o->config);
    if (!read_flags(o, argc, argv, e))
        return false;
    if (!o->file && !*o->config.out && !place(o->config.out, "adapters/default", e))
        return false;
    return read_file(o, e) && read_flags(o, argc, argv, e) && fill_places(&o->config, e);
}
