/* notes.c - what an answer has to say about itself: definitions, the period as
 * used, what was left out, and the queries that count it. */
#include <string.h>

#include "semantic/compile_impl.h"

void say_period(compiler *c, const sem_period *p)
{
    sem_period cut = *p;

    if (!p->set)
        return;
    if (p->from > c->l->today)
        say(c, "the data ends on %s", date_words(c->a, c->l->today));
    else if (p->from < c->l->data_from)
        say(c, "the data begins on %s", date_words(c->a, c->l->data_from));
    if (cut_to_today(c, &cut))
        say(c, "%s to %s", period_words(c, p), date_words(c->a, cut.to));
}

void say_metrics(compiler *c, const block_spec *spec)
{
    sem_period p = spec->period;

    cut_to_today(c, &p);
    for (int i = 0; i < spec->n_measures; i++) {
        const metric_def *m = spec->measures[i].def;

        if (m->says)
            say(c, "%s", m->says);
        if (m->recent_says && (!p.set || (p.to > c->l->today - m->recent_days && p.from <= c->l->today)))
            say(c, "%s", m->recent_says);
        if (m->drops_null_of >= 0)
            note_anonymous(c, &spec->period);
    }
}

static const char *group_drops(const compiler *c, int table)
{
    for (int i = 0; i < c->l->n_tables; i++)
        for (int k = 0; k < c->l->tables[i].n_joins; k++)
            if (c->l->tables[i].joins[k].table == table && c->l->tables[i].joins[k].drops)
                return c->l->tables[i].joins[k].drops;
    return NULL;
}

static bool is_anonymous_drop(const char *drops)
{
    return strstr(drops, "anonymous") != NULL;
}

/* "sales of physical stores", "active stores": the marked have none of it. */
static bool measure_leaves_out(const compiler *c, const entity_def *n)
{
    for (int i = 0; i < c->q.n_metrics; i++) {
        const metric_def *m = &c->l->metrics[c->q.metrics[i]];

        if ((m->entity >= 0 && &c->l->entities[m->entity] == n) || (m->sql && n->without_sql && strstr(m->sql, n->without_sql)))
            return true;
    }
    return false;
}

/* How many of the marked are there within the question's filters and conditions. */
static void note_marked_within(compiler *c, const entity_def *n)
{
    source s;

    source_init(&s, n->table, NULL);
    for (int i = 0; i < c->q.n_filters; i++)
        if (source_reach_dimension(c, &s, &c->l->dimensions[c->q.filters[i].dimension])) {
            const char *sql = filter_sql(c, &c->q.filters[i], &s);
            if (sql)
                source_where(c, &s, sql);
        }
    for (int i = 0; i < c->q.n_conditions; i++) {
        const condition_def *k = &c->l->conditions[c->q.conditions[i].condition];

        if (&c->l->entities[k->condition.entity] != n || k->on_sql)
            continue;
        if (k->physical)
            return;
        source_where(c, &s, condition_sql(c, &c->q.conditions[i], "", ""));
    }
    source_where(c, &s, n->marked_sql);
    note(c, true, n->marked_says, text_f(c, "SELECT count(*) AS n %s%s", source_from(c, &s), source_where_text(c, &s)));
}

/* Online stores stay in rankings, and are said to be there. */
static void say_marked(compiler *c, int dimension)
{
    for (int i = 0; i < c->l->n_entities; i++) {
        const entity_def *n = &c->l->entities[i];

        if (n->entity.label == dimension && n->marked_sql && n->without_says && c->q.average_per_entity < 0 &&
            !c->q.like_for_like && !without_lifted(c, n) && !measure_leaves_out(c, n))
            note_marked_within(c, n);
    }
}

/* Filters, groups and conditions that every shape has. */
void say_query(compiler *c)
{
    for (int i = 0; i < c->q.n_conditions; i++)
        condition_says(c, &c->q.conditions[i]);
    for (int i = 0; i < c->q.n_groups + c->q.n_filters; i++) {
        int d = i < c->q.n_groups ? c->q.groups[i].dimension : c->q.filters[i - c->q.n_groups].dimension;
        const char *drops = d >= 0 ? group_drops(c, c->l->dimensions[d].table) : NULL;

        if (i < c->q.n_groups && c->q.shape != SEM_COUNT_OF && d >= 0)
            say_marked(c, d);
        if (!drops || c->q.shape == SEM_LIST || c->q.shape == SEM_COUNT_OF)
            continue;
        if (is_anonymous_drop(drops))
            note_anonymous(c, &c->q.period);
        else
            say(c, "%s", drops);
    }
}

static int sales_table(const compiler *c)
{
    return layer_table_find(c->l, "sales");
}

/* How many orders had no known customer, with the question's other filters. */
void note_anonymous(compiler *c, const sem_period *period)
{
    int table = sales_table(c), customers = layer_table_find(c->l, "customers");
    sem_period p = *period;
    source s;

    if (table < 0 || customers < 0)
        return;
    say(c, "anonymous sales are left out");
    source_init(&s, table, c->l->tables[table].time);
    cut_to_today(c, &p);
    source_where(c, &s, "sales.customer_id IS NULL");
    if (p.set)
        source_where(c, &s, between_sql(c, s.time, p.from, p.to));
    for (int i = 0; i < c->q.n_filters; i++) {
        const dimension_def *d = &c->l->dimensions[c->q.filters[i].dimension];
        const char *sql = d->table != customers && source_reach_dimension(c, &s, d) ? filter_sql(c, &c->q.filters[i], &s) : NULL;

        if (sql)
            source_where(c, &s, sql);
    }
    for (int i = 0; i < c->plan->n_note_queries; i++)
        if (strstr(c->plan->note_queries[i].format, "without a known customer"))
            return;
    note(c, true, "%s orders without a known customer are left out",
         text_f(c, "SELECT count(DISTINCT sales.order_id) AS orders %s%s", source_from(c, &s), source_where_text(c, &s)));
}
