/* test_sales.c - the script of the sales database as text: the same every time,
 * complete, one statement a step. What it makes is tested by test_truths.c. */
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "data/sales.h"
#include "test.h"

typedef struct seen {
    str all;
    int steps, creates, comments, sales, bad;
    double done;
    int stop_after;
} seen;

/* Quotes and brackets close, no {{name}} is left, no second statement. */
static bool well_formed(const char *sql)
{
    int depth = 0;
    bool quoted = false;
    for (const char *p = sql; *p; p++) {
        if (!quoted && p[0] == '-' && p[1] == '-') {
            while (p[1] && p[1] != '\n') p++;
            continue;
        }
        if (*p == '\'') quoted = !quoted;
        if (quoted) continue;
        depth += (*p == '(' || *p == '[') - (*p == ')' || *p == ']');
        if (depth < 0 || *p == ';' || (p[0] == '{' && p[1] == '{')) return false;
    }
    return depth == 0 && !quoted && strlen(sql) > 10;
}

static bool look(void *arg, const sales_step *step)
{
    seen *s = arg;
    str_adds(&s->all, step->sql);
    str_addc(&s->all, '\n');
    s->steps++;
    s->creates += str_starts(step->sql, "CREATE TABLE");
    s->comments += str_starts(step->sql, "COMMENT ON");
    s->sales += str_starts(step->sql, "INSERT INTO sales");
    s->bad += !well_formed(step->sql) || !*step->label || step->fraction_done < s->done ||
              step->fraction_done >= 1;
    s->done = step->fraction_done;
    return !s->stop_after || s->steps < s->stop_after;
}

static void script_of(uint64_t rows, uint64_t seed, seen *s)
{
    err e = {0};
    *s = (seen){0};
    CHECK(sales_script_run(rows, seed, look, s, &e));
    CHECK(!s->all.bad && s->bad == 0);
}

static void is_well_formed(void)
{
    static const uint64_t rows[] = {SALES_ROWS_MIN, 12345, SALES_ROWS_DEFAULT, 100000000, SALES_ROWS_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        seen s;
        script_of(rows[i], 1, &s);
        str_deinit(&s.all);
        if (test_failed) return;
        CHECK(s.creates == 14);
        CHECK(s.comments == 14 + 95);
        CHECK(s.sales == (rows[i] <= 2000000 ? 6 : 65));
        CHECK(s.done > 0.5);
    }
}

static void is_the_same_every_time(void)
{
    seen a, b, c, d;
    script_of(50000, 7, &a);
    script_of(50000, 7, &b);
    script_of(50000, 8, &c);
    script_of(50001, 7, &d);
    bool same = a.all.n == b.all.n && !memcmp(a.all.text, b.all.text, a.all.n);
    bool seed_matters = strcmp(a.all.text, c.all.text) != 0;
    bool rows_matter = strcmp(a.all.text, d.all.text) != 0;
    str_deinit(&a.all);
    str_deinit(&b.all);
    str_deinit(&c.all);
    str_deinit(&d.all);
    CHECK(same && seed_matters && rows_matter);
}

/* The script promises SQL whose result no version of the database, thread count
 * or time can change. */
static void uses_nothing_unsteady(void)
{
    static const char *const words[] = {"random(", " hash(", "md5", "uuid", "now()", "current_date",
                                        "USING SAMPLE", "approx_", "DOUBLE", "FLOAT"};
    seen s;
    script_of(SALES_ROWS_DEFAULT, 1, &s);
    const char *found = NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(s.all.text, words[i])) found = words[i];
    str_deinit(&s.all);
    CHECK(!found || (fprintf(stderr, "found %s\n", found), false));
}

static void keys_are_declared_or_named(void)
{
    seen small, large;
    script_of(SALES_ROWS_KEYS_MAX, 1, &small);
    script_of(SALES_ROWS_KEYS_MAX + 1, 1, &large);
    bool declared = strstr(small.all.text, "FOREIGN KEY (sale_id) REFERENCES sales (sale_id)") &&
                    strstr(small.all.text, "PRIMARY KEY (sale_id)");
    bool left_out = !strstr(large.all.text, "REFERENCES sales") && !strstr(large.all.text, "PRIMARY KEY (sale_id)");
    bool named = strstr(large.all.text, "Refers to sales(sale_id).") != NULL;
    str_deinit(&small.all);
    str_deinit(&large.all);
    CHECK(declared && left_out && named);
}

static void months_are_all_there(void)
{
    seen s;
    script_of(3000000, 1, &s);
    bool all = strstr(s.all.text, "BETWEEN '2021-01-01' AND '2021-01-31'") &&
               strstr(s.all.text, "BETWEEN '2024-02-01' AND '2024-02-29'") &&
               strstr(s.all.text, "BETWEEN '2025-02-01' AND '2025-02-28'") &&
               strstr(s.all.text, "BETWEEN '2026-05-01' AND '2026-05-31'") && !strstr(s.all.text, "'2026-06-01' AND");
    str_deinit(&s.all);
    CHECK(all);
}

static void stops_and_refuses(void)
{
    err e = {0};
    seen s = {.stop_after = 3};
    CHECK(!sales_script_run(SALES_ROWS_DEFAULT, 1, look, &s, &e));
    int steps = s.steps;
    str_deinit(&s.all);
    CHECK(e.code == ERR_CANCELLED && steps == 3);
    CHECK(!sales_script_new(SALES_ROWS_MIN - 1, 1, &e) && e.code == ERR_ARG);
    CHECK(!sales_script_new(SALES_ROWS_MAX + 1, 1, &e) && e.code == ERR_ARG);
    CHECK(!sales_script_new(SALES_ROWS_DEFAULT, SALES_SEED_MAX + 1, &e) && e.code == ERR_ARG);
    sales_script_free(NULL);
}

TEST_MAIN({"is_well_formed", is_well_formed}, {"is_the_same_every_time", is_the_same_every_time},
          {"uses_nothing_unsteady", uses_nothing_unsteady},
          {"keys_are_declared_or_named", keys_are_declared_or_named},
          {"months_are_all_there", months_are_all_there}, {"stops_and_refuses", stops_and_refuses})
