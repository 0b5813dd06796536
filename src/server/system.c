/* system.c - the server about itself: health, metrics, who am I, models, evaluations. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "server/server_impl.h"

bool handle_healthz(request *r, err *e)
{
    (void)e;
    return reply_json(r, 200, json_pack("{s:s}", "status", "ok"));
}

bool handle_readyz(request *r, err *e)
{
    const bool ready = r->server->ready && !r->server->draining;

    (void)e;
    return reply_json(r, ready ? 200 : 503, json_pack("{s:s, s:s}", "status", ready ? "ready" : "stopping", "version", salesbot_version()));
}

static double memory_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

bool handle_metrics(request *r, err *e)
{
    server *s = r->server;
    str out = {0};

    metrics_text(&s->metrics, &out);
    str_addf(&out, "# HELP salesbot_queue_length Questions that wait\n# TYPE salesbot_queue_length gauge\n"
             "salesbot_queue_length{lane=\"ask\"} %d\nsalesbot_queue_length{lane=\"model\"} %d\n",
             lanes_waiting(s, LANE_ASK), lanes_waiting(s, LANE_MODEL));
    str_addf(&out, "# HELP salesbot_in_flight Requests being answered\n# TYPE salesbot_in_flight gauge\nsalesbot_in_flight %d\n",
             watch_count(s));
    str_addf(&out, "# HELP process_resident_memory_bytes Resident memory\n# TYPE process_resident_memory_bytes gauge\n"
             "process_resident_memory_bytes %.0f\n", memory_bytes());
    r->type = "text/plain; version=0.0.4; charset=utf-8";
    (void)e;
    return reply_text(r, 200, str_take(&out));
}

bool handle_openapi(request *r, err *e)
{
    (void)e;
    r->cache = "no-cache";
    return reply_text(r, 200, strdup(str_text(&r->server->openapi)));
}

static json_t *databases(const server *s)
{
    json_t *list = json_array();

    for (int i = 0; i < s->o.n_databases; i++)
        json_array_append_new(list, json_pack("{s:s}", "name", s->o.databases[i].name));
    return list;
}

static void chosen(server *s, char name[256])
{
    pthread_mutex_lock(&s->choice_lock);
    snprintf(name, 256, "%s", s->adapter);
    pthread_mutex_unlock(&s->choice_lock);
}

static const char *model_name(const server *s)
{
    const char *slash = s->o.model ? strrchr(s->o.model, '/') : NULL;

    return s->o.no_model || !s->o.model ? "" : slash ? slash + 1 : s->o.model;
}

static const char *model_state(server *s)
{
    return s->o.no_model || !s->o.model || !file_exists(s->o.model)              ? "none"
           : metrics_value(&s->metrics, "salesbot_answers_total", "model") ? "ready"
                                                                                : "waiting";
}

bool handle_me(request *r, err *e)
{
    server *s = r->server;
    char adapter[256];

    (void)e;
    chosen(s, adapter);
    return reply_json(r, 200, json_pack("{s:s, s:s, s:b, s:b, s:s, s:o, s:{s:s, s:s, s:s}, s:{s:I, s:i, s:i}}", "name", r->who.name,
        "role", role_name(r->who.role), "keys_required", auth_keys_required(s), "loopback", s->loopback, "version", salesbot_version(),
        "databases", databases(s), "model", "name", model_name(s), "state", model_state(s), "adapter", adapter, "limits",
        "body_bytes", (json_int_t)s->o.body_bytes, "max_rows", 10000, "timeout_ms", 30000));
}

/* ---- weights and adapters ------------------------------------------------------------- */

static bool plain_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

bool model_adapter_path(server *s, const char *name, str *path, err *e)
{
    str file = {0};
    bool ok;

    (void)s;
    if (!plain_name(name))
        return err_set(e, ERR_NOT_FOUND, "there is no adapter \"%.100s\"", name);
    str_addf(&file, "adapters/%s/adapter_config.json", name);
    ok = home_path(path, str_text(&file), e) && (file_exists(path->text) || err_set(e, ERR_NOT_FOUND, "there is no adapter \"%.100s\"", name));
    str_deinit(&file);
    if (ok) {
        path->n -= strlen("/adapter_config.json");
        path->text[path->n] = 0;
    }
    return ok;
}

/* Names of a folder in the home folder that `fits`; sorted by nothing but their order there. */
static json_t *folder(const char *where, json_t *(*one)(const char *path, const char *name, const struct stat *st))
{
    json_t *list = json_array();
    str path = {0}, file = {0};
    err ignored = {0};
    DIR *d = home_path(&path, where, &ignored) ? opendir(path.text) : NULL;
    struct dirent *entry;
    struct stat st;

    while (d && (entry = readdir(d))) {
        json_t *j = NULL;

        str_reset(&file);
        str_addf(&file, "%s/%s", path.text, entry->d_name);
        if (plain_name(entry->d_name) && !stat(str_text(&file), &st))
            j = one(file.text, entry->d_name, &st);
        if (j)
            json_array_append_new(list, j);
    }
    if (d)
        closedir(d);
    str_deinit(&path);
    str_deinit(&file);
    return list;
}

static json_t *model_json(const char *path, const char *name, const struct stat *st)
{
    if (S_ISREG(st->st_mode) && !str_ends(name, ".gguf"))
        return NULL;
    return json_pack("{s:s, s:s, s:I}", "name", name, "path", path, "bytes", S_ISREG(st->st_mode) ? (json_int_t)st->st_size : 0);
}

static json_t *adapter_json(const char *path, const char *name, const struct stat *st)
{
    str file = {0};
    bool is;

    str_addf(&file, "%s/adapter_config.json", path);
    is = S_ISDIR(st->st_mode) && file_exists(str_text(&file));
    str_deinit(&file);
    return is ? json_pack("{s:s, s:s}", "name", name, "path", path) : NULL;
}

bool handle_models(request *r, err *e)
{
    server *s = r->server;
    char adapter[256];
    json_t *adapters = folder("adapters", adapter_json);

    (void)e;
    chosen(s, adapter);
    for (size_t i = 0; i < json_array_size(adapters); i++) {
        json_t *a = json_array_get(adapters, i);

        json_object_set_new(a, "current", json_boolean(!strcmp(json_string_value(json_object_get(a, "name")), adapter)));
    }
    return reply_json(r, 200, json_pack("{s:s, s:s, s:s, s:o, s:o}", "model", model_name(s), "state", model_state(s), "adapter", adapter,
                                        "models", folder("models", model_json), "adapters", adapters));
}

bool handle_models_choose(request *r, err *e)
{
    const char *name = in_text(r, "adapter");
    str path = {0};
    const bool ok = !*name || model_adapter_path(r->server, name, &path, e);

    str_deinit(&path);
    if (!ok)
        return false;
    pthread_mutex_lock(&r->server->choice_lock);
    snprintf(r->server->adapter, sizeof r->server->adapter, "%s", name);
    pthread_mutex_unlock(&r->server->choice_lock);
    return handle_models(r, e);
}

/* ---- evaluations: the reports that `salesbot eval --json` wrote into home/evaluations --------- */

static json_t *report_json(const char *path, const char *name, const struct stat *st)
{
    str text = {0};
    err ignored = {0};
    json_t *j = NULL, *summary = NULL;
    char made[32];
    const char *key;
    json_t *v;

    if (!S_ISREG(st->st_mode) || !str_ends(name, ".json") || !file_read(path, 64 << 20, &text, &ignored))
        return NULL;
    j = json_loads(str_text(&text), 0, NULL);
    str_deinit(&text);
    if (json_is_object(j)) {
        time_text((int64_t)st->st_mtime * 1000, made);
        summary = json_pack("{s:s#, s:s}", "id", name, (int)strlen(name) - 5, "created", made);
        json_object_foreach(j, key, v)
            if (!json_is_array(v) && !json_object_get(summary, key))
                json_object_set(summary, key, v);
    }
    json_decref(j);
    return summary;
}

bool handle_evaluations(request *r, err *e)
{
    (void)e;
    return reply_json(r, 200, json_pack("{s:o}", "evaluations", folder("evaluations", report_json)));
}

bool handle_evaluation_get(request *r, err *e)
{
    str file = {0}, path = {0}, text = {0};
    json_t *j = NULL;
    bool ok = plain_name(r->id) || err_set(e, ERR_NOT_FOUND, "there is no such evaluation");

    str_addf(&file, "evaluations/%s.json", r->id);
    ok = ok && home_path(&path, str_text(&file), e);
    if (ok && !file_exists(path.text))
        ok = err_set(e, ERR_NOT_FOUND, "there is no such evaluation");
    ok = ok && file_read(path.text, 64 << 20, &text, e);
    if (ok && !(j = json_loads(str_text(&text), 0, NULL)))
        ok = err_set(e, ERR_FORMAT, "this evaluation's file is no JSON");
    str_deinit(&file);
    str_deinit(&path);
    str_deinit(&text);
    return ok && reply_json(r, 200, j);
}

/* ---- the page's Monitor --------------------------------------------------------------------------- */

static json_t *counts(server *s, const char *column, err *e)
{
    char sql[120];
    json_t *rows, *out = json_object();

    snprintf(sql, sizeof sql, "SELECT %s AS name, count(*) AS n FROM answer GROUP BY 1", column);
    rows = store_rows(s->store, e, sql, "");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        json_object_set(out, json_string_value(json_object_get(row, "name")), json_object_get(row, "n"));
    }
    json_decref(rows);
    return out;
}

static json_t *row_count(server *s, const char *sql, err *e)
{
    json_t *row = store_row(s->store, e, "count", sql, "");

    return row;
}

bool handle_monitor(request *r, err *e)
{
    server *s = r->server;
    json_t *all, *j = json_pack("{s:s, s:{s:f, s:f, s:f}, s:{s:i, s:i}, s:f, s:I, s:I, s:I}", "since", s->started, "latency_ms", "p50",
        metrics_quantile(&s->metrics, 0.5), "p95", metrics_quantile(&s->metrics, 0.95), "p99", metrics_quantile(&s->metrics, 0.99), "queue",
        "ask", lanes_waiting(s, LANE_ASK), "model", lanes_waiting(s, LANE_MODEL), "memory_bytes", memory_bytes(), "reasked",
        (json_int_t)metrics_value(&s->metrics, "salesbot_reasked_total", NULL), "sql_edited",
        (json_int_t)metrics_value(&s->metrics, "salesbot_sql_edited_total", NULL), "cancelled",
        (json_int_t)metrics_value(&s->metrics, "salesbot_cancelled_total", NULL));

    if (!j)
        return err_set(e, ERR_NOMEM, "out of memory");
    all = row_count(s, "SELECT count(*) AS asked, coalesce(sum(code = 'ok'), 0) AS answered FROM answer", e);
    json_object_update(j, all);
    json_decref(all);
    json_object_set_new(j, "feedback", row_count(s, "SELECT coalesce(sum(verdict = 'up'), 0) AS up, coalesce(sum(verdict = 'down'), 0) AS down FROM feedback", e));
    json_object_set_new(j, "by_source", counts(s, "source", e));
    json_object_set_new(j, "by_code", counts(s, "code", e));
    json_object_set_new(j, "steps", metrics_steps(&s->metrics));
    json_object_set_new(j, "slow", store_rows(s->store, e, "SELECT id, question, ms, strftime('%Y-%m-%dT%H:%M:%SZ', created / 1000, "
                        "'unixepoch') AS created FROM answer WHERE question <> '' ORDER BY ms DESC LIMIT 10", ""));
    return reply_json(r, 200, j);
}
