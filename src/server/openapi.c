/* openapi.c - the OpenAPI 3.1 document, from the very table that dispatches. */
#include <stdlib.h>
#include <string.h>

#include "server/server_impl.h"

static json_t *fields_schema(const field *fields, bool open);

static json_t *field_schema(const field *f, bool open)
{
    static const char *const types[] = {"string", "boolean", "integer", "number", "object", "array"};
    json_t *s = json_object();

    if (f->kind == FIELD_OBJECT && f->fields) {
        json_decref(s);
        s = fields_schema(f->fields, open);
    } else if (f->kind != FIELD_ANY) {
        json_object_set_new(s, "type", json_string(types[f->kind]));
    }
    if (f->kind == FIELD_LIST)
        json_object_set_new(s, "items", f->fields ? fields_schema(f->fields, open) : json_pack("{s:s}", "type", "string"));
    if (f->kind == FIELD_TEXT && f->least > 0)
        json_object_set_new(s, "minLength", json_integer((json_int_t)f->least));
    if (f->kind == FIELD_TEXT && f->most > 0)
        json_object_set_new(s, "maxLength", json_integer((json_int_t)f->most));
    if (f->kind == FIELD_LIST && f->least > 0)
        json_object_set_new(s, "minItems", json_integer((json_int_t)f->least));
    if (f->kind == FIELD_LIST && f->most > 0)
        json_object_set_new(s, "maxItems", json_integer((json_int_t)f->most));
    if ((f->kind == FIELD_WHOLE || f->kind == FIELD_REAL) && f->most > 0) {
        json_object_set_new(s, "minimum", json_integer((json_int_t)f->least));
        json_object_set_new(s, "maximum", json_integer((json_int_t)f->most));
    }
    for (int i = 0; f->choices && f->choices[i]; i++) {
        if (!i)
            json_object_set_new(s, "enum", json_array());
        json_array_append_new(json_object_get(s, "enum"), json_string(f->choices[i]));
    }
    json_object_set_new(s, "description", json_string(f->about));
    return s;
}

static json_t *fields_schema(const field *fields, bool open)
{
    json_t *properties = json_object(), *required = json_array();

    for (const field *f = fields; f->name; f++) {
        json_object_set_new(properties, f->name, field_schema(f, open));
        if (f->required)
            json_array_append_new(required, json_string(f->name));
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required", required,
                     "additionalProperties", open);
}

static json_t *parameters(const route *t)
{
    json_t *list = json_array();

    if (strchr(t->path, '{'))
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:{s:s, s:i, s:s}}", "name", "id", "in", "path", "required", 1,
                                              "schema", "type", "string", "maxLength", 63, "pattern", "^[A-Za-z0-9_.-]+$"));
    for (const field *f = t->query; f && f->name; f++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", f->name, "in", "query", "required",
                                              f->required, "description", f->about, "schema", field_schema(f, false)));
    return list;
}

static json_t *content(const char *type, const char *schema)
{
    return json_pack("{s:{s:{s:o}}}", "content", type, "schema",
                     json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", schema)));
}

static void reply(json_t *replies, const char *status, const char *what, const char *type, const char *schema)
{
    json_t *r = content(type, schema);

    json_object_set_new(r, "description", json_string(what));
    json_object_set_new(replies, status, r);
}

static json_t *replies_of(const route *t)
{
    static const struct { const char *status, *what; } failures[] = {
        {"400", "A field is missing or wrong"}, {"401", "No key, or a wrong one"}, {"403", "Not allowed, or refused by the guard"},
        {"404", "There is no such thing"}, {"413", "Too large"}, {"415", "Not JSON"}, {"422", "Not in this data, or malformed"},
        {"429", "Too many requests; Retry-After says when"}, {"500", "Internal"}, {"501", "Not possible yet"}, {"502", "The database"}, {"503", "The model, or stopping"}};
    const bool state = !strcmp(t->reply, "State"), text = !strcmp(t->reply, "Text");
    json_t *all = json_object();

    reply(all, "200", "Done", text ? t->events ? "text/event-stream" : "text/plain" : "application/json", t->reply);
    if (t->events && !text) {
        json_t *events = json_object_get(json_object_get(all, "200"), "content");

        json_object_set_new(events, "text/event-stream", json_pack("{s:{s:s}}", "schema", "$ref", "#/components/schemas/Text"));
    }
    if (!strcmp(t->method, "POST"))
        reply(all, "201", "Made", "application/json", t->reply);
    if (!strcmp(t->id, "mcp"))
        json_object_set_new(all, "202", json_pack("{s:s}", "description", "A notification was taken"));
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        reply(all, failures[i].status, failures[i].what, "application/json", state ? "StateOrError" : "Error");
    reply(all, "409", "Ambiguous: choices; or in conflict", "application/json", state ? "StateOrError" : "Error");
    return all;
}

static json_t *operation(const route *t)
{
    json_t *o = json_pack("{s:s, s:s, s:o, s:o}", "operationId", t->id, "summary", t->summary, "parameters", parameters(t), "responses",
                          replies_of(t));

    if (t->least != ROLE_NONE) {
        json_object_set_new(o, "security", json_pack("[{s:[]}]", "key"));
        json_object_set_new(o, "x-role", json_string(role_name(t->least)));
    }
    if (t->body)
        json_object_set_new(o, "requestBody", json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", "application/json", "schema",
                                                        fields_schema(t->body, t->open)));
    return o;
}

static json_t *schemas(void)
{
    static const char text[] =
        "{\"Any\":{\"type\":\"object\"},\"Text\":{\"type\":\"string\"},\"Status\":{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"}},"
        "\"required\":[\"status\"]},\"Id\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}},\"required\":[\"id\"]},"
        "\"Error\":{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"},"
        "\"message\":{\"type\":\"string\"}},\"required\":[\"code\",\"message\"]}},\"required\":[\"error\"]},"
        "\"Me\":{\"type\":\"object\",\"required\":[\"name\",\"role\",\"keys_required\",\"databases\",\"model\"]},"
        "\"Catalog\":{\"type\":\"object\",\"properties\":{\"tables\":{\"type\":\"array\"}},\"required\":[\"database\",\"fingerprint\",\"tables\"]},"
        "\"Checked\":{\"type\":\"object\",\"required\":[\"sql\",\"sql_pretty\",\"explanation\",\"columns\"]},"
        "\"State\":{\"type\":\"object\",\"properties\":{\"question\":{\"type\":\"string\"},\"intent\":{\"type\":\"string\"},"
        "\"entities\":{\"type\":\"object\"},\"sql\":{\"type\":\"string\"},\"results\":{\"type\":\"object\",\"required\":[\"columns\",\"rows\",\"truncated\"]},"
        "\"chart\":{\"type\":[\"object\",\"null\"]},\"answer\":{\"type\":\"string\"},\"explanation\":{\"type\":\"string\"},"
        "\"assumptions\":{\"type\":\"array\"},\"unused_words\":{\"type\":\"array\"},\"confidence\":{\"type\":\"object\"},"
        "\"source\":{\"enum\":[\"template\",\"model\",\"memory\",\"user\",\"none\"]},\"choices\":{\"type\":\"array\"},\"trace\":{\"type\":\"array\"},"
        "\"error\":{\"type\":[\"object\",\"null\"]}},\"required\":[\"question\",\"intent\",\"entities\",\"sql\",\"results\",\"chart\",\"answer\","
        "\"confidence\",\"source\",\"choices\",\"trace\",\"error\"]},"
        "\"StateOrError\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/State\"},{\"$ref\":\"#/components/schemas/Error\"}]}}";

    return json_loads(text, 0, NULL);
}

bool server_openapi(str *out, err *e)
{
    json_t *paths = json_object(), *document;
    const route *t;
    char *text;
    size_t n;

    t = routes_table(&n);
    for (size_t i = 0; i < n; i++) {
        json_t *at = json_object_get(paths, t[i].path);
        char method[8] = "";

        for (size_t k = 0; t[i].method[k] && k < 7; k++)
            method[k] = (char)(t[i].method[k] | 0x20);
        if (!at) {
            at = json_object();
            json_object_set_new(paths, t[i].path, at);
        }
        json_object_set_new(at, method, operation(&t[i]));
    }
    document = json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:o, s:{s:{s:s, s:s}}}}", "openapi", "3.1.0", "info", "title", "salesbot", "version",
                         salesbot_version(), "description", "Ask a database in plain language.", "paths", paths, "components", "schemas",
                         schemas(), "securitySchemes", "key", "type", "http", "scheme", "bearer");
    text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (text)
        str_adds(out, text);
    free(text);
    return (text && !out->bad) || err_set(e, ERR_NOMEM, "out of memory");
}
