/* test_eval_report.c - statements compared as trees, levels, shares, intervals. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "eval/eval_impl.h"
#include "eval/report_impl.h"
#include "test.h"

static const db_column singer[] = {
    {.name = "id", .type_text = "BIGINT", .type = DB_INTEGER, .comment = "", .fk_table = -1, .fk_column = -1},
    {.name = "name", .type_text = "VARCHAR", .type = DB_TEXT, .comment = "", .fk_table = -1, .fk_column = -1},
    {.name = "age", .type_text = "BIGINT", .type = DB_INTEGER, .comment = "", .fk_table = -1, .fk_column = -1}};
static const db_column concert[] = {
    {.name = "id", .type_text = "BIGINT", .type = DB_INTEGER, .comment = "", .fk_table = -1, .fk_column = -1},
    {.name = "singer_id", .type_text = "BIGINT", .type = DB_INTEGER, .comment = "", .fk_table = 1, .fk_column = 0},
    {.name = "year", .type_text = "BIGINT", .type = DB_INTEGER, .comment = "", .fk_table = -1, .fk_column = -1}};
static const db_table tables[] = {
    {.name = "concert", .comment = "", .columns = concert, .n_columns = 3},
    {.name = "singer", .comment = "", .columns = singer, .n_columns = 3}};
static const db_catalog catalog = {.database = "d", .fingerprint = "", .tables = tables, .n_tables = 2};

/* Reference, answer, do they differ and in what first, similarity. */
static void statements_are_compared(void)
{
    static const struct { const char *gold, *mine; eval_difference d; double similarity; } cases[] = {
        {"SELECT name FROM singer", "SELECT s.NAME FROM Singer AS s", EVAL_NO_DIFFERENCE, 1},
        {"SELECT name FROM singer WHERE age > 20", "SELECT name FROM singer WHERE 20 < age",
         EVAL_NO_DIFFERENCE, 1},
        {"SELECT name FROM singer WHERE age > 20", "SELECT name FROM singer WHERE age > 30", EVAL_VALUE, 4 / 6.0},
        {"SELECT name FROM singer", "SELECT age FROM singer", EVAL_COLUMN, 0.5},
        {"SELECT name FROM singer", "SELECT year FROM concert", EVAL_TABLE, 0},
        {"SELECT count(*) FROM singer", "SELECT sum(age) FROM singer", EVAL_AGGREGATE, 0.5},
        {"SELECT name FROM singer GROUP BY name", "SELECT name FROM singer", EVAL_AGGREGATE, 4 / 5.0},
        {"SELECT name FROM singer ORDER BY age", "SELECT name FROM singer ORDER BY age DESC", EVAL_ORDER, 4 / 6.0},
        {"SELECT name FROM singer JOIN concert ON singer.id = singer_id",
         "SELECT name FROM singer JOIN concert ON singer.id = concert.id", EVAL_JOIN, 6 / 8.0},
        {"SELECT name FROM singer WHERE id IN (SELECT singer_id FROM concert)",
         "SELECT name FROM singer JOIN concert ON singer.id = singer_id", EVAL_NESTING, 4 / 7.0},
        {"SELECT name FROM singer", "SELECT", EVAL_OTHER, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena *a = arena_new(16 << 20);
        comparison c;

        compare_statements(a, &catalog, cases[i].gold, cases[i].mine, &c);
        if (c.difference != cases[i].d || fabs(c.similarity - cases[i].similarity) > 1e-9 ||
            c.exact != (cases[i].d == EVAL_NO_DIFFERENCE))
            FAIL_("%s | %s: %s, %g, exact %d", cases[i].gold, cases[i].mine,
                  eval_difference_name(c.difference), c.similarity, c.exact);
        arena_free(a);
    }
}

static void levels_are_spiders(void)
{
    static const struct { const char *sql, *level; } cases[] = {
        {"SELECT count(*) FROM singer", "easy"},
        {"SELECT name FROM singer WHERE age > 20", "easy"},
        {"SELECT name, age FROM singer WHERE age > 20", "medium"},
        {"SELECT name FROM singer JOIN concert ON singer.id = singer_id WHERE year = 2014", "medium"},
        {"SELECT name, age FROM singer GROUP BY name, age ORDER BY count(*) DESC LIMIT 1", "hard"},
        {"SELECT name FROM singer WHERE id NOT IN (SELECT singer_id FROM concert)", "hard"},
        {"SELECT name FROM singer EXCEPT SELECT name FROM singer WHERE age > 3", "hard"},
        {"SELECT name, age FROM singer JOIN concert ON singer.id = singer_id WHERE year = 1 "
         "GROUP BY name, age ORDER BY count(*) LIMIT 3", "extra"},
        {"not sql", "unknown"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena *a = arena_new(4 << 20);
        const char *level = statement_difficulty(a, cases[i].sql);

        if (strcmp(level, cases[i].level))
            FAIL_("%s: %s, expected %s", cases[i].sql, level, cases[i].level);
        arena_free(a);
    }
}

static void golds_show_their_keys(void)
{
    arena *a = arena_new(4 << 20);
    gold g;

    gold_read(a, "SELECT name FROM singer GROUP BY name ORDER BY count(*) DESC, 1 LIMIT 3;", &g);
    CHECK(g.ordered && g.n_keys == 2 && g.keys[0] == 1 && g.keys[1] == 0);
    CHECK(!strcmp(g.uncut, "SELECT name, count(*) FROM singer GROUP BY name ORDER BY count(*) DESC, 1"));
    gold_read(a, "SELECT age AS a FROM singer ORDER BY a LIMIT 3", &g);
    CHECK(g.n_keys == 1 && g.keys[0] == 0);
    gold_read(a, "SELECT DISTINCT name FROM singer ORDER BY age LIMIT 3", &g);
    CHECK(g.ordered && !g.n_keys && g.uncut);
    gold_read(a, "SELECT name FROM singer LIMIT 3", &g);
    CHECK(!g.ordered && !g.uncut);
    gold_read(a, "SELECT name FROM singer ORDER BY age", &g);
    CHECK(g.ordered && !g.uncut);
    arena_free(a);
}

static void shares_and_intervals(void)
{
    eval_report r = {.a = arena_new(1 << 20), .data = "d"};
    eval_share s;
    int counts[EVAL_DIFFERENCES];

    for (int i = 0; i < 100; i++) {
        eval_case *c = report_add(&r);

        *c = (eval_case){.source = report_text(&r, i < 60 ? "a" : "b"), .db_id = "", .difficulty = "easy",
                         .path = "model", .confidence = "", .answered = i % 10 != 0, .right = i % 4 == 1,
                         .no_gold = i >= 90, .difference = i % 4 == 1 ? EVAL_NO_DIFFERENCE : EVAL_COLUMN,
                         .ms = i};
    }
    s = eval_share_of(&r, case_right, case_answerable);
    CHECK(s.n == 90 && s.k == 23); /* 1, 5, ... 89 */
    CHECK(s.low > 0.14 && s.low < 0.2 && s.high > 0.3 && s.high < 0.37);
    CHECK(eval_share_of(&r, case_right, case_answerable).low == s.low); /* the same draws */
    s = share_of_group(&r, case_right, true, "b");
    CHECK(s.n == 30 && s.k == 8);
    CHECK(report_differences(&r, counts) == 67 && counts[EVAL_COLUMN] == 67);
    CHECK(report_latency(&r, 0.5) == 50 && report_latency(&r, 0.95) == 95);
    CHECK(r.n_texts == 2);
    eval_report_deinit(&r);
}

/* Ten answers said surely, eight of them right, and four to be checked, one right. */
static void confidence_is_weighed(void)
{
    eval_report r = {.a = arena_new(1 << 20), .data = "d"};
    worth words[WORDS_MAX];

    for (int i = 0; i < 16; i++) {
        eval_case *c = report_add(&r);
        const bool sure = i < 10;

        *c = (eval_case){.source = "", .db_id = "", .difficulty = "", .path = "", .answered = i < 14, .right = i < 8 || i == 10 || i >= 14,
                         .confidence = i >= 14 ? "" : sure ? "Sure" : "Check this", .stated = sure ? 0.95 : 0.5, .unanswerable = i == 9 || i >= 14};
    }
    CHECK(report_confidence(&r, words) == 2);
    CHECK(!strcmp(words[0].word, "Sure") && words[0].n == 10 && words[0].right == 8 && fabs(words[0].stated - 0.95) < 1e-9);
    CHECK(!strcmp(words[1].word, "Check this") && words[1].n == 4 && words[1].right == 1);
    /* |9.5 - 8| + |2 - 1| over 14 answers */
    CHECK(fabs(report_calibration_error(&r) - 2.5 / 14) < 1e-9);
    CHECK(eval_share_of(&r, case_wrong_though_sure, case_counts).k == 2); /* one of them had no answer */
    eval_report_deinit(&r);
}

TEST_MAIN({"statements_are_compared", statements_are_compared},
          {"levels_are_spiders", levels_are_spiders},
          {"golds_show_their_keys", golds_show_their_keys},
          {"shares_and_intervals", shares_and_intervals},
          {"confidence_is_weighed", confidence_is_weighed})
