/* checkpoint.h - the state of a run in one file, whole or not there at all.
 *
 *     "SALESCK1"   size of the head (8 bytes)   head: JSON   parts   BLAKE2b-256 of it all
 *
 * The head is the caller's object with "parts" added: names and sizes. Written under a
 * temporary name, synced, renamed, and the folder synced: a crash leaves the older file. Numbers are as
 * in memory (little-endian): a checkpoint goes on where it was made; adapters are for exchange. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef struct checkpoint_part {
    const char *name;
    void *data; /* borrowed; read into or written from */
    size_t n_bytes;
} checkpoint_part;

/* ERR_IO when it can't be written; then nothing has changed. */
MUST_CHECK bool checkpoint_write(const char *path, const json_t *head, const checkpoint_part *parts,
                                 int n_parts, err *e);

/* The head, the caller's (json_decref), after the whole file was checked; parts stay unread. NULL with
 * ERR_IO, or ERR_FORMAT when the file is damaged or no checkpoint. */
MUST_CHECK json_t *checkpoint_head(const char *path, err *e);
/* Parts of those names and sizes into the caller's memory; ERR_FORMAT if the file has others.
 * The file is not checked again: checkpoint_head first. */
MUST_CHECK bool checkpoint_read(const char *path, const checkpoint_part *parts, int n_parts, err *e);

#endif
