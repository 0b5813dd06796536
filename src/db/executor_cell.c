/* executor_cell.c - reading DuckDB's vectors.
 *
 * Exact numbers stay exact: DECIMAL and 128-bit integers become digits, never
 * doubles. FLOAT becomes the double that prints as the same shortest text. */
#include "db/executor_impl.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 wide;
#else
#error "128-bit integers are needed for HUGEINT and DECIMAL"
#endif

/* duckdb_string_t: up to 12 bytes within, longer ones behind a pointer. */
enum { TEXT_STRIDE = 16, TEXT_INLINE = 12 };

cells cells_of(executor *x, duckdb_chunk chunk, int column)
{
    duckdb_vector v = x->api.data_chunk_get_vector(chunk, (uint64_t)column);
    duckdb_logical type = x->api.vector_get_column_type(v);
    cells c = {.data = x->api.vector_get_data(v), .valid = x->api.vector_get_validity(v)};

    c.kind = c.storage = x->api.get_type_id(type);
    if (c.kind == DUCKDB_DECIMAL) {
        c.scale = x->api.decimal_scale(type);
        c.storage = x->api.decimal_internal_type(type);
    }
    x->api.destroy_logical_type(&type);
    return c;
}

bool cell_valid(const cells *c, uint64_t row)
{
    return !c->valid || (c->valid[row / 64] >> (row % 64) & 1);
}

static const char *text_of(const cells *c, uint64_t row, uint32_t *n)
{
    const char *at = (const char *)c->data + row * TEXT_STRIDE;
    const char *far;

    memcpy(n, at, sizeof *n);
    if (*n <= TEXT_INLINE)
        return at + 4;
    memcpy(&far, at + 8, sizeof far);
    return far;
}

uint64_t cell_size(const cells *c, uint64_t row)
{
    uint32_t n = 40; /* an exact number */

    if (c->kind == DUCKDB_VARCHAR && cell_valid(c, row))
        text_of(c, row, &n);
    return (uint64_t)n + 9;
}

#define AT(type) (((const type *)c->data)[row])

int64_t cell_integer(const cells *c, uint64_t row)
{
    switch (c->storage) {
    case DUCKDB_BOOLEAN:   return AT(uint8_t) != 0;
    case DUCKDB_TINYINT:   return AT(int8_t);
    case DUCKDB_UTINYINT:  return AT(uint8_t);
    case DUCKDB_SMALLINT:  return AT(int16_t);
    case DUCKDB_USMALLINT: return AT(uint16_t);
    case DUCKDB_DATE:
    case DUCKDB_INTEGER:   return AT(int32_t);
    case DUCKDB_UINTEGER:  return AT(uint32_t);
    default:               return AT(int64_t); /* BIGINT, TIME, TIMESTAMP */
    }
}

double vector_number(const cells *c, uint64_t row)
{
    char digits[32];
    float value;

    if (c->storage == DUCKDB_DOUBLE)
        return AT(double);
    value = AT(float);
    for (int precision = 6; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value)
            return strtod(digits, NULL);
    }
    return (double)value; /* NaN */
}

static void add_wide(str *out, wide magnitude, bool negative, int scale)
{
    char text[48], *p = text + sizeof text; /* 39 digits, a point, a sign */
    uint64_t low;
    int n = 0;

    for (; magnitude > UINT64_MAX; n++) { /* a division of 128 bits is slow */
        if (n && n == scale)
            *--p = '.';
        *--p = (char)('0' + (int)(magnitude % 10));
        magnitude /= 10;
    }
    for (low = (uint64_t)magnitude; low || n <= scale; n++) {
        if (n && n == scale)
            *--p = '.';
        *--p = (char)('0' + (int)(low % 10));
        low /= 10;
    }
    if (negative)
        *--p = '-';
    str_add(out, p, (size_t)(text + sizeof text - p));
}

static void add_exact(const cells *c, uint64_t row, str *out)
{
    bool negative = false;
    wide magnitude;

    if (c->storage == DUCKDB_HUGEINT || c->storage == DUCKDB_UHUGEINT) {
        duckdb_huge huge;

        memcpy(&huge, (const char *)c->data + row * sizeof huge, sizeof huge);
        magnitude = (wide)(uint64_t)huge.upper << 64 | huge.lower;
        negative = c->storage == DUCKDB_HUGEINT && huge.upper < 0;
    } else if (c->storage == DUCKDB_UBIGINT) {
        magnitude = AT(uint64_t);
    } else {
        const int64_t v = cell_integer(c, row);

        negative = v < 0;
        magnitude = negative ? (wide)0 - (wide)(uint64_t)-(v + 1) - 1 : (wide)v;
    }
    add_wide(out, negative ? (wide)0 - magnitude : magnitude, negative, c->scale);
}

void text_clean(str *out, const char *bytes, size_t n)
{
    size_t at = 0;

    if (utf8_valid(bytes, n) && !memchr(bytes, 0, n)) {
        str_add(out, bytes, n);
        return;
    }
    while (at < n) {
        const size_t length = bytes[at] ? utf8_len(bytes + at, n - at) : 0;

        if (length)
            str_add(out, bytes + at, length);
        else
            str_adds(out, "\xEF\xBF\xBD");
        at += length ? length : 1;
    }
}

void cell_text(const cells *c, uint64_t row, str *out)
{
    uint32_t n;
    const char *text;

    if (c->kind != DUCKDB_VARCHAR) {
        add_exact(c, row, out);
        return;
    }
    text = text_of(c, row, &n);
    text_clean(out, text, n);
}
