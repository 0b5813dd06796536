/* derived.c - whether a question on a database that nobody described may be
 * answered from its derived layer.
 *
 * Such a layer knows words, not meanings: what its author would have said by a
 * default or a refusal is missing. So only plain readings pass, where every part
 * of the statement was said in so many words; all else is the model's. On 800
 * questions over training databases the templates alone gave 63 right answers of
 * 366 without these rules, and 31 of 34 with them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/agent_impl.h"

static bool says(const understanding *u, const char *list)
{
    for (int i = 0; i < u->n_words; i++) {
        const char *word = u->words[i].text;
        const size_t n = strlen(word);

        for (const char *p = list; (p = strcasestr(p, word)) != NULL; p++)
            if ((p == list || p[-1] == '|') && (p[n] == '|' || !p[n]))
                return true;
    }
    return false;
}

static bool says_pair(const understanding *u, const char *first, const char *second)
{
    for (int i = 0; i + 1 < u->n_words; i++)
        if (!strcasecmp(u->words[i].text, first) && !strcasecmp(u->words[i + 1].text, second))
            return true;
    return false;
}

/* `word` as a whole word of the text, in any case, in the singular or plural. */
static bool in_text(const char *text, const char *word)
{
    const size_t n = strlen(word);

    for (const char *p = text; n && (p = strcasestr(p, word)) != NULL; p++) {
        const char *end = p + n;

        if (p != text && isalnum((unsigned char)p[-1]))
            continue;
        if (!strncasecmp(end, "es", 2) && !isalnum((unsigned char)end[2]))
            return true;
        if (tolower((unsigned char)*end) == 's')
            end++;
        if (!isalnum((unsigned char)*end))
            return true;
    }
    return false;
}

static bool in_question(const agent_state *s, const sem_name *n)
{
    for (int i = 0; i < n->n_words; i++)
        if (in_text(s->question, n->words[i]))
            return true;
    return false;
}

/* Words whose sense a plain reading would lose. */
static const char *word_doubt(const understanding *u)
{
    static const char losing[] = "different|distinct|unique|both|neither|common|popular|frequent|either|whose|except|without|never|"
                                 "no|not|also|only|other|another|same|any|exactly|corresponding|respectively|have|has|had|first|last|"
                                 "earliest|latest|oldest|youngest|between|ordered|sorted|order|sort|alphabetical|descending|ascending|"
                                 "id|ids|but|than|least|recent|information|details|who|that|already|belong|belongs|at";

    for (int i = 0; i < u->n_words; i++)
        if (u->words[i].use == USE_STOP || u->words[i].use == USE_NONE || u->words[i].use == USE_KIND || u->words[i].use == USE_GROUP) {
            const understanding one = {.words = &u->words[i], .n_words = 1};

            if (says(&one, losing) && !(says(&one, "have|has|had") && i && !strcasecmp(u->words[i].text, "have") && says_pair(u, "do", u->words[i - 1].text)))
                return u->words[i].text;
        }
    return NULL;
}

static const sem_name *metric_name(const agent_context *c, int id) { return &sem_metric_at(c->semantic, id)->name; }

/* Another table's measure of the same words: which one is meant nobody said. */
static bool has_namesake(const agent_context *c, int id)
{
    const sem_name *n = metric_name(c, id);

    for (int m = 0; m < sem_n_metrics(c->semantic); m++)
        if (m != id && !strcmp(metric_name(c, m)->title, n->title))
            return true;
    return false;
}

/* A value is meant when it was written as it stands in the data, or when its column
 * is a short list of kinds. */
static const char *value_doubt(const agent_state *s, const agent_context *c, const sem_filter *f)
{
    const sem_dimension *d = sem_dimension_at(c->semantic, f->dimension);
    const db_column *column = &c->catalog->tables[d->table].columns[d->column];

    if (f->op != SEM_IN)
        return f->op == SEM_NOT_IN || f->op == SEM_IS_NULL || f->op == SEM_IS_NOT_NULL ? "an exclusion" : NULL;
    for (int i = 0; i < f->n_values; i++) {
        const char *value = f->values[i], *at = strcasestr(s->question, value);

        if (!at)
            return value;
        if (!strstr(s->question, value) && (column->n_distinct < 0 || column->n_distinct > 60))
            return value;
        if (strlen(value) < 2 && (!at[0] || !strstr(s->question, value)))
            return value;
    }
    return f->n_values > 1 && !says(&s->work->u, "or") ? "several values" : NULL;
}

/* Every kind of thing that was named takes part. */
static const char *left_thing(const agent_state *s, const agent_context *c)
{
    for (int i = 0; i < c->catalog->n_tables; i++) {
        const char *table = c->catalog->tables[i].name;

        if (!strstr(s->plan.sql, table) && in_text(s->question, table))
            return table;
    }
    for (int i = 0; i < sem_n_entities(c->semantic); i++) {
        const sem_entity *n = sem_entity_at(c->semantic, i);
        const int label = n->label;

        if (label >= 0 && in_question(s, &n->name) &&
            !strstr(s->plan.sql, c->catalog->tables[sem_dimension_at(c->semantic, label)->table].name))
            return n->name.title;
    }
    return NULL;
}

static const char *measure_doubt(const agent_state *s, const agent_context *c)
{
    static const char summed[] = "total|sum|overall|altogether|by|per|each|every|revenue|sales";
    const understanding *u = &s->work->u;
    const sem_query *q = &s->query;
    const sem_metric *m;

    if (q->n_metrics != 1)
        return q->n_metrics ? "several measures" : NULL;
    m = sem_metric_at(c->semantic, q->metrics[0]);
    if (!in_question(s, &m->name))
        return "a measure that was not named";
    if (has_namesake(c, m->id))
        return "a measure that two tables have";
    if (m->unit == SEM_COUNT)
        return says(u, "many|number|count|total|most|fewest|least") || q->n_groups ? NULL : "a count that was not asked for";
    return m->additivity != SEM_ADDITIVE || says(u, summed) || says_pair(u, "how", "much") ? NULL : "a sum that was not asked for";
}

static bool counts_rows(const agent_context *c, const sem_query *q)
{
    return q->shape == SEM_COUNT_OF || (q->n_metrics && sem_metric_at(c->semantic, q->metrics[0])->unit == SEM_COUNT);
}

static const char *group_doubt(const agent_state *s, const agent_context *c)
{
    const understanding *u = &s->work->u;
    const sem_query *q = &s->query;

    if (q->n_groups > 1)
        return "several groups";
    if (!q->n_groups)
        return NULL;
    if (q->groups[0].dimension >= 0 && !in_question(s, &sem_dimension_at(c->semantic, q->groups[0].dimension)->name))
        return "a group that was not named";
    if (q->having_metric >= 0)
        return "a limit on a total";
    if (q->groups[0].dimension >= 0 && sem_dimension_at(c->semantic, q->groups[0].dimension)->is_entity_label && counts_rows(c, q) &&
        !strstr(s->plan.sql, " JOIN "))
        return "each thing counted by its own name";
    if (q->limit && q->limit > 1 && !says(u, "top|bottom"))
        return "a number of places";
    if (!says(u, "by|per|each|every") && !q->limit)
        return "a group that was not asked for";
    return NULL;
}

/* "Show all types": each once, or one a row? */
static bool repeats(const agent_context *c, const sem_query *q)
{
    for (int i = 0; i < q->n_columns; i++) {
        const sem_dimension *d = sem_dimension_at(c->semantic, q->columns[i]);
        const db_table *t = &c->catalog->tables[d->table];

        if (t->columns[d->column].n_distinct >= t->n_rows)
            return false;
    }
    return true;
}

static const char *shape_doubt(const agent_state *s, const agent_context *c)
{
    const understanding *u = &s->work->u;
    const sem_query *q = &s->query;

    switch (q->shape) {
    case SEM_SHARE:
        return says(u, "share|percentage|percent|proportion") ? NULL : "a share that was not asked for";
    case SEM_LIST:
        if (q->entity >= 0 && sem_entity_at(c->semantic, q->entity)->label < 0 && !q->columns_only)
            return "rows without a name";
        for (int f = 0; f < q->n_filters; f++)
            if (q->entity >= 0 && q->n_columns && q->filters[f].dimension == sem_entity_at(c->semantic, q->entity)->label)
                return "a name that is also a filter";
        for (int i = 0; i < q->n_columns; i++) {
            if (!in_question(s, &sem_dimension_at(c->semantic, q->columns[i])->name))
                return "a column that was not named";
            for (int f = 0; f < q->n_filters; f++)
                if (q->filters[f].dimension == q->columns[i])
                    return "a column that is also a filter";
        }
        if (sem_entity_at(c->semantic, q->entity)->label < 0 && repeats(c, q))
            return "values that repeat";
        if (says(u, "and") && q->n_columns + !q->columns_only < 2)
            return "a column that was not understood";
        return q->limit || q->ordered ? "an order of rows" : NULL;
    case SEM_COMPARE: case SEM_WHY: case SEM_UPLIFT:
        return "a comparison";
    default:
        return NULL;
    }
}

static bool several_values(const sem_query *q)
{
    for (int i = 0; i < q->n_filters; i++)
        if (q->filters[i].n_values > 1)
            return true;
    return false;
}

const char *derived_doubt(agent_state *s, const agent_context *c)
{
    const understanding *u = &s->work->u;
    const char *word = word_doubt(u), *doubt = NULL;

    if (word)
        return state_strf(s, "\"%s\" is more than a derived layer understands", word);
    if (says(u, "or") && !several_values(&s->query))
        return "\"or\" is more than a derived layer understands";
    if (says(u, "and") && s->query.shape != SEM_LIST && s->query.n_groups != 1)
        return "\"and\" is more than a derived layer understands";
    if (says(u, "sorted|order|ordered|ordering") && s->query.shape != SEM_LIST)
        return "an order of rows";
    if (u->corrected || u->assumed)
        return "a guess on top of derived words";
    for (int i = 0; i < s->query.n_filters && !doubt; i++)
        doubt = value_doubt(s, c, &s->query.filters[i]);
    if (!doubt)
        doubt = shape_doubt(s, c);
    if (!doubt)
        doubt = measure_doubt(s, c);
    if (!doubt)
        doubt = group_doubt(s, c);
    if (!doubt)
        doubt = left_thing(s, c);
    return doubt ? state_strf(s, "%s: no one has described this database", doubt) : NULL;
}
