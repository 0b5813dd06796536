/* state_json.c - the whole state as JSON, nothing lost.
 *
 * Numbers: an integer beyond 2^53 and a DECIMAL with more than 15 significant
 * digits are strings, for a reader with doubles would change them; any other
 * DECIMAL is a number that prints and reads back to the same digits. Dates and
 * times are ISO texts; NULL, NaN and infinities are null. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

const char *agent_source_name(agent_source s)
{
    static const char *const names[] = {"none", "template", "model", "memory", "user"};

    return names[s];
}

const char *agent_unit_name(sem_unit u)
{
    static const char *const names[] = {"count", "money", "percent", "points",
                                        "number", "date", "text", "year"};

    return (size_t)u < sizeof names / sizeof names[0] ? names[u] : "number";
}

static int significant_digits(const char *text)
{
    int n = 0;

    for (; *text; text++)
        if (*text >= '0' && *text <= '9' && (n || *text != '0'))
            n++;
    return n;
}

static json_t *decimal_json(const db_result *r, int64_t row, int column)
{
    const char *text = r->columns[column].as.text[row];

    if (significant_digits(text) > 15)
        return json_string(text);
    return strchr(text, '.') ? json_real(strtod(text, NULL)) : json_integer(strtoll(text, NULL, 10));
}

static json_t *integer_json(int64_t v)
{
    const int64_t exact = INT64_C(1) << 53;

    return v > exact || v < -exact ? json_sprintf("%lld", (long long)v) : json_integer(v);
}

static json_t *cell_json(const db_result *r, int64_t row, int column)
{
    const db_result_column *c = &r->columns[column];
    char buffer[64];

    if (db_cell_null(r, row, column))
        return json_null();
    switch (c->type) {
    case DB_BOOLEAN: return json_boolean(c->as.integer[row] != 0);
    case DB_INTEGER: return integer_json(c->as.integer[row]);
    case DB_DECIMAL: return decimal_json(r, row, column);
    case DB_DOUBLE:  return isfinite(c->as.number[row]) ? json_real(c->as.number[row]) : json_null();
    default:         return json_string(db_cell_text(r, row, column, buffer));
    }
}

static json_t *rows_json(const db_result *r)
{
    json_t *rows = json_array();

    for (int64_t i = 0; rows && i < r->n_rows; i++) {
        json_t *row = json_array();

        for (int j = 0; row && j < r->n_columns; j++)
            if (json_array_append_new(row, cell_json(r, i, j))) {
                json_decref(row);
                row = NULL;
            }
        if (json_array_append_new(rows, row)) {
            json_decref(rows);
            rows = NULL;
        }
    }
    return rows;
}

static json_t *results_json(const agent_state *s)
{
    json_t *columns = json_array();

    if (!s->results) {
        json_decref(columns);
        return json_pack("{s:[], s:[], s:b}", "columns", "rows", "truncated", 0);
    }
    for (int i = 0; columns && s->columns && i < s->results->n_columns; i++) {
        const agent_column *c = &s->columns[i];
        json_t *one = json_pack("{s:s, s:s, s:s, s:s}", "name", c->name, "type",
                                db_type_name(c->type), "unit", agent_unit_name(c->unit), "title", c->title);

        if (json_array_append_new(columns, one)) {
            json_decref(columns);
            columns = NULL;
        }
    }
    return json_pack("{s:o, s:o, s:b}", "columns", columns, "rows", rows_json(s->results),
                     "truncated", s->results->truncated);
}

static json_t *texts_json(const char *const *texts, int n)
{
    json_t *list = json_array();

    for (int i = 0; list && i < n; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *trace_json(const agent_state *s, bool with_times)
{
    json_t *list = json_array();

    for (int i = 0; list && i < s->n_trace; i++) {
        const agent_trace *t = &s->trace[i];
        json_t *one = json_pack("{s:s, s:s, s:s}", "step", t->step, "source", t->source, "why", t->why);

        if (one && with_times)
            json_object_set_new(one, "ms", json_real(nearbyint(t->ms * 1000) / 1000));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *said_json(const agent_state *s)
{
    json_t *list = json_array();

    for (int i = 0; list && i < s->n_said; i++) {
        const agent_said *a = &s->said[i];
        json_t *one = json_pack("{s:s, s:s, s:s}", "text", a->text, "origin", a->origin, "rows",
                                a->evidence ? "evidence" : "results");

        if (one && isfinite(a->value))
            json_object_set_new(one, "value", json_real(a->value));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *evidence_json(const agent_state *s)
{
    return s->evidence ? json_pack("{s:s, s:o}", "sql", s->evidence_sql, "rows",
                                   rows_json(s->evidence))
                       : json_null();
}

static json_t *error_json(const agent_state *s)
{
    if (s->error.code == ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:i}", "code", err_name(s->error.code), "message",
                     s->error.message, "exit", err_exit_code(s->error.code));
}

static json_t *seed_json(uint64_t seed)
{
    return seed > UINT64_C(1) << 53 ? json_sprintf("%llu", (unsigned long long)seed)
                                    : json_integer((json_int_t)seed);
}

static json_t *some_texts(const char *const *texts, int n) { return n ? texts_json(texts, n) : NULL; }

static json_t *options_json(const agent_state *s)
{
    return json_pack("{s:f, s:i, s:i, s:o, s:b, s:b, s:b, s:b, s:b, s:s*, s:s*, s:o*, s:o*, s:I, s:I, s:i}",
                     "temperature", s->options.temperature, "beam", s->options.beam,
                     "pick", s->options.pick, "seed", seed_json(s->options.seed),
                     "no_rag", s->options.no_rag, "no_model", s->options.no_model,
                     "template_only", s->options.template_only,
                     "model_only", s->options.model_only, "no_fallbacks",
                     s->options.no_fallbacks, "sql", s->options.sql, "evidence",
                     s->options.evidence,
                     "history", some_texts(s->options.history, s->options.n_history),
                     "forget", some_texts(s->options.forget, s->options.n_forget),
                     "max_rows", (json_int_t)s->options.limits.max_rows,
                     "max_bytes", (json_int_t)s->options.limits.max_bytes,
                     "timeout_ms", s->options.limits.timeout_ms);
}

static json_t *confidence_json(const agent_state *s)
{
    return json_pack("{s:s, s:f, s:s}", "word", s->confidence.word, "value", s->confidence.value,
                     "reason", s->confidence.reason);
}

/* Steals v; false once anything failed, so that a missing key is never silent. */
static bool put(json_t *o, const char *key, json_t *v)
{
    return v && !json_object_set_new(o, key, v);
}

static bool put_answer(json_t *o, const agent_state *s)
{
    return put(o, "question", json_string(s->question)) &&
           put(o, "intent", json_string(agent_intent_name(s->intent))) &&
           put(o, "entities", s->entities ? json_incref(s->entities) : json_object()) &&
           put(o, "sql", json_string(s->sql)) && put(o, "results", results_json(s)) &&
           put(o, "chart", s->chart ? json_incref(s->chart) : json_null()) &&
           put(o, "answer", json_string(s->answer)) &&
           put(o, "numbers", said_json(s)) && put(o, "evidence", evidence_json(s)) &&
           put(o, "explanation", json_string(s->explanation)) &&
           put(o, "assumptions", texts_json(s->assumptions, s->n_assumptions)) &&
           put(o, "left_out", texts_json(s->left_out, s->n_left_out)) &&
           put(o, "unused_words", texts_json(s->unused_words, s->n_unused_words)) &&
           put(o, "confidence", confidence_json(s)) &&
           put(o, "source", json_string(agent_source_name(s->source))) &&
           put(o, "choices", texts_json(s->choices, s->n_choices)) &&
           put(o, "follows", json_boolean(s->follows)) && put(o, "still", texts_json(s->still, s->n_still));
}

static bool put_making(json_t *o, const agent_state *s, bool with_times)
{
    return put(o, "trace", trace_json(s, with_times)) && put(o, "error", error_json(s)) &&
           put(o, "database", json_string(s->database)) &&
           put(o, "data_to", json_string(s->data_to)) &&
           put(o, "data_fingerprint", json_string(s->fingerprint)) &&
           put(o, "weights", json_string(s->weights)) &&
           put(o, "adapter", json_string(s->adapter)) &&
           put(o, "kernel_table", json_string(s->kernel_table)) &&
           put(o, "knowledge_version", json_string(s->knowledge_version)) &&
           put(o, "options", options_json(s)) &&
           (!with_times || put(o, "ms", json_real(nearbyint(s->total_ms * 1000) / 1000)));
}

json_t *agent_state_json(const agent_state *s, bool with_times, err *e)
{
    json_t *o = json_object();

    if (o && put_answer(o, s) && put_making(o, s, with_times))
        return o;
    json_decref(o);
    err_set(e, ERR_NOMEM, "out of memory, or a text that is not UTF-8, while writing the state");
    return NULL;
}
