/* layer.c - looking things up in a loaded layer. */
#include <string.h>

#include "semantic/semantic_impl.h"

int sem_n_metrics(const sem_layer *l) { return l->n_metrics; }
int sem_n_dimensions(const sem_layer *l) { return l->n_dimensions; }
int sem_n_entities(const sem_layer *l) { return l->n_entities; }
int sem_n_conditions(const sem_layer *l) { return l->n_conditions; }
int sem_n_undefined(const sem_layer *l) { return l->n_undefined; }

const sem_metric *sem_metric_at(const sem_layer *l, int id) { return &l->metrics[id].metric; }
const sem_dimension *sem_dimension_at(const sem_layer *l, int id) { return &l->dimensions[id].dimension; }
const sem_entity *sem_entity_at(const sem_layer *l, int id) { return &l->entities[id].entity; }
const sem_condition *sem_condition_at(const sem_layer *l, int id) { return &l->conditions[id].condition; }
const sem_undefined *sem_undefined_at(const sem_layer *l, int i) { return &l->undefined[i]; }

int sem_metric_find(const sem_layer *l, const char *id)
{
    for (int i = 0; i < l->n_metrics; i++)
        if (!strcmp(l->metrics[i].metric.name.id, id))
            return i;
    return -1;
}

int sem_dimension_find(const sem_layer *l, const char *id)
{
    for (int i = 0; i < l->n_dimensions; i++)
        if (!strcmp(l->dimensions[i].dimension.name.id, id))
            return i;
    return -1;
}

int sem_entity_find(const sem_layer *l, const char *id)
{
    for (int i = 0; i < l->n_entities; i++)
        if (!strcmp(l->entities[i].entity.name.id, id))
            return i;
    return -1;
}

int sem_condition_find(const sem_layer *l, const char *id)
{
    for (int i = 0; i < l->n_conditions; i++)
        if (!strcmp(l->conditions[i].condition.name.id, id))
            return i;
    return -1;
}

int layer_table_find(const sem_layer *l, const char *name)
{
    for (int i = 0; i < l->n_tables; i++)
        if (!strcmp(l->tables[i].name, name))
            return i;
    return -1;
}

const char *sem_currency(const sem_layer *l)
{
    return l->currency ? l->currency : "";
}

/* Words that SQL keeps for itself and that people like as column names. */
static bool reserved(const char *name)
{
    static const char *const word[] = {"all", "and", "any", "as", "asc", "both", "case", "cast", "check",
        "column", "create", "default", "desc", "distinct", "do", "else", "end", "except", "false", "fetch",
        "for", "foreign", "from", "full", "grant", "group", "having", "in", "inner", "intersect", "into",
        "join", "lateral", "left", "like", "limit", "natural", "not", "null", "offset", "on", "only", "or",
        "order", "outer", "placing", "primary", "qualify", "references", "returning", "right", "select",
        "some", "symmetric", "table", "then", "to", "trailing", "true", "union", "unique", "user", "using",
        "variadic", "when", "where", "window", "with"};

    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        if (str_equal_nocase(word[i], name))
            return true;
    return false;
}

const char *sql_identifier(arena *a, const char *name)
{
    bool plain = name[0] && !(name[0] >= '0' && name[0] <= '9') && !reserved(name);
    str s = {0};
    const char *copy;

    for (const char *p = name; *p && plain; p++)
        plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_';
    if (plain)
        return name;
    str_addc(&s, '"');
    for (const char *p = name; *p; p++) {
        if (*p == '"')
            str_addc(&s, '"');
        str_addc(&s, *p);
    }
    str_addc(&s, '"');
    copy = s.bad ? NULL : arena_str(a, s.text);
    str_deinit(&s);
    return copy ? copy : name;
}

void sem_free(sem_layer *l)
{
    if (l)
        arena_free(l->a); /* the layer itself lives in it */
}
