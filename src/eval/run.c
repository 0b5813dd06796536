/* run.c - ask every question of a file and judge what comes.
 *
 * Databases are opened when a line needs one, and at most KEPT of them stay
 * open: lines of one database usually stand together, and memory stays bounded. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "eval/eval_impl.h"

enum { KEPT = 3, CASE_ARENA = 256 << 20 };

typedef struct opened {
    char *db_id;
    agent_context *context;
    int used; /* when, by counting questions */
} opened;

typedef struct runner {
    const eval_options *o;
    opened kept[KEPT];
    int clock;
    eval_report *report;
    predictions predictions;
} runner;

static void forget(opened *k)
{
    agent_context_close(k->context);
    free(k->db_id);
    *k = (opened){0};
}

static bool find_file(const char *folder, const char *db_id, str *path, err *e)
{
    static const char *const ends[] = {".duckdb", ".sqlite", ".db", ".sqlite3"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        str_reset(path);
        str_addf(path, "%s/%s%s", folder, db_id, ends[i]);
        if (!access(str_text(path), F_OK))
            return true;
    }
    return err_set(e, ERR_DB, "no %s/%s.duckdb and no .sqlite: the data names this database", folder,
                   db_id);
}

static bool open_context(runner *r, opened *k, const char *db_id, err *e)
{
    agent_context_options c = {.shared_model = r->o->model,
                               .adapter = r->o->adapter,
                               .no_adapter = r->o->no_adapter,
                               .semantic = r->o->semantic,
                               .db_threads = 1,
                               .no_model = !r->o->model};
    str path = {0};
    bool ok = r->o->database || find_file(r->o->db_dir, db_id, &path, e);

    c.database = r->o->database ? r->o->database : str_text(&path);
    if (ok) {
        k->context = agent_context_open(&c, e);
        k->db_id = strdup(db_id);
        ok = k->context && (k->db_id || err_set(e, ERR_NOMEM, "out of memory"));
    }
    str_deinit(&path);
    if (!ok)
        forget(k);
    return ok;
}

static agent_context *context_of(runner *r, const char *db_id, err *e)
{
    opened *oldest = &r->kept[0];

    r->clock++;
    for (int i = 0; i < KEPT; i++) {
        opened *k = &r->kept[i];

        if (k->db_id && !strcmp(k->db_id, db_id)) {
            k->used = r->clock;
            return k->context;
        }
        if (k->used < oldest->used)
            oldest = k;
    }
    forget(oldest);
    if (!open_context(r, oldest, db_id, e))
        return NULL;
    oldest->used = r->clock;
    return oldest->context;
}

/* ---- judging ---------------------------------------------------------- */

static bool prepares(agent_context *c, const char *sql)
{
    err ignored = {0};
    db_result *r = *sql ? db_prepare(agent_db(c), sql, &ignored) : NULL;

    db_result_free(r);
    return r != NULL;
}

/* The model's last statement, where the state kept none: did it prepare? It did
 * not, or it would be the answer's. */
static void judge_statement(agent_context *c, const agent_state *s, const eval_line *line,
                            eval_case *k)
{
    arena *a = arena_new(CASE_ARENA);
    comparison with_gold;

    if (a && *s->sql) {
        compare_statements(a, agent_catalog(c), line->sql, s->sql, &with_gold);
        k->exact = with_gold.exact;
        k->similarity = with_gold.similarity;
        k->difference = k->right ? EVAL_NO_DIFFERENCE : with_gold.difference;
        if (!k->right && k->difference == EVAL_NO_DIFFERENCE)
            k->difference = EVAL_OTHER;
    }
    arena_free(a);
}

static bool judge(agent_context *c, const agent_state *s, const eval_line *line, eval_case *k, err *e)
{
    eval_verdict v = {0};
    str why = {0};

    k->path = agent_source_name(s->source);
    k->confidence = s->confidence.word ? s->confidence.word : "";
    k->stated = s->confidence.value;
    k->ambiguous = s->error.code == ERR_AMBIGUOUS;
    k->ms = s->total_ms;
    k->runs = s->error.code == ERR_OK && s->results && !s->results->truncated;
    k->answered = k->runs;
    k->prepares = k->runs || prepares(c, s->sql);
    k->unanswerable = !line->sql;
    k->difference = EVAL_NO_ANSWER;
    if (k->unanswerable) {
        k->right = !k->answered && (!line->ending || !strcmp(line->ending, err_name(s->error.code)));
        k->difference = k->right ? EVAL_NO_DIFFERENCE : EVAL_OTHER;
        return true;
    }
    if (!eval_judge(agent_db(c), line->sql, k->answered ? s->results : NULL, &v, &why))
        return err_set(e, ERR_NOMEM, "out of memory to compare the rows");
    k->no_gold = !v.gold_runs;
    k->right = v.right;
    if (k->no_gold)
        log_note("%s: %s: %s", line->db_id, str_text(&why), line->sql);
    str_deinit(&why);
    judge_statement(c, s, line, k);
    return true;
}

static bool ask_one(runner *r, const eval_line *line, err *e)
{
    agent_context *c = context_of(r, line->db_id, e);
    agent_options ask = r->o->ask;
    agent_state *s = c ? agent_state_new(e) : NULL;
    eval_case *k = s ? report_add(r->report) : NULL;
    bool ok;

    ask.evidence = line->evidence;
    if (!ask.limits.max_rows)
        ask.limits.max_rows = 200000;
    if (s && !k)
        err_set(e, ERR_NOMEM, "out of memory for the report");
    ok = k && orchestrator_process(c, line->question, &ask, s, e);
    if (ok && s->error.code == ERR_CANCELLED)
        ok = err_set(e, ERR_CANCELLED, "interrupted");
    ok = ok && judge(c, s, line, k, e);
    if (ok) {
        k->source = report_text(r->report, line->source);
        k->db_id = report_text(r->report, line->db_id);
        k->difficulty = report_text(r->report, line->difficulty);
        k->path = report_text(r->report, k->path);
        k->confidence = report_text(r->report, k->confidence);
        ok = predictions_add(&r->predictions, s, line, k, r->report->run, e);
    } else if (k) {
        r->report->n--;
    }
    agent_state_free(s);
    return ok;
}

/* What must be the same for two runs to be one: options, weights, data. */
static const char *run_name(const eval_options *o, eval_report *r)
{
    const agent_options *a = &o->ask;

    return arena_strf(r->a, "%s%s%s%s%s%s%s%s%s beam %d temperature %g seed %llu",
                      o->model ? (o->weights ? o->weights : "model") : "no model",
                      !o->model || o->no_adapter ? "" : " + ",
                      !o->model || o->no_adapter ? "" : o->adapter ? o->adapter : "default adapter",
                      a->template_only ? ", templates only" : "", a->no_rag ? ", without retrieval" : "",
                      a->no_mask ? ", without mask" : "", a->model_only ? ", model first" : "", a->no_fallbacks ? ", without fallbacks" : "",
                      o->semantic ? ", one layer" : "", a->beam, a->temperature,
                      (unsigned long long)a->seed);
}

static bool run_all(runner *r, const eval_lines *lines, err *e)
{
    const eval_options *o = r->o;
    const double start = clock_ms();

    for (int i = r->predictions.n_kept; i < lines->n; i++) {
        if (o->cancel && *o->cancel)
            return err_set(e, ERR_CANCELLED, "interrupted after %d of %d questions", i, lines->n);
        if (!ask_one(r, &lines->at[i], e))
            return false;
        r->report->seconds = (clock_ms() - start) / 1000;
        if (o->progress)
            o->progress(o->arg, r->report);
    }
    return true;
}

bool eval_run(const eval_options *o, eval_report *report, err *e)
{
    runner r = {.o = o, .report = report};
    eval_lines lines;
    err local = {0};
    bool ok;

    *report = (eval_report){.a = arena_new(256 << 20), .data = o->data};
    if (!report->a)
        return err_set(e, ERR_NOMEM, "out of memory for the report");
    if (!eval_lines_read(o->data, o->limit, o->database != NULL, &lines, e))
        return false;
    report->total = lines.n;
    report->run = run_name(o, report);
    ok = (report->run || err_set(e, ERR_NOMEM, "out of memory for the report")) &&
         predictions_open(&r.predictions, o, report->run, &lines, report, e) &&
         run_all(&r, &lines, e);
    if (!predictions_close(&r.predictions, &local) && ok)
        *e = local, ok = false;
    for (int i = 0; i < KEPT; i++)
        forget(&r.kept[i]);
    eval_lines_deinit(&lines);
    return ok;
}
