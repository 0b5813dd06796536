/* knowledge.c - the knowledge base of a session in the public API. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"
#include "rag/prompt.h"
#include "rag/rag.h"

struct salesbot_knowledge {
    salesbot_session *session; /* borrowed */
    rag *rag;
};

static bool open_and_build(salesbot_knowledge *k, const char *path, int threads, err *e)
{
    agent_context *c = k->session->context;
    str file = {0};
    rag_count count;
    err no_encoder = {0};
    bool ok = path || rag_default_path(db_path(agent_db(c)), &file, e);

    k->rag = ok ? rag_open(path ? path : str_text(&file),
                           &(rag_options){.encoder = agent_encoder(c, &no_encoder), .threads = threads}, e) : NULL;
    str_deinit(&file);
    return k->rag && rag_build(k->rag, agent_catalog(c), NULL, NULL, &count, e);
}

salesbot_knowledge *salesbot_knowledge_create(salesbot_session *s, const char *path, const salesbot_options *o,
                                              salesbot_error *e)
{
    err local = {ERR_NOMEM, "out of memory"};
    salesbot_knowledge *k = calloc(1, sizeof *k);
    bool ok = false;

    if (k) {
        k->session = s;
        pthread_mutex_lock(&s->lock);
        ok = open_and_build(k, path, o ? o->threads : 0, &local);
        pthread_mutex_unlock(&s->lock);
    }
    if (ok)
        return k;
    salesbot_knowledge_free(k);
    api_error(e, &local);
    return NULL;
}

void salesbot_knowledge_free(salesbot_knowledge *k)
{
    if (!k)
        return;
    rag_close(k->rag);
    free(k);
}

/* Every call: the session's lock, and its error handed on. */
static int done(salesbot_knowledge *k, bool ok, const err *local, salesbot_error *e)
{
    pthread_mutex_unlock(&k->session->lock);
    if (!ok)
        api_error(e, local);
    return ok;
}

int salesbot_knowledge_add_document(salesbot_knowledge *k, const char *name, const char *text, salesbot_error *e)
{
    err local = {0};

    pthread_mutex_lock(&k->session->lock);
    return done(k, rag_add_document(k->rag, name, text, strlen(text), NULL, &local), &local, e);
}

/* The statement printed, checked and prepared; the caller frees it. */
static char *checked(const salesbot_knowledge *k, const char *sql, err *e)
{
    agent_state *a = agent_state_new(e);
    db_result *columns = NULL;
    char *copy = NULL;

    if (a && agent_check_sql(k->session->context, sql, a, &columns, e) && !(copy = strdup(a->sql)))
        err_set(e, ERR_NOMEM, "out of memory");
    db_result_free(columns);
    agent_state_free(a);
    return copy;
}

static bool mine(salesbot_knowledge *k, err *e)
{
    rag_count count = {0};

    return rag_mine(k->rag, agent_catalog(k->session->context), &count, e);
}

int64_t salesbot_knowledge_add_pair(salesbot_knowledge *k, const char *question, const char *sql, int verified,
                                    salesbot_error *e)
{
    err local = {0};
    int64_t id = 0;
    char *text;
    bool ok;

    pthread_mutex_lock(&k->session->lock);
    text = checked(k, sql, &local);
    ok = text && rag_add_pair(k->rag, question, text, "api", verified ? RAG_VERIFIED : RAG_PENDING, &id, &local) &&
         (!verified || mine(k, &local));
    free(text);
    return done(k, ok, &local, e) ? id : 0;
}

static bool verify(salesbot_knowledge *k, int64_t id, err *e)
{
    rag_list found = {0};
    char *text = NULL;
    bool ok = rag_get(k->rag, id, &found, e);

    if (ok && found.entries[0].kind != RAG_PAIR)
        ok = err_set(e, ERR_ARG, "%lld is no pair", (long long)id);
    ok = ok && (text = checked(k, found.entries[0].sql, e)) && rag_set_status(k->rag, id, RAG_VERIFIED, e) && mine(k, e);
    free(text);
    rag_list_deinit(&found);
    return ok;
}

int salesbot_knowledge_verify(salesbot_knowledge *k, int64_t id, salesbot_error *e)
{
    err local = {0};

    pthread_mutex_lock(&k->session->lock);
    return done(k, verify(k, id, &local), &local, e);
}

static json_t *number_or_null(double x) { return isfinite(x) ? json_real(x) : json_null(); }

static json_t *hit_json(const rag_hit *h)
{
    const rag_entry *x = &h->entry;
    str why = {0};
    json_t *j;

    rag_reason(h, &why);
    j = json_pack("{s:I, s:s, s:s, s:s, s:s, s:f, s:o, s:o, s:s}", "id", (json_int_t)x->id, "key", x->key, "text", x->text,
                  "body", x->body, "sql", x->sql, "score", h->score, "meaning", number_or_null(h->meaning), "words",
                  number_or_null(h->words), "reason", str_text(&why));
    str_deinit(&why);
    return j;
}

static bool add_part(salesbot_knowledge *k, const char *question, int n, const char *name, unsigned kinds, json_t *all,
                     err *e)
{
    rag_hits hits = {0};
    json_t *list = json_array();
    const rag_query q = {.text = question, .kinds = kinds, .verified_only = true, .most = n};
    bool ok = rag_search(k->rag, &q, &hits, e);

    for (int i = 0; ok && list && i < hits.n; i++)
        json_array_append_new(list, hit_json(&hits.hits[i]));
    rag_hits_deinit(&hits);
    if (json_object_set_new(all, name, list) && ok)
        ok = err_set(e, ERR_NOMEM, "out of memory");
    return ok;
}

char *salesbot_knowledge_retrieve(salesbot_knowledge *k, const char *question, int n, salesbot_error *e)
{
    static const struct { const char *name; unsigned kinds; } parts[] = {
        {"schema_info", RAG_CARDS}, {"relevant_patterns", 1u << RAG_PATTERN}, {"examples", 1u << RAG_PAIR},
        {"documents", 1u << RAG_DOCUMENT}};
    err local = {0};
    json_t *all = json_object();
    bool ok = all || err_set(&local, ERR_NOMEM, "out of memory");

    pthread_mutex_lock(&k->session->lock);
    for (size_t i = 0; ok && i < sizeof parts / sizeof parts[0]; i++)
        ok = add_part(k, question, n > 0 ? n : 5, parts[i].name, parts[i].kinds, all, &local);
    if (done(k, ok, &local, e))
        return api_json(all, e);
    json_decref(all);
    return NULL;
}

char *salesbot_knowledge_enhance_prompt(salesbot_knowledge *k, const char *question, int tokens, salesbot_error *e)
{
    err local = {0};
    str out = {0}, asked = {0};
    int left;
    bool ok;

    str_adds(&asked, "Question: ");
    prompt_clean(question, &asked);
    left = tokens - (int)((asked.n + 3) / 4);
    pthread_mutex_lock(&k->session->lock);
    ok = left <= 0 || rag_enhance(k->rag, question, &(rag_budget){.tokens = left}, &out, &local);
    str_adds(&out, str_text(&asked));
    if (ok && (out.bad || asked.bad))
        ok = err_set(&local, ERR_NOMEM, "out of memory");
    str_deinit(&asked);
    if (done(k, ok, &local, e))
        return str_take(&out);
    str_deinit(&out);
    return NULL;
}
