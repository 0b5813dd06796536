/* spelling.c - words that are misspelt, or only part of a name. */
#include <ctype.h>
#include <string.h>

#include "agent/phrases_impl.h"
#include "base/str.h"

/* "refunds" are measured "by the day of the return": their reason is the return's. */
static bool measured_here(const reading_state *s, const char *stem)
{
    for (int i = 0; i < s->n && strlen(stem) > 3; i++)
        if (s->items[i].metric >= 0 && strstr(sem_metric_at(s->layer, s->items[i].metric)->name.meaning, stem))
            return true;
    return false;
}

/* A last or first word of longer names: "by reason" where returns are asked
 * for is the return reason. The name that shares most words with the rest of
 * the question is meant; none if two share as many. */
void read_partial(reading_state *s, const phrase_list *list, item *it)
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
            shared += measured_here(s, p->words.at[w].stem);
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
void share_last_word(reading_state *s, const phrase_list *list)
{
    for (int i = 0; i + 2 < s->n; i++) {
        item *first = &s->items[i];
        const bool again = i + 3 < s->n && item_is(&s->items[i + 2], C_HOW_MANY); /* "how many new and how many returning" */
        const item *second = &s->items[i + 2 + again];

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
bool correct_word(reading_state *s, const phrase_list *list, token *t)
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
    if (!t->offset || t->text[0] < 'A' || t->text[0] > 'Z') /* a name within a sentence is no word of the language */
        concepts_each_word(consider_table, &n);
    if (!n.word || !strcmp(n.word, t->fold))
        return false; /* a known word that says nothing here */
    if (t->offset && t->text[0] >= 'A' && t->text[0] <= 'Z' && n.word[0] != t->fold[0])
        return false; /* "Acme" is not "came" */
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
