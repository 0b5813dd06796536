/* train_data.h - what train.c, train_data.c and train_page.c share. */
#ifndef CLI_TRAIN_DATA_H
#define CLI_TRAIN_DATA_H

#include "token/token.h"
#include "train/batch.h"

/* The ids of every example of the file, grouped by database. Wrong and too long lines are told
 * on stderr (the first few) and counted. ERR_ARG when nothing is left. */
MUST_CHECK bool train_data_read(const char *path, const tokenizer *t, int max_length, train_set *set, err *e);

/* OUT/training.html from OUT/loss.jsonl: self-contained. */
MUST_CHECK bool train_page_write(const char *out, const char *title, err *e);

/* README.md, NOTICE and GEMMA_TERMS.txt beside the adapter: Gemma's terms ask for them. */
MUST_CHECK bool train_notices_write(const char *out, const char *base_name, err *e);

#endif
