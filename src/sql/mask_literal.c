/* mask_literal.c - numbers, texts and dates, byte by byte. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/mask_impl.h"
#include "sql/print_impl.h"

enum { MOST_DIGITS = 18, MOST_COUNT = 5, MOST_SMALL = 3, MOST_FRACTION = 6, MOST_WORDS = 8, MOST_TEXT = 300, MOST_COPIES = 4000 };

static bool is_digit(unsigned char b) { return b >= '0' && b <= '9'; }

/* ---- lists ------------------------------------------------------------------------ */

/* The first of the sorted texts that is not below prefix (n bytes). */
static int lower(const char *const *list, int n_list, const char *prefix, size_t n)
{
    int lo = 0, hi = n_list;

    while (lo < hi) {
        const int mid = lo + (hi - lo) / 2;

        if (strncmp(list[mid], prefix, n) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void list_of(const mask *m, const choice *c, int which, const char *const **list, int *n)
{
    const bool values = which == 0;

    *list = values ? (c->values ? c->values->values : NULL) : m->copies;
    *n = values ? (c->values ? c->values->n_values : 0) : c->literals & LIT_COPY ? m->n_copies : 0;
}

/* The texts that begin with prefix + b: is there one, is one complete? */
static bool in_lists(const mask *m, const choice *c, const char *prefix, size_t n, bool *complete)
{
    bool any = false;

    *complete = false;
    for (int which = 0; which < 2; which++) {
        const char *const *list;
        int n_list, at;

        list_of(m, c, which, &list, &n_list);
        at = lower(list, n_list, prefix, n);
        if (at < n_list && !strncmp(list[at], prefix, n)) {
            any = true;
            *complete |= !list[at][n];
        }
    }
    return any;
}

static void list_bytes(const mask *m, const choice *c, const char *prefix, size_t n, uint8_t set[32])
{
    for (int which = 0; which < 2; which++) {
        const char *const *list;
        int n_list, at;

        list_of(m, c, which, &list, &n_list);
        at = lower(list, n_list, prefix, n);
        while (at < n_list && !strncmp(list[at], prefix, n)) {
            const unsigned char b = (unsigned char)list[at][n];
            int lo = at, hi = n_list;

            if (b)
                set[b / 8] |= (uint8_t)(1u << b % 8);
            while (lo < hi) { /* behind all that go on with b */
                const int mid = lo + (hi - lo) / 2;

                if (strncmp(list[mid], prefix, n) == 0 && (unsigned char)list[mid][n] <= b)
                    lo = mid + 1;
                else
                    hi = mid;
            }
            at = lo;
        }
    }
}

int mask_list_left(const mask *m, const choice *c, const char *prefix, int n)
{
    int best = MASK_VALUE_BYTES + 2;

    for (int which = 0; which < 2; which++) {
        const char *const *list;
        int n_list, at;

        list_of(m, c, which, &list, &n_list);
        at = lower(list, n_list, prefix, (size_t)n);
        for (int i = at; i < n_list && i < at + 64 && !strncmp(list[i], prefix, (size_t)n); i++)
            if ((int)strlen(list[i]) - n < best)
                best = (int)strlen(list[i]) - n;
    }
    return best;
}

/* How many texts still match, up to `most`. */
int mask_list_count(const mask *m, const choice *c, const char *prefix, int n, int most)
{
    int count = 0;

    for (int which = 0; which < 2; which++) {
        const char *const *list;
        int n_list, at;

        list_of(m, c, which, &list, &n_list);
        at = lower(list, n_list, prefix, (size_t)n);
        while (at + count < n_list && count < most && !strncmp(list[at + count], prefix, (size_t)n))
            count++;
    }
    return count;
}

/* ---- dates and times ----------------------------------------------------------------- */

static int month_days(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = atoi(text), month = (text[5] - '0') * 10 + text[6] - '0';

    return month == 2 && ((year % 4 == 0 && year % 100) || year % 400 == 0) ? 29 : days[month - 1];
}

/* Does b go on with 'YYYY-MM-DD[ hh:mm:ss]'? `text` is what stands inside the quotes. */
static bool timed(const char *text, int n, unsigned char b, unsigned literals, bool *complete)
{
    static const char form[] = "dddd-dd-dd dd:dd:dd";
    const int from = literals & LIT_TIME ? 11 : 0;
    const int at = from + n;

    *complete = false;
    if (b == '\'') {
        *complete = (literals & (LIT_DATE | LIT_STAMP) && n == 10) || at == 19;
        return *complete;
    }
    if (at >= 19 || (literals & LIT_DATE && n >= 10))
        return false;
    if (form[at] != 'd')
        return b == (unsigned char)form[at];
    if (!is_digit(b))
        return false;
    switch (at) {
    case 0:  return b == '1' || b == '2';
    case 5:  return b <= '1';
    case 6:  return text[5] == '0' ? b > '0' : b <= '2';
    case 8:  return b <= '3' && !(b == '3' && month_days(text) < 30);
    case 9: {
        const int day = (text[8] - '0') * 10 + b - '0';

        return day >= 1 && day <= month_days(text);
    }
    case 11: return b <= '2';
    case 12: return text[n - 1] != '2' || b <= '3';
    case 14:
    case 17: return b <= '5';
    default: return true;
    }
}

/* ---- the automaton ------------------------------------------------------------------- */

static bool begin(const mask *m, const choice *c, cursor *at, unsigned char b)
{
    const unsigned numbers = LIT_NUMBER | LIT_INTEGER | LIT_COUNT | LIT_SMALL;
    bool complete;

    if (c->literals & LIT_LINE) {
        at->literal = L_LINE;
        at->closed = true;
        return b > 32 && b != 127;
    }
    if (is_digit(b) && c->literals & numbers && !(c->literals & (LIT_COUNT | LIT_SMALL) && b == '0')) {
        at->literal = L_DIGITS;
        at->closed = true;
        return true;
    }
    if (b != '\'')
        return false;
    at->closed = false;
    if (c->literals & LIT_FREE)
        at->literal = L_FREE;
    else if (c->literals & (LIT_VALUES | LIT_COPY) && in_lists(m, c, "'", 1, &complete))
        at->literal = L_LIST;
    else if (c->literals & (LIT_DATE | LIT_STAMP | LIT_TIME))
        at->literal = L_TIMED;
    else
        return false;
    return true;
}

static bool digits(const choice *c, cursor *at, const char *text, int n, unsigned char b)
{
    if (b == '.') {
        at->literal = L_POINT;
        at->closed = false;
        return c->literals & LIT_NUMBER && n < MOST_DIGITS;
    }
    return is_digit(b) && text[0] != '0' && n < (c->literals & LIT_COUNT ? MOST_COUNT : c->literals & LIT_SMALL ? MOST_SMALL : MOST_DIGITS);
}

static bool fraction(cursor *at, const char *text, int n, unsigned char b)
{
    const char *dot = memchr(text, '.', (size_t)n);

    at->literal = L_FRACTION;
    at->closed = true;
    return is_digit(b) && dot && text + n - dot <= MOST_FRACTION;
}

bool mask_literal_byte(const mask *m, const choice *c, cursor *at, unsigned char b)
{
    const char *text = m->text + at->start + c->literal_lead;
    const int n = at->depth - c->literal_lead;

    if (!c->literals)
        return false;
    if (n < 0)
        return b == ' ';
    if (!n && c->literal_lead && m->text[at->start] != ' ')
        return false; /* another text was begun */
    switch (at->literal) {
    case L_NONE:     return n == 0 && begin(m, c, at, b);
    case L_LINE:     return b >= 32 && b != 127 && n <= MOST_TEXT;
    case L_DIGITS:   return digits(c, at, text, n, b);
    case L_POINT:
    case L_FRACTION: return fraction(at, text, n, b);
    case L_FREE:
        if (b == '\'') {
            at->literal = L_QUOTE;
            at->closed = true;
            return true;
        }
        return b >= 32 && b != 127 && n <= MOST_TEXT;
    case L_QUOTE:
        at->literal = L_FREE;
        at->closed = false;
        return b == '\'' && !m->tight;
    case L_LIST: {
        char prefix[MASK_VALUE_BYTES * 2 + 8];

        if (n + 2 > (int)sizeof prefix)
            return false;
        memcpy(prefix, text, (size_t)n);
        prefix[n] = (char)b;
        return in_lists(m, c, prefix, (size_t)n + 1, &at->closed);
    }
    case L_TIMED:
        if (!timed(text + 1, n - 1, b, c->literals, &at->closed))
            return false;
        at->literal = at->closed ? L_DONE : L_TIMED;
        return true;
    default: return false;
    }
}

void mask_literal_bytes(const mask *m, const choice *c, const cursor *at, uint8_t set[32])
{
    if (at->literal == L_LIST) {
        list_bytes(m, c, m->text + at->start + c->literal_lead, (size_t)(at->depth - c->literal_lead), set);
        return;
    }
    if (!c->literals)
        return;
    for (int b = 1; b < 256; b++) {
        cursor copy = *at;

        if (mask_literal_byte(m, c, &copy, (unsigned char)b))
            set[b / 8] |= (uint8_t)(1u << b % 8);
    }
}

/* ---- what the question says ------------------------------------------------------------ */

static bool is_word_byte(unsigned char b)
{
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || is_digit(b) || b >= 128;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_copy(mask *m, const char *from, size_t n)
{
    char span[MASK_VALUE_BYTES + 1];
    printer p = {.level = -1};

    if (m->n_copies >= MOST_COPIES || n > MASK_VALUE_BYTES || !utf8_valid(from, n))
        return true;
    memcpy(span, from, n);
    span[n] = 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)span[i] < 32 || span[i] == 127)
            return true;
    print_string(&p, span);
    m->copies[m->n_copies] = p.out.bad ? NULL : arena_strn(m->a, str_text(&p.out), p.out.n);
    str_deinit(&p.out);
    return m->copies[m->n_copies++] != NULL;
}

/* Spans of up to MOST_WORDS words, as they stand in the text. */
static bool add_spans(mask *m, const char *text)
{
    const size_t n = strlen(text);

    for (size_t from = 0; from < n; from++) {
        int words = 0;

        if (!is_word_byte((unsigned char)text[from]) || (from && is_word_byte((unsigned char)text[from - 1])))
            continue;
        for (size_t to = from; to < n && words < MOST_WORDS;) {
            while (to < n && is_word_byte((unsigned char)text[to]))
                to++;
            words++;
            if (!add_copy(m, text + from, to - from))
                return false;
            if (to < n && strchr(".!?)", text[to]) && !add_copy(m, text + from, to - from + 1))
                return false;
            while (to < n && !is_word_byte((unsigned char)text[to]))
                to++;
        }
    }
    return true;
}

bool mask_copies(mask *m, err *e)
{
    const char *texts[] = {m->o.question, m->o.evidence};

    m->copies = arena_push(m->a, const char *, MOST_COPIES + 1);
    for (size_t i = 0; m->copies && i < 2; i++)
        if (texts[i] && !add_spans(m, texts[i]))
            m->copies = NULL;
    if (!m->copies)
        return err_set(e, ERR_NOMEM, "out of memory for the words of the question");
    qsort(m->copies, (size_t)m->n_copies, sizeof *m->copies, by_bytes);
    return true;
}
