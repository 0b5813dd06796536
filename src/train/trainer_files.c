/* trainer_files.c - the run's folder: log, checkpoints, adapter. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "train/checkpoint.h"
#include "train/trainer_impl.h"
#include "weights/adapter.h"

enum { MAX_PARTS = OPTIM_MAX_PARTS + 1, FORMAT = 1 };

static bool fail(err *e, const char *path, const char *what)
{
    return err_set(e, ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

static bool path_of(const trainer *t, int step, str *out, err *e)
{
    str_reset(out);
    str_addf(out, "%s/step-%07d.ckpt", str_text(&t->folder), step);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory");
}

/* The steps of the checkpoints there, ascending; -1 on failure. With `clean`, what a killed
 * writer left under a temporary name is removed. */
static int list(const trainer *t, int **steps, bool clean, err *e)
{
    DIR *dir = opendir(str_text(&t->folder));
    int n = 0;

    *steps = NULL;
    if (!dir)
        return fail(e, str_text(&t->folder), "cannot read this folder") ? 0 : -1;
    for (struct dirent *d; (d = readdir(dir));) {
        int step, used = 0, *more;

        if (sscanf(d->d_name, "step-%7d.ckpt%n", &step, &used) != 1 || !used)
            continue;
        if (d->d_name[used]) {
            if (clean && d->d_name[used] == '.' && strlen(d->d_name + used) == 7)
                (void)unlinkat(dirfd(dir), d->d_name, 0);
            continue;
        }
        more = realloc(*steps, ((size_t)n + 1) * sizeof *more);
        if (!more) {
            closedir(dir);
            err_set(e, ERR_NOMEM, "out of memory");
            return -1;
        }
        *steps = more;
        for (int i = n++; ; i--)
            if (i == 0 || more[i - 1] < step) {
                more[i] = step;
                break;
            } else {
                more[i] = more[i - 1];
            }
    }
    closedir(dir);
    return n;
}

bool trainer_has_checkpoint(const char *out)
{
    trainer t = {.log = -1};
    err ignored = {0};
    int *steps = NULL, n;

    str_addf(&t.folder, "%s/checkpoints", out);
    n = list(&t, &steps, false, &ignored);
    free(steps);
    str_deinit(&t.folder);
    return n > 0;
}

/* ---- opening ---- */

static int parts_of(const trainer *t, checkpoint_part parts[MAX_PARTS])
{
    optim_part states[OPTIM_MAX_PARTS];
    const int n = optim_parts(t->optim, states);

    parts[0] = (checkpoint_part){"weights", train_model_weights(t->job->model),
                                 train_model_count(t->job->model) * sizeof(float)};
    for (int i = 0; i < n; i++)
        parts[i + 1] = (checkpoint_part){states[i].name, states[i].data, states[i].n_bytes};
    return n + 1;
}

/* Room for the checkpoints to come: one more than are kept is there while one is written. */
static bool check_space(const trainer *t, err *e)
{
    checkpoint_part parts[MAX_PARTS];
    uint64_t have, one = 1 << 16;
    const uint64_t files = (uint64_t)t->config->keep + 2;

    for (int i = parts_of(t, parts) - 1; i >= 0; i--)
        one += parts[i].n_bytes;
    if (!disk_free(t->job->out, &have, e))
        return false;
    return have >= one * files + parts[0].n_bytes ||
           err_set(e, ERR_IO, "%s: %" PRIu64 " MB are free, %" PRIu64 " MB are needed for %" PRIu64 " checkpoints of "
                   "%" PRIu64 " MB: free some, take another --out, or use --keep 1 or --optimizer adamw8bit",
                   t->job->out, have >> 20, (one * files + parts[0].n_bytes) >> 20, files, (one >> 20) + 1);
}

static bool holds_adapter(const trainer *t)
{
    str path = {0};
    bool yes;

    str_addf(&path, "%s/adapter_model.safetensors", t->job->out);
    yes = file_exists(str_text(&path));
    str_deinit(&path);
    return yes;
}

static bool holds_run(const trainer *t, bool *yes, err *e)
{
    int *steps;
    const int n = list(t, &steps, false, e);

    free(steps);
    *yes = n > 0 || holds_adapter(t);
    return n >= 0;
}

static bool open_log(trainer *t, err *e)
{
    str path = {0};
    bool ok;

    str_addf(&path, "%s/loss.jsonl", t->job->out);
    t->log = path.bad ? -1 : open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ok = t->log >= 0 || fail(e, str_text(&path), "cannot write");
    if (ok && flock(t->log, LOCK_EX | LOCK_NB))
        ok = err_set(e, ERR_IO, "%s: another training writes into this folder; take another --out", t->job->out);
    str_deinit(&path);
    return ok;
}

bool run_open(trainer *t, err *e)
{
    bool there;

    str_addf(&t->folder, "%s/checkpoints", t->job->out);
    if (t->folder.bad)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (!dir_make(t->folder.text, e) || !holds_run(t, &there, e))
        return false;
    if (there && !t->job->resume && !t->job->force)
        return err_set(e, ERR_ARG, "%s holds a trained adapter or a run already: --resume goes on with it, --force "
                                   "replaces it, --out names another folder", t->job->out);
    return open_log(t, e) && check_space(t, e);
}

bool run_clear(trainer *t, err *e)
{
    int *steps;
    const int n = list(t, &steps, true, e);
    str path = {0};
    bool ok = n >= 0;

    for (int i = 0; ok && i < n; i++)
        ok = path_of(t, steps[i], &path, e) && (!unlink(path.text) || fail(e, path.text, "cannot remove"));
    ok = ok && (!ftruncate(t->log, 0) || fail(e, t->job->out, "cannot empty loss.jsonl"));
    str_deinit(&path);
    free(steps);
    return ok;
}

bool run_log(trainer *t, const str *line, err *e)
{
    size_t done = 0;

    if (line->bad)
        return err_set(e, ERR_NOMEM, "out of memory for the log");
    while (done < line->n) {
        const ssize_t n = pwrite(t->log, line->text + done, line->n - done, t->state.log_bytes + (off_t)done);

        if (n < 0 && errno != EINTR)
            return err_set(e, ERR_IO, "%s/loss.jsonl: cannot write: %s; the last checkpoint is whole, --resume goes on",
                           t->job->out, strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
    t->state.log_bytes += (int64_t)line->n;
    return true;
}

/* ---- saving ---- */

static json_t *settings(const train_config *c)
{
    json_t *all = json_object();
    str value = {0};

    for (int i = 0; i < train_config_count(); i++) {
        str_reset(&value);
        train_config_value(c, i, &value);
        json_object_set_new(all, train_config_name(i), json_string(str_text(&value)));
    }
    str_deinit(&value);
    return all;
}

static json_t *head_of(const trainer *t)
{
    const run_state *s = &t->state;

    return json_pack("{s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:f, s:i, s:i, s:i, s:f, s:f, s:f, s:s, s:s, s:s, s:o}",
                     "format", FORMAT, "step", s->step, "epoch", s->epoch, "batch", s->batch,
                     "tokens", (json_int_t)s->tokens, "computed", (json_int_t)s->computed,
                     "log_bytes", (json_int_t)s->log_bytes, "updates", (json_int_t)optim_count(t->optim),
                     "smooth_loss", s->smooth_loss, "best_step", s->best_step,
                     "bad_validations", s->bad_validations, "validated_step", s->validated_step,
                     "best_loss", s->best_loss, "val_loss", s->val_loss, "executable", s->executable,
                     "base", train_model_identity(t->job->model), "train", t->train_digest, "val", t->val_digest,
                     "config", settings(t->config));
}

/* The newest `keep` and the best stay. */
static bool prune(const trainer *t, err *e)
{
    int *steps;
    const int n = list(t, &steps, false, e);
    str path = {0};
    bool ok = n >= 0;

    for (int i = 0; ok && i < n - t->config->keep; i++)
        if (steps[i] != t->state.best_step)
            ok = path_of(t, steps[i], &path, e) && (!unlink(path.text) || fail(e, path.text, "cannot remove"));
    str_deinit(&path);
    free(steps);
    return ok;
}

bool run_save(trainer *t, err *e)
{
    checkpoint_part parts[MAX_PARTS];
    const int n = parts_of(t, parts);
    json_t *head = head_of(t);
    str path = {0};
    bool ok = head || err_set(e, ERR_NOMEM, "out of memory for a checkpoint");

    ok = ok && (!fsync(t->log) || fail(e, t->job->out, "cannot write loss.jsonl to disk"));
    ok = ok && path_of(t, t->state.step, &path, e) && checkpoint_write(path.text, head, parts, n, e);
    ok = ok ? prune(t, e) : err_wrap(e, "saving step %d (the checkpoint before it is whole)", t->state.step);
    str_deinit(&path);
    json_decref(head);
    return ok;
}

bool run_write_config(const trainer *t, err *e)
{
    str path = {0}, text = {0};
    bool ok;

    str_addf(&path, "%s/train.yaml", t->job->out);
    train_config_print(t->config, true, &text);
    ok = (!path.bad && !text.bad) || err_set(e, ERR_NOMEM, "out of memory for train.yaml");
    ok = ok && file_write_atomic(path.text, text.text, text.n, 0644, e);
    str_deinit(&path);
    str_deinit(&text);
    return ok;
}

/* ---- going on ---- */

static bool other(const char *path, const char *what, err *e)
{
    return err_set(e, ERR_ARG, "%s was made with %s: use that again, or begin anew with --force or another --out",
                   path, what);
}

static bool check_settings(const char *path, const json_t *saved, const trainer *t, err *e)
{
    str now = {0}, what = {0};
    bool ok = true;

    for (int i = 0; ok && i < train_config_count(); i++) {
        const char *before = json_string_value(json_object_get(saved, train_config_name(i)));

        if (!train_config_decides(i))
            continue;
        str_reset(&now);
        train_config_value(t->config, i, &now);
        if (before && !strcmp(before, str_text(&now)))
            continue;
        str_addf(&what, "%s %.80s, not %s", train_config_name(i), before ? before : "(unknown)", str_text(&now));
        ok = other(path, str_text(&what), e);
    }
    str_deinit(&now);
    str_deinit(&what);
    return ok;
}

static bool same_run(const char *path, const json_t *head, const trainer *t, err *e)
{
    const struct { const char *name, *now, *what; } digests[] = {
        {"base", train_model_identity(t->job->model), "another base model"},
        {"train", t->train_digest, "other training examples"},
        {"val", t->val_digest, "other validation examples"}};

    if (json_integer_value(json_object_get(head, "format")) != FORMAT)
        return other(path, "another version of salesbot", e);
    if (!check_settings(path, json_object_get(head, "config"), t, e))
        return false;
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        const char *before = json_string_value(json_object_get(head, digests[i].name));

        if (!before || strcmp(before, digests[i].now))
            return other(path, digests[i].what, e);
    }
    return true;
}

static bool read_state(const char *path, json_t *head, trainer *t, err *e)
{
    run_state s = {0};
    json_int_t tokens, computed, log_bytes, updates;
    checkpoint_part parts[MAX_PARTS];
    const int n = parts_of(t, parts);

    if (json_unpack(head, "{s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:F, s:i, s:i, s:i, s:F, s:F, s:F}",
                    "step", &s.step, "epoch", &s.epoch, "batch", &s.batch, "tokens", &tokens,
                    "computed", &computed, "log_bytes", &log_bytes, "updates", &updates,
                    "smooth_loss", &s.smooth_loss, "best_step", &s.best_step,
                    "bad_validations", &s.bad_validations, "validated_step", &s.validated_step,
                    "best_loss", &s.best_loss, "val_loss", &s.val_loss, "executable", &s.executable) ||
        s.step < 1 || s.epoch < 0 || s.batch < 0 || s.batch > batch_plan_epoch(t->plan, s.epoch) ||
        log_bytes < 0 || updates < 0)
        return err_set(e, ERR_FORMAT, "%s: damaged: its head lacks a number", path);
    if (!checkpoint_read(path, parts, n, e))
        return false;
    s.tokens = tokens;
    s.computed = computed;
    s.log_bytes = log_bytes;
    t->state = s;
    optim_set_count(t->optim, (uint64_t)updates);
    train_model_changed(t->job->model);
    return true;
}

/* The log as the checkpoint had seen it. */
static bool cut_log(trainer *t, err *e)
{
    const off_t n = lseek(t->log, 0, SEEK_END);

    if (n < t->state.log_bytes) {
        run_note(t, "loss.jsonl is shorter than it was at step %d: lines are missing", t->state.step);
        t->state.log_bytes = n;
    }
    return !ftruncate(t->log, t->state.log_bytes) || fail(e, t->job->out, "cannot cut loss.jsonl back");
}

static bool try_one(trainer *t, const char *path, bool *found, err *e)
{
    json_t *head = checkpoint_head(path, e);
    bool ok;

    if (!head && e->code == ERR_FORMAT) {
        run_note(t, "%s; trying the one before it", e->msg);
        return true;
    }
    ok = head && same_run(path, head, t, e) && read_state(path, head, t, e) && cut_log(t, e);
    *found = ok;
    json_decref(head);
    return ok;
}

bool run_resume(trainer *t, bool *found, err *e)
{
    int *steps;
    const int n = list(t, &steps, true, e);
    str path = {0};
    bool ok = n >= 0;

    *found = false;
    for (int i = n - 1; ok && !*found && i >= 0; i--)
        ok = path_of(t, steps[i], &path, e) && try_one(t, path.text, found, e);
    if (ok && !*found && n > 0)
        ok = err_set(e, ERR_FORMAT, "%s: every checkpoint is damaged; --force begins anew", str_text(&t->folder));
    if (ok && !*found && holds_adapter(t) && !t->job->force)
        ok = err_set(e, ERR_ARG, "%s holds an adapter but no checkpoint to go on from; --force begins anew", t->job->out);
    if (ok)
        run_note(t, *found ? "going on after step %d" : "no checkpoint yet: beginning at step %d", t->state.step);
    str_deinit(&path);
    free(steps);
    return ok;
}

/* ---- the adapter ---- */

bool train_adapter_write(const train_job *j, const char *dir, err *e)
{
    const train_config *c = j->config;
    const float *values = train_model_weights(j->model);
    int n;
    const train_tensor *tensors = train_model_tensors(j->model, &n);
    adapter_tensor *list = calloc((size_t)n + 1, sizeof *list);
    const adapter_write_options o = {.rank = c->rank, .alpha = (float)c->alpha, .dropout = (float)c->dropout,
                                     .targets = c->targets, .base_name = j->base_name,
                                     .base_fingerprint = j->base_fingerprint};
    bool ok;

    if (!list)
        return err_set(e, ERR_NOMEM, "out of memory for the adapter");
    for (int i = 0; i < n; i++)
        list[i] = (adapter_tensor){tensors[i].name, tensors[i].rows, tensors[i].cols, values + tensors[i].at};
    ok = adapter_write(dir, list, (size_t)n, &o, e);
    free(list);
    return ok;
}

bool run_write_adapter(trainer *t, err *e)
{
    return train_adapter_write(t->job, t->job->out, e) || err_wrap(e, "adapter at step %d", t->state.step);
}
