/* no_alloc.c - see no_alloc.h. The sanitizers' allocators call a hook. */
#include "base/no_alloc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <stddef.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

/* sanitizer/allocator_interface.h, which not every compiler installs */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *p, size_t n),
                                              void (*on_free)(const volatile void *p));

static _Thread_local int depth;
static once_flag installed = ONCE_FLAG_INIT;

static void on_malloc(const volatile void *p, size_t n)
{
    static const char text[] = "an allocation where none is allowed (base/no_alloc.h)\n";

    (void)p, (void)n;
    if (!depth)
        return;
    depth = 0;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(134);
    abort();
}

static void on_free(const volatile void *p) { (void)p; }

static void install(void) { (void)__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free); }

void no_alloc_begin(void)
{
    call_once(&installed, install);
    depth++;
}

void no_alloc_end(void) { depth--; }
bool no_alloc_now(void) { return depth > 0; }
#else
typedef int no_alloc_is_empty_here; /* ISO C wants a declaration */
#endif
