/* shapes.c - the parts of a query that belong to its shape: the base of a
 * change, the part of a share, the columns of a list, the grain of a trend. */
#include <math.h>
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

void take_concepts(reading_state *s, const concept *list, int n, word_use use)
{
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < n; k++)
            if (!s->items[i].taken && item_is(&s->items[i], list[k]) && s->items[i].metric < 0)
                item_take(s, i, use);
}

bool says(const reading_state *s, concept c)
{
    for (int i = 0; i < s->n; i++)
        if (item_is(&s->items[i], c))
            return true;
    return false;
}

int time_group(const sem_query *q)
{
    for (int i = 0; i < q->n_groups; i++)
        if (q->groups[i].dimension < 0)
            return i;
    return -1;
}

static void group_by_time(reading_state *s, sem_grain grain)
{
    if (time_group(s->q) < 0 && s->q->n_groups < SEM_MAX_GROUPS)
        s->q->groups[s->q->n_groups++] = (sem_group){-1, grain};
}

static void drop_group(sem_query *q, int dimension)
{
    for (int i = 0; i < q->n_groups; i++)
        if (q->groups[i].dimension == dimension && dimension >= 0) {
            memmove(&q->groups[i], &q->groups[i + 1], sizeof q->groups[0] * (size_t)(q->n_groups - i - 1));
            q->n_groups--;
            return;
        }
}

static bool references(const reading_state *s, int from, int to)
{
    const db_table *t = &s->catalog->tables[from];

    for (int c = 0; c < t->n_columns; c++)
        if (t->columns[c].fk_table == to)
            return true;
    return false;
}

/* Sales; but returns where a column of the returns is asked for, a table that
 * sales know nothing of. */
static int default_metric(const reading_state *s)
{
    const int sales = sem_metric_find(s->layer, "sales"), facts = db_table_find(s->catalog, "sales");

    for (int g = 0; facts >= 0 && g < s->q->n_groups; g++) {
        const int table = s->q->groups[g].dimension >= 0 ? sem_dimension_at(s->layer, s->q->groups[g].dimension)->table : -1;
        const int metric = table >= 0 ? sem_metric_find(s->layer, s->catalog->tables[table].name) : -1;
        if (metric >= 0 && table != facts && !references(s, facts, table) && references(s, table, facts))
            return metric;
    }
    return sales >= 0 ? sales : 0;
}

void need_metric(reading_state *s, bool plain)
{
    const int sales = sem_metric_find(s->layer, "sales");

    if (s->q->n_metrics)
        return;
    if (s->q->having_metric >= 0) {
        s->q->metrics[s->q->n_metrics++] = s->q->having_metric;
        return;
    }
    if (sales < 0 && sem_n_metrics(s->layer) == 0) {
        why_not(s, "no measure was named");
        return;
    }
    s->q->metrics[s->q->n_metrics++] = default_metric(s);
    understood_note(s, arena_strf(s->arena, "no measure was named: taken as %s", sem_metric_at(s->layer, s->q->metrics[0])->name.title));
    s->default_metric = true;
    if (!plain)
        s->u->assumed = true;
}

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

/* Members said side by side: "online vs store", "North and South". */
static int member_filter(reading_state *s)
{
    for (int f = 0; f < s->q->n_filters; f++) {
        bool grouped = false;
        if (s->q->filters[f].op != SEM_IN || s->q->filters[f].n_values < 2)
            continue;
        for (int g = 0; g < s->q->n_groups; g++)
            grouped = grouped || s->q->groups[g].dimension == s->q->filters[f].dimension;
        if (!grouped)
            return f;
    }
    return -1;
}

/* Several values of one dimension from more than one place of the question. */
static bool said_apart(const reading_state *s, int dimension)
{
    int n = 0;

    for (int i = 0; i < s->n; i++)
        for (int v = 0; v < s->items[i].n_values; v++)
            if (s->items[i].values[v].dimension == dimension && s->items[i].use == USE_FILTER) {
                n++;
                break;
            }
    return n > 1;
}

bool said_members(const reading_state *s)
{
    for (int f = 0; f < s->q->n_filters; f++)
        for (int g = 0; g < s->q->n_groups; g++)
            if (s->q->filters[f].n_values > 1 && s->q->filters[f].dimension == s->q->groups[g].dimension)
                return true;
    return false;
}

void group_members(reading_state *s, bool compare)
{
    const int f = member_filter(s);

    if (f < 0 || !said_apart(s, s->q->filters[f].dimension))
        return;
    if (!compare && (says(s, C_OR) || says(s, C_TOGETHER) || s->q->n_groups > (time_group(s->q) >= 0) || s->list || s->count))
        return;
    if (s->q->n_groups < SEM_MAX_GROUPS) {
        memmove(&s->q->groups[1], &s->q->groups[0], sizeof s->q->groups[0] * (size_t)s->q->n_groups);
        s->q->groups[0] = (sem_group){s->q->filters[f].dimension, SEM_NO_GRAIN};
        s->q->n_groups++;
        if (s->q->limit_per_group >= 0)
            s->q->limit_per_group++;
        understood_note(s, arena_strf(s->arena, "one row each for the %s named", sem_dimension_at(s->layer, s->q->filters[f].dimension)->name.title));
    }
}

static int filter_of_item(const reading_state *s, int i)
{
    for (int f = 0; f < s->q->n_filters; f++)
        for (int v = 0; v < s->items[i].n_values; v++)
            if (s->items[i].use == USE_FILTER && s->items[i].values[v].dimension == s->q->filters[f].dimension && s->q->filters[f].op == SEM_IN)
                return f;
    return -1;
}

/* Which filter is the part: "the share of Iris in Audio", "what share of West
 * is online", "the online share in West". */
static int part_filter(const reading_state *s)
{
    int share = -1, verb = -1, after_verb = -1, after_share = -1, before_share = -1;

    for (int i = 0; i < s->n; i++) {
        if (item_is(&s->items[i], C_SHARE) && s->items[i].metric < 0 && share < 0)
            share = i;
        else if (share >= 0 && (item_token_in(s, i, "is|was|were|are|comes|come|came|goes|made|sold|through|via|contributed|from|belongs")))
            verb = i;
        if (filter_of_item(s, i) < 0)
            continue;
        if (verb >= 0 && after_verb < 0) after_verb = filter_of_item(s, i);
        if (share >= 0 && after_share < 0) after_share = filter_of_item(s, i);
        if (share < 0 || item_next(s, i) == share || share < 0) before_share = filter_of_item(s, i);
    }
    if (share >= 0 && before_share >= 0 && after_share >= 0)
        return before_share;
    return after_verb >= 0 ? after_verb : after_share >= 0 ? after_share : before_share;
}

/* "what share do the top 10 make" is one figure, "the top 10 by share" are ten. */
static bool top_after_share(const reading_state *s)
{
    for (int i = 0, share = 0; i < s->n; i++) {
        share = share || item_is(&s->items[i], C_SHARE);
        if (share && s->items[i].use == USE_TOP)
            return true;
    }
    return false;
}

/* "share of stores by format": of their number, not of sales. */
static void share_of_things(reading_state *s)
{
    for (int i = 0; i < s->n && !s->q->n_metrics; i++) {
        const int k = item_next(s, i);

        if (!item_is(&s->items[i], C_SHARE) || k >= s->n || s->items[k].entity < 0 || s->items[k].metric >= 0 || !s->items[k].plural)
            continue;
        if (s->items[k].entity == sem_entity_find(s->layer, "store") && sem_metric_find(s->layer, "active_stores") >= 0)
            s->q->metrics[s->q->n_metrics++] = sem_metric_find(s->layer, "active_stores");
        else
            why_not(s, "a share of a number of things");
    }
}

/* "the promotion share of sales": one figure that the layer names; the measure
 * it is a share of is no second one. */
bool named_share(reading_state *s)
{
    sem_query *q = s->q;
    int share = -1;

    for (int i = 0; i < s->n && share < 0; i++)
        if (s->items[i].metric >= 0 && q->n_metrics && s->items[i].metric == q->metrics[0] && s->items[i].use == USE_METRIC && item_is(&s->items[i], C_SHARE))
            share = i;
    for (int i = 0; i < s->n && share < 0; i++)
        for (int w = s->items[i].from; w < s->items[i].from + s->items[i].n; w++)
            if (s->items[i].metric >= 0 && q->n_metrics && s->items[i].metric == q->metrics[0] && word_in(&s->t.at[w], "share|percentage|proportion"))
                share = i;
    if (share < 0 || sem_metric_at(s->layer, q->metrics[0])->unit != SEM_PERCENT)
        return false;
    for (int i = share + 1; i < s->n && q->n_metrics == 2; i++) {
        if (item_is(&s->items[i], C_AND) || s->t.at[s->items[i].from].before == ',')
            break;
        if (s->items[i].metric == q->metrics[1])
            q->n_metrics = 1;
    }
    return q->n_metrics == 1;
}

/* "the online share per month", "what share is sold with a promotion, by
 * department": the part of each group, not each group's part of the part. */
static bool part_of_each_group(const reading_state *s)
{
    bool share = false, verb = false;

    for (int i = 0; i < s->n; i++) {
        const bool says_part = (s->items[i].use == USE_FILTER && filter_of_item(s, i) >= 0) || s->items[i].use == USE_CONDITION;
        const int next = item_next(s, i);
        if (says_part && verb)
            return true;
        if (says_part && next < s->n && item_is(&s->items[next], C_SHARE) && !share)
            return true;
        if (says_part && share && item_prev(s, i) >= 0 && item_is(&s->items[item_prev(s, i)], C_SHARE) && next < s->n &&
            (s->items[next].metric >= 0 || s->items[next].use == USE_FILTER) && item_token_in(s, next - 1, "in|to|our|the"))
            return true;
        share = share || item_is(&s->items[i], C_SHARE);
        if (s->items[i].use == USE_GROUP && s->items[i].dimension >= 0)
            verb = false; /* "what share does each region have": of the groups */
        else if (share && item_token_in(s, i, "is|was|were|are|comes|come|came|goes|made|sold|through|via|from|with"))
            verb = true;
        if (s->items[i].time.n_tokens)
            verb = false;
    }
    return false;
}

/* "each category's share within its department": of the outer group's total. */
static bool share_within(reading_state *s)
{
    sem_query *q = s->q;

    if (q->n_groups != 2 || q->groups[0].dimension < 0 || q->groups[1].dimension < 0)
        return false;
    for (int i = 0; i < s->n; i++)
        for (int w = s->items[i].from; w < s->items[i].from + s->items[i].n; w++)
            for (int k = i; word_in(&s->t.at[w], "within|inside") && k < s->n; k++)
                for (int g = 0; s->items[k].dimension >= 0 && g < 2; g++)
                    if (q->groups[g].dimension == s->items[k].dimension) {
                        const sem_group outer = q->groups[g];
                        q->groups[1] = q->groups[1 - g];
                        q->groups[0] = outer;
                        q->limit_per_group = 0;
                        return true;
                    }
    return false;
}

void shape_share(reading_state *s)
{
    s->q->shape = SEM_SHARE;
    share_of_things(s);
    need_metric(s, true);
    if (s->q->n_groups && (s->q->n_filters || s->q->n_conditions) && part_of_each_group(s)) {
        const int part = part_filter(s);

        s->q->share_filter = part >= 0 ? part : s->q->n_conditions ? SEM_MAX_FILTERS : 0;
        for (int g = 0; part >= 0 && g < s->q->n_groups; g++)
            if (s->q->groups[g].dimension == s->q->filters[part].dimension)
                s->q->share_filter = -1; /* of the members shown */
    }
    (void)share_within(s);
    if (s->ranking)
        s->q->ordered = true;
    if (!s->q->n_groups && !s->q->n_filters && !s->q->n_conditions)
        why_not(s, "a share of what was not named");
    if (s->q->limit > 1 && top_after_share(s) && s->q->n_groups == 1 && s->q->groups[0].dimension >= 0)
        s->q->together = true;
    else if (s->q->limit > 1 && top_after_share(s))
        why_not(s, "the share of several members together");
    else if (!s->q->n_groups && !s->q->n_conditions)
        s->q->share_filter = part_filter(s);
    TAKE(s, USE_KIND, C_SHARE, C_IN_PERCENT, C_COMPARE, C_VERSUS);
}

void shape_trend(reading_state *s)
{
    sem_query *q = s->q;
    const int32_t from = q->period.set ? q->period.from : sem_data_from(s->layer);
    const int32_t to = q->period.set && q->period.to < sem_today(s->layer) ? q->period.to : sem_today(s->layer);

    need_metric(s, true);
    if (time_group(q) < 0) {
        const sem_grain grain = says(s, C_OVER_YEARS) ? SEM_YEAR_GRAIN : to - from < 45 ? SEM_DAY : SEM_MONTH;
        group_by_time(s, grain);
        understood_note(s, grain == SEM_DAY ? "shown by day" : grain == SEM_MONTH ? "shown by month" : "shown by year");
    }
    TAKE(s, USE_KIND, C_TREND, C_OVER_YEARS, C_GROW, C_GROW_UP, C_GROW_DOWN, C_RUNNING, C_COMPARE, C_PERFORM);
}

/* "in which cities do we have stores": the stores are no column. */
static bool plain_things(const reading_state *s, int i)
{
    if (!s->items[i].plural || !sem_dimension_at(s->layer, s->items[i].dimension)->is_entity_label)
        return false;
    for (int k = 0; k < i; k++)
        if (item_is(&s->items[k], C_COLUMNS))
            return false;
    return true;
}

/* Dimensions named beside the entity: "stores with their city and manager". */
static void take_columns(reading_state *s)
{
    const int label = sem_entity_at(s->layer, s->entity_asked)->label;

    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];
        if (it->taken || it->dimension < 0 || it->entity == s->entity_asked)
            continue;
        if (it->dimension != label && s->q->n_columns < SEM_MAX_GROUPS && !plain_things(s, i))
            s->q->columns[s->q->n_columns++] = it->dimension;
        item_take(s, i, USE_GROUP);
    }
}

static void no_absence_of_others(reading_state *s);

/* "code and city of the stores": what stands before "of" is all that is wanted. */
static bool only_columns(const reading_state *s)
{
    bool column = false, of = false;

    for (int i = 0; i < s->n; i++) {
        if (item_token_in(s, i, "name|names|which|what|with|who") && !column)
            return false;
        if (s->items[i].entity == s->entity_asked)
            return column && of;
        if (s->items[i].use == USE_GROUP && s->items[i].dimension >= 0)
            column = true, of = false;
        of = of || item_token_in(s, i, "of|for");
    }
    return false;
}

static void take_tokens(reading_state *s, const char *list)
{
    for (int i = 0; i < s->n; i++)
        if (!s->items[i].taken && item_token_in(s, i, list))
            item_take(s, i, USE_GROUP);
}

/* "shut for a refit, and from when to when": the closures, not the stores. */
static void list_of_closures(reading_state *s)
{
    sem_query *q = s->q;
    const int closure = sem_entity_find(s->layer, "closure"), refit = sem_condition_find(s->layer, "closure_refit");
    const int columns[] = {sem_dimension_find(s->layer, "store"), sem_dimension_find(s->layer, "closure_from"),
                           sem_dimension_find(s->layer, "closure_to")};
    bool when = false, is_refit;

    for (int i = 1; i < s->n; i++)
        when = when || (item_token_in(s, i, "when") && !item_is(&s->items[i - 1], C_LIST));
    if (!when || closure < 0 || refit < 0 || q->n_conditions != 1 || q->n_columns || columns[0] < 0 || columns[1] < 0 || columns[2] < 0)
        return;
    is_refit = q->conditions[0].condition == sem_condition_find(s->layer, "refit");
    if ((!is_refit && q->conditions[0].condition != sem_condition_find(s->layer, "closed_for_a_time")) || q->conditions[0].negate)
        return;
    q->entity = closure;
    if (q->conditions[0].period.set)
        q->period = q->conditions[0].period;
    q->n_conditions = 0;
    if (is_refit)
        q->conditions[q->n_conditions++] = (sem_condition_use){.condition = refit, .number = NAN};
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++)
        q->columns[q->n_columns++] = columns[k];
    take_tokens(s, "when|until|till");
}

void shape_list(reading_state *s)
{
    sem_query *q = s->q;
    const int label = sem_entity_at(s->layer, s->entity_asked)->label;

    if (q->having_metric >= 0) { /* the member and its total */
        need_metric(s, true);
        drop_group(q, label);
        if (q->n_groups < SEM_MAX_GROUPS && label >= 0)
            q->groups[q->n_groups++] = (sem_group){label, SEM_NO_GRAIN};
        q->shape = SEM_VALUES;
        return;
    }
    q->shape = SEM_LIST, q->entity = s->entity_asked;
    drop_group(q, label);
    take_columns(s);
    for (int g = 0; g < q->n_groups; g++)
        if (q->groups[g].dimension >= 0 && sem_dimension_at(s->layer, q->groups[g].dimension)->is_entity_label)
            continue; /* "in which cities do we have stores" */
        else if (q->groups[g].dimension >= 0 && q->n_columns < SEM_MAX_GROUPS)
            q->columns[q->n_columns++] = q->groups[g].dimension;
        else
            why_not(s, "a list by time");
    q->n_groups = 0;
    q->columns_only = q->n_columns > 0 && only_columns(s);
    list_of_closures(s);
    no_absence_of_others(s);
    TAKE(s, USE_KIND, C_LIST, C_COLUMNS, C_SELL);
}

/* "brands without returns" are not the brands of products without returns. */
static void no_absence_of_others(reading_state *s)
{
    for (int i = 0; i < s->q->n_conditions; i++) {
        const sem_condition *c = sem_condition_at(s->layer, s->q->conditions[i].condition);

        if (c->entity != s->q->entity && c->entity != s->entity_asked &&
            (s->q->conditions[i].negate || str_starts(c->name.id, "not_") || str_starts(c->name.id, "never_") || str_starts(c->name.id, "without_") ||
             !strcmp(c->name.id, "silent") || !strcmp(c->name.id, "lapsed")))
            why_not(s, "the absence of something in other things");
    }
}

void shape_count(reading_state *s)
{
    sem_query *q = s->q;

    q->shape = SEM_COUNT_OF, q->entity = s->entity_asked;
    drop_group(q, sem_entity_at(s->layer, s->entity_asked)->label);
    for (int i = 0; i < s->n; i++) /* "how many open stores": the measure's word was the condition */
        if (s->items[i].taken && s->items[i].use == USE_METRIC && s->items[i].composite >= 0 && q->n_conditions < SEM_MAX_CONDITIONS)
            q->conditions[q->n_conditions++] = (sem_condition_use){.condition = s->items[i].composite, .number = NAN};
    q->n_metrics = 0;
    no_absence_of_others(s);
    TAKE(s, USE_KIND, C_HOW_MANY, C_SELL);
}

/* "How many customers": people on file, or those with an order in the period? */
bool counts_entity(const reading_state *s)
{
    const sem_query *q = s->q;
    const int label = s->entity_asked >= 0 ? sem_entity_at(s->layer, s->entity_asked)->label : -1;

    if (!s->count || s->entity_asked < 0)
        return false;
    for (int i = 0; i < q->n_metrics; i++) { /* a measure other than the thing itself */
        bool itself = false;
        for (int k = 0; k < s->n; k++)
            itself = itself || (s->items[k].metric == q->metrics[i] && s->items[k].entity == s->entity_asked);
        if (!itself)
            return false;
    }
    if (!q->n_metrics || (q->having_metric >= 0 && label >= 0 && time_group(q) < 0 && !q->n_groups)) /* "orders of more than 500 euros" */
        return true;
    if (label < 0 || !sem_dimension_at(s->layer, label)->is_entity_label)
        return false;
    for (int i = 0; i < q->n_conditions; i++)
        if (sem_condition_at(s->layer, q->conditions[i].condition)->entity == s->entity_asked)
            return true;
    return !q->period.set && !q->n_periods && time_group(q) < 0 && q->having_metric < 0;
}
