/* test_out_of_memory.c - the main paths with an allocator that fails at the N-th
 * call, for every N (900 of them where there are more): no crash, nothing
 * leaked, and the error is ERR_NOMEM or, where a path has a fallback, success.
 *
 *     test_out_of_memory [PATH [N]]    one path; one call of it, for a debugger */
#include <stdio.h>

#include "../failing_malloc.h"
#include "../unit/agent/sales_db.h"
#include "../unit/semantic/sales_catalog.h"
#include "agent/agent.h"
#include "agent/understand.h"
#include "base/file.h"
#include "db/arrow.h"
#include "db/db_impl.h"
#include "db/message_impl.h"
#include "gemma/gemma.h"
#include "sql/sql.h"
#include "test.h"
#include "token/token.h"
#include "weights/weights.h"

static const char model_path[] = SALESBOT_SOURCE_DIR "/tests/golden/gemma/gemma3/model.gguf";
static const char folder_path[] = SALESBOT_SOURCE_DIR "/tests/golden/hf/gemma3";
static const char words_path[] = SALESBOT_SOURCE_DIR "/tests/golden/token/small/vocabulary.gguf";

/* Made once, outside what is counted. */
static arena *outside;
static const db_catalog *catalog;
static sem_layer *layer;
static str layer_text, rows_payload, schema_payload, table_payload;
static weights *word_weights;

/* ---- the paths -------------------------------------------------------------- */

static bool open_gguf(err *e)
{
    weights *w = weights_open(model_path, e);

    weights_close(w);
    return w != NULL;
}

static bool open_folder(err *e)
{
    weights *w = weights_open(folder_path, e);

    weights_close(w);
    return w != NULL;
}

static bool answer_by_model(err *e)
{
    static const int32_t prompt[] = {2, 5, 9, 13};
    const gemma_options one = {.n_threads = 1, .ids_only = true};
    const gemma_session_options small = {.max_tokens = 64, .answer_tokens = 16, .beams = 2};
    const gemma_sampling how = {.max_tokens = 4};
    gemma *g = gemma_open(model_path, &one, e);
    gemma_session *s = g ? gemma_session_open(g, &small, e) : NULL;
    gemma_beam beams[2];
    int32_t out[8];
    int n = 0;
    const bool ok = s && gemma_generate(s, prompt, 4, &how, NULL, NULL, out, &n, e) &&
                    session_set(s, prompt, 4, e) && session_beams(s, 2, &how, beams, &n, e);

    gemma_session_close(s);
    gemma_close(g);
    return ok;
}

static bool read_tokenizer(err *e)
{
    static const char text[] = "SELECT sum(net_amount) FROM sales -- größte Umsätze \xF0\x9F\x98\x80\n\n\tx";
    tokenizer *t = tokenizer_from_weights(word_weights, e);
    token_list ids = {0};
    str back = {0};
    bool ok = t && tokenizer_encode(t, text, sizeof text - 1, TOKEN_ADD_BOS, &ids, e);

    if (ok)
        tokenizer_decode(t, ids.ids, ids.n, false, &back);
    ok = ok && (!back.bad || err_set(e, ERR_NOMEM, "out of memory"));
    str_deinit(&back);
    token_list_deinit(&ids);
    tokenizer_free(t);
    return ok;
}

static bool check_sql(err *e)
{
    static const char *const statements[] = {
        "SELECT r.region, sum(s.net_amount) AS sales, rank() OVER (ORDER BY sum(s.net_amount) DESC) AS place FROM sales s "
        "JOIN stores t USING (store_id) JOIN regions r ON r.region_id = t.region_id WHERE s.sold_on BETWEEN "
        "DATE '2024-01-01' AND DATE '2024-12-31' AND t.city ILIKE 'h%' GROUP BY ALL HAVING count(*) > 5 ORDER BY 2 DESC LIMIT 3",
        "WITH a AS (SELECT store_id, count(*) AS n FROM sales GROUP BY store_id) SELECT stores.store, CASE WHEN n > 5 "
        "THEN 'many' ELSE 'few' END FROM a LEFT JOIN stores USING (store_id) WHERE NOT EXISTS (SELECT 1 FROM returns) "
        "UNION ALL SELECT 'x', CAST(1 AS VARCHAR)"};
    arena *a = arena_new(8 << 20);
    bool ok = a || err_set(e, ERR_NOMEM, "out of memory");

    for (size_t i = 0; ok && i < sizeof statements / sizeof statements[0]; i++) {
        sql_stmt *s = sql_parse(a, statements[i], e);

        ok = s && sql_bind(a, s, catalog, e) && sql_guard(s, catalog, NULL, e) &&
             (sql_print(a, s, SQL_DUCKDB, SQL_PRETTY) || err_set(e, ERR_NOMEM, "arena")) &&
             (sql_explain(a, s) || err_set(e, ERR_NOMEM, "arena"));
    }
    arena_free(a);
    return ok;
}

static bool load_layer(err *e)
{
    sem_layer *l = sem_load(str_text(&layer_text), layer_text.n, "sales.yaml", NULL, catalog, e);

    sem_free(l);
    return l != NULL;
}

static bool compile_query(err *e)
{
    arena *a = arena_new(8 << 20);
    sem_query q;
    sem_plan plan;
    bool ok = a || err_set(e, ERR_NOMEM, "out of memory");

    for (int shape = SEM_VALUES; ok && shape <= SEM_SHARE; shape++) {
        sem_query_init(&q);
        q.shape = (sem_shape)shape;
        q.metrics[q.n_metrics++] = sem_metric_find(layer, "sales");
        q.groups[q.n_groups++] = (sem_group){sem_dimension_find(layer, "region"), SEM_NO_GRAIN};
        q.period = (sem_period){.set = true, .from = sem_days(2024, 1, 1), .to = sem_days(2024, 12, 31),
                                .grain = SEM_YEAR_GRAIN, .n = 1, .label = "2024"};
        ok = sem_compile(layer, &q, a, &plan, e);
        if (!ok && (e->code == ERR_ARG || e->code == ERR_NOT_IN_DATA)) /* parts that don't fit */
            ok = true;
    }
    arena_free(a);
    return ok;
}

static bool read_questions(err *e)
{
    static const char *const questions[] = {
        "Sales by region in 2024", "why did sales fall in West in March 2025, by store?",
        "top 5 prodcts by margn excluding online since last quarter", "how many active stores by country"};
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof questions / sizeof questions[0]; i++) {
        arena *a = arena_new(16 << 20);
        understanding *u = a ? arena_push(a, understanding, 1) : NULL;

        ok = (u || err_set(e, ERR_NOMEM, "out of memory")) &&
             understand(layer, catalog, questions[i], a, u, e);
        arena_free(a);
    }
    return ok;
}

static db_result *make_result(err *e)
{
    result_builder *b = result_builder_new(e);
    str payload = {0};
    bool ok;

    str_add(&payload, rows_payload.text, rows_payload.n);
    ok = b && (!payload.bad || err_set(e, ERR_NOMEM, "out of memory")) &&
         result_builder_schema(b, &schema_payload, e) && result_builder_rows(b, &payload, e);
    str_deinit(&payload);
    if (ok)
        return result_builder_finish(b, false, 1.0, e);
    result_builder_free(b);
    return NULL;
}

static bool write_state(err *e)
{
    agent_state *s = agent_state_new(e);
    str out = {0};
    json_t *j = NULL;
    char *text = NULL;
    bool ok = s && (s->results = make_result(e)) != NULL;

    if (ok) {
        s->question = "sales by region";
        s->answer = "East has the largest sales.";
        s->sql = "SELECT 1";
        s->columns = arena_push(s->arena, agent_column, 3);
        ok = s->columns || err_set(e, ERR_NOMEM, "out of memory");
    }
    for (int i = 0; ok && i < 3; i++)
        s->columns[i] = (agent_column){.name = s->results->columns[i].name, .title = "a title",
                                       .type = s->results->columns[i].type, .role = 'm'};
    ok = ok && (j = agent_state_json(s, true, e)) && (text = agent_json_line(j, e)) &&
         agent_csv(s, &out, e) && agent_markdown(s, &out, e) && agent_chart_html(s, &out, e);
    free(text);
    json_decref(j);
    str_deinit(&out);
    agent_state_free(s);
    return ok;
}

static bool replay_state(err *e)
{
    static const char state[] = "{\"question\": \"sales\", \"options\": {\"beam\": 1, \"seed\": \"99\"}, \"rows\": [[1, 2.5, \"x\"]]}";
    json_t *a = json_loads(state, 0, NULL), *b = json_loads(state, 0, NULL);
    const char *question;
    agent_options o;
    agent_replay_lists lists;
    str where = {0};
    bool ok = (a && b) || err_set(e, ERR_NOMEM, "out of memory"); /* json_loads says no more */

    if (ok)
        json_object_del(b, "rows");
    ok = ok && agent_replay_read(a, &question, &o, &lists, e) && agent_difference(a, b, &where, e);
    str_deinit(&where);
    json_decref(a);
    json_decref(b);
    return ok;
}

static bool stream_arrow(err *e)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    db_result *r = make_result(e);
    int failed;

    if (!r || !db_result_arrow(r, &stream, e))
        return false;
    failed = stream.get_schema(&stream, &schema);
    if (!failed)
        schema.release(&schema);
    if (!failed && !(failed = stream.get_next(&stream, &batch)))
        batch.release(&batch);
    stream.release(&stream);
    return !failed || (failed == ENOMEM ? err_set(e, ERR_NOMEM, "out of memory") : false);
}

static bool read_catalog(err *e)
{
    arena *a = arena_new(8 << 20);
    db_table *table = a ? arena_push(a, db_table, 1) : NULL;
    wire w = {.base = (const uint8_t *)table_payload.text, .n = table_payload.n};
    const db_catalog *c = NULL;
    json_t *j = NULL;
    bool ok = (table || err_set(e, ERR_NOMEM, "out of memory")) && table_get(&w, a, table, e) &&
              (c = catalog_finish(a, "x.duckdb", table, 1, e)) != NULL;

    ok = ok && ((j = db_catalog_json(c)) || err_set(e, ERR_NOMEM, "out of memory"));
    json_decref(j);
    arena_free(a);
    return ok;
}

/* From the file to the state, with the database's process. */
static bool whole_question(err *e)
{
    const agent_context_options o = {.database = sales_db_path, .no_model = true, .db_threads = 1};
    agent_context *c = agent_context_open(&o, e);
    agent_state *s = c ? agent_state_new(e) : NULL;
    bool ok = s && orchestrator_process(c, "sales by region in 2024", &(agent_options){.no_model = true}, s, e);

    if (ok && s->error.code != ERR_OK)
        ok = err_set(e, s->error.code, "%s", s->error.message);
    agent_state_free(s);
    agent_context_close(c);
    return ok;
}

/* by_jansson: out of memory inside a string is "invalid token" to that library.
 * kept: blocks that a library itself forgets (libyaml, in yaml_parser_load). most:
 * calls to fail, where a run is slow. */
static const struct {
    const char *name;
    bool (*run)(err *e);
    bool by_jansson;
    int kept, most;
} paths[] = {
    {"open_gguf", open_gguf, false, 0, 900},
    {"open_folder", open_folder, true, 0, 900},
    {"answer_by_model", answer_by_model, false, 0, 900},
    {"read_tokenizer", read_tokenizer, false, 0, 900},
    {"check_sql", check_sql, false, 0, 900},
    {"load_layer", load_layer, false, 1, 900},
    {"compile_query", compile_query, false, 0, 900},
    {"read_questions", read_questions, false, 0, 900},
    {"write_state", write_state, false, 0, 900},
    {"replay_state", replay_state, false, 0, 900},
    {"stream_arrow", stream_arrow, false, 0, 900},
    {"read_catalog", read_catalog, false, 0, 900},
    {"whole_question", whole_question, false, 0, 30},
};
enum { N_PATHS = sizeof paths / sizeof paths[0] };

/* ---- what they need ------------------------------------------------------------ */

static void put_column(str *out, const char *const *texts, const uint64_t *numbers)
{
    uint32_t at = 0;

    for (int i = 0; i < 2; i++)
        wire_put_u8(out, 1);
    for (int i = 0; numbers && i < 2; i++)
        wire_put_u64(out, numbers[i]);
    for (int i = 0; texts && i < 3; i++) {
        wire_put_u32(out, at);
        at += i < 2 ? (uint32_t)strlen(texts[i]) + 1 : 0;
    }
    for (int i = 0; texts && i < 2; i++)
        str_add(out, texts[i], strlen(texts[i]) + 1);
}

static bool prepare(err *e)
{
    static const schema_column columns[] = {{"region", DB_TEXT, 0}, {"sales", DB_DECIMAL, 2}, {"n", DB_INTEGER, 0}};
    static const char *const regions[] = {"East", "gr\xC3\xBCn"}, *const money[] = {"12.50", "12345678901234567890.25"};
    static const uint64_t numbers[] = {7, 9007199254740993};

    schema_put(&schema_payload, columns, 3);
    wire_put_u32(&rows_payload, 2);
    put_column(&rows_payload, regions, NULL);
    put_column(&rows_payload, money, NULL);
    put_column(&rows_payload, NULL, numbers);
    outside = arena_new(8 << 20);
    catalog = outside ? sales_catalog(outside) : NULL;
    if (!catalog || !file_read(SALESBOT_SOURCE_DIR "/src/semantic/sales.yaml", 4 << 20, &layer_text, e))
        return false;
    table_put(&table_payload, &catalog->tables[10]);
    layer = sem_load(str_text(&layer_text), layer_text.n, "sales.yaml", NULL, catalog, e);
    word_weights = weights_open(words_path, e);
    return layer && word_weights;
}

/* ---- the runs ------------------------------------------------------------------- */

typedef struct attempt {
    int path;
    bool ok;
    err e;
} attempt;

static void run_path(void *arg)
{
    attempt *a = arg;

    a->e = (err){0};
    a->ok = paths[a->path].run(&a->e);
}

static bool one(int path, long at, bool for_good)
{
    attempt a = {.path = path};
    const long before = failing_live;

    failing_run(at, for_good, run_path, &a);
    if (failing_live < before || failing_live > before + paths[path].kept) {
        fprintf(stderr, "%s, call %ld%s: %ld blocks leaked\n", paths[path].name, at, for_good ? " on" : "",
                failing_live - before);
        return false;
    }
    if (a.ok || a.e.code == ERR_NOMEM || (paths[path].by_jansson && a.e.code == ERR_MODEL))
        return true;
    fprintf(stderr, "%s, call %ld%s: %s: %s\n", paths[path].name, at, for_good ? " on" : "",
            err_name(a.e.code), a.e.msg);
    return false;
}

static int walk(int path)
{
    attempt a = {.path = path};
    long n, step, every;
    int bad = 0, runs = 0;

    run_path(&a); /* what is made once and kept, is made here */
    n = failing_run(0, false, run_path, &a);
    if (!a.ok) {
        fprintf(stderr, "%s: %s\n", paths[path].name, a.e.msg);
        return 1;
    }
    every = n <= paths[path].most ? n : paths[path].most * 2 / 3;
    step = n > every ? (n - every) / (paths[path].most - every) + 1 : 1;
    for (long at = 1; at <= n && bad < 5; at += at < every ? 1 : step, runs++)
        bad += !one(path, at, false) + !one(path, at, true);
    printf("%-16s %6ld allocations, %4d of them failed, %d bad\n", paths[path].name, n, runs, bad);
    return bad;
}

int test_failed;

int main(int argc, char **argv)
{
    err e = {0};
    int bad = 0;
    db *made;

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    if (!db_available(&(db_options){0}, &e)) {
        printf("skipped: %s\n", e.msg);
        return 77;
    }
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    made = sales_db_open();
    db_close(made);
    setvbuf(stdout, NULL, _IONBF, 0);
    if (!made || !prepare(&e)) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    for (int i = 0; i < N_PATHS; i++)
        if (argc < 2 || !strcmp(argv[1], paths[i].name))
            bad += argc > 2 ? !one(i, atol(argv[2]), argc > 3) : walk(i);
    sem_free(layer);
    weights_close(word_weights);
    arena_free(outside);
    str_deinit(&layer_text);
    str_deinit(&rows_payload);
    str_deinit(&schema_payload);
    str_deinit(&table_payload);
    return bad > 0;
}
