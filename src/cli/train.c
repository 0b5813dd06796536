/* train.c - salesbot train: a LoRA adapter from examples, on this machine. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/train_impl.h"
#include "weights/adapter.h"

static const char help[] =
    "  salesbot train                     the default model on the data of `salesbot data generate`\n"
    "  salesbot train --resume            goes on where a run was stopped\n"
    "  salesbot train --config FILE       settings from YAML (\"name: value\" lines; flags win)\n"
    "  salesbot train --force             replaces the adapter or run in --out\n"
    "Ctrl-C saves and ends; a second one ends at once. docs/TRAINING.md explains.\n\n"
    "Settings, as flags and, with \"_\" for \"-\", as names in the file (defaults in brackets):\n";

static volatile sig_atomic_t interrupts;
static train_model *volatile training; /* for the handler only */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (interrupts++)
        _exit(130);
    if (training)
        train_model_cancel(training);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

typedef struct session {
    train_options options;
    train_set train, val;
    train_model *model;
    char base_name[200], fingerprint[65];
    int max_tokens; /* of a batch */
    str command;    /* as it was given */
} session;

/* As it could be typed again. */
static void remember_command(int argc, char **argv, str *out)
{
    str_adds(out, "salesbot");
    for (int i = 0; i < argc; i++) {
        const bool plain = *argv[i] && !argv[i][strcspn(argv[i], " \t\n'\"`\\$*?&|;<>()")];

        str_addf(out, plain ? " %s" : " '%s'", argv[i]);
    }
}

/* Tokens of all examples; what else the base's file tells. */
static bool read_data(session *s, err *e)
{
    const train_config *c = &s->options.config;
    weights *w = weights_open(c->model, e);
    tokenizer *t = w ? tokenizer_from_weights(w, e) : NULL;
    bool ok = t && weights_fingerprint(w, s->fingerprint, e);

    if (!w && e->code == ERR_IO)
        e->code = ERR_MODEL;
    if (ok) {
        weights_base_name(w, s->base_name, sizeof s->base_name);
        ok = train_data_read(c->data, t, c->max_length, &s->train, e) &&
             (!*c->val || train_data_read(c->val, t, c->max_length, &s->val, e));
    }
    tokenizer_free(t);
    weights_close(w);
    return ok;
}

static bool open_model(session *s, err *e)
{
    const train_config *c = &s->options.config;
    train_model_options o = {.rank = c->rank, .alpha = (float)c->alpha, .dropout = (float)c->dropout,
                             .targets = c->targets, .seed = c->seed, .base = c->base, .f32 = c->f32,
                             .n_threads = c->threads, .keep_bytes = (size_t)c->keep_mb << 20};

    o.max_tokens = c->batch_tokens;
    o.max_tokens = s->train.longest > o.max_tokens ? s->train.longest : o.max_tokens;
    o.max_tokens = s->val.longest > o.max_tokens ? s->val.longest : o.max_tokens;
    s->model = train_model_open(c->model, &o, e);
    training = s->model;
    if (s->options.resume && trainer_has_checkpoint(c->out))
        return s->model != NULL; /* the checkpoint has all that --init gave */
    return s->model && (!*c->init || train_init_from(s->model, c, c->init, e));
}

static void say_result(const session *s, const train_result *r)
{
    const char *out = s->options.config.out;

    fprintf(stderr, "%s after %d steps, loss %.4f", r->early ? "No better for a while: ended" : "Done", r->step, r->loss);
    if (r->best_step)
        fprintf(stderr, "; best validation loss %.4f at step %d", r->best_loss, r->best_step);
    fprintf(stderr, "\n");
    printf("adapter  %s\ncurves   %s/training.html\n", out, out);
    fprintf(stderr, "Ask with it: salesbot ask --adapter %s \"…\"\n", out);
}

static bool rate(void *arg, int step, double *share, err *e)
{
    train_view *view = arg;

    (void)step;
    return train_rater_rate(view->rater, share, e);
}

static bool write_notices(const session *s, const train_result *r, err *e)
{
    const train_card card = {.config = &s->options.config, .result = r, .base_name = s->base_name,
                             .command = str_text(&s->command), .n_train = s->train.n, .n_val = s->val.n};

    return train_notices_write(&card, e);
}

static bool run_training(session *s, err *e)
{
    const train_config *c = &s->options.config;
    train_view view;
    train_extent extent;
    train_result result;
    bool ok;
    train_job job = {.config = c, .train = &s->train, .out = c->out,
                     .base_name = s->base_name, .base_fingerprint = s->fingerprint,
                     .resume = s->options.resume, .force = s->options.force};

    if (!read_data(s, e) || !train_measure(c, &s->train, &extent, e))
        return false;
    train_view_data(c, &s->train, &extent);
    if (!*c->val)
        fprintf(stderr, "no validation examples (--val): the adapter is the last step's\n");
    if (!open_model(s, e))
        return false;
    train_view_init(&view, c, s->model);
    job.model = s->model;
    job.val = s->val.n ? &s->val : NULL;
    job.hooks = (train_hooks){.arg = &view, .progress = train_view_progress, .note = train_view_note,
                              .stop = &interrupts};
    if (job.val && *c->eval_db_dir && c->eval_every) {
        view.rater = train_rater_new(&job, e);
        if (!view.rater)
            return false;
        job.hooks.validate = rate;
    }
    ok = trainer_run(&job, &result, e) && write_notices(s, &result, e);
    train_rater_free(view.rater);
    if (ok)
        say_result(s, &result);
    return ok;
}

static int run(int argc, char **argv)
{
    session s = {0};
    err e = {0};
    int code = 0;

    if (!train_options_read(&s.options, argc, argv, &e))
        return cli_fail(&e);
    remember_command(argc, argv, &s.command);
    catch_signals();
    if (!run_training(&s, &e))
        code = cli_fail(&e);
    training = NULL;
    train_model_close(s.model);
    train_set_deinit(&s.train);
    train_set_deinit(&s.val);
    str_deinit(&s.command);
    return code;
}

const verb verb_train = {"train", "[--data FILE] ...", "fine-tune: a LoRA adapter from examples", help, run};
