/* Conversations as a text table: what the last question of each was read as, and
 * what it kept. Every whole reading compiles to SQL that the database accepts. */
#include <stdio.h>
#include <stdlib.h>

#include "query_line.h"
#include "sales_world.h"
#include "test.h"

#define TABLE SALESBOT_SOURCE_DIR "/tests/unit/agent/follow_ups.txt"

/* The last question of a conversation, read after all before it. */
static bool read_turns(char *turns, arena *a, understanding *u, err *e)
{
    understood_before before = {0};
    char *next;

    for (char *turn = turns; turn; turn = next) {
        next = strstr(turn, " / ");
        if (next) {
            *next = 0;
            next += 3;
        }
        if (!understand_after(world.layer, world.catalog, &before, turn, a, u, e))
            return false;
        if (u->ending == UNDERSTOOD)
            before = (understood_before){.query = u->query, .intent = u->intent, .set = true};
    }
    return true;
}

static void reading_line(const understanding *u, str *out)
{
    str_addf(out, "%s: ", agent_intent_name(u->intent));
    understanding_line(world.layer, u, out);
    if (u->follows)
        str_adds(out, " ~");
    for (int i = 0; i < u->n_carried; i++)
        str_addf(out, "%s%s", i ? ", " : " ", u->carried[i]);
}

static bool check_conversation(int line, const char *turns, const char *expected, arena *a)
{
    understanding *u = arena_push(a, understanding, 1);
    sem_plan *plan = arena_push(a, sem_plan, 1);
    char *copy = arena_strf(a, "%s", turns);
    str got = {0};
    err e = {0};
    bool same, binds = true;

    if (u && plan && copy && read_turns(copy, a, u, &e)) {
        reading_line(u, &got);
        if (u->can_template) {
            db_result *r = sem_compile(world.layer, &u->query, a, plan, &e) ? db_prepare(world.d, plan->sql, &e) : NULL;
            binds = r != NULL;
            db_result_free(r);
        }
    }
    same = !strcmp(str_text(&got), expected);
    if (!same || !binds)
        fprintf(stderr, "follow_ups.txt:%d: %s\n  expected %s\n       got %s %s\n", line, turns, expected, str_text(&got), e.msg);
    str_deinit(&got);
    return same && binds;
}

static void conversations(void)
{
    char turns[4200], expected[2000];
    int n = 0, wrong = 0, line = 0;
    arena *a = arena_new(128 << 20);
    FILE *f = fopen(TABLE, "r");

    CHECK(a && f && open_world());
    while (fgets(turns, sizeof turns, f)) {
        line++;
        turns[strcspn(turns, "\n")] = 0;
        if (!*turns || *turns == '#')
            continue;
        if (!fgets(expected, sizeof expected, f))
            break;
        expected[strcspn(expected, "\n")] = 0;
        arena_reset(a);
        wrong += !check_conversation(line++, turns, expected, a);
        n++;
    }
    fclose(f);
    arena_free(a);
    printf("follow_ups.txt: %d of %d as expected\n", n - wrong, n);
    CHECK(n >= 40);
    CHECK(wrong == 0);
}

/* What the asker takes away is not kept. */
static void forgotten(void)
{
    static const char *const forget[] = {"West"};
    arena *a = arena_new(64 << 20);
    understanding first, second;
    understood_before before;
    str got = {0};
    err e = {0};

    CHECK(a && open_world());
    CHECK(understand(world.layer, world.catalog, "Sales in the West in 2024", a, &first, &e));
    before = (understood_before){.query = first.query, .intent = first.intent, .set = true, .forget = forget, .n_forget = 1};
    CHECK(understand_after(world.layer, world.catalog, &before, "by month", a, &second, &e));
    reading_line(&second, &got);
    CHECK(!strcmp(str_text(&got), "trend: values sales by month in 2024-01-01..2024-12-31 ~ 2024"));
    str_deinit(&got);
    arena_free(a);
}

static void end(void) { close_world(); }

TEST_MAIN({"conversations", conversations}, {"forgotten", forgotten}, {"end", end})
