/* message.c - see message_impl.h. */
#include "db/message_impl.h"

#include <string.h>

static bool malformed(err *e, const char *what)
{
    return err_set(e, ERR_FORMAT, "malformed %s between the program and its database process",
                   what);
}

static bool finish(const wire *w, const char *what, err *e)
{
    return wire_done(w) || malformed(e, what);
}

bool frame_header_read(const uint8_t header[FRAME_HEADER], frame_kind *kind, size_t *n, err *e)
{
    wire w = {.base = header, .n = FRAME_HEADER};
    const uint32_t magic = wire_u32(&w), k = wire_u32(&w);
    const uint64_t length = wire_u64(&w);

    if (magic != FRAME_MAGIC || length > FRAME_MAX)
        return malformed(e, "frame");
    if (!(k >= ASK_OPEN && k <= ASK_FINISH) && !(k >= REPLY_HELLO && k <= REPLY_ERROR))
        return malformed(e, "frame");
    *kind = (frame_kind)k;
    *n = (size_t)length;
    return true;
}

void frame_header_write(uint8_t header[FRAME_HEADER], frame_kind kind, size_t n)
{
    const uint64_t words[2] = {(uint64_t)kind << 32 | FRAME_MAGIC, n};

    for (int i = 0; i < FRAME_HEADER; i++)
        header[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
}

void ask_open_put(str *s, const ask_open *m)
{
    wire_put_u8(s, (uint8_t)m->mode);
    wire_put_text(s, m->library);
    wire_put_text(s, m->path);
    wire_put_text(s, m->temporary);
    wire_put_text(s, m->source);
    wire_put_text(s, m->name);
    wire_put_u32(s, m->threads);
    wire_put_u32(s, m->idle_ms);
    wire_put_u32(s, m->wait_ms);
    wire_put_i64(s, m->memory_bytes);
    wire_put_i64(s, m->temporary_bytes);
}

bool ask_open_get(wire *w, ask_open *m, err *e)
{
    const uint8_t mode = wire_u8(w);

    *m = (ask_open){.mode = (open_mode)mode};
    m->library = wire_path(w);
    m->path = wire_path(w);
    m->temporary = wire_path(w);
    m->source = wire_path(w);
    m->name = wire_path(w);
    m->threads = wire_u32(w);
    m->idle_ms = wire_u32(w);
    m->wait_ms = wire_u32(w);
    m->memory_bytes = wire_i64(w);
    m->temporary_bytes = wire_i64(w);
    if (mode > MODE_IMPORT || m->threads > 1024 || m->memory_bytes < 0 ||
        m->temporary_bytes < 0)
        w->bad = true;
    return finish(w, "open request", e);
}

void ask_put(str *s, const ask *m)
{
    wire_put_u64(s, m->number);
    wire_put_text(s, m->sql);
    wire_put_i64(s, m->max_rows);
    wire_put_i64(s, m->max_bytes);
    wire_put_u32(s, m->timeout_ms);
}

bool ask_get(wire *w, ask *m, err *e)
{
    m->number = wire_u64(w);
    m->sql = wire_text(w);
    m->max_rows = wire_i64(w);
    m->max_bytes = wire_i64(w);
    m->timeout_ms = wire_u32(w);
    if (m->max_rows < 0 || m->max_bytes < 0)
        w->bad = true;
    return finish(w, "request", e);
}

void schema_put(str *s, const schema_column *columns, size_t n)
{
    wire_put_u32(s, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        wire_put_text(s, columns[i].name);
        wire_put_u8(s, (uint8_t)columns[i].type);
        wire_put_u8(s, (uint8_t)columns[i].scale);
    }
}

bool schema_get(wire *w, arena *a, schema_column **columns, int *n, err *e)
{
    const uint32_t count = wire_u32(w);

    if (w->bad || count == 0 || count > COLUMNS_MAX)
        return malformed(e, "list of columns");
    *columns = arena_push(a, schema_column, count);
    for (uint32_t i = 0; *columns && i < count; i++) {
        schema_column *c = &(*columns)[i];

        c->name = arena_str(a, wire_text(w));
        c->type = (db_type)wire_u8(w);
        c->scale = wire_u8(w);
        if (c->type > DB_TIMESTAMP || c->scale > 38)
            w->bad = true;
        if (!c->name)
            *columns = NULL;
    }
    if (!*columns)
        return err_set(e, ERR_NOMEM, "out of memory for the result's columns");
    *n = (int)count;
    return finish(w, "list of columns", e);
}

uint32_t batch_rows(const uint8_t *payload, size_t n)
{
    wire w = {.base = payload, .n = n};

    return wire_u32(&w);
}

/* n texts: offsets rise by at least 1, the last byte of each is its only NUL. */
static void texts_get(wire *w, uint32_t n, const char **out)
{
    wire offsets = {.base = wire_bytes(w, 4 * ((size_t)n + 1)), .n = 4 * ((size_t)n + 1)};
    uint32_t from = w->bad ? 1 : wire_u32(&offsets);
    const size_t available = wire_left(w);
    const char *base = (const char *)w->base + w->at;

    w->bad = w->bad || from != 0;
    for (uint32_t i = 0; !w->bad && i < n; i++) {
        const uint32_t to = wire_u32(&offsets);
        const size_t length = to > from ? to - from - 1 : 0;

        if (to <= from || to > available || base[to - 1] ||
            memchr(base + from, 0, length) || !utf8_valid(base + from, length))
            w->bad = true;
        out[i] = base + from;
        from = to;
    }
    wire_bytes(w, w->bad ? 0 : from);
}

/* Can a column of this type hold the number? Readers count on it. */
static bool in_range(db_type type, int64_t v)
{
    switch (type) {
    case DB_BOOLEAN: return v == 0 || v == 1;
    case DB_DATE:    return v >= INT32_MIN && v <= INT32_MAX;
    case DB_TIME:    return v >= 0 && v <= INT64_C(86400000000);
    default:         return true;
    }
}

static void column_get(wire *w, const schema_column *c, uint32_t n, const batch_column *out,
                       int64_t at)
{
    const uint8_t *valid = wire_bytes(w, n);

    for (uint32_t i = 0; valid && i < n; i++) {
        out->valid[at + i] = valid[i];
        if (valid[i] > 1)
            w->bad = true;
    }
    if (c->type == DB_TEXT || c->type == DB_DECIMAL) {
        texts_get(w, n, out->text + at);
        return;
    }
    for (uint32_t i = 0; !w->bad && i < n; i++) {
        const uint64_t bits = wire_u64(w);

        if (c->type == DB_DOUBLE)
            memcpy(&out->number[at + i], &bits, sizeof bits);
        else
            out->integer[at + i] = (int64_t)bits;
        if (!in_range(c->type, (int64_t)bits))
            w->bad = true;
    }
}

bool batch_get(wire *w, const schema_column *columns, int n_columns, batch_column *out,
               int64_t at, err *e)
{
    const uint32_t n = wire_u32(w);

    for (int c = 0; c < n_columns && !w->bad; c++)
        column_get(w, &columns[c], n, &out[c], at);
    return finish(w, "rows", e);
}

void progress_put(str *s, const char *what, double share)
{
    wire_put_text(s, what);
    wire_put_i64(s, (int64_t)(share * 1000));
}

bool progress_get(wire *w, const char **what, double *share, err *e)
{
    *what = wire_text(w);
    *share = (double)wire_i64(w) / 1000;
    return (finish(w, "progress", e) && *share >= PROGRESS_NOTE && *share <= 1) ||
           malformed(e, "progress");
}

void done_put(str *s, bool truncated, double elapsed_ms)
{
    wire_put_u8(s, truncated);
    wire_put_i64(s, (int64_t)(elapsed_ms * 1000.0));
}

bool done_get(wire *w, bool *truncated, double *elapsed_ms, err *e)
{
    *truncated = wire_bool(w);
    *elapsed_ms = (double)wire_i64(w) / 1000.0;
    if (*elapsed_ms < 0)
        w->bad = true;
    return finish(w, "end of a result", e);
}

void error_put(str *s, const err *e)
{
    wire_put_u8(s, (uint8_t)e->code);
    wire_put_text(s, e->msg);
}

bool error_get(wire *w, err *out, err *e)
{
    const uint8_t code = wire_u8(w);
    const char *text = wire_text(w);

    switch (code) {
    case ERR_NOMEM:
    case ERR_LIMIT:
    case ERR_IO:
    case ERR_CANCELLED:
        break;
    default: /* a child has no say in the rest */
        if (code != ERR_DB)
            w->bad = true;
    }
    if (!finish(w, "error", e))
        return false;
    err_set(out, (err_code)code, "%s", text);
    return true;
}

static void column_put(str *s, const db_column *c)
{
    wire_put_text(s, c->name);
    wire_put_text(s, c->type_text);
    wire_put_text(s, c->comment);
    wire_put_text(s, c->min_text);
    wire_put_text(s, c->max_text);
    wire_put_u8(s, (uint8_t)c->type);
    wire_put_u8(s, c->primary_key);
    wire_put_u8(s, c->nullable);
    wire_put_u8(s, c->values_complete);
    wire_put_i64(s, c->fk_table);
    wire_put_i64(s, c->fk_column);
    wire_put_i64(s, c->n_distinct);
    wire_put_i64(s, c->n_null);
    wire_put_u32(s, (uint32_t)c->n_values);
    for (int i = 0; i < c->n_values; i++)
        wire_put_text(s, c->values[i]);
}

void table_put(str *s, const db_table *t)
{
    wire_put_text(s, t->name);
    wire_put_text(s, t->comment);
    wire_put_u8(s, t->is_view);
    wire_put_i64(s, t->n_rows);
    wire_put_u32(s, (uint32_t)t->n_columns);
    for (int i = 0; i < t->n_columns; i++)
        column_put(s, &t->columns[i]);
}

static const char *copy(wire *w, arena *a)
{
    const char *text = arena_str(a, wire_text(w));

    if (!text)
        w->bad = true;
    return text ? text : "";
}

static void column_table_get(wire *w, arena *a, db_column *c)
{
    const char **values;
    uint32_t n;

    c->name = copy(w, a);
    c->type_text = copy(w, a);
    c->comment = copy(w, a);
    c->min_text = copy(w, a);
    c->max_text = copy(w, a);
    c->type = (db_type)wire_u8(w);
    c->primary_key = wire_bool(w);
    c->nullable = wire_bool(w);
    c->values_complete = wire_bool(w);
    c->fk_table = (int)wire_i64(w); /* in range: checked with all tables known */
    c->fk_column = (int)wire_i64(w);
    c->n_distinct = wire_i64(w);
    c->n_null = wire_i64(w);
    n = wire_u32(w);
    if (c->type > DB_TIMESTAMP || n > DB_VALUES_MAX || n > wire_left(w))
        w->bad = true;
    values = w->bad ? NULL : arena_push(a, const char *, n + 1);
    w->bad = w->bad || !values;
    for (uint32_t i = 0; !w->bad && i < n; i++)
        values[i] = copy(w, a);
    c->values = values;
    c->n_values = w->bad ? 0 : (int)n;
}

bool table_get(wire *w, arena *a, db_table *t, err *e)
{
    db_column *columns;
    uint32_t n;

    *t = (db_table){0};
    t->name = copy(w, a);
    t->comment = copy(w, a);
    t->is_view = wire_bool(w);
    t->n_rows = wire_i64(w);
    n = wire_u32(w);
    if (w->bad || n > COLUMNS_MAX)
        return malformed(e, "table of the catalog");
    columns = arena_push(a, db_column, n + 1);
    if (!columns)
        return err_set(e, ERR_NOMEM, "the catalog does not fit in memory");
    for (uint32_t i = 0; i < n && !w->bad; i++)
        column_table_get(w, a, &columns[i]);
    t->columns = columns;
    t->n_columns = (int)n;
    return finish(w, "table of the catalog", e);
}
