/* config.h - the settings of a training run: one table for the file, the flags and the
 * saved copy.
 *
 * Every field has a default, a range and a line of help. Names are those of train.yaml; a
 * flag is the same name with "-" for "_". */
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "train/model.h"

typedef struct train_config {
    char model[1024], data[1024], val[1024], out[1024]; /* paths; "": the caller's default */
    char eval_db_dir[1024]; /* databases of validation questions; "": no executable rate */
    char init[1024];     /* an adapter to begin with; "": none */
    int steps, batch_tokens, accumulate, max_length, group_examples;
    bool share;
    uint64_t seed;
    int rank;
    double alpha, dropout;
    unsigned targets; /* bits of TRAIN_* */
    train_base base;
    double lr, lr_end, warmup;
    double weight_decay, beta1, beta2, eps, clip;
    bool eight_bit, f32;
    int checkpoint_every, keep, eval_every, eval_examples, eval_questions, patience;
    int threads, keep_mb;
} train_config;

void train_config_default(train_config *c);

/* One field from text. ERR_ARG: no such field (with the nearest name), or a wrong value
 * (with what is allowed). */
MUST_CHECK bool train_config_set(train_config *c, const char *name, const char *value, err *e);

/* "name: value" a line, all fields; reading it back gives the same settings. With `comments`,
 * each field's help. */
void train_config_print(const train_config *c, bool comments, str *out);

/* The fields one by one, i below the count: the value as text that _set takes; and whether it
 * decides the bits of a run (paths, threads and how often to save do not). */
int train_config_count(void);
const char *train_config_name(int i);
bool train_config_decides(int i);
void train_config_value(const train_config *c, int i, str *out);

/* The flags for a help text. */
void train_config_help(str *out);

#endif
