/* period.c - periods as people name them, and what they mean. */
#include <stdio.h>
#include <string.h>

#include "data/generate_impl.h"

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"};
static const char *const ordinals[] = {"first", "second", "third", "fourth"};

static sem_period range(drawer *d, int32_t from, int32_t to, sem_grain g, int n, const char *label)
{
    return (sem_period){.set = true, .from = from, .to = to, .grain = g, .n = n, .label = arena_str(d->a, label)};
}

static sem_period year_of(drawer *d, int y)
{
    return range(d, sem_days(y, 1, 1), sem_days(y, 12, 31), SEM_YEAR_GRAIN, 1, arena_strf(d->a, "%d", y));
}

static sem_period quarter_of(drawer *d, int y, int q)
{
    const int32_t to = q == 4 ? sem_days(y, 12, 31) : sem_days(y, q * 3 + 1, 1) - 1;

    return range(d, sem_days(y, q * 3 - 2, 1), to, SEM_QUARTER, 1, arena_strf(d->a, "Q%d %d", q, y));
}

static sem_period month_of(drawer *d, int y, int m)
{
    const int32_t to = m == 12 ? sem_days(y, 12, 31) : sem_days(y, m + 1, 1) - 1;

    return range(d, sem_days(y, m, 1), to, SEM_MONTH, 1, arena_strf(d->a, "%s %d", months[m - 1], y));
}

/* Some day of the data; seldom one outside. */
static sem_date some_day(drawer *d)
{
    const int32_t from = sem_data_from(d->l), to = sem_today(d->l);
    const int32_t span = to > from ? to - from + 1 : 1;

    if (rng_chance(d->r, 4))
        return sem_date_of(rng_chance(d->r, 50) ? from - 1 - rng_below(d->r, 700) : to + 370 + rng_below(d->r, 700));
    return sem_date_of(from + rng_below(d->r, span));
}

static sem_period named_year(drawer *d, char *text)
{
    const int y = some_day(d).year;

    pick_text(d->r, "in %d|in %d|in %d|during %d|over %d|in the year %d|for %d|throughout %d|%d", text);
    slots_set(&d->s, "year", "%d", y);
    snprintf(text + strcspn(text, "%"), 12, "%d", y);
    return year_of(d, y);
}

static sem_period named_quarter(drawer *d, char *text)
{
    const sem_date day = some_day(d);
    const int q = (day.month + 2) / 3;

    switch (rng_below(d->r, 4)) {
    case 0:  snprintf(text, SLOT_BYTES, "in Q%d %d", q, day.year); break;
    case 1:  snprintf(text, SLOT_BYTES, "in the %s quarter of %d", ordinals[q - 1], day.year); break;
    case 2:  snprintf(text, SLOT_BYTES, "for Q%d/%d", q, day.year); break;
    default: snprintf(text, SLOT_BYTES, "during Q%d of %d", q, day.year);
    }
    return quarter_of(d, day.year, q);
}

static sem_period named_month(drawer *d, char *text)
{
    const sem_date day = some_day(d);
    const char *m = months[day.month - 1];

    switch (rng_below(d->r, 5)) {
    case 0:  snprintf(text, SLOT_BYTES, "in %.3s %d", m, day.year); break;
    case 1:  snprintf(text, SLOT_BYTES, "in %02d/%d", day.month, day.year); break;
    case 2:  snprintf(text, SLOT_BYTES, "for %s %d", m, day.year); break;
    default: snprintf(text, SLOT_BYTES, "in %s %d", m, day.year);
    }
    return month_of(d, day.year, day.month);
}

static sem_period named_day(drawer *d, char *text)
{
    const sem_date day = some_day(d);
    const int32_t at = sem_days(day.year, day.month, day.day);
    const char *m = months[day.month - 1];

    switch (rng_below(d->r, 3)) {
    case 0:  snprintf(text, SLOT_BYTES, "on %d %s %d", day.day, m, day.year); break;
    case 1:  snprintf(text, SLOT_BYTES, "on %s %d, %d", m, day.day, day.year); break;
    default: snprintf(text, SLOT_BYTES, "on %d-%02d-%02d", day.year, day.month, day.day);
    }
    return range(d, at, at, SEM_DAY, 1, text + 3);
}

static sem_period between_days(drawer *d, char *text)
{
    sem_date a = some_day(d), b;
    const int32_t from = sem_days(a.year, a.month, a.day), to = from + 6 + rng_below(d->r, 90);

    b = sem_date_of(to);
    if (rng_chance(d->r, 50))
        snprintf(text, SLOT_BYTES, "between %d %s %d and %d %s %d", a.day, months[a.month - 1], a.year, b.day,
                 months[b.month - 1], b.year);
    else
        snprintf(text, SLOT_BYTES, "from %d-%02d-%02d to %d-%02d-%02d", a.year, a.month, a.day, b.year, b.month, b.day);
    return range(d, from, to, SEM_DAY, to - from + 1, text);
}

static sem_period between_months(drawer *d, char *text)
{
    const int y = some_day(d).year, from = 1 + rng_below(d->r, 10), to = from + 1 + rng_below(d->r, 12 - from);
    const sem_period last = month_of(d, y, to);

    snprintf(text, SLOT_BYTES, rng_chance(d->r, 50) ? "from %s to %s %d" : "between %s and %s %d", months[from - 1],
             months[to - 1], y);
    return range(d, sem_days(y, from, 1), last.to, SEM_MONTH, to - from + 1, text);
}

static sem_period between_years(drawer *d, char *text)
{
    const int last = sem_date_of(sem_today(d->l)).year, first = sem_date_of(sem_data_from(d->l)).year;
    const int a = first + rng_below(d->r, last - first), b = a + 1 + rng_below(d->r, last - a);

    snprintf(text, SLOT_BYTES, rng_chance(d->r, 50) ? "from %d to %d" : "between %d and %d", a, b);
    return range(d, sem_days(a, 1, 1), sem_days(b, 12, 31), SEM_YEAR_GRAIN, b - a + 1, text);
}

static sem_period half_of(drawer *d, char *text)
{
    const int y = some_day(d).year, second = rng_below(d->r, 2);

    if (rng_chance(d->r, 60))
        snprintf(text, SLOT_BYTES, "in the %s half of %d", ordinals[second], y);
    else
        snprintf(text, SLOT_BYTES, "in H%d %d", second + 1, y);
    return range(d, sem_days(y, second ? 7 : 1, 1), second ? sem_days(y, 12, 31) : sem_days(y, 6, 30), SEM_MONTH, 6, text);
}

static sem_period since(drawer *d, char *text)
{
    const sem_date day = some_day(d);
    const int32_t from = sem_days(day.year, day.month, 1), today = sem_today(d->l);

    if (from > today)
        return (sem_period){0};
    snprintf(text, SLOT_BYTES, "since %s %d", months[day.month - 1], day.year);
    return range(d, from, today, SEM_DAY, today - from + 1, text);
}

static sem_period last_days(drawer *d, char *text)
{
    static const int counts[] = {7, 10, 14, 28, 30, 60, 90, 100, 180};
    const int n = counts[rng_below(d->r, 9)];
    const int32_t today = sem_today(d->l);

    snprintf(text, SLOT_BYTES, rng_chance(d->r, 60) ? "in the last %d days" : "over the past %d days", n);
    return range(d, today - n + 1, today, SEM_DAY, n, text);
}

static sem_period last_months(drawer *d, char *text)
{
    const int n = 2 + rng_below(d->r, 11);
    const sem_date today = sem_date_of(sem_today(d->l));
    const int before = today.year * 12 + today.month - 1 - n;

    snprintf(text, SLOT_BYTES, rng_chance(d->r, 60) ? "in the last %d months" : "over the past %d months", n);
    return range(d, sem_days(before / 12, before % 12 + 1, 1), sem_days(today.year, today.month, 1) - 1, SEM_MONTH, n, text);
}

static sem_period this_or_last(drawer *d, char *text)
{
    const sem_date t = sem_date_of(sem_today(d->l));
    const int32_t today = sem_today(d->l), monday = today - (today + 3) % 7;
    const int q = (t.month + 2) / 3, m = t.month;

    switch (rng_below(d->r, 9)) {
    case 0:  strcpy(text, "this year"); return year_of(d, t.year);
    case 1:  pick_text(d->r, "last year|in the last year|the previous year", text); return year_of(d, t.year - 1);
    case 2:  strcpy(text, "this month"); return month_of(d, t.year, m);
    case 3:  pick_text(d->r, "last month|in the previous month", text);
             return m == 1 ? month_of(d, t.year - 1, 12) : month_of(d, t.year, m - 1);
    case 4:  strcpy(text, "this quarter"); return quarter_of(d, t.year, q);
    case 5:  pick_text(d->r, "last quarter|in the previous quarter", text);
             return q == 1 ? quarter_of(d, t.year - 1, 4) : quarter_of(d, t.year, q - 1);
    case 6:  strcpy(text, "last week"); return range(d, monday - 7, monday - 1, SEM_WEEK, 1, "last week");
    case 7:  strcpy(text, "yesterday"); return range(d, today - 1, today - 1, SEM_DAY, 1, "yesterday");
    default: pick_text(d->r, "year to date|so far this year|this year to date", text);
             return range(d, sem_days(t.year, 1, 1), today, SEM_DAY, 1, "this year to date");
    }
}

static sem_period fiscal(drawer *d, char *text)
{
    const int y = some_day(d).year, q = rng_below(d->r, 5);
    const sem_period p = sem_fiscal(d->l, q ? SEM_FISCAL_QUARTER : SEM_FISCAL_YEAR, y, q, d->a);

    if (q)
        snprintf(text, SLOT_BYTES, rng_chance(d->r, 50) ? "in Q%d FY%02d" : "in fiscal Q%d FY%02d", q, y % 100);
    else
        snprintf(text, SLOT_BYTES, rng_chance(d->r, 50) ? "in FY%02d" : "in fiscal year 20%02d", y % 100);
    return p;
}

sem_period period_draw(drawer *d, char text[SLOT_BYTES])
{
    static sem_period (*const kinds[])(drawer *, char *) = {
        named_year, named_year, named_year, named_year, named_quarter, named_quarter, named_month, named_month, named_month,
        named_day, between_days, between_months, between_years, half_of, since, last_days, last_months, this_or_last,
        this_or_last, this_or_last, fiscal};
    sem_period p = {0};

    if (sem_today(d->l) <= 0)
        return p;
    p = kinds[rng_below(d->r, sizeof kinds / sizeof kinds[0])](d, text);
    if (!p.set)
        *text = 0;
    return p;
}

sem_period period_year(drawer *d, char text[SLOT_BYTES])
{
    return rng_chance(d->r, 60) ? named_year(d, text) : between_years(d, text);
}

bool period_pair(drawer *d, sem_period p[2], char first[SLOT_BYTES], char second[SLOT_BYTES])
{
    const sem_date day = some_day(d);
    const int y = day.year, grain = rng_below(d->r, 3);

    if (sem_today(d->l) <= 0)
        return false;
    if (grain == 0) {
        p[0] = year_of(d, y);
        p[1] = year_of(d, y - 1 - (rng_chance(d->r, 20) ? 1 : 0));
    } else if (grain == 1) {
        const int q = (day.month + 2) / 3;

        p[0] = quarter_of(d, y, q);
        p[1] = rng_chance(d->r, 70) ? quarter_of(d, y - 1, q) : q > 1 ? quarter_of(d, y, q - 1) : quarter_of(d, y - 1, 4);
    } else {
        p[0] = month_of(d, y, day.month);
        p[1] = rng_chance(d->r, 70) ? month_of(d, y - 1, day.month)
               : day.month > 1 ? month_of(d, y, day.month - 1) : month_of(d, y - 1, 12);
    }
    snprintf(first, SLOT_BYTES, "%s", p[0].label);
    snprintf(second, SLOT_BYTES, "%s", p[1].label);
    return true;
}
