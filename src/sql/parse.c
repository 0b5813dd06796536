/* parse.c - a statement: WITH, set operations, ORDER, LIMIT. */
#include <string.h>

#include "base/str.h"
#include "sql/parse_impl.h"

/* What may follow a query in parentheses if the whole is a query too. */
static bool ends_operand(const parser *p, int ahead)
{
    static const char *const words[] = {"union", "intersect", "except", "order", "limit",
                                        "offset", "fetch"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_word_at(p, ahead, words[i]))
            return true;
    return parse_symbol_at(p, ahead, ")") || parse_symbol_at(p, ahead, ";") ||
           p->last - p->token <= ahead;
}

bool parse_starts_query(const parser *p, int ahead)
{
    int open = 0;

    /* In front of ((SELECT 1) + 2) only what follows the match of the second
     * parenthesis tells that an expression begins and not a query. */
    for (; parse_symbol_at(p, ahead, "("); ahead++) {
        const int match = p->token[ahead].match;

        if (++open > SQL_MAX_NESTING)
            return true; /* whichever it is, it is refused for its depth */
        if (match && !ends_operand(p, ahead + match + 1))
            return false;
    }
    return parse_word_at(p, ahead, "select") || parse_word_at(p, ahead, "with") ||
           (parse_word_at(p, ahead, "from") && !parse_symbol_at(p, ahead + 1, ",")) ||
           (parse_word_at(p, ahead, "values") && parse_symbol_at(p, ahead + 1, "("));
}

/* Words that begin another kind of statement. */
static bool refuse_other(parser *p)
{
    static const char *const words[] = {
        "insert", "update", "delete", "merge", "truncate", "create", "drop", "alter", "copy",
        "export", "import", "attach", "detach", "install", "load", "set", "reset", "pragma",
        "call", "explain", "vacuum", "checkpoint", "force", "begin", "commit", "rollback",
        "start", "abort", "prepare", "execute", "deallocate", "use", "grant", "revoke",
        "analyze", "describe", "desc", "show", "summarize", "pivot", "unpivot", "comment",
        "replace", "exec", "declare", "do", "table", "refresh", "upsert", "lock", "savepoint"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_word(p, words[i]) && p->e->code == ERR_OK)
            return refuse_at(p->e, ERR_REFUSED, p->text, p->token->at,
                             "only SELECT: this is %.*s", p->token->n, p->token->text);
    return parse_fail(p, "SELECT");
}

static sql_query *checked(parser *p, sql_query *q)
{
    if (q->depth <= SQL_MAX_DEPTH)
        return q;
    if (p->e->code == ERR_OK)
        refuse_at(p->e, ERR_LIMIT, p->text, q->at, "the statement is nested more than %d deep",
                  SQL_MAX_DEPTH);
    return NULL;
}

static sql_query *operand(parser *p)
{
    sql_query *q;

    if (parse_accept_symbol(p, "(")) {
        q = parse_query(p);
        return q && parse_expect_symbol(p, ")") ? q : NULL;
    }
    if (parse_word(p, "values")) {
        const int at = p->token++->at;

        return parse_values(p, at);
    }
    if (parse_word(p, "select") || parse_word(p, "from"))
        return parse_select(p);
    return refuse_other(p), NULL;
}

/* UNION and EXCEPT bind alike, INTERSECT tighter. */
static sql_query *set_operations(parser *p, bool tight)
{
    sql_query *left = tight ? operand(p) : set_operations(p, true);

    while (left) {
        sql_query *q;
        const int at = p->token->at;
        const sql_set set = parse_word(p, "union") ? SQL_UNION
                            : parse_word(p, "except") ? SQL_EXCEPT : SQL_INTERSECT;

        if (tight ? !parse_word(p, "intersect")
                  : !parse_word(p, "union") && !parse_word(p, "except"))
            return left;
        p->token++;
        q = parse_query_node(p, SQL_Q_SET, at);
        if (!q)
            return NULL;
        q->set = set;
        q->left = left;
        q->all = parse_accept(p, "all");
        if (!q->all)
            parse_accept(p, "distinct");
        if (parse_word(p, "by") && parse_word_at(p, 1, "name")) {
            p->token += 2;
            q->by_name = true;
        }
        q->right = tight ? operand(p) : set_operations(p, true);
        if (!q->right)
            return NULL;
        q->depth = 1 + parse_deeper(left->depth, q->right->depth);
        left = checked(p, q);
    }
    return NULL;
}

static bool cte(parser *p, sql_query *q, sql_cte *c)
{
    c->at = p->token->at;
    if (!(c->name = parse_name(p, "a name after WITH")))
        return false;
    if (parse_symbol(p, "(") && !parse_names(p, &c->columns))
        return false;
    if (parse_word(p, "using") && parse_word_at(p, 1, "key"))
        return parse_refuse(p, p->token->at, "USING KEY is not read");
    if (!parse_expect(p, "as"))
        return false;
    if (parse_word(p, "not") && parse_word_at(p, 1, "materialized"))
        p->token += 2;
    else
        parse_accept(p, "materialized");
    if (!parse_expect_symbol(p, "(") || !(c->query = parse_query(p)) ||
        !parse_expect_symbol(p, ")"))
        return false;
    q->depth = parse_deeper(q->depth, c->query->depth + 1);
    return true;
}

static bool with(parser *p, sql_query *q)
{
    q->recursive = parse_accept(p, "recursive");
    do {
        sql_cte c = {0}, *at;

        if (!cte(p, q, &c) || !(at = parse_grow(p, q->ctes, q->n_ctes, sizeof *at)))
            return false;
        q->ctes = at;
        at[q->n_ctes++] = c;
        if (!parse_few(p, q->n_ctes, SQL_MAX_CTES, "a WITH"))
            return false;
    } while (parse_accept_symbol(p, ","));
    return true;
}

static bool limit(parser *p, sql_query *q)
{
    for (;;) {
        if (!q->limit && parse_accept(p, "limit")) {
            if (parse_accept(p, "all"))
                continue;
            q->limit = parse_symbol_at(p, 1, "%") ? parse_primary(p) : parse_expr(p);
            if (!q->limit)
                return false;
            if (parse_accept_symbol(p, "%") || parse_accept(p, "percent"))
                q->limit_percent = true;
            if (p->sqlite && parse_accept_symbol(p, ",")) { /* LIMIT offset, limit */
                q->offset = q->limit;
                if (!(q->limit = parse_expr(p)))
                    return false;
            }
            if (parse_symbol(p, ","))
                return parse_refuse(p, p->token->at, "write LIMIT n OFFSET m");
        } else if (!q->offset && parse_accept(p, "offset")) {
            if (!(q->offset = parse_expr(p)))
                return false;
            if (!parse_accept(p, "rows"))
                parse_accept(p, "row");
        } else if (!q->limit && parse_accept(p, "fetch")) {
            if (!parse_accept(p, "first") && !parse_expect(p, "next"))
                return false;
            if (!(q->limit = parse_expr(p)))
                return false;
            if (!parse_accept(p, "rows") && !parse_expect(p, "row"))
                return false;
            if (!parse_expect(p, "only"))
                return false;
        } else
            return true;
    }
}

static bool has_ending(const sql_query *q) { return q->order.n || q->limit || q->offset; }

/* ORDER BY and LIMIT after the body; a body in parentheses may have its own,
 * but then what the outer ones mean differs between databases. */
static bool ending(parser *p, sql_query *q)
{
    if ((parse_word(p, "order") || parse_word(p, "limit") || parse_word(p, "offset") ||
         parse_word(p, "fetch")) && has_ending(q))
        return parse_refuse(p, p->token->at, "ORDER BY or LIMIT of a query in parentheses that "
                            "has its own; write SELECT * FROM (…) AS x ORDER BY …");
    if (parse_accept(p, "order") && (!parse_expect(p, "by") || !parse_order(p, &q->order)))
        return false;
    for (int i = 0; i < q->order.n; i++)
        parse_deepen(q, q->order.at[i].expr);
    if (!limit(p, q))
        return false;
    parse_deepen(q, q->limit);
    parse_deepen(q, q->offset);
    return !parse_word(p, "for") ||
           parse_refuse(p, p->token->at, "only SELECT: FOR UPDATE locks rows");
}

sql_query *parse_query(parser *p)
{
    sql_query *q, with_part = {.depth = 1};

    if (!parse_enter(p) || (parse_accept(p, "with") && !with(p, &with_part)))
        return NULL;
    q = set_operations(p, false);
    if (q && with_part.n_ctes) {
        if (q->n_ctes)
            return parse_refuse(p, q->at, "WITH before a query in parentheses that has its own; "
                                "put all of them in front"), NULL;
        q->ctes = with_part.ctes;
        q->n_ctes = with_part.n_ctes;
        q->recursive = with_part.recursive;
        q->depth = parse_deeper(q->depth, with_part.depth);
    }
    if (!q || !ending(p, q))
        return NULL;
    parse_leave(p);
    return checked(p, q);
}

static sql_stmt *parse_spelling(arena *a, const char *text, bool sqlite, err *e)
{
    parser p = {.a = a, .text = text, .sqlite = sqlite, .e = e};
    sql_stmt *s = arena_push(a, sql_stmt, 1);
    tokens t;
    err first = {0};

    p.e = &first; /* the parser asks whether there was a failure: begin clean */
    if (!s)
        parse_nomem(&p);
    else if (sqlite ? lex_sqlite(a, text, &t, &first) : lex(a, text, &t, &first)) {
        p.token = t.at;
        p.last = t.at + t.n;
        s->text = arena_str(a, text);
        if (!s->text)
            parse_nomem(&p);
        else if (!t.n)
            err_set(&first, ERR_REFUSED, "there is no statement");
        else if (!parse_starts_query(&p, 0))
            refuse_other(&p);
        else
            s->query = parse_query(&p);
    }
    if (s && s->query) {
        while (parse_accept_symbol(&p, ";")) {}
        if (p.token->kind == TOKEN_END)
            return s;
        if (p.token[-1].kind == TOKEN_SYMBOL && p.token[-1].text[0] == ';')
            parse_refuse(&p, p.token->at, "one statement at a time");
        else
            parse_fail(&p, "the end of the statement");
    }
    *e = first;
    return NULL;
}

sql_stmt *sql_parse(arena *a, const char *text, err *e)
{
    return parse_spelling(a, text, false, e);
}

sql_stmt *parse_sqlite(arena *a, const char *text, err *e)
{
    return parse_spelling(a, text, true, e);
}
