/* places.c - superlatives that are about no measure, and places of a ranking.
 *
 * "The cheapest product", "our newest store", "the store that opened first":
 * things in the order of one of their own columns. "Where does West rank": the
 * place of one member. "When did it open": the day something came true. */
#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

/* ---- in the order of a column ----------------------------------------- */

static const struct { concept c; const char *entity, *dimension; bool ascending, only_alone; } orders[] = {
    {C_DEAREST, "product", "list_price", false, false}, {C_CHEAPEST, "product", "list_price", true, false},
    {C_NEWEST, "store", "opened_on", false, false},     {C_OLDEST, "store", "opened_on", true, false},
    {C_NEWEST, "product", "launched_on", false, false}, {C_OLDEST, "product", "launched_on", true, false},
    {C_NEWEST, "customer", "joined_on", false, false},  {C_OLDEST, "customer", "joined_on", true, false},
    {C_NEWEST, "promotion", "starts_on", false, false}, {C_OLDEST, "promotion", "starts_on", true, false},
    {C_LARGEST, "store", "floor_area", false, true},    {C_SMALLEST, "store", "floor_area", true, true},
};

static bool measure_named(const reading_state *s)
{
    for (int i = 0; i < s->n; i++)
        if (s->items[i].metric >= 0 && s->items[i].entity < 0 && s->items[i].number_dimension < 0)
            return true;
    return s->growth || s->share || s->average || s->count;
}

/* The thing that item i speaks of: the next one, past what narrows it. */
static int thing_after(const reading_state *s, int i)
{
    int k = item_next(s, i);

    while (k < s->n && s->items[k].entity < 0 && (s->items[k].n_values || s->items[k].n_conditions || s->items[k].is_number))
        k = item_next(s, k);
    return k < s->n && s->items[k].entity >= 0 ? k : -1;
}

static void order_by(reading_state *s, int at, int entity, int dimension, bool ascending, bool plural)
{
    int around[] = {at - 1, at + 1, -1};

    for (int i = 1; i < s->n; i++) /* "which 5 products were launched most recently" */
        if (s->items[i].entity == entity)
            around[2] = i - 1;

    s->list = true;
    s->entity_asked = entity;
    s->q->order_dimension = dimension;
    s->q->ascending = ascending;
    s->q->ordered = true;
    for (int k = 0; k < 3 && !s->q->limit; k++) {
        const int n = around[k];

        if (n < 0 || n >= s->n || !s->items[n].is_number || s->items[n].taken || s->items[n].unit || s->items[n].time.n_tokens)
            continue;
        if (s->t.at[s->items[n].from].is_ordinal) {
            s->q->offset = (int)s->items[n].number - 1;
            s->q->limit = 1;
        } else if (s->items[n].number >= 1 && s->items[n].number <= 1000) {
            s->q->limit = (int)s->items[n].number;
        }
        item_take(s, n, USE_TOP);
    }
    if (!s->q->limit && !plural)
        s->q->limit = 1;
    item_take(s, at, USE_TOP);
}

/* "the cheapest product", "our largest store" */
static bool take_named_order(reading_state *s, int i)
{
    const int thing = thing_after(s, i);

    for (size_t k = 0; thing >= 0 && k < sizeof orders / sizeof orders[0]; k++) {
        const int entity = sem_entity_find(s->layer, orders[k].entity), dimension = sem_dimension_find(s->layer, orders[k].dimension);

        if (!item_is(&s->items[i], orders[k].c) || s->items[thing].entity != entity || dimension < 0)
            continue;
        if (orders[k].only_alone && measure_named(s))
            continue;
        order_by(s, i, entity, dimension, orders[k].ascending, s->items[thing].plural);
        if (orders[k].only_alone) {
            understood_note(s, arena_strf(s->arena, "'%s' was taken by %s", item_text(s, i), dimension_title(s, dimension)));
            s->u->assumed = true;
        }
        return true;
    }
    return false;
}

/* "the highest list price": the things that have this column. */
static bool take_column_order(reading_state *s, int i)
{
    const int k = item_next(s, i);
    int dimension, thing = -1;

    if (k >= s->n || s->items[k].number_dimension < 0 || !(item_is(&s->items[i], C_TOP) || item_is(&s->items[i], C_BOTTOM)) || s->growth || s->average)
        return false;
    dimension = s->items[k].number_dimension;
    for (int e = 0; e < s->n && thing < 0; e++) {
        const int label = s->items[e].entity >= 0 ? sem_entity_at(s->layer, s->items[e].entity)->label : -1;
        if (label >= 0 && sem_dimension_at(s->layer, label)->is_entity_label &&
            sem_dimension_at(s->layer, label)->table == sem_dimension_at(s->layer, dimension)->table)
            thing = e;
    }
    if (thing < 0)
        return false;
    for (int e = 0; e < s->n; e++)
        if (e != k && e != thing && s->items[e].metric >= 0 && s->items[e].entity < 0)
            return false;
    order_by(s, i, s->items[thing].entity, dimension, item_is(&s->items[i], C_BOTTOM), s->items[thing].plural);
    item_take(s, k, USE_TOP);
    return true;
}

/* "which store opened first", "the last product we launched" */
static bool take_event_order(reading_state *s, int i)
{
    if (!item_is(&s->items[i], C_NEWEST) && !item_is(&s->items[i], C_OLDEST))
        return false;
    for (int k = 0; k < s->n; k++) {
        const int after = item_next(s, k);

        for (int c = 0; k != i && !s->items[k].taken && c < s->items[k].n_conditions; c++) {
            const sem_condition *known = sem_condition_at(s->layer, s->items[k].conditions[c]);
            int thing = -1;

            for (int e = 0; e < s->n; e++)
                if (s->items[e].entity == known->entity)
                    thing = e;
            if (known->time_dimension < 0 || thing < 0)
                continue;
            order_by(s, i, known->entity, known->time_dimension, item_is(&s->items[i], C_OLDEST), s->items[thing].plural);
            if (!(after < s->n && s->items[after].time.n_tokens))
                item_take(s, k, USE_TOP);
            return true;
        }
    }
    return false;
}

/* "in second place by sales", "ranked third": one row further down. */
static void take_nth_place(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        const token *t = &s->t.at[s->items[i].from];
        int beside = -1;

        if (!t->is_ordinal || s->items[i].taken || s->items[i].time.n_tokens || t->number < 1 || t->number > 1000)
            continue;
        if (item_token_in(s, i + 1, "place|position|rank|spot")) beside = i + 1;
        else if (i && item_token_in(s, i - 1, "ranked|ranks|rank|comes|came|finished|placed|is")) beside = i - 1;
        if (beside < 0)
            continue;
        s->q->offset = (int)t->number - 1;
        s->q->limit = 1;
        s->ranking = true;
        item_take(s, i, USE_TOP);
        item_take(s, beside, USE_TOP);
        return;
    }
}

void take_attribute_orders(reading_state *s)
{
    take_nth_place(s);
    for (int i = 0; i < s->n && s->q->order_dimension < 0; i++)
        if (!s->items[i].taken && !s->items[i].time.n_tokens && s->items[i].metric < 0 && s->items[i].n_concepts)
            (void)(take_event_order(s, i) || take_named_order(s, i) || take_column_order(s, i));
}

/* ---- the place of a member -------------------------------------------- */

/* "Where does West rank", "what is the rank of West", "which place has West". */
void find_place(reading_state *s)
{
    static const char *const words = "rank|ranks|ranked|place|position|standing";
    int word = -1;

    for (int i = 0; i < s->n && word < 0; i++)
        for (int w = 0; w < s->items[i].n && word < 0; w++)
            if (word_in(&s->t.at[s->items[i].from + w], words) && s->items[i].metric < 0)
                word = i;
    if (word < 0 || s->t.n < 2 || word_in(&s->t.at[1], "many|much"))
        return;
    if (word_in(&s->t.at[0], "where")) {
        for (int i = 0; i < word; i++)
            if (item_is(&s->items[i], C_WHY))
                item_take(s, i, USE_TOP);
        s->why = false;
    } else if (!(word_in(&s->t.at[0], "what|which|on|in|at|how|whats") && word > 0) || item_token_in(s, 0, "how many|how much")) {
        return;
    } else if (!word_in(&s->t.at[0], "how") && s->items[word].from > 4) {
        return; /* "which stores rank highest": no place is asked for */
    }
    for (int i = 0; i < s->n; i++)
        if (item_superlative(&s->items[i]) || s->t.at[s->items[i].from].is_ordinal)
            return;
    s->place_asked = true;
    item_take(s, word, USE_TOP);
}

void shape_place(reading_state *s)
{
    sem_query *q = s->q;
    int filter = -1;

    for (int f = 0; f < q->n_filters; f++)
        if (q->filters[f].op == SEM_IN && (!q->n_groups || q->groups[0].dimension == q->filters[f].dimension)) {
            if (filter >= 0 && !q->n_groups)
                why_not(s, "the place of which member");
            filter = f;
        }
    need_metric(s, true);
    if (filter < 0 || q->n_groups > 1) {
        why_not(s, "a place of what was not named");
        return;
    }
    q->groups[0] = (sem_group){q->filters[filter].dimension, SEM_NO_GRAIN};
    q->n_groups = 1;
    q->rank_filter = filter;
    if (!sem_metric_at(s->layer, q->metrics[0])->higher_is_better)
        understood_note(s, "place 1 has the highest figure");
    TAKE(s, USE_TOP, C_RANK, C_PERFORM, C_COMPARE, C_ACROSS);
}

/* ---- when ------------------------------------------------------------- */

static int entity_named(const reading_state *s, int entity)
{
    const int label = sem_entity_at(s->layer, entity)->label;

    for (int i = 0; i < s->n; i++) {
        if (s->items[i].entity == entity)
            return i;
        for (int v = 0; v < s->items[i].n_values; v++)
            if (s->items[i].values[v].dimension == label)
                return i;
    }
    return -1;
}

/* "When did Leipzig Mitte open", "which stores closed in 2024, and when". */
void take_when(reading_state *s)
{
    const int when = item_find(s, C_WHEN);

    if (when < 0)
        return;
    if (s->q->order_dimension >= 0) { /* "when did the newest store open" */
        s->when_dimension = s->q->order_dimension;
        item_take(s, when, USE_GROUP);
        return;
    }
    for (int i = 0; i < s->n; i++) {
        const int after = item_next(s, i);

        for (int c = 0; !s->items[i].taken && c < s->items[i].n_conditions; c++) {
            const sem_condition *known = sem_condition_at(s->layer, s->items[i].conditions[c]);

            if (known->time_dimension < 0 || entity_named(s, known->entity) < 0)
                continue;
            s->when_dimension = known->time_dimension;
            s->list = true;
            s->entity_asked = known->entity;
            item_take(s, when, USE_GROUP);
            if (!(after < s->n && s->items[after].time.n_tokens))
                item_take(s, i, USE_CONDITION);
            return;
        }
    }
}

/* "When does FY24 start": the calendar knows. */
void calendar_ends(reading_state *s)
{
    const int when = item_find(s, C_WHEN), first = sem_metric_find(s->layer, "first_day"), last = sem_metric_find(s->layer, "last_day");
    int start = -1, stop = -1;

    if (when < 0 || first < 0 || last < 0 || s->q->n_groups || s->q->n_filters || !s->q->period.set || s->q->n_metrics)
        return;
    for (int i = 0; i < s->n; i++) {
        if (item_token_in(s, i, "start|starts|begin|begins|started|began|starting")) start = i;
        if (item_token_in(s, i, "end|ends|finish|finishes|ended|over")) stop = i;
    }
    if ((start < 0) == (stop < 0))
        return;
    s->q->metrics[0] = start >= 0 ? first : last;
    s->q->n_metrics = 1;
    s->q->n_conditions = 0;
    s->list = false;
    s->entity_asked = -1;
    item_take(s, when, USE_KIND);
    item_take(s, start >= 0 ? start : stop, USE_KIND);
}
