/* routes.c - the table of routes: what there is, who may, what it takes. */
#include <string.h>

#include "server/server_impl.h"

static const char *const role_names[] = {"none", "viewer", "analyst", "admin"};

const char *role_name(role r) { return role_names[r]; }

role role_find(const char *name)
{
    for (int i = ROLE_VIEWER; i <= ROLE_ADMIN; i++)
        if (!strcmp(role_names[i], name))
            return (role)i;
    return ROLE_NONE;
}

/* ---- what they take --------------------------------------------------------- */

enum { TEXT_MAX = 4000, SQL_MAX = 100000, NAME_MAX_BYTES = 200, YAML_MAX = 1 << 20 };
#define OPTIONAL(name, kind, least, most, about) {name, kind, false, least, most, NULL, NULL, about}
#define REQUIRED(name, kind, least, most, about) {name, kind, true, least, most, NULL, NULL, about}
#define DATABASE OPTIONAL("database", FIELD_TEXT, 1, NAME_MAX_BYTES, "its name; left out: the first")
#define CONVERSATION OPTIONAL("conversation", FIELD_TEXT, 1, 64, "the id of one that was made before")
#define LIMIT OPTIONAL("limit", FIELD_WHOLE, 1, 200, "at most so many; 50 if left out")
#define BEFORE OPTIONAL("before", FIELD_TEXT, 1, 64, "`next` of the page before")
#define SEARCH OPTIONAL("search", FIELD_TEXT, 0, 400, "words that questions contain")
#define END {0}

static const field ask_options[] = {
    OPTIONAL("pick", FIELD_WHOLE, 0, 100, "take the N-th of `choices`"),
    OPTIONAL("explain", FIELD_SWITCH, 0, 0, "the SQL in plain language"),
    OPTIONAL("no_model", FIELD_SWITCH, 0, 0, "templates only"),
    OPTIONAL("template_only", FIELD_SWITCH, 0, 0, "the same"),
    OPTIONAL("model_only", FIELD_SWITCH, 0, 0, "leave it to the model"),
    OPTIONAL("no_rag", FIELD_SWITCH, 0, 0, "without the knowledge base"),
    OPTIONAL("temperature", FIELD_REAL, 0, 2, "0: greedy"),
    OPTIONAL("beam", FIELD_WHOLE, 0, 16, "beams of the model"),
    OPTIONAL("seed", FIELD_WHOLE, 0, 9007199254740991.0, "of the model's choice"),
    OPTIONAL("evidence", FIELD_TEXT, 0, TEXT_MAX, "a hint to the question"),
    {"forget", FIELD_LIST, false, 0, 16, NULL, NULL, "texts of `still` that are not kept from the turns before"},
    OPTIONAL("adapter", FIELD_TEXT, 0, NAME_MAX_BYTES, "a name from /api/models"),
    OPTIONAL("max_rows", FIELD_WHOLE, 0, 1000000, "cut after so many rows"),
    OPTIONAL("timeout_ms", FIELD_WHOLE, 0, 600000, "of the database"), END};
static const field ask_body[] = {
    REQUIRED("question", FIELD_TEXT, 1, TEXT_MAX, "in plain language"), DATABASE, CONVERSATION,
    {"options", FIELD_OBJECT, false, 0, 0, NULL, ask_options, "how it is answered"}, END};
static const field sql_options[] = {
    OPTIONAL("max_rows", FIELD_WHOLE, 0, 1000000, "cut after so many rows"),
    OPTIONAL("timeout_ms", FIELD_WHOLE, 0, 600000, "of the database"), END};
static const field sql_body[] = {
    REQUIRED("sql", FIELD_TEXT, 1, SQL_MAX, "one SELECT"), DATABASE, CONVERSATION,
    OPTIONAL("answer", FIELD_TEXT, 1, 64, "the id of the answer whose SQL was edited"),
    {"options", FIELD_OBJECT, false, 0, 0, NULL, sql_options, "limits"}, END};
static const field check_body[] = {REQUIRED("sql", FIELD_TEXT, 1, SQL_MAX, "one SELECT"), DATABASE, END};
static const field database_query[] = {DATABASE, END};
static const field suggestions_query[] = {DATABASE, OPTIONAL("n", FIELD_WHOLE, 1, 16, "how many"), END};
static const field complete_query[] = {
    REQUIRED("prefix", FIELD_TEXT, 1, NAME_MAX_BYTES, "a half-written word"), DATABASE,
    OPTIONAL("n", FIELD_WHOLE, 1, 50, "how many"), END};
static const field source_body[] = {
    REQUIRED("yaml", FIELD_TEXT, 1, YAML_MAX, "the layer"), DATABASE,
    OPTIONAL("check_only", FIELD_SWITCH, 0, 0, "say what is wrong, change nothing"), END};
static const field conversation_body[] = {
    DATABASE, OPTIONAL("title", FIELD_TEXT, 0, NAME_MAX_BYTES, "left out: the first question"), END};
static const field title_body[] = {REQUIRED("title", FIELD_TEXT, 1, NAME_MAX_BYTES, "its new title"), END};
static const field page_query[] = {LIMIT, BEFORE, END};
static const field search_query[] = {SEARCH, LIMIT, BEFORE, END};
static const char *const verdicts[] = {"up", "down", NULL};
static const field feedback_body[] = {
    REQUIRED("answer", FIELD_TEXT, 1, 64, "the id of the answer"),
    {"verdict", FIELD_TEXT, true, 1, 8, verdicts, NULL, "was it right?"},
    OPTIONAL("comment", FIELD_TEXT, 0, TEXT_MAX, "why"),
    OPTIONAL("sql", FIELD_TEXT, 1, SQL_MAX, "what it should have been; becomes a pending pair"), END};
static const char *const statuses[] = {"pending", "verified", NULL};
static const field knowledge_query[] = {
    {"status", FIELD_TEXT, false, 1, 16, statuses, NULL, "only these"},
    OPTIONAL("kind", FIELD_TEXT, 1, 40, "only these"), LIMIT, BEFORE, DATABASE, END};
static const field knowledge_search[] = {
    REQUIRED("q", FIELD_TEXT, 1, TEXT_MAX, "what is looked for"),
    OPTIONAL("n", FIELD_WHOLE, 1, 50, "how many"), DATABASE, END};
static const field knowledge_body[] = {
    OPTIONAL("question", FIELD_TEXT, 1, TEXT_MAX, "with `sql`: a pair"),
    OPTIONAL("sql", FIELD_TEXT, 1, SQL_MAX, "the question's SQL, guarded"),
    OPTIONAL("text", FIELD_TEXT, 1, SQL_MAX, "a document instead"), DATABASE, END};
static const field models_body[] = {
    REQUIRED("adapter", FIELD_TEXT, 0, NAME_MAX_BYTES, "a name from the list; empty: none"), END};
static const field training_body[] = {
    OPTIONAL("name", FIELD_TEXT, 1, 60, "of the adapter: letters, digits, - and _"),
    OPTIONAL("data", FIELD_TEXT, 1, NAME_MAX_BYTES, "a name from the folder data/ in the home folder"),
    OPTIONAL("steps", FIELD_WHOLE, 1, 1000000, "how many steps"), END};
static const field chat_message[] = {
    REQUIRED("role", FIELD_TEXT, 1, 20, "user, assistant, system"),
    OPTIONAL("content", FIELD_ANY, 0, 0, "text, or parts of text"), END};
static const field chat_body[] = {
    REQUIRED("model", FIELD_TEXT, 1, NAME_MAX_BYTES, "salesbot, or salesbot/DATABASE"),
    {"messages", FIELD_LIST, true, 1, 200, NULL, chat_message, "the last of the user is the question"},
    OPTIONAL("stream", FIELD_SWITCH, 0, 0, "as events"),
    OPTIONAL("temperature", FIELD_REAL, 0, 2, "0: greedy"),
    OPTIONAL("seed", FIELD_WHOLE, 0, 9007199254740991.0, "of the model's choice"), END};
static const field mcp_body[] = {
    REQUIRED("jsonrpc", FIELD_TEXT, 1, 4, "2.0"), REQUIRED("method", FIELD_TEXT, 1, 100, "what is called"),
    OPTIONAL("id", FIELD_ANY, 0, 0, "left out in a notification"),
    OPTIONAL("params", FIELD_OBJECT, 0, 0, "of the method"), END};

/* ---- the table ---------------------------------------------------------------- */

static bool not_yet(request *r, err *e)
{
    (void)e;
    return reply_error(r, 501, "not_implemented", "this is not possible yet");
}

/* clang-format off */
static const route table[] = {
    {"GET",    "/healthz",  "healthz",  "Does the process answer?", ROLE_NONE, LANE_NOW, NULL, NULL, "Status", handle_healthz, 0, 0},
    {"GET",    "/readyz",   "readyz",   "Can it take questions?", ROLE_NONE, LANE_NOW, NULL, NULL, "Status", handle_readyz, 0, 0},
    {"GET",    "/metrics",  "metrics",  "Prometheus text", ROLE_NONE, LANE_NOW, NULL, NULL, "Text", handle_metrics, 0, 0},
    {"GET",    "/openapi.json", "openapi", "This description", ROLE_NONE, LANE_NOW, NULL, NULL, "Any", handle_openapi, 0, 0},
    {"GET",    "/api/me",   "me", "Who am I, what is there", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Me", handle_me, 0, 0},
    {"POST",   "/api/ask",  "ask", "Ask a question", ROLE_VIEWER, LANE_ASK, NULL, ask_body, "State", handle_ask, 0, 1},
    {"POST",   "/api/sql",  "sql", "Run one SELECT, guarded", ROLE_ANALYST, LANE_ASK, NULL, sql_body, "State", handle_sql, 0, 1},
    {"POST",   "/api/check", "check", "Check and explain one SELECT without running it", ROLE_ANALYST, LANE_ASK, NULL, check_body, "Checked", handle_check, 0, 0},
    {"GET",    "/api/answers/{id}", "answer_get", "An answer again", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "State", handle_answer_get, 0, 0},
    {"DELETE", "/api/answers/{id}", "answer_delete", "Forget an answer", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Id", handle_answer_delete, 0, 0},
    {"GET",    "/api/info", "info", "About the database", ROLE_VIEWER, LANE_ASK, database_query, NULL, "Any", handle_info, 0, 0},
    {"GET",    "/api/catalog", "catalog", "Tables and columns", ROLE_VIEWER, LANE_ASK, database_query, NULL, "Catalog", handle_catalog, 0, 0},
    {"GET",    "/api/semantic", "semantic", "What can be asked about", ROLE_VIEWER, LANE_ASK, database_query, NULL, "Any", handle_semantic, 0, 0},
    {"GET",    "/api/semantic/source", "semantic_source", "The semantic layer's file", ROLE_ANALYST, LANE_ASK, database_query, NULL, "Any", not_yet, 0, 0},
    {"PUT",    "/api/semantic/source", "semantic_put", "Check and change the semantic layer", ROLE_ADMIN, LANE_ASK, NULL, source_body, "Any", not_yet, 0, 0},
    {"GET",    "/api/suggestions", "suggestions", "Questions that can be answered", ROLE_VIEWER, LANE_ASK, suggestions_query, NULL, "Any", handle_suggestions, 0, 0},
    {"GET",    "/api/complete", "complete", "What a half-written word may become", ROLE_VIEWER, LANE_ASK, complete_query, NULL, "Any", handle_complete, 0, 0},
    {"POST",   "/api/conversations", "conversation_new", "Begin a conversation", ROLE_VIEWER, LANE_LIGHT, NULL, conversation_body, "Id", handle_conversation_new, 0, 0},
    {"GET",    "/api/conversations", "conversations", "Own conversations, newest first", ROLE_VIEWER, LANE_LIGHT, search_query, NULL, "Any", handle_conversations, 0, 0},
    {"GET",    "/api/conversations/{id}", "conversation_get", "A conversation and its answers", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_conversation_get, 0, 0},
    {"PATCH",  "/api/conversations/{id}", "conversation_title", "Another title", ROLE_VIEWER, LANE_LIGHT, NULL, title_body, "Id", handle_conversation_title, 0, 0},
    {"DELETE", "/api/conversations/{id}", "conversation_delete", "Forget it and its answers", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Id", handle_conversation_delete, 0, 0},
    {"POST",   "/api/conversations/{id}/undo", "conversation_undo", "Lean no longer on the last turn", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_conversation_undo, 0, 0},
    {"GET",    "/api/history", "history", "Own answers, newest first", ROLE_VIEWER, LANE_LIGHT, search_query, NULL, "Any", handle_history, 0, 0},
    {"POST",   "/api/feedback", "feedback_new", "Say whether an answer was right", ROLE_VIEWER, LANE_ASK, NULL, feedback_body, "Any", handle_feedback_new, 0, 0},
    {"GET",    "/api/feedback", "feedback", "What was said", ROLE_ADMIN, LANE_LIGHT, page_query, NULL, "Any", handle_feedback, 0, 0},
    {"GET",    "/api/knowledge", "knowledge", "The knowledge base", ROLE_VIEWER, LANE_LIGHT, knowledge_query, NULL, "Any", handle_knowledge, 0, 0},
    {"GET",    "/api/knowledge/search", "knowledge_search", "Search it", ROLE_VIEWER, LANE_LIGHT, knowledge_search, NULL, "Any", handle_knowledge_search, 0, 0},
    {"POST",   "/api/knowledge", "knowledge_add", "Add a pair or a document, pending", ROLE_ANALYST, LANE_ASK, NULL, knowledge_body, "Any", handle_knowledge_add, 0, 0},
    {"POST",   "/api/knowledge/{id}/verify", "knowledge_verify", "Let it be used", ROLE_ADMIN, LANE_LIGHT, NULL, NULL, "Any", handle_knowledge_verify, 0, 0},
    {"DELETE", "/api/knowledge/{id}", "knowledge_delete", "Remove it", ROLE_ADMIN, LANE_LIGHT, NULL, NULL, "Id", handle_knowledge_delete, 0, 0},
    {"GET",    "/api/models", "models", "Weights and adapters", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_models, 0, 0},
    {"PUT",    "/api/models", "models_choose", "Choose the adapter", ROLE_ADMIN, LANE_LIGHT, NULL, models_body, "Any", handle_models_choose, 0, 0},
    {"GET",    "/api/training", "training", "Trainings", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_training, 0, 0},
    {"POST",   "/api/training", "training_start", "Start one", ROLE_ADMIN, LANE_LIGHT, NULL, training_body, "Any", handle_training_start, 0, 0},
    {"GET",    "/api/training/{id}", "training_get", "One, with its curve", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_training_get, 0, 0},
    {"POST",   "/api/training/{id}/pause", "training_pause", "Save and stop for a while", ROLE_ADMIN, LANE_LIGHT, NULL, NULL, "Any", handle_training_pause, 0, 0},
    {"POST",   "/api/training/{id}/resume", "training_resume", "Go on", ROLE_ADMIN, LANE_LIGHT, NULL, NULL, "Any", handle_training_resume, 0, 0},
    {"POST",   "/api/training/{id}/stop", "training_stop", "Save and stop", ROLE_ADMIN, LANE_LIGHT, NULL, NULL, "Any", handle_training_stop, 0, 0},
    {"GET",    "/api/training/{id}/events", "training_events", "Its progress as events", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Text", handle_training_events, 0, 1},
    {"GET",    "/api/evaluations", "evaluations", "Evaluations", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_evaluations, 0, 0},
    {"GET",    "/api/evaluations/{id}", "evaluation_get", "One report", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_evaluation_get, 0, 0},
    {"GET",    "/api/monitor", "monitor", "Latency, shares, feedback", ROLE_VIEWER, LANE_LIGHT, NULL, NULL, "Any", handle_monitor, 0, 0},
    {"GET",    "/api/audit", "audit", "Who asked what, the SQL and the verdict", ROLE_ADMIN, LANE_LIGHT, page_query, NULL, "Any", handle_audit, 0, 0},
    {"GET",    "/v1/models", "openai_models", "OpenAI's list of models", ROLE_VIEWER, LANE_NOW, NULL, NULL, "Any", handle_openai_models, 0, 0},
    {"POST",   "/v1/chat/completions", "openai_chat", "OpenAI's chat", ROLE_VIEWER, LANE_ASK, NULL, chat_body, "Any", handle_openai_chat, 1, 1},
    {"POST",   "/mcp", "mcp", "Model Context Protocol, streamable HTTP", ROLE_VIEWER, LANE_ASK, NULL, mcp_body, "Any", handle_mcp, 1, 0},
};
/* clang-format on */

const route *routes_table(size_t *n)
{
    *n = sizeof table / sizeof table[0];
    return table;
}

/* "/a/{id}/b" against "/a/x/b"; the one placeholder takes what is no slash. */
static bool fits(const char *pattern, const char *path, char id[64])
{
    const char *hole = strchr(pattern, '{');
    const size_t before = hole ? (size_t)(hole - pattern) : strlen(pattern);
    size_t n;

    *id = 0;
    if (!hole || strncmp(pattern, path, before))
        return !hole && !strcmp(pattern, path);
    path += before;
    n = strcspn(path, "/");
    if (!n || n > 63 || strcmp(path + n, strchr(hole, '}') + 1))
        return false;
    memcpy(id, path, n);
    id[n] = 0;
    return true;
}

const char *routes_allowed(const char *path)
{
    static const struct { int mask; const char *text; } texts[] = {
        {1, "GET, HEAD"}, {2, "POST"}, {3, "GET, HEAD, POST"}, {4, "PUT"}, {5, "GET, HEAD, PUT"}, {16, "DELETE"},
        {17, "GET, HEAD, DELETE"}, {25, "GET, HEAD, PATCH, DELETE"}};
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    char id[64];
    int mask = 0;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (int k = 0; k < 5; k++)
            if (fits(table[i].path, path, id) && !strcmp(table[i].method, methods[k]))
                mask |= 1 << k;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].mask == mask)
            return texts[i].text;
    return "GET, HEAD";
}

const route *routes_find(const char *method, const char *path, char id[64], bool *other)
{
    *other = false;
    if (!strcmp(method, "HEAD")) /* the library leaves the body out */
        method = "GET";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (fits(table[i].path, path, id)) {
            if (!strcmp(table[i].method, method))
                return &table[i];
            *other = true;
        }
    return NULL;
}
