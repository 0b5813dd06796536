/* mask_choose_expr.c - what may come inside an expression. */
#include <stdlib.h>
#include <string.h>

#include "sql/mask_impl.h"

/* ---- columns -------------------------------------------------------------------- */

static void mark_names(mask *m)
{
    if (!++m->name_stamp) {
        memset(m->name_seen, 0, (size_t)(m->s->n_names + MASK_NUMBERED) * sizeof *m->name_seen);
        m->name_stamp = 1;
    }
}

static bool is_merged(const scope *in, int source, int column)
{
    for (int i = 0; i < in->n_merged; i++)
        if (in->merged[i].source == source && in->merged[i].column == column)
            return true;
    return false;
}

/* How many columns of the FROM have each name. */
static void count_names(mask *m, const spot *s, const scope *in)
{
    mark_names(m);
    for (int i = 0; i < in->n_sources; i++)
        for (int k = 0; k < mask_n_columns(m, s, &in->sources[i]); k++) {
            const int32_t name = mask_column_at(m, s, &in->sources[i], k).name;

            if (is_merged(in, i, k))
                continue;
            if (m->name_seen[name] != m->name_stamp) {
                m->name_seen[name] = m->name_stamp;
                m->name_count[name] = 0;
            }
            m->name_count[name]++;
        }
}

/* Does the column stand in the list already that the expression begins to go on with? */
static bool is_repeated(const spot *s, const frame *f, const scope *in, int source, int column)
{
    const frame *q = s->n_frames > 1 ? &s->frames[s->n_frames - 2] : NULL;

    if (!q || !f->first || q->kind != F_QUERY)
        return false;
    if (q->phase == Q_GROUP)
        return mask_is_grouped(in, source, column);
    for (int i = 0; q->phase == Q_ITEM && i < in->n_items; i++)
        if (in->items[i].source == source && in->items[i].column == column)
            return true;
    return false;
}

/* The first comparison of ON has an earlier table left and the joined one right. */
static bool is_on_side(const spot *s, const frame *f, const scope *in, int source)
{
    const frame *q = s->n_frames > 1 ? &s->frames[s->n_frames - 2] : NULL;

    if (!q || q->kind != F_QUERY || q->phase != Q_ON || f->join)
        return true;
    if (f->cmp == CMP_RIGHT && f->how == SQL_OP_EQ)
        return source == in->n_sources - 1;
    return f->cmp != CMP_NONE || f->op != SQL_OP_NONE || source < in->n_sources - 1;
}

/* May a column stand here: its type, the rule of GROUP BY, its place in a join? */
static bool may_stand(const spot *s, const frame *f, const scope *in, int source, int column,
                      const mask_column *k, uint16_t want)
{
    if (!k->word || !(BIT(k->type) & want) || !is_on_side(s, f, in, source) ||
        is_repeated(s, f, in, source, column))
        return false;
    if (!(f->place & PL_GROUPED) || f->place & PL_IN_AGG)
        return true;
    if (in->mode == M_AGG)
        return false;
    return in->mode != M_GROUPED || mask_is_grouped(in, source, column);
}

/* A column may be named with its table also where the canonical form does not: what a
 * model means by "table" must not become a column of that name. */
static void qualifiers(mask *m, const spot *s, choice *c, const frame *f, int scope_index, uint16_t want,
                       bool lead)
{
    const scope *in = &s->scopes[scope_index];

    for (int i = 0; i < in->n_sources; i++) {
        const mask_source *from = &in->sources[i];
        bool any = false;

        for (int k = 0; !any && k < mask_n_columns(m, s, from); k++) {
            const mask_column column = mask_column_at(m, s, from, k);

            any = may_stand(s, f, in, i, k, &column, want);
        }
        if (any)
            mask_add(m, c, from->dot, lead, ACT_QUALIFIER, scope_index << 8 | i);
    }
}

static void bare_columns(mask *m, const spot *s, choice *c, const frame *f, const scope *in,
                         uint16_t want, bool lead)
{
    for (int i = 0; i < in->n_sources; i++)
        for (int k = 0; k < mask_n_columns(m, s, &in->sources[i]); k++) {
            const mask_column column = mask_column_at(m, s, &in->sources[i], k);

            if (may_stand(s, f, in, i, k, &column, want) && m->name_count[column.name] == 1 &&
                !is_merged(in, i, k))
                mask_add(m, c, column.word, lead, ACT_COLUMN, i << 16 | k);
        }
}

static bool is_shadowed(const scope *inner, const mask_word *name)
{
    for (int i = 0; i < inner->n_sources; i++)
        if (inner->sources[i].name == name)
            return true;
    return false;
}

/* Columns of the query around a correlated subquery. */
static void outer_columns(mask *m, const spot *s, choice *c, const frame *f, const scope *in,
                          uint16_t want, bool lead)
{
    const scope *outer;

    if (!in->correlated || f->place & (PL_IN_AGG | PL_GROUPED | PL_ON | PL_NAMED))
        return;
    outer = &s->scopes[in->outer];
    for (int i = 0; i < outer->n_sources; i++) {
        bool any = false;

        for (int k = 0; !any && k < mask_n_columns(m, s, &outer->sources[i]); k++) {
            const mask_column column = mask_column_at(m, s, &outer->sources[i], k);

            any = column.word && BIT(column.type) & want;
        }
        if (any && !is_shadowed(in, outer->sources[i].name))
            mask_add(m, c, outer->sources[i].dot, lead, ACT_QUALIFIER, in->outer << 8 | i);
    }
}

static void columns(mask *m, const spot *s, choice *c, const frame *f, uint16_t want, bool lead)
{
    const int query = mask_query_at(s, s->n_frames - 1);
    const int index = s->frames[query].a;
    const scope *in = &s->scopes[index];

    count_names(m, s, in);
    if (!(f->place & PL_ON))
        bare_columns(m, s, c, f, in, want, lead);
    qualifiers(m, s, c, f, index, want, lead);
    outer_columns(m, s, c, f, in, want, lead);
}

/* Is there a column of such a type? Where literals alone may not stand, one must be the
 * first operand in the end. */
bool mask_has_column(const mask *m, const spot *s, const frame *f, uint16_t want)
{
    const scope *in = mask_scope_of(s);

    for (int i = 0; i < in->n_sources; i++)
        for (int k = 0; k < mask_n_columns(m, s, &in->sources[i]); k++) {
            const mask_column column = mask_column_at(m, s, &in->sources[i], k);

            if (may_stand(s, f, in, i, k, &column, want))
                return true;
        }
    return false;
}

/* Expressions nest so far in each query, and queries in queries. */
bool mask_is_deep(const spot *s, int more)
{
    return s->n_frames + 10 >= MASK_FRAMES ||
           s->n_frames + more - mask_query_at(s, s->n_frames - 1) > MASK_NESTING;
}

static bool deep_enough(const spot *s) { return mask_is_deep(s, 0); }

/* ---- functions ------------------------------------------------------------------- */

/* An aggregate inside a window aggregate: sum(sum(x)) OVER (…). */
static bool may_nest(const mask *m, const spot *s, const frame *f, const scope *in)
{
    const frame *call = &s->frames[s->n_frames - 2];

    return f->first && call->kind == F_CALL && mask_is_aggregate(&m->w->functions[call->a]) &&
           call->place & PL_WINDOW && !(call->place & PL_IN_AGG) && !call->raw &&
           (in->mode == M_AGG || in->mode == M_GROUPED);
}

static bool is_inside(const mask *m, const spot *s, const char *name)
{
    for (int i = 0; i < s->n_frames; i++)
        if (s->frames[i].kind == F_CALL && !strcmp(m->w->functions[s->frames[i].a].f->name, name))
            return true;
    return false;
}

static bool may_call(const mask *m, const spot *s, const frame *f, const scope *in, const mask_function *k,
                     bool only_windows)
{
    const bool window = f->place & PL_WINDOW && !(f->place & PL_IN_AGG);

    if (mask_is_window(k))
        return window && in->n_sources;
    if (in->mode == M_PLAIN && !strcmp(k->f->name, "mode"))
        return false; /* it has no OVER */
    if (!strcmp(k->f->name, "lpad") && is_inside(m, s, "lpad"))
        return false; /* the guard: lengths multiply */
    if (!mask_is_aggregate(k))
        return !only_windows;
    if (!in->n_sources)
        return false;
    if (f->place & PL_IN_AGG)
        return !only_windows && may_nest(m, s, f, in);
    if (!(f->place & PL_AGG))
        return false;
    if (only_windows) /* of groups it would need arguments that are grouped */
        return window && (in->mode == M_PLAIN || in->mode == M_OPEN);
    return in->mode == M_PLAIN ? window : true;
}

/* May the function be the first thing where literals may not? */
static bool may_be_named(const mask *m, const spot *s, const frame *f, const mask_function *k)
{
    frame argument = *f;

    const char code = k->max ? k->args[k->args[0] == 'p'] : 'c';

    if (strchr("cfk", code))
        return false;
    if (mask_is_aggregate(k))
        argument.place |= PL_IN_AGG;
    return mask_has_column(m, s, &argument, mask_argument_types(code));
}

static void functions(mask *m, const spot *s, choice *c, const frame *f, uint16_t want, bool lead)
{
    const scope *in = mask_scope_of(s);
    const frame *q = &s->frames[s->n_frames - 2];
    const bool only_windows = q->kind == F_QUERY && q->phase == Q_QUALIFY && !in->windowed;
    const bool exact = want == T_INT;
    const bool date = (want & T_DAY) == T_DATE; /* and never a timestamp */

    if (deep_enough(s) || (want == T_TIME && !mask_has_column(m, s, f, want)))
        return; /* no literal could be their argument */
    for (int i = 0; i < m->w->n_functions; i++) {
        const mask_function *k = &m->w->functions[i];

        if (date && k->results & T_STAMP && !(k->f->result == '1' && k->max == 1))
            continue;

        if (k->results & want && (!exact || k->exact) && may_call(m, s, f, in, k, only_windows) &&
            (!(f->place & PL_NAMED && f->first) || may_be_named(m, s, f, k)))
            mask_add(m, c, k->word, lead, ACT_FUNCTION, i);
    }
}

/* ---- literals -------------------------------------------------------------------- */

static const mask_column *values_of(mask *m, const spot *s, const frame *f)
{
    const scope *in = mask_scope_of(s);
    const mask_source *from;

    if (f->lhs_source < 0 || f->op != SQL_OP_NONE)
        return NULL;
    from = &in->sources[f->lhs_source];
    if (from->table < 0 || m->s->tables[from->table].columns[f->lhs_column].n_values < 0)
        return NULL;
    return &m->s->tables[from->table].columns[f->lhs_column];
}

static void literals(mask *m, const spot *s, choice *c, const frame *f, uint16_t want, bool lead)
{
    const bool compared = f->cmp == CMP_RIGHT || f->cmp == CMP_LOW || f->cmp == CMP_HIGH;

    c->literal_lead = lead;
    if (want & T_NUM) {
        c->literals |= want & T_NUM & ~T_INT ? LIT_NUMBER : LIT_INTEGER;
        mask_add_fixed(m, c, W_MINUS, lead, ACT_MINUS, 0);
    }
    if (compared && f->op == SQL_OP_NONE && BIT(f->lhs) & T_DAY)
        c->literals |= f->lhs == SQL_T_DATE ? LIT_DATE : LIT_STAMP;
    if (want & T_DATE && (want & T_SCALAR) != T_SCALAR)
        mask_add_fixed(m, c, W_DATE, lead, ACT_DATE, 0);
    if (compared && f->lhs == SQL_T_TIME)
        c->literals |= LIT_TIME;
    if (want & T_TEXT && ((want & T_SCALAR) != T_SCALAR || f->cmp != CMP_NONE || !f->logical)) {
        c->values = compared ? values_of(m, s, f) : NULL;
        c->literals |= c->values ? LIT_VALUES | LIT_COPY : LIT_FREE;
    }
    if (want & T_BOOL && (want == T_BOOL || m->tight)) {
        mask_add_fixed(m, c, W_TRUE, lead, ACT_LITERAL, SQL_T_BOOLEAN);
        mask_add_fixed(m, c, W_FALSE, lead, ACT_LITERAL, SQL_T_BOOLEAN);
    }
    if (want & T_INTERVAL)
        mask_add_fixed(m, c, W_INTERVAL, lead, ACT_INTERVAL, 0);
}

/* ---- operands -------------------------------------------------------------------- */

static bool is_item(const spot *s)
{
    const frame *q = &s->frames[s->n_frames - 2];

    return q->kind == F_QUERY && q->phase == Q_ITEM;
}

static void star(mask *m, const spot *s, choice *c, const frame *f, bool lead)
{
    const frame *q = &s->frames[s->n_frames - 2];
    const scope *in = mask_scope_of(s);

    if (!is_item(s) || !f->first || in->n_items || in->mode == M_GROUPED || in->mode == M_AGG || !in->n_sources ||
        in->n_want || q->role == R_SCALAR || q->role == R_IN)
        return;
    if (q->role != R_TOP) {
        if (in->n_sources > 1 || mask_n_columns(m, s, &in->sources[0]) > MASK_ITEMS)
            return;
        for (int k = 0; k < mask_n_columns(m, s, &in->sources[0]); k++)
            if (!mask_column_at(m, s, &in->sources[0], k).word)
                return;
    }
    mask_add_fixed(m, c, W_STAR, lead, ACT_STAR, 0);
}

static bool may_subquery(const spot *s, const frame *f)
{
    return f->place & PL_SUBQUERY && !(f->place & (PL_IN_AGG | PL_ON | PL_NAMED)) &&
           s->n_frames + 12 < MASK_FRAMES && s->n_scopes < MASK_SCOPES;
}

static void openers(mask *m, const spot *s, choice *c, const frame *f, uint16_t want, bool lead)
{
    const bool condition = f->logical && f->cmp == CMP_NONE && f->op == SQL_OP_NONE;
    uint16_t inner;

    if (deep_enough(s) || (f->place & PL_NAMED && f->first && !mask_has_column(m, s, f, T_SCALAR)))
        return;
    if (!(f->place & PL_NAMED && f->first))
        mask_add_fixed(m, c, W_OPEN, lead, ACT_PAREN, 0);
    mask_add_fixed(m, c, W_CASE, lead, ACT_CASE, 0);
    inner = mask_cast_from(want);
    if (inner && want != T_INT && mask_has_column(m, s, f, inner)) {
        mask_add_fixed(m, c, W_CAST, lead, ACT_CAST, 0);
        mask_add_fixed(m, c, W_TRY_CAST, lead, ACT_CAST, 1);
    }
    if (!condition || !(f->want & T_BOOL))
        return;
    mask_add_fixed(m, c, W_NOT, lead, ACT_NOT, 0);
    if (may_subquery(s, f)) {
        mask_add_fixed(m, c, W_EXISTS, lead, ACT_EXISTS, 0);
        mask_add_fixed(m, c, W_NOT_EXISTS, lead, ACT_EXISTS, 1);
    }
}

/* Texts that stand there already: groups that are expressions. */
static void repeated(mask *m, choice *c, const frame *f, const scope *in, uint16_t want, bool lead)
{
    if (!(f->place & PL_GROUPED) || f->place & PL_IN_AGG || (m->tight && !(f->place & PL_NAMED && f->first)))
        return;
    for (int i = 0; in->mode == M_GROUPED && i < in->n_texts; i++)
        if (BIT(in->texts[i].type) & want)
            mask_add_text(m, c, in->texts[i].at, in->texts[i].n, lead, ACT_TEXT, in->texts[i].type);
}

static bool is_long_text(const mask *m, const scope *in, int i)
{
    const char *at = m->text + in->items[i].at;
    const size_t n = in->items[i].n;

    return memmem(at, n, " OVER (", 7) || memmem(at, n, "(FROM ", 6);
}

/* ORDER BY of a set operation: positions; else also of long items. */
static bool order_operands(mask *m, const spot *s, choice *c)
{
    const frame *q = &s->frames[s->n_frames - 2];
    const scope *in = mask_scope_of(s);

    if (q->kind != F_QUERY || q->phase != Q_ORDER)
        return false;
    for (int i = 0; i < in->n_items; i++)
        if (in->set || is_long_text(m, in, i))
            mask_add(m, c, m->w->positions[i + 1], true, ACT_POSITION, i);
    return in->set;
}

static void operands(mask *m, const spot *s, choice *c, const frame *f, bool lead)
{
    const uint16_t want = mask_wanted(f);
    const frame *q = &s->frames[s->n_frames - 2];
    const scope *in = mask_scope_of(s);

    if (order_operands(m, s, c))
        return;
    if (q->kind == F_QUERY && q->phase == Q_QUALIFY && !in->windowed) {
        functions(m, s, c, f, want, lead);
        return;
    }
    if (q->kind == F_PAREN && f->first && may_subquery(s, f))
        mask_add_fixed(m, c, W_FROM, false, ACT_FROM, 0);
    if (f->first && !in->n_sources && (q->kind == F_QUERY || q->kind == F_PAREN)) {
        openers(m, s, c, f, want, lead); /* SELECT without FROM computes with subqueries */
        return;
    }
    if (!(f->place & PL_NAMED && f->first))
        literals(m, s, c, f, want, lead);
    star(m, s, c, f, lead);
    if (is_item(s) && f->first && !in->n_items && !in->distinct && in->n_sources)
        mask_add_fixed(m, c, W_DISTINCT, lead, ACT_DISTINCT, 0);
    columns(m, s, c, f, want, lead);
    functions(m, s, c, f, want, lead);
    openers(m, s, c, f, want, lead);
    repeated(m, c, f, in, want, lead);
    if (q->kind == F_CASE && f->first && (q->phase == K_THEN || q->phase == K_ELSE) && q->type != SQL_T_NULL)
        mask_add_fixed(m, c, W_NULL, lead, ACT_LITERAL, SQL_T_NULL);
    if (m->tight && f->cmp != CMP_NONE && f->cmp != CMP_PATTERN && f->op == SQL_OP_NONE)
        mask_add_fixed(m, c, W_NULL, lead, ACT_LITERAL, SQL_T_NULL);
}

/* ---- after an operand -------------------------------------------------------------- */

/* Would a value of the type be of use where the expression stands? */
static bool is_of_use(const frame *f, uint16_t type)
{
    const uint16_t want = f->cmp == CMP_NONE ? (f->logical ? T_ANY : f->want) : mask_family(f->lhs);

    return f->cmp == CMP_PATTERN ? type == T_TEXT : (type & want) != 0;
}

static void arithmetic(mask *m, choice *c, const frame *f)
{
    const uint16_t cur = BIT(f->cur);
    const bool exact = !f->logical && f->cmp == CMP_NONE && f->want == T_INT;

    if (f->bare_date) /* its type comes from what it is compared with */
        return;
    if (cur & T_NUM) {
        mask_add_fixed(m, c, W_ADD, true, ACT_OPERATOR, SQL_OP_ADD);
        mask_add_fixed(m, c, W_SUB, true, ACT_OPERATOR, SQL_OP_SUB);
        if (!f->no_times) {
            mask_add_fixed(m, c, W_MUL, true, ACT_OPERATOR, SQL_OP_MUL);
            mask_add_fixed(m, c, W_MOD, true, ACT_OPERATOR, SQL_OP_MOD);
            if (!exact && is_of_use(f, BIT(SQL_T_DOUBLE)))
                mask_add_fixed(m, c, W_DIV, true, ACT_OPERATOR, SQL_OP_DIV);
        }
    } else if (cur == T_TEXT && f->cmp != CMP_PATTERN)
        mask_add_fixed(m, c, W_CONCAT, true, ACT_OPERATOR, SQL_OP_CONCAT);
    else if (cur & T_DAY && is_of_use(f, T_STAMP)) {
        mask_add_fixed(m, c, W_ADD, true, ACT_OPERATOR, SQL_OP_ADD);
        mask_add_fixed(m, c, W_SUB, true, ACT_OPERATOR, SQL_OP_SUB);
    }
}

static void comparisons(mask *m, const spot *s, choice *c, const frame *f)
{
    static const struct { fixed_word word; sql_op op; } ops[] = {
        {W_EQ, SQL_OP_EQ}, {W_NE, SQL_OP_NE}, {W_LT, SQL_OP_LT}, {W_LE, SQL_OP_LE}, {W_GT, SQL_OP_GT},
        {W_GE, SQL_OP_GE}};

    if (!f->logical || f->cmp != CMP_NONE || !(f->want & T_BOOL))
        return;
    mask_add_fixed(m, c, W_IS_NULL, true, ACT_IS_NULL, 0);
    mask_add_fixed(m, c, W_IS_NOT_NULL, true, ACT_IS_NULL, 1);
    if (!(BIT(f->cur) & T_SCALAR))
        return;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (f->cur != SQL_T_BOOLEAN || i < 2)
            mask_add_fixed(m, c, ops[i].word, true, ACT_COMPARE, (int)ops[i].op);
    if (f->cur == SQL_T_TEXT) {
        mask_add_fixed(m, c, W_LIKE, true, ACT_LIKE, 0);
        mask_add_fixed(m, c, W_NOT_LIKE, true, ACT_LIKE, 1);
        mask_add_fixed(m, c, W_ILIKE, true, ACT_LIKE, 2);
        mask_add_fixed(m, c, W_NOT_ILIKE, true, ACT_LIKE, 3);
    }
    if (f->cur != SQL_T_BOOLEAN && !deep_enough(s)) {
        mask_add_fixed(m, c, W_IN, true, ACT_IN, 0);
        mask_add_fixed(m, c, W_NOT_IN, true, ACT_IN, 1);
        mask_add_fixed(m, c, W_BETWEEN, true, ACT_BETWEEN, 0);
        mask_add_fixed(m, c, W_NOT_BETWEEN, true, ACT_BETWEEN, 1);
    }
}

static void connectives(mask *m, choice *c, const frame *f)
{
    const bool whole = f->cmp == CMP_NONE ? f->cur == SQL_T_BOOLEAN : f->cmp != CMP_LOW;

    if (!f->logical || !whole || !(f->want & T_BOOL))
        return;
    mask_add_fixed(m, c, W_AND, true, ACT_AND, 0);
    mask_add_fixed(m, c, W_OR, true, ACT_AND, 1);
}

/* FILTER and OVER after an aggregate, OVER after a window function. */
static void after_call(mask *m, const spot *s, choice *c, const frame *f)
{
    const mask_function *k = f->call ? &m->w->functions[f->call - 1] : NULL;
    const scope *in = mask_scope_of(s);

    if (!k || !mask_is_aggregate(k) || deep_enough(s))
        return;
    if (!f->filtered)
        mask_add_fixed(m, c, W_FILTER, true, ACT_FILTER, 0);
    if (f->place & PL_WINDOW && !(f->place & PL_IN_AGG) && !f->no_over && strcmp(k->f->name, "mode"))
        mask_add_fixed(m, c, W_OVER, true, ACT_OVER, 0);
    (void)in;
}

static void after_operand(mask *m, const spot *s, choice *c, const frame *f)
{
    after_call(m, s, c, f);
    if (f->must_over)
        return;
    if (f->cmp != CMP_DONE)
        arithmetic(m, c, f);
    if (f->cmp == CMP_LOW) {
        mask_add_fixed(m, c, W_AND, true, ACT_AND_HIGH, 0);
        return;
    }
    comparisons(m, s, c, f);
    connectives(m, c, f);
    if (mask_can_end(f))
        mask_choose_after(m, s, c);
}

/* ---- calls, lists and the small phases ----------------------------------------------- */

static void parts(mask *m, choice *c)
{
    for (int w = W_P_YEAR; w <= W_P_MINUTE; w++)
        mask_add_fixed(m, c, (fixed_word)w, false, ACT_ARGUMENT, w);
}

static void formats(mask *m, choice *c)
{
    for (int w = W_S_YM; w <= W_S_A; w++)
        mask_add_fixed(m, c, (fixed_word)w, true, ACT_ARGUMENT, w);
}

/* Arguments that are no expression: parts, formats, small numbers; ")" of f(). */
static void call_phase(mask *m, choice *c, const frame *f)
{
    const mask_function *k = &m->w->functions[f->a];
    const char code = k->max > f->b ? k->args[f->b] : 0;

    if (f->phase == C_ARG) { /* such an argument is there */
        if (f->b + 1 < k->max)
            mask_add_fixed(m, c, W_COMMA, false, ACT_COMMA, 0);
        if (f->b + 1 >= k->min)
            mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
    } else if (code == 'p')
        parts(m, c);
    else if (code == 'f')
        formats(m, c);
    else if (code == 'c') {
        c->literals = LIT_SMALL;
        c->literal_lead = f->b > 0;
    } else if (code == 'k') {
        c->literals = LIT_FREE;
        c->literal_lead = f->b > 0;
    } else
        mask_add_fixed(m, c, W_CLOSE, false, ACT_CLOSE, 0);
}

static void units(mask *m, choice *c)
{
    static const fixed_word words[] = {W_YEAR, W_MONTH, W_DAY, W_WEEK, W_HOUR, W_MINUTE, W_QUARTER};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        mask_add_fixed(m, c, words[i], true, ACT_UNIT, 0);
}

/* A column of the source that was named. */
static void qualified(mask *m, const spot *s, choice *c, const frame *f)
{
    const int index = f->a;
    const scope *in = &s->scopes[index];
    const int query = mask_query_at(s, s->n_frames - 1);
    const bool own = s->frames[query].a == index;
    const uint16_t want = mask_wanted(f);

    for (int k = 0; k < mask_n_columns(m, s, &in->sources[f->b]); k++) {
        const mask_column column = mask_column_at(m, s, &in->sources[f->b], k);

        if (own ? may_stand(s, f, in, f->b, k, &column, want) : column.word && BIT(column.type) & want)
            mask_add(m, c, column.word, false, ACT_COLUMN, f->b << 16 | k);
    }
}

void mask_choose_expr(mask *m, const spot *s, choice *c)
{
    const frame *f = mask_top_of(s), *around = &s->frames[s->n_frames - 2];
    const bool opened = around->kind == F_PAREN || (around->kind == F_CALL && !around->b) ||
                        (around->kind == F_IN && !around->b) || (around->kind == F_CAST) ||
                        (around->kind == F_OVER && false);
    const bool lead = !(opened && f->first);

    if (f->kind == F_CALL) {
        call_phase(m, c, f);
        return;
    }
    switch (f->phase) {
    case E_OPERAND:
        if (around->kind == F_CALL && f->first && !around->b && !strcmp(m->w->functions[around->a].f->name, "count")) {
            mask_add_fixed(m, c, W_STAR, false, ACT_ARGUMENT, W_STAR);
            if (!(f->place & PL_NAMED) && !around->filtered)
                mask_add_fixed(m, c, W_DISTINCT, false, ACT_DISTINCT, 0);
        }
        if (around->kind == F_IN && f->first && !around->b && may_subquery(s, around))
            mask_add_fixed(m, c, W_FROM, false, ACT_FROM, 0);
        operands(m, s, c, f, around->kind == F_CALL && around->descended ? true : lead);
        break;
    case E_AFTER: after_operand(m, s, c, f); break;
    case E_COLUMN: qualified(m, s, c, f); break;
    case E_DATE:
        c->literals = LIT_DATE;
        break;
    case E_NUMBER:
        c->literals = mask_wanted(f) == T_INT ? LIT_INTEGER : LIT_NUMBER;
        c->literal_lead = false;
        break;
    case E_INTERVAL:
        c->literals = LIT_COUNT;
        break;
    case E_UNIT: units(m, c); break;
    case E_OVER: mask_add_fixed(m, c, W_OVER, true, ACT_OVER, 0); break;
    default: break;
    }
}
