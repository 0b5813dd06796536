/* average.c - "per day", "per month", "per store".
 *
 * An average of a sum is the whole sum over the number of units: calendar days
 * for "per day", so that a day without a sale counts as 0; only whole weeks,
 * months, quarters or years while the period is unfinished. Averages per store
 * leave online stores out on both sides unless asked for. A state (stock) is
 * averaged over its values at the end of each unit. */
#include <string.h>

#include "semantic/compile_impl.h"

static int months_of(sem_grain g)
{
    return g == SEM_MONTH ? 1 : g == SEM_QUARTER ? 3 : g == SEM_YEAR_GRAIN ? 12 : 0;
}

static bool starts_unit(sem_grain g, int32_t day)
{
    sem_date d = sem_date_of(day);

    switch (g) {
    case SEM_DAY: return true;
    case SEM_WEEK: return (day + 3) % 7 == 0; /* 1970-01-01 was a Thursday */
    case SEM_MONTH: return d.day == 1;
    case SEM_QUARTER: return d.day == 1 && d.month % 3 == 1;
    case SEM_YEAR_GRAIN: return d.day == 1 && d.month == 1;
    default: return false;
    }
}

static int32_t next_unit(sem_grain g, int32_t day)
{
    return g == SEM_DAY ? day + 1 : g == SEM_WEEK ? day + 7 : date_add_months(day, months_of(g));
}

/* Whole units from p->from on; p is cut to them when there is at least one. */
static int whole_units(compiler *c, sem_grain g, sem_period *p)
{
    int n = 0;
    int32_t day = p->from;

    if (!starts_unit(g, day))
        return 0;
    while (next_unit(g, day) - 1 <= p->to && n < 100000) {
        day = next_unit(g, day);
        n++;
    }
    if (n && day - 1 < p->to) {
        say(c, "only whole %ss, to %s", grain_word(g), date_words(c->a, day - 1));
        p->to = day - 1;
    }
    return n;
}

static metric_def *own_metric(compiler *c, block_spec *spec, const metric_def *like, const char *id)
{
    metric_def *m = arena_push(c->a, metric_def, 1);

    if (!m || spec->n_own >= MAX_MEASURES) {
        err_set(c->e, m ? ERR_LIMIT : ERR_NOMEM, "too many averages in one question");
        return NULL;
    }
    if (like)
        *m = *like;
    else
        *m = (metric_def){.table = -1, .entity = -1, .condition = -1, .drops_null_of = -1};
    m->metric.name.id = id;
    m->metric.id = -1;
    return m;
}

static void replace(compiler *c, block_spec *spec, measure *x, const char *formula)
{
    metric_def *m = arena_push(c->a, metric_def, 1);

    (void)spec;
    if (!m) {
        c->bad = true;
        return;
    }
    *m = *x->def;
    m->formula = formula;
    m->sql = NULL;
    m->metric.additivity = SEM_RATIO;
    if (m->metric.unit == SEM_COUNT)
        m->metric.unit = SEM_NUMBER;
    x->def = m;
}

static const char *inner(compiler *c, const metric_def *m)
{
    return m->formula ? text_f(c, "(%s)", m->formula) : m->metric.name.id;
}

/* ---- per store, per customer ------------------------------------------------- */

static const metric_def *first_leaf(const compiler *c, const metric_def *m)
{
    char id[128];
    size_t n;

    if (!m->formula)
        return m;
    n = strspn(m->formula, "abcdefghijklmnopqrstuvwxyz_0123456789");
    if (!n || n >= sizeof id)
        return m;
    memcpy(id, m->formula, n);
    id[n] = 0;
    return sem_metric_find(c->l, id) >= 0 ? &c->l->metrics[sem_metric_find(c->l, id)] : m;
}

static bool per_entity(compiler *c, block_spec *spec, measure *x)
{
    const entity_def *n = &c->l->entities[c->q.average_per_entity];
    const metric_def *leaf = first_leaf(c, x->def);
    const char *id = text_f(c, "n_%s", n->entity.name.id), *top = inner(c, x->def);
    metric_def *m, *numerator;

    if (!n->key || leaf->table < 0)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s has no average per %s", x->def->metric.name.title, n->entity.name.title);
    m = own_metric(c, spec, leaf, id);
    if (!m)
        return false;
    m->sql = text_f(c, "count(DISTINCT %s)", n->key);
    m->constant_currency = m->sql_unfinished = m->formula = NULL;
    if (m->n_requires < MAX_REFS)
        m->requires[m->n_requires++] = n->table;
    spec->own[spec->n_own++] = m;
    if (!x->def->formula) { /* the sum is over the same rows as the number */
        numerator = own_metric(c, spec, leaf, text_f(c, "%s_all", x->def->metric.name.id));
        if (!numerator)
            return false;
        memcpy(numerator->requires, m->requires, sizeof m->requires);
        numerator->n_requires = m->n_requires;
        spec->own[spec->n_own++] = numerator;
        top = numerator->metric.name.id;
    }
    replace(c, spec, x, text_f(c, "%s / %s", top, id));
    spec->physical_entity = c->q.average_per_entity;
    if (n->without_says && !without_lifted(c, n))
        say(c, "average per %s: %s", n->entity.name.title, n->without_says);
    return true;
}

/* ---- per day, per month ---------------------------------------------------------- */

static bool has_time_group(const block_spec *spec)
{
    for (int i = 0; i < spec->n_groups; i++)
        if (spec->groups[i].dimension < 0)
            return true;
    return false;
}

/* "An average Saturday": there are as many units as days of that kind. */
static bool narrowed_days(const compiler *c)
{
    for (int i = 0; i < c->q.n_filters; i++)
        if (c->l->dimensions[c->q.filters[i].dimension].on_time)
            return true;
    return false;
}

static bool count_days(compiler *c, block_spec *spec)
{
    sem_grain g = c->q.average_per;
    metric_def *m = own_metric(c, spec, NULL, "n_units");

    if (!m)
        return false;
    m->table = c->l->calendar.table;
    m->metric.additivity = SEM_SEMI_ADDITIVE;
    m->sql = g == SEM_DAY    ? "count(*)"
             : g == SEM_WEEK ? "count(*) / 7.0"
                             : text_f(c, "count(DISTINCT date_trunc('%s', %s))", grain_word(g), c->l->calendar.date);
    m->n_loose = 1; /* days know no region */
    m->cut = true;
    spec->own[spec->n_own++] = m;
    return true;
}

static bool per_unit_of_time(compiler *c, block_spec *spec, bool *two_levels)
{
    sem_grain g = c->q.average_per;
    sem_period p = spec->period;
    bool times = has_time_group(spec) || (narrowed_days(c) && c->l->calendar.table >= 0);
    int n;

    if (!p.set)
        p = (sem_period){.set = true, .from = c->l->data_from, .to = c->l->today, .grain = SEM_DAY, .n = 1};
    cut_to_today(c, &p);
    n = times ? 0 : whole_units(c, g, &p);
    spec->period = p;
    *two_levels = (times && c->l->calendar.table < 0) || (!times && !n && g != SEM_WEEK) || !grain_has_start(g);
    for (int i = 0; i < spec->n_measures; i++)
        if (spec->measures[i].def->metric.additivity != SEM_ADDITIVE)
            *two_levels = spec->measures[i].def->metric.additivity == SEM_SEMI_ADDITIVE;
    if (*two_levels)
        return true;
    if (times && !count_days(c, spec))
        return false;
    for (int i = 0; i < spec->n_measures; i++) {
        measure *x = &spec->measures[i];
        const char *top = inner(c, x->def);

        if (x->def->metric.additivity == SEM_ADDITIVE)
            replace(c, spec, x, times ? text_f(c, "%s / n_units", top)
                                : n   ? text_f(c, "%s / %d", top, n)
                                      : text_f(c, "7.0 * %s / %d", top, p.to - p.from + 1));
    }
    say(c, "average over %ss of the calendar", grain_word(g));
    return true;
}

static bool has_group(const block_spec *spec, sem_grain g)
{
    for (int i = 0; i < spec->n_groups; i++)
        if (spec->groups[i].dimension < 0 && spec->groups[i].grain == g)
            return true;
    return false;
}

bool apply_average(compiler *c, block_spec *spec, bool *two_levels)
{
    *two_levels = false;
    for (int i = 0; i < spec->n_measures && (c->q.average_per_entity >= 0 || c->q.average_per != SEM_NO_GRAIN); i++)
        if (spec->measures[i].def->metric.additivity == SEM_RATIO) {
            say(c, "%s is a ratio of sums already, not averaged again", spec->measures[i].def->metric.name.title);
            return true;
        }
    for (int i = 0; i < spec->n_measures && c->q.average_per_entity >= 0; i++)
        if (!per_entity(c, spec, &spec->measures[i]))
            return false;
    if (c->q.average_per == SEM_NO_GRAIN)
        return true;
    if ((c->q.average_per == SEM_WEEKDAY || c->q.average_per == SEM_HOUR) && spec->n_groups < MAX_KEYS) {
        if (!has_group(spec, c->q.average_per))
            spec->groups[spec->n_groups++] = (sem_group){.dimension = -1, .grain = c->q.average_per};
        c->q.average_per = SEM_DAY;
    }
    return per_unit_of_time(c, spec, two_levels);
}

/* The mean of the values of each unit. */
bool average_of_units(compiler *c, const block_spec *spec, block *b)
{
    block_spec units = *spec;

    if (has_group(&units, c->q.average_per))
        return block_make(c, spec, b); /* one unit each: the mean is the value */
    if (units.n_groups >= MAX_KEYS)
        return err_set(c->e, ERR_LIMIT, "too many groups in one question");
    units.groups[units.n_groups++] = (sem_group){.dimension = -1, .grain = c->q.average_per};
    if (!block_make(c, &units, b))
        return false;
    add_cte(c, "units_of_time", block_select(c, &units, b));
    b->n_keys = spec->n_groups;
    for (int i = 0; i < b->n_keys; i++) {
        b->keys[i].label = b->keys[i].label_name;
        b->keys[i].key = b->keys[i].key ? b->keys[i].key_name : NULL;
    }
    for (int i = 0; i < spec->n_measures; i++)
        b->measures[i] = text_f(c, "avg(%s)", spec->measures[i].name);
    b->from = "FROM units_of_time";
    b->where = "";
    b->grouped = true;
    say(c, "average of the values at the end of each %s", grain_word(c->q.average_per));
    return true;
}
