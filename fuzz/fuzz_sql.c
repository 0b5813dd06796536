/* fuzz_sql.c - any text through parse, bind, guard, print and explain.
 *
 * Beside the sanitizers' silence it asks for the round trip: what is printed
 * parses to an equal tree and prints the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sql/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const db_column columns[] = {
    {.name = "a", .type_text = "INTEGER"}, {.name = "b", .type_text = "VARCHAR"},
    {.name = "d", .type_text = "DATE"}, {.name = "n", .type_text = "DECIMAL(14,2)"},
    {.name = "l", .type_text = "INTEGER[]"}, {.name = "order", .type_text = "BIGINT"}};
static const db_table tables[] = {
    {.name = "t", .columns = columns, .n_columns = 6},
    {.name = "u", .columns = columns, .n_columns = 3}};
static const db_catalog catalog = {.database = "fuzz", .tables = tables, .n_tables = 2};

static void round_trip(arena *a, const sql_stmt *s)
{
    err e = {0};
    char *once = sql_print(a, s, SQL_DUCKDB, 0);
    sql_stmt *again = once ? sql_parse(a, once, &e) : NULL;
    char *twice = again ? sql_print(a, again, SQL_DUCKDB, 0) : NULL;

    char *from_first = sql_print(a, s, SQL_DUCKDB, SQL_FROM_FIRST);
    sql_stmt *back = from_first ? sql_parse(a, from_first, &e) : NULL;

    if (!once || !from_first)
        return;
    if (back && !sql_equal(s->query, back->query))
        abort();
    if (!again && e.code != ERR_REFUSED)
        return; /* out of memory, or longer than the limit once printed */
    if (!twice || strcmp(once, twice) || !sql_equal(s->query, again->query))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const denied[] = {"t.n"};
    const sql_policy policy = {.denied_columns = denied, .n_denied_columns = 1};
    arena *a = arena_new(16u << 20);
    char *text = malloc(size + 1);
    err e = {0};
    sql_stmt *s;

    if (a && text) {
        memcpy(text, data, size);
        text[size] = 0;
        if (sql_from_sqlite(a, text, &catalog, &e))
            e = (err){0};
        s = sql_parse(a, text, &e);
        if (s) {
            char *printed;

            round_trip(a, s);
            for (int d = SQL_DUCKDB; d <= SQL_TRINO; d++)
                printed = sql_print(a, s, (sql_dialect)d, SQL_PRETTY);
            if (sql_bind(a, s, &catalog, &e) && sql_guard(s, &catalog, &policy, &e))
                printed = sql_explain(a, s);
            (void)printed;
        }
    }
    free(text);
    arena_free(a);
    return 0;
}
