/* pool.c - see pool.h.
 *
 * A job is a generation number: workers wait until it changes, take indices
 * from `next` until they run out, and count themselves out in `busy`. A worker
 * that wakes late finds no index left and still counts out, so the caller's
 * wait for busy == 0 also makes the job's memory safe to reuse. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SPINS = 2000, MAX_THREADS = 64 };

struct pool {
    int n_threads; /* with the caller */
    pthread_t thread[MAX_THREADS];
    pthread_mutex_t job_lock; /* one job at a time */
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    atomic_uint generation;
    atomic_int next, busy;
    bool stop;
    void (*fn)(void *, int);
    void *arg;
    int n;
};

static void pause_cpu(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_chunks(pool *p)
{
    int i;

    while ((i = atomic_fetch_add(&p->next, 1)) < p->n)
        p->fn(p->arg, i);
}

static void *worker(void *arg)
{
    pool *p = arg;
    unsigned seen = 0;

    for (;;) {
        for (int s = 0; s < SPINS && atomic_load(&p->generation) == seen; s++)
            pause_cpu();
        pthread_mutex_lock(&p->lock);
        while (atomic_load(&p->generation) == seen && !p->stop)
            pthread_cond_wait(&p->wake, &p->lock);
        seen = atomic_load(&p->generation);
        pthread_mutex_unlock(&p->lock);
        if (p->stop)
            return NULL;
        take_chunks(p);
        if (atomic_fetch_sub(&p->busy, 1) == 1) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->lock);
        }
    }
}

pool *pool_new(int n_threads, err *e)
{
    pool *p = calloc(1, sizeof *p);

    if (!p) {
        err_set(e, ERR_NOMEM, "out of memory for the thread pool");
        return NULL;
    }
    pthread_mutex_init(&p->job_lock, NULL);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->done, NULL);
    p->n_threads = 1;
    if (n_threads > MAX_THREADS)
        n_threads = MAX_THREADS;
    while (p->n_threads < n_threads) {
        if (pthread_create(&p->thread[p->n_threads], NULL, worker, p))
            break; /* fewer threads are slower, not wrong */
        p->n_threads++;
    }
    return p;
}

void pool_free(pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    atomic_fetch_add(&p->generation, 1);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i < p->n_threads; i++)
        pthread_join(p->thread[i], NULL);
    pthread_mutex_destroy(&p->job_lock);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    pthread_cond_destroy(&p->done);
    free(p);
}

int pool_threads(const pool *p) { return p->n_threads; }

void pool_run(pool *p, void (*fn)(void *, int), void *arg, int n)
{
    if (n <= 0)
        return;
    if (p->n_threads == 1 || n == 1) {
        for (int i = 0; i < n; i++)
            fn(arg, i);
        return;
    }
    pthread_mutex_lock(&p->job_lock);
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->arg = arg;
    p->n = n;
    atomic_store(&p->next, 0);
    atomic_store(&p->busy, p->n_threads - 1);
    atomic_fetch_add(&p->generation, 1);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    take_chunks(p);
    for (int s = 0; s < SPINS && atomic_load(&p->busy); s++)
        pause_cpu();
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->busy))
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_unlock(&p->job_lock);
}

int cpu_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}
