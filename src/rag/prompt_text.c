/* prompt_text.c - untrusted text in a prompt: one line, no marks.
 *
 * Gemma's control tokens all begin with `<` or `[` and an ASCII character that is
 * no blank; a blank after the bracket takes their meaning, also for a tokenizer
 * that reads marks in plain text. */
#include <string.h>

#include "rag/prompt_impl.h"
#include "sql/keywords.h"

/* C0, DEL, C1 and the line separators. */
static bool is_space(const unsigned char *p, size_t n)
{
    return (n == 1 && (*p <= ' ' || *p == 0x7f)) || (n == 2 && p[0] == 0xc2 && p[1] <= 0xa0) ||
           (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

static bool opens_mark(char before, char c)
{
    return (before == '<' && c != '=' && c != '>') || (before == '[' && (c == '@' || c == 'm'));
}

void prompt_clean(const char *text, str *out)
{
    const size_t start = out->n;
    size_t left = strlen(text);
    bool blank = false;

    while (left) {
        const size_t n = utf8_len(text, left), taken = n ? n : 1;

        if (n && is_space((const unsigned char *)text, n)) {
            blank = true;
        } else {
            if (out->n > start && (blank || opens_mark(out->text[out->n - 1], n ? *text : '?')))
                str_addc(out, ' ');
            if (n)
                str_add(out, text, n);
            else
                str_addc(out, '?');
            blank = false;
        }
        text += taken;
        left -= taken;
    }
}

bool prompt_is_clean(const char *text)
{
    str clean = {0};
    bool same;

    prompt_clean(text, &clean);
    same = !clean.bad && !strcmp(str_text(&clean), text);
    str_deinit(&clean);
    return same;
}

static bool is_plain(const char *name)
{
    const size_t n = strlen(name);

    if (!n || (*name >= '0' && *name <= '9') || keyword_class_of(name, n) != KEYWORD_NONE)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
              (name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
            return false;
    return true;
}

static void quoted(const char *text, char quote, str *out)
{
    str clean = {0};

    prompt_clean(text, &clean);
    str_addc(out, quote);
    for (const char *p = str_text(&clean); *p; p++) {
        if (*p == quote)
            str_addc(out, quote);
        str_addc(out, *p);
    }
    str_addc(out, quote);
    out->bad |= clean.bad;
    str_deinit(&clean);
}

void prompt_name(const char *name, str *out)
{
    if (is_plain(name))
        str_adds(out, name);
    else
        quoted(name, '"', out);
}

void prompt_literal(const char *text, str *out) { quoted(text, '\'', out); }
