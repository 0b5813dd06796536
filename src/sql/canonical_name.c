/* canonical_name.c - the names of the canonical form.
 *
 * First pass, in the order of the text: which table needs an alias, the numbers
 * of t1 …, q1 …, and what the columns of subqueries are called. Second pass:
 * each column under its shortest name that is its own. */
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "sql/canonical_impl.h"

typedef struct with_name { /* a CTE, under its old name; newest first */
    const char *name;
    sql_cte *cte;
    const struct with_name *older;
} with_name;

typedef struct frame { /* a SELECT being named, and those around it */
    const struct frame *outer;
    sql_query *query;
    const sql_from **sources; /* so far, in order */
    int n;
    bool as_written; /* USING and NATURAL merge columns: names stay */
} frame;

typedef struct cte_ref {
    const sql_from *from;
    sql_cte *cte;
    struct cte_ref *older;
} cte_ref;

typedef struct namer {
    canon *k;
    cte_ref *refs;
    int n_tables, n_queries;
    bool columns; /* the second pass */
} namer;

static void query(namer *m, sql_query *q, const frame *outer, const with_name *with);
static void expr(namer *m, sql_expr *x, const frame *f, const with_name *with, bool on);

/* ---- what things are called ------------------------------------------------- */

static const char *source_name(const namer *m, const sql_from *f)
{
    if (f->alias)
        return f->alias;
    if (f->kind == SQL_F_FUNCTION)
        return f->call->text;
    if (f->kind != SQL_F_TABLE)
        return NULL;
    return f->table >= 0 ? m->k->catalog->tables[f->table].name : f->parts.at[f->parts.n - 1];
}

static const sql_query *leftmost(const sql_query *q)
{
    while (q->kind == SQL_Q_SET)
        q = q->left;
    return q;
}

/* The name that a query gives its i-th column; NULL if it can't be told. */
static const char *output_name(const sql_query *q, int i)
{
    const sql_query *first = leftmost(q);

    if (first->kind == SQL_Q_VALUES)
        return i < first->columns.n ? first->columns.at[i].name : NULL;
    for (int k = 0; k < first->select->n_items; k++) {
        const sql_item *item = &first->select->items[k];

        if (item->expr->kind == SQL_X_STAR) {
            if (i < item->expr->expanded.n)
                return item->expr->expanded.at[i].name;
            i -= item->expr->expanded.n;
        } else if (!i--)
            return item->alias ? item->alias
                   : item->expr->kind == SQL_X_COLUMN
                       ? item->expr->parts.at[item->expr->parts.n - 1] : NULL;
    }
    return NULL;
}

static sql_cte *cte_of(const namer *m, const sql_from *f)
{
    for (const cte_ref *r = m->refs; r; r = r->older)
        if (r->from == f)
            return r->cte;
    return NULL;
}

static int n_columns(const namer *m, const sql_from *f)
{
    const sql_cte *c;

    if (f->kind == SQL_F_FUNCTION)
        return 1;
    if (f->kind == SQL_F_QUERY)
        return f->query->columns.n;
    if (f->table >= 0)
        return m->k->catalog->tables[f->table].n_columns;
    return (c = cte_of(m, f)) ? leftmost(c->query)->columns.n : 0;
}

static const char *column_name(const namer *m, const sql_from *f, int i)
{
    const sql_cte *c;

    if (i < f->columns.n)
        return f->columns.at[i];
    if (f->kind == SQL_F_FUNCTION)
        return f->call->text;
    if (f->kind == SQL_F_QUERY)
        return output_name(f->query, i);
    if (f->table >= 0)
        return m->k->catalog->tables[f->table].columns[i].name;
    if (!(c = cte_of(m, f)))
        return NULL;
    return i < c->columns.n ? c->columns.at[i] : output_name(c->query, i);
}

/* ---- first pass: sources and items -------------------------------------------- */

typedef struct use {
    const sql_from *wanted;
    bool found;
} use;

static bool find_use(void *arg, const sql_expr *x)
{
    use *u = arg;

    u->found |= x->kind == SQL_X_COLUMN && x->source == u->wanted;
    return !u->found;
}

static bool uses(const sql_query *q, const sql_from *wanted)
{
    use u = {wanted, false};
    const sql_visitor v = {.expr = find_use, .arg = &u};

    sql_walk(q, &v);
    return u.found;
}

/* Is the name another source's here, or of one further out that is used here? */
static bool name_is_taken(const namer *m, const frame *f, const char *name)
{
    for (int i = 0; i < f->n; i++) {
        const char *other = source_name(m, f->sources[i]);

        if (other && str_equal_nocase(other, name))
            return true;
    }
    for (const frame *o = f->outer; o; o = o->outer)
        for (int i = 0; i < o->n; i++) {
            const char *other = source_name(m, o->sources[i]);

            if (other && str_equal_nocase(other, name) && uses(f->query, o->sources[i]))
                return true;
        }
    return false;
}

static void number(namer *m, const char **name, char letter, int *n)
{
    *name = arena_strf(m->k->a, "%c%d", letter, ++*n);
    m->k->bad |= !*name;
}

static void table(namer *m, sql_from *f, const frame *in, const with_name *with)
{
    const char **part;

    f->alias = f->columns.n ? f->alias : NULL;
    if (f->table < 0)
        for (; with; with = with->older)
            if (str_equal_nocase(with->name, f->parts.at[0]))
                break;
    if (f->table < 0 && with) {
        cte_ref *r = arena_push(m->k->a, cte_ref, 1);

        m->k->bad |= !r;
        if (!r)
            return;
        *r = (cte_ref){f, with->cte, m->refs};
        m->refs = r;
    }
    if ((f->table < 0 && !with) || !(part = arena_push(m->k->a, const char *, 1))) {
        m->k->bad = true;
        return;
    }
    *part = f->table >= 0 ? m->k->catalog->tables[f->table].name : with->cte->name;
    f->parts = (sql_names){part, 1};
    if (!f->alias && name_is_taken(m, in, *part))
        number(m, &f->alias, 't', &m->n_tables);
}

/* May another item have the same name? */
static bool item_is_shared(const sql_select *s, int item)
{
    const sql_names *name = &s->items[item].expr->parts;

    for (int i = 0; i < s->n_items; i++) {
        const sql_expr *x = s->items[i].expr;

        if (i != item && (x->kind == SQL_X_STAR ||
                          (x->kind == SQL_X_COLUMN &&
                           str_equal_nocase(x->parts.at[x->parts.n - 1], name->at[name->n - 1]))))
            return true;
    }
    return false;
}

/* The items of a subquery that is named: plain columns keep their name. */
static void name_items(namer *m, sql_query *q)
{
    sql_query *first = (sql_query *)(uintptr_t)leftmost(q);
    sql_select *s = first->select;
    int position = 0;

    for (int i = 0; i < s->n_items; i++) {
        const sql_expr *x = s->items[i].expr;

        position += x->kind == SQL_X_STAR ? x->expanded.n : 1;
        if (x->kind == SQL_X_STAR)
            continue;
        s->items[i].alias = NULL;
        if (x->kind == SQL_X_COLUMN && x->source && !item_is_shared(s, i))
            continue;
        s->items[i].alias = arena_strf(m->k->a, "c%d", position);
        m->k->bad |= !s->items[i].alias;
    }
}

static void drop_aliases(sql_query *q, bool keep_first)
{
    if (q->kind == SQL_Q_SET) {
        drop_aliases(q->left, keep_first);
        drop_aliases(q->right, false);
    } else if (q->select && !keep_first)
        for (int i = 0; i < q->select->n_items; i++)
            q->select->items[i].alias = NULL;
}

static void add_source(namer *m, frame *f, const sql_from *source)
{
    const sql_from **more;

    if (!f->n || !(f->n & (f->n - 1))) {
        more = arena_push(m->k->a, const sql_from *, f->n ? (size_t)f->n * 2 : 1);
        if (!more) {
            m->k->bad = true;
            return;
        }
        if (f->n)
            memcpy(more, f->sources, (size_t)f->n * sizeof *more);
        f->sources = more;
    }
    f->sources[f->n++] = source;
}

/* USING (a): in the case that the right side has it. */
static void using_names(namer *m, sql_from *f)
{
    const char **names = arena_push(m->k->a, const char *, (size_t)f->using.n + 1);

    m->k->bad |= !names;
    for (int i = 0; names && i < f->using.n; i++) {
        names[i] = f->using.at[i];
        for (int k = 0; f->right->kind != SQL_F_JOIN && k < n_columns(m, f->right); k++) {
            const char *name = column_name(m, f->right, k);

            if (name && str_equal_nocase(name, names[i]))
                names[i] = name;
        }
    }
    if (names && f->using.n)
        f->using.at = names;
}

static void from(namer *m, sql_from *f, frame *in, const with_name *with)
{
    if (f->kind == SQL_F_JOIN) {
        from(m, f->left, in, with);
        from(m, f->right, in, with);
        in->as_written |= f->natural || (f->using.n && f->join != SQL_JOIN_INNER &&
                                         f->join != SQL_JOIN_LEFT);
        if (!m->columns)
            using_names(m, f);
        expr(m, f->on, in, with, true);
        return;
    }
    if (f->kind == SQL_F_QUERY) {
        query(m, f->query, in, with);
        if (!m->columns) {
            drop_aliases(f->query, true);
            if (leftmost(f->query)->select) {
                name_items(m, f->query);
                f->columns.n = 0;
            }
            number(m, &f->alias, 'q', &m->n_queries);
        }
    } else if (f->kind == SQL_F_TABLE) {
        if (!m->columns)
            table(m, f, in, with);
    } else
        expr(m, f->call, in, with, false);
    add_source(m, in, f);
}

/* ---- second pass: columns ----------------------------------------------------- */

static bool is_gone(const sql_from *f, const sql_from *source)
{
    if (f->kind != SQL_F_JOIN)
        return false;
    if (is_gone(f->left, source) || is_gone(f->right, source))
        return true;
    return (f->join == SQL_JOIN_SEMI || f->join == SQL_JOIN_ANTI) && f->right == source;
}

/* The right column of a USING has no bare name. */
static bool is_merged(const sql_from *f, const sql_from *source, const char *name)
{
    if (f->kind != SQL_F_JOIN)
        return false;
    for (int i = 0; f->right == source && i < f->using.n; i++)
        if (str_equal_nocase(f->using.at[i], name))
            return true;
    return is_merged(f->left, source, name) || is_merged(f->right, source, name);
}

/* Do other columns of this FROM, or an alias of its list, have the name? */
static bool name_is_shared(const namer *m, const frame *f, const sql_expr *x, const char *name)
{
    const sql_select *s = f->query->select;

    for (int i = 0; i < f->n; i++) {
        if (s->n_from == 1 && is_gone(s->from[0], f->sources[i]))
            continue;
        for (int k = 0; k < n_columns(m, f->sources[i]); k++) {
            const char *other = f->sources[i] == x->source && k == x->index
                                    ? NULL : column_name(m, f->sources[i], k);

            if (other && str_equal_nocase(other, name) &&
                !(s->n_from == 1 && is_merged(s->from[0], f->sources[i], name)))
                return true;
        }
    }
    if (s->n_from == 1 && is_merged(s->from[0], x->source, name))
        return true;
    for (int i = 0; i < s->n_items; i++)
        if (s->items[i].alias && str_equal_nocase(s->items[i].alias, name))
            return true;
    return false;
}

static void column(namer *m, sql_expr *x, const frame *f, bool on)
{
    const char *name = x->source ? column_name(m, x->source, x->index) : NULL;
    const char *source = x->source ? source_name(m, x->source) : NULL;
    const char **parts;

    if (!name || x->type == SQL_T_STRUCT || x->parts.n > 3)
        return;
    if (!str_equal_nocase(x->parts.at[x->parts.n - 1], name) && x->source->kind == SQL_F_TABLE &&
        x->source->table >= 0)
        return; /* a field of it */
    if (f->as_written && x->parts.n == 1 && !x->up)
        source = NULL;
    else if (!on && !x->up && !name_is_shared(m, f, x, name))
        source = NULL;
    else if (!source) {
        m->k->bad = true;
        return;
    }
    if (!(parts = arena_push(m->k->a, const char *, 2))) {
        m->k->bad = true;
        return;
    }
    parts[0] = source ? source : name;
    parts[1] = name;
    x->parts = (sql_names){parts, source ? 2 : 1};
}

static void star(namer *m, sql_expr *x, const frame *f)
{
    const char *source = x->source ? source_name(m, x->source) : NULL;

    if (f->n == 1)
        x->parts.n = 0;
    else if (source)
        x->parts = (sql_names){&x->parts.at[0], 1};
    else
        m->k->bad = true;
    if (x->parts.n)
        x->parts.at[0] = source;
}

/* ---- the walk, in the order of the text ------------------------------------------ */

static void exprs(namer *m, const sql_exprs *list, const frame *f, const with_name *with)
{
    for (int i = 0; i < list->n; i++)
        expr(m, list->at[i], f, with, false);
}

static void orders(namer *m, const sql_orders *o, const frame *f, const with_name *with)
{
    for (int i = 0; i < o->n; i++)
        expr(m, o->at[i].expr, f, with, false);
}

static void window(namer *m, const sql_window *w, const frame *f, const with_name *with)
{
    exprs(m, &w->partition, f, with);
    orders(m, &w->order, f, with);
}

static void expr(namer *m, sql_expr *x, const frame *f, const with_name *with, bool on)
{
    if (!x || m->k->bad)
        return;
    if (x->kind == SQL_X_COLUMN) {
        if (m->columns)
            column(m, x, f, on);
        return;
    }
    if (x->kind == SQL_X_STAR) {
        if (m->columns && x->parts.n)
            star(m, x, f);
        exprs(m, &x->star->replace, f, with);
        return;
    }
    for (int i = 0; i < x->args.n; i++)
        expr(m, x->args.at[i], f, with, on);
    if (x->query)
        query(m, x->query, f, with);
    if (x->query && !m->columns)
        drop_aliases(x->query, false);
    if (!x->call)
        return;
    orders(m, &x->call->order, f, with);
    expr(m, x->call->filter, f, with, false);
    if (x->call->over)
        window(m, x->call->over, f, with);
}

static void one_select(namer *m, sql_query *q, const frame *outer, const with_name *with)
{
    frame f = {.outer = outer, .query = q};
    const sql_select *s = q->select;

    for (int i = 0; i < s->n_from; i++)
        from(m, s->from[i], &f, with);
    expr(m, s->where, &f, with, false);
    exprs(m, &s->group, &f, with);
    expr(m, s->having, &f, with, false);
    for (int i = 0; i < s->n_windows; i++)
        window(m, &s->windows[i], &f, with);
    exprs(m, &s->distinct_on, &f, with);
    for (int i = 0; i < s->n_items; i++)
        expr(m, s->items[i].expr, &f, with, false);
    expr(m, s->qualify, &f, with, false);
    orders(m, &q->order, &f, with);
}

static void query(namer *m, sql_query *q, const frame *outer, const with_name *with)
{
    with_name *mine = arena_push(m->k->a, with_name, (size_t)q->n_ctes + 1);

    if (!mine || m->k->bad) {
        m->k->bad = true;
        return;
    }
    m->k->bad |= q->by_name; /* the aliases mean something */
    for (int i = 0; i < q->n_ctes; i++) {
        sql_cte *c = &q->ctes[i];

        mine[i] = (with_name){c->name, c, i ? &mine[i - 1] : with};
        if (!m->columns) {
            number(m, &c->name, 'q', &m->n_queries);
            drop_aliases(c->query, true);
            if (leftmost(c->query)->select) {
                name_items(m, c->query);
                c->columns.n = 0;
            }
        }
        query(m, c->query, outer, q->recursive ? &mine[i] : mine[i].older);
        with = &mine[i];
    }
    if (q->kind == SQL_Q_SET) {
        query(m, q->left, outer, with);
        query(m, q->right, outer, with);
    } else if (q->kind == SQL_Q_SELECT)
        one_select(m, q, outer, with);
    else
        exprs(m, &q->rows, outer ? outer : &(frame){0}, with);
}

void canonical_names(canon *k, sql_query *q)
{
    namer m = {.k = k};

    drop_aliases(q, false);
    query(&m, q, NULL, NULL);
    m.columns = true;
    query(&m, q, NULL, NULL);
}
