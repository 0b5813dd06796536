/* params.c - :from, :to and their like, in fragments of SQL and of sentences. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "semantic/compile_impl.h"

static bool at(const char *p, const char *word)
{
    size_t n = strlen(word);

    return !strncmp(p, word, n) && !isalnum((unsigned char)p[n]) && p[n] != '_';
}

static const char *keep(compiler *c, str *s)
{
    const char *out = s->bad ? NULL : arena_str(c->a, str_text(s));

    str_deinit(s);
    if (!out)
        c->bad = true;
    return out ? out : "";
}

static void add_n(str *s, double n)
{
    str_addf(s, "%.0f", n);
}

/* One parameter at p: its value is added, its length returned; 0: none. */
static size_t take(compiler *c, const char *p, const params *v, str *s)
{
    const struct { const char *name, *value; } known[] = {
        {":from", v->from}, {":to", v->to}, {":month_from", v->month_from}, {":base_day", v->base_day},
        {":base_from", v->base_from}, {":base_to", v->base_to}, {":year_before", v->year_before},
        {":month_of_to", v->month_of_to}, {":day_of_to", v->day_of_to}, {":days_of_month", v->days_of_month},
        {":months", v->months}, {":years", v->years}, {":and_sales", v->and_sales}, {":and_inventory", v->and_inventory}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].value && at(p, known[i].name)) {
            str_adds(s, known[i].value);
            return strlen(known[i].name);
        }
    if (at(p, ":today")) {
        str_adds(s, date_sql(c, c->l->today));
        return strlen(":today");
    }
    if (at(p, ":n")) {
        add_n(s, v->n);
        return 2;
    }
    return 0;
}

const char *expand(compiler *c, const char *fragment, const params *v)
{
    static const char between[] = "BETWEEN :from AND :to";
    str s = {0};

    for (const char *p = fragment; *p;) {
        size_t n = 0;

        if (v->all_time && at(p, between)) {
            str_addf(&s, "<= %s", v->to);
            n = strlen(between);
        } else if (*p == ':') {
            n = take(c, p, v, &s);
        } else if (p[0] == ' ' && p[1] == ':' && at(p + 1, ":and_sales")) {
            str_adds(&s, v->and_sales ? v->and_sales : "");
            n = 1 + strlen(":and_sales");
        } else if (p[0] == ' ' && p[1] == ':' && at(p + 1, ":and_inventory")) {
            str_adds(&s, v->and_inventory ? v->and_inventory : "");
            n = 1 + strlen(":and_inventory");
        }
        if (!n) {
            str_addc(&s, *p);
            n = 1;
        }
        p += n;
    }
    return keep(c, &s);
}

const char *expand_words(compiler *c, const char *text, const sem_period *p, double n)
{
    str s = {0};

    for (const char *t = text; *t;) {
        if (at(t, ":from")) {
            str_adds(&s, p->set ? date_iso(c->a, p->from) : "the start");
            t += 5;
        } else if (at(t, ":to")) {
            str_adds(&s, date_iso(c->a, p->set ? p->to : c->l->today));
            t += 3;
        } else if (at(t, ":n")) {
            add_n(&s, n);
            t += 2;
        } else {
            str_addc(&s, *t++);
        }
    }
    return keep(c, &s);
}

params params_of(compiler *c, const sem_period *p)
{
    params v = {.and_sales = "", .and_inventory = ""};
    int32_t from = p->set ? p->from : c->l->data_from, to = p->set ? p->to : c->l->today;
    sem_date d = sem_date_of(from), last = sem_date_of(to);

    v.years = text_f(c, "%d", last.year - d.year + 1);
    v.months = text_f(c, "%d", (last.year - d.year) * 12 + last.month - d.month + 1);
    v.from = date_sql(c, from);
    v.to = date_sql(c, to);
    v.month_from = date_sql(c, sem_days(d.year, d.month, 1));
    v.year_before = date_sql(c, date_add_months(from, -12));
    d = sem_date_of(to);
    v.month_of_to = date_sql(c, sem_days(d.year, d.month, 1));
    v.day_of_to = text_f(c, "%d", d.day);
    v.days_of_month = text_f(c, "%d", sem_date_of(date_month_end(to)).day);
    v.all_time = !p->set;
    return v;
}
