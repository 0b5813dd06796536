/* ask.c - the parts of a question on a semantic layer: what, by what, of which, when. */
#include <stdio.h>
#include <string.h>

#include "data/generate_impl.h"

enum { TRIES = 12, COMMON_METRICS = 8, WORDS_USED = 6, GROUP_VALUES = 4000, FILTER_VALUES = 2000 };

/* The words that a layer lists last are verbs and turns of phrase, which don't stand
 * where a noun stands. */
static bool is_noun(const char *word)
{
    static const char *const ends[] = {"sell", "sold", "over", "out", "%", "sale", "due", "us"};
    const size_t n = strlen(word);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t m = strlen(ends[i]);

        if (n >= m && !strcmp(word + n - m, ends[i]))
            return false;
    }
    return n > 0;
}

static const char *name_text(drawer *d, const sem_name *name)
{
    const int most = name->n_words < WORDS_USED ? name->n_words : WORDS_USED;

    for (int i = 0; i < TRIES && most > 0 && !rng_chance(d->r, 40); i++) {
        const char *word = name->words[rng_below(d->r, most)];

        if (is_noun(word))
            return word;
    }
    return name->title;
}

static void metric_text(drawer *d, const sem_metric *m, char out[SLOT_BYTES])
{
    const char *text = name_text(d, &m->name);
    const char *last = strrchr(text, ' ');

    if (m->unit != SEM_COUNT || text == m->name.title || str_starts(text, "number of") || str_starts(text, "count of") ||
        str_ends(text, "count") || str_ends(text, "hand"))
        snprintf(out, SLOT_BYTES, "%.200s", text);
    else if (last && (str_ends(text, "ed") || str_ends(text, "sold"))) { /* "unit sold" */
        char first[SLOT_BYTES], many[SLOT_BYTES];

        snprintf(first, sizeof first, "%.*s", (int)(last - text), text);
        plural(first, many);
        snprintf(out, SLOT_BYTES, "%.160s%.60s", many, last);
    } else
        plural(text, out);
}

bool draw_metric(drawer *d, const char *slot)
{
    const int n = sem_n_metrics(d->l);
    char text[SLOT_BYTES];

    for (int i = 0; i < TRIES && n > 0 && d->q.n_metrics < SEM_MAX_METRICS; i++) {
        const int id = rng_chance(d->r, 45) && n > COMMON_METRICS ? rng_below(d->r, COMMON_METRICS) : rng_below(d->r, n);
        const sem_metric *m = sem_metric_at(d->l, id);
        bool twice = d->is_sales && m->name.n_words < 2; /* parts of formulas, not asked for by name */

        for (int k = 0; k < d->q.n_metrics; k++)
            twice = twice || d->q.metrics[k] == id;
        if (twice)
            continue;
        d->q.metrics[d->q.n_metrics++] = id;
        metric_text(d, m, text);
        slots_set(&d->s, slot, "%s", text);
        return true;
    }
    return false;
}

static const db_column *column_of(const drawer *d, const sem_dimension *k)
{
    return k->table >= 0 && k->column >= 0 ? &d->c->tables[k->table].columns[k->column] : NULL;
}

static bool is_grouped(const drawer *d, int dimension)
{
    for (int i = 0; i < d->q.n_groups; i++)
        if (d->q.groups[i].dimension == dimension)
            return true;
    for (int i = 0; i < d->q.n_filters; i++)
        if (d->q.filters[i].dimension == dimension)
            return true;
    return false;
}

/* Phone numbers, addresses and the like are no groups and nobody filters by them; the
 * sales layer names only what people use. */
static bool is_used(const drawer *d, const sem_dimension *k, const db_column *c)
{
    return d->is_sales || k->is_entity_label || c->n_distinct * 2 <= d->c->tables[k->table].n_rows;
}

bool draw_group(drawer *d, const char *slot)
{
    const int n = sem_n_dimensions(d->l);
    char many[SLOT_BYTES];

    for (int i = 0; i < TRIES && n > 0 && d->q.n_groups < SEM_MAX_GROUPS; i++) {
        const int id = rng_below(d->r, n);
        const sem_dimension *k = sem_dimension_at(d->l, id);
        const db_column *c = column_of(d, k);
        const char *text;

        if (!c || k->is_number || c->type != DB_TEXT || c->n_distinct < 2 || c->n_distinct > GROUP_VALUES ||
            is_grouped(d, id) || !is_used(d, k, c))
            continue;
        d->q.groups[d->q.n_groups++] = (sem_group){.dimension = id, .grain = SEM_NO_GRAIN};
        text = name_text(d, &k->name);
        plural(text, many);
        slots_set(&d->s, slot, "%s", text);
        slots_set(&d->s, slot[1] == '2' ? "gs2" : "gs", "%s", many);
        return true;
    }
    return false;
}

const char *draw_value(drawer *d, int dimension)
{
    const db_column *c = column_of(d, sem_dimension_at(d->l, dimension));

    if (!c || c->type != DB_TEXT || c->n_values < 1)
        return NULL;
    return c->values[rng_below(d->r, c->n_values)];
}

static void filter_text(drawer *d, const char *word, const sem_filter *f)
{
    const bool or_ = rng_chance(d->r, 40);

    slots_set(&d->s, "fw", "%s", word);
    if (f->n_values == 2)
        slots_set(&d->s, "v", "%.100s %s %.100s", f->values[0], or_ ? "or" : "and", f->values[1]);
    else
        slots_set(&d->s, "v", "%.200s", f->values[0]);
    slots_fill(&d->s, "f", f->op == SEM_NOT_IN
               ? "[without {v}|excluding {v}|except {v}|where the {fw} is not {v}|other than {fw} {v}|leaving out {v}]"
               : "[for {v}|in {v}|for {fw} {v}|for the {fw} {v}|where the {fw} is {v}|with {fw} {v}|in the {v} {fw}|of {v}|only {v}]",
               d->r);
}

bool draw_filter(drawer *d, int percent)
{
    const int n = sem_n_dimensions(d->l);

    slots_set(&d->s, "f", "%s", "");
    if (!rng_chance(d->r, percent))
        return true;
    for (int i = 0; i < TRIES && n > 0 && d->q.n_filters < SEM_MAX_FILTERS; i++) {
        const int id = rng_below(d->r, n);
        const sem_dimension *k = sem_dimension_at(d->l, id);
        const db_column *c = column_of(d, k);
        sem_filter *f = &d->q.filters[d->q.n_filters];

        if (!c || k->is_number || c->type != DB_TEXT || !c->values_complete || c->n_values < 2 ||
            c->n_values > FILTER_VALUES || is_grouped(d, id) || !is_used(d, k, c))
            continue;
        *f = (sem_filter){.dimension = id, .op = SEM_IN, .n_values = 1, .values = {draw_value(d, id)}};
        if (rng_chance(d->r, 12)) {
            f->values[1] = draw_value(d, id);
            f->n_values += strcmp(f->values[0], f->values[1]) != 0;
        } else if (rng_chance(d->r, 10))
            f->op = SEM_NOT_IN;
        filter_text(d, name_text(d, &k->name), f);
        d->q.n_filters++;
        return true;
    }
    return false;
}

void draw_period(drawer *d, int percent)
{
    char text[SLOT_BYTES] = "";

    if (rng_chance(d->r, percent))
        d->q.period = period_draw(d, text);
    slots_set(&d->s, "p", "%s", text);
}

bool draw_time_group(drawer *d)
{
    static const struct { sem_grain g; const char *word, *adverb; } grains[] = {
        {SEM_MONTH, "month", "monthly"}, {SEM_MONTH, "month", "monthly"}, {SEM_QUARTER, "quarter", "quarterly"},
        {SEM_YEAR_GRAIN, "year", "yearly"}, {SEM_WEEK, "week", "weekly"}, {SEM_DAY, "day", "daily"}};
    const int i = rng_below(d->r, 6);

    if (sem_today(d->l) <= 0 || d->q.n_groups >= SEM_MAX_GROUPS)
        return false;
    d->q.groups[d->q.n_groups++] = (sem_group){.dimension = -1, .grain = grains[i].g};
    slots_set(&d->s, "time", "%s", grains[i].word);
    slots_set(&d->s, "adv", "%s", grains[i].adverb);
    draw_long_period(d, grains[i].g);
    return true;
}

void draw_long_period(drawer *d, sem_grain g)
{
    char text[SLOT_BYTES] = "";

    if (g == SEM_DAY) {
        for (int i = 0; i < TRIES && (!d->q.period.set || d->q.period.to - d->q.period.from > 100); i++)
            d->q.period = period_draw(d, text);
    } else if (g == SEM_YEAR_GRAIN ? rng_chance(d->r, 30) : rng_chance(d->r, 85)) {
        d->q.period = period_year(d, text);
    }
    slots_set(&d->s, "p", "%s", text);
}
