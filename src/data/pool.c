/* pool.c - what is drawn is kept only when it is right, new and on its side. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/pool_impl.h"

enum { ANSWER_BYTES_MAX = 900, CHECK_ROWS = 1000, CHECK_MS = 10000, EMPTY_PERCENT_MAX = 8, KEY_BYTES = 2000 };
enum { FAILED, HAS_ROWS, IS_EMPTY };

extern const char data_reserved[], data_reserved_end[]; /* src/data/examples/reserved.txt */

void question_key(const char *question, char hex[65])
{
    char text[KEY_BYTES];
    size_t n = 0;

    for (; *question && n + 1 < sizeof text; question++) {
        const char c = *question;

        if (c >= 'A' && c <= 'Z')
            text[n++] = (char)(c + 32);
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            text[n++] = c;
    }
    sha256_hex(text, n, hex);
}

json_t *reserved_read(void)
{
    json_t *all = json_object();

    for (const char *p = data_reserved; p + 16 <= data_reserved_end;) {
        char key[17] = {0};

        memcpy(key, p, 16);
        if (*p != '#')
            json_object_set_new(all, key, json_true());
        while (p < data_reserved_end && *p++ != '\n')
            ;
    }
    return all;
}

bool pool_init(pool *p, db *d, const db_catalog *c, const sem_layer *l, const data_generate_options *o,
               pool_files *files, data_generated *n, err *e)
{
    *p = (pool){.d = d, .o = o, .n = n, .questions = json_object(), .statements = json_object(),
                .reserved = reserved_read(), .files = files};
    data_maker_init(&p->maker, c);
    if (sem_today(l) > 0) {
        const sem_date t = sem_date_of(sem_today(l));

        snprintf(p->today, sizeof p->today, "%d-%02d-%02d", t.year % 10000, t.month % 100, t.day % 100);
    }
    return !p->maker.prefix.bad || err_set(e, ERR_NOMEM, "the schema does not fit in memory");
}

void pool_deinit(pool *p)
{
    for (size_t i = 0; i < p->n_items; i++)
        free(p->items[i].line);
    free(p->items);
    json_decref(p->questions);
    json_decref(p->statements);
    json_decref(p->reserved);
    data_maker_deinit(&p->maker);
}

static bool is_empty(const db_result *r)
{
    for (int k = 0; r->n_rows == 1 && k < r->n_columns; k++) {
        const double v = db_cell_number(r, 0, k);

        if (!db_cell_null(r, 0, k) && (isnan(v) || v < 0 || v > 0))
            return false;
    }
    return r->n_rows <= 1;
}

static int run(pool *p, const char *sql)
{
    err ignored = {0};
    db_result *r = db_execute(p->d, sql, &(db_limits){CHECK_ROWS, 0, CHECK_MS}, &ignored);
    const int state = !r ? FAILED : is_empty(r) ? IS_EMPTY : HAS_ROWS;

    db_result_free(r);
    return state;
}

/* What has no canonical form keeps the names of its CTEs (sql/canonical.h). */
static bool is_canonical(const char *from_first)
{
    return !str_starts(from_first, "WITH ") || str_starts(from_first, "WITH q1 ") || str_starts(from_first, "WITH RECURSIVE ");
}

bool pool_statement(pool *p, arena *a, const char *sql, data_sql *out)
{
    err why = {0};
    json_t *known;
    int state;

    if (!data_canonical(a, p->maker.catalog, sql, out, &why))
        return p->n->unbound++, false;
    if (!is_canonical(out->from_first))
        return p->n->not_canonical++, false;
    if (strlen(out->from_first) > ANSWER_BYTES_MAX)
        return p->n->too_long++, false;
    known = json_object_get(p->statements, out->from_first);
    state = known ? (int)json_integer_value(known) : run(p, out->select_first);
    if (!known)
        json_object_set_new(p->statements, out->from_first, json_integer(state));
    if (state == FAILED)
        return p->n->failed++, false;
    if (state == IS_EMPTY && (p->n->empty + 1) * 100 > EMPTY_PERCENT_MAX * (p->n->train + p->n->val + 50))
        return p->n->too_many_empty++, false;
    return true;
}

bool pool_side(const pool *p, const char *statement)
{
    if (p->sides != SIDES_BY_STATEMENT)
        return p->sides == ALL_VAL;
    return hash_text(statement, p->o->seed) % VALIDATION_PARTS == 0;
}

static void count(pool *p, const char *category, bool val)
{
    json_t *sides = json_object_get(p->files->counts, category);
    const char *side = val ? "val" : "train";

    if (!sides) {
        sides = json_pack("{s:i, s:i}", "train", 0, "val", 0);
        json_object_set_new(p->files->counts, category, sides);
    }
    json_object_set_new(sides, side, json_integer(json_integer_value(json_object_get(sides, side)) + 1));
    ++*(val ? &p->n->val : &p->n->train);
}

static bool keep(pool *p, str *line, const char *question, bool val, err *e)
{
    if (p->n_items == p->cap) {
        const size_t cap = p->cap ? p->cap * 2 : 1024;
        pool_item *grown = realloc(p->items, cap * sizeof *grown);

        if (!grown)
            return err_set(e, ERR_NOMEM, "the examples do not fit in memory");
        p->items = grown;
        p->cap = cap;
    }
    p->items[p->n_items] = (pool_item){.line = str_take(line), .order = hash_text(question, p->o->seed), .val = val};
    return p->items[p->n_items++].line || err_set(e, ERR_NOMEM, "the examples do not fit in memory");
}

bool pool_add(pool *p, const data_pair *pair, bool val, bool *added, err *e)
{
    char key[65];
    data_pair with_day = *pair;
    const char *category = pair->category;
    str line = {0};
    bool ok;

    *added = false;
    question_key(pair->question, key);
    if (json_object_get(p->questions, key))
        return p->n->repeated++, true;
    json_object_set_new(p->questions, key, json_true());
    key[16] = 0;
    if (json_object_get(p->reserved, key))
        return p->n->reserved++, true;
    with_day.today = *p->today ? p->today : NULL;
    ok = data_example(&p->maker, &with_day, &line, e) && keep(p, &line, pair->question, val, e);
    str_deinit(&line);
    if (ok) {
        count(p, category, val);
        p->n->refusals += pair->refusal != NULL;
        if (pair->sql)
            p->n->empty += json_integer_value(json_object_get(p->statements, pair->sql)) == IS_EMPTY;
        *added = true;
    }
    return ok;
}

static int by_order(const void *x, const void *y)
{
    const pool_item *a = x, *b = y;

    return a->order != b->order ? (a->order < b->order ? -1 : 1) : strcmp(a->line, b->line);
}

void pool_flush(pool *p)
{
    qsort(p->items, p->n_items, sizeof *p->items, by_order);
    for (size_t i = 0; i < p->n_items; i++) {
        str_adds(&p->files->all, p->items[i].line);
        str_adds(p->items[i].val ? &p->files->val : &p->files->train, p->items[i].line);
    }
}

static json_t *dropped(const data_generated *n)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "drawn", (json_int_t)n->drawn, "not_compiled",
                     (json_int_t)n->not_compiled, "unbound", (json_int_t)n->unbound, "not_canonical", (json_int_t)n->not_canonical,
                     "failed", (json_int_t)n->failed, "too_long", (json_int_t)n->too_long, "repeated", (json_int_t)n->repeated,
                     "reserved", (json_int_t)n->reserved, "too_many_empty", (json_int_t)n->too_many_empty);
}

bool pool_files_write(pool_files *f, const data_generate_options *o, const char *name, const char *fingerprint,
                      const data_generated *n, err *e)
{
    static const char *const names[] = {"training_data.jsonl", "training_data_train.jsonl", "training_data_val.jsonl"};
    const str *const texts[] = {&f->all, &f->train, &f->val};
    json_t *hashes = json_object(), *j;
    bool ok = dir_make(o->out, e);
    str out = {0};
    char *text;

    for (int i = 0; i < 3; i++) {
        char hex[65];

        sha256_hex(str_text(texts[i]), texts[i]->n, hex);
        json_object_set_new(hashes, names[i], json_string(hex));
        ok = ok && write_in(o->out, names[i], texts[i], e);
    }
    j = json_pack("{s:s, s:s?, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:o, s:O, s:o}", "database", name, "fingerprint", fingerprint, "seed",
                  (json_int_t)o->seed, "examples", "mixed", (json_int_t)n->mixed, "train", (json_int_t)n->train, "val", (json_int_t)n->val, "refusals",
                  (json_int_t)n->refusals, "empty", (json_int_t)n->empty, "drawn_and_dropped", dropped(n), "categories", f->counts,
                  "sha256", hashes);
    text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
    if (text) {
        str_adds(&out, text);
        str_addc(&out, '\n');
    }
    ok = ok && (text || err_set(e, ERR_NOMEM, "out of memory")) && write_in(o->out, "manifest.json", &out, e);
    str_deinit(&out);
    free(text);
    json_decref(j);
    return ok;
}
