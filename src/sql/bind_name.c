/* bind_name.c - tables and columns by name, with the nearest one in the
 * message when there is none. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"
#include "sql/lex_impl.h"

/* How far a misspelt name may be from the one that is offered. */
static int reach(const char *name) { return strlen(name) < 5 ? 1 : 3; }

static const char *nearest_table(const db_catalog *c, const char *name)
{
    const char *best = NULL;
    int limit = reach(name);

    for (int i = 0; i < c->n_tables && limit >= 0; i++) {
        const int d = str_distance(name, c->tables[i].name, limit);

        if (d <= limit) {
            best = c->tables[i].name;
            limit = d - 1;
        }
    }
    return best;
}

int bind_table(binder *b, const sql_from *f)
{
    const char *name = f->parts.at[f->parts.n - 1], *near;
    int found;

    if (f->parts.n > 1 && !str_equal_nocase(f->parts.at[f->parts.n - 2], "main")) {
        bind_fail(b, ERR_REFUSED, f->at, "only tables of the schema main can be read, not %s.%s",
                  f->parts.at[f->parts.n - 2], name);
        return -1;
    }
    if (f->parts.n > 2) {
        bind_fail(b, ERR_REFUSED, f->at, "only this database can be read: write %s without the "
                  "database's name", name);
        return -1;
    }
    found = db_table_find(b->catalog, name);
    if (found >= 0)
        return found;
    near = nearest_table(b->catalog, name);
    if (near)
        bind_fail(b, ERR_NOT_FOUND, f->at, "no table \"%s\"; did you mean \"%s\"?", name, near);
    else
        bind_fail(b, ERR_NOT_FOUND, f->at, "no table \"%s\"", name);
    return -1;
}

/* ---- columns ---------------------------------------------------------- */

/* The tables in scope, for a message: "sales, stores and 2 more". */
static void list_sources(const scope *s, char *out, size_t n)
{
    size_t used = 0;

    out[0] = 0;
    for (int i = 0; i < s->n_sources && i < 4; i++) {
        const char *name = s->sources[i] ? s->sources[i] : "a subquery";

        if (used + strlen(name) + 16 >= n)
            break;
        used += (size_t)snprintf(out + used, n - used, "%s%s", i ? ", " : "", name);
    }
    if (s->n_sources > 4)
        snprintf(out + used, n - used, " and %d more", s->n_sources - 4);
}

typedef struct near_name {
    const char *name, *source;
    int limit;
} near_name;

static void consider(near_name *best, const char *wanted, const char *name, const char *source)
{
    const int d = str_distance(wanted, name, best->limit);

    if (d <= best->limit && best->limit >= 0)
        *best = (near_name){name, source, d - 1};
}

static near_name nearest_column(const scope *s, const char *source, const char *name)
{
    near_name best = {.limit = reach(name)};

    for (; s; s = s->outer) {
        for (int i = 0; i < s->n && best.limit >= 0; i++)
            if (!s->at[i].gone && (!source || (s->at[i].source &&
                                               str_equal_nocase(s->at[i].source, source))))
                consider(&best, name, s->at[i].column.name, s->at[i].source);
        for (int i = 0; !source && s->select && i < s->select->n_items && best.limit >= 0; i++)
            if (s->select->items[i].alias)
                consider(&best, name, s->select->items[i].alias, NULL);
    }
    return best;
}

/* A table of the catalog that has the column, if only one does. */
static const char *owner(const db_catalog *c, const char *name)
{
    const char *table = NULL;

    for (int t = 0; t < c->n_tables; t++)
        for (int i = 0; i < c->tables[t].n_columns; i++)
            if (str_equal_nocase(c->tables[t].columns[i].name, name)) {
                if (table)
                    return NULL;
                table = c->tables[t].name;
            }
    return table;
}

static bool has_source(const scope *s, const char *source)
{
    for (int i = 0; i < s->n_sources; i++)
        if (s->sources[i] && str_equal_nocase(s->sources[i], source))
            return true;
    return false;
}

static bool no_column(binder *b, const scope *s, const sql_expr *x, const char *source,
                      const char *name)
{
    char in[160];
    const char *elsewhere;
    const char *why = source || x->parts.n > 1 ? NULL : function_refusal(name);
    const near_name near = nearest_column(s, source, name);

    if (why) /* current_date and its like are written without parentheses */
        return bind_fail(b, ERR_REFUSED, x->at, "%s is not allowed: %s", name, why);
    if (!source && x->kind == SQL_X_COLUMN && has_source(s, name)) /* DuckDB: the whole row */
        return bind_fail(b, ERR_NOT_FOUND, x->at, "\"%s\" is a table; name one of its columns",
                         name);
    list_sources(s, in, sizeof in);
    if (!in[0])
        return bind_fail(b, ERR_NOT_FOUND, x->at, "no column \"%s\": there is no FROM", name);
    if (source)
        snprintf(in, sizeof in, "%.*s", whole_characters(source, (int)strnlen(source, 100)), source);
    if (near.name)
        return bind_fail(b, ERR_NOT_FOUND, x->at, "no column \"%s\" in %s; did you mean \"%s\"?",
                         name, in, near.name);
    elsewhere = owner(b->catalog, name);
    if (elsewhere)
        return bind_fail(b, ERR_NOT_FOUND, x->at,
                         "no column \"%s\" in %s; it is a column of %s", name, in, elsewhere);
    return bind_fail(b, ERR_NOT_FOUND, x->at, "no column \"%s\" in %s", name, in);
}

static bool take(sql_expr *x, const scope *s, int i, int up)
{
    x->type = s->at[i].column.type;
    x->width = s->at[i].column.width;
    x->element = s->at[i].column.element;
    x->table = s->at[i].column.table;
    x->column = s->at[i].column.column;
    x->slot = i + 1;
    x->up = up;
    x->source = s->at[i].from;
    x->index = s->at[i].index;
    return true;
}

/* Can `column.field` follow this column's name? */
static bool has_fields(sql_type t)
{
    return t == SQL_T_STRUCT || t == SQL_T_OTHER || t == SQL_T_UNKNOWN;
}

/* Fields of a struct after the column's own name. */
static void take_fields(sql_expr *x, int name)
{
    if (x->parts.n > name + 1)
        x->type = SQL_T_UNKNOWN;
}

/* -1 none; -2 ambiguous (the error is set) */
static int find_bare(binder *b, const scope *s, const sql_expr *x, const char *name)
{
    int found = -1;

    for (int i = s->from; i < s->n; i++) {
        const visible *v = &s->at[i];

        if (v->merged || v->gone || !str_equal_nocase(v->column.name, name))
            continue;
        if (found >= 0) {
            const char *one = s->at[found].source, *two = v->source;

            bind_fail(b, ERR_AMBIGUOUS, x->at, "column \"%s\" is in %s and in %s; write %s.%s",
                      name, one ? one : "a subquery", two ? two : "a subquery",
                      one ? one : "its table", name);
            return -2;
        }
        found = i;
    }
    return found;
}

static int find_qualified(binder *b, const scope *s, const sql_expr *x, const char *source,
                          const char *name)
{
    int found = -1;

    for (int i = s->from; i < s->n; i++)
        if (!s->at[i].gone && s->at[i].source && str_equal_nocase(s->at[i].source, source) &&
            str_equal_nocase(s->at[i].column.name, name)) {
            if (found >= 0) {
                bind_fail(b, ERR_AMBIGUOUS, x->at, "\"%s\" stands twice in this FROM and both "
                          "have a column \"%s\"; give one of them an alias", source, name);
                return -2;
            }
            found = i;
        }
    return found;
}

/* An output alias that this clause may use. */
static const sql_expr *find_alias(const scope *s, const char *name)
{
    const int n = s->n_aliases;

    for (int i = 0; s->select && i < n; i++)
        if (s->select->items[i].alias && str_equal_nocase(s->select->items[i].alias, name))
            return s->select->items[i].expr;
    return NULL;
}

static bool take_alias(binder *b, const scope *s, sql_expr *x, const sql_expr *means)
{
    if (s->no_aggregate && expr_has_aggregate(means))
        return bind_fail(b, ERR_REFUSED, x->at, "\"%s\" is an aggregate and can't stand in %s",
                         x->parts.at[0], s->clause);
    if (s->no_window && expr_has_window(means))
        return bind_fail(b, ERR_REFUSED, x->at, "\"%s\" is a window function and can't stand in %s",
                         x->parts.at[0], s->clause);
    x->means = means;
    x->type = means->type;
    x->width = means->width;
    x->element = means->element;
    x->table = means->kind == SQL_X_COLUMN ? means->table : -1;
    x->column = means->kind == SQL_X_COLUMN ? means->column : -1;
    return true;
}

/* One scope: 1 found, 0 not here, -1 failed. */
static int bare_here(binder *b, const scope *s, sql_expr *x, int up)
{
    const char *name = x->parts.at[0];
    const sql_expr *means = NULL;
    int i;

    if (x->parts.n == 1 && s->alias == ALIAS_FIRST && (means = find_alias(s, name)))
        return take_alias(b, s, x, means) ? 1 : -1;
    i = find_bare(b, s, x, name);
    if (i == -2)
        return -1;
    if (i >= 0 && (x->parts.n == 1 || has_fields(s->at[i].column.type))) {
        take(x, s, i, up);
        take_fields(x, 0);
        return 1;
    }
    if (x->parts.n == 1 && s->alias == ALIAS_AFTER && (means = find_alias(s, name)))
        return take_alias(b, s, x, means) ? 1 : -1;
    return 0;
}

static int qualified_here(binder *b, const scope *s, sql_expr *x, int up)
{
    const bool schema = x->parts.n > 2 && str_equal_nocase(x->parts.at[0], "main") &&
                        !has_source(s, x->parts.at[0]);
    const char *source = x->parts.at[schema], *name = x->parts.at[schema + 1];
    int i;

    if (!has_source(s, source))
        return 0;
    i = find_qualified(b, s, x, source, name);
    if (i == -2)
        return -1;
    if (i < 0)
        return no_column(b, s, x, source, name) ? 0 : -1;
    if (x->parts.n > schema + 2 && !has_fields(s->at[i].column.type))
        return bind_fail(b, ERR_REFUSED, x->at, "%s.%s has no fields: there is no \"%s\" in it", source, name,
                         x->parts.at[schema + 2]) ? 1 : -1;
    take(x, s, i, up);
    take_fields(x, schema + 1);
    return 1;
}

static bool no_source(binder *b, const scope *s, const sql_expr *x)
{
    const char *source = x->parts.at[0], *best = NULL;
    char in[160];
    int limit = reach(source);

    for (int i = 0; i < s->n_sources && limit >= 0; i++) {
        const int d = s->sources[i] ? str_distance(source, s->sources[i], limit) : limit + 1;

        if (d <= limit) {
            best = s->sources[i];
            limit = d - 1;
        }
    }
    list_sources(s, in, sizeof in);
    if (best)
        return bind_fail(b, ERR_NOT_FOUND, x->at, "no table \"%s\" in this FROM; did you mean "
                         "\"%s\"?", source, best);
    return bind_fail(b, ERR_NOT_FOUND, x->at, in[0] ? "no table \"%s\" in this FROM (%s)"
                     : "no table \"%s\": there is no FROM", source, in);
}

/* A subquery's use of a column of the query around it. */
static bool note_use(binder *b, scope *s, const sql_expr *x)
{
    outer_use *use;

    if (!x->up || !s->grouped || s->in_aggregate)
        return true;
    use = arena_push(b->a, outer_use, 1);
    if (!use)
        return bind_nomem(b);
    *use = (outer_use){x, s->uses};
    s->uses = use;
    return true;
}

bool bind_column(binder *b, scope *s, sql_expr *x)
{
    int up = 0, found = 0;

    for (scope *o = s; o && !found && x->parts.n > 1; o = o->outer, up++)
        if ((found = qualified_here(b, o, x, up)) > 0)
            return note_use(b, o, x);
    up = 0;
    for (scope *o = s; o && !found; o = o->outer, up++)
        if ((found = bare_here(b, o, x, up)) > 0)
            return note_use(b, o, x);
    if (found)
        return false;
    if (x->loose) { /* SQLite: no such column, so it is a string */
        x->kind = SQL_X_STRING;
        x->text = x->parts.at[0];
        x->type = SQL_T_TEXT;
        return true;
    }
    return x->parts.n > 1 ? no_source(b, s, x) : no_column(b, s, x, NULL, x->parts.at[0]);
}

/* ---- stars ------------------------------------------------------------ */

static bool excluded(const sql_star *star, const char *name)
{
    for (int i = 0; i < star->exclude.n; i++)
        if (str_equal_nocase(star->exclude.at[i], name))
            return true;
    return false;
}

static bool in_star(const visible *v, const sql_expr *x)
{
    if (v->gone)
        return false;
    if (!x->parts.n)
        return !v->merged;
    return v->source && str_equal_nocase(v->source, x->parts.at[x->parts.n - 1]);
}

static bool star_has(const scope *s, const sql_expr *x, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (in_star(&s->at[i], x) && str_equal_nocase(s->at[i].column.name, name))
            return true;
    return false;
}

/* Replaced columns have the type of what replaces them, and no table. */
static sql_column star_column(const visible *v, const sql_star *star)
{
    sql_column c = v->column;

    for (int i = 0; i < star->replaced.n; i++)
        if (str_equal_nocase(star->replaced.at[i], c.name))
            c = (sql_column){c.name, star->replace.at[i]->type, -1, -1,
                             star->replace.at[i]->width, star->replace.at[i]->element};
    return c;
}

/* A star over two tables of one name is ambiguous. */
static bool check_twice(binder *b, const scope *s, const sql_expr *x)
{
    for (int i = 0; i < s->n_sources; i++)
        for (int k = 0; s->sources[i] && k < i; k++)
            if (s->sources[k] && str_equal_nocase(s->sources[i], s->sources[k]))
                return bind_fail(b, ERR_AMBIGUOUS, x->at, "\"%s\" stands twice in this FROM; "
                                 "give one of them an alias", s->sources[i]);
    return true;
}

bool bind_star(binder *b, scope *s, sql_expr *x)
{
    sql_column *all;
    int n = 0;

    if (!s->n_sources)
        return bind_fail(b, ERR_NOT_FOUND, x->at, "* needs a FROM");
    if (x->parts.n && !has_source(s, x->parts.at[x->parts.n - 1]))
        return no_source(b, s, x);
    if (!check_twice(b, s, x))
        return false;
    for (int i = 0; i < x->star->exclude.n + x->star->replaced.n; i++) {
        const char *name = i < x->star->exclude.n ? x->star->exclude.at[i]
                                                  : x->star->replaced.at[i - x->star->exclude.n];

        if (!star_has(s, x, name))
            return no_column(b, s, x, NULL, name);
    }
    if (!bind_exprs(b, s, &x->star->replace))
        return false;
    all = arena_push(b->a, sql_column, (size_t)s->n + 1);
    if (!all)
        return bind_nomem(b);
    for (int i = 0; i < s->n; i++)
        if (in_star(&s->at[i], x) && !excluded(x->star, s->at[i].column.name))
            all[n++] = star_column(&s->at[i], x->star);
    if (!n)
        return bind_fail(b, ERR_REFUSED, x->at, "EXCLUDE leaves no column");
    for (int i = 0; x->parts.n && !x->source && i < s->n; i++)
        if (in_star(&s->at[i], x))
            x->source = s->at[i].from;
    x->expanded = (sql_columns){all, n};
    return true;
}
