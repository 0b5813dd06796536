/* parse_primary.c - literals, names, CASE, CAST, lists, parentheses. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sql/keywords.h"
#include "sql/parse_impl.h"

static sql_expr *leaf(parser *p, sql_kind kind, const char *text)
{
    sql_expr *x = text ? parse_node(p, kind, p->token->at) : NULL;

    if (x) {
        x->text = text;
        p->token++;
    }
    return x;
}

/* 1_000 is 1000, .5 is 0.5, 1. is 1.0, 1E5 is 1e5 */
static sql_expr *number(parser *p)
{
    const token *t = p->token;
    char text[96];
    const char *kept;
    size_t n = 0;

    if (t->text[0] == '.')
        text[n++] = '0';
    for (int i = 0; i < t->n; i++) {
        const char c = t->text[i];

        if (c == '_')
            continue;
        text[n++] = c == 'E' || c == 'X' ? (char)(c + 32) : c;
        if (c == '.' && (i + 1 == t->n || (t->text[i + 1] | 32) == 'e'))
            text[n++] = '0';
    }
    kept = arena_strn(p->a, text, n);
    return kept ? leaf(p, SQL_X_NUMBER, kept) : (parse_nomem(p), NULL);
}

sql_expr *parse_cast(parser *p, sql_expr *inner, const char *type, bool try_cast, int at)
{
    sql_expr *x;

    if (!inner)
        return NULL;
    if (!try_cast && inner->kind == SQL_X_STRING &&
        (!strcmp(type, "DATE") || !strcmp(type, "TIMESTAMP") || !strcmp(type, "TIME"))) {
        inner->kind = SQL_X_TYPED;
        inner->type_text = type;
        return inner;
    }
    x = parse_node(p, SQL_X_CAST, at);
    if (!x)
        return NULL;
    x->negated = try_cast;
    x->type_text = type;
    return parse_push(p, &x->args, inner) ? parse_done(p, x) : NULL;
}

static sql_expr *cast(parser *p)
{
    const int at = p->token->at;
    const bool try_cast = parse_word(p, "try_cast");
    const char *type;
    sql_expr *x;

    p->token++;
    if (!parse_expect_symbol(p, "(") || !(x = parse_expr(p)) || !parse_expect(p, "as") ||
        !(type = parse_type(p)) || !parse_expect_symbol(p, ")"))
        return NULL;
    return parse_cast(p, x, type, try_cast, at);
}

static sql_expr *case_when(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_CASE, p->token++->at);

    if (!x)
        return NULL;
    if (!parse_word(p, "when")) {
        x->has_operand = true;
        if (!parse_push(p, &x->args, parse_expr(p)))
            return NULL;
    }
    if (!parse_word(p, "when"))
        return parse_fail(p, "WHEN"), NULL;
    while (parse_accept(p, "when"))
        if (!parse_push(p, &x->args, parse_expr(p)) || !parse_expect(p, "then") ||
            !parse_push(p, &x->args, parse_expr(p)))
            return NULL;
    if (parse_accept(p, "else") && !parse_push(p, &x->args, parse_expr(p)))
        return NULL;
    return parse_expect(p, "end") ? parse_done(p, x) : NULL;
}

/* "month", "MONTHS" -> "MONTH"; NULL if it is no unit. */
static const char *unit_of(const char *word, size_t n)
{
    static const char *const units[] = {
        "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND",
        "MICROSECOND", "DECADE", "CENTURY", "MILLENNIUM"};

    if (n == 9 && !strncasecmp(word, "centuries", 9))
        return "CENTURY";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const size_t length = strlen(units[i]);

        if (!strncasecmp(word, units[i], length) &&
            (n == length || (n == length + 1 && (word[length] | 32) == 's')))
            return units[i];
    }
    return NULL;
}

/* '3' and '3 months' become the number 3; a sign stays outside. */
static void plain_amount(sql_expr *x)
{
    sql_expr *amount = x->args.at[0];
    const size_t digits = strspn(amount->text ? amount->text : "", "0123456789");
    const char *rest = amount->text ? amount->text + digits : "";

    if (amount->kind != SQL_X_STRING || !digits || digits > 6)
        return;
    while (*rest == ' ')
        rest++;
    if (!*rest == !x->text)
        return;
    if (*rest && !(x->text = unit_of(rest, strlen(rest))))
        return;
    ((char *)(uintptr_t)amount->text)[digits] = 0; /* our own copy, in the arena */
    amount->kind = SQL_X_NUMBER;
}

static sql_expr *interval(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_INTERVAL, p->token++->at), *amount;
    const bool negative = parse_accept_symbol(p, "-");

    if (!x)
        return NULL;
    if (parse_accept_symbol(p, "(")) {
        amount = parse_expr(p);
        if (!amount || !parse_expect_symbol(p, ")"))
            return NULL;
    } else
        amount = p->token->kind == TOKEN_NUMBER ? number(p)
                 : leaf(p, SQL_X_STRING, parse_text(p, p->token));
    if (amount && negative) {
        sql_expr *minus = parse_node(p, SQL_X_UNARY, amount->at);

        if (!minus)
            return NULL;
        minus->op = SQL_OP_MINUS;
        amount = parse_push(p, &minus->args, amount) ? parse_done(p, minus) : NULL;
    }
    if (!parse_push(p, &x->args, amount))
        return NULL;
    if (p->token->kind == TOKEN_WORD)
        x->text = unit_of(p->token->text, (size_t)p->token->n);
    if (x->text)
        p->token++;
    plain_amount(x);
    if (!x->text && amount->kind != SQL_X_STRING)
        return parse_fail(p, "a unit (YEAR, MONTH, DAY …)"), NULL;
    return parse_done(p, x);
}

/* A part of a date; printed bare, so only from a fixed list. */
static const char *date_part(parser *p)
{
    const token *t = p->token;
    const char *text = t->kind == TOKEN_STRING || t->kind == TOKEN_NAME || t->kind == TOKEN_WORD
                           ? parse_text(p, t) : NULL;
    const char *part = text ? date_part_find(text) : NULL;

    if (part)
        p->token++;
    else
        parse_fail(p, "a part of a date (year, month, day …)");
    return part;
}

static sql_expr *extract(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_EXTRACT, p->token++->at);

    p->token++; /* ( */
    if (!x)
        return NULL;
    x->text = date_part(p);
    if (!x->text || !parse_expect(p, "from") || !parse_push(p, &x->args, parse_expr(p)) ||
        !parse_expect_symbol(p, ")"))
        return NULL;
    return parse_done(p, x);
}

static sql_expr *exists(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_EXISTS, p->token++->at);

    p->token++; /* ( */
    if (!x || !(x->query = parse_query(p)) || !parse_expect_symbol(p, ")"))
        return NULL;
    return parse_done(p, x);
}

static sql_expr *list(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_LIST, p->token++->at);

    if (!x)
        return NULL;
    if (!parse_symbol(p, "]") && !parse_exprs(p, &x->args))
        return NULL;
    return parse_expect_symbol(p, "]") ? parse_done(p, x) : NULL;
}

static sql_expr *structure(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_STRUCT, p->token++->at);

    if (!x)
        return NULL;
    do {
        const token *t = p->token;

        if (t->kind != TOKEN_WORD && t->kind != TOKEN_NAME && t->kind != TOKEN_STRING)
            return parse_fail(p, "a field name"), NULL;
        p->token++;
        if (!parse_push_name(p, &x->parts, parse_text(p, t)) || !parse_expect_symbol(p, ":") ||
            !parse_push(p, &x->args, parse_expr(p)))
            return NULL;
    } while (parse_accept_symbol(p, ","));
    return parse_expect_symbol(p, "}") ? parse_done(p, x) : NULL;
}

/* (SELECT …), (x), (a, b), () */
static sql_expr *parenthesis(parser *p)
{
    const int at = p->token->at;
    sql_expr *x, *inner;

    if (parse_starts_query(p, 1)) {
        x = parse_node(p, SQL_X_QUERY, at);
        p->token++;
        if (!x || !(x->query = parse_query(p)) || !parse_expect_symbol(p, ")"))
            return NULL;
        return parse_done(p, x);
    }
    p->token++;
    if (parse_symbol(p, ")")) {
        p->token++;
        return parse_node(p, SQL_X_ROW, at);
    }
    inner = parse_expr(p);
    if (!inner || !parse_symbol(p, ","))
        return inner && parse_expect_symbol(p, ")") ? inner : NULL;
    x = parse_node(p, SQL_X_ROW, at);
    if (!x || !parse_push(p, &x->args, inner))
        return NULL;
    while (parse_accept_symbol(p, ","))
        if (!parse_push(p, &x->args, parse_expr(p)))
            return NULL;
    return parse_expect_symbol(p, ")") ? parse_done(p, x) : NULL;
}

/* DATE '…', TIMESTAMP WITH TIME ZONE '…', DECIMAL(5,2) '…' */
static bool starts_typed(const parser *p)
{
    const token *t = p->token;
    const char *type = t->kind == TOKEN_WORD ? type_known(t->text, (size_t)t->n) : NULL;

    return type && (t[1].kind == TOKEN_STRING ||
                    (t[1].kind == TOKEN_WORD && !strncasecmp(t[1].text, "with", 4) &&
                     t[1].n == 4 && parse_word_at(p, 2, "time") && parse_word_at(p, 3, "zone")));
}

static sql_expr *typed(parser *p)
{
    const int at = p->token->at;
    const char *type = parse_type(p);
    sql_expr *x;

    if (type && p->token->kind != TOKEN_STRING)
        return parse_fail(p, "a quoted value"), NULL;
    x = type ? leaf(p, SQL_X_STRING, parse_text(p, p->token)) : NULL;
    return parse_cast(p, x, type, false, at);
}

/* a, t.a, s.t.a …; t.* is left for the select list to read */
static sql_expr *column(parser *p)
{
    const bool loose = p->token->loose && !parse_symbol_at(p, 1, ".");
    sql_expr *x = parse_node(p, SQL_X_COLUMN, p->token->at);

    if (x)
        x->loose = loose;
    if (!x || !parse_push_name(p, &x->parts, parse_name(p, "an expression")))
        return NULL;
    while (parse_symbol(p, ".")) {
        const int at = p->token++->at;

        if (parse_accept_symbol(p, "*"))
            return parse_star(p, x->parts, x->at);
        if (x->parts.n >= 8)
            return parse_refuse(p, at, "a name has at most 8 parts"), NULL;
        if (!parse_push_name(p, &x->parts, parse_any_name(p, "a name after the dot")))
            return NULL;
        if (parse_symbol(p, "("))
            return parse_refuse(p, at, "functions have no schema here; write the bare name"), NULL;
    }
    return x;
}

static sql_expr *constant_word(parser *p)
{
    const sql_kind kind = parse_word(p, "null") ? SQL_X_NULL : SQL_X_BOOL;
    sql_expr *x = parse_node(p, kind, p->token->at);

    if (!x)
        return NULL;
    x->negated = parse_word(p, "false");
    p->token++;
    return x;
}

static sql_expr *word(parser *p)
{
    const token *t = p->token;
    const bool call = parse_symbol_at(p, 1, "(");

    if (parse_word(p, "null") || parse_word(p, "true") || parse_word(p, "false"))
        return constant_word(p);
    if (parse_word(p, "case"))
        return case_when(p);
    if (call && (parse_word(p, "cast") || parse_word(p, "try_cast")))
        return cast(p);
    if (call && parse_word(p, "exists"))
        return exists(p);
    if (call && parse_word(p, "extract"))
        return extract(p);
    if (parse_word(p, "interval") && (call || t[1].kind == TOKEN_STRING ||
                                      t[1].kind == TOKEN_NUMBER || parse_symbol_at(p, 1, "-")))
        return interval(p);
    if (parse_word(p, "array") && parse_symbol_at(p, 1, "[")) {
        p->token++;
        return list(p);
    }
    if (starts_typed(p))
        return typed(p);
    if (call && keyword_class_of(t->text, (size_t)t->n) != KEYWORD_RESERVED)
        return parse_call(p);
    return column(p);
}

sql_expr *parse_primary(parser *p)
{
    const token *t = p->token;

    if (t->kind == TOKEN_NUMBER)
        return number(p);
    if (t->kind == TOKEN_STRING)
        return leaf(p, SQL_X_STRING, parse_text(p, t));
    if (t->kind == TOKEN_WORD)
        return word(p);
    if (t->kind == TOKEN_NAME)
        return parse_symbol_at(p, 1, "(") ? parse_call(p) : column(p);
    if (parse_symbol(p, "("))
        return parenthesis(p);
    if (parse_symbol(p, "["))
        return list(p);
    if (parse_symbol(p, "{"))
        return structure(p);
    if (parse_symbol(p, "*"))
        return p->token++, parse_star(p, (sql_names){0}, t->at);
    if (parse_symbol(p, "?") || parse_symbol(p, ":") || parse_symbol(p, "@"))
        return parse_refuse(p, t->at, "parameters are not read; write the value"), NULL;
    return parse_fail(p, "an expression"), NULL;
}
