/* trainer_impl.h - what trainer.c (the loop) and trainer_files.c (the folder) share. */
#ifndef TRAIN_TRAINER_IMPL_H
#define TRAIN_TRAINER_IMPL_H

#include "base/pool.h"
#include "base/str.h"
#include "train/optim.h"
#include "train/trainer.h"

/* All that a checkpoint keeps beside the arrays. */
typedef struct run_state {
    int step;            /* steps done */
    int epoch, batch;    /* the next batch */
    int64_t tokens, computed;
    int64_t log_bytes;
    double smooth_loss;
    int best_step, bad_validations, validated_step;
    double best_loss, val_loss, executable;
} run_state;

typedef struct trainer {
    const train_job *job;
    const train_config *config;
    pool *threads;
    optim *optim;
    batch_plan *plan, *val_plan;
    int n_batches; /* of the epoch */
    run_state state;
    char train_digest[65], val_digest[65];
    str folder; /* out/checkpoints */
    int log;    /* descriptor of loss.jsonl, -1 */
    train_progress shown;
    double started_ms; /* of this process' steps */
    int started_step;
    struct { double ms; int64_t tokens, computed; } lately[16]; /* ring: rates over the last steps */
} trainer;

/* Make or check the folder, lock the log. */
bool run_open(trainer *t, err *e);
/* Continue from the newest whole checkpoint; *found tells whether there was one. */
bool run_resume(trainer *t, bool *found, err *e);
/* Forget an earlier run. */
bool run_clear(trainer *t, err *e);
bool run_log(trainer *t, const str *line, err *e);
bool run_write_config(const trainer *t, err *e); /* train.yaml, all fields */
/* Write a checkpoint of this state, then drop the oldest. */
bool run_save(trainer *t, err *e);
/* The weights as they are, as a PEFT adapter. */
bool run_write_adapter(trainer *t, err *e);
void run_note(const trainer *t, const char *fmt, ...) PRINTF(2, 3);

#endif
