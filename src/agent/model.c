/* model.c - the weights, opened once by whoever needs them first.
 *
 * A template's answer never pays for the model, nor for an adapter. Several contexts may share one:
 * the engine is constant once it is open. A model that failed to open is not
 * tried again: its error is kept and named. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent_impl.h"
#include "minilm/minilm.h"

static const char default_model[] = "models/gemma-3-270m-Q4_K_M.gguf";

typedef struct loaded {
    struct loaded *next;
    gemma_adapter *adapter;
    char path[];
} loaded;

struct agent_model {
    pthread_mutex_t lock; /* guards what is opened late */
    gemma *engine;
    err error;
    loaded *adapters;
    minilm *encoder;
    err encoder_error; /* an encoder that failed to open is not tried again either */
    mask_words *words;
    char *path;
    bool is_default; /* the weights that the default adapter is for */
    int threads;
};

static char *find_model(const char *path, bool *is_default, err *e)
{
    const char *from_env = getenv("SALESBOT_MODEL");
    str home = {0};
    err no_home = {0};
    const bool at_home = home_path(&home, default_model, &no_home);
    char *found = NULL;

    if (!path && from_env && *from_env)
        path = from_env;
    *is_default = at_home && (!path || !strcmp(path, home.text));
    if (!path && !at_home)
        *e = no_home;
    else if (!(found = strdup(path ? path : str_text(&home))))
        err_set(e, ERR_NOMEM, "out of memory");
    str_deinit(&home);
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
    m->path = find_model(path, &m->is_default, e);
    if (m->path)
        return m;
    agent_model_free(m);
    return NULL;
}

void agent_model_free(agent_model *m)
{
    if (!m)
        return;
    while (m->adapters) {
        loaded *first = m->adapters;

        m->adapters = first->next;
        gemma_adapter_close(first->adapter);
        free(first);
    }
    minilm_close(m->encoder);
    mask_words_free(m->words);
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

const minilm *agent_model_encoder(agent_model *m, err *e)
{
    const minilm *encoder;
    str path = {0};

    pthread_mutex_lock(&m->lock);
    if (!m->encoder && m->encoder_error.code == ERR_OK && minilm_default_path(&path, &m->encoder_error))
        m->encoder = minilm_open(path.text, &(minilm_options){.threads = m->threads}, &m->encoder_error);
    encoder = m->encoder;
    if (!encoder)
        *e = m->encoder_error;
    pthread_mutex_unlock(&m->lock);
    str_deinit(&path);
    return encoder;
}

const mask_words *agent_model_words(agent_model *m, err *e)
{
    const mask_words *words;

    pthread_mutex_lock(&m->lock);
    if (!m->words)
        m->words = mask_words_new(gemma_tokenizer(m->engine), e);
    words = m->words;
    pthread_mutex_unlock(&m->lock);
    return words;
}

bool agent_model_is_default(const agent_model *m) { return m->is_default; }

/* ---- adapters ---- */

static const char shipped[] = "salesbot-gemma3-270m-lora";

static bool is_adapter(const str *folder)
{
    str file = {0};
    bool found;

    str_addf(&file, "%s/adapter_config.json", str_text(folder));
    found = folder->n && !file.bad && file_exists(file.text);
    str_deinit(&file);
    return found;
}

/* PREFIX/bin/salesbot has its data in PREFIX/share/salesbot. */
static void beside_program(str *path)
{
    char program[4096];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    str_reset(path);
    if (n <= 0)
        return;
    program[n] = 0;
    for (int up = 0; up < 2 && (slash = strrchr(program, '/')); up++)
        *slash = 0;
    str_addf(path, "%s/share/salesbot/%s", program, shipped);
}

bool agent_adapter_default(str *path)
{
    const char *from_env = getenv("SALESBOT_ADAPTER");
    static const char *const in_home[] = {"adapters/default", "adapters/salesbot-gemma3-270m-lora"};
    err ignored = {0};

    str_reset(path);
    if (from_env && *from_env) {
        str_adds(path, from_env);
        return true;
    }
    for (size_t i = 0; i < 2; i++)
        if (home_path(path, in_home[i], &ignored) && is_adapter(path))
            return true;
    beside_program(path);
    return is_adapter(path);
}

/* Under the lock. NULL with *e when it can't be opened. */
static const gemma_adapter *load_adapter(agent_model *m, const char *path, err *e)
{
    loaded *one;

    for (one = m->adapters; one; one = one->next)
        if (!strcmp(one->path, path))
            return one->adapter;
    if (!(one = calloc(1, sizeof *one + strlen(path) + 1))) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    strcpy(one->path, path);
    if (!(one->adapter = gemma_adapter_open(m->engine, path, e))) {
        free(one);
        return NULL;
    }
    one->next = m->adapters;
    m->adapters = one;
    return one->adapter;
}

bool agent_model_adapter(agent_model *m, const char *path, const gemma_adapter **out, err *e)
{
    str found = {0};
    const bool named = path || getenv("SALESBOT_ADAPTER");

    *out = NULL;
    if (!path && !agent_adapter_default(&found)) {
        str_deinit(&found);
        return true;
    }
    pthread_mutex_lock(&m->lock);
    *out = load_adapter(m, path ? path : str_text(&found), e);
    pthread_mutex_unlock(&m->lock);
    str_deinit(&found);
    /* other weights without an adapter of their own run as they are */
    return *out || (!named && !m->is_default && e->code == ERR_MODEL);
}
