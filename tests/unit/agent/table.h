/* table.h - a state whose rows are written as text, for tests of what follows
 * execution: columns `name type role unit` and rows of cells, parted by '|'.
 * A row `* 30: Member # | #` stands for 30 rows with 1 … 30 for '#'. */
#ifndef TESTS_AGENT_TABLE_H
#define TESTS_AGENT_TABLE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

enum { TABLE_COLUMNS = 8, TABLE_ROWS = 12000 };

typedef struct table {
    agent_state *s;
    db_result result;
    db_result_column columns[TABLE_COLUMNS];
    char type[TABLE_COLUMNS];
} table;

static inline char *table_trim(char *text)
{
    size_t n;

    while (*text == ' ')
        text++;
    for (n = strlen(text); n && text[n - 1] == ' '; n--)
        text[n - 1] = 0;
    return text;
}

static inline int table_index(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name))
            return i;
    fprintf(stderr, "unknown word in a test's table: %s\n", name);
    abort();
}

static inline void table_column(table *t, int i, char *text)
{
    static const char *const types[] = {"boolean", "integer", "decimal", "double", "text",
                                        "date", "time", "timestamp", NULL};
    static const char *const units[] = {"count", "money", "percent", "points", "number",
                                        "date", "text", "year", NULL};
    char name[64], type[16], role[4] = "-", unit[16] = "text";
    arena *a = t->s->arena;
    agent_column *c = &t->s->columns[i];
    const int n = sscanf(text, "%63s %15s %3s %15s", name, type, role, unit);

    if (n < 2)
        abort();
    for (char *p = name; *p; p++)
        if (*p == '~')
            *p = ' ';
    *c = (agent_column){.name = arena_str(a, name), .title = arena_str(a, name),
                        .type = (db_type)table_index(types, type), .role = role[0] == '-' ? 0 : role[0],
                        .unit = (sem_unit)table_index(units, unit)};
    t->columns[i] = (db_result_column){.name = c->name, .type = c->type, .scale = 2};
    t->columns[i].valid = arena_push(a, uint8_t, TABLE_ROWS);
    if (c->type == DB_TEXT || c->type == DB_DECIMAL)
        t->columns[i].as.text = arena_push(a, const char *, TABLE_ROWS);
    else if (c->type == DB_DOUBLE)
        t->columns[i].as.number = arena_push(a, double, TABLE_ROWS);
    else
        t->columns[i].as.integer = arena_push(a, int64_t, TABLE_ROWS);
}

static inline void table_cell(table *t, int64_t row, int i, const char *text)
{
    db_result_column *c = &t->columns[i];
    int year, month, day;

    ((uint8_t *)(uintptr_t)c->valid)[row] = strcmp(text, "NULL") != 0;
    if (c->type == DB_TEXT || c->type == DB_DECIMAL)
        ((const char **)(uintptr_t)c->as.text)[row] = arena_str(t->s->arena, text);
    else if (c->type == DB_DOUBLE)
        ((double *)(uintptr_t)c->as.number)[row] = strtod(text, NULL);
    else if (c->type == DB_DATE && sscanf(text, "%d-%d-%d", &year, &month, &day) == 3)
        ((int64_t *)(uintptr_t)c->as.integer)[row] = sem_days(year, month, day);
    else
        ((int64_t *)(uintptr_t)c->as.integer)[row] = strtoll(text, NULL, 10);
}

/* Cells parted by '|', '#' is the number. */
static inline void table_row(table *t, const char *text, int number)
{
    char line[4096], *cell = line, *end;
    str filled = {0};

    for (; *text; text++)
        if (*text == '#')
            str_addf(&filled, "%d", number);
        else
            str_addc(&filled, *text);
    snprintf(line, sizeof line, "%s", str_text(&filled));
    str_deinit(&filled);
    for (int i = 0; i < t->result.n_columns && cell; i++, cell = end ? end + 1 : NULL) {
        end = strchr(cell, '|');
        if (end)
            *end = 0;
        table_cell(t, t->result.n_rows, i, table_trim(cell));
    }
    t->result.n_rows++;
}

static inline void table_add(table *t, const char *text)
{
    int times = 0, at = 0;

    if (sscanf(text, "* %d:%n", &times, &at) == 1 && at)
        for (int i = 1; i <= times; i++)
            table_row(t, text + at, i);
    else
        table_row(t, text, 0);
}

static inline void table_open(table *t, const char *columns)
{
    char line[1024], *cell = line, *end;
    err e = {0};

    *t = (table){0};
    t->s = agent_state_new(&e);
    t->s->columns = arena_push(t->s->arena, agent_column, TABLE_COLUMNS);
    t->s->currency = "EUR";
    t->s->question = "a question";
    snprintf(line, sizeof line, "%s", columns);
    for (; cell && t->result.n_columns < TABLE_COLUMNS; cell = end ? end + 1 : NULL) {
        end = strchr(cell, '|');
        if (end)
            *end = 0;
        table_column(t, t->result.n_columns++, cell);
    }
    t->result.columns = t->columns;
    t->s->results = &t->result;
}

static inline void table_close(table *t)
{
    t->s->results = NULL; /* its memory is the test's */
    agent_state_free(t->s);
}

#endif
