/* executor_catalog.c - reading a database's catalog in the child.
 *
 * Names, types, keys and comments come from DuckDB's own tables; then each
 * table is scanned for counts and ranges, and each text column for its values.
 * A table that is too slow or cannot be read (a view over a file that is gone)
 * keeps its columns and has no numbers: a catalog is better than none. */
#include "db/executor_impl.h"

#include <stdlib.h>
#include <string.h>

enum {
    TABLES_MAX = 4096,
    SAMPLES = 20,
    SAMPLE_FROM = 2000,          /* rows that samples are taken from */
    EXACT_MAX = 10000,           /* distinct values are counted exactly up to about here */
    VALUE_BUDGET = 24 << 20,     /* bytes of values in one table's frame */
    CATALOG_BYTES = 512 << 20,
};

/* Rows of text; NULL cells are NULL. */
typedef struct grid {
    const char ***rows; /* (n_rows)(n_columns), in the arena */
    int n_rows, n_columns;
} grid;

typedef struct reader {
    executor *x;
    arena *a;
    db_table *tables;
    int n_tables;
} reader;

static bool no_memory(err *e)
{
    return err_set(e, ERR_NOMEM, "the catalog does not fit in memory");
}

static const char *cell_copy(arena *a, const cells *c, uint64_t row)
{
    str text = {0};
    const char *copied;

    cell_text(c, row, &text);
    copied = text.bad ? NULL : arena_strn(a, str_text(&text), text.n);
    str_deinit(&text);
    return copied;
}

static bool grid_add(reader *r, duckdb_chunk chunk, grid *g, int *cap, err *e)
{
    const int n = (int)r->x->api.data_chunk_get_size(chunk);
    cells c;

    if (g->n_rows + n > *cap) {
        const int grown = 2 * (g->n_rows + n);
        const char ***rows = arena_push(r->a, const char **, (size_t)grown);

        if (!rows)
            return no_memory(e);
        if (g->n_rows)
            memcpy(rows, g->rows, (size_t)g->n_rows * sizeof *rows);
        g->rows = rows;
        *cap = grown;
    }
    for (int row = 0; row < n; row++)
        if (!(g->rows[g->n_rows + row] = arena_push(r->a, const char *, (size_t)g->n_columns)))
            return no_memory(e);
    for (int column = 0; column < g->n_columns; column++) {
        c = cells_of(r->x, chunk, column);
        if (c.kind != DUCKDB_VARCHAR)
            return err_set(e, ERR_INTERNAL, "the catalog's columns are to be text");
        for (int row = 0; row < n; row++)
            if (cell_valid(&c, (uint64_t)row) &&
                !(g->rows[g->n_rows + row][column] = cell_copy(r->a, &c, (uint64_t)row)))
                return no_memory(e);
    }
    g->n_rows += n;
    return true;
}

/* Every column of `sql` is VARCHAR. */
static bool ask_grid(reader *r, const char *sql, grid *g, err *e)
{
    query q = {0};
    duckdb_chunk chunk;
    int cap = 0;
    bool failed = false, ok;

    *g = (grid){0};
    ok = query_prepare(r->x, sql, true, &q, e) && query_start(r->x, &q, e);
    g->n_columns = q.n_columns;
    while (ok && (chunk = query_next(r->x, &q, &failed, e))) {
        ok = grid_add(r, chunk, g, &cap, e);
        r->x->api.destroy_data_chunk(&chunk);
    }
    query_deinit(r->x, &q);
    return ok && !failed;
}

static const char *or_empty(const char *text) { return text ? text : ""; }
static int64_t number(const char *text)       { return text ? strtoll(text, NULL, 10) : -1; }

/* ---- schema ----------------------------------------------------------- */

#define HERE "database_name = current_database() AND schema_name = current_schema()"

static const char sql_tables[] =
    "SELECT table_name, comment, 'f' FROM duckdb_tables() WHERE " HERE " AND NOT internal "
    "UNION ALL SELECT view_name, comment, 't' FROM duckdb_views() WHERE " HERE " AND NOT internal "
    "ORDER BY 1";
static const char sql_columns[] =
    "SELECT table_name, column_name, data_type, comment, CAST(is_nullable AS VARCHAR) "
    "FROM duckdb_columns() WHERE " HERE " AND NOT internal ORDER BY table_name, column_index";
static const char sql_keys[] =
    "SELECT table_name, constraint_type, column_name, referenced_table, referenced_column "
    "FROM (SELECT table_name, constraint_type, referenced_table, "
    "unnest(constraint_column_names) AS column_name, "
    "unnest(referenced_column_names) AS referenced_column, constraint_index "
    "FROM duckdb_constraints() WHERE " HERE
    " AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')) ORDER BY table_name, constraint_index";

static db_type type_of_text(const char *text)
{
    static const struct {
        const char *name;
        db_type type;
    } types[] = {{"BOOLEAN", DB_BOOLEAN},   {"TINYINT", DB_INTEGER},   {"SMALLINT", DB_INTEGER},
                 {"INTEGER", DB_INTEGER},   {"BIGINT", DB_INTEGER},    {"UTINYINT", DB_INTEGER},
                 {"USMALLINT", DB_INTEGER}, {"UINTEGER", DB_INTEGER},  {"UBIGINT", DB_DECIMAL},
                 {"HUGEINT", DB_DECIMAL},   {"UHUGEINT", DB_DECIMAL},  {"FLOAT", DB_DOUBLE},
                 {"DOUBLE", DB_DOUBLE},     {"DATE", DB_DATE},         {"TIME", DB_TIME},
                 {"TIMESTAMP", DB_TIMESTAMP}};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(text, types[i].name))
            return types[i].type;
    if (str_starts(text, "DECIMAL(") && str_ends(text, ")"))
        return DB_DECIMAL;
    return DB_TEXT;
}

static db_table *table_named(reader *r, const char *name)
{
    for (int i = 0; name && i < r->n_tables; i++)
        if (!strcmp(r->tables[i].name, name))
            return &r->tables[i];
    return NULL;
}

static const char sql_has_imported[] =
    "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() "
    "AND schema_name = '" KEYS_SCHEMA "' AND table_name IN ('columns', 'keys')";
static const char sql_imported_keys[] =
    "SELECT table_name, 'PRIMARY KEY', column_name, NULL, NULL FROM " KEYS_SCHEMA ".columns "
    "WHERE key > 0 UNION ALL SELECT table_name, 'FOREIGN KEY', column_name, to_table, to_column "
    "FROM " KEYS_SCHEMA ".keys";

/* The tables are ours while they are read; their fields are const for users. */
static db_column *column_at(const db_table *t, int i)
{
    return (db_column *)(uintptr_t)&t->columns[i];
}

static int column_named(const db_table *t, const char *name)
{
    for (int i = 0; t && name && i < t->n_columns; i++)
        if (!strcmp(t->columns[i].name, name))
            return i;
    return -1;
}

static bool read_tables(reader *r, err *e)
{
    grid g;

    if (!ask_grid(r, sql_tables, &g, e))
        return false;
    if (g.n_rows > TABLES_MAX)
        return err_set(e, ERR_LIMIT, "the database has %d tables; %d can be read", g.n_rows,
                       TABLES_MAX);
    r->tables = arena_push(r->a, db_table, (size_t)g.n_rows + 1);
    if (!r->tables)
        return no_memory(e);
    r->n_tables = g.n_rows;
    for (int i = 0; i < g.n_rows; i++)
        r->tables[i] = (db_table){.name = or_empty(g.rows[i][0]),
                                  .comment = or_empty(g.rows[i][1]),
                                  .is_view = *or_empty(g.rows[i][2]) == 't',
                                  .n_rows = -1};
    return true;
}

static bool read_columns(reader *r, err *e)
{
    db_column *columns;
    db_table *last = NULL;
    grid g;

    if (!ask_grid(r, sql_columns, &g, e))
        return false;
    columns = arena_push(r->a, db_column, (size_t)g.n_rows + 1);
    if (!columns)
        return no_memory(e);
    for (int i = 0; i < g.n_rows; i++) {
        db_table *t = table_named(r, g.rows[i][0]);

        if (!t || t->n_columns == COLUMNS_MAX)
            continue;
        if (t != last)
            t->columns = columns + i;
        last = t;
        columns[i] = (db_column){.name = or_empty(g.rows[i][1]),
                                 .type_text = or_empty(g.rows[i][2]),
                                 .comment = or_empty(g.rows[i][3]),
                                 .nullable = *or_empty(g.rows[i][4]) == 't',
                                 .fk_table = -1,
                                 .fk_column = -1,
                                 .n_distinct = -1,
                                 .n_null = -1,
                                 .min_text = "",
                                 .max_text = ""};
        columns[i].type = type_of_text(columns[i].type_text);
        t->n_columns++;
    }
    return true;
}

static bool read_keys_of(reader *r, const char *sql, err *e)
{
    grid g;

    if (!ask_grid(r, sql, &g, e))
        return false;
    for (int i = 0; i < g.n_rows; i++) {
        const db_table *t = table_named(r, g.rows[i][0]), *to = table_named(r, g.rows[i][3]);
        const int at = column_named(t, g.rows[i][2]), to_at = column_named(to, g.rows[i][4]);

        if (at < 0)
            continue;
        if (!strcmp(or_empty(g.rows[i][1]), "PRIMARY KEY"))
            column_at(t, at)->primary_key = true;
        else if (to_at >= 0 && t->columns[at].fk_table < 0) {
            column_at(t, at)->fk_table = (int)(to - r->tables);
            column_at(t, at)->fk_column = to_at;
        }
    }
    return true;
}

/* DuckDB's own constraints, and those that an import wrote down. */
static bool read_keys(reader *r, err *e)
{
    grid g;
    err ignored;

    if (!read_keys_of(r, sql_keys, e) || !ask_grid(r, sql_has_imported, &g, e))
        return false;
    return g.n_rows != 2 || read_keys_of(r, sql_imported_keys, &ignored) ||
           watch_stopped(r->x) == STOP_NONE || err_set(e, ERR_CANCELLED, "interrupted");
}

/* ---- numbers ---------------------------------------------------------- */

static void add_name(str *out, const char *name)
{
    str_addc(out, '"');
    for (; *name; name++)
        str_adds(out, *name == '"' ? "\"\"" : (char[2]){*name, 0});
    str_addc(out, '"');
}

/* The column as text. */
static void add_text_of(str *out, const db_column *c)
{
    str_adds(out, "CAST(");
    add_name(out, c->name);
    str_adds(out, " AS VARCHAR)");
}

static bool ask_str(reader *r, str *sql, grid *g, err *e)
{
    const bool ok = sql->bad ? no_memory(e) : ask_grid(r, sql->text, g, e);

    str_deinit(sql);
    return ok;
}

enum { PER_COLUMN = 5 }; /* numbers of each column in the query below */

static void add_statistics(str *sql, const db_column *c)
{
    const bool is_text = c->type == DB_TEXT, plain = !strcmp(c->type_text, "VARCHAR");

    str_adds(sql, ", CAST(count(");
    add_name(sql, c->name);
    str_adds(sql, ") AS VARCHAR), CAST(approx_count_distinct(");
    add_name(sql, c->name);
    str_adds(sql, ") AS VARCHAR), ");
    for (int i = 0; i < 2; i++) {
        str_adds(sql, is_text ? "left(" : "CAST(");
        str_adds(sql, i ? "max(" : "min(");
        if (is_text && !plain)
            add_text_of(sql, c);
        else
            add_name(sql, c->name);
        str_addf(sql, is_text ? "), %d), " : ") AS VARCHAR), ", DB_VALUE_BYTES_MAX / 4);
    }
    if (is_text) {
        str_adds(sql, "CAST(max(strlen(");
        add_text_of(sql, c);
        str_adds(sql, ")) AS VARCHAR)");
    } else {
        str_adds(sql, "CAST(NULL AS VARCHAR)");
    }
}

static bool read_statistics(reader *r, db_table *t, int64_t *longest, err *e)
{
    str sql = {0};
    grid g;

    str_adds(&sql, "SELECT CAST(count(*) AS VARCHAR)");
    for (int i = 0; i < t->n_columns; i++)
        add_statistics(&sql, &t->columns[i]);
    str_adds(&sql, " FROM ");
    add_name(&sql, t->name);
    if (!ask_str(r, &sql, &g, e))
        return false;
    if (g.n_rows != 1 || g.n_columns != 1 + PER_COLUMN * t->n_columns)
        return err_set(e, ERR_DB, "table %s: its statistics have the wrong shape", t->name);
    t->n_rows = number(g.rows[0][0]);
    for (int i = 0; i < t->n_columns; i++) {
        const char **cell = g.rows[0] + 1 + PER_COLUMN * i;
        db_column *c = column_at(t, i);

        c->n_null = t->n_rows - number(cell[0]);
        c->n_distinct = number(cell[1]);
        c->min_text = or_empty(cell[2]);
        c->max_text = or_empty(cell[3]);
        longest[i] = number(cell[4]);
    }
    return true;
}

/* Will all values of the column be listed? Then they are counted there. */
static bool is_listed(const db_column *c, int64_t longest, int64_t budget)
{
    return c->type == DB_TEXT && c->n_distinct <= DB_VALUES_MAX + DB_VALUES_MAX / 5 &&
           longest <= DB_VALUE_BYTES_MAX && budget > 0;
}

/* Exact numbers of distinct values where there are not many. One branch per
 * column: count(DISTINCT) of many columns at once is several times slower. */
static bool read_distinct(reader *r, db_table *t, const bool *listed, err *e)
{
    const char *before = "";
    str sql = {0};
    grid g;

    for (int i = 0; i < t->n_columns; i++) {
        if (listed[i] || t->columns[i].n_distinct > EXACT_MAX + EXACT_MAX / 5)
            continue;
        str_addf(&sql, "%sSELECT '%d' AS k, CAST(count(*) AS VARCHAR) AS n FROM (SELECT DISTINCT ",
                 before, i);
        add_name(&sql, t->columns[i].name);
        str_adds(&sql, " FROM ");
        add_name(&sql, t->name);
        str_adds(&sql, " WHERE ");
        add_name(&sql, t->columns[i].name);
        str_adds(&sql, " IS NOT NULL)");
        before = " UNION ALL ";
    }
    if (!sql.n)
        return true;
    if (!ask_str(r, &sql, &g, e))
        return false;
    for (int row = 0; row < g.n_rows && g.n_columns == 2; row++) {
        const int64_t i = number(g.rows[row][0]);

        if (i >= 0 && i < t->n_columns)
            column_at(t, (int)i)->n_distinct = number(g.rows[row][1]);
    }
    return true;
}

/* Distinct values as text, with the column's number. */
static void add_values_query(str *sql, const db_table *t, int i, bool all)
{
    str_addf(sql, "SELECT '%d' AS k, v FROM (SELECT DISTINCT v FROM (SELECT ", i);
    add_text_of(sql, &t->columns[i]);
    str_adds(sql, " AS v FROM ");
    add_name(sql, t->name);
    str_adds(sql, " WHERE ");
    add_name(sql, t->columns[i].name);
    str_adds(sql, " IS NOT NULL");
    if (!all)
        str_addf(sql, " LIMIT %d", SAMPLE_FROM);
    str_addf(sql, ") WHERE strlen(v) <= %d ORDER BY v LIMIT %d)", DB_VALUE_BYTES_MAX,
             all ? DB_VALUES_MAX + 1 : SAMPLES);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The column's rows of the grid become its values, at most n. */
static bool take_values(reader *r, const grid *g, db_column *c, int i, int n, err *e)
{
    const char **values = arena_push(r->a, const char *, (size_t)n + 1);

    if (!values)
        return no_memory(e);
    c->n_values = 0;
    for (int row = 0; row < g->n_rows && c->n_values < n; row++)
        if (number(g->rows[row][0]) == i)
            values[c->n_values++] = or_empty(g->rows[row][1]);
    qsort(values, (size_t)c->n_values, sizeof *values, by_bytes);
    c->values = values;
    return true;
}

static bool read_list(reader *r, db_table *t, int i, int64_t *budget, err *e)
{
    db_column *c = column_at(t, i);
    str sql = {0};
    grid g;

    add_values_query(&sql, t, i, true);
    if (!ask_str(r, &sql, &g, e))
        return false;
    c->values_complete = g.n_rows <= DB_VALUES_MAX;
    if (c->values_complete)
        c->n_distinct = g.n_rows;
    if (!take_values(r, &g, c, i, c->values_complete ? g.n_rows : SAMPLES, e))
        return false;
    for (int v = 0; v < c->n_values; v++)
        *budget -= (int64_t)strlen(c->values[v]) + 5;
    return true;
}

/* Some values of all columns that are not listed, in one statement. */
static bool read_samples(reader *r, db_table *t, const bool *listed, err *e)
{
    const char *before = "";
    str sql = {0};
    grid g;

    for (int i = 0; i < t->n_columns; i++) {
        if (listed[i])
            continue;
        str_adds(&sql, before);
        add_values_query(&sql, t, i, false);
        before = " UNION ALL ";
    }
    if (!sql.n)
        return true;
    if (!ask_str(r, &sql, &g, e))
        return false;
    for (int i = 0; i < t->n_columns; i++)
        if (!listed[i] && !take_values(r, &g, column_at(t, i), i, SAMPLES, e))
            return false;
    return true;
}

static bool read_numbers_of(reader *r, db_table *t, err *e)
{
    int64_t *longest = arena_push(r->a, int64_t, (size_t)t->n_columns + 1);
    bool *listed = arena_push(r->a, bool, (size_t)t->n_columns + 1);
    int64_t budget = VALUE_BUDGET;

    if (!longest || !listed)
        return no_memory(e);
    if (t->n_columns == 0 || !read_statistics(r, t, longest, e))
        return t->n_columns == 0;
    for (int i = 0; i < t->n_columns; i++) {
        listed[i] = is_listed(&t->columns[i], longest[i], budget);
        if (listed[i] && !read_list(r, t, i, &budget, e))
            return false;
    }
    return read_distinct(r, t, listed, e) && read_samples(r, t, listed, e);
}

static bool read_numbers(reader *r, db_table *t, err *e)
{
    err ignored;

    return read_numbers_of(r, t, &ignored) || watch_stopped(r->x) != STOP_CANCEL ||
           err_set(e, ERR_CANCELLED, "interrupted");
}

static bool send_table(const db_table *t, err *e)
{
    str out = {0};
    bool ok;

    table_put(&out, t);
    ok = channel_send(EXECUTOR_SOCKET, REPLY_TABLE, &out, e);
    str_deinit(&out);
    return ok;
}

bool answer_catalog(executor *x, const ask *m, err *e)
{
    reader r = {.x = x, .a = arena_new(CATALOG_BYTES)};
    bool ok = r.a || no_memory(e);

    (void)m;
    ok = ok && read_tables(&r, e) && read_columns(&r, e) && read_keys(&r, e);
    for (int i = 0; ok && i < r.n_tables; i++)
        ok = read_numbers(&r, &r.tables[i], e) && send_table(&r.tables[i], e);
    arena_free(r.a);
    return ok;
}
