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
static int marker_before(const reading_state *s, int i, concept c)
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
static bool weak_metric(const item *it) { return item_is(it, C_SELL); }

static bool other_metric(const reading_state *s, int i)
{
    for (int k = 0; k < s->n; k++)
        if (k != i && s->items[k].metric >= 0 && !weak_metric(&s->items[k]) && !item_is(&s->items[k], C_SHARE))
            return true;
    return false;
}

static bool is_superlative(const item *it)
{
    return item_is(it, C_TOP) || item_is(it, C_BOTTOM) || item_is(it, C_BEST) || item_is(it, C_WORST) ||
           item_is(it, C_FAST) || item_is(it, C_SLOW);
}

static const char *title_of(const reading_state *s, int dimension)
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

/* ---- filters ---------------------------------------------------------- */

static sem_filter *filter_for(reading_state *s, int dimension, sem_op op)
{
    sem_query *q = s->q;
    sem_filter *f;

    for (int i = 0; i < q->n_filters; i++)
        if (q->filters[i].dimension == dimension && q->filters[i].op == op && (op == SEM_IN || op == SEM_NOT_IN))
            return &q->filters[i];
    if (q->n_filters == SEM_MAX_FILTERS) {
        why_not(s, "more filters than a template takes");
        return NULL;
    }
    f = &q->filters[q->n_filters++];
    f->dimension = dimension, f->op = op, f->n_values = 0;
    return f;
}

static void add_filter_values(reading_state *s, int dimension, sem_op op, const value_hit *hit)
{
    sem_filter *f = filter_for(s, dimension, op);

    for (int v = 0; f && v < hit->n_values; v++) {
        bool there = false;
        for (int k = 0; k < f->n_values; k++)
            there = there || !strcmp(f->values[k], hit->values[v]);
        if (!there && f->n_values < SEM_MAX_VALUES)
            f->values[f->n_values++] = hit->values[v];
        else if (!there)
            why_not(s, "more values than a template takes");
    }
}

static void add_number_filter(reading_state *s, int dimension, sem_op op, double a, double b)
{
    sem_filter *f = filter_for(s, dimension, op);

    if (!f)
        return;
    f->values[f->n_values++] = arena_strf(s->arena, "%.15g", a);
    if (op == SEM_BETWEEN)
        f->values[f->n_values++] = arena_strf(s->arena, "%.15g", b);
}

static bool is_largest_table(const reading_state *s, int table)
{
    for (int k = 0; k < s->catalog->n_tables; k++)
        if (s->catalog->tables[k].n_rows > s->catalog->tables[table].n_rows)
            return false;
    return true;
}

/* How well a reading of a value fits what stands beside it; higher is better. */
static int value_fit(const reading_state *s, int i, const value_hit *h)
{
    const sem_dimension *d = sem_dimension_at(s->layer, h->dimension);
    const int before = item_prev(s, i), after = item_next(s, i);
    int fit = 100 - h->dimension; /* the layer's order is the last word */

    if (d->table >= 0 && is_largest_table(s, d->table)) fit += 150; /* "online sales" are of the sales' channel */
    if (h->how == VALUE_WHOLE) fit += 200;
    else if (h->how == VALUE_SERIES) fit += 150;
    if (before >= 0 && s->items[before].dimension == h->dimension) fit += 1000;
    if (after < s->n && s->items[after].dimension == h->dimension) fit += 1100;
    for (int k = 0; k < s->n; k++) { /* "customers from Germany", "online vs store" */
        const item *it = &s->items[k];
        if (k == i)
            continue;
        if (it->entity >= 0 && d->table == sem_dimension_at(s->layer, sem_entity_at(s->layer, it->entity)->label >= 0 ?
                sem_entity_at(s->layer, it->entity)->label : h->dimension)->table && !d->is_entity_label &&
            sem_entity_at(s->layer, it->entity)->label >= 0)
            fit += (k == before || k == after) ? 300 : 20;
        for (int v = 0; v < it->n_values; v++)
            if (it->values[v].dimension == h->dimension && it->n_values + s->items[i].n_values > 2)
                fit += 60;
    }
    return fit;
}

/* The reading of item i as a value; NULL if it is rather something else. */
static const value_hit *best_value(reading_state *s, int i)
{
    const item *it = &s->items[i];
    const value_hit *best = NULL;
    int best_fit = 0;

    for (int v = 0; v < it->n_values; v++) {
        const int fit = value_fit(s, i, &it->values[v]);
        if (best && best->how == VALUE_WHOLE && it->values[v].how != VALUE_WHOLE)
            continue;
        if (best && best->how != VALUE_WHOLE && it->values[v].how == VALUE_WHOLE)
            best = NULL;
        if (!best || fit > best_fit)
            best = &it->values[v], best_fit = fit;
    }
    for (int v = 0; best && v < it->n_values; v++)
        if (&it->values[v] != best && it->values[v].dimension != best->dimension)
            trace(s, arena_strf(s->arena, "'%s' read as %s, not %s", item_text(s, i), title_of(s, best->dimension),
                                title_of(s, it->values[v].dimension)));
    if (!best)
        return NULL;
    if (best_fit < 500 && item_is(it, C_PERFORM))
        return NULL; /* "how is business going" */
    /* a word of the language or of the layer that is also a value: only beside its dimension */
    if (best_fit < 1000 && (it->dimension >= 0 || it->entity >= 0 || it->metric >= 0 || it->grain != SEM_NO_GRAIN ||
                            it->time.n_tokens || it->is_number || item_is(it, C_SHARE) || item_is(it, C_STOP)))
        return NULL;
    if (best_fit < 1000 && sem_dimension_at(s->layer, best->dimension)->name.id &&
        !strcmp(sem_dimension_at(s->layer, best->dimension)->name.id, "currency"))
        return NULL; /* "in CHF" asks for another unit, not for a region */
    return best;
}

/* "online vs store": a word that names a dimension, said beside a value that
 * only its channel has. */
static const value_hit *partner_value(reading_state *s, int i)
{
    const int around[2] = {item_prev(s, i), item_next(s, i)};

    for (int side = 0; side < 2; side++) {
        int k = around[side];
        if (k >= 0 && k < s->n && (item_is(&s->items[k], C_VERSUS) || item_is(&s->items[k], C_AND) || item_is(&s->items[k], C_OR)))
            k = side ? item_next(s, k) : item_prev(s, k);
        if (k < 0 || k >= s->n)
            continue;
        for (int a = 0; a < s->items[i].n_values; a++)
            for (int b = 0; b < s->items[k].n_values; b++)
                if (s->items[i].values[a].dimension == s->items[k].values[b].dimension && !s->items[i].plural)
                    return &s->items[i].values[a];
    }
    return NULL;
}

static bool excluded(reading_state *s, int i, int *marker)
{
    for (int k = i - 1; k >= 0; k--) {
        if (item_is(&s->items[k], C_EXCEPT) || item_is(&s->items[k], C_NOT)) {
            *marker = k;
            return true;
        }
        /* a chain: "excluding Audio, Phones and Toys" */
        if (!item_only_stop(&s->items[k]) && !(s->items[k].taken && s->items[k].use == USE_FILTER))
            return false;
        if (item_is(&s->items[k], C_IN) && k + 1 < s->n && s->items[k].from && !item_is(&s->items[k - 1 < 0 ? 0 : k - 1], C_EXCEPT) &&
            !item_is(&s->items[k - 1 < 0 ? 0 : k - 1], C_NOT) && k < i - 1 && s->items[k + 1].use == USE_FILTER)
            return false;
    }
    return false;
}

static void take_dimension_beside(reading_state *s, int i, int dimension)
{
    const int before = item_prev(s, i), after = item_next(s, i);

    if (after < s->n && s->items[after].dimension == dimension && !s->items[after].taken)
        item_take(s, after, USE_FILTER);
    else if (before >= 0 && s->items[before].dimension == dimension && !s->items[before].taken &&
             marker_before(s, before, C_BY) < 0 && marker_before(s, before, C_PER) < 0)
        item_take(s, before, USE_FILTER);
}

static void take_values(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        const value_hit *hit;
        int marker = -1;
        bool out;

        if (s->items[i].taken || !s->items[i].n_values)
            continue;
        hit = best_value(s, i);
        if (!hit)
            hit = partner_value(s, i);
        if (!hit)
            continue;
        if (hit->cut)
            why_not(s, arena_strf(s->arena, "'%s' is part of too many names", item_text(s, i)));
        out = excluded(s, i, &marker);
        if (out && marker >= 0)
            item_take(s, marker, USE_FILTER);
        add_filter_values(s, hit->dimension, out ? SEM_NOT_IN : SEM_IN, hit);
        item_take(s, i, USE_FILTER);
        take_dimension_beside(s, i, hit->dimension);
        if (hit->how != VALUE_WHOLE)
            understood_note(s, arena_strf(s->arena, "read '%s' as %d %s%s, %s%s", item_text(s, i), hit->n_values, title_of(s, hit->dimension),
                               hit->n_values == 1 ? "" : "s", hit->values[0], hit->n_values == 1 ? "" : " and others"));
    }
}

/* ---- comparisons with a number ---------------------------------------- */

static bool comparator(const item *it, sem_op *op)
{
    static const struct { concept c; sem_op op; } table[] = {
        {C_PRICE_ABOVE, SEM_GT}, {C_PRICE_BELOW, SEM_LT}, {C_AT_LEAST, SEM_GE}, {C_AT_MOST, SEM_LE}, {C_ABOVE, SEM_GT}, {C_BELOW, SEM_LT}, {C_EXACTLY, SEM_EQ}, {C_BETWEEN, SEM_BETWEEN}};

    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)
        if (item_is(it, table[k].c)) {
            *op = table[k].op;
            return true;
        }
    return false;
}

static int price_dimension(const reading_state *s)
{
    const int list = sem_dimension_find(s->layer, "list_price");

    return list >= 0 ? list : sem_dimension_find(s->layer, "price");
}

/* What a number is compared with: the nearest measure before it, else the one after. */
static int compared_item(const reading_state *s, int comparator_at, int number_at)
{
    int k = comparator_at - 1;
    const int after = number_at + 1;

    /* directly after the number: "more than 100 orders", "over 1000 m2" */
    if (after < s->n && !s->items[after].taken && (s->items[after].metric >= 0 || s->items[after].number_dimension >= 0))
        return after;
    for (; k >= 0; k--) {
        const item *it = &s->items[k];
        if (it->metric >= 0 || it->number_dimension >= 0 || item_is(it, C_SELL))
            return k;
        if (it->time.n_tokens || it->n_values || item_only_stop(it) || item_is(it, C_WITH) || item_is(it, C_AVERAGE) ||
            item_is(it, C_TOP) || item_is(it, C_GROW))
            continue;
        break;
    }
    return -1;
}

static void add_having(reading_state *s, int metric, sem_op op, double a, double b)
{
    if (s->q->having_metric >= 0) {
        why_not(s, "two conditions on totals");
        return;
    }
    s->q->having_metric = metric, s->q->having_op = op;
    s->q->having_value = a, s->q->having_value2 = b;
}

static bool dimension_wanted(const reading_state *s, int i)
{
    const item *it = &s->items[i];

    if (it->number_dimension < 0)
        return false;
    if (it->metric < 0)
        return true;
    return false;
}

static void take_comparison(reading_state *s, int i, sem_op op)
{
    int number = item_next(s, i), second = -1, target;
    double a, b = 0;
    const item *it;
    char unit;

    while (number < s->n && item_is(&s->items[number], C_MONEY_UNIT) && !s->items[number].is_number)
        number++;
    if (op == SEM_GE || op == SEM_LE) { /* "500 or more" */
        const int before = item_prev(s, i);
        if ((number >= s->n || !s->items[number].is_number) && before >= 0 && s->items[before].is_number)
            number = before;
    }
    if (number >= s->n || !s->items[number].is_number || s->items[number].taken)
        return;
    if (op == SEM_BETWEEN) {
        second = item_next(s, number);
        if (second < s->n && (item_is(&s->items[second], C_AND) || item_is(&s->items[second], C_TO)))
            second = item_next(s, second);
        if (second >= s->n || !s->items[second].is_number ||
            (s->items[number].time.n_tokens && s->items[second].time.n_tokens))
            return; /* between two years is a time */
        b = s->items[second].number;
    }
    if (item_next(s, number) < s->n && s->items[item_next(s, number)].grain != SEM_NO_GRAIN && second < 0)
        return; /* "over 3 months" */
    it = &s->items[number];
    a = it->number, unit = second >= 0 && s->items[second].unit ? s->items[second].unit : it->unit;
    target = item_is(&s->items[i], C_PRICE_ABOVE) || item_is(&s->items[i], C_PRICE_BELOW) ? -2 :
             compared_item(s, i < number ? i : number, second >= 0 ? second : number > i ? number : i);
    if (target == -1 && item_prev(s, i) >= 0 && item_is(&s->items[item_prev(s, i)], C_PRICE)) {
        item_take(s, item_prev(s, i), USE_NUMBER);
        target = -2;
    }
    if (s->growth && target != -2 && (unit == '%' || (item_prev(s, i) >= 0 && (item_is(&s->items[item_prev(s, i)], C_GROW) ||
            item_is(&s->items[item_prev(s, i)], C_GROW_UP) || item_is(&s->items[item_prev(s, i)], C_GROW_DOWN))))) {
        s->change_limit = true;
        s->q->having_op = op, s->q->having_value = a, s->q->having_value2 = b;
        if (unit == 'e')
            s->q->change = SEM_CHANGE_ABSOLUTE;
    } else if (target == -2 && price_dimension(s) >= 0) {
        add_number_filter(s, price_dimension(s), op, a, b);
    } else if (target >= 0 && dimension_wanted(s, target)) {
        add_number_filter(s, s->items[target].number_dimension, op, a, b);
        item_take(s, target, USE_FILTER);
    } else if (target >= 0) {
        int metric = s->items[target].metric >= 0 ? s->items[target].metric : sem_metric_find(s->layer, "sales");
        if (metric >= 0 && unit == '%' && sem_metric_at(s->layer, metric)->unit != SEM_PERCENT) {
            const char *id = arena_strf(s->arena, "%s_pct", sem_metric_at(s->layer, metric)->name.id);
            if (!id || sem_metric_find(s->layer, id) < 0) {
                why_not(s, arena_strf(s->arena, "per cent compared with %s", sem_metric_at(s->layer, metric)->name.title));
                return;
            }
            metric = sem_metric_find(s->layer, id); /* "a margin above 50 %" */
        }
        if (metric >= 0 && unit == 'e' && sem_metric_at(s->layer, metric)->unit != SEM_MONEY) {
            why_not(s, arena_strf(s->arena, "an amount of money compared with %s", sem_metric_at(s->layer, metric)->name.title));
            return;
        }
        add_having(s, metric, op, a, b);
        item_take(s, target, USE_METRIC);
    } else if (unit == 'e' && sem_metric_find(s->layer, "sales") >= 0) {
        add_having(s, sem_metric_find(s->layer, "sales"), op, a, b);
    } else {
        return;
    }
    item_take(s, i, USE_NUMBER);
    item_take(s, number, USE_NUMBER);
    if (second >= 0)
        item_take(s, second, USE_NUMBER);
}

/* "Which stores …": things that can be over or under something. */
static bool names_members(const reading_state *s)
{
    for (int i = 0; i < s->n; i++)
        if ((s->items[i].dimension >= 0 || s->items[i].grain != SEM_NO_GRAIN) && s->items[i].plural)
            return true;
    return s->count;
}

/* "on holidays": the days that are one. */
static void take_holidays(reading_state *s)
{
    const int holiday = sem_dimension_find(s->layer, "holiday");

    for (int i = 1; holiday >= 0 && i < s->n; i++)
        if (s->items[i].dimension == holiday && s->items[i].plural && !s->items[i].taken && item_token_in(s, i - 1, "on|during|over|at")) {
            sem_filter *f = filter_for(s, holiday, SEM_IS_NOT_NULL);
            if (f)
                item_take(s, i, USE_FILTER);
        }
}

static void take_comparisons(reading_state *s)
{
    const int attainment = sem_metric_find(s->layer, "target_attainment");

    for (int i = 0; i < s->n; i++) {
        sem_op op;

        if (!s->items[i].taken && attainment >= 0 && (s->items[i].metric < 0 || names_members(s)) && (item_is(&s->items[i], C_MISS_TARGET) || item_is(&s->items[i], C_REACH_TARGET))) {
            add_having(s, attainment, item_is(&s->items[i], C_MISS_TARGET) ? SEM_LT : SEM_GE, 100, 0);
            item_take(s, i, USE_FILTER);
            continue;
        }
        if (!s->items[i].taken && !s->items[i].time.n_tokens && comparator(&s->items[i], &op))
            take_comparison(s, i, op);
    }
}

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
static int entity_beside(const reading_state *s, int i)
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
    const int beside = entity_beside(s, i);
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

    return s->count || s->list || sem_condition_at(s->layer, condition)->needs_period || str_ends(last->fold, "ed");
}

static void add_condition(reading_state *s, int i, int condition, bool negate)
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
        /* "opened in 2024": the time beside it is its own */
        if (after < s->n && s->items[after].time.kind == TIME_PERIOD && !s->items[after].taken && s->items[i].composite < 0 &&
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

static void take_conditions(reading_state *s)
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
        marker = marker_before(s, i, C_NOT) >= 0 ? marker_before(s, i, C_NOT) : marker_before(s, i, C_EXCEPT);
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
        add_condition(s, i, condition, negate);
    }
}

/* ---- top and bottom --------------------------------------------------- */

/* "which 3 categories have the highest …", "the 5 stores with the lowest …" */
static void take_bare_number(reading_state *s)
{
    for (int i = 0; s->ranking && !s->q->limit && i + 1 < s->n; i++)
        if (s->items[i].is_number && !s->items[i].taken && !s->items[i].unit && !s->items[i].time.n_tokens && s->items[i].number >= 1 &&
            s->items[i].number <= 1000 && s->items[i + 1].dimension >= 0 && s->items[i + 1].plural) {
            s->q->limit = (int)s->items[i].number;
            item_take(s, i, USE_TOP);
        }
}

static void take_superlatives(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];
        int number = -1;
        bool low;

        if (it->taken || !is_superlative(it))
            continue;
        if ((item_is(it, C_FAST) || item_is(it, C_SLOW)) && !s->growth) /* "slow" alone says nothing */
            continue;
        if (i + 1 < s->n && s->items[i + 1].is_number && !s->items[i + 1].taken && !s->items[i + 1].unit)
            number = i + 1;
        else if (i && s->items[i - 1].is_number && !s->items[i - 1].taken && !s->items[i - 1].unit &&
                 s->items[i - 1].time.n_tokens == 0)
            number = i - 1;
        if (number >= 0 && s->items[number].number >= 1 && s->items[number].number <= 1000 &&
            s->items[number].number == floor(s->items[number].number)) {
            s->q->limit = (int)s->items[number].number;
            item_take(s, number, USE_TOP);
        }
        if (i && s->t.at[s->items[i - 1].from].is_ordinal && s->t.at[s->items[i - 1].from].number > 1) {
            why_not(s, "one place of a ranking");
            item_take(s, i - 1, USE_TOP);
        }
        low = item_is(it, C_BOTTOM) || item_is(it, C_WORST) || item_is(it, C_SLOW);
        if (s->ranking && s->q->ascending != low)
            why_not(s, "both ends of a ranking");
        s->q->ascending = low;
        if ((item_is(it, C_BEST) || item_is(it, C_WORST)) && !item_is(it, C_TOP) && !item_is(it, C_BOTTOM))
            s->u->intent_score = -1; /* quality: may turn with the metric (see finish_ranking) */
        s->ranking = true;
        item_take(s, i, USE_TOP);
    }
    take_bare_number(s);
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];
        if (it->taken || !(item_is(it, C_RANK) || item_is(it, C_ORDER_DOWN) || item_is(it, C_ORDER_UP)))
            continue;
        if (item_is(it, C_ORDER_UP))
            s->q->ascending = true;
        s->ranking = true;
        item_take(s, i, USE_TOP);
    }
}

/* ---- groups ----------------------------------------------------------- */

static bool group_present(const reading_state *s, int dimension, sem_grain grain)
{
    for (int i = 0; i < s->q->n_groups; i++)
        if (s->q->groups[i].dimension == dimension && s->q->groups[i].grain == grain)
            return true;
    return false;
}

static void add_group(reading_state *s, int dimension, sem_grain grain)
{
    if (group_present(s, dimension, grain))
        return;
    if (s->q->n_groups == SEM_MAX_GROUPS) {
        why_not(s, "more groups than a template takes");
        return;
    }
    s->q->groups[s->q->n_groups++] = (sem_group){.dimension = dimension, .grain = grain};
}

/* A marker that groups by what follows, up to i; chains pass over other groups
 * ("by region, category and month"). */
static int group_marker(const reading_state *s, int i, concept *which)
{
    static const concept markers[] = {C_BY, C_PER, C_EACH, C_ACROSS, C_WHICH};

    for (int k = i - 1; k >= 0; k--) {
        const item *it = &s->items[k];
        for (size_t m = 0; m < sizeof markers / sizeof markers[0]; m++)
            if (item_is(it, markers[m])) {
                /* "a" means "per" only after a number word: "sales a day" */
                if (markers[m] == C_PER && item_token_in(s, k, "a|an") && (k == 0 || s->items[k - 1].metric < 0))
                    continue;
                *which = markers[m];
                return k;
            }
        if (item_only_stop(it) || (it->taken && it->use == USE_GROUP) || is_superlative(it) || it->use == USE_TOP ||
            it->use == USE_CONDITION || (it->taken && it->use == USE_FILTER && it->dimension < 0))
            continue;
        break;
    }
    return -1;
}

static bool within_marker(const reading_state *s, int marker, concept which)
{
    return which == C_EACH || which == C_PER || (marker >= 0 && item_token_in(s, marker, "within"));
}

/* Average per what: "average sales per store", "average monthly sales", "daily average". */
static bool take_average_unit(reading_state *s, int i, int marker, concept which)
{
    const item *it = &s->items[i];

    if (!s->average || s->q->average_per != SEM_NO_GRAIN || s->q->average_per_entity >= 0)
        return false;
    if (it->grain != SEM_NO_GRAIN && (it->adverb || which == C_PER || (marker < 0 && s->ranking == false))) {
        if (!it->adverb && which != C_PER)
            return false;
        s->q->average_per = it->grain;
        return true;
    }
    if (which == C_PER && it->entity >= 0 && it->dimension >= 0) {
        s->q->average_per_entity = it->entity;
        return true;
    }
    return false;
}

/* "top products", "slowest growing category" */
static bool follows_top(const reading_state *s, int i)
{
    int k = item_prev(s, i);

    while (k >= 0 && (item_is(&s->items[k], C_GROW) || item_is(&s->items[k], C_GROW_UP) || item_is(&s->items[k], C_GROW_DOWN) ||
                      item_is(&s->items[k], C_PERFORM) || weak_metric(&s->items[k])))
        k = item_prev(s, k);
    return k >= 0 && s->items[k].use == USE_TOP;
}

/* "which city has the most stores": a ranking by their number. */
static bool counted_top(const reading_state *s, int i)
{
    const int top = item_prev(s, i);

    if (top < 0 || s->items[top].use != USE_TOP || !item_token_in(s, top, "most|fewest|least|highest|largest|lowest|smallest|the") || !s->items[i].plural ||
        s->items[i].entity < 0 || s->growth)
        return false;
    if (!item_token_in(s, top, "most|fewest|least|the") && s->items[top].n < 3)
        return false;
    for (int k = 0; k < i; k++)
        if (s->items[k].use == USE_GROUP && (s->items[k].dimension >= 0 || s->items[k].grain != SEM_NO_GRAIN))
            return true;
    return false;
}

static void take_groups(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];
        concept which = C_NONE;
        int marker;
        bool beside_top;

        if (it->taken || (it->dimension < 0 && it->grain == SEM_NO_GRAIN))
            continue;
        if (it->time.n_tokens && it->grain == SEM_NO_GRAIN)
            continue;
        marker = group_marker(s, i, &which);
        beside_top = follows_top(s, i);
        if (i && s->items[i - 1].use == USE_GROUP && s->items[i - 1].dimension >= 0 && !s->t.at[it->from].before && it->dimension >= 0 &&
            sem_dimension_at(s->layer, it->dimension)->is_entity_label && it->dimension != s->items[i - 1].dimension) {
            item_take(s, i, USE_GROUP); /* "which manager's stores": the managers */
            continue;
        }
        if (beside_top && counted_top(s, i)) {
            if (it->metric >= 0)
                continue;
            s->count = true, s->entity_asked = it->entity;
            item_take(s, i, USE_KIND);
            continue;
        }
        if (it->metric >= 0 && marker < 0 && !beside_top)
            continue;
        if (it->metric >= 0 && marker >= 0 && (which == C_WHICH || which == C_ACROSS) && it->n > 1 &&
            (it->composite < 0 || item_token_in(s, marker, "what|how")))
            continue; /* "what are sales per customer" */
        if (it->metric >= 0 && it->dimension >= 0 && which == C_WHICH && item_token_in(s, marker, "what|how") && !beside_top && !it->plural)
            continue; /* "what stock ..." */
        if (marker < 0 && !beside_top && !it->adverb)
            continue;
        if (it->number_dimension >= 0 && it->number_dimension == it->dimension)
            continue; /* sizes and prices are not groups */
        if (marker >= 0 && which == C_WHICH && s->count && it->entity >= 0 && it->entity == s->entity_asked)
            continue;
        if (take_average_unit(s, i, marker, which)) {
            item_take(s, i, USE_GROUP);
        } else {
            const bool inner = within_marker(s, marker, which) && s->ranking;
            add_group(s, it->grain != SEM_NO_GRAIN ? -1 : it->dimension, it->grain);
            if (it->composite >= 0)
                add_condition(s, i, it->composite, false);
            if (inner && s->q->limit_per_group < 0 && !beside_top)
                s->q->limit_per_group = s->q->n_groups - 1;
            if ((which == C_WHICH || beside_top) && s->ranking && !it->plural && !s->q->limit && !it->adverb)
                s->q->limit = 1;
            if (it->adverb && s->ranking && !s->q->limit && it->dimension < 0 && !it->plural && beside_top)
                s->q->limit = 1;
            item_take(s, i, USE_GROUP);
            trace(s, arena_strf(s->arena, "group '%s'", item_text(s, i)));
        }
        if (marker >= 0 && !s->items[marker].taken)
            item_take(s, marker, USE_GROUP);
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
    if (marker_before(s, i, C_HOW_MANY) >= 0 || (before >= 0 && item_is(&s->items[before], C_HOW_MANY)))
        return false;
    if (s->list && s->entity_asked == it->entity && it->entity >= 0)
        return true;
    if (it->composite < 0 && beside_metric(s, i)) /* "sales, orders and basket" */
        return false;
    for (int k = 0; k < s->n; k++) {
        const item *other = &s->items[k];
        if (k != i && other->metric >= 0 && other->dimension < 0 && other->entity < 0 && !weak_metric(other))
            return it->composite >= 0 || it->n == 1;
    }
    return s->q->having_metric >= 0 && s->q->having_metric != it->metric;
}

/* "spends most per order", "margin per unit": a ratio, if the layer names it. */
static void take_ratio(reading_state *s, int i)
{
    const char *over = s->t.at[s->items[i].from].stem;
    const char *first = s->q->n_metrics ? sem_metric_at(s->layer, s->q->metrics[s->q->n_metrics - 1])->name.id : "sales";

    for (int m = 0; m < sem_n_metrics(s->layer); m++)
        for (int w = 0; w < sem_metric_at(s->layer, m)->name.n_words; w++) {
            const char *word = sem_metric_at(s->layer, m)->name.words[w];
            const char *wanted = arena_strf(s->arena, "%s per %s", first, over);
            if (wanted && !strcmp(word, wanted)) {
                s->q->n_metrics = s->q->n_metrics ? s->q->n_metrics - 1 : 0;
                add_metric(s, m);
                item_take(s, i, USE_METRIC);
                return;
            }
        }
    why_not(s, arena_strf(s->arena, "%s per %s has no name in the layer", first, over));
    item_take(s, i, USE_METRIC);
}

static bool modifies_metric(const reading_state *s, int i)
{
    return i && s->items[i - 1].use == USE_METRIC && s->items[i - 1].taken && s->items[i].n > 1 && !s->t.at[s->items[i].from].before;
}

static void take_metrics(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];

        if (it->taken || it->metric < 0 || weak_metric(it))
            continue;
        if (s->q->having_metric >= 0 && it->entity >= 0 && !s->count) /* "customers with at least 5 orders" */
            continue;
        if (s->list && it->dimension >= 0 && it->entity < 0) /* a column of the list */
            continue;
        if (marker_before(s, i, C_PER) >= 0 && item_token_in(s, marker_before(s, i, C_PER), "per") && !it->plural) {
            take_ratio(s, i);
            continue;
        }
        if (item_is(it, C_SHARE) && other_metric(s, i)) { /* "the contribution of each brand to margin" */
            item_take(s, i, USE_KIND);
            continue;
        }
        if (is_thing_here(s, i)) {
            for (int k = 0; it->composite >= 0 && k < s->q->n_conditions; k++)
                if (sem_condition_at(s->layer, s->q->conditions[k].condition)->entity == sem_condition_at(s->layer, it->composite)->entity)
                    why_not(s, "two conditions side by side");
            if (it->composite >= 0)
                add_condition(s, i, it->composite, marker_before(s, i, C_NOT) >= 0);
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
        if (!s->items[i].taken && weak_metric(&s->items[i])) {
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

/* ---- time ------------------------------------------------------------- */

static void year_for_bare(reading_state *s)
{
    /* "March and April 2025", "Q1 2025 vs Q2": a year said once holds for its neighbours */
    for (int i = 0; i < s->n; i++) {
        int other = -1, year;

        if (!s->items[i].time.n_tokens || !s->items[i].time.assumed_year ||
            !(s->items[i].time.month || s->items[i].time.quarter || s->items[i].time.half))
            continue;
        for (int k = 0; k < s->n; k++)
            if (k != i && s->items[k].time.kind == TIME_PERIOD && !s->items[k].time.assumed_year && s->items[k].time.single &&
                (other < 0 || k > i) && (other < i))
                other = k;
        if (other < 0)
            continue;
        year = sem_date_of(s->items[other].time.period.from).year;
        s->items[i].time = time_phrase_in_year(s->layer, &s->items[i].time, year, s->arena);
        if (other > i && s->items[other].time.period.grain == SEM_YEAR_GRAIN && !s->items[other].taken && other == item_next(s, i))
            item_take(s, other, USE_TIME);
    }
}

static sem_period resolve(reading_state *s, const time_phrase *p, const sem_period *of)
{
    if (p->kind == TIME_YEAR_BEFORE && of)
        return sem_year_before(s->layer, of, s->arena);
    if (p->kind == TIME_PREVIOUS && of && (!p->period.set || p->period.grain == of->grain))
        return of->n == 1 || !p->period.set ? sem_previous(s->layer, of, s->arena) : p->period;
    if (p->kind == TIME_PREVIOUS && of && p->period.grain == SEM_YEAR_GRAIN)
        return sem_year_before(s->layer, of, s->arena);
    if (p->kind == TIME_YEAR_BEFORE) { /* of nothing: last year */
        const int32_t today = sem_today(s->layer);
        const int year = sem_date_of(today).year - 1;
        return (sem_period){.set = true, .from = sem_days(year, 1, 1), .to = sem_days(year, 12, 31), .grain = SEM_YEAR_GRAIN, .n = 1,
                            .label = arena_strf(s->arena, "%d", year)};
    }
    return p->period;
}

/* Whether a compare word stands anywhere between or before the two periods. */
static bool comparing(const reading_state *s)
{
    static const concept words[] = {C_VERSUS, C_COMPARE, C_DIFFERENCE, C_THAN, C_GROW, C_GROW_UP, C_GROW_DOWN, C_YEAR_ON_YEAR,
        C_STEP_ON_STEP, C_MORE_THAN_BEFORE, C_LIKE_FOR_LIKE, C_WHY};

    for (int i = 0; i < s->n; i++)
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
            if (item_is(&s->items[i], words[k]))
                return true;
    return false;
}

static bool follows(const reading_state *s, int i, concept c)
{
    for (int k = i - 1; k >= 0 && (item_only_stop(&s->items[k]) || item_is(&s->items[k], c)); k--)
        if (item_is(&s->items[k], c))
            return true;
    return false;
}

/* "… against last year", "growth over the previous month". */
static bool set_against(const reading_state *s, int i)
{
    return follows(s, i, C_VERSUS) || follows(s, i, C_THAN) || (i && s->growth && (item_token_in(s, i - 1, "to|over|on") ||
           (i > 1 && item_token_in(s, i - 2, "to|over|on") && item_token_in(s, i - 1, "the"))));
}

/* Only the base is named: what it is set against is the period that holds today. */
static bool against_only(reading_state *s, int i)
{
    const time_phrase *p = &s->items[i].time;
    const bool year = p->kind == TIME_YEAR_BEFORE || (p->period.grain == SEM_YEAR_GRAIN && p->period.n == 1 && item_token_in(s, i, "last|the|previous|prior"));
    const sem_date today = sem_date_of(sem_today(s->layer));
    sem_period now = {.set = true, .grain = SEM_YEAR_GRAIN, .n = 1, .from = sem_days(today.year, 1, 1), .to = sem_days(today.year, 12, 31),
                      .label = arena_strf(s->arena, "%d", today.year)};

    if (!year && p->kind != TIME_PREVIOUS)
        return false;
    for (int g = 0; g < s->q->n_groups; g++)
        if (s->q->groups[g].dimension < 0) {
            s->step_on_step = !year;
            return true; /* a row of periods, each against its own base */
        }
    if (!year) {
        if (!p->period.set)
            return false;
        now = sem_previous(s->layer, &p->period, s->arena); /* for its length */
        now.from = p->period.to + 1;
        now.to = now.from + (p->period.to - p->period.from);
        if (p->period.grain == SEM_MONTH) {
            now.from = sem_days(today.year, today.month, 1);
            now.to = (today.month == 12 ? sem_days(today.year + 1, 1, 1) : sem_days(today.year, today.month + 1, 1)) - 1;
        } else if (p->period.grain != SEM_WEEK && p->period.grain != SEM_DAY) {
            return false;
        }
        now.label = "the current one";
        s->step_on_step = true;
    }
    if (s->growth || s->why) {
        s->q->period = now;
        s->q->base = s->step_on_step ? p->period : (sem_period){0};
    } else {
        s->q->periods[s->q->n_periods++] = now;
        s->q->periods[s->q->n_periods++] = year ? sem_year_before(s->layer, &now, s->arena) : p->period;
    }
    understood_note(s, arena_strf(s->arena, "taken as %s so far", now.label));
    return true;
}

static void take_time(reading_state *s)
{
    int list[SEM_MAX_PERIODS + 2], n = 0;
    sem_period periods[SEM_MAX_PERIODS + 2];
    sem_query *q = s->q;

    for (int i = 0; i < s->n; i++) {
        const time_phrase *p = &s->items[i].time;
        if (s->items[i].taken || !p->n_tokens)
            continue;
        if (*p->problem) {
            why_not(s, p->problem);
            understood_note(s, p->problem);
        }
        if (p->assumed_year)
            understood_note(s, arena_strf(s->arena, "read '%s' as %s", item_text(s, i), p->period.label)), s->u->assumed = true;
        item_take(s, i, USE_TIME);
        if (p->kind == TIME_ALL)
            continue;
        if (n < SEM_MAX_PERIODS)
            list[n++] = i;
        else
            why_not(s, "more periods than a template takes");
    }
    for (int k = 0; k < n; k++) {
        const time_phrase *p = &s->items[list[k]].time;
        const sem_period *of = k > 0 && (p->kind != TIME_PERIOD) ? &periods[0] : NULL;
        if (!of && n > 1 && k == 0 && p->kind != TIME_PERIOD && s->items[list[1]].time.kind == TIME_PERIOD)
            of = &s->items[list[1]].time.period;
        /* "Q1 2026 against last year": the same quarter */
        if (k > 0 && p->kind == TIME_PERIOD && item_token_in(s, list[k], "last") && p->period.grain == SEM_YEAR_GRAIN && p->period.n == 1 &&
            s->items[list[k]].n == 2 && periods[0].grain != SEM_YEAR_GRAIN && periods[0].set &&
            set_against(s, list[k])) {
            periods[k] = sem_year_before(s->layer, &periods[0], s->arena);
            continue;
        }
        periods[k] = resolve(s, p, of);
    }
    if (n == 1 && set_against(s, list[0]) && against_only(s, list[0]))
        return;
    if (n == 1) {
        q->period = periods[0];
    } else if (n == 2 && !comparing(s) && periods[0].set && periods[1].set &&
               ((periods[0].from <= periods[1].from && periods[1].to <= periods[0].to) ||
                (periods[1].from <= periods[0].from && periods[0].to <= periods[1].to))) {
        q->period = periods[0].to - periods[0].from <= periods[1].to - periods[1].from ? periods[0] : periods[1];
    } else if (n >= 2) {
        for (int k = 0; k < n; k++)
            q->periods[q->n_periods++] = periods[k];
    }
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

    s->growth = has_any(s, growth, 5);
    s->why = has(s, C_WHY) || (s->growth && has(s, C_DRIVER));
    s->average = has(s, C_AVERAGE);
    s->share = false;
    for (i = 0; i < s->n; i++)
        if (item_is(&s->items[i], C_SHARE) && (s->items[i].metric < 0 || other_metric(s, i)) && !percent_word(s, i))
            s->share = true;
    s->running = false;
    i = item_find(s, C_RUNNING);
    if (i >= 0 && !(s->items[i].n_conditions && entity_beside(s, i) >= 0 && s->items[i].n == 1))
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
    for (int k = i - 1; k >= 0; k--) {
        if (item_is(&s->items[k], C_LIST))
            return true;
        if (!item_only_stop(&s->items[k]) && !(s->items[k].entity < 0 && (s->items[k].n_values || s->items[k].n_conditions)))
            return false;
    }
    return false;
}

static bool list_asked(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        concept which = C_NONE;
        const bool first = i == item_next(s, -1) && (s->items[i].metric < 0 || s->items[i].thing_first);
        const int entity = s->items[i].entity >= 0 ? s->items[i].entity : entity_of_value(s, i);
        if (entity < 0 || (s->items[i].taken && s->items[i].use == USE_METRIC))
            continue;
        if (list_marker(s, i) || group_marker(s, i, &which) >= 0 || first) {
            if (which != C_NONE && which != C_WHICH && which != C_EACH)
                continue;
            s->entity_asked = entity;
            break;
        }
    }
    if (s->entity_asked < 0)
        return false;
    for (int i = 0; i < s->n; i++)
        if (s->items[i].metric >= 0 && !s->items[i].taken && !weak_metric(&s->items[i]) && s->items[i].entity != s->entity_asked &&
            !(s->items[i].dimension >= 0 && (marker_before(s, i, C_COLUMNS) >= 0 || marker_before(s, i, C_WITH) >= 0)))
            return false;
    if (s->growth || s->share || s->average || s->running || s->why || s->trend)
        return false;
    for (int i = 0; i < s->n; i++)
        if (is_superlative(&s->items[i]) || item_is(&s->items[i], C_RANK) || item_is(&s->items[i], C_PERFORM) || item_is(&s->items[i], C_HOW_MUCH) ||
            item_is(&s->items[i], C_COMPARE))
            return false;
    return true;
}

static void find_list(reading_state *s)
{
    if (s->entity_asked >= 0)
        return;
    s->list = list_asked(s);
    if (!s->list)
        s->entity_asked = -1;
}

void entities_extract(reading_state *s)
{
    find_kinds(s);
    if (take_undefined(s))
        return;
    year_for_bare(s);
    take_superlatives(s);
    take_comparisons(s);
    find_list(s);
    take_values(s);
    take_holidays(s);
    take_conditions(s);
    take_groups(s);
    take_metrics(s);
    take_time(s);
}
