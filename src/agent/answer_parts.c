/* answer_parts.c - what the sentences share: columns, members, periods. */
#include <math.h>
#include <string.h>

#include "agent/answer.h"

shape shape_of(const sentence *b)
{
    const agent_state *s = b->s;
    shape h = {.label = -1, .second = -1, .time = -1, .measure = -1, .other = -1,
               .n = s->results->n_rows};

    for (int i = 0; i < s->results->n_columns; i++) {
        const char role = s->columns[i].role;

        if (column_is_number(s, i) && role && strchr("mbcs", role)) {
            if (h.measure < 0)
                h.measure = i;
            else if (h.other < 0)
                h.other = i;
            h.n_measures++;
        } else if (role == 't' && h.time < 0) {
            h.time = i;
        } else if (h.label < 0) {
            h.label = i;
        } else if (h.second < 0) {
            h.second = i;
        }
    }
    if (h.measure >= 0) {
        h.unit = s->columns[h.measure].unit;
        h.title = s->columns[h.measure].title;
    }
    return h;
}

cell_at cell_of(int64_t row, int column) { return (cell_at){false, row, column}; }

double value_of(const sentence *b, int64_t row, int column)
{
    return state_number(b->s, row, column);
}

void say_title(sentence *b, const char *title)
{
    str capital = {0};

    str_adds(&capital, title);
    format_capital(&capital, 0);
    say_label(b, str_text(&capital));
    str_deinit(&capital);
}

static const sem_period *used_period(const agent_state *s)
{
    return s->has_plan && s->plan.period.set && s->plan.period.label ? &s->plan.period
                                                                     : &s->query.period;
}

void say_used_period(sentence *b)
{
    if (b->s->has_query)
        say_label(b, words_period(b->s, used_period(b->s), &b->s->query.period));
}

void say_scope(sentence *b) { say_label(b, words_scope(b->s, b->c)); }

/* Largest (or smallest) non-NULL cell; -1 if all are NULL. */
int64_t extreme_of(const sentence *b, int column, bool largest)
{
    int64_t best = -1;

    for (int64_t i = 0; i < b->s->results->n_rows; i++) {
        const double v = value_of(b, i, column);

        if (!isnan(v) && (best < 0 || (largest ? v > value_of(b, best, column)
                                               : v < value_of(b, best, column))))
            best = i;
    }
    return best;
}

/* "fiscal period 11", "hour 13": a bare number would not say what it counts. */
void say_time(sentence *b, int64_t row, int column)
{
    const sem_grain g = b->s->time_grain;
    const bool numbered = column_is_number(b->s, column) &&
                          (g == SEM_HOUR || g == SEM_FISCAL_WEEK || g == SEM_FISCAL_PERIOD ||
                           g == SEM_FISCAL_QUARTER || g == SEM_FISCAL_YEAR);

    if (numbered) {
        say_label(b, b->s->columns[column].title);
        say_plain(b, " ");
    }
    say_cell_label(b, row, column);
}

void say_member(sentence *b, const shape *h, int64_t row)
{
    if (h->label >= 0)
        say_cell_label(b, row, h->label);
    if (h->label >= 0 && h->second >= 0) {
        say_plain(b, ", ");
        say_cell_label(b, row, h->second);
    }
    if (h->time >= 0) {
        say_plain(b, h->label >= 0 ? ", " : "");
        say_time(b, row, h->time);
    }
}

void say_difference(sentence *b, cell_at a, cell_at other, sem_unit unit)
{
    const bool percent = unit == SEM_PERCENT;
    const agent_state *s = b->s;
    const db_result *r = a.evidence ? s->evidence : s->results;
    const double base = db_cell_number(r, other.row, other.column);

    say_change(b, "difference", a, other, percent ? SEM_POINTS : unit);
    if (!percent && base != 0 && !isnan(base)) {
        say_plain(b, " (");
        say_change(b, "percent_change", a, other, SEM_PERCENT);
        say_plain(b, ")");
    }
}
