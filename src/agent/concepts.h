/* concepts.h - what English words ask for, apart from the business: grouping,
 * ranking, comparing, excluding, counting, and the words that say nothing. */
#ifndef AGENT_CONCEPTS_H
#define AGENT_CONCEPTS_H

#include "agent/understand.h"
#include "agent/words.h"

typedef enum concept {
    C_NONE,
    C_STOP,
    C_BY, C_PER, C_EACH, C_ACROSS, C_WHICH, C_TOGETHER,
    C_HOW_MANY, C_HOW_MUCH, C_LIST, C_COLUMNS,
    C_TOP, C_BOTTOM, C_BEST, C_WORST, C_RANK, C_ORDER_DOWN, C_ORDER_UP,
    C_SHARE, C_GROW, C_GROW_UP, C_GROW_DOWN, C_FAST, C_SLOW, C_YEAR_ON_YEAR, C_STEP_ON_STEP,
    C_VERSUS, C_COMPARE, C_DIFFERENCE, C_MORE_THAN_BEFORE, C_TREND, C_OVER_YEARS,
    C_AVERAGE, C_RUNNING, C_WHY, C_DRIVER, C_UPLIFT,
    C_EXCEPT, C_NOT, C_ONLY,
    C_LIKE_FOR_LIKE, C_CONSTANT_CURRENCY,
    C_ABOVE, C_AT_LEAST, C_BELOW, C_AT_MOST, C_EXACTLY, C_BETWEEN,
    C_PRICE_ABOVE, C_PRICE_BELOW, C_PRICE,
    C_MISS_TARGET, C_REACH_TARGET,
    C_AND, C_OR, C_TO, C_FROM, C_OF, C_IN, C_WITH, C_FOR, C_THAN, C_ON,
    C_SELL, C_PERFORM, C_ABSOLUTE, C_IN_PERCENT,
    C_MONEY_UNIT, C_PERCENT_UNIT, C_THING_UNIT,
    C_HAVE_WE, /* "do we have": there are */
    C_HELP, C_CHANGE_DATA, C_FORECAST, C_CHAT, C_FRANC, C_POUND,
    C_QUALITY,
    C_DEAREST, C_CHEAPEST, C_NEWEST, C_OLDEST, C_LARGEST, C_SMALLEST,
    C_WHEN, C_MEDIAN,
    C_BEYOND, /* what no template can do: medians, weekdays, moving averages */
} concept;

/* The longest phrase at token i and all concepts that have it: returns the
 * number of tokens (0: none), fills *found (at most `max`). */
int concepts_at(const tokens *t, int i, int n_tokens, concept *found, int max);
int concepts_longest(const tokens *t, int i);

word_use concept_use(concept c);
const char *concept_name(concept c);

/* Calls fn for every word of every phrase, for misspelt ones. */
void concepts_each_word(void (*fn)(void *arg, const char *word), void *arg);

#endif
