/* time_parts.c - making periods, and the words that periods are made of. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/time_impl.h"
#include "base/str.h"

const char *const month_titles[12] = {"January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"};
static const char *const month_words[] = {"january|jan", "february|feb|febr", "march|mar", "april|apr", "may",
    "june|jun", "july|jul", "august|aug", "september|sep|sept", "october|oct", "november|nov", "december|dec"};

/* ---- making periods --------------------------------------------------- */

int time_days_in_month(int year, int month)
{
    const int next_year = month == 12 ? year + 1 : year, next = month == 12 ? 1 : month + 1;

    return sem_days(next_year, next, 1) - sem_days(year, month, 1);
}

sem_period time_make(const char *label, sem_grain grain, int n, int32_t from, int32_t to)
{
    return (sem_period){.set = true, .from = from, .to = to, .grain = grain, .n = n, .label = label};
}

sem_period time_months_period(const char *label, sem_grain grain, int n, int year, int month, int n_months)
{
    const int last = month - 1 + n_months - 1; /* counted from January of `year` */
    const int to_year = year + last / 12, to_month = last % 12 + 1;

    return time_make(label, grain, n, sem_days(year, month, 1), sem_days(to_year, to_month, time_days_in_month(to_year, to_month)));
}

sem_period time_year_period(reader *r, int year)
{
    return time_months_period(arena_strf(r->arena, "%d", year), SEM_YEAR_GRAIN, 1, year, 1, 12);
}

sem_period time_quarter_period(reader *r, int year, int quarter)
{
    return time_months_period(arena_strf(r->arena, "Q%d %d", quarter, year), SEM_QUARTER, 1, year, quarter * 3 - 2, 3);
}

sem_period time_month_period(reader *r, int year, int month)
{
    return time_months_period(arena_strf(r->arena, "%s %d", month_titles[month - 1], year), SEM_MONTH, 1, year, month, 1);
}

sem_period time_half_period(reader *r, int year, int half)
{
    return time_months_period(arena_strf(r->arena, "H%d %d", half, year), SEM_QUARTER, 2, year, half * 6 - 5, 6);
}

const char *time_day_label(reader *r, int32_t day)
{
    const sem_date d = sem_date_of(day);

    return arena_strf(r->arena, "%d %s %d", d.day, month_titles[d.month - 1], d.year);
}

sem_period time_day_period(reader *r, int32_t day)
{
    return time_make(time_day_label(r, day), SEM_DAY, 1, day, day);
}

/* Monday of the week that holds `day`; 1970-01-01 was a Thursday. */
int32_t time_week_start(int32_t day) { return day - ((day + 3) % 7 + 7) % 7; }

int32_t time_iso_week_start(int year, int week)
{
    return time_week_start(sem_days(year, 1, 4)) + 7 * (week - 1);
}

time_phrase time_named(int n_tokens, sem_period p)
{
    return (time_phrase){.kind = TIME_PERIOD, .period = p, .n_tokens = n_tokens, .single = true, .problem = ""};
}

/* A phrase without a year: the latest that is over by today. */
time_phrase time_assume_year(reader *r, time_phrase p)
{
    p.assumed_year = true;
    p = time_phrase_in_year(r->layer, &p, r->now.year, r->arena);
    p.assumed_year = true;
    if (p.period.to > r->today) {
        p = time_phrase_in_year(r->layer, &p, r->now.year - 1, r->arena);
        p.assumed_year = true;
    }
    return p;
}

time_phrase time_phrase_in_year(const sem_layer *l, const time_phrase *p, int year, arena *a)
{
    reader r = {.layer = l, .arena = a};
    time_phrase out = *p;

    out.assumed_year = false;
    if (p->month)        out.period = time_month_period(&r, year, p->month);
    else if (p->quarter) out.period = time_quarter_period(&r, year, p->quarter);
    else if (p->half)    out.period = time_half_period(&r, year, p->half);
    return out;
}

/* ---- small parts ------------------------------------------------------ */

const token *time_at(reader *r, int i) { return i >= 0 && i < r->t->n ? &r->t->at[i] : NULL; }
bool time_is(reader *r, int i, const char *list) { return time_at(r, i) && word_in(time_at(r, i), list); }

int time_year_at(reader *r, int i)
{
    const token *t = time_at(r, i);

    if (!t || !t->is_integer || strlen(t->fold) != 4 || t->number < 1990 || t->number > 2100)
        return 0;
    if (time_is(r, i + 1, "euro|euros|eur|percent|units|unit|orders|customers|pieces|items|stores|products|days|m2|chf|gbp"))
        return 0;
    return (int)t->number;
}

/* "2025", "of 2025", "in 2025", "last year", "of this year", "'25". */
int time_year_of(reader *r, int i, int *n)
{
    const int start = i;
    int year;

    if (time_is(r, i, "of|in|for"))
        i++;
    if (time_is(r, i, "the"))
        i++;
    if (time_is(r, i, "year") && time_year_at(r, i + 1))
        i++;
    year = time_year_at(r, i);
    if (year)
        return *n = i + 1 - start, year;
    if (time_is(r, i, "last|previous|prior") && time_is(r, i + 1, "year|years"))
        return *n = i + 2 - start, r->now.year - 1;
    if (time_is(r, i, "this|current") && time_is(r, i + 1, "year|years"))
        return *n = i + 2 - start, r->now.year;
    return *n = 0, 0;
}

int time_month_at(reader *r, int i)
{
    const token *t = time_at(r, i);

    for (int m = 0; t && m < 12; m++)
        if (word_in(t, month_words[m])) {
            int n;
            if (!strcmp(t->fold, "may") && !t->capital && !time_year_of(r, i + 1, &n) &&
                !time_is(r, i - 1, "in|of|for|since|until|till|and|to|vs|versus|during|before|after|from|between|last|than|against|compared|by|or"))
                return 0; /* the verb */
            if (!strcmp(t->fold, "mar") || !strcmp(t->fold, "march"))
                return time_is(r, i + 1, "down|up") ? 0 : m + 1;
            return m + 1;
        }
    return 0;
}

int time_day_at(reader *r, int i)
{
    const token *t = time_at(r, i);

    return t && t->is_number && (t->is_integer || t->is_ordinal) && isdigit((unsigned char)*t->fold) &&
           t->number >= 1 && t->number <= 31 ? (int)t->number : 0;
}

int time_count_at(reader *r, int i) /* "3", "three", "a", "couple of" is not one */
{
    const token *t = time_at(r, i);

    if (t && t->is_number && !t->is_ordinal && t->number >= 1 && t->number <= 5000 && t->number == (int)t->number)
        return (int)t->number;
    return time_is(r, i, "a|an") ? 1 : 0;
}

sem_grain time_unit_at(reader *r, int i, int *n)
{
    static const struct { const char *words; sem_grain grain, fiscal; } units[] = {
        {"day|days", SEM_DAY, SEM_NO_GRAIN}, {"week|weeks|wk|wks", SEM_WEEK, SEM_FISCAL_WEEK},
        {"month|months", SEM_MONTH, SEM_FISCAL_PERIOD}, {"quarter|quarters|qtr", SEM_QUARTER, SEM_FISCAL_QUARTER},
        {"year|years|yr|yrs", SEM_YEAR_GRAIN, SEM_FISCAL_YEAR}, {"period|periods", SEM_NO_GRAIN, SEM_FISCAL_PERIOD},
    };
    const bool fiscal = time_is(r, i, "fiscal|financial");
    const int skip = fiscal || time_is(r, i, "calendar|full|whole|complete|completed|entire") ? 1 : 0;

    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
        if (time_is(r, i + skip, units[u].words)) {
            const sem_grain grain = fiscal ? units[u].fiscal : units[u].grain;
            *n = grain == SEM_NO_GRAIN ? 0 : skip + 1;
            return grain;
        }
    return *n = 0, SEM_NO_GRAIN;
}

const char *time_unit_title(sem_grain g)
{
    switch (g) {
    case SEM_DAY: return "day";
    case SEM_WEEK: return "week";
    case SEM_MONTH: return "month";
    case SEM_QUARTER: return "quarter";
    case SEM_YEAR_GRAIN: return "year";
    case SEM_FISCAL_WEEK: return "fiscal week";
    case SEM_FISCAL_PERIOD: return "fiscal period";
    case SEM_FISCAL_QUARTER: return "fiscal quarter";
    case SEM_FISCAL_YEAR: return "fiscal year";
    default: return "period";
    }
}
