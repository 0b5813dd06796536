/* executor_export.c - a result as a Parquet file, written by DuckDB's COPY.
 *
 * The child may write only into its private folder; the parent takes the file
 * from there. Types stay what they are; HUGEINT, which Parquet lacks and DuckDB
 * would round to DOUBLE, becomes DECIMAL(38,0), or text where a value has more
 * digits; so does what may hold one (lists, structs) and what Parquet has no type for. */
#include "db/executor_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Kinds beyond the plain ones that COPY writes as they are. */
static bool is_kept(int kind)
{
    static const int kept[] = {DUCKDB_VARCHAR, DUCKDB_BLOB, DUCKDB_UUID, DUCKDB_INTERVAL, DUCKDB_ENUM,
                               DUCKDB_TIMESTAMP_S, DUCKDB_TIMESTAMP_MS, DUCKDB_TIMESTAMP_NS,
                               DUCKDB_TIMESTAMP_TZ, DUCKDB_TIME_TZ};

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (kept[i] == kind)
            return true;
    return false;
}

static const char *cast_of(const query *q, int column, bool wide_as_text)
{
    const int kind = q->kinds[column];

    if (kind == DUCKDB_HUGEINT || kind == DUCKDB_UHUGEINT)
        return wide_as_text ? "VARCHAR" : "DECIMAL(38,0)";
    return q->columns[column].type == DB_TEXT && !is_kept(kind) ? "VARCHAR" : NULL;
}

static void add_name(str *out, const char *name)
{
    str_addc(out, '"');
    for (; *name; name++) {
        if (*name == '"')
            str_addc(out, '"');
        str_addc(out, *name);
    }
    str_addc(out, '"');
}

/* Two columns of a file may not share a name: the later one gets a number. */
static void add_unique(str *out, const query *q, int column)
{
    str name = {0};
    int again = 0;

    for (int i = 0; i < column; i++)
        again += str_equal_nocase(q->columns[i].name, q->columns[column].name);
    str_adds(&name, q->columns[column].name);
    if (again)
        str_addf(&name, "_%d", again + 1);
    add_name(out, str_text(&name));
    out->bad = out->bad || name.bad;
    str_deinit(&name);
}

static void add_copy(str *out, const executor *x, const ask *m, const query *q, bool wide_as_text)
{
    size_t n = strlen(m->sql);

    while (n && (m->sql[n - 1] == ';' || isspace((unsigned char)m->sql[n - 1])))
        n--;
    str_adds(out, "COPY (SELECT ");
    for (int c = 0; c < q->n_columns; c++) {
        const char *cast = cast_of(q, c, wide_as_text);

        str_addf(out, cast ? "%sCAST(c%d AS %s) AS " : "%sc%d AS ", c ? ", " : "", c, cast);
        add_unique(out, q, c);
    }
    str_adds(out, " FROM (\n");
    str_add(out, m->sql, n);
    str_adds(out, "\n) AS t(");
    for (int c = 0; c < q->n_columns; c++)
        str_addf(out, "%sc%d", c ? ", " : "", c);
    str_addf(out, ") LIMIT %lld) TO '", (long long)m->max_rows);
    for (const char *p = x->open.temporary; *p; p++) {
        if (*p == '\'')
            str_addc(out, '\'');
        str_addc(out, *p);
    }
    str_adds(out, "/" EXPORT_NAME "' (FORMAT parquet, USE_TMP_FILE false)");
}

/* COPY gives one row: how many rows it wrote. */
static bool copy(executor *x, const ask *m, const query *shown, bool wide_as_text, int64_t *n, err *e)
{
    query q = {0};
    str sql = {0};
    duckdb_chunk chunk;
    bool failed = false, ok;

    add_copy(&sql, x, m, shown, wide_as_text);
    ok = (!sql.bad || err_set(e, ERR_NOMEM, "out of memory")) &&
         query_prepare(x, str_text(&sql), false, &q, e) && query_start(x, &q, e);
    while (ok && (chunk = query_next(x, &q, &failed, e))) {
        const cells c = cells_of(x, chunk, 0);

        for (uint64_t row = 0; row < x->api.data_chunk_get_size(chunk); row++)
            *n = cell_valid(&c, row) ? cell_integer(&c, row) : 0;
        x->api.destroy_data_chunk(&chunk);
    }
    str_deinit(&sql);
    query_deinit(x, &q);
    return ok && !failed;
}

static bool has_wide(const query *q)
{
    for (int c = 0; c < q->n_columns; c++)
        if (q->kinds[c] == DUCKDB_HUGEINT || q->kinds[c] == DUCKDB_UHUGEINT)
            return true;
    return false;
}

bool answer_export(executor *x, const ask *m, err *e)
{
    query shown = {0};
    str out = {0};
    char count[32];
    int64_t n = 0;
    bool ok = query_prepare(x, m->sql, true, &shown, e);

    if (ok && !copy(x, m, &shown, false, &n, e))
        ok = has_wide(&shown) && e->code == ERR_DB && copy(x, m, &shown, true, &n, e);
    snprintf(count, sizeof count, "%lld", (long long)n);
    wire_put_text(&out, count);
    ok = ok && channel_send(EXECUTOR_SOCKET, REPLY_TEXT, &out, e);
    str_deinit(&out);
    query_deinit(x, &shown);
    return ok;
}
