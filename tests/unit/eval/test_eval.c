/* test_eval.c - the rule by which two results are the same rows. */
#include "eval/eval.h"

#include <stdlib.h>

#include "test.h"

enum { N = 4 };
static uint8_t valid[N] = {1, 1, 1, 1};
static int64_t ints[N] = {10, 7, 7, 3}, ints_swapped[N] = {10, 7, 7, 3};
static const char *names[N] = {"a", "b", "c", "d"}, *other[N] = {"a", "c", "b", "d"},
                  *decimals[N] = {"10.00", "7.00", "7.00", "3.00"};

static db_result make(db_result_column *c, int columns, int64_t rows)
{
    return (db_result){.columns = c, .n_columns = columns, .n_rows = rows};
}

static db_result_column text(const char **t)
{
    return (db_result_column){.name = "t", .type = DB_TEXT, .valid = valid, .as.text = t};
}

static db_result_column integer(const int64_t *v)
{
    return (db_result_column){.name = "i", .type = DB_INTEGER, .valid = valid, .as.integer = v};
}

static void columns_permute_and_order_counts(void)
{
    db_result_column a[2] = {text(names), integer(ints)};
    db_result_column b[2] = {integer(ints_swapped), text(other)};
    db_result gold = make(a, 2, N), mine = make(b, 2, N);

    CHECK(eval_rows_equal(&gold, &mine, false, NULL));
    CHECK(!eval_rows_equal(&gold, &mine, true, NULL)); /* b and c changed places */
    mine.n_rows = 3;
    CHECK(!eval_rows_equal(&gold, &mine, false, NULL));
}

static void text_is_not_a_number(void)
{
    static const char *digits[N] = {"10", "7", "7", "3"};
    db_result_column a[1] = {integer(ints)}, b[1] = {text(digits)};
    db_result_column d[1] = {{.name = "d", .type = DB_DECIMAL, .scale = 2, .valid = valid,
                              .as.text = decimals}};
    db_result gold = make(a, 1, N), mine = make(b, 1, N), decimal = make(d, 1, N);

    CHECK(!eval_rows_equal(&gold, &mine, false, NULL));
    CHECK(eval_rows_equal(&gold, &decimal, false, NULL));
}

static void ties_at_the_cut_are_free(void)
{
    static const char *picked[2] = {"a", "c"}, *wrong[2] = {"a", "d"};
    static int64_t wrong_values[2] = {10, 3};
    db_result_column all[2] = {text(names), integer(ints)};
    db_result_column cut[2] = {text(picked), integer(ints)};
    db_result_column bad[2] = {text(wrong), integer(wrong_values)};
    db_result uncut = make(all, 2, N), gold = make(all, 2, 2), mine = make(cut, 2, 2),
              off = make(bad, 2, 2);

    CHECK(eval_rows_equal_cut(&gold, &uncut, &mine, NULL));
    CHECK(!eval_rows_equal_cut(&gold, &uncut, &off, NULL));
}

/* b and c tie above the cut: their places are free, their presence is not. */
static void ties_above_the_cut_are_free(void)
{
    static const char *swapped[3] = {"a", "c", "b"}, *doubled[3] = {"a", "b", "d"};
    static int64_t five[5] = {10, 7, 7, 3, 1}, wrong[3] = {10, 7, 3};
    static const char *five_names[5] = {"a", "b", "c", "d", "e"};
    static uint8_t five_valid[5] = {1, 1, 1, 1, 1};
    db_result_column all[2] = {text(five_names), integer(five)};
    db_result_column mine_columns[2] = {text(swapped), integer(five)};
    db_result_column bad[2] = {text(doubled), integer(wrong)};
    db_result uncut, gold, mine, off;

    all[0].valid = all[1].valid = five_valid;
    uncut = make(all, 2, 5), gold = make(all, 2, 3);
    mine = make(mine_columns, 2, 3), off = make(bad, 2, 3);
    CHECK(eval_rows_equal_cut(&gold, &uncut, &mine, NULL));
    CHECK(!eval_rows_equal_cut(&gold, &uncut, &off, NULL));
}

static void limits_are_found_in_text(void)
{
    bool ordered;
    char *cut = eval_without_limit("SELECT a FROM t ORDER BY a LIMIT 5;", &ordered);

    CHECK(cut && ordered && !strcmp(cut, "SELECT a FROM t ORDER BY a "));
    free(cut);
    CHECK(!eval_without_limit("SELECT (SELECT 1 ORDER BY 1 LIMIT 1)", &ordered) && !ordered);
    CHECK(!eval_without_limit("SELECT 'x limit 5'", &ordered));
}

TEST_MAIN({"columns_permute_and_order_counts", columns_permute_and_order_counts},
          {"text_is_not_a_number", text_is_not_a_number},
          {"ties_at_the_cut_are_free", ties_at_the_cut_are_free},
          {"ties_above_the_cut_are_free", ties_above_the_cut_are_free},
          {"limits_are_found_in_text", limits_are_found_in_text})
