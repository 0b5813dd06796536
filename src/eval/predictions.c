/* predictions.c - states on disk, so that a run that was ended can go on.
 *
 * A line is one state and under "eval" what was judged of it and of which run.
 * Lines are written whole, each with one call; the last one of a killed run may
 * be cut and is dropped. A file of another run, or of other questions, is
 * refused instead of mixed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "eval/eval_impl.h"

/* Which line of the data it answers. */
static void key_of(const eval_line *line, char hex[65])
{
    str all = {0};

    str_addf(&all, "%s\n%s\n%s\n%s", line->db_id, line->question, line->evidence ? line->evidence : "",
             line->sql ? line->sql : "");
    sha256_hex(str_text(&all), all.n, hex);
    hex[16] = 0;
    str_deinit(&all);
}

static json_t *judged_json(const eval_case *c, const char *run, const char *key)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:s, s:f, s:f, s:s, s:s, s:f}",
                     "run", run, "of", key, "path", c->path, "unanswerable", c->unanswerable, "no_gold",
                     c->no_gold, "answered", c->answered, "right", c->right, "prepares", c->prepares,
                     "runs", c->runs, "exact", c->exact, "ambiguous", c->ambiguous, "difference",
                     eval_difference_name(c->difference), "similarity", c->similarity, "ms", c->ms,
                     "difficulty", c->difficulty, "confidence", c->confidence, "stated", c->stated);
}

static bool flag(const json_t *o, const char *key) { return json_is_true(json_object_get(o, key)); }

static const char *text(eval_report *r, const json_t *o, const char *key)
{
    const char *value = json_string_value(json_object_get(o, key));

    return report_text(r, value ? value : "");
}

static eval_difference difference_named(const char *name)
{
    for (int i = 0; i < EVAL_DIFFERENCES; i++)
        if (!strcmp(name, eval_difference_name((eval_difference)i)))
            return (eval_difference)i;
    return EVAL_OTHER;
}

/* One line of an earlier run back as a case. */
static bool take_line(const char *line, const char *run, const eval_line *asked, eval_report *r,
                      const char **why)
{
    json_t *state = json_loads(line, 0, NULL), *o = json_object_get(state, "eval");
    const char *of = json_string_value(json_object_get(o, "of"));
    const char *its_run = json_string_value(json_object_get(o, "run"));
    char key[65];
    eval_case *c;

    key_of(asked, key);
    *why = !of || !its_run ? "is not a prediction of ours"
           : strcmp(its_run, run) ? "was made with other options or weights"
           : strcmp(of, key)      ? "answers another line of the data"
                                  : NULL;
    if (!*why && (c = report_add(r))) {
        *c = (eval_case){.source = report_text(r, asked->source),
                         .db_id = report_text(r, asked->db_id),
                         .difficulty = text(r, o, "difficulty"),
                         .path = text(r, o, "path"),
                         .confidence = text(r, o, "confidence"),
                         .unanswerable = flag(o, "unanswerable"),
                         .no_gold = flag(o, "no_gold"),
                         .answered = flag(o, "answered"),
                         .right = flag(o, "right"),
                         .prepares = flag(o, "prepares"),
                         .runs = flag(o, "runs"),
                         .exact = flag(o, "exact"),
                         .ambiguous = flag(o, "ambiguous"),
                         .difference = difference_named(text(r, o, "difference")),
                         .similarity = json_number_value(json_object_get(o, "similarity")),
                         .stated = json_number_value(json_object_get(o, "stated")),
                         .ms = json_number_value(json_object_get(o, "ms"))};
    }
    json_decref(state);
    return !*why;
}

static bool take_all(predictions *p, const char *path, const char *run, const eval_lines *lines,
                     eval_report *r, err *e)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    off_t whole = 0;
    bool ok = true;

    while (ok && p->n_kept < lines->n && (n = getline(&line, &room, p->file)) > 0 &&
           line[n - 1] == '\n') {
        const char *why;

        ok = take_line(line, run, &lines->at[p->n_kept], r, &why) ||
             err_set(e, ERR_FORMAT, "%s, line %d %s: give another file, or start without --resume",
                     path, p->n_kept + 1, why);
        p->n_kept += ok;
        whole += (off_t)n;
    }
    free(line);
    if (ok && (fflush(p->file) || ftruncate(fileno(p->file), whole) ||
               fseeko(p->file, whole, SEEK_SET)))
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    return ok;
}

bool predictions_open(predictions *p, const eval_options *o, const char *run,
                      const eval_lines *lines, eval_report *report, err *e)
{
    const bool go_on = o->resume && o->predictions && file_exists(o->predictions);

    *p = (predictions){0};
    if (!o->predictions)
        return !o->resume || err_set(e, ERR_ARG, "--resume needs --predictions FILE, which an "
                                                 "earlier run has begun");
    p->file = fopen(o->predictions, go_on ? "r+" : "w");
    if (!p->file)
        return err_set(e, ERR_IO, "%s: %s", o->predictions, strerror(errno));
    return !go_on || take_all(p, o->predictions, run, lines, report, e);
}

bool predictions_add(predictions *p, const agent_state *s, const eval_line *line,
                     const eval_case *c, const char *run, err *e)
{
    char key[65];
    json_t *state;
    char *text;
    bool ok;

    if (!p->file)
        return true;
    state = agent_state_json(s, true, e);
    if (!state)
        return false;
    key_of(line, key);
    json_object_set_new(state, "eval", judged_json(c, run, key));
    text = json_dumps(state, JSON_COMPACT);
    json_decref(state);
    if (!text)
        return err_set(e, ERR_NOMEM, "out of memory for a prediction");
    ok = fprintf(p->file, "%s\n", text) > 0 && !fflush(p->file);
    free(text);
    return ok || err_set(e, ERR_IO, "the predictions cannot be written: %s", strerror(errno));
}

bool predictions_close(predictions *p, err *e)
{
    FILE *file = p->file;

    p->file = NULL;
    return !file || !fclose(file) ||
           err_set(e, ERR_IO, "the predictions cannot be written: %s", strerror(errno));
}
