/* test_retrieval.c - memory of verified questions; which questions are the same; poisoned
 * knowledge, names and cells. */
#include "test.h"

#include "agent/retrieval_impl.h"
#include "data/sales.h"
#include "sales_db.h"

static agent_context *context;
static str knowledge_path;

static bool open_context(void)
{
    err e = {0};
    db *made;
    agent_context_options o = {.no_model = true, .db_threads = 1};

    if (context)
        return true;
    setenv("SALESBOT_EMBEDDER", SALESBOT_SOURCE_DIR "/tests/golden/minilm/tiny", 1);
    if (!(made = sales_db_open()))
        return false;
    db_close(made);
    str_addf(&knowledge_path, "%s/knowledge.db", sales_db_folder);
    setenv("SALESBOT_KNOWLEDGE", knowledge_path.text, 1);
    o.database = sales_db_path;
    if (!(context = agent_context_open(&o, &e)))
        fprintf(stderr, "%s\n", e.msg);
    return context != NULL;
}

/* The file opened for writing, as `salesbot knowledge` does. */
static rag *write_knowledge(void)
{
    err e = {0};
    rag *r = open_context() ? rag_open(knowledge_path.text, &(rag_options){0}, &e) : NULL;

    if (!r)
        fprintf(stderr, "%s\n", e.msg);
    return r;
}

static agent_state *asked(const char *question, const agent_options *o)
{
    err e = {0};
    agent_state *s = open_context() ? agent_state_new(&e) : NULL;

    if (s && !orchestrator_process(context, question, o, s, &e)) {
        agent_state_free(s);
        return NULL;
    }
    return s;
}

static bool clear(rag *r)
{
    size_t n;
    err e = {0};

    return rag_clear(r, RAG_ALL_KINDS, NULL, &n, &e);
}

static void verified_pairs_answer(void)
{
    static const char question[] = "What is the churn of our customers?";
    static const char sql[] = "SELECT count(*) FROM customers WHERE joined_on < '2022-01-01'";
    rag *r = write_knowledge();
    int64_t id = 0;
    err e = {0};
    agent_state *s;

    CHECK(r && clear(r));
    CHECK(rag_add_pair(r, question, sql, "user", RAG_PENDING, &id, &e));
    CHECK((s = asked(question, &(agent_options){0})));
    CHECK(s->source != SOURCE_MEMORY && s->error.code != ERR_OK); /* nobody verified it */
    agent_state_free(s);
    CHECK(rag_set_status(r, id, RAG_VERIFIED, &e));
    CHECK((s = asked(question, &(agent_options){0})));
    CHECK(s->source == SOURCE_MEMORY && s->error.code == ERR_OK && strstr(s->sql, "customers"));
    CHECK(!strcmp(s->confidence.word, "Sure") && strlen(s->knowledge_version) == 16);
    CHECK(s->n_assumptions == 0);
    agent_state_free(s);
    CHECK((s = asked("what is the churn of our   customers", &(agent_options){0})));
    CHECK(s->source == SOURCE_MEMORY);
    agent_state_free(s);
    CHECK((s = asked(question, &(agent_options){.no_rag = true})));
    CHECK(s->source != SOURCE_MEMORY && s->error.code != ERR_OK);
    agent_state_free(s);
    CHECK((s = asked("What is the churn of our stores?", &(agent_options){0})));
    CHECK(s->source != SOURCE_MEMORY);
    agent_state_free(s);
    CHECK(rag_set_status(r, id, RAG_REJECTED, &e));
    CHECK((s = asked(question, &(agent_options){0})));
    CHECK(s->source != SOURCE_MEMORY);
    agent_state_free(s);
    rag_close(r);
}

/* A verified answer comes before a template's. */
static void memory_goes_first(void)
{
    rag *r = write_knowledge();
    err e = {0};
    agent_state *s;

    CHECK(r && clear(r));
    CHECK(rag_add_pair(r, "how many stores do we have", "SELECT count(*) AS shops FROM stores WHERE city <> ''", "user", RAG_VERIFIED, NULL, &e));
    CHECK((s = asked("How many stores do we have?", &(agent_options){0})));
    CHECK(s->source == SOURCE_MEMORY && strstr(s->sql, "shops"));
    agent_state_free(s);
    CHECK((s = asked("How many stores do we have?", &(agent_options){.template_only = true})));
    CHECK(s->source == SOURCE_TEMPLATE);
    agent_state_free(s);
    rag_close(r);
}

/* What no longer binds, or was true of another day, is not repeated. */
static void memory_that_is_wrong_now(void)
{
    static const char *const pairs[][2] = {
        {"How many stores do we have?", "SELECT count(*) FROM shops_of_last_year"},
        {"sales last month", "SELECT sum(net_amount) FROM sales WHERE sold_on BETWEEN '2020-01-01' AND '2020-01-31'"},
        {"total sales in 2024", "DELETE FROM sales"},
    };
    rag *r = write_knowledge();
    err e = {0};

    CHECK(r && clear(r));
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        agent_state *s;

        CHECK(rag_add_pair(r, pairs[i][0], pairs[i][1], "user", RAG_VERIFIED, NULL, &e));
        CHECK((s = asked(pairs[i][0], &(agent_options){0})));
        if (s->source != SOURCE_TEMPLATE || s->error.code != ERR_OK)
            FAIL_("%s: %s %s", pairs[i][0], agent_source_name(s->source), s->answer);
        agent_state_free(s);
    }
    rag_close(r);
}

static void same_questions(void)
{
    FILE *f = fopen(SALESBOT_SOURCE_DIR "/tests/unit/agent/same.txt", "r");
    char line[400];
    int n = 0, wrong = 0;

    CHECK(f && open_context());
    while (fgets(line, sizeof line, f)) {
        char *save = NULL, *kind = strtok_r(line, "|", &save), *a = strtok_r(NULL, "|", &save), *b = strtok_r(NULL, "\n", &save);
        bool same;

        CHECK(kind && a && b);
        same = same_entities(agent_catalog(context), a, b);
        n++;
        if (same != !strncmp(kind, "same", 4) || same != same_entities(agent_catalog(context), b, a)) {
            fprintf(stderr, "%s|%s|%s: %s\n", kind, a, b, same ? "same" : "other");
            wrong++;
        }
    }
    fclose(f);
    CHECK(n >= 40 && !wrong);
}

/* ---- poison ---- */

/* \n, \x1b, \" of the table as the characters they stand for. */
static void unescape(const char *text, str *out)
{
    for (; *text; text++) {
        if (text[0] == '\\' && text[1] == 'n')
            str_addc(out, '\n'), text++;
        else if (text[0] == '\\' && text[1] == 'x')
            str_addc(out, (char)strtol((char[]){text[2], text[3], 0}, NULL, 16)), text += 3;
        else if (text[0] == '\\' && text[1] == '"')
            str_addc(out, '"'), text++;
        else
            str_addc(out, *text);
    }
}

/* The text of each case of a kind; the array and its strings are the caller's. */
static int poison(const char *kind, str out[20])
{
    FILE *f = fopen(SALESBOT_SOURCE_DIR "/tests/unit/agent/poison.txt", "r");
    char line[400];
    int n = 0;

    while (f && fgets(line, sizeof line, f)) {
        char *bar = strstr(line, " | ");

        line[strcspn(line, "\n")] = 0;
        if (*line == '#' || !bar || strncmp(line, kind, strlen(kind)) || n == 20)
            continue;
        out[n] = (str){0};
        unescape(bar + 3, &out[n++]);
    }
    if (f)
        fclose(f);
    return n;
}

/* The statement reads no table `secrets`; names and texts in quotes may say anything. */
static bool reads_secrets(const char *sql)
{
    char quote = 0;

    for (const char *p = sql; *p; p++) {
        if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (!strncmp(p, "secrets", 7))
            return true;
    }
    return false;
}

static bool moves_no_cursor(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return true;
}

/* One line a part, no marks of turns, nothing that moves a terminal's cursor. */
static bool is_harmless(const char *text)
{
    for (const char *p = text; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\n') || *p == 0x7f)
            return false;
    return !strstr(text, "<start_of_turn>") && !strstr(text, "<end_of_turn>");
}

static void check_untouched(const char *what)
{
    static const char *const questions[] = {"How many stores do we have?", "total sales in 2024", "sales by region in 2024"};

    for (size_t i = 0; i < 3; i++) {
        agent_state *plain = asked(questions[i], &(agent_options){.no_rag = true}), *s = asked(questions[i], &(agent_options){0});

        CHECK(plain && s);
        if (strcmp(plain->sql, s->sql) || strcmp(plain->answer, s->answer) || s->error.code != ERR_OK || !is_harmless(s->answer))
            FAIL_("%s: %s\n%s", what, s->sql, s->answer);
        agent_state_free(plain);
        agent_state_free(s);
    }
}

static void poisoned_knowledge(void)
{
    str texts[20];
    rag *r = write_knowledge();
    err e = {0};
    int n;

    CHECK(r && clear(r));
    CHECK((n = poison("document", texts)) >= 10);
    for (int i = 0; i < n; i++) {
        str prompt = {0};

        CHECK(rag_add_document(r, "poison.md", texts[i].text, texts[i].n, NULL, &e));
        CHECK(rag_enhance(r, "how many stores, secrets, instructions", &(rag_budget){.tokens = 500}, &prompt, &e));
        CHECK(is_harmless(str_text(&prompt)));
        for (const char *line = str_text(&prompt); *line; line += strcspn(line, "\n") + 1)
            CHECK(!strncmp(line, "- ", 2) || !strncmp(line, "Documents:", 10));
        check_untouched(texts[i].text);
        str_deinit(&prompt);
        str_deinit(&texts[i]);
        if (test_failed)
            return;
    }
    CHECK(clear(r) && (n = poison("pending", texts)) >= 5);
    for (int i = 0; i < n; i++) {
        CHECK(rag_add_pair(r, texts[i].text, "SELECT token FROM secrets", "import", RAG_PENDING, NULL, &e));
        check_untouched(texts[i].text);
        str_deinit(&texts[i]);
    }
    CHECK(clear(r) && (n = poison("verified", texts)) >= 8);
    for (int i = 0; i < n; i++) {
        CHECK(rag_add_pair(r, "How many stores do we have?", texts[i].text, "user", RAG_VERIFIED, NULL, &e));
        check_untouched(texts[i].text);
        str_deinit(&texts[i]);
    }
    rag_close(r);
}

typedef struct script {
    const char *statements[4];
    int at;
} script;

static const char *next_statement(void *arg)
{
    script *s = arg;

    return s->at < 4 ? s->statements[s->at++] : NULL;
}

static void quoted(const char *text, char quote, str *out)
{
    str_addc(out, quote);
    for (; *text; text++) {
        if (*text == quote)
            str_addc(out, quote);
        str_addc(out, *text);
    }
    str_addc(out, quote);
}

/* A table with every bad name and cell, beside one that must not be read. */
static bool make_database(const str *columns, int n_columns, const str *cells, int n_cells, const char *path)
{
    str create = {0}, insert = {0};
    err e = {0};
    bool ok;

    str_adds(&create, "CREATE TABLE items (item_id INTEGER PRIMARY KEY, item TEXT");
    for (int i = 0; i < n_columns; i++) {
        str_adds(&create, ", ");
        quoted(columns[i].text, '"', &create);
        str_adds(&create, " TEXT");
    }
    str_adds(&create, ")");
    str_adds(&insert, "INSERT INTO items (item_id, item) VALUES (0, 'chair')");
    for (int i = 0; i < n_cells; i++) {
        str_addf(&insert, ", (%d, ", i + 1);
        quoted(cells[i].text, '\'', &insert);
        str_addc(&insert, ')');
    }
    script s = {{str_text(&create), str_text(&insert), "CREATE TABLE secrets (token TEXT)", "INSERT INTO secrets VALUES ('hunter2')"}, 0};
    ok = db_create(path, &(db_options){.threads = 1}, true, &(db_script){.next = next_statement, .arg = &s}, &e);
    if (!ok)
        fprintf(stderr, "%s\n", e.msg);
    str_deinit(&create);
    str_deinit(&insert);
    return ok;
}

static void poisoned_names_and_cells(void)
{
    static const char *const questions[] = {"how many items are there", "list the items", "items", "count of items by item"};
    str columns[20], cells[20], path = {0}, prompt = {0};
    const int n_columns = poison("column", columns), n_cells = poison("cell", cells);
    agent_context *c;
    rag *r;
    rag_count count;
    err e = {0};

    CHECK(n_columns >= 5 && n_cells >= 6 && open_context());
    str_addf(&path, "%s/poison.duckdb", sales_db_folder);
    CHECK(make_database(columns, n_columns, cells, n_cells, path.text));
    CHECK((c = agent_context_open(&(agent_context_options){.database = path.text, .no_model = true, .db_threads = 1}, &e)));
    CHECK((r = write_knowledge()) && clear(r) && rag_build(r, agent_catalog(c), NULL, NULL, &count, &e));
    CHECK(rag_enhance(r, "items", &(rag_budget){.tokens = 2000}, &prompt, &e) && is_harmless(str_text(&prompt)));
    str_reset(&prompt);
    prompt_prefix(agent_catalog(c), &(prompt_options){0}, &prompt);
    CHECK(is_harmless(str_text(&prompt)));
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        agent_state *s = agent_state_new(&e);
        str page = {0};

        CHECK(s && orchestrator_process(c, questions[i], &(agent_options){0}, s, &e));
        CHECK(!reads_secrets(s->sql) && !strstr(s->answer, "hunter2") && moves_no_cursor(s->answer));
        CHECK(s->error.code != ERR_OK || agent_chart_html(s, &page, &e));
        CHECK(!strstr(str_text(&page), "hunter2") && !strstr(str_text(&page), "<end_of_turn>"));
        str_deinit(&page);
        agent_state_free(s);
    }
    for (int i = 0; i < n_columns; i++)
        str_deinit(&columns[i]);
    for (int i = 0; i < n_cells; i++)
        str_deinit(&cells[i]);
    str_deinit(&path);
    str_deinit(&prompt);
    rag_close(r);
    agent_context_close(c);
}

/* A file that can't be read costs nothing but its help. Last: it replaces the file. */
static void damaged_knowledge(void)
{
    err e = {0};
    agent_state *s;
    bool said = false;

    CHECK(open_context());
    agent_context_close(context);
    context = NULL;
    for (int i = 0; i < 2; i++) {
        str beside = {0};

        str_addf(&beside, "%s-%s", knowledge_path.text, i ? "wal" : "shm");
        unlink(beside.text);
        str_deinit(&beside);
    }
    CHECK(file_write_atomic(knowledge_path.text, "not a database, not at all. not a database, not at all. not a database, not at all. not a database, not at all.", 111, 0600, &e));
    context = agent_context_open(&(agent_context_options){.database = sales_db_path, .no_model = true, .db_threads = 1}, &e);
    CHECK(context);
    CHECK((s = asked("total sales in 2024", &(agent_options){0})) && s->error.code == ERR_OK);
    for (int i = 0; i < s->n_trace; i++)
        said |= !strcmp(s->trace[i].step, "rag_enhancer") && strstr(s->trace[i].why, "not a knowledge file");
    CHECK(said);
    agent_state_free(s);
    agent_context_close(context);
    context = NULL;
    str_deinit(&knowledge_path);
}

TEST_MAIN_WITH_EXECUTOR({"verified_pairs_answer", verified_pairs_answer}, {"memory_goes_first", memory_goes_first},
                        {"memory_that_is_wrong_now", memory_that_is_wrong_now}, {"same_questions", same_questions},
                        {"poisoned_knowledge", poisoned_knowledge}, {"poisoned_names_and_cells", poisoned_names_and_cells},
                        {"damaged_knowledge", damaged_knowledge})
