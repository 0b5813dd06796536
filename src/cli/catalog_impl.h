/* catalog_impl.h - what the files of `salesbot catalog` share. */
#ifndef CLI_CATALOG_IMPL_H
#define CLI_CATALOG_IMPL_H

#include "cli/cli.h"

/* Open, describe, remember; a layer edited by hand is kept unless `force`. The exit code. */
int catalog_connect(const char *path, bool force);
/* Back to the sample; the file of the layer stays. The exit code. */
int catalog_forget(void);

#endif
