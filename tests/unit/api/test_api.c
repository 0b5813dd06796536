/* test_api.c - the public API: options, states, events, conversations, threads,
 * cancelling; ownership is checked by the sanitizers. */
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../agent/sales_db.h"
#include "salesbot/salesbot.h"
#include "test.h"

static salesbot_engine *engine;
static salesbot_session *session;
static salesbot_options *plain; /* templates only */

static bool ready(void)
{
    salesbot_error e = {0};
    db *d;

    if (session)
        return true;
    /* of the database's process alone: ThreadSanitizer gives up at DuckDB's 64th lock */
    setenv("TSAN_OPTIONS", "detect_deadlocks=0", 0);
    d = sales_db_open(); /* makes the file */
    db_close(d);
    plain = salesbot_options_new(&e);
    if (!d || !plain || !salesbot_options_set(plain, "no_model", "1", &e) ||
        !salesbot_options_set(plain, "program", "/proc/self/exe", &e))
        return false;
    engine = salesbot_engine_new(plain, &e);
    session = engine ? salesbot_open(engine, sales_db_path, plain, &e) : NULL;
    if (!session)
        fprintf(stderr, "%s\n", e.message);
    return session != NULL;
}

/* What a call returned as JSON, parsed; the text is freed. */
static json_t *parsed(char *text)
{
    json_t *j = text ? json_loads(text, 0, NULL) : NULL;

    salesbot_free(text);
    return j;
}

static void knowledge_is_created_and_read(void)
{
    static const char *const parts[] = {"schema_info", "relevant_patterns", "examples", "documents"};
    salesbot_error e = {0};
    salesbot_knowledge *k;
    salesbot_state *a;
    char path[160], *prompt;
    json_t *found;
    int64_t id;

    setenv("SALESBOT_EMBEDDER", SALESBOT_SOURCE_DIR "/tests/golden/minilm/tiny", 1);
    CHECK(ready());
    snprintf(path, sizeof path, "%s/knowledge.db", sales_db_folder);
    setenv("SALESBOT_KNOWLEDGE", path, 1);
    CHECK((k = salesbot_knowledge_create(session, NULL, plain, &e)));
    CHECK(salesbot_knowledge_add_document(k, "rules.md", "# Churn\n\nA customer is lost after a year.", &e));
    CHECK((id = salesbot_knowledge_add_pair(k, "What is the churn?", "select count(*) from customers", 0, &e)) > 0);
    CHECK(!salesbot_knowledge_add_pair(k, "What is the churn?", "drop table customers", 1, &e) && e.code == SALESBOT_REFUSED);
    CHECK((found = parsed(salesbot_knowledge_retrieve(k, "What is the churn?", 3, &e))));
    for (size_t i = 0; i < 4; i++)
        CHECK(json_is_array(json_object_get(found, parts[i])));
    CHECK(json_array_size(json_object_get(found, "schema_info")) == 3 && json_array_size(json_object_get(found, "documents")) == 1);
    CHECK(!json_array_size(json_object_get(found, "examples"))); /* pending */
    json_decref(found);
    CHECK(!salesbot_knowledge_verify(k, 999999, &e) && e.code == SALESBOT_NOT_FOUND);
    CHECK(salesbot_knowledge_verify(k, id, &e));
    CHECK((found = parsed(salesbot_knowledge_retrieve(k, "What is the churn?", 3, &e))));
    CHECK(json_array_size(json_object_get(found, "examples")) == 1 && json_array_size(json_object_get(found, "relevant_patterns")) == 1);
    json_decref(found);
    CHECK((a = salesbot_ask(session, NULL, "what is the churn", plain, &e)));
    CHECK(!strcmp(salesbot_state_field(a, "source"), "memory") && salesbot_state_code(a) == SALESBOT_OK);
    salesbot_state_free(a);
    CHECK((prompt = salesbot_knowledge_enhance_prompt(k, "What is the churn?", 120, &e)));
    CHECK(strlen(prompt) <= 480 && strstr(prompt, "Question: What is the churn?") && strstr(prompt, "SELECT count(*) FROM customers"));
    salesbot_free(prompt);
    salesbot_knowledge_free(k);
    CHECK(!salesbot_knowledge_create(session, "/proc/none/k.db", NULL, &e) && e.code == SALESBOT_IO);
    salesbot_knowledge_free(NULL);
    unsetenv("SALESBOT_KNOWLEDGE");
}

/* The last test: so that nothing is left for the leak check. */
static void all_is_given_back(void)
{
    salesbot_close(session);
    salesbot_engine_free(engine);
    salesbot_options_free(plain);
    session = NULL;
    salesbot_close(NULL);
    salesbot_engine_free(NULL);
    salesbot_options_free(NULL);
    salesbot_state_free(NULL);
    salesbot_conversation_free(NULL);
    salesbot_free(NULL);
}

static void options_are_checked(void)
{
    static const struct { const char *name, *value; int ok; } cases[] = {
        {"beam", "4", 1}, {"beam", "-1", 0}, {"beam", "x", 0}, {"beam", "99999999999", 0},
        {"temperature", "0.7", 1}, {"temperature", "nan", 0}, {"temperature", "-1", 0},
        {"no_rag", "true", 1}, {"no_rag", "maybe", 0}, {"seed", "18446744073709551615", 1},
        {"seed", "18446744073709551616", 0}, {"max_rows", "", 0}, {"max_rows", NULL, 1},
        {"model", "x.gguf", 1}, {"model", NULL, 1}, {"nonsense", "1", 0}, {NULL, "1", 0}};
    salesbot_options *o = salesbot_options_new(NULL);

    CHECK(o);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        salesbot_error e = {0};
        const int ok = salesbot_options_set(o, cases[i].name, cases[i].value, &e);

        if (ok != cases[i].ok || (!ok && (e.code != SALESBOT_ARG || e.exit_code != 2 || !*e.message)))
            FAIL_("%s = %s: %d (%s)", cases[i].name ? cases[i].name : "NULL", cases[i].value, ok, e.message);
        if (!ok && salesbot_options_set(o, cases[i].name, cases[i].value, NULL))
            FAIL_("without an error to fill");
    }
    salesbot_options_free(o);
}

static void codes_have_names(void)
{
    CHECK(!strcmp(salesbot_code_name(SALESBOT_NOT_IN_DATA), "not_in_data"));
    CHECK(salesbot_code_exit(SALESBOT_AMBIGUOUS) == 4 && salesbot_code_http(SALESBOT_REFUSED) == 403);
    CHECK(!*salesbot_code_name(99) && salesbot_code_exit(-5) == 1);
}

static void a_state_has_its_fields(void)
{
    salesbot_error e = {0};
    salesbot_state *a;
    char *text;
    size_t n = 0;

    CHECK(ready());
    a = salesbot_ask(session, NULL, "Sales by region in 2024", plain, &e);
    CHECK(a && salesbot_state_code(a) == SALESBOT_OK && salesbot_state_exit(a) == 0);
    CHECK(strstr(salesbot_state_answer(a), "largest sales") && strstr(salesbot_state_sql(a), "GROUP BY"));
    CHECK(!strcmp(salesbot_state_field(a, "source"), "template"));
    CHECK(!strcmp(salesbot_state_field(a, "confidence.word"), "Sure"));
    CHECK(!strcmp(salesbot_state_field(a, "results.columns.1.unit"), "money"));
    CHECK(salesbot_state_count(a, "results.rows") == 6 && salesbot_state_n_rows(a) == 6);
    CHECK(strtod(salesbot_state_field(a, "results.rows.0.1"), NULL) > 0);
    CHECK(!*salesbot_state_field(a, "results.rows.6.1") && !*salesbot_state_field(a, "results.rows.x"));
    CHECK(!*salesbot_state_field(a, "nothing.here") && !salesbot_state_count(a, "..") && !*salesbot_state_field(a, "."));
    text = salesbot_state_format(a, "csv", &n, &e);
    CHECK(text && n == strlen(text) && !strncmp(text, "region,sales\r\n", 14));
    salesbot_free(text);
    text = salesbot_state_format(a, "html", &n, &e);
    CHECK(text && strstr(text, "<html"));
    salesbot_free(text);
    CHECK(!salesbot_state_format(a, "pdf", NULL, &e) && e.code == SALESBOT_ARG);
    text = salesbot_state_json(a, SALESBOT_NO_ROWS, &e);
    CHECK(text && strstr(text, "\"rows\":[]") && strstr(text, "\"ms\""));
    salesbot_free(text);
    salesbot_state_free(a);
}

static void rows_become_a_file(void)
{
    char path[200];
    salesbot_error e = {0};
    salesbot_state *a;
    FILE *f;
    char magic[5] = "";

    CHECK(ready());
    snprintf(path, sizeof path, "%s/rows.parquet", sales_db_folder);
    a = salesbot_ask(session, NULL, "Sales by region in 2024", plain, &e);
    CHECK(a && salesbot_state_parquet(session, a, path, &e));
    f = fopen(path, "rb");
    CHECK(f && fread(magic, 1, 4, f) == 4 && !strcmp(magic, "PAR1"));
    fclose(f);
    CHECK(!salesbot_state_parquet(session, a, "/nonexistent/rows.parquet", &e) && e.code == SALESBOT_IO);
    salesbot_state_free(a);
    a = salesbot_ask(session, NULL, "what was the weather in 2024", plain, &e);
    CHECK(a && !salesbot_state_parquet(session, a, path, &e) && e.code == SALESBOT_NOT_IN_DATA);
    salesbot_state_free(a);
}

static void rows_move_out_once(void)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    salesbot_error e = {0};
    salesbot_state *a;
    char *before, *after;

    CHECK(ready());
    a = salesbot_ask(session, NULL, "Sales by region in 2024", plain, &e);
    CHECK(a);
    before = salesbot_state_json(a, SALESBOT_NO_TIMES, &e);
    CHECK(salesbot_state_take_arrow(a, &stream, &e));
    after = salesbot_state_json(a, SALESBOT_NO_TIMES, &e);
    CHECK(before && after && !strcmp(before, after)); /* the JSON keeps them */
    CHECK(!salesbot_state_take_arrow(a, &stream, &e) && e.code == SALESBOT_NOT_FOUND);
    CHECK(!salesbot_state_format(a, "csv", NULL, &e) && e.code == SALESBOT_NOT_FOUND);
    CHECK(salesbot_state_n_rows(a) == 6);
    salesbot_state_free(a); /* the stream outlives it */
    CHECK(!stream.get_schema(&stream, &schema) && schema.n_children == 2);
    CHECK(!strcmp(schema.children[1]->name, "sales") && !strncmp(schema.children[1]->format, "d:38,", 5));
    CHECK(!stream.get_next(&stream, &batch) && batch.length == 6);
    batch.release(&batch);
    CHECK(!stream.get_next(&stream, &batch) && !batch.release);
    schema.release(&schema);
    stream.release(&stream);
    salesbot_free(before);
    salesbot_free(after);
}

typedef struct heard {
    char events[2000];
    int bad;
} heard;

static void listen_to(void *arg, const char *event, const char *json)
{
    heard *h = arg;
    json_t *j = json_loads(json, 0, NULL);

    h->bad += !json_is_object(j);
    json_decref(j);
    if (strlen(h->events) + strlen(event) + 2 < sizeof h->events) {
        strcat(h->events, event);
        strcat(h->events, " ");
    }
}

static void events_tell_the_way(void)
{
    heard h = {0};
    salesbot_error e = {0};
    salesbot_state *a;
    const char *at;
    static const char *const order[] = {"step_begin", "sql ", "results ", "chart ", "answer "};

    CHECK(ready());
    salesbot_options_on_event(plain, listen_to, &h);
    a = salesbot_ask(session, NULL, "Sales by region in 2024", plain, &e);
    salesbot_options_on_event(plain, NULL, NULL);
    CHECK(a && !h.bad);
    at = h.events;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        at = strstr(at, order[i]);
        if (!at)
            FAIL_("no %s in its place: %s", order[i], h.events);
    }
    CHECK(!strstr(at, "sql "));
    salesbot_state_free(a);
}

static void statements_are_guarded(void)
{
    salesbot_error e = {0};
    salesbot_state *a;
    char *text;

    CHECK(ready());
    a = salesbot_sql(session, "SELECT count(*) AS n FROM stores", plain, &e);
    CHECK(a && salesbot_state_code(a) == SALESBOT_OK && salesbot_state_n_rows(a) == 1);
    salesbot_state_free(a);
    a = salesbot_sql(session, "DELETE FROM stores", plain, &e);
    CHECK(a && salesbot_state_code(a) == SALESBOT_REFUSED && salesbot_state_exit(a) == 5);
    salesbot_state_free(a);
    text = salesbot_check_sql(session, "SELECT region FROM regions", &e);
    CHECK(text && strstr(text, "\"sql_pretty\"") && strstr(text, "\"type\":\"text\""));
    salesbot_free(text);
    CHECK(!salesbot_check_sql(session, "SELECT regoin FROM regions", &e) && e.code == SALESBOT_NOT_FOUND);
    CHECK(!salesbot_check_sql(session, "DROP TABLE regions", &e) && e.code == SALESBOT_REFUSED);
}

static void it_tells_about_itself(void)
{
    salesbot_error e = {0};
    char *text;
    json_t *j;

    CHECK(ready());
    text = salesbot_info_json(session, &e);
    CHECK(text && strstr(text, "\"currency\":\"EUR\"") && strstr(text, "\"layer\":\"defined\""));
    salesbot_free(text);
    text = salesbot_catalog_json(session, &e);
    j = json_loads(text, 0, NULL);
    CHECK(json_array_size(json_object_get(j, "tables")) > 8);
    json_decref(j);
    salesbot_free(text);
    text = salesbot_semantic_json(session, &e);
    j = json_loads(text, 0, NULL);
    CHECK(json_array_size(json_object_get(j, "metrics")) > 5 && json_array_size(json_object_get(j, "conditions")) > 3);
    json_decref(j);
    salesbot_free(text);
    text = salesbot_complete_json(session, "ham", 5, &e);
    CHECK(text && strstr(text, "Hamburg") && strstr(text, "\"kind\":\"value\""));
    salesbot_free(text);
    text = salesbot_complete_json(session, "", 5, &e);
    CHECK(text && !strcmp(text, "[]"));
    salesbot_free(text);
}

static void suggestions_are_answered(void)
{
    salesbot_error e = {0};
    char *text;
    json_t *list;

    CHECK(ready());
    text = salesbot_suggestions_json(session, 4, &e);
    list = json_loads(text, 0, NULL);
    salesbot_free(text);
    CHECK(json_array_size(list) == 4);
    for (size_t i = 0; i < 4; i++) {
        salesbot_state *a = salesbot_ask(session, NULL, json_string_value(json_array_get(list, i)), plain, &e);

        CHECK(a && salesbot_state_code(a) == SALESBOT_OK);
        salesbot_state_free(a);
    }
    json_decref(list);
}

static void a_state_is_replayed(void)
{
    static const char *const questions[] = {"Sales by region in 2024", "top 3 stores by margin in 2025",
                                            "what was the weather in 2024", "how many active customers do we have"};
    salesbot_error e = {0};

    CHECK(ready());
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        salesbot_state *a = salesbot_ask(session, NULL, questions[i], plain, &e), *b;
        char *first = salesbot_state_json(a, 0, &e), *second, *difference;

        CHECK(first);
        b = salesbot_replay(session, first, &e);
        CHECK(b);
        second = salesbot_state_json(b, 0, &e);
        difference = salesbot_state_difference(first, second, &e);
        if (!difference || *difference)
            FAIL_("%s: %s", questions[i], difference ? difference : e.message);
        salesbot_free(difference);
        salesbot_free(first);
        salesbot_free(second);
        salesbot_state_free(a);
        salesbot_state_free(b);
    }
}

static void foreign_states_are_refused(void)
{
    static const char *const bad[] = {"", "[]", "{}", "{\"question\": 5}", "{\"question\": \"x\", \"options\": []}",
                                      "{\"question\": \"x\", \"options\": {\"beam\": -1}}",
                                      "{\"question\": \"x\", \"options\": {\"seed\": \"9x\"}}",
                                      "{\"question\": \"x\", \"options\": {\"temperature\": \"hot\"}}",
                                      "{\"question\": \"x\", \"source\": \"user\"}"};
    salesbot_error e = {0};
    char *text;

    CHECK(ready());
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (salesbot_replay(session, bad[i], &e) || e.code != SALESBOT_FORMAT)
            FAIL_("%s: %s", bad[i], e.message);
    text = salesbot_state_difference("{\"a\": [1, {\"b\": 2}], \"ms\": 3}", "{\"a\": [1, {\"b\": 5}], \"ms\": 4}", &e);
    CHECK(text && !strcmp(text, "a.1.b: 2, now 5"));
    salesbot_free(text);
    text = salesbot_state_difference("{\"a\": 0.3, \"t\": [{\"ms\": 1}]}", "{\"a\": 0.30000000000000004, \"t\": [{\"ms\": 2}]}", &e);
    CHECK(text && !*text);
    salesbot_free(text);
    text = salesbot_state_difference("{}", "{\"a\": null}", &e);
    CHECK(text && !strcmp(text, "a: nothing, now null"));
    salesbot_free(text);
}

static void conversations_are_kept(void)
{
    salesbot_error e = {0};
    salesbot_conversation *c = salesbot_conversation_new(&e), *again;
    char *text, *second;

    CHECK(ready() && c);
    salesbot_state_free(salesbot_ask(session, c, "Sales by region in 2024", plain, &e));
    salesbot_state_free(salesbot_ask(session, c, "what was the weather in 2024", plain, &e)); /* no turn */
    salesbot_state_free(salesbot_ask(session, c, "total sales in 2025", plain, &e));
    text = salesbot_conversation_json(c, &e);
    CHECK(text && strstr(text, "Sales by region") && strstr(text, "total sales") && !strstr(text, "weather"));
    again = salesbot_conversation_from_json(text, &e);
    CHECK(again);
    second = salesbot_conversation_json(again, &e);
    CHECK(second && !strcmp(text, second));
    CHECK(salesbot_conversation_undo(again) == 1 && salesbot_conversation_undo(again) == 1 &&
          salesbot_conversation_undo(again) == 0);
    CHECK(!salesbot_conversation_from_json("{\"turns\": [5]}", &e) && e.code == SALESBOT_FORMAT);
    salesbot_free(text);
    salesbot_free(second);
    salesbot_conversation_reset(c);
    salesbot_conversation_free(c);
    salesbot_conversation_free(again);
}

static void opening_fails_clearly(void)
{
    salesbot_error e = {0};

    CHECK(ready());
    CHECK(!salesbot_open(engine, "/nonexistent.duckdb", plain, &e) && e.code == SALESBOT_DB && e.http_status == 502);
    CHECK(!salesbot_open(engine, NULL, plain, &e) && e.code == SALESBOT_ARG);
    CHECK(!salesbot_open(engine, "", plain, NULL));
}

static void *ask_often(void *arg)
{
    salesbot_session *s = arg;
    long bad = 0;

    for (int i = 0; i < 6; i++) {
        salesbot_error e = {0};
        salesbot_state *a = salesbot_ask(s, NULL, "Sales by region in 2024", plain, &e);

        bad += !a || salesbot_state_code(a) != SALESBOT_OK || salesbot_state_count(a, "results.rows") != 6;
        salesbot_state_free(a);
    }
    return (void *)bad;
}

/* Two threads on one session, one on another of the same engine. */
static void threads_share_an_engine(void)
{
    salesbot_error e = {0};
    salesbot_session *other;
    pthread_t threads[3];
    long bad = 0;

    CHECK(ready());
    other = salesbot_open(engine, sales_db_path, plain, &e);
    CHECK(other);
    for (int i = 0; i < 3; i++)
        CHECK(!pthread_create(&threads[i], NULL, ask_often, i == 2 ? other : session));
    for (int i = 0; i < 3; i++) {
        void *result;

        pthread_join(threads[i], &result);
        bad += (long)result;
    }
    salesbot_close(other);
    CHECK(!bad);
}

static void *cancel_soon(void *arg)
{
    usleep(300000);
    salesbot_cancel(arg);
    return NULL;
}

static void a_question_is_cancelled(void)
{
    salesbot_error e = {0};
    salesbot_state *a;
    pthread_t thread;

    CHECK(ready());
    CHECK(!pthread_create(&thread, NULL, cancel_soon, session));
    a = salesbot_sql(session, "SELECT sum(a.quantity * b.quantity * c.quantity) AS x FROM sales a, sales b, sales c "
                              "WHERE a.quantity + b.quantity <> c.quantity", plain, &e);
    pthread_join(thread, NULL);
    CHECK(a && salesbot_state_code(a) == SALESBOT_CANCELLED && salesbot_state_exit(a) == 130);
    salesbot_state_free(a);
    a = salesbot_ask(session, NULL, "total sales in 2024", plain, &e); /* and goes on */
    CHECK(a && salesbot_state_code(a) == SALESBOT_OK);
    salesbot_state_free(a);
}

TEST_MAIN_WITH_EXECUTOR({"options_are_checked", options_are_checked}, {"codes_have_names", codes_have_names},
                        {"a_state_has_its_fields", a_state_has_its_fields},
                        {"rows_become_a_file", rows_become_a_file},
                        {"rows_move_out_once", rows_move_out_once}, {"events_tell_the_way", events_tell_the_way},
                        {"statements_are_guarded", statements_are_guarded},
                        {"it_tells_about_itself", it_tells_about_itself},
                        {"suggestions_are_answered", suggestions_are_answered},
                        {"a_state_is_replayed", a_state_is_replayed},
                        {"foreign_states_are_refused", foreign_states_are_refused},
                        {"conversations_are_kept", conversations_are_kept},
                        {"opening_fails_clearly", opening_fails_clearly},
                        {"threads_share_an_engine", threads_share_an_engine},
                        {"a_question_is_cancelled", a_question_is_cancelled},
                        {"knowledge_is_created_and_read", knowledge_is_created_and_read},
                        {"all_is_given_back", all_is_given_back})
