/* test_orchestrator.c - whole questions on the sample database: steps, fallbacks,
 * endings, the sentence against its rows. Skipped where there is no database. */
#include <stdlib.h>
#include <unistd.h>

#include "db/db.h"
#include "said.h"
#include "test.h"

static agent_context *context;

static bool open_context(void)
{
    const char *path = getenv("SALESBOT_DB");
    str home = {0};
    err e = {0};
    agent_context_options o = {.no_model = true, .db_threads = 1};

    if (context)
        return true;
    if (!path && home_path(&home, "sales.duckdb", &e))
        path = str_text(&home);
    if (!path || !file_exists(path)) {
        printf("skipped: no sample database\n");
        exit(77);
    }
    o.database = path;
    context = agent_context_open(&o, &e);
    if (!context)
        fprintf(stderr, "%s\n", e.msg);
    str_deinit(&home);
    return context != NULL;
}

/* The state of a question; the caller frees it. NULL when nothing could be filled. */
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

static const char *const questions[] = {
    "total sales in 2024", "Sales by region in 2024", "Top 5 stores by sales in 2024",
    "sales per month 2024", "growth 2025 by region", "How much did sales grow in 2025, in per cent?",
    "Compare sales in 2024 with 2023.", "East versus West, sales 2025", "How many stores do we have?",
    "share of each region in total sales 2024", "Why did sales fall in March 2025 in West, by store?",
    "Which products have never been sold?", "Sales by weekday in 2025", "Yearly turnover",
    "Sales by region, 2025 compared with 2024", "margin % by quarter since the start of 2024",
    "sales by fiscal period in FY24", "Compare sales this year with last year.",
    "The three strongest stores in each region last year", "average basket 2025"};

static void sentences_say_what_the_rows_hold(void)
{
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        agent_state *s = asked(questions[i], &(agent_options){.no_model = true});

        CHECK(s);
        if (s->error.code != ERR_OK || !s->results || !*s->answer)
            FAIL_("%s: %s", questions[i], s->error.message);
        if (uncovered(s, s->answer))
            FAIL_("%s: a number without its origin: %s", questions[i], s->answer);
        if (s->n_trace < 8 || strcmp(s->trace[0].step, "intent_classifier") ||
            strcmp(s->trace[s->n_trace - 1].step, "answer"))
            FAIL_("%s: not every step is in the trace", questions[i]);
        agent_state_free(s);
    }
}

static char *bytes_of(const char *question)
{
    err e = {0};
    agent_state *s = asked(question, &(agent_options){.no_model = true});
    json_t *o = s ? agent_state_json(s, false, &e) : NULL;
    char *text = o ? json_dumps(o, JSON_SORT_KEYS) : NULL;

    json_decref(o);
    agent_state_free(s);
    return text;
}

static void equal_questions_give_equal_bytes(void)
{
    char *one = bytes_of("Sales by region in 2024"), *two = bytes_of("Sales by region in 2024");

    CHECK(one && two && !strcmp(one, two));
    free(one);
    free(two);
}

static void typed_sql_goes_through_the_guard(void)
{
    static const struct { const char *sql; err_code code; } typed[] = {
        {"SELECT region, country FROM regions", ERR_OK},
        {"FROM regions SELECT count(*)", ERR_OK},
        {"DELETE FROM sales", ERR_REFUSED},
        {"DROP TABLE sales; SELECT 1", ERR_REFUSED},
        {"SELECT * FROM read_csv('/etc/passwd')", ERR_REFUSED},
        {"SELECT * FROM '/etc/passwd'", ERR_REFUSED},
        {"WITH d AS (DELETE FROM sales RETURNING *) SELECT * FROM d", ERR_REFUSED},
        {"SELECT regoin FROM regions", ERR_NOT_FOUND}};

    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        agent_state *s = asked("", &(agent_options){.sql = typed[i].sql});

        CHECK(s);
        if (s->error.code != typed[i].code && !(typed[i].code == ERR_REFUSED && s->error.code == ERR_NOT_FOUND))
            FAIL_("%s: %s (%s)", typed[i].sql, err_name(s->error.code), s->error.message);
        CHECK((s->results != NULL) == (typed[i].code == ERR_OK));
        agent_state_free(s);
    }
}

static void rows_without_an_order_are_sorted(void)
{
    agent_state *s = asked("", &(agent_options){.sql = "SELECT store FROM stores", .limits = {.max_rows = 7}});
    char one[64], two[64];

    CHECK(s && s->results && s->results->n_rows == 7 && s->results->truncated);
    for (int64_t i = 1; i < 7; i++)
        CHECK(strcmp(db_cell_text(s->results, i - 1, 0, one), db_cell_text(s->results, i, 0, two)) <= 0);
    CHECK(s->n_left_out == 1 && strstr(s->left_out[0], "first 7"));
    CHECK(!strstr(s->sql, "ORDER BY")); /* shown as given, the trace says the rest */
    agent_state_free(s);
}

static void suggestions_can_be_answered(void)
{
    agent_state *s = asked("How did the weather affect sales in March 2025?",
                           &(agent_options){.no_model = true}), *again;

    CHECK(s && s->error.code == ERR_NOT_IN_DATA && strstr(s->answer, "weather"));
    CHECK(s->n_choices > 0 && !s->results && !*s->sql);
    for (int i = 0; i < s->n_choices; i++) {
        again = asked(s->choices[i], &(agent_options){.no_model = true});
        if (!again || again->error.code != ERR_OK)
            FAIL_("suggested, but not answered: %s", s->choices[i]);
        agent_state_free(again);
    }
    agent_state_free(s);
}

static void help_names_what_can_be_asked(void)
{
    agent_state *s = asked("What can I ask?", &(agent_options){.no_model = true});

    CHECK(s && s->error.code == ERR_OK && s->intent == INTENT_HELP && s->n_choices >= 5);
    CHECK(strstr(s->answer, "sales") && strstr(s->answer, "region"));
    agent_state_free(s);
}

static void an_ambiguous_question_can_be_picked(void)
{
    static const char question[] = "How many active customers do we have?";
    agent_state *s = asked(question, &(agent_options){.no_model = true});

    CHECK(s && s->error.code == ERR_AMBIGUOUS && s->n_choices > 1);
    agent_state_free(s);
    s = asked(question, &(agent_options){.no_model = true, .pick = 1});
    CHECK(s && s->error.code == ERR_OK && s->results && !strcmp(s->question, question));
    agent_state_free(s);
    s = asked(question, &(agent_options){.no_model = true, .pick = 99});
    CHECK(s && s->error.code == ERR_ARG && strstr(s->answer, "99"));
    agent_state_free(s);
}

static void no_rows_names_the_culprit(void)
{
    static const struct { const char *question, *word; } empty[] = {
        {"sales in 2027", "2026-05-20"}, {"Stores with sales above 900 million in 2024", "900,000,000"}};

    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        agent_state *s = asked(empty[i].question, &(agent_options){.no_model = true});

        CHECK(s);
        if (!strstr(s->answer, empty[i].word))
            FAIL_("%s: %s", empty[i].question, s->answer);
        agent_state_free(s);
    }
}

static void bad_questions_are_refused(void)
{
    static const char *const bad[] = {"", "   ", "sales \x1b[2J 2024", "sales \xff\xfe"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        agent_state *s = asked(bad[i], &(agent_options){.no_model = true});
        json_t *o = s ? agent_state_json(s, true, &e) : NULL;

        CHECK(s && s->error.code == ERR_ARG && *s->answer && o);
        json_decref(o);
        agent_state_free(s);
    }
}

static void unused_words_are_never_sure(void)
{
    agent_state *s = asked("Sales by region in 2024 frobnicated", &(agent_options){.no_model = true});

    CHECK(s && s->error.code == ERR_OK && !strcmp(s->confidence.word, "Check this"));
    CHECK(strstr(s->answer, "I did not use: 'frobnicated'") && s->n_unused_words == 1);
    agent_state_free(s);
    agent_context_close(context);
    context = NULL;
}

TEST_MAIN_WITH_EXECUTOR({"sentences_say_what_the_rows_hold", sentences_say_what_the_rows_hold},
                        {"equal_questions_give_equal_bytes", equal_questions_give_equal_bytes},
                        {"typed_sql_goes_through_the_guard", typed_sql_goes_through_the_guard},
                        {"rows_without_an_order_are_sorted", rows_without_an_order_are_sorted},
                        {"suggestions_can_be_answered", suggestions_can_be_answered},
                        {"help_names_what_can_be_asked", help_names_what_can_be_asked},
                        {"an_ambiguous_question_can_be_picked", an_ambiguous_question_can_be_picked},
                        {"no_rows_names_the_culprit", no_rows_names_the_culprit},
                        {"bad_questions_are_refused", bad_questions_are_refused},
                        {"unused_words_are_never_sure", unused_words_are_never_sure})
