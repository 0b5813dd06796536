/* wire.c - see wire_impl.h. */
#include "db/wire_impl.h"

#include <string.h>

static void put(str *s, uint64_t v, int n)
{
    char bytes[8];

    for (int i = 0; i < n; i++)
        bytes[i] = (char)(unsigned char)(v >> (8 * i));
    str_add(s, bytes, (size_t)n);
}

void wire_put_u8(str *s, uint8_t v)   { put(s, v, 1); }
void wire_put_u32(str *s, uint32_t v) { put(s, v, 4); }
void wire_put_u64(str *s, uint64_t v) { put(s, v, 8); }
void wire_put_i64(str *s, int64_t v)  { put(s, (uint64_t)v, 8); }

void wire_put_textn(str *s, const char *text, size_t n)
{
    if (n >= UINT32_MAX) {
        s->bad = true;
        return;
    }
    wire_put_u32(s, (uint32_t)n);
    str_add(s, text, n);
    str_addc(s, 0);
}

void wire_put_text(str *s, const char *text)
{
    wire_put_textn(s, text, strlen(text));
}

size_t wire_left(const wire *w) { return w->n - w->at; }
bool wire_done(const wire *w)   { return !w->bad && w->at == w->n; }

const uint8_t *wire_bytes(wire *w, size_t n)
{
    const uint8_t *p = w->base + w->at;

    if (w->bad || n > wire_left(w)) {
        w->bad = true;
        return NULL;
    }
    w->at += n;
    return p;
}

static uint64_t get(wire *w, size_t n)
{
    const uint8_t *p = wire_bytes(w, n);
    uint64_t v = 0;

    for (size_t i = 0; p && i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

uint8_t wire_u8(wire *w)   { return (uint8_t)get(w, 1); }
uint32_t wire_u32(wire *w) { return (uint32_t)get(w, 4); }
uint64_t wire_u64(wire *w) { return get(w, 8); }
int64_t wire_i64(wire *w)  { return (int64_t)get(w, 8); }

bool wire_bool(wire *w)
{
    const uint8_t v = wire_u8(w);

    if (v > 1)
        w->bad = true;
    return v == 1;
}

const char *wire_path(wire *w)
{
    const size_t n = wire_u32(w);
    const uint8_t *p = wire_bytes(w, n);
    const uint8_t *end = wire_bytes(w, 1);

    if (w->bad || *end || memchr(p, 0, n)) {
        w->bad = true;
        return "";
    }
    return (const char *)p;
}

const char *wire_text(wire *w)
{
    const char *text = wire_path(w);

    if (!w->bad && utf8_valid(text, strlen(text)))
        return text;
    w->bad = true;
    return "";
}
