/* measures.c - what is measured, and of which things.
 *
 * A word can be a measure and a thing ("customers"), or a condition and a verb
 * of measuring ("sold"): which one is decided by what else was asked for. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

/* ---- conditions ------------------------------------------------------- */

static bool mentions_entity(const reading_state *s, int entity, int *where)
{
    for (int i = 0; i < s->n; i++)
        if (s->items[i].entity == entity) {
            *where = i;
            return true;
        }
    return false;
}

/* The entity that stands beside item i: the next one, else the one before. */
int item_entity_beside(const reading_state *s, int i)
{
    int k = item_next(s, i);

    while (k < s->n && (s->items[k].n_values || s->items[k].n_conditions) && s->items[k].entity < 0)
        k = item_next(s, k); /* "active West stores" */
    if (k < s->n && s->items[k].entity >= 0)
        return s->items[k].entity;
    for (k = item_prev(s, i); k >= 0; k = item_prev(s, k)) {
        if (s->items[k].entity >= 0)
            return s->items[k].entity;
        if (!s->items[k].n_values && !s->items[k].time.n_tokens && !item_is(&s->items[k], C_NOT) && !item_is(&s->items[k], C_EXCEPT) &&
            !s->items[k].n_conditions && s->items[k].dimension < 0)
            break;
    }
    return -1;
}

static bool other_entity(const reading_state *s, int entity)
{
    for (int i = 0; i < s->n; i++)
        if (s->items[i].entity >= 0 && s->items[i].entity != entity && s->items[i].metric < 0)
            return true;
    return false;
}

static int choose_condition(reading_state *s, int i)
{
    const item *it = &s->items[i];
    const int beside = item_entity_beside(s, i);
    const bool plain = it->n_concepts == 0 && it->metric < 0 && !it->n_values && it->grain == SEM_NO_GRAIN && it->time.n_tokens == 0;
    int where;

    for (int k = 0; k < it->n_conditions; k++)
        if (sem_condition_at(s->layer, it->conditions[k])->entity == beside)
            return it->conditions[k];
    for (int k = 0; k < it->n_conditions; k++)
        if ((plain || s->entity_asked == sem_condition_at(s->layer, it->conditions[k])->entity) &&
            mentions_entity(s, sem_condition_at(s->layer, it->conditions[k])->entity, &where))
            return it->conditions[k];
    if (plain && it->n_conditions == 1 && (it->n > 1 || !other_entity(s, sem_condition_at(s->layer, it->conditions[0])->entity)))
        return it->conditions[0];
    return -1;
}

/* "opened in 2024" happened then; "sales of online stores in 2024" were then. */
static bool own_time(const reading_state *s, int i, int condition)
{
    const token *last = &s->t.at[s->items[i].from + s->items[i].n - 1];

    const int after = item_next(s, i);

    return s->count || s->list || sem_condition_at(s->layer, condition)->needs_period || str_ends(last->fold, "ed") ||
           (after < s->n && (item_token_in(s, after, "end") || words_match(&s->t, s->items[after].from, "the end"))); /* "active at the end of 2024" */
}

/* "traded in April 2026 but were not active on its last day": the day is of
 * the period said before. */
static bool own_last_day(const reading_state *s, int i, sem_period *period)
{
    const sem_period *of = NULL;

    if (i < 1 || !item_token_in(s, i - 1, "its|their|that") || !item_token_in(s, i, "last|first"))
        return false;
    for (int k = i - 1; k >= 0 && !of; k--)
        if (s->items[k].time.kind == TIME_PERIOD && s->items[k].time.period.set)
            of = &s->items[k].time.period;
    if (!of)
        return false;
    *period = (sem_period){.set = true, .from = item_token_in(s, i, "last") ? of->to : of->from, .grain = SEM_DAY, .n = 1};
    period->to = period->from;
    period->label = arena_strf(s->arena, "the %s day of %s", item_token_in(s, i, "last") ? "last" : "first", of->label);
    return true;
}

void query_add_condition(reading_state *s, int i, int condition, bool negate)
{
    sem_condition_use *use;

    if (s->q->n_conditions == SEM_MAX_CONDITIONS) {
        why_not(s, "more conditions than a template takes");
        return;
    }
    use = &s->q->conditions[s->q->n_conditions++];
    *use = (sem_condition_use){.condition = condition, .negate = negate, .number = NAN};
    if (i >= 0) {
        const int after = item_next(s, i);
        const int on = after < s->n && item_is(&s->items[after], C_STOP) && item_token_in(s, after, "on") ? item_next(s, after) : after;
        sem_period day;

        /* "opened in 2024": the time beside it is its own */
        if (on < s->n && s->items[on].time.n_tokens && !s->items[on].taken && own_last_day(s, on, &day)) {
            use->period = day;
            item_take(s, on, USE_TIME);
        } else if (after < s->n && s->items[after].time.kind == TIME_PERIOD && !s->items[after].taken && s->items[i].composite < 0 &&
            own_time(s, i, condition)) {
            use->period = s->items[after].time.period;
            if (s->items[after].time.open_start)
                use->period.from = sem_days(1900, 1, 1); /* stores are older than the data */
            if (use->period.grain == SEM_DAY && use->period.n > 1 && !s->items[after].time.open_end && !s->items[after].time.open_start)
                use->number = use->period.n;
            item_take(s, after, USE_TIME);
        }
    }
}

/* "never refitted": not on any day, where "not refitted" may mean today. */
static void never_in_all(const reading_state *s, sem_condition_use *use)
{
    if (use->condition != sem_condition_find(s->layer, "refit") && use->condition != sem_condition_find(s->layer, "closed_for_a_time"))
        return;
    for (int i = 0; i < s->n; i++)
        if (s->items[i].time.n_tokens)
            return;
    if (!use->period.set)
        use->period = (sem_period){.set = true, .from = sem_days(1900, 1, 1), .to = sem_today(s->layer), .grain = SEM_DAY, .n = 1, .label = "any day"};
}

void take_conditions(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        int condition, marker;
        bool negate = false;

        if (s->items[i].taken || !s->items[i].n_conditions)
            continue;
        condition = choose_condition(s, i);
        if (condition < 0)
            continue;
        if (item_is(&s->items[i], C_STOP) && s->items[i].n == 1) { /* "promotions on": only where nothing follows but time */
            const int after = item_next(s, i);
            if (after < s->n && !s->items[after].time.n_tokens)
                continue;
        }
        /* "how much was sold", "sold most": a measure, unless things are counted or listed */
        if (item_is(&s->items[i], C_SELL) && !((s->count || s->list) && s->entity_asked == sem_condition_at(s->layer, condition)->entity))
            continue;
        if (s->items[i].metric >= 0 && !item_is(&s->items[i], C_SELL))
            continue;
        marker = item_marker_before(s, i, C_NOT) >= 0 ? item_marker_before(s, i, C_NOT) : item_marker_before(s, i, C_EXCEPT);
        if (marker >= 0 && !s->items[marker].taken) {
            negate = true;
            item_take(s, marker, USE_FILTER);
        }
        for (int k = i - 1; k >= 0 && !negate; k--) {
            if (s->items[k].use == USE_CONDITION && k < i - 1 && (item_is(&s->items[k + 1], C_AND) || item_is(&s->items[k + 1], C_OR) || item_is(&s->items[k + 1], C_VERSUS)))
                why_not(s, "two conditions side by side");
            if (!item_only_stop(&s->items[k]))
                break;
        }
        item_take(s, i, USE_CONDITION);
        query_add_condition(s, i, condition, negate);
        if (negate && item_token_in(s, marker, "never"))
            never_in_all(s, &s->q->conditions[s->q->n_conditions - 1]);
    }
}

/* ---- metrics ---------------------------------------------------------- */

static void add_metric(reading_state *s, int metric)
{
    for (int i = 0; i < s->q->n_metrics; i++)
        if (s->q->metrics[i] == metric)
            return;
    if (s->q->n_metrics == SEM_MAX_METRICS)
        why_not(s, "more measures than a template takes");
    else
        s->q->metrics[s->q->n_metrics++] = metric;
}

/* Another measure directly beside it, parted by "and" or a comma. */
static bool beside_metric(const reading_state *s, int i)
{
    const int after = item_next(s, i), before = item_prev(s, i);

    if (after < s->n && s->items[after].metric >= 0 && (after > i + 1 ? item_is(&s->items[i + 1], C_AND) : s->t.at[s->items[after].from].before == ','))
        return true;
    return before >= 0 && s->items[before].metric >= 0 &&
           (before < i - 1 ? item_is(&s->items[i - 1], C_AND) : s->t.at[s->items[i].from].before == ',');
}

/* A word that is a measure and also a thing ("customers", "orders"): a thing
 * where a plain measure is asked for beside it. */
static bool is_thing_here(const reading_state *s, int i)
{
    const item *it = &s->items[i];
    const int before = item_prev(s, i);

    if (it->entity < 0 && it->dimension < 0)
        return false;
    if (item_marker_before(s, i, C_HOW_MANY) >= 0 || (before >= 0 && item_is(&s->items[before], C_HOW_MANY)))
        return false;
    if (s->list && s->entity_asked == it->entity && it->entity >= 0)
        return true;
    if (it->composite < 0 && beside_metric(s, i)) /* "sales, orders and basket" */
        return false;
    for (int k = 0; k < s->n; k++) {
        const item *other = &s->items[k];
        if (k != i && other->metric >= 0 && other->dimension < 0 && other->entity < 0 && !item_weak_metric(other))
            return it->composite >= 0 || it->n == 1;
    }
    return s->q->having_metric >= 0 && s->q->having_metric != it->metric;
}

/* "spends most per order", "margin per unit": a ratio, if the layer names it. */
static void take_ratio(reading_state *s, int i)
{
    const char *over = s->t.at[s->items[i].from].stem;
    const int first = s->q->n_metrics ? s->q->metrics[s->q->n_metrics - 1] : sem_metric_find(s->layer, "sales");
    const int ratio = first >= 0 ? ratio_metric(s, first, over) : -1;

    item_take(s, i, USE_METRIC);
    if (ratio >= 0) {
        s->q->n_metrics = s->q->n_metrics ? s->q->n_metrics - 1 : 0;
        add_metric(s, ratio);
        return;
    }
    if (first >= 0 && s->items[i].metric >= 0 && s->q->per_metric < 0 && s->q->n_metrics <= 1 &&
        sem_metric_at(s->layer, first)->unit != SEM_PERCENT && sem_metric_at(s->layer, first)->additivity == SEM_ADDITIVE &&
        sem_metric_at(s->layer, s->items[i].metric)->additivity == SEM_ADDITIVE && sem_metric_at(s->layer, s->items[i].metric)->unit == SEM_COUNT) {
        if (!s->q->n_metrics)
            add_metric(s, first);
        s->q->per_metric = s->items[i].metric; /* "margin per unit" */
        return;
    }
    why_not(s, arena_strf(s->arena, "%s per %s has no name in the layer", first >= 0 ? sem_metric_at(s->layer, first)->name.id : "this", over));
}

static bool modifies_metric(const reading_state *s, int i)
{
    return i && s->items[i - 1].use == USE_METRIC && s->items[i - 1].taken && s->items[i].n > 1 && !s->t.at[s->items[i].from].before;
}

void take_metrics(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];

        if (it->taken || it->metric < 0 || item_weak_metric(it))
            continue;
        if (s->q->having_metric >= 0 && it->entity >= 0 && !s->count) /* "customers with at least 5 orders" */
            continue;
        if (s->list && it->dimension >= 0 && it->entity < 0) /* a column of the list */
            continue;
        if (item_marker_before(s, i, C_PER) >= 0 && item_token_in(s, item_marker_before(s, i, C_PER), "per") && !it->plural) {
            take_ratio(s, i);
            continue;
        }
        if (item_is(it, C_SHARE) && item_other_metric(s, i)) { /* "the contribution of each brand to margin" */
            item_take(s, i, USE_KIND);
            continue;
        }
        if (it->entity >= 0 && it->plural && it->composite < 0 && item_next(s, i) < s->n && item_weak_metric(&s->items[item_next(s, i)]) && s->t.n > 1 &&
            word_in(&s->t.at[0], "how") && word_in(&s->t.at[1], "much")) {
            item_take(s, i, USE_GROUP); /* "how much did customers spend" */
            continue;
        }
        if (is_thing_here(s, i)) {
            for (int k = 0; it->composite >= 0 && !s->list && k < s->q->n_conditions; k++)
                if (sem_condition_at(s->layer, s->q->conditions[k].condition)->entity == sem_condition_at(s->layer, it->composite)->entity)
                    why_not(s, "two conditions side by side");
            if (it->composite >= 0)
                query_add_condition(s, i, it->composite, item_marker_before(s, i, C_NOT) >= 0);
            if (it->dimension >= 0 || it->entity >= 0)
                item_take(s, i, it->composite >= 0 ? USE_CONDITION : USE_GROUP);
            continue;
        }
        if (modifies_metric(s, i) && s->q->n_metrics) /* "revenue net of returns" */
            s->q->n_metrics--;
        add_metric(s, it->metric);
        item_take(s, i, USE_METRIC);
    }
    for (int i = 0; i < s->n; i++)
        if (!s->items[i].taken && item_weak_metric(&s->items[i])) {
            if (!s->q->n_metrics && s->q->having_metric < 0 && !s->list && (!s->count || s->entity_asked < 0)) {
                const int sales = sem_metric_find(s->layer, "sales");
                if (sales >= 0)
                    add_metric(s, sales);
                else if (s->items[i].metric >= 0)
                    add_metric(s, s->items[i].metric);
            }
            item_take(s, i, USE_METRIC);
        }
}
