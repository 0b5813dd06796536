/* test_layer.c - loading the layer: what is found, and what is complained of. */
#include "sales_catalog.h"
#include "semantic/semantic.h"
#include "test.h"

static sem_layer *load(arena *a, const char *yaml, err *e)
{
    const db_catalog *c = sales_catalog(a);

    *e = (err){0};
    if (!c)
        return NULL;
    return yaml ? sem_load(yaml, strlen(yaml), "my.yaml", NULL, c, e) : sem_load_sales(NULL, c, e);
}

static void the_sales_layer_loads(void)
{
    arena *a = arena_new(8 << 20);
    err e;
    sem_layer *l = load(a, NULL, &e);

    if (!l)
        FAIL_("%s", e.msg);
    CHECK(sem_n_metrics(l) > 40 && sem_n_dimensions(l) > 30 && sem_n_entities(l) > 10 && sem_n_conditions(l) > 30);
    CHECK(!strcmp(sem_currency(l), "EUR"));
    CHECK(sem_today(l) == sem_days(2026, 5, 20) && sem_data_from(l) == sem_days(2021, 1, 1));
    CHECK(sem_metric_find(l, "basket") >= 0 && sem_metric_find(l, "baskett") < 0);
    CHECK(sem_metric_at(l, sem_metric_find(l, "margin_pct"))->additivity == SEM_RATIO);
    CHECK(sem_metric_at(l, sem_metric_find(l, "stock_on_hand"))->additivity == SEM_SEMI_ADDITIVE);
    CHECK(sem_condition_at(l, sem_condition_find(l, "opened"))->needs_period);
    CHECK(sem_dimension_at(l, sem_dimension_find(l, "store"))->is_entity_label);
    CHECK(sem_dimension_at(l, sem_dimension_find(l, "floor_area"))->is_number);
    CHECK(sem_n_undefined(l) > 10 && sem_undefined_at(l, 0)->ending == 'a');
    sem_free(l);
    arena_free(a);
}

static const char head[] = "tables:\n  sales: {grain: line, time: sold_on}\n"
                           "dimensions:\n  channel: {column: sales.channel}\n";

static void complaints_name_file_and_line(void)
{
    static const struct { const char *tail, *message; } cases[] = {
        {"metrics:\n  basket: {table: sales, sql: count(DISTINCT sales.ordr_id)}\n",
         "my.yaml:6: metric \"basket\": no column \"ordr_id\" in sales; did you mean \"order_id\"?"},
        {"metrics:\n  a: {table: sale, sql: count(*)}\n", "my.yaml:6: metric \"a\": no table \"sale\" under tables"},
        {"metrics:\n  a: {table: sales, sql: count(*), unitt: money}\n", "my.yaml:6: metric \"a\": unknown key \"unitt\""},
        {"metrics:\n  a: {formula: b / c}\n", "my.yaml:6: metric \"a\": no metric \"b\""},
        {"metrics:\n  a: {table: sales, sql: count(*), unit: furlong}\n", "my.yaml:6: metric \"a\": unit is"},
        {"metrics:\n  a: {unit: money}\n", "my.yaml:6: metric \"a\": it needs one of"},
        {"metrics:\n  a: [1]\n", "my.yaml:6: metric \"a\": a mapping"},
        {"metrics:\n  a: {table: sales, sql: count(*)}\n  a: {table: sales, sql: count(*)}\n", "my.yaml:7: metrics: \"a\" stands here twice"},
        {"metrics:\n  a: {table: sales, sql: \"sum(sales.net_amount); DROP TABLE x\"}\n", "my.yaml:6: metric \"a\": \";\" has no place"},
        {"metrics: {\n", "my.yaml:6: "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        arena *a = arena_new(8 << 20);
        char *yaml = arena_strf(a, "%s%s", head, cases[i].tail);
        err e;
        sem_layer *l = load(a, yaml, &e);

        if (l || e.code != ERR_FORMAT || strncmp(e.msg, cases[i].message, strlen(cases[i].message)) != 0)
            FAIL_("case %zu: got \"%s\", expected \"%s\"", i, l ? "a layer" : e.msg, cases[i].message);
        arena_free(a);
    }
}

static void days_and_months(void)
{
    CHECK(sem_days(1970, 1, 1) == 0 && sem_days(2000, 3, 1) == 11017 && sem_days(1969, 12, 31) == -1);
    for (int32_t d = -200000; d < 200000; d += 37) {
        sem_date date = sem_date_of(d);

        CHECK(sem_days(date.year, date.month, date.day) == d);
    }
}

static sem_period period(sem_grain grain, int32_t from, int32_t to)
{
    return (sem_period){.set = true, .from = from, .to = to, .grain = grain, .n = 1, .label = ""};
}

static void one_year_and_one_period_before(void)
{
    arena *a = arena_new(8 << 20);
    err e;
    sem_layer *l = load(a, NULL, &e);
    sem_period p, q;

    CHECK(l);
    p = period(SEM_MONTH, sem_days(2024, 2, 1), sem_days(2024, 2, 29));
    q = sem_year_before(l, &p, a);
    CHECK(q.from == sem_days(2023, 2, 1) && q.to == sem_days(2023, 2, 28) && !strcmp(q.label, "February 2023"));
    q = sem_previous(l, &p, a);
    CHECK(q.from == sem_days(2024, 1, 1) && q.to == sem_days(2024, 1, 31));
    p = period(SEM_WEEK, sem_days(2026, 5, 11), sem_days(2026, 5, 17));
    q = sem_year_before(l, &p, a);
    CHECK(q.from == p.from - 364 && q.to == p.to - 364);
    q = sem_previous(l, &p, a);
    CHECK(q.from == p.from - 7 && q.to == p.to - 7);
    p = period(SEM_YEAR_GRAIN, sem_days(2026, 1, 1), sem_days(2026, 12, 31));
    CHECK(sem_unfinished(l, &p));
    q = sem_year_before(l, &p, a);
    CHECK(q.from == sem_days(2025, 1, 1) && q.to == sem_days(2025, 12, 31) && !strcmp(q.label, "2025"));
    sem_free(l);
    arena_free(a);
}

TEST_MAIN({"the_sales_layer_loads", the_sales_layer_loads},
          {"complaints_name_file_and_line", complaints_name_file_and_line},
          {"days_and_months", days_and_months},
          {"one_year_and_one_period_before", one_year_and_one_period_before})
