/* ask.c - questions, statements, replays; and the events on their way. */
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"

typedef struct asking {
    const salesbot_options *o;
    agent_state *state;
    const char *sql; /* the last that an event told */
} asking;

void api_emit(const salesbot_options *o, const char *event, json_t *owned)
{
    err ignored = {0};
    char *text = agent_json_line(owned, &ignored);

    json_decref(owned);
    if (text) /* an event that finds no memory is left out; the state has it all */
        o->on_event(o->event_arg, event, text);
    free(text);
}

static void emit(const asking *a, const char *event, json_t *owned) { api_emit(a->o, event, owned); }

static json_t *columns_json(const agent_state *s)
{
    json_t *list = json_array();

    for (int i = 0; list && s->columns && i < s->results->n_columns; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", s->columns[i].name, "type",
                                              db_type_name(s->columns[i].type), "unit",
                                              agent_unit_name(s->columns[i].unit), "title",
                                              s->columns[i].title));
    return list;
}

static void emit_sql(asking *a)
{
    const agent_state *s = a->state;

    if (!*s->sql || a->sql == s->sql)
        return;
    a->sql = s->sql;
    emit(a, "sql", json_pack("{s:s, s:s, s:s}", "sql", s->sql, "sql_pretty", s->sql_pretty, "source",
                             agent_source_name(s->source)));
}

static void emit_results(asking *a)
{
    const agent_state *s = a->state;

    emit_sql(a); /* a fallback may have taken another statement */
    if (s->results)
        emit(a, "results", json_pack("{s:o, s:I, s:b}", "columns", columns_json(s), "n_rows",
                                     (json_int_t)s->results->n_rows, "truncated", s->results->truncated));
}

static void emit_chart(asking *a)
{
    if (a->state->chart)
        emit(a, "chart", json_incref(a->state->chart));
}

static void emit_answer(asking *a)
{
    const agent_state *s = a->state;

    if (*s->answer)
        emit(a, "answer", json_pack("{s:s, s:{s:s, s:f, s:s}}", "answer", s->answer, "confidence", "word",
                                    s->confidence.word, "value", s->confidence.value, "reason",
                                    s->confidence.reason));
}

static void on_step(void *arg, const char *step, bool ended, double ms)
{
    static const struct {
        const char *step;
        void (*emit)(asking *);
    } more[] = {{"guard", emit_sql}, {"execution", emit_results}, {"chart_generator", emit_chart},
                {"answer", emit_answer}};
    asking *a = arg;
    const agent_state *s = a->state;

    if (!ended) {
        emit(a, "step_begin", json_pack("{s:s}", "step", step));
        return;
    }
    emit(a, "step_end", json_pack("{s:s, s:f, s:s, s:s}", "step", step, "ms", ms, "source",
                                  s->n_trace ? s->trace[s->n_trace - 1].source : "", "why",
                                  s->n_trace ? s->trace[s->n_trace - 1].why : ""));
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (!strcmp(more[i].step, step))
            more[i].emit(a);
}

static salesbot_state *wrap(agent_state *owned, err *e)
{
    salesbot_state *a = owned ? calloc(1, sizeof *a) : NULL;

    if (a) {
        a->state = owned;
        a->has_rows = owned->results != NULL;
        a->n_rows = owned->results ? owned->results->n_rows : 0;
        a->truncated = owned->results && owned->results->truncated;
        return a;
    }
    agent_state_free(owned);
    err_set(e, ERR_NOMEM, "out of memory");
    return NULL;
}

static salesbot_state *process(salesbot_session *s, salesbot_conversation *c, const char *question,
                               agent_options *how, const salesbot_options *o, salesbot_error *e)
{
    err local = {0};
    asking a = {.o = o, .state = agent_state_new(&local)};
    salesbot_state *state = NULL;
    bool ok;

    if (o && o->on_event) {
        how->on_step = on_step;
        how->arg = &a;
    }
    pthread_mutex_lock(&s->lock);
    ok = a.state && orchestrator_process(s->context, question, how, a.state, &local) &&
         (!c || a.state->error.code != ERR_OK || conversation_add(c, a.state, &local));
    pthread_mutex_unlock(&s->lock);
    if (ok)
        state = wrap(a.state, &local);
    else
        agent_state_free(a.state);
    if (!state)
        api_error(e, &local);
    return state;
}

/* The lines of a text, which is cut at their ends; at most n. Their number. */
static int lines_of(char *text, const char **lines, int n)
{
    int count = 0;

    for (char *rest, *line = strtok_r(text ? text : (char[]){""}, "\n", &rest); line && count < n;
         line = strtok_r(NULL, "\n", &rest))
        lines[count++] = line;
    return count;
}

salesbot_state *salesbot_ask(salesbot_session *s, salesbot_conversation *c, const char *question,
                             const salesbot_options *o, salesbot_error *e)
{
    const char *history[AGENT_MAX_HISTORY];
    const char *forget[AGENT_MAX_NOTES];
    char *words = o && o->forget ? strdup(o->forget) : NULL;
    agent_options how = api_ask_options(o);
    salesbot_state *state;

    if (o && o->forget && !words) {
        api_error(e, &(err){ERR_NOMEM, "out of memory"});
        return NULL;
    }
    how.n_forget = lines_of(words, forget, AGENT_MAX_NOTES);
    how.forget = forget;
    if (c)
        how.n_history = conversation_questions(c, history, AGENT_MAX_HISTORY);
    how.history = history;
    state = process(s, c, question, &how, o, e);
    free(words);
    return state;
}

salesbot_state *salesbot_sql(salesbot_session *s, const char *sql, const salesbot_options *o,
                             salesbot_error *e)
{
    agent_options how = api_ask_options(o);

    how.sql = sql;
    return process(s, NULL, "", &how, o, e);
}

salesbot_state *salesbot_replay(salesbot_session *s, const char *state_json, salesbot_error *e)
{
    json_t *j = json_loads(state_json, JSON_REJECT_DUPLICATES, NULL);
    err local = {0};
    const char *question;
    agent_replay_lists lists;
    agent_options how;
    salesbot_state *state = NULL;

    if (agent_replay_read(j, &question, &how, &lists, &local))
        state = process(s, NULL, question, &how, NULL, e);
    else
        api_error(e, &local);
    json_decref(j);
    return state;
}
