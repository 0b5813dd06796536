/* catalog.c - the catalog in the parent: checked, linked, found by name. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "db/db_impl.h"

/* What an answer depends on besides the rows: schema, counts and ranges. Not
 * the approximate numbers, which may differ between versions of DuckDB. */
static void fingerprint_put(str *s, const db_table *t)
{
    wire_put_text(s, t->name);
    wire_put_text(s, t->comment);
    wire_put_u8(s, t->is_view);
    wire_put_i64(s, t->n_rows);
    wire_put_i64(s, t->n_columns);
    for (int i = 0; i < t->n_columns; i++) {
        const db_column *c = &t->columns[i];

        wire_put_text(s, c->name);
        wire_put_text(s, c->type_text);
        wire_put_text(s, c->comment);
        wire_put_u8(s, c->primary_key);
        wire_put_u8(s, c->nullable);
        wire_put_i64(s, c->fk_table);
        wire_put_i64(s, c->fk_column);
        wire_put_i64(s, c->n_null);
        wire_put_text(s, c->min_text);
        wire_put_text(s, c->max_text);
    }
}

static bool links_hold(const db_table *tables, int n)
{
    for (int t = 0; t < n; t++)
        for (int i = 0; i < tables[t].n_columns; i++) {
            const db_column *c = &tables[t].columns[i];
            const bool none = c->fk_table == -1 && c->fk_column == -1;

            if (!none && (c->fk_table < 0 || c->fk_table >= n || c->fk_column < 0 ||
                          c->fk_column >= tables[c->fk_table].n_columns))
                return false;
        }
    return true;
}

db_catalog *catalog_finish(arena *a, const char *path, db_table *tables, int n, err *e)
{
    const char *slash = strrchr(path, '/');
    db_catalog *c = arena_push(a, db_catalog, 1);
    str seen = {0};
    char hex[65];

    if (!links_hold(tables, n)) {
        err_set(e, ERR_FORMAT, "malformed catalog from the database process");
        return NULL;
    }
    for (int i = 0; i < n; i++)
        fingerprint_put(&seen, &tables[i]);
    sha256_hex(str_text(&seen), seen.n, hex);
    if (c && !seen.bad) {
        c->database = arena_str(a, slash ? slash + 1 : path);
        c->fingerprint = arena_str(a, hex);
        c->tables = tables;
        c->n_tables = n;
    }
    str_deinit(&seen);
    if (c && c->database && c->fingerprint)
        return c;
    err_set(e, ERR_NOMEM, "the catalog does not fit in memory");
    return NULL;
}

int db_table_find(const db_catalog *c, const char *name)
{
    for (int i = 0; i < c->n_tables; i++)
        if (!strcmp(c->tables[i].name, name))
            return i;
    for (int i = 0; i < c->n_tables; i++)
        if (str_equal_nocase(c->tables[i].name, name))
            return i;
    return -1;
}

int db_column_find(const db_table *t, const char *name)
{
    for (int i = 0; i < t->n_columns; i++)
        if (!strcmp(t->columns[i].name, name))
            return i;
    for (int i = 0; i < t->n_columns; i++)
        if (str_equal_nocase(t->columns[i].name, name))
            return i;
    return -1;
}
