/* answer.h - the sentence, and where each of its numbers comes from.
 *
 * Every number enters the sentence by one of the functions below, which write
 * down its origin; plain text (`say_plain`) holds no digits. Origins, with cells a =
 * (row, column) and b = (other_row, other_column):
 *   cell            a
 *   size            |a|
 *   sum             of `column` over all rows
 *   difference      a - b, without its sign
 *   percent_change  100 (a - b) / |b|, without its sign
 *   share           100 a / sum of `column`
 *   sum_change      sum of `column` over all rows, without its sign
 *   row_count       number of rows
 *   row_rest        number of rows less other_row
 *   label           a name, period or value taken from the rows or the question
 */
#ifndef AGENT_ANSWER_H
#define AGENT_ANSWER_H

#include "agent/agent_impl.h"

typedef struct sentence {
    agent_state *s;
    const agent_context *c; /* for names; NULL in tests of the form alone */
    str text;
} sentence;

typedef struct cell_at { bool evidence; int64_t row; int column; } cell_at;

void say_plain(sentence *b, const char *text);
void say_label(sentence *b, const char *text);
void say_cell_label(sentence *b, int64_t row, int column);
void say_cell(sentence *b, cell_at at, sem_unit unit, bool sized);
void say_change(sentence *b, const char *origin, cell_at a, cell_at other, sem_unit unit);
void say_share(sentence *b, int64_t row, int column);
void say_sum(sentence *b, const char *origin, int column, sem_unit unit);
void say_rows(sentence *b, int64_t shown); /* row_count, or row_rest when shown > 0 */

/* The number again, from its origin: what the test compares. NAN for labels. */
double said_value(const agent_state *s, const agent_said *said);

/* answer_words.c: texts of the question's parts, in the state's arena. */
const char *words_subject(agent_state *s, const agent_context *c); /* "sales", "stores" */
const char *words_scope(agent_state *s, const agent_context *c);   /* " (West, without online)" */
const char *words_period(agent_state *s, const sem_period *p, const sem_period *asked);
                                                                   /* " in 2024", " over ..." */
const char *words_be(const char *title);                           /* "was" or "were" */
const char *words_plural(agent_state *s, const char *title);

/* answer_shapes.c: one sentence for each shape of result. False: no such sentence. */
bool sentence_for(sentence *b);

#endif
