/* sqlite_schema.c - tables, columns and keys of a SQLite file.
 *
 * Names may be anything: empty, twice the same but for case, not UTF-8. Each
 * gets a name that DuckDB can hold; values are read under the name in the file. */
#include <stdio.h>
#include <string.h>

#include "db/sqlite_impl.h"

static bool no_memory(err *e)
{
    return err_set(e, ERR_NOMEM, "the file's schema does not fit in memory");
}

bool lite_failed(lite *l, const char *what, err *e)
{
    const int code = l->file ? sqlite3_errcode(l->file) & 0xff : SQLITE_NOMEM;
    str said = {0};

    if (watch_stopped(l->x) == STOP_CANCEL)
        return err_set(e, ERR_CANCELLED, "interrupted");
    text_clean(&said, l->file ? sqlite3_errmsg(l->file) : "out of memory",
               l->file ? strlen(sqlite3_errmsg(l->file)) : 13);
    if (code == SQLITE_NOTADB)
        err_set(e, ERR_DB, "%s: not a SQLite database, or an encrypted one: decrypt it first, or "
                           "restore it from a copy", what);
    else if (code == SQLITE_CORRUPT)
        err_set(e, ERR_DB, "%s: the SQLite file is damaged (%s): restore it from a copy, or save "
                           "what can be read with `sqlite3 FILE .recover`", what, str_text(&said));
    else if (code == SQLITE_TOOBIG)
        err_set(e, ERR_LIMIT, "%s: a row is larger than %d MB", what, 4 * LITE_CELL_MAX >> 20);
    else if (code == SQLITE_NOMEM)
        err_set(e, ERR_LIMIT, "%s: SQLite needs more memory than it may have", what);
    else
        err_set(e, ERR_DB, "%s: %s", what, str_text(&said));
    str_deinit(&said);
    return false;
}

static const char *copied(lite *l, const char *text)
{
    return arena_str(l->a, text ? text : "");
}

static const char *cleaned(lite *l, const char *text)
{
    str clean = {0};
    const char *out;

    text_clean(&clean, text, strnlen(text, LITE_NAME_MAX));
    out = clean.bad ? NULL : arena_str(l->a, str_text(&clean));
    str_deinit(&clean);
    return out;
}

static const char *cell(sqlite3_stmt *s, int i)
{
    const char *text = (const char *)sqlite3_column_text(s, i);

    return text ? text : "";
}

/* ---- names ------------------------------------------------------------ */

static bool table_taken(const lite *l, const char *name, int n)
{
    for (int i = 0; i < n; i++)
        if (str_equal_nocase(l->tables[i].name, name))
            return true;
    return false;
}

static bool column_taken(const lite_table *t, const char *name, int n)
{
    for (int i = 0; i < n; i++)
        if (str_equal_nocase(t->columns[i].name, name))
            return true;
    return false;
}

/* The name as DuckDB can hold it, not taken by the n before it; NULL: no memory. */
static const char *usable(lite *l, const char *source, const lite_table *t, int n)
{
    str name = {0};
    const char *found = NULL;
    size_t length;

    if (*source && strlen(source) <= LITE_NAME_MAX)
        text_clean(&name, source, strlen(source));
    else
        str_addf(&name, "%s%d", t ? "column" : "table", n + 1);
    length = name.n;
    for (int k = 2; !name.bad && !found; k++) {
        if (!(t ? column_taken(t, str_text(&name), n) : table_taken(l, str_text(&name), n))) {
            found = arena_str(l->a, str_text(&name));
            break;
        }
        name.n = length;
        str_addf(&name, "_%d", k);
    }
    str_deinit(&name);
    return found;
}

/* ---- tables ----------------------------------------------------------- */

static sqlite3_stmt *prepared(lite *l, const char *sql, const char *argument, err *e)
{
    sqlite3_stmt *s = NULL;

    if (sqlite3_prepare_v2(l->file, sql, -1, &s, NULL) == SQLITE_OK &&
        (!argument || sqlite3_bind_text(s, 1, argument, -1, SQLITE_STATIC) == SQLITE_OK))
        return s;
    sqlite3_finalize(s);
    lite_failed(l, "reading its schema", e);
    return NULL;
}

/* True if a step gave a row; at the end or on failure false, then *ok says which. */
static bool row(lite *l, sqlite3_stmt *s, bool *ok, err *e)
{
    const int got = sqlite3_step(s);

    *ok = got == SQLITE_ROW || got == SQLITE_DONE || lite_failed(l, "reading its schema", e);
    return got == SQLITE_ROW;
}

static bool add_table(lite *l, sqlite3_stmt *s, err *e)
{
    lite_table *t = &l->tables[l->n_tables];
    const char *kind = cell(s, 1);

    if (l->n_tables == LITE_TABLES_MAX)
        return err_set(e, ERR_LIMIT, "the file has more than %d tables", LITE_TABLES_MAX);
    *t = (lite_table){.source = copied(l, cell(s, 0)), .is_view = !strcmp(kind, "view")};
    t->name = t->source ? usable(l, t->source, NULL, l->n_tables) : NULL;
    if (!t->name)
        return no_memory(e);
    l->n_tables++;
    if (!strcmp(kind, "virtual"))
        return lite_leave_out(l, t, "it is a virtual table, whose module is not trusted", e);
    return true;
}

static bool read_tables(lite *l, err *e)
{
    sqlite3_stmt *s = prepared(l, "SELECT name, type FROM pragma_table_list WHERE schema = 'main' "
                                  "AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                                  "ORDER BY type = 'view', name", NULL, e);
    bool ok = s != NULL;

    l->tables = arena_push(l->a, lite_table, LITE_TABLES_MAX);
    if (s && !l->tables)
        ok = no_memory(e);
    while (ok && row(l, s, &ok, e))
        ok = add_table(l, s, e);
    sqlite3_finalize(s);
    return ok;
}

/* ---- columns ---------------------------------------------------------- */

static bool add_column(lite *l, lite_table *t, sqlite3_stmt *s, err *e)
{
    lite_column *c = &t->columns[t->n_columns];

    if (sqlite3_column_int(s, 4) == 1) /* hidden */
        return true;
    if (t->n_columns == LITE_COLUMNS_MAX)
        return err_set(e, ERR_LIMIT, "table %s has more than %d columns", t->name,
                       LITE_COLUMNS_MAX);
    *c = (lite_column){.source = copied(l, cell(s, 0)),
                       .declared = cleaned(l, cell(s, 1)),
                       .not_null = sqlite3_column_int(s, 2) != 0,
                       .key = sqlite3_column_int(s, 3),
                       .all_iso = true};
    c->name = c->source ? usable(l, c->source, t, t->n_columns) : NULL;
    if (!c->name || !c->declared)
        return no_memory(e);
    t->n_columns++;
    return true;
}

/* In two passes: how many, then which. */
static bool read_columns(lite *l, lite_table *t, err *e)
{
    static const char sql[] = "SELECT name, type, \"notnull\", pk, hidden "
                              "FROM pragma_table_xinfo(?1) ORDER BY cid";
    sqlite3_stmt *s = prepared(l, sql, t->source, e);
    bool ok = s != NULL;
    int n = 0;

    while (ok && row(l, s, &ok, e))
        n++;
    if (ok)
        sqlite3_reset(s);
    t->columns = arena_push(l->a, lite_column, (size_t)n + 1);
    if (ok && !t->columns)
        ok = no_memory(e);
    while (ok && t->n_columns < n && row(l, s, &ok, e))
        ok = add_column(l, t, s, e);
    sqlite3_finalize(s);
    return ok;
}

static bool read_all_columns(lite *l, err *e)
{
    for (int i = 0; i < l->n_tables; i++) {
        lite_table *t = &l->tables[i];
        err why = {0};

        if (t->left_out)
            continue;
        if (!read_columns(l, t, &why)) {
            if (!t->is_view || why.code == ERR_CANCELLED)
                return *e = why, false;
            if (!lite_leave_out(l, t, why.msg, e))
                return false;
        } else if (!t->n_columns && !lite_leave_out(l, t, "it has no columns", e)) {
            return false;
        }
    }
    return true;
}

/* ---- keys ------------------------------------------------------------- */

static lite_table *table_of(const lite *l, const char *source)
{
    for (int i = 0; i < l->n_tables; i++)
        if (!l->tables[i].left_out && str_equal_nocase(l->tables[i].source, source))
            return &l->tables[i];
    return NULL;
}

static const lite_column *column_of(const lite_table *t, const char *source)
{
    for (int i = 0; i < t->n_columns; i++)
        if (str_equal_nocase(t->columns[i].source, source))
            return &t->columns[i];
    return NULL;
}

/* The n-th column of the primary key: what a reference without columns means. */
static const lite_column *key_of(const lite_table *t, int n)
{
    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].key == n)
            return &t->columns[i];
    return NULL;
}

enum { KEYS_MAX = 20000 };

static void add_key(lite *l, const lite_table *t, sqlite3_stmt *s)
{
    const lite_table *to = table_of(l, cell(s, 1));
    const lite_column *c = column_of(t, cell(s, 0)), *to_column = NULL;

    if (to)
        to_column = sqlite3_column_type(s, 2) == SQLITE_NULL
                        ? key_of(to, sqlite3_column_int(s, 3) + 1)
                        : column_of(to, cell(s, 2));
    if (c && to_column && l->n_keys < KEYS_MAX)
        l->keys[l->n_keys++] = (lite_key){t, to, c, to_column};
}

static bool read_keys(lite *l, err *e)
{
    l->keys = arena_push(l->a, lite_key, KEYS_MAX);
    if (!l->keys)
        return no_memory(e);
    for (int i = 0; i < l->n_tables; i++) {
        const lite_table *t = &l->tables[i];
        sqlite3_stmt *s;
        bool ok;

        if (t->left_out || t->is_view)
            continue;
        s = prepared(l, "SELECT \"from\", \"table\", \"to\", seq "
                        "FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq", t->source, e);
        ok = s != NULL;
        while (ok && row(l, s, &ok, e))
            add_key(l, t, s);
        sqlite3_finalize(s);
        if (!ok)
            return false;
    }
    return true;
}

bool lite_schema_read(lite *l, err *e)
{
    return read_tables(l, e) && read_all_columns(l, e) && read_keys(l, e);
}

/* ---- rows ------------------------------------------------------------- */

static void add_source(str *sql, const char *name)
{
    str_addc(sql, '"');
    for (; *name; name++) {
        if (*name == '"')
            str_addc(sql, '"');
        str_addc(sql, *name);
    }
    str_addc(sql, '"');
}

sqlite3_stmt *lite_rows(lite *l, const lite_table *t, err *e)
{
    sqlite3_stmt *s = NULL;
    str sql = {0};
    bool ok;

    for (int i = 0; i < t->n_columns; i++) {
        str_adds(&sql, i ? ", " : "SELECT ");
        add_source(&sql, t->columns[i].source);
    }
    str_adds(&sql, " FROM main.");
    add_source(&sql, t->source);
    if (t->is_view)
        str_addf(&sql, " LIMIT %d", LITE_VIEW_ROWS_MAX + 1);
    ok = sql.bad ? no_memory(e)
                 : sqlite3_prepare_v2(l->file, sql.text, (int)sql.n, &s, NULL) == SQLITE_OK ||
                       lite_failed(l, t->name, e);
    str_deinit(&sql);
    if (ok)
        return s;
    sqlite3_finalize(s);
    return NULL;
}
