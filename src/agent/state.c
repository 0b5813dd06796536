/* state.c - the plain struct that one question fills, and its small helpers. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

enum { STATE_BYTES = 64 << 20 };

agent_state *agent_state_new(err *e)
{
    agent_state *s = calloc(1, sizeof *s);

    if (s)
        s->arena = arena_new(STATE_BYTES);
    if (!s || !s->arena) {
        free(s);
        err_set(e, ERR_NOMEM, "out of memory for a question");
        return NULL;
    }
    s->question = s->sql = s->sql_pretty = s->answer = s->explanation = "";
    s->database = s->data_to = s->fingerprint = s->weights = s->adapter = s->kernel_table =
        s->knowledge_version = s->currency = s->evidence_sql = "";
    s->confidence.word = s->confidence.reason = "";
    s->error.message = "";
    sem_query_init(&s->query);
    return s;
}

void agent_state_free(agent_state *s)
{
    if (!s)
        return;
    json_decref(s->entities);
    json_decref(s->chart);
    db_result_free(s->results);
    db_result_free(s->evidence);
    arena_free(s->arena);
    free(s);
}

const char *state_str(agent_state *s, const char *text)
{
    const char *copy = text && *text ? arena_str(s->arena, text) : "";

    return copy ? copy : "";
}

const char *state_strf(agent_state *s, const char *fmt, ...)
{
    va_list ap;
    char *text;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !(text = arena_push(s->arena, char, (size_t)n + 1)))
        return "";
    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}

void state_note(agent_state *s, const char **list, int *n, const char *text)
{
    if (!text || !*text || *n == AGENT_MAX_NOTES)
        return;
    for (int i = 0; i < *n; i++)
        if (!strcmp(list[i], text))
            return;
    list[(*n)++] = state_str(s, text);
}

void state_trace(agent_state *s, const char *step, const char *source, const char *why, double ms)
{
    if (s->n_trace == AGENT_MAX_TRACE)
        return;
    s->trace[s->n_trace++] = (agent_trace){.step = step, .source = state_str(s, source),
                                           .why = state_str(s, why), .ms = ms};
}

void state_why(agent_state *s, const char *source, const char *fmt, ...)
{
    char text[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    s->work->source = state_str(s, source);
    s->work->why = state_str(s, text);
}

/* ---- columns of statements that no plan describes ------------------------- */

static bool name_ends(const char *name, const char *const *ends)
{
    const size_t n = strlen(name) - (*name && name[strlen(name) - 1] == ')'); /* sum(sales) */

    for (; *ends; ends++) {
        const size_t k = strlen(*ends);

        if (n >= k && !strncasecmp(name + n - k, *ends, k) &&
            (n == k || strchr("_ (.", name[n - k - 1])))
            return true;
    }
    return false;
}

static const char *const id_names[] = {"id", "ids", "code", "sku", "key", "number", "zip",
                                       "uuid", "postcode", NULL};
static const char *const time_names[] = {"year", "quarter", "month", "week", "iso_week", "hour",
                                         "weekday", "day", "period", "date", NULL};
static const char *const money_names[] = {"amount", "sales", "revenue", "turnover", "price",
                                          "cost", "margin", "refunds", "target", "spend",
                                          "basket", NULL};
static const char *const percent_names[] = {"pct", "percent", "percentage", NULL};

static char role_by_name(const db_result_column *c)
{
    if (c->type == DB_DATE || c->type == DB_TIMESTAMP || c->type == DB_TIME)
        return 't';
    if (c->type == DB_TEXT || c->type == DB_BOOLEAN)
        return 'g';
    if (strchr(c->name, '(')) /* count(store_id) is a count */
        return 'm';
    if (name_ends(c->name, time_names))
        return 't';
    return name_ends(c->name, id_names) ? 'g' : 'm';
}

static sem_unit unit_by_name(const agent_state *s, const db_result_column *c, char role)
{
    if (c->type == DB_DATE || c->type == DB_TIMESTAMP)
        return SEM_DATE;
    if (c->type == DB_TEXT || c->type == DB_BOOLEAN || c->type == DB_TIME)
        return SEM_TEXT;
    if (role != 'm')
        return SEM_YEAR; /* ids and years are written without separators */
    if (name_ends(c->name, percent_names))
        return SEM_PERCENT;
    if (*s->currency && c->type == DB_DECIMAL && c->scale == 2 && name_ends(c->name, money_names))
        return SEM_MONEY;
    return c->type == DB_INTEGER ? SEM_COUNT : SEM_NUMBER;
}

/* What DuckDB calls an unnamed aggregate: "sum(net_amount)" -> "sum of net amount". */
static const char *aggregate_title(agent_state *s, const char *name)
{
    static const struct { const char *call, *title; } calls[] = {
        {"count_star(", "number of rows"}, {"count(DISTINCT ", "number of different "},
        {"count(", "number of "}, {"sum(", "sum of "}, {"avg(", "average of "},
        {"min(", "lowest "}, {"max(", "highest "}, {"median(", "median of "}};
    const size_t n = strlen(name);

    for (size_t i = 0; n && name[n - 1] == ')' && i < sizeof calls / sizeof calls[0]; i++)
        if (str_starts(name, calls[i].call)) {
            const size_t k = strlen(calls[i].call);
            const char *inner = strrchr(name + k, '.');

            inner = inner ? inner + 1 : name + k;
            return state_strf(s, "%s%.*s", calls[i].title, (int)(name + n - 1 - inner), inner);
        }
    return name;
}

static const char *human(agent_state *s, const char *name)
{
    char *title = arena_str(s->arena, aggregate_title(s, name));

    for (char *p = title; p && *p; p++)
        if (*p == '_' || (unsigned char)*p < 0x20)
            *p = ' ';
    return title ? title : "";
}

/* A year that the layer calls by its number is never written "2,024". */
static void by_plan(agent_state *s, agent_column *c, const sem_plan_column *p)
{
    c->title = human(s, p->title && *p->title ? p->title : c->name);
    c->unit = p->unit;
    c->role = p->role;
    if (c->role == 't' && c->unit != SEM_DATE && c->unit != SEM_TEXT)
        c->unit = SEM_YEAR;
}

bool state_columns(agent_state *s, err *e)
{
    const db_result *r = s->results;
    const bool planned = s->has_plan && s->plan.n_columns == r->n_columns;

    s->columns = arena_push(s->arena, agent_column, (size_t)r->n_columns + 1);
    if (!s->columns)
        return err_set(e, ERR_NOMEM, "out of memory for %d columns", r->n_columns);
    for (int i = 0; i < r->n_columns; i++) {
        agent_column *c = &s->columns[i];

        *c = (agent_column){.name = state_str(s, r->columns[i].name), .type = r->columns[i].type};
        if (planned) {
            by_plan(s, c, &s->plan.columns[i]);
            continue;
        }
        c->title = human(s, c->name);
        c->role = role_by_name(&r->columns[i]);
        c->unit = unit_by_name(s, &r->columns[i], c->role);
    }
    return true;
}
