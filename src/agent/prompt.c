/* prompt.c - what the model reads: instructions, schema, examples, question.
 *
 * The order is fixed and everything that depends on the question comes last,
 * so that the KV cache of the front part serves every question on a database.
 * The default weights are a base model that completes text: the prompt is a
 * document whose next line is the answer. The examples are few and short; on
 * the sales schema they are written by hand, elsewhere made from the catalog. */
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

enum { PREFIX_BYTES = 9000, TABLE_BYTES = 700, SHOWN_VALUES = 6, SHOWN_VALUE_BYTES = 24 };

static const char instructions[] =
    "-- Each question about the database below is answered by one DuckDB SELECT statement.\n"
    "-- Only these tables and columns exist.\n";

static const struct { const char *question, *sql; } sales_examples[] = {
    {"What were total sales in 2024?",
     "SELECT sum(net_amount) AS sales FROM sales WHERE sold_on BETWEEN DATE '2024-01-01' AND DATE '2024-12-31';"},
    {"Sales by region in March 2025",
     "SELECT regions.region, sum(sales.net_amount) AS sales FROM sales JOIN stores USING (store_id) "
     "JOIN regions USING (region_id) WHERE sold_on BETWEEN DATE '2025-03-01' AND DATE '2025-03-31' "
     "GROUP BY regions.region;"},
    {"Top 3 categories by units in 2023, without online",
     "SELECT categories.category, sum(sales.quantity) AS units FROM sales JOIN products USING (product_id) "
     "JOIN categories USING (category_id) WHERE channel <> 'online' AND year(sold_on) = 2023 "
     "GROUP BY categories.category ORDER BY units DESC LIMIT 3;"},
    {"How many customers are there in each segment?",
     "SELECT segment, count(*) AS customers FROM customers GROUP BY segment;"},
    {"Which stores have a floor area above 1000 m2?",
     "SELECT store, floor_area_m2 FROM stores WHERE floor_area_m2 > 1000 ORDER BY floor_area_m2 DESC;"},
    {"Orders per month in 2024",
     "SELECT date_trunc('month', sold_on) AS month, count(DISTINCT order_id) AS orders FROM sales "
     "WHERE year(sold_on) = 2024 GROUP BY month ORDER BY month;"},
};

static bool plain_name(const char *name)
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
    if (plain_name(str_text(&clean)))
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

static void add_example(str *out, const char *question, const char *sql)
{
    str_addf(out, "\nQuestion: %s\nSQL: %s\n", question, sql);
}

static const db_column *first_of(const db_table *t, db_type type)
{
    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].type == type && plain_name(t->columns[i].name))
            return &t->columns[i];
    return NULL;
}

/* Two pairs for the first tables of any catalog: a count, and a count by a text. */
static void add_made_examples(str *out, const db_catalog *c)
{
    for (int i = 0, n = 0; i < c->n_tables && n < 3; i++) {
        const db_table *t = &c->tables[i];
        const db_column *text = first_of(t, DB_TEXT);
        str q = {0}, sql = {0};

        if (!plain_name(t->name))
            continue;
        n++;
        str_addf(&q, "How many rows are in %s?", t->name);
        str_addf(&sql, "SELECT count(*) FROM %s;", t->name);
        add_example(out, str_text(&q), str_text(&sql));
        if (text) {
            str_reset(&q);
            str_reset(&sql);
            str_addf(&q, "How many %s for each %s, most first?", t->name, text->name);
            str_addf(&sql, "SELECT %s, count(*) AS n FROM %s GROUP BY %s ORDER BY n DESC;", text->name,
                     t->name, text->name);
            add_example(out, str_text(&q), str_text(&sql));
        }
        str_deinit(&q);
        str_deinit(&sql);
    }
}

char *prompt_prefix(const agent_context *c)
{
    str out = {0};

    str_adds(&out, instructions);
    for (int i = 0; i < c->catalog->n_tables && out.n < PREFIX_BYTES; i++)
        add_table(&out, c->catalog, &c->catalog->tables[i]);
    if (c->is_sales)
        for (size_t i = 0; i < sizeof sales_examples / sizeof sales_examples[0]; i++)
            add_example(&out, sales_examples[i].question, sales_examples[i].sql);
    else
        add_made_examples(&out, c->catalog);
    return str_take(&out);
}

char *prompt_question(const char *question, const char *wrong_sql, const char *error)
{
    str out = {0};

    str_adds(&out, "\nQuestion: ");
    format_text(question, &out); /* one line, whatever was typed */
    if (wrong_sql) {
        str_adds(&out, "\nWrong SQL: ");
        format_text(wrong_sql, &out);
        str_adds(&out, "\nError: ");
        format_text(error, &out);
    }
    str_adds(&out, "\nSQL:");
    return str_take(&out);
}
