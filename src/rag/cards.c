/* cards.c - the catalog as entries: a card a table, a card a column.
 *
 * A card's text (embedded, indexed) has only what its own table or column says of itself, and no
 * counts or ranges: a new comment embeds one card anew, a night's new rows none. Those stand in its body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rag/prompt.h"
#include "rag/rag_impl.h"

enum { TEXT_VALUES = 8, BODY_VALUES = 5, VALUE_BYTES = 40 };
#define CARDS_MEMORY ((size_t)1 << 30)

/* net_amount, NetAmount: "net amount" */
static void add_words(const char *name, str *out)
{
    char before = 0;

    for (const char *p = name; *p; before = *p++) {
        const bool upper = *p >= 'A' && *p <= 'Z', lower = before >= 'a' && before <= 'z';

        if (upper && lower)
            str_addc(out, ' ');
        if (*p == '_' || *p == '-' || *p == '.')
            str_addc(out, ' ');
        else
            str_addc(out, upper ? (char)(*p + 32) : *p);
    }
}

static void add_values(const db_column *k, int most, str *out)
{
    int shown = 0;

    for (int i = 0; i < k->n_values && shown < most; i++)
        if (strlen(k->values[i]) <= VALUE_BYTES)
            str_addf(out, "%s%s", shown++ ? ", " : "", k->values[i]);
}

static const char *in_arena(arena *a, str *text)
{
    str clean = {0};
    const char *kept;

    prompt_clean(str_text(text), &clean);
    kept = clean.bad || text->bad ? NULL : arena_str(a, str_text(&clean));
    str_deinit(&clean);
    str_reset(text);
    return kept;
}

static bool is_whole(const rag_entry *x) { return x->key && x->text && x->body; }

void card_of_table(const db_catalog *c, const db_table *t, rag_entry *out, arena *a)
{
    str text = {0};

    (void)c;
    *out = (rag_entry){.kind = RAG_TABLE, .status = RAG_VERIFIED, .sql = "", .source = "catalog"};
    out->key = arena_str(a, t->name);
    add_words(t->name, &text);
    str_addf(&text, ". %s", t->comment);
    for (int i = 0; i < t->n_columns; i++) {
        str_adds(&text, i ? ", " : ". ");
        add_words(t->columns[i].name, &text);
    }
    out->text = in_arena(a, &text);
    str_addf(&text, "%s, %lld rows: ", t->is_view ? "view" : "table", (long long)t->n_rows);
    for (int i = 0; i < t->n_columns; i++)
        str_addf(&text, "%s%s", i ? ", " : "", t->columns[i].name);
    out->body = in_arena(a, &text);
    str_deinit(&text);
}

static void add_facts(const db_catalog *c, const db_column *k, str *out)
{
    str_adds(out, k->type_text);
    if (k->primary_key)
        str_adds(out, ", key");
    if (k->fk_table >= 0)
        str_addf(out, ", refers to %s.%s", c->tables[k->fk_table].name,
                 c->tables[k->fk_table].columns[k->fk_column].name);
    if (k->n_distinct >= 0)
        str_addf(out, ", %lld distinct", (long long)k->n_distinct);
    if (*k->min_text)
        str_addf(out, ", %.60s to %.60s", k->min_text, k->max_text);
    if (k->n_values) {
        str_adds(out, k->values_complete && k->n_values <= BODY_VALUES ? ", values: " : ", for example: ");
        add_values(k, BODY_VALUES, out);
    }
}

void card_of_column(const db_catalog *c, const db_table *t, const db_column *k, rag_entry *out, arena *a)
{
    str text = {0};

    *out = (rag_entry){.kind = RAG_COLUMN, .status = RAG_VERIFIED, .sql = "", .source = "catalog"};
    out->key = arena_strf(a, "%s.%s", t->name, k->name);
    add_words(k->name, &text);
    str_adds(&text, " of ");
    add_words(t->name, &text);
    str_addf(&text, ". %s", k->comment);
    if (k->fk_table >= 0) {
        str_adds(&text, ". refers to ");
        add_words(c->tables[k->fk_table].name, &text);
    }
    if (k->type == DB_TEXT && k->n_values && k->fk_table < 0) {
        str_adds(&text, ". ");
        add_values(k, k->values_complete ? TEXT_VALUES : 0, &text);
    }
    out->text = in_arena(a, &text);
    add_facts(c, k, &text);
    out->body = in_arena(a, &text);
    str_deinit(&text);
}

/* ---- the whole catalog ---- */

static int by_key(const void *a, const void *b)
{
    const rag_entry *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->key, y->key);
}

static bool make_cards(const db_catalog *c, arena *a, rag_entry **out, size_t *n)
{
    size_t count = 0;

    for (int i = 0; i < c->n_tables; i++)
        count += 1 + (size_t)c->tables[i].n_columns;
    *n = 0;
    if (!(*out = arena_push(a, rag_entry, count + 1)))
        return false;
    for (int i = 0; i < c->n_tables; i++) {
        const db_table *t = &c->tables[i];

        card_of_table(c, t, &(*out)[(*n)++], a);
        for (int k = 0; k < t->n_columns; k++)
            card_of_column(c, t, &t->columns[k], &(*out)[(*n)++], a);
    }
    for (size_t i = 0; i < *n; i++)
        if (!is_whole(&(*out)[i]))
            return false;
    return true;
}

/* Cards in the file that the catalog no longer has. */
static bool remove_gone(rag *r, rag_entry *cards, size_t n, rag_count *count, err *e)
{
    rag_list have = {0};
    bool ok;

    qsort(cards, n, sizeof *cards, by_key);
    if (!rag_begin(r, e))
        return false;
    ok = rag_read(r, RAG_CARDS, ~0u, 0, &have, e);
    for (size_t i = 0; ok && i < have.n; i++)
        if (!bsearch(&have.entries[i], cards, n, sizeof *cards, by_key)) {
            ok = rag_remove_in(r, have.entries[i].id, e);
            count->removed += ok;
        }
    rag_list_deinit(&have);
    return rag_end(r, ok, e);
}

/* What was written while there was no encoder, or another one. */
static bool embed_stale(rag *r, rag_progress tell, void *arg, rag_count *count, err *e)
{
    rag_list all = {0};
    rag_count made = {0};
    bool usable, ok;

    if (!r->encoder)
        return true;
    if (!vectors_usable(r, &usable, e))
        return false;
    ok = rag_read(r, RAG_ALL_KINDS & ~(unsigned)RAG_CARDS, ~0u, 0, &all, e) &&
         rag_put(r, all.entries, all.n, tell, arg, &made, e);
    count->embedded += made.embedded;
    rag_list_deinit(&all);
    return ok;
}

bool rag_build(rag *r, const db_catalog *c, rag_progress tell, void *arg, rag_count *count, err *e)
{
    arena *a = arena_new(CARDS_MEMORY);
    rag_entry *cards = NULL;
    size_t n = 0;
    bool ok = (a && make_cards(c, a, &cards, &n)) || err_set(e, ERR_NOMEM, "out of memory for the catalog's cards");

    *count = (rag_count){0};
    ok = ok && rag_put(r, cards, n, tell, arg, count, e) && remove_gone(r, cards, n, count, e) &&
         embed_stale(r, NULL, NULL, count, e) && rag_mine(r, c, count, e);
    arena_free(a);
    return ok;
}
