/* respell.c - the names of a bound statement as the catalog spells them.
 *
 * One name, one spelling: a model that has to choose between `City` and `city` wastes
 * what it learns. A schema in front of a table goes, an alias that repeats its
 * table's name goes. */
#include <string.h>

#include "data/data_impl.h"

static bool respell_from(void *arg, const sql_from *f)
{
    const db_catalog *c = arg;
    sql_from *own = (sql_from *)f; /* the tree is the caller's, made for this */

    if (f->kind != SQL_F_TABLE || f->table < 0)
        return true;
    own->parts.at[f->parts.n - 1] = c->tables[f->table].name;
    own->parts.at += f->parts.n - 1;
    own->parts.n = 1;
    if (f->alias && str_equal_nocase(f->alias, c->tables[f->table].name))
        own->alias = NULL;
    return true;
}

static bool respell_expr(void *arg, const sql_expr *x)
{
    const db_catalog *c = arg;
    sql_expr *own = (sql_expr *)x;
    const db_table *t;

    if (x->kind != SQL_X_COLUMN || x->table < 0 || x->column < 0 || x->means || !x->parts.n)
        return true;
    t = &c->tables[x->table];
    if (x->parts.n > 2) {
        own->parts.at += x->parts.n - 2;
        own->parts.n = 2;
    }
    if (str_equal_nocase(x->parts.at[x->parts.n - 1], t->columns[x->column].name))
        own->parts.at[x->parts.n - 1] = t->columns[x->column].name;
    if (x->parts.n == 2 && str_equal_nocase(x->parts.at[0], t->name))
        own->parts.at[0] = t->name;
    return true;
}

void respell(sql_stmt *s, const db_catalog *c)
{
    sql_walk(s->query, &(sql_visitor){.expr = respell_expr, .from = respell_from, .arg = (void *)c});
}
