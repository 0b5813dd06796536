/* averages.c - averages that are ratios with a name, and those that move.
 *
 * "Units in an order on average" is the layer's "unit per order"; a mean of the
 * last n months runs along a row of months. */
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

/* Whether `word` is one of the names of a measure, up to its length. */
static bool names_metric(const sem_metric *m, const char *word, size_t n)
{
    if (strlen(m->name.id) == n && !strncmp(m->name.id, word, n))
        return true;
    for (int w = 0; w < m->name.n_words; w++)
        if (strlen(m->name.words[w]) == n && !strncmp(m->name.words[w], word, n))
            return true;
    return false;
}

int ratio_metric(const reading_state *s, int metric, const char *over)
{
    const sem_metric *first = sem_metric_at(s->layer, metric);

    for (int m = 0; m < sem_n_metrics(s->layer); m++)
        for (int w = 0; w < sem_metric_at(s->layer, m)->name.n_words; w++) {
            const char *word = sem_metric_at(s->layer, m)->name.words[w], *per = strstr(word, " per ");
            if (per && !strcmp(per + 5, over) && (m == metric || names_metric(first, word, (size_t)(per - word))))
                return m;
        }
    return -1;
}

bool average_as_ratio(reading_state *s)
{
    sem_query *q = s->q;

    for (int i = 1; i < s->n && q->n_metrics; i++) {
        const item *it = &s->items[i];
        const char *over = s->t.at[it->from + it->n - 1].stem;
        int k = i - 1, ratio;

        if (it->n > 1 ? !item_token_in(s, i, "known|identified") : it->entity < 0)
            continue; /* "a new customer" is not any customer */
        if (it->plural || (it->taken && it->use == USE_FILTER))
            continue;
        if (item_token_in(s, k, "known|know|single|identified|typical|average|individual") && k)
            k--;
        if (!item_token_in(s, k, "a|an|each|every|per|one|the|known|single|average|typical"))
            continue;
        ratio = ratio_metric(s, q->metrics[0], over);
        if (ratio < 0 && q->n_metrics == 2 && it->metric == q->metrics[0]) /* "an order contains how many units" */
            ratio = ratio_metric(s, q->metrics[1], over);
        if (ratio < 0)
            continue;
        q->metrics[0] = ratio;
        q->n_metrics = 1;
        s->count = false;
        for (int w = k; w <= i; w++)
            if (!s->items[w].taken || w == i)
                item_take(s, w, USE_METRIC);
        TAKE(s, USE_KIND, C_HOW_MANY);
        return true;
    }
    return false;
}

/* ---- moving averages -------------------------------------------------- */

static sem_grain unit_of(const token *t)
{
    static const struct { const char *words; sem_grain grain; } units[] = {
        {"day|days", SEM_DAY}, {"week|weeks", SEM_WEEK}, {"month|months", SEM_MONTH}, {"quarter|quarters", SEM_QUARTER}, {"year|years", SEM_YEAR_GRAIN}};

    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
        if (word_in(t, units[u].words))
            return units[u].grain;
    return SEM_NO_GRAIN;
}

static void take_tokens(reading_state *s, int from, int to)
{
    for (int i = 0; i < s->n; i++)
        if (s->items[i].from + s->items[i].n > from && s->items[i].from < to)
            item_take(s, i, USE_KIND);
}

/* "each month with the two before it": says again what the average is over. */
static void take_the_ones_before(reading_state *s)
{
    for (int i = 0; i + 1 < s->t.n; i++)
        if (s->t.at[i].is_number && (int)s->t.at[i].number == s->q->moving - 1 && word_in(&s->t.at[i + 1], "before|preceding|previous|earlier"))
            take_tokens(s, i, i + 2);
}

void find_moving(reading_state *s)
{
    int moving = -1, mean = -1;

    for (int i = 0; i < s->t.n; i++) {
        if (word_in(&s->t.at[i], "moving|rolling|trailing") && moving < 0)
            moving = i;
        else if (moving >= 0 && mean < 0 && i - moving < 5 && word_in(&s->t.at[i], "average|averages|mean|avg"))
            mean = i;
    }
    if (moving < 0 || mean < 0)
        return;
    for (int i = moving > 2 ? moving - 2 : 0; i + 1 < s->t.n && i <= mean + 3; i++) {
        const token *t = &s->t.at[i];
        const sem_grain grain = unit_of(t + 1);
        if (!t->is_number || t->number < 2 || t->number > 400 || t->number != (int)t->number || grain == SEM_NO_GRAIN)
            continue;
        s->q->moving = (int)t->number;
        s->moving_grain = grain;
        s->average = false;
        take_tokens(s, i < moving ? i : moving, (i + 1 > mean ? i + 1 : mean) + 1);
        take_the_ones_before(s);
        return;
    }
}

void moving_grain(reading_state *s)
{
    const int g = time_group(s->q);

    if (!s->q->moving)
        return;
    if (g < 0 && s->q->n_groups < SEM_MAX_GROUPS)
        s->q->groups[s->q->n_groups++] = (sem_group){-1, s->moving_grain};
    else if (g < 0 || s->q->groups[g].grain != s->moving_grain)
        why_not(s, "a moving average over other units than its row of periods");
}
