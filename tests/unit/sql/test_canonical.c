/* test_canonical.c - canonical.txt: every spelling becomes the one, and that one
 * stays as it is. Then, where the training data is there, all of its statements. */
#include <jansson.h>

#include "cases.h"
#include "sql/canonical.h"

#include "schemas.h"
#include "test.h"

#define HERE SALESBOT_SOURCE_DIR "/tests/unit/sql/"

static void one(case_file *c, const char *spelling, const char *want)
{
    arena *a = arena_new(64u << 20);
    err e = {0};
    const char *got = sql_canonical(a, spelling, &c->catalog, &e);

    c->n++;
    if (want[0] == '!') {
        if (got || !strstr(e.msg, want + 2))
            failed(c, spelling, want, got ? got : e.msg);
    } else if (!got || strcmp(got, want + 2))
        failed(c, spelling, want + 2, got ? got : e.msg);
    else if (!(got = sql_canonical(a, got, &c->catalog, &e)) || strcmp(got, want + 2))
        failed(c, want + 2, want + 2, got ? got : e.msg);
    arena_free(a);
}

static void block(case_file *c, char **lines, int n)
{
    if (!strcmp(lines[0], "catalog")) {
        c->catalog = (db_catalog){.database = "test"};
        for (int i = 1; i < n; i++)
            add_table(c, lines[i]);
        return;
    }
    for (int i = 0; i + 1 < n; i++)
        one(c, lines[i], lines[n - 1]);
}

static void spellings(void)
{
    case_file c = {.a = arena_new(16u << 20), .file = HERE "canonical.txt"};
    str text = {0};
    err e = {0};
    char *lines[64], *next;
    int n = 0;

    CHECK(file_read(c.file, 1u << 20, &text, &e));
    for (char *line = text.text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        c.line++;
        if (line[0] && line[0] != '#' && n < 64)
            lines[n++] = line;
        if ((!line[0] || !next) && n) {
            block(&c, lines, n);
            n = 0;
        }
    }
    if (c.n_failed)
        FAIL_("%d of %d spellings", c.n_failed, c.n);
    CHECK(c.n >= 40);
    str_deinit(&text);
    arena_free(c.a);
}

/* Every statement of the training data has a canonical form that is its own. */
static void training_data(void)
{
    schemas s;
    char *line = NULL;
    size_t cap = 0;
    FILE *f = schemas_open(&s) ? fopen(schemas_path(&s, "train.jsonl"), "r") : NULL;
    int n = 0, n_same = 0;

    while (f && getline(&line, &cap, f) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *sql = json_string_value(json_object_get(row, "sql"));
        arena *a = arena_new(64u << 20);
        err e = {0};
        const db_catalog c = schemas_catalog(&s, a, json_string_value(json_object_get(row, "db_id")));
        char *once = sql && c.n_tables ? sql_canonical(a, sql, &c, &e) : NULL;
        const char *twice = once ? sql_canonical(a, once, &c, &e) : NULL;

        n += sql != NULL && c.n_tables;
        n_same += twice && !strcmp(once, twice);
        arena_free(a);
        json_decref(row);
    }
    free(line);
    if (f)
        fclose(f);
    else
        fprintf(stderr, "training data: skipped, $SALESBOT_DATA is not there\n");
    schemas_close(&s);
    CHECK(n_same >= n - n / 200);
}

TEST_MAIN({"spellings", spellings}, {"training_data", training_data})
