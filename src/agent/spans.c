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

#include "agent/understand_impl.h"
#include "base/str.h"

/* ---- phrases of the layer --------------------------------------------- */

typedef enum phrase_kind { PHRASE_METRIC, PHRASE_DIMENSION, PHRASE_ENTITY, PHRASE_CONDITION, PHRASE_UNDEFINED } phrase_kind;

typedef struct layer_phrase {
    phrase_kind kind;
    int id;
    tokens words;
} layer_phrase;

typedef struct phrase_list {
    layer_phrase *at;
    int n, cap;
    bool failed;
} phrase_list;

static void add_phrases(reading_state *s, phrase_list *list, phrase_kind kind, int id, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        layer_phrase p = {.kind = kind, .id = id};

        if (list->n >= list->cap || !words_cut(words[i], 16, s->arena, &p.words)) {
            list->failed = list->failed || list->n >= list->cap;
            continue; /* a phrase too long to be one */
        }
        if (p.words.n)
            list->at[list->n++] = p;
    }
}

static bool layer_phrases(reading_state *s, phrase_list *list)
{
    const sem_layer *l = s->layer;

    list->cap = 0;
    for (int pass = 0; pass < 2; pass++) {
        int total = 0;
#define EACH(count, get, kind, name_of)                                             \
        for (int i = 0; i < count(l); i++) {                                        \
            total += get(l, i)->name_of n_words;                                    \
            if (pass)                                                               \
                add_phrases(s, list, kind, i, get(l, i)->name_of words, get(l, i)->name_of n_words); \
        }
        EACH(sem_n_metrics, sem_metric_at, PHRASE_METRIC, name.)
        EACH(sem_n_dimensions, sem_dimension_at, PHRASE_DIMENSION, name.)
        EACH(sem_n_entities, sem_entity_at, PHRASE_ENTITY, name.)
        EACH(sem_n_conditions, sem_condition_at, PHRASE_CONDITION, name.)
        EACH(sem_n_undefined, sem_undefined_at, PHRASE_UNDEFINED, )
#undef EACH
        if (!pass) {
            list->at = arena_push(s->arena, layer_phrase, (size_t)total + 1);
            list->cap = total;
            if (!list->at)
                return false;
        }
    }
    return !list->failed;
}

/* Verbs as people bend them, and the form the layer's words have. */
static const char *const verb_forms[][2] = {
    {"ran", "running"}, {"run", "running"}, {"runs", "running"}, {"opens", "opened"}, {"closes", "closed"},
    {"closing", "closed"}, {"opening", "opened"}, {"joining", "joined"}, {"join", "joined"}, {"start", "started"},
    {"begin", "began"}, {"starting", "started"}, {"launch", "launched"}, {"launching", "launched"}, {"trade", "trading"},
    {"traded", "trading"}, {"trades", "trading"}, {"lapse", "lapsed"}, {"order", "ordered"}, {"buy", "bought"},
    {"shop", "shopped"}, {"register", "registered"}, {"discontinue", "discontinued"}, {"delist", "delisted"},
    {"refitting", "refit"}, {"operate", "operating"}, {"operated", "operating"}, {"ceased", "closed"}, {"shutting", "shut"},
    {"sell", "sold"}, {"sells", "sold"}, {"buys", "bought"}, {"purchase", "purchased"}, {"had", "with"}, {"have", "with"},
    {"has", "with"}, {"having", "with"}, {"avg", "average"}, {"mean", "average"}, {"typical", "average"}, {"percent", "percentage"},
    {"percentage", "percent"}, {"pct", "percent"}, {"sqm", "m2"}, {"m²", "m2"}, {"opens", "opened"}, {"win", "won"},
    {"meter", "metre"}, {"meters", "metre"}, {"revenue", "sales"}, {"revenues", "sales"}, {"turnover", "sales"},
};

static bool same_token(const token *typed, const token *known)
{
    if (typed->also && !strcmp(typed->also, known->fold))
        return true;
    if (*typed->fold != *known->fold)
        return false;
    return !strcmp(typed->fold, known->fold) || !strcmp(typed->stem, known->stem) || !strcmp(typed->fold, known->stem);
}

static void find_forms(reading_state *s)
{
    for (int i = 0; i < s->t.n; i++)
        for (size_t k = 0; k < sizeof verb_forms / sizeof verb_forms[0]; k++)
            if (!strcmp(s->t.at[i].fold, verb_forms[k][0]))
                ((token *)&s->t.at[i])->also = verb_forms[k][1];
}

/* Tokens that spell the phrase; articles may stand inside ("closed for a refit"). */
static int match_phrase(const tokens *t, int i, const layer_phrase *p)
{
    const token *last = &p->words.at[p->words.n - 1];
    int n = 0;

    for (int k = 0; k < p->words.n; k++) {
        if (k && i + n < t->n && word_in(&t->at[i + n], "a|an|the|any|our|their") && !same_token(&t->at[i + n], &p->words.at[k]))
            n++;
        if (i + n >= t->n || !same_token(&t->at[i + n], &p->words.at[k]) ||
            (k && (t->at[i + n].before == '.' || t->at[i + n].before == '?' || t->at[i + n].before == ',')))
            return 0;
        n++;
    }
    /* "average orders" is a mean of counts, not the average order */
    if (p->kind == PHRASE_METRIC && p->words.n > 1 && !strcmp(p->words.at[0].fold, "average") && !strcmp(last->fold, last->stem) &&
        strcmp(t->at[i + n - 1].fold, t->at[i + n - 1].stem) != 0)
        return 0;
    return n;
}

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

    if (it->metric >= 0) score += 12;
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

/* A last or first word of longer names: "by reason" where returns are asked
 * for is the return reason. The name that shares most words with the rest of
 * the question is meant; none if two share as many. */
static void read_partial(reading_state *s, const phrase_list *list, item *it)
{
    const token *t = &s->t.at[it->from];
    int best = -1, best_shared = -1;
    bool tie = false;

    for (int k = 0; k < list->n; k++) {
        const layer_phrase *p = &list->at[k];
        int shared = 0;

        if (p->kind != PHRASE_DIMENSION || p->words.n < 2 || !same_token(t, &p->words.at[p->words.n - 1]))
            continue;
        for (int w = 0; w + 1 < p->words.n; w++)
            for (int q = 0; q < s->t.n; q++)
                shared += same_token(&s->t.at[q], &p->words.at[w]) && !word_in(&s->t.at[q], "of|the|for|in|a");
        if (shared > best_shared)
            best = p->id, best_shared = shared, tie = false;
        else if (shared == best_shared && p->id != best)
            tie = true;
    }
    if (best < 0 || tie)
        return;
    it->dimension = best;
    if (sem_dimension_at(s->layer, best)->is_number)
        it->number_dimension = best;
    it->plural = strcmp(t->fold, t->stem) != 0;
    understood_note(s, arena_strf(s->arena, "read '%s' as %s", t->text, sem_dimension_at(s->layer, best)->name.title));
}

/* "new vs returning customers", "physical and online sales": the first member
 * shares the last word of the second one's measure. */
static void share_last_word(reading_state *s, const phrase_list *list)
{
    for (int i = 0; i + 2 < s->n; i++) {
        item *first = &s->items[i];
        const item *second = &s->items[i + 2];

        if (first->metric >= 0 || (!first->n_conditions && !first->n_values) || second->metric < 0 || second->n < 2 ||
            !(item_is(&s->items[i + 1], C_VERSUS) || item_is(&s->items[i + 1], C_AND)))
            continue;
        for (int k = 0; k < list->n; k++) {
            const layer_phrase *p = &list->at[k];
            bool same = p->kind == PHRASE_METRIC && p->words.n == first->n + 1 &&
                        same_token(&s->t.at[second->from + second->n - 1], &p->words.at[p->words.n - 1]);
            for (int w = 0; same && w < first->n; w++)
                same = same_token(&s->t.at[first->from + w], &p->words.at[w]);
            if (same) {
                first->metric = p->id;
                for (int d = 0; second->composite >= 0 && d < first->n_conditions; d++)
                    if (sem_condition_at(s->layer, first->conditions[d])->entity == second->entity)
                        first->composite = first->conditions[d];
                first->n_conditions = first->n_values = 0;
                first->dimension = second->dimension, first->entity = second->entity;
                break;
            }
        }
    }
}

/* ---- misspelt words --------------------------------------------------- */

typedef struct nearest {
    const char *typed, *typed_stem, *word;
    int distance;
    bool tie;
    arena *arena;
} nearest;

static void consider(void *arg, const char *word)
{
    nearest *n = arg;
    int distance;

    if (*word < '0' || strlen(word) < 4)
        return;
    distance = word_typo(n->typed, word);
    if (distance < 0 && strcmp(n->typed, n->typed_stem))
        distance = word_typo(n->typed_stem, word);
    if (distance < 0)
        return;
    if (n->word && distance == n->distance && strcmp(word, n->word) && strncmp(word, n->word, 4)) {
        /* the one with the same first letter is meant */
        if (n->word[0] == n->typed[0] && word[0] != n->typed[0])
            return;
        if (word[0] == n->typed[0] && n->word[0] != n->typed[0])
            n->word = arena_str(n->arena, word);
        else
            n->tie = true;
        return;
    }
    if (!n->word || distance < n->distance)
        n->word = arena_str(n->arena, word), n->distance = distance, n->tie = false;
}

static void consider_table(void *arg, const char *word) { consider(arg, word); }

static const char *const time_vocabulary[] = {"january", "february", "march", "april", "june", "july", "august", "september",
    "october", "november", "december", "month", "months", "monthly", "week", "weeks", "weekly", "quarter", "quarters", "quarterly",
    "year", "years", "yearly", "daily", "today", "yesterday", "fiscal", "christmas", "easter", "previous", "current", "weekday", "season"};

/* True if a word was read as another: the search begins anew. */
static bool correct_word(reading_state *s, const phrase_list *list, token *t)
{
    nearest n = {.typed = t->fold, .typed_stem = t->stem, .arena = s->arena};

    if (t->is_number || isdigit((unsigned char)t->fold[0]) || strlen(t->fold) < 4 || strlen(t->fold) > 40)
        return false;
    for (size_t k = 0; k < sizeof time_vocabulary / sizeof time_vocabulary[0]; k++)
        consider(&n, time_vocabulary[k]);
    for (int k = 0; k < list->n; k++)
        for (int w = 0; w < list->at[k].words.n; w++)
            consider(&n, list->at[k].words.at[w].fold);
    values_each_word(s->layer, s->catalog, 1000, s->arena, consider, &n);
    concepts_each_word(consider_table, &n);
    if (!n.word)
        return false;
    if (n.tie) {
        trace(s, arena_strf(s->arena, "'%s' is near several words: left as it is", t->text));
        return false;
    }
    understood_note(s, arena_strf(s->arena, "read '%s' as '%s'", t->text, n.word));
    s->u->corrected = true;
    t->fold = n.word;
    t->stem = word_stem(n.word, s->arena);
    return t->stem != NULL;
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

/* "did we open", "have been opened": what happened, not how things are. */
static void past_forms(reading_state *s)
{
    static const char *const forms[][2] = {{"open", "opened"}, {"close", "closed"}, {"launch", "launched"}, {"start", "started"},
        {"lose", "lost"}, {"discontinue", "discontinued"}, {"join", "joined"}, {"end", "ended"}, {"begin", "began"}, {"introduce", "introduced"}};

    for (int i = 1; i < s->t.n; i++)
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
            for (int k = i - 1; !strcmp(s->t.at[i].fold, forms[f][0]) && k >= 0 && k > i - 6; k--)
                if (word_in(&s->t.at[k], "did|didnt")) {
                    token *t = (token *)&s->t.at[i];
                    t->fold = t->stem = forms[f][1];
                    break;
                }
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

/* ---- helpers ---------------------------------------------------------- */

bool item_is(const item *it, concept c)
{
    for (int k = 0; k < it->n_concepts; k++)
        if (it->concepts[k] == c)
            return true;
    return false;
}

int item_next(const reading_state *s, int i)
{
    for (i++; i < s->n && item_only_stop(&s->items[i]); i++)
        ;
    return i;
}

int item_prev(const reading_state *s, int i)
{
    for (i--; i >= 0 && item_only_stop(&s->items[i]); i--)
        ;
    return i;
}

int item_find(const reading_state *s, concept c)
{
    for (int i = 0; i < s->n; i++)
        if (!s->items[i].taken && item_is(&s->items[i], c))
            return i;
    return -1;
}

void item_take(reading_state *s, int i, word_use use)
{
    s->items[i].taken = true;
    s->items[i].use = use;
}

bool item_token_in(const reading_state *s, int i, const char *list)
{
    return i >= 0 && i < s->n && word_in(&s->t.at[s->items[i].from], list);
}

const char *item_text(const reading_state *s, int i)
{
    const token *first = &s->t.at[s->items[i].from], *last = first + s->items[i].n - 1;
    const char *text = arena_strn(s->arena, s->question + first->offset, last->offset + last->n_bytes - first->offset);

    return text ? text : "";
}

void understood_note(reading_state *s, const char *text)
{
    if (text && s->u->n_notes < UNDERSTAND_MAX_NOTES)
        s->u->notes[s->u->n_notes++] = text;
}

void trace(reading_state *s, const char *text)
{
    if (text && s->u->n_trace < UNDERSTAND_MAX_TRACE)
        s->u->trace[s->u->n_trace++] = text;
}

void why_not(reading_state *s, const char *text)
{
    if (text && !*s->u->why_not)
        s->u->why_not = text;
}
