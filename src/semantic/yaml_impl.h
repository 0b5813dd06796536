/* yaml_impl.h - reading a YAML document so that every complaint has a line.
 *
 * A thin layer over libyaml's document API: mappings with known keys, texts,
 * numbers, lists of texts. Nodes are indices into the document (0: none). All
 * strings are copied into the arena. */
#ifndef SEMANTIC_YAML_IMPL_H
#define SEMANTIC_YAML_IMPL_H

#include <yaml.h>

#include "base/arena.h"
#include "base/err.h"

typedef struct yaml_file {
    yaml_document_t doc;
    const char *name; /* for messages */
    arena *a;
    err *e;
} yaml_file;

/* ERR_FORMAT with file and line; close only after success. */
MUST_CHECK bool yaml_file_open(yaml_file *f, const char *text, size_t n, const char *name,
                               arena *a, err *e);
void yaml_file_close(yaml_file *f);

/* `name:line: message`, ERR_FORMAT. Returns false. */
bool yaml_fail(yaml_file *f, int node, const char *fmt, ...) PRINTF(3, 4);

int yaml_root(yaml_file *f);
bool yaml_is_map(yaml_file *f, int node);
/* A mapping whose keys are all in `known` (blank-separated), each once. */
MUST_CHECK bool yaml_map_check(yaml_file *f, int node, const char *what, const char *known);
int yaml_get(yaml_file *f, int map, const char *key); /* 0 if absent */
int yaml_count(yaml_file *f, int node);               /* entries of a map or a list, else 0 */
/* i-th entry of a map; the key's text is copied. False unless the key is a text. */
MUST_CHECK bool yaml_entry(yaml_file *f, int map, int i, const char **key, int *key_node, int *value);
int yaml_item(yaml_file *f, int list, int i);

/* Each leaves *out as it was when the key is absent; false on a wrong kind. */
MUST_CHECK bool yaml_text(yaml_file *f, int map, const char *key, const char **out);
MUST_CHECK bool yaml_bool(yaml_file *f, int map, const char *key, bool *out);
MUST_CHECK bool yaml_int(yaml_file *f, int map, const char *key, int *out);
MUST_CHECK bool yaml_texts(yaml_file *f, int map, const char *key, const char *const **out, int *n);
MUST_CHECK bool yaml_scalar(yaml_file *f, int node, const char *what, const char **out);

#endif
