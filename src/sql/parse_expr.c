/* parse_expr.c - operators, by precedence climbing.
 *
 * From loose to tight: OR; AND; NOT; IS; comparison; BETWEEN, IN, LIKE; other
 * operators; + -; * / // %; ^; COLLATE, AT TIME ZONE; unary. DuckDB's two
 * parsers differ in corners of this order; the printer's parentheses make
 * the tree mean the same in both. */
#include <string.h>

#include "base/str.h"
#include "sql/parse_impl.h"

enum { P_OR = 1, P_AND, P_NOT, P_IS, P_COMPARE, P_IN, P_OTHER, P_ADD, P_MUL, P_POW, P_POSTFIX };

static const struct operator {
    const char *text;
    sql_op op;
    int level;
} operators[] = {
    {"=", SQL_OP_EQ, P_COMPARE}, {"==", SQL_OP_EQ, P_COMPARE}, {"<>", SQL_OP_NE, P_COMPARE},
    {"!=", SQL_OP_NE, P_COMPARE}, {"<", SQL_OP_LT, P_COMPARE}, {"<=", SQL_OP_LE, P_COMPARE},
    {">", SQL_OP_GT, P_COMPARE}, {">=", SQL_OP_GE, P_COMPARE},
    {"||", SQL_OP_CONCAT, P_OTHER}, {"&", SQL_OP_BIT_AND, P_OTHER},
    {"|", SQL_OP_BIT_OR, P_OTHER}, {"<<", SQL_OP_SHIFT_LEFT, P_OTHER},
    {">>", SQL_OP_SHIFT_RIGHT, P_OTHER}, {"->", SQL_OP_JSON, P_OTHER},
    {"->>", SQL_OP_JSON_TEXT, P_OTHER}, {"^@", SQL_OP_STARTS_WITH, P_OTHER},
    {"@>", SQL_OP_CONTAINS, P_OTHER}, {"<@", SQL_OP_CONTAINED, P_OTHER},
    {"&&", SQL_OP_OVERLAPS, P_OTHER}, {"~", SQL_OP_REGEX, P_OTHER},
    {"!~", SQL_OP_NOT_REGEX, P_OTHER}, {"+", SQL_OP_ADD, P_ADD}, {"-", SQL_OP_SUB, P_ADD},
    {"*", SQL_OP_MUL, P_MUL}, {"/", SQL_OP_DIV, P_MUL}, {"//", SQL_OP_INT_DIV, P_MUL},
    {"%", SQL_OP_MOD, P_MUL}, {"^", SQL_OP_POW, P_POW}, {"**", SQL_OP_POW, P_POW},
};

static sql_expr *climb(parser *p, int lowest);

static const struct operator *symbol_operator(const parser *p)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (parse_symbol(p, operators[i].text))
            return &operators[i];
    return NULL;
}

static sql_expr *binary(parser *p, sql_op op, sql_expr *left, sql_expr *right, int at)
{
    sql_expr *x = left && right ? parse_node(p, SQL_X_BINARY, at) : NULL;

    if (!x)
        return NULL;
    x->op = op;
    return parse_push(p, &x->args, left) && parse_push(p, &x->args, right) ? parse_done(p, x)
                                                                           : NULL;
}

/* NOT over a test that has a negated form becomes that form. */
sql_expr *parse_not(parser *p, sql_expr *inner, int at)
{
    sql_expr *x;

    if (!inner)
        return NULL;
    if (inner->kind == SQL_X_LIKE || inner->kind == SQL_X_BETWEEN || inner->kind == SQL_X_IN ||
        inner->kind == SQL_X_IS) {
        inner->negated = !inner->negated;
        return inner;
    }
    x = parse_node(p, SQL_X_UNARY, at);
    if (!x)
        return NULL;
    x->op = SQL_OP_NOT;
    return parse_push(p, &x->args, inner) ? parse_done(p, x) : NULL;
}

static sql_expr *is_test(parser *p, sql_expr *left)
{
    const int at = p->token++->at;
    const bool negated = parse_accept(p, "not");
    sql_expr *x;

    if (parse_accept(p, "distinct")) {
        if (!parse_expect(p, "from"))
            return NULL;
        return binary(p, negated ? SQL_OP_NOT_DISTINCT_FROM : SQL_OP_DISTINCT_FROM, left,
                      climb(p, P_COMPARE), at);
    }
    x = parse_node(p, SQL_X_IS, at);
    if (!x)
        return NULL;
    x->negated = negated;
    if (parse_accept(p, "null") || parse_accept(p, "unknown"))
        x->op = SQL_OP_IS_NULL;
    else if (parse_accept(p, "true"))
        x->op = SQL_OP_IS_TRUE;
    else if (parse_accept(p, "false"))
        x->op = SQL_OP_IS_FALSE;
    else if (p->sqlite) /* any two values */
        return binary(p, negated ? SQL_OP_DISTINCT_FROM : SQL_OP_NOT_DISTINCT_FROM, left,
                      climb(p, P_COMPARE), at);
    else
        return parse_fail(p, "NULL, TRUE, FALSE or DISTINCT FROM"), NULL;
    return parse_push(p, &x->args, left) ? parse_done(p, x) : NULL;
}

static sql_expr *null_test(parser *p, sql_expr *left, bool negated)
{
    sql_expr *x = parse_node(p, SQL_X_IS, p->token++->at);

    if (!x)
        return NULL;
    x->op = SQL_OP_IS_NULL;
    x->negated = negated;
    return parse_push(p, &x->args, left) ? parse_done(p, x) : NULL;
}

static sql_expr *in_list(parser *p, sql_expr *x)
{
    if (!parse_symbol(p, "(")) { /* IN column: a list */
        sql_expr *list = climb(p, P_POSTFIX + 1);

        if (list && list->kind == SQL_X_QUERY) /* IN +(SELECT …) would print as IN (SELECT …) */
            return parse_refuse(p, list->at, "a query after IN stands in parentheses alone"), NULL;
        x->has_operand = true;
        return parse_push(p, &x->args, list) ? parse_done(p, x) : NULL;
    }
    if (parse_starts_query(p, 1)) {
        p->token++;
        x->query = parse_query(p);
        return x->query && parse_expect_symbol(p, ")") ? parse_done(p, x) : NULL;
    }
    p->token++;
    do {
        if (parse_symbol(p, ")") && x->args.n > 1) /* a last comma */
            break;
        if (!parse_push(p, &x->args, parse_expr(p)))
            return NULL;
    } while (parse_accept_symbol(p, ","));
    if (x->args.n == 2 && x->args.at[1]->kind == SQL_X_QUERY) { /* +(SELECT …): one value, where IN (SELECT …) is many */
        x->kind = SQL_X_BINARY;
        x->op = x->negated ? SQL_OP_NE : SQL_OP_EQ;
        x->negated = false;
    }
    return parse_expect_symbol(p, ")") ? parse_done(p, x) : NULL;
}

static sql_expr *between(parser *p, sql_expr *x)
{
    if (parse_word(p, "symmetric"))
        return parse_refuse(p, p->token->at, "BETWEEN SYMMETRIC is not read; order the two "
                            "values"), NULL;
    return parse_push(p, &x->args, climb(p, P_OTHER)) && parse_expect(p, "and") &&
                   parse_push(p, &x->args, climb(p, P_OTHER))
               ? parse_done(p, x) : NULL;
}

/* At [NOT] BETWEEN, IN, LIKE, ILIKE, GLOB, SIMILAR TO. */
static sql_expr *range_test(parser *p, sql_expr *left)
{
    const int at = p->token->at;
    const bool negated = parse_accept(p, "not");
    sql_expr *x = parse_node(p, SQL_X_LIKE, at);

    if (!x || !parse_push(p, &x->args, left))
        return NULL;
    x->negated = negated;
    if (parse_accept(p, "between"))
        return x->kind = SQL_X_BETWEEN, between(p, x);
    if (parse_accept(p, "in"))
        return x->kind = SQL_X_IN, in_list(p, x);
    if (parse_accept(p, "like"))
        x->op = SQL_OP_LIKE;
    else if (parse_accept(p, "ilike"))
        x->op = SQL_OP_ILIKE;
    else if (parse_accept(p, "glob"))
        x->op = SQL_OP_GLOB;
    else if (parse_accept(p, "similar") && parse_expect(p, "to"))
        x->op = SQL_OP_SIMILAR;
    else
        return parse_fail(p, "LIKE, IN or BETWEEN"), NULL;
    if (!parse_push(p, &x->args, climb(p, P_OTHER)))
        return NULL;
    if ((x->op == SQL_OP_LIKE || x->op == SQL_OP_ILIKE) && parse_accept(p, "escape") &&
        !parse_push(p, &x->args, climb(p, P_OTHER)))
        return NULL;
    return parse_done(p, x);
}

static bool starts_range_test(const parser *p)
{
    const int not = parse_word(p, "not");

    return parse_word_at(p, not, "between") || parse_word_at(p, not, "in") ||
           parse_word_at(p, not, "like") || parse_word_at(p, not, "ilike") ||
           parse_word_at(p, not, "glob") ||
           (parse_word_at(p, not, "similar") && parse_word_at(p, not + 1, "to"));
}

/* = ANY (SELECT …), > ALL (…) */
static sql_expr *quantified(parser *p, sql_op op, sql_expr *left, int at)
{
    sql_expr *x = parse_node(p, SQL_X_QUANTIFIED, at);

    if (!x || !parse_push(p, &x->args, left))
        return NULL;
    x->op = op;
    x->negated = parse_word(p, "all");
    p->token += 2;
    if (parse_starts_query(p, 0)) {
        x->query = parse_query(p);
        if (!x->query)
            return NULL;
    } else if (!parse_push(p, &x->args, parse_expr(p)))
        return NULL;
    return parse_expect_symbol(p, ")") ? parse_done(p, x) : NULL;
}

/* Printed bare, so only from a fixed list. */
static const char *collation(parser *p)
{
    static const char *const known[] = {"nocase", "noaccent", "nfc", "binary", "c", "posix"};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (parse_accept(p, known[i])) {
            if (!parse_accept_symbol(p, "."))
                return known[i];
            if (!strcmp(known[i], "nocase") && parse_accept(p, "noaccent"))
                return "nocase.noaccent";
            if (!strcmp(known[i], "noaccent") && parse_accept(p, "nocase"))
                return "nocase.noaccent";
        }
    parse_fail(p, "one of the collations nocase, noaccent, nocase.noaccent");
    return NULL;
}

static sql_expr *collate_or_zone(parser *p, sql_expr *left)
{
    const int at = p->token->at;
    sql_expr *x = parse_node(p, SQL_X_COLLATE, at);

    if (!x || !parse_push(p, &x->args, left))
        return NULL;
    if (parse_accept(p, "collate")) {
        x->text = collation(p);
        return x->text ? parse_done(p, x) : NULL;
    }
    p->token += 3;
    x->kind = SQL_X_AT_ZONE;
    return parse_push(p, &x->args, climb(p, P_POSTFIX + 1)) ? parse_done(p, x) : NULL;
}

/* Left operand read: one operator of at least `lowest`, or `left` unchanged. */
static sql_expr *step(parser *p, sql_expr *left, int lowest)
{
    const struct operator *o = symbol_operator(p);
    const int at = p->token->at;

    if (o && o->level >= lowest) {
        p->token++;
        if (o->level == P_COMPARE && parse_symbol_at(p, 1, "(") &&
            (parse_word(p, "any") || parse_word(p, "all") || parse_word(p, "some")))
            return quantified(p, o->op, left, at);
        return binary(p, o->op, left, climb(p, o->level + 1), at);
    }
    if (lowest <= P_OR && parse_accept(p, "or"))
        return binary(p, SQL_OP_OR, left, climb(p, P_AND), at);
    if (lowest <= P_AND && parse_accept(p, "and"))
        return binary(p, SQL_OP_AND, left, climb(p, P_NOT), at);
    if (lowest <= P_IS && parse_word(p, "is"))
        return is_test(p, left);
    if (lowest <= P_IS && (parse_word(p, "isnull") || parse_word(p, "notnull")))
        return null_test(p, left, parse_word(p, "notnull"));
    if (lowest <= P_IS && parse_word(p, "not") && parse_word_at(p, 1, "null")) {
        p->token++;
        return null_test(p, left, true);
    }
    if (lowest <= P_IN && starts_range_test(p))
        return range_test(p, left);
    if (lowest <= P_POSTFIX &&
        (parse_word(p, "collate") || (parse_word(p, "at") && parse_word_at(p, 1, "time") &&
                                      parse_word_at(p, 2, "zone"))))
        return collate_or_zone(p, left);
    return left;
}

/* x::type, x[1], x[1:2], x.field */
static sql_expr *index_of(parser *p, sql_expr *x)
{
    const int at = p->token++->at;
    sql_expr *i = parse_node(p, SQL_X_INDEX, at), *from = NULL, *to = NULL;

    if (!i)
        return NULL;
    if (!parse_symbol(p, ":") && !(from = parse_expr(p)))
        return NULL;
    if (parse_accept_symbol(p, ":")) {
        i->kind = SQL_X_SLICE;
        to = parse_symbol(p, "]") ? parse_node(p, SQL_X_NULL, at) : parse_expr(p);
        if (!from)
            from = parse_node(p, SQL_X_NULL, at);
        if (!to)
            return NULL;
    }
    if (!parse_expect_symbol(p, "]") || !parse_push(p, &i->args, x) ||
        !parse_push(p, &i->args, from) || (to && !parse_push(p, &i->args, to)))
        return NULL;
    return parse_done(p, i);
}

static sql_expr *field_of(parser *p, sql_expr *x)
{
    const int at = p->token++->at;
    sql_expr *f = parse_node(p, SQL_X_FIELD, at);

    if (!f || !(f->text = parse_any_name(p, "a field name")))
        return NULL;
    if (parse_symbol(p, "("))
        return parse_refuse(p, at, "x.function() is not read; write function(x)"), NULL;
    return parse_push(p, &f->args, x) ? parse_done(p, f) : NULL;
}

static sql_expr *postfix(parser *p)
{
    sql_expr *x = parse_primary(p);

    while (x) {
        const int at = p->token->at;

        if (parse_accept_symbol(p, "::")) {
            const char *type = parse_type(p);

            x = type ? parse_cast(p, x, type, false, at) : NULL;
        } else if (parse_symbol(p, "["))
            x = index_of(p, x);
        else if (parse_symbol(p, "."))
            x = field_of(p, x);
        else
            return x;
    }
    return NULL;
}

static sql_expr *unary(parser *p)
{
    const int at = p->token->at;
    sql_expr *x, *inner;
    sql_op op;

    if (parse_symbol(p, "-"))
        op = SQL_OP_MINUS;
    else if (parse_symbol(p, "~"))
        op = SQL_OP_BIT_NOT;
    else if (!parse_symbol(p, "+"))
        return postfix(p);
    else
        op = SQL_OP_NONE; /* +x is x */
    p->token++;
    if (!parse_enter(p))
        return NULL;
    inner = unary(p);
    parse_leave(p);
    if (!inner || op == SQL_OP_NONE)
        return inner;
    x = parse_node(p, SQL_X_UNARY, at);
    if (!x)
        return NULL;
    x->op = op;
    return parse_push(p, &x->args, inner) ? parse_done(p, x) : NULL;
}

static sql_expr *climb(parser *p, int lowest)
{
    sql_expr *left, *more;
    const int at = p->token->at;

    if (!parse_enter(p))
        return NULL;
    if (parse_accept(p, "not"))
        left = parse_not(p, climb(p, P_NOT), at);
    else
        left = unary(p);
    while (left && (more = step(p, left, lowest)) != left)
        left = more;
    parse_leave(p);
    return left;
}

sql_expr *parse_expr(parser *p) { return climb(p, P_OR); }

bool parse_exprs(parser *p, sql_exprs *out)
{
    do {
        if (!parse_push(p, out, parse_expr(p)))
            return false;
    } while (parse_accept_symbol(p, ","));
    return true;
}
