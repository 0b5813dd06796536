/* comparisons.c - numbers that limit: "over 500", "between 5 and 10", "missed its
 * target".
 *
 * A number is compared with the nearest measure, a size or price, or a change. */
#include <math.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

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

/* "products over 500 euros", no measure named: what one of them costs. */
static bool price_meant(reading_state *s)
{
    const int price = price_dimension(s);
    bool things = false, said = false;

    if (price < 0 || s->growth || s->ranking || s->share || item_other_metric(s, -1))
        return false;
    for (int k = 0; k < s->n; k++) {
        const int d = s->items[k].dimension;

        things = things || (d >= 0 && sem_dimension_at(s->layer, d)->is_entity_label && s->items[k].plural &&
                            sem_dimension_at(s->layer, d)->table == sem_dimension_at(s->layer, price)->table);
        said = said || d == price;
    }
    if (things && !said) {
        understood_note(s, arena_strf(s->arena, "the amount was taken as the %s", dimension_title(s, price)));
        s->u->assumed = true;
    }
    return things;
}

/* "whose margin was negative": under nothing. */
static void take_sign(reading_state *s, int i)
{
    const int around[] = {item_prev(s, i), item_next(s, i)};

    for (int side = 0; side < 2; side++) {
        const int k = around[side];

        if (k < 0 || k >= s->n || s->items[k].metric < 0 || s->items[k].taken || s->growth)
            continue;
        add_having(s, s->items[k].metric, item_token_in(s, i, "negative") ? SEM_LT : SEM_GT, 0, 0);
        item_take(s, k, USE_METRIC);
        item_take(s, i, USE_NUMBER);
        return;
    }
}

/* The measure that counts these things; -1. */
static int counted_things(const reading_state *s, int i)
{
    static const struct { const char *entity, *metric; } counts[] = {
        {"store", "active_stores"}, {"product", "products_listed"}, {"category", "categories_listed"}};

    for (size_t k = 0; i < s->n && s->items[i].metric < 0 && k < sizeof counts / sizeof counts[0]; k++)
        if (s->items[i].entity >= 0 && s->items[i].entity == sem_entity_find(s->layer, counts[k].entity) && !s->count)
            return sem_metric_find(s->layer, counts[k].metric);
    return -1;
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
    if (target == -1 && !unit && counted_things(s, item_next(s, number)) >= 0) { /* "cities with more than 2 stores" */
        const int things = item_next(s, number);

        add_having(s, counted_things(s, things), op, a, b);
        item_take(s, things, USE_METRIC);
        item_take(s, i, USE_NUMBER);
        item_take(s, number, USE_NUMBER);
        return;
    }
    if (target == -1 && unit == 'e' && price_meant(s))
        target = -2;
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
        if (metric >= 0 && unit == 'e' && sem_metric_at(s->layer, metric)->unit != SEM_MONEY && s->items[target].entity >= 0 &&
            sem_metric_find(s->layer, "sales") >= 0) { /* "orders over 500 euros": what they are worth */
            add_having(s, sem_metric_find(s->layer, "sales"), op, a, b);
            item_take(s, i, USE_NUMBER);
            item_take(s, number, USE_NUMBER);
            if (second >= 0)
                item_take(s, second, USE_NUMBER);
            return;
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

static int target_named(const reading_state *s)
{
    const int target = sem_metric_find(s->layer, "target");

    for (int i = 0; i < s->n; i++)
        if (target >= 0 && s->items[i].metric == target && !s->items[i].taken)
            return i;
    return -1;
}

/* "which store missed its 2025 target by the largest amount": ranked by what
 * is missing to the target, or by what is above it. */
static void take_target_ranking(reading_state *s)
{
    const int short_of = sem_metric_find(s->layer, "target_shortfall"), above = sem_metric_find(s->layer, "target_gap");
    int i, named;
    bool missed = false, reached = false;

    if (!s->ranking || short_of < 0 || above < 0)
        return;
    named = target_named(s);
    for (i = 0; i < s->n && !missed && !reached; i++) {
        const item *it = &s->items[i];

        missed = item_is(it, C_MISS_TARGET) || (named > i && item_token_in(s, i, "missed|miss|misses|missing|undershot|undershoot|short"));
        reached = item_is(it, C_REACH_TARGET) || (named > i && item_token_in(s, i, "exceeded|exceed|exceeds|beat|beats|surpassed|overshot"));
    }
    i--;
    if (missed == reached || s->items[i].taken)
        return;
    for (int k = 0; k < s->n; k++)
        if (item_is(&s->items[k], C_IN_PERCENT) || item_is(&s->items[k], C_SHARE)) {
            why_not(s, "a distance from the target in per cent");
            return;
        }
    s->q->metrics[s->q->n_metrics++] = missed ? short_of : above;
    add_having(s, missed ? short_of : above, SEM_GT, 0, 0);
    s->q->ascending = false;
    s->u->intent_score = 0;
    if (i && item_token_in(s, i, "short")) /* "fell furthest short of its target": nothing fell */
        for (int k = i - 1; k >= 0 && k >= i - 2; k--)
            if (item_token_in(s, k, "fell|fall|falls|fallen|came|comes")) {
                s->growth = false;
                item_take(s, k, USE_METRIC);
            }
    item_take(s, i, USE_METRIC);
    if (named >= 0)
        item_take(s, named, USE_METRIC);
}

void take_comparisons(reading_state *s)
{
    const int attainment = sem_metric_find(s->layer, "target_attainment");

    take_target_ranking(s);

    for (int i = 0; i < s->n; i++) {
        sem_op op;

        if (!s->items[i].taken && attainment >= 0 && (s->items[i].metric < 0 || names_members(s)) && (item_is(&s->items[i], C_MISS_TARGET) || item_is(&s->items[i], C_REACH_TARGET))) {
            add_having(s, attainment, item_is(&s->items[i], C_MISS_TARGET) ? SEM_LT : SEM_GE, 100, 0);
            item_take(s, i, USE_FILTER);
            continue;
        }
        if (!s->items[i].taken && s->items[i].n == 1 && item_token_in(s, i, "negative|positive"))
            take_sign(s, i);
        if (!s->items[i].taken && !s->items[i].time.n_tokens && comparator(&s->items[i], &op))
            take_comparison(s, i, op);
    }
}
