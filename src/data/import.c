/* import.c - public sets of questions and statements become training examples.
 *
 * Databases are taken one by one in order of name, each opened once; the lines come
 * out in the order they came in. Whole databases go to one side, by a hash of their
 * name. What is dropped is counted by its reason and written down. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/data_impl.h"
#include "sql/sql.h"

enum { CATALOG_BYTES = 256 << 20, PAIR_BYTES = 64 << 20, RUN_ROWS = 1000, RUN_MS = 20000 };

typedef enum fate { TRAIN, VAL, SET_ASIDE, MALFORMED, NO_DATABASE, UNPARSED, UNBOUND, FAILED, DUPLICATE } fate;

typedef struct job {
    const data_import_options *o;
    data_counts *counts;
    records r;
    schemas s;
    json_t *aside; /* names */
    json_t *seen;  /* hashes of database, question and statement */
    str *lines;    /* of each record: the example, or why it was dropped; owned */
    fate *fates;
    int64_t *order; /* records by database */
} job;

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "the data do not fit in memory"); }

static const char *database_of(const record *r) { return r->db_id ? r->db_id : r->context ? r->context : ""; }

static int by_database(const void *x, const void *y, void *arg)
{
    const record *r = arg, *p = r + *(const int64_t *)x, *q = r + *(const int64_t *)y;
    const int order = strcmp(database_of(p), database_of(q));

    return order ? order : (p > q) - (p < q);
}

/* The seed's choice of `limit` records: those with the smallest hashes. */
static int64_t choose(job *j)
{
    const int64_t limit = j->o->limit;
    uint64_t *hashes;
    int64_t n = 0;

    for (int64_t i = 0; i < j->r.n; i++)
        j->order[i] = i;
    if (limit <= 0 || j->r.n <= limit || !(hashes = calloc((size_t)j->r.n, sizeof *hashes)))
        return j->r.n;
    for (int64_t i = 0; i < j->r.n; i++)
        hashes[i] = hash_text(j->r.at[i].question ? j->r.at[i].question : "", j->o->seed) ^ (uint64_t)i;
    for (uint64_t below = UINT64_MAX / (uint64_t)j->r.n * (uint64_t)limit, i = 0; n < limit && i < (uint64_t)j->r.n; i++)
        if (hashes[i] <= below)
            j->order[n++] = (int64_t)i;
    free(hashes);
    return n;
}

static void drop(job *j, int64_t i, fate f, const char *why)
{
    const record *r = &j->r.at[i];
    json_t *line = json_pack("{s:s, s:I, s:s, s:s?, s:s?, s:s?}", "file", r->file, "line", (json_int_t)r->line,
                             "reason", why, "db_id", r->db_id, "question", r->question, "sql", r->sql);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

    str_reset(&j->lines[i]);
    str_addf(&j->lines[i], "%s\n", text ? text : "{}");
    j->fates[i] = f;
    free(text);
    json_decref(line);
}

static bool is_new(job *j, const record *r)
{
    char hex[65];
    str key = {0};
    bool fresh;

    str_addf(&key, "%s\n%s\n%s", database_of(r), r->question, r->sql);
    sha256_hex(str_text(&key), key.n, hex);
    str_deinit(&key);
    fresh = !json_object_get(j->seen, hex);
    json_object_set_new(j->seen, hex, json_true());
    return fresh;
}

static fate side_of(const job *j, const char *db_id)
{
    if (json_object_get(j->aside, db_id))
        return SET_ASIDE;
    return whole_database_side(db_id, j->o->seed) ? VAL : TRAIN;
}

static void aside_line(const record *r, const char *sql, const data_maker *m, str *line)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "db_id", r->db_id ? r->db_id : m->catalog->database,
                          "question", r->question, "evidence", r->evidence ? r->evidence : "", "sql", sql,
                          "source", r->source ? r->source : "");
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

    str_reset(line);
    str_addf(line, "%s\n", text ? text : "{}");
    free(text);
    json_decref(o);
}

/* The statement in DuckDB's dialect, in the arena; NULL when it is none in either. What
 * reads as both is what its layout says. */
static const char *statement_of(job *j, arena *a, const record *r, const db_catalog *c, err *why)
{
    data_sql ignored;
    err second = {0};
    const char *text;

    if (!r->is_sqlite && data_canonical(a, c, r->sql, &ignored, why))
        return r->sql;
    text = sql_from_sqlite(a, r->sql, c, r->is_sqlite ? why : &second);
    j->counts->converted += text && strcmp(text, r->sql) != 0;
    return text;
}

/* Does it run? Only asked where there are rows. */
static bool runs(job *j, arena *a, const char *sql, const data_maker *m, db *d, err *why)
{
    const char *checked;
    db_result *rows;

    if (!d)
        return true;
    checked = sql_check(a, sql, m->catalog, NULL, why);
    rows = checked ? db_execute(d, checked, &(db_limits){RUN_ROWS, 0, RUN_MS}, why) : NULL;
    db_result_free(rows);
    j->counts->run++;
    return rows;
}

static fate convert_pair(job *j, int64_t i, arena *a, const data_maker *m, db *d, err *why)
{
    const record *r = &j->r.at[i];
    data_pair p = {.db_id = r->db_id ? r->db_id : "context", .question = r->question, .evidence = r->evidence,
                   .source = r->source ? r->source : j->o->source ? j->o->source : "import"};

    p.sql = statement_of(j, a, r, m->catalog, why);
    if (!p.sql || !data_example(m, &p, &j->lines[i], why))
        return why->code == ERR_REFUSED || why->code == ERR_FORMAT ? UNPARSED : UNBOUND;
    if (!runs(j, a, p.sql, m, d, why))
        return FAILED;
    if (side_of(j, database_of(r)) == SET_ASIDE)
        aside_line(r, p.sql, m, &j->lines[i]);
    return side_of(j, database_of(r));
}

static bool convert(job *j, int64_t i, const data_maker *m, db *d, err *e)
{
    arena *a = arena_new(PAIR_BYTES);
    err why = {0};

    if (!a)
        return no_memory(e);
    if (!is_new(j, &j->r.at[i])) {
        drop(j, i, DUPLICATE, "the same question and statement stand in an earlier line");
    } else {
        j->fates[i] = convert_pair(j, i, a, m, d, &why);
        if (j->fates[i] > SET_ASIDE)
            drop(j, i, j->fates[i], why.msg);
    }
    arena_free(a);
    return why.code != ERR_NOMEM || (*e = why, false);
}

/* Records [from, to) of the order are of one database. */
static bool convert_database(job *j, int64_t from, int64_t to, err *e)
{
    const record *first = &j->r.at[j->order[from]];
    arena *a = arena_new(CATALOG_BYTES);
    db *d = NULL;
    err why = {0};
    data_maker m = {0};
    const db_catalog *c = a ? schemas_catalog(&j->s, a, first->db_id, first->context, &d, &why) : NULL;
    bool ok = a || no_memory(e);

    if (c)
        data_maker_init(&m, c);
    for (int64_t i = from; ok && i < to; i++)
        if (c)
            ok = convert(j, j->order[i], &m, d, e);
        else
            drop(j, j->order[i], NO_DATABASE, why.msg);
    j->counts->databases += c != NULL;
    data_maker_deinit(&m);
    db_close(d);
    arena_free(a);
    return ok;
}

static bool convert_all(job *j, int64_t n, err *e)
{
    int64_t kept = 0;

    for (int64_t i = 0; i < n; i++)
        if (j->r.at[j->order[i]].broken)
            drop(j, j->order[i], MALFORMED, j->r.at[j->order[i]].broken);
        else
            j->order[kept++] = j->order[i];
    qsort_r(j->order, (size_t)kept, sizeof *j->order, by_database, j->r.at);
    for (int64_t from = 0, to; from < kept; from = to) {
        const char *name = database_of(&j->r.at[j->order[from]]);

        for (to = from + 1; to < kept && !strcmp(database_of(&j->r.at[j->order[to]]), name);)
            to++;
        if (j->o->cancel && *j->o->cancel)
            return err_set(e, ERR_CANCELLED, "interrupted");
        if (j->o->progress)
            j->o->progress(j->o->arg, name, (double)from / (double)kept);
        if (!convert_database(j, from, to, e))
            return false;
    }
    return true;
}

static void count(job *j, int64_t i)
{
    data_counts *c = j->counts;
    int64_t *at[] = {&c->train, &c->val, &c->set_aside, &c->malformed, &c->no_database, &c->unparsed,
                     &c->unbound, &c->failed, &c->duplicate};

    c->read++;
    ++*at[j->fates[i]];
}

static bool write_files(job *j, err *e)
{
    static const char *const names[] = {"training_data.jsonl", "training_data_train.jsonl", "training_data_val.jsonl",
                                        "set_aside.jsonl", "dropped.jsonl"};
    str files[5] = {{0}};
    bool ok = dir_make(j->o->out, e);

    for (int64_t i = 0; i < j->r.n; i++) {
        const str *line = &j->lines[i];

        if (!line->n)
            continue;
        count(j, i);
        if (j->fates[i] <= VAL)
            str_add(&files[0], line->text, line->n);
        str_add(&files[j->fates[i] <= SET_ASIDE ? 1 + (int)j->fates[i] : 4], line->text, line->n);
    }
    for (int f = 0; f < 5; f++) {
        ok = ok && write_in(j->o->out, names[f], &files[f], e);
        str_deinit(&files[f]);
    }
    return ok;
}

static bool prepare(job *j, err *e)
{
    j->aside = json_object();
    j->seen = json_object();
    if (!read_names(j->o->set_aside, j->aside, e) || !schemas_open(&j->s, j->o, e) ||
        !records_read(j->o->file, &j->r, e))
        return false;
    j->lines = calloc((size_t)j->r.n, sizeof *j->lines);
    j->fates = calloc((size_t)j->r.n, sizeof *j->fates);
    j->order = calloc((size_t)j->r.n, sizeof *j->order);
    return (j->lines && j->fates && j->order) || no_memory(e);
}

bool data_import(const data_import_options *o, data_counts *counts, err *e)
{
    job j = {.o = o, .counts = counts};
    bool ok;

    *counts = (data_counts){0};
    ok = prepare(&j, e) && convert_all(&j, choose(&j), e) && write_files(&j, e);
    for (int64_t i = 0; j.lines && i < j.r.n; i++)
        str_deinit(&j.lines[i]);
    free(j.lines);
    free(j.fates);
    free(j.order);
    json_decref(j.aside);
    json_decref(j.seen);
    schemas_close(&j.s);
    records_deinit(&j.r);
    return ok;
}
