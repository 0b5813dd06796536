/* ask.c - salesbot ask: one question, or a file of them. */
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
    "  --temperature T, --beam N, --seed S   how the model chooses (default: greedy)\n"
    "  --pick N           take the N-th of the choices\n"
    "  --semantic FILE    a semantic layer of your own (YAML)\n"
    "  --batch FILE.jsonl questions, a line each (text or {\"question\": ...}); - is stdin;\n"
    "                     one state a line comes out\n"
    "  --no-times         leave times out of the JSON\n";
static const char accepted[] =
    "db model adapter no-adapter sql out chart batch semantic no-rag no-model template-only model-only "
    "all trace explain temperature beam pick threads seed format no-times";

static agent_options options_of(const flags *f)
{
    return (agent_options){
        .sql = f->sql, .no_rag = f->no_rag, .no_model = f->no_model || f->template_only,
        .template_only = f->template_only, .model_only = f->model_only,
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

/* Ask, print, write the chart. The exit code. */
static int ask_one(agent_context *c, const char *question, const flags *f)
{
    const agent_options o = options_of(f);
    err e = {0};
    agent_state *s = agent_state_new(&e);
    str out = {0};
    int code;

    if (!s || !orchestrator_process(c, question, &o, s, &e)) {
        agent_state_free(s);
        return cli_fail(&e);
    }
    code = output_exit_code(s);
    if (!(f->format == FORMAT_PARQUET ? output_parquet(c, s, f, &e)
                                      : output_state(s, f, &out, &e) && output_write(f, &out, &e)) ||
        !write_chart(f, s, &e))
        code = cli_fail(&e);
    else if (code == err_exit_code(ERR_LIMIT) && f->format != FORMAT_TABLE)
        fprintf(stderr, "salesbot: the rows were cut at the limit\n");
    else if (s->error.code != ERR_OK && f->format == FORMAT_CSV)
        fprintf(stderr, "salesbot: %s\n", s->error.message);
    str_deinit(&out);
    agent_state_free(s);
    return cli_interrupted() ? 130 : code;
}

/* The question of a batch line: a JSON object's or string's, or the text. */
static char *line_question(const char *line)
{
    json_t *j = json_loads(line, JSON_DECODE_ANY, NULL);
    json_t *q = json_is_object(j) ? json_object_get(j, "question") : j;
    char *question = strdup(json_is_string(q) ? json_string_value(q) : line);

    json_decref(j);
    return question;
}

static int ask_batch(agent_context *c, const flags *f)
{
    FILE *in = strcmp(f->batch, "-") ? fopen(f->batch, "r") : stdin;
    const agent_options o = options_of(f);
    flags as_json = *f;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    str out = {0};
    err e = {0};
    bool ok = true;

    if (!in) {
        err_set(&e, ERR_IO, "%s: cannot open this file of questions", f->batch);
        return cli_fail(&e);
    }
    as_json.format = FORMAT_JSON;
    while (ok && !cli_interrupted() && (n = getline(&line, &room, in)) > 0) {
        agent_state *s;
        char *question;

        while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = 0;
        if (!n)
            continue;
        question = line_question(line);
        s = agent_state_new(&e);
        ok = question && s && orchestrator_process(c, question, &o, s, &e) &&
             output_state(s, &as_json, &out, &e);
        if (ok && !f->out) {
            ok = output_write(f, &out, &e);
            str_reset(&out);
        }
        agent_state_free(s);
        free(question);
    }
    free(line);
    if (in != stdin)
        fclose(in);
    ok = ok && (!f->out || output_write(f, &out, &e));
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
