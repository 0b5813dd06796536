/* shapes_list.c - lists and counts of things: which columns, which entity. */
#include <math.h>
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

static void drop_group(sem_query *q, int dimension)
{
    for (int i = 0; i < q->n_groups; i++)
        if (q->groups[i].dimension == dimension && dimension >= 0) {
            memmove(&q->groups[i], &q->groups[i + 1], sizeof q->groups[0] * (size_t)(q->n_groups - i - 1));
            q->n_groups--;
            return;
        }
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

/* "In which city is our largest store", "when did Leipzig Mitte open": of the
 * one that is meant, only this. */
static bool attribute_asked(const reading_state *s, int label)
{
    bool one = s->q->order_dimension >= 0 && s->q->limit == 1;
    concept which = C_NONE;

    for (int f = 0; f < s->q->n_filters; f++)
        one = one || (s->when_dimension >= 0 && s->q->filters[f].dimension == label && s->q->filters[f].n_values == 1);
    if (!one)
        return false;
    if (s->when_dimension >= 0)
        return true;
    for (int i = 0; i < s->n; i++)
        if (s->items[i].dimension >= 0 && s->items[i].dimension != label && s->items[i].use == USE_GROUP)
            return item_token_in(s, i, "who") || (item_group_marker(s, i, &which) >= 0 && which == C_WHICH);
    return false;
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
    if (s->when_dimension >= 0 && q->n_columns < SEM_MAX_GROUPS && s->when_dimension != q->order_dimension)
        q->columns[q->n_columns++] = s->when_dimension;
    q->columns_only = q->n_columns > 0 && (only_columns(s) || attribute_asked(s, label));
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
        itself = q->metrics[i] == q->having_metric; /* "how many products made less than 100 euros in sales" */
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
