/* openai.c - OpenAI's chat completions: what its clients send and expect.
 *
 * The last user message is the question; the user messages before it are the
 * conversation that it may lean on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ask.h"

enum { ROWS_SHOWN = 20 };

bool handle_openai_models(request *r, err *e)
{
    json_t *list = json_array();

    (void)e;
    json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s}", "id", "salesbot", "object", "model", "created", 0, "owned_by", "salesbot"));
    for (int i = 0; i < r->server->o.n_databases; i++)
        json_array_append_new(list, json_pack("{s:o, s:s, s:i, s:s}", "id", json_sprintf("salesbot/%s", r->server->o.databases[i].name),
                                              "object", "model", "created", 0, "owned_by", "salesbot"));
    return reply_json(r, 200, json_pack("{s:s, s:o}", "object", "list", "data", list));
}

/* A message's text: a string, or the text parts of a list. */
static void message_text(const json_t *m, str *out)
{
    const json_t *content = json_object_get(m, "content");

    if (json_is_string(content))
        str_adds(out, json_string_value(content));
    for (size_t i = 0; i < json_array_size(content); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(content, i), "text"));

        if (text)
            str_addf(out, "%s%s", out->n ? "\n" : "", text);
    }
}

static bool is_user(const json_t *m)
{
    const char *from = json_string_value(json_object_get(m, "role"));

    return from && !strcmp(from, "user");
}

static void add_cell(const json_t *v, str *out)
{
    char *text = json_is_string(v) ? NULL : json_is_null(v) ? strdup("–") : json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

    for (const char *p = text ? text : json_string_value(v); p && *p; p++)
        if (*p == '|' || *p == '\n')
            str_adds(out, *p == '|' ? "\\|" : " ");
        else
            str_addc(out, *p);
    free(text);
}

static void add_table(const json_t *results, str *out)
{
    const json_t *columns = json_object_get(results, "columns"), *rows = json_object_get(results, "rows");
    const size_t n = json_array_size(rows), k = json_array_size(columns);

    if (!n || !k || (n == 1 && k == 1))
        return;
    str_adds(out, "\n\n|");
    for (size_t i = 0; i < k; i++) {
        add_cell(json_object_get(json_array_get(columns, i), "title"), out);
        str_addc(out, '|');
    }
    str_adds(out, "\n|");
    for (size_t i = 0; i < k; i++)
        str_adds(out, "---|");
    for (size_t i = 0; i < n && i < ROWS_SHOWN; i++) {
        str_adds(out, "\n|");
        for (size_t j = 0; j < k; j++) {
            add_cell(json_array_get(json_array_get(rows, i), j), out);
            str_addc(out, '|');
        }
    }
    if (n > ROWS_SHOWN)
        str_addf(out, "\n\n%d of %zu rows.", ROWS_SHOWN, n);
}

static void add_list(const char *title, const json_t *list, str *out)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        str_addf(out, "%s%s", i ? "\n- " : title, json_string_value(json_array_get(list, i)));
}

static void content_of(const json_t *state, str *out)
{
    const char *answer = json_string_value(json_object_get(state, "answer")), *sql = json_string_value(json_object_get(state, "sql"));

    str_adds(out, answer ? answer : "");
    add_table(json_object_get(state, "results"), out);
    add_list("\n\n- ", json_object_get(state, "choices"), out);
    if (sql && *sql)
        str_addf(out, "\n\n```sql\n%s\n```", sql);
}

static json_t *chunk(const char *id, const char *model, json_t *delta, const char *end)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:[{s:i, s:o, s:s?}]}", "id", id, "object", "chat.completion.chunk", "created",
                     (json_int_t)(time_now() / 1000), "model", model, "choices", "index", 0, "delta", delta, "finish_reason", end);
}

static void send_chunk(request *r, json_t *owned)
{
    char *text = json_dumps(owned, JSON_COMPACT);
    str line = {0};

    json_decref(owned);
    str_addf(&line, "data: %s\n\n", text ? text : "{}");
    request_stream(r, str_text(&line), line.n);
    str_deinit(&line);
    free(text);
}

/* In pieces, as a client expects them; the sentence is known only at the end. */
static bool stream(request *r, const char *id, const char *model, const char *content)
{
    send_chunk(r, chunk(id, model, json_pack("{s:s, s:s}", "role", "assistant", "content", ""), NULL));
    while (*content) {
        size_t n = strcspn(content, " \n");

        n += content[n] != 0;
        send_chunk(r, chunk(id, model, json_pack("{s:s%}", "content", content, n), NULL));
        content += n;
    }
    send_chunk(r, chunk(id, model, json_object(), "stop"));
    request_stream(r, "data: [DONE]\n\n", 14);
    str_reset(&r->reply);
    return true;
}

static bool answer(request *r, const json_t *state, const char *model)
{
    str content = {0};
    char id[48];
    bool ok;

    content_of(state, &content);
    snprintf(id, sizeof id, "chatcmpl-%s", r->answer_id);
    if (r->streaming)
        ok = stream(r, id, model, str_text(&content));
    else
        ok = reply_json(r, 200, json_pack("{s:s, s:s, s:I, s:s, s:[{s:i, s:{s:s, s:s}, s:s}], s:{s:i, s:i, s:i}}", "id", id, "object",
                                          "chat.completion", "created", (json_int_t)(time_now() / 1000), "model", model, "choices", "index", 0,
                                          "message", "role", "assistant", "content", str_text(&content), "finish_reason", "stop", "usage",
                                          "prompt_tokens", 0, "completion_tokens", 0, "total_tokens", 0));
    str_deinit(&content);
    return ok;
}

bool handle_openai_chat(request *r, err *e)
{
    const json_t *messages = json_object_get(r->in, "messages");
    const char *model = in_text(r, "model"), *slash = strchr(model, '/');
    json_t *options = json_object(), *state;
    str question = {0};
    ask_plan p = {.r = r, .database = slash ? slash + 1 : NULL, .options = options};
    bool moved = false, ok = false;
    int wait = 1;

    if (json_object_get(r->in, "temperature"))
        json_object_set(options, "temperature", json_object_get(r->in, "temperature"));
    if (json_object_get(r->in, "seed"))
        json_object_set(options, "seed", json_object_get(r->in, "seed"));
    for (size_t i = json_array_size(messages); i-- && !question.n;)
        if (is_user(json_array_get(messages, i)))
            message_text(json_array_get(messages, i), &question);
    p.question = str_text(&question);
    if (!question.n || question.n > 4000)
        err_set(e, ERR_ARG, "messages: the last of the user is the question, at most 4000 bytes");
    else if ((state = ask_run(&p, &moved, e))) {
        ok = answer(r, state, model);
        json_decref(state);
    }
    str_deinit(&question);
    json_decref(options);
    if (!moved)
        return ok;
    if (request_move(r, LANE_MODEL, &wait, NULL))
        return true;
    r->retry_after = wait;
    return reply_error(r, 429, "busy", "too many questions wait for the model; come again in %d s", wait);
}
