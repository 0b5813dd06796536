/* sqlite_copy.c - the second reading: rows into DuckDB, then the keys.
 *
 * Keys are written down, not enforced: SQLite seldom checks them, so that its
 * files break their own, and DuckDB's index over them costs more than the
 * table. The catalog reads them from the schema KEYS_SCHEMA, which no
 * statement can name. */
#include <stdio.h>
#include <string.h>

#include "db/sqlite_impl.h"

static void add_quoted(str *out, const char *text, char quote)
{
    str_addc(out, quote);
    for (; *text; text++) {
        if (*text == quote)
            str_addc(out, quote);
        str_addc(out, *text);
    }
    str_addc(out, quote);
}

static bool run(lite *l, str *sql, err *e)
{
    const bool ok = sql->bad ? err_set(e, ERR_NOMEM, "out of memory")
                             : executor_run(l->x, str_text(sql), e);

    str_reset(sql);
    return ok;
}

static bool create_table(lite *l, const lite_table *t, err *e)
{
    str sql = {0};
    bool ok;

    str_adds(&sql, "BEGIN; CREATE TABLE ");
    add_quoted(&sql, t->name, '"');
    for (int i = 0; i < t->n_columns; i++) {
        const lite_column *c = &t->columns[i];

        str_adds(&sql, i ? ", " : " (");
        add_quoted(&sql, c->name, '"');
        str_addf(&sql, " %s%s", lite_type_sql(c->type),
                 c->not_null && !c->has_null ? " NOT NULL" : "");
    }
    str_adds(&sql, ")");
    ok = run(l, &sql, e);
    str_deinit(&sql);
    return ok;
}

/* ---- values ----------------------------------------------------------- */

/* Bytes that are text come as text; others as hexadecimal, large ones as their size. */
static void add_blob(str *out, const unsigned char *bytes, size_t n)
{
    enum { SHOWN = 1 << 16 };

    if (!memchr(bytes ? bytes : (const unsigned char *)"", 0, n) &&
        utf8_valid((const char *)bytes, n))
        str_add(out, (const char *)bytes, n);
    else if (n > SHOWN)
        str_addf(out, "(%zu bytes)", n);
    else
        for (size_t i = 0; i < n; i++)
            str_addf(out, "%02x", bytes[i]);
}

static bool put_text(lite *l, duckdb_appender to, sqlite3_stmt *s, int i, str *buffer)
{
    const size_t n = (size_t)sqlite3_column_bytes(s, i);

    str_reset(buffer);
    if (sqlite3_column_type(s, i) == SQLITE_BLOB) {
        add_blob(buffer, sqlite3_column_blob(s, i), n);
    } else {
        const char *text = (const char *)sqlite3_column_text(s, i);

        text_clean(buffer, text ? text : "", text ? (size_t)sqlite3_column_bytes(s, i) : 0);
    }
    return !buffer->bad &&
           l->x->api.append_varchar_length(to, str_text(buffer), buffer->n) == DUCKDB_OK;
}

static bool put_moment(lite *l, duckdb_appender to, sqlite3_stmt *s, int i, lite_type type)
{
    const char *text = (const char *)sqlite3_column_text(s, i);
    int64_t days = 0, micros = 0;
    bool has_clock;

    if (!text || !lite_iso(text, (size_t)sqlite3_column_bytes(s, i), &days, &micros, &has_clock))
        return false;
    if (type == LITE_DATE)
        return l->x->api.append_date(to, (duckdb_date){(int32_t)days}) == DUCKDB_OK;
    return l->x->api.append_timestamp(to, (duckdb_timestamp){days * 86400000000 + micros}) ==
           DUCKDB_OK;
}

static bool put(lite *l, duckdb_appender to, sqlite3_stmt *s, int i, lite_type type, str *buffer)
{
    if (sqlite3_column_type(s, i) == SQLITE_NULL)
        return l->x->api.append_null(to) == DUCKDB_OK;
    switch (type) {
    case LITE_INTEGER: return l->x->api.append_int64(to, sqlite3_column_int64(s, i)) == DUCKDB_OK;
    case LITE_DOUBLE: return l->x->api.append_double(to, sqlite3_column_double(s, i)) == DUCKDB_OK;
    case LITE_DATE:
    case LITE_TIMESTAMP: return put_moment(l, to, s, i, type);
    default: return put_text(l, to, s, i, buffer);
    }
}

/* ---- rows ------------------------------------------------------------- */

static bool within_limits(lite *l, const lite_table *t, sqlite3_stmt *s, err *e)
{
    for (int i = 0; i < t->n_columns; i++) {
        const int type = sqlite3_column_type(s, i);
        const int n = type == SQLITE_TEXT || type == SQLITE_BLOB ? sqlite3_column_bytes(s, i) : 8;

        if (n > LITE_CELL_MAX)
            return err_set(e, ERR_LIMIT, "%s.%s holds a value of %d MB; at most %d MB can be read",
                           t->name, t->columns[i].name, n >> 20, LITE_CELL_MAX >> 20);
        l->bytes_left -= n;
    }
    return l->bytes_left >= 0 ||
           err_set(e, ERR_LIMIT, "table %s gives far more than the file holds", t->name);
}

static bool copy_row(lite *l, const lite_table *t, duckdb_appender to, sqlite3_stmt *s,
                     str *buffer, err *e)
{
    bool ok = within_limits(l, t, s, e);

    if (!ok)
        return false;
    for (int i = 0; ok && i < t->n_columns; i++)
        ok = put(l, to, s, i, t->columns[i].type, buffer);
    ok = ok && l->x->api.appender_end_row(to) == DUCKDB_OK;
    if (!ok) {
        const char *why = l->x->api.appender_error(to);

        return buffer->bad ? err_set(e, ERR_NOMEM, "out of memory")
                           : query_failed(l->x, 0, why ? why : "a value changed while it was read",
                                          e);
    }
    l->rows_done++;
    return lite_say(l, t->name, 0.4 + 0.6 * (double)l->rows_done / (double)(l->n_rows + 1), false,
                    e);
}

static bool copy_rows(lite *l, const lite_table *t, duckdb_appender to, err *e)
{
    sqlite3_stmt *s = lite_rows(l, t, e);
    str buffer = {0};
    bool ok = s != NULL;
    int got = SQLITE_DONE;

    for (int64_t n = 0; ok && n < t->n_rows && (got = sqlite3_step(s)) == SQLITE_ROW; n++)
        ok = copy_row(l, t, to, s, &buffer, e) &&
             (watch_stopped(l->x) == STOP_NONE || err_set(e, ERR_CANCELLED, "interrupted"));
    ok = ok && (got == SQLITE_DONE || got == SQLITE_ROW || lite_failed(l, t->name, e));
    sqlite3_finalize(s);
    str_deinit(&buffer);
    return ok;
}

bool lite_copy(lite *l, const lite_table *t, err *e)
{
    duckdb_appender to = NULL;
    bool ok = create_table(l, t, e);

    if (!ok)
        return false;
    if (l->x->api.appender_create(l->x->connection, NULL, t->name, &to)) {
        const char *why = to ? l->x->api.appender_error(to) : NULL;

        ok = query_failed(l->x, 0, why, e);
    }
    l->view_deadline = t->is_view ? now_ms() + 2 * LITE_VIEW_MS_MAX : 0;
    ok = ok && copy_rows(l, t, to, e);
    l->view_deadline = 0;
    if (ok && l->x->api.appender_flush(to))
        ok = query_failed(l->x, 0, l->x->api.appender_error(to), e);
    if (to)
        l->x->api.appender_destroy(&to);
    return ok && executor_run(l->x, "COMMIT", e);
}

/* ---- keys ------------------------------------------------------------- */

bool lite_copy_keys(lite *l, err *e)
{
    str sql = {0};
    bool ok;

    str_adds(&sql, "BEGIN; CREATE SCHEMA " KEYS_SCHEMA "; CREATE TABLE " KEYS_SCHEMA ".columns ("
                   "table_name VARCHAR, column_name VARCHAR, declared VARCHAR, key INTEGER); "
                   "CREATE TABLE " KEYS_SCHEMA ".keys (table_name VARCHAR, column_name VARCHAR, "
                   "to_table VARCHAR, to_column VARCHAR)");
    ok = run(l, &sql, e);
    for (int i = 0; ok && i < l->n_tables; i++) {
        const lite_table *t = &l->tables[i];

        for (int k = 0; ok && !t->left_out && k < t->n_columns; k++) {
            str_adds(&sql, k ? ", (" : "INSERT INTO " KEYS_SCHEMA ".columns VALUES (");
            add_quoted(&sql, t->name, '\'');
            str_addc(&sql, ',');
            add_quoted(&sql, t->columns[k].name, '\'');
            str_addc(&sql, ',');
            add_quoted(&sql, t->columns[k].declared, '\'');
            str_addf(&sql, ",%d)", t->columns[k].key);
        }
        ok = t->left_out || run(l, &sql, e);
    }
    for (int i = 0; ok && i < l->n_keys; i++) {
        const lite_key *k = &l->keys[i];
        const char *const names[] = {k->table->name, k->column->name, k->to_table->name,
                                     k->to_column->name};

        str_adds(&sql, "INSERT INTO " KEYS_SCHEMA ".keys VALUES (");
        for (int n = 0; n < 4; n++) {
            str_adds(&sql, n ? "," : "");
            add_quoted(&sql, names[n], '\'');
        }
        str_adds(&sql, ")");
        ok = run(l, &sql, e);
    }
    str_deinit(&sql);
    return ok && executor_run(l->x, "COMMIT", e);
}
