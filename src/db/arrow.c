/* arrow.c - a result as an Arrow C stream of one batch.
 *
 * Integers, times and doubles are handed over where they lie; bits, dates,
 * decimals and offsets are made once. Stream, schemas, arrays and each child
 * may be released in any order and from any thread, so all of them count
 * references to one `exported`, which owns the result. */
#include "db/arrow.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db_impl.h"

__extension__ typedef __int128 wide;

enum { DIGITS_MAX = 38 };
static const size_t export_limit = (size_t)8 << 30;

typedef struct exported_column {
    char format[16];
    const void *buffers[3];
    int n_buffers;
    int64_t n_null;
} exported_column;

typedef struct exported {
    atomic_int references;
    db_result *result;         /* owned */
    arena *memory;             /* what was made for it */
    exported_column *columns;  /* (n_columns) */
    bool delivered;
} exported;

static void forget(exported *x)
{
    if (atomic_fetch_sub(&x->references, 1) > 1)
        return;
    db_result_free(x->result);
    arena_free(x->memory);
    free(x);
}

static exported *refer(exported *x)
{
    atomic_fetch_add(&x->references, 1);
    return x;
}

/* ---- buffers ---------------------------------------------------------- */

static bool make_validity(exported *x, const db_result_column *c, exported_column *out)
{
    const int64_t n = x->result->n_rows;
    uint8_t *bits;

    for (int64_t i = 0; i < n; i++)
        out->n_null += !c->valid[i];
    if (!out->n_null)
        return true;
    bits = arena_push(x->memory, uint8_t, (size_t)n / 8 + 1);
    for (int64_t i = 0; bits && i < n; i++)
        if (c->valid[i])
            bits[i / 8] |= (uint8_t)(1 << (i % 8));
    out->buffers[0] = bits;
    return bits;
}

static bool make_bits(exported *x, const db_result_column *c, exported_column *out)
{
    uint8_t *bits = arena_push(x->memory, uint8_t, (size_t)x->result->n_rows / 8 + 1);

    for (int64_t i = 0; bits && i < x->result->n_rows; i++)
        if (c->as.integer[i])
            bits[i / 8] |= (uint8_t)(1 << (i % 8));
    out->buffers[1] = bits;
    return bits;
}

static bool make_days(exported *x, const db_result_column *c, exported_column *out)
{
    int32_t *days = arena_push(x->memory, int32_t, (size_t)x->result->n_rows + 1);

    for (int64_t i = 0; days && i < x->result->n_rows; i++)
        days[i] = (int32_t)c->as.integer[i];
    out->buffers[1] = days;
    return days;
}

/* The digits of a decimal as one integer; false if there are more than 38. */
static bool parse_decimal(const char *text, wide *value)
{
    const bool negative = *text == '-';
    int digits = 0;

    *value = 0;
    for (text += negative; *text; text++) {
        if (*text == '.')
            continue;
        if (*text < '0' || *text > '9' || (digits += digits || *text != '0') > DIGITS_MAX)
            return false;
        *value = *value * 10 + (*text - '0');
    }
    if (negative)
        *value = -*value;
    return true;
}

static bool make_text(exported *x, const db_result_column *c, exported_column *out)
{
    const int64_t n = x->result->n_rows;
    int64_t *offsets = arena_push(x->memory, int64_t, (size_t)n + 1);
    char *bytes;

    for (int64_t i = 0; offsets && i < n; i++)
        offsets[i + 1] = offsets[i] + (c->valid[i] ? (int64_t)strlen(c->as.text[i]) : 0);
    bytes = offsets ? arena_push(x->memory, char, (size_t)offsets[n] + 1) : NULL;
    for (int64_t i = 0; bytes && i < n; i++)
        memcpy(bytes + offsets[i], c->as.text[i], (size_t)(offsets[i + 1] - offsets[i]));
    snprintf(out->format, sizeof out->format, "U");
    out->buffers[1] = offsets;
    out->buffers[2] = bytes;
    out->n_buffers = 3;
    return bytes;
}

/* A HUGEINT can have 39 digits, one more than Arrow's decimal: then as text. */
static bool make_decimals(exported *x, const db_result_column *c, exported_column *out)
{
    wide *values = arena_push(x->memory, wide, (size_t)x->result->n_rows + 1);

    snprintf(out->format, sizeof out->format, "d:%d,%d", DIGITS_MAX, c->scale);
    out->buffers[1] = values;
    for (int64_t i = 0; values && i < x->result->n_rows; i++)
        if (c->valid[i] && !parse_decimal(c->as.text[i], &values[i]))
            return make_text(x, c, out);
    return values;
}

static bool make_column(exported *x, const db_result_column *c, exported_column *out)
{
    static const char *const formats[] = {"b", "l", "", "g", "U", "tdD", "ttu", "tsu:"};

    snprintf(out->format, sizeof out->format, "%s", formats[c->type]);
    out->n_buffers = 2;
    if (!make_validity(x, c, out))
        return false;
    switch (c->type) {
    case DB_BOOLEAN: return make_bits(x, c, out);
    case DB_DATE:    return make_days(x, c, out);
    case DB_TEXT:    return make_text(x, c, out);
    case DB_DECIMAL: return make_decimals(x, c, out);
    case DB_DOUBLE:  return out->buffers[1] = c->as.number, true;
    default:         return out->buffers[1] = c->as.integer, true;
    }
}

/* ---- schema ----------------------------------------------------------- */

static void child_schema_release(struct ArrowSchema *s)
{
    forget(s->private_data);
    s->release = NULL;
}

static void schema_release(struct ArrowSchema *s)
{
    for (int64_t i = 0; i < s->n_children; i++)
        if (s->children[i]->release)
            s->children[i]->release(s->children[i]);
    if (s->n_children)
        free(s->children[0]); /* the children are one block */
    free(s->children);
    forget(s->private_data);
    s->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    exported *x = stream->private_data;
    const size_t n = (size_t)x->result->n_columns;
    struct ArrowSchema **list = calloc(n, sizeof *list), *block = calloc(n, sizeof *block);

    if (!list || !block) {
        free(list);
        free(block);
        return ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        block[i] = (struct ArrowSchema){.format = x->columns[i].format,
                                        .name = x->result->columns[i].name,
                                        .flags = ARROW_FLAG_NULLABLE,
                                        .release = child_schema_release,
                                        .private_data = refer(x)};
        list[i] = &block[i];
    }
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = (int64_t)n,
                                .children = list,
                                .release = schema_release,
                                .private_data = refer(x)};
    return 0;
}

/* ---- the batch -------------------------------------------------------- */

static void child_array_release(struct ArrowArray *a)
{
    forget(a->private_data);
    a->release = NULL;
}

static void array_release(struct ArrowArray *a)
{
    for (int64_t i = 0; i < a->n_children; i++)
        if (a->children[i]->release)
            a->children[i]->release(a->children[i]);
    if (a->n_children)
        free(a->children[0]);
    free(a->children);
    forget(a->private_data);
    a->release = NULL;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    static const void *no_validity[1];
    exported *x = stream->private_data;
    const size_t n = (size_t)x->result->n_columns;
    struct ArrowArray **list, *block;

    *out = (struct ArrowArray){0};
    if (x->delivered || x->result->n_rows == 0)
        return 0; /* the end: no release callback */
    list = calloc(n, sizeof *list);
    block = calloc(n, sizeof *block);
    if (!list || !block) {
        free(list);
        free(block);
        return ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        block[i] = (struct ArrowArray){.length = x->result->n_rows,
                                       .null_count = x->columns[i].n_null,
                                       .n_buffers = x->columns[i].n_buffers,
                                       .buffers = x->columns[i].buffers,
                                       .release = child_array_release,
                                       .private_data = refer(x)};
        list[i] = &block[i];
    }
    *out = (struct ArrowArray){.length = x->result->n_rows,
                               .n_buffers = 1,
                               .n_children = (int64_t)n,
                               .buffers = no_validity,
                               .children = list,
                               .release = array_release,
                               .private_data = refer(x)};
    x->delivered = true;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "out of memory";
}

static void stream_release(struct ArrowArrayStream *stream)
{
    forget(stream->private_data);
    stream->release = NULL;
}

bool db_result_arrow(db_result *r, struct ArrowArrayStream *stream, err *e)
{
    exported *x = calloc(1, sizeof *x);
    bool ok;

    if (!x) {
        db_result_free(r);
        return err_set(e, ERR_NOMEM, "out of memory for an Arrow stream");
    }
    atomic_init(&x->references, 1);
    x->result = r;
    x->memory = arena_new(export_limit);
    x->columns = x->memory ? arena_push(x->memory, exported_column, (size_t)r->n_columns) : NULL;
    ok = x->columns;
    for (int c = 0; ok && c < r->n_columns; c++)
        ok = make_column(x, &r->columns[c], &x->columns[c]);
    if (!ok) {
        forget(x);
        return err_set(e, ERR_NOMEM, "out of memory for an Arrow stream");
    }
    *stream = (struct ArrowArrayStream){.get_schema = get_schema,
                                        .get_next = get_next,
                                        .get_last_error = get_last_error,
                                        .release = stream_release,
                                        .private_data = x};
    return true;
}
