/* entity_extractor.c - readings become the parts of a sem_query.
 *
 * Passes over the spans, each taking what it understands: undefined words,
 * comparisons with a number, values and exclusions, conditions, tops, groups,
 * metrics, and time last, when it is known what a time phrase stands beside.
 * What kind of question it is comes after (intent_classifier.c). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

/* ---- looking around --------------------------------------------------- */

/* The untaken item with concept `c` that stands directly before i, passing
 * only over stop words; -1 if none. */
int item_marker_before(const reading_state *s, int i, concept c)
{
    for (int k = i - 1; k >= 0; k--) {
        if (item_is(&s->items[k], c) && s->items[k].use != USE_METRIC)
            return k;
        if (!item_only_stop(&s->items[k]))
            return -1;
    }
    return -1;
}

static bool has(const reading_state *s, concept c) { return item_find(s, c) >= 0; }

static bool has_any(const reading_state *s, const concept *list, int n)
{
    for (int i = 0; i < n; i++)
        if (has(s, list[i]))
            return true;
    return false;
}

/* "sold", "bought": a measure only where no other is named. */
bool item_weak_metric(const item *it) { return item_is(it, C_SELL); }

bool item_other_metric(const reading_state *s, int i)
{
    for (int k = 0; k < s->n; k++)
        if (k != i && s->items[k].metric >= 0 && !item_weak_metric(&s->items[k]) && !item_is(&s->items[k], C_SHARE))
            return true;
    return false;
}

bool item_superlative(const item *it)
{
    return item_is(it, C_TOP) || item_is(it, C_BOTTOM) || item_is(it, C_BEST) || item_is(it, C_WORST) ||
           item_is(it, C_FAST) || item_is(it, C_SLOW);
}

const char *dimension_title(const reading_state *s, int dimension)
{
    return sem_dimension_at(s->layer, dimension)->name.title;
}

/* ---- words without a meaning here ------------------------------------- */

static bool take_undefined(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        const sem_undefined *u;

        if (s->items[i].undefined < 0 || s->items[i].taken)
            continue;
        if (s->items[i].metric >= 0 || s->items[i].n_values || s->items[i].time.n_tokens > 0)
            if (s->items[i].time.kind != TIME_FUTURE)
                continue;
        if (has(s, C_WHY) && item_is(&s->items[i], C_GROW_UP))
            continue;
        u = sem_undefined_at(s->layer, s->items[i].undefined);
        s->u->ending = u->ending == 'a' ? UNDERSTOOD_AMBIGUOUS : UNDERSTOOD_NOT_IN_DATA;
        s->u->missing = u->missing;
        s->u->n_choices = 0;
        for (int k = 0; k < u->n_readings && k < UNDERSTAND_MAX_CHOICES; k++)
            s->u->choices[s->u->n_choices++] = u->readings[k];
        trace(s, arena_strf(s->arena, "'%s' has no meaning in this data: %s", item_text(s, i), u->missing));
        return true;
    }
    return false;
}

/* ---- order of the passes ---------------------------------------------- */

/* "how many outlets", "list the flagships": the things that have this value. */
static int entity_of_value(const reading_state *s, int i)
{
    const item *it = &s->items[i];

    for (int v = 0; it->plural && v < it->n_values; v++) {
        const sem_dimension *d = sem_dimension_at(s->layer, it->values[v].dimension);
        for (int e = 0; !d->is_entity_label && e < sem_n_entities(s->layer); e++) {
            const int label = sem_entity_at(s->layer, e)->label;
            if (label >= 0 && sem_dimension_at(s->layer, label)->table == d->table && sem_dimension_at(s->layer, label)->is_entity_label)
                return e;
        }
    }
    return -1;
}

/* "average discount percentage": the unit of a percentage, no share. */
static bool percent_word(reading_state *s, int i)
{
    if (!i || s->items[i].n > 1 || s->items[i - 1].metric < 0 || sem_metric_at(s->layer, s->items[i - 1].metric)->unit != SEM_PERCENT ||
        !item_token_in(s, i, "percentage|percent|share"))
        return false;
    item_take(s, i, USE_METRIC);
    return true;
}

static void find_kinds(reading_state *s)
{
    static const concept growth[] = {C_GROW, C_GROW_UP, C_GROW_DOWN, C_YEAR_ON_YEAR, C_STEP_ON_STEP};
    int i;

    for (i = 0; i + 1 < s->n; i++) /* "lose to discounts", "give away in discounts" */
        if (item_token_in(s, i, "lose|lost|losing") && item_token_in(s, i + 1, "to|through|on|in|from") && s->t.n && word_in(&s->t.at[0], "how")) {
            const int k = item_next(s, i);
            if (k < s->n && s->items[k].metric >= 0 && !sem_metric_at(s->layer, s->items[k].metric)->higher_is_better)
                item_take(s, i, USE_METRIC);
        }
    s->growth = has_any(s, growth, 5);
    s->why = has(s, C_WHY) || (s->growth && has(s, C_DRIVER));
    s->average = has(s, C_AVERAGE);
    s->median = has(s, C_MEDIAN);
    s->average = s->average || s->median;
    find_moving(s);
    s->share = false;
    for (i = 0; i < s->n; i++)
        if (item_is(&s->items[i], C_SHARE) && (s->items[i].metric < 0 || item_other_metric(s, i)) && !percent_word(s, i))
            s->share = true;
    s->running = false;
    i = item_find(s, C_RUNNING);
    if (i >= 0 && !(s->items[i].n_conditions && item_entity_beside(s, i) >= 0 && s->items[i].n == 1))
        s->running = true;
    s->trend = has(s, C_TREND);
    s->uplift = has(s, C_UPLIFT);
    s->step_on_step = has(s, C_STEP_ON_STEP);
    s->count = has(s, C_HOW_MANY);
    s->entity_asked = -1;
    i = item_find(s, C_HOW_MANY);
    if (i >= 0) {
        int k = item_next(s, i);
        while (k < s->n && s->items[k].entity < 0 && (s->items[k].n_values || s->items[k].n_conditions))
            k = item_next(s, k);
        if (k < s->n && s->items[k].entity >= 0)
            s->entity_asked = s->items[k].entity;
        else if (item_next(s, i) < s->n)
            s->entity_asked = entity_of_value(s, item_next(s, i));
    }
}

/* "list the stores", "which stores": an entity without a measure. */
/* "list all flagship stores": values and conditions may stand between. */
static bool list_marker(const reading_state *s, int i)
{
    bool of = false;

    for (int k = i - 1; k >= 0; k--) {
        if (item_is(&s->items[k], C_LIST) || (k < i - 1 && item_token_in(s, k, "which|what"))) /* "which active stores" */
            return true;
        of = of || item_token_in(s, k, "of|for");
        if (of && s->items[k].dimension >= 0 && (s->items[k].metric < 0 || s->items[k].number_dimension >= 0)) {
            /* "name and list price of the products", "manager and floor area of the stores" */
            if (item_prev(s, k) < 0 && s->items[k].metric < 0)
                return true;
            continue;
        }
        if (!item_only_stop(&s->items[k]) && !(s->items[k].entity < 0 && (s->items[k].n_values || s->items[k].n_conditions)))
            return false;
    }
    return false;
}

/* "customers from Austria who joined in 2025": they, not their number. */
static bool who_follows(const reading_state *s, int i)
{
    const int entity = s->items[i].entity;

    for (i++; i < s->n; i++) {
        if (item_token_in(s, i, "who|whose"))
            return true;
        for (int k = 0; s->items[i].n > 1 && s->items[i].metric < 0 && k < s->items[i].n_conditions; k++)
            if (sem_condition_at(s->layer, s->items[i].conditions[k])->entity == entity)
                return true; /* "open stores without a target" */
    }
    return false;
}

/* "stores with their opening date and floor area", "manager and floor area of
 * the stores": a number among other attributes. */
static bool among_columns(const reading_state *s, int i)
{
    bool other = false;

    if (s->items[i].number_dimension < 0)
        return false;
    for (int k = i - 1; k >= 0; k--) {
        if (item_is(&s->items[k], C_COLUMNS))
            return true;
        if (s->items[k].dimension >= 0 && s->items[k].dimension != s->items[i].dimension)
            other = true;
        else if (!item_only_stop(&s->items[k]))
            return false;
    }
    return other;
}

/* The first item but for what narrows it: "physical stores that …". */
static int first_thing(const reading_state *s)
{
    int i = item_next(s, -1);

    while (i < s->n && s->items[i].entity < 0 && s->items[i].metric < 0 && s->items[i].dimension < 0 && (s->items[i].n_values || s->items[i].n_conditions))
        i = item_next(s, i);
    return i;
}

static bool list_asked(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        concept which = C_NONE;
        const bool first = i == first_thing(s) && (s->items[i].metric < 0 || s->items[i].thing_first ||
                           (s->items[i].plural && who_follows(s, i)));
        const int entity = s->items[i].entity >= 0 ? s->items[i].entity : entity_of_value(s, i);
        if (entity < 0 || (s->items[i].taken && s->items[i].use == USE_METRIC))
            continue;
        if (list_marker(s, i) || item_group_marker(s, i, &which) >= 0 || first) {
            if (which != C_NONE && which != C_WHICH && which != C_EACH)
                continue;
            s->entity_asked = entity;
            break;
        }
    }
    if (s->entity_asked < 0)
        return false;
    for (int i = 0; i < s->n; i++)
        if (s->items[i].metric >= 0 && !s->items[i].taken && !item_weak_metric(&s->items[i]) && s->items[i].entity != s->entity_asked &&
            !among_columns(s, i) && !(s->items[i].dimension >= 0 && (item_marker_before(s, i, C_COLUMNS) >= 0 || item_marker_before(s, i, C_WITH) >= 0)))
            return false;
    if (s->growth || s->share || s->average || s->running || s->why || s->trend)
        return false;
    for (int i = 0; i < s->n; i++)
        if (item_superlative(&s->items[i]) || item_is(&s->items[i], C_RANK) ||
            (item_is(&s->items[i], C_PERFORM) && !s->items[i].n_conditions && !s->items[i].n_values) || item_is(&s->items[i], C_HOW_MUCH) ||
            item_is(&s->items[i], C_COMPARE))
            return false;
    return true;
}

static void find_list(reading_state *s)
{
    if (s->entity_asked >= 0)
        return;
    s->list = !(s->t.n && word_in(&s->t.at[0], "did|does|do|is|was|were|has|have|how|hows")) && !has(s, C_VERSUS) && list_asked(s);
    if (s->t.n > 2 && word_in(&s->t.at[0], "what") && word_in(&s->t.at[1], "did|does|do") && has(s, C_SELL))
        s->list = false; /* "what did the outlets sell": their sales */
    if (!s->list)
        s->entity_asked = -1;
}

void entities_extract(reading_state *s)
{
    find_kinds(s);
    if (take_undefined(s))
        return;
    year_for_bare(s);
    find_place(s);
    take_attribute_orders(s);
    take_superlatives(s);
    take_comparisons(s);
    count_of_time(s);
    take_when(s);
    find_list(s);
    take_values(s);
    take_holidays(s);
    take_conditions(s);
    take_groups(s);
    group_by_value(s);
    take_metrics(s);
    take_time(s);
    calendar_ends(s);
}
