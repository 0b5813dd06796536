/* answer_change.c - what changed, by how much, and from what to what. */
#include <math.h>
#include <string.h>

#include "agent/answer.h"

/* Two figures side by side: the first asked against the second. */
bool say_pair(sentence *b, const shape *h)
{
    const double x = value_of(b, 0, h->measure), y = value_of(b, 0, h->other);

    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, ": ");
    say_cell(b, cell_of(0, h->measure), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->measure].title);
    say_plain(b, ") against ");
    say_cell(b, cell_of(0, h->other), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->other].title);
    say_plain(b, ")");
    if (!isnan(x) && !isnan(y) && x != y) {
        say_plain(b, ", ");
        say_difference(b, cell_of(0, h->measure), cell_of(0, h->other), h->unit);
        say_plain(b, x > y ? " more" : " less");
    }
    say_plain(b, ".");
    return true;
}

static const char *moved(double v) { return v > 0 ? " rose " : v < 0 ? " fell " : " did not change: "; }

static bool same_member(const agent_state *s, int64_t row, int64_t other, int n_labels)
{
    char x[64], y[64];

    for (int i = 0; i < n_labels; i++)
        if (strcmp(db_cell_text(s->results, row, i, x), db_cell_text(s->evidence, other, i, y)))
            return false;
    return true;
}

/* The evidence row whose two amounts give this very change; -1 if none does. */
static int64_t amounts_of(const sentence *b, const shape *h, int64_t row)
{
    const agent_state *s = b->s;
    const int n = s->evidence ? s->evidence->n_columns : 0, n_labels = n - 2;
    const double change = value_of(b, row, h->measure);

    if (n_labels < 0 || n_labels > s->results->n_columns)
        return -1;
    for (int64_t i = 0; i < s->evidence->n_rows; i++) {
        const double was = db_cell_number(s->evidence, i, n - 2),
                     is = db_cell_number(s->evidence, i, n - 1);
        const double found = h->unit == SEM_PERCENT && s->query.shape == SEM_GROWTH
                                 ? 100 * (is - was) / was : is - was;

        if (same_member(s, row, i, n_labels) && fabs(found - change) <= 1e-6 * fmax(1, fabs(change)))
            return i;
    }
    return -1;
}

static sem_unit metric_unit(const sentence *b)
{
    const sem_metric *m = b->c && b->s->query.n_metrics
                              ? sem_metric_at(b->c->semantic, b->s->query.metrics[0]) : NULL;

    return !m || strstr(m->name.title, "local") ? SEM_NUMBER : m->unit;
}

static void say_amounts(sentence *b, int64_t row)
{
    const int n = b->s->evidence ? b->s->evidence->n_columns : 0;

    if (row < 0)
        return;
    say_plain(b, ", from ");
    say_cell(b, (cell_at){true, row, n - 2}, metric_unit(b), false);
    say_plain(b, " to ");
    say_cell(b, (cell_at){true, row, n - 1}, metric_unit(b), false);
}

/* An unfinished period is compared with the same days of the other. */
static bool is_cut(const agent_state *s)
{
    return s->query.period.set && s->plan.period.set && s->plan.period.to < s->query.period.to &&
           s->plan.base.label && s->plan.base.label[0] && !strstr(s->plan.base.label, " to ");
}

static void say_against(sentence *b)
{
    const sem_period *base = &b->s->plan.base;

    if (b->s->has_plan && base->set && base->label && *base->label) {
        say_plain(b, is_cut(b->s) ? " against the same days of " : " against ");
        say_label(b, words_label(b->s, base));
    }
}

bool say_growth_total(sentence *b, const shape *h)
{
    const double v = value_of(b, 0, h->measure);

    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, moved(v));
    say_cell(b, cell_of(0, h->measure), h->unit, true);
    say_amounts(b, amounts_of(b, h, 0));
    say_used_period(b);
    say_against(b);
    say_plain(b, ".");
    return true;
}

bool say_growth_leader(sentence *b, const shape *h)
{
    const bool ranked = b->s->query.ordered, worst = ranked && b->s->query.ascending;
    const int64_t lead = ranked ? 0 : extreme_of(b, h->measure, true);
    const double v = lead < 0 ? NAN : value_of(b, lead, h->measure);

    if (isnan(v))
        return false;
    say_member(b, h, lead);
    say_plain(b, worst ? (v < 0 ? " fell most: " : " grew least: ")
                 : v > 0 ? " grew fastest: " : " fell least: ");
    say_label(b, words_subject(b->s, b->c));
    say_plain(b, moved(v));
    say_cell(b, cell_of(lead, h->measure), h->unit, true);
    say_amounts(b, amounts_of(b, h, lead));
    say_used_period(b);
    say_plain(b, ".");
    return true;
}

bool say_why(sentence *b, const shape *h)
{
    double sum = 0;

    for (int64_t i = 0; i < h->n; i++)
        sum += isnan(value_of(b, i, h->measure)) ? 0 : value_of(b, i, h->measure);
    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, moved(sum));
    say_sum(b, "sum_change", h->measure, h->unit);
    if (b->s->evidence && b->s->evidence->n_rows == 1 && b->s->evidence->n_columns == 2 &&
        fabs(db_cell_number(b->s->evidence, 0, 1) - db_cell_number(b->s->evidence, 0, 0) - sum) < 0.01)
        say_amounts(b, 0);
    say_used_period(b);
    say_against(b);
    say_plain(b, "; the largest part: ");
    say_member(b, h, 0);
    say_plain(b, " ");
    say_cell(b, cell_of(0, h->measure), h->unit, false);
    if (h->n > 1) {
        say_plain(b, ", then ");
        say_member(b, h, 1);
        say_plain(b, " ");
        say_cell(b, cell_of(1, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

/* Two members of one dimension. */
bool say_versus(sentence *b, const shape *h)
{
    const int64_t high = extreme_of(b, h->measure, true), low = 1 - high;

    if (high < 0 || isnan(value_of(b, low, h->measure)))
        return false;
    say_member(b, h, high);
    say_plain(b, " is ahead in ");
    say_label(b, h->title);
    say_used_period(b);
    say_plain(b, ": ");
    say_cell(b, cell_of(high, h->measure), h->unit, false);
    say_plain(b, " against ");
    say_cell(b, cell_of(low, h->measure), h->unit, false);
    say_plain(b, " for ");
    say_member(b, h, low);
    say_plain(b, ", ");
    say_difference(b, cell_of(high, h->measure), cell_of(low, h->measure), h->unit);
    say_plain(b, " more.");
    return true;
}

/* Members with two periods each: the largest change. */
bool say_changes(sentence *b, const shape *h)
{
    int64_t best = -1;
    double most = -1;

    for (int64_t i = 0; i < h->n; i++) {
        const double d = fabs(value_of(b, i, h->measure) - value_of(b, i, h->other));

        if (!isnan(d) && d > most) {
            most = d;
            best = i;
        }
    }
    if (best < 0)
        return say_breakdown(b, h);
    say_plain(b, "The largest difference is ");
    say_member(b, h, best);
    say_plain(b, ": ");
    say_cell(b, cell_of(best, h->measure), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->measure].title);
    say_plain(b, ") against ");
    say_cell(b, cell_of(best, h->other), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->other].title);
    say_plain(b, "), ");
    say_difference(b, cell_of(best, h->measure), cell_of(best, h->other), h->unit);
    say_plain(b, value_of(b, best, h->measure) >= value_of(b, best, h->other) ? " more." : " less.");
    return true;
}
