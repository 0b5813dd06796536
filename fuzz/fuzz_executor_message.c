/* fuzz_executor_message.c - both directions of the database process's protocol.
 *
 * The input is a stream of frames as the socket would carry it. Requests go to
 * the child's decoders, replies to the parent's, rows into a result whose every
 * cell is then read and handed over to Arrow. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "db/arrow.h"
#include "db/db_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_cells(db_result *r)
{
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    char buffer[64];
    volatile size_t seen = 0;
    err e;

    for (int64_t row = 0; row < r->n_rows; row++)
        for (int c = 0; c < r->n_columns; c++) {
            seen += strlen(db_cell_text(r, row, c, buffer));
            seen += db_cell_number(r, row, c) > 0;
        }
    if (!db_result_arrow(r, &stream, &e))
        return;
    if (!stream.get_next(&stream, &array) && array.release)
        array.release(&array);
    stream.release(&stream);
}

static void finish_result(result_builder **b)
{
    err e;
    db_result *r = *b ? result_builder_finish(*b, false, 0, &e) : NULL;

    if (r)
        read_cells(r);
    *b = NULL;
}

static void read_table(wire *w)
{
    arena *a = arena_new(16 << 20);
    db_table t;
    err e;

    if (a && table_get(w, a, &t, &e))
        (void)!catalog_finish(a, "fuzz", &t, 1, &e);
    arena_free(a);
}

static void read_rows(result_builder *b, const uint8_t *bytes, size_t n)
{
    str copy = {0};
    err e;

    str_add(&copy, (const char *)bytes, n);
    if (b && !result_builder_rows(b, &copy, &e))
        str_deinit(&copy);
    str_deinit(&copy);
}

static void read_schema(result_builder **b, const uint8_t *bytes, size_t n)
{
    str copy = {0};
    err e;

    finish_result(b);
    *b = result_builder_new(&e);
    str_add(&copy, (const char *)bytes, n);
    if (*b && !result_builder_schema(*b, &copy, &e)) {
        result_builder_free(*b);
        *b = NULL;
    }
    str_deinit(&copy);
}

static void read_frame(frame_kind kind, wire w, result_builder **b)
{
    ask_open opening;
    ask request;
    double elapsed;
    bool flag;
    err e, theirs;

    if (kind == ASK_OPEN)
        flag = ask_open_get(&w, &opening, &e);
    else if (kind <= ASK_FINISH)
        flag = ask_get(&w, &request, &e);
    else if (kind == REPLY_SCHEMA)
        read_schema(b, w.base, w.n);
    else if (kind == REPLY_ROWS)
        read_rows(*b, w.base, w.n);
    else if (kind == REPLY_TABLE)
        read_table(&w);
    else if (kind == REPLY_DONE && done_get(&w, &flag, &elapsed, &e))
        finish_result(b);
    else if (kind == REPLY_ERROR)
        flag = error_get(&w, &theirs, &e);
    else
        wire_text(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire all = {.base = data, .n = size};
    result_builder *b = NULL;
    const uint8_t *header, *bytes;
    frame_kind kind;
    size_t n;
    err e;

    while ((header = wire_bytes(&all, FRAME_HEADER)) && frame_header_read(header, &kind, &n, &e) &&
           (bytes = wire_bytes(&all, n)))
        read_frame(kind, (wire){.base = bytes, .n = n}, &b);
    finish_result(&b);
    return 0;
}
