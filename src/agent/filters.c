/* filters.c - values and exclusions: what narrows a question.
 *
 * A value with several readings ("Switzerland" is a region, a country and a
 * customer's country) takes the one that fits what stands beside it. Numbers that
 * limit are in comparisons.c. */
#include <math.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

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

void add_number_filter(reading_state *s, int dimension, sem_op op, double a, double b)
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
            trace(s, arena_strf(s->arena, "'%s' read as %s, not %s", item_text(s, i), dimension_title(s, best->dimension),
                                dimension_title(s, it->values[v].dimension)));
    if (!best)
        return NULL;
    if (best_fit < 500 && item_is(it, C_PERFORM) && !(it->from && s->t.at[it->from].capital))
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

/* Days and months that narrow: "weekdays vs weekends", "holidays against normal
 * days", "leaving out December". A word of time else groups or is a period. */
static const value_hit *day_value(reading_state *s, int i)
{
    const item *it = &s->items[i];
    concept which = C_NONE;

    for (int v = 0; v < it->n_values; v++) {
        const sem_dimension *d = sem_dimension_at(s->layer, it->values[v].dimension);
        bool partner = false;
        int marker = -1;

        if (d->table >= 0 || !d->n_said)
            continue;
        if (it->time.n_tokens) {
            if (item_marker_before(s, i, C_EXCEPT) < 0 || it->n > 1)
                continue;
            return &it->values[v];
        }
        for (int k = 0; k < s->n; k++)
            for (int w = 0; k != i && w < s->items[k].n_values; w++)
                partner = partner || s->items[k].values[w].dimension == d->id;
        marker = item_group_marker(s, i, &which);
        if (partner || (it->grain != SEM_NO_GRAIN && marker < 0 && it->plural && i && item_token_in(s, i - 1, "on|during")))
            return &it->values[v];
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
             item_marker_before(s, before, C_BY) < 0 && item_marker_before(s, before, C_PER) < 0)
        item_take(s, before, USE_FILTER);
}

/* "UK vs Germany": a region beside a country has no common whole. */
static bool joined_to_other(const reading_state *s, int i, int dimension)
{
    bool joined = false;

    for (int k = i - 1; k >= 0; k--) {
        joined = joined || item_is(&s->items[k], C_VERSUS) || item_is(&s->items[k], C_OR);
        if (s->items[k].use == USE_FILTER && s->items[k].n_values)
            return joined && s->q->n_filters && s->q->filters[s->q->n_filters - 1].dimension != dimension;
        if (!item_only_stop(&s->items[k]) && !item_is(&s->items[k], C_VERSUS) && s->items[k].use != USE_FILTER)
            return false;
    }
    return false;
}

static bool counts_stores(const reading_state *s)
{
    for (int i = 0; i < s->n; i++)
        if (s->items[i].metric >= 0 && str_ends(sem_metric_at(s->layer, s->items[i].metric)->name.id, "_stores"))
            return true;
    return false;
}

/* "online ones included": nothing is narrowed, and counts keep them too. */
static void take_included(reading_state *s)
{
    const int format = sem_dimension_find(s->layer, "format"), store = sem_entity_find(s->layer, "store");

    for (int i = 0; format >= 0 && store >= 0 && i < s->n; i++) {
        bool included = i && item_token_in(s, i - 1, "including|incl|include|included|inclusive");

        if (s->items[i].taken || !item_token_in(s, i, "online|web|internet"))
            continue;
        for (int k = i + 1; k < s->n && k <= i + 3; k++) {
            included = included || (item_token_in(s, k, "included|too") && !item_token_in(s, k + 1, "in"));
            if (!item_only_stop(&s->items[k]) && s->items[k].entity != store)
                break;
        }
        if (!included)
            continue;
        item_take(s, i, USE_FILTER);
        if (i + 1 < s->n && s->items[i + 1].entity == store && s->entity_asked >= 0)
            item_take(s, i + 1, USE_FILTER);
        if (s->count || counts_stores(s))
            (void)filter_for(s, format, SEM_IS_NOT_NULL);
    }
}

/* "Monday to Friday": more than the two that are named. */
static bool range_of_days(const reading_state *s, int i, int dimension)
{
    const sem_dimension *d = sem_dimension_at(s->layer, dimension);
    const int before = item_prev(s, i);

    if (d->table >= 0 || !d->n_said || before < 0 || s->items[before].use != USE_FILTER)
        return false;
    for (int k = before + 1; k < i; k++)
        if (item_token_in(s, k, "to|through|until|till"))
            return true;
    return false;
}

void take_values(reading_state *s)
{
    take_included(s);
    for (int i = 0; i < s->n; i++) {
        const value_hit *hit;
        int marker = -1;
        bool out;

        if (s->items[i].taken || !s->items[i].n_values)
            continue;
        hit = day_value(s, i);
        if (!hit)
            hit = best_value(s, i);
        if (!hit)
            hit = partner_value(s, i);
        if (!hit)
            continue;
        if (hit->cut)
            why_not(s, arena_strf(s->arena, "'%s' is part of too many names", item_text(s, i)));
        if (range_of_days(s, i, hit->dimension))
            why_not(s, "a range of weekdays");
        if (joined_to_other(s, i, hit->dimension))
            why_not(s, "members of different kinds side by side");
        out = excluded(s, i, &marker);
        if (out && marker >= 0)
            item_take(s, marker, USE_FILTER);
        add_filter_values(s, hit->dimension, out ? SEM_NOT_IN : SEM_IN, hit);
        item_take(s, i, USE_FILTER);
        take_dimension_beside(s, i, hit->dimension);
        if (hit->how != VALUE_WHOLE)
            understood_note(s, arena_strf(s->arena, "read '%s' as %d %s%s, %s%s", item_text(s, i), hit->n_values, dimension_title(s, hit->dimension),
                               hit->n_values == 1 ? "" : "s", hit->values[0], hit->n_values == 1 ? "" : " and others"));
    }
}

/* "on holidays": the days that are one. */
void take_holidays(reading_state *s)
{
    const int holiday = sem_dimension_find(s->layer, "holiday");

    for (int i = 1; holiday >= 0 && i < s->n; i++)
        if (s->items[i].dimension == holiday && s->items[i].plural && !s->items[i].taken && item_token_in(s, i - 1, "on|during|over|at")) {
            sem_filter *f = filter_for(s, holiday, SEM_IS_NOT_NULL);
            if (f)
                item_take(s, i, USE_FILTER);
        }
}
