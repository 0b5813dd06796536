/* data_files.h - the parts of salesbot data that have a file of their own. */
#ifndef CLI_DATA_FILES_H
#define CLI_DATA_FILES_H

#include "cli/cli.h"

/* Cancels on SIGINT and SIGTERM from now on; becomes non-zero then. */
const volatile int *data_interrupts(void);
void data_show_progress(void *arg, const char *what, double done);

/* Import a file, a folder or a dataset of the hub, and print the counts. */
bool data_import_any(const flags *f, const char *what, int64_t limit, const char *out, err *e);

/* Exit codes. */
int data_stats(const flags *f, const char *path);
int data_show(const flags *f, const char *path);

#endif
