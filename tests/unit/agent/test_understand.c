/* The text tables of questions: each must be read as the line below it says,
 * and what is read whole must compile to SQL that the database accepts. */
#include <stdio.h>
#include <stdlib.h>

#include "query_line.h"
#include "sales_world.h"
#include "test.h"

#define HERE SALESBOT_SOURCE_DIR "/tests/unit/agent/"

/* One case: the reading as a line, and the SQL prepared. False after a message. */
static bool check_case(const char *file, int line, const char *question, const char *expected, arena *a)
{
    understanding *u = arena_push(a, understanding, 1);
    sem_plan *plan = arena_push(a, sem_plan, 1);
    str got = {0};
    err e = {0};
    bool ok = u && plan && understand(world.layer, world.catalog, question, a, u, &e);
    bool binds = true;

    if (ok) {
        str_addf(&got, "%s: ", agent_intent_name(u->intent));
        understanding_line(world.layer, u, &got);
        ok = !strcmp(str_text(&got), expected);
        if (ok && u->can_template) {
            db_result *r = sem_compile(world.layer, &u->query, a, plan, &e) ? db_prepare(world.d, plan->sql, &e) : NULL;
            /* "not in data" is an answer too: sales by closure reason */
            binds = r || e.code == ERR_NOT_IN_DATA || e.code == ERR_ARG;
            db_result_free(r);
        }
    }
    if (!ok || !binds)
        fprintf(stderr, "%s:%d: %s\n  expected %s\n       got %s%s%s\n", file, line, question, expected, str_text(&got),
                *e.msg ? "\n     error " : "", e.msg);
    str_deinit(&got);
    return ok && binds;
}

static void run_table(const char *name, int least)
{
    char path[300], question[4200], expected[2000];
    int n = 0, wrong = 0, line = 0;
    arena *a = arena_new(64 << 20);
    FILE *f;

    CHECK(a && open_world());
    snprintf(path, sizeof path, HERE "%s", name);
    f = fopen(path, "r");
    CHECK(f);
    while (fgets(question, sizeof question, f)) {
        line++;
        question[strcspn(question, "\n")] = 0;
        if (!*question || *question == '#')
            continue;
        if (!fgets(expected, sizeof expected, f))
            break;
        expected[strcspn(expected, "\n")] = 0;
        arena_reset(a);
        wrong += !check_case(name, ++line - 1, question, expected, a);
        n++;
    }
    fclose(f);
    arena_free(a);
    printf("%s: %d of %d as expected\n", name, n - wrong, n);
    CHECK(n >= least);
    CHECK(wrong == 0);
}

static void totals(void)      { run_table("totals.txt", 80); }
static void trends(void)      { run_table("trends.txt", 40); }
static void shares(void)      { run_table("shares.txt", 60); }
static void conditions(void)  { run_table("conditions.txt", 60); }
static void strangers(void)   { run_table("strangers.txt", 80); }

/* What is no question at all is an error that says what to do. */
static void bad_input(void)
{
    static char long_text[100001];
    static const struct { const char *text; const char *says; } cases[] = {
        {"", "empty"}, {"   \n\t ", "empty"}, {"???", "empty"}, {"sales \xff in 2024", "UTF-8"}, {"sales \x01 in 2024", "control"},
        {long_text, "bytes"}, {"sales\x7f", "control"}, {"\xed\xa0\x80 sales", "UTF-8"},
    };
    arena *a = arena_new(64 << 20);

    CHECK(a && open_world());
    memset(long_text, 'a', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        understanding u;
        err e = {0};

        CHECK(!understand(world.layer, world.catalog, cases[i].text, a, &u, &e));
        CHECK(e.code == ERR_ARG);
        CHECK(strstr(e.msg, cases[i].says));
    }
    arena_free(a);
}

/* The longest question that is allowed, and many words, end in an answer or an
 * error, never in a crash. */
static void long_questions(void)
{
    static const char *const words[] = {"sales", " by region", " vs", " 2024", " not", " top 5", " excluding Audio", " of", " \xc3\xa9", "-", " in March", " 1,5"};
    arena *a = arena_new(256 << 20);
    char text[UNDERSTAND_MAX_BYTES + 1];

    CHECK(a && open_world());
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        understanding u;
        err e = {0};
        size_t n = 0;

        while (n + strlen(words[w]) < 1500) {
            memcpy(text + n, words[w], strlen(words[w]));
            n += strlen(words[w]);
        }
        text[n] = 0;
        arena_reset(a);
        if (!understand(world.layer, world.catalog, text, a, &u, &e))
            CHECK(e.code == ERR_ARG);
    }
    arena_free(a);
}

static void words_know_their_use(void)
{
    arena *a = arena_new(64 << 20);
    understanding u;
    err e = {0};

    CHECK(a && open_world());
    CHECK(understand(world.layer, world.catalog, "Sales by region in Swizerland, frobnicated, in 2024", a, &u, &e));
    CHECK(u.n_words == 8);
    CHECK(u.words[0].use == USE_METRIC && u.words[2].use == USE_GROUP && u.words[4].use == USE_FILTER && u.words[7].use == USE_TIME);
    CHECK(u.words[4].offset == 19 && u.words[4].n_bytes == 10);
    CHECK(u.n_unused == 1 && !strcmp(u.unused[0], "frobnicated"));
    CHECK(u.ending == UNDERSTOOD_PARTLY && !u.can_template);
    CHECK(u.corrected && u.n_notes >= 1 && strstr(u.notes[0], "Swizerland"));
    arena_free(a);
    close_world();
}

TEST_MAIN_WITH_EXECUTOR({"totals", totals}, {"trends", trends}, {"shares", shares}, {"conditions", conditions},
                        {"strangers", strangers}, {"bad_input", bad_input}, {"long_questions", long_questions},
                        {"words_know_their_use", words_know_their_use})
