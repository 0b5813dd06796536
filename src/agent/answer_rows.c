/* answer_rows.c - many rows in one sentence: over time, ranked, broken down, listed. */
#include <math.h>
#include <string.h>

#include "agent/answer.h"

enum { LISTED = 3 };

/* The period of a row's time, as far as its grain is a plain one. */
static sem_period period_of(const sentence *b, int64_t row, int column)
{
    static const int months[] = {[SEM_MONTH] = 1, [SEM_QUARTER] = 3, [SEM_YEAR_GRAIN] = 12};
    const db_result_column *c = &b->s->results->columns[column];
    const sem_grain g = b->s->time_grain;
    sem_period p = {.set = true, .grain = g, .n = 1};
    sem_date d;

    if (db_cell_null(b->s->results, row, column) || (c->type != DB_DATE && c->type != DB_INTEGER) ||
        (c->type == DB_INTEGER && g != SEM_YEAR_GRAIN))
        return (sem_period){0};
    p.from = c->type == DB_DATE ? (int32_t)c->as.integer[row]
                                : sem_days((int)c->as.integer[row], 1, 1);
    d = sem_date_of(p.from);
    if (g == SEM_WEEK)
        p.to = p.from + 6;
    else if (g == SEM_MONTH || g == SEM_QUARTER || g == SEM_YEAR_GRAIN)
        p.to = sem_days(d.year + (d.month - 1 + months[g]) / 12, (d.month - 1 + months[g]) % 12 + 1, 1) - 1;
    else
        p.to = p.from;
    return p;
}

/* A last period that isn't over is no low: it is named apart. */
static bool last_unfinished(const sentence *b, const shape *h)
{
    const sem_period p = period_of(b, h->n - 1, h->time);

    return b->c && h->n > 2 && p.set && sem_unfinished(b->c->semantic, &p);
}

/* Largest or smallest of the first n rows. */
static int64_t extreme_within(const sentence *b, int column, int64_t n, bool largest)
{
    int64_t best = -1;

    for (int64_t i = 0; i < n; i++) {
        const double v = value_of(b, i, column);

        if (!isnan(v) && (best < 0 || (largest ? v > value_of(b, best, column)
                                               : v < value_of(b, best, column))))
            best = i;
    }
    return best;
}

bool say_trend(sentence *b, const shape *h)
{
    const bool open = last_unfinished(b, h);
    const int64_t n = h->n - open, high = extreme_within(b, h->measure, n, true),
                  low = extreme_within(b, h->measure, n, false), last = n - 1;

    if (high < 0)
        return false;
    say_title(b, h->title);
    say_scope(b);
    say_plain(b, " went from ");
    say_cell(b, cell_of(0, h->measure), h->unit, false);
    say_plain(b, " (");
    say_time(b, 0, h->time);
    say_plain(b, ") to ");
    say_cell(b, cell_of(last, h->measure), h->unit, false);
    say_plain(b, " (");
    say_time(b, last, h->time);
    say_plain(b, ")");
    if (high != low) {
        say_plain(b, "; highest ");
        say_time(b, high, h->time);
        say_plain(b, " with ");
        say_cell(b, cell_of(high, h->measure), h->unit, false);
        say_plain(b, ", lowest ");
        say_time(b, low, h->time);
        say_plain(b, " with ");
        say_cell(b, cell_of(low, h->measure), h->unit, false);
    }
    if (open) {
        say_plain(b, "; ");
        say_time(b, n, h->time);
        say_plain(b, " so far ");
        say_cell(b, cell_of(n, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

/* Time and members: who is highest, and when. */
bool say_trends(sentence *b, const shape *h)
{
    const int64_t high = extreme_of(b, h->measure, true), low = extreme_of(b, h->measure, false);

    if (high < 0)
        return false;
    say_title(b, h->title);
    say_scope(b);
    say_plain(b, " ");
    say_plain(b, words_be(h->title));
    say_plain(b, " highest for ");
    say_member(b, h, high);
    say_plain(b, ": ");
    say_cell(b, cell_of(high, h->measure), h->unit, false);
    if (low != high) {
        say_plain(b, ", and lowest for ");
        say_member(b, h, low);
        say_plain(b, ": ");
        say_cell(b, cell_of(low, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

bool say_ranking(sentence *b, const shape *h)
{
    if (isnan(value_of(b, 0, h->measure)))
        return false;
    say_member(b, h, 0);
    say_plain(b, b->s->has_query && b->s->query.ascending ? " has the lowest " : " leads in ");
    say_label(b, h->title);
    say_scope(b);
    say_plain(b, " with ");
    say_cell(b, cell_of(0, h->measure), h->unit, false);
    say_used_period(b);
    if (h->n > 1) {
        say_plain(b, "; ");
        say_member(b, h, 1);
        say_plain(b, " follows with ");
        say_cell(b, cell_of(1, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

/* The first of each group, for the first groups. */
bool say_leaders(sentence *b, const shape *h)
{
    char this_group[64], last_group[64];
    int said = 0;

    say_plain(b, b->s->query.ascending ? "Lowest in " : "Leading in ");
    say_label(b, h->title);
    say_used_period(b);
    say_plain(b, ": ");
    for (int64_t i = 0; i < h->n && said < LISTED; i++) {
        if (i && !strcmp(db_cell_text(b->s->results, i, h->label, this_group),
                         db_cell_text(b->s->results, i - 1, h->label, last_group)))
            continue;
        say_plain(b, said++ ? "; " : "");
        say_cell_label(b, i, h->second);
        say_plain(b, " (");
        say_cell_label(b, i, h->label);
        say_plain(b, ") with ");
        say_cell(b, cell_of(i, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

static bool adds_up(const sentence *b, const shape *h)
{
    const sem_query *q = &b->s->query;

    return b->s->has_query && b->c && q->n_metrics && !q->limit && !b->s->results->truncated &&
           q->having_metric < 0 && q->shape == SEM_VALUES && q->average_per == SEM_NO_GRAIN &&
           q->average_per_entity < 0 && h->n > 1 &&
           sem_metric_at(b->c->semantic, q->metrics[0])->additivity == SEM_ADDITIVE &&
           (h->unit == SEM_MONEY || h->unit == SEM_COUNT) && !strstr(h->title, "local");
}

bool say_breakdown(sentence *b, const shape *h)
{
    const int64_t high = extreme_of(b, h->measure, true), low = extreme_of(b, h->measure, false);

    if (high < 0)
        return false;
    say_member(b, h, high);
    say_plain(b, h->unit == SEM_MONEY || h->unit == SEM_COUNT ? " has the largest " : " has the highest ");
    say_label(b, h->title);
    say_scope(b);
    say_plain(b, ": ");
    say_cell(b, cell_of(high, h->measure), h->unit, false);
    if (adds_up(b, h)) {
        say_plain(b, ", ");
        say_share(b, high, h->measure);
        say_plain(b, " of ");
        say_sum(b, "sum", h->measure, h->unit);
    }
    say_used_period(b);
    if (low != high) {
        say_plain(b, "; ");
        say_member(b, h, low);
        say_plain(b, h->unit == SEM_MONEY || h->unit == SEM_COUNT ? " the smallest: " : " the lowest: ");
        say_cell(b, cell_of(low, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

bool say_list(sentence *b, const shape *h)
{
    const int64_t shown = h->n < LISTED ? h->n : LISTED;
    const int label = h->label >= 0 ? h->label : h->time >= 0 ? h->time : 0;
    const bool named = b->s->has_query && b->c && b->s->query.entity >= 0;

    say_rows(b, 0);
    say_plain(b, " ");
    say_label(b, !named ? (h->n == 1 ? "row" : "rows")
                 : h->n == 1 ? sem_entity_at(b->c->semantic, b->s->query.entity)->name.title
                             : words_plural(b->s, sem_entity_at(b->c->semantic,
                                                                b->s->query.entity)->name.title));
    say_scope(b);
    say_used_period(b);
    say_plain(b, ": ");
    for (int64_t i = 0; i < shown; i++) {
        say_plain(b, i ? (i == shown - 1 && shown == h->n ? " and " : ", ") : "");
        say_cell_label(b, i, label);
    }
    if (h->n > shown) {
        say_plain(b, " and ");
        say_rows(b, shown);
        say_plain(b, " more");
    }
    say_plain(b, ".");
    return true;
}
