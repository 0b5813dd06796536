/* config.c - settings from a YAML file, checked by a table like every other input. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "server/server_impl.h"

enum { MAX_FILE = 1 << 20, MAX_DEPTH = 8, MAX_NODES = 10000 };

struct server_config {
    json_t *all;
    str origins, hosts, policies;
};

#define WHOLE(name, least, most, about) {name, FIELD_WHOLE, false, least, most, NULL, NULL, about}
#define TEXT(name, about) {name, FIELD_TEXT, false, 1, 4000, NULL, NULL, about}
static const field settings[] = {
    TEXT("host", "address to listen on"), WHOLE("port", 1, 65535, "its port"), TEXT("store", "SQLite file"),
    {"databases", FIELD_OBJECT, false, 0, 0, NULL, NULL, "name: path"},
    TEXT("model", "weights"), TEXT("adapter", "PEFT folder"), TEXT("semantic", "YAML of the layer"),
    {"no_model", FIELD_SWITCH, false, 0, 0, NULL, NULL, "templates only"},
    TEXT("tls_cert", "PEM"), TEXT("tls_key", "PEM"),
    {"origins", FIELD_LIST, false, 0, 64, NULL, NULL, "other origins whose pages may ask"},
    {"hosts", FIELD_LIST, false, 0, 64, NULL, NULL, "other names of this server"},
    {"behind_proxy", FIELD_SWITCH, false, 0, 0, NULL, NULL, "X-Forwarded-For is believed"},
    {"policies", FIELD_OBJECT, false, 0, 0, NULL, NULL, "role: what it may read"},
    WHOLE("threads", 0, 64, "of the model"), WHOLE("ask_workers", 1, 16, ""), WHOLE("model_workers", 0, 16, ""),
    WHOLE("queue", 1, 10000, ""), WHOLE("rate_per_minute", -1, 1000000, ""), WHOLE("body_bytes", 1024, 16777216, ""),
    WHOLE("request_ms", 100, 600000, ""), WHOLE("answer_ms", 100, 3600000, ""), WHOLE("drain_ms", 0, 600000, ""),
    WHOLE("connections", 8, 60000, ""), {0}};

/* ---- YAML as JSON ------------------------------------------------------------------- */

static json_t *scalar(const yaml_node_t *n)
{
    const char *text = (const char *)n->data.scalar.value;
    char *end;
    long long x;

    if (n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string(text);
    if (!strcmp(text, "true") || !strcmp(text, "false"))
        return json_boolean(*text == 't');
    x = strtoll(text, &end, 10);
    return *text && !*end && strlen(text) < 18 ? json_integer(x) : json_string(text);
}

static json_t *node_json(yaml_document_t *d, int at, int depth, int *left)
{
    const yaml_node_t *n = yaml_document_get_node(d, at);
    json_t *j = NULL;

    if (!n || depth > MAX_DEPTH || --*left < 0)
        return NULL;
    if (n->type == YAML_SCALAR_NODE)
        return scalar(n);
    if (n->type == YAML_SEQUENCE_NODE) {
        j = json_array();
        for (yaml_node_item_t *i = n->data.sequence.items.start; j && i < n->data.sequence.items.top; i++)
            if (json_array_append_new(j, node_json(d, *i, depth + 1, left))) {
                json_decref(j);
                j = NULL;
            }
    } else if (n->type == YAML_MAPPING_NODE) {
        j = json_object();
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start; j && p < n->data.mapping.pairs.top; p++) {
            const yaml_node_t *key = yaml_document_get_node(d, p->key);

            if (key->type != YAML_SCALAR_NODE || json_object_get(j, (const char *)key->data.scalar.value) ||
                json_object_set_new(j, (const char *)key->data.scalar.value, node_json(d, p->value, depth + 1, left))) {
                json_decref(j);
                j = NULL;
            }
        }
    }
    return j;
}

static json_t *read_yaml(const char *text, size_t n, const char *path, err *e)
{
    yaml_parser_t parser;
    yaml_document_t d;
    int left = MAX_NODES;
    json_t *j = NULL;

    if (!yaml_parser_initialize(&parser)) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    if (!yaml_parser_load(&parser, &d)) {
        err_set(e, ERR_FORMAT, "%s:%zu: %s", path, parser.problem_mark.line + 1, parser.problem ? parser.problem : "not YAML");
    } else {
        j = yaml_document_get_root_node(&d) ? node_json(&d, 1, 0, &left) : json_object();
        yaml_document_delete(&d);
        if (!json_is_object(j)) {
            json_decref(j);
            j = NULL;
            err_set(e, ERR_FORMAT, "%s: lines of \"name: value\" are expected, each name once", path);
        }
    }
    yaml_parser_delete(&parser);
    return j;
}

/* ---- into the options ------------------------------------------------------------------ */

static void words(const json_t *list, str *out)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)))
            str_addf(out, "%s%s", out->n ? " " : "", json_string_value(json_array_get(list, i)));
}

static bool take_databases(const json_t *all, server_options *o, err *e)
{
    const char *name;
    json_t *path;

    if (!all)
        return true;
    o->n_databases = 0;
    json_object_foreach((json_t *)(uintptr_t)all, name, path) {
        if (!json_is_string(path) || !*json_string_value(path) || o->n_databases == SERVER_MAX_DATABASES)
            return err_set(e, ERR_FORMAT, "databases.%.60s: a path is expected; at most %d", name, SERVER_MAX_DATABASES);
        o->databases[o->n_databases].name = name;
        o->databases[o->n_databases++].path = json_string_value(path);
    }
    return true;
}

static void take_values(const json_t *all, server_options *o)
{
    const struct { const char *name; const char **at; } texts[] = {
        {"host", &o->host}, {"store", &o->store}, {"model", &o->model}, {"adapter", &o->adapter}, {"semantic", &o->semantic},
        {"tls_cert", &o->tls_cert}, {"tls_key", &o->tls_key}};
    const struct { const char *name; int *at; } numbers[] = {
        {"port", &o->port}, {"threads", &o->threads}, {"ask_workers", &o->ask_workers}, {"model_workers", &o->model_workers},
        {"queue", &o->queue}, {"rate_per_minute", &o->rate_per_minute}, {"request_ms", &o->request_ms}, {"answer_ms", &o->answer_ms},
        {"drain_ms", &o->drain_ms}, {"connections", &o->n_connections}};
    const json_t *v;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if ((v = json_object_get(all, texts[i].name)))
            *texts[i].at = json_string_value(v);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if ((v = json_object_get(all, numbers[i].name)))
            *numbers[i].at = (int)json_integer_value(v);
    if ((v = json_object_get(all, "body_bytes")))
        o->body_bytes = json_integer_value(v);
    o->no_model = o->no_model || json_is_true(json_object_get(all, "no_model"));
    o->behind_proxy = json_is_true(json_object_get(all, "behind_proxy"));
}

static bool config_take(server_config *c, server_options *o, const char *path, err *e)
{
    const json_t *policies = json_object_get(c->all, "policies");
    char *text;

    if (!fields_check(settings, c->all, false, e) || !take_databases(json_object_get(c->all, "databases"), o, e))
        return err_wrap(e, "%s", path);
    take_values(c->all, o);
    words(json_object_get(c->all, "origins"), &c->origins);
    words(json_object_get(c->all, "hosts"), &c->hosts);
    if (c->origins.n)
        o->origins = c->origins.text;
    if (c->hosts.n)
        o->hosts = c->hosts.text;
    if (policies && (text = json_dumps(policies, JSON_COMPACT))) {
        str_adds(&c->policies, text);
        free(text);
        o->policies = str_text(&c->policies);
    }
    return true;
}

server_config *server_config_parse(const char *text, size_t n, const char *path, server_options *o, err *e)
{
    server_config *c = calloc(1, sizeof *c);

    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    if ((c->all = read_yaml(text, n, path, e)) && config_take(c, o, path, e))
        return c;
    server_config_free(c);
    return NULL;
}

server_config *server_config_read(const char *path, server_options *o, err *e)
{
    str text = {0};
    server_config *c = file_read(path, MAX_FILE, &text, e) ? server_config_parse(str_text(&text), text.n, path, o, e) : NULL;

    str_deinit(&text);
    return c;
}

void server_config_free(server_config *c)
{
    if (!c)
        return;
    json_decref(c->all);
    str_deinit(&c->origins);
    str_deinit(&c->hosts);
    str_deinit(&c->policies);
    free(c);
}
