/* text.c - strings of a statement being compiled, and what the note will say. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "semantic/compile_impl.h"

static const char *text_v(compiler *c, const char *before, const char *separator, const char *fmt, va_list args)
{
    va_list again;
    int n;
    size_t head = strlen(before) + strlen(separator);
    char *out;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    out = n < 0 ? NULL : arena_push(c->a, char, head + (size_t)n + 1);
    if (!out) {
        c->bad = true;
        return "";
    }
    memcpy(out, before, strlen(before));
    memcpy(out + strlen(before), separator, strlen(separator));
    vsnprintf(out + head, (size_t)n + 1, fmt, args);
    return out;
}

const char *text_f(compiler *c, const char *fmt, ...)
{
    va_list args;
    const char *out;

    va_start(args, fmt);
    out = text_v(c, "", "", fmt, args);
    va_end(args);
    return out;
}

const char *text_join(compiler *c, const char *old, const char *separator, const char *fmt, ...)
{
    va_list args;
    const char *out;

    va_start(args, fmt);
    out = text_v(c, old, old[0] ? separator : "", fmt, args);
    va_end(args);
    return out;
}

const char *date_sql(compiler *c, int32_t days)
{
    return text_f(c, "DATE '%s'", date_iso(c->a, days));
}

const char *between_sql(compiler *c, const char *column, int32_t from, int32_t to)
{
    if (from == to)
        return text_f(c, "%s = %s", column, date_sql(c, from));
    return text_f(c, "%s BETWEEN %s AND %s", column, date_sql(c, from), date_sql(c, to));
}

const char *aliased(compiler *c, const char *expr, const char *name)
{
    size_t n = strlen(expr), k = strlen(name);

    if (!strcmp(expr, name) || (n > k && expr[n - k - 1] == '.' && !strcmp(expr + n - k, name) && !strpbrk(expr, " (")))
        return expr;
    return text_f(c, "%s AS %s", expr, name);
}

void add_cte(compiler *c, const char *name, const char *select)
{
    c->ctes = text_join(c, c->ctes, ", ", "%s AS (%s)", name, select);
}

static void add_once(const char **list, int *n, int max, const char *text)
{
    for (int i = 0; i < *n; i++)
        if (!strcmp(list[i], text))
            return;
    if (*n < max)
        list[(*n)++] = text;
}

void say(compiler *c, const char *fmt, ...)
{
    va_list args;
    const char *text;

    va_start(args, fmt);
    text = text_v(c, "", "", fmt, args);
    va_end(args);
    add_once(c->plan->assumptions, &c->plan->n_assumptions,
             (int)(sizeof c->plan->assumptions / sizeof c->plan->assumptions[0]), text);
}

void say_left_out(compiler *c, const char *fmt, ...)
{
    va_list args;
    const char *text;

    va_start(args, fmt);
    text = text_v(c, "", "", fmt, args);
    va_end(args);
    add_once(c->plan->left_out, &c->plan->n_left_out,
             (int)(sizeof c->plan->left_out / sizeof c->plan->left_out[0]), text);
}

void note(compiler *c, bool only_if_positive, const char *format, const char *sql)
{
    sem_plan *p = c->plan;

    if (p->n_note_queries < (int)(sizeof p->note_queries / sizeof p->note_queries[0]))
        p->note_queries[p->n_note_queries++] =
            (sem_note_query){.sql = sql, .format = format, .only_if_positive = only_if_positive};
}

void add_column(compiler *c, const char *name, const char *title, sem_unit unit, char role)
{
    sem_plan *p = c->plan;

    if (p->n_columns < (int)(sizeof p->columns / sizeof p->columns[0]))
        p->columns[p->n_columns++] = (sem_plan_column){.name = name, .title = title, .unit = unit, .role = role};
}
