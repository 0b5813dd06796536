/* mask_take_expr.c - moving on inside an expression: types, aggregates, calls. */
#include <string.h>

#include "sql/mask_impl.h"

/* ---- values ------------------------------------------------------------------------ */

static int combined(const frame *f, int type)
{
    const uint16_t cur = BIT(f->cur), right = BIT(type);

    if (f->op == SQL_OP_CONCAT)
        return SQL_T_TEXT;
    if (cur & T_DAY)
        return right & T_INTERVAL ? SQL_T_TIMESTAMP : SQL_T_INTEGER;
    if (f->op == SQL_OP_DIV)
        return SQL_T_DOUBLE;
    return type > f->cur ? type : f->cur; /* in the order of the enum */
}

void mask_value(spot *s, int type)
{
    frame *f = mask_top(s);

    if (f->op != SQL_OP_NONE) {
        f->no_times = f->no_times || BIT(f->cur) & T_DAY;
        type = combined(f, type);
        f->op = SQL_OP_NONE;
    }
    f->cur = (uint8_t)type;
    f->phase = E_AFTER;
    f->first = f->plain = false;
    f->source = f->column = -1;
    f->call = 0;
    f->filtered = f->must_over = f->no_over = f->bare_date = false;
}

static void operand_again(frame *f)
{
    f->phase = E_OPERAND;
    f->plain = false;
    f->source = f->column = -1;
    f->call = 0;
}

/* Which rows a SELECT gives: one a row, or one a group. */
static void use_column(const mask *m, spot *s, const frame *f, int source, int column)
{
    scope *in = mask_scope(s);
    const frame *call;

    if (!(f->place & PL_GROUPED))
        return;
    if (!(f->place & PL_IN_AGG)) {
        in->mode = in->mode == M_OPEN ? M_PLAIN : in->mode;
        return;
    }
    call = mask_aggregate_around(m, s);
    if (call && !mask_is_grouped(in, source, column))
        ((frame *)(uintptr_t)call)->raw = true;
}

static void take_column(mask *m, spot *s, int arg)
{
    frame *f = mask_top(s);
    const int source = arg >> 16, column = arg & 0xffff;
    const int own = s->frames[mask_query_at(s, s->n_frames - 1)].a;
    const int index = f->phase == E_COLUMN ? f->a : own;
    const mask_column k = mask_column_at(m, s, &s->scopes[index].sources[source], column);
    const bool plain = f->first && f->op == SQL_OP_NONE && index == own;
    const bool alone = f->op == SQL_OP_NONE && index == own;

    if (index == own)
        use_column(m, s, f, source, column);
    mask_value(s, k.type);
    f->plain = plain;
    if (alone) {
        f->source = (int16_t)source;
        f->column = (int16_t)column;
    }
}

/* Only where an expression begins literals may not stand alone. */
static uint8_t place_inside(const frame *f)
{
    return (uint8_t)(f->place & ~(f->first ? 0 : PL_NAMED));
}

/* ---- calls -------------------------------------------------------------------------- */

uint16_t mask_argument_types(char code)
{
    switch (code) {
    case 'n': return T_NUM;
    case 'i': return T_INT;
    case 't': return T_TEXT;
    case 'd': return T_DAY;
    case 'b': return T_BOOL;
    default:  return T_SCALAR;
    }
}

static void push_argument(const mask *m, spot *s, int end)
{
    frame *call = mask_top(s), *x;
    const frame *around = &s->frames[s->n_frames - 2];
    const mask_function *k = &m->w->functions[call->a];
    const char code = k->args[call->b], result = k->f->result;
    unsigned place = call->place;
    uint16_t want;

    if (strchr("pfck", code)) {
        call->phase = C_START;
        return;
    }
    if (mask_is_aggregate(k) || mask_is_window(k))
        place = (place & (unsigned)~(PL_SUBQUERY | PL_NAMED)) | (mask_is_aggregate(k) ? PL_IN_AGG : 0);
    if (mask_is_window(k))
        place &= ~(unsigned)PL_WINDOW;
    if (call->b > (k->args[0] == 'p'))
        place &= ~(unsigned)PL_NAMED;
    want = mask_argument_types(code);
    if (code == 's')
        want = mask_family(call->type);
    else if (!strcmp(k->f->name, "count"))
        want = T_ANY;
    else if (result == '1' && call->b == 0 && code == 'o')
        want = mask_wanted(around) & T_SCALAR;
    x = mask_push_expr(s, want, code == 'b', place, end);
    x->call = 0;
}

static void take_function(const mask *m, spot *s, int arg, int end)
{
    const frame f = *mask_top(s);
    const mask_function *k = &m->w->functions[arg];
    frame *around = &s->frames[s->n_frames - 2], *call;

    if (mask_is_aggregate(k) && f.place & PL_IN_AGG)
        around->must_over = true; /* sum(sum( */
    call = &s->frames[s->n_frames++];
    *call = (frame){.kind = F_CALL, .phase = C_START, .place = place_inside(&f), .a = (int16_t)arg,
                    .at = (uint16_t)(end - k->word->n), .source = -1, .column = -1,
                    .type = SQL_T_UNKNOWN};
    if (k->max > 0)
        push_argument(m, s, end);
}

/* date_trunc of a DATE to a day or more is a DATE. */
static int truncated(const mask *m, const frame *call, int type)
{
    const char *part = m->text + call->at + strlen("date_trunc('");

    return type == SQL_T_DATE && strncmp(part, "hour", 4) && strncmp(part, "minute", 6)
               ? SQL_T_DATE : SQL_T_TIMESTAMP;
}

static int result_of(const mask *m, const frame *call, int last)
{
    switch (m->w->functions[call->a].f->result) {
    case 'i': return SQL_T_INTEGER;
    case 'd': return SQL_T_DOUBLE;
    case 'c': return SQL_T_DECIMAL;
    case 't': return SQL_T_TEXT;
    case 'D': return SQL_T_DATE;
    case 'S': return SQL_T_TIMESTAMP;
    case 'b': return SQL_T_BOOLEAN;
    case 'm': return truncated(m, call, last);
    default:  return call->type;
    }
}

static bool has_frame(const mask_function *k)
{
    static const char *const names[] = {"sum", "avg", "count", "min", "max", "count_if", "first_value",
                                        "last_value"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(names[i], k->f->name))
            return true;
    return false;
}

/* ")" of a call: its value, and what may follow it. `last` is its last argument's type. */
static void close_call(const mask *m, spot *s, int last)
{
    const frame call = *mask_top(s);
    const mask_function *k = &m->w->functions[call.a];
    const int type = result_of(m, &call, last);
    const scope *in;
    frame *f;
    bool own;

    s->n_frames--;
    mask_value(s, type);
    f = mask_top(s);
    in = mask_scope_of(s);
    own = mask_is_aggregate(k) && !(call.place & PL_IN_AGG);
    f->call = (int16_t)(call.a + 1);
    f->no_over = (own && (in->mode == M_AGG || in->mode == M_GROUPED) && call.raw) || call.descended ||
                 !has_frame(k);
    f->must_over = mask_is_window(k) || (own && call.place & PL_GROUPED && (call.must_over || in->mode == M_PLAIN));
    if (own && !in->windowed && s->frames[s->n_frames - 2].kind == F_QUERY &&
        s->frames[s->n_frames - 2].phase == Q_QUALIFY)
        f->must_over = true;
    if (f->must_over)
        f->phase = E_OVER;
}

static void take_over(const mask *m, spot *s)
{
    frame *f = mask_top(s), *over;
    const unsigned place = f->place;
    const mask_function *k = &m->w->functions[f->call - 1];
    scope *in = mask_scope(s);

    in->mode = in->mode == M_OPEN ? M_PLAIN : in->mode;
    in->windowed = true;
    f->call = 0;
    f->must_over = false;
    over = &s->frames[s->n_frames++];
    *over = (frame){.kind = F_OVER, .phase = O_START, .place = (uint8_t)place, .type = has_frame(k)};
}

static void push_over(spot *s, int phase, int end)
{
    frame *over = mask_top(s);
    const scope *in = mask_scope_of(s);
    const bool grouped = in->mode == M_AGG || in->mode == M_GROUPED;

    over->b = over->phase == phase ? over->b + 1 : 0;
    over->phase = (uint8_t)phase;
    mask_push_expr(s, T_SCALAR, false, PL_GROUPED | PL_NAMED | (grouped ? PL_AGG : 0), end);
}

/* ---- openers -------------------------------------------------------------------------- */

static void take_paren(spot *s, bool negated, int end)
{
    const frame f = *mask_top(s);
    const bool condition = f.logical && f.cmp == CMP_NONE && f.op == SQL_OP_NONE;
    frame *paren = &s->frames[s->n_frames++];

    *paren = (frame){.kind = F_PAREN, .phase = P_INSIDE, .place = place_inside(&f), .role = negated,
                     .source = -1, .column = -1};
    mask_push_expr(s, negated ? T_BOOL : condition ? T_SCALAR : mask_wanted(&f), negated || condition,
                   paren->place, end);
}

/* Types that a CAST to one of the wanted types may begin with; 0: there is none. */
uint16_t mask_cast_from(uint16_t want)
{
    want &= T_NUM | T_TEXT | T_DAY;
    if (want == T_TEXT)
        return T_NUM | T_DAY;
    return (uint16_t)(!want ? 0 : T_TEXT | (want & (T_NUM | T_TEXT) ? T_NUM : 0) |
                                      (want & (T_DAY | T_TEXT) ? T_DAY : 0));
}

static void take_cast(spot *s, int end)
{
    const frame f = *mask_top(s);
    const uint16_t want = mask_wanted(&f) & (T_NUM | T_TEXT | T_DAY);
    frame *cast = &s->frames[s->n_frames++];

    *cast = (frame){.kind = F_CAST, .phase = T_VALUE, .place = f.place, .want = want, .source = -1,
                    .column = -1};
    mask_push_expr(s, mask_cast_from(want), false, f.place | PL_NAMED, end);
}

/* Which types the value may become. */
static void take_as(spot *s, int from)
{
    frame *cast = mask_top(s);

    cast->phase = T_TYPE;
    if (BIT(from) & T_NUM)
        cast->want &= (uint16_t)~T_DAY;
    else if (BIT(from) & T_DAY)
        cast->want &= (uint16_t)~T_NUM;
    else
        cast->want &= (uint16_t)~T_TEXT;
    if (!cast->want)
        cast->want = T_TEXT;
}

static void take_case(spot *s)
{
    const frame f = *mask_top(s);
    const bool condition = f.logical && f.cmp == CMP_NONE && f.op == SQL_OP_NONE;
    frame *x = &s->frames[s->n_frames++];

    *x = (frame){.kind = F_CASE, .phase = K_OPERAND, .place = place_inside(&f), .type = SQL_T_NULL, .source = -1,
                 .column = -1, .want = condition ? T_SCALAR : mask_wanted(&f)};
}

/* The branch that is over gives the type that the others take. */
static void branch(spot *s)
{
    const frame *x = mask_top(s);
    frame *around = &s->frames[s->n_frames - 2];

    if (x->kind != F_EXPR)
        return;
    if ((around->phase == K_THEN || around->phase == K_ELSE) && around->type == SQL_T_NULL)
        around->type = (uint8_t)mask_final_type(x);
    s->n_frames--;
}

static void take_case_word(spot *s, int act, int end)
{
    frame *x;
    uint16_t want;

    branch(s);
    x = mask_top(s);
    want = x->type == SQL_T_NULL ? x->want : (uint16_t)(mask_family(x->type) & (x->want | T_BOOL));
    if (act == ACT_WHEN) {
        x->phase = K_WHEN;
        x->b++;
        mask_push_expr(s, T_BOOL, true, x->place, end);
    } else if (act == ACT_END) {
        const int type = x->type;

        s->n_frames--;
        mask_value(s, type);
    } else {
        x->phase = act == ACT_THEN ? K_THEN : K_ELSE;
        mask_push_expr(s, want, false, x->place & ~(unsigned)PL_NAMED, end);
    }
}

/* An element of an IN list is the right side of a comparison. */
static void push_element(spot *s, int end)
{
    const frame list = *mask_top(s);
    frame *x = mask_push_expr(s, T_BOOL, false, list.place, end);

    x->cmp = CMP_RIGHT;
    x->lhs = list.type;
    x->lhs_source = list.lhs_source;
    x->lhs_column = list.lhs_column;
}

static void take_in(spot *s, int end)
{
    const frame f = *mask_top(s);
    frame *list = &s->frames[s->n_frames++];

    *list = (frame){.kind = F_IN, .phase = I_LIST, .place = f.place, .type = f.cur, .lhs_source = f.source,
                    .lhs_column = f.column, .source = -1, .column = -1};
    push_element(s, end);
}

/* A subquery where a value or a list was begun. */
static void take_subquery(spot *s)
{
    const frame x = *mask_top(s);
    const frame around = s->frames[s->n_frames - 2];
    const bool list = around.kind == F_IN;
    const bool correlated = !(around.place & PL_GROUPED);

    s->n_frames -= 2;
    mask_push_query(s, list ? R_IN : R_SCALAR, list ? mask_family(around.type) : x.want, correlated);
    mask_top(s)->phase = Q_SOURCE;
}

/* ---- comparisons and connectives ---------------------------------------------------- */

static void compare(frame *f, int how)
{
    f->lhs = f->cur;
    f->lhs_source = f->source;
    f->lhs_column = f->column;
    f->cmp = (uint8_t)how;
    f->how = SQL_OP_NONE;
    operand_again(f);
    f->no_times = false;
}

static void connect(frame *f)
{
    f->join = 1;
    f->want = T_BOOL;
    f->cmp = CMP_NONE;
    f->cur = SQL_T_UNKNOWN;
    f->lhs_source = f->lhs_column = -1;
    f->no_times = false;
    operand_again(f);
}

/* An aggregate without OVER makes the query one of groups. */
static void settle(const mask *m, spot *s, int act)
{
    const frame *f = mask_top(s);
    scope *in;

    if (f->kind != F_EXPR || !f->call || act == ACT_OVER || act == ACT_FILTER || f->place & PL_IN_AGG ||
        !mask_is_aggregate(&m->w->functions[f->call - 1]))
        return;
    in = mask_scope(s);
    in->mode = in->mode == M_OPEN ? M_AGG : in->mode;
}

/* ---- every text ----------------------------------------------------------------------- */

static bool take_operator(spot *s, const alternative *x, int end)
{
    frame *f = mask_top(s);

    switch (x->act) {
    case ACT_OPERATOR:
        f->op = (uint8_t)x->arg;
        operand_again(f);
        return true;
    case ACT_COMPARE:
        compare(f, CMP_RIGHT);
        f->how = (uint8_t)x->arg;
        return true;
    case ACT_LIKE:    compare(f, CMP_PATTERN); return true;
    case ACT_BETWEEN: compare(f, CMP_LOW); return true;
    case ACT_AND_HIGH:
        f->cmp = CMP_HIGH;
        operand_again(f);
        return true;
    case ACT_IN: take_in(s, end); return true;
    case ACT_IS_NULL:
        f->cmp = CMP_DONE;
        f->call = 0;
        f->plain = false;
        return true;
    case ACT_AND: connect(f); return true;
    default: return false;
    }
}

static bool take_operand(mask *m, spot *s, const alternative *x, int end)
{
    frame *f = mask_top(s);

    switch (x->act) {
    case ACT_COLUMN: take_column(m, s, x->arg); return true;
    case ACT_QUALIFIER:
        f->phase = E_COLUMN;
        f->a = (int16_t)(x->arg >> 8);
        f->b = (int16_t)(x->arg & 0xff);
        return true;
    case ACT_FUNCTION: take_function(m, s, x->arg, end); return true;
    case ACT_PAREN:    take_paren(s, false, end); return true;
    case ACT_NOT:      take_paren(s, true, end); return true;
    case ACT_CASE:     take_case(s); return true;
    case ACT_CAST:     take_cast(s, end); return true;
    case ACT_EXISTS:   mask_push_query(s, R_EXISTS, T_SCALAR, !(f->place & PL_GROUPED)); return true;
    case ACT_LITERAL:
    case ACT_TEXT:     mask_value(s, x->arg); return true;
    case ACT_MINUS:    f->phase = E_NUMBER; return true;
    case ACT_DATE:     f->phase = E_DATE; return true;
    case ACT_INTERVAL: f->phase = E_INTERVAL; return true;
    case ACT_UNIT:     mask_value(s, SQL_T_INTERVAL); return true;
    case ACT_OVER:     take_over(m, s); return true;
    case ACT_FILTER:
        s->frames[s->n_frames++] = (frame){.kind = F_FILTER, .phase = F_WHERE, .source = -1, .column = -1};
        f->no_over = f->no_over || mask_scope(s)->mode == M_AGG || mask_scope(s)->mode == M_GROUPED;
        mask_push_expr(s, T_BOOL, true, PL_IN_AGG, end);
        return true;
    case ACT_DISTINCT:
        if (s->frames[s->n_frames - 2].kind == F_CALL)
            s->frames[s->n_frames - 2].descended = true;
        else
            mask_scope(s)->distinct = true;
        f->at = (uint16_t)end;
        return true;
    default: return false;
    }
}

/* An argument that is no expression: count(*), parts and formats. */
static void take_argument(spot *s)
{
    if (mask_top(s)->kind == F_EXPR)
        s->n_frames--;
    mask_top(s)->phase = C_ARG;
}

/* What closes or goes on with a frame around the expression on top. */
static bool take_around(mask *m, spot *s, const alternative *x, int start, int end)
{
    const frame top = *mask_top(s);
    const frame *around = s->n_frames > 1 ? &s->frames[s->n_frames - (top.kind == F_EXPR ? 2 : 1)] : NULL;
    const int kind = around ? around->kind : F_QUERY;

    switch (x->act) {
    case ACT_WHEN:
    case ACT_THEN:
    case ACT_ELSE:
    case ACT_END: take_case_word(s, x->act, end); return true;
    case ACT_AS_TYPE:
        if (top.kind == F_EXPR) {
            s->n_frames--;
            take_as(s, mask_final_type(&top));
        } else {
            mask_top(s)->phase = P_INSIDE;
            mask_top(s)->type = (uint8_t)x->arg;
        }
        return true;
    case ACT_PARTITION: push_over(s, O_PARTITION, end); return true;
    case ACT_FRAME:
        s->n_frames = (uint8_t)(s->n_frames - (top.kind == F_EXPR));
        mask_top(s)->phase = O_FRAMED;
        return true;
    case ACT_ARGUMENT: take_argument(s); return true;
    case ACT_FROM:
        if (top.kind != F_EXPR)
            return false;
        take_subquery(s);
        return true;
    default: break;
    }
    if (kind == F_OVER && (x->act == ACT_ORDER || x->act == ACT_DESC || x->act == ACT_COMMA)) {
        s->n_frames = (uint8_t)(s->n_frames - (top.kind == F_EXPR));
        if (x->act == ACT_ORDER)
            push_over(s, O_ORDER, end);
        else if (x->act == ACT_COMMA)
            push_over(s, mask_top(s)->phase, end);
        return true;
    }
    if (kind == F_CALL && (x->act == ACT_COMMA || x->act == ACT_CLOSE)) {
        const int last = top.kind == F_EXPR ? mask_final_type(&top) : SQL_T_UNKNOWN;

        s->n_frames = (uint8_t)(s->n_frames - (top.kind == F_EXPR));
        if (!mask_top(s)->b && top.kind == F_EXPR)
            mask_top(s)->type = (uint8_t)last;
        if (x->act == ACT_CLOSE) {
            close_call(m, s, last);
        } else {
            mask_top(s)->b++;
            push_argument(m, s, end);
        }
        return true;
    }
    if (kind == F_IN && x->act == ACT_COMMA) {
        s->n_frames--;
        mask_top(s)->b++;
        push_element(s, end);
        return true;
    }
    (void)start;
    return false;
}

bool mask_take_expr(mask *m, spot *s, const alternative *x, int end)
{
    const frame *f = mask_top(s);

    settle(m, s, x->act);
    if (f->kind == F_EXPR && (take_operator(s, x, end) || take_operand(m, s, x, end)))
        return true;
    return take_around(m, s, x, end - x->n - x->lead, end);
}

static int number_type(const mask *m, int start, int end)
{
    return memchr(m->text + start, '.', (size_t)(end - start)) ? SQL_T_DECIMAL : SQL_T_INTEGER;
}

void mask_take_literal(mask *m, spot *s, int start, int end)
{
    frame *f = mask_top(s);

    while (start < end && m->text[start] == ' ')
        start++;
    if (f->kind == F_QUERY)
        f->phase = f->phase == Q_LIMIT ? Q_LIMIT_AFTER : Q_END;
    else if (f->kind == F_CALL)
        f->phase = C_ARG;
    else if (f->phase == E_INTERVAL)
        f->phase = E_UNIT;
    else if (f->phase == E_DATE)
        mask_value(s, SQL_T_DATE);
    else if (m->text[start] != '\'')
        mask_value(s, number_type(m, start, end));
    else if (f->cmp != CMP_NONE && f->op == SQL_OP_NONE && f->cmp != CMP_PATTERN &&
             BIT(f->lhs) & (T_DAY | T_TIME)) {
        mask_value(s, f->lhs);
        mask_top(s)->bare_date = true;
    } else
        mask_value(s, SQL_T_TEXT);
}
