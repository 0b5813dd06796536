/* test_questions.c - the committed questions over the sales database: by the
 * template path alone, the rows must be those of the expected SQL.
 *
 *     test_questions [sales.jsonl [unanswerable.jsonl|- [id]]]
 *
 * Prints each miss with both statements, and how often each word of confidence
 * was right. A question may have further right statements in `also`, where what
 * was asked for can be shown with more or with fewer columns. Fails when a
 * question of the list `tests/questions/known_misses.txt` comes right (the list
 * must shrink) or one outside of it comes wrong. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/file.h"
#include "eval/eval.h"

static agent_context *context;
static str known; /* "\nid reason\nid reason\n" */

static bool is_known_miss(const char *id)
{
    str key = {0};
    bool found;

    str_addf(&key, "\n%s ", id);
    found = strstr(str_text(&known), str_text(&key)) != NULL;
    str_deinit(&key);
    return found;
}

static bool rows_right(const char *gold_sql, const agent_state *s, str *why)
{
    const db_limits wide = {.max_rows = 1000000};
    err e = {0};
    bool ordered, right = false;
    char *uncut_sql = eval_without_limit(gold_sql, &ordered);
    db_result *gold = db_execute(agent_db(context), gold_sql, &wide, &e), *uncut = NULL;

    if (gold && uncut_sql && ordered)
        uncut = db_execute(agent_db(context), uncut_sql, &wide, &e);
    if (!gold)
        str_addf(why, "the expected SQL fails: %s", e.msg);
    else if (!s->results)
        str_addf(why, "no rows: %s", s->error.code ? s->error.message : s->answer);
    else if (uncut)
        right = eval_rows_equal_cut(gold, uncut, s->results, why);
    else
        right = eval_rows_equal(gold, s->results, ordered, why);
    db_result_free(gold);
    db_result_free(uncut);
    free(uncut_sql);
    return right;
}

static agent_state *ask(const char *question)
{
    const agent_options o = {.template_only = true, .no_model = true,
                             .limits = {.max_rows = 1000000}};
    err e = {0};
    agent_state *s = agent_state_new(&e);

    if (!s || !orchestrator_process(context, question, &o, s, &e)) {
        fprintf(stderr, "%s: %s\n", question, e.msg);
        exit(1);
    }
    return s;
}

enum { N_WORDS = 4 };

typedef struct tally {
    int n, right, unexpected;
    int said[N_WORDS], said_right[N_WORDS]; /* by word of confidence; the last: no answer */
} tally;

static const char *const confidence_words[N_WORDS] = {"Sure", "Likely", "Check this", "no answer"};

static int confidence_of(const agent_state *s)
{
    int i = 0;

    if (!s->results)
        return N_WORDS - 1;
    while (i < N_WORDS - 1 && strcmp(s->confidence.word, confidence_words[i]))
        i++;
    return i;
}

static void count(tally *t, const char *id, bool right, const char *question, const char *why,
                  const char *mine, const char *gold)
{
    const bool known_miss = is_known_miss(id);

    t->n++;
    t->right += right;
    if (right == known_miss)
        t->unexpected++;
    if (!right)
        printf("%s %s\n   question %s\n   because  %s\n   sql      %s\n   expected %s\n",
               known_miss ? "known miss" : "MISS", id, question, why, mine, gold);
    else if (known_miss)
        printf("RIGHT NOW, strike it from known_misses.txt: %s\n", id);
}

static void check_sales(json_t *line, tally *t)
{
    const char *id = json_string_value(json_object_get(line, "id")),
               *question = json_string_value(json_object_get(line, "question")),
               *gold = json_string_value(json_object_get(line, "sql"));
    json_t *also = json_object_get(line, "also"), *other;
    agent_state *s = ask(question);
    const int word = confidence_of(s);
    str why = {0}, text = {0};
    bool right = rows_right(gold, s, &why);
    size_t i;

    json_array_foreach(also, i, other)
        right = rows_right(json_string_value(other), s, &text) || right;
    t->said[word]++;
    t->said_right[word] += right;
    str_addf(&why, " [%s]", confidence_words[word]);
    count(t, id, right, question, str_text(&why), s->sql ? s->sql : "", gold);
    str_deinit(&text);
    str_deinit(&why);
    agent_state_free(s);
}

static bool ending_is(const agent_state *s, const char *ending)
{
    if (!strcmp(ending, "not_in_data")) return s->error.code == ERR_NOT_IN_DATA;
    if (!strcmp(ending, "ambiguous")) return s->error.code == ERR_AMBIGUOUS;
    if (!strcmp(ending, "refused")) return s->error.code == ERR_REFUSED;
    if (!strcmp(ending, "help")) return s->error.code == ERR_OK && s->intent == INTENT_HELP;
    return false;
}

static void check_ending(json_t *line, tally *t)
{
    const char *id = json_string_value(json_object_get(line, "id")),
               *question = json_string_value(json_object_get(line, "question")),
               *ending = json_string_value(json_object_get(line, "ending"));
    json_t *accept = json_object_get(line, "accept"), *other;
    agent_state *s = ask(question);
    bool right = ending_is(s, ending);
    size_t i;

    json_array_foreach(accept, i, other)
        right |= ending_is(s, json_string_value(other));
    count(t, id, right, question, s->error.code ? s->error.message : s->answer,
          err_name(s->error.code), ending);
    agent_state_free(s);
}

static bool each_line(const char *path, const char *only, void (*check)(json_t *, tally *),
                      tally *t)
{
    str text = {0};
    err e = {0};
    char *line, *rest;

    if (!file_read(path, 1 << 24, &text, &e)) {
        fprintf(stderr, "%s\n", e.msg);
        return false;
    }
    for (line = strtok_r(text.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *j = json_loads(line, 0, NULL);
        const char *id = json_string_value(json_object_get(j, "id"));

        if (!id) {
            fprintf(stderr, "%s: a line that is not a question\n", path);
            return false;
        }
        if (!only || !strcmp(only, id))
            check(j, t);
        json_decref(j);
    }
    str_deinit(&text);
    return true;
}

int main(int argc, char **argv)
{
    const char *sales = argc > 1 ? argv[1] : SALESBOT_SOURCE_DIR "/tests/questions/sales.jsonl",
               *other = argc > 2 ? argv[2] : SALESBOT_SOURCE_DIR "/tests/questions/unanswerable.jsonl",
               *only = argc > 3 ? argv[3] : NULL;
    str database = {0}, list = {0};
    tally rows = {0}, endings = {0};
    err e = {0};
    bool ok;

    str_adds(&known, "\n");
    if (argc < 2 && file_read(SALESBOT_SOURCE_DIR "/tests/questions/known_misses.txt", 1 << 20, &list, &e))
        str_adds(&known, str_text(&list));
    if (getenv("SALESBOT_DB"))
        str_adds(&database, getenv("SALESBOT_DB"));
    else if (!home_path(&database, "sales.duckdb", &e))
        return 1;
    if (!file_exists(database.text)) {
        fprintf(stderr, "%s is missing: salesbot init makes it\n", database.text);
        return 77;
    }
    context = agent_context_open(&(agent_context_options){.database = database.text,
                                                          .db_threads = 1, .no_model = true}, &e);
    if (!context) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    ok = each_line(sales, only, check_sales, &rows) &&
         (!strcmp(other, "-") || each_line(other, only, check_ending, &endings));
    for (int i = 0; i < N_WORDS; i++)
        printf("%s: %d, right %d\n", confidence_words[i], rows.said[i], rows.said_right[i]);
    printf("rows right: %d of %d; endings right: %d of %d; unexpected: %d\n", rows.right, rows.n,
           endings.right, endings.n, rows.unexpected + endings.unexpected);
    agent_context_close(context);
    str_deinit(&database);
    str_deinit(&known);
    str_deinit(&list);
    return !ok || rows.unexpected + endings.unexpected > 0;
}
