/* retrieval.c - the step between understanding and SQL: what is known that fits.
 *
 * A verified pair that is this very question answers it, whatever else could: somebody
 * looked at that answer. One that is very near and names the same things does so only where
 * a model would have to write. Then what the model is shown is chosen: the tables, where the
 * catalog is too large to show, and examples. Only verified pairs are used; no document's
 * text reaches the model (docs/KNOWLEDGE.md).
 *
 * A knowledge base that can't be read costs nothing but its help: the trace says why. */
#include "agent/retrieval_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/canonical.h"

enum { PREFIX_ROOM = 12000, CANDIDATES = 8 };
#define NEAR_COSINE 0.90    /* may be the same question (docs/ACCURACY.md) */
#define EXAMPLE_COSINE 0.45 /* worth showing */
#define EXAMPLES_SHOWN 0    /* measured: docs/ACCURACY.md; $SALESBOT_EXAMPLES overrides */

struct knowledge_base {
    rag *rag; /* NULL: `why` says why */
    int64_t n_verified;
    char why[sizeof ((err *)0)->msg];
    bool has_encoder, tried_encoder;
};

void knowledge_base_close(knowledge_base *k)
{
    if (!k)
        return;
    rag_close(k->rag);
    free(k);
}

const retrieved *retrieval_of(const agent_state *s) { return s->work->found; }

const minilm *agent_encoder(agent_context *c, err *e) { return agent_model_encoder(c->weights, e); }

/* ---- opening ---- */

static void open_base(agent_context *c, knowledge_base *k)
{
    str path = {0};
    err e = {0};

    if (rag_default_path(db_path(c->db), &path, &e))
        k->rag = rag_open(path.text, &(rag_options){.read_only = true}, &e);
    if (!k->rag)
        snprintf(k->why, sizeof k->why, "%s", e.code == ERR_NOT_FOUND
                     ? "no knowledge base (salesbot knowledge build makes one)" : e.msg);
    str_deinit(&path);
}

/* A file that was not there, or could not be read, may be now. */
static knowledge_base *base_of(agent_context *c)
{
    if (!c->knowledge)
        c->knowledge = calloc(1, sizeof *c->knowledge);
    if (c->knowledge && !c->knowledge->rag)
        open_base(c, c->knowledge);
    return c->knowledge;
}

/* Entries written by other processes count at once. */
static bool read_version(agent_state *s, knowledge_base *k, err *e)
{
    rag_stats stats;

    if (!rag_stats_get(k->rag, &stats, e))
        return false;
    k->n_verified = stats.n[RAG_PAIR][RAG_VERIFIED];
    s->knowledge_version = state_str(s, stats.version);
    return true;
}

static bool has_encoder(agent_context *c, knowledge_base *k)
{
    err e = {0};

    if (!k->tried_encoder) {
        const minilm *encoder = agent_model_encoder(c->weights, &e);

        k->tried_encoder = true;
        k->has_encoder = encoder != NULL;
        rag_use_encoder(k->rag, encoder);
        if (!encoder)
            log_debug("knowledge: %s", e.msg);
    }
    return k->has_encoder;
}

/* ---- memory ---- */

static bool may_remember(const agent_state *s)
{
    const agent_options *o = s->work->o;

    return !o->model_only && !o->template_only;
}

/* A statement with a day in it, for a question that counts from today, is of yesterday. */
static bool is_stale(const char *question, const char *sql)
{
    return prompt_is_relative(question) && strpbrk(sql, "0123456789");
}

/* Does the statement still bind and pass the guard? */
static bool still_binds(agent_context *c, const char *sql)
{
    arena *a = arena_new((size_t)32 << 20);
    err e = {0};
    const bool ok = a && sql_check(a, sql, c->catalog, NULL, &e);

    arena_free(a);
    return ok;
}

static bool remember(agent_state *s, agent_context *c, const rag_entry *x, bool exact)
{
    retrieved *r = s->work->found;

    if (is_stale(s->question, x->sql) || !still_binds(c, x->sql))
        return false;
    r->memory_sql = state_str(s, x->sql);
    r->memory_question = state_str(s, x->text);
    r->exact = exact;
    state_why(s, "memory", "%s verified question %lld: %.120s", exact ? "the same as" : "means the same as",
              (long long)x->id, x->text);
    return true;
}

/* What understanding had against the question no longer counts. */
static void reopen(agent_state *s)
{
    s->error.code = ERR_OK;
    s->error.message = "";
    s->n_choices = s->n_unused_words = 0;
    s->work->ended = false;
}

static bool exact_memory(agent_state *s, agent_context *c, knowledge_base *k, bool *found, err *e)
{
    rag_list same = {0};

    *found = false;
    if (!rag_find_question(k->rag, s->question, &same, e))
        return false;
    *found = same.n && remember(s, c, &same.entries[0], true);
    rag_list_deinit(&same);
    return true;
}

static int n_examples(void)
{
    const char *given = getenv("SALESBOT_EXAMPLES");
    const int n = given && *given ? atoi(given) : EXAMPLES_SHOWN;

    return n < 0 ? 0 : n > RETRIEVAL_EXAMPLES ? RETRIEVAL_EXAMPLES : n;
}

/* As the model writes: FROM first. */
static const char *example_sql(agent_state *s, agent_context *c, const char *sql)
{
    err ignored = {0};

    return sql_canonical(s->arena, sql, c->catalog, &ignored);
}

static void take_examples(agent_state *s, agent_context *c, const rag_hits *hits)
{
    retrieved *r = s->work->found;
    const int most = n_examples();

    for (int i = hits->n - 1; i >= 0; i--) { /* the nearest last, beside the question */
        const rag_entry *x = &hits->hits[i].entry;
        const char *sql;

        if (i >= most || !(hits->hits[i].meaning >= EXAMPLE_COSINE) || !(sql = example_sql(s, c, x->sql)))
            continue;
        r->examples[r->n_examples++] = (prompt_example){state_str(s, x->text), sql};
    }
}

static bool near_pairs(agent_state *s, agent_context *c, knowledge_base *k, err *e)
{
    rag_hits hits = {0};
    const rag_query q = {.text = s->question, .kinds = 1u << RAG_PAIR, .verified_only = true, .most = CANDIDATES};
    bool remembered = false;

    if (!rag_search(k->rag, &q, &hits, e))
        return false;
    for (int i = 0; may_remember(s) && i < hits.n && !remembered; i++)
        remembered = hits.hits[i].meaning >= NEAR_COSINE &&
                     same_entities(c->catalog, s->question, hits.hits[i].entry.text) &&
                     remember(s, c, &hits.hits[i].entry, false);
    if (!remembered)
        take_examples(s, c, &hits);
    rag_hits_deinit(&hits);
    return true;
}

/* ---- tables ---- */

/* Too large to show every table with its columns? */
static bool is_large(const db_catalog *c)
{
    str text = {0};
    bool large;

    prompt_prefix(c, &(prompt_options){.max_bytes = 1 << 26}, &text);
    large = text.n > PREFIX_ROOM;
    str_deinit(&text);
    return large;
}

/* The tables of values that the question names, in place of the last ones. */
static void add_value_tables(const db_catalog *c, const char *question, int *tables, int *n)
{
    prompt_hint hints[PROMPT_HINTS_SHOWN];
    const int n_hints = prompt_hints(c, question, hints, PROMPT_HINTS_SHOWN);
    int end = RETRIEVAL_TABLES;

    for (int i = 0; i < n_hints && end > RETRIEVAL_TABLES / 2; i++) {
        bool there = hints[i].score < 0.999;

        for (int k = 0; k < *n; k++)
            there |= tables[k] == hints[i].table;
        if (there)
            continue;
        if (*n < RETRIEVAL_TABLES)
            tables[(*n)++] = hints[i].table;
        else
            tables[--end] = hints[i].table;
    }
}

static bool choose_tables(agent_state *s, agent_context *c, knowledge_base *k, err *e)
{
    rag_table found[RETRIEVAL_TABLES];
    int tables[RETRIEVAL_TABLES], n = 0;

    if (!rag_tables(k->rag, c->catalog, s->question, RETRIEVAL_TABLES, found, &n, e))
        return false;
    for (int i = 0; i < n; i++)
        tables[i] = found[i].table;
    add_value_tables(c->catalog, s->question, tables, &n);
    s->work->found->catalog = n ? rag_catalog(s->arena, c->catalog, tables, n) : NULL;
    return true;
}

/* ---- the step ---- */

/* Help and what ended otherwise than for want of an answer stay as they are. */
static bool is_open(const agent_state *s)
{
    return !s->work->ended || s->error.code == ERR_NOT_IN_DATA || s->error.code == ERR_AMBIGUOUS;
}

static bool look(agent_state *s, agent_context *c, knowledge_base *k, err *e)
{
    const agent_options *o = s->work->o;
    const bool needs_model = !s->work->u.can_template || o->model_only;
    const retrieved *r = s->work->found;
    bool found = false;

    if (!read_version(s, k, e))
        return false;
    if (may_remember(s) && k->n_verified && !exact_memory(s, c, k, &found, e))
        return false;
    if (found)
        return true;
    if (!needs_model) {
        state_why(s, "none", "every word was used: nothing to look up");
        return true;
    }
    if (k->n_verified && has_encoder(c, k) && !near_pairs(s, c, k, e))
        return false;
    if (r->memory_sql)
        return true;
    if (!o->template_only && !o->no_model && !c->no_model && !s->work->ended && is_large(c->catalog)) {
        has_encoder(c, k); /* without one tables are found by words and names */
        if (!choose_tables(s, c, k, e))
            return false;
    }
    state_why(s, "knowledge", "%d examples, %d tables shown", r->n_examples, r->catalog ? r->catalog->n_tables : c->catalog->n_tables);
    return true;
}

bool rag_step(agent_state *s, agent_context *c, err *e)
{
    const agent_options *o = s->work->o;
    knowledge_base *k;
    err local = {0};

    if (!(s->work->found = arena_push(s->arena, retrieved, 1)))
        return err_set(e, ERR_NOMEM, "out of memory for a question");
    *s->work->found = (retrieved){0};
    if (o->no_rag || o->sql || !is_open(s)) {
        state_why(s, "none", "%s", o->no_rag ? "--no-rag" : o->sql ? "--sql" : "nothing to do");
        return true;
    }
    k = base_of(c);
    if (!k || !k->rag) {
        state_why(s, "none", "%s", k ? k->why : "out of memory");
        return true;
    }
    if (!look(s, c, k, &local)) {
        *s->work->found = (retrieved){0};
        state_why(s, "none", "%s", local.msg);
    } else if (s->work->found->memory_sql) {
        reopen(s);
    }
    return true;
}

bool memory_answer(agent_state *s, agent_context *c, err *e)
{
    const retrieved *r = s->work->found;

    if (!r || !r->memory_sql)
        return err_set(e, ERR_NOT_FOUND, "nothing is remembered");
    if (!sql_accept(s, c, r->memory_sql, e))
        return false;
    s->has_plan = s->has_query = false;
    s->source = SOURCE_MEMORY;
    state_why(s, "memory", "verified for: %.120s", r->memory_question);
    if (!r->exact)
        state_note(s, s->assumptions, &s->n_assumptions, state_strf(s, "read as: %s", r->memory_question));
    return true;
}
