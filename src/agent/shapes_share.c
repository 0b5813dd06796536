/* shapes_share.c - parts of a whole: the members that are named side by side, and
 * what a share is a share of. */
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

/* Members said side by side: "online vs store", "North and South". */
static int member_filter(reading_state *s)
{
    for (int f = 0; f < s->q->n_filters; f++) {
        bool grouped = false;
        if (s->q->filters[f].op != SEM_IN || s->q->filters[f].n_values < 2)
            continue;
        for (int g = 0; g < s->q->n_groups; g++)
            grouped = grouped || s->q->groups[g].dimension == s->q->filters[f].dimension;
        if (!grouped)
            return f;
    }
    return -1;
}

/* Several values of one dimension from more than one place of the question. */
static bool said_apart(const reading_state *s, int dimension)
{
    int n = 0;

    for (int i = 0; i < s->n; i++)
        for (int v = 0; v < s->items[i].n_values; v++)
            if (s->items[i].values[v].dimension == dimension && s->items[i].use == USE_FILTER) {
                n++;
                break;
            }
    return n > 1;
}

bool said_members(const reading_state *s)
{
    for (int f = 0; f < s->q->n_filters; f++)
        for (int g = 0; g < s->q->n_groups; g++)
            if (s->q->filters[f].n_values > 1 && s->q->filters[f].dimension == s->q->groups[g].dimension)
                return true;
    return false;
}

void group_members(reading_state *s, bool compare)
{
    const int f = member_filter(s);

    if (f < 0 || !said_apart(s, s->q->filters[f].dimension))
        return;
    if (!compare && (says(s, C_OR) || says(s, C_TOGETHER) || s->q->n_groups > (time_group(s->q) >= 0) || s->list || s->count))
        return;
    if (s->q->n_groups < SEM_MAX_GROUPS) {
        memmove(&s->q->groups[1], &s->q->groups[0], sizeof s->q->groups[0] * (size_t)s->q->n_groups);
        s->q->groups[0] = (sem_group){s->q->filters[f].dimension, SEM_NO_GRAIN};
        s->q->n_groups++;
        if (s->q->limit_per_group >= 0)
            s->q->limit_per_group++;
        understood_note(s, arena_strf(s->arena, "one row each for the %s named", sem_dimension_at(s->layer, s->q->filters[f].dimension)->name.title));
    }
}

static int filter_of_item(const reading_state *s, int i)
{
    for (int f = 0; f < s->q->n_filters; f++)
        for (int v = 0; v < s->items[i].n_values; v++)
            if (s->items[i].use == USE_FILTER && s->items[i].values[v].dimension == s->q->filters[f].dimension && s->q->filters[f].op == SEM_IN)
                return f;
    return -1;
}

/* Which filter is the part: "the share of Iris in Audio", "what share of West
 * is online", "the online share in West". */
static int part_filter(const reading_state *s)
{
    int share = -1, verb = -1, after_verb = -1, after_share = -1, before_share = -1;

    for (int i = 0; i < s->n; i++) {
        if (item_is(&s->items[i], C_SHARE) && s->items[i].metric < 0 && share < 0)
            share = i;
        else if (share >= 0 && (item_token_in(s, i, "is|was|were|are|comes|come|came|goes|made|sold|through|via|contributed|from|belongs")))
            verb = i;
        if (filter_of_item(s, i) < 0)
            continue;
        if (verb >= 0 && after_verb < 0) after_verb = filter_of_item(s, i);
        if (share >= 0 && after_share < 0) after_share = filter_of_item(s, i);
        if (share < 0 || item_next(s, i) == share || share < 0) before_share = filter_of_item(s, i);
    }
    if (share >= 0 && before_share >= 0 && after_share >= 0)
        return before_share;
    return after_verb >= 0 ? after_verb : after_share >= 0 ? after_share : before_share;
}

/* "what share do the top 10 make" is one figure, "the top 10 by share" are ten. */
static bool top_after_share(const reading_state *s)
{
    for (int i = 0, share = 0; i < s->n; i++) {
        share = share || item_is(&s->items[i], C_SHARE);
        if (share && s->items[i].use == USE_TOP)
            return true;
    }
    return false;
}

/* "share of stores by format": of their number, not of sales. */
static void share_of_things(reading_state *s)
{
    for (int i = 0; i < s->n && !s->q->n_metrics; i++) {
        const int k = item_next(s, i);

        if (!item_is(&s->items[i], C_SHARE) || k >= s->n || s->items[k].entity < 0 || s->items[k].metric >= 0 || !s->items[k].plural)
            continue;
        if (s->items[k].entity == sem_entity_find(s->layer, "store") && sem_metric_find(s->layer, "active_stores") >= 0)
            s->q->metrics[s->q->n_metrics++] = sem_metric_find(s->layer, "active_stores");
        else
            why_not(s, "a share of a number of things");
    }
}

/* "the promotion share of sales": one figure that the layer names; the measure
 * it is a share of is no second one. */
bool named_share(reading_state *s)
{
    sem_query *q = s->q;
    int share = -1;

    for (int i = 0; i < s->n && share < 0; i++)
        if (s->items[i].metric >= 0 && q->n_metrics && s->items[i].metric == q->metrics[0] && s->items[i].use == USE_METRIC && item_is(&s->items[i], C_SHARE))
            share = i;
    for (int i = 0; i < s->n && share < 0; i++)
        for (int w = s->items[i].from; w < s->items[i].from + s->items[i].n; w++)
            if (s->items[i].metric >= 0 && q->n_metrics && s->items[i].metric == q->metrics[0] && word_in(&s->t.at[w], "share|percentage|proportion"))
                share = i;
    if (share < 0 || sem_metric_at(s->layer, q->metrics[0])->unit != SEM_PERCENT)
        return false;
    for (int i = share + 1; i < s->n && q->n_metrics == 2; i++) {
        if (item_is(&s->items[i], C_AND) || s->t.at[s->items[i].from].before == ',')
            break;
        if (s->items[i].metric == q->metrics[1])
            q->n_metrics = 1;
    }
    return q->n_metrics == 1;
}

/* "the online share per month", "what share is sold with a promotion, by
 * department": the part of each group, not each group's part of the part. */
static bool part_of_each_group(const reading_state *s)
{
    bool share = false, verb = false;

    for (int i = 0; i < s->n; i++) { /* "the share of Family customers in the sales of each department" */
        const int next = item_next(s, i);
        bool inside = false;

        if (!item_is(&s->items[i], C_SHARE) || s->items[i].metric >= 0 || next >= s->n)
            continue;
        for (int k = next + 1; k < s->n; k++)
            inside = inside || item_token_in(s, k, "in|within|among|per|by|each|every");
        if (inside && (filter_of_item(s, next) >= 0 || s->items[next].use == USE_CONDITION))
            return true;
        break;
    }

    for (int i = 0; i < s->n; i++) {
        const bool says_part = (s->items[i].use == USE_FILTER && filter_of_item(s, i) >= 0) || s->items[i].use == USE_CONDITION;
        const int next = item_next(s, i);
        if (says_part && verb)
            return true;
        if (says_part && next < s->n && item_is(&s->items[next], C_SHARE) && !share)
            return true;
        if (says_part && share && item_prev(s, i) >= 0 && item_is(&s->items[item_prev(s, i)], C_SHARE) && next < s->n &&
            (s->items[next].metric >= 0 || s->items[next].use == USE_FILTER) && item_token_in(s, next - 1, "in|to|our|the"))
            return true;
        share = share || item_is(&s->items[i], C_SHARE);
        if (s->items[i].use == USE_GROUP && s->items[i].dimension >= 0)
            verb = false; /* "what share does each region have": of the groups */
        else if (share && item_token_in(s, i, "is|was|were|are|comes|come|came|goes|made|sold|through|via|from|with"))
            verb = true;
        if (s->items[i].time.n_tokens)
            verb = false;
    }
    return false;
}

/* "each category's share within its department": of the outer group's total. */
static bool share_within(reading_state *s)
{
    sem_query *q = s->q;

    if (q->n_groups != 2 || q->groups[0].dimension < 0 || q->groups[1].dimension < 0)
        return false;
    for (int i = 0; i < s->n; i++)
        for (int w = s->items[i].from; w < s->items[i].from + s->items[i].n; w++)
            for (int k = i; word_in(&s->t.at[w], "within|inside") && k < s->n; k++)
                for (int g = 0; s->items[k].dimension >= 0 && g < 2; g++)
                    if (q->groups[g].dimension == s->items[k].dimension) {
                        const sem_group outer = q->groups[g];
                        q->groups[1] = q->groups[1 - g];
                        q->groups[0] = outer;
                        q->limit_per_group = 0;
                        return true;
                    }
    return false;
}

void shape_share(reading_state *s)
{
    s->q->shape = SEM_SHARE;
    share_of_things(s);
    need_metric(s, true);
    if (s->q->n_groups && (s->q->n_filters || s->q->n_conditions) && part_of_each_group(s)) {
        const int part = part_filter(s);

        s->q->share_filter = part >= 0 ? part : s->q->n_conditions ? SEM_MAX_FILTERS : 0;
        for (int g = 0; part >= 0 && g < s->q->n_groups; g++)
            if (s->q->groups[g].dimension == s->q->filters[part].dimension)
                s->q->share_filter = -1; /* of the members shown */
    }
    (void)share_within(s);
    if (s->ranking)
        s->q->ordered = true;
    if (!s->q->n_groups && !s->q->n_filters && !s->q->n_conditions)
        why_not(s, "a share of what was not named");
    if (s->q->limit > 1 && top_after_share(s) && s->q->n_groups == 1 && s->q->groups[0].dimension >= 0)
        s->q->together = true;
    else if (s->q->limit > 1 && top_after_share(s))
        why_not(s, "the share of several members together");
    else if (!s->q->n_groups && !s->q->n_conditions)
        s->q->share_filter = part_filter(s);
    TAKE(s, USE_KIND, C_SHARE, C_IN_PERCENT, C_COMPARE, C_VERSUS);
}
