/* chat.c - salesbot chat: question after question on one open database. From a
 * terminal with line editing and history, from a pipe a line at a time. */
#include <readline/history.h>
#include <readline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

static const char help[] =
    "  --db FILE, --model FILE, --adapter DIR, --no-adapter, --semantic FILE, --no-model, --template-only, --no-rag,\n"
    "  --format F, --all, --trace, --explain, --temperature T, --beam N, --seed S, --threads N,\n"
    "  --no-times: as for ask. With --format json one state a line comes out.\n"
    "  A question may go on from those before: \"and in 2022?\", \"only the west\", \"by month\".\n"
    "  Ctrl-C stops a question or gives up the line, \"quit\" or Ctrl-D ends.\n";
static const char accepted[] =
    "db model adapter no-adapter semantic no-rag no-model template-only all trace explain temperature beam "
    "threads seed format no-times";

/* Called by readline ten times a second while it waits. */
static int on_event(void)
{
    if (cli_interrupted()) {
        rl_replace_line("", 1);
        rl_done = 1;
    }
    return 0;
}

static char *next_line(bool terminal, char **line, size_t *room)
{
    if (terminal) {
        free(*line);
        rl_event_hook = on_event;
        cli_at_prompt();
        *line = readline("? ");
        if (*line && **line)
            add_history(*line);
        return *line;
    } else {
        ssize_t n = getline(line, room, stdin);

        while (n > 0 && ((*line)[n - 1] == '\n' || (*line)[n - 1] == '\r'))
            (*line)[--n] = 0;
        return n < 0 ? NULL : *line;
    }
}

/* The questions that later ones may go on from, oldest first; owned. */
typedef struct asked {
    char *questions[AGENT_MAX_HISTORY];
    int n;
} asked;

static void asked_add(asked *a, const char *question)
{
    char *copy = strdup(question);

    if (!copy)
        return; /* the next question stands for itself */
    if (a->n == AGENT_MAX_HISTORY) {
        free(a->questions[0]);
        memmove(a->questions, a->questions + 1, sizeof a->questions[0] * (size_t)--a->n);
    }
    a->questions[a->n++] = copy;
}

static bool answer(agent_context *c, const char *question, asked *before, const flags *f, int *code, err *e)
{
    const agent_options o = {.no_rag = f->no_rag, .no_model = f->no_model || f->template_only,
                             .template_only = f->template_only, .explain = f->explain,
                             .temperature = f->temperature, .beam = f->beam, .seed = f->seed,
                             .history = (const char *const *)before->questions, .n_history = before->n};
    agent_state *s = agent_state_new(e);
    str out = {0};
    const bool ok = s && orchestrator_process(c, question, &o, s, e) &&
                    output_state(s, f, &out, e) && output_write(f, &out, e);

    *code = ok ? output_exit_code(s) : 1;
    if (ok && s->error.code == ERR_OK)
        asked_add(before, question);
    str_deinit(&out);
    agent_state_free(s);
    return ok;
}

static int run(int argc, char **argv)
{
    const bool terminal = isatty(STDIN_FILENO);
    flags f;
    str database = {0}, model = {0}, history = {0};
    err e = {0};
    agent_context *c = NULL;
    asked before = {0};
    char *line = NULL;
    size_t room = 0;
    int code = 0;
    bool ok;

    if (!flags_parse(&f, argc, argv, accepted, &verb_chat))
        return 2;
    ok = cli_database(&f, &database, &e) && cli_model(&f, &model, &e) &&
        cli_adapter_check(&f, model.text, &e);
    c = ok ? agent_context_open(&(agent_context_options){
                 .on_import = cli_import,
                 .database = database.text, .model = model.text, .semantic = f.semantic,
                 .adapter = f.adapter, .no_adapter = f.no_adapter,
                 .threads = f.threads, .no_model = f.no_model || f.template_only}, &e)
           : NULL;
    if (terminal && home_path(&history, "history", &e))
        read_history(history.text);
    ok = c != NULL;
    cli_on_interrupt(c);
    if (ok && terminal)
        fprintf(stderr, "%s. Ask, or \"help\"; Ctrl-D ends.\n", agent_catalog(c)->database);
    while (ok && next_line(terminal, &line, &room)) {
        if (!strcmp(line, "quit") || !strcmp(line, "exit"))
            break;
        if (!line[strspn(line, " \t")])
            continue;
        cli_on_interrupt(c);
        ok = answer(c, line, &before, &f, &code, &e);
        if (terminal)
            puts("");
        if (!terminal && cli_interrupted())
            break;
    }
    if (terminal && history.n)
        write_history(history.text);
    if (!ok)
        code = cli_fail(&e);
    else if (cli_interrupted())
        code = 130;
    else
        code = 0; /* each answer told its own ending */
    free(line);
    while (before.n)
        free(before.questions[--before.n]);
    cli_on_interrupt(NULL);
    agent_context_close(c);
    str_deinit(&database);
    str_deinit(&model);
    str_deinit(&history);
    return code;
}

const verb verb_chat = {"chat", "", "question after question", help, run};
