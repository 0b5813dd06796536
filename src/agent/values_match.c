/* values_match.c - see values_match.h.
 *
 * Values are compared where they lie, word by word, so that nothing has to be
 * built per question; only a word with bytes beyond ASCII is folded. */
#include "agent/values_match.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

/* A part of a name is looked for only where names are few: a surname that is
 * also a word ("Winter", "Green") is not a customer. */
enum { TAIL_MOST_WORDS = 4, TAIL_LEAST_LETTERS = 4, PARTS_MOST_VALUES = 2000 };

const db_column *dimension_column(const sem_layer *l, const db_catalog *c, int dimension)
{
    const sem_dimension *d = sem_dimension_at(l, dimension);

    if (d->table < 0 || d->table >= c->n_tables || d->column < 0 || d->column >= c->tables[d->table].n_columns)
        return NULL;
    return &c->tables[d->table].columns[d->column];
}

static bool is_value_byte(unsigned char ch) { return isalnum(ch) || ch >= 0x80; }

/* The next word of a value at *p; its length, 0 at the end. *under: an
 * underscore or ampersand stood before it, where people say "and". */
static size_t next_word(const char **p, bool *under)
{
    size_t n = 0;

    *under = false;
    while (**p && !is_value_byte((unsigned char)**p)) {
        *under = *under || **p == '_' || **p == '&';
        if (**p == '\'' && (*p)[1] == 's' && !is_value_byte((unsigned char)(*p)[2]))
            (*p)++;
        (*p)++;
    }
    while (is_value_byte((unsigned char)(*p)[n]))
        n++;
    return n;
}

static bool same_word(const token *t, const char *word, size_t n, arena *a)
{
    size_t length = strlen(t->fold);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)word[i] >= 0x80) {
            const char *folded = word_fold(word, n, a);
            return folded && (!strcmp(folded, t->fold) || !strcmp(folded, t->stem));
        }
    if (length == n && !strncasecmp(t->fold, word, n))
        return true;
    length = strlen(t->stem);
    if (length == n && !strncasecmp(t->stem, word, n))
        return true;
    return n > 3 && (word[n - 1] == 's' || word[n - 1] == 'S') && length == n - 1 && !strncasecmp(t->stem, word, n - 1);
}

/* Tokens from i that spell the value from `p`, 0 if they don't. `skip_last`:
 * its last word may be missing. */
static int spell(const char *p, const tokens *t, int i, bool skip_last, arena *a)
{
    int k = i;

    for (;;) {
        bool under;
        const size_t n = next_word(&p, &under);

        if (!n)
            return k - i;
        if (under && k > i && k < t->n && (word_in(&t->at[k], "and|n|und")))
            k++;
        if (k < t->n && (k == i || !t->at[k].before || t->at[k].before == '\'') && same_word(&t->at[k], p, n, a)) {
            p += n, k++;
            continue;
        }
        if (!skip_last || k == i)
            return 0;
        p += n;
        return next_word(&p, &under) ? 0 : k - i;
    }
}

static bool ends_in_number(const char *value)
{
    const size_t n = strlen(value);

    return n > 2 && isdigit((unsigned char)value[n - 1]) && strchr(value, ' ') != NULL;
}

/* The value with its first `skip` words gone; NULL when nothing is left. */
static const char *after_words(const char *value, int skip)
{
    bool under;

    for (; skip > 0; skip--) {
        const size_t n = next_word(&value, &under);
        if (!n)
            return NULL;
        value += n;
    }
    return next_word(&value, &under) ? value : NULL;
}

static void add_hit(value_hit *hits, int *n, int max, int dimension, value_how how, int n_tokens, const char *value)
{
    value_hit *h = NULL;

    for (int i = 0; i < *n; i++)
        if (hits[i].dimension == dimension && hits[i].how == how && hits[i].n_tokens == n_tokens && how != VALUE_WHOLE)
            h = &hits[i];
    if (!h && *n < max) {
        h = &hits[(*n)++];
        *h = (value_hit){.dimension = dimension, .how = how, .n_tokens = n_tokens};
    }
    if (!h)
        return;
    if (h->n_values < SEM_MAX_VALUES)
        h->values[h->n_values++] = value;
    else
        h->cut = true;
}

static void match_value(const sem_dimension *d, bool parts, const char *value, const tokens *t, int i,
                        value_hit *hits, int *n, int max, arena *a)
{
    const unsigned char first = (unsigned char)*value;
    /* most values are passed over by their first letter */
    const bool likely = first >= 0x80 || !isalnum(first) || tolower(first) == (unsigned char)*t->at[i].fold;
    int matched = likely ? spell(value, t, i, false, a) : 0;

    if (matched) {
        add_hit(hits, n, max, d->id, VALUE_WHOLE, matched, value);
        return;
    }
    if (!parts)
        return;
    if (likely && ends_in_number(value) && (matched = spell(value, t, i, true, a)) > 1) {
        add_hit(hits, n, max, d->id, VALUE_SERIES, matched, value);
        return;
    }
    if (strlen(t->at[i].fold) < TAIL_LEAST_LETTERS || t->at[i].is_number)
        return;
    for (int skip = 1; skip < TAIL_MOST_WORDS; skip++) {
        const char *tail = after_words(value, skip);
        if (!tail)
            break;
        if ((matched = spell(tail, t, i, false, a)) > 0)
            add_hit(hits, n, max, d->id, VALUE_TAIL, matched, value);
    }
}

/* What the layer says people call values: "weekend", "click and collect". */
static void match_said(const sem_dimension *d, const tokens *t, int i, value_hit *hits, int *n, int max, arena *a)
{
    for (int k = 0; k < d->n_said && *n < max; k++) {
        const sem_said *said = &d->said[k];
        const int matched = *said->phrase == *t->at[i].fold ? spell(said->phrase, t, i, false, a) : 0;
        value_hit *h;

        if (!matched)
            continue;
        h = &hits[(*n)++];
        *h = (value_hit){.dimension = d->id, .how = VALUE_WHOLE, .n_tokens = matched, .n_values = said->n_values};
        for (int v = 0; v < said->n_values; v++)
            h->values[v] = said->values[v];
    }
}

int values_match_at(const sem_layer *l, const db_catalog *c, const tokens *t, int i,
                    value_hit *hits, int max, arena *a)
{
    int n = 0;

    for (int d = 0; d < sem_n_dimensions(l); d++) {
        const sem_dimension *dimension = sem_dimension_at(l, d);
        const db_column *column = dimension_column(l, c, d);

        match_said(dimension, t, i, hits, &n, max, a);
        if (!column || column->type != DB_TEXT)
            continue;
        for (int v = 0; v < column->n_values; v++)
            match_value(dimension, dimension->is_entity_label && column->n_values <= PARTS_MOST_VALUES, column->values[v],
                        t, i, hits, &n, max, a);
    }
    return n;
}

void values_each_word(const sem_layer *l, const db_catalog *c, int most_values, arena *a,
                      void (*fn)(void *arg, const char *folded_word), void *arg)
{
    for (int d = 0; d < sem_n_dimensions(l); d++) {
        const db_column *column = dimension_column(l, c, d);

        if (!column || column->type != DB_TEXT || column->n_values > most_values)
            continue;
        for (int v = 0; v < column->n_values; v++) {
            const char *p = column->values[v];
            bool under;
            size_t n;

            while ((n = next_word(&p, &under)) != 0) {
                const char *folded = n > 3 ? word_fold(p, n, a) : NULL;
                if (folded)
                    fn(arg, folded);
                p += n;
            }
        }
    }
}
