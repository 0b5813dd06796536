/* execution.c - run the statement, fill the notes, fetch what the sentence needs.
 *
 * A statement without an order of its own is run inside one that sorts by all
 * columns, so that the row cap cuts the same rows every time; `sql` in the
 * state stays the statement itself, and the trace says that it was sorted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

char *sorted_sql(const char *sql, bool ordered, err *e)
{
    str text = {0};
    char *taken;

    str_addf(&text, ordered ? "%s" : "SELECT * FROM (%s) AS answer ORDER BY ALL", sql);
    taken = str_take(&text);
    if (!taken)
        err_set(e, ERR_NOMEM, "out of memory for the statement");
    return taken;
}

db_result *run_sql(agent_context *c, const char *sql, bool ordered, const db_limits *l, err *e)
{
    char *sorted = sorted_sql(sql, ordered, e);
    db_result *r = sorted ? db_execute(c->db, sorted, l, e) : NULL;

    free(sorted);
    return r;
}

/* ---- notes that need a number ------------------------------------------------- */

/* A cell of a note as people read it: counts with separators, the rest as text. */
static void add_note_cell(const db_result *r, int column, str *out)
{
    char buffer[64];

    if (db_cell_null(r, 0, column))
        str_adds(out, "–");
    else if (r->columns[column].type == DB_INTEGER)
        format_number(db_cell_number(r, 0, column), SEM_COUNT, "", FORMAT_PLAIN, out);
    else if (r->columns[column].type == DB_DATE)
        format_date((int32_t)r->columns[column].as.integer[0], SEM_DAY, out);
    else
        format_text(db_cell_text(r, 0, column, buffer), out);
}

/* The layer's file is text like any other: its "%s" are filled here, by hand. */
static void fill_note(const char *format, const db_result *r, str *out)
{
    int column = 0;

    for (; *format; format++)
        if (format[0] == '%' && format[1] == 's') {
            if (column < r->n_columns)
                add_note_cell(r, column++, out);
            format++;
        } else if (format[0] == '%' && format[1] == '%') {
            str_addc(out, '%');
            format++;
        } else {
            str_addc(out, *format);
        }
}

static bool run_note(agent_state *s, agent_context *c, const sem_note_query *q, err *e)
{
    const db_limits one = {.max_rows = 1};
    const char *sql = sql_check(s->arena, q->sql, c->catalog, NULL, e);
    db_result *r = sql ? db_execute(c->db, sql, &one, e) : NULL;
    str note = {0};

    if (!r)
        return false;
    if (r->n_rows && !(q->only_if_positive && !(db_cell_number(r, 0, 0) > 0))) {
        fill_note(q->format, r, &note);
        state_note(s, s->left_out, &s->n_left_out, str_text(&note));
    }
    str_deinit(&note);
    db_result_free(r);
    return true;
}

static void add_notes(agent_state *s, agent_context *c)
{
    for (int i = 0; i < s->plan.n_assumptions; i++)
        state_note(s, s->assumptions, &s->n_assumptions, s->plan.assumptions[i]);
    for (int i = 0; i < s->work->u.n_notes; i++)
        state_note(s, s->assumptions, &s->n_assumptions, s->work->u.notes[i]);
    for (int i = 0; i < s->plan.n_left_out; i++)
        state_note(s, s->left_out, &s->n_left_out, s->plan.left_out[i]);
    for (int i = 0; i < s->plan.n_note_queries; i++) {
        const double start = clock_ms();
        err local = {0};

        if (!run_note(s, c, &s->plan.note_queries[i], &local))
            state_trace(s, "execution", "note", local.msg, clock_ms() - start);
    }
}

/* ---- evidence: the amounts behind a change -------------------------------------- */

static bool wants_evidence(const agent_state *s)
{
    const sem_query *q = &s->query;

    if (!s->has_query || s->n_unused_words || !s->results->n_rows || q->n_metrics != 1 ||
        !s->plan.period.set || !s->plan.base.set || q->like_for_like || q->constant_currency)
        return false;
    for (int i = 0; i < q->n_groups; i++)
        if (q->groups[i].dimension < 0)
            return false; /* a growth for each of many periods */
    return q->shape == SEM_GROWTH || q->shape == SEM_WHY;
}

/* Both periods side by side, of all (why) or of each member (growth). */
static void fetch_evidence(agent_state *s, agent_context *c)
{
    sem_query q = s->query;
    sem_plan plan;
    err local = {0};
    const char *sql;
    const double start = clock_ms();

    q.periods[0] = s->plan.base;
    q.periods[1] = s->plan.period;
    q.n_periods = 2;
    q.period.set = q.base.set = false;
    q.limit = 0;
    q.ordered = false;
    q.having_metric = -1;
    if (q.shape == SEM_WHY)
        q.n_groups = 0;
    q.shape = SEM_COMPARE;
    sql = query_sql(s, c, &q, &plan, &local);
    if (sql)
        s->evidence = run_sql(c, sql, true, &s->work->o->limits, &local);
    s->evidence_sql = s->evidence ? sql : "";
    state_trace(s, "execution", "evidence",
                s->evidence ? "the amounts behind the change, for the sentence" : local.msg,
                clock_ms() - start);
}

/* ---- the step -------------------------------------------------------------------- */

/* A model's statement that prepared can still fail when it runs: the fallbacks
 * go on from there, once round. */
static bool run_with_fallback(agent_state *s, agent_context *c, err *e)
{
    const double start = clock_ms();
    err local = {0};

    s->results = run_sql(c, s->sql, s->ordered, &s->work->o->limits, &local);
    if (s->results)
        return true;
    if (s->source != SOURCE_MODEL || local.code == ERR_CANCELLED) {
        *e = local;
        return false;
    }
    state_trace(s, "execution", "model", local.msg, clock_ms() - start);
    if (!sql_generate(s, c, e))
        return false;
    s->results = run_sql(c, s->sql, s->ordered, &s->work->o->limits, e);
    return s->results != NULL;
}

bool execution_step(agent_state *s, agent_context *c, err *e)
{
    if (!run_with_fallback(s, c, e) || !state_columns(s, e))
        return false;
    if (s->has_plan)
        add_notes(s, c);
    if (s->results->truncated)
        state_note(s, s->left_out, &s->n_left_out,
                   state_strf(s, "rows beyond the first %lld: a limit cut them",
                              (long long)s->results->n_rows));
    if (wants_evidence(s))
        fetch_evidence(s, c);
    state_why(s, "database", "%lld rows%s", (long long)s->results->n_rows,
              s->ordered || s->results->n_rows < 2 ? "" : ", sorted by all columns: the statement has no order of its own");
    return true;
}
