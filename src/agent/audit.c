/* audit.c - does the query say what the question's words asked for?
 *
 * The passes take words one by one and may lose on the way what a word was taken
 * for. Here every word that changes an answer (not, only, versus, each, share,
 * average, a superlative, a period, what a question is about) must be found
 * again in the finished query; if not, the question is the model's. */
#include <math.h>
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

static const char *metric_id(const reading_state *s, int m) { return sem_metric_at(s->layer, s->q->metrics[m])->name.id; }

static bool id_of_absence(const char *id)
{
    static const char *const heads[] = {"not_", "never_", "without_", "silent", "lapsed", "customer_never", "physical", "anonymous",
                                        "out_of_stock", "area_sales", "sales_on_target", "target_", "customer"};

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (str_starts(id, heads[i]))
            return true;
    return false;
}

static bool held_absence(const reading_state *s)
{
    const sem_query *q = s->q;

    for (int f = 0; f < q->n_filters; f++)
        if (q->filters[f].op == SEM_NOT_IN || q->filters[f].op == SEM_NE || q->filters[f].op == SEM_IS_NULL || q->filters[f].op == SEM_IS_NOT_NULL)
            return true;
    for (int c = 0; c < q->n_conditions; c++)
        if (q->conditions[c].negate || id_of_absence(sem_condition_at(s->layer, q->conditions[c].condition)->name.id))
            return true;
    for (int m = 0; m < q->n_metrics; m++)
        if (id_of_absence(metric_id(s, m)))
            return true;
    return q->having_metric >= 0 || q->like_for_like || q->constant_currency;
}

static bool held_order(const reading_state *s)
{
    const sem_query *q = s->q;

    return q->ordered || q->limit || q->fold || q->order_dimension >= 0 || q->rank_filter >= 0 || q->together || q->shape == SEM_WHY ||
           q->having_metric >= 0 || s->why || (q->n_metrics && sem_metric_at(s->layer, q->metrics[0])->unit == SEM_DATE);
}

static bool held_comparison(const reading_state *s)
{
    const sem_query *q = s->q;

    if (q->shape == SEM_COMPARE || q->shape == SEM_GROWTH || q->shape == SEM_WHY || q->shape == SEM_UPLIFT || q->n_periods > 1 || q->n_metrics > 1 ||
        q->n_conditions > 1 || q->fold || q->having_metric >= 0 || q->rank_filter >= 0 || said_members(s))
        return true;
    for (int m = 0; m < q->n_metrics; m++)
        if (str_starts(metric_id(s, m), "target"))
            return true;
    return q->n_groups > 0 && !says(s, C_VERSUS);
}

static bool held_change(const reading_state *s)
{
    const sem_query *q = s->q;

    return q->shape == SEM_GROWTH || q->shape == SEM_WHY || q->n_periods > 1 || time_group(q) >= 0 || q->having_metric >= 0 || q->like_for_like;
}

static bool held_share(const reading_state *s)
{
    const sem_query *q = s->q;

    if (q->shape == SEM_SHARE || q->shape == SEM_GROWTH || q->shape == SEM_UPLIFT || q->shape == SEM_WHY)
        return true;
    for (int m = 0; m < q->n_metrics; m++)
        if (sem_metric_at(s->layer, q->metrics[m])->unit == SEM_PERCENT)
            return true;
    return q->having_metric >= 0 && sem_metric_at(s->layer, q->having_metric)->unit == SEM_PERCENT;
}

static bool held_average(const reading_state *s)
{
    const sem_query *q = s->q;

    if (q->average_per != SEM_NO_GRAIN || q->average_per_entity >= 0 || q->moving || q->fold || q->per_metric >= 0)
        return true;
    for (int m = 0; m < q->n_metrics; m++)
        if (sem_metric_at(s->layer, q->metrics[m])->additivity == SEM_RATIO)
            return true;
    return q->having_metric >= 0 && sem_metric_at(s->layer, q->having_metric)->additivity == SEM_RATIO;
}

/* "Only online", "both Toys and Shoes": of the things listed, all that they
 * did is meant; a list asks whether there was any. */
static bool held_whole(const reading_state *s)
{
    const int label = s->q->entity >= 0 ? sem_entity_at(s->layer, s->q->entity)->label : -1;

    if ((s->q->shape != SEM_LIST && s->q->shape != SEM_COUNT_OF) || label < 0)
        return true;
    for (int f = 0; f < s->q->n_filters; f++)
        if (sem_dimension_at(s->layer, s->q->filters[f].dimension)->table != sem_dimension_at(s->layer, label)->table)
            return false;
    return true;
}

static bool held_effect(const reading_state *s)
{
    const int promotion = sem_entity_find(s->layer, "promotion");

    if (s->q->shape != SEM_UPLIFT)
        return false;
    for (int i = 0; i < s->n; i++) {
        if (s->items[i].entity == promotion)
            return true;
        for (int v = 0; v < s->items[i].n_values; v++)
            if (str_starts(sem_dimension_at(s->layer, s->items[i].values[v].dimension)->name.id, "promotion"))
                return true;
    }
    return false;
}

static const struct { concept c; bool (*held)(const reading_state *); const char *what; } checks[] = {
    {C_NOT, held_absence, "what is left out"},       {C_EXCEPT, held_absence, "what is left out"},
    {C_TOP, held_order, "the order"},                {C_BOTTOM, held_order, "the order"},
    {C_BEST, held_order, "the order"},               {C_WORST, held_order, "the order"},
    {C_DEAREST, held_order, "the order"},            {C_CHEAPEST, held_order, "the order"},
    {C_VERSUS, held_comparison, "the comparison"},   {C_COMPARE, held_comparison, "the comparison"},
    {C_DIFFERENCE, held_comparison, "the difference"}, {C_THAN, held_comparison, "the comparison"},
    {C_GROW, held_change, "the change"},             {C_GROW_UP, held_change, "the change"},
    {C_GROW_DOWN, held_change, "the change"},        {C_YEAR_ON_YEAR, held_change, "the change"},
    {C_SHARE, held_share, "the share"},              {C_AVERAGE, held_average, "the average"},
    {C_MEDIAN, held_average, "the median"},          {C_ONLY, held_whole, "'only'"},
    {C_UPLIFT, held_effect, "the effect"},
};

/* A word of the language on its own, not inside the name of something. */
static bool own_word(const item *it)
{
    return it->metric < 0 && it->dimension < 0 && !it->n_values && !it->n_conditions && it->use != USE_TIME && it->use != USE_METRIC;
}

static void audit_words(reading_state *s)
{
    for (int i = 0; i < s->n; i++)
        for (size_t k = 0; own_word(&s->items[i]) && k < sizeof checks / sizeof checks[0]; k++)
            if (item_is(&s->items[i], checks[k].c) && !(item_only_stop(&s->items[i]) && checks[k].c != C_ONLY && checks[k].c != C_NOT) && !checks[k].held(s))
                why_not(s, arena_strf(s->arena, "%s ('%s') has no place in what was read", checks[k].what, item_text(s, i)));
    for (int i = 0; i < s->n; i++)
        if (item_token_in(s, i, "both") && !held_whole(s))
            why_not(s, "'both' has no place in what was read");
}

/* ---- groups ------------------------------------------------------------ */

static bool represented(const reading_state *s, int dimension, int entity)
{
    const sem_query *q = s->q;
    bool there = entity >= 0 && (entity == q->entity || entity == q->average_per_entity || entity == s->entity_asked);

    for (int g = 0; g < q->n_groups; g++)
        there = there || q->groups[g].dimension == dimension;
    for (int c = 0; c < q->n_columns; c++)
        there = there || q->columns[c] == dimension;
    for (int f = 0; f < q->n_filters; f++)
        there = there || q->filters[f].dimension == dimension;
    for (int c = 0; c < q->n_conditions; c++)
        there = there || sem_condition_at(s->layer, q->conditions[c].condition)->entity == entity;
    if (q->entity >= 0)
        there = there || sem_entity_at(s->layer, q->entity)->label == dimension;
    return there || q->order_dimension == dimension || s->when_dimension == dimension;
}

static void audit_groups(reading_state *s)
{
    int first = item_next(s, -1);

    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];

        if (it->use == USE_STOP && it->taken && it->dimension >= 0 && it->n == 1 && !it->plural && it->metric < 0 && !represented(s, it->dimension, it->entity))
            why_not(s, arena_strf(s->arena, "'%s' has no place in what was read", item_text(s, i)));
        if (it->use == USE_GROUP && it->dimension >= 0 && it->number_dimension < 0 && it->metric < 0 && !represented(s, it->dimension, it->entity) &&
            s->q->shape != SEM_UPLIFT && !sem_dimension_at(s->layer, it->dimension)->is_entity_label)
            why_not(s, arena_strf(s->arena, "'%s' has no place in what was read", item_text(s, i)));
    }
    while (first < s->n && (item_is(&s->items[first], C_LIST) || item_is(&s->items[first], C_WHICH)))
        first = item_next(s, first);
    if (first < s->n && s->items[first].plural && s->items[first].entity >= 0 && s->items[first].dimension >= 0 && s->items[first].metric < 0 &&
        s->items[first].n == 1 && !represented(s, s->items[first].dimension, s->items[first].entity))
        why_not(s, arena_strf(s->arena, "the question is about %s", item_text(s, first)));
}

/* ---- periods ----------------------------------------------------------- */

static bool overlaps(const sem_period *a, const sem_period *b) { return a->set && b->set && a->from <= b->to && b->from <= a->to; }

static void audit_periods(reading_state *s)
{
    const sem_query *q = s->q;

    for (int i = 0; i < s->n; i++) {
        const time_phrase *p = &s->items[i].time;
        bool there = false;

        if (s->items[i].use != USE_TIME || p->kind != TIME_PERIOD || !p->period.set || *p->problem)
            continue;
        there = overlaps(&p->period, &q->period) || overlaps(&p->period, &q->base);
        for (int k = 0; k < q->n_periods; k++)
            there = there || overlaps(&p->period, &q->periods[k]);
        for (int k = 0; k < q->n_conditions; k++)
            there = there || overlaps(&p->period, &q->conditions[k].period);
        if ((q->shape == SEM_GROWTH || q->shape == SEM_WHY) && !q->base.set && q->period.set) {
            const sem_period before = sem_year_before(s->layer, &q->period, s->arena); /* the base when none is named */
            there = there || overlaps(&p->period, &before);
        }
        if (!there && (q->month_to_date || (i && item_token_in(s, i - 1, "its|their|that")))) /* "on its last day" */
            continue;
        if (!there && !(q->shape == SEM_VALUES && !q->period.set))
            why_not(s, arena_strf(s->arena, "'%s' has no place in what was read", item_text(s, i)));
    }
    if (q->shape == SEM_LIST && q->period.set && !q->n_conditions && q->entity >= 0 && sem_entity_at(s->layer, q->entity)->label >= 0 &&
        sem_metric_find(s->layer, "sales") >= 0 && !sem_dimension_at(s->layer, sem_entity_at(s->layer, q->entity)->label)->is_entity_label &&
        strcmp(sem_entity_at(s->layer, q->entity)->name.id, "order") != 0)
        why_not(s, "a list of things that have no time");
}

/* ---- what kind of answer ------------------------------------------------ */

static bool about_people(const reading_state *s)
{
    static const char *const ids[] = {"manager", "customer", "segment"};

    for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++)
        if (represented(s, sem_dimension_find(s->layer, ids[k]), sem_entity_find(s->layer, ids[k])))
            return true;
    return s->q->n_metrics && strstr(metric_id(s, 0), "customer") != NULL;
}

static void audit_kind(reading_state *s)
{
    const sem_query *q = s->q;
    const token *t = s->t.n ? &s->t.at[0] : NULL;
    const bool sales = sem_metric_find(s->layer, "sales") >= 0;

    if (!t || !sales)
        return;
    if (q->shape == SEM_LIST && word_in(t, "is|are|was|were|did|does|do|has|have|how"))
        why_not(s, "a question that is answered by yes or no, or by a figure, read as a list");
    if (word_in(t, "who") && !about_people(s))
        why_not(s, "who: nobody was named");
    if (says(s, C_HOW_MANY) && q->shape == SEM_VALUES && q->n_metrics && !q->fold && item_find(s, C_HOW_MANY) < 0 && q->per_metric < 0 &&
        sem_metric_at(s->layer, q->metrics[0])->unit != SEM_COUNT && sem_metric_at(s->layer, q->metrics[0])->unit != SEM_NUMBER && q->having_metric < 0)
        why_not(s, "how many: no number was read");
}

void audit(reading_state *s)
{
    if (*s->u->why_not)
        return;
    audit_words(s);
    audit_groups(s);
    audit_periods(s);
    audit_kind(s);
}
