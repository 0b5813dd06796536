/* mask_choose.c - what may come: the clauses of a query. */
#include <stdlib.h>
#include <string.h>

#include "sql/mask_impl.h"

static alternative *room(choice *c)
{
    if (c->n == c->cap) {
        const int cap = c->cap ? c->cap * 2 : 256;
        alternative *grown = realloc(c->at, (size_t)cap * sizeof *grown);

        if (!grown) {
            c->bad = true;
            return NULL;
        }
        c->at = grown;
        c->cap = cap;
    }
    return &c->at[c->n++];
}

void mask_add(mask *m, choice *c, const mask_word *word, bool lead, mask_act act, int arg)
{
    alternative *x = word ? room(c) : NULL;

    (void)m;
    if (x)
        *x = (alternative){word->text, word, word->n, (uint8_t)act, lead, arg};
}

void mask_add_fixed(mask *m, choice *c, fixed_word word, bool lead, mask_act act, int arg)
{
    mask_add(m, c, m->w->fixed[word], lead, act, arg);
}

void mask_add_text(mask *m, choice *c, int at, int n, bool lead, mask_act act, int arg)
{
    alternative *x = n > 0 ? room(c) : NULL;

    if (x)
        *x = (alternative){m->text + at, NULL, (uint16_t)n, (uint8_t)act, lead, arg};
}

/* ---- FROM ----------------------------------------------------------------------- */

static void sources(mask *m, const spot *s, choice *c)
{
    const frame *q = mask_top_of(s);
    const scope *in = &s->scopes[q->a];
    const mask_schema *all = m->s;

    for (int i = 0; i < all->n_tables; i++)
        mask_add(m, c, all->tables[i].word, true, ACT_TABLE, i);
    for (int i = 0; i < s->n_ctes; i++)
        mask_add(m, c, m->w->numbered[N_Q][i], true, ACT_CTE, i);
    if (s->n_frames + 12 < MASK_FRAMES && s->n_scopes + 2 < MASK_SCOPES && s->n_tables + 1 < MASK_DERIVED &&
        in->n_sources + 1 < MASK_SOURCES && q->role != R_DERIVED)
        mask_add_fixed(m, c, W_OPEN, true, ACT_SUBQUERY, 0);
}

/* Is the name of the last source one that stands there already: in this FROM (2), or only
 * further out (1)? */
static int name_is_taken(const mask *m, const spot *s, const scope *in)
{
    const mask_source *last = &in->sources[in->n_sources - 1];

    (void)m;
    for (int i = 0; i + 1 < in->n_sources; i++)
        if (in->sources[i].name == last->name)
            return 2;
    for (int o = in->correlated ? in->outer : -1; o >= 0; o = s->scopes[o].correlated ? s->scopes[o].outer : -1)
        for (int i = 0; i < s->scopes[o].n_sources; i++)
            if (s->scopes[o].sources[i].name == last->name)
                return 1;
    return 0;
}

static void joins(mask *m, const spot *s, choice *c)
{
    const scope *in = mask_scope_of(s);

    if (in->n_sources < MASK_SOURCES) {
        mask_add_fixed(m, c, W_JOIN, true, ACT_JOIN, SQL_JOIN_INNER);
        mask_add_fixed(m, c, W_LEFT, true, ACT_JOIN, SQL_JOIN_LEFT);
        mask_add_fixed(m, c, W_FULL, true, ACT_JOIN, SQL_JOIN_FULL);
        mask_add_fixed(m, c, W_CROSS, true, ACT_CROSS, 0);
    }
}

static void clauses_after(mask *m, choice *c, int phase)
{
    if (phase < Q_WHERE)
        mask_add_fixed(m, c, W_WHERE, true, ACT_WHERE, 0);
    if (phase < Q_GROUP)
        mask_add_fixed(m, c, W_GROUP, true, ACT_GROUP, 0);
    if (phase < Q_HAVING)
        mask_add_fixed(m, c, W_HAVING, true, ACT_HAVING, 0);
    mask_add_fixed(m, c, W_SELECT, true, ACT_SELECT, 0);
}

static bool is_merged(const scope *in, int source, int column)
{
    for (int i = 0; i < in->n_merged; i++)
        if (in->merged[i].source == source && in->merged[i].column == column)
            return true;
    return false;
}

/* How often the earlier sources have the name; the first of them. */
static int find_earlier(const mask *m, const spot *s, const scope *in, int32_t name, int *source, int *column)
{
    int n = 0;

    for (int i = in->n_sources - 2; i >= 0; i--)
        for (int k = mask_n_columns(m, s, &in->sources[i]) - 1; k >= 0; k--)
            if (mask_column_at(m, s, &in->sources[i], k).name == name && !is_merged(in, i, k)) {
                *source = i;
                *column = k;
                n++;
            }
    return n;
}

/* Columns that both sides of the join have once, of types that compare. */
static int using_columns(mask *m, const spot *s, choice *c, bool lead)
{
    const scope *in = mask_scope_of(s);
    const mask_source *last = &in->sources[in->n_sources - 1];
    int n = 0;

    for (int k = 0; k < mask_n_columns(m, s, last); k++) {
        const mask_column right = mask_column_at(m, s, last, k);
        int source, column;
        uint16_t left;

        if (!right.word || is_merged(in, in->n_sources - 1, k) ||
            find_earlier(m, s, in, right.name, &source, &column) != 1)
            continue;
        left = BIT(mask_column_at(m, s, &in->sources[source], column).type);
        if (!(left & mask_family(right.type)) && ((left | BIT(right.type)) & ~(T_TEXT | T_NUM)))
            continue;
        if (c)
            mask_add(m, c, right.word, lead, ACT_USING_COLUMN, k);
        n++;
    }
    return n;
}

static void joined(mask *m, const spot *s, choice *c)
{
    const frame *q = mask_top_of(s);

    if (q->type != SQL_JOIN_FULL && mask_scope_of(s)->n_merged < MASK_MERGED && using_columns(m, s, NULL, false))
        mask_add_fixed(m, c, W_USING, true, ACT_USING, 0);
    mask_add_fixed(m, c, W_ON, true, ACT_ON, 0);
}

/* ---- the end of a query ---------------------------------------------------------- */

static void query_end(mask *m, const frame *q, choice *c)
{
    if (q->role == R_TOP)
        c->may_end = true;
    else
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
}

static bool may_set(const spot *s, const frame *q)
{
    const scope *in = &s->scopes[q->a];
    const frame *last = mask_top_of(s);

    for (int i = 0; i < in->n_items; i++) {
        const bool open = i == in->n_items - 1 && last->kind == F_EXPR;
        const int type = open ? mask_final_type(last) : in->items[i].type;

        if (!(BIT(type) & (T_SCALAR | T_INTERVAL)))
            return false; /* no literal could stand for it */
    }
    return !in->star && in->n_items && q->role != R_SCALAR && q->role != R_EXISTS && q->column < 3;
}

/* Is there a column that is no group yet? */
static bool may_group_more(const mask *m, const spot *s, const scope *in)
{
    for (int i = 0; i < in->n_sources; i++)
        for (int k = 0; k < mask_n_columns(m, s, &in->sources[i]); k++)
            if (!mask_is_grouped(in, i, k) && mask_column_at(m, s, &in->sources[i], k).word)
                return true;
    return false;
}

/* After a SELECT list whose last item is complete. */
static void after_items(mask *m, const spot *s, const frame *q, choice *c)
{
    const scope *in = &s->scopes[q->a];
    const int most = q->role == R_SCALAR || q->role == R_IN || q->role == R_EXISTS ? 1
                     : in->n_want ? in->n_want : MASK_ITEMS;

    if (!in->star && in->n_items < most)
        mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
    if (in->n_want && in->n_items < in->n_want)
        return;
    if (in->n_sources && !in->star && q->role != R_EXISTS && q->phase != Q_QUALIFY)
        mask_add_fixed(m, c, W_QUALIFY, true, ACT_QUALIFY, 0);
    if (may_set(s, q)) {
        mask_add_fixed(m, c, W_UNION, true, ACT_SET, 1);
        mask_add_fixed(m, c, W_INTERSECT, true, ACT_SET, 0);
        mask_add_fixed(m, c, W_EXCEPT, true, ACT_SET, 0);
    }
    if ((in->n_sources || in->set) && q->role != R_EXISTS) {
        mask_add_fixed(m, c, W_ORDER, true, ACT_ORDER, 0);
        mask_add_fixed(m, c, W_LIMIT, true, ACT_LIMIT, 0);
    }
    query_end(m, q, c);
}

static void after_order(mask *m, const spot *s, const frame *q, choice *c, bool direction)
{
    if (direction)
        mask_add_fixed(m, c, W_DESC, true, ACT_DESC, 0);
    if (s->scopes[q->a].n_orders < 6)
        mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
    mask_add_fixed(m, c, W_LIMIT, true, ACT_LIMIT, 0);
    query_end(m, q, c);
}

/* An item of a subquery in FROM has a name: its column's, or c1, c2 …. */
static bool needs_alias(const mask *m, const spot *s, const frame *q, const frame *x)
{
    const scope *in = &s->scopes[q->a];
    mask_column column;

    if ((q->role != R_DERIVED && q->role != R_CTE) || in->set)
        return false;
    if (!x->plain || x->source < 0)
        return true;
    column = mask_column_at(m, s, &in->sources[x->source], x->column);
    for (int i = 0; i < in->n_items; i++)
        if (in->numbers[i] == column.name)
            return true;
    return false;
}

void mask_choose_after(mask *m, const spot *s, choice *c)
{
    const frame *x = mask_top_of(s), *q = &s->frames[s->n_frames - 2];
    const scope *in;

    switch (q->kind) {
    case F_QUERY: break;
    case F_PAREN:
    case F_FILTER:
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        return;
    case F_CALL: {
        const mask_function *f = &m->w->functions[q->a];

        if (q->b + 1 < f->max)
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        if (q->b + 1 >= f->min)
            mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        return;
    }
    case F_CASE:
        if (q->phase == K_WHEN)
            mask_add_fixed(m, c, W_THEN, true, ACT_THEN, 0);
        else if (q->phase == K_OPERAND)
            mask_add_fixed(m, c, W_WHEN, true, ACT_WHEN, 0);
        else {
            if (q->phase == K_THEN && q->b < 8)
                mask_add_fixed(m, c, W_WHEN, true, ACT_WHEN, 0);
            if (q->phase == K_THEN)
                mask_add_fixed(m, c, W_ELSE, true, ACT_ELSE, 0);
            mask_add_fixed(m, c, W_END, true, ACT_END, 0);
        }
        return;
    case F_CAST:
        mask_add_fixed(m, c, W_AS, true, ACT_AS_TYPE, 0);
        return;
    case F_IN:
        if (q->b < 12)
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        return;
    case F_OVER:
        if (q->b < 6)
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        if (q->phase == O_PARTITION)
            mask_add_fixed(m, c, W_ORDER, true, ACT_ORDER, 0);
        else {
            mask_add_fixed(m, c, W_DESC, true, ACT_DESC, 0);
            for (int w = W_ROWS_UP; w <= W_ROWS_6; w++)
                if (q->type) /* a frame is of use */
                    mask_add_fixed(m, c, (fixed_word)w, true, ACT_FRAME, 0);
        }
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        return;
    default: return;
    }
    in = &s->scopes[q->a];
    switch (q->phase) {
    case Q_ON:
        joins(m, s, c);
        clauses_after(m, c, Q_FROM);
        break;
    case Q_WHERE: clauses_after(m, c, Q_WHERE); break;
    case Q_GROUP:
        if (in->n_groups + in->n_texts + 1 < MASK_GROUPS && may_group_more(m, s, in))
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        clauses_after(m, c, Q_GROUP);
        break;
    case Q_HAVING: clauses_after(m, c, Q_HAVING); break;
    case Q_ITEM:
        if (needs_alias(m, s, q, x))
            mask_add(m, c, m->w->numbered[N_AS_C][in->n_items], true, ACT_ITEM_ALIAS, 0);
        else {
            spot *after = (spot *)s; /* counted as if the item were finished */
            scope *counted = &after->scopes[q->a];

            counted->n_items++;
            after_items(m, s, q, c);
            counted->n_items--;
        }
        break;
    case Q_QUALIFY:
        if (in->windowed)
            after_items(m, s, q, c);
        break;
    case Q_ORDER: after_order(m, s, q, c, true); break;
    default: break;
    }
}

/* ---- every phase of a query ----------------------------------------------------- */

static void start(mask *m, const spot *s, const frame *q, choice *c)
{
    const bool lead = q->place; /* a space in front: after UNION and WITH … */

    mask_add_fixed(m, c, W_FROM, lead, ACT_FROM, 0);
    if (q->descended) /* after UNION */
        mask_add_fixed(m, c, W_ALL, true, ACT_ALL, 0);
    if (q->role != R_TOP || s->scopes[q->a].set)
        return;
    mask_add_fixed(m, c, W_SELECT, lead, ACT_SELECT_ONLY, 0);
    if (s->n_ctes || q->place)
        return;
    mask_add_fixed(m, c, W_WITH, false, ACT_WITH, 0);
    mask_add(m, c, m->refusal, false, ACT_REFUSE, 0);
}

static void query_phase(mask *m, const spot *s, const frame *q, choice *c)
{
    const scope *in = &s->scopes[q->a];
    int taken;

    switch (q->phase) {
    case Q_START: start(m, s, q, c); break;
    case Q_SOURCE: sources(m, s, c); break;
    case Q_ALIAS:
        taken = name_is_taken(m, s, in);
        mask_add(m, c, m->w->numbered[N_AS_T][s->n_aliases], true, ACT_ALIAS, 0);
        if (taken < 2 && in->n_sources > 1 && !in->sources[in->n_sources - 1].joined)
            joined(m, s, c);
        else if (taken < 2) {
            joins(m, s, c);
            clauses_after(m, c, Q_FROM);
        }
        break;
    case Q_DERIVED_ALIAS:
        mask_add(m, c, m->w->numbered[N_AS_Q][s->n_queries], true, ACT_ALIAS, 1);
        break;
    case Q_JOINED: joined(m, s, c); break;
    case Q_USING: using_columns(m, s, c, q->b > 0); break;
    case Q_USING_AFTER:
        if (using_columns(m, s, NULL, false) && in->n_merged < MASK_MERGED)
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        break;
    case Q_FROM:
        joins(m, s, c);
        clauses_after(m, c, Q_FROM);
        break;
    case Q_EXISTS_FROM: mask_add(m, c, m->w->positions[1], true, ACT_STAR, 0); break;
    case Q_STAR:
    case Q_SET: after_items(m, s, q, c); break;
    case Q_LIMIT:
    case Q_OFFSET:
        c->literals = LIT_COUNT;
        c->literal_lead = true;
        break;
    case Q_LIMIT_AFTER:
        mask_add_fixed(m, c, W_OFFSET, true, ACT_OFFSET, 0);
        query_end(m, q, c);
        break;
    case Q_ORDER: after_order(m, s, q, c, !q->descended); break; /* after DESC or a position */
    case Q_REFUSED:
        c->literals = LIT_LINE;
        c->may_end = true;
        break;
    case Q_END: query_end(m, q, c); break;
    case Q_WITH:
        mask_add(m, c, m->w->numbered[N_WITH][s->n_queries], true, ACT_NEXT_CTE, 0);
        break;
    case Q_CTE_AFTER:
        if (s->n_ctes + 1 < MASK_DERIVED && s->n_queries < MASK_NUMBERED)
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        mask_add_fixed(m, c, W_FROM, true, ACT_FROM, 0);
        break;
    default: break;
    }
}

/* A column called DATE is the column. */
static void drop_doubles(choice *c)
{
    int date = -1;

    for (int i = 0; i < c->n; i++)
        if (c->at[i].act == ACT_DATE)
            date = i;
    for (int i = 0; date >= 0 && i < c->n; i++)
        if (c->at[i].act == ACT_COLUMN && c->at[i].n == 4 && !memcmp(c->at[i].text, "DATE", 4)) {
            c->at[date] = c->at[--c->n];
            return;
        }
}

void mask_choose(mask *m, const spot *s, choice *c)
{
    const frame *f = mask_top_of(s);

    c->n = 0;
    c->literals = 0;
    c->values = NULL;
    c->may_end = false;
    c->literal_lead = true;
    switch (f->kind) {
    case F_QUERY: query_phase(m, s, f, c); break;
    case F_CASE: /* CASE, then WHEN */
        mask_add_fixed(m, c, W_WHEN, true, ACT_WHEN, 0);
        break;
    case F_CAST:
        if (f->want & T_INT)
            mask_add_fixed(m, c, W_BIGINT, true, ACT_AS_TYPE, SQL_T_INTEGER);
        if (f->want & BIT(SQL_T_DOUBLE))
            mask_add_fixed(m, c, W_DOUBLE, true, ACT_AS_TYPE, SQL_T_DOUBLE);
        if (f->want & T_TEXT)
            mask_add_fixed(m, c, W_VARCHAR, true, ACT_AS_TYPE, SQL_T_TEXT);
        if (f->want & T_DATE)
            mask_add_fixed(m, c, W_DATE, true, ACT_AS_TYPE, SQL_T_DATE);
        if (f->want & T_STAMP)
            mask_add_fixed(m, c, W_TIMESTAMP, true, ACT_AS_TYPE, SQL_T_TIMESTAMP);
        if (f->phase == P_INSIDE) { /* the type is there */
            c->n = 0;
            mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        }
        break;
    case F_OVER:
        if (f->phase == O_START && !mask_is_deep(s, 1)) {
            mask_add_fixed(m, c, W_PARTITION, false, ACT_PARTITION, 0);
            mask_add_fixed(m, c, W_ORDER, false, ACT_ORDER, 0);
        } else if (f->phase == O_ORDER) { /* after DESC */
            if (f->b < 6)
                mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
            for (int w = W_ROWS_UP; w <= W_ROWS_6; w++)
                if (f->type)
                    mask_add_fixed(m, c, (fixed_word)w, true, ACT_FRAME, 0);
        }
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
        break;
    default: mask_choose_expr(m, s, c); break;
    }
    drop_doubles(c);
}
