/* What the two processes say to each other, without any process: round trips,
 * every truncation, every damaged byte; the Arrow stream of a made result. */
#include <stdlib.h>

#include "base/file.h"
#include "db/arrow.h"
#include "db/db_impl.h"
#include "db/executor_impl.h"
#include "test.h"

static wire reading(const str *s)
{
    return (wire){.base = (const uint8_t *)str_text(s), .n = s->n};
}

/* ---- primitives ------------------------------------------------------- */

static void primitives(void)
{
    str s = {0};
    wire w;

    wire_put_u8(&s, 200);
    wire_put_u32(&s, 0xdeadbeef);
    wire_put_i64(&s, INT64_MIN);
    wire_put_u64(&s, UINT64_MAX);
    wire_put_text(&s, "gr\xC3\xBC\xC3\x9F");
    wire_put_text(&s, "");
    w = reading(&s);
    CHECK(wire_u8(&w) == 200 && wire_u32(&w) == 0xdeadbeef && wire_i64(&w) == INT64_MIN);
    CHECK(wire_u64(&w) == UINT64_MAX);
    CHECK(!strcmp(wire_text(&w), "gr\xC3\xBC\xC3\x9F") && !strcmp(wire_text(&w), ""));
    CHECK(wire_done(&w));
    CHECK(wire_u8(&w) == 0 && w.bad && wire_u64(&w) == 0 && !*wire_text(&w) && !wire_done(&w));
    str_deinit(&s);
}

static void texts_are_checked(void)
{
    static const struct {
        const char *bytes;
        size_t n;
        bool path, text;
    } cases[] = {
        {"\2\0\0\0ab", 7, true, true},           /* the literal's own NUL ends it */
        {"\2\0\0\0abc", 7, false, false},        /* no NUL */
        {"\3\0\0\0a\0c", 8, false, false},       /* NUL within */
        {"\1\0\0\0\xFF", 6, true, false},        /* a path may be any bytes */
        {"\xFF\xFF\xFF\xFFx", 6, false, false},  /* far past the end */
        {"\2\0\0", 3, false, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wire path = {.base = (const uint8_t *)cases[i].bytes, .n = cases[i].n}, text = path;

        wire_path(&path);
        wire_text(&text);
        CHECK(path.bad != cases[i].path && text.bad != cases[i].text);
    }
}

static void bad_text_is_replaced(void)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *clean;
    } cases[] = {
        {"plain", 5, "plain"},
        {"a\0b", 3, "a\xEF\xBF\xBD" "b"},
        {"\xC3", 1, "\xEF\xBF\xBD"},
        {"\xC3\xA9\xFF", 3, "\xC3\xA9\xEF\xBF\xBD"},
        {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* surrogate */
        {"", 0, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str out = {0};

        text_clean(&out, cases[i].bytes, cases[i].n);
        CHECK(!strcmp(str_text(&out), cases[i].clean));
        str_deinit(&out);
    }
}

static void headers_are_checked(void)
{
    uint8_t h[FRAME_HEADER];
    frame_kind kind;
    size_t n;
    err e;

    frame_header_write(h, REPLY_ROWS, 12345);
    CHECK(frame_header_read(h, &kind, &n, &e) && kind == REPLY_ROWS && n == 12345);
    for (int i = 0; i < 4; i++) {
        h[i] ^= 1;
        CHECK(!frame_header_read(h, &kind, &n, &e) && e.code == ERR_FORMAT);
        h[i] ^= 1;
    }
    frame_header_write(h, (frame_kind)0, 0);
    CHECK(!frame_header_read(h, &kind, &n, &e));
    frame_header_write(h, (frame_kind)(REPLY_ERROR + 1), 0);
    CHECK(!frame_header_read(h, &kind, &n, &e));
    frame_header_write(h, (frame_kind)(ASK_FINISH + 1), 0);
    CHECK(!frame_header_read(h, &kind, &n, &e));
    frame_header_write(h, REPLY_ROWS, (size_t)FRAME_MAX + 1);
    CHECK(!frame_header_read(h, &kind, &n, &e));
}

/* ---- messages --------------------------------------------------------- */

static bool open_reads(wire *w, err *e)
{
    ask_open m;

    return ask_open_get(w, &m, e);
}

static bool ask_reads(wire *w, err *e)
{
    ask m;

    return ask_get(w, &m, e);
}

static bool schema_reads(wire *w, err *e)
{
    arena *a = arena_new(1 << 20);
    schema_column *columns;
    int n;
    const bool ok = schema_get(w, a, &columns, &n, e);

    arena_free(a);
    return ok;
}

static bool table_reads(wire *w, err *e)
{
    arena *a = arena_new(1 << 22);
    db_table t;
    const bool ok = table_get(w, a, &t, e);

    arena_free(a);
    return ok;
}

static bool error_reads(wire *w, err *e)
{
    err theirs;

    return error_get(w, &theirs, e);
}

/* It reads as a whole; no shorter piece reads; a byte more does not read. */
static bool only_whole(str *s, bool (*get)(wire *w, err *e))
{
    err e = {0};
    wire w;

    for (size_t n = 0; n < s->n; n++) {
        uint8_t *exact = malloc(n + 1); /* so that a read past the end is seen */

        memcpy(exact, s->text, n);
        w = (wire){.base = exact, .n = n};
        if (get(&w, &e) || e.code != ERR_FORMAT)
            return false;
        free(exact);
    }
    w = reading(s);
    if (!get(&w, &e))
        return false;
    str_addc(s, 0);
    w = reading(s);
    return !get(&w, &e);
}

static void requests_are_whole(void)
{
    ask_open o = {.mode = MODE_IMPORT, .library = "/l.so", .path = "/p", .temporary = "/t",
                  .source = "/s\xFF", .name = "n", .threads = 2, .memory_bytes = 1};
    const ask a = {.number = 7, .sql = "SELECT '\xC3\xA9'", .max_rows = 5, .timeout_ms = 9};
    str s = {0};
    wire w;
    err e;

    ask_open_put(&s, &o);
    CHECK(only_whole(&s, open_reads));
    str_reset(&s);
    ask_put(&s, &a);
    CHECK(only_whole(&s, ask_reads));
    str_reset(&s);
    o.threads = 100000;
    ask_open_put(&s, &o);
    w = reading(&s);
    CHECK(!open_reads(&w, &e));
    str_deinit(&s);
}

static void replies_are_whole(void)
{
    static const schema_column columns[] = {{"a", DB_DECIMAL, 2}, {"", DB_TEXT, 0}};
    static const char *const values[] = {"x", "y"};
    static const db_column c = {.name = "c", .type_text = "VARCHAR", .type = DB_TEXT,
                                .comment = "", .min_text = "x", .max_text = "y",
                                .fk_table = -1, .fk_column = -1, .values = values,
                                .n_values = 2, .values_complete = true};
    const db_table t = {.name = "t", .comment = "", .n_rows = 2, .columns = &c, .n_columns = 1};
    err limit;
    str s = {0};

    schema_put(&s, columns, 2);
    CHECK(only_whole(&s, schema_reads));
    str_reset(&s);
    table_put(&s, &t);
    CHECK(only_whole(&s, table_reads));
    str_reset(&s);
    err_set(&limit, ERR_LIMIT, "too long");
    error_put(&s, &limit);
    CHECK(only_whole(&s, error_reads));
    str_deinit(&s);
}

/* A child cannot claim an error that would change what the product does. */
static void only_some_errors(void)
{
    for (int code = 0; code <= ERR_CANCELLED; code++) {
        const bool may = code == ERR_DB || code == ERR_LIMIT || code == ERR_NOMEM ||
                         code == ERR_IO || code == ERR_CANCELLED;
        str s = {0};
        wire w;
        err e;

        wire_put_u8(&s, (uint8_t)code);
        wire_put_text(&s, "says the child");
        w = reading(&s);
        CHECK(error_reads(&w, &e) == may);
        str_deinit(&s);
    }
}

/* A schema's length that its bytes cannot hold costs no memory. */
static void lengths_are_not_believed(void)
{
    str s = {0};
    wire w;
    err e;

    wire_put_u32(&s, 4000);
    w = reading(&s);
    CHECK(!schema_reads(&w, &e));
    str_reset(&s);
    wire_put_u32(&s, 0);
    w = reading(&s);
    CHECK(!schema_reads(&w, &e));
    str_deinit(&s);
}

/* ---- rows ------------------------------------------------------------- */

static const schema_column four[] = {
    {"whole", DB_INTEGER, 0}, {"text", DB_TEXT, 0}, {"real", DB_DOUBLE, 0},
    {"money", DB_DECIMAL, 2}};

static void put_texts_of(str *s, const char *const *texts, int n)
{
    uint32_t at = 0;

    wire_put_u32(s, 0);
    for (int i = 0; i < n; i++)
        wire_put_u32(s, at += (uint32_t)strlen(texts[i]) + 1);
    for (int i = 0; i < n; i++)
        str_add(s, texts[i], strlen(texts[i]) + 1);
}

/* Two rows: 42, "gr\xC3\xBCn", 1.5, -0.05 and NULLs. */
static void put_two_rows(str *s)
{
    static const char *const names[] = {"gr\xC3\xBCn", ""}, *const money[] = {"-0.05", ""};
    const double real = 1.5;
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    wire_put_u32(s, 2);
    for (int c = 0; c < 4; c++) {
        wire_put_u8(s, 1);
        wire_put_u8(s, 0);
        if (c == 0)
            wire_put_u64(s, 42), wire_put_u64(s, 0);
        else if (c == 2)
            wire_put_u64(s, bits), wire_put_u64(s, 0);
        else
            put_texts_of(s, c == 1 ? names : money, 2);
    }
}

static db_result *result_of(str *rows, err *e)
{
    result_builder *b = result_builder_new(e);
    str schema = {0};
    bool ok;

    schema_put(&schema, four, 4);
    ok = b && result_builder_schema(b, &schema, e) && result_builder_rows(b, rows, e);
    str_deinit(&schema);
    if (ok)
        return result_builder_finish(b, false, 1.0, e);
    result_builder_free(b);
    return NULL;
}

static void rows_round_trip(void)
{
    char buffer[64];
    str s = {0};
    db_result *r;
    err e;

    put_two_rows(&s);
    r = result_of(&s, &e);
    CHECK(r && r->n_rows == 2 && r->n_columns == 4);
    CHECK(r->columns[0].as.integer[0] == 42 && r->columns[2].as.number[0] == 1.5);
    CHECK(!strcmp(r->columns[1].as.text[0], "gr\xC3\xBCn"));
    CHECK(!strcmp(db_cell_text(r, 0, 3, buffer), "-0.05") && r->columns[3].scale == 2);
    for (int c = 0; c < 4; c++)
        CHECK(db_cell_null(r, 1, c) && !*db_cell_text(r, 1, c, buffer));
    db_result_free(r);
    str_deinit(&s);
}

/* Every prefix fails; every byte set to every of some values fails or gives
 * texts that end where they should. */
static void rows_are_checked(void)
{
    static const unsigned char values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    str good = {0};
    db_result *r;
    err e;

    put_two_rows(&good);
    for (size_t n = 0; n < good.n; n++) {
        str s = {0};

        str_add(&s, good.text, n);
        r = result_of(&s, &e);
        CHECK(!r && e.code == ERR_FORMAT);
        str_deinit(&s);
    }
    for (size_t at = 0; at < good.n; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            str s = {0};

            str_add(&s, good.text, good.n);
            s.text[at] = (char)values[v];
            r = result_of(&s, &e);
            for (int64_t row = 0; r && row < r->n_rows; row++)
                CHECK(utf8_valid(r->columns[1].as.text[row], strlen(r->columns[1].as.text[row])));
            db_result_free(r);
            str_deinit(&s);
        }
    str_deinit(&good);
}

static void rows_before_columns(void)
{
    result_builder *b;
    str s = {0};
    err e;

    put_two_rows(&s);
    b = result_builder_new(&e);
    CHECK(b && !result_builder_rows(b, &s, &e) && e.code == ERR_FORMAT);
    CHECK(!result_builder_finish(b, false, 0, &e));
    str_deinit(&s);
}

/* ---- catalog ---------------------------------------------------------- */

static void links_are_checked(void)
{
    static const int bad[][2] = {{0, 5}, {3, 0}, {-1, 0}, {0, -1}, {-2, -2}};
    db_column c = {.name = "c", .type_text = "", .comment = "", .min_text = "", .max_text = ""};
    db_table t = {.name = "t", .comment = "", .columns = &c, .n_columns = 1};
    arena *a = arena_new(1 << 16);
    err e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        c.fk_table = bad[i][0];
        c.fk_column = bad[i][1];
        CHECK(!catalog_finish(a, "x", &t, 1, &e) && e.code == ERR_FORMAT);
    }
    c.fk_table = c.fk_column = 0;
    CHECK(catalog_finish(a, "/a/x.duckdb", &t, 1, &e));
    c.fk_table = c.fk_column = -1;
    CHECK(!strcmp(catalog_finish(a, "/a/x.duckdb", &t, 1, &e)->database, "x.duckdb"));
    arena_free(a);
}

/* ---- Arrow ------------------------------------------------------------ */

static void arrow_hands_over(void)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array, kept;
    str s = {0};
    err e;
    uint64_t low, high;

    put_two_rows(&s);
    CHECK(db_result_arrow(result_of(&s, &e), &stream, &e));
    CHECK(!stream.get_schema(&stream, &schema) && !stream.get_next(&stream, &array));
    CHECK(!strcmp(schema.format, "+s") && schema.n_children == 4);
    CHECK(!strcmp(schema.children[0]->format, "l") && !strcmp(schema.children[1]->format, "U"));
    CHECK(!strcmp(schema.children[2]->format, "g") && !strcmp(schema.children[2]->name, "real"));
    CHECK(!strcmp(schema.children[3]->format, "d:38,2"));
    CHECK(array.length == 2 && array.children[0]->null_count == 1);
    CHECK(*(const uint8_t *)array.children[0]->buffers[0] == 1);
    CHECK(((const int64_t *)array.children[0]->buffers[1])[0] == 42);
    CHECK(((const int64_t *)array.children[1]->buffers[1])[1] == 5);
    CHECK(!memcmp(array.children[1]->buffers[2], "gr\xC3\xBCn", 5));
    memcpy(&low, array.children[3]->buffers[1], 8);
    memcpy(&high, (const char *)array.children[3]->buffers[1] + 8, 8);
    CHECK(low == (uint64_t)-5 && high == UINT64_MAX); /* -0.05 */
    kept = *array.children[1]; /* moved out, as the specification allows */
    array.children[1]->release = NULL;
    stream.release(&stream);
    array.release(&array);
    CHECK(!strcmp(schema.children[1]->name, "text"));
    schema.release(&schema);
    CHECK(!memcmp(kept.buffers[2], "gr\xC3\xBCn", 5)); /* outlives all of them */
    kept.release(&kept);
    CHECK(!stream.release && !array.release && !schema.release && !kept.release);
}

static void arrow_ends(void)
{
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    str s = {0};
    err e;

    put_two_rows(&s);
    CHECK(db_result_arrow(result_of(&s, &e), &stream, &e));
    CHECK(!stream.get_next(&stream, &array) && array.release);
    array.release(&array);
    CHECK(!stream.get_next(&stream, &array) && !array.release);
    stream.release(&stream);
}

TEST_MAIN({"primitives", primitives}, {"texts_are_checked", texts_are_checked},
          {"bad_text_is_replaced", bad_text_is_replaced},
          {"headers_are_checked", headers_are_checked},
          {"requests_are_whole", requests_are_whole}, {"replies_are_whole", replies_are_whole},
          {"only_some_errors", only_some_errors},
          {"lengths_are_not_believed", lengths_are_not_believed},
          {"rows_round_trip", rows_round_trip}, {"rows_are_checked", rows_are_checked},
          {"rows_before_columns", rows_before_columns}, {"links_are_checked", links_are_checked},
          {"arrow_hands_over", arrow_hands_over}, {"arrow_ends", arrow_ends})
