/* arena.c - see arena.h. A chain of malloc'd blocks, the newest in front. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
    struct block *older;
    size_t size, used;
    _Alignas(16) unsigned char bytes[];
} block;

typedef struct cleanup {
    struct cleanup *older;
    void (*fn)(void *);
    void *arg;
} cleanup;

struct arena {
    size_t limit, used;
    block *newest;
    cleanup *cleanups;
};

enum { FIRST_BLOCK = 16384 };

arena *arena_new(size_t limit)
{
    arena *a = calloc(1, sizeof *a);

    if (a)
        a->limit = limit;
    return a;
}

static block *block_add(arena *a, size_t need)
{
    size_t size = a->newest ? a->newest->size * 2 : FIRST_BLOCK;
    block *b;

    if (size > ((size_t)1 << 22))
        size = (size_t)1 << 22;
    if (size < need)
        size = need;
    b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    b->older = a->newest;
    b->size = size;
    b->used = 0;
    return a->newest = b;
}

void *arena_push_bytes(arena *a, size_t n, size_t size, size_t align)
{
    size_t bytes, pad;
    block *b = a->newest;
    void *p;

    if (__builtin_mul_overflow(n, size, &bytes) || bytes > a->limit - a->used)
        return NULL;
    pad = b ? (align - b->used % align) % align : 0;
    if (!b || b->size - b->used < pad || b->size - b->used - pad < bytes) {
        if (bytes > SIZE_MAX / 2)
            return NULL;
        b = block_add(a, bytes ? bytes : 1);
        if (!b)
            return NULL;
        pad = 0;
    }
    p = b->bytes + b->used + pad;
    b->used += pad + bytes;
    a->used += bytes;
    return memset(p, 0, bytes);
}

int arena_defer(arena *a, void (*fn)(void *), void *arg)
{
    cleanup *c = arena_push(a, cleanup, 1);

    if (!c)
        return 0;
    *c = (cleanup){.older = a->cleanups, .fn = fn, .arg = arg};
    a->cleanups = c;
    return 1;
}

void arena_reset(arena *a)
{
    for (cleanup *c = a->cleanups; c; c = c->older)
        c->fn(c->arg);
    a->cleanups = NULL;
    while (a->newest && a->newest->older) {
        block *older = a->newest->older;

        free(a->newest);
        a->newest = older;
    }
    if (a->newest)
        a->newest->used = 0;
    a->used = 0;
}

void arena_free(arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    free(a->newest);
    free(a);
}
