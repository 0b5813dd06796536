/* time_relative.c - periods said from today: "last 3 months", "two years ago",
 * "year to date", "all time". */
#include <string.h>

#include "agent/time_impl.h"
#include "base/str.h"

sem_period time_fiscal_relative(reader *r, sem_grain grain, int steps_back)
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
        return time_make(label, grain, n, r->today - back, r->today - back + n - 1);
    case SEM_WEEK:
        first = time_week_start(r->today) - 7 * back;
        return time_make(label, grain, n, first, first + 7 * n - 1);
    case SEM_MONTH:
        first = months - back;
        return time_months_period(label, grain, n, first / 12, first % 12 + 1, n);
    case SEM_QUARTER:
        first = (months / 3 - back) * 3;
        return time_months_period(label, grain, n, first / 12, first % 12 + 1, 3 * n);
    case SEM_YEAR_GRAIN:
        return time_months_period(label, grain, n, r->now.year - back, 1, 12 * n);
    default:
        p = time_fiscal_relative(r, grain, back);
        last = time_fiscal_relative(r, grain, back - n + 1);
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
    case SEM_DAY: return time_day_label(r, p->from);
    case SEM_WEEK: return arena_strf(r->arena, "the week of %s", time_day_label(r, p->from));
    case SEM_MONTH: return arena_strf(r->arena, "%s %d", month_titles[d.month - 1], d.year);
    case SEM_QUARTER: return arena_strf(r->arena, "Q%d %d", (d.month + 2) / 3, d.year);
    case SEM_YEAR_GRAIN: return arena_strf(r->arena, "%d", d.year);
    default: return p->label;
    }
}

time_phrase time_one_relative(reader *r, int n_tokens, sem_grain grain, int back)
{
    sem_period p = relative(r, grain, back, 1, "");

    if (!p.set)
        return (time_phrase){0};
    p.label = relative_label(r, grain, &p);
    return time_named(n_tokens, p);
}

/* "last year", "this month", "the past 12 months", "previous quarter". */
time_phrase time_read_last(reader *r, int i)
{
    const int start = i;
    int n, count, back;
    bool this_one, plain_last;
    sem_grain grain;
    time_phrase p;

    if (time_is(r, i, "the"))
        i++;
    this_one = time_is(r, i, "this|current|present");
    plain_last = time_is(r, i, "last|past|latest|recent");
    if (!this_one && !plain_last && !time_is(r, i, "previous|prior|preceding|trailing|rolling"))
        return (time_phrase){0};
    i++;
    if (time_is(r, i, "most|full|complete|completed|whole") && !time_is(r, i + 1, "day|week|month|quarter|year"))
        i++;
    count = this_one ? 0 : time_count_at(r, i);
    if (count)
        i++;
    grain = time_unit_at(r, i, &n);
    if (!n)
        return (time_phrase){0};
    i += n;
    if (!count) {
        back = this_one ? 0 : 1;
        if (back && time_at(r, i - 1) && strcmp(time_at(r, i - 1)->fold, time_at(r, i - 1)->stem) && str_ends(time_at(r, i - 1)->fold, "s") )
            return (time_phrase){0}; /* "last months": how many? */
        p = time_one_relative(r, i - start, grain, back);
        if (!this_one && !plain_last && p.n_tokens)
            p.kind = TIME_PREVIOUS;
        return p;
    }
    back = grain == SEM_DAY ? count - 1 : count;
    p = time_named(i - start, relative(r, grain, back, count, count == 1 ? arena_strf(r->arena, "the last %s", time_unit_title(grain)) :
               arena_strf(r->arena, "the last %d %ss", count, time_unit_title(grain))));
    if (!p.period.set)
        return (time_phrase){0};
    if (count == 1)
        p.period.label = relative_label(r, grain, &p.period);
    p.single = false;
    return p;
}

/* "3 months ago", "a year ago", "two weeks earlier". */
time_phrase time_read_ago(reader *r, int i)
{
    const int count = time_count_at(r, i);
    int n;
    const sem_grain grain = count ? time_unit_at(r, i + 1, &n) : SEM_NO_GRAIN;
    time_phrase p;

    if (grain == SEM_NO_GRAIN || !time_is(r, i + 1 + n, "ago|earlier|before|previously|prior"))
        return (time_phrase){0};
    if (grain == SEM_YEAR_GRAIN && count == 1)
        return (time_phrase){.kind = TIME_YEAR_BEFORE, .n_tokens = 2 + n, .problem = ""};
    if (!time_is(r, i + 1 + n, "ago"))
        return (time_phrase){0};
    p = time_one_relative(r, 2 + n, grain, count);
    return p;
}

time_phrase time_read_before(reader *r, int i)
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
                p.period = time_one_relative(r, n, previous[k].grain, 1).period;
        }
    }
    return p;
}

time_phrase time_read_day_words(reader *r, int i)
{
    for (int skip = 0; skip < 2; skip++)
        if ((!skip || time_is(r, i, "the")) && (words_match(r->t, i + skip, "last day of the data") || words_match(r->t, i + skip, "last day in the data")))
            return time_one_relative(r, skip + 5, SEM_DAY, 0);
    if (words_match(r->t, i, "day before yesterday"))
        return time_one_relative(r, 3, SEM_DAY, 2);
    if (time_is(r, i, "today|todays"))
        return time_one_relative(r, 1, SEM_DAY, 0);
    if (time_is(r, i, "yesterday|yesterdays"))
        return time_one_relative(r, 1, SEM_DAY, 1);
    return (time_phrase){0};
}

time_phrase time_read_to_date(reader *r, int i)
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
            best = time_one_relative(r, n, forms[k].grain, 0);
    }
    return best;
}

time_phrase time_read_all(reader *r, int i)
{
    static const char *const forms[] = {"ever", "of all time", "all time", "all times", "so far", "to date", "until now", "up to now",
        "since the beginning", "since the start", "from the beginning", "in all years", "over all years", "across all years", "in all the data",
        "in the data", "over the whole period", "in total over all years", "since we began", "since we opened", "till now", "all years",
        "in the whole data", "in history", "historically", "over all the years", "to this day"};
    time_phrase best = {0};

    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        const int n = words_match(r->t, i, forms[k]);
        if (n > best.n_tokens && !time_is(r, i + n, "of")) /* "since the start of 2024" is no such form */
            best = (time_phrase){.kind = TIME_ALL, .n_tokens = n, .problem = ""};
    }
    return best;
}

/* "at the latest stock count": what stock is without a period. */
time_phrase time_read_count(reader *r, int i)
{
    const int the = time_is(r, i, "the") ? 1 : 0;
    int n = the;

    if (!time_is(r, i + n, "latest|last|newest|current") && !words_match(r->t, i + n, "most recent"))
        return (time_phrase){0};
    n += time_is(r, i + n, "most") ? 2 : 1;
    if (time_is(r, i + n, "stock|inventory") && time_is(r, i + n + 1, "count|snapshot|take|taking|check"))
        n += 2;
    else if (time_is(r, i + n, "snapshot|stocktake|stocktaking|count"))
        n++;
    else
        return (time_phrase){0};
    return (time_phrase){.kind = TIME_ALL, .n_tokens = n, .problem = ""};
}

time_phrase time_read_future(reader *r, int i)
{
    int n;

    if (time_is(r, i, "tomorrow"))
        return (time_phrase){.kind = TIME_FUTURE, .n_tokens = 1, .problem = ""};
    if (!time_is(r, i, "next|coming|upcoming|following"))
        return (time_phrase){0};
    if (time_count_at(r, i + 1) && time_unit_at(r, i + 2, &n) != SEM_NO_GRAIN)
        return (time_phrase){.kind = TIME_FUTURE, .n_tokens = 2 + n, .problem = ""};
    if (time_unit_at(r, i + 1, &n) != SEM_NO_GRAIN)
        return (time_phrase){.kind = TIME_FUTURE, .n_tokens = 1 + n, .problem = ""};
    return (time_phrase){0};
}
