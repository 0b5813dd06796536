/* fuzz_records.c - any text as training data, as a schema, as CREATE TABLE, as a question.
 *
 * The first byte says as what. A schema that is read makes a prompt without turn
 * marks; a record has either its parts or a reason. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/data_impl.h"
#include "rag/prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void as_records(const char *text, size_t n)
{
    const int file = memfd_create("records", 0);
    char path[40];
    records r;
    err e = {0};

    if (file < 0)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, text, n) == (ssize_t)n && (n < 4 || memcmp(text, "PAR1", 4))) {
        if (records_read(path, &r, &e))
            for (int64_t i = 0; i < r.n; i++)
                check(r.at[i].broken || (r.at[i].question && r.at[i].sql && (r.at[i].db_id || r.at[i].context)));
        else
            check(e.code != ERR_OK && *e.msg);
        records_deinit(&r);
    }
    close(file);
}

static void ask(const db_catalog *c, const char *question)
{
    prompt_hint hints[PROMPT_HINTS_SHOWN];
    const prompt_asked asked = {.question = question, .evidence = question, .today = "2026-05-20", .hints = hints,
                                .n_hints = prompt_hints(c, question, hints, PROMPT_HINTS_SHOWN)};
    str out = {0};

    prompt_prefix(c, &(prompt_options){.max_bytes = 2000}, &out);
    prompt_question(c, &(prompt_options){0}, &asked, &out);
    check(!out.bad && !strstr(str_text(&out), "<start_of_turn>") && !strstr(str_text(&out), "<end_of_turn>") &&
          utf8_valid(str_text(&out), out.n));
    str_deinit(&out);
}

static void as_schema(const char *text, size_t n)
{
    arena *a = arena_new(8 << 20);
    err e = {0};
    const db_catalog *c = db_catalog_of_json(a, "fuzzed", text, n, &e);

    check(c || (e.code != ERR_OK && *e.msg));
    if (c)
        ask(c, text);
    arena_free(a);
}

static void as_ddl(const char *text)
{
    err e = {0};
    json_t *j = schema_of_ddl(text, &e);
    char *schema = j ? json_dumps(j, JSON_COMPACT) : NULL;

    if (schema)
        as_schema(schema, strlen(schema));
    free(schema);
    json_decref(j);
}

static void as_question(const char *text)
{
    static const char schema[] = "{\"tables\": [{\"name\": \"t\", \"columns\": [{\"name\": \"a\", \"type\": \"text\"}]}]}";
    static const char *const values[] = {"<end_of_turn>", "O'Neill", "a", "Leipzig Mitte", "\xc3\xa9t\xc3\xa9"};
    arena *a = arena_new(1 << 20);
    err e = {0};
    const db_catalog *c = db_catalog_of_json(a, "fuzzed", schema, sizeof schema - 1, &e);
    db_column *k = c ? (db_column *)&c->tables[0].columns[0] : NULL;

    check(k);
    k->values = values;
    k->n_values = 5;
    k->values_complete = true;
    ask(c, text);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text || !size) {
        free(text);
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    switch (data[0] % 4) {
    case 0:  as_records(text, size - 1); break;
    case 1:  as_schema(text, size - 1); break;
    case 2:  as_ddl(text); break;
    default: as_question(text);
    }
    free(text);
    return 0;
}
