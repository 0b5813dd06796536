/* test_sql.c - the text tables, and what needs a loop to write down. */
#include "cases.h"

#include "test.h"

#define HERE SALESBOT_SOURCE_DIR "/tests/unit/sql/"

static db_catalog catalog(void)
{
    static const db_column columns[] = {{.name = "a", .type_text = "INTEGER"},
                                        {.name = "b", .type_text = "VARCHAR"}};
    static const db_table tables[] = {{.name = "t", .columns = columns, .n_columns = 2}};

    return (db_catalog){.database = "test", .tables = tables, .n_tables = 1};
}

/* One statement through all steps in an arena of `limit` bytes. */
static err_code run(const char *text, size_t limit)
{
    const db_catalog c = catalog();
    arena *a = arena_new(limit);
    err e = {0};
    char *printed = a ? sql_check(a, text, &c, NULL, &e) : NULL;

    arena_free(a);
    return printed ? ERR_OK : e.code;
}

static char *repeated(const char *before, const char *part, int n, const char *middle,
                      const char *after, const char *end)
{
    str s = {0};

    str_adds(&s, before);
    for (int i = 0; i < n; i++)
        str_adds(&s, part);
    str_adds(&s, middle);
    for (int i = 0; i < n; i++)
        str_adds(&s, after);
    str_adds(&s, end);
    return str_take(&s);
}

static void table_file(const char *path, int least)
{
    int n = 0;
    const int n_failed = run_cases(path, &n);

    if (n_failed)
        FAIL_("%s: %d of %d cases failed", path, n_failed, n);
    if (n < least)
        FAIL_("%s: %d cases, at least %d expected", path, n, least);
}

static void grammar(void)  { table_file(HERE "grammar.txt", 100); }
static void binding(void)  { table_file(HERE "binding.txt", 50); }
static void attacks(void)  { table_file(HERE "attacks.txt", 60); }
static void guarding(void) { table_file(HERE "guard_cases.txt", 150); }
static void from_sqlite(void) { table_file(HERE "sqlite.txt", 30); }
static void explaining(void) { table_file(HERE "explain.txt", 65); }

/* Each bomb ends with an error, in bounded time and stack. */
static void depth_is_bounded(void)
{
    static const struct { const char *before, *part, *middle, *after, *end; } bombs[] = {
        {"SELECT ", "(", "1", ")", ""},          {"SELECT ", "- ", "1", "", ""},
        {"SELECT ", "NOT ", "true", "", ""},     {"SELECT 1", " + 1", "", "", ""},
        {"SELECT ", "(SELECT ", "1", ")", ""},   {"", "SELECT * FROM (", "SELECT 1", ")", ""},
        {"SELECT ", "CASE WHEN ", "1", " THEN 1 END", ""}, {"SELECT ", "abs(", "1", ")", ""},
        {"SELECT ", "[", "1", "]", ""},          {"SELECT 1", " UNION SELECT 1", "", "", ""},
        {"SELECT ", "CAST(", "1", " AS INT)", ""}, {"SELECT a FROM t", " JOIN t ON true", "", "", ""},
        {"SELECT 1", "::INT", "", "", ""},       {"SELECT [1]", "[1]", "", "", ""},
        {"", "(", "SELECT 1", ")", ""},          {"SELECT ", "{'a': ", "1", "}", ""},
        {"", "WITH x AS (", "SELECT 1", ") SELECT 1", ""},
        {"SELECT a FROM t WHERE a IN ", "(", "1", ")", ""},
        {"SELECT * FROM ", "(", "t", ")", ""},   {"SELECT a FROM t WHERE a = 1", " AND a = 1", "", "", ""},
        {"SELECT 1 GROUP BY ", "ROLLUP (", "1", ")", ""},
    };

    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++)
        for (int n = 50; n <= 50000; n *= 10) {
            char *text = repeated(bombs[i].before, bombs[i].part, n, bombs[i].middle,
                                  bombs[i].after, bombs[i].end);
            const err_code code = run(text, 256u << 20);

            free(text);
            if (n >= 5000 && code != ERR_LIMIT)
                FAIL_("bomb %zu of %d parts: %s", i, n, err_name(code));
        }
}

static void wide_is_read(void)
{
    char *text = repeated("SELECT a FROM t WHERE a IN (0", ", 1", 20000, ")", "", "");

    CHECK(run(text, 256u << 20) == ERR_OK);
    free(text);
    text = repeated("SELECT a FROM t WHERE a IN (0", ", 1", 150000, ")", "", "");
    CHECK(run(text, 256u << 20) == ERR_LIMIT);
    free(text);
    text = repeated("SELECT 'x", "y", 900000, "'", "", "");
    CHECK(run(text, 64u << 20) == ERR_OK);
    free(text);
    text = repeated("SELECT 'x", "y", 1100000, "'", "", "");
    CHECK(run(text, 64u << 20) == ERR_LIMIT);
    free(text);
    text = repeated("SELECT 1 -- ", "x", 1000000, "", "", "");
    CHECK(run(text, 8u << 20) == ERR_OK);
    free(text);
}

/* Long lists that name each other: bounded, so that binding stays quick. */
static void long_lists_are_bounded(void)
{
    static const struct { const char *before, *part, *end; err_code code; } lists[] = {
        {"SELECT a AS x", ", a AS x", " FROM t", ERR_LIMIT},
        {"SELECT 1 FROM t GROUP BY a", ", a", "", ERR_LIMIT},
        {"SELECT a FROM t ORDER BY a", ", a", "", ERR_LIMIT},
        {"WITH y AS (SELECT 1)", ", x AS (SELECT 1)", " SELECT 1", ERR_LIMIT},
        {"SELECT * FROM t AS z", ", t", "", ERR_LIMIT},
        {"SELECT coalesce(1", ", 1", ")", ERR_OK},
        {"SELECT CASE", " WHEN true THEN 1", " END", ERR_OK},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char *text = repeated(lists[i].before, lists[i].part, 20000, "", "", lists[i].end);
        const err_code code = run(text, 256u << 20);

        free(text);
        if (code != lists[i].code)
            FAIL_("list %zu: %s", i, err_name(code));
    }
}

/* Stars of stars double at each level. */
static void stars_do_not_explode(void)
{
    char *text = repeated("", "SELECT *, * FROM (", 40, "SELECT 1 AS x", ")", "");

    CHECK(run(text, 256u << 20) == ERR_LIMIT);
    free(text);
}

/* Every arena too small for the whole ends in a clean refusal. */
static void memory_is_bounded(void)
{
    static const char query[] =
        "WITH m AS (SELECT a, sum(a) AS s FROM t WHERE b LIKE 'x%' GROUP BY ALL) "
        "SELECT m.*, rank() OVER (PARTITION BY t.b ORDER BY s DESC) AS r, CASE WHEN s > 1 THEN "
        "INTERVAL '3 months' END, CAST(s AS DECIMAL(9, 2)), [1, 2][1], {'x': 1}.x FROM m JOIN t "
        "USING (a) WHERE EXISTS (SELECT 1 FROM t AS u WHERE u.a = m.a) QUALIFY r < 3 "
        "UNION ALL SELECT 1, 2, 3, NULL, 5, 6, 7 ORDER BY 1 LIMIT 10";
    int n_small = 0;

    CHECK(run(query, 1u << 20) == ERR_OK);
    for (size_t limit = 0; limit < 60000; limit += limit < 3000 ? 7 : 131) {
        const err_code code = run(query, limit);

        if (code != ERR_OK && code != ERR_NOMEM)
            FAIL_("an arena of %zu bytes: %s", limit, err_name(code));
        n_small += code == ERR_NOMEM;
    }
    CHECK(n_small > 20);
}

static void bytes_are_checked(void)
{
    CHECK(run("", 1u << 20) == ERR_REFUSED);
    CHECK(run(" \n\t ", 1u << 20) == ERR_REFUSED);
    CHECK(run(";", 1u << 20) == ERR_REFUSED);
    CHECK(run("SELECT '\xff'", 1u << 20) == ERR_REFUSED);
    CHECK(run("SELECT '\xc0\x80'", 1u << 20) == ERR_REFUSED);
    CHECK(run("SELECT\xc2\xa0" "1", 1u << 20) == ERR_REFUSED);
    CHECK(run("SELECT\xe2\x80\x8b 1", 1u << 20) == ERR_REFUSED);
    CHECK(run("SELECT 1\x01", 1u << 20) == ERR_REFUSED);
    CHECK(run("SELECT 'caf\xc3\xa9' AS \"\xe2\x82\xac\"", 1u << 20) == ERR_OK);
    CHECK(run("\xef\xbb\xbfSELECT 1", 1u << 20) == ERR_REFUSED);
    for (int c = 1; c < 256; c++) { /* each byte alone and after a statement */
        char text[] = {'S', 'E', 'L', 'E', 'C', 'T', ' ', '1', (char)c, 0};

        (void)run(text + 8, 1u << 20);
        (void)run(text, 1u << 20);
    }
}

static void dialects_differ(void)
{
    static const struct { sql_dialect d; const char *query, *text; } cases_of[] = {
        {SQL_POSTGRES, "SELECT \"Aa\" FROM t LIMIT 3", "SELECT \"Aa\" FROM t LIMIT 3"},
        {SQL_POSTGRES, "SELECT year(a), CAST(b AS DOUBLE) FROM t",
         "SELECT EXTRACT(year FROM a), CAST(b AS DOUBLE PRECISION) FROM t"},
        {SQL_POSTGRES, "SELECT a + INTERVAL 3 DAY FROM t", "SELECT a + INTERVAL '3' DAY FROM t"},
        {SQL_SQLITE, "SELECT a FROM t WHERE d >= DATE '2024-01-01' AND b ILIKE 'x%' OFFSET 3",
         "SELECT a FROM t WHERE d >= '2024-01-01' AND b LIKE 'x%' LIMIT -1 OFFSET 3"},
        {SQL_SQLITE, "SELECT month(d), date_trunc('month', d) FROM t",
         "SELECT CAST(strftime('%m', d) AS INTEGER), date(d, 'start of month') FROM t"},
        {SQL_TRINO, "SELECT a FROM t WHERE b ILIKE 'X%' LIMIT 5 OFFSET 2",
         "SELECT a FROM t WHERE lower(b) LIKE lower('X%') OFFSET 2 LIMIT 5"},
        {SQL_TRINO, "SELECT arg_max(a, b), string_agg(b, ',') FROM t",
         "SELECT max_by(a, b), listagg(b, ',') FROM t"},
    };

    for (size_t i = 0; i < sizeof cases_of / sizeof cases_of[0]; i++) {
        arena *a = arena_new(1u << 20);
        err e = {0};
        sql_stmt *s = sql_parse(a, cases_of[i].query, &e);
        const char *text = s ? sql_print(a, s, cases_of[i].d, 0) : e.msg;
        const bool same = !strcmp(text, cases_of[i].text);

        if (!same)
            fprintf(stderr, "wanted: %s\ngot:    %s\n", cases_of[i].text, text);
        arena_free(a);
        CHECK(same);
    }
}

static void pretty_has_lines(void)
{
    arena *a = arena_new(1u << 20);
    err e = {0};
    sql_stmt *s = sql_parse(a, "WITH m AS (SELECT a FROM t) SELECT m.a FROM m JOIN t USING (a) "
                               "WHERE m.a > 1 ORDER BY 1 LIMIT 2", &e);
    const char *text = s ? sql_print(a, s, SQL_DUCKDB, SQL_PRETTY) : e.msg;
    const bool same = !strcmp(text, "WITH m AS (\n  SELECT a\n  FROM t\n)\nSELECT m.a\nFROM m\n"
                                    "JOIN t USING (a)\nWHERE m.a > 1\nORDER BY 1\nLIMIT 2");

    if (!same)
        fprintf(stderr, "%s\n", text);
    arena_free(a);
    CHECK(same);
}

static void order_and_limit_are_seen(void)
{
    arena *a = arena_new(1u << 20);
    err e = {0};
    sql_stmt *s = sql_parse(a, "SELECT a FROM t ORDER BY a LIMIT 1", &e);
    sql_stmt *u = sql_parse(a, "SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 1) AS x", &e);
    const bool ok = s && u && sql_has_order(s) && sql_has_limit(s) && !sql_has_order(u) &&
                    !sql_has_limit(u);

    arena_free(a);
    CHECK(ok);
}

TEST_MAIN({"grammar", grammar}, {"binding", binding}, {"attacks", attacks}, {"guarding", guarding}, {"from_sqlite", from_sqlite},
          {"explaining", explaining}, {"depth_is_bounded", depth_is_bounded},
          {"wide_is_read", wide_is_read}, {"long_lists_are_bounded", long_lists_are_bounded},
          {"stars_do_not_explode", stars_do_not_explode},
          {"memory_is_bounded", memory_is_bounded}, {"bytes_are_checked", bytes_are_checked},
          {"dialects_differ", dialects_differ}, {"pretty_has_lines", pretty_has_lines},
          {"order_and_limit_are_seen", order_and_limit_are_seen})
