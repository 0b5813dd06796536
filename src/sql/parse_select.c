/* parse_select.c - SELECT with its clauses, and VALUES. */
#include "sql/parse_impl.h"

sql_query *parse_query_node(parser *p, sql_query_kind kind, int at)
{
    sql_query *q;

    if (++p->n_nodes > SQL_MAX_NODES) {
        refuse_at(p->e, ERR_LIMIT, p->text, at, "the statement has more than %d parts",
                  SQL_MAX_NODES);
        return NULL;
    }
    q = arena_push(p->a, sql_query, 1);
    if (!q)
        return parse_nomem(p), NULL;
    *q = (sql_query){.kind = kind, .at = at, .depth = 1};
    return q;
}

void parse_deepen(sql_query *q, const sql_expr *x)
{
    if (x)
        q->depth = parse_deeper(q->depth, x->depth + 1);
}

static bool item(parser *p, sql_select *s)
{
    sql_item i = {.expr = parse_expr(p)}, *at;

    if (!i.expr)
        return false;
    if (parse_accept(p, "as")) {
        if (p->token->kind == TOKEN_STRING)
            i.alias = parse_text(p, p->token++);
        else
            i.alias = parse_any_name(p, "an alias");
        if (!i.alias)
            return false;
        if (!*i.alias)
            return parse_refuse(p, p->token->at, "an alias can't be empty");
    } else if (parse_bare_name(p) && !(i.alias = parse_name(p, "an alias")))
        return false;
    if (i.alias && i.expr->kind == SQL_X_STAR)
        return parse_refuse(p, i.expr->at, "* can't have an alias");
    if (!parse_few(p, s->n_items + 1, SQL_MAX_ITEMS, "a select list"))
        return false;
    at = parse_grow(p, s->items, s->n_items, sizeof *at);
    if (!at)
        return false;
    s->items = at;
    at[s->n_items++] = i;
    return true;
}

static bool select_list(parser *p, sql_select *s)
{
    if (parse_accept(p, "distinct")) {
        s->distinct = true;
        if (parse_accept(p, "on") &&
            (!parse_expect_symbol(p, "(") || !parse_exprs(p, &s->distinct_on) ||
             !parse_expect_symbol(p, ")")))
            return false;
    } else
        parse_accept(p, "all");
    do {
        if (s->n_items && (parse_word(p, "from") || p->token->kind == TOKEN_END ||
                           parse_symbol(p, ")")))
            break; /* a last comma */
        if (!item(p, s))
            return false;
    } while (parse_accept_symbol(p, ","));
    return !parse_word(p, "into") ||
           parse_refuse(p, p->token->at, "only SELECT: SELECT INTO writes a table");
}

static bool from_list(parser *p, sql_select *s)
{
    do {
        sql_from *f = parse_from_item(p);
        sql_from **at = f ? parse_grow(p, s->from, s->n_from, sizeof *at) : NULL;

        if (!at)
            return false;
        s->from = at;
        at[s->n_from++] = f;
    } while (parse_accept_symbol(p, ","));
    return true;
}

static sql_expr *group_item(parser *p);

static bool group_items(parser *p, sql_exprs *out)
{
    do {
        if (!parse_push(p, out, group_item(p)) ||
            !parse_few(p, out->n, SQL_MAX_ITEMS, "a GROUP BY"))
            return false;
    } while (parse_accept_symbol(p, ","));
    return true;
}

static sql_expr *group_item(parser *p)
{
    const int at = p->token->at;
    sql_expr *x;
    sql_op op = SQL_OP_NONE;
    int words = 1;

    if (parse_word(p, "grouping") && parse_word_at(p, 1, "sets")) {
        op = SQL_OP_GROUPING_SETS;
        words = 2;
    } else if (parse_word(p, "rollup") && parse_symbol_at(p, 1, "("))
        op = SQL_OP_ROLLUP;
    else if (parse_word(p, "cube") && parse_symbol_at(p, 1, "("))
        op = SQL_OP_CUBE;
    else
        return parse_expr(p);
    p->token += words;
    x = parse_node(p, SQL_X_GROUPING, at);
    if (!x || !parse_enter(p))
        return NULL;
    x->op = op;
    if (!parse_expect_symbol(p, "(") || !group_items(p, &x->args) || !parse_expect_symbol(p, ")"))
        return NULL;
    parse_leave(p);
    return parse_done(p, x);
}

static bool windows(parser *p, sql_select *s)
{
    do {
        sql_window w = {0}, *at;

        w.name = parse_name(p, "a window name");
        if (!w.name || !parse_expect(p, "as") || !parse_expect_symbol(p, "(") ||
            !parse_window(p, &w))
            return false;
        at = parse_grow(p, s->windows, s->n_windows, sizeof *at);
        if (!at)
            return false;
        s->windows = at;
        at[s->n_windows++] = w;
    } while (parse_accept_symbol(p, ","));
    return true;
}

static bool group_by(parser *p, sql_select *s)
{
    if (!parse_expect(p, "by"))
        return false;
    if (parse_accept(p, "all")) {
        s->group_all = true;
        return true;
    }
    return group_items(p, &s->group);
}

/* A clause that was read before SELECT can't come once more behind it. */
static bool clauses(parser *p, sql_select *s)
{
    if (!s->where && parse_accept(p, "where") && !(s->where = parse_expr(p)))
        return false;
    if (!s->group.n && !s->group_all && parse_accept(p, "group") && !group_by(p, s))
        return false;
    if (!s->having && parse_accept(p, "having") && !(s->having = parse_expr(p)))
        return false;
    if (!s->n_windows && parse_accept(p, "window") && !windows(p, s))
        return false;
    if (!s->qualify && parse_accept(p, "qualify") && !(s->qualify = parse_expr(p)))
        return false;
    if (parse_word(p, "using") && parse_word_at(p, 1, "sample"))
        return parse_refuse(p, p->token->at, "a sample gives other rows each time; remove "
                            "USING SAMPLE");
    return true;
}

static void measure(sql_query *q)
{
    const sql_select *s = q->select;

    for (int i = 0; i < s->n_items; i++)
        parse_deepen(q, s->items[i].expr);
    for (int i = 0; i < s->n_from; i++)
        q->depth = parse_deeper(q->depth, s->from[i]->depth + 1);
    for (int i = 0; i < s->group.n; i++)
        parse_deepen(q, s->group.at[i]);
    parse_deepen(q, s->where);
    parse_deepen(q, s->having);
    parse_deepen(q, s->qualify);
}

/* SELECT … FROM …, or FROM … [SELECT …], then the clauses both have; or in the
 * order in which they are computed: FROM … WHERE … GROUP BY … SELECT …. */
sql_query *parse_select(parser *p)
{
    sql_query *q = parse_query_node(p, SQL_Q_SELECT, p->token->at);
    sql_select *s = q ? arena_push(p->a, sql_select, 1) : NULL;
    bool ok;

    if (!s)
        return parse_nomem(p), NULL;
    q->select = s;
    if (parse_accept(p, "from")) {
        ok = from_list(p, s) && clauses(p, s);
        if (ok && parse_accept(p, "select"))
            ok = select_list(p, s);
        else if (ok) {
            sql_item *all = arena_push(p->a, sql_item, 1);

            ok = all ? true : parse_nomem(p);
            if (ok) {
                all->expr = parse_star(p, (sql_names){0}, q->at);
                s->items = all;
                s->n_items = 1;
                ok = all->expr != NULL;
            }
        }
    } else
        ok = parse_expect(p, "select") && select_list(p, s) &&
             (!parse_accept(p, "from") || from_list(p, s));
    if (!ok || !clauses(p, s))
        return NULL;
    measure(q);
    return q;
}

sql_query *parse_values(parser *p, int at)
{
    sql_query *q = parse_query_node(p, SQL_Q_VALUES, at);

    if (!q)
        return NULL;
    do {
        sql_expr *row = parse_node(p, SQL_X_ROW, p->token->at);

        if (!row || !parse_expect_symbol(p, "(") || !parse_exprs(p, &row->args) ||
            !parse_expect_symbol(p, ")") || !parse_push(p, &q->rows, parse_done(p, row)))
            return NULL;
        if (row->args.n != q->rows.at[0]->args.n)
            return parse_refuse(p, row->at, "the rows of VALUES have different lengths"), NULL;
        parse_deepen(q, row);
    } while (parse_accept_symbol(p, ","));
    return q;
}
