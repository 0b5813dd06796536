/* test_conversations.c - the committed conversations over the sales database: by the
 * template path alone, the rows of every turn must be those of its expected SQL or of
 * one that is accepted beside it, and each turn must be seen as what it is, a new
 * topic or one that goes on.
 *
 *     test_conversations [FILE.jsonl [id]]
 *
 * Prints each miss. Fails when a turn of tests/questions/known_misses.txt ("v03.2")
 * comes right, or one outside of it comes wrong. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/file.h"
#include "eval/eval.h"

static agent_context *context;
static str known; /* "\nid reason\nid reason\n" */

typedef struct tally { int n, right, topics_right, unexpected; } tally;

static bool is_known_miss(const char *id)
{
    str key = {0};
    bool found;

    str_addf(&key, "\n%s ", id);
    found = strstr(str_text(&known), str_text(&key)) != NULL;
    str_deinit(&key);
    return found;
}

static bool is_answer(const char *sql, const agent_state *s, str *why)
{
    eval_verdict v = {0};

    str_reset(why);
    if (!eval_judge(agent_db(context), sql, s->results, &v, why))
        exit(1);
    if (!v.gold_runs)
        fprintf(stderr, "the expected SQL does not run: %s\n", sql);
    return v.right;
}

static bool turn_right(const json_t *turn, const agent_state *s, str *why)
{
    const char *sql = json_string_value(json_object_get(turn, "sql"));
    const json_t *accept = json_object_get(turn, "accept");
    bool right;

    if (!sql) { /* nothing to answer: an honest ending */
        str_addf(why, "%s", s->error.code ? s->error.message : "answered");
        return s->error.code == ERR_NOT_IN_DATA || s->error.code == ERR_AMBIGUOUS || s->error.code == ERR_REFUSED;
    }
    if (s->error.code != ERR_OK || !s->results) {
        str_addf(why, "no rows: %s", s->error.code ? s->error.message : s->answer);
        return false;
    }
    right = is_answer(sql, s, why);
    for (size_t i = 0; !right && i < json_array_size(accept); i++)
        right = is_answer(json_string_value(json_array_get(accept, i)), s, why);
    return right;
}

static void check_turn(const char *id, const json_t *turn, const char *const *history, int n_history, tally *t)
{
    const char *question = json_string_value(json_object_get(turn, "question"));
    const bool new_topic = json_is_true(json_object_get(turn, "new_topic"));
    const agent_options o = {.template_only = true, .no_model = true, .limits = {.max_rows = 1000000},
                             .history = history, .n_history = n_history};
    err e = {0};
    agent_state *s = agent_state_new(&e);
    str why = {0};
    bool right;

    if (!s || !orchestrator_process(context, question, &o, s, &e)) {
        fprintf(stderr, "%s: %s\n", question, e.msg);
        exit(1);
    }
    right = turn_right(turn, s, &why);
    t->n++;
    t->right += right;
    t->topics_right += s->follows != new_topic;
    t->unexpected += right == is_known_miss(id);
    if (!right || s->follows == new_topic) {
        printf("%s %s%s %s\n   because  %s\n   sql      %s\n   expected %s\n", right ? "right" : is_known_miss(id) ? "known miss" : "MISS", id,
               s->follows == new_topic ? (new_topic ? ", taken as going on:" : ", taken as a new topic:") : "", question, str_text(&why), s->sql,
               json_string_value(json_object_get(turn, "sql")));
        for (int i = 0; i < n_history; i++)
            printf("   after    %s\n", history[i]);
    } else if (is_known_miss(id)) {
        printf("RIGHT NOW, strike it from known_misses.txt: %s\n", id);
    }
    str_deinit(&why);
    agent_state_free(s);
}

static void check_conversation(const json_t *line, tally *t)
{
    const char *history[AGENT_MAX_HISTORY];
    const json_t *turns = json_object_get(line, "turns");

    for (int i = 0; i < (int)json_array_size(turns) && i < AGENT_MAX_HISTORY; i++) {
        const json_t *turn = json_array_get(turns, (size_t)i);
        char id[64];

        snprintf(id, sizeof id, "%s.%d", json_string_value(json_object_get(line, "id")), i + 1);
        check_turn(id, turn, history, i, t);
        history[i] = json_string_value(json_object_get(turn, "question"));
    }
}

static bool each_line(const char *path, const char *only, tally *t)
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
            fprintf(stderr, "%s: a line that is no conversation\n", path);
            return false;
        }
        if ((!only || !strcmp(only, id)) && !strcmp(json_string_value(json_object_get(j, "db_id")), "sales"))
            check_conversation(j, t);
        json_decref(j);
    }
    str_deinit(&text);
    return true;
}

int main(int argc, char **argv)
{
    const char *file = argc > 1 ? argv[1] : SALESBOT_SOURCE_DIR "/tests/questions/conversations.jsonl";
    str database = {0}, list = {0};
    tally t = {0};
    err e = {0};
    bool ok;

    str_adds(&known, "\n");
    if (argc < 2 && file_read(SALESBOT_SOURCE_DIR "/tests/questions/known_misses.txt", 1 << 20, &list, &e))
        str_adds(&known, str_text(&list));
    if (!home_path(&database, "sales.duckdb", &e))
        return 1;
    if (!file_exists(database.text)) {
        fprintf(stderr, "%s is missing: salesbot init makes it\n", database.text);
        return 77;
    }
    context = agent_context_open(&(agent_context_options){.database = database.text, .db_threads = 1, .no_model = true}, &e);
    if (!context) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    ok = each_line(file, argc > 2 ? argv[2] : NULL, &t);
    printf("turns right: %d of %d; seen as new topic or going on: %d of %d; unexpected: %d\n", t.right, t.n, t.topics_right, t.n, t.unexpected);
    agent_context_close(context);
    str_deinit(&database);
    str_deinit(&known);
    str_deinit(&list);
    return !ok || t.unexpected > 0;
}
