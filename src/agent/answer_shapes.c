/* answer_shapes.c - one sentence for each shape of result.
 *
 * Columns are found by their roles; the shape comes from the query, or for SQL
 * that no template made from what the columns are. */
#include <math.h>
#include <string.h>

#include "agent/answer.h"

static bool say_total(sentence *b, const shape *h)
{
    say_title(b, h->title);
    say_scope(b);
    say_plain(b, " ");
    say_plain(b, words_be(h->title));
    say_plain(b, " ");
    say_cell(b, cell_of(0, h->measure), h->unit, false);
    for (int i = h->measure + 1; i < b->s->results->n_columns; i++)
        if (column_is_number(b->s, i)) {
            say_plain(b, " and ");
            say_label(b, b->s->columns[i].title);
            say_plain(b, " ");
            say_cell(b, cell_of(0, i), b->s->columns[i].unit, false);
        }
    say_used_period(b);
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
            say_cell(b, cell_of(0, i), b->s->columns[i].unit, false);
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
    say_plain(b, "The share of ");
    say_label(b, state_strf(b->s, "%.*s", (int)strlen(scope) - 3, scope + 2)); /* " (West)" */
    say_plain(b, " in ");
    say_label(b, words_subject(b->s, b->c));
    say_plain(b, " was ");
    say_cell(b, cell_of(0, h->measure), h->unit, false);
    say_used_period(b);
    say_plain(b, ".");
    return true;
}

static bool say_count(sentence *b, const shape *h)
{
    const bool one = value_of(b, 0, h->measure) == 1 && b->c && b->s->query.entity >= 0;

    say_cell(b, cell_of(0, h->measure), SEM_COUNT, false);
    say_plain(b, " ");
    say_label(b, one ? sem_entity_at(b->c->semantic, b->s->query.entity)->name.title
                     : words_subject(b->s, b->c));
    say_scope(b);
    say_used_period(b);
    say_plain(b, ".");
    return true;
}

/* ---- which of them ---------------------------------------------------------------------- */

/* Mondays and hours come again: they have no first and last. */
static bool is_cyclic(sem_grain g)
{
    return g == SEM_WEEKDAY || g == SEM_HOUR || g == SEM_MONTH_OF_YEAR;
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
    if (known && h->n == 2 && h->label >= 0 && h->second < 0 && h->time < 0 && h->n_measures == 1 &&
        (q->shape == SEM_COMPARE || b->s->intent == INTENT_COMPARISON))
        return say_versus(b, h);
    if (h->time >= 0 && h->label < 0 && h->n > 1 && !is_cyclic(b->s->time_grain) && !(known && (q->limit || b->s->intent == INTENT_RANKING)))
        return say_trend(b, h);
    if (h->time >= 0 && h->label >= 0 && h->n > 1)
        return say_trends(b, h);
    if (known && q->ordered && q->limit_per_group >= 0 && h->second >= 0)
        return say_leaders(b, h);
    if (known ? q->ordered : b->s->ordered)
        return say_ranking(b, h);
    return say_breakdown(b, h);
}

static bool say_one_row(sentence *b, const shape *h)
{
    const sem_query *q = &b->s->query;
    const bool keyed = h->label >= 0 || h->time >= 0;

    if (keyed)
        return say_rows_of(b, h);
    if (isnan(value_of(b, 0, h->measure)))
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
