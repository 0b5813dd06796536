/* result.c - results in the parent: built from the child's batches, and read. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db_impl.h"

static const size_t result_arena = (size_t)8 << 30; /* rows and bytes have their own limits */

struct result_builder {
    db_result result; /* first: a db_result * is its builder */
    arena *memory;
    schema_column *columns;
    int n_columns;
    str *batches; /* (n_batches), owned; texts of the result point into them */
    int n_batches, cap_batches;
    int64_t n_rows, n_bytes;
};

result_builder *result_builder_new(err *e)
{
    result_builder *b = calloc(1, sizeof *b);

    if (b)
        b->memory = arena_new(result_arena);
    if (b && b->memory)
        return b;
    result_builder_free(b);
    err_set(e, ERR_NOMEM, "out of memory for a result");
    return NULL;
}

void result_builder_free(result_builder *b)
{
    if (!b)
        return;
    for (int i = 0; i < b->n_batches; i++)
        str_deinit(&b->batches[i]);
    free(b->batches);
    arena_free(b->memory);
    free(b);
}

void db_result_free(db_result *r) { result_builder_free((result_builder *)r); }

int64_t result_builder_count(const result_builder *b) { return b->n_rows; }
int64_t result_builder_bytes(const result_builder *b) { return b->n_bytes; }

bool result_builder_schema(result_builder *b, const str *payload, err *e)
{
    wire w = {.base = (const uint8_t *)str_text(payload), .n = payload->n};

    if (b->columns)
        return err_set(e, ERR_FORMAT, "the database process sent two lists of columns");
    return schema_get(&w, b->memory, &b->columns, &b->n_columns, e);
}

bool result_builder_rows(result_builder *b, str *payload, err *e)
{
    const uint32_t n = batch_rows((const uint8_t *)str_text(payload), payload->n);

    /* each cell takes more than a byte: rows cannot be claimed, only sent */
    if (!b->columns || n == 0 || (uint64_t)n * (uint64_t)b->n_columns > payload->n)
        return err_set(e, ERR_FORMAT, "malformed rows from the database process");
    if (b->n_batches == b->cap_batches) {
        const int cap = b->cap_batches ? 2 * b->cap_batches : 16;
        str *grown = realloc(b->batches, (size_t)cap * sizeof *grown);

        if (!grown)
            return err_set(e, ERR_NOMEM, "out of memory for a result");
        b->batches = grown;
        b->cap_batches = cap;
    }
    b->batches[b->n_batches++] = *payload;
    b->n_bytes += (int64_t)payload->n;
    b->n_rows += n;
    *payload = (str){0};
    return true;
}

static bool make_column(result_builder *b, const schema_column *from, batch_column *to)
{
    const size_t n = (size_t)b->n_rows + 1;

    to->valid = arena_push(b->memory, uint8_t, n);
    if (from->type == DB_TEXT || from->type == DB_DECIMAL)
        to->text = arena_push(b->memory, const char *, n);
    else if (from->type == DB_DOUBLE)
        to->number = arena_push(b->memory, double, n);
    else
        to->integer = arena_push(b->memory, int64_t, n);
    return to->valid && (to->text || to->number || to->integer);
}

static bool decode(result_builder *b, batch_column *out, err *e)
{
    int64_t at = 0;

    for (int i = 0; i < b->n_batches; i++) {
        wire w = {.base = (const uint8_t *)b->batches[i].text, .n = b->batches[i].n};

        if (!batch_get(&w, b->columns, b->n_columns, out, at, e))
            return false;
        at += batch_rows(w.base, w.n);
    }
    return true;
}

static bool finish(result_builder *b, err *e)
{
    batch_column *out = arena_push(b->memory, batch_column, (size_t)b->n_columns);
    db_result_column *columns = arena_push(b->memory, db_result_column, (size_t)b->n_columns);
    bool ok = out && columns;

    for (int c = 0; ok && c < b->n_columns; c++)
        ok = make_column(b, &b->columns[c], &out[c]);
    if (!ok)
        return err_set(e, ERR_NOMEM, "out of memory for a result of %" PRId64 " rows", b->n_rows);
    if (!decode(b, out, e))
        return false;
    for (int c = 0; c < b->n_columns; c++) {
        columns[c] = (db_result_column){.name = b->columns[c].name,
                                        .type = b->columns[c].type,
                                        .scale = b->columns[c].scale,
                                        .valid = out[c].valid};
        if (out[c].text)
            columns[c].as.text = out[c].text;
        else if (out[c].number)
            columns[c].as.number = out[c].number;
        else
            columns[c].as.integer = out[c].integer;
    }
    b->result.columns = columns;
    b->result.n_columns = b->n_columns;
    b->result.n_rows = b->n_rows;
    return true;
}

db_result *result_builder_finish(result_builder *b, bool truncated, double elapsed_ms, err *e)
{
    bool ok = b->columns || err_set(e, ERR_FORMAT, "the database process sent no columns");

    if (!ok || !finish(b, e)) {
        result_builder_free(b);
        return NULL;
    }
    b->result.truncated = truncated;
    b->result.elapsed_ms = elapsed_ms;
    return &b->result;
}

/* ---- cells ------------------------------------------------------------ */

const char *db_type_name(db_type t)
{
    static const char *const names[] = {"boolean", "integer", "decimal", "double",
                                        "text",    "date",    "time",    "timestamp"};

    return names[t];
}

bool db_cell_null(const db_result *r, int64_t row, int column)
{
    return !r->columns[column].valid[row];
}

/* Days since 1970-01-01 to the proleptic Gregorian calendar, by eras of 400
 * years that begin in March (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms"). */
static void date_text(int64_t days, char *out, size_t n)
{
    const int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    const int64_t year = yoe + era * 400 + (month <= 2);

    if (year > 0)
        snprintf(out, n, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
    else
        snprintf(out, n, "%04" PRId64 "-%02" PRId64 "-%02" PRId64 " (BC)", 1 - year, month, day);
}

static void time_text(int64_t micros, char *out, size_t n)
{
    const int64_t s = micros / 1000000, fraction = micros % 1000000;
    int used = snprintf(out, n, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60,
                        s % 60);

    if (fraction)
        used += snprintf(out + used, n - (size_t)used, ".%06" PRId64, fraction);
    while (fraction && out[used - 1] == '0')
        out[--used] = 0;
}

static void timestamp_text(int64_t micros, char *out, size_t n)
{
    const int64_t day = (int64_t)86400 * 1000000;
    int64_t days = micros / day, rest = micros % day;
    size_t used;

    if (rest < 0) {
        rest += day;
        days--;
    }
    date_text(days, out, n);
    used = strlen(out);
    out[used++] = ' ';
    time_text(rest, out + used, n - used);
}

static void double_text(double v, char *out, size_t n)
{
    if (isnan(v) || isinf(v)) {
        snprintf(out, n, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(out, n, "%.*g", precision, v);
        if (strtod(out, NULL) == v)
            return;
    }
}

/* DuckDB keeps infinite dates as the ends of their integer's range. */
static bool endless(int64_t v, int64_t most, char *out, size_t n)
{
    if (v != most && v != -most)
        return false;
    snprintf(out, n, v < 0 ? "-infinity" : "infinity");
    return true;
}

const char *db_cell_text(const db_result *r, int64_t row, int column, char buffer[64])
{
    const db_result_column *c = &r->columns[column];

    buffer[0] = 0;
    if (!c->valid[row])
        return "";
    switch (c->type) {
    case DB_TEXT:
    case DB_DECIMAL:
        return c->as.text[row];
    case DB_BOOLEAN:
        return c->as.integer[row] ? "true" : "false";
    case DB_INTEGER:
        snprintf(buffer, 64, "%" PRId64, c->as.integer[row]);
        break;
    case DB_DOUBLE:
        double_text(c->as.number[row], buffer, 64);
        break;
    case DB_DATE:
        if (!endless(c->as.integer[row], INT32_MAX, buffer, 64))
            date_text(c->as.integer[row], buffer, 64);
        break;
    case DB_TIME:
        time_text(c->as.integer[row], buffer, 64);
        break;
    case DB_TIMESTAMP:
        if (!endless(c->as.integer[row], INT64_MAX, buffer, 64))
            timestamp_text(c->as.integer[row], buffer, 64);
        break;
    }
    return buffer;
}

double db_cell_number(const db_result *r, int64_t row, int column)
{
    const db_result_column *c = &r->columns[column];

    if (!c->valid[row])
        return NAN;
    switch (c->type) {
    case DB_BOOLEAN:
    case DB_INTEGER:
        return (double)c->as.integer[row];
    case DB_DECIMAL:
        return strtod(c->as.text[row], NULL);
    case DB_DOUBLE:
        return c->as.number[row];
    default:
        return NAN;
    }
}
