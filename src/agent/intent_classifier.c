/* intent_classifier.c - what kind of question it is: its shape and its intent.
 *
 * The kind follows from the words that ask (why, share, grew, versus, top …)
 * and from what the extractor found; a score says how plainly. */
#include <math.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

const char *agent_intent_name(agent_intent i)
{
    static const char *const names[] = {"total_sales", "comparison", "trend", "ranking", "breakdown", "growth", "average",
        "share", "count", "list", "active_store", "why", "help", "out_of_scope"};

    return (unsigned)i < sizeof names / sizeof names[0] ? names[i] : "out_of_scope";
}

static void take_all(reading_state *s, const concept *list, int n, word_use use)
{
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < n; k++)
            if (!s->items[i].taken && item_is(&s->items[i], list[k]) && s->items[i].metric < 0)
                item_take(s, i, use);
}

#define TAKE(s, use, ...) take_all(s, (const concept[]){__VA_ARGS__}, (int)(sizeof((concept[]){__VA_ARGS__}) / sizeof(concept)), use)

static bool any(const reading_state *s, concept c)
{
    for (int i = 0; i < s->n; i++)
        if (item_is(&s->items[i], c))
            return true;
    return false;
}

static int time_group(const sem_query *q)
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

static void need_metric(reading_state *s, bool plain)
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

/* Two periods named: which is now and which the base. */
static void change_periods(reading_state *s)
{
    sem_query *q = s->q;

    if (q->n_periods == 2) {
        const bool first_now = any(s, C_THAN) ? true : q->periods[0].from > q->periods[1].from;
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
    if (s->step_on_step && q->period.set && !q->base.set && time_group(q) < 0)
        q->base = sem_previous(s->layer, &q->period, s->arena);
    else if (s->step_on_step && time_group(q) >= 0)
        why_not(s, "change from one period to the next along a row of periods");
}

static sem_change change_kind(reading_state *s)
{
    const bool absolute = any(s, C_ABSOLUTE), percent = any(s, C_IN_PERCENT);

    if (absolute && percent)
        return SEM_CHANGE_BOTH;
    return absolute && !percent ? SEM_CHANGE_ABSOLUTE : SEM_CHANGE_PERCENT;
}

/* ---- shapes ----------------------------------------------------------- */

static void shape_why(reading_state *s)
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
static bool which_group(const reading_state *s)
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

static void shape_growth(reading_state *s)
{
    sem_query *q = s->q;
    const bool down = any(s, C_GROW_DOWN) && !any(s, C_GROW) && !any(s, C_GROW_UP);
    const sem_op op = q->having_op;

    q->shape = SEM_GROWTH;
    need_metric(s, true);
    change_periods(s);
    q->change = q->change == SEM_CHANGE_ABSOLUTE ? q->change : change_kind(s);
    if (any(s, C_DIFFERENCE) && !any(s, C_IN_PERCENT))
        q->change = SEM_CHANGE_ABSOLUTE;
    if (s->ranking) {
        q->ordered = true;
        if (down)
            q->ascending = !q->ascending;
    } else if (q->n_groups && which_group(s) && (any(s, C_GROW_UP) || any(s, C_GROW_DOWN) || grew(s)) && q->having_metric < 0 && !s->change_limit) {
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

static void shape_compare_periods(reading_state *s)
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

static bool said_members(const reading_state *s)
{
    for (int f = 0; f < s->q->n_filters; f++)
        for (int g = 0; g < s->q->n_groups; g++)
            if (s->q->filters[f].n_values > 1 && s->q->filters[f].dimension == s->q->groups[g].dimension)
                return true;
    return false;
}

static void group_members(reading_state *s, bool compare)
{
    const int f = member_filter(s);

    if (f < 0 || !said_apart(s, s->q->filters[f].dimension))
        return;
    if (!compare && (any(s, C_OR) || any(s, C_TOGETHER) || s->q->n_groups > (time_group(s->q) >= 0) || s->list || s->count))
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

static void shape_share(reading_state *s)
{
    s->q->shape = SEM_SHARE;
    share_of_things(s);
    need_metric(s, true);
    if (s->ranking)
        s->q->ordered = true;
    if (!s->q->n_groups && !s->q->n_filters && !s->q->n_conditions)
        why_not(s, "a share of what was not named");
    if (s->q->limit > 1 && top_after_share(s))
        why_not(s, "the share of several members together");
    else if (!s->q->n_groups && !s->q->n_conditions)
        s->q->share_filter = part_filter(s);
    TAKE(s, USE_KIND, C_SHARE, C_IN_PERCENT, C_COMPARE, C_VERSUS);
}

static void shape_trend(reading_state *s)
{
    sem_query *q = s->q;
    const int32_t from = q->period.set ? q->period.from : sem_data_from(s->layer);
    const int32_t to = q->period.set && q->period.to < sem_today(s->layer) ? q->period.to : sem_today(s->layer);

    need_metric(s, true);
    if (time_group(q) < 0) {
        const sem_grain grain = any(s, C_OVER_YEARS) ? SEM_YEAR_GRAIN : to - from < 45 ? SEM_DAY : SEM_MONTH;
        group_by_time(s, grain);
        understood_note(s, grain == SEM_DAY ? "shown by day" : grain == SEM_MONTH ? "shown by month" : "shown by year");
    }
    TAKE(s, USE_KIND, C_TREND, C_OVER_YEARS, C_GROW, C_GROW_UP, C_GROW_DOWN, C_RUNNING, C_COMPARE, C_PERFORM);
}

static bool has_list_entity(const reading_state *s) { return s->entity_asked >= 0; }

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

static void shape_list(reading_state *s)
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
    TAKE(s, USE_KIND, C_LIST, C_COLUMNS, C_SELL);
}

static void shape_count(reading_state *s)
{
    sem_query *q = s->q;

    q->shape = SEM_COUNT_OF, q->entity = s->entity_asked;
    drop_group(q, sem_entity_at(s->layer, s->entity_asked)->label);
    for (int i = 0; i < s->n; i++) /* "how many open stores": the measure's word was the condition */
        if (s->items[i].taken && s->items[i].use == USE_METRIC && s->items[i].composite >= 0 && q->n_conditions < SEM_MAX_CONDITIONS)
            q->conditions[q->n_conditions++] = (sem_condition_use){.condition = s->items[i].composite, .number = NAN};
    q->n_metrics = 0;
    TAKE(s, USE_KIND, C_HOW_MANY, C_SELL);
}

/* "How many customers": people on file, or those with an order in the period? */
static bool counts_entity(const reading_state *s)
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
    if (!q->n_metrics)
        return true;
    if (label < 0 || !sem_dimension_at(s->layer, label)->is_entity_label)
        return false;
    for (int i = 0; i < q->n_conditions; i++)
        if (sem_condition_at(s->layer, q->conditions[i].condition)->entity == s->entity_asked)
            return true;
    return !q->period.set && !q->n_periods && time_group(q) < 0 && q->having_metric < 0;
}

/* What "average" does: a ratio stays itself, a total needs a unit to be divided by. */
static void average_unit(reading_state *s)
{
    sem_query *q = s->q;
    static const char *const choices[] = {"day", "month", "order", "store"};

    if (!s->average || any(s, C_BEYOND))
        return;
    TAKE(s, USE_KIND, C_AVERAGE);
    need_metric(s, true);
    if (q->average_per != SEM_NO_GRAIN || q->average_per_entity >= 0)
        return;
    if (q->n_metrics && sem_metric_at(s->layer, q->metrics[0])->additivity == SEM_RATIO)
        return;
    /* "the average of monthly sales", "average sales by month of the year" */
    if (time_group(q) >= 0) {
        const int g = time_group(q);
        const sem_grain grain = q->groups[g].grain;
        if (grain == SEM_WEEKDAY || grain == SEM_HOUR || grain == SEM_MONTH_OF_YEAR) {
            q->average_per = grain == SEM_MONTH_OF_YEAR ? SEM_MONTH : SEM_DAY;
            return;
        }
    }
    s->u->ending = UNDERSTOOD_AMBIGUOUS;
    s->u->missing = arena_strf(s->arena, "what the average of %s is taken over", sem_metric_at(s->layer, q->metrics[0])->name.title);
    s->u->n_choices = 0;
    for (int i = 0; i < 4; i++)
        s->u->choices[s->u->n_choices++] = arena_strf(s->arena, "What was the average %s per %s%s%s?",
            sem_metric_at(s->layer, q->metrics[0])->name.title, choices[i], q->period.set ? " in " : "", q->period.set ? q->period.label : "");
}

static void take_left_dimensions(reading_state *s)
{
    sem_query *q = s->q;
    const bool compare = any(s, C_COMPARE) || any(s, C_DIFFERENCE);

    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];
        bool known = false;

        if (it->taken || (it->dimension < 0 && it->entity < 0) || it->number_dimension >= 0)
            continue;
        for (int c = 0; c < q->n_conditions; c++)
            known = known || sem_condition_at(s->layer, q->conditions[c].condition)->entity == it->entity;
        for (int f = 0; f < q->n_filters; f++)
            known = known || q->filters[f].dimension == it->dimension;
        for (int g = 0; g < q->n_groups; g++)
            known = known || q->groups[g].dimension == it->dimension;
        known = known || (it->entity >= 0 && it->entity == s->entity_asked);
        if (known) {
            item_take(s, i, USE_GROUP);
        } else if (compare && it->plural && it->dimension >= 0 && q->n_groups < SEM_MAX_GROUPS) {
            q->groups[q->n_groups++] = (sem_group){it->dimension, SEM_NO_GRAIN};
            item_take(s, i, USE_GROUP);
        } else if (it->dimension >= 0 && sem_dimension_at(s->layer, it->dimension)->is_entity_label) {
            item_take(s, i, USE_STOP); /* "sales of all stores": the sales */
        } else if (it->plural && q->shape != SEM_LIST && it->dimension >= 0 && q->n_groups < SEM_MAX_GROUPS) {
            q->groups[q->n_groups++] = (sem_group){it->dimension, SEM_NO_GRAIN};
            item_take(s, i, USE_GROUP);
        }
    }
}

static void finish_ranking(reading_state *s)
{
    sem_query *q = s->q;
    const bool quality = s->u->intent_score < 0;

    s->u->intent_score = 0;
    if (!s->ranking)
        return;
    if (!q->n_groups) {
        why_not(s, "a ranking of nothing named");
        return;
    }
    q->ordered = true;
    if (quality && q->n_metrics && q->shape != SEM_LIST && !sem_metric_at(s->layer, q->metrics[0])->higher_is_better)
        q->ascending = !q->ascending;
    /* "top 3 products in each region": the group of the limit comes first */
    if (q->limit_per_group < 0 && q->n_groups > 1 && q->limit) {
        for (int g = 0; g < q->n_groups; g++)
            if (q->groups[g].dimension < 0)
                q->limit_per_group = g;
        if (q->limit_per_group < 0)
            q->limit_per_group = q->n_groups - 1;
    }
    if (q->limit_per_group > 0) {
        const sem_group first = q->groups[q->limit_per_group];
        memmove(&q->groups[1], &q->groups[0], sizeof q->groups[0] * (size_t)q->limit_per_group);
        q->groups[0] = first;
        q->limit_per_group = 0;
    }
    if (q->n_groups < 2)
        q->limit_per_group = -1;
    if (q->limit_per_group >= 0 && !q->limit)
        q->limit = 1;
}

/* ---- the intent of the result ----------------------------------------- */

static bool about_store_state(const reading_state *s)
{
    static const char *const states[] = {"active", "open", "opened", "closed", "trading", "silent", "without_sales"};
    const int store = sem_entity_find(s->layer, "store");

    for (int i = 0; i < s->q->n_conditions; i++) {
        const sem_condition *c = sem_condition_at(s->layer, s->q->conditions[i].condition);
        for (size_t k = 0; k < sizeof states / sizeof states[0]; k++)
            if (c->entity == store && !strcmp(c->name.id, states[k]))
                return true;
    }
    for (int i = 0; i < s->q->n_metrics; i++)
        if (strstr(sem_metric_at(s->layer, s->q->metrics[i])->name.id, "_stores"))
            return true;
    return false;
}

static agent_intent intent_of(const reading_state *s)
{
    const sem_query *q = s->q;

    if (q->shape == SEM_WHY) return INTENT_WHY;
    if (q->shape == SEM_LIST) return about_store_state(s) ? INTENT_ACTIVE_STORE : INTENT_LIST;
    if (q->shape == SEM_COUNT_OF) return about_store_state(s) ? INTENT_ACTIVE_STORE : INTENT_COUNT;
    if (q->shape == SEM_GROWTH) return q->ordered && q->n_groups ? INTENT_RANKING : INTENT_GROWTH;
    if (q->shape == SEM_COMPARE) return INTENT_COMPARISON;
    if (q->shape == SEM_SHARE) return INTENT_SHARE;
    if (q->ordered) return INTENT_RANKING;
    if (about_store_state(s)) return INTENT_ACTIVE_STORE;
    if (q->average_per != SEM_NO_GRAIN || q->average_per_entity >= 0 || s->average) return INTENT_AVERAGE;
    if (q->running || time_group(q) >= 0) return INTENT_TREND;
    if (s->compare) return INTENT_COMPARISON;
    if (q->n_groups) return INTENT_BREAKDOWN;
    if (s->count) return INTENT_COUNT;
    return INTENT_TOTAL_SALES;
}

static void flags(reading_state *s)
{
    s->q->like_for_like = any(s, C_LIKE_FOR_LIKE);
    s->q->constant_currency = any(s, C_CONSTANT_CURRENCY);
    for (int i = 0; i < s->n; i++)
        if (item_token_in(s, i, "mtd") || (s->items[i].time.n_tokens && words_match(&s->t, s->items[i].from, "month to date")))
            s->q->month_to_date = true;
    TAKE(s, USE_COMPARE, C_LIKE_FOR_LIKE, C_CONSTANT_CURRENCY);
}

/* "sales in Swiss francs": the measure in local currency, of that currency. */
static void local_currency(reading_state *s)
{
    static const struct { concept c; const char *code; } currencies[] = {{C_FRANC, "CHF"}, {C_POUND, "GBP"}};
    const int local = sem_metric_find(s->layer, "sales_local"), currency = sem_dimension_find(s->layer, "currency");
    sem_query *q = s->q;

    for (size_t k = 0; k < 2; k++) {
        if (!any(s, currencies[k].c) || local < 0 || currency < 0 || q->n_metrics != 1 || q->n_filters >= SEM_MAX_FILTERS ||
            (q->metrics[0] != sem_metric_find(s->layer, "sales") && q->metrics[0] != local))
            continue;
        q->metrics[0] = local;
        q->filters[q->n_filters++] = (sem_filter){.dimension = currency, .op = SEM_IN, .values = {currencies[k].code}, .n_values = 1};
        TAKE(s, USE_METRIC, C_FRANC, C_POUND);
    }
}

/* "by month in 2024 and 2025": one row of periods, not two sides. */
static void join_periods(reading_state *s, bool versus)
{
    sem_query *q = s->q;
    sem_period all;

    if (q->n_periods < 2 || versus || s->growth || time_group(q) < 0)
        return;
    all = q->periods[0];
    for (int i = 1; i < q->n_periods; i++) {
        if (q->periods[i].from != all.to + 1 || q->periods[i].grain != all.grain)
            return;
        all.to = q->periods[i].to;
        all.n += q->periods[i].n;
    }
    all.label = arena_strf(s->arena, "%s to %s", q->periods[0].label, q->periods[q->n_periods - 1].label);
    q->period = all;
    q->n_periods = 0;
}

static bool names_products(const reading_state *s)
{
    const int product = sem_dimension_find(s->layer, "product");

    for (int f = 0; f < s->q->n_filters; f++)
        if (product >= 0 && s->q->filters[f].dimension == product)
            return true;
    return false;
}

/* "months with sales over 500k", "customers with at least 5 orders": the first
 * thing named is what has the total. */
static void group_of_limit(reading_state *s)
{
    for (int i = 0; (s->q->having_metric >= 0 || s->change_limit) && !s->q->n_groups && i < s->n; i++) {
        const item *it = &s->items[i];
        if (it->taken || (it->dimension < 0 && it->grain == SEM_NO_GRAIN) || it->number_dimension >= 0 || s->count)
            continue;
        s->q->groups[s->q->n_groups++] = (sem_group){it->grain != SEM_NO_GRAIN ? -1 : it->dimension, it->grain};
        item_take(s, i, USE_GROUP);
    }
}

void intent_classify(reading_state *s)
{
    sem_query *q = s->q;
    bool two;
    const bool versus = any(s, C_VERSUS) || any(s, C_COMPARE) || any(s, C_DIFFERENCE);

    flags(s);
    local_currency(s);
    s->compare = versus;
    if (q->n_metrics && sem_metric_find(s->layer, "sales") == q->metrics[0] && q->n_metrics == 1 && s->count && s->entity_asked < 0 && !names_products(s) &&
        sem_metric_find(s->layer, "orders") >= 0) { /* "how many sales": transactions */
        q->metrics[0] = sem_metric_find(s->layer, "orders");
        understood_note(s, "read 'how many sales' as the number of orders");
        s->u->assumed = true;
    }
    join_periods(s, versus);
    group_of_limit(s);
    two = q->n_periods >= 2;
    if (s->count && s->q->n_metrics == 1 && s->q->metrics[0] == sem_metric_find(s->layer, "sales") && s->entity_asked < 0 && names_products(s) &&
        sem_metric_find(s->layer, "units") >= 0)
        q->metrics[0] = sem_metric_find(s->layer, "units"); /* "how many laptops did we sell" */
    if (s->why)
        shape_why(s);
    else if (s->running) {
        q->running = true;
        shape_trend(s);
    } else if (s->uplift && sem_entity_find(s->layer, "promotion") >= 0) {
        q->shape = SEM_UPLIFT;
        need_metric(s, true);
        TAKE(s, USE_KIND, C_UPLIFT);
    } else if (s->growth && !(s->trend && !two && !any(s, C_YEAR_ON_YEAR) && !any(s, C_STEP_ON_STEP) && !q->like_for_like))
        shape_growth(s);
    else if (two && (any(s, C_DIFFERENCE) || (any(s, C_THAN) && any(s, C_ABSOLUTE))))
        shape_growth(s);
    else if (q->like_for_like && !two)
        shape_growth(s);
    else if (two)
        shape_compare_periods(s);
    else if (s->share && !s->list)
        shape_share(s);
    else if (counts_entity(s))
        shape_count(s);
    else if (s->list && has_list_entity(s) && !q->n_metrics)
        shape_list(s);
    else if (s->trend || any(s, C_OVER_YEARS))
        shape_trend(s);
    else if (s->average)
        average_unit(s);
    else if (q->n_groups || s->ranking || any(s, C_PERFORM) || q->having_metric >= 0 || versus)
        need_metric(s, s->ranking || any(s, C_PERFORM) || q->having_metric >= 0);
    if (q->shape == SEM_VALUES && !q->n_metrics && q->n_conditions && s->entity_asked < 0 && !q->n_groups && s->u->ending == UNDERSTOOD) {
        s->entity_asked = sem_condition_at(s->layer, q->conditions[0].condition)->entity; /* "what is out of stock?" */
        shape_list(s);
    }
    if (q->shape == SEM_VALUES && !q->n_metrics && s->u->ending != UNDERSTOOD_AMBIGUOUS && (q->period.set || q->n_filters) && !s->list)
        need_metric(s, false);
    group_members(s, versus || any(s, C_THAN) || any(s, C_MORE_THAN_BEFORE));
    take_left_dimensions(s);
    if (q->shape == SEM_VALUES && q->having_metric >= 0 && !q->n_groups)
        why_not(s, "a limit on a total without a group");
    finish_ranking(s);
    if (versus && (q->n_metrics > 1 || (q->n_groups && !any(s, C_VERSUS))))
        TAKE(s, USE_COMPARE, C_VERSUS, C_COMPARE, C_DIFFERENCE);
    if (said_members(s))
        TAKE(s, USE_COMPARE, C_MORE_THAN_BEFORE, C_THAN, C_VERSUS, C_COMPARE, C_DIFFERENCE);
    if (s->count && q->n_metrics)
        TAKE(s, USE_KIND, C_HOW_MANY);
    TAKE(s, USE_KIND, C_HOW_MUCH, C_LIST, C_HAVE_WE, C_PERFORM, C_TOGETHER, C_COLUMNS);
    TAKE(s, USE_GROUP, C_WHICH, C_BY);
    TAKE(s, USE_NUMBER, C_MONEY_UNIT);
    if (q->n_metrics && sem_metric_at(s->layer, q->metrics[0])->additivity == SEM_SEMI_ADDITIVE && q->shape == SEM_VALUES &&
        q->period.set && q->period.from == sem_today(s->layer) && q->period.to == q->period.from && strstr(sem_metric_at(s->layer, q->metrics[0])->name.id, "stock"))
        q->period = (sem_period){0}; /* stock today: the last time it was counted */
    s->u->intent = intent_of(s);
    s->u->intent_score = s->default_metric ? 0.7 : 0.9;
}
