/* retrieval_same.c - may one question's answer stand for another's?
 *
 * Vectors are blind to what decides an answer: "the 5 best stores of 2023" and "the 3
 * worst stores of 2024" are near. So whatever carries a number, a name of the catalog, a value,
 * a direction or a unit of time must be in both, and of the other words, the empty ones left
 * aside, few may differ. Wrongly different costs a model call; wrongly the same a wrong answer. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/retrieval_impl.h"

enum { WORDS_MOST = 64, WORD_BYTES = 48, OTHERS_MOST = 3 };

/* Words of one meaning: the first stands for all. */
static const char *const groups[] = {
    " max top best highest most largest biggest maximum greatest leading strongest ",
    " min bottom worst lowest least smallest fewest minimum weakest ",
    " not no never without except excluding isn't don't doesn't didn't haven't hasn't other ",
    " before until earlier ", " after since later ", " between ", " from ", " during ",
    " more above over greater exceed exceeds exceeding exceeded ", " less below under fewer ",
    " average avg mean ", " median ", " total sum overall altogether ", " count many number ",
    " distinct different unique ", " last previous prior past ", " next ", " this current ", " first ",
    " by per each every ", " growth grew grow growing increase increased rise rose up ",
    " decline fell drop dropped decrease decreased shrink shrank down lost ", " percent % percentage share proportion ",
    " ratio rate ", " or ", " only ", " running cumulative ", " ascending ", " descending ",
    " day days daily ", " week weeks weekly ", " month months monthly ", " quarter quarters quarterly ",
    " year years yearly annual annually ", " today ", " yesterday ", " to-date ytd mtd ", " fiscal ",
    " january jan ", " february feb ", " march mar ", " april apr ", " may ", " june jun ", " july jul ",
    " august aug ", " september sep sept ", " october oct ", " november nov ", " december dec ",
    " monday mondays ", " tuesday tuesdays ", " wednesday wednesdays ", " thursday thursdays ", " friday fridays ",
    " saturday saturdays ", " sunday sundays ", " weekend weekends ", " weekday weekdays ",
    " 1 one once ", " 2 two twice both second ", " 3 three third ", " 4 four fourth ", " 5 five fifth ", " 6 six ", " 7 seven ", " 8 eight ", " 9 nine ",
    " 10 ten ", " 12 twelve dozen ", " 100 hundred ", " 1000 thousand ", " 1000000 million ", " half ",
};

/* Words that change no answer. */
static const char empty_words[] =
    " a an the is are was were be been do does did have has had of in on at for to and with as it its their there that which what "
    "who whose where when how much please show me give tell list find get display return i we us our you your my can could would "
    "like want know see name names all any it's what's that's s than into out about ";

typedef struct signature {
    char fixed[WORDS_MOST][WORD_BYTES]; /* sorted, each once */
    char other[WORDS_MOST][WORD_BYTES];
    int n_fixed, n_other;
    bool too_long;
} signature;

static bool in_list(const char *list, const char *word)
{
    char spaced[WORD_BYTES + 3];

    snprintf(spaced, sizeof spaced, " %s ", word);
    return strstr(list, spaced) != NULL;
}

static bool is_part(unsigned char c) { return isalnum(c) || c >= 0x80 || c == '\'' || c == '%'; }

/* The next word, lower case in ASCII; *capital: it began with a capital. */
static bool next_word(const char **at, char word[WORD_BYTES], bool *capital, bool *cut)
{
    const char *p = *at;
    size_t n = 0;

    while (*p && !is_part((unsigned char)*p))
        p++;
    *capital = isupper((unsigned char)*p) != 0;
    for (; *p && (is_part((unsigned char)*p) ||
                  ((*p == '.' || *p == ',' || *p == '-') && n && isdigit((unsigned char)p[-1]) && isdigit((unsigned char)p[1]))); p++) {
        if (n == WORD_BYTES - 1)
            *cut = true;
        else if (*p != ',')
            word[n++] = (char)tolower((unsigned char)*p);
    }
    while (n && word[n - 1] == '\'')
        n--;
    word[n] = 0;
    *at = p;
    return n > 0;
}

/* stores, store, cities, city: one stem */
static void stem(const char *word, char out[WORD_BYTES])
{
    size_t n = strlen(word);

    memcpy(out, word, n + 1);
    if (n > 4 && !strcmp(out + n - 3, "ies"))
        strcpy(out + n - 3, "y");
    else if (n > 3 && out[n - 1] == 's' && out[n - 2] != 's')
        out[--n] = 0;
}

static bool name_has(const char *name, const char *stemmed)
{
    char part[WORD_BYTES], own[WORD_BYTES];
    size_t n = 0;

    for (const char *p = name;; p++) {
        if (*p && *p != '_' && *p != ' ' && *p != '-') {
            if (n < WORD_BYTES - 1)
                part[n++] = (char)tolower((unsigned char)*p);
            continue;
        }
        part[n] = 0;
        stem(part, own);
        if (n && !strcmp(own, stemmed))
            return true;
        n = 0;
        if (!*p)
            return false;
    }
}

static bool is_catalog_word(const db_catalog *c, const char *stemmed)
{
    for (int t = 0; t < c->n_tables; t++) {
        if (name_has(c->tables[t].name, stemmed))
            return true;
        for (int k = 0; k < c->tables[t].n_columns; k++)
            if (name_has(c->tables[t].columns[k].name, stemmed))
                return true;
    }
    return false;
}

static void add(char list[WORDS_MOST][WORD_BYTES], int *n, const char *word, bool *too_long)
{
    for (int i = 0; i < *n; i++)
        if (!strcmp(list[i], word))
            return;
    if (*n == WORDS_MOST)
        *too_long = true;
    else
        strcpy(list[(*n)++], word);
}

/* Each value of the database that the question names, as table, column and value. */
static void add_values(const db_catalog *c, const char *question, signature *s)
{
    prompt_hint hints[PROMPT_HINTS_SHOWN];
    const int n = prompt_hints(c, question, hints, PROMPT_HINTS_SHOWN);

    for (int i = 0; i < n; i++) {
        char text[WORD_BYTES];

        snprintf(text, sizeof text, "=%d.%d.%s", hints[i].table, hints[i].column, hints[i].value);
        if (hints[i].score >= 0.999)
            add(s->fixed, &s->n_fixed, text, &s->too_long);
    }
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static void add_word(const db_catalog *c, const char *word, bool fixed, signature *s)
{
    char stemmed[WORD_BYTES];
    const char *group = NULL;

    for (size_t i = 0; i < sizeof groups / sizeof groups[0] && !group; i++)
        if (in_list(groups[i], word))
            group = groups[i];
    stem(word, stemmed);
    if (group) {
        char first[WORD_BYTES];

        snprintf(first, sizeof first, "%.*s", (int)strcspn(group + 1, " "), group + 1);
        add(s->fixed, &s->n_fixed, first, &s->too_long);
    } else if (fixed || strpbrk(word, "0123456789") || (!in_list(empty_words, word) && is_catalog_word(c, stemmed))) {
        add(s->fixed, &s->n_fixed, stemmed, &s->too_long);
    } else if (!in_list(empty_words, word)) {
        add(s->other, &s->n_other, stemmed, &s->too_long);
    }
}

static void sign(const db_catalog *c, const char *question, signature *s)
{
    const char *at = question;
    char word[WORD_BYTES];
    bool capital, first = true;

    while (next_word(&at, word, &capital, &s->too_long)) {
        add_word(c, word, capital && !first, s); /* a name, known or not */
        first = false;
    }
    add_values(c, question, s);
    qsort(s->fixed, (size_t)s->n_fixed, WORD_BYTES, by_text);
}

static int count_missing(const signature *a, const signature *b)
{
    int missing = 0;

    for (int i = 0; i < a->n_other; i++) {
        bool there = false;

        for (int k = 0; k < b->n_other; k++)
            there |= !strcmp(a->other[i], b->other[k]);
        missing += !there;
    }
    return missing;
}

bool same_entities(const db_catalog *c, const char *a, const char *b)
{
    signature *x = calloc(2, sizeof *x), *y = x + 1;
    bool same;

    if (!x)
        return false;
    sign(c, a, x);
    sign(c, b, y);
    same = !x->too_long && !y->too_long && x->n_fixed == y->n_fixed &&
           !memcmp(x->fixed, y->fixed, (size_t)x->n_fixed * WORD_BYTES) &&
           count_missing(x, y) + count_missing(y, x) <= OTHERS_MOST;
    free(x);
    return same;
}
