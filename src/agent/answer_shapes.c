/* answer_shapes.c - one sentence for each shape of result.
 *
 * Columns are found by their roles; the shape comes from the query, or for SQL
 * that no template made from what the columns are. */
#include <math.h>
#include <string.h>

#include "agent/answer.h"

enum { LISTED = 3 };

typedef struct shape {
    int label, second, time, measure, other; /* columns, or -1; `other`: a second measure */
    int n_measures;
    int64_t n; /* rows */
    sem_unit unit;
    const char *title;
} shape;

static shape shape_of(const sentence *b)
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

static cell_at cell(int64_t row, int column) { return (cell_at){false, row, column}; }
static double value(const sentence *b, int64_t row, int column)
{
    return state_number(b->s, row, column);
}

static void say_title(sentence *b, const char *title)
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

static void say_period(sentence *b)
{
    if (b->s->has_query)
        say_label(b, words_period(b->s, used_period(b->s), &b->s->query.period));
}

static void say_scope(sentence *b) { say_label(b, words_scope(b->s, b->c)); }

/* Largest (or smallest) non-NULL cell; -1 if all are NULL. */
static int64_t extreme(const sentence *b, int column, bool largest)
{
    int64_t best = -1;

    for (int64_t i = 0; i < b->s->results->n_rows; i++) {
        const double v = value(b, i, column);

        if (!isnan(v) && (best < 0 || (largest ? v > value(b, best, column)
                                               : v < value(b, best, column))))
            best = i;
    }
    return best;
}

static void say_member(sentence *b, const shape *h, int64_t row)
{
    if (h->label >= 0)
        say_cell_label(b, row, h->label);
    if (h->label >= 0 && h->second >= 0) {
        say_plain(b, ", ");
        say_cell_label(b, row, h->second);
    }
    if (h->time >= 0) {
        say_plain(b, h->label >= 0 ? ", " : "");
        say_cell_label(b, row, h->time);
    }
}

/* ---- one row ---------------------------------------------------------------------- */

static bool say_total(sentence *b, const shape *h)
{
    say_title(b, h->title);
    say_scope(b);
    say_plain(b, " ");
    say_plain(b, words_be(h->title));
    say_plain(b, " ");
    say_cell(b, cell(0, h->measure), h->unit, false);
    for (int i = h->measure + 1; i < b->s->results->n_columns; i++)
        if (column_is_number(b->s, i)) {
            say_plain(b, " and ");
            say_label(b, b->s->columns[i].title);
            say_plain(b, " ");
            say_cell(b, cell(0, i), b->s->columns[i].unit, false);
        }
    say_period(b);
    say_plain(b, ".");
    return true;
}

static void say_difference(sentence *b, cell_at a, cell_at other, sem_unit unit, bool with_percent)
{
    const bool percent = unit == SEM_PERCENT;
    const agent_state *s = b->s;
    const db_result *r = a.evidence ? s->evidence : s->results;
    const double base = db_cell_number(r, other.row, other.column);

    say_change(b, "difference", a, other, percent ? SEM_POINTS : unit);
    if (with_percent && !percent && base != 0 && !isnan(base)) {
        say_plain(b, " (");
        say_change(b, "percent_change", a, other, SEM_PERCENT);
        say_plain(b, ")");
    }
}

/* Two figures side by side: the first asked against the second. */
static bool say_pair(sentence *b, const shape *h)
{
    const double x = value(b, 0, h->measure), y = value(b, 0, h->other);

    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, ": ");
    say_cell(b, cell(0, h->measure), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->measure].title);
    say_plain(b, ") against ");
    say_cell(b, cell(0, h->other), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->other].title);
    say_plain(b, ")");
    if (!isnan(x) && !isnan(y) && x != y) {
        say_plain(b, ", ");
        say_difference(b, cell(0, h->measure), cell(0, h->other), h->unit, true);
        say_plain(b, x > y ? " more" : " less");
    }
    say_plain(b, ".");
    return true;
}

static bool say_several(sentence *b, const shape *h)
{
    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, ": ");
    for (int i = h->measure, n = 0; i < b->s->results->n_columns; i++)
        if (column_is_number(b->s, i)) {
            say_plain(b, n++ ? ", " : "");
            say_cell(b, cell(0, i), b->s->columns[i].unit, false);
            say_plain(b, " (");
            say_label(b, b->s->columns[i].title);
            say_plain(b, ")");
        }
    say_plain(b, ".");
    return true;
}

static bool say_share_of(sentence *b, const shape *h)
{
    const char *scope = words_scope(b->s, b->c);

    if (b->s->query.shape != SEM_SHARE || !*scope)
        return say_total(b, h);
    say_plain(b, "The share");
    say_label(b, scope);
    say_plain(b, " of ");
    say_label(b, words_subject(b->s, b->c));
    say_plain(b, " was ");
    say_cell(b, cell(0, h->measure), h->unit, false);
    say_period(b);
    say_plain(b, ".");
    return true;
}

static bool say_count(sentence *b, const shape *h)
{
    say_cell(b, cell(0, h->measure), SEM_COUNT, false);
    say_plain(b, " ");
    say_label(b, words_subject(b->s, b->c));
    say_scope(b);
    say_period(b);
    say_plain(b, ".");
    return true;
}

/* ---- growth ------------------------------------------------------------------------- */

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
    const double change = value(b, row, h->measure);

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
    return b->c && b->s->query.n_metrics
               ? sem_metric_at(b->c->semantic, b->s->query.metrics[0])->unit : SEM_NUMBER;
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

static void say_against(sentence *b)
{
    const sem_period *base = &b->s->plan.base;

    if (b->s->has_plan && base->set && base->label && *base->label) {
        say_plain(b, " against ");
        say_label(b, base->label);
    }
}

static bool say_growth_total(sentence *b, const shape *h)
{
    const double v = value(b, 0, h->measure);

    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, moved(v));
    say_cell(b, cell(0, h->measure), h->unit, true);
    say_amounts(b, amounts_of(b, h, 0));
    say_period(b);
    say_against(b);
    say_plain(b, ".");
    return true;
}

static bool say_growth_leader(sentence *b, const shape *h)
{
    const bool ranked = b->s->query.ordered, worst = ranked && b->s->query.ascending;
    const int64_t lead = ranked ? 0 : extreme(b, h->measure, true);
    const double v = lead < 0 ? NAN : value(b, lead, h->measure);

    if (isnan(v))
        return false;
    say_member(b, h, lead);
    say_plain(b, worst ? (v < 0 ? " fell most: " : " grew least: ")
                 : v > 0 ? " grew fastest: " : " fell least: ");
    say_label(b, words_subject(b->s, b->c));
    say_plain(b, moved(v));
    say_cell(b, cell(lead, h->measure), h->unit, true);
    say_amounts(b, amounts_of(b, h, lead));
    say_period(b);
    say_plain(b, ".");
    return true;
}

static bool say_why(sentence *b, const shape *h)
{
    double sum = 0;

    for (int64_t i = 0; i < h->n; i++)
        sum += isnan(value(b, i, h->measure)) ? 0 : value(b, i, h->measure);
    say_title(b, words_subject(b->s, b->c));
    say_scope(b);
    say_plain(b, moved(sum));
    say_sum(b, "sum_change", h->measure, h->unit);
    if (b->s->evidence && b->s->evidence->n_rows == 1 && b->s->evidence->n_columns == 2 &&
        fabs(db_cell_number(b->s->evidence, 0, 1) - db_cell_number(b->s->evidence, 0, 0) - sum) < 0.01)
        say_amounts(b, 0);
    say_period(b);
    say_against(b);
    say_plain(b, "; the largest part: ");
    say_member(b, h, 0);
    say_plain(b, " ");
    say_cell(b, cell(0, h->measure), h->unit, false);
    if (h->n > 1) {
        say_plain(b, ", then ");
        say_member(b, h, 1);
        say_plain(b, " ");
        say_cell(b, cell(1, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

/* ---- many rows ------------------------------------------------------------------------ */

static bool say_trend(sentence *b, const shape *h)
{
    const int64_t high = extreme(b, h->measure, true), low = extreme(b, h->measure, false),
                  last = h->n - 1;

    if (high < 0)
        return false;
    say_title(b, h->title);
    say_scope(b);
    say_plain(b, " went from ");
    say_cell(b, cell(0, h->measure), h->unit, false);
    say_plain(b, " (");
    say_cell_label(b, 0, h->time);
    say_plain(b, ") to ");
    say_cell(b, cell(last, h->measure), h->unit, false);
    say_plain(b, " (");
    say_cell_label(b, last, h->time);
    say_plain(b, ")");
    if (high != low) {
        say_plain(b, "; highest ");
        say_cell_label(b, high, h->time);
        say_plain(b, " with ");
        say_cell(b, cell(high, h->measure), h->unit, false);
        say_plain(b, ", lowest ");
        say_cell_label(b, low, h->time);
        say_plain(b, " with ");
        say_cell(b, cell(low, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

/* Time and members: who is highest, and when. */
static bool say_trends(sentence *b, const shape *h)
{
    const int64_t high = extreme(b, h->measure, true), low = extreme(b, h->measure, false);

    if (high < 0)
        return false;
    say_title(b, h->title);
    say_scope(b);
    say_plain(b, " ");
    say_plain(b, words_be(h->title));
    say_plain(b, " highest for ");
    say_member(b, h, high);
    say_plain(b, ": ");
    say_cell(b, cell(high, h->measure), h->unit, false);
    if (low != high) {
        say_plain(b, ", and lowest for ");
        say_member(b, h, low);
        say_plain(b, ": ");
        say_cell(b, cell(low, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

static bool say_ranking(sentence *b, const shape *h)
{
    if (isnan(value(b, 0, h->measure)))
        return false;
    say_member(b, h, 0);
    say_plain(b, b->s->has_query && b->s->query.ascending ? " has the lowest " : " leads in ");
    say_label(b, h->title);
    say_scope(b);
    say_plain(b, " with ");
    say_cell(b, cell(0, h->measure), h->unit, false);
    say_period(b);
    if (h->n > 1) {
        say_plain(b, "; ");
        say_member(b, h, 1);
        say_plain(b, " follows with ");
        say_cell(b, cell(1, h->measure), h->unit, false);
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
           (h->unit == SEM_MONEY || h->unit == SEM_COUNT);
}

static bool say_breakdown(sentence *b, const shape *h)
{
    const int64_t high = extreme(b, h->measure, true), low = extreme(b, h->measure, false);

    if (high < 0)
        return false;
    say_member(b, h, high);
    say_plain(b, " has the largest ");
    say_label(b, h->title);
    say_scope(b);
    say_plain(b, ": ");
    say_cell(b, cell(high, h->measure), h->unit, false);
    if (adds_up(b, h)) {
        say_plain(b, ", ");
        say_share(b, high, h->measure);
        say_plain(b, " of ");
        say_sum(b, "sum", h->measure, h->unit);
    }
    say_period(b);
    if (low != high) {
        say_plain(b, "; ");
        say_member(b, h, low);
        say_plain(b, " the smallest: ");
        say_cell(b, cell(low, h->measure), h->unit, false);
    }
    say_plain(b, ".");
    return true;
}

/* Two members of one dimension. */
static bool say_versus(sentence *b, const shape *h)
{
    const int64_t high = extreme(b, h->measure, true), low = 1 - high;

    if (high < 0 || isnan(value(b, low, h->measure)))
        return false;
    say_member(b, h, high);
    say_plain(b, " is ahead in ");
    say_label(b, h->title);
    say_period(b);
    say_plain(b, ": ");
    say_cell(b, cell(high, h->measure), h->unit, false);
    say_plain(b, " against ");
    say_cell(b, cell(low, h->measure), h->unit, false);
    say_plain(b, " for ");
    say_member(b, h, low);
    say_plain(b, ", ");
    say_difference(b, cell(high, h->measure), cell(low, h->measure), h->unit, true);
    say_plain(b, " more.");
    return true;
}

/* Members with two periods each: the largest change. */
static bool say_changes(sentence *b, const shape *h)
{
    int64_t best = -1;
    double most = -1;

    for (int64_t i = 0; i < h->n; i++) {
        const double d = fabs(value(b, i, h->measure) - value(b, i, h->other));

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
    say_cell(b, cell(best, h->measure), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->measure].title);
    say_plain(b, ") against ");
    say_cell(b, cell(best, h->other), h->unit, false);
    say_plain(b, " (");
    say_label(b, b->s->columns[h->other].title);
    say_plain(b, "), ");
    say_difference(b, cell(best, h->measure), cell(best, h->other), h->unit, true);
    say_plain(b, value(b, best, h->measure) >= value(b, best, h->other) ? " more." : " less.");
    return true;
}

static bool say_list(sentence *b, const shape *h)
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
    say_period(b);
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

/* ---- which of them ---------------------------------------------------------------------- */

static bool say_one_row(sentence *b, const shape *h)
{
    const sem_query *q = &b->s->query;
    const bool keyed = h->label >= 0 || h->time >= 0;

    if (keyed)
        return q->ordered && b->s->has_query ? say_ranking(b, h) : say_breakdown(b, h);
    if (isnan(value(b, 0, h->measure)))
        return false;
    if (b->s->has_query && q->shape == SEM_GROWTH && h->n_measures == 1)
        return say_growth_total(b, h);
    if (b->s->has_query && q->shape == SEM_COUNT_OF)
        return say_count(b, h);
    if (b->s->has_query && q->shape == SEM_SHARE)
        return say_share_of(b, h);
    if (b->s->has_query && q->shape == SEM_COMPARE && h->n_measures == 2)
        return say_pair(b, h);
    return h->n_measures > 2 || (b->s->has_query && q->shape == SEM_COMPARE) ? say_several(b, h)
                                                                             : say_total(b, h);
}

static bool say_rows_of(sentence *b, const shape *h)
{
    const sem_query *q = &b->s->query;
    const bool known = b->s->has_query;

    if (known && q->shape == SEM_WHY && h->label >= 0)
        return say_why(b, h);
    if (known && q->shape == SEM_GROWTH && h->time < 0 && h->label >= 0)
        return say_growth_leader(b, h);
    if (known && q->shape == SEM_COMPARE && h->n_measures == 2 && (h->label >= 0 || h->time >= 0))
        return say_changes(b, h);
    if (known && q->shape == SEM_COMPARE && h->n == 2 && h->label >= 0 && h->n_measures == 1)
        return say_versus(b, h);
    if (h->time >= 0 && h->label < 0 && !(known && (q->limit || b->s->intent == INTENT_RANKING)))
        return say_trend(b, h);
    if (h->time >= 0 && h->label >= 0)
        return say_trends(b, h);
    if (known ? q->ordered : b->s->ordered)
        return say_ranking(b, h);
    return say_breakdown(b, h);
}

bool sentence_for(sentence *b)
{
    const shape h = shape_of(b);

    if (!h.n)
        return false;
    if (h.measure < 0 || (b->s->has_query && b->s->query.shape == SEM_LIST &&
                          b->s->query.having_metric < 0) ||
        (h.label < 0 && h.time < 0 && h.n > 1))
        return say_list(b, &h);
    return h.n == 1 ? say_one_row(b, &h) : say_rows_of(b, &h);
}
