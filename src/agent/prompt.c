/* prompt.c - what the model reads: instructions, schema, examples, question.
 *
 * The order is fixed and everything that depends on the question comes last,
 * so that the KV cache of the front part serves every question on a database.
 * The default weights are a base model that completes text: the prompt is a
 * document whose next line is the answer. */
#include <stdlib.h>
#include <string.h>

#include "agent/prompt_impl.h"

enum { PREFIX_BYTES = 9000, TABLE_BYTES = 700, SHOWN_VALUES = 6, SHOWN_VALUE_BYTES = 24 };

static const char instructions[] =
    "-- Each question about the database below is answered by one DuckDB SELECT statement.\n"
    "-- Only these tables and columns exist.\n";

bool few_shot_plain_name(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
              (*name >= '0' && *name <= '9') || *name == '_'))
            return false;
    return true;
}

static void add_name(str *out, const char *name)
{
    str clean = {0};

    format_text(name, &clean); /* a line break in a name would end the comment */
    if (few_shot_plain_name(str_text(&clean)))
        str_adds(out, str_text(&clean));
    else
        str_addf(out, "\"%s\"", str_text(&clean));
    str_deinit(&clean);
}

static void add_values(str *out, const db_column *k)
{
    int shown = 0;

    if (k->type != DB_TEXT || !k->values_complete || !k->n_values || k->n_values > SHOWN_VALUES)
        return;
    for (int i = 0; i < k->n_values; i++)
        if (strlen(k->values[i]) <= SHOWN_VALUE_BYTES) {
            str_adds(out, shown++ ? ", " : " (");
            format_text(k->values[i], out);
        }
    if (shown)
        str_addc(out, ')');
}

static void add_table(str *out, const db_catalog *c, const db_table *t)
{
    const size_t start = out->n;

    add_name(out, t->name);
    str_addc(out, '(');
    for (int i = 0; i < t->n_columns && out->n - start < TABLE_BYTES; i++) {
        const db_column *k = &t->columns[i];

        str_adds(out, i ? ", " : "");
        add_name(out, k->name);
        if (k->type == DB_DATE || k->type == DB_TIMESTAMP)
            str_adds(out, " DATE");
        if (k->fk_table >= 0) {
            str_adds(out, " -> ");
            add_name(out, c->tables[k->fk_table].name);
        }
        add_values(out, k);
    }
    str_adds(out, ")\n");
}

char *few_shot_prefix(const agent_context *c)
{
    str out = {0};

    str_adds(&out, instructions);
    for (int i = 0; i < c->catalog->n_tables && out.n < PREFIX_BYTES; i++)
        add_table(&out, c->catalog, &c->catalog->tables[i]);
    return str_take(&out);
}

static void add_example(str *out, const few_shot_example *x)
{
    str_addf(out, "\nQuestion: %s\nSQL: %s;\n", x->question, x->sql);
}

char *few_shot_question(const agent_context *c, const char *question, const char *evidence,
                        const char *wrong_sql, const char *error)
{
    const few_shot_example *shown[PROMPT_SHOWN];
    prompt_pool pool;
    arena *a = arena_new(1 << 18);
    str out = {0};
    int n = 0;

    if (a) {
        few_shot_pool_of(c, a, &pool);
        n = few_shot_nearest(&pool, question, PROMPT_SHOWN, shown);
    }
    for (int i = 0; i < n; i++)
        add_example(&out, shown[i]);
    str_adds(&out, "\nQuestion: ");
    format_text(question, &out); /* one line, whatever was typed */
    if (evidence && *evidence) {
        str_adds(&out, "\nHint: ");
        format_text(evidence, &out);
    }
    if (wrong_sql) {
        str_adds(&out, "\nWrong SQL: ");
        format_text(wrong_sql, &out);
        str_adds(&out, "\nError: ");
        format_text(error, &out);
    }
    str_adds(&out, "\nSQL:");
    arena_free(a);
    return str_take(&out);
}
