/* mask.c - timelines of tokens over the recogniser; see mask.h. */
#include "sql/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/mask_impl.h"

enum { COPY_BYTES = 1 << 20 };

static void begin(line *l)
{
    l->n = l->n_text = 0;
    l->dead = false;
    l->cursor = (cursor){0};
    mask_spot_start(&l->spot);
}

/* Without the blank at its end, which the tokens behind it begin with. */
static const mask_word *refusal_word(mask *m)
{
    size_t n = strlen(m->o.refusal);
    char *text;

    while (n && m->o.refusal[n - 1] == ' ')
        n--;
    text = arena_strn(m->a, m->o.refusal, n);
    return text ? mask_word_new(m->w, m->a, text) : NULL;
}

mask *mask_new(const mask_schema *s, const mask_options *o, err *e)
{
    const size_t n_ids = (size_t)tokenizer_size(s->w->t), n_names = (size_t)(s->n_names + MASK_NUMBERED);
    mask *m = calloc(1, sizeof *m);

    if (m) {
        m->s = s;
        m->w = s->w;
        m->o = *o;
        m->a = arena_new(COPY_BYTES);
        m->lines = calloc(MASK_LINES, sizeof *m->lines);
        m->cap_ids = (int)n_ids;
        m->ids = malloc(n_ids * sizeof *m->ids);
        m->seen = calloc(n_ids, sizeof *m->seen);
        m->made = calloc(n_ids, 1);
        m->name_seen = calloc(n_names, sizeof *m->name_seen);
        m->name_count = calloc(n_names, sizeof *m->name_count);
        if (m->a && o->refusal)
            m->refusal = refusal_word(m);
        if (m->a && (m->refusal || !o->refusal) && m->lines && m->ids && m->seen && m->made && m->name_seen && m->name_count && mask_copies(m, e)) {
            for (int i = 0; i < MASK_LINES; i++)
                begin(&m->lines[i]);
            m->line = m->lines;
            return m;
        }
    }
    mask_free(m);
    err_set(e, ERR_NOMEM, "out of memory for the mask");
    return NULL;
}

void mask_free(mask *m)
{
    if (!m)
        return;
    for (int i = 0; i < MASK_AHEAD; i++)
        free(m->choices[i].at);
    free(m->lines);
    free(m->ids);
    free(m->seen);
    free(m->made);
    free(m->name_seen);
    free(m->name_count);
    arena_free(m->a);
    free(m);
}

/* ---- timelines ------------------------------------------------------------------------- */

static bool is_prefix(const line *l, const int32_t *ids, int n)
{
    return l->n <= n && !memcmp(l->ids, ids, (size_t)l->n * sizeof *ids);
}

static void load(mask *m, line *l)
{
    m->line = l;
    memcpy(m->text, l->text, (size_t)l->n_text);
    m->built = false;
}

/* The line that `ids` go on with the least way to go. A line that other ids went on
 * with is copied first, so that beams which share a beginning find it. */
static void find_line(mask *m, const int32_t *ids, int n)
{
    line *best = NULL, *oldest = NULL;

    for (int i = 0; i < MASK_LINES; i++) {
        line *l = &m->lines[i];

        if (is_prefix(l, ids, n) && (!best || l->n > best->n))
            best = l;
        if (l != best && (!oldest || l->used < oldest->used))
            oldest = l;
    }
    if (m->line == best && best)
        return;
    if (!best) {
        best = oldest ? oldest : &m->lines[0];
        begin(best);
    }
    load(m, best);
}

static void build(mask *m)
{
    if (m->built)
        return;
    m->spots[0] = m->line->spot;
    mask_choose(m, &m->spots[0], &m->choices[0]);
    m->built = true;
}

/* What is complete and can't go on is taken at once, so that the next choice stands. */
static void settle(mask *m)
{
    line *l = m->line;
    const choice *c = &m->choices[0];
    const alternative *x = NULL;

    if (l->cursor.literal == L_DONE) {
        mask_take_literal(m, &m->spots[0], l->cursor.start, l->n_text);
    } else {
        if (l->cursor.literal != L_NONE || !l->cursor.depth)
            return;
        for (int i = 0; i < c->n; i++) {
            if (!mask_matches(m, &c->at[i], &l->cursor))
                continue;
            if (x)
                return;
            x = &c->at[i];
        }
        if (!x || x->n + x->lead != l->cursor.depth)
            return;
        mask_take(m, &m->spots[0], &(alternative){x->text, x->word, x->n, x->act, x->lead, x->arg}, l->n_text);
    }
    l->cursor = (cursor){.start = (uint16_t)l->n_text};
    mask_choose(m, &m->spots[0], &m->choices[0]);
}

static void advance(mask *m, const char *text, size_t n)
{
    line *l = m->line;

    build(m);
    for (size_t i = 0; i < n && !l->dead; i++) {
        if (!mask_step(m, 0, &l->cursor, l->n_text, (unsigned char)text[i])) {
            l->dead = true;
            break;
        }
        l->text[l->n_text] = text[i];
        m->text[l->n_text++] = text[i];
    }
    if (!l->dead)
        settle(m);
    l->spot = m->spots[0];
}

static bool is_end(const mask *m, int32_t id)
{
    for (int i = 0; i < m->o.n_ends; i++)
        if (m->o.ends[i] == id)
            return true;
    return false;
}

static void follow(mask *m, const int32_t *ids, int n)
{
    line *l;

    find_line(m, ids, n);
    l = m->line;
    l->used = ++m->clock;
    while (l->n < n && l->n < MASK_ANSWER) {
        const int32_t id = ids[l->n];
        size_t n_piece;
        const char *piece = tokenizer_piece(m->w->t, id, &n_piece);

        l->ids[l->n++] = id;
        if (is_end(m, id) || !n_piece)
            l->dead = true;
        else
            advance(m, piece, n_piece);
    }
    build(m);
}

/* What closes in the room that is left, less a margin for costs that were taken too low;
 * if nothing does, what comes nearest to it. */
static void list_within(mask *m)
{
    const int left = m->left;

    for (int more = -MASK_MARGIN; more <= 4 * MASK_MARGIN; more += 4) {
        m->left = left + more;
        mask_list(m);
        if (m->any || m->n_ids || !m->tight)
            break;
    }
    if (m->any && m->tight) { /* a free text may always be closed */
        const int least = mask_cost_here(m);

        m->left = left - MASK_MARGIN > least ? left - MASK_MARGIN : least;
    }
    if (!m->any && !m->n_ids) {
        m->loose = true;
        m->n_loose++;
        m->tight = false;
        mask_list(m);
    }
}

int mask_next(void *arg, const int32_t *written, int n_written, const int32_t **ids)
{
    mask *m = arg;

    follow(m, written, n_written);
    *ids = m->ids;
    m->n_ids = 0;
    m->any = false;
    m->left = m->o.max_tokens - n_written;
    m->loose = false;
    if (m->line->dead || m->left <= 0)
        return 0;
    m->tight = m->left < mask_close_cost(m, &m->spots[0]) + MASK_TIGHT;
    if (m->tight) { /* the choice has shorter ways then */
        m->built = false;
        build(m);
    }
    list_within(m);
    return m->any ? -1 : m->n_ids;
}

bool mask_admits(void *arg, int32_t id)
{
    mask *m = arg;

    if (m->line->dead)
        return false;
    if (is_end(m, id))
        return mask_may_end(m);
    return mask_admits_token(m, id);
}

const char *mask_text(const mask *m)
{
    mask *mine = (mask *)(uintptr_t)m;

    mine->text[m->line->n_text] = 0;
    return m->text;
}

/* ---- whole texts -------------------------------------------------------------------------- */

static bool ends_at(mask *m, const spot *s, const choice *c, const cursor *at, int n_text)
{
    if (!at->depth)
        return c->may_end;
    for (int i = 0; i < c->n || at->literal != L_NONE; i++) {
        spot *after = &m->spots[MASK_AHEAD - 1];

        if (at->literal == L_NONE &&
            (c->at[i].n + c->at[i].lead != at->depth || !mask_matches(m, &c->at[i], at)))
            continue;
        if (at->literal != L_NONE && !at->closed)
            return false;
        *after = *s;
        if (at->literal != L_NONE)
            mask_take_literal(m, after, at->start, n_text);
        else
            mask_take(m, after, &c->at[i], n_text);
        mask_choose(m, after, &m->choices[MASK_AHEAD - 1]);
        return m->choices[MASK_AHEAD - 1].may_end;
    }
    return false;
}

bool mask_may_end(const mask *m)
{
    mask *mine = (mask *)(uintptr_t)m;

    return !m->line->dead &&
           ends_at(mine, &m->spots[0], &m->choices[0], &m->line->cursor, m->line->n_text);
}

bool mask_reads(mask *m, const char *text, int *at)
{
    const size_t n = strlen(text);

    begin(&m->lines[0]);
    load(m, &m->lines[0]);
    m->tight = false;
    advance(m, text, n);
    *at = m->line->n_text;
    return !m->line->dead && mask_may_end(m);
}
