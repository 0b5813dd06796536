/* context.c - what all questions on one database share.
 *
 * The database's child starts first; the model is opened by the first question
 * that needs it (model.c). */
#include <stdlib.h>
#include <string.h>

#include "agent/retrieval_impl.h"

static bool open_semantic(agent_context *c, const char *file, const char *database, err *e)
{
    str yaml = {0};

    c->is_sales = sem_is_sales(c->catalog);
    if (!file)
        c->semantic = c->is_sales ? sem_load_sales(c->db, c->catalog, e)
                                  : own_layer(c, database, e);
    else if (file_read(file, 4 << 20, &yaml, e))
        c->semantic = sem_load(str_text(&yaml), yaml.n, file, c->db, c->catalog, e);
    str_deinit(&yaml);
    c->is_derived = c->semantic && sem_derived(c->semantic);
    return c->semantic != NULL;
}

agent_context *agent_context_open(const agent_context_options *o, err *e)
{
    agent_context *c;
    const db_options d = {.program = o->program,
                          .threads = o->db_threads,
                          .on_import = o->on_import,
                          .import_arg = o->import_arg};

    if (!o->database || !*o->database) {
        err_set(e, ERR_ARG, "no database named");
        return NULL;
    }
    c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    c->no_model = o->no_model;
    c->no_adapter = o->no_adapter;
    if (o->adapter && !(c->adapter_path = strdup(o->adapter))) {
        err_set(e, ERR_NOMEM, "out of memory");
        agent_context_close(c);
        return NULL;
    }
    c->db = db_open(o->database, &d, e);
    c->catalog = c->db ? db_catalog_get(c->db, e) : NULL;
    if (!o->shared_model)
        c->own_weights = agent_model_new(o->model, o->threads, e);
    c->weights = o->shared_model ? o->shared_model : c->own_weights;
    if (!c->catalog || !c->weights || !open_semantic(c, o->semantic, o->database, e)) {
        agent_context_close(c);
        return NULL;
    }
    return c;
}

void agent_context_close(agent_context *c)
{
    if (!c)
        return;
    gemma_session_close(c->session);
    knowledge_base_close(c->knowledge);
    mask_schema_free(c->names);
    agent_model_free(c->own_weights);
    sem_free(c->semantic);
    db_close(c->db);
    free(c->adapter_path);
    free(c->prefix);
    free(c);
}

db *agent_db(agent_context *c) { return c->db; }
const db_catalog *agent_catalog(agent_context *c) { return c->catalog; }
const sem_layer *agent_semantic(agent_context *c) { return c->semantic; }

bool agent_layer_derived(const agent_context *c) { return c->is_derived; }

void agent_cancel(agent_context *c)
{
    gemma_session *session = c->session;

    c->cancelled = true;
    if (session)
        session_cancel(session);
    if (c->db)
        db_cancel(c->db);
}

bool context_model(agent_context *c, const char *adapter, err *e)
{
    const gemma_session_options session = {.max_tokens = 4096, .answer_tokens = 768, .beams = 4};
    const gemma_adapter *a = NULL;

    if (!c->session) {
        c->model = agent_model_open(c->weights, e);
        c->session = c->model ? gemma_session_open(c->model, &session, e) : NULL;
    }
    if (!c->session)
        return false;
    if ((adapter || !c->no_adapter) &&
        !agent_model_adapter(c->weights, adapter ? adapter : c->adapter_path, &a, e))
        return false;
    session_use_adapter(c->session, a);
    return true;
}

const mask_schema *context_names(agent_context *c, err *e)
{
    const mask_words *words = c->names ? NULL : agent_model_words(c->weights, e);

    if (!c->names && words)
        c->names = mask_schema_new(words, c->catalog, e);
    return c->names;
}
