/* kinds.c - what can be asked of a semantic layer: one function draws one kind. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/generate_impl.h"
#include "data/kinds_impl.h"

enum { THRESHOLD_ROWS = 2000, THRESHOLD_MS = 10000 };

static bool total(drawer *d)
{
    if (!draw_metric(d, "m") || !draw_filter(d, 55))
        return false;
    draw_period(d, 75);
    return true;
}

static bool two_totals(drawer *d)
{
    return draw_metric(d, "m") && draw_metric(d, "m2") && draw_filter(d, 40) && (draw_period(d, 75), true);
}

static bool breakdown(drawer *d)
{
    return draw_metric(d, "m") && draw_group(d, "g") && draw_filter(d, 35) && (draw_period(d, 70), true);
}

static bool two_metrics(drawer *d)
{
    return draw_metric(d, "m2") && breakdown(d);
}

static bool cross(drawer *d)
{
    return draw_metric(d, "m") && draw_group(d, "g") && draw_group(d, "g2") && draw_filter(d, 25) &&
           (draw_period(d, 70), true);
}

static bool trend(drawer *d)
{
    return draw_metric(d, "m") && draw_time_group(d) && draw_filter(d, 35);
}

static bool trend_by_group(drawer *d)
{
    return trend(d) && draw_group(d, "g");
}

static bool weekday(drawer *d)
{
    static const struct { sem_grain g; const char *word; } grains[] = {
        {SEM_WEEKDAY, "weekday"}, {SEM_HOUR, "hour"}, {SEM_MONTH_OF_YEAR, "month of the year"}};
    const int i = rng_below(d->r, 3);

    if (!draw_metric(d, "m") || !draw_filter(d, 35))
        return false;
    d->q.groups[d->q.n_groups++] = (sem_group){.dimension = -1, .grain = grains[i].g};
    slots_set(&d->s, "time", "%s", grains[i].word);
    draw_period(d, 80);
    return true;
}

static bool running(drawer *d)
{
    d->q.running = true;
    return trend(d);
}

static bool moving(drawer *d)
{
    static const int sizes[] = {2, 3, 3, 4, 6, 7, 12, 14, 28};

    d->q.moving = sizes[rng_below(d->r, 9)];
    slots_set(&d->s, "n", "%d", d->q.moving);
    return trend(d);
}

static void direction(drawer *d, bool ascending)
{
    d->q.ordered = true;
    d->q.ascending = ascending;
    slots_fill(&d->s, "best", ascending ? "[lowest|smallest|least]" : "[highest|largest|most|biggest|greatest]", d->r);
    slots_fill(&d->s, "top", ascending ? "[bottom|worst|weakest|lowest]" : "[top|best|strongest|leading]", d->r);
}

static bool ranking(drawer *d)
{
    static const int sizes[] = {3, 5, 10, 2, 4, 7, 20, 15};

    if (!breakdown(d))
        return false;
    direction(d, rng_chance(d->r, 30));
    d->q.limit = sizes[rng_below(d->r, 8)];
    slots_set(&d->s, "n", "%d", d->q.limit);
    return true;
}

static bool best(drawer *d)
{
    if (!breakdown(d))
        return false;
    direction(d, rng_chance(d->r, 30));
    d->q.limit = 1;
    return true;
}

static bool best_time(drawer *d)
{
    if (!trend(d))
        return false;
    direction(d, rng_chance(d->r, 30));
    d->q.limit = 1;
    return true;
}

static bool top_per_group(drawer *d)
{
    if (!cross(d))
        return false;
    direction(d, rng_chance(d->r, 25));
    d->q.limit = 1 + rng_below(d->r, 5);
    d->q.limit_per_group = 0;
    slots_set(&d->s, "n", "%d", d->q.limit);
    return true;
}

/* Two significant digits of some member's value. */
static bool threshold(drawer *d, double *x)
{
    sem_plan plan;
    err ignored = {0};
    db_result *r = sem_compile(d->l, &d->q, d->a, &plan, &ignored)
                       ? db_execute(d->d, plan.sql, &(db_limits){THRESHOLD_ROWS, 0, THRESHOLD_MS}, &ignored) : NULL;
    double v = NAN, unit;

    if (r && r->n_rows > 1)
        v = db_cell_number(r, rng_below(d->r, (int)r->n_rows), r->n_columns - 1);
    db_result_free(r);
    if (!isfinite(v) || fabs(v) < 1e-3)
        return false;
    unit = pow(10, floor(log10(fabs(v))) - 1);
    *x = round(v / unit) * unit;
    return true;
}

static bool having(drawer *d)
{
    double x;

    if (!breakdown(d) || !threshold(d, &x))
        return false;
    if (rng_chance(d->r, 6))
        x *= 1000; /* nobody reaches it */
    d->q.having_metric = d->q.metrics[0];
    d->q.having_op = rng_chance(d->r, 65) ? SEM_GT : rng_chance(d->r, 60) ? SEM_LT : SEM_GE;
    d->q.having_value = x;
    slots_fill(&d->s, "over", d->q.having_op == SEM_LT ? "[below|under|less than|of less than]"
               : d->q.having_op == SEM_GT ? "[above|over|more than|of more than|exceeding]" : "[of at least|at or above|of no less than]", d->r);
    if (fabs(x) >= 1e6 && rng_chance(d->r, 60))
        slots_set(&d->s, "x", "%g million", x / 1e6);
    else
        slots_set(&d->s, "x", "%.10g", x);
    return true;
}

static bool pair_of_periods(drawer *d)
{
    sem_period p[2];
    char a[SLOT_BYTES], b[SLOT_BYTES];

    if (!period_pair(d, p, a, b))
        return false;
    slots_set(&d->s, "p1", "%s", a);
    slots_set(&d->s, "p2", "%s", b);
    d->q.periods[0] = p[0];
    d->q.periods[1] = p[1];
    return true;
}

static bool growth(drawer *d)
{
    if (!draw_metric(d, "m") || !draw_filter(d, 35) || !pair_of_periods(d))
        return false;
    d->q.shape = SEM_GROWTH;
    d->q.period = d->q.periods[0];
    d->q.base = d->q.periods[1];
    return true;
}

static bool growth_by_group(drawer *d)
{
    if (!draw_group(d, "g") || !growth(d))
        return false;
    if (rng_chance(d->r, 40)) {
        direction(d, rng_chance(d->r, 30));
        d->q.limit = 1 + rng_below(d->r, 5);
        slots_set(&d->s, "n", "%d", d->q.limit);
        slots_fill(&d->s, "grew", d->q.ascending ? "[grew least|fell most|shrank most]" : "[grew most|grew fastest|improved most]", d->r);
        slots_set(&d->s, "rank", "%s", "1");
    }
    return true;
}

static bool growth_listed(drawer *d)
{
    return growth_by_group(d) && !*slots_get(&d->s, "rank");
}

static bool growth_ranked(drawer *d)
{
    return growth_by_group(d) && *slots_get(&d->s, "rank");
}

static bool growth_year_before(drawer *d)
{
    if (!draw_metric(d, "m") || !draw_filter(d, 35))
        return false;
    draw_period(d, 100);
    if (!d->q.period.set)
        return false;
    d->q.shape = SEM_GROWTH;
    return true;
}

static bool difference(drawer *d)
{
    d->q.change = SEM_CHANGE_ABSOLUTE;
    return growth(d);
}

static bool like_for_like(drawer *d)
{
    d->q.like_for_like = true;
    return d->is_sales && growth(d);
}

static bool compare_periods(drawer *d)
{
    if (!draw_metric(d, "m") || !draw_filter(d, 35) || (rng_chance(d->r, 40) && !draw_group(d, "g")) || !pair_of_periods(d))
        return false;
    slots_fill(&d->s, "by", d->q.n_groups ? "[by {g}|per {g}|for each {g}|, by {g}]" : "", d->r);
    d->q.shape = SEM_COMPARE;
    d->q.n_periods = 2;
    return true;
}

static bool compare_members(drawer *d)
{
    const char *a, *b;
    int k;

    if (!draw_metric(d, "m") || !draw_group(d, "g"))
        return false;
    k = d->q.groups[0].dimension;
    a = draw_value(d, k);
    b = draw_value(d, k);
    if (!a || !b || !strcmp(a, b))
        return false;
    d->q.filters[d->q.n_filters++] = (sem_filter){.dimension = k, .op = SEM_IN, .values = {a, b}, .n_values = 2};
    slots_set(&d->s, "v", "%s", a);
    slots_set(&d->s, "v2", "%s", b);
    draw_period(d, 75);
    return true;
}

static bool share_by_group(drawer *d)
{
    d->q.shape = SEM_SHARE;
    return breakdown(d);
}

static bool share_of_part(drawer *d)
{
    if (!draw_metric(d, "m") || !draw_filter(d, 100) || d->q.n_filters != 1 || d->q.filters[0].op != SEM_IN ||
        d->q.filters[0].n_values != 1)
        return false;
    d->q.shape = SEM_SHARE;
    draw_period(d, 75);
    return true;
}

static bool average_per_time(drawer *d)
{
    static const struct { sem_grain g; const char *word, *adverb; } grains[] = {
        {SEM_DAY, "day", "daily"}, {SEM_WEEK, "week", "weekly"}, {SEM_MONTH, "month", "monthly"}, {SEM_QUARTER, "quarter", "quarterly"}};
    const int i = rng_below(d->r, 4);
    char text[SLOT_BYTES] = "";

    if (!draw_metric(d, "m") || !draw_filter(d, 40) || sem_today(d->l) <= 0)
        return false;
    d->q.average_per = grains[i].g;
    d->q.period = period_year(d, text);
    slots_set(&d->s, "p", "%s", text);
    slots_set(&d->s, "time", "%s", grains[i].word);
    slots_set(&d->s, "adv", "%s", grains[i].adverb);
    return true;
}

static void entity_text(drawer *d, const sem_entity *x)
{
    char many[SLOT_BYTES];
    const char *one = x->name.n_words ? x->name.words[rng_below(d->r, x->name.n_words < 4 ? x->name.n_words : 4)] : x->name.title;

    plural(one, many);
    slots_set(&d->s, "e", "%s", one);
    slots_set(&d->s, "es", "%s", many);
}

static bool draw_entity(drawer *d)
{
    if (!sem_n_entities(d->l))
        return false;
    d->q.entity = rng_below(d->r, sem_n_entities(d->l));
    entity_text(d, sem_entity_at(d->l, d->q.entity));
    return true;
}

static bool draw_condition(drawer *d)
{
    const int n = sem_n_conditions(d->l);

    for (int i = 0; i < 20 && n > 0; i++) {
        const sem_condition *k = sem_condition_at(d->l, rng_below(d->r, n));
        sem_condition_use *use = &d->q.conditions[d->q.n_conditions];
        char text[SLOT_BYTES] = "";

        if (k->entity != d->q.entity || !k->name.n_words)
            continue;
        *use = (sem_condition_use){.condition = k->id, .number = NAN};
        if (k->needs_period || rng_chance(d->r, 50))
            use->period = period_draw(d, text);
        slots_set(&d->s, "c", "%s", k->name.words[rng_below(d->r, k->name.n_words < 4 ? k->name.n_words : 4)]);
        slots_set(&d->s, "p", "%s", text);
        d->q.n_conditions++;
        return true;
    }
    return false;
}

static bool list(drawer *d)
{
    d->q.shape = SEM_LIST;
    return draw_entity(d) && draw_condition(d) && draw_filter(d, 30);
}

static bool list_where(drawer *d)
{
    d->q.shape = SEM_LIST;
    return draw_entity(d) && draw_filter(d, 100) && d->q.n_filters;
}

static bool count_of(drawer *d)
{
    d->q.shape = SEM_COUNT_OF;
    return draw_entity(d) && draw_condition(d) && draw_filter(d, 25);
}

static bool count_where(drawer *d)
{
    d->q.shape = SEM_COUNT_OF;
    return draw_entity(d) && draw_filter(d, 75);
}

static bool count_by_group(drawer *d)
{
    d->q.shape = SEM_COUNT_OF;
    return draw_entity(d) && draw_group(d, "g") && (rng_chance(d->r, 50) || draw_condition(d));
}

static bool why(drawer *d)
{
    if (!growth(d) || !draw_group(d, "g"))
        return false;
    d->q.shape = SEM_WHY;
    slots_fill(&d->s, "fell", "[fall|drop|rise|change|decline|increase|go down|go up]", d->r);
    return true;
}

const kind *layer_kinds(int *n)
{
    static const kind kinds[] = {
        {"total", 10, total, frames_total, NULL, NULL},
        {"total", 3, two_totals, frames_two_totals, NULL, NULL},
        {"breakdown", 10, breakdown, frames_breakdown, NULL, NULL},
        {"breakdown", 4, two_metrics, frames_two_metrics, NULL, NULL},
        {"breakdown", 4, cross, frames_cross, NULL, NULL},
        {"trend", 9, trend, frames_trend, NULL, NULL},
        {"trend", 3, trend_by_group, frames_trend_by_group, NULL, NULL},
        {"trend", 2, weekday, frames_weekday, NULL, NULL},
        {"running", 4, running, frames_running, NULL, NULL},
        {"moving", 4, moving, frames_moving, NULL, NULL},
        {"ranking", 8, ranking, frames_ranking, NULL, NULL},
        {"ranking", 6, best, frames_best, NULL, NULL},
        {"ranking", 3, best_time, frames_best_time, NULL, NULL},
        {"top_per_group", 6, top_per_group, frames_top_per_group, NULL, NULL},
        {"condition", 6, having, frames_having, NULL, NULL},
        {"growth", 5, growth, frames_growth, NULL, NULL},
        {"growth", 4, growth_listed, frames_growth_listed, NULL, NULL},
        {"growth", 3, growth_ranked, frames_growth_ranked, NULL, NULL},
        {"growth", 4, growth_year_before, frames_growth_year_before, NULL, NULL},
        {"growth", 3, difference, frames_difference, NULL, NULL},
        {"like_for_like", 2, like_for_like, frames_like_for_like, NULL, NULL},
        {"comparison", 6, compare_periods, frames_compare_periods, NULL, NULL},
        {"comparison", 5, compare_members, frames_compare_members, NULL, NULL},
        {"share", 6, share_by_group, frames_share_by_group, NULL, NULL},
        {"share", 5, share_of_part, frames_share_of_part, NULL, NULL},
        {"average", 5, average_per_time, frames_average_per_time, NULL, NULL},
        {"list", 7, list, frames_list, NULL, NULL},
        {"list", 3, list_where, frames_list_where, NULL, NULL},
        {"count", 6, count_of, frames_count, NULL, NULL},
        {"count", 4, count_where, frames_count_where, NULL, NULL},
        {"count", 3, count_by_group, frames_count_by_group, NULL, NULL},
        {"why", 2, why, frames_why, NULL, NULL},
    };

    *n = sizeof kinds / sizeof kinds[0];
    return kinds;
}
