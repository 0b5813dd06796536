/* example.c - a question and its statement become one line of training data. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "data/data_impl.h"
#include "rag/prompt.h"
#include "sql/canonical.h"
#include "sql/tree.h"

enum { PAIR_ARENA = 64 << 20 };

void data_maker_init(data_maker *m, const db_catalog *c)
{
    *m = (data_maker){.catalog = c};
    prompt_prefix(c, &(prompt_options){0}, &m->prefix);
}

void data_maker_deinit(data_maker *m) { str_deinit(&m->prefix); }

typedef struct shape { bool set, nested, join, window, cte; int n_queries; } shape;

static bool see_from(void *arg, const sql_from *f)
{
    shape *s = arg;

    s->join |= f->kind == SQL_F_JOIN;
    return true;
}

static bool see_query(void *arg, const sql_query *q)
{
    shape *s = arg;

    s->nested |= s->n_queries++ > 0;
    s->set |= q->kind == SQL_Q_SET;
    s->cte |= q->n_ctes > 0;
    return true;
}

static bool see_expr(void *arg, const sql_expr *x)
{
    shape *s = arg;

    s->window |= x->kind == SQL_X_CALL && x->call && x->call->over;
    return true;
}

static const char *category_of(const sql_stmt *s)
{
    shape seen = {0};
    const sql_query *q = s->query;

    sql_walk(q, &(sql_visitor){.expr = see_expr, .from = see_from, .query = see_query, .arg = &seen});
    if (seen.window)
        return "window";
    if (seen.set)
        return "set";
    if (seen.cte || seen.nested)
        return "nested";
    if (q->select && (q->select->group.n || q->select->group_all))
        return seen.join ? "join_group" : "group";
    return seen.join ? "join" : "simple";
}

bool data_canonical(arena *a, const db_catalog *c, const char *sql, data_sql *out, err *e)
{
    sql_stmt *s;

    if (!(out->from_first = sql_canonical(a, sql, c, e)) || !(s = sql_parse(a, out->from_first, e)))
        return false;
    out->category = category_of(s);
    out->select_first = sql_print(a, s, SQL_DUCKDB, 0);
    return out->select_first || err_set(e, ERR_NOMEM, "the statement is too large");
}

static void add_user(const data_maker *m, const data_pair *p, str *out)
{
    prompt_hint hints[PROMPT_HINTS_SHOWN];
    const int n = prompt_hints(m->catalog, p->question, hints, PROMPT_HINTS_SHOWN);
    const prompt_asked asked = {.question = p->question, .evidence = p->evidence,
                                .today = p->today, .hints = hints, .n_hints = n};

    str_add(out, str_text(&m->prefix), m->prefix.n);
    prompt_question(m->catalog, &(prompt_options){0}, &asked, out);
}

static bool add_line(const data_maker *m, const data_pair *p, const char *user, const char *answer,
                     const data_sql *sql, str *line, err *e)
{
    json_t *j = json_pack("{s:[{s:s, s:s}, {s:s, s:s}], s:I, s:s, s:s, s:s, s:s, s:s}", "messages",
                          "role", "user", "content", user, "role", "assistant", "content", answer,
                          "prefix", (json_int_t)m->prefix.n, "db_id", p->db_id, "category",
                          p->category ? p->category : sql->category, "question", p->question,
                          "sql", sql->select_first, "source", p->source);
    char *text;

    if (j && p->template)
        json_object_set_new(j, "template", json_string(p->template));
    text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    if (text) {
        str_adds(line, text);
        str_addc(line, '\n');
    }
    free(text);
    json_decref(j);
    return (text && !line->bad) || err_set(e, ERR_FORMAT, "the question or its statement is no UTF-8 text");
}

bool data_example(const data_maker *m, const data_pair *p, str *line, err *e)
{
    data_sql sql = {.select_first = "", .category = "refusal"};
    arena *a = arena_new(PAIR_ARENA);
    str user = {0}, answer = {0};
    bool ok = a || err_set(e, ERR_NOMEM, "out of memory");

    if (ok && !p->refusal)
        ok = data_canonical(a, m->catalog, p->sql, &sql, e);
    if (ok) {
        add_user(m, p, &user);
        if (p->refusal) {
            str_adds(&answer, PROMPT_REFUSAL);
            prompt_clean(p->refusal, &answer);
        } else {
            str_adds(&answer, sql.from_first);
        }
        ok = (!user.bad && !answer.bad) || err_set(e, ERR_NOMEM, "out of memory");
    }
    ok = ok && add_line(m, p, str_text(&user), str_text(&answer), &sql, line, e);
    str_deinit(&user);
    str_deinit(&answer);
    arena_free(a);
    return ok;
}
