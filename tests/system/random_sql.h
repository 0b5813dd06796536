/* random_sql.h - SELECT statements drawn from the grammar over a catalog.
 *
 * Nothing here knows the binder: names come from the tables in FROM, values fit
 * their place most of the time (what a column holds, what a function says it
 * takes) and sometimes not, so that much is accepted and much is not. */
#ifndef RANDOM_SQL_H
#define RANDOM_SQL_H

#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "sql/functions.h"
#include "sql/tree.h"

typedef enum want { ANY, NUMBER, INTEGER, TEXT, BOOL, DAY, TIME, INTERVAL, LIST, N_WANTS } want;

enum { G_MAX_TABLES = 5, G_MAX_NAMES = 40 };

typedef struct g_column {
    const char *name;
    want kind;
} g_column;

typedef struct g_source { /* of one FROM */
    char alias[16];
    g_column columns[G_MAX_NAMES];
    int n;
} g_source;

typedef struct g_scope {
    g_source at[G_MAX_TABLES];
    int n;
    const struct g_scope *outer;
} g_scope;

typedef struct generator {
    uint64_t state;
    const db_catalog *c;
    str *out;
    int budget;   /* of nodes: fewer, simpler */
    int n_names;  /* aliases given */
    int n_functions, next_function[4]; /* every function of a kind has its turn */
    const char *only_call; /* not NULL: use this function next */
} generator;

static inline uint32_t g_random(generator *g, uint32_t n)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) % n);
}

static inline bool g_chance(generator *g, int percent) { return (int)g_random(g, 100) < percent; }
static inline void g_put(generator *g, const char *text) { str_adds(g->out, text); }

static inline want g_kind(const char *type)
{
    switch (sql_type_of_text(type)) {
    case SQL_T_INTEGER: return INTEGER;
    case SQL_T_DECIMAL: case SQL_T_DOUBLE: return NUMBER;
    case SQL_T_TEXT: return TEXT;
    case SQL_T_BOOLEAN: return BOOL;
    case SQL_T_DATE: case SQL_T_TIMESTAMP: return DAY;
    case SQL_T_TIME: return TIME;
    case SQL_T_INTERVAL: return INTERVAL;
    case SQL_T_LIST: return LIST;
    default: return ANY;
    }
}

static inline void g_name(generator *g, const char *name)
{
    str_addc(g->out, '"');
    for (; *name; name++)
        str_adds(g->out, *name == '"' ? "\"\"" : (char[2]){*name, 0});
    str_addc(g->out, '"');
}

static void g_expr(generator *g, const g_scope *s, want kind, int depth, bool aggregates);
static void g_query(generator *g, const g_scope *outer, int depth, want kind, int n_columns);

/* ---- leaves ----------------------------------------------------------- */

static inline void g_literal(generator *g, want kind)
{
    static const char *const numbers[] = {"0", "1", "2.5", "100", "0.1", "1e3", "42"};
    static const char *const integers[] = {"0", "1", "2", "3", "7", "12", "100"};
    static const char *const texts[] = {"'a'", "'x y'", "''", "'2024-01-31'", "'%a_'", "'12'", "'month'"};
    static const char *const days[] = {"DATE '2024-02-29'", "TIMESTAMP '2023-01-01 10:00:00'", "DATE '1999-12-31'"};
    static const char *const intervals[] = {"INTERVAL 3 DAY", "INTERVAL '2 months'", "INTERVAL 1 YEAR", "INTERVAL (2) HOUR"};

    switch (kind) {
    case NUMBER: g_put(g, numbers[g_random(g, 7)]); break;
    case INTEGER: g_put(g, integers[g_random(g, 7)]); break;
    case TEXT: g_put(g, texts[g_random(g, 7)]); break;
    case BOOL: g_put(g, g_chance(g, 50) ? "true" : "false"); break;
    case DAY: g_put(g, days[g_random(g, 3)]); break;
    case TIME: g_put(g, "TIME '10:30:00'"); break;
    case INTERVAL: g_put(g, intervals[g_random(g, 4)]); break;
    case LIST: g_put(g, g_chance(g, 50) ? "[1, 2, 3]" : "['a', 'b']"); break;
    default: g_put(g, g_chance(g, 20) ? "NULL" : numbers[g_random(g, 7)]); break;
    }
}

static inline bool g_fits(want has, want kind)
{
    return kind == ANY || has == kind || (kind == NUMBER && has == INTEGER);
}

/* A column of the scope, of this kind if there is one; false if there is none. */
static inline bool g_column_of(generator *g, const g_scope *s, want kind)
{
    const g_source *from = NULL;
    const g_column *found = NULL;
    int n = 0;

    if (s->outer && g_chance(g, 12))
        s = s->outer;
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->at[i].n; k++)
            if (g_fits(s->at[i].columns[k].kind, kind) && g_random(g, (uint32_t)++n) == 0) {
                from = &s->at[i];
                found = &s->at[i].columns[k];
            }
    if (!found)
        return false;
    if (g_chance(g, 85)) {
        g_name(g, from->alias);
        str_addc(g->out, '.');
    }
    g_name(g, found->name);
    return true;
}

static inline void g_leaf(generator *g, const g_scope *s, want kind)
{
    if (!(g_chance(g, 70) && g_column_of(g, s, kind)))
        g_literal(g, kind);
}

/* ---- calls ------------------------------------------------------------ */

static inline want g_class(generator *g, char class)
{
    switch (class) {
    case 'n': case 'N': case 'A': case 'F': case 'S': case 'Q': return NUMBER;
    case 'i': case 'I': case 'j': return INTEGER;
    case 'b': return BOOL;
    case 't': case 'L': case 'X': return g_chance(g, 90) ? TEXT : LIST;
    case 'l': case 'U': return LIST;
    case 'd': case 'D': case 'P': case 'H': return g_chance(g, 90) ? DAY : TIME;
    case 'v': return INTERVAL;
    default: return (want)(1 + g_random(g, N_WANTS - 1));
    }
}

static inline void g_order(generator *g, const g_scope *s, int depth)
{
    g_put(g, "ORDER BY ");
    for (int n = 1 + (int)g_random(g, 2), i = 0; i < n; i++) {
        g_put(g, i ? ", " : "");
        g_expr(g, s, ANY, depth - 1, false);
        g_put(g, g_chance(g, 40) ? " DESC" : "");
        g_put(g, g_chance(g, 15) ? " NULLS FIRST" : g_chance(g, 10) ? " NULLS LAST" : "");
    }
}

static inline void g_frame(generator *g)
{
    static const char *const frames[] = {
        " ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
        " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
        " ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING EXCLUDE CURRENT ROW",
        " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP",
        " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES"};

    g_put(g, frames[g_random(g, 8)]);
}

static inline void g_over(generator *g, const g_scope *s, int depth)
{
    bool partition = g_chance(g, 50), order = g_chance(g, 70);

    g_put(g, " OVER (");
    if (partition) {
        g_put(g, "PARTITION BY ");
        g_expr(g, s, ANY, depth - 1, false);
    }
    if (order) {
        g_put(g, partition ? " " : "");
        g_order(g, s, depth - 1);
        if (g_chance(g, 30))
            g_frame(g);
    }
    g_put(g, ")");
}

/* One call of this function, its arguments of the classes it states. */
static inline void g_call(generator *g, const g_scope *s, const sql_function *f, int depth)
{
    const char *class = f->args;
    const int most = f->max < 0 ? f->min + 2 : f->max;
    const int n = f->min + (most > f->min ? (int)g_random(g, (uint32_t)(most - f->min + 1)) : 0);
    const bool aggregate = f->kind == FUNCTION_AGGREGATE;

    g_put(g, f->name);
    g_put(g, "(");
    if (!strcmp(f->name, "count") && g_chance(g, 50)) {
        g_put(g, "*");
    } else {
        if (aggregate && n == 1 && g_chance(g, 15))
            g_put(g, "DISTINCT ");
        for (int i = 0; i < n; i++) {
            g_put(g, i ? ", " : "");
            if (*class == 'k' || (*class != '.' && g_chance(g, 15)))
                g_literal(g, *class == 'k' ? (want)(1 + g_random(g, 3)) : g_class(g, *class));
            else if (!strcmp(f->name, "date_trunc") || !strcmp(f->name, "date_part") ||
                     !strcmp(f->name, "date_diff") || !strcmp(f->name, "date_sub"))
                i ? g_expr(g, s, g_class(g, *class), depth - 1, false) : g_put(g, "'month'");
            else
                g_expr(g, s, g_chance(g, 92) ? g_class(g, *class) : ANY, depth - 1, false);
            if (class[0] && class[1])
                class++;
        }
        if (aggregate && n && g_chance(g, 8)) {
            g_put(g, " ");
            g_order(g, s, depth - 1);
        }
    }
    g_put(g, ")");
    if (aggregate && !strncmp(f->name, "percentile_", 11)) {
        g_put(g, " WITHIN GROUP (ORDER BY ");
        g_expr(g, s, NUMBER, depth - 1, false);
        g_put(g, ")");
    }
    if (aggregate && g_chance(g, 10)) {
        g_put(g, " FILTER (WHERE ");
        g_expr(g, s, BOOL, depth - 1, false);
        g_put(g, ")");
    }
    if (f->kind == FUNCTION_WINDOW)
        g_over(g, s, depth);
}

static inline const sql_function *g_next_function(generator *g, function_kind a, function_kind b)
{
    for (int i = 0; i < g->n_functions; i++) {
        const sql_function *f = function_at(g->next_function[a]++ % g->n_functions);

        if (f->kind == a || f->kind == b)
            return f;
    }
    return function_at(0);
}

/* A scalar function whose result is of this kind, from a random place on. */
static inline const sql_function *g_function_of(generator *g, want kind)
{
    static const char *const results[N_WANTS] = {
        [NUMBER] = "idc1+", [INTEGER] = "i", [TEXT] = "t", [BOOL] = "b", [DAY] = "DSm2",
        [TIME] = "T", [INTERVAL] = "I", [LIST] = "l"};
    const int from = (int)g_random(g, (uint32_t)g->n_functions);

    for (int i = 0; i < g->n_functions; i++) {
        const sql_function *f = function_at((from + i) % g->n_functions);

        if (f->kind == FUNCTION_SCALAR && (kind == ANY || strchr(results[kind], f->result)))
            return f;
    }
    return NULL;
}

/* ---- expressions ------------------------------------------------------ */

static inline void g_binary(generator *g, const g_scope *s, want kind, const char *op, int depth, bool aggregates)
{
    g_put(g, "(");
    g_expr(g, s, kind, depth - 1, aggregates);
    str_addf(g->out, " %s ", op);
    g_expr(g, s, g_chance(g, 94) ? kind : ANY, depth - 1, aggregates);
    g_put(g, ")");
}

static inline void g_case(generator *g, const g_scope *s, want kind, int depth, bool aggregates)
{
    const bool operand = g_chance(g, 25);

    g_put(g, "CASE");
    if (operand) {
        g_put(g, " ");
        g_expr(g, s, TEXT, depth - 1, aggregates);
    }
    for (int n = 1 + (int)g_random(g, 2), i = 0; i < n; i++) {
        g_put(g, " WHEN ");
        g_expr(g, s, operand ? TEXT : BOOL, depth - 1, aggregates);
        g_put(g, " THEN ");
        g_expr(g, s, kind, depth - 1, aggregates);
    }
    if (g_chance(g, 60)) {
        g_put(g, " ELSE ");
        g_expr(g, s, kind, depth - 1, aggregates);
    }
    g_put(g, " END");
}

static inline void g_subquery(generator *g, const g_scope *s, int depth, want kind)
{
    g_put(g, "(");
    g_query(g, s, depth - 2, kind, 1);
    g_put(g, ")");
}

static inline void g_bool(generator *g, const g_scope *s, int depth, bool aggregates)
{
    static const char *const compare[] = {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM",
                                          "IS NOT DISTINCT FROM"};
    const want kind = (want)(1 + g_random(g, 5));

    switch (g_random(g, 15)) {
    case 0: g_binary(g, s, BOOL, "AND", depth, aggregates); return;
    case 1: g_binary(g, s, BOOL, "OR", depth, aggregates); return;
    case 2:
        g_put(g, "(NOT ");
        g_expr(g, s, BOOL, depth - 1, aggregates);
        g_put(g, ")");
        return;
    case 3:
        g_expr(g, s, TEXT, depth - 1, aggregates);
        g_put(g, g_chance(g, 30) ? " NOT" : "");
        g_put(g, g_chance(g, 40) ? " LIKE " : g_chance(g, 50) ? " ILIKE " : g_chance(g, 50) ? " GLOB " : " SIMILAR TO ");
        g_literal(g, TEXT);
        return;
    case 4:
        g_expr(g, s, kind, depth - 1, aggregates);
        g_put(g, g_chance(g, 30) ? " NOT BETWEEN " : " BETWEEN ");
        g_expr(g, s, kind, depth - 1, aggregates);
        g_put(g, " AND ");
        g_expr(g, s, kind, depth - 1, aggregates);
        return;
    case 5:
        g_expr(g, s, kind, depth - 1, aggregates);
        g_put(g, g_chance(g, 30) ? " NOT IN (" : " IN (");
        for (int n = 1 + (int)g_random(g, 3), i = 0; i < n; i++) {
            g_put(g, i ? ", " : "");
            g_literal(g, g_chance(g, 90) ? kind : ANY);
        }
        g_put(g, ")");
        return;
    case 6:
        g_expr(g, s, ANY, depth - 1, aggregates);
        g_put(g, g_chance(g, 50) ? " IS NULL" : " IS NOT NULL");
        return;
    case 7:
        g_put(g, "(");
        g_expr(g, s, BOOL, depth - 1, aggregates);
        g_put(g, g_chance(g, 50) ? ") IS TRUE" : ") IS NOT FALSE");
        return;
    case 8:
        if (depth < 3)
            break;
        g_put(g, g_chance(g, 50) ? "EXISTS " : "NOT EXISTS ");
        g_subquery(g, s, depth, ANY);
        return;
    case 9:
        if (depth < 3)
            break;
        g_expr(g, s, kind, depth - 1, aggregates);
        g_put(g, g_chance(g, 30) ? " NOT IN " : " IN ");
        g_subquery(g, s, depth, kind);
        return;
    case 10:
        if (depth < 3)
            break;
        g_expr(g, s, kind, depth - 1, aggregates);
        str_addf(g->out, " %s %s ", compare[g_random(g, 6)], g_chance(g, 50) ? "ANY" : "ALL");
        g_subquery(g, s, depth, kind);
        return;
    case 11:
        g_binary(g, s, TEXT, g_chance(g, 40) ? "^@" : g_chance(g, 50) ? "~" : "!~", depth, aggregates);
        return;
    case 12:
        g_binary(g, s, LIST, g_chance(g, 40) ? "@>" : g_chance(g, 50) ? "<@" : "&&", depth, aggregates);
        return;
    default: break;
    }
    g_binary(g, s, kind, compare[g_random(g, 8)], depth, aggregates);
}

/* What any kind may be: CASE, a call, a subquery, an aggregate, a window. */
static inline bool g_general(generator *g, const g_scope *s, want kind, int depth, bool aggregates)
{
    static const char *const types[N_WANTS] = {
        [ANY] = "VARCHAR", [NUMBER] = "DOUBLE", [INTEGER] = "BIGINT", [TEXT] = "VARCHAR", [BOOL] = "BOOLEAN",
        [DAY] = "DATE", [TIME] = "TIME", [INTERVAL] = "INTERVAL", [LIST] = "VARCHAR[]"};
    static const char *const numbers[] = {"INTEGER", "DECIMAL(10, 2)", "SMALLINT", "HUGEINT", "FLOAT", "UBIGINT"};
    const sql_function *f;

    switch (g_random(g, 14)) {
    case 0: g_case(g, s, kind, depth, aggregates); return true;
    case 1: case 2: case 3:
        f = g_function_of(g, kind);
        if (!f)
            return false;
        g_call(g, s, f, depth);
        return true;
    case 4:
        g_call(g, s, g_next_function(g, FUNCTION_SCALAR, FUNCTION_SCALAR), depth);
        return true;
    case 5:
        if (depth < 3 || !g_chance(g, 50))
            return false;
        g_subquery(g, s, depth, kind);
        return true;
    case 6:
        g_put(g, g_chance(g, 30) ? "TRY_CAST(" : "CAST(");
        g_expr(g, s, ANY, depth - 1, aggregates);
        str_addf(g->out, " AS %s)", kind == NUMBER || kind == INTEGER ? numbers[g_random(g, 6)] : types[kind]);
        return true;
    case 7: case 8: case 9:
        if (!aggregates)
            return false;
        f = g_next_function(g, FUNCTION_AGGREGATE, FUNCTION_WINDOW);
        g_call(g, s, f, depth);
        if (f->kind == FUNCTION_AGGREGATE && g_chance(g, 25))
            g_over(g, s, depth);
        return true;
    case 10:
        g_put(g, "coalesce(");
        g_expr(g, s, kind, depth - 1, aggregates);
        g_put(g, ", ");
        g_literal(g, kind);
        g_put(g, ")");
        return true;
    default: return false;
    }
}

static void g_expr(generator *g, const g_scope *s, want kind, int depth, bool aggregates)
{
    static const char *const arithmetic[] = {"+", "-", "*", "/", "//", "%", "^"};
    static const char *const bits[] = {"&", "|", "<<", ">>"};

    if (kind == ANY)
        kind = (want)(1 + g_random(g, g_chance(g, 85) ? 5 : N_WANTS - 1));
    if (depth <= 0 || --g->budget <= 0 || g_chance(g, 35)) {
        g_leaf(g, s, kind);
        return;
    }
    if (g_general(g, s, kind, depth, aggregates))
        return;
    switch (kind) {
    case NUMBER:
        if (g_chance(g, 10)) {
            g_put(g, "(- ");
            g_expr(g, s, NUMBER, depth - 1, aggregates);
            g_put(g, ")");
        } else {
            g_binary(g, s, NUMBER, arithmetic[g_random(g, 7)], depth, aggregates);
        }
        return;
    case INTEGER:
        if (g_chance(g, 15)) {
            g_put(g, "EXTRACT(year FROM ");
            g_expr(g, s, DAY, depth - 1, aggregates);
            g_put(g, ")");
        } else if (g_chance(g, 15)) {
            g_binary(g, s, INTEGER, bits[g_random(g, 4)], depth, aggregates);
        } else {
            g_binary(g, s, INTEGER, arithmetic[g_random(g, 6)], depth, aggregates);
        }
        return;
    case TEXT:
        if (g_chance(g, 15)) {
            g_expr(g, s, TEXT, 0, aggregates);
            g_put(g, " COLLATE nocase");
        } else if (g_chance(g, 15)) {
            g_put(g, "(");
            g_expr(g, s, TEXT, 0, aggregates);
            g_put(g, ")[1:2]");
        } else {
            g_binary(g, s, TEXT, "||", depth, aggregates);
        }
        return;
    case BOOL: g_bool(g, s, depth, aggregates); return;
    case DAY:
        g_put(g, "(");
        g_expr(g, s, DAY, depth - 1, aggregates);
        g_put(g, g_chance(g, 50) ? " + " : " - ");
        g_expr(g, s, g_chance(g, 70) ? INTERVAL : INTEGER, depth - 1, aggregates);
        g_put(g, ")");
        return;
    case INTERVAL:
        g_put(g, "(");
        g_literal(g, INTERVAL);
        g_put(g, " * ");
        g_literal(g, INTEGER);
        g_put(g, ")");
        return;
    case LIST:
        g_put(g, "[");
        g_expr(g, s, NUMBER, depth - 1, aggregates);
        g_put(g, ", ");
        g_expr(g, s, NUMBER, depth - 1, aggregates);
        g_put(g, "]");
        return;
    default: g_leaf(g, s, kind); return;
    }
}

/* ---- FROM ------------------------------------------------------------- */

static inline void g_table(generator *g, g_scope *s)
{
    const db_table *t = &g->c->tables[g_random(g, (uint32_t)g->c->n_tables)];
    g_source *to = &s->at[s->n];

    g_name(g, t->name);
    snprintf(to->alias, sizeof to->alias, "t%d", ++g->n_names);
    str_addf(g->out, " AS %s", to->alias);
    to->n = 0;
    for (int i = 0; i < t->n_columns && to->n < G_MAX_NAMES; i++)
        to->columns[to->n++] = (g_column){t->columns[i].name, g_kind(t->columns[i].type_text)};
    s->n++;
}

static inline void g_derived(generator *g, g_scope *s, int depth)
{
    static const char *const names[] = {"c1", "c2", "c3"};
    g_source *to = &s->at[s->n];
    const int n = 1 + (int)g_random(g, 3);

    g_put(g, "(");
    g_query(g, s->outer, depth - 2, ANY, n);
    snprintf(to->alias, sizeof to->alias, "t%d", ++g->n_names);
    str_addf(g->out, ") AS %s(", to->alias);
    for (int i = 0; i < n; i++)
        str_addf(g->out, "%s%s", i ? ", " : "", names[i]);
    g_put(g, ")");
    to->n = n;
    for (int i = 0; i < n; i++)
        to->columns[i] = (g_column){names[i], ANY};
    s->n++;
}

static inline void g_source_item(generator *g, g_scope *s, int depth)
{
    g_source *to = &s->at[s->n];
    static const char *const series[] = {"range(1, 5)", "generate_series(1, 9, 2)", "unnest([1, 2, 3])",
                                         "(VALUES (1, 'a'), (2, 'b'))"};

    if (depth > 2 && g_chance(g, 15)) {
        g_derived(g, s, depth);
        return;
    }
    if (!g_chance(g, 5)) {
        g_table(g, s);
        return;
    }
    g_put(g, series[g_random(g, 4)]);
    snprintf(to->alias, sizeof to->alias, "t%d", ++g->n_names);
    str_addf(g->out, " AS %s(x)", to->alias);
    to->columns[0] = (g_column){"x", INTEGER};
    to->n = 1;
    s->n++;
}

static inline void g_join(generator *g, g_scope *s, int depth)
{
    static const char *const joins[] = {" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " SEMI JOIN ",
                                        " ANTI JOIN ", " INNER JOIN "};
    const g_source *left = &s->at[g_random(g, (uint32_t)s->n)];

    if (g_chance(g, 8)) {
        g_put(g, g_chance(g, 50) ? " CROSS JOIN " : ", ");
        g_source_item(g, s, depth);
        return;
    }
    if (g_chance(g, 4)) {
        g_put(g, " NATURAL JOIN ");
        g_source_item(g, s, depth);
        return;
    }
    g_put(g, joins[g_random(g, 7)]);
    g_source_item(g, s, depth);
    if (g_chance(g, 8) && left->n) { /* perhaps a common name */
        const g_column *c = &left->columns[g_random(g, (uint32_t)left->n)];

        g_put(g, " USING (");
        g_name(g, c->name);
        g_put(g, ")");
        return;
    }
    g_put(g, " ON ");
    if (g_chance(g, 70) && left->n && s->at[s->n - 1].n) {
        const g_source *right = &s->at[s->n - 1];
        const g_column *a = &left->columns[g_random(g, (uint32_t)left->n)];
        const g_column *b = &right->columns[g_random(g, (uint32_t)right->n)];

        for (int i = 0; i < right->n && a->kind != b->kind; i++)
            b = &right->columns[i];
        g_name(g, left->alias);
        g_put(g, ".");
        g_name(g, a->name);
        g_put(g, " = ");
        g_name(g, right->alias);
        g_put(g, ".");
        g_name(g, b->name);
    } else {
        g_expr(g, s, BOOL, depth - 1, false);
    }
}

/* ---- SELECT ----------------------------------------------------------- */

static inline void g_groups(generator *g, const g_scope *s, const str *groups, int n)
{
    static const char *const forms[] = {"ROLLUP (", "CUBE (", "GROUPING SETS ("};
    const int form = g_chance(g, 15) ? (int)g_random(g, 3) : -1;

    (void)s;
    if (g_chance(g, 8)) {
        g_put(g, " GROUP BY ALL");
        return;
    }
    g_put(g, " GROUP BY ");
    g_put(g, form >= 0 ? forms[form] : "");
    for (int i = 0; i < n; i++)
        str_addf(g->out, "%s%s", i ? ", " : "", str_text(&groups[i]));
    g_put(g, form >= 0 ? ")" : "");
}

static inline void g_item(generator *g, const g_scope *s, want kind, int depth, bool grouped, const str *groups,
                          int n_groups)
{
    if (grouped && n_groups && g_chance(g, 45)) {
        g_put(g, str_text(&groups[g_random(g, (uint32_t)n_groups)]));
    } else if (grouped) {
        const sql_function *f = g_next_function(g, FUNCTION_AGGREGATE, FUNCTION_AGGREGATE);

        g_call(g, s, f, depth);
    } else {
        g_expr(g, s, kind, depth, false);
    }
}

static inline void g_select(generator *g, const g_scope *outer, int depth, want kind, int n_columns)
{
    g_scope *s = calloc(1, sizeof *s);
    str from = {0}, groups[2] = {{0}, {0}}, *out = g->out;
    const bool grouped = g_chance(g, 35), from_first = g_chance(g, 8), star = !grouped && kind == ANY &&
                                                                           !n_columns && g_chance(g, 10);
    const int n_groups = grouped ? (int)g_random(g, 3) : 0;
    const int n = n_columns ? n_columns : 1 + (int)g_random(g, 3);
    bool distinct = !grouped && g_chance(g, 10);

    s->outer = outer;
    g->out = &from;
    g_put(g, "FROM ");
    g_source_item(g, s, depth);
    while (s->n < G_MAX_TABLES - 1 && g_chance(g, 35))
        g_join(g, s, depth);
    for (int i = 0; i < n_groups; i++) {
        g->out = &groups[i];
        g_expr(g, s, ANY, g_chance(g, 75) ? 0 : 1, false);
    }
    g->out = out;
    if (from_first)
        str_addf(g->out, "%s ", str_text(&from));
    g_put(g, "SELECT ");
    g_put(g, distinct ? "DISTINCT " : "");
    for (int i = 0; !star && i < n; i++) {
        g_put(g, i ? ", " : "");
        if (!grouped && g_chance(g, 20)) {
            const sql_function *f = g_next_function(g, FUNCTION_WINDOW, FUNCTION_WINDOW);

            g_call(g, s, f, depth);
        } else {
            g_item(g, s, kind, depth, grouped, groups, n_groups);
        }
        if (g_chance(g, 20))
            str_addf(g->out, " AS a%d", i);
    }
    if (star)
        g_put(g, g_chance(g, 50) ? "*" : "t1.*");
    if (!from_first)
        str_addf(g->out, " %s", str_text(&from));
    if (g_chance(g, 45)) {
        g_put(g, " WHERE ");
        g_expr(g, s, BOOL, depth, false);
    }
    if (n_groups)
        g_groups(g, s, groups, n_groups);
    if (grouped && g_chance(g, 25)) {
        g_put(g, " HAVING ");
        g_call(g, s, g_next_function(g, FUNCTION_AGGREGATE, FUNCTION_AGGREGATE), depth - 1);
        g_put(g, " > ");
        g_literal(g, NUMBER);
    }
    if (!grouped && g_chance(g, 8)) {
        g_put(g, " QUALIFY row_number()");
        g_over(g, s, depth - 1);
        g_put(g, " = 1");
    }
    if (!n_columns && g_chance(g, 30)) {
        g_put(g, " ");
        if (grouped && n_groups)
            str_addf(g->out, "ORDER BY %s", g_chance(g, 50) ? "1" : str_text(&groups[0]));
        else if (g_chance(g, 20))
            g_put(g, "ORDER BY ALL");
        else
            g_order(g, s, 1);
    }
    if (g_chance(g, 15))
        str_addf(g->out, " LIMIT %d", (int)g_random(g, 20));
    if (g_chance(g, 5))
        str_addf(g->out, " OFFSET %d", (int)g_random(g, 5));
    str_deinit(&from);
    str_deinit(&groups[0]);
    str_deinit(&groups[1]);
    free(s);
}

static void g_query(generator *g, const g_scope *outer, int depth, want kind, int n_columns)
{
    static const char *const sets[] = {" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ", " UNION ALL BY NAME "};

    if (depth > 2 && g_chance(g, 10)) {
        g_put(g, "WITH w AS (");
        g_query(g, outer, depth - 2, ANY, 0);
        g_put(g, ") ");
    }
    if (depth > 1 && g_chance(g, 8)) {
        const int n = n_columns ? n_columns : 1 + (int)g_random(g, 3);
        const want k = kind == ANY ? (want)(1 + g_random(g, 5)) : kind;

        g_put(g, "(");
        g_select(g, outer, depth - 1, k, n);
        str_addf(g->out, ")%s(", sets[g_random(g, 5)]);
        g_select(g, outer, depth - 1, k, n);
        g_put(g, ")");
        return;
    }
    g_select(g, outer, depth, kind, n_columns);
}

static inline void g_statement(generator *g, str *out)
{
    str_reset(out);
    g->out = out;
    g->n_names = 0;
    g->budget = 4 + (int)g_random(g, 40);
    for (g->n_functions = 0; function_at(g->n_functions);)
        g->n_functions++;
    g_query(g, NULL, 1 + (int)g_random(g, 5), ANY, 0);
}

#endif
