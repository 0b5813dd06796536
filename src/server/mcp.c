/* mcp.c - Model Context Protocol: the same answers over HTTP and over stdio.
 *
 * JSON-RPC 2.0, one message a request (modelcontextprotocol.io, 2025-06-18). No
 * session is kept: each call stands for itself. */
#include <stdlib.h>
#include <string.h>

#include "server/ask.h"

static const char *const versions[] = {"2025-06-18", "2025-03-26", "2024-11-05", NULL};

static const char tools_text[] =
    "{\"tools\":["
    "{\"name\":\"ask\",\"description\":\"Answer a question about the database in plain language: a sentence, the SQL and the rows.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"question\":{\"type\":\"string\"},\"database\":{\"type\":\"string\"}},\"required\":[\"question\"]}},"
    "{\"name\":\"run_sql\",\"description\":\"Run one SELECT, checked and read-only.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"sql\":{\"type\":\"string\"},\"database\":{\"type\":\"string\"}},\"required\":[\"sql\"]}},"
    "{\"name\":\"describe_schema\",\"description\":\"Tables and columns, or one table with its values.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"table\":{\"type\":\"string\"},\"database\":{\"type\":\"string\"}}}},"
    "{\"name\":\"search_knowledge\",\"description\":\"Search verified pairs and documents.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"},\"database\":{\"type\":\"string\"}},\"required\":[\"text\"]}}]}";

enum { ROWS_SHOWN = 100 };

static json_t *result(const json_t *id, json_t *owned)
{
    return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", owned);
}

static json_t *failure(const json_t *id, int code, const char *message)
{
    return json_pack("{s:s, s:o, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", id ? json_incref((json_t *)(uintptr_t)id) : json_null(), "error",
                     "code", code, "message", message);
}

static json_t *text_result(const char *text, bool is_error)
{
    return json_pack("{s:[{s:s, s:s}], s:b}", "content", "type", "text", "text", text, "isError", is_error);
}

static const char *argument(const json_t *arguments, const char *name)
{
    return json_string_value(json_object_get(arguments, name));
}

/* What a model reads of a state: sentence, SQL, the first rows. */
static json_t *state_result(json_t *state)
{
    json_t *results = json_object_get(state, "results"), *rows = json_object_get(results, "rows"), *few = json_array(), *shown, *out;
    const bool failed = json_is_object(json_object_get(state, "error"));
    char *text;

    for (size_t i = 0; i < json_array_size(rows) && i < ROWS_SHOWN; i++)
        json_array_append(few, json_array_get(rows, i));
    shown = json_pack("{s:O?, s:O?, s:O?, s:O?, s:o, s:I, s:O?, s:O?, s:O?}", "answer", json_object_get(state, "answer"), "sql",
                      json_object_get(state, "sql"), "confidence", json_object_get(state, "confidence"), "columns",
                      json_object_get(results, "columns"), "rows", few, "n_rows", (json_int_t)json_array_size(rows), "assumptions",
                      json_object_get(state, "assumptions"), "choices", json_object_get(state, "choices"), "id", json_object_get(state, "id"));
    text = json_dumps(shown, JSON_COMPACT | JSON_REAL_PRECISION(15));
    out = text_result(text ? text : "", failed);
    json_object_set_new(out, "structuredContent", shown);
    free(text);
    return out;
}

/* NULL with *moved: to be called again in the model's lane. */
static json_t *call_ask(request *r, const json_t *arguments, bool *moved, err *e)
{
    ask_plan p = {.r = r, .question = argument(arguments, "question"), .sql = argument(arguments, "sql"), .database = argument(arguments, "database")};
    json_t *state, *out;

    if (p.sql)
        p.question = "";
    if (!p.question || (!p.sql && !*p.question) || strlen(p.question) > 4000) {
        err_set(e, ERR_ARG, "question: a text is expected");
        return NULL;
    }
    if (!(state = ask_run(&p, moved, e)))
        return NULL;
    out = state_result(state);
    json_decref(state);
    return out;
}

static json_t *call_schema(request *r, const json_t *arguments, err *e)
{
    const char *table = argument(arguments, "table");
    salesbot_session *s = request_session(r, argument(arguments, "database"), e);
    salesbot_error why = {0};
    char *text = s ? salesbot_catalog_json(s, &why) : NULL;
    json_t *catalog = text ? json_loads(text, 0, NULL) : NULL, *tables = json_object_get(catalog, "tables"), *out = NULL;
    bool found = !table;

    salesbot_free(text);
    for (size_t i = json_array_size(tables); i--;) {
        json_t *t = json_array_get(tables, i), *columns = json_object_get(t, "columns");

        if (table && strcasecmp(table, json_string_value(json_object_get(t, "name")))) {
            json_array_remove(tables, i);
            continue;
        }
        found = true;
        for (size_t k = 0; !table && k < json_array_size(columns); k++)
            json_object_del(json_array_get(columns, k), "values");
    }
    if (catalog && found) {
        text = json_dumps(catalog, JSON_COMPACT);
        out = text_result(text ? text : "", false);
        free(text);
    } else if (catalog) {
        err_set(e, ERR_NOT_FOUND, "there is no table \"%.100s\"", table);
    } else if (s) {
        api_failed(e, &why);
    }
    json_decref(catalog);
    return out;
}

static json_t *call_search(request *r, const json_t *arguments, err *e)
{
    const char *text = argument(arguments, "text");
    json_t *rows, *out;
    char *found;

    if (!text) {
        err_set(e, ERR_ARG, "text: a text is expected");
        return NULL;
    }
    rows = store_rows(r->server->store, e, "SELECT question, sql, text FROM pair WHERE status = 'verified' AND "
                      "(question LIKE '%' || ?1 || '%' OR text LIKE '%' || ?1 || '%') ORDER BY n DESC LIMIT 10", "t", text);
    if (!rows)
        return NULL;
    found = json_dumps(rows, JSON_COMPACT);
    out = text_result(found ? found : "[]", false);
    free(found);
    json_decref(rows);
    return out;
}

static json_t *call(request *r, const json_t *id, const json_t *params, bool *moved)
{
    const char *name = argument(params, "name");
    const json_t *arguments = json_object_get(params, "arguments");
    err e = {0};
    json_t *out = NULL;

    if (name && !strcmp(name, "ask") && !argument(arguments, "sql"))
        out = call_ask(r, arguments, moved, &e);
    else if (name && !strcmp(name, "run_sql") && argument(arguments, "sql"))
        out = r->who.role < ROLE_ANALYST ? text_result("run_sql needs the role analyst", true) : call_ask(r, arguments, moved, &e);
    else if (name && !strcmp(name, "describe_schema"))
        out = call_schema(r, arguments, &e);
    else if (name && !strcmp(name, "search_knowledge"))
        out = call_search(r, arguments, &e);
    else
        return failure(id, -32602, "there is no such tool, or an argument is missing");
    if (*moved)
        return NULL;
    return result(id, out ? out : text_result(e.msg, true));
}

static json_t *initialize(const json_t *params)
{
    const char *wanted = argument(params, "protocolVersion");
    int i = 0;

    while (versions[i] && (!wanted || strcmp(versions[i], wanted)))
        i++;
    return json_pack("{s:s, s:{s:{}}, s:{s:s, s:s}, s:s}", "protocolVersion", versions[i] ? versions[i] : versions[0], "capabilities", "tools",
                     "serverInfo", "name", "salesbot", "version", salesbot_version(), "instructions",
                     "Ask about the database in plain language with `ask`; numbers come from its rows.");
}

json_t *mcp_answer(request *r, const json_t *message, bool *moved)
{
    const json_t *id = json_object_get(message, "id"), *params = json_object_get(message, "params");
    const char *method = json_string_value(json_object_get(message, "method"));

    *moved = false;
    if (!json_is_object(message) || !method)
        return failure(id, -32600, "not a request");
    if (!id || json_is_null(id)) /* a notification: nothing is due */
        return NULL;
    if (!json_is_string(id) && !json_is_number(id))
        return failure(NULL, -32600, "id: a text or a number is expected");
    if (!strcmp(method, "initialize"))
        return result(id, initialize(params));
    if (!strcmp(method, "ping"))
        return result(id, json_object());
    if (!strcmp(method, "tools/list"))
        return result(id, json_loads(tools_text, 0, NULL));
    if (!strcmp(method, "tools/call"))
        return call(r, id, params, moved);
    return failure(id, -32601, "there is no such method");
}

bool handle_mcp(request *r, err *e)
{
    bool moved;
    json_t *out = mcp_answer(r, r->in, &moved);
    int wait = 1;

    (void)e;
    if (moved) {
        if (request_move(r, LANE_MODEL, &wait, NULL))
            return true;
        r->retry_after = wait;
        return reply_error(r, 429, "busy", "too many questions wait for the model; come again in %d s", wait);
    }
    if (out)
        return reply_json(r, 200, out);
    r->status = 202;
    return true;
}
