/* answer_say.c - see answer.h: the sentence's builder and its bookkeeping. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/answer.h"

static void record(sentence *b, size_t from, agent_said said)
{
    agent_state *s = b->s;

    if (s->n_said == AGENT_MAX_SAID || b->text.bad)
        return;
    said.text = state_str(s, b->text.text + from);
    s->said[s->n_said++] = said;
}

void say_plain(sentence *b, const char *text) { str_adds(&b->text, text); }

void say_label(sentence *b, const char *text)
{
    const size_t from = b->text.n;

    if (!*text)
        return;
    format_text(text, &b->text);
    if (strpbrk(text, "0123456789")) /* a word needs no origin, a year does */
        record(b, from, (agent_said){.origin = "label", .value = NAN, .row = -1,
                                     .other_row = -1, .column = -1, .other_column = -1});
}

void say_cell_label(sentence *b, int64_t row, int column)
{
    const size_t from = b->text.n;

    agent_format_cell(b->s, row, column, &b->text);
    record(b, from, (agent_said){.origin = "label", .value = NAN, .row = row, .other_row = -1,
                                 .column = column, .other_column = -1});
}

static double at(const agent_state *s, bool evidence, int64_t row, int column)
{
    const db_result *r = evidence ? s->evidence : s->results;

    return r && row >= 0 && row < r->n_rows && column >= 0 && column < r->n_columns
               ? db_cell_number(r, row, column)
               : NAN;
}

static double sum_of(const agent_state *s, int column)
{
    double sum = 0, v;

    for (int64_t i = 0; s->results && i < s->results->n_rows; i++) {
        v = at(s, false, i, column);
        sum += isnan(v) ? 0 : v;
    }
    return sum;
}

double said_value(const agent_state *s, const agent_said *said)
{
    const double a = at(s, said->evidence, said->row, said->column),
                 b = at(s, said->evidence, said->other_row, said->other_column);
    const char *o = said->origin;

    if (!strcmp(o, "cell"))
        return a;
    if (!strcmp(o, "size"))
        return fabs(a);
    if (!strcmp(o, "sum"))
        return sum_of(s, said->column);
    if (!strcmp(o, "sum_change"))
        return fabs(sum_of(s, said->column));
    if (!strcmp(o, "difference"))
        return fabs(a - b);
    if (!strcmp(o, "percent_change"))
        return fabs(100 * (a - b) / fabs(b));
    if (!strcmp(o, "share"))
        return 100 * a / sum_of(s, said->column);
    if (!strcmp(o, "row_count"))
        return (double)s->results->n_rows;
    if (!strcmp(o, "row_rest"))
        return (double)(s->results->n_rows - said->other_row);
    return NAN;
}

/* The one way for a number into the text: computed from its origin, then written. */
static void say_value(sentence *b, agent_said said, sem_unit unit)
{
    const size_t from = b->text.n;

    said.value = said_value(b->s, &said);
    format_number(said.value, unit, b->s->currency, FORMAT_PLAIN, &b->text);
    record(b, from, said);
}

void say_cell(sentence *b, cell_at a, sem_unit unit, bool sized)
{
    agent_said said = {.origin = sized ? "size" : "cell", .evidence = a.evidence, .row = a.row,
                       .column = a.column, .other_row = -1, .other_column = -1};
    const size_t from = b->text.n;

    if (a.evidence || sized) {
        say_value(b, said, unit);
        return;
    }
    said.value = said_value(b->s, &said); /* a local currency stands in the row itself */
    agent_format_cell(b->s, a.row, a.column, &b->text);
    record(b, from, said);
}

void say_change(sentence *b, const char *origin, cell_at a, cell_at other, sem_unit unit)
{
    say_value(b, (agent_said){.origin = origin, .evidence = a.evidence, .row = a.row,
                              .column = a.column, .other_row = other.row,
                              .other_column = other.column},
              unit);
}

void say_share(sentence *b, int64_t row, int column)
{
    say_value(b, (agent_said){.origin = "share", .row = row, .column = column, .other_row = -1,
                              .other_column = -1},
              SEM_PERCENT);
}

void say_sum(sentence *b, const char *origin, int column, sem_unit unit)
{
    say_value(b, (agent_said){.origin = origin, .row = -1, .column = column, .other_row = -1,
                              .other_column = -1},
              unit);
}

void say_rows(sentence *b, int64_t shown)
{
    say_value(b, (agent_said){.origin = shown ? "row_rest" : "row_count", .row = -1, .column = -1,
                              .other_row = shown ? shown : -1, .other_column = -1},
              SEM_COUNT);
}
