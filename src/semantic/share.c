/* share.c - per cent of the total.
 *
 * By group: each group's part of the whole (of its time bucket, when time is a
 * group too). A filter on the grouped dimension only picks which shares are
 * shown: the whole stays whole. Without a group, or with share_filter, a filter
 * or the conditions name the part, and the whole is the same without them. */
#include <string.h>

#include "semantic/compile_impl.h"

static bool check_additive(compiler *c)
{
    const metric_def *m;

    if (c->q.n_metrics < 1)
        return err_set(c->e, ERR_ARG, "the question names no measure to take shares of");
    m = &c->l->metrics[c->q.metrics[0]];
    if (m->metric.additivity == SEM_RATIO)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s is a ratio: it has no shares", m->metric.name.title);
    return true;
}

/* Filters on a grouped dimension, as a predicate over the shares. */
static bool shown_members(compiler *c, block_spec *spec, const block *b, const char **text)
{
    *text = "";
    for (int i = 0; i < c->q.n_filters; i++) {
        const dimension_def *d = &c->l->dimensions[c->q.filters[i].dimension];
        const char *sql, *label = NULL;

        if (!(spec->skip_filters & (1u << i)))
            continue;
        sql = filter_sql(c, &c->q.filters[i], NULL);
        if (!sql)
            return false;
        for (int k = 0; k < b->n_keys; k++)
            if (spec->groups[k].dimension == c->q.filters[i].dimension)
                label = b->keys[k].label;
        if (label) /* several sides: the label is a column of the join */
            sql = text_f(c, "%s%s", label, sql + strlen(dimension_sql(c, NULL, d)));
        *text = text_join(c, *text, " AND ", "%s", sql);
    }
    return true;
}

static void skip_grouped_filters(const compiler *c, block_spec *spec)
{
    for (int i = 0; i < c->q.n_filters; i++)
        for (int k = 0; k < spec->n_groups; k++)
            if (spec->groups[k].dimension == c->q.filters[i].dimension)
                spec->skip_filters |= 1u << i;
}

static bool share_of_groups(compiler *c)
{
    const metric_def *m = &c->l->metrics[c->q.metrics[0]];
    block_spec spec;
    block b;
    outer o = {0};
    const char *partition = "", *shown, *expr;
    bool members = false;

    block_spec_init(c, &spec);
    block_add(&spec, m, "share");
    skip_grouped_filters(c, &spec);
    if (!block_make(c, &spec, &b))
        return false;
    for (int i = 0; i < b.n_keys; i++)
        members = members || !b.keys[i].is_time;
    for (int i = 0; i < b.n_keys; i++)
        if ((members && b.keys[i].is_time) || (i == c->q.limit_per_group && b.n_keys > 1))
            partition = text_join(c, partition, ", ", "%s", b.keys[i].key ? b.keys[i].key : b.keys[i].label);
    expr = text_f(c, m->formula ? "100.0 * (%s) / nullif(sum(%s) OVER (%s%s), 0)" : "100.0 * %s / nullif(sum(%s) OVER (%s%s), 0)",
                  b.measures[0], b.measures[0],
                  partition[0] ? "PARTITION BY " : "", partition);
    if (!shown_members(c, &spec, &b, &shown))
        return false;
    if (shown[0]) {
        o.having = shown;
        o.having_window = true; /* after the window has seen everything */
    }
    if (c->q.having_metric >= 0) {
        o.having = text_join(c, shown, " AND ", "%s", having_sql(c, expr, SEM_PERCENT) ? having_sql(c, expr, SEM_PERCENT) : "TRUE");
        o.having_window = true;
    }
    outer_add(&o, expr, "share");
    o.rank_by = "share";
    o.rank_expr = b.measures[0]; /* a window can't stand in another */
    columns_of_keys(c, &b);
    add_column(c, "share", text_f(c, "share of %s", m->metric.name.title), SEM_PERCENT, 's');
    say_metrics(c, &spec);
    if (m->metric.additivity == SEM_SEMI_ADDITIVE)
        say(c, "a member can count in several groups: shares need not add up to 100 %%");
    c->plan->sql = finish(c, &b, &o);
    return true;
}

/* "the share of the ten best-selling products": one figure, top over all. */
static bool share_of_top(compiler *c)
{
    const metric_def *m = &c->l->metrics[c->q.metrics[0]];
    const char *title = c->l->dimensions[c->q.groups[0].dimension].dimension.name.title;
    block_spec spec;
    block b;

    if (m->metric.additivity != SEM_ADDITIVE || m->formula || (m->sql && strstr(m->sql, "DISTINCT")))
        return err_set(c->e, ERR_NOT_IN_DATA, "%s can count in several members: those of the top have no share together", m->metric.name.title);
    block_spec_init(c, &spec);
    block_add(&spec, m, "amount");
    if (!block_make(c, &spec, &b))
        return false;
    add_cte(c, "members", block_select(c, &spec, &b));
    c->plan->sql = text_f(c, "WITH %s SELECT 100.0 * (SELECT sum(amount) FROM (SELECT members.amount FROM members ORDER BY members.amount%s NULLS LAST "
                             "LIMIT %d) AS top_members) / nullif((SELECT sum(members.amount) FROM members), 0) AS share",
                          c->ctes, c->q.ascending ? "" : " DESC", c->q.limit);
    add_column(c, "share", text_f(c, "share of %s", m->metric.name.title), SEM_PERCENT, 's');
    say(c, "the %s %d by %s together, over all by %s", c->q.ascending ? "lowest" : "top", c->q.limit, m->metric.name.title, title);
    say_metrics(c, &spec);
    return true;
}

/* Which filters name the part: share_filter, else the first one. */
static bool share_of_part(compiler *c)
{
    const metric_def *m = &c->l->metrics[c->q.metrics[0]];
    block_spec part, whole;
    block b, w;
    outer o = {0};
    const char *keys;
    int f = c->q.share_filter >= 0 && c->q.share_filter < c->q.n_filters ? c->q.share_filter : 0;

    if (!c->q.n_filters && !c->q.n_conditions)
        return err_set(c->e, ERR_ARG, "a share of what? Say by what, or which part: \"share of sales by region\"");
    block_spec_init(c, &part);
    block_spec_init(c, &whole);
    part.prefix = "part_";
    whole.prefix = "whole_";
    if (c->q.n_filters && ((c->q.share_filter >= 0 && c->q.share_filter < c->q.n_filters) || !c->q.n_conditions))
        whole.skip_filters = 1u << f;
    else
        whole.skip_conditions = true;
    block_add(&part, m, "amount");
    block_add(&whole, m, "amount");
    if (!block_make(c, &part, &b))
        return false;
    add_cte(c, "part", block_select(c, &part, &b));
    if (!block_make(c, &whole, &w))
        return false;
    add_cte(c, "whole", block_select(c, &whole, &w));
    keys = key_list(c, &w);
    w.grouped = false;
    w.where = "";
    w.from = keys[0] ? text_f(c, "FROM whole LEFT JOIN part USING (%s)", keys) : "FROM whole CROSS JOIN part";
    for (int i = 0; i < w.n_keys; i++) {
        w.keys[i].label = w.keys[i].label_name;
        w.keys[i].key = w.keys[i].key ? w.keys[i].key_name : NULL;
    }
    outer_add(&o, "100.0 * coalesce(part.amount, 0) / nullif(whole.amount, 0)", "share");
    o.having = c->q.having_metric >= 0 ? having_sql(c, text_f(c, "(%s)", o.exprs[0]), SEM_PERCENT) : NULL;
    o.rank_by = "share";
    columns_of_keys(c, &w);
    add_column(c, "share", text_f(c, "share of %s", m->metric.name.title), SEM_PERCENT, 's');
    say_metrics(c, &part);
    c->plan->sql = finish(c, &w, &o);
    return true;
}

bool compile_share(compiler *c)
{
    bool ok;

    if (!check_additive(c))
        return false;
    ok = c->q.together && c->q.n_groups == 1 && c->q.groups[0].dimension >= 0 && c->q.limit > 0 ? share_of_top(c) :
         c->q.n_groups && c->q.share_filter < 0 ? share_of_groups(c) : share_of_part(c);
    c->plan->period = c->q.period;
    cut_to_today(c, &c->plan->period);
    say_period(c, &c->q.period);
    return ok;
}
