/* replay.c - a state's JSON asked again, and where two states differ.
 *
 * The JSON comes from a file that anyone may have written: every field is
 * checked, and what it says is only a question and its options; the answer is
 * made anew. Times are no part of the comparison, and a DOUBLE may differ by
 * rounding: a sum of them depends on the order of its parts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static bool whole(const json_t *o, const char *name, json_int_t most, json_int_t *out, err *e)
{
    const json_t *v = json_object_get(o, name);

    *out = 0;
    if (!v)
        return true;
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > most)
        return err_set(e, ERR_FORMAT, "options.%s: not a whole number from 0 to %lld", name,
                       (long long)most);
    *out = json_integer_value(v);
    return true;
}

/* A seed beyond 2^53 is a text. */
static bool read_seed(const json_t *o, uint64_t *seed, err *e)
{
    const json_t *v = json_object_get(o, "seed");
    const char *text = json_string_value(v);
    json_int_t small;
    char *end;

    if (!text) {
        if (!whole(o, "seed", INT64_C(1) << 53, &small, e))
            return false;
        *seed = (uint64_t)small;
        return true;
    }
    *seed = strtoull(text, &end, 10);
    return (*text >= '0' && *text <= '9' && !*end) ||
           err_set(e, ERR_FORMAT, "options.seed: not a number");
}

static bool read_options(const json_t *o, agent_options *out, err *e)
{
    const json_t *temperature = json_object_get(o, "temperature");
    json_int_t beam, pick, rows, bytes, time;

    if (temperature && !json_is_number(temperature))
        return err_set(e, ERR_FORMAT, "options.temperature: not a number");
    if (!whole(o, "beam", 1000, &beam, e) || !whole(o, "pick", 1000, &pick, e) ||
        !whole(o, "max_rows", INT64_C(1) << 40, &rows, e) ||
        !whole(o, "max_bytes", INT64_C(1) << 40, &bytes, e) ||
        !whole(o, "timeout_ms", INT32_MAX, &time, e) || !read_seed(o, &out->seed, e))
        return false;
    out->temperature = json_number_value(temperature);
    out->beam = (int)beam;
    out->pick = (int)pick;
    out->limits = (db_limits){.max_rows = rows, .max_bytes = bytes, .timeout_ms = (int)time};
    out->no_rag = json_is_true(json_object_get(o, "no_rag"));
    out->no_model = json_is_true(json_object_get(o, "no_model"));
    out->template_only = json_is_true(json_object_get(o, "template_only"));
    out->no_fallbacks = json_is_true(json_object_get(o, "no_fallbacks"));
    out->evidence = json_string_value(json_object_get(o, "evidence"));
    out->model_only = json_is_true(json_object_get(o, "model_only"));
    out->no_fallbacks = json_is_true(json_object_get(o, "no_fallbacks"));
    return isfinite(out->temperature) && out->temperature >= 0
               ? true : err_set(e, ERR_FORMAT, "options.temperature: not a temperature");
}

/* A list of at most `most` texts into list[most]; none is an empty one. */
static bool read_texts(const json_t *o, const char *name, const char **list, int most, int *n, err *e)
{
    const json_t *v = json_object_get(o, name);

    *n = 0;
    if (v && (!json_is_array(v) || json_array_size(v) > (size_t)most))
        return err_set(e, ERR_FORMAT, "options.%s: not a list of at most %d texts", name, most);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!(list[(*n)++] = json_string_value(json_array_get(v, i))))
            return err_set(e, ERR_FORMAT, "options.%s: not a list of texts", name);
    return true;
}

bool agent_replay_read(const json_t *state, const char **question, agent_options *o,
                       agent_replay_lists *lists, err *e)
{
    const json_t *options = json_object_get(state, "options");
    const char *source = json_string_value(json_object_get(state, "source"));

    *o = (agent_options){0};
    *question = json_string_value(json_object_get(state, "question"));
    if (!*question)
        return err_set(e, ERR_FORMAT, "this is not the JSON of an answer: it has no \"question\"");
    if (options && !json_is_object(options))
        return err_set(e, ERR_FORMAT, "options: not an object");
    if (!read_options(options, o, e) ||
        !read_texts(options, "history", lists->history, AGENT_MAX_HISTORY, &o->n_history, e) ||
        !read_texts(options, "forget", lists->forget, AGENT_MAX_NOTES, &o->n_forget, e))
        return false;
    o->history = lists->history;
    o->forget = lists->forget;
    o->sql = json_string_value(json_object_get(options, "sql"));
    o->evidence = json_string_value(json_object_get(options, "evidence"));
    if (source && !strcmp(source, "user") && !o->sql)
        return err_set(e, ERR_FORMAT, "this answer was made from SQL typed by hand, which it lacks");
    return true;
}

/* ---- where two states differ ------------------------------------------------ */

static bool is_time(const char *key) { return !strcmp(key, "ms"); }

static bool same_number(const json_t *a, const json_t *b)
{
    const double x = json_number_value(a), y = json_number_value(b);

    return fabs(x - y) <= 1e-9 * fmax(fabs(x), fabs(y));
}

static void tell(str *out, const str *path, const json_t *a, const json_t *b)
{
    char *left = json_dumps(a, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)),
         *right = json_dumps(b, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

    str_addf(out, "%s: %.200s, now %.200s", path->n ? path->text : "the state",
             a ? left ? left : "?" : "nothing", b ? right ? right : "?" : "nothing");
    free(left);
    free(right);
}

static bool differ(str *out, str *path, const json_t *a, const json_t *b);

static bool differ_at(str *out, str *path, const char *key, size_t index, const json_t *a,
                      const json_t *b)
{
    const size_t before = path->n;
    bool found;

    if (key)
        str_addf(path, "%s%s", before ? "." : "", key);
    else
        str_addf(path, "%s%zu", before ? "." : "", index);
    found = path->bad || differ(out, path, a, b);
    path->n = before;
    if (path->text)
        path->text[before] = 0;
    return found;
}

static bool objects_differ(str *out, str *path, const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)a, key, value)
        if (!is_time(key) && differ_at(out, path, key, 0, value, json_object_get(b, key)))
            return true;
    json_object_foreach((json_t *)(uintptr_t)b, key, value)
        if (!is_time(key) && !json_object_get(a, key))
            return differ_at(out, path, key, 0, NULL, value);
    return false;
}

static bool arrays_differ(str *out, str *path, const json_t *a, const json_t *b)
{
    const size_t n = json_array_size(a), m = json_array_size(b);

    for (size_t i = 0; i < n || i < m; i++)
        if (differ_at(out, path, NULL, i, json_array_get(a, i), json_array_get(b, i)))
            return true;
    return false;
}

static bool differ(str *out, str *path, const json_t *a, const json_t *b)
{
    bool same;

    if (json_is_object(a) && json_is_object(b))
        return objects_differ(out, path, a, b);
    if (json_is_array(a) && json_is_array(b))
        return arrays_differ(out, path, a, b);
    same = json_is_real(a) && json_is_number(b)   ? same_number(a, b)
           : json_is_real(b) && json_is_number(a) ? same_number(a, b)
                                                  : json_equal(a, b);
    if (!same)
        tell(out, path, a, b);
    return !same;
}

bool agent_difference(const json_t *a, const json_t *b, str *out, err *e)
{
    str path = {0};

    differ(out, &path, a, b);
    out->bad = out->bad || path.bad;
    str_deinit(&path);
    return out->bad ? err_set(e, ERR_NOMEM, "out of memory for the comparison") : true;
}
