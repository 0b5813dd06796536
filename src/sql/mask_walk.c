/* mask_walk.c - from the bytes that may come to the tokens that may.
 *
 * Texts that are known as tokens give their next token at once, as long as it lies
 * between hard ends. Around soft ends (punctuation that grows together over several
 * texts, values, numbers) the tree of the vocabulary is walked along with the
 * recogniser, and a token found is kept if
 *   (1) it stays apart from the token before it when both are encoded as one text,
 *   (2) some way on from it also keeps (1) up to a hard end, and
 *   (3) the statement can be closed in the room that is left.
 * (1) for all neighbours makes the ids the tokenizer's own for the whole text. */
#include <stdlib.h>
#include <string.h>

#include "sql/mask_impl.h"

enum { VIABLE_DEPTH = 5, PAID = 9 };

/* ---- alternatives byte by byte ---------------------------------------------------------- */

static int length(const alternative *x) { return x->n + x->lead; }

static unsigned char byte_at(const alternative *x, int i)
{
    return x->lead ? (i ? (unsigned char)x->text[i - 1] : ' ') : (unsigned char)x->text[i];
}

bool mask_matches(const mask *m, const alternative *x, const cursor *at)
{
    const char *text = m->text + at->start;

    if (at->depth > length(x))
        return false;
    if (x->lead)
        return !at->depth || (text[0] == ' ' && !memcmp(text + 1, x->text, (size_t)at->depth - 1));
    return !memcmp(text, x->text, at->depth);
}

static bool literal_open(const cursor *at, const choice *c)
{
    return at->literal != L_NONE || (c->literals && at->depth <= c->literal_lead);
}

/* The alternative that is complete at the cursor, or -1. */
static int complete(const mask *m, const choice *c, const cursor *at)
{
    if (at->literal == L_NONE && at->depth)
        for (int i = 0; i < c->n; i++)
            if (length(&c->at[i]) == at->depth && mask_matches(m, &c->at[i], at))
                return i;
    return -1;
}

/* To the spot behind what is complete at the cursor, in place or one level up. */
static bool commit(mask *m, int l, int to, cursor *at, int n_text)
{
    const choice *c = &m->choices[l];
    const int i = complete(m, c, at);
    const bool literal = at->literal != L_NONE && at->closed;

    if ((i < 0 && !literal) || to >= MASK_AHEAD)
        return false;
    if (to != l)
        m->spots[to] = m->spots[l];
    if (literal)
        mask_take_literal(m, &m->spots[to], at->start, n_text);
    else {
        const alternative x = c->at[i];

        mask_take(m, &m->spots[to], &x, n_text);
    }
    mask_choose(m, &m->spots[to], &m->choices[to]);
    *at = (cursor){.start = (uint16_t)n_text};
    return true;
}

/* b goes on with what the cursor is in. */
static bool goes_on(mask *m, const choice *c, cursor *at, unsigned char b)
{
    cursor literal = *at;
    bool any = false;

    if (literal_open(at, c) && mask_literal_byte(m, c, &literal, b)) {
        const bool begun = literal.literal != L_NONE;

        if (begun) {
            literal.depth++;
            *at = literal;
            m->text[at->start + at->depth - 1] = (char)b;
            return true;
        }
        any = true; /* the space in front, which other texts have too */
    }
    if (at->literal != L_NONE)
        return false;
    for (int i = 0; !any && i < c->n; i++)
        any = length(&c->at[i]) > at->depth && byte_at(&c->at[i], at->depth) == b &&
              mask_matches(m, &c->at[i], at);
    if (any) {
        m->text[at->start + at->depth] = (char)b;
        at->depth++;
    }
    return any;
}

bool mask_step(mask *m, int l, cursor *at, int n_text, unsigned char b)
{
    if (n_text + 1 >= MASK_TEXT)
        return false;
    if (goes_on(m, &m->choices[l], at, b))
        return true;
    return commit(m, l, l, at, n_text) && goes_on(m, &m->choices[l], at, b);
}

/* ---- what may come next ----------------------------------------------------------------- */

static void set_byte(uint8_t set[32], unsigned char b) { set[b / 8] |= (uint8_t)(1u << b % 8); }
static bool has_byte(const uint8_t set[32], unsigned char b) { return set[b / 8] >> b % 8 & 1; }

/* Tokens of x behind `depth` bytes, or -1 where they aren't known there. */
static int tokens_behind(const alternative *x, int depth)
{
    const mask_word *w = x->word;

    if (!w)
        return -1;
    if (!depth)
        return w->n_ids[x->lead];
    for (int i = 0; i < w->n_ids[x->lead]; i++)
        if (w->ends[x->lead][i] == depth)
            return w->n_ids[x->lead] - i - 1;
    return -1;
}

/* The next token of x at the depth, if no neighbour has a say in it; else -1. */
static int32_t known_token(const alternative *x, int depth)
{
    const mask_word *w = x->word;
    const int left = tokens_behind(x, depth);
    int i;

    if (left <= 0 || (!x->lead && depth < w->head))
        return -1;
    i = w->n_ids[x->lead] - left;
    return w->ends[x->lead][i] <= length(x) - w->tail ? w->ids[x->lead][i] : -1;
}

/* Without the texts whose token at `known` bytes is known, if that isn't negative. */
static void next_bytes(mask *m, const choice *c, const cursor *at, int known, uint8_t set[32])
{
    for (int i = 0; at->literal == L_NONE && i < c->n; i++)
        if (length(&c->at[i]) > at->depth && mask_matches(m, &c->at[i], at) &&
            !(known >= 0 && known_token(&c->at[i], known) >= 0))
            set_byte(set, byte_at(&c->at[i], at->depth));
    if (literal_open(at, c))
        mask_literal_bytes(m, c, at, set);
}

/* ---- room ---------------------------------------------------------------------------------- */

static int cost_after(mask *m, int l, const alternative *x, int n_text)
{
    if (l + 1 >= MASK_AHEAD)
        return 1000;
    m->spots[l + 1] = m->spots[l];
    mask_take(m, &m->spots[l + 1], x, n_text);
    return mask_close_cost(m, &m->spots[l + 1]);
}

static int literal_cost(mask *m, int l, const cursor *at, int n_text)
{
    const choice *c = &m->choices[l];
    const char *text = m->text + at->start + c->literal_lead;
    const int n = at->depth - c->literal_lead;
    int more = at->closed ? 0 : 1;

    if (at->literal == L_LIST && !at->closed)
        more = mask_list_left(m, c, text, n);
    else if (at->literal == L_TIMED)
        more = (c->literals & LIT_TIME ? 10 : n > 12 ? 21 : 12) - n;
    m->spots[l + 1] = m->spots[l];
    mask_take_literal(m, &m->spots[l + 1], at->start, n_text);
    return (more > 0 ? more : 0) + mask_close_cost(m, &m->spots[l + 1]);
}

/* Tokens that close the statement from the cursor of level l, at most. */
static int cost_here(mask *m, int l, const cursor *at, int n_text)
{
    const choice *c = &m->choices[l];
    int best = 1000;

    if (l + 1 >= MASK_AHEAD)
        return best;
    if (!at->depth)
        return mask_close_cost(m, &m->spots[l]);
    if (at->literal != L_NONE)
        return literal_cost(m, l, at, n_text);
    for (int i = 0; i < c->n; i++)
        if (mask_matches(m, &c->at[i], at)) {
            const int left = tokens_behind(&c->at[i], at->depth);
            const int mine = (left < 0 ? length(&c->at[i]) - at->depth : left) +
                             cost_after(m, l, &c->at[i], at->start + length(&c->at[i]));

            best = mine < best ? mine : best;
        }
    if (c->literals && at->depth <= c->literal_lead) {
        const int mine = mask_close_cost(m, &m->spots[l]) - 1;

        best = mine < best ? mine : best;
    }
    return best;
}

int mask_cost_here(mask *m) { return cost_here(m, 0, &m->line->cursor, m->line->n_text); }

/* Is there room behind the token that ends here, and `before` others that aren't written yet? */
static bool fits(mask *m, int l, const cursor *at, int n_text, int before)
{
    return !m->tight || before + 1 + cost_here(m, l, at, n_text) <= m->left;
}

/* ---- the walk ----------------------------------------------------------------------------- */

static void emit(mask *m, int32_t id)
{
    if (m->seen[id] == m->stamp)
        return;
    m->seen[id] = m->stamp;
    if (m->n_ids < m->cap_ids)
        m->ids[m->n_ids++] = id;
}

static bool viable(mask *m, int l, const cursor *at, int n_text, int32_t last, int depth);

typedef struct walk {
    int32_t before; /* the token in front; -1: none */
    int depth;      /* of viability; 0: this is the answer itself */
    bool soft_only; /* not what list_at found among the known tokens at this place: */
    int level, start, at_depth;
    bool found;     /* for viability: there is one */
} walk;

enum { ROOT = -1, OFF_TREE = -2, LONGEST = 64 };

/* A token being spelt: the bytes text[from, …) so far, and their node in the tree of
 * tokens without letters, or OFF_TREE where the tokenizer is asked. */
typedef struct spelling {
    int from;
    int32_t node;
} spelling;

static void walk_from(mask *m, walk *w, spelling sp, int l, const cursor *at, int n_text, bool first);

/* Some tokens are never made: their own text is encoded as others. */
static bool is_made(mask *m, int32_t id)
{
    enum { UNKNOWN, MADE, NEVER };

    if (m->made[id] == UNKNOWN)
        m->made[id] = mask_alone(m->w, id) ? MADE : NEVER;
    return m->made[id] == MADE;
}

static void found(mask *m, walk *w, int32_t id, int l, const cursor *at, int n_text)
{
    if (w->found || !is_made(m, id) || (w->before >= 0 && !m->loose && !mask_pair(m->w, w->before, id)))
        return;
    if (!fits(m, l, at, n_text, w->depth == PAID ? 0 : w->depth))
        return;
    if (!m->loose && w->depth < VIABLE_DEPTH && !viable(m, l, at, n_text, id, w->depth + 1))
        return;
    if (w->depth)
        w->found = true;
    else
        emit(m, id);
}

static bool is_letter(unsigned char b)
{
    return ((b | 32) >= 'a' && (b | 32) <= 'z') || b >= 128;
}

static int32_t tree_child(const mask_words *w, int32_t node, unsigned char b)
{
    int32_t at;

    if (node == ROOT)
        return w->first[b];
    for (at = w->trie[node].child; at >= 0 && w->trie[at].byte != b;)
        at = w->trie[at].sibling;
    return at;
}

/* b more on the token; the id that is spelt then, or -1; false: no token goes on so. */
static bool spell(const mask *m, spelling *sp, int n_text, unsigned char b, int32_t *id)
{
    const char *text = m->text + sp->from;
    const int n = n_text + 1 - sp->from;

    if (n > LONGEST || (n > 1 && mask_hard(m->w, (unsigned char)text[n - 2], b)))
        return false;
    if (sp->node == OFF_TREE || is_letter(b)) {
        sp->node = OFF_TREE;
        *id = tokenizer_find(m->w->t, text, (size_t)n);
        if (*id >= 0 && tokenizer_kind(m->w->t, *id) != TOKEN_NORMAL)
            *id = -1;
        return true;
    }
    sp->node = tree_child(m->w, sp->node, b);
    *id = sp->node >= 0 ? m->w->trie[sp->node].id : -1;
    return sp->node >= 0;
}

static void walk_byte(mask *m, walk *w, spelling sp, int l, const cursor *at, int n_text, unsigned char b)
{
    cursor next = *at;
    int32_t id;

    if (n_text > sp.from && mask_hard(m->w, (unsigned char)m->text[n_text - 1], b))
        return;
    if (n_text + 1 >= MASK_TEXT || !goes_on(m, &m->choices[l], &next, b) || !spell(m, &sp, n_text, b, &id))
        return;
    if (id >= 0)
        found(m, w, id, l, &next, n_text + 1);
    walk_from(m, w, sp, l, &next, n_text + 1, false);
}

static void walk_bytes(mask *m, walk *w, spelling sp, int l, const cursor *at, int n_text, const uint8_t set[32],
                       const uint8_t known[32])
{
    /* free text is not listed: only the punctuation that it may begin with */
    const bool free_text = at->literal == L_FREE || at->literal == L_QUOTE || at->literal == L_LINE;
    const int most = free_text ? 128 : 256;

    if (free_text && sp.node == OFF_TREE)
        return;
    for (int b = 1; b < most && !w->found; b++)
        if (has_byte(set, (unsigned char)b) && !(known && has_byte(known, (unsigned char)b)) &&
            !(free_text && is_letter((unsigned char)b)))
            walk_byte(m, w, sp, l, at, n_text, (unsigned char)b);
}

/* All tokens that go on with the spelling, also over the end of a text. */
static void walk_from(mask *m, walk *w, spelling sp, int l, const cursor *at, int n_text, bool first)
{
    uint8_t set[32] = {0}, behind[32] = {0};
    cursor next = *at;

    if (w->found)
        return;
    if (sp.node >= 0 && m->w->trie[sp.node].child < 0 && !first)
        return;
    next_bytes(m, &m->choices[l], at, w->soft_only && l == w->level && at->start == w->start ? w->at_depth : -1, set);
    walk_bytes(m, w, sp, l, at, n_text, set, NULL);
    if (first || w->found || l + 2 >= MASK_AHEAD || !commit(m, l, l + 1, &next, n_text))
        return;
    next_bytes(m, &m->choices[l + 1], &next, -1, behind);
    walk_bytes(m, w, sp, l + 1, &next, n_text, behind, set);
}

static void walk_root(mask *m, walk *w, int l, const cursor *at, int n_text)
{
    walk_from(m, w, (spelling){n_text, ROOT}, l, at, n_text, true);
}

/* With little room: is there one token more that leaves enough? */
static bool closes(mask *m, int l, const cursor *at, int n_text, int32_t last)
{
    walk w = {.before = last, .depth = PAID};
    cursor next = *at;

    m->left--;
    walk_root(m, &w, l, at, n_text);
    if (!w.found && l + 2 < MASK_AHEAD && commit(m, l, l + 1, &next, n_text)) {
        w.found = m->choices[l + 1].may_end;
        if (!w.found)
            walk_root(m, &w, l + 1, &next, n_text);
    }
    m->left++;
    return w.found;
}

/* Does a text go on with a token that is known and stays apart from `last`? */
static bool goes_on_known(mask *m, int l, const cursor *at, int32_t last)
{
    const choice *c = &m->choices[l];

    for (int i = 0; at->literal == L_NONE && i < c->n; i++) {
        const int32_t id = known_token(&c->at[i], at->depth);

        if (id >= 0 && mask_matches(m, &c->at[i], at) && mask_pair(m->w, last, id))
            return true;
    }
    return false;
}

/* Is there a way on after `last` that stays the tokenizer's own? */
static bool viable(mask *m, int l, const cursor *at, int n_text, int32_t last, int depth)
{
    const unsigned char end = (unsigned char)m->text[n_text - 1];
    uint8_t set[32] = {0};
    walk w = {.before = last, .depth = depth};
    cursor next = *at;

    if (m->choices[l].may_end && !at->depth)
        return true;
    if (m->tight && depth == 1 && !closes(m, l, at, n_text, last))
        return false; /* what lies behind a hard end must be paid too */
    if (!m->tight && goes_on_known(m, l, at, last))
        return true;
    next_bytes(m, &m->choices[l], at, -1, set);
    for (int b = 0; b < 256; b++)
        if (has_byte(set, (unsigned char)b) && mask_hard(m->w, end, (unsigned char)b))
            return true;
    if (l + 2 < MASK_AHEAD && commit(m, l, l + 1, &next, n_text)) {
        if (viable(m, l + 1, &next, n_text, last, depth))
            return true;
    }
    walk_root(m, &w, l, at, n_text);
    return w.found;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static bool too_many(const mask *m, int l, const cursor *at)
{
    const choice *c = &m->choices[l];

    if (at->literal == L_FREE || at->literal == L_LINE)
        return true;
    return at->literal == L_LIST &&
           mask_list_count(m, c, m->text + at->start + c->literal_lead, at->depth - c->literal_lead,
                           MASK_LIST_MOST / 16) >= MASK_LIST_MOST / 16;
}

static bool affordable(mask *m, int l, const alternative *x, const cursor *at)
{
    const int left = tokens_behind(x, at->depth);

    return !m->tight || left + cost_after(m, l, x, at->start + length(x)) <= m->left;
}

/* Known tokens first, then the walk; then what is behind a text that is complete. */
static void list_at(mask *m, int l, const cursor *at, int n_text, int32_t before)
{
    const choice *c = &m->choices[l];
    walk w = {.before = before, .soft_only = true, .level = l, .start = at->start, .at_depth = at->depth};
    cursor next = *at;

    for (int i = 0; at->literal == L_NONE && i < c->n; i++) {
        const int32_t id = known_token(&c->at[i], at->depth);

        if (id >= 0 && mask_matches(m, &c->at[i], at) && affordable(m, l, &c->at[i], at))
            emit(m, id);
    }
    if (c->may_end && !at->depth)
        for (int i = 0; i < m->o.n_ends; i++)
            emit(m, m->o.ends[i]);
    walk_root(m, &w, l, at, n_text);
    if (l + 2 < MASK_AHEAD && commit(m, l, l + 1, &next, n_text))
        list_at(m, l + 1, &next, n_text, before);
}

static int by_id(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

void mask_list(mask *m)
{
    const line *now = m->line;
    const int32_t before = now->n ? now->ids[now->n - 1] : -1;

    m->n_ids = 0;
    if (!++m->stamp) {
        memset(m->seen, 0, (size_t)tokenizer_size(m->w->t) * sizeof *m->seen);
        m->stamp = 1;
    }
    m->any = too_many(m, 0, &now->cursor);
    if (m->any)
        return;
    list_at(m, 0, &now->cursor, now->n_text, before);
    qsort(m->ids, (size_t)m->n_ids, sizeof *m->ids, by_id);
}

bool mask_admits_token(mask *m, int32_t id)
{
    const line *now = m->line;
    const int32_t before = now->n ? now->ids[now->n - 1] : -1;
    const token_kind kind = tokenizer_kind(m->w->t, id);
    cursor at = now->cursor;
    size_t n;
    const char *text = tokenizer_piece(m->w->t, id, &n);
    bool ok = n && kind == TOKEN_NORMAL && is_made(m, id) && (before < 0 || m->loose || mask_pair(m->w, before, id));
    int l = 0;

    for (size_t i = 0; ok && i < n; i++) {
        const int here = now->n_text + (int)i;
        cursor next = at;

        if (here + 1 >= MASK_TEXT)
            ok = false;
        else if (goes_on(m, &m->choices[l], &at, (unsigned char)text[i]))
            continue;
        else if (l + 3 < MASK_AHEAD && commit(m, l, l + 1, &next, here) &&
                 goes_on(m, &m->choices[l + 1], &next, (unsigned char)text[i])) {
            at = next;
            l++;
        } else
            ok = false;
    }
    return ok && fits(m, l, &at, now->n_text + (int)n, 0) &&
           (m->loose || viable(m, l, &at, now->n_text + (int)n, id, 1));
}
