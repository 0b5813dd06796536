/* intent_classifier.c - what kind of question it is: its shape and its intent.
 *
 * The kind follows from the words that ask (why, share, grew, versus, top …)
 * and from what the extractor found; a score says how plainly. */
#include <math.h>
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

const char *agent_intent_name(agent_intent i)
{
    static const char *const names[] = {"total_sales", "comparison", "trend", "ranking", "breakdown", "growth", "average",
        "share", "count", "list", "active_store", "why", "help", "out_of_scope"};

    return (unsigned)i < sizeof names / sizeof names[0] ? names[i] : "out_of_scope";
}

/* What "average" does: a ratio stays itself, a total needs a unit to be divided by. */
static void average_unit(reading_state *s)
{
    sem_query *q = s->q;
    static const char *const choices[] = {"day", "month", "order", "store"};

    if (!s->average || item_find(s, C_BEYOND) >= 0)
        return;
    TAKE(s, USE_KIND, C_AVERAGE);
    need_metric(s, true);
    if (q->average_per != SEM_NO_GRAIN || q->average_per_entity >= 0 || average_as_ratio(s))
        return;
    if (q->n_metrics && sem_metric_at(s->layer, q->metrics[0])->additivity == SEM_RATIO)
        return;
    for (int f = 0; f < q->n_filters; f++) { /* "average sales on Saturdays": an average Saturday */
        const sem_dimension *d = sem_dimension_at(s->layer, q->filters[f].dimension);

        if (d->n_said && d->table < 0 && time_group(q) < 0) {
            q->average_per = SEM_DAY;
            return;
        }
    }
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
    const bool compare = says(s, C_COMPARE) || says(s, C_DIFFERENCE);

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

/* Whether a thing has one value of a dimension: a store has one city, a
 * product one category. */
static bool has_one(const reading_state *s, int label, int attribute)
{
    const int from = sem_dimension_at(s->layer, label)->table, to = sem_dimension_at(s->layer, attribute)->table;

    if (from < 0 || to < 0 || !sem_dimension_at(s->layer, label)->is_entity_label || sem_dimension_at(s->layer, attribute)->is_entity_label)
        return false;
    if (from == to)
        return true;
    for (int c = 0; c < s->catalog->tables[from].n_columns; c++)
        if (s->catalog->tables[from].columns[c].fk_table == to)
            return true;
    return false;
}

/* "Which manager has the best store": the best store, and of it the manager. */
static void attribute_of_best(reading_state *s)
{
    sem_query *q = s->q;

    if (!s->ranking || q->n_groups != 2 || q->shape != SEM_VALUES || q->n_columns || q->limit > 1)
        return;
    for (int best = 0; best < 2; best++) {
        const int label = q->groups[best].dimension, other = q->groups[1 - best].dimension;
        bool asked = false;

        if (label < 0 || other < 0 || !has_one(s, label, other))
            continue;
        for (int i = 0; i < s->n; i++) {
            concept which = C_NONE;
            if (s->items[i].dimension == other && s->items[i].use == USE_GROUP)
                asked = asked || item_token_in(s, i, "who") || (item_group_marker(s, i, &which) >= 0 && which == C_WHICH);
            if (s->items[i].dimension == label && s->items[i].use == USE_GROUP && s->items[i].plural)
                return;
        }
        if (!asked)
            continue;
        q->columns[q->n_columns++] = other;
        q->columns_only = true;
        q->groups[0] = (sem_group){label, SEM_NO_GRAIN};
        q->n_groups = 1;
        q->limit = 1;
        q->limit_per_group = -1;
        return;
    }
}

/* "The top 3 stores with their manager": what each of them has. */
static void columns_of_ranking(reading_state *s)
{
    sem_query *q = s->q;

    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];

        if (it->taken || it->dimension < 0 || it->metric >= 0 || !s->ranking || q->n_groups != 1 || q->shape != SEM_VALUES || q->groups[0].dimension < 0 ||
            q->n_columns == SEM_MAX_GROUPS || !has_one(s, q->groups[0].dimension, it->dimension))
            continue;
        for (int k = i - 1; k >= 0; k--) {
            if (item_is(&s->items[k], C_COLUMNS)) {
                q->columns[q->n_columns++] = it->dimension;
                item_take(s, i, USE_GROUP);
                break;
            }
            if (!item_only_stop(&s->items[k]) && s->items[k].dimension < 0)
                break;
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
    if (!q->n_groups && q->n_conditions && q->n_groups < SEM_MAX_GROUPS) { /* "of the stores opened …, which five grew fastest" */
        const int label = sem_entity_at(s->layer, sem_condition_at(s->layer, q->conditions[0].condition)->entity)->label;
        for (int i = 0; label >= 0 && i < s->n && !q->n_groups; i++)
            if (s->items[i].dimension == label && s->items[i].plural)
                q->groups[q->n_groups++] = (sem_group){label, SEM_NO_GRAIN};
    }
    if (!q->n_groups) {
        why_not(s, "a ranking of nothing named");
        return;
    }
    q->ordered = true;
    columns_of_ranking(s);
    attribute_of_best(s);
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

agent_intent intent_of_query(const reading_state *s)
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
    s->q->like_for_like = says(s, C_LIKE_FOR_LIKE);
    s->q->constant_currency = says(s, C_CONSTANT_CURRENCY);
    for (int i = 0; i < s->n; i++)
        if (item_token_in(s, i, "mtd") || (s->items[i].time.n_tokens && words_match(&s->t, s->items[i].from, "month to date")))
            s->q->month_to_date = true;
    TAKE(s, USE_COMPARE, C_LIKE_FOR_LIKE, C_CONSTANT_CURRENCY);
}

/* "how did stock move over the months of 2025": the row itself, no rates. */
static bool moved_over_time(const reading_state *s)
{
    bool over = false;

    if (!s->t.n || !word_in(&s->t.at[0], "how") || time_group(s->q) < 0 || says(s, C_YEAR_ON_YEAR) || says(s, C_STEP_ON_STEP) || s->ranking)
        return false;
    for (int i = 0; i < s->t.n; i++) {
        if (word_in(&s->t.at[i], "grow|grew|growth|much|versus|vs|compared|against|than|percent"))
            return false;
        over = over || word_in(&s->t.at[i], "move|moved|develop|developed|evolve|evolved|vary|varied");
    }
    return over;
}

/* "at the exchange rates of 2024": the base of a change, or beyond us. */
static bool rates_of_a_time(const reading_state *s)
{
    for (int i = 0; i < s->n; i++)
        if (item_is(&s->items[i], C_CONSTANT_CURRENCY) && word_in(&s->t.at[s->items[i].from + s->items[i].n - 1], "of|rates|rate")) {
            bool constant = false;
            for (int w = s->items[i].from; w < s->items[i].from + s->items[i].n; w++)
                constant = constant || word_in(&s->t.at[w], "constant");
            if (!constant)
                return true;
        }
    return false;
}

/* "sales in Swiss francs": the measure in local currency, of that currency. */
static void local_currency(reading_state *s)
{
    static const struct { concept c; const char *code; } currencies[] = {{C_FRANC, "CHF"}, {C_POUND, "GBP"}};
    const int local = sem_metric_find(s->layer, "sales_local"), currency = sem_dimension_find(s->layer, "currency");
    sem_query *q = s->q;

    for (int i = 1; i < s->n; i++) /* "sales by region in local currency": no second measure */
        if (s->items[i].taken && s->items[i].metric == local && local >= 0 && q->n_metrics == 2 && q->metrics[1] == local &&
            q->metrics[0] == sem_metric_find(s->layer, "sales") && item_token_in(s, i - 1, "in|at")) {
            q->metrics[0] = local;
            q->n_metrics = 1;
        }
    for (size_t k = 0; k < 2; k++) {
        if (!says(s, currencies[k].c) || local < 0 || currency < 0 || q->n_metrics != 1 || q->n_filters >= SEM_MAX_FILTERS ||
            (q->metrics[0] != sem_metric_find(s->layer, "sales") && q->metrics[0] != local))
            continue;
        q->metrics[0] = local;
        q->filters[q->n_filters++] = (sem_filter){.dimension = currency, .op = SEM_IN, .values = {currencies[k].code}, .n_values = 1};
        TAKE(s, USE_METRIC, C_FRANC, C_POUND);
    }
}

/* "physical stores versus online": a condition and a channel, that is two
 * measures beside each other; no sale is both. */
static void physical_and_online(reading_state *s)
{
    const int physical = sem_condition_find(s->layer, "physical"), online = sem_condition_find(s->layer, "online");
    const int of_physical = sem_metric_find(s->layer, "area_sales"), of_online = sem_metric_find(s->layer, "online_sales");
    sem_query *q = s->q;
    int condition = -1, filter = -1, other = -1;

    for (int i = 0; i < q->n_conditions; i++) {
        if (q->conditions[i].condition == physical && physical >= 0 && !q->conditions[i].negate) condition = i;
        if (q->conditions[i].condition == online && online >= 0 && !q->conditions[i].negate) other = i;
    }
    for (int i = 0; i < q->n_filters; i++)
        if (q->filters[i].op == SEM_IN && q->filters[i].n_values == 1 && !strcmp(q->filters[i].values[0], "online"))
            filter = i;
    if (condition < 0 || (filter < 0 && other < 0) || (!s->compare && !says(s, C_AND)))
        return;
    if (of_physical < 0 || of_online < 0 || q->n_metrics > 1 || s->list || s->count || s->growth || s->share ||
        (q->n_metrics && q->metrics[0] != sem_metric_find(s->layer, "sales") && q->metrics[0] != of_physical && q->metrics[0] != of_online)) {
        why_not(s, "two conditions side by side");
        return;
    }
    q->metrics[0] = of_physical, q->metrics[1] = of_online;
    q->n_metrics = 2;
    if (filter >= 0) {
        memmove(&q->filters[filter], &q->filters[filter + 1], sizeof q->filters[0] * (size_t)(q->n_filters - filter - 1));
        q->n_filters--;
    }
    for (int i = q->n_conditions - 1; i >= 0; i--)
        if (i == condition || i == other) {
            memmove(&q->conditions[i], &q->conditions[i + 1], sizeof q->conditions[0] * (size_t)(q->n_conditions - i - 1));
            q->n_conditions--;
        }
    if (!strcmp(s->u->why_not, "two conditions side by side"))
        s->u->why_not = "";
    for (int i = 0; i < s->n; i++) /* "online and physical stores": not one by one */
        if (!s->items[i].taken && s->items[i].entity == sem_condition_at(s->layer, physical)->entity)
            item_take(s, i, USE_FILTER);
    TAKE(s, USE_COMPARE, C_VERSUS, C_COMPARE, C_DIFFERENCE);
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

static void more_than_before(reading_state *s)
{
    s->change_limit = true;
    s->q->having_op = SEM_GT;
    s->q->having_value = 0;
    for (int i = 0; i < s->n; i++)
        if (item_is(&s->items[i], C_MORE_THAN_BEFORE) && item_token_in(s, i, "less|fewer|lower|worse|smaller"))
            s->q->having_op = SEM_LT;
}

/* "How many weeks …": another measure would answer another question. */
static bool counted_unknown(const reading_state *s)
{
    for (int i = 0; i + 1 < s->n && s->count; i++)
        if (item_is(&s->items[i], C_HOW_MANY))
            return item_next(s, i) < s->n && !s->items[item_next(s, i)].taken;
    return false;
}

void intent_classify(reading_state *s)
{
    sem_query *q = s->q;
    bool two, named;
    const bool versus = says(s, C_VERSUS) || says(s, C_COMPARE) || says(s, C_DIFFERENCE);

    flags(s);
    local_currency(s);
    s->compare = versus;
    physical_and_online(s);
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
    if (two && says(s, C_THAN) && says(s, C_MORE_THAN_BEFORE) && !s->growth && which_group(s) && q->having_metric < 0)
        more_than_before(s); /* "which stores sold more in 2025 than in 2024" */
    named = named_share(s);
    s->trend = s->trend || moved_over_time(s);
    for (int i = 1; s->share && !q->n_groups && i < s->n; i++) /* "the distribution over departments" */
        if (!s->items[i].taken && s->items[i].plural && s->items[i].dimension >= 0 && s->items[i].metric < 0 &&
            item_token_in(s, i - 1, "over|across|among|between|amongst")) {
            q->groups[q->n_groups++] = (sem_group){s->items[i].dimension, SEM_NO_GRAIN};
            item_take(s, i, USE_GROUP);
        }
    if (s->place_asked)
        shape_place(s);
    else if (shape_fold(s))
        s->count = false;
    else if (s->why)
        shape_why(s);
    else if (s->running || q->moving) {
        q->running = !q->moving;
        moving_grain(s);
        shape_trend(s);
    } else if (s->uplift && sem_entity_find(s->layer, "promotion") >= 0) {
        q->shape = SEM_UPLIFT;
        need_metric(s, true);
        TAKE(s, USE_KIND, C_UPLIFT);
    } else if (s->growth && !(s->trend && !two && !says(s, C_YEAR_ON_YEAR) && !says(s, C_STEP_ON_STEP) && !q->like_for_like))
        shape_growth(s);
    else if (two && (s->change_limit || says(s, C_DIFFERENCE) || (says(s, C_THAN) && says(s, C_ABSOLUTE))))
        shape_growth(s);
    else if (q->like_for_like && !two)
        shape_growth(s);
    else if (two)
        shape_compare_periods(s);
    else if (s->share && !s->list && !named)
        shape_share(s);
    else if (counts_entity(s))
        shape_count(s);
    else if (s->list && s->entity_asked >= 0 && !q->n_metrics)
        shape_list(s);
    else if (s->trend || says(s, C_OVER_YEARS))
        shape_trend(s);
    else if (s->average)
        average_unit(s);
    else if (q->n_groups || s->ranking || says(s, C_PERFORM) || q->having_metric >= 0 || versus)
        need_metric(s, s->ranking || says(s, C_PERFORM) || q->having_metric >= 0);
    if (q->shape == SEM_VALUES && !q->n_metrics && q->n_conditions && s->entity_asked < 0 && !q->n_groups && s->u->ending == UNDERSTOOD) {
        s->entity_asked = sem_condition_at(s->layer, q->conditions[0].condition)->entity; /* "what is out of stock?" */
        shape_list(s);
    }
    if (q->shape == SEM_VALUES && !q->n_metrics && s->u->ending != UNDERSTOOD_AMBIGUOUS && (q->period.set || q->n_filters) && !s->list)
        need_metric(s, false);
    if (q->constant_currency && q->shape != SEM_GROWTH && q->shape != SEM_WHY && rates_of_a_time(s))
        why_not(s, "amounts at the exchange rates of another time");
    group_members(s, versus || says(s, C_THAN) || says(s, C_MORE_THAN_BEFORE));
    take_left_dimensions(s);
    if (q->shape == SEM_VALUES && q->having_metric >= 0 && !q->n_groups)
        why_not(s, "a limit on a total without a group");
    finish_ranking(s);
    if (versus && (q->n_metrics > 1 || (q->n_groups && !says(s, C_VERSUS))))
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
    if (q->shape == SEM_SHARE && q->having_metric >= 0 && q->n_metrics && q->metrics[0] == sem_metric_find(s->layer, "active_stores")) {
        why_not(s, "the share of things that reach a total");
        q->n_metrics = 0;
    }
    if (counted_unknown(s))
        q->n_metrics = 0;
    if (q->shape == SEM_GROWTH)
        for (int g = 0; g < q->n_groups; g++)
            if (q->groups[g].dimension >= 0 && q->groups[g].dimension == sem_dimension_find(s->layer, "holiday") && s->default_metric)
                why_not(s, "the days of the calendar"); /* "which holidays fell in 2025" */
    s->u->intent = intent_of_query(s);
    s->u->intent_score = s->default_metric ? 0.7 : 0.9;
}
