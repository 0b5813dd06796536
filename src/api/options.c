/* options.c - options by name: one table. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"

const salesbot_options api_defaults = {0};

typedef enum option_kind { TEXT, SWITCH, INT, LONG, SEED, REAL } option_kind;

static const struct {
    const char *name;
    option_kind kind;
    size_t offset;
} table[] = {
    {"model", TEXT, offsetof(salesbot_options, model)},
    {"adapter", TEXT, offsetof(salesbot_options, adapter)},
    {"semantic", TEXT, offsetof(salesbot_options, semantic)},
    {"program", TEXT, offsetof(salesbot_options, program)},
    {"evidence", TEXT, offsetof(salesbot_options, evidence)},
    {"forget", TEXT, offsetof(salesbot_options, forget)},
    {"threads", INT, offsetof(salesbot_options, threads)},
    {"db_threads", INT, offsetof(salesbot_options, db_threads)},
    {"beam", INT, offsetof(salesbot_options, beam)},
    {"pick", INT, offsetof(salesbot_options, pick)},
    {"timeout_ms", INT, offsetof(salesbot_options, timeout_ms)},
    {"max_rows", LONG, offsetof(salesbot_options, max_rows)},
    {"max_bytes", LONG, offsetof(salesbot_options, max_bytes)},
    {"no_model", SWITCH, offsetof(salesbot_options, no_model)},
    {"no_adapter", SWITCH, offsetof(salesbot_options, no_adapter)},
    {"no_rag", SWITCH, offsetof(salesbot_options, no_rag)},
    {"template_only", SWITCH, offsetof(salesbot_options, template_only)},
    {"model_only", SWITCH, offsetof(salesbot_options, model_only)},
    {"no_fallbacks", SWITCH, offsetof(salesbot_options, no_fallbacks)},
    {"explain", SWITCH, offsetof(salesbot_options, explain)},
    {"temperature", REAL, offsetof(salesbot_options, temperature)},
    {"seed", SEED, offsetof(salesbot_options, seed)},
};
enum { N_OPTIONS = sizeof table / sizeof table[0] };

salesbot_options *salesbot_options_new(salesbot_error *e)
{
    salesbot_options *o = calloc(1, sizeof *o);

    if (!o)
        api_error(e, &(err){ERR_NOMEM, "out of memory"});
    return o;
}

void salesbot_options_free(salesbot_options *o)
{
    for (int i = 0; o && i < N_OPTIONS; i++)
        if (table[i].kind == TEXT)
            free(*(char **)(void *)((char *)o + table[i].offset));
    free(o);
}

static bool set_text(char **at, const char *value, err *e)
{
    char *copy = value ? strdup(value) : NULL;

    if (value && !copy)
        return err_set(e, ERR_NOMEM, "out of memory");
    free(*at);
    *at = copy;
    return true;
}

static bool set_switch(bool *at, const char *value)
{
    const bool on = !strcmp(value, "1") || !strcmp(value, "true");

    *at = on;
    return on || !strcmp(value, "0") || !strcmp(value, "false");
}

static bool set_real(double *at, const char *value)
{
    char *end;
    const double x = strtod(value, &end);

    if (!*value || *end || !isfinite(x) || x < 0)
        return false;
    *at = x;
    return true;
}

static bool set_whole(uint64_t most, uint64_t *out, const char *value)
{
    char *end;

    errno = 0;
    if (*value < '0' || *value > '9')
        return false;
    *out = strtoull(value, &end, 10);
    return !*end && !errno && *out <= most;
}

static bool set_value(int i, void *at, const char *value)
{
    uint64_t n = 0;

    switch (table[i].kind) {
    case SWITCH:
        return set_switch(at, value ? value : "0");
    case REAL:
        return set_real(at, value ? value : "0");
    case INT:
        if (!set_whole(INT32_MAX, &n, value ? value : "0"))
            return false;
        *(int *)at = (int)n;
        return true;
    case LONG:
        if (!set_whole(INT64_MAX, &n, value ? value : "0"))
            return false;
        *(int64_t *)at = (int64_t)n;
        return true;
    default:
        return set_whole(UINT64_MAX, at, value ? value : "0");
    }
}

int salesbot_options_set(salesbot_options *o, const char *name, const char *value,
                         salesbot_error *e)
{
    err local = {0};
    int i = 0;

    while (i < N_OPTIONS && (!name || strcmp(table[i].name, name)))
        i++;
    if (i == N_OPTIONS) {
        err_set(&local, ERR_ARG, "there is no option \"%.100s\"", name ? name : "");
    } else {
        void *at = (char *)o + table[i].offset;

        if (table[i].kind == TEXT ? set_text(at, value, &local) : set_value(i, at, value))
            return 1;
        if (local.code == ERR_OK)
            err_set(&local, ERR_ARG, "option %s: not a value it takes: \"%.100s\"", name, value);
    }
    api_error(e, &local);
    return 0;
}

void salesbot_options_on_event(salesbot_options *o, salesbot_on_event *fn, void *arg)
{
    o->on_event = fn;
    o->event_arg = arg;
}

agent_options api_ask_options(const salesbot_options *o)
{
    if (!o)
        o = &api_defaults;
    return (agent_options){
        .adapter = o->adapter, .evidence = o->evidence, .no_rag = o->no_rag, .no_model = o->no_model || o->template_only,
        .template_only = o->template_only, .model_only = o->model_only, .no_fallbacks = o->no_fallbacks, .explain = o->explain,
        .temperature = o->temperature, .beam = o->beam, .pick = o->pick, .seed = o->seed,
        .limits = {.max_rows = o->max_rows, .max_bytes = o->max_bytes, .timeout_ms = o->timeout_ms},
    };
}
