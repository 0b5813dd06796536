/* follow_up.c - see follow_up.h.
 *
 * A question goes on when a word says so ("instead", "it", "what about") or when
 * it is a fragment: it names a filter, a group or a time, but neither a measure
 * nor what it asks for. What it says replaces what was said of the same thing
 * (a region the region, a time the time); the rest stays. */
#include "agent/follow_up.h"

#include <string.h>

#include "agent/shapes_impl.h"
#include "base/str.h"

enum { FRAGMENT_WORDS = 8 };

/* ---- does it go on? ---------------------------------------------------- */

/* What only a question that goes on begins with. */
static const char *const openings[] = {
    "and",  "also",       "now",        "but",       "then",      "what about", "how about", "same for", "the same for",
    "same", "the same",   "same thing", "only",      "just",      "ok and",     "okay and",  "ok now",   "okay now",
    "ok",   "okay",       "and what about", "and how about", "and now", "switch to", "change it to", "make it", "make that",
    "instead", "or",      "what if",    "so",        "again",     "go back to", "back to",   "and only", "and just", "but only",
    "but just", "now only", "now just", "now show",  "and by",    "and for",    "and in",
};

/* What points back, wherever it stands. */
static const char *const pointers[] = {
    "instead", "it",    "its",  "them",  "they",      "their",   "there",     "as well", "too",       "that one", "those ones", "these ones", "of those",
    "of these", "for those", "for these", "in those", "in these", "those stores", "these stores", "those products", "these products",
    "those customers", "those regions", "these regions", "does that", "do that", "did that", "is that", "was that", "break that down",
    "split that", "show that", "compare that", "compare this", "break this down", "split this", "show this", "that again", "this again",
    "the rest", "the others", "the other ones", "again", "the same period", "that year", "that month", "that quarter", "that period", "that region",
    "that store", "that category", "that product", "this as", "that as", "those as", "these as",
};

/* Of these a whole question may follow: "ok. How many stores …". */
static const char weak[] = "ok|okay|so|now|then|or|again|but|and|also|just";

/* Tokens of the longest of the phrases that begins at token `at`; 0: none. */
static int longest_at(const reading_state *s, int at, const char *const *phrases, size_t n_phrases)
{
    int best = 0;

    for (size_t i = 0; i < n_phrases; i++) {
        const int n = words_match(&s->t, at, phrases[i]);
        best = n > best ? n : best;
    }
    return best;
}

#define LONGEST_AT(s, at, phrases) longest_at(s, at, phrases, sizeof phrases / sizeof phrases[0])

static int pointer_at(const reading_state *s, int at)
{
    const int best = LONGEST_AT(s, at, pointers);

    /* "are there", "is it" of weather and "as it is": no pointers */
    if (best == 1 && word_in(&s->t.at[at], "there") && at && word_in(&s->t.at[at - 1], "are|is|were|was"))
        return 0;
    return best;
}

static void take_tokens(reading_state *s, int from, int n)
{
    for (int i = 0; i < s->n; i++)
        if (s->items[i].from >= from && s->items[i].from + s->items[i].n <= from + n && !item_is(&s->items[i], C_ONLY))
            item_take(s, i, USE_STOP);
}

static bool asks(const token *t)
{
    return word_in(t, "which|what|who|whose|how|where|when|list|name|show|give|is|are|did|do|does|was|were|has|have|can|tell|find|compare|why|rank");
}

/* It asks, and names both what and when, or a thing to count or list. */
static bool is_complete(const reading_state *s)
{
    bool thing = false, measure = false, time = false;

    for (int i = 0; i < s->n; i++) {
        measure = measure || s->items[i].metric >= 0;
        thing = thing || s->items[i].entity >= 0;
        time = time || s->items[i].time.n_tokens;
    }
    return (measure && time) || (thing && (says(s, C_HOW_MANY) || says(s, C_LIST))) || (thing && time);
}

static bool takes_markers(reading_state *s)
{
    bool found = false;
    int opening = LONGEST_AT(s, 0, openings);

    if (opening && opening < s->t.n && word_in(&s->t.at[opening - 1], weak) && asks(&s->t.at[opening]) && is_complete(s))
        opening = 0;
    if (opening) {
        take_tokens(s, 0, opening);
        found = true;
    }
    for (int t = opening; t < s->t.n; t++) {
        const int n = pointer_at(s, t);

        if (!n)
            continue;
        take_tokens(s, t, n);
        found = true;
        t += n - 1;
    }
    return found;
}

/* "in units?", "revenue": nothing but a measure. */
static bool only_measure(const reading_state *s)
{
    int n = 0;

    for (int i = 0; i < s->n; i++)
        if (s->items[i].metric >= 0 && !s->items[i].n_values)
            n++;
        else if (!item_only_stop(&s->items[i]) && !item_token_in(s, i, "in|as|then|please|instead"))
            return false;
    return n == 1 && s->t.n <= 4 && !asks(&s->t.at[0]);
}

/* "for Business customers": they are narrowed, not counted. */
static bool narrowed_thing(const reading_state *s, int i)
{
    return i && s->items[i].entity >= 0 && s->items[i - 1].n_values && !asks(&s->t.at[0]);
}

/* A whole question: it names what it measures, or what it asks for. */
static bool is_whole(const reading_state *s)
{
    int first = 0;

    while (first + 1 < s->t.n && word_in(&s->t.at[first], weak))
        first++;
    if (s->t.n > FRAGMENT_WORDS || (asks(&s->t.at[first]) && !word_in(&s->t.at[first], "compare")))
        return true;
    if (only_measure(s))
        return false;
    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];

        if (narrowed_thing(s, i))
            continue;
        if (it->metric >= 0 || it->undefined >= 0 || item_is(it, C_HELP) || item_is(it, C_CHAT) || item_is(it, C_FORECAST) ||
            item_is(it, C_CHANGE_DATA))
            return true;
        if (!it->n_concepts && it->dimension < 0 && it->entity < 0 && !it->n_values && !it->n_conditions && !it->time.n_tokens &&
            it->grain == SEM_NO_GRAIN && !it->is_number)
            return true;
    }
    return false;
}

static const sem_period *period_before(const reading_state *s)
{
    const sem_query *b = &s->before->query;

    return b->n_periods ? &b->periods[b->n_periods - 1] : &b->period;
}

/* "in March", "the year before": of the period that was spoken of. */
static void anchor_times(reading_state *s)
{
    const sem_period *p = period_before(s);

    for (int i = 0; p->set && i < s->n; i++) {
        time_phrase *t = &s->items[i].time;

        if (!t->n_tokens)
            continue;
        if (t->assumed_year && (t->month || t->quarter || t->half)) {
            *t = time_phrase_in_year(s->layer, t, sem_date_of(p->to).year, s->arena);
            t->assumed_year = false;
        } else if (t->kind == TIME_YEAR_BEFORE || (t->kind == TIME_PREVIOUS && p->n == 1 && item_token_in(s, i, "the|previous|prior|preceding") &&
                                                   (!t->period.set || t->period.grain == p->grain))) {
            t->period = t->kind == TIME_YEAR_BEFORE ? sem_year_before(s->layer, p, s->arena) : sem_previous(s->layer, p, s->arena);
            t->kind = TIME_PERIOD;
        }
    }
}

static bool spoken_of(const reading_state *s, int dimension)
{
    const sem_query *b = &s->before->query;

    for (int i = 0; i < b->n_filters; i++)
        if (b->filters[i].dimension == dimension)
            return true;
    for (int i = 0; i < b->n_groups; i++)
        if (b->groups[i].dimension == dimension)
            return true;
    return false;
}

/* "and Germany?": of the customers' country, when that was spoken of. */
static void anchor_values(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        item *it = &s->items[i];

        for (int v = 1; v < it->n_values; v++)
            if (spoken_of(s, it->values[v].dimension) && !spoken_of(s, it->values[0].dimension)) {
                it->values[0] = it->values[v];
                it->n_values = 1;
            }
    }
}

/* "which ones?" of what was counted. */
static bool asks_which(const reading_state *s)
{
    static const char *const phrases[] = {"which ones", "which one", "which are they", "which are those", "who are they", "list them", "name them",
                                          "show them", "what are they", "show me them", "which exactly", "namely"};

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (words_match(&s->t, 0, phrases[i]) == s->t.n)
            return true;
    return words_match(&s->t, 0, "and which ones") == s->t.n;
}

/* "why is the East down?": of the measure and the time before. */
static bool why_of_before(const reading_state *s)
{
    if (!says(s, C_WHY))
        return false;
    for (int i = 0; i < s->n; i++)
        if (s->items[i].metric >= 0 || s->items[i].time.n_tokens || s->items[i].undefined >= 0)
            return false;
    return true;
}

/* "stores instead of regions", "against 2023 rather than 2024": the last is gone. */
static void drop_replaced(reading_state *s)
{
    for (int t = 0; t + 2 < s->t.n; t++) {
        if (!words_match(&s->t, t, "instead of") && !words_match(&s->t, t, "rather than"))
            continue;
        for (int i = 0; i < s->n; i++) {
            item *it = &s->items[i];

            if (it->from + it->n <= t || (it->metric < 0 && it->dimension < 0 && it->grain == SEM_NO_GRAIN && !it->time.n_tokens && it->from >= t + 2))
                continue;
            it->metric = it->dimension = it->entity = -1;
            it->grain = SEM_NO_GRAIN;
            it->time.n_tokens = it->n_values = it->n_conditions = 0;
            item_take(s, i, USE_STOP);
            if (it->from >= t + 2)
                break;
        }
    }
}

/* "how many?" of what was listed. */
static bool asks_how_many(const reading_state *s)
{
    static const char *const phrases[] = {"how many", "how many are there", "how many is that", "how many are they", "how many of them"};

    for (size_t i = 0; s->before->query.shape == SEM_LIST && i < sizeof phrases / sizeof phrases[0]; i++)
        if (words_match(&s->t, 0, phrases[i]) == s->t.n)
            return true;
    return false;
}

void follow_begin(reading_state *s)
{
    bool marked;

    if (!s->before || !s->t.n)
        return;
    s->lists_counted = s->before->query.shape == SEM_COUNT_OF && asks_which(s);
    if (s->lists_counted)
        take_tokens(s, 0, s->t.n);
    marked = takes_markers(s) || s->lists_counted || asks_how_many(s);
    for (int i = 0; i < s->n; i++)
        if (item_is(&s->items[i], C_HELP) || item_is(&s->items[i], C_CHANGE_DATA))
            return;
    s->follows = marked || !is_whole(s) || why_of_before(s);
    trace(s, s->follows ? "it goes on from the question before" : "a topic of its own");
    if (!s->follows)
        return;
    drop_replaced(s);
    anchor_times(s);
    anchor_values(s);
    for (int i = 0; i < s->n; i++)
        if (narrowed_thing(s, i))
            s->items[i].metric = -1;
}

/* ---- what is kept ------------------------------------------------------ */

/* Put down as kept, unless the asker took it away. */
static bool keep(reading_state *s, const char *what)
{
    for (int i = 0; what && i < s->before->n_forget; i++)
        if (!strcmp(what, s->before->forget[i]))
            return false;
    if (what && *what && s->u->n_carried < UNDERSTAND_MAX_NOTES)
        s->u->carried[s->u->n_carried++] = what;
    return true;
}

static bool said(const reading_state *s, const char *list)
{
    for (int i = 0; i < s->t.n; i++)
        if (word_in(&s->t.at[i], list))
            return true;
    return false;
}

/* "also by channel", "margin as well": beside what was there. */
static bool adds(const reading_state *s) { return said(s, "also|too|additionally") || (said(s, "well") && said(s, "as")); }

static bool names_kind(const reading_state *s)
{
    return s->growth || s->why || s->share || s->trend || s->average || s->running || s->uplift || s->count || s->list || s->ranking ||
           s->q->moving || s->step_on_step || says(s, C_VERSUS) || says(s, C_COMPARE) || says(s, C_DIFFERENCE) || says(s, C_LIKE_FOR_LIKE);
}

static void carry_metrics(reading_state *s)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;

    if (!q->n_metrics) {
        memcpy(q->metrics, b->metrics, sizeof q->metrics);
        q->n_metrics = b->n_metrics;
    } else if (adds(s) && b->n_metrics && b->n_metrics + q->n_metrics <= SEM_MAX_METRICS) {
        memmove(q->metrics + b->n_metrics, q->metrics, sizeof q->metrics[0] * (size_t)q->n_metrics);
        memcpy(q->metrics, b->metrics, sizeof q->metrics[0] * (size_t)b->n_metrics);
        q->n_metrics += b->n_metrics;
    }
}

static void carry_periods(reading_state *s, bool kind)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;
    const bool comparing = says(s, C_VERSUS) || says(s, C_COMPARE) || says(s, C_DIFFERENCE);

    if (b->shape == SEM_GROWTH && q->period.set && !q->n_periods && says(s, C_VERSUS) && b->period.set && keep(s, b->period.label)) {
        q->base = q->period; /* "against 2023": of the change that was shown */
        q->period = b->period;
        s->growth = true;
        TAKE(s, USE_COMPARE, C_VERSUS, C_THAN);
        return;
    }
    if (q->period.set && comparing && !q->n_periods && period_before(s)->set && !(period_before(s)->from == q->period.from && period_before(s)->to == q->period.to)) {
        q->periods[0] = *period_before(s); /* "compare it with 2023" */
        q->periods[1] = q->period;
        q->n_periods = 2;
        q->period = (sem_period){0};
        (void)keep(s, q->periods[0].label);
        return;
    }
    if (q->period.set || q->n_periods) {
        if (!kind && b->n_periods && q->period.set && said(s, "and|also") && b->n_periods < SEM_MAX_PERIODS) {
            memcpy(q->periods, b->periods, sizeof q->periods);
            q->n_periods = b->n_periods;
            q->periods[q->n_periods++] = q->period; /* beside those that are compared */
            q->period = (sem_period){0};
        }
        return;
    }
    if (b->period.set && keep(s, b->period.label)) {
        q->period = b->period;
        q->base = b->base;
    }
    for (int i = 0; i < b->n_periods; i++)
        if (keep(s, b->periods[i].label))
            q->periods[q->n_periods++] = b->periods[i];
}

/* "all customers": what narrowed them, their segment, is one of theirs. */
static bool same_thing(const reading_state *s, int i, int dimension)
{
    const int entity = s->items[i].entity, label = entity >= 0 ? sem_entity_at(s->layer, entity)->label : -1;

    return label >= 0 && sem_dimension_at(s->layer, label)->table == sem_dimension_at(s->layer, dimension)->table;
}

/* "for all regions", "in every channel": without the filter. */
static bool lifts(const reading_state *s, int dimension)
{
    static const char words[] = "all|every|any|each";

    for (int i = 0; i < s->n; i++) {
        const int t = s->items[i].from;

        if ((s->items[i].dimension == dimension || same_thing(s, i, dimension)) && (word_in(&s->t.at[t], words) || (t && word_in(&s->t.at[t - 1], words))))
            return true;
    }
    return false;
}

static const char *filter_words(const reading_state *s, const sem_filter *f)
{
    const sem_dimension *d = sem_dimension_at(s->layer, f->dimension);
    str text = {0};
    const char *copy;

    if (f->op != SEM_IN && f->op != SEM_EQ)
        str_addf(&text, "%s %s ", d->name.title, f->op == SEM_NOT_IN || f->op == SEM_NE ? "without" : f->op == SEM_LT || f->op == SEM_LE ? "below"
                 : f->op == SEM_GT || f->op == SEM_GE ? "above" : "limited to");
    else if (d->is_number)
        str_addf(&text, "%s ", d->name.title);
    for (int i = 0; i < f->n_values; i++)
        str_addf(&text, "%s%s", i ? ", " : "", f->values[i]);
    copy = arena_str(s->arena, str_text(&text));
    str_deinit(&text);
    return copy;
}

/* "excluding Phones" after "only Phones": nothing would be left. */
static bool excludes(const sem_filter *own, const sem_filter *old)
{
    int gone = 0;

    for (int i = 0; old->op == SEM_IN && i < old->n_values; i++)
        for (int k = 0; k < own->n_values; k++)
            gone += !strcmp(old->values[i], own->values[k]);
    return gone && gone == old->n_values;
}

/* The other dimension has the old value too: "online" is a format and a channel. */
static bool names_same(const reading_state *s, int dimension, const sem_filter *old)
{
    const db_column *c = dimension == old->dimension ? NULL : dimension_column(s->layer, s->catalog, dimension);

    for (int i = 0; c && old->op == SEM_IN && old->n_values == 1 && i < c->n_values; i++)
        if (!strcmp(c->values[i], old->values[0]))
            return true;
    return false;
}

static bool replaced(const reading_state *s, const sem_filter *old, int n_own)
{
    if (lifts(s, old->dimension))
        return true;
    for (int i = 0; i < n_own; i++)
        if (names_same(s, s->q->filters[i].dimension, old))
            return true;
        else if (s->q->filters[i].dimension == old->dimension && (s->q->filters[i].op != SEM_NOT_IN || excludes(&s->q->filters[i], old)))
            return true;
    return false;
}

/* "and North too": beside East and West. */
static void join_members(reading_state *s, int n_own)
{
    const sem_query *b = &s->before->query;

    for (int i = 0; adds(s) && i < n_own; i++)
        for (int k = 0; k < b->n_filters; k++) {
            const sem_filter own = s->q->filters[i], *old = &b->filters[k];

            if (old->dimension != own.dimension || old->op != SEM_IN || own.op != SEM_IN || old->n_values + own.n_values > SEM_MAX_VALUES)
                continue;
            s->q->filters[i] = *old;
            memcpy(s->q->filters[i].values + old->n_values, own.values, sizeof own.values[0] * (size_t)own.n_values);
            s->q->filters[i].n_values += own.n_values;
        }
}

static void carry_filters(reading_state *s)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;
    const int n_own = q->n_filters;
    int n = 0;
    sem_filter all[SEM_MAX_FILTERS];

    for (int i = 0; i < b->n_filters; i++)
        if (!replaced(s, &b->filters[i], n_own) && n + n_own < SEM_MAX_FILTERS && keep(s, filter_words(s, &b->filters[i]))) {
            if (b->share_filter == i && q->share_filter < 0)
                q->share_filter = n;
            all[n++] = b->filters[i];
        }
    if (q->share_filter >= 0 && q->share_filter < SEM_MAX_FILTERS && s->share)
        q->share_filter += n;
    join_members(s, n_own);
    memcpy(all + n, q->filters, sizeof all[0] * (size_t)n_own);
    memcpy(q->filters, all, sizeof all);
    q->n_filters = n + n_own;
}

/* "store: opened 2023" */
static const char *condition_words(const reading_state *s, const sem_condition_use *use, bool period)
{
    const sem_condition *c = sem_condition_at(s->layer, use->condition);

    return arena_strf(s->arena, "%s: %s%s%s%s", sem_entity_at(s->layer, c->entity)->name.title, use->negate ? "not " : "", c->name.title,
                      period && use->period.set ? " " : "", period && use->period.set ? use->period.label : "");
}

/* "all customers again": no row for each of them either. */
static void drop_lifted_groups(reading_state *s)
{
    const sem_query *b = &s->before->query;

    for (int f = 0; f < b->n_filters; f++)
        for (int g = 0; lifts(s, b->filters[f].dimension) && g < s->q->n_groups; g++)
            if (s->q->groups[g].dimension >= 0 && sem_dimension_at(s->layer, s->q->groups[g].dimension)->is_entity_label &&
                sem_dimension_at(s->layer, s->q->groups[g].dimension)->table == sem_dimension_at(s->layer, b->filters[f].dimension)->table)
                s->q->n_groups = 0;
}

static void carry_conditions(reading_state *s)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;

    for (int i = 0; i < b->n_conditions; i++) {
        const sem_condition *c = sem_condition_at(s->layer, b->conditions[i].condition);
        bool own = false;

        for (int k = 0; k < q->n_conditions; k++)
            own = own || sem_condition_at(s->layer, q->conditions[k].condition)->entity == c->entity;
        if (own || q->n_conditions == SEM_MAX_CONDITIONS ||
            !keep(s, condition_words(s, &b->conditions[i], q->n_metrics || !q->period.set)))
            continue;
        q->conditions[q->n_conditions] = b->conditions[i];
        if (b->conditions[i].period.set && q->period.set && !q->n_metrics) {
            q->conditions[q->n_conditions].period = q->period; /* "opened in 2023": "and in 2024?" */
            q->period = (sem_period){0};
        }
        q->n_conditions++;
    }
}

static const char *group_words(const reading_state *s, const sem_group *g)
{
    static const char *const grains[] = {"", "day", "week", "month", "quarter", "year", "fiscal week", "fiscal period", "fiscal quarter",
                                         "fiscal year", "weekday", "hour", "month of the year"};

    return arena_strf(s->arena, "by %s", g->dimension >= 0 ? dimension_title(s, g->dimension) : grains[g->grain]);
}

/* One member of what the rows were: no row for each any more. */
static bool narrowed(const reading_state *s, const sem_group *g, int first_own)
{
    for (int i = first_own; i < s->q->n_filters; i++)
        if (s->q->filters[i].dimension == g->dimension && s->q->filters[i].op == SEM_IN && s->q->filters[i].n_values == 1)
            return true;
    return false;
}

/* "East and West": their rows stay when they are shown by month. */
static bool compares_members(const reading_state *s)
{
    const sem_query *b = &s->before->query;

    for (int i = 0; b->n_groups == 1 && time_group(s->q) >= 0 && i < b->n_filters; i++)
        if (b->filters[i].dimension == b->groups[0].dimension && b->filters[i].op == SEM_IN && b->filters[i].n_values > 1)
            return true;
    return false;
}

/* How many of the groups stayed, -1: the question names its own. */
static int carry_groups(reading_state *s, int first_own_filter)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;
    const bool there = asks(&s->t.at[0]) && said(s, "there");
    const bool total = s->t.n <= 3 && says(s, C_TOGETHER);
    const bool none = s->why || s->trend || s->count || there || total;
    int n = 0;
    sem_group all[SEM_MAX_GROUPS];

    if ((q->n_groups && !adds(s) && !compares_members(s)) || none || b->shape == SEM_WHY)
        return q->n_groups ? -1 : 0;
    for (int i = 0; i < b->n_groups && n + q->n_groups < SEM_MAX_GROUPS; i++)
        if (!narrowed(s, &b->groups[i], first_own_filter) && !(s->growth && b->groups[i].dimension < 0) &&
            keep(s, group_words(s, &b->groups[i])))
            all[n++] = b->groups[i];
    memcpy(all + n, q->groups, sizeof all[0] * (size_t)q->n_groups);
    q->n_groups += n;
    memcpy(q->groups, all, sizeof all[0] * (size_t)q->n_groups);
    return n;
}

/* "make that ten", "the bottom ten": how many rows. */
static int said_limit(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];

        if (it->taken || !it->is_number || it->unit || it->number < 1 || it->number > 1000 || it->number != (int)it->number)
            continue;
        item_take(s, i, USE_TOP);
        return (int)s->items[i].number;
    }
    return 0;
}

static void carry_order(reading_state *s, int n_groups)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;
    const bool other_rows = n_groups < b->n_groups && (n_groups >= 0 || time_group(q) >= 0 || q->n_groups != b->n_groups);

    if (!q->ordered && !s->ranking && !other_rows) {
        q->ordered = b->ordered;
        q->ascending = b->ascending;
    }
    if (b->limit && (!q->limit || q->limit == 1) && !other_rows) {
        const int n = said_limit(s);
        q->limit = n ? n : q->limit;
    }
    if (!q->limit && !other_rows &&
        (b->limit < 2 || keep(s, arena_strf(s->arena, "%s %d", q->ascending ? "bottom" : "top", b->limit)))) {
        q->limit = b->limit;
        q->limit_per_group = b->limit_per_group;
    }
    if (q->having_metric < 0 && b->having_metric >= 0 && !other_rows) {
        q->having_metric = b->having_metric;
        q->having_op = b->having_op;
        q->having_value = b->having_value;
        q->having_value2 = b->having_value2;
    }
}

static void carry_shape(reading_state *s)
{
    const sem_query *b = &s->before->query;
    sem_query *q = s->q;

    q->shape = s->lists_counted ? SEM_LIST : b->shape;
    q->change = b->change;
    q->entity = b->entity;
    memcpy(q->columns, b->columns, sizeof q->columns);
    q->n_columns = b->n_columns;
    q->columns_only = b->columns_only;
    q->like_for_like = q->like_for_like || b->like_for_like;
    q->constant_currency = b->constant_currency;
    q->running = b->running && !s->not_running;
    q->moving = b->moving;
    q->average_per = q->average_per != SEM_NO_GRAIN ? q->average_per : b->average_per;
    q->average_per_entity = q->average_per_entity >= 0 ? q->average_per_entity : b->average_per_entity;
    q->month_to_date = b->month_to_date;
    q->together = b->together;
    if (b->share_filter == SEM_MAX_FILTERS)
        q->share_filter = b->share_filter;
    if (q->shape == SEM_COMPARE && q->n_periods < 2 && !q->n_groups)
        q->shape = SEM_VALUES;
    if (q->shape == SEM_COMPARE && q->period.set)
        q->shape = SEM_VALUES; /* one period in the place of several */
    if (q->shape == SEM_WHY && !q->n_groups) {
        memcpy(q->groups, b->groups, sizeof q->groups);
        q->n_groups = b->n_groups;
    }
}

/* A measure of the things that were listed: "what were their sales?" */
static bool of_listed(reading_state *s)
{
    const sem_query *b = &s->before->query;
    const int label = b->entity >= 0 ? sem_entity_at(s->layer, b->entity)->label : -1;

    if ((b->shape != SEM_LIST && b->shape != SEM_COUNT_OF) || !s->q->n_metrics)
        return false;
    if (!s->q->n_groups && label >= 0 && b->shape == SEM_LIST)
        s->q->groups[s->q->n_groups++] = (sem_group){label, SEM_NO_GRAIN};
    return true;
}

static void take_rest(reading_state *s)
{
    TAKE(s, USE_KIND, C_HOW_MUCH, C_PERFORM, C_TOGETHER);
    TAKE(s, USE_GROUP, C_WHICH, C_BY);
    TAKE(s, USE_FILTER, C_ONLY);
    for (int i = 0; i < s->n; i++)
        if (!s->items[i].taken && item_token_in(s, i, "instead|same|again|compare|switch|change|make|filter|all|every|each"))
            item_take(s, i, USE_STOP);
        else if (!s->items[i].taken && s->items[i].dimension >= 0 && lifts(s, s->items[i].dimension))
            item_take(s, i, USE_FILTER);
}

/* "for products instead": the rows of a measure, no list. */
static void listed_is_group(reading_state *s)
{
    const int label = s->entity_asked >= 0 ? sem_entity_at(s->layer, s->entity_asked)->label : -1;

    if (!s->list || label < 0 || !s->before->query.n_metrics || asks(&s->t.at[0]))
        return;
    s->list = false;
    s->entity_asked = -1;
    for (int i = 0; i < s->n; i++)
        if (s->items[i].dimension == label)
            item_take(s, i, USE_GROUP);
    if (!s->q->n_groups)
        s->q->groups[s->q->n_groups++] = (sem_group){label, SEM_NO_GRAIN};
}

/* "only for the flagship stores": their sum, not a row for each. */
static void only_is_no_group(reading_state *s)
{
    bool value = false;

    if (!word_in(&s->t.at[0], "only|just|but|for|from|in|with") && !(s->t.n > 1 && word_in(&s->t.at[1], "only|just")))
        return;
    for (int i = 0; i < s->n; i++)
        value = value || s->items[i].use == USE_FILTER;
    for (int i = 0; value && i < s->n; i++)
        if (s->items[i].use == USE_GROUP && s->items[i].dimension >= 0 && sem_dimension_at(s->layer, s->items[i].dimension)->is_entity_label)
            s->q->n_groups = 0;
}

bool follow_carry(reading_state *s)
{
    bool kind, own_entity;
    int n_groups, n_own;

    s->u->follows = true;
    if (s->running && s->before->query.running && (says(s, C_NOT) || says(s, C_EXCEPT))) { /* "not cumulative" */
        s->running = false;
        s->not_running = true;
        TAKE(s, USE_KIND, C_RUNNING, C_NOT, C_EXCEPT);
    }
    listed_is_group(s);
    only_is_no_group(s);
    kind = names_kind(s);
    own_entity = s->list && s->entity_asked >= 0;
    if (own_entity) { /* "which stores opened there?": only where and when stay */
        carry_periods(s, kind);
        carry_filters(s);
        if (said(s, "its|it") && s->before->query.limit == 1)
            why_not(s, "what 'it' stands for is in the rows of the answer before");
        return false;
    }
    if (s->count && s->entity_asked < 0 && !s->q->n_metrics)
        s->entity_asked = s->before->query.entity; /* "how many?" */
    carry_metrics(s);
    if (s->share)
        s->q->share_filter = -1;
    carry_periods(s, kind);
    n_own = s->q->n_filters;
    drop_lifted_groups(s);
    carry_filters(s);
    carry_conditions(s);
    n_groups = carry_groups(s, s->q->n_filters - n_own);
    if (of_listed(s))
        n_groups = -1;
    else if (!kind)
        carry_shape(s);
    carry_order(s, n_groups);
    take_rest(s);
    if (said(s, "its|it|he|she") && !kind && s->before->query.limit == 1)
        why_not(s, "what 'its' stands for is in the rows of the answer before");
    if (kind)
        return false;
    if (s->q->shape == SEM_VALUES || s->q->shape == SEM_SHARE)
        group_members(s, false);
    take_rest(s);
    s->u->intent = intent_of_query(s);
    s->u->intent_score = 0.85;
    return true;
}
