/* test_mask.c - the mask: texts it admits and doesn't, the training data, and random
 * walks that must all end in statements that parse and bind, written in the
 * tokenizer's own ids. The vocabulary is the small one of the tokenizer's tests. */
#include <jansson.h>

#include "cases.h"
#include "schemas.h"
#include "sql/canonical.h"
#include "sql/mask.h"
#include "test.h"
#include "token/token.h"

#define HERE SALESBOT_SOURCE_DIR "/tests/unit/sql/"
#define SMALL SALESBOT_SOURCE_DIR "/tests/golden/token/small/"

enum { END = 1, ROOM = 160 };

typedef struct bench {
    tokenizer *t;
    mask_words *words;
    err e;
} bench;

static bool bench_open(bench *b)
{
    static const model_config config = {.V = 2000, .bos_id = 2, .eos_id = END, .pad_id = 0, .unk_id = -1};
    vocabulary_source source = {.model = ""};
    str bytes = {0};

    *b = (bench){0};
    if (file_read(SMALL "tokenizer.json", 1 << 24, &bytes, &b->e)) {
        source.json = bytes.text;
        source.n_json = bytes.n;
        b->t = tokenizer_new(&source, &config, "test", &b->e);
    }
    str_deinit(&bytes);
    b->words = b->t ? mask_words_new(b->t, &b->e) : NULL;
    if (!b->words)
        fprintf(stderr, "%s\n", b->e.msg);
    return b->words != NULL;
}

static void bench_close(bench *b)
{
    mask_words_free(b->words);
    tokenizer_free(b->t);
}

static mask *mask_on(bench *b, const db_catalog *c, const char *question, int room, mask_schema **s)
{
    static const int32_t end = END;

    *s = mask_schema_new(b->words, c, &b->e);
    return *s ? mask_new(*s, &(mask_options){.question = question, .max_tokens = room, .ends = &end,
                                             .n_ends = 1}, &b->e) : NULL;
}

/* ---- the table ------------------------------------------------------------------------ */

static void one(bench *b, case_file *c, const char *line)
{
    const char *bar = strstr(line, "\u00a6");
    arena *a = arena_new(64u << 20);
    mask_schema *s;
    mask *m = mask_on(b, &c->catalog, "", ROOM, &s);
    str text = {0};
    err e = {0};
    sql_stmt *tree;
    int at = 0;
    bool ok;

    c->n++;
    str_add(&text, line + 2, bar ? (size_t)(bar - line - 2) : strlen(line + 2));
    str_adds(&text, bar ? bar + 2 : "");
    ok = m && mask_reads(m, str_text(&text), &at);
    if (line[0] == '+') {
        tree = sql_parse(a, str_text(&text), &e);
        if (!ok || !tree || !sql_bind(a, tree, &c->catalog, &e))
            failed(c, line, "the whole statement", ok ? e.msg : str_text(&text) + at);
    } else if (ok || !bar || at != (int)(bar - line - 2))
        failed(c, line, "refused at \u00a6", ok ? "read" : str_text(&text) + at);
    str_deinit(&text);
    mask_free(m);
    mask_schema_free(s);
    arena_free(a);
}

static void table(void)
{
    case_file c = {.a = arena_new(16u << 20), .file = HERE "mask.txt"};
    str text = {0};
    bench b;
    bool names = false;

    CHECK(bench_open(&b));
    CHECK(file_read(c.file, 1u << 20, &text, &b.e));
    for (char *line = text.text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        c.line++;
        if (!strcmp(line, "catalog"))
            names = true;
        else if (!*line)
            names = false;
        else if (names)
            add_table(&c, line);
        else if (line[0] == '+' || line[0] == '-')
            one(&b, &c, line);
    }
    if (c.n_failed)
        FAIL_("%d of %d texts", c.n_failed, c.n);
    CHECK(c.n >= 35);
    str_deinit(&text);
    bench_close(&b);
    arena_free(c.a);
}

/* ---- the training data ------------------------------------------------------------------ */

static void training_data(void)
{
    schemas s;
    bench b;
    char *line = NULL;
    size_t cap = 0;
    FILE *f = schemas_open(&s) ? fopen(schemas_path(&s, "train.jsonl"), "r") : NULL;
    int n = 0, n_read = 0, k = 0;

    CHECK(bench_open(&b));
    while (f && getline(&line, &cap, f) > 0) {
        json_t *row = k++ % 9 ? NULL : json_loads(line, 0, NULL); /* every ninth */
        const char *sql = json_string_value(json_object_get(row, "sql"));
        arena *a = sql ? arena_new(64u << 20) : NULL;
        const db_catalog c = a ? schemas_catalog(&s, a, json_string_value(json_object_get(row, "db_id")))
                               : (db_catalog){0};
        mask_schema *names = NULL;
        mask *m = c.n_tables ? mask_on(&b, &c, "", ROOM, &names) : NULL;
        const char *text = m ? sql_canonical(a, sql, &c, &b.e) : NULL;
        int at;

        n += text != NULL;
        n_read += text && mask_reads(m, text, &at);
        mask_free(m);
        mask_schema_free(names);
        arena_free(a);
        json_decref(row);
    }
    free(line);
    if (f)
        fclose(f);
    else
        fprintf(stderr, "training data: skipped, $SALESBOT_DATA is not there\n");
    printf("     %d of %d training statements are admitted\n", n_read, n);
    schemas_close(&s);
    bench_close(&b);
    CHECK(n_read >= n - n / 40); /* types of schemas.json are rough: text where numbers are */
}

/* ---- random walks ------------------------------------------------------------------------- */

typedef struct walker {
    uint64_t random;
    int32_t ids[ROOM + 1];
    int n;
    bool ended;
} walker;

static uint32_t draw(walker *w, uint32_t n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 32) % n;
}

/* Where any admitted id may come: one of a few tried, else the first that is. */
static int32_t any_id(walker *w, mask *m, const tokenizer *t)
{
    for (int i = 0; i < 50; i++) {
        const int32_t id = (int32_t)draw(w, (uint32_t)tokenizer_size(t));

        if (id != END && mask_admits(m, id))
            return id;
    }
    for (int32_t id = 0; id < tokenizer_size(t); id++)
        if (id != END && mask_admits(m, id))
            return id;
    return -1;
}

static void walk(walker *w, mask *m, const tokenizer *t)
{
    w->n = 0;
    w->ended = false;
    while (w->n <= ROOM) {
        const int32_t *ids;
        const int n = mask_next(m, w->ids, w->n, &ids);
        int32_t id = n < 0 ? any_id(w, m, t) : n ? ids[draw(w, (uint32_t)n)] : -1;

        if (mask_may_end(m) && (id < 0 || id == END || draw(w, 3) == 0)) {
            w->ended = true;
            return;
        }
        if (id < 0 || id == END || w->n == ROOM)
            return;
        w->ids[w->n++] = id;
    }
}

/* Did the walk end in a statement that parses and binds, in the tokenizer's ids? */
static bool is_sound(const walker *w, const bench *b, const db_catalog *c)
{
    arena *a = arena_new(64u << 20);
    token_list list = {0};
    str text = {0};
    err e = {0};
    sql_stmt *s;
    bool ok;

    tokenizer_decode(b->t, w->ids, (size_t)w->n, false, &text);
    ok = w->ended || err_set(&e, ERR_LIMIT, "not ended");
    ok = ok && (s = sql_parse(a, str_text(&text), &e)) && sql_bind(a, s, c, &e) && sql_guard(s, c, NULL, &e);
    if (ok && (!tokenizer_encode(b->t, str_text(&text), text.n, 0, &list, &e) ||
               list.n != (size_t)w->n || memcmp(list.ids, w->ids, list.n * sizeof *list.ids)))
        ok = err_set(&e, ERR_FORMAT, "other ids");
    if (!ok)
        fprintf(stderr, "%s\n  %s\n", e.msg, str_text(&text));
    token_list_deinit(&list);
    str_deinit(&text);
    arena_free(a);
    return ok;
}

static void walks(void)
{
    case_file c = {.a = arena_new(16u << 20)};
    char line[4][200] = {"singer: id BIGINT; name VARCHAR; born DATE; fee DOUBLE; Is_male BOOLEAN; at TIMESTAMP",
                         "concert: id BIGINT; title VARCHAR; singer_id BIGINT; year BIGINT",
                         "Odd Names: id BIGINT; say \"hi\" VARCHAR; _x DOUBLE; select VARCHAR", "x: y TIME"};
    mask_schema *names;
    walker w = {.random = 88172645463325252u};
    bench b;
    mask *m;
    int n_bad = 0;

    for (int i = 0; i < 4; i++)
        add_table(&c, line[i]);
    CHECK(bench_open(&b));
    m = mask_on(&b, &c.catalog, "Who was born in 1990?", ROOM, &names);
    CHECK(m);
    for (int i = 0; i < 600; i++) {
        walk(&w, m, b.t);
        n_bad += !is_sound(&w, &b, &c.catalog);
    }
    mask_free(m);
    mask_schema_free(names);
    bench_close(&b);
    arena_free(c.a);
    CHECK(n_bad == 0);
}

TEST_MAIN({"table", table}, {"training_data", training_data}, {"walks", walks})
