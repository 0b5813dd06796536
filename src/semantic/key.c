/* key.c - what a query groups by: a dimension, or time in some grain.
 *
 * Days, weeks, months and quarters are shown by their first day, years, fiscal
 * periods and hours by their number, weekdays by name. Members are grouped by
 * id and name, so that two stores of one name stay two rows. */
#include <string.h>

#include "semantic/compile_impl.h"

const char *grain_word(sem_grain g)
{
    static const char *const word[] = {[SEM_NO_GRAIN] = "all", [SEM_DAY] = "day", [SEM_WEEK] = "week",
        [SEM_MONTH] = "month", [SEM_QUARTER] = "quarter", [SEM_YEAR_GRAIN] = "year",
        [SEM_FISCAL_WEEK] = "fiscal_week", [SEM_FISCAL_PERIOD] = "fiscal_period",
        [SEM_FISCAL_QUARTER] = "fiscal_quarter", [SEM_FISCAL_YEAR] = "fiscal_year",
        [SEM_WEEKDAY] = "weekday", [SEM_HOUR] = "hour", [SEM_MONTH_OF_YEAR] = "month_of_year"};

    return word[g];
}

const char *grain_title(sem_grain g)
{
    return g == SEM_FISCAL_WEEK      ? "fiscal week"
           : g == SEM_FISCAL_PERIOD  ? "fiscal period"
           : g == SEM_FISCAL_QUARTER ? "fiscal quarter"
           : g == SEM_FISCAL_YEAR    ? "fiscal year"
           : g == SEM_MONTH_OF_YEAR  ? "month of the year"
                                     : grain_word(g);
}

bool grain_has_start(sem_grain g)
{
    return g == SEM_DAY || g == SEM_WEEK || g == SEM_MONTH || g == SEM_QUARTER || g == SEM_YEAR_GRAIN;
}

static const char *fiscal_column(const sem_layer *l, sem_grain g)
{
    return g == SEM_FISCAL_WEEK      ? l->calendar.fiscal_week
           : g == SEM_FISCAL_PERIOD  ? l->calendar.fiscal_period
           : g == SEM_FISCAL_QUARTER ? l->calendar.fiscal_quarter
                                     : l->calendar.fiscal_year;
}

/* A month's target says nothing about a week of it. */
static bool grain_fits(const compiler *c, const source *s, sem_grain g)
{
    return !c->l->tables[s->tables[0]].monthly || g == SEM_MONTH || g == SEM_QUARTER || g == SEM_YEAR_GRAIN ||
           g == SEM_MONTH_OF_YEAR;
}

const char *time_bucket(compiler *c, source *s, sem_grain g, const char *column)
{
    const table_def *t = &c->l->tables[s->tables[0]];

    if (!column || !grain_fits(c, s, g))
        return NULL;
    switch (g) {
    case SEM_DAY: return s->time_shift && column == s->time_shift ? text_f(c, "CAST(%s AS DATE)", column) : column;
    case SEM_WEEK: return text_f(c, "CAST(date_trunc('week', %s) AS DATE)", column);
    case SEM_MONTH: return text_f(c, "CAST(date_trunc('month', %s) AS DATE)", column);
    case SEM_QUARTER: return text_f(c, "CAST(date_trunc('quarter', %s) AS DATE)", column);
    case SEM_YEAR_GRAIN: return text_f(c, "year(%s)", column);
    case SEM_WEEKDAY: return text_f(c, "dayname(%s)", column);
    case SEM_MONTH_OF_YEAR: return text_f(c, "month(%s)", column);
    case SEM_HOUR: return t->hour ? text_f(c, "hour(%s)", t->hour) : NULL;
    default:
        if (!grain_is_fiscal(g) || !fiscal_column(c->l, g) || !source_reach(c, s, c->l->calendar.table))
            return NULL;
        return fiscal_column(c->l, g);
    }
}

static bool time_key(compiler *c, source *s, sem_grain g, group_key *k)
{
    bool cyclic = g == SEM_WEEKDAY || g == SEM_HOUR || g == SEM_MONTH_OF_YEAR;
    const char *column = s->time_shift && !cyclic ? s->time_shift : s->time;

    k->label = time_bucket(c, s, g, column);
    k->label_name = grain_word(g);
    k->title = grain_title(g);
    k->is_time = true;
    k->unit = grain_has_start(g) && g != SEM_YEAR_GRAIN ? SEM_DATE
              : g == SEM_WEEKDAY                        ? SEM_TEXT
              : g == SEM_HOUR || g == SEM_MONTH_OF_YEAR ? SEM_NUMBER
                                                        : SEM_YEAR;
    if (g == SEM_WEEKDAY) { /* Monday first */
        k->key = text_f(c, "isodow(%s)", column);
        k->key_name = "weekday_number";
    }
    k->present = k->label != NULL;
    return k->present;
}

bool group_key_of(compiler *c, source *s, const sem_group *g, group_key *k)
{
    const dimension_def *d;

    *k = (group_key){0};
    if (g->dimension < 0)
        return time_key(c, s, g->grain, k);
    d = &c->l->dimensions[g->dimension];
    k->label = dimension_sql(c, s, d);
    k->label_name = sql_identifier(c->a, d->dimension.name.id);
    k->key = d->key;
    k->key_name = d->key_name;
    k->title = d->dimension.name.title;
    k->unit = d->unit;
    k->present = source_reach_dimension(c, s, d);
    if (k->present && d->only)
        source_where(c, s, d->only);
    return k->present;
}
