/* load_impl.h - a layer while it is being read from YAML. */
#ifndef SEMANTIC_LOAD_IMPL_H
#define SEMANTIC_LOAD_IMPL_H

#include "semantic/semantic_impl.h"
#include "semantic/yaml_impl.h"

typedef struct loader {
    yaml_file f;
    sem_layer *l;
    const db_catalog *c;
    err *e;
} loader;

MUST_CHECK bool load_tables(loader *r);
MUST_CHECK bool load_dimensions(loader *r);
MUST_CHECK bool load_entities(loader *r); /* with their conditions */
MUST_CHECK bool load_metrics(loader *r);
MUST_CHECK bool load_undefined(loader *r);

/* The id, title, meaning and words of one entry; `what` is for messages. */
MUST_CHECK bool load_name(loader *r, int map, const char *id, int id_node, sem_name *name);
/* Every table.column of an SQL fragment exists; `what` is "metric \"basket\"". */
MUST_CHECK bool check_fragment(loader *r, int node, const char *what, const char *sql);
/* An optional fragment under `key`, checked; *out stays when absent. */
MUST_CHECK bool load_fragment(loader *r, int map, const char *what, const char *key, const char **out);
/* "table.column" into indices of the catalog. */
MUST_CHECK bool load_column(loader *r, int node, const char *what, const char *text, int *table, int *column);

#endif
