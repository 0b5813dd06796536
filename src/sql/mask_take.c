/* mask_take.c - moving on: what a text means for the clauses of a query. */
#include <string.h>

#include "sql/mask_impl.h"

static frame *push(spot *s, frame_kind kind, int phase)
{
    frame *f = &s->frames[s->n_frames++];

    *f = (frame){.kind = (uint8_t)kind, .phase = (uint8_t)phase, .source = -1, .column = -1,
                 .lhs_source = -1, .lhs_column = -1};
    return f;
}

frame *mask_push_expr(spot *s, uint16_t want, bool logical, unsigned place, int at)
{
    frame *f = push(s, F_EXPR, E_OPERAND);

    f->want = want;
    f->logical = logical;
    f->place = (uint8_t)place;
    f->first = true;
    f->at = (uint16_t)at;
    return f;
}

void mask_push_query(spot *s, int role, uint16_t want, bool correlated)
{
    const int outer = s->frames[mask_query_at(s, s->n_frames - 1)].a;
    frame *f = push(s, F_QUERY, Q_START);
    scope *in = &s->scopes[s->n_scopes];

    f->role = (uint8_t)role;
    f->want = want;
    f->a = s->n_scopes++;
    f->column = 0;
    memset(in, 0, sizeof *in);
    in->outer = (int16_t)outer;
    in->correlated = correlated;
}

/* ---- sources --------------------------------------------------------------------- */

static bool name_is_taken(const spot *s, const scope *in)
{
    const mask_source *last = &in->sources[in->n_sources - 1];

    for (int i = 0; i + 1 < in->n_sources; i++)
        if (in->sources[i].name == last->name)
            return true;
    for (int o = in->correlated ? in->outer : -1; o >= 0; o = s->scopes[o].correlated ? s->scopes[o].outer : -1)
        for (int i = 0; i < s->scopes[o].n_sources; i++)
            if (s->scopes[o].sources[i].name == last->name)
                return true;
    return false;
}

static void after_source(frame *q, const scope *in)
{
    q->phase = in->sources[in->n_sources - 1].joined ? Q_FROM : Q_JOINED;
}

static void add_source(spot *s, frame *q, int table, int of, const mask_word *name, const mask_word *dot)
{
    scope *in = &s->scopes[q->a];

    in->sources[in->n_sources] = (mask_source){(int16_t)table, (int16_t)of, name, dot,
                                               in->n_sources == 0 || q->filtered};
    in->n_sources++;
    q->filtered = false;
}

static void named_source(spot *s, frame *q)
{
    const scope *in = &s->scopes[q->a];

    if (name_is_taken(s, in))
        q->phase = Q_ALIAS;
    else
        after_source(q, in);
}

static void take_alias(mask *m, spot *s, frame *q, bool subquery)
{
    scope *in = &s->scopes[q->a];
    mask_source *last = &in->sources[in->n_sources - 1];

    if (subquery)
        s->n_queries++; /* it has the name since it closed */
    else {
        last->name = m->w->numbered[N_T][s->n_aliases];
        last->dot = m->w->numbered[N_T_DOT][s->n_aliases++];
    }
    after_source(q, in);
}

/* The columns of a closed subquery of FROM or WITH. */
static int derive(spot *s, const scope *in)
{
    derived *d = &s->tables[s->n_tables];

    d->n = in->n_items;
    for (int i = 0; i < in->n_items; i++) {
        d->name[i] = in->set ? in->first_names[i] : in->names[i];
        d->number[i] = in->set ? in->first_numbers[i] : in->numbers[i];
        d->type[i] = in->items[i].type;
    }
    return s->n_tables++;
}

/* ---- items ------------------------------------------------------------------------ */

static void strip(const mask *m, int *from, int *to)
{
    while (*from < *to && m->text[*from] == ' ')
        ++*from;
    while (*to > *from && m->text[*to - 1] == ' ')
        --*to;
}

static void add_item(mask *m, scope *in, const frame *x, const spot *s, int end)
{
    int from = x->at, to = end;
    const int i = in->n_items;

    if (i >= MASK_ITEMS)
        return;
    strip(m, &from, &to);
    in->items[i].at = (uint16_t)from;
    in->items[i].n = (uint16_t)(to - from);
    in->items[i].type = (uint8_t)mask_final_type(x);
    in->items[i].source = x->plain ? x->source : -1;
    in->items[i].column = x->plain ? x->column : -1;
    in->names[i] = NULL;
    in->numbers[i] = -1;
    if (x->plain && x->source >= 0) {
        const mask_column k = mask_column_at(m, s, &in->sources[x->source], x->column);

        in->names[i] = k.word;
        in->numbers[i] = k.name;
    }
    in->n_items++;
}

static void add_group(mask *m, scope *in, const frame *x, int end)
{
    int from = x->at, to = end;

    if (x->plain && x->source >= 0) {
        if (in->n_groups < MASK_GROUPS) {
            in->groups[in->n_groups].source = x->source;
            in->groups[in->n_groups++].column = x->column;
        }
        return;
    }
    strip(m, &from, &to);
    if (in->n_texts < MASK_GROUPS) {
        in->texts[in->n_texts].at = (uint16_t)from;
        in->texts[in->n_texts].n = (uint16_t)(to - from);
        in->texts[in->n_texts++].type = (uint8_t)mask_final_type(x);
    }
}

/* The expression on top is over at byte `end`; its query takes it. */
static void finish(mask *m, spot *s, int end)
{
    const frame *x = mask_top(s);
    frame *q;
    scope *in;

    if (x->kind != F_EXPR)
        return;
    q = &s->frames[s->n_frames - 2];
    s->n_frames--;
    if (q->kind == F_CALL && !q->b)
        q->type = (uint8_t)mask_final_type(x);
    if (q->kind != F_QUERY)
        return;
    in = &s->scopes[q->a];
    if (q->phase == Q_ITEM)
        add_item(m, in, x, s, end);
    else if (q->phase == Q_GROUP)
        add_group(m, in, x, end);
    else if (q->phase == Q_ORDER)
        in->n_orders++;
}

/* `SELECT a,`: the next item of the list. */
static void push_item(spot *s, int end)
{
    frame *q = mask_top(s);
    const scope *in = &s->scopes[q->a];
    uint16_t want = q->role == R_SCALAR || q->role == R_IN ? q->want : T_ANY;

    if (in->n_want)
        want &= (uint16_t)(mask_family(in->want[in->n_items]));
    q->phase = Q_ITEM;
    mask_push_expr(s, want, (want & T_SCALAR) == T_SCALAR, PL_AGG | PL_WINDOW | PL_GROUPED | PL_SUBQUERY, end);
}

static void push_order(spot *s, int end)
{
    frame *q = mask_top(s);

    q->phase = Q_ORDER;
    q->descended = false;
    mask_push_expr(s, T_SCALAR, false, PL_AGG | PL_WINDOW | PL_GROUPED | PL_NAMED, end);
}

static void push_group(spot *s, int end)
{
    frame *q = mask_top(s);

    q->phase = Q_GROUP;
    s->scopes[q->a].mode = M_GROUPED;
    mask_push_expr(s, T_ANY, false, PL_NAMED, end);
}

/* UNION …: the same query, its scope begun anew. */
static void take_set(spot *s)
{
    frame *q = mask_top(s);
    scope *in = &s->scopes[q->a], old = *in;

    memset(in, 0, sizeof *in);
    in->outer = old.outer;
    in->correlated = old.correlated;
    in->set = true;
    in->n_want = old.n_items;
    for (int i = 0; i < old.n_items; i++) {
        in->want[i] = old.set ? old.want[i] : old.items[i].type;
        in->first_names[i] = old.set ? old.first_names[i] : old.names[i];
        in->first_numbers[i] = old.set ? old.first_numbers[i] : old.numbers[i];
    }
    q->column++;
    q->phase = Q_START;
    q->place = 1;
}

static void take_star(mask *m, spot *s)
{
    frame *q;
    scope *in;

    if (mask_top(s)->kind == F_EXPR)
        s->n_frames--;
    q = mask_top(s);
    in = &s->scopes[q->a];
    if (q->role == R_EXISTS) {
        q->phase = Q_END;
        return;
    }
    in->star = true;
    in->mode = M_PLAIN;
    q->phase = Q_STAR;
    for (int k = 0; q->role != R_TOP && k < mask_n_columns(m, s, &in->sources[0]); k++) {
        const mask_column column = mask_column_at(m, s, &in->sources[0], k);

        in->names[k] = column.word;
        in->numbers[k] = column.name;
        in->items[k].type = column.type;
        in->items[k].n = 0;
        in->items[k].source = in->items[k].column = -1;
        in->n_items++;
    }
}

/* ---- closing -------------------------------------------------------------------------- */

static void close_query(mask *m, spot *s)
{
    const frame q = *mask_top(s);
    const scope *in = &s->scopes[q.a];
    const int type = in->n_items ? in->items[0].type : SQL_T_INTEGER;
    frame *outer;

    if (q.role == R_DERIVED || q.role == R_CTE)
        derive(s, in);
    s->n_frames--;
    s->n_scopes--;
    outer = mask_top(s);
    if (q.role == R_DERIVED) {
        add_source(s, outer, -1, s->n_tables - 1, m->w->numbered[N_Q][s->n_queries],
                   m->w->numbered[N_Q_DOT][s->n_queries]);
        outer->phase = Q_DERIVED_ALIAS;
    } else if (q.role == R_CTE) {
        s->ctes[s->n_ctes++] = (int16_t)(s->n_tables - 1);
        outer->phase = Q_CTE_AFTER;
    } else if (q.role == R_SCALAR)
        mask_value(s, type);
    else {
        mask_value(s, SQL_T_BOOLEAN);
        outer->cmp = CMP_DONE;
    }
}

void mask_close(mask *m, spot *s, int end)
{
    const frame *x = mask_top(s);
    const int type = x->kind == F_EXPR ? mask_final_type(x) : SQL_T_UNKNOWN;
    frame f;

    finish(m, s, end);
    f = *mask_top(s);
    switch (f.kind) {
    case F_QUERY:
        if (f.phase == Q_USING_AFTER) {
            scope *in = &s->scopes[f.a];

            in->sources[in->n_sources - 1].joined = true;
            mask_top(s)->phase = Q_FROM;
        } else
            close_query(m, s);
        break;
    case F_PAREN:
        s->n_frames--;
        mask_value(s, type);
        if (f.role)
            mask_top(s)->cmp = CMP_DONE;
        break;
    case F_FILTER:
        s->n_frames--;
        mask_top(s)->filtered = true;
        break;
    case F_IN:
        s->n_frames--;
        mask_top(s)->phase = E_AFTER;
        mask_top(s)->cmp = CMP_DONE;
        mask_top(s)->call = 0;
        break;
    case F_OVER:
        s->n_frames--;
        mask_top(s)->phase = E_AFTER;
        break;
    case F_CAST:
        s->n_frames--;
        mask_value(s, f.type);
        break;
    default: break;
    }
}

/* ---- every text --------------------------------------------------------------------- */

static void clause(mask *m, spot *s, int phase, int start, int end)
{
    frame *q;
    scope *in;

    finish(m, s, start);
    q = mask_top(s);
    in = &s->scopes[q->a];
    q->phase = (uint8_t)phase;
    switch (phase) {
    case Q_ON:
        in->sources[in->n_sources - 1].joined = true;
        mask_push_expr(s, T_BOOL, true, PL_ON, end);
        break;
    case Q_WHERE: mask_push_expr(s, T_BOOL, true, PL_SUBQUERY, end); break;
    case Q_GROUP: push_group(s, end); break;
    case Q_HAVING:
        in->mode = in->mode == M_OPEN ? M_AGG : in->mode;
        mask_push_expr(s, T_BOOL, true, PL_AGG | PL_GROUPED | PL_SUBQUERY, end);
        break;
    case Q_SELECT:
        q->phase = Q_EXISTS_FROM;
        if (q->role != R_EXISTS)
            push_item(s, end);
        break;
    case Q_QUALIFY: mask_push_expr(s, T_BOOL, true, PL_AGG | PL_WINDOW | PL_GROUPED, end); break;
    case Q_ORDER: push_order(s, end); break;
    default: break;
    }
}

static bool take_from_clause(mask *m, spot *s, const alternative *x)
{
    frame *q = mask_top(s);
    scope *in = mask_scope(s);
    const mask_table *t;

    switch (x->act) {
    case ACT_TABLE:
        t = &m->s->tables[x->arg];
        add_source(s, q, x->arg, -1, t->word, t->dot);
        named_source(s, q);
        return true;
    case ACT_CTE:
        add_source(s, q, -1, s->ctes[x->arg], m->w->numbered[N_Q][x->arg], m->w->numbered[N_Q_DOT][x->arg]);
        named_source(s, q);
        return true;
    case ACT_SUBQUERY: mask_push_query(s, R_DERIVED, T_SCALAR, false); return true;
    case ACT_ALIAS: take_alias(m, s, q, x->arg); return true;
    case ACT_USING:
        q->phase = Q_USING;
        q->b = 0;
        return true;
    case ACT_USING_COLUMN:
        in->merged[in->n_merged].source = (int16_t)(in->n_sources - 1);
        in->merged[in->n_merged++].column = (int16_t)x->arg;
        q->phase = Q_USING_AFTER;
        q->b++;
        return true;
    case ACT_WITH:
    case ACT_NEXT_CTE:
        s->n_queries++;
        q->phase = Q_CTE_AFTER;
        q->place = 1;
        mask_push_query(s, R_CTE, T_SCALAR, false);
        return true;
    default: return false;
    }
}

static void take_comma(mask *m, spot *s, int start, int end)
{
    frame *q;

    finish(m, s, start);
    q = mask_top(s);
    switch (q->phase) {
    case Q_USING_AFTER: q->phase = Q_USING; break;
    case Q_CTE_AFTER:   q->phase = Q_WITH; break;
    case Q_GROUP:       push_group(s, end); break;
    case Q_ORDER:       push_order(s, end); break;
    default:            push_item(s, end); break;
    }
}

static bool take_clause(mask *m, spot *s, const alternative *x, int start, int end)
{
    static const struct { uint8_t act, phase; } clauses[] = {
        {ACT_ON, Q_ON}, {ACT_WHERE, Q_WHERE}, {ACT_GROUP, Q_GROUP}, {ACT_HAVING, Q_HAVING},
        {ACT_SELECT, Q_SELECT}, {ACT_QUALIFY, Q_QUALIFY}, {ACT_ORDER, Q_ORDER}, {ACT_LIMIT, Q_LIMIT},
        {ACT_OFFSET, Q_OFFSET}};
    frame *q;

    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
        if (clauses[i].act == x->act) {
            clause(m, s, clauses[i].phase, start, end);
            return true;
        }
    switch (x->act) {
    case ACT_FROM: mask_top(s)->phase = Q_SOURCE; return true;
    case ACT_REFUSE: mask_top(s)->phase = Q_REFUSED; return true;
    case ACT_SELECT_ONLY: push_item(s, end); return true;
    case ACT_JOIN:
    case ACT_CROSS:
        finish(m, s, start);
        q = mask_top(s);
        q->phase = Q_SOURCE;
        q->type = (uint8_t)x->arg;
        q->filtered = x->act == ACT_CROSS;
        return true;
    case ACT_STAR: take_star(m, s); return true;
    case ACT_ITEM_ALIAS:
        finish(m, s, start);
        q = mask_top(s);
        q->phase = Q_STAR;
        s->scopes[q->a].names[s->scopes[q->a].n_items - 1] = m->w->numbered[N_C][s->scopes[q->a].n_items - 1];
        s->scopes[q->a].numbers[s->scopes[q->a].n_items - 1] = m->s->n_names + s->scopes[q->a].n_items - 1;
        return true;
    case ACT_SET:
        finish(m, s, start);
        take_set(s);
        mask_top(s)->descended = x->arg;
        return true;
    case ACT_ALL: mask_top(s)->descended = false; return true;
    case ACT_DESC:
        finish(m, s, start);
        mask_top(s)->descended = true;
        return true;
    case ACT_POSITION:
        finish(m, s, start);
        mask_top(s)->descended = false;
        return true;
    default: return false;
    }
}

void mask_take(mask *m, spot *s, const alternative *x, int end)
{
    const int start = end - x->n - x->lead;

    if (mask_take_expr(m, s, x, end))
        return;
    if (x->act == ACT_COMMA)
        take_comma(m, s, start, end);
    else if (x->act == ACT_CLOSE)
        mask_close(m, s, start);
    else if (!take_from_clause(m, s, x))
        take_clause(m, s, x, start, end);
}
