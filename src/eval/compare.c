/* compare.c - how near a statement is to its reference, on trees.
 *
 * Both are brought to their canonical form, read again and taken apart into
 * pieces: "select count(*)", "from singer", "on …", a "where …" for each
 * condition between ANDs, "group …", "having …", "order …", "limit …", the set
 * operations, and the pieces of subqueries under a mark of their own. The
 * similarity is Dice's coefficient of the two multisets of pieces. */
#include <stdlib.h>
#include <string.h>

#include "eval/eval_impl.h"
#include "sql/canonical.h"
#include "sql/functions.h"

enum { PIECES_MAX = 4000 };

typedef struct pieces {
    arena *a;
    const char *at[PIECES_MAX];
    int n;
} pieces;

static void add(pieces *p, const char *mark, const char *what, const char *text)
{
    if (p->n < PIECES_MAX && (p->at[p->n] = arena_strf(p->a, "%s%s %s", mark, what, text)))
        p->n++;
}

static void add_expr(pieces *p, const char *mark, const char *what, const sql_expr *x)
{
    char *text = x ? sql_print_expr(p->a, x) : NULL;

    if (text)
        add(p, mark, what, text);
}

static void add_conditions(pieces *p, const char *mark, const char *what, const sql_expr *x)
{
    if (x && x->kind == SQL_X_BINARY && x->op == SQL_OP_AND) {
        add_conditions(p, mark, what, x->args.at[0]);
        add_conditions(p, mark, what, x->args.at[1]);
    } else {
        add_expr(p, mark, what, x);
    }
}

static void add_query(pieces *p, const char *mark, const sql_query *q);

static void add_from(pieces *p, const char *mark, const sql_from *f)
{
    static const char *const joins[] = {"inner", "left", "right", "full", "cross", "semi", "anti"};

    switch (f->kind) {
    case SQL_F_TABLE: add(p, mark, "from", f->parts.at[f->parts.n - 1]); break;
    case SQL_F_QUERY: add_query(p, arena_strf(p->a, "%sin from: ", mark), f->query); break;
    case SQL_F_FUNCTION: add_expr(p, mark, "from", f->call); break;
    case SQL_F_JOIN:
        add_from(p, mark, f->left);
        add_from(p, mark, f->right);
        if (f->join != SQL_JOIN_INNER)
            add(p, mark, "join", joins[f->join]);
        add_conditions(p, mark, "on", f->on);
        for (int i = 0; i < f->using.n; i++)
            add(p, mark, "using", f->using.at[i]);
    }
}

static void add_select(pieces *p, const char *mark, const sql_select *s)
{
    if (s->distinct)
        add(p, mark, "select", "distinct");
    for (int i = 0; i < s->n_items; i++)
        add_expr(p, mark, "select", s->items[i].expr);
    for (int i = 0; i < s->n_from; i++)
        add_from(p, mark, s->from[i]);
    add_conditions(p, mark, "where", s->where);
    for (int i = 0; i < s->group.n; i++)
        add_expr(p, mark, "group", s->group.at[i]);
    add_conditions(p, mark, "having", s->having);
    add_conditions(p, mark, "qualify", s->qualify);
}

static void add_query(pieces *p, const char *mark, const sql_query *q)
{
    static const char *const sets[] = {"union", "intersect", "except"};

    if (!mark)
        return;
    for (int i = 0; i < q->n_ctes; i++)
        add_query(p, arena_strf(p->a, "%sin with: ", mark), q->ctes[i].query);
    if (q->kind == SQL_Q_SELECT)
        add_select(p, mark, q->select);
    for (int i = 0; q->kind == SQL_Q_VALUES && i < q->rows.n; i++)
        add_expr(p, mark, "row", q->rows.at[i]);
    if (q->kind == SQL_Q_SET) {
        add(p, mark, "set", arena_strf(p->a, "%s%s", sets[q->set], q->all ? " all" : ""));
        add_query(p, arena_strf(p->a, "%sleft: ", mark), q->left);
        add_query(p, arena_strf(p->a, "%sright: ", mark), q->right);
    }
    for (int i = 0; i < q->order.n && !q->order.all; i++)
        add_expr(p, mark, q->order.at[i].descending ? "order desc" : "order", q->order.at[i].expr);
    add_expr(p, mark, "limit", q->limit);
    add_expr(p, mark, "offset", q->offset);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many pieces two sorted lists share. */
static int shared(const pieces *a, const pieces *b)
{
    int n = 0;

    for (int i = 0, j = 0; i < a->n && j < b->n;) {
        const int c = strcmp(a->at[i], b->at[j]);

        n += c == 0;
        i += c <= 0;
        j += c >= 0;
    }
    return n;
}

/* ---- in which kind of thing they differ ------------------------------- */

/* One list of texts for each kind of difference, sorted. */
typedef struct features {
    pieces *of[EVAL_DIFFERENCES];
} features;

static bool see_expr(void *arg, const sql_expr *x)
{
    features *f = arg;

    if (x->kind == SQL_X_CALL && x->text) {
        const sql_function *known = function_find(x->text);
        const bool total = known && known->kind == FUNCTION_AGGREGATE;

        add(f->of[total ? EVAL_AGGREGATE : EVAL_COLUMN], x->call && x->call->distinct ? "distinct " : "",
            x->text, "");
    }
    if (x->kind == SQL_X_COLUMN)
        add(f->of[EVAL_COLUMN], "", x->parts.at[x->parts.n - 1], "");
    if (x->kind == SQL_X_STRING || x->kind == SQL_X_NUMBER || x->kind == SQL_X_TYPED)
        add(f->of[EVAL_VALUE], "", x->text, "");
    if (x->kind == SQL_X_QUERY || x->kind == SQL_X_EXISTS || x->kind == SQL_X_QUANTIFIED ||
        (x->kind == SQL_X_IN && x->query))
        add(f->of[EVAL_NESTING], x->negated ? "not" : "", "subquery", "");
    if (x->kind == SQL_X_BINARY || x->kind == SQL_X_LIKE || x->kind == SQL_X_BETWEEN ||
        x->kind == SQL_X_IN || x->kind == SQL_X_IS)
        add(f->of[EVAL_COLUMN], x->negated ? "not" : "",
            arena_strf(f->of[0]->a, "%d %d", (int)x->kind, (int)x->op), "");
    return true;
}

static bool see_from(void *arg, const sql_from *from)
{
    features *f = arg;

    if (from->kind == SQL_F_TABLE)
        add(f->of[EVAL_TABLE], "", from->parts.at[from->parts.n - 1], "");
    if (from->kind == SQL_F_QUERY)
        add(f->of[EVAL_NESTING], "", "in from", "");
    if (from->kind == SQL_F_JOIN) {
        if (from->join != SQL_JOIN_INNER)
            add(f->of[EVAL_JOIN], "", arena_strf(f->of[0]->a, "%d", (int)from->join), "");
        add_conditions(f->of[EVAL_JOIN], "", "on", from->on);
        for (int i = 0; i < from->using.n; i++)
            add(f->of[EVAL_JOIN], "", "using", from->using.at[i]);
    }
    return true;
}

static bool see_query(void *arg, const sql_query *q)
{
    features *f = arg;

    if (q->kind == SQL_Q_SET)
        add(f->of[EVAL_NESTING], "", "set", arena_strf(f->of[0]->a, "%d %d", (int)q->set, q->all));
    for (int i = 0; i < q->n_ctes; i++)
        add(f->of[EVAL_NESTING], "", "with", "");
    for (int i = 0; i < q->order.n && !q->order.all; i++)
        add_expr(f->of[EVAL_ORDER], "", q->order.at[i].descending ? "desc" : "asc",
                 q->order.at[i].expr);
    add_expr(f->of[EVAL_ORDER], "", "limit", q->limit);
    if (q->kind == SQL_Q_SELECT) {
        if (q->select->distinct)
            add(f->of[EVAL_AGGREGATE], "", "distinct", "");
        for (int i = 0; i < q->select->group.n; i++)
            add_expr(f->of[EVAL_AGGREGATE], "", "group", q->select->group.at[i]);
        add_conditions(f->of[EVAL_AGGREGATE], "", "having", q->select->having);
        add(f->of[EVAL_COLUMN], "", "items", arena_strf(f->of[0]->a, "%d", q->select->n_items));
    }
    return true;
}

static bool features_of(arena *a, const sql_stmt *s, features *f)
{
    const sql_visitor v = {.expr = see_expr, .from = see_from, .query = see_query, .arg = f};

    for (int i = 0; i < EVAL_DIFFERENCES; i++) {
        if (!(f->of[i] = arena_push(a, pieces, 1)))
            return false;
        f->of[i]->a = a;
    }
    sql_walk(s->query, &v);
    for (int i = 0; i < EVAL_DIFFERENCES; i++)
        qsort(f->of[i]->at, (size_t)f->of[i]->n, sizeof f->of[i]->at[0], by_text);
    return true;
}

static eval_difference first_difference(arena *a, const sql_stmt *x, const sql_stmt *y)
{
    static const eval_difference order[] = {EVAL_NESTING, EVAL_TABLE, EVAL_JOIN, EVAL_AGGREGATE,
                                            EVAL_COLUMN, EVAL_VALUE, EVAL_ORDER};
    features f, g;

    if (!features_of(a, x, &f) || !features_of(a, y, &g))
        return EVAL_OTHER;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const pieces *p = f.of[order[i]], *q = g.of[order[i]];

        if (p->n != q->n || shared(p, q) != p->n)
            return order[i];
    }
    return EVAL_OTHER;
}

const char *eval_difference_name(eval_difference d)
{
    static const char *const names[EVAL_DIFFERENCES] = {
        [EVAL_NO_DIFFERENCE] = "none", [EVAL_TABLE] = "table", [EVAL_COLUMN] = "column",
        [EVAL_VALUE] = "value", [EVAL_JOIN] = "join", [EVAL_AGGREGATE] = "aggregate",
        [EVAL_NESTING] = "nesting", [EVAL_ORDER] = "order", [EVAL_OTHER] = "other",
        [EVAL_NO_ANSWER] = "no answer"};

    return names[d];
}

/* ---- both ------------------------------------------------------------- */

/* The canonical form read again; as it is where it has none. */
static sql_stmt *canonical_tree(arena *a, const db_catalog *c, const char *sql, const char **text)
{
    err e = {0};

    *text = sql_canonical(a, sql, c, &e);
    if (!*text)
        *text = sql;
    return sql_parse(a, *text, &e);
}

void compare_statements(arena *a, const db_catalog *c, const char *reference, const char *mine,
                        comparison *out)
{
    const char *x_text, *y_text;
    pieces *p = arena_push(a, pieces, 2);
    sql_stmt *x = canonical_tree(a, c, reference, &x_text), *y = canonical_tree(a, c, mine, &y_text);

    *out = (comparison){.difference = EVAL_OTHER};
    if (!p || !x || !y)
        return;
    out->exact = !strcmp(x_text, y_text);
    p[0].a = p[1].a = a;
    add_query(&p[0], "", x->query);
    add_query(&p[1], "", y->query);
    for (int i = 0; i < 2; i++)
        qsort(p[i].at, (size_t)p[i].n, sizeof p[i].at[0], by_text);
    out->similarity = p[0].n + p[1].n ? 2.0 * shared(&p[0], &p[1]) / (p[0].n + p[1].n) : 0;
    out->difference = out->exact ? EVAL_NO_DIFFERENCE : first_difference(a, x, y);
}
