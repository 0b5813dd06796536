/* agent_impl.h - what the steps of one question share; private to src/agent.
 *
 * Strings handed to the functions below are copied into the state's arena. */
#ifndef AGENT_AGENT_IMPL_H
#define AGENT_AGENT_IMPL_H

#include <stdatomic.h>

#include "agent/agent.h"
#include "agent/understand.h"
#include "base/file.h"
#include "base/log.h"
#include "sql/mask.h"
#include "sql/sql.h"

struct agent_context {
    db *db;
    const db_catalog *catalog; /* borrowed from db */
    sem_layer *semantic;
    bool is_sales, no_model, no_adapter;
    char *adapter_path; /* owned; NULL: the default */
    bool is_derived; /* the layer was made from the catalog: nobody defined its words */
    agent_model *weights, *own_weights; /* own: NULL when shared */
    /* opened by the first question that needs the model (context.c) */
    gemma *model; /* borrowed from weights */
    _Atomic(gemma_session *) session; /* read by agent_cancel from anywhere */
    struct knowledge_base *knowledge; /* retrieval.c; owned */
    mask_schema *names; /* of the database, for masks; owned */
    char *prefix;    /* the fixed part of the prompt; owned */
    bool prefix_is_turn; /* which of the two prompts it is of */
    bool prefix_is_chosen; /* of the tables of one question: not worth keeping on disk */
    atomic_bool cancelled;
};

/* One statement on its way: what a generator proposes. */
typedef enum attempt { ATTEMPT_USER, ATTEMPT_TEMPLATE, ATTEMPT_MODEL, ATTEMPT_PARTIAL,
                       ATTEMPT_NONE } attempt;

struct agent_work {
    const agent_options *o;
    const char *asked;    /* the question's bytes as they came */
    understanding u;
    bool understood;      /* understand() has run */
    bool ended;           /* the answer is settled: later steps have nothing to do */
    bool partial;         /* a template that ignores the unused words */
    attempt next;         /* where the fallbacks go on */
    struct retrieved *found; /* what the knowledge base gave (retrieval_impl.h) */
    const char *source, *why; /* of the step that runs, for its trace */
};

/* The steps, in order; see orchestrator.c. False fills *e: the question ends
 * there, with an honest error, unless a fallback takes over. */
typedef struct agent_step {
    const char *name;
    bool (*step)(agent_state *s, agent_context *c, err *e);
} agent_step;
bool intent_step(agent_state *s, agent_context *c, err *e);
bool entity_step(agent_state *s, agent_context *c, err *e);
bool rag_step(agent_state *s, agent_context *c, err *e);
bool sql_step(agent_state *s, agent_context *c, err *e);
bool guard_step(agent_state *s, agent_context *c, err *e);
bool execution_step(agent_state *s, agent_context *c, err *e);
bool chart_step(agent_state *s, agent_context *c, err *e);
bool answer_step(agent_state *s, agent_context *c, err *e);

/* -- state.c */
const char *state_str(agent_state *s, const char *text);           /* "" when the arena is full */
const char *state_strf(agent_state *s, const char *fmt, ...) PRINTF(2, 3);
/* Append to one of the state's lists of at most AGENT_MAX_NOTES; equal texts once. */
void state_note(agent_state *s, const char **list, int *n, const char *text);
void state_trace(agent_state *s, const char *step, const char *source, const char *why, double ms);
/* Source and reason of the step that runs. */
void state_why(agent_state *s, const char *source, const char *fmt, ...) PRINTF(3, 4);
/* Names, titles, units and roles of the result: by the plan, else by type and name. */
MUST_CHECK bool state_columns(agent_state *s, err *e);

/* -- sql_generator.c: try the fallbacks from work->next on; false when none is left. */
MUST_CHECK bool sql_generate(agent_state *s, agent_context *c, err *e);
/* Parse, bind and guard `text`; fills sql, sql_pretty, explanation and ordered. */
MUST_CHECK bool sql_accept(agent_state *s, agent_context *c, const char *text, err *e);
/* The compiled and checked SQL of a query, in the state's arena; NULL with *e. */
MUST_CHECK const char *query_sql(agent_state *s, agent_context *c, const sem_query *q,
                                 sem_plan *plan, err *e);

/* -- model.c: opened at the first call; borrowed until agent_model_free */
MUST_CHECK gemma *agent_model_open(agent_model *m, err *e);
/* The adapter at `path` (NULL: the default one, *out NULL when there is none), loaded once and shared;
 * the model is open. Borrowed until agent_model_free. */
MUST_CHECK bool agent_model_adapter(agent_model *m, const char *path, const gemma_adapter **out, err *e);

/* The sentence encoder, opened at the first call; borrowed until agent_model_free. */
MUST_CHECK const struct minilm *agent_model_encoder(agent_model *m, err *e);
/* What masks need of the model's tokenizer; the model is open. */
MUST_CHECK const mask_words *agent_model_words(agent_model *m, err *e);
bool agent_model_is_default(const agent_model *m);

/* -- context.c */
/* The names of the database as the model's tokens, made at the first call. */
MUST_CHECK const mask_schema *context_names(agent_context *c, err *e);
/* Opens the model at the first call; `adapter` (NULL: the context's) is in use afterwards. */
MUST_CHECK bool context_model(agent_context *c, const char *adapter, err *e);

/* -- prompt.c: the fixed part, then what depends on the question. Owned (free). */
MUST_CHECK char *few_shot_prefix(const agent_context *c);
MUST_CHECK char *few_shot_question(const agent_context *c, const char *question,
                                   const char *evidence, const char *wrong_sql, const char *error);

/* -- model_prompt.c: the ids of the whole prompt; the session holds its fixed part. A model
 * that was taught the task is asked in turns (rag/prompt.h), a base model by examples. */
bool model_is_taught(const agent_context *c);
MUST_CHECK bool model_prompt(agent_state *s, agent_context *c, const char *wrong, const char *why,
                             struct token_list *ids, err *e);

/* -- sql_model.c: a statement that parses, binds and prepares; "" is never given. */
MUST_CHECK bool sql_by_model(agent_state *s, agent_context *c, err *e);
/* sql_faithful.c: numbers, months and values of question and statement agree.
 * ERR_NOT_FOUND names the one that doesn't. */
MUST_CHECK bool sql_faithful(const char *question, const char *sql, err *e);
/* The first SELECT, WITH or FROM statement of a model's text; in the arena. */
MUST_CHECK char *sql_extract(arena *a, const char *text);

/* -- execution.c */
MUST_CHECK db_result *run_sql(agent_context *c, const char *sql, bool ordered,
                              const db_limits *l, err *e);

/* The statement as it runs: sorted by all columns unless it is `ordered`; owned. */
MUST_CHECK char *sorted_sql(const char *sql, bool ordered, err *e);

/* -- relax.c: which part of the query leaves no rows; a sentence, "" if unknown. */
const char *relax_culprit(agent_state *s, agent_context *c);

/* -- suggest.c */
void offer_choices(agent_state *s, agent_context *c, bool checked); /* the understanding's */
bool help_answer(agent_state *s, agent_context *c, err *e);
void nearest_questions(agent_state *s, agent_context *c); /* fills choices */

/* -- confidence.c */
void confidence_set(agent_state *s, bool is_derived);

/* -- format.c */
enum { FORMAT_PLAIN = 0, FORMAT_SIGNED = 1 };
void format_number(double v, sem_unit unit, const char *currency, int flags, str *out);
void format_date(int32_t days, sem_grain grain, str *out);
void format_text(const char *text, str *out); /* control characters become blanks */
void format_capital(str *out, size_t at); /* upper-case the letter at `at` */
bool column_is_number(const agent_state *s, int column); /* a measure, by type */
double state_number(const agent_state *s, int64_t row, int column); /* NAN for NULL */

/* own_layer.c: the file a person changed, else derived from the catalog */
sem_layer *own_layer(agent_context *c, const char *database, err *e);

/* derived.c: why the template of a derived layer must not answer; NULL when it may. */
const char *derived_doubt(agent_state *s, const agent_context *c);

#endif
