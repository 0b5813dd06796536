/* yaml.c - libyaml's document API, with the line in every message. */
#include "semantic/yaml_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { MAX_ENTRIES = 8192 };

static yaml_node_t *node_at(yaml_file *f, int node)
{
    return node > 0 ? yaml_document_get_node(&f->doc, node) : NULL;
}

bool yaml_fail(yaml_file *f, int node, const char *fmt, ...)
{
    yaml_node_t *n = node_at(f, node);
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(f->e, ERR_FORMAT, "%s:%zu: %s", f->name, n ? n->start_mark.line + 1 : 1, text);
}

bool yaml_file_open(yaml_file *f, const char *text, size_t n, const char *name, arena *a, err *e)
{
    yaml_parser_t parser;
    bool ok;

    *f = (yaml_file){.name = name, .a = a, .e = e};
    if (memchr(text, 0, n) || !utf8_valid(text, n))
        return err_set(e, ERR_FORMAT, "%s:1: not a UTF-8 text", name);
    if (!yaml_parser_initialize(&parser))
        return err_set(e, ERR_NOMEM, "no memory to read %s", name);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    ok = yaml_parser_load(&parser, &f->doc);
    if (!ok && (parser.error == YAML_MEMORY_ERROR || !parser.problem)) /* it has words for all else */
        err_set(e, ERR_NOMEM, "no memory to read %s", name);
    else if (!ok)
        err_set(e, ERR_FORMAT, "%s:%zu: %s%s%s", name, parser.problem_mark.line + 1,
                parser.problem, parser.context ? " " : "",
                parser.context ? parser.context : "");
    yaml_parser_delete(&parser);
    if (ok && !yaml_document_get_root_node(&f->doc)) {
        yaml_document_delete(&f->doc);
        return err_set(e, ERR_FORMAT, "%s:1: the file is empty", name);
    }
    return ok;
}

void yaml_file_close(yaml_file *f)
{
    yaml_document_delete(&f->doc);
}

int yaml_root(yaml_file *f)
{
    return yaml_document_get_root_node(&f->doc) ? 1 : 0;
}

bool yaml_is_map(yaml_file *f, int node)
{
    yaml_node_t *n = node_at(f, node);

    return n && n->type == YAML_MAPPING_NODE;
}

int yaml_count(yaml_file *f, int node)
{
    yaml_node_t *n = node_at(f, node);
    ptrdiff_t count = 0;

    if (n && n->type == YAML_MAPPING_NODE)
        count = n->data.mapping.pairs.top - n->data.mapping.pairs.start;
    else if (n && n->type == YAML_SEQUENCE_NODE)
        count = n->data.sequence.items.top - n->data.sequence.items.start;
    return count > MAX_ENTRIES ? MAX_ENTRIES : (int)count;
}

bool yaml_scalar(yaml_file *f, int node, const char *what, const char **out)
{
    yaml_node_t *n = node_at(f, node);

    if (!n || n->type != YAML_SCALAR_NODE)
        return yaml_fail(f, node, "%s: a text is expected", what);
    if (n->data.scalar.length > 8192)
        return yaml_fail(f, node, "%s: a text of at most 8192 bytes is expected", what);
    *out = arena_strn(f->a, (const char *)n->data.scalar.value, n->data.scalar.length);
    return *out || err_set(f->e, ERR_NOMEM, "%s: too large", f->name);
}

bool yaml_entry(yaml_file *f, int map, int i, const char **key, int *key_node, int *value)
{
    yaml_node_t *n = node_at(f, map);
    yaml_node_pair_t *pair;

    if (!n || n->type != YAML_MAPPING_NODE)
        return yaml_fail(f, map, "a mapping (name: …) is expected");
    pair = &n->data.mapping.pairs.start[i];
    *key_node = pair->key;
    *value = pair->value;
    return yaml_scalar(f, pair->key, "name", key);
}

int yaml_item(yaml_file *f, int list, int i)
{
    yaml_node_t *n = node_at(f, list);

    return n && n->type == YAML_SEQUENCE_NODE ? n->data.sequence.items.start[i] : 0;
}

int yaml_get(yaml_file *f, int map, const char *key)
{
    yaml_node_t *n = node_at(f, map);

    if (!n || n->type != YAML_MAPPING_NODE)
        return 0;
    for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
        yaml_node_t *k = node_at(f, p->key);

        if (k && k->type == YAML_SCALAR_NODE && !strcmp((const char *)k->data.scalar.value, key))
            return p->value;
    }
    return 0;
}

static bool listed(const char *known, const char *key)
{
    size_t n = strlen(key);

    for (const char *p = known; n && (p = strstr(p, key)) != NULL; p++)
        if ((p == known || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return true;
    return false;
}

bool yaml_map_check(yaml_file *f, int node, const char *what, const char *known)
{
    yaml_node_t *n = node_at(f, node);
    int count = yaml_count(f, node);

    if (!n || n->type != YAML_MAPPING_NODE)
        return yaml_fail(f, node, "%s: a mapping (name: …) is expected", what);
    for (int i = 0; i < count; i++) {
        const char *key;
        int key_node, value;

        if (!yaml_entry(f, node, i, &key, &key_node, &value))
            return false;
        if (known && !listed(known, key))
            return yaml_fail(f, key_node, "%s: unknown key \"%s\"; known are: %s", what, key, known);
        if (yaml_get(f, node, key) != value)
            return yaml_fail(f, key_node, "%s: \"%s\" stands here twice", what, key);
    }
    return true;
}

bool yaml_text(yaml_file *f, int map, const char *key, const char **out)
{
    int node = yaml_get(f, map, key);

    return !node || yaml_scalar(f, node, key, out);
}

bool yaml_bool(yaml_file *f, int map, const char *key, bool *out)
{
    const char *text = NULL;

    if (!yaml_text(f, map, key, &text))
        return false;
    if (!text)
        return true;
    *out = !strcmp(text, "true");
    return *out || !strcmp(text, "false") ||
           yaml_fail(f, yaml_get(f, map, key), "%s: true or false is expected, not \"%s\"", key, text);
}

bool yaml_int(yaml_file *f, int map, const char *key, int *out)
{
    const char *text = NULL;
    char *end;
    long value;

    if (!yaml_text(f, map, key, &text))
        return false;
    if (!text)
        return true;
    value = strtol(text, &end, 10);
    if (end == text || *end || value < 0 || value > 100000)
        return yaml_fail(f, yaml_get(f, map, key), "%s: a number from 0 to 100000 is expected, not \"%s\"", key, text);
    *out = (int)value;
    return true;
}

bool yaml_texts(yaml_file *f, int map, const char *key, const char *const **out, int *n)
{
    int node = yaml_get(f, map, key), count = yaml_count(f, node);
    const char **texts;

    if (!node)
        return true;
    if (node_at(f, node)->type != YAML_SEQUENCE_NODE)
        return yaml_fail(f, node, "%s: a list [a, b] is expected", key);
    texts = arena_push(f->a, const char *, (size_t)count + 1);
    if (!texts)
        return err_set(f->e, ERR_NOMEM, "%s: too large", f->name);
    for (int i = 0; i < count; i++)
        if (!yaml_scalar(f, yaml_item(f, node, i), key, &texts[i]))
            return false;
    *out = texts;
    *n = count;
    return true;
}
