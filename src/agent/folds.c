/* folds.c - figures over rows: how many days had more than …, the median of
 * monthly sales, the gap between the best and the worst. */
#include <math.h>
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

/* "How many days": the unit of time that is counted, or none. */
static int counted_grain(const reading_state *s)
{
    const int i = item_find(s, C_HOW_MANY), k = i >= 0 ? item_next(s, i) : s->n;

    return i >= 0 && k < s->n && s->items[k].grain != SEM_NO_GRAIN && !s->items[k].adverb && !s->items[k].taken ? k : -1;
}

/* "How many days was it closed": days of closures, not days of the calendar. */
static void closed_days(reading_state *s, int grain)
{
    const int metric = sem_metric_find(s->layer, "closed_days");

    if (metric < 0 || s->items[grain].grain != SEM_DAY || s->q->n_metrics || s->q->having_metric >= 0)
        return;
    for (int i = 0; i < s->n; i++)
        if (!s->items[i].taken && item_token_in(s, i, "closed|shut")) {
            s->q->metrics[s->q->n_metrics++] = metric;
            s->list = false;
            s->entity_asked = -1;
            item_take(s, i, USE_METRIC);
            item_take(s, grain, USE_METRIC);
            TAKE(s, USE_KIND, C_HOW_MANY);
            return;
        }
}

void count_of_time(reading_state *s)
{
    const int grain = counted_grain(s);

    s->count_grain = SEM_NO_GRAIN;
    if (grain < 0)
        return;
    closed_days(s, grain);
    if (s->items[grain].taken || s->q->having_metric < 0)
        return;
    s->count_grain = s->items[grain].grain;
    item_take(s, grain, USE_KIND);
}

static void add_inner(reading_state *s, int dimension, sem_grain grain, sem_fold fold)
{
    sem_query *q = s->q;

    if (q->n_groups == SEM_MAX_GROUPS) {
        why_not(s, "more groups than a template takes");
        return;
    }
    for (int g = 0; g < q->n_groups; g++)
        if (q->groups[g].dimension == dimension && (dimension >= 0 || q->groups[g].grain == grain)) {
            memmove(&q->groups[g], &q->groups[g + 1], sizeof q->groups[0] * (size_t)(q->n_groups - g - 1));
            q->n_groups--;
            break;
        }
    q->fold = fold;
    q->fold_from = q->n_groups;
    q->groups[q->n_groups++] = (sem_group){dimension, grain};
}

/* True when the shape is settled. */
bool shape_fold(reading_state *s)
{
    sem_query *q = s->q;

    if (s->count_grain != SEM_NO_GRAIN && q->having_metric >= 0) {
        q->n_metrics = 1;
        q->metrics[0] = q->having_metric;
        s->entity_asked = -1;
        add_inner(s, -1, s->count_grain, SEM_FOLD_COUNT);
        TAKE(s, USE_KIND, C_HOW_MANY, C_SELL);
        return true;
    }
    if (s->spread) {
        need_metric(s, true);
        if (q->n_groups != 1)
            why_not(s, "the gap between the ends of what ranking");
        else
            add_inner(s, q->groups[0].dimension, q->groups[0].grain, SEM_FOLD_SPREAD);
        q->limit = 0, q->ordered = q->ascending = false, q->limit_per_group = -1;
        s->ranking = false;
        TAKE(s, USE_COMPARE, C_DIFFERENCE, C_BETWEEN, C_COMPARE);
        return true;
    }
    if (s->median) {
        need_metric(s, true);
        if (q->average_per != SEM_NO_GRAIN)
            add_inner(s, -1, q->average_per, SEM_FOLD_MEDIAN);
        else if (q->average_per_entity >= 0 && sem_entity_at(s->layer, q->average_per_entity)->label >= 0)
            add_inner(s, sem_entity_at(s->layer, q->average_per_entity)->label, SEM_NO_GRAIN, SEM_FOLD_MEDIAN);
        else
            why_not(s, "a median over what was not named");
        q->average_per = SEM_NO_GRAIN, q->average_per_entity = -1;
        TAKE(s, USE_KIND, C_MEDIAN, C_AVERAGE);
        return true;
    }
    return false;
}
