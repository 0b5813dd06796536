/* answer_words.c - the parts of a question as a sentence names them. */
#include <stdio.h>
#include <string.h>

#include "agent/answer.h"

const char *words_plural(agent_state *s, const char *title)
{
    const size_t n = strlen(title);

    if (!n || title[n - 1] == 's')
        return title;
    if (n > 1 && title[n - 1] == 'y' && !strchr("aeiou", title[n - 2]))
        return state_strf(s, "%.*sies", (int)n - 1, title);
    if (str_ends(title, "ch") || str_ends(title, "x"))
        return state_strf(s, "%ses", title);
    return state_strf(s, "%ss", title);
}

/* The head noun decides: "gross sales", "sales per store", "weeks of cover". */
const char *words_be(const char *title)
{
    size_t end = strlen(title);
    const char *stops[] = {" of ", " per ", " with ", " at ", " less ", " sold", " to ", " in "};

    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        const char *p = strstr(title, stops[i]);

        if (p && (size_t)(p - title) < end)
            end = (size_t)(p - title);
    }
    return end > 1 && title[end - 1] == 's' && title[end - 2] != 's' ? "were" : "was";
}

const char *words_subject(agent_state *s, const agent_context *c)
{
    if (c && s->query.n_metrics)
        return sem_metric_at(c->semantic, s->query.metrics[0])->name.title;
    if (c && s->query.entity >= 0)
        return words_plural(s, sem_entity_at(c->semantic, s->query.entity)->name.title);
    for (int i = 0; s->results && i < s->results->n_columns; i++)
        if (column_is_number(s, i))
            return s->columns[i].title;
    return "rows";
}

static void add_values(str *out, const sem_filter *f)
{
    const int shown = f->n_values > 3 ? 3 : f->n_values;

    for (int i = 0; i < shown; i++)
        str_addf(out, "%s%s", i ? (i == shown - 1 && shown == f->n_values ? " and " : ", ") : "",
                 f->values[i]);
    if (shown < f->n_values)
        str_addf(out, " and %d more", f->n_values - shown);
}

static void add_filter(str *out, const agent_context *c, const sem_filter *f)
{
    static const char *const before[] = {
        [SEM_IN] = "", [SEM_EQ] = "", [SEM_NOT_IN] = "without ", [SEM_NE] = "without ",
        [SEM_LT] = "under ", [SEM_LE] = "at most ", [SEM_GT] = "over ", [SEM_GE] = "at least ",
        [SEM_BETWEEN] = "between ", [SEM_IS_NULL] = "without ", [SEM_IS_NOT_NULL] = "with "};
    const char *title = sem_dimension_at(c->semantic, f->dimension)->name.title;

    switch (f->op) {
    case SEM_IN: case SEM_EQ: case SEM_NOT_IN: case SEM_NE:
        str_adds(out, before[f->op]);
        add_values(out, f);
        return;
    case SEM_IS_NULL: case SEM_IS_NOT_NULL:
        str_addf(out, "%s%s", before[f->op], title);
        return;
    default:
        str_addf(out, "%s %s", title, before[f->op]);
        add_values(out, f);
    }
}

const char *words_scope(agent_state *s, const agent_context *c)
{
    const sem_query *q = &s->query;
    str text = {0};
    const char *copy;
    int n = 0;

    if (!c || !s->has_query)
        return "";
    for (int i = 0; i < q->n_conditions; i++) {
        str_addf(&text, "%s%s%s", n++ ? ", " : " (", q->conditions[i].negate ? "not " : "",
                 sem_condition_at(c->semantic, q->conditions[i].condition)->name.title);
        str_adds(&text, words_period(s, &q->conditions[i].period, NULL));
    }
    for (int i = 0; i < q->n_filters; i++) {
        str_adds(&text, n++ ? ", " : " (");
        add_filter(&text, c, &q->filters[i]);
    }
    if (q->like_for_like)
        str_addf(&text, "%slike for like", n++ ? ", " : " (");
    if (n)
        str_addc(&text, ')');
    copy = state_str(s, str_text(&text));
    str_deinit(&text);
    return copy;
}

static const char *preposition(const sem_period *p, const char *label)
{
    static const char *const own[] = {"since ", "after ", "before ", "until ", "from ", "between ",
                                      "today", "yesterday", "last ", "this ", "over ", "in ", "up to "};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (str_starts(label, own[i]))
            return "";
    if (str_starts(label, "the last ") || str_starts(label, "the past "))
        return "over ";
    if (strstr(label, " to "))
        return "from ";
    return p->grain == SEM_DAY && p->n == 1 ? "on " : "in ";
}

/* "2025-05-12 to 2025-05-18" as people write it. */
const char *words_label(agent_state *s, const sem_period *p)
{
    str days = {0};
    const char *text;

    if (!p->label || strlen(p->label) < 10 || p->label[4] != '-' || p->label[7] != '-')
        return p->label ? p->label : "";
    format_date(p->from, SEM_DAY, &days);
    if (p->to != p->from) {
        str_adds(&days, " to ");
        format_date(p->to, SEM_DAY, &days);
    }
    text = state_str(s, str_text(&days));
    str_deinit(&days);
    return text;
}

const char *words_period(agent_state *s, const sem_period *p, const sem_period *asked)
{
    const char *text, *label = words_label(s, p);
    str day = {0};

    if (!p->set || !*label)
        return "";
    if (asked && asked->set && p->to < asked->to && !strstr(label, " to ")) {
        format_date(p->to, SEM_DAY, &day);
        text = state_strf(s, " %s%s (to %s)", preposition(p, label), label, str_text(&day));
        str_deinit(&day);
        return text;
    }
    return state_strf(s, " %s%s", preposition(p, label), label);
}
