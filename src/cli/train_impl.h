/* train_impl.h - what the files of the verb `train` share. */
#ifndef CLI_TRAIN_IMPL_H
#define CLI_TRAIN_IMPL_H

#include <signal.h>

#include "token/token.h"
#include "train/trainer.h"

/* ---- train_options.c ---- */

typedef struct train_options {
    train_config config;
    const char *file; /* --config */
    bool resume, force;
} train_options;

/* Defaults, then the file of --config (or, with --resume, the folder's own), then the flags;
 * paths that were left out get their places under the home folder. */
MUST_CHECK bool train_options_read(train_options *o, int argc, char **argv, err *e);
/* "name: value" lines of a YAML file; ERR_FORMAT with file and line, ERR_IO. */
MUST_CHECK bool train_yaml_read(train_config *c, const char *path, err *e);

/* ---- train_data.c ---- */

/* The ids of every example of the file, grouped by database. Wrong and too long lines are told
 * on stderr (the first few) and counted. ERR_ARG when nothing is left. */
MUST_CHECK bool train_data_read(const char *path, const tokenizer *t, int max_length, train_set *set, err *e);

/* ---- train_show.c ---- */

typedef struct train_rater train_rater; /* below */

typedef struct train_view {
    const train_config *config;
    train_model *model;
    train_rater *rater; /* or NULL */
    bool terminal, bar_shown;
    double last_ms, page_ms;
} train_view;
void train_view_init(train_view *v, const train_config *c, train_model *m);
void train_view_progress(void *view, const train_progress *p);
void train_view_note(void *view, const char *text);
/* What was read and how far the steps go. */
void train_view_data(const train_config *c, const train_set *s, const train_extent *x);

/* ---- train_init.c ---- */

/* The model's weights become those of the adapter in `dir`, which must have the same rank,
 * alpha and targets. ERR_ARG says what differs; ERR_IO, ERR_MODEL. */
MUST_CHECK bool train_init_from(train_model *m, const train_config *c, const char *dir, err *e);

/* ---- train_validate.c ---- */

/* Asks `eval_questions` of the validation questions whose databases are in `eval_db_dir`.
 * NULL with ERR_ARG (none is there), ERR_IO, ERR_NOMEM. Borrows the job. */
MUST_CHECK train_rater *train_rater_new(const train_job *j, err *e);
void train_rater_free(train_rater *r); /* NULL is allowed */
/* The part of them whose SQL runs, with the job's weights as they are. ERR_CANCELLED after its
 * `stop`. The adapter, questions and states stay in OUT/checkpoints/rated. */
MUST_CHECK bool train_rater_rate(train_rater *r, double *rate, err *e);

/* ---- train_page.c, train_notices.c ---- */

/* OUT/training.html, self-contained, from OUT/loss.jsonl and OUT/train.yaml. */
MUST_CHECK bool train_page_write(const char *out, err *e);
/* README.md, NOTICE and GEMMA_TERMS.txt beside the adapter: Gemma's terms ask for them. */
typedef struct train_card { /* borrowed */
    const train_config *config;
    const train_result *result;
    const char *base_name, *command;
    int n_train, n_val;
} train_card;
MUST_CHECK bool train_notices_write(const train_card *k, err *e);

#endif
