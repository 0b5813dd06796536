/* items.c - small questions about the spans of a question. */
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

bool item_is(const item *it, concept c)
{
    for (int k = 0; k < it->n_concepts; k++)
        if (it->concepts[k] == c)
            return true;
    return false;
}

int item_next(const reading_state *s, int i)
{
    for (i++; i < s->n && item_only_stop(&s->items[i]); i++)
        ;
    return i;
}

int item_prev(const reading_state *s, int i)
{
    for (i--; i >= 0 && item_only_stop(&s->items[i]); i--)
        ;
    return i;
}

int item_find(const reading_state *s, concept c)
{
    for (int i = 0; i < s->n; i++)
        if (!s->items[i].taken && item_is(&s->items[i], c))
            return i;
    return -1;
}

void item_take(reading_state *s, int i, word_use use)
{
    s->items[i].taken = true;
    s->items[i].use = use;
}

bool item_token_in(const reading_state *s, int i, const char *list)
{
    return i >= 0 && i < s->n && word_in(&s->t.at[s->items[i].from], list);
}

const char *item_text(const reading_state *s, int i)
{
    const token *first = &s->t.at[s->items[i].from], *last = first + s->items[i].n - 1;
    const char *text = arena_strn(s->arena, s->question + first->offset, last->offset + last->n_bytes - first->offset);

    return text ? text : "";
}

void understood_note(reading_state *s, const char *text)
{
    if (text && s->u->n_notes < UNDERSTAND_MAX_NOTES)
        s->u->notes[s->u->n_notes++] = text;
}

void trace(reading_state *s, const char *text)
{
    if (text && s->u->n_trace < UNDERSTAND_MAX_TRACE)
        s->u->trace[s->u->n_trace++] = text;
}

void why_not(reading_state *s, const char *text)
{
    if (text && !*s->u->why_not)
        s->u->why_not = text;
}
