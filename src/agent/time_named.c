/* time_named.c - periods that have a name: years, months, days, ISO weeks, fiscal
 * periods, feasts and seasons. Each form is one short reader. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/time_impl.h"
#include "base/str.h"

/* ---- named periods ---------------------------------------------------- */

time_phrase time_read_year(reader *r, int i)
{
    const int start = i;
    int year;

    if (time_is(r, i, "the"))
        i++;
    if (time_is(r, i, "calendar|full|whole|entire"))
        i++;
    if (time_is(r, i, "year|cy"))
        i++;
    year = time_year_at(r, i);
    return year ? time_named(i + 1 - start, time_year_period(r, year)) : (time_phrase){0};
}

time_phrase time_day_phrase(reader *r, int n_tokens, int year, int month, int day)
{
    time_phrase p;

    if (month < 1 || month > 12 || day < 1 || day > time_days_in_month(year, month)) {
        p = time_named(n_tokens, time_day_period(r, 0));
        p.problem = arena_strf(r->arena, "there is no %d %s %d", day,
                               month >= 1 && month <= 12 ? month_titles[month - 1] : "of that month of", year);
        return p;
    }
    return time_named(n_tokens, time_day_period(r, sem_days(year, month, day)));
}

/* A day without a year: the latest that is not after today. */
static int latest_year_of_day(reader *r, int month, int day)
{
    return sem_days(r->now.year, month, day > 28 ? 28 : day) <= r->today ? r->now.year : r->now.year - 1;
}

/* "15 March 2025", "the 15th of March", "March 15, 2025". */
time_phrase time_read_day(reader *r, int i)
{
    const int start = i;
    int n, day, month, year;

    if (time_is(r, i, "the"))
        i++;
    day = time_day_at(r, i);
    if (day && (month = time_month_at(r, i + 1)) != 0)
        i += 2;
    else if (day && time_is(r, i + 1, "of") && (month = time_month_at(r, i + 2)) != 0)
        i += 3;
    else if ((month = time_month_at(r, i)) != 0 && (day = time_day_at(r, i + 1)) != 0 && !time_is(r, i + 2, "stores|products|store|product"))
        i += 2;
    else if ((month = time_month_at(r, i)) != 0 && time_is(r, i + 1, "the") && (day = time_day_at(r, i + 2)) != 0)
        i += 3;
    else
        return (time_phrase){0};
    year = time_year_of(r, i, &n);
    if (!year)
        year = latest_year_of_day(r, month, day);
    return time_day_phrase(r, i + n - start, year, month, day);
}

time_phrase time_read_month(reader *r, int i)
{
    const int start = i;
    int n, month, year;
    time_phrase p;
    bool last, this_one;

    if (time_is(r, i, "the"))
        i++;
    if (time_is(r, i, "month") && time_is(r, i + 1, "of"))
        i += 2;
    last = time_is(r, i, "last|past");
    this_one = time_is(r, i, "this");
    if (last || this_one)
        i++;
    month = time_month_at(r, i);
    if (!month)
        return (time_phrase){0};
    i++;
    year = time_year_of(r, i, &n);
    if (year)
        return time_named(i + n - start, time_month_period(r, year, month));
    p = (time_phrase){.kind = TIME_PERIOD, .n_tokens = i - start, .single = true, .month = month, .problem = ""};
    if (this_one)
        return time_named(i - start, time_month_period(r, r->now.year, month));
    p = time_assume_year(r, p);
    p.assumed_year = !last;
    return p;
}

/* "Q1", "first quarter", "quarter 1", "1st quarter": its number, or 0. */
static int quarter_at(reader *r, int i, int *n)
{
    const token *t = time_at(r, i);
    int skip = 0;

    if (!t)
        return *n = 0, 0;
    if ((t->fold[0] == 'q' && t->fold[1] >= '1' && t->fold[1] <= '4' && !t->fold[2]))
        return *n = 1, t->fold[1] - '0';
    if (t->fold[0] >= '1' && t->fold[0] <= '4' && t->fold[1] == 'q' && !t->fold[2])
        return *n = 1, t->fold[0] - '0';
    if (time_is(r, i, "the"))
        skip = 1;
    t = time_at(r, i + skip);
    if (t && t->is_ordinal && t->number >= 1 && t->number <= 4 && time_is(r, i + skip + 1, "quarter"))
        return *n = skip + 2, (int)t->number;
    if (t && word_in(t, "last|final") && time_is(r, i + skip + 1, "quarter") && time_is(r, i + skip + 2, "of"))
        return *n = skip + 2, 4;
    t = time_at(r, i + 1);
    if (time_is(r, i, "quarter") && t && t->is_number && !t->is_ordinal && t->number >= 1 && t->number <= 4)
        return *n = 2, (int)t->number;
    return *n = 0, 0;
}

time_phrase time_read_quarter(reader *r, int i)
{
    int n, m, year, skip = 0;
    const int quarter = quarter_at(r, i, &n);
    const token *t = time_at(r, i);

    if (quarter) {
        if (time_is(r, i + n, "and|vs") ? 0 : (year = time_year_of(r, i + n, &m)) != 0)
            return time_named(n + m, time_quarter_period(r, year, quarter));
        return time_assume_year(r, (time_phrase){.kind = TIME_PERIOD, .n_tokens = n, .single = true, .quarter = quarter, .problem = ""});
    }
    year = time_year_at(r, i); /* 2025 Q1 */
    if (year && (m = quarter_at(r, i + 1, &n)) != 0)
        return time_named(1 + n, time_quarter_period(r, year, m));
    if (t && strlen(t->fold) == 6 && t->fold[4] == 'q' && isdigit((unsigned char)t->fold[0])) /* 2025q1 */
        skip = 4;
    else if (t && strlen(t->fold) == 7 && t->fold[4] == '-' && t->fold[5] == 'q') /* 2025-q1 */
        skip = 5;
    if (skip && t->fold[skip + 1] >= '1' && t->fold[skip + 1] <= '4')
        return time_named(1, time_quarter_period(r, atoi(t->fold), t->fold[skip + 1] - '0'));
    return (time_phrase){0};
}

time_phrase time_read_half(reader *r, int i)
{
    const int start = i;
    const token *t = time_at(r, i);
    int n, year, half = 0;

    if (t && t->fold[0] == 'h' && (t->fold[1] == '1' || t->fold[1] == '2') && !t->fold[2])
        half = t->fold[1] - '0', i++;
    else {
        if (time_is(r, i, "the"))
            i++;
        t = time_at(r, i);
        if (t && ((t->is_ordinal && t->number <= 2) || time_is(r, i, "last")) && time_is(r, i + 1, "half"))
            half = time_is(r, i, "last") ? 2 : (int)t->number, i += 2;
        if (half && words_match(r->t, i, "of the year"))
            i += 3;
    }
    if (!half)
        return (time_phrase){0};
    year = time_year_of(r, i, &n);
    if (year)
        return time_named(i + n - start, time_half_period(r, year, half));
    return time_assume_year(r, (time_phrase){.kind = TIME_PERIOD, .n_tokens = i - start, .single = true, .half = half, .problem = ""});
}

/* "the first 3 months of 2025", "last two weeks of March 2025". */
time_phrase time_read_part_of(reader *r, int i)
{
    const int start = i;
    int n, count;
    bool last;
    sem_grain grain;
    time_phrase whole;
    sem_period p;

    if (time_is(r, i, "the"))
        i++;
    last = time_is(r, i, "last|final");
    if (!last && !time_is(r, i, "first"))
        return (time_phrase){0};
    count = time_count_at(r, i + 1);
    i += count ? 2 : 1;
    grain = time_unit_at(r, i, &n);
    if (!n || !time_is(r, i + n, "of") || grain >= SEM_FISCAL_WEEK)
        return (time_phrase){0};
    whole = time_read_month(r, i + n + 1);
    if (!whole.n_tokens) whole = time_read_quarter(r, i + n + 1);
    if (!whole.n_tokens) {
        const int year = time_year_of(r, i + n + 1, &whole.n_tokens);
        whole.period = year ? time_year_period(r, year) : (sem_period){0};
    }
    if (!whole.n_tokens || grain == SEM_YEAR_GRAIN || grain >= whole.period.grain)
        return (time_phrase){0};
    count = count ? count : 1;
    if (grain == SEM_DAY || grain == SEM_WEEK) {
        const int days = count * (grain == SEM_WEEK ? 7 : 1);
        p = time_make("", SEM_DAY, days, last ? whole.period.to - days + 1 : whole.period.from, last ? whole.period.to : whole.period.from + days - 1);
    } else {
        const sem_date from = sem_date_of(whole.period.from), to = sem_date_of(whole.period.to);
        const int months = count * (grain == SEM_QUARTER ? 3 : 1), first = last ? to.year * 12 + to.month - months : from.year * 12 + from.month - 1;
        p = time_months_period("", grain, count, first / 12, first % 12 + 1, months);
    }
    p.label = arena_strf(r->arena, "%s to %s", time_day_label(r, p.from), time_day_label(r, p.to));
    return time_named(i + n + 1 + whole.n_tokens - start, p);
}

/* "week 12 of 2025", "ISO week 12 2025", "W12 2025", "2025-W12", "the week of 4 May". */
time_phrase time_read_week(reader *r, int i)
{
    const int start = i;
    const token *t = time_at(r, i);
    int n, week = 0, year = 0;
    int32_t monday;
    time_phrase p;

    if (t && strlen(t->fold) >= 7 && t->fold[4] == '-' && t->fold[5] == 'w' && isdigit((unsigned char)t->fold[6])) {
        year = atoi(t->fold), week = atoi(t->fold + 6), i++;
    } else {
        if (time_is(r, i, "the"))
            i++;
        if (time_is(r, i, "iso|calendar"))
            i++;
        t = time_at(r, i);
        if (time_is(r, i, "week") && time_is(r, i + 1, "of|starting|beginning|from") ) {
            p = time_read_day(r, i + 2);
            if (!p.n_tokens || *p.problem)
                return (time_phrase){0};
            monday = time_week_start(p.period.from);
            return time_named(i + 2 - start + p.n_tokens, time_make(arena_strf(r->arena, "the week of %s", time_day_label(r, monday)), SEM_WEEK, 1, monday, monday + 6));
        }
        if (time_is(r, i, "week|wk|kw|cw") && time_at(r, i + 1) && time_at(r, i + 1)->is_integer && time_at(r, i + 1)->number <= 53)
            week = (int)time_at(r, i + 1)->number, i += 2;
        else if (t && t->fold[0] == 'w' && isdigit((unsigned char)t->fold[1]) && strlen(t->fold) <= 3)
            week = atoi(t->fold + 1), i++;
        if (!week)
            return (time_phrase){0};
        year = time_year_of(r, i, &n), i += n;
    }
    if (week < 1 || week > 53)
        return (time_phrase){0};
    p = time_named(i - start, (sem_period){0});
    if (!year) {
        p.assumed_year = true;
        year = time_iso_week_start(r->now.year, week) + 6 <= r->today ? r->now.year : r->now.year - 1;
    }
    monday = time_iso_week_start(year, week);
    p.period = time_make(arena_strf(r->arena, "ISO week %d of %d", week, year), SEM_WEEK, 1, monday, monday + 6);
    if (week == 53 && time_iso_week_start(year + 1, 1) == monday)
        p.problem = arena_strf(r->arena, "%d has no ISO week 53", year);
    return p;
}

/* 2025-03, 2025-03-15, 15/03/2025, 15.03.2025 */
time_phrase time_read_iso(reader *r, int i)
{
    const token *t = time_at(r, i);
    int year, month, day, end = 0;
    const size_t n = t ? strlen(t->fold) : 0;

    if (n == 10 && sscanf(t->fold, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && end == 10)
        return time_day_phrase(r, 1, year, month, day);
    if (n == 7 && sscanf(t->fold, "%4d-%2d%n", &year, &month, &end) == 2 && end == 7 && month >= 1 && month <= 12)
        return time_named(1, time_month_period(r, year, month));
    if (n >= 8 && n <= 10 && sscanf(t->fold, "%2d.%2d.%4d%n", &day, &month, &year, &end) == 3 && (size_t)end == n && year >= 1990)
        return time_day_phrase(r, 1, year, month, day);
    if (time_day_at(r, i) && time_at(r, i + 1) && time_at(r, i + 1)->before == '/' && time_day_at(r, i + 1) && time_at(r, i + 2) &&
        time_at(r, i + 2)->before == '/' && time_year_at(r, i + 2))
        return time_day_phrase(r, 3, time_year_at(r, i + 2), (int)time_at(r, i + 1)->number, (int)t->number);
    if (time_day_at(r, i) && t->number <= 12 && time_at(r, i + 1) && time_at(r, i + 1)->before == '/' && time_year_at(r, i + 1))
        return time_named(2, time_month_period(r, time_year_at(r, i + 1), (int)t->number));
    return (time_phrase){0};
}

/* ---- fiscal ----------------------------------------------------------- */

/* "FY24", "FY 2024", "fiscal 2024", "fiscal year 2024", "2024 fiscal year". */
static int fiscal_year_at(reader *r, int i, int *n)
{
    const token *t = time_at(r, i);
    int skip = 0, year = 0;

    *n = 0;
    if (t && str_starts(t->fold, "fy") && isdigit((unsigned char)t->fold[2])) {
        year = atoi(t->fold + 2);
        *n = 1;
    } else {
        if (time_is(r, i, "the"))
            skip++;
        if (time_is(r, i + skip, "fy"))
            skip++;
        else if (time_is(r, i + skip, "fiscal|financial"))
            skip += time_is(r, i + skip + 1, "year") ? 2 : 1;
        else if (time_year_at(r, i) && time_is(r, i + 1, "fiscal|financial") && time_is(r, i + 2, "year"))
            return *n = 3, time_year_at(r, i);
        else
            return 0;
        t = time_at(r, i + skip);
        if (!t || !t->is_integer)
            return 0;
        year = (int)t->number;
        *n = skip + 1;
    }
    if (year < 100)
        year += 2000;
    if (year < 1990 || year > 2100)
        *n = 0;
    return *n ? year : 0;
}

static time_phrase fiscal_phrase(reader *r, int n_tokens, sem_grain grain, int year, int number)
{
    time_phrase p = time_named(n_tokens, sem_fiscal(r->layer, grain, year, number, r->arena));

    if (!p.period.set)
        p.problem = arena_strf(r->arena, "the fiscal calendar has no %s %d of FY%02d", time_unit_title(grain), number, year % 100);
    return p;
}

/* "Q2", "P3", "W12", "second quarter", "period 3" inside a fiscal phrase. */
static sem_grain fiscal_part_at(reader *r, int i, int *number, int *n)
{
    static const struct { char letter; const char *words; sem_grain grain; int most; } parts[] = {
        {'q', "quarter|quarters", SEM_FISCAL_QUARTER, 4}, {'p', "period|month", SEM_FISCAL_PERIOD, 12}, {'w', "week", SEM_FISCAL_WEEK, 53}};
    const int start = i;
    const token *t;

    if (time_is(r, i, "the"))
        i++;
    if (time_is(r, i, "fiscal|financial"))
        i++;
    t = time_at(r, i);
    for (size_t k = 0; t && k < sizeof parts / sizeof parts[0]; k++) {
        if (t->fold[0] == parts[k].letter && isdigit((unsigned char)t->fold[1]) && strlen(t->fold) <= 3) {
            *number = atoi(t->fold + 1), *n = i + 1 - start;
        } else if (word_in(t, parts[k].words) && time_at(r, i + 1) && time_at(r, i + 1)->is_integer) {
            *number = (int)time_at(r, i + 1)->number, *n = i + 2 - start;
        } else if (t->is_ordinal) {
            const int skip = time_is(r, i + 1, "fiscal|financial") ? 1 : 0;
            if (!time_is(r, i + 1 + skip, parts[k].words))
                continue;
            *number = (int)t->number, *n = i + 2 + skip - start;
        } else {
            continue;
        }
        if (*number >= 1 && *number <= parts[k].most)
            return parts[k].grain;
    }
    return *n = 0, SEM_NO_GRAIN;
}

static bool says_fiscal(reader *r, int i, int n)
{
    for (int k = i; k < i + n; k++)
        if (time_is(r, k, "fiscal|financial|fy") || (time_at(r, k) && str_starts(time_at(r, k)->fold, "fy")))
            return true;
    return false;
}

time_phrase time_read_fiscal(reader *r, int i)
{
    int n, m, number, year = fiscal_year_at(r, i, &n), gap;
    sem_grain grain;

    if (year) {
        grain = fiscal_part_at(r, i + n, &number, &m);
        if (grain != SEM_NO_GRAIN)
            return fiscal_phrase(r, n + m, grain, year, number);
        return fiscal_phrase(r, n, SEM_FISCAL_YEAR, year, 0);
    }
    grain = fiscal_part_at(r, i, &number, &n);
    if (grain == SEM_NO_GRAIN)
        return (time_phrase){0};
    gap = time_is(r, i + n, "of|in") ? 1 : 0;
    year = fiscal_year_at(r, i + n + gap, &m);
    if (!year && says_fiscal(r, i, n)) {
        year = time_year_of(r, i + n, &m), gap = 0;
        if (!year && words_match(r->t, i + n, "of last fiscal year"))
            year = sem_date_of(time_fiscal_relative(r, SEM_FISCAL_YEAR, 1).from + 40).year, m = 4;
    }
    if (year)
        return fiscal_phrase(r, n + gap + m, grain, year, number);
    return (time_phrase){0};
}

/* ---- feasts and seasons ----------------------------------------------- */

/* Easter Sunday (Meeus/Jones/Butcher). */
static int32_t easter(int year)
{
    const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
    const int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
    const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;

    return sem_days(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
}

static sem_period feast_period(reader *r, int kind, int year)
{
    const int32_t november = sem_days(year, 11, 1);

    switch (kind) {
    case 0: return time_months_period(arena_strf(r->arena, "the Christmas season %d", year), SEM_MONTH, 2, year, 11, 2);
    case 1: return time_make(arena_strf(r->arena, "Good Friday to Easter Monday %d", year), SEM_DAY, 4, easter(year) - 2, easter(year) + 1);
    case 2: /* the Friday after the fourth Thursday of November */
        return time_day_period(r, november + (3 - (november + 3) % 7 + 7) % 7 + 22);
    case 3: return time_day_period(r, easter(year) - 2);
    case 4: return time_day_period(r, easter(year) + 1);
    case 5: return time_day_period(r, sem_days(year, 12, 25));
    case 6: return time_day_period(r, sem_days(year, 12, 26));
    case 7: return time_day_period(r, sem_days(year, 1, 1));
    case 8: return time_day_period(r, sem_days(year, 5, 1));
    case 9: return time_months_period(arena_strf(r->arena, "summer %d (June to August)", year), SEM_MONTH, 3, year, 6, 3);
    case 10: return time_months_period(arena_strf(r->arena, "spring %d (March to May)", year), SEM_MONTH, 3, year, 3, 3);
    case 11: return time_months_period(arena_strf(r->arena, "autumn %d (September to November)", year), SEM_MONTH, 3, year, 9, 3);
    case 12: return time_day_period(r, sem_days(year, 12, 24));
    case 13: return time_day_period(r, sem_days(year, 12, 31));
    case 14: return time_months_period(arena_strf(r->arena, "winter %d/%02d (December to February)", year, (year + 1) % 100), SEM_MONTH, 3, year, 12, 3);
    default: return (sem_period){0};
    }
}

time_phrase time_read_feast(reader *r, int i)
{
    static const struct { const char *text; int kind; } feasts[] = {
        {"christmas season", 0}, {"christmas", 0}, {"christmas period", 0}, {"christmas business", 0}, {"christmas time", 0}, {"xmas", 0}, {"xmas season", 0},
        {"holiday season", 0}, {"festive season", 0}, {"christmas shopping season", 0}, {"christmas trading", 0}, {"christmas quarter", 0},
        {"easter", 1}, {"easter weekend", 1}, {"black friday", 2}, {"good friday", 3}, {"easter monday", 4},
        {"christmas day", 5}, {"boxing day", 6}, {"new year day", 7}, {"new years day", 7}, {"new year's day", 7}, {"labour day", 8}, {"labor day", 8},
        {"summer", 9}, {"spring", 10}, {"autumn", 11}, {"christmas eve", 12}, {"new year eve", 13}, {"winter", 14},
    };
    const int start = i;
    int n, best = 0, kind = -1, year;
    bool last;
    time_phrase p;

    if (time_is(r, i, "the"))
        i++;
    last = time_is(r, i, "last|latest|previous|past");
    if (last || time_is(r, i, "this"))
        i++;
    year = time_year_at(r, i); /* "2024 Christmas season" */
    if (year)
        i++;
    for (size_t k = 0; k < sizeof feasts / sizeof feasts[0]; k++) {
        const int matched = words_match(r->t, i, feasts[k].text);
        if (matched > best)
            best = matched, kind = feasts[k].kind;
    }
    if (!best)
        return (time_phrase){0};
    i += best;
    n = 0;
    if (!year)
        year = time_year_of(r, i, &n);
    p = time_named(i + n - start, (sem_period){0});
    if (!year) {
        p.assumed_year = !last;
        year = r->now.year;
        for (int back = 0; back < 2 && feast_period(r, kind, year).to > r->today; back++)
            year--;
    }
    p.period = feast_period(r, kind, year);
    return p;
}
