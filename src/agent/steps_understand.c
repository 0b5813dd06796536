/* steps_understand.c - the first two steps: what kind of question, about what.
 *
 * understand.h reads the words once; the intent step keeps its verdict, the
 * entity step writes down what was recognised and settles the questions that
 * end here: help, not in this data, ambiguous, refused. */
#include <math.h>
#include <string.h>

#include "agent/agent_impl.h"

/* What the conversation has come to: its questions read one after the other. What
 * could not be read whole ends the thread; what was refused leaves it as it was. */
static void read_history(agent_state *s, agent_context *c, understood_before *before)
{
    err ignored = {0};

    for (int i = 0; i < s->options.n_history; i++) {
        understanding *u = arena_push(s->arena, understanding, 1);

        if (!u || !understand_after(c->semantic, c->catalog, before, s->options.history[i], s->arena, u, &ignored))
            continue;
        if (u->ending == UNDERSTOOD)
            *before = (understood_before){.query = u->query, .intent = u->intent, .set = true};
        else if (u->ending == UNDERSTOOD_PARTLY && !u->follows)
            before->set = false;
    }
    before->forget = s->options.forget;
    before->n_forget = s->options.n_forget;
}

static void keep_still(agent_state *s, const understanding *u)
{
    s->follows = u->follows;
    for (int i = 0; i < u->n_carried; i++)
        state_note(s, s->still, &s->n_still, u->carried[i]);
}

bool intent_step(agent_state *s, agent_context *c, err *e)
{
    understanding *u = &s->work->u;
    understood_before before = {0};

    if (s->work->o->sql) {
        s->intent = INTENT_LIST;
        state_why(s, "user", "the statement was given: --sql");
        return true;
    }
    read_history(s, c, &before);
    if (!understand_check(s->work->asked, strlen(s->work->asked), e) ||
        !understand_after(c->semantic, c->catalog, &before, s->question, s->arena, u, e))
        return false;
    keep_still(s, u);
    s->work->understood = true;
    s->intent = u->intent;
    s->intent_score = u->intent_score;
    state_why(s, "rules", "%s (%.2f)", agent_intent_name(u->intent), u->intent_score);
    return true;
}

static void put_text(json_t *list, const char *text)
{
    json_array_append_new(list, json_string(text));
}

static const char *grain_name(sem_grain g)
{
    static const char *const names[] = {
        "none", "day", "week", "month", "quarter", "year", "fiscal week", "fiscal period",
        "fiscal quarter", "fiscal year", "weekday", "hour", "month of year"};

    return (size_t)g < sizeof names / sizeof names[0] ? names[g] : "none";
}

static json_t *filter_json(const agent_context *c, const sem_filter *f)
{
    static const char *const ops[] = {"in", "not in", "=", "<>", "<", "<=", ">", ">=",
                                      "between", "is null", "is not null"};
    json_t *values = json_array();

    for (int i = 0; i < f->n_values; i++)
        put_text(values, f->values[i]);
    return json_pack("{s:s, s:s, s:o}", "dimension", sem_dimension_at(c->semantic, f->dimension)->name.id,
                     "op", ops[f->op], "values", values);
}

static json_t *period_json(const sem_period *p)
{
    const sem_date from = sem_date_of(p->from), to = sem_date_of(p->to);

    if (!p->set)
        return json_null();
    return json_pack("{s:o, s:o, s:s, s:s}", "from",
                     json_sprintf("%04d-%02d-%02d", from.year, from.month, from.day), "to",
                     json_sprintf("%04d-%02d-%02d", to.year, to.month, to.day), "grain",
                     grain_name(p->grain), "label", p->label ? p->label : "");
}

static json_t *groups_json(const agent_context *c, const sem_query *q)
{
    json_t *list = json_array();

    for (int i = 0; i < q->n_groups; i++)
        put_text(list, q->groups[i].dimension < 0
                           ? grain_name(q->groups[i].grain)
                           : sem_dimension_at(c->semantic, q->groups[i].dimension)->name.id);
    return list;
}

static json_t *words_json(const understanding *u)
{
    json_t *list = json_array();

    for (int i = 0; i < u->n_words; i++)
        json_array_append_new(list, json_pack("[s,s]", u->words[i].text, word_use_name(u->words[i].use)));
    return list;
}

static json_t *conditions_json(const agent_context *c, const sem_query *q)
{
    json_t *list = json_array();

    for (int i = 0; i < q->n_conditions; i++)
        json_array_append_new(
            list, json_sprintf("%s%s", q->conditions[i].negate ? "not " : "",
                               sem_condition_at(c->semantic, q->conditions[i].condition)->name.id));
    return list;
}

static json_t *entities_json(agent_state *s, const agent_context *c)
{
    const understanding *u = &s->work->u;
    const sem_query *q = &u->query;
    json_t *metrics = json_array(), *filters = json_array(), *periods = json_array();

    for (int i = 0; i < q->n_metrics; i++)
        put_text(metrics, sem_metric_at(c->semantic, q->metrics[i])->name.id);
    for (int i = 0; i < q->n_filters; i++)
        json_array_append_new(filters, filter_json(c, &q->filters[i]));
    for (int i = 0; i < q->n_periods; i++)
        json_array_append_new(periods, period_json(&q->periods[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "metrics", metrics, "groups",
                     groups_json(c, q), "filters", filters, "conditions", conditions_json(c, q),
                     "period", period_json(&q->period), "base", period_json(&q->base), "periods",
                     periods, "limit", q->limit, "words", words_json(u));
}

/* An ending that isn't an answer: its error, in the words a person reads. */
static bool end_with(agent_state *s, agent_context *c, err *e)
{
    const understanding *u = &s->work->u;
    const char *missing = *u->missing ? u->missing : "something this data doesn't hold";

    if (s->work->o->model_only && s->work->o->no_fallbacks)
        return true;
    offer_choices(s, c, u->ending != UNDERSTOOD_AMBIGUOUS);
    switch (u->ending) {
    case UNDERSTOOD_HELP:
        s->work->ended = true;
        return help_answer(s, c, e);
    case UNDERSTOOD_NOT_IN_DATA:
        nearest_questions(s, c);
        return err_set(e, ERR_NOT_IN_DATA, "Not in this data: %s", missing);
    case UNDERSTOOD_AMBIGUOUS:
        if (s->work->o->model_only)
            return true; /* the model is to try, as asked */
        return err_set(e, ERR_AMBIGUOUS, "That can be read in more than one way: %s", missing);
    case UNDERSTOOD_REFUSED:
        return err_set(e, ERR_REFUSED, "%s", missing);
    default:
        return true;
    }
}

bool entity_step(agent_state *s, agent_context *c, err *e)
{
    const understanding *u = &s->work->u;

    if (s->work->o->sql) {
        state_why(s, "user", "the statement was given: --sql");
        return true;
    }
    s->entities = entities_json(s, c);
    s->query = u->query;
    for (int i = 0; i < u->n_unused; i++)
        state_note(s, s->unused_words, &s->n_unused_words, u->unused[i]);
    state_why(s, "rules", "%s%s%s", understanding_ending_name(u->ending), *u->why_not ? ": " : "",
              u->why_not);
    return end_with(s, c, e);
}
