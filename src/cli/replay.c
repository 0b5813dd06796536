/* replay.c - salesbot replay: ask a saved answer's question again and compare.
 *
 * One database thread, so that sums of DOUBLE are repeatable. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"

static const char help[] =
    "  --db FILE      the database (else as for ask)\n"
    "  --model FILE, --adapter DIR, --no-adapter, --semantic FILE, --threads N\n"
    "  --format F     the new answer, as for ask (default: only whether it is the same)\n"
    "  --out FILE     write it there, whole or not at all\n"
    "  --no-times     leave times out of the JSON\n"
    "  STATE.json is what ask --format json wrote; - is stdin. Exit 0: the same, times aside;\n"
    "  1: not the same, and where it differs first.\n";

enum { STATE_BYTES = 256 << 20 };

static bool read_stdin(str *text, err *e)
{
    char buffer[65536];
    size_t n;

    while ((n = fread(buffer, 1, sizeof buffer, stdin)) && text->n < STATE_BYTES)
        str_add(text, buffer, n);
    return text->bad ? err_set(e, ERR_NOMEM, "out of memory for the state") : true;
}

static json_t *read_state(const char *path, err *e)
{
    str text = {0};
    json_error_t why;
    json_t *j = NULL;

    if (strcmp(path, "-") ? file_read(path, STATE_BYTES, &text, e) : read_stdin(&text, e)) {
        j = json_loadb(str_text(&text), text.n, JSON_REJECT_DUPLICATES, &why);
        if (!j)
            err_set(e, ERR_FORMAT, "%s:%d: not JSON: %s", path, why.line, why.text);
    }
    str_deinit(&text);
    return j;
}

/* The difference, "" if none, told on stderr. */
static bool compare(const json_t *before, const agent_state *now, bool *same, err *e)
{
    json_t *after = agent_state_json(now, false, e);
    str where = {0};
    bool ok = after && agent_difference(before, after, &where, e);

    *same = ok && !where.n;
    if (ok)
        fprintf(stderr, *same ? "The same.\n" : "Not the same: %s\n", str_text(&where));
    str_deinit(&where);
    json_decref(after);
    return ok;
}

static int again(agent_context *c, const json_t *before, const flags *f)
{
    err e = {0};
    agent_options o;
    agent_replay_lists lists;
    const char *question;
    agent_state *s = agent_state_new(&e);
    str out = {0};
    bool same = false;
    bool ok = s && agent_replay_read(before, &question, &o, &lists, &e) &&
              orchestrator_process(c, question, &o, s, &e) && compare(before, s, &same, &e);

    if (ok && f->format == FORMAT_PARQUET)
        ok = output_parquet(c, s, f, &e);
    else if (ok && (f->format_given || f->out))
        ok = output_state(s, f, &out, &e) && output_write(f, &out, &e);
    str_deinit(&out);
    agent_state_free(s);
    return !ok ? cli_fail(&e) : cli_interrupted() ? 130 : same ? 0 : 1;
}

static int run(int argc, char **argv)
{
    flags f;
    str database = {0}, model = {0};
    err e = {0};
    json_t *before = NULL;
    agent_context *c = NULL;
    int code;

    if (!flags_parse(&f, argc, argv, "db model adapter no-adapter semantic threads format out no-times", &verb_replay))
        return 2;
    if (f.n_words != 1) {
        fprintf(stderr, "salesbot replay: one STATE.json, as ask --format json writes it\n");
        return 2;
    }
    before = read_state(f.words[0], &e);
    if (before && cli_database(&f, &database, &e) && cli_model(&f, &model, &e) &&
        cli_adapter_check(&f, model.text, &e))
        c = agent_context_open(&(agent_context_options){
            .on_import = cli_import,
            .database = database.text, .model = model.text, .semantic = f.semantic,
            .adapter = f.adapter, .no_adapter = f.no_adapter,
            .threads = f.threads, .db_threads = 1}, &e);
    if (c)
        cli_on_interrupt(c);
    code = c ? again(c, before, &f) : cli_fail(&e);
    cli_on_interrupt(NULL);
    agent_context_close(c);
    json_decref(before);
    str_deinit(&database);
    str_deinit(&model);
    return code;
}

const verb verb_replay = {"replay", "STATE.json", "ask a saved answer's question again, and compare", help, run};
