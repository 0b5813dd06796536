/* test_derive.c - a layer from a catalog nobody has described. */
#include "base/str.h"
#include "query_line.h"
#include "semantic/semantic.h"
#include "test.h"

#define TEXT(n) {.name = n, .type = DB_TEXT, .comment = "", .min_text = "", .max_text = "", .fk_table = -1, .fk_column = -1, .n_distinct = -1}
#define NUMBER(n, kind) {.name = n, .type = kind, .comment = "", .min_text = "", .max_text = "", .fk_table = -1, .fk_column = -1, .n_distinct = 5000}
#define KEY(n) {.name = n, .type = DB_INTEGER, .primary_key = true, .comment = "", .min_text = "", .max_text = "", .fk_table = -1, .fk_column = -1, .n_distinct = 100}
#define LINK(n, t, c) {.name = n, .type = DB_INTEGER, .comment = "", .min_text = "", .max_text = "", .fk_table = t, .fk_column = c, .n_distinct = 50}
#define DAY(n, type_, from, to) {.name = n, .type = type_, .comment = "", .min_text = from, .max_text = to, .fk_table = -1, .fk_column = -1, .n_distinct = -1}

static const db_column singer[] = {KEY("Singer_ID"), TEXT("Name"), TEXT("Country"), NUMBER("Age", DB_INTEGER)};
static const db_column concerts[] = {KEY("concertId"), TEXT("concertName"), LINK("singerId", 1, 0),
                                     DAY("heldAt", DB_TIMESTAMP, "2020-01-01 10:00:00", "2024-06-30 20:00:00"),
                                     NUMBER("ticketsSold", DB_INTEGER), NUMBER("ticketPrice", DB_DECIMAL), NUMBER("Year", DB_INTEGER)};
static const db_column odd[] = {TEXT("Order"), TEXT("select"), NUMBER("1st value", DB_DOUBLE)};
static const db_table tables[] = {
    {.name = "concerts", .comment = "", .n_rows = 500, .columns = concerts, .n_columns = 7},
    {.name = "singer", .comment = "", .n_rows = 40, .columns = singer, .n_columns = 4},
    {.name = "weird table", .comment = "", .n_rows = 3, .columns = odd, .n_columns = 3}};
static const db_catalog catalog = {.database = "music.duckdb", .fingerprint = "", .tables = tables, .n_tables = 3};

static bool has_word(const sem_name *n, const char *word)
{
    for (int i = 0; i < n->n_words; i++)
        if (!strcmp(n->words[i], word))
            return true;
    return false;
}

static void names_become_words(void)
{
    err e = {0};
    sem_layer *l = sem_derive(NULL, &catalog, &e);
    int d, m;

    CHECK(l);
    d = sem_dimension_find(l, "singer");
    CHECK(d >= 0 && sem_dimension_at(l, d)->is_entity_label && has_word(&sem_dimension_at(l, d)->name, "singer name"));
    CHECK(sem_dimension_find(l, "concert") >= 0 && sem_dimension_find(l, "country") >= 0);
    m = sem_metric_find(l, "tickets_sold");
    CHECK(m >= 0 && has_word(&sem_metric_at(l, m)->name, "total tickets sold"));
    CHECK(sem_metric_find(l, "average_age") >= 0 && sem_metric_find(l, "age") < 0); /* ages are not added up */
    CHECK(sem_metric_find(l, "singer_id") < 0 && sem_metric_find(l, "average_year") < 0);
    m = sem_metric_find(l, "number_of_concerts");
    CHECK(m >= 0 && has_word(&sem_metric_at(l, m)->name, "concert") && sem_metric_at(l, m)->additivity == SEM_ADDITIVE);
    CHECK(sem_entity_find(l, "singer") >= 0 && sem_entity_find(l, "concert") >= 0);
    CHECK(sem_today(l) == sem_days(2024, 6, 30) && sem_data_from(l) == sem_days(2020, 1, 1));
    CHECK(!sem_is_sales(&catalog) && !strcmp(sem_currency(l), ""));
    sem_free(l);
}

static void questions_compile(void)
{
    static const struct { const char *line, *sql; } cases[] = {
        {"values tickets_sold by country",
         "SELECT singer.Country AS country, sum(concerts.ticketsSold) AS tickets_sold FROM concerts JOIN singer ON "
         "singer.Singer_ID = concerts.singerId GROUP BY singer.Country ORDER BY tickets_sold DESC NULLS LAST, country"},
        {"values number_of_concerts by month in 2023",
         "SELECT CAST(date_trunc('month', CAST(concerts.heldAt AS DATE)) AS DATE) AS month, count(*) AS number_of_concerts "
         "FROM concerts WHERE CAST(concerts.heldAt AS DATE) BETWEEN DATE '2023-01-01' AND DATE '2023-12-31' "
         "GROUP BY CAST(date_trunc('month', CAST(concerts.heldAt AS DATE)) AS DATE) ORDER BY month"},
        {"count singer where age>30", "SELECT count(*) AS n FROM singer WHERE singer.Age > 30"},
        {"list singer with country", "SELECT singer.Name AS singer, singer.Country AS country FROM singer ORDER BY singer, singer.Singer_ID"},
        {"values average_1st_value by order",
         "SELECT \"weird table\".\"Order\" AS \"order\", avg(\"weird table\".\"1st value\") AS average_1st_value FROM \"weird table\" "
         "GROUP BY \"weird table\".\"Order\" ORDER BY average_1st_value DESC NULLS LAST, \"order\""},
        {"values average_age by concert", NULL}, /* one singer has many concerts */
    };
    err e = {0};
    sem_layer *l = sem_derive(NULL, &catalog, &e);

    CHECK(l);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        arena *a = arena_new(4 << 20);
        const char *wrong;
        sem_query q;
        sem_plan plan;
        bool ok;

        if (!query_line(l, arena_str(a, cases[i].line), a, &q, &wrong))
            FAIL_("%s: \"%s\"", cases[i].line, wrong);
        e = (err){0};
        ok = sem_compile(l, &q, a, &plan, &e);
        if (ok != (cases[i].sql != NULL))
            FAIL_("%s: %s", cases[i].line, ok ? plan.sql : e.msg);
        if (ok && strcmp(plan.sql, cases[i].sql) != 0)
            FAIL_("%s:\n%s", cases[i].line, plan.sql);
        arena_free(a);
    }
    sem_free(l);
}

TEST_MAIN({"names_become_words", names_become_words}, {"questions_compile", questions_compile})
