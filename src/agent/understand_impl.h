/* understand_impl.h - what the steps of understanding share.
 *
 * The question is covered by `item`s: spans of words with every reading they
 * can have. Choosing the spans (spans.c) comes first, choosing the readings
 * (entity_extractor.c) needs what stands around them. An item is `taken` when
 * a reading was used; a content item that nobody took makes the question one
 * for the model. */
#ifndef AGENT_UNDERSTAND_IMPL_H
#define AGENT_UNDERSTAND_IMPL_H

#include "agent/concepts.h"
#include "agent/time_phrases.h"
#include "agent/understand.h"
#include "agent/values_match.h"
#include "agent/words.h"

enum { ITEM_MAX_CONDITIONS = 8, ITEM_MAX_VALUES = 8, ITEM_MAX_CONCEPTS = 10, MAX_READINGS = 200 };

typedef struct item {
    int from, n;               /* tokens */
    int metric, dimension, entity, undefined; /* ids or -1 */
    int number_dimension;      /* of `dimension` readings, the one that is a number; or -1 */
    int conditions[ITEM_MAX_CONDITIONS], n_conditions;
    bool thing_first;          /* the entity comes first: "products out of stock" */
    int composite;             /* condition of `entity` when the span is both ("active stores"); or -1 */
    value_hit values[ITEM_MAX_VALUES]; int n_values;
    sem_grain grain; bool adverb;
    time_phrase time;          /* n_tokens 0: none */
    bool is_number; double number; char unit; /* 'e' euro, '%', 0 */
    concept concepts[ITEM_MAX_CONCEPTS]; int n_concepts;
    bool plural;               /* its last word was typed as a plural */
    bool taken;
    word_use use;
} item;

typedef struct reading_state {
    const sem_layer *layer;
    const db_catalog *catalog;
    arena *arena;
    tokens t;
    item *items; int n;
    understanding *u;
    sem_query *q; /* &u->query */
    const char *question;
    const understood_before *before; /* NULL: no question was asked before */
    bool follows;                    /* it goes on from that one */
    bool not_running;                /* "not cumulative" any more */
    bool lists_counted;              /* "which ones?" of what was counted */
    /* what was decided on the way */
    bool growth, compare, share, ranking, trend, average, running, why, list, count, uplift;
    bool step_on_step, percent_asked;
    bool default_metric; /* nobody named one */
    bool change_limit;   /* "grew by more than 5 %": in having_op and having_value */
    int entity_asked;    /* of list and count; -1 */
    bool place_asked, spread, median; /* "where does West rank", "gap between best and worst" */
    int when_dimension;     /* "and when": a column of the list; -1 */
    sem_grain count_grain;  /* "how many days had more than …" */
    sem_grain moving_grain; /* "three-month moving average" */
} reading_state;

/* spans.c: cut into items; false: arena full. Misspelt words are corrected and
 * noted on the way. */
bool spans_find(reading_state *s);

/* entity_extractor.c: the passes below, in their order */
void entities_extract(reading_state *s);
void take_superlatives(reading_state *s); /* groups.c: top 5, worst, fastest */
void group_by_value(reading_state *s);    /* which outlet, each flagship */
void take_groups(reading_state *s);       /* by region, per month, which store */
void take_comparisons(reading_state *s);  /* comparisons.c: over 500 euros, at least 5 orders */
void take_values(reading_state *s);       /* filters.c: West, excluding Audio and Phones */
void take_holidays(reading_state *s);     /* on holidays */
/* b counts only for SEM_BETWEEN */
void add_number_filter(reading_state *s, int dimension, sem_op op, double a, double b);
void take_conditions(reading_state *s);   /* measures.c: active, opened in 2024 */
void take_metrics(reading_state *s);      /* sales, orders */
void year_for_bare(reading_state *s);     /* time_roles.c: "March and April 2025" */
void take_time(reading_state *s);         /* all periods that no condition took */
/* places.c */
void take_attribute_orders(reading_state *s); /* the cheapest product, the newest store */
void find_place(reading_state *s);
void take_when(reading_state *s);
void calendar_ends(reading_state *s);
/* folds.c */
void count_of_time(reading_state *s);
/* averages.c */
void find_moving(reading_state *s);       /* "3-month moving average": sets q->moving */
void moving_grain(reading_state *s);      /* its row of periods */
int ratio_metric(const reading_state *s, int metric, const char *over); /* "units" per "order"; -1 */
bool average_as_ratio(reading_state *s);  /* "how many units are in an order on average" */
/* intent_classifier.c */
void intent_classify(reading_state *s);
agent_intent intent_of_query(const reading_state *s); /* by its shape and parts */

/* ---- small helpers over items (spans.c) -------------------------------- */
bool item_is(const item *it, concept c);
bool item_only_stop(const item *it);      /* may be passed over: it has no reading but of the language */
int item_next(const reading_state *s, int i);  /* next that says something, or n */
int item_prev(const reading_state *s, int i);  /* or -1 */
int item_find(const reading_state *s, concept c); /* first untaken with it, or -1 */
void item_take(reading_state *s, int i, word_use use);
bool item_token_in(const reading_state *s, int i, const char *list); /* its first token */
const char *item_text(const reading_state *s, int i);

/* The item with concept `c` directly before i, passing only over stop words; -1. */
int item_marker_before(const reading_state *s, int i, concept c);
/* The marker that groups by item i ("by", "per", "which"), past other groups; -1. */
int item_group_marker(const reading_state *s, int i, concept *which);
int item_entity_beside(const reading_state *s, int i); /* the next thing, else the one before; -1 */
bool item_superlative(const item *it);
bool item_weak_metric(const item *it); /* "sold": a measure only where no other is named */
bool item_other_metric(const reading_state *s, int i); /* one beside item i, anywhere */
const char *dimension_title(const reading_state *s, int dimension);
void query_add_condition(reading_state *s, int i, int condition, bool negate);

void understood_note(reading_state *s, const char *text);  /* NULL is ignored */
void trace(reading_state *s, const char *text); /* NULL is ignored */
void why_not(reading_state *s, const char *text); /* the first one stays */

#endif
