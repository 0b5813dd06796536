/* time_phrases.c - see time_phrases.h.
 *
 * A small recursive reader: `core_at` reads one named period, `time_phrase_at`
 * what can stand around it (since, until, from-to). Every form is one short
 * function in `cores`; the longest reading wins. */
#include "agent/time_phrases.h"


#include "agent/time_impl.h"
#include "base/str.h"

/* ---- putting together ------------------------------------------------- */

static time_phrase core_at(reader *r, int i)
{
    static time_phrase (*const cores[])(reader *, int) = {
        time_read_future, time_read_to_date, time_read_before, time_read_last, time_read_ago, time_read_day_words, time_read_fiscal, time_read_iso,
        time_read_day, time_read_month, time_read_quarter, time_read_half, time_read_part_of, time_read_week, time_read_feast, time_read_year, time_read_all, time_read_count,
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
            b = time_one_relative(r, 1, SEM_DAY, 0);
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
            b = time_one_relative(r, 1, SEM_DAY, 0);
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
    today = time_one_relative(&r, 1, SEM_DAY, 0);
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
