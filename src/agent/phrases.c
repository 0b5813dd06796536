/* phrases.c - see phrases_impl.h.
 *
 * The layer's words are cut as questions are, so that "sell-through" and
 * "margin %" match however they are typed. */
#include <string.h>

#include "agent/phrases_impl.h"
#include "base/str.h"

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

bool layer_phrases(reading_state *s, phrase_list *list)
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

bool same_token(const token *typed, const token *known)
{
    if (typed->also && !strcmp(typed->also, known->fold))
        return true;
    if (*typed->fold != *known->fold)
        return false;
    return !strcmp(typed->fold, known->fold) || !strcmp(typed->stem, known->stem) || !strcmp(typed->fold, known->stem);
}

/* "Swiss sales": the country's name is the value; its money is another thing. */
static void country_names(reading_state *s)
{
    static const char *const names[][2] = {{"swiss", "switzerland"}, {"british", "uk"}, {"german", "germany"}, {"french", "france"},
        {"austrian", "austria"}, {"dutch", "netherlands"}};

    for (int i = 0; i < s->t.n; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (!strcmp(s->t.at[i].fold, names[k][0]) && !(i + 1 < s->t.n && word_in(&s->t.at[i + 1], "franc|francs|pound|pounds|currency"))) {
                token *t = (token *)&s->t.at[i];
                t->fold = t->stem = names[k][1];
            }
}

/* What people call a country, and what the data calls it. */
static void find_nations(reading_state *s)
{
    static const char *const nations[][2] = {{"britain", "uk"}, {"british", "uk"}, {"swiss", "switzerland"}, {"german", "germany"},
        {"austrian", "austria"}, {"french", "france"}, {"dutch", "netherlands"}, {"holland", "netherlands"}};

    for (int i = 0; sem_dimension_find(s->layer, "customer_country") >= 0 && i < s->t.n; i++) {
        token *t = (token *)&s->t.at[i];

        if (i && !strcmp(t->fold, "britain") && !strcmp(t[-1].fold, "great")) {
            t[-1].fold = t[-1].stem = "united";
            t->fold = t->stem = "kingdom";
        }
        for (size_t k = 0; k < sizeof nations / sizeof nations[0]; k++)
            if (!strcmp(t->fold, nations[k][0]) && !(i + 1 < s->t.n && word_in(&t[1], "franc|francs|pound|pounds")))
                t->fold = t->stem = nations[k][1];
    }
}

void find_forms(reading_state *s)
{
    find_nations(s);
    country_names(s);
    for (int i = 0; i < s->t.n; i++)
        for (size_t k = 0; k < sizeof verb_forms / sizeof verb_forms[0]; k++)
            if (!strcmp(s->t.at[i].fold, verb_forms[k][0]))
                ((token *)&s->t.at[i])->also = verb_forms[k][1];
}

/* Tokens that spell the phrase; articles may stand inside ("closed for a refit"). */
int match_phrase(const tokens *t, int i, const layer_phrase *p)
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
    if (p->kind == PHRASE_METRIC && p->words.n == 2 && !strcmp(last->fold, "spend") && n == 2 && strcmp(t->at[i].fold, t->at[i].stem) != 0)
        return 0; /* "how much did customers spend": a verb */
    /* "average orders" is a mean of counts, not the average order */
    if (p->kind == PHRASE_METRIC && p->words.n > 1 && !strcmp(p->words.at[0].fold, "average") && !strcmp(last->fold, last->stem) &&
        strcmp(t->at[i + n - 1].fold, t->at[i + n - 1].stem) != 0)
        return 0;
    return n;
}

/* "did we open", "have been opened": what happened, not how things are. */
void past_forms(reading_state *s)
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
