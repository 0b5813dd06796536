/* executor_query.c - prepare, execute and explain in the child. */
#include "db/executor_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool query_failed(executor *x, int type, const char *message, err *e)
{
    const stop_reason stop = watch_stopped(x);
    str text = {0};
    bool full;

    if (stop == STOP_CANCEL)
        return err_set(e, ERR_CANCELLED, "interrupted");
    if (stop == STOP_TIME)
        return err_set(e, ERR_LIMIT, "the statement took longer than its time limit and was "
                                     "stopped: ask for less, or raise the limit");
    message = message ? message : "DuckDB gave no reason";
    if (type == DUCKDB_ERR_MEMORY || strstr(message, "Out of Memory Error"))
        return err_set(e, ERR_LIMIT, "the statement needs more memory than the limit allows: "
                                     "ask for less, or raise the limit");
    text_clean(&text, message, strlen(message));
    full = strstr(message, "No space left") || strstr(message, "File too large");
    err_set(e, full ? ERR_IO : ERR_DB, "%s", str_text(&text));
    str_deinit(&text);
    return false;
}

void query_deinit(executor *x, query *q)
{
    if (q->has_result)
        x->api.destroy_result(&q->result);
    if (q->prepared)
        x->api.destroy_prepare(&q->prepared);
    for (int i = 0; i < q->n_columns; i++)
        free((void *)(uintptr_t)q->columns[i].name);
    free(q->columns);
    free(q->kinds);
    *q = (query){0};
}

/* The type that a column has for us; DB_TEXT for all that comes as its text. */
static db_type type_of(int kind)
{
    switch (kind) {
    case DUCKDB_BOOLEAN:
        return DB_BOOLEAN;
    case DUCKDB_TINYINT:
    case DUCKDB_SMALLINT:
    case DUCKDB_INTEGER:
    case DUCKDB_BIGINT:
    case DUCKDB_UTINYINT:
    case DUCKDB_USMALLINT:
    case DUCKDB_UINTEGER:
        return DB_INTEGER;
    case DUCKDB_UBIGINT:
    case DUCKDB_HUGEINT:
    case DUCKDB_UHUGEINT:
    case DUCKDB_DECIMAL:
        return DB_DECIMAL;
    case DUCKDB_FLOAT:
    case DUCKDB_DOUBLE:
        return DB_DOUBLE;
    case DUCKDB_DATE:
        return DB_DATE;
    case DUCKDB_TIME:
        return DB_TIME;
    case DUCKDB_TIMESTAMP:
        return DB_TIMESTAMP;
    default:
        return DB_TEXT;
    }
}

static bool describe(executor *x, query *q, err *e)
{
    const uint64_t n = x->api.prepared_statement_column_count(q->prepared);

    if (n == 0 || n > COLUMNS_MAX)
        return err_set(e, ERR_DB, "the statement has %s columns", n ? "too many" : "no");
    q->columns = calloc(n, sizeof *q->columns);
    q->kinds = calloc(n, sizeof *q->kinds);
    if (!q->columns || !q->kinds)
        return err_set(e, ERR_NOMEM, "out of memory");
    q->n_columns = (int)n;
    for (uint64_t i = 0; i < n; i++) {
        duckdb_logical type = x->api.prepared_statement_column_logical_type(q->prepared, i);
        const char *name = x->api.prepared_statement_column_name(q->prepared, i);
        schema_column *c = &q->columns[i];
        str clean = {0};

        text_clean(&clean, name ? name : "", name ? strlen(name) : 0);
        x->api.free((void *)(uintptr_t)name);
        c->name = str_take(&clean);
        q->kinds[i] = x->api.get_type_id(type);
        c->type = type_of(q->kinds[i]);
        c->scale = q->kinds[i] == DUCKDB_DECIMAL ? x->api.decimal_scale(type) : 0;
        x->api.destroy_logical_type(&type);
        q->needs_text |= c->type == DB_TEXT && q->kinds[i] != DUCKDB_VARCHAR;
        if (!c->name)
            return err_set(e, ERR_NOMEM, "out of memory");
    }
    return true;
}

bool query_prepare(executor *x, const char *sql, bool only_select, query *q, err *e)
{
    duckdb_statements all = NULL;
    const uint64_t n = x->api.extract_statements(x->connection, sql, &all);
    bool ok = true;

    if (n == 0) {
        const char *why = x->api.extract_statements_error(all);

        ok = why ? query_failed(x, 0, why, e) : err_set(e, ERR_DB, "there is no statement");
    } else if (n > 1) {
        ok = err_set(e, ERR_DB, "one statement at a time, not %llu", (unsigned long long)n);
    } else if (x->api.prepare_extracted_statement(x->connection, all, 0, &q->prepared)) {
        ok = query_failed(x, 0, x->api.prepare_error(q->prepared), e);
    } else if (only_select && x->api.prepared_statement_type(q->prepared) != DUCKDB_SELECT) {
        ok = err_set(e, ERR_DB, "only SELECT statements are run");
    } else if (x->api.nparams(q->prepared) > 0) {
        ok = err_set(e, ERR_DB, "the statement has parameters, and there are no values for them");
    }
    if (all)
        x->api.destroy_extracted(&all);
    return ok && describe(x, q, e);
}

bool query_start(executor *x, query *q, err *e)
{
    duckdb_pending pending = NULL;
    bool ok = true;

    if (x->api.pending_prepared_streaming(q->prepared, &pending)) {
        ok = query_failed(x, 0, x->api.pending_error(pending), e);
    } else {
        q->has_result = true;
        if (x->api.execute_pending(pending, &q->result))
            ok = query_failed(x, x->api.result_error_type(&q->result),
                              x->api.result_error(&q->result), e);
    }
    x->api.destroy_pending(&pending);
    return ok;
}

duckdb_chunk query_next(executor *x, query *q, bool *failed, err *e)
{
    duckdb_chunk chunk = x->api.fetch_chunk(q->result);
    const char *why;

    *failed = false;
    if (chunk && watch_stopped(x) == STOP_NONE)
        return chunk;
    why = chunk ? "stopped" : x->api.result_error(&q->result);
    x->api.destroy_data_chunk(&chunk);
    if (why || watch_stopped(x) != STOP_NONE)
        *failed = !query_failed(x, x->api.result_error_type(&q->result), why, e);
    return NULL;
}

/* ---- rows ------------------------------------------------------------- */

/* Bytes that are not UTF-8 become three each, and a batch must fit a frame. */
enum { ROW_BYTES = 16 << 20 };
_Static_assert(3 * ((int64_t)ROW_BYTES + BATCH_BYTES) < FRAME_MAX, "a batch fits a frame");

typedef struct sender {
    executor *x;
    const ask *m;
    const query *q;
    int64_t rows, bytes; /* sent */
    bool truncated;
} sender;

static void put_texts(str *out, const cells *c, uint64_t from, uint64_t to)
{
    str bytes = {0};

    wire_put_u32(out, 0);
    for (uint64_t row = from; row < to; row++) {
        if (cell_valid(c, row))
            cell_text(c, row, &bytes);
        str_addc(&bytes, 0);
        wire_put_u32(out, (uint32_t)bytes.n);
    }
    out->bad = out->bad || bytes.bad;
    str_add(out, str_text(&bytes), bytes.n);
    str_deinit(&bytes);
}

static void put_valid(str *out, const cells *c, uint64_t from, uint64_t to)
{
    char bytes[256];
    size_t n = 0;

    for (uint64_t row = from; row < to; row++) {
        bytes[n++] = cell_valid(c, row);
        if (n == sizeof bytes || row + 1 == to) {
            str_add(out, bytes, n);
            n = 0;
        }
    }
}

static void put_column(str *out, const cells *c, db_type type, uint64_t from, uint64_t to)
{
    put_valid(out, c, from, to);
    if (type == DB_TEXT || type == DB_DECIMAL) {
        put_texts(out, c, from, to);
        return;
    }
    for (uint64_t row = from; row < to; row++) {
        uint64_t bits = 0;

        if (cell_valid(c, row) && type == DB_DOUBLE) {
            const double v = vector_number(c, row);

            memcpy(&bits, &v, sizeof bits);
        } else if (cell_valid(c, row)) {
            bits = (uint64_t)cell_integer(c, row);
        }
        wire_put_u64(out, bits);
    }
}

static bool send_rows(const sender *s, const cells *columns, uint64_t from, uint64_t to, err *e)
{
    str out = {0};
    bool ok;

    wire_put_u32(&out, (uint32_t)(to - from));
    for (int c = 0; c < s->q->n_columns; c++)
        put_column(&out, &columns[c], s->q->columns[c].type, from, to);
    ok = channel_send(EXECUTOR_SOCKET, REPLY_ROWS, &out, e);
    str_deinit(&out);
    return ok;
}

/* The rows of a chunk, in batches, until a limit is reached. */
static bool send_chunk(sender *s, const cells *columns, uint64_t n, err *e)
{
    uint64_t from = 0, row = 0;
    int64_t batch = 0;

    for (; row < n; row++) {
        uint64_t size = 0;

        for (int c = 0; c < s->q->n_columns; c++)
            size += cell_size(&columns[c], row);
        s->bytes += (int64_t)size;
        s->truncated = s->rows + (int64_t)(row - from) >= s->m->max_rows ||
                       s->bytes > s->m->max_bytes;
        if (s->truncated)
            break;
        if (size > ROW_BYTES)
            return err_set(e, ERR_LIMIT, "a single row is larger than %d MiB: select fewer or "
                                         "shorter columns", ROW_BYTES >> 20);
        if (batch && batch + (int64_t)size > BATCH_BYTES) {
            if (!send_rows(s, columns, from, row, e))
                return false;
            s->rows += (int64_t)(row - from);
            from = row;
            batch = 0;
        }
        batch += (int64_t)size;
    }
    if (row == from)
        return true;
    s->rows += (int64_t)(row - from);
    return send_rows(s, columns, from, row, e);
}

static bool send_result(sender *s, query *q, err *e)
{
    cells *columns = calloc((size_t)q->n_columns, sizeof *columns);
    duckdb_chunk chunk;
    bool failed = false, ok = columns || err_set(e, ERR_NOMEM, "out of memory");

    while (ok && !s->truncated && (chunk = query_next(s->x, q, &failed, e))) {
        const uint64_t n = s->x->api.data_chunk_get_size(chunk);

        ok = s->x->api.data_chunk_get_column_count(chunk) == (uint64_t)q->n_columns ||
             err_set(e, ERR_DB, "DuckDB sent other columns than it announced");
        for (int c = 0; ok && c < q->n_columns; c++)
            columns[c] = cells_of(s->x, chunk, c);
        ok = ok && send_chunk(s, columns, n, e);
        s->x->api.destroy_data_chunk(&chunk);
    }
    free(columns);
    return ok && !failed;
}

/* sql without the blanks and semicolons at its end, as a subquery whose
 * unusual columns are cast to text. DuckDB keeps a subquery's order. */
static char *wrap(const char *sql, const query *q)
{
    str out = {0};
    size_t n = strlen(sql);

    while (n && (sql[n - 1] == ';' || isspace((unsigned char)sql[n - 1])))
        n--;
    str_adds(&out, "SELECT ");
    for (int c = 0; c < q->n_columns; c++) {
        const bool cast = q->columns[c].type == DB_TEXT && q->kinds[c] != DUCKDB_VARCHAR;

        str_addf(&out, cast ? "%sCAST(c%d AS VARCHAR)" : "%sc%d", c ? ", " : "", c);
    }
    str_adds(&out, " FROM (\n");
    str_add(&out, sql, n);
    str_adds(&out, "\n) AS t(");
    for (int c = 0; c < q->n_columns; c++)
        str_addf(&out, "%sc%d", c ? ", " : "", c);
    str_adds(&out, ")");
    return str_take(&out);
}

static bool send_schema(const query *q, err *e)
{
    str out = {0};
    bool ok;

    schema_put(&out, q->columns, (size_t)q->n_columns);
    ok = channel_send(EXECUTOR_SOCKET, REPLY_SCHEMA, &out, e);
    str_deinit(&out);
    return ok;
}

static bool send_end(const sender *s, double began, err *e)
{
    str out = {0};
    bool ok;

    done_put(&out, s->truncated, clock_ms() - began);
    ok = channel_send(EXECUTOR_SOCKET, REPLY_DONE, &out, e);
    str_deinit(&out);
    return ok;
}

bool answer_prepare(executor *x, const ask *m, err *e)
{
    query q = {0};
    const bool ok = query_prepare(x, m->sql, true, &q, e) && send_schema(&q, e);

    query_deinit(x, &q);
    return ok;
}

bool answer_execute(executor *x, const ask *m, err *e)
{
    const double began = clock_ms();
    query shown = {0}, wrapped = {0}, *run = &shown;
    sender s = {.x = x, .m = m, .q = &shown};
    bool ok = query_prepare(x, m->sql, true, &shown, e);

    if (ok && shown.needs_text) {
        char *sql = wrap(m->sql, &shown);

        ok = (sql || err_set(e, ERR_NOMEM, "out of memory")) &&
             query_prepare(x, sql, true, &wrapped, e);
        run = &wrapped;
        free(sql);
    }
    ok = ok && query_start(x, run, e) && send_schema(&shown, e) && send_result(&s, run, e) &&
         send_end(&s, began, e);
    query_deinit(x, &wrapped);
    query_deinit(x, &shown);
    return ok;
}

bool answer_explain(executor *x, const ask *m, err *e)
{
    query checked = {0}, explained = {0};
    str sql = {0}, text = {0}, out = {0};
    duckdb_chunk chunk;
    bool failed = false, ok;

    str_addf(&sql, "EXPLAIN %s", m->sql);
    ok = query_prepare(x, m->sql, true, &checked, e) &&
         query_prepare(x, str_text(&sql), false, &explained, e) &&
         query_start(x, &explained, e);
    while (ok && (chunk = query_next(x, &explained, &failed, e))) {
        const cells c = cells_of(x, chunk, explained.n_columns - 1);

        for (uint64_t row = 0; row < x->api.data_chunk_get_size(chunk); row++)
            if (c.kind == DUCKDB_VARCHAR && cell_valid(&c, row))
                cell_text(&c, row, &text);
        x->api.destroy_data_chunk(&chunk);
    }
    wire_put_textn(&out, str_text(&text), text.n);
    ok = ok && !failed && channel_send(EXECUTOR_SOCKET, REPLY_TEXT, &out, e);
    str_deinit(&sql);
    str_deinit(&text);
    str_deinit(&out);
    query_deinit(x, &explained);
    query_deinit(x, &checked);
    return ok;
}
