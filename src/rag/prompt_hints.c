/* prompt_hints.c - which values of the database does a question name?
 *
 * Question and values are compared as words: letters and digits, ASCII case
 * folded, all else one blank. The question's spans of words (1 to 8) go into a
 * hash table; each value of the catalog is looked up there, after a bitmap of the
 * first two bytes has refused nearly all of them. Near: one slip (two in long
 * spans), or the first words of a longer value when the question writes them as
 * a name. Words that are grammar, single letters and short numbers only count
 * when quoted. */
#include <stdlib.h>
#include <string.h>

#include "rag/prompt_impl.h"

enum { WORDS = 96, SPAN_WORDS = 8, SPANS = WORDS * SPAN_WORDS, SLOTS = 2048, FOUND = 256, NEAR = 128, NEAR_PER_SPAN = 4,
       COLUMNS_PER_SPAN = 3, FOLDED = 256, NEAR_BYTES = 5, NEAR_TWICE = 9, START_BYTES = 4 };

typedef struct word {
    int at, n;     /* in the question */
    int from, to;  /* in the folded text */
    bool quoted, upper, capital, grammar, schema;
} word;

typedef struct span { int first, n; } span; /* words */

typedef struct match {
    int span, table, column;
    const char *value;
    double score;
    int rank; /* words of the question in the names of column and table */
} match;

typedef struct asked {
    const char *question;
    char folded[2048];
    word words[WORDS];
    int n_words;
    span spans[SPANS];
    int n_spans;
    int16_t slots[SLOTS]; /* span + 1, by hash */
    uint8_t starts[8192]; /* bitmap of the first two folded bytes of words */
    match found[FOUND];
    int n_found, n_near;
    int near_of[SPANS]; /* near matches of a span */
} asked;

static bool is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static char folded_byte(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool is_grammar(const char *w, int n)
{
    static const char words[] =
        " a about above after all also am among an and any are as at be been before below between both but by can "
        "could did do does each every first for from give had has have he her his how i if in into is it its last "
        "least list many me more most much name names new no none not number of old on one only or other our over "
        "per please same she should show so some still such than that the their them then there these they this "
        "those to total two type under until up us was we were what when where which who whose why will with "
        "would yes you your ";
    char key[20];

    if (n > 16)
        return false;
    key[0] = ' ';
    memcpy(key + 1, w, (size_t)n);
    key[n + 1] = ' ';
    key[n + 2] = 0;
    return strstr(words, key) != NULL;
}

/* Does a quotation begin / end at i? Apostrophes inside words do neither. */
static bool is_quote(const char *q, int i, bool open)
{
    const char c = q[i];

    if (c == '"')
        return true;
    if (c != '\'')
        return false;
    return open ? i == 0 || !is_word_byte((unsigned char)q[i - 1])
                : !is_word_byte((unsigned char)q[i + 1]);
}

static void add_word(asked *a, int at, int n, bool quoted, int *used)
{
    word *w = &a->words[a->n_words];
    bool upper = true;

    if (a->n_words == WORDS || *used + n + 2 > (int)sizeof a->folded)
        return;
    if (a->n_words)
        a->folded[(*used)++] = ' ';
    *w = (word){.at = at, .n = n, .from = *used, .quoted = quoted};
    for (int i = 0; i < n; i++) {
        upper = upper && !(a->question[at + i] >= 'a' && a->question[at + i] <= 'z');
        a->folded[(*used)++] = folded_byte(a->question[at + i]);
    }
    a->folded[*used] = 0;
    w->to = *used;
    w->upper = upper;
    w->capital = a->question[at] >= 'A' && a->question[at] <= 'Z' && a->n_words > 0;
    w->grammar = is_grammar(a->folded + w->from, n);
    a->n_words++;
}

static void read_words(asked *a)
{
    const char *q = a->question;
    char quote = 0;
    int used = 0, start = -1;

    for (int i = 0;; i++) {
        const bool inside = is_word_byte((unsigned char)q[i]);

        if (inside && start < 0)
            start = i;
        if (!inside && start >= 0) {
            add_word(a, start, i - start, quote != 0, &used);
            start = -1;
        }
        if (!q[i])
            return;
        if (quote && q[i] == quote && is_quote(q, i, false))
            quote = 0;
        else if (!quote && is_quote(q, i, true))
            quote = q[i];
    }
}

static uint32_t hash(const char *p, int n)
{
    uint32_t h = 2166136261u;

    for (int i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 16777619u;
    return h ^ (h >> 15);
}

static const char *span_text(const asked *a, int s, int *n)
{
    const int from = a->words[a->spans[s].first].from;

    *n = a->words[a->spans[s].first + a->spans[s].n - 1].to - from;
    return a->folded + from;
}

/* First byte and second, a blank when the word has one only. */
static unsigned start_of(char first, char second)
{
    const char next = is_word_byte((unsigned char)second) ? folded_byte(second) : ' ';

    return (unsigned)(unsigned char)folded_byte(first) << 8 | (unsigned char)next;
}

/* May these words stand for a value at all? */
static bool span_counts(const asked *a, const span *s)
{
    const word *w = &a->words[s->first];
    bool only_grammar = true, digits = true;

    for (int i = 0; i < s->n; i++)
        only_grammar &= w[i].grammar;
    if (s->n > 1)
        return !only_grammar || w->quoted;
    for (int i = w->from; i < w->to; i++)
        digits &= a->folded[i] >= '0' && a->folded[i] <= '9';
    if (w->quoted)
        return true;
    if (w->n == 1)
        return w->upper && !digits && s->first > 0 && !w->grammar;
    if (digits)
        return w->n >= 4;
    return !w->grammar || (w->upper && w->n <= 3);
}

static void add_spans(asked *a)
{
    for (int i = 0; i < a->n_words; i++) {
        const char *w = a->folded + a->words[i].from;
        const unsigned start = start_of(w[0], w[1]);

        a->starts[start >> 3] |= (uint8_t)(1 << (start & 7));
    }
    for (int n = SPAN_WORDS; n >= 1; n--) /* longest first */
        for (int i = 0; i + n <= a->n_words; i++) {
            const span s = {i, n};
            const char *text;
            int bytes;
            uint32_t slot;

            if (!span_counts(a, &s))
                continue;
            a->spans[a->n_spans] = s;
            text = span_text(a, a->n_spans, &bytes);
            slot = hash(text, bytes) % SLOTS;
            while (a->slots[slot])
                slot = (slot + 1) % SLOTS;
            a->slots[slot] = (int16_t)(++a->n_spans);
        }
}

/* The value as words; its length, 0 when it has none or is too long. */
static int fold(const char *value, char out[FOLDED])
{
    int n = 0;

    for (; *value; value++) {
        if (n + 2 >= FOLDED)
            return 0;
        if (is_word_byte((unsigned char)*value))
            out[n++] = folded_byte(*value);
        else if (n && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = 0;
    return n;
}

static bool may_start(const asked *a, const char *value)
{
    unsigned start;

    while (*value && !is_word_byte((unsigned char)*value))
        value++;
    start = start_of(value[0], *value ? value[1] : 0);
    return a->starts[start >> 3] >> (start & 7) & 1;
}

/* Is the span written as a name: quoted or with capitals, after the first word? */
static bool is_named(const asked *a, int s)
{
    for (int i = 0; i < a->spans[s].n; i++)
        if (!a->words[a->spans[s].first + i].quoted && !a->words[a->spans[s].first + i].capital)
            return false;
    return true;
}

static int n_words_of(const char *folded)
{
    int n = 1;

    for (; *folded; folded++)
        n += *folded == ' ';
    return n;
}

static bool has_digit(const char *p, int n)
{
    for (int i = 0; i < n; i++)
        if (p[i] >= '0' && p[i] <= '9')
            return true;
    return false;
}

/* 0: not near. More than NEAR_PER_SPAN values near one span say nothing. */
static double nearness(const asked *a, int s, const char *value, int n_value)
{
    char text[FOLDED];
    int n, d, most;
    const char *at = span_text(a, s, &n);

    if (a->spans[s].n == 1 && a->words[a->spans[s].first].schema && !is_named(a, s))
        return 0;
    if (n >= START_BYTES && n < n_value && value[n] == ' ' && !memcmp(value, at, (size_t)n))
        return is_named(a, s) ? 0.5 + 0.3 * n / n_value : 0;
    most = n >= NEAR_TWICE ? 2 : 1;
    if (n < NEAR_BYTES || n >= FOLDED || abs(n - n_value) > most || n_value < NEAR_BYTES ||
        n_words_of(value) != a->spans[s].n || has_digit(at, n))
        return 0;
    memcpy(text, at, (size_t)n);
    text[n] = 0;
    d = str_distance(text, value, most);
    return d > most ? 0 : 0.95 - 0.1 * d;
}

static bool exact_span(const asked *a, const char *folded, int n, int *s)
{
    const uint32_t first = hash(folded, n) % SLOTS;

    for (uint32_t i = first; a->slots[i]; i = (i + 1) % SLOTS) {
        int bytes;
        const char *text = span_text(a, a->slots[i] - 1, &bytes);

        if (bytes == n && !memcmp(text, folded, (size_t)n))
            return *s = a->slots[i] - 1, true;
    }
    return false;
}

static void add_match(asked *a, const match *m)
{
    if (a->n_found == FOUND || !prompt_is_clean(m->value))
        return;
    if (m->score < 1 && (a->near_of[m->span]++ >= NEAR_PER_SPAN || a->n_near++ >= NEAR))
        return;
    a->found[a->n_found++] = *m;
}

/* All spans with these words: a word asked for twice counts where it stands first. */
static void look_up(asked *a, match *m)
{
    char folded[FOLDED];
    const int n = fold(m->value, folded);

    if (!n)
        return;
    if (exact_span(a, folded, n, &m->span)) {
        m->score = 1;
        add_match(a, m);
        return;
    }
    for (int s = 0; s < a->n_spans; s++) {
        int bytes;
        const char *text = span_text(a, s, &bytes);

        if (text[0] != folded[0] || bytes < START_BYTES || (m->score = nearness(a, s, folded, n)) <= 0)
            continue;
        m->span = s;
        add_match(a, m);
        return;
    }
}

/* Does the name have the word, or the word without a plural's s? */
static bool name_has(const char *folded_name, const asked *a, const word *w)
{
    char text[FOLDED];
    const int n = w->to - w->from;

    if (n < 3 || n >= FOLDED || w->grammar)
        return false;
    memcpy(text, a->folded + w->from, (size_t)n);
    text[n - (n > 3 && text[n - 1] == 's')] = 0;
    return strstr(folded_name, text) != NULL;
}

static int rank_of(const asked *a, const db_table *t, const db_column *k)
{
    char table[FOLDED], column[FOLDED];
    int rank = 0;

    fold(t->name, table);
    fold(k->name, column);
    for (int i = 0; i < a->n_words; i++)
        rank += 2 * name_has(column, a, &a->words[i]) + name_has(table, a, &a->words[i]);
    return rank;
}

/* A word of the schema ("students") is no slip of a value ('student'). */
static void mark_schema_words(asked *a, const db_catalog *c)
{
    char name[FOLDED];

    for (int t = 0; t < c->n_tables; t++)
        for (int k = -1; k < c->tables[t].n_columns; k++) {
            fold(k < 0 ? c->tables[t].name : c->tables[t].columns[k].name, name);
            for (int i = 0; i < a->n_words; i++)
                a->words[i].schema = a->words[i].schema || name_has(name, a, &a->words[i]);
        }
}

static void search_column(asked *a, const db_catalog *c, int table, int column)
{
    const db_column *k = &c->tables[table].columns[column];
    match m = {.table = table, .column = column, .rank = -1};

    if (k->type != DB_TEXT || !k->values_complete)
        return;
    for (int i = 0; i < k->n_values; i++) {
        if (!may_start(a, k->values[i]))
            continue;
        if (m.rank < 0)
            m.rank = rank_of(a, &c->tables[table], k);
        m.value = k->values[i];
        look_up(a, &m);
    }
}

static int by_worth(const void *x, const void *y)
{
    const match *p = x, *q = y;
    const bool exact_p = p->score >= 1, exact_q = q->score >= 1;

    if (exact_p != exact_q)
        return exact_p ? -1 : 1;
    if (exact_p && p->span != q->span)
        return p->span < q->span ? -1 : 1; /* spans stand longest first, then left first */
    if (p->score > q->score || p->score < q->score)
        return p->score > q->score ? -1 : 1;
    if (p->span != q->span)
        return p->span < q->span ? -1 : 1;
    if (p->rank != q->rank)
        return p->rank > q->rank ? -1 : 1;
    if (p->table != q->table)
        return p->table < q->table ? -1 : 1;
    return p->column != q->column ? (p->column < q->column ? -1 : 1) : strcmp(p->value, q->value);
}

/* Take the matches in order while their words are free. */
static int choose(const asked *a, prompt_hint *hints, int n)
{
    int owner[WORDS], taken[SPANS] = {0}, out = 0;
    bool exact[SPANS] = {false};

    for (int i = 0; i < WORDS; i++)
        owner[i] = -1;
    for (int i = 0; i < a->n_found && out < n; i++) {
        const match *m = &a->found[i];
        const span *s = &a->spans[m->span];
        const word *first = &a->words[s->first], *last = first + s->n - 1;
        bool idle = taken[m->span] < COLUMNS_PER_SPAN &&
                    (m->score >= 1 || (!exact[m->span] && a->near_of[m->span] <= NEAR_PER_SPAN));

        for (int w = s->first; w < s->first + s->n; w++)
            idle = idle && (owner[w] < 0 || owner[w] == m->span);
        if (!idle)
            continue;
        for (int w = s->first; w < s->first + s->n; w++)
            owner[w] = m->span;
        taken[m->span]++;
        exact[m->span] = m->score >= 1;
        hints[out++] = (prompt_hint){m->table, m->column, m->value, m->score, first->at,
                                     last->at + last->n - first->at};
    }
    return out;
}

int prompt_hints(const db_catalog *c, const char *question, prompt_hint *hints, int n)
{
    asked *a = calloc(1, sizeof *a);
    int found;

    if (!a)
        return 0;
    a->question = question;
    read_words(a);
    add_spans(a);
    mark_schema_words(a, c);
    for (int t = 0; t < c->n_tables; t++)
        for (int k = 0; k < c->tables[t].n_columns; k++)
            search_column(a, c, t, k);
    qsort(a->found, (size_t)a->n_found, sizeof *a->found, by_worth);
    found = choose(a, hints, n);
    free(a);
    return found;
}
