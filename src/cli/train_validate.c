/* train_validate.c - the executable rate while training: some validation questions, asked of
 * their databases with the weights as they are.
 *
 * The weights are written as an adapter beside the run and the model answers alone (no
 * templates, no fallbacks), as `salesbot eval --model-only` does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/train_impl.h"
#include "data/turns.h"
#include "eval/eval.h"

struct train_rater {
    const train_job *job;
    str folder;    /* OUT/checkpoints/rated: the adapter and the questions */
    str questions, states; /* its files: what was asked, and what came of it the last time */
    int n;
};

/* ---- which questions ---- */

typedef struct gathering {
    const char *db_dir;
    str lines; /* JSON, a line each */
    size_t *ends;
    int n, cap;
} gathering;

static bool database_there(const char *dir, const char *db_id)
{
    static const char *const kinds[] = {"duckdb", "sqlite"};
    bool there = false;

    if (!*db_id || *db_id == '.' || strchr(db_id, '/'))
        return false;
    for (int i = 0; i < 2 && !there; i++) {
        str path = {0};

        str_addf(&path, "%s/%s.%s", dir, db_id, kinds[i]);
        there = !path.bad && file_exists(path.text);
        str_deinit(&path);
    }
    return there;
}

static bool remember(gathering *g, const char *line, err *e)
{
    if (g->n == g->cap) {
        const int cap = g->cap ? 2 * g->cap : 256;
        size_t *more = realloc(g->ends, (size_t)cap * sizeof *more);

        if (!more)
            return err_set(e, ERR_NOMEM, "out of memory for the questions");
        g->ends = more;
        g->cap = cap;
    }
    str_addf(&g->lines, "%s\n", line);
    g->ends[g->n++] = g->lines.n;
    return !g->lines.bad || err_set(e, ERR_NOMEM, "out of memory for the questions");
}

static bool gather(void *arg, const turn *t, err *e)
{
    gathering *g = arg;
    const char *sql = json_string_value(json_object_get(t->line, "sql"));
    json_t *line;
    char *text;
    bool ok;

    if (!sql || !*sql || !*t->question || !database_there(g->db_dir, t->db_id))
        return true;
    line = json_pack("{s:s, s:s, s:s, s:s?}", "db_id", t->db_id, "question", t->question, "sql", sql, "evidence",
                     json_string_value(json_object_get(t->line, "evidence")));
    text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    ok = text ? remember(g, text, e) : err_set(e, ERR_NOMEM, "out of memory for the questions");
    free(text);
    json_decref(line);
    return ok;
}

/* `n` of them, evenly over the file. */
static bool write_questions(train_rater *r, const gathering *g, err *e)
{
    str chosen = {0};
    bool ok;

    for (int i = 0; i < r->n; i++) {
        const int at = (int)((int64_t)i * g->n / r->n);
        const size_t from = at ? g->ends[at - 1] : 0;

        str_add(&chosen, g->lines.text + from, g->ends[at] - from);
    }
    ok = !chosen.bad || err_set(e, ERR_NOMEM, "out of memory for the questions");
    ok = ok && dir_make(r->folder.text, e) && file_write_atomic(r->questions.text, str_text(&chosen), chosen.n, 0600, e);
    str_deinit(&chosen);
    return ok;
}

static bool choose(train_rater *r, err *e)
{
    const train_config *c = r->job->config;
    gathering g = {.db_dir = c->eval_db_dir};
    turn_counts counts;
    bool ok = turns_read(c->val, gather, NULL, &g, &counts, e);

    if (ok && !g.n)
        ok = err_set(e, ERR_ARG, "eval_db_dir: none of the databases of %s is in %s (as <db_id>.duckdb or .sqlite)",
                     c->val, c->eval_db_dir);
    r->n = g.n < c->eval_questions ? g.n : c->eval_questions;
    ok = ok && write_questions(r, &g, e);
    str_deinit(&g.lines);
    free(g.ends);
    return ok;
}

/* ---- the rate ---- */

train_rater *train_rater_new(const train_job *j, err *e)
{
    train_rater *r = calloc(1, sizeof *r);
    bool ok = r || err_set(e, ERR_NOMEM, "out of memory");

    if (ok) {
        r->job = j;
        str_addf(&r->folder, "%s/checkpoints/rated", j->out);
        str_addf(&r->questions, "%s/questions.jsonl", str_text(&r->folder));
        str_addf(&r->states, "%s/states.jsonl", str_text(&r->folder));
        ok = (!r->questions.bad && !r->folder.bad && !r->states.bad) || err_set(e, ERR_NOMEM, "out of memory");
    }
    ok = ok && choose(r, e);
    if (ok)
        return r;
    train_rater_free(r);
    return NULL;
}

void train_rater_free(train_rater *r)
{
    if (!r)
        return;
    str_deinit(&r->folder);
    str_deinit(&r->questions);
    str_deinit(&r->states);
    free(r);
}

static void count(const eval_report *report, double *rate)
{
    int n = 0, runs = 0;

    for (int i = 0; i < report->n; i++) {
        n += !report->cases[i].no_gold;
        runs += !report->cases[i].no_gold && report->cases[i].runs;
    }
    *rate = n ? (double)runs / n : 0;
}

/* A model of its own each time: one that stayed would keep the adapter it read first. */
bool train_rater_rate(train_rater *r, double *rate, err *e)
{
    const train_config *c = r->job->config;
    agent_model *model = agent_model_new(c->model, c->threads, e);
    const eval_options o = {.data = r->questions.text, .db_dir = c->eval_db_dir, .predictions = r->states.text,
                            .model = model, .adapter = r->folder.text, .cancel = r->job->hooks.stop,
                            .ask = {.model_only = true, .no_fallbacks = true, .no_rag = true}};
    eval_report report = {0};
    const bool ok = model && train_adapter_write(r->job, r->folder.text, e) && eval_run(&o, &report, e);

    if (ok)
        count(&report, rate);
    eval_report_deinit(&report);
    agent_model_free(model);
    return ok;
}
