/* periods.c - what a growth or a comparison compares.
 *
 * A period that isn't finished is compared with the same days of the other:
 * months, quarters and years by date, days, weeks and fiscal periods at −364
 * days (a week against the week before: the same weekdays). Never part of a
 * year with a whole one in silence. */
#include <string.h>

#include "semantic/compile_impl.h"

static bool by_date(const sem_period *p)
{
    return p->grain == SEM_MONTH || p->grain == SEM_QUARTER || p->grain == SEM_YEAR_GRAIN || p->grain == SEM_NO_GRAIN;
}

static int months_between(int32_t from, int32_t to)
{
    sem_date x = sem_date_of(from), y = sem_date_of(to);

    return (y.year - x.year) * 12 + y.month - x.month;
}

/* Where p's day `to` falls in the period that begins at `from`. */
static int32_t same_day(const sem_period *p, int32_t to, int32_t from, bool dates)
{
    return dates ? date_add_months(to, -months_between(from, p->from)) : to - (p->from - from);
}

static bool starts_month(int32_t day)
{
    return sem_date_of(day).day == 1;
}

/* Cut the later to today and the other to the same days. */
static bool cut_both(compiler *c, sem_period *unfinished, sem_period *other)
{
    bool dates = by_date(unfinished) && starts_month(unfinished->from) && starts_month(other->from);
    int32_t to;

    if (!cut_to_today(c, unfinished))
        return false;
    to = same_day(unfinished, unfinished->to, other->from, dates);
    if (to < other->to && to >= other->from)
        other->to = to;
    say(c, "both to the same day: %s to %s, %s to %s", period_words(c, unfinished), date_words(c->a, unfinished->to),
        period_words(c, other), date_words(c->a, other->to));
    return true;
}

static bool row_of_dates(const compiler *c)
{
    for (int i = 0; i < c->q.n_groups; i++)
        if (c->q.groups[i].dimension < 0)
            return c->q.groups[i].grain == SEM_MONTH || c->q.groups[i].grain == SEM_QUARTER || c->q.groups[i].grain == SEM_YEAR_GRAIN;
    return false;
}

bool compare_pair(compiler *c, pair *p)
{
    bool dates;

    *p = (pair){.period = c->q.period, .base = c->q.base};
    if (!p->period.set)
        p->period = (sem_period){.set = true, .from = c->l->data_from, .to = c->l->today, .grain = SEM_YEAR_GRAIN,
                                 .n = 1, .label = "all the data"};
    if (p->period.from > c->l->today)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s is not in the data, which end on %s", period_words(c, &p->period),
                       date_words(c->a, c->l->today));
    if (p->base.set) {
        p->cut = cut_both(c, &p->period, &p->base) || cut_both(c, &p->base, &p->period);
    } else {
        p->cut = cut_to_today(c, &p->period);
        if (row_of_dates(c) && starts_month(p->period.from))
            p->period.grain = SEM_MONTH; /* "since 2022, by year": each by date, not at -364 days */
        p->base = sem_year_before(c->l, &p->period, c->a);
        if (p->cut)
            say(c, "both to the same day: %s to %s, and %s to %s", period_words(c, &c->q.period),
                date_words(c->a, p->period.to), date_iso(c->a, p->base.from), date_words(c->a, p->base.to));
        else
            say(c, "compared with the year before: %s", period_words(c, &p->base));
    }
    dates = by_date(&p->period) && starts_month(p->period.from) && starts_month(p->base.from);
    if (dates)
        p->months = months_between(p->base.from, p->period.from);
    else
        p->days = p->period.from - p->base.from;
    if (p->period.to - p->period.from != p->base.to - p->base.from && !dates)
        say(c, "%d days against %d", p->period.to - p->period.from + 1, p->base.to - p->base.from + 1);
    c->plan->period = p->period;
    c->plan->base = p->base;
    return true;
}

/* Like-for-like: a 53rd week has no partner, it is dropped. */
static void drop_week_53(compiler *c, pair *p)
{
    int32_t n = p->period.to - p->period.from, n_base = p->base.to - p->base.from;

    if (!grain_is_fiscal(p->period.grain) || p->cut || n == n_base)
        return;
    if (n > n_base) {
        p->period.to = p->period.from + n_base;
    } else { /* at −364 days: the last weeks of the longer year */
        p->base.from = p->base.to - n;
    }
    p->days = p->period.from - p->base.from;
    p->months = 0;
    say(c, "week 53 is dropped");
    c->plan->period = p->period;
    c->plan->base = p->base;
}

void like_for_like(compiler *c, const sem_period *p, const sem_period *q)
{
    const sem_layer *l = c->l;
    const char *table = l->tables[l->like.table].sql_name, *key = strchr(l->like.key, '.') + 1;
    const table_def *sold = &l->tables[l->like.sold_in];
    params v = params_of(c, p);
    source s;

    v.base_from = date_sql(c, q->from);
    v.base_to = date_sql(c, q->to);
    add_cte(c, "like_for_like", text_f(c, "SELECT %s FROM %s WHERE %s", l->like.key, table, expand(c, l->like.sql, &v)));
    source_init(&s, l->like.sold_in, sold->time);
    (void)source_reach(c, &s, l->like.table);
    note(c, false, "%s physical stores with a sale in one of the two periods were left out: not like-for-like",
         text_f(c, "WITH %s SELECT count(DISTINCT %s) AS stores %s WHERE %s AND (%s OR %s) AND %s NOT IN "
                   "(SELECT like_for_like.%s FROM like_for_like)",
                c->ctes, l->like.key, source_from(c, &s), l->like.left_out, between_sql(c, sold->time, p->from, p->to),
                between_sql(c, sold->time, q->from, q->to), l->like.key, key));
    say(c, "like-for-like: physical stores open at least 12 months before, closed for under 7 days in each period, at constant currency");
}

bool pair_blocks(compiler *c, const pair *given, block_spec *now, block_spec *before)
{
    pair p = *given;
    bool rates = c->q.constant_currency || c->q.like_for_like;

    if (c->q.like_for_like && c->l->like.table < 0)
        return err_set(c->e, ERR_NOT_IN_DATA, "like-for-like is not defined for this database");
    if (c->q.like_for_like) {
        drop_week_53(c, &p);
        like_for_like(c, &p.period, &p.base);
    }
    now->period = p.period;
    now->prefix = "this_";
    before->period = p.base;
    before->prefix = "base_";
    before->shift_months = p.months;
    before->shift_days = p.months ? 0 : p.days;
    now->part_month = before->part_month = p.cut;
    now->like_for_like = before->like_for_like = c->q.like_for_like;
    now->constant_currency = rates;
    now->rate_months = p.months;
    now->rate_days = p.months ? 0 : p.days;
    if (rates && !c->q.like_for_like)
        say(c, "constant currency: this period at the exchange rates of the one it is compared with");
    return true;
}

/* Several periods side by side: if one is unfinished, all end on its day. */
bool compare_cut(compiler *c, sem_period *periods, int n)
{
    bool cut = false;

    for (int i = 0; i < n; i++) {
        sem_period unfinished = periods[i];
        bool dates;

        if (!cut_to_today(c, &unfinished))
            continue;
        dates = by_date(&unfinished);
        for (int k = 0; k < n; k++) {
            int32_t to = same_day(&unfinished, c->l->today, periods[k].from,
                                  dates && starts_month(unfinished.from) && starts_month(periods[k].from));

            if (to < periods[k].to && to >= periods[k].from)
                periods[k].to = to;
        }
        cut = true;
    }
    if (cut)
        say(c, "each only to the same day: %s is unfinished, to %s", period_words(c, &periods[n - 1]),
            date_words(c->a, c->l->today));
    return cut;
}
