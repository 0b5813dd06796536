/* orchestrator.c - the steps of one question, in their order.
 *
 * Every step records its time, its source and its reason, also when it had
 * nothing to do. A step that fails ends the question with an honest error;
 * the fallbacks between template and model are the generator's (sql_generator.c). */
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static const agent_step steps[] = {
    {"intent_classifier", intent_step}, {"entity_extractor", entity_step},
    {"rag_enhancer", rag_step},         {"sql_generator", sql_step},
    {"guard", guard_step},              {"execution", execution_step},
    {"chart_generator", chart_step},    {"answer", answer_step},
};
enum { N_STEPS = sizeof steps / sizeof steps[0] };

static void keep_history(agent_state *s, const agent_options *o)
{
    const int first = o->n_history > AGENT_MAX_HISTORY ? o->n_history - AGENT_MAX_HISTORY : 0;

    s->options.n_history = s->options.n_forget = 0;
    for (int i = first; i < o->n_history; i++)
        s->options.history[s->options.n_history++] = state_str(s, o->history[i]);
    for (int i = 0; i < o->n_forget && i < AGENT_MAX_NOTES; i++)
        s->options.forget[s->options.n_forget++] = state_str(s, o->forget[i]);
}

/* Question and context as the state keeps them: clean text, bounded. */
static bool begin(agent_context *c, const char *question, const agent_options *o,
                  agent_state *s, err *e)
{
    str clean = {0};

    s->work = arena_push(s->arena, struct agent_work, 1);
    format_text(question, &clean);
    if (clean.n > UNDERSTAND_MAX_BYTES + 200) { /* the check below refuses it; keep its start */
        size_t end = UNDERSTAND_MAX_BYTES;

        while (end && ((unsigned char)clean.text[end] & 0xc0) == 0x80)
            end--;
        clean.n = end;
        clean.text[end] = 0;
    }
    s->question = state_str(s, str_text(&clean));
    str_deinit(&clean);
    if (!s->work)
        return err_set(e, ERR_NOMEM, "out of memory for a question");
    *s->work = (struct agent_work){.o = o, .asked = question, .next = ATTEMPT_TEMPLATE};
    s->intent = INTENT_OUT_OF_SCOPE;
    s->database = state_str(s, c->catalog->database);
    s->fingerprint = state_str(s, c->catalog->fingerprint);
    s->currency = state_str(s, sem_currency(c->semantic));
    s->options.temperature = o->temperature;
    s->options.beam = o->beam;
    s->options.pick = o->pick;
    s->options.seed = o->seed;
    s->options.no_rag = o->no_rag;
    s->options.no_model = o->no_model || c->no_model;
    s->options.template_only = o->template_only;
    s->options.model_only = o->model_only;
    s->options.no_fallbacks = o->no_fallbacks;
    s->options.evidence = o->evidence ? state_str(s, o->evidence) : NULL;
    s->options.sql = o->sql ? state_str(s, o->sql) : NULL;
    s->options.limits = o->limits;
    keep_history(s, o);
    return true;
}

static void data_to(agent_state *s, agent_context *c)
{
    const int32_t today = sem_today(c->semantic); /* 0: this database knows no day */
    const sem_date d = sem_date_of(today);

    if (today && d.year > 1 && d.year < 9999)
        s->data_to = state_strf(s, "%04d-%02d-%02d", d.year, d.month, d.day);
}

static void fail(agent_state *s, const err *e)
{
    s->error.code = e->code;
    s->error.message = state_str(s, e->msg);
    s->work->ended = true;
}

static void run_step(const agent_step *step, agent_context *c, agent_state *s)
{
    const agent_options *o = s->work->o;
    const double start = clock_ms();
    double ms;
    err local = {0};

    if (o->on_step)
        o->on_step(o->arg, step->name, false, 0);
    s->work->source = "rules";
    s->work->why = "";
    if (!step->step(s, c, &local)) {
        state_why(s, "none", "%s", local.msg);
        fail(s, &local);
    }
    if (c->cancelled && s->error.code == ERR_OK) {
        err_set(&local, ERR_CANCELLED, "interrupted");
        fail(s, &local);
    }
    ms = clock_ms() - start;
    state_trace(s, step->name, s->work->source, s->work->why, ms);
    if (o->on_step)
        o->on_step(o->arg, step->name, true, ms);
}

static void skip_step(const agent_step *step, agent_state *s)
{
    state_trace(s, step->name, "none",
                s->error.code != ERR_OK ? "not reached: the question ended before" : "nothing to do",
                0);
}

/* The sentence of a question that ended early: what is wrong, in one line. */
static void answer_error(agent_state *s)
{
    if (!*s->answer)
        s->answer = s->error.code == ERR_NOT_IN_DATA || s->error.code == ERR_AMBIGUOUS
                        ? s->error.message
                        : state_strf(s, "I can't answer that: %s", s->error.message);
    s->confidence.word = s->confidence.reason = "";
    s->source = SOURCE_NONE;
    json_decref(s->chart);
    s->chart = NULL;
}

/* --pick N: the question is read again as the N-th choice. */
static bool pick(agent_context *c, const agent_options *o, agent_state *s, err *e)
{
    agent_options again = *o;
    const char *choice, *asked = s->question;

    if (!o->pick || s->error.code != ERR_AMBIGUOUS)
        return true;
    if (o->pick < 0 || o->pick > s->n_choices) {
        s->error.code = ERR_ARG;
        s->error.message = state_strf(s, "--pick %d: there are %d choices", o->pick, s->n_choices);
        s->answer = s->error.message;
        return true;
    }
    again.pick = 0;
    choice = s->choices[o->pick - 1];
    s->n_choices = s->n_trace = s->n_unused_words = s->n_still = 0;
    s->answer = "";
    s->error.code = ERR_OK;
    s->error.message = "";
    json_decref(s->entities);
    s->entities = NULL;
    if (!orchestrator_process(c, choice, &again, s, e))
        return false;
    state_note(s, s->assumptions, &s->n_assumptions, state_strf(s, "read as: %s", choice));
    s->question = asked;
    s->options.pick = o->pick;
    return true;
}

bool orchestrator_process(agent_context *c, const char *question,
                          const agent_options *o, agent_state *s, err *e)
{
    const double start = clock_ms();

    c->cancelled = false;
    if (!begin(c, question, o, s, e))
        return false;
    data_to(s, c);
    for (int i = 0; i < N_STEPS; i++)
        if (s->work->ended && steps[i].step != rag_step)
            skip_step(&steps[i], s);
        else
            run_step(&steps[i], c, s);
    if (s->error.code != ERR_OK)
        answer_error(s);
    s->total_ms = clock_ms() - start;
    if (!pick(c, o, s, e))
        return false;
    s->work = NULL;
    return true;
}
