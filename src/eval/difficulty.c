/* difficulty.c - how hard a question is, by its reference statement.
 *
 * The levels of Spider (Yu et al. 2018, arXiv:1809.08887, as its evaluation
 * counts them): parts of a simple kind (WHERE, GROUP BY, ORDER BY, LIMIT, each
 * JOIN, OR, LIKE), parts that nest (set operations, subqueries), and whether
 * there are several aggregates, columns, conditions or groups. */
#include <string.h>

#include "eval/eval_impl.h"
#include "sql/functions.h"

typedef struct parts {
    int simple, nested, aggregates, conditions;
    int several;
} parts;

static int count_conditions(const sql_expr *x, parts *p)
{
    if (!x)
        return 0;
    if (x->kind == SQL_X_BINARY && (x->op == SQL_OP_AND || x->op == SQL_OP_OR)) {
        p->simple += x->op == SQL_OP_OR;
        return count_conditions(x->args.at[0], p) + count_conditions(x->args.at[1], p);
    }
    p->simple += x->kind == SQL_X_LIKE;
    return 1;
}

static bool see_expr(void *arg, const sql_expr *x)
{
    parts *p = arg;
    const sql_function *f = x->kind == SQL_X_CALL ? function_find(x->text) : NULL;

    p->aggregates += f && f->kind == FUNCTION_AGGREGATE;
    p->nested += x->query != NULL;
    return true;
}

static bool see_from(void *arg, const sql_from *f)
{
    parts *p = arg;

    p->simple += f->kind == SQL_F_JOIN;
    p->nested += f->kind == SQL_F_QUERY;
    return true;
}

const char *statement_difficulty(arena *a, const char *sql)
{
    parts p = {0};
    const sql_visitor v = {.expr = see_expr, .from = see_from, .arg = &p, .shallow = true};
    err e = {0};
    sql_stmt *s = sql_parse(a, sql, &e);
    const sql_query *q = s ? s->query : NULL;

    if (!q)
        return "unknown";
    for (; q->kind == SQL_Q_SET; q = q->left)
        p.nested++;
    if (q->kind != SQL_Q_SELECT)
        return "unknown";
    sql_walk(q, &v);
    p.nested += q->n_ctes;
    p.conditions = count_conditions(q->select->where, &p);
    p.simple += (q->select->where != NULL) + (q->select->group.n > 0) + (q->order.n > 0) +
                (q->limit != NULL) + (q->select->n_from > 1 ? q->select->n_from - 1 : 0);
    p.several = (p.aggregates > 1) + (q->select->n_items > 1) + (p.conditions > 1) +
                (q->select->group.n > 1);
    if (p.simple <= 1 && p.several == 0 && p.nested == 0)
        return "easy";
    if (p.nested == 0 && ((p.several <= 2 && p.simple <= 1) || (p.simple <= 2 && p.several < 2)))
        return "medium";
    if ((p.nested == 0 && ((p.several > 2 && p.simple <= 2) ||
                           (p.simple > 2 && p.simple <= 3 && p.several <= 2))) ||
        (p.simple <= 1 && p.several == 0 && p.nested <= 1))
        return "hard";
    return "extra";
}
