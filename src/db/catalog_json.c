/* catalog_json.c - the catalog for pages and other programs. */
#include <jansson.h>

#include "db/db.h"

static json_t *column_json(const db_catalog *c, const db_column *k)
{
    json_t *j = json_pack("{s:s, s:s, s:b, s:b, s:s, s:I, s:I, s:s, s:s}", "name", k->name,
                          "type", k->type_text, "primary_key", k->primary_key, "nullable",
                          k->nullable, "comment", k->comment, "distinct",
                          (json_int_t)k->n_distinct, "nulls", (json_int_t)k->n_null, "min",
                          k->min_text, "max", k->max_text);
    json_t *values = json_array();

    for (int i = 0; i < k->n_values && i < 20; i++)
        json_array_append_new(values, json_string(k->values[i]));
    json_object_set_new(j, "values", values);
    if (k->fk_table >= 0)
        json_object_set_new(j, "references",
                            json_sprintf("%s.%s", c->tables[k->fk_table].name,
                                         c->tables[k->fk_table].columns[k->fk_column].name));
    return j;
}

json_t *db_catalog_json(const db_catalog *c)
{
    json_t *tables = json_array();

    for (int t = 0; tables && t < c->n_tables; t++) {
        json_t *columns = json_array();

        for (int i = 0; columns && i < c->tables[t].n_columns; i++)
            json_array_append_new(columns, column_json(c, &c->tables[t].columns[i]));
        json_array_append_new(tables, json_pack("{s:s, s:s, s:I, s:b, s:o}", "name", c->tables[t].name,
                                                "comment", c->tables[t].comment, "rows",
                                                (json_int_t)c->tables[t].n_rows, "view",
                                                c->tables[t].is_view, "columns", columns));
    }
    return json_pack("{s:s, s:s, s:o}", "database", c->database, "fingerprint", c->fingerprint,
                     "tables", tables);
}
