/* api_impl.h - what stands behind the opaque types of salesbot/salesbot.h. */
#ifndef API_API_IMPL_H
#define API_API_IMPL_H

#include <jansson.h>
#include <pthread.h>

#include "agent/agent.h"
#include "base/err.h"
#include "salesbot/salesbot.h"

struct salesbot_options {
    char *model, *adapter, *semantic, *program, *evidence, *forget; /* owned; NULL: the default */
    int threads, db_threads, beam, pick, timeout_ms;
    bool no_model, no_adapter, no_rag, template_only, model_only, no_fallbacks, explain;
    double temperature;
    uint64_t seed;
    int64_t max_rows, max_bytes;
    salesbot_on_event *on_event;
    void *event_arg;
};

struct salesbot_engine {
    agent_model *model;
    char *program; /* of the executor; NULL: this very program */
};

struct salesbot_session {
    pthread_mutex_t lock; /* one call at a time; salesbot_cancel needs none */
    agent_context *context;
};

enum { TURNS_MAX = 50 };
struct salesbot_conversation {
    json_t *turns; /* an array, oldest first */
};

struct salesbot_state {
    agent_state *state;
    bool has_rows;     /* still here: not taken as Arrow */
    int64_t n_rows;    /* there were, also once they are taken */
    bool truncated;
    json_t *json;      /* made when first asked for; with times */
    arena *texts;      /* of numbers that were asked for as text */
};

/* ---- error.c ---- */
/* Hand `from` to the caller; NULL and 0 are what a failed call returns. */
void api_error(salesbot_error *to, const err *from);
char *api_json(json_t *owned, salesbot_error *e); /* as one line; j is released; NULL: out of memory */

/* ---- ask.c ---- */
void api_emit(const salesbot_options *o, const char *event, json_t *owned);

/* ---- options.c ---- */
extern const salesbot_options api_defaults;
agent_options api_ask_options(const salesbot_options *o); /* borrowed from o, which may be NULL */

/* ---- program.c: the executor's program when nobody names one; owned, NULL: this one. */
char *api_program(void);

/* ---- conversation.c ---- */
/* The last questions, oldest first, at most n; borrowed from the turns. Their number. */
int conversation_questions(const salesbot_conversation *c, const char **questions, int n);
MUST_CHECK bool conversation_add(salesbot_conversation *c, const agent_state *s, err *e);

#endif
