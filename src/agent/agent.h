/* agent.h - one question's way: intent, entities, SQL, guard, rows, chart, answer.
 *
 *     agent_context *c = agent_context_open(&options, &e);
 *     agent_state *s = agent_state_new(&e);
 *     if (orchestrator_process(c, "Sales by region in 2024", &(agent_options){0}, s, &e))
 *         json = agent_state_json(s, &e);
 *     agent_state_free(s), agent_context_close(c);
 *
 * Each step is one file and one entry in `agent_steps` (orchestrator.c). A
 * failed step has a written fallback: model -> template -> an honest "I can't
 * answer that, because ..." with the nearest questions that can be; no step is
 * skipped in silence: the trace names what ran, for how long and why.
 *
 * A question that can't be answered is not a failure of the call: the state
 * says so in `error` (with the exit code's class). orchestrator_process returns
 * false only when it could not even fill the state (out of memory). */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "db/db.h"
#include "gemma/gemma.h"
#include "semantic/semantic.h"

typedef enum agent_intent {
    INTENT_TOTAL_SALES, INTENT_COMPARISON, INTENT_TREND, INTENT_RANKING,
    INTENT_BREAKDOWN, INTENT_GROWTH, INTENT_AVERAGE, INTENT_SHARE, INTENT_COUNT,
    INTENT_LIST, INTENT_ACTIVE_STORE, INTENT_WHY, INTENT_HELP, INTENT_OUT_OF_SCOPE,
    INTENT_COUNT_
} agent_intent;
const char *agent_intent_name(agent_intent i); /* "total_sales" */

typedef enum agent_source { SOURCE_NONE, SOURCE_TEMPLATE, SOURCE_MODEL, SOURCE_MEMORY,
                            SOURCE_USER /* --sql */ } agent_source;

const char *agent_source_name(agent_source s); /* "template" */
const char *agent_unit_name(sem_unit u);       /* "money" */

/* What is asked of one question; all zero is the default. */
typedef struct agent_options {
    const char *sql;     /* --sql: this statement, guarded like any other */
    const char *adapter; /* for this question, in place of the context's; NULL: that one */
    bool no_rag, no_model, template_only, explain;
    const char *evidence; /* a hint to the question, as BIRD gives it; NULL: none */
    bool no_mask;        /* for measurements: the model writes without the mask */
    bool model_only;     /* for tests and `make run`: skip the template */
    bool no_fallbacks;   /* with model_only: neither templates nor their endings step in */
    double temperature;  /* 0: greedy */
    int beam;            /* 0 or 1: none */
    int pick;            /* 1..n: takes one of `choices`; 0: none */
    uint64_t seed;
    db_limits limits;
    /* earlier questions of the conversation, oldest first: what this one leaves out is
     * taken from them; and of that what is not to be kept, as `still` named it */
    const char *const *history; int n_history;
    const char *const *forget; int n_forget;
    /* progress for people: a step began or ended; may be NULL */
    void (*on_step)(void *arg, const char *step, bool ended, double ms);
    void *arg;
} agent_options;

/* The weights of a model, opened by the first question that needs them; several
 * contexts, in several threads, may share one, which outlives them. `path`: GGUF or
 * folder; NULL: $SALESBOT_MODEL, else home's default. threads 0: all cores. */
typedef struct agent_model agent_model;
MUST_CHECK agent_model *agent_model_new(const char *path, int threads, err *e);
void agent_model_free(agent_model *m); /* NULL is allowed */

/* Where the adapter is that is used when none is named: $SALESBOT_ADAPTER, else adapters/default in
 * home (what `train` wrote), else the one that came with the program, in home or beside it under
 * share/salesbot. False when there is none. */
bool agent_adapter_default(str *path);

/* What is shared by all questions on one database: one thread at a time, but for
 * agent_cancel. Borrowed parts outlive it. */
typedef struct agent_context agent_context;
typedef struct agent_context_options {
    const char *database;  /* path; required */
    const char *model;     /* as for agent_model_new */
    const char *adapter;   /* PEFT folder; NULL: agent_adapter_default, if it fits the model */
    bool no_adapter;
    agent_model *shared_model; /* used instead of `model`; borrowed */
    const char *program;   /* the executor (db.h); NULL: the default */
    const char *semantic;  /* YAML file; NULL: the sales layer if it fits, else derived */
    int threads;           /* of the model; 0: all cores */
    int db_threads;        /* of the database; 1 for replay and eval */
    bool no_model;
    void (*on_import)(void *arg, const char *what, double share); /* as db_options; may be NULL */
    void *import_arg;
} agent_context_options;
MUST_CHECK agent_context *agent_context_open(const agent_context_options *o, err *e);
void agent_context_close(agent_context *c);
db *agent_db(agent_context *c);
const db_catalog *agent_catalog(agent_context *c);
const sem_layer *agent_semantic(agent_context *c);
/* The sentence encoder that the context's model holds, opened at the first call; borrowed
 * until the model goes. NULL with ERR_MODEL where set-up put none. */
struct minilm;
MUST_CHECK const struct minilm *agent_encoder(agent_context *c, err *e);
bool agent_layer_derived(const agent_context *c); /* made from the catalog, by nobody's definition */

/* The layer's file that `catalog connect` writes for a database without one of its own; its
 * place (ERR_DB: no such database), and whether a person has changed it: then *yaml is what
 * it holds. It counts from then on; else the layer is derived when the database is opened. */
MUST_CHECK bool agent_layer_path(const char *database, str *path, err *e);
bool agent_layer_edited(const char *database, str *path, str *yaml);
MUST_CHECK bool agent_layer_write(const char *database, const sem_layer *l, str *path, err *e);
void agent_cancel(agent_context *c); /* async-signal-safe: stops model and database */

/* Where a number (or a text with digits) of the sentence comes from: a cell, or
 * a named operation over cells of `results`, or of `evidence` (the amounts behind
 * a growth, which the table doesn't hold). Operations over columns a and b at
 * rows i and j: see answer.h. */
typedef struct agent_said {
    const char *text;   /* as it stands in the sentence: "€ 569,800" */
    const char *origin; /* "cell", "sum", "difference", "percent_change", "label" ... */
    double value;       /* NAN for labels */
    bool evidence;      /* the cells are of `evidence` */
    int64_t row, other_row;   /* -1: none */
    int column, other_column; /* -1: none */
} agent_said;

typedef struct agent_trace {
    const char *step, *source, *why; /* "sql_generator", "template", "every word used" */
    double ms;
} agent_trace;

typedef struct agent_column {
    const char *name, *title;
    db_type type;
    sem_unit unit;
    char role; /* as sem_plan_column; 0 unknown */
} agent_column;

enum { AGENT_MAX_HISTORY = 20, /* older ones are forgotten */
       AGENT_MAX_NOTES = 16, AGENT_MAX_TRACE = 32, AGENT_MAX_SAID = 64 };

typedef struct agent_state {
    arena *arena; /* owns everything below but `results` */
    const char *question;
    agent_intent intent;
    double intent_score;
    json_t *entities; /* metrics, groups, filters, period ... as recognised; owned */
    const char *sql;         /* as run: printed, checked tree; "" if none */
    const char *sql_pretty;
    db_result *results;      /* owned; NULL if none */
    agent_column *columns;   /* (results->n_columns) */
    json_t *chart;           /* {data, layout, why}; owned; NULL: a table says it best */
    const char *answer;      /* the sentence; never NULL once processed */
    const char *explanation; /* the SQL in plain language; "" if none */
    const char *assumptions[AGENT_MAX_NOTES]; int n_assumptions;
    const char *left_out[AGENT_MAX_NOTES];    int n_left_out;
    const char *unused_words[AGENT_MAX_NOTES]; int n_unused_words;
    const char *choices[AGENT_MAX_NOTES];     int n_choices; /* nearest or alternative questions */
    bool follows;                             /* it goes on from the question before */
    const char *still[AGENT_MAX_NOTES];       int n_still; /* kept from there: "2024", "West", "by month" */
    struct { const char *word; double value; const char *reason; } confidence; /* Sure, Likely, Check this */
    agent_source source;
    agent_trace trace[AGENT_MAX_TRACE]; int n_trace;
    struct { err_code code; const char *message; } error; /* ERR_OK: answered */
    sem_plan plan; bool has_plan;
    sem_query query; bool has_query;
    agent_said said[AGENT_MAX_SAID]; int n_said; /* every number of `answer` */
    db_result *evidence;     /* owned; NULL: the sentence needs none */
    const char *evidence_sql;
    sem_grain time_grain;    /* of the time column, for people: "March 2025" */
    const char *currency;    /* "EUR"; "" if unknown */
    bool ordered;            /* the statement itself orders its rows */
    struct { /* as asked: so that an answer can be replayed */
        double temperature;
        int beam, pick;
        uint64_t seed;
        bool no_rag, no_model, template_only, model_only, no_fallbacks;
        const char *sql, *evidence; /* NULL: none was given */
        const char *history[AGENT_MAX_HISTORY], *forget[AGENT_MAX_NOTES];
        int n_history, n_forget;
        db_limits limits;
    } options;
    struct agent_work *work; /* private to the steps; NULL once processed */
    /* what made it */
    const char *database, *data_to, *fingerprint, *weights, *adapter, *kernel_table,
        *knowledge_version; /* "" where none took part */
    double total_ms;
} agent_state;

MUST_CHECK agent_state *agent_state_new(err *e);
void agent_state_free(agent_state *s); /* NULL is allowed */
MUST_CHECK bool orchestrator_process(agent_context *c, const char *question,
                                     const agent_options *o, agent_state *s, err *e);

/* The whole state as JSON (DESIGN's keys), rows included; owned (json_decref).
 * `with_times` false leaves times out, so that equal questions give equal bytes. */
MUST_CHECK json_t *agent_state_json(const agent_state *s, bool with_times, err *e);

/* What a state's JSON was asked: question and options, borrowed from `state` and `lists`.
 * ERR_FORMAT names the field that is wrong. */
typedef struct agent_replay_lists {
    const char *history[AGENT_MAX_HISTORY], *forget[AGENT_MAX_NOTES];
} agent_replay_lists;
MUST_CHECK bool agent_replay_read(const json_t *state, const char **question, agent_options *o,
                                  agent_replay_lists *lists, err *e);
/* Where two states' JSON differ, times aside; nothing is added when nowhere. */
MUST_CHECK bool agent_difference(const json_t *a, const json_t *b, str *out, err *e);

/* Questions that this database answers, into the choices of a new state. */
MUST_CHECK bool agent_suggest(agent_context *c, agent_state *s, int most, err *e);
/* Parse, bind, guard and explain into sql, sql_pretty and explanation of a new
 * state; columns and their types into *columns (owned, db_result_free). */
MUST_CHECK bool agent_check_sql(agent_context *c, const char *sql, agent_state *s,
                                db_result **columns, err *e);

/* ---- for the surfaces -------------------------------------------------- */

/* Number with its unit for people: "€ 569,800", "+38.2 %", "–" for NULL. */
void agent_format_cell(const agent_state *s, int64_t row, int column, str *out);
/* All rows: CSV (RFC 4180), and a Markdown page with sentence, table and SQL. */
MUST_CHECK bool agent_csv(const agent_state *s, str *out, err *e);
MUST_CHECK bool agent_markdown(const agent_state *s, str *out, err *e);
/* The rows of an answer into a Parquet file, whole or not at all. They are read
 * again in the database's process; ERR_DB when they are no longer as many. */
MUST_CHECK bool agent_parquet(agent_context *c, const agent_state *s, const char *path, err *e);
/* JSON as one line, numbers with all their digits; owned (free). j may be NULL: an
 * earlier failure for want of memory. */
MUST_CHECK char *agent_json_line(const json_t *j, err *e);
/* One self-contained HTML page of the chart, table and sentence. */
MUST_CHECK bool agent_chart_html(const agent_state *s, str *out, err *e);
/* Bars or a sparkline for a terminal `width` columns wide; "" if no chart fits. */
MUST_CHECK bool agent_chart_text(const agent_state *s, int width, str *out, err *e);

#endif
