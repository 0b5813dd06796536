/* terms.h - the notices that travel with whatever is built upon Gemma. */
#ifndef WEIGHTS_TERMS_H
#define WEIGHTS_TERMS_H

#include "base/err.h"

/* NOTICE and GEMMA_TERMS.txt into the folder, which exists. ERR_IO. */
MUST_CHECK bool terms_write(const char *dir, err *e);

#endif
