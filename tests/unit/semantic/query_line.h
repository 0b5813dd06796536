/* query_line.h - a query of the tests, as one line of words.
 *
 *   values sales,orders by region,month where region=West|East in 2024 top 3
 *   growth sales by store in 2026 against 2025 lfl
 *   list store with city if opened in 2024
 *
 * "~" stands for a blank inside a value. Periods: 2024, 2024-Q1, 2024-03,
 * 2024-03-05, W2026-05-11 (the week from that Monday), FY24, FY24Q1, FY24P2,
 * FY24W9, 2024-03-01..2024-04-15. */
#ifndef TESTS_QUERY_LINE_H
#define TESTS_QUERY_LINE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "semantic/semantic.h"

typedef struct line_reader {
    const sem_layer *l;
    arena *a;
    sem_query *q;
    char *save;
    const char *wrong; /* the word that was not understood */
} line_reader;

static sem_period line_range(int32_t from, int32_t to, sem_grain grain, const char *label)
{
    return (sem_period){.set = true, .from = from, .to = to, .grain = grain, .n = 1, .label = label};
}

static sem_period line_period(line_reader *r, const char *word)
{
    int y = 0, m = 0, d = 0, y2, m2, d2, n = 0;
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                         "September", "October", "November", "December"};

    if (sscanf(word, "%d-%d-%d..%d-%d-%d", &y, &m, &d, &y2, &m2, &d2) == 6)
        return line_range(sem_days(y, m, d), sem_days(y2, m2, d2), SEM_DAY, "");
    if (sscanf(word, "W%d-%d-%d", &y, &m, &d) == 3)
        return line_range(sem_days(y, m, d), sem_days(y, m, d) + 6, SEM_WEEK, "");
    if (sscanf(word, "FY%dQ%d", &y, &n) == 2)
        return sem_fiscal(r->l, SEM_FISCAL_QUARTER, 2000 + y, n, r->a);
    if (sscanf(word, "FY%dP%d", &y, &n) == 2)
        return sem_fiscal(r->l, SEM_FISCAL_PERIOD, 2000 + y, n, r->a);
    if (sscanf(word, "FY%dW%d", &y, &n) == 2)
        return sem_fiscal(r->l, SEM_FISCAL_WEEK, 2000 + y, n, r->a);
    if (sscanf(word, "FY%d", &y) == 1)
        return sem_fiscal(r->l, SEM_FISCAL_YEAR, 2000 + y, 0, r->a);
    if (sscanf(word, "%d-Q%d", &y, &m) == 2)
        return line_range(sem_days(y, m * 3 - 2, 1), m == 4 ? sem_days(y, 12, 31) : sem_days(y, m * 3 + 1, 1) - 1,
                          SEM_QUARTER, arena_strf(r->a, "Q%d %d", m, y));
    if (sscanf(word, "%d-%d-%d", &y, &m, &d) == 3)
        return line_range(sem_days(y, m, d), sem_days(y, m, d), SEM_DAY, "");
    if (sscanf(word, "%d-%d", &y, &m) == 2)
        return line_range(sem_days(y, m, 1), m == 12 ? sem_days(y, 12, 31) : sem_days(y, m + 1, 1) - 1, SEM_MONTH,
                          arena_strf(r->a, "%s %d", months[m - 1], y));
    if (sscanf(word, "%d", &y) == 1)
        return line_range(sem_days(y, 1, 1), sem_days(y, 12, 31), SEM_YEAR_GRAIN, arena_strf(r->a, "%d", y));
    r->wrong = word;
    return (sem_period){0};
}

static sem_grain line_grain(const char *word)
{
    static const struct { const char *word; sem_grain grain; } grains[] = {
        {"day", SEM_DAY}, {"week", SEM_WEEK}, {"month", SEM_MONTH}, {"quarter", SEM_QUARTER}, {"year", SEM_YEAR_GRAIN},
        {"fiscal_week", SEM_FISCAL_WEEK}, {"fiscal_period", SEM_FISCAL_PERIOD}, {"fiscal_quarter", SEM_FISCAL_QUARTER},
        {"fiscal_year", SEM_FISCAL_YEAR}, {"weekday", SEM_WEEKDAY}, {"hour", SEM_HOUR}, {"month_of_year", SEM_MONTH_OF_YEAR}};

    for (size_t i = 0; i < sizeof grains / sizeof grains[0]; i++)
        if (!strcmp(grains[i].word, word))
            return grains[i].grain;
    return SEM_NO_GRAIN;
}

static void line_metrics(line_reader *r, char *words)
{
    char *save = NULL;

    for (char *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        int m = sem_metric_find(r->l, w);

        if (m < 0 || r->q->n_metrics >= SEM_MAX_METRICS)
            r->wrong = w;
        else
            r->q->metrics[r->q->n_metrics++] = m;
    }
}

static void line_groups(line_reader *r, char *words)
{
    char *save = NULL;

    for (char *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        sem_grain g = line_grain(w);
        int d = sem_dimension_find(r->l, w);

        if ((!g && d < 0) || r->q->n_groups >= SEM_MAX_GROUPS)
            r->wrong = w;
        else
            r->q->groups[r->q->n_groups++] = (sem_group){.dimension = g ? -1 : d, .grain = g};
    }
}

static sem_op line_op(const char *p, size_t *n)
{
    static const struct { const char *text; sem_op op; } ops[] = {
        {"!=", SEM_NOT_IN}, {"<=", SEM_LE}, {">=", SEM_GE}, {"<>", SEM_NE}, {"=", SEM_IN}, {"<", SEM_LT}, {">", SEM_GT}};

    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (!strncmp(p, ops[i].text, strlen(ops[i].text))) {
            *n = strlen(ops[i].text);
            return ops[i].op;
        }
    *n = 0;
    return SEM_IN;
}

static void line_filter(line_reader *r, char *word)
{
    sem_filter *f = &r->q->filters[r->q->n_filters];
    char *op = word + strcspn(word, "=<>!"), *save = NULL, *values;
    size_t n;

    f->op = line_op(op, &n);
    values = op + n;
    *op = 0;
    f->dimension = sem_dimension_find(r->l, word);
    if (f->dimension < 0 || !n) {
        r->wrong = word;
        return;
    }
    r->q->n_filters++;
    for (char *v = strtok_r(values, "|", &save); v && f->n_values < SEM_MAX_VALUES; v = strtok_r(NULL, "|", &save)) {
        for (char *p = v; *p; p++)
            if (*p == '~')
                *p = ' ';
        f->values[f->n_values++] = v;
    }
}

static void line_condition(line_reader *r, char *word)
{
    sem_condition_use *u = &r->q->conditions[r->q->n_conditions++];
    char *at = strchr(word, '@'), *n = strchr(word, '(');

    u->number = n ? strtod(n + 1, NULL) : NAN;
    if (at) {
        *at = 0;
        u->period = line_period(r, at + 1);
    }
    if (n)
        *n = 0;
    u->negate = *word == '!';
    u->condition = sem_condition_find(r->l, word + u->negate);
    if (u->condition < 0)
        r->wrong = word;
}

static void line_having(line_reader *r, char *word)
{
    char *op = word + strcspn(word, "=<>!");
    size_t n;

    r->q->having_op = line_op(op, &n);
    if (r->q->having_op == SEM_IN)
        r->q->having_op = SEM_EQ;
    r->q->having_value = strtod(op + n, NULL);
    *op = 0;
    r->q->having_metric = sem_metric_find(r->l, word);
    if (r->q->having_metric < 0)
        r->wrong = word;
}

static void line_columns(line_reader *r, char *words)
{
    char *save = NULL;

    for (char *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        r->q->columns[r->q->n_columns] = sem_dimension_find(r->l, w);
        if (r->q->columns[r->q->n_columns++] < 0)
            r->wrong = w;
    }
}

static bool line_flag(line_reader *r, const char *w)
{
    sem_query *q = r->q;

    if (!strcmp(w, "lfl"))
        q->like_for_like = true;
    else if (!strcmp(w, "cc"))
        q->constant_currency = true;
    else if (!strcmp(w, "running"))
        q->running = true;
    else if (!strcmp(w, "ordered"))
        q->ordered = true;
    else if (!strcmp(w, "lowest"))
        q->ordered = q->ascending = true;
    else if (!strcmp(w, "absolute"))
        q->change = SEM_CHANGE_ABSOLUTE;
    else if (!strcmp(w, "both"))
        q->change = SEM_CHANGE_BOTH;
    else
        return false;
    return true;
}

static void line_word(line_reader *r, const char *w)
{
    sem_query *q = r->q;
    char *next = line_flag(r, w) ? NULL : strtok_r(NULL, " ", &r->save);

    if (!next)
        return;
    if (!strcmp(w, "by"))
        line_groups(r, next);
    else if (!strcmp(w, "where"))
        line_filter(r, next);
    else if (!strcmp(w, "if"))
        line_condition(r, next);
    else if (!strcmp(w, "in"))
        q->period = line_period(r, next);
    else if (!strcmp(w, "against"))
        q->base = line_period(r, next);
    else if (!strcmp(w, "and"))
        q->periods[q->n_periods++] = line_period(r, next);
    else if (!strcmp(w, "having"))
        line_having(r, next);
    else if (!strcmp(w, "with"))
        line_columns(r, next);
    else if (!strcmp(w, "top")) {
        q->ordered = true;
        q->limit = atoi(next);
    } else if (!strcmp(w, "within"))
        q->limit_per_group = atoi(next);
    else if (!strcmp(w, "per"))
        q->average_per = line_grain(next), q->average_per_entity = q->average_per ? -1 : sem_entity_find(r->l, next);
    else if (!strcmp(w, "moving"))
        q->moving = atoi(next);
    else if (!strcmp(w, "part"))
        q->share_filter = atoi(next);
    else
        r->wrong = w;
}

/* False with the word that was not understood in *wrong. `line` is cut up. */
static bool query_line(const sem_layer *l, char *line, arena *a, sem_query *q, const char **wrong)
{
    static const char *const shapes[] = {"values", "growth", "compare", "share", "list", "count", "why", "uplift"};
    line_reader r = {.l = l, .a = a, .q = q};
    char *shape = strtok_r(line, " ", &r.save), *first;
    size_t i = 0;

    sem_query_init(q);
    while (i < 8 && (!shape || strcmp(shapes[i], shape) != 0))
        i++;
    *wrong = shape ? shape : "";
    if (i == 8)
        return false;
    q->shape = (sem_shape)i;
    first = strtok_r(NULL, " ", &r.save);
    if (first && (q->shape == SEM_LIST || q->shape == SEM_COUNT_OF)) {
        q->entity = sem_entity_find(l, first);
        if (q->entity < 0)
            r.wrong = first;
    } else if (first && strcmp(first, "-") != 0) {
        line_metrics(&r, first);
    }
    for (char *w = strtok_r(NULL, " ", &r.save); w && !r.wrong; w = strtok_r(NULL, " ", &r.save))
        line_word(&r, w);
    *wrong = r.wrong;
    return !r.wrong;
}

#endif
