/* enhance.c - what fits the question, as text within a budget.
 *
 * Parts in their order: tables and columns, verified examples, patterns, documents. Each part
 * may take what those before it left; a line that doesn't fit is left out whole. Every
 * line is untrusted text and is made harmless. */
#include <math.h>
#include <string.h>

#include "rag/prompt.h"
#include "rag/rag_impl.h"

typedef struct part {
    const char *title;
    unsigned kinds;
    int most, percent; /* of the whole budget, at most */
} part;

static const part parts[] = {
    {"Schema:\n", RAG_CARDS, 12, 50},
    {"Examples:\n", 1u << RAG_PAIR, 4, 40},
    {"Patterns:\n", 1u << RAG_PATTERN, 3, 25},
    {"Documents:\n", 1u << RAG_DOCUMENT, 3, 40},
};

static int count_tokens(const rag_budget *b, const char *text, size_t n)
{
    return b->count ? b->count(b->arg, text, n) : (int)((n + 3) / 4);
}

static void add_line(const rag_entry *x, str *out)
{
    str text = {0};

    switch (x->kind) {
    case RAG_PAIR:
        str_addf(&text, "Question: %s SQL: %s", x->text, x->sql);
        break;
    case RAG_PATTERN:
        str_addf(&text, "%s", x->sql);
        break;
    case RAG_TABLE:
    case RAG_COLUMN:
        str_addf(&text, "%s: %s", x->key, x->body);
        break;
    case RAG_DOCUMENT:
    case RAG_FEEDBACK:
    case RAG_KIND_COUNT:
        str_adds(&text, x->text);
    }
    str_adds(out, "- ");
    prompt_clean(str_text(&text), out);
    str_addc(out, '\n');
    str_deinit(&text);
}

static bool add_part(rag *r, const char *question, const part *p, const rag_budget *b, int *left, str *out, err *e)
{
    int room = b->tokens * p->percent / 100, title = count_tokens(b, p->title, strlen(p->title));
    rag_hits hits = {0};
    str line = {0};
    bool opened = false;

    room = room < *left ? room : *left;
    if (!rag_search(r, &(rag_query){.text = question, .kinds = p->kinds, .verified_only = true, .most = p->most}, &hits, e))
        return false;
    for (int i = 0; i < hits.n; i++) {
        int cost;

        str_reset(&line);
        add_line(&hits.hits[i].entry, &line);
        cost = count_tokens(b, str_text(&line), line.n) + (opened ? 0 : title);
        if (line.bad || cost > room)
            continue;
        str_adds(out, opened ? "" : p->title);
        str_adds(out, str_text(&line));
        opened = true;
        room -= cost;
        *left -= cost;
    }
    str_deinit(&line);
    rag_hits_deinit(&hits);
    return true;
}

bool rag_enhance(rag *r, const char *question, const rag_budget *budget, str *out, err *e)
{
    int left = budget->tokens;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!add_part(r, question, &parts[i], budget, &left, out, e))
            return false;
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory for a prompt");
}
