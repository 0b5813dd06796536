/* str.c - see str.h. */
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_deinit(str *s)
{
    if (!s)
        return;
    free(s->text);
    *s = (str){0};
}

void str_reset(str *s)
{
    s->n = 0;
    if (s->text)
        s->text[0] = 0;
}

static bool reserve(str *s, size_t more)
{
    size_t need, cap = s->cap ? s->cap : 64;
    char *grown;

    if (s->bad || __builtin_add_overflow(s->n, more, &need) ||
        need >= SIZE_MAX / 4)
        return s->bad = true, false;
    if (need + 1 <= s->cap)
        return true;
    while (cap < need + 1)
        cap *= 2;
    grown = realloc(s->text, cap);
    if (!grown)
        return s->bad = true, false;
    s->text = grown;
    s->cap = cap;
    return true;
}

void str_add(str *s, const char *text, size_t n)
{
    if (!reserve(s, n))
        return;
    if (n)
        memcpy(s->text + s->n, text, n);
    s->n += n;
    s->text[s->n] = 0;
}

void str_adds(str *s, const char *text) { str_add(s, text, strlen(text)); }
void str_addc(str *s, char c)           { str_add(s, &c, 1); }

void str_addf(str *s, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        s->bad = true;
    else if (reserve(s, (size_t)n)) {
        vsnprintf(s->text + s->n, (size_t)n + 1, fmt, again);
        s->n += (size_t)n;
    }
    va_end(again);
}

const char *str_text(const str *s) { return s->text ? s->text : ""; }

char *str_take(str *s)
{
    char *text;

    if (!s->bad && !s->text)
        str_add(s, "", 0);
    if (s->bad) {
        str_deinit(s);
        return NULL;
    }
    text = s->text;
    *s = (str){0};
    return text;
}

char *arena_strn(arena *a, const char *text, size_t n)
{
    char *copy = n < SIZE_MAX ? arena_push(a, char, n + 1) : NULL;

    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

char *arena_str(arena *a, const char *text)
{
    return arena_strn(a, text, strlen(text));
}

char *arena_strf(arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char *text = NULL;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0)
        text = arena_push(a, char, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

bool str_equal_nocase(const char *a, const char *b)
{
    for (; *a && fold(*a) == fold(*b); a++, b++) {}
    return fold(*a) == fold(*b);
}

bool str_starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

bool str_ends(const char *text, const char *suffix)
{
    const size_t n = strlen(text), m = strlen(suffix);

    return n >= m && !memcmp(text + n - m, suffix, m);
}

size_t utf8_len(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t len;
    unsigned lowest = 0x80, highest = 0xBF;

    if (!n)
        return 0;
    if (u[0] < 0x80)
        return 1;
    if (u[0] < 0xC2 || u[0] > 0xF4)
        return 0;
    len = u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
    if (n < len)
        return 0;
    if (u[0] == 0xE0) lowest = 0xA0;
    if (u[0] == 0xED) highest = 0x9F;
    if (u[0] == 0xF0) lowest = 0x90;
    if (u[0] == 0xF4) highest = 0x8F;
    if (u[1] < lowest || u[1] > highest)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((u[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

bool utf8_valid(const char *p, size_t n)
{
    for (size_t len; n; p += len, n -= len)
        if (!(len = utf8_len(p, n)))
            return false;
    return true;
}

enum { DISTANCE_MAX = 96 };

int str_distance(const char *a, const char *b, int limit)
{
    const size_t n = strlen(a), m = strlen(b);
    int rows[3][DISTANCE_MAX + 1], best;

    if (n > DISTANCE_MAX || m > DISTANCE_MAX ||
        (n > m ? n - m : m - n) > (size_t)limit)
        return limit + 1;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = rows[i % 3], *one = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

        best = now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            const int cost = fold(a[i - 1]) != fold(b[j - 1]);

            now[j] = one[j - 1] + cost;
            if (one[j] + 1 < now[j]) now[j] = one[j] + 1;
            if (now[j - 1] + 1 < now[j]) now[j] = now[j - 1] + 1;
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]) && two[j - 2] + 1 < now[j])
                now[j] = two[j - 2] + 1;
            if (now[j] < best) best = now[j];
        }
        if (best > limit)
            return limit + 1;
    }
    return rows[n % 3][m] > limit ? limit + 1 : rows[n % 3][m];
}
