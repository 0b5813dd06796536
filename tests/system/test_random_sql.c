/* test_random_sql.c - the binder against DuckDB, on random statements.
 *
 * Statements are drawn from the grammar over the sales database, a database with
 * a column of every type and, with $SALESBOT_DATA, three training databases
 * (random_sql.h). What the binder accepts must prepare, always. Then mutants of
 * accepted statements, of ten kinds: how often binder and DuckDB agree, each way.
 *
 *     test_random_sql               4,000 statements, 250 mutants a kind
 *     RANDOM_SQL=100000 ...         that many, 2,000 mutants a kind
 *
 * The floors are what is reached; the aims are 100 % of the accepted statements and 99 %
 * of the mutants each way. What is missing: constants that DuckDB computes while it
 * prepares (a text as a time, a range); and casts of constants that DuckDB prepares
 * but can never run, which the binder refuses.
 *
 * Prints productions, functions and depths met. $RANDOM_SQL_SHOW: disagreements. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db.h"
#include "random_sql.h"

enum { SOURCES = 5, FUNCTIONS = 400, DEPTHS = 40, KINDS = 80, MUTATIONS = 10 };

typedef struct source {
    const char *name;
    db *d;
    const db_catalog *c;
} source;

typedef struct tally {
    int n, parsed, accepted, prepared; /* prepared: of the accepted */
    int depth[DEPTHS], kind[KINDS], function[FUNCTIONS], clause[40];
    int mutants[MUTATIONS], duck[MUTATIONS], ours[MUTATIONS]; /* prepared as written; accepted */
    int printed[MUTATIONS], both[MUTATIONS]; /* of the accepted: prepares as printed; as written */
} tally;

static tally total;

static bool prepares(db *d, const char *sql, err *e)
{
    db_result *r = db_prepare(d, sql, e);

    db_result_free(r);
    return r != NULL;
}

/* ---- what was met ----------------------------------------------------- */

enum { C_WITH, C_UNION, C_INTERSECT, C_EXCEPT, C_BY_NAME, C_VALUES, C_DISTINCT, C_WHERE, C_GROUP, C_GROUP_ALL,
       C_HAVING, C_QUALIFY, C_ORDER, C_ORDER_ALL, C_LIMIT, C_OFFSET, C_INNER, C_LEFT, C_RIGHT, C_FULL, C_CROSS,
       C_SEMI, C_ANTI, C_NATURAL, C_USING, C_SUBQUERY_FROM, C_TABLE_FUNCTION, C_OVER, C_FRAME, C_FILTER,
       C_AGGREGATE_ORDER, C_AGGREGATE_DISTINCT, C_NULLS, C_LAST };
static const char *const clause_names[C_LAST] = {
    "WITH", "UNION", "INTERSECT", "EXCEPT", "BY NAME", "VALUES", "DISTINCT", "WHERE", "GROUP BY", "GROUP BY ALL",
    "HAVING", "QUALIFY", "ORDER BY", "ORDER BY ALL", "LIMIT", "OFFSET", "INNER JOIN", "LEFT JOIN", "RIGHT JOIN",
    "FULL JOIN", "CROSS JOIN", "SEMI JOIN", "ANTI JOIN", "NATURAL", "USING", "subquery in FROM", "table function",
    "OVER", "frame", "FILTER", "order in aggregate", "DISTINCT in aggregate", "NULLS FIRST|LAST"};
static const char *const kind_names[] = {
    "NULL", "boolean", "number", "string", "typed", "interval", "column", "star", "unary", "binary", "LIKE",
    "BETWEEN", "IN", "IS", "EXISTS", "scalar subquery", "ANY|ALL", "CASE", "CAST", "call", "EXTRACT", "COLLATE",
    "AT TIME ZONE", "list", "struct", "index", "slice", "field", "row", "grouping"};

static int function_index(const sql_function *f)
{
    for (int i = 0; function_at(i); i++)
        if (function_at(i) == f)
            return i;
    return 0;
}

static bool see_expr(void *arg, const sql_expr *x)
{
    (void)arg;
    total.kind[x->kind]++;
    if (x->kind != SQL_X_CALL)
        return true;
    if (function_find(x->text))
        total.function[function_index(function_find(x->text))]++;
    total.clause[C_OVER] += x->call->over != NULL;
    total.clause[C_FRAME] += x->call->over && x->call->over->frame != SQL_NO_FRAME;
    total.clause[C_FILTER] += x->call->filter != NULL;
    total.clause[C_AGGREGATE_ORDER] += x->call->order.n > 0;
    total.clause[C_AGGREGATE_DISTINCT] += x->call->distinct;
    return true;
}

static bool see_from(void *arg, const sql_from *f)
{
    (void)arg;
    if (f->kind == SQL_F_JOIN) {
        total.clause[C_INNER + (int)f->join]++;
        total.clause[C_NATURAL] += f->natural;
        total.clause[C_USING] += f->using.n > 0;
    }
    total.clause[C_SUBQUERY_FROM] += f->kind == SQL_F_QUERY;
    total.clause[C_TABLE_FUNCTION] += f->kind == SQL_F_FUNCTION;
    return true;
}

static bool see_query(void *arg, const sql_query *q)
{
    const sql_select *s = q->select;

    (void)arg;
    total.clause[C_WITH] += q->n_ctes > 0;
    if (q->kind == SQL_Q_SET)
        total.clause[C_UNION + (int)q->set]++, total.clause[C_BY_NAME] += q->by_name;
    total.clause[C_VALUES] += q->kind == SQL_Q_VALUES;
    total.clause[C_ORDER] += q->order.n > 0;
    total.clause[C_ORDER_ALL] += q->order.all;
    for (int i = 0; i < q->order.n; i++)
        total.clause[C_NULLS] += q->order.at[i].nulls != SQL_NULLS_DEFAULT;
    total.clause[C_LIMIT] += q->limit != NULL;
    total.clause[C_OFFSET] += q->offset != NULL;
    if (!s)
        return true;
    total.clause[C_DISTINCT] += s->distinct;
    total.clause[C_WHERE] += s->where != NULL;
    total.clause[C_GROUP] += s->group.n > 0;
    total.clause[C_GROUP_ALL] += s->group_all;
    total.clause[C_HAVING] += s->having != NULL;
    total.clause[C_QUALIFY] += s->qualify != NULL;
    return true;
}

static void note(const sql_stmt *s)
{
    const sql_visitor v = {see_expr, see_from, see_query, NULL, false};

    total.depth[s->query->depth < DEPTHS ? s->query->depth : DEPTHS - 1]++;
    sql_walk(s->query, &v);
}

/* ---- statements ------------------------------------------------------- */

typedef struct kept { char **at; int *source; int n, cap; } kept; /* accepted ones, to be mutated */

static void keep(kept *k, const char *sql, int from)
{
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 1024;
        k->at = realloc(k->at, (size_t)k->cap * sizeof *k->at);
        k->source = realloc(k->source, (size_t)k->cap * sizeof *k->source);
    }
    k->at[k->n] = strdup(sql);
    k->source[k->n++] = from;
}

static char *accept(arena *a, const source *s, const char *sql, sql_stmt **tree, err *e)
{
    *tree = sql_parse(a, sql, e);
    if (!*tree || !sql_bind(a, *tree, s->c, e) || !sql_guard(*tree, s->c, NULL, e))
        return NULL;
    return sql_print(a, *tree, SQL_DUCKDB, 0);
}

/* DuckDB does not look into a WITH that nothing reads: a mutant there says nothing. */
static bool has_unused_cte(const char *sql)
{
    return strstr(sql, "WITH w ") && !strstr(sql, "FROM w ") && !strstr(sql, "JOIN w ");
}

static void draw(generator *g, const source *sources, int n_sources, kept *k)
{
    const int from = total.n % n_sources;
    const source *s = &sources[from];
    arena *a = arena_new(64u << 20);
    str sql = {0};
    err e = {0};
    sql_stmt *tree;
    char *printed;

    g->c = s->c;
    g_statement(g, &sql);
    total.n++;
    printed = accept(a, s, str_text(&sql), &tree, &e);
    total.parsed += tree != NULL;
    if (tree)
        note(tree);
    if (printed) {
        total.accepted++;
        if (prepares(s->d, printed, &e)) {
            total.prepared++;
            if (sql.n < 3000 && !has_unused_cte(printed))
                keep(k, printed, from);
        } else if (getenv("RANDOM_SQL_SHOW")) {
            printf("ACCEPTED, DOES NOT PREPARE: %s\n  %s\n", e.msg, printed);
        }
    } else if (getenv("RANDOM_SQL_SHOW") && strstr(getenv("RANDOM_SQL_SHOW"), "refused") && g_chance(g, 20) &&
               prepares(s->d, str_text(&sql), &(err){0})) {
        printf("REFUSED, PREPARES: %s\n  %s\n", e.msg, str_text(&sql));
    }
    str_deinit(&sql);
    arena_free(a);
}

/* ---- mutants ---------------------------------------------------------- */

static const char *const mutation_names[MUTATIONS] = {
    "column of the catalog for another", "column for one of its table", "literal of another kind",
    "function for another", "operator for another", "argument dropped", "GROUP BY dropped",
    "alias for another", "CAST to another type", "word doubled or dropped"};

typedef struct words { const char *at[2000]; int n[2000], count; } words;

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void split(const char *sql, words *w)
{
    w->count = 0;
    for (const char *p = sql; *p && w->count < 2000;) {
        const char *start = p;

        if (*p == ' ') {
            p++;
            continue;
        }
        if (*p == '\'' || *p == '"') {
            for (p++; *p && *p != *start; p++) {}
            p += *p != 0;
        } else if (word_char(*p)) {
            while (word_char(*p) || (*p == '.' && p[1] >= '0' && p[1] <= '9'))
                p++;
        } else {
            p++;
        }
        w->at[w->count] = start;
        w->n[w->count++] = (int)(p - start);
    }
}

static bool is(const words *w, int i, const char *text)
{
    return i >= 0 && i < w->count && w->n[i] == (int)strlen(text) && !strncmp(w->at[i], text, strlen(text));
}

static void replace(const char *sql, const words *w, int i, int to, const char *by, str *out)
{
    str_reset(out);
    str_add(out, sql, (size_t)(w->at[i] - sql));
    str_adds(out, by);
    str_adds(out, w->at[to] + w->n[to]);
}

/* A word at which `fits`, from a random place on; -1: none. */
static int find(generator *g, const words *w, bool (*fits)(const words *, int))
{
    const int from = w->count ? (int)g_random(g, (uint32_t)w->count) : 0;

    for (int k = 0; k < w->count; k++)
        if (fits(w, (from + k) % w->count))
            return (from + k) % w->count;
    return -1;
}

static bool fits_column(const words *w, int i) { return is(w, i - 1, ".") && word_char(*w->at[i]); }
static bool fits_alias(const words *w, int i)
{
    return is(w, i + 1, ".") && w->at[i][0] == 't' && w->n[i] > 1 && w->at[i][1] >= '0' && w->at[i][1] <= '9';
}
static bool fits_literal(const words *w, int i)
{
    return w->at[i][0] == '\'' || (w->at[i][0] >= '0' && w->at[i][0] <= '9');
}
static bool fits_call(const words *w, int i)
{
    return is(w, i + 1, "(") && w->at[i][0] >= 'a' && w->at[i][0] <= 'z';
}
static bool fits_operator(const words *w, int i)
{
    return w->n[i] == 1 && strchr("+-*/%<>=", w->at[i][0]) && !is(w, i - 1, "(");
}
static bool fits_argument(const words *w, int i)
{
    return is(w, i, ",") && w->n[i + 1 < w->count ? i + 1 : i] > 0;
}
static bool fits_group(const words *w, int i) { return is(w, i, "GROUP") && is(w, i + 1, "BY"); }
static bool fits_cast(const words *w, int i) { return is(w, i - 1, "AS") && is(w, i + 1, ")") && w->at[i][0] < 'a'; }

/* The end of a GROUP BY: the word before the clause that follows. */
static int group_end(const words *w, int i)
{
    static const char *const ends[] = {"HAVING", "ORDER", "LIMIT", "QUALIFY", "OFFSET", "UNION", "EXCEPT", "INTERSECT"};
    int depth = 0;

    for (int k = i + 1; k < w->count; k++) {
        depth += is(w, k, "(") - is(w, k, ")");
        if (depth < 0)
            return k - 1;
        for (size_t e = 0; !depth && e < sizeof ends / sizeof *ends; e++)
            if (is(w, k, ends[e]))
                return k - 1;
    }
    return w->count - 1;
}

static bool mutate(generator *g, const source *s, const char *sql, int how, str *out)
{
    static bool (*const places[MUTATIONS])(const words *, int) = {
        fits_column, fits_column, fits_literal, fits_call, fits_operator, fits_argument, fits_group, fits_alias,
        fits_cast, NULL};
    static const char *const literals[] = {"'a'", "1", "2.5", "DATE '2024-01-01'", "NULL", "true", "'2024-01-01'"};
    static const char *const operators[] = {"+", "-", "*", "/", "<", ">", "=", "||", "%"};
    static const char *const types[] = {"BIGINT", "DOUBLE", "VARCHAR", "DATE", "BOOLEAN", "TIMESTAMP", "INTERVAL"};
    words *w = calloc(1, sizeof *w);
    const db_table *t = &s->c->tables[g_random(g, (uint32_t)s->c->n_tables)];
    char name[64];
    int i;
    bool ok;

    split(sql, w);
    i = places[how] ? find(g, w, places[how]) : w->count ? (int)g_random(g, (uint32_t)w->count) : -1;
    ok = i >= 0;
    if (ok)
        switch (how) {
        case 0:
        case 1:
            replace(sql, w, i, i, t->columns[g_random(g, (uint32_t)t->n_columns)].name, out);
            break;
        case 2: replace(sql, w, i, i, literals[g_random(g, 7)], out); break;
        case 3: replace(sql, w, i, i, function_at((int)g_random(g, (uint32_t)g->n_functions))->name, out); break;
        case 4: replace(sql, w, i, i, operators[g_random(g, 9)], out); break;
        case 5: replace(sql, w, i, i + 1 < w->count ? i + 1 : i, "", out); break;
        case 6: replace(sql, w, i, group_end(w, i), "", out); break;
        case 7:
            snprintf(name, sizeof name, "t%d", 1 + (int)g_random(g, 4));
            replace(sql, w, i, i, name, out);
            break;
        case 8: replace(sql, w, i, i, types[g_random(g, 7)], out); break;
        default:
            snprintf(name, sizeof name, "%.*s %.*s", w->n[i] < 30 ? w->n[i] : 30, w->at[i], w->n[i] < 30 ? w->n[i] : 30,
                     w->at[i]);
            replace(sql, w, i, i, g_chance(g, 50) ? name : "", out);
        }
    free(w);
    return ok && strcmp(str_text(out), sql);
}

static void compare_mutants(generator *g, const source *sources, const kept *k, int each)
{
    str sql = {0};

    for (int how = 0; how < MUTATIONS && k->n; how++)
        for (int tries = 0; total.mutants[how] < each && tries < 40 * each; tries++) {
            const int i = (int)g_random(g, (uint32_t)k->n);
            const source *s = &sources[k->source[i]];
            arena *a;
            err ours_error = {0}, duck_error = {0};
            sql_stmt *tree;
            bool ours, printed, duck;
            char *text;

            if (!mutate(g, s, k->at[i], how, &sql))
                continue;
            a = arena_new(64u << 20);
            text = accept(a, s, str_text(&sql), &tree, &ours_error);
            ours = text != NULL;
            printed = ours && prepares(s->d, text, &duck_error);
            duck = prepares(s->d, str_text(&sql), &duck_error);
            total.mutants[how]++;
            total.ours[how] += ours;
            total.duck[how] += duck;
            total.printed[how] += printed;
            total.both[how] += ours && duck;
            if ((ours != printed || (duck && !ours)) && getenv("RANDOM_SQL_SHOW"))
                printf("MUTANT %d %s: %s\n  %s\n", how, ours ? "ACCEPTED, DOES NOT PREPARE" : "REFUSED, PREPARES",
                       ours ? duck_error.msg : ours_error.msg, str_text(&sql));
            arena_free(a);
        }
    str_deinit(&sql);
}

/* ---- databases -------------------------------------------------------- */

static const char *const every_type[] = {
    "CREATE TABLE types (b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INTEGER, i64 BIGINT, i128 HUGEINT, u32 UINTEGER, "
    "u64 UBIGINT, f FLOAT, d DOUBLE, m DECIMAL(12,2), s VARCHAR, day DATE, t TIME, ts TIMESTAMP, v INTERVAL, "
    "li INTEGER[], ls VARCHAR[])",
    "INSERT INTO types VALUES (true, 1, 2, 3, 4, 5, 6, 7, 1.5, 2.5, 3.25, 'x', DATE '2024-01-01', TIME '10:00:00', "
    "TIMESTAMP '2024-01-01 10:00:00', INTERVAL 1 DAY, [1, 2], ['a'])",
    "CREATE TABLE people (id INTEGER, name VARCHAR, born DATE, height DOUBLE, manager INTEGER)",
    "INSERT INTO people VALUES (1, 'Ada', DATE '1815-12-10', 1.6, NULL), (2, 'Bo', DATE '1990-01-01', 1.8, 1)", NULL};

static const char *next_of_types(void *arg)
{
    int *i = arg;

    return every_type[*i] ? every_type[(*i)++] : NULL;
}

static bool open_source(source *s, const char *path, const char *name)
{
    err e = {0};

    s->name = name;
    s->d = access(path, R_OK) ? NULL : db_open(path, &(db_options){.threads = 1}, &e);
    s->c = s->d ? db_catalog_get(s->d, &e) : NULL;
    return s->c != NULL;
}

static int open_all(source *sources, const char *folder)
{
    static const char *const training[] = {"college_2", "formula_1", "hr_1"};
    const char *data = getenv("SALESBOT_DATA");
    char path[600];
    str home = {0};
    err e = {0};
    int at = 0, n = 0;

    snprintf(path, sizeof path, "%s/types.duckdb", folder);
    if (db_create(path, &(db_options){.threads = 1}, true, &(db_script){.next = next_of_types, .arg = &at}, &e))
        n += open_source(&sources[n], path, "types");
    else
        fprintf(stderr, "%s\n", e.msg);
    if (home_path(&home, "sales.duckdb", &e))
        n += open_source(&sources[n], home.text, "sales");
    str_deinit(&home);
    for (int i = 0; data && i < 3; i++) {
        snprintf(path, sizeof path, "%s/train_db/%s.sqlite", data, training[i]);
        n += open_source(&sources[n], path, training[i]);
    }
    return n;
}

/* ---- the report ------------------------------------------------------- */

static int report(int least)
{
    int missing = 0, mutants = 0, ours = 0, duck = 0, both = 0, prints = 0;

    printf("depth of the tree:");
    for (int i = 0; i < DEPTHS; i++)
        if (total.depth[i])
            printf(" %d:%d", i, total.depth[i]);
    printf("\nproductions:");
    for (int i = 0; i < C_LAST; i++)
        printf("%s %s %d", i ? "," : "", clause_names[i], total.clause[i]);
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++)
        if (i != SQL_X_AT_ZONE && i != SQL_X_STRUCT && i != SQL_X_FIELD && i != SQL_X_INDEX && i != SQL_X_ROW)
            printf(", %s %d", kind_names[i], total.kind[i]);
    printf("\nfunctions met fewer than %d times:", least);
    for (int i = 0; function_at(i); i++)
        if (total.function[i] < least) {
            printf(" %s %d", function_at(i)->name, total.function[i]);
            missing++;
        }
    printf("%s\nmutants: kind, how many, prepared by DuckDB, accepted by the binder, both\n", missing ? "" : " none");
    for (int i = 0; i < MUTATIONS; i++) {
        printf("  %-34s %5d  %5d  %5d  %5d\n", mutation_names[i], total.mutants[i], total.duck[i], total.ours[i],
               total.both[i]);
        mutants += total.mutants[i], ours += total.ours[i], duck += total.duck[i], both += total.both[i];
        prints += total.printed[i];
    }
    printf("%d statements, %d parsed, %d accepted, of these %d prepare; %d mutants: of %d accepted %d prepare "
           "(%.2f %%), of %d that prepare %d are accepted (%.2f %%)\n", total.n, total.parsed, total.accepted,
           total.prepared, mutants, ours, prints, 100.0 * prints / (ours ? ours : 1), duck, both,
           100.0 * both / (duck ? duck : 1));
    return total.prepared * 1000 >= total.accepted * 997 && prints * 100 >= ours * 99 && both * 100 >= duck * 94 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *given = getenv("RANDOM_SQL"), *seed = getenv("RANDOM_SQL_SEED");
    const int n = given && atoi(given) > 0 ? atoi(given) : 4000;
    char folder[] = "/tmp/salesbot-random-XXXXXX", command[64];
    generator g = {.state = seed ? strtoull(seed, NULL, 10) : 1};
    source sources[SOURCES] = {{0}};
    kept k = {0};
    int n_sources, code;
    err e;

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    if (!db_available(&(db_options){0}, &e) || !mkdtemp(folder)) {
        printf("skipped: %s\n", e.msg);
        return 77;
    }
    n_sources = open_all(sources, folder);
    for (int i = 0; n_sources && i < n; i++)
        draw(&g, sources, n_sources, &k);
    compare_mutants(&g, sources, &k, n >= 100000 ? 2000 : 250);
    for (int i = 0; i < n_sources; i++) {
        printf("%s%s", i ? ", " : "over ", sources[i].name);
        db_close(sources[i].d);
    }
    printf("\n");
    code = report(n >= 100000 ? 100 : 1);
    for (int i = 0; i < k.n; i++)
        free(k.at[i]);
    free(k.at);
    free(k.source);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) || code || !n_sources;
}
