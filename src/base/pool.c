/* pool.c - see pool.h.
 *
 * `state` is a job's number (upper half), whether it is open, and how many workers
 * are in it. A worker enters by adding one to an open state, takes indices from
 * `next` until they run out, and leaves. The caller closes the job when it finds no
 * index left and waits for those who are inside, never for one who hasn't come: on
 * shared cores a worker may get its core back milliseconds later, finds the job
 * closed, and has kept nobody. The job's fields are written only while nobody is inside. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/no_alloc.h"

enum { SPINS = 2000, MAX_THREADS = 64 };

#define OPEN (UINT64_C(1) << 31)
#define INSIDE (OPEN - 1)

struct pool {
    int n_threads; /* with the caller */
    pthread_t thread[MAX_THREADS];
    pthread_mutex_t job_lock; /* one job at a time */
    pthread_mutex_t lock;     /* for sleeping and waking only */
    pthread_cond_t wake, done;
    _Atomic uint64_t state;
    atomic_int next, sleeping;
    atomic_bool stop;
    void (*fn)(void *, int);
    void *arg;
    int n;
    bool no_alloc; /* the job's caller must not allocate, so its helpers mustn't */
};

static void pause_cpu(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint64_t job_number(const pool *p) { return atomic_load(&p->state) >> 32; }

static void take_chunks(pool *p)
{
    int i;

    while ((i = atomic_fetch_add(&p->next, 1)) < p->n)
        p->fn(p->arg, i);
}

static void help(pool *p)
{
    if (p->no_alloc)
        no_alloc_begin();
    take_chunks(p);
    if (p->no_alloc)
        no_alloc_end();
}

static bool enter(pool *p)
{
    uint64_t s = atomic_load(&p->state);

    while (s & OPEN)
        if (atomic_compare_exchange_weak(&p->state, &s, s + 1))
            return true;
    return false;
}

static void leave(pool *p)
{
    const uint64_t s = atomic_fetch_sub(&p->state, 1) - 1;

    if (s & (OPEN | INSIDE))
        return;
    pthread_mutex_lock(&p->lock); /* the last one of a closed job: the caller may sleep */
    pthread_cond_signal(&p->done);
    pthread_mutex_unlock(&p->lock);
}

/* Until the job isn't number `seen` any more. */
static void await_job(pool *p, uint64_t seen)
{
    for (int s = 0; s < SPINS && job_number(p) == seen; s++)
        pause_cpu();
    if (job_number(p) != seen)
        return;
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->sleeping, 1); /* before the number is read again: pool_run reads in the other order */
    while (job_number(p) == seen)
        pthread_cond_wait(&p->wake, &p->lock);
    atomic_fetch_sub(&p->sleeping, 1);
    pthread_mutex_unlock(&p->lock);
}

static void *worker(void *arg)
{
    pool *p = arg;
    uint64_t seen = 0;

    for (;;) {
        await_job(p, seen);
        if (atomic_load(&p->stop))
            return NULL;
        seen = job_number(p);
        if (enter(p)) {
            help(p);
            leave(p);
        }
    }
}

static void wake_workers(pool *p)
{
    if (!atomic_load(&p->sleeping))
        return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
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
    atomic_store(&p->stop, true);
    atomic_store(&p->state, (job_number(p) + 1) << 32);
    wake_workers(p);
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
    p->fn = fn;
    p->arg = arg;
    p->n = n;
    p->no_alloc = no_alloc_now();
    atomic_store(&p->next, 0);
    atomic_store(&p->state, (job_number(p) + 1) << 32 | OPEN);
    wake_workers(p);
    take_chunks(p);
    if (atomic_fetch_and(&p->state, ~OPEN) & INSIDE) {
        for (int s = 0; s < SPINS && atomic_load(&p->state) & INSIDE; s++)
            pause_cpu();
        pthread_mutex_lock(&p->lock);
        while (atomic_load(&p->state) & INSIDE)
            pthread_cond_wait(&p->done, &p->lock);
        pthread_mutex_unlock(&p->lock);
    }
    pthread_mutex_unlock(&p->job_lock);
}

int cpu_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}
