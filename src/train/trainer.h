/* trainer.h - the run: steps, validation, log, checkpoints, the adapter.
 *
 * A run's folder holds
 *   adapter_config.json, adapter_model.safetensors   the best weights so far, as PEFT keeps them
 *   train.yaml                 every setting as it was resolved
 *   loss.jsonl                 a line a step, a line a validation; no times: equal for equal runs
 *   checkpoints/step-N.ckpt    the last `keep` and the best
 *
 * Invariants:
 *   (1) what a step computes depends on config, data, base and the state in a checkpoint alone:
 *       a run that was stopped anywhere and resumed ends with the bits of one never stopped
 *       (same build, kernel table and threads).
 *   (2) every file is whole at any moment; a failure leaves the last checkpoint.
 *   (3) the log is cut back on resume to what the checkpoint had seen.
 *
 * Nobody else may write into the folder meanwhile (its log is locked). */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "train/batch.h"
#include "train/config.h"
#include "train/model.h"

typedef enum train_event { TRAIN_STEPPED, TRAIN_VALIDATING, TRAIN_VALIDATED, TRAIN_SAVED, TRAIN_ENDED } train_event;

typedef struct train_progress {
    train_event event;
    int step, steps;     /* done, in all */
    double epoch;        /* passes over the examples */
    double loss, smooth_loss, lr, norm;
    double tokens_per_s; /* of the examples, lately */
    double computed_per_s; /* tokens really computed: less where schemas are shared */
    double seconds_left;
    int64_t tokens;      /* of the examples seen so far */
    bool validated;      /* the next four are known */
    double val_loss, best_loss, executable; /* executable: -1 without a callback */
    int best_step;
} train_progress;

typedef struct train_hooks {
    void *arg;
    void (*progress)(void *arg, const train_progress *p); /* or NULL */
    void (*note)(void *arg, const char *text);            /* or NULL */
    /* The executable rate of the present weights; or NULL. */
    bool (*validate)(void *arg, int step, double *rate, err *e);
    const volatile sig_atomic_t *stop; /* not 0: save and end; or NULL. train_model_cancel speeds it up */
} train_hooks;

typedef struct train_job {
    const train_config *config;
    const train_set *train, *val; /* val: NULL without validation */
    train_model *model;
    const char *out;
    const char *base_name, *base_fingerprint; /* for the adapter; or NULL */
    bool resume, force; /* force: a run or an adapter that is there is replaced */
    train_hooks hooks;
} train_job;

typedef struct train_result {
    int step, best_step; /* best_step 0: never validated */
    double loss, best_loss;
    bool early; /* ended by `patience` */
} train_result;

/* ERR_CANCELLED after `stop`, saved. ERR_ARG: the folder holds a run and neither resume nor
 * force was said, or its checkpoint is of another config, data or base. ERR_MODEL: a loss or
 * gradient that is no number. ERR_IO: no space, no permission. */
MUST_CHECK bool trainer_run(const train_job *j, train_result *r, err *e);

/* The job's weights as they are, as a PEFT adapter in `dir`. ERR_IO. */
MUST_CHECK bool train_adapter_write(const train_job *j, const char *dir, err *e);

/* Whether the folder holds a checkpoint to go on from. */
bool trainer_has_checkpoint(const char *out);

/* The optimiser steps in which the rate rises. */
int train_warmup_steps(const train_config *c);

/* Tokens and examples of one epoch, for people. */
typedef struct train_extent {
    int batches, examples;
    int64_t tokens, computed, targets;
} train_extent;
MUST_CHECK bool train_measure(const train_config *c, const train_set *s, train_extent *out, err *e);

#endif
