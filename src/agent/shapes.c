/* shapes.c - what the shapes of a query share: the concepts they take, the group
 * by time, the measure when none is named; and the trend.
 *
 * Changes: shapes_change.c. Shares: shapes_share.c. Lists: shapes_list.c. */
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

void take_concepts(reading_state *s, const concept *list, int n, word_use use)
{
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < n; k++)
            if (!s->items[i].taken && item_is(&s->items[i], list[k]) && s->items[i].metric < 0)
                item_take(s, i, use);
}

bool says(const reading_state *s, concept c)
{
    for (int i = 0; i < s->n; i++)
        if (item_is(&s->items[i], c))
            return true;
    return false;
}

int time_group(const sem_query *q)
{
    for (int i = 0; i < q->n_groups; i++)
        if (q->groups[i].dimension < 0)
            return i;
    return -1;
}

void group_by_time(reading_state *s, sem_grain grain)
{
    if (time_group(s->q) < 0 && s->q->n_groups < SEM_MAX_GROUPS)
        s->q->groups[s->q->n_groups++] = (sem_group){-1, grain};
}

static bool references(const reading_state *s, int from, int to)
{
    const db_table *t = &s->catalog->tables[from];

    for (int c = 0; c < t->n_columns; c++)
        if (t->columns[c].fk_table == to)
            return true;
    return false;
}

/* Sales; but returns where a column of the returns is asked for, a table that
 * sales know nothing of. */
static int default_metric(const reading_state *s)
{
    const int sales = sem_metric_find(s->layer, "sales"), facts = db_table_find(s->catalog, "sales");

    for (int g = 0; facts >= 0 && g < s->q->n_groups; g++) {
        const int table = s->q->groups[g].dimension >= 0 ? sem_dimension_at(s->layer, s->q->groups[g].dimension)->table : -1;
        const int metric = table >= 0 ? sem_metric_find(s->layer, s->catalog->tables[table].name) : -1;
        if (metric >= 0 && table != facts && !references(s, facts, table) && references(s, table, facts))
            return metric;
    }
    return sales >= 0 ? sales : 0;
}

void need_metric(reading_state *s, bool plain)
{
    const int sales = sem_metric_find(s->layer, "sales");

    if (s->q->n_metrics)
        return;
    if (s->q->having_metric >= 0) {
        s->q->metrics[s->q->n_metrics++] = s->q->having_metric;
        return;
    }
    if (sales < 0 && sem_n_metrics(s->layer) == 0) {
        why_not(s, "no measure was named");
        return;
    }
    s->q->metrics[s->q->n_metrics++] = default_metric(s);
    understood_note(s, arena_strf(s->arena, "no measure was named: taken as %s", sem_metric_at(s->layer, s->q->metrics[0])->name.title));
    s->default_metric = true;
    if (!plain)
        s->u->assumed = true;
}

void shape_trend(reading_state *s)
{
    sem_query *q = s->q;
    const int32_t from = q->period.set ? q->period.from : sem_data_from(s->layer);
    const int32_t to = q->period.set && q->period.to < sem_today(s->layer) ? q->period.to : sem_today(s->layer);

    need_metric(s, true);
    if (time_group(q) < 0) {
        const sem_grain grain = says(s, C_OVER_YEARS) ? SEM_YEAR_GRAIN : to - from < 45 ? SEM_DAY : SEM_MONTH;
        group_by_time(s, grain);
        understood_note(s, grain == SEM_DAY ? "shown by day" : grain == SEM_MONTH ? "shown by month" : "shown by year");
    }
    TAKE(s, USE_KIND, C_TREND, C_OVER_YEARS, C_GROW, C_GROW_UP, C_GROW_DOWN, C_RUNNING, C_COMPARE, C_PERFORM);
}
