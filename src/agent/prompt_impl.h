/* prompt_impl.h - the example pairs of the prompt; private. */
#ifndef AGENT_PROMPT_IMPL_H
#define AGENT_PROMPT_IMPL_H

#include "agent/agent_impl.h"

enum { PROMPT_MOST_EXAMPLES = 72, PROMPT_SHOWN = 6 };

typedef struct prompt_example { const char *question, *sql; } prompt_example;
typedef struct prompt_pool {
    prompt_example examples[PROMPT_MOST_EXAMPLES];
    int n;
} prompt_pool;

/* Texts live in the arena or for ever. */
void prompt_pool_of(const agent_context *c, arena *a, prompt_pool *p);
/* At most `most` pairs, the nearest to the question last; their number. */
int prompt_nearest(const prompt_pool *p, const char *question, int most, const prompt_example **out);
bool prompt_plain_name(const char *name); /* needs no quotes */

#endif
