/* frame.c - sentences out of frames, and the slips people make in them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/generate_impl.h"

void slots_set(slots *s, const char *name, const char *fmt, ...)
{
    va_list args;
    int i = 0;

    while (i < s->n && strcmp(s->at[i].name, name))
        i++;
    if (i == SLOTS_MAX)
        return;
    s->n += i == s->n;
    s->at[i].name = name;
    va_start(args, fmt);
    vsnprintf(s->at[i].text, SLOT_BYTES, fmt, args);
    va_end(args);
}

const char *slots_get(const slots *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->at[i].name, name))
            return s->at[i].text;
    return "";
}

void pick_text(rng *r, const char *bars, char out[SLOT_BYTES])
{
    int n = 1, k;
    size_t length;

    for (const char *p = bars; *p; p++)
        n += *p == '|';
    for (k = rng_below(r, n); k > 0; k--)
        bars = strchr(bars, '|') + 1;
    length = strcspn(bars, "|");
    snprintf(out, SLOT_BYTES, "%.*s", (int)length, bars);
}

static void expand(const char *frame, size_t n, const slots *s, rng *r, str *out)
{
    for (size_t i = 0; i < n; i++) {
        if (frame[i] == '{') {
            char name[24];
            const size_t end = i + strcspn(frame + i, "}");

            snprintf(name, sizeof name, "%.*s", (int)(end - i - 1), frame + i + 1);
            str_adds(out, slots_get(s, name));
            i = end;
        } else if (frame[i] == '[') {
            char inside[SLOT_BYTES], chosen[SLOT_BYTES];
            const size_t end = i + strcspn(frame + i, "]");

            snprintf(inside, sizeof inside, "%.*s", (int)(end - i - 1), frame + i + 1);
            pick_text(r, inside, chosen);
            expand(chosen, strlen(chosen), s, r, out);
            i = end;
        } else {
            str_addc(out, frame[i]);
        }
    }
}

void slots_fill(slots *s, const char *name, const char *frame, rng *r)
{
    str text = {0};

    expand(frame, strlen(frame), s, r, &text);
    slots_set(s, name, "%s", str_text(&text));
    str_deinit(&text);
}

/* Single blanks, none before a comma or a mark. */
static void tidy(str *out, size_t start)
{
    size_t to = start;

    for (size_t i = start; i < out->n; i++) {
        const char c = out->text[i];

        if ((c == ' ' || c == ',' || c == ':') && (to == start || out->text[to - 1] == ' ') && (c == ' ' || to == start))
            continue;
        if ((c == ',' || c == '?' || c == '.') && to > start && out->text[to - 1] == ' ')
            to--;
        out->text[to++] = c;
    }
    while (to > start && (out->text[to - 1] == ' ' || out->text[to - 1] == ','))
        to--;
    if (out->text)
        out->text[to] = 0;
    out->n = to;
}

void frame_text(const char *frame, const slots *s, rng *r, str *out)
{
    const size_t start = out->n;

    expand(frame, strlen(frame), s, r, out);
    tidy(out, start);
    if (out->n > start && out->text[start] >= 'a' && out->text[start] <= 'z' && rng_chance(r, 80))
        out->text[start] = (char)(out->text[start] - 32);
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Is the word part of a slot that must stay (a value, a number)? */
static bool stays(const slots *s, const char *word, size_t n)
{
    static const char *const fixed[] = {"v", "v2", "f", "x", "missing"};
    char text[64];

    if (n >= sizeof text)
        return true;
    memcpy(text, word, n);
    text[n] = 0;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strstr(slots_get(s, fixed[i]), text))
            return true;
    return false;
}

static void slip(str *q, const slots *s, rng *r)
{
    for (int tries = 0; tries < 8; tries++) {
        size_t at = (size_t)rng_below(r, (int)q->n), n = 0;

        while (at > 0 && is_letter(q->text[at - 1]))
            at--;
        while (is_letter(q->text[at + n]))
            n++;
        if (n < 5 || stays(s, q->text + at, n))
            continue;
        at += 1 + (size_t)rng_below(r, (int)n - 2); /* neither the first letter nor the last */
        if (rng_chance(r, 50)) {
            const char c = q->text[at];

            q->text[at] = q->text[at - 1];
            q->text[at - 1] = c;
        } else {
            memmove(q->text + at, q->text + at + 1, q->n - at);
            q->n--;
        }
        return;
    }
}

void roughen(str *q, const slots *s, rng *r)
{
    if (!q->n || q->bad)
        return;
    if (rng_chance(r, 8))
        slip(q, s, r);
    if (rng_chance(r, 10) && !*slots_get(s, "v") && !*slots_get(s, "f"))
        for (size_t i = 0; i < q->n; i++)
            if (q->text[i] >= 'A' && q->text[i] <= 'Z')
                q->text[i] = (char)(q->text[i] + 32);
    if (q->text[q->n - 1] != '?' && q->text[q->n - 1] != '.') {
        const bool asks = !strncmp(q->text, "W", 1) || !strncmp(q->text, "How", 3) || !strncmp(q->text, "Is", 2);

        if (asks ? rng_chance(r, 75) : rng_chance(r, 10))
            str_addc(q, asks ? '?' : '.');
    }
}

static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);

    return n >= m && !strcmp(text + n - m, end);
}

void plural(const char *noun, char out[SLOT_BYTES])
{
    const size_t n = strlen(noun);
    const char before = n > 1 ? noun[n - 2] : 0;

    if (!n || ends_in(noun, "ss") || ends_in(noun, "ch") || ends_in(noun, "sh") || ends_in(noun, "x"))
        snprintf(out, SLOT_BYTES, "%.200ses", noun);
    else if (ends_in(noun, "s") || ends_in(noun, "people"))
        snprintf(out, SLOT_BYTES, "%.200s", noun);
    else if (ends_in(noun, "y") && !strchr("aeiou", before))
        snprintf(out, SLOT_BYTES, "%.*sies", (int)n - 1, noun);
    else
        snprintf(out, SLOT_BYTES, "%.200ss", noun);
}

void words_of_name(const char *name, char out[SLOT_BYTES])
{
    int n = 0;

    for (const char *p = name; *p && n + 2 < SLOT_BYTES; p++) {
        const bool upper = *p >= 'A' && *p <= 'Z';
        const bool starts = upper && p > name && ((p[-1] >= 'a' && p[-1] <= 'z') ||
                                                  (p[-1] >= 'A' && p[-1] <= 'Z' && p[1] >= 'a' && p[1] <= 'z'));

        if (*p == '_' || *p == ' ' || *p == '-') {
            if (n && out[n - 1] != ' ')
                out[n++] = ' ';
            continue;
        }
        if (starts && n && out[n - 1] != ' ')
            out[n++] = ' ';
        out[n++] = (char)(upper ? *p + 32 : *p);
    }
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = 0;
}
