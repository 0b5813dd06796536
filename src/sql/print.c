/* print.c - queries as text: SELECT first, one spelling. */
#include "sql/print_impl.h"

#include <string.h>

#include "sql/functions.h"

/* Between two clauses: a line of its own when pretty. */
static void clause(printer *p)
{
    if (p->level < 0) {
        str_addc(&p->out, ' ');
        return;
    }
    str_addc(&p->out, '\n');
    for (int i = 0; i < p->level; i++)
        str_adds(&p->out, "  ");
}

static void order(printer *p, const sql_order *o)
{
    if (o->expr)
        print_expr(p, o->expr);
    else
        str_adds(&p->out, "ALL");
    str_adds(&p->out, o->descending ? " DESC" : "");
    if (o->nulls != SQL_NULLS_DEFAULT)
        str_adds(&p->out, o->nulls == SQL_NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
}

void print_orders(printer *p, const sql_orders *o)
{
    for (int i = 0; i < o->n; i++) {
        str_adds(&p->out, i ? ", " : "");
        order(p, &o->at[i]);
    }
}

static void bound(printer *p, sql_bound b, const sql_expr *x)
{
    static const char *const words[] = {"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW",
                                        " FOLLOWING", "UNBOUNDED FOLLOWING"};

    if (x)
        print_expr(p, x);
    str_adds(&p->out, words[b]);
}

void print_window(printer *p, const sql_window *w)
{
    static const char *const frames[] = {"", "ROWS ", "RANGE ", "GROUPS "};
    const size_t start = p->out.n;

    if (w->base)
        print_name(p, w->base);
    if (w->partition.n) {
        str_adds(&p->out, p->out.n > start ? " PARTITION BY " : "PARTITION BY ");
        print_exprs(p, &w->partition);
    }
    if (w->order.n) {
        str_adds(&p->out, p->out.n > start ? " ORDER BY " : "ORDER BY ");
        print_orders(p, &w->order);
    }
    if (w->frame == SQL_NO_FRAME)
        return;
    str_adds(&p->out, p->out.n > start ? " " : "");
    str_adds(&p->out, frames[w->frame]);
    str_adds(&p->out, w->has_end ? "BETWEEN " : "");
    bound(p, w->start, w->start_expr);
    if (w->has_end) {
        str_adds(&p->out, " AND ");
        bound(p, w->end, w->end_expr);
    }
    if (w->exclude)
        str_addf(&p->out, " EXCLUDE %s", w->exclude);
}

static void over(printer *p, const sql_window *w)
{
    str_adds(&p->out, " OVER ");
    if (w->base && !w->partition.n && !w->order.n && w->frame == SQL_NO_FRAME) {
        print_name(p, w->base);
        return;
    }
    str_addc(&p->out, '(');
    print_window(p, w);
    str_addc(&p->out, ')');
}

void print_call(printer *p, const sql_expr *x)
{
    const sql_call *c = x->call;

    if (function_find(x->text))
        str_adds(&p->out, x->text);
    else { /* it won't pass the guard, but must read back as what it is */
        str_addc(&p->out, '"');
        for (const char *t = x->text; *t; t++)
            str_addf(&p->out, *t == '"' ? "\"\"" : "%c", *t);
        str_addc(&p->out, '"');
    }
    str_adds(&p->out, c->distinct ? "(DISTINCT " : "(");
    if (c->star)
        str_addc(&p->out, '*');
    print_exprs(p, &x->args);
    if (c->order.n && !c->within_group) {
        str_adds(&p->out, " ORDER BY ");
        print_orders(p, &c->order);
    }
    str_adds(&p->out, c->ignore_nulls ? " IGNORE NULLS)" : ")");
    if (c->within_group) {
        str_adds(&p->out, " WITHIN GROUP (ORDER BY ");
        print_orders(p, &c->order);
        str_addc(&p->out, ')');
    }
    if (c->filter) {
        str_adds(&p->out, " FILTER (WHERE ");
        print_expr(p, c->filter);
        str_addc(&p->out, ')');
    }
    if (c->over)
        over(p, c->over);
}

static void nested(printer *p, const sql_query *q)
{
    const int level = p->level;

    p->level = -1;
    str_addc(&p->out, '(');
    print_query(p, q);
    str_addc(&p->out, ')');
    p->level = level;
}

static void alias(printer *p, const sql_from *f)
{
    if (!f->alias)
        return;
    str_adds(&p->out, " AS ");
    print_name(p, f->alias);
    if (f->columns.n)
        print_names(p, &f->columns);
}

static void join(printer *p, const sql_from *f)
{
    static const char *const words[] = {"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN ",
                                        "CROSS JOIN ", "SEMI JOIN ", "ANTI JOIN "};
    const bool parens = f->right->kind == SQL_F_JOIN;

    print_from(p, f->left);
    clause(p);
    str_adds(&p->out, f->natural ? "NATURAL " : "");
    str_adds(&p->out, f->asof ? "ASOF " : "");
    str_adds(&p->out, words[f->join]);
    str_adds(&p->out, parens ? "(" : "");
    if (parens) {
        const int level = p->level;

        p->level = -1;
        print_from(p, f->right);
        p->level = level;
    } else
        print_from(p, f->right);
    str_adds(&p->out, parens ? ")" : "");
    if (f->on) {
        str_adds(&p->out, " ON ");
        print_expr(p, f->on);
    } else if (f->using.n) {
        str_adds(&p->out, " USING ");
        print_names(p, &f->using);
    }
}

void print_from(printer *p, const sql_from *f)
{
    str_adds(&p->out, f->lateral ? "LATERAL " : "");
    switch (f->kind) {
    case SQL_F_TABLE:
        for (int i = 0; i < f->parts.n; i++) {
            str_adds(&p->out, i ? "." : "");
            print_name(p, f->parts.at[i]);
        }
        break;
    case SQL_F_QUERY:    nested(p, f->query); break;
    case SQL_F_FUNCTION: print_call(p, f->call); break;
    case SQL_F_JOIN:     join(p, f); return;
    }
    alias(p, f);
}

static void items(printer *p, const sql_select *s)
{
    str_adds(&p->out, "SELECT ");
    if (s->distinct)
        str_adds(&p->out, "DISTINCT ");
    if (s->distinct_on.n) {
        str_adds(&p->out, "ON (");
        print_exprs(p, &s->distinct_on);
        str_adds(&p->out, ") ");
    }
    for (int i = 0; i < s->n_items; i++) {
        str_adds(&p->out, i ? ", " : "");
        print_expr(p, s->items[i].expr);
        if (s->items[i].alias) {
            str_adds(&p->out, " AS ");
            print_name(p, s->items[i].alias);
        }
    }
}

static void condition(printer *p, const char *word, const sql_expr *x)
{
    if (!x)
        return;
    clause(p);
    str_adds(&p->out, word);
    print_expr(p, x);
}

static void from_list(printer *p, const sql_select *s)
{
    for (int i = 0; i < s->n_from; i++) {
        str_adds(&p->out, i ? ", " : "FROM ");
        print_from(p, s->from[i]);
    }
}

/* The clauses that are computed between FROM and SELECT. */
static void middle(printer *p, const sql_select *s)
{
    condition(p, "WHERE ", s->where);
    if (s->group_all || s->group.n) {
        clause(p);
        str_adds(&p->out, s->group_all ? "GROUP BY ALL" : "GROUP BY ");
        print_exprs(p, &s->group);
    }
    condition(p, "HAVING ", s->having);
    for (int i = 0; i < s->n_windows; i++) {
        if (i)
            str_adds(&p->out, ", ");
        else {
            clause(p);
            str_adds(&p->out, "WINDOW ");
        }
        print_name(p, s->windows[i].name);
        str_adds(&p->out, " AS (");
        print_window(p, &s->windows[i]);
        str_addc(&p->out, ')');
    }
}

/* FROM first is the order of computing: what is named stands before its use. */
static void select(printer *p, const sql_select *s)
{
    const bool from_first = p->from_first && s->n_from;

    if (from_first) {
        from_list(p, s);
        middle(p, s);
        clause(p);
    }
    items(p, s);
    if (!from_first) {
        if (s->n_from) {
            clause(p);
            from_list(p, s);
        }
        middle(p, s);
    }
    condition(p, "QUALIFY ", s->qualify);
}

static void values(printer *p, const sql_query *q)
{
    str_adds(&p->out, "VALUES ");
    print_exprs(p, &q->rows);
}

static bool has_own(const sql_query *q)
{
    return q->n_ctes || q->order.n || q->limit || q->offset;
}

/* One side of a set operation. */
static void side(printer *p, const sql_query *q, const sql_query *parent, bool left)
{
    const bool chain = left && q->kind == SQL_Q_SET &&
                       (parent->set != SQL_INTERSECT || q->set == SQL_INTERSECT);

    if (!has_own(q) && (q->kind != SQL_Q_SET || chain)) {
        print_query(p, q);
        return;
    }
    if (p->dialect == SQL_SQLITE) /* has no parentheses around queries */
        str_adds(&p->out, "SELECT * FROM ");
    nested(p, q);
}

static void set(printer *p, const sql_query *q)
{
    static const char *const words[] = {"UNION", "INTERSECT", "EXCEPT"};

    side(p, q->left, q, true);
    clause(p);
    str_adds(&p->out, words[q->set]);
    str_adds(&p->out, q->all ? " ALL" : "");
    str_adds(&p->out, q->by_name ? " BY NAME" : "");
    clause(p);
    side(p, q->right, q, false);
}

static void with(printer *p, const sql_query *q)
{
    const int level = p->level;

    for (int i = 0; i < q->n_ctes; i++) {
        str_adds(&p->out, i ? ", " : q->recursive ? "WITH RECURSIVE " : "WITH ");
        print_name(p, q->ctes[i].name);
        if (q->ctes[i].columns.n)
            print_names(p, &q->ctes[i].columns);
        str_adds(&p->out, " AS (");
        if (level >= 0) {
            p->level = level + 1;
            clause(p);
        }
        print_query(p, q->ctes[i].query);
        if (level >= 0) {
            p->level = level;
            clause(p);
        }
        str_addc(&p->out, ')');
    }
    if (q->n_ctes)
        clause(p);
}

static void limit(printer *p, const sql_query *q)
{
    const bool offset_first = p->dialect == SQL_TRINO;

    if (q->offset && offset_first)
        condition(p, "OFFSET ", q->offset);
    if (q->limit) {
        condition(p, "LIMIT ", q->limit);
        str_adds(&p->out, q->limit_percent ? " PERCENT" : "");
    } else if (q->offset && p->dialect == SQL_SQLITE) /* has no OFFSET alone */
        str_adds(&p->out, " LIMIT -1");
    if (q->offset && !offset_first)
        condition(p, "OFFSET ", q->offset);
}

void print_query(printer *p, const sql_query *q)
{
    with(p, q);
    if (q->kind == SQL_Q_SELECT)
        select(p, q->select);
    else if (q->kind == SQL_Q_VALUES)
        values(p, q);
    else
        set(p, q);
    if (q->order.n) {
        clause(p);
        str_adds(&p->out, "ORDER BY ");
        print_orders(p, &q->order);
    }
    limit(p, q);
}

char *sql_print(arena *a, const sql_stmt *s, sql_dialect d, int flags)
{
    printer p = {.dialect = d, .from_first = flags & SQL_FROM_FIRST,
                 .level = flags & SQL_PRETTY ? 0 : -1};
    char *text = NULL;

    print_query(&p, s->query);
    if (!p.out.bad)
        text = arena_strn(a, str_text(&p.out), p.out.n);
    str_deinit(&p.out);
    return text;
}

char *sql_print_expr(arena *a, const sql_expr *x)
{
    printer p = {.dialect = SQL_DUCKDB, .level = -1};
    char *text;

    print_expr(&p, x);
    text = p.out.bad ? NULL : arena_str(a, str_text(&p.out));
    str_deinit(&p.out);
    return text;
}
