/* test_compile.c - questions in the layer's terms, their SQL and their rows.
 *
 * compile.txt: a query, its SQL, its rows on tiny.sql (or "refused: …").
 * fanout.txt: queries over two facts; each measure's sum over the rows must
 * equal what one plain query over its own fact gives, or it is refused.
 * With SEM_SHOW=1 the compile cases are printed as they are, to be read. */
#include <math.h>

#include "query_line.h"
#include "sql/sql.h"
#include "test.h"
#include "tiny_db.h"

typedef struct bench {
    arena *a;
    db *d;
    const db_catalog *c;
    sem_layer *l;
} bench;

static bench open_bench(void)
{
    static bench b;
    err e = {0};

    if (b.l)
        return b;
    b.a = arena_new(64 << 20);
    b.d = tiny_open();
    b.c = b.d ? db_catalog_get(b.d, &e) : NULL;
    b.l = b.c ? sem_load_sales(b.d, b.c, &e) : NULL;
    if (!b.l) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    return b;
}

static void close_bench(void)
{
    bench b = open_bench();

    sem_free(b.l);
    db_close(b.d);
    arena_free(b.a);
}

/* ---- one case --------------------------------------------------------------- */

enum { MAX_LINES = 40 };

typedef struct text_case {
    char *query;
    char *lines[MAX_LINES];
    int n;
    int number; /* line in the file */
} text_case;

/* The next block of lines; false at the end. Comments begin with #. */
static bool next_case(char **at, int *line, text_case *t)
{
    *t = (text_case){0};
    while (**at) {
        char *text = *at, *end = strchr(text, '\n');

        *line += 1;
        *at = end ? end + 1 : text + strlen(text);
        if (end)
            *end = 0;
        if (*text == '#')
            continue;
        if (!*text && t->query)
            return true;
        if (!*text)
            continue;
        if (!t->query) {
            t->query = text;
            t->number = *line;
        } else if (t->n < MAX_LINES) {
            t->lines[t->n++] = text;
        }
    }
    return t->query != NULL;
}

static bool compile_line(const bench *b, arena *a, const char *line, sem_plan *plan, err *e)
{
    sem_query q;
    const char *wrong;
    char *copy = arena_str(a, line);

    if (!query_line(b->l, copy, a, &q, &wrong))
        return err_set(e, ERR_FORMAT, "the test does not understand \"%s\"", wrong);
    return sem_compile(b->l, &q, a, plan, e);
}

/* Through the guard, as every statement goes. */
static db_result *run(const bench *b, arena *a, const char *sql, err *e)
{
    char *safe = sql_check(a, sql, b->c, NULL, e);

    return safe ? db_execute(b->d, safe, &(db_limits){0}, e) : NULL;
}

static void row_text(const db_result *r, int64_t row, str *out)
{
    str_reset(out);
    str_adds(out, "|");
    for (int i = 0; i < r->n_columns; i++) {
        char buffer[64];

        str_addc(out, ' ');
        if (db_cell_null(r, row, i))
            str_adds(out, "NULL");
        else if (r->columns[i].type == DB_DOUBLE)
            str_addf(out, "%.6g", db_cell_number(r, row, i));
        else
            str_adds(out, db_cell_text(r, row, i, buffer));
        str_adds(out, i + 1 < r->n_columns ? " |" : "");
    }
}

static bool notes_run(const bench *b, arena *a, const sem_plan *plan, err *e)
{
    for (int i = 0; i < plan->n_note_queries; i++) {
        db_result *r = run(b, a, plan->note_queries[i].sql, e);
        int holes = 0;

        if (!r)
            return err_wrap(e, "note \"%s\"", plan->note_queries[i].format);
        for (const char *p = plan->note_queries[i].format; (p = strstr(p, "%s")) != NULL; p++)
            holes++;
        if (r->n_rows != 1 || holes > r->n_columns) {
            db_result_free(r);
            return err_set(e, ERR_FORMAT, "note \"%s\": one row that fills it is expected", plan->note_queries[i].format);
        }
        db_result_free(r);
    }
    return true;
}

static const char *columns_differ(const db_result *r, const sem_plan *plan)
{
    if (r->n_columns != plan->n_columns)
        return "the plan has another number of columns";
    for (int i = 0; i < r->n_columns; i++)
        if (strcmp(r->columns[i].name, plan->columns[i].name) != 0)
            return plan->columns[i].name;
    return NULL;
}

/* ---- compile.txt --------------------------------------------------------------- */

static void show(const bench *b, arena *a, const text_case *t)
{
    sem_plan plan;
    err e = {0};
    str row = {0};
    db_result *r;

    printf("%s\n", t->query);
    if (!compile_line(b, a, t->query, &plan, &e)) {
        printf("refused: %s\n\n", e.msg);
        return;
    }
    printf("%s\n", plan.sql);
    r = run(b, a, plan.sql, &e);
    if (!r)
        printf("ERROR %s\n", e.msg);
    for (int64_t i = 0; r && i < r->n_rows; i++) {
        row_text(r, i, &row);
        printf("%s\n", row.text);
    }
    printf("\n");
    str_deinit(&row);
    db_result_free(r);
}

static bool check_rows(const bench *b, arena *a, const text_case *t, const sem_plan *plan, err *e)
{
    db_result *r = run(b, a, plan->sql, e);
    str row = {0};
    bool ok = true;

    if (!r)
        return false;
    if (columns_differ(r, plan))
        ok = err_set(e, ERR_FORMAT, "column: %s", columns_differ(r, plan));
    if (ok && r->n_rows != t->n - 1)
        ok = err_set(e, ERR_FORMAT, "%d rows, expected %d", (int)r->n_rows, t->n - 1);
    for (int64_t i = 0; ok && i < r->n_rows; i++) {
        row_text(r, i, &row);
        if (strcmp(row.text, t->lines[i + 1]) != 0)
            ok = err_set(e, ERR_FORMAT, "row \"%s\", expected \"%s\"", row.text, t->lines[i + 1]);
    }
    str_deinit(&row);
    db_result_free(r);
    return ok && notes_run(b, a, plan, e);
}

static bool check_case(const bench *b, arena *a, const text_case *t, err *e)
{
    sem_plan plan;
    bool ok = compile_line(b, a, t->query, &plan, e);

    if (t->n && str_starts(t->lines[0], "refused: ")) {
        if (ok)
            return err_set(e, ERR_FORMAT, "was not refused");
        if (strcmp(t->lines[0] + 9, e->msg) != 0)
            return err_wrap(e, "expected \"%s\", got", t->lines[0] + 9);
        return true;
    }
    if (!ok)
        return false;
    if (!t->n || strcmp(t->lines[0], plan.sql) != 0)
        return err_set(e, ERR_FORMAT, "SQL is\n%.400s", plan.sql);
    return check_rows(b, a, t, &plan, e);
}

static bool read_cases(const char *name, str *text)
{
    char path[512];
    err e = {0};

    snprintf(path, sizeof path, "%s/tests/unit/semantic/%s", SALESBOT_SOURCE_DIR, name);
    if (file_read(path, 1 << 20, text, &e))
        return true;
    fprintf(stderr, "%s\n", e.msg);
    return false;
}

static void queries_become_sql_and_rows(void)
{
    bench b = open_bench();
    str text = {0};
    text_case t;
    int line = 0, failed = 0, n = 0;
    char *at;

    CHECK(read_cases("compile.txt", &text));
    for (at = text.text; next_case(&at, &line, &t); n++) {
        arena *a = arena_new(16 << 20);
        err e = {0};

        if (getenv("SEM_SHOW"))
            show(&b, a, &t);
        else if (!check_case(&b, a, &t, &e)) {
            fprintf(stderr, "compile.txt:%d: %s: %s\n", t.number, t.query, e.msg);
            failed++;
        }
        arena_free(a);
    }
    str_deinit(&text);
    CHECK(n >= 60 && !failed);
}

/* ---- fanout.txt ------------------------------------------------------------------ */

static bool scalar(const bench *b, arena *a, const char *sql, double *out, err *e)
{
    db_result *r = run(b, a, sql, e);

    if (!r)
        return false;
    *out = r->n_rows == 1 && !db_cell_null(r, 0, 0) ? db_cell_number(r, 0, 0) : 0;
    db_result_free(r);
    return true;
}

/* The sum of the k-th column that is a measure. */
static double column_sum(const db_result *r, const sem_plan *plan, int k)
{
    double sum = 0;

    for (int i = 0; i < plan->n_columns; i++) {
        if (plan->columns[i].role == 'g' || plan->columns[i].role == 't' || k--)
            continue;
        for (int64_t row = 0; row < r->n_rows; row++)
            sum += db_cell_null(r, row, i) ? 0 : db_cell_number(r, row, i);
        return sum;
    }
    return (double)NAN;
}

static bool check_totals(const bench *b, arena *a, const text_case *t, const sem_plan *plan, err *e)
{
    db_result *r = run(b, a, plan->sql, e);
    bool ok = r != NULL;

    for (int i = 0; ok && i < t->n; i++) {
        double expected = 0, got = column_sum(r, plan, i);

        ok = str_starts(t->lines[i], "= ") ? scalar(b, a, t->lines[i] + 2, &expected, e)
                                           : err_set(e, ERR_FORMAT, "a line begins with \"= \" or \"refused: \"");
        if (ok && !(fabs(got - expected) <= 1e-9 * (1 + fabs(expected))))
            ok = err_set(e, ERR_FORMAT, "measure %d adds up to %.9g, its fact alone to %.9g; %.300s", i + 1, got, expected,
                         plan->sql);
    }
    db_result_free(r);
    return ok;
}

static void two_facts_never_multiply(void)
{
    bench b = open_bench();
    str text = {0};
    text_case t;
    int line = 0, failed = 0, n = 0;
    char *at;

    CHECK(read_cases("fanout.txt", &text));
    for (at = text.text; next_case(&at, &line, &t); n++) {
        arena *a = arena_new(16 << 20);
        err e = {0};
        sem_plan plan;
        bool ok = compile_line(&b, a, t.query, &plan, &e), refusal = t.n && str_starts(t.lines[0], "refused: ");

        if (refusal)
            ok = !ok && !strcmp(e.msg, t.lines[0] + 9);
        else
            ok = ok && t.n && check_totals(&b, a, &t, &plan, &e) && notes_run(&b, a, &plan, &e);
        if (!ok) {
            fprintf(stderr, "fanout.txt:%d: %s: %s\n", t.number, t.query, e.code ? e.msg : "not refused, or no totals");
            failed++;
        }
        arena_free(a);
    }
    str_deinit(&text);
    CHECK(n >= 40 && !failed);
}

/* ---- any query at all ------------------------------------------------------------ */

typedef struct dice { uint64_t state; } dice;

static int roll(dice *d, int n)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return n > 0 ? (int)((d->state >> 33) % (uint64_t)n) : 0;
}

static sem_period random_period(dice *d)
{
    static const sem_grain grains[] = {SEM_DAY, SEM_WEEK, SEM_MONTH, SEM_QUARTER, SEM_YEAR_GRAIN};
    int32_t from = sem_days(2023 + roll(d, 5), 1 + roll(d, 12), roll(d, 3) ? 1 : 1 + roll(d, 28));

    return (sem_period){.set = roll(d, 4) != 0, .from = from, .to = from + roll(d, 400), .grain = grains[roll(d, 5)], .n = 1, .label = ""};
}

static void random_parts(dice *d, const sem_layer *l, sem_query *q)
{
    for (q->n_groups = 0; q->n_groups < roll(d, 4); q->n_groups++)
        q->groups[q->n_groups] = (sem_group){.dimension = roll(d, 2) ? roll(d, sem_n_dimensions(l)) : -1,
                                             .grain = (sem_grain)(1 + roll(d, SEM_MONTH_OF_YEAR))};
    for (q->n_filters = 0; q->n_filters < roll(d, 3); q->n_filters++) {
        sem_filter *f = &q->filters[q->n_filters];

        f->dimension = roll(d, sem_n_dimensions(l));
        f->op = (sem_op)roll(d, SEM_IS_NOT_NULL + 1);
        f->n_values = 1 + roll(d, 3);
        for (int i = 0; i < f->n_values; i++)
            f->values[i] = roll(d, 3) ? (roll(d, 2) ? "West" : "2024-05-01") : "12";
    }
    for (q->n_conditions = 0; q->n_conditions < roll(d, 3); q->n_conditions++)
        q->conditions[q->n_conditions] = (sem_condition_use){.condition = roll(d, sem_n_conditions(l)), .negate = !roll(d, 4),
                                                             .number = roll(d, 2) ? (double)NAN : 7, .period = random_period(d)};
}

static void random_query(dice *d, const sem_layer *l, sem_query *q)
{
    sem_query_init(q);
    q->shape = (sem_shape)roll(d, SEM_UPLIFT + 1);
    for (q->n_metrics = 0; q->n_metrics < 1 + roll(d, 3); q->n_metrics++)
        q->metrics[q->n_metrics] = roll(d, sem_n_metrics(l));
    random_parts(d, l, q);
    q->entity = roll(d, sem_n_entities(l));
    q->period = random_period(d);
    q->base = random_period(d);
    for (q->n_periods = 0; q->n_periods < roll(d, 4); q->n_periods++)
        q->periods[q->n_periods] = random_period(d);
    q->change = (sem_change)roll(d, 3);
    q->like_for_like = !roll(d, 6);
    q->constant_currency = !roll(d, 6);
    q->running = !roll(d, 8);
    q->moving = roll(d, 8) ? 0 : roll(d, 9);
    q->average_per = roll(d, 5) ? SEM_NO_GRAIN : (sem_grain)(1 + roll(d, SEM_HOUR));
    q->average_per_entity = roll(d, 6) ? -1 : roll(d, sem_n_entities(l));
    q->ordered = roll(d, 2);
    q->ascending = roll(d, 2);
    q->limit = roll(d, 2) * roll(d, 9);
    q->limit_per_group = roll(d, 3) ? -1 : roll(d, 3);
    q->having_metric = roll(d, 4) ? -1 : roll(d, sem_n_metrics(l));
    q->having_op = (sem_op)(SEM_EQ + roll(d, 7));
    q->having_value = roll(d, 100);
    q->share_filter = roll(d, 3) - 1;
    q->fold = roll(d, 5) ? SEM_FOLD_NONE : (sem_fold)roll(d, SEM_FOLD_SPREAD + 1);
    q->fold_from = roll(d, 3);
    q->offset = roll(d, 3);
    q->rank_filter = roll(d, 8) ? -1 : 0;
    q->per_metric = roll(d, 6) ? -1 : roll(d, sem_n_metrics(l));
    q->order_dimension = roll(d, 4) ? -1 : roll(d, sem_n_dimensions(l));
    for (q->n_columns = 0; q->n_columns < roll(d, 3); q->n_columns++)
        q->columns[q->n_columns] = roll(d, sem_n_dimensions(l));
    q->columns_only = roll(d, 2);
}

static void every_query_binds_or_is_refused(void)
{
    bench b = open_bench();
    dice d = {.state = 7};
    int compiled = 0, failed = 0;

    for (int i = 0; i < 3000; i++) {
        arena *a = arena_new(16 << 20);
        sem_query q;
        sem_plan plan;
        err e = {0};

        random_query(&d, b.l, &q);
        if (!sem_compile(b.l, &q, a, &plan, &e)) {
            if ((e.code != ERR_NOT_IN_DATA && e.code != ERR_ARG && e.code != ERR_LIMIT) || !e.msg[0]) {
                fprintf(stderr, "%d: %s: %s: %s\n", i, sem_query_text(b.l, &q, a), err_name(e.code), e.msg);
                failed++;
            }
        } else {
            compiled++;
            if (!sql_check(a, plan.sql, b.c, NULL, &e)) {
                fprintf(stderr, "%d: %s: %s\n%s\n", i, sem_query_text(b.l, &q, a), e.msg, plan.sql);
                failed++;
            }
        }
        arena_free(a);
        if (failed > 5)
            break;
    }
    CHECK(!failed && compiled > 300);
}

/* ---- fiscal periods ------------------------------------------------------------------ */

static void fiscal_periods_come_from_the_calendar(void)
{
    bench b = open_bench();
    arena *a = arena_new(1 << 20);
    sem_period p = sem_fiscal(b.l, SEM_FISCAL_YEAR, 2024, 0, a), q;
    int year, quarter, period, week;

    CHECK(p.set && p.from == sem_days(2024, 1, 29) && p.to == sem_days(2025, 2, 2) && !strcmp(p.label, "FY24"));
    CHECK(sem_fiscal_of(b.l, sem_days(2025, 2, 2), &year, &quarter, &period, &week) && year == 2024 && week == 53);
    CHECK(!sem_fiscal_of(b.l, sem_days(2019, 1, 1), &year, &quarter, &period, &week));
    CHECK(!sem_fiscal(b.l, SEM_FISCAL_WEEK, 2025, 53, a).set);
    p = sem_fiscal(b.l, SEM_FISCAL_YEAR, 2025, 0, a);
    q = sem_year_before(b.l, &p, a); /* finished: its namesake, 53 weeks */
    CHECK(q.from == sem_days(2024, 1, 29) && q.to == sem_days(2025, 2, 2));
    p = sem_fiscal(b.l, SEM_FISCAL_WEEK, 2025, 3, a);
    q = sem_year_before(b.l, &p, a);
    CHECK(q.from == p.from - 364 && q.to == p.to - 364);
    p = sem_fiscal(b.l, SEM_FISCAL_YEAR, 2026, 0, a);
    CHECK(sem_unfinished(b.l, &p));
    q = sem_year_before(b.l, &p, a); /* begun: day by day */
    CHECK(q.from == p.from - 364);
    p = sem_fiscal(b.l, SEM_FISCAL_QUARTER, 2025, 1, a);
    q = sem_previous(b.l, &p, a);
    CHECK(q.to == p.from - 1 && !strcmp(q.label, "FY24 Q4"));
    arena_free(a);
}

/* ---- the same question gives the same bytes --------------------------------------- */

static void compiling_again_gives_the_same(void)
{
    static const char *const lines[] = {"values sales,returns,target by store,month in 2025",
                                        "growth sales by region in 2025 lfl", "uplift sales"};
    bench b = open_bench();

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        arena *a = arena_new(16 << 20);
        sem_plan x, y;
        err e = {0};

        CHECK(compile_line(&b, a, lines[i], &x, &e) && compile_line(&b, a, lines[i], &y, &e));
        CHECK(!strcmp(x.sql, y.sql));
        arena_free(a);
    }
    close_bench();
}

TEST_MAIN({"queries_become_sql_and_rows", queries_become_sql_and_rows},
          {"two_facts_never_multiply", two_facts_never_multiply},
          {"every_query_binds_or_is_refused", every_query_binds_or_is_refused},
          {"fiscal_periods_come_from_the_calendar", fiscal_periods_come_from_the_calendar},
          {"compiling_again_gives_the_same", compiling_again_gives_the_same})
