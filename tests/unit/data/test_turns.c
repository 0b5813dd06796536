/* test_turns.c - lines of training examples: what is taken, what is named and passed over. */
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "data/turns.h"
#include "test.h"

#define USER "{\"role\":\"user\",\"content\":\"ab\"}"
#define ANSWER "{\"role\":\"assistant\",\"content\":\"FROM t\"}"

static const struct { const char *line, *wrong; } examples[] = {
    {"{\"messages\":[" USER "," ANSWER "]}", NULL},
    {"{\"messages\":[" USER ",{\"role\":\"model\",\"content\":\"x\"}],\"prefix\":2,\"db_id\":7}", NULL},
    {"{\"messages\":[" USER "," ANSWER "],\"prefix\":null,\"more\":[1,2]}", NULL},
    {"{\"messages\":[" USER "," ANSWER "],\"prefix\":3}", "prefix"},
    {"{\"messages\":[" USER "," ANSWER "],\"prefix\":-1}", "prefix"},
    {"{\"messages\":[" USER "," ANSWER "],\"prefix\":\"1\"}", "prefix"},
    {"{\"messages\":[" USER "]}", "list of two"},
    {"{\"messages\":[" ANSWER "," USER "]}", "role \"user\""},
    {"{\"messages\":[" USER "," USER "]}", "role \"assistant\""},
    {"{\"messages\":[" USER "," ANSWER "," USER "]}", "list of two"},
    {"{\"messages\":[" USER ",{\"role\":\"assistant\",\"content\":\"\"}]}", "no text"},
    {"{\"messages\":[" USER ",{\"role\":\"assistant\"}]}", "no text"},
    {"{\"text\":\"x\"}", "list of two"},
    {"[1]", "not a JSON object"},
    {"{\"messages\":", "column"},
    {"{\"messages\":[],\"messages\":[]}", "duplicate"},
    {"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}," ANSWER "]}", "decode byte"},
};
enum { N = sizeof examples / sizeof examples[0] };

static void test_lines(void)
{
    for (int i = 0; i < N; i++) {
        turn t;
        err e = {0};
        const bool ok = turn_parse(examples[i].line, strlen(examples[i].line), &t, &e);

        CHECK(ok == !examples[i].wrong);
        if (ok)
            turn_deinit(&t);
        else if (!strstr(e.msg, examples[i].wrong) || e.code != ERR_FORMAT)
            FAIL_("case %d: %s", i, e.msg);
    }
}

static bool take(void *arg, const turn *t, err *e)
{
    (void)arg;
    return t->n_answer > 1 || err_set(e, ERR_LIMIT, "long");
}

static bool give_up(void *arg, const turn *t, err *e)
{
    (void)arg, (void)t;
    return err_set(e, ERR_NOMEM, "enough");
}

static void complain(void *arg, const char *text) { str_addf(arg, "%s\n", text); }

static void test_file(void)
{
    char path[] = "/tmp/test_turns.XXXXXX", first[64];
    FILE *f = fdopen(mkstemp(path), "w");
    turn_counts n;
    str told = {0};
    err e = {0};

    CHECK(f);
    fputs("\n", f);
    for (int i = 0; i < N; i++)
        fprintf(f, "%s\r\n", examples[i].line);
    fclose(f);
    CHECK(turns_read(path, take, complain, &told, &n, &e));
    CHECK(n.lines == N + 1 && n.taken == 2 && n.too_long == 1 && n.wrong == N - 3);
    snprintf(first, sizeof first, "%s:5: ", path); /* the first wrong one, counted from the blank line */
    CHECK(strstr(told.text, first));
    CHECK(!turns_read(path, give_up, complain, &told, &n, &e) && e.code == ERR_NOMEM);
    CHECK(!truncate(path, 1));
    CHECK(!turns_read(path, take, NULL, NULL, &n, &e) && e.code == ERR_ARG && strstr(e.msg, "no examples"));
    unlink(path);
    CHECK(!turns_read(path, take, NULL, NULL, &n, &e) && e.code == ERR_IO);
    CHECK(!turns_read("/tmp", take, NULL, NULL, &n, &e) && e.code == ERR_IO);
    str_deinit(&told);
}

TEST_MAIN({"lines", test_lines}, {"file", test_file})
