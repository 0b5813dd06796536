/* trainer.c - the loop.
 *
 * A step adds the gradients of `accumulate` batches, divides by the number of tokens with loss (so
 * that every answer token counts the same, wherever it stands), clips, and moves the
 * weights. The position in the data moves on only when the step is whole, so that a
 * step that was cancelled has never been. */
#include "train/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "train/trainer_impl.h"

enum { LATELY = sizeof ((trainer *)0)->lately / sizeof ((trainer *)0)->lately[0] };

void run_note(const trainer *t, const char *fmt, ...)
{
    char text[600];
    va_list args;

    if (!t->job->hooks.note)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    t->job->hooks.note(t->job->hooks.arg, text);
}

static void show(trainer *t, train_event event)
{
    t->shown.event = event;
    if (t->job->hooks.progress)
        t->job->hooks.progress(t->job->hooks.arg, &t->shown);
}

static bool stopped(const trainer *t)
{
    return t->job->hooks.stop && *t->job->hooks.stop;
}

int train_warmup_steps(const train_config *c)
{
    return (int)ceil(c->warmup * c->steps);
}

/* ---- one step ---- */

typedef struct step_sums {
    double loss;
    int targets;
    int64_t tokens, computed;
    int epoch, batch, n_batches;
} step_sums;

static bool one_pass(trainer *t, int pass, step_sums *s, err *e)
{
    train_batch b;
    double loss;
    int targets;

    if (s->batch == s->n_batches) {
        s->n_batches = batch_plan_epoch(t->plan, ++s->epoch);
        s->batch = 0;
    }
    b = *batch_plan_get(t->plan, s->batch);
    b.grad_scale = 1;
    b.step = (uint64_t)t->state.step * (uint64_t)t->config->accumulate + (uint64_t)pass;
    if (!train_model_step(t->job->model, &b, true, &loss, &targets, e))
        return false;
    s->loss += loss;
    s->targets += targets;
    s->tokens += batch_plan_tokens(t->plan, s->batch);
    s->computed += b.n;
    s->batch++;
    return true;
}

static bool check_finite(const trainer *t, double x, const char *what, err *e)
{
    return isfinite(x) ||
           err_set(e, ERR_MODEL, "step %d: the %s is no longer a number; training stopped. Go back to the last "
                                 "checkpoint with a lower lr (now %g) or more warmup", t->state.step + 1, what, t->config->lr);
}

static bool log_step(trainer *t, double loss, double lr, double norm, int targets, err *e)
{
    str line = {0};
    bool ok;

    str_addf(&line, "{\"step\":%d,\"epoch\":%.6g,\"loss\":%.9g,\"lr\":%.9g,\"norm\":%.9g,\"targets\":%d,"
                    "\"tokens\":%" PRId64 ",\"computed\":%" PRId64 "}\n",
             t->state.step, t->shown.epoch, loss, lr, norm, targets, t->state.tokens, t->state.computed);
    ok = run_log(t, &line, e);
    str_deinit(&line);
    return ok;
}

static void measure_speed(trainer *t)
{
    const double now = clock_ms();
    const int done = t->state.step - t->started_step, back = done < LATELY ? done : LATELY - 1;
    const int from = (t->state.step - back) % LATELY, to = t->state.step % LATELY;
    double seconds;

    t->lately[to].ms = now;
    t->lately[to].tokens = t->state.tokens;
    t->lately[to].computed = t->state.computed;
    seconds = (now - t->lately[from].ms) / 1000;
    if (seconds > 0) {
        t->shown.tokens_per_s = (double)(t->state.tokens - t->lately[from].tokens) / seconds;
        t->shown.computed_per_s = (double)(t->state.computed - t->lately[from].computed) / seconds;
    }
    t->shown.seconds_left = (now - t->started_ms) / 1000 / done * (t->config->steps - t->state.step);
}

static void show_state(trainer *t)
{
    const run_state *s = &t->state;

    t->shown.step = s->step;
    t->shown.steps = t->config->steps;
    t->shown.epoch = s->epoch + (double)s->batch / (t->n_batches ? t->n_batches : 1);
    t->shown.tokens = s->tokens;
    t->shown.smooth_loss = s->smooth_loss / (1 - pow(0.95, s->step > 0 ? s->step : 1)); /* it began at 0 */
    t->shown.validated = s->validated_step > 0;
    t->shown.val_loss = s->val_loss;
    t->shown.best_loss = s->best_loss;
    t->shown.best_step = s->best_step;
    t->shown.executable = s->executable;
}

static bool step(trainer *t, err *e)
{
    const train_config *c = t->config;
    train_model *m = t->job->model;
    run_state *s = &t->state;
    step_sums sums = {.epoch = s->epoch, .batch = s->batch, .n_batches = t->n_batches};
    const double lr = optim_rate(s->step, c->steps, train_warmup_steps(c), c->lr, c->lr_end);
    double loss, norm;

    train_model_zero_gradients(m);
    for (int pass = 0; pass < c->accumulate; pass++)
        if (!one_pass(t, pass, &sums, e))
            return false;
    loss = sums.loss / sums.targets;
    norm = optim_norm(t->optim, train_model_gradients(m)) / sums.targets;
    if (!check_finite(t, loss, "loss", e) || !check_finite(t, norm, "gradient", e))
        return false;
    optim_step(t->optim, train_model_weights(m), train_model_gradients(m),
               (float)(optim_clip(norm, c->clip) / sums.targets), lr);
    train_model_changed(m);
    s->step++;
    s->epoch = sums.epoch;
    s->batch = sums.batch;
    t->n_batches = sums.n_batches;
    s->tokens += sums.tokens;
    s->computed += sums.computed;
    s->smooth_loss = 0.95 * s->smooth_loss + 0.05 * loss;
    t->shown.loss = loss;
    t->shown.lr = lr;
    t->shown.norm = norm;
    show_state(t);
    measure_speed(t);
    return log_step(t, loss, lr, norm, sums.targets, e);
}

/* ---- validation ---- */

static bool measure_loss(trainer *t, double *mean, err *e)
{
    const int n = batch_plan_epoch(t->val_plan, 0);
    double sum = 0;
    int64_t targets = 0;

    for (int i = 0; i < n; i++) {
        double loss;
        int some;

        if (stopped(t))
            return err_set(e, ERR_CANCELLED, "interrupted");
        if (!train_model_step(t->job->model, batch_plan_get(t->val_plan, i), false, &loss, &some, e))
            return false;
        sum += loss;
        targets += some;
    }
    *mean = sum / (double)targets;
    return check_finite(t, *mean, "validation loss", e);
}

static bool log_validation(trainer *t, err *e)
{
    str line = {0};
    bool ok;

    str_addf(&line, "{\"step\":%d,\"val_loss\":%.9g", t->state.step, t->state.val_loss);
    if (t->state.executable >= 0)
        str_addf(&line, ",\"executable\":%.6g", t->state.executable);
    str_addf(&line, ",\"tokens\":%" PRId64 "}\n", t->state.tokens);
    ok = run_log(t, &line, e);
    str_deinit(&line);
    return ok;
}

/* *better: these weights are the best so far. */
static bool validate(trainer *t, bool *better, err *e)
{
    run_state *s = &t->state;
    double loss = 0, rate = -1;

    show(t, TRAIN_VALIDATING);
    if (!measure_loss(t, &loss, e))
        return false;
    if (t->job->hooks.validate && !t->job->hooks.validate(t->job->hooks.arg, s->step, &rate, e))
        return err_wrap(e, "executable rate at step %d", s->step);
    *better = !s->best_step || loss < s->best_loss;
    s->val_loss = loss;
    s->executable = rate;
    s->validated_step = s->step;
    s->bad_validations = *better ? 0 : s->bad_validations + 1;
    if (*better) {
        s->best_loss = loss;
        s->best_step = s->step;
    }
    show_state(t);
    if (!log_validation(t, e))
        return false;
    show(t, TRAIN_VALIDATED);
    return true;
}

/* ---- the run ---- */

static bool exhausted(const trainer *t)
{
    return t->config->patience > 0 && t->state.bad_validations >= t->config->patience;
}

static bool ended(const trainer *t)
{
    return t->state.step >= t->config->steps || exhausted(t);
}

static bool due(const trainer *t, int every)
{
    return t->state.step > 0 && every > 0 && (t->state.step % every == 0 || t->state.step == t->config->steps);
}

/* What belongs to a step after its update; also done on resume where it was cut off. */
static bool after_step(trainer *t, err *e)
{
    bool better = false, saved = false;
    const run_state *s = &t->state;

    if (t->val_plan && due(t, t->config->eval_every) && s->validated_step != s->step &&
        !validate(t, &better, e))
        return false;
    if (better || due(t, t->config->checkpoint_every) || ended(t)) {
        if (!run_save(t, e))
            return false;
        saved = true;
    }
    if ((s->best_step == s->step || (saved && !s->best_step)) && !run_write_adapter(t, e))
        return false;
    if (saved)
        show(t, TRAIN_SAVED);
    return true;
}

static bool save_and_stop(trainer *t, err *e)
{
    const int at = t->state.step;

    if (at && (!run_save(t, e) || (!t->state.best_step && !run_write_adapter(t, e))))
        return err_wrap(e, "stopped at step %d", at);
    if (!at)
        return err_set(e, ERR_CANCELLED, "stopped before the first step");
    return err_set(e, ERR_CANCELLED, "stopped at step %d of %d and saved; the same command with --resume goes on",
                   at, t->config->steps);
}

static bool loop(trainer *t, err *e)
{
    bool ok = true;

    if (t->state.step > 0)
        ok = after_step(t, e);
    while (ok && !ended(t)) {
        ok = !stopped(t) || err_set(e, ERR_CANCELLED, "interrupted");
        if (!ok || !(ok = step(t, e)))
            break;
        show(t, TRAIN_STEPPED);
        ok = after_step(t, e);
    }
    return ok || (e->code == ERR_CANCELLED && save_and_stop(t, e));
}

static bool make_plans(trainer *t, err *e)
{
    const train_config *c = t->config;
    batch_options o = {.batch_tokens = c->batch_tokens, .group_examples = c->group_examples,
                       .share = c->share, .shuffle = true, .seed = c->seed};

    t->plan = batch_plan_new(t->job->train, &o, e);
    if (!t->plan)
        return false;
    if (!t->job->val || !t->job->val->n || !c->eval_every)
        return true;
    o.shuffle = false;
    o.most_examples = c->eval_examples;
    t->val_plan = batch_plan_new(t->job->val, &o, e);
    return t->val_plan != NULL;
}

static bool prepare(trainer *t, err *e)
{
    const train_config *c = t->config;
    const optim_options o = {(float)c->beta1, (float)c->beta2, (float)c->eps, (float)c->weight_decay, c->eight_bit};

    if (!t->job->train->n)
        return err_set(e, ERR_ARG, "no training examples");
    train_set_digest(t->job->train, t->train_digest);
    if (t->job->val)
        train_set_digest(t->job->val, t->val_digest);
    t->threads = pool_new(c->threads ? c->threads : cpu_count(), e);
    t->optim = t->threads ? optim_new(train_model_count(t->job->model), &o, t->threads, e) : NULL;
    return t->optim && make_plans(t, e);
}

static bool start(trainer *t, err *e)
{
    bool found = false;

    if (!run_open(t, e) || (t->job->resume && !run_resume(t, &found, e)) || (!found && !run_clear(t, e)) ||
        !run_write_config(t, e))
        return false;
    t->n_batches = batch_plan_epoch(t->plan, t->state.epoch);
    t->started_ms = clock_ms();
    t->started_step = t->state.step;
    t->lately[t->state.step % LATELY].ms = t->started_ms;
    t->lately[t->state.step % LATELY].tokens = t->state.tokens;
    t->lately[t->state.step % LATELY].computed = t->state.computed;
    show_state(t);
    return true;
}

static void clean_up(trainer *t)
{
    if (t->log >= 0)
        close(t->log);
    batch_plan_free(t->plan);
    batch_plan_free(t->val_plan);
    optim_free(t->optim);
    pool_free(t->threads);
    str_deinit(&t->folder);
}

bool trainer_run(const train_job *j, train_result *r, err *e)
{
    trainer t = {.job = j, .config = j->config, .log = -1, .state.executable = -1};
    const bool ok = prepare(&t, e) && start(&t, e) && loop(&t, e);

    *r = (train_result){t.state.step, t.state.best_step, t.shown.loss, t.state.best_loss, exhausted(&t)};
    if (ok)
        show(&t, TRAIN_ENDED);
    clean_up(&t);
    return ok;
}

bool train_measure(const train_config *c, const train_set *s, train_extent *out, err *e)
{
    const batch_options o = {.batch_tokens = c->batch_tokens, .group_examples = c->group_examples,
                             .share = c->share, .shuffle = true, .seed = c->seed};
    batch_plan *p = batch_plan_new(s, &o, e);

    if (!p)
        return false;
    *out = (train_extent){.batches = batch_plan_epoch(p, 0)};
    for (int i = 0; i < out->batches; i++) {
        out->examples += batch_plan_examples(p, i);
        out->tokens += batch_plan_tokens(p, i);
        out->computed += batch_plan_get(p, i)->n;
        out->targets += batch_plan_targets(p, i);
    }
    batch_plan_free(p);
    return true;
}
