/* shapes_impl.h - what the shapes of a query (shapes*.c) share and lend to the
 * classifier. */
#ifndef AGENT_SHAPES_IMPL_H
#define AGENT_SHAPES_IMPL_H

#include "agent/understand_impl.h"

bool says(const reading_state *s, concept c);
int time_group(const sem_query *q);
void group_by_time(reading_state *s, sem_grain grain); /* unless it is already */
void need_metric(reading_state *s, bool plain);
bool which_group(const reading_state *s); /* a group that a question word asks for */
void shape_why(reading_state *s);
void shape_growth(reading_state *s);
void shape_compare_periods(reading_state *s);
bool said_members(const reading_state *s);
void group_members(reading_state *s, bool compare);
void shape_share(reading_state *s);
bool named_share(reading_state *s); /* "promotion share": a measure of its own */
void shape_trend(reading_state *s);
void audit(reading_state *s); /* audit.c: why_not where a word's meaning was lost */
void shape_place(reading_state *s);
bool shape_fold(reading_state *s); /* true when the shape is settled */
void shape_list(reading_state *s);
void shape_count(reading_state *s);
bool counts_entity(const reading_state *s);
void take_concepts(reading_state *s, const concept *list, int n, word_use use);

/* Marks every untaken span with one of the concepts as used. */
#define TAKE(s, use, ...) take_concepts(s, (const concept[]){__VA_ARGS__}, (int)(sizeof((concept[]){__VA_ARGS__}) / sizeof(concept)), use)

#endif
