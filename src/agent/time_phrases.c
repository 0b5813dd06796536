/* time_phrases.c - see time_phrases.h.
 *
 * A small recursive reader: `core_at` reads one named period, `time_phrase_at`
 * what can stand around it (since, until, from-to). Every form is one short
 * function in `cores`; the longest reading wins. */
#include "agent/time_phrases.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

typedef struct reader {
    const sem_layer *layer;
    const tokens *t;
    arena *arena;
    int32_t today;
    sem_date now;
} reader;

static const char *const month_titles[] = {"January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"};
static const char *const month_words[] = {"january|jan", "february|feb|febr", "march|mar", "april|apr", "may",
    "june|jun", "july|jul", "august|aug", "september|sep|sept", "october|oct", "november|nov", "december|dec"};

/* ---- making periods --------------------------------------------------- */

static int days_in_month(int year, int month)
{
    const int next_year = month == 12 ? year + 1 : year, next = month == 12 ? 1 : month + 1;

    return sem_days(next_year, next, 1) - sem_days(year, month, 1);
}

static sem_period make(const char *label, sem_grain grain, int n, int32_t from, int32_t to)
{
    return (sem_period){.set = true, .from = from, .to = to, .grain = grain, .n = n, .label = label};
}

static sem_period months_period(const char *label, sem_grain grain, int n, int year, int month, int n_months)
{
    const int last = month - 1 + n_months - 1; /* counted from January of `year` */
    const int to_year = year + last / 12, to_month = last % 12 + 1;

    return make(label, grain, n, sem_days(year, month, 1), sem_days(to_year, to_month, days_in_month(to_year, to_month)));
}

static sem_period year_period(reader *r, int year)
{
    return months_period(arena_strf(r->arena, "%d", year), SEM_YEAR_GRAIN, 1, year, 1, 12);
}

static sem_period quarter_period(reader *r, int year, int quarter)
{
    return months_period(arena_strf(r->arena, "Q%d %d", quarter, year), SEM_QUARTER, 1, year, quarter * 3 - 2, 3);
}

static sem_period month_period(reader *r, int year, int month)
{
    return months_period(arena_strf(r->arena, "%s %d", month_titles[month - 1], year), SEM_MONTH, 1, year, month, 1);
}

static sem_period half_period(reader *r, int year, int half)
{
    return months_period(arena_strf(r->arena, "H%d %d", half, year), SEM_QUARTER, 2, year, half * 6 - 5, 6);
}

static const char *day_label(reader *r, int32_t day)
{
    const sem_date d = sem_date_of(day);

    return arena_strf(r->arena, "%d %s %d", d.day, month_titles[d.month - 1], d.year);
}

static sem_period day_period(reader *r, int32_t day)
{
    return make(day_label(r, day), SEM_DAY, 1, day, day);
}

/* Monday of the week that holds `day`; 1970-01-01 was a Thursday. */
static int32_t week_start(int32_t day) { return day - ((day + 3) % 7 + 7) % 7; }

static int32_t iso_week_start(int year, int week)
{
    return week_start(sem_days(year, 1, 4)) + 7 * (week - 1);
}

static time_phrase phrase(int n_tokens, sem_period p)
{
    return (time_phrase){.kind = TIME_PERIOD, .period = p, .n_tokens = n_tokens, .single = true, .problem = ""};
}

/* A phrase without a year: the latest that is over by today. */
static time_phrase assume_year(reader *r, time_phrase p)
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
    if (p->month)        out.period = month_period(&r, year, p->month);
    else if (p->quarter) out.period = quarter_period(&r, year, p->quarter);
    else if (p->half)    out.period = half_period(&r, year, p->half);
    return out;
}

/* ---- small parts ------------------------------------------------------ */

static const token *at(reader *r, int i) { return i >= 0 && i < r->t->n ? &r->t->at[i] : NULL; }
static bool is(reader *r, int i, const char *list) { return at(r, i) && word_in(at(r, i), list); }

static int year_at(reader *r, int i)
{
    const token *t = at(r, i);

    if (!t || !t->is_integer || strlen(t->fold) != 4 || t->number < 1990 || t->number > 2100)
        return 0;
    if (is(r, i + 1, "euro|euros|eur|percent|units|unit|orders|customers|pieces|items|stores|products|days|m2|chf|gbp"))
        return 0;
    return (int)t->number;
}

/* "2025", "of 2025", "in 2025", "last year", "of this year", "'25". */
static int year_of(reader *r, int i, int *n)
{
    const int start = i;
    int year;

    if (is(r, i, "of|in|for"))
        i++;
    if (is(r, i, "the"))
        i++;
    if (is(r, i, "year") && year_at(r, i + 1))
        i++;
    year = year_at(r, i);
    if (year)
        return *n = i + 1 - start, year;
    if (is(r, i, "last|previous|prior") && is(r, i + 1, "year|years"))
        return *n = i + 2 - start, r->now.year - 1;
    if (is(r, i, "this|current") && is(r, i + 1, "year|years"))
        return *n = i + 2 - start, r->now.year;
    return *n = 0, 0;
}

static int month_at(reader *r, int i)
{
    const token *t = at(r, i);

    for (int m = 0; t && m < 12; m++)
        if (word_in(t, month_words[m])) {
            int n;
            if (!strcmp(t->fold, "may") && !t->capital && !year_of(r, i + 1, &n) &&
                !is(r, i - 1, "in|of|for|since|until|till|and|to|vs|versus|during|before|after|from|between|last|than|against|compared|by|or"))
                return 0; /* the verb */
            if (!strcmp(t->fold, "mar") || !strcmp(t->fold, "march"))
                return is(r, i + 1, "down|up") ? 0 : m + 1;
            return m + 1;
        }
    return 0;
}

static int day_at(reader *r, int i)
{
    const token *t = at(r, i);

    return t && t->is_number && (t->is_integer || t->is_ordinal) && isdigit((unsigned char)*t->fold) &&
           t->number >= 1 && t->number <= 31 ? (int)t->number : 0;
}

static int count_at(reader *r, int i) /* "3", "three", "a", "couple of" is not one */
{
    const token *t = at(r, i);

    if (t && t->is_number && !t->is_ordinal && t->number >= 1 && t->number <= 5000 && t->number == (int)t->number)
        return (int)t->number;
    return is(r, i, "a|an") ? 1 : 0;
}

static sem_grain unit_at(reader *r, int i, int *n)
{
    static const struct { const char *words; sem_grain grain, fiscal; } units[] = {
        {"day|days", SEM_DAY, SEM_NO_GRAIN}, {"week|weeks|wk|wks", SEM_WEEK, SEM_FISCAL_WEEK},
        {"month|months", SEM_MONTH, SEM_FISCAL_PERIOD}, {"quarter|quarters|qtr", SEM_QUARTER, SEM_FISCAL_QUARTER},
        {"year|years|yr|yrs", SEM_YEAR_GRAIN, SEM_FISCAL_YEAR}, {"period|periods", SEM_NO_GRAIN, SEM_FISCAL_PERIOD},
    };
    const bool fiscal = is(r, i, "fiscal|financial");
    const int skip = fiscal || is(r, i, "calendar|full|whole|complete|completed|entire") ? 1 : 0;

    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
        if (is(r, i + skip, units[u].words)) {
            const sem_grain grain = fiscal ? units[u].fiscal : units[u].grain;
            *n = grain == SEM_NO_GRAIN ? 0 : skip + 1;
            return grain;
        }
    return *n = 0, SEM_NO_GRAIN;
}

static const char *unit_title(sem_grain g)
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

/* ---- relative periods ------------------------------------------------- */

static sem_period fiscal_relative(reader *r, sem_grain grain, int steps_back)
{
    int year, quarter, period, week, number;

    if (!sem_fiscal_of(r->layer, r->today, &year, &quarter, &period, &week))
        return (sem_period){0};
    number = grain == SEM_FISCAL_QUARTER ? quarter : grain == SEM_FISCAL_PERIOD ? period : grain == SEM_FISCAL_WEEK ? week : 0;
    if (grain == SEM_FISCAL_YEAR)
        return sem_fiscal(r->layer, grain, year - steps_back, 0, r->arena);
    for (int i = 0; i < steps_back; i++)
        if (--number < 1) {
            year--;
            number = grain == SEM_FISCAL_QUARTER ? 4 : grain == SEM_FISCAL_PERIOD ? 12 :
                     sem_fiscal(r->layer, grain, year, 53, r->arena).set ? 53 : 52;
        }
    return sem_fiscal(r->layer, grain, year, number, r->arena);
}

/* The unit that holds today, moved back by `back` units, and n units long. */
static sem_period relative(reader *r, sem_grain grain, int back, int n, const char *label)
{
    const int months = r->now.year * 12 + r->now.month - 1;
    int first;
    sem_period p, last;

    switch (grain) {
    case SEM_DAY:
        return make(label, grain, n, r->today - back, r->today - back + n - 1);
    case SEM_WEEK:
        first = week_start(r->today) - 7 * back;
        return make(label, grain, n, first, first + 7 * n - 1);
    case SEM_MONTH:
        first = months - back;
        return months_period(label, grain, n, first / 12, first % 12 + 1, n);
    case SEM_QUARTER:
        first = (months / 3 - back) * 3;
        return months_period(label, grain, n, first / 12, first % 12 + 1, 3 * n);
    case SEM_YEAR_GRAIN:
        return months_period(label, grain, n, r->now.year - back, 1, 12 * n);
    default:
        p = fiscal_relative(r, grain, back);
        last = fiscal_relative(r, grain, back - n + 1);
        if (!p.set || !last.set)
            return (sem_period){0};
        p.to = last.to, p.n = n;
        return p;
    }
}

static const char *relative_label(reader *r, sem_grain grain, const sem_period *p)
{
    const sem_date d = sem_date_of(p->from);

    switch (grain) {
    case SEM_DAY: return day_label(r, p->from);
    case SEM_WEEK: return arena_strf(r->arena, "the week of %s", day_label(r, p->from));
    case SEM_MONTH: return arena_strf(r->arena, "%s %d", month_titles[d.month - 1], d.year);
    case SEM_QUARTER: return arena_strf(r->arena, "Q%d %d", (d.month + 2) / 3, d.year);
    case SEM_YEAR_GRAIN: return arena_strf(r->arena, "%d", d.year);
    default: return p->label;
    }
}

static time_phrase one_relative(reader *r, int n_tokens, sem_grain grain, int back)
{
    sem_period p = relative(r, grain, back, 1, "");

    if (!p.set)
        return (time_phrase){0};
    p.label = relative_label(r, grain, &p);
    return phrase(n_tokens, p);
}

/* "last year", "this month", "the past 12 months", "previous quarter". */
static time_phrase read_last(reader *r, int i)
{
    const int start = i;
    int n, count, back;
    bool this_one, plain_last;
    sem_grain grain;
    time_phrase p;

    if (is(r, i, "the"))
        i++;
    this_one = is(r, i, "this|current|present");
    plain_last = is(r, i, "last|past|latest|recent");
    if (!this_one && !plain_last && !is(r, i, "previous|prior|preceding|trailing|rolling"))
        return (time_phrase){0};
    i++;
    if (is(r, i, "most|full|complete|completed|whole") && !is(r, i + 1, "day|week|month|quarter|year"))
        i++;
    count = this_one ? 0 : count_at(r, i);
    if (count)
        i++;
    grain = unit_at(r, i, &n);
    if (!n)
        return (time_phrase){0};
    i += n;
    if (!count) {
        back = this_one ? 0 : 1;
        if (back && at(r, i - 1) && strcmp(at(r, i - 1)->fold, at(r, i - 1)->stem) && str_ends(at(r, i - 1)->fold, "s") )
            return (time_phrase){0}; /* "last months": how many? */
        p = one_relative(r, i - start, grain, back);
        if (!this_one && !plain_last && p.n_tokens)
            p.kind = TIME_PREVIOUS;
        return p;
    }
    back = grain == SEM_DAY ? count - 1 : count;
    p = phrase(i - start, relative(r, grain, back, count, count == 1 ? arena_strf(r->arena, "the last %s", unit_title(grain)) :
               arena_strf(r->arena, "the last %d %ss", count, unit_title(grain))));
    if (!p.period.set)
        return (time_phrase){0};
    if (count == 1)
        p.period.label = relative_label(r, grain, &p.period);
    p.single = false;
    return p;
}

/* "3 months ago", "a year ago", "two weeks earlier". */
static time_phrase read_ago(reader *r, int i)
{
    const int count = count_at(r, i);
    int n;
    const sem_grain grain = count ? unit_at(r, i + 1, &n) : SEM_NO_GRAIN;
    time_phrase p;

    if (grain == SEM_NO_GRAIN || !is(r, i + 1 + n, "ago|earlier|before|previously|prior"))
        return (time_phrase){0};
    if (grain == SEM_YEAR_GRAIN && count == 1)
        return (time_phrase){.kind = TIME_YEAR_BEFORE, .n_tokens = 2 + n, .problem = ""};
    if (!is(r, i + 1 + n, "ago"))
        return (time_phrase){0};
    p = one_relative(r, 2 + n, grain, count);
    return p;
}

static time_phrase read_before(reader *r, int i)
{
    static const char *const year_before[] = {
        "the year before", "year before", "one year before", "a year before", "the year earlier", "year earlier",
        "the previous year", "previous year", "prior year", "the prior year", "the preceding year", "year ago",
        "the same period last year", "same period last year", "same period a year ago", "same period the year before",
        "the same period of last year", "the same period the year before", "the same period a year ago",
        "the same period of the previous year", "the same period of the year before", "the same period in the previous year",
        "same period of the previous year", "same period previous year", "same period in the previous year", "same period prior year",
        "same time last year", "the same time last year", "the same days last year", "same days last year",
        "the corresponding period last year", "corresponding period last year", "last year same period",
        "same month last year", "the same month last year", "the same month of last year", "same month the year before", "the same month a year ago",
        "the same month the year before", "the same month of the previous year", "the same month of the year before", "same month previous year",
        "same quarter last year", "the same quarter last year", "the same quarter of last year", "the same quarter a year ago",
        "the same quarter of the previous year", "the same quarter the year before", "same quarter previous year", "same quarter of the previous year",
        "same week last year", "the same week last year", "the same week of last year", "the same week of the previous year", "the same week a year ago",
        "same day last year", "the same day last year", "last year's same period", "ly", "py", "the year prior",
    };
    static const struct { const char *text; sem_grain grain; } previous[] = {
        {"the month before", SEM_MONTH}, {"month before", SEM_MONTH}, {"the quarter before", SEM_QUARTER}, {"quarter before", SEM_QUARTER},
        {"the week before", SEM_WEEK}, {"week before", SEM_WEEK}, {"the day before", SEM_DAY}, {"day before", SEM_DAY},
        {"the previous period", SEM_NO_GRAIN}, {"previous period", SEM_NO_GRAIN}, {"the period before", SEM_NO_GRAIN},
        {"the prior period", SEM_NO_GRAIN}, {"prior period", SEM_NO_GRAIN}, {"the preceding period", SEM_NO_GRAIN},
        {"the month earlier", SEM_MONTH}, {"the week earlier", SEM_WEEK}, {"the one before", SEM_NO_GRAIN},
    };
    time_phrase p = {.problem = ""};

    for (size_t k = 0; k < sizeof year_before / sizeof year_before[0]; k++) {
        const int n = words_match(r->t, i, year_before[k]);
        if (n > p.n_tokens)
            p = (time_phrase){.kind = TIME_YEAR_BEFORE, .n_tokens = n, .problem = ""};
    }
    for (size_t k = 0; k < sizeof previous / sizeof previous[0]; k++) {
        const int n = words_match(r->t, i, previous[k].text);
        if (n > p.n_tokens) {
            p = (time_phrase){.kind = TIME_PREVIOUS, .n_tokens = n, .problem = ""};
            if (previous[k].grain != SEM_NO_GRAIN)
                p.period = one_relative(r, n, previous[k].grain, 1).period;
        }
    }
    return p;
}

static time_phrase read_day_words(reader *r, int i)
{
    if (words_match(r->t, i, "day before yesterday"))
        return one_relative(r, 3, SEM_DAY, 2);
    if (is(r, i, "today|todays"))
        return one_relative(r, 1, SEM_DAY, 0);
    if (is(r, i, "yesterday|yesterdays"))
        return one_relative(r, 1, SEM_DAY, 1);
    return (time_phrase){0};
}

static time_phrase read_to_date(reader *r, int i)
{
    static const struct { const char *text; sem_grain grain; } forms[] = {
        {"ytd", SEM_YEAR_GRAIN}, {"year to date", SEM_YEAR_GRAIN}, {"so far this year", SEM_YEAR_GRAIN},
        {"this year so far", SEM_YEAR_GRAIN}, {"this year to date", SEM_YEAR_GRAIN}, {"the year so far", SEM_YEAR_GRAIN},
        {"the year to date", SEM_YEAR_GRAIN}, {"current year to date", SEM_YEAR_GRAIN},
        {"mtd", SEM_MONTH}, {"month to date", SEM_MONTH}, {"so far this month", SEM_MONTH}, {"this month so far", SEM_MONTH},
        {"the month so far", SEM_MONTH}, {"this month to date", SEM_MONTH}, {"the month to date", SEM_MONTH},
        {"qtd", SEM_QUARTER}, {"quarter to date", SEM_QUARTER}, {"so far this quarter", SEM_QUARTER},
        {"this quarter so far", SEM_QUARTER}, {"the quarter so far", SEM_QUARTER}, {"this quarter to date", SEM_QUARTER},
        {"wtd", SEM_WEEK}, {"week to date", SEM_WEEK}, {"so far this week", SEM_WEEK}, {"this week so far", SEM_WEEK},
        {"fytd", SEM_FISCAL_YEAR}, {"fiscal year to date", SEM_FISCAL_YEAR}, {"so far this fiscal year", SEM_FISCAL_YEAR},
        {"this fiscal year so far", SEM_FISCAL_YEAR}, {"this fiscal year to date", SEM_FISCAL_YEAR},
        {"this fiscal quarter so far", SEM_FISCAL_QUARTER}, {"fiscal quarter to date", SEM_FISCAL_QUARTER},
    };
    time_phrase best = {0};

    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        const int n = words_match(r->t, i, forms[k].text);
        if (n > best.n_tokens)
            best = one_relative(r, n, forms[k].grain, 0);
    }
    return best;
}

static time_phrase read_all(reader *r, int i)
{
    static const char *const forms[] = {"ever", "of all time", "all time", "all times", "so far", "to date", "until now", "up to now",
        "since the beginning", "since the start", "from the beginning", "in all years", "over all years", "across all years", "in all the data",
        "in the data", "over the whole period", "in total over all years", "since we began", "since we opened", "till now", "all years",
        "in the whole data", "in history", "historically", "over all the years", "to this day"};
    time_phrase best = {0};

    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        const int n = words_match(r->t, i, forms[k]);
        if (n > best.n_tokens)
            best = (time_phrase){.kind = TIME_ALL, .n_tokens = n, .problem = ""};
    }
    return best;
}

static time_phrase read_future(reader *r, int i)
{
    int n;

    if (is(r, i, "tomorrow"))
        return (time_phrase){.kind = TIME_FUTURE, .n_tokens = 1, .problem = ""};
    if (!is(r, i, "next|coming|upcoming|following"))
        return (time_phrase){0};
    if (count_at(r, i + 1) && unit_at(r, i + 2, &n) != SEM_NO_GRAIN)
        return (time_phrase){.kind = TIME_FUTURE, .n_tokens = 2 + n, .problem = ""};
    if (unit_at(r, i + 1, &n) != SEM_NO_GRAIN)
        return (time_phrase){.kind = TIME_FUTURE, .n_tokens = 1 + n, .problem = ""};
    return (time_phrase){0};
}

/* ---- named periods ---------------------------------------------------- */

static time_phrase read_year(reader *r, int i)
{
    const int start = i;
    int year;

    if (is(r, i, "the"))
        i++;
    if (is(r, i, "calendar|full|whole|entire"))
        i++;
    if (is(r, i, "year|cy"))
        i++;
    year = year_at(r, i);
    return year ? phrase(i + 1 - start, year_period(r, year)) : (time_phrase){0};
}

static time_phrase day_phrase(reader *r, int n_tokens, int year, int month, int day)
{
    time_phrase p;

    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
        p = phrase(n_tokens, day_period(r, 0));
        p.problem = arena_strf(r->arena, "there is no %d %s %d", day,
                               month >= 1 && month <= 12 ? month_titles[month - 1] : "of that month of", year);
        return p;
    }
    return phrase(n_tokens, day_period(r, sem_days(year, month, day)));
}

/* A day without a year: the latest that is not after today. */
static int latest_year_of_day(reader *r, int month, int day)
{
    return sem_days(r->now.year, month, day > 28 ? 28 : day) <= r->today ? r->now.year : r->now.year - 1;
}

/* "15 March 2025", "the 15th of March", "March 15, 2025". */
static time_phrase read_day(reader *r, int i)
{
    const int start = i;
    int n, day, month, year;

    if (is(r, i, "the"))
        i++;
    day = day_at(r, i);
    if (day && (month = month_at(r, i + 1)) != 0)
        i += 2;
    else if (day && is(r, i + 1, "of") && (month = month_at(r, i + 2)) != 0)
        i += 3;
    else if ((month = month_at(r, i)) != 0 && (day = day_at(r, i + 1)) != 0 && !is(r, i + 2, "stores|products|store|product"))
        i += 2;
    else if ((month = month_at(r, i)) != 0 && is(r, i + 1, "the") && (day = day_at(r, i + 2)) != 0)
        i += 3;
    else
        return (time_phrase){0};
    year = year_of(r, i, &n);
    if (!year)
        year = latest_year_of_day(r, month, day);
    return day_phrase(r, i + n - start, year, month, day);
}

static time_phrase read_month(reader *r, int i)
{
    const int start = i;
    int n, month, year;
    time_phrase p;
    bool last, this_one;

    if (is(r, i, "the"))
        i++;
    if (is(r, i, "month") && is(r, i + 1, "of"))
        i += 2;
    last = is(r, i, "last|past");
    this_one = is(r, i, "this");
    if (last || this_one)
        i++;
    month = month_at(r, i);
    if (!month)
        return (time_phrase){0};
    i++;
    year = year_of(r, i, &n);
    if (year)
        return phrase(i + n - start, month_period(r, year, month));
    p = (time_phrase){.kind = TIME_PERIOD, .n_tokens = i - start, .single = true, .month = month, .problem = ""};
    if (this_one)
        return phrase(i - start, month_period(r, r->now.year, month));
    p = assume_year(r, p);
    p.assumed_year = !last;
    return p;
}

/* "Q1", "first quarter", "quarter 1", "1st quarter": its number, or 0. */
static int quarter_at(reader *r, int i, int *n)
{
    const token *t = at(r, i);
    int skip = 0;

    if (!t)
        return *n = 0, 0;
    if ((t->fold[0] == 'q' && t->fold[1] >= '1' && t->fold[1] <= '4' && !t->fold[2]))
        return *n = 1, t->fold[1] - '0';
    if (t->fold[0] >= '1' && t->fold[0] <= '4' && t->fold[1] == 'q' && !t->fold[2])
        return *n = 1, t->fold[0] - '0';
    if (is(r, i, "the"))
        skip = 1;
    t = at(r, i + skip);
    if (t && t->is_ordinal && t->number >= 1 && t->number <= 4 && is(r, i + skip + 1, "quarter"))
        return *n = skip + 2, (int)t->number;
    if (t && word_in(t, "last|final") && is(r, i + skip + 1, "quarter") && is(r, i + skip + 2, "of"))
        return *n = skip + 2, 4;
    t = at(r, i + 1);
    if (is(r, i, "quarter") && t && t->is_number && !t->is_ordinal && t->number >= 1 && t->number <= 4)
        return *n = 2, (int)t->number;
    return *n = 0, 0;
}

static time_phrase read_quarter(reader *r, int i)
{
    int n, m, year, skip = 0;
    const int quarter = quarter_at(r, i, &n);
    const token *t = at(r, i);

    if (quarter) {
        if (is(r, i + n, "and|vs") ? 0 : (year = year_of(r, i + n, &m)) != 0)
            return phrase(n + m, quarter_period(r, year, quarter));
        return assume_year(r, (time_phrase){.kind = TIME_PERIOD, .n_tokens = n, .single = true, .quarter = quarter, .problem = ""});
    }
    year = year_at(r, i); /* 2025 Q1 */
    if (year && (m = quarter_at(r, i + 1, &n)) != 0)
        return phrase(1 + n, quarter_period(r, year, m));
    if (t && strlen(t->fold) == 6 && t->fold[4] == 'q' && isdigit((unsigned char)t->fold[0])) /* 2025q1 */
        skip = 4;
    else if (t && strlen(t->fold) == 7 && t->fold[4] == '-' && t->fold[5] == 'q') /* 2025-q1 */
        skip = 5;
    if (skip && t->fold[skip + 1] >= '1' && t->fold[skip + 1] <= '4')
        return phrase(1, quarter_period(r, atoi(t->fold), t->fold[skip + 1] - '0'));
    return (time_phrase){0};
}

static time_phrase read_half(reader *r, int i)
{
    const int start = i;
    const token *t = at(r, i);
    int n, year, half = 0;

    if (t && t->fold[0] == 'h' && (t->fold[1] == '1' || t->fold[1] == '2') && !t->fold[2])
        half = t->fold[1] - '0', i++;
    else {
        if (is(r, i, "the"))
            i++;
        t = at(r, i);
        if (t && ((t->is_ordinal && t->number <= 2) || is(r, i, "last")) && is(r, i + 1, "half"))
            half = is(r, i, "last") ? 2 : (int)t->number, i += 2;
        if (half && words_match(r->t, i, "of the year"))
            i += 3;
    }
    if (!half)
        return (time_phrase){0};
    year = year_of(r, i, &n);
    if (year)
        return phrase(i + n - start, half_period(r, year, half));
    return assume_year(r, (time_phrase){.kind = TIME_PERIOD, .n_tokens = i - start, .single = true, .half = half, .problem = ""});
}

/* "the first 3 months of 2025", "last two weeks of March 2025". */
static time_phrase read_part_of(reader *r, int i)
{
    const int start = i;
    int n, count;
    bool last;
    sem_grain grain;
    time_phrase whole;
    sem_period p;

    if (is(r, i, "the"))
        i++;
    last = is(r, i, "last|final");
    if (!last && !is(r, i, "first"))
        return (time_phrase){0};
    count = count_at(r, i + 1);
    i += count ? 2 : 1;
    grain = unit_at(r, i, &n);
    if (!n || !is(r, i + n, "of") || grain >= SEM_FISCAL_WEEK)
        return (time_phrase){0};
    whole = read_month(r, i + n + 1);
    if (!whole.n_tokens) whole = read_quarter(r, i + n + 1);
    if (!whole.n_tokens) {
        const int year = year_of(r, i + n + 1, &whole.n_tokens);
        whole.period = year ? year_period(r, year) : (sem_period){0};
    }
    if (!whole.n_tokens || grain == SEM_YEAR_GRAIN || grain >= whole.period.grain)
        return (time_phrase){0};
    count = count ? count : 1;
    if (grain == SEM_DAY || grain == SEM_WEEK) {
        const int days = count * (grain == SEM_WEEK ? 7 : 1);
        p = make("", SEM_DAY, days, last ? whole.period.to - days + 1 : whole.period.from, last ? whole.period.to : whole.period.from + days - 1);
    } else {
        const sem_date from = sem_date_of(whole.period.from), to = sem_date_of(whole.period.to);
        const int months = count * (grain == SEM_QUARTER ? 3 : 1), first = last ? to.year * 12 + to.month - months : from.year * 12 + from.month - 1;
        p = months_period("", grain, count, first / 12, first % 12 + 1, months);
    }
    p.label = arena_strf(r->arena, "%s to %s", day_label(r, p.from), day_label(r, p.to));
    return phrase(i + n + 1 + whole.n_tokens - start, p);
}

/* "week 12 of 2025", "ISO week 12 2025", "W12 2025", "2025-W12", "the week of 4 May". */
static time_phrase read_week(reader *r, int i)
{
    const int start = i;
    const token *t = at(r, i);
    int n, week = 0, year = 0;
    int32_t monday;
    time_phrase p;

    if (t && strlen(t->fold) >= 7 && t->fold[4] == '-' && t->fold[5] == 'w' && isdigit((unsigned char)t->fold[6])) {
        year = atoi(t->fold), week = atoi(t->fold + 6), i++;
    } else {
        if (is(r, i, "the"))
            i++;
        if (is(r, i, "iso|calendar"))
            i++;
        t = at(r, i);
        if (is(r, i, "week") && is(r, i + 1, "of|starting|beginning|from") ) {
            p = read_day(r, i + 2);
            if (!p.n_tokens || *p.problem)
                return (time_phrase){0};
            monday = week_start(p.period.from);
            return phrase(i + 2 - start + p.n_tokens, make(arena_strf(r->arena, "the week of %s", day_label(r, monday)), SEM_WEEK, 1, monday, monday + 6));
        }
        if (is(r, i, "week|wk|kw|cw") && at(r, i + 1) && at(r, i + 1)->is_integer && at(r, i + 1)->number <= 53)
            week = (int)at(r, i + 1)->number, i += 2;
        else if (t && t->fold[0] == 'w' && isdigit((unsigned char)t->fold[1]) && strlen(t->fold) <= 3)
            week = atoi(t->fold + 1), i++;
        if (!week)
            return (time_phrase){0};
        year = year_of(r, i, &n), i += n;
    }
    if (week < 1 || week > 53)
        return (time_phrase){0};
    p = phrase(i - start, (sem_period){0});
    if (!year) {
        p.assumed_year = true;
        year = iso_week_start(r->now.year, week) + 6 <= r->today ? r->now.year : r->now.year - 1;
    }
    monday = iso_week_start(year, week);
    p.period = make(arena_strf(r->arena, "ISO week %d of %d", week, year), SEM_WEEK, 1, monday, monday + 6);
    if (week == 53 && iso_week_start(year + 1, 1) == monday)
        p.problem = arena_strf(r->arena, "%d has no ISO week 53", year);
    return p;
}

/* 2025-03, 2025-03-15, 15/03/2025, 15.03.2025 */
static time_phrase read_iso(reader *r, int i)
{
    const token *t = at(r, i);
    int year, month, day, end = 0;
    const size_t n = t ? strlen(t->fold) : 0;

    if (n == 10 && sscanf(t->fold, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && end == 10)
        return day_phrase(r, 1, year, month, day);
    if (n == 7 && sscanf(t->fold, "%4d-%2d%n", &year, &month, &end) == 2 && end == 7 && month >= 1 && month <= 12)
        return phrase(1, month_period(r, year, month));
    if (n >= 8 && n <= 10 && sscanf(t->fold, "%2d.%2d.%4d%n", &day, &month, &year, &end) == 3 && (size_t)end == n && year >= 1990)
        return day_phrase(r, 1, year, month, day);
    if (day_at(r, i) && at(r, i + 1) && at(r, i + 1)->before == '/' && day_at(r, i + 1) && at(r, i + 2) &&
        at(r, i + 2)->before == '/' && year_at(r, i + 2))
        return day_phrase(r, 3, year_at(r, i + 2), (int)at(r, i + 1)->number, (int)t->number);
    if (day_at(r, i) && t->number <= 12 && at(r, i + 1) && at(r, i + 1)->before == '/' && year_at(r, i + 1))
        return phrase(2, month_period(r, year_at(r, i + 1), (int)t->number));
    return (time_phrase){0};
}

/* ---- fiscal ----------------------------------------------------------- */

/* "FY24", "FY 2024", "fiscal 2024", "fiscal year 2024", "2024 fiscal year". */
static int fiscal_year_at(reader *r, int i, int *n)
{
    const token *t = at(r, i);
    int skip = 0, year = 0;

    *n = 0;
    if (t && str_starts(t->fold, "fy") && isdigit((unsigned char)t->fold[2])) {
        year = atoi(t->fold + 2);
        *n = 1;
    } else {
        if (is(r, i, "the"))
            skip++;
        if (is(r, i + skip, "fy"))
            skip++;
        else if (is(r, i + skip, "fiscal|financial"))
            skip += is(r, i + skip + 1, "year") ? 2 : 1;
        else if (year_at(r, i) && is(r, i + 1, "fiscal|financial") && is(r, i + 2, "year"))
            return *n = 3, year_at(r, i);
        else
            return 0;
        t = at(r, i + skip);
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
    time_phrase p = phrase(n_tokens, sem_fiscal(r->layer, grain, year, number, r->arena));

    if (!p.period.set)
        p.problem = arena_strf(r->arena, "the fiscal calendar has no %s %d of FY%02d", unit_title(grain), number, year % 100);
    return p;
}

/* "Q2", "P3", "W12", "second quarter", "period 3" inside a fiscal phrase. */
static sem_grain fiscal_part_at(reader *r, int i, int *number, int *n)
{
    static const struct { char letter; const char *words; sem_grain grain; int most; } parts[] = {
        {'q', "quarter|quarters", SEM_FISCAL_QUARTER, 4}, {'p', "period|month", SEM_FISCAL_PERIOD, 12}, {'w', "week", SEM_FISCAL_WEEK, 53}};
    const int start = i;
    const token *t;

    if (is(r, i, "the"))
        i++;
    if (is(r, i, "fiscal|financial"))
        i++;
    t = at(r, i);
    for (size_t k = 0; t && k < sizeof parts / sizeof parts[0]; k++) {
        if (t->fold[0] == parts[k].letter && isdigit((unsigned char)t->fold[1]) && strlen(t->fold) <= 3) {
            *number = atoi(t->fold + 1), *n = i + 1 - start;
        } else if (word_in(t, parts[k].words) && at(r, i + 1) && at(r, i + 1)->is_integer) {
            *number = (int)at(r, i + 1)->number, *n = i + 2 - start;
        } else if (t->is_ordinal) {
            const int skip = is(r, i + 1, "fiscal|financial") ? 1 : 0;
            if (!is(r, i + 1 + skip, parts[k].words))
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
        if (is(r, k, "fiscal|financial|fy") || (at(r, k) && str_starts(at(r, k)->fold, "fy")))
            return true;
    return false;
}

static time_phrase read_fiscal(reader *r, int i)
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
    gap = is(r, i + n, "of|in") ? 1 : 0;
    year = fiscal_year_at(r, i + n + gap, &m);
    if (!year && says_fiscal(r, i, n)) {
        year = year_of(r, i + n, &m), gap = 0;
        if (!year && words_match(r->t, i + n, "of last fiscal year"))
            year = sem_date_of(fiscal_relative(r, SEM_FISCAL_YEAR, 1).from + 40).year, m = 4;
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
    case 0: return months_period(arena_strf(r->arena, "the Christmas season %d", year), SEM_MONTH, 2, year, 11, 2);
    case 1: return make(arena_strf(r->arena, "Good Friday to Easter Monday %d", year), SEM_DAY, 4, easter(year) - 2, easter(year) + 1);
    case 2: /* the Friday after the fourth Thursday of November */
        return day_period(r, november + (3 - (november + 3) % 7 + 7) % 7 + 22);
    case 3: return day_period(r, easter(year) - 2);
    case 4: return day_period(r, easter(year) + 1);
    case 5: return day_period(r, sem_days(year, 12, 25));
    case 6: return day_period(r, sem_days(year, 12, 26));
    case 7: return day_period(r, sem_days(year, 1, 1));
    case 8: return day_period(r, sem_days(year, 5, 1));
    case 9: return months_period(arena_strf(r->arena, "summer %d (June to August)", year), SEM_MONTH, 3, year, 6, 3);
    case 10: return months_period(arena_strf(r->arena, "spring %d (March to May)", year), SEM_MONTH, 3, year, 3, 3);
    case 11: return months_period(arena_strf(r->arena, "autumn %d (September to November)", year), SEM_MONTH, 3, year, 9, 3);
    case 12: return day_period(r, sem_days(year, 12, 24));
    case 13: return day_period(r, sem_days(year, 12, 31));
    case 14: return months_period(arena_strf(r->arena, "winter %d/%02d (December to February)", year, (year + 1) % 100), SEM_MONTH, 3, year, 12, 3);
    default: return (sem_period){0};
    }
}

static time_phrase read_feast(reader *r, int i)
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

    if (is(r, i, "the"))
        i++;
    last = is(r, i, "last|latest|previous|past");
    if (last || is(r, i, "this"))
        i++;
    year = year_at(r, i); /* "2024 Christmas season" */
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
        year = year_of(r, i, &n);
    p = phrase(i + n - start, (sem_period){0});
    if (!year) {
        p.assumed_year = !last;
        year = r->now.year;
        for (int back = 0; back < 2 && feast_period(r, kind, year).to > r->today; back++)
            year--;
    }
    p.period = feast_period(r, kind, year);
    return p;
}

/* ---- putting together ------------------------------------------------- */

static time_phrase core_at(reader *r, int i)
{
    static time_phrase (*const cores[])(reader *, int) = {
        read_future, read_to_date, read_before, read_last, read_ago, read_day_words, read_fiscal, read_iso,
        read_day, read_month, read_quarter, read_half, read_part_of, read_week, read_feast, read_year, read_all,
    };
    time_phrase best = {0};

    for (size_t k = 0; k < sizeof cores / sizeof cores[0]; k++) {
        time_phrase p = cores[k](r, i);
        if (p.n_tokens > best.n_tokens)
            best = p;
    }
    return best;
}

static time_phrase join(reader *r, time_phrase a, time_phrase b, int n_tokens)
{
    time_phrase p = a;
    const bool same = a.period.grain == b.period.grain && a.single && b.single;

    if (a.assumed_year && !b.assumed_year)
        p = a = time_phrase_in_year(r->layer, &a, sem_date_of(b.period.from).year, r->arena);
    else if (a.assumed_year && b.assumed_year && b.period.to < a.period.from)
        p = a = time_phrase_in_year(r->layer, &a, sem_date_of(a.period.from).year - 1, r->arena);
    else if (b.assumed_year && b.period.from < a.period.from)
        b = time_phrase_in_year(r->layer, &b, sem_date_of(a.period.to).year, r->arena);
    p.n_tokens = n_tokens;
    p.assumed_year = a.assumed_year && b.assumed_year;
    p.single = false;
    p.month = p.quarter = p.half = 0;
    p.period.to = b.period.to;
    if (*b.problem)
        p.problem = b.problem;
    if (p.period.to < p.period.from && !*p.problem)
        p.problem = arena_strf(r->arena, "%s comes after %s", a.period.label, b.period.label);
    if (same && a.period.grain == SEM_MONTH) {
        const sem_date f = sem_date_of(a.period.from), to = sem_date_of(b.period.from);
        p.period.n = (to.year - f.year) * 12 + to.month - f.month + 1;
    } else if (same && (a.period.grain == SEM_YEAR_GRAIN || a.period.grain == SEM_QUARTER)) {
        const sem_date f = sem_date_of(a.period.from), to = sem_date_of(b.period.to);
        const int months = (to.year - f.year) * 12 + to.month - f.month + 1;
        p.period.n = a.period.grain == SEM_QUARTER ? months / 3 : months / 12;
    } else {
        p.period.grain = SEM_DAY;
        p.period.n = p.period.to - p.period.from + 1;
    }
    p.period.label = arena_strf(r->arena, "%s to %s", a.period.label, b.period.label);
    return p;
}

/* "1-15 March 2025", "1 to 15 March", "March 1 to 15": days of one month. */
static time_phrase read_days_of_month(reader *r, int i)
{
    const int first = day_at(r, i);
    time_phrase b, a;

    if (!first || !is(r, i + 1, "to|until|through|and|till"))
        return (time_phrase){0};
    b = read_day(r, i + 2);
    if (!b.n_tokens || *b.problem)
        return (time_phrase){0};
    a = day_phrase(r, 1, sem_date_of(b.period.from).year, sem_date_of(b.period.from).month, first);
    return *a.problem ? (time_phrase){0} : join(r, a, b, 2 + b.n_tokens);
}

static bool is_period(const time_phrase *p) { return p->n_tokens && p->kind == TIME_PERIOD; }

/* "the change from 2023 to 2024", "the difference between May and June": two
 * periods, not the time between them; but not along a row ("by month"). */
static bool two_sides(reader *r, int i, const time_phrase *a, const time_phrase *b)
{
    bool change = false;

    if (!a->single || !b->single || a->period.grain != b->period.grain)
        return false;
    for (int k = 0; k < r->t->n; k++) {
        if (is(r, k, "monthly|weekly|daily|quarterly|trend|develop|developed|development|evolve|evolved|cagr|running|cumulative") ||
            (is(r, k, "by|per|each|every|over") && is(r, k + 1, "month|week|day|quarter|time|year|weekday")))
            return false;
        change = change || (k != i && is(r, k, "difference|differ|differed|compare|compared|comparison|change|changed|changes|grow|grew|growth|grown|rise|rose|risen|"
            "fall|fell|fallen|increase|increased|decrease|decreased|decline|declined|drop|dropped|improve|improved|shrink|shrank|gain|gained|lost|lose|why|jump|jumped"));
    }
    return change;
}

static time_phrase range_at(reader *r, int i)
{
    const bool from = is(r, i, "from"), between = is(r, i, "between");
    const int start = i;
    time_phrase a, b, c;
    int joint;

    if (from || between)
        i++;
    a = read_days_of_month(r, i);
    if (a.n_tokens)
        return a.n_tokens += i - start, a;
    a = core_at(r, i);
    if (!is_period(&a) && !(a.kind == TIME_PREVIOUS && a.period.set))
        return from || between ? (time_phrase){0} : a;
    joint = i + a.n_tokens;
    if (is(r, joint, "up") && is(r, joint + 1, "to|until"))
        joint++;
    if ((is(r, joint, "to|until|till|through|thru|up") && !is(r, joint, "up")) || (between && is(r, joint, "and")) ||
        (at(r, joint) && at(r, joint)->glued && a.single)) {
        const int skip = at(r, joint)->glued && !is(r, joint, "to|until|till|through|thru|and") ? 0 : 1;
        b = core_at(r, joint + skip);
        if (is_period(&b) && b.single && two_sides(r, i, &a, &b))
            return from || between ? (time_phrase){0} : a;
        if (is_period(&b) && b.single) {
            c = join(r, a, b, joint + skip + b.n_tokens - start);
            return c;
        }
        if (skip && is(r, joint + 1, "now|today|date|present")) {
            b = one_relative(r, 1, SEM_DAY, 0);
            c = join(r, a, b, joint + 2 - start);
            c.open_end = true;
            return c;
        }
    }
    if (between)
        return (time_phrase){0};
    if (from) { /* "from 2023 on": open */
        const int on = is(r, joint, "on|onwards|onward") ? 1 : words_match(r->t, joint, "and later") ? 2 : 0;
        a.n_tokens += i - start + on;
        if (on) {
            b = one_relative(r, 1, SEM_DAY, 0);
            c = join(r, a, b, a.n_tokens);
            c.open_end = true;
            return c;
        }
    }
    return a;
}

/* "the end of March 2025" is March 2025 for what is known at its last day;
 * "the start of 2025" is its first day. */
static time_phrase end_of(reader *r, int i)
{
    const int skip = is(r, i, "the") ? 1 : 0;
    const bool end = is(r, i + skip, "end|close"), start = is(r, i + skip, "start|beginning");
    time_phrase p;

    if ((!end && !start) || !is(r, i + skip + 1, "of"))
        return (time_phrase){0};
    p = core_at(r, i + skip + 2);
    if (!is_period(&p))
        return (time_phrase){0};
    p.n_tokens += skip + 2;
    if (start) {
        p.period = day_period(r, p.period.from);
        p.month = p.quarter = p.half = 0;
    }
    return p;
}

time_phrase time_phrase_at(const sem_layer *l, const tokens *t, int i, arena *a)
{
    reader r = {.layer = l, .t = t, .arena = a, .today = sem_today(l)};
    time_phrase p, today;
    const int start = i;
    int skip = 0;
    bool since, after, before, until;

    r.now = sem_date_of(r.today);
    p = end_of(&r, i);
    if (!p.n_tokens)
        p = range_at(&r, i);
    since = is(&r, i, "since");
    after = is(&r, i, "after") || words_match(t, i, "later than");
    before = is(&r, i, "before") || words_match(t, i, "prior to") || words_match(t, i, "earlier than");
    until = is(&r, i, "until|till") || words_match(t, i, "up to") || words_match(t, i, "up until");
    if (p.n_tokens || (!since && !after && !before && !until))
        return p;
    skip = words_match(t, i, "later than") || words_match(t, i, "prior to") || words_match(t, i, "earlier than") ||
           words_match(t, i, "up to") || words_match(t, i, "up until") ? 2 : 1;
    if (is(&r, i + skip, "the") && is(&r, i + skip + 1, "end|start|beginning") && is(&r, i + skip + 2, "of"))
        skip += 3;
    p = core_at(&r, i + skip);
    if (!is_period(&p))
        return (time_phrase){0};
    today = one_relative(&r, 1, SEM_DAY, 0);
    p.n_tokens += i + skip - start;
    p.single = false, p.month = p.quarter = p.half = 0;
    if (since || after) {
        p.period.label = arena_strf(a, "%s %s", since ? "since" : "after", p.period.label);
        p.period.from = since ? p.period.from : p.period.to + 1;
        p.period.to = today.period.to;
        p.open_end = true;
    } else {
        p.period.label = arena_strf(a, "%s %s", before ? "before" : "until", p.period.label);
        p.period.to = before ? p.period.from - 1 : p.period.to;
        p.period.from = sem_data_from(l) <= p.period.to ? sem_data_from(l) : p.period.to;
        p.open_start = true;
    }
    p.period.grain = SEM_DAY;
    p.period.n = p.period.to - p.period.from + 1;
    return p;
}

/* ---- units to group by ------------------------------------------------ */

int time_grain_at(const tokens *t, int i, sem_grain *grain, bool *adverb)
{
    static const struct { const char *text; sem_grain grain; bool adverb; } units[] = {
        {"day", SEM_DAY, false}, {"daily", SEM_DAY, true}, {"day by day", SEM_DAY, true}, {"date", SEM_DAY, false}, {"calendar day", SEM_DAY, false},
        {"week", SEM_WEEK, false}, {"weekly", SEM_WEEK, true}, {"week by week", SEM_WEEK, true}, {"iso week", SEM_WEEK, false}, {"calendar week", SEM_WEEK, false},
        {"month", SEM_MONTH, false}, {"monthly", SEM_MONTH, true}, {"month by month", SEM_MONTH, true}, {"calendar month", SEM_MONTH, false},
        {"quarter", SEM_QUARTER, false}, {"quarterly", SEM_QUARTER, true}, {"quarter by quarter", SEM_QUARTER, true}, {"calendar quarter", SEM_QUARTER, false},
        {"year", SEM_YEAR_GRAIN, false}, {"yearly", SEM_YEAR_GRAIN, true}, {"annual", SEM_YEAR_GRAIN, true}, {"annually", SEM_YEAR_GRAIN, true},
        {"year by year", SEM_YEAR_GRAIN, true}, {"calendar year", SEM_YEAR_GRAIN, false},
        {"fiscal week", SEM_FISCAL_WEEK, false}, {"fiscal period", SEM_FISCAL_PERIOD, false}, {"fiscal month", SEM_FISCAL_PERIOD, false},
        {"fiscal quarter", SEM_FISCAL_QUARTER, false}, {"fiscal year", SEM_FISCAL_YEAR, false}, {"financial year", SEM_FISCAL_YEAR, false},
        {"financial quarter", SEM_FISCAL_QUARTER, false}, {"period", SEM_FISCAL_PERIOD, false}, {"fy", SEM_FISCAL_YEAR, false},
        {"weekday", SEM_WEEKDAY, false}, {"day of week", SEM_WEEKDAY, false}, {"day of the week", SEM_WEEKDAY, false}, {"week day", SEM_WEEKDAY, false},
        {"hour", SEM_HOUR, false}, {"hourly", SEM_HOUR, true}, {"hour of day", SEM_HOUR, false}, {"hour of the day", SEM_HOUR, false},
        {"time of day", SEM_HOUR, false}, {"time of the day", SEM_HOUR, false},
        {"month of the year", SEM_MONTH_OF_YEAR, false}, {"month of year", SEM_MONTH_OF_YEAR, false}, {"calendar months of the year", SEM_MONTH_OF_YEAR, false},
    };
    int best = 0;

    *grain = SEM_NO_GRAIN, *adverb = false;
    for (size_t k = 0; k < sizeof units / sizeof units[0]; k++) {
        const int n = words_match(t, i, units[k].text);
        if (n > best)
            best = n, *grain = units[k].grain, *adverb = units[k].adverb;
    }
    return best;
}
