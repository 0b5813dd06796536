/* source.c - one table and the joins it needs, always from many to one.
 *
 * A dimension belongs to a metric only if such a path leads to it; then the
 * join cannot multiply the metric's rows. Where no path leads, the question is
 * refused by the caller, in words. */
#include <string.h>

#include "semantic/compile_impl.h"

void source_init(source *s, int table, const char *time)
{
    *s = (source){.tables = {table}, .on = {""}, .n = 1, .time = time, .extra = ""};
}

static bool joined(const source *s, int table)
{
    for (int i = 0; i < s->n; i++)
        if (s->tables[i] == table)
            return true;
    return false;
}

static void append(source *s, int table, const char *on)
{
    if (!joined(s, table) && s->n < MAX_SOURCE) {
        s->tables[s->n] = table;
        s->on[s->n++] = on;
    }
}

/* The calendar hangs on the time column, whichever that is. */
static bool reach_calendar(compiler *c, source *s)
{
    const char *column = s->time_shift ? s->time_shift : s->time;

    if (!s->time || c->l->tables[s->tables[0]].monthly)
        return false;
    append(s, c->l->calendar.table, text_f(c, "%s = %s", c->l->calendar.date, column));
    return true;
}

/* A table of the layer's own making goes before what reads it. */
static void add_made_table(compiler *c, int table)
{
    const table_def *t = &c->l->tables[table];

    if (t->sql && !strstr(c->ctes, text_f(c, "%s AS (", t->sql_name)))
        add_cte(c, t->sql_name, t->sql);
}

bool source_reach(compiler *c, source *s, int table)
{
    const sem_layer *l = c->l;
    int from[MAX_TABLES], queue[MAX_TABLES], n_queue = 0;
    const char *on[MAX_TABLES];
    int path[MAX_TABLES], n_path = 0;

    if (joined(s, table))
        return true;
    if (table == l->calendar.table)
        return reach_calendar(c, s);
    for (int i = 0; i < l->n_tables; i++)
        from[i] = -2;
    queue[n_queue++] = s->tables[0];
    from[s->tables[0]] = -1;
    for (int i = 0; i < n_queue && from[table] == -2; i++) {
        const table_def *t = &l->tables[queue[i]];

        for (int k = 0; k < t->n_joins; k++)
            if (from[t->joins[k].table] == -2) {
                from[t->joins[k].table] = queue[i];
                on[t->joins[k].table] = t->joins[k].on;
                queue[n_queue++] = t->joins[k].table;
            }
    }
    if (from[table] == -2)
        return false;
    for (int t = table; from[t] >= 0; t = from[t])
        path[n_path++] = t;
    while (n_path--) {
        append(s, path[n_path], on[path[n_path]]);
        add_made_table(c, path[n_path]);
    }
    return true;
}

void source_where(compiler *c, source *s, const char *predicate)
{
    for (int i = 0; i < s->n_where; i++)
        if (!strcmp(s->where[i], predicate))
            return;
    if (s->n_where < MAX_WHERE)
        s->where[s->n_where++] = predicate;
    else
        c->bad = true;
}

const char *source_from(compiler *c, const source *s)
{
    const char *text = text_f(c, "FROM %s", c->l->tables[s->tables[0]].sql_name);

    add_made_table(c, s->tables[0]);
    for (int i = 1; i < s->n; i++)
        text = text_f(c, "%s JOIN %s ON %s", text, c->l->tables[s->tables[i]].sql_name, s->on[i]);
    return text_f(c, "%s%s", text, s->extra);
}

const char *source_where_text(compiler *c, const source *s)
{
    const char *text = "";

    for (int i = 0; i < s->n_where; i++)
        text = text_join(c, text, " AND ", "%s", s->where[i]);
    return text[0] ? text_f(c, " WHERE %s", text) : "";
}

/* Weekdays and hours are said of what happens, not of states or month's targets. */
bool source_reach_dimension(compiler *c, source *s, const dimension_def *d)
{
    const table_def *t = &c->l->tables[s->tables[0]];

    if (!d->on_time)
        return source_reach(c, s, d->table);
    return s->time != NULL && !t->monthly && !t->snapshot;
}

const char *dimension_sql(compiler *c, const source *s, const dimension_def *d)
{
    const char *out = "", *p = d->sql, *hole;

    if (!d->on_time)
        return d->sql;
    for (; (hole = strstr(p, ":time")) != NULL; p = hole + 5)
        out = text_f(c, "%s%.*s%s", out, (int)(hole - p), p, s && s->time ? s->time : "NULL");
    return text_f(c, "%s%s", out, p);
}
