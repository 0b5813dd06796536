/* vocabulary.c - the words of a database: what can be asked about, and what a
 * half-written word may become. */
#include <string.h>
#include <strings.h>

#include "api/api_impl.h"

static json_t *words_json(const sem_name *n)
{
    json_t *words = json_array();

    for (int i = 0; words && i < n->n_words; i++)
        json_array_append_new(words, json_string(n->words[i]));
    return words;
}

static json_t *name_json(const sem_name *n)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "id", n->id, "title", n->title, "meaning",
                     n->meaning ? n->meaning : "", "words", words_json(n));
}

static json_t *metric_json(const sem_layer *l, int i)
{
    json_t *j = name_json(&sem_metric_at(l, i)->name);

    if (j)
        json_object_set_new(j, "unit", json_string(agent_unit_name(sem_metric_at(l, i)->unit)));
    return j;
}

static json_t *dimension_json(const sem_layer *l, int i) { return name_json(&sem_dimension_at(l, i)->name); }
static json_t *entity_json(const sem_layer *l, int i) { return name_json(&sem_entity_at(l, i)->name); }
static json_t *condition_json(const sem_layer *l, int i)
{
    json_t *j = name_json(&sem_condition_at(l, i)->name);

    if (j)
        json_object_set_new(j, "entity", json_string(sem_entity_at(l, sem_condition_at(l, i)->entity)->name.id));
    return j;
}

static json_t *list_json(const sem_layer *l, int n, json_t *(*one)(const sem_layer *, int))
{
    json_t *list = json_array();

    for (int i = 0; list && i < n; i++)
        if (json_array_append_new(list, one(l, i))) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

char *salesbot_semantic_json(salesbot_session *s, salesbot_error *e)
{
    const sem_layer *l = agent_semantic(s->context); /* constant: no lock */

    return api_json(json_pack("{s:o, s:o, s:o, s:o}", "metrics", list_json(l, sem_n_metrics(l), metric_json),
                              "dimensions", list_json(l, sem_n_dimensions(l), dimension_json),
                              "entities", list_json(l, sem_n_entities(l), entity_json),
                              "conditions", list_json(l, sem_n_conditions(l), condition_json)), e);
}

/* ---- completion --------------------------------------------------------- */

typedef struct completing {
    const char *prefix;
    size_t n_prefix, most;
    json_t *found;
} completing;

static bool there(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcasecmp(json_string_value(json_object_get(json_array_get(list, i), "text")), text))
            return true;
    return false;
}

static void offer(completing *c, const char *text, const char *kind)
{
    if (json_array_size(c->found) < c->most && !strncasecmp(text, c->prefix, c->n_prefix) &&
        !there(c->found, text))
        json_array_append_new(c->found, json_pack("{s:s, s:s}", "text", text, "kind", kind));
}

static void offer_names(completing *c, const sem_layer *l)
{
    for (int i = 0; i < sem_n_metrics(l); i++)
        offer(c, sem_metric_at(l, i)->name.title, "metric");
    for (int i = 0; i < sem_n_dimensions(l); i++)
        offer(c, sem_dimension_at(l, i)->name.title, "dimension");
    for (int i = 0; i < sem_n_entities(l); i++)
        offer(c, sem_entity_at(l, i)->name.title, "entity");
}

static void offer_catalog(completing *c, const db_catalog *catalog)
{
    for (int t = 0; t < catalog->n_tables; t++)
        offer(c, catalog->tables[t].name, "table");
    for (int t = 0; t < catalog->n_tables; t++)
        for (int k = 0; k < catalog->tables[t].n_columns; k++)
            offer(c, catalog->tables[t].columns[k].name, "column");
    for (int t = 0; t < catalog->n_tables; t++)
        for (int k = 0; k < catalog->tables[t].n_columns; k++) {
            const db_column *column = &catalog->tables[t].columns[k];

            for (int v = 0; v < column->n_values; v++)
                offer(c, column->values[v], "value");
        }
}

char *salesbot_complete_json(salesbot_session *s, const char *prefix, int n, salesbot_error *e)
{
    completing c = {.prefix = prefix, .n_prefix = strlen(prefix), .most = n > 0 ? (size_t)n : 0,
                    .found = json_array()};

    if (c.found && c.n_prefix) {
        offer_names(&c, agent_semantic(s->context));
        offer_catalog(&c, agent_catalog(s->context));
    }
    return api_json(c.found, e);
}
