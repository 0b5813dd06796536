/* sql_generator.c - a question's statement, and the fallbacks in their order.
 *
 *   1. --sql: the statement given.
 *   2. template: every content word was used by a metric, filter, group, period
 *      or the stop list; compiled from the semantic layer.
 *   3. model: the statement parses, binds, passes the guard and prepares; one
 *      repair with the error's text.
 *   4. partial template: the unused words are ignored and named, never "Sure";
 *      only if a metric or a kind of thing was recognised.
 *   5. an honest error with the nearest questions that can be answered.
 * Each attempt that fails is in the trace with its reason. */
#include <string.h>

#include "agent/retrieval_impl.h"

bool sql_accept(agent_state *s, agent_context *c, const char *text, err *e)
{
    sql_stmt *tree = sql_parse(s->arena, text, e);
    char *plain;

    if (!tree || !sql_bind(s->arena, tree, c->catalog, e) ||
        !sql_guard(tree, c->catalog, NULL, e))
        return false;
    s->sql = sql_print(s->arena, tree, SQL_DUCKDB, 0);
    s->sql_pretty = sql_print(s->arena, tree, SQL_DUCKDB, SQL_PRETTY);
    plain = sql_explain(s->arena, tree);
    s->explanation = plain ? plain : "";
    s->ordered = sql_has_order(tree);
    if (s->sql && s->sql_pretty)
        return true;
    s->sql = s->sql_pretty = "";
    return err_set(e, ERR_LIMIT, "the statement is too long");
}

bool agent_check_sql(agent_context *c, const char *sql, agent_state *s, db_result **columns, err *e)
{
    *columns = sql_accept(s, c, sql, e) ? db_prepare(c->db, s->sql, e) : NULL;
    return *columns != NULL;
}

const char *query_sql(agent_state *s, agent_context *c, const sem_query *q, sem_plan *plan, err *e)
{
    *plan = (sem_plan){0};
    return sem_compile(c->semantic, q, s->arena, plan, e)
               ? sql_check(s->arena, plan->sql, c->catalog, NULL, e)
               : NULL;
}

static sem_grain time_grain(const sem_query *q)
{
    for (int i = 0; i < q->n_groups; i++)
        if (q->groups[i].dimension < 0)
            return q->groups[i].grain;
    return SEM_NO_GRAIN;
}

static bool by_template(agent_state *s, agent_context *c, err *e)
{
    s->plan = (sem_plan){0};
    if (!sem_compile(c->semantic, &s->query, s->arena, &s->plan, e) ||
        !sql_accept(s, c, s->plan.sql, e))
        return false;
    s->has_plan = s->has_query = true;
    s->time_grain = time_grain(&s->query);
    s->source = SOURCE_TEMPLATE;
    return true;
}

static bool try_template(agent_state *s, agent_context *c, err *e)
{
    const char *doubt;

    if (s->work->o->model_only)
        return err_set(e, ERR_NOT_IN_DATA, "left to the model, as asked");
    if (!s->work->u.can_template)
        return err_set(e, ERR_NOT_IN_DATA, "%s",
                       *s->work->u.why_not ? s->work->u.why_not : "not every word was used");
    if (!by_template(s, c, e))
        return false;
    doubt = c->is_derived ? derived_doubt(s, c) : NULL;
    if (doubt)
        return err_set(e, ERR_NOT_IN_DATA, "%s", doubt);
    state_why(s, "template", "every word used");
    return true;
}

static bool try_model(agent_state *s, agent_context *c, err *e)
{
    const agent_options *o = s->work->o;

    if (o->template_only || o->no_model || c->no_model)
        return err_set(e, ERR_MODEL, "%s", o->template_only ? "--template-only" : "--no-model");
    if (!sql_by_model(s, c, e))
        return false;
    s->has_plan = s->has_query = false;
    s->source = SOURCE_MODEL;
    return true;
}

static bool try_partial(agent_state *s, agent_context *c, err *e)
{
    const sem_query *q = &s->query;
    const bool something = q->n_metrics > 0 || q->entity >= 0;

    if (s->work->o->no_fallbacks)
        return err_set(e, ERR_NOT_IN_DATA, "without fallbacks, as asked");
    if (!something)
        return err_set(e, ERR_NOT_IN_DATA, "no measure and no kind of thing was recognised");
    if (c->is_derived)
        return err_set(e, ERR_NOT_IN_DATA, "part of a question is no question, where the words were derived");
    if (s->work->u.can_template) { /* the model went first, as asked, and failed */
        state_why(s, "template", "every word used");
        return by_template(s, c, e);
    }
    if (!s->n_unused_words || *s->work->u.why_not) /* it is the question's shape that isn't understood */
        return err_set(e, ERR_NOT_IN_DATA, "its shape is not understood: %s", s->work->u.why_not);
    if (!by_template(s, c, e))
        return false;
    s->work->partial = true;
    state_why(s, "template", "without the words nobody used");
    return true;
}

static bool try_user(agent_state *s, agent_context *c, err *e)
{
    if (!sql_accept(s, c, s->work->o->sql, e))
        return false;
    s->source = SOURCE_USER;
    state_why(s, "user", "--sql");
    return true;
}

/* Nothing to mend: Ctrl-C, no memory, or a question that was understood and
 * that the definitions refuse ("targets are set per store: not by product"):
 * a model would only make something up. */
static bool is_final(const agent_state *s, const agent_context *c, attempt now, const err *e)
{
    return e->code == ERR_CANCELLED || e->code == ERR_NOMEM ||
           (now == ATTEMPT_TEMPLATE && !c->is_derived && s->work->u.can_template && !s->work->o->model_only &&
            e->code == ERR_NOT_IN_DATA);
}

bool sql_generate(agent_state *s, agent_context *c, err *e)
{
    static const struct {
        const char *name;
        bool (*run)(agent_state *, agent_context *, err *);
    } attempts[] = {[ATTEMPT_TEMPLATE] = {"template", try_template},
                    [ATTEMPT_MODEL] = {"model", try_model},
                    [ATTEMPT_PARTIAL] = {"partial template", try_partial}};
    if (s->work->next == ATTEMPT_TEMPLATE && memory_answer(s, c, &(err){0}))
        return true;
    while (s->work->next < ATTEMPT_NONE) {
        const attempt now = s->work->next++;
        const double start = clock_ms();
        err local = {0};

        if (attempts[now].run(s, c, &local))
            return true;
        s->sql = s->sql_pretty = s->explanation = "";
        s->has_plan = s->has_query = false;
        state_trace(s, "sql_generator", attempts[now].name, local.msg, clock_ms() - start);
        if (is_final(s, c, now, &local)) {
            nearest_questions(s, c);
            *e = local;
            return false;
        }
    }
    nearest_questions(s, c);
    return s->n_unused_words && !*s->work->u.why_not
               ? err_set(e, ERR_NOT_IN_DATA, "I don't know \"%s\" in this data", s->unused_words[0])
               : err_set(e, ERR_NOT_IN_DATA, "I found no way to answer this from the data%s%s",
                         *s->work->u.why_not ? ": " : "", s->work->u.why_not);
}

bool sql_step(agent_state *s, agent_context *c, err *e)
{
    return s->work->o->sql ? try_user(s, c, e) : sql_generate(s, c, e);
}

/* The generator hands on only statements that passed; this step proves it
 * again on the very text that will run, so that no path leads around it. */
bool guard_step(agent_state *s, agent_context *c, err *e)
{
    if (!sql_check(s->arena, s->sql, c->catalog, NULL, e))
        return false;
    state_why(s, "rules", "one SELECT over known tables, columns and functions");
    return true;
}
