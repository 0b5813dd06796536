/* sales.c - the statements that make the sales database.
 *
 * The SQL stands in files beside this one, where it can be read, and is
 * embedded in the program. Here only what the SQL cannot say is added: the
 * numbers behind {{name}}, the keys that a very large database goes without,
 * and the months for which the sales are made at a time, so that a statement
 * never handles more than about two million lines. A statement ends with a
 * semicolon at the end of a line. */
#include "data/sales.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SCRIPTS(X)                             \
    X(draws, "starting", 0)                    \
    X(tables, "tables", 0)                     \
    X(calendar, "calendar", 1)                 \
    X(stores, "stores", 1)                     \
    X(products, "products and customers", 2)   \
    X(plan, "planning the sales", 10)          \
    X(lines, "planning the sales", 14)         \
    X(sales, "sales", 45)                      \
    X(stock, "targets and inventory", 45)      \
    X(comments, "comments", 2)

#define X(name, label, work) extern const char sales_sql_##name[], sales_sql_##name##_end[];
SCRIPTS(X)
#undef X

typedef struct script_file {
    const char *text, *end;
    const char *label;
    double work;  /* relative, at the default number of rows */
    bool repeats; /* once per span of months */
} script_file;

#define X(name, label, work) SCRIPT_##name,
enum { SCRIPTS(X) N_SCRIPTS };
#undef X

enum { N_MONTHS = 65, FIRST_YEAR = 2021 }; /* January 2021 .. May 2026 */

struct sales_script {
    uint64_t rows, seed, customers;
    uint32_t seed_a, seed_b;
    int file;         /* in SCRIPTS */
    const char *at;   /* in the file's text */
    int month, months; /* first month and number of months of this repetition */
    str sql, label;
};

static script_file script_at(int i)
{
    switch (i) {
#define X(name, label, work)                                                         \
    case SCRIPT_##name:                                                              \
        return (script_file){sales_sql_##name, sales_sql_##name##_end, label, work, \
                             SCRIPT_##name == SCRIPT_sales};
        SCRIPTS(X)
#undef X
    default:
        return (script_file){0};
    }
}

/* SplitMix64 (Steele, Lea, Flood 2014): neighbouring seeds give unrelated
 * numbers. */
static uint64_t mix64(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

sales_script *sales_script_new(uint64_t rows, uint64_t seed, err *e)
{
    if (rows < SALES_ROWS_MIN || rows > SALES_ROWS_MAX) {
        err_set(e, ERR_ARG, "--rows must be from %d to %" PRIu64 ", not %" PRIu64 ".",
                SALES_ROWS_MIN, SALES_ROWS_MAX, rows);
        return NULL;
    }
    if (seed > SALES_SEED_MAX) {
        err_set(e, ERR_ARG, "--seed must be at most %" PRIu64 ".", SALES_SEED_MAX);
        return NULL;
    }
    sales_script *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NOMEM, "Out of memory.");
        return NULL;
    }
    uint64_t mixed = mix64(seed);
    s->rows = rows;
    s->seed = seed;
    s->seed_a = (uint32_t)mixed;
    s->seed_b = (uint32_t)(mixed >> 32);
    s->customers = rows / 40 < 500 ? 500 : rows / 40;
    s->at = script_at(0).text;
    s->months = rows <= 2000000 ? 12 : 1;
    return s;
}

void sales_script_free(sales_script *s)
{
    if (!s) return;
    str_deinit(&s->sql);
    str_deinit(&s->label);
    free(s);
}

static int last_month(const sales_script *s)
{
    int last = s->month + s->months - 1;
    return last < N_MONTHS ? last : N_MONTHS - 1;
}

/* The day before the first of month `i`, or that first day itself. */
static void add_month_day(str *out, int i, bool day_before)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = (day_before ? i - 1 : i) % 12, year = FIRST_YEAR + (day_before ? i - 1 : i) / 12;
    int leap = month == 1 && year % 4 == 0;
    str_addf(out, "%04d-%02d-%02d", year, month + 1, day_before ? days[month] + leap : 1);
}

/* How many variants of a few sums are tried (65_lines.sql): many where they are
 * cheap and needed, none where the law of large numbers does it. */
static uint64_t variants(uint64_t rows)
{
    return rows <= 10000 ? 400 : rows <= 50000 ? 64 : rows <= 1000000 ? 12 : 0;
}

/* How many lines a store and day are dealt at a time (60_plan.sql). */
static uint64_t clump(uint64_t rows)
{
    return rows > 10000 && rows <= 1000000 ? 2 : 1;
}

/* True if `name` is one of ours; its value is added to the statement. */
static bool add_value(sales_script *s, const char *name, size_t n)
{
    const bool keys = s->rows <= SALES_ROWS_KEYS_MAX;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"rows", s->rows},     {"seed", s->seed},     {"customers", s->customers},
        {"seed_a", s->seed_a}, {"seed_b", s->seed_b}, {"month_from", (uint64_t)s->month},
        {"month_to", (uint64_t)last_month(s)},
        {"variants", variants(s->rows)}, {"clump", clump(s->rows)},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strlen(numbers[i].name) == n && memcmp(numbers[i].name, name, n) == 0) {
            str_addf(&s->sql, "%" PRIu64, numbers[i].value);
            return true;
        }
    }
    if (n == 9 && memcmp(name, "date_from", n) == 0) {
        add_month_day(&s->sql, s->month, false);
    } else if (n == 7 && memcmp(name, "date_to", n) == 0) {
        add_month_day(&s->sql, last_month(s) + 1, true);
    } else if (n == 10 && memcmp(name, "sales_keys", n) == 0) {
        if (keys)
            str_adds(&s->sql, ",\n    PRIMARY KEY (sale_id), FOREIGN KEY (store_id) REFERENCES stores (store_id),\n"
                              "    FOREIGN KEY (customer_id) REFERENCES customers (customer_id),\n"
                              "    FOREIGN KEY (product_id) REFERENCES products (product_id),\n"
                              "    FOREIGN KEY (promotion_id) REFERENCES promotions (promotion_id)");
    } else if (n == 12 && memcmp(name, "returns_keys", n) == 0) {
        if (keys)
            str_adds(&s->sql, ",\n    PRIMARY KEY (return_id), FOREIGN KEY (sale_id) REFERENCES sales (sale_id)");
    } else {
        return false;
    }
    return true;
}

/* The text from `from` to `to` with its {{names}} replaced. */
static bool fill(sales_script *s, const char *from, const char *to, err *e)
{
    str_reset(&s->sql);
    while (from < to) {
        const char *open = memmem(from, (size_t)(to - from), "{{", 2);
        const char *close = open ? memmem(open, (size_t)(to - open), "}}", 2) : NULL;
        if (!close) break;
        str_add(&s->sql, from, (size_t)(open - from));
        if (!add_value(s, open + 2, (size_t)(close - open - 2)))
            return err_set(e, ERR_INTERNAL, "The sales script names an unknown value: %.*s.",
                           (int)(close - open - 2), open + 2);
        from = close + 2;
    }
    str_add(&s->sql, from, (size_t)(to - from));
    if (s->sql.bad || s->label.bad) return err_set(e, ERR_NOMEM, "Out of memory.");
    return true;
}

/* Past blanks and comment lines. */
static const char *skip_blank(const char *at, const char *end)
{
    while (at < end) {
        if (*at == ' ' || *at == '\n') {
            at++;
        } else if (end - at >= 2 && at[0] == '-' && at[1] == '-') {
            const char *line = memchr(at, '\n', (size_t)(end - at));
            at = line ? line + 1 : end;
        } else {
            break;
        }
    }
    return at;
}

/* Work grows with the lines only where lines are made or read; a rough guess,
 * for a progress bar. */
static double work_of(const sales_script *s, int file)
{
    double scale = (double)s->rows / SALES_ROWS_DEFAULT;
    double work = script_at(file).work;
    if (file == SCRIPT_sales) return work * scale;
    if (file == SCRIPT_products) return work * (1 + scale / 10);
    return work;
}

static double fraction_done(const sales_script *s)
{
    double done = 0, all = 0;
    for (int i = 0; i < N_SCRIPTS; i++) {
        double work = work_of(s, i);
        script_file f = script_at(i);
        all += work;
        if (i < s->file) done += work;
        if (i == s->file)
            done += f.repeats ? work * s->month / N_MONTHS
                              : work * (double)(s->at - f.text) / (double)(f.end - f.text + 1);
    }
    return done / all;
}

/* To the next repetition of this file or to the next file. */
static void advance(sales_script *s)
{
    if (script_at(s->file).repeats && s->month + s->months < N_MONTHS) {
        s->month += s->months;
    } else {
        s->month = 0;
        s->file++;
    }
    s->at = s->file < N_SCRIPTS ? script_at(s->file).text : NULL;
}

bool sales_script_next(sales_script *s, sales_step *step, err *e)
{
    while (s->file < N_SCRIPTS) {
        script_file f = script_at(s->file);
        const char *from = skip_blank(s->at, f.end);
        if (from == f.end) {
            advance(s);
            continue;
        }
        const char *stop = memmem(from, (size_t)(f.end - from), ";\n", 2);
        if (!stop) return err_set(e, ERR_INTERNAL, "The sales script ends within a statement.");
        str_reset(&s->label);
        str_adds(&s->label, f.label);
        if (f.repeats) str_addf(&s->label, " %d", FIRST_YEAR + s->month / 12);
        if (!fill(s, from, stop, e)) return false;
        *step = (sales_step){str_text(&s->label), str_text(&s->sql), fraction_done(s)};
        s->at = stop + 2;
        return true;
    }
    return false;
}

bool sales_script_run(uint64_t rows, uint64_t seed, bool (*each)(void *, const sales_step *),
                      void *arg, err *e)
{
    sales_script *s = sales_script_new(rows, seed, e);
    if (!s) return false;
    err inner = {0};
    sales_step step;
    bool more = true;
    while (more && sales_script_next(s, &step, &inner)) more = each(arg, &step);
    sales_script_free(s);
    if (!more) return err_set(e, ERR_CANCELLED, "Making the sales database was stopped.");
    if (inner.code != ERR_OK) {
        *e = inner;
        return false;
    }
    return true;
}
