/* print_expr.c - expressions as text.
 *
 * Parentheses stand where the tree needs them, and also where databases rank
 * operators differently: around what is joined by ||, bit and JSON operators,
 * under NOT, and around comparisons inside comparisons. */
#include <string.h>

#include "sql/functions.h"
#include "sql/keywords.h"
#include "sql/print_impl.h"

enum { L_OR = 1, L_AND, L_NOT, L_IS, L_COMPARE, L_IN, L_OTHER, L_ADD, L_MUL, L_POW, L_POSTFIX,
       L_UNARY, L_PRIMARY };

static const struct { const char *text; int level; } ops[] = {
    [SQL_OP_OR] = {"OR", L_OR}, [SQL_OP_AND] = {"AND", L_AND}, [SQL_OP_NOT] = {"NOT ", L_NOT},
    [SQL_OP_EQ] = {"=", L_COMPARE}, [SQL_OP_NE] = {"<>", L_COMPARE},
    [SQL_OP_LT] = {"<", L_COMPARE}, [SQL_OP_LE] = {"<=", L_COMPARE},
    [SQL_OP_GT] = {">", L_COMPARE}, [SQL_OP_GE] = {">=", L_COMPARE},
    [SQL_OP_DISTINCT_FROM] = {"IS DISTINCT FROM", L_IS},
    [SQL_OP_NOT_DISTINCT_FROM] = {"IS NOT DISTINCT FROM", L_IS},
    [SQL_OP_CONCAT] = {"||", L_OTHER}, [SQL_OP_BIT_AND] = {"&", L_OTHER},
    [SQL_OP_BIT_OR] = {"|", L_OTHER}, [SQL_OP_SHIFT_LEFT] = {"<<", L_OTHER},
    [SQL_OP_SHIFT_RIGHT] = {">>", L_OTHER}, [SQL_OP_JSON] = {"->", L_OTHER},
    [SQL_OP_JSON_TEXT] = {"->>", L_OTHER}, [SQL_OP_STARTS_WITH] = {"^@", L_OTHER},
    [SQL_OP_CONTAINS] = {"@>", L_OTHER}, [SQL_OP_CONTAINED] = {"<@", L_OTHER},
    [SQL_OP_OVERLAPS] = {"&&", L_OTHER}, [SQL_OP_REGEX] = {"~", L_OTHER},
    [SQL_OP_NOT_REGEX] = {"!~", L_OTHER}, [SQL_OP_ADD] = {"+", L_ADD},
    [SQL_OP_SUB] = {"-", L_ADD}, [SQL_OP_MUL] = {"*", L_MUL}, [SQL_OP_DIV] = {"/", L_MUL},
    [SQL_OP_INT_DIV] = {"//", L_MUL}, [SQL_OP_MOD] = {"%", L_MUL}, [SQL_OP_POW] = {"^", L_POW},
    [SQL_OP_MINUS] = {"-", L_UNARY}, [SQL_OP_BIT_NOT] = {"~", L_UNARY},
    [SQL_OP_LIKE] = {"LIKE", L_IN}, [SQL_OP_ILIKE] = {"ILIKE", L_IN},
    [SQL_OP_SIMILAR] = {"SIMILAR TO", L_IN}, [SQL_OP_GLOB] = {"GLOB", L_IN},
    [SQL_OP_IS_NULL] = {"NULL", L_IS}, [SQL_OP_IS_TRUE] = {"TRUE", L_IS},
    [SQL_OP_IS_FALSE] = {"FALSE", L_IS}, [SQL_OP_GROUPING_SETS] = {"GROUPING SETS ", 0},
    [SQL_OP_ROLLUP] = {"ROLLUP ", 0}, [SQL_OP_CUBE] = {"CUBE ", 0},
};

static int level_of(const sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_UNARY:
    case SQL_X_BINARY:
        /* DuckDB reads !~ looser than ~: it wants parentheses before IN, LIKE … */
        return x->op == SQL_OP_NOT_REGEX ? L_COMPARE : ops[x->op].level;
    case SQL_X_LIKE:
    case SQL_X_BETWEEN:
    case SQL_X_IN:
        return L_IN;
    case SQL_X_IS:
        return L_IS;
    case SQL_X_QUANTIFIED:
        return L_COMPARE;
    case SQL_X_COLLATE:
    case SQL_X_AT_ZONE:
    case SQL_X_INTERVAL:
        return L_POSTFIX;
    default:
        return L_PRIMARY;
    }
}

static bool simple(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
              (*name >= '0' && *name <= '9') || *name == '_'))
            return false;
    return true;
}

static bool has_upper(const char *name)
{
    for (; *name; name++)
        if (*name >= 'A' && *name <= 'Z')
            return true;
    return false;
}

static void doubled(printer *p, const char *text, char quote)
{
    str_addc(&p->out, quote);
    for (; *text; text++) {
        if (*text == quote)
            str_addc(&p->out, quote);
        str_addc(&p->out, *text);
    }
    str_addc(&p->out, quote);
}

void print_name(printer *p, const char *name)
{
    if (simple(name) && keyword_class_of(name, strlen(name)) == KEYWORD_NONE &&
        (p->dialect == SQL_DUCKDB || !keyword_foreign(name, strlen(name))) &&
        (p->dialect != SQL_POSTGRES || !has_upper(name)))
        str_adds(&p->out, name);
    else
        doubled(p, name, '"');
}

void print_names(printer *p, const sql_names *names)
{
    str_addc(&p->out, '(');
    for (int i = 0; i < names->n; i++) {
        str_adds(&p->out, i ? ", " : "");
        print_name(p, names->at[i]);
    }
    str_addc(&p->out, ')');
}

void print_string(printer *p, const char *text) { doubled(p, text, '\''); }

void print_exprs(printer *p, const sql_exprs *list)
{
    for (int i = 0; i < list->n; i++) {
        str_adds(&p->out, i ? ", " : "");
        print_expr(p, list->at[i]);
    }
}

/* In parentheses if it binds looser than `lowest`. */
static void operand(printer *p, const sql_expr *x, int lowest)
{
    const bool parens = level_of(x) < lowest;

    str_adds(&p->out, parens ? "(" : "");
    print_expr(p, x);
    str_adds(&p->out, parens ? ")" : "");
}

static void subquery(printer *p, const sql_query *q)
{
    const int level = p->level;

    p->level = -1;
    str_addc(&p->out, '(');
    print_query(p, q);
    str_addc(&p->out, ')');
    p->level = level;
}

static void binary(printer *p, const sql_expr *x)
{
    const sql_expr *left = x->args.at[0], *right = x->args.at[1];
    const int level = ops[x->op].level;
    int lowest_left = level, lowest_right = level + 1;

    if (level == L_COMPARE || level == L_IS)
        lowest_left = lowest_right = L_OTHER;
    if (level == L_OTHER) {
        lowest_right = L_UNARY;
        lowest_left = left->kind == SQL_X_BINARY && left->op == x->op && x->op == SQL_OP_CONCAT
                          ? L_OTHER : L_UNARY;
    }
    if (level == L_POW)
        lowest_left = lowest_right = L_PRIMARY;
    operand(p, left, lowest_left);
    str_addf(&p->out, " %s ", ops[x->op].text);
    operand(p, right, lowest_right);
}

static void unary(printer *p, const sql_expr *x)
{
    str_adds(&p->out, ops[x->op].text);
    operand(p, x->args.at[0], L_PRIMARY);
}

static void in(printer *p, const sql_expr *x)
{
    operand(p, x->args.at[0], L_OTHER);
    str_adds(&p->out, x->negated ? " NOT IN " : " IN ");
    if (x->query) {
        subquery(p, x->query);
    } else if (x->has_operand) {
        operand(p, x->args.at[1], L_UNARY);
    } else {
        const sql_exprs list = {x->args.at + 1, x->args.n - 1};

        str_addc(&p->out, '(');
        print_exprs(p, &list);
        str_addc(&p->out, ')');
    }
}

static void like(printer *p, const sql_expr *x)
{
    operand(p, x->args.at[0], L_OTHER);
    str_addf(&p->out, " %s%s ", x->negated ? "NOT " : "", ops[x->op].text);
    operand(p, x->args.at[1], L_OTHER);
    if (x->args.n > 2) {
        str_adds(&p->out, " ESCAPE ");
        operand(p, x->args.at[2], L_OTHER);
    }
}

static void between(printer *p, const sql_expr *x)
{
    operand(p, x->args.at[0], L_OTHER);
    str_adds(&p->out, x->negated ? " NOT BETWEEN " : " BETWEEN ");
    operand(p, x->args.at[1], L_OTHER);
    str_adds(&p->out, " AND ");
    operand(p, x->args.at[2], L_OTHER);
}

static void quantified(printer *p, const sql_expr *x)
{
    operand(p, x->args.at[0], L_OTHER);
    str_addf(&p->out, " %s %s ", ops[x->op].text, x->negated ? "ALL" : "ANY");
    if (x->query)
        subquery(p, x->query);
    else {
        str_addc(&p->out, '(');
        print_expr(p, x->args.at[1]);
        str_addc(&p->out, ')');
    }
}

static void case_when(printer *p, const sql_expr *x)
{
    int i = x->has_operand;

    str_adds(&p->out, "CASE");
    if (x->has_operand) {
        str_addc(&p->out, ' ');
        print_expr(p, x->args.at[0]);
    }
    for (; i + 1 < x->args.n; i += 2) {
        str_adds(&p->out, " WHEN ");
        print_expr(p, x->args.at[i]);
        str_adds(&p->out, " THEN ");
        print_expr(p, x->args.at[i + 1]);
    }
    if (i < x->args.n) {
        str_adds(&p->out, " ELSE ");
        print_expr(p, x->args.at[i]);
    }
    str_adds(&p->out, " END");
}

static void interval(printer *p, const sql_expr *x)
{
    const sql_expr *amount = x->args.at[0];
    const bool bare = amount->kind == SQL_X_NUMBER || amount->kind == SQL_X_STRING;

    str_adds(&p->out, bare ? "INTERVAL " : "INTERVAL (");
    print_expr(p, amount);
    str_adds(&p->out, bare ? "" : ")");
    if (x->text)
        str_addf(&p->out, " %s", x->text);
}

static void dotted(printer *p, const sql_names *parts)
{
    for (int i = 0; i < parts->n; i++) {
        str_adds(&p->out, i ? "." : "");
        print_name(p, parts->at[i]);
    }
}

static void star(printer *p, const sql_expr *x)
{
    dotted(p, &x->parts);
    str_adds(&p->out, x->parts.n ? ".*" : "*");
    if (x->star->exclude.n) {
        str_adds(&p->out, " EXCLUDE ");
        print_names(p, &x->star->exclude);
    }
    for (int i = 0; i < x->star->replace.n; i++) {
        str_adds(&p->out, i ? ", " : " REPLACE (");
        print_expr(p, x->star->replace.at[i]);
        str_adds(&p->out, " AS ");
        print_name(p, x->star->replaced.at[i]);
    }
    str_adds(&p->out, x->star->replace.n ? ")" : "");
}

static void structure(printer *p, const sql_expr *x)
{
    for (int i = 0; i < x->args.n; i++) {
        str_adds(&p->out, i ? ", " : "{");
        print_string(p, x->parts.at[i]);
        str_adds(&p->out, ": ");
        print_expr(p, x->args.at[i]);
    }
    str_addc(&p->out, '}');
}

/* What [ ] and .field are put on: parentheses unless it can stand bare. */
static void base(printer *p, const sql_expr *x, bool field)
{
    const bool bare = x->kind == SQL_X_INDEX || x->kind == SQL_X_SLICE || x->kind == SQL_X_FIELD ||
                      (!field && (x->kind == SQL_X_COLUMN || x->kind == SQL_X_CALL ||
                                  x->kind == SQL_X_LIST));

    str_adds(&p->out, bare ? "" : "(");
    print_expr(p, x);
    str_adds(&p->out, bare ? "" : ")");
}

static void subscript(printer *p, const sql_expr *x)
{
    base(p, x->args.at[0], false);
    str_addc(&p->out, '[');
    for (int i = 1; i < x->args.n; i++) {
        str_adds(&p->out, i > 1 ? ":" : "");
        if (x->kind == SQL_X_INDEX || x->args.at[i]->kind != SQL_X_NULL)
            print_expr(p, x->args.at[i]);
    }
    str_addc(&p->out, ']');
}

static void cast(printer *p, const sql_expr *x)
{
    str_adds(&p->out, x->negated ? "TRY_CAST(" : "CAST(");
    print_expr(p, x->args.at[0]);
    str_adds(&p->out, " AS ");
    print_type(p, x->type_text);
    str_addc(&p->out, ')');
}

static void postfix(printer *p, const sql_expr *x)
{
    operand(p, x->args.at[0], L_PRIMARY);
    if (x->kind == SQL_X_COLLATE) {
        str_addf(&p->out, " COLLATE %s", x->text);
    } else {
        str_adds(&p->out, " AT TIME ZONE ");
        operand(p, x->args.at[1], L_PRIMARY);
    }
}

static void is(printer *p, const sql_expr *x)
{
    operand(p, x->args.at[0], L_OTHER);
    str_addf(&p->out, " IS %s%s", x->negated ? "NOT " : "", ops[x->op].text);
}

static void enclosed(printer *p, const char *before, const sql_exprs *list, const char *after)
{
    str_adds(&p->out, before);
    print_exprs(p, list);
    str_adds(&p->out, after);
}

void print_expr(printer *p, const sql_expr *x)
{
    if (p->dialect != SQL_DUCKDB && print_foreign(p, x))
        return;
    switch (x->kind) {
    case SQL_X_NULL:       str_adds(&p->out, "NULL"); break;
    case SQL_X_BOOL:       str_adds(&p->out, x->negated ? "FALSE" : "TRUE"); break;
    case SQL_X_NUMBER:     str_adds(&p->out, x->text); break;
    case SQL_X_STRING:     print_string(p, x->text); break;
    case SQL_X_TYPED:
        str_addf(&p->out, "%s ", x->type_text);
        print_string(p, x->text);
        break;
    case SQL_X_INTERVAL:   interval(p, x); break;
    case SQL_X_COLUMN:     dotted(p, &x->parts); break;
    case SQL_X_STAR:       star(p, x); break;
    case SQL_X_UNARY:      unary(p, x); break;
    case SQL_X_BINARY:     binary(p, x); break;
    case SQL_X_LIKE:       like(p, x); break;
    case SQL_X_BETWEEN:    between(p, x); break;
    case SQL_X_IN:         in(p, x); break;
    case SQL_X_IS:         is(p, x); break;
    case SQL_X_EXISTS:
        str_adds(&p->out, "EXISTS ");
        subquery(p, x->query);
        break;
    case SQL_X_QUERY:      subquery(p, x->query); break;
    case SQL_X_QUANTIFIED: quantified(p, x); break;
    case SQL_X_CASE:       case_when(p, x); break;
    case SQL_X_CAST:       cast(p, x); break;
    case SQL_X_CALL:       print_call(p, x); break;
    case SQL_X_EXTRACT:
        str_addf(&p->out, "EXTRACT(%s FROM ", x->text);
        print_expr(p, x->args.at[0]);
        str_addc(&p->out, ')');
        break;
    case SQL_X_COLLATE:
    case SQL_X_AT_ZONE:    postfix(p, x); break;
    case SQL_X_LIST:       enclosed(p, "[", &x->args, "]"); break;
    case SQL_X_STRUCT:     structure(p, x); break;
    case SQL_X_INDEX:
    case SQL_X_SLICE:      subscript(p, x); break;
    case SQL_X_FIELD:
        base(p, x->args.at[0], true);
        str_addc(&p->out, '.');
        print_name(p, x->text);
        break;
    case SQL_X_ROW:        enclosed(p, "(", &x->args, ")"); break;
    case SQL_X_GROUPING:
        str_adds(&p->out, ops[x->op].text);
        enclosed(p, "(", &x->args, ")");
        break;
    }
}
