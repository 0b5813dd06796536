/* failing_malloc.h - an allocator that fails at the N-th call; in one file of a
 * test program only, for it takes the place of the C library's.
 *
 * As in Lua's ltests.h and SQLite's test build: every run counts the calls of the
 * armed thread, fails the N-th (and, if `for_good`, all after it) and knows what
 * is still allocated. Freed bytes are overwritten, so that a use after free
 * shows. Not under AddressSanitizer, which has its own. */
#ifndef TESTS_FAILING_MALLOC_H
#define TESTS_FAILING_MALLOC_H

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);
extern void __libc_free(void *p);

static _Thread_local bool failing_armed;
static long failing_calls, failing_at;
static bool failing_for_good;
static atomic_long failing_live; /* blocks of any thread */

static bool failing_now(void)
{
    if (!failing_armed)
        return false;
    failing_calls++;
    if (failing_calls != failing_at && !(failing_for_good && failing_at && failing_calls > failing_at))
        return false;
    errno = ENOMEM;
    return true;
}

static void *failing_count(void *p)
{
    if (p)
        atomic_fetch_add(&failing_live, 1);
    return p;
}

void *malloc(size_t n) { return failing_now() ? NULL : failing_count(__libc_malloc(n)); }
void *calloc(size_t n, size_t size) { return failing_now() ? NULL : failing_count(__libc_calloc(n, size)); }
void *memalign(size_t a, size_t n) { return failing_now() ? NULL : failing_count(__libc_memalign(a, n)); }
void *aligned_alloc(size_t a, size_t n) { return memalign(a, n); }

int posix_memalign(void **p, size_t a, size_t n)
{
    void *got = memalign(a, n);

    if (!got)
        return ENOMEM;
    *p = got;
    return 0;
}

void free(void *p)
{
    const int saved = errno;

    if (p) {
        memset(p, 0xDD, malloc_usable_size(p));
        __asm__ volatile("" : : "r"(p) : "memory"); /* not a dead store */
        atomic_fetch_sub(&failing_live, 1);
        __libc_free(p);
    }
    errno = saved;
}

void *realloc(void *p, size_t n)
{
    if (!p)
        return malloc(n);
    if (!n) {
        free(p);
        return NULL;
    }
    return failing_now() ? NULL : __libc_realloc(p, n);
}

/* Run fn with the at-th call failing (0: none). How many calls there were. */
static long failing_run(long at, bool for_good, void (*fn)(void *arg), void *arg)
{
    failing_calls = 0;
    failing_at = at;
    failing_for_good = for_good;
    failing_armed = true;
    fn(arg);
    failing_armed = false;
    return failing_calls;
}

#endif
