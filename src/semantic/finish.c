/* finish.c - the outermost SELECT: order, cut, and the list of its columns.
 *
 * The same question gives the same bytes: every order ends in the labels.
 * The best of each group keeps all that are tied at the cut. */
#include <string.h>

#include "semantic/compile_impl.h"

void outer_add(outer *o, const char *expr, const char *name)
{
    if (o->n < (int)(sizeof o->exprs / sizeof o->exprs[0])) {
        o->exprs[o->n] = expr;
        o->names[o->n++] = name;
    }
}

static int32_t as_day(double value)
{
    return value > -700000 && value < 2900000 ? (int32_t)value : 0;
}

/* A date's value is its day since 1970-01-01, as everywhere. */
static const char *having_date(compiler *c, const char *expr, const char *const *sign)
{
    if (c->q.having_op == SEM_BETWEEN)
        return between_sql(c, expr, as_day(c->q.having_value), as_day(c->q.having_value2));
    if (c->q.having_op < SEM_EQ || c->q.having_op > SEM_GE)
        return NULL;
    return text_f(c, "%s %s %s", expr, sign[c->q.having_op], date_sql(c, as_day(c->q.having_value)));
}

const char *having_sql(compiler *c, const char *expr, sem_unit unit)
{
    static const char *const sign[] = {[SEM_EQ] = "=", [SEM_NE] = "<>", [SEM_LT] = "<",
                                       [SEM_LE] = "<=", [SEM_GT] = ">", [SEM_GE] = ">="};

    if (c->q.having_metric < 0)
        return NULL;
    if (unit == SEM_DATE)
        return having_date(c, expr, sign);
    if (c->q.having_op == SEM_BETWEEN)
        return text_f(c, "%s BETWEEN %.15g AND %.15g", expr, c->q.having_value, c->q.having_value2);
    if (c->q.having_op < SEM_EQ || c->q.having_op > SEM_GE)
        return NULL;
    return text_f(c, "%s %s %.15g", expr, sign[c->q.having_op], c->q.having_value);
}

const char *column_name(compiler *c, const char *identifier)
{
    size_t n = strlen(identifier);

    return identifier[0] == '"' && n > 2 ? text_f(c, "%.*s", (int)n - 2, identifier + 1) : identifier;
}

void columns_of_keys(compiler *c, const block *b)
{
    for (int i = 0; i < b->n_keys; i++)
        add_column(c, column_name(c, b->keys[i].label_name), b->keys[i].title, b->keys[i].unit,
                   b->keys[i].is_time ? 't' : 'g');
}

/* Weekdays are ordered by their number, everything else by its label. */
static const char *order_key(const group_key *k)
{
    return k->is_time && k->key ? k->key : k->label_name;
}

static const char *order_by(compiler *c, const block *b, const outer *o)
{
    const char *list = "", *direction = c->q.ascending ? "" : " DESC";
    bool times = false;

    for (int i = 0; i < b->n_keys; i++)
        times = times || b->keys[i].is_time;
    if (c->q.limit_per_group >= 0 && c->q.limit_per_group < b->n_keys)
        list = text_join(c, list, ", ", "%s", order_key(&b->keys[c->q.limit_per_group]));
    if (o->rank_by && (c->q.ordered || (!times && !c->q.running)))
        list = text_join(c, list, ", ", "%s%s NULLS LAST", o->rank_by, direction);
    for (int pass = 0; pass < 2; pass++) /* time before members */
        for (int i = 0; i < b->n_keys; i++)
            if (b->keys[i].is_time == (pass == 0) && i != c->q.limit_per_group)
                list = text_join(c, list, ", ", "%s", order_key(&b->keys[i]));
    return b->n_keys && list[0] ? text_f(c, " ORDER BY %s", list) : "";
}

const char *limit_sql(compiler *c)
{
    if (c->q.limit <= 0 || c->q.limit_per_group >= 0)
        return "";
    return c->q.offset > 0 ? text_f(c, " LIMIT %d OFFSET %d", c->q.limit, c->q.offset) : text_f(c, " LIMIT %d", c->q.limit);
}

static const char *qualify(compiler *c, const block *b, const outer *o)
{
    const char *text = o->having && o->having_window ? o->having : "";
    const group_key *k;

    if (c->q.limit > 0 && c->q.limit_per_group >= 0 && c->q.limit_per_group < b->n_keys && o->rank_by) {
        k = &b->keys[c->q.limit_per_group];
        text = text_join(c, text, " AND ", "rank() OVER (PARTITION BY %s%s%s ORDER BY %s%s NULLS LAST) <= %d",
                         k->key ? k->key : "", k->key ? ", " : "", k->label, o->rank_expr ? o->rank_expr : o->exprs[0],
                         c->q.ascending ? "" : " DESC", c->q.limit);
    }
    return text[0] ? text_f(c, " QUALIFY %s", text) : "";
}

const char *finish(compiler *c, const block *b, const outer *o)
{
    const char *select = "", *where = b->where, *having = "";

    for (int i = 0; i < b->n_keys; i++)
        select = text_join(c, select, ", ", "%s", aliased(c, b->keys[i].label, b->keys[i].label_name));
    for (int i = 0; i < o->n; i++)
        select = text_join(c, select, ", ", "%s", aliased(c, o->exprs[i], o->names[i]));
    if (o->having && !o->having_window && b->grouped)
        having = text_f(c, " HAVING %s", o->having);
    else if (o->having && !o->having_window)
        where = text_f(c, "%s%s%s", where, where[0] ? " AND " : " WHERE ", o->having);
    select = text_f(c, "SELECT %s %s%s%s%s%s%s%s", select, b->from, where, block_group_by(c, b), having,
                    qualify(c, b, o), order_by(c, b, o), limit_sql(c));
    return c->ctes[0] ? text_f(c, "WITH %s %s", c->ctes, select) : select;
}
