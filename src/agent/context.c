/* context.c - what all questions on one database share.
 *
 * The database's child starts first; the model is opened by the first question
 * that needs it, so that a template's answer never pays for it. A model that
 * failed to open is not tried again: its error is kept and named. */
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static const char default_model[] = "models/gemma-3-270m-Q4_K_M.gguf";

static bool find_model(agent_context *c, const char *path, err *e)
{
    const char *from_env = getenv("SALESBOT_MODEL");
    str home = {0};

    if (!path && from_env && *from_env)
        path = from_env;
    if (!path && !home_path(&home, default_model, e)) {
        str_deinit(&home);
        return false;
    }
    c->model_path = strdup(path ? path : str_text(&home));
    str_deinit(&home);
    return c->model_path || err_set(e, ERR_NOMEM, "out of memory");
}

static bool open_semantic(agent_context *c, const char *file, err *e)
{
    str yaml = {0};

    c->is_sales = sem_is_sales(c->catalog);
    c->is_derived = !file && !c->is_sales;
    if (!file)
        c->semantic = c->is_sales ? sem_load_sales(c->db, c->catalog, e)
                                  : sem_derive(c->db, c->catalog, e);
    else if (file_read(file, 4 << 20, &yaml, e))
        c->semantic = sem_load(str_text(&yaml), yaml.n, file, c->db, c->catalog, e);
    str_deinit(&yaml);
    return c->semantic != NULL;
}

agent_context *agent_context_open(const agent_context_options *o, err *e)
{
    agent_context *c;
    const db_options d = {.threads = o->db_threads};

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
    c->threads = o->threads;
    c->db = db_open(o->database, &d, e);
    c->catalog = c->db ? db_catalog_get(c->db, e) : NULL;
    if (!c->catalog || !open_semantic(c, o->semantic, e) || !find_model(c, o->model, e)) {
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
    gemma_close(c->model);
    sem_free(c->semantic);
    db_close(c->db);
    free(c->model_path);
    free(c->prefix);
    free(c);
}

db *agent_db(agent_context *c) { return c->db; }
const db_catalog *agent_catalog(agent_context *c) { return c->catalog; }
const sem_layer *agent_semantic(agent_context *c) { return c->semantic; }

void agent_cancel(agent_context *c)
{
    c->cancelled = 1;
    if (c->session)
        session_cancel(c->session);
    if (c->db)
        db_cancel(c->db);
}

bool context_model(agent_context *c, err *e)
{
    const gemma_options o = {.n_threads = c->threads};
    const gemma_session_options session = {.max_tokens = 4096, .answer_tokens = 768, .beams = 4};

    if (c->session)
        return true;
    if (c->model_error.code == ERR_OK && !file_exists(c->model_path))
        err_set(&c->model_error, ERR_MODEL,
                "%s: no model here; `salesbot model pull` or `make run` fetches it", c->model_path);
    if (c->model_error.code == ERR_OK && (c->model = gemma_open(c->model_path, &o, &c->model_error)))
        c->session = gemma_session_open(c->model, &session, &c->model_error);
    if (!c->session)
        *e = c->model_error;
    return c->session != NULL;
}
