/* follow_up.h - a question that goes on from the one before.
 *
 * "and in 2022?", "only the west", "by month instead", "why did it fall in
 * March?": what such a question doesn't say is taken from the question before.
 * follow_begin decides whether it goes on or begins a new topic, and reads its
 * times against the period before; follow_carry fills the query. */
#ifndef AGENT_FOLLOW_UP_H
#define AGENT_FOLLOW_UP_H

#include "agent/understand_impl.h"

/* After the spans are found: sets s->follows and takes the words that say so. */
void follow_begin(reading_state *s);

/* After the extraction, where s->follows: fills s->q from s->before and lists in
 * u->carried what was kept. True when the kind of answer stays as before too, so
 * that there is nothing left to classify. */
bool follow_carry(reading_state *s);

#endif
