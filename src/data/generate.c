/* generate.c - salesbot data generate: draw, phrase, keep.
 *
 * Sides are kept apart twice: by the statement (a hash of its canonical text says to
 * which side all its questions belong) and by the frame (one in five of each kind is
 * used for validation alone). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/pool_impl.h"

enum { DEFAULT_EXAMPLES = 6000, FOLDER_EXAMPLES = 60, MIXED_LIMIT = 1 << 30, ATTEMPTS = 14, QUESTION_ARENA = 8 << 20, REFUSALS_OF_100 = 5,
       LAYER_LIMIT = 4 << 20, PHRASINGS = 2 };

extern const char data_sales_examples[], data_sales_examples_end[]; /* src/data/examples/sales.jsonl */

typedef struct maker {
    pool p;
    drawer d;
    rng r;
    const data_generate_options *o;
    data_generated *n;
} maker;

static bool is_val_frame(int frame, int turn) { return (frame + turn) % VALIDATION_PARTS == VALIDATION_PARTS - 1; }

/* Its number, or -1. */
static int draw_frame(rng *r, const char *const *frames, int turn, bool val)
{
    int n = 0, fit = 0, k;

    for (; frames[n]; n++)
        fit += is_val_frame(n, turn) == val;
    k = rng_below(r, fit);
    for (int i = 0; i < n; i++)
        if (is_val_frame(i, turn) == val && k-- == 0)
            return i;
    return -1;
}

/* The statement of what was drawn, before it is checked; NULL: it makes no sense. */
static const char *compiled(maker *m, const kind *k)
{
    sem_plan plan;
    err ignored = {0};

    if (k->sql)
        return m->d.sql;
    if (sem_compile(m->d.l, &m->d.q, m->d.a, &plan, &ignored))
        return plan.sql;
    m->n->not_compiled++;
    return NULL;
}

static bool add_question(maker *m, const kind *k, int turn, int frame, const data_sql *sql, bool val, int *added, err *e)
{
    char template[80];
    str question = {0};
    data_pair pair = {.template = template, .db_id = m->o->db_id, .sql = sql->from_first, .source = k->sql ? "pattern" : "layer", .category = k->category};
    bool one = false, ok;

    snprintf(template, sizeof template, "%s %s %d.%d", pair.source, k->category, turn, frame);
    frame_text(k->frames[frame], &m->d.s, &m->r, &question);
    roughen(&question, &m->d.s, &m->r);
    pair.question = str_text(&question);
    ok = question.n < 6 || pool_add(&m->p, &pair, val, &one, e);
    *added += one;
    str_deinit(&question);
    return ok;
}

/* One thing drawn, asked in one or two ways; *added: how many were kept. */
static bool draw_one(maker *m, const kind *k, int turn, int *added, err *e)
{
    data_sql sql;
    const char *text;
    bool val, ok = true;

    arena_reset(m->d.a);
    sem_query_init(&m->d.q);
    m->d.s.n = 0;
    m->d.sql = NULL;
    m->n->drawn++;
    if (!(k->sql ? pattern_draw(&m->d, k) : k->draw(&m->d)) || !(text = compiled(m, k)) ||
        !pool_statement(&m->p, m->d.a, text, &sql))
        return true;
    val = pool_side(&m->p, sql.from_first);
    for (int i = 0; ok && i < 1 + rng_below(&m->r, PHRASINGS); i++) {
        const int frame = draw_frame(&m->r, k->frames, turn, val);

        ok = frame < 0 || add_question(m, k, turn, frame, &sql, val, added, e);
    }
    return ok;
}

static bool go_on(maker *m, const char *what, double done, err *e)
{
    if (m->o->progress)
        m->o->progress(m->o->arg, what, done);
    return !(m->o->cancel && *m->o->cancel) || err_set(e, ERR_CANCELLED, "interrupted");
}

static int draw_kind(rng *r, const kind *kinds, int n)
{
    int weights = 0, at, i = 0;

    for (int k = 0; k < n; k++)
        weights += kinds[k].weight;
    at = rng_below(r, weights);
    while (at >= kinds[i].weight)
        at -= kinds[i++].weight;
    return i;
}

static bool draw_kinds(maker *m, const kind *kinds, int n, int64_t examples, err *e)
{
    int64_t kept = 0;

    for (int64_t tries = examples * ATTEMPTS; kept < examples && tries > 0; tries--) {
        const int i = draw_kind(&m->r, kinds, n);
        int added = 0;

        if (tries % 16 == 0 && !go_on(m, kinds[i].category, (double)kept / (double)examples, e))
            return false;
        if (!draw_one(m, &kinds[i], i, &added, e))
            return false;
        kept += added;
    }
    return true;
}

static bool add_refusal(maker *m, const char *frame, const char *missing, err *e)
{
    str question = {0};
    data_pair pair = {.db_id = m->o->db_id, .source = "refusal", .category = "refusal", .refusal = missing};
    bool one, ok;

    frame_text(frame, &m->d.s, &m->r, &question);
    roughen(&question, &m->d.s, &m->r);
    pair.question = str_text(&question);
    ok = pool_add(&m->p, &pair, pool_side(&m->p, missing), &one, e);
    str_deinit(&question);
    return ok;
}

/* A word that the layer knows to be missing: "rent". */
static bool undefined_word(maker *m, const char **frame, char missing[SLOT_BYTES])
{
    static const char *const frames[] = {"What [is|was] the {missing} {p}", "{missing} by {g} {p}", "[Show|Give me] [the|our|] {missing} {p}",
                                         "Which {g} has the [highest|lowest] {missing} {p}", "How did {missing} develop {p}"};
    const sem_undefined *u;

    if (!sem_n_undefined(m->d.l))
        return false;
    u = sem_undefined_at(m->d.l, rng_below(&m->r, sem_n_undefined(m->d.l)));
    if (u->ending != 'n' || !u->n_words || !draw_group(&m->d, "g"))
        return false;
    slots_set(&m->d.s, "missing", "%s", u->words[rng_below(&m->r, u->n_words)]);
    draw_period(&m->d, 60);
    snprintf(missing, SLOT_BYTES, "%s", slots_get(&m->d.s, "missing")); /* in the question's words */
    *frame = frames[rng_below(&m->r, 5)];
    return true;
}

static bool draw_refusals(maker *m, int64_t wanted, err *e)
{
    for (int64_t tries = wanted * 3; m->n->refusals < wanted && tries > 0; tries--) {
        char missing[SLOT_BYTES];
        const char *frame;
        bool found;

        arena_reset(m->d.a);
        sem_query_init(&m->d.q);
        m->d.s.n = 0;
        found = rng_chance(&m->r, 25) ? undefined_word(m, &frame, missing)
                                      : refusal_draw(&m->d, rng_below(&m->r, refusal_count()), missing, &frame);
        if (found && !add_refusal(m, frame, missing, e))
            return false;
    }
    return true;
}

/* {"category", "questions": […], "sql"}, a line each, written by hand. */
static bool add_written(maker *m, const json_t *j, err *e)
{
    const char *sql = json_string_value(json_object_get(j, "sql"));
    const json_t *questions = json_object_get(j, "questions");
    data_sql canonical;
    bool added;

    arena_reset(m->d.a);
    m->n->drawn++;
    if (!sql || !pool_statement(&m->p, m->d.a, sql, &canonical))
        return true;
    for (size_t i = 0; i < json_array_size(questions); i++) {
        const data_pair pair = {.db_id = m->o->db_id, .sql = canonical.from_first, .source = "written",
                                .question = json_string_value(json_array_get(questions, i)),
                                .category = json_string_value(json_object_get(j, "category"))};

        if (!pool_add(&m->p, &pair, pool_side(&m->p, canonical.from_first), &added, e))
            return false;
    }
    return true;
}

static bool add_all_written(maker *m, err *e)
{
    const char *p = data_sales_examples;
    bool ok = true;

    while (ok && p < data_sales_examples_end) {
        const char *end = memchr(p, '\n', (size_t)(data_sales_examples_end - p));
        json_t *j = json_loadb(p, (size_t)((end ? end : data_sales_examples_end) - p), 0, NULL);

        if (j)
            ok = add_written(m, j, e);
        json_decref(j);
        p = end ? end + 1 : data_sales_examples_end;
    }
    return ok;
}

static sem_layer *open_layer(db *d, const db_catalog *c, const char *file, err *e)
{
    sem_layer *l = NULL;
    str yaml = {0};

    if (!file)
        return sem_is_sales(c) ? sem_load_sales(d, c, e) : sem_derive(d, c, e);
    if (file_read(file, LAYER_LIMIT, &yaml, e))
        l = sem_load(str_text(&yaml), yaml.n, file, d, c, e);
    str_deinit(&yaml);
    return l;
}

static bool make(maker *m, err *e)
{
    const int64_t all = m->o->limit;
    const int64_t refusals = all * REFUSALS_OF_100 / 100, before = m->n->refusals, rest = all - refusals;
    const kind *kinds;
    int n;

    if (m->d.is_sales && !add_all_written(m, e))
        return false;
    kinds = layer_kinds(&n);
    if (!draw_kinds(m, kinds, n, rest * (m->d.is_sales ? 75 : 45) / 100, e))
        return false;
    kinds = catalog_kinds(&n);
    return draw_kinds(m, kinds, n, rest * (m->d.is_sales ? 25 : 55) / 100, e) && draw_refusals(m, before + refusals, e);
}

/* Examples of one database, added to `files`. */
static bool make_for(db *d, const data_generate_options *o, pool_sides sides, pool_files *files, data_generated *n, err *e)
{
    maker m = {.o = o, .n = n, .r = {hash_text(o->db_id, o->seed)}};
    const db_catalog *c = db_catalog_get(d, e);
    sem_layer *l = c ? open_layer(d, c, o->semantic, e) : NULL;
    bool ok = l != NULL;

    m.d = (drawer){.d = d, .c = c, .l = l, .r = &m.r, .a = arena_new(QUESTION_ARENA), .is_sales = c && sem_is_sales(c)};
    if (ok && !m.d.a)
        ok = err_set(e, ERR_NOMEM, "out of memory");
    if (ok) {
        ok = pool_init(&m.p, d, c, l, o, files, n, e);
        m.p.sides = sides;
        ok = ok && make(&m, e);
        pool_flush(&m.p);
        pool_deinit(&m.p);
        n->databases++;
    }
    arena_free(m.d.a);
    sem_free(l);
    return ok;
}

static void files_deinit(pool_files *f)
{
    str_deinit(&f->all);
    str_deinit(&f->train);
    str_deinit(&f->val);
    json_decref(f->counts);
}

/* The examples of an import behind the made ones. */
static bool add_mixed(const char *folder, pool_files *f, data_generated *n, err *e)
{
    static const char *const names[] = {"training_data.jsonl", "training_data_train.jsonl", "training_data_val.jsonl"};
    str *const to[] = {&f->all, &f->train, &f->val};
    bool ok = true;

    for (int i = 0; folder && ok && i < 3; i++) {
        str path = {0}, text = {0};

        str_addf(&path, "%s/%s", folder, names[i]);
        ok = file_read(str_text(&path), MIXED_LIMIT, &text, e);
        str_add(to[i], str_text(&text), text.n);
        for (const char *p = str_text(&text); i == 0 && (p = strchr(p, '\n')); p++)
            n->mixed++;
        str_deinit(&text);
        str_deinit(&path);
    }
    return ok;
}

bool data_generate(db *d, const data_generate_options *o, data_generated *n, err *e)
{
    data_generate_options one = *o;
    pool_files files = {.counts = json_object()};
    bool ok;

    *n = (data_generated){0};
    if (one.limit <= 0)
        one.limit = DEFAULT_EXAMPLES;
    ok = make_for(d, &one, SIDES_BY_STATEMENT, &files, n, e) && add_mixed(o->mixed, &files, n, e) &&
         pool_files_write(&files, &one, db_catalog_get(d, e)->database, db_catalog_get(d, e)->fingerprint, n, e);
    files_deinit(&files);
    return ok;
}

static int is_database(const struct dirent *entry)
{
    return str_ends(entry->d_name, ".duckdb") || str_ends(entry->d_name, ".sqlite");
}

/* A database that can't be opened or has nothing to ask of is passed over. */
static bool make_for_file(const char *folder, const char *file, const json_t *aside, const data_generate_options *o,
                          pool_files *files, data_generated *n, err *e)
{
    data_generate_options one = *o;
    str path = {0}, name = {0};
    err why = {0};
    db *d = NULL;
    bool ok = true;

    str_addf(&path, "%s/%s", folder, file);
    str_add(&name, file, strlen(file) - 7); /* both endings have seven letters */
    one.db_id = str_text(&name);
    if (!json_object_get(aside, one.db_id) && (d = db_open(str_text(&path), &(db_options){.threads = 1}, &why)))
        ok = make_for(d, &one, whole_database_side(one.db_id, o->seed) ? ALL_VAL : ALL_TRAIN, files, n, &why) ||
             (why.code != ERR_CANCELLED && why.code != ERR_NOMEM);
    if (!ok)
        *e = why;
    db_close(d);
    str_deinit(&path);
    str_deinit(&name);
    return ok;
}

bool data_generate_folder(const char *folder, const data_generate_options *o, data_generated *n, err *e)
{
    data_generate_options each = *o;
    pool_files files = {.counts = json_object()};
    struct dirent **entries = NULL;
    const int n_entries = scandir(folder, &entries, is_database, alphasort);
    json_t *aside = json_object();
    bool ok = n_entries > 0 || err_set(e, ERR_IO, "%s: no .duckdb or .sqlite file in it", folder);

    *n = (data_generated){0};
    each.progress = NULL;
    if (each.limit <= 0)
        each.limit = FOLDER_EXAMPLES;
    ok = ok && read_names(o->set_aside, aside, e);
    for (int i = 0; i < n_entries; i++) {
        if (ok && o->progress)
            o->progress(o->arg, entries[i]->d_name, (double)i / n_entries);
        ok = ok && make_for_file(folder, entries[i]->d_name, aside, &each, &files, n, e);
        free(entries[i]);
    }
    free(entries);
    ok = ok && add_mixed(o->mixed, &files, n, e) && pool_files_write(&files, &each, folder, NULL, n, e);
    files_deinit(&files);
    json_decref(aside);
    return ok;
}
