/* model.c - the weights, opened once by whoever needs them first.
 *
 * A template's answer never pays for the model. Several contexts may share one:
 * the engine is constant once it is open. A model that failed to open is not
 * tried again: its error is kept and named. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static const char default_model[] = "models/gemma-3-270m-Q4_K_M.gguf";

struct agent_model {
    pthread_mutex_t lock; /* guards the two fields below it */
    gemma *engine;
    err error;
    char *path;
    int threads;
};

static char *find_model(const char *path, err *e)
{
    const char *from_env = getenv("SALESBOT_MODEL");
    str home = {0};
    char *found;

    if (!path && from_env && *from_env)
        path = from_env;
    if (!path && !home_path(&home, default_model, e)) {
        str_deinit(&home);
        return NULL;
    }
    found = strdup(path ? path : str_text(&home));
    str_deinit(&home);
    if (!found)
        err_set(e, ERR_NOMEM, "out of memory");
    return found;
}

agent_model *agent_model_new(const char *path, int threads, err *e)
{
    agent_model *m = calloc(1, sizeof *m);

    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&m->lock, NULL);
    m->threads = threads;
    m->path = find_model(path, e);
    if (m->path)
        return m;
    agent_model_free(m);
    return NULL;
}

void agent_model_free(agent_model *m)
{
    if (!m)
        return;
    gemma_close(m->engine);
    pthread_mutex_destroy(&m->lock);
    free(m->path);
    free(m);
}

gemma *agent_model_open(agent_model *m, err *e)
{
    const gemma_options o = {.n_threads = m->threads};
    gemma *engine;

    pthread_mutex_lock(&m->lock);
    if (!m->engine && m->error.code == ERR_OK) {
        if (file_exists(m->path))
            m->engine = gemma_open(m->path, &o, &m->error);
        else
            err_set(&m->error, ERR_MODEL,
                    "%s: no model here; `salesbot model pull` or `make run` fetches it", m->path);
    }
    engine = m->engine;
    if (!engine)
        *e = m->error;
    pthread_mutex_unlock(&m->lock);
    return engine;
}
