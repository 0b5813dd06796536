/* cases.h - text-table tests: blocks of lines parted by a blank line.
 *
 * A line `catalog` begins a catalog: `table: column TYPE, column TYPE`, a
 * table a line, up to the blank line. Other blocks are a query (one line or
 * more) and what must come out: `= printed SQL`, `! part of the message`
 * (refused), `~ explanation`, `@ name type, name type` (the columns), `% limit` (passes;
 * what running it must do is for tests/system/test_guard.c). A line `# …` is a
 * comment; `deny table.column`, `allow table.column`, `only table`, `function name`
 * and `rows table: condition` set a policy for the query below them; `sqlite` reads
 * it as SQLite would. A table whose name is followed by ` view` is one. */
#ifndef SQL_CASES_H
#define SQL_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "sql/tree.h"

typedef struct case_file case_file;
struct case_file {
    arena *a;
    db_catalog catalog;
    const char *file;
    int line, n, n_failed;
    /* what runs it; may be NULL. `printed` NULL: refused; `want` as in the file */
    void (*ran)(void *arg, struct case_file *c, const char *query, const char *printed,
                const char *want);
    void *arg;
};

static inline char *trimmed(char *text)
{
    char *end = text + strlen(text);

    while (*text == ' ')
        text++;
    while (end > text && end[-1] == ' ')
        *--end = 0;
    return text;
}

static inline void add_table(case_file *c, char *line)
{
    char *colon = strchr(line, ':'), *save = NULL;
    db_table *all = arena_push(c->a, db_table, (size_t)c->catalog.n_tables + 1);
    db_table *t = all + c->catalog.n_tables;
    db_column *columns = arena_push(c->a, db_column, 64);

    if (!colon || !columns || !all)
        abort();
    *colon = 0;
    if (c->catalog.n_tables)
        memcpy(all, c->catalog.tables, (size_t)c->catalog.n_tables * sizeof *all);
    t->is_view = strlen(line) > 5 && !strcmp(line + strlen(line) - 5, " view");
    if (t->is_view)
        line[strlen(line) - 5] = 0;
    t->name = arena_str(c->a, trimmed(line));
    t->columns = columns;
    for (char *p = strtok_r(colon + 1, ";", &save); p; p = strtok_r(NULL, ";", &save)) {
        char *name = trimmed(p), *space = strchr(name, ' ');

        columns[t->n_columns].type_text = space ? arena_str(c->a, trimmed(space)) : "VARCHAR";
        if (space)
            *space = 0;
        columns[t->n_columns++].name = arena_str(c->a, name);
    }
    c->catalog.tables = all;
    c->catalog.n_tables++;
}

static inline void failed(case_file *c, const char *query, const char *want, const char *got)
{
    c->n_failed++;
    fprintf(stderr, "%s:%d: %s\n  wanted: %s\n  got:    %s\n", c->file, c->line, query, want, got);
}

/* The columns as "name type, name type". */
static inline char *columns_of(arena *a, const sql_stmt *s)
{
    str text = {0};
    char *copy;

    for (int i = 0; i < sql_n_columns(s); i++) {
        const sql_output o = sql_column_at(s, i);

        str_addf(&text, "%s%s %s", i ? ", " : "", o.name, o.type);
    }
    copy = arena_str(a, str_text(&text));
    str_deinit(&text);
    return copy;
}

static inline void run_case(case_file *c, const char *query, char **wants, int n,
                            const sql_policy *p, bool sqlite)
{
    arena *a = arena_new(64u << 20);
    err e = {0};
    const char *text = sqlite ? sql_from_sqlite(a, query, &c->catalog, &e) : query;
    sql_stmt *s = text ? sql_parse(a, text, &e) : NULL;
    const bool ok = s && sql_bind(a, s, &c->catalog, &e) && sql_guard(s, &c->catalog, p, &e) &&
                    sql_restrict(a, s, &c->catalog, p, &e);
    const char *printed = ok ? sql_print(a, s, SQL_DUCKDB, 0) : NULL;

    c->n++;
    for (int i = 0; i < n; i++) {
        const char *want = wants[i] + 2;
        const char *got = !ok ? e.msg : wants[i][0] == '~' ? sql_explain(a, s)
                          : wants[i][0] == '@' ? columns_of(a, s) : printed;
        const bool same = wants[i][0] == '%' ? ok : wants[i][0] == '!' ? !ok && strstr(got, want) : ok && !strcmp(got, want);

        if (!same)
            failed(c, query, want, got);
    }
    if (c->ran)
        c->ran(c->arg, c, query, printed, wants[0]);
    if (ok) { /* what is printed reads back as the same tree */
        err again_error = {0};
        sql_stmt *again = sql_parse(a, printed, &again_error);
        const char *twice = again ? sql_print(a, again, SQL_DUCKDB, 0) : again_error.msg;

        if (!again || strcmp(twice, printed))
            failed(c, query, printed, twice);
    }
    arena_free(a);
}

static inline void run_block(case_file *c, char **lines, int n)
{
    static const char *tables[8], *denied[8], *columns[8], *functions[8];
    static sql_row_rule rows[8];
    sql_policy p = {.tables = NULL};
    str query = {0};
    bool sqlite = false;
    int i = 0;

    if (!strcmp(lines[0], "catalog")) {
        c->catalog = (db_catalog){.database = "test"};
        for (i = 1; i < n; i++)
            add_table(c, lines[i]);
        return;
    }
    for (; i < n; i++)
        if (!strncmp(lines[i], "deny ", 5) && p.n_denied_columns < 8) {
            denied[p.n_denied_columns++] = lines[i] + 5;
            p.denied_columns = denied;
        } else if (!strncmp(lines[i], "only ", 5) && p.n_tables < 8) {
            tables[p.n_tables++] = lines[i] + 5;
            p.tables = tables;
        } else if (!strncmp(lines[i], "allow ", 6) && p.n_columns < 8) {
            columns[p.n_columns++] = lines[i] + 6;
            p.columns = columns;
        } else if (!strncmp(lines[i], "function ", 9) && p.n_functions < 8) {
            functions[p.n_functions++] = lines[i] + 9;
            p.functions = functions;
        } else if (!strncmp(lines[i], "rows ", 5) && strchr(lines[i], ':') && p.n_rows < 8) {
            char *colon = strchr(lines[i], ':');

            *colon = 0;
            rows[p.n_rows++] = (sql_row_rule){lines[i] + 5, trimmed(colon + 1)};
            p.rows = rows;
        } else {
            break;
        }
    if (i < n && !strcmp(lines[i], "sqlite"))
        sqlite = true, i++;
    for (; i < n && !strchr("=!~@%", lines[i][0]); i++)
        str_addf(&query, "%s%s", query.n ? "\n" : "", lines[i]);
    if (i == n)
        failed(c, str_text(&query), "an expectation", "none");
    else
        run_case(c, str_text(&query), lines + i, n - i, &p, sqlite);
    str_deinit(&query);
}

/* All cases of a file; the number that failed, or -1 if it can't be read. */
static inline int run_cases_with(const char *file, int *n_cases,
                                 void (*ran)(void *, case_file *, const char *, const char *, const char *),
                                 void *arg)
{
    case_file c = {.a = arena_new(16u << 20), .file = file, .ran = ran, .arg = arg};
    str text = {0};
    err e = {0};
    char *lines[256], *next;
    int n = 0;

    if (!file_read(file, 16u << 20, &text, &e)) {
        fprintf(stderr, "%s\n", e.msg);
        arena_free(c.a);
        return -1;
    }
    for (char *line = text.text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        c.line++;
        if (line[0] && line[0] != '#' && n < 256)
            lines[n++] = line;
        if ((!line[0] || !next) && n) {
            run_block(&c, lines, n);
            n = 0;
        }
    }
    *n_cases = c.n;
    str_deinit(&text);
    arena_free(c.a);
    return c.n_failed;
}

static inline int run_cases(const char *file, int *n_cases)
{
    return run_cases_with(file, n_cases, NULL, NULL);
}

#endif
