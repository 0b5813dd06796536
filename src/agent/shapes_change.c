/* shapes_change.c - the two periods of a change: which is compared with which,
 * for growth, for "why did it fall" and for periods side by side. */
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

/* ---- periods of a change ---------------------------------------------- */

static sem_period whole_year(reading_state *s, int year)
{
    return (sem_period){.set = true, .from = sem_days(year, 1, 1), .to = sem_days(year, 12, 31), .grain = SEM_YEAR_GRAIN, .n = 1,
                        .label = arena_strf(s->arena, "%d", year)};
}

/* The day n months before: the last of a month stays the last. */
static int32_t months_before(int32_t day, int n)
{
    const sem_date d = sem_date_of(day), next = sem_date_of(day + 1);
    const int first = d.year * 12 + d.month - 1 - n;
    const int32_t from = sem_days(first / 12, first % 12 + 1, 1), to = sem_days((first + 1) / 12, (first + 1) % 12 + 1, 1) - 1;

    return next.day == 1 || from + d.day - 1 > to ? to : from + d.day - 1;
}

/* "month on month by month": the whole row against the row one step earlier. */
static void row_against_before(reading_state *s)
{
    sem_query *q = s->q;
    const sem_grain grain = q->groups[time_group(q)].grain;
    const int months = grain == SEM_MONTH ? 1 : grain == SEM_QUARTER ? 3 : grain == SEM_YEAR_GRAIN ? 12 : 0;
    const int days = grain == SEM_WEEK ? 7 : grain == SEM_DAY ? 1 : 0;

    if (!q->period.set)
        q->period = (sem_period){.set = true, .from = sem_data_from(s->layer), .to = sem_today(s->layer), .label = "all the data"};
    if (q->base.set || (!months && !days) || (months && sem_date_of(q->period.from).day != 1)) {
        why_not(s, "change from one period to the next along a row of periods");
        return;
    }
    if (q->period.to > sem_today(s->layer))
        q->period.to = sem_today(s->layer);
    q->period.grain = months ? SEM_MONTH : SEM_DAY;
    q->base = q->period;
    q->base.from = months ? months_before(q->period.from, months) : q->period.from - days;
    q->base.to = months ? months_before(q->period.to, months) : q->period.to - days;
    q->base.label = arena_strf(s->arena, "the %s before each", months == 1 ? "month" : months == 3 ? "quarter" : months ? "year" : days == 7 ? "week" : "day");
}

/* "month-on-month growth in 2025": a row of months, where the period is longer. */
static sem_grain step_grain(const reading_state *s)
{
    const int days = s->q->period.to - s->q->period.from + 1;

    for (int i = 0; i < s->n; i++) {
        if (!item_is(&s->items[i], C_STEP_ON_STEP))
            continue;
        if (item_token_in(s, i, "month|mom|m")) return days > 31 ? SEM_MONTH : SEM_NO_GRAIN;
        if (item_token_in(s, i, "quarter|qoq|q")) return days > 92 ? SEM_QUARTER : SEM_NO_GRAIN;
        if (item_token_in(s, i, "week|wow|w")) return days > 7 ? SEM_WEEK : SEM_NO_GRAIN;
        if (item_token_in(s, i, "day")) return days > 1 ? SEM_DAY : SEM_NO_GRAIN;
    }
    return SEM_NO_GRAIN;
}

/* Two periods named: which is now and which the base. */
static void change_periods(reading_state *s)
{
    sem_query *q = s->q;

    if (q->n_periods == 2) {
        const bool first_now = says(s, C_THAN) ? true : q->periods[0].from > q->periods[1].from;
        q->period = q->periods[first_now ? 0 : 1];
        q->base = q->periods[first_now ? 1 : 0];
        q->n_periods = 0;
    } else if (q->n_periods > 2) {
        why_not(s, "a change between more than two periods");
    } else if (!q->period.set && time_group(q) < 0) {
        const int year = sem_date_of(sem_today(s->layer)).year;
        bool present = false;
        for (int i = 0; i < s->n; i++)
            present = present || item_token_in(s, i, "growing|increasing|declining|falling|rising|shrinking|losing|gaining|dropping|improving");
        q->period = whole_year(s, present ? year : year - 1);
        understood_note(s, arena_strf(s->arena, "no period was named: taken as %s", present ? "this year so far" : q->period.label));
        s->u->assumed = true;
    }
    if (s->step_on_step && says(s, C_YEAR_ON_YEAR))
        why_not(s, "two changes side by side");
    if (s->step_on_step && q->period.set && !q->base.set && time_group(q) < 0 && step_grain(s) != SEM_NO_GRAIN)
        group_by_time(s, step_grain(s));
    if (s->step_on_step && q->period.set && !q->base.set && time_group(q) < 0)
        q->base = sem_previous(s->layer, &q->period, s->arena);
    else if (s->step_on_step && time_group(q) >= 0)
        row_against_before(s);
    else if (q->base.set && q->base.from == q->period.from && q->base.to == q->period.to)
        why_not(s, "a change of a period against itself");
}

static sem_change change_kind(reading_state *s)
{
    const bool absolute = says(s, C_ABSOLUTE), percent = says(s, C_IN_PERCENT);

    if (absolute && percent)
        return SEM_CHANGE_BOTH;
    return absolute && !percent ? SEM_CHANGE_ABSOLUTE : SEM_CHANGE_PERCENT;
}

/* ---- shapes ----------------------------------------------------------- */

void shape_why(reading_state *s)
{
    static const char *const order[] = {"region", "category", "store", "channel"};
    sem_query *q = s->q;

    q->shape = SEM_WHY;
    need_metric(s, true);
    change_periods(s);
    if (!q->base.set && s->step_on_step && q->period.set)
        q->base = sem_previous(s->layer, &q->period, s->arena);
    for (size_t k = 0; !q->n_groups && k < sizeof order / sizeof order[0]; k++) {
        const int d = sem_dimension_find(s->layer, order[k]);
        bool filtered = d < 0;
        for (int f = 0; f < q->n_filters; f++)
            filtered = filtered || (q->filters[f].dimension == d && q->filters[f].op == SEM_IN && q->filters[f].n_values == 1);
        if (filtered && k == 0 && sem_dimension_find(s->layer, "store") >= 0) {
            q->groups[q->n_groups++] = (sem_group){sem_dimension_find(s->layer, "store"), SEM_NO_GRAIN};
            break;
        }
        if (!filtered)
            q->groups[q->n_groups++] = (sem_group){d, SEM_NO_GRAIN};
    }
    for (int d = 0; !q->n_groups && d < sem_n_dimensions(s->layer); d++)
        if (!sem_dimension_at(s->layer, d)->is_number)
            q->groups[q->n_groups++] = (sem_group){d, SEM_NO_GRAIN};
    q->change = SEM_CHANGE_ABSOLUTE;
    q->limit = s->ranking ? q->limit : 0;
    TAKE(s, USE_KIND, C_WHY, C_DRIVER, C_GROW, C_GROW_UP, C_GROW_DOWN, C_VERSUS, C_COMPARE, C_DIFFERENCE, C_YEAR_ON_YEAR, C_STEP_ON_STEP,
         C_THAN, C_MORE_THAN_BEFORE, C_PERFORM, C_BEST, C_WORST, C_ABSOLUTE, C_QUALITY);
}

/* "Which stores …": a group that a question word asks for. */
bool which_group(const reading_state *s)
{
    for (int i = 1; i < s->n; i++)
        if (s->items[i].use == USE_GROUP && (s->items[i].dimension >= 0 || s->items[i].grain != SEM_NO_GRAIN))
            for (int k = i - 1; k >= 0 && k >= i - 3; k--)
                if (item_token_in(s, k, "which|what|whose") || item_token_in(s, k, "in") )
                    return item_token_in(s, k, "in") ? item_token_in(s, k - 1, "which|what") || item_token_in(s, k + 1, "which|what") : true;
    return false;
}

static bool grew(const reading_state *s)
{
    for (int i = 0; i < s->n; i++)
        if (item_token_in(s, i, "grew|growing|grow|grows|grown"))
            return true;
    return false;
}

/* "Stores with falling sales": those whose sales fell. */
static void group_by_subject(reading_state *s, bool down)
{
    const int first = item_next(s, -1);
    bool with = false;

    if (first >= s->n || s->items[first].taken || !s->items[first].plural || s->items[first].dimension < 0 || s->items[first].metric >= 0)
        return;
    for (int i = first + 1; i < s->n; i++)
        with = with || item_token_in(s, i, "with|whose|that|which|where|having|who");
    if (!with || !(says(s, C_GROW_UP) || says(s, C_GROW_DOWN) || grew(s)))
        return;
    s->q->groups[s->q->n_groups++] = (sem_group){s->items[first].dimension, SEM_NO_GRAIN};
    item_take(s, first, USE_GROUP);
    s->q->having_metric = s->q->metrics[0];
    s->q->having_op = down ? SEM_LT : SEM_GT;
    s->q->having_value = 0;
}

void shape_growth(reading_state *s)
{
    sem_query *q = s->q;
    const bool down = says(s, C_GROW_DOWN) && !says(s, C_GROW) && !says(s, C_GROW_UP);
    const sem_op op = q->having_op;

    q->shape = SEM_GROWTH;
    need_metric(s, true);
    change_periods(s);
    q->change = q->change == SEM_CHANGE_ABSOLUTE ? q->change : change_kind(s);
    if (says(s, C_DIFFERENCE) && !says(s, C_IN_PERCENT))
        q->change = SEM_CHANGE_ABSOLUTE;
    if (!s->ranking && !q->n_groups && !s->change_limit && q->having_metric < 0)
        group_by_subject(s, down);
    if (s->ranking) {
        q->ordered = true;
        if (down)
            q->ascending = !q->ascending;
    } else if (q->n_groups && which_group(s) && (says(s, C_GROW_UP) || says(s, C_GROW_DOWN) || grew(s)) && q->having_metric < 0 && !s->change_limit) {
        q->having_metric = q->metrics[0]; /* "which stores declined": only those */
        q->having_op = down ? SEM_LT : SEM_GT;
        q->having_value = 0;
    }
    if (s->change_limit) {
        static const sem_op mirrored[] = {SEM_IN, SEM_NOT_IN, SEM_EQ, SEM_NE, SEM_GT, SEM_GE, SEM_LT, SEM_LE, SEM_BETWEEN};
        const double low = q->having_value2;
        q->having_metric = q->n_metrics ? q->metrics[0] : -1;
        if (down) { /* "fell by more than 10 %": below -10 */
            q->having_op = mirrored[op];
            q->having_value2 = -q->having_value;
            q->having_value = op == SEM_BETWEEN ? -low : q->having_value2;
        } else {
            q->having_op = op;
        }
        if (!q->n_groups)
            why_not(s, "a limit on a change without a group");
    }
    TAKE(s, USE_COMPARE, C_GROW, C_GROW_UP, C_GROW_DOWN, C_VERSUS, C_COMPARE, C_DIFFERENCE, C_YEAR_ON_YEAR, C_STEP_ON_STEP, C_THAN,
         C_MORE_THAN_BEFORE, C_ABSOLUTE, C_IN_PERCENT, C_TREND, C_FAST, C_SLOW, C_PERFORM);
}

void shape_compare_periods(reading_state *s)
{
    sem_query *q = s->q;
    const int time = time_group(q);

    q->shape = SEM_COMPARE;
    need_metric(s, true);
    if (time >= 0 && q->groups[time].grain == SEM_MONTH)
        q->groups[time].grain = SEM_MONTH_OF_YEAR;
    else if (time >= 0 && q->groups[time].grain == SEM_YEAR_GRAIN) /* "2023 and 2024 by year" */
        why_not(s, "periods side by side along a row of periods");
    else if (time >= 0)
        why_not(s, "periods side by side along a row of periods");
    if (s->ranking)
        q->ordered = true;
    TAKE(s, USE_COMPARE, C_VERSUS, C_COMPARE, C_DIFFERENCE, C_THAN, C_MORE_THAN_BEFORE, C_PERFORM, C_TREND);
}
