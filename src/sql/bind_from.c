/* bind_from.c - the columns that FROM offers. */
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

/* Room for one more of `n` items in the arena. */
static void *grown(binder *b, void *items, int n, size_t size)
{
    void *more;

    if (n && (n & (n - 1)))
        return items;
    more = arena_push_bytes(b->a, n ? (size_t)n * 2 : 1, size, _Alignof(max_align_t));
    if (!more)
        return bind_nomem(b), NULL;
    if (n)
        memcpy(more, items, (size_t)n * size);
    return more;
}

bool scope_add(binder *b, scope *s, const char *source, const sql_column *c)
{
    visible *at;

    if (s->n >= BIND_MAX_COLUMNS)
        return err_set(b->e, ERR_LIMIT, "a FROM has more than %d columns", BIND_MAX_COLUMNS);
    at = grown(b, s->at, s->n, sizeof *at);
    if (!at)
        return false;
    s->at = at;
    at[s->n++] = (visible){.source = source, .column = *c};
    return true;
}

bool scope_source(binder *b, scope *s, const char *name)
{
    const char **names;

    if (s->n_sources >= BIND_MAX_SOURCES)
        return err_set(b->e, ERR_LIMIT, "a FROM has more than %d tables", BIND_MAX_SOURCES);
    names = grown(b, s->sources, s->n_sources, sizeof *names);
    if (!names)
        return false;
    s->sources = names;
    names[s->n_sources++] = name;
    return true;
}

/* All columns of a source, the first ones renamed by alias (a, b). */
static bool add_columns(binder *b, scope *s, const sql_from *f, const char *name,
                        const sql_columns *columns)
{
    if (!scope_source(b, s, name))
        return false;
    if (f->columns.n > columns->n)
        return bind_fail(b, ERR_REFUSED, f->at, "%s has %d columns, but %d names are given",
                         name ? name : "the subquery", columns->n, f->columns.n);
    for (int i = 0; i < columns->n; i++) {
        sql_column c = columns->at[i];

        if (i < f->columns.n)
            c.name = f->columns.at[i];
        if (!scope_add(b, s, name, &c))
            return false;
        s->at[s->n - 1].from = f;
        s->at[s->n - 1].index = i;
    }
    return true;
}

static bool catalog_table(binder *b, scope *s, sql_from *f)
{
    const db_table *t;
    sql_column *all;

    f->table = bind_table(b, f);
    if (f->table < 0)
        return false;
    t = &b->catalog->tables[f->table];
    all = arena_push(b->a, sql_column, (size_t)t->n_columns + 1);
    if (!all)
        return bind_nomem(b);
    for (int i = 0; i < t->n_columns; i++)
        all[i] = (sql_column){t->columns[i].name, sql_type_of_text(t->columns[i].type_text),
                              f->table, i, width_of_text(t->columns[i].type_text),
                              element_of_text(t->columns[i].type_text)};
    return add_columns(b, s, f, f->alias ? f->alias : f->parts.at[f->parts.n - 1],
                       &(sql_columns){all, t->n_columns});
}

static bool table(binder *b, scope *s, sql_from *f)
{
    for (const cte_env *c = s->env; c && f->parts.n == 1; c = c->older)
        if (str_equal_nocase(c->name, f->parts.at[0]))
            return add_columns(b, s, f, f->alias ? f->alias : f->parts.at[0], &c->columns);
    return catalog_table(b, s, f);
}

static bool function(binder *b, scope *s, sql_from *f)
{
    const sql_function *known = function_find(f->call->text);
    sql_column c = {f->call->text, SQL_T_INTEGER, -1, -1, SQL_W_BIG, SQL_T_UNKNOWN};

    if (known && known->kind != FUNCTION_TABLE)
        return bind_fail(b, ERR_REFUSED, f->at, "%s gives no table; only range, generate_series "
                         "and unnest do", known->name);
    s->alias = ALIAS_NONE;
    if (!bind_expr(b, s, f->call))
        return false;
    if (f->call->args.n && f->call->args.at[0]->type != SQL_T_INTEGER)
        c.type = strcmp(f->call->text, "unnest") ? f->call->args.at[0]->type
                                                 : f->call->args.at[0]->element;
    c.width = c.type == SQL_T_INTEGER && !strcmp(f->call->text, "unnest") ? SQL_W_UNKNOWN : c.width;
    return add_columns(b, s, f, f->alias ? f->alias : f->call->text, &(sql_columns){&c, 1});
}

/* ---- joins ------------------------------------------------------------ */

static int find_in(const scope *s, int from, int to, const char *name, int *n)
{
    int found = -1;

    *n = 0;
    for (int i = from; i < to; i++)
        if (!s->at[i].merged && !s->at[i].gone && str_equal_nocase(s->at[i].column.name, name)) {
            found = found < 0 ? i : found;
            ++*n;
        }
    return found;
}

/* The column of the two sides becomes one under its bare name. */
static bool merge(binder *b, scope *s, sql_from *f, const char *name, int from, int middle)
{
    int n_left, n_right;
    const int left = find_in(s, from, middle, name, &n_left);
    const int right = find_in(s, middle, s->n, name, &n_right);
    sql_column *used = (sql_column *)(uintptr_t)f->used.at;

    if (left < 0 || right < 0)
        return bind_fail(b, ERR_NOT_FOUND, f->at, "no column \"%s\" on the %s side of this join",
                         name, left < 0 ? "left" : "right");
    if (n_left > 1 || n_right > 1)
        return bind_fail(b, ERR_AMBIGUOUS, f->at, "column \"%s\" is twice on the %s side of this "
                         "join; use ON", name, n_left > 1 ? "left" : "right");
    used[f->used.n++] = s->at[left].column;
    used[f->used.n++] = s->at[right].column;
    s->at[f->join == SQL_JOIN_RIGHT ? left : right].merged = true;
    return true;
}

static bool merge_using(binder *b, scope *s, sql_from *f, int from, int middle)
{
    for (int i = 0; i < f->using.n; i++)
        if (!merge(b, s, f, f->using.at[i], from, middle))
            return false;
    return true;
}

static bool merge_natural(binder *b, scope *s, sql_from *f, int from, int middle)
{
    int n_common = 0;

    for (int i = middle; i < s->n; i++) {
        int n;

        if (s->at[i].merged || find_in(s, from, middle, s->at[i].column.name, &n) < 0)
            continue;
        if (!merge(b, s, f, s->at[i].column.name, from, middle))
            return false;
        n_common++;
    }
    return n_common ? true : bind_fail(b, ERR_REFUSED, f->at, "NATURAL JOIN: the two sides have "
                                       "no column in common");
}

static bool on(binder *b, scope *s, sql_from *f, int from)
{
    const int before = s->from;
    bool ok;

    s->from = from;
    s->alias = ALIAS_NONE;
    s->clause = "ON";
    s->no_aggregate = s->no_window = true;
    ok = bind_expr(b, s, f->on);
    s->no_aggregate = s->no_window = false;
    s->from = before;
    return ok;
}

static bool join(binder *b, scope *s, sql_from *f)
{
    const int from = s->n;
    int middle, n_pairs;
    sql_column *used;

    if (!bind_from(b, s, f->left))
        return false;
    middle = s->n;
    if (!bind_from(b, s, f->right))
        return false;
    n_pairs = f->natural ? s->n - middle : f->using.n;
    used = arena_push(b->a, sql_column, (size_t)n_pairs * 2 + 1);
    if (!used)
        return bind_nomem(b);
    f->used = (sql_columns){used, 0};
    if (f->natural ? !merge_natural(b, s, f, from, middle) : !merge_using(b, s, f, from, middle))
        return false;
    if (f->on && !on(b, s, f, from))
        return false;
    for (int i = middle; i < s->n; i++)
        if (f->join == SQL_JOIN_SEMI || f->join == SQL_JOIN_ANTI)
            s->at[i].gone = true;
    return true;
}

bool bind_from(binder *b, scope *s, sql_from *f)
{
    switch (f->kind) {
    case SQL_F_TABLE:    return table(b, s, f);
    case SQL_F_FUNCTION: return function(b, s, f);
    case SQL_F_JOIN:     return join(b, s, f);
    case SQL_F_QUERY:
        s->alias = ALIAS_NONE;
        return bind_query(b, f->query, s, s->env) &&
               add_columns(b, s, f, f->alias, &f->query->columns);
    }
    return false;
}
