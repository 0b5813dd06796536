/* test_state.c - the state as JSON: nothing lost, nothing invented. */
#include "table.h"
#include "test.h"

static const char *const keys[] = {
    "question", "intent", "entities", "sql", "results", "chart", "answer", "explanation",
    "assumptions", "unused_words", "confidence", "source", "choices", "trace", "error", "weights",
    "adapter", "kernel_table", "knowledge_version", "data_fingerprint", "options"};

static void all_keys_are_there(void)
{
    err e = {0};
    agent_state *s = agent_state_new(&e);
    json_t *o;

    CHECK(s);
    o = agent_state_json(s, true, &e);
    CHECK(o);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!json_object_get(o, keys[i]))
            FAIL_("missing key %s", keys[i]);
    CHECK(json_is_null(json_object_get(o, "error")) && json_is_null(json_object_get(o, "chart")));
    CHECK(json_is_array(json_object_get(json_object_get(o, "results"), "rows")));
    json_decref(o);
    agent_state_free(s);
}

static char *row_text(table *t, int64_t row)
{
    err e = {0};
    json_t *o = agent_state_json(t->s, false, &e);
    char *text = json_dumps(json_array_get(json_object_get(json_object_get(o, "results"), "rows"),
                                           (size_t)row), JSON_COMPACT);

    json_decref(o);
    return text;
}

static void numbers_are_exact(void)
{
    table t;
    char *text;

    table_open(&t, "a integer m count | b decimal m money | c double m number | d date t date | "
                   "e text g text | f boolean g text");
    table_add(&t, "9007199254740993 | 12345678901234.56 | inf | 2025-03-31 | Zürich | 1");
    table_add(&t, "9007199254740992 | 0.5 | 1.5 | NULL | NULL | 0");
    table_add(&t, "-9007199254740994 | 170141183460469231731687303715884105727 | NULL | 1969-12-31 | x | NULL");
    text = row_text(&t, 0);
    CHECK(text && !strcmp(text, "[\"9007199254740993\",\"12345678901234.56\",null,\"2025-03-31\",\"Zürich\",true]"));
    free(text);
    text = row_text(&t, 1);
    CHECK(text && !strcmp(text, "[9007199254740992,0.5,1.5,null,null,false]"));
    free(text);
    text = row_text(&t, 2);
    CHECK(text && !strcmp(text, "[\"-9007199254740994\",\"170141183460469231731687303715884105727\",null,"
                                "\"1969-12-31\",\"x\",null]"));
    free(text);
    table_close(&t);
}

static void cells_read_as_people_write(void)
{
    static const struct { const char *columns, *cell, *text; sem_grain grain; } cases[] = {
        {"a decimal m money", "569800.00", "€ 569,800", SEM_NO_GRAIN},
        {"a decimal m money", "54.2", "€ 54.20", SEM_NO_GRAIN},
        {"a decimal m money", "-1234567.5", "−€ 1,234,568", SEM_NO_GRAIN},
        {"a decimal m money", "999.999", "€ 1,000", SEM_NO_GRAIN},
        {"a double c percent", "38.24", "+38.2 %", SEM_NO_GRAIN},
        {"a double m percent", "38.24", "38.2 %", SEM_NO_GRAIN},
        {"a double c percent", "-0.04", "0.0 %", SEM_NO_GRAIN},
        {"a double c points", "-1.25", "−1.2 pp", SEM_NO_GRAIN},
        {"a integer m count", "1234567", "1,234,567", SEM_NO_GRAIN},
        {"a integer t year", "2024", "2024", SEM_NO_GRAIN},
        {"a double m number", "NULL", "–", SEM_NO_GRAIN},
        {"a double m count", "2.5", "2.5", SEM_NO_GRAIN},
        {"a date t date", "2025-03-01", "March 2025", SEM_MONTH},
        {"a date t date", "2025-04-01", "Q2 2025", SEM_QUARTER},
        {"a date t date", "2026-05-11", "week of 11 May 2026", SEM_WEEK},
        {"a date g date", "2026-05-20", "20 May 2026", SEM_NO_GRAIN},
        {"a text g text", "a\x1b[31mb", "a [31mb", SEM_NO_GRAIN},
        {"a decimal m number", "12345678901234567890.5", "12,345,678,901,234,567,890", SEM_NO_GRAIN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        table t;
        str out = {0};
        bool same;

        table_open(&t, cases[i].columns);
        table_add(&t, cases[i].cell);
        t.s->time_grain = cases[i].grain;
        agent_format_cell(t.s, 0, 0, &out);
        same = !strcmp(str_text(&out), cases[i].text);
        if (!same)
            FAIL_("%s: \"%s\", expected \"%s\"", cases[i].cell, str_text(&out), cases[i].text);
        str_deinit(&out);
        table_close(&t);
    }
}

static void a_local_currency_is_the_rows(void)
{
    table t;
    str out = {0};

    table_open(&t, "currency text g text | sales decimal m money");
    table_add(&t, "CHF | 1200");
    table_add(&t, "GBP | 1200");
    agent_format_cell(t.s, 0, 1, &out);
    str_addc(&out, '/');
    agent_format_cell(t.s, 1, 1, &out);
    CHECK(!strcmp(out.text, "CHF 1,200/£ 1,200"));
    str_deinit(&out);
    table_close(&t);
}

static void columns_are_named_and_typed(void)
{
    table t;
    err e = {0};

    table_open(&t, "store_id integer | total_sales decimal | n integer | sold_on date | discount_pct double | year integer");
    CHECK(state_columns(t.s, &e));
    CHECK(t.s->columns[0].role == 'g' && t.s->columns[0].unit == SEM_YEAR);
    CHECK(t.s->columns[1].role == 'm' && t.s->columns[1].unit == SEM_MONEY &&
          !strcmp(t.s->columns[1].title, "total sales"));
    CHECK(t.s->columns[2].role == 'm' && t.s->columns[2].unit == SEM_COUNT);
    CHECK(t.s->columns[3].role == 't' && t.s->columns[4].unit == SEM_PERCENT);
    CHECK(t.s->columns[5].role == 't' && t.s->columns[5].unit == SEM_YEAR);
    table_close(&t);
    table_open(&t, "count_star() integer | sum(sales.net_amount) decimal | count(DISTINCT~order_id) integer");
    CHECK(state_columns(t.s, &e));
    CHECK(!strcmp(t.s->columns[0].title, "number of rows") && t.s->columns[0].role == 'm');
    CHECK(!strcmp(t.s->columns[1].title, "sum of net amount") && t.s->columns[1].unit == SEM_MONEY);
    CHECK(!strcmp(t.s->columns[2].title, "number of different order id") &&
          t.s->columns[2].role == 'm' && t.s->columns[2].unit == SEM_COUNT);
    table_close(&t);
}

static void equal_states_give_equal_bytes(void)
{
    table t;
    err e = {0};
    json_t *one, *two;
    char *a, *b;

    table_open(&t, "a integer m count");
    table_add(&t, "1");
    state_trace(t.s, "execution", "database", "1 row", 3.25);
    one = agent_state_json(t.s, false, &e);
    t.s->trace[0].ms = 99;
    t.s->total_ms = 100;
    two = agent_state_json(t.s, false, &e);
    a = json_dumps(one, 0);
    b = json_dumps(two, 0);
    CHECK(a && b && !strcmp(a, b) && strstr(a, "1 row"));
    free(a);
    free(b);
    json_decref(one);
    json_decref(two);
    table_close(&t);
}

TEST_MAIN({"all_keys_are_there", all_keys_are_there}, {"numbers_are_exact", numbers_are_exact},
          {"cells_read_as_people_write", cells_read_as_people_write},
          {"a_local_currency_is_the_rows", a_local_currency_is_the_rows},
          {"columns_are_named_and_typed", columns_are_named_and_typed},
          {"equal_states_give_equal_bytes", equal_states_give_equal_bytes})
