/* test_answer.c - the sentence by shape, and the property that matters: every
 * number in it has an origin, and the origin gives that number again. */
#include "agent/answer.h"
#include "said.h"
#include "table.h"
#include "test.h"

typedef struct answer_case {
    const char *name, *columns, *rows[6];
    agent_intent intent;
    sem_shape shape;
    bool known, ordered, ascending;
    const char *period, *base;
    const char *sentence;
} answer_case;

static const answer_case answers[] = {
    {"a total", "sales decimal m money", {"1234567.89"}, INTENT_TOTAL_SALES, SEM_VALUES,
     .known = true, .period = "2024", .sentence = "Sales were € 1,234,568 in 2024."},
    {"two measures", "sales decimal m money | margin double m percent", {"2000 | 41.25"},
     INTENT_TOTAL_SALES, SEM_VALUES, .known = true, .period = "the last 30 days",
     .sentence = "Sales were € 2,000 and margin 41.2 % over the last 30 days."},
    {"two periods", "2024 decimal m money | 2023 decimal m money", {"1100 | 1000"}, INTENT_COMPARISON,
     SEM_COMPARE, .known = true,
     .sentence = "2024: € 1,100 (2024) against € 1,000 (2023), € 100.00 (10.0 %) more."},
    {"a growth", "growth double c percent", {"-4.25"}, INTENT_GROWTH, SEM_GROWTH, .known = true,
     .period = "2025", .base = "2024", .sentence = "Growth fell 4.2 % in 2025 against 2024."},
    {"a leader in growth", "region text g text | growth double c percent", {"West | 3.2", "East 2 | 38.2"},
     INTENT_GROWTH, SEM_GROWTH, .known = true, .period = "2024",
     .sentence = "East 2 grew fastest: growth rose 38.2 % in 2024."},
    {"a ranking", "store text g text | sales decimal m money", {"Leipzig Mitte | 569800", "Bonn | 412300"},
     INTENT_RANKING, SEM_VALUES, .known = true, .ordered = true, .period = "2024",
     .sentence = "Leipzig Mitte leads in sales with € 569,800 in 2024; Bonn follows with € 412,300."},
    {"a ranking from below", "store text g text | sales decimal m money", {"Bonn | 3"}, INTENT_RANKING,
     SEM_VALUES, .known = true, .ordered = true, .ascending = true,
     .sentence = "Bonn has the lowest sales with € 3.00."},
    {"a breakdown", "region text g text | sales decimal m money", {"East | 10", "West | 30", "North | NULL"},
     INTENT_BREAKDOWN, SEM_VALUES, .known = true, .period = "2024",
     .sentence = "West has the largest sales: € 30.00 in 2024; East the smallest: € 10.00."},
    {"a trend", "month date t date | sales decimal m money",
     {"2025-01-01 | 10", "2025-02-01 | 30", "2025-03-01 | 20"}, INTENT_TREND, SEM_VALUES, .known = true,
     .sentence = "Sales went from € 10.00 (January 2025) to € 20.00 (March 2025); highest February 2025 "
                 "with € 30.00, lowest January 2025 with € 10.00."},
    {"two members", "region text g text | sales decimal m money", {"East | 150", "West | 100"},
     INTENT_COMPARISON, SEM_COMPARE, .known = true, .period = "2025",
     .sentence = "East is ahead in sales in 2025: € 150.00 against € 100.00 for West, € 50.00 (50.0 %) more."},
    {"two members in per cent", "region text g text | margin double m percent", {"East | 40", "West | 41.5"},
     INTENT_COMPARISON, SEM_COMPARE, .known = true,
     .sentence = "West is ahead in margin: 41.5 % against 40.0 % for East, 1.5 pp more."},
    {"changes by member", "region text g text | 2025 decimal m money | 2024 decimal m money",
     {"East | 150 | 100", "West | 100 | 110"}, INTENT_COMPARISON, SEM_COMPARE, .known = true,
     .sentence = "The largest difference is East: € 150.00 (2025) against € 100.00 (2024), € 50.00 "
                 "(50.0 %) more."},
    {"a why", "store text g text | change decimal c money", {"Leipzig 1 | -120", "Bonn | 20"}, INTENT_WHY,
     SEM_WHY, .known = true, .period = "March 2025",
     .sentence = "Change fell € 100.00 in March 2025; the largest part: Leipzig 1 −€ 120.00, then Bonn "
                 "+€ 20.00."},
    {"a list", "store text g text | opened_on date g date",
     {"A | 2024-01-02", "B | 2024-01-03", "C 3 | 2024-02-03", "D | 2024-01-04"}, INTENT_LIST, SEM_LIST,
     .known = true, .period = "2024", .sentence = "4 rows in 2024: A, B, C 3 and 1 more."},
    {"SQL of one's own", "n integer m count", {"12345"}, INTENT_LIST, SEM_VALUES,
     .sentence = "N was 12,345."},
    {"many figures of one's own", "a integer m count | b integer m count", {"1 | 2", "3 | 4"}, INTENT_LIST,
     SEM_VALUES, .sentence = "2 rows: 1 and 3."},
};

static void build(const answer_case *k, table *t, sentence *b)
{
    agent_state *s;

    table_open(t, k->columns);
    s = t->s;
    for (int i = 0; i < 6 && k->rows[i]; i++)
        table_add(t, k->rows[i]);
    s->intent = k->intent;
    s->has_query = k->known;
    s->ordered = k->ordered;
    s->time_grain = SEM_MONTH;
    s->query.shape = k->shape;
    s->query.ordered = k->ordered;
    s->query.ascending = k->ascending;
    if (k->period) {
        s->query.period = (sem_period){.set = true, .label = k->period, .grain = SEM_YEAR_GRAIN, .n = 1};
        s->plan.period = s->query.period;
    }
    if (k->base)
        s->plan.base = (sem_period){.set = true, .label = k->base};
    s->has_plan = k->known;
    *b = (sentence){.s = s};
}

static void each_shape_has_its_sentence(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        table t;
        sentence b;
        bool said;

        build(&answers[i], &t, &b);
        said = sentence_for(&b);
        if (!said || strcmp(str_text(&b.text), answers[i].sentence))
            FAIL_("%s: \"%s\"", answers[i].name, str_text(&b.text));
        if (uncovered(t.s, str_text(&b.text)))
            FAIL_("%s: a number without its origin: \"%s\"", answers[i].name, str_text(&b.text));
        str_deinit(&b.text);
        table_close(&t);
    }
}

/* The amounts behind a growth come from other rows, and only if they fit it. */
static void amounts_must_give_the_change(void)
{
    static const char *const texts[] = {"East", "West"};
    static const double base[] = {412300, 100}, now[] = {569798.6, 103};
    static const uint8_t valid[] = {1, 1};
    db_result_column columns[] = {{.name = "region", .type = DB_TEXT, .valid = valid, .as.text = texts},
                                  {.name = "a", .type = DB_DOUBLE, .valid = valid, .as.number = base},
                                  {.name = "b", .type = DB_DOUBLE, .valid = valid, .as.number = now}};
    db_result evidence = {.columns = columns, .n_columns = 3, .n_rows = 2};
    table t;
    sentence b;
    bool said;

    for (int wrong = 0; wrong < 2; wrong++) {
        table_open(&t, "region text g text | growth double c percent");
        table_add(&t, wrong ? "East | 38.3" : "East | 38.2");
        table_add(&t, "West | 3");
        t.s->has_query = true;
        t.s->query.shape = SEM_GROWTH;
        t.s->evidence = &evidence;
        b = (sentence){.s = t.s};
        said = sentence_for(&b);
        CHECK(said && uncovered(t.s, b.text.text) == 0);
        CHECK(!strcmp(b.text.text, wrong ? "East grew fastest: growth rose 38.3 %."
                                         : "East grew fastest: growth rose 38.2 %, from 412,300 to 569,798.6."));
        t.s->evidence = NULL;
        str_deinit(&b.text);
        table_close(&t);
    }
}

static void models_text_is_cut_to_its_statement(void)
{
    static const struct { const char *text, *sql; } texts[] = {
        {" SELECT 1;\nQuestion: x", "SELECT 1"},
        {"```sql\nselect a\nfrom b\n```", "select a\nfrom b"},
        {"The answer is: FROM t SELECT ';' ; drop", "FROM t SELECT ';'"},
        {"WITH x AS (SELECT 1) SELECT * FROM x\n\nQuestion: y", "WITH x AS (SELECT 1) SELECT * FROM x"},
        {"selections are not SELECT 2", "SELECT 2"},
        {"no statement", NULL},
        {"", NULL}};
    arena *a = arena_new(1 << 16);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *sql = sql_extract(a, texts[i].text);

        if ((sql == NULL) != (texts[i].sql == NULL) || (sql && strcmp(sql, texts[i].sql)))
            FAIL_("\"%s\": \"%s\"", texts[i].text, sql ? sql : "nothing");
    }
    arena_free(a);
}

static void a_statement_keeps_to_the_question(void)
{
    static const struct { const char *question, *sql; bool faithful; } texts[] = {
        {"Median order value in 2025", "SELECT sum(q) FROM s WHERE d >= DATE '2025-03-01'", false},
        {"Orders in March 2025", "SELECT sum(q) FROM s WHERE d BETWEEN DATE '2025-03-01' AND DATE '2025-03-31'", true},
        {"Orders in December 2024", "SELECT count(*) FROM s WHERE year(d) = 2024", false},
        {"Orders in 2024", "SELECT count(*) FROM s WHERE d BETWEEN DATE '2024-01-01' AND DATE '2024-12-31'", true},
        {"Orders in Q1 2024", "SELECT count(*) FROM s WHERE d BETWEEN DATE '2024-01-01' AND DATE '2024-03-31'", true},
        {"How many customers joined in 2023?", "SELECT count(*) FROM c GROUP BY id", false},
        {"Orders over 500 euros", "SELECT count(*) FROM s", false},
        {"Sales above 1 million", "SELECT a FROM s WHERE a > 1000000", true},
        {"Total refund amount by reason", "SELECT sum(r) FROM returns WHERE reason = 'refunded'", false},
        {"Sales in the West by month", "SELECT date_trunc('month', d) FROM s WHERE region = 'West'", true},
        {"List the names of all brands", "SELECT brand FROM p WHERE brand = 'Fjord'", false},
        {"How many stores are there?", "SELECT count(*) FROM stores", true}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        err e = {0};

        if (sql_faithful(texts[i].question, texts[i].sql, &e) != texts[i].faithful)
            FAIL_("%s | %s: %s", texts[i].question, texts[i].sql, e.msg);
    }
}

TEST_MAIN({"each_shape_has_its_sentence", each_shape_has_its_sentence},
          {"amounts_must_give_the_change", amounts_must_give_the_change},
          {"a_statement_keeps_to_the_question", a_statement_keeps_to_the_question},
          {"models_text_is_cut_to_its_statement", models_text_is_cut_to_its_statement})
