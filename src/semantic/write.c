/* write.c - a derived layer as YAML, to be read, corrected and loaded again.
 *
 * A comment says of each join and time how it was found. What is written loads:
 * every SQL fragment is in double quotes, every name a plain word. */
#include <string.h>

#include "semantic/derive_impl.h"

static const char *const unit_names[] = {[SEM_COUNT] = "count", [SEM_MONEY] = "money", [SEM_PERCENT] = "percent",
    [SEM_POINTS] = "points", [SEM_NUMBER] = "number", [SEM_DATE] = "date", [SEM_TEXT] = NULL, [SEM_YEAR] = NULL};

/* Double quotes take everything; control characters of a hostile name become blanks. */
static void quoted(str *out, const char *text)
{
    str_addc(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            str_addc(out, '\\');
        str_addc(out, (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p);
    }
    str_addc(out, '"');
}

static void entry(str *out, const char *key, const char *value)
{
    str_addf(out, "%s: ", key);
    quoted(out, value);
}

static void words_of(str *out, const sem_name *n)
{
    str_adds(out, "words: [");
    for (int i = 0; i < n->n_words; i++) {
        str_adds(out, i ? ", " : "");
        quoted(out, n->words[i]);
    }
    str_addc(out, ']');
}

/* "table.column" as the loader takes it: without quotes. */
static void raw_column(str *out, const sem_layer *l, int table, int column)
{
    const db_table *t = &l->catalog->tables[table];
    str s = {0};

    str_addf(&s, "%s.%s", t->name, t->columns[column].name);
    quoted(out, str_text(&s));
    str_deinit(&s);
}

static void write_table(str *out, const sem_layer *l, int i)
{
    const table_def *t = &l->tables[i];

    str_adds(out, "  ");
    quoted(out, t->name);
    str_addf(out, ":\n    ");
    entry(out, "grain", "one row of the table");
    str_adds(out, " # say what one row is\n    ");
    entry(out, "says", t->says);
    str_addc(out, '\n');
    if (t->time_column) {
        str_adds(out, "    ");
        entry(out, "time", t->time_column);
        str_adds(out, " # the first date that is not of a person, an end or a change\n");
    }
    if (t->hour && t->time_column) {
        str_adds(out, "    ");
        entry(out, "hour", t->time_column);
        str_addc(out, '\n');
    }
    if (t->n_joins)
        str_adds(out, "    joins:\n");
    for (int k = 0; k < t->n_joins; k++) {
        str_adds(out, "      ");
        quoted(out, l->tables[t->joins[k].table].name);
        str_adds(out, ": ");
        quoted(out, t->joins[k].on);
        str_addf(out, " # %s\n", t->joins[k].found ? t->joins[k].found : "declared");
    }
}

static void write_dimension(str *out, const sem_layer *l, const dimension_def *d)
{
    str_addf(out, "  %s: {column: ", d->dimension.name.id);
    raw_column(out, l, d->dimension.table, d->dimension.column);
    if (d->key) {
        str_adds(out, ", ");
        entry(out, "key", d->key);
    }
    if (d->unit == SEM_MONEY || d->unit == SEM_PERCENT)
        str_addf(out, ", unit: %s", unit_names[d->unit]);
    str_adds(out, ", ");
    entry(out, "title", d->dimension.name.title);
    str_adds(out, ", ");
    words_of(out, &d->dimension.name);
    str_adds(out, "}\n");
}

static void write_entity(str *out, const sem_layer *l, const entity_def *n)
{
    str_addf(out, "  %s: {", n->entity.name.id);
    entry(out, "table", l->tables[n->table].name);
    if (n->key_column) {
        str_adds(out, ", ");
        entry(out, "key", n->key_column);
    }
    if (n->entity.label >= 0)
        str_addf(out, ", label: %s", l->dimensions[n->entity.label].dimension.name.id);
    for (int i = 0; i < n->n_columns; i++)
        str_addf(out, "%s%s%s", i ? ", " : ", columns: [", l->dimensions[n->columns[i]].dimension.name.id,
                 i == n->n_columns - 1 ? "]" : "");
    str_adds(out, ", ");
    entry(out, "title", n->entity.name.title);
    str_adds(out, ", ");
    words_of(out, &n->entity.name);
    str_adds(out, "}\n");
}

static void write_metric(str *out, const sem_layer *l, const metric_def *m)
{
    str_addf(out, "  %s: {", m->metric.name.id);
    entry(out, "table", l->tables[m->table].name);
    str_adds(out, ", ");
    entry(out, "sql", m->sql);
    str_addf(out, ", unit: %s", unit_names[m->metric.unit] ? unit_names[m->metric.unit] : "number");
    if (m->metric.additivity == SEM_RATIO)
        str_adds(out, ", additivity: ratio");
    str_adds(out, ", ");
    entry(out, "title", m->metric.name.title);
    str_adds(out, ", ");
    words_of(out, &m->metric.name);
    str_adds(out, "}\n");
}

bool sem_write(const sem_layer *l, str *out, err *e)
{
    str_adds(out, "# What the words of this database mean, as far as its names and values say.\n"
                  "# Change what is wrong; the keys are in docs/SEMANTIC.md. While `layer` is \"derived\",\n"
                  "# answers are at most \"Likely\"; give it a name of your own when you have read it through.\n"
                  "layer: derived\n");
    if (l->n_today) {
        str_adds(out, "today: ");
        raw_column(out, l, l->today_table, l->today_column);
        str_adds(out, " # the latest day of the largest table that has a time\n");
    }
    str_adds(out, "tables:\n");
    for (int i = 0; i < l->n_tables; i++)
        write_table(out, l, i);
    str_addf(out, "dimensions:%s\n", l->n_dimensions ? "" : " {}");
    for (int i = 0; i < l->n_dimensions; i++)
        write_dimension(out, l, &l->dimensions[i]);
    str_addf(out, "entities:%s\n", l->n_entities ? "" : " {}");
    for (int i = 0; i < l->n_entities; i++)
        write_entity(out, l, &l->entities[i]);
    str_addf(out, "metrics:%s\n", l->n_metrics ? "" : " {}");
    for (int i = 0; i < l->n_metrics; i++)
        write_metric(out, l, &l->metrics[i]);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory for the layer");
}

bool sem_derived(const sem_layer *l) { return !strcmp(l->name, "derived"); }

int sem_joins(const sem_layer *l, sem_join *out, int max)
{
    int n = 0;

    for (int i = 0; i < l->n_tables; i++)
        for (int k = 0; k < l->tables[i].n_joins; k++, n++)
            if (n < max)
                out[n] = (sem_join){l->tables[i].name, l->tables[l->tables[i].joins[k].table].name, l->tables[i].joins[k].on,
                                    l->tables[i].joins[k].found ? l->tables[i].joins[k].found : "described"};
    return n;
}

const char *sem_table_time(const sem_layer *l, const char *table)
{
    const int t = layer_table_find(l, table);

    return t >= 0 ? l->tables[t].time_column : NULL;
}
