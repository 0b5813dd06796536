/* prompt_impl.h - the example pairs of the prompt; private. */
#ifndef AGENT_PROMPT_IMPL_H
#define AGENT_PROMPT_IMPL_H

#include "agent/agent_impl.h"

enum { PROMPT_MOST_EXAMPLES = 72, PROMPT_SHOWN = 6 };

typedef struct few_shot_example { const char *question, *sql; } few_shot_example;
typedef struct prompt_pool {
    few_shot_example examples[PROMPT_MOST_EXAMPLES];
    int n;
} prompt_pool;

/* Texts live in the arena or for ever. */
void few_shot_pool_of(const agent_context *c, arena *a, prompt_pool *p);
/* At most `most` pairs, the nearest to the question last; their number. */
int few_shot_nearest(const prompt_pool *p, const char *question, int most, const few_shot_example **out);
bool few_shot_plain_name(const char *name); /* needs no quotes */

#endif
