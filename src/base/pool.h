/* pool.h - a fixed set of threads that run one job in chunks.
 *
 * pool_run(p, fn, arg, n) calls fn(arg, i) once for every i in [0, n), spread
 * over the threads by a shared counter (dynamic chunks, so that a core taken
 * away by other work slows one chunk and not the whole). The caller takes part.
 * Workers spin briefly and then sleep: on shared cores a spinning barrier
 * costs more than it saves. One job at a time per pool: a second caller waits. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

typedef struct pool pool;

/* `n_threads` counts the caller; 1 makes no thread. 1 <= n_threads <= 64.
 * NULL with ERR_NOMEM. */
MUST_CHECK pool *pool_new(int n_threads, err *e);
void pool_free(pool *p); /* NULL is allowed; no job may be running */
int pool_threads(const pool *p);
void pool_run(pool *p, void (*fn)(void *arg, int i), void *arg, int n);

/* Cores this process may use (affinity), at least 1. */
int cpu_count(void);

#endif
