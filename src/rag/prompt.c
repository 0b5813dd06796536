/* prompt.c - the content of a user's turn: schema lines, then the question.
 *
 * A token costs the same in training whether it says much or little, so text,
 * the commonest type, goes without saying, all numbers are `number`, and a
 * reference to a column of the same name only names its table. Measured in
 * docs/adr/0009. */
#include "rag/prompt.h"

#include <string.h>

#include "rag/prompt_impl.h"

enum { PREFIX_BYTES = 12000, SHOWN_VALUES = 6, SHOWN_BYTES = 48, ROWS_PER_VALUE = 3 };

static const char *const instructions[] = {
    "Answer with one DuckDB SELECT, FROM first. Tables:\n",
    "Answer with one DuckDB SELECT. Tables:\n"};

static const char *type_word(const db_column *k)
{
    static const char *const words[] = {
        [DB_BOOLEAN] = " boolean", [DB_INTEGER] = " number", [DB_DECIMAL] = " number",
        [DB_DOUBLE] = " number", [DB_TEXT] = "", [DB_DATE] = " date", [DB_TIME] = " time",
        [DB_TIMESTAMP] = " timestamp"};

    return words[k->type];
}

/* All values of a column whose rows share a few: codes, kinds, states. In a small
 * table of names they would be its rows. */
static bool shows_values(const db_table *t, const db_column *k)
{
    size_t n = 0;

    if (k->type != DB_TEXT || !k->values_complete || k->n_values < 2 || k->n_values > SHOWN_VALUES ||
        t->n_rows - k->n_null < (int64_t)ROWS_PER_VALUE * k->n_values || k->fk_table >= 0)
        return false;
    for (int i = 0; i < k->n_values; i++)
        n += strlen(k->values[i]);
    return n <= SHOWN_BYTES;
}

static void add_value(const char *value, str *out)
{
    if (*value && !strpbrk(value, ",'\"()") && prompt_is_clean(value))
        str_adds(out, value);
    else
        prompt_literal(value, out);
}

static void add_values(const db_column *k, str *out)
{
    for (int i = 0; i < k->n_values; i++) {
        str_adds(out, i ? ", " : " (");
        add_value(k->values[i], out);
    }
    str_addc(out, ')');
}

static void add_reference(const db_catalog *c, const db_column *k, str *out)
{
    const db_table *to = &c->tables[k->fk_table];
    const char *column = to->columns[k->fk_column].name;

    str_adds(out, " > ");
    prompt_name(to->name, out);
    if (str_equal_nocase(column, k->name))
        return;
    str_addc(out, '.');
    prompt_name(column, out);
}

static void add_column(const db_catalog *c, const db_table *t, const db_column *k,
                       const prompt_options *o, str *out)
{
    const bool refers = k->fk_table >= 0 && !o->no_keys;

    prompt_name(k->name, out);
    if (!o->no_types && !refers)
        str_adds(out, type_word(k));
    if (k->primary_key && !o->no_keys)
        str_adds(out, " key");
    if (refers)
        add_reference(c, k, out);
    if (!o->no_samples && shows_values(t, k))
        add_values(k, out);
}

static void add_table(const db_catalog *c, const db_table *t, const prompt_options *o, str *out)
{
    prompt_name(t->name, out);
    str_addc(out, ':');
    for (int i = 0; i < t->n_columns; i++) {
        str_adds(out, i ? ", " : " ");
        add_column(c, t, &t->columns[i], o, out);
    }
    str_addc(out, '\n');
}

/* Within `limit` bytes: tables that no longer fit keep only their names, as long as
 * these fit. Was every table written whole? */
static bool add_tables(const db_catalog *c, const prompt_options *o, size_t limit, str *out)
{
    bool whole = true;

    for (int i = 0; i < c->n_tables; i++) {
        const size_t start = out->n;

        add_table(c, &c->tables[i], o, out);
        if (out->bad || out->n <= limit)
            continue;
        whole = false;
        out->n = start;
        out->text[start] = 0;
        if (start + strlen(c->tables[i].name) + 3 > limit)
            continue;
        prompt_name(c->tables[i].name, out);
        str_addc(out, '\n');
    }
    return whole;
}

void prompt_prefix(const db_catalog *c, const prompt_options *o, str *out)
{
    const size_t start = out->n;
    const size_t limit = start + (size_t)(o->max_bytes > 0 ? o->max_bytes : PREFIX_BYTES);
    prompt_options level = *o;

    for (int step = 0; step < 3; step++) {
        out->n = start;
        str_adds(out, instructions[o->select_first]);
        if (add_tables(c, &level, limit, out))
            return;
        level.no_samples = true;
        level.no_types |= step == 1;
    }
}

static void add_line(const char *label, const char *text, str *out)
{
    str_adds(out, label);
    prompt_clean(text, out);
    str_addc(out, '\n');
}

static void add_hints(const db_catalog *c, const prompt_asked *q, str *out)
{
    for (int i = 0; i < q->n_hints; i++) {
        const db_table *t = &c->tables[q->hints[i].table];

        str_adds(out, i ? ", " : "Values: ");
        prompt_name(t->name, out);
        str_addc(out, '.');
        prompt_name(t->columns[q->hints[i].column].name, out);
        str_adds(out, " = ");
        prompt_literal(q->hints[i].value, out);
    }
    str_adds(out, q->n_hints ? "\n" : "");
}

void prompt_question(const db_catalog *c, const prompt_options *o, const prompt_asked *q, str *out)
{
    for (int i = 0; i < q->n_examples; i++) {
        add_line("Example: ", q->examples[i].question, out);
        add_line("SQL: ", q->examples[i].sql, out);
    }
    if (!o->no_hints)
        add_hints(c, q, out);
    if (q->evidence && *q->evidence)
        add_line("Hint: ", q->evidence, out);
    if (q->today && prompt_is_relative(q->question))
        add_line("Today: ", q->today, out);
    str_adds(out, "Question: ");
    prompt_clean(q->question, out);
    if (!q->wrong_sql)
        return;
    str_adds(out, "\nWrong: ");
    prompt_clean(q->wrong_sql, out);
    str_adds(out, "\nError: ");
    prompt_clean(q->error ? q->error : "", out);
}
