/* understand.h - a question's words become an intent and a sem_query, by rules.
 *
 *     understanding *u = ...;
 *     if (understand(layer, catalog, "Sales by region in 2024", a, u, &e))
 *         switch (u->ending) ...
 *
 * No model is asked. The rules know English and time (tables in words.c and
 * time_phrases.c); every word of the business comes from the semantic layer,
 * every name of a thing from the catalog's value index. A question is answered
 * from a template only if each of its content words was used by a metric,
 * filter, group, period, number or the stop list; what nobody used is listed.
 *
 * Everything filled here lives in the arena given. */
#ifndef AGENT_UNDERSTAND_H
#define AGENT_UNDERSTAND_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/agent.h" /* agent_intent; agent_intent_name is in intent_classifier.c */
#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "semantic/semantic.h"

typedef enum word_use {
    USE_NONE,      /* nobody used it */
    USE_STOP,      /* "please", "the", "show me" */
    USE_METRIC,    /* "sales" */
    USE_FILTER,    /* "West", "excluding online" */
    USE_GROUP,     /* "by region" */
    USE_TIME,      /* "in March 2025" */
    USE_TOP,       /* "top 5", "worst" */
    USE_COMPARE,   /* "versus", "grew" */
    USE_CONDITION, /* "active", "opened" */
    USE_NUMBER,    /* "over 500 euros" */
    USE_KIND,      /* what kind of answer: "how many", "share", "why" */
} word_use;
const char *word_use_name(word_use u); /* "metric" */

typedef struct understood_word {
    const char *text; /* as typed, NUL-terminated */
    size_t offset, n_bytes;
    word_use use;
} understood_word;

typedef enum understanding_ending {
    UNDERSTOOD,          /* the query is whole: a template may answer */
    UNDERSTOOD_PARTLY,   /* the query lacks something: the model should answer;
                            `unused` or `why_not` says what a template would miss */
    UNDERSTOOD_HELP,     /* "what can I ask?": the answer is `choices` */
    UNDERSTOOD_NOT_IN_DATA, /* `missing`; nearest questions in `choices` */
    UNDERSTOOD_AMBIGUOUS,   /* `missing` is what is unclear; readings in `choices` */
    UNDERSTOOD_REFUSED,     /* asks to change data; `missing` says what */
} understanding_ending;
const char *understanding_ending_name(understanding_ending n); /* "not_in_data" */

enum { UNDERSTAND_MAX_BYTES = 4000, UNDERSTAND_MAX_WORDS = 400, UNDERSTAND_MAX_NOTES = 16,
       UNDERSTAND_MAX_CHOICES = 6, UNDERSTAND_MAX_TRACE = 64 };

typedef struct understanding {
    agent_intent intent;
    double intent_score; /* 0..1 */
    sem_query query;     /* meaningful when UNDERSTOOD; what was found when PARTLY */
    bool can_template;   /* ending == UNDERSTOOD */
    understanding_ending ending;
    const char *why_not; /* "" or why a template can't answer, for the trace */
    const char *missing; /* "" or the thing: "profit after overhead", "a forecast" */
    bool run_rate;       /* a forecast was asked for: a run rate may be offered */

    const understood_word *words; int n_words;
    const char *unused[UNDERSTAND_MAX_NOTES]; int n_unused; /* as typed, phrases joined */
    const char *choices[UNDERSTAND_MAX_CHOICES]; int n_choices; /* whole questions */
    const char *notes[UNDERSTAND_MAX_NOTES]; int n_notes; /* "read 'Swizerland' as region Switzerland" */
    bool corrected;      /* a misspelt word was read as another: not quite "Sure" */
    bool assumed;        /* a default was taken (metric, latest March): see notes */
    bool follows;        /* it goes on from the question before */
    const char *carried[UNDERSTAND_MAX_NOTES]; int n_carried; /* what was kept: "2024", "West", "by month" */
    const char *trace[UNDERSTAND_MAX_TRACE]; int n_trace; /* candidates: chosen, rejected and why */
} understanding;

/* What a question was read as, for the one that follows it. */
typedef struct understood_before {
    sem_query query;
    agent_intent intent;
    bool set; /* false: nothing to go on from */
    const char *const *forget; int n_forget; /* what is not to be kept, as `carried` named it */
} understood_before;

/* ERR_ARG (empty, over UNDERSTAND_MAX_BYTES, not UTF-8, control characters: the
 * message says what to do), ERR_NOMEM. Everything else is an ending. */
MUST_CHECK bool understand(const sem_layer *l, const db_catalog *c, const char *question,
                           arena *a, understanding *u, err *e);

/* The same after another question of one conversation: what a follow-up leaves out
 * is taken from `before` (NULL or not set: none). */
MUST_CHECK bool understand_after(const sem_layer *l, const db_catalog *c, const understood_before *before,
                                 const char *question, arena *a, understanding *u, err *e);

/* The check alone, for surfaces that want it before anything is opened. */
MUST_CHECK bool understand_check(const char *question, size_t n_bytes, err *e);

#endif
