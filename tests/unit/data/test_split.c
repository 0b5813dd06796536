/* test_split.c - what belongs together stays together; a fifth of each category is for validation. */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "data/data.h"
#include "test.h"

static char folder[] = "/tmp/salesbot-split-XXXXXX";

static void add(str *s, int question, int statement, const char *template, const char *category)
{
    str_addf(s, "{\"messages\":[{\"role\":\"user\",\"content\":\"u\"},{\"role\":\"assistant\",\"content\":\"FROM t SELECT %d\"}],"
                "\"db_id\":\"d\",\"category\":\"%s\",\"question\":\"Q %d?\"%s%s%s}\n", statement, category, question,
             *template ? ",\"template\":\"" : "", template, *template ? "\"" : "");
}

static bool split(const str *lines, int64_t *train, int64_t *val, int64_t *malformed, err *e)
{
    char file[100];

    snprintf(file, sizeof file, "%s/in.jsonl", folder);
    return file_write_atomic(file, str_text(lines), lines->n, 0600, e) && data_split(file, folder, 1, train, val, malformed, e);
}

static str side(const char *name)
{
    char file[200];
    str s = {0};
    err e = {0};

    snprintf(file, sizeof file, "%s/training_data_%s.jsonl", folder, name);
    if (!file_read(file, 1 << 24, &s, &e))
        fprintf(stderr, "%s\n", e.msg);
    return s;
}

/* Is `mark` on one side only? */
static bool on_one_side(const char *mark)
{
    str train = side("train"), val = side("val");
    const bool one = !strstr(str_text(&train), mark) != !strstr(str_text(&val), mark);

    str_deinit(&train);
    str_deinit(&val);
    return one;
}

static void groups_stay_together(void)
{
    int64_t train, val, malformed;
    str lines = {0};
    err e = {0};

    for (int i = 0; i < 200; i++)
        add(&lines, i, i / 2, "", i < 100 ? "trend" : "share"); /* two questions a statement */
    add(&lines, 0, 900, "", "trend");                           /* a question asked twice */
    str_adds(&lines, "{\"no\": \"example\"}\nno json\n");
    CHECK(split(&lines, &train, &val, &malformed, &e));
    str_deinit(&lines);
    CHECK(train + val == 201 && val == 40 && malformed == 2);
    for (int i = 0; i < 100; i++) {
        char mark[40];

        snprintf(mark, sizeof mark, "SELECT %d\"", i);
        CHECK(on_one_side(mark));
    }
    CHECK(on_one_side("\"Q 0?\""));
}

static void categories_are_shared_out(void)
{
    str val = side("val");
    int trend = 0, share = 0;

    for (const char *p = str_text(&val); (p = strstr(p, "\"category\":\"")); p += 12)
        *(p[12] == 't' ? &trend : &share) += 1;
    str_deinit(&val);
    CHECK(trend == 20 && share == 20);
}

static void frames_stay_together(void)
{
    int64_t train, val, malformed;
    str lines = {0};
    err e = {0};

    for (int i = 0; i < 100; i++) {
        char template[40];

        snprintf(template, sizeof template, "layer 1.%d", i % 10);
        add(&lines, i, i, template, "trend");
    }
    CHECK(split(&lines, &train, &val, &malformed, &e));
    CHECK(train == 80 && val == 20);
    for (int i = 0; i < 10; i++) {
        char mark[40];

        snprintf(mark, sizeof mark, "\"layer 1.%d\"", i);
        CHECK(on_one_side(mark));
    }
    str_reset(&lines);
    add(&lines, 1, 1, "", "x");
    CHECK(!split(&lines, &train, &val, &malformed, &e) && e.code == ERR_FORMAT);
    str_deinit(&lines);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {{"groups_stay_together", groups_stay_together},
                                      {"categories_are_shared_out", categories_are_shared_out},
                                      {"frames_stay_together", frames_stay_together}};
    char command[80];
    int code;

    if (!mkdtemp(folder))
        return 1;
    code = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) ? 1 : code;
}
