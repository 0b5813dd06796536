/* suggest.c - what can be asked, and the nearest questions that can be answered.
 *
 * Every question proposed here was read by the same rules first: a suggestion
 * that would not be answered is worse than none. */
#include <string.h>

#include "agent/agent_impl.h"
#include "base/str.h"

enum { N_EXAMPLES = 5, N_NEAREST = 3, NAMED = 6, WALKED = 40 };

static const char *const sales_examples[] = {
    "Total sales in 2025", "Top 5 stores by sales last year", "Sales by region in 2025 compared with 2024",
    "Which category grew fastest in 2025?", "How many active stores are there by region?",
    "Sales per month in 2025", "Why did sales fall in March 2025 in West, by store?"};

/* Of a derived layer only what it would really answer. */
static bool stands(const agent_state *s, agent_context *c, const char *question, const understanding *u)
{
    agent_state probe = *s;
    struct agent_work *work = arena_push(s->arena, struct agent_work, 1);
    err local = {0};

    if (!work)
        return false;
    work->u = *u;
    probe.work = work;
    probe.question = question;
    probe.query = u->query;
    probe.plan = (sem_plan){0};
    return sem_compile(c->semantic, &probe.query, s->arena, &probe.plan, &local) && !derived_doubt(&probe, c);
}

static bool answerable(agent_state *s, agent_context *c, const char *question)
{
    understanding *u = arena_push(s->arena, understanding, 1);
    err local = {0};

    return u && understand(c->semantic, c->catalog, question, s->arena, u, &local) && u->can_template &&
           (!c->is_derived || stands(s, c, question, u));
}

static void propose(agent_state *s, agent_context *c, int most, const char *question)
{
    if (s->n_choices < most && answerable(s, c, question))
        state_note(s, s->choices, &s->n_choices, question);
}

/* Readings of an ambiguous question stand as they are: --pick names them by
 * number. Other proposals must be answerable on this very database. */
void offer_choices(agent_state *s, agent_context *c, bool checked)
{
    const understanding *u = &s->work->u;

    for (int i = 0; i < u->n_choices; i++)
        if (!checked || answerable(s, c, u->choices[i]))
            state_note(s, s->choices, &s->n_choices, u->choices[i]);
}

static const char *plural(agent_state *s, const char *one)
{
    const size_t n = strlen(one);

    if (str_ends(one, "s"))
        return one;
    if (n > 1 && str_ends(one, "y") && !strchr("aeiou", one[n - 2]))
        return state_strf(s, "%.*sies", (int)n - 1, one);
    return state_strf(s, str_ends(one, "x") || str_ends(one, "ch") || str_ends(one, "sh") ? "%ses" : "%ss", one);
}

/* A group that makes a short table: a text or flag with few values. */
static const sem_dimension *short_group(agent_context *c, int table, int skip)
{
    for (int i = 0; i < sem_n_dimensions(c->semantic); i++) {
        const sem_dimension *d = sem_dimension_at(c->semantic, i);
        const db_column *k = d->table >= 0 ? &c->catalog->tables[d->table].columns[d->column] : NULL;

        if (k && d->table == table && !d->is_number && !d->is_entity_label && k->n_distinct > 1 && k->n_distinct <= NAMED * 3 && skip-- == 0)
            return d;
    }
    return NULL;
}

/* The kinds of things with most rows first, a question of each shape. */
static void propose_things(agent_state *s, agent_context *c, int most)
{
    const sem_layer *l = c->semantic;

    for (int i = 0; i < sem_n_entities(l) && i < WALKED && s->n_choices < most / 2; i++) {
        const sem_entity *n = sem_entity_at(l, i);
        const char *things = plural(s, n->name.title);
        const int table = n->label >= 0 ? sem_dimension_at(l, n->label)->table : -1;
        const sem_dimension *d = table >= 0 ? short_group(c, table, 0) : NULL;

        if (table < 0 || (!d && c->catalog->n_tables > WALKED / 4))
            continue;
        if (s->n_choices < most / 4 || !d)
            propose(s, c, most / 2, state_strf(s, "How many %s are there?", things));
        if (d)
            propose(s, c, most, state_strf(s, "Number of %s by %s", things, d->name.title));
    }
    for (int m = 0; m < sem_n_metrics(l) && m < WALKED && s->n_choices < most; m++) {
        const sem_metric *k = sem_metric_at(l, m);

        if (k->unit == SEM_COUNT)
            continue;
        propose(s, c, most, state_strf(s, k->additivity == SEM_ADDITIVE ? "Total %s" : "What is the %s?", k->name.title));
        for (int d = 0; d < sem_n_dimensions(l) && d < WALKED && k->additivity == SEM_ADDITIVE && s->n_choices < most; d++) {
            const sem_dimension *g = sem_dimension_at(l, d);
            const db_column *column = &c->catalog->tables[g->table].columns[g->column];

            if (!g->is_number && column->n_distinct > 1 && column->n_distinct <= NAMED * 3) {
                propose(s, c, most, state_strf(s, "Total %s by %s", k->name.title, g->name.title));
                break;
            }
        }
    }
}

/* Questions made of the layer's own names, for any database. */
static void propose_from_layer(agent_state *s, agent_context *c, int most)
{
    const sem_layer *l = c->semantic;

    for (int m = 0; m < sem_n_metrics(l) && m < WALKED && s->n_choices < most; m++) {
        const char *metric = sem_metric_at(l, m)->name.title;

        propose(s, c, most, state_strf(s, "total %s", metric));
        for (int d = 0; d < sem_n_dimensions(l) && d < NAMED && s->n_choices < most; d++)
            if (!sem_dimension_at(l, d)->is_number)
                propose(s, c, most,
                        state_strf(s, "%s by %s", metric, sem_dimension_at(l, d)->name.title));
    }
    for (int i = 0; i < sem_n_entities(l) && i < WALKED && s->n_choices < most; i++)
        propose(s, c, most, state_strf(s, "how many %s", sem_entity_at(l, i)->name.title));
}

static void propose_examples(agent_state *s, agent_context *c, int most)
{
    if (c->is_sales)
        for (size_t i = 0; i < sizeof sales_examples / sizeof sales_examples[0]; i++)
            propose(s, c, most, sales_examples[i]);
    else
        propose_things(s, c, most);
    propose_from_layer(s, c, most);
}

void nearest_questions(agent_state *s, agent_context *c)
{
    const sem_query *q = &s->work->u.query;

    if (s->n_choices || !s->work->understood)
        return;
    for (int i = 0; i < q->n_metrics; i++) {
        const char *metric = sem_metric_at(c->semantic, q->metrics[i])->name.title;

        for (int g = 0; g < q->n_groups; g++)
            if (q->groups[g].dimension >= 0)
                propose(s, c, N_NEAREST, state_strf(s, "%s by %s", metric,
                        sem_dimension_at(c->semantic, q->groups[g].dimension)->name.title));
        if (q->period.set && q->period.label)
            propose(s, c, N_NEAREST, state_strf(s, "%s %s", metric, q->period.label));
        propose(s, c, N_NEAREST, state_strf(s, "total %s", metric));
    }
    propose_examples(s, c, N_NEAREST);
}

bool agent_suggest(agent_context *c, agent_state *s, int most, err *e)
{
    propose_examples(s, c, most < AGENT_MAX_NOTES ? most : AGENT_MAX_NOTES);
    return s->n_choices > 0 || err_set(e, ERR_NOT_IN_DATA, "no question to suggest");
}

static void add_titles(str *text, const sem_name *(*at)(const sem_layer *, int), const sem_layer *l, int n)
{
    for (int i = 0; i < n && i < NAMED; i++)
        str_addf(text, "%s%s", i ? (i == n - 1 || i == NAMED - 1 ? " and " : ", ") : "", at(l, i)->title);
}

static const sem_name *metric_name(const sem_layer *l, int i) { return &sem_metric_at(l, i)->name; }
static const sem_name *dimension_name(const sem_layer *l, int i)
{
    return &sem_dimension_at(l, i)->name;
}

bool help_answer(agent_state *s, agent_context *c, err *e)
{
    const int n_metrics = sem_n_metrics(c->semantic), n_dimensions = sem_n_dimensions(c->semantic);
    str text = {0};

    str_adds(&text, "You can ask about ");
    add_titles(&text, metric_name, c->semantic, n_metrics);
    if (n_dimensions) {
        str_adds(&text, ", by ");
        add_titles(&text, dimension_name, c->semantic, n_dimensions);
    }
    str_adds(&text, " and over time: totals, rankings, trends, comparisons, growth, shares and lists.");
    s->answer = state_str(s, str_text(&text));
    str_deinit(&text);
    propose_examples(s, c, N_EXAMPLES);
    s->confidence.word = "Sure";
    s->confidence.value = 1;
    s->confidence.reason = "read from the catalog";
    s->source = SOURCE_TEMPLATE;
    return *s->answer || err_set(e, ERR_NOMEM, "out of memory");
}
