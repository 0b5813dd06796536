/* records.c - questions and statements out of the layouts that public sets have.
 *
 *     Spider                db_id, question, query
 *     BIRD                  db_id, question, evidence, SQL
 *     sql-create-context    question, context (CREATE TABLE …), answer
 *     ours, plain           db_id, question, evidence?, sql, source?
 *
 * as JSON lines, as one JSON array, or as Parquet or CSV, which the database's child reads;
 * a folder is all such files in it.
 * A line that can't be read becomes a record that says why. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "data/data_impl.h"

enum { FILE_LIMIT = 1 << 30, RECORD_ARENA = 1 << 30, LINE_LIMIT = 1 << 20, FOLDER_DEPTH = 3 };
#define MOST_ROWS 5000000

typedef enum field { DB_ID, QUESTION, SQL, SOURCE, EVIDENCE, CONTEXT } field;

/* Spider, BIRD and sql-create-context speak SQLite. */
static const struct { const char *key; field to; bool is_sqlite; } keys[] = {
    {"db_id", DB_ID, false}, {"database_id", DB_ID, false}, {"question", QUESTION, false}, {"sql", SQL, false},
    {"query", SQL, true}, {"SQL", SQL, true}, {"answer", SQL, true}, {"source", SOURCE, false},
    {"evidence", EVIDENCE, false}, {"context", CONTEXT, false},
};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

static const char **slot(record *r, field f)
{
    const char **at[] = {&r->db_id, &r->question, &r->sql, &r->source, &r->evidence, &r->context};

    return at[f];
}

static record *new_record(records *r, int64_t line)
{
    if (r->n == r->cap) {
        const int64_t cap = r->cap ? r->cap * 2 : 1024;
        record *grown = realloc(r->at, (size_t)cap * sizeof *grown);

        if (!grown)
            return NULL;
        r->at = grown;
        r->cap = cap;
    }
    r->at[r->n] = (record){.line = line, .file = r->file};
    return &r->at[r->n++];
}

static void check(record *r)
{
    if (r->broken)
        return;
    if (!r->question || !*r->question)
        r->broken = "it has no \"question\"";
    else if (!r->sql || !*r->sql)
        r->broken = "it has no statement (\"sql\", \"query\", \"SQL\" or \"answer\")";
    else if (!r->db_id && !r->context)
        r->broken = "it names no database (\"db_id\") and has no CREATE TABLE (\"context\")";
}

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "the data do not fit in memory"); }

static bool add_object(records *r, const json_t *j, int64_t line, const char *broken, err *e)
{
    record *one = new_record(r, line);

    if (!one)
        return no_memory(e);
    one->broken = broken ? arena_str(r->a, broken) : json_is_object(j) ? NULL : "it is no JSON object";
    for (int i = 0; i < N_KEYS && !one->broken; i++) {
        const char *text = json_string_value(json_object_get(j, keys[i].key));
        const char **to = slot(one, keys[i].to);

        if (!text || *to)
            continue;
        if (!(*to = arena_str(r->a, text)))
            return no_memory(e);
        one->is_sqlite |= keys[i].is_sqlite;
    }
    check(one);
    return true;
}

static bool read_lines(const str *all, records *r, err *e)
{
    const char *at = all->text, *end = at + all->n;

    for (int64_t line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t n = (size_t)((stop ? stop : end) - at);
        json_error_t where;
        json_t *j;
        bool ok;

        if (strspn(at, " \t\r") < n) {
            j = n <= LINE_LIMIT ? json_loadb(at, n, JSON_REJECT_DUPLICATES, &where) : NULL;
            ok = add_object(r, j, line, j ? NULL : n > LINE_LIMIT ? "it is longer than 1 MB" : where.text, e);
            json_decref(j);
            if (!ok)
                return false;
        }
        at += n + 1;
    }
    return true;
}

static bool read_array(const char *file, const str *all, records *r, err *e)
{
    json_error_t where;
    json_t *j = json_loadb(all->text, all->n, 0, &where);
    bool ok = true;

    if (!j)
        return err_set(e, ERR_FORMAT, "%s:%d: %s", file, where.line, where.text);
    for (size_t i = 0; ok && i < json_array_size(j); i++)
        ok = add_object(r, json_array_get(j, i), (int64_t)i + 1, NULL, e);
    json_decref(j);
    return ok;
}

static bool take_row(records *r, const db_result *rows, int64_t row, err *e)
{
    record *one = new_record(r, row + 1);
    char buffer[64];

    if (!one)
        return no_memory(e);
    for (int i = 0; i < N_KEYS; i++)
        for (int k = 0; k < rows->n_columns; k++) {
            const char **to = slot(one, keys[i].to);

            if (*to || strcmp(rows->columns[k].name, keys[i].key) || db_cell_null(rows, row, k))
                continue;
            if (!(*to = arena_str(r->a, db_cell_text(rows, row, k, buffer))))
                return no_memory(e);
            one->is_sqlite |= keys[i].is_sqlite;
        }
    check(one);
    return true;
}

static bool read_table(const char *file, records *r, err *e)
{
    db *d = db_open(file, &(db_options){.no_cache = true}, e);
    const db_catalog *c = d ? db_catalog_get(d, e) : NULL;
    db_result *rows = NULL;
    str sql = {0};
    bool ok = c != NULL;

    if (ok) {
        str_adds(&sql, "SELECT * FROM \"");
        for (const char *p = c->tables[0].name; *p; p++)
            str_addf(&sql, *p == '"' ? "\"\"" : "%c", *p);
        str_adds(&sql, "\"");
        rows = db_execute(d, str_text(&sql), &(db_limits){MOST_ROWS, FILE_LIMIT, 600000}, e);
        ok = rows != NULL;
    }
    if (ok && rows->truncated)
        ok = err_set(e, ERR_LIMIT, "%s: more than a training file can hold: give a part of it", file);
    for (int64_t i = 0; ok && i < rows->n_rows; i++)
        ok = take_row(r, rows, i, e);
    db_result_free(rows);
    str_deinit(&sql);
    db_close(d);
    return ok;
}

static bool read_file(const char *file, records *r, err *e)
{
    str all = {0};
    bool ok;

    if (!(r->file = arena_str(r->a, file)))
        return no_memory(e);
    if (str_ends(file, ".parquet") || str_ends(file, ".csv"))
        return read_table(file, r, e);
    if (!file_read(file, FILE_LIMIT, &all, e))
        return false;
    if (all.n >= 4 && !memcmp(all.text, "PAR1", 4)) {
        str_deinit(&all);
        return read_table(file, r, e);
    }
    if (all.n && all.text[strspn(all.text, " \t\r\n")] == '[')
        ok = read_array(file, &all, r, e);
    else
        ok = all.n == 0 || read_lines(&all, r, e);
    str_deinit(&all);
    return ok;
}

static int is_data(const struct dirent *entry)
{
    static const char *const ends[] = {".json", ".jsonl", ".parquet", ".csv"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(entry->d_name, ends[i]))
            return *entry->d_name != '.';
    return entry->d_type == DT_DIR && *entry->d_name != '.';
}

static bool is_folder(const char *path)
{
    struct stat st;

    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool read_folder(const char *folder, int depth, records *r, err *e)
{
    struct dirent **entries = NULL;
    const int n = scandir(folder, &entries, is_data, alphasort);
    bool ok = n >= 0 || err_set(e, ERR_IO, "%s: the folder can't be read", folder);

    for (int i = 0; i < n; i++) {
        str path = {0};

        str_addf(&path, "%s/%s", folder, entries[i]->d_name);
        if (ok && is_folder(str_text(&path)))
            ok = depth == 0 || read_folder(str_text(&path), depth - 1, r, e);
        else if (ok)
            ok = read_file(str_text(&path), r, e);
        str_deinit(&path);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool records_read(const char *file, records *r, err *e)
{
    *r = (records){.a = arena_new(RECORD_ARENA)};
    if (!r->a)
        return no_memory(e);
    if (!(is_folder(file) ? read_folder(file, FOLDER_DEPTH, r, e) : read_file(file, r, e)))
        return false;
    return r->n > 0 || err_set(e, ERR_FORMAT, "%s has no lines: nothing to import", file);
}

void records_deinit(records *r)
{
    free(r->at);
    arena_free(r->a);
    *r = (records){0};
}
