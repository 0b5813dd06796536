/* eval.c - see eval.h.
 *
 * Columns are matched by trying permutations, pruned by comparing the columns
 * as multisets first. Unordered rows are sorted on both sides by the exact
 * columns first and the inexact ones last, so that rounding in a double does
 * not change which rows stand side by side. */
#include "eval/eval.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { KIND_NUMBER, KIND_TEXT, KIND_MOMENT, KIND_TIME } kind;

static kind column_kind(const db_result_column *c)
{
    switch (c->type) {
    case DB_TEXT: return KIND_TEXT;
    case DB_DATE: case DB_TIMESTAMP: return KIND_MOMENT;
    case DB_TIME: return KIND_TIME;
    default: return KIND_NUMBER;
    }
}

static int64_t moment(const db_result_column *c, int64_t row)
{
    return c->type == DB_DATE ? c->as.integer[row] * 86400000000 : c->as.integer[row];
}

static bool near(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return a == b || fabs(a - b) <= 1e-4 * fmax(fabs(a), fabs(b));
}

static bool cells_equal(const db_result *a, int64_t i, int ca, const db_result *b,
                        int64_t j, int cb)
{
    const db_result_column *x = &a->columns[ca], *y = &b->columns[cb];
    const bool null = db_cell_null(a, i, ca);

    if (null || db_cell_null(b, j, cb))
        return null && db_cell_null(b, j, cb);
    if (column_kind(x) != column_kind(y))
        return false;
    switch (column_kind(x)) {
    case KIND_TEXT: return !strcmp(x->as.text[i], y->as.text[j]);
    case KIND_MOMENT: return moment(x, i) == moment(y, j);
    case KIND_TIME: return x->as.integer[i] == y->as.integer[j];
    default:
        if (x->type == DB_INTEGER && y->type == DB_INTEGER)
            return x->as.integer[i] == y->as.integer[j];
        return near(db_cell_number(a, i, ca), db_cell_number(b, j, cb));
    }
}

static int compare_cells(const db_result *r, int64_t i, int64_t j, int c)
{
    const bool ni = db_cell_null(r, i, c), nj = db_cell_null(r, j, c);
    const db_result_column *x = &r->columns[c];

    if (ni || nj)
        return ni - nj;
    if (column_kind(x) == KIND_TEXT)
        return strcmp(x->as.text[i], x->as.text[j]);
    if (column_kind(x) == KIND_NUMBER) {
        const double a = db_cell_number(r, i, c), b = db_cell_number(r, j, c);

        return (a > b) - (a < b);
    } else {
        const int64_t a = moment(x, i), b = moment(x, j);

        return (a > b) - (a < b);
    }
}

typedef struct order {
    const db_result *r;
    int columns[EVAL_MAX_COLUMNS], n;
} row_order;

static int compare_rows(const void *a, const void *b, void *arg)
{
    const row_order *o = arg;

    for (int k = 0; k < o->n; k++) {
        const int c = compare_cells(o->r, *(const int64_t *)a, *(const int64_t *)b, o->columns[k]);

        if (c)
            return c;
    }
    return 0;
}

/* Rows sorted by the exact columns (of both sides), then the inexact ones. */
static int64_t *sorted(const db_result *r, const int *columns, const bool *exact, int n)
{
    int64_t *rows = malloc(((size_t)r->n_rows + 1) * sizeof *rows);
    row_order o = {.r = r};

    if (!rows)
        return NULL;
    for (int64_t i = 0; i < r->n_rows; i++)
        rows[i] = i;
    for (int pass = 1; pass >= 0; pass--)
        for (int k = 0; k < n; k++)
            if (exact[k] == (pass == 1))
                o.columns[o.n++] = columns[k];
    qsort_r(rows, (size_t)r->n_rows, sizeof *rows, compare_rows, &o);
    return rows;
}

static bool is_exact(const db_result_column *c)
{
    return c->type != DB_DOUBLE && c->type != DB_DECIMAL;
}

/* Same rows when column k of gold stands for column map[k] of mine? */
static bool equal_mapped(const db_result *gold, const db_result *mine, const int *map,
                         int n, bool in_order)
{
    int own[EVAL_MAX_COLUMNS];
    bool exact[EVAL_MAX_COLUMNS], same = true;
    int64_t *a = NULL, *b = NULL;

    for (int k = 0; k < n; k++) {
        own[k] = k;
        exact[k] = is_exact(&gold->columns[k]) && is_exact(&mine->columns[map[k]]);
    }
    if (!in_order) {
        a = sorted(gold, own, exact, n);
        b = sorted(mine, map, exact, n);
        same = a && b;
    }
    for (int64_t i = 0; same && i < gold->n_rows; i++)
        for (int k = 0; same && k < n; k++)
            same = cells_equal(gold, a ? a[i] : i, k, mine, b ? b[i] : i, map[k]);
    free(a);
    free(b);
    return same;
}

typedef struct matching {
    const db_result *gold, *mine;
    bool in_order;
    int map[EVAL_MAX_COLUMNS];
    bool taken[EVAL_MAX_COLUMNS];
    int tries; /* whole comparisons left */
} matching;

static bool column_equal(const matching *m, int of_gold, int of_mine)
{
    db_result gold = *m->gold, mine = *m->mine;
    const int zero = 0;

    gold.columns = &m->gold->columns[of_gold], gold.n_columns = 1;
    mine.columns = &m->mine->columns[of_mine], mine.n_columns = 1;
    return equal_mapped(&gold, &mine, &zero, 1, m->in_order);
}

static bool search(matching *m, int depth)
{
    const int n = m->gold->n_columns;

    if (depth == n)
        return m->tries-- > 0 && equal_mapped(m->gold, m->mine, m->map, n, m->in_order);
    for (int k = 0; k < n && m->tries > 0; k++) {
        const int c = (depth + k) % n; /* its own place first */

        if (m->taken[c] || !column_equal(m, depth, c))
            continue;
        m->map[depth] = c;
        m->taken[c] = true;
        if (search(m, depth + 1))
            return true;
        m->taken[c] = false;
    }
    return false;
}

static bool same_under_some_order(const db_result *gold, const db_result *mine, bool in_order)
{
    matching m = {.gold = gold, .mine = mine, .in_order = in_order, .tries = 200};

    return search(&m, 0);
}

static bool differ(str *why, const char *text)
{
    if (why) {
        str_reset(why);
        str_adds(why, text);
    }
    return false;
}

bool eval_rows_equal(const db_result *gold, const db_result *mine, bool ordered, str *why)
{
    if (gold->n_columns != mine->n_columns) {
        differ(why, "");
        if (why)
            str_addf(why, "%d columns, expected %d", mine->n_columns, gold->n_columns);
        return false;
    }
    if (gold->n_rows != mine->n_rows) {
        differ(why, "");
        if (why)
            str_addf(why, "%lld rows, expected %lld", (long long)mine->n_rows,
                     (long long)gold->n_rows);
        return false;
    }
    if (gold->n_columns > EVAL_MAX_COLUMNS)
        return differ(why, "too many columns to compare");
    if (same_under_some_order(gold, mine, ordered))
        return true;
    if (ordered && same_under_some_order(gold, mine, false))
        return differ(why, "same rows in another order");
    return differ(why, "other values");
}

/* +1: never falls, -1: never rises, 0: neither, over all rows. */
static int direction(const db_result *r, int c)
{
    bool falls = false, rises = false;

    for (int64_t i = 1; i < r->n_rows; i++) {
        const int d = compare_cells(r, i - 1, i, c);

        falls |= d > 0;
        rises |= d < 0;
    }
    return falls && rises ? 0 : falls ? -1 : 1;
}

/* The columns by which the uncut gold is sorted, as far as they show. */
static int sort_keys(const db_result *uncut, int n_columns, int keys[EVAL_MAX_COLUMNS])
{
    int n = 0;

    for (int c = 0; c < n_columns; c++)
        if (direction(uncut, c) != 0 && column_kind(&uncut->columns[c]) != KIND_TEXT)
            keys[n++] = c;
    return n;
}

static bool tied(const db_result *r, int64_t i, int64_t j, const int *keys, int n)
{
    for (int k = 0; k < n; k++)
        if (!cells_equal(r, i, keys[k], r, j, keys[k]))
            return false;
    return true;
}

static bool row_equal(const db_result *uncut, int64_t i, const db_result *mine, int64_t j,
                      const int *map)
{
    for (int c = 0; c < mine->n_columns; c++)
        if (!cells_equal(uncut, i, c, mine, j, map[c]))
            return false;
    return true;
}

/* Rows [from, to) of mine are that many different rows of uncut's [from, end). */
static bool taken_from(const db_result *uncut, int64_t from, int64_t end, const db_result *mine,
                       int64_t to, const int *map)
{
    uint8_t *used = calloc((size_t)(end - from) + 1, 1);
    bool ok = used != NULL;

    for (int64_t i = from; ok && i < to; i++) {
        int64_t j = from;

        while (j < end && (used[j - from] || !row_equal(uncut, j, mine, i, map)))
            j++;
        ok = j < end;
        if (ok)
            used[j - from] = 1;
    }
    free(used);
    return ok;
}

/* Tied rows may change places; which of the tied at the cut are there is free. */
static bool cut_mapped(const db_result *uncut, const int *keys, int n_keys,
                       const db_result *mine, const int *map)
{
    int64_t from = 0, end;

    for (; from < mine->n_rows; from = end) {
        for (end = from + 1; end < uncut->n_rows && tied(uncut, from, end, keys, n_keys);)
            end++;
        if (!taken_from(uncut, from, end, mine, end < mine->n_rows ? end : mine->n_rows, map))
            return false;
    }
    return true;
}

/* Some order of mine's columns; `depth` of them are placed. */
static bool cut_search(const db_result *uncut, const int *keys, int n_keys, const db_result *mine,
                       matching *m, int depth)
{
    const int n = mine->n_columns;

    if (depth == n)
        return m->tries-- > 0 && cut_mapped(uncut, keys, n_keys, mine, m->map);
    for (int k = 0; k < n && m->tries > 0; k++) {
        const int c = (depth + k) % n;

        if (m->taken[c] || column_kind(&uncut->columns[depth]) != column_kind(&mine->columns[c]))
            continue;
        m->map[depth] = c;
        m->taken[c] = true;
        if (cut_search(uncut, keys, n_keys, mine, m, depth + 1))
            return true;
        m->taken[c] = false;
    }
    return false;
}

bool eval_rows_equal_tied(const db_result *gold, const db_result *uncut, const int *keys,
                          int n_keys, const db_result *mine, str *why)
{
    matching m = {.tries = 200};

    if (eval_rows_equal(gold, mine, true, NULL))
        return true;
    if (gold->n_columns != mine->n_columns || mine->n_rows != gold->n_rows ||
        uncut->n_rows < mine->n_rows || gold->n_columns > EVAL_MAX_COLUMNS)
        return eval_rows_equal(gold, mine, true, why);
    return cut_search(uncut, keys, n_keys, mine, &m, 0) ||
           differ(why, "a row that is neither above the cut nor tied at it");
}

bool eval_rows_equal_cut(const db_result *gold, const db_result *uncut,
                         const db_result *mine, str *why)
{
    int keys[EVAL_MAX_COLUMNS], n_keys;

    if (eval_rows_equal(gold, mine, true, NULL))
        return true;
    if (gold->n_columns > EVAL_MAX_COLUMNS || gold->n_rows == 0 || uncut->n_rows <= gold->n_rows)
        return eval_rows_equal(gold, mine, true, why);
    n_keys = sort_keys(uncut, gold->n_columns, keys);
    if (n_keys == 0)
        return differ(why, "other values (and no sorted column to find ties by)");
    return eval_rows_equal_tied(gold, uncut, keys, n_keys, mine, why);
}

/* Offset after a quoted string, comment or parenthesis at p, or p itself. */
static const char *skip_group(const char *p)
{
    int depth = 0;

    do {
        if (*p == '\'' || *p == '"') {
            const char quote = *p++;

            while (*p && *p != quote)
                p++;
        } else if (*p == '(')
            depth++;
        else if (*p == ')')
            depth--;
        if (*p)
            p++;
    } while (*p && depth > 0);
    return p;
}

static bool word_at(const char *p, const char *word)
{
    for (; *word; p++, word++)
        if (tolower((unsigned char)*p) != *word)
            return false;
    return !isalnum((unsigned char)*p) && *p != '_';
}

char *eval_without_limit(const char *sql, bool *ordered)
{
    const char *limit = NULL, *order = NULL, *p = sql, *q;
    char *cut;

    while (*p) {
        if (*p == '(' || *p == '\'' || *p == '"') {
            p = skip_group(p);
        } else if (isalpha((unsigned char)*p) || *p == '_') {
            if (word_at(p, "order"))
                order = p, limit = NULL;
            else if (word_at(p, "limit"))
                limit = p;
            while (isalnum((unsigned char)*p) || *p == '_')
                p++;
        } else {
            p++;
        }
    }
    *ordered = order != NULL;
    if (!limit)
        return NULL;
    for (q = limit + 5; isspace((unsigned char)*q); q++) {}
    if (!isdigit((unsigned char)*q))
        return NULL;
    while (isdigit((unsigned char)*q))
        q++;
    while (isspace((unsigned char)*q) || *q == ';')
        q++;
    if (*q)
        return NULL;
    cut = malloc((size_t)(limit - sql) + 1);
    if (cut) {
        memcpy(cut, sql, (size_t)(limit - sql));
        cut[limit - sql] = 0;
    }
    return cut;
}
