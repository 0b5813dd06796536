/* conversations.c - conversations, answers and feedback: what the store keeps.
 *
 * Pages go by row number, newest first: `next` of one page is `before` of the next. */
#include <stdlib.h>
#include <string.h>

#include "server/server_impl.h"

static int64_t before_of(const request *r)
{
    const char *text = in_text(r, "before");

    return text ? strtoll(text, NULL, 10) : INT64_MAX;
}

/* Times as text; without `n`, which pages by. */
static json_t *tidy(json_t *row)
{
    static const char *const times[] = {"created", "updated", "time"};

    for (size_t i = 0; i < 3; i++) {
        json_t *t = json_object_get(row, times[i]);
        char text[32];

        if (json_is_integer(t)) {
            time_text(json_integer_value(t), text);
            json_object_set_new(row, times[i], json_string(text));
        }
    }
    json_object_del(row, "n");
    return row;
}

static bool reply_page(request *r, const char *name, json_t *owned_rows, err *e)
{
    const int64_t limit = in_whole(r, "limit", 50);
    const size_t n = json_array_size(owned_rows);
    json_t *next = json_null();

    (void)e;
    if (!owned_rows)
        return false;
    if ((int64_t)n == limit)
        next = json_sprintf("%lld", (long long)json_integer_value(json_object_get(json_array_get(owned_rows, n - 1), "n")));
    for (size_t i = 0; i < n; i++)
        tidy(json_array_get(owned_rows, i));
    return reply_json(r, 200, json_pack("{s:o, s:o}", name, owned_rows, "next", next));
}

static bool reply_id(request *r, int status, const char *id)
{
    return reply_json(r, status, json_pack("{s:s}", "id", id));
}

/* One statement that must have found its row. */
static bool changed(request *r, const char *what, const char *sql, const char *text, err *e)
{
    store *s = r->server->store;
    bool ok = store_begin(s, e);

    if (!ok)
        return false;
    ok = text ? store_run(s, e, sql, "ttt", text, r->id, r->who.name) : store_run(s, e, sql, "tt", r->id, r->who.name);
    ok = ok && (store_changes(s) > 0 || err_set(e, ERR_NOT_FOUND, "there is no such %s", what));
    return store_end(s, ok, e) && ok;
}

/* ---- conversations ------------------------------------------------------------------- */

bool handle_conversation_new(request *r, err *e)
{
    const char *database = in_text(r, "database"), *title = in_text(r, "title");
    const server *s = r->server;
    char id[32];
    int i = 0;

    while (i < s->o.n_databases && database && strcmp(database, s->o.databases[i].name))
        i++;
    if (i == s->o.n_databases)
        return err_set(e, ERR_NOT_FOUND, "there is no database \"%.100s\" here", database);
    store_new_id('c', id);
    return store_run(s->store, e, "INSERT INTO conversation (id, owner, database, title, turns, created, updated) "
                     "VALUES (?, ?, ?, ?, '{\"turns\":[]}', ?, ?)", "ttttii", id, r->who.name,
                     s->o.databases[i].name, title ? title : "", time_now(), time_now()) &&
           reply_id(r, 201, id);
}

bool handle_conversations(request *r, err *e)
{
    const char *search = in_text(r, "search");

    return reply_page(r, "conversations", store_rows(r->server->store, e,
        "SELECT c.n, c.id, c.title, c.database, c.created, c.updated, "
        "(SELECT count(*) FROM answer a WHERE a.conversation = c.id) AS answers FROM conversation c "
        "WHERE c.owner = ?1 AND c.n < ?2 AND (?3 IS NULL OR c.title LIKE '%' || ?3 || '%' OR EXISTS (SELECT 1 FROM answer a "
        "WHERE a.conversation = c.id AND a.question LIKE '%' || ?3 || '%')) ORDER BY c.n DESC LIMIT ?4", "titi",
        r->who.name, before_of(r), search, in_whole(r, "limit", 50)), e);
}

bool handle_conversation_get(request *r, err *e)
{
    json_t *c = store_row(r->server->store, e, "conversation",
                          "SELECT id, title, database, created, updated FROM conversation WHERE id = ? AND owner = ?",
                          "tt", r->id, r->who.name);
    json_t *answers = c ? store_rows(r->server->store, e, "SELECT id, question, answer, code, source, confidence, created "
                                     "FROM answer WHERE conversation = ? AND owner = ? ORDER BY n LIMIT 1000", "tt", r->id,
                                     r->who.name) : NULL;

    if (!answers) {
        json_decref(c);
        return false;
    }
    for (size_t i = 0; i < json_array_size(answers); i++)
        tidy(json_array_get(answers, i));
    json_object_set_new(c, "answers", answers);
    return reply_json(r, 200, tidy(c));
}

bool handle_conversation_title(request *r, err *e)
{
    return changed(r, "conversation", "UPDATE conversation SET title = ? WHERE id = ? AND owner = ?", in_text(r, "title"), e) &&
           reply_id(r, 200, r->id);
}

bool handle_conversation_delete(request *r, err *e)
{
    err ignored = {0};

    if (!changed(r, "conversation", "DELETE FROM conversation WHERE id = ? AND owner = ?", NULL, e))
        return false;
    if (!changed(r, "answer", "DELETE FROM answer WHERE conversation = ? AND owner = ?", NULL, &ignored) &&
        ignored.code != ERR_NOT_FOUND) {
        *e = ignored;
        return false;
    }
    return reply_id(r, 200, r->id);
}

static bool undone(request *r, salesbot_conversation *c, err *e)
{
    salesbot_error why = {0};
    char *turns;
    json_t *j;
    size_t n;
    bool ok;

    salesbot_conversation_undo(c);
    turns = salesbot_conversation_json(c, &why);
    if (!turns)
        return api_failed(e, &why);
    j = json_loads(turns, 0, NULL);
    n = json_array_size(json_object_get(j, "turns"));
    json_decref(j);
    ok = changed(r, "conversation", "UPDATE conversation SET turns = ? WHERE id = ? AND owner = ?", turns, e);
    salesbot_free(turns);
    return ok && reply_json(r, 200, json_pack("{s:I}", "turns", (json_int_t)n));
}

bool handle_conversation_undo(request *r, err *e)
{
    json_t *row = store_row(r->server->store, e, "conversation", "SELECT turns FROM conversation WHERE id = ? AND owner = ?",
                            "tt", r->id, r->who.name);
    salesbot_error why = {0};
    salesbot_conversation *c = row ? salesbot_conversation_from_json(json_string_value(json_object_get(row, "turns")), &why) : NULL;
    bool ok = row && (c || api_failed(e, &why)) && undone(r, c, e);

    salesbot_conversation_free(c);
    json_decref(row);
    return ok;
}

/* ---- answers ---------------------------------------------------------------------------- */

bool handle_history(request *r, err *e)
{
    return reply_page(r, "answers", store_rows(r->server->store, e,
        "SELECT n, id, question, answer, code, source, confidence, conversation, database, created FROM answer "
        "WHERE owner = ?1 AND n < ?2 AND question <> '' AND (?3 IS NULL OR question LIKE '%' || ?3 || '%') ORDER BY n DESC LIMIT ?4",
        "titi", r->who.name, before_of(r), in_text(r, "search"), in_whole(r, "limit", 50)), e);
}

bool handle_answer_get(request *r, err *e)
{
    json_t *row = store_row(r->server->store, e, "answer", "SELECT state, rows_kept AS \"rows_kept?\" FROM answer WHERE id = ?1 AND "
                            "(owner = ?2 OR ?3)", "tti", r->id, r->who.name, (int64_t)(r->who.role == ROLE_ADMIN));
    json_t *state = row ? json_loads(json_string_value(json_object_get(row, "state")), 0, NULL) : NULL;

    if (state)
        json_object_set(state, "rows_kept", json_object_get(row, "rows_kept"));
    json_decref(row);
    return state ? reply_json(r, 200, state) : e->code != ERR_OK ? false : err_set(e, ERR_INTERNAL, "this answer can't be read");
}

bool handle_answer_delete(request *r, err *e)
{
    return changed(r, "answer", "DELETE FROM answer WHERE id = ? AND owner = ?", NULL, e) && reply_id(r, 200, r->id);
}

/* ---- feedback and pairs --------------------------------------------------------------------- */

static json_t *own_answer(request *r, err *e)
{
    return store_row(r->server->store, e, "answer", "SELECT question, database FROM answer WHERE id = ?1 AND (owner = ?2 OR ?3)",
                     "tti", in_text(r, "answer"), r->who.name, (int64_t)(r->who.role == ROLE_ADMIN));
}

/* A correction is SQL like any other: guarded before it is kept. */
static bool guarded(request *r, const char *database, const char *sql, err *e)
{
    salesbot_session *s = request_session(r, database, e);
    salesbot_error why = {0};
    char *checked = s ? salesbot_check_sql(s, sql, &why) : NULL;

    salesbot_free(checked);
    return checked || (s && api_failed(e, &why));
}

static bool add_pair(request *r, const char *id, const char *database, const char *question, const char *sql,
                     const char *text, const char *source, err *e)
{
    return store_run(r->server->store, e, "INSERT INTO pair (id, database, question, sql, text, status, source, who, created) "
                     "VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?)", "tttttt" "ti", id, database, question, sql, text, source,
                     r->who.name, time_now());
}

bool handle_feedback_new(request *r, err *e)
{
    const char *sql = in_text(r, "sql");
    json_t *answer = own_answer(r, e);
    store *s = r->server->store;
    char id[32], pair[32];
    bool ok = answer != NULL;

    if (ok && sql && r->who.role < ROLE_ANALYST) {
        json_decref(answer);
        return reply_error(r, 403, "forbidden", "a correction needs the role analyst");
    }
    store_new_id('f', id);
    store_new_id('p', pair);
    ok = ok && (!sql || guarded(r, json_string_value(json_object_get(answer, "database")), sql, e)) && store_begin(s, e);
    if (ok) {
        ok = store_run(s, e, "INSERT INTO feedback (id, answer, who, verdict, comment, sql, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       "ttttt" "ti", id, in_text(r, "answer"), r->who.name, in_text(r, "verdict"), in_text(r, "comment"), sql,
                       time_now()) &&
             (!sql || add_pair(r, pair, json_string_value(json_object_get(answer, "database")),
                               json_string_value(json_object_get(answer, "question")), sql, NULL, "correction", e));
        ok = store_end(s, ok, e) && ok;
    }
    json_decref(answer);
    if (!ok)
        return false;
    metrics_count(&r->server->metrics, "salesbot_feedback_total", "verdict", in_text(r, "verdict"));
    if (sql)
        metrics_count(&r->server->metrics, "salesbot_corrections_total", NULL, NULL);
    return reply_json(r, 201, json_pack("{s:s, s:o}", "id", id, "pair", sql ? json_string("pending") : json_null()));
}

bool handle_feedback(request *r, err *e)
{
    return reply_page(r, "feedback", store_rows(r->server->store, e,
        "SELECT f.n, f.id, f.answer, coalesce(a.question, '') AS question, f.verdict, f.comment, f.sql, f.who, f.created "
        "FROM feedback f LEFT JOIN answer a ON a.id = f.answer WHERE f.n < ? ORDER BY f.n DESC LIMIT ?", "ii",
        before_of(r), in_whole(r, "limit", 50)), e);
}

bool handle_audit(request *r, err *e)
{
    return reply_page(r, "entries", store_rows(r->server->store, e,
        "SELECT n, n AS id, time, who, role, address, route, database, question, sql, verdict, ms FROM audit WHERE n < ? "
        "ORDER BY n DESC LIMIT ?", "ii", before_of(r), in_whole(r, "limit", 50)), e);
}

/* ---- pairs that people gave: pending until an admin has looked ------------------------------- */

bool handle_knowledge(request *r, err *e)
{
    return reply_page(r, "items", store_rows(r->server->store, e,
        "SELECT n, id, CASE WHEN sql IS NULL THEN 'document' ELSE 'pair' END AS kind, status, coalesce(text, '') AS text, question, "
        "sql, source, created FROM pair WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR (sql IS NULL) = (?2 = 'document')) "
        "AND (?3 IS NULL OR database = ?3) AND n < ?4 ORDER BY n DESC LIMIT ?5", "tttii", in_text(r, "status"),
        in_text(r, "kind"), in_text(r, "database"), before_of(r), in_whole(r, "limit", 50)), e);
}

bool handle_knowledge_search(request *r, err *e)
{
    json_t *rows = store_rows(r->server->store, e,
        "SELECT id, CASE WHEN sql IS NULL THEN 'document' ELSE 'pair' END AS kind, status, coalesce(text, '') AS text, question, sql, "
        "1.0 AS score FROM pair WHERE (?1 IS NULL OR database = ?1) AND (question LIKE '%' || ?2 || '%' OR text LIKE '%' || ?2 || '%') "
        "ORDER BY n DESC LIMIT ?3", "tti", in_text(r, "database"), in_text(r, "q"), in_whole(r, "n", 10));

    return rows && reply_json(r, 200, json_pack("{s:o}", "results", rows));
}

bool handle_knowledge_add(request *r, err *e)
{
    const char *question = in_text(r, "question"), *sql = in_text(r, "sql"), *text = in_text(r, "text"), *database = in_text(r, "database");
    char id[32];

    if (!text == !(question && sql) || (text && (question || sql)))
        return err_set(e, ERR_ARG, "either question and sql, or text");
    if (!database)
        database = r->server->o.databases[0].name;
    store_new_id('p', id);
    return (!sql || guarded(r, database, sql, e)) && add_pair(r, id, database, question, sql, text, "added", e) &&
           reply_json(r, 201, json_pack("{s:s, s:s}", "id", id, "status", "pending"));
}

static bool pair_changed(request *r, const char *sql, err *e)
{
    store *s = r->server->store;
    bool ok = store_begin(s, e);

    if (!ok)
        return false;
    ok = store_run(s, e, sql, "t", r->id) && (store_changes(s) > 0 || err_set(e, ERR_NOT_FOUND, "there is no such item"));
    return store_end(s, ok, e) && ok;
}

bool handle_knowledge_verify(request *r, err *e)
{
    return pair_changed(r, "UPDATE pair SET status = 'verified' WHERE id = ?", e) &&
           reply_json(r, 200, json_pack("{s:s, s:s}", "id", r->id, "status", "verified"));
}

bool handle_knowledge_delete(request *r, err *e)
{
    return pair_changed(r, "DELETE FROM pair WHERE id = ?", e) && reply_id(r, 200, r->id);
}
