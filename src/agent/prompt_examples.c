/* prompt_examples.c - pairs that show the model how questions become SQL.
 *
 * A base model copies the nearest pattern it sees, so the pairs nearest to the
 * question are shown, the nearest last. Nearness is the sum of the weights of
 * shared words; a word in few pairs weighs more. On the sales schema the pairs
 * are written by hand; elsewhere they are made from the catalog's own names. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/prompt_impl.h"

static const few_shot_example sales_pool[] = {
    {"How many stores are there?", "SELECT count(*) FROM stores"},
    {"How many customers are there in each segment?",
     "SELECT segment, count(*) FROM customers GROUP BY segment"},
    {"Number of stores by city", "SELECT city, count(*) FROM stores GROUP BY city"},
    {"List the cities of all stores", "SELECT DISTINCT city FROM stores ORDER BY city"},
    {"List all departments", "SELECT DISTINCT department FROM categories ORDER BY department"},
    {"What is the lowest unit cost?", "SELECT min(unit_cost) FROM products"},
    {"The highest discount of a promotion", "SELECT max(discount_pct) FROM promotions"},
    {"Average list price by brand", "SELECT brand, avg(list_price) FROM products GROUP BY brand"},
    {"What is the average unit cost?", "SELECT avg(unit_cost) FROM products"},
    {"The 3 promotions with the highest discount",
     "SELECT promotion, discount_pct FROM promotions ORDER BY discount_pct DESC LIMIT 3"},
    {"The 4 cheapest products with their unit cost",
     "SELECT product, unit_cost FROM products ORDER BY unit_cost ASC LIMIT 4"},
    {"The 10 smallest stores by floor area",
     "SELECT store, floor_area_m2 FROM stores ORDER BY floor_area_m2 ASC LIMIT 10"},
    {"Which stores were closed in 2023?", "SELECT store FROM stores WHERE year(closed_on) = 2023"},
    {"Which products were discontinued in 2022?",
     "SELECT product FROM products WHERE year(discontinued_on) = 2022"},
    {"Which promotions ended in March 2024?",
     "SELECT promotion FROM promotions WHERE ends_on BETWEEN DATE '2024-03-01' AND DATE '2024-03-31'"},
    {"How many stores opened in 2021?", "SELECT count(*) FROM stores WHERE year(opened_on) = 2021"},
    {"Total sales in 2022", "SELECT sum(net_amount) FROM sales WHERE year(sold_on) = 2022"},
    {"Units sold in March 2025",
     "SELECT sum(quantity) FROM sales WHERE sold_on BETWEEN DATE '2025-03-01' AND DATE '2025-03-31'"},
    {"How many orders were placed in 2023?",
     "SELECT count(DISTINCT order_id) FROM sales WHERE year(sold_on) = 2023"},
    {"Total cost amount by channel", "SELECT channel, sum(cost_amount) FROM sales GROUP BY channel"},
    {"Average discount amount per sale", "SELECT avg(discount_amount) FROM sales"},
    {"Number of returns for each reason", "SELECT reason, count(*) FROM returns GROUP BY reason"},
    {"Total refund amount in 2024",
     "SELECT sum(refund_amount) FROM returns WHERE year(returned_on) = 2024"},
    {"Sum of sales targets in 2024", "SELECT sum(sales_target) FROM targets WHERE year(month_start) = 2024"},
    {"Number of products in each department",
     "SELECT department, count(*) FROM products JOIN categories USING (category_id) GROUP BY department"},
    {"Number of stores in each region",
     "SELECT region, count(*) FROM stores JOIN regions USING (region_id) GROUP BY region"},
    {"Sales by region in 2023",
     "SELECT region, sum(net_amount) FROM sales JOIN stores USING (store_id) JOIN regions USING (region_id) "
     "WHERE year(sold_on) = 2023 GROUP BY region"},
    {"Sales by category",
     "SELECT category, sum(net_amount) FROM sales JOIN products USING (product_id) "
     "JOIN categories USING (category_id) GROUP BY category"},
    {"Top 5 brands by sales",
     "SELECT brand, sum(net_amount) AS sales FROM sales JOIN products USING (product_id) GROUP BY brand "
     "ORDER BY sales DESC LIMIT 5"},
    {"Sales per month in 2024",
     "SELECT date_trunc('month', sold_on) AS month, sum(net_amount) FROM sales WHERE year(sold_on) = 2024 "
     "GROUP BY month ORDER BY month"},
    {"Customers from Austria who joined after 2022",
     "SELECT customer FROM customers WHERE country = 'Austria' AND joined_on > DATE '2022-12-31'"},
    {"Products of brand Fjord with a list price above 100",
     "SELECT product, list_price FROM products WHERE brand = 'Fjord' AND list_price > 100"},
    {"Which countries have regions?", "SELECT DISTINCT country FROM regions ORDER BY country"},
};
enum { N_SALES = sizeof sales_pool / sizeof sales_pool[0], MADE_TABLES = 12 };

/* ---- pairs from a catalog ------------------------------------------------------ */

static const db_column *first_of(const db_table *t, bool (*fits)(const db_column *))
{
    for (int i = 0; i < t->n_columns; i++)
        if (few_shot_plain_name(t->columns[i].name) && fits(&t->columns[i]))
            return &t->columns[i];
    return NULL;
}

static bool is_text(const db_column *k) { return k->type == DB_TEXT; }
static bool is_measure(const db_column *k)
{
    return (k->type == DB_INTEGER || k->type == DB_DECIMAL || k->type == DB_DOUBLE) &&
           !k->primary_key && k->fk_table < 0;
}

static void make(prompt_pool *p, const char *question, const char *sql)
{
    if (question && sql && p->n < PROMPT_MOST_EXAMPLES)
        p->examples[p->n++] = (few_shot_example){question, sql};
}

static void make_pairs(prompt_pool *p, const db_table *t, arena *a)
{
    const db_column *text = first_of(t, is_text), *number = first_of(t, is_measure);

    make(p, arena_strf(a, "How many %s are there?", t->name),
         arena_strf(a, "SELECT count(*) FROM %s", t->name));
    if (text) {
        make(p, arena_strf(a, "List all %s of %s", text->name, t->name),
             arena_strf(a, "SELECT DISTINCT %s FROM %s ORDER BY %s", text->name, t->name, text->name));
        make(p, arena_strf(a, "Number of %s for each %s, most first", t->name, text->name),
             arena_strf(a, "SELECT %s, count(*) AS n FROM %s GROUP BY %s ORDER BY n DESC", text->name,
                        t->name, text->name));
    }
    if (number) {
        make(p, arena_strf(a, "What is the average %s of %s?", number->name, t->name),
             arena_strf(a, "SELECT avg(%s) FROM %s", number->name, t->name));
        make(p, arena_strf(a, "What is the highest %s of %s?", number->name, t->name),
             arena_strf(a, "SELECT max(%s) FROM %s", number->name, t->name));
    }
    if (text && number)
        make(p, arena_strf(a, "Total %s by %s", number->name, text->name),
             arena_strf(a, "SELECT %s, sum(%s) FROM %s GROUP BY %s", text->name, number->name, t->name,
                        text->name));
}

void few_shot_pool_of(const agent_context *c, arena *a, prompt_pool *p)
{
    p->n = 0;
    if (c->is_sales) {
        for (int i = 0; i < N_SALES && i < PROMPT_MOST_EXAMPLES; i++)
            p->examples[p->n++] = sales_pool[i];
        return;
    }
    for (int i = 0; i < c->catalog->n_tables && i < MADE_TABLES; i++)
        if (few_shot_plain_name(c->catalog->tables[i].name))
            make_pairs(p, &c->catalog->tables[i], a);
}

/* ---- nearness -------------------------------------------------------------------- */

/* The next word, lower case, without a plural's s; false at the end. */
static bool next_word(const char **text, char word[32])
{
    size_t n = 0;

    while (**text && !isalnum((unsigned char)**text))
        (*text)++;
    for (; isalnum((unsigned char)**text); (*text)++)
        if (n < 31)
            word[n++] = (char)tolower((unsigned char)**text);
    if (n > 3 && word[n - 1] == 's')
        n--;
    word[n] = 0;
    return n > 0;
}

static bool has_word(const char *text, const char *word)
{
    char other[32];

    while (next_word(&text, other))
        if (!strcmp(word, other))
            return true;
    return false;
}

static double nearness(const prompt_pool *p, const char *question, const char *example)
{
    char word[32];
    double sum = 0;

    while (next_word(&question, word)) {
        int n = 0;

        if (!has_word(example, word))
            continue;
        for (int i = 0; i < p->n; i++)
            n += has_word(p->examples[i].question, word);
        sum += 1 / sqrt((double)n);
    }
    return sum;
}

int few_shot_nearest(const prompt_pool *p, const char *question, int most, const few_shot_example **out)
{
    double near[PROMPT_MOST_EXAMPLES];
    bool used[PROMPT_MOST_EXAMPLES] = {false};
    int n = 0;

    for (int i = 0; i < p->n; i++)
        near[i] = nearness(p, question, p->examples[i].question);
    for (; n < most && n < p->n; n++) {
        int best = -1;

        for (int i = 0; i < p->n; i++)
            if (!used[i] && (best < 0 || near[i] > near[best]))
                best = i;
        used[best] = true;
        for (int i = n; i > 0; i--)
            out[i] = out[i - 1];
        out[0] = &p->examples[best]; /* the nearest ends up last */
    }
    return n;
}
