/* hub.h - repositories of models and datasets on a Hugging Face hub: files down, files up.
 *
 * Every file that comes down is checked: LFS files against their SHA-256, the others
 * against git's SHA-1 of the blob, both from the listing of one commit. A cut transfer
 * leaves its part behind and the next call goes on there (Range). Failures of the
 * network and answers 429 and 5xx are tried again with growing waits; the rest are
 * errors that say what to do. The token goes to the endpoint alone, never to
 * a host it redirects to, and over plain http only to this machine.
 *
 * Needs libcurl's global state: the caller is single-threaded at the first call. Blocking;
 * cancel by returning false from on_progress. No state between calls. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef enum hub_kind { HUB_MODEL, HUB_DATASET } hub_kind;

typedef struct hub_progress {
    const char *file; /* borrowed until the callback returns */
    int index, n_files;
    uint64_t done, total; /* bytes of all files of this call; kept parts count as done */
} hub_progress;

typedef struct hub_options {
    const char *endpoint; /* NULL: $HF_ENDPOINT, else https://huggingface.co */
    const char *token;    /* NULL: $HF_TOKEN, if any; "": none */
    const char *revision; /* NULL: main */
    int attempts;         /* of one request; 0: 5 */
    int wait_ms;          /* before the second attempt, doubled for each further; 0: 1000 */
    bool (*on_progress)(void *arg, const hub_progress *p); /* may be NULL */
    void *arg;
} hub_options;

/* Which files of the repository to take: true takes it. Names are checked before:
 * relative, without "..", not hidden. */
typedef bool (*hub_want_fn)(void *arg, const char *file);

/* The wanted files into folder `dir` (made when missing; parents too), each under its name. A file that is
 * there already with the right hash is not fetched again. want NULL: all files. `commit` (may
 * be NULL) gets the commit's hash. o may be NULL.
 * ERR_NOT_FOUND: no such repository, revision or wanted file; ERR_REFUSED: a token or an
 * accepted licence is needed; ERR_IO: network, disk, no space; ERR_FORMAT: an answer that makes no
 * sense or a wrong hash (the file is removed); ERR_CANCELLED. */
MUST_CHECK bool hub_download(hub_kind kind, const char *repository, hub_want_fn want, void *want_arg,
                             const char *dir, const hub_options *o, char commit[65], err *e);

/* What is there: every file of the revision with its size (names are not checked here). Errors as above. */
MUST_CHECK bool hub_list(hub_kind kind, const char *repository, void (*on_file)(void *arg, const char *file, uint64_t size),
                         void *arg, const hub_options *o, err *e);

/* The data files of a dataset (.json .jsonl .csv .parquet, also in sub-folders) into `dir`. */
MUST_CHECK bool hub_download_dataset(const char *repository, const char *dir, const hub_options *o, err *e);

typedef struct hub_file {
    const char *name; /* in the repository */
    const char *path; /* on this machine */
} hub_file;

/* One commit with these files; the repository is made when it isn't there (private if so asked).
 * Large files go by LFS, up to 5 GB each. Errors as above. */
MUST_CHECK bool hub_upload(hub_kind kind, const char *repository, bool private_if_new, const hub_file *files,
                           size_t n_files, const char *message, const hub_options *o, err *e);

/* "google/gemma-2b-it": letters, digits and . _ - on both sides of one slash. */
bool hub_repository_valid(const char *repository);

#endif
