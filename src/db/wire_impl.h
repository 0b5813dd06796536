/* wire_impl.h - bytes between the two processes, and in the cached catalog.
 *
 * Little-endian, no padding, no pointers. Writing goes into a `str`, whose
 * failure is sticky; reading goes through a cursor with base, size and
 * position, whose failure is sticky too: after `bad` every read gives zero, so
 * a decoder reads on and asks once at the end. Nothing that comes over a wire
 * is ever cast to a struct. */
#ifndef DB_WIRE_IMPL_H
#define DB_WIRE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

void wire_put_u8(str *s, uint8_t v);
void wire_put_u32(str *s, uint32_t v);
void wire_put_u64(str *s, uint64_t v);
void wire_put_i64(str *s, int64_t v);
void wire_put_text(str *s, const char *text);             /* u32 length, bytes, NUL */
void wire_put_textn(str *s, const char *text, size_t n);

typedef struct wire {
    const uint8_t *base; /* borrowed */
    size_t n, at;        /* at <= n, always */
    bool bad;            /* a read went past the end or met a bad value */
} wire;

uint8_t wire_u8(wire *w);
uint32_t wire_u32(wire *w);
uint64_t wire_u64(wire *w);
int64_t wire_i64(wire *w);
bool wire_bool(wire *w); /* 0 or 1, else bad */
/* n bytes, borrowed from the base; NULL and bad if they are not there. */
const uint8_t *wire_bytes(wire *w, size_t n);
/* A text as wire_put_text wrote it, borrowed: NUL-terminated, no NUL within,
 * valid UTF-8. "" and bad otherwise. */
const char *wire_text(wire *w);
/* The same, but any bytes except NUL: paths of the system. */
const char *wire_path(wire *w);
size_t wire_left(const wire *w);
bool wire_done(const wire *w); /* all read, nothing bad */

#endif
