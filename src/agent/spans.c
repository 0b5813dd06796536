/* spans.c - covers the question with spans, each with all its readings.
 *
 * Candidates: every phrase of the layer, every value of the catalog, time
 * phrases, numbers, and what concepts.c knows. A cover is the best that leaves
 * the fewest words unread and then has the fewest spans, so that the longest
 * phrase wins ("new customers" over "new", "customers"); among equals values
 * and metrics win over words of the language. A word that no candidate reads
 * is compared with every word known; a near one is read instead and noted. */
#include <ctype.h>
#include <string.h>

#include "agent/phrases_impl.h"
#include "base/str.h"

/* ---- candidates ------------------------------------------------------- */

typedef struct candidates {
    item *at;
    int n, cap;
} candidates;

static item *candidate(reading_state *s, candidates *c, int from, int n)
{
    item *it = NULL;

    for (int k = c->n - 1; k >= 0 && c->at[k].from == from; k--)
        if (c->at[k].n == n)
            return &c->at[k];
    if (c->n >= c->cap)
        return NULL;
    it = &c->at[c->n++];
    *it = (item){.from = from, .n = n, .metric = -1, .dimension = -1, .entity = -1, .undefined = -1,
                 .number_dimension = -1, .composite = -1};
    for (int k = 1; k + 1 < n; k++) /* "reason for returns" is one reason */
        if (word_in(&s->t.at[from + k], "for|of")) {
            it->plural = strcmp(s->t.at[from + k - 1].fold, s->t.at[from + k - 1].stem) != 0;
            return it;
        }
    it->plural = strcmp(s->t.at[from + n - 1].fold, s->t.at[from + n - 1].stem) != 0 ||
                 word_in(&s->t.at[from + n - 1], "people");
    return it;
}

static bool comparison_follows(reading_state *s, int i)
{
    concept found[ITEM_MAX_CONCEPTS];
    const int n = i < s->t.n ? concepts_longest(&s->t, i) : 0;
    const int m = n ? concepts_at(&s->t, i, n, found, ITEM_MAX_CONCEPTS) : 0;

    for (int k = 0; k < m; k++)
        if (found[k] >= C_ABOVE && found[k] <= C_BETWEEN && (found[k] != C_BETWEEN || (i + n < s->t.n && s->t.at[i + n].is_number)))
            return true;
    return i < s->t.n && word_in(&s->t.at[i], "of") ? comparison_follows(s, i + 1) : false;
}

static bool add_layer(reading_state *s, candidates *c, const phrase_list *list, int i)
{
    for (int k = 0; k < list->n; k++) {
        const layer_phrase *p = &list->at[k];
        const int n = match_phrase(&s->t, i, p);
        item *it;

        if (!n)
            continue;
        /* "stores with sales above 1 million": a figure is meant, not that there are sales */
        if (n > 1 && (p->kind == PHRASE_CONDITION || p->kind == PHRASE_METRIC) && comparison_follows(s, i + n) &&
            (word_in(&s->t.at[i], "with|had|without") || (n > 2 && word_in(&s->t.at[i + 1], "with"))))
            continue;
        it = candidate(s, c, i, n);
        if (!it)
            return false;
        switch (p->kind) {
        case PHRASE_METRIC: it->metric = it->metric < 0 ? p->id : it->metric; break;
        case PHRASE_DIMENSION:
            if (sem_dimension_at(s->layer, p->id)->is_number)
                it->number_dimension = p->id;
            it->dimension = it->dimension < 0 ? p->id : it->dimension;
            break;
        case PHRASE_ENTITY: it->entity = it->entity < 0 ? p->id : it->entity; break;
        case PHRASE_UNDEFINED: it->undefined = it->undefined < 0 ? p->id : it->undefined; break;
        case PHRASE_CONDITION:
            for (int d = 0; d < it->n_conditions; d++)
                if (it->conditions[d] == p->id)
                    goto known;
            if (it->n_conditions < ITEM_MAX_CONDITIONS)
                it->conditions[it->n_conditions++] = p->id;
        known:
            break;
        }
    }
    return true;
}

/* "average basket size", "average margin %": the average of a ratio is the ratio. */
static bool add_averages(reading_state *s, candidates *c, const phrase_list *list, int i)
{
    if (i + 1 >= s->t.n || !word_in(&s->t.at[i], "average|avg|mean|typical"))
        return true;
    for (int k = 0; k < list->n; k++) {
        const layer_phrase *p = &list->at[k];
        const int n = p->kind == PHRASE_METRIC && sem_metric_at(s->layer, p->id)->additivity == SEM_RATIO ? match_phrase(&s->t, i + 1, p) : 0;
        item *it = n ? candidate(s, c, i, n + 1) : NULL;

        if (n && !it)
            return false;
        if (n && it->metric < 0) {
            it->metric = p->id;
            it->concepts[0] = C_AVERAGE, it->n_concepts = 1;
        }
    }
    return true;
}

static bool add_values(reading_state *s, candidates *c, int i)
{
    value_hit hits[24];
    const int n = values_match_at(s->layer, s->catalog, &s->t, i, hits, 24, s->arena);

    for (int k = 0; k < n; k++) {
        item *it;

        if (hits[k].how == VALUE_TAIL && (hits[k].cut || concepts_longest(&s->t, i) >= hits[k].n_tokens))
            continue;
        it = candidate(s, c, i, hits[k].n_tokens);
        if (!it)
            return false;
        if (it->n_values < ITEM_MAX_VALUES)
            it->values[it->n_values++] = hits[k];
    }
    return true;
}

static bool number_word(const token *t, const char *list) { return word_in(t, list); }

/* "500", "€ 1.5 million", "200k euros", "20 %". */
static bool add_number(reading_state *s, candidates *c, int i)
{
    const tokens *t = &s->t;
    int k = i;
    char unit = 0;
    double number;
    item *it;

    if (number_word(&t->at[k], "euro|eur") && k + 1 < t->n && t->at[k + 1].is_number)
        unit = 'e', k++;
    if (!t->at[k].is_number || t->at[k].is_ordinal)
        return true;
    number = t->at[k++].number;
    if (k < t->n && number_word(&t->at[k], "hundred|thousand|million|billion|mio|mn|m|k|dozen|bn"))
        number *= number_word(&t->at[k], "hundred") ? 100 : number_word(&t->at[k], "dozen") ? 12 :
                  number_word(&t->at[k], "thousand|k") ? 1e3 : number_word(&t->at[k], "billion|bn") ? 1e9 : 1e6, k++;
    else if (number_word(&t->at[i], "dozen") && 0)
        k++;
    if (k < t->n && number_word(&t->at[k], "euro|euros|eur"))
        unit = 'e', k++;
    else if (k < t->n && number_word(&t->at[k], "percent|pct|pp"))
        unit = '%', k++;
    it = candidate(s, c, i, k - i);
    if (!it)
        return false;
    it->is_number = true, it->number = number, it->unit = unit;
    return true;
}

static bool add_language(reading_state *s, candidates *c, int i)
{
    const time_phrase p = time_phrase_at(s->layer, &s->t, i, s->arena);
    sem_grain grain;
    bool adverb;
    item *it;

    if (p.n_tokens) {
        it = candidate(s, c, i, p.n_tokens);
        if (!it)
            return false;
        it->time = p;
    }
    for (int n = concepts_longest(&s->t, i); n > 0; n--) {
        concept found[ITEM_MAX_CONCEPTS];
        const int m = concepts_at(&s->t, i, n, found, ITEM_MAX_CONCEPTS);

        if (!m)
            continue;
        it = candidate(s, c, i, n);
        if (!it)
            return false;
        memcpy(it->concepts, found, sizeof found[0] * (size_t)m);
        it->n_concepts = m;
    }
    if (time_grain_at(&s->t, i, &grain, &adverb)) {
        it = candidate(s, c, i, time_grain_at(&s->t, i, &grain, &adverb));
        if (!it)
            return false;
        it->grain = grain, it->adverb = adverb;
    }
    return true;
}

/* "active stores" as a metric is also a condition and its entity. */
static void find_composites(reading_state *s, candidates *c)
{
    for (int k = 0; k < c->n; k++) {
        item *it = &c->at[k];

        if (it->metric < 0 || it->n < 2)
            continue;
        for (int a = 0; a < c->n; a++)
            for (int b = 0; b < c->n; b++) {
                const item *first = &c->at[a], *second = &c->at[b];

                if (first->from != it->from || second->from != first->from + first->n ||
                    second->from + second->n != it->from + it->n)
                    continue;
                if (first->entity >= 0 && second->n_conditions) { /* "products out of stock": they, not their number */
                    const item *swap = first;
                    first = second, second = swap;
                    it->thing_first = true;
                }
                if (second->entity < 0)
                    continue;
                for (int m = 0; m < first->n_conditions; m++)
                    if (sem_condition_at(s->layer, first->conditions[m])->entity == second->entity) {
                        it->composite = first->conditions[m];
                        it->entity = second->entity;
                        if (it->dimension < 0)
                            it->dimension = second->dimension;
                    }
            }
    }
}

static int shared_dimension(const item *a, const item *b)
{
    for (int x = 0; x < a->n_values; x++)
        for (int y = 0; y < b->n_values; y++)
            if (a->values[x].dimension == b->values[y].dimension)
                return a->values[x].dimension;
    return -1;
}

/* "sales of physical stores": the stores are part of a measure that began before. */
static bool within_measure(const candidates *c, const item *it)
{
    for (int k = 0; k < c->n; k++)
        if (c->at[k].metric >= 0 && c->at[k].from < it->from && c->at[k].from + c->at[k].n >= it->from + it->n)
            return true;
    return false;
}

/* "online vs store sales", "online sales and store sales": two members of one
 * dimension are set side by side, so that "store sales" is not the measure of
 * that name. */
static void part_members(reading_state *s, candidates *c)
{
    for (int k = 0; k < c->n; k++) {
        const item *first = &c->at[k];

        for (int m = 0; m < c->n; m++) {
            const item *second = &c->at[m];
            bool joined = false;

            if (second->from <= first->from || !first->n_values || !second->n_values || shared_dimension(first, second) < 0 ||
                second->from - first->from - first->n > 3)
                continue;
            if (within_measure(c, first))
                continue;
            for (int i = first->from + first->n; i < second->from; i++)
                joined = joined || word_in(&s->t.at[i], "vs|versus|and|or|against|with|to|than");
            for (int x = 0; joined && x < c->n; x++)
                if ((c->at[x].from == first->from || c->at[x].from == second->from) && c->at[x].n > 1 && !c->at[x].n_values)
                    c->at[x].metric = -1;
        }
    }
}

/* ---- choosing --------------------------------------------------------- */

static bool only_tail(const item *it)
{
    for (int k = 0; k < it->n_values; k++)
        if (it->values[k].how != VALUE_TAIL)
            return false;
    return it->n_values > 0;
}

static bool says_something(const item *it)
{
    return it->metric >= 0 || it->dimension >= 0 || it->entity >= 0 || it->undefined >= 0 || it->n_conditions ||
           it->n_values || it->grain != SEM_NO_GRAIN || it->time.n_tokens || it->is_number;
}

bool item_only_stop(const item *it) { return !says_something(it) && item_is(it, C_STOP); }

static long item_score(const item *it)
{
    long score = 1000L * it->n - 100;

    if (it->metric >= 0) score += 11 + (it->n < 6 ? it->n : 6); /* "margin %" over "% of" */
    if (it->n_values) score += only_tail(it) ? -40 : 10 + 6 * it->n;
    if (it->dimension >= 0 || it->entity >= 0 || it->n_conditions) score += 8;
    if (it->time.n_tokens) score += 20;
    if (it->undefined >= 0) score += 14;
    if (item_only_stop(it) && it->n > 1) score -= 30; /* a long run of stop words never beats what says something */
    return score;
}

static bool choose(reading_state *s, candidates *c)
{
    const int n = s->t.n;
    long *best = arena_push(s->arena, long, (size_t)n + 1);
    int *pick = arena_push(s->arena, int, (size_t)n + 1);

    if (!best || !pick)
        return false;
    for (int i = n - 1; i >= 0; i--) {
        best[i] = best[i + 1], pick[i] = -1;
        for (int k = 0; k < c->n; k++)
            if (c->at[k].from == i && (says_something(&c->at[k]) || c->at[k].n_concepts) && item_score(&c->at[k]) + best[i + c->at[k].n] > best[i]) {
                best[i] = item_score(&c->at[k]) + best[i + c->at[k].n];
                pick[i] = k;
            }
    }
    s->items = arena_push(s->arena, item, (size_t)n + 1);
    if (!s->items)
        return false;
    s->n = 0;
    for (int i = 0; i < n;) {
        if (pick[i] >= 0) {
            s->items[s->n++] = c->at[pick[i]];
            i += c->at[pick[i]].n;
        } else {
            s->items[s->n++] = (item){.from = i, .n = 1, .metric = -1, .dimension = -1, .entity = -1,
                                      .undefined = -1, .number_dimension = -1, .composite = -1};
            i++;
        }
    }
    return true;
}

/* ---- all of it -------------------------------------------------------- */

static bool collect(reading_state *s, candidates *c, const phrase_list *list)
{
    c->n = 0;
    find_forms(s);
    for (int i = 0; i < s->t.n; i++)
        if (!add_layer(s, c, list, i) || !add_averages(s, c, list, i) || !add_values(s, c, i) || !add_number(s, c, i) || !add_language(s, c, i))
            return false;
    find_composites(s, c);
    part_members(s, c);
    return true;
}

bool spans_find(reading_state *s)
{
    phrase_list list = {0};
    candidates c = {.cap = s->t.n * 24 + 16};

    c.at = arena_push(s->arena, item, (size_t)c.cap);
    if (!c.at || !layer_phrases(s, &list))
        return false;
    past_forms(s);
    for (int round = 0; round < 2; round++) {
        bool corrected = false;

        if (!collect(s, &c, &list) || !choose(s, &c))
            return false;
        for (int i = 0; i < s->n; i++)
            if (!s->items[i].n_concepts && !says_something(&s->items[i])) {
                read_partial(s, &list, &s->items[i]);
                if (s->items[i].dimension < 0 && !round)
                    corrected = correct_word(s, &list, (token *)&s->t.at[s->items[i].from]) || corrected;
            }
        if (!corrected)
            break;
    }
    share_last_word(s, &list);
    return true;
}
