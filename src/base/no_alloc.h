/* no_alloc.h - stretches of code that must not allocate, and proof that they don't.
 *
 * Between no_alloc_begin and no_alloc_end a thread, and the workers of a pool that
 * run its job, may not allocate. Builds with a sanitizer (dev, tsan) abort with a
 * message at the first malloc there, whoever called it; other builds do nothing.
 * Pairs nest. Callbacks into a caller's code stand outside. */
#ifndef BASE_NO_ALLOC_H
#define BASE_NO_ALLOC_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_ALLOC_CHECKED true
void no_alloc_begin(void);
void no_alloc_end(void);
bool no_alloc_now(void); /* is this thread inside a pair? */
#else
#define NO_ALLOC_CHECKED false
static inline void no_alloc_begin(void) {}
static inline void no_alloc_end(void) {}
static inline bool no_alloc_now(void) { return false; }
#endif

#endif
