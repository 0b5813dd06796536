/* calendar.c - days, months, fiscal weeks, and the period one year before.
 *
 * Days are counted from 1970-01-01 in the proleptic Gregorian calendar (the
 * arithmetic on 400-year eras follows Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms"). Two ways of comparing exist and must not be mixed: months,
 * quarters and years by date; days, weeks and fiscal periods 364 days back, so
 * that a Monday meets a Monday. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "semantic/semantic_impl.h"

enum { DAYS_PER_ERA = 146097, EPOCH_SHIFT = 719468, SAME_DAY_LAST_YEAR = 364 };

int32_t sem_days(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int32_t)(era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT);
}

sem_date sem_date_of(int32_t days)
{
    int z = days + EPOCH_SHIFT;
    int era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int day_of_era = z - era * DAYS_PER_ERA;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (5 * day_of_year + 2) / 153; /* March is 0 */
    sem_date d;

    d.day = day_of_year - (153 * shifted + 2) / 5 + 1;
    d.month = shifted < 10 ? shifted + 3 : shifted - 9;
    d.year = year_of_era + era * 400 + (d.month <= 2 ? 1 : 0);
    return d;
}

int32_t date_month_end(int32_t days)
{
    sem_date d = sem_date_of(days);

    return d.month == 12 ? sem_days(d.year, 12, 31) : sem_days(d.year, d.month + 1, 1) - 1;
}

int32_t date_add_months(int32_t days, int months)
{
    sem_date d = sem_date_of(days);
    int n = d.year * 12 + d.month - 1 + months;
    int year = n >= 0 ? n / 12 : (n - 11) / 12;
    int32_t first = sem_days(year, n - year * 12 + 1, 1);
    int32_t last = date_month_end(first);

    return first + d.day - 1 > last ? last : first + d.day - 1;
}

bool date_parse(const char *text, int32_t *days)
{
    int y = 0, m = 0, d = 0;

    if (!text || sscanf(text, "%4d-%2d-%2d", &y, &m, &d) != 3)
        return false;
    if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    *days = sem_days(y, m, d);
    return true;
}

const char *date_iso(arena *a, int32_t days)
{
    sem_date d = sem_date_of(days);
    const char *text = arena_strf(a, "%04d-%02d-%02d", d.year, d.month, d.day);

    return text ? text : "";
}

const char *date_words(arena *a, int32_t days)
{
    static const char *const month[] = {"January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December"};
    sem_date d = sem_date_of(days);
    const char *text = arena_strf(a, "%d %s %d", d.day, month[d.month - 1], d.year);

    return text ? text : "";
}

int32_t sem_today(const sem_layer *l) { return l->today; }
int32_t sem_data_from(const sem_layer *l) { return l->data_from; }

bool grain_is_fiscal(sem_grain g)
{
    return g == SEM_FISCAL_WEEK || g == SEM_FISCAL_PERIOD || g == SEM_FISCAL_QUARTER || g == SEM_FISCAL_YEAR;
}

bool sem_unfinished(const sem_layer *l, const sem_period *p)
{
    return p->set && p->from <= l->today && l->today < p->to;
}

/* ---- fiscal ------------------------------------------------------------ */

static bool week_matches(const fiscal_week *w, sem_grain grain, int year, int number)
{
    if (w->year != year)
        return false;
    switch (grain) {
    case SEM_FISCAL_YEAR: return true;
    case SEM_FISCAL_QUARTER: return w->quarter == number;
    case SEM_FISCAL_PERIOD: return w->period == number;
    case SEM_FISCAL_WEEK: return w->week == number;
    default: return false;
    }
}

/* A calendar that ends with the data has only the begun part of its last
 * fiscal year; its whole length is not ours to guess. */
sem_period sem_fiscal(const sem_layer *l, sem_grain grain, int fiscal_year, int number, arena *a)
{
    sem_period p = {0};

    for (int i = 0; i < l->calendar.n_weeks; i++) {
        const fiscal_week *w = &l->calendar.weeks[i];

        if (!week_matches(w, grain, fiscal_year, number))
            continue;
        if (!p.set)
            p.from = w->from;
        p.to = w->to;
        p.set = true;
    }
    if (!p.set)
        return p;
    p.grain = grain;
    p.n = 1;
    p.label = grain == SEM_FISCAL_YEAR      ? arena_strf(a, "FY%02d", fiscal_year % 100)
              : grain == SEM_FISCAL_QUARTER ? arena_strf(a, "FY%02d Q%d", fiscal_year % 100, number)
              : grain == SEM_FISCAL_PERIOD  ? arena_strf(a, "FY%02d P%d", fiscal_year % 100, number)
                                            : arena_strf(a, "FY%02d W%d", fiscal_year % 100, number);
    if (!p.label)
        p.label = "";
    return p;
}

bool sem_fiscal_of(const sem_layer *l, int32_t day, int *year, int *quarter, int *period, int *week)
{
    for (int i = 0; i < l->calendar.n_weeks; i++) {
        const fiscal_week *w = &l->calendar.weeks[i];

        if (day < w->from || day > w->to)
            continue;
        *year = w->year;
        *quarter = w->quarter;
        *period = w->period;
        *week = w->week;
        return true;
    }
    return false;
}

static bool read_weeks(sem_layer *l, const db_result *r, err *e)
{
    fiscal_week *weeks = arena_push(l->a, fiscal_week, (size_t)r->n_rows + 1);

    if (!weeks)
        return err_set(e, ERR_NOMEM, "no memory for the calendar");
    for (int64_t i = 0; i < r->n_rows; i++) {
        char buffer[64];
        fiscal_week *w = &weeks[l->calendar.n_weeks];

        w->year = (int)db_cell_number(r, i, 0);
        w->quarter = (int)db_cell_number(r, i, 1);
        w->period = (int)db_cell_number(r, i, 2);
        w->week = (int)db_cell_number(r, i, 3);
        if (date_parse(db_cell_text(r, i, 4, buffer), &w->from) &&
            date_parse(db_cell_text(r, i, 5, buffer), &w->to))
            l->calendar.n_weeks++;
    }
    l->calendar.weeks = weeks;
    return true;
}

bool calendar_read(sem_layer *l, db *d, err *e)
{
    calendar_def *c = &l->calendar;
    str sql = {0};
    db_result *r;
    bool ok;

    if (!d || c->table < 0 || !c->fiscal_year || !c->fiscal_week || !c->fiscal_quarter || !c->fiscal_period)
        return true;
    str_addf(&sql,
        "SELECT %s, %s, %s, %s, CAST(min(%s) AS VARCHAR), CAST(max(%s) AS VARCHAR) FROM %s "
        "WHERE %s IS NOT NULL AND %s IS NOT NULL GROUP BY ALL ORDER BY 5",
        c->fiscal_year, c->fiscal_quarter, c->fiscal_period, c->fiscal_week, c->date, c->date,
        l->tables[c->table].sql_name, c->fiscal_year, c->fiscal_week);
    r = sql.bad ? NULL : db_execute(d, sql.text, &(db_limits){.max_rows = 10000}, e);
    str_deinit(&sql);
    if (!r)
        return err_wrap(e, "reading the calendar");
    ok = read_weeks(l, r, e);
    db_result_free(r);
    return ok;
}

/* ---- one year before, one period before --------------------------------- */

static bool by_days(sem_grain g)
{
    return g == SEM_DAY || g == SEM_WEEK || grain_is_fiscal(g);
}

static const char *range_label(arena *a, int32_t from, int32_t to)
{
    const char *text = from == to ? date_words(a, from)
                                  : arena_strf(a, "%s to %s", date_iso(a, from), date_iso(a, to));

    return text ? text : "";
}

static const char *period_label(arena *a, const sem_period *p)
{
    sem_date d = sem_date_of(p->from);
    const char *text = NULL;

    if (p->n == 1 && p->grain == SEM_YEAR_GRAIN && d.month == 1 && d.day == 1)
        text = arena_strf(a, "%d", d.year);
    else if (p->n == 1 && p->grain == SEM_QUARTER && d.day == 1)
        text = arena_strf(a, "Q%d %d", (d.month + 2) / 3, d.year);
    else if (p->n == 1 && p->grain == SEM_MONTH && d.day == 1) {
        const char *words = date_words(a, p->from);
        const char *month = strchr(words, ' ');

        text = month ? arena_str(a, month + 1) : NULL;
    }
    return text ? text : range_label(a, p->from, p->to);
}

static sem_period shifted_months(const sem_period *p, int months, arena *a)
{
    sem_period q = *p;

    q.from = date_add_months(p->from, months);
    q.to = p->to == date_month_end(p->to) ? date_month_end(date_add_months(p->to, months))
                                          : date_add_months(p->to, months);
    q.label = period_label(a, &q);
    return q;
}

static sem_period shifted_days(const sem_period *p, int days, arena *a)
{
    sem_period q = *p;

    q.from = p->from + days;
    q.to = p->to + days;
    q.label = range_label(a, q.from, q.to);
    return q;
}

/* A finished fiscal year, quarter or period is compared with its namesake of
 * the year before; begun ones, and weeks, day by day. */
static bool fiscal_namesake(const sem_layer *l, const sem_period *p, sem_period *q, arena *a)
{
    int year, quarter, period, week, number;
    sem_period whole;

    if (p->n != 1 || !sem_fiscal_of(l, p->from, &year, &quarter, &period, &week))
        return false;
    number = p->grain == SEM_FISCAL_QUARTER ? quarter : period;
    whole = sem_fiscal(l, p->grain, year, number, a);
    if (!whole.set || whole.from != p->from || whole.to != p->to || p->to > l->today ||
        p->to >= l->calendar.weeks[l->calendar.n_weeks - 1].to)
        return false;
    *q = sem_fiscal(l, p->grain, year - 1, number, a);
    return q->set;
}

sem_period sem_year_before(const sem_layer *l, const sem_period *p, arena *a)
{
    sem_period q;

    if (!p->set)
        return *p;
    if (grain_is_fiscal(p->grain) && p->grain != SEM_FISCAL_WEEK && fiscal_namesake(l, p, &q, a))
        return q;
    if (by_days(p->grain))
        return shifted_days(p, -SAME_DAY_LAST_YEAR, a);
    return shifted_months(p, -12, a);
}

static sem_period previous_fiscal(const sem_layer *l, const sem_period *p, arena *a)
{
    int year, quarter, period, week;
    sem_period q = {0};

    if (p->n == 1 && sem_fiscal_of(l, p->from - 1, &year, &quarter, &period, &week)) {
        int number = p->grain == SEM_FISCAL_QUARTER  ? quarter
                     : p->grain == SEM_FISCAL_PERIOD ? period
                                                     : week;
        q = sem_fiscal(l, p->grain, year, number, a);
    }
    return q;
}

sem_period sem_previous(const sem_layer *l, const sem_period *p, arena *a)
{
    int n = p->n > 0 ? p->n : 1;
    sem_period q;

    if (!p->set)
        return *p;
    if (grain_is_fiscal(p->grain)) {
        q = previous_fiscal(l, p, a);
        if (q.set)
            return q;
    }
    switch (p->grain) {
    case SEM_MONTH: return shifted_months(p, -n, a);
    case SEM_QUARTER: return shifted_months(p, -3 * n, a);
    case SEM_YEAR_GRAIN: return shifted_months(p, -12 * n, a);
    case SEM_WEEK: return shifted_days(p, -7 * n, a);
    default: return shifted_days(p, p->from - p->to - 1, a);
    }
}
