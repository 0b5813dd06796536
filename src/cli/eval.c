/* eval.c - salesbot eval: how right the answers are on a file of questions. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "eval/eval.h"

static const char help[] =
    "  --data FILE.jsonl   a line each: db_id, question, sql, evidence? source? difficulty?\n"
    "                      (no sql: the right answer is that there is none)\n"
    "                      ending: the code it is to end with then, \"not_in_data\", \"ambiguous\" …\n"
    "  --db-dir DIR        the databases: DIR/<db_id>.duckdb or .sqlite\n"
    "  --db FILE           one database for all questions, which then need no db_id\n"
    "  --json FILE         the report for programs; a page with charts goes to FILE.html\n"
    "  --predictions FILE  one state a line, in the order of the data\n"
    "  --resume            go on after the predictions that are there\n"
    "  --limit N           the first N questions\n"
    "  --template-only, --no-model, --no-rag, --no-mask   what takes part, as for ask\n"
    "  --model-only        the model alone: no templates, no memory, no fallbacks\n"
    "  --no-mask           it writes freely, not only what binds\n"
    "  --model FILE, --adapter DIR, --no-adapter, --beam N, --temperature T, --seed S, --threads N\n"
    "  --semantic FILE     one semantic layer for all databases\n"
    "A result is right when its rows are those of the reference, as a multiset, in order\n"
    "only where that orders; ties at a LIMIT may fall either way. Intervals are 95 %.\n";
static const char accepted[] = "data db-dir db json predictions resume limit template-only no-model no-rag "
                               "model-only no-mask model adapter no-adapter beam temperature seed threads semantic";

static volatile int cancelled;

static void on_interrupt(int n)
{
    (void)n;
    cancelled = 1;
}

typedef struct telling {
    bool terminal;
    double told, start;
    int first; /* questions that were there when it began */
} telling;

static void tell(void *arg, const eval_report *r)
{
    telling *t = arg;
    const double now = clock_ms();
    const int done = r->n - t->first;
    int right = 0;

    if (now - t->told < (t->terminal ? 250 : 30000) && r->n < r->total)
        return;
    t->told = now;
    for (int i = 0; i < r->n; i++)
        right += r->cases[i].right;
    fprintf(stderr, "%s%d of %d, %.1f %% right, %.0f s left%s", t->terminal ? "\r\033[K" : "", r->n,
            r->total, 100.0 * right / r->n,
            done > 0 ? (now - t->start) / 1000 / done * (r->total - r->n) : 0.0,
            t->terminal ? (r->n == r->total ? "\r\033[K" : "") : "\n");
}

static bool write_files(const flags *f, const eval_report *r, err *e)
{
    str page = {0}, path = {0};
    json_t *j;
    char *text;
    bool ok;

    if (!f->json)
        return true;
    j = eval_report_json(r);
    text = j ? json_dumps(j, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    str_addf(&path, "%s.html", f->json);
    ok = text ? file_write_atomic(f->json, text, strlen(text), 0644, e)
              : err_set(e, ERR_NOMEM, "out of memory for the report");
    ok = ok && eval_report_page(r, &page, e) &&
         file_write_atomic(str_text(&path), str_text(&page), page.n, 0644, e);
    free(text);
    json_decref(j);
    str_deinit(&page);
    str_deinit(&path);
    return ok;
}

static bool evaluate(const flags *f, agent_model *model, const char *weights, eval_report *r, err *e)
{
    telling t = {.terminal = isatty(STDERR_FILENO), .start = clock_ms(), .told = clock_ms()};
    const eval_options o = {
        .data = f->data, .db_dir = f->db_dir, .database = f->db, .predictions = f->predictions, .limit = f->limit,
        .resume = f->resume, .semantic = f->semantic, .adapter = f->adapter, .no_adapter = f->no_adapter,
        .model = model, .weights = weights,
        .ask = {.no_rag = f->no_rag, .no_model = !model, .template_only = f->template_only,
                .model_only = f->model_only, .no_mask = f->no_mask, .no_fallbacks = f->model_only, .beam = f->beam,
                .temperature = f->temperature, .seed = f->seed},
        .progress = tell, .arg = &t, .cancel = &cancelled};

    return eval_run(&o, r, e);
}

static int report(const flags *f, const eval_report *r, const err *failed)
{
    str text = {0};
    err e = {0};
    int code = 0;

    eval_report_text(r, &text);
    fputs(str_text(&text), stdout);
    str_deinit(&text);
    if (!write_files(f, r, &e))
        code = cli_fail(&e);
    if (failed) {
        code = cli_fail(failed);
        if (f->predictions && failed->code == ERR_CANCELLED)
            fprintf(stderr, "The same command with --resume goes on.\n");
    }
    return code;
}

static int run(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    agent_model *model = NULL;
    eval_report r = {0};
    str weights = {0};
    flags f;
    err e = {0};
    bool ok;
    int code;

    if (!flags_parse(&f, argc, argv, accepted, &verb_eval))
        return 2;
    if (!f.data || !f.db_dir == !f.db || f.n_words) {
        fprintf(stderr, "salesbot eval: --data FILE.jsonl and one of --db-dir DIR and --db FILE are needed "
                        "(salesbot eval --help)\n");
        return 2;
    }
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    ok = f.no_model || f.template_only ||
         (cli_model(&f, &weights, &e) && cli_adapter_check(&f, weights.text, &e) &&
          (model = agent_model_new(str_text(&weights), f.threads, &e)));
    ok = ok && evaluate(&f, model, str_text(&weights), &r, &e);
    code = !ok && !r.n ? cli_fail(&e) : report(&f, &r, ok ? NULL : &e);
    eval_report_deinit(&r);
    agent_model_free(model);
    str_deinit(&weights);
    return code;
}

const verb verb_eval = {"eval", "--data FILE --db-dir DIR|--db FILE", "how right the answers are on questions with SQL",
                        help, run};
