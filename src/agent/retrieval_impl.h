/* retrieval_impl.h - what the knowledge base gives a question; private to src/agent. */
#ifndef AGENT_RETRIEVAL_IMPL_H
#define AGENT_RETRIEVAL_IMPL_H

#include "agent/agent_impl.h"
#include "rag/prompt.h"
#include "rag/rag.h"

enum { RETRIEVAL_EXAMPLES = 3, RETRIEVAL_TABLES = 12 };

/* In the state's arena. */
typedef struct retrieved {
    const char *memory_sql;      /* the verified pair that is this question; NULL: none */
    const char *memory_question;
    bool exact;                  /* its very words, but for case and blanks */
    prompt_example examples[RETRIEVAL_EXAMPLES]; /* verified, the nearest last; for the prompt */
    int n_examples;
    const db_catalog *catalog;   /* the tables to show the model; NULL: all fit */
} retrieved;

/* The knowledge base of a context, opened by the first question that asks it. */
typedef struct knowledge_base knowledge_base;
void knowledge_base_close(knowledge_base *k); /* NULL is allowed */

/* For the model's prompt; never NULL while a question is processed. */
const retrieved *retrieval_of(const agent_state *s);

/* -- retrieval_same.c: do two questions ask for the same numbers, values, names, directions and
 * units of time? (How near they are in meaning is asked elsewhere.) */
bool same_entities(const db_catalog *c, const char *a, const char *b);

/* -- retrieval.c, for sql_generator.c: the remembered statement, checked as any other. ERR_NOT_FOUND when
 * there is none or it no longer binds. */
MUST_CHECK bool memory_answer(agent_state *s, agent_context *c, err *e);

#endif
