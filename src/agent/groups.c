/* groups.c - what a question is split by, and what is ranked.
 *
 * A thing is a group when a marker stands before it (by, per, each, which), or
 * a superlative does ("top 5 products"); an adverb of time groups by itself. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

/* ---- top and bottom --------------------------------------------------- */

/* "which 3 categories have the highest …", "the 5 stores with the lowest …" */
static void take_bare_number(reading_state *s)
{
    for (int i = 0; s->ranking && !s->q->limit && i + 1 < s->n; i++)
        if (s->items[i].is_number && !s->items[i].taken && !s->items[i].unit && !s->items[i].time.n_tokens && s->items[i].number >= 1 &&
            s->items[i].number <= 1000 && ((s->items[i + 1].dimension >= 0 && s->items[i + 1].plural) || item_token_in(s, i - 1, "which"))) {
            s->q->limit = (int)s->items[i].number;
            item_take(s, i, USE_TOP);
        }
}

void take_superlatives(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];
        int number = -1;
        bool low;

        if (it->taken || !item_superlative(it))
            continue;
        if ((item_is(it, C_FAST) || item_is(it, C_SLOW)) &&
            (!s->growth || (i && item_token_in(s, i - 1, "how")))) /* "slow" alone says nothing, "how fast" asks for one figure */
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
        if (i && s->t.at[s->items[i - 1].from].is_ordinal && s->t.at[s->items[i - 1].from].number > 1 && !s->items[i - 1].time.n_tokens) {
            s->q->offset = (int)s->t.at[s->items[i - 1].from].number - 1;
            s->q->limit = 1;
            item_take(s, i - 1, USE_TOP);
        }
        low = item_is(it, C_BOTTOM) || item_is(it, C_WORST) || item_is(it, C_SLOW);
        if (s->ranking && s->q->ascending != low) {
            for (int k = 0; k < s->n; k++)
                s->spread = s->spread || item_is(&s->items[k], C_DIFFERENCE);
            if (!s->spread)
                why_not(s, "both ends of a ranking");
        }
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
        for (int k = 0; k < it->n; k++) /* "worst first": turns with the measure */
            if (word_in(&s->t.at[it->from + k], "best|worst"))
                s->u->intent_score = -1;
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
int item_group_marker(const reading_state *s, int i, concept *which)
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
        if (item_only_stop(it) || (it->taken && it->use == USE_GROUP) || item_superlative(it) || it->use == USE_TOP ||
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

/* The last item before i that says something; "express", "physical" directly
 * before it only narrow it. */
static int before_thing(const reading_state *s, int i)
{
    while (i && s->items[i - 1].taken && s->items[i - 1].dimension < 0 &&
           (s->items[i - 1].use == USE_FILTER || s->items[i - 1].use == USE_CONDITION))
        i--;
    return item_prev(s, i);
}

/* "top products", "worst 3 express stores", "slowest growing category" */
static bool follows_top(const reading_state *s, int i)
{
    int k = before_thing(s, i);

    while (k >= 0 && (item_is(&s->items[k], C_GROW) || item_is(&s->items[k], C_GROW_UP) || item_is(&s->items[k], C_GROW_DOWN) ||
                      item_is(&s->items[k], C_PERFORM) || item_weak_metric(&s->items[k])))
        k = item_prev(s, k);
    return k >= 0 && s->items[k].use == USE_TOP;
}

/* "the store with the highest sales" */
static bool precedes_top(const reading_state *s, int i)
{
    int k = i + 1;

    if (s->items[i].entity < 0 || s->items[i].metric >= 0 || !s->ranking || k >= s->n || !item_token_in(s, k, "with|that|which"))
        return false;
    while (k < s->n && (item_only_stop(&s->items[k]) || item_is(&s->items[k], C_WITH) || item_is(&s->items[k], C_COLUMNS)))
        k++;
    return k < s->n && s->items[k].use == USE_TOP;
}

/* "which city has the most stores": a ranking by their number. */
static bool counted_top(const reading_state *s, int i)
{
    const int top = before_thing(s, i);

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

void take_groups(reading_state *s)
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
        marker = item_group_marker(s, i, &which);
        beside_top = follows_top(s, i) || precedes_top(s, i);
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
        if (marker < 0 && it->grain != SEM_NO_GRAIN && it->plural && i > 0 &&
            (item_token_in(s, i - 1, "over|across|through|throughout|during") || (i > 1 && item_token_in(s, i - 1, "the") && item_token_in(s, i - 2, "over|across|through|throughout"))) &&
            !(i + 1 < s->n && s->items[i + 1].is_number))
            marker = i - 1;
        if (marker < 0 && !beside_top && !it->adverb)
            continue;
        if (it->number_dimension >= 0 && it->number_dimension == it->dimension && !(beside_top && which != C_PER && it->entity >= 0 && !it->plural))
            continue; /* sizes and prices are not groups */
        if (marker >= 0 && which == C_WHICH && s->count && it->entity >= 0 && it->entity == s->entity_asked)
            continue;
        if (take_average_unit(s, i, marker, which)) {
            if (it->composite >= 0) /* "average units per open store" */
                query_add_condition(s, i, it->composite, false);
            item_take(s, i, USE_GROUP);
        } else {
            const bool inner = within_marker(s, marker, which) && s->ranking;
            add_group(s, it->grain != SEM_NO_GRAIN ? -1 : it->dimension, it->grain);
            if (it->composite >= 0)
                query_add_condition(s, i, it->composite, false);
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

/* "Which outlet sold most", "the sales of each flagship": the value stands for
 * the things that have it. */
void group_by_value(reading_state *s)
{
    for (int i = 1; i < s->n; i++) {
        const item *it = &s->items[i];
        const int next = item_next(s, i);
        const bool which = item_token_in(s, i - 1, "which|what"), each = item_is(&s->items[i - 1], C_EACH);
        const sem_dimension *d;
        int label = -1;

        if (it->use != USE_FILTER || !it->n_values || it->plural || (!which && !each) || s->items[i - 1].n > 1)
            continue;
        if (next < s->n && (s->items[next].entity >= 0 || s->items[next].dimension >= 0) && s->items[next].metric < 0)
            continue;
        d = sem_dimension_at(s->layer, it->values[0].dimension);
        for (int e = 0; e < sem_n_entities(s->layer) && !d->is_entity_label; e++) {
            const int of = sem_entity_at(s->layer, e)->label;
            if (of >= 0 && label < 0 && sem_dimension_at(s->layer, of)->is_entity_label && sem_dimension_at(s->layer, of)->table == d->table)
                label = of;
        }
        if (label < 0 || d->table < 0)
            continue;
        add_group(s, label, SEM_NO_GRAIN);
        if (which && s->ranking && !s->q->limit)
            s->q->limit = 1;
        if (!s->items[i - 1].taken)
            item_take(s, i - 1, USE_GROUP);
    }
}
