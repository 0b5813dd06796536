/* ask.c - questions and statements: templates first, then, in a lane apart, the model. */
#include "server/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { KEPT_BYTES = 1 << 20, REASK_MS = 120000, KEEP_ANSWERS = 50000 };

/* ---- options ---------------------------------------------------------------------- */

static bool set_json(salesbot_options *o, const char *name, const json_t *v, salesbot_error *why)
{
    char text[64];

    if (json_is_string(v))
        return salesbot_options_set(o, name, json_string_value(v), why);
    if (json_is_boolean(v))
        return salesbot_options_set(o, name, json_is_true(v) ? "1" : "0", why);
    if (json_is_integer(v))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
    else
        snprintf(text, sizeof text, "%.17g", json_real_value(v));
    return salesbot_options_set(o, name, text, why);
}

static bool set_forget(salesbot_options *o, const json_t *list, salesbot_error *why)
{
    str lines = {0};
    bool ok;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text && !strchr(text, '\n'))
            str_addf(&lines, "%s\n", text);
    }
    ok = salesbot_options_set(o, "forget", str_text(&lines), why);
    str_deinit(&lines);
    return ok;
}

static bool set_adapter(request *r, salesbot_options *o, const char *name, salesbot_error *why, err *e)
{
    str path = {0};
    bool ok = true;

    if (name && *name)
        ok = model_adapter_path(r->server, name, &path, e) &&
             (salesbot_options_set(o, "adapter", str_text(&path), why) || api_failed(e, why));
    str_deinit(&path);
    return ok;
}

static salesbot_options *options_of(request *r, const ask_plan *p, err *e)
{
    const json_t *given = p->options;
    salesbot_error why = {0};
    salesbot_options *o = salesbot_options_new(&why);
    char chosen[256];
    const char *name;
    json_t *v;
    bool ok = o || api_failed(e, &why);

    pthread_mutex_lock(&r->server->choice_lock);
    snprintf(chosen, sizeof chosen, "%s", r->server->adapter);
    pthread_mutex_unlock(&r->server->choice_lock);
    ok = ok && set_adapter(r, o, chosen, &why, e);
    json_object_foreach((json_t *)(uintptr_t)given, name, v) {
        if (!ok)
            break;
        if (!strcmp(name, "adapter"))
            ok = set_adapter(r, o, json_string_value(v), &why, e);
        else if (!strcmp(name, "forget"))
            ok = set_forget(o, v, &why) || api_failed(e, &why);
        else
            ok = set_json(o, name, v, &why) || api_failed(e, &why);
    }
    if (ok && p->templates_only && !p->asked_templates)
        ok = (salesbot_options_set(o, "template_only", "1", &why) && salesbot_options_set(o, "no_fallbacks", "1", &why)) ||
             api_failed(e, &why);
    if (ok)
        return o;
    salesbot_options_free(o);
    return NULL;
}

/* ---- events ------------------------------------------------------------------------ */

static void on_event(void *arg, const char *event, const char *json)
{
    ask_plan *p = arg;
    request *r = p->r;

    if (request_gone(r))
        salesbot_cancel(p->session);
    if (!strcmp(event, "step_end")) {
        json_t *j = json_loads(json, 0, NULL);

        metrics_time(&r->server->metrics, "salesbot_step_seconds", "step",
                     json_string_value(json_object_get(j, "step")), json_number_value(json_object_get(j, "ms")));
        json_decref(j);
    }
    if (p->on_event)
        p->on_event(p, event, json);
}

static void plain_event(ask_plan *p, const char *event, const char *json)
{
    if (p->r->streaming)
        request_event(p->r, event, json);
}

/* ---- the question --------------------------------------------------------------------- */

static salesbot_conversation *conversation_of(request *r, ask_plan *p, err *e)
{
    json_t *row;
    salesbot_error why = {0};
    salesbot_conversation *c;

    row = store_row(r->server->store, e, "conversation", "SELECT turns FROM conversation WHERE id = ? AND owner = ?",
                    "tt", p->conversation, r->who.name);
    if (!row)
        return NULL;
    c = salesbot_conversation_from_json(json_string_value(json_object_get(row, "turns")), &why);
    json_decref(row);
    if (!c)
        api_failed(e, &why);
    return c;
}

/* Did the templates leave it to the model? Its attempt is in the trace. */
static bool wants_model(salesbot_state *state)
{
    const size_t n = salesbot_state_count(state, "trace");
    char path[40];

    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "trace.%zu.step", i);
        if (strcmp(salesbot_state_field(state, path), "sql_generator"))
            continue;
        snprintf(path, sizeof path, "trace.%zu.source", i);
        if (!strcmp(salesbot_state_field(state, path), "model"))
            return true;
    }
    return false;
}

static json_t *state_object(const ask_plan *p, salesbot_state *state, err *e)
{
    salesbot_error why = {0};
    char *text = salesbot_state_json(state, 0, &why);
    json_t *j = text ? json_loads(text, 0, NULL) : NULL, *options = json_object_get(j, "options");

    salesbot_free(text);
    if (!j) {
        if (why.code)
            api_failed(e, &why);
        else
            err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    if (p->templates_only && !p->asked_templates) { /* it is the whole way's answer too */
        json_object_set_new(options, "template_only", json_false());
        json_object_set_new(options, "no_fallbacks", json_false());
        json_object_set_new(options, "no_model", json_false());
    }
    json_object_set_new(j, "id", json_string(p->r->answer_id));
    json_object_set_new(j, "conversation", p->conversation ? json_string(p->conversation) : json_null());
    return j;
}

static bool save_conversation(request *r, ask_plan *p, salesbot_conversation *c, err *e)
{
    salesbot_error why = {0};
    char *turns;
    bool ok;

    if (!c)
        return true;
    turns = salesbot_conversation_json(c, &why);
    ok = turns ? store_run(r->server->store, e,
                           "UPDATE conversation SET turns = ?, updated = ?, title = CASE title WHEN '' THEN ? ELSE title END "
                           "WHERE id = ?", "titt", turns, time_now(), p->question, p->conversation)
               : api_failed(e, &why);
    salesbot_free(turns);
    return ok;
}

/* The stored state has no rows when they are many. */
static char *kept_state(json_t *j, bool *rows_kept)
{
    char *text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(15));

    *rows_kept = !text || strlen(text) <= KEPT_BYTES;
    if (!*rows_kept) {
        json_t *copy = json_copy(j), *results = json_copy(json_object_get(j, "results"));

        free(text);
        json_object_set_new(results, "rows", json_array());
        json_object_set_new(copy, "results", results);
        json_object_set_new(copy, "chart", json_null());
        text = json_dumps(copy, JSON_COMPACT | JSON_REAL_PRECISION(15));
        json_decref(copy);
    }
    return text;
}

static bool save(request *r, ask_plan *p, salesbot_state *state, json_t *j, salesbot_conversation *c, double ms, err *e)
{
    store *s = r->server->store;
    bool rows_kept, ok;
    char *kept = kept_state(j, &rows_kept);
    const int64_t now = time_now();

    ok = (kept || err_set(e, ERR_NOMEM, "out of memory")) && store_begin(s, e);
    if (ok) {
        ok = store_run(s, e, "INSERT INTO answer (id, owner, conversation, database, question, answer, code, source, "
                       "confidence, sql, ms, rows_kept, state, created) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                       "ttttttttttditi", r->answer_id, r->who.name, p->conversation, p->database, p->question,
                       salesbot_state_answer(state), salesbot_code_name(salesbot_state_code(state)),
                       salesbot_state_field(state, "source"), salesbot_state_field(state, "confidence.word"),
                       salesbot_state_sql(state), ms, (int64_t)rows_kept, kept, now) &&
             store_run(s, e, "DELETE FROM answer WHERE n <= (SELECT max(n) FROM answer) - ?", "i", (int64_t)KEEP_ANSWERS) &&
             save_conversation(r, p, c, e) &&
             store_run(s, e, "INSERT INTO audit (time, who, role, address, route, database, question, sql, verdict, ms) "
                       "VALUES (?,?,?,?,?,?,?,?,?,?)", "ittttttttd", now, r->who.name, role_name(r->who.role),
                       r->who.address, r->route->id, p->database, p->question,
                       salesbot_state_sql(state)[0] ? salesbot_state_sql(state) : p->sql,
                       salesbot_code_name(salesbot_state_code(state)), ms);
        ok = store_end(s, ok, e) && ok;
    }
    free(kept);
    return ok;
}

static void count(request *r, ask_plan *p, salesbot_state *state, double ms)
{
    metrics *m = &r->server->metrics;
    err ignored = {0};
    json_t *before;

    metrics_count(m, "salesbot_answers_total", "source", salesbot_state_field(state, "source"));
    metrics_count(m, "salesbot_answer_codes_total", "code", salesbot_code_name(salesbot_state_code(state)));
    metrics_time(m, "salesbot_answer_seconds", "source", salesbot_state_field(state, "source"), ms);
    metrics_answer(m, ms);
    before = store_row(r->server->store, &ignored, "answer",
                       "SELECT a.code, f.verdict FROM answer a LEFT JOIN feedback f ON f.answer = a.id "
                       "WHERE a.owner = ? AND a.created > ? AND a.id <> ? AND a.question <> ? ORDER BY a.n DESC LIMIT 1", "titt",
                       r->who.name, time_now() - REASK_MS, r->answer_id, p->question);
    if (before && (strcmp(json_string_value(json_object_get(before, "code")), "ok") ||
                   json_is_string(json_object_get(before, "verdict"))))
        metrics_count(m, "salesbot_reasked_total", NULL, NULL);
    json_decref(before);
}

/* ---- the way ------------------------------------------------------------------------------ */

static bool to_model(request *r, err *e)
{
    char queued[64];
    int before = lanes_waiting(r->server, LANE_MODEL), wait = 1;
    const bool streaming = r->streaming;

    (void)e;
    if (streaming) {
        snprintf(queued, sizeof queued, "{\"for\":\"model\",\"before\":%d}", before);
        request_event(r, "queued", queued);
    }
    if (request_move(r, LANE_MODEL, &wait, &before))
        return true;
    metrics_count(&r->server->metrics, "salesbot_busy_total", NULL, NULL);
    r->retry_after = wait;
    return reply_error(r, 429, "busy", "too many questions wait for the model; come again in %d s", wait);
}

static salesbot_state *run_state(ask_plan *p, salesbot_conversation *c, salesbot_options *o, err *e)
{
    salesbot_error why = {0};
    salesbot_state *state;

    salesbot_options_on_event(o, on_event, p);
    request_running(p->r, p->session);
    state = p->sql ? salesbot_sql(p->session, p->sql, o, &why) : salesbot_ask(p->session, c, p->question, o, &why);
    request_running(p->r, NULL);
    if (!state)
        api_failed(e, &why);
    return state;
}

static bool has_model(const request *r) { return !r->server->o.no_model && r->server->o.model_workers > 0; }

/* With the session and conversation at hand: the state as JSON (owned); NULL with *e, or
 * NULL and *moved when the request went on to the model's lane. */
static json_t *answer(request *r, ask_plan *p, salesbot_conversation *c, bool *moved, err *e)
{
    salesbot_options *o = options_of(r, p, e);
    salesbot_state *state = o ? run_state(p, c, o, e) : NULL;
    json_t *j = NULL;
    double ms;

    if (state && p->templates_only && !p->asked_templates && wants_model(state)) {
        *moved = true;
    } else if (state) {
        ms = clock_ms() - r->arrived_ms;
        j = state_object(p, state, e);
        if (j && !save(r, p, state, j, c, ms, e)) {
            json_decref(j);
            j = NULL;
        }
        if (j)
            count(r, p, state, ms);
        p->status = salesbot_code_http(salesbot_state_code(state));
    }
    salesbot_state_free(state);
    salesbot_options_free(o);
    return j;
}

json_t *ask_run(ask_plan *p, bool *moved, err *e)
{
    request *r = p->r;
    salesbot_conversation *c = NULL;
    json_t *j = NULL;
    bool ok = true;

    if (!*r->answer_id)
        store_new_id('a', r->answer_id);
    p->database = p->database ? p->database : r->server->o.databases[0].name;
    p->asked_templates = json_is_true(json_object_get(p->options, "no_model")) ||
                         json_is_true(json_object_get(p->options, "template_only")) || !has_model(r);
    p->templates_only = request_lane(r) != LANE_MODEL && !p->sql;
    *moved = false;
    if (p->templates_only && !p->asked_templates && json_is_true(json_object_get(p->options, "model_only"))) {
        *moved = true;
        return NULL;
    }
    if (p->conversation)
        ok = (c = conversation_of(r, p, e)) != NULL;
    if (ok && (p->session = request_session(r, p->database, e)))
        j = answer(r, p, c, moved, e);
    salesbot_conversation_free(c);
    return j;
}

static bool finish(request *r, ask_plan *p, err *e)
{
    bool moved;
    json_t *j;

    if (r->streaming && request_lane(r) != LANE_MODEL) {
        char accepted[160];

        store_new_id('a', r->answer_id);
        snprintf(accepted, sizeof accepted, "{\"id\":\"%s\",\"conversation\":%s%s%s}", r->answer_id,
                 p->conversation ? "\"" : "", p->conversation ? p->conversation : "null", p->conversation ? "\"" : "");
        if (!p->conversation || strspn(p->conversation, "0123456789abcdefghijklmnopqrstuvwxyz") == strlen(p->conversation))
            request_event(r, "accepted", accepted);
    }
    p->on_event = plain_event;
    j = ask_run(p, &moved, e);
    if (j)
        return reply_json(r, p->status, j);
    return moved && to_model(r, e);
}

bool handle_ask(request *r, err *e)
{
    ask_plan p = {.r = r, .question = in_text(r, "question"), .database = in_text(r, "database"),
                  .conversation = in_text(r, "conversation"), .options = json_object_get(r->in, "options")};

    return finish(r, &p, e);
}

bool handle_sql(request *r, err *e)
{
    ask_plan p = {.r = r, .question = "", .sql = in_text(r, "sql"), .database = in_text(r, "database"),
                  .options = json_object_get(r->in, "options")};

    if (in_text(r, "answer"))
        metrics_count(&r->server->metrics, "salesbot_sql_edited_total", NULL, NULL);
    return finish(r, &p, e);
}

bool handle_check(request *r, err *e)
{
    salesbot_session *s = request_session(r, in_text(r, "database"), e);
    salesbot_error why = {0};
    char *text = s ? salesbot_check_sql(s, in_text(r, "sql"), &why) : NULL;

    if (text)
        return reply_text(r, 200, text);
    return s ? api_failed(e, &why) : false;
}
