/* training.c - `salesbot train` as a child: started, paused, resumed, its curve told.
 *
 * A run is a folder home/adapters/NAME that `train` fills; its settings and log are
 * read from there, so that runs started on the command line are seen too. One run at a
 * time is ours. Pausing is SIGTERM, which saves; resuming is `train --resume`. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "server/server_impl.h"

extern char **environ;

enum { FOLLOWERS = 64, LOG_BYTES = 64 << 20 };

struct training {
    server *server;
    pthread_mutex_t lock; /* guards what follows */
    pid_t child;          /* 0: none runs */
    char name[64];
    bool pausing, stopping;
    int steps, exit_code; /* of the last that ended; -1: none yet */
    char ended[64];
    bool paused;
    struct { request *r; off_t at; } followers[FOLLOWERS];
    int n_followers;
    double looked_ms;
};

training *training_open(server *s, err *e)
{
    training *t = calloc(1, sizeof *t);

    if (!t) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    t->server = s;
    t->exit_code = -1;
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

/* ---- what a folder tells ------------------------------------------------------------------ */

static bool run_file(const char *name, const char *file, str *path)
{
    str rest = {0};
    err ignored = {0};
    bool ok;

    str_addf(&rest, "adapters/%s/%s", name, file);
    ok = home_path(path, str_text(&rest), &ignored);
    str_deinit(&rest);
    return ok;
}

static bool good_name(const char *name)
{
    return *name && strlen(name) < 61 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(name) && *name != '.';
}

/* The lines of a run's log from byte *at on; whole ones only. */
static json_t *curve_of(const char *name, off_t *at)
{
    json_t *list = json_array();
    str path = {0};
    FILE *f = run_file(name, "loss.jsonl", &path) ? fopen(path.text, "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    str_deinit(&path);
    if (f && fseeko(f, *at, SEEK_SET))
        fclose(f), f = NULL;
    while (f && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
        json_t *point = json_loadb(line, (size_t)n, 0, NULL);

        *at += n;
        if (point)
            json_array_append_new(list, point);
    }
    free(line);
    if (f)
        fclose(f);
    return list;
}

static int steps_of(const char *name)
{
    str path = {0}, text = {0};
    err ignored = {0};
    const char *at;
    int steps = 0;

    if (run_file(name, "train.yaml", &path) && file_read(path.text, 1 << 16, &text, &ignored) &&
        (at = strstr(str_text(&text), "\nsteps:")))
        steps = atoi(at + 7);
    str_deinit(&path);
    str_deinit(&text);
    return steps;
}

static const char *state_of(training *t, const char *name, int step, int steps)
{
    const char *state = step >= steps && steps ? "done" : "paused";

    pthread_mutex_lock(&t->lock);
    if (t->child && !strcmp(t->name, name))
        state = t->pausing ? "pausing" : "running";
    else if (!strcmp(t->ended, name) && t->exit_code > 0 && t->exit_code != 130)
        state = "failed";
    pthread_mutex_unlock(&t->lock);
    return state;
}

static void message_of(const char *name, str *out)
{
    str path = {0}, text = {0};
    err ignored = {0};

    if (run_file(name, "server.log", &path) && file_read(path.text, 1 << 20, &text, &ignored)) {
        const char *end = text.text + text.n, *at = end;

        while (at > text.text && (at == end || at[-1] != '\n'))
            at--;
        str_addf(out, "%.*s", (int)strcspn(at, "\n"), at);
    }
    str_deinit(&path);
    str_deinit(&text);
}

static json_t *run_json(training *t, const char *name, bool with_curve)
{
    off_t at = 0;
    json_t *curve = curve_of(name, &at), *run, *loss = NULL, *val = NULL;
    int step = 0, steps = steps_of(name);
    str message = {0}, path = {0};
    struct stat st;
    char started[32] = "";

    for (size_t i = 0; i < json_array_size(curve); i++) {
        const json_t *p = json_array_get(curve, i);

        if (json_is_integer(json_object_get(p, "step")))
            step = (int)json_integer_value(json_object_get(p, "step"));
        if (json_object_get(p, "loss"))
            loss = json_object_get(p, "loss");
        if (json_object_get(p, "validation_loss"))
            val = json_object_get(p, "validation_loss");
        else if (json_object_get(p, "val_loss"))
            val = json_object_get(p, "val_loss");
    }
    if (run_file(name, "train.yaml", &path) && !stat(path.text, &st))
        time_text((int64_t)st.st_mtime * 1000, started);
    message_of(name, &message);
    run = json_pack("{s:s, s:s, s:i, s:i, s:O?, s:O?, s:s, s:s}", "id", name, "state", state_of(t, name, step, steps), "step", step, "steps",
                    steps, "loss", loss, "validation_loss", val, "started", started, "message", str_text(&message));
    if (with_curve && run)
        json_object_set(run, "curve", curve);
    json_decref(curve);
    str_deinit(&message);
    str_deinit(&path);
    return run;
}

static bool exists(const char *name)
{
    str path = {0};
    const bool is = good_name(name) && ((run_file(name, "train.yaml", &path) && file_exists(path.text)) ||
                                        (run_file(name, "server.log", &path) && file_exists(path.text)));

    str_deinit(&path);
    return is;
}

bool handle_training(request *r, err *e)
{
    json_t *runs = json_array();
    str path = {0};
    err ignored = {0};
    DIR *d = home_path(&path, "adapters", &ignored) ? opendir(path.text) : NULL;
    struct dirent *entry;

    (void)e;
    while (d && (entry = readdir(d)))
        if (exists(entry->d_name))
            json_array_append_new(runs, run_json(r->server->training, entry->d_name, false));
    if (d)
        closedir(d);
    str_deinit(&path);
    return reply_json(r, 200, json_pack("{s:o}", "runs", runs));
}

static bool not_there(const request *r, err *e)
{
    return !exists(r->id) && !err_set(e, ERR_NOT_FOUND, "there is no such training");
}

bool handle_training_get(request *r, err *e)
{
    return !not_there(r, e) && reply_json(r, 200, run_json(r->server->training, r->id, true));
}

/* ---- the child ------------------------------------------------------------------------------- */

static bool spawn(training *t, const char *name, const char *const *more, err *e)
{
    const char *program = t->server->o.program ? t->server->o.program : "/proc/self/exe";
    const char *arguments[16] = {program, "train"};
    int n = 2, code;
    posix_spawn_file_actions_t files;
    str out = {0}, log = {0};

    for (; *more && n < 12; more++)
        arguments[n++] = *more;
    if (!run_file(name, "", &out) || !dir_make(out.text, e) || !run_file(name, "server.log", &log)) {
        str_deinit(&out);
        return e->code != ERR_OK ? false : err_set(e, ERR_IO, "no home folder");
    }
    out.text[--out.n] = 0; /* without the slash */
    arguments[n++] = "--out";
    arguments[n++] = out.text;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log.text, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    code = posix_spawn(&t->child, program, &files, NULL, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    str_deinit(&out);
    str_deinit(&log);
    if (code) {
        t->child = 0;
        return err_set(e, ERR_IO, "cannot start the training: %s", strerror(code));
    }
    snprintf(t->name, sizeof t->name, "%s", name);
    t->pausing = t->stopping = false;
    return true;
}

static bool start(request *r, const char *name, const char *const *more, int status, err *e)
{
    training *t = r->server->training;
    bool ok;

    pthread_mutex_lock(&t->lock);
    if (t->child) {
        pthread_mutex_unlock(&t->lock);
        return reply_error(r, 409, "conflict", "a training runs already: %s", t->name);
    }
    ok = spawn(t, name, more, e);
    pthread_mutex_unlock(&t->lock);
    return ok && reply_json(r, status, run_json(t, name, false));
}

bool handle_training_start(request *r, err *e)
{
    const char *name = in_text(r, "name") ? in_text(r, "name") : "default", *data = in_text(r, "data"), *more[8];
    char steps[24];
    str path = {0}, file = {0};
    int n = 0;
    bool ok = good_name(name) || err_set(e, ERR_ARG, "name: letters, digits, - and _");

    if (ok && exists(name))
        return reply_error(r, 409, "conflict", "there is a training of this name; resume it, or take another name");
    if (ok && in_whole(r, "steps", 0)) {
        snprintf(steps, sizeof steps, "%lld", (long long)in_whole(r, "steps", 0));
        more[n++] = "--steps";
        more[n++] = steps;
    }
    if (ok && data) {
        str_addf(&file, "data/%s", data);
        ok = (good_name(data) && home_path(&path, str_text(&file), e) && file_exists(path.text)) ||
             err_set(e, ERR_NOT_FOUND, "there is no data of this name in data/ of the home folder");
        more[n++] = "--data";
        more[n++] = str_text(&path);
    }
    more[n] = NULL;
    ok = ok && start(r, name, more, 201, e);
    str_deinit(&path);
    str_deinit(&file);
    return ok;
}

bool handle_training_resume(request *r, err *e)
{
    static const char *const more[] = {"--resume", NULL};

    return !not_there(r, e) && start(r, r->id, more, 200, e);
}

static bool halt(request *r, err *e)
{
    training *t = r->server->training;
    bool ours;

    if (not_there(r, e))
        return false;
    pthread_mutex_lock(&t->lock);
    ours = t->child && !strcmp(t->name, r->id);
    if (ours) {
        t->pausing = true;
        kill(t->child, SIGTERM);
    }
    pthread_mutex_unlock(&t->lock);
    return ours ? reply_json(r, 200, run_json(t, r->id, false)) : reply_error(r, 409, "conflict", "this training doesn't run");
}

bool handle_training_pause(request *r, err *e) { return halt(r, e); }
bool handle_training_stop(request *r, err *e) { return halt(r, e); }

/* ---- events ---------------------------------------------------------------------------------- */

static void tell(training *t, request *r, off_t *at, const char *id, bool *over)
{
    json_t *points = curve_of(id, at), *run;
    char *text;
    const char *state;

    for (size_t i = 0; i < json_array_size(points); i++)
        if ((text = json_dumps(json_array_get(points, i), JSON_COMPACT | JSON_REAL_PRECISION(9)))) {
            request_event(r, "point", text);
            free(text);
        }
    run = run_json(t, id, false);
    state = json_string_value(json_object_get(run, "state"));
    *over = !state || (strcmp(state, "running") && strcmp(state, "pausing"));
    if (json_array_size(points) || *over) {
        text = json_dumps(run, JSON_COMPACT | JSON_REAL_PRECISION(9));
        if (text && !*over)
            request_event(r, "run", text);
        if (text && *over)
            str_adds(&r->reply, text);
        free(text);
    }
    json_decref(points);
    json_decref(run);
}

bool handle_training_events(request *r, err *e)
{
    training *t = r->server->training;
    bool over;
    off_t at = 0;

    if (not_there(r, e))
        return false;
    if (!r->streaming)
        return reply_error(r, 406, "unsupported", "Accept: text/event-stream is expected");
    tell(t, r, &at, r->id, &over);
    if (over)
        return true;
    pthread_mutex_lock(&t->lock);
    if (t->n_followers == FOLLOWERS) {
        pthread_mutex_unlock(&t->lock);
        return reply_error(r, 429, "busy", "too many watch this training");
    }
    r->endless = true;
    t->followers[t->n_followers].r = r;
    t->followers[t->n_followers++].at = at;
    request_keep(r);
    pthread_mutex_unlock(&t->lock);
    return true;
}

static void look_at_child(training *t)
{
    int status;

    if (!t->child || waitpid(t->child, &status, WNOHANG) != t->child)
        return;
    t->child = 0;
    t->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    snprintf(t->ended, sizeof t->ended, "%s", t->name);
}

void training_tick(training *t)
{
    const double now = clock_ms();
    request *over[FOLLOWERS];
    int n = 0;

    pthread_mutex_lock(&t->lock);
    if (now - t->looked_ms < 500) {
        pthread_mutex_unlock(&t->lock);
        return;
    }
    t->looked_ms = now;
    look_at_child(t);
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < t->n_followers;) { /* only this thread takes any away */
        request *r = t->followers[i].r;
        bool ended = request_gone(r);

        if (!ended)
            tell(t, r, &t->followers[i].at, r->id, &ended);
        if (!ended) {
            i++;
            continue;
        }
        over[n++] = r;
        pthread_mutex_lock(&t->lock);
        t->followers[i] = t->followers[--t->n_followers];
        pthread_mutex_unlock(&t->lock);
    }
    while (n)
        request_finish(over[--n]);
}

void training_close(training *t)
{
    if (!t)
        return;
    while (t->n_followers)
        request_finish(t->followers[--t->n_followers].r);
    if (t->child) {
        kill(t->child, SIGTERM); /* it saves and ends */
        waitpid(t->child, NULL, 0);
    }
    pthread_mutex_destroy(&t->lock);
    free(t);
}
