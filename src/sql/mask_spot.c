/* mask_spot.c - asking a spot: scopes, columns, types. */
#include <string.h>

#include "sql/mask_impl.h"

int mask_query_at(const spot *s, int i)
{
    while (s->frames[i].kind != F_QUERY)
        i--;
    return i;
}

const scope *mask_scope_of(const spot *s)
{
    return &s->scopes[s->frames[mask_query_at(s, s->n_frames - 1)].a];
}

scope *mask_scope(spot *s)
{
    return &s->scopes[s->frames[mask_query_at(s, s->n_frames - 1)].a];
}

void mask_spot_start(spot *s)
{
    memset(s, 0, sizeof *s);
    s->n_frames = 1;
    s->n_scopes = 1;
    s->frames[0] = (frame){.kind = F_QUERY, .phase = Q_START, .role = R_TOP};
    s->scopes[0].outer = -1;
}

bool mask_spot_ended(const spot *s)
{
    return s->n_frames == 1 && s->frames[0].phase == Q_END;
}

/* ---- columns ------------------------------------------------------------------ */

int mask_n_columns(const mask *m, const spot *s, const mask_source *from)
{
    return from->table >= 0 ? m->s->tables[from->table].n_columns : s->tables[from->derived].n;
}

mask_column mask_column_at(const mask *m, const spot *s, const mask_source *from, int i)
{
    const derived *d;

    if (from->table >= 0)
        return m->s->tables[from->table].columns[i];
    d = &s->tables[from->derived];
    return (mask_column){.word = d->name[i], .name = d->number[i], .type = d->type[i], .n_values = -1};
}

bool mask_is_grouped(const scope *in, int source, int column)
{
    for (int i = 0; i < in->n_groups; i++)
        if (in->groups[i].source == source && in->groups[i].column == column)
            return true;
    return false;
}

/* ---- types ---------------------------------------------------------------------- */

uint16_t mask_family(int type)
{
    const uint16_t bit = BIT(type);

    return bit & T_NUM ? T_NUM : bit & T_DAY ? T_DAY : bit;
}

uint16_t mask_wanted(const frame *f)
{
    const bool exact = !f->logical && f->cmp == CMP_NONE && f->want == T_INT;

    if (f->op == SQL_OP_CONCAT)
        return T_TEXT;
    if (f->op == SQL_OP_ADD || f->op == SQL_OP_SUB) {
        if (BIT(f->cur) & T_DAY)
            return (uint16_t)(T_INTERVAL | (f->op == SQL_OP_SUB && f->cur == SQL_T_DATE &&
                                            f->cmp == CMP_NONE && (f->logical || f->want & T_INT)
                                        ? T_DATE : 0));
        return exact ? T_INT : T_NUM;
    }
    if (f->op != SQL_OP_NONE)
        return exact ? T_INT : T_NUM;
    if (f->place & PL_ON && f->cmp == CMP_RIGHT && f->how == SQL_OP_EQ && BIT(f->lhs) & (T_NUM | T_TEXT))
        return T_NUM | T_TEXT; /* keys are often of two types */
    if (f->cmp == CMP_RIGHT || f->cmp == CMP_LOW || f->cmp == CMP_HIGH)
        return mask_family(f->lhs);
    if (f->cmp == CMP_PATTERN)
        return T_TEXT;
    return f->logical ? T_SCALAR | (f->want & T_OTHER) : f->want;
}

int mask_final_type(const frame *f)
{
    return f->cmp == CMP_NONE && !f->join ? f->cur : SQL_T_BOOLEAN;
}

bool mask_can_end(const frame *f)
{
    if (f->phase != E_AFTER || f->must_over || f->cmp == CMP_LOW)
        return false;
    if (f->join && f->cmp == CMP_NONE && f->cur != SQL_T_BOOLEAN)
        return false;
    return f->cur == SQL_T_NULL || (BIT(mask_final_type(f)) & f->want) != 0;
}

bool mask_is_aggregate(const mask_function *f) { return f->f->kind == FUNCTION_AGGREGATE; }
bool mask_is_window(const mask_function *f) { return f->f->kind == FUNCTION_WINDOW; }

const frame *mask_aggregate_around(const mask *m, const spot *s)
{
    for (int i = s->n_frames - 1; i >= 0 && s->frames[i].kind != F_QUERY; i--)
        if (s->frames[i].kind == F_CALL && mask_is_aggregate(&m->w->functions[s->frames[i].a]))
            return &s->frames[i];
    return NULL;
}
