/* cursor.c - bounded little-endian reads; see weights_impl.h. */
#include "weights/weights_impl.h"

uint32_t load_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t load_u64(const unsigned char *p)
{
    return (uint64_t)load_u32(p) | (uint64_t)load_u32(p + 4) << 32;
}

bool cursor_bytes(cursor *c, uint64_t n, const unsigned char **bytes)
{
    if (n > c->size - c->at)
        return false;
    *bytes = c->base + c->at;
    c->at += (size_t)n;
    return true;
}

bool cursor_u32(cursor *c, uint32_t *value)
{
    const unsigned char *p;

    if (!cursor_bytes(c, 4, &p))
        return false;
    *value = load_u32(p);
    return true;
}

bool cursor_u64(cursor *c, uint64_t *value)
{
    const unsigned char *p;

    if (!cursor_bytes(c, 8, &p))
        return false;
    *value = load_u64(p);
    return true;
}
