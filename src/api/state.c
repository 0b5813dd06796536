/* state.c - what a state holds: fields, JSON, formats, rows. */
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"
#include "base/str.h"
#include "db/arrow.h"

void salesbot_state_free(salesbot_state *a)
{
    if (!a)
        return;
    agent_state_free(a->state);
    json_decref(a->json);
    arena_free(a->texts);
    free(a);
}

int salesbot_state_code(const salesbot_state *a) { return (int)a->state->error.code; }
const char *salesbot_state_message(const salesbot_state *a) { return a->state->error.message; }
const char *salesbot_state_answer(const salesbot_state *a) { return a->state->answer; }
const char *salesbot_state_sql(const salesbot_state *a) { return a->state->sql; }
int64_t salesbot_state_n_rows(const salesbot_state *a) { return a->n_rows; }
int salesbot_state_truncated(const salesbot_state *a) { return a->truncated; }

int salesbot_state_exit(const salesbot_state *a)
{
    const err_code code = a->state->error.code;

    return err_exit_code(code == ERR_OK && a->truncated ? ERR_LIMIT : code);
}

/* ---- fields -------------------------------------------------------------- */

static const json_t *step_into(const json_t *j, const char *key, size_t n)
{
    char name[128], *end;

    if (!n || n >= sizeof name)
        return NULL;
    memcpy(name, key, n);
    name[n] = 0;
    if (json_is_object(j))
        return json_object_get(j, name);
    if (json_is_array(j) && *name >= '0' && *name <= '9') {
        const unsigned long i = strtoul(name, &end, 10);

        return *end ? NULL : json_array_get(j, i);
    }
    return NULL;
}

static const json_t *at_path(salesbot_state *a, const char *path)
{
    err ignored = {0};
    const json_t *j;

    if (!a->json)
        a->json = agent_state_json(a->state, true, &ignored);
    for (j = a->json; j && *path; path += *path == '.') {
        const size_t n = strcspn(path, ".");

        j = step_into(j, path, n);
        path += n;
    }
    return j;
}

static const char *number_text(salesbot_state *a, const json_t *j)
{
    char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    const char *kept;

    if (!a->texts)
        a->texts = arena_new(1 << 24);
    kept = text && a->texts ? arena_str(a->texts, text) : NULL;
    free(text);
    return kept ? kept : "";
}

const char *salesbot_state_field(salesbot_state *a, const char *path)
{
    const json_t *j = at_path(a, path);

    if (json_is_string(j))
        return json_string_value(j);
    return json_is_number(j) || json_is_boolean(j) ? number_text(a, j) : "";
}

size_t salesbot_state_count(salesbot_state *a, const char *path)
{
    const json_t *j = at_path(a, path);

    return json_is_array(j) ? json_array_size(j) : json_object_size(j);
}

/* ---- whole --------------------------------------------------------------- */

static void drop_times(json_t *j)
{
    json_t *trace = json_object_get(j, "trace");

    json_object_del(j, "ms");
    for (size_t i = 0; i < json_array_size(trace); i++)
        json_object_del(json_array_get(trace, i), "ms");
}

/* From the copy that was made before the rows were taken, if there is one. */
static json_t *state_json(const salesbot_state *a, bool with_times, err *e)
{
    json_t *j;

    if (!a->json)
        return agent_state_json(a->state, with_times, e);
    j = with_times ? json_copy(a->json) : json_deep_copy(a->json);
    if (!j)
        err_set(e, ERR_NOMEM, "out of memory for the JSON");
    else if (!with_times)
        drop_times(j);
    return j;
}

char *salesbot_state_json(const salesbot_state *a, int flags, salesbot_error *e)
{
    err local = {0};
    json_t *j = state_json(a, !(flags & SALESBOT_NO_TIMES), &local);

    if (!j) {
        api_error(e, &local);
        return NULL;
    }
    if (flags & SALESBOT_NO_ROWS) {
        json_t *results = json_copy(json_object_get(j, "results"));

        json_object_set_new(results, "rows", json_array());
        json_object_set_new(j, "results", results);
    }
    return api_json(j, e);
}

static bool format_json(const salesbot_state *a, str *out, err *e)
{
    json_t *j = state_json(a, true, e);
    char *text = j ? agent_json_line(j, e) : NULL;

    json_decref(j);
    if (text)
        str_adds(out, text);
    free(text);
    return text != NULL;
}

static bool format_csv(const salesbot_state *a, str *out, err *e) { return agent_csv(a->state, out, e); }
static bool format_markdown(const salesbot_state *a, str *out, err *e)
{
    return agent_markdown(a->state, out, e);
}
static bool format_html(const salesbot_state *a, str *out, err *e)
{
    return agent_chart_html(a->state, out, e);
}

static bool format_sentence(const salesbot_state *a, str *out, err *e)
{
    str_adds(out, a->state->answer);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory");
}

static const struct {
    const char *name;
    bool needs_rows;
    bool (*write)(const salesbot_state *, str *, err *);
} formats[] = {{"json", false, format_json},       {"csv", true, format_csv},
               {"markdown", true, format_markdown}, {"html", true, format_html},
               {"sentence", false, format_sentence}};

char *salesbot_state_format(const salesbot_state *a, const char *format, size_t *n, salesbot_error *e)
{
    const size_t n_formats = sizeof formats / sizeof formats[0];
    err local = {0};
    str out = {0};
    char *text = NULL;
    size_t i = 0;

    while (i < n_formats && strcmp(formats[i].name, format))
        i++;
    if (i == n_formats)
        err_set(&local, ERR_ARG, "there is no format \"%.40s\"", format);
    else if (formats[i].needs_rows && a->state->results == NULL && a->n_rows)
        err_set(&local, ERR_NOT_FOUND, "the rows were taken out of this state");
    else if (formats[i].write(a, &out, &local)) {
        if (n)
            *n = out.n;
        if (!out.text)
            str_add(&out, "", 0);
        text = out.text ? str_take(&out) : strdup("");
        if (!text)
            err_set(&local, ERR_NOMEM, "out of memory");
    }
    str_deinit(&out);
    if (!text)
        api_error(e, &local);
    return text;
}

char *salesbot_state_difference(const char *json, const char *other_json, salesbot_error *e)
{
    json_t *a = json_loads(json, 0, NULL), *b = json_loads(other_json, 0, NULL);
    err local = {0};
    str out = {0};
    char *text = NULL;

    if (!a || !b)
        err_set(&local, ERR_FORMAT, "not JSON");
    else if (agent_difference(a, b, &out, &local))
        text = strdup(str_text(&out));
    if (!text && local.code == ERR_OK)
        err_set(&local, ERR_NOMEM, "out of memory");
    if (!text)
        api_error(e, &local);
    str_deinit(&out);
    json_decref(a);
    json_decref(b);
    return text;
}

/* ---- rows ---------------------------------------------------------------- */

int salesbot_state_take_arrow(salesbot_state *a, struct ArrowArrayStream *out, salesbot_error *e)
{
    err local = {0};
    db_result *rows = a->state->results;

    if (!rows) {
        err_set(&local, ERR_NOT_FOUND, "this state has no rows to give");
    } else {
        if (!a->json) /* its fields are still asked for afterwards */
            a->json = agent_state_json(a->state, true, &local);
        a->state->results = NULL;
        if (a->json && db_result_arrow(rows, out, &local))
            return 1;
        if (!a->json)
            a->state->results = rows;
    }
    api_error(e, &local);
    return 0;
}

int salesbot_state_parquet(salesbot_session *s, const salesbot_state *a, const char *path,
                           salesbot_error *e)
{
    err local = {0};
    bool ok;

    pthread_mutex_lock(&s->lock);
    ok = a->state->results || !a->n_rows ? agent_parquet(s->context, a->state, path, &local)
         : err_set(&local, ERR_NOT_FOUND, "the rows were taken out of this state");
    pthread_mutex_unlock(&s->lock);
    if (!ok)
        api_error(e, &local);
    return ok;
}
