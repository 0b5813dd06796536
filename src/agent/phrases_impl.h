/* phrases_impl.h - the phrases of a layer, cut into words, and how they are
 * compared with a question. */
#ifndef AGENT_PHRASES_IMPL_H
#define AGENT_PHRASES_IMPL_H

#include "agent/understand_impl.h"

typedef enum phrase_kind { PHRASE_METRIC, PHRASE_DIMENSION, PHRASE_ENTITY, PHRASE_CONDITION, PHRASE_UNDEFINED } phrase_kind;

typedef struct layer_phrase {
    phrase_kind kind;
    int id;
    tokens words;
} layer_phrase;

typedef struct phrase_list {
    layer_phrase *at;
    int n, cap;
    bool failed;
} phrase_list;

/* phrases.c. False: arena full. */
bool layer_phrases(reading_state *s, phrase_list *list);
bool same_token(const token *typed, const token *known); /* by fold, stem or another form */
int match_phrase(const tokens *t, int i, const layer_phrase *p); /* tokens it takes, or 0 */
void find_forms(reading_state *s); /* fills `also` of the question's tokens */
void past_forms(reading_state *s); /* "did we open": opened */

/* spelling.c */
void read_partial(reading_state *s, const phrase_list *list, item *it);
void share_last_word(reading_state *s, const phrase_list *list);
bool correct_word(reading_state *s, const phrase_list *list, token *t); /* true: read anew */

#endif
