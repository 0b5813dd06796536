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

#include "agent/time_impl.h"
#include "base/str.h"

/* ---- relative periods ------------------------------------------------- */

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

static time_phrase one_relative(reader *r, int n_tokens, sem_grain grain, int back)
{
    sem_period p = relative(r, grain, back, 1, "");

    if (!p.set)
        return (time_phrase){0};
    p.label = relative_label(r, grain, &p);
    return time_named(n_tokens, p);
}

/* "last year", "this month", "the past 12 months", "previous quarter". */
static time_phrase read_last(reader *r, int i)
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
        p = one_relative(r, i - start, grain, back);
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
static time_phrase read_ago(reader *r, int i)
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
    for (int skip = 0; skip < 2; skip++)
        if ((!skip || time_is(r, i, "the")) && (words_match(r->t, i + skip, "last day of the data") || words_match(r->t, i + skip, "last day in the data")))
            return one_relative(r, skip + 5, SEM_DAY, 0);
    if (words_match(r->t, i, "day before yesterday"))
        return one_relative(r, 3, SEM_DAY, 2);
    if (time_is(r, i, "today|todays"))
        return one_relative(r, 1, SEM_DAY, 0);
    if (time_is(r, i, "yesterday|yesterdays"))
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
        if (n > best.n_tokens && !time_is(r, i + n, "of")) /* "since the start of 2024" is no such form */
            best = (time_phrase){.kind = TIME_ALL, .n_tokens = n, .problem = ""};
    }
    return best;
}

/* "at the latest stock count": what stock is without a period. */
static time_phrase read_count(reader *r, int i)
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

static time_phrase read_future(reader *r, int i)
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

/* ---- putting together ------------------------------------------------- */

static time_phrase core_at(reader *r, int i)
{
    static time_phrase (*const cores[])(reader *, int) = {
        read_future, read_to_date, read_before, read_last, read_ago, read_day_words, time_read_fiscal, time_read_iso,
        time_read_day, time_read_month, time_read_quarter, time_read_half, time_read_part_of, time_read_week, time_read_feast, time_read_year, read_all, read_count,
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
    const int first = time_day_at(r, i);
    time_phrase b, a;

    if (!first || !time_is(r, i + 1, "to|until|through|and|till"))
        return (time_phrase){0};
    b = time_read_day(r, i + 2);
    if (!b.n_tokens || *b.problem)
        return (time_phrase){0};
    a = time_day_phrase(r, 1, sem_date_of(b.period.from).year, sem_date_of(b.period.from).month, first);
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
        if (time_is(r, k, "monthly|weekly|daily|quarterly|trend|develop|developed|development|evolve|evolved|cagr|running|cumulative") ||
            (time_is(r, k, "by|per|each|every|over") && time_is(r, k + 1, "month|week|day|quarter|time|year|weekday")))
            return false;
        change = change || (k != i && time_is(r, k, "difference|differ|differed|compare|compared|comparison|change|changed|changes|grow|grew|growth|grown|rise|rose|risen|"
            "fall|fell|fallen|increase|increased|decrease|decreased|decline|declined|drop|dropped|improve|improved|shrink|shrank|gain|gained|lost|lose|why|jump|jumped"));
    }
    return change;
}

static time_phrase range_at(reader *r, int i)
{
    const bool from = time_is(r, i, "from"), between = time_is(r, i, "between");
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
    if (time_is(r, joint, "up") && time_is(r, joint + 1, "to|until"))
        joint++;
    if ((time_is(r, joint, "to|until|till|through|thru|up") && !time_is(r, joint, "up")) || (between && time_is(r, joint, "and")) ||
        (time_at(r, joint) && time_at(r, joint)->glued && a.single)) {
        const int skip = time_at(r, joint)->glued && !time_is(r, joint, "to|until|till|through|thru|and") ? 0 : 1;
        b = core_at(r, joint + skip);
        if (is_period(&b) && b.single && two_sides(r, i, &a, &b))
            return from || between ? (time_phrase){0} : a;
        if (is_period(&b) && b.single) {
            c = join(r, a, b, joint + skip + b.n_tokens - start);
            return c;
        }
        if (skip && time_is(r, joint + 1, "now|today|date|present")) {
            b = one_relative(r, 1, SEM_DAY, 0);
            c = join(r, a, b, joint + 2 - start);
            c.open_end = true;
            return c;
        }
    }
    if (between)
        return (time_phrase){0};
    if (from) { /* "from 2023 on": open */
        const int on = time_is(r, joint, "on|onwards|onward") ? 1 : words_match(r->t, joint, "and later") ? 2 : 0;
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
    const int skip = time_is(r, i, "the") ? 1 : 0;
    const bool end = time_is(r, i + skip, "end|close"), start = time_is(r, i + skip, "start|beginning");
    time_phrase p;

    if ((!end && !start) || !time_is(r, i + skip + 1, "of"))
        return (time_phrase){0};
    p = core_at(r, i + skip + 2);
    if (!is_period(&p))
        return (time_phrase){0};
    p.n_tokens += skip + 2;
    if (start) {
        p.period = time_day_period(r, p.period.from);
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
    if (p.kind == TIME_ALL && p.n_tokens && time_is(&r, i + p.n_tokens, "of")) /* "since the beginning of 2022" */
        p = (time_phrase){0};
    since = time_is(&r, i, "since") ||
            (time_is(&r, i, "from") && time_is(&r, i + 1, "the") && time_is(&r, i + 2, "start|beginning") && time_is(&r, i + 3, "of"));
    after = time_is(&r, i, "after") || words_match(t, i, "later than");
    before = time_is(&r, i, "before") || words_match(t, i, "prior to") || words_match(t, i, "earlier than");
    until = time_is(&r, i, "until|till") || words_match(t, i, "up to") || words_match(t, i, "up until");
    if (p.n_tokens || (!since && !after && !before && !until))
        return p;
    skip = words_match(t, i, "later than") || words_match(t, i, "prior to") || words_match(t, i, "earlier than") ||
           words_match(t, i, "up to") || words_match(t, i, "up until") ? 2 : 1;
    if (time_is(&r, i + skip, "the") && time_is(&r, i + skip + 1, "end|start|beginning") && time_is(&r, i + skip + 2, "of")) {
        after = after || (since && time_is(&r, i + skip + 1, "end"));
        since = since && !after;
        skip += 3;
    }
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
        {"month", SEM_MONTH, false}, {"monthly", SEM_MONTH, true}, {"month by month", SEM_MONTH, true}, {"month end", SEM_MONTH, true}, {"calendar month", SEM_MONTH, false},
        {"quarter", SEM_QUARTER, false}, {"quarterly", SEM_QUARTER, true}, {"quarter by quarter", SEM_QUARTER, true}, {"calendar quarter", SEM_QUARTER, false},
        {"year", SEM_YEAR_GRAIN, false}, {"yearly", SEM_YEAR_GRAIN, true}, {"annual", SEM_YEAR_GRAIN, true}, {"annually", SEM_YEAR_GRAIN, true},
        {"year by year", SEM_YEAR_GRAIN, true}, {"calendar year", SEM_YEAR_GRAIN, false}, {"year end", SEM_YEAR_GRAIN, false},
        {"month end", SEM_MONTH, false}, {"quarter end", SEM_QUARTER, false},
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
