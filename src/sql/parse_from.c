/* parse_from.c - tables, subqueries, table functions and joins. */
#include <string.h>

#include "base/str.h"
#include "sql/functions.h"
#include "sql/parse_impl.h"

static sql_from *node(parser *p, sql_from_kind kind, int at)
{
    sql_from *f;

    if (++p->n_nodes > SQL_MAX_NODES) {
        refuse_at(p->e, ERR_LIMIT, p->text, at, "the statement has more than %d parts",
                  SQL_MAX_NODES);
        return NULL;
    }
    f = arena_push(p->a, sql_from, 1);
    if (!f)
        return parse_nomem(p), NULL;
    *f = (sql_from){.kind = kind, .at = at, .depth = 1, .table = -1};
    return f;
}

static bool alias(parser *p, sql_from *f)
{
    if (parse_accept(p, "as")) {
        if (!(f->alias = parse_name(p, "an alias")))
            return false;
    } else if (parse_bare_name(p) && !(f->alias = parse_name(p, "an alias")))
        return false;
    return !f->alias || !parse_symbol(p, "(") || parse_names(p, &f->columns);
}

static sql_from *table(parser *p)
{
    sql_from *f = node(p, SQL_F_TABLE, p->token->at);

    if (!f)
        return NULL;
    if (!parse_push_name(p, &f->parts, parse_name(p, "a table")))
        return NULL;
    while (parse_accept_symbol(p, "."))
        if (f->parts.n >= 3 || !parse_push_name(p, &f->parts, parse_any_name(p, "a table")))
            return parse_fail(p, "a table"), NULL;
    return f;
}

static sql_from *subquery(parser *p, int at)
{
    sql_from *f = node(p, SQL_F_QUERY, at);

    if (!f || !(f->query = parse_query(p)) || !parse_expect_symbol(p, ")"))
        return NULL;
    f->depth = f->query->depth + 1;
    return f;
}

static sql_from *function(parser *p)
{
    sql_from *f = node(p, SQL_F_FUNCTION, p->token->at);

    if (!f || !(f->call = parse_call(p)))
        return NULL;
    if (f->call->kind != SQL_X_CALL)
        return parse_refuse(p, f->at, "this is no table function"), NULL;
    f->depth = f->call->depth + 1;
    if (parse_word(p, "with") && parse_word_at(p, 1, "ordinality"))
        return parse_refuse(p, p->token->at, "WITH ORDINALITY is not read; use row_number()"),
               NULL;
    return f;
}

static bool unread_clause(parser *p)
{
    static const char *const words[][2] = {
        {"tablesample", "a sample gives other rows each time; remove TABLESAMPLE"},
        {"pivot", "PIVOT is not read; use sum(…) FILTER (WHERE …)"},
        {"unpivot", "UNPIVOT is not read; use UNION ALL"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_word(p, words[i][0]))
            return parse_refuse(p, p->token->at, words[i][1]);
    return true;
}

static sql_from *source(parser *p)
{
    const int at = p->token->at;
    const bool lateral = parse_accept(p, "lateral");
    sql_from *f;

    if (p->token->kind == TOKEN_STRING)
        return parse_refuse(p, at, "a file can't be read here; only tables of the database"), NULL;
    if (parse_symbol(p, "(")) {
        p->token++;
        if (parse_starts_query(p, 0))
            f = subquery(p, at);
        else {
            f = parse_from_item(p);
            if (!f || !parse_expect_symbol(p, ")"))
                return NULL;
            if (f->alias || f->kind == SQL_F_JOIN)
                return f; /* (a JOIN b) has no alias of its own */
        }
    } else if (parse_word(p, "values")) {
        f = node(p, SQL_F_QUERY, at);
        p->token++;
        if (!f || !(f->query = parse_values(p, at)))
            return NULL;
        f->depth = f->query->depth + 1;
    } else if ((p->token->kind == TOKEN_WORD || p->token->kind == TOKEN_NAME) &&
               parse_symbol_at(p, 1, "("))
        f = function(p);
    else
        f = table(p);
    if (!f)
        return NULL;
    f->lateral = lateral;
    return alias(p, f) && unread_clause(p) ? f : NULL;
}

/* [NATURAL] [ASOF] [INNER | LEFT …] JOIN: false if there is none. */
static bool join_words(parser *p, sql_from *j)
{
    const token *start = p->token;
    static const struct { const char *word; sql_join join; bool outer; } kinds[] = {
        {"inner", SQL_JOIN_INNER, false}, {"left", SQL_JOIN_LEFT, true},
        {"right", SQL_JOIN_RIGHT, true}, {"full", SQL_JOIN_FULL, true},
        {"cross", SQL_JOIN_CROSS, false}, {"semi", SQL_JOIN_SEMI, false},
        {"anti", SQL_JOIN_ANTI, false}};

    j->join = SQL_JOIN_INNER;
    j->natural = parse_accept(p, "natural");
    j->asof = parse_accept(p, "asof");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (parse_accept(p, kinds[i].word)) {
            j->join = kinds[i].join;
            if (kinds[i].outer)
                parse_accept(p, "outer");
            break;
        }
    if (parse_word(p, "positional"))
        return parse_refuse(p, p->token->at, "POSITIONAL JOIN is not read: rows of a table have "
                            "no order");
    if (parse_accept(p, "join"))
        return true;
    if (p->token != start)
        parse_fail(p, "JOIN");
    p->token = start;
    return false;
}

static bool starts_join(const parser *p)
{
    static const char *const words[] = {"join", "inner", "left", "right", "full", "cross",
                                        "natural", "asof", "semi", "anti", "positional"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_word(p, words[i]))
            return true;
    return false;
}

static sql_from *joins(parser *p, sql_from *left);

static bool condition(parser *p, sql_from *j)
{
    if (p->sqlite && !j->natural) { /* ON may be left out, and may follow CROSS JOIN */
        if (!parse_word(p, "on") && !parse_word(p, "using"))
            return j->join = SQL_JOIN_CROSS, true;
        if (j->join == SQL_JOIN_CROSS)
            j->join = SQL_JOIN_INNER;
    }
    if (j->join == SQL_JOIN_CROSS || j->natural)
        return true;
    if (starts_join(p) && !(j->right = joins(p, j->right))) /* a JOIN b JOIN c ON … ON … */
        return false;
    if (parse_accept(p, "using"))
        return parse_names(p, &j->using);
    if (!parse_accept(p, "on"))
        return parse_fail(p, "ON or USING after JOIN");
    return (j->on = parse_expr(p)) != NULL;
}

static sql_from *join_step(parser *p, sql_from *left)
{
    sql_from *j = node(p, SQL_F_JOIN, p->token->at);

    if (!j || !join_words(p, j) || !(j->right = source(p)) || !condition(p, j))
        return NULL;
    j->left = left;
    j->depth = 1 + parse_deeper(left->depth, parse_deeper(j->right->depth, j->on ? j->on->depth : 0));
    if (j->depth <= SQL_MAX_DEPTH)
        return j;
    refuse_at(p->e, ERR_LIMIT, p->text, j->at, "more than %d joins", SQL_MAX_DEPTH);
    return NULL;
}

static sql_from *joins(parser *p, sql_from *left)
{
    if (!parse_enter(p))
        return NULL;
    while (left && starts_join(p))
        left = join_step(p, left);
    parse_leave(p);
    return left;
}

sql_from *parse_from_item(parser *p)
{
    sql_from *f;

    if (!parse_enter(p))
        return NULL;
    f = joins(p, source(p));
    parse_leave(p);
    return f;
}
