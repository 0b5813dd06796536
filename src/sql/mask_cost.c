/* mask_cost.c - how many tokens close a statement, at most.
 *
 * The shortest way to the end from each frame: TRUE for a condition, 1 for a number,
 * SELECT 1. An upper bound, so that a statement that keeps to it always ends in time. */
#include "sql/mask_impl.h"

/* Tokens of a word with its space. */
static int word(const mask *m, fixed_word w) { return m->w->fixed[w]->n_ids[1]; }

static int one(const mask *m) { return m->w->positions[1]->n_ids[1] + 1; }
static int on_true(const mask *m) { return word(m, W_ON) + word(m, W_TRUE); }
static int is_null(const mask *m) { return word(m, W_IS_NULL); }
static int over(const mask *m) { return word(m, W_OVER) + 1; }
static int alias(const mask *m) { return m->w->numbered[N_AS_C][MASK_NUMBERED - 1]->n_ids[1]; }
static int a_date(const mask *m) { return word(m, W_A_DATE) + 2; }
static int date_value(const mask *m) { return word(m, W_DATE) + a_date(m); }
static int interval(const mask *m) { return word(m, W_INTERVAL) + one(m) + word(m, W_QUARTER); }

/* An operand of any kind, at most. */
static int any_value(const mask *m)
{
    const int text = word(m, W_EMPTY) + 1, date = date_value(m);

    return date > text ? date : text;
}

/* A literal of one of the types. */
static int literal(const mask *m, uint16_t want)
{
    if (want & T_NUM)
        return one(m);
    if (want & T_BOOL)
        return word(m, W_TRUE);
    if (want & T_TEXT)
        return word(m, W_EMPTY) + 1;
    return want & T_INTERVAL ? interval(m) : date_value(m);
}

/* SELECT and its first item. */
static int select_one(const mask *m, const spot *s, const frame *q)
{
    const scope *in = &s->scopes[q->a];
    const bool typed = q->role == R_SCALAR || q->role == R_IN;

    return word(m, W_SELECT) + 1 +
           (in->n_want ? any_value(m) : literal(m, typed ? q->want : T_SCALAR));
}

/* A value that may stand where literals may not: a column or min(column). */
static int named(const mask *m, const spot *s, uint16_t want)
{
    const scope *in = mask_scope_of(s);
    int best = 60;

    for (int i = 0; i < in->n_sources; i++)
        for (int k = 0; k < mask_n_columns(m, s, &in->sources[i]); k++) {
            const mask_column column = mask_column_at(m, s, &in->sources[i], k);

            if (column.word && BIT(column.type) & want && column.word->n_ids[1] + 12 < best)
                best = column.word->n_ids[1] + 12; /* perhaps with its table's name */
        }
    return best;
}

static int operand(const mask *m, const spot *s, const frame *f, uint16_t want)
{
    const frame *q = &s->frames[s->n_frames - 2];

    if (q->kind == F_QUERY && q->phase == Q_QUALIFY && !mask_scope_of(s)->windowed)
        return word(m, W_OVER) + 24; /* row_number() OVER () … */
    if (f->first && !mask_scope_of(s)->n_sources && (q->kind == F_QUERY || q->kind == F_PAREN))
        return word(m, W_CASE) + word(m, W_WHEN) + word(m, W_TRUE) + word(m, W_THEN) + one(m) + word(m, W_END);
    if (f->place & PL_NAMED && f->first)
        return named(m, s, want) + 6;
    if (f->cmp == CMP_RIGHT || f->cmp == CMP_LOW || f->cmp == CMP_HIGH)
        return f->op == SQL_OP_NONE ? word(m, W_NULL) : want & T_NUM ? one(m) : want & T_TEXT ? word(m, W_EMPTY) + 1 : interval(m);
    if (f->cmp == CMP_PATTERN)
        return word(m, W_EMPTY) + 1;
    if (f->logical && (want & T_SCALAR) == T_SCALAR)
        return word(m, W_TRUE);
    return literal(m, want);
}

/* The column behind "table." */
static int longest_column(const mask *m, const spot *s, const frame *f)
{
    const scope *in = &s->scopes[f->a];
    int longest = 1;

    for (int k = 0; k < mask_n_columns(m, s, &in->sources[f->b]); k++) {
        const mask_column column = mask_column_at(m, s, &in->sources[f->b], k);

        if (column.word && column.word->n_ids[0] > longest)
            longest = column.word->n_ids[0];
    }
    return longest;
}

/* Until the expression may end. */
static int expression(const mask *m, const spot *s, const frame *f)
{
    int n = 0;

    switch (f->phase) {
    case E_OPERAND:
        n = operand(m, s, f, mask_wanted(f));
        break;
    case E_COLUMN: n = longest_column(m, s, f); break;
    case E_DATE: n = a_date(m); break;
    case E_NUMBER: n = 1; break;
    case E_INTERVAL: n = one(m) + word(m, W_QUARTER); break;
    case E_UNIT: n = word(m, W_QUARTER); break;
    case E_OVER: n = over(m); break;
    default: break;
    }
    if (f->cmp == CMP_LOW)
        return n + word(m, W_AND) + word(m, W_NULL);
    if (f->phase == E_AFTER && mask_can_end(f))
        return n;
    if (f->logical && f->cmp == CMP_NONE && !(f->phase == E_OPERAND && f->op == SQL_OP_NONE))
        n += is_null(m);
    return n + (f->must_over && f->phase != E_OVER ? over(m) : 0);
}

/* Items that must still come beside the one that is being written, and a name for it. */
static int select_list(const mask *m, const spot *s, const frame *q)
{
    const scope *in = &s->scopes[q->a];
    int left = in->n_want - in->n_items - (q->phase < Q_STAR);

    left = left > 0 ? left : 0;
    return left * (1 + any_value(m)) +
           (q->phase < Q_STAR && (q->role == R_DERIVED || q->role == R_CTE) ? alias(m) : 0);
}

/* What the table after JOIN needs beside its name. */
static int joining(const mask *m, const spot *s, const frame *q)
{
    return s->scopes[q->a].n_sources ? alias(m) + on_true(m) : 0;
}

/* What a query still needs once what stands above it is over. */
static int query(const mask *m, const spot *s, const frame *q)
{
    int n = 0;

    switch (q->phase) {
    case Q_START:
    case Q_CTE_AFTER: n = word(m, W_FROM) + m->s->shortest_table + select_one(m, s, q); break;
    case Q_WITH:
        n = m->w->numbered[N_WITH][MASK_NUMBERED - 1]->n_ids[1] + 2 * (word(m, W_FROM) + m->s->shortest_table + select_one(m, s, q)) + alias(m) + 1;
        break;
    case Q_SOURCE: n = m->s->shortest_table + select_one(m, s, q) + joining(m, s, q); break;
    case Q_ALIAS:
    case Q_DERIVED_ALIAS: n = alias(m) + on_true(m) + select_one(m, s, q); break;
    case Q_JOINED: n = on_true(m) + select_one(m, s, q); break;
    case Q_USING: n = 24 + select_one(m, s, q); break;
    case Q_USING_AFTER: n = 1 + select_one(m, s, q); break;
    case Q_ON:
    case Q_FROM:
    case Q_WHERE:
    case Q_GROUP:
    case Q_HAVING: n = select_one(m, s, q); break;
    case Q_LIMIT:
    case Q_OFFSET: n = one(m); break;
    default: break;
    }
    if (q->phase < Q_QUALIFY)
        n += select_list(m, s, q);
    if (q->phase == Q_CTE_AFTER)
        return n;
    switch (q->role) {
    case R_TOP: return n;
    case R_DERIVED: return n + 1 + alias(m);
    default: return n + 1;
    }
}

static int arguments(const mask *m, const frame *f)
{
    const mask_function *k = &m->w->functions[f->a];
    const bool window = f->must_over || mask_is_window(k) ||
                        (mask_is_aggregate(k) && f->place & PL_WINDOW && !(f->place & PL_IN_AGG));
    int n = 1 + (window ? over(m) : 0);

    for (int i = f->b + 1; i < k->min; i++)
        n += 1 + any_value(m);
    return n;
}

int mask_close_cost(const mask *m, const spot *s)
{
    int n = 0;

    for (int i = 0; i < s->n_frames; i++) {
        const frame *f = &s->frames[i];

        switch (f->kind) {
        case F_QUERY: n += query(m, s, f); break;
        case F_EXPR:
            if (i == s->n_frames - 1)
                n += expression(m, s, f);
            else
                n += (f->cmp == CMP_LOW ? word(m, W_AND) + word(m, W_NULL) : 0) +
                     (f->logical && f->cmp == CMP_NONE ? is_null(m) : 0) + (f->must_over ? over(m) : 0);
            break;
        case F_CALL:
            n += arguments(m, f);
            if (i == s->n_frames - 1 && f->phase == C_START && m->w->functions[f->a].max)
                n += any_value(m);
            break;
        case F_CASE:
            n += word(m, W_END) + (f->phase == K_WHEN || f->phase == K_OPERAND ? word(m, W_THEN) + any_value(m) : 0) +
                 (f->phase == K_OPERAND ? word(m, W_WHEN) + word(m, W_TRUE) : 0);
            break;
        case F_CAST:
            n += 1 + (f->phase == P_INSIDE ? 0 : word(m, W_TIMESTAMP) + word(m, W_VARCHAR)) +
                 (f->phase == T_VALUE ? word(m, W_AS) : 0);
            break;
        case F_OVER: n += 2; break;
        default: n += 1; break;
        }
    }
    return n;
}
