/* session.c - engines, sessions, and what a session tells about itself. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"

salesbot_engine *salesbot_engine_new(const salesbot_options *o, salesbot_error *e)
{
    err local = {ERR_NOMEM, "out of memory"};
    salesbot_engine *engine = calloc(1, sizeof *engine);

    if (!o)
        o = &api_defaults;
    if (engine && sodium_init() >= 0 && (engine->model = agent_model_new(o->model, o->threads, &local))) {
        engine->program = o->program ? strdup(o->program) : api_program();
        return engine;
    }
    salesbot_engine_free(engine);
    api_error(e, &local);
    return NULL;
}

void salesbot_engine_free(salesbot_engine *engine)
{
    if (!engine)
        return;
    agent_model_free(engine->model);
    free(engine->program);
    free(engine);
}

static void on_import(void *arg, const char *what, double share)
{
    api_emit(arg, "import", json_pack("{s:s, s:f}", "what", what, "share", share));
}

salesbot_session *salesbot_open(salesbot_engine *engine, const char *database,
                                const salesbot_options *o, salesbot_error *e)
{
    err local = {ERR_NOMEM, "out of memory"};
    salesbot_session *s = calloc(1, sizeof *s);
    const char *named = getenv("SALESBOT_PROGRAM");

    if (!o)
        o = &api_defaults;
    if (s)
        s->context = agent_context_open(&(agent_context_options){
            .database = database, .shared_model = engine->model, .semantic = o->semantic,
            .program = o->program ? o->program : named && *named ? named : engine->program,
            .db_threads = o->db_threads, .no_model = o->no_model, .adapter = o->adapter,
            .no_adapter = o->no_adapter, .on_import = o->on_event ? on_import : NULL,
            .import_arg = (void *)(uintptr_t)o}, &local);
    if (s && s->context) {
        pthread_mutex_init(&s->lock, NULL);
        return s;
    }
    free(s);
    api_error(e, &local);
    return NULL;
}

void salesbot_close(salesbot_session *s)
{
    if (!s)
        return;
    agent_context_close(s->context);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void salesbot_cancel(salesbot_session *s) { agent_cancel(s->context); }

static const char *layer_name(const agent_context *c)
{
    return agent_layer_derived(c) ? "derived" : "defined";
}

char *salesbot_info_json(salesbot_session *s, salesbot_error *e)
{
    agent_context *c = s->context;
    const sem_layer *l = agent_semantic(c);
    const sem_date d = sem_date_of(sem_today(l));
    char *text;

    pthread_mutex_lock(&s->lock);
    text = api_json(json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "database",
                              agent_catalog(c)->database, "fingerprint", agent_catalog(c)->fingerprint,
                              "data_to", sem_today(l) ? json_sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
                                                      : json_string(""),
                              "currency", sem_currency(l), "layer", layer_name(c), "sandbox_note",
                              db_sandbox_note(agent_db(c)), "version", SALESBOT_VERSION), e);
    pthread_mutex_unlock(&s->lock);
    return text;
}

char *salesbot_catalog_json(salesbot_session *s, salesbot_error *e)
{
    return api_json(db_catalog_json(agent_catalog(s->context)), e); /* constant: no lock */
}

char *salesbot_suggestions_json(salesbot_session *s, int n, salesbot_error *e)
{
    err local = {0};
    json_t *list = json_array();
    agent_state *a = agent_state_new(&local);
    bool ok;

    pthread_mutex_lock(&s->lock);
    ok = a && (agent_suggest(s->context, a, n, &local) || local.code == ERR_NOT_IN_DATA);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; ok && list && i < a->n_choices; i++)
        json_array_append_new(list, json_string(a->choices[i]));
    agent_state_free(a);
    if (ok)
        return api_json(list, e);
    json_decref(list);
    api_error(e, &local);
    return NULL;
}

static json_t *columns_of(const db_result *r)
{
    json_t *list = json_array();

    for (int i = 0; list && i < r->n_columns; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", r->columns[i].name, "type",
                                              db_type_name(r->columns[i].type)));
    return list;
}

char *salesbot_check_sql(salesbot_session *s, const char *sql, salesbot_error *e)
{
    err local = {0};
    agent_state *a = agent_state_new(&local);
    db_result *columns = NULL;
    char *text = NULL;
    bool ok;

    pthread_mutex_lock(&s->lock);
    ok = a && agent_check_sql(s->context, sql, a, &columns, &local);
    pthread_mutex_unlock(&s->lock);
    if (ok)
        text = api_json(json_pack("{s:s, s:s, s:s, s:o}", "sql", a->sql, "sql_pretty", a->sql_pretty,
                                  "explanation", a->explanation, "columns", columns_of(columns)), e);
    else
        api_error(e, &local);
    db_result_free(columns);
    agent_state_free(a);
    return text;
}
