/* data_files.h - the parts of salesbot data that have a file of their own. */
#ifndef CLI_DATA_FILES_H
#define CLI_DATA_FILES_H

#include "cli/cli.h"

/* Exit codes. */
int data_stats(const flags *f, const char *path);
int data_show(const flags *f, const char *path);

#endif
