/* words.c - see words.h.
 *
 * Cutting is by hand because a question mixes words with dates (2025-03-01),
 * amounts (€1,200.50, 1.5m, 20%) and joined words (like-for-like), and each of
 * them must stay whole or fall apart in its own way. */
#include "agent/words.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/str.h"

/* ---- folding and stems ------------------------------------------------ */

static const char *fold_unicode(const char *text, size_t n, arena *a)
{
    utf8proc_uint8_t *folded = NULL;
    const utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n,
        &folded, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
    const char *copy = length < 0 ? NULL : arena_strn(a, (const char *)folded, (size_t)length);

    free(folded);
    return copy;
}

const char *word_fold(const char *text, size_t n, arena *a)
{
    char *ascii = arena_strn(a, text, n);
    size_t i = 0;

    for (; ascii && i < n && !((unsigned char)text[i] & 0x80); i++)
        ascii[i] = (char)tolower((unsigned char)text[i]);
    return !ascii || i == n ? ascii : fold_unicode(text, n, a);
}

/* Words whose singular no rule finds, and words that only look plural. */
static const char *const irregular[][2] = {
    {"people", "person"}, {"shelves", "shelf"}, {"women", "women"}, {"men", "men"},
    {"kids", "kids"}, {"bus", "bus"}, {"this", "this"}, {"his", "his"}, {"plus", "plus"},
    {"versus", "versus"}, {"less", "less"}, {"status", "status"}, {"basis", "basis"},
    {"gross", "gross"}, {"was", "was"}, {"is", "is"}, {"as", "as"}, {"has", "has"},
    {"does", "does"}, {"its", "its"}, {"us", "us"}, {"vs", "vs"}, {"christmas", "christmas"},
    {"business", "business"}, {"always", "always"}, {"yes", "yes"}, {"series", "series"},
    {"shoes", "shoe"}, {"sales", "sale"}, {"goes", "go"}, {"news", "news"},
    {"wednesdays", "wednesday"}, {"previous", "previous"}, {"various", "various"},
    {"minus", "minus"}, {"analysis", "analysis"},
};

const char *word_stem(const char *fold, arena *a)
{
    const size_t n = strlen(fold);

    for (size_t i = 0; i < sizeof irregular / sizeof irregular[0]; i++)
        if (*fold == *irregular[i][0] && !strcmp(fold, irregular[i][0]))
            return irregular[i][1];
    if (n < 4 || fold[n - 1] != 's' || fold[n - 2] == 's' || str_ends(fold, "us") || str_ends(fold, "is"))
        return fold;
    if (str_ends(fold, "ies") && n > 4)
        return arena_strf(a, "%.*sy", (int)(n - 3), fold);
    if (str_ends(fold, "sses") || str_ends(fold, "shes") || str_ends(fold, "ches") || str_ends(fold, "xes"))
        return arena_strn(a, fold, n - 2);
    return arena_strn(a, fold, n - 1);
}

int word_typo_limit(size_t n_letters)
{
    return n_letters < 5 ? 0 : n_letters < 8 ? 1 : 2;
}

int word_typo(const char *typed, const char *known)
{
    const size_t n = strlen(typed), m = strlen(known);
    const int limit = word_typo_limit(n < m ? n : m);
    int distance;

    if (n == 4 && m == 4) { /* "Wset": only two letters changed places */
        for (int i = 0; i < 3; i++)
            if (typed[i] == known[i + 1] && typed[i + 1] == known[i] && typed[i] != typed[i + 1] &&
                !strncmp(typed, known, (size_t)i) && !strcmp(typed + i + 2, known + i + 2))
                return 1;
        return strcmp(typed, known) ? -1 : 0;
    }
    if (!limit)
        return strcmp(typed, known) ? -1 : 0;
    distance = str_distance(typed, known, limit);
    if (distance > limit || (distance && n < 6 && typed[0] != known[0]))
        return -1;
    return distance;
}

/* ---- numbers ---------------------------------------------------------- */

static const struct { const char *word; double number; bool ordinal; } number_words[] = {
    {"zero", 0, false}, {"one", 1, false}, {"two", 2, false}, {"three", 3, false},
    {"four", 4, false}, {"five", 5, false}, {"six", 6, false}, {"seven", 7, false},
    {"eight", 8, false}, {"nine", 9, false}, {"ten", 10, false}, {"eleven", 11, false},
    {"twelve", 12, false}, {"dozen", 12, false}, {"fifteen", 15, false}, {"twenty", 20, false},
    {"thirty", 30, false}, {"forty", 40, false}, {"fifty", 50, false}, {"sixty", 60, false},
    {"ninety", 90, false}, {"hundred", 100, false}, {"thousand", 1e3, false},
    {"million", 1e6, false}, {"billion", 1e9, false},
    {"first", 1, true}, {"second", 2, true}, {"third", 3, true}, {"fourth", 4, true},
    {"fifth", 5, true}, {"sixth", 6, true}, {"seventh", 7, true}, {"eighth", 8, true},
    {"ninth", 9, true}, {"tenth", 10, true},
};

static double suffix_factor(const char *suffix)
{
    static const struct { const char *text; double factor; } table[] = {
        {"", 1}, {"k", 1e3}, {"m", 1e6}, {"mio", 1e6}, {"mn", 1e6}, {"mln", 1e6}, {"bn", 1e9}, {"b", 1e9},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (!strcmp(suffix, table[i].text))
            return table[i].factor;
    return 0;
}

/* "1,200.50k" and "3rd"; digits are grouped by commas or not at all. */
static void read_number(token *t)
{
    char digits[40];
    size_t n = 0, i = 0;
    bool grouped = false, point = false;
    double factor;

    for (; isdigit((unsigned char)t->fold[i]) || t->fold[i] == '.' || t->fold[i] == ','; i++) {
        if (n + 1 >= sizeof digits)
            return;
        if (t->fold[i] == ',') { grouped = true; continue; }
        point = point || t->fold[i] == '.';
        digits[n++] = t->fold[i];
    }
    if (!n)
        return;
    digits[n] = 0;
    if (!strcmp(t->fold + i, "st") || !strcmp(t->fold + i, "nd") || !strcmp(t->fold + i, "rd") || !strcmp(t->fold + i, "th")) {
        t->is_number = t->is_ordinal = true;
        t->number = strtod(digits, NULL);
        return;
    }
    factor = suffix_factor(t->fold + i);
    if (factor <= 0)
        return;
    t->is_number = true;
    t->is_integer = !grouped && !point && !t->fold[i];
    t->number = strtod(digits, NULL) * factor;
}

static void read_number_word(token *t)
{
    for (size_t i = 0; i < sizeof number_words / sizeof number_words[0]; i++)
        if (*t->fold == *number_words[i].word && !strcmp(t->fold, number_words[i].word)) {
            t->is_number = true;
            t->is_ordinal = number_words[i].ordinal;
            t->number = number_words[i].number;
        }
}

/* ---- cutting ---------------------------------------------------------- */

static bool is_word_byte(unsigned char c) { return isalnum(c) || c >= 0x80 || c == '_'; }

/* Multi-byte signs that are punctuation, not letters. */
static size_t sign_at(const char *p, const char **meaning)
{
    static const struct { const char *bytes, *meaning; } signs[] = {
        {"\xe2\x82\xac", "euro"}, {"\xe2\x80\x93", "to"}, {"\xe2\x80\x94", ","},
        {"\xe2\x80\x98", "'"}, {"\xe2\x80\x99", "'"}, {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""},
        {"\xc2\xa0", " "}, {"\xe2\x80\xa6", "."}, {"\xe2\x89\xa5", ">="}, {"\xe2\x89\xa4", "<="},
        {"\xc2\xa3", "pound"}, {"\xe2\x80\xaf", " "},
    };
    for (size_t i = 0; (unsigned char)*p >= 0x80 && i < sizeof signs / sizeof signs[0]; i++)
        if (str_starts(p, signs[i].bytes)) {
            *meaning = signs[i].meaning;
            return strlen(signs[i].bytes);
        }
    return 0;
}

static size_t apostrophe_at(const char *p)
{
    const char *meaning;
    const size_t n = sign_at(p, &meaning);

    return *p == '\'' ? 1 : n && *meaning == '\'' ? n : 0;
}

/* 2025-03, 2025-03-01 and 2025-Q1 stay whole. */
static size_t iso_date_at(const char *p)
{
    static const char *const shapes[] = {"dddd-dd-dd", "dddd-dd", "dddd-qd", "dddd-wdd", "dddd-wd"};

    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        size_t i = 0;
        for (; shapes[s][i]; i++) {
            const char want = shapes[s][i], c = (char)tolower((unsigned char)p[i]);
            if (want == 'd' ? !isdigit((unsigned char)c) : c != want)
                break;
        }
        if (!shapes[s][i] && !is_word_byte((unsigned char)p[i]) &&
            !(p[i] == '-' && isdigit((unsigned char)p[i + 1])))
            return i;
    }
    return 0;
}

/* Bytes of the word that begins at p (at least 1). */
static size_t word_at(const char *p)
{
    const bool digits = isdigit((unsigned char)*p);
    size_t i = iso_date_at(p);
    const char *meaning;

    if (i)
        return i;
    while (p[i]) {
        if (is_word_byte((unsigned char)p[i]) && !sign_at(p + i, &meaning))
            i++;
        else if (digits && (p[i] == '.' || p[i] == ',') && isdigit((unsigned char)p[i + 1]) &&
                 isdigit((unsigned char)p[i - 1]))
            i++;
        else
            break;
    }
    return i ? i : 1;
}

typedef struct cutter {
    token *at;
    int n, max;
    arena *arena;
    char before;
    bool glued;
} cutter;

static bool add_token(cutter *c, const char *text, size_t offset, size_t n, const char *meaning)
{
    token *t = &c->at[c->n];

    if (c->n >= c->max)
        return false;
    *t = (token){.offset = offset, .n_bytes = n, .before = c->before, .glued = c->glued};
    t->text = arena_strn(c->arena, text + offset, n);
    t->fold = meaning ? meaning : word_fold(text + offset, n, c->arena);
    t->stem = t->fold ? word_stem(t->fold, c->arena) : NULL;
    t->capital = isupper((unsigned char)text[offset]) != 0;
    c->n++, c->before = 0, c->glued = false;
    if (!t->text || !t->fold || !t->stem)
        return false;
    if (isdigit((unsigned char)*t->fold))
        read_number(t);
    else
        read_number_word(t);
    return true;
}

/* The sign at `i`: a token of its own, a mark before the next token, or a blank. */
static bool take_sign(cutter *c, const char *text, size_t i, size_t *n)
{
    static const struct { const char *sign, *meaning; } own[] = {
        {"&", "and"}, {"%", "percent"}, {">=", ">="}, {"<=", "<="}, {">", ">"}, {"<", "<"}, {"$", "dollar"}, {"=", "="},
    };
    const char *meaning = NULL;

    *n = sign_at(text + i, &meaning);
    if (*n && (isalpha((unsigned char)*meaning) || *meaning == '>' || *meaning == '<'))
        return add_token(c, text, i, *n, meaning);
    if (*n) {
        c->before = *meaning == ' ' ? c->before : *meaning;
        return true;
    }
    for (size_t s = 0; s < sizeof own / sizeof own[0]; s++)
        if (str_starts(text + i, own[s].sign)) {
            *n = strlen(own[s].sign);
            return add_token(c, text, i, *n, own[s].meaning);
        }
    *n = 1;
    if (text[i] == '-' && i && isdigit((unsigned char)text[i - 1]) && isdigit((unsigned char)text[i + 1]))
        return add_token(c, text, i, 1, "to");
    if (text[i] == '-' && i && is_word_byte((unsigned char)text[i - 1]) && is_word_byte((unsigned char)text[i + 1]))
        c->glued = true;
    else if (text[i] == '-' && i && text[i - 1] == ' ' && text[i + 1] == ' ')
        c->before = ',';
    else if (!isspace((unsigned char)text[i]))
        c->before = text[i];
    return true;
}

static bool cut(cutter *c, const char *text)
{
    arena *a = c->arena;
    size_t i = 0, n;
    const char *meaning;

    while (text[i]) {
        if (is_word_byte((unsigned char)text[i]) && !sign_at(text + i, &meaning)) {
            n = word_at(text + i);
            if (!add_token(c, text, i, n, NULL))
                return false;
            i += n;
            n = apostrophe_at(text + i); /* "store's", "don't" */
            if (n && (text[i + n] == 't' || text[i + n] == 'T') && !is_word_byte((unsigned char)text[i + n + 1])) {
                token *last = &c->at[c->n - 1];
                i += n + 1;
                last->n_bytes = i - last->offset;
                last->text = arena_strn(a, text + last->offset, last->n_bytes);
                last->fold = last->stem = arena_strf(a, "%st", last->fold);
                if (!last->text || !last->fold)
                    return false;
            } else if (n && is_word_byte((unsigned char)text[i + n])) {
                const bool possessive = (text[i + n] == 's' || text[i + n] == 'S') && !is_word_byte((unsigned char)text[i + n + 1]);
                i += n + (possessive ? 1 : 0);
                c->glued = !possessive;
            }
        } else {
            if (!take_sign(c, text, i, &n))
                return false;
            i += n;
        }
    }
    return true;
}

bool words_cut(const char *text, int max, arena *a, tokens *out)
{
    cutter c = {.at = arena_push(a, token, (size_t)max), .max = max, .arena = a};
    const bool ok = c.at && cut(&c, text);

    *out = (tokens){c.at, c.n};
    return ok;
}

/* ---- phrases ---------------------------------------------------------- */

int words_match(const tokens *t, int i, const char *phrase)
{
    int n = 0;

    for (const char *p = phrase; *p;) {
        const size_t length = strcspn(p, " ");
        const token *word = &t->at[i + n];

        if (i + n >= t->n || (n && (word->before == '.' || word->before == '?' || word->before == ';')))
            return 0;
        if (!((strlen(word->fold) == length && !memcmp(word->fold, p, length)) ||
              (strlen(word->stem) == length && !memcmp(word->stem, p, length))))
            return 0;
        n++;
        p += length;
        p += *p == ' ';
    }
    return n;
}

bool word_in(const token *t, const char *list)
{
    for (const char *p = list; *p;) {
        const size_t length = strcspn(p, "|");

        if (strlen(t->fold) == length && !memcmp(t->fold, p, length))
            return true;
        p += length;
        p += *p == '|';
    }
    return false;
}
