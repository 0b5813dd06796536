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
const char *words_label(agent_state *s, const sem_period *p);      /* "2024", "12 May 2025 to …" */
const char *words_be(const char *title);                           /* "was" or "were" */
const char *words_plural(agent_state *s, const char *title);

/* The columns of a result as a sentence needs them. */
typedef struct shape {
    int label, second, time, measure, other; /* columns, or -1; `other`: a second measure */
    int n_measures;
    int64_t n; /* rows */
    sem_unit unit;
    const char *title;
} shape;

/* answer_parts.c: what several sentences share. */
shape shape_of(const sentence *b);
cell_at cell_of(int64_t row, int column);
double value_of(const sentence *b, int64_t row, int column);
int64_t extreme_of(const sentence *b, int column, bool largest); /* row, -1 if all are NULL */
void say_title(sentence *b, const char *title); /* with a capital */
void say_used_period(sentence *b);
void say_scope(sentence *b);
void say_time(sentence *b, int64_t row, int column);
void say_member(sentence *b, const shape *h, int64_t row);
void say_difference(sentence *b, cell_at a, cell_at other, sem_unit unit);

/* answer_change.c: growth, why, side by side. False: not sayable. */
bool say_growth_total(sentence *b, const shape *h);
bool say_growth_leader(sentence *b, const shape *h);
bool say_why(sentence *b, const shape *h);
bool say_pair(sentence *b, const shape *h);
bool say_versus(sentence *b, const shape *h);
bool say_changes(sentence *b, const shape *h);

/* answer_rows.c: over time, ranked, broken down, listed. */
bool say_trend(sentence *b, const shape *h);
bool say_trends(sentence *b, const shape *h);
bool say_ranking(sentence *b, const shape *h);
bool say_leaders(sentence *b, const shape *h);
bool say_breakdown(sentence *b, const shape *h);
bool say_list(sentence *b, const shape *h);

/* answer_shapes.c: one sentence for each shape of result. False: no such sentence. */
bool sentence_for(sentence *b);

#endif
