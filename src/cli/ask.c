/* ask.c - salesbot ask: one question, or a file of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"

static const char help[] =
    "  --db FILE          DuckDB or SQLite file, CSV or Parquet, or a folder of these two\n"
    "                     (else $SALESBOT_DB, the last connected, the sample)\n"
    "  --sql SQL          run this instead, guarded like any other\n"
    "  --format F         table json csv markdown parquet (default table)\n"
    "  --out FILE         write the answer there, whole or not at all\n"
    "  --chart FILE.html  write the chart as one self-contained page\n"
    "  --all              every row, not the first ten\n"
    "  --trace            each step, its time and why\n"
    "  --explain          the SQL in plain language\n"
    "  --no-model         templates only; --template-only the same\n"
    "  --no-rag           without the knowledge base\n"
    "  --model FILE       GGUF file or folder (else $SALESBOT_MODEL, else the default weights)\n"
    "  --adapter DIR      LoRA adapter, a PEFT folder (else $SALESBOT_ADAPTER, adapters/default in the home\n"
    "                     folder, the one that came with salesbot); --no-adapter: none\n"
    "  --no-mask          the model writes freely, not only what binds (for comparisons)\n"
    "  --temperature T, --beam N, --seed S   how the model chooses (default: greedy)\n"
    "  --pick N           take the N-th of the choices\n"
    "  --semantic FILE    a semantic layer of your own (YAML)\n"
    "  --batch FILE.jsonl questions, a line each (text or {\"question\": ...}); - is stdin;\n"
    "                     one state a line comes out\n"
    "  --no-times         leave times out of the JSON\n"
    "  --threads N        of the model (default: all cores)\n";
static const char accepted[] =
    "db model adapter no-adapter no-mask sql out chart batch semantic no-rag no-model template-only model-only "
    "all trace explain temperature beam pick threads seed format no-times";

static agent_options options_of(const flags *f)
{
    return (agent_options){
        .sql = f->sql, .no_rag = f->no_rag, .no_model = f->no_model || f->template_only,
        .template_only = f->template_only, .model_only = f->model_only, .no_mask = f->no_mask,
        .explain = f->explain, .temperature = f->temperature, .beam = f->beam,
        .pick = f->pick, .seed = f->seed,
    };
}

static bool write_chart(const flags *f, const agent_state *s, err *e)
{
    str page = {0};
    bool ok;

    if (!f->chart || s->error.code != ERR_OK)
        return true;
    ok = agent_chart_html(s, &page, e) &&
         file_write_atomic(f->chart, str_text(&page), page.n, 0644, e);
    str_deinit(&page);
    if (ok)
        fprintf(stderr, "Chart: %s\n", f->chart);
    return ok;
}

/* What a failed or stopped question must not put in a file's place. */
static bool keeps_file(const agent_state *s, const flags *f)
{
    return f->out && (cli_interrupted() || (s->error.code != ERR_OK && f->format == FORMAT_CSV));
}

static bool write_answer(agent_context *c, const agent_state *s, const flags *f, err *e)
{
    str out = {0};
    bool ok = true;

    if (f->format == FORMAT_PARQUET)
        ok = output_parquet(c, s, f, e);
    else if (!keeps_file(s, f))
        ok = output_state(s, f, &out, e) && output_write(f, &out, e);
    str_deinit(&out);
    return ok && write_chart(f, s, e);
}

/* Ask, print, write the chart. The exit code. */
static int ask_one(agent_context *c, const char *question, const flags *f)
{
    const agent_options o = options_of(f);
    err e = {0};
    agent_state *s = agent_state_new(&e);
    int code;

    if (!s || !orchestrator_process(c, question, &o, s, &e)) {
        agent_state_free(s);
        return cli_fail(&e);
    }
    code = output_exit_code(s);
    if (!write_answer(c, s, f, &e))
        code = cli_fail(&e);
    else if (code == err_exit_code(ERR_LIMIT) && f->format != FORMAT_TABLE)
        fprintf(stderr, "salesbot: the rows were cut at the limit\n");
    else if (s->error.code != ERR_OK && f->format == FORMAT_CSV)
        fprintf(stderr, "salesbot: %s\n", s->error.message);
    agent_state_free(s);
    return cli_interrupted() ? 130 : code;
}

/* ---- --batch ---------------------------------------------------------------- */

/* The question of a batch line: a JSON object's or string's, or the text. An
 * object without one asks nothing, so that states and lines stay in step. */
static char *line_question(const char *line)
{
    json_t *j = json_loads(line, JSON_DECODE_ANY, NULL);
    const char *text = line;
    char *question;

    if (json_is_object(j))
        text = json_string_value(json_object_get(j, "question"));
    else if (json_is_string(j))
        text = json_string_value(j);
    question = strdup(text ? text : "");
    json_decref(j);
    return question;
}

static bool ask_line(agent_context *c, const char *line, const flags *f, str *out, err *e)
{
    const agent_options o = options_of(f);
    agent_state *s = agent_state_new(e);
    char *question = line_question(line);
    const bool ok = (question || err_set(e, ERR_NOMEM, "out of memory")) && s &&
                    orchestrator_process(c, question, &o, s, e) && output_state(s, f, out, e);

    agent_state_free(s);
    free(question);
    return ok;
}

/* The line without its end; a NUL, which would hide the rest, becomes a control
 * character that the question's check refuses. */
static void clean_line(char *line, ssize_t *n)
{
    while (*n && (line[*n - 1] == '\n' || line[*n - 1] == '\r'))
        line[--*n] = 0;
    for (ssize_t i = 0; i < *n; i++)
        if (!line[i])
            line[i] = 1;
}

static bool batch_lines(agent_context *c, FILE *in, const flags *f, str *out, err *e)
{
    flags as_json = *f;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool ok = true;

    as_json.format = FORMAT_JSON;
    while (ok && !cli_interrupted() && (n = getline(&line, &room, in)) > 0) {
        clean_line(line, &n);
        if (!n)
            continue;
        ok = ask_line(c, line, &as_json, out, e);
        if (ok && !f->out) {
            ok = output_write(f, out, e);
            str_reset(out);
        }
    }
    free(line);
    if (ok && !cli_interrupted() && (ferror(in) || !feof(in)))
        ok = err_set(e, ERR_IO, "%s: cannot read on: %s", f->batch, strerror(errno));
    return ok;
}

static int ask_batch(agent_context *c, const flags *f)
{
    FILE *in = strcmp(f->batch, "-") ? fopen(f->batch, "r") : stdin;
    str out = {0};
    err e = {0};
    bool ok = in || err_set(&e, ERR_IO, "%s: cannot open this file of questions: %s", f->batch,
                            strerror(errno));

    ok = ok && batch_lines(c, in, f, &out, &e);
    if (in && in != stdin)
        fclose(in);
    if (ok && f->out && !cli_interrupted())
        ok = output_write(f, &out, &e);
    str_deinit(&out);
    return !ok ? cli_fail(&e) : cli_interrupted() ? 130 : 0;
}

static bool join_words(const flags *f, str *question)
{
    for (int i = 0; i < f->n_words; i++) {
        if (i)
            str_addc(question, ' ');
        str_adds(question, f->words[i]);
    }
    return !question->bad;
}

static int run(int argc, char **argv)
{
    flags f;
    str database = {0}, model = {0}, question = {0};
    err e = {0};
    agent_context *c = NULL;
    int code;

    if (!flags_parse(&f, argc, argv, accepted, &verb_ask))
        return 2;
    join_words(&f, &question);
    if (!question.n && !f.batch && !f.sql) {
        fprintf(stderr, "salesbot ask: what is the question? For example:\n"
                        "  salesbot ask \"sales by region in 2024\"\n");
        return 2;
    }
    if (cli_database(&f, &database, &e) && cli_model(&f, &model, &e) &&
        cli_adapter_check(&f, model.text, &e))
        c = agent_context_open(&(agent_context_options){
            .on_import = cli_import,
            .database = database.text, .model = model.text, .semantic = f.semantic,
            .adapter = f.adapter, .no_adapter = f.no_adapter,
            .threads = f.threads, .no_model = f.no_model || f.template_only}, &e);
    if (c)
        cli_on_interrupt(c);
    code = !c ? cli_fail(&e) : f.batch ? ask_batch(c, &f) : ask_one(c, str_text(&question), &f);
    cli_on_interrupt(NULL);
    agent_context_close(c);
    str_deinit(&database);
    str_deinit(&model);
    str_deinit(&question);
    return code;
}

const verb verb_ask = {"ask", "QUESTION", "answer a question about the database", help, run};
