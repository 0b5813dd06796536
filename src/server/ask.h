/* ask.h - one question's run, for the API, OpenAI's and MCP's ways to ask. */
#ifndef SERVER_ASK_H
#define SERVER_ASK_H

#include "server/server_impl.h"

typedef struct ask_plan ask_plan;
struct ask_plan {
    request *r;
    const char *question, *sql, *database, *conversation; /* sql: instead of a question */
    const json_t *options;
    void (*on_event)(ask_plan *p, const char *event, const char *json); /* or NULL */
    void *arg;
    /* set by ask_run */
    salesbot_session *session;
    bool templates_only;  /* this pass: the model has a lane of its own */
    bool asked_templates; /* and nothing else is wanted, or there */
    int status;
};

/* The state as JSON with id and conversation, already stored; owned. NULL with *e, or with
 * *moved: the model is needed, and this lane hasn't it (request_move takes it there). */
json_t *ask_run(ask_plan *p, bool *moved, err *e);

#endif
