/* model_impl.h - what the files of `salesbot model` share. */
#ifndef CLI_MODEL_IMPL_H
#define CLI_MODEL_IMPL_H

#include "cli/cli.h"

/* Each the exit code; `name` may be NULL where a default makes sense. */
int model_list(const flags *f);
int model_info(const flags *f, const char *name);
int model_verify(const flags *f, const char *name);
int model_remove(const char *name);
int model_pull(const flags *f, const char *repository, const char *file);
int model_push(const flags *f, const char *repository, const char *path);

/* What pull wrote into a folder: repository, commit and the files' hashes. */
#define MODEL_ORIGIN "salesbot-origin.json"

/* Where a model or adapter of that name is: a path that exists, else models/NAME, adapters/NAME in home
 * ("owner/name" stands there as owner--name). False with ERR_MODEL. */
bool model_find(const char *name, str *path, err *e);
bool is_folder(const char *path);

#endif
