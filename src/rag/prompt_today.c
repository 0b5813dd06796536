/* prompt_today.c - does a question count days from today?
 *
 * Then the prompt says which day that is. Only phrases of time count: "the last
 * order" and "current address" need no date. */
#include <string.h>

#include "rag/prompt_impl.h"

enum { WORD_BYTES = 16 };

static bool word_at(const char **text, char out[WORD_BYTES])
{
    int n = 0;

    for (; **text && !((**text | 32) >= 'a' && (**text | 32) <= 'z') && !(**text >= '0' && **text <= '9'); ++*text)
        ;
    for (; ((**text | 32) >= 'a' && (**text | 32) <= 'z') || (**text >= '0' && **text <= '9'); ++*text)
        if (n + 1 < WORD_BYTES)
            out[n++] = (char)(**text >= 'A' && **text <= 'Z' ? **text + 32 : **text);
    out[n] = 0;
    return n > 0;
}

static bool is_one_of(const char *word, const char *list)
{
    const size_t n = strlen(word);

    for (const char *p = list; n && (p = strstr(p, word)); p += n)
        if (p[-1] == ' ' && p[n] == ' ')
            return true;
    return false;
}

bool prompt_is_relative(const char *question)
{
    static const char alone[] = " today yesterday ago ytd mtd ";
    static const char before[] = " last this past previous current recent latest ";
    static const char units[] = " day days week weeks month months quarter quarters year years fortnight ";
    char word[WORD_BYTES];
    int since = 9; /* words since one of `before` */
    char last[WORD_BYTES] = "";

    while (word_at(&question, word)) {
        if (is_one_of(word, alone) || (since <= 2 && is_one_of(word, units)) ||
            (!strcmp(last, "to") && !strcmp(word, "date")) || (!strcmp(last, "so") && !strcmp(word, "far")))
            return true;
        since = is_one_of(word, before) ? 0 : since + 1;
        strcpy(last, word);
    }
    return false;
}
