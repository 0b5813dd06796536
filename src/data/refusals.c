/* refusals.c - questions that the data can't answer, and what they miss.
 *
 * A thing is only missing where neither a table nor a column nor a word of the layer has
 * it. The refusal names the thing in the question's own words, so that it can be copied.
 * The undefined words of a layer (churn, overhead) come first. */
#include <stdio.h>
#include <string.h>

#include "data/generate_impl.h"

/* The last word is what must not stand in the schema; bars separate further names. */
static const char *const things[] = {
    "the weather", "air temperature", "rainfall", "employee salaries", "overtime hours", "sick days", "job applications", "staff turnover", "training hours",
    "website visits", "page views", "bounce rate", "app downloads", "newsletter subscribers", "email open rate", "advertising spend", "social media followers",
    "customer satisfaction", "net promoter score", "online reviews", "support tickets", "call centre waiting time", "complaint letters", "delivery times",
    "shipping costs", "carrier performance", "supplier lead time", "purchase orders", "warehouse temperature", "forklift accidents", "energy consumption",
    "electricity bills", "carbon emissions", "water usage", "recycling rate", "rent payments", "insurance premiums", "loan interest", "tax refunds", "bank balance",
    "cash flow", "share price", "dividend payments", "exchange listing", "net profit after tax", "ebitda", "depreciation", "capital expenditure", "overhead", "board meetings",
    "lawsuits", "patents", "competitor prices", "market share of rivals", "political donations", "election results", "crime rate", "traffic jams", "parking occupancy",
    "queue lengths", "footfall", "conversion rate", "shoplifting", "cashier errors", "self-checkout use", "gift card balance", "loyalty points", "coupon codes", "credit card fees",
    "payment methods", "fuel prices", "truck mileage", "flight delays of suppliers", "hotel bookings", "visa applications", "blood pressure", "vaccination rate", "calorie intake",
    "exam grades of the staff", "shoe sizes of employees", "birthdays of the board", "music taste", "favourite films", "pets", "horoscopes", "lottery numbers", "football results",
    "television ratings", "podcast listeners", "server uptime", "password resets", "software bugs", "printer ink", "office plants", "coffee consumption", "canteen menus",
    "moon phases", "earthquakes", "pollen counts", "sea level"};

/* Of nothing in the data at all. */
static const char *const other[] = {
    "the capital of Australia", "a poem about autumn", "a joke", "the meaning of life", "tomorrow's winning numbers", "a recipe for pancakes", "the height of Mount Everest",
    "a translation into French", "the time in Tokyo", "advice on love", "how to fix a bicycle", "the plot of Hamlet", "the speed of light", "who won the last election", "a song",
    "what to wear tonight", "the best restaurant nearby", "the news of today", "how old the universe is", "a good book to read"};

enum { N_THINGS = sizeof things / sizeof things[0], N_OTHER = sizeof other / sizeof other[0] };

static const char *const frames[] = {
    "{missing} {p}", "What [was|is|were] [the|our|] {missing} {p}", "How [did|do] {missing} [develop|change|look] {p}", "[Show|Give me] {missing} by month",
    "Which {g} has the [highest|worst|best] {missing}", "{missing} by {g} {p}", "[Compare|Rank] the {gs} by {missing}", "[Average|Total] {missing} per {g} {p}",
    "Top 5 {gs} by {missing} {p}", "How many percent did {missing} [rise|fall] {p}", "Do we have figures on {missing}", "[List|Show] {missing} of each {g} {p}", NULL};
static const char *const other_frames[] = {
    "What is {missing}", "Tell me {missing}", "Can you give me {missing}", "I'd like to know {missing}", "{missing}, please", NULL};

int refusal_count(void) { return N_THINGS + N_OTHER; }

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);

    for (const char *p = words; (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (!p[n] || p[n] == ' ' || p[n] == 's'))
            return true;
    return false;
}

static bool layer_has(const sem_layer *l, const char *word)
{
    for (int i = 0; i < sem_n_metrics(l); i++)
        for (int k = 0; k < sem_metric_at(l, i)->name.n_words; k++)
            if (has_word(sem_metric_at(l, i)->name.words[k], word))
                return true;
    return false;
}

static bool schema_has(const db_catalog *c, const char *word)
{
    char words[SLOT_BYTES];

    for (int t = 0; t < c->n_tables; t++)
        for (int k = -1; k < c->tables[t].n_columns; k++) {
            words_of_name(k < 0 ? c->tables[t].name : c->tables[t].columns[k].name, words);
            if (has_word(words, word))
                return true;
        }
    return false;
}

/* Does the database know one of the thing's words of content? */
static bool is_known(const drawer *d, const char *thing)
{
    char word[SLOT_BYTES];

    for (const char *p = thing; *p; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");

        snprintf(word, sizeof word, "%.*s", (int)(n > 5 && p[n - 1] == 's' ? n - 1 : n), p);
        if (n > 3 && (schema_has(d->c, word) || layer_has(d->l, word)))
            return true;
        p += n;
    }
    return false;
}

bool refusal_draw(drawer *d, int i, char missing[SLOT_BYTES], const char **frame)
{
    const bool outside = i >= N_THINGS;

    snprintf(missing, SLOT_BYTES, "%s", outside ? other[i - N_THINGS] : things[i]);
    if (!outside && is_known(d, missing))
        return false;
    slots_set(&d->s, "missing", "%s", missing);
    slots_set(&d->s, "g", "%s", "table");
    slots_set(&d->s, "gs", "%s", "tables");
    if (!outside && !draw_group(d, "g"))
        *frame = frames[rng_below(d->r, 4)];
    else
        *frame = outside ? other_frames[rng_below(d->r, 5)] : frames[rng_below(d->r, 12)];
    draw_period(d, 60);
    return true;
}
